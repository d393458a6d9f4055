// SPDX-License-Identifier: Apache-2.0
// Casts between the formats and FP32 against MPFR: every pattern upwards, every rounding boundary
// and random patterns downwards.
#include "numerics_cases.hpp"

namespace tinium::testbench {
namespace {

const std::vector<DType> kNarrow = {DType::bf16, DType::fp16, DType::tf32, DType::fp8_e4m3,
                                    DType::fp8_e5m2};

class Casts : public ::testing::TestWithParam<DType> {
 protected:
  void check_narrowing(std::uint32_t fp32) {
    ++compared_;
    const std::uint32_t expected = exact::judge_narrowing(judge_format(GetParam()), fp32);
    const std::uint32_t got = from_fp32(GetParam(), fp32);
    if (expected != got && ++mismatches_ <= 16) {
      ADD_FAILURE() << current_test_name() << " seed " << options().seed << ": fp32 "
                    << to_hex(fp32) << " expected " << to_hex(expected) << ", got " << to_hex(got)
                    << "\n  rerun: " << rerun_line();
    }
  }

  void TearDown() override { EXPECT_EQ(mismatches_, 0U) << "of " << compared_; }

  std::uint64_t compared_ = 0;
  std::uint64_t mismatches_ = 0;
};

TEST_P(Casts, EveryPatternUpwards) {
  const DType dtype = GetParam();
  // tf32: the 19 bits that count, with some low bits to be ignored.
  const std::uint64_t patterns = dtype == DType::tf32 ? 1U << 19 : 1U << (8 * size_of(dtype));
  for (std::uint64_t i = 0; i < patterns; ++i) {
    const auto pattern = static_cast<std::uint32_t>(i);
    const std::uint32_t bits =
        dtype == DType::tf32 ? pattern << 13 | (pattern * 2654435761U) >> 19 : pattern;
    const std::uint32_t up = to_fp32(dtype, bits);
    ASSERT_EQ(up, exact::judge_widening(judge_format(dtype), bits)) << to_hex(bits);
    // And back: finite numbers and infinities are themselves again.
    const std::uint32_t clean = dtype == DType::tf32 ? bits & 0xFFFFE000U : bits;
    if (up != numerics::kCanonicalNan) {
      ASSERT_EQ(from_fp32(dtype, up), clean) << to_hex(bits);
    } else {
      ASSERT_TRUE(std::isnan(decode_to_float(dtype, from_fp32(dtype, up))));
    }
  }
}

// Between two neighbours of the narrow format: both, the middle, and one FP32 step around each.
TEST_P(Casts, EveryBoundaryDownwards) {
  const DType dtype = GetParam();
  const int container = dtype == DType::tf32 ? 13 : 0;
  const std::uint32_t infinity = encode(dtype, INFINITY) >> container;
  const std::uint32_t stride = dtype == DType::tf32 ? 5 : 1;
  for (std::uint32_t magnitude = 0; magnitude < infinity; magnitude += stride) {
    const double low = decode_to_float(dtype, magnitude << container);
    // The neighbour above the largest finite number is where the next one would be.
    const double high = magnitude + 1 == infinity
                            ? low + (low - decode_to_float(dtype, (magnitude - 1) << container))
                            : decode_to_float(dtype, (magnitude + 1) << container);
    for (const double centre : {low, low + (high - low) / 2}) {
      const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(centre));
      for (const std::uint32_t near : {bits - 1, bits, bits + 1}) {
        check_narrowing(near & 0x7FFFFFFFU);
        check_narrowing(near | 0x80000000U);
      }
    }
  }
}

TEST_P(Casts, RandomDownwards) {
  auto rng = make_rng();
  const Reach reach = reach_of(GetParam());
  const std::uint64_t cases = case_count(200'000);
  for (std::uint64_t i = 0; i < cases; ++i) {
    auto bits = static_cast<std::uint32_t>(rng());
    if (i % 2 == 0) {  // within reach of the format, where something happens
      const int exponent =
          reach.lowest - 3 +
          static_cast<int>(rng() % static_cast<std::uint64_t>(reach.highest - reach.lowest + 6));
      const float one = std::bit_cast<float>(0x3F800000U | (bits & 0x807FFFFFU));
      bits = std::bit_cast<std::uint32_t>(std::ldexp(one, exponent));
    }
    check_narrowing(bits);
  }
}

TEST_P(Casts, EveryNanBecomesTheCanonicalOne) {
  const std::uint32_t expected = GetParam() == DType::bf16       ? 0x7FC0U
                                 : GetParam() == DType::fp16     ? 0x7E00U
                                 : GetParam() == DType::tf32     ? 0x7FC00000U
                                 : GetParam() == DType::fp8_e4m3 ? 0x7CU
                                                                 : 0x7EU;
  for (const std::uint32_t nan : {0x7FC00000U, 0xFFC00000U, 0x7F800001U, 0xFF800001U, 0x7FFFFFFFU,
                                  0xFFFFFFFFU, 0x7F802000U}) {
    EXPECT_EQ(from_fp32(GetParam(), nan), expected) << to_hex(nan);
  }
}

INSTANTIATE_TEST_SUITE_P(Narrow, Casts, ::testing::ValuesIn(kNarrow),
                         [](const auto& param) { return std::string(name(param.param)); });

TEST(CastValues, E4m3IsIeeeStyle) {
  EXPECT_EQ(decode_to_float(DType::fp8_e4m3, 0x77), 240.0F);
  EXPECT_TRUE(std::isinf(decode_to_float(DType::fp8_e4m3, 0x78)));
  EXPECT_TRUE(std::isnan(decode_to_float(DType::fp8_e4m3, 0x79)));
  EXPECT_EQ(decode_to_float(DType::fp8_e4m3, 0x01), std::ldexp(1.0F, -9));
  EXPECT_EQ(encode(DType::fp8_e4m3, 247.9F), 0x77U);
  EXPECT_EQ(encode(DType::fp8_e4m3, 248.0F), 0x78U);
  EXPECT_EQ(encode(DType::fp8_e4m3, -248.0F), 0xF8U);
}

TEST(CastValues, E5m2LargestIs57344) {
  EXPECT_EQ(decode_to_float(DType::fp8_e5m2, 0x7B), 57344.0F);
  EXPECT_EQ(encode(DType::fp8_e5m2, 61439.0F), 0x7BU);
  EXPECT_EQ(encode(DType::fp8_e5m2, 61440.0F), 0x7CU);
}

TEST(CastValues, Int32ToInt8Saturates) {
  for (std::int64_t value = -70'000; value <= 70'000; ++value) {
    const auto expected = static_cast<std::int8_t>(std::clamp<std::int64_t>(value, -128, 127));
    ASSERT_EQ(int32_to_int8(static_cast<std::uint32_t>(value)),
              static_cast<std::uint8_t>(expected));
  }
  EXPECT_EQ(int32_to_int8(0x80000000U), 0x80U);
  EXPECT_EQ(int32_to_int8(0x7FFFFFFFU), 0x7FU);
}

}  // namespace
}  // namespace tinium::testbench
