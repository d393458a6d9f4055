// SPDX-License-Identifier: Apache-2.0
// Each client of the AXI muxes gets its own data and responses, whatever the bus does.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "Vtn_bus_bench.h"
#include "axi_memory.hpp"
#include "bench_options.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {
namespace {

constexpr unsigned kBus = TN_BUS_BYTES;
constexpr std::uint64_t kBase = 0xFEDC'0000'0000;
constexpr std::size_t kSize = 128 * 1024;
constexpr std::size_t kRegion = kSize / 8;  // of a writer

void set_bit(CData& word, unsigned bit, bool on) {
  word = static_cast<CData>((word & ~(1U << bit)) | unsigned{on} << bit);
}
std::uint8_t* bytes_of(void* data) { return static_cast<std::uint8_t*>(data); }

/// A burst within 4 KiB of a region of the memory.
struct Burst {
  std::uint64_t address;
  unsigned beats;
};

Burst random_burst(std::mt19937_64& rng, std::uint64_t first, std::uint64_t size) {
  const unsigned beats = 1 + static_cast<unsigned>(rng() % 16);
  std::uint64_t address = first + rng() % (size - 16 * kBus) / kBus * kBus;
  if (address / 4096 != (address + beats * kBus - 1) / 4096) {
    address = (address / 4096) * 4096;
  }
  return {address, beats};
}

class ReadClient : public BenchComponent {
 public:
  ReadClient(Vtn_bus_bench& m, unsigned id, const AxiMemory& memory, StallPattern pattern,
             std::mt19937_64 rng)
      : m_(m), id_(id), memory_(memory), stalls_(pattern, std::mt19937_64(rng())), rng_(rng) {
    set_bit(m_.c_ar_valid_i, id_, false);
    set_bit(m_.c_r_ready_i, id_, false);
  }

  unsigned to_ask = 0;
  std::uint64_t beats = 0;
  std::uint64_t errors = 0;
  /// Cycles from the first offer of an address to its acceptance, at most.
  std::uint64_t longest_wait = 0;
  bool done() const { return to_ask == 0 && !offering_ && due_.empty(); }

  void drive() override {
    if (!offering_) {
      offering_ = to_ask > 0 && due_.size() < 200 && !stalls_.stall();
      burst_ = random_burst(rng_, kBase, kSize / 2);
      std::memcpy(bytes_of(&m_.c_ar_addr_i) + 8 * id_, &burst_.address, 8);
      bytes_of(&m_.c_ar_len_i)[id_] = static_cast<std::uint8_t>(burst_.beats - 1);
      waiting_ = 0;
    }
    set_bit(m_.c_ar_valid_i, id_, offering_);
    set_bit(m_.c_r_ready_i, id_, !stalls_.stall());
  }

  void sample() override {
    if (offering_) {
      longest_wait = std::max(longest_wait, ++waiting_);
      if (m_.c_ar_ready_o >> id_ & 1) {
        offering_ = false;
        --to_ask;
        for (unsigned i = 0; i < burst_.beats; ++i) {
          due_.push_back({burst_.address + i * kBus, i + 1 == burst_.beats});
        }
      }
    }
    if (!(m_.c_r_valid_o >> id_ & 1) || !(m_.c_r_ready_i >> id_ & 1)) {
      return;
    }
    ++beats;
    if (due_.empty()) {
      ADD_FAILURE() << "client " << id_ << ": a beat it did not ask for; rerun: " << rerun_line();
      return;
    }
    const auto [address, last] = due_.front();
    due_.pop_front();
    EXPECT_EQ(m_.c_r_last_o >> id_ & 1, unsigned{last}) << "client " << id_;
    if (m_.c_r_err_o >> id_ & 1) {
      ++errors;
      return;
    }
    EXPECT_EQ(
        std::memcmp(bytes_of(&m_.c_r_data_o) + kBus * id_, &memory_.bytes[address - kBase], kBus),
        0)
        << "client " << id_ << " address " << address << " seed " << options().seed
        << "; rerun: " << rerun_line();
  }

 private:
  Vtn_bus_bench& m_;
  unsigned id_;
  const AxiMemory& memory_;
  StallGenerator stalls_;
  std::mt19937_64 rng_;
  bool offering_ = false;
  Burst burst_{};
  std::uint64_t waiting_ = 0;
  std::deque<std::pair<std::uint64_t, bool>> due_;
};

class WriteClient : public BenchComponent {
 public:
  WriteClient(Vtn_bus_bench& m, unsigned id, StallPattern pattern, std::mt19937_64 rng)
      : m_(m), id_(id), stalls_(pattern, std::mt19937_64(rng())), rng_(rng) {
    set_bit(m_.c_aw_valid_i, id_, false);
    set_bit(m_.c_w_valid_i, id_, false);
    set_bit(m_.c_b_ready_i, id_, false);
  }

  unsigned to_ask = 0;
  unsigned responses_due = 0;
  std::uint64_t errors = 0;
  /// Cycles from the first offer of an address to its acceptance, at most.
  std::uint64_t longest_wait = 0;
  /// What the client's part of the memory must hold, from kBase + kSize / 2 + id * kRegion.
  std::vector<std::uint8_t> expected;
  std::uint64_t first() const { return kBase + kSize / 2 + id_ * kRegion; }
  bool done() const {
    return to_ask == 0 && !offering_ && beats_.empty() && !beat_offered_ && responses_due == 0;
  }

  void drive() override {
    if (!offering_) {
      offering_ = to_ask > 0 && beats_.size() < 100 && !stalls_.stall();
      burst_ = random_burst(rng_, first(), kRegion);
      std::memcpy(bytes_of(&m_.c_aw_addr_i) + 8 * id_, &burst_.address, 8);
      bytes_of(&m_.c_aw_len_i)[id_] = static_cast<std::uint8_t>(burst_.beats - 1);
      waiting_ = 0;
    }
    set_bit(m_.c_aw_valid_i, id_, offering_);
    if (!beat_offered_) {
      beat_offered_ = !beats_.empty() && !stalls_.stall();
      for (unsigned b = 0; b < kBus; ++b) {
        bytes_of(&m_.c_w_data_i)[kBus * id_ + b] = static_cast<std::uint8_t>(rng_());
      }
      for (unsigned b = 0; b < kBus / 8; ++b) {
        bytes_of(&m_.c_w_strb_i)[kBus / 8 * id_ + b] = static_cast<std::uint8_t>(rng_());
      }
      set_bit(m_.c_w_last_i, id_, beat_offered_ && beats_.front().second);
    }
    set_bit(m_.c_w_valid_i, id_, beat_offered_);
    set_bit(m_.c_b_ready_i, id_, !stalls_.stall());
  }

  void sample() override {
    if (beat_offered_ && (m_.c_w_ready_o >> id_ & 1)) {
      const std::uint64_t at = beats_.front().first - first();
      for (unsigned b = 0; b < kBus; ++b) {
        if (bytes_of(&m_.c_w_strb_i)[kBus / 8 * id_ + b / 8] >> (b % 8) & 1) {
          expected[at + b] = bytes_of(&m_.c_w_data_i)[kBus * id_ + b];
        }
      }
      beats_.pop_front();
      beat_offered_ = false;
    }
    if (offering_) longest_wait = std::max(longest_wait, ++waiting_);
    if (offering_ && (m_.c_aw_ready_o >> id_ & 1)) {
      offering_ = false;
      --to_ask;
      ++responses_due;
      for (unsigned i = 0; i < burst_.beats; ++i) {
        beats_.push_back({burst_.address + i * kBus, i + 1 == burst_.beats});
      }
    }
    if ((m_.c_b_valid_o >> id_ & 1) && (m_.c_b_ready_i >> id_ & 1)) {
      EXPECT_GT(responses_due, 0U) << "client " << id_ << ": a response it did not wait for";
      --responses_due;
      errors += m_.c_b_err_o >> id_ & 1;
    }
  }

 private:
  Vtn_bus_bench& m_;
  unsigned id_;
  StallGenerator stalls_;
  std::mt19937_64 rng_;
  bool offering_ = false;
  bool beat_offered_ = false;
  std::uint64_t waiting_ = 0;
  Burst burst_{};
  std::deque<std::pair<std::uint64_t, bool>> beats_;
};

class Bus {
 public:
  Bus(StallPattern pattern, unsigned max_latency)
      : rng(make_rng()),
        memory(axi_ports(bench.dut()), kBus, kBase, kSize, AxiTiming::all(pattern, 1, max_latency),
               std::mt19937_64(rng())) {
    for (auto& byte : memory.bytes) {
      byte = static_cast<std::uint8_t>(rng());
    }
    for (unsigned id = 0; id < 3; ++id) {
      const auto client = pattern == StallPattern::kAfterValid ? StallPattern::kRandom : pattern;
      if (id < 2) {
        readers[id] =
            std::make_unique<ReadClient>(bench.dut(), id, memory, client, std::mt19937_64(rng()));
      }
      writers[id] = std::make_unique<WriteClient>(bench.dut(), id, client, std::mt19937_64(rng()));
      const auto* from = &memory.bytes[writers[id]->first() - kBase];
      writers[id]->expected.assign(from, from + kRegion);
    }
    bench.reset();
    bench.add(memory);
    for (const auto& reader : readers) bench.add(*reader);
    for (const auto& writer : writers) bench.add(*writer);
  }

  bool run() {
    return bench.run_until(
        [this] {
          return readers[0]->done() && readers[1]->done() && writers[0]->done() &&
                 writers[1]->done() && writers[2]->done();
        },
        400'000);
  }

  VerilatedBench<Vtn_bus_bench> bench;
  std::mt19937_64 rng;
  AxiMemory memory;
  std::array<std::unique_ptr<ReadClient>, 2> readers;
  std::array<std::unique_ptr<WriteClient>, 3> writers;  // record, DMA, trace
};

class AxiMux : public ::testing::TestWithParam<StallPattern> {};

TEST_P(AxiMux, EachClientGetsItsOwn) {
  Bus bus(GetParam(), 40);
  for (unsigned id = 0; id < 2; ++id) {
    bus.readers[id]->to_ask = static_cast<unsigned>(case_count(150));
  }
  for (const auto& writer : bus.writers) writer->to_ask = static_cast<unsigned>(case_count(100));
  ASSERT_TRUE(bus.run());
  for (const auto& reader : bus.readers) {
    EXPECT_GE(reader->beats, 150U);
    EXPECT_EQ(reader->errors, 0U);
  }
  for (unsigned id = 0; id < 3; ++id) {
    EXPECT_EQ(bus.writers[id]->errors, 0U);
    const WriteClient& w = *bus.writers[id];
    EXPECT_EQ(std::memcmp(w.expected.data(), &bus.memory.bytes[w.first() - kBase], kRegion), 0)
        << "bytes written by client " << id << "; rerun: " << rerun_line();
  }
  EXPECT_EQ(bus.bench->cache_o, 3U);
  EXPECT_EQ(bus.bench->zeros_o, 0U);
}

INSTANTIATE_TEST_SUITE_P(Stalls, AxiMux, ::testing::ValuesIn(kAllStallPatterns),
                         [](const auto& i) { return std::string(name_of(i.param)); });

TEST(AxiMuxErrors, ReachTheirClientOnly) {
  Bus bus(StallPattern::kRandom, 20);
  // Everything client 1 writes fails; reads fail in a sixteenth of the memory.
  bus.memory.fail(kBase, kSize / 16, false);
  bus.memory.fail(bus.writers[1]->first(), kRegion, true);
  for (const auto& reader : bus.readers) reader->to_ask = 100;
  for (const auto& writer : bus.writers) writer->to_ask = 100;
  ASSERT_TRUE(bus.run());
  EXPECT_GT(bus.readers[0]->errors, 0U);
  EXPECT_GT(bus.readers[1]->errors, 0U);
  EXPECT_EQ(bus.writers[0]->errors, 0U);
  EXPECT_EQ(bus.writers[1]->errors, 100U);
  EXPECT_EQ(bus.writers[2]->errors, 0U);
  // Record and trace share an ID.
  Bus second(StallPattern::kRandom, 20);
  second.memory.fail(second.writers[2]->first(), kRegion, true);
  for (const auto& writer : second.writers) writer->to_ask = 100;
  ASSERT_TRUE(second.run());
  EXPECT_EQ(second.writers[0]->errors, 0U);
  EXPECT_EQ(second.writers[1]->errors, 0U);
  EXPECT_EQ(second.writers[2]->errors, 100U);
}

TEST(AxiMuxPriority, TheFetcherGoesFirst) {
  Bus bus(StallPattern::kNone, 1);
  bus.readers[0]->to_ask = bus.readers[1]->to_ask = 300;
  ASSERT_TRUE(bus.run());
  EXPECT_LE(bus.readers[0]->longest_wait, 1U);
}

TEST(AxiMuxPriority, TheTraceGivesWayButNotForEver) {
  Bus bus(StallPattern::kNone, 1);
  bus.writers[1]->to_ask = 400;
  bus.writers[2]->to_ask = 20;
  ASSERT_TRUE(bus.bench.run_until([&] { return bus.writers[2]->done(); }, 100000));
  // 8 bursts of DMA, of up to 16 beats, may pass; the queue of data holds up to 8 more.
  EXPECT_LE(bus.writers[2]->longest_wait, 17U * 16);
  EXPECT_GT(bus.writers[2]->longest_wait, 4U * 8) << "it does not give way";
  EXPECT_GT(bus.writers[1]->to_ask, 0U) << "the DMA did not fill the bus";
}

}  // namespace
}  // namespace tinium::testbench
