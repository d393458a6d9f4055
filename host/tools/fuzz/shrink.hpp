// SPDX-License-Identifier: Apache-2.0
//
// Makes a failing plan small: launches, segments, instructions, loops, noise, numbers, one after
// the other, as long as it fails in the same way.

#pragma once

#include <functional>

#include "fuzz/duel.hpp"
#include "fuzz/plan.hpp"

namespace tinium::fuzz {

struct Shrunk {
  CasePlan plan;
  Verdict verdict;
  std::size_t runs = 0;
};

/// @param runs  at most so many cases are tried
/// @param tried  called after each run, for progress
Shrunk shrink(Duel& duel, const CasePlan& plan, const Verdict& verdict, std::size_t runs,
              const std::function<void(std::size_t)>& tried = {});

/// Signatures that mean the same: where bytes differ, not who wrote them.
bool same_failure(const Verdict& a, const Verdict& b);

}  // namespace tinium::fuzz
