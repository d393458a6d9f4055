// SPDX-License-Identifier: Apache-2.0
//
// Device memory behind m_axi_gmem: an AXI4 slave with latency, one beat a cycle shared by reads and
// writes, seeded stalls on every channel, injected errors, and checks of what the master drives.
//
// Bursts are answered in order, in each direction by itself, unless they are to be reordered: then
// beats and responses of different IDs overtake and interleave. It knows nothing of a Verilated
// model: the caller samples and drives the wires once per cycle through AxiMaster and AxiSlave.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "memory.hpp"

namespace tinium {

/// Bytes of the widest bus.
inline constexpr std::size_t kMaxBusBytes = 64;

/// What the master drives, sampled once per cycle before the clock edge.
struct AxiMaster {
  bool aw_valid = false;
  std::uint64_t aw_addr = 0;
  std::uint32_t aw_id = 0, aw_len = 0, aw_size = 0, aw_burst = 0;
  bool w_valid = false;
  bool w_last = false;
  std::uint64_t w_strb = 0;
  const std::byte* w_data = nullptr;  ///< bus_bytes bytes, valid during the call
  bool b_ready = false;
  bool ar_valid = false;
  std::uint64_t ar_addr = 0;
  std::uint32_t ar_id = 0, ar_len = 0, ar_size = 0, ar_burst = 0;
  bool r_ready = false;
};

/// What the slave drives in the same cycle; stable until the clock edge.
struct AxiSlave {
  bool aw_ready = false;
  bool w_ready = false;
  bool b_valid = false;
  std::uint32_t b_id = 0, b_resp = 0;
  bool ar_ready = false;
  bool r_valid = false;
  bool r_last = false;
  std::uint32_t r_id = 0, r_resp = 0;
  std::array<std::byte, kMaxBusBytes> r_data{};
  bool r_changed = false;  ///< r_data differs from the cycle before
};

/// What a memory may get wrong, for tests of the checkers in the core.
enum class SeededFault : std::uint8_t {
  none,
  read_last_early,   ///< the first beat of every read says that it is the last
  read_id_swapped,   ///< read data carry the other ID
  response_swapped,  ///< write responses carry the other ID
};

class DramModel {
 public:
  struct Options {
    std::uint32_t bus_bytes = 64;
    std::uint32_t latency = 100;  ///< cycles from address to first beat, from last beat to response
    std::uint32_t stall_percent = 0;  ///< of the cycles in which a channel could move
    std::uint64_t seed = 1;
    SeededFault fault = SeededFault::none;
    bool reorder = false;  ///< between IDs
  };

  DramModel(const Options& options, SparseMemory& memory);

  /// The wires of this cycle, before anything is sampled.
  const AxiSlave& drive();
  /// The end of the cycle: takes what moved. Throws Error(internal) naming the rule of AXI that the
  /// master broke.
  void sample(const AxiMaster& master);
  /// Another latency, other stalls and their seed, from the next address on.
  void set_behaviour(const MemoryBehaviour& behaviour);
  /// Forgets all transactions.
  void reset();

 private:
  struct Burst {
    std::uint64_t address;  ///< of the next beat, aligned to the bus
    std::uint32_t id;
    std::uint32_t beats;  ///< left
    std::uint64_t ready;  ///< cycle of the first beat, or of the response
    bool error;
  };

  bool stalled();
  std::uint64_t random();
  /// Which of the waiting bursts is answered next: the first, or by chance that of another ID.
  std::size_t choose(const std::deque<Burst>& waiting);
  Burst accept(const char* channel, std::uint64_t address, std::uint32_t id, std::uint32_t len,
               std::uint32_t size, std::uint32_t burst, bool is_write);
  [[noreturn]] void broken(const char* rule, const char* channel, std::uint64_t address) const;

  Options options_;
  SparseMemory& memory_;
  std::uint64_t random_;
  std::uint64_t cycle_ = 0;
  std::deque<Burst> reads_;
  std::deque<Burst> writes_;
  std::deque<Burst> responses_;
  AxiSlave wires_;
  std::size_t read_at_ = 0;      ///< the burst whose beat is offered
  std::size_t response_at_ = 0;  ///< the response that is offered
  bool write_turn_ = false;
  bool write_wanted_ = false;  ///< w_valid was seen in the last cycle
  unsigned debt_ = 0;          ///< beats moved beyond one a cycle

  // The last cycle of channels that waited, to check that they hold.
  AxiMaster held_;
  std::array<std::byte, kMaxBusBytes> held_data_{};
};

}  // namespace tinium
