// SPDX-License-Identifier: Apache-2.0
//
// What must be equal, and what must be right, after a launch.

#include <array>
#include <cstdio>
#include <cstring>

#include "fuzz/duel.hpp"
#include "fuzz/footprint.hpp"

namespace tinium::fuzz {
namespace {

constexpr std::uint32_t kBurstBeats = 16;
constexpr std::size_t kShown = 16;

std::string hex(std::uint64_t value) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
  return text.data();
}

std::string kind_of(const FaultReport& fault) {
  const std::string text = describe(fault);
  return text.substr(0, text.find(" at"));
}

/// The error that a fault must become, apart from the driver's own table.
ErrorCode expected_error(const Completion& completion) {
  if (completion.status == LaunchStatus::aborted) return ErrorCode::device_lost;
  switch (static_cast<isa::Fault>(completion.fault.code)) {
    case isa::Fault::kBusRead:
    case isa::Fault::kBusWrite:
      return ErrorCode::bus_error;
    case isa::Fault::kClosedWindow:
      return ErrorCode::closed_window;
    case isa::Fault::kIllegalInstruction:
      return ErrorCode::illegal_instruction;
    case isa::Fault::kBadImage:
    case isa::Fault::kBadLaunch:
      return ErrorCode::corrupt_image;
    case isa::Fault::kWatchdog:
      return ErrorCode::watchdog;
    case isa::Fault::kDeadlock:
      return ErrorCode::deadlock;
    case isa::Fault::kDtype:
      return ErrorCode::unsupported;
    case isa::Fault::kReset:
    case isa::Fault::kBusTimeout:
      return ErrorCode::device_lost;
    default:
      return ErrorCode::out_of_range;
  }
}

/// The instructions that write a byte, by name.
std::string writers(std::span<const std::byte> image, schedule::Memory memory, std::uint32_t slot,
                    std::int64_t partition, std::int64_t byte) {
  std::map<std::string, std::string> found;
  walk(image, [&](const Executed& e) {
    const auto all = schedule::accesses_of(e.words, e.stationary, e.register_a, e.register_b);
    for (const schedule::Box& box : all.writes) {
      if (box.memory == memory && box.first <= partition && partition < box.last &&
          box.low <= byte && byte < box.high &&
          (memory != schedule::Memory::dram || box.slot == slot)) {
        const std::string text = disassemble(e.words);
        found[text.substr(0, text.find(' '))] = std::to_string(e.index);
      }
    }
  });
  if (found.empty()) return "nobody";
  std::string list;
  for (const auto& [name, index] : found) list += (list.empty() ? "" : ", ") + name;
  return list;
}

}  // namespace

void Duel::judge_counters(const Completion& subject) {
  for (std::size_t unit = 0; unit < kUnitCount; ++unit) {
    std::uint64_t sum = 0;
    for (const std::uint64_t cycles : subject.counters.profile[unit]) sum += cycles;
    if (sum != subject.counters.cycles) {
      throw Failure{"profile", "the causes of unit " + std::to_string(unit) + " add up to " +
                                   std::to_string(sum) + " of " +
                                   std::to_string(subject.counters.cycles) + " cycles"};
    }
  }
}

void Duel::judge_ok(const Completion& subject, const Completion& reference, const Launch& launch) {
  if (launch.expect == Expect::fault) {
    throw Failure{"no fault: " + kind_of(reference.fault),
                  "the subject ends well, the reference in " + describe(reference.fault)};
  }
  // The record's cycles go on while the last lines of a trace are written; the watchdog does not.
  if (launch.expect == Expect::watchdog && launch.trace_bytes == 0 &&
      subject.counters.cycles > launch.watchdog + 200) {
    throw Failure{"watchdog asleep", "ended well after " + std::to_string(subject.counters.cycles) +
                                         " cycles, watchdog " + std::to_string(launch.watchdog)};
  }
  const auto equal = [](const char* what, std::uint64_t a, std::uint64_t b) {
    if (a != b) {
      throw Failure{std::string("counter ") + what, std::string(what) + ": subject " +
                                                        std::to_string(a) + ", reference " +
                                                        std::to_string(b)};
    }
  };
  equal("instructions", subject.counters.instructions, reference.counters.instructions);
  equal("tensor_vectors", subject.counters.tensor_vectors, reference.counters.tensor_vectors);
  equal("dma_read_beats", subject.counters.dma_read_beats, reference.counters.dma_read_beats);
  equal("dma_write_beats", subject.counters.dma_write_beats, reference.counters.dma_write_beats);
  judge_counters(subject);
  judge_trace(subject, reference, launch);
}

void Duel::judge_trace(const Completion& subject, const Completion& reference,
                       const Launch& launch) {
  const LaunchCounters& c = subject.counters;
  if (launch.trace_bytes == 0) {
    if (c.trace_events != 0 || c.trace_lost != 0) throw Failure{"trace", "events without a ring"};
    return;
  }
  if (c.trace_events + c.trace_lost != reference.counters.trace_events) {
    throw Failure{"trace events", std::to_string(c.trace_events) + " events and " +
                                      std::to_string(c.trace_lost) + " lost, reference " +
                                      std::to_string(reference.counters.trace_events)};
  }
  std::vector<std::byte> ring(launch.trace_bytes);
  subject_.device->read(subject_.trace, ring);
  for (const TraceEvent& event : decode_trace(ring, c.trace_events)) {
    if (event.time > c.cycles) throw Failure{"trace time", "an event after the end of the launch"};
  }
}

void Duel::judge_typed_error(const Completion& subject) {
  try {
    throw_if_failed(subject, "fuzz");
  } catch (const Error& error) {
    if (error.code() == expected_error(subject)) return;
    throw Failure{"typed error", std::string("the error is ") + error.what()};
  }
  throw Failure{"typed error", "no error for " + describe(subject.fault)};
}

void Duel::judge_fault(const Completion& subject, const Completion& reference) {
  const FaultReport& a = subject.fault;
  const FaultReport& b = reference.fault;
  // Who waits is a matter of time, but in a deadlock.
  const bool table = b.code == static_cast<std::uint32_t>(isa::Fault::kDeadlock);
  // An update carries no instruction: an engine's is blamed on what the engine accepted last.
  const bool late =
      b.code == static_cast<std::uint32_t>(isa::Fault::kSemaphore) && a.instruction > b.instruction;
  const bool same = subject.status == reference.status && a.code == b.code &&
                    a.engine == b.engine && (late || a.instruction == b.instruction) &&
                    a.address == b.address && (!table || a.blocked == b.blocked);
  if (!same) {
    throw Failure{"fault: " + kind_of(a) + " for " + kind_of(b),
                  "subject: " + describe(a) + "\nreference: " + describe(b)};
  }
  judge_counters(subject);
}

void Duel::judge_watchdog(const Completion& subject, const Launch& launch) {
  const FaultReport& f = subject.fault;
  if (f.code != static_cast<std::uint32_t>(isa::Fault::kWatchdog) ||
      f.engine != static_cast<std::uint32_t>(isa::Engine::kLauncher) ||
      subject.counters.cycles < launch.watchdog) {
    throw Failure{"watchdog: " + kind_of(f),
                  describe(f) + " after " + std::to_string(subject.counters.cycles) +
                      " cycles, watchdog " + std::to_string(launch.watchdog)};
  }
  judge_counters(subject);
}

/// A fault of the bus where an error was injected, by somebody who was there.
void Duel::judge_disturbed(const Completion& subject, const Launch& launch) {
  const FaultReport& f = subject.fault;
  const auto code = static_cast<isa::Fault>(f.code);
  const auto engine = static_cast<isa::Engine>(f.engine);
  const Disturbance& d = launch.disturbance;
  const auto wrong = [&](const std::string& why) {
    throw Failure{"bus error: " + kind_of(f), describe(f) + ": " + why};
  };
  const bool on_read = code == isa::Fault::kBusRead;
  if (!on_read && code != isa::Fault::kBusWrite) wrong("an error of the bus was injected");
  if (on_read ? !d.on_read : !d.on_write) wrong("the other direction was to fail");
  if (on_read ? engine == isa::Engine::kDmaStore : engine == isa::Engine::kDmaLoad) {
    wrong("this queue does not do that");
  }
  const std::uint64_t bus = core().bus_bytes;
  if (d.where != Disturbance::Where::anywhere) {
    const bool in_image = d.where == Disturbance::Where::image;
    const std::uint64_t base = (in_image ? subject_.image : subject_.arena).value;
    const std::uint64_t low = base + d.offset;
    // The memory fails a burst as a whole: a load names its start, a fetch any of its lines, also
    // one behind the error when a branch has left out those before.
    const std::uint64_t burst = kBurstBeats * 4 * bus;
    const bool reaches =
        f.address < low + d.bytes + (in_image ? burst : 0) && f.address + burst > low;
    // An error in the lines read with the header is the header's.
    const bool header = engine == isa::Engine::kLauncher && in_image && f.address == base;
    if (!reaches && !header) {
      wrong("the error was at " + hex(low) + " to " + hex(low + d.bytes - 1));
    }
  }
  ++counts_.bus_errors;
  if (engine == isa::Engine::kLauncher) return;
  // The instruction is one that does such a transfer, or was to be fetched from there.
  bool found = false;
  walk(launch.image, [&](const Executed& e) {
    if (found || e.index != f.instruction) return;
    const auto opcode = schedule::opcode_of(e.words);
    if (engine == isa::Engine::kDmaLoad) {
      found = e.stream == isa::Engine::kSync && opcode == isa::Opcode::kDmaLoad;
    } else if (engine == isa::Engine::kDmaStore) {
      found = e.stream == isa::Engine::kSync && opcode == isa::Opcode::kDmaStore;
    } else {
      found = e.stream == engine && on_read;
    }
  });
  if (!found) wrong("it names an instruction that does not do that");
  judge_counters(subject);
}

void Duel::compare_memories(std::span<const std::byte> image, const std::vector<Window>& windows) {
  compare_rows(isa::Space::kSbuf, image);
  compare_rows(isa::Space::kPsum, image);
  std::array<std::vector<std::byte>, 2> arena{std::vector<std::byte>(kArenaBytes),
                                              std::vector<std::byte>(kArenaBytes)};
  subject_.device->read(subject_.arena, arena[0]);
  reference_.device->read(reference_.arena, arena[1]);
  counts_.bytes += kArenaBytes;
  if (arena[0] == arena[1]) return;
  std::string text;
  std::string who;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < kArenaBytes && shown < kShown; ++i) {
    if (arena[0][i] == arena[1][i]) continue;
    if (any_undefined_ && undefined_arena_[i] != 0) {
      ++counts_.undefined;
      continue;
    }
    std::string place = "between the slots";
    for (std::size_t w = 0; w < windows.size(); ++w) {
      const Window& window = windows[w];
      if (i < window.offset || i - window.offset >= window.bytes) continue;
      place = "slot " + std::to_string(w) + " byte " + hex(i - window.offset);
      if (who.empty()) {
        who = writers(image, schedule::Memory::dram, static_cast<std::uint32_t>(w), 0,
                      static_cast<std::int64_t>(i - window.offset));
      }
    }
    text += "DRAM " + place + ": subject " + hex(static_cast<std::uint64_t>(arena[0][i])) +
            " reference " + hex(static_cast<std::uint64_t>(arena[1][i])) + "\n";
    ++shown;
  }
  if (shown != 0) throw Failure{"DRAM bytes of " + (who.empty() ? "nobody" : who), text};
}

void Duel::compare_rows(isa::Space space, std::span<const std::byte> image) {
  const bool in_psum = space == isa::Space::kPsum;
  const Capabilities& c = core();
  const std::size_t pitch =
      in_psum ? std::size_t{c.psum_banks} * isa::kPsumBankElements * 4 : c.sbuf_bytes;
  const auto& undefined = in_psum ? undefined_psum_ : undefined_sbuf_;
  subject_.row.resize(pitch);
  reference_.row.resize(pitch);
  std::string text;
  std::string who;
  std::size_t shown = 0;
  for (std::uint32_t p = 0; p < c.partitions; ++p) {
    subject_.device->simulation()->peek(space, p, 0, subject_.row);
    reference_.device->simulation()->peek(space, p, 0, reference_.row);
    counts_.bytes += pitch;
    if (std::memcmp(subject_.row.data(), reference_.row.data(), pitch) == 0) continue;
    for (std::size_t i = 0; i < pitch && shown < kShown; ++i) {
      if (subject_.row[i] == reference_.row[i]) continue;
      if (any_undefined_ && undefined[p * pitch + i] != 0) {
        ++counts_.undefined;
        continue;
      }
      if (who.empty()) {
        who = writers(image, in_psum ? schedule::Memory::psum : schedule::Memory::sbuf, 0, p,
                      static_cast<std::int64_t>(i));
      }
      text += std::string(in_psum ? "PSUM" : "SBUF") + " partition " + std::to_string(p) +
              (in_psum ? " bank " + std::to_string(i / 2048) + " word " +
                             std::to_string(i / 4 % 512) + " byte " + std::to_string(i % 4)
                       : " byte " + hex(i)) +
              ": subject " + hex(static_cast<std::uint64_t>(subject_.row[i])) + " reference " +
              hex(static_cast<std::uint64_t>(reference_.row[i])) + "\n";
      ++shown;
    }
  }
  if (shown != 0) throw Failure{(in_psum ? "PSUM bytes of " : "SBUF bytes of ") + who, text};
}

}  // namespace tinium::fuzz
