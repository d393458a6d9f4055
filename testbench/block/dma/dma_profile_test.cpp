// SPDX-License-Identifier: Apache-2.0
// What the DMA queues tell of themselves: the cause of every cycle, what a blocked head waits for,
// when nothing more can happen, and the beginning and end of each instruction.
#include "dma_rig.hpp"

namespace tinium::testbench {
namespace {

struct Blocked {
  bool valid;
  unsigned cond, sem, value, level, instruction;
};

Blocked blocked_of(Rig& rig, unsigned queue) {
  const auto& m = rig.bench.dut();
  const auto& w = queue == kLoad    ? m.load_blocked_o
                  : queue == kStore ? m.store_blocked_o
                                    : m.copy_blocked_o;
  return {(w[2] >> 12 & 1) != 0, w[2] >> 8 & 15, w[2] & 255, w[1] >> 16, w[1] & 0xFFFF, w[0]};
}

/// Counts causes and keeps the trace; checks in every cycle what one output says of another.
class Profile : public BenchComponent {
 public:
  explicit Profile(Rig& rig) : rig_(rig) { rig_.bench.add(*this); }

  std::array<std::array<std::uint64_t, 8>, kQueues> count{};
  std::array<std::vector<std::uint32_t>, kQueues> begun, ended;
  std::array<std::uint64_t, kQueues> parked{};
  std::uint64_t cycles = 0;

  std::uint64_t of(unsigned queue, isa::Cause cause) const {
    return count[queue][static_cast<unsigned>(cause)];
  }

  void drive() override {}
  void sample() override {
    ++cycles;
    const auto& m = rig_.bench.dut();
    for (unsigned q = 0; q < kQueues; ++q) {
      const QueuePorts p = rig_.ports(q);
      ++count[q][p.cause];
      parked[q] += p.parked;
      const auto cause = static_cast<isa::Cause>(p.cause);
      EXPECT_NE(cause, isa::Cause::kHazard);
      EXPECT_NE(cause, isa::Cause::kFetch);
      if (p.begin_valid) begun[q].push_back(check_trace(q, p.begin));
      if (p.end_valid) ended[q].push_back(check_trace(q, p.end));
      EXPECT_GE(begun[q].size(), ended[q].size());
      const bool in_flight = begun[q].size() != ended[q].size();
      // A beat that moves is busy work, whatever else holds.
      if ((q == kLoad && m.load_beat_o) || (q == kStore && m.store_beat_o)) {
        EXPECT_EQ(cause, isa::Cause::kBusy);
      }
      if (q == kCopy) {
        EXPECT_NE(cause, isa::Cause::kBus);
      }
      if (cause == isa::Cause::kEnded) {
        EXPECT_TRUE(p.idle);
        EXPECT_FALSE(in_flight || p.begin_valid);
      }
      if (p.parked) {
        EXPECT_TRUE(cause == isa::Cause::kEnded || cause == isa::Cause::kSemaphore);
        EXPECT_TRUE(p.idle || blocked_of(rig_, q).valid);
        EXPECT_FALSE(p.upd_valid || in_flight);
      }
      if (blocked_of(rig_, q).valid) {
        EXPECT_FALSE(p.begin_valid || p.idle);
      }
    }
  }

 private:
  std::uint32_t check_trace(unsigned queue, std::uint64_t trace) {
    EXPECT_EQ(trace >> 32, 0x30U + queue) << "opcode in the trace";
    return static_cast<std::uint32_t>(trace);
  }

  Rig& rig_;
};

void wait_for(isa::DmaLoad& t, unsigned sem, unsigned value) {
  t.wait0_sem = sem;
  t.wait0_cond = static_cast<std::uint32_t>(isa::WaitCondition::kGe);
  t.wait0_value = value;
}

TEST(DmaProfile, CausesAddUpAndEveryInstructionBeginsAndEnds) {
  RigOptions o;
  o.timing = AxiTiming::all(StallPattern::kRandom, 1, 60);
  o.instructions = o.updates = StallPattern::kRandom;
  o.contention = 0.3;
  Rig rig(o);
  Profile profile(rig);
  const unsigned part = kSbufBytes / 4;
  std::array<std::vector<std::uint32_t>, kQueues> issued;
  for (std::uint64_t i = 0; i < case_count(30); ++i) {
    issued[kLoad].push_back(rig.next_index);
    rig.move(kLoad, i % 2   ? random_transfer(rig.rng, kReadSlot, 0, part)
                    : i % 4 ? random_short_rows(rig.rng, kReadSlot, 0, part)
                            : random_transpose(rig.rng, kReadSlot, 0, part));
    issued[kStore].push_back(rig.next_index);
    rig.move(kStore, i % 2 ? random_transfer(rig.rng, kWriteSlot, part, 2 * part)
                           : random_short_rows(rig.rng, kWriteSlot, part, 2 * part));
    issued[kCopy].push_back(rig.next_index);
    rig.move(random_copy(rig.rng, 2 * part, 3 * part, kSbufBytes));
  }
  ASSERT_TRUE(rig.run());
  rig.bench.tick(10);
  for (unsigned q = 0; q < kQueues; ++q) {
    SCOPED_TRACE(q);
    EXPECT_EQ(profile.begun[q], issued[q]);
    EXPECT_EQ(profile.ended[q], issued[q]);
    std::uint64_t sum = 0;
    for (const std::uint64_t n : profile.count[q]) sum += n;
    EXPECT_EQ(sum, profile.cycles);
    EXPECT_GT(profile.of(q, isa::Cause::kBusy), 100U);
    EXPECT_GT(profile.of(q, isa::Cause::kOperand), 0U);
    EXPECT_GT(profile.of(q, isa::Cause::kEnded), 0U);
  }
  EXPECT_GT(profile.of(kLoad, isa::Cause::kBus), 0U);
  EXPECT_GT(profile.of(kStore, isa::Cause::kBus), 0U);
  rig.compare("profiled transfers");
}

TEST(DmaProfile, WaitingForDataIsTheBus) {
  for (const Queue queue : {kLoad, kStore}) {
    RigOptions o;
    o.timing = AxiTiming::all(StallPattern::kNone, 200, 200);
    Rig rig(o);
    Profile profile(rig);
    Transfer t;
    t.slot = kBothSlot;
    t.row_bytes = 20 * kBus;
    t.dram_offset = 4096 - kBothFirst % 4096;
    rig.move(queue, t);
    ASSERT_TRUE(rig.run());
    EXPECT_GE(profile.of(queue, isa::Cause::kBusy), 20U);
    EXPECT_LE(profile.of(queue, isa::Cause::kBusy), 20U + 6);
    EXPECT_GE(profile.of(queue, isa::Cause::kBus), 195U);
    EXPECT_LE(profile.of(queue, isa::Cause::kBus), 205U);
    EXPECT_EQ(profile.of(queue, isa::Cause::kOperand), 0U);
    EXPECT_LE(profile.of(queue, isa::Cause::kOverhead), 6U);
    rig.compare("one transfer");
  }
}

TEST(DmaProfile, BlockedHeadsNameTheirSemaphore) {
  for (const Queue queue : {kLoad, kStore, kCopy}) {
    SCOPED_TRACE(queue);
    Rig rig;
    Profile profile(rig);
    const std::uint32_t index = rig.next_index;
    Transfer t = random_transfer(rig.rng, kBothSlot, 0, kSbufBytes);
    Copy c = random_copy(rig.rng, 0, kSbufBytes / 2, kSbufBytes);
    wait_for(t, 7, 3);
    t.wait1_sem = c.wait1_sem = 9;
    t.wait1_cond = c.wait1_cond = static_cast<std::uint32_t>(isa::WaitCondition::kEq);
    t.wait1_value = c.wait1_value = 40000;
    c.wait0_sem = 7, c.wait0_cond = t.wait0_cond, c.wait0_value = 3;
    queue == kCopy ? rig.copy(c) : rig.push(queue, t);
    rig.semaphores.level[9] = 39999;
    rig.bench.tick(50);
    Blocked b = blocked_of(rig, queue);
    EXPECT_TRUE(b.valid);
    EXPECT_EQ(b.cond, static_cast<unsigned>(isa::WaitCondition::kGe));
    EXPECT_EQ(b.sem, 7U);
    EXPECT_EQ(b.value, 3U);
    EXPECT_EQ(b.level, 0U);
    EXPECT_EQ(b.instruction, index);
    EXPECT_TRUE(rig.ports(queue).parked);
    EXPECT_GE(profile.of(queue, isa::Cause::kSemaphore), 40U);
    rig.semaphores.level[7] = 4;
    rig.bench.tick(10);
    b = blocked_of(rig, queue);
    EXPECT_TRUE(b.valid);
    EXPECT_EQ(b.cond, static_cast<unsigned>(isa::WaitCondition::kEq));
    EXPECT_EQ(b.sem, 9U);
    EXPECT_EQ(b.value, 40000U);
    EXPECT_EQ(b.level, 39999U);
    for (unsigned other = 0; other < kQueues; ++other) {
      if (other != queue) {
        EXPECT_FALSE(blocked_of(rig, other).valid);
        EXPECT_TRUE(rig.ports(other).parked);
        EXPECT_EQ(profile.of(other, isa::Cause::kEnded), profile.cycles);
      }
    }
    rig.semaphores.level[9] = 40000;
    queue == kCopy    ? rig.expect_copy(c)
    : queue == kStore ? rig.expect_store(t)
                      : rig.expect_load(t);
    ASSERT_TRUE(rig.run());
    EXPECT_FALSE(blocked_of(rig, queue).valid);
    rig.compare("after the waits");
  }
}

// A waiting head behind a transfer in flight: not parked until that has ended.
TEST(DmaProfile, ParkedOnlyWithNothingInFlight) {
  RigOptions o;
  o.timing = AxiTiming::all(StallPattern::kNone, 100, 100);
  Rig rig(o);
  Profile profile(rig);
  Transfer t = random_transfer(rig.rng, kReadSlot, 0, kSbufBytes / 2);
  t.num1 = t.num2 = t.num3 = 1;
  rig.move(kLoad, t);
  Transfer held = random_transfer(rig.rng, kReadSlot, kSbufBytes / 2, kSbufBytes);
  wait_for(held, 3, 1);
  rig.load(held);
  rig.bench.tick(60);
  EXPECT_TRUE(blocked_of(rig, kLoad).valid);
  EXPECT_FALSE(rig.ports(kLoad).parked);
  EXPECT_EQ(profile.of(kLoad, isa::Cause::kSemaphore), 0U);
  rig.bench.tick(200);
  EXPECT_TRUE(rig.ports(kLoad).parked);
  EXPECT_GT(profile.of(kLoad, isa::Cause::kSemaphore), 80U);
  rig.semaphores.level[3] = 1;
  rig.expect_load(held);
  ASSERT_TRUE(rig.run());
  rig.compare("both transfers");
}

// Reads that TensorE shuts out: a moving operand that stays in one bank.
TEST(DmaProfile, RefusedBySbufIsTheOperand) {
  for (const Queue queue : {kStore, kCopy}) {
    Rig rig;
    Profile profile(rig);
    Transfer t = random_transfer(rig.rng, kWriteSlot, 0, kSbufBytes);
    const Copy c = random_copy(rig.rng, 0, kSbufBytes / 2, kSbufBytes);
    queue == kCopy ? rig.move(c) : rig.move(kStore, t);
    rig.bench->mov_valid_i = 1;
    rig.bench->mov_prow_i = 0;
    rig.bench->mov_off8_i = 3;
    rig.bench.tick(100);
    EXPECT_GE(profile.of(queue, isa::Cause::kOperand), queue == kCopy ? 85U : 0U);
    if (queue == kStore) {  // its addresses are on the bus: nobody else waits for it
      EXPECT_GE(profile.of(queue, isa::Cause::kOperand), 85U);
    }
    EXPECT_FALSE(rig.ports(queue).parked);
    rig.bench->mov_valid_i = 0;
    ASSERT_TRUE(rig.run());
    rig.compare("after the moving operand");
  }
}

}  // namespace
}  // namespace tinium::testbench
