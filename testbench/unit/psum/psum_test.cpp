// SPDX-License-Identifier: Apache-2.0
// PSUM against a plain array: waves of TensorE that reach column c after c cycles, reads of
// VectorE, both at random and all at once.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "Vtn_psum.h"
#include "bench_options.hpp"
#include "hex.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {
namespace {

constexpr std::uint32_t kPartitions = TN_PARTITIONS;
constexpr std::uint32_t kLanes = 16;
constexpr std::uint32_t kCols = TN_COLS;
constexpr std::uint32_t kBanks = TN_PSUM_BANKS;
constexpr std::uint32_t kBlocks = kPartitions / kCols;
constexpr std::uint32_t kWords = 512;
constexpr std::uint64_t kReadLatency = 2;  // tn_pkg::PsumReadLat

struct Wave {
  std::uint32_t bank = 0, block = 0, index = 0, first_col = 0, end_col = kCols;

  std::uint64_t bits() const {
    return std::uint64_t{bank} << 32 | std::uint64_t{block} << 25 | std::uint64_t{index} << 16 |
           first_col << 8 | end_col;
  }
};

/// What the bench does in each cycle, in percent.
struct Load {
  unsigned reads = 50, writes = 50, vector_reads = 50;
  std::uint32_t indices = 4;  ///< few words make collisions frequent
};

class PsumBench : public BenchComponent {
 public:
  PsumBench() : rng_(make_rng()), golden_(std::size_t{kPartitions} * kBanks * kWords) {
    bench_->trd_valid_i = 0;
    bench_->twr_valid_i = 0;
    bench_->vrd_valid_i = 0;
    bench_.reset();
    bench_.add(*this);
    // Every word once, in order: afterwards all contents are known.
    for (std::uint32_t bank = 0; bank < kBanks; ++bank) {
      for (std::uint32_t block = 0; block < kBlocks; ++block) {
        for (std::uint32_t index = 0; index < kWords; ++index) {
          sweep_.push_back({bank, block, index, 0, kCols});
        }
      }
    }
    bench_.run_until([&] { return sweep_.empty(); }, sweep_.size() + 10);
    bench_.tick(kCols + 2);
  }

  void run(const Load& load, std::uint64_t cycles) {
    load_ = load;
    bench_.tick(cycles);
    load_.reset();
    bench_.tick(kCols + 4);
  }

  /// Reads every word as VectorE.
  void read_all() {
    for (std::uint32_t bank = 0; bank < kBanks; ++bank) {
      for (std::uint32_t prow = 0; prow < kPartitions / kLanes; ++prow) {
        for (std::uint32_t index = 0; index < kWords; ++index) scan_.push_back({bank, prow, index});
      }
    }
    bench_.run_until([&] { return scan_.empty() && vector_flight_.empty(); }, 100000);
  }

  void corrupt_golden() { golden_[5] ^= 0x10; }
  std::uint64_t checks() const { return checks_; }
  std::uint64_t refusals() const { return refusals_; }

  void drive() override {
    const auto chance = [&](unsigned percent) { return rng_() % 100 < percent; };
    for (std::uint32_t col = 0; col < kCols; ++col) {
      bench_->twr_data_i[col] = static_cast<std::uint32_t>(rng_());
    }
    std::optional<Wave> read, write;
    if (load_ && chance(load_->reads)) read = random_wave();
    if (load_ && chance(load_->writes)) write = random_wave();
    if (!sweep_.empty()) {
      write = sweep_.front();
      sweep_.pop_front();
    }
    bench_->trd_valid_i = read.has_value();
    bench_->trd_wave_i = read ? read->bits() : rng_() & 0xfffffffffU;
    bench_->twr_valid_i = write.has_value();
    bench_->twr_wave_i = write ? write->bits() : rng_() & 0xfffffffffU;
    reads_.push_front(read);
    writes_.push_front(write);
    reads_.resize(kCols);
    writes_.resize(kCols);

    if (!wanted_ && !scan_.empty()) {
      wanted_ = scan_.front();
      scan_.pop_front();
    } else if (!wanted_ && load_ && chance(load_->vector_reads)) {
      wanted_ = Place{below(kBanks), below(kPartitions / kLanes), below(load_->indices)};
    }
    bench_->vrd_valid_i = wanted_.has_value();
    const Place shown = wanted_.value_or(Place{below(kBanks), 0, 0});
    bench_->vrd_bank_i = static_cast<CData>(shown.bank);
    bench_->vrd_prow_i = static_cast<CData>(shown.prow);
    bench_->vrd_index_i = static_cast<SData>(shown.index);
  }

  void sample() override {
    const std::uint64_t now = bench_.cycle();
    bool bank_read[kBanks] = {};
    std::vector<std::optional<std::uint32_t>> captured(kCols);
    for (std::uint32_t col = 0; col < kCols; ++col) {
      const auto& wave = reads_[col];
      if (!wave || col < wave->first_col || col >= wave->end_col) continue;
      bank_read[wave->bank] = true;
      captured[col] = golden_[at(*wave, col)];
    }
    tensor_flight_.push_back({now, captured});

    const Place shown{bench_->vrd_bank_i, bench_->vrd_prow_i, bench_->vrd_index_i};
    const bool ready = bench_->vrd_ready_o != 0;
    expect(ready ? 1U : 0U, bank_read[shown.bank] ? 0U : 1U,
           "vrd_ready_o for bank " + std::to_string(shown.bank));
    if (wanted_ && ready) {
      std::vector<std::uint32_t> lanes(kLanes);
      for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
        lanes[lane] = golden_[(std::size_t{shown.prow} * kLanes + lane) * kBanks * kWords +
                              shown.bank * kWords + shown.index];
      }
      vector_flight_.push_back({now, lanes});
      wanted_.reset();
    } else if (wanted_) {
      ++refusals_;
    }

    // Data of earlier reads, then this cycle's writes: a read returns the old value.
    if (tensor_flight_.front().cycle + kReadLatency == now) {
      for (std::uint32_t col = 0; col < kCols; ++col) {
        const auto& want = tensor_flight_.front().columns[col];
        if (want) expect(bench_->trd_data_o[col], *want, "TensorE column " + std::to_string(col));
      }
      tensor_flight_.pop_front();
    }
    if (!vector_flight_.empty() && vector_flight_.front().cycle + kReadLatency == now) {
      for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
        expect(bench_->vrd_data_o[lane], vector_flight_.front().lanes[lane],
               "VectorE lane " + std::to_string(lane));
      }
      vector_flight_.pop_front();
    }
    for (std::uint32_t col = 0; col < kCols; ++col) {
      const auto& wave = writes_[col];
      if (!wave || col < wave->first_col || col >= wave->end_col) continue;
      golden_[at(*wave, col)] = bench_->twr_data_i[col];
    }
  }

 private:
  struct Place {
    std::uint32_t bank, prow, index;
  };
  struct TensorRead {
    std::uint64_t cycle;
    std::vector<std::optional<std::uint32_t>> columns;
  };
  struct VectorRead {
    std::uint64_t cycle;
    std::vector<std::uint32_t> lanes;
  };

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(rng_() % limit); }

  Wave random_wave() {
    Wave wave{below(kBanks), below(kBlocks), below(load_->indices), 0, kCols};
    if (below(3) == 0) wave.index = kWords - 1 - wave.index;
    if (below(2) == 0) {
      wave.first_col = below(kCols);
      wave.end_col = wave.first_col + 1 + below(kCols - wave.first_col);
    }
    return wave;
  }

  /// Partition block * Cols + col, whatever lane that is in.
  static std::size_t at(const Wave& wave, std::uint32_t col) {
    return (std::size_t{wave.block} * kCols + col) * kBanks * kWords + wave.bank * kWords +
           wave.index;
  }

  void expect(std::uint32_t got, std::uint32_t want, const std::string& what) {
    ++checks_;
    if (got == want) return;
    if (++mismatches_ <= 16) {
      ADD_FAILURE() << current_test_name() << " seed " << options().seed << " cycle "
                    << bench_.cycle() << ": " << what << ": expected " << to_hex(want) << " got "
                    << to_hex(got) << "\n  rerun: " << rerun_line();
    }
  }

  VerilatedBench<Vtn_psum> bench_;
  std::mt19937_64 rng_;
  std::vector<std::uint32_t> golden_;  // [partition][bank][index]
  std::optional<Load> load_;
  std::deque<Wave> sweep_;
  std::deque<Place> scan_;
  std::deque<std::optional<Wave>> reads_, writes_;  // [c]: the wave at column c
  std::optional<Place> wanted_;
  std::deque<TensorRead> tensor_flight_;
  std::deque<VectorRead> vector_flight_;
  std::uint64_t checks_ = 0, mismatches_ = 0, refusals_ = 0;
};

TEST(Psum, EveryWordHasAPlaceOfItsOwn) {
  PsumBench bench;
  bench.read_all();
  EXPECT_GE(bench.checks(), std::uint64_t{kPartitions} * kBanks * kWords);
}

TEST(Psum, RandomTraffic) {
  PsumBench bench;
  for (const Load& load : {Load{50, 50, 50, 4}, Load{100, 100, 100, 2}, Load{0, 100, 100, 8},
                           Load{100, 0, 100, 8}, Load{10, 90, 80, 512}, Load{90, 10, 30, 64}}) {
    bench.run(load, case_count(3000));
  }
  EXPECT_GT(bench.refusals(), 100U) << "no conflict was met";
  EXPECT_GT(bench.checks(), 20000U);
  bench.read_all();
}

TEST(Psum, VectorReadsAreNeverRefusedByWrites) {
  PsumBench bench;
  bench.run(Load{0, 100, 100, 4}, 2000);
  EXPECT_EQ(bench.refusals(), 0U);
}

TEST(PsumChecksFire, WrongWord) {
  ::testing::TestPartResultArray results;
  {
    ::testing::ScopedFakeTestPartResultReporter reporter(
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
    PsumBench bench;
    bench.corrupt_golden();
    bench.read_all();
  }
  ASSERT_EQ(results.size(), 1);
  EXPECT_NE(std::string(results.GetTestPartResult(0).message()).find("VectorE lane 0: expected"),
            std::string::npos);
}

}  // namespace
}  // namespace tinium::testbench
