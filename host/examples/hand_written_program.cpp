// SPDX-License-Identifier: Apache-2.0
//
// A program for the core, instruction by instruction: load two matrices, multiply, ReLU, store. The
// schedule builder adds the semaphores that make the engines wait for each other; the text at the
// end shows them.
//
//   hand_written_program [device URL]     default emu:small

#include <cstdio>
#include <exception>
#include <vector>

#include "tinium/context.hpp"
#include "tinium/schedule.hpp"

int main(int argc, char** argv) try {
  namespace isa = tinium::isa;
  tinium::Context context(argc > 1 ? argv[1] : "emu:small");
  constexpr std::uint32_t kK = 32, kM = 16, kN = 24;  // contraction, rows and columns of the result
  constexpr auto kBf16 = static_cast<std::uint32_t>(tinium::DType::bf16);
  constexpr auto kFp32 = static_cast<std::uint32_t>(tinium::DType::fp32);
  // Byte offsets in each SBUF partition.
  constexpr std::uint32_t kStationary = 0, kMoving = 64, kResult = 128;

  tinium::Schedule schedule(context.capabilities().partitions);

  // DRAM to SBUF: row k of a matrix [K, columns] goes to partition k.
  isa::DmaLoad load;
  load.slot = 0;
  load.num1 = kK;           // runs, one for each row ...
  load.row_bytes = kM * 2;  // ... of so many bytes
  load.dram_step1 = kM * 2;
  load.partition_step1 = 1;
  load.sbuf_offset = kStationary;
  schedule.add(load);
  load.slot = 1;
  load.row_bytes = load.dram_step1 = kN * 2;
  load.sbuf_offset = kMoving;
  schedule.add(load);

  // psum[M, N] = stationary[K, M]^T @ moving[K, N]
  isa::LoadStationary stationary;
  stationary.sbuf_offset = kStationary;
  stationary.dtype = kBf16;
  stationary.partitions = kK;
  stationary.columns = kM;
  stationary.step = 1;
  schedule.add(stationary);
  isa::MultiplyMoving multiply;
  multiply.sbuf_offset = kMoving;
  multiply.dtype = kBf16;
  multiply.step0 = 1;
  multiply.num0 = kN;
  multiply.num1 = 1;
  schedule.add(multiply);

  // PSUM to SBUF through ReLU: the sums are FP32, the result is rounded to BF16.
  isa::TensorScalar evict;
  evict.src_space = static_cast<std::uint32_t>(isa::Space::kPsum);
  evict.src_dtype = kFp32;
  evict.dst_offset = kResult;
  evict.dst_dtype = kBf16;
  evict.src_step0 = evict.dst_step0 = 1;
  evict.num0 = kN;
  evict.num1 = 1;
  evict.partitions = kM;
  evict.relu = 1;
  schedule.add(evict);

  isa::DmaStore store;
  store.slot = 2;
  store.num1 = kM;
  store.row_bytes = store.dram_step1 = kN * 2;
  store.partition_step1 = 1;
  store.sbuf_offset = kResult;
  schedule.add(store);

  tinium::ScheduleReport report;
  const tinium::ProgramImage image = schedule.build(&report);
  std::printf("%u instructions, %u waits on %u semaphores:\n\n%s\n", report.instructions,
              report.waits, report.semaphores, tinium::disassemble(image).c_str());

  std::vector<float> a(kK * kM), b(kK * kN);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i % 9) - 4.0F;
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i % 7) - 3.0F;
  const auto left = tinium::Tensor::from_floats(tinium::DType::bf16, kK, kM, a);
  const auto right = tinium::Tensor::from_floats(tinium::DType::bf16, kK, kN, b);
  const auto device_left = context.upload(left), device_right = context.upload(right);
  const auto result = context.allocate(tinium::DType::bf16, kM, kN);
  context.run(context.load(image), {input(device_left), input(device_right), output(result)}, {});
  const bool same = context.download(result) ==
                    tinium::golden_gemm(left, right, nullptr, true, tinium::DType::bf16);
  std::puts(same ? "every bit as in the golden model" : "DIFFERENT from the golden model");
  return same ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "hand_written_program: %s\n", error.what());
  return 3;
}
