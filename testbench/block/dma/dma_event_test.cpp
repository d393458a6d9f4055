// SPDX-License-Identifier: Apache-2.0
// Waits hold a DMA queue, updates follow its events.
#include "dma_rig.hpp"

namespace tinium::testbench {
namespace {

TEST(DmaEvents, WaitsHoldTheQueueUntilBothAreMet) {
  Rig rig;
  Transfer t = random_transfer(rig.rng, kReadSlot, 0, kSbufBytes);
  t.wait0_sem = 1;
  t.wait0_cond = static_cast<std::uint32_t>(isa::WaitCondition::kGe);
  t.wait0_value = 3;
  t.wait0_consume = 1;
  t.wait1_sem = 2;
  t.wait1_cond = static_cast<std::uint32_t>(isa::WaitCondition::kEq);
  t.wait1_value = 65535;
  rig.load(t);
  rig.bench.tick(40);
  rig.semaphores.level[1] = 4;
  rig.semaphores.level[2] = 65534;
  rig.bench.tick(40);
  EXPECT_EQ(rig.memory.read_bursts, 0U);
  EXPECT_FALSE(rig.bench->load_idle_o);
  rig.semaphores.level[2] = 65535;
  rig.expect_load(t);
  ASSERT_TRUE(rig.run());
  rig.compare("after the waits");
  EXPECT_EQ(rig.semaphores.level[1], 1);
  EXPECT_EQ(rig.semaphores.level[2], 65535);
}

TEST(DmaEvents, SourceMayChangeAfterReadOfAStore) {
  Rig rig;
  rig.memory.hold_responses(true);
  Transfer t;
  t.slot = kWriteSlot;
  t.num1 = 3;
  t.row_bytes = 100;
  t.sbuf_offset = 5;
  t.sbuf_step1 = 200;
  t.dram_step1 = 333;
  t.sbuf_partition = 7;
  for (const unsigned event : {0U, 1U}) {
    (event ? t.update1_sem : t.update0_sem) = 8 + event;
    (event ? t.update1_op : t.update0_op) = static_cast<std::uint32_t>(isa::UpdateOp::kSet);
    (event ? t.update1_event : t.update0_event) = event;
    (event ? t.update1_value : t.update0_value) = 77;
  }
  rig.store(t);
  rig.expect_store(t);
  ASSERT_TRUE(rig.bench.run_until([&] { return rig.semaphores.level[8] == 77; }, 2000));
  // Overwrite the source at once: the store must have its bytes.
  Transfer over = t;
  over.slot = kReadSlot;
  over.update0_op = over.update1_op = 0;
  rig.load(over);
  rig.bench.tick(500);
  EXPECT_EQ(rig.semaphores.level[9], 0) << "complete before the responses";
  EXPECT_FALSE(rig.bench->store_idle_o);
  rig.memory.hold_responses(false);
  ASSERT_TRUE(rig.run());
  EXPECT_EQ(rig.semaphores.level[9], 77);
  rig.expect_load(over);
  rig.compare("store, then load over its source");
}

TEST(DmaEvents, UpdatesComeInProgramOrder) {
  RigOptions o;
  o.timing = AxiTiming::all(StallPattern::kRandom, 5, 50);
  o.updates = StallPattern::kRandom;
  Rig rig(o);
  for (unsigned i = 0; i < 40; ++i) {
    Transfer t = random_transfer(rig.rng, kBothSlot, 0, kSbufBytes);
    t.num1 = t.num2 = t.num3 = 1;
    t.row_bytes = 1 + i % 30;
    t.dram_offset = 100 * i;
    t.sbuf_offset = 40 * i;
    t.update0_op = t.update1_op = static_cast<std::uint32_t>(isa::UpdateOp::kSet);
    t.update0_event = 1;
    t.update1_event = i % 3 == 0;
    t.update0_value = i;
    t.update1_value = i;
    t.update0_sem = 10;
    t.update1_sem = t.update1_event ? 10 : 11;
    rig.load(t);
    rig.expect_load(t);
  }
  ASSERT_TRUE(rig.run());
  rig.compare("ordered loads");
  std::array<unsigned, 32> next{};
  std::size_t count = 0;
  for (const std::uint32_t u : rig.semaphores.updates[kLoad]) {
    const unsigned sem = u >> 18;
    EXPECT_GE(u & 0xFFFF, next[sem]) << "semaphore " << sem;
    next[sem] = u & 0xFFFF;
    ++count;
  }
  EXPECT_EQ(count, 80U);
}

// Consumed waits and updates share one port: none is lost, withdrawn or changed.
TEST(DmaEvents, ConsumesAmongUpdates) {
  RigOptions o;
  o.updates = StallPattern::kMostly;
  Rig rig(o);
  const unsigned count = 60;
  rig.semaphores.level[1] = 3 * count;
  rig.semaphores.level[2] = 5 * count;
  for (unsigned i = 0; i < count; ++i) {
    Transfer t;
    t.slot = kBothSlot;
    t.num1 = 1;
    t.row_bytes = 1 + i;
    t.dram_offset = 100 * i;
    t.sbuf_partition = i % kPartitions;
    t.sbuf_offset = i % 64;
    t.wait0_sem = 1;
    t.wait1_sem = 2;
    t.wait0_cond = t.wait1_cond = static_cast<std::uint32_t>(isa::WaitCondition::kGe);
    t.wait0_consume = i % 4 != 1;
    t.wait1_consume = i % 4 != 2;
    t.wait0_value = 3;
    t.wait1_value = 5;
    t.update0_sem = 3;
    t.update1_sem = 4;
    t.update0_op = t.update1_op = static_cast<std::uint32_t>(isa::UpdateOp::kAdd);
    t.update1_event = 1;
    t.update0_value = t.update1_value = 1;
    rig.load(t);
    rig.expect_load(t);
  }
  ASSERT_TRUE(rig.run());
  rig.compare("short loads");
  EXPECT_EQ(rig.semaphores.level[1], 3 * (count / 4));
  EXPECT_EQ(rig.semaphores.level[2], 5 * (count / 4));
  EXPECT_EQ(rig.semaphores.level[3], count);
  EXPECT_EQ(rig.semaphores.level[4], count);
}

}  // namespace
}  // namespace tinium::testbench
