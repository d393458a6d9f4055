// SPDX-License-Identifier: Apache-2.0
//
// A case as text: assembler and a few directives. What is saved is the case itself, not its seed:
// it stays the same when the generator changes.

#pragma once

#include <string>

#include "fuzz/case.hpp"

namespace tinium::fuzz {

/// @param notes  lines of comment at the top
std::string write_case(const Case& one, const std::string& notes);
/// Throws Error(invalid_argument) naming the line.
Case read_case(const std::string& text);

}  // namespace tinium::fuzz
