// SPDX-License-Identifier: Apache-2.0
// tn_semaphores against a model: random updates on all ports with pauses, one update a cycle, an
// accepted update visible in the next cycle, no port left behind, overflow and underflow refused.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <vector>

#include "Vtn_semaphores.h"
#include "stall_generator.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {
namespace {

constexpr unsigned kPorts = 7;
constexpr unsigned kUpdateBits = 26;

struct Update {
  std::uint32_t sem = 0, op = 0, value = 0;
};

class Bench : public BenchComponent {
 public:
  explicit Bench(StallPattern pattern) {
    for (unsigned port = 0; port < kPorts; ++port) {
      stalls_.emplace_back(pattern, make_rng(10 + port));
    }
    bench_->clear_i = 0;
    bench_->upd_valid_i = 0;
    bench_.reset();
    bench_.add(*this);
  }

  void drive() override {
    std::array<std::uint32_t, 6> bits{};
    std::uint32_t valid = 0;
    for (unsigned port = 0; port < kPorts; ++port) {
      if (!offering_[port] && !queues[port].empty() && !stalls_[port].stall())
        offering_[port] = true;
      Update update{static_cast<std::uint32_t>(noise_() & 255U),
                    static_cast<std::uint32_t>(noise_() & 3U),
                    static_cast<std::uint32_t>(noise_() & 0xFFFFU)};
      if (offering_[port]) {
        valid |= 1U << port;
        update = queues[port].front();
      }
      const std::uint64_t word = std::uint64_t{update.sem} << 18 | update.op << 16 | update.value;
      const unsigned at = port * kUpdateBits;
      bits[at / 32] |= static_cast<std::uint32_t>(word << (at % 32));
      bits[at / 32 + 1] |= static_cast<std::uint32_t>(word << (at % 32) >> 32);
    }
    bench_->upd_valid_i = static_cast<CData>(valid);
    for (unsigned i = 0; i < 6; ++i) bench_->upd_i[i] = bits[i];
  }

  void sample() override {
    for (unsigned i = 0; i < 32; ++i) {
      const std::uint32_t level = bench_->sem_o[i / 2] >> (i % 2 * 16) & 0xFFFFU;
      ASSERT_EQ(level, model[i]) << "semaphore " << i << " cycle " << bench_.cycle() << " seed "
                                 << options().seed << "\n  rerun: " << rerun_line();
    }
    ASSERT_EQ(bench_->fault_valid_o, fault_port) << "rerun: " << rerun_line();
    if (fault_port != 0) {
      ASSERT_EQ(bench_->fault_sem_o, fault_sem);
    }
    const unsigned taken = bench_->upd_valid_i & bench_->upd_ready_o;
    ASSERT_LE(__builtin_popcount(taken), 1);
    if (bench_->upd_valid_i != 0) {
      ASSERT_NE(taken, 0U) << "a cycle without an update";
    }
    for (unsigned port = 0; port < kPorts; ++port) {
      if ((bench_->upd_valid_i >> port & 1U) != 0 && (taken >> port & 1U) == 0) {
        longest_wait = std::max(longest_wait, ++waiting_[port]);
      } else {
        waiting_[port] = 0;
      }
      if ((taken >> port & 1U) == 0) continue;
      const Update update = queues[port].front();
      queues[port].pop_front();
      offering_[port] = false;
      ++applied;
      apply(port, update);
    }
  }

  bool idle() const {
    for (const auto& queue : queues) {
      if (!queue.empty()) return false;
    }
    return true;
  }

  void clear() {
    bench_->clear_i = 1;
    bench_->upd_valid_i = 0;
    model.fill(0);
    bench_.settle();
    // One edge without components: nothing is offered.
    bench_->clk_i = 0;
    bench_.settle();
    bench_->clk_i = 1;
    bench_.settle();
    fault_port = 0;
    bench_->clear_i = 0;
  }

  VerilatedBench<Vtn_semaphores>& bench() { return bench_; }

  std::array<std::deque<Update>, kPorts> queues;
  std::array<std::uint32_t, 32> model{};
  std::uint32_t fault_port = 0, fault_sem = 0;
  std::uint64_t applied = 0;
  unsigned longest_wait = 0;

 private:
  void apply(unsigned port, const Update& u) {
    bool refused = u.sem >= 32;
    std::uint32_t& level = model[u.sem % 32];
    std::uint32_t next = level;
    if (u.op == 1) {
      next = level + u.value;
      refused = refused || next > 0xFFFF;
    } else if (u.op == 2) {
      refused = refused || u.value > level;
      next = level - u.value;
    } else if (u.op == 3) {
      next = u.value;
    }
    if (!refused) {
      level = next;
    } else if (fault_port == 0) {
      fault_port = 1U << port;
      fault_sem = u.sem;
    }
  }

  VerilatedBench<Vtn_semaphores> bench_;
  std::vector<StallGenerator> stalls_;
  std::mt19937_64 noise_ = make_rng(1);
  std::array<bool, kPorts> offering_{};
  std::array<unsigned, kPorts> waiting_{};
};

class SemaphoresRandom : public ::testing::TestWithParam<StallPattern> {};

TEST_P(SemaphoresRandom, MatchesModel) {
  Bench bench(GetParam());
  std::mt19937_64 rng = make_rng();
  const std::uint64_t updates = case_count(3000);
  for (std::uint64_t i = 0; i < updates; ++i) {
    Update u{static_cast<std::uint32_t>(rng() % 32), static_cast<std::uint32_t>(rng() % 4),
             static_cast<std::uint32_t>(rng() % 4)};
    if (u.op == 3) u.value = static_cast<std::uint32_t>(rng() % 60000);
    if (u.op == 2) u.value = 0;  // without refusals here
    if (i % 40 == 0) u.value = static_cast<std::uint32_t>(rng() & 0xFFFFU), u.op = 3;
    bench.queues[rng() % kPorts].push_back(u);
  }
  bench.bench().run_until([&] { return bench.idle(); }, updates * 50);
  bench.bench().tick(2);
  EXPECT_EQ(bench.applied, updates);
  EXPECT_LE(bench.longest_wait, kPorts - 1) << "a port was left behind";
}

TEST_P(SemaphoresRandom, RefusalsNameThePortAndLeaveTheRest) {
  Bench bench(GetParam());
  std::mt19937_64 rng = make_rng();
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 60; ++i) {
      bench.queues[rng() % kPorts].push_back({static_cast<std::uint32_t>(rng() % 34),
                                              static_cast<std::uint32_t>(rng() % 4),
                                              static_cast<std::uint32_t>(rng() & 0xFFFFU)});
    }
    bench.bench().run_until([&] { return bench.idle(); }, 20000);
    bench.bench().tick(2);
    EXPECT_NE(bench.fault_port, 0U);
    bench.clear();
    bench.bench().tick(1);
  }
}

INSTANTIATE_TEST_SUITE_P(All, SemaphoresRandom, ::testing::ValuesIn(kAllStallPatterns),
                         [](const auto& param) { return std::string(name_of(param.param)); });

TEST(Semaphores, EdgesOfTheRange) {
  Bench bench(StallPattern::kNone);
  const auto run = [&](Update u) {
    bench.queues[2].push_back(u);
    bench.bench().run_until([&] { return bench.idle(); }, 10);
    bench.bench().tick(1);
  };
  run({5, 3, 0xFFFE});
  run({5, 1, 1});
  EXPECT_EQ(bench.fault_port, 0U);
  run({5, 2, 0xFFFF});
  EXPECT_EQ(bench.fault_port, 0U);
  EXPECT_EQ(bench.model[5], 0U);
  run({5, 2, 1});
  EXPECT_EQ(bench.fault_port, 4U);
  bench.clear();
  run({31, 3, 0xFFFF});
  run({31, 1, 1});
  EXPECT_EQ(bench.fault_port, 4U);
  EXPECT_EQ(bench.fault_sem, 31U);
  EXPECT_EQ(bench.model[31], 0xFFFFU);
}

}  // namespace
}  // namespace tinium::testbench
