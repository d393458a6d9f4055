// SPDX-License-Identifier: Apache-2.0
// Compares matrices bit by bit and says where they differ: test, seed, tile, row, column, both
// values, and the command that shows the waveform.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

#include "bench_options.hpp"
#include "hex.hpp"
#include "tinium/generated/isa.hpp"
#include "tinium/tensor.hpp"

namespace tinium::testbench {

/// Elements beyond this many are counted, not printed.
inline constexpr std::size_t kMostDifferences = 16;

/// Success when `got` has the shape, the format and every bit of `expected`.
/// @param partitions  P of the core: a tile of the result has P rows and a PSUM bank of columns
inline testing::AssertionResult same_bits(const Tensor& got, const Tensor& expected,
                                          std::size_t partitions) {
  constexpr std::size_t kTileColumns = isa::kPsumBankElements;
  const std::string test = current_test_name();
  const std::string head = test + " seed " + std::to_string(options().seed) + ": ";
  if (got.rows() != expected.rows() || got.cols() != expected.cols() ||
      got.dtype() != expected.dtype()) {
    return testing::AssertionFailure() << head << "shape or format differs";
  }
  std::size_t different = 0;
  std::string text;
  for (std::size_t row = 0; row < got.rows(); ++row) {
    for (std::size_t column = 0; column < got.cols(); ++column) {
      if (got.bits(row, column) == expected.bits(row, column)) continue;
      if (++different > kMostDifferences) continue;
      text += "\n  tile (" + std::to_string(row / partitions) + ", " +
              std::to_string(column / kTileColumns) + ") row " + std::to_string(row) + " column " +
              std::to_string(column) + ": expected " + to_hex(expected.bits(row, column)) + " = " +
              std::to_string(expected.value(row, column)) + ", got " +
              to_hex(got.bits(row, column)) + " = " + std::to_string(got.value(row, column));
    }
  }
  if (different == 0) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << head << different << " of " << got.rows() * got.cols() << " elements differ" << text
         << "\n  rerun: " << rerun_line() << "\n  waveform: scripts/wave '" << test << "' --seed "
         << options().seed;
}

}  // namespace tinium::testbench
