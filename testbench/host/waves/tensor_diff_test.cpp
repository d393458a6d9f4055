// SPDX-License-Identifier: Apache-2.0
//
// A seeded fault in a product: the report names test, seed, tile, row, column and what to type.

#include "tensor_diff.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tinium {
namespace {

TEST(TensorDiff, NamesThePlaceOfASeededFault) {
  const Tensor good(DType::bf16, 40, 600);
  Tensor bad = good;
  bad.set_bits(33, 515, 0x3F80);
  EXPECT_TRUE(testbench::same_bits(good, good, 32));
  const auto result = testbench::same_bits(bad, good, 32);
  ASSERT_FALSE(result);
  const std::string text = result.message();
  const std::string seed = std::to_string(testbench::options().seed);
  for (const std::string& part : std::vector<std::string>{
           "TensorDiff.NamesThePlaceOfASeededFault seed " + seed, "1 of 24000 elements",
           "tile (1, 1) row 33 column 515", "0x00003f80", "1.0",
           "scripts/wave 'TensorDiff.NamesThePlaceOfASeededFault' --seed " + seed}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in:\n" << text;
  }
}

TEST(TensorDiff, PrintsTheFirstSixteenAndCountsAll) {
  const Tensor good(DType::fp32, 8, 8);
  Tensor bad = good;
  for (std::size_t i = 0; i < 64; ++i) bad.set_bits(i / 8, i % 8, 1);
  const std::string text = testbench::same_bits(bad, good, 32).message();
  EXPECT_NE(text.find("64 of 64 elements"), std::string::npos) << text;
  EXPECT_NE(text.find("row 1 column 7"), std::string::npos) << text;
  EXPECT_EQ(text.find("row 2 column 0"), std::string::npos) << text;
  EXPECT_FALSE(testbench::same_bits(good, Tensor(DType::fp32, 8, 9), 32));
}

}  // namespace
}  // namespace tinium
