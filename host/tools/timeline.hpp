// SPDX-License-Identifier: Apache-2.0
//
// What a launch did when: calls of the host and instructions of the core, as a file for Perfetto
// (ui.perfetto.dev, chrome://tracing) and as a picture.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tinium/device.hpp"
#include "tinium/program.hpp"

namespace tinium::tools {

/// One instruction at work.
struct Span {
  isa::Unit unit{};
  std::uint32_t instruction = 0;
  std::uint8_t opcode = 0;
  std::uint64_t begin = 0, end = 0;  ///< cycles
  std::uint32_t row = 0;             ///< 0, or higher where instructions of a unit overlap
};

/// Pairs begin and end events. An end alone (LoadStationary, or a begin that the ring has lost) is
/// a span of no length; a begin alone is left out.
std::vector<Span> spans_of(const std::vector<TraceEvent>& events);

class Timeline {
 public:
  /// @param title  of the picture
  explicit Timeline(std::string title) : title_(std::move(title)) {}

  /// Runs `function` and remembers how long the host took for it.
  template <typename Function>
  auto call(const std::string& name, Function&& function) {
    struct Stop {
      Timeline& timeline;
      std::string name;
      double begin;
      ~Stop() { timeline.calls_.push_back({name, begin, timeline.now()}); }
    } stop{*this, name, now()};
    return function();
  }

  /// What the core did in the host call `call`.
  void set_launch(const std::string& call, const ProgramImage& image, const Completion& completion,
                  const std::vector<TraceEvent>& events);

  const std::vector<Span>& spans() const { return spans_; }

  /// Trace Event Format. Host calls in microseconds of the host's clock; the core in a process of
  /// its own, a cycle shown as a nanosecond, from the moment of the launch.
  std::string chrome_json() const;
  std::string svg() const;

 private:
  struct Call {
    std::string name;
    double begin, end;  ///< microseconds since the object was made
  };
  double now() const {
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start_)
        .count();
  }

  std::string title_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::vector<Call> calls_;
  std::vector<Span> spans_;
  std::vector<std::string> texts_;  ///< of each span's instruction
  LaunchCounters counters_;
  double launch_begin_ = 0;
};

}  // namespace tinium::tools
