// SPDX-License-Identifier: Apache-2.0
// See the header. Everything here is real arithmetic on values; bit patterns only at the borders.
#include "exact_judge.hpp"

#include <mpfr.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace tinium::testbench::exact {
namespace {

constexpr std::uint32_t kNan = 0x7FC00000U;

/// Sums reach from 2^-400 to 2^260; nothing is rounded at this precision (and it is checked).
constexpr mpfr_prec_t kExactBits = 1024;

/// A number of MPFR with its life time.
class Real {
 public:
  explicit Real(mpfr_prec_t bits) { mpfr_init2(value_, bits); }
  ~Real() { mpfr_clear(value_); }
  Real(const Real&) = delete;
  Real& operator=(const Real&) = delete;
  mpfr_ptr get() { return value_; }

 private:
  mpfr_t value_;
};

void require_exact(int ternary) {
  if (ternary != 0) throw std::logic_error("exact_judge: a sum that must be exact was rounded");
}

struct Layout {
  int exponent_bits;
  int fraction_bits;
  int unused_low_bits;
  int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  int width() const { return 1 + exponent_bits + fraction_bits; }
};

Layout layout_of(Format format) {
  switch (format) {
    case kBf16:
      return {8, 7, 0};
    case kFp16:
      return {5, 10, 0};
    case kTf32:
      return {8, 10, 13};
    case kE4m3:
      return {4, 3, 0};
    case kE5m2:
      return {5, 2, 0};
    case kFp32:
      return {8, 23, 0};
    default:
      throw std::invalid_argument("exact_judge: not a floating-point format");
  }
}

/// A floating-point element as a number.
struct Number {
  bool negative = false;
  bool infinite = false;
  bool nan = false;
  double value = 0;       ///< signed; 0 for inf and NaN
  double last_place = 0;  ///< weight of the last fraction bit at this exponent
};

Number read(Format format, std::uint32_t bits) {
  const Layout layout = layout_of(format);
  const std::uint32_t word = bits >> layout.unused_low_bits;
  const auto fraction = static_cast<double>(word % (1U << layout.fraction_bits));
  const int field = static_cast<int>((word >> layout.fraction_bits) % (1U << layout.exponent_bits));
  const int all_ones = (1 << layout.exponent_bits) - 1;
  Number number;
  number.negative = ((word >> (layout.width() - 1)) & 1U) == 1;
  if (field == all_ones) {
    number.infinite = fraction == 0;
    number.nan = !number.infinite;
    return number;
  }
  const int exponent = field == 0 ? 1 - layout.bias() : field - layout.bias();
  const double one = field == 0 ? 0.0 : 1.0;
  number.last_place = std::ldexp(1.0, exponent - layout.fraction_bits);
  number.value = std::ldexp(one + std::ldexp(fraction, -layout.fraction_bits), exponent);
  if (number.negative) number.value = -number.value;
  return number;
}

/// Rounds an exact real once, to nearest even with gradual underflow, into a format's pattern.
std::uint32_t write(Format format, mpfr_srcptr exact) {
  const Layout layout = layout_of(format);
  const std::uint32_t all_ones = (1U << layout.exponent_bits) - 1;
  const std::uint32_t infinity = all_ones << layout.fraction_bits;
  const auto finish = [&](bool negative, std::uint32_t magnitude) {
    const std::uint32_t sign = negative ? 1U << (layout.width() - 1) : 0U;
    return (sign | magnitude) << layout.unused_low_bits;
  };
  if (mpfr_nan_p(exact) != 0) {
    return finish(false, infinity + (1U << (layout.fraction_bits - 1)));
  }
  Real rounded(layout.fraction_bits + 1);
  int ternary = mpfr_set(rounded.get(), exact, MPFR_RNDN);
  // MPFR's significands are in [1/2, 1): its exponents are one above the usual ones.
  const mpfr_exp_t saved_min = mpfr_get_emin();
  const mpfr_exp_t saved_max = mpfr_get_emax();
  mpfr_set_emin(1 - layout.bias() - layout.fraction_bits + 1);
  mpfr_set_emax(layout.bias() + 1);
  ternary = mpfr_check_range(rounded.get(), ternary, MPFR_RNDN);
  mpfr_subnormalize(rounded.get(), ternary, MPFR_RNDN);
  mpfr_set_emin(saved_min);
  mpfr_set_emax(saved_max);

  const bool negative = mpfr_signbit(rounded.get()) != 0;
  if (mpfr_inf_p(rounded.get()) != 0) return finish(negative, infinity);
  const double value = std::fabs(mpfr_get_d(rounded.get(), MPFR_RNDN));
  if (value == 0) return finish(negative, 0);
  const int lowest = 1 - layout.bias();
  const int exponent = std::max(std::ilogb(value), lowest);
  const double units = std::ldexp(value, layout.fraction_bits - exponent);
  const double hidden = std::ldexp(1.0, layout.fraction_bits);
  if (units < hidden) return finish(negative, static_cast<std::uint32_t>(units));
  const auto field = static_cast<std::uint32_t>(exponent + layout.bias());
  return finish(negative,
                (field << layout.fraction_bits) + static_cast<std::uint32_t>(units - hidden));
}

/// Which part of an operand a pass multiplies.
enum class Part { whole, high, middle, low };

/// One side of a product.
struct Factor {
  double value = 0;
  bool negative = false;
  bool infinite = false;
  bool nan = false;
  bool counts_as_zero = false;  ///< for the rule inf * 0 = NaN
};

Factor factor_of(Format format, std::uint32_t bits, Part part) {
  const Number number = read(format, bits);
  Factor factor;
  factor.negative = number.negative;
  if (part == Part::whole) {
    factor.value = number.value;
    factor.infinite = number.infinite;
    factor.nan = number.nan;
    factor.counts_as_zero = number.value == 0 && !number.infinite && !number.nan;
    return factor;
  }
  factor.infinite = number.infinite;
  factor.nan = number.nan;
  factor.counts_as_zero = number.value == 0 && !number.infinite && !number.nan;
  if (number.value == 0) return factor;
  // Balanced digits to base 256 of the integer significand: low and middle in -128..127.
  const double significand = std::fabs(number.value) / number.last_place;
  const double above_low = std::floor((significand + 128) / 256);
  const double low = significand - above_low * 256;
  const double high = std::floor((above_low + 128) / 256);
  const double middle = above_low - high * 256;
  const double digit = part == Part::high     ? high * 65536
                       : part == Part::middle ? middle * 256
                                              : low;
  factor.value = (number.negative ? -digit : digit) * number.last_place;
  return factor;
}

struct Turn {
  Part stationary;
  Part moving;
};

/// One group on top of a PSUM value. Infinities and NaN of the operands count if `raises`.
std::uint32_t judge_group(std::span<const Factor> stationary, std::span<const Factor> moving,
                          int window, bool raises, std::uint32_t psum) {
  bool nan = false;
  bool positive_infinity = false;
  bool negative_infinity = false;
  const auto meet_infinity = [&](bool negative) {
    (negative ? negative_infinity : positive_infinity) = true;
  };
  int largest = -100000;
  for (std::size_t i = 0; i < stationary.size(); ++i) {
    const Factor& s = stationary[i];
    const Factor& m = moving[i];
    if (s.nan || m.nan) {
      nan = nan || raises;
    } else if (s.infinite || m.infinite) {
      if (!raises) continue;
      if (s.counts_as_zero || m.counts_as_zero) {
        nan = true;
      } else {
        meet_infinity(s.negative != m.negative);
      }
    } else if (s.value != 0 && m.value != 0) {
      largest = std::max(largest, std::ilogb(s.value) + std::ilogb(m.value));
    }
  }
  const Number before = read(kFp32, psum);
  if (before.nan) nan = true;
  if (before.infinite) meet_infinity(before.negative);
  if (nan || (positive_infinity && negative_infinity)) return kNan;
  if (positive_infinity) return 0x7F800000U;
  if (negative_infinity) return 0xFF800000U;

  static thread_local Real sum(kExactBits);
  mpfr_set_zero(sum.get(), 1);
  for (std::size_t i = 0; i < stationary.size(); ++i) {
    const double s = stationary[i].value;
    const double m = moving[i].value;
    if (s == 0 || m == 0) continue;
    if (std::ilogb(s) + std::ilogb(m) < largest - window) continue;
    // At most 11 by 11 bits within the range of double: the product is exact.
    require_exact(mpfr_add_d(sum.get(), sum.get(), s * m, MPFR_RNDN));
  }
  if (mpfr_zero_p(sum.get()) != 0) return psum;
  require_exact(mpfr_add_d(sum.get(), sum.get(), before.value, MPFR_RNDN));
  if (mpfr_zero_p(sum.get()) != 0) return 0;
  return write(kFp32, sum.get());
}

std::uint32_t judge_int8(const ColumnCase& column) {
  const auto as_signed = [](std::uint32_t bits) {
    const auto low = static_cast<std::int64_t>(bits % 256);
    return low < 128 ? low : low - 256;
  };
  std::int64_t sum = column.overwrite ? 0 : static_cast<std::int64_t>(column.psum);
  for (std::size_t i = 0; i < column.stationary.size(); ++i) {
    sum += as_signed(column.stationary[i]) * as_signed(column.moving[i]);
  }
  return static_cast<std::uint32_t>(sum & 0xFFFFFFFF);
}

}  // namespace

std::uint32_t judge_column(const ColumnCase& column, const Windows& windows) {
  if (column.stationary_format == kInt8) return judge_int8(column);
  const bool fp32 = column.stationary_format == kFp32 || column.moving_format == kFp32;
  const auto has_eleven_bits = [](Format format) { return format == kFp16 || format == kTf32; };
  const bool wide =
      !fp32 && (has_eleven_bits(column.stationary_format) || has_eleven_bits(column.moving_format));
  static constexpr std::array<Turn, 1> kOnce = {{{Part::whole, Part::whole}}};
  static constexpr std::array<Turn, 6> kSix = {{{Part::low, Part::high},
                                                {Part::middle, Part::middle},
                                                {Part::high, Part::low},
                                                {Part::middle, Part::high},
                                                {Part::high, Part::middle},
                                                {Part::high, Part::high}}};
  const std::span<const Turn> turns = fp32 ? std::span<const Turn>(kSix) : kOnce;
  // A tf32 element beside fp32 first loses its low 13 bits, then counts as an fp32 number.
  const auto factor = [&](Format format, std::uint32_t bits, Part part) {
    if (fp32 && format == kTf32) bits -= bits % 8192;
    return factor_of(fp32 ? kFp32 : format, bits, part);
  };

  constexpr std::size_t kGroup = 16;
  std::uint32_t psum = column.overwrite ? 0U : column.psum;
  std::array<Factor, kGroup> stationary;
  std::array<Factor, kGroup> moving;
  for (const Turn turn : turns) {
    // Of the six, only the product of the high parts speaks for the whole numbers.
    const bool raises = turn.stationary == turn.moving && turn.stationary != Part::middle;
    for (std::size_t first = 0; first < column.stationary.size(); first += kGroup) {
      const std::size_t rows = std::min(kGroup, column.stationary.size() - first);
      for (std::size_t i = 0; i < rows; ++i) {
        stationary[i] =
            factor(column.stationary_format, column.stationary[first + i], turn.stationary);
        moving[i] = factor(column.moving_format, column.moving[first + i], turn.moving);
      }
      psum = judge_group(std::span(stationary).first(rows), std::span(moving).first(rows),
                         wide ? windows.wide : windows.narrow, raises, psum);
    }
  }
  return psum;
}

std::uint32_t judge_narrowing(Format format, std::uint32_t fp32_bits) {
  if (format == kFp32) return fp32_bits;
  const Number number = read(kFp32, fp32_bits);
  Real exact(64);
  if (number.nan) {
    mpfr_set_nan(exact.get());
  } else if (number.infinite) {
    mpfr_set_inf(exact.get(), number.negative ? -1 : 1);
  } else {
    require_exact(mpfr_set_d(exact.get(), number.value, MPFR_RNDN));
  }
  return write(format, exact.get());
}

std::uint32_t judge_widening(Format format, std::uint32_t bits) {
  if (format == kFp32) return bits;
  const Number number = read(format, bits);
  if (number.nan) return kNan;
  if (number.infinite) return number.negative ? 0xFF800000U : 0x7F800000U;
  Real exact(64);
  require_exact(mpfr_set_d(exact.get(), number.value, MPFR_RNDN));
  return write(kFp32, exact.get());
}

std::uint32_t judge_vector_op(int op, std::uint32_t x, std::uint32_t s) {
  if (op == 0) return x;
  const Number left = read(kFp32, x);
  const Number right = read(kFp32, s);
  if (left.nan || right.nan) return kNan;
  const auto load = [](mpfr_ptr real, const Number& number) {
    if (number.infinite) {
      mpfr_set_inf(real, number.negative ? -1 : 1);
    } else if (number.value == 0) {
      mpfr_set_zero(real, number.negative ? -1 : 1);
    } else {
      mpfr_set_d(real, number.value, MPFR_RNDN);
    }
  };
  static thread_local Real a(64);
  static thread_local Real b(64);
  static thread_local Real exact(kExactBits);
  load(a.get(), left);
  load(b.get(), right);
  switch (op) {
    case 1:
      require_exact(mpfr_add(exact.get(), a.get(), b.get(), MPFR_RNDN));
      break;
    case 2:
      require_exact(mpfr_sub(exact.get(), a.get(), b.get(), MPFR_RNDN));
      break;
    case 3:
      require_exact(mpfr_mul(exact.get(), a.get(), b.get(), MPFR_RNDN));
      break;
    default: {
      const int order = mpfr_cmp(a.get(), b.get());
      const bool left_is_greater = order > 0 || (order == 0 && !left.negative);
      return (op == 4) == left_is_greater ? x : s;
    }
  }
  return write(kFp32, exact.get());
}

double judge_value(Format format, std::uint32_t bits) {
  if (format == kInt8 || format == kInt32) {
    return format == kInt8 ? static_cast<std::int8_t>(bits & 0xFFU)
                           : static_cast<std::int32_t>(bits);
  }
  return read(format, bits).value;
}

}  // namespace tinium::testbench::exact
