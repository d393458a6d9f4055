// SPDX-License-Identifier: Apache-2.0
//
// Devices with a defect, to see that the fuzzer finds it.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tinium/device.hpp"

namespace tinium::fuzz {

/// Names and meanings of the defects.
struct MutantInfo {
  std::string_view name;
  std::string_view what;
  bool needs_faults;  ///< shows only in launches that end in a fault
};
std::span<const MutantInfo> mutants();

/// `device` with the defect of this name. Throws Error(invalid_argument) listing the names.
std::unique_ptr<Device> make_mutant(std::unique_ptr<Device> device, std::string_view name);

}  // namespace tinium::fuzz
