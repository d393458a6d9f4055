// SPDX-License-Identifier: Apache-2.0

#include "fuzz/rules.hpp"

#include <algorithm>
#include <set>

#include "tinium/dtype.hpp"

namespace tinium::fuzz {

using schedule::Accesses;
using schedule::Box;
using schedule::Memory;

isa::Engine engine_of(const InstructionWords& words) {
  const auto opcode = schedule::opcode_of(words);
  if (opcode < isa::Opcode::kTensorScalar) return isa::Engine::kTensor;
  return opcode < isa::Opcode::kDmaLoad ? isa::Engine::kVector : isa::Engine::kSync;
}

AddressField address_field(const InstructionWords& words, bool second) {
  const auto* info = find_instruction(static_cast<std::uint8_t>(words[0] & 0xFFu));
  if (info == nullptr) return {};
  for (const auto& field : info->fields) {
    if (field.address_register == (second ? 2 : 1)) return {&field, field.width};
  }
  return {};
}

std::uint64_t field_value(const InstructionWords& words, std::string_view name) {
  const auto* info = find_instruction(static_cast<std::uint8_t>(words[0] & 0xFFu));
  if (info == nullptr) return 0;
  for (const auto& field : info->fields) {
    if (field.name == name) return extract_field(field, words);
  }
  return 0;
}

void set_field(InstructionWords& words, const isa::Field& field, std::uint64_t value) {
  for (std::uint32_t bit = 0; bit < field.width; ++bit) {
    const std::uint32_t at = field.word * 32u + field.lsb + bit;
    const std::uint32_t mask = 1u << at % 32;
    if ((value >> bit & 1u) != 0) {
      words[at / 32] |= mask;
    } else {
      words[at / 32] &= ~mask;
    }
  }
}

void set_field(InstructionWords& words, std::string_view name, std::uint64_t value) {
  const auto* info = find_instruction(static_cast<std::uint8_t>(words[0] & 0xFFu));
  if (info == nullptr) return;  // broken on purpose
  for (const auto& field : info->fields) {
    if (field.name == name) set_field(words, field, value);
  }
}

namespace {

std::vector<std::int64_t> element_offsets(std::int64_t first, std::int64_t size, std::int64_t step0,
                                          std::int64_t num0, std::int64_t step1,
                                          std::int64_t num1) {
  std::vector<std::int64_t> all;
  for (std::int64_t i1 = 0; i1 < num1; ++i1) {
    for (std::int64_t i0 = 0; i0 < num0; ++i0) {
      all.push_back(first + (i0 * step0 + i1 * step1) * size);
    }
  }
  return all;
}

/// Whether elements of SBUF patterns share a byte.
bool share_bytes(const std::vector<std::int64_t>& a, std::int64_t a_size,
                 const std::vector<std::int64_t>& b, std::int64_t b_size) {
  std::set<std::int64_t> bytes;
  for (const auto at : a) {
    for (std::int64_t i = 0; i < a_size; ++i) bytes.insert(at + i);
  }
  return std::any_of(b.begin(), b.end(), [&](std::int64_t at) {
    for (std::int64_t i = 0; i < b_size; ++i) {
      if (bytes.count(at + i) != 0) return true;
    }
    return false;
  });
}

bool distinct(const std::vector<std::int64_t>& all) {
  return std::set<std::int64_t>(all.begin(), all.end()).size() == all.size();
}

}  // namespace

bool Rules::in_range(const Box& box) const {
  if (box.low < 0 || box.first < 0) return false;
  switch (box.memory) {
    case Memory::sbuf:
      return box.last <= core_.partitions && box.high <= core_.sbuf_bytes;
    case Memory::psum:
      return box.last <= core_.partitions &&
             box.high <= std::int64_t{core_.psum_banks} * isa::kPsumBankElements * 4 &&
             box.low / 2048 == (box.high - 1) / 2048;
    case Memory::dram:
      return box.slot < windows_.size() && box.high <= windows_[box.slot].bytes;
  }
  return false;
}

/// VectorE: source and destination overlap only where each element is written where it was read.
/// Copies: not at all.
bool Rules::operands_apart(const Item& item, std::uint32_t iteration) const {
  const auto opcode = schedule::opcode_of(item.words);
  const std::int64_t t = iteration;
  if (opcode == isa::Opcode::kDmaCopy) {
    const Accesses all =
        schedule::accesses_of(item.words, {}, static_cast<std::uint64_t>(t * item.stride_a),
                              static_cast<std::uint64_t>(t * item.stride_b));
    return !schedule::conflict({all.reads, {}}, {{}, all.writes});
  }
  if (opcode < isa::Opcode::kTensorScalar || opcode >= isa::Opcode::kDmaLoad ||
      opcode == isa::Opcode::kMemset) {
    return true;
  }
  const auto i = isa::decode_tensor_scalar(item.words);  // the common part is the same
  const auto size = [](std::uint32_t dtype) {
    return static_cast<std::int64_t>(size_of(static_cast<DType>(dtype)));
  };
  const bool reduces = opcode == isa::Opcode::kTensorReduce;
  const auto target =
      element_offsets(i.dst_offset + t * item.stride_b, size(i.dst_dtype),
                      reduces ? 0 : i.dst_step0, reduces ? 1 : i.num0, i.dst_step1, i.num1);
  const auto apart = [&](std::uint32_t space, std::int64_t offset, std::uint32_t dtype,
                         std::int64_t step0, std::int64_t step1) {
    if (space != 0) return true;
    const auto source = element_offsets(offset, size(dtype), step0, i.num0, step1, i.num1);
    if (!share_bytes(source, size(dtype), target, size(i.dst_dtype))) return true;
    return !reduces && source == target && size(dtype) == size(i.dst_dtype) && distinct(target);
  };
  if (!apart(i.src_space, i.src_offset + t * item.stride_a, i.src_dtype, i.src_step0,
             i.src_step1)) {
    return false;
  }
  if (opcode != isa::Opcode::kTensorTensor) return true;
  const auto two = isa::decode_tensor_tensor(item.words);
  return apart(two.src1_space, two.src1_offset, two.src1_dtype, two.src1_step0, two.src1_step1);
}

std::optional<Accesses> Rules::take(const Item& item) {
  const auto opcode = schedule::opcode_of(item.words);
  const bool uses = schedule::uses_stationary(opcode);
  std::optional<isa::LoadStationary> shape;
  if (uses) {
    if (!stationary_ || overwritten_) return std::nullopt;
    shape = isa::decode_load_stationary(stationary_->words);
    if (opcode == isa::Opcode::kMultiplyMoving) {
      const auto i = isa::decode_multiply_moving(item.words);
      if (i.partition_start != shape->partition_start ||
          !is_legal_pair(static_cast<DType>(shape->dtype), static_cast<DType>(i.dtype))) {
        return std::nullopt;
      }
      const bool slow = static_cast<DType>(shape->dtype) == DType::fp32 ||
                        static_cast<DType>(i.dtype) == DType::fp32;
      if (i.piece_pair != 0 && !slow) return std::nullopt;
    }
    const std::uint64_t first = field_value(item.words, "psum_partition");
    if ((shape->columns > 64 && first != 0) || (shape->columns > 32 && first % 64 != 0)) {
      return std::nullopt;
    }
  }
  Accesses all;
  for (std::uint32_t t = 0; t < repeat_; ++t) {
    const Accesses once = schedule::accesses_of(
        item.words, shape, static_cast<std::uint64_t>(std::int64_t{t} * item.stride_a),
        static_cast<std::uint64_t>(std::int64_t{t} * item.stride_b));
    std::int64_t bank = -1;  // elements of a pattern share one
    for (const auto* boxes : {&once.reads, &once.writes}) {
      for (const Box& box : *boxes) {
        if (box.memory != Memory::psum) continue;
        if (bank >= 0 && box.low / 2048 != bank) return std::nullopt;
        bank = box.low / 2048;
      }
      if (!std::all_of(boxes->begin(), boxes->end(),
                       [&](const Box& box) { return in_range(box); })) {
        return std::nullopt;
      }
    }
    if (!operands_apart(item, t)) return std::nullopt;
    all.reads.insert(all.reads.end(), once.reads.begin(), once.reads.end());
    all.writes.insert(all.writes.end(), once.writes.begin(), once.writes.end());
    if (item.stride_a == 0 && item.stride_b == 0) break;
  }
  if (opcode == isa::Opcode::kLoadStationary) {
    stationary_ = item;
    stationary_reads_ = all.reads;
    overwritten_ = false;
    all.reads.clear();  // those of the instructions that use it
  } else if (uses) {
    all.reads.insert(all.reads.end(), stationary_reads_.begin(), stationary_reads_.end());
  } else if (stationary_ && schedule::conflict({{}, all.writes}, {stationary_reads_, {}})) {
    overwritten_ = true;
  }
  return all;
}

}  // namespace tinium::fuzz
