// SPDX-License-Identifier: Apache-2.0
// Whole arrays with four columns a step: 16 x 16, and 32 x 8 (two groups, chained feet). Problems
// of every pair and kind, mixed, at every pace; part of the results judged by exact arithmetic, all
// compared with the golden model.
#include <gtest/gtest.h>

#include <cstdio>

#if TN_ROWS == 16
#include "Vtn_pe_array_16x16.h"
using Model = Vtn_pe_array_16x16;
#else
#include "Vtn_pe_array_32x8.h"
using Model = Vtn_pe_array_32x8;
#endif
#include "array_bench.hpp"
#include "array_cases.hpp"

namespace tinium::testbench {
namespace {

using Bench = ArrayBench<Model, TN_ROWS, TN_COLS, TN_LOAD_COLS>;

constexpr Kind kKinds[] = {Kind::any_bits, Kind::finite, Kind::near, Kind::window,
                           Kind::cancel,   Kind::tiny,   Kind::huge, Kind::special};

void run_at(Pace pace, std::uint64_t results) {
  auto rng = make_rng();
  Bench bench;
  JudgeTally tally;
  const std::vector<Pair> pairs = all_pairs();
  while (bench.compared() < results && bench.mismatches() == 0 && !::testing::Test::HasFailure()) {
    for (int i = 0; i < 6; ++i) {
      ProblemShape shape{TN_ROWS, TN_COLS, 1 + static_cast<unsigned>(rng() % 96),
                         1 + static_cast<unsigned>(rng() % 40)};
      if (rng() % 2 == 0) shape.k = TN_ROWS;
      if (rng() % 3 == 0) shape.vectors = 1 + static_cast<unsigned>(rng() % 3);
      const Pair pair = pairs[rng() % pairs.size()];
      for (ArrayPass& pass : draw_problem(pair, kKinds[rng() % 8], shape, rng, 16, tally)) {
        if (pace == Pace::random) {
          for (ArrayVector& vector : pass.vectors) {
            vector.gap = rng() % 8 == 0 ? static_cast<unsigned>(rng() % 8) : 0;
          }
        }
        bench.add(std::move(pass), pace, rng);
      }
    }
    bench.run();
  }
  EXPECT_EQ(tally.differed, 0U) << "golden model and exact judge disagree";
  EXPECT_EQ(bench.mismatches(), 0U);
  std::printf("%llu compared, %llu of them judged, %llu different, %llu cycles\n",
              static_cast<unsigned long long>(bench.compared()),
              static_cast<unsigned long long>(tally.judged),
              static_cast<unsigned long long>(bench.mismatches()),
              static_cast<unsigned long long>(bench.cycles()));
}

TEST(PeArray, EarliestPasses) { run_at(Pace::tight, case_count(60000)); }
TEST(PeArray, LatestLoads) { run_at(Pace::late, case_count(60000)); }
TEST(PeArray, RandomPace) { run_at(Pace::random, case_count(60000)); }

/// One operand bit of one vector flipped on its way in: every column must differ.
TEST(PeArray, SeededFaultIsSeen) {
  auto rng = make_rng();
  Bench bench;
  bench.expect_mismatches();
  JudgeTally tally;
  const ProblemShape shape{TN_ROWS, TN_COLS, TN_ROWS, 2};
  ArrayPass pass =
      draw_problem({DType::int8, DType::int8}, Kind::any_bits, shape, rng, 1, tally).front();
  std::uint64_t columns = 0;
  for (unsigned c = 0; c < TN_COLS; ++c) {
    columns += pass.column_enable[c] && (pass.tile[c][0] & 0xFFU) != 0 ? 1 : 0;
  }
  bench.plant_fault();
  bench.add(std::move(pass), Pace::tight, rng);
  bench.run();
  EXPECT_EQ(bench.mismatches(), columns);
}

}  // namespace
}  // namespace tinium::testbench
