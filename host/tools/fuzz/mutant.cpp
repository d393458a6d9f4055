// SPDX-License-Identifier: Apache-2.0

#include "fuzz/mutant.hpp"

#include <array>
#include <cstring>

#include "fuzz/footprint.hpp"
#include "fuzz/rules.hpp"

namespace tinium::fuzz {
namespace {

constexpr std::array<MutantInfo, 7> kMutants = {{
    {"stored_bit", "the first byte of a store of more than one run has a wrong bit", false},
    {"lost_increment", "a copy's complete event is not counted", false},
    {"rounding", "the first result of TensorScalar to bf16 is off by one unit in the last place",
     false},
    {"accumulator", "the first sum of an accumulating product is off by one", false},
    {"carried_over", "the launch after a fault stores a wrong byte", true},
    {"fault_index", "faults of DMA queues name the instruction behind", true},
    {"swallowed_error", "errors of the bus on writes are not seen", true},
}};

class MutantDevice final : public Device {
 public:
  MutantDevice(std::unique_ptr<Device> device, std::string_view name)
      : device_(std::move(device)), name_(name) {}

  const Capabilities& capabilities() const override { return device_->capabilities(); }
  DeviceAddress allocate(std::uint64_t bytes) override { return device_->allocate(bytes); }
  void free(DeviceAddress address) override { device_->free(address); }
  void write(DeviceAddress address, std::span<const std::byte> data) override {
    device_->write(address, data);
  }
  void read(DeviceAddress address, std::span<std::byte> data) override {
    device_->read(address, data);
  }
  LaunchId submit(const LaunchRequest& request) override {
    request_ = request;
    image_.resize(request.image_bytes);
    device_->read(request.image, image_);
    if (name_ == "lost_increment") lose_increments();
    return device_->submit(request);
  }
  std::optional<Completion> wait(LaunchId id, std::chrono::milliseconds timeout) override {
    auto completion = device_->wait(id, timeout);
    if (!completion) return completion;
    if (completion->ok()) {
      spoil();
    } else if (name_ == "fault_index" &&
               completion->fault.engine >= static_cast<std::uint32_t>(isa::Engine::kDmaLoad)) {
      ++completion->fault.instruction;
    } else if (name_ == "swallowed_error" &&
               completion->fault.code == static_cast<std::uint32_t>(isa::Fault::kBusWrite)) {
      completion->status = LaunchStatus::ok;
      completion->fault = {};
    }
    after_fault_ = !completion->ok();
    return completion;
  }
  void reset() override { device_->reset(); }
  std::uint32_t read_register(std::uint32_t offset) override {
    return device_->read_register(offset);
  }
  Simulation* simulation() override { return device_->simulation(); }

 private:
  void flip(DeviceAddress address) {
    std::array<std::byte, 1> byte{};
    device_->read(address, byte);
    byte[0] ^= std::byte{0x10};
    device_->write(address, byte);
  }
  void flip(isa::Space space, std::uint32_t partition, std::uint32_t offset) {
    std::array<std::byte, 1> byte{};
    device_->simulation()->peek(space, partition, offset, byte);
    byte[0] ^= std::byte{1};
    device_->simulation()->poke(space, partition, offset, byte);
  }

  /// Of copies: their streams lie in the image, where the core will read them.
  void lose_increments() {
    for (std::size_t at = isa::kInstructionBytes; at + isa::kInstructionBytes <= image_.size();
         at += isa::kInstructionBytes) {
      InstructionWords words{};
      std::memcpy(words.data(), image_.data() + at, isa::kInstructionBytes);
      if (schedule::opcode_of(words) != isa::Opcode::kDmaCopy) continue;
      const auto i = isa::decode_dma_copy(words);
      if (i.update0_event == 1) set_field(words, "update0_op", 0);
      if (i.update1_event == 1) set_field(words, "update1_op", 0);
      device_->write(request_.image + at, std::as_bytes(std::span(words)));
    }
  }

  void spoil() {
    walk(image_, [&](const Executed& e) {
      switch (schedule::opcode_of(e.words)) {
        case isa::Opcode::kDmaStore: {
          const auto i = isa::decode_dma_load(e.words);
          const bool hit =
              (name_ == "stored_bit" && i.num1 > 1) || (name_ == "carried_over" && after_fault_);
          if (hit) flip(request_.slots[i.slot].base + i.dram_offset + e.register_a);
          break;
        }
        case isa::Opcode::kTensorScalar: {
          const auto i = isa::decode_tensor_scalar(e.words);
          if (name_ == "rounding" && i.op0 != 0 &&
              i.dst_dtype == static_cast<std::uint32_t>(DType::bf16)) {
            flip(isa::Space::kSbuf, i.partition_start, i.dst_offset + e.register_b);
          }
          break;
        }
        case isa::Opcode::kMultiplyMoving: {
          const auto i = isa::decode_multiply_moving(e.words);
          if (name_ == "accumulator" && i.accumulate != 0) {
            flip(isa::Space::kPsum, i.psum_partition, 4 * (i.psum_offset + e.register_b));
          }
          break;
        }
        default:
          break;
      }
    });
  }

  std::unique_ptr<Device> device_;
  std::string name_;
  LaunchRequest request_;
  std::vector<std::byte> image_;
  bool after_fault_ = false;
};

}  // namespace

std::span<const MutantInfo> mutants() { return kMutants; }

std::unique_ptr<Device> make_mutant(std::unique_ptr<Device> device, std::string_view name) {
  std::string names;
  for (const MutantInfo& info : kMutants) {
    if (info.name == name) return std::make_unique<MutantDevice>(std::move(device), name);
    names += (names.empty() ? "" : ", ") + std::string(info.name);
  }
  throw Error(ErrorCode::invalid_argument, "fuzz", "the defects are " + names,
              "mutant=\"" + std::string(name) + "\"");
}

}  // namespace tinium::fuzz
