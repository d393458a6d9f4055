// SPDX-License-Identifier: Apache-2.0
//
// Which schedule: several are made and timed by the model of cost.cpp; the fastest is taken. A
// product of many steps has fewer candidates: what the first and the last tile cost vanishes there.

#include <algorithm>

#include "gemm/schedule.hpp"
#include "gemm/tables.hpp"

namespace tinium::gemm_detail {
namespace {

constexpr std::uint64_t kManyInstructions = 20'000;
constexpr std::uint64_t kFewInstructions = 200;

std::vector<Plan> candidates(const Capabilities& core, const Problem& problem) {
  using Tail = Plan::Tail;
  std::vector<Plan> plans;
  const std::uint64_t full = std::min<std::uint64_t>(isa::kPsumBankElements, problem.moving.extent);
  const std::uint64_t row_tiles = ceil_div(problem.stationary.extent, core.partitions);
  for (std::uint64_t parts = 1; parts <= 64; parts *= 2) {
    const std::uint64_t width =
        parts == 1 ? full : std::min(full, round_up(ceil_div(full, parts), 16));
    if (parts > 1 && (width < 16 || width >= plans.back().width)) break;
    const std::uint64_t most = problem.column_bias || problem.accumulate ? 1 : kMostTiles;
    for (std::uint64_t tiles = 1; tiles <= most && tiles * width <= isa::kPsumBankElements;
         tiles *= 2) {
      if (tiles > 1 && tiles / 2 >= row_tiles) break;
      const std::uint64_t instructions =
          count_instructions(core, problem, Plan{width, tiles, false, Tail::whole, false});
      if (instructions > kManyInstructions) {
        plans.push_back({width, tiles, false, Tail::columns, true});
        continue;
      }
      for (const std::uint64_t rows : {~0ull, 64ull, 32ull}) {
        // Small tiles begin and end sooner; that matters for small products only.
        if (rows != ~0ull &&
            (tiles > 1 || instructions > kFewInstructions ||
             rows >= std::min<std::uint64_t>(core.partitions, problem.stationary.extent))) {
          continue;
        }
        for (const bool slices : {true, false}) {
          for (const Tail tail :
               {Tail::rows, Tail::few, Tail::blocks, Tail::columns, Tail::whole}) {
            for (const bool together : {false, true}) {
              if (together && tail == Tail::whole) continue;
              plans.push_back({width, tiles, slices, tail, together, rows});
              if (!slices || instructions > kFewInstructions) continue;
              for (const unsigned corner : {1u, 2u, 3u}) {
                plans.push_back({width, tiles, slices, tail, together, rows, corner});
              }
            }
          }
        }
      }
    }
  }
  return plans;
}

}  // namespace

std::optional<Choice> choose(const Capabilities& core, const Problem& problem) {
  std::optional<Choice> best;
  std::uint64_t widest = 0;
  for (const Plan& plan : candidates(core, problem)) {
    // Narrower tiles only where the wide ones do not fit, or when they are cheap to try.
    if (best && plan.width < widest && best->schedule.steps.size() > 256 && plan.width * 4 < widest)
      break;
    auto schedule = make_schedule(core, problem, plan);
    if (!schedule) continue;
    widest = std::max(widest, plan.width);
    const std::uint64_t cycles = estimate(core, problem, *schedule);
    if (!best || cycles < best->cycles) best = Choice{plan, std::move(*schedule), cycles};
  }
  return best;
}

}  // namespace tinium::gemm_detail
