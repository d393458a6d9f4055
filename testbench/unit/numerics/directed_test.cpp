// SPDX-License-Identifier: Apache-2.0
// Every boundary of the contract by itself, for every pair of formats. Expected bits are written
// here from the contract; golden model (scalar and tile) and judge must both give them.
#include "numerics_cases.hpp"

namespace tinium::testbench {
namespace {

std::uint32_t bits_of(double value) {
  return std::bit_cast<std::uint32_t>(static_cast<float>(value));
}

constexpr std::uint32_t kPlusZero = 0;
constexpr std::uint32_t kMinusZero = 0x80000000U;
constexpr std::uint32_t kPlusInf = 0x7F800000U;
constexpr std::uint32_t kMinusInf = 0xFF800000U;
constexpr std::uint32_t kNan = numerics::kCanonicalNan;
constexpr std::uint32_t kLargest = 0x7F7FFFFFU;

class Directed : public ::testing::TestWithParam<Pair> {
 protected:
  void SetUp() override {
    pair_ = GetParam();
    is_fp32_ = numerics::pair_plan(pair_.stationary, pair_.moving).pass_count == 6;
    window_ = window_of(pair_);
    stationary_ = reach_of(pair_.stationary);
    moving_ = reach_of(pair_.moving);
    if (is_fp32_) {  // powers of two below the normals have no high piece: other rules, own tests
      stationary_.lowest = stationary_.lowest_normal;
      moving_.lowest = moving_.lowest_normal;
    }
    low_ = stationary_.lowest + moving_.lowest;
    high_ = stationary_.highest + moving_.highest;
    clear();
  }

  void clear() {
    column_ = ColumnCase{};
    column_.stationary_format = judge_format(pair_.stationary);
    column_.moving_format = judge_format(pair_.moving);
  }

  void add_bits(std::uint32_t stationary, std::uint32_t moving) {
    column_.stationary.push_back(stationary);
    column_.moving.push_back(moving);
  }

  /// Adds a product of two values that both formats hold exactly.
  void add(double stationary, double moving) {
    const auto s = encode(pair_.stationary, static_cast<float>(stationary));
    const auto m = encode(pair_.moving, static_cast<float>(moving));
    if (std::isfinite(stationary)) {
      ASSERT_EQ(decode_to_float(pair_.stationary, s), stationary) << "test value not in format";
    }
    if (std::isfinite(moving)) {
      ASSERT_EQ(decode_to_float(pair_.moving, m), moving) << "test value not in format";
    }
    add_bits(s, m);
  }

  /// Adds the product sign * 2^exponent, split over both sides.
  void add_power(int exponent, double sign = 1.0) {
    const int s = std::clamp(exponent, std::max(stationary_.lowest, exponent - moving_.highest),
                             std::min(stationary_.highest, exponent - moving_.lowest));
    add(std::ldexp(sign, s), std::ldexp(1.0, exponent - s));
  }

  /// Fills with zeros up to the next group.
  void next_group() {
    while (column_.stationary.size() % numerics::kGroup != 0) add(0.0, 0.0);
  }

  void expect(std::uint32_t expected, std::uint32_t psum, bool overwrite = false) {
    column_.psum = psum;
    column_.overwrite = overwrite;
    EXPECT_EQ(to_hex(golden_column(column_)), to_hex(expected)) << "scalar: " << describe(column_);
    for (const auto level : kernel_levels()) {
      EXPECT_EQ(to_hex(golden_tile(std::span(&column_, 1), level)[0]), to_hex(expected))
          << "tile level " << static_cast<int>(level) << ": " << describe(column_);
    }
    EXPECT_EQ(to_hex(exact::judge_column(column_)), to_hex(expected))
        << "judge: " << describe(column_);
  }

  std::uint32_t stationary_infinity() const { return encode(pair_.stationary, INFINITY); }
  std::uint32_t moving_infinity() const { return encode(pair_.moving, INFINITY); }
  static std::uint32_t last_bit(DType dtype) { return dtype == DType::tf32 ? 1U << 13 : 1U; }

  Pair pair_{};
  bool is_fp32_ = false;
  int window_ = 0;
  Reach stationary_{};
  Reach moving_{};
  int low_ = 0;  ///< smallest and largest exponent of a product of powers of two
  int high_ = 0;
  ColumnCase column_;
};

// Two large products cancel and uncover the small one: there if at most W below, gone beyond.
TEST_P(Directed, WindowEdge) {
  for (const int top : {high_, low_ + window_ + 1, std::clamp(0, low_ + window_ + 1, high_)}) {
    for (const int below : {0, 1, window_ - 1, window_}) {
      clear();
      add_power(top);
      add_power(top - below, -1.0);
      add_power(top, -1.0);
      expect(below == 0 ? bits_of(-std::ldexp(1.0, top)) : bits_of(-std::ldexp(1.0, top - below)),
             kMinusZero);
    }
    clear();
    add_power(top);
    add_power(top - window_ - 1, -1.0);
    add_power(top, -1.0);
    expect(kMinusZero, kMinusZero);
    expect(kPlusZero, bits_of(7.0), true);
  }
}

TEST_P(Directed, WindowIsPerGroup) {
  const int top = std::clamp(0, low_ + window_ + 1, high_);
  add_power(top);
  add_power(top, -1.0);
  next_group();
  add_power(top - window_ - 1);
  expect(bits_of(std::ldexp(1.0, top - window_ - 1)), kMinusZero);
}

// The significands do not move the window: only exponents count.
TEST_P(Directed, WindowCountsExponentsOnly) {
  const int top = std::clamp(0, low_ + window_ + 2, high_ - 2);
  // 1.5 * 1.5 = 2.25 still has product exponent `top`.
  const int s = std::clamp(top, std::max(stationary_.lowest_normal, top - moving_.highest),
                           std::min(stationary_.highest, top - moving_.lowest_normal));
  const double big_s = std::ldexp(1.5, s);
  const double big_m = std::ldexp(1.5, top - s);
  add(big_s, big_m);
  add(-big_s, big_m);
  add_power(top - window_);
  expect(bits_of(std::ldexp(1.0, top - window_)), kPlusZero);
}

TEST_P(Directed, RoundingTies) {
  const double two24 = 16777216.0;
  add_power(0);
  expect(bits_of(two24), bits_of(two24));            // tie, to even below
  expect(bits_of(two24 + 4), bits_of(two24 + 2));    // tie, to even above
  expect(bits_of(-two24 + 1), bits_of(-two24));      // exact
  expect(bits_of(-2 * two24), bits_of(-2 * two24));  // tie across a binade
  expect(bits_of(2 * two24), bits_of(2 * two24 - 2));
  clear();
  add_power(0, -1.0);
  expect(bits_of(-two24), bits_of(-two24));
  expect(bits_of(-two24 - 4), bits_of(-two24 - 2));
  // The last product of the window breaks the tie.
  const int least = std::max(-window_, low_);
  for (const double sign : {1.0, -1.0}) {
    clear();
    add_power(0);
    add_power(least, sign);
    expect(bits_of(sign > 0 ? two24 + 2 : two24), bits_of(two24));
    expect(bits_of(sign > 0 ? two24 + 4 : two24 + 2), bits_of(two24 + 2));
  }
  // One rounding per group: in the next group it comes too late.
  clear();
  add_power(0);
  next_group();
  add_power(least);
  expect(bits_of(two24), bits_of(two24));
}

TEST_P(Directed, CancellationWithPsum) {
  add(1.5, 2.0);
  expect(kPlusZero, bits_of(-3.0));
  expect(bits_of(std::ldexp(-1.0, -22)), bits_of(-3.0) + 1);
  expect(bits_of(std::ldexp(1.0, -22)), bits_of(-3.0) - 1);
  expect(bits_of(3.0), kMinusZero);
  expect(bits_of(3.0), bits_of(-3.0), true);
}

// A group that sums to zero passes the PSUM value through, bit by bit.
TEST_P(Directed, ZeroSumPassesPsum) {
  for (const int kind : {0, 1, 2, 3}) {
    clear();
    switch (kind) {
      case 0:
        add(1.5, 1.5), add(-1.5, 1.5);
        break;
      case 1:
        add(0.0, 1.5);
        break;
      case 2:
        add(-0.0, 1.5), add(1.0, -0.0);
        break;
      default:
        add(-0.0, -0.0);
        break;
    }
    for (const std::uint32_t psum : {kPlusZero, kMinusZero, 1U, 0x80000001U, 0x00800000U, kLargest,
                                     kPlusInf, kMinusInf, bits_of(-5.0)}) {
      expect(psum, psum);
    }
    expect(kNan, 0xFF800001U);
    expect(kNan, 0xFFC12345U);
    expect(kPlusZero, bits_of(3.0), true);
    expect(kPlusZero, kMinusZero, true);
  }
}

TEST_P(Directed, Overflow) {
  add_power(std::min(102, high_));
  expect(kLargest, kLargest);
  if (high_ >= 103) {
    clear();
    add_power(103);  // half of the last place above the largest number: a tie, to infinity
    expect(kPlusInf, kLargest);
    clear();
    add_power(103, -1.0);
    expect(kMinusInf, 0xFF7FFFFFU);
    clear();
    add_power(103);
    add_power(103 - window_, -1.0);  // just below the tie
    expect(kLargest, kLargest);
  }
  if (high_ >= 128) {
    clear();
    add_power(128, -1.0);
    expect(kMinusInf, kPlusZero);
    expect(bits_of(-std::ldexp(1.0, 127)), bits_of(std::ldexp(1.0, 127)));
  }
}

TEST_P(Directed, SubnormalOperands) {
  const Reach s = reach_of(pair_.stationary);
  const Reach m = reach_of(pair_.moving);
  add(std::ldexp(1.0, s.lowest), 1.0);
  expect(bits_of(std::ldexp(1.0, s.lowest)), kPlusZero);
  clear();
  add(1.0, -std::ldexp(1.0, m.lowest));
  expect(bits_of(-std::ldexp(1.0, m.lowest)), kPlusZero);
  clear();
  add(std::ldexp(3.0, s.lowest), std::ldexp(1.0, m.highest));
  expect(bits_of(std::ldexp(3.0, s.lowest + m.highest)), kMinusZero);
  // Two smallest ones: their product, rounded, keeps its sign. FP32 has no pass
  // for two low pieces.
  clear();
  add(-std::ldexp(1.0, s.lowest), std::ldexp(1.0, m.lowest));
  const double product = -std::ldexp(1.0, s.lowest + m.lowest);
  expect(is_fp32_ ? kPlusZero : bits_of(product), kPlusZero);
}

TEST_P(Directed, SubnormalResults) {
  const int at = std::max(low_, -149);
  add_power(at);
  expect(bits_of(std::ldexp(1.0, at)), kPlusZero);
  expect(bits_of(std::ldexp(1.0, at) + std::ldexp(1.0, -149)), 1U);
  expect(kPlusZero, bits_of(-std::ldexp(1.0, at)));
  expect(bits_of(std::ldexp(1.0, at) - std::ldexp(1.0, -126)), 0x80800000U);
  if (low_ > -151) return;
  clear();
  add_power(-150);  // half of the smallest: a tie, to zero
  expect(kPlusZero, kPlusZero);
  expect(kPlusZero, kMinusZero);
  expect(2U, 1U);
  expect(kMinusZero, 0x80000001U);  // rounds to zero, and the exact value was negative
  add_power(-151);
  expect(1U, kPlusZero);
  clear();
  add_power(-150, -1.0);
  expect(kMinusZero, kPlusZero);
  expect(0x80000002U, 0x80000001U);
  clear();
  add_power(-151);
  expect(1U, 1U);
  expect(0x80000001U, 0x80000001U);
}

TEST_P(Directed, Infinities) {
  for (const bool negative : {false, true}) {
    const double factor = negative ? -1.5 : 1.5;
    const std::uint32_t expected = negative ? kMinusInf : kPlusInf;
    const std::uint32_t opposite = negative ? kPlusInf : kMinusInf;
    clear();
    add(INFINITY, factor);
    expect(expected, bits_of(1.0));
    expect(expected, expected);
    expect(kNan, opposite);
    expect(expected, opposite, true);
    expect(expected, 0x7F800001U, true);
    clear();
    add(factor, INFINITY);
    add(1.0, 1.0);
    expect(expected, kMinusZero);
    clear();
    add(-INFINITY, negative ? INFINITY : -INFINITY);
    expect(expected, kLargest);
    // Two of one sign stay; of both signs make NaN, in one group or in two.
    clear();
    add(INFINITY, factor);
    add(factor, INFINITY);
    expect(expected, 0U);
    add(-factor, INFINITY);
    expect(kNan, 0U);
    clear();
    add(INFINITY, factor);
    next_group();
    add(INFINITY, -factor);
    expect(kNan, 0U);
  }
  // PSUM infinities outlive finite sums of any size.
  clear();
  add_power(high_, -1.0);
  expect(kPlusInf, kPlusInf);
  expect(kMinusInf, kMinusInf);
}

TEST_P(Directed, InfinityTimesZeroAndSubnormal) {
  for (const double zero : {0.0, -0.0}) {
    clear();
    add(INFINITY, zero);
    expect(kNan, 0U);
    clear();
    add(zero, -INFINITY);
    expect(kNan, bits_of(1.0), true);
  }
  // A subnormal is not zero, not even where its high piece is (FP32).
  clear();
  add_bits(stationary_infinity(), last_bit(pair_.moving));
  expect(kPlusInf, 0U);
  clear();
  const std::uint32_t sign = 1U << (size_of(pair_.stationary) * 8 - 1);
  add_bits(sign | last_bit(pair_.stationary), moving_infinity());
  expect(kMinusInf, 0U);
}

TEST_P(Directed, NotANumber) {
  const std::uint32_t s_nan = stationary_infinity() | last_bit(pair_.stationary);
  const std::uint32_t m_nan = moving_infinity() | last_bit(pair_.moving);
  const std::uint32_t s_one = encode(pair_.stationary, 1.0F);
  const std::uint32_t m_one = encode(pair_.moving, 1.0F);
  const std::vector<std::pair<std::uint32_t, std::uint32_t>> products = {
      {s_nan, m_one},
      {s_nan, 0U},
      {s_nan, m_nan},
      {s_nan, moving_infinity()},
      {s_one, m_nan},
      {0U, m_nan},
      {stationary_infinity(), m_nan}};
  for (const auto& [s, m] : products) {
    clear();
    add_bits(s, m);
    expect(kNan, bits_of(1.0));
    expect(kNan, kPlusInf);
    expect(kNan, kMinusInf, true);
    next_group();
    add(1.0, 1.0);  // a later group does not repair it
    expect(kNan, 0U);
  }
  clear();
  add(1.0, 1.0);
  for (const std::uint32_t psum : {0x7F800001U, 0xFF800001U, 0x7FFFFFFFU, 0xFFC00000U}) {
    expect(kNan, psum);
    expect(bits_of(1.0), psum, true);
  }
}

// Every K from 1 to 128 with products 1: the sum is K, and 15 rows more do not read beyond.
TEST_P(Directed, EveryK) {
  for (std::size_t k = 1; k <= numerics::kMaxK; ++k) {
    add(1.0, 1.0);
    expect(bits_of(static_cast<double>(k)), 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Directed, ::testing::ValuesIn(all_float_pairs()), pair_name);

class DirectedFp32 : public Directed {};

// Pieces of any significand sum to it exactly: multiplying by a power of two is exact.
TEST_P(DirectedFp32, PowerOfTwoIsExact) {
  auto rng = make_rng();
  for (int i = 0; i < 2000; ++i) {
    const auto bits = static_cast<std::uint32_t>(0x20000000U + rng() % 0x40000000U) |
                      static_cast<std::uint32_t>(rng() & 0x80000000U);
    const std::uint32_t x = i % 2 == 0 ? bits | 0x7F7FU : bits;  // digits at their borders
    clear();
    add_bits(x, bits_of(4.0));
    expect(bits_of(4.0 * std::bit_cast<float>(x)), kPlusZero);
    clear();
    add_bits(bits_of(-0.5), x);
    expect(bits_of(-0.5 * std::bit_cast<float>(x)), kPlusZero);
  }
}

// The window of each pass is its own: the middle piece of a large number falls in another pass
// than its high piece, and the high piece of a small number beside it does not vanish under it.
TEST_P(DirectedFp32, EachPassHasItsOwnWindow) {
  // 1 + 2^-16 is 128 * 2^-7 in the high piece, 1 * 2^-15 in the middle and -128 * 2^-23 in the low.
  add(1.0 + std::ldexp(1.0, -16), 1.0);
  add(-1.0, 1.0);
  add(std::ldexp(1.0, -24), 1.0);  // beyond the window of the (high, high) pass
  expect(bits_of(std::ldexp(1.0, -16)), kPlusZero);
}

INSTANTIATE_TEST_SUITE_P(Fp32, DirectedFp32, ::testing::Values(Pair{DType::fp32, DType::fp32}),
                         pair_name);

class DirectedInt8 : public Directed {};

TEST_P(DirectedInt8, WrapsAndKnowsNoSpecials) {
  add_bits(1, 1);
  expect(0x80000000U, 0x7FFFFFFFU);
  expect(0x7FC00002U, 0x7FC00001U);
  expect(0x7F800001U, 0x7F800000U);
  expect(1U, 0x7FC00000U, true);
  expect(0U, 0xFFFFFFFFU);
  clear();
  for (std::size_t i = 0; i < numerics::kMaxK; ++i) add_bits(0x80, 0x80);
  expect(128U * 16384U, 0U);
  expect(128U * 16384U - 1U, 0xFFFFFFFFU);
  clear();
  for (std::size_t i = 0; i < numerics::kMaxK; ++i) add_bits(0x80, 0x7F);
  expect(0U - 128U * 128U * 127U, 0U);
}

INSTANTIATE_TEST_SUITE_P(Int8, DirectedInt8, ::testing::Values(Pair{DType::int8, DType::int8}),
                         pair_name);

// tf32 ignores its low 13 bits, alone and beside fp32; a payload only there is an infinity.
TEST(DirectedTf32, LowBitsAreIgnored) {
  for (const exact::Format moving : {exact::kTf32, exact::kFp32}) {
    ColumnCase column;
    column.stationary_format = exact::kTf32;
    column.moving_format = moving;
    column.overwrite = true;
    column.moving = {bits_of(1.0)};
    const std::vector<std::pair<std::uint32_t, std::uint32_t>> cases = {{0x3F801FFFU, 0x3F800000U},
                                                                        {0x7F800001U, kPlusInf},
                                                                        {0xFF801FFFU, kMinusInf},
                                                                        {0x7F802000U, kNan},
                                                                        {0x00001FFFU, 0U}};
    for (const auto& [bits, expected] : cases) {
      column.stationary = {bits};
      EXPECT_EQ(to_hex(golden_column(column)), to_hex(expected));
      EXPECT_EQ(to_hex(golden_tile(std::span(&column, 1), numerics::best_kernel_level())[0]),
                to_hex(expected));
      EXPECT_EQ(to_hex(exact::judge_column(column)), to_hex(expected));
    }
  }
}

TEST(DirectedDecode, OperandsOfEveryFormat) {
  using numerics::Operand;
  using numerics::OperandClass;
  using numerics::OperandFormat;
  using numerics::PairMode;
  const auto expect = [](OperandFormat format, std::uint32_t bits, PairMode mode,
                         const Operand& expected) {
    const Operand got = numerics::decode(format, bits, mode);
    EXPECT_EQ(got, expected) << to_hex(bits) << ": sign " << got.sign << " class "
                             << static_cast<int>(got.cls) << " exp " << got.exp << " sig "
                             << got.sig;
  };
  constexpr auto kNormal = OperandClass::normal;
  constexpr auto kZero = OperandClass::zero;
  expect(OperandFormat::bf16, 0x3F80, PairMode::narrow, {false, kNormal, 0, 128});
  expect(OperandFormat::bf16, 0x3F80, PairMode::wide, {false, kNormal, 0, 1024});
  expect(OperandFormat::bf16, 0x8001, PairMode::narrow, {true, kNormal, -133, 128});
  expect(OperandFormat::bf16, 0x8000, PairMode::narrow, {true, kZero, -512, 0});
  expect(OperandFormat::bf16, 0xFF80, PairMode::narrow, {true, OperandClass::inf, -512, 0});
  expect(OperandFormat::bf16, 0x7F81, PairMode::narrow, {false, OperandClass::nan, -512, 0});
  expect(OperandFormat::fp16, 0x3C01, PairMode::wide, {false, kNormal, 0, 1025});
  expect(OperandFormat::fp16, 0x0003, PairMode::wide, {false, kNormal, -23, 1536});
  expect(OperandFormat::tf32, 0x3FFFFFFF, PairMode::wide, {false, kNormal, 0, 2047});
  expect(OperandFormat::fp8_e4m3, 0x77, PairMode::narrow, {false, kNormal, 7, 240});
  expect(OperandFormat::fp8_e4m3, 0x01, PairMode::narrow, {false, kNormal, -9, 128});
  expect(OperandFormat::fp8_e5m2, 0x83, PairMode::narrow, {true, kNormal, -15, 192});
  expect(OperandFormat::int8, 0x80, PairMode::int8, {true, kNormal, 0, 128});
  expect(OperandFormat::int8, 0x00, PairMode::int8, {false, kNormal, 0, 0});
  // 0x3FFFFFFF: digits 256, 0, -1.
  expect(OperandFormat::fp32_high, 0x3FFFFFFF, PairMode::narrow, {false, kNormal, 1, 128});
  expect(OperandFormat::fp32_middle, 0x3FFFFFFF, PairMode::narrow, {false, kNormal, -512, 0});
  expect(OperandFormat::fp32_low, 0x3FFFFFFF, PairMode::narrow, {true, kNormal, -23, 128});
  // The smallest subnormal has only a low piece; its high piece is empty but not zero.
  expect(OperandFormat::fp32_high, 0x00000001, PairMode::narrow, {false, kNormal, -512, 0});
  expect(OperandFormat::fp32_low, 0x00000001, PairMode::narrow, {false, kNormal, -149, 128});
  expect(OperandFormat::fp32_high, 0x80000000, PairMode::narrow, {true, kZero, -512, 0});
  expect(OperandFormat::fp32_high, 0x7F800000, PairMode::narrow,
         {false, OperandClass::inf, -512, 0});
  expect(OperandFormat::fp32_middle, 0x7F800000, PairMode::narrow,
         {false, OperandClass::inf, -512, 0});
  expect(OperandFormat::fp32_low, 0x7FC00000, PairMode::narrow,
         {false, OperandClass::nan, -512, 0});
}

}  // namespace
}  // namespace tinium::testbench
