// SPDX-License-Identifier: Apache-2.0
// Where the round of the ports of tn_semaphores begins: behind the port served last, at the lowest
// port after a reset or clear_i.
#include <gtest/gtest.h>

#include "Vtn_semaphores.h"
#include "verilated_bench.hpp"

namespace tinium::testbench {
namespace {

/// Offers updates (of nothing) on `ports` for one cycle; returns the ports that were taken.
unsigned offer(VerilatedBench<Vtn_semaphores>& bench, unsigned ports) {
  bench->upd_valid_i = static_cast<CData>(ports);
  bench->clk_i = 0;
  bench.settle();
  const unsigned taken = bench->upd_ready_o & ports;
  bench.tick();
  bench->upd_valid_i = 0;
  return taken;
}

void start(VerilatedBench<Vtn_semaphores>& bench) {
  bench->clear_i = 0;
  bench->upd_valid_i = 0;
  for (unsigned i = 0; i < 6; ++i) bench->upd_i[i] = 0;
  bench.reset();
}

TEST(SemaphoresRound, GoesOnBehindThePortServedLast) {
  VerilatedBench<Vtn_semaphores> bench;
  start(bench);
  EXPECT_EQ(offer(bench, 0b0001000), 0b0001000U);
  EXPECT_EQ(offer(bench, 0b0101010), 0b0100000U);
  EXPECT_EQ(offer(bench, 0b0001010), 0b0000010U);
  EXPECT_EQ(offer(bench, 0b0001010), 0b0001000U);
}

TEST(SemaphoresRound, BeginsAtTheLowestPortAfterReset) {
  VerilatedBench<Vtn_semaphores> bench;
  start(bench);
  EXPECT_EQ(offer(bench, 0b0001000), 0b0001000U);
  bench.reset(1);
  EXPECT_EQ(offer(bench, 0b0100010), 0b0000010U);
}

TEST(SemaphoresRound, BeginsAtTheLowestPortAfterClear) {
  VerilatedBench<Vtn_semaphores> bench;
  start(bench);
  EXPECT_EQ(offer(bench, 0b0001000), 0b0001000U);
  bench->clear_i = 1;
  bench.tick();
  bench->clear_i = 0;
  EXPECT_EQ(offer(bench, 0b0100010), 0b0000010U);
}

}  // namespace
}  // namespace tinium::testbench
