// SPDX-License-Identifier: Apache-2.0
// A queue of words: what goes in comes out in order, under every pattern of pauses on both sides.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#define TN_STRING_(x) #x
#define TN_STRING(x) TN_STRING_(x)
#define TN_HEADER_(x) TN_STRING(x.h)
#include TN_HEADER_(TN_MODEL)

#include "scoreboard.hpp"
#include "stream.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {
namespace {

using Word = std::uint32_t;

/// Only the FIFO can be cleared.
template <typename Model>
void set_clear(Model& model, bool clear) {
  if constexpr (requires { model.clear_i; }) model.clear_i = clear;
}

/// Only the FIFO counts: its words against `words`.
template <typename Model>
void expect_count(Model& model, unsigned words) {
  if constexpr (requires { model.count_o; }) {
    EXPECT_EQ(model.count_o, words);
  }
}

template <typename Model>
constexpr bool kClears = requires(Model& model) {
  model.clear_i;
};

/// The queue between a source and a sink.
struct Rig {
  Rig(StallPattern source, StallPattern sink)
      : driver(
            bench->in_valid_i, bench->in_ready_o, [this](Word w) { bench->in_data_i = w; },
            StallGenerator(source, make_rng(2)), [this] { return static_cast<Word>(noise()); }),
        taker(
            "out", bench->out_valid_o, bench->out_ready_i, [this] { return bench->out_data_o; },
            [this](Word w) { scoreboard.observe(w); }, StallGenerator(sink, make_rng(3))) {
    bench.add(driver);
    bench.add(taker);
    set_clear(bench.dut(), false);
  }

  VerilatedBench<TN_MODEL> bench;
  Scoreboard<Word> scoreboard{"out"};
  std::mt19937_64 noise = make_rng(1);
  StreamDriver<Word> driver;
  StreamSink<Word> taker;
};

class QueueOf : public ::testing::TestWithParam<std::tuple<StallPattern, StallPattern>> {};

TEST_P(QueueOf, WordsKeepTheirOrder) {
  const auto [source, sink] = GetParam();
  Rig rig(source, sink);
  std::mt19937_64 rng = make_rng(0);
  const std::uint64_t words = case_count(500);
  for (std::uint64_t i = 0; i < words; ++i) {
    const auto word = static_cast<Word>(rng());
    rig.driver.push(word);
    rig.scoreboard.expect(word, "word " + std::to_string(i));
  }
  rig.bench.reset();
  const std::uint64_t begin = rig.bench.cycle();
  rig.bench.run_until([&] { return rig.scoreboard.pending() == 0; }, 1000 + 100 * words);
  rig.scoreboard.finish();
  if (source == StallPattern::kNone && sink == StallPattern::kNone) {
    EXPECT_LE(rig.bench.cycle() - begin, words + 2) << "a word a cycle";
  }
}

INSTANTIATE_TEST_SUITE_P(All, QueueOf,
                         ::testing::Combine(::testing::ValuesIn(kAllStallPatterns),
                                            ::testing::ValuesIn(kAllStallPatterns)),
                         [](const auto& param) {
                           return std::string(name_of(std::get<0>(param.param))) + "_" +
                                  std::string(name_of(std::get<1>(param.param)));
                         });

TEST(QueueLimits, TakesAsManyWordsAsItIsDeepAndNoMore) {
  VerilatedBench<TN_MODEL> bench;
  set_clear(bench.dut(), false);
  bench->in_valid_i = 0;
  bench->out_ready_i = 0;
  bench.reset();
  bench->in_valid_i = 1;
  unsigned taken = 0;
  for (int cycle = 0; cycle < 10; ++cycle) {
    bench->in_data_i = static_cast<Word>(cycle);
    bench.settle();
    taken += bench->in_ready_o;
    bench.tick();
  }
  EXPECT_EQ(taken, TN_DEPTH) << rerun_line();
  expect_count(bench.dut(), TN_DEPTH);
  if (kClears<TN_MODEL>) {
    bench->in_valid_i = 0;
    set_clear(bench.dut(), true);
    bench.tick();
    set_clear(bench.dut(), false);
    bench.settle();
    expect_count(bench.dut(), 0);
    EXPECT_EQ(bench->out_valid_o, 0);
  }
}

}  // namespace
}  // namespace tinium::testbench
