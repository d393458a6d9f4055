// SPDX-License-Identifier: Apache-2.0
// Drivers and sinks of valid/ready streams.
//
// The handshake: once valid, valid and data hold until ready; valid never waits for ready.
// StreamDriver keeps the rule towards the design; StreamSink checks that the design keeps it.
#pragma once

#include <gtest/gtest.h>
#include <verilated.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "bench_options.hpp"
#include "hex.hpp"
#include "stall_generator.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {

/// Source of a stream: `<name>_valid_i`, `<name>_ready_o` and data ports of any number.
///
/// While not valid, the data ports carry noise, so that a design that reads them early fails.
template <typename Item>
class StreamDriver : public BenchComponent {
 public:
  /// Writes an item to the data ports of the model.
  using Put = std::function<void(const Item&)>;
  /// Makes an arbitrary item, driven while not valid.
  using Noise = std::function<Item()>;

  StreamDriver(CData& valid, const CData& ready, Put put, StallGenerator stalls, Noise noise = {})
      : valid_(valid),
        ready_(ready),
        put_(std::move(put)),
        stalls_(stalls),
        noise_(std::move(noise)) {
    valid_ = 0;
  }

  /// Queues an item.
  void push(Item item) { queue_.push_back(std::move(item)); }
  /// True when every item has been taken.
  bool idle() const { return queue_.empty(); }
  std::uint64_t sent() const { return sent_; }

  void drive() override {
    if (offering_) {
      return;  // holds until ready
    }
    if (!queue_.empty() && !stalls_.stall()) {
      offering_ = true;
      valid_ = 1;
      put_(queue_.front());
    } else {
      valid_ = 0;
      if (noise_) {
        put_(noise_());
      }
    }
  }

  void sample() override {
    if (offering_ && ready_ != 0) {
      offering_ = false;
      queue_.pop_front();
      ++sent_;
    }
  }

 private:
  CData& valid_;
  const CData& ready_;
  Put put_;
  StallGenerator stalls_;
  Noise noise_;
  std::deque<Item> queue_;
  bool offering_ = false;
  std::uint64_t sent_ = 0;
};

/// Sink of a stream: `<name>_valid_o`, `<name>_ready_i` and data ports of any number.
template <typename Item>
class StreamSink : public BenchComponent {
 public:
  /// Reads an item from the data ports of the model.
  using Get = std::function<Item()>;
  /// Receives each item taken, usually Scoreboard::observe.
  using Take = std::function<void(const Item&)>;

  /// `name` appears in reports of a broken handshake.
  StreamSink(std::string name, const CData& valid, CData& ready, Get get, Take take,
             StallGenerator stalls)
      : name_(std::move(name)),
        valid_(valid),
        ready_(ready),
        get_(std::move(get)),
        take_(std::move(take)),
        stalls_(stalls) {
    ready_ = 0;
  }

  std::uint64_t received() const { return received_; }

  void drive() override {
    const bool stalled = stalls_.stall();
    const bool wait_for_valid = stalls_.pattern() == StallPattern::kAfterValid && !waiting_;
    ready_ = (stalled || wait_for_valid) ? 0 : 1;
  }

  void sample() override {
    const bool valid = valid_ != 0;
    if (waiting_) {
      if (!valid) {
        broken("valid dropped before ready");
      } else if (const Item now = get_(); !(now == held_)) {
        broken("data changed before ready: was " + to_hex(held_) + ", is " + to_hex(now));
      }
    }
    waiting_ = valid && ready_ == 0;
    if (waiting_) {
      held_ = get_();
    } else if (valid) {
      ++received_;
      take_(get_());
    }
  }

 private:
  void broken(const std::string& what) {
    if (reports_++ < 4) {
      ADD_FAILURE() << current_test_name() << " seed " << options().seed << ", stream " << name_
                    << " after " << received_ << " items: " << what
                    << "\n  rerun: " << rerun_line();
    }
  }

  std::string name_;
  const CData& valid_;
  CData& ready_;
  Get get_;
  Take take_;
  StallGenerator stalls_;
  Item held_{};
  bool waiting_ = false;
  std::uint64_t received_ = 0;
  int reports_ = 0;
};

}  // namespace tinium::testbench
