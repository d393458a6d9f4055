// SPDX-License-Identifier: Apache-2.0
//
// The emulator behind the Device seam: emu:<configuration>.

#include <cstring>
#include <ctime>

#include "backends.hpp"
#include "core_device.hpp"
#include "emulator.hpp"
#include "tinium/generated/registers.hpp"

namespace tinium {
namespace {

class EmulatorDevice final : public CoreDevice {
 public:
  EmulatorDevice(const configs::Config& config, const Emulator::Options& options)
      : emulator_(config, memory_, options) {
    capabilities_ = capabilities_of(config, "emu");
    capabilities_.formats = 0x7F;  // all but int32, which is for sums
  }

  std::uint32_t read_register(std::uint32_t offset) override {
    const Capabilities& c = capabilities_;
    const auto& fault = emulator_.fault();
    switch (offset) {
      case registers::kCtrl:
        return 1u << 2;  // idle: launches run inside wait()
      case registers::kMagic:
        return registers::kMagicValue;
      case registers::kMapVersion:
        return c.map_version;
      case registers::kConfigId:
        return c.config_id;
      case registers::kArray:
        return c.array_rows | c.array_cols << 16;
      case registers::kPartitions:
        return c.partitions | c.lanes << 16;
      case registers::kVector:
        return c.vector_lanes | c.bus_bytes << 16;
      case registers::kSbufBytes:
        return c.sbuf_bytes;
      case registers::kPsumBanks:
        return c.psum_banks;
      case registers::kFormats:
        return c.formats;
      case registers::kGitHash:
        return c.git_hash;
      case registers::kFault:
        return static_cast<std::uint32_t>(fault.code) | static_cast<std::uint32_t>(fault.engine)
                                                            << 8;
      case registers::kFaultInstruction:
        return fault.instruction;
      case registers::kFaultAddressLo:
        return static_cast<std::uint32_t>(fault.address);
      case registers::kFaultAddressHi:
        return static_cast<std::uint32_t>(fault.address >> 32);
      case registers::kCyclesLo:
        return static_cast<std::uint32_t>(emulator_.cycles());
      case registers::kCyclesHi:
        return static_cast<std::uint32_t>(emulator_.cycles() >> 32);
      default:
        return 0;
    }
  }

  std::uint64_t cycles() const override { return emulator_.total_cycles(); }
  double cpu_seconds() const override { return cpu_seconds_; }

  void set_memory(const MemoryBehaviour& behaviour) override {
    emulator_.set_latency(behaviour.latency);
  }
  void set_wait_limit(std::uint64_t) override {}
  void peek(isa::Space space, std::uint32_t partition, std::uint32_t offset,
            std::span<std::byte> data) override {
    std::memcpy(data.data(), emulator_.memory(space, partition) + offset, data.size());
  }
  void poke(isa::Space space, std::uint32_t partition, std::uint32_t offset,
            std::span<const std::byte> data) override {
    std::memcpy(emulator_.memory(space, partition) + offset, data.data(), data.size());
  }

 protected:
  void start_core(std::uint64_t launch_record, std::uint64_t image) override {
    emulator_.start(launch_record, image);
  }

  bool run_core(std::chrono::steady_clock::time_point deadline) override {
    const std::clock_t begin = std::clock();
    constexpr std::uint64_t kEventsPerLook = 256;
    bool done = emulator_.run(1);
    while (!done && std::chrono::steady_clock::now() < deadline) {
      done = emulator_.run(kEventsPerLook);
    }
    cpu_seconds_ += static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    return done;
  }

  void reset_core() override { emulator_.reset(); }

  FaultReport fault_registers() override {
    const auto& fault = emulator_.fault();
    FaultReport report;
    report.code = static_cast<std::uint32_t>(fault.code);
    report.engine = static_cast<std::uint32_t>(fault.engine);
    report.instruction = fault.instruction;
    report.address = fault.address;
    return report;
  }

 private:
  Emulator emulator_;
  double cpu_seconds_ = 0;
};

}  // namespace

constexpr std::array<std::string_view, 5> kEmulatorConfigs = {"tiny", "small", "ulx3s", "u55c",
                                                              "full"};

std::span<const std::string_view> emulator_configs() { return kEmulatorConfigs; }

std::unique_ptr<Device> open_emulator(std::string_view config, DeviceOptions& options) {
  const auto& found = find_config("emu", config, kEmulatorConfigs);
  Emulator::Options emulator;
  emulator.latency =
      static_cast<std::uint32_t>(options.number("latency", timing::kDramLatency, 1'000'000));
  options.refuse_others("emu");
  return std::make_unique<EmulatorDevice>(found, emulator);
}

}  // namespace tinium
