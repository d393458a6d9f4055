// SPDX-License-Identifier: Apache-2.0
//
// The schedule builder: random programs give the same memory as their instructions one after the
// other, on the emulator and in simulation; what it refuses; how it spends waits and updates.

#include "tinium/schedule.hpp"

#include <gtest/gtest.h>

#include <set>

#include "bench_options.hpp"
#include "interleaver.hpp"
#include "random_schedule.hpp"
#include "schedule/access.hpp"
#include "tinium/context.hpp"

namespace tinium {
namespace {

using testbench::random_schedule;

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

Tensor random_bytes(std::mt19937_64& rng, std::size_t rows, std::size_t cols) {
  Tensor tensor(DType::int8, rows, cols);
  for (std::byte& byte : tensor.bytes()) byte = static_cast<std::byte>(rng());
  return tensor;
}

/// What a program leaves: scratch buffer, SBUF, PSUM.
std::pair<Tensor, Tensor> run(Context& context, const ProgramImage& image, const Tensor& input,
                              const Tensor& scratch) {
  const auto in = context.upload(input);
  const auto middle = context.upload(scratch);
  const auto out = context.upload(
      Tensor(DType::int8, testbench::dump_bytes(context.capabilities()) / 1024, 1024));
  const auto program = context.load(image);
  context.run(program, {tinium::input(in), inout(middle), output(out)},
              LaunchOptions{2'000'000, "random schedule", {}});
  return {context.download(middle), context.download(out)};
}

class RandomSchedules : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Devices, RandomSchedules,
                         testing::Values("emu:tiny"
#if TINIUM_HAS_SIM
                                         ,
                                         "sim:tiny"
#endif
                                         ),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           name[3] = '_';
                           return name;
                         });

TEST_P(RandomSchedules, GiveTheMemoryOfOneAfterTheOther) {
  auto rng = testbench::make_rng();
  const bool simulated = GetParam()[0] == 's';
  Context emulator{"emu:tiny"};
  Context device{GetParam()};
  const Capabilities& core = device.capabilities();
  for (std::uint64_t round = 0; round < testbench::case_count(simulated ? 8 : 20); ++round) {
    testbench::RandomScheduleOptions options;
    options.length = 20 + rng() % 100;
    const auto instructions = random_schedule(core, rng, options);
    const Tensor input = random_bytes(rng, core.partitions, core.sbuf_bytes);
    const Tensor scratch = random_bytes(rng, 1, testbench::kScratchBytes);
    Schedule schedule(core.partitions);
    for (const auto& words : instructions) schedule.add_words(words);
    const ProgramImage image = schedule.build();
    SCOPED_TRACE("round " + std::to_string(round) + "\nrerun: " + testbench::rerun_line());
    check_races(image);
    const auto expected = run(
        emulator, testbench::one_after_the_other(core.partitions, instructions), input, scratch);
    const auto got = run(device, image, input, scratch);
    ASSERT_EQ(got.first, expected.first) << disassemble(image);
    ASSERT_EQ(got.second, expected.second) << disassemble(image);
  }
}

/// Orders that the semaphores allow, drawn at random: no conflict, no deadlock.
TEST(Schedules, NoOrderConflicts) {
  auto rng = testbench::make_rng();
  const Capabilities core = Context{"emu:tiny"}.capabilities();
  for (std::uint64_t round = 0; round < testbench::case_count(60); ++round) {
    testbench::RandomScheduleOptions options;
    options.length = 5 + rng() % 80;
    options.fill_and_dump = rng() % 4 == 0;
    const auto instructions = random_schedule(core, rng, options);
    Schedule schedule(core.partitions);
    for (const auto& words : instructions) schedule.add_words(words);
    ScheduleReport report;
    const ProgramImage image = schedule.build(&report);
    EXPECT_LE(report.semaphores, 32u);
    EXPECT_EQ(report.instructions, instructions.size());
    check_races(image);
    for (int order = 0; order < 20; ++order) {
      ASSERT_EQ(testbench::interleave(image, rng), "")
          << disassemble(image) << "rerun: " << testbench::rerun_line();
    }
  }
}

/// Each wait of a correct program is needed: without it the checker finds a race or a deadlock.
/// Where it finds none, no random order shows one either.
TEST(Schedules, EveryWaitIsNeededOrProvenRedundant) {
  auto rng = testbench::make_rng();
  const Capabilities core = Context{"emu:tiny"}.capabilities();
  std::size_t removed = 0;
  std::size_t redundant = 0;
  for (std::uint64_t round = 0; round < testbench::case_count(12); ++round) {
    testbench::RandomScheduleOptions options;
    options.length = 30;
    options.fill_and_dump = false;
    Schedule schedule(core.partitions);
    for (const auto& words : random_schedule(core, rng, options)) schedule.add_words(words);
    const ProgramImage image = schedule.build();
    for (const auto engine : {isa::Engine::kTensor, isa::Engine::kVector, isa::Engine::kSync}) {
      for (std::size_t at = 0; at < image.stream(engine).size(); ++at) {
        for (const std::size_t word : {1u, 2u}) {
          if ((image.stream(engine)[at][word] >> 8 & 15u) == 0) continue;
          ProgramBuilder builder(core.partitions);
          for (const auto each : {isa::Engine::kTensor, isa::Engine::kVector, isa::Engine::kSync}) {
            for (std::size_t i = 0; i < image.stream(each).size(); ++i) {
              auto words = image.stream(each)[i];
              if (each == engine && i == at) words[word] = 0;
              builder.add_words(each, words);
            }
          }
          const ProgramImage mutant = builder.build();
          ++removed;
          if (!find_races(mutant, 1).empty()) continue;
          ++redundant;
          for (int order = 0; order < 200; ++order) {
            ASSERT_EQ(testbench::interleave(mutant, rng), "")
                << disassemble(mutant) << "rerun: " << testbench::rerun_line();
          }
        }
      }
    }
  }
  EXPECT_GT(removed, 100u);
  // Two needs of one instruction may imply each other by a way round that the builder does not
  // take.
  EXPECT_LT(redundant * 20, removed) << redundant << " of " << removed;
  RecordProperty("removed", static_cast<int>(removed));
  RecordProperty("redundant", static_cast<int>(redundant));
}

isa::DmaLoad load(std::uint32_t offset, std::uint32_t bytes = 64, std::uint64_t from = 0) {
  isa::DmaLoad i;
  i.row_bytes = bytes;
  i.num1 = 32;
  i.partition_step1 = 1;
  i.dram_step1 = 64;
  i.sbuf_offset = offset;
  i.dram_offset = from;
  return i;
}

isa::TensorScalar scalar(std::uint32_t from, std::uint32_t to, bool psum = false) {
  isa::TensorScalar i;
  i.src_space = psum ? 1 : 0;
  i.src_offset = from;
  i.src_dtype = static_cast<std::uint32_t>(psum ? DType::fp32 : DType::bf16);
  i.dst_dtype = static_cast<std::uint32_t>(DType::bf16);
  i.dst_offset = to;
  i.src_step0 = i.dst_step0 = 1;
  i.num0 = 16;
  i.num1 = 1;
  i.partitions = 32;
  return i;
}

TEST(Schedules, IndependentWorkHasNoWaits) {
  Schedule schedule(32);
  schedule.add(load(0));
  schedule.add(scalar(256, 512));
  schedule.add(load(1024));
  ScheduleReport report;
  schedule.build(&report);
  EXPECT_EQ(report.waits, 0u);
  EXPECT_EQ(report.semaphores, 0u);
}

TEST(Schedules, OneWaitOrdersAProducerAndWhatFollows) {
  Schedule schedule(32);
  schedule.add(load(0));
  schedule.add(load(64));
  schedule.add(scalar(64, 512));  // knows of both loads then
  schedule.add(scalar(0, 544));
  ScheduleReport report;
  schedule.build(&report);
  EXPECT_EQ(report.waits, 1u);
}

TEST(Schedules, NopsHoldWhatAnInstructionCannot) {
  // A store of bytes that a load, a copy and VectorE have written.
  Schedule schedule(32);
  schedule.add(load(0, 32));
  isa::DmaCopy copy;
  copy.row_bytes = 32;
  copy.num1 = 32;
  copy.src_partition_step1 = copy.dst_partition_step1 = 1;
  copy.src_offset = 1024;
  copy.dst_offset = 32;
  schedule.add(copy);
  schedule.add(scalar(2048, 64));
  isa::DmaStore store;
  store.row_bytes = 96;
  store.num1 = 32;
  store.partition_step1 = 1;
  store.dram_step1 = 96;
  store.slot = 1;
  schedule.add(store);
  ScheduleReport report;
  const ProgramImage image = schedule.build(&report);
  EXPECT_EQ(report.waits, 3u);
  EXPECT_EQ(report.nops, 1u);
  check_races(image);
}

TEST(Schedules, AThirdConsumerIsToldByTheFirst) {
  Schedule schedule(32);
  schedule.add(load(0));
  schedule.add(scalar(0, 512));  // VectorE
  isa::DmaStore store;
  store.row_bytes = 64;
  store.num1 = 32;
  store.partition_step1 = 1;
  store.dram_step1 = 64;
  store.slot = 1;
  schedule.add(store);
  isa::LoadStationary stationary;
  stationary.partitions = 32;
  stationary.columns = 8;
  stationary.step = 1;
  schedule.add(stationary);
  isa::MultiplyMoving multiply;
  multiply.step0 = 1;
  multiply.num0 = 16;
  multiply.num1 = 1;
  schedule.add(multiply);
  isa::DmaCopy copy;
  copy.row_bytes = 64;
  copy.num1 = 32;
  copy.src_partition_step1 = copy.dst_partition_step1 = 1;
  copy.dst_offset = 2048;
  schedule.add(copy);
  const ProgramImage image = schedule.build();
  check_races(image);
  auto rng = testbench::make_rng();
  for (int order = 0; order < 100; ++order) ASSERT_EQ(testbench::interleave(image, rng), "");
}

TEST(Schedules, RefuseWhatTheyCannotOrder) {
  Schedule schedule(32);
  isa::MultiplyMoving multiply;
  multiply.step0 = 1;
  multiply.num0 = 16;
  multiply.num1 = 1;
  EXPECT_NE(error_of([&] { schedule.add(multiply); }).rule().find("LoadStationary"),
            std::string::npos);
  isa::LoadStationary stationary;
  stationary.partitions = 32;
  stationary.columns = 8;
  stationary.step = 1;
  schedule.add(stationary);
  schedule.add(multiply);
  schedule.add(load(0));
  const Error error = error_of([&] { schedule.add(multiply); });
  EXPECT_EQ(error.rule(), "the stationary operand keeps its bytes until its last use");
  EXPECT_NE(error.detail().find("overwritten by instruction 2: DmaLoad"), std::string::npos)
      << error.what();
  auto with_register = load(0);
  with_register.reg_a = 1;
  EXPECT_NE(error_of([&] { schedule.add(with_register); }).rule().find("constant"),
            std::string::npos);
  auto with_wait = load(0);
  add_wait(with_wait, {1});
  EXPECT_NE(error_of([&] { schedule.add(with_wait); }).rule().find("waits"), std::string::npos);
  EXPECT_NE(error_of([&] { schedule.add(isa::Halt{}); }).rule().find("control"), std::string::npos);
  InstructionWords nonsense{};
  nonsense[0] = 0xEE;
  EXPECT_NE(error_of([&] { schedule.add_words(nonsense); }).rule().find("in the set"),
            std::string::npos);
}

/// Boxes against the bytes of each pattern, written out.
TEST(Accesses, CoverThePatternAndNothingElseWhereItIsSmall) {
  using schedule::Memory;
  auto rng = testbench::make_rng();
  const auto cells = [](const std::vector<schedule::Box>& boxes, Memory memory) {
    std::set<std::pair<std::int64_t, std::int64_t>> result;
    for (const auto& box : boxes) {
      if (box.memory != memory) continue;
      for (std::int64_t p = box.first; p < box.last; ++p) {
        for (std::int64_t byte = box.low; byte < box.high; ++byte) result.insert({p, byte});
      }
    }
    return result;
  };
  for (int round = 0; round < 300; ++round) {
    isa::DmaLoad i;
    i.row_bytes = static_cast<std::uint32_t>(rng() % 12 + 1);
    i.num1 = static_cast<std::uint32_t>(rng() % 4 + 1);
    i.num2 = static_cast<std::uint32_t>(rng() % 4 + 1);
    i.num3 = static_cast<std::uint32_t>(rng() % 4 + 1);
    i.sbuf_partition = 60;
    i.sbuf_offset = 5000;
    i.dram_offset = 90000;
    const auto step = [&](int limit) {
      return static_cast<std::int32_t>(rng() % static_cast<unsigned>(2 * limit + 1)) - limit;
    };
    i.partition_step1 = step(2), i.partition_step2 = step(4), i.partition_step3 = step(4);
    i.sbuf_step1 = step(20), i.sbuf_step2 = step(40), i.sbuf_step3 = step(100);
    i.dram_step1 = step(20), i.dram_step2 = step(100), i.dram_step3 = step(1000);
    std::set<std::pair<std::int64_t, std::int64_t>> sbuf;
    std::set<std::pair<std::int64_t, std::int64_t>> dram;
    for (std::int64_t i3 = 0; i3 < i.num3; ++i3) {
      for (std::int64_t i2 = 0; i2 < i.num2; ++i2) {
        for (std::int64_t i1 = 0; i1 < i.num1; ++i1) {
          for (std::int64_t byte = 0; byte < i.row_bytes; ++byte) {
            sbuf.insert(
                {60 + i1 * i.partition_step1 + i2 * i.partition_step2 + i3 * i.partition_step3,
                 5000 + i1 * i.sbuf_step1 + i2 * i.sbuf_step2 + i3 * i.sbuf_step3 + byte});
            dram.insert(
                {0, 90000 + i1 * i.dram_step1 + i2 * i.dram_step2 + i3 * i.dram_step3 + byte});
          }
        }
      }
    }
    const auto accesses = schedule::accesses_of(encode(i), {});
    ASSERT_EQ(cells(accesses.writes, Memory::sbuf), sbuf) << disassemble(encode(i));
    ASSERT_EQ(cells(accesses.reads, Memory::dram), dram) << disassemble(encode(i));
  }
}

}  // namespace
}  // namespace tinium
