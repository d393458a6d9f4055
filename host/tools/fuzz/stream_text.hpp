// SPDX-License-Identifier: Apache-2.0
//
// Streams in the making: instructions with labels, and control instructions that change nothing.

#pragma once

#include <vector>

#include "fuzz/case.hpp"

namespace tinium::fuzz {

/// Registers of a stream by use.
inline constexpr std::uint32_t kFirstStrideRegister = 1;  // to 10
inline constexpr std::uint32_t kLastStrideRegister = 10;
inline constexpr std::uint32_t kAddressRegister = 11;  // and 12
inline constexpr std::uint32_t kNoiseRegister = 13;    // and 14
inline constexpr std::uint32_t kLoopRegister = 15;

class StreamText {
 public:
  struct Node {
    InstructionWords words{};
    int target = -1;       ///< label of a branch
    bool executed = true;  ///< not jumped over
  };

  explicit StreamText(isa::Engine engine) : engine_(engine) {}

  isa::Engine engine() const { return engine_; }
  std::vector<Node>& nodes() { return nodes_; }
  bool empty() const { return nodes_.empty(); }

  void add_words(const InstructionWords& words, bool executed = true) {
    nodes_.push_back({words, -1, executed});
  }
  template <typename Instruction>
  void add(const Instruction& instruction) {
    add_words(encode(instruction));
  }
  int new_label() {
    labels_.push_back(0);
    return static_cast<int>(labels_.size()) - 1;
  }
  void place(int label) { labels_[static_cast<std::size_t>(label)] = nodes_.size(); }
  void branch(const isa::Branch& instruction, int label) {
    nodes_.push_back({encode(instruction), label, true});
  }
  /// Puts a node before number `at`; labels behind move.
  void insert(std::size_t at, const Node& node) {
    nodes_.insert(nodes_.begin() + static_cast<std::ptrdiff_t>(at), node);
    for (auto& label : labels_) label += label > at ? 1 : 0;
  }
  /// The instructions with their branch targets.
  std::vector<InstructionWords> resolve() const;

  /// A few control instructions without an effect on memory or other streams. `semaphore` belongs
  /// to this stream; 32: none is free.
  void add_noise(Random& random, std::uint32_t semaphore);

 private:
  void add_private_semaphore(Random& random, std::uint32_t semaphore);

  isa::Engine engine_;
  std::vector<Node> nodes_;
  std::vector<std::size_t> labels_;
};

}  // namespace tinium::fuzz
