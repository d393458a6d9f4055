// SPDX-License-Identifier: Apache-2.0
//
// Whole tiles at speed, with the bits of golden.cpp.
//
// Why double precision gives the exact bits: a significant product is an integer multiple of
// 2^(reference - T) below 2^46 of those units, and so is every partial sum of the products that the
// window lets in. Doubles hold 53 bits, so the sum of a group is exact in any order, with or
// without fused multiply-add. Only the foot rounds: PSUM + sum is rounded to odd in double (two-sum
// gives the exact error), which a second rounding to FP32 cannot spoil (53 >= 24 + 2).
//
// Three paths per strip of 16 columns: if the spread of exponents on both sides together lies
// within the window, every product enters and the group is a plain dot product; otherwise each
// product is compared with the window; a strip or a row with infinities or NaN goes to golden.cpp.

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include "tinium/error.hpp"
#include "tinium/numerics.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#define TINIUM_NUMERICS_X86 1
#endif

namespace tinium::numerics {
namespace {

static_assert(std::endian::native == std::endian::little, "tiles are read as little-endian");

constexpr std::size_t kStrip = 16;                ///< columns of one register tile
constexpr std::size_t kStrips = 4;                ///< strips of one block
constexpr std::size_t kBlock = kStrip * kStrips;  ///< moving columns decoded at a time

/// Range of the exponents of the operands that have a significand.
struct ExponentRange {
  int low = INT16_MAX;
  int high = INT16_MIN;

  void add(int exponent) {
    low = std::min(low, exponent);
    high = std::max(high, exponent);
  }
  int spread() const { return std::max(high - low, 0); }
};

/// 16 stationary operands of one output partition.
struct StationaryGroup {
  double value[kGroup];
  double exponent[kGroup];
  int spread;
  bool special;
  std::uint32_t bits[kGroup];
};

/// 16 moving operands of every column of a block.
struct MovingGroup {
  alignas(64) double value[kGroup][kBlock];
  alignas(64) double exponent[kGroup][kBlock];
  int spread[kStrips];  ///< widest column of the strip
  bool special[kStrips];
};

/// One group of one pass, for all output partitions and one block of columns.
struct GroupWork {
  const StationaryGroup* stationary;  ///< [m]
  const MovingGroup* moving;
  const std::uint32_t (*moving_bits)[kBlock];  ///< [kGroup], masked
  std::uint32_t (*psum)[kBlock];               ///< [m]
  std::size_t m;
  std::size_t strips;
  Pass pass;
  PairMode mode;
};

/// value of a decoded operand; exact.
double value_of(const Operand& operand, PairMode mode) {
  if (operand.sig == 0) return 0.0;
  // Exponents stay within -156..128: the power of two is a normal double.
  constexpr int kDoubleBias = 1023;
  constexpr int kDoubleFraction = 52;
  const int exponent = operand.exp - fraction_bits(mode) + kDoubleBias;
  const auto field = static_cast<std::uint64_t>(exponent);
  const double magnitude = operand.sig * std::bit_cast<double>(field << kDoubleFraction);
  return operand.sign ? -magnitude : magnitude;
}

/// Anything but a finite number. A zero is harmless beside finite numbers, and beside an infinity
/// the other side is special already.
bool is_special(const Operand& operand) {
  return operand.cls == OperandClass::inf || operand.cls == OperandClass::nan;
}

/// One output partition and one strip through the scalar model; only in passes that raise.
void scalar_strip(const GroupWork& work, std::size_t m, std::size_t strip) {
  std::array<Operand, kGroup> left;
  std::array<Operand, kGroup> right;
  for (std::size_t i = 0; i < kGroup; ++i) {
    left[i] = decode(work.pass.stationary, work.stationary[m].bits[i], work.mode);
  }
  for (std::size_t j = strip * kStrip; j < (strip + 1) * kStrip; ++j) {
    for (std::size_t i = 0; i < kGroup; ++i) {
      right[i] = decode(work.pass.moving, work.moving_bits[i][j], work.mode);
    }
    std::uint32_t& psum = work.psum[m][j];
    psum = accumulate(group_sum(left, right, work.mode), work.mode, psum, false);
  }
}

// The kernels are always_inline so that each instruction-set level compiles its own copy.
#define TINIUM_KERNEL [[gnu::always_inline]] inline

// Each loops over the columns of a strip with the rows of the group unrolled inside, which is the
// shape that compilers turn into vector code.

/// FP32 PSUM value plus an exact group sum, rounded once.
TINIUM_KERNEL std::uint32_t foot_fp32(double group, std::uint32_t psum) {
  const float before = std::bit_cast<float>(psum);
  const double wide = before;
  // Two-sum: total + error is the exact value. With an infinite PSUM value error is NaN, and the
  // comparisons below are false: the infinity stays.
  const double total = group + wide;
  const double virtual_wide = total - group;
  const double error = (group - (total - virtual_wide)) + (wide - virtual_wide);
  std::uint64_t bits = std::bit_cast<std::uint64_t>(total);
  const std::uint64_t opposite = (std::bit_cast<std::uint64_t>(error) ^ bits) >> 63;
  const std::uint64_t inexact = (error > 0.0 || error < 0.0) ? 1u : 0u;
  const std::uint64_t step = inexact & ~bits & 1u;  // an even inexact total moves to its odd side
  bits += step - ((step & opposite) << 1);
  const auto rounded = static_cast<float>(std::bit_cast<double>(bits));
  const float after = group == 0.0 ? before : rounded;
  return after != after ? kCanonicalNan : std::bit_cast<std::uint32_t>(after);
}

/// INT32 PSUM value plus an exact sum of int8 products, modulo 2^32.
TINIUM_KERNEL std::uint32_t foot_int32(double group, std::uint32_t psum) {
  return psum + static_cast<std::uint32_t>(static_cast<std::int32_t>(group));
}

/// Every product enters.
template <bool kInteger>
TINIUM_KERNEL void strip_all(const StationaryGroup& left, const MovingGroup& right,
                             std::size_t column, std::uint32_t* psum) {
  for (std::size_t j = 0; j < kStrip; ++j) {
    double sum = 0.0;
    for (std::size_t i = 0; i < kGroup; ++i) sum += left.value[i] * right.value[i][column + j];
    psum[j] = kInteger ? foot_int32(sum, psum[j]) : foot_fp32(sum, psum[j]);
  }
}

/// Only products within the window enter.
TINIUM_KERNEL void strip_windowed(const StationaryGroup& left, const MovingGroup& right,
                                  std::size_t column, double reach, std::uint32_t* psum) {
  for (std::size_t j = 0; j < kStrip; ++j) {
    double highest = kLowestReference;
    for (std::size_t i = 0; i < kGroup; ++i) {
      const double exponent = left.exponent[i] + right.exponent[i][column + j];
      highest = exponent > highest ? exponent : highest;
    }
    const double lowest = highest - reach;
    double sum = 0.0;
    for (std::size_t i = 0; i < kGroup; ++i) {
      const double exponent = left.exponent[i] + right.exponent[i][column + j];
      const double product = left.value[i] * right.value[i][column + j];
      sum += exponent >= lowest ? product : 0.0;
    }
    psum[j] = foot_fp32(sum, psum[j]);
  }
}

TINIUM_KERNEL void run_group_body(const GroupWork& work) {
  const MovingGroup& right = *work.moving;
  const int reach = window(work.mode);
  for (std::size_t m = 0; m < work.m; ++m) {
    const StationaryGroup& left = work.stationary[m];
    for (std::size_t strip = 0; strip < work.strips; ++strip) {
      const std::size_t column = strip * kStrip;
      std::uint32_t* psum = &work.psum[m][column];
      if (left.special || right.special[strip]) {
        scalar_strip(work, m, strip);
      } else if (work.mode == PairMode::int8) {
        strip_all<true>(left, right, column, psum);
      } else if (left.spread + right.spread[strip] <= reach) {
        strip_all<false>(left, right, column, psum);
      } else {
        strip_windowed(left, right, column, reach, psum);
      }
    }
  }
}

using RunGroup = void (*)(const GroupWork&);

void run_group_baseline(const GroupWork& work) { run_group_body(work); }

#ifdef TINIUM_NUMERICS_X86
[[gnu::target("avx2,fma")]] void run_group_avx2(const GroupWork& work) { run_group_body(work); }

// Clang knows no preferred width in this attribute: its AVX-512 kernel has vectors of 256 bits.
#ifdef __clang__
#define TINIUM_AVX512 "avx2,fma,avx512f,avx512dq,avx512vl,avx512bw"
#else
#define TINIUM_AVX512 "avx2,fma,avx512f,avx512dq,avx512vl,avx512bw,prefer-vector-width=512"
#endif
[[gnu::target(TINIUM_AVX512)]] void run_group_avx512(const GroupWork& work) {
  run_group_body(work);
}
#endif

RunGroup run_group_at(KernelLevel level) {
#ifdef TINIUM_NUMERICS_X86
  switch (std::min(level, best_kernel_level())) {
    case KernelLevel::baseline:
      break;
    case KernelLevel::avx2:
      return run_group_avx2;
    case KernelLevel::avx512:
      return run_group_avx512;
  }
#else
  (void)level;
#endif
  return run_group_baseline;
}

std::uint32_t load_element(const OperandTile& tile, std::size_t partition, std::size_t free) {
  const std::size_t size = size_of(tile.dtype);
  const auto* address =
      static_cast<const std::byte*>(tile.data) + partition * tile.partition_stride + free * size;
  std::uint32_t bits = 0;
  std::memcpy(&bits, address, size);
  return bits;
}

/// What the kernels need of an operand.
struct DecodedElement {
  double value;
  std::int16_t exponent;
  bool has_significand;
  bool special;
};

class ElementDecoder {
 public:
  ElementDecoder(OperandFormat format, PairMode mode) : format_(format), mode_(mode) {}

  DecodedElement operator()(std::uint32_t bits) const {
    const Operand operand = decode(format_, bits, mode_);
    return {value_of(operand, mode_), operand.exp, operand.sig != 0, is_special(operand)};
  }

 private:
  OperandFormat format_;
  PairMode mode_;
};

void check(const TileArgs& args) {
  const auto refuse = [&](const char* rule) {
    throw Error(ErrorCode::invalid_argument, "numerics::multiply", rule,
                "k=" + std::to_string(args.k) + " m=" + std::to_string(args.m) +
                    " n=" + std::to_string(args.n));
  };
  if (args.k < 1 || args.k > kMaxK) refuse("K must be 1..128");
  if (args.m < 1 || args.n < 1) refuse("M and N must be at least 1");
  if (args.piece_pair > pair_plan(args.stationary.dtype, args.moving.dtype).pass_count ||
      (args.piece_pair != 0 &&
       pair_plan(args.stationary.dtype, args.moving.dtype).pass_count == 1)) {
    refuse("a piece pair is 1 to 6 and of fp32");
  }
  if (args.stationary.data == nullptr || args.moving.data == nullptr || args.psum.data == nullptr) {
    refuse("all three tiles must have memory");
  }
}

}  // namespace

KernelLevel best_kernel_level() {
#ifdef TINIUM_NUMERICS_X86
  static const KernelLevel level = [] {
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
      return KernelLevel::baseline;
    }
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    return avx512 ? KernelLevel::avx512 : KernelLevel::avx2;
  }();
  return level;
#else
  return KernelLevel::baseline;
#endif
}

void multiply(const TileArgs& args) { multiply(args, best_kernel_level()); }

void multiply(const TileArgs& args, KernelLevel level) {
  check(args);
  PairPlan plan = pair_plan(args.stationary.dtype, args.moving.dtype);
  if (args.piece_pair != 0) {
    plan.passes[0] = plan.passes[args.piece_pair - 1];
    plan.pass_count = 1;
  }
  const RunGroup run_group = run_group_at(level);
  const std::size_t groups = (args.k + kGroup - 1) / kGroup;

  // Stationary side once: [pass][group][m]. Rows beyond K are all-zero patterns, which decode to
  // what a disabled row is.
  std::vector<StationaryGroup> stationary(plan.pass_count * groups * args.m);
  for (std::size_t p = 0; p < plan.pass_count; ++p) {
    const ElementDecoder decoder(plan.passes[p].stationary, plan.mode);
    const bool raises = plan.passes[p].raises();
    for (std::size_t g = 0; g < groups; ++g) {
      const std::size_t rows = std::min(kGroup, args.k - g * kGroup);
      for (std::size_t m = 0; m < args.m; ++m) {
        StationaryGroup& group = stationary[(p * groups + g) * args.m + m];
        ExponentRange range;
        group.special = false;
        for (std::size_t i = 0; i < kGroup; ++i) {
          group.bits[i] =
              i < rows ? load_element(args.stationary, g * kGroup + i, m) & plan.stationary_mask
                       : 0u;
          const DecodedElement element = decoder(group.bits[i]);
          group.value[i] = element.value;
          group.exponent[i] = element.exponent;
          if (element.has_significand) range.add(element.exponent);
          group.special = group.special || (raises && element.special);
        }
        group.spread = range.spread();
      }
    }
  }

  std::vector<std::uint32_t> moving_bits_store(groups * kGroup * kBlock);
  auto* moving_bits = reinterpret_cast<std::uint32_t(*)[kBlock]>(moving_bits_store.data());
  std::vector<std::uint32_t> psum_store(args.m * kBlock);
  auto* psum = reinterpret_cast<std::uint32_t(*)[kBlock]>(psum_store.data());
  std::vector<MovingGroup> moving(1);

  for (std::size_t first = 0; first < args.n; first += kBlock) {
    const std::size_t columns = std::min(kBlock, args.n - first);
    const std::size_t strips = (columns + kStrip - 1) / kStrip;
    for (std::size_t i = 0; i < groups * kGroup; ++i) {
      for (std::size_t j = 0; j < kBlock; ++j) {
        moving_bits[i][j] = i < args.k && j < columns
                                ? load_element(args.moving, i, first + j) & plan.moving_mask
                                : 0u;
      }
    }
    for (std::size_t m = 0; m < args.m; ++m) {
      const auto* row = static_cast<std::byte*>(args.psum.data) + m * args.psum.partition_stride +
                        first * sizeof(std::uint32_t);
      std::fill_n(psum[m], kBlock, 0u);
      if (!args.overwrite) std::memcpy(psum[m], row, columns * sizeof(std::uint32_t));
    }

    for (std::size_t p = 0; p < plan.pass_count; ++p) {
      const ElementDecoder decoder(plan.passes[p].moving, plan.mode);
      const bool raises = plan.passes[p].raises();
      for (std::size_t g = 0; g < groups; ++g) {
        MovingGroup& group = moving[0];
        for (std::size_t s = 0; s < strips; ++s) {
          group.spread[s] = 0;
          group.special[s] = false;
        }
        ExponentRange ranges[kBlock];
        for (std::size_t i = 0; i < kGroup; ++i) {
          for (std::size_t j = 0; j < strips * kStrip; ++j) {
            const DecodedElement element = decoder(moving_bits[g * kGroup + i][j]);
            group.value[i][j] = element.value;
            group.exponent[i][j] = element.exponent;
            if (element.has_significand) ranges[j].add(element.exponent);
            if (raises && element.special) group.special[j / kStrip] = true;
          }
        }
        for (std::size_t j = 0; j < strips * kStrip; ++j) {
          int& spread = group.spread[j / kStrip];
          spread = std::max(spread, ranges[j].spread());
        }
        run_group(GroupWork{&stationary[(p * groups + g) * args.m], &group,
                            moving_bits + g * kGroup, psum, args.m, strips, plan.passes[p],
                            plan.mode});
      }
    }

    for (std::size_t m = 0; m < args.m; ++m) {
      auto* row = static_cast<std::byte*>(args.psum.data) + m * args.psum.partition_stride +
                  first * sizeof(std::uint32_t);
      std::memcpy(row, psum[m], columns * sizeof(std::uint32_t));
    }
  }
}

}  // namespace tinium::numerics
