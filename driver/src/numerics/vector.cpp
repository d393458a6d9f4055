// SPDX-License-Identifier: Apache-2.0
//
// VectorE: operators with the contract's rules for NaN and signed zeros, casts of every format, and
// the elements of its instructions. The host's FP32 add, multiply and divide are IEEE; only what
// IEEE leaves open is spelt out here.

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "format.hpp"
#include "tinium/error.hpp"
#include "tinium/numerics.hpp"

namespace tinium::numerics {
namespace {

constexpr std::uint32_t kSign = 0x80000000u;
constexpr std::uint32_t kInfinity = 0x7F800000u;
constexpr std::uint32_t kOne = 0x3F800000u;
/// Partial results of a reduction.
constexpr std::size_t kPartials = 8;

bool is_nan(std::uint32_t bits) { return (bits & ~kSign) > kInfinity; }
bool is_nonzero(std::uint32_t bits) { return (bits & ~kSign) != 0; }

std::uint32_t result_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return is_nan(bits) ? kCanonicalNan : bits;
}

/// Maps patterns to integers in the order of their values, -0 below +0.
std::int32_t order_key(std::uint32_t bits) {
  const auto value = static_cast<std::int32_t>(bits);
  return value < 0 ? value ^ 0x7FFFFFFF : value;
}

std::uint32_t larger(std::uint32_t x, std::uint32_t s) {
  return order_key(x) >= order_key(s) ? x : s;
}
std::uint32_t smaller(std::uint32_t x, std::uint32_t s) {
  return order_key(x) <= order_key(s) ? x : s;
}

std::uint32_t truth(bool value) { return value ? kOne : 0u; }

/// Operators of 32-bit integers.
std::uint32_t bitwise_op(VectorOp op, std::uint32_t x, std::uint32_t s) {
  switch (op) {
    case VectorOp::bitwise_not:
      return ~x;
    case VectorOp::bitwise_and:
      return x & s;
    case VectorOp::bitwise_or:
      return x | s;
    case VectorOp::bitwise_xor:
      return x ^ s;
    case VectorOp::shift_left:
      return s < 32 ? x << s : 0u;
    case VectorOp::shift_right:
      return s < 32 ? x >> s : 0u;
    default:
      return x;
  }
}

/// Operators that have a result for NaN of their own.
std::uint32_t truth_op(VectorOp op, std::uint32_t x, std::uint32_t s) {
  const auto left = std::bit_cast<float>(x);
  const auto right = std::bit_cast<float>(s);
  switch (op) {
    case VectorOp::equal:
      return truth(left == right);
    case VectorOp::not_equal:
      return truth(left != right);
    case VectorOp::greater_equal:
      return truth(left >= right);
    case VectorOp::greater_than:
      return truth(left > right);
    case VectorOp::less_equal:
      return truth(left <= right);
    case VectorOp::less_than:
      return truth(left < right);
    case VectorOp::logical_and:
      return truth(is_nonzero(x) && is_nonzero(s));
    case VectorOp::logical_or:
      return truth(is_nonzero(x) || is_nonzero(s));
    default:  // logical_xor
      return truth(is_nonzero(x) != is_nonzero(s));
  }
}

/// Operators that look at x alone.
std::uint32_t unary_op(VectorOp op, std::uint32_t x) {
  if (op == VectorOp::bypass) return x;
  if (op == VectorOp::bitwise_not) return ~x;
  if (is_nan(x)) return kCanonicalNan;
  const auto value = std::bit_cast<float>(x);
  switch (op) {
    case VectorOp::abs:
      return x & ~kSign;
    case VectorOp::square:
      return result_bits(value * value);
    case VectorOp::reciprocal:
      return result_bits(1.0F / value);
    default:  // relu
      return relu(x);
  }
}

[[noreturn]] void refuse(const char* operation, const char* rule, DType source, DType destination) {
  throw Error(ErrorCode::unsupported, operation, rule,
              std::string(name(source)) + " to " + std::string(name(destination)));
}

std::uint32_t sign_extended(DType dtype, std::uint32_t bits) {
  return dtype == DType::int8
             ? static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<std::int8_t>(bits)))
             : bits;
}

std::uint32_t element_mask(DType dtype) {
  return size_of(dtype) == 4 ? ~0u : (1u << (8 * size_of(dtype))) - 1;
}

/// The path where at least one operator is of integers, after the checks.
bool use_integers(const char* operation, VectorOp op0, VectorOp op1, bool relu, bool all_integers,
                  DType source, DType destination) {
  if (!is_bitwise(op0) && !is_bitwise(op1)) return false;
  const auto fits = [](VectorOp op) { return op == VectorOp::bypass || is_bitwise(op); };
  if (!fits(op0) || !fits(op1) || relu) {
    refuse(operation, "bitwise operators stand beside bitwise operators only", source, destination);
  }
  if (!all_integers) {
    refuse(operation, "bitwise operators need integer formats", source, destination);
  }
  return true;
}

}  // namespace

std::uint32_t vector_op(VectorOp op, std::uint32_t x, std::uint32_t s) {
  if (is_unary(op)) return unary_op(op, x);
  if (is_bitwise(op)) return bitwise_op(op, x, s);
  if (op >= VectorOp::equal && op <= VectorOp::logical_xor) return truth_op(op, x, s);
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
      return larger(x, s);
    case VectorOp::min:
      return smaller(x, s);
    case VectorOp::abs_max:
      return larger(x & ~kSign, s & ~kSign);
    default:  // abs_min
      return smaller(x & ~kSign, s & ~kSign);
  }
}

std::uint32_t vector_op(VectorOp op, bool reverse, std::uint32_t x, std::uint32_t s) {
  return reverse && !is_unary(op) ? vector_op(op, s, x) : vector_op(op, x, s);
}

std::uint32_t relu(std::uint32_t x) {
  if (is_nan(x)) return kCanonicalNan;
  return (x & kSign) != 0 ? 0u : x;
}

std::uint32_t widen(DType source, std::uint32_t bits) {
  if (!is_integer(source)) return to_fp32(source, bits);
  const auto value = static_cast<std::int32_t>(sign_extended(source, bits));
  return std::bit_cast<std::uint32_t>(static_cast<float>(value));
}

std::uint32_t narrow(DType destination, std::uint32_t fp32_bits) {
  if (!is_integer(destination)) return from_fp32(destination, fp32_bits);
  if (is_nan(fp32_bits)) return 0;
  const auto source = detail::take_apart(detail::shape_of(DType::fp32), fp32_bits);
  const std::int64_t highest = destination == DType::int8 ? 127 : 0x7FFFFFFF;
  std::int64_t magnitude = highest + 1;  // infinity, and whatever is out of reach
  constexpr int kFirstBeyond = 32 - 23;  // from here on the leading one is beyond int32
  if (!source.is_inf && source.lsb < kFirstBeyond) {
    const std::int64_t significand = source.significand;
    if (source.lsb >= 0) {
      magnitude = significand << source.lsb;
    } else {
      const int shift = std::min(-source.lsb, 40);
      const std::int64_t half = std::int64_t{1} << (shift - 1);
      const std::int64_t rest = significand & ((half << 1) - 1);
      magnitude = significand >> shift;
      if (rest > half || (rest == half && (magnitude & 1) != 0)) ++magnitude;
    }
  }
  const std::int64_t value =
      std::clamp(source.sign ? -magnitude : magnitude, -highest - 1, highest);
  return static_cast<std::uint32_t>(value) & element_mask(destination);
}

VectorPath vector_path(const TensorScalarRule& rule) {
  const bool integers = is_integer(rule.source) && is_integer(rule.destination);
  if (use_integers("numerics::tensor_scalar", rule.op0, rule.op1, rule.relu, integers, rule.source,
                   rule.destination)) {
    return VectorPath::integers;
  }
  if (rule.op0 == VectorOp::bypass && rule.op1 == VectorOp::bypass && !rule.relu) {
    if (rule.source == rule.destination) return VectorPath::bits;
    if (integers) return VectorPath::integers;
  }
  return VectorPath::fp32;
}

std::uint32_t tensor_scalar(const TensorScalarRule& rule, std::uint32_t element, std::uint32_t s0,
                            std::uint32_t s1) {
  const auto operate = [&](std::uint32_t x) {
    return vector_op(rule.op1, rule.reverse1, vector_op(rule.op0, rule.reverse0, x, s0), s1);
  };
  switch (vector_path(rule)) {
    case VectorPath::bits:
      return element & element_mask(rule.source);
    case VectorPath::integers: {
      const std::uint32_t x = sign_extended(rule.source, element);
      const bool move = rule.op0 == VectorOp::bypass && rule.op1 == VectorOp::bypass;
      if (move) return rule.destination == DType::int8 ? int32_to_int8(x) : x;
      return operate(x) & element_mask(rule.destination);
    }
    case VectorPath::fp32:
      break;
  }
  const std::uint32_t y = operate(widen(rule.source, element));
  return narrow(rule.destination, rule.relu ? relu(y) : y);
}

VectorPath vector_path(const TensorTensorRule& rule) {
  if (is_unary(rule.op1)) {
    refuse("numerics::tensor_tensor", "op1 takes both sources", rule.source, rule.destination);
  }
  const bool integers =
      is_integer(rule.source) && is_integer(rule.source1) && is_integer(rule.destination);
  return use_integers("numerics::tensor_tensor", rule.op0, rule.op1, rule.relu, integers,
                      rule.source, rule.destination)
             ? VectorPath::integers
             : VectorPath::fp32;
}

std::uint32_t tensor_tensor(const TensorTensorRule& rule, std::uint32_t element, std::uint32_t s0,
                            std::uint32_t element1) {
  const auto operate = [&](std::uint32_t x, std::uint32_t x1) {
    return vector_op(rule.op1, rule.reverse1, vector_op(rule.op0, rule.reverse0, x, s0), x1);
  };
  if (vector_path(rule) == VectorPath::integers) {
    return operate(sign_extended(rule.source, element), sign_extended(rule.source1, element1)) &
           element_mask(rule.destination);
  }
  const std::uint32_t y = operate(widen(rule.source, element), widen(rule.source1, element1));
  return narrow(rule.destination, rule.relu ? relu(y) : y);
}

std::uint32_t memset_element(DType destination, std::uint32_t value) {
  return value & element_mask(destination);
}

VectorPath vector_path(const TensorReduceRule& rule) {
  constexpr const char* kOperation = "numerics::tensor_reduce";
  if (!is_reduction(rule.op)) {
    refuse(kOperation, "this operator does not reduce", rule.source, rule.destination);
  }
  const bool integers = is_integer(rule.source) && is_integer(rule.destination);
  return use_integers(kOperation, rule.op, VectorOp::bypass, rule.negate, integers, rule.source,
                      rule.destination)
             ? VectorPath::integers
             : VectorPath::fp32;
}

std::uint32_t reduction_identity(VectorOp op) {
  switch (op) {
    case VectorOp::add:
      return kSign;  // -0 + x is x, also for both zeros
    case VectorOp::mult:
    case VectorOp::logical_and:
      return kOne;
    case VectorOp::max:
      return kSign | kInfinity;
    case VectorOp::min:
    case VectorOp::abs_min:
      return kInfinity;
    case VectorOp::bitwise_and:
      return ~0u;
    default:  // abs_max, logical_or, logical_xor, bitwise_or, bitwise_xor
      return 0;
  }
}

std::uint32_t tensor_reduce(const TensorReduceRule& rule, std::span<const std::uint32_t> elements) {
  const VectorPath path = vector_path(rule);
  // Absent partial results stay the identity, which changes nothing where it joins.
  std::array<std::uint32_t, kPartials> partial;
  partial.fill(reduction_identity(rule.op));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::uint32_t x = path == VectorPath::integers ? sign_extended(rule.source, elements[i])
                                                         : widen(rule.source, elements[i]);
    std::uint32_t& joined = partial[i % kPartials];
    joined = vector_op(rule.op, joined, x);
  }
  for (std::size_t distance = 1; distance < kPartials; distance *= 2) {
    for (std::size_t i = 0; i < kPartials; i += 2 * distance) {
      partial[i] = vector_op(rule.op, partial[i], partial[i + distance]);
    }
  }
  std::uint32_t y = partial[0];
  if (path == VectorPath::integers) return y & element_mask(rule.destination);
  if (rule.negate && !is_nan(y)) y ^= kSign;
  return narrow(rule.destination, y);
}

std::uint32_t evict(const EvictRule& rule, std::uint32_t bits) {
  const TensorScalarRule element{.op0 = rule.op0,
                                 .op1 = rule.op1,
                                 .relu = rule.relu,
                                 .source = rule.source,
                                 .destination = rule.destination};
  return tensor_scalar(element, bits, rule.s0, rule.s1);
}

}  // namespace tinium::numerics
