// SPDX-License-Identifier: Apache-2.0
// What the tests of the DMA queues share: the queues with their surroundings, the bytes expected in
// SBUF and DRAM, and random transfers.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
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

constexpr unsigned kPartitions = TN_PARTITIONS;
constexpr unsigned kLanes = TN_LANES;
constexpr unsigned kBus = TN_BUS_BYTES;
constexpr unsigned kSbufBytes = TN_SBUF_BYTES;
constexpr std::size_t kDramBytes = 256 * 1024;

using Transfer = isa::DmaLoad;  // a store has the same fields
using Copy = isa::DmaCopy;

enum Queue : unsigned { kLoad, kStore, kCopy };
constexpr unsigned kQueues = 3;

struct Queued {
  std::array<std::uint32_t, 16> words;
  std::uint32_t index;
};

template <typename Instruction, std::size_t N>
Queued encode(const Instruction& instruction, const std::array<isa::Field, N>& fields,
              std::uint32_t index) {
  Queued q{{}, index};
  const auto field_values = isa::values(instruction);
  for (std::size_t i = 0; i < N; ++i) {
    const std::uint64_t mask = (std::uint64_t{1} << fields[i].width) - 1;
    const std::uint64_t value = field_values[i] & mask;
    q.words[fields[i].word] |= static_cast<std::uint32_t>(value << fields[i].lsb);
    if (fields[i].lsb + fields[i].width > 32) {
      q.words[fields[i].word + 1] |= static_cast<std::uint32_t>(value >> (32 - fields[i].lsb));
    }
  }
  return q;
}

inline Queued encode(const Transfer& transfer, Queue queue, std::uint32_t index) {
  Transfer t = transfer;
  t.opcode = queue == kStore ? 0x31 : 0x30;
  return encode(t, isa::kDmaLoadFields, index);
}

/// What a queue shows, by reference.
struct QueuePorts {
  CData &upd_valid, &upd_ready;
  IData& upd;
  CData &fault_valid, &fault_code;
  IData& fault_instruction;
  QData& fault_address;
  CData &idle, &cause, &parked, &begin_valid;
  QData& begin;
  CData& end_valid;
  QData& end;
};

inline QueuePorts ports_of(Vtn_dma_bench& m, unsigned queue) {
#define TN_QUEUE(q)                                                                             \
  {                                                                                             \
    m.q##_upd_valid_o, m.q##_upd_ready_i, m.q##_upd_o, m.q##_fault_valid_o, m.q##_fault_code_o, \
        m.q##_fault_instruction_o, m.q##_fault_address_o, m.q##_idle_o, m.q##_cause_o,          \
        m.q##_parked_o, m.q##_begin_valid_o, m.q##_begin_o, m.q##_end_valid_o, m.q##_end_o      \
  }
  if (queue == kLoad) return TN_QUEUE(load);
  if (queue == kStore) return TN_QUEUE(store);
  return TN_QUEUE(copy);
#undef TN_QUEUE
}

/// The 32 counters. Takes at most one update of each queue in a cycle.
class Semaphores : public BenchComponent {
 public:
  Semaphores(Vtn_dma_bench& m, StallPattern pattern, std::mt19937_64 rng) : m_(m) {
    for (unsigned q = 0; q < kQueues; ++q) {
      stalls_.emplace_back(pattern, std::mt19937_64(rng()));
    }
  }

  std::array<std::uint16_t, 32> level{};
  std::array<std::vector<std::uint32_t>, kQueues> updates;  ///< as they came

  void drive() override {
    for (unsigned i = 0; i < 32; ++i) {
      const unsigned shift = 16 * (i % 2);
      m_.sem_i[i / 2] = (m_.sem_i[i / 2] & ~(0xFFFFU << shift)) | std::uint32_t{level[i]} << shift;
    }
    for (unsigned q = 0; q < kQueues; ++q) {
      ports_of(m_, q).upd_ready = !stalls_[q].stall();
    }
  }

  void sample() override {
    for (unsigned q = 0; q < kQueues; ++q) {
      const QueuePorts p = ports_of(m_, q);
      take(p.upd_valid, p.upd_ready, p.upd, p.fault_valid, held_[q], updates[q]);
    }
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
  std::vector<StallGenerator> stalls_;
  std::array<std::optional<std::uint32_t>, kQueues> held_;
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
        instructions(
            bench->instr_valid_i, bench->instr_ready_o,
            [this](const Queued& q) {
              std::memcpy(&bench->instr_i, q.words.data(), 64);
              bench->instr_index_i = q.index;
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
    bench.add(instructions);
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
  StreamDriver<Queued> instructions;
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

  void push(Queue queue, const Transfer& t) { instructions.push(encode(t, queue, next_index++)); }
  void load(const Transfer& t) { push(kLoad, t); }
  void store(const Transfer& t) { push(kStore, t); }
  void copy(const Copy& c) { instructions.push(encode(c, isa::kDmaCopyFields, next_index++)); }

  /// Calls `f(i1, i2, i3)` for each run, in order.
  template <typename Instruction, typename F>
  static void each_run(const Instruction& t, F&& f) {
    for (std::int64_t i3 = 0; i3 < t.num3; ++i3) {
      for (std::int64_t i2 = 0; i2 < t.num2; ++i2) {
        for (std::int64_t i1 = 0; i1 < t.num1; ++i1) {
          f(i1, i2, i3);
        }
      }
    }
  }

  /// Calls `f(sbuf byte, dram byte)` for each byte, in order.
  template <typename F>
  void each_byte(const Transfer& t, F&& f) {
    each_run(t, [&](std::int64_t i1, std::int64_t i2, std::int64_t i3) {
      const auto d = static_cast<std::int64_t>(first_of(t.slot) + t.dram_offset) +
                     i1 * t.dram_step1 + i2 * t.dram_step2 + i3 * t.dram_step3;
      const auto s = static_cast<std::int64_t>(t.sbuf_offset) + i1 * t.sbuf_step1 +
                     i2 * t.sbuf_step2 + i3 * t.sbuf_step3;
      const auto p = static_cast<std::int64_t>(t.sbuf_partition) + i1 * t.partition_step1 +
                     i2 * t.partition_step2 + i3 * t.partition_step3;
      for (unsigned b = 0; b < t.row_bytes; ++b) {
        const unsigned element = t.transpose ? b >> t.element_log2 : 0;
        const unsigned byte = t.transpose ? b & ((1U << t.element_log2) - 1) : b;
        f(sbuf_byte(static_cast<unsigned>(p) + element, static_cast<unsigned>(s) + byte),
          dram[static_cast<std::size_t>(d) + b]);
      }
    });
  }
  /// Calls `f(destination, source)` for each byte, in order.
  template <typename F>
  void each_byte(const Copy& t, F&& f) {
    each_run(t, [&](std::int64_t i1, std::int64_t i2, std::int64_t i3) {
      const auto at = [&](std::int64_t first, std::int64_t s1, std::int64_t s2, std::int64_t s3) {
        return static_cast<unsigned>(first + i1 * s1 + i2 * s2 + i3 * s3);
      };
      const unsigned from = at(t.src_offset, t.src_step1, t.src_step2, t.src_step3);
      const unsigned to = at(t.dst_offset, t.dst_step1, t.dst_step2, t.dst_step3);
      const unsigned from_partition =
          at(t.src_partition, t.src_partition_step1, t.src_partition_step2, t.src_partition_step3);
      const unsigned to_partition =
          at(t.dst_partition, t.dst_partition_step1, t.dst_partition_step2, t.dst_partition_step3);
      for (unsigned b = 0; b < t.row_bytes; ++b) {
        f(sbuf_byte(to_partition, to + b), sbuf_byte(from_partition, from + b));
      }
    });
  }
  void expect_load(const Transfer& t) {
    each_byte(t, [](std::uint8_t& s, const std::uint8_t& d) { s = d; });
  }
  void expect_store(const Transfer& t) {
    each_byte(t, [](const std::uint8_t& s, std::uint8_t& d) { d = s; });
  }
  void expect_copy(const Copy& c) {
    each_byte(c, [](std::uint8_t& d, const std::uint8_t& s) { d = s; });
  }
  /// Queues the transfer and expects its bytes.
  void move(Queue queue, const Transfer& t) {
    push(queue, t);
    queue == kStore ? expect_store(t) : expect_load(t);
  }
  void move(const Copy& c) {
    copy(c);
    expect_copy(c);
  }

  QueuePorts ports(unsigned queue) { return ports_of(bench.dut(), queue); }
  bool queues_idle() { return bench->load_idle_o && bench->store_idle_o && bench->copy_idle_o; }
  bool idle() { return instructions.idle() && queues_idle(); }
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
    EXPECT_TRUE(bench.run_until([this] { return queues_idle(); }, 20'000));
    bench->clear_i = 1;
    bench.tick();
    bench->clear_i = 0;
    bench->stop_i = 0;
    bench.tick();
    for (unsigned q = 0; q < kQueues; ++q) {
      EXPECT_FALSE(ports(q).fault_valid);
    }
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

inline std::uint64_t below(std::mt19937_64& rng, std::uint64_t bound) { return rng() % bound; }

/// Steps of three dimensions that fit into `space`, and where the first run goes then.
struct Steps {
  std::array<std::int64_t, 3> step{};
  std::uint64_t first = 0;
};

/// Steps for runs of `bytes`, none larger than `most`. Of a dimension of one run any, 24 bits.
inline Steps random_steps(std::mt19937_64& rng, const std::array<std::uint32_t, 3>& num,
                          std::int64_t bytes, std::int64_t space, std::int64_t most) {
  Steps s;
  std::int64_t room = space - bytes;
  std::int64_t low = 0;
  std::int64_t dense = bytes;
  for (unsigned d = 0; d < 3; ++d) {
    const std::int64_t runs = num[d] - 1;
    if (runs == 0) {
      s.step[d] = static_cast<std::int64_t>(below(rng, 1 << 24)) - (1 << 23);
      continue;
    }
    const std::int64_t bound = std::min(room / runs, most);
    switch (below(rng, 4)) {
      case 0:
        s.step[d] = 0;
        break;
      case 1:
        s.step[d] = std::min(dense, bound);
        break;
      default:
        s.step[d] = static_cast<std::int64_t>(below(rng, 2 * bound + 1)) - bound;
        break;
    }
    const std::int64_t span = s.step[d] * runs;
    dense += std::max<std::int64_t>(span, 0);
    low += span < 0 ? -span : 0;
    room -= span < 0 ? -span : span;
  }
  s.first = static_cast<std::uint64_t>(low) + below(rng, static_cast<std::uint64_t>(room) + 1);
  return s;
}

/// Counts of runs in three dimensions, `most` in all.
inline std::array<std::uint32_t, 3> random_counts(std::mt19937_64& rng, unsigned most) {
  std::array<std::uint32_t, 3> num{1, 1, 1};
  const auto pick = [&](unsigned bound) { return 1 + static_cast<unsigned>(below(rng, bound)); };
  if (below(rng, 2) == 0) {
    num[0] = pick(most);
    return num;
  }
  num[2] = pick(std::min(4U, most));
  num[1] = pick(std::max(1U, std::min(6U, most / num[2])));
  num[0] = pick(std::max(1U, most / num[2] / num[1]));
  return num;
}

inline int as_partition_step(std::int64_t step) {  // 8 bits
  return static_cast<int>(static_cast<std::int8_t>(step));
}
inline std::int32_t as_offset_step(std::int64_t step) {  // 24 bits
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(step) << 8) >> 8;
}

inline unsigned random_length(std::mt19937_64& rng, unsigned room) {
  const unsigned kind = static_cast<unsigned>(below(rng, 8));
  const unsigned bound = kind == 0 ? room : kind < 3 ? 8U : kind < 4 ? 4 * kBus : 200U;
  return 1 + static_cast<unsigned>(below(rng, std::min(bound, room)));
}

/// A legal transfer in `slot`, its SBUF side within [sbuf_first, sbuf_end) of each partition.
inline Transfer random_transfer(std::mt19937_64& rng, unsigned slot, unsigned sbuf_first,
                                unsigned sbuf_end) {
  Transfer t;
  t.slot = slot;
  t.row_bytes = random_length(rng, sbuf_end - sbuf_first);
  const auto num = random_counts(rng, t.row_bytes > 1000 ? 3 : kPartitions);
  const auto size = static_cast<std::int64_t>(Rig::size_of(slot));
  const Steps dram = random_steps(rng, num, t.row_bytes, size, 9000);
  const Steps sbuf = random_steps(rng, num, t.row_bytes, sbuf_end - sbuf_first, 4000);
  const Steps partition = random_steps(rng, num, 1, kPartitions, 1 + below(rng, 3));
  t.num1 = num[0], t.num2 = num[1], t.num3 = num[2];
  t.dram_offset = dram.first;
  t.dram_step1 = static_cast<std::int32_t>(dram.step[0]);
  t.dram_step2 = static_cast<std::int32_t>(dram.step[1]);
  t.dram_step3 = static_cast<std::int32_t>(dram.step[2]);
  t.sbuf_offset = sbuf_first + static_cast<unsigned>(sbuf.first);
  t.sbuf_step1 = as_offset_step(sbuf.step[0]);
  t.sbuf_step2 = as_offset_step(sbuf.step[1]);
  t.sbuf_step3 = as_offset_step(sbuf.step[2]);
  t.sbuf_partition = static_cast<unsigned>(partition.first);
  t.partition_step1 = as_partition_step(partition.step[0]);
  t.partition_step2 = as_partition_step(partition.step[1]);
  t.partition_step3 = as_partition_step(partition.step[2]);
  return t;
}

/// Rows of a power of two below a beat, side by side in DRAM and on neighbouring partitions, so
/// that several move in a cycle; in a third of all one of the conditions for that does not hold.
inline Transfer random_short_rows(std::mt19937_64& rng, unsigned slot, unsigned sbuf_first,
                                  unsigned sbuf_end) {
  Transfer t;
  t.slot = slot;
  unsigned log2 = 0;
  while (2U << log2 < kBus) ++log2;
  log2 -= static_cast<unsigned>(below(rng, 2) ? below(rng, std::min(2U, log2)) : below(rng, log2));
  t.row_bytes = 1U << log2;
  // Each offset, partition and step is now and then no multiple of what it should be.
  const auto multiple = [&](std::uint64_t value, unsigned of) {
    return static_cast<unsigned>(below(rng, 12) ? value / of * of : value);
  };
  const auto pick = [&](std::uint64_t most) { return 1 + below(rng, most); };
  t.num1 = static_cast<std::uint32_t>(below(rng, 3) ? pick(kPartitions / 2) : pick(6));
  t.num2 = static_cast<std::uint32_t>(below(rng, 2) ? 1 : pick(4));
  t.num3 = static_cast<std::uint32_t>(below(rng, 2) ? 1 : pick(3));
  t.partition_step1 = 1;
  t.dram_step1 = static_cast<std::int32_t>(t.row_bytes);
  t.sbuf_partition = multiple(below(rng, kPartitions - t.num1 + 1), 4);
  unsigned above = kPartitions - t.num1 - t.sbuf_partition;  // partitions
  const auto step_up = [&](unsigned runs) {
    const unsigned most = runs > 1 ? above / (runs - 1) : 0;
    const unsigned step = multiple(below(rng, std::min(most, 100U) + 1), 4);
    above -= step * (runs - 1);
    return static_cast<int>(step);
  };
  t.partition_step2 = step_up(t.num2);
  t.partition_step3 = step_up(t.num3);
  if (t.num2 > 1 && below(rng, 3) == 0) {  // downwards
    t.sbuf_partition += (t.num2 - 1) * static_cast<unsigned>(t.partition_step2);
    t.partition_step2 = -t.partition_step2;
  }
  const unsigned block = t.num1 * t.row_bytes;
  t.dram_step2 = static_cast<std::int32_t>(block + (below(rng, 2) ? 0 : below(rng, 150)));
  t.dram_step3 = static_cast<std::int32_t>(t.num2 * static_cast<unsigned>(t.dram_step2) +
                                           (below(rng, 2) ? 0 : below(rng, 150)));
  if (below(rng, 4) == 0) t.dram_step3 = -t.dram_step3;
  const auto span = static_cast<std::int64_t>(t.num3 - 1) * t.dram_step3;
  t.dram_offset = below(rng, 2000) / (below(rng, 2) ? 1 : kBus) * kBus % 2000 +
                  static_cast<std::uint64_t>(span < 0 ? -span : 0);
  const unsigned space = sbuf_end - sbuf_first - 2 * t.row_bytes;
  const unsigned most = std::min(space / 16, 40 * t.row_bytes);
  t.sbuf_step2 = static_cast<std::int32_t>(multiple(below(rng, most + 1), t.row_bytes));
  t.sbuf_step3 = static_cast<std::int32_t>(multiple(below(rng, most + 1), t.row_bytes));
  t.sbuf_offset = multiple(sbuf_first + t.row_bytes + below(rng, space / 4), t.row_bytes);
  switch (below(rng, 15)) {
    case 0:
      t.dram_step1 += 1;
      break;
    case 1:
      t.dram_step1 = -t.dram_step1;
      t.dram_offset += block;
      break;
    case 2:
      t.sbuf_step1 = static_cast<std::int32_t>(below(rng, 2) ? t.row_bytes : 1);
      t.num1 = std::min<std::uint32_t>(t.num1, 16);
      break;
    case 3:
      t.partition_step1 = -1;
      t.sbuf_partition += t.num1 - 1;
      break;
    case 4:
      t.partition_step1 = 0;
      break;
    default:
      break;
  }
  return t;
}

/// A legal transposing load.
inline Transfer random_transpose(std::mt19937_64& rng, unsigned slot, unsigned sbuf_first,
                                 unsigned sbuf_end) {
  Transfer t;
  t.slot = slot;
  t.transpose = 1;
  t.element_log2 = static_cast<std::uint32_t>(below(rng, 3));
  const unsigned element = 1U << t.element_log2;
  t.sbuf_partition = 32 * static_cast<unsigned>(below(rng, kPartitions / 32));
  t.row_bytes = element * (1 + static_cast<unsigned>(below(rng, kPartitions - t.sbuf_partition)));
  const auto num = random_counts(rng, 40);
  const Steps dram =
      random_steps(rng, num, t.row_bytes, static_cast<std::int64_t>(Rig::size_of(slot)), 3000);
  // In elements.
  const unsigned first = (sbuf_first + element - 1) / element;
  const Steps sbuf = random_steps(rng, num, 1, sbuf_end / element - first, 40);
  t.num1 = num[0], t.num2 = num[1], t.num3 = num[2];
  t.dram_offset = dram.first;
  t.dram_step1 = static_cast<std::int32_t>(dram.step[0]);
  t.dram_step2 = static_cast<std::int32_t>(dram.step[1]);
  t.dram_step3 = static_cast<std::int32_t>(dram.step[2]);
  t.sbuf_offset = (first + static_cast<unsigned>(sbuf.first)) * element;
  t.sbuf_step1 = as_offset_step(sbuf.step[0] * element);
  t.sbuf_step2 = as_offset_step(sbuf.step[1] * element);
  t.sbuf_step3 = as_offset_step(sbuf.step[2] * element);
  return t;
}

/// A legal copy from offsets in [first, middle) to offsets in [middle, end).
inline Copy random_copy(std::mt19937_64& rng, unsigned first, unsigned middle, unsigned end) {
  Copy c;
  c.row_bytes = random_length(rng, std::min(middle - first, end - middle));
  const auto num = random_counts(rng, c.row_bytes > 1000 ? 3 : kPartitions);
  const Steps src = random_steps(rng, num, c.row_bytes, middle - first, 4000);
  const Steps dst = random_steps(rng, num, c.row_bytes, end - middle, 4000);
  const Steps src_partition = random_steps(rng, num, 1, kPartitions, 1 + below(rng, 3));
  const Steps dst_partition = random_steps(rng, num, 1, kPartitions, 1 + below(rng, 3));
  c.num1 = num[0], c.num2 = num[1], c.num3 = num[2];
  c.src_offset = first + static_cast<unsigned>(src.first);
  c.dst_offset = middle + static_cast<unsigned>(dst.first);
  c.src_partition = static_cast<unsigned>(src_partition.first);
  c.dst_partition = static_cast<unsigned>(dst_partition.first);
  c.src_step1 = as_offset_step(src.step[0]);
  c.src_step2 = as_offset_step(src.step[1]);
  c.src_step3 = as_offset_step(src.step[2]);
  c.dst_step1 = as_offset_step(dst.step[0]);
  c.dst_step2 = as_offset_step(dst.step[1]);
  c.dst_step3 = as_offset_step(dst.step[2]);
  c.src_partition_step1 = as_partition_step(src_partition.step[0]);
  c.src_partition_step2 = as_partition_step(src_partition.step[1]);
  c.src_partition_step3 = as_partition_step(src_partition.step[2]);
  c.dst_partition_step1 = as_partition_step(dst_partition.step[0]);
  c.dst_partition_step2 = as_partition_step(dst_partition.step[1]);
  c.dst_partition_step3 = as_partition_step(dst_partition.step[2]);
  return c;
}

}  // namespace tinium::testbench
