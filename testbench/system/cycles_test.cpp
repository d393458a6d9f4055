// SPDX-License-Identifier: Apache-2.0
//
// The emulator's estimate of time against the RTL, over shapes and formats of products: cycles of
// the launch, the time of a resident product, and the moments that the completion record names.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "../host/gemm/random_tensor.hpp"
#include "bench_options.hpp"
#include "tinium/context.hpp"

namespace tinium {
namespace {

using testbench::random_tensor;
using testbench::Values;

/// What the estimate may be off by.
constexpr double kTolerance = 0.05;

struct Shape {
  const char* config;
  std::size_t m, n, k;
  DType dtype;
  bool resident;
  const char* options;
};

constexpr Shape kShapes[] = {
    // Cubes.
    {"small", 16, 16, 16, DType::bf16, false, ""},
    {"small", 32, 32, 32, DType::bf16, false, ""},
    {"small", 48, 48, 48, DType::bf16, false, ""},
    {"small", 64, 64, 64, DType::bf16, false, ""},
    {"small", 128, 128, 128, DType::bf16, false, ""},
    {"small", 256, 256, 256, DType::bf16, false, ""},
    // Leftovers.
    {"small", 65, 65, 65, DType::bf16, false, ""},
    {"small", 129, 129, 129, DType::bf16, false, ""},
    {"small", 17, 300, 5, DType::bf16, false, ""},
    {"small", 200, 40, 136, DType::bf16, false, ""},
    // Thin.
    {"small", 1, 256, 256, DType::bf16, false, ""},
    {"small", 256, 1, 256, DType::bf16, false, ""},
    {"small", 256, 256, 1, DType::bf16, false, ""},
    {"small", 1, 1, 1000, DType::bf16, false, ""},
    {"small", 256, 32, 256, DType::bf16, false, ""},
    {"small", 32, 256, 256, DType::bf16, false, ""},
    // Other formats.
    {"small", 64, 64, 64, DType::fp32, false, ""},
    {"small", 128, 128, 128, DType::fp8_e4m3, false, ""},
    {"small", 128, 128, 128, DType::int8, false, ""},
    {"small", 96, 96, 96, DType::tf32, false, ""},
    // Operands and result in SBUF.
    {"small", 64, 64, 64, DType::bf16, true, ""},
    {"small", 128, 128, 128, DType::bf16, true, ""},
    // Another latency, another core.
    {"small", 96, 96, 96, DType::bf16, false, "?latency=300"},
    {"small", 128, 64, 64, DType::bf16, false, "?latency=20"},
    {"tiny", 64, 64, 64, DType::bf16, false, ""},
    {"tiny", 33, 40, 70, DType::bf16, false, ""},
};

std::string text(const Shape& s) {
  return std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k) + " " +
         std::string(name(s.dtype)) + (s.resident ? " resident" : "") + " on " + s.config +
         s.options;
}

double off(std::uint64_t estimate, std::uint64_t measured) {
  return static_cast<double>(estimate) / static_cast<double>(std::max<std::uint64_t>(measured, 1)) -
         1.0;
}

TEST(Cycles, TheEstimateIsWithinFivePercentOfTheCore) {
  auto rng = testbench::make_rng();
  double worst = 0;
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(text(shape));
    const Tensor a = random_tensor(rng, shape.dtype, shape.m, shape.k, Values::normal);
    const Tensor b = random_tensor(rng, shape.dtype, shape.k, shape.n, Values::normal);
    GemmOptions options;
    options.output = shape.dtype == DType::int8 ? DType::int32 : shape.dtype;
    options.resident = shape.resident;
    const auto run = [&](const char* scheme) {
      Context context{std::string(scheme) + ":" + shape.config + shape.options};
      GemmReport report;
      context.gemm(a, b, options, nullptr, BiasAxis::rows, &report);
      return report.completion.counters;
    };
    const LaunchCounters core = run("sim");
    const LaunchCounters estimate = run("emu");
    const double cycles = off(estimate.cycles, core.cycles);
    EXPECT_LE(std::fabs(cycles), kTolerance)
        << "estimate " << estimate.cycles << " core " << core.cycles;
    const double work = off(estimate.last_sbuf_write - estimate.first_issue,
                            core.last_sbuf_write - core.first_issue);
    if (shape.resident) {
      EXPECT_LE(std::fabs(work), kTolerance)
          << "estimate " << estimate.last_sbuf_write - estimate.first_issue << " core "
          << core.last_sbuf_write - core.first_issue;
    }
    // A moment early in the launch: a few cycles are many percent.
    constexpr std::uint64_t kFewCycles = 24;
    const std::uint64_t apart =
        std::max(estimate.first_mac, core.first_mac) - std::min(estimate.first_mac, core.first_mac);
    EXPECT_TRUE(apart <= kFewCycles ||
                std::fabs(off(estimate.first_mac, core.first_mac)) <= kTolerance)
        << "estimate " << estimate.first_mac << " core " << core.first_mac;
    // What needs no model of time is the same.
    EXPECT_EQ(estimate.tensor_vectors, core.tensor_vectors);
    EXPECT_EQ(estimate.dma_read_beats, core.dma_read_beats);
    EXPECT_EQ(estimate.dma_write_beats, core.dma_write_beats);
    EXPECT_EQ(estimate.instructions, core.instructions);
    for (std::size_t unit = 0; unit < kUnitCount; ++unit) {
      std::uint64_t sum = 0;
      for (const std::uint64_t cycles_of_cause : estimate.profile[unit]) sum += cycles_of_cause;
      EXPECT_EQ(sum, estimate.cycles) << "profile of " << isa::kUnitNames[unit].name;
    }
    worst = std::max({worst, std::fabs(cycles), shape.resident ? std::fabs(work) : 0.0});
    std::printf("%-40s core %8llu  estimate %8llu  %+.2f %%\n", text(shape).c_str(),
                static_cast<unsigned long long>(core.cycles),
                static_cast<unsigned long long>(estimate.cycles), cycles * 100);
  }
  std::printf("worst: %.2f %%\n", worst * 100);
}

}  // namespace
}  // namespace tinium
