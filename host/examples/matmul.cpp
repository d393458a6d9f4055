// SPDX-License-Identifier: Apache-2.0
//
// The smallest program with Tinium: d = relu(a @ b + bias) on a device, checked against the golden
// model. docs/guide/first_program.md walks through it.
//
//   matmul [device URL]     default emu:small; the same program runs on sim:small

#include <cstdio>
#include <exception>
#include <vector>

#include "tinium/context.hpp"

namespace {

/// A BF16 matrix of small numbers that BF16 holds exactly.
tinium::Tensor pattern(std::size_t rows, std::size_t cols, int period) {
  std::vector<float> values(rows * cols);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int step = static_cast<int>(i) % period - period / 2;
    values[i] = static_cast<float>(step) / 8.0F;
  }
  return tinium::Tensor::from_floats(tinium::DType::bf16, rows, cols, values);
}

}  // namespace

int main(int argc, char** argv) try {
  tinium::Context context(argc > 1 ? argv[1] : "emu:small");

  const tinium::Tensor a = pattern(65, 33, 13);
  const tinium::Tensor b = pattern(33, 100, 7);
  const tinium::Tensor bias =
      tinium::Tensor::from_floats(tinium::DType::fp32, 65, 1, std::vector<float>(65, 0.5F));

  tinium::GemmOptions options;
  options.output = tinium::DType::fp32;
  options.relu = true;
  tinium::GemmReport report;
  const tinium::Tensor d = context.gemm(a, b, options, &bias, tinium::BiasAxis::rows, &report);

  const tinium::Tensor golden =
      tinium::golden_gemm(a.transposed(), b, &bias, true, tinium::DType::fp32);
  std::printf("%s: d[0][0] = %g, %llu cycles, %s\n", context.capabilities().config.c_str(),
              static_cast<double>(d.value(0, 0)),
              static_cast<unsigned long long>(report.completion.counters.cycles),
              d == golden ? "equal to the golden model" : "DIFFERENT from the golden model");
  return d == golden ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "matmul: %s\n", error.what());
  return 3;
}
