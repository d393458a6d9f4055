// SPDX-License-Identifier: Apache-2.0
// tn_kernel `tiny` with a small AXI memory and a host that writes registers: what the tests of the
// launch need, without the driver.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "Vtn_kernel_tiny.h"
#include "stall_generator.hpp"
#include "tinium/generated/configs.hpp"
#include "tinium/generated/records.hpp"
#include "tinium/generated/registers.hpp"
#include "tinium/program.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {

/// The model under the port names that VerilatedBench expects.
class KernelModel : public Vtn_kernel_tiny {
 public:
  using Vtn_kernel_tiny::Vtn_kernel_tiny;
  CData& clk_i = ap_clk;
  CData& rst_ni = ap_rst_n;
};

constexpr std::uint32_t kTinyPartitions = 32;

/// An AXI4 slave of 8 bytes: 1 MiB at kBase, DECERR elsewhere, SLVERR in chosen ranges.
class AxiMemory : public BenchComponent {
 public:
  static constexpr std::uint64_t kBase = 0x7'0000'0000;
  static constexpr std::uint64_t kSize = 1 << 20;

  struct Range {
    std::uint64_t begin = 0, end = 0;
    bool contains(std::uint64_t address) const { return address >= begin && address < end; }
  };

  AxiMemory(KernelModel& model, StallPattern pattern, std::uint32_t latency)
      : model_(model), latency_(latency), bytes_(kSize) {
    for (unsigned i = 0; i < 5; ++i) stalls_.emplace_back(pattern, make_rng(100 + i));
    model_.m_axi_gmem_rvalid = 0;
    model_.m_axi_gmem_bvalid = 0;
  }

  template <typename T>
  void write(std::uint64_t address, const T& value) {
    std::memcpy(at(address), &value, sizeof(T));
  }
  template <typename T>
  T read(std::uint64_t address) {
    T value;
    std::memcpy(&value, at(address), sizeof(T));
    return value;
  }
  std::byte* at(std::uint64_t address) { return bytes_.data() + (address - kBase); }

  std::optional<Range> read_error, write_error;
  std::uint64_t read_bursts = 0, write_bursts = 0;
  bool frozen = false;       ///< answers nothing
  bool no_response = false;  ///< takes writes and never says so

  void drive() override {
    ++now_;
    model_.m_axi_gmem_arready = !frozen && !stalls_[0].stall();
    model_.m_axi_gmem_awready = !frozen && !stalls_[1].stall();
    model_.m_axi_gmem_wready = !frozen && !stalls_[2].stall();
    if (!r_offered_ && !reads_.empty() && reads_.front().ready <= now_ && !frozen &&
        !stalls_[3].stall()) {
      r_offered_ = true;
    }
    model_.m_axi_gmem_rvalid = r_offered_;
    model_.m_axi_gmem_rdata = noise_();
    if (r_offered_) {
      const Burst& burst = reads_.front();
      const bool bad =
          !mapped(burst.address) || (read_error && read_error->contains(burst.address));
      model_.m_axi_gmem_rid = static_cast<CData>(burst.id);
      model_.m_axi_gmem_rresp = bad ? (mapped(burst.address) ? 2 : 3) : 0;
      model_.m_axi_gmem_rlast = burst.beats == 1;
      if (!bad) model_.m_axi_gmem_rdata = read<std::uint64_t>(burst.address);
    }
    if (!b_offered_ && !responses_.empty() && responses_.front().ready <= now_ && !frozen &&
        !no_response && !stalls_[4].stall()) {
      b_offered_ = true;
    }
    model_.m_axi_gmem_bvalid = b_offered_;
    if (b_offered_) {
      model_.m_axi_gmem_bid = static_cast<CData>(responses_.front().id);
      model_.m_axi_gmem_bresp = responses_.front().error ? 2 : 0;
    }
  }

  void sample() override {
    if (model_.m_axi_gmem_arvalid != 0 && model_.m_axi_gmem_arready != 0) {
      ++read_bursts;
      reads_.push_back(burst(model_.m_axi_gmem_araddr, model_.m_axi_gmem_arid,
                             model_.m_axi_gmem_arlen, model_.m_axi_gmem_arsize,
                             model_.m_axi_gmem_arburst));
    }
    if (model_.m_axi_gmem_awvalid != 0 && model_.m_axi_gmem_awready != 0) {
      ++write_bursts;
      writes_.push_back(burst(model_.m_axi_gmem_awaddr, model_.m_axi_gmem_awid,
                              model_.m_axi_gmem_awlen, model_.m_axi_gmem_awsize,
                              model_.m_axi_gmem_awburst));
    }
    if (r_offered_ && model_.m_axi_gmem_rready != 0) {
      r_offered_ = false;
      Burst& b = reads_.front();
      b.address += 8;
      if (--b.beats == 0) reads_.pop_front();
    }
    if (model_.m_axi_gmem_wvalid != 0 && model_.m_axi_gmem_wready != 0) {
      ASSERT_FALSE(writes_.empty()) << "data before their address";
      Burst& b = writes_.front();
      const bool bad = !mapped(b.address) || (write_error && write_error->contains(b.address));
      b.error = b.error || bad;
      for (unsigned i = 0; i < 8 && !bad; ++i) {
        if ((model_.m_axi_gmem_wstrb >> i & 1U) != 0) {
          *at(b.address + i) = static_cast<std::byte>(model_.m_axi_gmem_wdata >> (8 * i) & 0xFFU);
        }
      }
      EXPECT_EQ(model_.m_axi_gmem_wlast != 0, b.beats == 1);
      b.address += 8;
      if (--b.beats == 0) {
        b.ready = now_ + latency_;
        responses_.push_back(b);
        writes_.pop_front();
      }
    }
    if (b_offered_ && model_.m_axi_gmem_bready != 0) {
      b_offered_ = false;
      responses_.pop_front();
    }
  }

  /// As after a reset of the card.
  void forget() {
    reads_.clear();
    writes_.clear();
    responses_.clear();
    r_offered_ = b_offered_ = false;
  }

  bool quiet() const { return reads_.empty() && writes_.empty() && responses_.empty(); }

 private:
  struct Burst {
    std::uint64_t address = 0;
    std::uint32_t id = 0, beats = 0;
    std::uint64_t ready = 0;
    bool error = false;
  };

  static bool mapped(std::uint64_t address) {
    return address >= kBase && address + 8 <= kBase + kSize;
  }

  Burst burst(std::uint64_t address, std::uint32_t id, std::uint32_t len, std::uint32_t size,
              std::uint32_t type) const {
    EXPECT_EQ(size, 3U);
    EXPECT_EQ(type, 1U);
    EXPECT_EQ(address / 4096, (address + len * 8) / 4096) << "a burst crosses 4 KiB";
    return {address & ~7ULL, id, len + 1, now_ + latency_, false};
  }

  KernelModel& model_;
  std::uint32_t latency_;
  std::vector<std::byte> bytes_;
  std::vector<StallGenerator> stalls_;
  std::mt19937_64 noise_ = make_rng(99);
  std::deque<Burst> reads_, writes_, responses_;
  bool r_offered_ = false, b_offered_ = false;
  std::uint64_t now_ = 0;
};

/// A program as three streams; its image.
struct Streams {
  std::vector<InstructionWords> tensor, vector, sync;
};

using ImageHeader = records::ImageHeader;
using LaunchRecord = records::LaunchRecord;
using CompletionRecord = records::CompletionRecord;

/// Lays out header, SyncE, TensorE and VectorE.
inline std::vector<std::uint32_t> make_image(const Streams& s) {
  std::vector<std::uint32_t> image(16);
  const auto append = [&](const std::vector<InstructionWords>& stream, std::uint32_t offset_word) {
    image[offset_word] = static_cast<std::uint32_t>(image.size() * 4);
    image[offset_word + 1] = static_cast<std::uint32_t>(stream.size());
    for (const auto& words : stream) image.insert(image.end(), words.begin(), words.end());
  };
  append(s.sync, ImageHeader::kSyncOffsetWord);
  append(s.tensor, ImageHeader::kTensorOffsetWord);
  append(s.vector, ImageHeader::kVectorOffsetWord);
  image[ImageHeader::kMagicWord] = ImageHeader::kMagic;
  image[ImageHeader::kMapVersionWord] = isa::kMapVersion;
  image[ImageHeader::kTotalBytesWord] = static_cast<std::uint32_t>(image.size() * 4);
  image[ImageHeader::kPartitionsWord] = kTinyPartitions;
  return image;
}

/// One launch: where its parts are, and the record's words.
struct Launch {
  std::uint64_t record = AxiMemory::kBase + 0x1000;
  std::uint64_t image = AxiMemory::kBase + 0x10000;
  std::uint64_t completion = AxiMemory::kBase + 0x3000;
  std::vector<std::uint32_t> image_words;
  std::array<std::uint32_t, 80> words{};

  explicit Launch(const Streams& streams, std::uint32_t id = 1) : image_words(make_image(streams)) {
    words[LaunchRecord::kMagicWord] = LaunchRecord::kMagic;
    words[LaunchRecord::kMapVersionWord] = isa::kMapVersion;
    words[LaunchRecord::kLaunchIdWord] = id;
    words[LaunchRecord::kImageBytesWord] = static_cast<std::uint32_t>(image_words.size() * 4);
  }

  void watchdog(std::uint64_t cycles) {
    words[LaunchRecord::kWatchdogCyclesWord] = static_cast<std::uint32_t>(cycles);
    words[LaunchRecord::kWatchdogCyclesWord + 1] = static_cast<std::uint32_t>(cycles >> 32);
  }

  void slot(std::uint32_t number, std::uint64_t base, std::uint64_t bytes, bool readable,
            bool writable) {
    std::uint32_t& count = words[LaunchRecord::kSlotCountWord];
    count = std::max(count, number + 1);
    std::uint32_t* w = &words[LaunchRecord::kSlotsWord + number * LaunchRecord::kSlotWords];
    w[0] = static_cast<std::uint32_t>(base);
    w[1] = static_cast<std::uint32_t>(base >> 32);
    w[2] = static_cast<std::uint32_t>(bytes);
    w[3] = static_cast<std::uint32_t>(bytes >> 32 & 0x3FFF'FFFF) | (readable ? 1U << 30 : 0) |
           (writable ? 1U << 31 : 0);
  }
};

struct Completion {
  std::uint32_t magic, version, id, status, code, engine, instruction, config;
  std::uint64_t address, cycles, first_issue, first_mac, last_sbuf_write, tensor_vectors,
      vector_busy, dma_read_beats, dma_write_beats, instructions, trace_events, trace_lost;
  std::uint64_t profile[6][8];  // by isa::Unit and isa::Cause
  struct Blocked {
    std::uint32_t instruction, wait, value, level;
  } blocked[6];
  std::uint64_t reserved[4];

  std::uint64_t cause(isa::Unit unit, isa::Cause cause) const {
    return profile[static_cast<unsigned>(unit)][static_cast<unsigned>(cause)];
  }
};
static_assert(sizeof(Completion) == CompletionRecord::kBytes);

class KernelBench {
 public:
  explicit KernelBench(StallPattern pattern = StallPattern::kNone, std::uint32_t latency = 20)
      : memory(bench.dut(), pattern, latency) {
    bench->s_axi_control_awvalid = 0;
    bench->s_axi_control_wvalid = 0;
    bench->s_axi_control_arvalid = 0;
    bench->s_axi_control_bready = 1;
    bench->s_axi_control_rready = 1;
    bench->m_axi_gmem_arready = 0;
    bench->m_axi_gmem_awready = 0;
    bench->m_axi_gmem_wready = 0;
    bench.reset(8);
    bench.add(memory);
    bench.tick(4);
  }

  void write_register(std::uint32_t offset, std::uint32_t value) {
    bench->s_axi_control_awaddr = static_cast<SData>(offset);
    bench->s_axi_control_awvalid = 1;
    bench->s_axi_control_wdata = value;
    bench->s_axi_control_wstrb = 15;
    bench->s_axi_control_wvalid = 1;
    bool address = false, data = false, done = false;
    for (int i = 0; i < 50 && !done; ++i) {
      bench.settle();
      address = address || bench->s_axi_control_awready != 0;
      data = data || bench->s_axi_control_wready != 0;
      done = bench->s_axi_control_bvalid != 0;
      bench.tick();
      if (address) bench->s_axi_control_awvalid = 0;
      if (data) bench->s_axi_control_wvalid = 0;
    }
    ASSERT_TRUE(done) << "register write not answered";
  }

  std::uint32_t read_register(std::uint32_t offset) {
    bench->s_axi_control_araddr = static_cast<SData>(offset);
    bench->s_axi_control_arvalid = 1;
    bool taken = false;
    for (int i = 0; i < 50; ++i) {
      bench.settle();
      taken = taken || bench->s_axi_control_arready != 0;
      const bool done = bench->s_axi_control_rvalid != 0;
      const std::uint32_t value = bench->s_axi_control_rdata;
      bench.tick();
      if (taken) bench->s_axi_control_arvalid = 0;
      if (done) return value;
    }
    ADD_FAILURE() << "register read not answered";
    return 0;
  }

  void place(const Launch& launch) {
    auto words = launch.words;
    words[LaunchRecord::kCompletionAddressWord] = static_cast<std::uint32_t>(launch.completion);
    words[LaunchRecord::kCompletionAddressWord + 1] =
        static_cast<std::uint32_t>(launch.completion >> 32);
    if (inside(launch.record, sizeof(words))) memory.write(launch.record, words);
    if (inside(launch.image, launch.image_words.size() * 4)) {
      std::memcpy(memory.at(launch.image), launch.image_words.data(),
                  launch.image_words.size() * 4);
    }
    if (inside(launch.completion, sizeof(Completion))) {
      std::memset(memory.at(launch.completion), 0xEE, sizeof(Completion));
    }
  }

  /// Arguments and ap_start.
  void start(const Launch& launch) {
    write_register(registers::kLaunchLo, static_cast<std::uint32_t>(launch.record));
    write_register(registers::kLaunchHi, static_cast<std::uint32_t>(launch.record >> 32));
    write_register(registers::kImageLo, static_cast<std::uint32_t>(launch.image));
    write_register(registers::kImageHi, static_cast<std::uint32_t>(launch.image >> 32));
    write_register(registers::kCtrl, 1);
  }

  bool wait_done(std::uint64_t limit = 200000) {
    for (std::uint64_t i = 0; i < limit; ++i) {
      if ((read_register(registers::kCtrl) & 2U) != 0) return true;
      if (bench.failed()) return false;
      bench.tick(10);
    }
    ADD_FAILURE() << "not done; seed " << options().seed << "\n  rerun: " << rerun_line();
    return false;
  }

  void acknowledge() { write_register(registers::kCtrl, 1U << 4); }

  /// The record of a launch; where one was written, its profile adds up.
  Completion completion(const Launch& launch) {
    const auto record = memory.read<Completion>(launch.completion);
    if (record.magic != CompletionRecord::kMagic) return record;
    for (unsigned unit = 0; unit < 6; ++unit) {
      std::uint64_t sum = 0;
      for (const std::uint64_t cycles : record.profile[unit]) sum += cycles;
      EXPECT_EQ(sum, record.cycles) << "unit " << unit;
      if (record.code == 0) {
        EXPECT_EQ(record.blocked[unit].wait, 0U) << "unit " << unit;
      }
    }
    for (const std::uint64_t word : record.reserved) EXPECT_EQ(word, 0U);
    return record;
  }

  /// A whole launch; its completion record.
  Completion run(const Launch& launch) {
    place(launch);
    start(launch);
    if (!wait_done()) return {};
    const Completion record =
        inside(launch.completion, sizeof(Completion)) ? completion(launch) : Completion{};
    acknowledge();
    return record;
  }

  static bool inside(std::uint64_t address, std::uint64_t bytes) {
    return address >= AxiMemory::kBase && address + bytes <= AxiMemory::kBase + AxiMemory::kSize;
  }

  VerilatedBench<KernelModel> bench;
  AxiMemory memory;
};

}  // namespace tinium::testbench
