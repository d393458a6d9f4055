// SPDX-License-Identifier: Apache-2.0
//
// Streams and events: order within a stream, overlap between streams, errors that stay with their
// stream, several threads, ends in any order. On a device that the test paces, and on the emulator.

#include "tinium/stream.hpp"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "bench_options.hpp"
#include "fake_device.hpp"

namespace tinium {
namespace {

using testbench::FakeControl;

/// Something to launch: SyncE halts.
ProgramImage empty_program(std::uint32_t partitions) {
  ProgramBuilder builder(partitions);
  builder.add(isa::Engine::kSync, isa::Halt{});
  return builder.build();
}

Tensor bytes(std::size_t count, std::uint32_t value) {
  Tensor tensor(DType::int8, 1, count);
  for (std::size_t i = 0; i < count; ++i) tensor.set_bits(0, i, value);
  return tensor;
}

template <typename Function>
Error error_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::internal, "nothing", "was thrown");
}

class PacedStreams : public testing::Test {
 protected:
  std::shared_ptr<FakeControl> control = std::make_shared<FakeControl>();
  Context context{testbench::make_fake_device(control)};
  ProgramImage image = empty_program(32);
};

TEST_F(PacedStreams, CopiesGoOnWhileALaunchOfAnotherStreamRuns) {
  Stream compute(context);
  Stream copy(context);
  const auto buffer = context.allocate(DType::int8, 1, 64);
  auto done = compute.launch(image, {});
  ASSERT_TRUE(control->saw("submit 1"));
  copy.write(buffer, bytes(64, 7));
  EXPECT_EQ(copy.read(buffer).get(), bytes(64, 7));
  copy.synchronise();
  EXPECT_TRUE(copy.query());
  EXPECT_FALSE(compute.query());
  control->allow();
  EXPECT_TRUE(done.get().ok());
  compute.synchronise();
  EXPECT_TRUE(compute.query());
}

TEST_F(PacedStreams, LaunchesAreQueuedOnTheDeviceAheadOfTheirTurn) {
  Stream stream(context);
  for (int i = 0; i < 6; ++i) stream.launch(image, {});
  ASSERT_TRUE(control->saw("submit 4"));
  for (int i = 0; i < 6; ++i) control->allow();
  stream.synchronise();
  EXPECT_EQ(control->deepest, 4u);
  EXPECT_TRUE(control->saw("end 6"));
}

TEST_F(PacedStreams, ACopyWaitsForTheLaunchBeforeItInItsStream) {
  Stream stream(context);
  const auto buffer = context.allocate(DType::int8, 1, 64);
  stream.launch(image, {});
  auto copied = stream.read(buffer);
  stream.launch(image, {});
  ASSERT_TRUE(control->saw("submit 1"));
  EXPECT_EQ(copied.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  control->allow();
  copied.get();
  control->allow();
  stream.synchronise();
  EXPECT_LT(control->position("end 1"), control->position("read"));
  EXPECT_LT(control->position("read"), control->position("submit 2"));
}

TEST_F(PacedStreams, EventsOrderStreams) {
  Stream first(context);
  Stream second(context);
  Event event;
  EXPECT_TRUE(event.query());  // never recorded
  first.launch(image, {});
  first.record(event);
  second.wait(event);
  const auto buffer = context.allocate(DType::int8, 1, 64);
  auto copied = second.read(buffer);
  ASSERT_TRUE(control->saw("submit 1"));
  EXPECT_FALSE(event.query());
  EXPECT_EQ(copied.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  control->allow();
  event.synchronise();
  EXPECT_TRUE(event.query());
  copied.get();
  EXPECT_LT(control->position("end 1"), control->position("read"));
}

TEST_F(PacedStreams, EventsOrderStreamsOfTwoDevices) {
  auto other_control = std::make_shared<FakeControl>();
  Context other{testbench::make_fake_device(other_control)};
  Stream here(context);
  Stream there(other);
  Event event;
  here.launch(image, {});
  here.record(event);
  there.wait(event);
  there.launch(image, {});
  ASSERT_TRUE(control->saw("submit 1"));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(other_control->log.empty() || other_control->log.back() != "submit 1");
  other_control->allow();
  control->allow();
  there.synchronise();
  EXPECT_TRUE(other_control->saw("end 1"));
}

TEST_F(PacedStreams, AFaultStaysWithItsStreamAndNamesTheOperation) {
  Stream bad(context);
  Stream good(context);
  const auto buffer = context.allocate(DType::int8, 1, 64);
  auto failed = bad.launch(image, {}, {1000, "first job", {}});
  ASSERT_TRUE(control->saw("submit 1"));
  auto survivor = good.launch(image, {}, {1000, "second job", {}});
  auto second_survivor = good.launch(image, {}, {1000, "third job", {}});
  ASSERT_TRUE(control->saw("submit 3"));
  auto never = bad.launch(image, {}, {1000, "fourth job", {}});
  auto lost_copy = bad.read(buffer);
  control->allow(LaunchStatus::fault);
  for (int i = 0; i < 2; ++i) control->allow();
  // The launches behind the fault were thrown out of the device's queue and run again, in order.
  EXPECT_TRUE(survivor.get().ok());
  EXPECT_TRUE(second_survivor.get().ok());
  good.synchronise();
  for (int i = 0; i < 2; ++i) {  // sticky
    const Error error = error_of([&] { bad.synchronise(); });
    EXPECT_EQ(error.code(), ErrorCode::closed_window);
    EXPECT_EQ(error.operation(), "first job");
  }
  EXPECT_EQ(error_of([&] { failed.get(); }).operation(), "first job");
  EXPECT_EQ(error_of([&] { never.get(); }).operation(), "first job");
  EXPECT_EQ(error_of([&] { lost_copy.get(); }).operation(), "first job");
  EXPECT_EQ(control->position("read"), control->log.size());  // it never reached the device
  bad.clear_error();
  EXPECT_FALSE(bad.error());
  control->allow();
  EXPECT_TRUE(bad.launch(image, {}).get().ok());
}

TEST_F(PacedStreams, AnErrorTravelsWithAnEvent) {
  Stream bad(context);
  Stream dependent(context);
  Event event;
  bad.launch(image, {}, {1000, "producer", {}});
  bad.record(event);
  dependent.wait(event);
  auto result = dependent.launch(image, {}, {1000, "consumer", {}});
  control->allow(LaunchStatus::fault);
  EXPECT_EQ(error_of([&] { event.synchronise(); }).operation(), "producer");
  EXPECT_EQ(error_of([&] { result.get(); }).operation(), "producer");
  EXPECT_EQ(error_of([&] { dependent.synchronise(); }).code(), ErrorCode::closed_window);
  EXPECT_EQ(control->position("submit 2"), control->log.size());
}

TEST_F(PacedStreams, ATimeoutResetsTheDeviceAndTheOthersRunAgain) {
  context.set_timeout(std::chrono::milliseconds(30));
  Stream slow(context);
  auto hung = slow.launch(image, {}, {1000, "hung job", {}});
  ASSERT_TRUE(control->saw("submit 1"));
  context.set_timeout(std::chrono::seconds(20));
  Stream other(context);
  auto fine = other.launch(image, {});
  const Error error = error_of([&] { slow.synchronise(); });
  EXPECT_EQ(error.code(), ErrorCode::timeout);
  EXPECT_EQ(error.operation(), "hung job");
  ASSERT_TRUE(control->saw("reset"));
  control->allow();
  EXPECT_TRUE(fine.get().ok());
}

TEST_F(PacedStreams, ResetEndsTheLaunchThatRuns) {
  Stream stream(context);
  auto running = stream.launch(image, {}, {1000, "job", {}});
  ASSERT_TRUE(control->saw("submit 1"));
  context.device().reset();
  EXPECT_EQ(error_of([&] { running.get(); }).code(), ErrorCode::device_lost);
  stream.clear_error();
  control->allow();
  EXPECT_TRUE(stream.launch(image, {}).get().ok());
}

TEST_F(PacedStreams, MemoryLivesUntilTheLastOperationThatNeedsIt) {
  Stream stream(context);
  stream.launch(image, {});
  {
    const auto buffer = context.allocate(DType::int8, 1, 64);
    stream.write(buffer, bytes(64, 3));
    stream.launch(image, {inout(buffer)});
  }
  ASSERT_TRUE(control->saw("submit 1"));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(control->position("free"), control->log.size());
  control->allow();
  ASSERT_TRUE(control->saw("submit 2"));
  control->allow();
  stream.synchronise();
  EXPECT_TRUE(control->saw("free", 3));  // two images and the buffer
  EXPECT_LT(control->position("end 1"), control->position("free"));
}

TEST_F(PacedStreams, DestructionWaits) {
  std::shared_future<Completion> future;
  std::thread later;
  {
    Stream stream(context);
    future = stream.launch(image, {});
    ASSERT_TRUE(control->saw("submit 1"));
    later = std::thread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      control->allow();
    });
  }
  later.join();
  EXPECT_EQ(future.wait_for(std::chrono::seconds(0)), std::future_status::ready);
}

TEST(Streams, AContextEndsAfterItsWorkAndTensorsMayOutliveIt) {
  auto control = std::make_shared<FakeControl>();
  DeviceTensor orphan;
  {
    Context context{testbench::make_fake_device(control)};
    orphan = context.upload(bytes(64, 1));
    context.device().reset();
  }
  EXPECT_TRUE(control->closed);
  EXPECT_EQ(control->threads.size(), 1u);  // one thread has touched the device, and not this one
  EXPECT_EQ(control->threads.count(std::this_thread::get_id()), 0u);
}

TEST(Streams, AnIdleOrPacedExecutorBurnsNoCpu) {
  auto control = std::make_shared<FakeControl>();
  Context context{testbench::make_fake_device(control)};
  Stream stream(context);
  Stream blocked(context);
  Event event;
  stream.launch(empty_program(32), {});
  stream.record(event);
  blocked.wait(event);
  blocked.launch(empty_program(32), {});
  ASSERT_TRUE(control->saw("submit 1"));
  const std::clock_t begin = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 0.04);
  control->allow();
  control->allow();
  blocked.synchronise();
}

TEST(Streams, OpeningAnUnknownDeviceThrowsHere) {
  EXPECT_EQ(error_of([] { Context context{"emu:none"}; }).code(), ErrorCode::unknown_device);
  EXPECT_EQ(error_of([] { Context context{std::unique_ptr<Device>()}; }).code(),
            ErrorCode::invalid_argument);
}

TEST(Streams, WrongShapesAreRefusedByTheCall) {
  Context context{"emu:tiny"};
  Stream stream(context);
  const auto buffer = context.allocate(DType::int8, 1, 64);
  EXPECT_EQ(error_of([&] { stream.write(buffer, bytes(63, 0)); }).detail(),
            "device=int8[1, 64] host=int8[1, 63]");
  EXPECT_EQ(error_of([&] { stream.launch(empty_program(128), {}); }).code(),
            ErrorCode::version_mismatch);
  MatrixView gone = buffer;
  gone.address = gone.address + 0x1000000;
  stream.write(gone, bytes(64, 0));
  const Error error = error_of([&] { stream.synchronise(); });
  EXPECT_EQ(error.operation(), "copy to the device");
  EXPECT_EQ(error.code(), ErrorCode::out_of_range);
}

/// Products given by several threads at once, some through streams of their own and some through
/// the context, equal the golden model.
TEST(Streams, SeveralThreadsShareAContext) {
  Context context{"emu:tiny"};
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  const auto seed = testbench::make_rng()();
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 rng(seed + static_cast<std::uint64_t>(t));
      const auto random = [&](std::size_t rows, std::size_t cols) {
        Tensor tensor(DType::bf16, rows, cols);
        std::normal_distribution<float> gaussian;
        for (std::size_t r = 0; r < rows; ++r) {
          for (std::size_t c = 0; c < cols; ++c) {
            tensor.set_bits(r, c, encode(DType::bf16, gaussian(rng)));
          }
        }
        return tensor;
      };
      Stream stream(context);
      for (int i = 0; i < 8; ++i) {
        const std::size_t m = rng() % 40 + 1;
        const std::size_t n = rng() % 40 + 1;
        const std::size_t k = rng() % 40 + 1;
        const Tensor stationary = random(k, m);
        const Tensor moving = random(k, n);
        const Tensor golden = golden_gemm(stationary, moving, nullptr, false, DType::bf16);
        Tensor d;
        if (t == 0) {
          d = context.gemm(stationary.transposed(), moving);
        } else {
          const auto ds = context.allocate(DType::bf16, k, m);
          const auto dm = context.allocate(DType::bf16, k, n);
          const auto dd = context.allocate(DType::bf16, m, n);
          stream.write(ds, stationary);
          stream.write(dm, moving);
          stream.gemm(dd, ds, dm);
          d = stream.read(dd).get();
        }
        if (!(d == golden)) ++wrong;
      }
      stream.synchronise();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0) << "rerun: " << testbench::rerun_line();
}

/// A fault of one stream among many leaves the results of the others as they should be.
TEST(Streams, FaultsBetweenProductsOnTheEmulator) {
  Context context{"emu:tiny"};
  ProgramBuilder builder(context.capabilities().partitions);
  isa::DmaLoad load;  // from a slot that is closed
  load.row_bytes = 64;
  builder.add(isa::Engine::kSync, load);
  builder.halt_all();
  const ProgramImage bad = builder.build();
  Tensor ones(DType::bf16, 40, 40);
  for (std::size_t i = 0; i < 1600; ++i) ones.set_bits(i / 40, i % 40, encode(DType::bf16, 1.0F));
  const auto operand = context.upload(ones);
  std::vector<Stream> streams;
  for (int i = 0; i < 4; ++i) streams.emplace_back(context);
  std::vector<DeviceTensor> results;
  std::vector<std::future<Tensor>> copies;
  for (int i = 0; i < 24; ++i) {
    Stream& stream = streams[static_cast<std::size_t>(i) % 4];
    if (i % 4 == 3) {
      stream.launch(bad, {});
      continue;
    }
    results.push_back(context.allocate(DType::bf16, 40, 40));
    stream.gemm(results.back(), operand, operand);
    copies.push_back(stream.read(results.back()));
  }
  for (auto& copy : copies) EXPECT_EQ(copy.get().value(39, 39), 40.0F);
  for (int i = 0; i < 3; ++i) streams[static_cast<std::size_t>(i)].synchronise();
  EXPECT_EQ(error_of([&] { streams[3].synchronise(); }).code(), ErrorCode::closed_window);
}

/// Threads that give random operations, with events across and faults in between: every future is
/// settled, nothing hangs, an error names a launch that the device did fail, and a stream that has
/// none has run all it was given.
TEST(Streams, RandomOperationsOfSeveralThreads) {
  const auto seed = testbench::make_rng()();
  for (std::uint64_t round = 0; round < testbench::case_count(5); ++round) {
    auto control = std::make_shared<FakeControl>();
    control->automatic = true;
    control->fault_one_in = round % 2 == 0 ? 20 : 0;
    control->state = static_cast<std::uint32_t>(seed + round);
    Context context{testbench::make_fake_device(control)};
    const ProgramImage image = empty_program(32);
    std::array<Event, 6> events;
    std::atomic<std::size_t> launched{0};
    std::atomic<std::size_t> settled{0};
    std::atomic<std::size_t> strange{0};
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        std::mt19937_64 rng(seed + round * 100 + t);
        Stream stream(context);
        const auto buffer = context.allocate(DType::int8, 1, 64);
        std::vector<std::shared_future<Completion>> completions;
        std::vector<std::future<Tensor>> copies;
        for (int i = 0; i < 150; ++i) {
          switch (rng() % 8) {
            case 0:
              stream.write(buffer, bytes(64, static_cast<std::uint32_t>(i) & 127u));
              break;
            case 1:
              copies.push_back(stream.read(buffer));
              break;
            case 2:
              stream.record(events[rng() % events.size()]);
              break;
            case 3:
              stream.wait(events[rng() % events.size()]);
              break;
            case 4:
              if (rng() % 10 == 0) stream.clear_error();
              break;
            default:
              completions.push_back(
                  stream.launch(image, {inout(buffer)}, {1000, "job of " + std::to_string(t), {}}));
          }
        }
        launched += completions.size() + copies.size();
        bool failed = false;
        try {
          stream.synchronise();
        } catch (const Error& error) {
          failed = true;
          if (error.operation().rfind("job of ", 0) != 0) ++strange;
          if (error.code() != ErrorCode::closed_window) ++strange;
        }
        if (failed != stream.error().has_value()) ++strange;
        const auto check = [&](auto& future) {
          if (future.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
          ++settled;
          try {
            future.get();
          } catch (const Error&) {
            if (control->fault_one_in == 0) ++strange;
          }
        };
        for (auto& future : completions) check(future);
        for (auto& future : copies) check(future);
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(settled, launched) << "rerun: " << testbench::rerun_line();
    EXPECT_EQ(strange, 0u) << "rerun: " << testbench::rerun_line();
  }
}

TEST(Streams, ScrubbedMemoryReadsAsZero) {
  Context context{"emu:tiny"};
  context.scrub_freed_memory(true);
  MatrixView freed;
  {
    const auto secret = context.upload(bytes(100'000, 0x5A));
    freed = secret.view();
    freed.memory = nullptr;
  }
  const auto again = context.allocate(DType::int8, freed.rows, freed.cols);
  ASSERT_EQ(again.view().address, freed.address) << "the test needs the same place again";
  EXPECT_EQ(context.download(again), bytes(freed.cols, 0));
}

}  // namespace
}  // namespace tinium
