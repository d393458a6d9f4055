// SPDX-License-Identifier: Apache-2.0
//
// Time on the memory bus: reads and writes in order, each direction by itself, a latency before the
// first beat, one beat a cycle that both directions share. No data passes here.

#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "timing.hpp"

namespace tinium {

class BusModel {
 public:
  using Time = timing::Time;
  static constexpr Time kNever = ~Time{0};

  struct Burst {
    Time ready = 0;            ///< not before this cycle can its first beat move
    std::uint32_t beats = 0;   ///< on the bus
    std::uint32_t cycles = 0;  ///< that the client takes for them, at least `beats`
    std::uint32_t client = 0;
    std::uint64_t tag = 0;  ///< the client's
    bool is_write = false;
    Time end = 0;  ///< when done: the cycle after its last beat
  };

  void clear();
  void push(const Burst& burst);
  /// A time at which something may be done; kNever when nothing waits.
  Time next() const;
  /// Moves beats until `time` and appends the bursts that are done to `done`, in order.
  void advance(Time time, std::vector<Burst>& done);

 private:
  struct Channel {
    std::deque<Burst> bursts;
    double left = 0;  ///< cycles of the front, if the bus is free

    bool active(Time now) const { return !bursts.empty() && bursts.front().ready <= now; }
    Time start(Time now) const;
    /// Share of the bus that the front asks for.
    double demand() const {
      return bursts.front().beats / static_cast<double>(bursts.front().cycles);
    }
    /// Whole cycles to the end of the front at a speed.
    Time rest(double speed) const;
    void finish(Time now, std::vector<Burst>& done);
  };

  Channel reads_;
  Channel writes_;
  Time now_ = 0;
};

}  // namespace tinium
