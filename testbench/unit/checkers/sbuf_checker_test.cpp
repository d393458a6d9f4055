// SPDX-License-Identifier: Apache-2.0
// The checker of SBUF is silent on a model of it, and each rule broken once fires that rule alone.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "Vtn_sbuf_checker.h"
#include "checker_bench.hpp"

namespace tinium::testbench {
namespace {

constexpr unsigned kRows = 2, kWords = 16, kBanks = 2;

struct Place {
  unsigned row = 0, off8 = 0;
};
struct DmaRead {
  unsigned lane = 0, row = 0, word = 0, banks = 3;
  bool ready = true;
  unsigned rows_log2 = 0, part = 0;
};
struct EngineWrite {
  Place place{};
  std::uint64_t data = 0;
  unsigned enables = 0xFF;
};
struct DmaWrite {
  unsigned lane = 0, row = 0, word = 0, banks = 3;
  std::array<std::uint64_t, kBanks> data{};
  unsigned enables = 0xFFFF;
  unsigned rows_log2 = 0, part = 0;
};
struct Ops {
  std::optional<Place> mov{}, sta{}, vrd{};
  std::optional<DmaRead> drd{};
  std::optional<EngineWrite> ewr{};
  std::optional<DmaWrite> dwr{};
};

/// Lane 0 as it should be; data follow two cycles after a read.
class SbufModel : public CheckerBench<Vtn_sbuf_checker> {
 public:
  SbufModel() {
    for (auto& word : memory_) word = rng_();
    quiet();
    reset();
  }
  /// Exclusive or with what a port returns, from now on.
  std::uint64_t spoil_mov = 0, spoil_sta = 0, spoil_vrd = 0;
  std::array<std::uint64_t, kBanks> spoil_drd{};

  void quiet() {
    spoil_mov = spoil_sta = spoil_vrd = 0;
    spoil_drd = {};
    drive({});
  }

  void cycle(const Ops& ops = {}) {
    drive(ops);
    tick();
    // Reads see what was there before this cycle's writes.
    mov_.shift(ops.mov ? std::optional(at(*ops.mov)) : std::nullopt);
    sta_.shift(ops.sta ? std::optional(at(*ops.sta)) : std::nullopt);
    vrd_.shift(ops.vrd ? std::optional(at(*ops.vrd)) : std::nullopt);
    for (unsigned k = 0; k < kBanks; ++k) {
      std::optional<std::uint64_t> word;
      if (ops.drd && ops.drd->lane == 0 && k < kBanks >> ops.drd->rows_log2) {
        const unsigned bank = first_bank(*ops.drd) + k;
        if ((ops.drd->banks >> bank & 1U) != 0) {
          word = at({ops.drd->row, ops.drd->word * kBanks + bank});
        }
      }
      drd_[k].shift(word);
    }
    if (ops.ewr) merge(at(ops.ewr->place), ops.ewr->data, ops.ewr->enables);
    if (ops.dwr && ops.dwr->lane == 0) {
      for (unsigned k = 0; k < kBanks >> ops.dwr->rows_log2; ++k) {
        const unsigned bank = first_bank(*ops.dwr) + k;
        if ((ops.dwr->banks >> bank & 1U) == 0) continue;
        // A row among several is enabled by its first byte.
        const unsigned enables = ops.dwr->rows_log2 == 0        ? ops.dwr->enables >> 8 * k & 0xFF
                                 : (ops.dwr->enables & 1U) != 0 ? 0xFF
                                                                : 0;
        merge(at({ops.dwr->row, ops.dwr->word * kBanks + bank}), ops.dwr->data[k], enables);
      }
    }
  }

  /// Makes every byte known.
  void fill() {
    for (unsigned row = 0; row < kRows; ++row) {
      for (unsigned word = 0; word < kWords / kBanks; ++word) {
        cycle({.dwr = DmaWrite{.row = row, .word = word, .data = {rng_(), rng_()}}});
      }
    }
  }

 private:
  /// What a port shows: the word read two cycles ago, and on.
  struct Pipe {
    std::uint64_t now = 0;
    std::optional<std::uint64_t> next, behind;
    void shift(std::optional<std::uint64_t> read) {
      if (next) now = *next;
      next = read;
    }
  };

  std::uint64_t& at(const Place& p) { return memory_[p.row * kWords + p.off8]; }
  static void merge(std::uint64_t& word, std::uint64_t data, unsigned enables) {
    for (unsigned b = 0; b < 8; ++b) {
      if ((enables >> b & 1U) != 0) {
        word = (word & ~(0xFFULL << 8 * b)) | (data & 0xFFULL << 8 * b);
      }
    }
  }
  template <typename Dma>
  static unsigned first_bank(const Dma& dma) {
    return dma.rows_log2 == 0 ? 0 : dma.part * (kBanks >> dma.rows_log2);
  }
  static CData bank(const std::optional<Place>& p) {
    return static_cast<CData>(p ? 1U << p->off8 % kBanks : 0);
  }

  void drive(const Ops& ops) {
    auto& m = bench.dut();
    const auto port = [](const std::optional<Place>& p, auto& banks, auto& prow, auto& off8) {
      banks = bank(p);
      prow = static_cast<CData>(p ? p->row : 0);
      off8 = static_cast<SData>(p ? p->off8 : 0);
    };
    port(ops.mov, m.mov_banks_i, m.mov_prow_i, m.mov_off8_i);
    port(ops.sta, m.sta_banks_i, m.sta_prow_i, m.sta_off8_i);
    port(ops.vrd, m.vrd_banks_i, m.vrd_prow_i, m.vrd_off8_i);
    m.mov_data_i = mov_.now ^ spoil_mov;
    m.sta_data_i = sta_.now ^ spoil_sta;
    m.vrd_data_i = vrd_.now ^ spoil_vrd;
    const DmaRead read = ops.drd.value_or(DmaRead{.banks = 0, .ready = false});
    m.drd_valid_i = ops.drd.has_value();
    m.drd_ready_i = read.ready;
    m.drd_banks_i = static_cast<CData>(read.banks);
    m.drd_lane_i = static_cast<CData>(read.lane);
    m.drd_prow_i = static_cast<CData>(read.row);
    m.drd_word_i = static_cast<CData>(read.word);
    m.drd_rows_log2_i = static_cast<CData>(read.rows_log2);
    m.drd_part_i = static_cast<CData>(read.part);
    for (unsigned k = 0; k < kBanks; ++k) {
      const std::uint64_t word = drd_[k].now ^ spoil_drd[k];
      std::memcpy(&m.drd_data_i[2 * k], &word, 8);
    }
    const EngineWrite engine = ops.ewr.value_or(EngineWrite{.enables = 0});
    m.ewr_banks_i = ops.ewr ? bank(engine.place) : CData{0};
    m.ewr_prow_i = static_cast<CData>(engine.place.row);
    m.ewr_off8_i = static_cast<SData>(engine.place.off8);
    m.ewr_data_i = engine.data;
    m.ewr_be_i = static_cast<CData>(engine.enables);
    const DmaWrite dma = ops.dwr.value_or(DmaWrite{.banks = 0});
    m.dwr_banks_i = static_cast<CData>(dma.banks);
    m.dwr_lane_i = static_cast<CData>(dma.lane);
    m.dwr_prow_i = static_cast<CData>(dma.row);
    m.dwr_word_i = static_cast<CData>(dma.word);
    m.dwr_rows_log2_i = static_cast<CData>(dma.rows_log2);
    m.dwr_part_i = static_cast<CData>(dma.part);
    for (unsigned k = 0; k < kBanks; ++k) std::memcpy(&m.dwr_data_i[2 * k], &dma.data[k], 8);
    m.dwr_be_i = static_cast<SData>(dma.enables);
  }

  std::mt19937_64 rng_ = make_rng(7);
  std::array<std::uint64_t, kRows * kWords> memory_{};
  Pipe mov_, sta_, vrd_;
  std::array<Pipe, kBanks> drd_;
};

std::vector<SeededFault<SbufModel>> faults() {
  using M = SbufModel;
  std::vector<SeededFault<M>> list = {
      {"SBUF-01 OneRead", "MovingAndStationary",
       [](M& c) {
         c.cycle({.mov = Place{0, 2}, .sta = Place{0, 4}});
       }},
      {"SBUF-01 OneRead", "StationaryAndVector",
       [](M& c) {
         c.cycle({.sta = Place{0, 2}, .vrd = Place{1, 4}});
       }},
      {"SBUF-01 OneRead", "VectorAndDma",
       [](M& c) {
         c.cycle({.vrd = Place{1, 3}, .drd = DmaRead{}});
       }},
      {"SBUF-02 OneWrite", "EngineAndDma",
       [](M& c) {
         c.cycle({.ewr = EngineWrite{{1, 3}}, .dwr = DmaWrite{.lane = 1}});
       }},
      {"SBUF-03 DmaReadWhole", "ReadyTooEarly",
       [](M& c) { c.cycle({.drd = DmaRead{.lane = 1, .banks = 1}}); }},
      {"SBUF-03 DmaReadWhole", "ReadyTooLate",
       [](M& c) {
         c.cycle({.drd = DmaRead{.lane = 1, .banks = 3, .ready = false}});
         c.cycle({.drd = DmaRead{.lane = 1, .banks = 0, .ready = true}});
       }},
      {"SBUF-03 DmaReadWhole", "BanksOfAnEarlierRead",
       [](M& c) {
         c.cycle({.drd = DmaRead{.lane = 1, .banks = 1, .ready = false}});
         c.cycle();  // withdrawn
         c.cycle({.drd = DmaRead{.lane = 1, .word = 1, .banks = 2, .ready = true}});
       }},
      {"SBUF-03 DmaReadWhole", "BanksWithoutARead",
       [](M& c) {
         c->drd_banks_i = 2;
         c.tick();
       }},
      {"SBUF-04 DmaReadHolds", "ReadChangedWhileItWaits",
       [](M& c) {
         c.cycle({.drd = DmaRead{.lane = 1, .banks = 1, .ready = false}});
         c.cycle({.drd = DmaRead{.lane = 1, .word = 1, .banks = 2, .ready = true}});
       }},
      {"SBUF-08 DmaReadData", "DmaDataOfTwoCyclesAgoWrong",
       [](M& c) {
         c.cycle({.drd = DmaRead{.word = 3}});
         c.cycle();
         c.spoil_drd[1] = 1ULL << 40;
         c.cycle();
         c.spoil_drd = {};
       }},
      {"SBUF-03 DmaReadWhole", "OneOfTwoRowsGivenTheOthersBank",
       [](M& c) {
         c.cycle({.drd = DmaRead{.lane = 1, .banks = 1, .ready = true, .rows_log2 = 1, .part = 1}});
       }},
      {"SBUF-08 DmaReadData", "FirstOfTwoRowsWrong",
       [](M& c) {
         c.cycle({.drd = DmaRead{.word = 3, .banks = 2, .rows_log2 = 1, .part = 1}});
         c.cycle();
         c.spoil_drd[0] = 2;
         c.cycle();
         c.spoil_drd = {};
       }},
      {"SBUF-08 DmaReadData", "OneBankOfThePartsWrong",
       [](M& c) {
         c.cycle({.drd = DmaRead{.word = 3, .banks = 2, .ready = false}});
         c.cycle({.drd = DmaRead{.word = 3, .banks = 1, .ready = true}});
         c.cycle();
         c.spoil_drd[1] = 1;
         c.cycle();
         c.spoil_drd = {};
       }},
  };
  // The same faults on the three ports of engines.
  const auto port = [&list](const std::string& rule, const std::string& name,
                            std::optional<Place> Ops::*op, std::uint64_t M::*spoil) {
    const auto read = [op](unsigned row, unsigned off8) {
      Ops ops;
      ops.*op = Place{row, off8};
      return ops;
    };
    list.push_back({rule, name + "DataWrong", [=](M& c) {
                      c.cycle(read(1, 5));
                      c.cycle();
                      c.*spoil = 1ULL << 63;
                      c.cycle();
                      c.*spoil = 0;
                      c.cycle(read(0, 4));
                    }});
    list.push_back({rule, name + "DataNotHeld", [=](M& c) {
                      c.cycle(read(1, 5));
                      for (int i = 0; i < 9; ++i) c.cycle();
                      c.*spoil = 1;
                      c.cycle();
                      c.*spoil = 0;
                    }});
    list.push_back({rule, name + "SeesAWriteOfItsCycle", [=](M& c) {
                      Ops ops = read(1, 5);
                      c.cycle({.ewr = EngineWrite{{1, 5}, 0x11}});
                      ops.ewr = EngineWrite{{1, 5}, 0x10};
                      c.cycle(ops);
                      c.cycle();
                      c.*spoil = 1;  // 0x10, which is new
                      c.cycle();
                      c.cycle(read(1, 5));
                      c.*spoil = 1;
                      c.cycle();
                      c.*spoil = 0;
                    }});
  };
  port("SBUF-05 MovingData", "Moving", &Ops::mov, &M::spoil_mov);
  port("SBUF-06 StationaryData", "Stationary", &Ops::sta, &M::spoil_sta);
  port("SBUF-07 VectorReadData", "Vector", &Ops::vrd, &M::spoil_vrd);
  for (auto& fault : list) {
    fault.traffic = [traffic = fault.traffic](M& c) {
      c.fill();
      traffic(c);
      for (int i = 0; i < 3; ++i) c.cycle();
    };
  }
  return list;
}

TINIUM_SEEDED_FAULTS(SbufFault, SbufModel, faults());

TEST(SbufChecker, SilentOnRandomLegalTraffic) {
  // Some bytes stay unknown for long.
  SbufModel c;
  std::mt19937_64 rng = make_rng();
  const auto chance = [&](unsigned percent) { return rng() % 100 < percent; };
  const auto below = [&](unsigned limit) { return static_cast<unsigned>(rng() % limit); };
  std::optional<DmaRead> waits;
  unsigned given = 0;
  for (unsigned i = 0; i < 30000; ++i) {
    Ops ops;
    unsigned free = 3;
    const auto engine = [&](std::optional<Place>& port) {
      if (!chance(40)) return;
      const Place p{below(kRows), below(kWords)};
      const unsigned bank = 1U << p.off8 % kBanks;
      if ((free & bank) == 0) return;
      free &= ~bank;
      port = p;
    };
    engine(ops.mov);
    engine(ops.sta);
    engine(ops.vrd);
    if (waits && chance(3)) {
      waits.reset();  // withdrawn: a cycle without
    } else {
      if (!waits && chance(60)) {
        waits = DmaRead{.lane = below(2), .row = below(kRows), .word = below(kWords / kBanks)};
        waits->rows_log2 = below(2);
        waits->part = below(2);
        given = 0;
      }
      if (waits) {
        const unsigned wanted = waits->rows_log2 == 0 ? 3U : 1U << waits->part;
        waits->banks = free & ~given & wanted;
        given |= waits->banks;
        waits->ready = given == wanted;
        ops.drd = waits;
        if (waits->ready) waits.reset();
      }
    }
    free = 3;
    if (chance(40)) {
      ops.ewr = EngineWrite{{below(kRows), below(kWords)}, rng(), below(256)};
      free &= ~(1U << ops.ewr->place.off8 % kBanks);
    }
    if (chance(40) && free != 0) {
      ops.dwr = DmaWrite{.lane = below(2),
                         .row = below(kRows),
                         .word = below(kWords / kBanks),
                         .banks = free,
                         .data = {rng(), rng()},
                         .enables = below(65536),
                         .rows_log2 = below(2),
                         .part = below(2)};
      if (ops.dwr->rows_log2 != 0) ops.dwr->banks &= 1U << ops.dwr->part;
    }
    if (i % 1000 == 999) {
      c.quiet();
      c.cycle();
      c.cycle();
      c.reset();
      waits.reset();
      continue;
    }
    c.cycle(ops);
  }
  EXPECT_EQ(c.fired(), std::set<std::string>{});
}

}  // namespace
}  // namespace tinium::testbench
