// SPDX-License-Identifier: Apache-2.0
//
// The seam between programs and hardware: memory, launches, completions. Every backend implements
// this page and nothing of a backend shows through it; what differs is in Capabilities.

#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tinium/dtype.hpp"
#include "tinium/error.hpp"
#include "tinium/generated/isa.hpp"

namespace tinium {

/// Byte address in device memory. A type of its own, so that it never mixes with host pointers or
/// offsets.
struct DeviceAddress {
  std::uint64_t value = 0;

  friend constexpr auto operator<=>(const DeviceAddress&, const DeviceAddress&) = default;
  /// The address `bytes` further.
  friend constexpr DeviceAddress operator+(DeviceAddress address, std::uint64_t bytes) {
    return DeviceAddress{address.value + bytes};
  }
};

/// Alignment of every allocation, image, record and trace ring in device memory.
inline constexpr std::uint64_t kDeviceAlignment = 64;

/// Names one submitted launch of one device.
enum class LaunchId : std::uint32_t {};

/// What the core behind a device is. Read from its ID registers when the device is opened.
struct Capabilities {
  std::string backend;               ///< "emu" or "sim"
  std::string config;                ///< name of the configuration, e.g. "small"
  std::uint32_t config_id = 0;       ///< number of the configuration
  std::uint32_t map_version = 0;     ///< major << 16 | minor of instructions, records, registers
  std::uint32_t git_hash = 0;        ///< first 32 bits of the commit the core was built from, or 0
  std::uint32_t partitions = 0;      ///< P: partitions that programs see
  std::uint32_t array_rows = 0;      ///< R: physical rows (contraction)
  std::uint32_t array_cols = 0;      ///< C: physical columns
  std::uint32_t lanes = 0;           ///< L: physical memory lanes
  std::uint32_t vector_lanes = 0;    ///< V: lanes of VectorE
  std::uint32_t bus_bytes = 0;       ///< bytes of one beat of device memory
  std::uint32_t sbuf_bytes = 0;      ///< SBUF bytes per partition
  std::uint32_t psum_banks = 0;      ///< PSUM banks of 512 words per partition
  std::uint32_t formats = 0;         ///< bit n: dtype code n multiplies
  std::uint64_t memory_bytes = 0;    ///< device memory that allocate() hands out
  bool cycles_are_measured = false;  ///< false: times in a completion are the emulator's estimate

  /// True when TensorE of this core multiplies `dtype`.
  bool multiplies(DType dtype) const { return (formats >> static_cast<unsigned>(dtype) & 1u) != 0; }
};

/// An address window that a launch may touch through one tensor slot.
struct TensorSlot {
  DeviceAddress base;
  std::uint64_t bytes = 0;
  bool readable = false;
  bool writable = false;
};

/// One launch: which program, on which tensors.
struct LaunchRequest {
  DeviceAddress image;            ///< program image, 64-byte aligned
  std::uint32_t image_bytes = 0;  ///< its length
  std::vector<TensorSlot> slots;  ///< slot i of the program's DMA instructions; at most 16
  /// The core stops the launch with a watchdog fault after this many cycles. 0: never.
  std::uint64_t watchdog_cycles = kDefaultWatchdog;
  /// Where the core keeps the last events of the launch: device memory, 64-byte aligned.
  DeviceAddress trace{};
  /// Its length, a multiple of 64, 16 bytes an event; 0: no trace. See decode_trace().
  std::uint32_t trace_bytes = 0;

  static constexpr std::uint64_t kDefaultWatchdog = 20'000'000;
};

/// How a launch ended; the codes of the completion record.
enum class LaunchStatus : std::uint32_t { ok = 1, fault = 2, aborted = 3 };

/// Units that the profile, the trace and a deadlock speak of, and causes of the profile.
inline constexpr std::size_t kUnitCount = isa::kUnitNames.size();
inline constexpr std::size_t kCauseCount = isa::kCauseNames.size();

/// What one unit was waiting for when a launch stopped on a fault.
struct BlockedUnit {
  bool waits = false;             ///< an instruction at its head waits; else the rest is zero
  std::uint32_t instruction = 0;  ///< index in the stream of the unit (of SyncE for a DMA queue)
  std::uint32_t semaphore = 0;
  isa::WaitCondition condition = isa::WaitCondition::kNone;
  std::uint32_t value = 0;  ///< wanted
  std::uint32_t level = 0;  ///< found

  friend bool operator==(const BlockedUnit&, const BlockedUnit&) = default;
};

/// Why a launch stopped. The numbers are those of the instruction set (generated/isa.hpp).
struct FaultReport {
  std::uint32_t code = 0;                         ///< isa fault code; 0: none
  std::uint32_t engine = 0;                       ///< isa engine code
  std::uint32_t instruction = 0;                  ///< index in the stream of the engine
  std::uint64_t address = 0;                      ///< byte address or offset that broke the rule
  std::array<BlockedUnit, kUnitCount> blocked{};  ///< indexed by isa::Unit

  friend bool operator==(const FaultReport&, const FaultReport&) = default;
};

/// Counters of one launch, in cycles of the core from its start unless said otherwise.
struct LaunchCounters {
  std::uint64_t cycles = 0;           ///< start to the write of the completion record
  std::uint64_t first_issue = 0;      ///< first MultiplyMoving issued; 0: none
  std::uint64_t first_mac = 0;        ///< first moving vector entering the PE array
  std::uint64_t last_sbuf_write = 0;  ///< last SBUF write of VectorE
  std::uint64_t tensor_vectors = 0;   ///< cycles in which a moving vector entered the PE array
  std::uint64_t vector_busy = 0;      ///< cycles in which VectorE had an instruction
  std::uint64_t dma_read_beats = 0;
  std::uint64_t dma_write_beats = 0;
  std::uint64_t instructions = 0;  ///< issued by all sequencers
  std::uint64_t trace_events = 0;  ///< written to the trace ring, which holds the last of them
  std::uint64_t trace_lost = 0;    ///< events that the core had no room to keep
  /// Cycles of each unit by cause, indexed [isa::Unit][isa::Cause]; each row adds up to `cycles`.
  std::array<std::array<std::uint64_t, kCauseCount>, kUnitCount> profile{};
};

/// The end of a launch.
struct Completion {
  LaunchId id{};
  LaunchStatus status = LaunchStatus::ok;
  FaultReport fault;
  LaunchCounters counters;

  bool ok() const { return status == LaunchStatus::ok; }
};

/// The fault of `completion` as an exception that names engine, instruction and address, or nothing
/// when the launch ended well.
/// @param operation  what the launch was for, e.g. "gemm"
void throw_if_failed(const Completion& completion, std::string_view operation);

/// One line about a fault: "closed_window of dma_load at instruction 3, address 0x40". Of a
/// deadlock or a watchdog it names who waits for what: "deadlock of tensor at instruction 2,
/// address 0x5; tensor at instruction 2 waits for semaphore 5 >= 1, which is 0".
std::string describe(const FaultReport& fault);

/// One event of the trace of a launch.
struct TraceEvent {
  std::uint64_t time = 0;  ///< cycles since the start of the launch
  isa::Unit unit{};
  isa::TraceEvent event{};
  std::uint32_t instruction = 0;  ///< index in the stream of the unit (of SyncE for a DMA queue)
  std::uint8_t opcode = 0;

  friend bool operator==(const TraceEvent&, const TraceEvent&) = default;
};

/// The events of a trace ring in the order in which they were written. `ring` is all of
/// LaunchRequest::trace, read after the launch, `events` is LaunchCounters::trace_events: if that
/// is more than the ring holds, the oldest are missing. Throws Error(invalid_argument) for a ring
/// that is not a multiple of 64 bytes and Error(corrupt_image) for an event that cannot be.
std::vector<TraceEvent> decode_trace(std::span<const std::byte> ring, std::uint64_t events);

/// A memory error that a simulated device answers with, for tests of recovery.
struct InjectedError {
  DeviceAddress base;  ///< accesses that touch [base, base + bytes) ...
  std::uint64_t bytes = 0;
  bool on_read = true;          ///< ... when reading
  bool on_write = false;        ///< ... when writing
  std::uint64_t skip = 0;       ///< after this many that went well
  std::uint64_t count = ~0ull;  ///< at most this many times
};

/// How simulated device memory answers.
struct MemoryBehaviour {
  std::uint32_t latency = 100;      ///< cycles
  std::uint32_t stall_percent = 0;  ///< of the cycles in which a channel could move
  std::uint64_t seed = 1;           ///< of the stalls
  bool reorder = false;             ///< answers to fetch and DMA overtake each other
};

/// What only simulated devices can do.
class Simulation {
 public:
  virtual ~Simulation() = default;
  /// Adds a memory error; it stays until clear_errors().
  virtual void inject(const InjectedError& error) = 0;
  virtual void clear_errors() = 0;
  /// Cycles simulated since the device was opened (emulator: steps).
  virtual std::uint64_t cycles() const = 0;
  /// CPU seconds spent simulating since the device was opened.
  virtual double cpu_seconds() const = 0;
  /// Behaviour of device memory from now on; what was stalled before does not matter, so that a
  /// launch runs again exactly (emulator: the latency that it estimates for). No launch may run.
  virtual void set_memory(const MemoryBehaviour& behaviour) = 0;
  /// Cycles that one wait() may simulate before it returns nothing; 0: as opened (emulator: no
  /// effect). reset() after it stops a launch in mid-flight.
  virtual void set_wait_limit(std::uint64_t cycles) = 0;
  /// Copies bytes of a partition out of SBUF or PSUM (where a word has four bytes), or into it,
  /// without a cycle passing. No launch may run; the range exists.
  virtual void peek(isa::Space space, std::uint32_t partition, std::uint32_t offset,
                    std::span<std::byte> data) = 0;
  virtual void poke(isa::Space space, std::uint32_t partition, std::uint32_t offset,
                    std::span<const std::byte> data) = 0;
};

/// One core and its memory. Not thread-safe: one thread at a time per device.
///
/// Everything throws Error on a broken rule; the device stays usable afterwards.
class Device {
 public:
  virtual ~Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  virtual const Capabilities& capabilities() const = 0;

  /// Reserves device memory, aligned to 64 bytes; its content is undefined.
  /// Throws Error(invalid_argument) for 0 bytes and Error(out_of_range) when memory is exhausted.
  virtual DeviceAddress allocate(std::uint64_t bytes) = 0;
  /// Gives back what allocate() returned. No launch that uses it may be running.
  virtual void free(DeviceAddress address) = 0;

  virtual void write(DeviceAddress address, std::span<const std::byte> data) = 0;
  virtual void read(DeviceAddress address, std::span<std::byte> data) = 0;

  /// Queues a launch; they run in order. When one ends in a fault, those queued behind it at that
  /// moment end as aborted. Image and tensors must stay allocated until the launch has ended.
  virtual LaunchId submit(const LaunchRequest& request) = 0;

  /// Waits for the end of a launch. Nothing: not ended within `timeout`, or within the cycle limit
  /// of a simulated device; wait again, or reset(). Each completion is handed out once.
  virtual std::optional<Completion> wait(LaunchId id, std::chrono::milliseconds timeout) = 0;

  /// Stops everything; launches not yet ended become aborted. Memory keeps its content, except what
  /// a running launch was writing.
  virtual void reset() = 0;

  /// Reads a register of s_axi_control, for bring-up; the map is generated/registers.hpp.
  virtual std::uint32_t read_register(std::uint32_t offset) = 0;

  /// The simulated side of this device, or null on hardware.
  virtual Simulation* simulation() { return nullptr; }

 protected:
  Device() = default;
};

/// Waits without a limit of host time; a simulated device still ends at its cycle limit.
inline constexpr std::chrono::milliseconds kForever{std::chrono::hours{24 * 365}};

/// Opens a device by URL: "emu:small", "sim:tiny", "sim:small?seed=3&latency=100&stall=20".
///
/// Options of both: `checked=0` leaves out the wrapper that checks every call (on by default);
/// `latency` (device memory, cycles, default 100; what `emu:` estimates for).
/// Options of `sim:`: `seed` (unreset state, stalls), `stall` (percent of cycles in which a memory
/// channel holds back, default 0), `timeout` (cycles that one wait() may simulate, default
/// 2,000,000,000), `trace` (FST file; configurations with waveforms), `trace_from` and `trace_to`
/// (clock cycles of it, the first and the last). Throws Error(unknown_device)
/// naming the scheme, configuration or option that does not exist.
std::unique_ptr<Device> open(std::string_view url);

/// Wraps a device so that each call is checked against live allocations: ranges, alignment, use
/// after free, slots of a launch. Errors name the rule and the value. open() does this by default.
std::unique_ptr<Device> make_checked(std::unique_ptr<Device> device);

/// URLs that open() accepts, without options; for messages and completion.
std::vector<std::string> device_urls();

}  // namespace tinium
