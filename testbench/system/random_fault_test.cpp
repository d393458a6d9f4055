// SPDX-License-Identifier: Apache-2.0
//
// Random instructions, most of them broken, on the Verilated kernel and the emulator: both end in
// the same way, with the same fault, at the same instruction and address, or with none.

#include <gtest/gtest.h>

#include <map>

#include "bench_options.hpp"
#include "machine.hpp"
#include "tinium/dtype.hpp"

namespace tinium {
namespace {

using isa::Engine;
using testbench::Bytes;
using testbench::Machine;
using testbench::window;

constexpr std::uint64_t kWindowBytes = 8192;

class RandomFaults : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Devices, RandomFaults, testing::Values("tiny", "small"),
                         [](const auto& instance) { return std::string(instance.param); });

/// Values around the edges of rules, or any that fit.
std::uint64_t draw(std::mt19937_64& rng, const isa::Field& field, const Capabilities& core) {
  const std::uint64_t edges[] = {0,
                                 1,
                                 2,
                                 3,
                                 4,
                                 16,
                                 31,
                                 32,
                                 33,
                                 64,
                                 96,
                                 128,
                                 511,
                                 512,
                                 core.partitions - 1,
                                 core.partitions,
                                 core.sbuf_bytes - 4,
                                 core.sbuf_bytes - 1,
                                 core.sbuf_bytes,
                                 kWindowBytes - 1,
                                 kWindowBytes};
  std::uint64_t value = rng() % 4 == 0 ? rng() : edges[rng() % std::size(edges)];
  if (field.is_signed && rng() % 2 == 0) value = ~value + 1;
  const std::uint64_t mask = field.width < 64 ? (std::uint64_t{1} << field.width) - 1 : ~0ull;
  value &= mask;
  if (field.is_signed && (value >> (field.width - 1) & 1u) != 0) value |= ~mask;
  return value;
}

/// An instruction that is legal but for what is changed afterwards.
std::vector<std::uint64_t> base_values(std::mt19937_64& rng, const isa::InstructionInfo& info) {
  std::vector<std::uint64_t> values;
  for (const auto& field : info.fields) {
    std::uint64_t value = field.default_value;
    const std::string_view name = field.name;
    if (name == "opcode") value = info.opcode;
    if (name == "num0" || name == "num1") value = rng() % 4 + 1;
    if (name == "partitions" || name == "columns") value = rng() % 32 + 1;
    if (name == "row_bytes") value = 16;
    if (name.find("step") != std::string_view::npos) value = 1;
    if (name.find("partition_step") != std::string_view::npos) value = 0;
    if (name.ends_with("dtype")) value = static_cast<std::uint64_t>(DType::fp32);
    if (name == "op1" || name == "op") value = static_cast<std::uint64_t>(isa::AluOp::kAdd);
    if (name == "slot") value = info.name == "DmaStore" ? 1 : 0;
    values.push_back(value);
  }
  return values;
}

TEST_P(RandomFaults, AreTheSameOnTheEmulator) {
  const std::string config = GetParam();
  Machine rtl("sim:" + config + "?seed=" + std::to_string(testbench::options().seed));
  Machine emulator("emu:" + config);
  auto rng = testbench::make_rng();
  const Capabilities& core = rtl.core();
  std::map<std::uint32_t, unsigned> seen;
  for (std::uint64_t i = 0; i < testbench::case_count(config == "tiny" ? 1200 : 200); ++i) {
    ProgramBuilder builder(core.partitions);
    const auto& info = isa::kInstructions[rng() % isa::kInstructions.size()];
    if (info.opcode < static_cast<std::uint8_t>(isa::Opcode::kLoadStationary)) continue;
    Engine engine = Engine::kSync;
    if ((info.engines & 1u << static_cast<unsigned>(Engine::kTensor)) != 0)
      engine = Engine::kTensor;
    if ((info.engines & 1u << static_cast<unsigned>(Engine::kVector)) != 0)
      engine = Engine::kVector;
    auto values = base_values(rng, info);
    if (engine == Engine::kTensor &&
        info.opcode != static_cast<std::uint8_t>(isa::Opcode::kLoadStationary)) {
      isa::LoadStationary stationary;
      stationary.partitions = static_cast<std::uint32_t>(rng() % 32 + 1);
      stationary.columns = static_cast<std::uint32_t>(rng() % 32 + 1);
      stationary.step = 1;
      stationary.dtype = static_cast<std::uint32_t>(rng() % 4 == 0 ? rng() % 7 : 5);
      builder.add(engine, stationary);
    }
    builder.add(engine, isa::SetReg{.rd = 7, .imm = static_cast<std::uint32_t>(rng() >> 40)});
    for (std::uint64_t changes = rng() % 4; changes > 0; --changes) {
      const std::size_t f = 1 + rng() % (info.fields.size() - 1);
      values[f] = draw(rng, info.fields[f], core);
      const std::string_view name = info.fields[f].name;
      if (name.starts_with("num")) values[f] %= 70'000;
    }
    InstructionWords words = encode_fields(info, values);
    if (rng() % 20 == 0) words[rng() % 16] ^= 1u << rng() % 32;
    builder.add_words(engine, words);
    builder.halt_all();
    const ProgramImage image = builder.build();
    std::array<Completion, 2> ends;
    for (std::size_t side = 0; side < 2; ++side) {
      Machine& machine = side == 0 ? rtl : emulator;
      const DeviceAddress in = machine.place(Bytes(kWindowBytes));
      const DeviceAddress out = machine.place(Bytes(kWindowBytes));
      ends[side] = machine.finish(machine.submit(
          image, {window(in, kWindowBytes, true, false), window(out, kWindowBytes, false, true)},
          3'000));
      machine.device().free(in);
      machine.device().free(out);
    }
    ++seen[ends[0].fault.code];
    // A long one may end just before the watchdog on one side.
    const auto watchdog = static_cast<std::uint32_t>(isa::Fault::kWatchdog);
    if (ends[0].fault.code == watchdog || ends[1].fault.code == watchdog) continue;
    // Both memories begin at the same address and get the same requests.
    ASSERT_EQ(ends[0].status, ends[1].status)
        << "rtl: " << describe(ends[0].fault) << "\nemulator: " << describe(ends[1].fault) << "\n"
        << disassemble(image) << "case " << i << "\nrerun: " << testbench::rerun_line();
    ASSERT_EQ(ends[0].fault, ends[1].fault)
        << "rtl: " << describe(ends[0].fault) << "\nemulator: " << describe(ends[1].fault) << "\n"
        << disassemble(image) << "case " << i << "\nrerun: " << testbench::rerun_line();
  }
  for (const auto& [code, count] : seen) {
    std::printf("%s %s: %u\n", config.c_str(),
                code == 0 ? "ok" : std::string(isa::kFaultNames[code].name).c_str(), count);
  }
}

/// Errors of the memory in the middle of transfers: the fault names the same burst.
TEST_P(RandomFaults, OfTheBusNameTheSameBurst) {
  const std::string config = GetParam();
  Machine rtl("sim:" + config + "?seed=" + std::to_string(testbench::options().seed));
  Machine emulator("emu:" + config);
  auto rng = testbench::make_rng();
  constexpr std::uint64_t kBytes = 1 << 16;
  unsigned faults = 0;
  for (std::uint64_t i = 0; i < testbench::case_count(60); ++i) {
    const bool write = rng() % 2 == 0;
    const auto row_bytes = static_cast<std::uint32_t>(rng() % 600 + 1);
    const auto gap = static_cast<std::uint32_t>(rng() % 3 == 0 ? 0 : rng() % 90);
    const auto start = static_cast<std::uint32_t>(rng() % 4000);
    const auto step = static_cast<std::int32_t>(row_bytes + gap);
    const auto rows = static_cast<std::uint32_t>(rng() % 31 + 1);
    const std::uint64_t at = rng() % (start + std::uint64_t{rows} * (row_bytes + gap));
    const std::uint64_t skip = rng() % 3 == 0 ? rng() % 3 : 0;
    std::array<Completion, 2> ends;
    for (std::size_t side = 0; side < 2; ++side) {
      Machine& machine = side == 0 ? rtl : emulator;
      const DeviceAddress memory = machine.place(Bytes(kBytes));
      InjectedError error;
      error.base = memory + at;
      error.bytes = 1 + i % 100;
      error.on_read = !write;
      error.on_write = write;
      error.skip = skip;
      machine.device().simulation()->inject(error);
      ProgramBuilder builder(machine.core().partitions);
      if (write) {
        builder.add(Engine::kSync,
                    testbench::transfer<isa::DmaStore>(0, start, step, row_bytes, rows, 0));
      } else {
        builder.add(Engine::kSync,
                    testbench::transfer<isa::DmaLoad>(0, start, step, row_bytes, rows, 0));
      }
      ends[side] = machine.run(builder, {window(memory, kBytes)});
      machine.device().simulation()->clear_errors();
      machine.device().free(memory);
    }
    faults += ends[0].ok() ? 0 : 1;
    ASSERT_EQ(ends[0].status, ends[1].status)
        << "case " << i << "\nrerun: " << testbench::rerun_line();
    ASSERT_EQ(ends[0].fault, ends[1].fault)
        << "rtl: " << describe(ends[0].fault) << "\nemulator: " << describe(ends[1].fault)
        << "\ncase " << i << "\nrerun: " << testbench::rerun_line();
  }
  EXPECT_GT(faults, 0u);
}

}  // namespace
}  // namespace tinium
