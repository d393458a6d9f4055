// SPDX-License-Identifier: Apache-2.0
//
// From a GemmShape to a program: checks, the roles of the operands, the choice of a schedule.

#include "tinium/gemm.hpp"

#include <algorithm>
#include <string>

#include "gemm/schedule.hpp"
#include "tinium/numerics.hpp"

namespace tinium {
namespace {

using namespace gemm_detail;  // NOLINT: the parts of this builder

constexpr std::uint64_t kMaxInstructions = 1u << 22;

[[noreturn]] void refuse(const std::string& rule, const std::string& detail,
                         ErrorCode code = ErrorCode::invalid_argument) {
  throw Error(code, "gemm", rule, detail);
}

std::string text(std::string_view key, std::uint64_t value) {
  return std::string(key) + "=" + std::to_string(value);
}

void check(const Capabilities& core, const GemmShape& s) {
  for (const auto& [key, value] : {std::pair{"m", s.m}, std::pair{"n", s.n}, std::pair{"k", s.k}}) {
    if (value == 0 || value > kMaxDimension) {
      refuse("m, n and k are 1 to " + std::to_string(kMaxDimension), text(key, value));
    }
  }
  const std::string pair = std::string(name(s.left)) + " x " + std::string(name(s.right)) + " -> " +
                           std::string(name(s.output));
  if (!is_legal_pair(s.left, s.right)) {
    refuse(
        "int8 multiplies with int8, fp32 and tf32 with each other, bf16, fp16 and fp8 with each "
        "other",
        pair, ErrorCode::unsupported);
  }
  if (!core.multiplies(s.left) || !core.multiplies(s.right)) {
    refuse("both operand formats are available on " + core.backend + ":" + core.config, pair,
           ErrorCode::unsupported);
  }
  if (is_integer(s.left)) {
    if (!is_integer(s.output)) {
      refuse("int8 products give int32 or int8", pair, ErrorCode::unsupported);
    }
    if (s.bias || s.relu || s.alpha != 1 || s.beta != 0) {
      refuse("int8 products take neither bias, relu, alpha nor beta", pair, ErrorCode::unsupported);
    }
  } else if (is_integer(s.output)) {
    refuse("floating-point products give a floating-point format", pair, ErrorCode::unsupported);
  }
  const auto pitch = [&](std::string_view key, std::uint64_t value, std::uint64_t columns,
                         DType dtype) {
    const std::uint64_t size = size_of(dtype);
    if (value == 0) return;
    if (value < columns * size || value % size != 0 || value > 0x7FFFFFFF) {
      refuse("a row pitch is a multiple of the element size, at least a row, below 2^31",
             text(key, value) + " row_bytes=" + std::to_string(columns * size));
    }
  };
  pitch("left_pitch", s.left_pitch, s.left_order == OperandOrder::k_major ? s.m : s.k, s.left);
  pitch("right_pitch", s.right_pitch, s.right_order == OperandOrder::k_major ? s.n : s.k, s.right);
  pitch("output_pitch", s.output_pitch, s.n, s.output);
  if (s.beta != 0) {
    pitch("addend_pitch", s.addend_pitch, s.n, s.addend);
    if (is_integer(s.addend)) {
      refuse("C has a floating-point format", "addend=" + std::string(name(s.addend)),
             ErrorCode::unsupported);
    }
  }
  if (s.beta != 0 && s.stationary == StationaryOperand::right) {
    refuse("with C the left operand is stationary", "stationary=right", ErrorCode::unsupported);
  }
  if (s.resident && s.beta != 0) {
    refuse("a resident product has no C", "beta=" + std::to_string(s.beta), ErrorCode::unsupported);
  }
}

Side side_of(DType dtype, OperandOrder order, std::uint64_t extent, std::uint64_t depth,
             std::uint64_t pitch, std::uint32_t slot) {
  const std::uint64_t size = size_of(dtype);
  const std::uint64_t columns = order == OperandOrder::k_major ? extent : depth;
  if (pitch == 0) pitch = columns * size;
  // A vector side by side is both; transposing, the DMA moves many of its elements in a cycle.
  if (extent == 1 && order == OperandOrder::k_major && pitch == size) {
    return {dtype, extent, depth * size, OperandOrder::k_minor, slot};
  }
  return {dtype, extent, pitch, order, slot};
}

/// The product with the left operand, or (swapped) the right one, stationary.
Problem with_roles(const GemmShape& s, bool swapped) {
  Problem problem;
  const Side left = side_of(s.left, s.left_order, s.m, s.k, s.left_pitch, GemmSlots::kLeft);
  const Side right = side_of(s.right, s.right_order, s.n, s.k, s.right_pitch, GemmSlots::kRight);
  const std::uint64_t size = size_of(s.output);
  const std::uint64_t pitch = s.output_pitch != 0 ? s.output_pitch : s.n * size;
  problem.stationary = swapped ? right : left;
  problem.moving = swapped ? left : right;
  problem.row_step = swapped ? size : pitch;
  problem.col_step = swapped ? pitch : size;
  problem.depth = s.k;
  problem.output = s.output;
  problem.sum = psum_dtype(s.left);
  problem.swapped = swapped;
  problem.resident = s.resident;
  problem.relu = s.relu;
  const bool along_stationary = (s.bias_axis == BiasAxis::rows) != swapped;
  problem.row_bias = s.bias && along_stationary;
  problem.column_bias = s.bias && !along_stationary;
  problem.alpha = s.alpha;
  problem.beta = s.beta;
  problem.accumulate = s.beta != 0;
  problem.addend = s.addend;
  problem.addend_pitch = s.addend_pitch != 0 ? s.addend_pitch : s.n * size_of(s.addend);
  problem.passes = numerics::pair_plan(s.left, s.right).pass_count;
  return problem;
}

struct Best {
  Problem problem;
  Choice choice;
};

/// The faster of both roles. Nothing when SBUF cannot hold a resident product.
std::optional<Best> best_roles(const Capabilities& core, const GemmShape& shape) {
  std::optional<Best> best;
  std::uint64_t fewest = ~0ull;
  for (const bool swapped : {false, true}) {
    const Problem problem = with_roles(shape, swapped);
    if (shape.stationary == (swapped ? StationaryOperand::left : StationaryOperand::right))
      continue;
    // C lies row-major: its tiles fit the result as it is.
    if (swapped && problem.accumulate) continue;
    if (shape.resident && problem.column_bias) continue;
    const std::uint64_t width =
        std::min<std::uint64_t>(isa::kPsumBankElements, problem.moving.extent);
    const std::uint64_t instructions = count_instructions(core, problem, {width});
    fewest = std::min(fewest, instructions);
    if (instructions > kMaxInstructions) continue;
    auto choice = choose(core, problem);
    if (choice && (!best || choice->cycles < best->choice.cycles)) {
      best = Best{problem, std::move(*choice)};
    }
  }
  if (!best && fewest > kMaxInstructions) {
    refuse(
        "the program of a GEMM has at most " + std::to_string(kMaxInstructions) + " instructions",
        "instructions=" + std::to_string(fewest) + " " + text("m", shape.m) + " " +
            text("n", shape.n) + " " + text("k", shape.k));
  }
  return best;
}

}  // namespace

GemmProgram build_gemm(const Capabilities& core, const GemmShape& shape) {
  check(core, shape);
  const auto best = best_roles(core, shape);
  if (!best) {
    if (!shape.resident) {
      throw Error(ErrorCode::internal, "gemm", "every core has SBUF for the smallest tiles",
                  "sbuf_bytes=" + std::to_string(core.sbuf_bytes));
    }
    refuse("a resident GEMM has operands and result in the " + std::to_string(core.sbuf_bytes) +
               " bytes of an SBUF partition",
           text("m", shape.m) + " " + text("n", shape.n) + " " + text("k", shape.k));
  }
  const std::uint64_t pes = std::uint64_t{core.array_rows} * core.array_cols;
  return {emit(core, best->problem, best->choice.schedule),
          ceil_div(shape.m * shape.n * shape.k, pes), best->choice.cycles};
}

}  // namespace tinium
