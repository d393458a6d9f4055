// SPDX-License-Identifier: Apache-2.0
//
// Which schedule: several are made and timed by the model of cost.cpp; the fastest is taken. A
// product of many steps has fewer candidates: what the first and the last tile cost vanishes there.

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "gemm/schedule.hpp"
#include "gemm/tables.hpp"

namespace tinium::gemm_detail {
namespace {

constexpr std::uint64_t kManyInstructions = 20'000;
constexpr std::uint64_t kFewInstructions = 200;
constexpr std::size_t kRefined = 8;  // plans that are refined
constexpr std::size_t kManySteps = 1'000;

/// What matters most: the tiles, and how the last one is cut.
/// @param exchanged  rows of the stationary operand that are moving instead
std::vector<Plan> candidates(const Capabilities& core, const Problem& problem,
                             std::uint64_t exchanged) {
  using Tail = Plan::Tail;
  std::vector<Plan> plans;
  const std::uint64_t full = std::min<std::uint64_t>(isa::kPsumBankElements, problem.moving.extent);
  const std::uint64_t rows_left = problem.stationary.extent - exchanged;
  const std::uint64_t row_tiles = ceil_div(rows_left, core.partitions);
  Plan plan;
  plan.exchanged = exchanged;
  std::uint64_t last_width = ~0ull;
  for (std::uint64_t parts = 1; parts <= 64; parts *= 2) {
    plan.width = parts == 1 ? full : std::min(full, round_up(ceil_div(full, parts), 16));
    if (parts > 1 && (plan.width < 16 || plan.width >= last_width)) break;
    last_width = plan.width;
    const std::uint64_t most = problem.column_bias || problem.accumulate ? 1 : kMostTiles;
    for (plan.tiles = 1; plan.tiles <= most && plan.tiles * plan.width <= isa::kPsumBankElements;
         plan.tiles *= 2) {
      if (plan.tiles > 1 && plan.tiles / 2 >= row_tiles) break;
      plan.rows = ~0ull;
      const std::uint64_t instructions = count_instructions(core, problem, plan);
      if (instructions > kManyInstructions) {
        plan.slices = 0;
        plan.tail = Tail::columns;
        plan.together = true;
        plans.push_back(plan);
        continue;
      }
      for (const std::uint64_t rows : {~0ull, 64ull, 32ull, 16ull}) {
        // Small tiles begin and end sooner; that matters for small products only.
        if (rows != ~0ull && (plan.tiles > 1 || instructions > kFewInstructions ||
                              rows >= std::min<std::uint64_t>(core.partitions, rows_left))) {
          continue;
        }
        plan.rows = rows;
        for (const unsigned slices : {1u, 0u}) {
          plan.slices = slices;
          for (const Tail tail :
               {Tail::rows, Tail::few, Tail::blocks, Tail::columns, Tail::whole}) {
            plan.tail = tail;
            for (const bool together : {false, true}) {
              if (together && tail == Tail::whole) continue;
              plan.together = together;
              for (const Plan::Place place :
                   {Plan::Place::before, Plan::Place::behind, Plan::Place::beside}) {
                if (place != Plan::Place::before && exchanged == 0) break;
                if (place == Plan::Place::beside && together) break;
                plan.place = place;
                plans.push_back(plan);
              }
            }
          }
        }
      }
    }
  }
  return plans;
}

/// The plan with some of its choices made differently.
std::vector<Plan> variants(const Plan& plan) {
  using Tail = Plan::Tail;
  std::vector<Plan> all;
  const auto with = [&](auto&& change) {
    all.push_back(plan);
    change(all.back());
  };
  // How the operands come depends on each other.
  for (const unsigned slices : {0u, 1u, 2u}) {
    for (const std::uint64_t grain : {~0ull, 64ull, 32ull}) {
      for (const std::uint64_t ahead : {~0ull, 1024ull, 512ull}) {
        with([&](Plan& p) {
          p.slices = slices;
          p.grain = grain;
          p.ahead = ahead;
        });
      }
    }
  }
  for (const unsigned corner : {0u, 1u, 2u, 3u}) with([&](Plan& p) { p.corner = corner; });
  for (const std::uint64_t cycles : {8192u, 1024u}) with([&](Plan& p) { p.lookahead = cycles; });
  for (const Tail tail : {Tail::rows, Tail::few, Tail::blocks, Tail::columns, Tail::whole}) {
    for (const bool together : {false, true}) {
      with([&](Plan& p) {
        p.tail = tail;
        p.together = together;
      });
    }
  }
  return all;
}

/// Looks for the fastest plan.
class Search {
 public:
  Search(const Capabilities& core, const Problem& problem) : core_(core), problem_(problem) {}

  void try_tiles(std::uint64_t exchanged) {
    std::uint64_t widest = 0;
    for (const Plan& plan : candidates(core_, problem_, exchanged)) {
      // Narrower tiles only where the wide ones do not fit, or when they are cheap to try.
      if (best_ && plan.width < widest && best_->schedule.steps.size() > 256 &&
          plan.width * 4 < widest) {
        break;
      }
      if (attempt(plan)) widest = std::max(widest, plan.width);
    }
  }
  /// Changes one choice after the other of the best plans as long as that helps.
  void refine() {
    std::vector<Scored> starts;
    for (const auto& [tiles, scored] : best_of_tiles_) starts.push_back(scored);
    std::sort(starts.begin(), starts.end(),
              [](const Scored& a, const Scored& b) { return a.cycles < b.cycles; });
    const std::size_t most = best_ && best_->schedule.steps.size() > kManySteps ? 1 : kRefined;
    if (starts.size() > most) starts.resize(most);
    for (const Scored& start : starts) {
      Scored now = start;
      for (bool better = true; better;) {
        better = false;
        for (const Plan& plan : variants(now.plan)) {
          const auto cycles = attempt(plan);
          if (!cycles || *cycles >= now.cycles) continue;
          now = {plan, *cycles};
          better = true;
        }
      }
    }
  }
  std::optional<Choice> take() { return std::move(best_); }

 private:
  struct Scored {
    Plan plan;
    std::uint64_t cycles = ~0ull;
  };

  std::optional<std::uint64_t> attempt(const Plan& plan) {
    auto schedule = make_schedule(core_, problem_, plan);
    if (!schedule) return std::nullopt;
    std::uint64_t cycles = estimate(core_, problem_, *schedule);
    if (!best_ || cycles < best_->cycles) best_ = Choice{plan, std::move(*schedule), cycles};
    auto& of_tiles = best_of_tiles_[{plan.width, plan.tiles, plan.rows, plan.exchanged}];
    if (of_tiles.cycles > cycles) of_tiles = {plan, cycles};
    return cycles;
  }

  const Capabilities& core_;
  const Problem& problem_;
  std::optional<Choice> best_;
  /// By width, tiles, rows and what is exchanged.
  std::map<std::array<std::uint64_t, 4>, Scored> best_of_tiles_;
};

}  // namespace

std::optional<Choice> choose(const Capabilities& core, const Problem& problem) {
  Search search(core, problem);
  search.try_tiles(0);
  // What does not fill the columns of the array may be better off as a moving operand.
  const std::uint64_t rest = problem.stationary.extent % core.array_cols;
  const bool has_bias = problem.row_bias || problem.column_bias;
  if (rest != 0 && rest < problem.stationary.extent && !problem.accumulate &&
      !(problem.resident && has_bias)) {
    search.try_tiles(rest);
  }
  search.refine();
  return search.take();
}

}  // namespace tinium::gemm_detail
