// SPDX-License-Identifier: Apache-2.0
//
// The memory behind m_axi_gmem: data, timing, and the complaint for each broken rule of AXI.

#include "dram_model.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "error_of.hpp"

namespace tinium {
namespace {

using testbench::error_of;

constexpr std::uint64_t kBase = 0x1000;

/// A master that reads and writes whole bursts.
class Master {
 public:
  explicit Master(DramModel& dram) : dram_(dram) {}

  AxiSlave cycle() {
    const AxiSlave wires = dram_.drive();
    wires_.w_data = data_.data();
    dram_.sample(wires_);
    ++cycles_;
    return wires;
  }

  std::vector<std::byte> read(std::uint64_t address, std::uint32_t beats,
                              std::uint32_t* resp = nullptr) {
    wires_.ar_valid = true;
    wires_.ar_addr = address;
    wires_.ar_len = beats - 1;
    wires_.ar_size = 3;
    wires_.ar_burst = 1;
    while (!cycle().ar_ready) {
    }
    wires_.ar_valid = false;
    wires_.r_ready = true;
    std::vector<std::byte> data;
    for (;;) {
      const AxiSlave wires = cycle();
      if (!wires.r_valid) continue;
      data.insert(data.end(), wires.r_data.begin(), wires.r_data.begin() + 8);
      if (resp != nullptr) *resp |= wires.r_resp;
      if (wires.r_last) break;
    }
    return data;
  }

  std::uint32_t write(std::uint64_t address, std::span<const std::uint64_t> beats,
                      std::uint64_t strb) {
    wires_.aw_valid = true;
    wires_.aw_addr = address;
    wires_.aw_len = static_cast<std::uint32_t>(beats.size() - 1);
    wires_.aw_size = 3;
    wires_.aw_burst = 1;
    while (!cycle().aw_ready) {
    }
    wires_.aw_valid = false;
    for (std::size_t i = 0; i < beats.size(); ++i) {
      std::memcpy(data_.data(), &beats[i], 8);
      wires_.w_valid = true;
      wires_.w_strb = strb;
      wires_.w_last = i + 1 == beats.size();
      while (!cycle().w_ready) {
      }
    }
    wires_.w_valid = false;
    wires_.b_ready = true;
    for (;;) {
      const AxiSlave wires = cycle();
      if (wires.b_valid) return wires.b_resp;
    }
  }

  AxiMaster wires_;
  std::array<std::byte, 64> data_{};
  std::uint64_t cycles_ = 0;

 private:
  DramModel& dram_;
};

class Dram : public testing::TestWithParam<std::uint32_t> {
 protected:
  SparseMemory memory_{kBase, 1 << 20};
  DramModel dram_{{8, 20, GetParam(), 5}, memory_};
  Master master_{dram_};
};

INSTANTIATE_TEST_SUITE_P(Stalls, Dram, testing::Values(0u, 40u));

TEST_P(Dram, ReadsWhatWasWritten) {
  std::vector<std::uint64_t> beats;
  for (std::uint64_t i = 0; i < 64; ++i) beats.push_back(i * 0x0101010101010101ull);
  EXPECT_EQ(master_.write(kBase + 0x1E00, beats, 0xFF), 0u);
  const auto data = master_.read(kBase + 0x1E00, 64);
  EXPECT_EQ(std::memcmp(data.data(), beats.data(), 512), 0);
  // Strobes: only bytes 1 and 6.
  const std::uint64_t mark = 0xAAAAAAAAAAAAAAAAull;
  master_.write(kBase + 0x1E08, {&mark, 1}, 0x42);
  std::uint64_t word = 0;
  std::memcpy(&word, master_.read(kBase + 0x1E08, 1).data(), 8);
  EXPECT_EQ(word, 0x01AA01010101AA01ull);
}

TEST(DramTiming, LatencyThenABeatACycle) {
  SparseMemory memory(kBase, 1 << 20);
  DramModel dram({8, 50, 0, 1}, memory);
  Master master(dram);
  master.read(kBase, 100);
  EXPECT_GE(master.cycles_, 150u);
  EXPECT_LE(master.cycles_, 153u);
}

/// Beats of two IDs: each in its own order; among each other in that of the addresses, or mixed.
TEST(DramReorder, AnswersOfDifferentIdsInterleaveAndThoseOfOneDoNot) {
  for (const bool reorder : {false, true}) {
    SparseMemory memory(kBase, 1 << 20);
    for (std::uint64_t i = 0; i < 64; ++i) {
      memory.write(kBase + 8 * i, std::as_bytes(std::span(&i, 1)));
    }
    DramModel dram({8, 5, 20, 3}, memory);
    dram.set_behaviour({5, 20, 3, reorder});
    std::array<std::byte, 64> data{};
    AxiMaster m;
    m.w_data = data.data();
    m.ar_size = 3;
    m.ar_burst = 1;
    m.ar_len = 7;
    m.r_ready = true;
    std::uint32_t asked = 0;
    std::array<std::vector<std::uint64_t>, 2> beats;
    unsigned turns = 0;
    std::uint32_t last = 0;
    while (beats[0].size() + beats[1].size() < 64) {
      m.ar_valid = asked < 8;
      m.ar_id = asked % 2;
      m.ar_addr = kBase + std::uint64_t{asked} * 64;
      const AxiSlave wires = dram.drive();
      dram.sample(m);
      if (m.ar_valid && wires.ar_ready) ++asked;
      if (!wires.r_valid) continue;
      std::uint64_t value = 0;
      std::memcpy(&value, wires.r_data.data(), 8);
      beats.at(wires.r_id).push_back(value);
      EXPECT_EQ(wires.r_last, value % 8 == 7);
      turns += wires.r_id != last ? 1 : 0;
      last = wires.r_id;
    }
    for (std::uint64_t id = 0; id < 2; ++id) {
      for (std::uint64_t i = 0; i < beats[id].size(); ++i) {
        EXPECT_EQ(beats[id][i], i / 8 * 16 + id * 8 + i % 8);
      }
    }
    if (reorder) {
      EXPECT_GT(turns, 10u);
    } else {
      EXPECT_EQ(turns, 7u);
    }
  }
}

TEST(DramTiming, ReadsAndWritesShareTheBus) {
  SparseMemory memory(kBase, 1 << 20);
  DramModel dram({8, 5, 0, 1}, memory);
  AxiMaster m;
  std::array<std::byte, 64> data{};
  m.w_data = data.data();
  m.ar_valid = m.aw_valid = true;
  m.ar_addr = kBase;
  m.aw_addr = kBase + 0x8000;
  m.ar_len = m.aw_len = 255;
  m.ar_size = m.aw_size = 3;
  m.ar_burst = m.aw_burst = 1;
  m.r_ready = m.b_ready = m.w_valid = true;
  m.w_strb = 0xFF;
  unsigned reads = 0;
  unsigned writes = 0;
  for (int cycle = 0; cycle < 200; ++cycle) {
    const AxiSlave wires = dram.drive();
    m.w_last = writes == 255;
    dram.sample(m);
    if (m.ar_valid && wires.ar_ready) m.ar_valid = false;
    if (m.aw_valid && wires.aw_ready) m.aw_valid = false;
    reads += wires.r_valid;
    writes += wires.w_ready;
    EXPECT_LE(wires.r_valid + wires.w_ready, 1) << "cycle " << cycle;
  }
  EXPECT_GT(reads, 80u);
  EXPECT_GT(writes, 80u);
  EXPECT_GT(reads + writes, 190u);
}

TEST(DramErrors, OutsideMemoryAndInjected) {
  SparseMemory memory(kBase, 1 << 16);
  DramModel dram({8, 5, 0, 1}, memory);
  Master master(dram);
  std::uint32_t resp = 0;
  master.read(0, 2, &resp);
  EXPECT_EQ(resp, 2u);
  const std::uint64_t word = 1;
  EXPECT_EQ(master.write(kBase + (1 << 16), {&word, 1}, 0xFF), 2u);
  memory.inject({DeviceAddress{kBase + 0x100}, 8, true, false, 1, 1});
  for (const std::uint32_t expected : {0u, 2u, 0u}) {  // the second access, once
    resp = 0;
    master.read(kBase + 0x100, 1, &resp);
    EXPECT_EQ(resp, expected);
  }
  EXPECT_EQ(master.write(kBase + 0x100, {&word, 1}, 0xFF), 0u) << "only reads fail";
}

TEST(DramRules, EachBrokenRuleIsNamed) {
  const auto broken = [](auto change) {
    SparseMemory memory(kBase, 1 << 20);
    DramModel dram({8, 5, 90, 1}, memory);
    AxiMaster m;
    std::array<std::byte, 64> data{};
    m.w_data = data.data();
    m.ar_addr = m.aw_addr = kBase;
    m.ar_size = m.aw_size = 3;
    m.ar_burst = m.aw_burst = 1;
    return error_of([&] {
             for (int cycle = 0; cycle < 2000; ++cycle) {
               const AxiSlave wires = dram.drive();
               change(m, wires, cycle);
               dram.sample(m);
             }
           })
        .rule();
  };
  EXPECT_EQ(broken([](AxiMaster& m, const AxiSlave&, int) {
              m.ar_valid = true;
              m.ar_burst = 0;
            }),
            "bursts are incrementing");
  EXPECT_EQ(broken([](AxiMaster& m, const AxiSlave&, int) {
              m.aw_valid = true;
              m.aw_size = 2;
            }),
            "every beat has the width of the bus");
  EXPECT_EQ(broken([](AxiMaster& m, const AxiSlave&, int) {
              m.ar_valid = true;
              m.ar_addr = kBase + 0xFF8;
              m.ar_len = 1;
            }),
            "a burst stays within 4 KiB");
  EXPECT_EQ(broken([](AxiMaster& m, const AxiSlave&, int cycle) {
              m.ar_valid = true;
              m.ar_addr = kBase + (cycle % 2) * 8;
            }),
            "a waiting address holds");
  EXPECT_EQ(broken([](AxiMaster& m, const AxiSlave&, int cycle) { m.aw_valid = cycle % 2 == 0; }),
            "a waiting address holds");
  EXPECT_EQ(broken([](AxiMaster& m, const AxiSlave&, int) {
              m.aw_valid = true;
              m.aw_len = 3;
              m.w_valid = true;
              m.w_last = true;
            }),
            "WLAST marks the last beat of a burst");
  EXPECT_EQ(broken([](AxiMaster& m, const AxiSlave&, int cycle) {
              m.w_valid = true;
              m.w_strb = static_cast<std::uint64_t>(cycle);
            }),
            "a waiting beat holds");
}

}  // namespace
}  // namespace tinium
