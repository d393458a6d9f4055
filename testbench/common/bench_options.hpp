// SPDX-License-Identifier: Apache-2.0
// What the command line of a bench sets: seed, number of random cases, waveform file.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace tinium::testbench {

/// Options that every bench understands beside GoogleTest's own.
struct BenchOptions {
  /// `--seed N`, else the environment variable TINIUM_SEED, else 1.
  std::uint64_t seed = 1;
  /// `--cases N`; 0 leaves the number of random cases to each test.
  std::uint64_t cases = 0;
  /// `--trace FILE`: write an FST waveform; empty for none.
  std::string trace_path;
  /// `--trace-from N`, `--trace-to N`: clock cycles of the waveform, the first and the last.
  std::uint64_t trace_from = 0;
  std::uint64_t trace_to = ~std::uint64_t{0};
};

/// Options of this run. Set by main() before the first test; tests only read.
const BenchOptions& options();

/// Number of random cases to run: `--cases` where given, else `default_cases`.
std::uint64_t case_count(std::uint64_t default_cases);

/// A generator seeded from the run's seed and the name of the current test, so that a test draws
/// the same numbers alone as among others. `stream` separates several generators within one test.
std::mt19937_64 make_rng(std::uint64_t stream = 0);

/// Full name `Suite.Test` of the running test, or "(no test)" outside of one.
std::string current_test_name();

/// The command that runs the current test again with the same seed and, where its model can, writes
/// a waveform.
std::string rerun_line();

/// Names the next waveform file: `--trace FILE` for the first model of the run, `FILE` with `-2`,
/// `-3`... before the suffix for further ones. Empty when no waveform was asked for.
std::string next_trace_path();

/// The URL of a simulated device that writes the waveform asked for; others, and devices without
/// waveforms, unchanged. To be opened in the running test.
std::string traced_url(const std::string& url);

/// Called by each model that could write a waveform: main() reruns a failed test only where one
/// was.
void note_traceable_model();

}  // namespace tinium::testbench
