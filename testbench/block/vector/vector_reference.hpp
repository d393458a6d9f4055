// SPDX-License-Identifier: Apache-2.0
// What TensorScalar means, element by element, and which of its rules an instruction breaks.
// Written apart from the RTL: ranges by looking at every element, not in closed form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tinium/generated/isa.hpp"

namespace tinium::testbench {

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
VectorFault judge(const isa::TensorScalar& instruction, const VectorMemories& memories);

/// Executes a legal instruction.
void execute(const isa::TensorScalar& instruction, VectorMemories& memories);

/// Byte addresses (in one partition) of the destination, element by element, size by size.
std::vector<std::size_t> destination_bytes(const isa::TensorScalar& instruction);

/// The sixteen words of an instruction.
std::vector<std::uint32_t> encode(const isa::TensorScalar& instruction);

}  // namespace tinium::testbench
