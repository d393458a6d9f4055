// SPDX-License-Identifier: Apache-2.0
//
// One pass goes through the instructions in program order. For each it finds, per other unit, the
// last instruction whose events it needs and does not know of yet; every such need becomes a wait
// of value 1 on the semaphore of (producer, event, consumer). Events and waits of one semaphore
// both come in program order, so the n-th wait belongs to the n-th update.
//
// An instruction has two updates. A third consumer takes what it needs from one of the first two:
// once that one has begun, so has what it waited for. Two things can fail and make the pass start
// again:
//  * a consumer needs `complete` where others were given `read`: that producer then gives
//  `complete`
//    only;
//  * more than 32 semaphores: then nobody gives `read`.
// Every wait is for an instruction earlier in program order, so nothing can wait in a circle.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "schedule/access.hpp"
#include "schedule/clock.hpp"
#include "tinium/schedule.hpp"

namespace tinium {

using namespace schedule;  // NOLINT: the words of this file

namespace {

constexpr const char* kOperation = "Schedule";

/// An instruction as it was added.
struct Item {
  InstructionWords words;
  Unit unit;
  Accesses accesses;        ///< MultiplyMoving, Transpose: with the stationary operand
  bool issue_only = false;  ///< its events come when it is issued
};

using Channel = std::tuple<Unit, Event, Unit>;  // producer, event (begin: at issue), consumer

struct Node {
  struct Update {
    Event event;
    std::size_t consumer;  ///< node
  };
  Unit unit{};
  std::optional<std::size_t> item;  ///< none: a Nop
  bool issue_only = true;
  std::int64_t index = 0;  ///< in its unit
  Clock begin;
  std::vector<Update> updates;
  std::vector<std::pair<std::size_t, Event>> waits;  ///< producers
};

struct Need {
  std::size_t node;
  Event event;
};

class Pass {
 public:
  Pass(const std::vector<Item>& items, std::set<std::size_t>& complete_only, bool all_complete)
      : items_(items), complete_only_(complete_only), all_complete_(all_complete) {}

  /// False: start again, with what `complete_only` holds now.
  bool run() {
    for (std::size_t item = 0; item < items_.size(); ++item) place(item);
    return !failed_;
  }
  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  bool gives_read(std::size_t node) const {
    return !all_complete_ && complete_only_.count(*nodes_[node].item) == 0;
  }

  Clock knowledge(const Need& need) const {
    const Node& node = nodes_[need.node];
    return node.begin.with(node.unit, need.event, node.index);
  }

  /// What `item` needs of `producer`, beyond what `clock` knows.
  void find_needs(std::size_t item, Unit producer, const Clock& clock, std::vector<Need>& needs) {
    const Accesses& own = items_[item].accesses;
    const Unit unit = items_[item].unit;
    if (producer == unit && unit != Unit::kDmaCopy) return;  // in order by itself
    const auto& history = history_[index_of(producer)];
    bool read_found = false;
    for (auto at = history.rbegin(); at != history.rend(); ++at) {
      const Node& node = nodes_[*at];
      if (node.index <= clock.at(producer, Event::complete)) break;
      const Accesses& theirs = items_[*node.item].accesses;
      const auto touches = [](const std::vector<Box>& a, const std::vector<Box>& b) {
        for (const Box& left : a) {
          for (const Box& right : b) {
            if (overlap(left, right)) return true;
          }
        }
        return false;
      };
      const bool in_order = producer == unit;
      if (touches(theirs.writes, own.reads) || (!in_order && touches(theirs.writes, own.writes))) {
        needs.push_back({*at, Event::complete});
        return;  // all before it are complete then
      }
      if (!in_order && !read_found && node.index > clock.at(producer, Event::read) &&
          touches(theirs.reads, own.writes)) {
        read_found = true;
        const Event event = gives_read(*at) ? Event::read : Event::complete;
        needs.push_back({*at, event});
        if (event == Event::complete) return;
      }
    }
  }

  /// An instruction with a free update whose event implies the need.
  std::optional<Need> carrier(const Need& need, std::set<std::size_t>& seen) {
    const Node& node = nodes_[need.node];
    const auto promised = std::count_if(pending_.begin(), pending_.end(),
                                        [&](const Need& wait) { return wait.node == need.node; });
    if (node.updates.size() + static_cast<std::size_t>(promised) < 2) return need;
    if (!seen.insert(need.node).second) return std::nullopt;
    bool event_missing = false;
    for (const Node::Update& update : node.updates) {
      if (update.event < need.event) {
        event_missing = true;
        continue;
      }
      const Node& consumer = nodes_[update.consumer];
      Event event = Event::begin;
      if (!consumer.issue_only) event = gives_read(update.consumer) ? Event::read : Event::complete;
      if (const auto found = carrier({update.consumer, event}, seen)) return found;
    }
    if (event_missing && node.item) {
      complete_only_.insert(*node.item);
      failed_ = true;
    }
    return std::nullopt;
  }

  std::size_t emit(Unit unit, std::optional<std::size_t> item, Clock clock,
                   const std::vector<Need>& waits) {
    Node node;
    node.unit = unit;
    node.item = item;
    node.issue_only = !item || items_[*item].issue_only;
    node.index = counts_[index_of(unit)]++;
    for (const Need& wait : waits) {
      clock.join(knowledge(wait));
      node.waits.emplace_back(wait.node, wait.event);
    }
    node.begin = clock;
    const std::size_t id = nodes_.size();
    for (const Need& wait : waits) nodes_[wait.node].updates.push_back({wait.event, id});
    nodes_.push_back(std::move(node));
    if (item && !items_[*item].issue_only) history_[index_of(unit)].push_back(id);
    last_[index_of(unit)] = clock.with(unit, Event::begin, nodes_[id].index);
    return id;
  }

  void place(std::size_t item) {
    const Unit unit = items_[item].unit;
    const bool queued = is_queue(unit);
    Clock clock = last_[index_of(unit)];
    if (queued) clock.join(last_[index_of(Unit::kSync)]);
    std::vector<Need> needs;
    for (const Unit producer :
         {Unit::kTensor, Unit::kVector, Unit::kDmaLoad, Unit::kDmaStore, Unit::kDmaCopy}) {
      find_needs(item, producer, clock, needs);
    }
    // Leave out what others imply; then see who can tell.
    std::sort(needs.begin(), needs.end(), [](const Need& a, const Need& b) {
      return std::tie(a.node, a.event) > std::tie(b.node, b.event);
    });
    std::vector<Need>& waits = pending_;
    waits.clear();
    Clock known = clock;
    const auto is_known = [&](const Need& need) {
      const Node& node = nodes_[need.node];
      return known.at(node.unit, need.event) >= node.index;
    };
    for (const Need& need : needs) {
      if (is_known(need)) continue;
      std::set<std::size_t> seen;
      const auto found = carrier(need, seen);
      if (!found) {
        if (!failed_) {
          throw Error(ErrorCode::internal, kOperation, "every need finds an update",
                      "instruction=" + std::to_string(item));
        }
        continue;  // of a pass that is thrown away
      }
      if (!is_known(*found)) {
        // One wait for each semaphore: the later instruction tells of the earlier one.
        const Node& node = nodes_[found->node];
        const auto same = std::find_if(waits.begin(), waits.end(), [&](const Need& wait) {
          const Node& other = nodes_[wait.node];
          return other.unit == node.unit && wait.event == found->event &&
                 other.issue_only == node.issue_only;
        });
        if (same != waits.end()) {
          if (nodes_[same->node].index < node.index) *same = *found;
        } else {
          waits.push_back(*found);
        }
      }
      known.join(knowledge(*found));
    }
    std::sort(waits.begin(), waits.end(),
              [](const Need& a, const Need& b) { return a.node < b.node; });
    // The latest two at the instruction itself, where a queue does not hold its stream.
    const Unit stream = queued ? Unit::kSync : unit;
    while (waits.size() > 2) {
      const auto count = static_cast<std::ptrdiff_t>(std::min<std::size_t>(2, waits.size() - 2));
      emit(stream, std::nullopt, last_[index_of(stream)], {waits.begin(), waits.begin() + count});
      waits.erase(waits.begin(), waits.begin() + count);
    }
    Clock begin = last_[index_of(unit)];
    if (queued) begin.join(last_[index_of(Unit::kSync)]);
    emit(unit, item, begin, waits);
  }

  const std::vector<Item>& items_;
  std::set<std::size_t>& complete_only_;
  bool all_complete_;
  bool failed_ = false;
  std::vector<Node> nodes_;
  std::array<std::int64_t, kUnits> counts_{};
  std::array<Clock, kUnits> last_;
  std::vector<Need> pending_;                             ///< waits of the instruction at hand
  std::array<std::vector<std::size_t>, kUnits> history_;  ///< nodes with events of their own
};

}  // namespace

struct Schedule::State {
  std::uint32_t partitions;
  std::vector<Item> items;
  std::optional<isa::LoadStationary> stationary;
  Accesses stationary_accesses;
  std::optional<std::size_t> overwritten;  ///< item that wrote the stationary operand
};

Schedule::Schedule(std::uint32_t partitions) : state_(new State{partitions, {}, {}, {}, {}}) {}
Schedule::~Schedule() = default;
Schedule::Schedule(Schedule&&) noexcept = default;
Schedule& Schedule::operator=(Schedule&&) noexcept = default;

std::uint32_t Schedule::add_words(const InstructionWords& words) {
  const auto refuse = [&](const std::string& rule) {
    throw Error(ErrorCode::invalid_argument, "Schedule::add", rule, disassemble(words));
  };
  const isa::InstructionInfo* info = find_instruction(static_cast<std::uint8_t>(words[0]));
  if (info == nullptr || has_reserved_bits(words)) refuse("the instruction is in the set");
  const isa::Opcode opcode = opcode_of(words);
  if (opcode < isa::Opcode::kLoadStationary) {
    refuse("a schedule has instructions of engines, not of control");
  }
  const auto common = isa::decode_nop(words);
  if (common.reg_a != 0 || common.reg_b != 0) refuse("a schedule has constant addresses");
  if ((words[1] | words[2] | words[3] | words[4]) != 0) {
    refuse("the builder makes waits and updates");
  }
  isa::Engine engine = isa::Engine::kSync;
  if ((info->engines & 1u << static_cast<unsigned>(isa::Engine::kTensor)) != 0) {
    engine = isa::Engine::kTensor;
  } else if ((info->engines & 1u << static_cast<unsigned>(isa::Engine::kVector)) != 0) {
    engine = isa::Engine::kVector;
  }
  State& s = *state_;
  Item item{words, unit_of(opcode, engine), accesses_of(words, s.stationary), at_issue(opcode)};
  if (uses_stationary(opcode)) {
    if (!s.stationary) refuse("a LoadStationary names the stationary operand first");
    if (s.overwritten) {
      throw Error(ErrorCode::invalid_argument, "Schedule::add",
                  "the stationary operand keeps its bytes until its last use",
                  disassemble(words) + "; overwritten by instruction " +
                      std::to_string(*s.overwritten) + ": " +
                      disassemble(s.items[*s.overwritten].words));
    }
    item.accesses.reads.insert(item.accesses.reads.end(), s.stationary_accesses.reads.begin(),
                               s.stationary_accesses.reads.end());
  } else if (opcode == isa::Opcode::kLoadStationary) {
    s.stationary = isa::decode_load_stationary(words);
    s.stationary_accesses = item.accesses;
    s.overwritten.reset();
  } else if (s.stationary && !s.overwritten &&
             conflict({{}, item.accesses.writes}, s.stationary_accesses)) {
    s.overwritten = s.items.size();
  }
  s.items.push_back(std::move(item));
  return static_cast<std::uint32_t>(s.items.size() - 1);
}

ProgramImage Schedule::build(ScheduleReport* report) const {
  constexpr std::uint32_t kMostUpdates = 65535;  // a semaphore has 16 bits
  const std::vector<Item>& items = state_->items;
  std::set<std::size_t> complete_only;
  for (const bool all_complete : {false, true}) {
    std::optional<Pass> pass;
    do {
      pass.emplace(items, complete_only, all_complete);
    } while (!pass->run());
    const std::vector<Node>& nodes = pass->nodes();
    std::map<Channel, std::uint32_t> semaphores;
    std::vector<std::uint32_t> updates;
    const auto semaphore = [&](std::size_t producer, Event event, std::size_t consumer) {
      const auto [at, fresh] = semaphores.try_emplace(
          {nodes[producer].unit, event, nodes[consumer].unit}, semaphores.size());
      if (fresh) updates.push_back(0);
      return at->second;
    };
    ScheduleReport made;
    made.instructions = static_cast<std::uint32_t>(items.size());
    ProgramBuilder builder(state_->partitions);
    for (std::size_t id = 0; id < nodes.size(); ++id) {
      const Node& node = nodes[id];
      isa::Nop ties;
      for (const auto& [producer, event] : node.waits) {
        add_wait(ties, {semaphore(producer, event, id), 1, true});
        ++made.waits;
      }
      for (const Node::Update& update : node.updates) {
        const std::uint32_t number = semaphore(id, update.event, update.consumer);
        add_update(ties, {number, 1,
                          update.event == Event::complete ? isa::UpdateEvent::kComplete
                                                          : isa::UpdateEvent::kRead});
        ++updates[number];
      }
      const InstructionWords tied = encode(ties);
      InstructionWords words = node.item ? items[*node.item].words : tied;
      std::copy(tied.begin() + 1, tied.begin() + 5, words.begin() + 1);
      if (!node.item) ++made.nops;
      isa::Engine engine = isa::Engine::kSync;
      if (node.unit == Unit::kTensor) engine = isa::Engine::kTensor;
      if (node.unit == Unit::kVector) engine = isa::Engine::kVector;
      if (semaphores.size() > isa::kSemaphores) break;
      builder.add_words(engine, words);
    }
    if (semaphores.size() > isa::kSemaphores) continue;
    if (std::any_of(updates.begin(), updates.end(),
                    [](std::uint32_t count) { return count > kMostUpdates; })) {
      throw Error(ErrorCode::unsupported, "Schedule::build",
                  "one unit tells another at most 65535 times; cut the program in two",
                  "instructions=" + std::to_string(items.size()));
    }
    made.semaphores = static_cast<std::uint32_t>(semaphores.size());
    if (report != nullptr) *report = made;
    builder.halt_all();
    return builder.build();
  }
  throw Error(ErrorCode::unsupported, "Schedule::build", "a schedule needs at most 32 semaphores",
              "instructions=" + std::to_string(items.size()));
}

}  // namespace tinium
