// SPDX-License-Identifier: Apache-2.0
//
// The models in this build; models.cpp is written by CMake.

#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "sim_core.hpp"

namespace tinium {

struct SimModel {
  std::string_view config;
  bool traced;  ///< built with waveforms
  std::unique_ptr<SimCore> (*make)(const SimCore::Options& options, SparseMemory& memory);
};

std::span<const SimModel> sim_models();

}  // namespace tinium
