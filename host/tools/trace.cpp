// SPDX-License-Identifier: Apache-2.0
//
// tinium trace: one launch as a timeline.

#include <algorithm>
#include <cstdio>
#include <functional>

#include "commands.hpp"
#include "files.hpp"
#include "profile.hpp"
#include "program_files.hpp"
#include "progress.hpp"
#include "timeline.hpp"
#include "tinium/context.hpp"

namespace tinium::tools {
namespace {

constexpr const char* kOperation = "trace";
constexpr const char* kLaunch = "launch";

DType format_of(const std::string& text) {
  const auto dtype = parse_dtype(text);
  if (!dtype) {
    throw Error(ErrorCode::invalid_argument, kOperation,
                "formats are bf16, fp16, tf32, fp8_e4m3, fp8_e5m2, fp32, int8, int32",
                "--dtype=\"" + text + "\"");
  }
  return *dtype;
}

/// Runs the program with the ring on, and writes what was asked for.
int trace_launch(const TraceOptions& options, Context& context, Timeline& timeline,
                 const ProgramImage& image, const std::vector<LaunchSlot>& slots,
                 std::uint64_t watchdog, std::uint64_t expected) {
  constexpr std::uint64_t kRow = 64;  // the ring as a matrix of lines
  constexpr std::uint64_t kLargest = 256u << 20;
  if (options.ring_bytes == 0 || options.ring_bytes % kRow != 0 || options.ring_bytes > kLargest) {
    throw Error(ErrorCode::invalid_argument, kOperation,
                "a trace ring is a multiple of 64 bytes, at most 256 MiB",
                "--ring=" + std::to_string(options.ring_bytes));
  }
  const auto program = timeline.call("load program", [&] { return context.load(image); });
  const auto ring = context.allocate(DType::int8, options.ring_bytes / kRow, kRow);
  LaunchOptions launch;
  launch.watchdog_cycles = watchdog;
  launch.operation = kOperation;
  launch.trace = ring;
  Progress progress("running", expected);
  const std::uint64_t before =
      context.device().simulation() != nullptr ? context.device().simulation()->cycles() : 0;
  context.set_progress([&](std::uint64_t now) {
    const std::uint64_t cycles = now - std::min(now, before);
    progress.update(std::min(cycles, expected), std::to_string(cycles) + " cycles");
  });
  const Completion done =
      timeline.call(kLaunch, [&] { return context.run(program, slots, launch); });
  progress.finish();
  const Tensor bytes = timeline.call("read trace", [&] { return context.download(ring); });
  const auto events = decode_trace(bytes.bytes(), done.counters.trace_events);
  timeline.set_launch(kLaunch, image, done, events);

  const std::string json = timeline.chrome_json();
  write_file(options.output, std::as_bytes(std::span(json)));
  if (!options.svg.empty()) {
    const std::string svg = timeline.svg();
    write_file(options.svg, std::as_bytes(std::span(svg)));
  }
  const auto kept = events.size();
  std::printf("%llu cycles%s, %zu instructions in %zu events\n",
              static_cast<unsigned long long>(done.counters.cycles),
              context.capabilities().cycles_are_measured ? "" : " (estimated)",
              timeline.spans().size(), kept);
  if (done.counters.trace_events > kept || done.counters.trace_lost != 0) {
    std::printf(
        "  the ring has kept the last %zu of %llu events, and %llu found no room: "
        "--ring makes it larger\n",
        kept, static_cast<unsigned long long>(done.counters.trace_events),
        static_cast<unsigned long long>(done.counters.trace_lost));
  }
  std::fputs(profile_table(done.counters).c_str(), stdout);
  std::printf("written: %s%s%s\n", options.output.c_str(), options.svg.empty() ? "" : ", ",
              options.svg.c_str());
  return kOk;
}

}  // namespace

int trace_program(const TraceOptions& options) {
  Timeline timeline(options.run.image + " on " + options.run.device);
  Context context{options.run.device};
  const ProgramImage image =
      ProgramImage::parse(read_file(options.run.image), context.capabilities().partitions);
  FileSlots files(context, options.run.slots);
  const int status = trace_launch(options, context, timeline, image, files.slots(),
                                  options.run.watchdog, options.run.watchdog);
  files.save();
  return status;
}

int trace_gemm(const TraceOptions& options) {
  const DType dtype = format_of(options.dtype);
  Timeline timeline("gemm " + std::to_string(options.m) + " x " + std::to_string(options.n) +
                    " x " + std::to_string(options.k) + " " + options.dtype + " on " +
                    options.run.device);
  Context context{options.run.device};
  GemmShape shape;
  shape.m = options.m;
  shape.n = options.n;
  shape.k = options.k;
  shape.left = shape.right = dtype;
  shape.output = psum_dtype(dtype) == DType::int32 ? DType::int32 : dtype;
  const GemmProgram built =
      timeline.call("build program", [&] { return build_gemm(context.capabilities(), shape); });
  const auto zeros = [&](std::uint64_t rows, std::uint64_t cols) {
    return timeline.call("copy to the device",
                         [&] { return context.upload(Tensor(dtype, rows, cols)); });
  };
  const auto left = zeros(shape.k, shape.m);
  const auto right = zeros(shape.k, shape.n);
  const auto d = context.allocate(shape.output, shape.m, shape.n);
  const int status =
      trace_launch(options, context, timeline, built.image, {input(left), input(right), output(d)},
                   built.estimate_cycles * 32 + 4'000'000, built.estimate_cycles);
  return status;
}

}  // namespace tinium::tools
