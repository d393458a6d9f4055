// SPDX-License-Identifier: Apache-2.0
//
// The fuzzer looks at itself: devices with a known defect are found and the case shrinks to a few
// instructions, a seed always gives the same case, cases come back from their text, and what is
// drawn covers the instruction set. And a sample of random programs on the RTL.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bench_options.hpp"
#include "fuzz/case_file.hpp"
#include "fuzz/duel.hpp"
#include "fuzz/footprint.hpp"
#include "fuzz/mutant.hpp"
#include "fuzz/plan.hpp"
#include "fuzz/shrink.hpp"
#include "tinium/dtype.hpp"

namespace tinium::fuzz {
namespace {

Duel duel(const std::string& subject, const std::string& mutant = "") {
  const auto config = subject.substr(subject.find(':') + 1);
  return Duel(
      [=] {
        auto device = open(subject);
        return mutant.empty() ? std::move(device) : make_mutant(std::move(device), mutant);
      },
      [=] { return open("emu:" + config); });
}

Capabilities core_of(const std::string& config) { return open("emu:" + config)->capabilities(); }

struct Found {
  CasePlan plan;
  Verdict verdict;
};
std::optional<Found> first_failure(Duel& pair, Mode mode, std::uint64_t seeds) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const CasePlan plan = draw_case(pair.core(), seed, mode);
    const Verdict verdict = pair.run(*build_case(pair.core(), plan));
    if (verdict.outcome == Outcome::fail) return Found{plan, verdict};
  }
  return std::nullopt;
}

class Mutants : public testing::TestWithParam<MutantInfo> {};

INSTANTIATE_TEST_SUITE_P(All, Mutants, testing::ValuesIn(mutants().begin(), mutants().end()),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST_P(Mutants, AreFoundAndShrunkToAFewInstructions) {
  const MutantInfo& mutant = GetParam();
  const Mode mode = mutant.needs_faults ? Mode::faults : Mode::programs;
  Duel pair = duel("emu:tiny", std::string(mutant.name));
  const auto found = first_failure(pair, mode, 600);
  ASSERT_TRUE(found) << mutant.what;
  const Shrunk small = shrink(pair, found->plan, found->verdict, 400);
  std::size_t left = 0;
  for (const Plan& launch : small.plan.launches) {
    for (const Segment& segment : launch.segments) left += segment.items.size();
  }
  std::printf("%s: %s; %zu instructions, %zu after %zu runs\n", std::string(mutant.name).c_str(),
              found->verdict.signature.c_str(), item_count(found->plan), left, small.runs);
  EXPECT_LE(left, 4u);
  EXPECT_EQ(small.plan.launches.size(), 1u);
  // What is saved fails with the defect and passes without.
  const Case saved =
      read_case(write_case(*build_case(pair.core(), small.plan), small.verdict.text));
  EXPECT_EQ(pair.run(saved).outcome, Outcome::fail);
  Duel sound = duel("emu:tiny");
  const Verdict without = sound.run(saved);
  EXPECT_EQ(without.outcome, Outcome::pass) << without.text;
}

TEST(Mutants, OfTheRtlAreFound) {
  Duel pair = duel("sim:tiny", "stored_bit");
  const auto found = first_failure(pair, Mode::programs, 60);
  ASSERT_TRUE(found);
  const Shrunk small = shrink(pair, found->plan, found->verdict, 120);
  EXPECT_LE(item_count(small.plan), 4u);
  EXPECT_EQ(small.verdict.signature, "DRAM bytes of DmaStore");
}

TEST(Fuzz, ASeedAlwaysGivesTheSameCase) {
  for (const char* config : {"tiny", "small"}) {
    const Capabilities core = core_of(config);
    std::set<std::string> texts;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      for (const Mode mode : {Mode::programs, Mode::faults}) {
        const CasePlan plan = draw_case(core, seed, mode);
        const std::string text = write_case(*build_case(core, plan), "");
        EXPECT_EQ(text, write_case(*build_case(core, draw_case(core, seed, mode)), ""));
        texts.insert(text);
      }
    }
    EXPECT_EQ(texts.size(), 80u);
  }
}

TEST(Fuzz, CasesComeBackFromTheirText) {
  const Capabilities core = core_of("tiny");
  std::size_t raw = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const Case one = *build_case(core, draw_case(core, seed, Mode::faults));
    const std::string text = write_case(one, "two\nlines");
    const Case again = read_case(text);
    EXPECT_EQ(text, write_case(again, "two\nlines"));
    ASSERT_EQ(one.launches.size(), again.launches.size());
    for (std::size_t i = 0; i < one.launches.size(); ++i) {
      EXPECT_EQ(one.launches[i].image, again.launches[i].image) << "seed " << seed;
    }
    raw += text.find(".image") != std::string::npos ? 1 : 0;
  }
  EXPECT_GT(raw, 0u) << "broken headers have no program text";
}

TEST(Fuzz, FilesThatAreNoCasesAreRefused) {
  for (const char* text :
       {"", ".case", ".launch", ".case config=tiny\n.window offset=1",
        ".case config=tiny\n.launch expect=good", ".case config=tiny\n.launch\n.program\n",
        ".case config=tiny data=x", ".case config=tiny\n.launch\n.window offset=65536 bytes=1",
        ".something"}) {
    EXPECT_THROW(read_case(text), Error) << text;
  }
}

/// Drawn programs alone, without running them.
TEST(Fuzz, DrawnProgramsCoverTheInstructionSet) {
  for (const char* config : {"tiny", "small"}) {
    const Capabilities core = core_of(config);
    Coverage coverage;
    const std::uint64_t seeds = core.partitions == 32 ? 4000 : 1200;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      const auto one = build_case(core, draw_case(core, seed, Mode::programs));
      for (const Launch& launch : one->launches) {
        if (launch.expect == Expect::ok) coverage.add(launch.image);
      }
    }
    std::vector<std::string> wanted;
    for (const auto& info : isa::kInstructions) {
      wanted.emplace_back(info.name);
      if (std::any_of(info.fields.begin(), info.fields.end(),
                      [](const auto& field) { return field.address_register != 0; })) {
        wanted.push_back("address register " + std::string(info.name));
      }
    }
    const auto dtype = [](std::size_t code) { return std::string(name(static_cast<DType>(code))); };
    for (std::size_t a = 0; a < kDTypeCount; ++a) {
      if (core.multiplies(static_cast<DType>(a))) wanted.push_back("Transpose " + dtype(a));
      wanted.push_back("Memset " + dtype(a));
      for (std::size_t b = 0; b < kDTypeCount; ++b) {
        if (is_legal_pair(static_cast<DType>(a), static_cast<DType>(b))) {
          wanted.push_back("MultiplyMoving " + dtype(a) + "x" + dtype(b));
        }
        for (const char* space : {"psum ", "sbuf "}) {
          wanted.push_back("TensorScalar " + std::string(space) + dtype(a) + ">" + dtype(b));
        }
        wanted.push_back("TensorReduce " + dtype(a) + ">" + dtype(b));
      }
    }
    for (int pair = 1; pair <= 6; ++pair) {
      wanted.push_back("MultiplyMoving piece_pair " + std::to_string(pair));
    }
    for (const auto& op : isa::kAluOpNames) wanted.push_back("op " + std::string(op.name));
    for (const char* op :
         {"add", "mult", "max", "min", "abs_max", "abs_min", "logical_and", "logical_or",
          "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor"}) {
      wanted.push_back(std::string("reduce ") + op);
    }
    for (const char* size : {"1", "2", "4"}) {
      wanted.push_back(std::string("DmaLoad transpose ") + size);
    }
    for (const char* wait : {"ge", "eq", "ge consume", "eq consume"}) {
      wanted.push_back(std::string("wait ") + wait);
    }
    for (const char* op : {"add", "sub", "set"}) {
      for (const char* event : {"read", "complete"}) {
        wanted.push_back(std::string("update ") + op + " " + event);
      }
    }
    for (const std::string& what : wanted) {
      EXPECT_TRUE(coverage.counts().count(what)) << what << " on " << config;
    }
  }
}

// ---- Samples on the RTL ----

struct Sample {
  const char* config;
  Mode mode;
  std::uint64_t cases;
};

class Samples : public testing::TestWithParam<Sample> {};

INSTANTIATE_TEST_SUITE_P(Rtl, Samples,
                         testing::Values(Sample{"tiny", Mode::programs, 500},
                                         Sample{"tiny", Mode::faults, 300},
                                         Sample{"small", Mode::programs, 14},
                                         Sample{"small", Mode::faults, 14}),
                         [](const auto& instance) {
                           return std::string(instance.param.config) +
                                  (instance.param.mode == Mode::faults ? "Faults" : "Programs");
                         });

TEST_P(Samples, AgreeWithTheEmulator) {
  const auto& [config, mode, cases] = GetParam();
  Duel pair = duel(std::string("sim:") + config);
  // Far from the seeds of campaigns.
  const std::uint64_t first = 1'000'000'000ull * testbench::options().seed;
  for (std::uint64_t i = 0; i < testbench::case_count(cases); ++i) {
    const std::uint64_t seed = first + i;
    const Verdict verdict = pair.run(*build_case(pair.core(), draw_case(pair.core(), seed, mode)));
    ASSERT_NE(verdict.outcome, Outcome::fail)
        << verdict.signature << "\n"
        << verdict.text << "\nlaunch " << verdict.launch << "\nrerun, shrunk and saved: "
        << "tinium fuzz --device sim:" << config << " --seeds " << seed
        << (mode == Mode::faults ? " --faults" : "");
  }
  const DuelCounts& c = pair.counts();
  std::printf(
      "%llu programs, %llu cycles, %llu bus errors, %llu resets, %llu known jobs\n",
      static_cast<unsigned long long>(c.launches), static_cast<unsigned long long>(c.cycles),
      static_cast<unsigned long long>(c.bus_errors), static_cast<unsigned long long>(c.resets),
      static_cast<unsigned long long>(c.known_jobs));
  EXPECT_LT(c.skipped * 2, c.cases);
  if (mode == Mode::faults) {
    EXPECT_GT(c.bus_errors, 0u);
    EXPECT_GT(c.resets, 0u);
    EXPECT_GE(c.known_jobs, c.bus_errors + c.resets);
  }
}

}  // namespace
}  // namespace tinium::fuzz
