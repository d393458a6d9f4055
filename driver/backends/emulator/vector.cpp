// SPDX-License-Identifier: Apache-2.0
//
// VectorE: TensorScalar, TensorTensor, Memset, TensorReduce, and the time they take.

#include <algorithm>
#include <cstring>

#include "emulator.hpp"
#include "tinium/dtype.hpp"
#include "tinium/numerics.hpp"
#include "waits.hpp"

namespace tinium {
namespace {

using isa::Engine;
using isa::Fault;
using numerics::VectorOp;

std::uint32_t load_element(const std::byte* from, std::size_t size) {
  std::uint32_t value = 0;
  std::memcpy(&value, from, size);
  return value;
}

/// Calls visit(n, distance in elements) for the elements n = i1 * num0 + i0 of a pattern, in order.
template <typename Visit>
void for_each_element(std::int64_t step0, std::uint32_t num0, std::int64_t step1,
                      std::uint32_t num1, const Visit& visit) {
  std::size_t n = 0;
  for (std::uint32_t i1 = 0; i1 < num1; ++i1) {
    for (std::uint32_t i0 = 0; i0 < num0; ++i0, ++n) visit(n, step0 * i0 + step1 * i1);
  }
}

/// Cycles that an operator adds to the way of an element.
timing::Time way_of(VectorOp op) {
  if (op == VectorOp::bypass) return 0;
  return op == VectorOp::reciprocal ? timing::kVectorReciprocal : timing::kVectorOperator;
}
timing::Time way_of(DType source, numerics::VectorPath path) {
  if (path != numerics::VectorPath::fp32 || source == DType::fp32) return 0;
  return is_integer(source) ? timing::kVectorInteger : timing::kVectorFloat;
}
unsigned reciprocals(VectorOp op0, VectorOp op1) {
  return (op0 == VectorOp::reciprocal ? 1u : 0u) + (op1 == VectorOp::reciprocal ? 1u : 0u);
}

bool is_psum(std::uint32_t space) { return space == static_cast<std::uint32_t>(isa::Space::kPsum); }

/// Bitwise operators stand beside bitwise ones and bypass only, and not with relu.
bool operators_fit(VectorOp op0, VectorOp op1, bool relu) {
  const bool any = numerics::is_bitwise(op0) || numerics::is_bitwise(op1);
  const auto fits = [](VectorOp op) { return op == VectorOp::bypass || numerics::is_bitwise(op); };
  return !any || (fits(op0) && fits(op1) && !relu);
}

}  // namespace

/// What the estimate must know of an instruction.
struct Emulator::VectorWork {
  Time group = 0;  ///< cycles of a group of partitions
  Time way = 0;    ///< last read to the word offered
  std::uint32_t first_partition = 0;
  std::uint32_t partitions = 0;
  bool reads_sbuf = false;
  bool alone = false;  ///< begins after the writes of the former one, and the next after its own
  bool joins = false;  ///< the next begins after its writes
};

Emulator::VectorWork Emulator::tensor_scalar(const isa::TensorScalar& i, std::uint32_t index) {
  const auto fail = [&](Fault code, std::uint64_t at) { raise(code, Engine::kVector, index, at); };
  const std::uint64_t n = std::uint64_t{i.num0} * i.num1;
  numerics::TensorScalarRule rule;
  rule.op0 = static_cast<VectorOp>(i.op0);
  rule.op1 = static_cast<VectorOp>(i.op1);
  rule.reverse0 = i.reverse0 != 0;
  rule.reverse1 = i.reverse1 != 0;
  rule.relu = i.relu != 0;
  rule.source = static_cast<DType>(i.src_dtype);
  rule.destination = static_cast<DType>(i.dst_dtype);
  if (is_psum(i.dst_space) || n == 0 || n > 0xFFFF ||
      !partition_rule(i.partition_start, i.partitions) ||
      !operators_fit(rule.op0, rule.op1, rule.relu)) {
    fail(Fault::kIllegalInstruction, 0);
  }
  const bool bitwise = numerics::is_bitwise(rule.op0) || numerics::is_bitwise(rule.op1);
  if (bitwise && !(is_integer(rule.source) && is_integer(rule.destination))) {
    fail(Fault::kDtype, 0);
  }
  if (i.partition_start + i.partitions > config_.partitions) fail(Fault::kSbufRange, i.dst_offset);
  const bool from_psum = is_psum(i.src_space);
  const std::size_t source_size = size_of(rule.source);
  const std::size_t size = size_of(rule.destination);
  if (from_psum ? bank_error(i.src_offset, i.src_step0, i.num0, i.src_step1, i.num1)
                : pattern_error(i.src_offset, source_size, i.src_step0, i.num0, i.src_step1, i.num1)
                      .has_value()) {
    fail(from_psum ? Fault::kPsumRange : Fault::kSbufRange, i.src_offset);
  }
  if (pattern_error(i.dst_offset, size, i.dst_step0, i.num0, i.dst_step1, i.num1)) {
    fail(Fault::kSbufRange, i.dst_offset);
  }
  const bool vector0 = i.operand0_kind != 0;
  const bool vector1 = i.operand1_kind != 0;
  for (const auto& [is_vector, offset] :
       {std::pair{vector0, i.operand0}, std::pair{vector1, i.operand1}}) {
    if (is_vector && (offset % 4 != 0 || offset > config_.sbuf_bytes - 4)) {
      fail(Fault::kSbufRange, offset);
    }
  }

  std::vector<std::uint32_t> results(n);
  for (std::uint32_t p = i.partition_start; p < i.partition_start + i.partitions; ++p) {
    const std::uint32_t s0 = vector0 ? load_element(sbuf(p, i.operand0), 4) : i.operand0;
    const std::uint32_t s1 = vector1 ? load_element(sbuf(p, i.operand1), 4) : i.operand1;
    for_each_element(
        i.src_step0, i.num0, i.src_step1, i.num1, [&](std::size_t at, std::int64_t from) {
          const std::byte* source = element(from_psum, p, i.src_offset, from, source_size);
          results[at] = numerics::tensor_scalar(rule, load_element(source, source_size), s0, s1);
        });
    for_each_element(i.dst_step0, i.num0, i.dst_step1, i.num1,
                     [&](std::size_t at, std::int64_t to) {
                       std::memcpy(element(false, p, i.dst_offset, to, size), &results[at], size);
                     });
  }
  VectorWork work;
  const unsigned slow = reciprocals(rule.op0, rule.op1);
  work.group = n * std::max<Time>(1, slow * timing::kVectorReciprocal);
  work.way = timing::kVectorWay + way_of(rule.source, numerics::vector_path(rule)) +
             way_of(rule.op0) + way_of(rule.op1);
  work.first_partition = i.partition_start;
  work.partitions = i.partitions;
  work.reads_sbuf = !from_psum || (vector0 && !numerics::is_unary(rule.op0)) ||
                    (vector1 && !numerics::is_unary(rule.op1));
  work.alone = slow != 0;
  return work;
}

Emulator::VectorWork Emulator::tensor_tensor(const isa::TensorTensor& i, std::uint32_t index) {
  const auto fail = [&](Fault code, std::uint64_t at) { raise(code, Engine::kVector, index, at); };
  const std::uint64_t n = std::uint64_t{i.num0} * i.num1;
  numerics::TensorTensorRule rule;
  rule.op0 = static_cast<VectorOp>(i.op0);
  rule.op1 = static_cast<VectorOp>(i.op1);
  rule.reverse0 = i.reverse0 != 0;
  rule.reverse1 = i.reverse1 != 0;
  rule.relu = i.relu != 0;
  rule.source = static_cast<DType>(i.src_dtype);
  rule.source1 = static_cast<DType>(i.src1_dtype);
  rule.destination = static_cast<DType>(i.dst_dtype);
  const bool from_psum = is_psum(i.src_space);
  const bool from_psum1 = is_psum(i.src1_space);
  if (is_psum(i.dst_space) || n == 0 || n > 0xFFFF ||
      !partition_rule(i.partition_start, i.partitions) || (from_psum && from_psum1) ||
      numerics::is_unary(rule.op1) || !operators_fit(rule.op0, rule.op1, rule.relu)) {
    fail(Fault::kIllegalInstruction, 0);
  }
  const bool bitwise = numerics::is_bitwise(rule.op0) || numerics::is_bitwise(rule.op1);
  if (bitwise &&
      !(is_integer(rule.source) && is_integer(rule.source1) && is_integer(rule.destination))) {
    fail(Fault::kDtype, 0);
  }
  if (i.partition_start + i.partitions > config_.partitions) fail(Fault::kSbufRange, i.dst_offset);
  const std::size_t source_size = size_of(rule.source);
  const std::size_t source1_size = size_of(rule.source1);
  const std::size_t size = size_of(rule.destination);
  if (from_psum ? bank_error(i.src_offset, i.src_step0, i.num0, i.src_step1, i.num1)
                : pattern_error(i.src_offset, source_size, i.src_step0, i.num0, i.src_step1, i.num1)
                      .has_value()) {
    fail(from_psum ? Fault::kPsumRange : Fault::kSbufRange, i.src_offset);
  }
  if (from_psum1
          ? bank_error(i.src1_offset, i.src1_step0, i.num0, i.src1_step1, i.num1)
          : pattern_error(i.src1_offset, source1_size, i.src1_step0, i.num0, i.src1_step1, i.num1)
                .has_value()) {
    fail(from_psum1 ? Fault::kPsumRange : Fault::kSbufRange, i.src1_offset);
  }
  if (pattern_error(i.dst_offset, size, i.dst_step0, i.num0, i.dst_step1, i.num1)) {
    fail(Fault::kSbufRange, i.dst_offset);
  }
  const bool vector0 = i.operand0_kind != 0;
  if (vector0 && (i.operand0 % 4 != 0 || i.operand0 > config_.sbuf_bytes - 4)) {
    fail(Fault::kSbufRange, i.operand0);
  }

  std::vector<std::uint32_t> results(n);
  for (std::uint32_t p = i.partition_start; p < i.partition_start + i.partitions; ++p) {
    const std::uint32_t s0 = vector0 ? load_element(sbuf(p, i.operand0), 4) : i.operand0;
    for_each_element(
        i.src_step0, i.num0, i.src_step1, i.num1, [&](std::size_t at, std::int64_t from) {
          results[at] =
              load_element(element(from_psum, p, i.src_offset, from, source_size), source_size);
        });
    for_each_element(
        i.src1_step0, i.num0, i.src1_step1, i.num1, [&](std::size_t at, std::int64_t from) {
          const std::byte* source1 = element(from_psum1, p, i.src1_offset, from, source1_size);
          results[at] =
              numerics::tensor_tensor(rule, results[at], s0, load_element(source1, source1_size));
        });
    for_each_element(i.dst_step0, i.num0, i.dst_step1, i.num1,
                     [&](std::size_t at, std::int64_t to) {
                       std::memcpy(element(false, p, i.dst_offset, to, size), &results[at], size);
                     });
  }
  VectorWork work;
  const unsigned slow = reciprocals(rule.op0, rule.op1);
  // Both sources through the read port of SBUF: dense ones of 1 or 2 bytes leave room.
  const auto sparse = [](std::int64_t step, std::size_t bytes) {
    return step != 1 || bytes > timing::kWordBytes / 4;
  };
  const bool shared = !from_psum && !from_psum1 &&
                      (sparse(i.src_step0, source_size) || sparse(i.src1_step0, source1_size));
  work.group = n * std::max<Time>(shared ? 2 : 1, slow * timing::kVectorReciprocal);
  work.way = timing::kVectorWay + way_of(rule.source, numerics::vector_path(rule)) +
             way_of(rule.op0) + way_of(rule.op1);
  work.first_partition = i.partition_start;
  work.partitions = i.partitions;
  work.reads_sbuf = true;
  work.alone = slow != 0;
  return work;
}

Emulator::VectorWork Emulator::memset(const isa::Memset& i, std::uint32_t index) {
  const auto fail = [&](Fault code, std::uint64_t at) { raise(code, Engine::kVector, index, at); };
  const std::uint64_t n = std::uint64_t{i.num0} * i.num1;
  if (is_psum(i.dst_space) || n == 0 || n > 0xFFFF ||
      !partition_rule(i.partition_start, i.partitions)) {
    fail(Fault::kIllegalInstruction, 0);
  }
  if (i.partition_start + i.partitions > config_.partitions) fail(Fault::kSbufRange, i.dst_offset);
  const auto dtype = static_cast<DType>(i.dst_dtype);
  const std::size_t size = size_of(dtype);
  if (pattern_error(i.dst_offset, size, i.dst_step0, i.num0, i.dst_step1, i.num1)) {
    fail(Fault::kSbufRange, i.dst_offset);
  }
  const std::uint32_t bits = numerics::memset_element(dtype, i.value);
  for (std::uint32_t p = i.partition_start; p < i.partition_start + i.partitions; ++p) {
    for_each_element(i.dst_step0, i.num0, i.dst_step1, i.num1, [&](std::size_t, std::int64_t to) {
      std::memcpy(element(false, p, i.dst_offset, to, size), &bits, size);
    });
  }
  VectorWork work;
  const bool dense = i.dst_step0 == 1;
  work.group = dense ? i.num1 * ((i.num0 * size + timing::kWordBytes - 1) / timing::kWordBytes) : n;
  work.way = timing::kVectorWay;
  work.first_partition = i.partition_start;
  work.partitions = i.partitions;
  return work;
}

Emulator::VectorWork Emulator::tensor_reduce(const isa::TensorReduce& i, std::uint32_t index) {
  const auto fail = [&](Fault code, std::uint64_t at) { raise(code, Engine::kVector, index, at); };
  const std::uint64_t n = std::uint64_t{i.num0} * i.num1;
  numerics::TensorReduceRule rule;
  rule.op = static_cast<VectorOp>(i.op);
  rule.negate = i.negate != 0;
  rule.source = static_cast<DType>(i.src_dtype);
  rule.destination = static_cast<DType>(i.dst_dtype);
  const bool bitwise = numerics::is_bitwise(rule.op);
  if (is_psum(i.dst_space) || n == 0 || n > 0xFFFF ||
      !partition_rule(i.partition_start, i.partitions) || !numerics::is_reduction(rule.op) ||
      (bitwise && rule.negate)) {
    fail(Fault::kIllegalInstruction, 0);
  }
  if (bitwise && !(is_integer(rule.source) && is_integer(rule.destination))) {
    fail(Fault::kDtype, 0);
  }
  if (i.partition_start + i.partitions > config_.partitions) fail(Fault::kSbufRange, i.dst_offset);
  const bool from_psum = is_psum(i.src_space);
  const std::size_t source_size = size_of(rule.source);
  const std::size_t size = size_of(rule.destination);
  if (from_psum ? bank_error(i.src_offset, i.src_step0, i.num0, i.src_step1, i.num1)
                : pattern_error(i.src_offset, source_size, i.src_step0, i.num0, i.src_step1, i.num1)
                      .has_value()) {
    fail(from_psum ? Fault::kPsumRange : Fault::kSbufRange, i.src_offset);
  }
  if (pattern_error(i.dst_offset, size, 0, 1, i.dst_step1, i.num1)) {
    fail(Fault::kSbufRange, i.dst_offset);
  }
  std::vector<std::uint32_t> elements(i.num0);
  std::vector<std::uint32_t> results(i.num1);
  for (std::uint32_t p = i.partition_start; p < i.partition_start + i.partitions; ++p) {
    for (std::uint32_t i1 = 0; i1 < i.num1; ++i1) {
      for (std::uint32_t i0 = 0; i0 < i.num0; ++i0) {
        const std::int64_t from = std::int64_t{i.src_step0} * i0 + std::int64_t{i.src_step1} * i1;
        elements[i0] =
            load_element(element(from_psum, p, i.src_offset, from, source_size), source_size);
      }
      results[i1] = numerics::tensor_reduce(rule, elements);
    }
    for (std::uint32_t i1 = 0; i1 < i.num1; ++i1) {
      const std::int64_t to = std::int64_t{i.dst_step1} * i1;
      std::memcpy(element(false, p, i.dst_offset, to, size), &results[i1], size);
    }
  }
  VectorWork work;
  work.group = i.num1 * std::max<Time>(i.num0, timing::kVectorReduceLeast);
  work.way = timing::kVectorReduceWay;
  work.first_partition = i.partition_start;
  work.partitions = i.partitions;
  work.reads_sbuf = !from_psum;
  work.joins = true;
  return work;
}

Emulator::Time Emulator::execute_vector(Stream& stream, const InstructionWords& words, Time at) {
  const std::uint32_t index = stream.pc;
  const auto common = isa::decode_nop(words);
  const auto address = [&](std::uint64_t field, std::uint32_t number, std::uint32_t space) {
    const std::uint64_t sum = field + stream.registers[number];
    if (sum >> 24 != 0) {
      raise(is_psum(space) ? Fault::kPsumRange : Fault::kSbufRange, stream.engine, index, sum);
    }
    return static_cast<std::uint32_t>(sum);
  };
  VectorWork work;
  switch (static_cast<isa::Opcode>(common.opcode)) {
    case isa::Opcode::kTensorTensor: {
      auto i = isa::decode_tensor_tensor(words);
      i.src_offset = address(i.src_offset, i.reg_a, i.src_space);
      i.dst_offset = address(i.dst_offset, i.reg_b, i.dst_space);
      work = tensor_tensor(i, index);
      break;
    }
    case isa::Opcode::kMemset: {
      auto i = isa::decode_memset(words);
      i.dst_offset = address(i.dst_offset, i.reg_b, i.dst_space);
      work = memset(i, index);
      break;
    }
    case isa::Opcode::kTensorReduce: {
      auto i = isa::decode_tensor_reduce(words);
      i.src_offset = address(i.src_offset, i.reg_a, i.src_space);
      i.dst_offset = address(i.dst_offset, i.reg_b, i.dst_space);
      work = tensor_reduce(i, index);
      break;
    }
    default: {
      auto i = isa::decode_tensor_scalar(words);
      i.src_offset = address(i.src_offset, i.reg_a, i.src_space);
      i.dst_offset = address(i.dst_offset, i.reg_b, i.dst_space);
      work = tensor_scalar(i, index);
      break;
    }
  }

  // Checked while the former instruction is at work.
  VectorTimes& t = vector_;
  const Time enter = std::max(at + 1, t.check_free);
  Time begin = std::max(enter + timing::kVectorCheck, t.read_end + timing::kVectorNext);
  if (work.reads_sbuf || work.alone || t.alone) begin = std::max(begin, t.write_end);
  t.alone = work.alone || work.joins;
  const std::uint32_t lanes = config_.vector_lanes;
  const std::uint64_t groups =
      (work.first_partition + work.partitions - 1) / lanes - work.first_partition / lanes + 1;
  t.check_free = begin;
  t.read_end = begin + groups * work.group;
  t.write_end = t.read_end - 1 + work.way + timing::kVectorWrite;
  last_sbuf_write_ = t.write_end;
  vector_busy_ += t.write_end - std::max(t.engaged, enter);
  t.engaged = t.write_end;
  post_updates(common, isa::UpdateEvent::kRead, stream.engine, index, t.read_end + timing::kUpdate);
  post_updates(common, isa::UpdateEvent::kComplete, stream.engine, index,
               t.write_end + timing::kUpdate);
  post(EventKind::kEnd, 0, t.write_end);
  UnitProfile& spent = profile(stream.unit);
  spent.engage(isa::Cause::kOverhead, enter, begin);
  spent.engage(isa::Cause::kBusy, begin, t.read_end);
  trace(stream.unit, isa::TraceEvent::kBegin, begin, index, common.opcode);
  trace(stream.unit, isa::TraceEvent::kEnd, t.write_end, index, common.opcode);
  return enter;
}

}  // namespace tinium
