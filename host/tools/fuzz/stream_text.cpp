// SPDX-License-Identifier: Apache-2.0

#include "fuzz/stream_text.hpp"

#include "fuzz/rules.hpp"

namespace tinium::fuzz {
namespace {

bool compares(isa::Compare condition, std::uint32_t left, std::uint32_t right) {
  switch (condition) {
    case isa::Compare::kEq:
      return left == right;
    case isa::Compare::kNe:
      return left != right;
    case isa::Compare::kLtu:
      return left < right;
    case isa::Compare::kGeu:
      return left >= right;
  }
  return false;
}

std::uint32_t number(Random& random) {
  switch (random.below(4)) {
    case 0:
      return random.below(4);
    case 1:
      return 0xFFFFFFFFu - random.below(4);
    default:
      return static_cast<std::uint32_t>(random.next());
  }
}

/// Words that are never executed: any, or an instruction that would do harm.
InstructionWords junk(Random& random) {
  InstructionWords words{};
  if (random.one_in(2)) {
    for (auto& word : words) word = static_cast<std::uint32_t>(random.next());
    return words;
  }
  isa::Nop harm;
  harm.update0_op = static_cast<std::uint32_t>(isa::UpdateOp::kSet);
  harm.update0_sem = random.below(isa::kSemaphores);
  harm.update0_value = random.below(65536);
  return encode(harm);
}

}  // namespace

std::vector<InstructionWords> StreamText::resolve() const {
  std::vector<InstructionWords> out;
  for (const Node& node : nodes_) {
    out.push_back(node.words);
    if (node.target >= 0) {
      set_field(out.back(), "target", labels_[static_cast<std::size_t>(node.target)]);
    }
  }
  return out;
}

void StreamText::add_noise(Random& random, std::uint32_t semaphore) {
  const std::uint32_t rd = kNoiseRegister + random.below(2);
  switch (random.below(semaphore < isa::kSemaphores ? 5 : 4)) {
    case 0:
      add(isa::SetReg{.rd = random.one_in(4) ? 0u : rd, .imm = number(random)});
      break;
    case 1:
      add(isa::AddReg{
          .rd = rd, .rs = random.below(16), .rt = random.below(16), .imm = number(random)});
      break;
    case 2: {  // a branch that is taken over junk, or falls through
      const std::uint32_t left = number(random);
      const std::uint32_t right = random.one_in(2) ? left : number(random);
      const auto condition = static_cast<isa::Compare>(random.below(4));
      const std::uint32_t by_register = random.one_in(2) ? number(random) : 0;
      const std::uint32_t other = rd == kNoiseRegister ? kNoiseRegister + 1 : kNoiseRegister;
      add(isa::SetReg{.rd = rd, .imm = left});
      add(isa::SetReg{.rd = other, .imm = by_register});
      isa::Branch branching;
      branching.rs = rd;
      branching.rt = other;
      branching.cond = static_cast<std::uint32_t>(condition);
      branching.imm = right - by_register;
      const int label = new_label();
      branch(branching, label);
      if (compares(condition, left, right)) {
        for (std::uint32_t i = random.below(random.one_in(4) ? 40 : 4); i > 0; --i) {
          add_words(junk(random), false);
        }
      }
      place(label);
      break;
    }
    case 3: {  // a loop of its own
      add(isa::SetReg{.rd = rd, .imm = 0});
      const int label = new_label();
      place(label);
      add(isa::AddReg{.rd = rd, .rs = rd, .imm = 1});
      for (std::uint32_t i = random.below(3); i > 0; --i) add(isa::Nop{});
      isa::Branch branching;
      branching.rs = rd;
      branching.cond = static_cast<std::uint32_t>(isa::Compare::kLtu);
      branching.imm = random.below(5) + 1;
      branch(branching, label);
      break;
    }
    default:
      add_private_semaphore(random, semaphore);
      break;
  }
}

void StreamText::add_private_semaphore(Random& random, std::uint32_t semaphore) {
  std::uint32_t level = random.below(random.one_in(3) ? 65536 : 40);
  isa::Nop first;
  add_update(first, {semaphore, level,
                     random.one_in(2) ? isa::UpdateEvent::kRead : isa::UpdateEvent::kComplete,
                     isa::UpdateOp::kSet});
  add(first);
  for (std::uint32_t i = random.below(4) + 1; i > 0; --i) {
    isa::Nop next;
    Wait wait;
    wait.semaphore = semaphore;
    wait.consume = random.one_in(2);
    if (random.one_in(2)) {
      wait.condition = isa::WaitCondition::kEq;
      wait.value = level;
    } else {
      wait.value = random.below(std::uint64_t{level} + 1);
    }
    add_wait(next, wait);
    if (wait.consume) level -= wait.value;
    // A second condition on the same semaphore sees the level before the first consumes.
    if (!wait.consume && random.one_in(3)) {
      add_wait(next, {semaphore, level, false, isa::WaitCondition::kEq});
    }
    for (int update = 0; update < 2; ++update) {
      if (random.one_in(2)) continue;
      const bool down = random.one_in(2);
      const std::uint32_t by = random.below(down ? level + 1 : 65536 - level);
      // Read events come first: keep the order of the fields.
      const auto event = update == 0 ? isa::UpdateEvent::kRead : isa::UpdateEvent::kComplete;
      add_update(next, {semaphore, by, event, down ? isa::UpdateOp::kSub : isa::UpdateOp::kAdd});
      level = down ? level - by : level + by;
    }
    // Every control instruction waits and updates.
    InstructionWords words = encode(next);
    InstructionWords other = words;
    switch (random.below(4)) {
      case 0:
        other = encode(isa::SetReg{.rd = kNoiseRegister, .imm = level});
        break;
      case 1:
        other = encode(isa::AddReg{.rd = kNoiseRegister, .rs = kNoiseRegister, .imm = 7});
        break;
      default:
        break;
    }
    for (std::size_t word = 1; word <= 4; ++word) other[word] = words[word];
    add_words(other);
  }
}

}  // namespace tinium::fuzz
