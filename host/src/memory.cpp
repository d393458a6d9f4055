// SPDX-License-Identifier: Apache-2.0

#include "memory.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tinium::detail {
namespace {

std::string shape_text(DType dtype, std::uint64_t rows, std::uint64_t cols) {
  return std::string(name(dtype)) + "[" + std::to_string(rows) + ", " + std::to_string(cols) + "]";
}

}  // namespace

std::shared_ptr<const DeviceMemory> DeviceMemory::allocate(
    const std::shared_ptr<Executor>& executor, std::uint64_t bytes) {
  DeviceAddress address;
  executor->call([&](Device& device) { address = device.allocate(bytes); });
  return std::make_shared<const DeviceMemory>(executor, address, bytes);
}

DeviceMemory::~DeviceMemory() {
  const auto executor = executor_.lock();
  if (!executor) return;
  executor->post([address = address_, bytes = bytes_,
                  scrub = executor->scrub_freed.load()](Device& device) {
    if (scrub) {
      const std::vector<std::byte> zeros(std::min<std::uint64_t>(bytes, 1u << 20));
      for (std::uint64_t done = 0; done < bytes; done += zeros.size()) {
        device.write(address + done,
                     std::span(zeros).first(std::min<std::uint64_t>(bytes - done, zeros.size())));
      }
    }
    device.free(address);
  });
}

Copy::Copy(const MatrixView& view, const Tensor& tensor) : view_(view) {
  if (view.rows != tensor.rows() || view.cols != tensor.cols() || view.dtype != tensor.dtype()) {
    throw Error(ErrorCode::invalid_argument, "copy",
                "matrix on the device and tensor have the same shape and format",
                "device=" + shape_text(view.dtype, view.rows, view.cols) +
                    " host=" + shape_text(tensor.dtype(), tensor.rows(), tensor.cols()));
  }
}

template <typename Move>
bool Copy::advance(std::uint64_t bytes, Move&& move) {
  const std::uint64_t total = view_.rows * view_.row_bytes();
  const std::uint64_t row_bytes = view_.row_bytes();
  const bool dense = view_.row_pitch() == row_bytes;
  const std::uint64_t end = done_ + std::min(total - done_, bytes);
  while (done_ < end) {
    const std::uint64_t row = done_ / row_bytes;
    const std::uint64_t in_row = done_ % row_bytes;
    const std::uint64_t length = dense ? end - done_ : std::min(row_bytes - in_row, end - done_);
    move(view_.address + (row * view_.row_pitch() + in_row), done_, length);
    done_ += length;
  }
  return done_ == total;
}

bool Copy::to_device(Device& device, const Tensor& tensor, std::uint64_t bytes) {
  return advance(bytes, [&](DeviceAddress address, std::uint64_t at, std::uint64_t length) {
    device.write(address, tensor.bytes().subspan(at, length));
  });
}

bool Copy::from_device(Device& device, Tensor& tensor, std::uint64_t bytes) {
  return advance(bytes, [&](DeviceAddress address, std::uint64_t at, std::uint64_t length) {
    device.read(address, tensor.bytes().subspan(at, length));
  });
}

void check_partitions(const Capabilities& core, const ProgramImage& image, const char* operation) {
  if (image.partitions() != core.partitions) {
    throw Error(
        ErrorCode::version_mismatch, operation,
        "a program is built for the core's " + std::to_string(core.partitions) + " partitions",
        "image partitions=" + std::to_string(image.partitions()));
  }
}

LaunchRequest make_request(const std::vector<LaunchSlot>& slots, const LaunchOptions& options) {
  LaunchRequest request;
  for (const LaunchSlot& slot : slots) {
    request.slots.push_back(slot_of(slot.view, slot.readable, slot.writable));
  }
  request.watchdog_cycles = options.watchdog_cycles;
  request.trace = options.trace.address;
  request.trace_bytes = static_cast<std::uint32_t>(options.trace.bytes());
  return request;
}

}  // namespace tinium::detail
