// SPDX-License-Identifier: Apache-2.0
// Golden cycle counts of a launch on tn_kernel `tiny`, DRAM latency 100, bus of 8 bytes: doorbell
// to the end of an empty program, and to the first moving vector. Exact both ways: whoever makes
// the launch faster changes the figures.
#include <gtest/gtest.h>

#include "kernel_programs.hpp"

namespace tinium::testbench {
namespace {

constexpr std::uint32_t kLatency = 100;

/// One LoadStationary of 16 x 4 and one MultiplyMoving of 8 vectors; the latter waits.
std::vector<InstructionWords> small_product(std::uint32_t wait_sem = 0,
                                            std::uint32_t wait_value = 0) {
  isa::LoadStationary load;
  load.partitions = 16;
  load.columns = 4;
  load.step = 1;
  load.wait0_sem = wait_sem;
  load.wait0_cond = wait_value != 0 ? 1 : 0;
  load.wait0_value = wait_value;
  isa::MultiplyMoving multiply;
  multiply.num0 = 8;
  multiply.num1 = 1;
  multiply.step0 = 1;
  return {encode(load), encode(multiply), halt()};
}

TEST(Latency, OneHalt) {
  KernelBench kernel(StallPattern::kNone, kLatency);
  Streams s;
  s.sync = {halt()};
  const Completion c = kernel.run(Launch(s));
  expect_ok(c);
  // Record 40 beats, header and eight lines 72 beats: the whole burst is drained.
  EXPECT_EQ(c.cycles, kLatency + 40 + 72 + 10);
}

TEST(Latency, ThreeHalts) {
  KernelBench kernel(StallPattern::kNone, kLatency);
  const Completion c = kernel.run(Launch(halts()));
  expect_ok(c);
  EXPECT_EQ(c.cycles, kLatency + 40 + 72 + 10) << "one round trip: all came with the header";
}

TEST(Latency, FirstVectorOperandsInSbuf) {
  KernelBench kernel(StallPattern::kNone, kLatency);
  Streams s = halts();
  s.tensor = small_product();
  const Completion c = kernel.run(Launch(s));
  expect_ok(c);
  EXPECT_EQ(c.tensor_vectors, 8U);
  // Record, header, SyncE's Halt, LoadStationary, MultiplyMoving.
  EXPECT_EQ(c.first_mac, kLatency + 40 + 4 * 8 + 16);
}

TEST(Latency, FirstVectorOperandsInDram) {
  KernelBench kernel(StallPattern::kNone, kLatency);
  Streams s = halts();
  s.tensor = small_product(30, 1);
  s.sync = {dma<isa::DmaLoad>(0, 16, 16), halt()};
  Launch launch(s);
  launch.slot(0, AxiMemory::kBase + 0x20000, 256, true, false);
  const Completion c = kernel.run(launch);
  expect_ok(c);
  // Record, header and SyncE's instruction; sixteen runs of two beats.
  EXPECT_EQ(c.first_mac, kLatency + 40 + 2 * 8 + kLatency + 32 + 26);
}

TEST(Latency, StreamOutsideTheWindow) {
  KernelBench kernel(StallPattern::kNone, kLatency);
  Streams s = halts();
  s.sync.assign(12, set_reg(1, 1));
  s.sync.push_back(halt());
  s.tensor = small_product();
  const Completion c = kernel.run(Launch(s));
  expect_ok(c);
  // A second round trip behind the window of the first: LoadStationary, MultiplyMoving.
  EXPECT_EQ(c.first_mac, kLatency + 40 + 8 + kLatency + 2 * 8 + 24);
}

}  // namespace
}  // namespace tinium::testbench
