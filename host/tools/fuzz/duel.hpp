// SPDX-License-Identifier: Apache-2.0
//
// A case on two devices: the subject (RTL) and the reference (emulator). Every defined byte of
// SBUF, PSUM and the arena is compared after every launch, and what the completion record promises.
//
// Defined is every byte: both sides begin with the same contents. What a launch that ended in a
// fault may have been writing becomes undefined, byte by byte, until something defined is written
// there.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "fuzz/case.hpp"
#include "schedule/access.hpp"

namespace tinium::fuzz {

enum class Outcome : std::uint8_t { pass, skipped, fail };

struct Verdict {
  Outcome outcome = Outcome::pass;
  std::string signature;  ///< what differs, without numbers: failures of one cause have the same
  std::string text;       ///< all of it
  std::size_t launch = 0;
};

/// What was run.
struct DuelCounts {
  std::uint64_t cases = 0, skipped = 0, failed = 0;
  std::uint64_t launches = 0;                   ///< of the subject, without known jobs
  std::uint64_t cycles = 0;                     ///< of the subject, all
  std::uint64_t bytes = 0;                      ///< compared
  std::uint64_t undefined = 0;                  ///< bytes masked
  std::uint64_t bus_errors = 0;                 ///< launches that ended in a right bus fault
  std::uint64_t resets = 0;                     ///< launches ended by a reset in mid-flight
  std::uint64_t known_jobs = 0;                 ///< right ones, after a fault or a reset
  std::map<std::string, std::uint64_t> faults;  ///< of the subject, by name

  void merge(const DuelCounts& other);
};

class Duel {
 public:
  using Open = std::function<std::unique_ptr<Device>()>;
  Duel(Open subject, Open reference);
  ~Duel();

  const Capabilities& core() const { return subject_.device->capabilities(); }
  Verdict run(const Case& one);
  const DuelCounts& counts() const { return counts_; }
  /// Only the reference: whether a launch with a deliberate fault ends as it was meant to. Memory
  /// contents are those left by the last case.
  static constexpr std::uint64_t kCycleLimit = 4'000'000;

 private:
  struct Side {
    std::unique_ptr<Device> device;
    DeviceAddress arena, image, trace, known;
    std::vector<std::byte> row;
  };
  struct Failure {
    std::string signature, text;
  };

  void open_both();
  static void prepare(Side& side, const Open& open);
  void fill(std::uint64_t seed);
  LaunchRequest request_of(Side& side, const Launch& launch) const;
  std::optional<Completion> run_side(Side& side, const Launch& launch);
  Verdict run_launch(const Launch& launch, std::uint64_t seed);
  void judge_ok(const Completion& subject, const Completion& reference, const Launch& launch);
  void judge_fault(const Completion& subject, const Completion& reference);
  void judge_watchdog(const Completion& subject, const Launch& launch);
  void judge_disturbed(const Completion& subject, const Launch& launch);
  void judge_typed_error(const Completion& subject);
  void judge_counters(const Completion& subject);
  void judge_trace(const Completion& subject, const Completion& reference, const Launch& launch);
  void compare_memories(std::span<const std::byte> image, const std::vector<Window>& windows);
  void compare_rows(isa::Space space, std::span<const std::byte> image);
  void known_job(std::uint64_t seed);
  /// Gives undefined bytes of the subject those of the reference, so that the next launch may read
  /// them.
  void define_all();
  void mark(const std::vector<schedule::Box>& boxes, const std::vector<Window>& windows,
            bool undefined);

  Open open_subject_, open_reference_;
  Side subject_, reference_;
  DuelCounts counts_;
  // Undefined bytes; empty while there is none.
  std::vector<std::uint8_t> undefined_sbuf_, undefined_psum_, undefined_arena_;
  bool any_undefined_ = false;
};

}  // namespace tinium::fuzz
