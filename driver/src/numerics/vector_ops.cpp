// SPDX-License-Identifier: Apache-2.0
//
// VectorE: FP32 operators with the contract's rules for NaN and signed zeros, and eviction.
// The host's FP32 add and multiply are IEEE; only what IEEE leaves open is spelt out here.

#include <bit>
#include <string>

#include "format.hpp"
#include "tinium/error.hpp"
#include "tinium/numerics.hpp"

namespace tinium::numerics {
namespace {

bool is_nan(std::uint32_t bits) { return (bits & 0x7FFFFFFFu) > 0x7F800000u; }

std::uint32_t result_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return is_nan(bits) ? kCanonicalNan : bits;
}

/// Maps patterns to integers in the order of their values, -0 below +0.
std::int32_t order_key(std::uint32_t bits) {
  const auto value = static_cast<std::int32_t>(bits);
  return value < 0 ? value ^ 0x7FFFFFFF : value;
}

}  // namespace

std::uint32_t vector_op(VectorOp op, std::uint32_t x, std::uint32_t s) {
  if (op == VectorOp::bypass) return x;
  if (is_nan(x) || is_nan(s)) return kCanonicalNan;
  const auto left = std::bit_cast<float>(x);
  const auto right = std::bit_cast<float>(s);
  switch (op) {
    case VectorOp::add:
      return result_bits(left + right);
    case VectorOp::subtract:
      return result_bits(left - right);
    case VectorOp::mult:
      return result_bits(left * right);
    case VectorOp::max:
      return order_key(x) >= order_key(s) ? x : s;
    case VectorOp::min:
      return order_key(x) <= order_key(s) ? x : s;
    case VectorOp::bypass:
      break;
  }
  return x;
}

std::uint32_t relu(std::uint32_t x) {
  if (is_nan(x)) return kCanonicalNan;
  return (x >> 31) != 0 ? 0u : x;
}

std::uint32_t evict(const EvictRule& rule, std::uint32_t bits) {
  const auto refuse = [&](const char* what) {
    throw Error(ErrorCode::unsupported, "numerics::evict", what,
                std::string(name(rule.source)) + " to " + std::string(name(rule.destination)));
  };
  if (rule.source == DType::int32) {
    if (rule.op0 != VectorOp::bypass || rule.op1 != VectorOp::bypass || rule.relu) {
      refuse("sums in int32 are evicted without operators");
    }
    if (rule.destination == DType::int32) return bits;
    if (rule.destination == DType::int8) return int32_to_int8(bits);
    refuse("int32 goes to int32 or int8 only");
  }
  if (rule.source != DType::fp32) refuse("PSUM holds fp32 or int32");
  if (is_integer(rule.destination)) refuse("fp32 goes to floating-point formats only");
  std::uint32_t y = vector_op(rule.op0, bits, rule.s0);
  y = vector_op(rule.op1, y, rule.s1);
  if (rule.relu) y = numerics::relu(y);
  return from_fp32(rule.destination, y);
}

}  // namespace tinium::numerics
