// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

#include "bench.hpp"
#include "tinium/numerics.hpp"
#ifdef TINIUM_EXACT_JUDGE
#include "exact_judge.hpp"
#endif

namespace tinium::tools {
namespace {

constexpr std::uint64_t kSample = 64;  // elements of the result that the exact judge computes

std::uint64_t round_up(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b * b; }
double ratio(double a, double b) { return b > 0 ? a / b : 0.0; }

Tensor random_operand(std::mt19937_64& rng, DType dtype, std::uint64_t rows, std::uint64_t cols) {
  Tensor tensor(dtype, rows, cols);
  // Sums of four bytes: bell-shaped, and much faster than a normal distribution.
  for (std::uint64_t r = 0; r < rows; ++r) {
    for (std::uint64_t c = 0; c < cols; ++c) {
      const std::uint64_t bits = rng();
      float value = -510.0f;
      for (int i = 0; i < 4; ++i) value += static_cast<float>(bits >> 8 * i & 255u);
      tensor.set_bits(r, c,
                      is_integer(dtype) ? static_cast<std::uint32_t>(bits & 255u)
                                        : encode(dtype, value / 148.0f));
    }
  }
  return tensor;
}

#ifdef TINIUM_EXACT_JUDGE
std::uint32_t judge(const Tensor& left, const Tensor& right, std::uint64_t row, std::uint64_t col,
                    DType output) {
  namespace exact = testbench::exact;
  exact::ColumnCase column;
  column.stationary_format = static_cast<exact::Format>(left.dtype());
  column.moving_format = static_cast<exact::Format>(right.dtype());
  for (std::uint64_t k0 = 0; k0 < left.rows(); k0 += numerics::kMaxK) {
    const std::uint64_t end = std::min<std::uint64_t>(left.rows(), k0 + numerics::kMaxK);
    column.stationary.clear();
    column.moving.clear();
    for (std::uint64_t k = k0; k < end; ++k) {
      column.stationary.push_back(left.bits(k, row));
      column.moving.push_back(right.bits(k, col));
    }
    column.overwrite = k0 == 0;
    column.psum = exact::judge_column(column);
  }
  if (output == DType::fp32 || output == DType::int32) return column.psum;
  if (output == DType::int8) {
    const auto sum = std::bit_cast<std::int32_t>(column.psum);
    return static_cast<std::uint32_t>(std::clamp(sum, -128, 127)) & 255u;
  }
  return exact::judge_narrowing(static_cast<exact::Format>(output), column.psum);
}
#endif

void compare(Measurement& m, const Tensor& d, const Tensor& left, const Tensor& right,
             bool by_judge, std::mt19937_64& rng) {
  m.exact = true;
  const auto differ = [&](std::uint64_t row, std::uint64_t col, std::uint32_t bits) {
    ++m.compared;
    if (d.bits(row, col) == bits) return;
    m.exact = false;
    const double wanted = decode_to_float(d.dtype(), bits);
    m.max_abs_err = std::max(m.max_abs_err, std::fabs(double{d.value(row, col)} - wanted));
  };
#ifdef TINIUM_EXACT_JUDGE
  if (by_judge) {
    m.check = Check::exact;
    const std::uint64_t sample = std::min(kSample, d.rows() * d.cols());
    for (std::uint64_t i = 0; i < sample; ++i) {
      const std::uint64_t row = i == 0 ? d.rows() - 1 : rng() % d.rows();
      const std::uint64_t col = i == 0 ? d.cols() - 1 : rng() % d.cols();
      differ(row, col, judge(left, right, row, col, d.dtype()));
    }
    return;
  }
#endif
  (void)by_judge;
  (void)rng;
  m.check = Check::golden;
  const Tensor golden = golden_gemm(left, right, nullptr, false, d.dtype());
  for (std::uint64_t row = 0; row < d.rows(); ++row) {
    for (std::uint64_t col = 0; col < d.cols(); ++col) differ(row, col, golden.bits(row, col));
  }
}

}  // namespace

Roofline roofline(const Capabilities& core, const GemmCase& g) {
  const std::uint64_t c = core.array_cols;
  const std::uint64_t passes = numerics::pair_plan(g.dtype, g.dtype).pass_count;
  const std::uint64_t depth = round_up(g.k, core.array_rows) / core.array_rows;
  Roofline r;
  r.array_cycles =
      depth * passes * std::min(round_up(g.m, c) / c * g.n, round_up(g.n, c) / c * g.m);
  const std::uint64_t bytes =
      (g.m * g.k + g.k * g.n) * size_of(g.dtype) + g.m * g.n * size_of(g.output);
  r.dram_cycles = g.resident ? 0 : (bytes + core.bus_bytes - 1) / core.bus_bytes;
  return r;
}

std::string Measurement::dominant_stall() const {
  const auto& causes = completion.counters.profile[static_cast<std::size_t>(isa::Unit::kTensor)];
  std::size_t worst = 0;
  for (std::size_t i = 1; i < causes.size(); ++i) {
    if (causes[i] > (worst == 0 ? 0 : causes[worst])) worst = i;
  }
  return worst == 0 ? "none" : std::string(isa::kCauseNames[worst].name);
}

DType format_of(const std::string& text, const std::string& option) {
  const auto dtype = parse_dtype(text);
  if (!dtype) {
    throw Error(ErrorCode::invalid_argument, "bench",
                "formats are bf16, fp16, tf32, fp8_e4m3, fp8_e5m2, fp32, int8, int32",
                option + "=\"" + text + "\"");
  }
  return *dtype;
}

DType natural_output(DType operands) {
  return psum_dtype(operands) == DType::int32 ? DType::int32 : operands;
}

Measurement measure(Context& context, const GemmCase& g, bool check, std::uint64_t seed) {
  const Capabilities& core = context.capabilities();
  GemmShape shape{g.m, g.n, g.k, g.dtype, g.dtype, g.output};
  shape.resident = g.resident;
  shape.left_order = g.left_order;
  shape.right_order = g.right_order;
  const GemmProgram built = build_gemm(core, shape);  // refuses a bad shape before there is data

  std::mt19937_64 rng(seed);
  const Tensor left = random_operand(rng, g.dtype, g.k, g.m);
  const Tensor right = random_operand(rng, g.dtype, g.k, g.n);
  const bool left_minor = g.left_order == OperandOrder::k_minor;
  const bool right_minor = g.right_order == OperandOrder::k_minor;
  const auto device_left = context.upload(left_minor ? left.transposed() : left);
  const auto device_right = context.upload(right_minor ? right.transposed() : right);
  const auto device_d = context.allocate(g.output, g.m, g.n);
  const auto program = context.load(built.image);

  Simulation* simulation = context.device().simulation();
  const double cpu_before = simulation != nullptr ? simulation->cpu_seconds() : 0;
  const std::uint64_t cycles_before = simulation != nullptr ? simulation->cycles() : 0;
  Measurement m;
  m.product = g;
  const auto begin = std::chrono::steady_clock::now();
  m.completion = context.run(program,
                             {slot_of(device_left, true, false), slot_of(device_right, true, false),
                              slot_of(device_d, false, true)},
                             built.estimate_cycles * 32 + 4'000'000, "bench gemm");
  m.host_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (simulation != nullptr) {
    m.cpu_seconds = simulation->cpu_seconds() - cpu_before;
    m.simulated_cycles = simulation->cycles() - cycles_before;
  }
  const LaunchCounters& c = m.completion.counters;
  m.cycles_are_measured = core.cycles_are_measured;
  m.cycles = g.resident ? c.last_sbuf_write - c.first_issue : c.cycles;
  m.best = roofline(core, g);
  const double pes = double{1} * core.array_rows * core.array_cols;
  m.utilization = ratio(m.macs() / pes, static_cast<double>(m.cycles));
  m.array_busy = ratio(static_cast<double>(c.tensor_vectors), static_cast<double>(m.cycles));
  m.roofline = ratio(static_cast<double>(m.best.cycles()), static_cast<double>(m.cycles));
  if (check) compare(m, context.download(device_d), left, right, core.backend == "emu", rng);
  return m;
}

nlohmann::ordered_json to_json(const Measurement& m, const std::string& device,
                               const Capabilities& core) {
  using Json = nlohmann::ordered_json;
  const LaunchCounters& c = m.completion.counters;
  Json stalls = Json::object();
  Json profile = Json::object();
  for (std::size_t unit = 0; unit < isa::kUnitNames.size(); ++unit) {
    Json causes = Json::object();
    for (std::size_t cause = 0; cause < isa::kCauseNames.size(); ++cause) {
      causes[std::string(isa::kCauseNames[cause].name)] = c.profile[unit][cause];
      if (unit == 0 && cause != static_cast<std::size_t>(isa::Cause::kBusy)) {
        stalls[std::string(isa::kCauseNames[cause].name)] = c.profile[unit][cause];
      }
    }
    profile[std::string(isa::kUnitNames[unit].name)] = causes;
  }
  const auto cycles = static_cast<double>(m.cycles);
  const GemmCase& g = m.product;
  const auto order = [](OperandOrder value) {
    return value == OperandOrder::k_major ? "k_major" : "k_minor";
  };
  return {
      {"m", g.m},
      {"n", g.n},
      {"k", g.k},
      {"dtype", std::string(name(g.dtype))},
      {"output", std::string(name(g.output))},
      {"left_order", order(g.left_order)},
      {"right_order", order(g.right_order)},
      {"device", device},
      {"config", core.config},
      {"array_rows", core.array_rows},
      {"array_cols", core.array_cols},
      {"resident", g.resident},
      {"cycles_are_measured", m.cycles_are_measured},
      {"cycles", m.cycles},
      {"mac_per_cycle", ratio(m.macs(), cycles)},
      {"utilization", m.utilization},
      {"array_busy", m.array_busy},
      {"ideal_array_cycles", m.best.array_cycles},
      {"ideal_dram_cycles", m.best.dram_cycles},
      {"roofline", m.roofline},
      {"dominant_stall", m.dominant_stall()},
      {"stalls", stalls},
      {"profile", profile},
      {"launch_to_first_mac", c.first_mac},
      {"first_issue", c.first_issue},
      {"last_sbuf_write", c.last_sbuf_write},
      {"launch_cycles", c.cycles},
      {"dma_read_beats", c.dma_read_beats},
      {"dma_write_beats", c.dma_write_beats},
      {"host_seconds", m.host_seconds},
      {"sim_cycles_per_cpu_second",
       m.cycles_are_measured ? ratio(static_cast<double>(m.simulated_cycles), m.cpu_seconds) : 0},
      {"mac_per_cpu_second", ratio(m.macs(), m.cpu_seconds)},
      {"checked", m.check != Check::none},
      {"checked_against", m.check == Check::golden  ? "golden model"
                          : m.check == Check::exact ? "exact judge"
                                                    : "nothing"},
      {"checked_elements", m.compared},
      {"max_abs_err", m.check != Check::none ? Json(m.max_abs_err) : Json(nullptr)},
      {"bit_exact", m.check != Check::none ? Json(m.exact) : Json(nullptr)},
  };
}

}  // namespace tinium::tools
