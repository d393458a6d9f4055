// SPDX-License-Identifier: Apache-2.0
//
// Device memory of the simulated devices: sparse storage, an allocator, and injected errors.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "tinium/device.hpp"

namespace tinium {

/// Bytes of a large address range, of which only touched pages exist. A page that was never written
/// reads as a pattern made from its address, so that a program that reads too far is noticed.
class SparseMemory {
 public:
  static constexpr std::uint64_t kPageBytes = 64 * 1024;

  /// Memory answers in [base, base + bytes); outside, the bus reports an error.
  SparseMemory(std::uint64_t base, std::uint64_t bytes) : base_(base), bytes_(bytes) {}

  std::uint64_t base() const { return base_; }
  std::uint64_t size() const { return bytes_; }
  bool contains(std::uint64_t address, std::uint64_t length) const {
    return address >= base_ && length <= bytes_ && address - base_ <= bytes_ - length;
  }

  /// The caller has checked contains().
  void read(std::uint64_t address, std::span<std::byte> data);
  void write(std::uint64_t address, std::span<const std::byte> data);
  /// The bytes from `address` to the end of its page, for access in place.
  std::span<std::byte> in_page(std::uint64_t address);

  /// True when an access must be answered with a bus error: outside memory, or injected. Counts the
  /// access against injected errors.
  bool fails(std::uint64_t address, std::uint64_t length, bool is_write);
  void inject(const InjectedError& error) { errors_.push_back(error); }
  void clear_errors() { errors_.clear(); }

 private:
  using Page = std::array<std::byte, kPageBytes>;
  Page& page(std::uint64_t number);

  std::uint64_t base_;
  std::uint64_t bytes_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;
  std::uint64_t last_number_ = ~0ull;
  Page* last_page_ = nullptr;
  std::vector<InjectedError> errors_;
};

/// First-fit allocator of an address range, in multiples of 64 bytes.
class Allocator {
 public:
  Allocator(std::uint64_t base, std::uint64_t bytes) { free_.emplace(base, bytes); }

  /// `alignment` is a multiple of kDeviceAlignment and divides the base of the range.
  /// Throws Error(invalid_argument) for 0 bytes, Error(out_of_range) when nothing fits.
  DeviceAddress allocate(std::uint64_t bytes, std::uint64_t alignment = kDeviceAlignment);
  /// Throws Error(invalid_argument) unless `address` came from allocate().
  void free(DeviceAddress address);

 private:
  std::map<std::uint64_t, std::uint64_t> free_;  // address -> bytes
  std::map<std::uint64_t, std::uint64_t> used_;
};

}  // namespace tinium
