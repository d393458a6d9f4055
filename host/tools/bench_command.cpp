// SPDX-License-Identifier: Apache-2.0

#include "bench.hpp"
#include "commands.hpp"

namespace tinium::tools {

void add_bench(CLI::App& app, int& status) {
  CLI::App* bench = app.add_subcommand("bench", "measurements")->require_subcommand(1);

  static BenchOptions gemm;
  CLI::App* one = bench->add_subcommand("gemm", "time D[M, N] = A[M, K] @ B[K, N]");
  one->add_option("--device", gemm.device, "device URL")->capture_default_str();
  one->add_option("-m,--m", gemm.m, "rows of the result")->capture_default_str();
  one->add_option("-n,--n", gemm.n, "columns of the result")->capture_default_str();
  one->add_option("-k,--k", gemm.k, "contraction")->capture_default_str();
  one->add_option("--dtype", gemm.dtype, "format of the operands")->capture_default_str();
  one->add_option("--output", gemm.output, "format of the result (default: as operands)");
  one->add_option("--left", gemm.left_order, "order of A: k_major [K, M] or k_minor [M, K]")
      ->capture_default_str();
  one->add_option("--right", gemm.right_order, "order of B: k_major [K, N] or k_minor [N, K]")
      ->capture_default_str();
  one->add_flag("--resident", gemm.resident, "operands and result in SBUF");
  one->add_flag("--check", gemm.check,
                "compare every bit with the golden model (emu: a sample with the exact judge)");
  one->add_option("--seed", gemm.seed, "of the operands")->capture_default_str();
  one->add_flag("--json", gemm.json, "one JSON object");
  one->callback([&status] { status = bench_gemm(gemm); });

  static SweepOptions sweep;
  CLI::App* many = bench->add_subcommand("sweep", "time a list of shapes");
  many->add_option("--device", sweep.device, "device URL")->capture_default_str();
  many->add_option("--list", sweep.list, "CSV of kind,m,n,k (default: the committed list)");
  many->add_option("--dtype", sweep.dtype, "format of the operands")->capture_default_str();
  many->add_flag("--check", sweep.check, "compare the results");
  many->add_option("--seed", sweep.seed, "of the operands")->capture_default_str();
  many->add_flag("--json", sweep.json, "an array of the objects of bench gemm");
  many->add_option("--svg", sweep.svg, "write a roofline picture");
  many->callback([&status] { status = bench_sweep(sweep); });

  static GoldenOptions golden;
  CLI::App* gate = bench->add_subcommand("golden", "compare cycle counts with the committed ones");
  gate->add_option("--list", golden.list, "CSV (default: the committed list)");
  gate->add_flag("--update", golden.update, "write the counts of this build into the list");
  gate->callback([&status] { status = bench_golden(golden); });
}

}  // namespace tinium::tools
