// SPDX-License-Identifier: Apache-2.0

#include "fuzz/footprint.hpp"

#include <array>
#include <cstring>

#include "tinium/dtype.hpp"
#include "tinium/generated/records.hpp"

namespace tinium::fuzz {
namespace {

std::uint32_t word_at(std::span<const std::byte> bytes, std::size_t offset) {
  std::uint32_t value = 0;
  if (offset + 4 <= bytes.size()) std::memcpy(&value, bytes.data() + offset, 4);
  return value;
}

bool taken(const isa::Branch& i, const std::array<std::uint32_t, 16>& registers) {
  const std::uint32_t left = registers[i.rs];
  const std::uint32_t right = registers[i.rt] + i.imm;
  switch (static_cast<isa::Compare>(i.cond)) {
    case isa::Compare::kEq:
      return left == right;
    case isa::Compare::kNe:
      return left != right;
    case isa::Compare::kLtu:
      return left < right;
    case isa::Compare::kGeu:
      return left >= right;
  }
  return false;
}

void walk_stream(std::span<const std::byte> image, isa::Engine engine, std::uint32_t offset,
                 std::uint32_t count, const std::function<void(const Executed&)>& visit,
                 std::uint32_t limit) {
  std::array<std::uint32_t, 16> registers{};
  std::optional<isa::LoadStationary> stationary;
  std::uint32_t pc = 0;
  for (std::uint32_t steps = 0; pc < count && steps < limit; ++steps) {
    const std::size_t at = offset + std::size_t{pc} * isa::kInstructionBytes;
    if (at + isa::kInstructionBytes > image.size()) return;
    Executed now;
    now.stream = engine;
    now.index = pc;
    std::memcpy(now.words.data(), image.data() + at, isa::kInstructionBytes);
    const auto* info = find_instruction(static_cast<std::uint8_t>(now.words[0] & 0xFFu));
    if (info == nullptr || (info->engines & 1u << static_cast<unsigned>(engine)) == 0) return;
    const auto common = isa::decode_nop(now.words);
    now.register_a = registers[common.reg_a];
    now.register_b = registers[common.reg_b];
    now.stationary = stationary;
    visit(now);
    ++pc;
    switch (static_cast<isa::Opcode>(common.opcode)) {
      case isa::Opcode::kHalt:
        return;
      case isa::Opcode::kSetReg: {
        const auto i = isa::decode_set_reg(now.words);
        if (i.rd != 0) registers[i.rd] = i.imm;
        break;
      }
      case isa::Opcode::kAddReg: {
        const auto i = isa::decode_add_reg(now.words);
        const std::uint32_t sum = registers[i.rs] + registers[i.rt] + i.imm;
        if (i.rd != 0) registers[i.rd] = sum;
        break;
      }
      case isa::Opcode::kBranch: {
        const auto i = isa::decode_branch(now.words);
        if (taken(i, registers)) pc = i.target;
        break;
      }
      case isa::Opcode::kLoadStationary:
        stationary = isa::decode_load_stationary(now.words);
        break;
      default:
        break;
    }
  }
}

std::string dtype(std::uint32_t code) {
  return code < kDTypeCount ? std::string(name(static_cast<DType>(code))) : "?";
}

std::string op_name(std::uint32_t code) {
  for (const auto& entry : isa::kAluOpNames) {
    if (entry.code == code) return std::string(entry.name);
  }
  return "?";
}

}  // namespace

void walk(std::span<const std::byte> image, const std::function<void(const Executed&)>& visit,
          std::uint32_t limit) {
  using Header = records::ImageHeader;
  for (const auto& [engine, word] : {std::pair{isa::Engine::kTensor, Header::kTensorOffsetWord},
                                     std::pair{isa::Engine::kVector, Header::kVectorOffsetWord},
                                     std::pair{isa::Engine::kSync, Header::kSyncOffsetWord}}) {
    walk_stream(image, engine, word_at(image, word * 4), word_at(image, (word + 1) * 4), visit,
                limit);
  }
}

std::vector<schedule::Box> written_by(std::span<const std::byte> image) {
  std::vector<schedule::Box> boxes;
  walk(image, [&](const Executed& e) {
    const auto all = schedule::accesses_of(e.words, e.stationary, e.register_a, e.register_b);
    boxes.insert(boxes.end(), all.writes.begin(), all.writes.end());
  });
  return boxes;
}

void Coverage::add(std::span<const std::byte> image) {
  walk(image, [&](const Executed& e) {
    const auto opcode = static_cast<isa::Opcode>(e.words[0] & 0xFFu);
    const std::string base(find_instruction(static_cast<std::uint8_t>(e.words[0]))->name);
    const auto count = [&](const std::string& what) { ++counts_[what]; };
    const auto i = isa::decode_nop(e.words);
    count(base);
    if (i.reg_a != 0 || i.reg_b != 0) count("address register " + base);
    const auto wait = [&](std::uint32_t condition, std::uint32_t consume) {
      if (condition == 0) return;
      count(std::string("wait ") + (condition == 1 ? "ge" : "eq") +
            (consume != 0 ? " consume" : ""));
    };
    wait(i.wait0_cond, i.wait0_consume);
    wait(i.wait1_cond, i.wait1_consume);
    const auto update = [&](std::uint32_t op, std::uint32_t event) {
      constexpr std::array<const char*, 4> kOps = {"none", "add", "sub", "set"};
      if (op == 0) return;
      count(std::string("update ") + kOps[op % 4] + (event == 0 ? " read" : " complete"));
    };
    update(i.update0_op, i.update0_event);
    update(i.update1_op, i.update1_event);
    switch (opcode) {
      case isa::Opcode::kMultiplyMoving: {
        const auto m = isa::decode_multiply_moving(e.words);
        if (!e.stationary) break;
        count(base + " " + dtype(e.stationary->dtype) + "x" + dtype(m.dtype));
        if (m.piece_pair != 0) count(base + " piece_pair " + std::to_string(m.piece_pair));
        break;
      }
      case isa::Opcode::kTranspose:
        if (e.stationary) count(base + " " + dtype(e.stationary->dtype));
        break;
      case isa::Opcode::kTensorScalar: {
        const auto v = isa::decode_tensor_scalar(e.words);
        count(base + " " + (v.src_space != 0 ? "psum " : "sbuf ") + dtype(v.src_dtype) + ">" +
              dtype(v.dst_dtype));
        count("op " + op_name(v.op0));
        count("op " + op_name(v.op1));
        break;
      }
      case isa::Opcode::kTensorTensor: {
        const auto v = isa::decode_tensor_tensor(e.words);
        count(base + " " + dtype(v.src_dtype) + "," + dtype(v.src1_dtype) + ">" +
              dtype(v.dst_dtype));
        count("op " + op_name(v.op0));
        count("op " + op_name(v.op1));
        break;
      }
      case isa::Opcode::kTensorReduce: {
        const auto v = isa::decode_tensor_reduce(e.words);
        count(base + " " + dtype(v.src_dtype) + ">" + dtype(v.dst_dtype));
        count("reduce " + op_name(v.op));
        break;
      }
      case isa::Opcode::kMemset:
        count(base + " " + dtype(isa::decode_memset(e.words).dst_dtype));
        break;
      case isa::Opcode::kDmaLoad: {
        const auto d = isa::decode_dma_load(e.words);
        if (d.transpose != 0) count(base + " transpose " + std::to_string(1 << d.element_log2));
        break;
      }
      default:
        break;
    }
  });
}

void Coverage::merge(const Coverage& other) {
  for (const auto& [what, count] : other.counts_) counts_[what] += count;
}

}  // namespace tinium::fuzz
