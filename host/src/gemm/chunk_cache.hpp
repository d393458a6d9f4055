// SPDX-License-Identifier: Apache-2.0
//
// Which chunk of an operand lies where in SBUF, planned when the program is built.

#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

namespace tinium::gemm_detail {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kSlices = 4;  // loads that may share the bytes of an entity

/// SBUF places of the chunks of one operand.
class ChunkCache {
 public:
  ChunkCache(std::uint64_t base, std::uint64_t slot_bytes, std::size_t slots,
             std::uint64_t entities)
      : base_(base), slot_bytes_(slot_bytes), slots_(slots), where_(entities, kNowhere) {}

  struct Slot {
    std::uint64_t entity = kNever;
    std::uint64_t used = 0;       ///< 1 + the last step that reads it; 0: never
    std::uint64_t next = kNever;  ///< the next step that reads it
    std::uint64_t free_after = 0;
    std::array<std::uint64_t, kSlices> loads{};
  };

  Slot& take(std::uint64_t entity, std::uint64_t step, std::uint64_t next) {
    if (where_[entity] == kNowhere) replace(entity, step);
    Slot& slot = slots_[where_[entity]];
    slot.used = step + 1;
    slot.next = next;
    return slot;
  }
  std::uint32_t offset(const Slot& slot) const {
    return static_cast<std::uint32_t>(base_ + static_cast<std::uint64_t>(&slot - slots_.data()) *
                                                  slot_bytes_);
  }

 private:
  static constexpr std::uint32_t kNowhere = ~0u;

  void replace(std::uint64_t entity, std::uint64_t step) {
    // A slot that was read just now cannot be loaded ahead of its use: take older ones if there
    // are.
    std::size_t victim = slots_.size();
    for (const std::uint64_t distance : {4u, 2u, 1u, 0u}) {
      for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i].used != 0 && slots_[i].used + distance > step + 1) continue;
        if (victim == slots_.size() || better(slots_[i], slots_[victim])) victim = i;
      }
      if (victim != slots_.size()) break;
    }
    Slot& slot = slots_[victim];
    if (slot.entity != kNever) where_[slot.entity] = kNowhere;
    slot = {entity, 0, 0, slot.used, {}};
    where_[entity] = static_cast<std::uint32_t>(victim);
  }
  static bool better(const Slot& a, const Slot& b) {
    if ((a.used == 0) != (b.used == 0)) return a.used == 0;
    return a.next != b.next ? a.next > b.next : a.used < b.used;
  }

  std::uint64_t base_;
  std::uint64_t slot_bytes_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> where_;
};

}  // namespace tinium::gemm_detail
