// SPDX-License-Identifier: Apache-2.0
//
// Opening devices by URL, and faults in words.

#include "tinium/device.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>

#include "backends.hpp"
#include "tinium/generated/isa.hpp"
#include "tinium/generated/records.hpp"
#include "words.hpp"

namespace tinium {
namespace {

std::string code_name(std::span<const isa::EnumName> names, std::uint32_t code) {
  for (const auto& entry : names) {
    if (entry.code == code) return std::string(entry.name);
  }
  return "code " + std::to_string(code);
}

ErrorCode error_code(std::uint32_t fault) {
  switch (static_cast<isa::Fault>(fault)) {
    case isa::Fault::kIllegalInstruction:
      return ErrorCode::illegal_instruction;
    case isa::Fault::kClosedWindow:
      return ErrorCode::closed_window;
    case isa::Fault::kBusRead:
    case isa::Fault::kBusWrite:
      return ErrorCode::bus_error;
    case isa::Fault::kBadLaunch:
    case isa::Fault::kBadImage:
      return ErrorCode::corrupt_image;
    case isa::Fault::kSbufRange:
    case isa::Fault::kPsumRange:
    case isa::Fault::kFetchRange:
    case isa::Fault::kSemaphore:
      return ErrorCode::out_of_range;
    case isa::Fault::kWatchdog:
      return ErrorCode::watchdog;
    case isa::Fault::kDtype:
      return ErrorCode::unsupported;
    case isa::Fault::kDeadlock:
      return ErrorCode::deadlock;
    case isa::Fault::kReset:
    case isa::Fault::kBusTimeout:
      return ErrorCode::device_lost;
    case isa::Fault::kNone:
      return ErrorCode::internal;
  }
  return ErrorCode::internal;
}

std::string describe(const BlockedUnit& blocked, std::size_t unit) {
  const char* relation = blocked.condition == isa::WaitCondition::kEq ? " == " : " >= ";
  return std::string(isa::kUnitNames[unit].name) + " at instruction " +
         std::to_string(blocked.instruction) + " waits for semaphore " +
         std::to_string(blocked.semaphore) + relation + std::to_string(blocked.value) +
         ", which is " + std::to_string(blocked.level);
}

}  // namespace

std::string describe(const FaultReport& fault) {
  std::array<char, 40> where{};
  std::snprintf(where.data(), where.size(), ", address 0x%llx",
                static_cast<unsigned long long>(fault.address));
  std::string text = code_name(isa::kFaultNames, fault.code) + " of " +
                     code_name(isa::kEngineNames, fault.engine) + " at instruction " +
                     std::to_string(fault.instruction) + where.data();
  // Of other faults the waits are a consequence, not the cause.
  const auto code = static_cast<isa::Fault>(fault.code);
  if (code == isa::Fault::kDeadlock || code == isa::Fault::kWatchdog) {
    for (std::size_t unit = 0; unit < kUnitCount; ++unit) {
      if (fault.blocked[unit].waits) text += "; " + describe(fault.blocked[unit], unit);
    }
  }
  return text;
}

std::vector<TraceEvent> decode_trace(std::span<const std::byte> ring, std::uint64_t events) {
  using Record = records::TraceEvent;
  constexpr const char* kOperation = "decode_trace";
  if (ring.size() % kDeviceAlignment != 0) {
    throw Error(ErrorCode::invalid_argument, kOperation, "a trace ring has a multiple of 64 bytes",
                "bytes=" + std::to_string(ring.size()));
  }
  const std::uint64_t room = ring.size() / Record::kBytes;
  // The ring is written by lines of four events; the oldest line is overwritten as a whole.
  constexpr std::uint64_t kPerLine = kDeviceAlignment / Record::kBytes;
  const std::uint64_t unfinished = (kPerLine - events % kPerLine) % kPerLine;  // of the last line
  std::vector<TraceEvent> all;
  if (room == 0) return all;
  const std::uint64_t kept = room - unfinished;
  for (std::uint64_t i = events > kept ? events - kept : 0; i < events; ++i) {
    const auto bytes = ring.subspan(i % room * Record::kBytes, Record::kBytes);
    const std::uint32_t tag = load_word(bytes, Record::kTagWord);
    const std::uint32_t unit = tag >> 16 & 0xFu;
    const std::uint32_t event = tag >> 20 & 0xFu;
    if (unit >= kUnitCount || event >= isa::kTraceEventNames.size()) {
      throw Error(ErrorCode::corrupt_image, kOperation, "an event names a unit and what it did",
                  "event=" + std::to_string(i) + " tag=" + std::to_string(tag));
    }
    TraceEvent out;
    out.time = load_word(bytes, Record::kTimeLowWord) | static_cast<std::uint64_t>(tag & 0xFFFFu)
                                                            << 32;
    out.unit = static_cast<isa::Unit>(unit);
    out.event = static_cast<isa::TraceEvent>(event);
    out.instruction = load_word(bytes, Record::kInstructionWord);
    out.opcode = static_cast<std::uint8_t>(load_word(bytes, Record::kArgumentWord));
    all.push_back(out);
  }
  return all;
}

void throw_if_failed(const Completion& completion, std::string_view operation) {
  if (completion.status == LaunchStatus::ok) return;
  if (completion.status == LaunchStatus::aborted) {
    throw Error(ErrorCode::device_lost, std::string(operation),
                "a launch runs only if those before it ended well, and no reset comes between",
                "launch=" + std::to_string(static_cast<std::uint32_t>(completion.id)));
  }
  std::string rule = "the core stopped on a fault: " + describe(completion.fault);
  if (completion.fault.code == static_cast<std::uint32_t>(isa::Fault::kBusTimeout)) {
    rule += "; the bus no longer answers: load the core again";
  }
  throw Error(error_code(completion.fault.code), std::string(operation), rule,
              "launch=" + std::to_string(static_cast<std::uint32_t>(completion.id)));
}

std::string DeviceOptions::text(std::string_view key, std::string_view fallback) {
  for (Option& option : options_) {
    if (option.key != key) continue;
    option.used = true;
    return option.value;
  }
  return std::string(fallback);
}

std::uint64_t DeviceOptions::number(std::string_view key, std::uint64_t fallback,
                                    std::uint64_t limit) {
  const std::string value = text(key, "");
  for (const Option& option : options_) {
    if (option.key != key) continue;
    const bool digits =
        !value.empty() && value.size() <= 19 &&
        std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || std::stoull(value) > limit) {
      throw Error(ErrorCode::unknown_device, "open",
                  "option " + std::string(key) + " is a number from 0 to " + std::to_string(limit),
                  std::string(key) + "=\"" + value + "\"");
    }
    return std::stoull(value);
  }
  return fallback;
}

DeviceOptions::DeviceOptions(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      throw Error(ErrorCode::unknown_device, "open", "options read key=value, joined by &",
                  "option=\"" + std::string(pair) + "\"");
    }
    const std::string key(pair.substr(0, equals));
    for (const Option& option : options_) {
      if (option.key == key) {
        throw Error(ErrorCode::unknown_device, "open", "an option is given once",
                    "option=\"" + key + "\"");
      }
    }
    options_.push_back({key, std::string(pair.substr(equals + 1)), false});
  }
}

void DeviceOptions::refuse_others(std::string_view scheme) const {
  for (const Option& option : options_) {
    if (!option.used) {
      throw Error(ErrorCode::unknown_device, "open",
                  "device " + std::string(scheme) + ": has no option of this name",
                  "option=\"" + option.key + "\"");
    }
  }
}

std::unique_ptr<Device> open(std::string_view url) {
  const std::size_t colon = url.find(':');
  const std::string_view scheme = url.substr(0, colon);
  std::string known;
  for (const Backend& backend : backends()) {
    known += (known.empty() ? "" : ", ") + std::string(backend.scheme) + ":";
    if (colon == std::string_view::npos || backend.scheme != scheme) continue;
    const std::string_view rest = url.substr(colon + 1);
    const std::size_t question = rest.find('?');
    DeviceOptions options(question == std::string_view::npos ? std::string_view{}
                                                             : rest.substr(question + 1));
    const bool checked = options.number("checked", 1, 1) != 0;
    auto device = backend.open(rest.substr(0, question), options);
    return checked ? make_checked(std::move(device)) : std::move(device);
  }
  throw Error(
      ErrorCode::unknown_device, "open",
      "a device URL reads <scheme>:<configuration>[?option=value&...] and begins with one of " +
          known,
      "url=\"" + std::string(url) + "\"");
}

std::vector<std::string> device_urls() {
  std::vector<std::string> urls;
  for (const Backend& backend : backends()) {
    for (const std::string_view config : backend.configs) {
      urls.push_back(std::string(backend.scheme) + ":" + std::string(config));
    }
  }
  return urls;
}

}  // namespace tinium
