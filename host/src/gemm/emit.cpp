// SPDX-License-Identifier: Apache-2.0
//
// From a schedule to instructions. Semaphores order the engines and nothing else does; they count
// and are consumed, so that they never overflow, and each has one waiter.

#include <algorithm>

#include "gemm/schedule.hpp"
#include "tinium/program.hpp"

namespace tinium::gemm_detail {
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
  kBiasDone = 7,     // DMA store -> DMA load: a unit is done with its bias
};

std::uint32_t code(auto value) { return static_cast<std::uint32_t>(value); }

/// Collects the streams.
class Emitter {
 public:
  Emitter(const Capabilities& core, const Problem& problem, const Schedule& schedule)
      : p_(core.partitions), problem_(problem), s_(schedule), builder_(core.partitions) {}

  ProgramImage run() {
    for (const Transfer& transfer : s_.transfers) {
      switch (transfer.kind) {
        case Transfer::Kind::load:
          load(s_.loads[transfer.index]);
          break;
        case Transfer::Kind::bias:
          load_bias(s_.biases[transfer.index]);
          break;
        case Transfer::Kind::store:
          store(transfer.index);
          break;
      }
    }
    for (const Step& step : s_.steps) multiply(step);
    for (std::uint64_t unit = 0; unit < s_.units.size(); ++unit) evict(unit);
    builder_.halt_all();
    return builder_.build();
  }

 private:
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

  void load_bias(const Bias& bias) {
    const Unit& unit = s_.units[bias.unit];
    isa::DmaLoad i;
    i.slot = GemmSlots::kBias;
    i.dram_offset = unit.r0 * 4;
    i.dram_step1 = 4;
    i.row_bytes = 4;
    i.num1 = code(std::min(unit.rows, p_));
    i.partition_step1 = 1;
    i.sbuf_offset = bias.offset;
    if (bias.waits) add_wait(i, {kBiasDone, 1, true});
    const std::uint64_t full = unit.rows / p_;
    if (full > 1) {
      i.num2 = code(full);
      i.dram_step2 = static_cast<std::int32_t>(p_ * 4);
      i.sbuf_step2 = 4;
    }
    const std::uint64_t rest = full > 0 ? unit.rows - full * p_ : 0;
    if (rest == 0) add_update(i, {kBiasLoaded});
    builder_.add(Engine::kSync, i);
    if (rest == 0) return;
    isa::DmaLoad last = i;
    last.wait0_cond = 0;
    last.dram_offset += full * p_ * 4;
    last.sbuf_offset += code(full * 4);
    last.num1 = code(rest);
    last.num2 = 1;
    add_update(last, {kBiasLoaded});
    builder_.add(Engine::kSync, last);
  }

  void store(std::uint64_t index) {
    const Unit& unit = s_.units[index];
    const std::uint64_t size = size_of(problem_.output);
    isa::DmaStore i;
    i.slot = GemmSlots::kOutput;
    i.sbuf_offset = unit.out_offset;
    if (problem_.col_step == size) {
      i.row_bytes = code(unit.width * size);
    } else {
      // Along partitions in DRAM: runs of one element.
      i.row_bytes = code(size);
      i.num2 = code(unit.width);
      i.dram_step2 = static_cast<std::int32_t>(problem_.col_step);
      i.sbuf_step2 = static_cast<std::int32_t>(size);
    }
    i.dram_step1 = static_cast<std::int32_t>(problem_.row_step);
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
      part.dram_offset = (unit.r0 + tile * p_) * problem_.row_step + unit.c0 * problem_.col_step;
      part.sbuf_offset += code(tile * unit.width * size);
      part.num1 = code(rows);
      if (tiles > 1) {
        part.num3 = code(tiles);
        part.dram_step3 = static_cast<std::int32_t>(p_ * problem_.row_step);
        part.sbuf_step3 = static_cast<std::int32_t>(unit.width * size);
      }
      if (last && !problem_.resident) {
        add_update(part, {kStored, 1, isa::UpdateEvent::kRead});
        if (s_.bias_ring) add_update(part, {kBiasDone, 1, isa::UpdateEvent::kRead});
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
    isa::LoadStationary load;
    load.sbuf_offset = step.stationary_offset;
    load.dtype = code(problem_.stationary.dtype);
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
    i.dtype = code(problem_.moving.dtype);
    i.step0 = 1;
    i.num0 = step.width;
    i.num1 = 1;
    i.psum_offset = step.psum_word;
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
           last_.partitions == load.partitions && last_.columns == load.columns;
  }

  void evict(std::uint64_t index) {
    const Unit& unit = s_.units[index];
    if (problem_.row_bias && unit.bias >= biases_consumed_) {
      isa::Nop wait;
      add_wait(wait, {kBiasLoaded, code(unit.bias + 1 - biases_consumed_), true});
      biases_consumed_ = unit.bias + 1;
      builder_.add(Engine::kVector, wait);
    }
    // One instruction for all tiles, or one for each where the bias differs.
    const std::uint64_t parts = problem_.row_bias ? unit.tiles : 1;
    const std::uint64_t size = size_of(problem_.output);
    for (std::uint64_t part = 0; part < parts; ++part) {
      isa::TensorScalar i;
      i.src_offset = code(unit.bank * isa::kPsumBankElements + part * unit.width);
      i.src_space = code(isa::Space::kPsum);
      i.src_dtype = code(problem_.sum);
      i.src_step0 = 1;
      i.num0 = code(parts == 1 ? unit.width * unit.tiles : unit.width);
      i.num1 = 1;
      i.dst_offset = unit.out_offset + code(part * unit.width * size);
      i.dst_dtype = code(problem_.output);
      i.dst_step0 = 1;
      i.partitions = code(parts == 1 ? std::min(unit.rows, p_) : unit.tile_rows(part, p_));
      i.relu = problem_.relu;
      if (problem_.row_bias) {
        i.op0 = code(isa::AluOp::kAdd);
        i.operand0_kind = code(isa::OperandKind::kPerPartition);
        i.operand0 = s_.biases[unit.bias].offset + code(part * 4);
      }
      if (part == 0) {
        add_wait(i, {kAccumulated, 1, true});
        if (unit.out_after > stores_consumed_) {
          add_wait(i, {kStored, code(unit.out_after - stores_consumed_), true});
          stores_consumed_ = unit.out_after;
        }
      }
      if (part + 1 == parts) {
        add_update(i, {kEvicted, 1, isa::UpdateEvent::kRead});
        add_update(i, {kOutput});
      }
      builder_.add(Engine::kVector, i);
    }
  }

  std::uint64_t p_;
  const Problem& problem_;
  const Schedule& s_;
  ProgramBuilder builder_;
  isa::LoadStationary last_{};
  std::uint64_t steps_consumed_ = 0;      // by the DMA queue
  std::uint64_t loads_consumed_ = 0;      // by TensorE
  std::uint64_t evictions_consumed_ = 0;  // by TensorE
  std::uint64_t stores_consumed_ = 0;     // by VectorE
  std::uint64_t biases_consumed_ = 0;     // by VectorE
};

}  // namespace

ProgramImage emit(const Capabilities& core, const Problem& problem, const Schedule& schedule) {
  return Emitter(core, problem, schedule).run();
}

}  // namespace tinium::gemm_detail
