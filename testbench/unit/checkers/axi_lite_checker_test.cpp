// SPDX-License-Identifier: Apache-2.0
// The AXI4-Lite checker is silent on legal traffic, and each rule broken once fires that rule
// alone.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "Vtn_axi_lite_checker.h"
#include "checker_bench.hpp"

namespace tinium::testbench {
namespace {

constexpr unsigned kPatience = 20;
constexpr unsigned kExokay = 1;

class LiteBench : public CheckerBench<Vtn_axi_lite_checker> {
 public:
  LiteBench() {
    quiet();
    reset();
  }
  void quiet() {
    auto& m = bench.dut();
    m.awvalid_i = m.wvalid_i = m.bvalid_i = m.arvalid_i = m.rvalid_i = 0;
    m.awready_i = m.wready_i = m.bready_i = m.arready_i = m.rready_i = 1;
    m.bresp_i = m.rresp_i = 0;
    m.awaddr_i = m.araddr_i = 0;
    m.wdata_i = m.rdata_i = 0;
    m.wstrb_i = 15;
  }
  // A cycle with an offer, which is taken if its ready is left high.
  void aw(unsigned address = 0) {
    bench->awvalid_i = 1;
    bench->awaddr_i = static_cast<SData>(address);
    tick();
    bench->awvalid_i = 0;
  }
  void w(unsigned data = 0) {
    bench->wvalid_i = 1;
    bench->wdata_i = data;
    tick();
    bench->wvalid_i = 0;
  }
  void b() {
    bench->bvalid_i = 1;
    tick();
    bench->bvalid_i = 0;
  }
  void ar(unsigned address = 0) {
    bench->arvalid_i = 1;
    bench->araddr_i = static_cast<SData>(address);
    tick();
    bench->arvalid_i = 0;
  }
  void r(unsigned data = 0) {
    bench->rvalid_i = 1;
    bench->rdata_i = data;
    tick();
    bench->rvalid_i = 0;
  }
};

using Fault = SeededFault<LiteBench>;

std::vector<Fault> faults() {
  std::vector<Fault> list = {
      {"LITE-01 AwHolds", "AwDropped",
       [](LiteBench& c) {
         c->awready_i = 0;
         c.aw();
         c.tick();
       }},
      {"LITE-01 AwHolds", "AwChanged",
       [](LiteBench& c) {
         c->awready_i = 0;
         c.aw(4);
         c->awready_i = 1;
         c.aw(8);
       }},
      {"LITE-02 WHolds", "WDropped",
       [](LiteBench& c) {
         c->wready_i = 0;
         c.w();
         c.tick();
       }},
      {"LITE-02 WHolds", "WStrobesChanged",
       [](LiteBench& c) {
         c->wready_i = 0;
         c.w();
         c->wready_i = 1;
         c->wstrb_i = 1;
         c.w();
       }},
      {"LITE-03 BHolds", "BDropped",
       [](LiteBench& c) {
         c.aw();
         c.w();
         c->bready_i = 0;
         c.b();
         c.tick();
         c->bready_i = 1;
         c.b();
       }},
      {"LITE-03 BHolds", "BChanged",
       [](LiteBench& c) {
         c.aw();
         c.w();
         c->bready_i = 0;
         c.b();
         c->bready_i = 1;
         c->bresp_i = 2;
         c.b();
       }},
      {"LITE-04 ArHolds", "ArChanged",
       [](LiteBench& c) {
         c->arready_i = 0;
         c.ar(4);
         c->arready_i = 1;
         c.ar(8);
         c.r();
       }},
      {"LITE-05 RHolds", "RChanged",
       [](LiteBench& c) {
         c.ar();
         c->rready_i = 0;
         c.r(1);
         c->rready_i = 1;
         c.r(2);
       }},
      {"LITE-11 BAsked", "ResponseWithoutAWrite", [](LiteBench& c) { c.b(); }},
      {"LITE-11 BAsked", "ResponseBeforeTheData",
       [](LiteBench& c) {
         c.aw();
         c.b();
       }},
      {"LITE-11 BAsked", "ResponseBeforeTheAddress",
       [](LiteBench& c) {
         c.w();
         c.b();
       }},
      {"LITE-12 RAsked", "DataWithoutARead", [](LiteBench& c) { c.r(); }},
      {"LITE-13 BExokay", "ExclusiveAnswerToAWrite",
       [](LiteBench& c) {
         c.aw();
         c.w();
         c->bresp_i = kExokay;
         c.b();
       }},
      {"LITE-14 RExokay", "ExclusiveAnswerToARead",
       [](LiteBench& c) {
         c.ar();
         c->rresp_i = kExokay;
         c.r();
       }},
      {"LITE-15 WriteRoom", "ThreeAddresses",
       [](LiteBench& c) {
         for (int i = 0; i < 3; ++i) c.aw();
       }},
      {"LITE-15 WriteRoom", "ThreeData",
       [](LiteBench& c) {
         for (int i = 0; i < 3; ++i) c.w();
       }},
      {"LITE-16 ReadRoom", "TwoReads",
       [](LiteBench& c) {
         c.ar();
         c.ar();
         c.r();
       }},
      {"LITE-17 AwWaits", "AddressNotTaken",
       [](LiteBench& c) {
         c->awready_i = 0;
         for (unsigned i = 0; i <= kPatience; ++i) c.aw();
         c->awready_i = 1;
         c.aw();
       }},
      {"LITE-18 WWaits", "DataNotTaken",
       [](LiteBench& c) {
         c->wready_i = 0;
         for (unsigned i = 0; i <= kPatience; ++i) c.w();
         c->wready_i = 1;
         c.w();
       }},
      {"LITE-19 ArWaits", "ReadNotTaken",
       [](LiteBench& c) {
         c->arready_i = 0;
         for (unsigned i = 0; i <= kPatience; ++i) c.ar();
         c->arready_i = 1;
         c.ar();
         c.r();
       }},
      {"LITE-20 WriteAnswered", "WriteNotAnswered",
       [](LiteBench& c) {
         c.aw();
         c.w();
         c.tick(kPatience + 1);
         c.b();
       }},
      {"LITE-21 ReadAnswered", "ReadNotAnswered",
       [](LiteBench& c) {
         c.ar();
         c.tick(kPatience + 1);
         c.r();
       }},
      {"LITE-22 BWaits", "ResponseNotTaken",
       [](LiteBench& c) {
         c.aw();
         c.w();
         c->bready_i = 0;
         for (unsigned i = 0; i <= kPatience; ++i) c.b();
         c->bready_i = 1;
         c.b();
       }},
      {"LITE-23 RWaits", "ReadDataNotTaken",
       [](LiteBench& c) {
         c.ar();
         c->rready_i = 0;
         for (unsigned i = 0; i <= kPatience; ++i) c.r();
         c->rready_i = 1;
         c.r();
       }},
  };
  const auto in_reset = [&list](const std::string& rule, const std::string& name,
                                CData& (*valid)(Vtn_axi_lite_checker&)) {
    list.push_back({rule, name, [valid](LiteBench& c) {
                      valid(c.bench.dut()) = 1;
                      c.reset();
                      valid(c.bench.dut()) = 0;
                    }});
  };
  using Model = Vtn_axi_lite_checker;
  in_reset("LITE-06 AwAfterReset", "AwInReset", [](Model& m) -> CData& { return m.awvalid_i; });
  in_reset("LITE-07 WAfterReset", "WInReset", [](Model& m) -> CData& { return m.wvalid_i; });
  in_reset("LITE-08 BAfterReset", "BInReset", [](Model& m) -> CData& { return m.bvalid_i; });
  in_reset("LITE-09 ArAfterReset", "ArInReset", [](Model& m) -> CData& { return m.arvalid_i; });
  in_reset("LITE-10 RAfterReset", "RInReset", [](Model& m) -> CData& { return m.rvalid_i; });
  return list;
}

TINIUM_SEEDED_FAULTS(LiteFault, LiteBench, faults());

TEST(LiteChecker, SilentOnRandomLegalTraffic) {
  for (const unsigned stall : {0U, 30U, 80U}) {
    LiteBench c;
    auto& m = c.bench.dut();
    std::mt19937_64 rng = make_rng(stall);
    const auto chance = [&](unsigned percent) { return rng() % 100 < percent; };
    unsigned addresses = 0, data = 0, reads = 0, answers = 0;
    unsigned waited[5] = {}, write_age = 0, read_age = 0;
    // A ready, within the patience of the checker.
    const auto ready = [&](unsigned channel, bool valid) {
      const bool go = !chance(stall) || waited[channel] >= kPatience / 2;
      waited[channel] = valid && !go ? waited[channel] + 1 : 0;
      return go;
    };
    for (unsigned i = 0; i < 20000; ++i) {
      if (m.awvalid_i == 0 && !chance(stall)) {
        m.awvalid_i = 1;
        m.awaddr_i = static_cast<SData>(rng() & 0xFFF);
      }
      if (m.wvalid_i == 0 && !chance(stall)) {
        m.wvalid_i = 1;
        m.wdata_i = static_cast<IData>(rng());
        m.wstrb_i = static_cast<CData>(rng() & 15);
      }
      if (m.arvalid_i == 0 && !chance(stall)) {
        m.arvalid_i = 1;
        m.araddr_i = static_cast<SData>(rng() & 0xFFF);
      }
      const bool written = addresses != 0 && data != 0;
      if (m.bvalid_i == 0 && written && (!chance(stall) || write_age > kPatience / 2)) {
        m.bvalid_i = 1;
        m.bresp_i = static_cast<CData>(rng() % 2 * 2);
      }
      if (m.rvalid_i == 0 && reads != 0 && (!chance(stall) || read_age > kPatience / 2)) {
        m.rvalid_i = 1;
        m.rresp_i = static_cast<CData>(2 + rng() % 2);
        m.rdata_i = static_cast<IData>(rng());
      }
      m.bready_i = ready(2, m.bvalid_i != 0);
      m.rready_i = ready(4, m.rvalid_i != 0);
      const bool b_taken = m.bvalid_i != 0 && m.bready_i != 0;
      const bool r_taken = m.rvalid_i != 0 && m.rready_i != 0;
      // Patience is for offers that nothing is ahead of.
      m.awready_i = addresses == 0 ? ready(0, m.awvalid_i != 0)
                                   : (addresses < 2 || b_taken) && !chance(stall);
      m.wready_i = data == 0 ? ready(1, m.wvalid_i != 0) : (data < 2 || b_taken) && !chance(stall);
      m.arready_i = reads == 0 ? ready(3, m.arvalid_i != 0) : r_taken && !chance(stall);
      c.tick();
      write_age = written && m.bvalid_i == 0 ? write_age + 1 : 0;
      read_age = reads != 0 && m.rvalid_i == 0 ? read_age + 1 : 0;
      if (m.awvalid_i != 0 && m.awready_i != 0) ++addresses, m.awvalid_i = 0;
      if (m.wvalid_i != 0 && m.wready_i != 0) ++data, m.wvalid_i = 0;
      if (m.arvalid_i != 0 && m.arready_i != 0) ++reads, m.arvalid_i = 0;
      if (b_taken) --addresses, --data, m.bvalid_i = 0, ++answers;
      if (r_taken) --reads, m.rvalid_i = 0, ++answers;
    }
    EXPECT_EQ(c.fired(), std::set<std::string>{}) << "stalls of " << stall << " %";
    EXPECT_GT(answers, 1000U);
  }
}

}  // namespace
}  // namespace tinium::testbench
