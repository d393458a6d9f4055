// SPDX-License-Identifier: Apache-2.0
//
// SBUF and PSUM of a Verilated core as software sees them: the RAMs of tn_sbuf and tn_psum by
// partition and byte. The core does not notice; use it while no launch runs.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim_core.hpp"
#include "tinium/generated/configs.hpp"
#include "tinium/generated/isa.hpp"

namespace tinium {

class SimMemories {
 public:
  /// Throws Error(internal) naming the RAM that the model does not have.
  SimMemories(SimCore& core, const configs::Config& config);

  /// Calls visit(RAM bytes, first byte of the piece, its length) for the pieces of
  /// [offset, offset + bytes) of a partition, in order.
  template <typename Visit>
  void visit(isa::Space space, std::uint32_t partition, std::uint32_t offset, std::size_t bytes,
             const Visit& visit) const {
    std::size_t done = 0;
    while (done < bytes) {
      const auto [at, room] = locate(space, partition, offset + static_cast<std::uint32_t>(done));
      const std::size_t part = room < bytes - done ? room : bytes - done;
      visit(at, done, part);
      done += part;
    }
  }

 private:
  struct Piece {
    std::byte* at;
    std::size_t room;  ///< bytes that follow each other
  };
  Piece locate(isa::Space space, std::uint32_t partition, std::uint32_t offset) const;

  const configs::Config& config_;
  std::vector<std::byte*> sbuf_;  ///< [bank]
  std::vector<std::byte*> psum_;  ///< [column][lane of the column][bank]
};

}  // namespace tinium
