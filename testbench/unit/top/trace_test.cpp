// SPDX-License-Identifier: Apache-2.0
// The trace ring through tn_kernel `tiny`: every event in order, nothing else written, the ring's
// end, loss, bus errors; no effect on a launch without one.
#include <gtest/gtest.h>

#include <map>

#include "kernel_programs.hpp"

namespace tinium::testbench {
namespace {

constexpr std::uint64_t kSource = AxiMemory::kBase + 0x20000;
constexpr std::uint64_t kTarget = AxiMemory::kBase + 0x40000;
constexpr std::uint64_t kRing = AxiMemory::kBase + 0x80000;

struct Event {
  std::uint64_t time;
  std::uint32_t unit, code, instruction, opcode;
};

void set_ring(Launch& launch, std::uint64_t address, std::uint32_t bytes) {
  launch.words[LaunchRecord::kTraceAddressWord] = static_cast<std::uint32_t>(address);
  launch.words[LaunchRecord::kTraceAddressWord + 1] = static_cast<std::uint32_t>(address >> 32);
  launch.words[LaunchRecord::kTraceBytesWord] = bytes;
}

/// The last `events` of a ring of `bytes`, oldest first; checks the completed line behind them.
std::vector<Event> read_ring(KernelBench& kernel, std::uint32_t bytes, std::uint64_t events) {
  const std::uint64_t lines = (events + 3) / 4, slots = bytes / 16;
  const std::uint64_t kept = std::min(events, slots - (lines * 4 - events));
  std::vector<Event> result;
  const auto words_of = [&](std::uint64_t n) {
    return kernel.memory.read<std::array<std::uint32_t, 4>>(kRing + n % slots * 16);
  };
  for (std::uint64_t n = events - kept; n < events; ++n) {
    const auto w = words_of(n);
    result.push_back({w[0] | std::uint64_t{w[1] & 0xFFFFU} << 32, w[1] >> 16 & 15U,
                      w[1] >> 20 & 15U, w[2], w[3]});
    EXPECT_EQ(w[1] >> 24, 0U);
  }
  for (std::uint64_t n = events; n < lines * 4; ++n) {
    for (const std::uint32_t word : words_of(n)) EXPECT_EQ(word, 0xFFFFFFFFU) << "event " << n;
  }
  return result;
}

/// Each unit's events: begins and ends in the order of its instructions, none before its begin.
void expect_consistent(const std::vector<Event>& events, const Completion& c) {
  std::map<std::uint32_t, std::vector<Event>> begins, ends;
  for (const Event& e : events) {
    ASSERT_LT(e.unit, 6U);
    ASSERT_LT(e.code, 2U);
    EXPECT_GT(e.time, 0U);
    EXPECT_LE(e.time, c.cycles);
    (e.code == 0 ? begins : ends)[e.unit].push_back(e);
  }
  for (const auto& [unit, list] : begins) {
    const auto& closed = ends[unit];
    EXPECT_EQ(list.size(), closed.size()) << "unit " << unit;
    for (std::size_t i = 0; i < std::min(list.size(), closed.size()); ++i) {
      EXPECT_EQ(list[i].instruction, closed[i].instruction) << "unit " << unit;
      EXPECT_EQ(list[i].opcode, closed[i].opcode) << "unit " << unit;
      EXPECT_LE(list[i].time, closed[i].time) << "unit " << unit;
    }
  }
}

Launch copies(std::uint32_t count) {
  Streams s;
  for (std::uint32_t i = 0; i < count; ++i) {
    s.sync.push_back(dma<isa::DmaLoad>(0, 40, 8, 0, 0, 4));
    s.sync.push_back(dma<isa::DmaStore>(1, 40, 8, 4, i + 1, 5));
  }
  s.sync.push_back(nop_wait(5, count, false));
  s.sync.push_back(halt());
  Launch launch(s);
  launch.slot(0, kSource, 1000, true, false);
  launch.slot(1, kTarget, 1000, false, true);
  return launch;
}

class Trace : public ::testing::TestWithParam<StallPattern> {};

TEST_P(Trace, EveryTransferBeginsAndEnds) {
  KernelBench kernel(GetParam(), 20);
  for (const std::uint32_t count : {1U, 2U, 5U, 12U}) {
    SCOPED_TRACE(std::to_string(count) + " copies");
    Launch launch = copies(count);
    set_ring(launch, kRing, 4096);
    std::memset(kernel.memory.at(kRing - 64), 0x77, 4096 + 128);
    const Completion c = kernel.run(launch);
    expect_ok(c);
    EXPECT_EQ(c.trace_events + c.trace_lost, 2U * (4 * count + 2));
    if (count > 5 && c.trace_lost != 0) continue;  // the bus of 8 bytes is full of transfers
    EXPECT_EQ(c.trace_lost, 0U);
    const auto events = read_ring(kernel, 4096, c.trace_events);
    expect_consistent(events, c);
    std::map<std::uint32_t, std::vector<std::uint32_t>> begun;
    for (const Event& e : events) {
      if (e.code == 0) begun[e.unit].push_back(e.instruction);
      if (e.unit == 3 || e.unit == 4) {
        EXPECT_EQ(e.opcode, e.unit == 3 ? 0x30U : 0x31U);
      }
    }
    // SyncE: every instruction; the queues: their transfers.
    EXPECT_EQ(begun[2].size(), 2 * count + 2);
    ASSERT_EQ(begun[3].size(), count);
    ASSERT_EQ(begun[4].size(), count);
    for (std::uint32_t i = 0; i < count; ++i) {
      EXPECT_EQ(begun[3][i], 2 * i);
      EXPECT_EQ(begun[4][i], 2 * i + 1);
    }
    // Only the lines that hold events were written.
    const std::uint64_t lines = (c.trace_events + 3) / 4;
    for (std::uint64_t i = 0; i < 64; ++i) {
      EXPECT_EQ(*kernel.memory.at(kRing - 64 + i), std::byte{0x77});
    }
    for (std::uint64_t i = lines * 64; i < 4096 + 64; ++i) {
      ASSERT_EQ(*kernel.memory.at(kRing + i), std::byte{0x77}) << "byte " << i;
    }
  }
}

TEST_P(Trace, TheRingKeepsTheLastEvents) {
  KernelBench kernel(GetParam(), 20);
  for (const std::uint32_t bytes : {64U, 192U}) {
    Launch launch = copies(10);
    set_ring(launch, kRing, bytes);
    std::memset(kernel.memory.at(kRing), 0x77, 512);
    const Completion c = kernel.run(launch);
    expect_ok(c);
    EXPECT_GT(c.trace_events, 60U);
    for (const Event& e : read_ring(kernel, bytes, c.trace_events)) {
      EXPECT_GT(e.time, c.cycles / 8) << "one of the first events";
      EXPECT_LE(e.time, c.cycles);
    }
    for (std::uint64_t i = bytes; i < 512; ++i) {
      ASSERT_EQ(*kernel.memory.at(kRing + i), std::byte{0x77}) << "behind the ring";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Trace, ::testing::ValuesIn(kAllStallPatterns),
                         [](const auto& param) { return std::string(name_of(param.param)); });

TEST(TraceOff, ChangesNothingAndTraceCostsLittle) {
  KernelBench kernel(StallPattern::kNone, 100);
  Launch launch = copies(6);
  const Completion off = kernel.run(launch);
  expect_ok(off);
  EXPECT_EQ(off.trace_events, 0U);
  EXPECT_EQ(off.trace_lost, 0U);
  set_ring(launch, kRing, 0);  // an address alone is no ring
  EXPECT_EQ(kernel.run(launch).cycles, off.cycles);
  set_ring(launch, kRing, 4096);
  const Completion on = kernel.run(launch);
  expect_ok(on);
  EXPECT_GT(on.trace_events, 0U);
  // The last line and its response.
  EXPECT_LE(on.cycles, off.cycles + 100 + 60);
}

TEST(TraceEnd, TheLastLineIsCompletedWithOnes) {
  // Nops of SyncE, two events each.
  KernelBench kernel(StallPattern::kNone, 20);
  for (std::uint32_t nops = 0; nops < 4; ++nops) {
    SCOPED_TRACE(std::to_string(nops) + " Nops");
    Streams s = halts();
    s.sync.insert(s.sync.begin(), nops, encode(isa::Nop{}));
    Launch launch(s);
    set_ring(launch, kRing, 4096);
    std::memset(kernel.memory.at(kRing), 0x77, 4096);
    const Completion c = kernel.run(launch);
    expect_ok(c);
    EXPECT_EQ(c.trace_events, 2U * (nops + 1));
    expect_consistent(read_ring(kernel, 4096, c.trace_events), c);
    for (std::uint64_t i = (c.trace_events + 3) / 4 * 64; i < 4096; ++i) {
      ASSERT_EQ(*kernel.memory.at(kRing + i), std::byte{0x77}) << "byte " << i;
    }
  }
}

TEST(TraceLoss, IsCounted) {
  // Nops of a resident loop begin and end in every cycle: more than buffers and bus take.
  KernelBench kernel(StallPattern::kNone, 20);
  Streams s;
  s.sync.assign(6, encode(isa::Nop{}));
  s.sync.push_back(add_reg(9, 9, 1));
  s.sync.push_back(branch_if(isa::Compare::kLtu, 9, 50, 0));
  s.sync.push_back(halt());
  Launch launch(s);
  set_ring(launch, kRing, 8192);
  const Completion c = kernel.run(launch);
  expect_ok(c);
  EXPECT_GT(c.trace_lost, 0U);
  EXPECT_EQ(c.trace_events + c.trace_lost, 2U * (6 * 50 + 1));
  read_ring(kernel, 8192, c.trace_events);
}

TEST(TraceFaults, RecordAndBus) {
  KernelBench kernel(StallPattern::kNone, 20);
  Launch launch = copies(2);
  set_ring(launch, kRing, 100);
  expect_fault(kernel.run(launch), Fault::kBadLaunch, Engine::kLauncher, 0);
  set_ring(launch, kRing + 8, 128);
  expect_fault(kernel.run(launch), Fault::kBadLaunch, Engine::kLauncher, 0);
  // Outside device memory, or broken: while it runs, or at the last line.
  set_ring(launch, 0x1000, 4096);
  expect_fault(kernel.run(launch), Fault::kBusWrite, Engine::kLauncher, 0, 0x1000);
  Launch halting(halts());
  set_ring(halting, kRing, 4096);
  kernel.memory.write_error = AxiMemory::Range{kRing + 48, kRing + 64};
  expect_fault(kernel.run(halting), Fault::kBusWrite, Engine::kLauncher, 0, kRing);
  kernel.memory.write_error.reset();
  expect_ok(kernel.run(halting));
}

}  // namespace
}  // namespace tinium::testbench
