// SPDX-License-Identifier: Apache-2.0
// tn_sequencer: what programs do, against the interpreter; what is fetched, and how fast.
#include <gtest/gtest.h>

#include "sequencer_bench.hpp"

namespace tinium::testbench {
namespace {

// ---------------------------------------------------------------------------------------- tests

TEST(Sequencer, ControlInstructionsTakeOneCycleAndABranchTwo) {
  std::vector<Words> program;
  for (std::uint32_t i = 0; i < kDepth - 2; ++i) program.push_back(set_reg(1, i));
  program.push_back(halt());
  Bench bench;
  const Outcome expected = interpret(program);
  Options preloaded;
  preloaded.preload = 8;
  bench.run(program, expected, preloaded);
  // Eight instructions are there at the start; the rest arrives four cycles after it is asked for.
  EXPECT_LE(bench.cycles, program.size() + (kDepth > 8 ? 14 : 6));

  // A loop of two instructions, resident: three cycles a turn.
  program = {set_reg(8, 0), add_reg(8, 8, 0, 1), branch(isa::Compare::kLtu, 8, 0, 100, 1), halt()};
  bench.run(program, interpret(program), preloaded);
  EXPECT_LE(bench.cycles, 100U * 3 + 10);
  EXPECT_EQ(bench.fetched[1], 0U) << "a preloaded line was fetched again";
}

TEST(Sequencer, LoopsOfHalfTheRingStayResident) {
  std::vector<Words> program;
  for (std::uint32_t i = 0; i < kDepth; ++i) program.push_back(set_reg(1, i));
  program.push_back(set_reg(8, 0));
  const auto top = static_cast<std::uint32_t>(program.size());
  for (std::uint32_t i = 0; i + 2 < kDepth / 2; ++i) program.push_back(set_reg(2, i));
  program.push_back(add_reg(8, 8, 0, 1));
  program.push_back(branch(isa::Compare::kNe, 8, 0, 20, top));
  for (std::uint32_t i = 0; i < kDepth; ++i) program.push_back(set_reg(1, i));
  program.push_back(halt());
  Bench bench;
  Options options;
  options.max_latency = 40;
  bench.run(program, interpret(program), options);
  for (std::size_t i = 0; i < program.size(); ++i) {
    EXPECT_EQ(bench.fetched[i], 1U) << "line " << i;
  }
}

TEST(Sequencer, LongLoopsAreFetchedAgain) {
  std::vector<Words> program = {set_reg(8, 0)};
  for (std::uint32_t i = 0; i < 3 * kDepth; ++i) program.push_back(set_reg(2, i));
  program.push_back(add_reg(8, 8, 0, 1));
  program.push_back(branch(isa::Compare::kNe, 8, 0, 4, 1));
  program.push_back(halt());
  Bench bench;
  Options options;
  options.max_latency = 40;
  bench.run(program, interpret(program), options);
  EXPECT_EQ(bench.fetched[1], 4U);
  EXPECT_EQ(bench.fetched[0], 1U);
}

TEST(Sequencer, JumpsBackAndForthBeyondTheRing) {
  // A chain of jumps over a stream longer than the ring, each target once.
  Rng rng = make_rng();
  const std::uint32_t count = 6 * kDepth;
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 1; i + 1 < count; i += 2) order.push_back(i);
  std::shuffle(order.begin(), order.end(), rng);
  std::vector<Words> program(count, halt());
  program[0] = branch(isa::Compare::kEq, 0, 0, 0, order[0]);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t next = i + 1 < order.size() ? order[i + 1] : count - 1;
    program[order[i]] = engine_instruction(rng);
    program[order[i]][0] &= 0xFFU;  // no registers
    program[order[i] + 1] = branch(isa::Compare::kEq, 0, 0, 0, next);
  }
  program[count - 1] = halt();
  const Outcome expected = interpret(program);
  for (const std::uint32_t latency : {0U, 60U}) {
    Bench bench;
    Options options;
    options.max_latency = latency;
    bench.run(program, expected, options);
  }
}

struct RandomCase {
  const char* name;
  StallPattern issue, update, fetch;
  std::uint32_t latency;
  unsigned waits, updates;
};

void PrintTo(const RandomCase& c, std::ostream* out) { *out << c.name; }

class SequencerRandom : public ::testing::TestWithParam<RandomCase> {};

TEST_P(SequencerRandom, MatchesInterpreter) {
  const RandomCase& c = GetParam();
  Rng rng = make_rng();
  Bench bench;
  const std::uint64_t programs = case_count(12);
  for (std::uint64_t n = 0; n < programs && !::testing::Test::HasFailure(); ++n) {
    const std::vector<Words> program = random_program(rng, c.waits, c.updates);
    const Outcome expected = interpret(program, 4000000);
    if (expected.path.size() > 3000) continue;
    Options options;
    options.issue_stalls = c.issue;
    options.update_stalls = c.update;
    options.fetch_stalls = c.fetch;
    options.max_latency = c.latency;
    options.random_semaphores = true;
    options.preload = pick(rng, 9);
    options.before_start = pick(rng, 9);
    SCOPED_TRACE("program " + std::to_string(n) + ", preload " + std::to_string(options.preload) +
                 ", before the start " + std::to_string(options.before_start));
    bench.run(program, expected, options);
  }
  if (c.waits != 0 && kEngine != isa::Engine::kSync) {
    EXPECT_GT(bench.waits_checked, 0U);
    EXPECT_GT(bench.blocked_seen, 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, SequencerRandom,
    ::testing::Values(RandomCase{"plain", StallPattern::kNone, StallPattern::kNone,
                                 StallPattern::kNone, 0, 0, 0},
                      RandomCase{"waits", StallPattern::kNone, StallPattern::kNone,
                                 StallPattern::kNone, 0, 30, 0},
                      RandomCase{"updates", StallPattern::kNone, StallPattern::kRandom,
                                 StallPattern::kNone, 5, 0, 40},
                      RandomCase{"issue_stalls", StallPattern::kMostly, StallPattern::kNone,
                                 StallPattern::kNone, 0, 10, 10},
                      RandomCase{"slow_fetch", StallPattern::kNone, StallPattern::kNone,
                                 StallPattern::kMostly, 100, 0, 0},
                      RandomCase{"after_valid", StallPattern::kAfterValid,
                                 StallPattern::kAfterValid, StallPattern::kAfterValid, 20, 20, 20},
                      RandomCase{"bursts", StallPattern::kBursts, StallPattern::kBursts,
                                 StallPattern::kBursts, 20, 20, 20},
                      RandomCase{"random", StallPattern::kRandom, StallPattern::kRandom,
                                 StallPattern::kRandom, 50, 20, 30}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(Sequencer, DmaInstructionsDoNotWaitHere) {
  Rng rng = make_rng();
  Words w = engine_instruction(rng);
  w[0] &= 0xFFU;
  put(w, 1, 0, 8, 3);
  put(w, 1, 8, 4, 1);
  put(w, 1, 12, 1, 1);
  put(w, 1, 16, 16, 9);  // never reached: all semaphores are zero
  const std::vector<Words> program = {w, halt()};
  Outcome expected = interpret(program);
  Bench bench;
  if (kEngine == isa::Engine::kSync) {
    bench.run(program, expected, Options{});
    return;
  }
  Options options;
  options.level = 9;
  bench.run(program, expected, options);
}

}  // namespace
}  // namespace tinium::testbench
