// SPDX-License-Identifier: Apache-2.0
//
// The emulator: interprets program images with the golden model of the numerics. It meets the core
// in every bit of memory that a race-free program defines, in the completion record's status and
// fault, and in the codes of faults; it does not model time. Its `cycles` are the busiest engine's
// ideal cycles, which is a lower bound of the core's.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "memory.hpp"
#include "tinium/generated/configs.hpp"
#include "tinium/program.hpp"

namespace tinium {

class Emulator {
 public:
  /// @param memory  device memory; outlives the emulator
  Emulator(const configs::Config& config, SparseMemory& memory);

  void start(std::uint64_t launch_record, std::uint64_t image);
  /// Runs up to `rounds` turns of all engines. True when the launch has ended; false also for a
  /// deadlock without a watchdog, which is_stuck() tells.
  bool run(std::uint64_t rounds);
  bool is_stuck() const { return stuck_; }
  void reset();

  /// The fault of the last launch, as the status registers show it.
  struct FaultState {
    isa::Fault code = isa::Fault::kNone;
    isa::Engine engine = isa::Engine::kTensor;
    std::uint32_t instruction = 0;
    std::uint64_t address = 0;
  };
  const FaultState& fault() const { return fault_; }
  std::uint64_t cycles() const;
  std::uint64_t total_rounds() const { return total_rounds_; }

 private:
  struct Stop {};  ///< thrown after raise(): leaves the instruction at once

  struct Stream {
    isa::Engine engine{};
    std::vector<InstructionWords> instructions;
    std::uint64_t base = 0;  ///< address of the first instruction
    std::uint32_t pc = 0;
    bool active = false;
    std::array<std::uint32_t, isa::kRegisters> registers{};
  };

  struct Slot {
    std::uint64_t base = 0;
    std::uint64_t bytes = 0;
    bool readable = false;
    bool writable = false;
  };

  struct QueuedTransfer {
    isa::DmaLoad dma;  ///< fields of both directions are the same
    std::uint32_t index = 0;
  };

  [[noreturn]] void raise(isa::Fault code, isa::Engine engine, std::uint32_t instruction,
                          std::uint64_t address);
  void load_launch();
  void finish(isa::Status status);
  bool turn();

  bool step(Stream& stream);
  bool step_queue(std::deque<QueuedTransfer>& queue, isa::Engine engine);
  template <typename Common>
  bool waits_met(const Common& instruction) const;
  template <typename Common>
  void consume(const Common& instruction, isa::Engine engine, std::uint32_t index);
  template <typename Common>
  void update(const Common& instruction, isa::UpdateEvent event, isa::Engine engine,
              std::uint32_t index);
  void apply(std::uint32_t semaphore, isa::UpdateOp op, std::uint32_t value, isa::Engine engine,
             std::uint32_t index);
  void check_encoding(const Stream& stream, const InstructionWords& words);

  void load_stationary(const isa::LoadStationary& i, std::uint32_t index);
  void multiply_moving(const isa::MultiplyMoving& i, std::uint32_t index);
  void tensor_scalar(const isa::TensorScalar& i, std::uint32_t index);
  void transfer(const isa::DmaLoad& i, isa::Engine engine, std::uint32_t index);

  /// Partition rule of the NeuronCore; false when it is broken.
  static bool partition_rule(std::uint32_t start, std::uint32_t count);
  /// First byte offset of a pattern that leaves [0, limit) or is misaligned, if any.
  std::optional<std::uint64_t> pattern_error(std::uint32_t offset, std::size_t size,
                                             std::int64_t step0, std::uint32_t num0,
                                             std::int64_t step1, std::uint32_t num1) const;

  std::byte* sbuf(std::uint32_t partition, std::uint32_t offset) {
    return sbuf_.data() + std::size_t{partition} * config_.sbuf_bytes + offset;
  }
  std::byte* psum(std::uint32_t partition, std::uint32_t word) {
    return psum_.data() + std::size_t{partition} * psum_stride_ + std::size_t{word} * 4;
  }

  const configs::Config& config_;
  SparseMemory& memory_;
  std::size_t psum_stride_;
  std::vector<std::byte> sbuf_;  ///< [partition][byte]
  std::vector<std::byte> psum_;  ///< [partition][word]

  // One launch.
  bool running_ = false;
  bool stuck_ = false;
  std::uint64_t record_ = 0;
  std::uint64_t image_ = 0;
  std::uint64_t completion_ = 0;
  std::uint32_t launch_id_ = 0;
  std::uint64_t watchdog_ = 0;
  std::array<Slot, isa::kTensorSlots> slots_{};
  std::array<Stream, 3> streams_{};
  std::array<std::uint32_t, isa::kSemaphores> semaphores_{};
  std::deque<QueuedTransfer> load_queue_;
  std::deque<QueuedTransfer> store_queue_;
  std::optional<isa::LoadStationary> stationary_;
  FaultState fault_;
  std::uint64_t rounds_ = 0;
  std::uint64_t total_rounds_ = 0;

  // Counters of the completion record.
  std::array<std::uint64_t, 8> busy_{};  ///< per engine code, ideal cycles
  std::uint64_t tensor_vectors_ = 0;
  std::uint64_t read_beats_ = 0;
  std::uint64_t write_beats_ = 0;
  std::uint64_t issued_ = 0;
};

}  // namespace tinium
