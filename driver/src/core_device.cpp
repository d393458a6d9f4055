// SPDX-License-Identifier: Apache-2.0

#include "core_device.hpp"

#include <algorithm>
#include <array>

#include "tinium/generated/isa.hpp"
#include "tinium/generated/records.hpp"
#include "tinium/generated/registers.hpp"
#include "words.hpp"

namespace tinium {
namespace {

using Record = records::LaunchRecord;
using Done = records::CompletionRecord;

std::string hex_address(std::uint64_t value) {
  std::array<char, 19> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
  return text.data();
}

/// A launch and its end share one block: the completion record first, because its alignment is
/// stricter.
constexpr std::uint64_t kCompletionAlignment = 1024;
constexpr std::uint64_t kRecordOffset = Done::kBytes;
constexpr std::size_t kBlockBytes = kRecordOffset + Record::kBytes;
static_assert(kRecordOffset % kDeviceAlignment == 0 && kBlockBytes <= kCompletionAlignment,
              "the launch record is aligned, and neither record crosses 4 KiB");

}  // namespace

Completion parse_completion(LaunchId id, std::span<const std::byte> bytes) {
  Completion c;
  c.id = id;
  c.status = static_cast<LaunchStatus>(load_word(bytes, Done::kStatusWord));
  c.fault.code = load_word(bytes, Done::kFaultCodeWord);
  c.fault.engine = load_word(bytes, Done::kFaultEngineWord);
  c.fault.instruction = load_word(bytes, Done::kFaultInstructionWord);
  c.fault.address = load_pair(bytes, Done::kFaultAddressWord);
  for (std::size_t unit = 0; unit < kUnitCount; ++unit) {
    const std::size_t word = Done::kBlockedWord + 4 * unit;
    const std::uint32_t what = load_word(bytes, word + 1);
    if (what >> 31 == 0) continue;
    BlockedUnit& blocked = c.fault.blocked[unit];
    blocked.waits = true;
    blocked.instruction = load_word(bytes, word);
    blocked.semaphore = what & 0xFFu;
    blocked.condition = static_cast<isa::WaitCondition>(what >> 8 & 0xFu);
    blocked.value = load_word(bytes, word + 2);
    blocked.level = load_word(bytes, word + 3);
  }
  c.counters.cycles = load_pair(bytes, Done::kCyclesWord);
  c.counters.first_issue = load_pair(bytes, Done::kFirstIssueWord);
  c.counters.first_mac = load_pair(bytes, Done::kFirstMacWord);
  c.counters.last_sbuf_write = load_pair(bytes, Done::kLastSbufWriteWord);
  c.counters.tensor_vectors = load_pair(bytes, Done::kTensorVectorsWord);
  c.counters.vector_busy = load_pair(bytes, Done::kVectorBusyWord);
  c.counters.dma_read_beats = load_pair(bytes, Done::kDmaReadBeatsWord);
  c.counters.dma_write_beats = load_pair(bytes, Done::kDmaWriteBeatsWord);
  c.counters.instructions = load_pair(bytes, Done::kInstructionsWord);
  c.counters.trace_events = load_pair(bytes, Done::kTraceEventsWord);
  c.counters.trace_lost = load_pair(bytes, Done::kTraceLostWord);
  for (std::size_t unit = 0; unit < kUnitCount; ++unit) {
    for (std::size_t cause = 0; cause < kCauseCount; ++cause) {
      c.counters.profile[unit][cause] =
          load_pair(bytes, Done::kProfileWord + 2 * (kCauseCount * unit + cause));
    }
  }
  return c;
}

const configs::Config& find_config(std::string_view scheme, std::string_view name,
                                   std::span<const std::string_view> offered) {
  std::string known;
  for (const std::string_view offer : offered) {
    if (offer == name) {
      for (const auto& config : configs::kConfigs) {
        if (config.name == name) return config;
      }
    }
    known += (known.empty() ? "" : ", ") + std::string(offer);
  }
  throw Error(ErrorCode::unknown_device, "open",
              "configurations of " + std::string(scheme) + ": are " + known,
              "configuration=\"" + std::string(name) + "\"");
}

Capabilities capabilities_of(const configs::Config& config, std::string_view backend) {
  Capabilities c;
  c.backend = backend;
  c.config = config.name;
  c.config_id = config.id;
  c.map_version = isa::kMapVersion;
  c.partitions = config.partitions;
  c.array_rows = config.rows;
  c.array_cols = config.cols;
  c.lanes = config.lanes;
  c.vector_lanes = config.vector_lanes;
  c.bus_bytes = config.bus_bytes;
  c.sbuf_bytes = config.sbuf_bytes;
  c.psum_banks = config.psum_banks;
  c.memory_bytes = kMemoryBytes;
  return c;
}

CoreDevice::CoreDevice() = default;

void CoreDevice::write(DeviceAddress address, std::span<const std::byte> data) {
  if (!memory_.contains(address.value, data.size())) {
    throw Error(ErrorCode::out_of_range, "Device::write", "the range lies in device memory",
                "address=" + hex_address(address.value) + " bytes=" + std::to_string(data.size()));
  }
  memory_.write(address.value, data);
}

void CoreDevice::read(DeviceAddress address, std::span<std::byte> data) {
  if (!memory_.contains(address.value, data.size())) {
    throw Error(ErrorCode::out_of_range, "Device::read", "the range lies in device memory",
                "address=" + hex_address(address.value) + " bytes=" + std::to_string(data.size()));
  }
  memory_.read(address.value, data);
}

LaunchId CoreDevice::submit(const LaunchRequest& request) {
  if (request.slots.size() > Record::kSlotCount) {
    throw Error(ErrorCode::invalid_argument, "Device::submit",
                "a launch has at most 16 tensor slots",
                "slots=" + std::to_string(request.slots.size()));
  }
  if (request.image.value % kDeviceAlignment != 0) {
    throw Error(ErrorCode::invalid_argument, "Device::submit", "a program image is 64-byte aligned",
                "image=" + hex_address(request.image.value));
  }
  for (std::size_t i = 0; i < request.slots.size(); ++i) {
    if (request.slots[i].bytes >> 62 != 0) {
      throw Error(ErrorCode::invalid_argument, "Device::submit", "a slot has less than 2^62 bytes",
                  "slot=" + std::to_string(i) + " bytes=" + std::to_string(request.slots[i].bytes));
    }
  }
  if (request.trace.value % kDeviceAlignment != 0 || request.trace_bytes % kDeviceAlignment != 0) {
    throw Error(ErrorCode::invalid_argument, "Device::submit",
                "a trace ring is 64-byte aligned and has a multiple of 64 bytes",
                "trace=" + hex_address(request.trace.value) +
                    " trace_bytes=" + std::to_string(request.trace_bytes));
  }
  const LaunchId id{next_id_++};
  const std::uint64_t completion = allocator_.allocate(kBlockBytes, kCompletionAlignment).value;
  const std::uint64_t record = completion + kRecordOffset;
  std::array<std::byte, kBlockBytes> block{};
  const auto bytes = std::span(block).subspan(kRecordOffset);
  store_word(bytes, Record::kMagicWord, Record::kMagic);
  store_word(bytes, Record::kMapVersionWord, isa::kMapVersion);
  store_word(bytes, Record::kLaunchIdWord, static_cast<std::uint32_t>(id));
  store_word(bytes, Record::kSlotCountWord, static_cast<std::uint32_t>(request.slots.size()));
  store_pair(bytes, Record::kCompletionAddressWord, completion);
  store_pair(bytes, Record::kWatchdogCyclesWord, request.watchdog_cycles);
  store_word(bytes, Record::kImageBytesWord, request.image_bytes);
  store_pair(bytes, Record::kTraceAddressWord, request.trace.value);
  store_word(bytes, Record::kTraceBytesWord, request.trace_bytes);
  for (std::size_t i = 0; i < request.slots.size(); ++i) {
    const TensorSlot& slot = request.slots[i];
    const std::size_t word = Record::kSlotsWord + i * Record::kSlotWords;
    store_pair(bytes, word, slot.base.value);
    store_pair(bytes, word + 2,
               slot.bytes | static_cast<std::uint64_t>(slot.readable) << 62 |
                   static_cast<std::uint64_t>(slot.writable) << 63);
  }
  memory_.write(completion, block);  // clears the completion record as well
  queue_.push_back({id, record, completion, request.image.value});
  start_more();
  return id;
}

void CoreDevice::start_more() {
  if (in_core_ == 0) core_aborts_ = false;
  while (!core_aborts_ && in_core_ < std::min(core_depth(), queue_.size())) {
    const Launch& launch = queue_[in_core_];
    ++in_core_;
    start_core(launch.record, launch.image);
  }
}

void CoreDevice::finish_front() {
  const Launch launch = queue_.front();
  queue_.pop_front();
  --in_core_;
  std::array<std::byte, Done::kBytes> bytes{};
  memory_.read(launch.completion, bytes);
  allocator_.free(DeviceAddress{launch.completion});
  const FaultReport registers = fault_registers();
  const bool written =
      load_word(bytes, Done::kMagicWord) == Done::kMagic &&
      load_word(bytes, Done::kLaunchIdWord) == static_cast<std::uint32_t>(launch.id);
  Completion end;
  if (written) end = parse_completion(launch.id, bytes);
  if (!written || (end.ok() && registers.code != 0)) {
    // The core could not write its record, or not all of it (a bus error), or it refused the
    // launch record. A record in several bursts may have lost any of them.
    end = {};
    end.id = launch.id;
    end.status = LaunchStatus::fault;
    end.fault = registers;
    if (registers.code == 0) {
      throw Error(ErrorCode::device_lost, "Device::wait",
                  "a launch that is done has written its completion record",
                  "launch=" + std::to_string(static_cast<std::uint32_t>(launch.id)));
    }
  }
  ended_[launch.id] = end;
  if (!ended_[launch.id].ok() && !core_aborts_) {
    // What the core holds it aborts itself; the others never reach it.
    abort_behind(in_core_);
    core_aborts_ = true;
  }
  start_more();
}

std::optional<Completion> CoreDevice::wait(LaunchId id, std::chrono::milliseconds timeout) {
  const auto now = std::chrono::steady_clock::now();
  const auto far = now + std::chrono::hours{24 * 365};
  const auto deadline = timeout >= kForever ? far : std::min(far, now + timeout);
  const auto running = [&] {
    return std::any_of(queue_.begin(), queue_.end(),
                       [&](const Launch& launch) { return launch.id == id; });
  };
  while (running()) {
    if (!run_core(deadline)) return std::nullopt;
    finish_front();
  }
  const auto ended = ended_.find(id);
  if (ended == ended_.end()) {
    throw Error(ErrorCode::invalid_argument, "Device::wait",
                "a launch was submitted on this device and is waited for until it ends, once",
                "launch=" + std::to_string(static_cast<std::uint32_t>(id)));
  }
  const Completion completion = ended->second;
  ended_.erase(ended);
  return completion;
}

void CoreDevice::abort_behind(std::size_t first) {
  for (; queue_.size() > first; queue_.pop_back()) {
    const Launch& launch = queue_.back();
    Completion aborted;
    aborted.id = launch.id;
    aborted.status = LaunchStatus::aborted;
    ended_[launch.id] = aborted;
    allocator_.free(DeviceAddress{launch.completion});
  }
}

void CoreDevice::reset() {
  reset_core();
  in_core_ = 0;
  core_aborts_ = false;
  abort_behind(0);
}

}  // namespace tinium
