// SPDX-License-Identifier: Apache-2.0
// The golden model against a float64 reference: every result lies within the worst-case bound that
// docs/reference/numerics.md derives, and the measured errors are printed (figures of that page).
// FP32 is also compared with a chain of FP32 fused multiply-adds.
#include <iomanip>
#include <iostream>

#include "numerics_cases.hpp"

namespace tinium::testbench {
namespace {

/// Kinds of data, as real numbers before the cast to the format.
enum class Data { gaussian, uniform, wide };

double draw(Data data, std::mt19937_64& rng) {
  switch (data) {
    case Data::gaussian:
      return std::normal_distribution<double>()(rng);
    case Data::uniform:
      return std::uniform_real_distribution<double>(0.0, 1.0)(rng);
    case Data::wide: {  // lognormal, sigma six binades
      const double magnitude = std::exp2(6.0 * std::normal_distribution<double>()(rng));
      return rng() % 2 == 0 ? magnitude : -magnitude;
    }
  }
  return 0;
}

const char* name_of(Data data) {
  return data == Data::gaussian ? "gaussian" : data == Data::uniform ? "uniform 0..1" : "wide";
}

/// Worst-case error of `groups` groups, from the document.
double bound(const Pair& pair, std::size_t groups, double magnitude) {
  const auto plan = numerics::pair_plan(pair.stationary, pair.moving);
  const double unit = std::ldexp(1.0, -24);
  const double dropped = 15.0 * std::ldexp(1.0, 1 - numerics::window(plan.mode));
  const auto n = static_cast<double>(groups);
  const double grown = std::pow(1.0 + unit, n);
  if (plan.pass_count == 1) {
    return (dropped + grown - 1.0) * magnitude + n * std::ldexp(1.0, -150) * grown;
  }
  // FP32: pieces never multiplied, windows of the six passes, five small passes and the large one.
  const double pieces = 1.0 + std::ldexp(1.0, -5);
  const double missing = std::ldexp(1.0, -23) * (1.0 + std::ldexp(1.0, -9));
  const double grown_all = std::pow(1.0 + unit, 6.0 * n);
  return (missing + (dropped + grown_all - 1.0) * pieces) * magnitude +
         6.0 * n * std::ldexp(1.0, -150) * grown_all;
}

struct Errors {
  double rms = 0;
  double largest = 0;
};

/// K elements in instructions of 128 partitions, into one PSUM element.
std::uint32_t run_golden(const Pair& pair, std::span<const std::uint32_t> s,
                         std::span<const std::uint32_t> m) {
  std::uint32_t psum = 0;
  for (std::size_t first = 0; first < s.size(); first += numerics::kMaxK) {
    const std::size_t rows = std::min(numerics::kMaxK, s.size() - first);
    psum = numerics::multiply_column(pair.stationary, s.subspan(first, rows), pair.moving,
                                     m.subspan(first, rows), psum, first == 0);
  }
  return psum;
}

class ErrorBound : public ::testing::TestWithParam<Pair> {};

TEST_P(ErrorBound, HoldsAndIsReported) {
  const Pair pair = GetParam();
  auto rng = make_rng();
  const bool six = numerics::pair_plan(pair.stationary, pair.moving).pass_count == 6;
  const std::uint64_t columns = case_count(six ? 60 : 150);
  for (const Data data : {Data::gaussian, Data::uniform, Data::wide}) {
    for (const std::size_t k : {std::size_t{16}, std::size_t{128}, std::size_t{1024}}) {
      Errors golden;
      Errors chain;  // FP32 fused multiply-add, one by one
      for (std::uint64_t c = 0; c < columns; ++c) {
        std::vector<std::uint32_t> s(k);
        std::vector<std::uint32_t> m(k);
        long double reference = 0;
        double magnitude = 0;
        float fma = 0;
        for (std::size_t i = 0; i < k; ++i) {
          const auto pick = [&](DType dtype) {
            for (;;) {
              const std::uint32_t bits = encode(dtype, static_cast<float>(draw(data, rng)));
              if (std::isfinite(decode_to_float(dtype, bits))) return bits;
            }
          };
          s[i] = pick(pair.stationary);
          m[i] = pick(pair.moving);
          const double product = exact::judge_value(judge_format(pair.stationary), s[i]) *
                                 exact::judge_value(judge_format(pair.moving), m[i]);
          reference += product;
          magnitude += std::fabs(product);
          fma = std::fma(decode_to_float(pair.stationary, s[i]), decode_to_float(pair.moving, m[i]),
                         fma);
        }
        const double got = std::bit_cast<float>(run_golden(pair, s, m));
        const double error = std::fabs(static_cast<double>(got - reference));
        const std::size_t groups = k / numerics::kGroup;
        // The float64 reference rounds too, by far less.
        const double limit =
            bound(pair, groups, magnitude) + static_cast<double>(k) * std::ldexp(magnitude, -52);
        ASSERT_LE(error, limit) << name(pair.stationary) << " x " << name(pair.moving) << ", "
                                << name_of(data) << ", K=" << k << ", seed " << options().seed
                                << "\n  rerun: " << rerun_line();
        const double relative = error / magnitude;
        const double relative_chain = std::fabs(static_cast<double>(fma - reference)) / magnitude;
        golden.rms += relative * relative;
        golden.largest = std::max(golden.largest, relative);
        chain.rms += relative_chain * relative_chain;
        chain.largest = std::max(chain.largest, relative_chain);
      }
      const auto log2_of = [](double value) { return value > 0 ? std::log2(value) : -99.0; };
      const auto rms = [&](const Errors& errors) {
        return std::sqrt(errors.rms / static_cast<double>(columns));
      };
      std::cout << std::fixed << std::setprecision(1) << name(pair.stationary) << " x "
                << name(pair.moving) << "  " << name_of(data) << "  K=" << k << "  log2 rms "
                << log2_of(rms(golden)) << " max " << log2_of(golden.largest) << "  fma chain rms "
                << log2_of(rms(chain)) << " max " << log2_of(chain.largest) << "  bound "
                << log2_of(bound(pair, k / numerics::kGroup, 1.0)) << "\n";
      // On long sums no worse than FP32 FMA one by one; FP32 on any data, the short formats where
      // the window drops next to nothing. Formats of few bits tie, up to the luck of the draw.
      if (k == 1024 && (six || data != Data::wide)) {
        EXPECT_LE(rms(golden), 1.05 * rms(chain)) << name_of(data);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ErrorBound,
    ::testing::Values(Pair{DType::bf16, DType::bf16}, Pair{DType::fp16, DType::fp16},
                      Pair{DType::bf16, DType::fp16}, Pair{DType::tf32, DType::tf32},
                      Pair{DType::fp8_e4m3, DType::fp8_e4m3},
                      Pair{DType::fp8_e5m2, DType::fp8_e5m2}, Pair{DType::fp32, DType::fp32}),
    pair_name);

// How close the worst case comes: 15 products just beyond the window, each nearly four times its
// exponent, beside one of exactly the largest exponent. A bound half as large would be wrong.
TEST(ErrorBoundWorstCase, IsNearlyReached) {
  for (const Pair pair : {Pair{DType::bf16, DType::bf16}, Pair{DType::fp16, DType::fp16}}) {
    const int below = window_of(pair) + 1;
    std::vector<std::uint32_t> s(16);
    std::vector<std::uint32_t> m(16);
    s[0] = encode(pair.stationary, 256.0F);
    m[0] = encode(pair.moving, 256.0F);
    const float widest = pair.stationary == DType::fp16 ? 2047.0F / 1024.0F : 255.0F / 128.0F;
    double missing = 0;
    for (std::size_t i = 1; i < 16; ++i) {
      const float left = std::ldexp(widest, 8 - below / 2);
      const float right = std::ldexp(widest, 8 - (below - below / 2));
      s[i] = encode(pair.stationary, left);
      m[i] = encode(pair.moving, right);
      missing += static_cast<double>(left) * right;
    }
    const std::uint32_t got =
        numerics::multiply_column(pair.stationary, s, pair.moving, m, 0, true);
    EXPECT_EQ(std::bit_cast<float>(got), 65536.0F);
    EXPECT_LE(missing, bound(pair, 1, 65536.0 + missing));
    EXPECT_GT(missing, 0.9 * 15.0 * std::ldexp(65536.0, 1 - window_of(pair)));
  }
}

}  // namespace
}  // namespace tinium::testbench
