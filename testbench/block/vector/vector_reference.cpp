// SPDX-License-Identifier: Apache-2.0
#include "vector_reference.hpp"

#include <cstring>

#include "tinium/dtype.hpp"
#include "tinium/numerics.hpp"

namespace tinium::testbench {
namespace {

using isa::Fault;
using numerics::VectorOp;

bool in_psum(std::uint32_t space) { return space == static_cast<std::uint32_t>(isa::Space::kPsum); }

VectorFault fault(Fault code, std::uint64_t address = 0) {
  return {static_cast<std::uint32_t>(code), address};
}

VectorOp op_of(std::uint32_t code) { return static_cast<VectorOp>(code); }
DType dtype_of(std::uint32_t code) { return static_cast<DType>(code); }

/// One access pattern of an instruction.
struct Pattern {
  std::int64_t offset;
  std::int64_t step0;
  std::int64_t step1;
  std::uint32_t num0;
  std::uint32_t num1;
  std::int64_t size;
  bool psum;

  /// Byte (PSUM: word) of an element.
  std::int64_t at(std::uint32_t i0, std::uint32_t i1) const {
    return offset + (step0 * i0 + step1 * i1) * (psum ? 1 : size);
  }
  template <typename Check>
  bool every(Check&& check) const {
    for (std::uint32_t i1 = 0; i1 < num1; ++i1) {
      for (std::uint32_t i0 = 0; i0 < num0; ++i0) {
        if (!check(at(i0, i1))) return false;
      }
    }
    return true;
  }
  bool fits(const VectorMemories& memories) const {
    if (!psum) {
      return every([&](std::int64_t byte) {
        return byte >= 0 && byte % size == 0 &&
               byte + size <= static_cast<std::int64_t>(memories.sbuf_bytes);
      });
    }
    const std::int64_t bank = offset / isa::kPsumBankElements;
    return bank < static_cast<std::int64_t>(memories.psum_banks) && every([&](std::int64_t word) {
             return word >= 0 && word / isa::kPsumBankElements == bank;
           });
  }
};

std::int64_t element_size(std::uint32_t dtype) {
  return static_cast<std::int64_t>(size_of(dtype_of(dtype)));
}

Pattern source(const VectorInstruction& i) {
  return {i.src_offset,        i.src_step0, i.src_step1, i.num0, i.num1, element_size(i.src_dtype),
          in_psum(i.src_space)};
}
Pattern source1(const VectorInstruction& i) {
  return {
      i.src1_offset,        i.src1_step0, i.src1_step1, i.num0, i.num1, element_size(i.src1_dtype),
      in_psum(i.src1_space)};
}
Pattern destination(const VectorInstruction& i) {
  return {i.dst_offset, i.is_reduce() ? 0 : i.dst_step0, i.dst_step1, i.is_reduce() ? 1 : i.num0,
          i.num1,       element_size(i.dst_dtype),       false};
}

bool partition_rule(std::uint32_t start, std::uint32_t count) {
  if (count < 1 || count > 128) return false;
  if (count > 64) return start == 0;
  if (count > 32) return start == 0 || start == 64;
  return start == 0 || start == 32 || start == 64 || start == 96;
}

bool operators_stand_together(const VectorInstruction& i) {
  if (i.is_fill()) return true;
  if (i.is_reduce()) {
    return numerics::is_reduction(op_of(i.op0)) &&
           !(numerics::is_bitwise(op_of(i.op0)) && i.negate != 0);
  }
  if (i.is_pair() && numerics::is_unary(op_of(i.op1))) return false;
  const bool bitwise = numerics::is_bitwise(op_of(i.op0)) || numerics::is_bitwise(op_of(i.op1));
  if (!bitwise) return true;
  for (const std::uint32_t op : {i.op0, i.op1}) {
    if (op != 0 && !numerics::is_bitwise(op_of(op))) return false;
  }
  return i.relu == 0;
}

bool dtypes_ok(const VectorInstruction& i) {
  if (i.is_fill()) return true;
  const bool bitwise =
      numerics::is_bitwise(op_of(i.op0)) || (!i.is_reduce() && numerics::is_bitwise(op_of(i.op1)));
  return !bitwise || (is_integer(dtype_of(i.src_dtype)) && is_integer(dtype_of(i.dst_dtype)) &&
                      (!i.is_pair() || is_integer(dtype_of(i.src1_dtype))));
}

}  // namespace

VectorFault judge(const VectorInstruction& i, const VectorMemories& memories) {
  constexpr std::uint32_t kOps = numerics::kVectorOpCount;
  const std::uint64_t count = std::uint64_t{i.num0} * i.num1;
  const bool known = i.is_scalar() || i.is_pair() || i.is_fill() || i.is_reduce();
  if (!known || in_psum(i.dst_space) || i.dst_dtype > 7 ||
      (!i.is_fill() && (i.src_dtype > 7 || i.op0 >= kOps)) ||
      ((i.is_scalar() || i.is_pair()) && i.op1 >= kOps) ||
      (i.is_pair() && (i.src1_dtype > 7 || (in_psum(i.src_space) && in_psum(i.src1_space)))) ||
      count == 0 || count > 65535 || !partition_rule(i.partition_start, i.partitions) ||
      !operators_stand_together(i)) {
    return fault(Fault::kIllegalInstruction);
  }
  if (!dtypes_ok(i)) return fault(Fault::kDtype);
  if (i.partition_start + i.partitions > memories.partitions) {
    return fault(Fault::kSbufRange, i.dst_offset);
  }
  if (!i.is_fill() && !source(i).fits(memories)) {
    return fault(in_psum(i.src_space) ? Fault::kPsumRange : Fault::kSbufRange, i.src_offset);
  }
  if (i.is_pair() && !source1(i).fits(memories)) {
    return fault(in_psum(i.src1_space) ? Fault::kPsumRange : Fault::kSbufRange, i.src1_offset);
  }
  if (!destination(i).fits(memories)) return fault(Fault::kSbufRange, i.dst_offset);
  const auto operand_bad = [&](std::uint32_t kind, std::uint32_t offset) {
    return kind == 1 && (offset % 4 != 0 || std::uint64_t{offset} + 4 > memories.sbuf_bytes);
  };
  if ((i.is_scalar() || i.is_pair()) && operand_bad(i.operand0_kind, i.operand0)) {
    return fault(Fault::kSbufRange, i.operand0);
  }
  if (i.is_scalar() && operand_bad(i.operand1_kind, i.operand1)) {
    return fault(Fault::kSbufRange, i.operand1);
  }
  return {};
}

bool reads_operand(const VectorInstruction& i, int which) {
  if (which == 0) {
    return (i.is_scalar() || i.is_pair()) && i.operand0_kind != 0 &&
           !numerics::is_unary(op_of(i.op0));
  }
  return i.is_scalar() && i.operand1_kind != 0 && !numerics::is_unary(op_of(i.op1));
}

std::uint64_t source_reads(const VectorInstruction& i, int which) {
  const Pattern from = which == 0 ? source(i) : source1(i);
  std::uint64_t reads = 0;
  std::int64_t word = -1;
  from.every([&](std::int64_t at) {
    if (from.psum || at / 8 != word) ++reads;
    word = at / 8;
    return true;
  });
  return reads;
}

void execute(const VectorInstruction& i, VectorMemories& memories) {
  const Pattern from = source(i);
  const Pattern from1 = source1(i);
  const Pattern to = destination(i);
  for (std::uint32_t p = i.partition_start; p < i.partition_start + i.partitions; ++p) {
    std::uint8_t* sbuf = memories.sbuf.data() + p * memories.sbuf_bytes;
    const std::uint32_t* psum = memories.psum.data() + p * memories.psum_words();
    const auto load = [&](const Pattern& pattern, std::uint32_t i0, std::uint32_t i1) {
      const std::int64_t at = pattern.at(i0, i1);
      if (pattern.psum) return psum[at];
      std::uint32_t element = 0;
      std::memcpy(&element, sbuf + at, static_cast<std::size_t>(pattern.size));
      return element;
    };
    const auto store = [&](std::uint32_t i0, std::uint32_t i1, std::uint32_t element) {
      std::memcpy(sbuf + to.at(i0, i1), &element, static_cast<std::size_t>(to.size));
    };
    const auto operand = [&](int which, std::uint32_t word) {
      if (reads_operand(i, which)) std::memcpy(&word, sbuf + word, 4);
      return word;
    };
    const std::uint32_t s0 = operand(0, i.operand0);
    const std::uint32_t s1 = operand(1, i.operand1);
    for (std::uint32_t i1 = 0; i1 < i.num1; ++i1) {
      if (i.is_reduce()) {
        std::vector<std::uint32_t> elements(i.num0);
        for (std::uint32_t i0 = 0; i0 < i.num0; ++i0) elements[i0] = load(from, i0, i1);
        const numerics::TensorReduceRule rule{op_of(i.op0), i.negate != 0, dtype_of(i.src_dtype),
                                              dtype_of(i.dst_dtype)};
        store(0, i1, numerics::tensor_reduce(rule, elements));
        continue;
      }
      for (std::uint32_t i0 = 0; i0 < i.num0; ++i0) {
        std::uint32_t y;
        if (i.is_fill()) {
          y = numerics::memset_element(dtype_of(i.dst_dtype), i.operand0);
        } else if (i.is_pair()) {
          const numerics::TensorTensorRule rule{
              op_of(i.op0), op_of(i.op1),          i.reverse0 != 0,        i.reverse1 != 0,
              i.relu != 0,  dtype_of(i.src_dtype), dtype_of(i.src1_dtype), dtype_of(i.dst_dtype)};
          y = numerics::tensor_tensor(rule, load(from, i0, i1), s0, load(from1, i0, i1));
        } else {
          const numerics::TensorScalarRule rule{
              op_of(i.op0), op_of(i.op1),          i.reverse0 != 0,      i.reverse1 != 0,
              i.relu != 0,  dtype_of(i.src_dtype), dtype_of(i.dst_dtype)};
          y = numerics::tensor_scalar(rule, load(from, i0, i1), s0, s1);
        }
        store(i0, i1, y);
      }
    }
  }
}

std::vector<std::size_t> destination_bytes(const VectorInstruction& i) {
  std::vector<std::size_t> bytes;
  const Pattern to = destination(i);
  to.every([&](std::int64_t byte) {
    for (std::int64_t b = 0; b < to.size; ++b) bytes.push_back(static_cast<std::size_t>(byte + b));
    return true;
  });
  return bytes;
}

namespace {

template <typename Instruction, std::size_t kFields>
std::vector<std::uint32_t> to_words(const Instruction& instruction,
                                    const std::array<isa::Field, kFields>& fields) {
  std::vector<std::uint32_t> words(isa::kInstructionWords, 0);
  const auto field_values = values(instruction);
  for (std::size_t f = 0; f < field_values.size(); ++f) {
    const isa::Field& field = fields[f];
    const std::uint64_t mask = (std::uint64_t{1} << field.width) - 1;
    words[field.word] |= static_cast<std::uint32_t>((field_values[f] & mask) << field.lsb);
  }
  return words;
}

/// Fields that every instruction of VectorE has.
template <typename Instruction>
Instruction common(const VectorInstruction& i) {
  Instruction r;
  r.opcode = i.opcode;
  r.update0_sem = i.update0_sem;
  r.update0_op = i.update0_op;
  r.update0_event = i.update0_event;
  r.update0_value = i.update0_value;
  r.update1_sem = i.update1_sem;
  r.update1_op = i.update1_op;
  r.update1_event = i.update1_event;
  r.update1_value = i.update1_value;
  r.num0 = i.num0;
  r.num1 = i.num1;
  r.dst_offset = i.dst_offset;
  r.dst_space = i.dst_space;
  r.dst_dtype = i.dst_dtype;
  r.dst_step1 = i.dst_step1;
  r.partition_start = i.partition_start;
  r.partitions = i.partitions;
  return r;
}

template <typename Instruction>
void add_source(const VectorInstruction& i, Instruction& r) {
  r.src_offset = i.src_offset;
  r.src_space = i.src_space;
  r.src_dtype = i.src_dtype;
  r.src_step0 = i.src_step0;
  r.src_step1 = i.src_step1;
}

template <typename Instruction>
void add_operators(const VectorInstruction& i, Instruction& r) {
  r.dst_step0 = i.dst_step0;
  r.op0 = i.op0;
  r.op1 = i.op1;
  r.operand0_kind = i.operand0_kind;
  r.relu = i.relu;
  r.reverse0 = i.reverse0;
  r.reverse1 = i.reverse1;
  r.operand0 = i.operand0;
}

}  // namespace

std::vector<std::uint32_t> encode(const VectorInstruction& i) {
  if (i.is_pair()) {
    auto r = common<isa::TensorTensor>(i);
    add_source(i, r);
    add_operators(i, r);
    r.src1_offset = i.src1_offset;
    r.src1_space = i.src1_space;
    r.src1_dtype = i.src1_dtype;
    r.src1_step0 = i.src1_step0;
    r.src1_step1 = i.src1_step1;
    return to_words(r, isa::kTensorTensorFields);
  }
  if (i.is_fill()) {
    auto r = common<isa::Memset>(i);
    r.dst_step0 = i.dst_step0;
    r.value = i.operand0;
    return to_words(r, isa::kMemsetFields);
  }
  if (i.is_reduce()) {
    auto r = common<isa::TensorReduce>(i);
    add_source(i, r);
    r.op = i.op0;
    r.negate = i.negate;
    return to_words(r, isa::kTensorReduceFields);
  }
  auto r = common<isa::TensorScalar>(i);
  add_source(i, r);
  add_operators(i, r);
  r.operand1_kind = i.operand1_kind;
  r.operand1 = i.operand1;
  return to_words(r, isa::kTensorScalarFields);
}

}  // namespace tinium::testbench
