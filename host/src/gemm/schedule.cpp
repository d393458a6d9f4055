// SPDX-License-Identifier: Apache-2.0
//
// From a plan to loads, steps, evictions and stores. The result is cut into units, columns of units
// outside and rows inside, so that wide moving chunks are used by all rows while they last. SBUF is
// a cache of chunks, planned here: the chunk whose next use is farthest away goes first.

#include "gemm/schedule.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "gemm/tables.hpp"

namespace tinium::gemm_detail {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kLookahead = 8192;  // array cycles by which loads go ahead of stores
constexpr std::size_t kSlices = 4;
constexpr std::uint64_t kBiasSlots = 32;

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
  const bool minor = problem.stationary.order == OperandOrder::k_minor ||
                     problem.moving.order == OperandOrder::k_minor;
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
    if (k == 0 && slices && (kPiecePairs || !by_pieces)) {
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
      result.blocks.back().by_pairs =
          kPiecePairs && (result.blocks.back().chunks.size() > 1 || problem.swapped);
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

/// SBUF places of the chunks of one operand.
class ChunkCache {
 public:
  ChunkCache(std::uint64_t base, std::uint64_t slot_bytes, std::size_t slots,
             std::uint64_t entities)
      : base_(base), slot_bytes_(slot_bytes), slots_(slots), where_(entities, kNowhere) {}

  struct Slot {
    std::uint64_t entity = kNever;
    std::uint64_t used = 0;       ///< 1 + the last step that reads it; 0: never
    std::uint64_t next = kNever;  ///< the next step that reads it
    std::uint64_t free_after = 0;
    std::array<std::uint64_t, kSlices> loads{};
  };

  Slot& take(std::uint64_t entity, std::uint64_t step, std::uint64_t next) {
    if (where_[entity] == kNowhere) replace(entity, step);
    Slot& slot = slots_[where_[entity]];
    slot.used = step + 1;
    slot.next = next;
    return slot;
  }
  std::uint32_t offset(const Slot& slot) const {
    return static_cast<std::uint32_t>(base_ + static_cast<std::uint64_t>(&slot - slots_.data()) *
                                                  slot_bytes_);
  }

 private:
  static constexpr std::uint32_t kNowhere = ~0u;

  void replace(std::uint64_t entity, std::uint64_t step) {
    // A slot that was read just now cannot be loaded ahead of its use: take older ones if there
    // are.
    std::size_t victim = slots_.size();
    for (const std::uint64_t distance : {4u, 2u, 1u, 0u}) {
      for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i].used != 0 && slots_[i].used + distance > step + 1) continue;
        if (victim == slots_.size() || better(slots_[i], slots_[victim])) victim = i;
      }
      if (victim != slots_.size()) break;
    }
    Slot& slot = slots_[victim];
    if (slot.entity != kNever) where_[slot.entity] = kNowhere;
    slot = {entity, 0, 0, slot.used, {}};
    where_[entity] = static_cast<std::uint32_t>(victim);
  }
  static bool better(const Slot& a, const Slot& b) {
    if ((a.used == 0) != (b.used == 0)) return a.used == 0;
    return a.next != b.next ? a.next > b.next : a.used < b.used;
  }

  std::uint64_t base_;
  std::uint64_t slot_bytes_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> where_;
};

std::uint64_t out_bytes_of(const Problem& problem, const Unit& unit) {
  return round_up(unit.tiles * unit.width * size_of(problem.output), kAlign);
}

/// How SBUF is divided.
struct Layout {
  std::uint64_t stationary_bytes = 0, moving_bytes = 0, out_bytes = 0;  // of one slot
  std::size_t stationary_slots = 0, moving_slots = 0, out_slots = 0;
  std::uint64_t moving_base = 0, out_base = 0, bias_base = 0;
};

std::optional<Layout> lay_out(const Capabilities& core, const Problem& problem, const Plan& plan,
                              const Contraction& contraction, const std::vector<Unit>& units) {
  const std::uint64_t p = core.partitions;
  const std::uint64_t panels = ceil_div(problem.stationary.extent, p * plan.tiles);
  const std::uint64_t columns = ceil_div(problem.moving.extent, plan.width);
  const std::uint64_t width = std::min(plan.width, problem.moving.extent);
  const std::uint64_t panel = std::min(problem.stationary.extent, p * plan.tiles);
  const std::uint64_t unit_tiles = ceil_div(panel, p);
  Layout l;
  l.stationary_bytes = round_up(panel * size_of(problem.stationary.dtype), kAlign);
  l.moving_bytes = round_up(width * size_of(problem.moving.dtype), kAlign);
  l.out_bytes = round_up(unit_tiles * width * size_of(problem.output), kAlign);
  const std::uint64_t bias_bytes =
      problem.row_bias
          ? round_up(std::min<std::uint64_t>(units.size(), kBiasSlots) * unit_tiles * 4, kAlign)
          : 0;
  const std::size_t all_stationary = panels * contraction.entities;
  const std::size_t all_moving = columns * contraction.entities;
  if (bias_bytes >= core.sbuf_bytes) return std::nullopt;
  const std::uint64_t room = core.sbuf_bytes - bias_bytes;
  std::uint64_t resident_bytes = 0;
  if (problem.resident) {
    l.out_slots = units.size();
    for (const Unit& unit : units) resident_bytes += out_bytes_of(problem, unit);
    l.stationary_slots = all_stationary;
    l.moving_slots = all_moving;
  } else {
    l.out_slots =
        std::min<std::size_t>(units.size(), std::clamp<std::size_t>(room / 8 / l.out_bytes, 2, 8));
    l.stationary_slots = std::min<std::size_t>(all_stationary, 4);
    l.moving_slots = std::min<std::size_t>(all_moving, 4);
    const auto bytes = [&] {
      return l.out_slots * l.out_bytes + l.stationary_slots * l.stationary_bytes +
             l.moving_slots * l.moving_bytes;
    };
    if (bytes() > room) {
      l.stationary_slots = std::min<std::size_t>(all_stationary, 2);
      l.moving_slots = std::min<std::size_t>(all_moving, 2);
    }
    const auto grow = [&](std::size_t& slots, std::size_t most, std::uint64_t slot_bytes) {
      if (bytes() > room || slots >= most) return;
      slots = std::min<std::size_t>(most, slots + (room - bytes()) / slot_bytes);
    };
    // A column of units uses its moving chunks once for each of its rows.
    if (panels > 1 || plan.tail == Plan::Tail::rows || plan.tail == Plan::Tail::few) {
      grow(l.moving_slots, std::min<std::size_t>(all_moving, contraction.entities + 2),
           l.moving_bytes);
    }
    grow(l.stationary_slots, all_stationary, l.stationary_bytes);
    grow(l.moving_slots, all_moving, l.moving_bytes);
  }
  l.moving_base = l.stationary_slots * l.stationary_bytes;
  l.out_base = l.moving_base + l.moving_slots * l.moving_bytes;
  l.bias_base = l.out_base + (problem.resident ? resident_bytes : l.out_slots * l.out_bytes);
  if (l.bias_base + bias_bytes > core.sbuf_bytes) return std::nullopt;
  return l;
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
  if (tail == Plan::Tail::rows) {
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
  while (tail != Plan::Tail::whole && columns > narrow) {
    const std::uint64_t now =
        tail == Plan::Tail::few
            ? columns - narrow
            : std::max(columns > 2 * narrow ? round_up(columns / 2, narrow) : columns - narrow,
                       std::uint64_t{1});
    cuts.push_back({row, left, column, now});
    column += now;
    columns -= now;
    if (cuts.size() >= 12) break;
  }
  cuts.push_back({row, left, column, columns});
  return cuts;
}

/// The units, in rounds: those of a round go through the contraction side by side.
std::vector<std::vector<Unit>> cut_result(const Capabilities& core, const Problem& problem,
                                          const Plan& plan) {
  const std::uint64_t p = core.partitions;
  const std::uint64_t panel = p * plan.tiles;
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

/// PSUM banks and SBUF bytes of the units.
void place_units(const Capabilities& core, const Problem& problem, const Layout& layout,
                 Schedule& s) {
  std::uint64_t offset = layout.out_base;
  std::uint64_t unit_tiles = 1;
  for (const Unit& unit : s.units) unit_tiles = std::max(unit_tiles, unit.tiles);
  std::map<std::uint64_t, std::size_t> bias_of_row;
  for (const Unit& unit : s.units) bias_of_row.emplace(unit.r0, bias_of_row.size());
  // Few enough: each part of the bias is loaded once. Else each unit has its own, in a ring.
  const bool cached = bias_of_row.size() <= kBiasSlots;
  s.bias_ring = problem.row_bias && !cached;
  if (cached) bias_of_row.clear();
  for (std::uint64_t index = 0; index < s.units.size(); ++index) {
    Unit& unit = s.units[index];
    unit.bank = static_cast<std::uint32_t>(index % core.psum_banks);
    unit.psum_after = index < core.psum_banks ? 0 : index + 1 - core.psum_banks;
    if (problem.resident) {
      unit.out_offset = static_cast<std::uint32_t>(offset);
      offset += out_bytes_of(problem, unit);
    } else {
      unit.out_offset =
          static_cast<std::uint32_t>(layout.out_base + index % s.out_slots * layout.out_bytes);
      unit.out_after = index < s.out_slots ? 0 : index + 1 - s.out_slots;
    }
    if (!problem.row_bias) continue;
    const auto [known, is_new] = bias_of_row.emplace(unit.r0, bias_of_row.size());
    if (!cached || is_new) {
      const std::uint64_t slot = s.biases.size() % kBiasSlots;
      s.biases.push_back({index,
                          static_cast<std::uint32_t>(layout.bias_base + slot * unit_tiles * 4),
                          !cached && s.biases.size() >= kBiasSlots});
    }
    unit.bias = cached ? known->second : index;
  }
}

/// A step before its operands have a place.
struct Wanted {
  std::uint32_t unit;
  std::uint32_t tile;
  const Chunk* chunk;
  std::uint32_t pair;
  bool first, ends;
  std::uint64_t stationary_entity, moving_entity;
};

std::vector<Wanted> order_steps(const Capabilities& core, const Plan& plan,
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
                  {first_unit + u, tile, &chunk, pair, first, last && tile + 1 == unit.tiles,
                   unit.r0 / (core.partitions * plan.tiles) * contraction.entities + chunk.entity,
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
  std::uint64_t bias = 0;
  const auto store_until = [&](std::uint64_t end) {
    while (unit < end) order.push_back({Transfer::Kind::store, unit++});
  };
  const auto load_bias = [&] {
    const Bias& next = s.biases[bias];
    // What frees its bytes must be on its way.
    if (next.waits) store_until(next.unit + 1 - kBiasSlots);
    order.push_back({Transfer::Kind::bias, bias++});
  };
  std::uint64_t key = 0;
  for (std::uint64_t i = 0; i < s.loads.size(); ++i) {
    const Load& load = s.loads[i];
    const std::uint64_t begin = end_of(load.first_step);
    key = std::max({key, end_of(load.free_after), begin > kLookahead ? begin - kLookahead : 0});
    while (!problem.resident && unit < s.units.size() &&
           s.step_end[s.units[unit].end_step] <= key) {
      while (bias < s.biases.size() && s.biases[bias].unit <= unit) load_bias();
      store_until(unit + 1);
    }
    order.push_back({Transfer::Kind::load, i});
    while (i >= 3 && bias < s.biases.size() &&
           s.biases[bias].unit <= s.steps[load.first_step].unit) {
      load_bias();
    }
  }
  for (; bias < s.biases.size();) load_bias();
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
  const auto layout = lay_out(core, problem, plan, contraction, s.units);
  if (!layout) return std::nullopt;
  s.out_slots = layout->out_slots;
  const std::uint64_t panels = ceil_div(problem.stationary.extent, p * plan.tiles);
  place_units(core, problem, *layout, s);

  const std::vector<Wanted> wanted = order_steps(core, plan, contraction, rounds);
  const std::uint64_t stationary_entities = panels * contraction.entities;
  const std::uint64_t moving_entities =
      ceil_div(problem.moving.extent, plan.width) * contraction.entities;
  const auto stationary_next = next_uses(wanted, &Wanted::stationary_entity, stationary_entities);
  const auto moving_next = next_uses(wanted, &Wanted::moving_entity, moving_entities);
  ChunkCache stationary(0, layout->stationary_bytes, layout->stationary_slots, stationary_entities);
  ChunkCache moving(layout->moving_base, layout->moving_bytes, layout->moving_slots,
                    moving_entities);

  const auto bring = [&](ChunkCache& cache, ChunkCache::Slot& slot, const Chunk& chunk,
                         std::uint64_t step, bool is_moving, std::uint64_t block,
                         std::uint64_t extent, DType dtype) {
    if (slot.loads[chunk.slice] != 0) return;
    Load load;
    load.moving = is_moving;
    load.k0 = chunk.k0;
    load.depth = chunk.depth;
    load.c0 = slot.entity / contraction.entities * block;
    load.columns = std::min(block, extent - load.c0);
    load.partition = chunk.partition;
    load.offset = cache.offset(slot);
    load.free_after = slot.free_after;
    load.first_step = step;
    s.loads.push_back(load);
    s.bus_bytes += load.depth * load.columns * size_of(dtype);
    slot.loads[chunk.slice] = s.loads.size();
  };

  std::uint64_t cycles = 0;
  s.steps.reserve(wanted.size());
  s.step_end.reserve(wanted.size());
  std::vector<char> begun(s.units.size(), 0);
  for (std::uint64_t i = 0; i < wanted.size(); ++i) {
    const Wanted& w = wanted[i];
    Unit& unit = s.units[w.unit];
    auto& stationary_slot = stationary.take(w.stationary_entity, i, stationary_next[i]);
    bring(stationary, stationary_slot, *w.chunk, i, false, p * plan.tiles,
          problem.stationary.extent, problem.stationary.dtype);
    auto& moving_slot = moving.take(w.moving_entity, i, moving_next[i]);
    bring(moving, moving_slot, *w.chunk, i, true, plan.width, problem.moving.extent,
          problem.moving.dtype);
    Step step;
    step.unit = w.unit;
    step.partition = w.chunk->partition;
    step.depth = static_cast<std::uint32_t>(w.chunk->depth);
    step.rows = static_cast<std::uint32_t>(unit.tile_rows(w.tile, p));
    step.width = static_cast<std::uint32_t>(unit.width);
    step.stationary_offset = static_cast<std::uint32_t>(stationary.offset(stationary_slot) +
                                                        (unit.r0 % (p * plan.tiles) + w.tile * p) *
                                                            size_of(problem.stationary.dtype));
    step.moving_offset = static_cast<std::uint32_t>(
        moving.offset(moving_slot) + unit.c0 % plan.width * size_of(problem.moving.dtype));
    step.psum_word =
        static_cast<std::uint32_t>(unit.bank * isa::kPsumBankElements + w.tile * unit.width);
    step.pair = w.pair;
    step.stationary_load = stationary_slot.loads[w.chunk->slice];
    step.moving_load = moving_slot.loads[w.chunk->slice];
    step.first = w.first;
    step.begins_unit = begun[w.unit] == 0;
    begun[w.unit] = 1;
    step.ends_unit = w.ends;
    if (w.ends) unit.end_step = i;
    cycles += array_cycles(core, problem, step);
    s.steps.push_back(step);
    s.step_end.push_back(cycles);
  }
  s.bus_bytes += problem.stationary.extent * problem.moving.extent * size_of(problem.output);
  s.transfers = order_transfers(problem, s);
  return s;
}

}  // namespace tinium::gemm_detail
