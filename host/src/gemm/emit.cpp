// SPDX-License-Identifier: Apache-2.0
//
// From a schedule to instructions. Semaphores order the engines and nothing else does.

#include <algorithm>

#include "gemm/schedule.hpp"
#include "tinium/program.hpp"

namespace tinium::gemm_detail {
namespace {

using isa::Engine;

/// Collects the streams.
class Emitter {
 public:
  Emitter(const Capabilities& core, const Problem& problem, const Schedule& schedule)
      : core_(core),
        p_(core.partitions),
        problem_(problem),
        exchanged_(exchanged(problem)),
        s_(schedule),
        builder_(core.partitions) {}

  ProgramImage run() {
    for (const Transfer& transfer : s_.transfers) {
      switch (transfer.kind) {
        case Transfer::Kind::load:
          load(s_.loads[transfer.index]);
          break;
        case Transfer::Kind::side:
          load_side(s_.sides[transfer.index]);
          break;
        case Transfer::Kind::store:
          store(transfer.index);
          break;
      }
    }
    for (const Step& step : s_.steps) multiply(step);
    emit_evictions(core_, problem_, s_, builder_);
    builder_.halt_all();
    return builder_.build();
  }

 private:
  const Problem& problem_of(const Unit& unit) const {
    return unit.exchanged ? exchanged_ : problem_;
  }

  void load(const Load& load) {
    const Side& side = load.moving ? problem_.moving : problem_.stationary;
    const std::uint64_t size = size_of(side.dtype);
    isa::DmaLoad i;
    i.slot = side.slot;
    i.sbuf_partition = load.partition;
    i.sbuf_offset = load.offset;
    i.dram_step1 = static_cast<std::int32_t>(side.pitch);
    if (side.order == OperandOrder::k_major) {
      i.dram_offset = load.k0 * side.pitch + load.c0 * size;
      i.row_bytes = code(load.columns * size);
      i.num1 = code(load.depth);
      i.partition_step1 = 1;
    } else {
      i.dram_offset = load.c0 * side.pitch + load.k0 * size;
      i.row_bytes = code(load.depth * size);
      i.num1 = code(load.columns);
      i.sbuf_step1 = static_cast<std::int32_t>(size);
      i.transpose = 1;
      i.element_log2 = size == 1 ? 0 : size == 2 ? 1 : 2;
    }
    if (load.free_after > steps_consumed_) {
      add_wait(i, {kStepDone, code(load.free_after - steps_consumed_), true});
      steps_consumed_ = load.free_after;
    }
    add_update(i, {kLoaded});
    builder_.add(Engine::kSync, i);
  }

  void load_side(const SideLoad& side) {
    const Unit& unit = s_.units[side.unit];
    isa::DmaLoad i;
    i.sbuf_offset = side.offset;
    i.partition_step1 = 1;
    if (side.after > units_consumed_) {
      add_wait(i, {kUnitDone, code(side.after - units_consumed_), true});
      units_consumed_ = side.after;
    }
    if (side.kind == SideLoad::Kind::addend) {
      i.slot = GemmSlots::kAddend;
      i.dram_offset = unit.r0 * problem_.addend_pitch + unit.c0 * size_of(problem_.addend);
      i.dram_step1 = static_cast<std::int32_t>(problem_.addend_pitch);
      i.row_bytes = code(unit.width * size_of(problem_.addend));
      i.num1 = code(unit.rows);
    } else if (side.kind == SideLoad::Kind::column_bias) {
      // The same row on every partition, for all units of the column.
      i.slot = GemmSlots::kBias;
      i.dram_offset = unit.c0 * 4;
      i.dram_step1 = 0;
      i.row_bytes = code(side.columns * 4);
      i.num1 = code(std::min(problem_of(unit).stationary.extent, p_));
    } else {
      load_row_bias(i, unit);
      return;
    }
    add_update(i, {kSideLoaded});
    builder_.add(Engine::kSync, i);
  }

  void load_row_bias(isa::DmaLoad i, const Unit& unit) {
    i.slot = GemmSlots::kBias;
    i.dram_offset = unit.r0 * 4;
    i.dram_step1 = 4;
    i.row_bytes = 4;
    i.num1 = code(std::min(unit.rows, p_));
    const std::uint64_t full = unit.rows / p_;
    if (full > 1) {
      i.num2 = code(full);
      i.dram_step2 = static_cast<std::int32_t>(p_ * 4);
      i.sbuf_step2 = 4;
    }
    const std::uint64_t rest = full > 0 ? unit.rows - full * p_ : 0;
    if (rest == 0) add_update(i, {kSideLoaded});
    builder_.add(Engine::kSync, i);
    if (rest == 0) return;
    isa::DmaLoad last = i;
    last.wait0_cond = 0;
    last.dram_offset += full * p_ * 4;
    last.sbuf_offset += code(full * 4);
    last.num1 = code(rest);
    last.num2 = 1;
    add_update(last, {kSideLoaded});
    builder_.add(Engine::kSync, last);
  }

  void store(std::uint64_t index) {
    const Unit& unit = s_.units[index];
    const Problem& problem = problem_of(unit);
    const std::uint64_t size = size_of(problem.output);
    isa::DmaStore i;
    i.slot = GemmSlots::kOutput;
    i.sbuf_offset = unit.out_offset;
    if (problem.col_step == size) {
      i.row_bytes = code(unit.width * size);
    } else {
      // Along partitions in DRAM: runs of one element.
      i.row_bytes = code(size);
      i.num2 = code(unit.width);
      i.dram_step2 = static_cast<std::int32_t>(problem.col_step);
      i.sbuf_step2 = static_cast<std::int32_t>(size);
    }
    i.dram_step1 = static_cast<std::int32_t>(problem.row_step);
    i.partition_step1 = 1;
    if (problem_.resident) {
      if (index == 0) add_wait(i, {kOutput, code(s_.units.size()), true});
    } else {
      add_wait(i, {kOutput, 1, true});
    }
    const std::uint64_t full = unit.tiles - (unit.rows % p_ != 0 ? 1 : 0);
    const std::uint64_t rest = unit.rows - full * p_;
    const auto add = [&](isa::DmaStore part, std::uint64_t tile, std::uint64_t tiles,
                         std::uint64_t rows, bool last) {
      part.dram_offset = (unit.r0 + tile * p_) * problem.row_step + unit.c0 * problem.col_step;
      part.sbuf_offset += code(tile * unit.width * size);
      part.num1 = code(rows);
      if (tiles > 1) {
        part.num3 = code(tiles);
        part.dram_step3 = static_cast<std::int32_t>(p_ * problem.row_step);
        part.sbuf_step3 = static_cast<std::int32_t>(unit.width * size);
      }
      if (last && !problem_.resident) {
        add_update(part, {kStored, 1, isa::UpdateEvent::kRead});
        if (s_.sides_are_freed) add_update(part, {kUnitDone, 1, isa::UpdateEvent::kRead});
      }
      builder_.add(Engine::kSync, part);
    };
    if (full > 0) add(i, 0, full, p_, rest == 0);
    if (full > 0) i.wait0_cond = 0;
    if (rest > 0) add(i, full, 1, rest, true);
  }

  // TensorE waits until load number `index` has arrived; loads arrive in order.
  void await_load(auto& instruction, std::uint64_t index) {
    if (index <= loads_consumed_) return;
    add_wait(instruction, {kLoaded, code(index - loads_consumed_), true});
    loads_consumed_ = index;
  }

  void multiply(const Step& step) {
    const Unit& unit = s_.units[step.unit];
    const Problem& problem = problem_of(unit);
    isa::LoadStationary load;
    load.sbuf_offset = step.stationary_offset;
    load.dtype = code(problem.stationary.dtype);
    load.partition_start = step.partition;
    load.partitions = step.depth;
    load.columns = step.rows;
    load.step = 1;
    if (!same_stationary(load) || step.stationary_load > loads_consumed_) {
      await_load(load, problem_.resident ? s_.loads.size() : step.stationary_load);
      builder_.add(Engine::kTensor, load);
      last_ = load;
    }
    isa::MultiplyMoving i;
    i.sbuf_offset = step.moving_offset;
    i.dtype = code(problem.moving.dtype);
    i.step0 = 1;
    i.num0 = step.width;
    i.num1 = 1;
    i.psum_offset = step.psum_word;
    i.psum_partition = step.psum_partition;
    i.accumulate = !step.first;
    i.partition_start = step.partition;
    i.piece_pair = step.pair;
    await_load(i, step.moving_load);
    if (step.begins_unit && unit.psum_after > evictions_consumed_) {
      add_wait(i, {kEvicted, code(unit.psum_after - evictions_consumed_), true});
      evictions_consumed_ = unit.psum_after;
    }
    if (!problem_.resident) add_update(i, {kStepDone, 1, isa::UpdateEvent::kRead});
    if (step.ends_unit) add_update(i, {kAccumulated});
    builder_.add(Engine::kTensor, i);
  }

  bool same_stationary(const isa::LoadStationary& load) const {
    return last_.sbuf_offset == load.sbuf_offset && last_.partition_start == load.partition_start &&
           last_.partitions == load.partitions && last_.columns == load.columns &&
           last_.dtype == load.dtype;
  }

  const Capabilities& core_;
  std::uint64_t p_;
  const Problem& problem_;
  const Problem exchanged_;
  const Schedule& s_;
  ProgramBuilder builder_;
  isa::LoadStationary last_{};
  std::uint64_t steps_consumed_ = 0;      // by the DMA queue
  std::uint64_t loads_consumed_ = 0;      // by TensorE
  std::uint64_t evictions_consumed_ = 0;  // by TensorE
  std::uint64_t units_consumed_ = 0;      // by the DMA queue
};

}  // namespace

ProgramImage emit(const Capabilities& core, const Problem& problem, const Schedule& schedule) {
  return Emitter(core, problem, schedule).run();
}

}  // namespace tinium::gemm_detail
