// SPDX-License-Identifier: Apache-2.0
//
// When things happen, roughly: one number per event. The model knows the rates and latencies of the
// units (docs/architecture) and the order of the queues; it leaves out what two units do to each
// other on the way to SBUF. It chooses between plans, so errors that all plans share do not matter.

#include <algorithm>
#include <array>
#include <vector>

#include "gemm/schedule.hpp"
#include "gemm/tables.hpp"

namespace tinium::gemm_detail {
namespace {

using Time = std::uint64_t;

constexpr Time kLatency = 100;      // of DRAM
constexpr Time kFirstSync = 125;    // doorbell to SyncE's first instruction
constexpr Time kFirstTensor = 240;  // doorbell to TensorE's first instruction
constexpr Time kIssue = 2;          // of an instruction
constexpr Time kQueue = 10;         // of a DMA queue, before the first burst
constexpr Time kToTensor = 12;      // semaphore to first vector
constexpr Time kDrain = 55;         // last vector to PSUM, beside the columns
constexpr Time kEvictBegin = 12;
constexpr Time kEvictEnd = 22;
constexpr std::size_t kOutstanding = 32;
constexpr std::size_t kQueueDepth = 4;

/// A DMA queue and its direction of the bus.
class Queue {
 public:
  struct Times {
    Time begin = 0, read = 0, complete = 0;
  };

  /// `count` runs of `bytes`, `joined` when they lie side by side in DRAM; `least` cycles in SBUF.
  Times move(const Capabilities& core, Time ready, std::uint64_t count, std::uint64_t bytes,
             bool joined, Time least) {
    const std::uint64_t runs = joined ? 1 : count;
    const std::uint64_t length = joined ? bytes * count : bytes;
    const std::uint64_t most = 16 * std::uint64_t{core.bus_bytes};
    const std::uint64_t bursts = runs * ceil_div(length, most);
    const std::uint64_t beats = ceil_div(std::min(length, most), core.bus_bytes);
    least = std::max(least, runs * ceil_div(length, core.bus_bytes));
    Times times;
    Time address = std::max(ready + kQueue, next_address_);
    times.begin = address;
    const Time first = std::max(data_, address + kLatency);
    if (bursts > 4096) {  // the steady state
      const Time per_burst = std::max<Time>(beats, (kLatency + 6) / kOutstanding + 1);
      data_ = std::max(first + bursts * per_burst, first + least);
      next_address_ = data_ - kLatency;
      answers_.fill(data_);
    } else {
      for (std::uint64_t i = 0; i < bursts; ++i) {
        address = std::max(address, answers_[next_]);
        data_ = std::max(data_, address + kLatency) + beats;
        answers_[next_] = data_ + 3;
        next_ = (next_ + 1) % kOutstanding;
        ++address;
      }
      data_ = std::max(data_, first + least);
      next_address_ = address;
    }
    times.read = address + std::max(beats, least);
    times.complete = data_ + 6;
    return times;
  }

 private:
  Time next_address_ = 0;
  Time data_ = 0;
  std::array<Time, kOutstanding> answers_{};
  std::size_t next_ = 0;
};

}  // namespace

std::uint64_t estimate(const Capabilities& core, const Problem& problem, const Schedule& s) {
  Queue loads;
  Queue stores;
  std::vector<Time> load_done(s.loads.size() + 1, 0);
  std::vector<Time> step_read(s.steps.size() + 1, 0);
  std::vector<Time> sums(s.units.size(), 0);
  std::vector<Time> evicted(s.units.size() + 1, 0);
  std::vector<Time> out_ready(s.units.size() + 1, 0);
  std::vector<Time> stored(s.units.size() + 1, 0);
  std::array<Time, kQueueDepth> load_slots{};
  std::array<Time, kQueueDepth> store_slots{};
  std::size_t load_slot = 0;
  std::size_t store_slot = 0;
  Time sync = kFirstSync;
  Time tensor = kFirstTensor;
  Time vector = kFirstTensor;
  Time end = 0;
  Time first = 0;
  std::uint64_t step = 0;
  std::uint64_t unit = 0;    // evicted so far
  std::uint64_t summed = 0;  // complete in PSUM
  const std::uint64_t instructions =
      1 + (needs_temporary(problem) ? 1 : 0) + (problem.accumulate && problem.beta != 1 ? 1 : 0);

  // Evicts, in order, what is complete and has room.
  const auto run_vector = [&](std::uint64_t stores_known) {
    for (; unit < summed; ++unit) {
      const Unit& its = s.units[unit];
      if (its.out_after > stores_known) return;
      const Time room = its.out_after > 0 ? stored[its.out_after] : 0;
      const std::uint64_t groups =
          ceil_div(std::min<std::uint64_t>(its.rows, core.partitions), core.vector_lanes);
      const Time start = std::max({sums[unit] + kEvictBegin, vector, room + kEvictBegin});
      vector = start + groups * its.width * its.tiles * instructions;
      evicted[unit + 1] = vector;
      out_ready[unit + 1] = vector + kEvictEnd;
      end = vector + kEvictEnd;
    }
  };
  // Runs TensorE and VectorE as far as the transfers known so far allow.
  const auto run_engines = [&](std::uint64_t loads_known, std::uint64_t stores_known) {
    for (; step < s.steps.size(); ++step) {
      run_vector(stores_known);
      const Step& now = s.steps[step];
      if (std::max(now.stationary_load, now.moving_load) > loads_known) return;
      const Unit& its = s.units[now.unit];
      if (now.begins_unit && its.psum_after > unit) return;
      Time begin = std::max(
          tensor, std::max(load_done[now.stationary_load], load_done[now.moving_load]) + kToTensor);
      if (problem.resident) begin = std::max(begin, load_done[s.loads.size()] + kToTensor);
      if (now.begins_unit && its.psum_after > 0) {
        begin = std::max(begin, evicted[its.psum_after] + kToTensor);
      }
      if (step == 0) first = begin;
      tensor = begin + std::max<Time>(array_cycles(core, problem, now), 2 * kIssue);
      step_read[step + 1] = tensor + kIssue;
      if (now.ends_unit) sums[summed++] = tensor + kDrain + core.array_cols;
    }
    run_vector(stores_known);
  };

  std::uint64_t loads_known = 0;
  std::uint64_t stores_known = 0;
  for (const Transfer& transfer : s.transfers) {
    run_engines(loads_known, stores_known);
    if (transfer.kind == Transfer::Kind::store) {
      const Unit& its = s.units[transfer.index];
      const bool runs = problem.col_step == size_of(problem.output);
      const std::uint64_t bytes = (runs ? its.width : 1) * size_of(problem.output);
      sync = std::max(sync + kIssue, store_slots[store_slot]);
      const auto times =
          stores.move(core, std::max(sync, out_ready[transfer.index + 1]),
                      runs ? its.rows : its.rows * its.width, bytes, problem.row_step == bytes,
                      runs ? its.rows : its.rows * its.width * 5 / 4);
      store_slots[store_slot] = times.begin;
      store_slot = (store_slot + 1) % kQueueDepth;
      stored[transfer.index + 1] = times.read;
      stores_known = transfer.index + 1;
      if (!problem.resident) end = std::max(end, times.complete);
      continue;
    }
    sync = std::max(sync + kIssue, load_slots[load_slot]);
    Queue::Times times;
    if (transfer.kind == Transfer::Kind::side) {
      const SideLoad& side = s.sides[transfer.index];
      const Unit& its = s.units[side.unit];
      const std::uint64_t bytes =
          side.kind == SideLoad::Kind::row_bias
              ? 4
              : its.width *
                    (side.kind == SideLoad::Kind::column_bias ? 4 : size_of(problem.addend));
      times = loads.move(core, std::max(sync, stored[std::min(side.after, stores_known)]), its.rows,
                         bytes, bytes == 4, its.rows);
    } else {
      const Load& load = s.loads[transfer.index];
      const Side& side = load.moving ? problem.moving : problem.stationary;
      const bool k_major = side.order == OperandOrder::k_major;
      const std::uint64_t runs = k_major ? load.depth : load.columns;
      const std::uint64_t bytes = (k_major ? load.columns : load.depth) * size_of(side.dtype);
      times =
          loads.move(core, std::max(sync, step_read[load.free_after]), runs, bytes,
                     side.pitch == bytes, k_major ? runs : runs * ceil_div(load.depth, core.lanes));
      load_done[transfer.index + 1] = times.complete;
      loads_known = transfer.index + 1;
    }
    load_slots[load_slot] = times.begin;
    load_slot = (load_slot + 1) % kQueueDepth;
  }
  run_engines(loads_known, stores_known);
  const Time bus = s.bus_bytes / core.bus_bytes;
  if (problem.resident) return end - first;
  return std::max(end, kFirstSync + bus);
}

}  // namespace tinium::gemm_detail
