// SPDX-License-Identifier: Apache-2.0
// Deadlocks through tn_kernel `tiny`: every combination of streams and DMA queues that wait for
// what nobody gives, reported at once with who waits for what; and no false alarm while anything
// moves.
#include <gtest/gtest.h>

#include "kernel_programs.hpp"

namespace tinium::testbench {
namespace {

using isa::Unit;

constexpr std::uint64_t kSource = AxiMemory::kBase + 0x20000;
constexpr std::uint64_t kTarget = AxiMemory::kBase + 0x40000;

constexpr Engine kEngineOfUnit[] = {Engine::kTensor,  Engine::kVector,   Engine::kSync,
                                    Engine::kDmaLoad, Engine::kDmaStore, Engine::kDmaCopy};

InstructionWords copy_waiting(std::uint32_t sem, std::uint32_t value) {
  isa::DmaCopy i;
  i.row_bytes = 8;
  i.dst_offset = 64;
  i.wait0_sem = sem;
  i.wait0_cond = 1;
  i.wait0_value = value;
  return encode(i);
}

void open_slots(Launch& launch) {
  launch.slot(0, kSource, 8192, true, false);
  launch.slot(1, kTarget, 8192, false, true);
}

/// `unit` waits for this semaphore and value.
std::uint32_t semaphore_of(std::uint32_t unit) { return 10 + unit; }
std::uint32_t value_of(std::uint32_t unit) { return 100 + 7 * unit; }

TEST(Deadlock, EveryCombinationOfUnits) {
  KernelBench kernel(StallPattern::kNone, 20);
  for (std::uint32_t set = 1; set < 64; ++set) {
    SCOPED_TRACE("units " + std::to_string(set));
    const auto waits = [&](Unit unit) { return (set >> static_cast<unsigned>(unit) & 1U) != 0; };
    Streams s = halts();
    const auto wait = [](Unit unit) {
      const auto n = static_cast<std::uint32_t>(unit);
      return nop_wait(semaphore_of(n), value_of(n), false);
    };
    std::array<std::uint32_t, 6> index{};
    if (waits(Unit::kTensor)) s.tensor = {set_reg(1, 1), wait(Unit::kTensor), halt()};
    if (waits(Unit::kVector)) s.vector = {nop_update(semaphore_of(1), 3), wait(Unit::kVector)};
    index[0] = index[1] = 1;
    s.sync.clear();
    const auto queue = [&](Unit unit, const InstructionWords& words) {
      if (!waits(unit)) return;
      index[static_cast<unsigned>(unit)] = static_cast<std::uint32_t>(s.sync.size());
      s.sync.push_back(words);
    };
    queue(Unit::kDmaLoad, dma<isa::DmaLoad>(0, 64, 4, semaphore_of(3), value_of(3)));
    queue(Unit::kDmaStore, dma<isa::DmaStore>(1, 64, 4, semaphore_of(4), value_of(4)));
    queue(Unit::kDmaCopy, copy_waiting(semaphore_of(5), value_of(5)));
    index[2] = static_cast<std::uint32_t>(s.sync.size());
    s.sync.push_back(waits(Unit::kSync) ? wait(Unit::kSync) : halt());
    Launch launch(s);
    open_slots(launch);
    launch.watchdog(50000);
    const Completion c = kernel.run(launch);
    const auto lowest = static_cast<unsigned>(std::countr_zero(set));
    expect_fault(c, Fault::kDeadlock, kEngineOfUnit[lowest], index[lowest], semaphore_of(lowest));
    EXPECT_LE(c.cycles, 400U) << "at once";
    for (std::uint32_t unit = 0; unit < 6; ++unit) {
      const auto& b = c.blocked[unit];
      if ((set >> unit & 1U) == 0) {
        EXPECT_EQ(b.wait, 0U) << "unit " << unit;
        continue;
      }
      EXPECT_EQ(b.instruction, index[unit]) << "unit " << unit;
      EXPECT_EQ(b.wait, 1U << 31 | 1U << 8 | semaphore_of(unit)) << "unit " << unit;
      EXPECT_EQ(b.value, value_of(unit)) << "unit " << unit;
      EXPECT_EQ(b.level, unit == 1 ? 3U : 0U) << "unit " << unit;
    }
    if (::testing::Test::HasFailure()) break;
  }
  expect_ok(kernel.run(Launch(token_ring(2))));
}

TEST(Deadlock, IsReportedWithinTensOfCycles) {
  // SyncE counts, gives one token too few, and ends: the moment is known.
  KernelBench kernel(StallPattern::kNone, 20);
  Streams good = {{nop_wait(1, 2, true), halt()}, {halt()}, {}};
  good.sync = {set_reg(9, 0), add_reg(9, 9, 1), branch_if(isa::Compare::kLtu, 9, 500, 1),
               nop_update(1, 2), halt()};
  Streams bad = good;
  bad.sync[3] = nop_update(1, 1);
  const Completion ok = kernel.run(Launch(good));
  expect_ok(ok);
  const Completion c = kernel.run(Launch(bad));
  expect_fault(c, Fault::kDeadlock, Engine::kTensor, 0, 1);
  EXPECT_EQ(c.blocked[0].level, 1U);
  EXPECT_LE(c.cycles, ok.cycles + 20);
}

TEST(Deadlock, SecondWaitAndFullQueue) {
  KernelBench kernel(StallPattern::kNone, 20);
  // wait0 holds, wait1 does not.
  isa::Nop both;
  both.wait0_sem = 3;
  both.wait0_cond = 2;
  both.wait1_sem = 4;
  both.wait1_cond = 2;
  both.wait1_value = 9;
  Streams s = {{encode(both), halt()}, {}, {}};
  Completion c = kernel.run(Launch(s));
  expect_fault(c, Fault::kDeadlock, Engine::kTensor, 0, 4);
  EXPECT_EQ(c.blocked[0].wait, 1U << 31 | 2U << 8 | 4U);
  EXPECT_EQ(c.blocked[0].value, 9U);

  // SyncE stands before a full queue; the head of the queue is what waits.
  s = {};
  for (int i = 0; i < 12; ++i) s.sync.push_back(dma<isa::DmaStore>(1, 64, 4, 7, 1));
  s.sync.push_back(nop_update(7, 1));
  s.sync.push_back(halt());
  Launch full(s);
  open_slots(full);
  c = kernel.run(full);
  expect_fault(c, Fault::kDeadlock, Engine::kDmaStore, 0, 7);
  EXPECT_EQ(c.blocked[2].wait, 0U);
  EXPECT_EQ(c.blocked[4].wait, 1U << 31 | 1U << 8 | 7U);
}

TEST(Deadlock, ASpinningLoopIsForTheWatchdog) {
  KernelBench kernel(StallPattern::kNone, 20);
  Streams s = {{nop_wait(1, 1, false), halt()}, {forever()}, {halt()}};
  Launch launch(s);
  launch.watchdog(5000);
  const Completion c = kernel.run(launch);
  expect_fault(c, Fault::kWatchdog, Engine::kLauncher, 0, 0);
  EXPECT_EQ(c.blocked[0].wait, 1U << 31 | 1U << 8 | 1U) << "the table is there for every fault";
  EXPECT_EQ(c.blocked[1].wait, 0U);
}

class NoFalseAlarm : public ::testing::TestWithParam<StallPattern> {};

TEST_P(NoFalseAlarm, WhileAnythingMoves) {
  // Chains of random links, each waiting for the one before: transfers over a slow bus, products,
  // counting loops. While one works, everybody else waits.
  std::mt19937_64 rng = make_rng(21);
  const std::uint64_t programs = case_count(15);
  KernelBench kernel(GetParam(), 150);
  for (std::uint64_t n = 0; n < programs; ++n) {
    Streams s;
    const std::uint32_t links = 5 + rng() % 12;
    for (std::uint32_t link = 0; link < links; ++link) {
      const std::uint32_t wait = link, give = link + 1;
      const auto chained = [&](auto i) {
        i.wait0_sem = link == 0 ? 0 : 1;
        i.wait0_cond = link == 0 ? 0 : 2;
        i.wait0_value = wait;
        i.update0_sem = 1;
        i.update0_op = static_cast<std::uint32_t>(isa::UpdateOp::kSet);
        i.update0_event = static_cast<std::uint32_t>(isa::UpdateEvent::kComplete);
        i.update0_value = give;
        return encode(i);
      };
      switch (rng() % 6) {
        case 0: {
          isa::DmaLoad i;
          i.row_bytes = 1 + rng() % 200;
          i.num1 = 1 + rng() % 8;
          i.dram_step1 = 200;
          i.partition_step1 = 1;
          s.sync.push_back(chained(i));
          break;
        }
        case 1: {
          isa::DmaStore i;
          i.slot = 1;
          i.row_bytes = 1 + rng() % 200;
          i.num1 = 1 + rng() % 8;
          i.dram_step1 = 200;
          i.partition_step1 = 1;
          s.sync.push_back(chained(i));
          break;
        }
        case 2: {
          isa::DmaCopy i;
          i.row_bytes = 1 + rng() % 200;
          i.dst_offset = 1024;
          s.sync.push_back(chained(i));
          break;
        }
        case 3: {
          isa::LoadStationary load;
          load.partitions = 16;
          load.columns = 4;
          load.step = 1;
          s.tensor.push_back(encode(load));
          isa::MultiplyMoving multiply;
          multiply.num0 = 1 + rng() % 200;
          multiply.num1 = 1;
          multiply.step0 = 1;
          s.tensor.push_back(chained(multiply));
          break;
        }
        case 4: {
          isa::TensorScalar i;
          i.num0 = 1 + rng() % 100;
          i.num1 = 1;
          i.src_step0 = 1;
          i.dst_step0 = 1;
          i.dst_offset = 2048;
          i.partitions = 32;
          s.vector.push_back(chained(i));
          break;
        }
        default: {
          // A loop of a few hundred cycles on one of the streams.
          auto& stream = rng() % 3 == 0 ? s.tensor : rng() % 2 == 0 ? s.vector : s.sync;
          isa::Nop wait_link;
          wait_link.wait0_sem = link == 0 ? 0 : 1;
          wait_link.wait0_cond = link == 0 ? 0 : 2;
          wait_link.wait0_value = wait;
          stream.push_back(encode(wait_link));
          stream.push_back(set_reg(9, 0));
          const auto top = static_cast<std::uint32_t>(stream.size());
          stream.push_back(add_reg(9, 9, 1));
          stream.push_back(branch_if(isa::Compare::kLtu, 9, rng() % 100, top));
          stream.push_back(nop_update(1, give, isa::UpdateOp::kSet));
          break;
        }
      }
    }
    for (auto* stream : {&s.tensor, &s.vector, &s.sync}) stream->push_back(halt());
    Launch launch(s);
    open_slots(launch);
    launch.watchdog(200000);
    expect_ok(kernel.run(launch));
    ASSERT_FALSE(::testing::Test::HasFailure())
        << "program " << n << " seed " << options().seed << "\n  rerun: " << rerun_line();
  }
}

INSTANTIATE_TEST_SUITE_P(All, NoFalseAlarm, ::testing::ValuesIn(kAllStallPatterns),
                         [](const auto& param) { return std::string(name_of(param.param)); });

}  // namespace
}  // namespace tinium::testbench
