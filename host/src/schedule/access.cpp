// SPDX-License-Identifier: Apache-2.0

#include "schedule/access.hpp"

#include <algorithm>
#include <cstdio>

#include "tinium/dtype.hpp"

namespace tinium::schedule {
namespace {

/// Patterns of more separate pieces become the box around them.
constexpr std::size_t kMostPieces = 64;

struct Dimension {
  std::int64_t count;
  std::int64_t partition_step;
  std::int64_t step;  ///< bytes
};

/// All positions of `piece` moved along the dimensions, innermost first.
void add_pattern(std::vector<Box>& boxes, const Box& piece,
                 const std::vector<Dimension>& dimensions) {
  std::vector<Box> pieces{piece};
  for (const Dimension& d : dimensions) {
    if (d.count <= 1) continue;
    const std::int64_t extent = d.partition_step * (d.count - 1);
    const std::int64_t reach = d.step * (d.count - 1);
    const Box& one = pieces.front();
    // Pieces that touch or overlap join exactly.
    const bool joins =
        pieces.size() == 1 && ((d.partition_step == 0 && std::abs(d.step) <= one.high - one.low) ||
                               (d.step == 0 && std::abs(d.partition_step) <= one.last - one.first));
    if (joins || pieces.size() * static_cast<std::size_t>(d.count) > kMostPieces) {
      Box around = one;
      for (const Box& box : pieces) {
        around.first = std::min(around.first, box.first);
        around.last = std::max(around.last, box.last);
        around.low = std::min(around.low, box.low);
        around.high = std::max(around.high, box.high);
      }
      around.first += std::min<std::int64_t>(extent, 0);
      around.last += std::max<std::int64_t>(extent, 0);
      around.low += std::min<std::int64_t>(reach, 0);
      around.high += std::max<std::int64_t>(reach, 0);
      pieces.assign(1, around);
      continue;
    }
    const std::size_t inner = pieces.size();
    for (std::int64_t i = 1; i < d.count; ++i) {
      for (std::size_t p = 0; p < inner; ++p) {
        Box moved = pieces[p];
        moved.first += i * d.partition_step;
        moved.last += i * d.partition_step;
        moved.low += i * d.step;
        moved.high += i * d.step;
        pieces.push_back(moved);
      }
    }
  }
  boxes.insert(boxes.end(), pieces.begin(), pieces.end());
}

std::int64_t bytes_of(std::uint32_t dtype) {
  return static_cast<std::int64_t>(size_of(static_cast<DType>(dtype)));
}

Box sbuf_piece(std::int64_t first, std::int64_t partitions, std::int64_t offset,
               std::int64_t bytes) {
  return {Memory::sbuf, 0, first, first + partitions, offset, offset + bytes};
}

Box psum_piece(std::int64_t first, std::int64_t partitions, std::int64_t word, std::int64_t words) {
  return {Memory::psum, 0, first, first + partitions, word * 4, (word + words) * 4};
}

/// Elements of VectorE: num0 * num1 of them in SBUF or PSUM.
void add_elements(std::vector<Box>& boxes, std::uint32_t space, std::uint32_t partition_start,
                  std::uint32_t partitions, std::int64_t offset, std::uint32_t dtype,
                  std::int64_t step0, std::int64_t num0, std::int64_t step1, std::int64_t num1) {
  const bool psum = space == static_cast<std::uint32_t>(isa::Space::kPsum);
  const std::int64_t size = psum ? 4 : bytes_of(dtype);
  const Box piece = psum ? psum_piece(partition_start, partitions, offset, 1)
                         : sbuf_piece(partition_start, partitions, offset, size);
  add_pattern(boxes, piece, {{num0, 0, step0 * size}, {num1, 0, step1 * size}});
}

/// Whether VectorE reads the operand of an operator.
bool reads_operand(std::uint32_t op) {
  using isa::AluOp;
  switch (static_cast<AluOp>(op)) {
    case AluOp::kBypass:
    case AluOp::kAbs:
    case AluOp::kSquare:
    case AluOp::kRelu:
    case AluOp::kReciprocal:
    case AluOp::kBitwiseNot:
      return false;
    default:
      return true;
  }
}

/// One FP32 in each partition.
void add_operand(std::vector<Box>& boxes, std::uint32_t op, std::uint32_t kind,
                 std::uint32_t offset, std::uint32_t partition_start, std::uint32_t partitions) {
  if (kind == static_cast<std::uint32_t>(isa::OperandKind::kPerPartition) && reads_operand(op)) {
    boxes.push_back(sbuf_piece(partition_start, partitions, offset, 4));
  }
}

void add_transfer(Accesses& accesses, const isa::DmaLoad& i, bool is_load, std::int64_t register_a,
                  std::int64_t register_b) {
  const std::int64_t bytes = i.row_bytes;
  const std::int64_t dram = static_cast<std::int64_t>(i.dram_offset) + register_a;
  const std::int64_t offset = std::int64_t{i.sbuf_offset} + register_b;
  Box local = sbuf_piece(i.sbuf_partition, 1, offset, bytes);
  if (i.transpose != 0) {
    const std::int64_t element = std::int64_t{1} << i.element_log2;
    local = sbuf_piece(i.sbuf_partition, bytes / element, offset, element);
  }
  add_pattern(is_load ? accesses.writes : accesses.reads, local,
              {{i.num1, i.partition_step1, i.sbuf_step1},
               {i.num2, i.partition_step2, i.sbuf_step2},
               {i.num3, i.partition_step3, i.sbuf_step3}});
  const Box remote{Memory::dram, static_cast<std::uint8_t>(i.slot), 0, 1, dram, dram + bytes};
  add_pattern(is_load ? accesses.reads : accesses.writes, remote,
              {{i.num1, 0, i.dram_step1}, {i.num2, 0, i.dram_step2}, {i.num3, 0, i.dram_step3}});
}

std::string hex(std::int64_t value) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%s0x%llx", value < 0 ? "-" : "",
                static_cast<unsigned long long>(value < 0 ? -value : value));
  return text.data();
}

}  // namespace

std::string name_of(Unit unit) {
  static constexpr std::array<const char*, kUnits> kNames = {"tensor",   "vector",    "sync",
                                                             "dma_load", "dma_store", "dma_copy"};
  return kNames[index_of(unit)];
}

std::optional<Box> overlap(const Box& a, const Box& b) {
  if (a.memory != b.memory || a.slot != b.slot) return std::nullopt;
  Box both = a;
  both.first = std::max(a.first, b.first);
  both.last = std::min(a.last, b.last);
  both.low = std::max(a.low, b.low);
  both.high = std::min(a.high, b.high);
  if (both.first >= both.last || both.low >= both.high) return std::nullopt;
  return both;
}

std::string describe(const Box& box) {
  const std::string partitions =
      " partitions " + std::to_string(box.first) + ".." + std::to_string(box.last - 1);
  switch (box.memory) {
    case Memory::sbuf:
      return "SBUF" + partitions + " bytes " + hex(box.low) + ".." + hex(box.high - 1);
    case Memory::psum:
      return "PSUM" + partitions + " bank " + std::to_string(box.low / 2048) + " words " +
             std::to_string(box.low / 4 % 512) + ".." + std::to_string((box.high - 1) / 4 % 512);
    case Memory::dram:
      return "slot " + std::to_string(box.slot) + " bytes " + hex(box.low) + ".." +
             hex(box.high - 1);
  }
  return "?";
}

std::optional<Box> conflict(const Accesses& a, const Accesses& b) {
  const auto any = [](const std::vector<Box>& left, const std::vector<Box>& right) {
    for (const Box& l : left) {
      for (const Box& r : right) {
        if (const auto both = overlap(l, r)) return both;
      }
    }
    return std::optional<Box>{};
  };
  if (const auto both = any(a.writes, b.writes)) return both;
  if (const auto both = any(a.writes, b.reads)) return both;
  return any(a.reads, b.writes);
}

Unit unit_of(isa::Opcode opcode, isa::Engine stream) {
  switch (opcode) {
    case isa::Opcode::kDmaLoad:
      return Unit::kDmaLoad;
    case isa::Opcode::kDmaStore:
      return Unit::kDmaStore;
    case isa::Opcode::kDmaCopy:
      return Unit::kDmaCopy;
    default:
      break;
  }
  if (stream == isa::Engine::kTensor) return Unit::kTensor;
  return stream == isa::Engine::kVector ? Unit::kVector : Unit::kSync;
}

Accesses accesses_of(const InstructionWords& words,
                     const std::optional<isa::LoadStationary>& stationary, std::uint64_t a,
                     std::uint64_t b) {
  using isa::Opcode;
  Accesses result;
  const auto register_a = static_cast<std::int64_t>(a);
  const auto register_b = static_cast<std::int64_t>(b);
  switch (opcode_of(words)) {
    case Opcode::kLoadStationary: {
      const auto i = isa::decode_load_stationary(words);
      const std::int64_t size = bytes_of(i.dtype);
      add_pattern(result.reads,
                  sbuf_piece(i.partition_start, i.partitions, i.sbuf_offset + register_a, size),
                  {{i.columns, 0, i.step * size}});
      break;
    }
    case Opcode::kMultiplyMoving: {
      const auto i = isa::decode_multiply_moving(words);
      const std::int64_t size = bytes_of(i.dtype);
      const std::int64_t k = stationary ? stationary->partitions : 128;
      const std::int64_t m = stationary ? stationary->columns : 128;
      add_pattern(result.reads, sbuf_piece(i.partition_start, k, i.sbuf_offset + register_a, size),
                  {{i.num0, 0, i.step0 * size}, {i.num1, 0, i.step1 * size}});
      const Box out = psum_piece(i.psum_partition, m, i.psum_offset + register_b,
                                 std::int64_t{i.num0} * i.num1);
      result.writes.push_back(out);
      if (i.accumulate != 0) result.reads.push_back(out);
      break;
    }
    case Opcode::kTranspose: {
      const auto i = isa::decode_transpose(words);
      result.writes.push_back(psum_piece(i.psum_partition, stationary ? stationary->columns : 128,
                                         i.psum_offset + register_b,
                                         stationary ? stationary->partitions : 128));
      break;
    }
    case Opcode::kTensorScalar: {
      const auto i = isa::decode_tensor_scalar(words);
      add_elements(result.reads, i.src_space, i.partition_start, i.partitions,
                   i.src_offset + register_a, i.src_dtype, i.src_step0, i.num0, i.src_step1,
                   i.num1);
      add_operand(result.reads, i.op0, i.operand0_kind, i.operand0, i.partition_start,
                  i.partitions);
      add_operand(result.reads, i.op1, i.operand1_kind, i.operand1, i.partition_start,
                  i.partitions);
      add_elements(result.writes, i.dst_space, i.partition_start, i.partitions,
                   i.dst_offset + register_b, i.dst_dtype, i.dst_step0, i.num0, i.dst_step1,
                   i.num1);
      break;
    }
    case Opcode::kTensorTensor: {
      const auto i = isa::decode_tensor_tensor(words);
      add_elements(result.reads, i.src_space, i.partition_start, i.partitions,
                   i.src_offset + register_a, i.src_dtype, i.src_step0, i.num0, i.src_step1,
                   i.num1);
      add_elements(result.reads, i.src1_space, i.partition_start, i.partitions, i.src1_offset,
                   i.src1_dtype, i.src1_step0, i.num0, i.src1_step1, i.num1);
      add_operand(result.reads, i.op0, i.operand0_kind, i.operand0, i.partition_start,
                  i.partitions);
      add_elements(result.writes, i.dst_space, i.partition_start, i.partitions,
                   i.dst_offset + register_b, i.dst_dtype, i.dst_step0, i.num0, i.dst_step1,
                   i.num1);
      break;
    }
    case Opcode::kMemset: {
      const auto i = isa::decode_memset(words);
      add_elements(result.writes, i.dst_space, i.partition_start, i.partitions,
                   i.dst_offset + register_b, i.dst_dtype, i.dst_step0, i.num0, i.dst_step1,
                   i.num1);
      break;
    }
    case Opcode::kTensorReduce: {
      const auto i = isa::decode_tensor_reduce(words);
      add_elements(result.reads, i.src_space, i.partition_start, i.partitions,
                   i.src_offset + register_a, i.src_dtype, i.src_step0, i.num0, i.src_step1,
                   i.num1);
      add_elements(result.writes, i.dst_space, i.partition_start, i.partitions,
                   i.dst_offset + register_b, i.dst_dtype, 0, 1, i.dst_step1, i.num1);
      break;
    }
    case Opcode::kDmaLoad:
      add_transfer(result, isa::decode_dma_load(words), true, register_a, register_b);
      break;
    case Opcode::kDmaStore:
      // The fields of both directions are the same.
      add_transfer(result, isa::decode_dma_load(words), false, register_a, register_b);
      break;
    case Opcode::kDmaCopy: {
      const auto i = isa::decode_dma_copy(words);
      add_pattern(result.reads,
                  sbuf_piece(i.src_partition, 1, i.src_offset + register_a, i.row_bytes),
                  {{i.num1, i.src_partition_step1, i.src_step1},
                   {i.num2, i.src_partition_step2, i.src_step2},
                   {i.num3, i.src_partition_step3, i.src_step3}});
      add_pattern(result.writes,
                  sbuf_piece(i.dst_partition, 1, i.dst_offset + register_b, i.row_bytes),
                  {{i.num1, i.dst_partition_step1, i.dst_step1},
                   {i.num2, i.dst_partition_step2, i.dst_step2},
                   {i.num3, i.dst_partition_step3, i.dst_step3}});
      break;
    }
    case Opcode::kHalt:
    case Opcode::kNop:
    case Opcode::kSetReg:
    case Opcode::kAddReg:
    case Opcode::kBranch:
      break;
  }
  return result;
}

}  // namespace tinium::schedule
