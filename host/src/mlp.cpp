// SPDX-License-Identifier: Apache-2.0
//
// The batch is cut into blocks of columns. TensorE runs layer 1 of block b + 1 before layer 2 of
// block b, so that the hidden activations of b are evicted meanwhile.

#include "tinium/mlp.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace tinium {
namespace {

using isa::Engine;

enum Semaphore : std::uint32_t {
  kLoaded = 0,       // DMA load -> TensorE: operands of layer 1, then of layer 2
  kBiasLoaded = 1,   // DMA load -> VectorE
  kAccumulated = 2,  // TensorE -> VectorE: a unit is complete in PSUM
  kEvicted = 3,      // VectorE -> TensorE: a unit has left its PSUM bank
  kHidden = 4,       // VectorE -> TensorE: hidden activations are in SBUF
  kLogits = 5,       // VectorE -> DMA store
};

constexpr std::uint64_t kAlign = 64;
constexpr std::uint64_t kBlock = 128;  // columns: enough to hide loading the stationary operand

constexpr std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }
constexpr std::uint64_t round_up(std::uint64_t a, std::uint64_t b) { return ceil_div(a, b) * b; }

/// Byte offsets in each SBUF partition.
struct Layout {
  std::uint64_t input, weights1, weights2, hidden, logits, bias1, bias2, end;
  std::uint64_t batch_bytes;  ///< of one BF16 row of a batch
  std::uint64_t weights1_bytes, weights2_bytes;
  std::uint64_t input_chunks, hidden_chunks;
};

Layout plan(const Capabilities& core, const MlpShape& s) {
  Layout l{};
  l.input_chunks = ceil_div(s.inputs, core.partitions);
  l.hidden_chunks = ceil_div(s.hidden, core.partitions);
  l.batch_bytes = round_up(s.batch * 2, kAlign);
  l.weights1_bytes = round_up(s.hidden * 2, kAlign);
  l.weights2_bytes = round_up(s.outputs * 2, kAlign);
  l.input = 0;
  l.weights1 = l.input + l.input_chunks * l.batch_bytes;
  l.weights2 = l.weights1 + l.input_chunks * l.weights1_bytes;
  l.hidden = l.weights2 + l.hidden_chunks * l.weights2_bytes;
  l.logits = l.hidden + l.hidden_chunks * l.batch_bytes;
  l.bias1 = l.logits + round_up(s.batch * 4, kAlign);
  l.bias2 = l.bias1 + l.hidden_chunks * 4;
  l.end = l.bias2 + 4;
  return l;
}

}  // namespace

std::uint64_t largest_mlp_batch(const Capabilities& core, MlpShape shape, std::uint64_t wanted) {
  for (shape.batch = wanted; shape.batch > 0; --shape.batch) {
    if (plan(core, shape).end <= core.sbuf_bytes) break;
  }
  return shape.batch;
}

GemmProgram build_mlp(const Capabilities& core, const MlpShape& s) {
  constexpr const char* kOperation = "build_mlp";
  for (const auto& [key, value] : {std::pair{"inputs", s.inputs}, std::pair{"hidden", s.hidden},
                                   std::pair{"outputs", s.outputs}, std::pair{"batch", s.batch}}) {
    if (value == 0 || value > 65535) {
      throw Error(ErrorCode::invalid_argument, kOperation, "sizes are 1 to 65535",
                  std::string(key) + "=" + std::to_string(value));
    }
  }
  const std::uint64_t p = core.partitions;
  if (s.outputs > p) {
    throw Error(ErrorCode::invalid_argument, kOperation,
                "the outputs fit the " + std::to_string(p) + " partitions",
                "outputs=" + std::to_string(s.outputs));
  }
  const Layout l = plan(core, s);
  if (l.end > core.sbuf_bytes) {
    throw Error(ErrorCode::invalid_argument, kOperation,
                "weights and activations of a batch fit the " + std::to_string(core.sbuf_bytes) +
                    " bytes of an SBUF partition",
                "needs " + std::to_string(l.end) + " bytes for batch=" + std::to_string(s.batch));
  }

  ProgramBuilder builder(core.partitions);
  const auto load = [&](std::uint32_t slot, std::uint64_t row, std::uint64_t rows,
                        std::uint64_t row_bytes, std::uint64_t offset, std::uint32_t semaphore) {
    isa::DmaLoad i;
    i.slot = slot;
    i.dram_offset = row * row_bytes;
    i.dram_step1 = static_cast<std::int32_t>(row_bytes);
    i.row_bytes = static_cast<std::uint32_t>(row_bytes);
    i.num1 = static_cast<std::uint32_t>(rows);
    i.partition_step1 = 1;
    i.sbuf_offset = static_cast<std::uint32_t>(offset);
    add_update(i, {semaphore});
    builder.add(Engine::kSync, i);
  };
  const auto rows_of = [&](std::uint64_t chunk, std::uint64_t total) {
    return std::min(p, total - chunk * p);
  };
  for (std::uint64_t c = 0; c < l.input_chunks; ++c) {
    const std::uint64_t rows = rows_of(c, s.inputs);
    load(MlpSlots::kWeights1, c * p, rows, s.hidden * 2, l.weights1 + c * l.weights1_bytes,
         kLoaded);
    load(MlpSlots::kInput, c * p, rows, s.batch * 2, l.input + c * l.batch_bytes, kLoaded);
  }
  for (std::uint64_t c = 0; c < l.hidden_chunks; ++c) {
    load(MlpSlots::kBias1, c * p, rows_of(c, s.hidden), 4, l.bias1 + c * 4, kBiasLoaded);
  }
  load(MlpSlots::kBias2, 0, s.outputs, 4, l.bias2, kBiasLoaded);
  for (std::uint64_t c = 0; c < l.hidden_chunks; ++c) {
    load(MlpSlots::kWeights2, c * p, rows_of(c, s.hidden), s.outputs * 2,
         l.weights2 + c * l.weights2_bytes, kLoaded);
  }
  isa::Nop biases;
  add_wait(biases, {kBiasLoaded, static_cast<std::uint32_t>(l.hidden_chunks + 1), true});
  builder.add(Engine::kVector, biases);

  std::uint64_t units = 0;
  std::uint64_t array_cycles = 0;
  std::uint32_t pending_loads = 0;   // that the next LoadStationary waits for
  std::uint32_t pending_hidden = 0;  // hidden units that the next MultiplyMoving waits for

  // One unit: a tile [columns of the stationary operand, width], summed over chunks, then evicted.
  struct Operand {
    std::uint64_t offset, stride;  ///< of chunk 0, and from chunk to chunk
  };
  const auto unit = [&](Operand stationary, Operand moving, std::uint64_t contraction,
                        std::uint64_t columns, std::uint64_t column0, std::uint64_t width,
                        std::uint64_t bias, DType output, std::uint64_t destination, bool relu,
                        std::uint32_t done) {
    const std::uint64_t bank = units % core.psum_banks;
    const std::uint64_t chunks = ceil_div(contraction, p);
    for (std::uint64_t c = 0; c < chunks; ++c) {
      const std::uint64_t depth = rows_of(c, contraction);
      isa::LoadStationary weights;
      weights.sbuf_offset = static_cast<std::uint32_t>(stationary.offset + c * stationary.stride);
      weights.partitions = static_cast<std::uint32_t>(depth);
      weights.columns = static_cast<std::uint32_t>(columns);
      weights.step = 1;
      if (pending_loads > 0) add_wait(weights, {kLoaded, pending_loads, true});
      pending_loads = 0;
      builder.add(Engine::kTensor, weights);
      isa::MultiplyMoving multiply;
      multiply.sbuf_offset =
          static_cast<std::uint32_t>(moving.offset + c * moving.stride + column0 * 2);
      multiply.step0 = 1;
      multiply.num0 = static_cast<std::uint32_t>(width);
      multiply.num1 = 1;
      multiply.psum_offset = static_cast<std::uint32_t>(bank * isa::kPsumBankElements);
      multiply.accumulate = c > 0;
      if (c == 0 && units >= core.psum_banks) add_wait(multiply, {kEvicted, 1, true});
      if (pending_hidden > 0) add_wait(multiply, {kHidden, pending_hidden, true});
      pending_hidden = 0;
      if (c + 1 == chunks) add_update(multiply, {kAccumulated});
      builder.add(Engine::kTensor, multiply);
      array_cycles += ceil_div(depth, core.array_rows) * ceil_div(columns, core.array_cols) *
                      std::max<std::uint64_t>(width, core.array_cols);
    }
    isa::TensorScalar evict;
    evict.src_offset = static_cast<std::uint32_t>(bank * isa::kPsumBankElements);
    evict.src_space = static_cast<std::uint32_t>(isa::Space::kPsum);
    evict.src_dtype = static_cast<std::uint32_t>(DType::fp32);
    evict.src_step0 = 1;
    evict.num0 = static_cast<std::uint32_t>(width);
    evict.num1 = 1;
    evict.dst_offset = static_cast<std::uint32_t>(destination + column0 * size_of(output));
    evict.dst_dtype = static_cast<std::uint32_t>(output);
    evict.dst_step0 = 1;
    evict.partitions = static_cast<std::uint32_t>(columns);
    evict.op0 = static_cast<std::uint32_t>(isa::AluOp::kAdd);
    evict.operand0_kind = static_cast<std::uint32_t>(isa::OperandKind::kPerPartition);
    evict.operand0 = static_cast<std::uint32_t>(bias);
    evict.relu = relu;
    add_wait(evict, {kAccumulated, 1, true});
    add_update(evict, {kEvicted, 1, isa::UpdateEvent::kRead});
    add_update(evict, {done});
    builder.add(Engine::kVector, evict);
    ++units;
  };

  const std::uint64_t blocks = ceil_div(s.batch, kBlock);
  const auto layer1 = [&](std::uint64_t b) {
    const std::uint64_t width = std::min(kBlock, s.batch - b * kBlock);
    for (std::uint64_t c = 0; c < l.hidden_chunks; ++c) {
      unit({l.weights1 + c * p * 2, l.weights1_bytes}, {l.input, l.batch_bytes}, s.inputs,
           rows_of(c, s.hidden), b * kBlock, width, l.bias1 + c * 4, DType::bf16,
           l.hidden + c * l.batch_bytes, true, kHidden);
    }
  };
  const auto layer2 = [&](std::uint64_t b) {
    const std::uint64_t width = std::min(kBlock, s.batch - b * kBlock);
    pending_hidden = static_cast<std::uint32_t>(l.hidden_chunks);
    unit({l.weights2, l.weights2_bytes}, {l.hidden, l.batch_bytes}, s.hidden, s.outputs, b * kBlock,
         width, l.bias2, DType::fp32, l.logits, false, kLogits);
  };
  pending_loads = static_cast<std::uint32_t>(2 * l.input_chunks);
  layer1(0);
  pending_loads = static_cast<std::uint32_t>(l.hidden_chunks);
  for (std::uint64_t b = 0; b < blocks; ++b) {
    if (b + 1 < blocks) layer1(b + 1);
    layer2(b);
  }

  for (std::uint64_t b = 0; b < blocks; ++b) {
    isa::DmaStore i;
    i.slot = MlpSlots::kLogits;
    i.dram_offset = b * kBlock * 4;
    i.dram_step1 = static_cast<std::int32_t>(s.batch * 4);
    i.row_bytes = static_cast<std::uint32_t>(std::min(kBlock, s.batch - b * kBlock) * 4);
    i.num1 = static_cast<std::uint32_t>(s.outputs);
    i.partition_step1 = 1;
    i.sbuf_offset = static_cast<std::uint32_t>(l.logits + b * kBlock * 4);
    add_wait(i, {kLogits, 1, true});
    builder.add(Engine::kSync, i);
  }
  builder.halt_all();
  const std::uint64_t macs = (s.inputs + s.outputs) * s.hidden * s.batch;
  return {builder.build(), ceil_div(macs, std::uint64_t{core.array_rows} * core.array_cols),
          array_cycles};
}

}  // namespace tinium
