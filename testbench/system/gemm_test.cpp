// SPDX-License-Identifier: Apache-2.0
//
// Products on the Verilated kernel: every bit equal to the emulator's and to the golden model's,
// with latency, stalls and unreset state drawn from the seed; and the utilisation that is promised.

#include <gtest/gtest.h>

#include "../host/gemm/random_tensor.hpp"
#include "bench_options.hpp"
#include "tensor_diff.hpp"
#include "tinium/context.hpp"

namespace tinium {
namespace {

using testbench::random_tensor;
using testbench::same_bits;
using testbench::Values;

struct Setup {
  const char* config;
  const char* options;
  std::size_t cases;
};

class GemmOnRtl : public testing::TestWithParam<Setup> {};

INSTANTIATE_TEST_SUITE_P(Devices, GemmOnRtl,
                         testing::Values(Setup{"tiny", "", 6},
                                         Setup{"tiny", "&latency=3&stall=60", 6},
                                         Setup{"tiny", "&latency=400&stall=10", 4},
                                         Setup{"small", "", 4}, Setup{"small", "&stall=50", 4}),
                         [](const auto& instance) {
                           std::string name =
                               std::string(instance.param.config) + instance.param.options;
                           for (auto& c : name) {
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           }
                           return name;
                         });

TEST_P(GemmOnRtl, RandomProductsEqualTheEmulator) {
  auto rng = testbench::make_rng();
  const std::string url = std::string("sim:") + GetParam().config +
                          "?seed=" + std::to_string(testbench::options().seed) + GetParam().options;
  Context rtl{testbench::traced_url(url)};
  Context emulator{std::string("emu:") + GetParam().config};
  const std::size_t p = rtl.capabilities().partitions;
  const std::size_t edges[] = {1,  2,  3,  15, 16,    17, 31,    32,
                               33, 47, 64, 65, p - 1, p,  p + 1, 2 * p + 5};
  const auto size = [&] { return edges[rng() % std::size(edges)]; };
  for (std::uint64_t i = 0; i < testbench::case_count(GetParam().cases); ++i) {
    const std::size_t m = size();
    const std::size_t n = rng() % 4 == 0 ? size() + 512 : size();
    const std::size_t k = size();
    const auto values = static_cast<Values>(rng() % 3);
    const Tensor a = random_tensor(rng, DType::bf16, m, k, values);
    const Tensor b = random_tensor(rng, DType::bf16, k, n, values);
    GemmOptions options;
    options.output = rng() % 2 == 0 ? DType::bf16 : DType::fp32;
    options.relu = rng() % 2 == 0;
    const Tensor bias = random_tensor(rng, DType::fp32, m, 1, Values::normal);
    const Tensor* bias_or_none = rng() % 2 == 0 ? &bias : nullptr;
    SCOPED_TRACE("case " + std::to_string(i) + " m=" + std::to_string(m) +
                 " n=" + std::to_string(n) + " k=" + std::to_string(k) + " on " + url +
                 "\nrerun: " + testbench::rerun_line());
    const Tensor on_rtl = rtl.gemm(a, b, options, bias_or_none);
    ASSERT_TRUE(same_bits(on_rtl, emulator.gemm(a, b, options, bias_or_none), p));
    ASSERT_TRUE(same_bits(
        on_rtl, golden_gemm(a.transposed(), b, bias_or_none, options.relu, options.output), p));
  }
}

TEST_P(GemmOnRtl, EveryPairOfFormats) {
  auto rng = testbench::make_rng();
  const std::string url = std::string("sim:") + GetParam().config +
                          "?seed=" + std::to_string(testbench::options().seed) + GetParam().options;
  Context rtl{testbench::traced_url(url)};
  for (std::size_t s = 0; s < kDTypeCount; ++s) {
    for (std::size_t v = 0; v < kDTypeCount; ++v) {
      const auto left = static_cast<DType>(s);
      const auto right = static_cast<DType>(v);
      if (!is_legal_pair(left, right)) continue;
      const Tensor a = random_tensor(rng, left, 21, 37, Values::any_bits);
      const Tensor b = random_tensor(rng, right, 37, 18, Values::any_bits);
      const GemmOptions options{psum_dtype(left), false, false};
      SCOPED_TRACE(std::string(name(left)) + " x " + std::string(name(right)) + " on " + url +
                   "\nrerun: " + testbench::rerun_line());
      ASSERT_TRUE(same_bits(rtl.gemm(a, b, options),
                            golden_gemm(a.transposed(), b, nullptr, false, options.output),
                            rtl.capabilities().partitions));
    }
  }
}

TEST_P(GemmOnRtl, OrdersAndEpilogues) {
  auto rng = testbench::make_rng();
  const std::string url = std::string("sim:") + GetParam().config +
                          "?seed=" + std::to_string(testbench::options().seed) + GetParam().options;
  Context rtl{testbench::traced_url(url)};
  constexpr std::size_t kEdges[] = {1, 16, 21, 33, 70};
  const auto size = [&] { return kEdges[rng() % std::size(kEdges)]; };
  for (std::uint64_t i = 0; i < testbench::case_count(GetParam().cases); ++i) {
    const std::size_t m = size();
    const std::size_t n = size();
    const std::size_t k = size();
    const Tensor left = random_tensor(rng, DType::bf16, k, m, Values::normal);
    const Tensor right = random_tensor(rng, DType::bf16, k, n, Values::normal);
    const Tensor c = random_tensor(rng, DType::bf16, m, n, Values::normal);
    GemmOptions options;
    options.relu = rng() % 2 == 0;
    options.bias_axis = rng() % 2 == 0 ? BiasAxis::rows : BiasAxis::columns;
    options.alpha = rng() % 2 == 0 ? 1.0f : -0.75f;
    options.beta = rng() % 3 == 0 ? 0.0f : rng() % 2 == 0 ? 1.0f : 1.5f;
    const bool rows = options.bias_axis == BiasAxis::rows;
    const Tensor bias = random_tensor(rng, DType::fp32, 1, rows ? m : n, Values::normal);
    const bool left_minor = rng() % 2 == 0;
    const bool right_minor = rng() % 2 == 0;
    if (left_minor) options.left_order = OperandOrder::k_minor;
    if (right_minor) options.right_order = OperandOrder::k_minor;
    SCOPED_TRACE("case " + std::to_string(i) + " m=" + std::to_string(m) +
                 " n=" + std::to_string(n) + " k=" + std::to_string(k) + " on " + url +
                 "\nrerun: " + testbench::rerun_line());
    const auto device_left = rtl.upload(left_minor ? left.transposed() : left);
    const auto device_right = rtl.upload(right_minor ? right.transposed() : right);
    const auto device_bias = rtl.upload(bias);
    const auto device_c = rtl.upload(c);  // the result takes its place
    options.c = device_c.view();
    rtl.gemm(device_c, device_left, device_right, &device_bias.view(), options);
    const GemmEpilogue epilogue{&bias,         options.bias_axis, options.relu,
                                options.alpha, options.beta,      &c};
    ASSERT_TRUE(same_bits(rtl.download(device_c), golden_gemm(left, right, DType::bf16, epilogue),
                          rtl.capabilities().partitions));
  }
}

TEST_P(GemmOnRtl, LeftoverRowsHaveTheirRolesExchanged) {
  // A little more than full blocks of columns: part of the result leaves column by column, in the
  // middle of the product.
  auto rng = testbench::make_rng();
  const std::string url = std::string("sim:") + GetParam().config +
                          "?seed=" + std::to_string(testbench::options().seed) + GetParam().options;
  Context rtl{url};
  const Capabilities& core = rtl.capabilities();
  const std::size_t c = core.array_cols;
  const std::size_t p = core.partitions;
  constexpr DType kFormats[] = {DType::bf16, DType::int8, DType::fp32, DType::fp8_e4m3};
  std::uint64_t exchanged = 0;
  for (std::uint64_t i = 0; i < testbench::case_count(6); ++i) {
    const DType dtype = kFormats[i % std::size(kFormats)];
    const std::size_t full = i % 2 == 0 ? 4 * c : p;
    std::size_t m = full + 1 + rng() % 2;
    std::size_t n = rng() % 2 == 0 ? 2 * c + 3 : p + 5;
    if (i % 3 == 2) std::swap(m, n);
    const std::size_t k = 16 * (1 + rng() % 4) + rng() % 3;
    const Tensor a = random_tensor(rng, dtype, m, k, Values::normal);
    const Tensor b = random_tensor(rng, dtype, k, n, Values::normal);
    GemmOptions options;
    options.output = psum_dtype(dtype);
    const bool columns = i % 4 >= 2;
    const Tensor bias =
        random_tensor(rng, DType::fp32, columns ? 1 : m, columns ? n : 1, Values::normal);
    const Tensor* bias_or_none = is_integer(dtype) ? nullptr : &bias;
    const BiasAxis axis = columns ? BiasAxis::columns : BiasAxis::rows;
    SCOPED_TRACE("case " + std::to_string(i) + " " + std::string(name(dtype)) +
                 " m=" + std::to_string(m) + " n=" + std::to_string(n) + " k=" + std::to_string(k) +
                 " on " + url + "\nrerun: " + testbench::rerun_line());
    GemmReport report;
    const Tensor d = rtl.gemm(a, b, options, bias_or_none, axis, &report);
    const GemmEpilogue epilogue{bias_or_none, axis, false, 1, 0, nullptr};
    ASSERT_EQ(d, golden_gemm(a.transposed(), b, options.output, epilogue));
    const auto blocks = [](std::uint64_t size, std::uint64_t of) { return (size + of - 1) / of; };
    const std::uint64_t depth = blocks(k, core.array_rows) * (dtype == DType::fp32 ? 6 : 1);
    exchanged += report.completion.counters.tensor_vectors <
                 depth * std::min(blocks(m, c) * n, blocks(n, c) * m);
  }
  EXPECT_GE(exchanged, 1u) << "roles are not exchanged: the test has lost its subject";
}

TEST(Utilisation, ResidentCubesKeepTheArrayBusy) {
  // Larger cubes are measured by `tinium bench gemm`.
  Context rtl{"sim:small"};
  auto rng = testbench::make_rng();
  for (const auto& [size, least] : {std::pair{64u, 0.88}, std::pair{128u, 0.96}}) {
    const Tensor a = random_tensor(rng, DType::bf16, size, size, Values::normal);
    const Tensor b = random_tensor(rng, DType::bf16, size, size, Values::normal);
    GemmReport report;
    GemmOptions options;
    options.resident = true;
    EXPECT_EQ(rtl.gemm(a, b, options, nullptr, BiasAxis::rows, &report),
              golden_gemm(a.transposed(), b, nullptr, false, DType::bf16));
    EXPECT_GE(report.utilisation, least) << size;
    EXPECT_LE(report.utilisation, 1.0) << size;
  }
}

}  // namespace
}  // namespace tinium
