// SPDX-License-Identifier: Apache-2.0

#include "profile.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "tinium/generated/isa.hpp"

namespace tinium::tools {

std::array<std::uint32_t, 8> profile_permille(const std::array<std::uint64_t, 8>& counters) {
  std::array<std::uint32_t, 8> parts{};
  // Launches are far shorter than 2^50 cycles; what a broken core writes must not overflow either.
  std::array<std::uint64_t, 8> causes = counters;
  while (*std::max_element(causes.begin(), causes.end()) >> 50 != 0) {
    for (std::uint64_t& cause : causes) cause >>= 1;
  }
  const std::uint64_t total = std::accumulate(causes.begin(), causes.end(), std::uint64_t{0});
  if (total == 0) return parts;
  std::array<std::uint64_t, 8> remainders{};
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < causes.size(); ++i) {
    parts[i] = static_cast<std::uint32_t>(causes[i] * 1000 / total);
    remainders[i] = causes[i] * 1000 % total;
    sum += parts[i];
  }
  for (; sum < 1000; ++sum) {
    const auto largest = std::max_element(remainders.begin(), remainders.end());
    ++parts[static_cast<std::size_t>(largest - remainders.begin())];
    *largest = 0;
  }
  return parts;
}

std::string profile_table(const LaunchCounters& counters) {
  std::string text = "  percent  ";
  for (const auto& cause : isa::kCauseNames) {
    std::array<char, 32> cell{};
    std::snprintf(cell.data(), cell.size(), "%10s", std::string(cause.name).c_str());
    text += cell.data();
  }
  text += "\n";
  for (const auto& unit : isa::kUnitNames) {
    std::array<char, 32> cell{};
    std::snprintf(cell.data(), cell.size(), "  %-9s", std::string(unit.name).c_str());
    text += cell.data();
    const auto parts = profile_permille(counters.profile[unit.code]);
    for (const std::uint32_t part : parts) {
      std::snprintf(cell.data(), cell.size(), "%10.1f", part / 10.0);
      text += part == 0 ? std::string(9, ' ') + "-" : cell.data();
    }
    text += "\n";
  }
  return text;
}

}  // namespace tinium::tools
