// SPDX-License-Identifier: Apache-2.0
//
// Deliberate faults in programs that are otherwise right.

#pragma once

#include <array>

#include "fuzz/stream_text.hpp"

namespace tinium::fuzz {

/// Breaks the streams, or the windows of the launch, as the plan says. False: the stream
/// launch.broken->first gets no Halt.
bool sabotage_streams(const Capabilities& core, const Plan& plan,
                      std::array<StreamText, 3>& streams, Launch& launch);
void sabotage_header(const Plan& plan, std::vector<std::byte>& image);

}  // namespace tinium::fuzz
