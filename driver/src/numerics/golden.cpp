// SPDX-License-Identifier: Apache-2.0
//
// The contract spelt out in integers: operand decode, group sum, column foot, one output element.
// Slow and plain on purpose; tile.cpp is the fast form and must give the same bits.

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <string>

#include "format.hpp"
#include "tinium/error.hpp"
#include "tinium/numerics.hpp"

namespace tinium::numerics {
namespace {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

DType container_of(OperandFormat format) {
  switch (format) {
    case OperandFormat::bf16:
      return DType::bf16;
    case OperandFormat::fp16:
      return DType::fp16;
    case OperandFormat::tf32:
      return DType::tf32;
    case OperandFormat::fp8_e4m3:
      return DType::fp8_e4m3;
    case OperandFormat::fp8_e5m2:
      return DType::fp8_e5m2;
    case OperandFormat::int8:
      return DType::int8;
    default:
      return DType::fp32;
  }
}

bool is_piece(OperandFormat format) {
  return format == OperandFormat::fp32_high || format == OperandFormat::fp32_middle ||
         format == OperandFormat::fp32_low;
}

bool mode_fits(OperandFormat format, PairMode mode) {
  switch (format) {
    case OperandFormat::int8:
      return mode == PairMode::int8;
    case OperandFormat::fp16:
    case OperandFormat::tf32:
      return mode == PairMode::wide;
    case OperandFormat::fp32_high:
    case OperandFormat::fp32_middle:
    case OperandFormat::fp32_low:
      return mode == PairMode::narrow;
    default:
      return mode != PairMode::int8;
  }
}

/// Puts the leading one of significand * 2^lsb at bit `fraction`; exact, because only piece
/// magnitude 256 is ever wider than the target and it is even.
Operand normalised(bool sign, std::uint32_t significand, int lsb, int fraction) {
  const int lead = detail::leading_one(significand);
  const std::uint32_t sig =
      lead <= fraction ? significand << (fraction - lead) : significand >> (lead - fraction);
  return {sign, OperandClass::normal, static_cast<std::int16_t>(lsb + lead),
          static_cast<std::uint16_t>(sig)};
}

Operand decode_piece(OperandFormat format, const detail::FloatFields& fields) {
  // Every piece carries the class of the whole number: a piece of zero is not a zero.
  if (fields.is_nan) return {fields.sign, OperandClass::nan, kZeroExponent, 0};
  if (fields.is_inf) return {fields.sign, OperandClass::inf, kZeroExponent, 0};
  if (fields.significand == 0) return {fields.sign, OperandClass::zero, kZeroExponent, 0};
  // Adding 0x8080 makes the two lower pieces balanced, -128..127, and the high one 0..256.
  const std::uint32_t biased = fields.significand + 0x8080u;
  std::int32_t piece = 0;
  int lsb = fields.lsb;
  if (format == OperandFormat::fp32_high) {
    piece = static_cast<std::int32_t>(biased >> 16);
    lsb += 16;
  } else if (format == OperandFormat::fp32_middle) {
    piece = static_cast<std::int32_t>((biased >> 8) & 0xFFu) - 128;
    lsb += 8;
  } else {
    piece = static_cast<std::int32_t>(biased & 0xFFu) - 128;
  }
  if (piece == 0) return {fields.sign, OperandClass::normal, kZeroExponent, 0};
  return normalised(fields.sign != (piece < 0), static_cast<std::uint32_t>(std::abs(piece)), lsb,
                    fraction_bits(PairMode::narrow));
}

std::uint8_t psum_special(std::uint32_t bits) {
  const auto fields = detail::take_apart(detail::shape_of(DType::fp32), bits);
  if (fields.is_nan) return kSpecialNan;
  if (fields.is_inf) return fields.sign ? kSpecialNegInf : kSpecialPosInf;
  return kSpecialNone;
}

/// value * 2^lsb to FP32: one rounding to nearest even, gradual underflow, overflow to infinity.
std::uint32_t round_to_fp32(Int128 value, int lsb) {
  constexpr detail::FloatShape kFp32 = detail::shape_of(DType::fp32);
  if (value == 0) return 0;
  const std::uint32_t sign = value < 0 ? 0x80000000u : 0u;
  auto magnitude = static_cast<UInt128>(value < 0 ? -value : value);
  const auto top = static_cast<std::uint64_t>(magnitude >> 64);
  const int lead = top != 0 ? 64 + detail::leading_one(top)
                            : detail::leading_one(static_cast<std::uint64_t>(magnitude));
  const int target = std::max(lsb + lead - kFp32.fraction_bits, kFp32.lowest_lsb());
  const int shift = target - lsb;
  if (shift > lead + 1) return sign;  // below half of the smallest subnormal
  std::uint32_t kept = 0;
  if (shift <= 0) {
    kept = static_cast<std::uint32_t>(magnitude << -shift);
  } else {
    const UInt128 half = UInt128{1} << (shift - 1);
    const UInt128 rest = magnitude & ((half << 1) - 1);
    kept = static_cast<std::uint32_t>(magnitude >> shift);
    if (rest > half || (rest == half && (kept & 1u) != 0)) ++kept;
  }
  const std::int64_t pattern =
      (static_cast<std::int64_t>(target - kFp32.lowest_lsb()) << kFp32.fraction_bits) + kept;
  return sign | static_cast<std::uint32_t>(
                    std::min<std::int64_t>(pattern, static_cast<std::int64_t>(kFp32.infinity())));
}

/// Shifts right and keeps "something was lost" in the last bit, so that one later rounding of a
/// sum dominated by a much larger term is still right.
std::int64_t shift_right_sticky(std::int64_t value, int shift) {
  if (value == 0 || shift == 0) return value;
  const bool negative = value < 0;
  const auto magnitude = static_cast<std::uint64_t>(negative ? -value : value);
  const std::uint64_t kept = shift > 63 ? 0 : magnitude >> shift;
  const bool lost = shift > 63 || (kept << shift) != magnitude;
  const auto result = static_cast<std::int64_t>(kept | (lost ? 1u : 0u));
  return negative ? -result : result;
}

}  // namespace

Operand decode(OperandFormat format, std::uint32_t bits, PairMode mode) {
  if (!mode_fits(format, mode)) {
    throw Error(ErrorCode::invalid_argument, "numerics::decode",
                "fp16 and tf32 need wide, fp32 pieces narrow, int8 int8",
                "format=" + std::to_string(static_cast<int>(format)) +
                    " mode=" + std::to_string(static_cast<int>(mode)));
  }
  if (format == OperandFormat::int8) {
    const int value = std::bit_cast<std::int8_t>(static_cast<std::uint8_t>(bits & 0xFFu));
    return {value < 0, OperandClass::normal, 0, static_cast<std::uint16_t>(std::abs(value))};
  }
  const auto fields = detail::take_apart(detail::shape_of(container_of(format)), bits);
  if (is_piece(format)) return decode_piece(format, fields);
  if (fields.is_nan) return {fields.sign, OperandClass::nan, kZeroExponent, 0};
  if (fields.is_inf) return {fields.sign, OperandClass::inf, kZeroExponent, 0};
  if (fields.significand == 0) return {fields.sign, OperandClass::zero, kZeroExponent, 0};
  return normalised(fields.sign, fields.significand, fields.lsb, fraction_bits(mode));
}

PairPlan pair_plan(DType stationary, DType moving) {
  if (!is_legal_pair(stationary, moving)) {
    throw Error(ErrorCode::unsupported, "numerics::pair_plan",
                "int8 pairs with int8, tf32 and fp32 with each other, bf16, fp16 and fp8 with each "
                "other",
                std::string(name(stationary)) + " x " + std::string(name(moving)));
  }
  const auto plain = [](DType dtype) {
    switch (dtype) {
      case DType::bf16:
        return OperandFormat::bf16;
      case DType::fp16:
        return OperandFormat::fp16;
      case DType::tf32:
        return OperandFormat::tf32;
      case DType::fp8_e4m3:
        return OperandFormat::fp8_e4m3;
      case DType::fp8_e5m2:
        return OperandFormat::fp8_e5m2;
      default:
        return OperandFormat::int8;
    }
  };
  PairPlan plan;
  if (stationary == DType::fp32 || moving == DType::fp32) {
    constexpr auto kH = OperandFormat::fp32_high;
    constexpr auto kM = OperandFormat::fp32_middle;
    constexpr auto kL = OperandFormat::fp32_low;
    // Smallest products first, so that only the last pass rounds at full magnitude.
    plan.passes = {Pass{kL, kH}, Pass{kM, kM}, Pass{kH, kL},
                   Pass{kM, kH}, Pass{kH, kM}, Pass{kH, kH}};
    plan.pass_count = plan.passes.size();
    constexpr std::uint32_t kTf32Mask = 0xFFFFE000u;
    if (stationary == DType::tf32) plan.stationary_mask = kTf32Mask;
    if (moving == DType::tf32) plan.moving_mask = kTf32Mask;
    return plan;
  }
  plan.passes[0] = {plain(stationary), plain(moving)};
  const auto is_wide = [](DType dtype) { return dtype == DType::fp16 || dtype == DType::tf32; };
  if (stationary == DType::int8) {
    plan.mode = PairMode::int8;
  } else if (is_wide(stationary) || is_wide(moving)) {
    plan.mode = PairMode::wide;
  }
  return plan;
}

std::uint8_t product_special(const Operand& stationary, const Operand& moving) {
  const auto either = [&](OperandClass cls) { return stationary.cls == cls || moving.cls == cls; };
  if (either(OperandClass::nan)) return kSpecialNan;
  if (!either(OperandClass::inf)) return kSpecialNone;
  if (either(OperandClass::zero)) return kSpecialNan;
  return stationary.sign != moving.sign ? kSpecialNegInf : kSpecialPosInf;
}

GroupSum group_sum(std::span<const Operand> stationary, std::span<const Operand> moving,
                   PairMode mode) {
  if (stationary.size() != moving.size() || stationary.size() > kGroup) {
    throw Error(ErrorCode::invalid_argument, "numerics::group_sum",
                "both sides hold the same number of operands, at most 16",
                std::to_string(stationary.size()) + " and " + std::to_string(moving.size()));
  }
  GroupSum group;
  for (std::size_t i = 0; i < stationary.size(); ++i) {
    group.reference = std::max(group.reference, stationary[i].exp + moving[i].exp);
    group.special |= product_special(stationary[i], moving[i]);
  }
  if (mode == PairMode::int8) {
    group.reference = 0;
    group.special = kSpecialNone;
  }
  for (std::size_t i = 0; i < stationary.size(); ++i) {
    const std::int64_t product = std::int64_t{stationary[i].sig} * moving[i].sig;
    const int shift = stationary[i].exp + moving[i].exp - group.reference + window(mode);
    if (product == 0 || shift < 0) continue;  // too far below the largest: nothing of it enters
    const std::int64_t placed = product << shift;
    group.sum += stationary[i].sign != moving[i].sign ? -placed : placed;
  }
  return group;
}

std::uint32_t accumulate(const GroupSum& group, PairMode mode, std::uint32_t psum_bits,
                         bool overwrite) {
  if (overwrite) psum_bits = 0;
  if (mode == PairMode::int8) return psum_bits + static_cast<std::uint32_t>(group.sum);

  switch (group.special | psum_special(psum_bits)) {
    case kSpecialNone:
      break;
    case kSpecialPosInf:
      return 0x7F800000u;
    case kSpecialNegInf:
      return 0xFF800000u;
    default:
      return kCanonicalNan;
  }
  if (group.sum == 0) return psum_bits;

  const auto psum = detail::take_apart(detail::shape_of(DType::fp32), psum_bits);
  const std::int64_t addend =
      psum.sign ? -std::int64_t{psum.significand} : std::int64_t{psum.significand};
  // Both terms on the last place of the lower one; a gap beyond 64 bits leaves only a sticky bit.
  const int group_lsb = group.reference - scale_bits(mode);
  const int gap = group_lsb - psum.lsb;
  constexpr int kRoom = 64;
  const int lift = std::min(std::abs(gap), kRoom);
  const int drop = std::abs(gap) - lift;
  if (gap >= 0) {
    return round_to_fp32((Int128{group.sum} << lift) + shift_right_sticky(addend, drop),
                         group_lsb - lift);
  }
  return round_to_fp32((Int128{addend} << lift) + shift_right_sticky(group.sum, drop),
                       psum.lsb - lift);
}

std::uint32_t multiply_column(DType stationary_dtype, std::span<const std::uint32_t> stationary,
                              DType moving_dtype, std::span<const std::uint32_t> moving,
                              std::uint32_t psum_bits, bool overwrite) {
  if (stationary.size() != moving.size() || stationary.empty() || stationary.size() > kMaxK) {
    throw Error(ErrorCode::invalid_argument, "numerics::multiply_column",
                "both sides hold K elements, K in 1..128",
                std::to_string(stationary.size()) + " and " + std::to_string(moving.size()));
  }
  const PairPlan plan = pair_plan(stationary_dtype, moving_dtype);
  if (overwrite) psum_bits = 0;
  for (std::size_t p = 0; p < plan.pass_count; ++p) {
    for (std::size_t start = 0; start < stationary.size(); start += kGroup) {
      const std::size_t rows = std::min(kGroup, stationary.size() - start);
      std::array<Operand, kGroup> left;
      std::array<Operand, kGroup> right;
      for (std::size_t i = 0; i < rows; ++i) {
        left[i] = decode(plan.passes[p].stationary, stationary[start + i] & plan.stationary_mask,
                         plan.mode);
        right[i] = decode(plan.passes[p].moving, moving[start + i] & plan.moving_mask, plan.mode);
      }
      GroupSum group =
          group_sum(std::span(left).first(rows), std::span(right).first(rows), plan.mode);
      if (!plan.passes[p].raises()) group.special = kSpecialNone;
      psum_bits = accumulate(group, plan.mode, psum_bits, false);
    }
  }
  return psum_bits;
}

}  // namespace tinium::numerics
