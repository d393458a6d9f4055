// SPDX-License-Identifier: Apache-2.0
//
// What programs and hosts may rely on, the same on every device: control flow, semaphores, DMA
// patterns, faults with their codes, recovery. Built twice: for the emulator (label driver) and for
// the Verilated kernel (label system); TINIUM_TEST_DEVICES lists the URLs.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "bench_options.hpp"
#include "machine.hpp"
#include "tinium/generated/records.hpp"

namespace tinium {
namespace {

using isa::Engine;
using isa::Fault;
using testbench::Bytes;
using testbench::Machine;
using testbench::random_bytes;
using testbench::transfer;
using testbench::window;

class Core : public testing::TestWithParam<const char*> {
 protected:
  std::string url() const {
    const std::string seed = "seed=" + std::to_string(testbench::options().seed);
    const std::string base = GetParam();
    if (base.rfind("sim", 0) != 0) return base;
    return base + (base.find('?') == std::string::npos ? "?" : "&") + seed;
  }
  std::string where() const { return url() + "\nrerun: " + testbench::rerun_line(); }
  Machine machine_{url()};
  std::mt19937_64 rng_ = testbench::make_rng();
};

std::string test_name(const testing::TestParamInfo<const char*>& instance) {
  std::string name = instance.param;
  for (auto& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Devices, Core, testing::Values(TINIUM_TEST_DEVICES), test_name);

// ---- Control and semaphores ---------------------------------------------------------------------

TEST_P(Core, AnEmptyProgramEnds) {
  ProgramBuilder builder(machine_.core().partitions);
  builder.add(Engine::kSync, isa::Halt{});
  const Completion completion = machine_.run(builder);
  EXPECT_TRUE(completion.ok()) << describe(completion.fault);
  EXPECT_EQ(completion.counters.instructions, 1u);
}

TEST_P(Core, LoopsStepAddressesByRegisters) {
  // Ten rows copied by a loop of one load and one store, stepping registers.
  const Bytes source = random_bytes(rng_, 10 * 48);
  const DeviceAddress in = machine_.place(source);
  const DeviceAddress out = machine_.place(Bytes(10 * 48));
  ProgramBuilder builder(machine_.core().partitions);
  builder.add(Engine::kSync, isa::SetReg{.rd = 1, .imm = 0});
  builder.add(Engine::kSync, isa::SetReg{.rd = 0, .imm = 77});  // r0 stays zero
  auto load = transfer<isa::DmaLoad>(0, 0, 0, 48, 1, 8);
  load.reg_a = 1;
  load.reg_b = 1;
  add_update(load, {5});
  const auto loop = builder.add(Engine::kSync, load);
  auto store = transfer<isa::DmaStore>(1, 0, 0, 48, 1, 8);
  store.reg_a = 1;
  store.reg_b = 1;
  add_wait(store, {5, 1, true});
  builder.add(Engine::kSync, store);
  builder.add(Engine::kSync, isa::AddReg{.rd = 1, .rs = 1, .rt = 0, .imm = 48});
  isa::Branch again;
  again.rs = 1;
  again.cond = static_cast<std::uint32_t>(isa::Compare::kLtu);
  again.imm = 480;
  again.target = loop;
  builder.add(Engine::kSync, again);
  const Completion completion =
      machine_.run(builder, {window(in, 480, true, false), window(out, 480, false, true)});
  ASSERT_TRUE(completion.ok()) << describe(completion.fault) << " " << where();
  EXPECT_EQ(machine_.read(out, 480), source);
}

TEST_P(Core, EveryComparisonBothWays) {
  // A wrong decision runs into an illegal instruction.
  struct Case {
    isa::Compare compare;
    std::uint32_t left, right;
    bool taken;
  };
  ProgramBuilder builder(machine_.core().partitions);
  for (const Case& c :
       {Case{isa::Compare::kEq, 5, 5, true}, Case{isa::Compare::kEq, 5, 6, false},
        Case{isa::Compare::kNe, 5, 5, false}, Case{isa::Compare::kNe, 4, 5, true},
        Case{isa::Compare::kLtu, 1, 0xFFFFFFFF, true}, Case{isa::Compare::kLtu, 7, 7, false},
        Case{isa::Compare::kGeu, 7, 7, true}, Case{isa::Compare::kGeu, 1, 0xFFFFFFFF, false}}) {
    for (const Engine engine : {Engine::kTensor, Engine::kVector, Engine::kSync}) {
      builder.add(engine, isa::SetReg{.rd = 2, .imm = c.left});
      builder.add(engine, isa::SetReg{.rd = 3, .imm = c.right - 100});
      isa::Branch branch;
      branch.rs = 2;
      branch.rt = 3;
      branch.imm = 100;
      branch.cond = static_cast<std::uint32_t>(c.compare);
      const std::uint32_t here = builder.size(engine);
      if (c.taken) {
        branch.target = here + 2;
        builder.add(engine, branch);
        builder.add_words(engine, InstructionWords{0xFF});
      } else {
        branch.target = here + 3;
        builder.add(engine, branch);
        isa::Branch over;  // over the trap
        over.target = here + 3;
        builder.add(engine, over);
        builder.add_words(engine, InstructionWords{0xFF});
        // A branch that was wrongly taken arrives at the same place, so leave a mark instead.
        builder.add(engine, isa::Nop{});
      }
    }
  }
  const Completion completion = machine_.run(builder);
  EXPECT_TRUE(completion.ok()) << describe(completion.fault) << " " << where();
}

TEST_P(Core, EnginesMeetAtSemaphores) {
  // tensor adds 3, vector waits for exactly 3 and consumes it, sets another, sync waits for that.
  ProgramBuilder builder(machine_.core().partitions);
  for (int i = 0; i < 3; ++i) {
    isa::Nop add;
    add_update(add, {9});
    builder.add(Engine::kTensor, add);
  }
  isa::Nop middle;
  add_wait(middle, {9, 3, true, isa::WaitCondition::kEq});
  add_update(middle, {10, 40, isa::UpdateEvent::kRead, isa::UpdateOp::kSet});
  add_update(middle, {11, 7});
  builder.add(Engine::kVector, middle);
  isa::Nop last;
  add_wait(last, {10, 40, true, isa::WaitCondition::kEq});
  add_wait(last, {11, 5, true});
  builder.add(Engine::kSync, last);
  isa::Nop rest;
  add_wait(rest, {11, 2, true, isa::WaitCondition::kEq});
  add_wait(rest, {9, 0, false, isa::WaitCondition::kEq});
  builder.add(Engine::kSync, rest);
  isa::Nop down;
  add_update(down, {11, 0, isa::UpdateEvent::kRead, isa::UpdateOp::kSub});
  builder.add(Engine::kSync, down);
  for (int run = 0; run < 2; ++run) {  // semaphores start at zero each time
    const Completion completion = machine_.run(builder);
    EXPECT_TRUE(completion.ok()) << describe(completion.fault) << " " << where();
  }
}

// ---- DMA ----------------------------------------------------------------------------------------

TEST_P(Core, TransfersOfEveryAlignment) {
  const std::uint32_t partitions = machine_.core().partitions;
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE("round " + std::to_string(round) + " " + where());
    const auto row_bytes = static_cast<std::uint32_t>(rng_() % 700 + 1);
    const auto rows = static_cast<std::uint32_t>(rng_() % partitions + 1);
    const auto source_gap = static_cast<std::uint32_t>(rng_() % 70);
    const auto target_gap = static_cast<std::uint32_t>(rng_() % 70);
    const auto source_start = static_cast<std::uint32_t>(rng_() % 4200);
    const auto target_start = static_cast<std::uint32_t>(rng_() % 4200);
    const auto sbuf_offset =
        static_cast<std::uint32_t>(rng_() % (machine_.core().sbuf_bytes - row_bytes + 1));
    const auto first = static_cast<std::uint32_t>(rng_() % (partitions - rows + 1));
    const bool backwards = rng_() % 2 == 0;
    const std::size_t source_size = source_start + std::size_t{rows} * (row_bytes + source_gap);
    const std::size_t target_size = target_start + std::size_t{rows} * (row_bytes + target_gap);
    const Bytes source = random_bytes(rng_, source_size);
    const Bytes before = random_bytes(rng_, target_size);
    const DeviceAddress in = machine_.place(source);
    const DeviceAddress out = machine_.place(before);

    const auto source_step = static_cast<std::int32_t>(row_bytes + source_gap);
    const std::uint64_t source_first =
        source_start + (backwards ? std::uint64_t{rows - 1} * (row_bytes + source_gap) : 0);
    auto load = transfer<isa::DmaLoad>(0, source_first, backwards ? -source_step : source_step,
                                       row_bytes, rows, sbuf_offset, first);
    add_update(load, {0});
    auto store =
        transfer<isa::DmaStore>(1, target_start, static_cast<std::int32_t>(row_bytes + target_gap),
                                row_bytes, rows, sbuf_offset, first);
    add_wait(store, {0, 1, true});
    ProgramBuilder builder(partitions);
    builder.add(Engine::kSync, load);
    builder.add(Engine::kSync, store);
    // Windows of exactly what the transfers touch.
    const Completion completion = machine_.run(
        builder,
        {window(in, source_start + std::uint64_t{rows - 1} * source_step + row_bytes, true, false),
         window(out, target_start + std::uint64_t{rows - 1} * (row_bytes + target_gap) + row_bytes,
                false, true)});
    ASSERT_TRUE(completion.ok()) << describe(completion.fault);

    Bytes expected = before;
    for (std::uint32_t row = 0; row < rows; ++row) {
      const std::uint32_t from = backwards ? rows - 1 - row : row;
      std::memcpy(expected.data() + target_start + std::size_t{row} * (row_bytes + target_gap),
                  source.data() + source_start + std::size_t{from} * (row_bytes + source_gap),
                  row_bytes);
    }
    ASSERT_EQ(machine_.read(out, target_size), expected);
  }
}

TEST_P(Core, RowsWithinOnePartition) {
  const Bytes source = random_bytes(rng_, 1000);
  const DeviceAddress in = machine_.place(source);
  const DeviceAddress out = machine_.place(Bytes(1000));
  auto load = transfer<isa::DmaLoad>(0, 0, 100, 100, 10, 900, 5);
  load.partition_step1 = 0;
  load.sbuf_step1 = -100;
  add_update(load, {0});
  auto store = transfer<isa::DmaStore>(1, 0, 0, 1000, 1, 0, 5);
  add_wait(store, {0, 1, true});
  ProgramBuilder builder(machine_.core().partitions);
  builder.add(Engine::kSync, load);
  builder.add(Engine::kSync, store);
  const Completion completion = machine_.run(builder, {window(in, 1000), window(out, 1000)});
  ASSERT_TRUE(completion.ok()) << describe(completion.fault) << " " << where();
  Bytes expected(1000);
  for (int row = 0; row < 10; ++row) {
    std::memcpy(expected.data() + 900 - row * 100, source.data() + row * 100, 100);
  }
  EXPECT_EQ(machine_.read(out, 1000), expected);
}

// ---- Faults -------------------------------------------------------------------------------------

/// A program that copies 64 bytes and takes every kind of engine; proof that a device works.
void expect_works(Machine& machine, const std::string& where) {
  Bytes source(32 * 2);
  for (std::size_t i = 0; i < 32; ++i) {
    const std::uint16_t bf16 = i % 2 == 0 ? 0x3F80 : 0x4000;  // 1, 2
    std::memcpy(source.data() + i * 2, &bf16, 2);
  }
  const DeviceAddress in = machine.place(source);
  const DeviceAddress out = machine.place(Bytes(16));
  ProgramBuilder builder(machine.core().partitions);
  auto load = transfer<isa::DmaLoad>(0, 0, 2, 2, 32, 0);
  add_update(load, {1});
  builder.add(Engine::kSync, load);
  isa::LoadStationary stationary;
  stationary.partitions = 32;
  stationary.columns = 1;
  stationary.step = 1;
  add_wait(stationary, {1, 1, true});
  builder.add(Engine::kTensor, stationary);
  isa::MultiplyMoving multiply;
  multiply.step0 = 0;
  multiply.num0 = 4;
  multiply.num1 = 1;
  add_update(multiply, {2});
  builder.add(Engine::kTensor, multiply);
  isa::TensorScalar evict;
  evict.src_space = 1;
  evict.src_dtype = static_cast<std::uint32_t>(DType::fp32);
  evict.src_step0 = 1;
  evict.num0 = 4;
  evict.num1 = 1;
  evict.dst_offset = 64;
  evict.dst_dtype = static_cast<std::uint32_t>(DType::fp32);
  evict.dst_step0 = 1;
  evict.partitions = 1;
  add_wait(evict, {2, 1, true});
  add_update(evict, {3});
  builder.add(Engine::kVector, evict);
  auto store = transfer<isa::DmaStore>(1, 0, 0, 16, 1, 64);
  add_wait(store, {3, 1, true});
  builder.add(Engine::kSync, store);
  const Completion completion =
      machine.run(builder, {window(in, 64, true, false), window(out, 16, false, true)});
  ASSERT_TRUE(completion.ok()) << describe(completion.fault) << " " << where;
  for (std::size_t i = 0; i < 4; ++i) {
    float value = 0;
    std::memcpy(&value, machine.read(out, 16).data() + i * 4, 4);
    EXPECT_EQ(value, 16 * 1.0F + 16 * 4.0F) << where;
  }
}

TEST_P(Core, AProgramThroughEveryEngine) { expect_works(machine_, where()); }

struct FaultCase {
  const char* name;
  Fault code;
  Engine engine;
  std::uint32_t instruction;
  std::uint64_t address;
  std::function<void(ProgramBuilder&, const Capabilities&)> program;
};

isa::LoadStationary good_stationary() {
  isa::LoadStationary i;
  i.partitions = 16;
  i.columns = 4;
  i.step = 1;
  return i;
}

isa::MultiplyMoving good_multiply() {
  isa::MultiplyMoving i;
  i.step0 = 1;
  i.num0 = 16;
  i.num1 = 1;
  return i;
}

isa::TensorScalar good_evict() {
  isa::TensorScalar i;
  i.src_dtype = static_cast<std::uint32_t>(DType::fp32);
  i.src_space = 1;
  i.src_step0 = 1;
  i.num0 = 8;
  i.num1 = 1;
  i.dst_dtype = static_cast<std::uint32_t>(DType::bf16);
  i.dst_step0 = 1;
  i.partitions = 16;
  return i;
}

/// All of them with slot 0: 4096 bytes readable; slot 1: 4096 bytes writable.
std::vector<FaultCase> fault_cases() {
  std::vector<FaultCase> cases;
  const auto add = [&](const char* name, Fault code, Engine engine, std::uint32_t instruction,
                       std::uint64_t address, auto program) {
    cases.push_back({name, code, engine, instruction, address, program});
  };
  const auto raw = [](Engine engine, InstructionWords words) {
    return [=](ProgramBuilder& b, const Capabilities&) {
      b.add(engine, isa::Nop{});
      b.add_words(engine, words);
    };
  };
  add("unknown opcode", Fault::kIllegalInstruction, Engine::kTensor, 1, 0,
      raw(Engine::kTensor, InstructionWords{0x7F}));
  add("opcode of another engine", Fault::kIllegalInstruction, Engine::kVector, 1, 0,
      raw(Engine::kVector, encode(good_multiply())));
  add("reserved bit", Fault::kIllegalInstruction, Engine::kSync, 1, 0, [](auto& b, const auto&) {
    InstructionWords words = encode(isa::Nop{});
    words[15] = 1u << 31;
    b.add(Engine::kSync, isa::Nop{});
    b.add_words(Engine::kSync, words);
  });
  add("unknown wait condition", Fault::kIllegalInstruction, Engine::kSync, 1, 0,
      raw(Engine::kSync, InstructionWords{2, 0xF00}));
  add("semaphore 32", Fault::kSemaphore, Engine::kVector, 1, 0,
      raw(Engine::kVector, InstructionWords{2, 32 | 1 << 8}));
  add("semaphore below zero", Fault::kSemaphore, Engine::kTensor, 0, 4, [](auto& b, const auto&) {
    isa::Nop i;
    add_update(i, {4, 1, isa::UpdateEvent::kRead, isa::UpdateOp::kSub});
    b.add(Engine::kTensor, i);
  });
  add("semaphore beyond 65535", Fault::kSemaphore, Engine::kSync, 1, 6, [](auto& b, const auto&) {
    isa::Nop i;
    add_update(i, {6, 65535});
    b.add(Engine::kSync, i);
    isa::Nop j;
    add_update(j, {6, 1});
    b.add(Engine::kSync, j);
  });
  add("stream without Halt", Fault::kFetchRange, Engine::kVector, 3, ~0ull,
      [](auto& b, const auto&) {
        b.add(Engine::kVector, isa::Nop{});
        b.add(Engine::kVector, isa::Nop{});
        isa::Branch out;
        out.target = 3;  // behind Halt
        b.add(Engine::kVector, out);
        // halt_all() would add Halt at 3: make it the last instruction already.
      });
  add("no stationary operand", Fault::kIllegalInstruction, Engine::kTensor, 0, 0,
      [](auto& b, const auto&) { b.add(Engine::kTensor, good_multiply()); });
  add("513 columns", Fault::kIllegalInstruction, Engine::kTensor, 1, 0, [](auto& b, const auto&) {
    b.add(Engine::kTensor, good_stationary());
    auto i = good_multiply();
    i.num0 = 27;
    i.num1 = 19;
    b.add(Engine::kTensor, i);
  });
  add("K of 33 from partition 32", Fault::kIllegalInstruction, Engine::kTensor, 0, 0,
      [](auto& b, const auto&) {
        auto i = good_stationary();
        i.partition_start = 32;
        i.partitions = 33;
        b.add(Engine::kTensor, i);
      });
  add("int8 with bf16", Fault::kDtype, Engine::kTensor, 1, 0, [](auto& b, const auto&) {
    auto s = good_stationary();
    s.dtype = static_cast<std::uint32_t>(DType::int8);
    b.add(Engine::kTensor, s);
    b.add(Engine::kTensor, good_multiply());
  });
  add("moving operand beyond SBUF", Fault::kSbufRange, Engine::kTensor, 1, ~0ull,
      [](auto& b, const auto& core) {
        b.add(Engine::kTensor, good_stationary());
        auto i = good_multiply();
        i.sbuf_offset = core.sbuf_bytes - 30;
        b.add(Engine::kTensor, i);
      });
  add("misaligned stationary operand", Fault::kSbufRange, Engine::kTensor, 0, 3,
      [](auto& b, const auto&) {
        auto i = good_stationary();
        i.sbuf_offset = 3;
        b.add(Engine::kTensor, i);
      });
  add("PSUM bank crossed", Fault::kPsumRange, Engine::kTensor, 1, 500, [](auto& b, const auto&) {
    b.add(Engine::kTensor, good_stationary());
    auto i = good_multiply();
    i.psum_offset = 500;
    b.add(Engine::kTensor, i);
  });
  add("PSUM bank that does not exist", Fault::kPsumRange, Engine::kTensor, 1, ~0ull,
      [](auto& b, const auto& core) {
        b.add(Engine::kTensor, good_stationary());
        auto i = good_multiply();
        i.psum_offset = core.psum_banks * 512;
        b.add(Engine::kTensor, i);
      });
  add("register takes an address beyond 24 bits", Fault::kSbufRange, Engine::kTensor, 1, 0x1000000,
      [](auto& b, const auto&) {
        b.add(Engine::kTensor, isa::SetReg{.rd = 4, .imm = 0xFFFFFE});
        auto i = good_stationary();
        i.reg_a = 4;
        i.sbuf_offset = 2;
        b.add(Engine::kTensor, i);
      });
  add("eviction to PSUM", Fault::kIllegalInstruction, Engine::kVector, 0, 0,
      [](auto& b, const auto&) {
        auto i = good_evict();
        i.dst_space = 1;
        b.add(Engine::kVector, i);
      });
  add("eviction out of a PSUM bank", Fault::kPsumRange, Engine::kVector, 0, 505,
      [](auto& b, const auto&) {
        auto i = good_evict();
        i.src_offset = 505;
        b.add(Engine::kVector, i);
      });
  add("eviction beyond SBUF", Fault::kSbufRange, Engine::kVector, 0, ~0ull,
      [](auto& b, const auto& core) {
        auto i = good_evict();
        i.dst_offset = core.sbuf_bytes - 14;
        b.add(Engine::kVector, i);
      });
  add("operand beyond SBUF", Fault::kSbufRange, Engine::kVector, 0, ~0ull,
      [](auto& b, const auto& core) {
        auto i = good_evict();
        i.op0 = 1;
        i.operand0_kind = 1;
        i.operand0 = core.sbuf_bytes;
        b.add(Engine::kVector, i);
      });
  add("transfer without rows", Fault::kIllegalInstruction, Engine::kDmaLoad, 0, 0,
      [](auto& b, const auto&) {
        b.add(Engine::kSync, transfer<isa::DmaLoad>(0, 0, 0, 64, 0, 0));
      });
  add("transfer beyond the partitions", Fault::kSbufRange, Engine::kDmaStore, 0, ~0ull,
      [](auto& b, const auto& core) {
        b.add(Engine::kSync, transfer<isa::DmaStore>(1, 0, 8, 8, 2, 0, core.partitions - 1));
      });
  add("one byte beyond the window", Fault::kClosedWindow, Engine::kDmaLoad, 1, ~0ull,
      [](auto& b, const auto&) {
        b.add(Engine::kSync, isa::Nop{});
        b.add(Engine::kSync, transfer<isa::DmaLoad>(0, 4033, 0, 64, 1, 0));
      });
  add("before the window", Fault::kClosedWindow, Engine::kDmaLoad, 0, ~0ull,
      [](auto& b, const auto&) {
        b.add(Engine::kSync, transfer<isa::DmaLoad>(0, 64, -65, 64, 2, 0));
      });
  add("highest offset", Fault::kClosedWindow, Engine::kDmaStore, 0, ~0ull,
      [](auto& b, const auto&) {
        b.add(Engine::kSync, transfer<isa::DmaStore>(1, (1ull << 40) - 32, 0, 64, 1, 0));
      });
  add("write through a readable slot", Fault::kClosedWindow, Engine::kDmaStore, 0, ~0ull,
      [](auto& b, const auto&) {
        b.add(Engine::kSync, transfer<isa::DmaStore>(0, 0, 0, 64, 1, 0));
      });
  add("read through a writable slot", Fault::kClosedWindow, Engine::kDmaLoad, 0, ~0ull,
      [](auto& b, const auto&) {
        b.add(Engine::kSync, transfer<isa::DmaLoad>(1, 0, 0, 64, 1, 0));
      });
  add("slot that was not given", Fault::kClosedWindow, Engine::kDmaLoad, 0, ~0ull,
      [](auto& b, const auto&) {
        b.add(Engine::kSync, transfer<isa::DmaLoad>(7, 0, 0, 64, 1, 0));
      });
  add("stream for ScalarE", Fault::kIllegalInstruction, Engine::kScalar, 0, 0,
      [](auto& b, const auto&) { b.add(Engine::kScalar, isa::Halt{}); });
  return cases;
}

TEST_P(Core, FaultsHaveTheirCodesAndTheNextJobIsCorrect) {
  const DeviceAddress in = machine_.place(random_bytes(rng_, 4096));
  const DeviceAddress out = machine_.place(Bytes(4096));
  for (const FaultCase& c : fault_cases()) {
    SCOPED_TRACE(std::string(c.name) + " on " + where());
    ProgramBuilder builder(machine_.core().partitions);
    c.program(builder, machine_.core());
    if (c.code != Fault::kFetchRange) {
      builder.halt_all();
      // Other engines are busy meanwhile.
      for (const Engine other : {Engine::kTensor, Engine::kVector, Engine::kSync}) {
        if (builder.size(other) == 0) {
          isa::Nop forever;
          add_wait(forever, {31, 1});
          builder.add(other, forever);
          builder.add(other, isa::Halt{});
        }
      }
    }
    const Completion completion = machine_.finish(machine_.submit(
        builder.build(), {window(in, 4096, true, false), window(out, 4096, false, true)}, 200'000));
    ASSERT_EQ(completion.status, LaunchStatus::fault);
    EXPECT_EQ(completion.fault.code, static_cast<std::uint32_t>(c.code))
        << describe(completion.fault);
    EXPECT_EQ(completion.fault.engine, static_cast<std::uint32_t>(c.engine))
        << describe(completion.fault);
    EXPECT_EQ(completion.fault.instruction, c.instruction) << describe(completion.fault);
    if (c.address != ~0ull) {
      EXPECT_EQ(completion.fault.address, c.address) << describe(completion.fault);
    }
    expect_works(machine_, where());
  }
}

TEST_P(Core, TheLastInstructionBeforeHaltIsNotForgotten) {
  // Nothing waits for it and nothing else is under way; where the image ends its page, no fetch
  // either. Its fault must still arrive before the launch is over.
  ProgramBuilder builder(machine_.core().partitions);
  isa::Memset beyond;
  beyond.num0 = 3;
  beyond.num1 = 1;
  beyond.dst_offset = machine_.core().sbuf_bytes - 4;
  beyond.dst_dtype = static_cast<std::uint32_t>(DType::fp32);
  beyond.dst_step0 = 1;
  beyond.partitions = 9;
  builder.add(Engine::kVector, beyond);
  builder.halt_all();
  const ProgramImage image = builder.build();
  const DeviceAddress pages = machine_.place(Bytes(2 * 4096 + image.bytes().size()));
  for (std::uint64_t place = 0; place < 2 * 4096; place += 64) {
    LaunchRequest request;
    request.image = pages + place;
    request.image_bytes = static_cast<std::uint32_t>(image.bytes().size());
    machine_.device().write(request.image, image.bytes());
    const Completion completion = machine_.finish(machine_.device().submit(request));
    ASSERT_EQ(completion.fault.code, static_cast<std::uint32_t>(Fault::kSbufRange))
        << "image at " << place << " " << where();
  }
}

TEST_P(Core, BusErrorsAreTypedAndTheNextJobIsCorrect) {
  const Bytes data = random_bytes(rng_, 16384);
  const DeviceAddress in = machine_.place(data);
  const DeviceAddress out = machine_.place(Bytes(16384));
  Simulation* simulation = machine_.device().simulation();
  ASSERT_NE(simulation, nullptr);
  for (const bool write : {false, true}) {
    SCOPED_TRACE(std::string(write ? "write" : "read") + " on " + where());
    InjectedError error;
    error.base = (write ? out : in) + 8192;
    error.bytes = 1;
    error.on_read = !write;
    error.on_write = write;
    simulation->inject(error);
    ProgramBuilder builder(machine_.core().partitions);
    auto load = transfer<isa::DmaLoad>(0, 0, 1024, 1024, 16, 0);
    add_update(load, {0});
    auto store = transfer<isa::DmaStore>(1, 0, 1024, 1024, 16, 0);
    add_wait(store, {0, 1, true});
    builder.add(Engine::kSync, load);
    builder.add(Engine::kSync, store);
    const Completion completion =
        machine_.run(builder, {window(in, 16384, true, false), window(out, 16384, false, true)});
    ASSERT_EQ(completion.status, LaunchStatus::fault);
    EXPECT_EQ(completion.fault.code,
              static_cast<std::uint32_t>(write ? Fault::kBusWrite : Fault::kBusRead));
    EXPECT_EQ(completion.fault.engine,
              static_cast<std::uint32_t>(write ? Engine::kDmaStore : Engine::kDmaLoad));
    EXPECT_EQ(completion.fault.instruction, write ? 1u : 0u);
    EXPECT_LE(completion.fault.address, error.base.value);
    EXPECT_GT(completion.fault.address + 1024, error.base.value);
    simulation->clear_errors();
    expect_works(machine_, where());
  }
}

TEST_P(Core, BusErrorOnAnInstruction) {
  ProgramBuilder builder(machine_.core().partitions);
  for (int i = 0; i < 100; ++i) builder.add(Engine::kVector, isa::Nop{});
  builder.halt_all();
  const ProgramImage image = builder.build();
  LaunchRequest request;
  request.image = machine_.place(Bytes(image.bytes().begin(), image.bytes().end()));
  request.image_bytes = static_cast<std::uint32_t>(image.bytes().size());
  request.watchdog_cycles = 100'000;
  InjectedError error;
  error.base = request.image + (64 + 60 * 64);
  error.bytes = 64;
  machine_.device().simulation()->inject(error);
  const Completion completion = machine_.finish(machine_.device().submit(request));
  machine_.device().simulation()->clear_errors();
  EXPECT_EQ(completion.status, LaunchStatus::fault);
  EXPECT_EQ(completion.fault.code, static_cast<std::uint32_t>(Fault::kBusRead));
  EXPECT_EQ(completion.fault.engine, static_cast<std::uint32_t>(Engine::kVector));
  expect_works(machine_, where());
}

TEST_P(Core, AWrongImageIsRefusedByTheCore) {
  // The host checks images too; this is what the core does when it did not.
  const std::uint32_t other = machine_.core().partitions == 128 ? 32 : 128;
  ProgramBuilder builder(other);
  builder.add(Engine::kSync, isa::Halt{});
  const Completion completion = machine_.finish(machine_.submit(builder.build(), {}));
  EXPECT_EQ(completion.status, LaunchStatus::fault);
  EXPECT_EQ(completion.fault.code, static_cast<std::uint32_t>(Fault::kBadImage));
  EXPECT_EQ(completion.fault.engine, static_cast<std::uint32_t>(Engine::kLauncher));
  expect_works(machine_, where());
}

TEST_P(Core, ASpinningLoopMeetsTheWatchdog) {
  ProgramBuilder builder(machine_.core().partitions);
  isa::Branch forever;
  forever.target = 0;
  builder.add(Engine::kTensor, forever);
  const Completion completion = machine_.run(builder, {}, 5'000);
  EXPECT_EQ(completion.fault.code, static_cast<std::uint32_t>(Fault::kWatchdog));
  EXPECT_THROW(throw_if_failed(completion, "spin"), Error);
  expect_works(machine_, where());
}

// ---- Profile and trace --------------------------------------------------------------------------

/// Instruction of each unit: begin and end in pairs, in order.
struct Traced {
  isa::Unit unit;
  std::uint32_t instruction;
  isa::Opcode opcode;
};

TEST_P(Core, ProfileAndTraceNameWhatEachUnitDid) {
  const DeviceAddress in = machine_.place(random_bytes(rng_, 4096));
  const DeviceAddress out = machine_.place(Bytes(4096));
  ProgramBuilder builder(machine_.core().partitions);
  builder.add(Engine::kSync, isa::SetReg{.rd = 3, .imm = 0});  // not traced
  auto load = transfer<isa::DmaLoad>(0, 0, 64, 64, 32, 0);
  add_update(load, {1});
  builder.add(Engine::kSync, load);
  builder.add(Engine::kTensor, isa::Nop{});  // the engine does not see it
  auto stationary = good_stationary();
  add_wait(stationary, {1, 1, true});
  builder.add(Engine::kTensor, stationary);
  auto multiply = good_multiply();
  add_update(multiply, {2});
  builder.add(Engine::kTensor, multiply);
  auto evict = good_evict();
  evict.dst_offset = 256;
  add_wait(evict, {2, 1, true});
  add_update(evict, {3});
  builder.add(Engine::kVector, evict);
  isa::DmaCopy copy;
  copy.row_bytes = 16;
  copy.src_offset = 256;
  copy.dst_offset = 512;
  add_wait(copy, {3, 1, true});
  add_update(copy, {4});
  builder.add(Engine::kSync, copy);
  auto store = transfer<isa::DmaStore>(1, 0, 16, 16, 16, 512);
  add_wait(store, {4, 1, true});
  builder.add(Engine::kSync, store);
  builder.halt_all();
  const ProgramImage image = builder.build();
  using isa::Unit;
  const std::vector<Traced> expected = {{Unit::kTensor, 2, isa::Opcode::kMultiplyMoving},
                                        {Unit::kVector, 0, isa::Opcode::kTensorScalar},
                                        {Unit::kSync, 1, isa::Opcode::kDmaLoad},
                                        {Unit::kSync, 2, isa::Opcode::kDmaCopy},
                                        {Unit::kSync, 3, isa::Opcode::kDmaStore},
                                        {Unit::kSync, 4, isa::Opcode::kHalt},
                                        {Unit::kDmaLoad, 1, isa::Opcode::kDmaLoad},
                                        {Unit::kDmaStore, 3, isa::Opcode::kDmaStore},
                                        {Unit::kDmaCopy, 2, isa::Opcode::kDmaCopy}};
  for (const std::uint32_t ring_bytes : {0u, 64u, 1024u}) {
    SCOPED_TRACE("ring of " + std::to_string(ring_bytes) + " on " + where());
    LaunchRequest request;
    request.image = machine_.place(Bytes(image.bytes().begin(), image.bytes().end()));
    request.image_bytes = static_cast<std::uint32_t>(image.bytes().size());
    request.slots = {window(in, 4096, true, false), window(out, 4096, false, true)};
    if (ring_bytes != 0) request.trace = machine_.place(Bytes(ring_bytes));
    request.trace_bytes = ring_bytes;
    const Completion completion = machine_.finish(machine_.device().submit(request));
    ASSERT_TRUE(completion.ok()) << describe(completion.fault);
    const LaunchCounters& c = completion.counters;
    for (std::size_t unit = 0; unit < kUnitCount; ++unit) {
      std::uint64_t sum = 0;
      for (const std::uint64_t cycles : c.profile[unit]) sum += cycles;
      EXPECT_EQ(sum, c.cycles) << isa::kUnitNames[unit].name;
      EXPECT_GT(c.profile[unit][static_cast<std::size_t>(isa::Cause::kBusy)], 0u)
          << isa::kUnitNames[unit].name;
    }
    EXPECT_EQ(c.trace_lost, 0u);
    if (ring_bytes == 0) {
      EXPECT_EQ(c.trace_events, 0u);
      continue;
    }
    ASSERT_EQ(c.trace_events, 2 * expected.size());
    auto events = decode_trace(machine_.read(request.trace, ring_bytes), c.trace_events);
    if (ring_bytes == 64) {
      EXPECT_EQ(events.size(), c.trace_events % 4 == 0 ? 4 : c.trace_events % 4);
      continue;
    }
    std::stable_sort(events.begin(), events.end(), [](const TraceEvent& a, const TraceEvent& b) {
      return a.unit != b.unit ? a.unit < b.unit : a.time < b.time;
    });
    ASSERT_EQ(events.size(), 2 * expected.size());
    std::uint64_t last_time = 0;
    for (const Traced& traced : expected) {
      for (const auto event : {isa::TraceEvent::kBegin, isa::TraceEvent::kEnd}) {
        const auto found = std::find_if(events.begin(), events.end(), [&](const TraceEvent& e) {
          return e.unit == traced.unit && e.event == event && e.instruction == traced.instruction &&
                 e.opcode == static_cast<std::uint8_t>(traced.opcode);
        });
        ASSERT_NE(found, events.end())
            << isa::kUnitNames[static_cast<std::size_t>(traced.unit)].name << " instruction "
            << traced.instruction;
        if (event == isa::TraceEvent::kEnd) {
          EXPECT_GE(found->time, last_time);
        }
        EXPECT_LE(found->time, c.cycles);
        last_time = found->time;
        events.erase(found);
      }
    }
    EXPECT_TRUE(events.empty());
  }
}

/// TensorE and the load queue wait for what never comes; SyncE and VectorE end.
ProgramBuilder deadlocked(std::uint32_t partitions) {
  ProgramBuilder builder(partitions);
  isa::Nop fed;
  add_update(fed, {1, 2});
  builder.add(Engine::kTensor, fed);
  isa::Nop wait;
  add_wait(wait, {1, 1});
  add_wait(wait, {1, 3, true, isa::WaitCondition::kEq});
  builder.add(Engine::kTensor, wait);
  builder.add(Engine::kSync, isa::Nop{});
  auto load = transfer<isa::DmaLoad>(0, 0, 0, 64, 1, 0);
  add_wait(load, {2, 5});
  builder.add(Engine::kSync, load);
  builder.add(Engine::kVector, isa::Nop{});
  return builder;
}

TEST_P(Core, ADeadlockNamesWhoWaitsForWhat) {
  const DeviceAddress in = machine_.place(Bytes(64));
  for (const std::uint64_t watchdog : {0, 100'000}) {
    const Completion completion =
        machine_.run(deadlocked(machine_.core().partitions), {window(in, 64)}, watchdog);
    FaultReport expected;
    expected.code = static_cast<std::uint32_t>(Fault::kDeadlock);
    expected.engine = static_cast<std::uint32_t>(Engine::kTensor);
    expected.instruction = 1;
    expected.address = 1;
    expected.blocked[static_cast<std::size_t>(isa::Unit::kTensor)] = {
        true, 1, 1, isa::WaitCondition::kEq, 3, 2};
    expected.blocked[static_cast<std::size_t>(isa::Unit::kDmaLoad)] = {
        true, 1, 2, isa::WaitCondition::kGe, 5, 0};
    EXPECT_EQ(completion.status, LaunchStatus::fault);
    EXPECT_EQ(completion.fault, expected) << describe(completion.fault) << " " << where();
    EXPECT_LT(completion.counters.cycles, 20'000u) << "at once, not at the watchdog";
    expect_works(machine_, where());
  }
}

TEST_P(Core, WithoutAWatchdogTheHostTimesOutAndResets) {
  ProgramBuilder builder(machine_.core().partitions);
  isa::Branch forever;
  forever.target = 0;
  builder.add(Engine::kVector, forever);
  builder.halt_all();
  const LaunchId id = machine_.submit(builder.build(), {}, 0);
  EXPECT_FALSE(machine_.device().wait(id, std::chrono::milliseconds(20)));
  machine_.device().reset();
  const auto completion = machine_.device().wait(id, std::chrono::milliseconds(20));
  ASSERT_TRUE(completion);
  EXPECT_EQ(completion->status, LaunchStatus::aborted);
  expect_works(machine_, where());
}

TEST_P(Core, LaunchesBehindAFaultAreAborted) {
  ProgramBuilder good(machine_.core().partitions);
  good.add(Engine::kSync, isa::Halt{});
  ProgramBuilder bad(machine_.core().partitions);
  bad.add_words(Engine::kSync, InstructionWords{0x7F});
  const LaunchId first = machine_.submit(good.build(), {});
  const LaunchId second = machine_.submit(bad.build(), {});
  const LaunchId third = machine_.submit(good.build(), {});
  const Completion aborted = machine_.finish(third);
  EXPECT_EQ(aborted.status, LaunchStatus::aborted);
  EXPECT_EQ(machine_.finish(second).status, LaunchStatus::fault);
  EXPECT_EQ(machine_.finish(first).status, LaunchStatus::ok);
  EXPECT_THROW(throw_if_failed(aborted, "third"), Error);
  expect_works(machine_, where());
}

}  // namespace
}  // namespace tinium
