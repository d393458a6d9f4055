// SPDX-License-Identifier: Apache-2.0
//
// tinium bench gemm: one product, timed on the core and on the host.

#include <cstdio>

#include "bench.hpp"
#include "commands.hpp"
#include "progress.hpp"

namespace tinium::tools {
namespace {

OperandOrder order_of(const std::string& text, const char* option) {
  if (text == "k_major") return OperandOrder::k_major;
  if (text == "k_minor") return OperandOrder::k_minor;
  throw Error(ErrorCode::invalid_argument, "bench gemm", "an operand is k_major or k_minor",
              std::string(option) + "=\"" + text + "\"");
}

void print(const Measurement& m, const std::string& device, const Capabilities& core) {
  const GemmCase& g = m.product;
  std::printf("gemm %s %s -> %s on %s%s\n", g.shape().c_str(), std::string(name(g.dtype)).c_str(),
              std::string(name(g.output)).c_str(), device.c_str(), g.resident ? ", resident" : "");
  std::printf("  cycles       %llu (%s%s)\n", static_cast<unsigned long long>(m.cycles),
              g.resident ? "first issue to last SBUF write" : "doorbell to done",
              m.cycles_are_measured ? "" : ", estimated");
  std::printf("  utilisation  %.2f %% of %u MAC per cycle, %.2f %% of the roofline\n",
              m.utilization * 100, core.array_rows * core.array_cols, m.roofline * 100);
  std::printf("  array        %.2f %% busy, most lost to %s\n", m.array_busy * 100,
              m.dominant_stall().c_str());
  if (m.cycles_are_measured && m.cpu_seconds > 0) {
    std::printf("  simulation   %.0f cycles per CPU second\n",
                static_cast<double>(m.simulated_cycles) / m.cpu_seconds);
  }
  std::printf("  speed        %.2f M MAC per CPU second, %.3f s on the host\n",
              m.cpu_seconds > 0 ? m.macs() / m.cpu_seconds / 1e6 : 0.0, m.host_seconds);
  if (m.check != Check::none) {
    std::printf("  check        %llu elements %s the %s\n",
                static_cast<unsigned long long>(m.compared),
                m.exact ? "equal, bit by bit," : "DIFFER from",
                m.check == Check::exact ? "exact judge" : "golden model");
  }
}

}  // namespace

int bench_gemm(const BenchOptions& options) {
  Context context{options.device};
  const Capabilities& core = context.capabilities();
  GemmCase product;
  product.m = options.m;
  product.n = options.n;
  product.k = options.k;
  product.dtype = format_of(options.dtype, "--dtype");
  product.output = options.output.empty() ? natural_output(product.dtype)
                                          : format_of(options.output, "--output");
  product.resident = options.resident;
  product.left_order = order_of(options.left_order, "--left");
  product.right_order = order_of(options.right_order, "--right");

  const std::uint64_t best = roofline(core, product).cycles();
  Simulation* simulation = context.device().simulation();
  const std::uint64_t before = simulation != nullptr ? simulation->cycles() : 0;
  Progress progress("simulating", best);
  if (core.cycles_are_measured) {
    context.set_progress([&](std::uint64_t now) {
      const std::uint64_t done = now - std::min(now, before);
      progress.update(std::min(done, best), std::to_string(done) + " cycles");
    });
  }
  const Measurement m = measure(context, product, options.check, options.seed);
  progress.finish();
  if (options.json) {
    std::printf("%s\n", to_json(m, options.device, core).dump(2).c_str());
  } else {
    print(m, options.device, core);
  }
  return m.check != Check::none && !m.exact ? kCheckFailed : kOk;
}

}  // namespace tinium::tools
