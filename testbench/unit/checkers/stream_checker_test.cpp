// SPDX-License-Identifier: Apache-2.0
// The stream checker is silent on legal traffic, and each rule broken once fires that rule alone.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "Vtn_stream_checker.h"
#include "checker_bench.hpp"

namespace tinium::testbench {
namespace {

constexpr unsigned kPatience = 20;

class StreamBench : public CheckerBench<Vtn_stream_checker> {
 public:
  StreamBench() {
    quiet();
    reset();
  }
  void quiet() {
    bench->withdraw_i = 0;
    bench->valid_i = 0;
    bench->ready_i = 1;
    bench->data_i = 0;
  }
  void offer(unsigned data, bool ready) {
    bench->valid_i = 1;
    bench->ready_i = ready;
    bench->data_i = static_cast<SData>(data);
    tick();
    bench->valid_i = 0;
  }
};

const std::vector<SeededFault<StreamBench>> kFaults = {
    {"STREAM-01 ValidHolds", "Dropped",
     [](StreamBench& c) {
       c.offer(1, false);
       c.tick();
     }},
    {"STREAM-02 DataHolds", "Changed",
     [](StreamBench& c) {
       c.offer(1, false);
       c.offer(0x8001, true);
     }},
    {"STREAM-02 DataHolds", "ChangedAfterAWithdrawal",
     [](StreamBench& c) {
       c.offer(1, false);
       c->withdraw_i = 1;
       c.offer(2, false);
       c->withdraw_i = 0;
       c.offer(3, false);
       c.offer(4, true);
     }},
    {"STREAM-03 ValidAfterReset", "ValidInReset",
     [](StreamBench& c) {
       c->valid_i = 1;
       c.reset();
       c->valid_i = 0;
     }},
    {"STREAM-04 OfferWaits", "NotTaken",
     [](StreamBench& c) {
       for (unsigned i = 0; i <= kPatience; ++i) c.offer(1, false);
       c.offer(1, true);
     }},
};

TINIUM_SEEDED_FAULTS(StreamFault, StreamBench, kFaults);

TEST(StreamChecker, SilentOnRandomLegalTraffic) {
  for (const unsigned stall : {0U, 30U, 80U}) {
    StreamBench c;
    std::mt19937_64 rng = make_rng(stall);
    unsigned waited = 0, taken = 0;
    for (unsigned i = 0; i < 20000; ++i) {
      c->withdraw_i = rng() % 50 == 0;
      if (c->valid_i == 0 || c->withdraw_i != 0) {
        c->valid_i = rng() % 100 >= stall;
        c->data_i = static_cast<SData>(rng());
      }
      c->ready_i = rng() % 100 >= stall || waited >= kPatience / 2;
      c.tick();
      waited = c->valid_i != 0 && c->ready_i == 0 ? waited + 1 : 0;
      if (c->valid_i != 0 && c->ready_i != 0) ++taken, c->valid_i = 0;
      if (c->withdraw_i != 0) c->valid_i = 0;
    }
    EXPECT_EQ(c.fired(), std::set<std::string>{}) << "stalls of " << stall << " %";
    EXPECT_GT(taken, 500U);
  }
}

}  // namespace
}  // namespace tinium::testbench
