// SPDX-License-Identifier: Apache-2.0
// tn_vector_engine between models of its neighbours: every byte of SBUF after each batch of
// instructions, every update, every read, every fault. `--cases N` sets the random instructions per
// test (default 150 per pattern of pauses).
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tinium/dtype.hpp"
#include "tinium/generated/isa.hpp"
#include "tinium/numerics.hpp"
#include "vector_environment.hpp"

namespace tinium::testbench {
namespace {

using isa::Opcode;
using numerics::VectorOp;

constexpr std::uint64_t kLimit = 1'000'000;

std::uint32_t code(DType dtype) { return static_cast<std::uint32_t>(dtype); }

std::uint32_t pick(std::mt19937_64& rng, std::initializer_list<std::uint32_t> values) {
  return *(values.begin() + rng() % values.size());
}

std::uint32_t random_operand(std::mt19937_64& rng) {
  const auto bits = static_cast<std::uint32_t>(rng());
  switch (rng() % 8) {
    case 0:
      return bits;
    case 1:
      return pick(rng, {0x00000000, 0x80000000, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000,
                        0x7FC00001, 0x00000001});
    default:
      return (bits & 0x80FFFFFFu) | 0x3F000000u;
  }
}

void add_updates(std::mt19937_64& rng, VectorInstruction& i) {
  const auto update = [&](std::uint32_t& sem, std::uint32_t& op, std::uint32_t& event,
                          std::uint32_t& value) {
    op = static_cast<std::uint32_t>(rng() % 4);
    event = static_cast<std::uint32_t>(rng() % 2);
    sem = static_cast<std::uint32_t>(rng() % 16) + (event ? 16 : 0);
    value = static_cast<std::uint32_t>(rng() & 0xFFFF);
  };
  update(i.update0_sem, i.update0_op, i.update0_event, i.update0_value);
  update(i.update1_sem, i.update1_op, i.update1_event, i.update1_value);
}

void choose_partitions(std::mt19937_64& rng, VectorInstruction& i) {
  const auto all = static_cast<std::uint32_t>(kPartitions);
  do {
    i.partition_start = pick(rng, {0, 0, 32, 64, 96});
    i.partitions = static_cast<std::uint32_t>(
        rng() % 2 ? 1 + rng() % all
                  : pick(rng, {1, 4, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, all}));
  } while (i.partition_start + i.partitions > all ||
           (i.partitions > 64 && i.partition_start != 0) ||
           (i.partitions > 32 && i.partition_start % 64 != 0));
}

/// Lowest and highest element of a pattern.
std::pair<std::int64_t, std::int64_t> reach(std::int64_t step0, std::int64_t num0,
                                            std::int64_t step1, std::int64_t num1) {
  const std::int64_t span0 = step0 * (num0 - 1);
  const std::int64_t span1 = step1 * (num1 - 1);
  return {std::min<std::int64_t>(span0, 0) + std::min<std::int64_t>(span1, 0),
          std::max<std::int64_t>(span0, 0) + std::max<std::int64_t>(span1, 0)};
}

std::int32_t random_step(std::mt19937_64& rng, std::int32_t natural) {
  switch (rng() % 8) {
    case 0:
      return -natural;
    case 1:
      return static_cast<std::int32_t>(rng() % 17) - 8;
    case 2:
      return static_cast<std::int32_t>(rng() % 257) - 128;
    case 3:
      return natural + 1;
    default:
      return natural;
  }
}

/// Operators that this instruction may have, at random; bitwise ones stand together.
void choose_operators(std::mt19937_64& rng, VectorInstruction& i) {
  const auto any = [&] { return static_cast<std::uint32_t>(rng() % numerics::kVectorOpCount); };
  const auto is_bitwise = [](std::uint32_t op) {
    return numerics::is_bitwise(static_cast<VectorOp>(op));
  };
  const bool integers = is_integer(static_cast<DType>(i.src_dtype)) &&
                        is_integer(static_cast<DType>(i.dst_dtype)) &&
                        (!i.is_pair() || is_integer(static_cast<DType>(i.src1_dtype)));
  const bool bitwise = integers && rng() % 2 == 0;
  const auto choose = [&](bool may_bypass) {
    if (may_bypass && rng() % 3 == 0) return 0u;
    std::uint32_t op;
    do {
      op = rng() % 3 == 0 ? 1 + static_cast<std::uint32_t>(rng() % 5) : any();
      // The reciprocal takes its time.
      if (op == static_cast<std::uint32_t>(VectorOp::reciprocal) && rng() % 8 != 0) op = 1;
    } while (op == 0 || is_bitwise(op) != bitwise);
    return op;
  };
  if (i.is_reduce()) {
    do {
      i.op0 = choose(false);
    } while (!numerics::is_reduction(static_cast<VectorOp>(i.op0)));
    i.negate = !bitwise && rng() % 3 == 0;
    return;
  }
  i.op0 = choose(true);
  do {
    i.op1 = choose(i.is_scalar());
  } while (i.is_pair() && numerics::is_unary(static_cast<VectorOp>(i.op1)));
  i.relu = !bitwise && rng() % 3 == 0;
  i.reverse0 = rng() % 2;
  i.reverse1 = rng() % 2;
}

/// An access pattern of an instruction, for placing it.
struct Place {
  std::uint32_t& offset;
  std::int32_t step0, step1;
  std::uint32_t num0, num1, dtype;
  bool psum;

  std::int64_t size() const {
    return psum ? 1 : static_cast<std::int64_t>(size_of(static_cast<DType>(dtype)));
  }
  std::pair<std::int64_t, std::int64_t> bounds() const {
    const auto [low, high] = reach(step0, num0, step1, num1);
    return {offset + low * size(), offset + (high + 1) * size()};
  }
  /// Somewhere inside its memory; false if there is no room.
  bool settle(std::mt19937_64& rng) {
    const std::int64_t limit =
        psum ? std::int64_t{isa::kPsumBankElements} : static_cast<std::int64_t>(kSbufBytes);
    const auto [low, high] = reach(step0, num0, step1, num1);
    const std::int64_t room = limit / size() - (high - low);
    if (room < 1) return false;
    const std::int64_t at =
        rng() % 4 == 0 ? (rng() % 2 ? 0 : room - 1) : static_cast<std::int64_t>(rng() % room);
    offset = static_cast<std::uint32_t>((at - low) * size());
    if (psum) offset += static_cast<std::uint32_t>(rng() % kPsumBanks) * isa::kPsumBankElements;
    return true;
  }
};

bool apart(const Place& a, const Place& b) {
  const auto [a_low, a_high] = a.bounds();
  const auto [b_low, b_high] = b.bounds();
  return a_high <= b_low || b_high <= a_low;
}

/// A legal instruction of any kind, with at most `largest` elements per partition.
VectorInstruction random_instruction(std::mt19937_64& rng, std::uint32_t largest) {
  constexpr std::array kKinds = {
      Opcode::kTensorScalar, Opcode::kTensorScalar, Opcode::kTensorScalar, Opcode::kTensorTensor,
      Opcode::kTensorTensor, Opcode::kMemset,       Opcode::kTensorReduce, Opcode::kTensorReduce};
  while (true) {
    VectorInstruction i;
    i.opcode = static_cast<std::uint32_t>(kKinds[rng() % kKinds.size()]);
    add_updates(rng, i);
    choose_partitions(rng, i);
    const auto dtype = [&](bool psum) {
      if (psum && rng() % 2) return code(DType::fp32);
      return rng() % 4 == 0 ? code(rng() % 2 ? DType::int8 : DType::int32)
                            : static_cast<std::uint32_t>(rng() % 8);
    };
    i.dst_dtype = dtype(false);
    if (!i.is_fill()) {
      i.src_space = rng() % 2;
      i.src_dtype = rng() % 6 == 0 ? i.dst_dtype : dtype(i.src_space);
    }
    if (i.is_pair()) {
      i.src1_space = !i.src_space && rng() % 2;
      i.src1_dtype = dtype(i.src1_space);
    }
    if (!i.is_fill()) choose_operators(rng, i);
    i.operand0_kind = (i.is_scalar() || i.is_pair()) && rng() % 3 == 0;
    i.operand1_kind = i.is_scalar() && rng() % 3 == 0;
    const auto operand = [&](std::uint32_t kind, std::uint32_t op) {
      if (kind) return static_cast<std::uint32_t>(rng() % (kSbufBytes / 4)) * 4;
      const bool shift = op >= static_cast<std::uint32_t>(VectorOp::shift_left);
      return shift && rng() % 4 ? static_cast<std::uint32_t>(rng() % 33) : random_operand(rng);
    };
    i.operand0 = operand(i.operand0_kind, i.op0);
    i.operand1 = operand(i.operand1_kind, i.op1);
    do {
      i.num0 = static_cast<std::uint32_t>(1 + rng() % (rng() % 2 ? largest : 9));
      i.num1 = static_cast<std::uint32_t>(rng() % 3 ? 1 + rng() % 7 : 1);
    } while (i.num0 * i.num1 > largest);
    const auto row = static_cast<std::int32_t>(i.num0);
    i.dst_step0 = i.is_reduce() ? 0 : random_step(rng, 1);
    i.dst_step1 = random_step(rng, i.is_reduce() ? 1 : row);
    if (!i.is_fill()) {
      i.src_step0 = random_step(rng, 1);
      i.src_step1 = random_step(rng, row);
    }
    if (i.is_pair()) {
      i.src1_step0 = random_step(rng, 1);
      i.src1_step1 = random_step(rng, row);
    }
    Place dst{i.dst_offset, i.dst_step0, i.dst_step1, i.is_reduce() ? 1 : i.num0,
              i.num1,       i.dst_dtype, false};
    Place src{i.src_offset, i.src_step0, i.src_step1,     i.num0,
              i.num1,       i.src_dtype, i.src_space != 0};
    Place src1{i.src1_offset, i.src1_step0, i.src1_step1,     i.num0,
               i.num1,        i.src1_dtype, i.src1_space != 0};
    // Of an instruction in place each element is written where it was read.
    const auto same_size = [&](std::uint32_t other) {
      return size_of(static_cast<DType>(other)) == size_of(static_cast<DType>(i.dst_dtype));
    };
    const bool in_place = (i.is_scalar() || i.is_pair()) && !i.src_space && rng() % 3 == 0 &&
                          i.num1 == 1 && i.src_step0 != 0 && same_size(i.src_dtype);
    if (in_place) dst.step0 = i.dst_step0 = i.src_step0;
    if (!dst.settle(rng)) continue;
    if (in_place) {
      i.src_offset = i.dst_offset;
    } else if (!i.is_fill()) {
      if (!src.settle(rng)) continue;
      if (!src.psum && !apart(src, dst)) continue;
    }
    if (i.is_pair()) {
      if (!src1.settle(rng)) continue;
      if (!src1.psum && !apart(src1, dst)) continue;
    }
    return i;
  }
}

/// PSUM FP32 to SBUF, contiguous.
VectorInstruction evict(std::uint32_t elements, DType dst, std::uint32_t dst_offset = 0) {
  VectorInstruction i;
  i.src_space = 1;
  i.src_dtype = code(DType::fp32);
  i.dst_dtype = code(dst);
  i.dst_offset = dst_offset;
  i.num0 = elements;
  i.num1 = 1;
  i.src_step0 = i.dst_step0 = 1;
  i.partitions = kPartitions;
  return i;
}

void start(VectorEnvironment::Bench& bench) { bench.reset(); }

void run_random(VectorStalls stalls, std::uint64_t count, std::uint32_t largest) {
  VectorEnvironment::Bench bench;
  VectorEnvironment environment(bench, stalls);
  start(bench);
  std::mt19937_64 rng = make_rng();
  for (std::uint64_t done = 0; done < count;) {
    const std::uint64_t batch = 1 + rng() % 12;
    for (std::uint64_t n = 0; n < batch; ++n) {
      environment.push(random_instruction(rng, largest));
    }
    if (!environment.run(kLimit)) return;
    done += batch;
    environment.compare_memories();
    if (environment.failures() != 0) return;
  }
  environment.finish();
}

class VectorEngineStalls : public testing::TestWithParam<StallPattern> {};

TEST_P(VectorEngineStalls, RandomInstructions) {
  run_random(VectorStalls::all(GetParam()), case_count(150), 96);
}

INSTANTIATE_TEST_SUITE_P(All, VectorEngineStalls, testing::ValuesIn(kAllStallPatterns),
                         [](const auto& stall) { return std::string(name_of(stall.param)); });

TEST(VectorEngine, EachInterfaceStallsAlone) {
  for (int which = 0; which < 5; ++which) {
    VectorStalls stalls;
    (which == 0   ? stalls.issue
     : which == 1 ? stalls.psum_read
     : which == 2 ? stalls.sbuf_read
     : which == 3 ? stalls.sbuf_write
                  : stalls.update) = StallPattern::kMostly;
    run_random(stalls, case_count(30), 64);
  }
}

// Short instructions one after the other: overlap, updates, the operand slots.
TEST(VectorEngine, TinyInstructionsBackToBack) {
  run_random(VectorStalls{}, case_count(400), 4);
  run_random(VectorStalls::all(StallPattern::kBursts), case_count(200), 4);
}

TEST(VectorEngine, EveryDtypeAndOperator) {
  VectorEnvironment::Bench bench;
  VectorEnvironment environment(bench, VectorStalls::all(StallPattern::kNone));
  start(bench);
  std::mt19937_64 rng = make_rng();
  constexpr auto kOps = static_cast<std::uint32_t>(numerics::kVectorOpCount);
  const auto complete = [&](VectorInstruction& i) {
    i.partitions = static_cast<std::uint32_t>(std::min<std::size_t>(kPartitions, kLanes + 1));
    i.src_offset = i.src_space ? static_cast<std::uint32_t>(rng() % 500)
                               : 1024 + 8 * static_cast<std::uint32_t>(rng() % 64);
    i.src1_offset = i.src1_space ? static_cast<std::uint32_t>(rng() % 500)
                                 : 2560 + 8 * static_cast<std::uint32_t>(rng() % 64);
    const auto operand = [&](std::uint32_t kind) {
      return kind             ? 2048 + 4 * static_cast<std::uint32_t>(rng() % 64)
             : rng() % 4 == 0 ? static_cast<std::uint32_t>(rng() % 33)
                              : random_operand(rng);
    };
    i.operand0 = operand(i.operand0_kind);
    i.operand1 = operand(i.operand1_kind);
    add_updates(rng, i);
    if (judge(i, environment.golden()).code == 0) environment.push(i);
  };
  for (std::uint32_t dtypes = 0; dtypes < 2 * 8 * 8; ++dtypes) {
    VectorInstruction base = evict(5, static_cast<DType>(dtypes % 8));
    base.src_space = dtypes / 64;
    base.src_dtype = dtypes / 8 % 8;
    for (std::uint32_t op0 = 0; op0 < kOps; ++op0) {
      VectorInstruction i = base;
      i.dst_offset = 8 * static_cast<std::uint32_t>(rng() % 64);
      i.op0 = op0;
      i.op1 = rng() % 2 ? 0 : static_cast<std::uint32_t>(rng() % kOps);
      if (rng() % 2) std::swap(i.op0, i.op1);
      i.relu = rng() % 4 == 0;
      i.reverse0 = rng() % 2;
      i.reverse1 = rng() % 2;
      i.operand0_kind = rng() % 4 == 0;
      i.operand1_kind = rng() % 4 == 0;
      complete(i);
      // The same with source 1.
      i.opcode = static_cast<std::uint32_t>(Opcode::kTensorTensor);
      std::swap(i.op0, i.op1);
      i.operand1_kind = 0;
      i.src1_dtype = static_cast<std::uint32_t>(rng() % 8);
      i.src1_space = !i.src_space && rng() % 2;
      i.src1_step0 = 1;
      complete(i);
      // And reduced.
      VectorInstruction r = base;
      r.opcode = static_cast<std::uint32_t>(Opcode::kTensorReduce);
      r.op0 = op0;
      r.num0 = static_cast<std::uint32_t>(1 + rng() % 20);
      r.dst_step0 = 0;
      r.dst_offset = 8 * static_cast<std::uint32_t>(rng() % 64);
      r.negate = rng() % 2;
      complete(r);
    }
    VectorInstruction i = base;
    i.opcode = static_cast<std::uint32_t>(Opcode::kMemset);
    i.src_space = i.src_dtype = 0;
    i.src_step0 = 0;
    i.dst_offset = 4 * static_cast<std::uint32_t>(rng() % 64);
    i.num0 = static_cast<std::uint32_t>(1 + rng() % 40);
    complete(i);
    if (!environment.run(kLimit)) return;
    environment.compare_memories();
    if (environment.failures() != 0) return;
  }
  if (environment.run(kLimit)) environment.finish();
}

TEST(VectorEngine, RaggedShapes) {
  VectorEnvironment::Bench bench;
  VectorEnvironment environment(bench, VectorStalls{});
  start(bench);
  std::mt19937_64 rng = make_rng();
  for (std::uint32_t partitions = 1; partitions <= kPartitions; ++partitions) {
    for (const std::uint32_t begin : {0u, 32u, 64u, 96u}) {
      VectorInstruction i = evict(1 + partitions % 19, DType::bf16, 2 * (partitions % 11));
      i.partition_start = begin;
      i.partitions = partitions;
      if (judge(i, environment.golden()).code != 0) continue;
      i.op1 = 1;
      i.operand1_kind = partitions % 2;
      i.operand1 = i.operand1_kind ? 256 : 0x3F800000;
      add_updates(rng, i);
      environment.push(i);
    }
  }
  for (const std::uint32_t elements : {1u, 2u, 3u, 7u, 8u, 9u, 127u, 511u, 512u}) {
    for (const DType dst : {DType::fp8_e4m3, DType::fp16, DType::fp32}) {
      environment.push(evict(elements, dst, 4));
    }
  }
  if (environment.run(kLimit)) environment.finish();
}

// An instruction sees what the one before it wrote.
TEST(VectorEngine, ResultsFeedTheNextInstruction) {
  for (const StallPattern pattern : {StallPattern::kNone, StallPattern::kRandom}) {
    VectorEnvironment::Bench bench;
    VectorEnvironment environment(bench, VectorStalls::all(pattern));
    start(bench);
    environment.push(evict(40, DType::fp32));
    for (int n = 0; n < 12; ++n) {
      VectorInstruction i = evict(40, DType::fp32, n % 2 ? 0 : 512);
      i.src_space = 0;
      i.src_offset = n % 2 ? 512 : 0;
      i.op0 = 3;
      i.operand0 = 0x3F900000;
      i.op1 = 1;
      i.operand1_kind = 1;  // an element that the former instruction wrote
      i.operand1 = i.src_offset + 39 * 4;
      environment.push(i);
    }
    if (environment.run(kLimit)) environment.finish();
  }
}

// One element per vector lane and cycle, without gaps between instructions.
TEST(VectorEngine, SustainsOneElementPerCycle) {
  for (const DType dst : {DType::fp8_e4m3, DType::bf16, DType::fp32}) {
    for (const bool per_partition : {false, true}) {
      VectorEnvironment::Bench bench;
      VectorEnvironment environment(bench, VectorStalls{});
      start(bench);
      const int instructions = per_partition ? 1 : 4;
      for (int n = 0; n < instructions; ++n) {
        VectorInstruction i = evict(256, dst, 1024 * static_cast<std::uint32_t>(n % 2));
        i.src_offset = 256 * static_cast<std::uint32_t>(n % 2);
        i.op0 = 1;
        i.operand0_kind = per_partition;
        i.operand0 = per_partition ? 2048 : 0x3F800000;
        environment.push(i);
      }
      const std::uint64_t begin = bench.cycle();
      if (!environment.run(kLimit)) return;
      const std::uint64_t cycles = bench.cycle() - begin;
      const std::uint64_t elements = 256 * kPartitions / kVectorLanes * instructions;
      EXPECT_LE(cycles, elements + 50) << name(dst) << (per_partition ? " per partition" : "");
      RecordProperty(std::string(name(dst)) + (per_partition ? "_operand" : ""),
                     static_cast<int>(cycles - elements));
      environment.finish();
    }
  }
}

/// Cycles of one instruction alone: acceptance to first read, last read to last write.
struct Latency {
  std::uint64_t to_read = 0;
  std::uint64_t to_write = 0;
};

class LatencyProbe : public BenchComponent {
 public:
  explicit LatencyProbe(VectorEnvironment::Bench& bench) : bench_(bench) { bench_.add(*this); }
  void drive() override {}
  void sample() override {
    Vtn_vector_engine& dut = bench_.dut();
    if (dut.instr_valid_i && dut.instr_ready_o) accepted_ = bench_.cycle();
    if ((dut.psum_vrd_valid_o && dut.psum_vrd_ready_i) ||
        (dut.sbuf_vrd_valid_o && dut.sbuf_vrd_ready_i)) {
      if (first_read_ == 0) first_read_ = bench_.cycle();
      last_read_ = bench_.cycle();
    }
    if (dut.sbuf_vwr_valid_o && dut.sbuf_vwr_ready_i) {
      if (writes_++ == 0) first_write_ = bench_.cycle();
      last_write_ = bench_.cycle();
    }
  }
  std::uint64_t accepted_ = 0, first_read_ = 0, last_read_ = 0;
  std::uint64_t first_write_ = 0, last_write_ = 0, writes_ = 0;

 private:
  VectorEnvironment::Bench& bench_;
};

Latency latency_of(const std::function<void(VectorInstruction&)>& change) {
  VectorEnvironment::Bench bench;
  VectorEnvironment environment(bench, VectorStalls{});
  LatencyProbe probe(bench);
  start(bench);
  VectorInstruction i = evict(24, DType::fp32);
  i.partitions = static_cast<std::uint32_t>(std::min<std::size_t>(32, kPartitions));
  change(i);
  environment.push(i);
  if (environment.run(kLimit)) environment.finish();
  return {probe.first_read_ - probe.accepted_, probe.last_write_ - probe.last_read_};
}

// The figures of docs/architecture/vector_engine.md.
TEST(VectorEngine, Latencies) {
  const auto op = [](VectorOp code) { return static_cast<std::uint32_t>(code); };
  const auto expect = [](std::uint64_t to_read, std::uint64_t to_write,
                         const std::function<void(VectorInstruction&)>& change) {
    const Latency got = latency_of(change);
    EXPECT_EQ(to_read, got.to_read);
    EXPECT_EQ(to_write, got.to_write);
  };
  expect(3, 6, [](auto&) {});
  expect(3, 6, [](auto& i) { i.relu = 1, i.dst_dtype = code(DType::bf16); });
  expect(3, 7, [](auto& i) { i.src_dtype = code(DType::fp16); });
  expect(3, 8, [](auto& i) { i.src_dtype = code(DType::int32); });
  expect(3, 10, [&](auto& i) { i.op0 = op(VectorOp::add); });
  expect(3, 10, [&](auto& i) { i.op1 = op(VectorOp::greater_than); });
  expect(3, 14, [&](auto& i) { i.op0 = op(VectorOp::mult), i.op1 = op(VectorOp::add); });
  // The operand is read first.
  expect(3, 10,
         [&](auto& i) { i.op0 = op(VectorOp::add), i.operand0_kind = 1, i.operand0 = 1024; });
  expect(3, 34, [&](auto& i) { i.op0 = op(VectorOp::reciprocal); });
  // The results of a reduction follow its last element.
  expect(3, 32, [&](auto& i) {
    i.opcode = static_cast<std::uint32_t>(Opcode::kTensorReduce);
    i.op0 = op(VectorOp::add), i.dst_step0 = 0;
  });
}

/// Cycles of instructions one after the other, without pauses, from the first acceptance.
std::uint64_t cycles_of(const std::vector<VectorInstruction>& instructions) {
  VectorEnvironment::Bench bench;
  VectorEnvironment environment(bench, VectorStalls{});
  LatencyProbe probe(bench);
  start(bench);
  for (const VectorInstruction& i : instructions) environment.push(i);
  const std::uint64_t begin = bench.cycle();
  if (environment.run(kLimit)) environment.finish();
  return probe.last_write_ - begin;
}

// The rates of docs/architecture/vector_engine.md, per group of lanes.
TEST(VectorEngine, Rates) {
  constexpr std::uint64_t kGroups = kPartitions / kVectorLanes;
  constexpr std::uint32_t kElements = 256;
  const auto expect = [](std::uint64_t cycles, std::vector<VectorInstruction> instructions) {
    const std::uint64_t got = cycles_of(instructions);
    EXPECT_GE(got, cycles);
    EXPECT_LE(got, cycles + 45);
  };
  // Source 1 beside a source in PSUM: no slower. Both in SBUF: they share its port.
  VectorInstruction pair = evict(kElements, DType::bf16);
  pair.opcode = static_cast<std::uint32_t>(Opcode::kTensorTensor);
  pair.op0 = static_cast<std::uint32_t>(VectorOp::mult);
  pair.op1 = static_cast<std::uint32_t>(VectorOp::add);
  pair.operand0 = 0x40000000;
  pair.src1_dtype = code(DType::bf16);
  pair.src1_offset = 2048;
  pair.src1_step0 = 1;
  expect(kElements * kGroups, {pair});
  std::swap(pair.src_space, pair.src1_space);
  std::swap(pair.src_offset, pair.src1_offset);
  std::swap(pair.src_dtype, pair.src1_dtype);
  expect(kElements * kGroups, {pair});
  pair.src1_space = 0;
  pair.src1_dtype = code(DType::bf16);
  pair.src1_offset = 1024;
  expect(kElements * kGroups, {pair});
  pair.src_step0 = pair.src1_step0 = 4;  // each element in a word of its own
  pair.num0 = 64;
  expect(2 * 64 * kGroups, {pair});

  // A word a cycle, with a first and a last part.
  VectorInstruction fill = evict(kElements, DType::fp8_e4m3, 3);
  fill.opcode = static_cast<std::uint32_t>(Opcode::kMemset);
  fill.src_space = fill.src_dtype = 0;
  fill.src_step0 = 0;
  fill.operand0 = 0x5A;
  expect(2 * (kElements / 8 + 1) * kGroups, {fill, fill});
  fill.dst_step0 = 2;
  expect(kElements * kGroups, {fill});

  // Reductions of 16 elements or more run at an element a cycle, shorter ones take 16.
  VectorInstruction reduce = evict(64, DType::fp32);
  reduce.opcode = static_cast<std::uint32_t>(Opcode::kTensorReduce);
  reduce.op0 = static_cast<std::uint32_t>(VectorOp::add);
  reduce.dst_step0 = 0;
  reduce.num1 = 4;
  reduce.src_step1 = 64;
  reduce.dst_step1 = 1;
  expect(256 * kGroups, {reduce});
  reduce.num0 = 4;
  reduce.num1 = 16;
  reduce.src_step1 = 4;
  expect(256 * kGroups, {reduce});

  // A slower conversion costs nothing.
  VectorInstruction scaled = evict(kElements, DType::int8);
  scaled.src_dtype = code(DType::int32);
  scaled.op0 = static_cast<std::uint32_t>(VectorOp::mult);
  scaled.op1 = static_cast<std::uint32_t>(VectorOp::add);
  expect(kElements * kGroups, {scaled});
  VectorInstruction plain = evict(kElements, DType::fp32, 1024);
  expect(2 * kElements * kGroups, {scaled, plain});
  // The reciprocal: 28 cycles an element.
  VectorInstruction slow = evict(16, DType::fp32);
  slow.op0 = static_cast<std::uint32_t>(VectorOp::reciprocal);
  expect(16 * 28 * kGroups - 28, {slow});
}

/// Breaks one field of a legal instruction, perhaps so that a rule is broken.
void mutate(std::mt19937_64& rng, VectorInstruction& i) {
  const auto r32 = [&] { return static_cast<std::uint32_t>(rng()); };
  switch (rng() % 25) {
    case 0:
      i.dst_space = 1;
      break;
    case 1:
      i.num0 = pick(rng, {0, 65535, 256, 40000});
      break;
    case 2:
      i.num1 = pick(rng, {0, 2, 3, 256, 257, 65535});
      break;
    case 3:
      i.partition_start = r32() & 0xFF;
      break;
    case 4:
      i.partitions = pick(rng, {0, 33, 64, 65, 128, 129, 255});
      break;
    case 5:
      i.partition_start = pick(rng, {0, 32, 64, 96, 128});
      break;
    case 6:
      i.src_dtype = r32() & 0xF;
      break;
    case 7:
      i.dst_dtype = r32() & 0xF;
      break;
    case 8:
      i.op0 = r32() & 0x1F;
      break;
    case 9:
      i.op1 = r32() & 0x1F;
      break;
    case 10:
      i.relu ^= 1;
      break;
    case 11:
      i.src_offset ^= 1u << (r32() % 24);
      break;
    case 12:
      i.dst_offset ^= 1u << (r32() % 24);
      break;
    case 13:
      i.src_step0 = static_cast<std::int16_t>(r32());
      break;
    case 14:
      i.src_step1 = static_cast<std::int16_t>(r32());
      break;
    case 15:
      i.dst_step0 = static_cast<std::int16_t>(r32());
      break;
    case 16:
      i.dst_step1 = static_cast<std::int16_t>(r32());
      break;
    case 17:
      i.operand0_kind = 1;
      i.operand0 = r32() >> (r32() % 32);
      break;
    case 18:
      i.operand1_kind = 1;
      i.operand1 = r32() >> (r32() % 32);
      break;
    case 19:
      i.src_space ^= 1;
      break;
    case 20:
      i.src1_offset ^= 1u << (r32() % 24);
      break;
    case 21:
      i.src1_step0 = static_cast<std::int16_t>(r32());
      break;
    case 22:
      i.src1_dtype = r32() & 0xF;
      break;
    case 23:
      i.src1_space ^= 1;
      break;
    case 24:
      i.negate ^= 1;
      break;
  }
}

class FaultBench {
 public:
  FaultBench(VectorStalls stalls) : environment_(bench_, stalls) { start(bench_); }

  /// Runs what was pushed up to its fault, checks, clears.
  bool run() {
    if (!environment_.run(kLimit)) return false;
    environment_.finish_with_fault();
    environment_.compare_memories();
    // The rest of the core stops as well.
    environment_.stopping();
    bench_->stop_i = 1;
    bench_.tick(1 + bench_.cycle() % 5);
    if (!bench_->fault_valid_o) environment_.fail("the fault did not stay until clear_i");
    bench_->clear_i = 1;
    bench_.tick();
    bench_->clear_i = 0;
    bench_->stop_i = 0;
    bench_.settle();
    if (bench_->fault_valid_o) environment_.fail("clear_i left the fault");
    environment_.resume();
    return environment_.failures() == 0;
  }

  VectorEnvironment& environment() { return environment_; }

 private:
  VectorEnvironment::Bench bench_;
  VectorEnvironment environment_;
};

TEST(VectorFaults, EachRule) {
  FaultBench bench(VectorStalls{});
  std::set<std::pair<std::uint32_t, std::uint64_t>> seen;
  const auto expect = [&](isa::Fault fault, std::function<void(VectorInstruction&)> break_rule) {
    VectorInstruction i = evict(16, DType::fp16, 64);
    i.src_offset = 16;
    break_rule(i);
    const VectorFault judged = judge(i, bench.environment().golden());
    ASSERT_EQ(static_cast<std::uint32_t>(fault), judged.code);
    bench.environment().push(evict(3, DType::bf16));
    bench.environment().push(i);
    bench.environment().push(evict(5, DType::bf16));
    ASSERT_TRUE(bench.run());
  };
  using isa::Fault;
  constexpr auto kIllegal = Fault::kIllegalInstruction;
  const auto partitions = static_cast<std::uint32_t>(kPartitions);
  const auto op = [](VectorOp code) { return static_cast<std::uint32_t>(code); };
  const auto become = [](VectorInstruction& i, Opcode opcode) {
    i.opcode = static_cast<std::uint32_t>(opcode);
  };
  const auto pair = [&](VectorInstruction& i) {
    become(i, Opcode::kTensorTensor);
    i.op1 = op(VectorOp::add);
    i.src1_dtype = code(DType::bf16);
    i.src1_offset = 512;
    i.src1_step0 = 1;
  };
  const auto reduce = [&](VectorInstruction& i) {
    become(i, Opcode::kTensorReduce);
    i.op0 = op(VectorOp::add);
    i.dst_step0 = 0;
  };
  const auto fill = [&](VectorInstruction& i) {
    become(i, Opcode::kMemset);
    i.src_space = i.src_dtype = i.src_offset = 0;
    i.src_step0 = 0;
  };
  const auto integers = [&](VectorInstruction& i) {
    i.src_dtype = code(DType::int32), i.dst_dtype = code(DType::int8);
  };
  expect(kIllegal, [](auto& i) { i.opcode = 0x24; });
  expect(kIllegal, [](auto& i) { i.opcode = 0x11; });
  expect(kIllegal, [](auto& i) { i.dst_space = 1; });
  expect(kIllegal, [](auto& i) { i.op0 = 27; });
  expect(kIllegal, [](auto& i) { i.op1 = 31; });
  expect(kIllegal, [](auto& i) { i.dst_dtype = 8; });
  expect(kIllegal, [](auto& i) { i.src_dtype = 13; });
  expect(kIllegal, [](auto& i) { i.num0 = 0; });
  expect(kIllegal, [](auto& i) { i.num1 = 0; });
  expect(kIllegal, [](auto& i) { i.num0 = 256, i.num1 = 256, i.src_step0 = i.dst_step0 = 0; });
  expect(kIllegal, [](auto& i) { i.partitions = 0; });
  expect(kIllegal, [](auto& i) { i.partitions = 129; });
  expect(kIllegal, [](auto& i) { i.partition_start = 16, i.partitions = 1; });
  expect(kIllegal, [](auto& i) { i.partition_start = 32, i.partitions = 33; });
  expect(kIllegal, [](auto& i) { i.partition_start = 64, i.partitions = 65; });
  expect(kIllegal, [](auto& i) { i.partition_start = 128, i.partitions = 1; });
  expect(kIllegal, [&](auto& i) {
    integers(i), i.op0 = op(VectorOp::bitwise_not), i.op1 = op(VectorOp::add);
  });
  expect(kIllegal, [&](auto& i) {
    integers(i), i.op0 = op(VectorOp::abs), i.op1 = op(VectorOp::shift_left);
  });
  expect(kIllegal, [&](auto& i) { integers(i), i.op1 = op(VectorOp::bitwise_or), i.relu = 1; });
  expect(kIllegal, [&](auto& i) { pair(i), i.src1_space = 1; });
  expect(kIllegal, [&](auto& i) { pair(i), i.op1 = op(VectorOp::bypass); });
  expect(kIllegal, [&](auto& i) { pair(i), i.op1 = op(VectorOp::reciprocal); });
  expect(kIllegal, [&](auto& i) { pair(i), i.src1_dtype = 9; });
  expect(kIllegal, [&](auto& i) { pair(i), i.op0 = op(VectorOp::bitwise_and); });
  expect(kIllegal, [&](auto& i) { reduce(i), i.op0 = op(VectorOp::subtract); });
  expect(kIllegal, [&](auto& i) { reduce(i), i.op0 = op(VectorOp::bypass); });
  expect(kIllegal,
         [&](auto& i) { reduce(i), integers(i), i.op0 = op(VectorOp::bitwise_xor), i.negate = 1; });
  expect(kIllegal, [&](auto& i) { fill(i), i.dst_space = 1; });
  expect(kIllegal, [&](auto& i) { fill(i), i.dst_dtype = 8; });
  expect(kIllegal, [&](auto& i) { fill(i), i.num1 = 0; });
  expect(Fault::kDtype, [&](auto& i) { i.op0 = op(VectorOp::bitwise_not); });
  expect(Fault::kDtype,
         [&](auto& i) { i.op1 = op(VectorOp::shift_right), i.src_dtype = code(DType::int32); });
  expect(Fault::kDtype,
         [&](auto& i) { i.op1 = op(VectorOp::shift_right), i.dst_dtype = code(DType::int32); });
  expect(Fault::kDtype, [&](auto& i) { pair(i), integers(i), i.op1 = op(VectorOp::bitwise_and); });
  expect(Fault::kDtype, [&](auto& i) { reduce(i), i.op0 = op(VectorOp::bitwise_and); });
  if (partitions < 128) {
    expect(Fault::kSbufRange, [&](auto& i) { i.partitions = partitions + 1; });
    expect(Fault::kSbufRange, [&](auto& i) { i.partition_start = partitions, i.partitions = 1; });
  }
  expect(Fault::kPsumRange, [](auto& i) { i.src_offset = kPsumBanks * 512; });
  expect(Fault::kPsumRange, [](auto& i) { i.src_offset = 0xFFFFF0; });
  expect(Fault::kPsumRange, [](auto& i) { i.src_offset = 497; });
  expect(Fault::kPsumRange, [](auto& i) { i.src_offset = 512 + 14, i.src_step0 = -1; });
  expect(Fault::kPsumRange, [](auto& i) { i.src_step0 = 32767; });
  expect(Fault::kSbufRange, [](auto& i) { i.src_space = 0, i.src_offset = 2; });
  expect(Fault::kSbufRange, [](auto& i) { i.src_space = 0, i.src_offset = kSbufBytes - 60; });
  expect(Fault::kSbufRange, [](auto& i) { i.src_space = 0, i.src_step0 = -1; });
  expect(Fault::kSbufRange, [](auto& i) { i.dst_offset = 65; });
  expect(Fault::kSbufRange, [](auto& i) { i.dst_offset = kSbufBytes - 30; });
  expect(Fault::kSbufRange, [](auto& i) { i.dst_offset = 0xFFFFFE; });
  expect(Fault::kSbufRange, [](auto& i) { i.dst_step0 = -3; });
  expect(Fault::kSbufRange, [](auto& i) { i.dst_step1 = -32768, i.num1 = 2; });
  expect(Fault::kSbufRange, [](auto& i) { i.num1 = 4095, i.dst_step1 = 32767; });
  expect(Fault::kSbufRange, [](auto& i) { i.operand0_kind = 1, i.operand0 = 2; });
  expect(Fault::kSbufRange, [](auto& i) { i.operand1_kind = 1, i.operand1 = kSbufBytes; });
  expect(Fault::kSbufRange, [](auto& i) { i.operand1_kind = 1, i.operand1 = 0x80000000; });
  expect(Fault::kSbufRange, [&](auto& i) { pair(i), i.src1_offset = 3; });
  expect(Fault::kSbufRange, [&](auto& i) { pair(i), i.src1_offset = kSbufBytes - 30; });
  expect(Fault::kSbufRange, [&](auto& i) { pair(i), i.src1_step0 = -18; });
  expect(Fault::kPsumRange,
         [&](auto& i) { pair(i), i.src_space = 0, i.src1_space = 1, i.src1_offset = 500; });
  expect(Fault::kPsumRange, [&](auto& i) {
    pair(i), i.src_space = 0, i.src1_space = 1, i.src1_offset = kPsumBanks * 512;
  });
  expect(Fault::kSbufRange, [&](auto& i) { pair(i), i.operand0_kind = 1, i.operand0 = 6; });
  expect(Fault::kSbufRange, [&](auto& i) { reduce(i), i.dst_offset = kSbufBytes; });
  expect(Fault::kSbufRange, [&](auto& i) { reduce(i), i.num1 = 8, i.dst_step1 = -5; });
  expect(Fault::kPsumRange, [&](auto& i) { reduce(i), i.num0 = 512; });
  expect(Fault::kSbufRange, [&](auto& i) { fill(i), i.dst_offset = kSbufBytes - 8; });
  expect(Fault::kSbufRange, [&](auto& i) { fill(i), i.dst_offset = 65; });
}

TEST(VectorFaults, RandomlyBrokenInstructions) {
  for (const StallPattern pattern : {StallPattern::kNone, StallPattern::kRandom}) {
    FaultBench bench(VectorStalls::all(pattern));
    std::mt19937_64 rng = make_rng(static_cast<std::uint64_t>(pattern));
    const std::uint64_t cases = case_count(250);
    for (std::uint64_t n = 0; n < cases; ++n) {
      const std::uint64_t before = rng() % 3;
      for (std::uint64_t k = 0; k < before; ++k) {
        bench.environment().push(random_instruction(rng, 6));
      }
      VectorInstruction i;
      do {
        i = random_instruction(rng, 16);
        mutate(rng, i);
      } while (judge(i, bench.environment().golden()).code == 0);
      bench.environment().push(i);
      bench.environment().push(random_instruction(rng, 6));
      if (!bench.run()) return;
    }
  }
}

// The edges of the rules from inside: what just fits must run.
TEST(VectorEngine, AcceptsWhatJustFits) {
  VectorEnvironment::Bench bench;
  VectorEnvironment environment(bench, VectorStalls{});
  start(bench);
  const auto run = [&](std::function<void(VectorInstruction&)> change) {
    VectorInstruction i = evict(16, DType::fp16, 64);
    i.partitions = 1;
    change(i);
    ASSERT_EQ(0u, judge(i, environment.golden()).code);
    environment.push(i);
  };
  run([](auto& i) { i.src_offset = 512 - 16; });
  run([](auto& i) { i.src_offset = kPsumBanks * 512 - 16; });
  run([](auto& i) { i.src_offset = 512 + 15, i.src_step0 = -1; });
  run([](auto& i) { i.dst_offset = kSbufBytes - 32; });
  run([](auto& i) { i.dst_offset = 30, i.dst_step0 = -1; });
  run([](auto& i) { i.num0 = 1, i.src_step0 = -32768, i.dst_step0 = 32767; });
  run([](auto& i) { i.num0 = 65535, i.src_step0 = 0, i.dst_step0 = 0; });
  run([](auto& i) { i.num1 = 4095, i.src_step1 = 0, i.dst_step1 = 0; });
  run([](auto& i) { i.op0 = 3, i.operand0_kind = 1, i.operand0 = kSbufBytes - 4; });
  run([](auto& i) { i.src_space = 0, i.src_offset = kSbufBytes - 64; });
  if (environment.run(kLimit)) environment.finish();
}

/// No byte is written twice: otherwise the middle of the instruction shows values of its own.
bool writes_once(const VectorInstruction& i) {
  const std::vector<std::size_t> bytes = destination_bytes(i);
  return std::set<std::size_t>(bytes.begin(), bytes.end()).size() == bytes.size();
}

// Stop at any moment: the engine ends soon, every byte has a value that some point of the program
// gave it, completed instructions are complete, and after clear_i it works again.
TEST(VectorStop, InMidFlight) {
  for (const StallPattern pattern :
       {StallPattern::kNone, StallPattern::kRandom, StallPattern::kBursts}) {
    VectorEnvironment::Bench bench;
    VectorEnvironment environment(bench, VectorStalls::all(pattern));
    start(bench);
    std::mt19937_64 rng = make_rng(static_cast<std::uint64_t>(pattern));
    const std::uint64_t rounds = case_count(60);
    for (std::uint64_t round = 0; round < rounds; ++round) {
      // SBUF after each instruction of the program.
      std::vector<std::vector<std::uint8_t>> history = {environment.golden().sbuf};
      const std::uint64_t count = 1 + rng() % 6;
      for (std::uint64_t n = 0; n < count; ++n) {
        VectorInstruction i;
        do {
          i = random_instruction(rng, 40);
        } while (!writes_once(i));
        i.update1_op = 1, i.update1_event = 1, i.update1_sem = 20;
        i.update0_op = 0;
        environment.push(i);
        history.push_back(environment.golden().sbuf);
      }
      bench.tick(rng() % 400);
      const std::size_t complete = environment.complete_updates();
      environment.stopping();
      bench->stop_i = 1;
      if (!bench.run_until([&] { return bench->idle_o != 0; }, 3000)) return;
      bench.tick(3);
      const std::vector<std::uint8_t>& now = environment.memories().sbuf;
      for (std::size_t at = 0; at < now.size(); ++at) {
        bool possible = false;
        for (std::size_t h = complete; h < history.size() && h <= environment.issued(); ++h) {
          possible = possible || now[at] == history[h][at];
        }
        if (!possible)
          environment.fail("after stop_i, SBUF byte " + to_hex(at) + " is from nowhere");
      }
      bench->clear_i = 1;
      bench.tick();
      bench->clear_i = 0;
      bench->stop_i = 0;
      environment.resume();
      // Works as ever.
      environment.push(random_instruction(rng, 24));
      environment.push(random_instruction(rng, 24));
      if (!environment.run(kLimit)) return;
      environment.finish();
      if (environment.failures() != 0) return;
      environment.resume();
    }
  }
}

// Each check fires.
int failures_of(const std::function<void()>& run) {
  testing::TestPartResultArray results;
  {
    testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
    run();
  }
  int failures = 0;
  for (int i = 0; i < results.size(); ++i) failures += results.GetTestPartResult(i).failed();
  return failures;
}

/// Instructions whose results do not cover each other.
void run_disjoint(SeededFault seeded) {
  VectorEnvironment::Bench bench;
  VectorEnvironment environment(bench, VectorStalls::all(StallPattern::kRandom), seeded);
  start(bench);
  for (std::uint32_t n = 0; n < 6; ++n) {
    VectorInstruction i = evict(20, DType::bf16, 64 * n);
    if (n == 3) i.src_space = 0, i.src_offset = 1024;
    i.update0_op = 1, i.update0_event = 0, i.update0_sem = 3, i.update0_value = n;
    i.update1_op = 1, i.update1_event = 1, i.update1_sem = 19, i.update1_value = n;
    environment.push(i);
  }
  if (environment.run(kLimit)) environment.finish();
}

TEST(SeededFaults, EachCheckFires) {
  const auto failures = [](SeededFault seeded) {
    return failures_of([&] { run_disjoint(seeded); });
  };
  EXPECT_EQ(0, failures(SeededFault::kNone));
  EXPECT_GE(failures(SeededFault::kFlipWrittenBit), 1);
  EXPECT_GE(failures(SeededFault::kLoseWrite), 1);
  EXPECT_GE(failures(SeededFault::kStrayByte), 1);
  EXPECT_GE(failures(SeededFault::kLoseUpdate), 1);
  EXPECT_GE(failures(SeededFault::kEarlyUpdate), 1);
  EXPECT_GE(failures(SeededFault::kExtraRead), 1);
  EXPECT_GE(failures(SeededFault::kDropRequest), 1);
  EXPECT_GE(failures(SeededFault::kLoseEnd), 1);
  EXPECT_GE(failures(SeededFault::kWrongBegin), 1);
  EXPECT_GE(failures(SeededFault::kWrongCause), 1);
}

}  // namespace
}  // namespace tinium::testbench
