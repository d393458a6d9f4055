// SPDX-License-Identifier: Apache-2.0
//
// Where the cycles of a launch went, as text.

#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "tinium/device.hpp"

namespace tinium::tools {

/// Tenths of a percent of each cause for one unit; they add up to 1000 exactly (what rounding
/// leaves over goes to the largest remainders), or are all zero when nothing was counted.
std::array<std::uint32_t, 8> profile_permille(const std::array<std::uint64_t, 8>& counters);

/// A table: a row for each unit, a column for each cause, in percent; each row adds up to 100.
std::string profile_table(const LaunchCounters& counters);

}  // namespace tinium::tools
