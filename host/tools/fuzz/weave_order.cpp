// SPDX-License-Identifier: Apache-2.0
//
// Three ways to keep the order of instructions that depend on each other.

#include <algorithm>
#include <map>

#include "fuzz/weaver.hpp"
#include "tinium/schedule.hpp"

namespace tinium::fuzz {

using schedule::Accesses;
using schedule::Unit;

// ---- schedule: one semaphore for each pair of units ----

bool Weaver::add_scheduled(const std::vector<Op>& ops) {
  std::vector<std::vector<InstructionWords>> order(3);
  try {
    Schedule builder(core_.partitions);
    for (const Op& op : ops) builder.add_words(op.words);
    ScheduleReport report;
    const ProgramImage image = builder.build(&report);
    scheduled_semaphores_ = report.semaphores;
    for (std::size_t s = 0; s < streams_.size(); ++s) {
      const auto stream = image.stream(streams_[s].engine());
      order[s].assign(stream.begin(), stream.end());
      if (!order[s].empty()) order[s].pop_back();  // Halt
    }
  } catch (const Error&) {
    return false;
  }
  // The n-th wait of a semaphore belongs to its n-th update. All say +1 and -1; each semaphore says
  // it in a way of its own.
  struct Style {
    std::uint32_t kind = 0;  // 0 consumed, 1 counted, 2 set
    std::uint32_t value = 1;
    std::uint32_t updates = 0, waits = 0, all = 0;
  };
  std::array<Style, isa::kSemaphores> styles;
  for (const auto& stream : order) {
    for (const auto& words : stream) {
      const auto i = isa::decode_nop(words);
      if (i.update0_op != 0) ++styles[i.update0_sem].all;
      if (i.update1_op != 0) ++styles[i.update1_sem].all;
    }
  }
  for (Style& style : styles) {
    style.kind = random_.below(3);
    style.value = random_.one_in(2) ? 1 : random_.below(65535 / std::max(1u, style.all)) + 1;
  }
  const auto update = [&](isa::Nop& out, std::uint32_t semaphore, std::uint32_t event) {
    Style& style = styles[semaphore];
    ++style.updates;
    Update change;
    change.semaphore = semaphores_[semaphore];
    change.event = static_cast<isa::UpdateEvent>(event);
    change.value = style.value;
    if (style.kind == 2) {
      change.op = isa::UpdateOp::kSet;
      change.value = style.updates * style.value;
    }
    add_update(out, change);
  };
  const auto wait = [&](isa::Nop& out, std::uint32_t semaphore) {
    Style& style = styles[semaphore];
    ++style.waits;
    Wait condition;
    condition.semaphore = semaphores_[semaphore];
    condition.consume = style.kind == 0;
    condition.value = style.kind == 0 ? style.value : style.waits * style.value;
    const bool final = style.waits == style.all;
    if (final && random_.one_in(2)) condition.condition = isa::WaitCondition::kEq;
    add_wait(out, condition);
  };
  // Updates are numbered in the order of their unit's instructions, which is that of its stream.
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    for (const auto& words : order[s]) {
      const auto i = isa::decode_nop(words);
      isa::Nop ties;
      if (i.wait0_cond != 0) wait(ties, i.wait0_sem);
      if (i.wait1_cond != 0) wait(ties, i.wait1_sem);
      if (i.update0_op != 0) update(ties, i.update0_sem, i.update0_event);
      if (i.update1_op != 0) update(ties, i.update1_sem, i.update1_event);
      if (schedule::opcode_of(words) == isa::Opcode::kNop) {
        add_nop(streams_[s].engine(), ties);
        continue;
      }
      Op op;
      op.words = words;
      op.engine = streams_[s].engine();
      emit(op, ties);
    }
  }
  return true;
}

// ---- counting: each unit counts its events ----

void Weaver::add_counted(const std::vector<Op>& ops, bool barrier) {
  constexpr std::size_t kNone = ~std::size_t{0};
  struct Needs {
    std::array<std::size_t, schedule::kUnits> read, complete;  ///< last op of a unit, or kNone
  };
  const auto touches = [](const std::vector<schedule::Box>& a,
                          const std::vector<schedule::Box>& b) {
    return std::any_of(a.begin(), a.end(), [&](const auto& left) {
      return std::any_of(b.begin(), b.end(),
                         [&](const auto& right) { return overlap(left, right).has_value(); });
    });
  };
  std::vector<Needs> needs(ops.size());
  std::vector<std::array<bool, 2>> tells(ops.size(), {false, false});  // read, complete
  std::array<std::size_t, schedule::kUnits> last;
  last.fill(kNone);
  for (std::size_t i = 0; i < ops.size(); ++i) {
    needs[i].read.fill(kNone);
    needs[i].complete.fill(kNone);
    const Accesses& own = ops[i].accesses;
    for (std::size_t j = i; j-- > 0;) {
      if (ops[j].at_issue) continue;
      const auto unit = schedule::index_of(ops[j].unit);
      const bool same = ops[j].unit == ops[i].unit;
      if (same && ops[i].unit != Unit::kDmaCopy) continue;  // in order by itself
      const Accesses& theirs = ops[j].accesses;
      if (needs[i].complete[unit] == kNone &&
          (touches(theirs.writes, own.reads) || (!same && touches(theirs.writes, own.writes)))) {
        needs[i].complete[unit] = j;
        tells[j][1] = true;
      }
      if (!same && needs[i].read[unit] == kNone && touches(theirs.reads, own.writes)) {
        needs[i].read[unit] = j;
        tells[j][0] = true;
      }
    }
    if (!ops[i].at_issue) last[schedule::index_of(ops[i].unit)] = i;
  }
  const bool all_tell = random_.one_in(3);
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (all_tell && !ops[i].at_issue) tells[i] = {true, true};
    if (barrier && last[schedule::index_of(ops[i].unit)] == i) tells[i][1] = true;
  }
  // Semaphores: read and complete of each unit but SyncE's sequencer.
  struct Count {
    std::uint32_t semaphore = 0, value = 1, all = 0, now = 0;
  };
  std::array<std::array<Count, 2>, schedule::kUnits> counts;
  std::vector<std::array<std::uint32_t, 2>> numbers(ops.size());
  for (std::size_t i = 0; i < ops.size(); ++i) {
    for (std::size_t event = 0; event < 2; ++event) {
      if (tells[i][event]) ++counts[schedule::index_of(ops[i].unit)][event].all;
    }
  }
  std::size_t next = 0;
  for (auto& unit : counts) {
    for (Count& count : unit) {
      count.semaphore = semaphores_[next++];
      count.value = random_.one_in(2) ? 1 : random_.below(200) + 1;
    }
  }
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const Op& op = ops[i];
    const auto own = schedule::index_of(op.unit);
    std::vector<Wait> waits;
    for (std::size_t unit = 0; unit < schedule::kUnits; ++unit) {
      for (std::size_t event = 0; event < 2; ++event) {
        const std::size_t j = event == 0 ? needs[i].read[unit] : needs[i].complete[unit];
        if (j == kNone) continue;
        const Count& count = counts[unit][event];
        Wait wait{count.semaphore, numbers[j][event] * count.value, false};
        if (numbers[j][event] == count.all && random_.one_in(2)) {
          wait.condition = isa::WaitCondition::kEq;
        }
        waits.push_back(wait);
      }
    }
    for (std::size_t k = waits.size(); k > 1; --k) {
      std::swap(waits[k - 1], waits[random_.below(k)]);
    }
    isa::Nop ties;
    // What does not fit, or by chance, waits in the stream before it.
    while (waits.size() > 2 || (!waits.empty() && random_.one_in(5))) {
      isa::Nop before;
      add_wait(before, waits.back());
      waits.pop_back();
      if (!waits.empty() && random_.one_in(2)) {
        add_wait(before, waits.back());
        waits.pop_back();
      }
      add_nop(op.engine, before);
    }
    for (const Wait& wait : waits) add_wait(ties, wait);
    const std::size_t begin = random_.below(2);
    for (std::size_t k = 0; k < 2; ++k) {
      const std::size_t event = (begin + k) % 2;
      if (tells[i][event]) {
        Count& count = counts[own][event];
        numbers[i][event] = ++count.now;
        add_update(ties, {count.semaphore, count.value,
                          event == 0 ? isa::UpdateEvent::kRead : isa::UpdateEvent::kComplete});
      } else if (plan_.noise && random_.one_in(6)) {
        add_update(ties, {semaphores_[kSink], random_.below(65536),
                          static_cast<isa::UpdateEvent>(random_.below(2)), isa::UpdateOp::kSet});
      }
    }
    emit(op, ties);
  }
  if (!barrier) return;
  std::vector<Wait> waits;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> resets;
  for (const auto& unit : counts) {
    for (const Count& count : unit) {
      if (count.all == 0) continue;
      Wait wait{count.semaphore, count.all * count.value, false};
      if (random_.one_in(2)) wait.condition = isa::WaitCondition::kEq;
      waits.push_back(wait);
      resets.emplace_back(count.semaphore, 0);
    }
  }
  add_barrier(waits, resets, random_.below(3));
}

// ---- token: one after the other ----

// A unit may stand before its next instruction long before its turn: its conditions must not have
// been met by any level since the unit's last instruction.
bool Weaver::met_before(const Wait& wait, Unit next) const {
  const std::uint32_t since = last_step_[schedule::index_of(next)];
  const auto& history = history_[wait.semaphore];
  for (auto at = history.rbegin(); at != history.rend(); ++at) {
    const bool met = wait.condition == isa::WaitCondition::kEq ? at->second == wait.value
                                                               : at->second >= wait.value;
    if (met) return true;
    if (at->first < since) return false;  // the level that the unit found
  }
  return false;
}

/// All units stand at the same place.
void Weaver::forget_levels() {
  last_step_.fill(++step_);
  for (std::uint32_t s = 0; s < isa::kSemaphores; ++s) history_[s] = {{step_, levels_[s]}};
  ++step_;
}

std::pair<Update, Wait> Weaver::handover(isa::UpdateEvent event, std::uint32_t taken, Unit next) {
  constexpr std::uint32_t kMost = 65535;
  for (;;) {
    Update update;
    Wait wait;
    const std::uint32_t semaphore = semaphores_[random_.below(kPool)];
    if (semaphore == taken) continue;
    const std::uint32_t before = levels_[semaphore];
    update.semaphore = wait.semaphore = semaphore;
    update.event = event;
    update.op = static_cast<isa::UpdateOp>(random_.below(3) + 1);
    update.value = random_.below(random_.one_in(2) ? 4 : kMost + 1);
    std::uint32_t after = update.value;
    if (update.op == isa::UpdateOp::kAdd) after = before + update.value;
    if (update.op == isa::UpdateOp::kSub) {
      if (update.value > before) continue;
      after = before - update.value;
    }
    if (after > kMost || after == before) continue;
    wait.condition = isa::WaitCondition::kEq;
    wait.value = after;
    wait.consume = random_.one_in(2);
    if (after > before && random_.one_in(2)) {
      wait.condition = isa::WaitCondition::kGe;
      wait.value = before + 1 + random_.below(after - before);
    }
    if (met_before(wait, next)) continue;
    set_level(semaphore, after);
    if (wait.consume) set_level(semaphore, after - wait.value);
    return {update, wait};
  }
}

void Weaver::add_chain(const std::vector<Op>& ops, bool barrier,
                       const std::array<std::uint32_t, isa::kSemaphores>* start) {
  std::vector<Wait> waits;  // of the next holder
  const auto hand_on = [&](isa::Nop& ties, bool at_issue, Unit next) {
    waits.clear();
    const auto any = static_cast<isa::UpdateEvent>(random_.below(2));
    const auto [update, wait] =
        handover(at_issue ? any : isa::UpdateEvent::kComplete, isa::kSemaphores, next);
    waits.push_back(wait);
    if (random_.one_in(3)) {
      const auto [second, seen] = handover(any, update.semaphore, next);
      waits.push_back(seen);
      // Either place; the event says when.
      if (random_.one_in(2)) {
        add_update(ties, second);
        add_update(ties, update);
        return;
      }
      add_update(ties, update);
      add_update(ties, second);
      return;
    }
    add_update(ties, update);
  };
  const auto take = [&](isa::Nop& ties, Unit unit) {
    if (waits.size() == 2 && random_.one_in(2)) std::swap(waits[0], waits[1]);
    for (const Wait& wait : waits) add_wait(ties, wait);
    waits.clear();
    last_step_[schedule::index_of(unit)] = ++step_;
  };
  forget_levels();
  constexpr std::array kStreamUnits = {Unit::kTensor, Unit::kVector, Unit::kSync};
  const std::size_t master = random_.below(3);
  bool grouped = false;  // with the one before
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const Op& op = ops[i];
    isa::Nop ties;
    if (!grouped) take(ties, op.unit);
    const bool more = i + 1 < ops.size();
    // Instructions of one unit are in order by themselves, but for copies; what comes behind a
    // LoadStationary says nothing of what was before it.
    grouped = more && ops[i + 1].unit == op.unit && op.unit != Unit::kDmaCopy &&
              !ops[i + 1].at_issue && random_.one_in(2);
    if (grouped || !(more || barrier)) {
      emit(op, ties);
      continue;
    }
    const Unit next = more ? ops[i + 1].unit : kStreamUnits[master];
    if (plan_.noise && random_.one_in(8)) {  // over another stream
      const std::size_t s = random_.below(3);
      hand_on(ties, op.at_issue, kStreamUnits[s]);
      emit(op, ties);
      isa::Nop relay;
      take(relay, kStreamUnits[s]);
      hand_on(relay, true, next);
      add_nop(streams_[s].engine(), relay);
      continue;
    }
    hand_on(ties, op.at_issue, next);
    emit(op, ties);
  }
  if (!barrier) return;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> resets;
  if (start != nullptr) {
    for (std::uint32_t s = 0; s < isa::kSemaphores; ++s) {
      if (levels_[s] != (*start)[s]) resets.emplace_back(s, (*start)[s]);
    }
    levels_ = *start;
  }
  add_barrier(waits, resets, master);
}

}  // namespace tinium::fuzz
