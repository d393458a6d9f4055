// SPDX-License-Identifier: Apache-2.0
//
// CheckedDevice: every call is held against the live allocations before the device sees it.

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "tinium/device.hpp"

namespace tinium {
namespace {

std::string hex(std::uint64_t value) {
  std::array<char, 19> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
  return text.data();
}

class CheckedDevice final : public Device {
 public:
  explicit CheckedDevice(std::unique_ptr<Device> device) : device_(std::move(device)) {}

  const Capabilities& capabilities() const override { return device_->capabilities(); }

  DeviceAddress allocate(std::uint64_t bytes) override {
    const DeviceAddress address = device_->allocate(bytes);
    live_[address.value] = bytes;
    // The range is alive again: forget what was freed inside it.
    for (auto it = freed_.begin(); it != freed_.end();) {
      const bool overlaps =
          it->first < address.value + bytes && address.value < it->first + it->second;
      it = overlaps ? freed_.erase(it) : std::next(it);
    }
    return address;
  }

  void free(DeviceAddress address) override {
    const auto block = live_.find(address.value);
    if (block == live_.end()) {
      throw Error(ErrorCode::invalid_argument, "Device::free",
                  freed_.count(address.value) != 0 ? "an allocation is freed once"
                                                   : "only what allocate() returned is freed",
                  "address=" + hex(address.value));
    }
    for (const auto& [id, request] : running_) {
      for (const auto& [base, bytes] : request) {
        if (base < block->first + block->second && block->first < base + bytes) {
          throw Error(ErrorCode::invalid_argument, "Device::free",
                      "memory of a launch is freed after wait() has returned its end",
                      "address=" + hex(address.value) +
                          " launch=" + std::to_string(static_cast<std::uint32_t>(id)));
        }
      }
    }
    device_->free(address);
    freed_[block->first] = block->second;
    live_.erase(block);
  }

  void write(DeviceAddress address, std::span<const std::byte> data) override {
    check_range("Device::write", "", address.value, data.size());
    device_->write(address, data);
  }

  void read(DeviceAddress address, std::span<std::byte> data) override {
    check_range("Device::read", "", address.value, data.size());
    device_->read(address, data);
  }

  LaunchId submit(const LaunchRequest& request) override {
    constexpr const char* kOperation = "Device::submit";
    if (request.image.value % kDeviceAlignment != 0) {
      throw Error(ErrorCode::invalid_argument, kOperation, "a program image is 64-byte aligned",
                  "image=" + hex(request.image.value));
    }
    if (request.image_bytes < 64 || request.image_bytes % 64 != 0) {
      throw Error(ErrorCode::invalid_argument, kOperation,
                  "a program image has a multiple of 64 bytes, at least 64",
                  "image_bytes=" + std::to_string(request.image_bytes));
    }
    check_range(kOperation, "program image", request.image.value, request.image_bytes);
    Ranges ranges{{request.image.value, request.image_bytes}};
    for (std::size_t i = 0; i < request.slots.size(); ++i) {
      const TensorSlot& slot = request.slots[i];
      if (slot.bytes == 0) continue;
      check_range(kOperation, "slot " + std::to_string(i), slot.base.value, slot.bytes);
      ranges.emplace_back(slot.base.value, slot.bytes);
    }
    if (request.trace_bytes != 0) {
      check_range(kOperation, "trace ring", request.trace.value, request.trace_bytes);
      ranges.emplace_back(request.trace.value, request.trace_bytes);
    }
    const LaunchId id = device_->submit(request);
    running_[id] = std::move(ranges);
    return id;
  }

  std::optional<Completion> wait(LaunchId id, std::chrono::milliseconds timeout) override {
    auto completion = device_->wait(id, timeout);
    if (completion) running_.erase(id);
    return completion;
  }

  void reset() override {
    device_->reset();
    running_.clear();
  }

  std::uint32_t read_register(std::uint32_t offset) override {
    if (offset % 4 != 0 || offset >= 4096) {
      throw Error(ErrorCode::invalid_argument, "Device::read_register",
                  "a register offset is a multiple of 4 below 4096", "offset=" + hex(offset));
    }
    return device_->read_register(offset);
  }

  Simulation* simulation() override { return device_->simulation(); }

 private:
  using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

  void check_range(const char* operation, const std::string& what, std::uint64_t address,
                   std::uint64_t bytes) const {
    auto block = live_.upper_bound(address);
    const std::string detail = (what.empty() ? "" : what + " ") + "address=" + hex(address) +
                               " bytes=" + std::to_string(bytes);
    if (block != live_.begin()) {
      --block;
      const std::uint64_t offset = address - block->first;
      if (offset <= block->second && bytes <= block->second - offset) return;
      if (offset < block->second) {
        throw Error(ErrorCode::out_of_range, operation,
                    "a range ends within its allocation of " + std::to_string(block->second) +
                        " bytes at " + hex(block->first),
                    detail);
      }
    }
    auto gone = freed_.upper_bound(address);
    if (gone != freed_.begin() && address - std::prev(gone)->first < std::prev(gone)->second) {
      throw Error(ErrorCode::invalid_argument, operation, "memory is not used after it was freed",
                  detail);
    }
    throw Error(ErrorCode::out_of_range, operation, "a range lies in one live allocation", detail);
  }

  std::unique_ptr<Device> device_;
  std::map<std::uint64_t, std::uint64_t> live_;   // address -> bytes asked for
  std::map<std::uint64_t, std::uint64_t> freed_;  // not allocated again since
  std::map<LaunchId, Ranges> running_;
};

}  // namespace

std::unique_ptr<Device> make_checked(std::unique_ptr<Device> device) {
  return std::make_unique<CheckedDevice>(std::move(device));
}

}  // namespace tinium
