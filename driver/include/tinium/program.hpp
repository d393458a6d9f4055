// SPDX-License-Identifier: Apache-2.0
//
// Programs: streams of instructions, the image that carries them to the core, and their text form.
// The instructions themselves are the structs of generated/isa.hpp, one field per field of
// rtl/spec/isa.yaml; this page encodes, collects, serialises and checks them.
//
// Images are values; functions may be called by any thread; a ProgramBuilder belongs to one at a
// time. Everything that does not fit throws Error(invalid_argument) unless said otherwise.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tinium/error.hpp"
#include "tinium/generated/isa.hpp"

namespace tinium {

/// One encoded instruction: 64 bytes as sixteen little-endian words.
using InstructionWords = std::array<std::uint32_t, isa::kInstructionWords>;

/// Packs field values (in the order of the table) into words. Throws Error(invalid_argument) naming
/// the field and the value when one does not fit its width.
InstructionWords encode_fields(const isa::InstructionInfo& info,
                               std::span<const std::uint64_t> values);

/// Encodes a typed instruction, e.g. encode(isa::LoadStationary{...}).
template <typename Instruction>
InstructionWords encode(const Instruction& instruction) {
  const auto values = isa::values(instruction);
  return encode_fields(isa::info(instruction), values);
}

/// The instruction with this opcode, or null.
const isa::InstructionInfo* find_instruction(std::uint8_t opcode);
/// The value of a field; signed fields are sign-extended to 64 bits.
std::uint64_t extract_field(const isa::Field& field, const InstructionWords& words);
/// True when a bit is set that no field of this opcode names (all bits for an unknown opcode).
bool has_reserved_bits(const InstructionWords& words);

/// A condition for the issue of an instruction.
struct Wait {
  std::uint32_t semaphore = 0;
  std::uint32_t value = 1;
  bool consume = false;  ///< subtract `value` when met; the semaphore then has one waiter
  isa::WaitCondition condition = isa::WaitCondition::kGe;
};

/// A change of a semaphore by an instruction.
struct Update {
  std::uint32_t semaphore = 0;
  std::uint32_t value = 1;
  isa::UpdateEvent event = isa::UpdateEvent::kComplete;
  isa::UpdateOp op = isa::UpdateOp::kAdd;
};

/// Puts a wait into the first free wait of an instruction; throws Error(invalid_argument) when both
/// are taken.
template <typename Instruction>
void add_wait(Instruction& instruction, const Wait& wait) {
  const auto condition = static_cast<std::uint32_t>(wait.condition);
  if (instruction.wait0_cond == 0) {
    instruction.wait0_sem = wait.semaphore;
    instruction.wait0_cond = condition;
    instruction.wait0_consume = wait.consume;
    instruction.wait0_value = wait.value;
  } else if (instruction.wait1_cond == 0) {
    instruction.wait1_sem = wait.semaphore;
    instruction.wait1_cond = condition;
    instruction.wait1_consume = wait.consume;
    instruction.wait1_value = wait.value;
  } else {
    throw Error(ErrorCode::invalid_argument, "program::add_wait", "an instruction has two waits");
  }
}

/// Puts an update into the first free update of an instruction; throws as add_wait().
template <typename Instruction>
void add_update(Instruction& instruction, const Update& update) {
  const auto op = static_cast<std::uint32_t>(update.op);
  const auto event = static_cast<std::uint32_t>(update.event);
  if (instruction.update0_op == 0) {
    instruction.update0_sem = update.semaphore;
    instruction.update0_op = op;
    instruction.update0_event = event;
    instruction.update0_value = update.value;
  } else if (instruction.update1_op == 0) {
    instruction.update1_sem = update.semaphore;
    instruction.update1_op = op;
    instruction.update1_event = event;
    instruction.update1_value = update.value;
  } else {
    throw Error(ErrorCode::invalid_argument, "program::add_update",
                "an instruction has two updates");
  }
}

/// Number of engines that may have a stream of their own (codes 0 to 4).
inline constexpr std::size_t kStreamCount = 5;

/// A program in the form that the core reads: header, stream of SyncE, the other streams.
/// Always well formed: magic, version, length, CRC and stream ranges have been checked.
class ProgramImage {
 public:
  /// Reads an image. Throws Error naming the rule and the value:
  /// truncated (shorter than a header or than its own length), corrupt_image (magic, CRC, stream
  /// outside the image), version_mismatch (another major version).
  static ProgramImage parse(std::span<const std::byte> bytes);

  /// Reads an image that was built for a core of `partitions`; another P is a version_mismatch.
  static ProgramImage parse(std::span<const std::byte> bytes, std::uint32_t partitions);

  std::span<const std::byte> bytes() const { return bytes_; }
  std::uint32_t partitions() const { return partitions_; }
  std::uint32_t map_version() const { return map_version_; }
  /// The stream of an engine; empty when it has none.
  std::span<const InstructionWords> stream(isa::Engine engine) const {
    return streams_[static_cast<std::size_t>(engine)];
  }

 private:
  friend class ProgramBuilder;
  ProgramImage() = default;

  std::vector<std::byte> bytes_;
  std::uint32_t partitions_ = 0;
  std::uint32_t map_version_ = 0;
  std::array<std::vector<InstructionWords>, kStreamCount> streams_;
};

/// Collects instructions per engine and makes an image.
class ProgramBuilder {
 public:
  /// @param partitions  P of the core that will run the program
  explicit ProgramBuilder(std::uint32_t partitions) : partitions_(partitions) {}

  /// Appends to the stream of `engine`; returns the index of the instruction, as branches and fault
  /// reports name it. Throws Error(invalid_argument) for a value that does not fit its field.
  template <typename Instruction>
  std::uint32_t add(isa::Engine engine, const Instruction& instruction) {
    return add_words(engine, encode(instruction));
  }

  /// Appends any words unchecked; for tests of faults and for the assembler.
  std::uint32_t add_words(isa::Engine engine, const InstructionWords& words);

  /// Instructions in the stream of `engine` so far: the index of the next one.
  std::uint32_t size(isa::Engine engine) const;

  /// Appends Halt to every stream that has instructions and does not end with it.
  void halt_all();

  /// The image. Streams are taken as they are: call halt_all() unless each ends with Halt.
  ProgramImage build() const;

 private:
  std::uint32_t partitions_;
  std::array<std::vector<InstructionWords>, kStreamCount> streams_;
};

/// The text form of a program.
///
///     .partitions 128
///     .stream tensor
///     loop: LoadStationary sbuf_offset=0x40 dtype=bf16 partitions=64 columns=16 step=1
///           Branch rs=1 cond=ltu imm=8 target=loop
///
/// Fields not named have their defaults (zero, or one for num1 to num3 of a transfer); values are
/// numbers (decimal, hex, negative), names of codes or, for `target`, labels. `;` and `#` begin a
/// comment. `.words` takes sixteen numbers.
/// Throws Error(invalid_argument) naming line and word.
ProgramImage assemble(std::string_view text);

/// Text that assemble() turns into the same image.
std::string disassemble(const ProgramImage& image);
/// One instruction, as in disassemble().
std::string disassemble(const InstructionWords& words);

/// CRC-32 of IEEE 802.3 (as gzip and PNG), of `data` continued from `crc`.
std::uint32_t crc32(std::span<const std::byte> data, std::uint32_t crc = 0);

}  // namespace tinium
