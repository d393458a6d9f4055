// SPDX-License-Identifier: Apache-2.0
//
// Three things that go wrong, the typed error of each, and the next job on the same device:
// a program that leaves its window, one that never ends, and a device that has to be reset.
//
//   recovery [device URL]     default emu:small

#include <cstdio>
#include <exception>

#include "tinium/stream.hpp"

namespace {

/// True when `job` fails as it should; prints what the error says.
template <typename Job>
bool fails_with(tinium::ErrorCode code, Job&& job) {
  try {
    job();
    std::puts("no error: the core missed it");
    return false;
  } catch (const tinium::Error& error) {
    std::printf("as it should: %s\n", error.what());
    return error.code() == code;
  }
}

/// 2 x 2 on the device.
bool next_job_works(tinium::Context& context) {
  const auto two = tinium::Tensor::from_floats(tinium::DType::bf16, 1, 1, {{2.0F}});
  const float product = context.gemm(two, two).value(0, 0);
  std::printf("    and the next job: 2 x 2 = %g\n", static_cast<double>(product));
  return product == 4.0F;
}

}  // namespace

int main(int argc, char** argv) try {
  using tinium::isa::Engine;
  tinium::Context context(argc > 1 ? argv[1] : "emu:small");
  const std::uint32_t partitions = context.capabilities().partitions;
  bool good = true;

  // 1. A launch may touch the windows that it was given and nothing else: 64 bytes out of 32.
  tinium::ProgramBuilder greedy(partitions);
  tinium::isa::DmaLoad load;
  load.row_bytes = 64;
  greedy.add(Engine::kSync, load);
  greedy.halt_all();
  const tinium::DeviceTensor buffer = context.allocate(tinium::DType::bf16, 1, 16);  // 32 bytes
  good &= fails_with(tinium::ErrorCode::closed_window,
                     [&] { context.run(context.load(greedy.build()), {input(buffer)}, {}); });
  good &= next_job_works(context);

  // 2. A loop without end: the watchdog of the launch counts cycles.
  tinium::ProgramBuilder endless(partitions);
  tinium::isa::Branch again;
  again.cond = static_cast<std::uint32_t>(tinium::isa::Compare::kEq);  // r0 == r0, to itself
  endless.add(Engine::kSync, again);
  tinium::LaunchOptions options;
  options.watchdog_cycles = 5000;
  options.operation = "endless loop";
  const auto program = context.load(endless.build());
  good &= fails_with(tinium::ErrorCode::watchdog, [&] { context.run(program, {}, options); });
  good &= next_job_works(context);

  // 3. Without a watchdog the host loses patience and resets the device. A stream keeps its error
  // until it is told to go on.
  options.watchdog_cycles = 0;
  context.set_timeout(std::chrono::milliseconds(50));
  tinium::Stream stream(context);
  stream.launch(program, {}, options);
  good &= fails_with(tinium::ErrorCode::timeout, [&] { stream.synchronise(); });
  context.set_timeout(tinium::kForever);
  stream.clear_error();
  good &= next_job_works(context);
  return good ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "recovery: %s\n", error.what());
  return 3;
}
