// SPDX-License-Identifier: Apache-2.0
// One column of the PE array with its foot (R = 16, C = 1), every pair of formats: each kind of
// problem, K from 1 to 40, tiles swapped every cycle or kept for several vectors, against the
// golden model in every pass and against the exact judge at the end of each problem.
//
// `--cases N` counts results compared with the judge, over all pairs of the run.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>

#include "Vtn_pe_array.h"
#include "array_bench.hpp"
#include "array_cases.hpp"

namespace tinium::testbench {
namespace {

using Bench = ArrayBench<Vtn_pe_array, 16, 1, 1>;

constexpr Kind kKinds[] = {Kind::any_bits, Kind::finite, Kind::near, Kind::window,
                           Kind::cancel,   Kind::tiny,   Kind::huge, Kind::special};

/// Runs problems of the pairs given, mixed with each other, until `cases` results were judged.
void run_mixed(const std::vector<Pair>& pairs, std::uint64_t cases, bool deep) {
  auto rng = make_rng();
  Bench bench;
  JudgeTally tally;
  const auto started = std::chrono::steady_clock::now();
  std::uint64_t compared = 0;
  while (tally.judged < cases && bench.mismatches() == 0 && !::testing::Test::HasFailure()) {
    const auto pace = static_cast<Pace>(rng() % 3);
    for (int i = 0; i < 200; ++i) {
      const Pair pair = pairs[rng() % pairs.size()];
      ProblemShape shape{16, 1, 16, 1};
      if (rng() % 4 == 0) shape.k = 1 + static_cast<unsigned>(rng() % 15);
      if (deep && rng() % 16 == 0) shape.k = 17 + static_cast<unsigned>(rng() % 24);
      if (rng() % 4 == 0) shape.vectors = 1 + static_cast<unsigned>(rng() % 5);
      for (ArrayPass& pass : draw_problem(pair, kKinds[rng() % 8], shape, rng, 1, tally)) {
        if (pace == Pace::random) {
          for (ArrayVector& vector : pass.vectors) {
            vector.gap = rng() % 4 == 0 ? static_cast<unsigned>(rng() % 8) : 0;
          }
        }
        bench.add(std::move(pass), pace, rng);
      }
    }
    compared += bench.run();
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  EXPECT_EQ(tally.differed, 0U) << "golden model and exact judge disagree";
  EXPECT_EQ(bench.mismatches(), 0U);
  EXPECT_GE(compared, tally.judged);
  std::printf("%llu results judged, %llu compared in all, %llu different, %llu cycles, %.1f s\n",
              static_cast<unsigned long long>(tally.judged),
              static_cast<unsigned long long>(compared),
              static_cast<unsigned long long>(bench.mismatches()),
              static_cast<unsigned long long>(bench.cycles()), took.count());
}

/// Each pair by itself.
class ColumnOfPair : public ::testing::TestWithParam<Pair> {};

TEST_P(ColumnOfPair, EqualsExactJudge) { run_mixed({GetParam()}, case_count(6000), true); }

INSTANTIATE_TEST_SUITE_P(Pairs, ColumnOfPair, ::testing::ValuesIn(all_pairs()), pair_name);

/// All pairs mixed: every pass may change formats and mode.
TEST(Column, MixedPairsEqualExactJudge) { run_mixed(all_pairs(), case_count(60000), true); }

/// Raw formats, as Transpose uses them: vectors of a single 1 bring out the bits of one element
/// each, the upper half of 32 bits 16 places up.
TEST(Column, RawElementsComeOutBitByBit) {
  constexpr auto kRaw8 = static_cast<numerics::OperandFormat>(9);  // tn_pkg::FmtRaw8 and on
  constexpr auto kRaw16 = static_cast<numerics::OperandFormat>(10);
  constexpr auto kRawHigh = static_cast<numerics::OperandFormat>(11);
  constexpr auto kPairInt8 = static_cast<numerics::PairMode>(2);
  constexpr auto kPairRawHigh = static_cast<numerics::PairMode>(3);
  auto rng = make_rng();
  Bench bench;
  for (int turn = 0; turn < 300; ++turn) {
    ArrayPass pass;
    pass.stationary_format =
        std::array{kRaw8, kRaw16, kRawHigh}[static_cast<std::size_t>(turn % 3)];
    pass.moving_format = static_cast<numerics::OperandFormat>(8);  // INT8
    pass.mode = pass.stationary_format == kRawHigh ? kPairRawHigh : kPairInt8;
    pass.row_enable.assign(16, true);
    pass.column_enable = {true};
    pass.tile.resize(1);
    for (int r = 0; r < 16; ++r) {
      const auto word = static_cast<std::uint32_t>(rng());
      pass.tile[0].push_back(rng() % 4 == 0 ? word & 0xff0000ffU
                                            : std::array{word, 0U, ~0U, word}[rng() % 4]);
    }
    for (unsigned r = 0; r < 16; ++r) {
      ArrayVector vector;
      vector.moving.assign(16, 0);
      vector.moving[r] = 1;
      vector.overwrite = rng() % 2 == 0;
      vector.psum = {static_cast<std::uint32_t>(rng())};
      const std::uint32_t word = pass.tile[0][r];
      const std::uint32_t bits = pass.stationary_format == kRaw8    ? word & 0xffU
                                 : pass.stationary_format == kRaw16 ? word & 0xffffU
                                                                    : word & 0xffff0000U;
      vector.expected = {bits + (vector.overwrite ? 0 : vector.psum[0])};
      pass.vectors.push_back(std::move(vector));
    }
    pass.what = "raw";
    bench.add(std::move(pass), Pace::random, rng);
  }
  EXPECT_EQ(bench.run(), 4800U);
  EXPECT_EQ(bench.mismatches(), 0U);
}

/// A bit of one operand flipped on its way in: the comparison must fire.
TEST(Column, SeededFaultIsSeen) {
  auto rng = make_rng();
  Bench bench;
  bench.expect_mismatches();
  JudgeTally tally;
  ProblemShape shape{16, 1, 16, 1};
  ArrayPass pass =
      draw_problem({DType::int8, DType::int8}, Kind::any_bits, shape, rng, 1, tally).front();
  pass.tile[0][0] = 1;  // row 0 counts
  bench.plant_fault();
  bench.add(std::move(pass), Pace::tight, rng);
  bench.run();
  EXPECT_EQ(bench.mismatches(), 1U);
}

/// The judge's windows moved by one binade: the comparison must fire as well.
TEST(Column, MovedWindowIsSeen) {
  auto rng = make_rng();
  unsigned seen = 0;
  ColumnSource source({DType::bf16, DType::bf16}, rng);
  for (int i = 0; i < 2000; ++i) {
    const ColumnCase column = source.draw(Kind::window, 16, true);
    seen += exact::judge_column(column) != exact::judge_column(column, {22, 19}) ? 1 : 0;
  }
  EXPECT_GT(seen, 0U);
}

}  // namespace
}  // namespace tinium::testbench
