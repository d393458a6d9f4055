// SPDX-License-Identifier: Apache-2.0
//
// tinium bench gemm: one product, timed on the core and on the host.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>

#include "commands.hpp"
#include "progress.hpp"
#include "tinium/context.hpp"

namespace tinium::tools {
namespace {

DType format_of(const std::string& text, const char* option) {
  const auto dtype = parse_dtype(text);
  if (!dtype) {
    throw Error(ErrorCode::invalid_argument, "bench gemm",
                "formats are bf16, fp16, tf32, fp8_e4m3, fp8_e5m2, fp32, int8, int32",
                std::string(option) + "=\"" + text + "\"");
  }
  return *dtype;
}

Tensor operand(std::mt19937_64& rng, DType dtype, std::uint64_t rows, std::uint64_t cols) {
  Tensor tensor(dtype, rows, cols);
  std::normal_distribution<float> gaussian;
  for (std::uint64_t r = 0; r < rows; ++r) {
    for (std::uint64_t c = 0; c < cols; ++c) {
      tensor.set_bits(
          r, c,
          is_integer(dtype) ? static_cast<std::uint32_t>(rng()) : encode(dtype, gaussian(rng)));
    }
  }
  return tensor;
}

}  // namespace

int bench_gemm(const BenchOptions& options) {
  Context context{options.device};
  const Capabilities& core = context.capabilities();
  const DType dtype = format_of(options.dtype, "--dtype");
  GemmOptions gemm;
  gemm.output = options.output.empty() ? psum_dtype(dtype) == DType::int32 ? DType::int32 : dtype
                                       : format_of(options.output, "--output");
  gemm.resident = options.resident;
  GemmShape shape{options.m, options.n, options.k, dtype, dtype, gemm.output};
  shape.resident = options.resident;
  // Refuses a bad shape before operands are made.
  const std::uint64_t estimate = build_gemm(core, shape).estimate_cycles;

  std::mt19937_64 rng(options.seed);
  const Tensor stationary = operand(rng, dtype, options.k, options.m);
  const Tensor moving = operand(rng, dtype, options.k, options.n);
  const auto device_stationary = context.upload(stationary);
  const auto device_moving = context.upload(moving);
  const auto device_d = context.allocate(gemm.output, options.m, options.n);
  Simulation* simulation = context.device().simulation();
  const double cpu_before = simulation != nullptr ? simulation->cpu_seconds() : 0;
  const std::uint64_t cycles_before = simulation != nullptr ? simulation->cycles() : 0;
  Progress progress("simulating", estimate);
  if (core.cycles_are_measured) {
    context.set_progress([&](std::uint64_t now) {
      const std::uint64_t done = now - cycles_before;
      progress.update(std::min(done, estimate), std::to_string(done) + " cycles");
    });
  }
  const GemmReport report = context.gemm(device_d, device_stationary, device_moving, nullptr, gemm);
  progress.finish();
  const double cpu = simulation != nullptr ? simulation->cpu_seconds() - cpu_before : 0;
  const std::uint64_t simulated = simulation != nullptr ? simulation->cycles() - cycles_before : 0;

  const LaunchCounters& c = report.completion.counters;
  const bool measured = core.cycles_are_measured;
  const std::uint64_t cycles =
      options.resident && measured ? c.last_sbuf_write - c.first_issue : c.cycles;
  const double macs = static_cast<double>(options.m) * static_cast<double>(options.n) *
                      static_cast<double>(options.k);
  const auto ratio = [](double a, double b) { return b > 0 ? a / b : 0.0; };

  bool exact = true;
  double max_error = 0;
  if (options.check) {
    const Tensor d = context.download(device_d);
    const Tensor golden =
        golden_gemm(stationary, moving, nullptr, false, gemm.output, core.partitions);
    for (std::uint64_t r = 0; r < options.m; ++r) {
      for (std::uint64_t col = 0; col < options.n; ++col) {
        if (d.bits(r, col) == golden.bits(r, col)) continue;
        exact = false;
        max_error =
            std::max(max_error, std::fabs(double{d.value(r, col)} - double{golden.value(r, col)}));
      }
    }
  }

  if (options.json) {
    nlohmann::ordered_json json{
        {"m", options.m},
        {"n", options.n},
        {"k", options.k},
        {"dtype", options.dtype},
        {"output", std::string(name(gemm.output))},
        {"device", options.device},
        {"config", core.config},
        {"array_rows", core.array_rows},
        {"array_cols", core.array_cols},
        {"resident", options.resident},
        {"cycles_are_measured", measured},
        {"cycles", cycles},
        {"mac_per_cycle", ratio(macs, static_cast<double>(cycles))},
        {"utilization", report.utilisation},
        {"array_busy", ratio(static_cast<double>(c.tensor_vectors), static_cast<double>(cycles))},
        {"launch_to_first_mac", c.first_mac},
        {"launch_cycles", c.cycles},
        {"dma_read_beats", c.dma_read_beats},
        {"dma_write_beats", c.dma_write_beats},
        {"host_seconds", report.host_seconds},
        {"sim_cycles_per_cpu_second", measured ? ratio(static_cast<double>(simulated), cpu) : 0},
        {"mac_per_cpu_second", ratio(macs, cpu)},
        {"checked", options.check},
        {"max_abs_err", options.check ? nlohmann::ordered_json(max_error) : nullptr},
        {"bit_exact", options.check ? nlohmann::ordered_json(exact) : nullptr},
    };
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    std::printf(
        "gemm %llu x %llu x %llu %s -> %s on %s%s\n", static_cast<unsigned long long>(options.m),
        static_cast<unsigned long long>(options.n), static_cast<unsigned long long>(options.k),
        options.dtype.c_str(), std::string(name(gemm.output)).c_str(), options.device.c_str(),
        options.resident ? ", resident" : "");
    if (measured) {
      std::printf("  cycles       %llu (%s)\n", static_cast<unsigned long long>(cycles),
                  options.resident ? "first issue to last SBUF write" : "doorbell to done");
      std::printf("  utilisation  %.2f %% of %u MAC per cycle\n", report.utilisation * 100,
                  core.array_rows * core.array_cols);
      std::printf("  simulation   %.0f cycles per CPU second\n",
                  ratio(static_cast<double>(simulated), cpu));
    }
    std::printf("  speed        %.2f M MAC per CPU second, %.3f s on the host\n",
                ratio(macs, cpu) / 1e6, report.host_seconds);
    if (options.check) {
      std::printf("  check        %s\n",
                  exact ? "every bit equals the golden model" : "DIFFERS from the golden model");
    }
  }
  return options.check && !exact ? kCheckFailed : kOk;
}

}  // namespace tinium::tools
