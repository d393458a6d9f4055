// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "tinium/context.hpp"
#include "tinium/schedule.hpp"
#include "tinium/stream.hpp"
#include "tinium/version.hpp"

int main(int argc, char** argv) {
  tinium::Context context(argc > 1 ? argv[1] : "emu:small");
  const auto three = tinium::Tensor::from_floats(tinium::DType::bf16, 1, 1, {{3.0F}});
  const auto four = tinium::Tensor::from_floats(tinium::DType::bf16, 1, 1, {{4.0F}});
  std::printf("tinium %s: 3 x 4 = %g\n", tinium::kVersion.data(),
              static_cast<double>(context.gemm(three, four).value(0, 0)));
}
