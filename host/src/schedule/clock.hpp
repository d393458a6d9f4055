// SPDX-License-Identifier: Apache-2.0
//
// What is known to have happened: for each unit and kind of event, the last instruction of which it
// is certain. Events of one kind and unit come in order, so one number says it of all before.

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "schedule/access.hpp"

namespace tinium::schedule {

/// Begin (its waits are met), operands read, results written.
enum class Event : std::uint8_t { begin, read, complete };

class Clock {
 public:
  Clock() {
    for (auto& unit : last_) unit.fill(-1);
  }
  std::int64_t& at(Unit unit, Event event) {
    return last_[index_of(unit)][static_cast<std::size_t>(event)];
  }
  std::int64_t at(Unit unit, Event event) const {
    return last_[index_of(unit)][static_cast<std::size_t>(event)];
  }
  void join(const Clock& other) {
    for (std::size_t unit = 0; unit < kUnits; ++unit) {
      for (std::size_t event = 0; event < 3; ++event) {
        last_[unit][event] = std::max(last_[unit][event], other.last_[unit][event]);
      }
    }
  }
  /// This, and that `event` of instruction `index` of `unit` has happened. With it happened what
  /// comes before it in the same instruction, and the same event of the instructions before.
  Clock with(Unit unit, Event event, std::int64_t index) const {
    Clock result = *this;
    for (std::size_t e = 0; e <= static_cast<std::size_t>(event); ++e) {
      std::int64_t& last = result.last_[index_of(unit)][e];
      last = std::max(last, index);
    }
    return result;
  }
  /// True when everything that `other` knows is known here.
  bool covers(const Clock& other) const {
    for (std::size_t unit = 0; unit < kUnits; ++unit) {
      for (std::size_t event = 0; event < 3; ++event) {
        if (last_[unit][event] < other.last_[unit][event]) return false;
      }
    }
    return true;
  }

 private:
  std::array<std::array<std::int64_t, 3>, kUnits> last_;
};

}  // namespace tinium::schedule
