// SPDX-License-Identifier: Apache-2.0
// Random instructions that crowd into few places, so that nearly every one depends on others.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "tinium/device.hpp"
#include "tinium/program.hpp"

namespace tinium::testbench {

struct RandomScheduleOptions {
  std::size_t length = 40;
  bool transposes = true;     ///< Transpose instructions
  bool copies = true;         ///< DmaCopy instructions
  bool fill_and_dump = true;  ///< all memory is written first and stored at the end
};

/// Legal instructions in program order, without waits, updates or registers. Slots: 0 read only (an
/// image of SBUF), 1 read and written (kScratchBytes), 2 written (the dump: SBUF, then PSUM).
std::vector<InstructionWords> random_schedule(const Capabilities& core, std::mt19937_64& rng,
                                              const RandomScheduleOptions& options);

inline constexpr std::uint64_t kScratchBytes = 4096;
inline std::uint64_t sbuf_image_bytes(const Capabilities& core) {
  return std::uint64_t{core.partitions} * core.sbuf_bytes;
}
inline std::uint64_t psum_image_bytes(const Capabilities& core) {
  return std::uint64_t{core.partitions} * core.psum_banks * 2048;
}
inline std::uint64_t dump_bytes(const Capabilities& core) {
  return sbuf_image_bytes(core) + psum_image_bytes(core);
}

/// The same instructions, each waiting for the completion of the one before it.
ProgramImage one_after_the_other(std::uint32_t partitions,
                                 const std::vector<InstructionWords>& instructions);

}  // namespace tinium::testbench
