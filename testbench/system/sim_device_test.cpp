// SPDX-License-Identifier: Apache-2.0
//
// What is particular to sim: devices: options, waveforms, cycle limits, unreset state, counters.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "../driver/error_of.hpp"
#include "../host/gemm/random_tensor.hpp"
#include "bench_options.hpp"
#include "machine.hpp"
#include "tinium/context.hpp"
#include "tinium/generated/registers.hpp"

namespace tinium {
namespace {

using testbench::error_of;
using testbench::Machine;
using testbench::random_tensor;
using testbench::Values;

TEST(SimOptions, BadOnesAreNamed) {
  for (const auto& [url, part] :
       {std::pair{"sim:full", "configuration=\"full\""},
        std::pair{"sim:tiny?stall=100", "stall=\"100\""},
        std::pair{"sim:tiny?seed=x", "seed=\"x\""}, std::pair{"sim:tiny?latency=", "latency=\"\""},
        std::pair{"sim:tiny?speed=1", "option=\"speed\""}}) {
    const Error error = error_of([&url = url] { open(url); });
    EXPECT_EQ(error.code(), ErrorCode::unknown_device) << url;
    EXPECT_EQ(error.detail(), part) << error.what();
  }
  EXPECT_EQ(error_of([] { open("sim:small?trace=x.fst"); }).code(), ErrorCode::unsupported);
  EXPECT_EQ(error_of([] { open("sim:tiny?trace=/no/such/folder/x.fst"); }).code(), ErrorCode::io);
}

TEST(SimOptions, TraceWritesAWaveform) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("tinium_sim_device_test_" + std::to_string(::getpid()) + ".fst");
  {
    Machine machine("sim:tiny?trace=" + path.string());
    ProgramBuilder builder(machine.core().partitions);
    builder.add(isa::Engine::kSync, isa::Halt{});
    EXPECT_TRUE(machine.run(builder).ok());
  }
  EXPECT_GT(std::filesystem::file_size(path), 1000u);
  std::filesystem::remove(path);
}

TEST(SimWait, EndsAtTheCycleLimitAndGoesOnWhenAskedAgain) {
  Machine machine("sim:tiny?timeout=100");
  ProgramBuilder builder(machine.core().partitions);
  for (int i = 0; i < 300; ++i) builder.add(isa::Engine::kTensor, isa::Nop{});
  builder.halt_all();
  const LaunchId id = machine.submit(builder.build(), {});
  int waits = 0;
  std::optional<Completion> completion;
  while (!completion && ++waits < 100) completion = machine.device().wait(id, kForever);
  EXPECT_GE(waits, 3);
  ASSERT_TRUE(completion);
  EXPECT_TRUE(completion->ok());
}

TEST(SimWait, AContextReportsProgressAndGivesUpAtTheCycleLimit) {
  auto rng = testbench::make_rng();
  const Tensor a = random_tensor(rng, DType::bf16, 300, 300, Values::normal);
  Context context{"sim:tiny"};
  int reports = 0;
  context.set_progress([&](std::uint64_t) { ++reports; });
  EXPECT_EQ(context.gemm(a, a), golden_gemm(a.transposed(), a, nullptr, false, DType::bf16));
  EXPECT_GE(reports, 1);
  // The executor waits in slices of time: a limit of a few cycles comes first.
  Context limited{"sim:tiny?timeout=100"};
  EXPECT_EQ(error_of([&] { limited.gemm(a, a); }).code(), ErrorCode::timeout);
}

TEST(SimState, ResultsDoNotDependOnWhatWasNeverReset) {
  auto rng = testbench::make_rng();
  const Tensor a = random_tensor(rng, DType::bf16, 40, 50, Values::wide);
  const Tensor b = random_tensor(rng, DType::bf16, 50, 60, Values::wide);
  const Tensor golden = golden_gemm(a.transposed(), b, nullptr, false, DType::fp32);
  std::uint64_t cycles = 0;
  for (int seed = 1; seed <= 6; ++seed) {
    Context context{"sim:tiny?seed=" + std::to_string(seed)};
    GemmReport report;
    ASSERT_EQ(context.gemm(a, b, {DType::fp32, false, false}, nullptr, BiasAxis::rows, &report),
              golden)
        << "seed " << seed;
    // Nor does the time, without stalls.
    if (cycles == 0) cycles = report.completion.counters.cycles;
    EXPECT_EQ(report.completion.counters.cycles, cycles) << "seed " << seed;
  }
}

TEST(SimCounters, TellTheSameStoryAsTheProgram) {
  Context context{"sim:small"};
  auto rng = testbench::make_rng();
  const Tensor a = random_tensor(rng, DType::bf16, 64, 64, Values::normal);
  GemmReport report;
  context.gemm(a, a, {DType::bf16, false, false}, nullptr, BiasAxis::rows, &report);
  const LaunchCounters& c = report.completion.counters;
  EXPECT_EQ(c.tensor_vectors, 64u * 4 * 4);
  EXPECT_EQ(c.dma_read_beats, 2u * 64 * 2);  // two operands, 64 rows of two beats
  EXPECT_GE(c.dma_write_beats, 64u * 2);
  EXPECT_GT(c.first_issue, 0u);
  EXPECT_GE(c.first_mac, c.first_issue);
  EXPECT_GT(c.last_sbuf_write, c.first_mac);
  EXPECT_GT(c.cycles, c.last_sbuf_write);
  EXPECT_GE(c.vector_busy, 64u * 64 / 16);
}

TEST(SimReset, InTheMiddleOfTransfers) {
  auto rng = testbench::make_rng();
  for (const int limit : {50, 150, 400, 1000, 3000}) {
    Machine machine("sim:tiny?stall=30&timeout=" + std::to_string(limit));
    const auto data = testbench::random_bytes(rng, 65536);
    const auto in = machine.place(data);
    const auto out = machine.place(testbench::Bytes(65536));
    ProgramBuilder builder(machine.core().partitions);
    auto load = testbench::transfer<isa::DmaLoad>(0, 0, 2048, 2048, 32, 0);
    add_update(load, {0});
    builder.add(isa::Engine::kSync, load);
    auto store = testbench::transfer<isa::DmaStore>(1, 0, 2048, 2048, 32, 0);
    add_wait(store, {0, 1, true});
    builder.add(isa::Engine::kSync, store);
    builder.halt_all();
    const std::vector<TensorSlot> slots{testbench::window(in, 65536),
                                        testbench::window(out, 65536)};
    const LaunchId id = machine.submit(builder.build(), slots);
    ASSERT_FALSE(machine.device().wait(id, kForever)) << limit;
    machine.device().reset();
    const auto ended = machine.device().wait(id, kForever);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->status, LaunchStatus::aborted);
    // By the register, not by the reset of the hardware.
    EXPECT_EQ(machine.device().read_register(registers::kFault) & 0xFFu,
              static_cast<std::uint32_t>(isa::Fault::kReset));
    // The same again, to its end.
    const LaunchId again = machine.submit(builder.build(), slots);
    std::optional<Completion> completion;
    while (!completion) completion = machine.device().wait(again, kForever);
    EXPECT_TRUE(completion->ok()) << describe(completion->fault);
    EXPECT_EQ(machine.read(out, 65536), data) << limit;
  }
}

// ---- Two launches in the kernel -----------------------------------------------------------------

ProgramImage short_program(const Machine& machine) {
  ProgramBuilder builder(machine.core().partitions);
  builder.add(isa::Engine::kSync, isa::Halt{});
  return builder.build();
}

TEST(SimQueue, TheSecondDoorbellRingsWhileTheFirstRuns) {
  Machine machine("sim:tiny");
  const ProgramImage image = short_program(machine);
  constexpr std::uint32_t kApStart = 1u << 0;
  constexpr std::uint32_t kApIdle = 1u << 2;
  const LaunchId first = machine.submit(image, {});
  const LaunchId second = machine.submit(image, {});
  const LaunchId third = machine.submit(image, {});
  // Both were taken; the third stays on the host.
  EXPECT_EQ(machine.device().read_register(registers::kCtrl) & (kApStart | kApIdle), 0u);
  EXPECT_TRUE(machine.finish(third).ok());
  EXPECT_TRUE(machine.finish(first).ok());
  EXPECT_TRUE(machine.finish(second).ok());
  EXPECT_EQ(machine.device().read_register(registers::kCtrl) & kApIdle, kApIdle);

  // Ten in a row take less time than ten one after the other.
  const auto cycles = [&] { return machine.device().simulation()->cycles(); };
  std::uint64_t begin = cycles();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(machine.finish(machine.submit(image, {})).ok());
  const std::uint64_t apart = cycles() - begin;
  begin = cycles();
  std::vector<LaunchId> queued;
  for (int i = 0; i < 10; ++i) queued.push_back(machine.submit(image, {}));
  for (const LaunchId id : queued) EXPECT_TRUE(machine.finish(id).ok());
  EXPECT_LT(cycles() - begin, apart);
}

TEST(SimQueue, FaultsAndResetsWithLaunchesInTheKernelAndOnTheHost) {
  Machine machine("sim:tiny?timeout=200");
  const ProgramImage good = short_program(machine);
  ProgramBuilder builder(machine.core().partitions);
  builder.add_words(isa::Engine::kSync, InstructionWords{0x7F});
  const ProgramImage bad = builder.build();
  ProgramBuilder spins(machine.core().partitions);
  isa::Branch forever;
  forever.target = 0;
  spins.add(isa::Engine::kTensor, forever);
  const ProgramImage endless = spins.build();
  const auto wait = [&](LaunchId id) {
    std::optional<Completion> completion;
    for (int i = 0; i < 1000 && !completion; ++i) {
      completion = machine.device().wait(id, kForever);
    }
    EXPECT_TRUE(completion);
    return completion.value_or(Completion{}).status;
  };
  for (int round = 0; round < 3; ++round) {
    std::vector<LaunchId> ids;
    for (const ProgramImage* image : {&good, &bad, &good, &good}) {
      ids.push_back(machine.submit(*image, {}));
    }
    EXPECT_EQ(wait(ids[0]), LaunchStatus::ok);
    EXPECT_EQ(wait(ids[1]), LaunchStatus::fault);
    // Submitted after the fault, while the kernel still holds the launch that it aborts.
    const LaunchId late = machine.submit(good, {});
    EXPECT_EQ(wait(late), LaunchStatus::ok);
    EXPECT_EQ(wait(ids[2]), LaunchStatus::aborted);
    EXPECT_EQ(wait(ids[3]), LaunchStatus::aborted);

    ids.clear();
    for (const ProgramImage* image : {&endless, &good, &good}) {
      ids.push_back(machine.submit(*image, {}));
    }
    EXPECT_FALSE(machine.device().wait(ids[0], kForever));
    machine.device().reset();
    for (const LaunchId id : ids) EXPECT_EQ(wait(id), LaunchStatus::aborted);
    EXPECT_EQ(wait(machine.submit(good, {})), LaunchStatus::ok);
  }
}

}  // namespace
}  // namespace tinium
