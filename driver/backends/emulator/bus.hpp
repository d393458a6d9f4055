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
    Time ready = 0;           ///< not before this cycle can its first beat move
    std::uint32_t beats = 0;  ///< cycles of the bus
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
    std::uint32_t left = 0;  ///< beats of the front

    Time start(Time now) const;
    Time earliest_end(Time now) const;
    void finish(Time now, std::vector<Burst>& done);
  };

  Channel reads_;
  Channel writes_;
  Time now_ = 0;
  bool write_turn_ = false;
};

}  // namespace tinium
