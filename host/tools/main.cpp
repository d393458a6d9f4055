// SPDX-License-Identifier: Apache-2.0
//
// tinium: the command line.

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "bench.hpp"
#include "commands.hpp"
#include "fuzz.hpp"
#include "tinium/device.hpp"
#include "tinium/error.hpp"
#include "tinium/generated/configs.hpp"
#include "tinium/generated/isa.hpp"
#include "tinium/version.hpp"

namespace {

std::string version_text() {
  std::string text = "tinium " + std::string(tinium::kVersion) + " (git " +
                     std::string(tinium::kGitHash) + ", map version " +
                     std::to_string(tinium::isa::kMapVersion >> 16) + "." +
                     std::to_string(tinium::isa::kMapVersion & 0xFFFFu) + ", Verilator " +
                     TINIUM_VERILATOR_VERSION + ")\nconfigurations:";
  for (const auto& config : tinium::configs::kConfigs) text += " " + std::string(config.name);
  text += "\ndevices:";
  for (const auto& url : tinium::device_urls()) text += " " + url;
  return text;
}

/// Reads the command line and does what it says.
int run(int argc, char** argv) {
  using namespace tinium::tools;  // NOLINT: the subcommands
  spdlog::set_default_logger(spdlog::stderr_color_mt("tinium"));
  spdlog::set_pattern("tinium: %^%l%$: %v");

  CLI::App app{"tinium: run programs on a Tinium core, emulated, simulated or real"};
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  app.footer(
      "A device is a URL: emu:small, sim:tiny, sim:small?seed=3&latency=100&stall=20.\n"
      "exit status: 0 done, 1 a check failed, 2 wrong usage, 3 error");
  const std::string device_help = "device URL";
  int status = kOk;

  InfoOptions info_options;
  CLI::App* info_command = app.add_subcommand("info", "what a device is");
  info_command->add_option("--device", info_options.device, device_help)->capture_default_str();
  info_command->add_flag("--json", info_options.json, "one JSON object");
  info_command->callback([&] { status = info(info_options); });

  CLI::App* demo = app.add_subcommand("demo", "demonstrations")->require_subcommand(1);
  DigitsOptions digits;
  CLI::App* digits_command =
      demo->add_subcommand("digits", "classify handwritten digits with a 64-128-10 network");
  digits_command->add_option("--device", digits.device, device_help)->capture_default_str();
  digits_command->add_option("--batch", digits.batch, "images per launch")
      ->check(CLI::Range(1, 512))
      ->capture_default_str();
  digits_command->add_option("--seed", digits.seed, "chooses the images shown")
      ->capture_default_str();
  digits_command->add_option("--data", digits.data, "folder with digits.csv.gz and weights.bin");
  digits_command->callback([&] { status = demo_digits(digits); });

  add_bench(app, status);
  add_fuzz(app, status);

  RunOptions run_options;
  CLI::App* run_command = app.add_subcommand("run", "run a program image");
  run_command->add_option("image", run_options.image, "image file, as asm writes it")->required();
  run_command->add_option("--device", run_options.device, device_help)->capture_default_str();
  run_command->add_option("--slot", run_options.slots,
                          "tensor slots in order: in:FILE, out:BYTES:FILE, inout:FILE:FILE");
  run_command->add_option("--watchdog", run_options.watchdog, "cycles; 0: none")
      ->capture_default_str();
  run_command->add_flag("--profile", run_options.profile, "print where the cycles went");
  run_command->callback([&] { status = run_program(run_options); });

  TraceOptions trace;
  CLI::App* trace_command =
      app.add_subcommand("trace", "one launch as a timeline")->require_subcommand(1);
  const auto add_trace_options = [&](CLI::App* command) {
    command->add_option("--device", trace.run.device, device_help)->capture_default_str();
    command->add_option("-o,--output", trace.output, "Perfetto / Chrome JSON")
        ->capture_default_str();
    command->add_option("--svg", trace.svg, "a picture of it");
    command->add_option("--ring", trace.ring_bytes, "bytes for events in device memory")
        ->capture_default_str();
  };
  CLI::App* trace_run_command = trace_command->add_subcommand("run", "of a program image");
  trace_run_command->add_option("image", trace.run.image, "image file")->required();
  trace_run_command->add_option("--slot", trace.run.slots, "as for tinium run");
  trace_run_command->add_option("--watchdog", trace.run.watchdog, "cycles; 0: none")
      ->capture_default_str();
  add_trace_options(trace_run_command);
  trace_run_command->callback([&] { status = trace_program(trace); });
  CLI::App* trace_gemm_command =
      trace_command->add_subcommand("gemm", "of D[M, N] = A[M, K] @ B[K, N]");
  trace_gemm_command->add_option("-m,--m", trace.m, "rows of the result")->capture_default_str();
  trace_gemm_command->add_option("-n,--n", trace.n, "columns of the result")->capture_default_str();
  trace_gemm_command->add_option("-k,--k", trace.k, "contraction")->capture_default_str();
  trace_gemm_command->add_option("--dtype", trace.dtype, "format of the operands")
      ->capture_default_str();
  add_trace_options(trace_gemm_command);
  trace_gemm_command->callback([&] { status = trace_gemm(trace); });

  AsmOptions assembler;
  CLI::App* asm_command = app.add_subcommand("asm", "text to a program image");
  asm_command->add_option("input", assembler.input, "text of a program")->required();
  asm_command->add_option("-o,--output", assembler.output, "image file")->required();
  asm_command->callback([&] { status = assemble_file(assembler); });
  CLI::App* disasm_command = app.add_subcommand("disasm", "a program image to text");
  disasm_command->add_option("input", assembler.input, "image file")->required();
  disasm_command->add_option("-o,--output", assembler.output,
                             "text file (default: standard output)");
  disasm_command->callback([&] { status = disassemble_file(assembler); });
  CLI::App* check_command =
      app.add_subcommand("check", "races and deadlocks of a straight-line program image");
  check_command->add_option("input", assembler.input, "image file")->required();
  check_command->callback([&] { status = check_file(assembler); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    return kError;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) try {
  return run(argc, argv);
} catch (const std::exception& error) {
  std::fprintf(stderr, "tinium: error: %s\n", error.what());
  return tinium::tools::kError;
} catch (...) {
  std::fputs("tinium: error: unknown\n", stderr);
  return tinium::tools::kError;
}
