// SPDX-License-Identifier: Apache-2.0
//
// What the fuzzer builds on: memories seen from outside, wait limits, and the end of a launch whose
// record was lost in part.

#include <gtest/gtest.h>

#include "../machine.hpp"
#include "bench_options.hpp"
#include "tinium/schedule.hpp"

namespace tinium {
namespace {

using testbench::Bytes;
using testbench::Machine;
using testbench::random_bytes;
using testbench::transfer;
using testbench::window;

class Peek : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Devices, Peek,
                         testing::Values("emu:tiny", "emu:small", "sim:tiny", "sim:small"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           name[3] = '_';
                           return name;
                         });

TEST_P(Peek, PokedBytesAreWhatProgramsReadAndWrittenBytesAreWhatPeekSees) {
  Machine machine(GetParam());
  auto rng = testbench::make_rng();
  const Capabilities& core = machine.core();
  Simulation& simulation = *machine.device().simulation();
  const std::uint32_t pitch = core.psum_banks * 2048;
  std::vector<Bytes> sbuf, psum;
  for (std::uint32_t p = 0; p < core.partitions; ++p) {
    sbuf.push_back(random_bytes(rng, core.sbuf_bytes));
    psum.push_back(random_bytes(rng, pitch));
    simulation.poke(isa::Space::kSbuf, p, 0, sbuf[p]);
    simulation.poke(isa::Space::kPsum, p, 0, psum[p]);
  }
  // All of SBUF, then PSUM over SBUF, to DRAM.
  const std::size_t sbuf_bytes = std::size_t{core.partitions} * core.sbuf_bytes;
  const std::size_t all = sbuf_bytes + std::size_t{core.partitions} * pitch;
  const DeviceAddress out = machine.place(Bytes(all));
  Schedule schedule(core.partitions);
  schedule.add(transfer<isa::DmaStore>(0, 0, static_cast<std::int32_t>(core.sbuf_bytes),
                                       core.sbuf_bytes, core.partitions, 0));
  for (std::uint32_t bank = 0; bank < core.psum_banks; ++bank) {
    isa::TensorScalar copy;
    copy.src_space = 1;
    copy.src_offset = bank * 512;
    copy.src_dtype = copy.dst_dtype = static_cast<std::uint32_t>(DType::int32);
    copy.src_step0 = copy.dst_step0 = 1;
    copy.num0 = 512;
    copy.num1 = 1;
    copy.partitions = core.partitions;
    schedule.add(copy);
    schedule.add(transfer<isa::DmaStore>(
        0, sbuf_bytes + bank * 2048, static_cast<std::int32_t>(pitch), 2048, core.partitions, 0));
  }
  ASSERT_TRUE(machine.finish(machine.submit(schedule.build(), {window(out, all)})).ok());
  const Bytes dump = machine.read(out, all);
  for (std::uint32_t p = 0; p < core.partitions; ++p) {
    EXPECT_TRUE(std::equal(sbuf[p].begin(), sbuf[p].end(), dump.begin() + p * core.sbuf_bytes))
        << "SBUF partition " << p;
    EXPECT_TRUE(std::equal(psum[p].begin(), psum[p].end(),
                           dump.begin() + static_cast<std::ptrdiff_t>(sbuf_bytes + p * pitch)))
        << "PSUM partition " << p;
  }
  // The last bank lies in SBUF now; peek sees it, in pieces of any size.
  const std::uint32_t last = core.partitions - 1;
  Bytes seen(2048);
  for (std::size_t at = 0; at < seen.size();) {
    const std::size_t part = std::min<std::size_t>(1 + rng() % 40, seen.size() - at);
    simulation.peek(isa::Space::kSbuf, last, static_cast<std::uint32_t>(at),
                    std::span(seen).subspan(at, part));
    at += part;
  }
  EXPECT_TRUE(std::equal(seen.begin(), seen.end(), psum[last].end() - 2048));
}

/// The record of `tiny` is five bursts: losing any of them must not look like a launch that ended
/// well, with counters of zero.
TEST(CompletionRecord, LostInPartIsAFaultOfTheBus) {
  for (const bool queued : {false, true}) {
    for (std::uint64_t skip = 0; skip < 5; ++skip) {
      Machine machine("sim:tiny");
      InjectedError error;
      error.base = DeviceAddress{0};
      error.bytes = ~0ull;
      error.on_read = false;
      error.on_write = true;
      error.skip = skip;
      error.count = 1;
      machine.device().simulation()->inject(error);
      ProgramBuilder builder(machine.core().partitions);
      builder.add(isa::Engine::kSync, isa::Halt{});
      const LaunchId first = machine.submit(builder.build(), {});
      // One behind it: its registers must not be taken for those of the first.
      std::optional<LaunchId> second;
      if (queued) second = machine.submit(builder.build(), {});
      const Completion end = machine.finish(first);
      EXPECT_EQ(end.status, LaunchStatus::fault) << "burst " << skip;
      EXPECT_EQ(end.fault.code, static_cast<std::uint32_t>(isa::Fault::kBusWrite));
      EXPECT_EQ(end.fault.engine, static_cast<std::uint32_t>(isa::Engine::kLauncher));
      if (second) {
        EXPECT_EQ(machine.finish(*second).status, LaunchStatus::aborted);
      }
      const Completion next = machine.finish(machine.submit(builder.build(), {}));
      EXPECT_TRUE(next.ok());
    }
  }
}

TEST(WaitLimit, StopsAWaitAfterSoManyCycles) {
  Machine machine("sim:tiny");
  Simulation& simulation = *machine.device().simulation();
  ProgramBuilder builder(machine.core().partitions);
  builder.add(isa::Engine::kSync, isa::SetReg{.rd = 1, .imm = 0});
  builder.add(isa::Engine::kSync, isa::AddReg{.rd = 1, .rs = 1, .imm = 1});
  isa::Branch branch;
  branch.rs = 1;
  branch.cond = static_cast<std::uint32_t>(isa::Compare::kLtu);
  branch.imm = 3000;
  branch.target = 1;
  builder.add(isa::Engine::kSync, branch);
  builder.halt_all();
  simulation.set_wait_limit(500);
  const LaunchId id = machine.submit(builder.build(), {});
  const std::uint64_t before = simulation.cycles();
  EXPECT_FALSE(machine.device().wait(id, kForever));
  EXPECT_EQ(simulation.cycles() - before, 500u);
  simulation.set_wait_limit(0);
  const auto end = machine.device().wait(id, kForever);
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->ok());
}

TEST(MemoryBehaviour, MakesALaunchRunAgainExactly) {
  Machine machine("sim:tiny");
  Simulation& simulation = *machine.device().simulation();
  const DeviceAddress memory = machine.place(Bytes(4096));
  const auto cycles = [&](std::uint32_t latency, std::uint32_t stall, std::uint64_t seed) {
    simulation.set_memory({latency, stall, seed, false});
    ProgramBuilder builder(machine.core().partitions);
    builder.add(isa::Engine::kSync, transfer<isa::DmaLoad>(0, 0, 64, 64, 32, 0));
    return machine.run(builder, {window(memory, 4096)}).counters.cycles;
  };
  const std::uint64_t base = cycles(100, 40, 7);
  EXPECT_NE(cycles(100, 40, 8), base);
  EXPECT_EQ(cycles(100, 40, 7), base);
  EXPECT_LT(cycles(100, 0, 1), base);
  EXPECT_LT(cycles(5, 0, 1), cycles(100, 0, 1));
}

}  // namespace
}  // namespace tinium
