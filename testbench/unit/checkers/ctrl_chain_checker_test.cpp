// SPDX-License-Identifier: Apache-2.0
// The checker of ap_ctrl_chain is silent on a model of it, and each rule broken once fires that
// rule alone.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "Vtn_ctrl_chain_checker.h"
#include "checker_bench.hpp"

namespace tinium::testbench {
namespace {

/// What happens in a cycle.
struct Events {
  bool write_start = false, write_continue = false;
  unsigned write_isr = 0;
  bool take = false, end = false;
};

/// The registers as they should be; a test changes them to break a rule.
class ChainBench : public CheckerBench<Vtn_ctrl_chain_checker> {
 public:
  ChainBench() {
    quiet();
    reset();
  }
  bool start = false, ready = false, done = false, gie = false;
  unsigned ier = 0, isr = 0, launches = 0;
  int idle = -1, interrupt = -1;  ///< not -1: instead of what it should be

  void quiet() {
    idle = interrupt = -1;
    drive({});
  }
  void step(const Events& e = {}) {
    drive(e);
    tick();
    if (e.take) start = false, ready = true, ++launches;
    if (e.end && launches > 0) --launches;
    if (e.write_start) start = true, ready = false;
    if (e.write_continue) done = false;
    if (e.end) done = true;
    isr = (isr ^ e.write_isr) | (ier & ((e.end ? 1U : 0U) | (e.take ? 2U : 0U)));
    drive({});
  }
  void launch() {
    step({.write_start = true});
    step({.take = true});
  }
  void finish() {
    step({.end = true});
    step({.write_continue = true});
  }

 private:
  void drive(const Events& e) {
    auto& m = bench.dut();
    m.start_i = start;
    m.ready_i = ready;
    m.done_i = done;
    m.idle_i = idle >= 0 ? idle != 0 : !start && launches == 0;
    m.start_write_i = e.write_start;
    m.continue_write_i = e.write_continue;
    m.isr_write_i = static_cast<CData>(e.write_isr);
    m.take_i = e.take;
    m.end_i = e.end;
    m.gie_i = gie;
    m.ier_i = static_cast<CData>(ier);
    m.isr_i = static_cast<CData>(isr);
    m.interrupt_i = interrupt >= 0 ? interrupt != 0 : gie && isr != 0;
  }
};

const std::vector<SeededFault<ChainBench>> kFaults = {
    {"CTRL-01 CtrlAfterReset", "InterruptInReset",
     [](ChainBench& c) {
       c.interrupt = 1;
       c->interrupt_i = 1;
       c.reset();
     }},
    {"CTRL-02 StartHolds", "StartForgotten",
     [](ChainBench& c) {
       c.step({.write_start = true});
       c.step();
       c.start = false;
       c.step();
     }},
    {"CTRL-03 StartAsked", "StartFromNowhere",
     [](ChainBench& c) {
       c.start = true;
       c.step();
       c.step({.take = true});
       c.finish();
     }},
    {"CTRL-04 TakenAsked", "TakenWithoutStart",
     [](ChainBench& c) {
       c.step({.take = true});
       c.finish();
     }},
    {"CTRL-05 ReadyTells", "ReadyLost",
     [](ChainBench& c) {
       c.launch();
       c.step();
       c.ready = false;
       c.step();
       c.finish();
     }},
    {"CTRL-05 ReadyTells", "ReadyTooEarly",
     [](ChainBench& c) {
       c.step({.write_start = true});
       c.ready = true;
       c.step();
       c.step({.take = true});
       c.finish();
     }},
    {"CTRL-05 ReadyTells", "ReadyKeptOverAStart",
     [](ChainBench& c) {
       c.launch();
       c.step({.write_start = true});
       c.ready = true;
       c.step({.take = true});
       c.finish();
       c.finish();
     }},
    {"CTRL-06 DoneHolds", "DoneForgotten",
     [](ChainBench& c) {
       c.launch();
       c.step({.end = true});
       c.step();
       c.done = false;
       c.step();
     }},
    {"CTRL-07 ContinueClears", "ContinueIgnored",
     [](ChainBench& c) {
       c.launch();
       c.step({.end = true});
       c.step({.write_continue = true});
       c.done = true;
       c.step();
     }},
    {"CTRL-08 DoneTells", "DoneTooEarly",
     [](ChainBench& c) {
       c.launch();
       c.done = true;
       c.step();
       c.step({.write_continue = true});
       c.finish();
     }},
    {"CTRL-08 DoneTells", "DoneNotSet",
     [](ChainBench& c) {
       c.launch();
       c.step({.end = true});
       c.done = false;
       c->done_i = 0;
       c.step();
     }},
    {"CTRL-08 DoneTells", "SecondEndOverwrites",
     [](ChainBench& c) {
       c.launch();
       c.launch();
       c.step({.end = true});
       c.step({.end = true});
       c.step({.write_continue = true});
     }},
    {"CTRL-09 EndAsked", "EndWithoutLaunch", [](ChainBench& c) { c.finish(); }},
    {"CTRL-10 LaunchRoom", "ThirdLaunch",
     [](ChainBench& c) {
       for (int i = 0; i < 3; ++i) c.launch();
       c.finish();
       c.finish();
     }},
    {"CTRL-11 IdleEmpty", "IdleWhileItRuns",
     [](ChainBench& c) {
       c.launch();
       c.idle = 1;
       c.step();
     }},
    {"CTRL-11 IdleEmpty", "IdleWithStart",
     [](ChainBench& c) {
       c.step({.write_start = true});
       c.idle = 1;
       c.step();
     }},
    {"CTRL-12 IsrTells", "IsrFromNowhere",
     [](ChainBench& c) {
       c.isr = 1;
       c.step();
     }},
    {"CTRL-12 IsrTells", "EventLostInAToggle",
     [](ChainBench& c) {
       c.ier = 1;
       c.launch();
       c.step({.end = true});
       c.step({.write_continue = true});
       c.launch();
       c.step({.write_isr = 1, .end = true});
       c.isr = 0;
       c.step();
     }},
    {"CTRL-12 IsrTells", "DisabledEvent",
     [](ChainBench& c) {
       c.ier = 2;
       c.launch();
       c.step({.end = true});
       c.isr |= 1;
       c.step();
     }},
    {"CTRL-13 InterruptTells", "InterruptWithoutEnable",
     [](ChainBench& c) {
       c.ier = 1;
       c.launch();
       c.step({.end = true});
       c.interrupt = 1;
       c.step();
     }},
    {"CTRL-13 InterruptTells", "InterruptMissing",
     [](ChainBench& c) {
       c.ier = 1;
       c.gie = true;
       c.launch();
       c.interrupt = 0;
       c.step({.end = true});
       c.step();
     }},
};

TINIUM_SEEDED_FAULTS(ChainFault, ChainBench, kFaults);

TEST(ChainChecker, SilentOnRandomLegalTraffic) {
  ChainBench c;
  std::mt19937_64 rng = make_rng();
  const auto chance = [&](unsigned percent) { return rng() % 100 < percent; };
  unsigned ended = 0;
  for (unsigned i = 0; i < 20000; ++i) {
    if (chance(5)) c.gie = chance(50);
    if (chance(5)) c.ier = static_cast<unsigned>(rng() % 4);
    if (chance(1)) {
      c.start = c.ready = c.done = c.gie = false;
      c.isr = c.launches = 0;
      c.quiet();
      c.reset();
    }
    Events e;
    e.write_start = chance(20);
    e.write_continue = chance(20);
    if (chance(20)) e.write_isr = static_cast<unsigned>(rng() % 4);
    e.end = c.launches > 0 && !c.done && chance(30);
    e.take = c.start && (c.launches < 2 || e.end) && chance(50);
    ended += e.end;
    c.step(e);
  }
  EXPECT_EQ(c.fired(), std::set<std::string>{});
  EXPECT_GT(ended, 500U);
}

}  // namespace
}  // namespace tinium::testbench
