// SPDX-License-Identifier: Apache-2.0
//
// What a product must give, by the golden model on whole matrices.

#include <algorithm>
#include <bit>

#include "tinium/gemm.hpp"
#include "tinium/numerics.hpp"

namespace tinium {

namespace {

/// The sums, 4 bytes each.
std::vector<std::uint32_t> sums(const Tensor& left, const Tensor& right, std::size_t depth) {
  const std::size_t k = left.rows();
  const std::size_t m = left.cols();
  const std::size_t n = right.cols();
  std::vector<std::uint32_t> psum(m * n);
  const std::size_t left_pitch = m * size_of(left.dtype());
  const std::size_t right_pitch = n * size_of(right.dtype());
  for (std::size_t k0 = 0; k0 < k; k0 += depth) {
    numerics::TileArgs args;
    args.stationary = {left.bytes().data() + k0 * left_pitch, left_pitch, left.dtype()};
    args.moving = {right.bytes().data() + k0 * right_pitch, right_pitch, right.dtype()};
    args.psum = {psum.data(), n * 4};
    args.k = std::min<std::size_t>(depth, k - k0);
    args.m = m;
    args.n = n;
    args.overwrite = k0 == 0;
    numerics::multiply(args);
  }
  return psum;
}

Tensor finish(const std::vector<std::uint32_t>& psum, std::size_t m, std::size_t n, DType source,
              DType output, const GemmEpilogue& e) {
  using numerics::VectorOp;
  Tensor result(output, m, n);
  numerics::EvictRule rule;
  rule.relu = e.relu;
  rule.source = source;
  rule.destination = output;
  const auto alpha = std::bit_cast<std::uint32_t>(e.alpha);
  const auto beta = std::bit_cast<std::uint32_t>(e.beta);
  for (std::size_t row = 0; row < m; ++row) {
    for (std::size_t col = 0; col < n; ++col) {
      std::uint32_t x = psum[row * n + col];
      if (e.alpha != 1) x = numerics::vector_op(VectorOp::mult, x, alpha);
      if (e.bias != nullptr) {
        const std::size_t index = e.axis == BiasAxis::rows ? row : col;
        const std::size_t cols = e.bias->cols();
        x = numerics::vector_op(VectorOp::add, x, e.bias->bits(index / cols, index % cols));
      }
      if (e.addend != nullptr && e.beta != 0) {
        std::uint32_t c = numerics::widen(e.addend->dtype(), e.addend->bits(row, col));
        if (e.beta != 1) c = numerics::vector_op(VectorOp::mult, c, beta);
        x = numerics::vector_op(VectorOp::add, x, c);
      }
      result.set_bits(row, col, numerics::evict(rule, x));
    }
  }
  return result;
}

}  // namespace

Tensor golden_gemm(const Tensor& left, const Tensor& right, DType output,
                   const GemmEpilogue& epilogue) {
  return finish(sums(left, right, numerics::kMaxK), left.cols(), right.cols(),
                psum_dtype(left.dtype()), output, epilogue);
}

Tensor golden_gemm(const Tensor& left, const Tensor& right, const Tensor* bias, bool relu,
                   DType output, std::uint32_t partitions) {
  GemmEpilogue epilogue;
  epilogue.bias = bias;
  epilogue.relu = relu;
  return finish(sums(left, right, partitions), left.cols(), right.cols(), psum_dtype(left.dtype()),
                output, epilogue);
}

}  // namespace tinium
