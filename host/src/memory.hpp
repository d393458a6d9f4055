// SPDX-License-Identifier: Apache-2.0
//
// What Context and Stream share: device memory that frees itself, copies in parts, launch requests.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "executor.hpp"
#include "tinium/context.hpp"

namespace tinium::detail {

/// An allocation; freed on the executor's thread when the last owner is gone, on any thread.
class DeviceMemory {
 public:
  /// Waits for the executor. Throws as Device::allocate().
  static std::shared_ptr<const DeviceMemory> allocate(const std::shared_ptr<Executor>& executor,
                                                      std::uint64_t bytes);
  /// Takes over memory that was allocated on the executor's thread.
  DeviceMemory(std::weak_ptr<Executor> executor, DeviceAddress address, std::uint64_t bytes)
      : executor_(std::move(executor)), address_(address), bytes_(bytes) {}
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  DeviceAddress address() const { return address_; }

 private:
  std::weak_ptr<Executor> executor_;  ///< gone: the device is gone, and its memory
  DeviceAddress address_;
  std::uint64_t bytes_;
};

/// A copy between a matrix on the device and a tensor, in parts. Executor's thread only.
class Copy {
 public:
  /// Throws Error(invalid_argument) unless shape and format are the same.
  Copy(const MatrixView& view, const Tensor& tensor);
  /// Copies up to about `bytes` more; true when all is done.
  bool to_device(Device& device, const Tensor& tensor, std::uint64_t bytes);
  bool from_device(Device& device, Tensor& tensor, std::uint64_t bytes);

 private:
  template <typename Move>
  bool advance(std::uint64_t bytes, Move&& move);
  MatrixView view_;
  std::uint64_t done_ = 0;  ///< bytes of the tensor
};

/// Throws Error(version_mismatch) when a program was built for another number of partitions.
void check_partitions(const Capabilities& core, const ProgramImage& image, const char* operation);

/// Slots and options as a request without a program.
LaunchRequest make_request(const std::vector<LaunchSlot>& slots, const LaunchOptions& options);

/// The program of Context::scrub(); it needs no slot.
ProgramImage build_scrub(const Capabilities& core);

/// Generous: a slow memory must not look like a hang.
inline std::uint64_t gemm_watchdog(const GemmProgram& program) {
  return program.estimate_cycles * 32 + 4'000'000;
}

}  // namespace tinium::detail
