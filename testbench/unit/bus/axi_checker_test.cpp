// SPDX-License-Identifier: Apache-2.0
// The AXI checker is silent on clean traffic and names each broken rule.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "Vtn_axi_checker.h"
#include "verilated_bench.hpp"

namespace tinium::testbench {
namespace {

class Checker {
 public:
  Checker() {
    quiet();
    bench.reset();
  }
  VerilatedBench<Vtn_axi_checker> bench;
  unsigned seen = 0;

  void quiet() {
    auto& m = bench.dut();
    m.arvalid_i = m.rvalid_i = m.awvalid_i = m.wvalid_i = m.bvalid_i = 0;
    m.arready_i = m.rready_i = m.awready_i = m.wready_i = m.bready_i = 1;
    m.arsize_i = m.awsize_i = 3;
    m.arburst_i = m.awburst_i = 1;
    m.arid_i = m.awid_i = m.rid_i = m.bid_i = 0;
  }
  void tick() {
    bench.tick();
    seen |= bench->violation_o;
  }
  /// The next cycle shows what this one broke.
  unsigned result() {
    quiet();
    tick();
    tick();
    return seen;
  }
  void ar(std::uint64_t address, unsigned beats, unsigned id = 0) {
    bench->arvalid_i = 1;
    bench->araddr_i = address;
    bench->arlen_i = static_cast<CData>(beats - 1);
    bench->arid_i = static_cast<CData>(id);
    tick();
    bench->arvalid_i = 0;
  }
  void r(bool last, unsigned id = 0) {
    bench->rvalid_i = 1;
    bench->rlast_i = last;
    bench->rid_i = static_cast<CData>(id);
    tick();
    bench->rvalid_i = 0;
  }
  void aw(std::uint64_t address, unsigned beats, unsigned id = 0) {
    bench->awvalid_i = 1;
    bench->awaddr_i = address;
    bench->awlen_i = static_cast<CData>(beats - 1);
    bench->awid_i = static_cast<CData>(id);
    tick();
    bench->awvalid_i = 0;
  }
  void w(bool last) {
    bench->wvalid_i = 1;
    bench->wlast_i = last;
    tick();
    bench->wvalid_i = 0;
  }
  void b(unsigned id = 0) {
    bench->bvalid_i = 1;
    bench->bid_i = static_cast<CData>(id);
    tick();
    bench->bvalid_i = 0;
  }
};

TEST(AxiChecker, SilentOnCleanTraffic) {
  Checker c;
  auto& m = c.bench.dut();
  c.ar(4096 - 8 * 16, 16);
  c.ar(0, 1, 1);
  c.r(true, 1);  // another ID first, interleaved
  for (unsigned i = 0; i < 16; ++i) {
    m.rready_i = 0;  // held for a cycle
    m.rvalid_i = 1;
    m.rlast_i = i == 15;
    m.rid_i = 0;
    c.tick();
    m.rready_i = 1;
    c.r(i == 15);
  }
  m.awready_i = 0;
  m.awvalid_i = 1;
  m.awaddr_i = 64;
  m.awlen_i = 1;
  c.tick();
  m.awready_i = 1;
  c.aw(64, 2);
  c.aw(128, 1, 1);
  c.w(false);
  c.w(true);
  c.w(true);
  c.b(1);
  c.b(0);
  EXPECT_EQ(c.result(), 0U);
}

struct Broken {
  unsigned rule;
  std::string name;
  std::function<void(Checker&)> traffic;
};

const std::vector<Broken>& broken_traffic() {
  static const std::vector<Broken> list = {
      {0, "ArDropped",
       [](Checker& c) {
         c.bench->arready_i = 0;
         c.ar(0, 1);
         c.tick();
       }},
      {0, "ArChanged",
       [](Checker& c) {
         c.bench->arready_i = 0;
         c.ar(0, 1);
         c.ar(8, 1);
         c.bench->arready_i = 1;
         c.ar(8, 1);
       }},
      {1, "AwChanged",
       [](Checker& c) {
         c.bench->awready_i = 0;
         c.aw(0, 1);
         c.bench->awready_i = 1;
         c.aw(0, 2);
       }},
      {2, "WChanged",
       [](Checker& c) {
         c.aw(0, 1);
         c.bench->wready_i = 0;
         c.bench->wstrb_i = 1;
         c.w(true);
         c.bench->wready_i = 1;
         c.bench->wstrb_i = 3;
         c.w(true);
       }},
      {3, "RDropped",
       [](Checker& c) {
         c.ar(0, 1);
         c.bench->rready_i = 0;
         c.r(true);
         c.tick();
       }},
      {4, "BDropped",
       [](Checker& c) {
         c.aw(0, 1);
         c.w(true);
         c.bench->bready_i = 0;
         c.b();
         c.tick();
       }},
      {5, "ReadAcross4KiB", [](Checker& c) { c.ar(4096 - 8, 2); }},
      {5, "ReadTooLong", [](Checker& c) { c.ar(0, 17); }},
      {5, "ReadFixed",
       [](Checker& c) {
         c.bench->arburst_i = 0;
         c.ar(0, 1);
       }},
      {5, "ReadNarrow",
       [](Checker& c) {
         c.bench->arsize_i = 2;
         c.ar(0, 1);
       }},
      {6, "WriteAcross4KiB", [](Checker& c) { c.aw(8192 - 64, 9); }},
      {6, "WriteUnaligned", [](Checker& c) { c.aw(4, 1); }},
      {7, "DataBeforeAddress", [](Checker& c) { c.w(true); }},
      {7, "DataBeyondBurst",
       [](Checker& c) {
         c.aw(0, 1);
         c.w(true);
         c.w(true);
       }},
      {8, "LastTooEarly",
       [](Checker& c) {
         c.aw(0, 2);
         c.w(true);
       }},
      {8, "LastMissing",
       [](Checker& c) {
         c.aw(0, 2);
         c.w(false);
         c.w(false);
       }},
      {9, "DataUnasked",
       [](Checker& c) {
         c.ar(0, 1, 1);
         c.r(true, 0);
       }},
      {10, "ReadLastTooEarly",
       [](Checker& c) {
         c.ar(0, 2);
         c.r(true);
       }},
      {10, "ReadLastMissing",
       [](Checker& c) {
         c.ar(0, 1);
         c.r(false);
       }},
      {11, "ResponseBeforeData",
       [](Checker& c) {
         c.aw(0, 2);
         c.w(false);
         c.b();
       }},
      {11, "ResponseToOtherId",
       [](Checker& c) {
         c.aw(0, 1, 1);
         c.w(true);
         c.b(0);
       }},
  };
  return list;
}

class AxiCheckerFault : public ::testing::TestWithParam<std::size_t> {};

TEST_P(AxiCheckerFault, IsNamed) {
  const Broken& broken = broken_traffic()[GetParam()];
  Checker c;
  broken.traffic(c);
  EXPECT_EQ(c.result(), 1U << broken.rule) << broken.name;
}

INSTANTIATE_TEST_SUITE_P(Rules, AxiCheckerFault,
                         ::testing::Range(std::size_t{0}, broken_traffic().size()),
                         [](const auto& i) { return broken_traffic()[i.param].name; });

}  // namespace
}  // namespace tinium::testbench
