// SPDX-License-Identifier: Apache-2.0
// Runs a program in the abstract in a random order that its semaphores allow, and looks for two
// instructions that touch the same bytes at the same time. Knows nothing of how the checker
// reasons.
#pragma once

#include <random>
#include <string>

#include "tinium/program.hpp"

namespace tinium::testbench {

/// Empty when the order was clean, "deadlock", or the conflict in words.
std::string interleave(const ProgramImage& image, std::mt19937_64& rng);

}  // namespace tinium::testbench
