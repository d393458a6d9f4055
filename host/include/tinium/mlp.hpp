// SPDX-License-Identifier: Apache-2.0
//
// A network of two layers as one program: logits = W2^T relu(W1^T x + b1) + b2, for a batch of
// columns. Features lie on partitions, so the hidden activations stay in SBUF, in BF16, as the
// moving operand of the second layer. Functions only: any thread, any time; errors as build_gemm().

#pragma once

#include <cstdint>

#include "tinium/device.hpp"
#include "tinium/gemm.hpp"
#include "tinium/program.hpp"
#include "tinium/tensor.hpp"

namespace tinium {

/// Sizes of the network and of a batch; all matrices lie row-major, rows side by side.
struct MlpShape {
  std::uint64_t inputs = 0;
  std::uint64_t hidden = 0;
  std::uint64_t outputs = 0;  ///< at most P
  std::uint64_t batch = 0;    ///< columns of x
};

/// Tensor slots of the program.
struct MlpSlots {
  static constexpr std::uint32_t kInput = 0;     ///< x, BF16 [inputs, batch]
  static constexpr std::uint32_t kWeights1 = 1;  ///< BF16 [inputs, hidden]
  static constexpr std::uint32_t kBias1 = 2;     ///< FP32 [hidden]
  static constexpr std::uint32_t kWeights2 = 3;  ///< BF16 [hidden, outputs]
  static constexpr std::uint32_t kBias2 = 4;     ///< FP32 [outputs]
  static constexpr std::uint32_t kLogits = 5;    ///< FP32 [outputs, batch], written
};

/// Builds the program of one batch. Throws Error(invalid_argument) naming rule and value when a
/// size is zero, outputs exceed P, or weights and activations do not fit SBUF together.
GemmProgram build_mlp(const Capabilities& core, const MlpShape& shape);

/// The largest batch up to `wanted` that fits SBUF; 0 when none does.
std::uint64_t largest_mlp_batch(const Capabilities& core, MlpShape shape, std::uint64_t wanted);

}  // namespace tinium
