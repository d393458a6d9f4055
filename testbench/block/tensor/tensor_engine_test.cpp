// SPDX-License-Identifier: Apache-2.0
// TensorE with PSUM against the golden model: programs, timing, faults, stop.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "tensor_bench.hpp"

namespace tinium::testbench {
namespace {

TensorProgram join(std::initializer_list<TensorProgram> parts) {
  TensorProgram all;
  for (const TensorProgram& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

isa::LoadStationary& load(TensorProgram& job) { return std::get<isa::LoadStationary>(job[0]); }
isa::MultiplyMoving& multiply(TensorProgram& job) { return std::get<isa::MultiplyMoving>(job[1]); }

std::uint32_t clip(std::uint32_t size, const TensorBench& bench) {
  return std::min(size, bench.partitions());
}

TEST(TensorEngine, OneTile) {
  TensorBench bench;
  bench.run(dense_job(16, 4, 8, DType::bf16, DType::bf16, false), "overwrite");
  bench.run(dense_job(16, 4, 8, DType::bf16, DType::bf16, true), "accumulate");
}

TEST(TensorEngine, EveryPairOfFormats) {
  TensorBench bench;
  for (const Fill fill : {Fill::kTame, Fill::kSpecial, Fill::kRandom}) {
    bench.fill_sbuf(fill);
    TensorProgram program;
    std::uint32_t pair = 0;
    for (std::uint32_t sta = 0; sta < 7; ++sta) {
      for (std::uint32_t mov = 0; mov < 7; ++mov) {
        const auto sta_dtype = static_cast<DType>(sta);
        const auto mov_dtype = static_cast<DType>(mov);
        if (!is_legal_pair(sta_dtype, mov_dtype)) continue;
        const std::uint32_t k = clip(33, bench);
        const std::uint32_t at = 20 * pair++;  // words of its own: bank 0 holds 25 of them
        program = join({program, dense_job(k, 17, 19, sta_dtype, mov_dtype, false, at),
                        dense_job(16, 5, 19, sta_dtype, mov_dtype, true, at)});
      }
    }
    EXPECT_EQ(pair, 21U);
    bench.run(program, "fill " + std::to_string(static_cast<int>(fill)));
  }
}

TEST(TensorEngine, RaggedShapes) {
  TensorBench bench;
  TensorProgram program;
  std::uint32_t turn = 0;
  for (const std::uint32_t k : {1U, 15U, 16U, 17U, 31U, 33U, 63U, 64U, 65U, 127U, 128U}) {
    for (const std::uint32_t m : {1U, 15U, 16U, 17U, 33U, 65U, 128U}) {
      if (k > bench.partitions() || m > bench.partitions()) continue;
      const std::uint32_t n = std::array<std::uint32_t, 5>{1, 15, 16, 17, 3}[turn++ % 5];
      const TensorProgram job =
          dense_job(k, m, n, DType::bf16, DType::bf16, turn % 2 == 0, turn % 7);
      program.insert(program.end(), job.begin(), job.end());
    }
  }
  bench.run(program, "all shapes");
  for (const std::uint32_t n : {511U, 512U}) {
    TensorProgram wide = dense_job(clip(33, bench), 5, n, DType::bf16, DType::bf16, false, 512);
    bench.run(wide, "N " + std::to_string(n));
  }
}

TEST(TensorEngine, StartsAtEveryQuarter) {
  TensorBench bench;
  TensorProgram program;
  std::uint32_t at = 0;
  for (const std::uint32_t start : {0U, 32U, 64U, 96U}) {
    for (const std::uint32_t out : {0U, 32U, 64U, 96U}) {
      for (const std::uint32_t count : {1U, 31U, 32U, 33U, 64U}) {
        if (count > 32 && (start % 64 != 0 || out % 64 != 0)) continue;
        if (std::max(start, out) + count > bench.partitions()) continue;
        TensorProgram job = dense_job(count, count, 3, DType::bf16, DType::bf16, false);
        load(job).partition_start = multiply(job).partition_start = start;
        multiply(job).psum_partition = out;
        multiply(job).psum_offset = at;  // words of its own
        at += 3;
        program = join({program, job});
      }
    }
  }
  ASSERT_LE(at, 512U);
  bench.run(program, "all starts");
}

TEST(TensorEngine, AccumulationChains) {
  // The same words again and again, from passes much shorter than the PSUM loop.
  TensorBench bench;
  for (const std::uint32_t n : {1U, 2U, 4U, 12U, 13U, 14U, 16U}) {
    TensorProgram program;
    for (int i = 0; i < 12; ++i) {
      for (const std::uint32_t m : {1U, 2U, 4U}) {
        TensorProgram job = dense_job(16, m, n, DType::bf16, DType::bf16, i + m > 1, 0);
        multiply(job).psum_offset = static_cast<std::uint32_t>(i % 3);  // partly overlapping
        program.insert(program.end(), job.begin(), job.end());
      }
    }
    bench.run(program, "N " + std::to_string(n));
  }
}

TEST(TensorEngine, TransposesEveryBitOfEveryFormat) {
  TensorBench bench;
  for (const Fill fill : {Fill::kSpecial, Fill::kRandom}) {
    bench.fill_sbuf(fill);
    for (std::uint32_t dtype = 0; dtype < 7; ++dtype) {
      TensorProgram program;
      std::uint32_t at = 0;
      for (const std::uint32_t k : {1U, 5U, 16U, 17U, 32U, 33U, 100U, 128U}) {
        for (const std::uint32_t m : {1U, 4U, 15U, 32U, 33U, 128U}) {
          if (k > bench.partitions() || m > bench.partitions()) continue;
          isa::LoadStationary sta;
          sta.dtype = dtype;
          sta.partitions = k;
          sta.columns = m;
          sta.step = m % 2 == 0 ? 1 : 3;
          sta.sbuf_offset = 8 * m + 4;
          isa::Transpose tra;
          tra.psum_offset = at % 384;
          at += 97;
          if (k <= 32 && bench.partitions() == 128) sta.partition_start = k % 4 * 32;
          if (m <= 32 && bench.partitions() == 128) tra.psum_partition = m % 4 * 32;
          program.push_back(sta);
          program.push_back(tra);
        }
      }
      bench.run(program, "dtype " + std::to_string(dtype));
    }
  }
}

TEST(TensorEngine, PiecePairsAloneAndInTheOrderOfTheWhole) {
  TensorBench bench;
  for (const Fill fill : {Fill::kTame, Fill::kSpecial, Fill::kRandom}) {
    bench.fill_sbuf(fill);
    TensorProgram program;
    std::uint32_t at = 0;
    for (const auto& [sta, mov] : {std::pair{DType::fp32, DType::fp32},
                                   {DType::tf32, DType::fp32},
                                   {DType::fp32, DType::tf32}}) {
      for (std::uint32_t pair = 1; pair <= 6; ++pair) {
        TensorProgram alone = dense_job(clip(40, bench), 18, 5, sta, mov, pair % 2 == 0, at);
        multiply(alone).piece_pair = pair;
        at += 5;
        program = join({program, alone});
      }
    }
    bench.run(program, "alone");
    // Pair-major over two halves of the contraction: the sums of the whole, on any core.
    const std::uint32_t half = clip(64, bench) / 2;
    TensorProgram split;
    for (std::uint32_t pair = 1; pair <= 6; ++pair) {
      for (std::uint32_t part = 0; part < 2; ++part) {
        TensorProgram job = dense_job(half, 18, 5, DType::fp32, DType::fp32, pair + part != 1, at);
        load(job).sbuf_offset += 4 * 18 * part;
        multiply(job).sbuf_offset = 4 * 5 * part;
        multiply(job).piece_pair = pair;
        split = join({split, job});
      }
    }
    bench.run(split, "pair-major");
  }
}

struct WeatherCase {
  const char* label;
  Weather weather;
};

class RandomPrograms : public ::testing::TestWithParam<WeatherCase> {};

TEST_P(RandomPrograms, EveryWordAndUpdate) {
  TensorBench bench;
  bench.set_weather(GetParam().weather);
  const std::uint64_t cases = case_count(6);
  for (std::uint64_t i = 0; i < cases; ++i) {
    bench.fill_sbuf(i % 6 == 4 ? Fill::kSpecial : i % 6 == 5 ? Fill::kRandom : Fill::kTame);
    bench.run(random_program(bench, 20, 1200), "program " + std::to_string(i));
    if (::testing::Test::HasFailure()) return;
  }
}

Weather weather(StallPattern instructions, StallPattern updates, StallPattern refusals,
                bool refuse_always, bool vector_reads) {
  Weather result;
  result.instructions = instructions;
  result.updates = updates;
  result.refusals = refusals;
  result.refuse_always = refuse_always;
  result.vector_reads = vector_reads;
  return result;
}

INSTANTIATE_TEST_SUITE_P(
    Weather, RandomPrograms,
    ::testing::Values(WeatherCase{"calm", weather(StallPattern::kNone, StallPattern::kNone,
                                                  StallPattern::kNone, false, false)},
                      WeatherCase{"refused", weather(StallPattern::kNone, StallPattern::kNone,
                                                     StallPattern::kRandom, false, true)},
                      WeatherCase{"one_bank", weather(StallPattern::kNone, StallPattern::kRandom,
                                                      StallPattern::kNone, true, true)},
                      WeatherCase{"slow_host", weather(StallPattern::kMostly, StallPattern::kMostly,
                                                       StallPattern::kBursts, false, false)},
                      WeatherCase{"bursts", weather(StallPattern::kBursts, StallPattern::kBursts,
                                                    StallPattern::kBursts, false, true)}),
    [](const auto& param) { return std::string(param.param.label); });

// ---- Time
// ----------------------------------------------------------------------------------------

struct TimingCase {
  std::uint32_t k, m, n;
  DType dtype;
  std::uint32_t jobs;
  bool refuse;  ///< stationary reads refused whenever a moving word is read
  /// From the first issue to the last word in PSUM, by columns of the array and of those loaded in
  /// a cycle: 16 by 2, 4 by 2, 16 by 4.
  std::array<std::uint64_t, 3> cycles;
};
constexpr std::size_t kArray = TINIUM_BENCH_COLS == 4 ? 1 : TINIUM_BENCH_LOAD_COLS == 4 ? 2 : 0;

class Timing : public ::testing::TestWithParam<TimingCase> {};

TEST_P(Timing, CyclesFromIssueToLastWrite) {
  const TimingCase& c = GetParam();
  TensorBench bench;
  const std::uint64_t expected = c.cycles[kArray];
  TensorProgram program;
  for (std::uint32_t i = 0; i < c.jobs; ++i) {
    TensorProgram job =
        dense_job(c.k, c.m, c.n, c.dtype, c.dtype, i % 2 == 1, c.n <= 128 ? i % 4 * 128 : 0);
    program.insert(program.end(), job.begin(), job.end());
  }
  Weather always;
  always.refuse_always = c.refuse;
  bench.set_weather(always);
  bench.run(program, "timed");
  ASSERT_FALSE(bench.writes().empty());
  const std::uint64_t cycles = bench.writes().back() + bench.cols() - bench.issues().front();
  const std::uint64_t busy = bench.vectors().back() - bench.vectors().front() + 1;
  RecordProperty("cycles", static_cast<int>(cycles));
  RecordProperty("bubbles", static_cast<int>(busy - bench.vectors().size()));
  EXPECT_EQ(cycles, expected) << bench.vectors().size() << " vectors, "
                              << busy - bench.vectors().size()
                              << " bubbles\n  rerun: " << rerun_line();
}

/// Vectors in a pass of thin products, and the cycles of four of [128, 128] after each other.
constexpr std::array<std::uint32_t, 6> kThin = {1, 2, 3, 4, 8, 16};
const std::vector<std::pair<DType, std::array<std::uint64_t, 6>>> kThinCycles = {
    {DType::bf16, {2114, 2115, 2116, 2117, 2121, 4169}},
    {DType::fp8_e4m3, {2114, 2115, 2116, 2117, 2121, 4169}},
    {DType::tf32, {2118, 2119, 2120, 2121, 2125, 4173}},
    {DType::fp32, {12358, 12359, 12360, 12361, 12365, 24653}}};

/// The shapes that fit into the partitions of this bench's core.
std::vector<TimingCase> timing_cases() {
  std::vector<TimingCase> cases = {{64, 64, 64, DType::bf16, 1, false, {1097}},
                                   {64, 64, 64, DType::bf16, 4, false, {4169}},
                                   {128, 128, 512, DType::bf16, 1, false, {32841}},
                                   {128, 128, 64, DType::bf16, 4, true, {16457}},
                                   {32, 32, 16, DType::bf16, 8, false, {585, 2108, 585}},
                                   {32, 32, 16, DType::bf16, 8, true, {585, 2108, 585}},
                                   {32, 32, 1, DType::bf16, 4, false, {194, 262, 154}},
                                   {16, 4, 1, DType::bf16, 4, false, {97, 67, 85}},
                                   {32, 32, 16, DType::fp32, 2, false, {845, 3133, 845}},
                                   {32, 32, 64, DType::int8, 4, true, {1097, 4156, 1097}}};
  // Thin products: passes at the rate of loading.
  for (const auto& [dtype, cycles] : kThinCycles) {
    for (std::size_t i = 0; i < kThin.size(); ++i) {
      cases.push_back({128, 128, kThin[i], dtype, 4, false, {cycles[i]}});
    }
  }
  // [1024, 1024] x [1024, 1]: 4096 tiles of 16 x 16.
  cases.push_back({128, 128, 1, DType::bf16, 64, false, {32834}});
  std::erase_if(cases,
                [](const TimingCase& c) { return std::max(c.k, c.m) > TINIUM_BENCH_PARTITIONS; });
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Shapes, Timing, ::testing::ValuesIn(timing_cases()));

// ---- Profile
// -------------------------------------------------------------------------------------

struct Causes {
  std::uint64_t busy, operand, hazard, overhead;
};

void expect_causes(const TensorBench& bench, const Causes& want) {
  const auto count = [&](isa::Cause cause) {
    return bench.causes().at(static_cast<std::size_t>(cause));
  };
  EXPECT_EQ(count(isa::Cause::kBusy), want.busy);
  EXPECT_EQ(count(isa::Cause::kOperand), want.operand);
  EXPECT_EQ(count(isa::Cause::kHazard), want.hazard);
  EXPECT_EQ(count(isa::Cause::kOverhead), want.overhead);
  const std::uint64_t all = want.busy + want.operand + want.hazard + want.overhead;
  EXPECT_EQ(std::accumulate(bench.causes().begin(), bench.causes().end(), std::uint64_t{0}), all);
}

TEST(TensorProfile, EveryEngagedCycleHasItsCause) {
  TensorBench bench;
  const bool wide = bench.cols() == 16;
  const bool four = TINIUM_BENCH_LOAD_COLS == 4;
  // Long passes: nothing but checks and the fill.
  bench.run(dense_job(32, 32, 100, DType::bf16, DType::bf16, false), "long passes");
  expect_causes(bench, wide ? Causes{400, 0, 0, 7} : Causes{1600, 0, 0, 6});
  // One vector a pass: the load of tiles, then the sum that is still in the pipeline.
  bench.run(dense_job(16, 32, 1, DType::bf16, DType::bf16, false), "tiles");
  expect_causes(bench, four ? Causes{2, 2, 0, 8} : wide ? Causes{2, 6, 0, 8} : Causes{8, 0, 5, 13});
  TensorProgram chain;
  for (int i = 0; i < 10; ++i) {
    chain = join({chain, dense_job(16, 4, 1, DType::bf16, DType::bf16, true)});
  }
  bench.run(chain, "chain");
  expect_causes(bench, Causes{10, 0, 99, 15});
}

// ---- Faults
// --------------------------------------------------------------------------------------

struct FaultCase {
  std::string label;
  isa::Fault code;
  bool in_load;  ///< the LoadStationary is at fault, not the MultiplyMoving
  std::int64_t address;
  TensorProgram job;
};

std::vector<FaultCase> fault_cases(const TensorBench& bench) {
  std::vector<FaultCase> cases;
  const auto bytes = static_cast<std::int64_t>(bench.sbuf_bytes());
  const auto add =
      [&](std::string label, isa::Fault code, bool in_load, std::int64_t address,
          const std::function<void(isa::LoadStationary&, isa::MultiplyMoving&)>& spoil) {
        TensorProgram job = dense_job(16, 16, 16, DType::bf16, DType::bf16, true);
        spoil(load(job), multiply(job));
        cases.push_back({std::move(label), code, in_load, address, job});
      };
  using Load = isa::LoadStationary;
  using Multiply = isa::MultiplyMoving;
  const auto illegal = isa::Fault::kIllegalInstruction;
  const auto sbuf = isa::Fault::kSbufRange;
  const auto psum = isa::Fault::kPsumRange;
  const auto dtype = isa::Fault::kDtype;
  add("K 0", illegal, true, 0, [](Load& l, Multiply&) { l.partitions = 0; });
  add("K 129", illegal, true, 0, [](Load& l, Multiply&) { l.partitions = 129; });
  add("M 0", illegal, true, 0, [](Load& l, Multiply&) { l.columns = 0; });
  add("M 129", illegal, true, 0, [](Load& l, Multiply&) { l.columns = 129; });
  add("start 16", illegal, true, 0, [](Load& l, Multiply&) { l.partition_start = 16; });
  add("start 128", illegal, true, 0, [](Load& l, Multiply&) { l.partition_start = 128; });
  add("K 33 from 32", illegal, true, 0, [](Load& l, Multiply&) {
    l.partitions = 33;
    l.partition_start = 32;
  });
  add("K 65 from 64", illegal, true, 0, [](Load& l, Multiply&) {
    l.partitions = 65;
    l.partition_start = 64;
  });
  add("int32 stationary", dtype, true, 0, [](Load& l, Multiply&) { l.dtype = 7; });
  add("misaligned stationary", sbuf, true, 2049, [](Load& l, Multiply&) { l.sbuf_offset = 2049; });
  add("stationary beyond", sbuf, true, bytes,
      [&](Load& l, Multiply&) { l.sbuf_offset = static_cast<std::uint32_t>(bytes) - 30; });
  add("stationary below", sbuf, true, -2, [](Load& l, Multiply&) {
    l.sbuf_offset = 28;
    l.step = -1;
  });
  add("stationary far beyond", sbuf, true, 2048 + 15 * 32767 * 2,
      [](Load& l, Multiply&) { l.step = 32767; });
  add("other start", illegal, false, 0, [](Load&, Multiply& m) { m.partition_start = 32; });
  add("N 0", illegal, false, 0, [](Load&, Multiply& m) { m.num0 = 0; });
  add("N 0 outer", illegal, false, 0, [](Load&, Multiply& m) { m.num1 = 0; });
  add("N 513", illegal, false, 0, [](Load&, Multiply& m) {
    m.num0 = 27;
    m.num1 = 19;
    m.step0 = 0;
  });
  add("N 65536", illegal, false, 0, [](Load&, Multiply& m) {
    m.num0 = 512;
    m.num1 = 128;
    m.step0 = 0;
  });
  add("num0 1024", illegal, false, 0, [](Load&, Multiply& m) { m.num0 = 1024; });
  add("num0 65535", illegal, false, 0, [](Load&, Multiply& m) { m.num0 = m.num1 = 65535; });
  add("psum start 48", illegal, false, 0, [](Load&, Multiply& m) { m.psum_partition = 48; });
  add("bf16 x int8", dtype, false, 0, [](Load&, Multiply& m) { m.dtype = 6; });
  add("bf16 x fp32", dtype, false, 0, [](Load&, Multiply& m) { m.dtype = 5; });
  add("bf16 x int32", dtype, false, 0, [](Load&, Multiply& m) { m.dtype = 7; });
  add("tf32 x fp16", dtype, false, 0, [](Load& l, Multiply& m) {
    l.dtype = 2;
    m.dtype = 1;
  });
  add("piece pair of bf16", illegal, false, 0, [](Load&, Multiply& m) { m.piece_pair = 1; });
  add("piece pair of tf32", illegal, false, 0, [](Load& l, Multiply& m) {
    l.dtype = m.dtype = 2;
    m.piece_pair = 6;
  });
  add("piece pair 7", illegal, false, 0, [](Load& l, Multiply& m) {
    l.dtype = m.dtype = 5;
    m.piece_pair = 7;
  });
  add("misaligned moving", sbuf, false, 7, [](Load&, Multiply& m) { m.sbuf_offset = 7; });
  add("moving beyond", sbuf, false, bytes,
      [&](Load&, Multiply& m) { m.sbuf_offset = static_cast<std::uint32_t>(bytes) - 30; });
  add("moving beyond, far", sbuf, false, 0xfffffe + 30,
      [&](Load&, Multiply& m) { m.sbuf_offset = 0xfffffe; });
  add("moving below by both steps", sbuf, false, 100 - 2 * (3 * 10 + 3 * 11),
      [](Load&, Multiply& m) {
        m.sbuf_offset = 100;
        m.num0 = m.num1 = 4;
        m.step0 = -10;
        m.step1 = -11;
      });
  add("moving far below", sbuf, false, -2 * 32768 * 511, [](Load&, Multiply& m) {
    m.num0 = 512;
    m.step0 = -32768;
  });
  add("bank crossed", psum, false, 512 - 15, [](Load&, Multiply& m) { m.psum_offset = 512 - 15; });
  add("no such bank", psum, false, bench.psum_banks() * 512,
      [&](Load&, Multiply& m) { m.psum_offset = bench.psum_banks() * 512; });
  add("last offset", psum, false, 0xffff, [&](Load&, Multiply& m) { m.psum_offset = 0xffff; });
  const auto add_transpose = [&](std::string label, isa::Fault code, std::int64_t address,
                                 std::uint32_t psum_offset, std::uint32_t psum_partition) {
    TensorProgram job = dense_job(17, 16, 16, DType::fp32, DType::fp32, true);
    isa::Transpose tra;
    tra.psum_offset = psum_offset;
    tra.psum_partition = psum_partition;
    job[1] = tra;
    cases.push_back({std::move(label), code, false, address, job});
  };
  add_transpose("transpose to 48", illegal, 0, 0, 48);
  add_transpose("transpose crosses a bank", psum, 512 - 16, 512 - 16, 0);
  add_transpose("transpose to no bank", psum, bench.psum_banks() * 512, bench.psum_banks() * 512,
                0);
  if (bench.partitions() < 128) {
    add_transpose("transpose M beyond", psum, 4, 4, 32);
    add("K beyond", sbuf, true, 2048, [](Load& l, Multiply&) { l.partition_start = 32; });
    add("M beyond", psum, false, 0, [](Load&, Multiply& m) { m.psum_partition = 32; });
  }
  return cases;
}

TEST(TensorFaults, EachRuleStopsInOrderAndLeavesNothingBegun) {
  TensorBench bench;
  for (const FaultCase& c : fault_cases(bench)) {
    SCOPED_TRACE(c.label + "\n  rerun: " + rerun_line());
    bench.forget();
    const std::uint32_t first = bench.next_index();
    const TensorProgram before = dense_job(17, 9, 5, DType::bf16, DType::bf16, true, 3);
    const TensorProgram after = dense_job(16, 16, 7, DType::bf16, DType::bf16, false, 0);
    TensorProgram applied = before;
    bench.push(join({before, c.job, after, after, after}));
    if (!c.in_load) applied.push_back(c.job[0]);
    bench.apply(applied);
    ASSERT_TRUE(bench.bench().run_until(
        [&] { return bench.bench()->fault_valid_o && bench.bench()->idle_o; }, 2000));
    bench.bench().tick(200);
    EXPECT_TRUE(bench.bench()->idle_o);
    EXPECT_TRUE(bench.bench()->fault_valid_o);
    EXPECT_EQ(bench.bench()->fault_code_o, static_cast<std::uint32_t>(c.code));
    EXPECT_EQ(bench.bench()->fault_instruction_o, first + (c.in_load ? 2U : 3U));
    EXPECT_EQ(static_cast<std::int64_t>(bench.bench()->fault_address_o), c.address);
    EXPECT_FALSE(bench.accepted_all()) << "instructions were taken after a fault";
    bench.check_updates(c.label);
    bench.forget();
    bench.bench()->stop_i = 1;
    bench.bench().tick(3);
    EXPECT_TRUE(bench.bench()->fault_valid_o) << "held until clear";
    bench.bench()->stop_i = 0;
    bench.bench()->clear_i = 1;
    bench.bench().tick();
    bench.bench()->clear_i = 0;
    bench.bench().tick();
    EXPECT_FALSE(bench.bench()->fault_valid_o);
  }
  bench.check_psum("after all faults");
  bench.run(dense_job(32, 32, 20, DType::bf16, DType::bf16, true), "works again");
}

TEST(TensorFaults, MultiplyNeedsAStationaryOperand) {
  TensorBench bench;
  TensorProgram job = dense_job(16, 4, 4, DType::bf16, DType::bf16, false);
  bench.push({job[1]});
  ASSERT_TRUE(bench.bench().run_until([&] { return bench.bench()->fault_valid_o; }, 100));
  EXPECT_EQ(bench.bench()->fault_code_o,
            static_cast<std::uint32_t>(isa::Fault::kIllegalInstruction));
  EXPECT_EQ(bench.bench()->fault_instruction_o, 0U);
  bench.bench()->clear_i = 1;
  bench.bench().tick();
  bench.bench()->clear_i = 0;
  bench.forget();
  bench.run(job, "with one");
  // Nothing of it outlives a clear.
  bench.bench()->clear_i = 1;
  bench.bench().tick();
  bench.bench()->clear_i = 0;
  bench.forget();
  bench.push({job[1]});
  EXPECT_TRUE(bench.bench().run_until([&] { return bench.bench()->fault_valid_o; }, 100));
  bench.check_psum("nothing written");
}

TEST(TensorStop, AtAnyMomentAndThenAsNew) {
  TensorBench bench;
  for (std::uint64_t i = 0; i < case_count(30); ++i) {
    SCOPED_TRACE("stop " + std::to_string(i) + "\n  rerun: " + rerun_line());
    Weather weather;
    weather.refusals = StallPattern::kRandom;
    weather.updates = i % 2 == 0 ? StallPattern::kNone : StallPattern::kMostly;
    bench.set_weather(weather);
    bench.forget();
    bench.push(random_program(bench, 12, 3000));
    bench.bench().tick(bench.rng()() % 400);
    bench.bench()->stop_i = 1;
    bench.bench().tick();
    const std::size_t vectors = bench.vectors().size();
    bench.bench().tick(2);
    EXPECT_LE(bench.vectors().size(), vectors + 3);
    ASSERT_TRUE(bench.bench().run_until([&] { return bench.bench()->idle_o; },
                                        70 + bench.cols() + bench.rows()));
    EXPECT_EQ(bench.writes().size(), bench.vectors().size()) << "vectors in flight are written";
    const std::size_t writes = bench.writes().size();
    bench.bench()->stop_i = i % 3 != 0;
    bench.forget();
    bench.bench().tick(5);
    bench.bench()->stop_i = 0;
    bench.bench()->clear_i = 1;
    bench.bench().tick();
    bench.bench()->clear_i = 0;
    bench.bench().tick(100);
    EXPECT_TRUE(bench.writes().empty() || writes == 0);
    EXPECT_TRUE(bench.bench()->idle_o);
    bench.adopt_psum();
    bench.run(random_program(bench, 3, 600), "after a stop");
    if (::testing::Test::HasFailure()) return;
  }
}

// ---- The checks themselves
// -------------------------------------------------------------------------

std::string failures_of(int fault) {
  ::testing::TestPartResultArray results;
  {
    ::testing::ScopedFakeTestPartResultReporter reporter(
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
    TensorBench bench;
    bench.bench()->fault_i = static_cast<CData>(fault);
    TensorProgram job = dense_job(16, 4, 100, DType::bf16, DType::bf16, false);
    multiply(job).update0_op = 1;
    multiply(job).update0_value = 8;
    bench.run(job, "seeded fault");
  }
  std::string text;
  for (int i = 0; i < results.size(); ++i)
    text += std::string(results.GetTestPartResult(i).message()) + "\n";
  return text;
}

TEST(TensorChecksFire, WrongBit) {
  const std::string text = failures_of(1);
  EXPECT_NE(text.find(": 1 of "), std::string::npos) << text;
  EXPECT_NE(text.find("partition 1 bank 0 word 76"), std::string::npos) << text;
}

TEST(TensorChecksFire, WrongPlace) {
  EXPECT_NE(failures_of(2).find("bank 0 word 77: expected"), std::string::npos);
}

TEST(TensorChecksFire, WrongCause) {
  EXPECT_NE(failures_of(4).find("99 busy cycles, 100 vectors"), std::string::npos);
}

TEST(TensorChecksFire, MissingEnd) {
  EXPECT_NE(failures_of(5).find("1 begins and 0 ends of 1 jobs"), std::string::npos);
}

TEST(TensorChecksFire, WrongUpdate) {
  const std::string text = failures_of(3);
  EXPECT_NE(text.find("unexpected"), std::string::npos) << text;
  EXPECT_NE(text.find("update value 8: missing"), std::string::npos) << text;
}

}  // namespace
}  // namespace tinium::testbench
