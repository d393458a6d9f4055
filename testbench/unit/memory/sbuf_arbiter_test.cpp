// SPDX-License-Identifier: Apache-2.0
// tn_sbuf_arbiter alone, four banks: every cycle of random requests against the rules in words,
// from the turns that reset leaves.
#include <gtest/gtest.h>

#include "Vtn_sbuf_arbiter.h"
#include "verilated_bench.hpp"

namespace tinium::testbench {
namespace {

constexpr unsigned kBanks = 4;

class Bench {
 public:
  Bench() { reset(); }

  void reset() {
    set(0, 0, 0, 0, 0, 0, false);
    bench_.reset(1);
    read_turn_ = write_turn_ = false;
  }

  void set(unsigned mov, unsigned sta, unsigned vrd, unsigned drd, unsigned vwr, unsigned dwr,
           bool twr) {
    bench_->mov_banks_i = mov;
    bench_->sta_banks_i = sta;
    bench_->vrd_banks_i = vrd;
    bench_->drd_banks_i = drd;
    bench_->vwr_banks_i = vwr;
    bench_->dwr_banks_i = dwr;
    bench_->twr_valid_i = twr;
  }

  /// Checks the grants of one cycle; grants of what is not requested mean nothing.
  void cycle() {
    bench_->clk_i = 0;
    bench_.settle();
    const unsigned tensor = bench_->mov_banks_i | bench_->sta_banks_i;
    const unsigned vrd = bench_->vrd_banks_i, drd = bench_->drd_banks_i;
    if (bench_->sta_banks_i != 0) {
      ASSERT_EQ(bench_->sta_grant_o != 0, (bench_->sta_banks_i & bench_->mov_banks_i) == 0);
    }
    const bool free = (vrd & tensor) == 0;
    const bool read_meet = free && (vrd & drd) != 0;
    const bool vector_goes = free && !(read_meet && read_turn_);
    if (vrd != 0) {
      ASSERT_EQ(bench_->vrd_grant_o != 0, vector_goes);
    }
    const unsigned given = drd & ~tensor & ~(vector_goes ? vrd : 0U);
    ASSERT_EQ(bench_->drd_banks_o, given);
    if (drd != 0) {
      ASSERT_EQ(bench_->drd_grant_o != 0, given == drd);
    }
    const bool dma_writes = bench_->dwr_banks_i != 0 || bench_->twr_valid_i != 0;
    const bool write_meet = (bench_->vwr_banks_i & bench_->dwr_banks_i) != 0 ||
                            (bench_->vwr_banks_i != 0 && bench_->twr_valid_i != 0);
    if (bench_->vwr_banks_i != 0) {
      ASSERT_EQ(bench_->vwr_grant_o != 0, !(write_meet && write_turn_));
    }
    if (dma_writes) {
      ASSERT_EQ(bench_->dma_grant_o != 0, !(write_meet && !write_turn_));
    }
    bench_.tick();
    read_turn_ ^= read_meet;
    write_turn_ ^= write_meet;
  }

 private:
  VerilatedBench<Vtn_sbuf_arbiter> bench_;
  bool read_turn_ = false, write_turn_ = false;  // DMA goes first at the next meeting
};

unsigned one_of(std::mt19937_64& rng) { return rng() % 3 == 0 ? 0U : 1U << rng() % kBanks; }

TEST(SbufArbiter, FollowsItsRules) {
  Bench bench;
  std::mt19937_64 rng = make_rng();
  for (std::uint64_t i = 0; i < case_count(4000) && !::testing::Test::HasFatalFailure(); ++i) {
    const unsigned wide = rng() % 3 == 0 ? 0U : static_cast<unsigned>(rng() % (1U << kBanks));
    const bool transposes = rng() % 3 == 0;
    bench.set(rng() % 2 != 0 ? 0U : one_of(rng), rng() % 2 != 0 ? 0U : one_of(rng), one_of(rng),
              static_cast<unsigned>(rng() % (1U << kBanks)), one_of(rng), transposes ? 0U : wide,
              transposes);
    bench.cycle();
  }
}

TEST(SbufArbiter, VectorGoesFirstAfterReset) {
  for (int meetings = 0; meetings < 4; ++meetings) {
    Bench bench;
    for (int i = 0; i < meetings; ++i) {
      bench.set(0, 0, 1, 1, 0, 0, false);
      bench.cycle();
      bench.set(0, 0, 0, 0, 2, 2, false);
      bench.cycle();
    }
    bench.reset();
    bench.set(0, 0, 4, 4, 8, 8, false);
    bench.cycle();
    bench.cycle();
  }
}

}  // namespace
}  // namespace tinium::testbench
