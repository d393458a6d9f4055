// SPDX-License-Identifier: Apache-2.0
//
// The GEMM program: D[M, N] = relu?(stationary[K, M]^T @ moving[K, N] + bias[M]).
//
// The contraction dimension lies on partitions, so both operands are K-major in device memory: the
// right operand of a row-major product already is, the left one is transposed by the host when it
// is uploaded. Sums run over K in ascending groups of 16 into one PSUM word: no array size, tiling
// or backend changes a bit of the result. (Pairs of fp32 run in passes over the P partitions of one
// instruction, so their bits are the same on all cores of one P.)

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

/// What a GEMM program is built for: D[M, N] = relu?(A[M, K] @ B[K, N] + bias).
struct GemmShape {
  std::uint64_t m = 0;  ///< rows of the result
  std::uint64_t n = 0;  ///< columns of the result
  std::uint64_t k = 0;  ///< the contraction
  DType left = DType::bf16;
  DType right = DType::bf16;
  DType output = DType::bf16;
  bool bias = false;  ///< add FP32 bias[m] to row m of the result, before relu
  bool relu = false;
  /// Bytes from one row to the next in device memory; 0: rows lie side by side.
  std::uint64_t left_pitch = 0;
  std::uint64_t right_pitch = 0;
  std::uint64_t output_pitch = 0;
  /// Load both operands into SBUF, then compute, then store: what `bench gemm --resident` measures.
  bool resident = false;
  OperandOrder left_order = OperandOrder::k_major;
  OperandOrder right_order = OperandOrder::k_major;
};

/// Tensor slots of a GEMM program.
struct GemmSlots {
  static constexpr std::uint32_t kLeft = 0;
  static constexpr std::uint32_t kRight = 1;
  static constexpr std::uint32_t kOutput = 2;
  static constexpr std::uint32_t kBias = 3;
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

/// The result of the same product by the golden model, on the host.
/// @param stationary  [K, M]   @param moving  [K, N]
/// @param bias        FP32 [M, 1] or null
/// @param partitions  P of the core that it is compared with. It matters for fp32 and tf32 x fp32
/// only,
///                    whose passes run over the partitions of one instruction.
Tensor golden_gemm(const Tensor& stationary, const Tensor& moving, const Tensor* bias, bool relu,
                   DType output, std::uint32_t partitions = 128);

}  // namespace tinium
