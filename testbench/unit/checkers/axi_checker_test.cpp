// SPDX-License-Identifier: Apache-2.0
// The AXI checkers are silent on legal traffic, and each rule broken once fires that rule alone.
// Built twice: with the profile of Tinium, and with all that AXI allows.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "Vtn_axi_checker_bench.h"
#include "checker_bench.hpp"

namespace tinium::testbench {
namespace {

constexpr bool kProfile = TN_PROFILE != 0;
constexpr unsigned kBusBytes = 8;
constexpr unsigned kPatience = 20;
constexpr unsigned kMaxBursts = 4;
constexpr unsigned kFixed = 0, kIncr = 1, kWrap = 2, kReserved = 3;
constexpr unsigned kOkay = 0, kExokay = 1;

class AxiBench : public CheckerBench<Vtn_axi_checker_bench> {
 public:
  AxiBench() {
    quiet();
    reset();
  }

  void quiet() {
    auto& m = bench.dut();
    m.arvalid_i = m.rvalid_i = m.awvalid_i = m.wvalid_i = m.bvalid_i = 0;
    m.arready_i = m.rready_i = m.awready_i = m.wready_i = m.bready_i = 1;
    m.arsize_i = m.awsize_i = 3;
    m.arburst_i = m.awburst_i = kIncr;
    m.arcache_i = m.awcache_i = 3;
    m.arlock_i = m.awlock_i = 0;
    m.arprot_i = m.awprot_i = 0;
    m.arqos_i = m.awqos_i = m.arregion_i = m.awregion_i = 0;
    m.arid_i = m.awid_i = m.rid_i = m.bid_i = 0;
    m.rresp_i = m.bresp_i = kOkay;
    m.wstrb_i = 0xFF;
    m.rdata_i = m.wdata_i = 0;
  }
  // A cycle with an offer, which is taken if its ready is left high.
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

using Fault = SeededFault<AxiBench>;

TEST(AxiChecker, SilentOnCleanTraffic) {
  AxiBench c;
  auto& m = c.bench.dut();
  c.ar(4096 - 8 * 16, 16);
  c.ar(0, 1, 1);
  c.r(true, 1);  // another ID first, interleaved
  for (unsigned i = 0; i < 16; ++i) {
    m.rready_i = 0;  // held for a cycle
    c.r(i == 15);
    m.rready_i = 1;
    c.r(i == 15);
  }
  m.awready_i = 0;
  c.aw(64, 2);
  m.awready_i = 1;
  c.aw(64, 2);
  c.aw(128, 1, 1);
  c.w(false);
  c.w(true);
  c.w(true);
  c.b(1);
  c.b(0);
  c.reset();
  c.tick(3 * kPatience);
  EXPECT_TRUE(c.fired().empty());
}

std::vector<Fault> faults() {
  std::vector<Fault> list = {
      // ---------------------------------------------------------------------------------- read
      {"AXI-R01 ArHolds", "ArDropped",
       [](AxiBench& c) {
         c->arready_i = 0;
         c.ar(0, 1);
         c.tick();
       }},
      {"AXI-R01 ArHolds", "ArAddressChanged",
       [](AxiBench& c) {
         c->arready_i = 0;
         c.ar(0, 1);
         c->arready_i = 1;
         c.ar(8, 1);
         c.r(true);
       }},
      {"AXI-R01 ArHolds", "ArIdChanged",
       [](AxiBench& c) {
         c->arready_i = 0;
         c.ar(0, 1, 0);
         c->arready_i = 1;
         c.ar(0, 1, 1);
         c.r(true, 1);
       }},
      {"AXI-R01 ArHolds", "ArQosChanged",
       [](AxiBench& c) {
         c->arready_i = 0;
         c.ar(0, 1);
         c->arready_i = 1;
         c->arqos_i = 1;
         c.ar(0, 1);
         c.r(true);
       }},
      {"AXI-R02 RHolds", "RDropped",
       [](AxiBench& c) {
         c.ar(0, 1);
         c->rready_i = 0;
         c.r(true);
         c.tick();
         c->rready_i = 1;
         c.r(true);
       }},
      {"AXI-R02 RHolds", "RDataChanged",
       [](AxiBench& c) {
         c.ar(0, 1);
         c->rready_i = 0;
         c.r(true);
         c->rready_i = 1;
         c->rdata_i = 1ull << 63;
         c.r(true);
       }},
      {"AXI-R02 RHolds", "RResponseChanged",
       [](AxiBench& c) {
         c.ar(0, 1);
         c->rready_i = 0;
         c.r(true);
         c->rready_i = 1;
         c->rresp_i = 2;
         c.r(true);
       }},
      {"AXI-R03 ArAfterReset", "ArInReset",
       [](AxiBench& c) {
         c->arvalid_i = 1;
         c.reset();
         c->arvalid_i = 0;
       }},
      {"AXI-R04 RAfterReset", "RInReset",
       [](AxiBench& c) {
         c->rvalid_i = 1;
         c.reset();
         c->rvalid_i = 0;
       }},
      {"AXI-R16 ArRoom", "OneReadTooMany",
       [](AxiBench& c) {
         for (unsigned i = 0; i <= kMaxBursts; ++i) c.ar(8 * i, 1);
         for (unsigned i = 0; i < kMaxBursts; ++i) c.r(true);
       }},
      {"AXI-R17 RAsked", "DataWithoutARead", [](AxiBench& c) { c.r(true); }},
      {"AXI-R17 RAsked", "DataOfAnotherId",
       [](AxiBench& c) {
         c.ar(0, 1, 1);
         c.r(true, 0);
         c.r(true, 1);
       }},
      {"AXI-R17 RAsked", "DataBeyondTheBurst",
       [](AxiBench& c) {
         c.ar(0, 1);
         c.r(true);
         c.r(true);
       }},
      {"AXI-R18 RLastEarly", "ReadLastTooEarly",
       [](AxiBench& c) {
         c.ar(0, 2);
         c.r(true);
         c.r(true);
       }},
      {"AXI-R18 RLastEarly", "TwoReadsOfAnIdSwapped",
       [](AxiBench& c) {
         c.ar(0, 2);
         c.ar(64, 1);
         c.r(true);  // the second burst first
         c.r(true);
         c.r(true);
       }},
      {"AXI-R19 RLastMissing", "ReadLastMissing",
       [](AxiBench& c) {
         c.ar(0, 1);
         c.r(false);
       }},
      {"AXI-R20 RExokay", "ExclusiveAnswerToARead",
       [](AxiBench& c) {
         c.ar(0, 1);
         c->rresp_i = kExokay;
         c.r(true);
       }},
      {"AXI-R21 ArWaits", "ReadNotTaken",
       [](AxiBench& c) {
         c->arready_i = 0;
         for (unsigned i = 0; i <= kPatience; ++i) c.ar(0, 1);
         c->arready_i = 1;
         c.ar(0, 1);
         c.r(true);
       }},
      {"AXI-R22 RWaits", "DataNotTaken",
       [](AxiBench& c) {
         c.ar(0, 1);
         c->rready_i = 0;
         for (unsigned i = 0; i <= kPatience; ++i) c.r(true);
         c->rready_i = 1;
         c.r(true);
       }},
      {"AXI-R23 ReadAnswered", "ReadNotAnswered",
       [](AxiBench& c) {
         c.ar(0, 1);
         c.tick(kPatience + 1);
         c.r(true);
       }},
      // --------------------------------------------------------------------------------- write
      {"AXI-W01 AwHolds", "AwDropped",
       [](AxiBench& c) {
         c->awready_i = 0;
         c.aw(0, 1);
         c.tick();
       }},
      {"AXI-W01 AwHolds", "AwLengthChanged",
       [](AxiBench& c) {
         c->awready_i = 0;
         c.aw(0, 1);
         c->awready_i = 1;
         c.aw(0, 2);
         c.w(false);
         c.w(true);
         c.b();
       }},
      {"AXI-W02 WHolds", "WDropped",
       [](AxiBench& c) {
         c.aw(0, 1);
         c->wready_i = 0;
         c.w(true);
         c.tick();
         c->wready_i = 1;
         c.w(true);
         c.b();
       }},
      {"AXI-W02 WHolds", "WStrobesChanged",
       [](AxiBench& c) {
         c.aw(0, 1);
         c->wready_i = 0;
         c->wstrb_i = 1;
         c.w(true);
         c->wready_i = 1;
         c->wstrb_i = 3;
         c.w(true);
         c.b();
       }},
      {"AXI-W02 WHolds", "WDataChanged",
       [](AxiBench& c) {
         c.aw(0, 1);
         c->wready_i = 0;
         c.w(true);
         c->wready_i = 1;
         c->wdata_i = 1;
         c.w(true);
         c.b();
       }},
      {"AXI-W03 BHolds", "BDropped",
       [](AxiBench& c) {
         c.aw(0, 1);
         c.w(true);
         c->bready_i = 0;
         c.b();
         c.tick();
         c->bready_i = 1;
         c.b();
       }},
      {"AXI-W03 BHolds", "BIdChanged",
       [](AxiBench& c) {
         c.aw(0, 1, 0);
         c.aw(0, 1, 1);
         c.w(true);
         c.w(true);
         c->bready_i = 0;
         c.b(0);
         c->bready_i = 1;
         c.b(1);
         c.b(0);
       }},
      {"AXI-W04 AwAfterReset", "AwInReset",
       [](AxiBench& c) {
         c->awvalid_i = 1;
         c.reset();
         c->awvalid_i = 0;
       }},
      {"AXI-W05 WAfterReset", "WInReset",
       [](AxiBench& c) {
         c->wvalid_i = 1;
         c.reset();
         c->wvalid_i = 0;
       }},
      {"AXI-W06 BAfterReset", "BInReset",
       [](AxiBench& c) {
         c->bvalid_i = 1;
         c.reset();
         c->bvalid_i = 0;
       }},
      {"AXI-W18 AwRoom", "OneWriteTooMany",
       [](AxiBench& c) {
         for (unsigned i = 0; i <= kMaxBursts; ++i) c.aw(8 * i, 1);
         for (unsigned i = 0; i < kMaxBursts; ++i) c.w(true);
         for (unsigned i = 0; i < kMaxBursts; ++i) c.b();
       }},
      {"AXI-W19 WAfterAddress", "DataBeforeAddress", [](AxiBench& c) { c.w(true); }},
      {"AXI-W19 WAfterAddress", "DataBeyondBurst",
       [](AxiBench& c) {
         c.aw(0, 1);
         c.w(true);
         c.w(true);
         c.b();
       }},
      {"AXI-W20 WLastEarly", "WriteLastTooEarly",
       [](AxiBench& c) {
         c.aw(0, 2);
         c.w(true);
         c.w(true);
         c.b();
       }},
      {"AXI-W21 WLastMissing", "WriteLastMissing",
       [](AxiBench& c) {
         c.aw(0, 2);
         c.w(false);
         c.w(false);
         c.b();
       }},
      {"AXI-W23 BAsked", "ResponseWithoutAWrite", [](AxiBench& c) { c.b(); }},
      {"AXI-W23 BAsked", "ResponseToAnotherId",
       [](AxiBench& c) {
         c.aw(0, 1, 1);
         c.w(true);
         c.b(0);
         c.b(1);
       }},
      {"AXI-W24 BAfterLast", "ResponseBeforeTheLastBeat",
       [](AxiBench& c) {
         c.aw(0, 2);
         c.w(false);
         c.b();
         c.w(true);
         c.b();
       }},
      {"AXI-W25 BExokay", "ExclusiveAnswerToAWrite",
       [](AxiBench& c) {
         c.aw(0, 1);
         c.w(true);
         c->bresp_i = kExokay;
         c.b();
       }},
      {"AXI-W26 AwWaits", "WriteNotTaken",
       [](AxiBench& c) {
         c->awready_i = 0;
         for (unsigned i = 0; i <= kPatience; ++i) c.aw(0, 1);
         c->awready_i = 1;
         c.aw(0, 1);
         c.w(true);
         c.b();
       }},
      {"AXI-W27 WWaits", "WriteDataNotTaken",
       [](AxiBench& c) {
         c.aw(0, 1);
         c->wready_i = 0;
         for (unsigned i = 0; i <= kPatience; ++i) c.w(true);
         c->wready_i = 1;
         c.w(true);
         c.b();
       }},
      {"AXI-W28 BWaits", "ResponseNotTaken",
       [](AxiBench& c) {
         c.aw(0, 1);
         c.w(true);
         c->bready_i = 0;
         for (unsigned i = 0; i <= kPatience; ++i) c.b();
         c->bready_i = 1;
         c.b();
       }},
      {"AXI-W29 WriteAnswered", "WriteNotAnswered",
       [](AxiBench& c) {
         c.aw(0, 1);
         c.w(true);
         c.tick(kPatience + 2);
         c.b();
       }},
  };

  // ------------------------------------------------ an address, once as a read and once as a write
  const auto address = [&list](const std::string& read_rule, const std::string& write_rule,
                               const std::string& name, std::uint64_t addr, unsigned beats,
                               auto&& change) {
    list.push_back({read_rule, "Read" + name, [=](AxiBench& c) {
                      auto& m = c.bench.dut();
                      change(m.arsize_i, m.arburst_i, m.arlock_i, m.arcache_i);
                      c.ar(addr, beats);
                    }});
    list.push_back({write_rule, "Write" + name, [=](AxiBench& c) {
                      auto& m = c.bench.dut();
                      change(m.awsize_i, m.awburst_i, m.awlock_i, m.awcache_i);
                      c.aw(addr, beats);
                    }});
  };
  using Bits = CData&;
  address("AXI-R05 ArBurstKind", "AXI-W07 AwBurstKind", "OfReservedKind", 0, 1,
          [](Bits, Bits burst, Bits, Bits) { burst = kReserved; });
  address("AXI-R06 ArBeatSize", "AXI-W08 AwBeatSize", "WiderThanTheBus", 0, 1,
          [](Bits size, Bits, Bits, Bits) { size = 4; });
  address("AXI-R07 ArBurstLength", "AXI-W09 AwBurstLength", "FixedOf17", 0, 17,
          [](Bits, Bits burst, Bits, Bits) { burst = kFixed; });
  address("AXI-R07 ArBurstLength", "AXI-W09 AwBurstLength", "WrapOf3", 0, 3,
          [](Bits, Bits burst, Bits, Bits) { burst = kWrap; });
  address("AXI-R07 ArBurstLength", "AXI-W09 AwBurstLength", "WrapOf1", 0, 1,
          [](Bits, Bits burst, Bits, Bits) { burst = kWrap; });
  address("AXI-R08 ArWrapAligned", "AXI-W10 AwWrapAligned", "WrapUnaligned", 4, 4,
          [](Bits, Bits burst, Bits, Bits) { burst = kWrap; });
  address("AXI-R09 ArWithin4KiB", "AXI-W11 AwWithin4KiB", "Across4KiB", 4096 - 8, 2,
          [](Bits, Bits, Bits, Bits) {});
  address("AXI-R09 ArWithin4KiB", "AXI-W11 AwWithin4KiB", "UnalignedAcross4KiB", 8192 - 60, 9,
          [](Bits, Bits, Bits, Bits) {});
  address("AXI-R10 ArCache", "AXI-W12 AwCache", "AllocatesUnmodifiable", 0, 1,
          [](Bits, Bits, Bits, Bits cache) { cache = 0b0101; });
  address("AXI-R11 ArExclusive", "AXI-W13 AwExclusive", "ExclusiveOf3Beats", 0, 3,
          [](Bits, Bits, Bits lock, Bits) { lock = 1; });
  address("AXI-R11 ArExclusive", "AXI-W13 AwExclusive", "ExclusiveUnaligned", 8, 2,
          [](Bits, Bits, Bits lock, Bits) { lock = 1; });
  address("AXI-R11 ArExclusive", "AXI-W13 AwExclusive", "ExclusiveOf32Beats", 0, 32,
          [](Bits size, Bits, Bits lock, Bits) {
            size = 0;
            lock = 1;
          });
  if (kProfile) {
    address("AXI-R12 ArIncr", "AXI-W14 AwIncr", "Fixed", 0, 1,
            [](Bits, Bits burst, Bits, Bits) { burst = kFixed; });
    address("AXI-R12 ArIncr", "AXI-W14 AwIncr", "Wrap", 64, 8,
            [](Bits, Bits burst, Bits, Bits) { burst = kWrap; });
    address("AXI-R13 ArWhole", "AXI-W15 AwWhole", "Narrow", 0, 1,
            [](Bits size, Bits, Bits, Bits) { size = 2; });
    address("AXI-R13 ArWhole", "AXI-W15 AwWhole", "Unaligned", 4, 1, [](Bits, Bits, Bits, Bits) {});
    address("AXI-R14 ArShort", "AXI-W16 AwShort", "Of17Beats", 0, 17,
            [](Bits, Bits, Bits, Bits) {});
    address("AXI-R15 ArNormal", "AXI-W17 AwNormal", "Exclusive", 0, 1,
            [](Bits, Bits, Bits lock, Bits) { lock = 1; });
  } else {
    // Strobes of beats that are not whole words: the profile has none.
    const auto strobes = [&list](const std::string& name, std::uint64_t addr, unsigned size,
                                 unsigned burst, unsigned beats, unsigned bad_beat,
                                 std::vector<unsigned> legal) {
      list.push_back({"AXI-W22 WStrobeLanes", name, [=](AxiBench& c) {
                        c->awsize_i = static_cast<CData>(size);
                        c->awburst_i = static_cast<CData>(burst);
                        c.aw(addr, beats);
                        for (unsigned i = 0; i < beats; ++i) {
                          const unsigned lanes = legal[i];
                          c->wstrb_i = static_cast<CData>(
                              i == bad_beat ? lanes | (lanes << 1) | (lanes >> 1) : lanes);
                          c.w(i + 1 == beats);
                        }
                        c.b();
                      }});
    };
    strobes("NarrowStrobes", 0, 1, kIncr, 4, 2, {0x03, 0x0C, 0x30, 0xC0});
    strobes("UnalignedStrobes", 3, 3, kIncr, 2, 0, {0xF8, 0xFF});
    strobes("UnalignedNarrowStrobes", 3, 1, kIncr, 3, 0, {0x08, 0x30, 0xC0});
    strobes("FixedStrobes", 2, 1, kFixed, 2, 1, {0x0C, 0x0C});
    strobes("WrapStrobes", 4, 1, kWrap, 4, 3, {0x30, 0xC0, 0x03, 0x0C});
    list.push_back({"AXI-W25 BExokay", "ExclusiveAnswerToTheSecondWrite", [](AxiBench& c) {
                      c->awlock_i = 1;
                      c.aw(0, 1);
                      c->awlock_i = 0;
                      c.aw(0, 1);
                      c.w(true);
                      c.w(true);
                      c->bresp_i = kExokay;
                      c.b();
                      c.b();
                    }});
  }
  return list;
}

TINIUM_SEEDED_FAULTS(AxiFault, AxiBench, faults());

/// The bit of broken_o is that of the rule's number.
TEST(AxiChecker, TellsTheRuleAlsoWithoutAssertions) {
  AxiBench c;
  c.bench.context().assertOn(false);
  c.r(true);  // AXI-R17
  c.b();      // AXI-W23
  EXPECT_TRUE(c.fired().empty());
  EXPECT_EQ(c->read_broken_o, 0U);
  EXPECT_EQ(c->write_broken_o, 1U << 22);
}

// ------------------------------------------------------------------------------------ legal stress

/// Legal bursts with random shapes, stalls, order of IDs and gaps, in both directions at once.
class Stress {
 public:
  Stress(AxiBench& bench, std::mt19937_64 rng, unsigned stall_percent)
      : c_(bench), rng_(rng), stall_(stall_percent) {}

  void run(unsigned cycles) {
    for (unsigned i = 0; i < cycles; ++i) cycle(i + 200 < cycles);
  }
  unsigned reads() const { return reads_; }
  unsigned writes() const { return writes_; }

 private:
  struct Burst {
    std::uint64_t addr = 0;
    unsigned id = 0, beats = 1, size = 3, burst = kIncr, lock = 0, done = 0;
  };
  /// The wait on a channel stays within the patience of the checkers.
  struct Channel {
    bool valid = false;
    unsigned waited = 0;
    bool ready(bool stalls) {
      const bool go = !stalls || waited >= kPatience / 2;
      waited = valid && !go ? waited + 1 : 0;
      return go;
    }
  };

  bool chance(unsigned percent) { return rng_() % 100 < percent; }

  Burst random_burst() {
    Burst b;
    b.id = static_cast<unsigned>(rng_() % 2);
    b.beats = static_cast<unsigned>(1 + rng_() % 16);
    if (!kProfile) {
      b.size = static_cast<unsigned>(rng_() % 4);
      b.burst = static_cast<unsigned>(rng_() % 3);
      if (b.burst == kWrap) b.beats = 2U << rng_() % 4;
      if (b.burst == kIncr && chance(20)) b.beats = static_cast<unsigned>(1 + rng_() % 256);
    }
    const unsigned bytes = b.beats << b.size;
    b.addr = rng_() & 0xFFFF'FFFF'FFFFULL;
    if (kProfile || b.burst == kWrap) b.addr &= ~((std::uint64_t{1} << b.size) - 1);
    if (b.burst == kIncr) {
      const std::uint64_t page = b.addr & ~4095ULL;
      b.addr = page + std::min<std::uint64_t>(b.addr % 4096, 4096 - bytes);
      if (chance(30)) b.addr = page + 4096 - bytes;  // up to the boundary
    }
    if (!kProfile && b.burst != kFixed && bytes <= 128 && (bytes & (bytes - 1)) == 0 &&
        b.beats <= 16 && chance(30)) {
      b.lock = 1;
      b.addr &= ~(std::uint64_t{bytes} - 1);
    }
    return b;
  }

  static unsigned lanes(const Burst& b) {
    const std::uint64_t step = std::uint64_t{1} << b.size;
    std::uint64_t first = b.addr;
    if (b.burst != kFixed && b.done > 0) {
      first = (b.addr & ~(step - 1)) + b.done * step;
      const std::uint64_t span = b.beats * step;
      if (b.burst == kWrap) first = (b.addr & ~(span - 1)) | (first & (span - 1));
    }
    const std::uint64_t end = (first & ~(step - 1)) + step;
    unsigned mask = 0;
    for (std::uint64_t byte = first; byte < end; ++byte) mask |= 1U << byte % kBusBytes;
    return mask;
  }

  unsigned response(const Burst& b) {
    const unsigned code = static_cast<unsigned>(rng_() % 4);
    return code == kExokay && b.lock == 0 ? kOkay : code;
  }

  void cycle(bool starts) {
    auto& m = c_.bench.dut();
    // Read address.
    if (!ar_.valid && starts && open_reads_[0].size() + open_reads_[1].size() < kMaxBursts &&
        !chance(stall_)) {
      ar_burst_ = random_burst();
      ar_.valid = true;
      m.araddr_i = ar_burst_.addr;
      m.arid_i = static_cast<CData>(ar_burst_.id);
      m.arlen_i = static_cast<CData>(ar_burst_.beats - 1);
      m.arsize_i = static_cast<CData>(ar_burst_.size);
      m.arburst_i = static_cast<CData>(ar_burst_.burst);
      m.arlock_i = static_cast<CData>(ar_burst_.lock);
    }
    m.arvalid_i = ar_.valid;
    m.arready_i = ar_.ready(chance(stall_));
    // Read data: of any ID that has a burst open.
    if (!r_.valid) {
      unsigned id = static_cast<unsigned>(rng_() % 2);
      if (open_reads_[id].empty()) id ^= 1;
      if (!open_reads_[id].empty() && (!chance(stall_) || ++r_gap_ >= kPatience / 2)) {
        Burst& b = open_reads_[id].front();
        r_.valid = true;
        r_gap_ = 0;
        r_id_ = id;
        m.rid_i = static_cast<CData>(id);
        m.rresp_i = static_cast<CData>(response(b));
        m.rlast_i = b.done + 1 == b.beats;
        m.rdata_i = rng_();
      }
    }
    m.rvalid_i = r_.valid;
    if (!r_.valid) m.rdata_i = rng_();
    m.rready_i = r_.ready(chance(stall_));
    // Write address, data in its order, responses of any burst written.
    if (!aw_.valid && starts && open_writes_ < kMaxBursts && !chance(stall_)) {
      aw_burst_ = random_burst();
      aw_.valid = true;
      m.awaddr_i = aw_burst_.addr;
      m.awid_i = static_cast<CData>(aw_burst_.id);
      m.awlen_i = static_cast<CData>(aw_burst_.beats - 1);
      m.awsize_i = static_cast<CData>(aw_burst_.size);
      m.awburst_i = static_cast<CData>(aw_burst_.burst);
      m.awlock_i = static_cast<CData>(aw_burst_.lock);
    }
    m.awvalid_i = aw_.valid;
    m.awready_i = aw_.ready(chance(stall_));
    if (!w_.valid && !data_due_.empty() && !chance(stall_)) {
      const Burst& b = data_due_.front();
      w_.valid = true;
      m.wlast_i = b.done + 1 == b.beats;
      m.wstrb_i = static_cast<CData>(lanes(b) & (chance(70) ? 0xFF : rng_()));
      m.wdata_i = rng_();
    }
    m.wvalid_i = w_.valid;
    m.wready_i = w_.ready(chance(stall_));
    if (!b_.valid && !written_.empty() && (!chance(stall_) || ++b_gap_ >= kPatience / 2)) {
      // Of one ID in their order.
      std::size_t at = rng_() % written_.size();
      for (std::size_t i = 0; i < at; ++i) {
        if (written_[i].id == written_[at].id) at = i;
      }
      b_.valid = true;
      b_gap_ = 0;
      b_at_ = at;
      m.bid_i = static_cast<CData>(written_[at].id);
      m.bresp_i = static_cast<CData>(response(written_[at]));
    }
    m.bvalid_i = b_.valid;
    m.bready_i = b_.ready(chance(stall_));

    c_.tick();

    if (ar_.valid && m.arready_i != 0) {
      open_reads_[ar_burst_.id].push_back(ar_burst_);
      ar_.valid = false;
      ++reads_;
    }
    if (r_.valid && m.rready_i != 0) {
      Burst& b = open_reads_[r_id_].front();
      if (++b.done == b.beats) open_reads_[r_id_].pop_front();
      r_.valid = false;
    }
    if (b_.valid && m.bready_i != 0) {
      written_.erase(written_.begin() + static_cast<std::ptrdiff_t>(b_at_));
      b_.valid = false;
      --open_writes_;
    }
    if (w_.valid && m.wready_i != 0) {
      Burst& b = data_due_.front();
      if (++b.done == b.beats) {
        written_.push_back(b);
        data_due_.pop_front();
      }
      w_.valid = false;
    }
    if (aw_.valid && m.awready_i != 0) {
      data_due_.push_back(aw_burst_);
      aw_.valid = false;
      ++open_writes_;
      ++writes_;
    }
  }

  AxiBench& c_;
  std::mt19937_64 rng_;
  unsigned stall_;
  Channel ar_, r_, aw_, w_, b_;
  Burst ar_burst_, aw_burst_;
  std::array<std::deque<Burst>, 2> open_reads_;
  std::deque<Burst> data_due_, written_;
  unsigned r_id_ = 0, r_gap_ = 0, b_gap_ = 0, open_writes_ = 0, reads_ = 0, writes_ = 0;
  std::size_t b_at_ = 0;
};

TEST(AxiChecker, SilentOnRandomLegalTraffic) {
  for (const unsigned stall : {0U, 10U, 50U, 80U}) {
    SCOPED_TRACE("stalls of " + std::to_string(stall) + " %");
    AxiBench c;
    Stress stress(c, make_rng(stall), stall);
    stress.run(20000);
    EXPECT_EQ(c.fired(), std::set<std::string>{});
    EXPECT_GT(stress.reads(), 100U);
    EXPECT_GT(stress.writes(), 100U);
    if (c.bench.failed() || !c.fired().empty()) break;
  }
}

}  // namespace
}  // namespace tinium::testbench
