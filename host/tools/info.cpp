// SPDX-License-Identifier: Apache-2.0
//
// tinium info.

#include <cstdio>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "tinium/device.hpp"
#include "tinium/dtype.hpp"

namespace tinium::tools {

int info(const InfoOptions& options) {
  const auto device = open(options.device);
  const Capabilities& c = device->capabilities();
  std::vector<std::string> formats;
  for (std::size_t code = 0; code < kDTypeCount; ++code) {
    if (c.multiplies(static_cast<DType>(code)))
      formats.emplace_back(name(static_cast<DType>(code)));
  }
  if (options.json) {
    nlohmann::ordered_json json{
        {"device", options.device},
        {"backend", c.backend},
        {"config", c.config},
        {"config_id", c.config_id},
        {"map_version", {{"major", c.map_version >> 16}, {"minor", c.map_version & 0xFFFFu}}},
        {"git_hash", c.git_hash},
        {"partitions", c.partitions},
        {"array_rows", c.array_rows},
        {"array_cols", c.array_cols},
        {"lanes", c.lanes},
        {"vector_lanes", c.vector_lanes},
        {"bus_bytes", c.bus_bytes},
        {"sbuf_bytes_per_partition", c.sbuf_bytes},
        {"psum_banks", c.psum_banks},
        {"formats", formats},
        {"memory_bytes", c.memory_bytes},
        {"cycles_are_measured", c.cycles_are_measured},
    };
    std::printf("%s\n", json.dump(2).c_str());
    return kOk;
  }
  std::string format_list;
  for (const auto& format : formats) format_list += (format_list.empty() ? "" : " ") + format;
  std::printf(
      "device        %s (%s)\n", options.device.c_str(),
      c.backend == "emu" ? "bit-exact emulator, estimated cycles" : "RTL, simulated by Verilator");
  std::printf("configuration %s (%u), map version %u.%u, git %08x\n", c.config.c_str(), c.config_id,
              c.map_version >> 16, c.map_version & 0xFFFFu, c.git_hash);
  std::printf("PE array      %u x %u, %u MAC per cycle\n", c.array_rows, c.array_cols,
              c.array_rows * c.array_cols);
  std::printf("partitions    %u in %u lanes, VectorE %u lanes\n", c.partitions, c.lanes,
              c.vector_lanes);
  std::printf("SBUF          %u bytes per partition, %u KiB\n", c.sbuf_bytes,
              c.sbuf_bytes / 1024 * c.partitions);
  std::printf("PSUM          %u banks of 512 words per partition\n", c.psum_banks);
  std::printf("memory bus    %u bytes a beat, %llu GiB of device memory\n", c.bus_bytes,
              static_cast<unsigned long long>(c.memory_bytes >> 30));
  std::printf("formats       %s\n", format_list.c_str());
  return kOk;
}

}  // namespace tinium::tools
