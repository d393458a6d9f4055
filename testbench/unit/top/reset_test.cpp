// SPDX-License-Identifier: Apache-2.0
// Register RESET through tn_kernel `tiny`: at every moment of a launch, with transfers in flight
// and launches queued; a bus that never answers.
#include <gtest/gtest.h>

#include "kernel_programs.hpp"

namespace tinium::testbench {
namespace {

constexpr std::uint64_t kSource = AxiMemory::kBase + 0x20000;
constexpr std::uint64_t kTarget = AxiMemory::kBase + 0x40000;
constexpr std::uint32_t kBusTimeout = 65536;  // tn_launcher

/// Long transfers both ways, a multiplication, a spinning VectorE; ends by itself only by reset.
Launch busy(std::uint32_t id) {
  isa::LoadStationary load;
  load.partitions = 16;
  load.columns = 4;
  load.step = 1;
  isa::MultiplyMoving multiply;
  multiply.num0 = 256;
  multiply.num1 = 1;
  multiply.step0 = 1;
  Streams s;
  s.tensor = {encode(load), encode(multiply), branch_if(isa::Compare::kEq, 0, 0, 1)};
  s.vector = {forever()};
  s.sync = {dma<isa::DmaLoad>(0, 1000, 32), dma<isa::DmaStore>(1, 1000, 32),
            branch_if(isa::Compare::kEq, 0, 0, 0)};
  Launch launch(s, id);
  launch.slot(0, kSource + 3, 32000, true, false);
  launch.slot(1, kTarget + 5, 32000, false, true);
  return launch;
}

Launch numbered(Launch launch, std::uint32_t number) {
  launch.record += number * 0x200;
  launch.completion += number * 0x400;
  launch.image += number * 0x2000;
  return launch;
}

/// A load and a store whose result is known.
void expect_copy_works(KernelBench& kernel) {
  Streams s;
  s.sync = {dma<isa::DmaLoad>(0, 100, 32, 0, 0, 4), dma<isa::DmaStore>(1, 100, 32, 4, 1, 5),
            nop_wait(5, 1, true), halt()};
  Launch launch(s, 9);
  launch.slot(0, kSource, 3200, true, false);
  launch.slot(1, kTarget, 3200, false, true);
  expect_ok(kernel.run(launch), 9);
  EXPECT_EQ(std::memcmp(kernel.memory.at(kSource), kernel.memory.at(kTarget), 3200), 0);
}

void reset(KernelBench& kernel) { kernel.write_register(registers::kReset, 1); }

class Reset : public ::testing::TestWithParam<StallPattern> {};

TEST_P(Reset, AtAnyMomentThenACorrectJob) {
  KernelBench kernel(GetParam(), 25);
  std::mt19937_64 rng = make_rng(3);
  for (std::uint32_t i = 0; i < 32100; ++i) {
    *kernel.memory.at(kSource + i) = static_cast<std::byte>(rng());
  }
  const std::uint64_t rounds = case_count(25);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round) + " seed " + std::to_string(options().seed));
    const Launch launch = busy(7);
    kernel.place(launch);
    // Bytes around the target of the store must survive.
    std::memset(kernel.memory.at(kTarget - 64), 0x55, 64 + 5);
    std::memset(kernel.memory.at(kTarget + 5 + 32000), 0x55, 64);
    kernel.start(launch);
    // Every step of the launch itself, or far into the transfers.
    kernel.bench.tick(round < rounds / 2 ? round * 7 + rng() % 8 : rng() % 6000);
    reset(kernel);
    ASSERT_TRUE(kernel.wait_done(2000));
    const Completion c = kernel.completion(launch);
    expect_fault(c, Fault::kReset, Engine::kLauncher, 0, 0);
    expect_registers(kernel, Fault::kReset, Engine::kLauncher, 0);
    EXPECT_TRUE(kernel.memory.quiet());
    for (int i = -64; i < 5; ++i) {
      ASSERT_EQ(*kernel.memory.at(kTarget + i), std::byte{0x55}) << "byte " << i;
    }
    for (int i = 0; i < 64; ++i) {
      ASSERT_EQ(*kernel.memory.at(kTarget + 5 + 32000 + i), std::byte{0x55}) << "byte " << i;
    }
    kernel.acknowledge();
    EXPECT_EQ(kernel.read_register(registers::kReset), 0U);
    EXPECT_EQ(kernel.read_register(registers::kCtrl) & 7U, 4U) << "idle";
    expect_copy_works(kernel);
    if (::testing::Test::HasFailure()) FAIL() << "rerun: " << rerun_line();
  }
}

TEST_P(Reset, QueuedLaunchesAreAborted) {
  KernelBench kernel(GetParam(), 25);
  const Launch first = numbered(busy(1), 1), second = numbered(Launch(halts(), 2), 2),
               third = numbered(Launch(halts(), 3), 3);
  for (const Launch* launch : {&first, &second, &third}) kernel.place(*launch);
  kernel.start(first);
  kernel.start(second);
  kernel.start(third);
  kernel.bench.tick(500);
  reset(kernel);
  EXPECT_EQ(kernel.read_register(registers::kReset) & 2U, 0U);
  ASSERT_TRUE(kernel.wait_done());
  expect_fault(kernel.completion(first), Fault::kReset, Engine::kLauncher, 0, 0);
  kernel.acknowledge();
  for (const Launch* launch : {&second, &third}) {
    ASSERT_TRUE(kernel.wait_done());
    EXPECT_EQ(kernel.completion(*launch).status, code(Status::kAborted));
    kernel.acknowledge();
  }
  expect_copy_works(kernel);
}

INSTANTIATE_TEST_SUITE_P(All, Reset, ::testing::ValuesIn(kAllStallPatterns),
                         [](const auto& param) { return std::string(name_of(param.param)); });

TEST(ResetOf, NothingHasNoEffect) {
  KernelBench kernel;
  reset(kernel);
  kernel.bench.tick(20);
  EXPECT_EQ(kernel.read_register(registers::kReset), 0U);
  EXPECT_EQ(kernel.read_register(registers::kCtrl) & 7U, 4U);
  expect_ok(kernel.run(Launch(token_ring(2))));
}

TEST(ResetOf, ALaunchThatIsDoneAbortsWhatIsQueued) {
  KernelBench kernel;
  const Launch first = numbered(Launch(halts(), 1), 1), second = numbered(busy(2), 2),
               third = numbered(Launch(halts(), 3), 3);
  for (const Launch* launch : {&first, &second, &third}) kernel.place(*launch);
  kernel.start(first);
  ASSERT_TRUE(kernel.wait_done());
  kernel.start(second);  // runs while done of the first is held
  kernel.bench.tick(2000);
  kernel.start(third);
  reset(kernel);
  expect_ok(kernel.completion(first), 1);
  kernel.acknowledge();
  ASSERT_TRUE(kernel.wait_done());
  expect_fault(kernel.completion(second), Fault::kReset, Engine::kLauncher, 0, 0);
  kernel.acknowledge();
  ASSERT_TRUE(kernel.wait_done());
  EXPECT_EQ(kernel.completion(third).status, code(Status::kAborted));
  kernel.acknowledge();
  expect_ok(kernel.run(Launch(token_ring(2))));
}

TEST(ResetOf, AStoppingLaunchKeepsItsFault) {
  KernelBench kernel(StallPattern::kNone, 200);
  Launch launch = busy(1);
  launch.watchdog(1500);
  kernel.place(launch);
  kernel.start(launch);
  kernel.bench.tick(1510);
  reset(kernel);
  EXPECT_EQ(kernel.read_register(registers::kReset), 1U) << "still stopping";
  ASSERT_TRUE(kernel.wait_done());
  expect_fault(kernel.completion(launch), Fault::kWatchdog, Engine::kLauncher, 0, 0);
  kernel.acknowledge();
}

// ------------------------------------------------------------------------- a bus that never
// answers

/// After the bus went silent: done within the time-out and no record, no further launch.
void expect_dead(KernelBench& kernel, const Launch& launch, std::uint64_t since) {
  ASSERT_TRUE(kernel.wait_done());
  EXPECT_GE(kernel.bench.cycle() - since, kBusTimeout);
  EXPECT_LE(kernel.bench.cycle() - since, kBusTimeout + 200);
  EXPECT_EQ(kernel.completion(launch).magic, 0xEEEEEEEEU) << "a record was written";
  expect_registers(kernel, Fault::kBusTimeout, Engine::kLauncher, 0);
  EXPECT_EQ(kernel.read_register(registers::kReset), 2U);
  kernel.acknowledge();
  EXPECT_EQ(kernel.read_register(registers::kReset), 2U);
  // Even if the bus comes back.
  kernel.memory.frozen = false;
  const Launch next = numbered(Launch(halts(), 2), 2);
  kernel.place(next);
  kernel.start(next);
  reset(kernel);
  kernel.bench.tick(5000);
  EXPECT_EQ(kernel.read_register(registers::kCtrl) & 6U, 0U) << "neither done nor idle";
  EXPECT_EQ(kernel.completion(next).magic, 0xEEEEEEEEU);
  // Only the hardware reset helps.
  kernel.bench.reset(8);
  kernel.memory.forget();
  kernel.bench.tick(4);
  EXPECT_EQ(kernel.read_register(registers::kReset), 0U);
  expect_ok(kernel.run(Launch(token_ring(2))));
}

TEST(BusTimeout, AtEveryStepOfALaunch) {
  // Silent from the start, in the middle of the transfers, at the record.
  for (const std::uint64_t at : {0ULL, 30ULL, 70ULL, 400ULL, 1000ULL}) {
    SCOPED_TRACE("silent after " + std::to_string(at));
    KernelBench kernel(StallPattern::kNone, 25);
    const Launch launch = busy(1);
    kernel.place(launch);
    kernel.start(launch);
    kernel.bench.tick(at);
    kernel.memory.frozen = true;
    kernel.bench.tick(2000);
    EXPECT_EQ(kernel.read_register(registers::kCtrl) & 2U, 0U) << "nothing ends by itself";
    const std::uint64_t since = kernel.bench.cycle();
    reset(kernel);
    EXPECT_EQ(kernel.read_register(registers::kReset), 1U) << "stopping";
    expect_dead(kernel, launch, since);
    if (::testing::Test::HasFailure()) break;
  }
}

TEST(BusTimeout, AfterAFaultAndOfTheRecord) {
  // Without any reset from the host: the watchdog stops, and the bus is silent.
  KernelBench kernel(StallPattern::kNone, 25);
  Launch launch = busy(1);
  launch.watchdog(1500);
  kernel.place(launch);
  kernel.start(launch);
  kernel.bench.tick(1000);
  kernel.memory.frozen = true;
  kernel.bench.tick(450);
  expect_dead(kernel, launch, kernel.bench.cycle());

  // The response to the record of a good launch.
  KernelBench second(StallPattern::kNone, 25);
  const Launch good{halts()};
  second.place(good);
  second.memory.no_response = true;
  second.start(good);
  second.bench.tick(150);
  ASSERT_TRUE(second.wait_done());
  expect_registers(second, Fault::kBusTimeout, Engine::kLauncher, 0);
  EXPECT_EQ(second.read_register(registers::kReset), 2U);
}

}  // namespace
}  // namespace tinium::testbench
