// SPDX-License-Identifier: Apache-2.0
// VectorE's FP32 operators against MPFR, relu and eviction.
#include "numerics_cases.hpp"
#include "tinium/error.hpp"

namespace tinium::testbench {
namespace {

using numerics::EvictRule;
using numerics::VectorOp;

constexpr std::array kOps = {VectorOp::bypass, VectorOp::add, VectorOp::subtract,
                             VectorOp::mult,   VectorOp::max, VectorOp::min};

/// Patterns around every special of FP32, both signs.
std::vector<std::uint32_t> special_patterns() {
  std::vector<std::uint32_t> patterns;
  for (const std::uint32_t magnitude :
       {0x00000000U, 0x00000001U, 0x00000002U, 0x007FFFFFU, 0x00800000U, 0x00800001U, 0x00FFFFFFU,
        0x01000000U, 0x1F800000U, 0x1FFFFFFFU, 0x20000000U, 0x33800000U, 0x33800001U, 0x34000000U,
        0x3F000000U, 0x3F7FFFFFU, 0x3F800000U, 0x3F800001U, 0x3FFFFFFFU, 0x40000000U, 0x4B000000U,
        0x4B800000U, 0x5F000000U, 0x5F800000U, 0x7E800000U, 0x7F000000U, 0x7F7FFFFFU, 0x7F800000U,
        0x7F800001U, 0x7FBFFFFFU, 0x7FC00000U, 0x7FC12345U, 0x7FFFFFFFU}) {
    patterns.push_back(magnitude);
    patterns.push_back(magnitude | 0x80000000U);
  }
  return patterns;
}

void check(VectorOp op, std::uint32_t x, std::uint32_t s) {
  const std::uint32_t got = numerics::vector_op(op, x, s);
  const std::uint32_t expected = exact::judge_vector_op(static_cast<int>(op), x, s);
  if (got != expected) {
    ADD_FAILURE() << current_test_name() << " seed " << options().seed << ": op "
                  << static_cast<int>(op) << " of " << to_hex(x) << " and " << to_hex(s)
                  << ": expected " << to_hex(expected) << ", got " << to_hex(got)
                  << "\n  rerun: " << rerun_line();
  }
}

TEST(VectorOps, SpecialsWithSpecials) {
  const auto patterns = special_patterns();
  for (const VectorOp op : kOps) {
    for (const std::uint32_t x : patterns) {
      for (const std::uint32_t s : patterns) check(op, x, s);
    }
  }
}

TEST(VectorOps, Random) {
  auto rng = make_rng();
  const std::uint64_t cases = case_count(1'000'000);
  for (std::uint64_t i = 0; i < cases && !HasFailure(); ++i) {
    const auto x = static_cast<std::uint32_t>(rng());
    auto s = static_cast<std::uint32_t>(rng());
    if (i % 2 == 0) s = (x & 0x7F800000U) + (s & 0x81FFFFFFU);  // exponents close together
    if (i % 16 == 1) s = (0x7F000000U - (x & 0x7F800000U)) ^ (s & 0x81FFFFFFU);  // product near 1
    if (i % 16 == 3) s = (s & 0x807FFFFFU) | ((0xBF000000U - (x & 0x7F800000U)) & 0x7F800000U);
    check(kOps[1 + i % 5], x, s);
  }
}

// By hand, from the contract: where IEEE leaves a choice or a NaN its payload.
TEST(VectorOps, RulesByHand) {
  constexpr std::uint32_t kNan = 0x7FC00000U;
  EXPECT_EQ(numerics::vector_op(VectorOp::max, 0x80000000U, 0U), 0U);
  EXPECT_EQ(numerics::vector_op(VectorOp::max, 0U, 0x80000000U), 0U);
  EXPECT_EQ(numerics::vector_op(VectorOp::min, 0x80000000U, 0U), 0x80000000U);
  EXPECT_EQ(numerics::vector_op(VectorOp::min, 0U, 0x80000000U), 0x80000000U);
  EXPECT_EQ(numerics::vector_op(VectorOp::max, 0xFF800001U, 0x3F800000U), kNan);
  EXPECT_EQ(numerics::vector_op(VectorOp::min, 0x3F800000U, 0xFFC00000U), kNan);
  EXPECT_EQ(numerics::vector_op(VectorOp::add, 0x7F800000U, 0xFF800000U), kNan);
  EXPECT_EQ(numerics::vector_op(VectorOp::mult, 0x7F800000U, 0x80000000U), kNan);
  EXPECT_EQ(numerics::vector_op(VectorOp::subtract, 0x3F800000U, 0x3F800000U), 0U);
  EXPECT_EQ(numerics::vector_op(VectorOp::add, 0x80000000U, 0x80000000U), 0x80000000U);
  EXPECT_EQ(numerics::vector_op(VectorOp::mult, 0x00000001U, 0xBF000000U), 0x80000000U);
  EXPECT_EQ(numerics::vector_op(VectorOp::bypass, 0xFF812345U, 0U), 0xFF812345U);
}

TEST(Relu, EverySpecial) {
  for (const std::uint32_t x : special_patterns()) {
    const float value = std::bit_cast<float>(x);
    const std::uint32_t expected = std::isnan(value) ? 0x7FC00000U : value > 0 ? x : 0U;
    EXPECT_EQ(numerics::relu(x), expected) << to_hex(x);
  }
}

TEST(Evict, TwoOperatorsReluAndCast) {
  auto rng = make_rng();
  for (int i = 0; i < 200'000 && !HasFailure(); ++i) {
    EvictRule rule;
    rule.op0 = kOps[rng() % kOps.size()];
    rule.op1 = kOps[rng() % kOps.size()];
    rule.s0 = static_cast<std::uint32_t>(rng());
    rule.s1 = static_cast<std::uint32_t>(rng());
    rule.relu = rng() % 2 == 0;
    rule.destination = static_cast<DType>(rng() % 6);
    const auto x = static_cast<std::uint32_t>(rng());
    std::uint32_t y = exact::judge_vector_op(static_cast<int>(rule.op0), x, rule.s0);
    y = exact::judge_vector_op(static_cast<int>(rule.op1), y, rule.s1);
    if (rule.relu) y = std::isnan(std::bit_cast<float>(y)) ? 0x7FC00000U : (y >> 31) != 0 ? 0 : y;
    const std::uint32_t expected = exact::judge_narrowing(judge_format(rule.destination), y);
    EXPECT_EQ(to_hex(numerics::evict(rule, x)), to_hex(expected))
        << to_hex(x) << " seed " << options().seed << " rerun: " << rerun_line();
  }
}

TEST(Evict, BypassCopiesBits) {
  EvictRule rule;
  EXPECT_EQ(numerics::evict(rule, 0xFF812345U), 0xFF812345U);
  rule.relu = true;
  EXPECT_EQ(numerics::evict(rule, 0xFF812345U), 0x7FC00000U);
  rule.relu = false;
  rule.destination = DType::bf16;
  EXPECT_EQ(numerics::evict(rule, 0xFF812345U), 0x7FC0U);
}

TEST(Evict, Integers) {
  EvictRule rule;
  rule.source = DType::int32;
  rule.destination = DType::int32;
  EXPECT_EQ(numerics::evict(rule, 0x7F800001U), 0x7F800001U);
  rule.destination = DType::int8;
  EXPECT_EQ(numerics::evict(rule, 200U), 127U);
  EXPECT_EQ(numerics::evict(rule, 0xFFFFFF00U), 0x80U);
  rule.destination = DType::fp32;
  EXPECT_EQ(numerics::evict(rule, 0xFFFFFFFFU), 0xBF800000U);
  rule.op0 = VectorOp::mult;  // sums of int8, scaled
  rule.s0 = 0x3F000000U;
  rule.destination = DType::bf16;
  EXPECT_EQ(numerics::evict(rule, 6U), 0x4040U);
}

}  // namespace
}  // namespace tinium::testbench
