// SPDX-License-Identifier: Apache-2.0
//
// What instructions read and write, and who executes them.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tinium/program.hpp"

namespace tinium::schedule {

/// Units in the numbering of isa::Unit; SyncE only issues and synchronises.
using isa::Unit;
inline constexpr std::size_t kUnits = 6;
constexpr std::size_t index_of(Unit unit) { return static_cast<std::size_t>(unit); }
constexpr bool is_queue(Unit unit) { return unit >= Unit::kDmaLoad; }
std::string name_of(Unit unit);

enum class Memory : std::uint8_t { sbuf, psum, dram };

/// A rectangle of bytes: [low, high) of each partition in [first, last). DRAM has one partition.
struct Box {
  Memory memory = Memory::sbuf;
  std::uint8_t slot = 0;
  std::int64_t first = 0, last = 1;
  std::int64_t low = 0, high = 0;
};
std::optional<Box> overlap(const Box& a, const Box& b);
std::string describe(const Box& box);

struct Accesses {
  std::vector<Box> reads;
  std::vector<Box> writes;
};

/// The first overlap of two instructions of which at least one writes.
std::optional<Box> conflict(const Accesses& a, const Accesses& b);

/// What an instruction of a unit touches, with addresses as in its fields (plus `register_a` and
/// `register_b`). MultiplyMoving and Transpose: without the stationary operand but with its shape.
Accesses accesses_of(const InstructionWords& words,
                     const std::optional<isa::LoadStationary>& stationary,
                     std::uint64_t register_a = 0, std::uint64_t register_b = 0);

/// The unit that executes an instruction: for DMA its queue, for control that of the stream.
Unit unit_of(isa::Opcode opcode, isa::Engine stream);

constexpr isa::Opcode opcode_of(const InstructionWords& words) {
  return static_cast<isa::Opcode>(words[0] & 0xFFu);
}
/// MultiplyMoving and Transpose.
constexpr bool uses_stationary(isa::Opcode opcode) {
  return opcode == isa::Opcode::kMultiplyMoving || opcode == isa::Opcode::kTranspose;
}
/// Events of these come at issue.
constexpr bool at_issue(isa::Opcode opcode) { return opcode <= isa::Opcode::kLoadStationary; }

}  // namespace tinium::schedule
