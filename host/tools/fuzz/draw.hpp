// SPDX-License-Identifier: Apache-2.0
//
// Random instructions of engines and DMA queues, legal on a core, without semaphores.

#pragma once

#include <optional>
#include <vector>

#include "fuzz/case.hpp"
#include "tinium/dtype.hpp"

namespace tinium::fuzz {

class Drawer {
 public:
  /// How large and how crowded the instructions of one program are; drawn by the constructor.
  struct Taste {
    std::uint32_t elements = 8;      ///< most of num0
    std::uint32_t rows = 3;          ///< most of num1
    std::uint32_t partitions = 128;  ///< most of a partition range
    std::uint32_t sbuf_low = 0;      ///< instructions keep to these bytes of each partition
    std::uint32_t sbuf_high = 0;
    std::uint32_t psum_banks = 1;
    std::array<std::uint32_t, 9> weights{};  ///< of the kinds of instructions
  };

  Drawer(const Capabilities& core, Random& random, const std::vector<Window>& windows);

  const Taste& taste() const { return taste_; }

  /// The next instructions in program order: one, or a LoadStationary and what uses it.
  std::vector<InstructionWords> draw();

  /// Strides of a loop for an instruction: multiples of its elements, often zero.
  void draw_strides(Item& item);

  /// Windows of the arena that do not overlap unless both are only read; at least one of each kind.
  static std::vector<Window> draw_windows(Random& random);

 private:
  struct Pattern {
    std::uint32_t offset = 0;
    std::int32_t step0 = 0, step1 = 0;
  };
  struct Side {
    std::array<std::int32_t, 3> step{};
    std::int64_t low = 0, high = 0;
  };

  std::uint32_t below(std::uint64_t limit) { return random_.below(limit); }
  std::pair<std::uint32_t, std::uint32_t> partitions(std::uint32_t most);
  std::optional<Pattern> pattern(std::size_t size, std::uint32_t first, std::uint32_t limit,
                                 std::uint32_t num0, std::uint32_t num1);
  Side side(const std::array<std::uint32_t, 3>& num, std::int32_t reach, std::int32_t unit = 1);
  std::optional<std::uint32_t> place(const Side& s, std::uint32_t length, std::uint64_t first,
                                     std::uint64_t limit, std::uint32_t unit = 1);
  std::array<std::uint32_t, 3> counts();
  std::uint32_t elements() { return below(below(3) == 0 ? taste_.elements : 8) + 1; }

  template <typename Dma>
  std::optional<Dma> transfer(bool is_load);
  std::optional<InstructionWords> copy();
  std::vector<InstructionWords> products();
  std::optional<InstructionWords> multiply();
  std::optional<InstructionWords> transpose();

  std::optional<InstructionWords> scalar();
  std::optional<InstructionWords> tensor_tensor();
  std::optional<InstructionWords> reduce();
  std::optional<InstructionWords> memset();
  template <typename Instruction>
  bool source(Instruction& i, bool integers);
  template <typename Instruction>
  bool destination(Instruction& i, std::uint32_t num0, std::uint32_t num1, bool integers);
  std::pair<std::uint32_t, std::uint32_t> operand();
  std::uint32_t integer_dtype();
  std::uint32_t float_operator();
  std::uint32_t bit_operator();

  const Capabilities& core_;
  Random& random_;
  const std::vector<Window>& windows_;
  Taste taste_;
  std::optional<isa::LoadStationary> stationary_;
};

}  // namespace tinium::fuzz
