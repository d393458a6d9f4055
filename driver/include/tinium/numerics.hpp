// SPDX-License-Identifier: Apache-2.0
//
// The golden model: every bit that TensorE and VectorE produce, in the order of the contract
// (docs/reference/numerics.md). The scalar routines spell the contract out in integers and are what
// RTL benches compare against, step by step; `multiply` computes whole tiles quickly with the same
// bits and is the emulator's engine.
//
// All functions are pure and thread-safe. They assume the default floating-point environment
// (round to nearest, subnormals kept) and a little-endian host.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tinium/dtype.hpp"

namespace tinium::numerics {

/// Partitions whose products share one reference exponent. Architectural: no array size changes it.
inline constexpr std::size_t kGroup = 16;
/// Most partitions of one instruction (K).
inline constexpr std::size_t kMaxK = 128;
/// Every NaN that the core makes.
inline constexpr std::uint32_t kCanonicalNan = 0x7FC00000u;
/// Exponent of an operand without significand: no product with it can set the reference exponent.
inline constexpr int kZeroExponent = -512;
/// Where the search for the largest product exponent of a group starts.
inline constexpr int kLowestReference = -1024;

/// How a pair of operands is multiplied; the values are those of tn_pkg::pair_mode_e.
enum class PairMode : std::uint8_t {
  narrow = 0,  ///< both significands have at most 8 bits: window 23
  wide = 1,    ///< one has 11 bits (fp16, tf32): window 20
  int8 = 2,    ///< integers, no alignment
};

/// Binades under the group's largest product exponent that enter the sum.
constexpr int window(PairMode mode) {
  return mode == PairMode::narrow ? 23 : mode == PairMode::wide ? 20 : 0;
}
/// Fraction bits of a significand: the leading one is this bit.
constexpr int fraction_bits(PairMode mode) {
  return mode == PairMode::narrow ? 7 : mode == PairMode::wide ? 10 : 0;
}
/// T of the contract: a group's value is sum * 2^(reference - T).
constexpr int scale_bits(PairMode mode) { return window(mode) + 2 * fraction_bits(mode); }

/// How a 32-bit, right-aligned element is read; the values are those of tn_pkg::operand_fmt_e. FP32
/// is read as one of three signed pieces of its significand.
enum class OperandFormat : std::uint8_t {
  bf16 = 0,
  fp16 = 1,
  tf32 = 2,
  fp8_e4m3 = 3,
  fp8_e5m2 = 4,
  fp32_high = 5,
  fp32_middle = 6,
  fp32_low = 7,
  int8 = 8,
};

/// What an operand is, for the rules about zero, infinity and NaN.
enum class OperandClass : std::uint8_t { normal = 0, zero = 1, inf = 2, nan = 3 };

/// A decoded operand: (-1)^sign * sig * 2^(exp - fraction_bits(mode)).
/// sig has its leading one at bit fraction_bits(mode), or is 0 with exp == kZeroExponent. INT8: sig
/// is the magnitude 0..128, exp is 0 and the class is normal. A piece of an FP32 number carries the
/// class of the whole number, so a piece may be empty (sig 0) and still normal.
struct Operand {
  bool sign = false;
  OperandClass cls = OperandClass::zero;
  std::int16_t exp = kZeroExponent;
  std::uint16_t sig = 0;

  friend bool operator==(const Operand&, const Operand&) = default;
};

/// The operand of a disabled row or of a row beyond K.
constexpr Operand disabled_operand(PairMode mode) {
  if (mode == PairMode::int8) return Operand{false, OperandClass::normal, 0, 0};
  return Operand{};
}

/// Decodes one element. `mode` sets the position of the leading one; fp16 and tf32 need wide, int8
/// needs int8, the pieces of fp32 need narrow: throws Error(invalid_argument) otherwise.
Operand decode(OperandFormat format, std::uint32_t bits, PairMode mode);

/// One pass over the partitions: how each side is read.
struct Pass {
  OperandFormat stationary;
  OperandFormat moving;

  /// Whether infinities and NaN of the operands count: in every pass but the lower ones of FP32,
  /// where they contribute nothing and raise nothing.
  constexpr bool raises() const {
    const auto is_lower = [](OperandFormat format) {
      return format == OperandFormat::fp32_middle || format == OperandFormat::fp32_low;
    };
    return !is_lower(stationary) && !is_lower(moving);
  }

  friend bool operator==(const Pass&, const Pass&) = default;
};

/// How TensorE multiplies a pair of formats.
struct PairPlan {
  PairMode mode = PairMode::narrow;
  std::uint32_t stationary_mask = 0xFFFFFFFFu;  ///< kept bits; drops the low 13 of tf32 beside fp32
  std::uint32_t moving_mask = 0xFFFFFFFFu;
  std::size_t pass_count = 1;    ///< 1, or 6 for fp32
  std::array<Pass, 6> passes{};  ///< in order; each runs over all groups before the next
};

/// The plan of a pair. Throws Error(unsupported) if is_legal_pair() is false.
PairPlan pair_plan(DType stationary, DType moving);

/// Special code of a group or of a PSUM value; codes are OR-ed.
enum Special : std::uint8_t {
  kSpecialNone = 0,
  kSpecialPosInf = 1,
  kSpecialNegInf = 2,
  kSpecialNan = 3,  ///< also what +inf and -inf together make
};

/// The exact sum of one group: sum * 2^(reference - scale_bits(mode)), |sum| < 2^46.
struct GroupSum {
  std::int64_t sum = 0;
  int reference = kLowestReference;  ///< the largest product exponent (0 for INT8)
  std::uint8_t special = kSpecialNone;

  friend bool operator==(const GroupSum&, const GroupSum&) = default;
};

/// Special code of one product.
std::uint8_t product_special(const Operand& stationary, const Operand& moving);

/// Sums a group of up to 16 products; missing rows count as disabled. Both spans have one length.
/// In a pass that does not raise, the caller clears `special` before accumulate().
GroupSum group_sum(std::span<const Operand> stationary, std::span<const Operand> moving,
                   PairMode mode);

/// The column foot: PSUM value plus group sum, rounded once. `psum_bits` is FP32, or INT32 in mode
/// int8; it counts as +0 (0) when overwriting. Returns the new PSUM bits.
std::uint32_t accumulate(const GroupSum& group, PairMode mode, std::uint32_t psum_bits,
                         bool overwrite);

/// One output element of MultiplyMoving, in the order of the contract, by the routines above.
/// Spans hold K elements each, right-aligned; K is 1..kMaxK.
std::uint32_t multiply_column(DType stationary_dtype, std::span<const std::uint32_t> stationary,
                              DType moving_dtype, std::span<const std::uint32_t> moving,
                              std::uint32_t psum_bits, bool overwrite);

/// An operand tile in memory: element (partition, free) is at
/// data + partition * partition_stride + free * size_of(dtype). No alignment is needed.
struct OperandTile {
  const void* data = nullptr;
  std::size_t partition_stride = 0;  ///< bytes from one partition to the next
  DType dtype = DType::bf16;
};

/// A PSUM tile in memory: element (partition, free) is 4 bytes at
/// data + partition * partition_stride + free * 4. No alignment is needed.
struct PsumTile {
  void* data = nullptr;
  std::size_t partition_stride = 0;  ///< bytes
};

/// One MultiplyMoving: psum[m, n] (+)= stationary[k, m]^T @ moving[k, n].
/// Partition 0 of both operands starts a group: an instruction starts on a multiple of 16.
struct TileArgs {
  OperandTile stationary;  ///< [k, m]
  OperandTile moving;      ///< [k, n]
  PsumTile psum;           ///< [m, n]; FP32, or INT32 for int8
  std::size_t k = 0;       ///< 1..kMaxK
  std::size_t m = 0;       ///< >= 1
  std::size_t n = 0;       ///< >= 1
  bool overwrite = false;  ///< start from +0 and do not read psum
};

/// Computes a tile with the bits of multiply_column, quickly. psum must not overlap the operands.
/// Throws Error(invalid_argument) on bad sizes and Error(unsupported) on an illegal pair.
void multiply(const TileArgs& args);

/// Instruction-set level of the code behind `multiply`; the bits are the same on all.
enum class KernelLevel : std::uint8_t { baseline, avx2, avx512 };
/// The level that `multiply` uses: the best that this machine has.
KernelLevel best_kernel_level();
/// As `multiply`, at a level no higher than best_kernel_level(); for tests and measurements.
void multiply(const TileArgs& args, KernelLevel level);

// ---- VectorE, on FP32 bits ---------------------------------------------------------------------

/// Binary operators of VectorE.
enum class VectorOp : std::uint8_t { bypass, add, subtract, mult, max, min };

/// x op s in FP32: round to nearest even, subnormals kept, every NaN result canonical. max and min:
/// a NaN on either side gives NaN; max(+0, -0) is +0 and min(+0, -0) is -0. bypass returns x as is.
std::uint32_t vector_op(VectorOp op, std::uint32_t x, std::uint32_t s);

/// NaN to the canonical NaN, everything not above zero to +0, the rest as is.
std::uint32_t relu(std::uint32_t x);

/// How VectorE evicts PSUM: ((x op0 s0) op1 s1), then relu if asked, then the cast.
struct EvictRule {
  VectorOp op0 = VectorOp::bypass;
  VectorOp op1 = VectorOp::bypass;
  std::uint32_t s0 = 0;  ///< FP32 bits
  std::uint32_t s1 = 0;
  bool relu = false;
  DType source = DType::fp32;  ///< fp32, or int32 for sums of int8
  DType destination = DType::fp32;
};

/// One element of an eviction. From fp32 to every floating-point format; from int32 only to int32
/// (bits copied) or int8 (saturating), without operators. Throws Error(unsupported) otherwise.
std::uint32_t evict(const EvictRule& rule, std::uint32_t bits);

}  // namespace tinium::numerics
