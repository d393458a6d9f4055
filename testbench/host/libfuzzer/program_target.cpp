// SPDX-License-Identifier: Apache-2.0
//
// Programs as text, through the finder of races and through the emulated core: any program ends,
// well or with a fault that can be told, and the core then runs a good one.

#include <memory>
#include <string>

#include "target.hpp"
#include "tinium/device.hpp"
#include "tinium/program.hpp"
#include "tinium/schedule.hpp"

namespace tinium::testbench {
namespace {

constexpr std::uint64_t kWatchdog = 4000;
constexpr std::uint64_t kSlotBytes = 4096;

/// One core for all inputs, with a readable, a writable and a read-write tensor, and a ring.
class Core {
 public:
  Core() : device_(open("emu:tiny")) {
    for (std::size_t i = 0; i < 3; ++i) {
      slots_.push_back({device_->allocate(kSlotBytes), kSlotBytes, i != 1, i != 0});
    }
    ring_ = device_->allocate(kRingBytes);
    good_ = assemble(".partitions " + std::to_string(device_->capabilities().partitions) +
                     "\n.stream sync\nHalt\n");
  }

  void run(const ProgramImage& image) {
    const Completion done = launch(image);
    accepts([&] { throw_if_failed(done, "libfuzzer"); });
    require(done.ok() || done.fault.code != 0, "a launch that did not end well names its fault");
    std::vector<std::byte> bytes(kRingBytes);
    device_->read(ring_, bytes);
    decode_trace(bytes, done.counters.trace_events);
    require(launch(*good_).ok(), "a core runs a good program after any other");
  }

 private:
  static constexpr std::uint64_t kRingBytes = 1024;

  Completion launch(const ProgramImage& image) {
    const DeviceAddress address = device_->allocate(image.bytes().size());
    device_->write(address, image.bytes());
    LaunchRequest request;
    request.image = address;
    request.image_bytes = static_cast<std::uint32_t>(image.bytes().size());
    request.slots = slots_;
    request.watchdog_cycles = kWatchdog;
    request.trace = ring_;
    request.trace_bytes = kRingBytes;
    const auto done = device_->wait(device_->submit(request), kForever);
    require(done.has_value(), "a launch with a watchdog ends");
    device_->free(address);
    return *done;
  }

  std::unique_ptr<Device> device_;
  std::vector<TensorSlot> slots_;
  DeviceAddress ring_;
  std::optional<ProgramImage> good_;
};

}  // namespace
}  // namespace tinium::testbench

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinium::testbench;
  static Core core;
  std::optional<tinium::ProgramImage> image;
  if (!accepts([&] { image = tinium::assemble(text_of(data, size)); })) return 0;
  accepts([&] {
    for (const tinium::Race& race : tinium::find_races(*image)) {
      require(!race.text().empty(), "a race has a text");
    }
  });
  core.run(*image);
  return 0;
}
