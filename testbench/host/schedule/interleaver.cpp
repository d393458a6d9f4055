// SPDX-License-Identifier: Apache-2.0

#include "interleaver.hpp"

#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "schedule/access.hpp"

namespace tinium::testbench {
namespace {

using schedule::Accesses;
using schedule::Box;
using schedule::Unit;

struct Work {
  InstructionWords words{};
  Unit unit{};
  Accesses accesses;
  std::size_t uses_left = 0;  ///< LoadStationary: instructions that still have to read it
  std::optional<std::size_t> stationary;  ///< what this one uses, in its unit
  bool begun = false, has_read = false, complete = false;
  bool updated = false;  ///< its events came at issue
};

class Interleaver {
 public:
  Interleaver(const ProgramImage& image, std::mt19937_64& rng) : rng_(rng) {
    for (const auto engine : {isa::Engine::kTensor, isa::Engine::kVector, isa::Engine::kSync}) {
      std::optional<isa::LoadStationary> stationary;
      std::optional<std::size_t> loaded;
      for (const auto& words : image.stream(engine)) {
        Work work;
        work.words = words;
        const auto opcode = schedule::opcode_of(words);
        work.unit = schedule::unit_of(opcode, engine);
        work.accesses = schedule::accesses_of(words, stationary);
        auto& list = work_[schedule::index_of(work.unit)];
        if (opcode == isa::Opcode::kLoadStationary) {
          stationary = isa::decode_load_stationary(words);
          loaded = list.size();
        }
        if (schedule::uses_stationary(opcode) && loaded) {
          work.stationary = loaded;
          ++list[*loaded].uses_left;
        }
        if (engine == isa::Engine::kSync) sync_.push_back({work.unit, list.size()});
        list.push_back(std::move(work));
      }
    }
  }

  std::string run() {
    for (;;) {
      std::vector<std::pair<int, Unit>> moves;  // 0 begin, 1 read, 2 complete, 3 issue
      bool ended = sync_at_ == sync_.size();
      for (std::size_t u = 0; u < schedule::kUnits; ++u) {
        const Unit unit = static_cast<Unit>(u);
        ended &= complete_[u] == work_[u].size();
        if (can_begin(unit)) moves.push_back({0, unit});
        if (read_[u] < begun_[u]) moves.push_back({1, unit});
        if (complete_[u] < read_[u]) moves.push_back({2, unit});
      }
      if (sync_at_ < sync_.size() && sync_[sync_at_].first != Unit::kSync &&
          issued_[schedule::index_of(sync_[sync_at_].first)] -
                  begun_[schedule::index_of(sync_[sync_at_].first)] <
              4) {
        moves.push_back({3, Unit::kSync});
      }
      if (moves.empty()) return ended ? "" : "deadlock";
      const auto [kind, unit] = moves[rng_() % moves.size()];
      const auto u = schedule::index_of(unit);
      if (kind == 0) {
        const std::string wrong = begin(unit);
        if (!wrong.empty()) return wrong;
      } else if (kind == 1) {
        Work& work = work_[u][read_[u]++];
        work.has_read = true;
        if (work.stationary) --work_[u][*work.stationary].uses_left;
        update(work, 0);
      } else if (kind == 2) {
        Work& work = work_[u][complete_[u]++];
        work.complete = true;
        update(work, 1);
      } else {
        ++issued_[schedule::index_of(sync_[sync_at_++].first)];
      }
    }
  }

 private:
  bool can_begin(Unit unit) const {
    const auto u = schedule::index_of(unit);
    if (begun_[u] == work_[u].size()) return false;
    if (schedule::is_queue(unit) && begun_[u] >= issued_[u]) return false;
    if (unit == Unit::kSync && (sync_at_ == sync_.size() || sync_[sync_at_].first != unit)) {
      return false;
    }
    const auto i = isa::decode_nop(work_[u][begun_[u]].words);
    const auto met = [&](std::uint32_t condition, std::uint32_t semaphore, std::uint32_t value) {
      if (condition == 0) return true;
      return condition == 1 ? levels_[semaphore] >= value : levels_[semaphore] == value;
    };
    return met(i.wait0_cond, i.wait0_sem, i.wait0_value) &&
           met(i.wait1_cond, i.wait1_sem, i.wait1_value);
  }

  /// Bytes that `work` may still touch.
  static bool reads(const Work& work) {
    if (schedule::opcode_of(work.words) == isa::Opcode::kLoadStationary) {
      return work.begun && work.uses_left > 0;
    }
    return work.begun && !work.has_read;
  }

  std::string begin(Unit unit) {
    const auto u = schedule::index_of(unit);
    Work& work = work_[u][begun_[u]++];
    const auto i = isa::decode_nop(work.words);
    if (i.wait0_cond != 0 && i.wait0_consume != 0) levels_[i.wait0_sem] -= i.wait0_value;
    if (i.wait1_cond != 0 && i.wait1_consume != 0) levels_[i.wait1_sem] -= i.wait1_value;
    work.begun = true;
    const bool unused = schedule::opcode_of(work.words) == isa::Opcode::kLoadStationary &&
                        work.uses_left == 0;  // never read
    if (unused) work.accesses = {};
    for (std::size_t other = 0; other < schedule::kUnits; ++other) {
      const bool same = other == u;
      if (same && unit != Unit::kDmaCopy) continue;
      for (const Work& running : work_[other]) {
        if (&running == &work || !running.begun) continue;
        Accesses active;
        if (!running.complete) active.writes = running.accesses.writes;
        if (reads(running) && !same) active.reads = running.accesses.reads;
        Accesses own = work.accesses;
        if (same) own.writes.clear();
        if (const auto both = schedule::conflict(active, own)) {
          return disassemble(running.words) + " and " + disassemble(work.words) + ": " +
                 schedule::describe(*both);
        }
      }
    }
    if (schedule::at_issue(schedule::opcode_of(work.words))) {
      update(work, 0);
      update(work, 1);
      work.updated = true;
    }
    if (unit == Unit::kSync) ++sync_at_;
    return "";
  }

  void update(const Work& work, std::uint32_t event) {
    if (work.updated) return;
    const auto i = isa::decode_nop(work.words);
    if (i.update0_op != 0 && i.update0_event == event) levels_[i.update0_sem] += i.update0_value;
    if (i.update1_op != 0 && i.update1_event == event) levels_[i.update1_sem] += i.update1_value;
  }

  std::mt19937_64& rng_;
  std::array<std::vector<Work>, schedule::kUnits> work_;
  std::vector<std::pair<Unit, std::size_t>> sync_;
  std::size_t sync_at_ = 0;
  std::array<std::size_t, schedule::kUnits> begun_{}, read_{}, complete_{}, issued_{};
  std::array<std::uint32_t, isa::kSemaphores> levels_{};
};

}  // namespace

std::string interleave(const ProgramImage& image, std::mt19937_64& rng) {
  return Interleaver(image, rng).run();
}

}  // namespace tinium::testbench
