// SPDX-License-Identifier: Apache-2.0
//
// How SBUF and PSUM are divided between operands, results and what the epilogue needs.

#pragma once

#include <optional>
#include <vector>

#include "gemm/schedule.hpp"

namespace tinium::gemm_detail {

struct Layout {
  std::uint64_t stationary_bytes = 0, moving_bytes = 0, out_bytes = 0, addend_bytes = 0;  // a slot
  std::size_t stationary_slots = 0, moving_slots = 0, out_slots = 0;
  std::uint64_t moving_base = 0, out_base = 0, addend_base = 0, row_base = 0, column_base = 0;
  std::uint64_t exchanged_base = 0;  // column bias of the exchanged units
  std::uint64_t temporary_base = 0, scaled_base = 0;
};

/// Nothing when SBUF is too small. `entities`: chunks of the contraction with bytes of their own.
std::optional<Layout> lay_out(const Capabilities& core, const Problem& problem, const Plan& plan,
                              std::uint64_t entities, const std::vector<Unit>& units);

/// Gives each unit its PSUM bank and SBUF bytes, and adds the loads of bias and C.
void place_units(const Capabilities& core, const Problem& problem, const Plan& plan,
                 const Layout& layout, Schedule& schedule);

}  // namespace tinium::gemm_detail
