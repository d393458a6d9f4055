// SPDX-License-Identifier: Apache-2.0
//
// From a plan to loads, steps, evictions and stores. The result is cut into units, columns of units
// outside and rows inside, so that wide moving chunks are used by all rows while they last. SBUF is
// a cache of chunks, planned here: the chunk whose next use is farthest away goes first.

#include "gemm/schedule.hpp"

#include <algorithm>
#include <array>

#include "gemm/chunk_cache.hpp"
#include "gemm/layout.hpp"
#include "gemm/tables.hpp"

namespace tinium::gemm_detail {
namespace {

constexpr std::uint64_t kLookahead = 8192;  // array cycles by which loads go ahead of stores

/// Part of the contraction that is one instruction.
struct Chunk {
  std::uint64_t k0, depth;
  std::uint32_t partition;
  std::uint64_t entity;  ///< chunks of one entity share bytes of SBUF, on different partitions
  std::size_t slice;
};

/// Chunks that are summed one after the other; by_pairs: piece pair by piece pair over all of them.
struct ChunkBlock {
  std::vector<Chunk> chunks;
  bool by_pairs = false;
};

struct Contraction {
  std::vector<ChunkBlock> blocks;
  std::uint64_t entities = 0;
  std::uint64_t chunks = 0;
};

Contraction cut_contraction(const Capabilities& core, const Problem& problem, bool slices) {
  const std::uint64_t p = core.partitions;
  const bool by_pieces = problem.passes > 1;
  const auto is_minor = [](const Side& side) {
    return side.order == OperandOrder::k_minor && side.extent > 1;
  };
  const bool minor = is_minor(problem.stationary) || is_minor(problem.moving);
  Contraction result;
  const auto add = [&](std::uint64_t k0, std::uint64_t depth, std::uint32_t partition,
                       std::size_t slice) {
    if (slice == 0) ++result.entities;
    result.blocks.back().chunks.push_back({k0, depth, partition, result.entities - 1, slice});
    ++result.chunks;
  };
  std::uint64_t k = 0;
  while (k < problem.depth) {
    result.blocks.emplace_back();
    const std::uint64_t end = by_pieces ? std::min(problem.depth, round_up(k + 1, kBlock))
                                        : std::min(problem.depth, k + p);
    if (k == 0 && slices) {
      // On partitions 0, 32 and 64: 16, 16 and 64 deep (pieces, transposed loads: 32, 32, 64).
      const std::uint64_t small = by_pieces || minor ? 32 : kGroup;
      std::size_t slice = 0;
      for (const auto& [partition, depth] :
           {std::pair{0u, small}, std::pair{32u, small}, std::pair{64u, std::uint64_t{64}}}) {
        if (k == end || partition + depth > p) break;
        const std::uint64_t now = std::min(depth, end - k);
        add(k, now, partition, slice++);
        k += now;
      }
    }
    if (by_pieces) {
      for (; k < end; k += std::min(p, end - k)) add(k, std::min(p, end - k), 0, 0);
      result.blocks.back().by_pairs = result.blocks.back().chunks.size() > 1 || problem.swapped;
    } else if (result.blocks.back().chunks.empty()) {
      add(k, end - k, 0, 0);
      k = end;
    } else if (result.blocks.back().chunks.size() > 1) {
      // One after the other is all that counts: each is a block of its own.
      std::vector<Chunk> chunks = std::move(result.blocks.back().chunks);
      result.blocks.pop_back();
      for (const Chunk& chunk : chunks) result.blocks.push_back({{chunk}, false});
    }
  }
  return result;
}

/// A rectangle of the last tile, in units of elements.
struct Cut {
  std::uint64_t row, rows, column, columns;
};

/// How the last tile is cut so that little is left to evict and store behind the last product.
std::vector<Cut> cut_tail(Plan::Tail tail, std::uint64_t rows, std::uint64_t width,
                          std::uint64_t narrow) {
  std::vector<Cut> cuts;
  std::uint64_t row = 0;
  std::uint64_t left = rows;
  if (tail == Plan::Tail::rows || tail == Plan::Tail::blocks) {
    while (left > kGroup) {
      const std::uint64_t now = std::min(left - 1, round_up(ceil_div(left, 2), kGroup));
      cuts.push_back({row, now, 0, width});
      row += now;
      left -= now;
    }
  } else if (tail == Plan::Tail::few && left > kGroup) {
    const std::uint64_t now = round_up(left, kGroup) - kGroup;
    cuts.push_back({row, now, 0, width});
    row += now;
    left -= now;
  }
  std::uint64_t column = 0;
  std::uint64_t columns = width;
  while (tail != Plan::Tail::whole && tail != Plan::Tail::blocks && columns >= 2 * narrow &&
         cuts.size() < 12) {
    const std::uint64_t now =
        tail == Plan::Tail::few ? columns - narrow : round_up(columns / 2, narrow);
    cuts.push_back({row, left, column, now});
    column += now;
    columns -= now;
  }
  cuts.push_back({row, left, column, columns});
  return cuts;
}

/// The units, in rounds: those of a round go through the contraction side by side.
std::vector<std::vector<Unit>> cut_result(const Capabilities& core, const Problem& problem,
                                          const Plan& plan) {
  const std::uint64_t p = core.partitions;
  const std::uint64_t panel = panel_rows(core, plan);
  std::vector<std::vector<Unit>> rounds;
  for (std::uint64_t c0 = 0; c0 < problem.moving.extent; c0 += plan.width) {
    const std::uint64_t width = std::min(plan.width, problem.moving.extent - c0);
    for (std::uint64_t r0 = 0; r0 < problem.stationary.extent; r0 += panel) {
      const std::uint64_t rows = std::min(panel, problem.stationary.extent - r0);
      const bool last =
          c0 + width == problem.moving.extent && r0 + rows == problem.stationary.extent;
      if (!last || rows > p) {
        Unit unit;
        unit.r0 = r0;
        unit.rows = rows;
        unit.tiles = ceil_div(rows, p);
        unit.c0 = c0;
        unit.width = width;
        rounds.push_back({unit});
        continue;
      }
      if (plan.together) rounds.emplace_back();
      for (const Cut& cut : cut_tail(plan.tail, rows, width, core.array_cols)) {
        Unit unit;
        unit.r0 = r0 + cut.row;
        unit.rows = cut.rows;
        unit.c0 = c0 + cut.column;
        unit.width = cut.columns;
        if (!plan.together) rounds.emplace_back();
        rounds.back().push_back(unit);
      }
    }
  }
  return rounds;
}

/// Piece pairs in the order of the contract when the left operand is stationary, and with the
/// pieces exchanged when the right one is: each sum meets the same products in the same order.
constexpr std::array<std::uint32_t, 7> kPairs = {0, 1, 2, 3, 4, 5, 6};
constexpr std::array<std::uint32_t, 7> kSwappedPairs = {0, 3, 2, 1, 5, 4, 6};

/// A step before its operands have a place.
struct Wanted {
  std::uint32_t unit;
  std::uint32_t tile;
  const Chunk* chunk;
  std::uint32_t pair;
  bool first, ends;
  std::uint64_t stationary_entity, moving_entity;
};

std::vector<Wanted> order_steps(const Capabilities& core, const Problem& problem, const Plan& plan,
                                const Contraction& contraction,
                                const std::vector<std::vector<Unit>>& rounds) {
  std::vector<Wanted> wanted;
  std::uint32_t first_unit = 0;
  for (const auto& round : rounds) {
    for (std::size_t b = 0; b < contraction.blocks.size(); ++b) {
      const ChunkBlock& block = contraction.blocks[b];
      for (std::uint32_t pair = block.by_pairs ? 1 : 0; pair <= (block.by_pairs ? 6u : 0u);
           ++pair) {
        for (std::size_t c = 0; c < block.chunks.size(); ++c) {
          const Chunk& chunk = block.chunks[c];
          const bool first = b == 0 && c == 0 && pair <= 1;
          const bool last = b + 1 == contraction.blocks.size() && c + 1 == block.chunks.size() &&
                            (pair == 0 || pair == 6);
          for (std::uint32_t u = 0; u < round.size(); ++u) {
            const Unit& unit = round[u];
            for (std::uint32_t tile = 0; tile < unit.tiles; ++tile) {
              wanted.push_back(
                  {first_unit + u, tile, &chunk, (problem.swapped ? kSwappedPairs : kPairs)[pair],
                   first, last && tile + 1 == unit.tiles,
                   unit.r0 / panel_rows(core, plan) * contraction.entities + chunk.entity,
                   unit.c0 / plan.width * contraction.entities + chunk.entity});
            }
          }
        }
      }
    }
    first_unit += static_cast<std::uint32_t>(round.size());
  }
  return wanted;
}

/// The next step that uses the same entity.
std::vector<std::uint64_t> next_uses(const std::vector<Wanted>& wanted,
                                     std::uint64_t Wanted::*entity, std::uint64_t entities) {
  std::vector<std::uint64_t> next(wanted.size());
  std::vector<std::uint64_t> seen(entities, kNever);
  for (std::size_t i = wanted.size(); i-- > 0;) {
    next[i] = seen[wanted[i].*entity];
    seen[wanted[i].*entity] = i;
  }
  return next;
}

/// SyncE's order: loads as they are needed, a store as soon as its unit may be complete, but behind
/// the loads of the next kLookahead cycles.
std::vector<Transfer> order_transfers(const Problem& problem, const Schedule& s) {
  std::vector<Transfer> order;
  const auto end_of = [&](std::uint64_t steps) { return steps == 0 ? 0 : s.step_end[steps - 1]; };
  std::uint64_t unit = 0;
  std::uint64_t side = 0;
  const auto store_until = [&](std::uint64_t end) {
    while (unit < end) order.push_back({Transfer::Kind::store, unit++});
  };
  const auto load_side = [&] {
    // What frees its bytes must be on its way.
    store_until(s.sides[side].after);
    order.push_back({Transfer::Kind::side, side++});
  };
  std::uint64_t key = 0;
  for (std::uint64_t i = 0; i < s.loads.size(); ++i) {
    const Load& load = s.loads[i];
    const std::uint64_t begin = end_of(load.first_step);
    key = std::max({key, end_of(load.free_after), begin > kLookahead ? begin - kLookahead : 0});
    while (!problem.resident && unit < s.units.size() &&
           s.step_end[s.units[unit].end_step] <= key) {
      while (side < s.sides.size() && s.sides[side].unit <= unit) load_side();
      if (s.step_end[s.units[unit].end_step] <= key) store_until(unit + 1);
    }
    order.push_back({Transfer::Kind::load, i});
    while (i >= 3 && side < s.sides.size() && s.sides[side].unit <= s.steps[load.first_step].unit) {
      load_side();
    }
  }
  while (side < s.sides.size()) load_side();
  store_until(s.units.size());
  return order;
}

}  // namespace

std::uint64_t array_cycles(const Capabilities& core, const Problem& problem, const Step& step) {
  const std::uint64_t rows = ceil_div(step.depth, core.array_rows);
  const std::uint64_t columns = ceil_div(step.rows, core.array_cols);
  const std::uint64_t least =
      ceil_div(std::min<std::uint64_t>(step.rows, core.array_cols), load_columns(core));
  const std::uint64_t pass = std::max<std::uint64_t>(step.width, least);
  const std::uint64_t loop = 3 + 10 * core.array_rows / 16;
  return rows * std::max(columns * pass, rows > 1 ? loop : 0) *
         (step.pair != 0 ? 1 : problem.passes);
}

std::uint64_t count_instructions(const Capabilities& core, const Problem& problem,
                                 const Plan& plan) {
  const std::uint64_t tiles = ceil_div(problem.stationary.extent, core.partitions);
  const std::uint64_t columns = ceil_div(problem.moving.extent, plan.width);
  const std::uint64_t chunks = ceil_div(problem.depth, core.partitions);
  const bool pairs = problem.passes > 1 && (core.partitions < kBlock || problem.swapped);
  return tiles * columns * (chunks * (pairs ? 14 : 4) + 4);
}

std::optional<Schedule> make_schedule(const Capabilities& core, const Problem& problem,
                                      const Plan& plan) {
  const std::uint64_t p = core.partitions;
  const Contraction contraction = cut_contraction(core, problem, plan.slices);
  const auto rounds = cut_result(core, problem, plan);
  Schedule s;
  for (const auto& round : rounds) {
    if (round.size() > core.psum_banks) return std::nullopt;
    s.units.insert(s.units.end(), round.begin(), round.end());
  }
  const auto layout = lay_out(core, problem, plan, contraction.entities, s.units);
  if (!layout) return std::nullopt;
  s.out_slots = layout->out_slots;
  const std::uint64_t panels = ceil_div(problem.stationary.extent, panel_rows(core, plan));
  place_units(core, problem, plan, *layout, s);

  const std::vector<Wanted> wanted = order_steps(core, problem, plan, contraction, rounds);
  const std::uint64_t stationary_entities = panels * contraction.entities;
  const std::uint64_t moving_entities =
      ceil_div(problem.moving.extent, plan.width) * contraction.entities;
  const auto stationary_next = next_uses(wanted, &Wanted::stationary_entity, stationary_entities);
  const auto moving_next = next_uses(wanted, &Wanted::moving_entity, moving_entities);
  ChunkCache stationary(0, layout->stationary_bytes, layout->stationary_slots, stationary_entities);
  ChunkCache moving(layout->moving_base, layout->moving_bytes, layout->moving_slots,
                    moving_entities);

  // The first step may be two or three: a corner of the tile, the rest of its rows, the other rows.
  const Unit& first_unit = s.units.front();
  const std::uint64_t first_rows = std::min(first_unit.rows, p);
  const std::uint64_t corner_rows = first_rows > 64 ? 64 : 32;
  const std::uint64_t corner_columns =
      std::max<std::uint64_t>(1, core.bus_bytes / size_of(problem.moving.dtype));
  const bool by_rows = (plan.corner & 1u) != 0;
  const bool by_columns = (plan.corner & 2u) != 0;
  if (plan.corner != 0 &&
      (problem.passes > 1 || problem.resident ||
       problem.stationary.order != OperandOrder::k_major ||
       problem.moving.order != OperandOrder::k_major || (by_rows && first_rows <= corner_rows) ||
       (by_columns && first_unit.width <= corner_columns))) {
    return std::nullopt;
  }
  const std::uint64_t extra = (by_rows ? 1 : 0) + (by_columns ? 1 : 0);

  const auto add_load = [&](bool is_moving, const Chunk& chunk, std::uint64_t c0,
                            std::uint64_t columns, std::uint64_t offset, std::uint64_t free_after,
                            std::uint64_t step) {
    Load load;
    load.moving = is_moving;
    load.k0 = chunk.k0;
    load.depth = chunk.depth;
    load.c0 = c0;
    load.columns = columns;
    load.partition = chunk.partition;
    load.offset = static_cast<std::uint32_t>(offset);
    load.free_after = free_after;
    load.first_step = step;
    s.loads.push_back(load);
    s.bus_bytes +=
        load.depth * columns * size_of((is_moving ? problem.moving : problem.stationary).dtype);
    return s.loads.size();
  };
  const auto bring = [&](ChunkCache& cache, ChunkCache::Slot& slot, const Chunk& chunk,
                         std::uint64_t step, bool is_moving, std::uint64_t block,
                         std::uint64_t extent) {
    if (slot.loads[chunk.slice] != 0) return;
    const std::uint64_t c0 = slot.entity / contraction.entities * block;
    slot.loads[chunk.slice] = add_load(is_moving, chunk, c0, std::min(block, extent - c0),
                                       cache.offset(slot), slot.free_after, step);
  };

  std::uint64_t cycles = 0;
  s.steps.reserve(wanted.size() + extra);
  s.step_end.reserve(wanted.size() + extra);
  std::vector<char> begun(s.units.size(), 0);
  const auto add_step = [&](const Step& step) {
    cycles += array_cycles(core, problem, step);
    s.steps.push_back(step);
    s.step_end.push_back(cycles);
  };
  const std::uint64_t panel = panel_rows(core, plan);
  for (std::uint64_t i = 0; i < wanted.size(); ++i) {
    const Wanted& w = wanted[i];
    Unit& unit = s.units[w.unit];
    const std::uint64_t number = i + extra;
    auto& stationary_slot = stationary.take(w.stationary_entity, number, stationary_next[i]);
    auto& moving_slot = moving.take(w.moving_entity, number, moving_next[i]);
    Step step;
    step.unit = w.unit;
    step.partition = w.chunk->partition;
    step.depth = static_cast<std::uint32_t>(w.chunk->depth);
    step.rows = static_cast<std::uint32_t>(unit.tile_rows(w.tile, p));
    step.width = static_cast<std::uint32_t>(unit.width);
    step.stationary_offset = static_cast<std::uint32_t>(stationary.offset(stationary_slot) +
                                                        (unit.r0 % panel + w.tile * p) *
                                                            size_of(problem.stationary.dtype));
    step.moving_offset = static_cast<std::uint32_t>(
        moving.offset(moving_slot) + unit.c0 % plan.width * size_of(problem.moving.dtype));
    step.psum_word =
        static_cast<std::uint32_t>(unit.bank * isa::kPsumBankElements + w.tile * unit.width);
    step.pair = w.pair;
    step.first = w.first;
    step.begins_unit = begun[w.unit] == 0;
    begun[w.unit] = 1;
    if (i == 0 && extra > 0) {
      const std::uint64_t rows = std::min(panel, problem.stationary.extent);
      const std::uint64_t width = std::min(plan.width, problem.moving.extent);
      const std::uint64_t rows_at = stationary.offset(stationary_slot);
      const std::uint64_t columns_at = moving.offset(moving_slot);
      const std::uint64_t skip_rows = corner_rows * size_of(problem.stationary.dtype);
      const std::uint64_t skip_columns = corner_columns * size_of(problem.moving.dtype);
      const std::size_t slice = w.chunk->slice;
      Step part = step;
      if (by_rows) part.rows = static_cast<std::uint32_t>(corner_rows);
      if (by_columns) part.width = static_cast<std::uint32_t>(corner_columns);
      part.stationary_load =
          add_load(false, *w.chunk, 0, by_rows ? corner_rows : rows, rows_at, 0, 0);
      part.moving_load =
          add_load(true, *w.chunk, 0, by_columns ? corner_columns : width, columns_at, 0, 0);
      stationary_slot.loads[slice] = part.stationary_load;
      moving_slot.loads[slice] = part.moving_load;
      add_step(part);
      step.begins_unit = false;
      if (by_columns) {
        part.begins_unit = false;
        part.width = static_cast<std::uint32_t>(unit.width - corner_columns);
        part.moving_offset += static_cast<std::uint32_t>(skip_columns);
        part.psum_word += static_cast<std::uint32_t>(corner_columns);
        part.moving_load = moving_slot.loads[slice] =
            add_load(true, *w.chunk, corner_columns, width - corner_columns,
                     columns_at + skip_columns, 0, 1);
        if (by_rows) {
          add_step(part);
        } else {
          step = part;
        }
      }
      if (by_rows) {
        stationary_slot.loads[slice] = add_load(false, *w.chunk, corner_rows, rows - corner_rows,
                                                rows_at + skip_rows, 0, extra);
        step.rows -= static_cast<std::uint32_t>(corner_rows);
        step.stationary_offset += static_cast<std::uint32_t>(skip_rows);
        step.psum_partition = static_cast<std::uint32_t>(corner_rows);
      }
    }
    bring(stationary, stationary_slot, *w.chunk, number, false, panel, problem.stationary.extent);
    bring(moving, moving_slot, *w.chunk, number, true, plan.width, problem.moving.extent);
    step.stationary_load = stationary_slot.loads[w.chunk->slice];
    step.moving_load = moving_slot.loads[w.chunk->slice];
    step.ends_unit = w.ends;
    if (w.ends) unit.end_step = number;
    add_step(step);
  }
  s.bus_bytes += problem.stationary.extent * problem.moving.extent * size_of(problem.output);
  s.transfers = order_transfers(problem, s);
  return s;
}

}  // namespace tinium::gemm_detail
