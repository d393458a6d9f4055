// SPDX-License-Identifier: Apache-2.0
//
// Opening devices, memory, and what the checking wrapper refuses.

#include "tinium/device.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

#include "error_of.hpp"
#include "tinium/generated/registers.hpp"
#include "tinium/program.hpp"

namespace tinium {
namespace {

using testbench::error_of;

TEST(Open, RefusesWhatDoesNotExistNamingIt) {
  for (const auto& [url, part] : {
           std::pair{"", "url=\"\""},
           std::pair{"small", "url=\"small\""},
           std::pair{"gpu:0", "url=\"gpu:0\""},
           std::pair{"emu:", "configuration=\"\""},
           std::pair{"emu:huge", "configuration=\"huge\""},
           std::pair{"emu:small?speed=3", "option=\"speed\""},
           std::pair{"emu:small?checked", "option=\"checked\""},
           std::pair{"emu:small?checked=2", "checked=\"2\""},
           std::pair{"emu:small?checked=1&checked=1", "option=\"checked\""},
           std::pair{"emu:small?=1", "option=\"=1\""},
       }) {
    const Error error = error_of([url = url] { open(url); });
    EXPECT_EQ(error.code(), ErrorCode::unknown_device) << url;
    EXPECT_EQ(error.detail(), part) << error.what();
  }
  EXPECT_NE(error_of([] { open("emu:huge"); }).rule().find("tiny, small"), std::string::npos);
  EXPECT_NE(error_of([] { open("gpu:0"); }).rule().find("emu:"), std::string::npos);
}

TEST(Open, CapabilitiesAndIdRegistersAgree) {
  for (const auto& url : device_urls()) {
    const auto device = open(url);
    const Capabilities& c = device->capabilities();
    EXPECT_EQ(url, c.backend + ":" + c.config);
    EXPECT_EQ(device->read_register(registers::kMagic), registers::kMagicValue);
    EXPECT_EQ(device->read_register(registers::kConfigId), c.config_id);
    EXPECT_EQ(device->read_register(registers::kArray), c.array_rows | c.array_cols << 16);
    EXPECT_EQ(device->read_register(registers::kPartitions), c.partitions | c.lanes << 16);
    EXPECT_EQ(device->read_register(registers::kSbufBytes), c.sbuf_bytes);
    EXPECT_TRUE(c.multiplies(DType::bf16));
    EXPECT_FALSE(c.multiplies(DType::int32));
  }
}

std::vector<std::byte> pattern(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 256);
  return bytes;
}

TEST(Memory, KeepsWhatIsWrittenAcrossPages) {
  const auto device = open("emu:tiny");
  const auto data = pattern(300'000);
  const DeviceAddress address = device->allocate(data.size() + 3);
  EXPECT_EQ(address.value % kDeviceAlignment, 0u);
  device->write(address + 3, data);
  std::vector<std::byte> back(data.size());
  device->read(address + 3, back);
  EXPECT_EQ(back, data);
}

TEST(Memory, FreedSpaceIsUsedAgainAndGrowsTogether) {
  const auto device = open("emu:tiny");
  const std::uint64_t all = device->capabilities().memory_bytes;
  const DeviceAddress a = device->allocate(all / 2);
  const DeviceAddress b = device->allocate(all / 2);
  EXPECT_EQ(error_of([&] { device->allocate(1); }).code(), ErrorCode::out_of_range);
  EXPECT_EQ(error_of([&] { device->allocate(0); }).code(), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { device->allocate(~0ull); }).code(), ErrorCode::out_of_range);
  device->free(a);
  device->free(b);
  EXPECT_EQ(device->allocate(all), a);
}

TEST(Checked, RangesUseAfterFreeAndDoubleFree) {
  const auto device = open("emu:tiny");
  const DeviceAddress address = device->allocate(100);
  std::array<std::byte, 101> buffer{};
  device->write(address, std::span(buffer).first(100));
  Error error = error_of([&] { device->write(address, buffer); });
  EXPECT_EQ(error.code(), ErrorCode::out_of_range);
  EXPECT_NE(error.rule().find("allocation of 100 bytes"), std::string::npos) << error.what();
  EXPECT_NE(error.detail().find("bytes=101"), std::string::npos) << error.what();
  EXPECT_EQ(error_of([&] { device->read(DeviceAddress{64}, buffer); }).code(),
            ErrorCode::out_of_range);
  EXPECT_EQ(error_of([&] { device->free(address + 64); }).rule(),
            "only what allocate() returned is freed");
  device->free(address);
  EXPECT_EQ(error_of([&] { device->free(address); }).rule(), "an allocation is freed once");
  error = error_of([&] { device->read(address, std::span(buffer).first(4)); });
  EXPECT_EQ(error.rule(), "memory is not used after it was freed");
  EXPECT_EQ(error_of([&] { device->read_register(2); }).code(), ErrorCode::invalid_argument);
}

TEST(Checked, LaunchesNameLiveMemory) {
  const auto device = open("emu:tiny");
  ProgramBuilder builder(32);
  builder.add(isa::Engine::kSync, isa::Halt{});
  const ProgramImage image = builder.build();
  const DeviceAddress program = device->allocate(image.bytes().size());
  device->write(program, image.bytes());
  const DeviceAddress tensor = device->allocate(64);
  const auto bytes = static_cast<std::uint32_t>(image.bytes().size());

  LaunchRequest request{program, bytes, {{tensor, 64, true, true}}};
  request.image = program + 1;
  EXPECT_NE(error_of([&] { device->submit(request); }).rule().find("64-byte aligned"),
            std::string::npos);
  request.image = program;
  request.image_bytes = 63;
  EXPECT_EQ(error_of([&] { device->submit(request); }).detail(), "image_bytes=63");
  request.image_bytes = bytes + 64;
  EXPECT_EQ(error_of([&] { device->submit(request); }).code(), ErrorCode::out_of_range);
  request.image_bytes = bytes;
  request.slots[0].bytes = 65;
  EXPECT_NE(error_of([&] { device->submit(request); }).detail().find("slot 0"), std::string::npos);
  request.slots.assign(17, {tensor, 64, true, false});
  EXPECT_EQ(error_of([&] { device->submit(request); }).detail(), "slots=17");

  request.slots.resize(1);
  const LaunchId id = device->submit(request);
  EXPECT_NE(error_of([&] { device->free(tensor); }).rule().find("after wait()"), std::string::npos);
  const auto completion = device->wait(id, kForever);
  ASSERT_TRUE(completion);
  EXPECT_TRUE(completion->ok());
  device->free(tensor);
  EXPECT_EQ(error_of([&] { device->wait(id, kForever); }).code(), ErrorCode::invalid_argument);
}

TEST(Checked, TraceRingsAreAlignedLiveMemory) {
  const auto device = open("emu:tiny");
  ProgramBuilder builder(32);
  builder.add(isa::Engine::kSync, isa::Halt{});
  const ProgramImage image = builder.build();
  LaunchRequest request;
  request.image = device->allocate(image.bytes().size());
  request.image_bytes = static_cast<std::uint32_t>(image.bytes().size());
  device->write(request.image, image.bytes());
  const DeviceAddress ring = device->allocate(256);
  request.trace = ring + 32;
  request.trace_bytes = 64;
  EXPECT_EQ(error_of([&] { device->submit(request); }).code(), ErrorCode::invalid_argument);
  request.trace = ring;
  request.trace_bytes = 96;
  EXPECT_NE(error_of([&] { device->submit(request); }).detail().find("trace_bytes=96"),
            std::string::npos);
  request.trace_bytes = 320;
  EXPECT_NE(error_of([&] { device->submit(request); }).detail().find("trace ring"),
            std::string::npos);
  request.trace_bytes = 256;
  const LaunchId id = device->submit(request);
  EXPECT_NE(error_of([&] { device->free(ring); }).rule().find("after wait()"), std::string::npos);
  EXPECT_TRUE(device->wait(id, kForever)->ok());
  device->free(ring);
}

// ---- Faults and traces in words -----------------------------------------------------------------

TEST(Describe, ADeadlockNamesWhoWaitsForWhat) {
  Completion completion;
  completion.status = LaunchStatus::fault;
  completion.fault.code = static_cast<std::uint32_t>(isa::Fault::kDeadlock);
  completion.fault.engine = static_cast<std::uint32_t>(isa::Engine::kTensor);
  completion.fault.instruction = 2;
  completion.fault.address = 5;
  completion.fault.blocked[static_cast<std::size_t>(isa::Unit::kTensor)] = {
      true, 2, 5, isa::WaitCondition::kGe, 3, 1};
  completion.fault.blocked[static_cast<std::size_t>(isa::Unit::kDmaStore)] = {
      true, 7, 9, isa::WaitCondition::kEq, 1, 2};
  EXPECT_EQ(describe(completion.fault),
            "deadlock of tensor at instruction 2, address 0x5; tensor at instruction 2 waits for "
            "semaphore 5 >= 3, which is 1; dma_store at instruction 7 waits for semaphore 9 == 1, "
            "which is 2");
  const Error error = error_of([&] { throw_if_failed(completion, "gemm"); });
  EXPECT_EQ(error.code(), ErrorCode::deadlock);
  EXPECT_NE(error.rule().find("tensor at instruction 2 waits for semaphore 5"), std::string::npos);
  // The cause of another fault is not that somebody waited.
  completion.fault.code = static_cast<std::uint32_t>(isa::Fault::kPsumRange);
  EXPECT_EQ(describe(completion.fault), "psum_range of tensor at instruction 2, address 0x5");
}

TEST(Describe, ALostBusAsksToLoadAgain) {
  Completion completion;
  completion.status = LaunchStatus::fault;
  completion.fault.engine = static_cast<std::uint32_t>(isa::Engine::kLauncher);
  for (const auto& [fault, loads] :
       {std::pair{isa::Fault::kReset, false}, std::pair{isa::Fault::kBusTimeout, true}}) {
    completion.fault.code = static_cast<std::uint32_t>(fault);
    const Error error = error_of([&] { throw_if_failed(completion, "gemm"); });
    EXPECT_EQ(error.code(), ErrorCode::device_lost);
    EXPECT_EQ(error.rule().find("load the core again") != std::string::npos, loads);
  }
}

/// Event number `i` of a trace, and its bytes.
TraceEvent event_of(std::uint64_t i) {
  return {i * 0x1'0000'0001ull, static_cast<isa::Unit>(i % 6), static_cast<isa::TraceEvent>(i % 2),
          static_cast<std::uint32_t>(i * 3), static_cast<std::uint8_t>(i)};
}

TEST(Trace, RingsUnrollFromTheOldestLine) {
  for (const std::uint64_t room : {4u, 16u}) {
    for (std::uint64_t events = 0; events < 40; ++events) {
      std::vector<std::byte> ring(room * 16, std::byte{0xFF});
      for (std::uint64_t i = 0; i < events; ++i) {
        if (i % 4 == 0) {  // a new line: its other events are not there yet
          std::memset(ring.data() + i % room * 16, 0xFF, 64);
        }
        const TraceEvent event = event_of(i);
        const std::array<std::uint32_t, 4> words = {
            static_cast<std::uint32_t>(event.time),
            static_cast<std::uint32_t>(event.time >> 32 & 0xFFFFu) |
                static_cast<std::uint32_t>(event.unit) << 16 |
                static_cast<std::uint32_t>(event.event) << 20,
            event.instruction, event.opcode};
        std::memcpy(ring.data() + i % room * 16, words.data(), 16);
      }
      const auto decoded = decode_trace(ring, events);
      const std::uint64_t lines = (events + 3) / 4 * 4;
      const std::uint64_t first = lines > room ? lines - room : 0;
      ASSERT_EQ(decoded.size(), events - first);
      for (std::uint64_t i = first; i < events; ++i) {
        EXPECT_EQ(decoded[i - first], event_of(i)) << "room " << room << " events " << events;
      }
    }
  }
  std::vector<std::byte> ring(64, std::byte{0xFF});
  EXPECT_EQ(error_of([&] { decode_trace(ring, 1); }).code(), ErrorCode::corrupt_image);
  EXPECT_EQ(error_of([&] { decode_trace(std::span(ring).first(48), 1); }).detail(), "bytes=48");
  EXPECT_TRUE(decode_trace({}, 5).empty());
}

}  // namespace
}  // namespace tinium
