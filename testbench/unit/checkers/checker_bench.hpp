// SPDX-License-Identifier: Apache-2.0
// What the tests of the checkers share: a model whose failed assertions are gathered by rule, and
// the table of seeded faults.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "verilated_bench.hpp"

namespace tinium::testbench {

/// A checker on wires that the test drives. A rule is known as its assertion says it:
/// "AXI-R01 ArHolds".
template <typename Model>
class CheckerBench {
 public:
  CheckerBench() { bench.expect_assertion_failure(); }

  VerilatedBench<Model> bench;

  Model* operator->() { return &bench.dut(); }

  /// Rules that fired so far. The path of a claim ends with the rule's name.
  const std::set<std::string>& fired() const { return fired_; }

  void tick(unsigned cycles = 1) {
    for (unsigned i = 0; i < cycles; ++i) {
      bench.tick();
      note();
    }
  }
  /// With the first edge behind it, at which an offer would still be too early.
  void reset(int cycles = 4) {
    bench.reset(cycles);
    tick();
  }

 private:
  void note() {
    if (!bench.take_assertion_failure()) return;
    std::istringstream lines(bench.assertion_message());
    for (std::string line; std::getline(lines, line);) {
      const std::size_t colon = line.find(": ");
      const std::size_t end = line.find(':', colon + 2);
      ASSERT_NE(end, line.npos) << line;
      const std::string rule = line.substr(colon + 2, end - colon - 2);
      const std::string claim =
          line.substr(line.rfind('.', colon) + 1, colon - line.rfind('.', colon) - 1);
      EXPECT_EQ(rule.substr(rule.find(' ') + 1), claim) << line;
      fired_.insert(rule);
    }
  }

  std::set<std::string> fired_;
};

/// Traffic that is legal but for one rule.
template <typename Bench>
struct SeededFault {
  std::string rule;  ///< as the assertion says it
  std::string name;  ///< of the test: unique, letters and digits
  std::function<void(Bench&)> traffic;
};

template <typename Bench>
void PrintTo(const SeededFault<Bench>& fault, std::ostream* out) {
  *out << fault.rule;
}

/// Runs the traffic of a fault; its rule, and no other, must fire.
template <typename Bench>
void expect_alone(const SeededFault<Bench>& fault) {
  Bench bench;
  fault.traffic(bench);
  bench.quiet();
  bench.tick(3);
  EXPECT_EQ(bench.fired(), std::set<std::string>{fault.rule});
}

/// One test for each fault of a table, "Rules/<Fixture>.FiresItsRuleAlone/<name>".
#define TINIUM_SEEDED_FAULTS(Fixture, Bench, table)                       \
  class Fixture : public ::testing::TestWithParam<SeededFault<Bench>> {}; \
  TEST_P(Fixture, FiresItsRuleAlone) { expect_alone(GetParam()); }        \
  INSTANTIATE_TEST_SUITE_P(Rules, Fixture, ::testing::ValuesIn(table),    \
                           [](const auto& i) { return i.param.name; })

}  // namespace tinium::testbench
