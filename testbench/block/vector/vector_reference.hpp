// SPDX-License-Identifier: Apache-2.0
// What VectorE's instructions mean, element by element, and which of their rules one breaks.
// Written apart from the RTL: ranges by looking at every element, not in closed form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tinium/generated/isa.hpp"

namespace tinium::testbench {

/// Any instruction of VectorE: the fields of all four, by the names of isa.yaml. encode() writes
/// those that `opcode` has.
struct VectorInstruction {
  std::uint32_t opcode = static_cast<std::uint32_t>(isa::Opcode::kTensorScalar);
  std::uint32_t update0_sem = 0, update0_op = 0, update0_event = 0, update0_value = 0;
  std::uint32_t update1_sem = 0, update1_op = 0, update1_event = 0, update1_value = 0;
  std::uint32_t src_offset = 0, src_space = 0, src_dtype = 0;
  std::int32_t src_step0 = 0, src_step1 = 0;
  std::uint32_t num0 = 0, num1 = 0;
  std::uint32_t dst_offset = 0, dst_space = 0, dst_dtype = 0;
  std::int32_t dst_step0 = 0, dst_step1 = 0;
  std::uint32_t partition_start = 0, partitions = 0;
  std::uint32_t op0 = 0, op1 = 0;  ///< op0 is TensorReduce's op
  std::uint32_t operand0_kind = 0, operand1_kind = 0;
  std::uint32_t relu = 0, reverse0 = 0, reverse1 = 0, negate = 0;
  std::uint32_t operand0 = 0, operand1 = 0;  ///< operand0 is Memset's value
  std::uint32_t src1_offset = 0, src1_space = 0, src1_dtype = 0;
  std::int32_t src1_step0 = 0, src1_step1 = 0;

  bool is(isa::Opcode code) const { return opcode == static_cast<std::uint32_t>(code); }
  bool is_pair() const { return is(isa::Opcode::kTensorTensor); }
  bool is_fill() const { return is(isa::Opcode::kMemset); }
  bool is_reduce() const { return is(isa::Opcode::kTensorReduce); }
  bool is_scalar() const { return is(isa::Opcode::kTensorScalar); }
};

/// The memories that VectorE sees.
struct VectorMemories {
  std::size_t partitions = 0;
  std::size_t sbuf_bytes = 0;  ///< per partition
  std::size_t psum_banks = 0;
  std::vector<std::uint8_t> sbuf;   ///< [partition][byte]
  std::vector<std::uint32_t> psum;  ///< [partition][word]

  std::size_t psum_words() const { return psum_banks * isa::kPsumBankElements; }
};

/// A broken rule: fault code (0: none) and address.
struct VectorFault {
  std::uint32_t code = 0;
  std::uint64_t address = 0;

  friend bool operator==(const VectorFault&, const VectorFault&) = default;
};

/// The rule that VectorE must report.
VectorFault judge(const VectorInstruction& instruction, const VectorMemories& memories);

/// Executes a legal instruction.
void execute(const VectorInstruction& instruction, VectorMemories& memories);

/// Whether operand0 or operand1 is read from SBUF, for each group of partitions.
bool reads_operand(const VectorInstruction& instruction, int which);

/// Reads of one group of partitions for source 0 or 1: an SBUF word is not read twice in a row.
std::uint64_t source_reads(const VectorInstruction& instruction, int which);

/// Byte addresses (in one partition) of the destination, element by element, size by size.
std::vector<std::size_t> destination_bytes(const VectorInstruction& instruction);

/// The sixteen words of an instruction.
std::vector<std::uint32_t> encode(const VectorInstruction& instruction);

}  // namespace tinium::testbench
