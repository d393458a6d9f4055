// SPDX-License-Identifier: Apache-2.0
// The elements of VectorE's instructions: operators that have no judge in MPFR, casts of integers,
// the way an element takes, reductions. References here are doubles, in which FP32 operands and
// their comparisons are exact.
#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <optional>

#include "numerics_cases.hpp"
#include "tinium/error.hpp"

namespace tinium::testbench {
namespace {

using numerics::TensorReduceRule;
using numerics::TensorScalarRule;
using numerics::TensorTensorRule;
using numerics::VectorOp;
using numerics::VectorPath;

constexpr std::uint32_t kNan = 0x7FC00000U;
constexpr std::uint32_t kOne = 0x3F800000U;

std::uint32_t bits_of(float value) { return std::bit_cast<std::uint32_t>(value); }
double value_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }
VectorOp op_of(std::uint64_t code) { return static_cast<VectorOp>(code); }

const std::vector<std::uint32_t> kPatterns = [] {
  std::vector<std::uint32_t> patterns;
  for (const std::uint32_t magnitude :
       {0x00000000U, 0x00000001U, 0x007FFFFFU, 0x00800000U, 0x00800001U, 0x001FFFFFU,
        0x00200000U, 0x00200001U, 0x00400000U, 0x3EFFFFFFU, 0x3F000000U, 0x3F7FFFFFU,
        0x3F800000U, 0x3F800001U, 0x3FC00000U, 0x40200000U, 0x42FE0000U, 0x42FEFFFFU,
        0x42FF0000U, 0x43000000U, 0x43008000U, 0x43010000U, 0x4EFFFFFFU, 0x4F000000U,
        0x4F000001U, 0x7E800000U, 0x7E800001U, 0x7F000000U, 0x7F000001U, 0x7F7FFFFFU,
        0x7F800000U, 0x7F800001U, 0x7FC00000U, 0x7FC12345U, 0x7FFFFFFFU}) {
    patterns.push_back(magnitude);
    patterns.push_back(magnitude | 0x80000000U);
  }
  return patterns;
}();

/// Calls `check` with every pair of special patterns, and with random ones.
void for_pairs(const std::function<void(std::uint32_t, std::uint32_t)>& check) {
  for (const std::uint32_t x : kPatterns) {
    for (const std::uint32_t s : kPatterns) check(x, s);
  }
  auto rng = make_rng();
  const std::uint64_t cases = case_count(200'000);
  for (std::uint64_t i = 0; i < cases; ++i) {
    const auto x = static_cast<std::uint32_t>(rng());
    const auto s = static_cast<std::uint32_t>(rng());
    check(x, i % 4 == 0 ? x ^ (s & 0x80000000U) : i % 4 == 1 ? x + (s & 3) : s);
  }
}

TEST(VectorOps, ComparisonsAndLogicAgainstDoubles) {
  for_pairs([](std::uint32_t x, std::uint32_t s) {
    const double a = value_of(x);
    const double b = value_of(s);
    const bool nan = std::isnan(a) || std::isnan(b);
    const bool a_set = std::isnan(a) || a != 0;
    const bool b_set = std::isnan(b) || b != 0;
    const auto expect = [&](VectorOp op, bool expected) {
      ASSERT_EQ(numerics::vector_op(op, x, s), expected ? kOne : 0U)
          << static_cast<int>(op) << " " << to_hex(x) << " " << to_hex(s);
      // The operands exchanged.
      ASSERT_EQ(numerics::vector_op(op, true, s, x), expected ? kOne : 0U);
    };
    expect(VectorOp::equal, !nan && a == b);
    expect(VectorOp::not_equal, nan || a != b);
    expect(VectorOp::greater_equal, !nan && a >= b);
    expect(VectorOp::greater_than, !nan && a > b);
    expect(VectorOp::less_equal, !nan && a <= b);
    expect(VectorOp::less_than, !nan && a < b);
    expect(VectorOp::logical_and, a_set && b_set);
    expect(VectorOp::logical_or, a_set || b_set);
    expect(VectorOp::logical_xor, a_set != b_set);
  });
}

TEST(VectorOps, MagnitudesAndUnaryOperators) {
  for_pairs([](std::uint32_t x, std::uint32_t s) {
    const double a = value_of(x);
    const double b = value_of(s);
    const bool nan = std::isnan(a) || std::isnan(b);
    const auto larger = static_cast<float>(std::max(std::fabs(a), std::fabs(b)));
    const auto smaller = static_cast<float>(std::min(std::fabs(a), std::fabs(b)));
    ASSERT_EQ(numerics::vector_op(VectorOp::abs_max, x, s), nan ? kNan : bits_of(larger));
    ASSERT_EQ(numerics::vector_op(VectorOp::abs_min, x, s), nan ? kNan : bits_of(smaller));
    // What looks at x alone gives the same whatever s, reversed or not.
    for (const bool reverse : {false, true}) {
      const auto unary = [&](VectorOp op) { return numerics::vector_op(op, reverse, x, s); };
      ASSERT_EQ(unary(VectorOp::bypass), x);
      ASSERT_EQ(unary(VectorOp::abs), std::isnan(a) ? kNan : x & 0x7FFFFFFFU);
      ASSERT_EQ(unary(VectorOp::relu), std::isnan(a) ? kNan : a > 0 ? x : 0U);
      ASSERT_EQ(unary(VectorOp::square),
                std::isnan(a) ? kNan : exact::judge_vector_op(3, x & 0x7FFFFFFFU, x & 0x7FFFFFFFU));
      ASSERT_EQ(unary(VectorOp::bitwise_not), x ^ 0xFFFFFFFFU);
    }
  });
}

/// 1/x lies nowhere nearer to a neighbour of y than to y. The middle between two FP32 numbers has
/// 25 bits: its product with x is exact in a double.
TEST(VectorOps, ReciprocalIsTheNearest) {
  for_pairs([](std::uint32_t x, std::uint32_t) {
    const std::uint32_t y = numerics::vector_op(VectorOp::reciprocal, x, 0);
    const double a = value_of(x);
    ASSERT_EQ(y >> 31, std::isnan(a) ? 0U : x >> 31);
    const std::uint32_t magnitude = y & 0x7FFFFFFFU;
    if (std::isnan(a)) {
      ASSERT_EQ(y, kNan);
    } else if (a == 0) {
      ASSERT_EQ(magnitude, 0x7F800000U);
    } else if (std::isinf(a)) {
      ASSERT_EQ(magnitude, 0U);
    } else {
      const auto step = [](std::uint32_t bits) {  // the value of infinity is where it would be
        return bits == 0x7F800000U ? 0x1p128 : value_of(bits);
      };
      const double here = step(magnitude);
      const double below = (here + step(magnitude - 1)) / 2;
      ASSERT_GE(1.0, std::fabs(a) * below) << to_hex(x);
      if (magnitude != 0x7F800000U) {
        const double above = (here + step(magnitude + 1)) / 2;
        ASSERT_LE(1.0, std::fabs(a) * above) << to_hex(x);
      }
    }
  });
}

TEST(VectorOps, BitwiseOnIntegers) {
  auto rng = make_rng();
  for (int i = 0; i < 100'000; ++i) {
    const auto x = static_cast<std::uint32_t>(rng());
    const auto s = static_cast<std::uint32_t>(rng());
    ASSERT_EQ(numerics::vector_op(VectorOp::bitwise_and, x, s), x & s);
    ASSERT_EQ(numerics::vector_op(VectorOp::bitwise_or, x, s), x | s);
    ASSERT_EQ(numerics::vector_op(VectorOp::bitwise_xor, x, s), x ^ s);
    const std::uint32_t distance = i % 3 == 0 ? s : s % 40;
    const std::uint64_t wide = x;
    ASSERT_EQ(numerics::vector_op(VectorOp::shift_left, x, distance),
              distance > 31 ? 0U : static_cast<std::uint32_t>(wide << distance));
    ASSERT_EQ(numerics::vector_op(VectorOp::shift_right, true, distance, x),
              distance > 31 ? 0U : static_cast<std::uint32_t>(wide >> distance));
  }
}

TEST(IntegerCasts, NearestEvenAndSaturating) {
  for_pairs([](std::uint32_t x, std::uint32_t s) {
    for (const auto bits : {x, (s & 0x807FFFFFU) | (0x7EU + (s >> 23 & 0x3F) % 34) << 23}) {
      const double value = value_of(bits);
      const double nearest = std::nearbyint(value);
      const double to32 = std::isnan(value) ? 0 : std::clamp(nearest, -0x1p31, 0x1p31 - 1);
      const double to8 = std::isnan(value) ? 0 : std::clamp(nearest, -128.0, 127.0);
      ASSERT_EQ(static_cast<std::int32_t>(numerics::narrow(DType::int32, bits)),
                static_cast<std::int32_t>(to32))
          << to_hex(bits);
      ASSERT_EQ(numerics::narrow(DType::int8, bits),
                static_cast<std::uint8_t>(static_cast<std::int32_t>(to8)))
          << to_hex(bits);
    }
    const auto integer = static_cast<std::int32_t>(x);
    ASSERT_EQ(numerics::widen(DType::int32, x), bits_of(static_cast<float>(double{1.0} * integer)));
    ASSERT_EQ(numerics::widen(DType::int8, x),
              bits_of(static_cast<float>(static_cast<std::int8_t>(x))));
  });
}

TEST(TensorScalarElements, EachWay) {
  TensorScalarRule rule;
  for (std::size_t source = 0; source < kDTypeCount; ++source) {
    for (std::size_t destination = 0; destination < kDTypeCount; ++destination) {
      rule = {};
      rule.source = static_cast<DType>(source);
      rule.destination = static_cast<DType>(destination);
      const bool integers = is_integer(rule.source) && is_integer(rule.destination);
      EXPECT_EQ(numerics::vector_path(rule), source == destination ? VectorPath::bits
                                             : integers            ? VectorPath::integers
                                                                   : VectorPath::fp32);
      rule.relu = true;
      EXPECT_EQ(numerics::vector_path(rule), VectorPath::fp32);
      rule.relu = false;
      rule.op1 = VectorOp::add;
      EXPECT_EQ(numerics::vector_path(rule), VectorPath::fp32);
      rule.op0 = VectorOp::bitwise_and;
      EXPECT_THROW(numerics::vector_path(rule), Error);
      rule.op1 = VectorOp::bypass;
      rule.relu = true;
      EXPECT_THROW(numerics::vector_path(rule), Error);
      rule.relu = false;
      if (integers) {
        EXPECT_EQ(numerics::vector_path(rule), VectorPath::integers);
      } else {
        EXPECT_THROW(numerics::vector_path(rule), Error);
      }
    }
  }
  // Copies keep NaN payloads and what tf32 ignores; a cast does not.
  rule = {};
  rule.source = rule.destination = DType::tf32;
  EXPECT_EQ(numerics::tensor_scalar(rule, 0xFF812345U, 0, 0), 0xFF812345U);
  rule.source = rule.destination = DType::bf16;
  EXPECT_EQ(numerics::tensor_scalar(rule, 0x1234FF81U, 0, 0), 0xFF81U);
  rule.destination = DType::fp32;
  EXPECT_EQ(numerics::tensor_scalar(rule, 0xFF81U, 0, 0), kNan);
  // Integers.
  rule.source = DType::int8;
  rule.destination = DType::int32;
  EXPECT_EQ(numerics::tensor_scalar(rule, 0x80U, 0, 0), 0xFFFFFF80U);
  rule.op0 = VectorOp::shift_right;
  EXPECT_EQ(numerics::tensor_scalar(rule, 0x80U, 4, 0), 0x0FFFFFF8U);
  rule.source = DType::int32;
  rule.destination = DType::int8;
  EXPECT_EQ(numerics::tensor_scalar(rule, 0x00001234U, 4, 0), 0x23U);  // low bits
  rule.op0 = VectorOp::bypass;
  EXPECT_EQ(numerics::tensor_scalar(rule, 0x00001234U, 4, 0), 0x7FU);  // saturated
  // Reversed, rounded twice, cast.
  rule = {VectorOp::subtract, VectorOp::mult, true, false, true, DType::int32, DType::int8};
  EXPECT_EQ(numerics::tensor_scalar(rule, 7U, bits_of(10.0F), bits_of(1.5F)), 4U);
  EXPECT_EQ(numerics::tensor_scalar(rule, 7U, bits_of(6.0F), bits_of(1.5F)), 0U);
}

TEST(TensorTensorElements, SourcesOfTheirOwnFormats) {
  TensorTensorRule rule{VectorOp::mult, VectorOp::subtract, false,       true,
                        false,          DType::bf16,        DType::int8, DType::fp16};
  // x1 - x * s
  EXPECT_EQ(numerics::tensor_tensor(rule, 0x4040U, bits_of(0.5F), 0xFEU),
            encode(DType::fp16, -3.5F));
  rule.op1 = VectorOp::abs;
  EXPECT_THROW(numerics::vector_path(rule), Error);
  rule.op1 = VectorOp::bypass;
  EXPECT_THROW(numerics::vector_path(rule), Error);
  rule.op1 = VectorOp::bitwise_or;
  EXPECT_THROW(numerics::vector_path(rule), Error);
  rule.op0 = VectorOp::bypass;
  EXPECT_THROW(numerics::vector_path(rule), Error);
  rule.source = DType::int8;
  rule.destination = DType::int32;
  EXPECT_EQ(numerics::tensor_tensor(rule, 0x01U, 0, 0x80U), 0xFFFFFF81U);
}

/// The tree of the contract on the partial results that exist.
std::optional<std::uint32_t> tree(VectorOp op, std::span<const std::uint32_t> partials,
                                  std::size_t first, std::size_t size) {
  if (first >= partials.size()) return std::nullopt;
  if (size == 1) return partials[first];
  const auto left = tree(op, partials, first, size / 2);
  const auto right = tree(op, partials, first + size / 2, size / 2);
  return right ? numerics::vector_op(op, *left, *right) : left;
}

TEST(TensorReduceElements, OrderOfTheContract) {
  auto rng = make_rng();
  const std::uint64_t cases = case_count(20'000);
  for (std::uint64_t n = 0; n < cases; ++n) {
    TensorReduceRule rule;
    do {
      rule.op = op_of(rng() % numerics::kVectorOpCount);
    } while (!numerics::is_reduction(rule.op));
    const bool integers = numerics::is_bitwise(rule.op);
    rule.source = integers ? DType::int32 : DType::fp32;
    rule.destination = rule.source;
    rule.negate = !integers && rng() % 2 == 0;
    std::vector<std::uint32_t> elements(1 + rng() % (n % 2 ? 9 : 40));
    for (auto& element : elements) {
      element = static_cast<std::uint32_t>(rng());
      if (rng() % 2) element = (element & 0x80FFFFFFU) | 0x3F000000U;
      if (rng() % 8 == 0) element = kPatterns[rng() % kPatterns.size()];
    }
    std::vector<std::uint32_t> partials;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (i < 8) {
        // The first element alone: itself, its magnitude, or its truth.
        std::uint32_t x = elements[i];
        const double value = value_of(x);
        if (rule.op == VectorOp::logical_and || rule.op == VectorOp::logical_or ||
            rule.op == VectorOp::logical_xor) {
          x = std::isnan(value) || value != 0 ? kOne : 0U;
        } else if (!integers) {
          if (rule.op == VectorOp::abs_max || rule.op == VectorOp::abs_min) x &= 0x7FFFFFFFU;
          if (std::isnan(value)) x = kNan;
        }
        partials.push_back(x);
      } else {
        partials[i % 8] = numerics::vector_op(rule.op, partials[i % 8], elements[i]);
      }
    }
    std::uint32_t expected = *tree(rule.op, partials, 0, 8);
    if (rule.negate && !std::isnan(value_of(expected))) expected ^= 0x80000000U;
    ASSERT_EQ(to_hex(numerics::tensor_reduce(rule, elements)), to_hex(expected))
        << static_cast<int>(rule.op) << " of " << elements.size() << ", seed " << options().seed
        << "\n  rerun: " << rerun_line();
  }
}

TEST(TensorReduceElements, Refusals) {
  TensorReduceRule rule;
  for (std::size_t code = 0; code < numerics::kVectorOpCount; ++code) {
    rule = {};
    rule.op = op_of(code);
    if (!numerics::is_reduction(rule.op) || numerics::is_bitwise(rule.op)) {
      EXPECT_THROW(numerics::vector_path(rule), Error) << code;
    } else {
      EXPECT_EQ(numerics::vector_path(rule), VectorPath::fp32) << code;
    }
  }
  rule.op = VectorOp::bitwise_xor;
  rule.source = rule.destination = DType::int8;
  EXPECT_EQ(numerics::vector_path(rule), VectorPath::integers);
  rule.negate = true;
  EXPECT_THROW(numerics::vector_path(rule), Error);
  // Sums of bf16 into int8 saturate.
  rule = {VectorOp::add, true, DType::bf16, DType::int8};
  const std::array<std::uint32_t, 3> elements = {0x4280U, 0x4280U, 0x3F80U};  // 64 + 64 + 1
  EXPECT_EQ(numerics::tensor_reduce(rule, elements), 0x80U);
}

TEST(MemsetElements, LowBytes) {
  EXPECT_EQ(numerics::memset_element(DType::int8, 0x12345678U), 0x78U);
  EXPECT_EQ(numerics::memset_element(DType::fp16, 0x12345678U), 0x5678U);
  EXPECT_EQ(numerics::memset_element(DType::tf32, 0x12345678U), 0x12345678U);
}

}  // namespace
}  // namespace tinium::testbench
