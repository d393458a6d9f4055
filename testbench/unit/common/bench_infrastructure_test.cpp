// SPDX-License-Identifier: Apache-2.0
// The checkers that every bench relies on must fire: each is shown a design with the fault it is
// for.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "Vtn_bench_stage.h"
#include "scoreboard.hpp"
#include "stream.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {
namespace {

struct Verdict {
  std::uint64_t received = 0;
  std::uint64_t cycles = 0;
  bool assertion_failed = false;
};

/// Pushes `items` random words through the stage under the given pauses and seeded fault.
Verdict run_stage(int fault, StallPattern source, StallPattern sink_pattern, int items) {
  using Word = std::uint32_t;
  VerilatedBench<Vtn_bench_stage> bench;
  Scoreboard<Word> scoreboard("out");
  std::mt19937_64 rng = make_rng(0);
  std::mt19937_64 noise = make_rng(1);
  StreamDriver<Word> driver(
      bench->in_valid_i, bench->in_ready_o, [&](Word w) { bench->in_data_i = w; },
      StallGenerator(source, make_rng(2)), [&] { return static_cast<Word>(noise()); });
  StreamSink<Word> sink(
      "out", bench->out_valid_o, bench->out_ready_i, [&] { return bench->out_data_o; },
      [&](Word w) { scoreboard.observe(w); }, StallGenerator(sink_pattern, make_rng(3)));
  bench.add(driver);
  bench.add(sink);
  if (fault == 4) {
    bench.expect_assertion_failure();
  }
  bench->fault_i = static_cast<CData>(fault);
  for (int i = 0; i < items; ++i) {
    const auto word = static_cast<Word>(rng());
    driver.push(word);
    scoreboard.expect(word, "item " + std::to_string(i));
  }
  bench.reset();
  const std::uint64_t begin = bench.cycle();
  Verdict verdict;
  if (fault == 4) {
    bench.tick(static_cast<std::uint64_t>(items) * 4);
    verdict.assertion_failed = bench.take_assertion_failure();
  } else {
    bench.run_until([&] { return scoreboard.pending() == 0; }, 1000 + 100U * items);
    scoreboard.finish();
  }
  verdict.received = sink.received();
  verdict.cycles = bench.cycle() - begin;
  return verdict;
}

class StreamPatterns : public ::testing::TestWithParam<std::tuple<StallPattern, StallPattern>> {};

TEST_P(StreamPatterns, EveryItemArrivesOnceInOrder) {
  const auto [source, sink] = GetParam();
  const Verdict verdict = run_stage(0, source, sink, 500);
  EXPECT_EQ(verdict.received, 500U);
  if (source == StallPattern::kNone && sink == StallPattern::kNone) {
    EXPECT_LE(verdict.cycles, 502U) << "the harness itself must not cost cycles";
  }
}

INSTANTIATE_TEST_SUITE_P(All, StreamPatterns,
                         ::testing::Combine(::testing::ValuesIn(kAllStallPatterns),
                                            ::testing::ValuesIn(kAllStallPatterns)),
                         [](const auto& param) {
                           return std::string(name_of(std::get<0>(param.param))) + "_" +
                                  std::string(name_of(std::get<1>(param.param)));
                         });

/// Runs with a seeded fault and returns all failures it reported, joined.
std::string failures_of(int fault) {
  ::testing::TestPartResultArray results;
  {
    ::testing::ScopedFakeTestPartResultReporter reporter(
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
    run_stage(fault, StallPattern::kRandom, StallPattern::kRandom, 200);
  }
  std::string text;
  for (int i = 0; i < results.size(); ++i) {
    text += results.GetTestPartResult(i).message();
    text += '\n';
  }
  return text;
}

TEST(CheckersFire, ValidDropped) {
  EXPECT_NE(failures_of(1).find("valid dropped before ready"), std::string::npos);
}

TEST(CheckersFire, DataChanged) {
  EXPECT_NE(failures_of(2).find("data changed before ready: was 0x"), std::string::npos);
}

TEST(CheckersFire, WrongBitNamesSeedIndexValuesAndRerun) {
  const std::string text = failures_of(3);
  EXPECT_NE(text.find("seed " + std::to_string(options().seed)), std::string::npos) << text;
  EXPECT_NE(text.find("out[7] at item 7: expected 0x"), std::string::npos) << text;
  EXPECT_NE(text.find("rerun: "), std::string::npos) << text;
  EXPECT_NE(text.find("--gtest_filter='CheckersFire.WrongBitNamesSeedIndexValuesAndRerun'"),
            std::string::npos)
      << text;
}

TEST(CheckersFire, OnlyTheFirstSixteenMismatchesArePrinted) {
  ::testing::TestPartResultArray results;
  {
    ::testing::ScopedFakeTestPartResultReporter reporter(
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
    Scoreboard<std::uint16_t> scoreboard("words");
    for (std::uint16_t i = 0; i < 40; ++i) {
      scoreboard.expect(i);
      scoreboard.observe(static_cast<std::uint16_t>(i + 1));
    }
    scoreboard.finish();
  }
  ASSERT_EQ(results.size(), 17);
  EXPECT_NE(std::string(results.GetTestPartResult(16).message()).find("40 mismatches in 40"),
            std::string::npos);
}

TEST(CheckersFire, MissingItemsAndAnEmptyComparison) {
  EXPECT_NONFATAL_FAILURE(
      {
        Scoreboard<int> scoreboard("words");
        scoreboard.expect(1);
        scoreboard.observe(1);
        scoreboard.expect(2);
        scoreboard.finish();
      },
      "1 expected items never came");
  EXPECT_NONFATAL_FAILURE(
      {
        Scoreboard<int> scoreboard("words");
        scoreboard.finish();
      },
      "compared nothing");
}

TEST(CheckersFire, RtlAssertion) {
  EXPECT_TRUE(run_stage(4, StallPattern::kNone, StallPattern::kNone, 64).assertion_failed);
}

TEST(CheckersFire, RtlAssertionFailsTheTest) {
  EXPECT_NONFATAL_FAILURE(
      {
        VerilatedBench<Vtn_bench_stage> bench;
        bench->fault_i = 4;
        bench->in_valid_i = 1;
        bench->out_ready_i = 1;
        bench.reset();
        bench.tick(40);
      },
      "an RTL assertion failed");
}

TEST(CheckersFire, TooManyCycles) {
  EXPECT_NONFATAL_FAILURE(
      {
        VerilatedBench<Vtn_bench_stage> bench;
        bench->in_valid_i = 0;
        bench.reset();
        bench.run_until([] { return false; }, 10);
      },
      "not done after 10 cycles");
}

TEST(Randomness, SameSeedSameNumbersOtherStreamOthers) {
  EXPECT_EQ(make_rng(0)(), make_rng(0)());
  EXPECT_NE(make_rng(0)(), make_rng(1)());
}

TEST(Randomness, UnresetStateStartsRandom) {
  // data_q has no reset: over a few models it must not always start at the same value.
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 2; ++i) {
    VerilatedBench<Vtn_bench_stage> bench;
    bench->in_valid_i = 0;
    bench.reset();
    seen.insert(bench->out_data_o);
  }
  EXPECT_EQ(seen.size(), 1U) << "equal seeds must give equal state";
  EXPECT_EQ(seen.count(0), 0U) << "unreset state must not be zero";
}

TEST(Hex, FullWidth) {
  EXPECT_EQ(to_hex(std::uint8_t{5}), "0x05 (5)");
  EXPECT_EQ(to_hex(std::int16_t{-1}), "0xffff (-1)");
  EXPECT_EQ(to_hex(std::array<std::uint32_t, 2>{0x11, 0x22}), "0x00000022_00000011");
}

}  // namespace
}  // namespace tinium::testbench
