// SPDX-License-Identifier: Apache-2.0
// tn_fetcher between random clients and a memory with stalls: every line arrives once, at its
// client, in order, with the right data and error flag; no burst crosses 4 KiB.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <vector>

#include "Vtn_fetcher.h"
#include "stall_generator.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {
namespace {

constexpr unsigned kClients = 4;
constexpr unsigned kBusBytes = TN_BUS_BYTES;
constexpr unsigned kBeats = 64 / kBusBytes;

/// Content of memory: a function of the address of each 32-bit word.
std::uint32_t word_at(std::uint64_t address) {
  std::uint64_t x = address * 0x9E37'79B9'7F4A'7C15ULL;
  return static_cast<std::uint32_t>(x >> 29 ^ x);
}

bool error_at(std::uint64_t address) { return address % 1472 < kBusBytes; }

struct Request {
  std::uint64_t address = 0;
  unsigned lines = 0;
};

class Bench : public BenchComponent {
 public:
  Bench(StallPattern client, StallPattern memory)
      : address_stalls_(memory, make_rng(20)), data_stalls_(memory, make_rng(21)) {
    for (unsigned i = 0; i < kClients; ++i) stalls_.emplace_back(client, make_rng(30 + i));
    bench_->req_valid_i = 0;
    bench_->ar_ready_i = 0;
    bench_->r_valid_i = 0;
    bench_.reset();
    bench_.add(*this);
  }

  void drive() override {
    std::uint32_t valid = 0;
    for (unsigned c = 0; c < kClients; ++c) {
      if (!offering_[c] && !queues[c].empty() && !stalls_[c].stall()) offering_[c] = true;
      Request r{noise_() & ~63ULL, 1};
      if (offering_[c]) {
        valid |= 1U << c;
        r = queues[c].front();
      }
      bench_->req_address_i[2 * c] = static_cast<IData>(r.address);
      bench_->req_address_i[2 * c + 1] = static_cast<IData>(r.address >> 32);
      bench_->req_lines_i &= ~(31U << (5 * c));
      bench_->req_lines_i |= r.lines << (5 * c);
    }
    bench_->req_valid_i = static_cast<CData>(valid);
    bench_->ar_ready_i = !address_stalls_.stall();
    if (!r_offering_ && !beats_.empty() && !data_stalls_.stall()) r_offering_ = true;
    bench_->r_valid_i = r_offering_;
    bench_->r_err_i = static_cast<CData>(noise_() & 1U);
    bench_->r_last_i = static_cast<CData>(noise_() & 1U);
    const std::uint64_t address = r_offering_ ? beats_.front().first : noise_();
    if (r_offering_) {
      bench_->r_err_i = error_at(address);
      bench_->r_last_i = beats_.front().second;
    }
#if TN_BUS_BYTES == 8
    bench_->r_data_i = word_at(address) | std::uint64_t{word_at(address + 4)} << 32;
#else
    for (unsigned i = 0; i < kBusBytes / 4; ++i) bench_->r_data_i[i] = word_at(address + 4 * i);
#endif
  }

  void sample() override {
    for (unsigned c = 0; c < kClients; ++c) {
      if ((bench_->req_valid_i >> c & 1U) != 0 && (bench_->req_ready_o >> c & 1U) != 0) {
        const Request r = queues[c].front();
        queues[c].pop_front();
        offering_[c] = false;
        for (unsigned i = 0; i < r.lines; ++i) due_[c].push_back(r.address + 64 * i);
      }
      if ((bench_->line_valid_o >> c & 1U) == 0) continue;
      ++lines;
      ASSERT_FALSE(due_[c].empty()) << "client " << c << " got a line it did not ask for";
      const std::uint64_t address = due_[c].front();
      due_[c].pop_front();
      bool error = false;
      for (unsigned i = 0; i < kBeats; ++i) error = error || error_at(address + i * kBusBytes);
      errors += error ? 1 : 0;
      ASSERT_EQ(bench_->line_err_o != 0, error) << "rerun: " << rerun_line();
      for (unsigned i = 0; i < 16; ++i) {
        ASSERT_EQ(bench_->line_data_o[i], word_at(address + 4 * i))
            << "client " << c << " address " << address << " word " << i << " seed "
            << options().seed << "\n  rerun: " << rerun_line();
      }
    }
    if (bench_->ar_valid_o != 0 && bench_->ar_ready_i != 0) {
      const std::uint64_t address = bench_->ar_addr_o;
      const std::uint64_t bytes = (std::uint64_t{bench_->ar_len_o} + 1) * kBusBytes;
      ASSERT_EQ(address / 4096, (address + bytes - 1) / 4096) << "crosses 4 KiB";
      ++bursts;
      for (std::uint64_t at = 0; at < bytes; at += kBusBytes) {
        beats_.push_back({address + at, at + kBusBytes == bytes});
      }
    }
    if (r_offering_ && bench_->r_ready_o != 0) {
      beats_.pop_front();
      r_offering_ = false;
    }
  }

  bool idle() const {
    for (unsigned c = 0; c < kClients; ++c) {
      if (!queues[c].empty() || !due_[c].empty()) return false;
    }
    return true;
  }

  VerilatedBench<Vtn_fetcher>& bench() { return bench_; }

  std::array<std::deque<Request>, kClients> queues;
  std::uint64_t lines = 0, bursts = 0, errors = 0;

 private:
  VerilatedBench<Vtn_fetcher> bench_;
  std::vector<StallGenerator> stalls_;
  StallGenerator address_stalls_, data_stalls_;
  std::mt19937_64 noise_ = make_rng(1);
  std::array<bool, kClients> offering_{};
  std::array<std::deque<std::uint64_t>, kClients> due_;
  std::deque<std::pair<std::uint64_t, bool>> beats_;
  bool r_offering_ = false;
};

class FetcherRandom : public ::testing::TestWithParam<std::tuple<StallPattern, StallPattern>> {};

TEST_P(FetcherRandom, EveryLineArrivesOnce) {
  const auto [client, memory] = GetParam();
  Bench bench(client, memory);
  std::mt19937_64 rng = make_rng();
  const std::uint64_t requests = case_count(200);
  std::uint64_t lines = 0;
  for (std::uint64_t i = 0; i < requests; ++i) {
    const Request r{rng() % 3 == 0 ? (rng() << 12) - 64 * (rng() % 16) : rng() & ~63ULL,
                    1 + static_cast<unsigned>(rng() % 16)};
    bench.queues[rng() % kClients].push_back(r);
    lines += r.lines;
  }
  bench.bench().run_until([&] { return bench.idle(); }, 400000);
  bench.bench().tick(3);
  EXPECT_EQ(bench.lines, lines);
  EXPECT_GT(bench.bursts, requests) << "no request met a 4 KiB boundary";
  EXPECT_GT(bench.errors, 0U);
  EXPECT_EQ(bench.bench()->idle_o, 1);
}

INSTANTIATE_TEST_SUITE_P(All, FetcherRandom,
                         ::testing::Combine(::testing::Values(StallPattern::kNone,
                                                              StallPattern::kMostly),
                                            ::testing::ValuesIn(kAllStallPatterns)),
                         [](const auto& param) {
                           return std::string(name_of(std::get<0>(param.param))) + "_" +
                                  std::string(name_of(std::get<1>(param.param)));
                         });

TEST(Fetcher, OneLineACycleAndShortLatency) {
  Bench bench(StallPattern::kNone, StallPattern::kNone);
  for (int i = 0; i < 10; ++i) bench.queues[1].push_back({std::uint64_t{1} << 20, 16});
  const std::uint64_t begin = bench.bench().cycle();
  bench.bench().run_until([&] { return bench.idle(); }, 2000);
  EXPECT_LE(bench.bench().cycle() - begin, 160 * kBeats + 6);
}

}  // namespace
}  // namespace tinium::testbench
