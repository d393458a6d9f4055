// SPDX-License-Identifier: Apache-2.0
//
// Overlap: while the core multiplies one batch, the host prepares the next and copies the one
// before. One stream computes, one copies in, one copies out; events keep them in order where it
// matters.
//
//   streams [device URL]     default emu:small

#include <array>
#include <cstdio>
#include <exception>
#include <future>
#include <vector>

#include "tinium/stream.hpp"

namespace {

constexpr std::size_t kSize = 48;
constexpr std::size_t kBatches = 6;

/// Batch `number`, as a program would read it from a file.
tinium::Tensor make_batch(std::size_t number) {
  std::vector<float> values(kSize * kSize);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>((i * 7 + number * 3) % 11) - 5.0F;
  }
  return tinium::Tensor::from_floats(tinium::DType::bf16, kSize, kSize, values);
}

}  // namespace

int main(int argc, char** argv) try {
  tinium::Context context(argc > 1 ? argv[1] : "emu:small");
  const tinium::Tensor weights = make_batch(99);
  const tinium::DeviceTensor device_weights = context.upload(weights);

  // Two buffers each: one in use, one on its way.
  struct Buffers {
    tinium::DeviceTensor input, result;
    tinium::Event loaded, multiplied, fetched;
  };
  std::array<Buffers, 2> buffers;
  for (Buffers& buffer : buffers) {
    buffer.input = context.allocate(tinium::DType::bf16, kSize, kSize);
    buffer.result = context.allocate(tinium::DType::bf16, kSize, kSize);
  }

  tinium::Stream in(context), compute(context), out(context);
  std::vector<std::future<tinium::Tensor>> results;
  for (std::size_t batch = 0; batch < kBatches; ++batch) {
    Buffers& buffer = buffers[batch % 2];
    // None of these calls waits: they say what has to come before what. An event that was not
    // recorded yet (the first round) is no reason to wait.
    in.wait(buffer.multiplied);  // the batch that was in this buffer has been read
    in.write(buffer.input, make_batch(batch));
    in.record(buffer.loaded);

    compute.wait(buffer.loaded);
    compute.wait(buffer.fetched);  // the result that was in this buffer has left
    compute.gemm(buffer.result, device_weights, buffer.input);
    compute.record(buffer.multiplied);

    out.wait(buffer.multiplied);
    results.push_back(out.read(buffer.result));
    out.record(buffer.fetched);
  }

  // Errors come out here, with the name of the operation that failed.
  out.synchronise();
  for (std::size_t batch = 0; batch < kBatches; ++batch) {
    const tinium::Tensor golden =
        tinium::golden_gemm(weights, make_batch(batch), nullptr, false, tinium::DType::bf16);
    if (!(results[batch].get() == golden)) {
      std::printf("batch %zu is DIFFERENT from the golden model\n", batch);
      return 1;
    }
  }
  std::printf("%zu batches through three streams, every bit as in the golden model\n", kBatches);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "streams: %s\n", error.what());
  return 3;
}
