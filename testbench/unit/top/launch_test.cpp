// SPDX-License-Identifier: Apache-2.0
// Launches through tn_kernel `tiny`: good ones, and records and images that break a rule.
#include <gtest/gtest.h>

#include "kernel_programs.hpp"

namespace tinium::testbench {
namespace {

// ------------------------------------------------------------------------------------ good ones

TEST(Launch, ThreeHalts) {
  KernelBench kernel;
  const Launch launch(halts(), 77);
  const Completion c = kernel.run(launch);
  expect_ok(c, 77);
  EXPECT_EQ(c.instructions, 3U);
  EXPECT_EQ(c.first_issue, 0U);
  EXPECT_EQ(c.dma_read_beats, 0U);
  EXPECT_EQ(kernel.read_register(registers::kCyclesLo), c.cycles);
  EXPECT_EQ(kernel.read_register(registers::kFault), 0U);
  EXPECT_EQ(kernel.read_register(registers::kCtrl) & 0x7U, 4U) << "idle again";
}

TEST(Launch, NoStreamAtAll) {
  KernelBench kernel;
  const Completion c = kernel.run(Launch(Streams{}));
  expect_ok(c);
  EXPECT_EQ(c.instructions, 0U);
}

class LaunchStalls : public ::testing::TestWithParam<StallPattern> {};

TEST_P(LaunchStalls, StreamsMeetAtSemaphores) {
  KernelBench kernel(GetParam(), 12);
  for (std::uint32_t rounds : {1U, 20U}) {
    const Launch launch(token_ring(rounds), rounds);
    const Completion c = kernel.run(launch);
    expect_ok(c, rounds);
    EXPECT_EQ(c.instructions, 3U * (2 + 4 * rounds));
  }
}

TEST_P(LaunchStalls, CopiesThroughSbuf) {
  KernelBench kernel(GetParam(), 30);
  constexpr std::uint32_t kRows = 32, kRowBytes = 200;
  const std::uint64_t source = AxiMemory::kBase + 0x20003, target = AxiMemory::kBase + 0x30005;
  std::mt19937_64 rng = make_rng(5);
  for (std::uint32_t i = 0; i < kRows * kRowBytes; ++i) {
    *kernel.memory.at(source + i) = static_cast<std::byte>(rng());
  }
  Streams s;
  s.sync = {dma<isa::DmaLoad>(0, kRowBytes, kRows, 0, 0, 4),
            dma<isa::DmaStore>(1, kRowBytes, kRows, 4, 1, 5), nop_wait(5, 1, true), halt()};
  Launch launch(s);
  launch.slot(0, source, kRows * kRowBytes, true, false);
  launch.slot(1, target, kRows * kRowBytes, false, true);
  const Completion c = kernel.run(launch);
  expect_ok(c);
  EXPECT_EQ(c.instructions, 4U);
  EXPECT_GT(c.dma_read_beats, kRows * kRowBytes / 8);
  EXPECT_GT(c.dma_write_beats, kRows * kRowBytes / 8);
  for (std::uint32_t i = 0; i < kRows * kRowBytes; ++i) {
    ASSERT_EQ(*kernel.memory.at(target + i), *kernel.memory.at(source + i)) << "byte " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, LaunchStalls, ::testing::ValuesIn(kAllStallPatterns),
                         [](const auto& param) { return std::string(name_of(param.param)); });

TEST(Launch, EveryPlaceOfTheImageInItsPage) {
  // The first burst never leaves the page of the header; whatever is missing is fetched after.
  KernelBench kernel(StallPattern::kNone, 5);
  for (std::uint64_t line = 50; line < 66; ++line) {
    Streams s = token_ring(2);
    s.sync.insert(s.sync.begin() + 1, 12, set_reg(0, 0));
    s.sync[15 + 1] = branch_if(isa::Compare::kLtu, 8, 2, 13);
    Launch launch(s);
    launch.image += line * 64;
    const Completion c = kernel.run(launch);
    expect_ok(c);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "line " << line;
  }
}

TEST(Launch, SyncStreamElsewhereInTheImage) {
  KernelBench kernel;
  Launch launch(token_ring(3));
  // Move SyncE behind the others.
  auto& image = launch.image_words;
  const std::uint32_t count = image[ImageHeader::kSyncCountWord];
  const std::uint32_t end = static_cast<std::uint32_t>(image.size() * 4);
  const std::vector<std::uint32_t> stream(image.begin() + 16, image.begin() + 16 + 16 * count);
  image.insert(image.end(), stream.begin(), stream.end());
  for (std::uint32_t i = 0; i < 16 * count; ++i) image[16 + i] = 0xFFFF'FFFF;
  image[ImageHeader::kSyncOffsetWord] = end;
  image[ImageHeader::kTotalBytesWord] = static_cast<std::uint32_t>(image.size() * 4);
  launch.words[LaunchRecord::kImageBytesWord] = image[ImageHeader::kTotalBytesWord];
  expect_ok(kernel.run(launch));
}

TEST(Launch, RecordsAcrossAPage) {
  KernelBench kernel(StallPattern::kRandom, 10);
  for (const std::uint64_t record : {0x1FC0ULL, 0x1F80ULL, 0x1F00ULL, 0x2000ULL}) {
    for (const std::uint64_t completion : {0x4C00ULL, 0x4800ULL, 0x5000ULL}) {
      Launch launch(halts());
      launch.record = AxiMemory::kBase + record;
      launch.completion = AxiMemory::kBase + completion;
      expect_ok(kernel.run(launch));
    }
  }
}

TEST(Launch, EndOfDeviceMemory) {
  // The image ends with the memory: nothing is read beyond its page.
  KernelBench kernel;
  Launch launch(halts());
  launch.image = AxiMemory::kBase + AxiMemory::kSize - launch.image_words.size() * 4;
  expect_ok(kernel.run(launch));
}

TEST(Launch, RegistersAndSemaphoresStartAtZero) {
  KernelBench kernel;
  Streams first;
  first.sync = {set_reg(3, 1), nop_update(7, 5), halt()};
  expect_ok(kernel.run(Launch(first)));
  Streams second;
  // Runs past its end, a fault, unless register 3 and semaphore 7 are zero.
  isa::Nop wait;
  wait.wait0_sem = 7;
  wait.wait0_cond = 2;
  second.sync = {encode(wait), branch_if(isa::Compare::kNe, 3, 0, 9), halt()};
  Launch launch(second);
  launch.watchdog(5000);
  expect_ok(kernel.run(launch));
}

// ------------------------------------------------------------------------------- bad record, image

struct BadCase {
  const char* name;
  void (*spoil)(Launch&);
  Fault fault;
  Engine engine;
  bool has_record;
};

void PrintTo(const BadCase& c, std::ostream* out) { *out << c.name; }

class BadLaunch : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadLaunch, IsReportedAndTheNextOneRuns) {
  const BadCase& c = GetParam();
  KernelBench kernel;
  Launch launch(halts(), 5);
  c.spoil(launch);
  const Completion record = kernel.run(launch);
  expect_registers(kernel, c.fault, c.engine, 0);
  if (c.has_record) {
    expect_fault(record, c.fault, c.engine, 0);
  } else if (KernelBench::inside(launch.completion, sizeof(Completion))) {
    EXPECT_EQ(record.magic, 0xEEEEEEEEU) << "something was written";
  }
  EXPECT_TRUE(kernel.memory.quiet());
  expect_ok(kernel.run(Launch(token_ring(2), 6)), 6);
  EXPECT_EQ(kernel.read_register(registers::kFault), 0U);
}

template <std::uint32_t word, std::uint32_t value>
void record_word(Launch& l) {
  l.words[word] = value;
}
template <std::uint32_t word, std::uint32_t value>
void image_word(Launch& l) {
  l.image_words[word] = value;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadLaunch,
    ::testing::Values(
        BadCase{"record_magic", record_word<0, 0x524C4E55>, Fault::kBadLaunch, Engine::kLauncher,
                false},
        BadCase{"record_version", record_word<1, 0x00030000>, Fault::kBadLaunch, Engine::kLauncher,
                true},
        BadCase{"slot_count", record_word<3, 17>, Fault::kBadLaunch, Engine::kLauncher, true},
        BadCase{"completion_misaligned", [](Launch& l) { l.completion += 512; }, Fault::kBadLaunch,
                Engine::kLauncher, false},
        BadCase{"record_misaligned", [](Launch& l) { l.record += 16; }, Fault::kBadLaunch,
                Engine::kLauncher, false},
        BadCase{"record_unmapped", [](Launch& l) { l.record = 0x40; }, Fault::kBusRead,
                Engine::kLauncher, false},
        BadCase{"image_misaligned", [](Launch& l) { l.image += 8; }, Fault::kBadImage,
                Engine::kLauncher, true},
        BadCase{"image_unmapped", [](Launch& l) { l.image = 0x40; }, Fault::kBusRead,
                Engine::kLauncher, true},
        BadCase{"image_magic", image_word<0, 1>, Fault::kBadImage, Engine::kLauncher, true},
        BadCase{"image_version", image_word<1, 0>, Fault::kBadImage, Engine::kLauncher, true},
        BadCase{"image_total", [](Launch& l) { l.image_words[2] += 64; }, Fault::kBadImage,
                Engine::kLauncher, true},
        BadCase{"image_partitions", image_word<4, 128>, Fault::kBadImage, Engine::kLauncher, true},
        BadCase{"tensor_misaligned", [](Launch& l) { l.image_words[6] += 4; }, Fault::kBadImage,
                Engine::kLauncher, true},
        BadCase{"tensor_in_header", image_word<6, 0>, Fault::kBadImage, Engine::kLauncher, true},
        BadCase{"vector_beyond", [](Launch& l) { l.image_words[9] += 1; }, Fault::kBadImage,
                Engine::kLauncher, true},
        BadCase{"sync_beyond", image_word<15, 0xFFFFFFFF>, Fault::kBadImage, Engine::kLauncher,
                true},
        BadCase{"tensor_offset_wraps", image_word<6, 0xFFFFFFC0>, Fault::kBadImage,
                Engine::kLauncher, true},
        BadCase{"scalar_stream", image_word<11, 1>, Fault::kIllegalInstruction, Engine::kScalar,
                true},
        BadCase{"gpsimd_stream", image_word<13, 1>, Fault::kIllegalInstruction, Engine::kGpsimd,
                true}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace tinium::testbench
