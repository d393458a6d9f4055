// SPDX-License-Identifier: Apache-2.0
// Random columns of every legal pair: golden model (scalar and tile, every level) against the exact
// judge. `--cases N` sets the columns per pair.
#include "numerics_cases.hpp"

namespace tinium::testbench {
namespace {

constexpr std::size_t kBatch = 16;
constexpr std::uint64_t kDefaultColumns = 50'000;

class Columns : public ::testing::TestWithParam<Pair> {
 protected:
  /// K of a batch: mostly one group or less, sometimes several, ragged or not.
  static std::size_t draw_k(ColumnSource& source) {
    switch (source.below(8)) {
      case 0:
        return 1 + source.below(numerics::kMaxK);
      case 1:
        return 17 + source.below(16);
      case 2:
      case 3:
        return 16;
      default:
        return 1 + source.below(15);
    }
  }

  static std::vector<ColumnCase> draw_batch(ColumnSource& source, Kind kind) {
    const std::size_t k = draw_k(source);
    const bool overwrite = source.below(4) == 0;
    std::vector<ColumnCase> batch;
    for (std::size_t c = 0; c < kBatch; ++c) batch.push_back(source.draw(kind, k, overwrite));
    return batch;
  }
};

class FloatColumns : public Columns {};

TEST_P(Columns, AgreeWithExactJudge) {
  auto rng = make_rng();
  ColumnSource source(GetParam(), rng);
  // FP32 runs six passes: fewer columns in the same time.
  const bool six = numerics::pair_plan(GetParam().stationary, GetParam().moving).pass_count == 6;
  const std::uint64_t columns = case_count(six ? kDefaultColumns / 4 : kDefaultColumns);
  const auto levels = kernel_levels();
  Tally tally;
  for (std::uint64_t done = 0; done < columns; done += kBatch) {
    const auto kind = static_cast<Kind>((done / kBatch) % static_cast<std::uint64_t>(Kind::count_));
    const std::vector<ColumnCase> batch = draw_batch(source, kind);
    std::array<std::uint32_t, kBatch> expected{};
    for (std::size_t c = 0; c < kBatch; ++c) {
      expected[c] = exact::judge_column(batch[c]);
      tally.compare(expected[c], golden_column(batch[c]), std::string("scalar, ") + name_of(kind),
                    batch[c]);
    }
    for (const auto level : levels) {
      // The best level is the one that users run: always. The lower ones now and then.
      if (level != levels.back() && rng() % 8 != 0) continue;
      const std::vector<std::uint32_t> tile = golden_tile(batch, level);
      for (std::size_t c = 0; c < kBatch; ++c) {
        tally.compare(
            expected[c], tile[c * kBatch + c],
            "tile level " + std::to_string(static_cast<int>(level)) + ", " + name_of(kind),
            batch[c]);
      }
    }
  }
  tally.finish();
}

// The tile routine on every element of a tile, not only on the diagonal, against the scalar one:
// strips whose columns share a path, and the plain dot product where all exponents are close.
TEST_P(Columns, TileAgreesWithScalarEverywhere) {
  auto rng = make_rng();
  ColumnSource source(GetParam(), rng);
  const auto levels = kernel_levels();
  Tally tally;
  for (int round = 0; round < 12; ++round) {
    const auto kind = static_cast<Kind>(round % static_cast<int>(Kind::count_));
    const std::vector<ColumnCase> batch = draw_batch(source, kind);
    for (const auto level : levels) {
      const std::vector<std::uint32_t> tile = golden_tile(batch, level);
      for (std::size_t m = 0; m < kBatch; ++m) {
        for (std::size_t n = 0; n < kBatch; ++n) {
          ColumnCase column = batch[m];
          column.moving = batch[n].moving;
          tally.compare(golden_column(column), tile[m * kBatch + n], "tile against scalar", column);
        }
      }
    }
  }
  tally.finish();
}

// Seeded fault: a judge whose window is one binade off must disagree somewhere. If it did not, the
// cases above would never touch the edge of the window.
TEST_P(FloatColumns, SeededFaultInWindowIsSeen) {
  auto rng = make_rng();
  ColumnSource source(GetParam(), rng);
  for (const int fault : {-1, +1}) {
    exact::Windows wrong;
    wrong.narrow += fault;
    wrong.wide += fault;
    std::uint64_t mismatches = 0;
    for (int i = 0; i < 2000; ++i) {
      const ColumnCase column = source.draw(Kind::window, 16, source.below(2) == 0);
      if (exact::judge_column(column, wrong) != golden_column(column)) ++mismatches;
    }
    EXPECT_GT(mismatches, 0U) << "window changed by " << fault << " and nobody noticed";
  }
}

INSTANTIATE_TEST_SUITE_P(All, Columns, ::testing::ValuesIn(all_pairs()), pair_name);
INSTANTIATE_TEST_SUITE_P(All, FloatColumns, ::testing::ValuesIn(all_float_pairs()), pair_name);

}  // namespace
}  // namespace tinium::testbench
