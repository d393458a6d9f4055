// SPDX-License-Identifier: Apache-2.0
//
// What the fuzzer runs. A Case is complete: configuration, contents of every memory, behaviour of
// device memory, launches and what disturbs them. It runs on any pair of devices, is written to a
// file and read back. A Plan is what a Case is made from: instructions in program order, without
// semaphores and registers, and how these are to be woven in; shrinking works on plans, because
// whatever is left out of a plan, the program stays legal and free of races.

#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tinium/device.hpp"
#include "tinium/program.hpp"

namespace tinium::fuzz {

/// Device memory that the launches of a case may touch: one arena, of which the slots are parts.
inline constexpr std::uint64_t kArenaBytes = 64 * 1024;
inline constexpr std::uint64_t kImageRoom = 512 * 1024;
inline constexpr std::uint32_t kTraceRoom = 16 * 1024;

/// A part of the arena.
struct Window {
  std::uint32_t offset = 0;
  std::uint32_t bytes = 0;
  bool readable = false;
  bool writable = false;
};

/// What is done to a launch beside running it.
struct Disturbance {
  enum class Kind : std::uint8_t { none, bus_error, reset };
  Kind kind = Kind::none;
  // bus_error: accesses to [offset, offset + bytes) of `where` fail.
  enum class Where : std::uint8_t { arena, image, anywhere };
  Where where = Where::arena;
  std::uint32_t offset = 0;
  std::uint32_t bytes = 0;
  bool on_read = true;
  bool on_write = false;
  std::uint64_t skip = 0;  ///< accesses that go well before
  std::uint64_t count = ~0ull;
  std::uint64_t cycle = 0;  ///< reset: after so many cycles
};

/// How the launch may end.
enum class Expect : std::uint8_t {
  ok,        ///< well, with the same bytes and counters
  fault,     ///< in the same fault on both sides
  watchdog,  ///< well or by the watchdog, as its own cycles say
  disturbed  ///< whatever the disturbance makes of it, but the right error
};

struct Launch {
  std::vector<std::byte> image;  ///< as written to the device; may be broken on purpose
  std::vector<Window> windows;   ///< slot 0 first
  std::uint64_t watchdog = 1'000'000;
  std::uint32_t trace_bytes = 0;
  Disturbance disturbance;
  Expect expect = Expect::ok;
  /// Where a deliberate fault of one instruction is: stream (engine code) and index.
  std::optional<std::pair<std::uint32_t, std::uint32_t>> broken;
};

struct Case {
  std::string config;
  std::uint64_t data_seed = 1;
  MemoryBehaviour memory;
  std::vector<Launch> launches;
};

// ---- Plans ----

/// An instruction of an engine or a DMA queue, without waits, updates and registers.
struct Item {
  InstructionWords words{};
  /// What each iteration of a loop adds to the address fields A and B; 0: no register.
  std::int32_t stride_a = 0;
  std::int32_t stride_b = 0;
};

struct Segment {
  std::vector<Item> items;
  std::uint32_t repeat = 1;  ///< a loop of the sequencers when more than one
};

/// How order is kept.
enum class Sync : std::uint8_t {
  schedule,  ///< tinium::Schedule: one semaphore for each pair of units, values rewritten
  counting,  ///< each unit counts its events, anybody waits for a number
  token      ///< one after the other, through random semaphores, operators and conditions
};

/// One deliberate fault in a program that is otherwise right.
struct Sabotage {
  enum class Kind : std::uint8_t {
    none,
    field,      ///< an executed instruction gets other bits
    no_halt,    ///< a stream runs off its end
    branch,     ///< a stream jumps out of itself
    semaphore,  ///< over- or underflow
    starve,     ///< an update is missing: deadlock
    window,     ///< a window that is used is closed
    header      ///< the image header is wrong
  };
  Kind kind = Kind::none;
  std::uint64_t seed = 0;
};

struct Plan {
  std::vector<Segment> segments;
  Sync sync = Sync::token;
  std::uint64_t weave_seed = 1;
  bool noise = true;  ///< control instructions that change nothing
  Sabotage sabotage;
  std::vector<Window> windows;
  std::uint64_t watchdog = 1'000'000;
  std::uint32_t trace_bytes = 0;
  Disturbance disturbance;
  Expect expect = Expect::ok;
};

/// Everything of a case that its seed decides.
struct CasePlan {
  std::string config;
  std::uint64_t data_seed = 1;
  MemoryBehaviour memory;
  std::vector<Plan> launches;
};

/// xoshiro256**, seeded by splitmix64: the same numbers everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (auto& word : state_) {
      seed += 0x9E3779B97F4A7C15ull;
      std::uint64_t z = seed;
      z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
      z = (z ^ z >> 27) * 0x94D049BB133111EBull;
      word = z ^ z >> 31;
    }
  }
  std::uint64_t next() {
    const auto rotate = [](std::uint64_t x, int k) { return x << k | x >> (64 - k); };
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  /// 0 .. limit - 1.
  std::uint32_t below(std::uint64_t limit) {
    assert(limit != 0);
    return static_cast<std::uint32_t>(next() % limit);
  }
  /// True once in `n`.
  bool one_in(std::uint64_t n) { return next() % n == 0; }
  template <typename Container>
  const auto& pick(const Container& container) {
    return container[next() % container.size()];
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace tinium::fuzz
