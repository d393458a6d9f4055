// SPDX-License-Identifier: Apache-2.0
#include "vector_reference.hpp"

#include <cstring>

#include "tinium/dtype.hpp"
#include "tinium/numerics.hpp"

namespace tinium::testbench {
namespace {

using isa::Fault;
using isa::TensorScalar;

bool in_psum(std::uint32_t space) { return space == static_cast<std::uint32_t>(isa::Space::kPsum); }

VectorFault fault(Fault code, std::uint64_t address = 0) {
  return {static_cast<std::uint32_t>(code), address};
}

std::size_t element_size(std::uint32_t dtype) { return size_of(static_cast<DType>(dtype)); }

std::int64_t element_at(const TensorScalar& i, bool source, std::uint32_t i0, std::uint32_t i1) {
  return source ? std::int64_t{i.src_step0} * i0 + std::int64_t{i.src_step1} * i1
                : std::int64_t{i.dst_step0} * i0 + std::int64_t{i.dst_step1} * i1;
}

template <typename Check>
bool every_element(const TensorScalar& i, bool source, Check&& check) {
  for (std::uint32_t i1 = 0; i1 < i.num1; ++i1) {
    for (std::uint32_t i0 = 0; i0 < i.num0; ++i0) {
      if (!check(element_at(i, source, i0, i1))) return false;
    }
  }
  return true;
}

bool sbuf_pattern_ok(const TensorScalar& i, bool source, std::size_t bytes) {
  const auto size = static_cast<std::int64_t>(element_size(source ? i.src_dtype : i.dst_dtype));
  const std::int64_t offset = source ? i.src_offset : i.dst_offset;
  return every_element(i, source, [&](std::int64_t element) {
    const std::int64_t at = offset + element * size;
    return at >= 0 && at % size == 0 && at + size <= static_cast<std::int64_t>(bytes);
  });
}

bool psum_pattern_ok(const TensorScalar& i, std::size_t banks) {
  const std::int64_t bank = i.src_offset / isa::kPsumBankElements;
  return bank < static_cast<std::int64_t>(banks) &&
         every_element(i, true, [&](std::int64_t element) {
           const std::int64_t at = i.src_offset + element;
           return at >= 0 && at / isa::kPsumBankElements == bank;
         });
}

bool partition_rule(std::uint32_t start, std::uint32_t count) {
  if (count < 1 || count > 128) return false;
  if (count > 64) return start == 0;
  if (count > 32) return start == 0 || start == 64;
  return start == 0 || start == 32 || start == 64 || start == 96;
}

}  // namespace

VectorFault judge(const TensorScalar& i, const VectorMemories& memories) {
  const std::uint64_t count = std::uint64_t{i.num0} * i.num1;
  if (i.opcode != 0x20 || in_psum(i.dst_space) || i.op0 > 5 || i.op1 > 5 || i.src_dtype > 7 ||
      i.dst_dtype > 7 || count == 0 || count > 65535 ||
      !partition_rule(i.partition_start, i.partitions)) {
    return fault(Fault::kIllegalInstruction);
  }
  const auto src = static_cast<DType>(i.src_dtype);
  const auto dst = static_cast<DType>(i.dst_dtype);
  bool dtypes_ok;
  if (is_integer(src)) {
    const bool plain = i.op0 == 0 && i.op1 == 0 && i.relu == 0;
    dtypes_ok = plain && (dst == DType::int8 || (dst == DType::int32 && src == DType::int32)) &&
                !(in_psum(i.src_space) && src == DType::int8);
  } else {
    dtypes_ok = !is_integer(dst) && !(in_psum(i.src_space) && src != DType::fp32);
  }
  if (!dtypes_ok) return fault(Fault::kDtype);
  if (i.partition_start + i.partitions > memories.partitions) {
    return fault(Fault::kSbufRange, i.dst_offset);
  }
  if (in_psum(i.src_space)) {
    if (!psum_pattern_ok(i, memories.psum_banks)) return fault(Fault::kPsumRange, i.src_offset);
  } else if (!sbuf_pattern_ok(i, true, memories.sbuf_bytes)) {
    return fault(Fault::kSbufRange, i.src_offset);
  }
  if (!sbuf_pattern_ok(i, false, memories.sbuf_bytes)) {
    return fault(Fault::kSbufRange, i.dst_offset);
  }
  const auto operand_bad = [&](std::uint32_t kind, std::uint32_t offset) {
    return kind == 1 && (offset % 4 != 0 || std::uint64_t{offset} + 4 > memories.sbuf_bytes);
  };
  if (operand_bad(i.operand0_kind, i.operand0)) return fault(Fault::kSbufRange, i.operand0);
  if (operand_bad(i.operand1_kind, i.operand1)) return fault(Fault::kSbufRange, i.operand1);
  return {};
}

void execute(const TensorScalar& i, VectorMemories& memories) {
  const auto src = static_cast<DType>(i.src_dtype);
  const auto dst = static_cast<DType>(i.dst_dtype);
  const std::size_t src_size = size_of(src);
  const std::size_t dst_size = size_of(dst);
  for (std::uint32_t p = i.partition_start; p < i.partition_start + i.partitions; ++p) {
    std::uint8_t* sbuf = memories.sbuf.data() + p * memories.sbuf_bytes;
    const std::uint32_t* psum = memories.psum.data() + p * memories.psum_words();
    const auto operand = [&](std::uint32_t kind, std::uint32_t word) {
      if (kind == 1) std::memcpy(&word, sbuf + word, 4);
      return word;
    };
    const std::uint32_t s0 = i.op0 == 0 ? 0 : operand(i.operand0_kind, i.operand0);
    const std::uint32_t s1 = i.op1 == 0 ? 0 : operand(i.operand1_kind, i.operand1);
    for (std::uint32_t i1 = 0; i1 < i.num1; ++i1) {
      for (std::uint32_t i0 = 0; i0 < i.num0; ++i0) {
        std::uint32_t x = 0;
        if (in_psum(i.src_space)) {
          x = psum[i.src_offset + element_at(i, true, i0, i1)];
        } else {
          const auto size = static_cast<std::int64_t>(src_size);
          std::memcpy(&x, sbuf + i.src_offset + element_at(i, true, i0, i1) * size, src_size);
        }
        std::uint32_t y;
        if (src == DType::int8) {
          y = x;
        } else if (src == DType::int32) {
          y = dst == DType::int8 ? int32_to_int8(x) : x;
        } else {
          y = to_fp32(src, x);
          y = numerics::vector_op(static_cast<numerics::VectorOp>(i.op0), y, s0);
          y = numerics::vector_op(static_cast<numerics::VectorOp>(i.op1), y, s1);
          if (i.relu) y = numerics::relu(y);
          y = from_fp32(dst, y);
        }
        const auto size = static_cast<std::int64_t>(dst_size);
        std::memcpy(sbuf + i.dst_offset + element_at(i, false, i0, i1) * size, &y, dst_size);
      }
    }
  }
}

std::vector<std::size_t> destination_bytes(const TensorScalar& i) {
  std::vector<std::size_t> bytes;
  const auto size = static_cast<std::int64_t>(element_size(i.dst_dtype));
  every_element(i, false, [&](std::int64_t element) {
    for (std::int64_t b = 0; b < size; ++b) {
      bytes.push_back(static_cast<std::size_t>(i.dst_offset + element * size + b));
    }
    return true;
  });
  return bytes;
}

std::vector<std::uint32_t> encode(const TensorScalar& i) {
  std::vector<std::uint32_t> words(isa::kInstructionWords, 0);
  const auto field_values = values(i);
  for (std::size_t f = 0; f < field_values.size(); ++f) {
    const isa::Field& field = isa::kTensorScalarFields[f];
    const std::uint64_t mask = (std::uint64_t{1} << field.width) - 1;
    words[field.word] |= static_cast<std::uint32_t>((field_values[f] & mask) << field.lsb);
  }
  return words;
}

}  // namespace tinium::testbench
