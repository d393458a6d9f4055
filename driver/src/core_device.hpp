// SPDX-License-Identifier: Apache-2.0
//
// What every device with memory of its own in this process shares: allocation, launch and
// completion records, the queue of launches. A backend adds how a core starts and when it is done.

#pragma once

#include <deque>
#include <map>

#include "memory.hpp"
#include "tinium/device.hpp"
#include "tinium/generated/configs.hpp"

namespace tinium {

/// Where device memory begins: beyond 4 GiB, so that the high address words matter.
inline constexpr std::uint64_t kMemoryBase = 0x10'0000'0000ull;
inline constexpr std::uint64_t kMemoryBytes = 0x4'0000'0000ull;  // 16 GiB, sparse

/// The configuration of this name; throws Error(unknown_device) listing those in `offered`.
const configs::Config& find_config(std::string_view scheme, std::string_view name,
                                   std::span<const std::string_view> offered);

/// The fields of a completion record; `bytes` is all of it.
Completion parse_completion(LaunchId id, std::span<const std::byte> bytes);

class CoreDevice : public Device, public Simulation {
 public:
  const Capabilities& capabilities() const override { return capabilities_; }
  DeviceAddress allocate(std::uint64_t bytes) override { return allocator_.allocate(bytes); }
  void free(DeviceAddress address) override { allocator_.free(address); }
  void write(DeviceAddress address, std::span<const std::byte> data) override;
  void read(DeviceAddress address, std::span<std::byte> data) override;
  LaunchId submit(const LaunchRequest& request) override;
  std::optional<Completion> wait(LaunchId id, std::chrono::milliseconds timeout) override;
  void reset() override;

  Simulation* simulation() override { return this; }
  void inject(const InjectedError& error) override { memory_.inject(error); }
  void clear_errors() override { memory_.clear_errors(); }

 protected:
  CoreDevice();

  /// Launches that the core holds at a time: the one that runs, and those queued behind it.
  virtual std::size_t core_depth() const { return 1; }
  /// Hands a launch to the core, which holds fewer than core_depth().
  virtual void start_core(std::uint64_t launch_record, std::uint64_t image) = 0;
  /// Runs until the core is done with its oldest launch (true) or the limits of one wait are over
  /// (false).
  virtual bool run_core(std::chrono::steady_clock::time_point deadline) = 0;
  /// Back to idle, whatever it was doing.
  virtual void reset_core() = 0;
  /// What the fault registers said when run_core() was done.
  virtual FaultReport fault_registers() = 0;

  SparseMemory memory_{kMemoryBase, kMemoryBytes};
  Capabilities capabilities_;

 private:
  struct Launch {
    LaunchId id;
    std::uint64_t record;
    std::uint64_t completion;
    std::uint64_t image;
  };
  void start_more();
  void finish_front();
  /// Ends the launches from number `first` of the queue on as aborted.
  void abort_behind(std::size_t first);

  Allocator allocator_{kMemoryBase, kMemoryBytes};
  std::uint32_t next_id_ = 1;
  std::deque<Launch> queue_;  // the front is running
  std::size_t in_core_ = 0;   // launches at the front that the core holds
  bool core_aborts_ = false;  // after a fault the core aborts what it holds, and takes no more
  std::map<LaunchId, Completion> ended_;
};

/// The capabilities of a configuration that the build knows; a device that reads registers
/// compares.
Capabilities capabilities_of(const configs::Config& config, std::string_view backend);

}  // namespace tinium
