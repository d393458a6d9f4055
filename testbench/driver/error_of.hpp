// SPDX-License-Identifier: Apache-2.0
// The error that a call throws, to look at its code, rule and detail.
#pragma once

#include <gtest/gtest.h>

#include "tinium/error.hpp"

namespace tinium::testbench {

template <typename Function>
Error error_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::internal, "nothing", "was thrown");
}

}  // namespace tinium::testbench
