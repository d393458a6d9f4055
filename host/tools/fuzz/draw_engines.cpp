// SPDX-License-Identifier: Apache-2.0
//
// Random instructions of TensorE and VectorE.

#include <algorithm>
#include <tuple>

#include "fuzz/draw.hpp"

namespace tinium::fuzz {
namespace {

constexpr std::uint32_t kBankWords = isa::kPsumBankElements;
constexpr auto kBitwise = static_cast<std::uint32_t>(isa::AluOp::kBitwiseNot);
constexpr auto kOperators = static_cast<std::uint32_t>(isa::AluOp::kShiftRight) + 1;

bool is_unary(std::uint32_t op) {
  return op == 0 || (op >= static_cast<std::uint32_t>(isa::AluOp::kAbs) && op <= kBitwise);
}

std::size_t bytes_of(std::uint32_t dtype) { return size_of(static_cast<DType>(dtype)); }

}  // namespace

std::vector<InstructionWords> Drawer::products() {
  DType left = DType::int32;
  DType right = DType::int32;
  while (!is_legal_pair(left, right) || !core_.multiplies(left) || !core_.multiplies(right)) {
    left = static_cast<DType>(below(kDTypeCount));
    right = static_cast<DType>(below(kDTypeCount));
    // Six passes each: rare enough not to fill the time.
    if ((left == DType::fp32 || right == DType::fp32) && below(2) == 0) left = DType::int32;
  }
  const auto [start, depth] = partitions(128);
  const auto columns = partitions(128).second;
  isa::LoadStationary i;
  const auto s = pattern(size_of(left), taste_.sbuf_low, taste_.sbuf_high, columns, 1);
  if (!s) return {};
  i.sbuf_offset = s->offset;
  i.dtype = static_cast<std::uint32_t>(left);
  i.partition_start = start;
  i.partitions = depth;
  i.columns = columns;
  i.step = s->step0;
  stationary_ = i;
  std::vector<InstructionWords> out{encode(i)};
  if (below(4) == 0) {
    if (const auto t = transpose()) out.push_back(*t);
  }
  for (std::uint32_t again = below(2) + 1; again > 0; --again) {
    if (const auto m = multiply()) out.push_back(*m);
  }
  return out;
}

std::optional<InstructionWords> Drawer::transpose() {
  isa::Transpose i;
  const std::uint32_t columns = stationary_->columns;
  do {
    i.psum_partition = partitions(128).first;
  } while (i.psum_partition + columns > core_.partitions ||
           (columns > 64 && i.psum_partition != 0) || (columns > 32 && i.psum_partition % 64 != 0));
  i.psum_offset =
      below(taste_.psum_banks) * kBankWords + below(kBankWords - stationary_->partitions + 1);
  return encode(i);
}

std::optional<InstructionWords> Drawer::multiply() {
  const auto left = static_cast<DType>(stationary_->dtype);
  DType right = left;
  for (int tries = 0; tries < 20; ++tries) {
    const auto other = static_cast<DType>(below(kDTypeCount));
    if (is_legal_pair(left, other) && core_.multiplies(other)) right = other;
  }
  isa::MultiplyMoving i;
  i.num0 = elements();
  i.num1 = below(taste_.rows) + 1;
  const bool slow = left == DType::fp32 || right == DType::fp32;
  if (slow && stationary_->partitions * stationary_->columns > 512) i.num1 = 1;
  if (below(40) == 0 && !slow) std::tie(i.num0, i.num1) = std::pair{kBankWords, 1u};
  const auto m = pattern(size_of(right), taste_.sbuf_low, taste_.sbuf_high, i.num0, i.num1);
  if (!m) return std::nullopt;
  i.sbuf_offset = m->offset;
  i.dtype = static_cast<std::uint32_t>(right);
  i.step0 = m->step0;
  i.step1 = m->step1;
  i.partition_start = stationary_->partition_start;
  const auto t = isa::decode_transpose(*transpose());
  i.psum_partition = t.psum_partition;
  i.psum_offset = below(taste_.psum_banks) * kBankWords + below(kBankWords - i.num0 * i.num1 + 1);
  i.accumulate = below(3) != 0;
  if (slow) i.piece_pair = below(2) == 0 ? 0 : below(7);
  return encode(i);
}

std::uint32_t Drawer::float_operator() { return below(kBitwise); }

std::uint32_t Drawer::bit_operator() {
  return below(4) == 0 ? 0 : kBitwise + below(kOperators - kBitwise);
}

std::uint32_t Drawer::integer_dtype() {
  return static_cast<std::uint32_t>(below(2) == 0 ? DType::int8 : DType::int32);
}

template <typename Instruction>
bool Drawer::source(Instruction& i, bool integers) {
  i.num0 = elements();
  i.num1 = below(taste_.rows) + 1;
  i.src_space = below(3) != 0;
  i.src_dtype = integers ? integer_dtype() : below(kDTypeCount);
  const auto from = i.src_space != 0 ? pattern(4, 0, kBankWords * 4, i.num0, i.num1)
                                     : pattern(bytes_of(i.src_dtype), taste_.sbuf_low,
                                               taste_.sbuf_high, i.num0, i.num1);
  if (!from) return false;
  i.src_offset =
      i.src_space != 0 ? below(taste_.psum_banks) * kBankWords + from->offset / 4 : from->offset;
  i.src_step0 = from->step0;
  i.src_step1 = from->step1;
  std::tie(i.partition_start, i.partitions) = partitions(128);
  return true;
}

template <typename Instruction>
bool Drawer::destination(Instruction& i, std::uint32_t num0, std::uint32_t num1, bool integers) {
  i.dst_dtype = integers ? integer_dtype() : below(kDTypeCount);
  const auto to = pattern(bytes_of(i.dst_dtype), taste_.sbuf_low, taste_.sbuf_high, num0, num1);
  if (!to) return false;
  i.dst_offset = to->offset;
  i.dst_step1 = to->step1;
  if constexpr (requires { i.dst_step0; }) i.dst_step0 = to->step0;
  return true;
}

std::pair<std::uint32_t, std::uint32_t> Drawer::operand() {
  const std::uint32_t kind = below(2);
  if (kind != 0) {
    return {kind, taste_.sbuf_low / 4 * 4 + below((taste_.sbuf_high - taste_.sbuf_low) / 4) * 4};
  }
  constexpr std::uint32_t kSpecial[] = {0x00000000, 0x80000000, 0x3F800000, 0xBF800000, 0x7F800000,
                                        0xFF800000, 0x7FC00000, 0x7F800001, 0xFFC12345, 0x00000001,
                                        0x807FFFFF, 0x00800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x4F000000};
  switch (below(4)) {
    case 0:
      return {kind, below(40)};  // shifts do something
    case 1:
      return {kind, kSpecial[below(std::size(kSpecial))]};
    case 2:
      return {kind, static_cast<std::uint32_t>(random_.next())};
    default:  // near one
      return {kind, 0x3F000000u + below(0x1000000)};
  }
}

std::optional<InstructionWords> Drawer::scalar() {
  isa::TensorScalar i;
  const bool bits = below(4) == 0;
  if (!source(i, bits) || !destination(i, i.num0, i.num1, bits)) return std::nullopt;
  if (below(6) != 0) {
    i.op0 = bits ? bit_operator() : float_operator();
    i.op1 = below(3) == 0 ? 0 : bits ? bit_operator() : float_operator();
    i.relu = bits ? 0 : below(2);
  } else if (below(2) == 0 && (i.src_space != 0 || bytes_of(i.src_dtype) <= 4)) {
    // Copies bits; the destination stays aligned where its element does not grow.
    if (bytes_of(i.src_dtype) <= bytes_of(i.dst_dtype)) i.dst_dtype = i.src_dtype;
  }
  if (below(8) == 0 && i.src_space == 0) {  // in place
    i.dst_offset = i.src_offset;
    i.dst_step0 = i.src_step0;
    i.dst_step1 = i.src_step1;
    if (bytes_of(i.dst_dtype) != bytes_of(i.src_dtype)) i.dst_dtype = i.src_dtype;
  }
  i.reverse0 = below(2);
  i.reverse1 = below(2);
  std::tie(i.operand0_kind, i.operand0) = operand();
  std::tie(i.operand1_kind, i.operand1) = operand();
  return encode(i);
}

std::optional<InstructionWords> Drawer::tensor_tensor() {
  isa::TensorTensor i;
  const bool bits = below(4) == 0;
  if (!source(i, bits) || !destination(i, i.num0, i.num1, bits)) return std::nullopt;
  i.src1_space = i.src_space == 0 ? below(2) : 0;
  i.src1_dtype = bits ? integer_dtype() : below(kDTypeCount);
  const auto from = i.src1_space != 0 ? pattern(4, 0, kBankWords * 4, i.num0, i.num1)
                                      : pattern(bytes_of(i.src1_dtype), taste_.sbuf_low,
                                                taste_.sbuf_high, i.num0, i.num1);
  if (!from) return std::nullopt;
  i.src1_offset =
      i.src1_space != 0 ? below(taste_.psum_banks) * kBankWords + from->offset / 4 : from->offset;
  i.src1_step0 = from->step0;
  i.src1_step1 = from->step1;
  i.op0 = below(2) == 0 ? 0 : bits ? bit_operator() : float_operator();
  do {
    i.op1 = bits ? bit_operator() : float_operator();
  } while (is_unary(i.op1));
  i.relu = bits ? 0 : below(2);
  i.reverse0 = below(2);
  i.reverse1 = below(2);
  std::tie(i.operand0_kind, i.operand0) = operand();
  return encode(i);
}

std::optional<InstructionWords> Drawer::reduce() {
  isa::TensorReduce i;
  const bool bits = below(4) == 0;
  if (!source(i, bits) || !destination(i, 1, i.num1, bits)) return std::nullopt;
  using Op = isa::AluOp;
  constexpr std::array kFloat = {Op::kAdd,        Op::kMult,      Op::kMax,
                                 Op::kMin,        Op::kAbsMax,    Op::kAbsMin,
                                 Op::kLogicalAnd, Op::kLogicalOr, Op::kLogicalXor};
  constexpr std::array kBits = {Op::kBitwiseAnd, Op::kBitwiseOr, Op::kBitwiseXor};
  i.op =
      static_cast<std::uint32_t>(bits ? kBits[below(kBits.size())] : kFloat[below(kFloat.size())]);
  i.negate = bits ? 0 : below(2);
  return encode(i);
}

std::optional<InstructionWords> Drawer::memset() {
  isa::Memset i;
  i.num0 = elements();
  i.num1 = below(taste_.rows) + 1;
  if (!destination(i, i.num0, i.num1, false)) return std::nullopt;
  std::tie(i.partition_start, i.partitions) = partitions(128);
  i.value = static_cast<std::uint32_t>(random_.next());
  return encode(i);
}

}  // namespace tinium::fuzz
