// SPDX-License-Identifier: Apache-2.0
//
// Waits, consumes and updates that every instruction has.

#pragma once

#include "emulator.hpp"

namespace tinium {

inline bool wait_holds(std::uint32_t condition, std::uint32_t level, std::uint32_t value) {
  switch (static_cast<isa::WaitCondition>(condition)) {
    case isa::WaitCondition::kGe:
      return level >= value;
    case isa::WaitCondition::kEq:
      return level == value;
    case isa::WaitCondition::kNone:
      return true;
  }
  return true;
}

template <typename Common>
bool Emulator::waits_met(const Common& i) const {
  return wait_holds(i.wait0_cond, semaphores_[i.wait0_sem], i.wait0_value) &&
         wait_holds(i.wait1_cond, semaphores_[i.wait1_sem], i.wait1_value);
}

template <typename Common>
unsigned Emulator::consume(const Common& i, isa::Engine engine, std::uint32_t index) {
  unsigned count = 0;
  if (i.wait0_consume != 0 && i.wait0_cond != 0) {
    apply(i.wait0_sem, isa::UpdateOp::kSub, i.wait0_value, engine, index);
    ++count;
  }
  if (i.wait1_consume != 0 && i.wait1_cond != 0) {
    apply(i.wait1_sem, isa::UpdateOp::kSub, i.wait1_value, engine, index);
    ++count;
  }
  if (count != 0) wake_waiters();
  return count;
}

template <typename Common>
void Emulator::post_updates(const Common& i, isa::UpdateEvent event, isa::Engine engine,
                            std::uint32_t index, Time time) {
  const auto one = [&](std::uint32_t semaphore, std::uint32_t op, std::uint32_t of,
                       std::uint32_t value) {
    if (of != static_cast<std::uint32_t>(event) || op == 0) return;
    Event update;
    update.kind = EventKind::kUpdate;
    update.time = time++;
    update.semaphore = static_cast<std::uint8_t>(semaphore);
    update.op = static_cast<isa::UpdateOp>(op);
    update.value = static_cast<std::uint16_t>(value);
    update.engine = engine;
    update.instruction = index;
    post(update);
  };
  one(i.update0_sem, i.update0_op, i.update0_event, i.update0_value);
  one(i.update1_sem, i.update1_op, i.update1_event, i.update1_value);
}

}  // namespace tinium
