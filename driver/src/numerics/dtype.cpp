// SPDX-License-Identifier: Apache-2.0
//
// Conversions between the element formats and FP32, in integer arithmetic.

#include "tinium/dtype.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <string>

#include "format.hpp"
#include "tinium/error.hpp"

namespace tinium {
namespace {

using detail::FloatShape;

void require_float(DType dtype, const char* operation) {
  if (is_integer(dtype)) {
    throw Error(ErrorCode::unsupported, operation, "the format must be a floating-point format",
                std::string(name(dtype)));
  }
}

}  // namespace

std::optional<DType> parse_dtype(std::string_view text) {
  for (std::size_t code = 0; code < kDTypeCount; ++code) {
    const auto dtype = static_cast<DType>(code);
    if (name(dtype) == text) return dtype;
  }
  return std::nullopt;
}

std::uint32_t from_fp32(DType dtype, std::uint32_t fp32_bits) {
  require_float(dtype, "from_fp32");
  if (dtype == DType::fp32) return fp32_bits;
  const FloatShape shape = detail::shape_of(dtype);
  const auto source = detail::take_apart(detail::shape_of(DType::fp32), fp32_bits);
  const auto place = [&](std::uint32_t pattern) { return pattern << shape.container_shift; };
  if (source.is_nan) return place(shape.quiet_nan());
  const std::uint32_t sign = (source.sign ? 1u : 0u) << shape.sign_position();
  if (source.is_inf) return place(sign | shape.infinity());
  if (source.significand == 0) return place(sign);

  // The last place of the result: by the leading one, or that of the subnormals. It is always
  // above the last place of FP32, so the shift is to the right.
  const int lead = source.lsb + detail::leading_one(source.significand);
  const int lsb = std::max(lead - shape.fraction_bits, shape.lowest_lsb());
  const int shift = lsb - source.lsb;
  if (shift > 25) return place(sign);  // below half of the smallest subnormal
  assert(shift > 0);
  const std::uint32_t half = 1u << (shift - 1);
  const std::uint32_t rest = source.significand & ((half << 1) - 1);
  std::uint32_t kept = source.significand >> shift;
  if (rest > half || (rest == half && (kept & 1u) != 0)) ++kept;
  // The hidden bit of `kept` adds one to the exponent field; a carry out of the fraction adds
  // another, up to the pattern of infinity.
  const std::uint32_t magnitude =
      (static_cast<std::uint32_t>(lsb - shape.lowest_lsb()) << shape.fraction_bits) + kept;
  return place(sign | std::min(magnitude, shape.infinity()));
}

std::uint32_t to_fp32(DType dtype, std::uint32_t bits) {
  require_float(dtype, "to_fp32");
  if (dtype == DType::fp32) return bits;
  const auto source = detail::take_apart(detail::shape_of(dtype), bits);
  constexpr FloatShape kFp32 = detail::shape_of(DType::fp32);
  if (source.is_nan) return kFp32.quiet_nan();
  const std::uint32_t sign = source.sign ? 0x80000000u : 0u;
  if (source.is_inf) return sign | kFp32.infinity();
  if (source.significand == 0) return sign;
  const int lead = source.lsb + detail::leading_one(source.significand);
  const int lsb = std::max(lead - kFp32.fraction_bits, kFp32.lowest_lsb());
  const std::uint32_t kept = source.significand << (source.lsb - lsb);
  return sign |
         ((static_cast<std::uint32_t>(lsb - kFp32.lowest_lsb()) << kFp32.fraction_bits) + kept);
}

std::uint32_t int32_to_int8(std::uint32_t int32_bits) {
  const auto value = static_cast<std::int32_t>(int32_bits);
  return static_cast<std::uint32_t>(std::clamp(value, -128, 127)) & 0xFFu;
}

std::uint32_t encode(DType dtype, float value) {
  return from_fp32(dtype, std::bit_cast<std::uint32_t>(value));
}

float decode_to_float(DType dtype, std::uint32_t bits) {
  return std::bit_cast<float>(to_fp32(dtype, bits));
}

}  // namespace tinium
