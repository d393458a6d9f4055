// SPDX-License-Identifier: Apache-2.0
// What the planner knows of a configuration beyond Capabilities.
#pragma once

#include <algorithm>
#include <cstdint>

#include "tinium/device.hpp"
#include "tinium/generated/configs.hpp"

namespace tinium::gemm_detail {

constexpr std::uint64_t kMostTiles = 8;  // of a unit

/// Lines of instructions that a stream holds; it asks for as many at its start.
inline std::uint64_t queue_lines(const Capabilities& core) {
  for (const auto& config : configs::kConfigs) {
    if (config.id == core.config_id) return config.queue_depth;
  }
  return 32;
}

/// Columns of a stationary tile that the core loads in a cycle.
inline std::uint64_t load_columns(const Capabilities& core) {
  for (const auto& config : configs::kConfigs) {
    if (config.id == core.config_id) return std::max<std::uint64_t>(1, config.load_cols);
  }
  return 1;
}

}  // namespace tinium::gemm_detail
