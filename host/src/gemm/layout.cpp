// SPDX-License-Identifier: Apache-2.0

#include "gemm/layout.hpp"

#include <algorithm>
#include <map>

namespace tinium::gemm_detail {
namespace {

constexpr std::uint64_t kBiasSlots = 32;

std::uint64_t out_bytes_of(const Problem& problem, const Unit& unit) {
  return round_up(unit.tiles * unit.width * size_of(problem.output), kAlign);
}

}  // namespace

std::optional<Layout> lay_out(const Capabilities& core, const Problem& problem, const Plan& plan,
                              std::uint64_t entities, const std::vector<Unit>& units) {
  const Cutting cutting(core, problem, plan);
  const std::uint64_t panels = cutting.panels;
  const std::uint64_t columns = cutting.columns;
  const std::uint64_t width = std::min(plan.width, problem.moving.extent);
  std::uint64_t unit_tiles = 1;
  for (const Unit& unit : units) unit_tiles = std::max(unit_tiles, unit.tiles);
  Layout l;
  l.stationary_bytes = round_up(cutting.most_rows() * size_of(problem.stationary.dtype), kAlign);
  l.moving_bytes = round_up(width * size_of(problem.moving.dtype), kAlign);
  for (const Unit& unit : units) l.out_bytes = std::max(l.out_bytes, out_bytes_of(problem, unit));
  const bool has_exchanged = plan.exchanged > 0;
  const std::uint64_t row_bytes =
      problem.row_bias || (has_exchanged && problem.column_bias)
          ? round_up(std::min<std::uint64_t>(units.size(), kBiasSlots) * unit_tiles * 4, kAlign)
          : 0;
  const std::uint64_t column_bytes =
      problem.column_bias ? std::min<std::uint64_t>(columns, 2) * round_up(width * 4, kAlign) : 0;
  l.addend_bytes = problem.accumulate ? round_up(width * size_of(problem.addend), kAlign) : 0;
  const std::uint64_t temporary = needs_temporary(problem) ? round_up(width * 4, kAlign) : 0;
  const std::uint64_t scaled =
      problem.accumulate && problem.beta != 1 ? round_up(width * 4, kAlign) : 0;
  const std::uint64_t exchanged_bytes =
      has_exchanged && problem.row_bias ? round_up(plan.exchanged * 4, kAlign) : 0;
  const std::uint64_t fixed = row_bytes + column_bytes + exchanged_bytes + temporary + scaled;
  const std::size_t all_stationary = panels * entities;
  const std::size_t all_moving = columns * entities;
  if (fixed >= core.sbuf_bytes) return std::nullopt;
  const std::uint64_t room = core.sbuf_bytes - fixed;
  std::uint64_t resident_bytes = 0;
  if (problem.resident) {
    l.out_slots = units.size();
    for (const Unit& unit : units) resident_bytes += out_bytes_of(problem, unit);
    l.stationary_slots = all_stationary;
    l.moving_slots = all_moving;
  } else {
    l.out_slots = std::min<std::size_t>(
        units.size(), std::clamp<std::size_t>(room / 8 / (l.out_bytes + l.addend_bytes), 2, 8));
    l.stationary_slots = std::min<std::size_t>(all_stationary, 4);
    l.moving_slots = std::min<std::size_t>(all_moving, 4);
    const auto bytes = [&] {
      return l.out_slots * (l.out_bytes + l.addend_bytes) +
             l.stationary_slots * l.stationary_bytes + l.moving_slots * l.moving_bytes;
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
    if (panels > 1 || has_exchanged || plan.tail == Plan::Tail::rows ||
        plan.tail == Plan::Tail::few) {
      grow(l.moving_slots, std::min<std::size_t>(all_moving, entities + 2), l.moving_bytes);
    }
    grow(l.stationary_slots, all_stationary, l.stationary_bytes);
    grow(l.moving_slots, all_moving, l.moving_bytes);
  }
  l.moving_base = l.stationary_slots * l.stationary_bytes;
  l.out_base = l.moving_base + l.moving_slots * l.moving_bytes;
  l.addend_base = l.out_base + (problem.resident ? resident_bytes : l.out_slots * l.out_bytes);
  l.row_base = l.addend_base + l.out_slots * l.addend_bytes;
  l.column_base = l.row_base + row_bytes;
  l.exchanged_base = l.column_base + column_bytes;
  l.temporary_base = l.exchanged_base + exchanged_bytes;
  l.scaled_base = l.temporary_base + temporary;
  if (l.scaled_base + scaled > core.sbuf_bytes) return std::nullopt;
  return l;
}

void place_units(const Capabilities& core, const Problem& problem, const Plan& plan,
                 const Layout& layout, Schedule& s) {
  std::uint64_t offset = layout.out_base;
  std::uint64_t unit_tiles = 1;
  for (const Unit& unit : s.units) unit_tiles = std::max(unit_tiles, unit.tiles);
  // Few parts of the row bias: each is loaded once. Many: each unit has its own, in a ring.
  std::map<std::pair<bool, std::uint64_t>, std::uint32_t> row_offset;
  const auto has_row_bias = [&](const Unit& unit) {
    return unit.exchanged ? problem.column_bias : problem.row_bias;
  };
  for (const Unit& unit : s.units) {
    if (has_row_bias(unit)) row_offset.emplace(std::pair{unit.exchanged, unit.r0}, 0);
  }
  const bool cached = row_offset.size() <= kBiasSlots;
  row_offset.clear();
  bool exchanged_is_loaded = false;
  std::vector<std::uint64_t> first_of_column;  // first unit of each column of units
  s.temporary_offset = static_cast<std::uint32_t>(layout.temporary_base);
  s.scaled_offset = static_cast<std::uint32_t>(layout.scaled_base);
  const auto side = [&](SideLoad::Kind kind, std::uint64_t unit, std::uint64_t at,
                        std::uint64_t after) {
    s.sides.push_back({kind, unit, static_cast<std::uint32_t>(at), after, 0});
    s.sides_are_freed = s.sides_are_freed || after > 0;
  };
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
    if (has_row_bias(unit)) {
      const std::uint64_t slot = cached ? row_offset.size() : index % kBiasSlots;
      const std::uint64_t at = layout.row_base + slot * unit_tiles * 4;
      const auto [known, is_new] =
          row_offset.emplace(std::pair{unit.exchanged, unit.r0}, static_cast<std::uint32_t>(at));
      if (!cached || is_new) {
        known->second = static_cast<std::uint32_t>(at);
        side(SideLoad::Kind::row_bias, index, at,
             cached || index < kBiasSlots ? 0 : index + 1 - kBiasSlots);
      }
      unit.row_bias_offset = known->second;
    }
    if (unit.exchanged && problem.row_bias) {
      // One row for all of them.
      if (!exchanged_is_loaded) {
        side(SideLoad::Kind::column_bias, index, layout.exchanged_base, 0);
        s.sides.back().columns = unit.width;
      }
      exchanged_is_loaded = true;
      unit.column_bias_offset = static_cast<std::uint32_t>(layout.exchanged_base);
    } else if (!unit.exchanged && problem.column_bias) {
      const std::uint64_t column = unit.c0 / plan.width;
      const std::uint64_t at =
          layout.column_base +
          column % 2 * round_up(std::min(plan.width, problem.moving.extent) * 4, kAlign);
      if (column == first_of_column.size()) {
        first_of_column.push_back(index);
        side(SideLoad::Kind::column_bias, index, at, column < 2 ? 0 : first_of_column[column - 1]);
        s.sides.back().columns = std::min(plan.width, problem.moving.extent - column * plan.width);
      }
      unit.column_bias_offset = static_cast<std::uint32_t>(at + unit.c0 % plan.width * 4);
    }
    if (problem.accumulate) {
      unit.addend_offset = static_cast<std::uint32_t>(layout.addend_base +
                                                      index % s.out_slots * layout.addend_bytes);
      side(SideLoad::Kind::addend, index, unit.addend_offset, unit.out_after);
    }
    unit.sides = s.sides.size();
  }
}

}  // namespace tinium::gemm_detail
