// SPDX-License-Identifier: Apache-2.0
//
// Which sequences of items have one meaning: what each touches, over all iterations of its loop.

#pragma once

#include <optional>
#include <vector>

#include "fuzz/case.hpp"
#include "schedule/access.hpp"

namespace tinium::fuzz {

isa::Engine engine_of(const InstructionWords& words);

/// Takes the items of one segment in program order.
class Rules {
 public:
  Rules(const Capabilities& core, const std::vector<Window>& windows, std::uint32_t repeat)
      : core_(core), windows_(windows), repeat_(repeat) {}

  /// What the item touches, with the stationary operand it uses; nothing when it may not stand
  /// here: out of range in some iteration, without a stationary operand or with one that was
  /// overwritten, or with a source and a destination that overlap.
  std::optional<schedule::Accesses> take(const Item& item);

 private:
  bool in_range(const schedule::Box& box) const;
  bool operands_apart(const Item& item, std::uint32_t iteration) const;

  const Capabilities& core_;
  const std::vector<Window>& windows_;
  std::uint32_t repeat_;
  std::optional<Item> stationary_;
  std::vector<schedule::Box> stationary_reads_;
  bool overwritten_ = false;
};

/// The value of field A or B of an instruction, which a register is added to; null for none.
struct AddressField {
  const isa::Field* field = nullptr;
  std::uint32_t bits = 0;
};
AddressField address_field(const InstructionWords& words, bool second);
std::uint64_t field_value(const InstructionWords& words, std::string_view name);
void set_field(InstructionWords& words, const isa::Field& field, std::uint64_t value);
void set_field(InstructionWords& words, std::string_view name, std::uint64_t value);

}  // namespace tinium::fuzz
