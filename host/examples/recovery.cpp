// SPDX-License-Identifier: Apache-2.0
//
// A program that breaks a rule, the typed error that comes of it, and the next job on the same
// device: a DMA transfer of 64 bytes from a window of 32.
//
//   recovery [device URL]     default emu:small

#include <cstdio>
#include <exception>

#include "tinium/context.hpp"

int main(int argc, char** argv) try {
  tinium::Context context(argc > 1 ? argv[1] : "emu:small");
  const std::uint32_t partitions = context.capabilities().partitions;

  tinium::ProgramBuilder builder(partitions);
  tinium::isa::DmaLoad load;
  load.slot = 0;
  load.num1 = 1;
  load.row_bytes = 64;
  builder.add(tinium::isa::Engine::kSync, load);
  builder.halt_all();

  const tinium::DeviceTensor buffer = context.allocate(tinium::DType::bf16, 1, 16);  // 32 bytes
  const auto program = context.load(builder.build());
  try {
    context.run(program, {tinium::slot_of(buffer, true, false)});
    std::puts("the core missed a closed window");
    return 1;
  } catch (const tinium::Error& error) {
    std::printf("as it should: %s\n", error.what());
    if (error.code() != tinium::ErrorCode::closed_window) return 1;
  }

  const tinium::Tensor one = tinium::Tensor::from_floats(tinium::DType::bf16, 1, 1, {{2.0F}});
  const tinium::Tensor d = context.gemm(one, one);
  std::printf("and the next job: 2 x 2 = %g\n", static_cast<double>(d.value(0, 0)));
  return d.value(0, 0) == 4.0F ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "recovery: %s\n", error.what());
  return 3;
}
