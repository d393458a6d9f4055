// SPDX-License-Identifier: Apache-2.0
//
// Shape of the binary floating-point formats, private to the golden model.

#pragma once

#include <bit>
#include <cstdint>

#include "tinium/dtype.hpp"

namespace tinium::detail {

/// IEEE-style format: sign, exponent field, fraction field, right-aligned after `container_shift`.
struct FloatShape {
  int exponent_bits;
  int fraction_bits;
  int bias;
  int container_shift;  ///< ignored low bits (tf32: 13)

  constexpr std::uint32_t exponent_max() const { return (1u << exponent_bits) - 1; }
  constexpr std::uint32_t fraction_mask() const { return (1u << fraction_bits) - 1; }
  constexpr std::uint32_t infinity() const { return exponent_max() << fraction_bits; }
  constexpr std::uint32_t quiet_nan() const { return infinity() | (1u << (fraction_bits - 1)); }
  constexpr int sign_position() const { return exponent_bits + fraction_bits; }
  /// Weight of the last bit of a subnormal.
  constexpr int lowest_lsb() const { return 1 - bias - fraction_bits; }
};

constexpr FloatShape shape_of(DType dtype) {
  switch (dtype) {
    case DType::bf16:
      return {8, 7, 127, 0};
    case DType::fp16:
      return {5, 10, 15, 0};
    case DType::tf32:
      return {8, 10, 127, 13};
    case DType::fp8_e4m3:
      return {4, 3, 7, 0};
    case DType::fp8_e5m2:
      return {5, 2, 15, 0};
    default:
      return {8, 23, 127, 0};
  }
}

/// A pattern taken apart: finite value = (-1)^sign * significand * 2^lsb.
struct FloatFields {
  bool sign;
  bool is_inf;
  bool is_nan;
  std::uint32_t significand;  ///< hidden bit included; 0 for zero, inf and NaN
  int lsb;
};

constexpr FloatFields take_apart(const FloatShape& shape, std::uint32_t bits) {
  bits >>= shape.container_shift;
  const bool sign = ((bits >> shape.sign_position()) & 1u) != 0;
  const std::uint32_t exponent = (bits >> shape.fraction_bits) & shape.exponent_max();
  const std::uint32_t fraction = bits & shape.fraction_mask();
  if (exponent == shape.exponent_max()) return {sign, fraction == 0, fraction != 0, 0, 0};
  const std::uint32_t hidden = exponent == 0 ? 0u : 1u << shape.fraction_bits;
  const int effective = exponent == 0 ? 1 : static_cast<int>(exponent);
  return {sign, false, false, hidden | fraction, effective - 1 + shape.lowest_lsb()};
}

/// Position of the leading one; `value` is not zero.
template <typename T>
constexpr int leading_one(T value) {
  return std::bit_width(value) - 1;
}

}  // namespace tinium::detail
