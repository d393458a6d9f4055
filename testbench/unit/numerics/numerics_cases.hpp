// SPDX-License-Identifier: Apache-2.0
// Cases for the numerics tests: the pairs of formats, random columns of several kinds, and the
// comparison of the golden model (scalar and tile, every instruction-set level) with the judge.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "bench_options.hpp"
#include "exact_judge.hpp"
#include "hex.hpp"
#include "tinium/numerics.hpp"

namespace tinium::testbench {

using exact::ColumnCase;

/// A legal pair of operand formats.
struct Pair {
  DType stationary;
  DType moving;
};

/// All 21 legal pairs.
inline std::vector<Pair> all_pairs() {
  std::vector<Pair> pairs;
  for (std::size_t s = 0; s < kDTypeCount; ++s) {
    for (std::size_t m = 0; m < kDTypeCount; ++m) {
      const Pair pair{static_cast<DType>(s), static_cast<DType>(m)};
      if (is_legal_pair(pair.stationary, pair.moving)) pairs.push_back(pair);
    }
  }
  return pairs;
}

inline std::vector<Pair> all_float_pairs() {
  std::vector<Pair> pairs = all_pairs();
  std::erase_if(pairs, [](const Pair& pair) { return pair.stationary == DType::int8; });
  return pairs;
}

inline std::string pair_name(const ::testing::TestParamInfo<Pair>& info) {
  return std::string(name(info.param.stationary)) + "_x_" + std::string(name(info.param.moving));
}

inline void PrintTo(const Pair& pair, std::ostream* out) {
  *out << name(pair.stationary) << " x " << name(pair.moving);
}

inline exact::Format judge_format(DType dtype) { return static_cast<exact::Format>(dtype); }

/// Exponents (of the leading one) that a format reaches, subnormals included.
struct Reach {
  int lowest;
  int lowest_normal;
  int highest;
};

inline Reach reach_of(DType dtype) {
  switch (dtype) {
    case DType::bf16:
      return {-133, -126, 127};
    case DType::fp16:
      return {-24, -14, 15};
    case DType::tf32:
      return {-136, -126, 127};
    case DType::fp8_e4m3:
      return {-9, -6, 7};
    case DType::fp8_e5m2:
      return {-16, -14, 15};
    default:
      return {-149, -126, 127};
  }
}

inline int window_of(const Pair& pair) {
  return numerics::window(numerics::pair_plan(pair.stationary, pair.moving).mode);
}

/// Kinds of random columns.
enum class Kind {
  any_bits,  ///< every pattern alike, NaN and infinities included
  finite,    ///< every finite pattern alike
  near,      ///< exponents close together, as in ordinary data
  window,    ///< product exponents around the edge of the window
  cancel,    ///< products that cancel, but for a bit here and there
  tiny,      ///< products and sums around the subnormals of FP32
  huge,      ///< products and sums around the overflow of FP32
  special,   ///< few products, with zeros, infinities and NaN between them
  count_,
};

inline const char* name_of(Kind kind) {
  static constexpr std::array kNames = {"any_bits", "finite", "near", "window",
                                        "cancel",   "tiny",   "huge", "special"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// Draws columns.
class ColumnSource {
 public:
  ColumnSource(Pair pair, std::mt19937_64& rng) : pair_(pair), rng_(rng) {}

  ColumnCase draw(Kind kind, std::size_t k, bool overwrite) {
    ColumnCase column;
    column.stationary_format = judge_format(pair_.stationary);
    column.moving_format = judge_format(pair_.moving);
    column.overwrite = overwrite;
    column.stationary.resize(k);
    column.moving.resize(k);
    top_ = draw_top(kind);
    for (std::size_t i = 0; i < k; ++i) {
      draw_product(kind, column.stationary[i], column.moving[i]);
      if (kind == Kind::cancel && i > 0 && below(2) == 0) {
        column.stationary[i] = column.stationary[i - 1];
        column.moving[i] = negated(pair_.moving, column.moving[i - 1]);
        if (below(4) == 0) column.moving[i] ^= lowest_bit(pair_.moving);
        std::swap(column.stationary[i], column.stationary[below(i + 1)]);
        std::swap(column.moving[i], column.moving[below(i + 1)]);
      }
    }
    column.psum = draw_psum(kind, column);
    return column;
  }

  std::uint64_t below(std::uint64_t bound) { return rng_() % bound; }
  int between(int low, int high) {
    return low >= high ? low
                       : low + static_cast<int>(below(static_cast<std::uint64_t>(high - low + 1)));
  }

 private:
  static std::uint32_t lowest_bit(DType dtype) { return dtype == DType::tf32 ? 1U << 13 : 1U; }

  static std::uint32_t negated(DType dtype, std::uint32_t bits) {
    if (dtype == DType::int8) return (0U - bits) & 0xFFU;
    return bits ^ (1U << (size_of(dtype) * 8 - 1));
  }

  std::uint32_t any_bits(DType dtype) {
    const auto bits = static_cast<std::uint32_t>(rng_());
    const std::size_t width = size_of(dtype) * 8;
    return width == 32 ? bits : bits & ((1U << width) - 1);
  }

  std::uint32_t finite_bits(DType dtype) {
    for (;;) {
      const std::uint32_t bits = any_bits(dtype);
      if (dtype == DType::int8 || std::isfinite(decode_to_float(dtype, bits))) return bits;
    }
  }

  /// A random number with this exponent of the leading one, as near as the format allows.
  std::uint32_t with_exponent(DType dtype, int exponent) {
    const Reach reach = reach_of(dtype);
    exponent = std::clamp(exponent, reach.lowest, reach.highest);
    // All ones, one and random fractions each have their own boundary cases.
    static constexpr std::array<std::uint32_t, 3> kFractions = {0, 0x7FFFFF, 1};
    const auto pick = below(8);
    const std::uint32_t fraction =
        pick < 3 ? kFractions[pick] : static_cast<std::uint32_t>(rng_()) & 0x7FFFFFU;
    const float one = std::bit_cast<float>(0x3F800000U | fraction);
    const float value = std::ldexp(below(2) == 0 ? one : -one, exponent);
    std::uint32_t bits = encode(dtype, value);
    if (!std::isfinite(decode_to_float(dtype, bits))) bits -= lowest_bit(dtype);  // largest finite
    if (dtype == DType::tf32) bits |= static_cast<std::uint32_t>(rng_()) & 0x1FFFU;  // ignored
    return bits;
  }

  std::uint32_t special_bits(DType dtype) {
    const std::uint32_t sign = below(2) == 0 ? 0U : 1U << (size_of(dtype) * 8 - 1);
    const std::uint32_t infinity = encode(dtype, INFINITY);
    switch (below(8)) {
      case 0:
        return sign | infinity;
      case 1:
        return sign | infinity | lowest_bit(dtype);  // a NaN with the smallest payload
      case 2:
        return sign | lowest_bit(dtype);  // smallest subnormal
      default:
        return sign;  // zero
    }
  }

  /// Exponent under which the products of a column are drawn.
  int draw_top(Kind kind) {
    if (pair_.stationary == DType::int8) return 0;
    const Reach s = reach_of(pair_.stationary);
    const Reach m = reach_of(pair_.moving);
    const int low = s.lowest + m.lowest;
    const int high = s.highest + m.highest;
    switch (kind) {
      case Kind::tiny:
        return std::clamp(between(-155, -115), low, high);
      case Kind::huge:
        return std::clamp(between(115, 129), low, high);
      case Kind::near:
      case Kind::cancel:
        return std::clamp(between(-20, 20), low, high);
      default:
        return between(std::min(low + window_of(pair_), high), high);
    }
  }

  void draw_product(Kind kind, std::uint32_t& stationary, std::uint32_t& moving) {
    if (pair_.stationary == DType::int8) {
      // Extremes often: -128 * -128 is the largest product.
      static constexpr std::array<std::uint32_t, 4> kExtremes = {0x80, 0x7F, 0xFF, 0};
      const auto draw = [&] { return below(4) == 0 ? kExtremes[below(4)] : any_bits(DType::int8); };
      stationary = draw();
      moving = draw();
      return;
    }
    if (kind == Kind::any_bits && below(4) == 0) {
      stationary = any_bits(pair_.stationary);
      moving = any_bits(pair_.moving);
      return;
    }
    if (kind == Kind::finite || kind == Kind::any_bits) {
      stationary = finite_bits(pair_.stationary);
      moving = finite_bits(pair_.moving);
      return;
    }
    int exponent = top_;
    const int window = window_of(pair_);
    switch (kind) {
      case Kind::window: {
        const auto pick = below(4);
        exponent -= pick == 0   ? 0
                    : pick == 1 ? between(0, window)
                                : between(window - 1, window + 2);
        break;
      }
      case Kind::tiny:
      case Kind::huge:
        exponent -= between(0, 6);
        break;
      default:
        exponent -= between(0, 10);
        break;
    }
    // Split the product's exponent over the two sides, within what each format reaches.
    const Reach s = reach_of(pair_.stationary);
    const Reach m = reach_of(pair_.moving);
    const int first =
        between(std::max(s.lowest, exponent - m.highest), std::min(s.highest, exponent - m.lowest));
    stationary = with_exponent(pair_.stationary, first);
    moving = with_exponent(pair_.moving, exponent - first);
    if (below(16) == 0) stationary = encode(pair_.stationary, below(2) == 0 ? 0.0F : -0.0F);
    if (kind == Kind::special && below(3) == 0) {
      if (below(2) == 0) stationary = special_bits(pair_.stationary);
      if (below(2) == 0) moving = special_bits(pair_.moving);
    }
  }

  std::uint32_t draw_psum(Kind kind, const ColumnCase& column) {
    if (pair_.stationary == DType::int8) return static_cast<std::uint32_t>(rng_());
    switch (below(8)) {
      case 0:
        return below(2) == 0 ? 0U : 0x80000000U;
      case 1:
        return finite_bits(DType::fp32);
      case 2: {  // what the column adds, taken away, give or take some last places
        ColumnCase alone = column;
        alone.overwrite = true;
        const std::uint32_t sum = exact::judge_column(alone);
        if (!std::isfinite(std::bit_cast<float>(sum))) return sum;
        return (sum ^ 0x80000000U) + static_cast<std::uint32_t>(between(-2, 2));
      }
      case 3:
        if (kind == Kind::special || kind == Kind::any_bits) return special_bits(DType::fp32);
        [[fallthrough]];
      default:
        return with_exponent(DType::fp32, top_ + between(-30, 30));
    }
  }

  Pair pair_;
  std::mt19937_64& rng_;
  int top_ = 0;
};

/// "bf16 x fp16 K=3 overwrite=0 psum=... stationary=[...] moving=[...]", to type into a test.
inline std::string describe(const ColumnCase& column) {
  const auto list = [](const std::vector<std::uint32_t>& bits) {
    std::string text = "[";
    for (const std::uint32_t word : bits) {
      if (text.size() > 1) text += ' ';
      text += to_hex(word).substr(0, 10);
    }
    text += ']';
    return text;
  };
  return std::string(name(static_cast<DType>(column.stationary_format))) + " x " +
         std::string(name(static_cast<DType>(column.moving_format))) +
         " K=" + std::to_string(column.stationary.size()) +
         " overwrite=" + std::to_string(static_cast<int>(column.overwrite)) +
         " psum=" + to_hex(column.psum) + "\n  stationary=" + list(column.stationary) +
         "\n  moving=" + list(column.moving);
}

/// The scalar golden model on a column.
inline std::uint32_t golden_column(const ColumnCase& column) {
  return numerics::multiply_column(static_cast<DType>(column.stationary_format), column.stationary,
                                   static_cast<DType>(column.moving_format), column.moving,
                                   column.psum, column.overwrite);
}

/// Tile golden model on columns of one pair, K and overwrite flag: column c is stationary column c
/// and moving column c, so its result is element (c, c). Returns the whole tile [count][count].
inline std::vector<std::uint32_t> golden_tile(std::span<const ColumnCase> columns,
                                              numerics::KernelLevel level) {
  const std::size_t count = columns.size();
  const std::size_t k = columns[0].stationary.size();
  const auto s_type = static_cast<DType>(columns[0].stationary_format);
  const auto m_type = static_cast<DType>(columns[0].moving_format);
  std::vector<std::uint8_t> stationary(k * count * size_of(s_type));
  std::vector<std::uint8_t> moving(k * count * size_of(m_type));
  std::vector<std::uint32_t> psum(count * count);
  for (std::size_t c = 0; c < count; ++c) {
    for (std::size_t i = 0; i < k; ++i) {
      std::memcpy(&stationary[(i * count + c) * size_of(s_type)], &columns[c].stationary[i],
                  size_of(s_type));
      std::memcpy(&moving[(i * count + c) * size_of(m_type)], &columns[c].moving[i],
                  size_of(m_type));
    }
    for (std::size_t other = 0; other < count; ++other) psum[c * count + other] = columns[c].psum;
  }
  numerics::TileArgs args;
  args.stationary = {stationary.data(), count * size_of(s_type), s_type};
  args.moving = {moving.data(), count * size_of(m_type), m_type};
  args.psum = {psum.data(), count * sizeof(std::uint32_t)};
  args.k = k;
  args.m = count;
  args.n = count;
  args.overwrite = columns[0].overwrite;
  numerics::multiply(args, level);
  return psum;
}

/// Every level that this machine can run.
inline std::vector<numerics::KernelLevel> kernel_levels() {
  std::vector<numerics::KernelLevel> levels;
  for (int level = 0; level <= static_cast<int>(numerics::best_kernel_level()); ++level) {
    levels.push_back(static_cast<numerics::KernelLevel>(level));
  }
  return levels;
}

/// Counts mismatches and reports the first 16 of a test.
class Tally {
 public:
  void compare(std::uint32_t expected, std::uint32_t got, const std::string& what,
               const ColumnCase& column) {
    ++compared_;
    if (expected == got) return;
    if (++mismatches_ > 16) return;
    ADD_FAILURE() << current_test_name() << " seed " << options().seed << ", " << what
                  << ": expected " << to_hex(expected) << ", got " << to_hex(got) << "\n  "
                  << describe(column) << "\n  rerun: " << rerun_line();
  }

  void finish() const {
    EXPECT_GT(compared_, 0U) << "the test compared nothing";
    EXPECT_EQ(mismatches_, 0U) << "of " << compared_ << " comparisons";
  }

 private:
  std::uint64_t compared_ = 0;
  std::uint64_t mismatches_ = 0;
};

}  // namespace tinium::testbench
