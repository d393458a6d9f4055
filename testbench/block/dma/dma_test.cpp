// SPDX-License-Identifier: Apache-2.0
// The DMA queues move the right bytes and no others, at any alignment, under any timing, and stop,
// fault and go on as the instruction set says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "Vtn_dma_bench.h"
#include "axi_memory.hpp"
#include "bench_options.hpp"
#include "stream.hpp"
#include "tinium/generated/isa.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {
namespace {

constexpr unsigned kPartitions = TN_PARTITIONS;
constexpr unsigned kLanes = TN_LANES;
constexpr unsigned kBus = TN_BUS_BYTES;
constexpr unsigned kSbufBytes = TN_SBUF_BYTES;
constexpr std::size_t kDramBytes = 256 * 1024;

using Transfer = isa::DmaLoad;  // a store has the same fields

struct Queued {
  std::array<std::uint32_t, 16> words;
  std::uint32_t index;
};

Queued encode(const Transfer& transfer, bool is_store, std::uint32_t index) {
  Transfer t = transfer;
  t.opcode = is_store ? 0x31 : 0x30;
  Queued q{{}, index};
  const auto fields = isa::values(t);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& field = isa::kDmaLoadFields[i];
    if (field.width == 64) {
      q.words[field.word] = static_cast<std::uint32_t>(fields[i]);
      q.words[field.word + 1] = static_cast<std::uint32_t>(fields[i] >> 32);
    } else {
      const std::uint64_t mask = (std::uint64_t{1} << field.width) - 1;
      q.words[field.word] |= static_cast<std::uint32_t>((fields[i] & mask) << field.lsb);
    }
  }
  return q;
}

/// The 32 counters. Takes at most one update of each queue in a cycle.
class Semaphores : public BenchComponent {
 public:
  Semaphores(Vtn_dma_bench& m, StallPattern pattern, std::mt19937_64 rng)
      : m_(m), load_stalls_(pattern, rng), store_stalls_(pattern, std::mt19937_64(rng())) {}

  std::array<std::uint16_t, 32> level{};
  std::vector<std::uint32_t> load_updates, store_updates;  ///< as they came

  void drive() override {
    for (unsigned i = 0; i < 32; ++i) {
      const unsigned shift = 16 * (i % 2);
      m_.sem_i[i / 2] = (m_.sem_i[i / 2] & ~(0xFFFFU << shift)) | std::uint32_t{level[i]} << shift;
    }
    m_.load_upd_ready_i = !load_stalls_.stall();
    m_.store_upd_ready_i = !store_stalls_.stall();
  }

  void sample() override {
    take(m_.load_upd_valid_o, m_.load_upd_ready_i, m_.load_upd_o, m_.load_fault_valid_o, load_held_,
         load_updates);
    take(m_.store_upd_valid_o, m_.store_upd_ready_i, m_.store_upd_o, m_.store_fault_valid_o,
         store_held_, store_updates);
  }

 private:
  void take(bool valid, bool ready, std::uint32_t update, bool fault,
            std::optional<std::uint32_t>& held, std::vector<std::uint32_t>& log) {
    const bool may_drop = m_.stop_i || fault || m_.clear_i;
    if (held && !may_drop) {
      EXPECT_TRUE(valid) << "an update was withdrawn; rerun: " << rerun_line();
      EXPECT_EQ(update, *held) << "an update changed; rerun: " << rerun_line();
    }
    held.reset();
    if (!valid) {
      return;
    }
    if (!ready) {
      held = update;
      return;
    }
    const unsigned sem = update >> 18 & 31;
    const unsigned op = update >> 16 & 3;
    const auto value = static_cast<std::uint16_t>(update);
    log.push_back(update);
    if (op == 1) {
      level[sem] = static_cast<std::uint16_t>(level[sem] + value);
    } else if (op == 2) {
      EXPECT_GE(level[sem], value) << "semaphore " << sem << " below zero; rerun: " << rerun_line();
      level[sem] = static_cast<std::uint16_t>(level[sem] - value);
    } else if (op == 3) {
      level[sem] = value;
    } else {
      ADD_FAILURE() << "an update without an operation; rerun: " << rerun_line();
    }
  }

  Vtn_dma_bench& m_;
  StallGenerator load_stalls_, store_stalls_;
  std::optional<std::uint32_t> load_held_, store_held_;
};

/// Engines that read SBUF, or ask to write nothing, with a given probability in each cycle.
class Contention : public BenchComponent {
 public:
  Contention(Vtn_dma_bench& m, double probability, std::mt19937_64 rng)
      : m_(m), rng_(rng), probability_(probability) {}

  void drive() override {
    put(m_.mov_valid_i, 1, m_.mov_prow_i, m_.mov_off8_i);
    put(m_.sta_valid_i, m_.sta_ready_o, m_.sta_prow_i, m_.sta_off8_i);
    put(m_.vrd_valid_i, m_.vrd_ready_o, m_.vrd_prow_i, m_.vrd_off8_i);
    put(m_.vwr_valid_i, m_.vwr_ready_o, m_.vwr_prow_i, m_.vwr_off8_i);
    std::memset(&m_.vwr_be_i, 0, sizeof(m_.vwr_be_i));
  }
  void sample() override {}

 private:
  void put(CData& valid, CData ready, CData& prow, SData& off8) {
    if (valid && !ready) {
      return;
    }
    valid = static_cast<double>(rng_() >> 11) * 0x1p-53 < probability_;
    prow = static_cast<CData>(rng_() % (kPartitions / kLanes));
    off8 = static_cast<SData>(rng_() % (kSbufBytes / 8));
  }

  Vtn_dma_bench& m_;
  std::mt19937_64 rng_;
  double probability_;
};

/// Reads of the instruction fetcher, in a part of DRAM that nobody writes.
class Fetches : public BenchComponent {
 public:
  Fetches(Vtn_dma_bench& m, AxiMemory& memory, std::size_t first, std::size_t size,
          double probability, std::mt19937_64 rng)
      : m_(m), memory_(memory), first_(first), size_(size), probability_(probability), rng_(rng) {}

  std::uint64_t beats = 0;
  bool idle() const { return expected_.empty() && !m_.fetch_ar_valid_i; }
  /// Asks for no more until resumed.
  void pause(bool on) { paused_ = on; }

  void drive() override {
    if (!(m_.fetch_ar_valid_i && !taken_)) {
      m_.fetch_ar_valid_i = chance();
      const unsigned count = 1 + static_cast<unsigned>(rng_() % 4);
      const std::size_t word = rng_() % (size_ / kBus / 4 - 1) * 4;
      m_.fetch_ar_len_i = static_cast<CData>(count - 1);
      m_.fetch_ar_addr_i = memory_.base() + first_ + word * kBus;
    }
    m_.fetch_r_ready_i = rng_() % 4 != 0;
  }

  void sample() override {
    taken_ = m_.fetch_ar_valid_i && m_.fetch_ar_ready_o;
    if (taken_) {
      for (unsigned i = 0; i <= m_.fetch_ar_len_i; ++i) {
        expected_.push_back(
            {m_.fetch_ar_addr_i - memory_.base() + i * kBus, i == m_.fetch_ar_len_i});
      }
    }
    if (m_.fetch_r_valid_o && m_.fetch_r_ready_i) {
      ++beats;
      if (expected_.empty()) {
        ADD_FAILURE() << "the fetcher got a beat it did not ask for; rerun: " << rerun_line();
        return;
      }
      const auto [offset, last] = expected_.front();
      expected_.pop_front();
      EXPECT_EQ(std::memcmp(&m_.fetch_r_data_o, &memory_.bytes[offset], kBus), 0)
          << "fetched beat at " << offset << "; rerun: " << rerun_line();
      EXPECT_EQ(m_.fetch_r_last_o != 0, last);
    }
  }

 private:
  bool chance() {
    return static_cast<double>(rng_() >> 11) * 0x1p-53 < probability_ && !paused_ &&
           expected_.size() < 32;
  }

  Vtn_dma_bench& m_;
  AxiMemory& memory_;
  std::size_t first_, size_;
  double probability_;
  std::mt19937_64 rng_;
  std::deque<std::pair<std::size_t, bool>> expected_;
  bool taken_ = true;
  bool paused_ = false;
};

struct RigOptions {
  AxiTiming timing = AxiTiming::all(StallPattern::kNone, 1, 1);
  StallPattern instructions = StallPattern::kNone;
  StallPattern updates = StallPattern::kNone;
  double contention = 0;
  double fetches = 0;
  std::uint64_t dram_base = 0x12'3450'0000;
};

/// Where in DRAM things are. Windows begin and end at odd addresses.
constexpr std::size_t kFetchFirst = 0, kFetchSize = 16 * 1024;
constexpr std::size_t kReadFirst = 20 * 1024 + 13, kReadSize = 80'003;
constexpr std::size_t kWriteFirst = 110 * 1024 + 7, kWriteSize = 80'011;
constexpr std::size_t kBothFirst = 200 * 1024 + 1, kBothSize = 50'021;
constexpr unsigned kReadSlot = 3, kWriteSlot = 9, kBothSlot = 15;

class Rig {
 public:
  explicit Rig(const RigOptions& o = {})
      : rng(make_rng()),
        memory(axi_ports(bench.dut()), kBus, o.dram_base, kDramBytes, o.timing,
               std::mt19937_64(rng())),
        semaphores(bench.dut(), o.updates, std::mt19937_64(rng())),
        contention(bench.dut(), o.contention, std::mt19937_64(rng())),
        fetches(bench.dut(), memory, kFetchFirst, kFetchSize, o.fetches, std::mt19937_64(rng())),
        loads(
            bench->load_valid_i, bench->load_ready_o,
            [this](const Queued& q) {
              std::memcpy(&bench->load_instr_i, q.words.data(), 64);
              bench->load_index_i = q.index;
            },
            StallGenerator(o.instructions, std::mt19937_64(rng()))),
        stores(
            bench->store_valid_i, bench->store_ready_o,
            [this](const Queued& q) {
              std::memcpy(&bench->store_instr_i, q.words.data(), 64);
              bench->store_index_i = q.index;
            },
            StallGenerator(o.instructions, std::mt19937_64(rng()))) {
    bench->stop_i = bench->clear_i = 0;
    bench->slot_valid_i = 0;
    bench->fetch_ar_valid_i = 0;
    rest();
    open(kReadSlot, kReadFirst, kReadSize, true, false);
    open(kWriteSlot, kWriteFirst, kWriteSize, false, true);
    open(kBothSlot, kBothFirst, kBothSize, true, true);
    bench.reset();
    for (auto& byte : memory.bytes) {
      byte = static_cast<std::uint8_t>(rng());
    }
    dram = memory.bytes;
    fill_sbuf();
    bench.add(memory);
    bench.add(semaphores);
    bench.add(fetches);
    bench.add(loads);
    bench.add(stores);
    if (o.contention > 0) {
      bench.add(contention);
    }
    bench.tick();
  }

  VerilatedBench<Vtn_dma_bench> bench;
  std::mt19937_64 rng;
  AxiMemory memory;
  Semaphores semaphores;
  Contention contention;
  Fetches fetches;
  StreamDriver<Queued> loads, stores;
  std::vector<std::uint8_t> sbuf;  ///< expected, partition-major
  std::vector<std::uint8_t> dram;  ///< expected

  std::uint8_t& sbuf_byte(unsigned partition, unsigned offset) {
    return sbuf[std::size_t{partition} * kSbufBytes + offset];
  }

  void open(unsigned slot, std::size_t first, std::uint64_t size, bool read, bool write) {
    const auto bit = [slot](SData& word, bool on) {
      word = static_cast<SData>((word & ~(1U << slot)) | unsigned{on} << slot);
    };
    bit(bench->slot_valid_i, true);
    bit(bench->slot_read_i, read);
    bit(bench->slot_write_i, write);
    const std::uint64_t base = memory.base() + first;
    std::memcpy(&bench->slot_base_i[slot * 2], &base, 8);
    // 62-bit entries of a packed array.
    for (unsigned b = 0; b < 62; ++b) {
      const unsigned at = slot * 62 + b;
      auto& word = bench->slot_bytes_i[at / 32];
      word = (word & ~(1U << at % 32)) | static_cast<std::uint32_t>(size >> b & 1) << at % 32;
    }
  }
  void close(unsigned slot) {
    bench->slot_valid_i = static_cast<SData>(bench->slot_valid_i & ~(1U << slot));
  }
  static std::size_t first_of(unsigned slot) {
    return slot == kReadSlot ? kReadFirst : slot == kWriteSlot ? kWriteFirst : kBothFirst;
  }
  static std::size_t size_of(unsigned slot) {
    return slot == kReadSlot ? kReadSize : slot == kWriteSlot ? kWriteSize : kBothSize;
  }

  void load(const Transfer& t) { loads.push(encode(t, false, next_index++)); }
  void store(const Transfer& t) { stores.push(encode(t, true, next_index++)); }

  /// Calls `f(sbuf byte, dram byte)` for each byte, in order.
  template <typename F>
  void each_byte(const Transfer& t, F&& f) {
    for (unsigned row = 0; row < t.num1; ++row) {
      const std::int64_t r = row;
      const auto d =
          static_cast<std::int64_t>(first_of(t.slot) + t.dram_offset) + r * t.dram_step1;
      const auto s = static_cast<std::int64_t>(t.sbuf_offset) + r * t.sbuf_step1;
      const unsigned p = t.sbuf_partition + (t.partition_step1 ? row : 0);
      for (unsigned b = 0; b < t.row_bytes; ++b) {
        f(sbuf_byte(p, static_cast<unsigned>(s) + b), dram[static_cast<std::size_t>(d) + b]);
      }
    }
  }
  void expect_load(const Transfer& t) {
    each_byte(t, [](std::uint8_t& s, const std::uint8_t& d) { s = d; });
  }
  void expect_store(const Transfer& t) {
    each_byte(t, [](const std::uint8_t& s, std::uint8_t& d) { d = s; });
  }

  bool idle() { return loads.idle() && stores.idle() && bench->load_idle_o && bench->store_idle_o; }
  bool run(std::uint64_t limit = 400'000) {
    if (!bench.run_until([this] { return idle(); }, limit)) {
      return false;
    }
    fetches.pause(true);
    const bool quiet = bench.run_until([this] { return fetches.idle(); }, limit);
    EXPECT_TRUE(memory.idle()) << "idle with bursts outstanding; rerun: " << rerun_line();
    fetches.pause(false);
    return quiet;
  }

  /// A launcher's reaction to a fault, or a stop out of the blue.
  void stop_and_clear() {
    bench->stop_i = 1;
    EXPECT_TRUE(
        bench.run_until([this] { return bench->load_idle_o && bench->store_idle_o; }, 20'000));
    bench->clear_i = 1;
    bench.tick();
    bench->clear_i = 0;
    bench->stop_i = 0;
    bench.tick();
    EXPECT_FALSE(bench->load_fault_valid_o);
    EXPECT_FALSE(bench->store_fault_valid_o);
  }

  /// Compares all of SBUF and DRAM, guard bytes included. `except` masks bytes of undefined value.
  void compare(const std::string& what, const std::vector<bool>* except_sbuf = nullptr,
               const std::vector<bool>* except_dram = nullptr) {
    int reports = 0;
    const auto report = [&](const std::string& where, unsigned expected, unsigned got) {
      if (reports++ < 16) {
        ADD_FAILURE() << what << ": " << where << ": expected " << expected << ", got " << got
                      << " (seed " << options().seed << ")"
                      << (reports == 1 ? "\n  rerun: " + rerun_line() : "");
      }
    };
    const std::vector<std::uint8_t> now = dump_sbuf();
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (now[i] != sbuf[i] && !(except_sbuf && (*except_sbuf)[i])) {
        report("SBUF partition " + std::to_string(i / kSbufBytes) + " offset " +
                   std::to_string(i % kSbufBytes),
               sbuf[i], now[i]);
      }
    }
    for (std::size_t i = 0; i < dram.size(); ++i) {
      if (memory.bytes[i] != dram[i] && !(except_dram && (*except_dram)[i])) {
        report("DRAM byte " + std::to_string(i), dram[i], memory.bytes[i]);
      }
    }
    sbuf = now;
    dram = memory.bytes;
  }

  std::uint32_t next_index = 100;

 private:
  /// No engine asks for SBUF.
  void rest() {
    bench->vrd_valid_i = bench->mov_valid_i = bench->sta_valid_i = bench->vwr_valid_i = 0;
  }

  void fill_sbuf() {
    sbuf.resize(std::size_t{kPartitions} * kSbufBytes);
    std::memset(&bench->vwr_be_i, 0xFF, sizeof(bench->vwr_be_i));
    for (unsigned prow = 0; prow < kPartitions / kLanes; ++prow) {
      for (unsigned off8 = 0; off8 < kSbufBytes / 8; ++off8) {
        bench->vwr_valid_i = 1;
        bench->vwr_prow_i = static_cast<CData>(prow);
        bench->vwr_off8_i = static_cast<SData>(off8);
        for (unsigned lane = 0; lane < kLanes; ++lane) {
          const std::uint64_t word = rng();
          std::memcpy(&bench->vwr_data_i[lane * 2], &word, 8);
          std::memcpy(&sbuf_byte(prow * kLanes + lane, off8 * 8), &word, 8);
        }
        bench.tick();
      }
    }
    rest();
  }

  std::vector<std::uint8_t> dump_sbuf() {
    // The components rest, so that nothing else asks for the read port.
    rest();
    std::vector<std::uint8_t> now(sbuf.size());
    Vtn_dma_bench& m = bench.dut();
    const unsigned words = kSbufBytes / 8;
    const unsigned total = kPartitions / kLanes * words;
    for (unsigned n = 0; n <= total; ++n) {
      m.vrd_valid_i = n < total;
      m.vrd_prow_i = static_cast<CData>(n / words % (kPartitions / kLanes));
      m.vrd_off8_i = static_cast<SData>(n % words);
      m.clk_i = 0;
      m.eval();
      m.clk_i = 1;
      m.eval();
      if (n >= 1) {
        const unsigned prow = (n - 1) / words;
        const unsigned off8 = (n - 1) % words;
        for (unsigned lane = 0; lane < kLanes; ++lane) {
          std::memcpy(&now[(std::size_t{prow} * kLanes + lane) * kSbufBytes + off8 * 8],
                      &m.vrd_data_o[lane * 2], 8);
        }
      }
    }
    return now;
  }
};

std::uint64_t below(std::mt19937_64& rng, std::uint64_t bound) { return rng() % bound; }

/// A legal transfer in `slot`, its SBUF side within [sbuf_first, sbuf_end) of each partition.
Transfer random_transfer(std::mt19937_64& rng, unsigned slot, unsigned sbuf_first,
                         unsigned sbuf_end) {
  Transfer t;
  t.slot = slot;
  const unsigned kind = static_cast<unsigned>(below(rng, 8));
  const unsigned room = sbuf_end - sbuf_first;
  t.row_bytes = kind == 0  ? 1 + static_cast<unsigned>(below(rng, room))
                : kind < 3 ? 1 + static_cast<unsigned>(below(rng, 8))
                           : 1 + static_cast<unsigned>(below(rng, 200));
  t.row_bytes = std::min(t.row_bytes, room);
  t.num1 = kind == 0 ? 1 + static_cast<unsigned>(below(rng, 3))
                     : 1 + static_cast<unsigned>(below(rng, kPartitions));
  t.partition_step1 = below(rng, 4) != 0;
  t.sbuf_partition = static_cast<unsigned>(below(rng, kPartitions));
  if (t.partition_step1) {
    t.num1 = std::min(t.num1, kPartitions - t.sbuf_partition);
  }
  // Steps: none, dense, or any that fits.
  const auto step = [&](std::int64_t most) -> std::int64_t {
    if (t.num1 == 1) {
      return static_cast<std::int32_t>(rng());  // without effect
    }
    const std::int64_t bound = most / (t.num1 - 1);
    switch (below(rng, 4)) {
      case 0:
        return 0;
      case 1:
        return std::min<std::int64_t>(t.row_bytes, bound);
      default:
        return static_cast<std::int64_t>(below(rng, 2 * bound + 1)) - bound;
    }
  };
  const auto place = [&](std::int64_t s, std::int64_t space) -> std::uint64_t {
    const std::int64_t span = t.num1 == 1 ? 0 : s * (t.num1 - 1);
    const std::int64_t low = span < 0 ? -span : 0;
    const std::int64_t free = space - t.row_bytes - (span < 0 ? -span : span);
    return static_cast<std::uint64_t>(low) + below(rng, static_cast<std::uint64_t>(free) + 1);
  };
  const std::int64_t sbuf_step = step(room - t.row_bytes);
  t.sbuf_step1 = static_cast<std::int32_t>(sbuf_step << 40 >> 40);
  t.sbuf_offset = sbuf_first + static_cast<unsigned>(place(t.sbuf_step1, room));
  const auto size = static_cast<std::int64_t>(Rig::size_of(slot));
  t.dram_step1 =
      static_cast<std::int32_t>(step(std::min<std::int64_t>(size - t.row_bytes, 9000)));
  t.dram_offset = place(t.dram_step1, size);
  return t;
}

// -------------------------------------------------------------------------------- alignment

/// Rows whose DRAM and SBUF offsets walk through all residues, for one length.
std::vector<Transfer> alignment_transfers(std::mt19937_64& rng, unsigned slot, unsigned length) {
  std::vector<Transfer> list;
  for (int i = 0; i < 2; ++i) {
    Transfer t;
    t.slot = slot;
    t.num1 = kPartitions;
    t.row_bytes = length;
    t.partition_step1 = 1;
    t.dram_step1 = static_cast<std::int32_t>(length + 1 + below(rng, 70));
    t.sbuf_step1 = static_cast<std::int32_t>(below(rng, 61)) - 30;
    t.dram_offset = below(rng, 5000);
    t.sbuf_offset = 64 * 31 + static_cast<unsigned>(below(rng, 64));
    list.push_back(t);
  }
  return list;
}

TEST(DmaAlignment, LoadEveryLength) {
  Rig rig;
  for (unsigned length = 1; length <= 200; ++length) {
    for (const Transfer& t : alignment_transfers(rig.rng, kReadSlot, length)) {
      rig.load(t);
      rig.expect_load(t);
    }
    if (length % 25 == 0) {
      ASSERT_TRUE(rig.run());
      rig.compare("lengths to " + std::to_string(length));
      if (HasFailure()) return;
    }
  }
}

TEST(DmaAlignment, StoreEveryLength) {
  Rig rig;
  for (unsigned length = 1; length <= 200; ++length) {
    for (const Transfer& t : alignment_transfers(rig.rng, kWriteSlot, length)) {
      rig.store(t);
      rig.expect_store(t);
    }
    if (length % 25 == 0) {
      ASSERT_TRUE(rig.run());
      rig.compare("lengths to " + std::to_string(length));
      if (HasFailure()) return;
    }
  }
}

/// One row at each pair of offsets in a word, lengths around the word size.
void every_offset(bool is_store) {
  Rig rig;
  for (const unsigned length : {1U, 2U, kBus - 1, kBus, kBus + 1, 2 * kBus, 2 * kBus + 3}) {
    for (unsigned src = 0; src<kBus; src += kBus> 8 ? 3 : 1) {
      Transfer t;
      t.slot = is_store ? kWriteSlot : kReadSlot;
      t.num1 = std::min(kBus, kPartitions);
      t.row_bytes = length;
      t.partition_step1 = 1;
      t.dram_step1 = static_cast<std::int32_t>(4 * kBus);
      t.dram_offset = 4096 + src;
      t.sbuf_step1 = 1;
      t.sbuf_offset = 2 * kBus;
      is_store ? rig.store(t) : rig.load(t);
      is_store ? rig.expect_store(t) : rig.expect_load(t);
    }
    ASSERT_TRUE(rig.run());
    rig.compare("length " + std::to_string(length));
  }
}
TEST(DmaAlignment, LoadEveryOffset) { every_offset(false); }
TEST(DmaAlignment, StoreEveryOffset) { every_offset(true); }

// -------------------------------------------------------------------------------- random

class DmaRandom : public ::testing::TestWithParam<StallPattern> {
 protected:
  RigOptions rig_options(double contention) {
    RigOptions o;
    o.timing = AxiTiming::all(GetParam(), 1, GetParam() == StallPattern::kNone ? 1 : 60);
    o.instructions = GetParam() == StallPattern::kMostly ? StallPattern::kRandom : GetParam();
    o.updates = GetParam();
    o.contention = contention;
    o.fetches = 0.05;
    return o;
  }
};

TEST_P(DmaRandom, Loads) {
  Rig rig(rig_options(0.3));
  for (unsigned batch = 0; batch < 3; ++batch) {
    for (std::uint64_t i = 0; i < case_count(25); ++i) {
      const Transfer t = random_transfer(rig.rng, i % 2 ? kReadSlot : kBothSlot, 0, kSbufBytes);
      rig.load(t);
      rig.expect_load(t);
    }
    ASSERT_TRUE(rig.run());
    rig.compare("batch " + std::to_string(batch));
    if (HasFailure()) return;
  }
  EXPECT_GT(rig.fetches.beats, 0U);
}

TEST_P(DmaRandom, Stores) {
  Rig rig(rig_options(0.2));
  for (unsigned batch = 0; batch < 3; ++batch) {
    for (std::uint64_t i = 0; i < case_count(25); ++i) {
      const Transfer t = random_transfer(rig.rng, i % 2 ? kWriteSlot : kBothSlot, 0, kSbufBytes);
      rig.store(t);
      rig.expect_store(t);
    }
    ASSERT_TRUE(rig.run());
    rig.compare("batch " + std::to_string(batch));
    if (HasFailure()) return;
  }
}

TEST_P(DmaRandom, BothAtOnceOnDifferentBytes) {
  Rig rig(rig_options(0.1));
  for (unsigned batch = 0; batch < 3; ++batch) {
    for (std::uint64_t i = 0; i < case_count(20); ++i) {
      const Transfer in = random_transfer(rig.rng, kReadSlot, 0, kSbufBytes / 2 + 3);
      const Transfer out = random_transfer(rig.rng, kWriteSlot, kSbufBytes / 2 + 3, kSbufBytes);
      rig.load(in);
      rig.expect_load(in);
      rig.store(out);
      rig.expect_store(out);
    }
    ASSERT_TRUE(rig.run());
    rig.compare("batch " + std::to_string(batch));
    if (HasFailure()) return;
  }
}

// A chain in which each transfer needs the bytes of the one before, ordered by semaphores alone.
TEST_P(DmaRandom, ChainThroughSemaphores) {
  Rig rig(rig_options(0.1));
  const auto ge = static_cast<std::uint32_t>(isa::WaitCondition::kGe);
  const auto add = static_cast<std::uint32_t>(isa::UpdateOp::kAdd);
  for (std::uint64_t i = 0; i < case_count(15); ++i) {
    // DRAM -> SBUF, back to another place in DRAM. The store consumes semaphore 5, the next load 6.
    Transfer in = random_transfer(rig.rng, kBothSlot, 0, kSbufBytes);
    Transfer out = random_transfer(rig.rng, kBothSlot, 0, kSbufBytes);
    if (i > 0) {
      in.wait0_sem = 6;
      in.wait0_cond = ge;
      in.wait0_consume = 1;
      in.wait0_value = 2;
    }
    in.update1_sem = 5;
    in.update1_op = add;
    in.update1_event = 1;
    in.update1_value = 1;
    out.wait1_sem = 5;
    out.wait1_cond = static_cast<std::uint32_t>(isa::WaitCondition::kEq);
    out.wait1_consume = 1;
    out.wait1_value = 1;
    out.update0_sem = 6;
    out.update0_op = add;
    out.update0_event = 1;
    out.update0_value = 2;
    out.update1_sem = 7;
    out.update1_op = add;
    out.update1_event = 0;
    out.update1_value = 1;
    rig.load(in);
    rig.expect_load(in);
    rig.store(out);
    rig.expect_store(out);
  }
  ASSERT_TRUE(rig.run());
  rig.compare("chain");
  EXPECT_EQ(rig.semaphores.level[5], 0);
  EXPECT_EQ(rig.semaphores.level[6], 2);
  EXPECT_EQ(rig.semaphores.level[7], case_count(15));
}

INSTANTIATE_TEST_SUITE_P(Stalls, DmaRandom, ::testing::ValuesIn(kAllStallPatterns),
                         [](const auto& i) { return std::string(name_of(i.param)); });

// -------------------------------------------------------------------------------- events

TEST(DmaEvents, WaitsHoldTheQueueUntilBothAreMet) {
  Rig rig;
  Transfer t = random_transfer(rig.rng, kReadSlot, 0, kSbufBytes);
  t.wait0_sem = 1;
  t.wait0_cond = static_cast<std::uint32_t>(isa::WaitCondition::kGe);
  t.wait0_value = 3;
  t.wait0_consume = 1;
  t.wait1_sem = 2;
  t.wait1_cond = static_cast<std::uint32_t>(isa::WaitCondition::kEq);
  t.wait1_value = 65535;
  rig.load(t);
  rig.bench.tick(40);
  rig.semaphores.level[1] = 4;
  rig.semaphores.level[2] = 65534;
  rig.bench.tick(40);
  EXPECT_EQ(rig.memory.read_bursts, 0U);
  EXPECT_FALSE(rig.bench->load_idle_o);
  rig.semaphores.level[2] = 65535;
  rig.expect_load(t);
  ASSERT_TRUE(rig.run());
  rig.compare("after the waits");
  EXPECT_EQ(rig.semaphores.level[1], 1);
  EXPECT_EQ(rig.semaphores.level[2], 65535);
}

TEST(DmaEvents, SourceMayChangeAfterReadOfAStore) {
  Rig rig;
  rig.memory.hold_responses(true);
  Transfer t;
  t.slot = kWriteSlot;
  t.num1 = 3;
  t.row_bytes = 100;
  t.sbuf_offset = 5;
  t.sbuf_step1 = 200;
  t.dram_step1 = 333;
  t.sbuf_partition = 7;
  for (const unsigned event : {0U, 1U}) {
    (event ? t.update1_sem : t.update0_sem) = 8 + event;
    (event ? t.update1_op : t.update0_op) = static_cast<std::uint32_t>(isa::UpdateOp::kSet);
    (event ? t.update1_event : t.update0_event) = event;
    (event ? t.update1_value : t.update0_value) = 77;
  }
  rig.store(t);
  rig.expect_store(t);
  ASSERT_TRUE(rig.bench.run_until([&] { return rig.semaphores.level[8] == 77; }, 2000));
  // Overwrite the source at once: the store must have its bytes.
  Transfer over = t;
  over.slot = kReadSlot;
  over.update0_op = over.update1_op = 0;
  rig.load(over);
  rig.bench.tick(500);
  EXPECT_EQ(rig.semaphores.level[9], 0) << "complete before the responses";
  EXPECT_FALSE(rig.bench->store_idle_o);
  rig.memory.hold_responses(false);
  ASSERT_TRUE(rig.run());
  EXPECT_EQ(rig.semaphores.level[9], 77);
  rig.expect_load(over);
  rig.compare("store, then load over its source");
}

TEST(DmaEvents, UpdatesComeInProgramOrder) {
  RigOptions o;
  o.timing = AxiTiming::all(StallPattern::kRandom, 5, 50);
  o.updates = StallPattern::kRandom;
  Rig rig(o);
  for (unsigned i = 0; i < 40; ++i) {
    Transfer t = random_transfer(rig.rng, kBothSlot, 0, kSbufBytes);
    t.num1 = 1;
    t.row_bytes = 1 + i % 30;
    t.dram_offset = 100 * i;
    t.sbuf_offset = 40 * i;
    t.update0_op = t.update1_op = static_cast<std::uint32_t>(isa::UpdateOp::kSet);
    t.update0_event = 1;
    t.update1_event = i % 3 == 0;
    t.update0_value = i;
    t.update1_value = i;
    t.update0_sem = 10;
    t.update1_sem = t.update1_event ? 10 : 11;
    rig.load(t);
    rig.expect_load(t);
  }
  ASSERT_TRUE(rig.run());
  rig.compare("ordered loads");
  std::array<unsigned, 32> next{};
  std::size_t count = 0;
  for (const std::uint32_t u : rig.semaphores.load_updates) {
    const unsigned sem = u >> 18;
    EXPECT_GE(u & 0xFFFF, next[sem]) << "semaphore " << sem;
    next[sem] = u & 0xFFFF;
    ++count;
  }
  EXPECT_EQ(count, 80U);
}

// Consumed waits and updates share one port: none is lost, withdrawn or changed.
TEST(DmaEvents, ConsumesAmongUpdates) {
  RigOptions o;
  o.updates = StallPattern::kMostly;
  Rig rig(o);
  const unsigned count = 60;
  rig.semaphores.level[1] = 3 * count;
  rig.semaphores.level[2] = 5 * count;
  for (unsigned i = 0; i < count; ++i) {
    Transfer t;
    t.slot = kBothSlot;
    t.num1 = 1;
    t.row_bytes = 1 + i;
    t.dram_offset = 100 * i;
    t.sbuf_partition = i % kPartitions;
    t.sbuf_offset = i % 64;
    t.wait0_sem = 1;
    t.wait1_sem = 2;
    t.wait0_cond = t.wait1_cond = static_cast<std::uint32_t>(isa::WaitCondition::kGe);
    t.wait0_consume = i % 4 != 1;
    t.wait1_consume = i % 4 != 2;
    t.wait0_value = 3;
    t.wait1_value = 5;
    t.update0_sem = 3;
    t.update1_sem = 4;
    t.update0_op = t.update1_op = static_cast<std::uint32_t>(isa::UpdateOp::kAdd);
    t.update1_event = 1;
    t.update0_value = t.update1_value = 1;
    rig.load(t);
    rig.expect_load(t);
  }
  ASSERT_TRUE(rig.run());
  rig.compare("short loads");
  EXPECT_EQ(rig.semaphores.level[1], 3 * (count / 4));
  EXPECT_EQ(rig.semaphores.level[2], 5 * (count / 4));
  EXPECT_EQ(rig.semaphores.level[3], count);
  EXPECT_EQ(rig.semaphores.level[4], count);
}

// -------------------------------------------------------------------------------- rules

struct Illegal {
  std::string name;
  isa::Fault code;
  Transfer transfer;
  std::uint64_t address;
};

std::vector<Illegal> illegal_transfers(const Rig& rig, bool is_store) {
  const unsigned slot = is_store ? kWriteSlot : kReadSlot;
  const std::uint64_t size = Rig::size_of(slot);
  const std::uint64_t base = rig.memory.base() + Rig::first_of(slot);
  Transfer ok;
  ok.slot = slot;
  ok.num1 = 4;
  ok.row_bytes = 10;
  ok.sbuf_step1 = 10;
  ok.dram_step1 = 10;
  std::vector<Illegal> list;
  const auto with = [&](std::string name, isa::Fault code, auto change, std::uint64_t address) {
    Transfer t = ok;
    change(t);
    list.push_back({std::move(name), code, t, address});
  };
  using isa::Fault;
  with(
      "no rows", Fault::kIllegalInstruction, [](Transfer& t) { t.num1 = 0; }, 0);
  with(
      "no bytes", Fault::kIllegalInstruction, [](Transfer& t) { t.row_bytes = 0; }, 0);
  with(
      "row too long", Fault::kSbufRange,
      [](Transfer& t) { t.num1 = 1, t.row_bytes = kSbufBytes + 1; }, kSbufBytes);
  with(
      "longest row", Fault::kSbufRange, [](Transfer& t) { t.num1 = 1, t.row_bytes = 0xFFFFFF; },
      0xFFFFFE);
  with(
      "one byte beyond the partition", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_offset = kSbufBytes - 39; }, kSbufBytes);
  with(
      "far offset", Fault::kSbufRange, [](Transfer& t) { t.sbuf_offset = 0xFFFFFF; },
      0xFFFFFF + 39);
  with(
      "last row before the partition", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_offset = 29, t.sbuf_step1 = -10; }, ~std::uint64_t{0});
  with(
      "offset that would wrap at 24 bits", Fault::kSbufRange,
      [](Transfer& t) { t.num1 = 3, t.sbuf_step1 = 0x7FFFFF, t.sbuf_offset = 2; },
      0xFFFFFE + 2 + 9);
  with(
      "most rows, largest step", Fault::kSbufRange,
      [](Transfer& t) { t.num1 = 65535, t.sbuf_step1 = -0x800000, t.dram_step1 = 0; },
      static_cast<std::uint64_t>(-65534LL * 0x800000));
  with(
      "rows that would wrap at 24 bits", Fault::kSbufRange,
      [](Transfer& t) { t.num1 = 5, t.sbuf_step1 = 0x400000; }, 0x1000000 + 9);
  with(
      "rows that would wrap at 32 bits", Fault::kSbufRange,
      [](Transfer& t) { t.num1 = 1025, t.sbuf_step1 = 0x400000, t.dram_step1 = 0; },
      0x100000000 + 9);
  with(
      "partitions that would wrap at 8 bits", Fault::kSbufRange,
      [](Transfer& t) {
        t.num1 = 256, t.partition_step1 = 1, t.sbuf_partition = 1, t.sbuf_step1 = 0;
      },
      9);
  with(
      "partition beyond", Fault::kSbufRange, [](Transfer& t) { t.sbuf_partition = kPartitions; },
      39);
  with(
      "last partition beyond", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_partition = kPartitions - 3, t.partition_step1 = 1; }, 39);
  with(
      "65535 partitions", Fault::kSbufRange,
      [](Transfer& t) { t.num1 = 65535, t.partition_step1 = 1, t.sbuf_step1 = 0; }, 9);
  with(
      "window ends one byte early", Fault::kClosedWindow,
      [&](Transfer& t) { t.dram_offset = size - 39; }, base + size - 39);
  with(
      "offset beyond the window", Fault::kClosedWindow, [&](Transfer& t) { t.dram_offset = size; },
      base + size);
  with(
      "last row before the window", Fault::kClosedWindow,
      [](Transfer& t) { t.dram_offset = 29, t.dram_step1 = -10; }, base + 29);
  with(
      "offset that would wrap at 64 bits", Fault::kClosedWindow,
      [](Transfer& t) { t.dram_offset = ~std::uint64_t{4}; }, base - 5);
  with(
      "rows that would wrap at 64 bits", Fault::kClosedWindow,
      [](Transfer& t) {
        t.dram_offset = ~std::uint64_t{0} - 100, t.dram_step1 = 101, t.num1 = 2;
      },
      base - 101);
  with(
      "steps that would wrap at 32 bits", Fault::kClosedWindow,
      [](Transfer& t) {
        t.num1 = 33, t.sbuf_step1 = 0, t.dram_step1 = 0x08000000, t.dram_offset = 5;
      },
      base + 5);
  with(
      "closed slot", Fault::kClosedWindow, [](Transfer& t) { t.slot = 0; }, 0);
  with(
      "without the permission", Fault::kClosedWindow,
      [&](Transfer& t) { t.slot = is_store ? kReadSlot : kWriteSlot; },
      rig.memory.base() + Rig::first_of(is_store ? kReadSlot : kWriteSlot));
  return list;
}

void check_illegal(bool is_store) {
  Rig rig;
  auto& m = rig.bench.dut();
  for (const Illegal& c : illegal_transfers(rig, is_store)) {
    SCOPED_TRACE(c.name + ", seed " + std::to_string(options().seed));
    const auto bursts = rig.memory.read_bursts + rig.memory.write_bursts;
    const std::uint32_t index = rig.next_index;
    Transfer t = c.transfer;
    t.update0_op = static_cast<std::uint32_t>(isa::UpdateOp::kAdd);  // must not happen
    t.update0_sem = 20;
    t.update0_value = 1;
    is_store ? rig.store(t) : rig.load(t);
    const CData& fault = is_store ? m.store_fault_valid_o : m.load_fault_valid_o;
    ASSERT_TRUE(rig.bench.run_until([&] { return fault != 0; }, 200));
    EXPECT_EQ(is_store ? m.store_fault_code_o : m.load_fault_code_o, static_cast<unsigned>(c.code));
    EXPECT_EQ(is_store ? m.store_fault_instruction_o : m.load_fault_instruction_o, index);
    EXPECT_EQ(is_store ? m.store_fault_address_o : m.load_fault_address_o, c.address);
    rig.bench.tick(20);
    EXPECT_TRUE(fault) << "the fault was not held";
    EXPECT_FALSE(is_store ? m.load_fault_valid_o : m.store_fault_valid_o);
    EXPECT_EQ(rig.memory.read_bursts + rig.memory.write_bursts, bursts);
    rig.stop_and_clear();
    EXPECT_EQ(rig.semaphores.level[20], 0);
    // It works again.
    const Transfer good =
        random_transfer(rig.rng, is_store ? kWriteSlot : kReadSlot, 0, kSbufBytes);
    is_store ? rig.store(good) : rig.load(good);
    is_store ? rig.expect_store(good) : rig.expect_load(good);
    ASSERT_TRUE(rig.run());
  }
  rig.compare("after all faults");
}
TEST(DmaRules, IllegalLoads) { check_illegal(false); }
TEST(DmaRules, IllegalStores) { check_illegal(true); }

TEST(DmaRules, ExactlyFits) {
  for (const std::uint64_t base : {std::uint64_t{0}, ~std::uint64_t{0} - kDramBytes + 1}) {
    RigOptions o;
    o.dram_base = base;
    Rig rig(o);
    for (const bool is_store : {false, true}) {
      const auto go = [&](const Transfer& t) {
        is_store ? rig.store(t) : rig.load(t);
        is_store ? rig.expect_store(t) : rig.expect_load(t);
      };
      Transfer t;
      t.slot = kBothSlot;
      t.num1 = 1;
      t.row_bytes = kSbufBytes;  // a whole partition, up to the last byte of the window
      t.sbuf_partition = kPartitions - 1;
      t.dram_offset = kBothSize - kSbufBytes;
      t.dram_step1 = INT32_MIN;
      t.sbuf_step1 = -0x800000;
      go(t);
      t.num1 = 4;  // backwards to the first bytes of both
      t.row_bytes = 10;
      t.dram_offset = 30;
      t.dram_step1 = -10;
      t.sbuf_offset = 30;
      t.sbuf_step1 = -10;
      t.sbuf_partition = kPartitions - 4;
      t.partition_step1 = 1;
      go(t);
      ASSERT_TRUE(rig.run());
    }
    rig.compare("base " + std::to_string(base));
  }
}

TEST(DmaRules, WindowPastTheAddressSpaceIsClosed) {
  RigOptions o;
  o.dram_base = ~std::uint64_t{0} - kDramBytes + 1;
  Rig rig(o);
  rig.open(kBothSlot, kBothFirst, kBothSize + kDramBytes, true, true);
  Transfer t;
  t.slot = kBothSlot;
  t.num1 = 1;
  t.row_bytes = 100;
  t.dram_offset = kDramBytes - kBothFirst - 100;  // the last bytes there are
  rig.load(t);
  rig.expect_load(t);
  ASSERT_TRUE(rig.run());
  rig.compare("the last bytes");
  t.dram_offset += 1;
  rig.load(t);
  ASSERT_TRUE(rig.bench.run_until([&] { return rig.bench->load_fault_valid_o != 0; }, 200));
  EXPECT_EQ(rig.bench->load_fault_code_o, static_cast<unsigned>(isa::Fault::kClosedWindow));
}

// -------------------------------------------------------------------------------- bus errors

void mark(Rig& rig, const Transfer& t, std::vector<bool>& sbuf, std::vector<bool>& dram,
          bool is_store) {
  rig.each_byte(t, [&](std::uint8_t& s, std::uint8_t& d) {
    if (is_store) {
      dram[static_cast<std::size_t>(&d - rig.dram.data())] = true;
    } else {
      sbuf[static_cast<std::size_t>(&s - rig.sbuf.data())] = true;
    }
  });
}

void check_bus_error(bool is_store) {
  RigOptions o;
  o.timing = AxiTiming::all(StallPattern::kRandom, 3, 40);
  o.updates = StallPattern::kRandom;
  Rig rig(o);
  auto& m = rig.bench.dut();
  for (std::uint64_t round = 0; round < case_count(kBus > 8 ? 10 : 25); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::vector<bool> sbuf(rig.sbuf.size()), dram(rig.dram.size());
    Transfer t;
    t.slot = is_store ? kWriteSlot : kReadSlot;
    t.num1 = 20;
    t.row_bytes = 30 + static_cast<unsigned>(below(rig.rng, 60));
    t.partition_step1 = 1;
    t.sbuf_step1 = 1;
    t.sbuf_offset = static_cast<unsigned>(below(rig.rng, 100));
    t.dram_step1 = 256;
    t.update0_op = static_cast<std::uint32_t>(isa::UpdateOp::kAdd);
    t.update0_sem = 3;
    t.update0_event = 1;
    t.update0_value = 1;
    // Three transfers; the second meets the error in row `bad`.
    const auto bad = below(rig.rng, 20);
    const std::uint32_t first_index = rig.next_index;
    std::uint64_t bad_beat = 0;
    for (unsigned i = 0; i < 3; ++i) {
      t.dram_offset = i * 8192;
      t.sbuf_offset += i * 1000;
      if (i == 1) {
        const std::uint64_t at =
            rig.memory.base() + Rig::first_of(t.slot) + t.dram_offset + bad * 256;
        bad_beat = at / kBus * kBus;
        rig.memory.fail(bad_beat, kBus, is_store);
      }
      is_store ? rig.store(t) : rig.load(t);
      if (i == 0) {
        is_store ? rig.expect_store(t) : rig.expect_load(t);
      }
      mark(rig, t, sbuf, dram, is_store);
    }
    const CData& fault = is_store ? m.store_fault_valid_o : m.load_fault_valid_o;
    ASSERT_TRUE(rig.bench.run_until([&] { return fault != 0; }, 20'000));
    EXPECT_EQ(is_store ? m.store_fault_code_o : m.load_fault_code_o,
              static_cast<unsigned>(is_store ? isa::Fault::kBusWrite : isa::Fault::kBusRead));
    EXPECT_EQ(is_store ? m.store_fault_instruction_o : m.load_fault_instruction_o, first_index + 1);
    EXPECT_EQ(is_store ? m.store_fault_address_o : m.load_fault_address_o, bad_beat);
    rig.stop_and_clear();
    EXPECT_TRUE(rig.memory.idle());
    // The transfer before it is complete in memory; its update may have been dropped by the stop.
    EXPECT_LE(rig.semaphores.level[3], round * 2 + 1);
    rig.memory.clear_failures();
    rig.compare("bytes outside the transfers", &sbuf, &dram);
    const Transfer good = random_transfer(rig.rng, t.slot, 0, kSbufBytes);
    is_store ? rig.store(good) : rig.load(good);
    is_store ? rig.expect_store(good) : rig.expect_load(good);
    ASSERT_TRUE(rig.run());
    rig.compare("after the error");
    rig.semaphores.level[3] = static_cast<std::uint16_t>((round + 1) * 2);
  }
}
TEST(DmaBusErrors, Load) { check_bus_error(false); }
TEST(DmaBusErrors, Store) { check_bus_error(true); }

// -------------------------------------------------------------------------------- stop

void check_stops(bool is_store) {
  RigOptions o;
  o.timing = AxiTiming::all(StallPattern::kRandom, 1, 30);
  o.updates = StallPattern::kRandom;
  o.contention = 0.2;
  Rig rig(o);
  for (std::uint64_t round = 0; round < case_count(kBus > 8 ? 12 : 40); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::vector<bool> sbuf(rig.sbuf.size()), dram(rig.dram.size());
    for (unsigned i = 0; i < 6; ++i) {
      const Transfer t = random_transfer(rig.rng, is_store ? kWriteSlot : kReadSlot, 0, kSbufBytes);
      is_store ? rig.store(t) : rig.load(t);
      mark(rig, t, sbuf, dram, is_store);
    }
    rig.bench.tick(below(rig.rng, 400));
    const auto bursts = rig.memory.read_bursts + rig.memory.write_bursts;
    const bool cut_short = !(is_store ? rig.bench->store_idle_o : rig.bench->load_idle_o);
    rig.bench->stop_i = 1;
    ASSERT_TRUE(rig.bench.run_until(
        [&] { return rig.bench->load_idle_o && rig.bench->store_idle_o; }, 20'000));
    // One burst may have been offered already, one more sit in the mux.
    EXPECT_LE(rig.memory.read_bursts + rig.memory.write_bursts, bursts + 2);
    EXPECT_TRUE(rig.memory.idle());
    if (cut_short && round % 2) {
      rig.bench->stop_i = 0;  // what was cut short stays so until it is cleared
    }
    rig.bench.tick(20);
    EXPECT_TRUE(rig.bench->load_idle_o && rig.bench->store_idle_o);
    rig.bench->stop_i = 1;  // while the clock runs for compare()
    // What the sequencer still had to offer is dropped with it.
    rig.bench->clear_i = 1;
    rig.bench.tick();
    rig.bench->clear_i = 0;
    rig.compare("bytes outside the stopped transfers", &sbuf, &dram);
    rig.bench->stop_i = 0;
    // Instructions that were never accepted run now, like a new launch.
    ASSERT_TRUE(rig.run());
    rig.compare("bytes outside the transfers", &sbuf, &dram);
    for (int i = 0; i < 3; ++i) {
      const Transfer t = random_transfer(rig.rng, is_store ? kWriteSlot : kReadSlot, 0, kSbufBytes);
      is_store ? rig.store(t) : rig.load(t);
      is_store ? rig.expect_store(t) : rig.expect_load(t);
    }
    ASSERT_TRUE(rig.run());
    rig.compare("after the stop");
    if (::testing::Test::HasFailure()) return;
  }
}
TEST(DmaStop, Loads) { check_stops(false); }
TEST(DmaStop, Stores) { check_stops(true); }

// -------------------------------------------------------------------------------- throughput

struct Rate {
  std::uint64_t cycles = 0, beats = 0, rows = 0;
  std::size_t outstanding = 0;
};

Rate measure(bool is_store, unsigned latency, unsigned row_bytes, unsigned rows,
             unsigned dram_offset, unsigned sbuf_offset, std::int32_t dram_step,
             std::int32_t sbuf_step, bool partitions = true) {
  RigOptions o;
  o.timing = AxiTiming::all(StallPattern::kNone, latency, latency);
  Rig rig(o);
  Transfer t;
  t.slot = kBothSlot;
  t.num1 = rows;
  t.row_bytes = row_bytes;
  t.partition_step1 = partitions;
  // The window begins at an odd address: count from a beat.
  t.dram_offset = 4096 - kBothFirst % 4096 + dram_offset;
  t.sbuf_offset = sbuf_offset;
  t.dram_step1 = dram_step;
  t.sbuf_step1 = sbuf_step;
  const unsigned count = 4;
  const std::uint64_t start = rig.bench.cycle();
  for (unsigned i = 0; i < count; ++i) {
    is_store ? rig.store(t) : rig.load(t);
    is_store ? rig.expect_store(t) : rig.expect_load(t);
  }
  EXPECT_TRUE(rig.run());
  Rate r;
  r.cycles = rig.bench.cycle() - start;
  r.beats = is_store ? rig.memory.write_beats : rig.memory.read_beats;
  r.rows = std::uint64_t{rows} * count;
  r.outstanding = is_store ? rig.memory.most_writes : rig.memory.most_reads;
  rig.compare("measured transfers");
  return r;
}

TEST(DmaThroughput, LongRowsTakeABeatACycle) {
  const unsigned row = kBus == 64 ? 1024 : 512;
  constexpr unsigned kLatency = 200;
  for (const bool is_store : {false, true}) {
    for (const unsigned shift : {0U, 5U}) {
      const Rate r =
          measure(is_store, kLatency, row, kPartitions / 2, shift, kBus, static_cast<int>(row), 0);
      std::cout << (is_store ? "store" : "load") << ", rows of " << row << " bytes, shift " << shift
                << ": " << r.beats << " beats in " << r.cycles << " cycles, " << r.outstanding
                << " bursts outstanding\n";
      // Two words of alignment a row, and the fill of the pipe.
      EXPECT_LE(r.cycles, r.beats + (shift ? r.rows : 0) + kLatency + 60);
      EXPECT_GE(r.outstanding, 8U);
    }
  }
}

TEST(DmaThroughput, TinyRowsTakeAFewCycles) {
  for (const bool is_store : {false, true}) {
    for (const unsigned bytes : {1U, 4U, kBus}) {
      // Every row at its own alignment; one row in each bus word or two.
      const Rate r =
          measure(is_store, 20, bytes, kPartitions, 0, 64, static_cast<int>(kBus + 1), 3);
      std::cout << (is_store ? "store" : "load") << ", rows of " << bytes << " bytes: " << r.rows
                << " rows in " << r.cycles << " cycles, " << r.outstanding
                << " bursts outstanding\n";
      // A row of a whole word lies in two words on each side at most alignments: three steps.
      EXPECT_LE(r.cycles, (bytes < kBus ? 2 : 3) * r.rows + 20 + 80);
    }
  }
}

}  // namespace
}  // namespace tinium::testbench
