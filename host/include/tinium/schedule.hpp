// SPDX-License-Identifier: Apache-2.0
//
// Programs without writing semaphores: instructions are added in the order in which they would run
// one after the other, and the builder makes every engine and DMA queue wait for exactly what it
// needs of the others. And a checker for programs whose semaphores were written by hand.
//
// What an instruction reads and writes follows from its fields:
//
//   memory   unit of comparison                  exactness
//   SBUF     partitions x bytes of a partition   patterns of up to 64 separate pieces exactly,
//                                                larger ones as the box around them
//   PSUM     partitions x words                  likewise
//   DRAM     bytes of a tensor slot              likewise; different slots count as different
//   memory
//
// A box that is larger than the bytes touched can only add a wait (builder) or a refusal (checker).
//
// The rules of time are those of the instruction set: a unit (TensorE, VectorE, each DMA queue)
// begins its instructions in order; `read` and `complete` events of a unit each come in order;
// VectorE sees its own results, TensorE adds in order, loads and stores of one queue write in
// order. A copy may begin before the copy ahead of it has been written. The stationary operand is
// read from LoadStationary to the `read` event of the last MultiplyMoving or Transpose that uses
// it.
//
// Schedule belongs to one thread at a time; the functions may be called by any thread.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tinium/error.hpp"
#include "tinium/program.hpp"

namespace tinium {

/// What a schedule needed to keep its order.
struct ScheduleReport {
  std::uint32_t instructions = 0;  ///< as added
  std::uint32_t nops = 0;          ///< added to hold more than two waits
  std::uint32_t waits = 0;         ///< all of value 1, consumed
  std::uint32_t semaphores = 0;    ///< used, of 32
};

/// Builds a program from instructions in program order.
class Schedule {
 public:
  /// @param partitions  P of the core that will run the program
  explicit Schedule(std::uint32_t partitions);
  ~Schedule();
  Schedule(Schedule&&) noexcept;
  Schedule& operator=(Schedule&&) noexcept;

  /// Appends an instruction of TensorE, VectorE or a DMA queue; returns its place in program order.
  /// Throws Error(invalid_argument) for a value that does not fit its field, for a register, a wait
  /// or an update (the builder makes those), for a control instruction, and for a MultiplyMoving or
  /// Transpose whose stationary operand is missing or was overwritten since its LoadStationary.
  template <typename Instruction>
  std::uint32_t add(const Instruction& instruction) {
    return add_words(encode(instruction));
  }
  std::uint32_t add_words(const InstructionWords& words);

  /// The program, with Halt at the end of each stream. Two calls give the same image; instructions
  /// may be added in between. Throws Error(unsupported) for an order that 32 semaphores of 16 bits
  /// cannot keep.
  /// @param report  filled when not null
  ProgramImage build(ScheduleReport* report = nullptr) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Two instructions that touch the same bytes, at least one writing, in an order that nothing
/// fixes.
struct Race {
  std::string first;    ///< "tensor 3: MultiplyMoving ...": unit, index in its stream, text
  std::string second;   ///< a DMA instruction has its index in the stream of SyncE
  std::string overlap;  ///< "SBUF partitions 0..31 bytes 0x40..0x7f"

  std::string text() const;
};

/// The races of a straight-line program (registers may be set and added, but not branch), at most
/// `limit` of them. Finds every race; a pair that the semaphores order only together with facts
/// outside the rules above may be called a race as well.
/// Throws Error(unsupported) for a Branch, Error(deadlock) naming every unit that waits for ever
/// and its semaphore, Error(invalid_argument) for a semaphore consumed by two waiters or an
/// instruction that is not in the set.
std::vector<Race> find_races(const ProgramImage& image, std::size_t limit = 16);

/// Throws Error(invalid_argument) naming the first race, and all that find_races() throws.
void check_races(const ProgramImage& image);

}  // namespace tinium
