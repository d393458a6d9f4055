// SPDX-License-Identifier: Apache-2.0
// Random operands for tests of products.
#pragma once

#include <random>

#include "tinium/tensor.hpp"

namespace tinium::testbench {

/// How the elements of an operand are drawn.
enum class Values {
  normal,   ///< gaussian: what networks hold
  wide,     ///< exponents over the whole range: windows, cancellation, subnormals
  any_bits  ///< every pattern, with infinities and NaN
};

inline Tensor random_tensor(std::mt19937_64& rng, DType dtype, std::size_t rows, std::size_t cols,
                            Values values) {
  Tensor tensor(dtype, rows, cols);
  std::normal_distribution<float> gaussian;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c) {
      std::uint32_t bits = static_cast<std::uint32_t>(rng());
      if (values == Values::normal && !is_integer(dtype)) {
        bits = encode(dtype, gaussian(rng));
      } else if (values == Values::wide && dtype == DType::bf16) {
        // Exponent 0x50..0xAF: products stay finite; a few zeros.
        const std::uint32_t exponent = 0x50 + (bits >> 8) % 0x60;
        bits = (bits & 15u) == 0 ? bits & 0x8000u : (bits & 0x807Fu) | exponent << 7;
      }
      tensor.set_bits(r, c, bits);
    }
  }
  return tensor;
}

}  // namespace tinium::testbench
