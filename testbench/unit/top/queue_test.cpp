// SPDX-License-Identifier: Apache-2.0
// Queued launches through tn_kernel `tiny`, what follows a fault, the interrupt.
#include <gtest/gtest.h>

#include "kernel_programs.hpp"

namespace tinium::testbench {
namespace {

// ---------------------------------------------------------------------------------------- queue

Launch numbered(const Streams& streams, std::uint32_t number) {
  Launch launch(streams, number);
  launch.record += number * 0x200;
  launch.completion += number * 0x400;
  launch.image += number * 0x2000;
  return launch;
}

TEST(Queue, SecondLaunchRunsBehindTheFirst) {
  KernelBench kernel;
  const Launch first = numbered(token_ring(30), 1), second = numbered(token_ring(5), 2);
  kernel.place(first);
  kernel.place(second);
  kernel.start(first);
  EXPECT_EQ(kernel.read_register(registers::kCtrl) & 9U, 8U) << "arguments taken at once";
  kernel.start(second);
  EXPECT_EQ(kernel.read_register(registers::kCtrl) & 9U, 8U) << "one launch is queued";
  ASSERT_TRUE(kernel.wait_done());
  expect_ok(kernel.completion(first), 1);
  // Done holds; the second may run but not end.
  kernel.bench.tick(3000);
  EXPECT_EQ(kernel.read_register(registers::kCtrl) & 6U, 2U);
  EXPECT_EQ(kernel.read_register(registers::kCyclesLo), kernel.completion(first).cycles);
  kernel.acknowledge();
  ASSERT_TRUE(kernel.wait_done());
  expect_ok(kernel.completion(second), 2);
  EXPECT_EQ(kernel.read_register(registers::kCyclesLo), kernel.completion(second).cycles);
  kernel.acknowledge();
  EXPECT_EQ(kernel.read_register(registers::kCtrl) & 6U, 4U);
}

TEST(Queue, BehindAFaultEverythingQueuedIsAborted) {
  KernelBench kernel;
  Streams bad = {{forever()}, {}, {}};
  Launch first = numbered(bad, 1);
  first.watchdog(2000);
  const Launch second = numbered(token_ring(5), 2), third = numbered(token_ring(5), 3),
               fourth = numbered(token_ring(5), 4);
  for (const Launch* launch :
       std::initializer_list<const Launch*>{&first, &second, &third, &fourth})
    kernel.place(*launch);
  kernel.start(first);
  kernel.start(second);
  kernel.start(third);
  EXPECT_EQ(kernel.read_register(registers::kCtrl) & 1U, 1U) << "the third waits in the registers";
  ASSERT_TRUE(kernel.wait_done());
  expect_fault(kernel.completion(first), Fault::kWatchdog, Engine::kLauncher, 0, 0);
  kernel.acknowledge();
  for (const Launch* launch : {&second, &third}) {
    ASSERT_TRUE(kernel.wait_done());
    const Completion c = kernel.completion(*launch);
    EXPECT_EQ(c.status, code(Status::kAborted));
    EXPECT_EQ(c.id, launch->words[LaunchRecord::kLaunchIdWord]);
    EXPECT_EQ(c.code, 0U);
    EXPECT_EQ(c.instructions, 0U);
    kernel.acknowledge();
  }
  // The queue was empty: a new launch runs.
  kernel.start(fourth);
  ASSERT_TRUE(kernel.wait_done());
  expect_ok(kernel.completion(fourth), 4);
}

TEST(Queue, AnAbortedLaunchMayHaveABrokenRecord) {
  KernelBench kernel;
  Launch first = numbered({{forever()}, {}, {}}, 1);
  first.watchdog(2000);
  Launch second = numbered(halts(), 2);
  second.words[LaunchRecord::kMagicWord] = 0;
  const Launch third = numbered(halts(), 3);
  for (const Launch* launch : std::initializer_list<const Launch*>{&first, &second, &third})
    kernel.place(*launch);
  kernel.start(first);
  kernel.start(second);
  ASSERT_TRUE(kernel.wait_done());
  kernel.acknowledge();
  ASSERT_TRUE(kernel.wait_done());
  kernel.acknowledge();
  EXPECT_EQ(kernel.completion(second).magic, 0xEEEEEEEEU);
  kernel.start(third);
  ASSERT_TRUE(kernel.wait_done());
  expect_ok(kernel.completion(third), 3);
}

/// What a launch of the random sequence does.
enum class Kind : std::uint8_t { kTokens, kCopy, kIllegal, kClosedWindow, kBadImage, kDeadlock };

class QueueRandom : public ::testing::TestWithParam<StallPattern> {};

TEST_P(QueueRandom, OneToThreeLaunchesAtATime) {
  KernelBench kernel(GetParam(), 15);
  std::mt19937_64 rng = make_rng();
  const std::uint64_t rounds = case_count(12);
  std::uint64_t aborted = 0, failed = 0, succeeded = 0;
  constexpr std::uint32_t kBytes = 32 * 100;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const std::uint32_t count = 1 + rng() % 3;
    std::vector<Launch> launches;
    std::vector<Kind> kinds;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> copies;
    for (std::uint32_t n = 0; n < count; ++n) {
      const Kind kind =
          rng() % 2 == 0 ? static_cast<Kind>(rng() % 2) : static_cast<Kind>(2 + rng() % 4);
      Streams s = token_ring(1 + rng() % 3);
      const std::uint64_t source = AxiMemory::kBase + 0x40000 + rng() % 64;
      const std::uint64_t target = AxiMemory::kBase + 0x50000 + n * 0x2000 + rng() % 64;
      if (kind == Kind::kCopy || kind == Kind::kClosedWindow) {
        s = {{halt()},
             {halt()},
             {dma<isa::DmaLoad>(0, 100, 32, 0, 0, 4), dma<isa::DmaStore>(1, 100, 32, 4, 1, 5),
              nop_wait(5, 1, true), halt()}};
      } else if (kind == Kind::kIllegal) {
        auto& stream = rng() % 3 == 0 ? s.tensor : rng() % 2 == 0 ? s.vector : s.sync;
        stream[rng() % stream.size()] = illegal();
      } else if (kind == Kind::kDeadlock) {
        s.vector = {nop_wait(20, 1, false), halt()};
      }
      // Time for the host to start all of them: SyncE counts first.
      if (n == 0) {
        std::vector<InstructionWords> head = {set_reg(9, 0), add_reg(9, 9, 1),
                                              branch_if(isa::Compare::kLtu, 9, 400, 1)};
        for (auto& words : s.sync) {
          if ((words[0] & 0xFFU) == 5) words[7] += 3;  // branches move along
        }
        s.sync.insert(s.sync.begin(), head.begin(), head.end());
        if (kind == Kind::kIllegal) {  // not before the others are queued
          s = {{halt()}, {halt()}, head};
          s.sync.push_back(illegal());
        }
      }
      Launch launch = numbered(s, n);
      launch.words[LaunchRecord::kLaunchIdWord] = static_cast<std::uint32_t>(100 * round + n);
      launch.slot(0, source, kBytes, true, false);
      launch.slot(1, target, kind == Kind::kClosedWindow ? kBytes - 1 : kBytes, false, true);
      launch.watchdog(kind == Kind::kDeadlock ? 6000 : 100000);
      // The first launch's image is broken only where nobody waits behind it: it would end at once.
      Kind final_kind = kind;
      if (kind == Kind::kBadImage) {
        if (n == 0 && count > 1) {
          final_kind = Kind::kTokens;
        } else {
          launch.image_words[ImageHeader::kPartitionsWord] = 64;
        }
      }
      kernel.place(launch);
      launches.push_back(launch);
      kinds.push_back(final_kind);
      copies.push_back({source, target});
    }
    for (std::uint32_t i = 0; i < kBytes + 64; ++i) {
      *kernel.memory.at(AxiMemory::kBase + 0x40000 + i) = static_cast<std::byte>(rng());
    }
    for (const Launch& launch : launches) kernel.start(launch);
    bool poisoned = false;
    for (std::uint32_t n = 0; n < count; ++n) {
      SCOPED_TRACE("launch " + std::to_string(n) + " kind " +
                   std::to_string(static_cast<int>(kinds[n])));
      ASSERT_TRUE(kernel.wait_done());
      const Completion c = kernel.completion(launches[n]);
      EXPECT_EQ(c.magic, CompletionRecord::kMagic);
      EXPECT_EQ(c.id, 100 * round + n);
      if (poisoned) {
        EXPECT_EQ(c.status, code(Status::kAborted));
        EXPECT_EQ(c.instructions, 0U);
        ++aborted;
      } else if (kinds[n] == Kind::kTokens || kinds[n] == Kind::kCopy) {
        expect_ok(c, static_cast<std::uint32_t>(100 * round + n));
        ++succeeded;
        if (kinds[n] == Kind::kCopy) {
          EXPECT_EQ(std::memcmp(kernel.memory.at(copies[n].first),
                                kernel.memory.at(copies[n].second), kBytes),
                    0);
        }
      } else {
        EXPECT_EQ(c.status, code(Status::kFault));
        const Fault expected = kinds[n] == Kind::kIllegal        ? Fault::kIllegalInstruction
                               : kinds[n] == Kind::kClosedWindow ? Fault::kClosedWindow
                               : kinds[n] == Kind::kBadImage     ? Fault::kBadImage
                                                                 : Fault::kDeadlock;
        EXPECT_EQ(c.code, code(expected));
        poisoned = true;
        ++failed;
      }
      EXPECT_EQ(kernel.read_register(registers::kFault), c.code | c.engine << 8);
      kernel.bench.tick(rng() % 200);
      kernel.acknowledge();
    }
    EXPECT_EQ(kernel.read_register(registers::kCtrl) & 7U, 4U);
    ASSERT_FALSE(::testing::Test::HasFailure())
        << "seed " << options().seed << "\n  rerun: " << rerun_line();
  }
  EXPECT_GT(aborted, 0U);
  EXPECT_GT(failed, 0U);
  EXPECT_GT(succeeded, 0U);
}

INSTANTIATE_TEST_SUITE_P(All, QueueRandom, ::testing::ValuesIn(kAllStallPatterns),
                         [](const auto& param) { return std::string(name_of(param.param)); });

TEST(Interrupt, FollowsDoneAndReady) {
  KernelBench kernel;
  const Launch launch(halts());
  kernel.place(launch);
  kernel.write_register(registers::kIer, 1);
  kernel.start(launch);
  ASSERT_TRUE(kernel.wait_done());
  EXPECT_EQ(kernel.bench->__SYM__interrupt, 0) << "disabled globally";
  kernel.write_register(registers::kGie, 1);
  EXPECT_EQ(kernel.bench->__SYM__interrupt, 1);
  EXPECT_EQ(kernel.read_register(registers::kCtrl) >> 9 & 1U, 1U);
  EXPECT_EQ(kernel.read_register(registers::kIsr), 1U);
  kernel.write_register(registers::kIsr, 1);
  EXPECT_EQ(kernel.bench->__SYM__interrupt, 0);
  kernel.acknowledge();
  kernel.write_register(registers::kIer, 3);
  kernel.start(launch);
  ASSERT_TRUE(kernel.wait_done());
  EXPECT_EQ(kernel.read_register(registers::kIsr), 3U);
  EXPECT_EQ(kernel.bench->__SYM__interrupt, 1);
}

}  // namespace
}  // namespace tinium::testbench
