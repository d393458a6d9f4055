// SPDX-License-Identifier: Apache-2.0
// Compares what came with what the golden model gave, in order, and reports it so that it can be
// run again: test, seed, index, place, expected and got.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "bench_options.hpp"
#include "hex.hpp"

namespace tinium::testbench {

/// In-order comparison of a stream. `Item` needs `==` and `to_hex(item)` (hex.hpp covers integers
/// and arrays of them; a struct brings its own, found by argument-dependent lookup).
template <typename Item>
class Scoreboard {
 public:
  /// Mismatches beyond this many are counted, not printed.
  static constexpr std::uint64_t kMaxReports = 16;

  /// `name` says which stream this is.
  explicit Scoreboard(std::string name) : name_(std::move(name)) {}

  /// Queues what must come next. `where` places it in the problem ("tile 2 row 5 column 1").
  void expect(Item item, std::string where = {}) {
    expected_.push_back({std::move(item), std::move(where)});
  }

  /// Compares what came with the oldest item queued.
  void observe(const Item& got) {
    const std::uint64_t index = observed_++;
    if (expected_.empty()) {
      report(index, {}, "nothing", to_hex(got));
      return;
    }
    const Entry entry = std::move(expected_.front());
    expected_.pop_front();
    if (!(entry.item == got)) {
      report(index, entry.where, to_hex(entry.item), to_hex(got));
    }
  }

  /// Call at the end of a test: all that was expected must have come, and something must have.
  void finish() {
    if (!expected_.empty()) {
      ADD_FAILURE() << headline() << ": " << expected_.size() << " expected items never came, next "
                    << to_hex(expected_.front().item) << place(expected_.front().where)
                    << "\n  rerun: " << rerun_line();
    }
    if (observed_ == 0) {
      ADD_FAILURE() << headline() << ": the test compared nothing";
    }
    if (mismatches_ > kMaxReports) {
      ADD_FAILURE() << headline() << ": " << mismatches_ << " mismatches in " << observed_
                    << " items, the first " << kMaxReports << " shown";
    }
  }

  std::uint64_t observed() const { return observed_; }
  std::uint64_t pending() const { return expected_.size(); }
  std::uint64_t mismatches() const { return mismatches_; }

 private:
  struct Entry {
    Item item;
    std::string where;
  };

  std::string headline() const {
    return current_test_name() + " seed " + std::to_string(options().seed) + ", " + name_;
  }

  static std::string place(const std::string& where) {
    return where.empty() ? std::string() : " at " + where;
  }

  void report(std::uint64_t index, const std::string& where, const std::string& expected,
              const std::string& got) {
    if (++mismatches_ <= kMaxReports) {
      ADD_FAILURE() << headline() << "[" << index << "]" << place(where) << ": expected "
                    << expected << ", got " << got
                    << (mismatches_ == 1 ? "\n  rerun: " + rerun_line() : std::string());
    }
  }

  std::string name_;
  std::deque<Entry> expected_;
  std::uint64_t observed_ = 0;
  std::uint64_t mismatches_ = 0;
};

}  // namespace tinium::testbench
