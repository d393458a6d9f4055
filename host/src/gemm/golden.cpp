// SPDX-License-Identifier: Apache-2.0
//
// What a product must give, by the golden model on whole matrices.

#include <algorithm>

#include "tinium/gemm.hpp"
#include "tinium/numerics.hpp"

namespace tinium {

Tensor golden_gemm(const Tensor& left, const Tensor& right, const Tensor* bias, bool relu,
                   DType output, std::uint32_t partitions) {
  const std::size_t k = left.rows();
  const std::size_t m = left.cols();
  const std::size_t n = right.cols();
  std::vector<std::uint32_t> psum(m * n);
  const std::size_t left_pitch = m * size_of(left.dtype());
  const std::size_t right_pitch = n * size_of(right.dtype());
  for (std::size_t k0 = 0; k0 < k; k0 += partitions) {
    numerics::TileArgs args;
    args.stationary = {left.bytes().data() + k0 * left_pitch, left_pitch, left.dtype()};
    args.moving = {right.bytes().data() + k0 * right_pitch, right_pitch, right.dtype()};
    args.psum = {psum.data(), n * 4};
    args.k = std::min<std::size_t>(partitions, k - k0);
    args.m = m;
    args.n = n;
    args.overwrite = k0 == 0;
    numerics::multiply(args);
  }
  Tensor result(output, m, n);
  numerics::EvictRule rule;
  rule.op0 = bias != nullptr ? numerics::VectorOp::add : numerics::VectorOp::bypass;
  rule.relu = relu;
  rule.source = psum_dtype(left.dtype());
  rule.destination = output;
  for (std::size_t row = 0; row < m; ++row) {
    if (bias != nullptr) rule.s0 = bias->bits(row, 0);
    for (std::size_t col = 0; col < n; ++col) {
      result.set_bits(row, col, numerics::evict(rule, psum[row * n + col]));
    }
  }
  return result;
}

}  // namespace tinium
