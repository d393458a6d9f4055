// SPDX-License-Identifier: Apache-2.0
//
// tinium bench sweep: a list of shapes, as table, JSON and roofline picture.
// tinium bench golden: the committed cycle counts, compared both ways.

#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include "bench.hpp"
#include "commands.hpp"
#include "lists.hpp"
#include "progress.hpp"

namespace tinium::tools {
namespace {

/// Shapes with an ideal time over 4,000 cycles, and over 1,024, and how many reach their mark.
std::string verdict(const std::vector<Measurement>& all) {
  unsigned large = 0, large_ok = 0, middle = 0, middle_ok = 0;
  for (const Measurement& m : all) {
    const std::uint64_t ideal = m.best.cycles();
    if (ideal > 4000) {
      ++large;
      if (m.roofline >= 0.88) ++large_ok;
    } else if (ideal > 1024) {
      ++middle;
      if (m.roofline >= 0.65) ++middle_ok;
    }
  }
  std::ostringstream text;
  text << "ideal over 4000 cycles: " << large_ok << " of " << large
       << " at 88 % of the roofline; over 1024: " << middle_ok << " of " << middle << " at 65 %";
  return text.str();
}

}  // namespace

int bench_sweep(const SweepOptions& options) {
  const std::string list =
      options.list.empty() ? std::string(TINIUM_DATA_DIR) + "/sweep/shapes.csv" : options.list;
  const std::vector<Row> rows = read_list(list, 4);
  Context context{options.device};
  const Capabilities& core = context.capabilities();
  const DType dtype = format_of(options.dtype, "--dtype");

  Progress progress("sweep", rows.size());
  std::vector<Measurement> all;
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  bool exact = true;
  if (!options.json) {
    std::printf("%-10s %18s %9s %8s %7s %10s  %s\n", "kind", "m x n x k", "cycles", "MAC/cyc",
                "busy %", "roofline %", "dominant stall");
  }
  for (const Row& row : rows) {
    GemmCase product;
    product.m = number(row, 1);
    product.n = number(row, 2);
    product.k = number(row, 3);
    product.dtype = dtype;
    product.output = natural_output(dtype);
    progress.update(all.size(), product.shape());
    const Measurement m = measure(context, product, options.check, options.seed);
    progress.finish();
    exact = exact && (m.check == Check::none || m.exact);
    all.push_back(m);
    if (options.json) {
      nlohmann::ordered_json entry = to_json(m, options.device, core);
      entry["kind"] = row.cells[0];
      json.push_back(entry);
    } else {
      std::printf("%-10s %18s %9llu %8.1f %7.1f %10.1f  %s%s\n", row.cells[0].c_str(),
                  product.shape().c_str(), static_cast<unsigned long long>(m.cycles),
                  m.macs() / static_cast<double>(m.cycles), m.array_busy * 100, m.roofline * 100,
                  m.dominant_stall().c_str(),
                  m.check != Check::none && !m.exact ? "  WRONG BITS" : "");
      std::fflush(stdout);
    }
  }
  if (options.json) {
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    std::printf("%s\n", verdict(all).c_str());
  }
  if (!options.svg.empty()) {
    std::ofstream file(options.svg);
    file << roofline_svg(all, core, options.device + ", " + options.dtype);
    if (!file.flush()) {
      throw Error(ErrorCode::invalid_argument, "bench sweep", "the picture can be written",
                  options.svg);
    }
  }
  return exact ? kOk : kCheckFailed;
}

int bench_golden(const GoldenOptions& options) {
  const std::string list = options.list.empty()
                               ? std::string(TINIUM_DATA_DIR) + "/sweep/golden_cycles.csv"
                               : options.list;
  std::vector<Row> rows = read_list(list, 7);
  std::map<std::string, std::unique_ptr<Context>> contexts;
  unsigned changed = 0;
  for (Row& row : rows) {
    auto& context = contexts[row.cells[0]];
    if (!context) context = std::make_unique<Context>("sim:" + row.cells[0]);
    GemmCase product;
    product.m = number(row, 1);
    product.n = number(row, 2);
    product.k = number(row, 3);
    product.dtype = format_of(row.cells[4], "dtype");
    product.output = natural_output(product.dtype);
    product.resident = row.cells[5] == "resident";
    const Measurement m = measure(*context, product, true, 1);
    if (!m.exact) {
      std::printf("%s: bits differ from the golden model\n", row.text.c_str());
      return kCheckFailed;
    }
    const std::string cycles = std::to_string(m.cycles);
    if (cycles != row.cells[6]) {
      ++changed;
      std::printf("sim:%s %s %s %s: %s cycles, the list says %s\n", row.cells[0].c_str(),
                  product.shape().c_str(), row.cells[4].c_str(), row.cells[5].c_str(),
                  cycles.c_str(), row.cells[6].c_str());
      row.cells[6] = cycles;
    }
  }
  if (changed == 0) {
    std::printf("%zu cycle counts as listed\n", rows.size());
    return kOk;
  }
  if (!options.update) {
    std::printf(
        "%u of %zu cycle counts changed, for better or worse. If that is meant:\n"
        "  tinium bench golden --update --list data/sweep/golden_cycles.csv\n",
        changed, rows.size());
    return kCheckFailed;
  }
  std::ofstream file(list);
  file
      << "# Cycles of products on the simulated kernels; written by tinium bench golden --update.\n"
         "# config,m,n,k,dtype,mode,cycles\n";
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) file << (i > 0 ? "," : "") << row.cells[i];
    file << '\n';
  }
  std::printf("%u of %zu cycle counts written to %s\n", changed, rows.size(), list.c_str());
  return file.flush() ? kOk : kError;
}

}  // namespace tinium::tools
