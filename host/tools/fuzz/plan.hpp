// SPDX-License-Identifier: Apache-2.0
//
// From a seed to a plan, and from a plan to a case.

#pragma once

#include <optional>

#include "fuzz/case.hpp"

namespace tinium::fuzz {

enum class Mode : std::uint8_t {
  programs,  ///< legal programs, now and then a broken one
  faults     ///< every case has a launch that is broken, disturbed or reset
};

CasePlan draw_case(const Capabilities& core, std::uint64_t seed, Mode mode);

/// Nothing when a launch of the plan is not legal.
std::optional<Case> build_case(const Capabilities& core, const CasePlan& plan);

/// Instructions of engines and DMA queues in a plan.
std::size_t item_count(const CasePlan& plan);

}  // namespace tinium::fuzz
