// SPDX-License-Identifier: Apache-2.0
// Faults through tn_kernel `tiny`: bus errors on every read and write, each engine, semaphores,
// transfers in flight, watchdog.
#include <gtest/gtest.h>

#include "kernel_programs.hpp"

namespace tinium::testbench {
namespace {

// ----------------------------------------------------------------------------------- bus errors

TEST(BusError, EveryLineOfTheLaunchRecord) {
  KernelBench kernel;
  for (std::uint64_t line = 0; line < 5; ++line) {
    const Launch launch(halts());
    const std::uint64_t at = launch.record + line * 64;
    kernel.memory.read_error = AxiMemory::Range{at + 8, at + 16};
    const Completion c = kernel.run(launch);
    expect_registers(kernel, Fault::kBusRead, Engine::kLauncher, 0);
    EXPECT_EQ(kernel.read_register(registers::kFaultAddressLo), static_cast<std::uint32_t>(at));
    if (line == 0) {
      EXPECT_EQ(c.magic, 0xEEEEEEEEU);
    } else {
      expect_fault(c, Fault::kBusRead, Engine::kLauncher, 0, at);
    }
    kernel.memory.read_error.reset();
    expect_ok(kernel.run(launch));
  }
}

TEST(BusError, HeaderAndEveryStream) {
  KernelBench kernel;
  Streams s = token_ring(2);
  const Launch launch(s);
  struct Case {
    std::uint64_t offset;
    Engine engine;
    std::uint32_t instruction;
  };
  const std::uint64_t tensor = launch.image_words[ImageHeader::kTensorOffsetWord];
  const std::uint64_t vector = launch.image_words[ImageHeader::kVectorOffsetWord];
  for (const Case& c : {Case{0, Engine::kLauncher, 0}, Case{64, Engine::kSync, 0},
                        Case{64 + 128, Engine::kSync, 2}, Case{tensor, Engine::kTensor, 0},
                        Case{tensor + 64, Engine::kTensor, 1}, Case{vector, Engine::kVector, 0}}) {
    const std::uint64_t at = launch.image + c.offset;
    kernel.memory.read_error = AxiMemory::Range{at + 56, at + 64};
    expect_fault(kernel.run(launch), Fault::kBusRead, c.engine, c.instruction, at);
    kernel.memory.read_error.reset();
    expect_ok(kernel.run(launch));
  }
}

TEST(BusError, CompletionRecord) {
  KernelBench kernel;
  const Launch launch(halts());
  kernel.memory.write_error = AxiMemory::Range{launch.completion, launch.completion + 64};
  const Completion c = kernel.run(launch);
  EXPECT_NE(c.status, code(Status::kOk));
  expect_registers(kernel, Fault::kBusWrite, Engine::kLauncher, 0);
  kernel.memory.write_error.reset();
  expect_ok(kernel.run(launch));
}

TEST(BusError, Dma) {
  KernelBench kernel(StallPattern::kRandom);
  const std::uint64_t source = AxiMemory::kBase + 0x20000;
  Streams load;
  load.sync = {dma<isa::DmaLoad>(0, 1024, 8), nop_wait(30, 1, true), halt()};
  Launch launch(load);
  launch.slot(0, source, 8192, true, false);
  kernel.memory.read_error = AxiMemory::Range{source + 4096, source + 4104};
  Completion c = kernel.run(launch);
  expect_fault(c, Fault::kBusRead, Engine::kDmaLoad, 0);
  kernel.memory.read_error.reset();
  expect_ok(kernel.run(launch));

  Streams store;
  store.sync = {dma<isa::DmaStore>(3, 512, 16), nop_wait(30, 1, true), halt()};
  Launch second(store);
  second.slot(3, source, 8192, false, true);
  kernel.memory.write_error = AxiMemory::Range{source + 2048, source + 2056};
  c = kernel.run(second);
  expect_fault(c, Fault::kBusWrite, Engine::kDmaStore, 0);
  kernel.memory.write_error.reset();
  expect_ok(kernel.run(second));
}

// --------------------------------------------------------------------------------------- faults

TEST(FaultOf, EachStreamWhileTheOthersRun) {
  for (const StallPattern pattern : {StallPattern::kNone, StallPattern::kRandom}) {
    KernelBench kernel(pattern);
    for (int stream = 0; stream < 3; ++stream) {
      Streams s = {{forever()}, {forever()}, {forever()}};
      auto& bad = stream == 0 ? s.tensor : stream == 1 ? s.vector : s.sync;
      bad = {set_reg(1, 2), illegal(), halt()};
      const Engine engine = stream == 0   ? Engine::kTensor
                            : stream == 1 ? Engine::kVector
                                          : Engine::kSync;
      expect_fault(kernel.run(Launch(s)), Fault::kIllegalInstruction, engine, 1, 0);
      expect_ok(kernel.run(Launch(token_ring(2))));
    }
  }
}

TEST(FaultOf, EndOfStream) {
  KernelBench kernel;
  Streams s;
  s.vector = {set_reg(1, 2)};
  const Launch launch(s);
  expect_fault(kernel.run(launch), Fault::kFetchRange, Engine::kVector, 1,
               launch.image + launch.image_words[ImageHeader::kVectorOffsetWord] + 64);
  // Behind SyncE's stream lies TensorE's, and it was read in the same burst.
  s = {{halt()}, {}, {set_reg(1, 2), set_reg(1, 3)}};
  const Launch second(s);
  expect_fault(kernel.run(second), Fault::kFetchRange, Engine::kSync, 2, second.image + 64 + 128);
}

TEST(FaultOf, SemaphoreOverflowAndUnderflow) {
  KernelBench kernel;
  Streams s;
  s.tensor = {nop_update(9, 0xFFFF), nop_update(9, 1), halt()};
  expect_fault(kernel.run(Launch(s)), Fault::kSemaphore, Engine::kTensor, 1, 9);
  s = {};
  s.sync = {nop_update(9, 5), nop_update(9, 5, isa::UpdateOp::kSub),
            nop_update(9, 1, isa::UpdateOp::kSub), halt()};
  expect_fault(kernel.run(Launch(s)), Fault::kSemaphore, Engine::kSync, 2, 9);
  s = {};
  // The update of a DMA queue: charged to the transfer.
  s.sync = {nop_update(30, 0xFFFF), dma<isa::DmaLoad>(0, 64, 1), forever()};
  s.sync[2] = branch_if(isa::Compare::kEq, 0, 0, 2);
  Launch launch(s);
  launch.slot(0, AxiMemory::kBase + 0x20000, 64, true, false);
  expect_fault(kernel.run(launch), Fault::kSemaphore, Engine::kDmaLoad, 1, 30);
  expect_ok(kernel.run(Launch(token_ring(2))));
}

TEST(FaultOf, DmaInFlightIsDrained) {
  // A fault on VectorE while long transfers run in both directions.
  for (const StallPattern pattern :
       {StallPattern::kNone, StallPattern::kMostly, StallPattern::kRandom}) {
    KernelBench kernel(pattern, 50);
    const std::uint64_t source = AxiMemory::kBase + 0x20000, target = AxiMemory::kBase + 0x40000;
    Streams s;
    s.sync = {dma<isa::DmaLoad>(0, 2048, 32), dma<isa::DmaStore>(1, 2048, 32),
              nop_wait(30, 2, true), halt()};
    s.vector.assign(60, set_reg(1, 1));
    s.vector.push_back(illegal());
    Launch launch(s);
    launch.slot(0, source, 65536, true, false);
    launch.slot(1, target, 65536, false, true);
    expect_fault(kernel.run(launch), Fault::kIllegalInstruction, Engine::kVector, 60, 0);
    EXPECT_TRUE(kernel.memory.quiet());
    expect_ok(kernel.run(Launch(token_ring(2))));
  }
}

TEST(FaultOf, ClosedWindow) {
  KernelBench kernel;
  Streams s;
  s.sync = {dma<isa::DmaLoad>(2, 64, 4), nop_wait(30, 1, true), halt()};
  Launch launch(s);
  launch.slot(2, AxiMemory::kBase + 0x20000, 255, true, true);
  expect_fault(kernel.run(launch), Fault::kClosedWindow, Engine::kDmaLoad, 0);
  launch.slot(2, AxiMemory::kBase + 0x20000, 256, false, true);
  expect_fault(kernel.run(launch), Fault::kClosedWindow, Engine::kDmaLoad, 0);
  launch.slot(2, AxiMemory::kBase + 0x20000, 256, true, false);
  expect_ok(kernel.run(launch));
}

TEST(Watchdog, EndsALoop) {
  KernelBench kernel;
  Streams loop = {{forever()}, {halt()}, {halt()}};
  Launch first(loop);
  first.watchdog(3000);
  const Completion c = kernel.run(first);
  expect_fault(c, Fault::kWatchdog, Engine::kLauncher, 0, 0);
  EXPECT_GE(c.cycles, 3000U);
  EXPECT_LE(c.cycles, 3100U);

  // Long enough is no fault.
  Launch third(token_ring(10));
  third.watchdog(100000);
  expect_ok(kernel.run(third));
}

}  // namespace
}  // namespace tinium::testbench
