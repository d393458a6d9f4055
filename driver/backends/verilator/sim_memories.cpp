// SPDX-License-Identifier: Apache-2.0

#include "sim_memories.hpp"

#include <string>

#include "tinium/error.hpp"

namespace tinium {
namespace {

constexpr std::uint32_t kSbufWord = 8;  // bytes of a lane in one bank
constexpr std::uint32_t kPsumWord = 4;

}  // namespace

SimMemories::SimMemories(SimCore& core, const configs::Config& config) : config_(config) {
  const auto ram = [&](const std::string& name) {
    std::byte* at = core.ram("tn_kernel.tn_kernel.u_core." + name + ".u_ram");
    if (at == nullptr) {
      throw Error(ErrorCode::internal, "open", "the model has the RAMs of its configuration", name);
    }
    return at;
  };
  const auto index = [](std::uint32_t i) { return "[" + std::to_string(i) + "]"; };
  for (std::uint32_t bank = 0; bank < config.bus_bytes / kSbufWord; ++bank) {
    sbuf_.push_back(ram("u_sbuf.gen_bank" + index(bank)));
  }
  for (std::uint32_t column = 0; column < config.cols; ++column) {
    for (std::uint32_t lane = 0; lane < config.lanes / config.cols; ++lane) {
      for (std::uint32_t bank = 0; bank < config.psum_banks; ++bank) {
        psum_.push_back(ram("u_psum.gen_col" + index(column) + ".u_column.gen_lane" + index(lane) +
                            ".gen_bank" + index(bank)));
      }
    }
  }
}

SimMemories::Piece SimMemories::locate(isa::Space space, std::uint32_t partition,
                                       std::uint32_t offset) const {
  const std::uint32_t lane = partition % config_.lanes;
  const std::uint32_t row = partition / config_.lanes;
  if (space == isa::Space::kSbuf) {
    const std::uint32_t banks = config_.bus_bytes / kSbufWord;
    const std::size_t word =
        std::size_t{row} * (config_.sbuf_bytes / config_.bus_bytes) + offset / config_.bus_bytes;
    std::byte* bank = sbuf_[offset / kSbufWord % banks];
    return {bank + (word * config_.lanes + lane) * kSbufWord + offset % kSbufWord,
            kSbufWord - offset % kSbufWord};
  }
  const std::uint32_t lanes = config_.lanes / config_.cols;  // of a column
  const std::uint32_t word = offset / kPsumWord;
  const std::uint32_t bank = word / isa::kPsumBankElements;
  const std::uint32_t in_bank = word % isa::kPsumBankElements;
  const std::size_t ram =
      (std::size_t{lane % config_.cols} * lanes + lane / config_.cols) * config_.psum_banks + bank;
  return {psum_[ram] + (std::size_t{row} * isa::kPsumBankElements + in_bank) * kPsumWord +
              offset % kPsumWord,
          (isa::kPsumBankElements - in_bank) * kPsumWord - offset % kPsumWord};
}

}  // namespace tinium
