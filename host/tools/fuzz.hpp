// SPDX-License-Identifier: Apache-2.0
//
// tinium fuzz: random programs on a device against the emulator.

#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace tinium::tools {

struct FuzzOptions {
  std::string device = "sim:tiny";
  std::string seeds = "1..100";
  bool faults = false;
  bool json = false;
  bool coverage = false;       ///< print how often each feature was executed
  std::uint64_t seconds = 0;   ///< end after so long; 0: no limit
  std::uint64_t failures = 5;  ///< end after so many
  std::string save = ".";      ///< folder for shrunk cases
  std::uint64_t shrink_runs = 400;
  std::string mutant;                ///< a defect in the device
  std::vector<std::string> replays;  ///< files instead of seeds
  std::string trace;                 ///< FST of a replay
};

void add_fuzz(CLI::App& app, int& status);

}  // namespace tinium::tools
