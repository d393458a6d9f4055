// SPDX-License-Identifier: Apache-2.0
//
// A Verilated tn_kernel with a memory behind it, without the model's type: one implementation per
// configuration is made from verilated_core.hpp.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "dram_model.hpp"

namespace tinium {

class SimCore {
 public:
  struct Options {
    std::uint64_t seed = 1;  ///< of unreset state and stalls
    DramModel::Options dram;
    std::string trace_path;                          ///< FST; empty for none
    std::uint64_t trace_from = 0, trace_to = ~0ull;  ///< clock cycles of it, first and last
  };

  virtual ~SimCore() = default;
  virtual void reset() = 0;
  virtual std::uint32_t read_register(std::uint32_t offset) = 0;
  virtual void write_register(std::uint32_t offset, std::uint32_t value) = 0;
  /// Runs until the interrupt is high (true), or `max_cycles` or the deadline are over (false).
  virtual bool run_to_interrupt(std::uint64_t max_cycles,
                                std::chrono::steady_clock::time_point deadline) = 0;
  virtual std::uint64_t cycles() const = 0;
  /// The words of the tn_ram_1r1w with this hierarchical name, or null.
  virtual std::byte* ram(const std::string& name) = 0;
  /// Before words are changed through ram(): what the checkers know of the memories is void.
  virtual void forget_memories() = 0;
  /// Behaviour of device memory from now on.
  virtual void set_memory(const MemoryBehaviour& behaviour) = 0;
};

}  // namespace tinium
