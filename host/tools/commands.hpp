// SPDX-License-Identifier: Apache-2.0
//
// The subcommands of `tinium`. Each returns the exit status: 0 done, 1 a check failed. Errors are
// exceptions; main() turns them into status 3, wrong usage into 2.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tinium::tools {

enum ExitStatus : int { kOk = 0, kCheckFailed = 1, kUsage = 2, kError = 3 };

struct InfoOptions {
  std::string device = "sim:small";
  bool json = false;
};
int info(const InfoOptions& options);

struct DigitsOptions {
  std::string device = "sim:small";
  std::string data;  ///< folder of digits.csv.gz, weights.bin, reference.json
  std::uint64_t batch = 128;
  std::uint64_t seed = 1;  ///< chooses the images that are shown
};
int demo_digits(const DigitsOptions& options);

struct BenchOptions {
  std::string device = "sim:small";
  std::uint64_t m = 512, n = 512, k = 512;
  std::string dtype = "bf16";
  std::string output;  ///< empty: the operands' format
  std::string left_order = "k_major";
  std::string right_order = "k_major";
  bool resident = false;
  bool check = false;
  bool json = false;
  std::uint64_t seed = 1;
};
int bench_gemm(const BenchOptions& options);

struct SweepOptions {
  std::string device = "sim:small";
  std::string list;  ///< empty: the committed shapes
  std::string dtype = "bf16";
  bool check = false;
  bool json = false;
  std::uint64_t seed = 1;
  std::string svg;  ///< a picture to write
};
int bench_sweep(const SweepOptions& options);

struct GoldenOptions {
  std::string list;  ///< empty: the committed counts
  bool update = false;
};
int bench_golden(const GoldenOptions& options);

struct RunOptions {
  std::string device = "sim:small";
  std::string image;
  std::vector<std::string> slots;  ///< in:FILE, out:BYTES:FILE or inout:FILE:FILE, slot 0 first
  std::uint64_t watchdog = 20'000'000;
  bool profile = false;  ///< print where the cycles went
};
int run_program(const RunOptions& options);

struct TraceOptions {
  RunOptions run;  ///< device, and the program of `trace run`
  std::uint64_t m = 128, n = 128, k = 128;
  std::string dtype = "bf16";
  std::uint64_t ring_bytes = 4u << 20;
  std::string output = "trace.json";
  std::string svg;  ///< a picture to write
};
int trace_program(const TraceOptions& options);
int trace_gemm(const TraceOptions& options);

struct AsmOptions {
  std::string input;
  std::string output;  ///< empty: standard output (disasm only)
};
int assemble_file(const AsmOptions& options);
int disassemble_file(const AsmOptions& options);
/// Looks for races and deadlocks.
int check_file(const AsmOptions& options);

}  // namespace tinium::tools
