// SPDX-License-Identifier: Apache-2.0
//
// The checker. First the program is run in the abstract, to see that nothing waits for ever. Then
// it is worked out what each instruction knows to have happened when it begins:
//
//   A wait for level v, of a unit whose earlier waits have consumed c from the semaphore, is met
//   only after updates of at least v + c in all. Updates of one unit and event come in order. So if
//   the first n - 1 updates of one such sequence, together with all updates of the others that may
//   come before the wait, are not enough, the n-th has happened.
//
// Which updates come after the wait follows from what their instructions know, so this is repeated
// until nothing new is learned. Two accesses that conflict must be such that the end of one is
// known at the beginning of the other.

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "schedule/access.hpp"
#include "schedule/clock.hpp"
#include "tinium/schedule.hpp"

namespace tinium {

using namespace schedule;  // NOLINT: the words of this file

namespace {

constexpr const char* kOperation = "find_races";
/// Transfers that a DMA queue holds before SyncE waits.
constexpr std::size_t kQueueDepth = 4;

struct WaitFor {
  std::uint32_t semaphore = 0;
  isa::WaitCondition condition = isa::WaitCondition::kNone;
  bool consume = false;
  std::uint32_t value = 0;
};

struct Change {
  std::uint32_t semaphore = 0;
  isa::UpdateOp op = isa::UpdateOp::kNone;
  Event event = Event::begin;
  std::uint32_t value = 0;
};

struct Node {
  Unit unit{};
  std::uint32_t place = 0;  ///< in its stream
  InstructionWords words{};
  std::vector<WaitFor> waits;
  std::vector<Change> changes;
  std::int64_t issued_by = -1;  ///< DMA: index of the issue in SyncE
  Accesses accesses;
  Clock begin;
};

std::string text_of(const Node& node) {
  return name_of(node.unit) + " " + std::to_string(node.place) + ": " + disassemble(node.words);
}

/// From the beginning of one instruction to an event of the same or a later one.
struct Span {
  std::int64_t begin;
  std::int64_t end;
  Event event;
  const std::vector<Box>* boxes;
};

class Checker {
 public:
  explicit Checker(const ProgramImage& image) {
    read_stream(image, isa::Engine::kTensor);
    read_stream(image, isa::Engine::kVector);
    read_stream(image, isa::Engine::kSync);
    check_waiters();
    simulate();
    while (learn()) {
    }
    make_spans();
  }

  std::vector<Race> races(std::size_t limit) const {
    std::vector<Race> found;
    for (std::size_t a = 0; a < kUnits; ++a) {
      for (std::size_t b = a + 1; b < kUnits; ++b) {
        const Unit first = static_cast<Unit>(a);
        const Unit second = static_cast<Unit>(b);
        compare(first, writes_[a], second, writes_[b], limit, found);
        compare(first, writes_[a], second, reads_[b], limit, found);
        compare(first, reads_[a], second, writes_[b], limit, found);
        compare(first, stationary_[a], second, writes_[b], limit, found);
        compare(first, writes_[a], second, stationary_[b], limit, found);
      }
    }
    // A copy may begin before the copy ahead of it has been written.
    const auto copy = index_of(Unit::kDmaCopy);
    for (const Span& read : reads_[copy]) {
      for (const Span& write : writes_[copy]) {
        if (write.begin >= read.begin || found.size() >= limit) break;
        if (!ordered(Unit::kDmaCopy, write, Unit::kDmaCopy, read)) {
          report(Unit::kDmaCopy, write, Unit::kDmaCopy, read, found);
        }
      }
    }
    return found;
  }

 private:
  std::vector<Node>& nodes(Unit unit) { return nodes_[index_of(unit)]; }
  const std::vector<Node>& nodes(Unit unit) const { return nodes_[index_of(unit)]; }

  void read_stream(const ProgramImage& image, isa::Engine engine) {
    const Unit own = unit_of(isa::Opcode::kNop, engine);
    std::array<std::uint32_t, isa::kRegisters> registers{};
    std::optional<isa::LoadStationary> stationary;
    const auto stream = image.stream(engine);
    for (std::uint32_t place = 0; place < stream.size(); ++place) {
      const InstructionWords& words = stream[place];
      const auto fail = [&](ErrorCode code, const std::string& rule) {
        throw Error(code, kOperation, rule,
                    name_of(own) + " " + std::to_string(place) + ": " + disassemble(words));
      };
      const isa::InstructionInfo* info = find_instruction(static_cast<std::uint8_t>(words[0]));
      if (info == nullptr || has_reserved_bits(words) ||
          (info->engines >> static_cast<unsigned>(engine) & 1u) == 0) {
        fail(ErrorCode::invalid_argument, "an instruction is one of its engine");
      }
      const isa::Opcode opcode = opcode_of(words);
      const auto common = isa::decode_nop(words);
      Node node;
      node.unit = unit_of(opcode, engine);
      node.place = place;
      node.words = words;
      read_ties(common, at_issue(opcode), node);
      switch (opcode) {
        case isa::Opcode::kBranch:
          fail(ErrorCode::unsupported, "only straight-line programs are checked");
          break;
        case isa::Opcode::kSetReg: {
          const auto i = isa::decode_set_reg(words);
          if (i.rd != 0) registers[i.rd] = i.imm;
          break;
        }
        case isa::Opcode::kAddReg: {
          const auto i = isa::decode_add_reg(words);
          if (i.rd != 0) registers[i.rd] = registers[i.rs] + registers[i.rt] + i.imm;
          break;
        }
        case isa::Opcode::kLoadStationary:
          stationary = isa::decode_load_stationary(words);
          stationary->sbuf_offset += registers[common.reg_a];
          break;
        default:
          break;
      }
      node.accesses =
          accesses_of(words, stationary, registers[common.reg_a], registers[common.reg_b]);
      if (is_queue(node.unit)) {
        // SyncE only hands it over; waits and updates are the queue's.
        Node issue;
        issue.unit = Unit::kSync;
        issue.place = place;
        issue.words = words;
        node.issued_by = static_cast<std::int64_t>(nodes(Unit::kSync).size());
        nodes(Unit::kSync).push_back(std::move(issue));
        sync_queue_.push_back({node.unit, nodes(node.unit).size()});
      } else if (node.unit == Unit::kSync) {
        sync_queue_.push_back({Unit::kSync, 0});
      }
      const bool halts = opcode == isa::Opcode::kHalt;
      nodes(node.unit).push_back(std::move(node));
      if (halts) break;
    }
  }

  static void read_ties(const isa::Nop& common, bool issue_only, Node& node) {
    const auto wait = [&](std::uint32_t semaphore, std::uint32_t condition, std::uint32_t consume,
                          std::uint32_t value) {
      if (condition == 0) return;
      node.waits.push_back({semaphore % isa::kSemaphores,
                            static_cast<isa::WaitCondition>(condition), consume != 0, value});
    };
    wait(common.wait0_sem, common.wait0_cond, common.wait0_consume, common.wait0_value);
    wait(common.wait1_sem, common.wait1_cond, common.wait1_consume, common.wait1_value);
    const auto change = [&](std::uint32_t semaphore, std::uint32_t op, std::uint32_t event,
                            std::uint32_t value) {
      if (op == 0) return;
      Event when = event == 0 ? Event::read : Event::complete;
      if (issue_only) when = Event::begin;
      node.changes.push_back(
          {semaphore % isa::kSemaphores, static_cast<isa::UpdateOp>(op), when, value});
    };
    change(common.update0_sem, common.update0_op, common.update0_event, common.update0_value);
    change(common.update1_sem, common.update1_op, common.update1_event, common.update1_value);
  }

  /// A semaphore that is consumed has one waiter.
  void check_waiters() const {
    std::array<std::array<const Node*, kUnits>, isa::kSemaphores> waiters{};
    std::array<bool, isa::kSemaphores> consumed{};
    for (const auto& unit : nodes_) {
      for (const Node& node : unit) {
        for (const WaitFor& wait : node.waits) {
          waiters[wait.semaphore][index_of(node.unit)] = &node;
          consumed[wait.semaphore] |= wait.consume;
        }
      }
    }
    for (std::uint32_t semaphore = 0; semaphore < isa::kSemaphores; ++semaphore) {
      if (!consumed[semaphore]) continue;
      const Node* first = nullptr;
      for (const Node* node : waiters[semaphore]) {
        if (node == nullptr) continue;
        if (first != nullptr) {
          throw Error(ErrorCode::invalid_argument, kOperation,
                      "a semaphore that is consumed has one waiter",
                      "semaphore=" + std::to_string(semaphore) + " " + text_of(*first) + "; " +
                          text_of(*node));
        }
        first = node;
      }
    }
  }

  static bool met(const WaitFor& wait, std::uint32_t level) {
    return wait.condition == isa::WaitCondition::kEq ? level == wait.value : level >= wait.value;
  }

  /// Runs the program in one of its orders and keeps that order; throws when it stops before its
  /// end. Levels only rise for others than the waiter (unless `set`, `sub` or `eq` are used), so if
  /// one order ends, all do.
  void simulate() {
    std::array<std::uint32_t, isa::kSemaphores> levels{};
    std::array<std::size_t, kUnits> next{};
    std::array<std::size_t, kUnits> issued{};  // DMA: handed over by SyncE
    const auto step = [&](Unit unit) {
      std::size_t& at = next[index_of(unit)];
      const auto& list = nodes(unit);
      if (at == list.size() || (is_queue(unit) && at == issued[index_of(unit)])) return false;
      const Node& node = list[at];
      if (unit == Unit::kSync && sync_queue_[at].first != Unit::kSync) {
        const auto queue = index_of(sync_queue_[at].first);
        if (issued[queue] - next[queue] >= kQueueDepth) return false;
        ++issued[queue];
      }
      for (const WaitFor& wait : node.waits) {
        if (!met(wait, levels[wait.semaphore])) return false;
      }
      for (const WaitFor& wait : node.waits) {
        if (wait.consume) levels[wait.semaphore] -= std::min(levels[wait.semaphore], wait.value);
      }
      for (const Change& change : node.changes) {
        std::uint32_t& level = levels[change.semaphore];
        if (change.op == isa::UpdateOp::kAdd) level += change.value;
        if (change.op == isa::UpdateOp::kSub) level -= std::min(level, change.value);
        if (change.op == isa::UpdateOp::kSet) level = change.value;
      }
      order_.push_back({unit, at});
      ++at;
      return true;
    };
    constexpr std::array<Unit, kUnits> kAll = {Unit::kTensor,  Unit::kVector,   Unit::kSync,
                                               Unit::kDmaLoad, Unit::kDmaStore, Unit::kDmaCopy};
    bool moved = true;
    while (moved) {
      moved = false;
      for (const Unit unit : kAll) {
        while (step(unit)) moved = true;
      }
    }
    std::string blocked;
    for (const Unit unit : kAll) {
      const std::size_t at = next[index_of(unit)];
      if (at == nodes(unit).size()) continue;
      if (is_queue(unit) && at == issued[index_of(unit)]) continue;  // not handed over
      const Node& node = nodes(unit)[at];
      if (!blocked.empty()) blocked += "; ";
      blocked += text_of(node);
      for (const WaitFor& wait : node.waits) {
        if (met(wait, levels[wait.semaphore])) continue;
        blocked += " [semaphore " + std::to_string(wait.semaphore) + " is " +
                   std::to_string(levels[wait.semaphore]) + "]";
      }
      if (unit == Unit::kSync && is_queue(sync_queue_[at].first)) blocked += " [queue full]";
    }
    if (!blocked.empty()) {
      throw Error(ErrorCode::deadlock, kOperation, "every wait is met at some time", blocked);
    }
  }

  /// Updates of one semaphore by one unit at one event: they come in order.
  struct Sequence {
    Unit unit;
    Event event;
    std::vector<std::pair<std::int64_t, std::uint64_t>> updates;  ///< instruction, sum up to it
  };

  void make_sequences() {
    for (std::size_t unit = 0; unit < kUnits; ++unit) {
      for (std::size_t at = 0; at < nodes_[unit].size(); ++at) {
        for (const Change& change : nodes_[unit][at].changes) {
          if (change.op == isa::UpdateOp::kSub) continue;  // a level is at most the sum of the rest
          auto& list = sequences_[change.semaphore];
          auto sequence = std::find_if(list.begin(), list.end(), [&](const Sequence& s) {
            return index_of(s.unit) == unit && s.event == change.event;
          });
          if (sequence == list.end()) {
            list.push_back({static_cast<Unit>(unit), change.event, {}});
            sequence = std::prev(list.end());
          }
          if (change.op == isa::UpdateOp::kSet) is_set_[change.semaphore] = true;
          const std::uint64_t before =
              sequence->updates.empty() ? 0 : sequence->updates.back().second;
          sequence->updates.emplace_back(static_cast<std::int64_t>(at), before + change.value);
        }
      }
    }
  }

  /// One round in the order of simulate(); true when something was learned.
  bool learn() {
    if (!sequences_made_) make_sequences();
    sequences_made_ = true;
    bool changed = false;
    std::array<std::array<std::uint64_t, isa::kSemaphores>, kUnits> consumed{};
    for (const auto& [unit, at] : order_) {
      auto& list = nodes(unit);
      Node& node = list[at];
      Clock clock = node.begin;
      if (at > 0) {
        clock.join(list[at - 1].begin.with(unit, Event::begin, static_cast<std::int64_t>(at) - 1));
      }
      if (node.issued_by >= 0) {
        clock.join(nodes(Unit::kSync)[static_cast<std::size_t>(node.issued_by)].begin);
      }
      auto& taken = consumed[index_of(unit)];
      for (const WaitFor& wait : node.waits) {
        const std::uint64_t before = is_set_[wait.semaphore] ? 0 : taken[wait.semaphore];
        infer(unit, static_cast<std::int64_t>(at), wait.semaphore, wait.value + before, clock);
      }
      for (const WaitFor& wait : node.waits) {
        if (wait.consume) taken[wait.semaphore] += wait.value;
      }
      if (!node.begin.covers(clock)) {
        node.begin = clock;
        changed = true;
      }
    }
    return changed;
  }

  /// The level needs updates of `needed` in all.
  void infer(Unit unit, std::int64_t at, std::uint32_t semaphore, std::uint64_t needed,
             Clock& clock) const {
    const auto& list = sequences_[semaphore];
    // How many updates of a sequence may come before this wait.
    const auto possible = [&](const Sequence& s) {
      std::size_t count = 0;
      while (count < s.updates.size()) {
        const std::int64_t index = s.updates[count].first;
        const Node& producer = nodes_[index_of(s.unit)][static_cast<std::size_t>(index)];
        if (s.unit == unit ? index >= at : producer.begin.at(unit, Event::begin) >= at) break;
        ++count;
      }
      return count;
    };
    std::vector<std::size_t> counts;
    std::uint64_t total = 0;
    for (const Sequence& s : list) {
      counts.push_back(possible(s));
      if (counts.back() > 0) total += s.updates[counts.back() - 1].second;
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (counts[i] == 0) continue;
      const Sequence& s = list[i];
      const std::uint64_t others = total - s.updates[counts[i] - 1].second;
      if (others >= needed) continue;
      const auto end = s.updates.begin() + static_cast<std::ptrdiff_t>(counts[i]);
      const auto first = std::find_if(s.updates.begin(), end, [&](const auto& update) {
        return update.second + others >= needed;
      });
      if (first == end) continue;  // never met; simulate() has found an order all the same
      const Node& producer = nodes_[index_of(s.unit)][static_cast<std::size_t>(first->first)];
      clock.join(producer.begin.with(s.unit, s.event, first->first));
    }
  }

  void make_spans() {
    for (std::size_t unit = 0; unit < kUnits; ++unit) {
      std::optional<std::size_t> loaded;
      for (std::size_t at = 0; at < nodes_[unit].size(); ++at) {
        const Node& node = nodes_[unit][at];
        const auto index = static_cast<std::int64_t>(at);
        const isa::Opcode opcode = opcode_of(node.words);
        if (static_cast<Unit>(unit) == Unit::kSync) continue;
        if (opcode == isa::Opcode::kLoadStationary) {
          loaded = at;
          stationary_[unit].push_back({index, -1, Event::read, &node.accesses.reads});
          continue;
        }
        if (uses_stationary(opcode) && loaded) stationary_[unit].back().end = index;
        if (!node.accesses.reads.empty()) {
          reads_[unit].push_back({index, index, Event::read, &node.accesses.reads});
        }
        if (!node.accesses.writes.empty()) {
          writes_[unit].push_back({index, index, Event::complete, &node.accesses.writes});
        }
      }
      // An operand that nothing uses is not read.
      auto& list = stationary_[unit];
      list.erase(std::remove_if(list.begin(), list.end(), [](const Span& s) { return s.end < 0; }),
                 list.end());
    }
  }

  const Clock& begin(Unit unit, const Span& span) const {
    return nodes(unit)[static_cast<std::size_t>(span.begin)].begin;
  }
  bool ordered(Unit first, const Span& a, Unit second, const Span& b) const {
    return begin(second, b).at(first, a.event) >= a.end;
  }

  void report(Unit first, const Span& a, Unit second, const Span& b,
              std::vector<Race>& found) const {
    for (const Box& left : *a.boxes) {
      for (const Box& right : *b.boxes) {
        if (const auto both = overlap(left, right)) {
          found.push_back({text_of(nodes(first)[static_cast<std::size_t>(a.begin)]),
                           text_of(nodes(second)[static_cast<std::size_t>(b.begin)]),
                           describe(*both)});
          return;
        }
      }
    }
  }

  /// Spans of a unit begin and end in order, so those that are unordered with one of another unit
  /// lie side by side.
  void compare(Unit first, const std::vector<Span>& left, Unit second,
               const std::vector<Span>& right, std::size_t limit, std::vector<Race>& found) const {
    for (const Span& b : right) {
      // The first that begins after b has ended; it and all behind it are in order.
      auto at = std::partition_point(left.begin(), left.end(),
                                     [&](const Span& a) { return !ordered(second, b, first, a); });
      while (at != left.begin()) {
        --at;
        if (ordered(first, *at, second, b)) break;
        if (found.size() >= limit) return;
        report(first, *at, second, b, found);
      }
    }
  }

  std::array<std::vector<Node>, kUnits> nodes_;
  std::vector<std::pair<Unit, std::size_t>> sync_queue_;  ///< what each instruction of SyncE queues
  std::vector<std::pair<Unit, std::size_t>> order_;
  std::array<std::vector<Sequence>, isa::kSemaphores> sequences_;
  std::array<bool, isa::kSemaphores> is_set_{};
  bool sequences_made_ = false;
  std::array<std::vector<Span>, kUnits> reads_, writes_, stationary_;
};

}  // namespace

std::string Race::text() const { return overlap + ": " + first + " and " + second; }

std::vector<Race> find_races(const ProgramImage& image, std::size_t limit) {
  return Checker(image).races(limit);
}

void check_races(const ProgramImage& image) {
  const auto races = find_races(image, 1);
  if (races.empty()) return;
  throw Error(ErrorCode::invalid_argument, "check_races",
              "semaphores order any two instructions that touch the same bytes, one writing",
              races.front().text());
}

}  // namespace tinium
