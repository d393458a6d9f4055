// SPDX-License-Identifier: Apache-2.0
//
// How a GEMM becomes instructions. The result is cut into tiles of P rows and up to 512 columns; a
// tile is a sum of steps, one per chunk of P of the contraction. Streams of the engines:
//
//   SyncE    loads operand chunks in the order of the steps, as far ahead as SBUF has room, and
//            stores finished units
//   TensorE  per step: LoadStationary, MultiplyMoving
//   VectorE  evicts each unit from PSUM (bias, relu, cast) while TensorE works in other banks
//
// A unit is a tile or, for the last tile, one of several column ranges of it, each in a PSUM bank
// of its own, so that only the eviction of a narrow range is left when the array is done. SBUF is
// used as a cache of chunks, planned here: a chunk that is still there is not loaded again.
//
// Semaphores count and are consumed, so that they never overflow; each has one waiter.

#include "tinium/gemm.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "tinium/numerics.hpp"

namespace tinium {
namespace {

using isa::Engine;

enum Semaphore : std::uint32_t {
  kLoaded = 0,       // DMA load -> TensorE: a chunk is in SBUF
  kStepDone = 1,     // TensorE -> DMA load: a step has read its operands
  kAccumulated = 2,  // TensorE -> VectorE: a unit is complete in PSUM
  kEvicted = 3,      // VectorE -> TensorE: a unit has left its PSUM bank
  kOutput = 4,       // VectorE -> DMA store: a unit is in SBUF
  kStored = 5,       // DMA store -> VectorE: a unit has left SBUF
  kBiasLoaded = 6,   // DMA load -> VectorE
  kBiasDone = 7,     // DMA store -> DMA load: all units of a tile have been evicted
};

constexpr std::uint64_t kAlign = 64;  // of chunks in SBUF: a whole bus beat
constexpr std::uint64_t kMaxInstructions = 1u << 22;

constexpr std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }
constexpr std::uint64_t round_up(std::uint64_t a, std::uint64_t b) { return ceil_div(a, b) * b; }

[[noreturn]] void refuse(const std::string& rule, const std::string& detail,
                         ErrorCode code = ErrorCode::invalid_argument) {
  throw Error(code, "gemm", rule, detail);
}

/// Slots of SBUF that hold chunks, planned with least-recently-used replacement.
class ChunkCache {
 public:
  ChunkCache(std::uint64_t base, std::uint64_t slot_bytes, std::size_t slots)
      : base_(base), slot_bytes_(slot_bytes), slots_(slots) {}

  struct Place {
    std::uint32_t offset = 0;
    bool hit = false;
    std::uint64_t load_index = 0;  ///< which load of the program brought it, from 1
    std::uint64_t free_after = 0;  ///< steps that must be done before the slot may be overwritten
  };

  /// Finds or replaces a chunk for step `step` (from 0). After a miss call set_load().
  Place take(std::uint64_t chunk, std::uint64_t step) {
    std::size_t victim = 0;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].chunk == chunk) {
        slots_[i].used = step + 1;
        return {offset(i), true, slots_[i].load_index, 0};
      }
      if (slots_[i].used < slots_[victim].used) victim = i;
    }
    const std::uint64_t free_after = slots_[victim].used;
    slots_[victim] = {chunk, step + 1, 0};
    last_ = victim;
    return {offset(victim), false, 0, free_after};
  }
  void set_load(std::uint64_t load_index) { slots_[last_].load_index = load_index; }

 private:
  struct Slot {
    std::uint64_t chunk = ~0ull;
    std::uint64_t used = 0;  ///< 1 + the last step that reads it; 0: never
    std::uint64_t load_index = 0;
  };
  std::uint32_t offset(std::size_t slot) const {
    return static_cast<std::uint32_t>(base_ + slot * slot_bytes_);
  }

  std::uint64_t base_;
  std::uint64_t slot_bytes_;
  std::vector<Slot> slots_;
  std::size_t last_ = 0;
};

/// How SBUF is divided.
struct Layout {
  std::uint64_t block = 0;  ///< columns of a tile
  std::size_t stationary_slots = 0;
  std::size_t moving_slots = 0;
  std::size_t output_slots = 0;
  std::size_t bias_slots = 0;
  std::uint64_t stationary_bytes = 0;  ///< of one slot
  std::uint64_t moving_bytes = 0;
  std::uint64_t output_bytes = 0;
  std::uint64_t moving_base = 0;
  std::uint64_t output_base = 0;
  std::uint64_t bias_base = 0;
};

struct Grid {
  std::uint64_t p = 0;  ///< partitions: rows of a tile, depth of a chunk
  std::uint64_t k_chunks = 0;
  std::uint64_t m_tiles = 0;
  std::uint64_t n_tiles = 0;
};

Layout plan(const Capabilities& core, const GemmShape& s) {
  const std::uint64_t p = core.partitions;
  const std::uint64_t sbuf = core.sbuf_bytes;
  const std::uint64_t m_tiles = ceil_div(s.m, p);
  const std::uint64_t k_chunks = ceil_div(s.k, p);
  Layout l;
  l.stationary_bytes = round_up(std::min(s.m, p) * size_of(s.stationary), kAlign);
  l.bias_slots = s.bias ? std::min<std::uint64_t>(m_tiles, 16) : 0;
  const std::uint64_t bias_bytes = round_up(l.bias_slots * 4, kAlign);
  for (std::uint64_t block = isa::kPsumBankElements; block >= 16; block /= 2) {
    l.block = std::min(block, s.n);
    const std::uint64_t n_tiles = ceil_div(s.n, l.block);
    l.moving_bytes = round_up(l.block * size_of(s.moving), kAlign);
    l.output_bytes = round_up(l.block * size_of(s.output), kAlign);
    if (s.resident) {
      l.stationary_slots = k_chunks * m_tiles;
      l.moving_slots = k_chunks * n_tiles;
      l.output_slots = m_tiles * n_tiles;
      l.bias_slots = s.bias ? m_tiles : 0;
    } else {
      l.stationary_slots = std::clamp<std::uint64_t>(sbuf / 8 / l.stationary_bytes, 4, 64);
      l.stationary_slots = std::min<std::uint64_t>(l.stationary_slots,
                                                   std::max<std::uint64_t>(2, k_chunks * m_tiles));
      l.output_slots = std::clamp<std::uint64_t>(sbuf / 4 / l.output_bytes, 2, 4);
      const std::uint64_t taken =
          l.stationary_slots * l.stationary_bytes + l.output_slots * l.output_bytes + bias_bytes;
      const std::uint64_t room = taken < sbuf ? (sbuf - taken) / l.moving_bytes : 0;
      l.moving_slots = std::min<std::uint64_t>(room, 64);
      if (l.moving_slots < 3 && block > 16) continue;
    }
    l.moving_base = l.stationary_slots * l.stationary_bytes;
    l.output_base = l.moving_base + l.moving_slots * l.moving_bytes;
    l.bias_base = l.output_base + l.output_slots * l.output_bytes;
    const std::uint64_t total = l.bias_base + round_up(l.bias_slots * 4, kAlign);
    if (total <= sbuf) return l;
    if (s.resident) {
      refuse("a resident GEMM has operands and result in the " + std::to_string(sbuf) +
                 " bytes of an SBUF partition",
             "needs " + std::to_string(total) + " bytes for m=" + std::to_string(s.m) +
                 " n=" + std::to_string(s.n) + " k=" + std::to_string(s.k));
    }
  }
  throw Error(ErrorCode::internal, "gemm", "every core has SBUF for the smallest tiles",
              "sbuf_bytes=" + std::to_string(sbuf));
}

/// Column ranges of the last tile: each so narrow that its multiplication still hides the eviction
/// of the one before, the last as narrow as the array takes without bubbles.
std::vector<std::uint64_t> taper(std::uint64_t width, std::uint64_t narrowest,
                                 std::uint64_t evict_per_column, std::uint64_t array_per_column,
                                 std::size_t most) {
  std::vector<std::uint64_t> widths{width};
  while (widths.size() < most && array_per_column > evict_per_column) {
    const std::uint64_t last = widths.back();
    const std::uint64_t hidden = ceil_div(last * evict_per_column, array_per_column);
    const std::uint64_t tail = std::max(narrowest, round_up(hidden, 16));
    if (tail + narrowest > last) break;
    widths.back() = last - tail;
    widths.push_back(tail);
  }
  return widths;
}

std::string text(std::string_view key, std::uint64_t value) {
  return std::string(key) + "=" + std::to_string(value);
}

void check(const Capabilities& core, const GemmShape& s) {
  for (const auto& [key, value] : {std::pair{"m", s.m}, std::pair{"n", s.n}, std::pair{"k", s.k}}) {
    if (value == 0 || value > kMaxDimension) {
      refuse("m, n and k are 1 to " + std::to_string(kMaxDimension), text(key, value));
    }
  }
  const std::string pair = std::string(name(s.stationary)) + " x " + std::string(name(s.moving)) +
                           " -> " + std::string(name(s.output));
  if (!is_legal_pair(s.stationary, s.moving)) {
    refuse(
        "int8 multiplies with int8, fp32 and tf32 with each other, bf16, fp16 and fp8 with each "
        "other",
        pair, ErrorCode::unsupported);
  }
  if (!core.multiplies(s.stationary) || !core.multiplies(s.moving)) {
    refuse("both operand formats are available on " + core.backend + ":" + core.config, pair,
           ErrorCode::unsupported);
  }
  if (is_integer(s.stationary)) {
    if (!is_integer(s.output))
      refuse("int8 products give int32 or int8", pair, ErrorCode::unsupported);
    if (s.bias || s.relu) {
      refuse("int8 products take neither bias nor relu", pair, ErrorCode::unsupported);
    }
  } else if (is_integer(s.output)) {
    refuse("floating-point products give a floating-point format", pair, ErrorCode::unsupported);
  }
  const auto pitch = [&](std::string_view key, std::uint64_t value, std::uint64_t columns,
                         DType dtype) {
    const std::uint64_t size = size_of(dtype);
    if (value == 0) return;
    if (value < columns * size || value % size != 0 || value > 0x7FFFFFFF) {
      refuse("a row pitch is a multiple of the element size, at least a row, below 2^31",
             text(key, value) + " row_bytes=" + std::to_string(columns * size));
    }
  };
  pitch("stationary_pitch", s.stationary_pitch, s.m, s.stationary);
  pitch("moving_pitch", s.moving_pitch, s.n, s.moving);
  pitch("output_pitch", s.output_pitch, s.n, s.output);
}

}  // namespace

GemmProgram build_gemm(const Capabilities& core, const GemmShape& shape) {
  check(core, shape);
  GemmShape s = shape;
  if (s.stationary_pitch == 0) s.stationary_pitch = s.m * size_of(s.stationary);
  if (s.moving_pitch == 0) s.moving_pitch = s.n * size_of(s.moving);
  if (s.output_pitch == 0) s.output_pitch = s.n * size_of(s.output);
  const Layout layout = plan(core, s);
  const Grid grid{core.partitions, ceil_div(s.k, core.partitions), ceil_div(s.m, core.partitions),
                  ceil_div(s.n, layout.block)};
  const std::uint64_t tiles = grid.m_tiles * grid.n_tiles;
  const std::uint64_t instructions = tiles * (grid.k_chunks * 4 + 4);
  if (instructions > kMaxInstructions) {
    refuse(
        "the program of a GEMM has at most " + std::to_string(kMaxInstructions) + " instructions",
        "instructions=" + std::to_string(instructions) + " " + text("m", s.m) + " " +
            text("n", s.n) + " " + text("k", s.k));
  }

  ProgramBuilder builder(core.partitions);
  ChunkCache stationary_cache(0, layout.stationary_bytes, layout.stationary_slots);
  ChunkCache moving_cache(layout.moving_base, layout.moving_bytes, layout.moving_slots);
  ChunkCache bias_cache(layout.bias_base, 4, std::max<std::size_t>(1, layout.bias_slots));
  const bool bias_is_cached = grid.m_tiles <= layout.bias_slots;

  std::uint64_t loads = 0;           // issued so far
  std::uint64_t loads_consumed = 0;  // waited for by TensorE
  std::uint64_t steps_consumed = 0;  // waited for by the DMA queue
  std::uint64_t array_cycles = 0;
  std::uint64_t bus_bytes = 0;
  const std::uint64_t passes_per_chunk = numerics::pair_plan(s.stationary, s.moving).pass_count;

  // Loads a chunk unless it is there; returns where, and the load that brings it.
  const auto bring = [&](ChunkCache& cache, std::uint64_t chunk, std::uint64_t step,
                         isa::DmaLoad load) {
    auto place = cache.take(chunk, step);
    if (!place.hit) {
      place.load_index = ++loads;
      cache.set_load(loads);
      load.sbuf_offset = place.offset;
      if (place.free_after > steps_consumed) {
        add_wait(load,
                 {kStepDone, static_cast<std::uint32_t>(place.free_after - steps_consumed), true});
        steps_consumed = place.free_after;
      }
      add_update(load, {kLoaded});
      builder.add(Engine::kSync, load);
      bus_bytes += std::uint64_t{load.num1} * load.row_bytes;
    }
    return place;
  };
  // TensorE waits until load number `index` has arrived; loads arrive in order.
  const auto await_load = [&](auto& instruction, std::uint64_t index) {
    if (index <= loads_consumed) return;
    add_wait(instruction, {kLoaded, static_cast<std::uint32_t>(index - loads_consumed), true});
    loads_consumed = index;
  };

  struct Unit {
    std::uint64_t n0, width, bank, tile_row0, tile_rows;
    std::uint32_t output_offset;
  };
  std::vector<Unit> pending_stores;  // of the tile before
  std::uint64_t units = 0;
  std::uint64_t step = 0;

  const auto store = [&](const Unit& unit, bool last_of_tile, std::uint32_t ready) {
    isa::DmaStore i;
    i.slot = GemmSlots::kOutput;
    i.dram_offset = unit.tile_row0 * s.output_pitch + unit.n0 * size_of(s.output);
    i.dram_step1 = static_cast<std::int32_t>(s.output_pitch);
    i.row_bytes = static_cast<std::uint32_t>(unit.width * size_of(s.output));
    i.num1 = static_cast<std::uint32_t>(unit.tile_rows);
    i.partition_step1 = 1;
    i.sbuf_offset = unit.output_offset;
    if (ready > 0) add_wait(i, {kOutput, ready, true});
    if (!s.resident) add_update(i, {kStored, 1, isa::UpdateEvent::kRead});
    if (s.bias && !bias_is_cached && last_of_tile) {
      add_update(i, {kBiasDone, 1, isa::UpdateEvent::kRead});
    }
    builder.add(Engine::kSync, i);
    bus_bytes += unit.tile_rows * unit.width * size_of(s.output);
  };
  const auto flush_stores = [&] {
    for (std::size_t i = 0; i < pending_stores.size(); ++i) {
      store(pending_stores[i], i + 1 == pending_stores.size(), 1);
    }
    pending_stores.clear();
  };

  // What the loads of a step look like.
  const auto stationary_load = [&](std::uint64_t mi, std::uint64_t ki) {
    isa::DmaLoad i;
    const std::uint64_t rows = std::min(grid.p, s.k - ki * grid.p);
    i.slot = GemmSlots::kStationary;
    i.dram_offset = ki * grid.p * s.stationary_pitch + mi * grid.p * size_of(s.stationary);
    i.dram_step1 = static_cast<std::int32_t>(s.stationary_pitch);
    i.row_bytes =
        static_cast<std::uint32_t>(std::min(grid.p, s.m - mi * grid.p) * size_of(s.stationary));
    i.num1 = static_cast<std::uint32_t>(rows);
    i.partition_step1 = 1;
    return i;
  };
  const auto moving_load = [&](std::uint64_t ni, std::uint64_t ki) {
    isa::DmaLoad i;
    const std::uint64_t rows = std::min(grid.p, s.k - ki * grid.p);
    i.slot = GemmSlots::kMoving;
    i.dram_offset = ki * grid.p * s.moving_pitch + ni * layout.block * size_of(s.moving);
    i.dram_step1 = static_cast<std::int32_t>(s.moving_pitch);
    i.row_bytes = static_cast<std::uint32_t>(std::min(layout.block, s.n - ni * layout.block) *
                                             size_of(s.moving));
    i.num1 = static_cast<std::uint32_t>(rows);
    i.partition_step1 = 1;
    return i;
  };
  if (s.resident) {
    for (std::uint64_t ki = 0; ki < grid.k_chunks; ++ki) {
      for (std::uint64_t mi = 0; mi < grid.m_tiles; ++mi) {
        bring(stationary_cache, mi * grid.k_chunks + ki, 0, stationary_load(mi, ki));
      }
      for (std::uint64_t ni = 0; ni < grid.n_tiles; ++ni) {
        bring(moving_cache, ni * grid.k_chunks + ki, 0, moving_load(ni, ki));
      }
    }
  }

  std::uint64_t bias_loads = 0;
  std::vector<Unit> resident_units;
  for (std::uint64_t tile = 0; tile < tiles; ++tile) {
    // Columns outside, so that the wide moving chunks are used by all rows of tiles while they
    // last.
    const std::uint64_t ni = tile / grid.m_tiles;
    const std::uint64_t mi = tile % grid.m_tiles;
    const std::uint64_t rows = std::min(grid.p, s.m - mi * grid.p);
    const std::uint64_t width = std::min(layout.block, s.n - ni * layout.block);
    const std::uint64_t last_k = s.k - (grid.k_chunks - 1) * grid.p;
    std::vector<std::uint64_t> widths{width};
    if (tile + 1 == tiles) {
      widths = taper(
          width, std::max<std::uint64_t>(16, core.array_cols), ceil_div(rows, core.vector_lanes),
          ceil_div(last_k, core.array_rows) * ceil_div(rows, core.array_cols) * passes_per_chunk,
          std::min<std::size_t>(4, core.psum_banks));
    }
    std::vector<Unit> tile_units;
    std::uint64_t n0 = ni * layout.block;
    for (const std::uint64_t w : widths) {
      const std::uint64_t unit = units + tile_units.size();
      std::uint64_t offset = layout.output_base;
      if (s.resident) {
        offset += tile * layout.output_bytes + (n0 - ni * layout.block) * size_of(s.output);
      } else {
        offset += unit % layout.output_slots * layout.output_bytes;
      }
      tile_units.push_back(
          {n0, w, unit % core.psum_banks, mi * grid.p, rows, static_cast<std::uint32_t>(offset)});
      n0 += w;
    }

    // The bias of these rows, before the operands: it is small and VectorE must not wait for it.
    std::uint32_t bias_offset = 0;
    bool bias_is_new = false;
    if (s.bias) {
      const auto place = bias_cache.take(mi, tile);
      bias_offset = place.offset;
      bias_is_new = !place.hit;
      if (bias_is_new) {
        isa::DmaLoad i;
        i.slot = GemmSlots::kBias;
        i.dram_offset = mi * grid.p * 4;
        i.dram_step1 = 4;
        i.row_bytes = 4;
        i.num1 = static_cast<std::uint32_t>(rows);
        i.partition_step1 = 1;
        i.sbuf_offset = bias_offset;
        if (bias_loads >= layout.bias_slots) add_wait(i, {kBiasDone, 1, true});
        add_update(i, {kBiasLoaded});
        builder.add(Engine::kSync, i);
        ++bias_loads;
      }
    }

    for (std::uint64_t ki = 0; ki < grid.k_chunks; ++ki, ++step) {
      const std::uint64_t depth = std::min(grid.p, s.k - ki * grid.p);
      const auto stationary =
          bring(stationary_cache, mi * grid.k_chunks + ki, step, stationary_load(mi, ki));
      const auto moving = bring(moving_cache, ni * grid.k_chunks + ki, step, moving_load(ni, ki));
      isa::LoadStationary load;
      load.sbuf_offset = stationary.offset;
      load.dtype = static_cast<std::uint32_t>(s.stationary);
      load.partitions = static_cast<std::uint32_t>(depth);
      load.columns = static_cast<std::uint32_t>(rows);
      load.step = 1;
      await_load(load, s.resident ? loads : stationary.load_index);
      builder.add(Engine::kTensor, load);
      for (std::size_t u = 0; u < tile_units.size(); ++u) {
        const Unit& unit = tile_units[u];
        isa::MultiplyMoving multiply;
        multiply.sbuf_offset = static_cast<std::uint32_t>(
            moving.offset + (unit.n0 - ni * layout.block) * size_of(s.moving));
        multiply.dtype = static_cast<std::uint32_t>(s.moving);
        multiply.step0 = 1;
        multiply.num0 = static_cast<std::uint32_t>(unit.width);
        multiply.num1 = 1;
        multiply.psum_offset = static_cast<std::uint32_t>(unit.bank * isa::kPsumBankElements);
        multiply.accumulate = ki > 0;
        await_load(multiply, moving.load_index);
        if (ki == 0 && units + u >= core.psum_banks) add_wait(multiply, {kEvicted, 1, true});
        if (u + 1 == tile_units.size() && !s.resident) {
          add_update(multiply, {kStepDone, 1, isa::UpdateEvent::kRead});
        }
        if (ki + 1 == grid.k_chunks) add_update(multiply, {kAccumulated});
        builder.add(Engine::kTensor, multiply);
        array_cycles += ceil_div(depth, core.array_rows) * ceil_div(rows, core.array_cols) *
                        passes_per_chunk * std::max<std::uint64_t>(unit.width, core.array_cols);
      }
    }

    if (bias_is_new) {
      isa::Nop wait;
      add_wait(wait, {kBiasLoaded, 1, true});
      builder.add(Engine::kVector, wait);
    }
    for (const Unit& unit : tile_units) {
      isa::TensorScalar evict;
      evict.src_offset = static_cast<std::uint32_t>(unit.bank * isa::kPsumBankElements);
      evict.src_space = static_cast<std::uint32_t>(isa::Space::kPsum);
      evict.src_dtype = static_cast<std::uint32_t>(psum_dtype(s.stationary));
      evict.src_step0 = 1;
      evict.num0 = static_cast<std::uint32_t>(unit.width);
      evict.num1 = 1;
      evict.dst_offset = unit.output_offset;
      evict.dst_dtype = static_cast<std::uint32_t>(s.output);
      evict.dst_step0 = 1;
      evict.partitions = static_cast<std::uint32_t>(rows);
      evict.relu = s.relu;
      if (s.bias) {
        evict.op0 = static_cast<std::uint32_t>(isa::AluOp::kAdd);
        evict.operand0_kind = static_cast<std::uint32_t>(isa::OperandKind::kPerPartition);
        evict.operand0 = bias_offset;
      }
      add_wait(evict, {kAccumulated, 1, true});
      if (!s.resident && units >= layout.output_slots) add_wait(evict, {kStored, 1, true});
      add_update(evict, {kEvicted, 1, isa::UpdateEvent::kRead});
      add_update(evict, {kOutput});
      builder.add(Engine::kVector, evict);
      ++units;
    }

    // A tile is stored behind the loads of the next one, so that loads stay ahead.
    if (s.resident) {
      resident_units.insert(resident_units.end(), tile_units.begin(), tile_units.end());
    } else {
      flush_stores();
      pending_stores = tile_units;
    }
  }
  flush_stores();
  for (std::size_t i = 0; i < resident_units.size(); ++i) {
    store(resident_units[i], true, i == 0 ? static_cast<std::uint32_t>(units) : 0);
  }
  builder.halt_all();

  const std::uint64_t pes = std::uint64_t{core.array_rows} * core.array_cols;
  return {builder.build(), ceil_div(s.m * s.n * s.k, pes),
          std::max(array_cycles, ceil_div(bus_bytes, core.bus_bytes))};
}

Tensor golden_gemm(const Tensor& stationary, const Tensor& moving, const Tensor* bias, bool relu,
                   DType output, std::uint32_t partitions) {
  const std::size_t k = stationary.rows();
  const std::size_t m = stationary.cols();
  const std::size_t n = moving.cols();
  std::vector<std::uint32_t> psum(m * n);
  const std::size_t stationary_pitch = m * size_of(stationary.dtype());
  const std::size_t moving_pitch = n * size_of(moving.dtype());
  for (std::size_t k0 = 0; k0 < k; k0 += partitions) {
    numerics::TileArgs args;
    args.stationary = {stationary.bytes().data() + k0 * stationary_pitch, stationary_pitch,
                       stationary.dtype()};
    args.moving = {moving.bytes().data() + k0 * moving_pitch, moving_pitch, moving.dtype()};
    args.psum = {psum.data(), n * 4};
    args.k = std::min<std::size_t>(partitions, k - k0);
    args.m = m;
    args.n = n;
    args.overwrite = k0 == 0;
    numerics::multiply(args);
  }
  Tensor result(output, m, n);
  numerics::EvictRule rule;
  rule.op0 = bias != nullptr ? numerics::VectorOp::add : numerics::VectorOp::bypass;
  rule.relu = relu;
  rule.source = psum_dtype(stationary.dtype());
  rule.destination = output;
  for (std::size_t row = 0; row < m; ++row) {
    if (bias != nullptr) rule.s0 = bias->bits(row, 0);
    for (std::size_t col = 0; col < n; ++col) {
      result.set_bits(row, col, numerics::evict(rule, psum[row * n + col]));
    }
  }
  return result;
}

}  // namespace tinium
