// SPDX-License-Identifier: Apache-2.0
//
// From a plan to loads, steps, evictions and stores. The result is cut into units, columns of units
// outside and rows inside, so that wide moving chunks are used by all rows while they last. SBUF is
// a cache of chunks, planned here: the chunk whose next use is farthest away goes first.

#include "gemm/schedule.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "gemm/chunk_cache.hpp"
#include "gemm/layout.hpp"
#include "gemm/tables.hpp"

namespace tinium::gemm_detail {
namespace {

constexpr std::uint64_t kQueued = 4;  // stores that may wait in the DMA queue

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

Contraction cut_contraction(const Capabilities& core, const Problem& problem, const Plan& plan) {
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
    const auto in_slices = [&](std::initializer_list<std::pair<std::uint32_t, std::uint64_t>> all) {
      std::size_t slice = 0;
      for (const auto& [partition, depth] : all) {
        if (k == end || partition + depth > p) break;
        const std::uint64_t now = std::min(depth, end - k);
        add(k, now, partition, slice++);
        k += now;
      }
    };
    if (k == 0 && plan.slices > 0) {
      // Pieces and transposed loads have less to gain: 32, 32, and the rest.
      const std::uint64_t small = by_pieces || minor ? 32 : kGroup;
      if (plan.slices == 1) {
        in_slices({{0, small}, {32, small}, {64, 64}});
      } else {
        in_slices({{0, small}, {32, small}, {64, 32}, {96, 32}});
      }
    } else if ((plan.grain == 64 || (plan.slices == 2 && result.entities == 1)) && !by_pieces) {
      in_slices({{0, 64}, {64, 64}});
    } else if (plan.grain == 32 && !by_pieces) {
      in_slices({{0, 32}, {32, 32}, {64, 32}, {96, 32}});
    }
    if (by_pieces) {
      for (; k < end; k += std::min(p, end - k)) add(k, std::min(p, end - k), 0, 0);
      result.blocks.back().by_pairs =
          result.blocks.back().chunks.size() > 1 || problem.swapped || plan.exchanged > 0;
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
  const Cutting cutting(core, problem, plan);
  std::vector<std::vector<Unit>> rounds;
  // Units of the exchanged problem: columns c0 and on are their rows.
  const auto add_exchanged = [&](std::uint64_t c0, std::uint64_t width, bool into_round) {
    if (plan.exchanged == 0) return;
    // A bias along their columns is added tile by tile.
    const std::uint64_t rows = problem.row_bias ? p : width;
    for (std::uint64_t row = 0; row < width; row += rows) {
      Unit unit;
      unit.exchanged = true;
      unit.r0 = c0 + row;
      unit.rows = std::min(rows, width - row);
      unit.tiles = ceil_div(unit.rows, p);
      unit.c0 = cutting.rows;
      unit.width = plan.exchanged;
      if (!into_round) rounds.emplace_back();
      rounds.back().push_back(unit);
    }
  };
  for (std::uint64_t c0 = 0; c0 < problem.moving.extent; c0 += plan.width) {
    const std::uint64_t width = std::min(plan.width, problem.moving.extent - c0);
    for (std::uint64_t r0 = 0; r0 < cutting.rows; r0 += cutting.panel) {
      const std::uint64_t rows = std::min(cutting.panel, cutting.rows - r0);
      const bool last_row = r0 + rows == cutting.rows;
      const bool last = c0 + width == problem.moving.extent && last_row;
      if (last_row && !(last && plan.place != Plan::Place::before && rows <= p)) {
        add_exchanged(c0, width, false);
      }
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
      bool inside = plan.place != Plan::Place::before;
      for (const Cut& cut : cut_tail(plan.tail, rows, width, core.array_cols)) {
        Unit unit;
        unit.r0 = r0 + cut.row;
        unit.rows = cut.rows;
        unit.c0 = c0 + cut.column;
        unit.width = cut.columns;
        if (!plan.together) rounds.emplace_back();
        rounds.back().push_back(unit);
        if (inside) {
          add_exchanged(c0, width, plan.together || plan.place == Plan::Place::beside);
        }
        inside = false;
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
  const Cutting cutting(core, problem, plan);
  std::uint32_t first_unit = 0;
  for (const auto& round : rounds) {
    for (std::size_t b = 0; b < contraction.blocks.size(); ++b) {
      const ChunkBlock& block = contraction.blocks[b];
      for (std::uint32_t pair = block.by_pairs ? 1 : 0; pair <= (block.by_pairs ? 6u : 0u);
           ++pair) {
        for (std::size_t c = 0; c < block.chunks.size(); ++c) {
          const Chunk& chunk = block.chunks[c];
          for (std::uint32_t u = 0; u < round.size(); ++u) {
            const Unit& unit = round[u];
            const bool swapped = problem.swapped != unit.exchanged;
            // In one instruction where nothing speaks against it; with the last pair of the others,
            // because the units of a round must be complete in their order.
            const bool whole = !block.by_pairs || (block.chunks.size() == 1 && !swapped);
            if (whole && block.by_pairs && pair != 6) continue;
            const bool first = b == 0 && c == 0 && (whole || pair == 1);
            const bool last = b + 1 == contraction.blocks.size() && c + 1 == block.chunks.size() &&
                              (whole || pair == 6);
            const std::uint64_t row = unit.exchanged ? unit.c0 : unit.r0;
            const std::uint64_t column = unit.exchanged ? unit.r0 : unit.c0;
            for (std::uint32_t tile = 0; tile < unit.tiles; ++tile) {
              wanted.push_back({first_unit + u, tile, &chunk,
                                whole ? 0 : (swapped ? kSwappedPairs : kPairs)[pair], first,
                                last && tile + 1 == unit.tiles,
                                cutting.panel_of(row) * contraction.entities + chunk.entity,
                                column / plan.width * contraction.entities + chunk.entity});
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

/// SyncE's order: loads as they are needed; a store as soon as the queue has room for it, that is
/// when the unit kQueued before it may be complete, but behind the loads of the next cycles.
std::vector<Transfer> order_transfers(const Capabilities& core, const Problem& problem,
                                      const Plan& plan, const Schedule& s) {
  const std::uint64_t p = core.partitions;
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
  // A load of C may wait for a store: it must not stand before loads that the unit needs.
  const std::uint64_t queued = s.sides.empty() ? kQueued : 0;
  std::uint64_t key = 0;
  for (std::uint64_t i = 0; i < s.loads.size(); ++i) {
    const Load& load = s.loads[i];
    const std::uint64_t begin = end_of(load.first_step);
    key = std::max(
        {key, end_of(load.free_after), begin > plan.lookahead ? begin - plan.lookahead : 0});
    const auto fits = [&] {
      if (unit == s.units.size()) return false;
      std::uint64_t pending = unit + 1;  // stores from here on would fit into the queue
      std::uint64_t room = queued;
      while (pending > 0 && room >= s.units[pending - 1].stores(p)) {
        room -= s.units[--pending].stores(p);
      }
      return (pending == 0 || s.step_end[s.units[pending - 1].end_step] <= key) &&
             s.step_end[s.units[unit].begin_step] <= key;
    };
    while (!problem.resident && fits()) {
      while (side < s.sides.size() && s.sides[side].unit <= unit) load_side();
      if (fits()) store_until(unit + 1);
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

Problem exchanged(const Problem& problem) {
  Problem other = problem;
  std::swap(other.stationary, other.moving);
  std::swap(other.row_step, other.col_step);
  std::swap(other.row_bias, other.column_bias);
  other.swapped = !problem.swapped;
  return other;
}

std::uint64_t array_cycles(const Capabilities& core, const Problem& problem, const Step& step) {
  const std::uint64_t rows = ceil_div(step.depth, core.array_rows);
  const std::uint64_t columns = ceil_div(step.rows, core.array_cols);
  const std::uint64_t least =
      ceil_div(std::min<std::uint64_t>(step.rows, core.array_cols), load_columns(core));
  const std::uint64_t pass = std::max<std::uint64_t>(step.width, least);
  return rows * std::max(columns * pass, rows > 1 ? loop_cycles(core) : 0) *
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
  const Contraction contraction = cut_contraction(core, problem, plan);
  const Cutting cutting(core, problem, plan);
  const auto rounds = cut_result(core, problem, plan);
  Schedule s;
  for (const auto& round : rounds) {
    if (round.size() > core.psum_banks) return std::nullopt;
    for (const Unit& unit : round) {
      if (unit.tiles * unit.width > isa::kPsumBankElements) return std::nullopt;
    }
    s.units.insert(s.units.end(), round.begin(), round.end());
  }
  const auto layout = lay_out(core, problem, plan, contraction.entities, s.units);
  if (!layout) return std::nullopt;
  s.out_slots = layout->out_slots;
  place_units(core, problem, plan, *layout, s);

  const std::vector<Wanted> wanted = order_steps(core, problem, plan, contraction, rounds);
  const std::uint64_t stationary_entities = cutting.panels * contraction.entities;
  const std::uint64_t moving_entities = cutting.columns * contraction.entities;
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
      (first_unit.exchanged || problem.passes > 1 || problem.resident ||
       problem.stationary.order != OperandOrder::k_major ||
       problem.moving.order != OperandOrder::k_major || (by_rows && first_rows <= corner_rows) ||
       (by_columns && first_unit.width <= corner_columns))) {
    return std::nullopt;
  }
  const std::uint64_t extra = (by_rows ? 1 : 0) + (by_columns ? 1 : 0);

  std::uint64_t cycles = 0;
  // Steps that end so early that the loads of the present one may begin behind them.
  const auto not_before = [&]() -> std::uint64_t {
    if (problem.resident || cycles <= plan.ahead) return 0;
    const auto end = std::upper_bound(s.step_end.begin(), s.step_end.end(), cycles - plan.ahead);
    return static_cast<std::uint64_t>(end - s.step_end.begin());
  };

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
    load.free_after = std::max(free_after, not_before());
    load.first_step = step;
    s.loads.push_back(load);
    s.bus_bytes +=
        load.depth * columns * size_of((is_moving ? problem.moving : problem.stationary).dtype);
    return s.loads.size();
  };
  const auto bring = [&](ChunkCache& cache, ChunkCache::Slot& slot, const Chunk& chunk,
                         std::uint64_t step, bool is_moving) {
    if (slot.loads[chunk.slice] != 0) return;
    const std::uint64_t index = slot.entity / contraction.entities;
    const std::uint64_t c0 = index * (is_moving ? plan.width : cutting.panel);
    const std::uint64_t columns =
        is_moving ? std::min(plan.width, problem.moving.extent - c0) : cutting.rows_of(index);
    slot.loads[chunk.slice] =
        add_load(is_moving, chunk, c0, columns, cache.offset(slot), slot.free_after, step);
  };

  s.steps.reserve(wanted.size() + extra);
  s.step_end.reserve(wanted.size() + extra);
  std::vector<char> begun(s.units.size(), 0);
  const auto add_step = [&](const Step& step) {
    cycles += array_cycles(core, problem, step);
    s.steps.push_back(step);
    s.step_end.push_back(cycles);
  };
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
    const std::uint64_t tile = w.tile * p;
    const std::uint64_t row = unit.exchanged ? unit.c0 : unit.r0 + tile;
    const std::uint64_t column = unit.exchanged ? unit.r0 + tile : unit.c0;
    step.stationary_offset = static_cast<std::uint32_t>(
        stationary.offset(stationary_slot) +
        (row - cutting.panel_of(row) * cutting.panel) * size_of(problem.stationary.dtype));
    step.moving_offset = static_cast<std::uint32_t>(
        moving.offset(moving_slot) + column % plan.width * size_of(problem.moving.dtype));
    step.psum_word =
        static_cast<std::uint32_t>(unit.bank * isa::kPsumBankElements + w.tile * unit.width);
    step.pair = w.pair;
    step.first = w.first;
    step.begins_unit = begun[w.unit] == 0;
    if (step.begins_unit) unit.begin_step = number;
    begun[w.unit] = 1;
    if (i == 0 && extra > 0) {
      const std::uint64_t rows = cutting.rows_of(0);
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
    bring(stationary, stationary_slot, *w.chunk, number, false);
    bring(moving, moving_slot, *w.chunk, number, true);
    step.stationary_load = stationary_slot.loads[w.chunk->slice];
    step.moving_load = moving_slot.loads[w.chunk->slice];
    if (unit.exchanged) {
      std::swap(step.stationary_offset, step.moving_offset);
      std::swap(step.stationary_load, step.moving_load);
    }
    step.ends_unit = w.ends;
    if (w.ends) unit.end_step = number;
    add_step(step);
  }
  s.bus_bytes += problem.stationary.extent * problem.moving.extent * size_of(problem.output);
  s.transfers = order_transfers(core, problem, plan, s);
  return s;
}

}  // namespace tinium::gemm_detail
