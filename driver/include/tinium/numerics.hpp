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
  /// 0: the whole product; 1 to 6, with fp32 on a side: this pass of pair_plan() alone.
  std::size_t piece_pair = 0;
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

// ---- VectorE ------------------------------------------------------------------------------------
// Elements are right-aligned bits. Results are right-aligned too, zero above the element.

/// Operators of VectorE; the values are those of isa::AluOp.
enum class VectorOp : std::uint8_t {
  bypass,
  add,
  subtract,
  mult,
  max,
  min,
  equal,
  not_equal,
  greater_equal,
  greater_than,
  less_equal,
  less_than,
  logical_and,
  logical_or,
  logical_xor,
  abs_max,
  abs_min,
  abs,
  square,
  relu,
  reciprocal,
  bitwise_not,
  bitwise_and,
  bitwise_or,
  bitwise_xor,
  shift_left,
  shift_right,
};

inline constexpr std::size_t kVectorOpCount = 27;

/// The operator looks at x alone: its operand is not read and `reverse` changes nothing.
constexpr bool is_unary(VectorOp op) {
  return op == VectorOp::bypass || op == VectorOp::abs || op == VectorOp::square ||
         op == VectorOp::relu || op == VectorOp::reciprocal || op == VectorOp::bitwise_not;
}
/// The operator works on 32-bit integers; all others (but bypass) work on FP32.
constexpr bool is_bitwise(VectorOp op) { return op >= VectorOp::bitwise_not; }
/// The operator may reduce.
constexpr bool is_reduction(VectorOp op) {
  switch (op) {
    case VectorOp::add:
    case VectorOp::mult:
    case VectorOp::max:
    case VectorOp::min:
    case VectorOp::logical_and:
    case VectorOp::logical_or:
    case VectorOp::logical_xor:
    case VectorOp::abs_max:
    case VectorOp::abs_min:
    case VectorOp::bitwise_and:
    case VectorOp::bitwise_or:
    case VectorOp::bitwise_xor:
      return true;
    default:
      return false;
  }
}

/// x op s. FP32: round to nearest even, subnormals kept; every NaN result is canonical, but bypass
/// returns x as is. max and min: a NaN on either side gives NaN; +0 is above -0. Comparisons and
/// logical operators give 1.0 or +0: with a NaN a comparison is false, but not_equal true; a NaN
/// counts as nonzero. The bitwise operators take and give 32-bit integers.
std::uint32_t vector_op(VectorOp op, std::uint32_t x, std::uint32_t s);
/// x op s, or s op x if `reverse` and the operator is not unary.
std::uint32_t vector_op(VectorOp op, bool reverse, std::uint32_t x, std::uint32_t s);

/// NaN to the canonical NaN, everything not above zero to +0, the rest as is.
std::uint32_t relu(std::uint32_t x);

/// An element of any format to FP32: to_fp32(), and integers rounded to nearest even. Bits above
/// the element are ignored.
std::uint32_t widen(DType source, std::uint32_t bits);
/// FP32 to any format: from_fp32(), and to integers rounded to nearest even, saturating, NaN to 0.
std::uint32_t narrow(DType destination, std::uint32_t fp32_bits);

/// What an instruction does between its element and its result.
enum class VectorPath : std::uint8_t {
  bits,      ///< equal formats and nothing to do: the element is copied, NaN payloads too
  integers,  ///< 32-bit integers (int8 sign-extended); without operators the result saturates,
             ///< with bitwise ones its low bits are taken
  fp32,      ///< widen(), FP32 operators, relu, narrow()
};

/// One element of TensorScalar: narrow(relu?((x op0 s0) op1 s1)).
struct TensorScalarRule {
  VectorOp op0 = VectorOp::bypass;
  VectorOp op1 = VectorOp::bypass;
  bool reverse0 = false;  ///< s0 op0 x
  bool reverse1 = false;
  bool relu = false;
  DType source = DType::fp32;
  DType destination = DType::fp32;
};

/// The path of a rule. Throws Error(unsupported) where the engine faults: a bitwise operator beside
/// an operator of FP32 or relu (illegal_instruction), or with a floating-point format (dtype).
VectorPath vector_path(const TensorScalarRule& rule);

/// One element. s0 and s1 are FP32 bits, integers for bitwise operators; those of unary operators
/// are not looked at. Throws as vector_path().
std::uint32_t tensor_scalar(const TensorScalarRule& rule, std::uint32_t element, std::uint32_t s0,
                            std::uint32_t s1);

/// One element of TensorTensor: narrow(relu?((x op0 s0) op1 x1)). op1 is not unary.
struct TensorTensorRule {
  VectorOp op0 = VectorOp::bypass;
  VectorOp op1 = VectorOp::add;
  bool reverse0 = false;
  bool reverse1 = false;  ///< x1 op1 (...)
  bool relu = false;
  DType source = DType::fp32;
  DType source1 = DType::fp32;
  DType destination = DType::fp32;
};

/// The path of a rule, never `bits`. Throws as above, and for a unary op1.
VectorPath vector_path(const TensorTensorRule& rule);
std::uint32_t tensor_tensor(const TensorTensorRule& rule, std::uint32_t element, std::uint32_t s0,
                            std::uint32_t element1);

/// One element of Memset: the low bytes of `value`.
std::uint32_t memset_element(DType destination, std::uint32_t value);

/// One result of TensorReduce.
struct TensorReduceRule {
  VectorOp op = VectorOp::add;
  bool negate = false;  ///< the sign of the result is inverted before the cast; NaN stays canonical
  DType source = DType::fp32;
  DType destination = DType::fp32;
};

/// The path of a rule: integers for bitwise operators, else fp32. Throws Error(unsupported) for an
/// operator that does not reduce, a bitwise one with negate or with a floating-point format.
VectorPath vector_path(const TensorReduceRule& rule);

/// What a partial result is before its first element: `identity op x` is x (or what the operator
/// makes of x alone: its magnitude, or 1.0 for a nonzero).
std::uint32_t reduction_identity(VectorOp op);

/// Reduces `elements` (at least one). Eight partial results begin as the identity; element i joins
/// as partial[i mod 8] = partial[i mod 8] op x; then ((0,1),(2,3)),((4,5),(6,7)), absent ones left
/// out. Throws as vector_path().
std::uint32_t tensor_reduce(const TensorReduceRule& rule, std::span<const std::uint32_t> elements);

/// An eviction of PSUM: a TensorScalar rule with its operands.
struct EvictRule {
  VectorOp op0 = VectorOp::bypass;
  VectorOp op1 = VectorOp::bypass;
  std::uint32_t s0 = 0;  ///< FP32 bits
  std::uint32_t s1 = 0;
  bool relu = false;
  DType source = DType::fp32;  ///< fp32, or int32 for sums of int8
  DType destination = DType::fp32;
};

/// One element of an eviction: tensor_scalar() with the rule's operands, nothing reversed.
std::uint32_t evict(const EvictRule& rule, std::uint32_t bits);

}  // namespace tinium::numerics
