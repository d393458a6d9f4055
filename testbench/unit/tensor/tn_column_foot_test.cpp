// SPDX-License-Identifier: Apache-2.0
// tn_column_foot alone: any sum and reference exponent beside any PSUM value, in the exponents that
// real groups reach and far outside of the column bench's reach (sums of one bit, distances at
// every boundary), against MPFR through the exact judge's rounding and against the golden model.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <deque>

#include "Vtn_column_foot.h"
#include "exact_judge.hpp"
#include "hex.hpp"
#include "tinium/numerics.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {
namespace {

using numerics::GroupSum;
using numerics::PairMode;

constexpr unsigned kFootLat = 10;  // from psum_i to res_o; the other inputs come a cycle before

struct FootCase {
  GroupSum group;
  PairMode mode = PairMode::narrow;
  std::uint32_t psum = 0;
  bool overwrite = false;
  bool raise = true;
};

/// PSUM + sum in the reals, rounded once by the FPU of long double where that is exact, else
/// nothing. Independent of the golden model: uses only C arithmetic.
bool plain_sum(const FootCase& c, std::uint32_t& bits) {
  if (c.mode == PairMode::int8 || c.group.special != 0 || c.group.sum == 0) return false;
  const float psum = c.overwrite ? 0.0F : std::bit_cast<float>(c.psum);
  if (!std::isfinite(psum)) return false;
  const int scale = c.group.reference - numerics::scale_bits(c.mode);
  const long double sum = std::ldexp(static_cast<long double>(c.group.sum), scale);
  const long double total = sum + static_cast<long double>(psum);
  // Exact if taking either addend away gives the other.
  if (total - sum != static_cast<long double>(psum) || total - psum != sum) return false;
  bits = std::bit_cast<std::uint32_t>(static_cast<float>(total));
  return total != 0 || bits == 0;
}

class FootBench : public VerilatedBench<Vtn_column_foot> {
 public:
  FootBench() {
    dut().valid_i = 0;
    reset();
  }

  /// One cycle: the case's sum now, its PSUM value in the next cycle.
  void push(const FootCase* c) {
    auto& d = dut();
    d.valid_i = c != nullptr;
    d.psum_i = psum_next_;
    if (c != nullptr) {
      // foot_ctl_t: {integers, wide, overwrite, raise}
      d.ctl_i = static_cast<CData>((c->mode == PairMode::int8 ? 8 : 0) |
                                   (c->mode == PairMode::wide ? 4 : 0) | (c->overwrite ? 2 : 0) |
                                   (c->raise ? 1 : 0));
      d.sum_i = static_cast<std::uint64_t>(c->group.sum) & 0xFFFFFFFFFFFFULL;
      d.ref_i = static_cast<SData>((c->group.reference - numerics::window(c->mode) + 512) & 0x3FF);
      d.special_i = c->group.special;
      psum_next_ = c->psum;
      due_.push_back({cycle() + 1 + kFootLat, *c});
    }
    tick();
    // After the edge the outputs of the next cycle show.
    const bool due = !due_.empty() && due_.front().when == cycle();
    if (due != (d.res_valid_o != 0)) {
      report(due ? "no result where one was due" : "a result where none was due");
    }
    if (due) {
      check(due_.front().item, d.res_o);
      due_.pop_front();
    }
  }

  void drain() {
    for (unsigned i = 0; i < kFootLat + 3; ++i) push(nullptr);
    if (!due_.empty()) report("results missing");
  }

  std::uint64_t compared() const { return compared_; }
  std::uint64_t plain() const { return plain_; }
  std::uint64_t mismatches() const { return mismatches_; }
  bool quiet = false;

 private:
  struct Due {
    std::uint64_t when;
    FootCase item;
  };

  void check(const FootCase& c, std::uint32_t got) {
    ++compared_;
    GroupSum group = c.group;
    if (!c.raise) group.special = 0;
    const std::uint32_t expected = numerics::accumulate(group, c.mode, c.psum, c.overwrite);
    std::uint32_t second = 0;
    const bool has_second = plain_sum(c, second);
    plain_ += has_second ? 1 : 0;
    if (got != expected || (has_second && got != second)) {
      report("sum " + to_hex(c.group.sum) + " reference " + std::to_string(c.group.reference) +
             " mode " + std::to_string(static_cast<int>(c.mode)) + " special " +
             std::to_string(c.group.special) + " psum " + to_hex(c.psum) + " overwrite " +
             std::to_string(static_cast<int>(c.overwrite)) + ": expected " + to_hex(expected) +
             (has_second ? ", by the FPU " + to_hex(second) : std::string()) + ", got " +
             to_hex(got));
    }
  }

  void report(const std::string& text) {
    if (++mismatches_ > 16 || quiet) return;
    ADD_FAILURE() << current_test_name() << " seed " << options().seed << " cycle " << cycle()
                  << ": " << text << "\n  rerun: " << rerun_line();
  }

  std::deque<Due> due_;
  std::uint32_t psum_next_ = 0;
  std::uint64_t compared_ = 0;
  std::uint64_t plain_ = 0;
  std::uint64_t mismatches_ = 0;
};

/// Draws cases around everything that has a boundary.
FootCase draw(std::mt19937_64& rng) {
  const auto between = [&](int low, int high) {
    return low + static_cast<int>(rng() % static_cast<std::uint64_t>(high - low + 1));
  };
  FootCase c;
  c.mode = rng() % 8 == 0 ? PairMode::int8 : rng() % 2 == 0 ? PairMode::narrow : PairMode::wide;
  c.overwrite = rng() % 8 == 0;
  c.raise = rng() % 16 != 0;
  // A sum of any length, often with long runs of ones or zeros.
  const int length = between(0, 46);
  std::uint64_t magnitude = rng() & ((1ULL << length) - 1);
  switch (rng() % 4) {
    case 0:
      magnitude &= rng();
      magnitude &= rng();
      break;
    case 1:
      magnitude |= rng() & ((1ULL << length) - 1);
      break;
    case 2:
      magnitude = (1ULL << length) - (rng() % 3);
      break;
    default:
      break;
  }
  // What 16 products can reach: |sum| < 2^46.
  magnitude = std::min<std::uint64_t>(magnitude & 0x7FFFFFFFFFFFULL, (1ULL << 46) - 1);
  c.group.sum =
      rng() % 2 == 0 ? static_cast<std::int64_t>(magnitude) : -static_cast<std::int64_t>(magnitude);
  if (c.mode == PairMode::int8) {
    c.group.sum = between(-(1 << 18), 1 << 18);
    c.group.reference = 0;
    c.psum = static_cast<std::uint32_t>(rng());
    return c;
  }
  c.group.reference = between(-298, 256);
  if (rng() % 2 == 0) c.group.reference = between(-200, -80);
  c.group.special = rng() % 32 == 0 ? static_cast<std::uint8_t>(rng() % 4) : 0;
  // PSUM at every distance from the sum's last and first places.
  const int last_place = c.group.reference - numerics::scale_bits(c.mode);
  int exponent = 0;
  switch (rng() % 4) {
    case 0:
      exponent = last_place + between(-60, 110);
      break;
    case 1:
      exponent = last_place + static_cast<int>(std::bit_width(magnitude)) + between(-2, 1);
      break;
    case 2:
      exponent = between(-150, 128);
      break;
    default:
      exponent = last_place + 23 + between(-4, 52);
      break;
  }
  std::uint32_t fraction = static_cast<std::uint32_t>(rng()) & 0x7FFFFFU;
  if (rng() % 4 == 0) fraction = rng() % 2 == 0 ? 0 : 0x7FFFFFU;
  if (rng() % 4 == 0 && magnitude != 0) {  // the same leading bits as the sum: deep cancellation
    const int width = static_cast<int>(std::bit_width(magnitude));
    const std::uint64_t lead = width > 24 ? magnitude >> (width - 24) : magnitude << (24 - width);
    fraction = static_cast<std::uint32_t>(lead + rng() % 3 - 1) & 0x7FFFFFU;
  }
  const int field = std::clamp(exponent + 127, 0, 255);
  const std::uint32_t sign = rng() % 2 == 0 ? 0x80000000U : 0U;
  c.psum = sign | (static_cast<std::uint32_t>(field) << 23) | fraction;
  if (rng() % 16 == 0) c.psum = sign;
  return c;
}

TEST(ColumnFoot, RandomEqualsGoldenModel) {
  auto rng = make_rng();
  FootBench bench;
  const std::uint64_t cases = case_count(300000);
  for (std::uint64_t i = 0; i < cases && !bench.failed(); ++i) {
    const FootCase c = draw(rng);
    bench.push(&c);
    while (rng() % 8 == 0) bench.push(nullptr);
  }
  bench.drain();
  EXPECT_EQ(bench.compared(), cases);
  EXPECT_GT(bench.plain(), cases / 20) << "too few cases that plain C arithmetic can judge";
  std::printf("%llu compared with the golden model, %llu of them with the FPU, %llu different\n",
              static_cast<unsigned long long>(bench.compared()),
              static_cast<unsigned long long>(bench.plain()),
              static_cast<unsigned long long>(bench.mismatches()));
}

TEST(ColumnFoot, EveryDistance) {
  FootBench bench;
  constexpr std::int64_t kSums[] = {1,
                                    -1,
                                    3,
                                    (1LL << 23) - 1,
                                    -(1LL << 23),
                                    1 << 23,
                                    (1 << 23) + 1,
                                    (1LL << 46) - 1,
                                    -(1LL << 46) + 1,
                                    1LL << 45,
                                    -(1LL << 24),
                                    0};
  constexpr std::uint32_t kFractions[] = {0, 1, 0x400000, 0x7FFFFF};
  std::uint64_t cases = 0;
  for (const std::int64_t sum : kSums) {
    for (const int reference : {-298, -230, -160, -150, -120, 0, 100, 200, 256}) {
      for (int field = 0; field < 256; ++field) {
        for (const std::uint32_t fraction : kFractions) {
          for (const std::uint32_t sign : {0U, 0x80000000U}) {
            FootCase c;
            c.group.sum = sum;
            c.group.reference = reference;
            c.mode = (cases & 1) != 0 ? PairMode::wide : PairMode::narrow;
            c.psum = sign | (static_cast<std::uint32_t>(field) << 23) | fraction;
            bench.push(&c);
            ++cases;
          }
        }
      }
    }
  }
  bench.drain();
  EXPECT_EQ(bench.compared(), cases);
}

TEST(ColumnFoot, RejectsASumOutsideTheFrame) {
  FootBench bench;
  bench.expect_assertion_failure();
  bench.quiet = true;
  FootCase c;
  c.group.sum = 1LL << 46;
  bench.push(&c);
  EXPECT_TRUE(bench.take_assertion_failure());
}

}  // namespace
}  // namespace tinium::testbench
