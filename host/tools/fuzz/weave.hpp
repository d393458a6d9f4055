// SPDX-License-Identifier: Apache-2.0
//
// From a plan to a program: semaphores, loops, registers, and control instructions that change
// nothing but have to be executed.

#pragma once

#include <optional>

#include "fuzz/case.hpp"

namespace tinium::fuzz {

/// The launch of a plan; nothing when the plan is not legal. The same plan gives the same launch.
std::optional<Launch> weave(const Capabilities& core, const Plan& plan);

}  // namespace tinium::fuzz
