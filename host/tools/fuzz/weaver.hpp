// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>

#include "fuzz/case.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/stream_text.hpp"

namespace tinium::fuzz {

class Weaver {
 public:
  Weaver(const Capabilities& core, const Plan& plan);
  /// False when the plan is not legal.
  bool run();
  std::array<StreamText, 3>& streams() { return streams_; }
  Random& random() { return random_; }

 private:
  struct Op {
    InstructionWords words{};
    isa::Engine engine{};
    schedule::Unit unit{};
    schedule::Accesses accesses;
    bool at_issue = false;
    bool no_register = false;  ///< its stride found no register: the address stands still
  };
  struct Stride {
    isa::Engine engine{};
    std::uint32_t reg = 0;
    std::uint32_t first = 0;
    std::int32_t step = 0;
  };

  // Places in the shuffled list of semaphores.
  static constexpr std::size_t kPool = 25;     ///< chains; the first ten: events of units
  static constexpr std::size_t kSink = 25;     ///< nobody waits for it
  static constexpr std::size_t kPrivate = 26;  ///< one of each stream
  static constexpr std::size_t kBarrier = 29;  ///< one of each stream

  static std::size_t stream_index(isa::Engine engine) {
    return engine == isa::Engine::kTensor ? 0 : engine == isa::Engine::kVector ? 1 : 2;
  }
  StreamText& stream_of(isa::Engine engine) { return streams_[stream_index(engine)]; }

  bool add_segment(const Segment& segment, bool last);
  void add_strides(Op& op, const Item& item, const Segment& segment);
  void noise(StreamText& stream);
  void emit(const Op& op, const isa::Nop& ties);
  void add_nop(isa::Engine engine, const isa::Nop& ties);
  void add_barrier(const std::vector<Wait>& waits,
                   const std::vector<std::pair<std::uint32_t, std::uint32_t>>& resets,
                   std::size_t master);

  // weave_order.cpp
  bool add_scheduled(const std::vector<Op>& ops);
  void add_counted(const std::vector<Op>& ops, bool barrier);
  void add_chain(const std::vector<Op>& ops, bool barrier,
                 const std::array<std::uint32_t, isa::kSemaphores>* start);
  /// One change of a semaphore, and the wait of `next` that sees it.
  std::pair<Update, Wait> handover(isa::UpdateEvent event, std::uint32_t taken,
                                   schedule::Unit next);
  /// Whether a wait of `next`, which may stand since the unit's last instruction, would have been
  /// met before.
  bool met_before(const Wait& wait, schedule::Unit next) const;
  void set_level(std::uint32_t semaphore, std::uint32_t level) {
    levels_[semaphore] = level;
    history_[semaphore].emplace_back(step_, level);
  }
  void forget_levels();

  const Capabilities& core_;
  const Plan& plan_;
  Random random_;
  std::array<StreamText, 3> streams_{StreamText(isa::Engine::kTensor),
                                     StreamText(isa::Engine::kVector),
                                     StreamText(isa::Engine::kSync)};
  std::array<std::uint32_t, isa::kSemaphores> semaphores_{};
  std::array<std::uint32_t, isa::kSemaphores> levels_{};  ///< of a chain, when all has landed
  std::array<std::vector<std::pair<std::uint32_t, std::uint32_t>>, isa::kSemaphores> history_;
  std::uint32_t step_ = 0;                                   ///< of the chain
  std::array<std::uint32_t, schedule::kUnits> last_step_{};  ///< of each unit
  std::vector<Stride> strides_;
  std::uint32_t scheduled_semaphores_ = 0;
};

}  // namespace tinium::fuzz
