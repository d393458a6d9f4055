// SPDX-License-Identifier: Apache-2.0

#include "memory.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace tinium {

SparseMemory::Page& SparseMemory::page(std::uint64_t number) {
  if (number == last_number_) return *last_page_;
  auto& slot = pages_[number];
  if (!slot) {
    slot = std::make_unique_for_overwrite<Page>();
    // A cheap hash of the address: neither zeros nor the same everywhere.
    std::uint64_t state = number * 0x9E3779B97F4A7C15ull + 0x1234567;
    for (std::size_t i = 0; i < kPageBytes; i += 8) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      std::memcpy(slot->data() + i, &state, 8);
    }
  }
  last_number_ = number;
  last_page_ = slot.get();
  return *slot;
}

std::span<std::byte> SparseMemory::in_page(std::uint64_t address) {
  const std::uint64_t offset = address % kPageBytes;
  return std::span<std::byte>(page(address / kPageBytes)).subspan(offset);
}

void SparseMemory::read(std::uint64_t address, std::span<std::byte> data) {
  while (!data.empty()) {
    const auto source = in_page(address);
    const std::size_t length = std::min(source.size(), data.size());
    std::memcpy(data.data(), source.data(), length);
    data = data.subspan(length);
    address += length;
  }
}

void SparseMemory::write(std::uint64_t address, std::span<const std::byte> data) {
  while (!data.empty()) {
    const auto target = in_page(address);
    const std::size_t length = std::min(target.size(), data.size());
    std::memcpy(target.data(), data.data(), length);
    data = data.subspan(length);
    address += length;
  }
}

bool SparseMemory::fails(std::uint64_t address, std::uint64_t length, bool is_write) {
  if (!contains(address, length)) return true;
  for (InjectedError& error : errors_) {
    if (!(is_write ? error.on_write : error.on_read)) continue;
    if (address + length <= error.base.value) continue;
    if (address - std::min(address, error.base.value) >= error.bytes) continue;
    if (error.skip > 0) {
      --error.skip;
      continue;
    }
    if (error.count == 0) continue;
    --error.count;
    return true;
  }
  return false;
}

DeviceAddress Allocator::allocate(std::uint64_t bytes, std::uint64_t alignment) {
  if (bytes == 0) {
    throw Error(ErrorCode::invalid_argument, "Device::allocate",
                "an allocation has at least 1 byte", "bytes=0");
  }
  const std::uint64_t rounded =
      bytes > ~0ull - kDeviceAlignment
          ? ~0ull
          : (bytes + kDeviceAlignment - 1) / kDeviceAlignment * kDeviceAlignment;
  for (auto block = free_.begin(); block != free_.end(); ++block) {
    const auto [first, length] = *block;
    const std::uint64_t address = (first + alignment - 1) / alignment * alignment;
    const std::uint64_t gap = address - first;
    if (length < gap || length - gap < rounded) continue;
    free_.erase(block);
    if (gap > 0) free_.emplace(first, gap);
    if (length > gap + rounded) free_.emplace(address + rounded, length - gap - rounded);
    used_.emplace(address, rounded);
    return DeviceAddress{address};
  }
  throw Error(ErrorCode::out_of_range, "Device::allocate",
              "an allocation fits into the free device memory", "bytes=" + std::to_string(bytes));
}

void Allocator::free(DeviceAddress address) {
  const auto block = used_.find(address.value);
  if (block == used_.end()) {
    throw Error(ErrorCode::invalid_argument, "Device::free",
                "an address is freed once and as allocate() returned it",
                "address=" + std::to_string(address.value));
  }
  auto [at, length] = *block;
  used_.erase(block);
  const auto next = free_.lower_bound(at);
  if (next != free_.end() && at + length == next->first) {
    length += next->second;
    free_.erase(next);
  }
  const auto after = free_.lower_bound(at);
  if (after != free_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == at) {
      before->second += length;
      return;
    }
  }
  free_.emplace(at, length);
}

}  // namespace tinium
