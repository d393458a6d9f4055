// SPDX-License-Identifier: Apache-2.0
// The checker of accumulation is silent on sums that wait for each other, and each rule broken once
// fires that rule alone.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "Vtn_accumulate_checker.h"
#include "checker_bench.hpp"

namespace tinium::testbench {
namespace {

constexpr unsigned kDistance = 5, kBlocks = 2, kBanks = 2;

std::uint64_t wave(unsigned bank, unsigned block, unsigned index, unsigned end_col = 4) {
  return std::uint64_t{bank} << 32 | std::uint64_t{block} << 25 | std::uint64_t{index} << 16 |
         end_col;
}

/// Reads are written back after the distance, unless `lost`.
class AccumulateBench : public CheckerBench<Vtn_accumulate_checker> {
 public:
  AccumulateBench() {
    quiet();
    reset();
  }
  bool lost = false;

  void quiet() { drive(std::nullopt, std::nullopt); }

  /// A cycle with a read, and with the write that is due or an overwriting one. True if there was
  /// room for the overwriting one.
  bool cycle(std::optional<std::uint64_t> read = {}, std::optional<std::uint64_t> overwrite = {}) {
    std::optional<std::uint64_t> write = due_.size() >= kDistance ? due_.front() : std::nullopt;
    const bool room = !write;
    if (due_.size() >= kDistance) due_.pop_front();
    if (lost) write.reset();
    if (!write) write = overwrite;
    drive(read, write);
    tick();
    due_.push_back(read);
    quiet();
    return room;
  }
  void drain() {
    for (unsigned i = 0; i <= kDistance; ++i) cycle();
  }
  void forget() { due_.clear(); }

 private:
  void drive(std::optional<std::uint64_t> read, std::optional<std::uint64_t> write) {
    auto& m = bench.dut();
    m.rd_valid_i = read.has_value();
    m.rd_wave_i = read.value_or(wave(1, 1, 511));
    m.wr_valid_i = write.has_value();
    m.wr_wave_i = write.value_or(wave(1, 1, 511));
  }
  std::deque<std::optional<std::uint64_t>> due_;
};

using B = AccumulateBench;
const std::vector<SeededFault<B>> kFaults = {
    {"ACC-01 SumReadTwice", "AgainInTheNextCycle",
     [](B& c) {
       c.cycle(wave(0, 1, 3));
       c.cycle(wave(0, 1, 3));
       c.drain();
     }},
    {"ACC-01 SumReadTwice", "AgainInTheCycleOfTheWrite",
     [](B& c) {
       c.cycle(wave(1, 0, 511));
       for (unsigned i = 1; i < kDistance; ++i) c.cycle();
       c.cycle(wave(1, 0, 511));
       c.drain();
     }},
    {"ACC-02 SumWritten", "NotWritten",
     [](B& c) {
       c.cycle(wave(0, 1, 3));
       c.lost = true;
       c.drain();
     }},
    {"ACC-02 SumWritten", "OtherColumnsWritten",
     [](B& c) {
       c.cycle(wave(0, 1, 3));
       for (unsigned i = 1; i < kDistance; ++i) c.cycle();
       c.lost = true;
       c.cycle({}, wave(0, 1, 3, 3));
     }},
    {"ACC-03 SumOverwritten", "OverwrittenWhileOpen",
     [](B& c) {
       c.cycle(wave(0, 1, 3));
       c.cycle({}, wave(0, 1, 3));
       c.drain();
     }},
    {"ACC-03 SumOverwritten", "OverwrittenInTheCycleOfTheRead",
     [](B& c) {
       c.cycle(wave(0, 1, 3), wave(0, 1, 3));
       c.drain();
     }},
};

TINIUM_SEEDED_FAULTS(AccumulateFault, AccumulateBench, kFaults);

TEST(AccumulateChecker, SilentOnRandomLegalTraffic) {
  AccumulateBench c;
  std::mt19937_64 rng = make_rng();
  std::map<std::uint64_t, unsigned> open;  // until this cycle
  unsigned reads = 0;
  for (unsigned i = 1; i < 30000; ++i) {
    const auto any = [&]() -> std::optional<std::uint64_t> {
      if (rng() % 4 == 0) return std::nullopt;
      const std::uint64_t w =
          wave(static_cast<unsigned>(rng() % kBanks), static_cast<unsigned>(rng() % kBlocks),
               static_cast<unsigned>(rng() % 8));
      return open.contains(w) && open[w] >= i ? std::nullopt : std::optional(w);
    };
    const auto read = any();
    auto overwrite = any();
    if (overwrite == read) overwrite.reset();
    if (read) open[*read] = i + kDistance, ++reads;
    c.cycle(read, overwrite);
    if (i % 1000 == 0) {
      c.reset();  // what was open is forgotten
      c.forget();
      open.clear();
    }
  }
  EXPECT_EQ(c.fired(), std::set<std::string>{});
  EXPECT_GT(reads, 5000U);
}

}  // namespace
}  // namespace tinium::testbench
