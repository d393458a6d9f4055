// SPDX-License-Identifier: Apache-2.0
// The golden model as a library: names, sizes, errors, strides and ragged tiles.
#include <functional>

#include "numerics_cases.hpp"
#include "tinium/error.hpp"

namespace tinium::testbench {
namespace {

using numerics::TileArgs;

TEST(DTypeTable, NamesSizesAndPairs) {
  static constexpr std::array<std::size_t, kDTypeCount> kSizes = {2, 2, 4, 1, 1, 4, 1, 4};
  for (std::size_t code = 0; code < kDTypeCount; ++code) {
    const auto dtype = static_cast<DType>(code);
    EXPECT_EQ(size_of(dtype), kSizes[code]);
    EXPECT_EQ(parse_dtype(name(dtype)), dtype);
  }
  EXPECT_EQ(parse_dtype("BF16"), std::nullopt);
  EXPECT_EQ(parse_dtype(""), std::nullopt);
  EXPECT_EQ(all_pairs().size(), 21U);
  EXPECT_FALSE(is_legal_pair(DType::fp32, DType::bf16));
  EXPECT_FALSE(is_legal_pair(DType::tf32, DType::fp16));
  EXPECT_FALSE(is_legal_pair(DType::int8, DType::bf16));
  EXPECT_FALSE(is_legal_pair(DType::int32, DType::int32));
}

TEST(PairPlan, ModesAndPasses) {
  using numerics::PairMode;
  EXPECT_EQ(numerics::pair_plan(DType::bf16, DType::fp8_e5m2).mode, PairMode::narrow);
  EXPECT_EQ(numerics::pair_plan(DType::bf16, DType::fp16).mode, PairMode::wide);
  EXPECT_EQ(numerics::pair_plan(DType::tf32, DType::tf32).mode, PairMode::wide);
  EXPECT_EQ(numerics::pair_plan(DType::int8, DType::int8).mode, PairMode::int8);
  const auto fp32 = numerics::pair_plan(DType::tf32, DType::fp32);
  EXPECT_EQ(fp32.mode, PairMode::narrow);
  EXPECT_EQ(fp32.pass_count, 6U);
  EXPECT_EQ(fp32.stationary_mask, 0xFFFFE000U);
  EXPECT_EQ(fp32.moving_mask, 0xFFFFFFFFU);
}

TEST(Errors, CarryCodeRuleAndWords) {
  try {
    numerics::pair_plan(DType::int8, DType::bf16);
    FAIL() << "an illegal pair was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_FALSE(error.rule().empty());
    EXPECT_NE(std::string(error.what()).find("int8 x bf16"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("(unsupported)"), std::string::npos) << error.what();
  }
}

TEST(Errors, BadSizesAreRefused) {
  std::vector<std::uint32_t> memory(1024);
  TileArgs good;
  good.stationary = {memory.data(), 8, DType::bf16};
  good.moving = {memory.data(), 8, DType::bf16};
  good.psum = {memory.data() + 512, 16};
  good.k = good.m = good.n = 2;
  EXPECT_NO_THROW(numerics::multiply(good));
  for (const auto& spoil : std::vector<std::function<void(TileArgs&)>>{
           [](TileArgs& a) { a.k = 0; }, [](TileArgs& a) { a.k = 129; },
           [](TileArgs& a) { a.m = 0; }, [](TileArgs& a) { a.n = 0; },
           [](TileArgs& a) { a.psum.data = nullptr; }, [](TileArgs& a) { a.moving.data = nullptr; },
           [](TileArgs& a) { a.stationary.dtype = DType::fp32; }}) {
    TileArgs bad = good;
    spoil(bad);
    EXPECT_THROW(numerics::multiply(bad), Error);
  }
  const std::vector<std::uint32_t> two(2);
  const std::vector<std::uint32_t> three(3);
  EXPECT_THROW(numerics::multiply_column(DType::bf16, two, DType::bf16, three, 0, false), Error);
  EXPECT_THROW(numerics::multiply_column(DType::bf16, {}, DType::bf16, {}, 0, false), Error);
  EXPECT_THROW(numerics::decode(numerics::OperandFormat::fp16, 0, numerics::PairMode::narrow),
               Error);
  EXPECT_THROW(from_fp32(DType::int8, 0), Error);
  EXPECT_THROW(to_fp32(DType::int32, 0), Error);
}

// Ragged shapes with odd strides at odd addresses; nothing outside the tile changes.
TEST(Tiles, RaggedShapesAndStrides) {
  auto rng = make_rng();
  for (const Pair& pair : all_pairs()) {
    for (const auto& [k, m, n] : std::vector<std::array<std::size_t, 3>>{
             {1, 1, 1}, {15, 3, 16}, {17, 2, 17}, {16, 1, 63}, {31, 5, 65}, {128, 7, 130}}) {
      const std::size_t s_size = size_of(pair.stationary);
      const std::size_t m_size = size_of(pair.moving);
      const std::size_t s_stride = m * s_size + 5;
      const std::size_t m_stride = n * m_size + 3;
      const std::size_t p_stride = n * 4 + 7;
      std::vector<std::uint8_t> stationary(1 + k * s_stride);
      std::vector<std::uint8_t> moving(1 + k * m_stride);
      std::vector<std::uint8_t> psum(1 + m * p_stride);
      for (auto* memory : {&stationary, &moving, &psum}) {
        for (auto& byte : *memory) byte = static_cast<std::uint8_t>(rng());
      }
      const std::vector<std::uint8_t> before = psum;
      const bool overwrite = rng() % 2 == 0;
      TileArgs args;
      args.stationary = {stationary.data() + 1, s_stride, pair.stationary};
      args.moving = {moving.data() + 1, m_stride, pair.moving};
      args.psum = {psum.data() + 1, p_stride};
      args.k = k;
      args.m = m;
      args.n = n;
      args.overwrite = overwrite;
      numerics::multiply(args);

      std::vector<std::uint8_t> expected = before;
      for (std::size_t row = 0; row < m; ++row) {
        for (std::size_t column = 0; column < n; ++column) {
          std::vector<std::uint32_t> left(k);
          std::vector<std::uint32_t> right(k);
          for (std::size_t i = 0; i < k; ++i) {
            std::memcpy(&left[i], &stationary[1 + i * s_stride + row * s_size], s_size);
            std::memcpy(&right[i], &moving[1 + i * m_stride + column * m_size], m_size);
          }
          std::uint8_t* element = &expected[1 + row * p_stride + column * 4];
          std::uint32_t value = 0;
          std::memcpy(&value, element, 4);
          value = numerics::multiply_column(pair.stationary, left, pair.moving, right, value,
                                            overwrite);
          std::memcpy(element, &value, 4);
        }
      }
      ASSERT_EQ(psum, expected) << name(pair.stationary) << " x " << name(pair.moving) << " K=" << k
                                << " M=" << m << " N=" << n << " seed " << options().seed
                                << "\n  rerun: " << rerun_line();
    }
  }
}

// Splitting M and N into tiles, and K at multiples of 16, never changes a bit (one pass formats).
TEST(Tiles, SplittingKAtGroupsKeepsTheBits) {
  auto rng = make_rng();
  ColumnSource source({DType::bf16, DType::bf16}, rng);
  for (int i = 0; i < 2000; ++i) {
    const ColumnCase whole = source.draw(static_cast<Kind>(i % 8), 128, false);
    std::uint32_t psum = whole.psum;
    for (std::size_t first = 0; first < 128;) {
      const std::size_t rows = std::min<std::size_t>(16 * (1 + source.below(3)), 128 - first);
      psum = numerics::multiply_column(
          DType::bf16, std::span(whole.stationary).subspan(first, rows), DType::bf16,
          std::span(whole.moving).subspan(first, rows), psum, false);
      first += rows;
    }
    ASSERT_EQ(psum, golden_column(whole)) << describe(whole);
  }
}

}  // namespace
}  // namespace tinium::testbench
