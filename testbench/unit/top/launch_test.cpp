// SPDX-License-Identifier: Apache-2.0
// Launches through tn_kernel `tiny`: records and images good and bad, semaphores between streams,
// bus errors on every read and write, watchdog, queued launches and what follows a fault.
#include <gtest/gtest.h>

#include "kernel_bench.hpp"

namespace tinium::testbench {
namespace {

using isa::Engine;
using isa::Fault;
using isa::Status;

constexpr std::uint32_t code(Fault fault) { return static_cast<std::uint32_t>(fault); }
constexpr std::uint32_t code(Engine engine) { return static_cast<std::uint32_t>(engine); }
constexpr std::uint32_t code(Status status) { return static_cast<std::uint32_t>(status); }

InstructionWords halt() { return encode(isa::Halt{}); }

InstructionWords nop_update(std::uint32_t sem, std::uint32_t value,
                            isa::UpdateOp op = isa::UpdateOp::kAdd) {
  isa::Nop i;
  i.update0_sem = sem;
  i.update0_op = static_cast<std::uint32_t>(op);
  i.update0_value = value;
  return encode(i);
}

InstructionWords nop_wait(std::uint32_t sem, std::uint32_t value, bool consume) {
  isa::Nop i;
  i.wait0_sem = sem;
  i.wait0_cond = static_cast<std::uint32_t>(isa::WaitCondition::kGe);
  i.wait0_consume = consume ? 1 : 0;
  i.wait0_value = value;
  return encode(i);
}

InstructionWords set_reg(std::uint32_t rd, std::uint32_t imm) {
  isa::SetReg i;
  i.rd = rd;
  i.imm = imm;
  return encode(i);
}

InstructionWords add_reg(std::uint32_t rd, std::uint32_t rs, std::uint32_t imm) {
  isa::AddReg i;
  i.rd = rd;
  i.rs = rs;
  i.imm = imm;
  return encode(i);
}

InstructionWords branch_if(isa::Compare cond, std::uint32_t rs, std::uint32_t imm,
                           std::uint32_t target) {
  isa::Branch i;
  i.cond = static_cast<std::uint32_t>(cond);
  i.rs = rs;
  i.imm = imm;
  i.target = target;
  return encode(i);
}

InstructionWords forever() { return branch_if(isa::Compare::kEq, 0, 0, 0); }

InstructionWords illegal() {
  InstructionWords words{};
  words[0] = 0xEE;
  return words;
}

/// `rows` rows of `bytes` between DRAM and SBUF, semaphore 30 up when complete.
template <typename Dma>
InstructionWords dma(std::uint32_t slot, std::uint32_t bytes, std::uint32_t rows,
                     std::uint32_t wait_sem = 0, std::uint32_t wait_value = 0,
                     std::uint32_t update_sem = 30) {
  Dma i;
  i.slot = slot;
  i.row_bytes = bytes;
  i.num1 = rows;
  i.dram_step1 = static_cast<decltype(i.dram_step1)>(bytes);
  i.partition_step1 = 1;
  i.wait0_sem = wait_sem;
  i.wait0_cond = wait_value != 0 ? 1 : 0;
  i.wait0_value = wait_value;
  i.update0_sem = update_sem;
  i.update0_op = static_cast<std::uint32_t>(isa::UpdateOp::kAdd);
  i.update0_event = static_cast<std::uint32_t>(isa::UpdateEvent::kComplete);
  i.update0_value = 1;
  return encode(i);
}

Streams halts() { return {{halt()}, {halt()}, {halt()}}; }

/// Streams that meet: SyncE hands a token around `rounds` times.
Streams token_ring(std::uint32_t rounds) {
  const auto station = [&](std::uint32_t take, std::uint32_t give, bool first) {
    std::vector<InstructionWords> s = {set_reg(8, 0)};
    isa::Nop pass;
    pass.update0_sem = give;
    pass.update0_op = static_cast<std::uint32_t>(isa::UpdateOp::kAdd);
    pass.update0_value = 3;
    if (first) {
      s.push_back(encode(pass));
      s.push_back(nop_wait(take, 3, true));
    } else {
      pass.wait0_sem = take;
      pass.wait0_cond = 2;  // exactly one token at a time
      pass.wait0_consume = 1;
      pass.wait0_value = 3;
      s.push_back(encode(pass));
      s.push_back(encode(isa::Nop{}));
    }
    s.push_back(add_reg(8, 8, 1));
    s.push_back(branch_if(isa::Compare::kLtu, 8, rounds, 1));
    s.push_back(halt());
    return s;
  };
  return {station(1, 2, false), station(2, 3, false), station(3, 1, true)};
}

void expect_ok(const Completion& c, std::uint32_t id = 1) {
  EXPECT_EQ(c.magic, CompletionRecord::kMagic);
  EXPECT_EQ(c.version, isa::kMapVersion);
  EXPECT_EQ(c.id, id);
  EXPECT_EQ(c.status, code(Status::kOk))
      << "fault " << c.code << " of engine " << c.engine << " instruction " << c.instruction;
  EXPECT_EQ(c.code, 0U);
  EXPECT_EQ(c.config, 1U);
  EXPECT_GT(c.cycles, 0U);
}

void expect_fault(const Completion& c, Fault fault, Engine engine, std::uint32_t instruction,
                  std::optional<std::uint64_t> address = {}) {
  EXPECT_EQ(c.magic, CompletionRecord::kMagic);
  EXPECT_EQ(c.status, code(Status::kFault));
  EXPECT_EQ(c.code, code(fault));
  EXPECT_EQ(c.engine, code(engine));
  EXPECT_EQ(c.instruction, instruction);
  if (address) {
    EXPECT_EQ(c.address, *address);
  }
}

void expect_registers(KernelBench& kernel, Fault fault, Engine engine, std::uint32_t instruction) {
  EXPECT_EQ(kernel.read_register(registers::kFault), code(fault) | code(engine) << 8);
  EXPECT_EQ(kernel.read_register(registers::kFaultInstruction), instruction);
}

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

TEST(Launch, DoorbellToHaltIsShort) {
  constexpr std::uint32_t kLatency = 100;
  // SyncE comes with the header: record 40 beats, then header and one instruction of 8 beats each.
  KernelBench kernel(StallPattern::kNone, kLatency);
  Streams sync_only;
  sync_only.sync = {halt()};
  const Completion c = kernel.run(Launch(sync_only));
  expect_ok(c);
  const std::uint64_t bus = kLatency + 40 + 9 * 8;  // the whole image burst is drained
  RecordProperty("cycles_beyond_bus", static_cast<int>(c.cycles - bus));
  EXPECT_LE(c.cycles, bus + 20);

  // TensorE needs a second round trip.
  const Completion d = kernel.run(Launch(halts()));
  expect_ok(d);
  const std::uint64_t two_trips = kLatency + 40 + 9 * 8 + kLatency + 2 * 8;
  RecordProperty("cycles_beyond_two_trips", static_cast<int>(d.cycles - two_trips));
  EXPECT_LE(d.cycles, two_trips + 30);

  // The first multiplication: record and header, TensorE's two instructions, its first tile.
  isa::LoadStationary load;
  load.partitions = 16;
  load.columns = 4;
  load.step = 1;
  isa::MultiplyMoving multiply;
  multiply.num0 = 8;
  multiply.num1 = 1;
  multiply.step0 = 1;
  Streams tensor = halts();
  tensor.tensor = {encode(load), encode(multiply), halt()};
  const Completion e = kernel.run(Launch(tensor));
  expect_ok(e);
  EXPECT_EQ(e.tensor_vectors, 8U * 1);
  const std::uint64_t fetched = kLatency + 40 + 8 + kLatency + 2 * 8;
  RecordProperty("first_issue_beyond_fetch", static_cast<int>(e.first_issue - fetched));
  RecordProperty("first_mac_beyond_fetch", static_cast<int>(e.first_mac - fetched));
  EXPECT_LE(e.first_issue, fetched + 20);
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
    for (const std::uint64_t completion : {0x4FC0ULL, 0x4F80ULL, 0x5000ULL}) {
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
        BadCase{"record_version", record_word<1, 0x00020000>, Fault::kBadLaunch, Engine::kLauncher,
                true},
        BadCase{"slot_count", record_word<3, 17>, Fault::kBadLaunch, Engine::kLauncher, true},
        BadCase{"completion_misaligned", [](Launch& l) { l.completion += 32; }, Fault::kBadLaunch,
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

TEST(Watchdog, EndsALoopAndADeadlock) {
  KernelBench kernel;
  Streams loop = {{forever()}, {halt()}, {halt()}};
  Launch first(loop);
  first.watchdog(3000);
  Completion c = kernel.run(first);
  expect_fault(c, Fault::kWatchdog, Engine::kLauncher, 0, 0);
  EXPECT_GE(c.cycles, 3000U);
  EXPECT_LE(c.cycles, 3100U);

  Streams deadlock;
  deadlock.vector = {nop_wait(1, 1, false), halt()};
  deadlock.sync = {dma<isa::DmaStore>(0, 64, 1, 2, 1), halt()};
  Launch second(deadlock);
  second.slot(0, AxiMemory::kBase + 0x20000, 64, false, true);
  second.watchdog(2000);
  c = kernel.run(second);
  expect_fault(c, Fault::kWatchdog, Engine::kLauncher, 0, 0);

  // Long enough is no fault.
  Launch third(token_ring(10));
  third.watchdog(100000);
  expect_ok(kernel.run(third));
}

// ---------------------------------------------------------------------------------------- queue

Launch numbered(const Streams& streams, std::uint32_t number) {
  Launch launch(streams, number);
  launch.record += number * 0x200;
  launch.completion += number * 0x100;
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
                                                                 : Fault::kWatchdog;
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
