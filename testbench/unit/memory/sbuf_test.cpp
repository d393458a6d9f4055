// SPDX-License-Identifier: Apache-2.0
// SBUF: every read returns the bytes last written, two cycles after its grant; arbitration is as
// stated: TensorE first, the others in turn, nobody waits without a reason; a DMA read collects its
// banks as they are free; DMA words of several rows touch their part of each lane and no other.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "Vtn_sbuf.h"
#include "bench_options.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {
namespace {

constexpr unsigned kPartitions = TN_PARTITIONS;
constexpr unsigned kLanes = TN_LANES;
constexpr unsigned kBus = TN_BUS_BYTES;
constexpr unsigned kBytes = TN_SBUF_BYTES;
constexpr unsigned kBanks = kBus / 8;
constexpr unsigned kRows = kPartitions / kLanes;
constexpr unsigned kAllBanks = (1U << kBanks) - 1;
constexpr unsigned kMaxRowsLog2 = kBanks >= 4 ? 2 : kBanks >= 2 ? 1 : 0;

template <typename Port>
void put(Port& port, std::uint64_t value) {
  port = static_cast<Port>(value);
}

/// How busy the ports are, in percent, and how many places they meet in.
struct Traffic {
  unsigned mov, sta, vrd, drd, vwr, dwr, twr;
  unsigned places;  ///< offsets drawn from so many words of 8 bytes; 0: from all
};

class SbufBench {
 public:
  explicit SbufBench(const Traffic& traffic) : traffic_(traffic), rng_(make_rng()) {
    Vtn_sbuf& m = bench.dut();
    m.mov_valid_i = m.sta_valid_i = m.vrd_valid_i = m.drd_valid_i = 0;
    m.vwr_valid_i = m.dwr_valid_i = m.twr_valid_i = 0;
    bench.reset();
    fill();
  }

  VerilatedBench<Vtn_sbuf> bench;
  std::uint64_t meetings = 0;  ///< cycles in which VectorE and DMA wanted the same bank
  std::uint64_t reads = 0;     ///< reads compared
  std::uint64_t waited = 0;    ///< requests refused
  std::uint64_t granted = 0;   ///< DMA reads
  std::uint64_t parts = 0;     ///< DMA reads that took more than one cycle

  void cycle() {
    Vtn_sbuf& m = bench.dut();
    drive();
    bench.settle();
    check_grants();
    // Reads see the bytes of before; writes of this cycle come after.
    const bool sta = m.sta_valid_i && m.sta_ready_o;
    const bool vrd = m.vrd_valid_i && m.vrd_ready_o;
    const bool drd = m.drd_valid_i && m.drd_ready_o;
    mov_.push(m.mov_valid_i ? lanes(m.mov_prow_i, m.mov_off8_i) : std::nullopt);
    sta_.push(sta ? lanes(m.sta_prow_i, m.sta_off8_i) : std::nullopt);
    vrd_.push(vrd ? lanes(m.vrd_prow_i, m.vrd_off8_i) : std::nullopt);
    drd_.push(drd ? Data(gathered_) : std::nullopt);
    if (m.vwr_valid_i && m.vwr_ready_o) {
      for (unsigned lane = 0; lane < kLanes; ++lane) {
        const auto be = byte_of(&m.vwr_be_i, lane);
        for (unsigned b = 0; b < 8; ++b) {
          if (be >> b & 1) {
            at(lane, m.vwr_prow_i, m.vwr_off8_i * 8U + b) = byte_of(&m.vwr_data_i, lane * 8 + b);
          }
        }
      }
    }
    if (m.twr_valid_i && m.twr_ready_o) {
      for (unsigned lane = 0; lane < kLanes; ++lane) {
        const auto be = byte_of(&m.twr_be_i, lane);
        for (unsigned b = 0; b < 8; ++b) {
          if (be >> b & 1) {
            at(lane, m.twr_prow_i, m.twr_off8_i * 8U + b) = byte_of(&m.twr_data_i, lane * 8 + b);
          }
        }
      }
    }
    if (m.dwr_valid_i && m.dwr_ready_o) {
      for (unsigned b = 0; b < kBus; ++b) {
        // Of several rows the first byte enables each.
        const unsigned enable =
            m.dwr_rows_log2_i ? b / row_bytes(m.dwr_rows_log2_i) * row_bytes(m.dwr_rows_log2_i) : b;
        if (byte_of(&m.dwr_be_i, enable / 8) >> (enable % 8) & 1) {
          byte_at(m.dwr_rows_log2_i, m.dwr_part_i, m.dwr_lane_i, m.dwr_prow_i, m.dwr_word_i, b) =
              byte_of(&m.dwr_data_i, b);
        }
      }
    }
    offered_ = {m.sta_valid_i && !m.sta_ready_o, m.vrd_valid_i && !m.vrd_ready_o,
                m.drd_valid_i && !m.drd_ready_o, m.vwr_valid_i && !m.vwr_ready_o,
                m.dwr_valid_i && !m.dwr_ready_o, m.twr_valid_i && !m.twr_ready_o};
    for (const bool held : offered_) {
      waited += held;
    }
    bench.tick();
    compare("mov", mov_, &m.mov_data_o, kLanes * 8);
    compare("sta", sta_, &m.sta_data_o, kLanes * 8);
    compare("vrd", vrd_, &m.vrd_data_o, kLanes * 8);
    drd_.shown.reset();  // holds for one cycle only
    compare("drd", drd_, &m.drd_data_o, kBus);
  }

  /// The moving operand reads word after word, one a cycle.
  void walk_moving(bool on) { walk_ = on; }

  void run(std::uint64_t cycles) {
    for (std::uint64_t i = 0; i < cycles && !bench.failed() && failures_ < 16; ++i) {
      cycle();
    }
  }

 private:
  using Data = std::optional<std::vector<std::uint8_t>>;

  /// A port's reads in flight, and what its output shows.
  struct Pipe {
    Data first, second, shown;
    void push(Data data) {
      if (second) {
        shown = second;
      }
      second = std::move(first);
      first = std::move(data);
    }
  };

  static std::uint8_t byte_of(const void* data, std::size_t index) {
    return static_cast<const std::uint8_t*>(data)[index];
  }
  std::uint8_t& at(unsigned lane, unsigned prow, unsigned offset) {
    return bytes_[(std::size_t{prow} * kLanes + lane) * kBytes + offset];
  }
  static unsigned row_bytes(unsigned rows_log2) { return kBus >> rows_log2; }
  /// Byte `b` of a DMA word.
  std::uint8_t& byte_at(unsigned rows_log2, unsigned part, unsigned lane, unsigned prow,
                        unsigned word, unsigned b) {
    const unsigned row = row_bytes(rows_log2);
    return at(lane + b / row, prow, word * kBus + (rows_log2 ? part * row : 0) + b % row);
  }
  static unsigned part_banks(unsigned rows_log2, unsigned part) {
    if (rows_log2 == 0) return kAllBanks;
    const unsigned banks = kBanks >> rows_log2;
    return ((1U << banks) - 1) << (part * banks);
  }
  /// Rows of a DMA word; more than one in half of all.
  template <typename Rows, typename Part, typename Lane>
  void pick_rows(Rows& rows_log2, Part& part, Lane& lane) {
    put(rows_log2, rng_() % 2 ? rng_() % (kMaxRowsLog2 + 1) : 0);
    put(part, rng_() % (1U << (rows_log2 ? rows_log2 : 2)));
    put(lane, rng_() % kLanes >> rows_log2 << rows_log2);
  }
  Data lanes(unsigned prow, unsigned off8) {
    std::vector<std::uint8_t> data;
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      const std::uint8_t* from = &at(lane, prow, off8 * 8);
      data.insert(data.end(), from, from + 8);
    }
    return data;
  }
  /// A DMA read takes the banks in `banks` now.
  void gather(unsigned banks) {
    const Vtn_sbuf& m = bench.dut();
    gathered_.resize(kBus);
    for (unsigned b = 0; b < kBus; ++b) {
      const std::uint8_t& from =
          byte_at(m.drd_rows_log2_i, m.drd_part_i, m.drd_lane_i, m.drd_prow_i, m.drd_word_i, b);
      if (banks >> ((&from - bytes_.data()) % kBus / 8) & 1) {
        gathered_[b] = from;
      }
    }
  }

  bool chance(unsigned percent) { return rng_() % 100 < percent; }
  unsigned pick_off8() {
    const unsigned all = kBytes / 8;
    return static_cast<unsigned>(traffic_.places ? rng_() % traffic_.places * 3 % all
                                                 : rng_() % all);
  }
  void noise(void* data, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      static_cast<std::uint8_t*>(data)[i] = static_cast<std::uint8_t>(rng_());
    }
  }

  void drive() {
    Vtn_sbuf& m = bench.dut();
    m.mov_valid_i = chance(traffic_.mov);
    put(m.mov_prow_i, rng_() % kRows);
    put(m.mov_off8_i, pick_off8());
    if (walk_) {
      m.mov_valid_i = 1;
      put(m.mov_off8_i, bench.cycle() % (kBytes / 8));
    }
    if (!offered_[0]) {
      m.sta_valid_i = chance(traffic_.sta);
      put(m.sta_prow_i, rng_() % kRows);
      put(m.sta_off8_i, pick_off8());
    }
    if (!offered_[1]) {
      m.vrd_valid_i = chance(traffic_.vrd);
      put(m.vrd_prow_i, rng_() % kRows);
      put(m.vrd_off8_i, pick_off8());
    }
    if (offered_[2] && !walk_ && chance(10)) {  // withdrawn: a cycle without
      m.drd_valid_i = 0;
      drd_left_ = part_banks(m.drd_rows_log2_i, m.drd_part_i);
    } else if (!offered_[2]) {
      m.drd_valid_i = chance(traffic_.drd);
      pick_rows(m.drd_rows_log2_i, m.drd_part_i, m.drd_lane_i);
      if (walk_) m.drd_rows_log2_i = 0;
      drd_left_ = part_banks(m.drd_rows_log2_i, m.drd_part_i);
      put(m.drd_prow_i, rng_() % kRows);
      put(m.drd_word_i, pick_off8() / kBanks);
    }
    if (!offered_[3]) {
      m.vwr_valid_i = chance(traffic_.vwr);
      put(m.vwr_prow_i, rng_() % kRows);
      put(m.vwr_off8_i, pick_off8());
      noise(&m.vwr_data_i, kLanes * 8);
      noise(&m.vwr_be_i, kLanes);
    }
    if (!offered_[5]) {  // never with dwr
      m.twr_valid_i = !offered_[4] && chance(traffic_.twr);
      put(m.twr_prow_i, rng_() % kRows);
      put(m.twr_off8_i, pick_off8());
      noise(&m.twr_data_i, kLanes * 8);
      noise(&m.twr_be_i, kLanes);
    }
    if (!offered_[4]) {
      m.dwr_valid_i = !m.twr_valid_i && chance(traffic_.dwr);
      pick_rows(m.dwr_rows_log2_i, m.dwr_part_i, m.dwr_lane_i);
      put(m.dwr_prow_i, rng_() % kRows);
      put(m.dwr_word_i, pick_off8() / kBanks);
      noise(&m.dwr_data_i, kBus);
      noise(&m.dwr_be_i, kBus / 8);
      if (chance(50)) {  // the ends of a row: few banks
        std::memset(&m.dwr_be_i, 0, kBus / 8);
        reinterpret_cast<std::uint8_t*>(&m.dwr_be_i)[rng_() % kBanks] = 0x3C;
      }
    }
  }

  void fail(const std::string& what) {
    if (failures_++ < 16) {
      ADD_FAILURE() << current_test_name() << " seed " << options().seed << " cycle "
                    << bench.cycle() << ": " << what
                    << (failures_ == 1 ? "\n  rerun: " + rerun_line() : "");
    }
  }

  unsigned dwr_banks() {
    const Vtn_sbuf& m = bench.dut();
    if (m.dwr_rows_log2_i) return part_banks(m.dwr_rows_log2_i, m.dwr_part_i);
    unsigned banks = 0;
    for (unsigned k = 0; k < kBanks; ++k) banks |= (byte_of(&m.dwr_be_i, k) != 0) << k;
    return banks;
  }

  void check_grants() {
    const Vtn_sbuf& m = bench.dut();
    const auto bank = [](unsigned off8) { return off8 % kBanks; };
    const bool sta_blocked = m.mov_valid_i && bank(m.mov_off8_i) == bank(m.sta_off8_i);
    const auto by_tensor = [&](unsigned b) {
      return (m.mov_valid_i && bank(m.mov_off8_i) == b) ||
             (m.sta_valid_i && bank(m.sta_off8_i) == b);
    };
    if (m.sta_valid_i && (m.sta_ready_o != 0) == sta_blocked) {
      fail("stationary operand: wrong grant");
    }
    const bool vrd_free = m.vrd_valid_i && !by_tensor(bank(m.vrd_off8_i));
    const unsigned wanted = m.drd_valid_i ? drd_left_ : 0;
    const bool vrd = m.vrd_valid_i && m.vrd_ready_o;
    const bool drd = m.drd_valid_i && m.drd_ready_o;
    if (vrd_free && (wanted >> bank(m.vrd_off8_i) & 1)) {
      ++meetings;
      if (last_read_ && *last_read_ == !vrd) {
        fail("read: the same one went first at two meetings running");
      }
      last_read_ = !vrd;
    } else if (vrd != vrd_free) {
      fail("VectorE read: wrong grant");
    }
    unsigned given = wanted;
    for (unsigned b = 0; b < kBanks; ++b) {
      if (by_tensor(b) || (vrd && bank(m.vrd_off8_i) == b)) given &= ~(1U << b);
    }
    gather(given);
    if (m.drd_valid_i && drd != (given == wanted)) {
      fail("DMA read: wrong grant");
    }
    granted += drd;
    parts += drd && drd_left_ != part_banks(m.drd_rows_log2_i, m.drd_part_i);
    drd_left_ &= ~given;
    const bool dma_valid = m.dwr_valid_i || m.twr_valid_i;
    const bool dma = (m.dwr_valid_i && m.dwr_ready_o) || (m.twr_valid_i && m.twr_ready_o);
    const bool write_meet =
        m.vwr_valid_i &&
        (m.twr_valid_i || (m.dwr_valid_i && (dwr_banks() >> bank(m.vwr_off8_i) & 1)));
    const bool vwr = m.vwr_valid_i && m.vwr_ready_o;
    if (write_meet) {
      ++meetings;
      if (vwr == dma) {
        fail("write: VectorE and DMA met, not exactly one went");
      }
      if (last_write_ && *last_write_ == dma) {
        fail("write: the same one went first at two meetings running");
      }
      last_write_ = dma;
    } else if (vwr != (m.vwr_valid_i != 0) || dma != dma_valid) {
      fail("write: refused without a reason");
    }
  }

  void compare(const char* port, const Pipe& pipe, const void* got, std::size_t size) {
    // After the edge, the output shows the read granted in the cycle before last, or the last one.
    const Data& expected = pipe.second ? pipe.second : pipe.shown;
    if (!expected) {
      return;
    }
    ++reads;
    for (std::size_t i = 0; i < size; ++i) {
      if (byte_of(got, i) != (*expected)[i]) {
        fail(std::string(port) + " byte " + std::to_string(i) + ": expected " +
             std::to_string((*expected)[i]) + ", got " + std::to_string(byte_of(got, i)));
        return;
      }
    }
  }

  void fill() {
    Vtn_sbuf& m = bench.dut();
    bytes_.resize(std::size_t{kPartitions} * kBytes);
    std::memset(&m.dwr_be_i, 0xFF, kBus / 8);
    m.dwr_rows_log2_i = 0;
    for (unsigned partition = 0; partition < kPartitions; ++partition) {
      for (unsigned index = 0; index < kBytes / kBus; ++index) {
        m.dwr_valid_i = 1;
        put(m.dwr_lane_i, partition % kLanes);
        put(m.dwr_prow_i, partition / kLanes);
        put(m.dwr_word_i, index);
        noise(&m.dwr_data_i, kBus);
        std::memcpy(&at(partition % kLanes, partition / kLanes, index * kBus), &m.dwr_data_i, kBus);
        bench.tick();
      }
    }
    m.dwr_valid_i = 0;
  }

  Traffic traffic_;
  std::mt19937_64 rng_;
  std::vector<std::uint8_t> bytes_;
  Pipe mov_, sta_, vrd_, drd_;
  std::array<bool, 6> offered_{};
  unsigned drd_left_ = kAllBanks;       ///< banks that the DMA read still wants
  std::vector<std::uint8_t> gathered_;  ///< what it has so far
  std::optional<bool> last_read_, last_write_;
  bool walk_ = false;
  int failures_ = 0;
};

struct NamedTraffic {
  const char* name;
  Traffic traffic;
};

class Sbuf : public ::testing::TestWithParam<NamedTraffic> {};

TEST_P(Sbuf, ReadsWhatWasWritten) {
  SbufBench sbuf(GetParam().traffic);
  sbuf.run(case_count(6000));
  EXPECT_GT(sbuf.reads, 1000U);
  const Traffic& t = GetParam().traffic;
  if (t.vwr + t.dwr + t.twr > 100 || t.vrd + t.drd > 100) {
    EXPECT_GT(sbuf.meetings, 100U);
    EXPECT_GT(sbuf.waited, 100U);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Traffic, Sbuf,
    ::testing::Values(NamedTraffic{"Light", {20, 10, 20, 20, 20, 10, 10, 0}},
                      NamedTraffic{"Everything", {25, 25, 80, 80, 80, 60, 40, 0}},
                      NamedTraffic{"FewPlaces", {25, 20, 50, 50, 70, 50, 30, 5}},
                      NamedTraffic{"NoTensor", {0, 0, 100, 100, 100, 70, 30, 0}},
                      NamedTraffic{"TensorAlways", {100, 50, 50, 50, 50, 30, 20, 0}}),
    [](const auto& i) { return std::string(i.param.name); });

// A moving operand that reads in every cycle, from bank to bank, costs a DMA read one cycle; where
// there is one bank only, TensorE has it and the read waits.
TEST(SbufFairness, DmaReadsBesideAMovingOperand) {
  SbufBench sbuf({0, 0, 0, 100, 0, 0, 0, 0});
  sbuf.walk_moving(true);
  sbuf.run(1000);
  if (kBanks == 1) {
    EXPECT_EQ(sbuf.granted, 0U);
    return;
  }
  EXPECT_GE(sbuf.granted, 495U);
  EXPECT_GE(sbuf.parts, 490U);
}

// The whole address range of each port: no alias, no hole.
TEST(SbufRange, EveryWordIsItsOwn) {
  SbufBench sbuf({0, 0, 100, 0, 0, 0, 0, 0});
  sbuf.run(8 * kRows * kBytes / 8);
  EXPECT_GT(sbuf.reads, std::uint64_t{4} * kRows * kBytes / 8);
}

}  // namespace
}  // namespace tinium::testbench
