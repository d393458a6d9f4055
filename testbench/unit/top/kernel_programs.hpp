// SPDX-License-Identifier: Apache-2.0
// Instructions, small programs and expectations of the launch tests.
#pragma once

#include "kernel_bench.hpp"

namespace tinium::testbench {

using isa::Engine;
using isa::Fault;
using isa::Status;

constexpr std::uint32_t code(Fault fault) { return static_cast<std::uint32_t>(fault); }
constexpr std::uint32_t code(Engine engine) { return static_cast<std::uint32_t>(engine); }
constexpr std::uint32_t code(Status status) { return static_cast<std::uint32_t>(status); }

inline InstructionWords halt() { return encode(isa::Halt{}); }

inline InstructionWords nop_update(std::uint32_t sem, std::uint32_t value,
                                   isa::UpdateOp op = isa::UpdateOp::kAdd) {
  isa::Nop i;
  i.update0_sem = sem;
  i.update0_op = static_cast<std::uint32_t>(op);
  i.update0_value = value;
  return encode(i);
}

inline InstructionWords nop_wait(std::uint32_t sem, std::uint32_t value, bool consume) {
  isa::Nop i;
  i.wait0_sem = sem;
  i.wait0_cond = static_cast<std::uint32_t>(isa::WaitCondition::kGe);
  i.wait0_consume = consume ? 1 : 0;
  i.wait0_value = value;
  return encode(i);
}

inline InstructionWords set_reg(std::uint32_t rd, std::uint32_t imm) {
  isa::SetReg i;
  i.rd = rd;
  i.imm = imm;
  return encode(i);
}

inline InstructionWords add_reg(std::uint32_t rd, std::uint32_t rs, std::uint32_t imm) {
  isa::AddReg i;
  i.rd = rd;
  i.rs = rs;
  i.imm = imm;
  return encode(i);
}

inline InstructionWords branch_if(isa::Compare cond, std::uint32_t rs, std::uint32_t imm,
                                  std::uint32_t target) {
  isa::Branch i;
  i.cond = static_cast<std::uint32_t>(cond);
  i.rs = rs;
  i.imm = imm;
  i.target = target;
  return encode(i);
}

inline InstructionWords forever() { return branch_if(isa::Compare::kEq, 0, 0, 0); }

inline InstructionWords illegal() {
  InstructionWords words{};
  words[0] = 0xEE;
  return words;
}

/// `rows` rows of `bytes` between DRAM and SBUF, semaphore 30 up when complete.
template <typename Dma>
inline InstructionWords dma(std::uint32_t slot, std::uint32_t bytes, std::uint32_t rows,
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

inline Streams halts() { return {{halt()}, {halt()}, {halt()}}; }

/// Streams that meet: SyncE hands a token around `rounds` times.
inline Streams token_ring(std::uint32_t rounds) {
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

inline void expect_ok(const Completion& c, std::uint32_t id = 1) {
  EXPECT_EQ(c.magic, CompletionRecord::kMagic);
  EXPECT_EQ(c.version, isa::kMapVersion);
  EXPECT_EQ(c.id, id);
  EXPECT_EQ(c.status, code(Status::kOk))
      << "fault " << c.code << " of engine " << c.engine << " instruction " << c.instruction;
  EXPECT_EQ(c.code, 0U);
  EXPECT_EQ(c.config, 1U);
  EXPECT_GT(c.cycles, 0U);
}

inline void expect_fault(const Completion& c, Fault fault, Engine engine, std::uint32_t instruction,
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

inline void expect_registers(KernelBench& kernel, Fault fault, Engine engine,
                             std::uint32_t instruction) {
  EXPECT_EQ(kernel.read_register(registers::kFault), code(fault) | code(engine) << 8);
  EXPECT_EQ(kernel.read_register(registers::kFaultInstruction), instruction);
}

}  // namespace tinium::testbench
