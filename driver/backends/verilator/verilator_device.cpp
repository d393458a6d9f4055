// SPDX-License-Identifier: Apache-2.0
//
// The RTL in this process behind the Device seam: sim:<configuration>.

#include <algorithm>
#include <cstring>
#include <ctime>

#include "backends.hpp"
#include "core_device.hpp"
#include "models.hpp"
#include "sim_core.hpp"
#include "sim_memories.hpp"
#include "tinium/generated/isa.hpp"
#include "tinium/generated/registers.hpp"

namespace tinium {
namespace {

constexpr std::uint32_t kApStart = 1u << 0;
constexpr std::uint32_t kApDone = 1u << 1;
constexpr std::uint32_t kApIdle = 1u << 2;
constexpr std::uint32_t kApContinue = 1u << 4;
/// Of register RESET: the bus never answered.
constexpr std::uint32_t kResetDead = 1u << 1;
/// A reset takes at most this long: the time in which the bus must come to rest, and the record.
constexpr std::uint64_t kResetCycles = 200'000;
/// Cycles that one wait() may simulate, unless the URL says otherwise.
constexpr std::uint64_t kDefaultCycleLimit = 2'000'000'000;

class VerilatorDevice final : public CoreDevice {
 public:
  VerilatorDevice(const configs::Config& config, const SimModel& model,
                  const SimCore::Options& options, std::uint64_t cycle_limit)
      : core_(model.make(options, memory_)),
        memories_(*core_, config),
        cycle_limit_(cycle_limit),
        wait_limit_(cycle_limit) {
    identify(config);
    enable_interrupt();
  }

  std::uint32_t read_register(std::uint32_t offset) override {
    return core_->read_register(offset);
  }
  std::uint64_t cycles() const override { return core_->cycles(); }
  double cpu_seconds() const override { return cpu_seconds_; }

  void set_memory(const MemoryBehaviour& behaviour) override { core_->set_memory(behaviour); }
  void set_wait_limit(std::uint64_t cycles) override {
    wait_limit_ = cycles != 0 ? cycles : cycle_limit_;
  }
  void peek(isa::Space space, std::uint32_t partition, std::uint32_t offset,
            std::span<std::byte> data) override {
    memories_.visit(space, partition, offset, data.size(),
                    [&](const std::byte* at, std::size_t first, std::size_t bytes) {
                      std::memcpy(data.data() + first, at, bytes);
                    });
  }
  void poke(isa::Space space, std::uint32_t partition, std::uint32_t offset,
            std::span<const std::byte> data) override {
    core_->forget_memories();
    memories_.visit(space, partition, offset, data.size(),
                    [&](std::byte* at, std::size_t first, std::size_t bytes) {
                      std::memcpy(at, data.data() + first, bytes);
                    });
  }

 protected:
  /// One runs; the kernel takes the doorbell of one more meanwhile.
  std::size_t core_depth() const override { return 2; }

  void start_core(std::uint64_t launch_record, std::uint64_t image) override {
    core_->write_register(registers::kLaunchLo, static_cast<std::uint32_t>(launch_record));
    core_->write_register(registers::kLaunchHi, static_cast<std::uint32_t>(launch_record >> 32));
    core_->write_register(registers::kImageLo, static_cast<std::uint32_t>(image));
    core_->write_register(registers::kImageHi, static_cast<std::uint32_t>(image >> 32));
    core_->write_register(registers::kCtrl, kApStart);
  }

  bool run_core(std::chrono::steady_clock::time_point deadline) override {
    const std::clock_t begin = std::clock();
    const bool done = core_->run_to_interrupt(wait_limit_, deadline);
    cpu_seconds_ += static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    if (!done) return false;
    take_done();
    return true;
  }

  FaultReport fault_registers() override { return fault_; }

  /// Register RESET ends the launch that runs, with what it has on the bus; the kernel aborts the
  /// one behind it. Only a core whose bus is dead needs the reset of the hardware.
  void reset_core() override {
    const auto forever = std::chrono::steady_clock::time_point::max();
    for (;;) {
      const std::uint32_t control = core_->read_register(registers::kCtrl);
      if ((control & kApIdle) != 0 && (control & kApDone) == 0) return;
      core_->write_register(registers::kReset, 1);
      const bool done = core_->run_to_interrupt(kResetCycles, forever);
      if (!done || (core_->read_register(registers::kReset) & kResetDead) != 0) {
        core_->reset();
        enable_interrupt();
        return;
      }
      take_done();
    }
  }

 private:
  /// Accepts the end of the oldest launch, which the interrupt announced.
  void take_done() {
    core_->write_register(registers::kIsr, 1);
    if ((core_->read_register(registers::kCtrl) & kApDone) == 0) {
      throw Error(ErrorCode::internal, "Device::wait", "an interrupt comes with ap_done");
    }
    // The registers of a launch are those of the next one as soon as this one is accepted.
    fault_ = {};
    const std::uint32_t fault = core_->read_register(registers::kFault);
    if (fault != 0) {
      fault_.code = fault & 0xFFu;
      fault_.engine = fault >> 8 & 0xFFu;
      fault_.instruction = core_->read_register(registers::kFaultInstruction);
      fault_.address = core_->read_register(registers::kFaultAddressLo) |
                       static_cast<std::uint64_t>(core_->read_register(registers::kFaultAddressHi))
                           << 32;
    }
    core_->write_register(registers::kCtrl, kApContinue);
  }

  void enable_interrupt() {
    core_->write_register(registers::kIer, 1);
    core_->write_register(registers::kGie, 1);
  }

  /// Capabilities from the ID registers; refuses a core that is not what was asked for.
  void identify(const configs::Config& config) {
    const auto reg = [&](std::uint32_t offset) { return core_->read_register(offset); };
    const auto refuse = [](const std::string& rule, std::uint32_t value) {
      throw Error(ErrorCode::version_mismatch, "open", rule, "register=" + std::to_string(value));
    };
    if (reg(registers::kMagic) != registers::kMagicValue) {
      refuse("the core is a Tinium", reg(registers::kMagic));
    }
    if (reg(registers::kMapVersion) >> 16 != isa::kMapVersion >> 16) {
      refuse("the core has major map version " + std::to_string(isa::kMapVersion >> 16),
             reg(registers::kMapVersion));
    }
    if (reg(registers::kConfigId) != config.id) {
      refuse("the core has configuration number " + std::to_string(config.id),
             reg(registers::kConfigId));
    }
    Capabilities& c = capabilities_;
    c.backend = "sim";
    c.config = config.name;
    c.config_id = config.id;
    c.map_version = reg(registers::kMapVersion);
    c.git_hash = reg(registers::kGitHash);
    c.array_rows = reg(registers::kArray) & 0xFFFFu;
    c.array_cols = reg(registers::kArray) >> 16;
    c.partitions = reg(registers::kPartitions) & 0xFFFFu;
    c.lanes = reg(registers::kPartitions) >> 16;
    c.vector_lanes = reg(registers::kVector) & 0xFFFFu;
    c.bus_bytes = reg(registers::kVector) >> 16;
    c.sbuf_bytes = reg(registers::kSbufBytes);
    c.psum_banks = reg(registers::kPsumBanks);
    c.formats = reg(registers::kFormats);
    c.memory_bytes = kMemoryBytes;
    c.cycles_are_measured = true;
  }

  std::unique_ptr<SimCore> core_;
  SimMemories memories_;
  FaultReport fault_;
  std::uint64_t cycle_limit_;
  std::uint64_t wait_limit_;
  double cpu_seconds_ = 0;
};

}  // namespace

std::span<const std::string_view> verilator_configs() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const SimModel& model : sim_models()) all.push_back(model.config);
    return all;
  }();
  return names;
}

std::unique_ptr<Device> open_verilator(std::string_view config, DeviceOptions& options) {
  const auto& found = find_config("sim", config, verilator_configs());
  const auto models = sim_models();
  const auto model = std::find_if(models.begin(), models.end(), [&](const SimModel& candidate) {
    return candidate.config == found.name;
  });
  if (model == models.end()) {
    throw Error(ErrorCode::internal, "open", "every configuration offered has a model",
                "configuration=" + std::string(found.name));
  }
  SimCore::Options core;
  core.seed = options.number("seed", 1, ~0ull >> 1);
  core.dram.seed = core.seed;
  core.dram.bus_bytes = found.bus_bytes;
  core.dram.latency = static_cast<std::uint32_t>(options.number("latency", 100, 1'000'000));
  core.dram.stall_percent = static_cast<std::uint32_t>(options.number("stall", 0, 99));
  core.trace_path = options.text("trace", "");
  core.trace_from = options.number("trace_from", 0, ~0ull >> 1);
  core.trace_to = options.number("trace_to", ~0ull >> 1, ~0ull >> 1);
  const std::uint64_t limit = options.number("timeout", kDefaultCycleLimit, ~0ull >> 1);
  options.refuse_others("sim");
  if (!core.trace_path.empty() && !model->traced) {
    throw Error(ErrorCode::unsupported, "open", "waveforms are written by sim:tiny",
                "trace=\"" + core.trace_path + "\" on sim:" + std::string(config));
  }
  return std::make_unique<VerilatorDevice>(found, *model, core, limit);
}

}  // namespace tinium
