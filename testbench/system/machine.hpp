// SPDX-License-Identifier: Apache-2.0
// A device with a few conveniences for tests that write programs by hand.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench_options.hpp"
#include "tinium/device.hpp"
#include "tinium/program.hpp"

namespace tinium::testbench {

using Bytes = std::vector<std::byte>;

inline Bytes random_bytes(std::mt19937_64& rng, std::size_t size) {
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::byte>(rng());
  return bytes;
}

/// A device, and buffers and programs on it that live as long as this object.
class Machine {
 public:
  explicit Machine(const std::string& url) : device_(open(traced_url(url))) {}

  Device& device() { return *device_; }
  const Capabilities& core() const { return device_->capabilities(); }

  DeviceAddress place(const Bytes& bytes) {
    const DeviceAddress address = device_->allocate(bytes.size());
    device_->write(address, bytes);
    return address;
  }
  Bytes read(DeviceAddress address, std::size_t size) {
    Bytes bytes(size);
    device_->read(address, bytes);
    return bytes;
  }

  LaunchId submit(const ProgramImage& image, std::vector<TensorSlot> slots,
                  std::uint64_t watchdog = 2'000'000) {
    LaunchRequest request;
    request.image = device_->allocate(image.bytes().size());
    request.image_bytes = static_cast<std::uint32_t>(image.bytes().size());
    device_->write(request.image, image.bytes());
    request.slots = std::move(slots);
    request.watchdog_cycles = watchdog;
    return device_->submit(request);
  }
  Completion finish(LaunchId id) {
    const auto completion = device_->wait(id, std::chrono::seconds(60));
    if (!completion) {
      ADD_FAILURE() << "the launch did not end";
      device_->reset();
      return {};
    }
    return *completion;
  }
  Completion run(ProgramBuilder builder, std::vector<TensorSlot> slots = {},
                 std::uint64_t watchdog = 2'000'000) {
    builder.halt_all();
    return finish(submit(builder.build(), std::move(slots), watchdog));
  }

 private:
  std::unique_ptr<Device> device_;
};

inline TensorSlot window(DeviceAddress base, std::uint64_t bytes, bool readable = true,
                         bool writable = true) {
  return {base, bytes, readable, writable};
}

/// A transfer of `rows` rows into or out of successive partitions.
template <typename Dma>
Dma transfer(std::uint32_t slot, std::uint64_t dram_offset, std::int32_t dram_step1,
             std::uint32_t row_bytes, std::uint32_t rows, std::uint32_t sbuf_offset,
             std::uint32_t partition = 0) {
  Dma i;
  i.slot = slot;
  i.dram_offset = dram_offset;
  i.dram_step1 = dram_step1;
  i.row_bytes = row_bytes;
  i.num1 = rows;
  i.sbuf_partition = partition;
  i.partition_step1 = 1;
  i.sbuf_offset = sbuf_offset;
  return i;
}

}  // namespace tinium::testbench
