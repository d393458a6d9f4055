// SPDX-License-Identifier: Apache-2.0
//
// `tinium bench`: what one product costs, and what it could cost at best.

#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tinium/context.hpp"

namespace tinium::tools {

/// One product to time. K-major operands unless said otherwise.
struct GemmCase {
  std::uint64_t m = 0, n = 0, k = 0;
  DType dtype = DType::bf16;
  DType output = DType::bf16;
  bool resident = false;
  OperandOrder left_order = OperandOrder::k_major;
  OperandOrder right_order = OperandOrder::k_major;

  std::string shape() const {
    return std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k);
  }
};

/// The least that a product takes: the array at one product per PE and cycle, with the shape
/// rounded up to the array for the better choice of roles; the memory with every matrix moved once.
struct Roofline {
  std::uint64_t array_cycles = 0;
  std::uint64_t dram_cycles = 0;
  std::uint64_t cycles() const { return array_cycles > dram_cycles ? array_cycles : dram_cycles; }
};
Roofline roofline(const Capabilities& core, const GemmCase& product);

/// How results are compared.
enum class Check { none, golden, exact };

struct Measurement {
  GemmCase product;
  Completion completion;
  std::uint64_t cycles = 0;  ///< doorbell to done; resident: first issue to last SBUF write
  bool cycles_are_measured = false;
  Roofline best;
  double utilization = 0;  ///< products over PEs and cycles
  double array_busy = 0;
  double roofline = 0;  ///< best cycles over cycles
  double host_seconds = 0;
  double cpu_seconds = 0;  ///< of the simulation
  std::uint64_t simulated_cycles = 0;
  Check check = Check::none;
  bool exact = false;
  std::uint64_t compared = 0;  ///< elements of the result
  double max_abs_err = 0;

  double macs() const {
    return static_cast<double>(product.m) * static_cast<double>(product.n) *
           static_cast<double>(product.k);
  }
  /// The cause of most of the array's idle cycles, or "none".
  std::string dominant_stall() const;
};

/// Runs one product on random operands and times it. `check` compares every bit with the golden
/// model, on an emulator a sample with the exact judge (where it is built in).
Measurement measure(Context& context, const GemmCase& product, bool check, std::uint64_t seed);

nlohmann::ordered_json to_json(const Measurement& measurement, const std::string& device,
                               const Capabilities& core);

/// A format by name. Throws Error naming the option.
DType format_of(const std::string& text, const std::string& option);
/// The format of a result where none is asked for.
DType natural_output(DType operands);

/// A roofline picture of measurements: MAC per cycle over MAC per byte.
std::string roofline_svg(const std::vector<Measurement>& measurements, const Capabilities& core,
                         const std::string& title);

/// Adds `bench gemm`, `bench sweep` and `bench golden`; `status` receives the exit status.
void add_bench(CLI::App& app, int& status);

}  // namespace tinium::tools
