// SPDX-License-Identifier: Apache-2.0
//
// The GEMM program: D[M, N] = relu?(alpha * A[M, K] @ B[K, N] + bias + beta * C[M, N]).
//
// The contraction dimension lies on partitions. A K-major operand loads as it is, a K-minor one is
// transposed by the DMA. Either operand may be the stationary one. Sums run over K in ascending
// groups of 16 into one PSUM word (fp32: piece pair by piece pair over each 128 of K): no array
// size, tiling, role or backend changes a bit of the result. Functions only: any thread, any time.

#pragma once

#include <cstdint>

#include "tinium/device.hpp"
#include "tinium/dtype.hpp"
#include "tinium/program.hpp"
#include "tinium/tensor.hpp"

namespace tinium {

/// How an operand lies in device memory. X is its free dimension: M of the left one, N of the right
/// one. A row-major A[M, K] is k_minor, a row-major B[K, N] is k_major.
enum class OperandOrder : std::uint8_t {
  k_major,  ///< [K, X], X side by side
  k_minor,  ///< [X, K], K side by side: transposed by the DMA on its way into SBUF
};

/// Which operand the array holds while the other one streams through it.
enum class StationaryOperand : std::uint8_t { faster, left, right };

/// Which dimension of a result the bias runs along.
enum class BiasAxis : std::uint8_t {
  rows,     ///< bias[m] is added to all of row m
  columns,  ///< bias[n] is added to all of column n
};

/// What a GEMM program is built for: D[M, N] = relu?(alpha * A[M, K] @ B[K, N] + bias + beta * C[M,
/// N]), from left to right, every operation rounded to FP32, then the cast. What is absent (alpha
/// 1, no bias, beta 0) is not computed; C is not scaled when beta is 1.
struct GemmShape {
  std::uint64_t m = 0;  ///< rows of the result
  std::uint64_t n = 0;  ///< columns of the result
  std::uint64_t k = 0;  ///< the contraction
  DType left = DType::bf16;
  DType right = DType::bf16;
  DType output = DType::bf16;
  bool bias = false;  ///< add an FP32 vector
  bool relu = false;
  /// Bytes from one row to the next in device memory; 0: rows lie side by side.
  std::uint64_t left_pitch = 0;
  std::uint64_t right_pitch = 0;
  std::uint64_t output_pitch = 0;
  /// Load both operands into SBUF, then compute, then store: what `bench gemm --resident` measures.
  bool resident = false;
  OperandOrder left_order = OperandOrder::k_major;
  OperandOrder right_order = OperandOrder::k_major;
  BiasAxis bias_axis = BiasAxis::rows;
  float alpha = 1;
  float beta = 0;              ///< 0: there is no C
  DType addend = DType::fp32;  ///< format of C: any floating-point format
  std::uint64_t addend_pitch = 0;
  StationaryOperand stationary = StationaryOperand::faster;  ///< never changes a bit
};

/// Tensor slots of a GEMM program.
struct GemmSlots {
  static constexpr std::uint32_t kLeft = 0;
  static constexpr std::uint32_t kRight = 1;
  static constexpr std::uint32_t kOutput = 2;
  static constexpr std::uint32_t kBias = 3;    ///< the elements side by side
  static constexpr std::uint32_t kAddend = 4;  ///< C, row-major
};

/// A program and what it should take.
struct GemmProgram {
  ProgramImage image;
  std::uint64_t ideal_cycles = 0;     ///< K * M * N over the number of PEs
  std::uint64_t estimate_cycles = 0;  ///< the busier of array (rounded up to it) and bus
};

/// Builds the program for a core. Throws Error(invalid_argument) naming rule and value for a shape,
/// a pitch or (resident) an SBUF that does not fit, Error(unsupported) for formats that the core
/// does not multiply or that do not go together.
GemmProgram build_gemm(const Capabilities& core, const GemmShape& shape);

/// What a product adds to its sums; as in GemmShape.
struct GemmEpilogue {
  const Tensor* bias = nullptr;  ///< FP32, one element per row or column of the result
  BiasAxis axis = BiasAxis::rows;
  bool relu = false;
  float alpha = 1;
  float beta = 0;
  const Tensor* addend = nullptr;  ///< C [M, N]
};

/// The result of the same product by the golden model, on the host: the bits of every core, however
/// the product is cut.
/// @param left  [K, M]   @param right  [K, N]
Tensor golden_gemm(const Tensor& left, const Tensor& right, DType output,
                   const GemmEpilogue& epilogue);

/// With a bias per row, or null.
/// @param partitions  P of a core that does not sum fp32 in blocks of 128
Tensor golden_gemm(const Tensor& left, const Tensor& right, const Tensor* bias, bool relu,
                   DType output, std::uint32_t partitions = 128);

}  // namespace tinium
