// SPDX-License-Identifier: Apache-2.0
// Problems for the PE array: columns of every pair and kind become passes with expected bits.
//
// The bits of every pass come from the golden model's steps; the bits of the last pass of a problem
// are judged by exact arithmetic as well, so that an error shared by array and model would show.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "../numerics/numerics_cases.hpp"
#include "array_bench.hpp"

namespace tinium::testbench {

/// Shape of a problem: K partitions, `columns` stationary columns, `vectors` moving vectors.
struct ProblemShape {
  unsigned rows;     ///< of the array
  unsigned columns;  ///< of the array
  unsigned k;
  unsigned vectors;
};

/// Counts what was asked of the exact judge and where model and judge differed.
struct JudgeTally {
  std::uint64_t judged = 0;
  std::uint64_t differed = 0;
};

/// Draws one problem and gives its passes, in order: for each piece pass, for each stretch of
/// `rows` partitions. PSUM words between passes are the model's, so that no pass waits for another.
/// `judge_share`: one result in so many is judged.
inline std::vector<ArrayPass> draw_problem(const Pair& pair, Kind kind, const ProblemShape& shape,
                                           std::mt19937_64& rng, unsigned judge_share,
                                           JudgeTally& tally) {
  using numerics::Operand;
  const bool overwrite = rng() % 3 == 0;
  ColumnSource source(pair, rng);
  std::vector<ColumnCase> columns;
  for (unsigned c = 0; c < shape.columns; ++c) columns.push_back(source.draw(kind, shape.k, false));
  std::vector<bool> column_enable(shape.columns, true);
  if (rng() % 4 == 0) {
    for (unsigned c = 0; c < shape.columns; ++c) column_enable[c] = rng() % 4 != 0;
  }
  // Vector v is the moving side of column v, so that every kind keeps its point somewhere.
  std::vector<std::vector<std::uint32_t>> moving(shape.vectors);
  std::vector<std::vector<std::uint32_t>> psum(shape.vectors);
  for (unsigned v = 0; v < shape.vectors; ++v) {
    const bool matched = v < shape.columns;
    const ColumnCase other = matched ? columns[v] : source.draw(kind, shape.k, false);
    moving[v] = other.moving;
    psum[v].resize(shape.columns);
    for (unsigned c = 0; c < shape.columns; ++c) {
      psum[v][c] = c == v ? columns[c].psum : rng() % 2 == 0 ? other.psum : columns[c].psum;
    }
  }
  std::vector<std::vector<std::uint32_t>> initial = psum;
  if (overwrite) {
    for (auto& words : psum) std::fill(words.begin(), words.end(), 0U);
  }

  const numerics::PairPlan plan = numerics::pair_plan(pair.stationary, pair.moving);
  const std::string what = std::string(name(pair.stationary)) + " x " +
                           std::string(name(pair.moving)) + " " + name_of(kind) +
                           " K=" + std::to_string(shape.k) +
                           " overwrite=" + std::to_string(static_cast<int>(overwrite));
  std::vector<ArrayPass> passes;
  for (std::size_t p = 0; p < plan.pass_count; ++p) {
    for (unsigned start = 0; start < shape.k; start += shape.rows) {
      ArrayPass pass;
      pass.stationary_format = plan.passes[p].stationary;
      pass.moving_format = plan.passes[p].moving;
      pass.mode = plan.mode;
      pass.raises = plan.passes[p].raises();
      pass.column_enable = column_enable;
      pass.row_enable.resize(shape.rows);
      for (unsigned r = 0; r < shape.rows; ++r) pass.row_enable[r] = start + r < shape.k;
      pass.what = what + " pass " + std::to_string(p) + " from partition " + std::to_string(start);
      // Rubbish in disabled rows and columns; decoded operands for the model.
      const auto rubbish = [&] { return static_cast<std::uint32_t>(rng()); };
      pass.tile.assign(shape.columns, std::vector<std::uint32_t>(shape.rows));
      std::vector<std::vector<Operand>> left(shape.columns);
      for (unsigned c = 0; c < shape.columns; ++c) {
        for (unsigned r = 0; r < shape.rows; ++r) {
          const bool used = pass.row_enable[r];
          const std::uint32_t word =
              used ? columns[c].stationary[start + r] & plan.stationary_mask : rubbish();
          pass.tile[c][r] = word;
          left[c].push_back(used && column_enable[c]
                                ? numerics::decode(pass.stationary_format, word, plan.mode)
                                : numerics::disabled_operand(plan.mode));
        }
      }
      for (unsigned v = 0; v < shape.vectors; ++v) {
        ArrayVector vector;
        vector.overwrite = overwrite && passes.empty();
        vector.psum = vector.overwrite ? std::vector<std::uint32_t>(shape.columns) : psum[v];
        if (vector.overwrite) {
          for (auto& word : vector.psum) word = rubbish();
        }
        std::vector<Operand> right;
        for (unsigned r = 0; r < shape.rows; ++r) {
          const bool used = pass.row_enable[r];
          const std::uint32_t word = used ? moving[v][start + r] & plan.moving_mask : rubbish();
          vector.moving.push_back(word);
          right.push_back(used ? numerics::decode(pass.moving_format, word, plan.mode)
                               : numerics::disabled_operand(plan.mode));
        }
        for (unsigned c = 0; c < shape.columns; ++c) {
          for (unsigned g = 0; g < shape.rows; g += numerics::kGroup) {
            numerics::GroupSum group =
                numerics::group_sum(std::span(left[c]).subspan(g, numerics::kGroup),
                                    std::span(right).subspan(g, numerics::kGroup), plan.mode);
            if (!plan.passes[p].raises()) group.special = numerics::kSpecialNone;
            psum[v][c] = numerics::accumulate(group, plan.mode, psum[v][c], false);
          }
        }
        vector.expected = psum[v];
        pass.vectors.push_back(std::move(vector));
      }
      passes.push_back(std::move(pass));
    }
  }
  for (unsigned v = 0; v < shape.vectors; ++v) {
    for (unsigned c = 0; c < shape.columns; ++c) {
      if (!column_enable[c] || rng() % judge_share != 0) continue;
      ColumnCase judged = columns[c];
      judged.moving = moving[v];
      judged.psum = initial[v][c];
      judged.overwrite = overwrite;
      ++tally.judged;
      const std::uint32_t verdict = exact::judge_column(judged);
      if (verdict != psum[v][c]) ++tally.differed;
      // The array is held to the judge's word.
      passes.back().vectors[v].expected[c] = verdict;
    }
  }
  return passes;
}

}  // namespace tinium::testbench
