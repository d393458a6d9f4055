// SPDX-License-Identifier: Apache-2.0
//
// When things happen, roughly: one number per event. The model knows the rates and latencies of the
// units (docs/architecture) and the order of the queues; it leaves out what two units do to each
// other on the way to SBUF. It chooses between plans, so errors that all plans share do not matter.

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <iterator>
#include <utility>
#include <vector>

#include "gemm/schedule.hpp"
#include "gemm/tables.hpp"

namespace tinium::gemm_detail {
namespace {

using Time = std::uint64_t;

constexpr Time kLatency = 100;      // of DRAM
constexpr Time kFirstSync = 115;    // doorbell to SyncE's first instruction
constexpr Time kFirstTensor = 240;  // doorbell to TensorE's first instruction
constexpr Time kSecondFetch = 236;  // doorbell to the lines that did not come with the header
constexpr Time kFirstLine = 217;    // doorbell to the first beat after the header
constexpr Time kIssue = 1;          // of an instruction
constexpr Time kQueue = 5;          // of a DMA queue, before the first burst
constexpr Time kLoadEnd = 3;        // last beat to SBUF
constexpr Time kStoreBegin = 5;     // address to first beat
constexpr Time kStoreEnd = 3;       // response to the end
constexpr Time kToTensor = 12;      // semaphore to first vector
constexpr Time kDrain = 50;         // last vector to PSUM, beside the columns
constexpr Time kEvictBegin = 10;
constexpr Time kEvictEnd = 8;
constexpr std::size_t kOutstanding = 128;
constexpr Time kEver = ~Time{0};
constexpr Time kLeastStep = 4;
constexpr std::uint64_t kQueueDepth = 4;
constexpr std::uint64_t kJobs = 5;        // steps that TensorE has taken before the present one
constexpr std::uint64_t kWithHeader = 8;  // instructions of SyncE that come with the header

/// What is moved: `count` runs of `bytes`, `pitch` apart in DRAM.
struct Runs {
  std::uint64_t count, bytes, first, pitch;
  Time least;  ///< cycles in SBUF
};

/// A DMA queue and its direction of the bus.
class Queue {
 public:
  struct Times {
    Time begin = 0, read = 0, complete = 0;
  };

  Queue(Time head, Time tail, Time data) : head_(head), tail_(tail), data_(data) {}

  Times move(const Capabilities& core, Time ready, const Runs& r) {
    const std::uint64_t bus = core.bus_bytes;
    const std::uint64_t most = 16 * bus;
    Times times;
    Time address = std::max(ready + kQueue, next_address_);
    times.begin = address;
    asked_.emplace_back(address, std::max(data_, address + head_));
    const Time first = std::max(data_, address + head_);
    const auto burst = [&](Time beats) {
      address = std::max(address, answers_[next_]);
      for (; !others_.empty() && others_.front().first <= data_; others_.pop_front()) {
        owed_ += others_.front().second;
      }
      if (address + head_ > data_) owed_ -= std::min(owed_, address + head_ - data_);
      data_ = std::max(data_, address + head_) + beats + owed_;
      owed_ = 0;
      answers_[next_] = data_ + 3;
      next_ = (next_ + 1) % kOutstanding;
      ++address;
    };
    if (r.pitch == r.bytes) {
      const std::uint64_t begin = r.first % bus;
      std::uint64_t left = begin + r.bytes * r.count;
      for (; left > most; left -= most) burst(16);
      burst(ceil_div(left, bus));
    } else {
      for (std::uint64_t i = 0; i < r.count; ++i) {
        std::uint64_t left = (r.first + i * r.pitch) % bus + r.bytes;
        for (; left > most; left -= most) burst(16);
        burst(ceil_div(left, bus));
      }
    }
    data_ = std::max(data_, first + r.least);
    asked_.emplace_back(address, data_);
    next_address_ = address;
    times.read = data_;
    times.complete = data_ + tail_;
    return times;
  }

  /// When the bus is done with what was asked for before `time`.
  Time done(Time time) const {
    const auto later = std::upper_bound(
        asked_.begin(), asked_.end(), time,
        [](Time value, const std::pair<Time, Time>& asked) { return value < asked.first; });
    if (later == asked_.begin()) return 0;
    const auto before = std::prev(later);
    if (later == asked_.end() || later->first == before->first) return before->second;
    return before->second + (later->second - before->second) * (time - before->first) /
                                (later->first - before->first);
  }
  /// `beats` of the bus are another's, from `time` on.
  void share(Time time, Time beats) {
    if (time <= data_) {
      owed_ += beats;
    } else {
      others_.emplace_back(time, beats);
    }
  }

 private:
  Time head_, tail_;
  Time data_;
  Time next_address_ = 0;
  std::array<Time, kOutstanding> answers_{};
  std::size_t next_ = 0;
  std::deque<std::pair<Time, Time>> others_;
  std::vector<std::pair<Time, Time>> asked_;  // addresses, and when the data before them have come
  Time owed_ = 0;
};

/// Words of SBUF that the runs touch; short rows side by side move several at a time.
Time words(const Capabilities& core, std::uint64_t count, std::uint64_t bytes, std::uint64_t pitch,
           bool is_load) {
  const std::uint64_t bus = core.bus_bytes;
  std::uint64_t rows = 1;
  if (pitch == bytes && bytes < bus && std::has_single_bit(bytes)) {
    if (is_load && bytes <= 8) {
      rows = std::min<std::uint64_t>(bus / bytes, core.lanes);
    } else if (bytes >= 8 && bus / bytes <= 4) {
      rows = bus / bytes;
    }
  }
  return ceil_div(count, rows) * ceil_div(bytes, bus);
}

/// One run through a schedule.
class Timeline {
 public:
  Timeline(const Capabilities& core, const Problem& problem, const Schedule& schedule)
      : core_(core),
        problem_(problem),
        exchanged_(exchanged(problem)),
        s_(schedule),
        held_(queue_lines(core)),
        line_beats_(std::max<Time>(1, 64 / core.bus_bytes)),
        loads_(kLatency, kLoadEnd, first_data()),
        stores_(kStoreBegin, kLatency + kStoreEnd, 0),
        load_done_(s_.loads.size() + 1, 0),
        step_read_(s_.steps.size() + 1, 0),
        begin_(s_.steps.size(), 0),
        sums_(s_.units.size(), 0),
        evicted_(s_.units.size() + 1, 0),
        out_ready_(s_.units.size() + 1, 0),
        stored_(s_.units.size() + 1, 0),
        placed_(s_.units.size(), 0),
        instructions_(1 + (needs_temporary(problem) ? 1 : 0) +
                      (problem.accumulate && problem.beta != 1 ? 1 : 0)) {}

  Time run() {
    std::uint64_t issued = 0;
    std::array<Time, kQueueDepth> begins{};  // of the last loads
    std::size_t next = 0;
    for (const Transfer& transfer : s_.transfers) {
      if (++issued == kWithHeader) sync_ = std::max(sync_, kSecondFetch);
      if (issued > held_) loads_.share(0, line_beats_);
      if (transfer.kind == Transfer::Kind::store) {
        ++sync_;
        if (transfer.index >= kQueueDepth) {
          run_engines(0, 0, transfer.index - kQueueDepth + 1);
          sync_ = std::max(sync_, stored_[transfer.index - kQueueDepth + 1]);
        }
        placed_[transfer.index] = sync_;
        placed_count_ = transfer.index + 1;
        continue;
      }
      sync_ = std::max(sync_ + kIssue, begins[next]);
      const Queue::Times times = transfer.kind == Transfer::Kind::side
                                     ? load_side(s_.sides[transfer.index])
                                     : load(transfer.index);
      begins[next] = times.begin;
      next = (next + 1) % kQueueDepth;
    }
    run_engines(kEver, 0, 0);
    if (problem_.resident) return end_ - first_;
    // Of programs that are alike the shorter one: its lines are in nobody's way.
    const Time lines = (s_.transfers.size() + 2 * s_.steps.size() + s_.units.size()) * line_beats_;
    return std::max(end_, kFirstSync + s_.bus_bytes / core_.bus_bytes) + lines / 16;
  }

 private:
  /// Lines of instructions are asked for before the first operands.
  Time first_data() const {
    const auto lines = [&](std::uint64_t count) { return std::min(count, held_); };
    const std::uint64_t all = lines(s_.transfers.size() + 1) + lines(2 * s_.steps.size() + 1) +
                              lines(s_.units.size() + 1);
    return kFirstLine + (all - std::min(all, kWithHeader)) * line_beats_;
  }

  const Problem& problem_of(const Unit& unit) const {
    return unit.exchanged ? exchanged_ : problem_;
  }

  Queue::Times load(std::uint64_t index) {
    const Load& load = s_.loads[index];
    run_engines(sync_, load.free_after, 0);
    if (load.first_step > fetched_steps_) {
      loads_.share(0, 2 * (load.first_step - fetched_steps_) * line_beats_);
      fetched_steps_ = load.first_step;
    }
    const Side& side = load.moving ? problem_.moving : problem_.stationary;
    const std::uint64_t size = size_of(side.dtype);
    const bool k_major = side.order == OperandOrder::k_major;
    Runs runs;
    runs.count = k_major ? load.depth : load.columns;
    runs.bytes = (k_major ? load.columns : load.depth) * size;
    runs.first =
        k_major ? load.k0 * side.pitch + load.c0 * size : load.c0 * side.pitch + load.k0 * size;
    runs.pitch = side.pitch;
    runs.least = k_major ? words(core_, runs.count, runs.bytes, runs.pitch, true)
                         : runs.count * ceil_div(load.depth, core_.lanes);
    const Queue::Times times =
        loads_.move(core_, std::max(sync_, step_read_[load.free_after]), runs);
    load_done_[index + 1] = times.complete;
    loads_known_ = index + 1;
    return times;
  }

  Queue::Times load_side(const SideLoad& side) {
    run_engines(sync_, 0, side.after);
    const Unit& unit = s_.units[side.unit];
    const bool row_bias = side.kind == SideLoad::Kind::row_bias;
    const std::uint64_t size =
        side.kind == SideLoad::Kind::addend ? size_of(problem_.addend) : sizeof(float);
    const std::uint64_t bytes = row_bias ? size : unit.width * size;
    const std::uint64_t pitch = row_bias ? size : problem_.addend_pitch;
    return loads_.move(core_, std::max(sync_, stored_[std::min(side.after, stores_known_)]),
                       {unit.rows, bytes, 0, pitch, words(core_, unit.rows, bytes, pitch, true)});
  }

  /// Cycles of a store that reads so many words of SBUF, beside TensorE as long as that is busy.
  Time store_cycles(const Unit& unit, Time ready, Time count) const {
    const Time left = step_ == 0 ? s_.step_end.back() : s_.step_end.back() - s_.step_end[step_ - 1];
    const Time beside = tensor_ + left - std::min(tensor_ + left, ready);
    const Problem& problem = problem_of(unit);
    const std::uint64_t tile = size_of(problem.stationary.dtype) == 4 ? 8 : 4;
    const Time taken = 2 * size_of(problem.moving.dtype) + 16 * tile / std::max(unit.width, tile);
    const Time slow = 17 + std::min<Time>(9, taken);  // sixteenths of a cycle for each word
    if (count * slow / 16 <= beside) return count * slow / 16;
    return beside + count - beside * 16 / slow;
  }

  /// Stores in order what SyncE has placed and VectorE has evicted.
  void run_stores() {
    for (; stores_known_ < std::min(placed_count_, unit_); ++stores_known_) {
      const Unit& unit = s_.units[stores_known_];
      const Problem& problem = problem_of(unit);
      const std::uint64_t size = size_of(problem.output);
      const Time ready = std::max(placed_[stores_known_], out_ready_[stores_known_ + 1]);
      Runs runs;
      runs.first = unit.r0 * problem.row_step + unit.c0 * problem.col_step;
      if (problem.col_step == size) {
        runs.count = unit.rows;
        runs.bytes = unit.width * size;
        runs.pitch = problem.row_step;
        runs.least = words(core_, unit.rows, runs.bytes, runs.pitch, false);
      } else {  // elements, column by column
        runs.count = unit.width;
        runs.bytes = unit.rows * size;
        runs.pitch = problem.col_step;
        runs.least = unit.rows * unit.width;
      }
      runs.least = store_cycles(unit, ready, runs.least);
      const Queue::Times times = stores_.move(core_, ready, runs);
      loads_.share(times.begin, ceil_div(unit.rows * unit.width * size, core_.bus_bytes));
      stored_[stores_known_ + 1] = times.read;
      if (!problem_.resident) end_ = std::max(end_, times.complete);
    }
  }

  /// When the instructions of the present step are there: lines behind the first ones are asked
  /// for, a few together, as the stream goes on, and come behind the loads that were asked for
  /// before.
  Time fetched() const {
    const std::uint64_t line = 2 * step_ + 1;
    if (line < held_) return 0;
    const std::uint64_t request = std::min<std::uint64_t>(8, held_ / 4);
    const std::uint64_t asked_at = held_ - request + (line - held_) / request * request;
    const std::uint64_t step = asked_at / 2 - std::min(asked_at / 2, kJobs);
    const Time time = begin_[step];
    return std::max(time + kLatency, loads_.done(time)) + request * line_beats_ + kToTensor;
  }

  /// Evicts in order what is complete and has room.
  void run_vector() {
    while (unit_ < summed_) {
      const Unit& unit = s_.units[unit_];
      if (unit.out_after > stores_known_) return;
      const Time room = unit.out_after > 0 ? stored_[unit.out_after] : 0;
      const std::uint64_t groups =
          ceil_div(std::min<std::uint64_t>(unit.rows, core_.partitions), core_.vector_lanes);
      const Time start = std::max({sums_[unit_] + kEvictBegin, vector_, room + kEvictBegin});
      vector_ = start + groups * unit.width * unit.tiles * instructions_;
      ++unit_;
      evicted_[unit_] = vector_;
      out_ready_[unit_] = vector_ + kEvictEnd;
      end_ = std::max(end_, vector_ + kEvictEnd);
      run_stores();
    }
  }

  /// Runs TensorE and VectorE as far as the transfers known so far allow, but not beyond `limit`
  /// once so many steps and stores are known.
  void run_engines(Time limit, std::uint64_t steps, std::uint64_t stores) {
    run_stores();
    for (; step_ < s_.steps.size(); ++step_) {
      run_vector();
      const Step& step = s_.steps[step_];
      if (std::max(step.stationary_load, step.moving_load) > loads_known_) return;
      const Unit& unit = s_.units[step.unit];
      if (step.begins_unit && unit.psum_after > unit_) return;
      Time begin =
          std::max(load_done_[step.stationary_load], load_done_[step.moving_load]) + kToTensor;
      if (problem_.resident) begin = load_done_[s_.loads.size()] + kToTensor;
      begin = std::max(begin, fetched());
      if (step.begins_unit && unit.psum_after > 0) {
        begin = std::max(begin, evicted_[unit.psum_after] + kToTensor);
      }
      begin = std::max(begin, tensor_);
      if (!step.first && step.unit == s_.steps[step_ - 1].unit && unit.tiles == 1) {
        begin = std::max(begin, begin_[step_ - 1] + loop_cycles(core_));  // the same words
      }
      if (begin > limit && step_ >= steps && stores_known_ >= stores) return;
      if (step_ == 0) first_ = begin;
      begin_[step_] = begin;
      tensor_ = begin + std::max<Time>(array_cycles(core_, problem_, step), kLeastStep);
      step_read_[step_ + 1] = tensor_ + kIssue;
      if (step.ends_unit) sums_[summed_++] = tensor_ + kDrain + core_.array_cols;
    }
    run_vector();
  }

  const Capabilities& core_;
  const Problem& problem_;
  const Problem exchanged_;
  const Schedule& s_;
  std::uint64_t held_;  // lines of instructions in a stream's ring
  Time line_beats_;
  Queue loads_, stores_;
  std::vector<Time> load_done_;                     // by number of loads
  std::vector<Time> step_read_;                     // by number of steps
  std::vector<Time> begin_;                         // by step
  std::vector<Time> sums_;                          // by unit
  std::vector<Time> evicted_, out_ready_, stored_;  // by number of units
  std::vector<Time> placed_;                        // by unit
  std::uint64_t instructions_;                      // of an eviction
  Time sync_ = kFirstSync, tensor_ = kFirstTensor, vector_ = kFirstTensor;
  Time first_ = 0, end_ = 0;
  std::uint64_t step_ = 0;    // run so far
  std::uint64_t unit_ = 0;    // evicted so far
  std::uint64_t summed_ = 0;  // complete in PSUM
  std::uint64_t loads_known_ = 0, stores_known_ = 0, placed_count_ = 0;
  std::uint64_t fetched_steps_ = held_ / 2;
};

}  // namespace

std::uint64_t estimate(const Capabilities& core, const Problem& problem, const Schedule& s) {
  return Timeline(core, problem, s).run();
}

}  // namespace tinium::gemm_detail
