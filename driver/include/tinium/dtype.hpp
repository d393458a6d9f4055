// SPDX-License-Identifier: Apache-2.0
//
// Element formats: their codes (the same as in the instruction set), names, sizes, and conversions
// between each of them and FP32, on bit patterns. docs/reference/numerics.md is the contract.
// Functions only: any thread, any time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tinium {

/// Element format. The values are the codes of the instruction set.
enum class DType : std::uint8_t {
  bf16 = 0,      ///< bfloat16: 1.8.7, bias 127
  fp16 = 1,      ///< IEEE binary16: 1.5.10, bias 15
  tf32 = 2,      ///< 1.8.10 in a 32-bit container; the low 13 bits are ignored on reading
  fp8_e4m3 = 3,  ///< 1.4.3, bias 7, IEEE style: exponent 15 is inf/NaN, largest finite 240
  fp8_e5m2 = 4,  ///< 1.5.2, bias 15, IEEE style, largest finite 57344
  fp32 = 5,      ///< IEEE binary32
  int8 = 6,      ///< two's complement
  int32 = 7,     ///< two's complement; PSUM and results only
};

inline constexpr std::size_t kDTypeCount = 8;

/// Bytes of one element in memory.
constexpr std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::bf16:
    case DType::fp16:
      return 2;
    case DType::fp8_e4m3:
    case DType::fp8_e5m2:
    case DType::int8:
      return 1;
    case DType::tf32:
    case DType::fp32:
    case DType::int32:
      return 4;
  }
  return 0;
}

/// The one name of a format in programs, files and messages.
constexpr std::string_view name(DType dtype) {
  switch (dtype) {
    case DType::bf16:
      return "bf16";
    case DType::fp16:
      return "fp16";
    case DType::tf32:
      return "tf32";
    case DType::fp8_e4m3:
      return "fp8_e4m3";
    case DType::fp8_e5m2:
      return "fp8_e5m2";
    case DType::fp32:
      return "fp32";
    case DType::int8:
      return "int8";
    case DType::int32:
      return "int32";
  }
  return "?";
}

/// True for the two integer formats.
constexpr bool is_integer(DType dtype) { return dtype == DType::int8 || dtype == DType::int32; }

/// The format of this name; nothing for an unknown name. Names are lower case and exact.
std::optional<DType> parse_dtype(std::string_view text);

/// FP32 bits to a floating-point format: one rounding to nearest even, gradual underflow, overflow
/// to infinity; every NaN becomes the canonical quiet NaN of the format (sign 0). To fp32 the bits
/// are copied. Throws Error(unsupported) for the integer formats.
std::uint32_t from_fp32(DType dtype, std::uint32_t fp32_bits);

/// A floating-point format to FP32 bits, exactly. NaN becomes 0x7FC00000, except from fp32, where
/// the bits are copied. tf32 drops its low 13 bits first, so a NaN with a payload only there reads
/// as infinity. Bits above the element's width are ignored. Throws Error(unsupported) for integers.
std::uint32_t to_fp32(DType dtype, std::uint32_t bits);

/// INT32 to INT8 (as the low 8 bits): values beyond -128..127 saturate.
std::uint32_t int32_to_int8(std::uint32_t int32_bits);

/// Convenience for hosts and tests: a float through from_fp32, and back as a float.
std::uint32_t encode(DType dtype, float value);
float decode_to_float(DType dtype, std::uint32_t bits);

/// True when TensorE multiplies these two formats: int8 with int8; tf32 and fp32 with each other;
/// bf16, fp16 and the fp8 formats with each other.
constexpr bool is_legal_pair(DType stationary, DType moving) {
  const auto family = [](DType dtype) {
    switch (dtype) {
      case DType::bf16:
      case DType::fp16:
      case DType::fp8_e4m3:
      case DType::fp8_e5m2:
        return 0;
      case DType::tf32:
      case DType::fp32:
        return 1;
      case DType::int8:
        return 2;
      case DType::int32:
        return 3;
    }
    return 3;
  };
  return family(stationary) == family(moving) && family(stationary) != 3;
}

/// The format of PSUM for products of this pair: int32 for int8, fp32 otherwise.
constexpr DType psum_dtype(DType operand) {
  return operand == DType::int8 ? DType::int32 : DType::fp32;
}

}  // namespace tinium
