// SPDX-License-Identifier: Apache-2.0
// The checker of PSUM is silent on a model of it, and each rule broken once fires that rule alone.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "Vtn_psum_checker.h"
#include "checker_bench.hpp"

namespace tinium::testbench {
namespace {

constexpr unsigned kRows = 2, kLanesPerCol = 2, kCols = 4, kBanks = 2, kWords = 512;

struct Wave {
  unsigned bank = 0, block = 0, index = 0, first_col = 0, end_col = kCols;
  std::uint64_t bits() const {
    return std::uint64_t{bank} << 32 | std::uint64_t{block} << 25 | std::uint64_t{index} << 16 |
           first_col << 8 | end_col;
  }
  /// Whether lane 0 takes part.
  bool here() const { return first_col == 0 && block % kLanesPerCol == 0; }
};
struct VectorRead {
  unsigned bank = 0, row = 0, index = 0;
  bool ready = true;
};
struct Ops {
  std::optional<Wave> read{}, write{};
  std::uint32_t data = 0;  ///< written to column 0
  std::optional<VectorRead> vector{};
  unsigned taken = 0;  ///< banks that columns read
};

/// Lane 0 as it should be; data follow two cycles after a read.
class PsumModel : public CheckerBench<Vtn_psum_checker> {
 public:
  PsumModel() {
    for (auto& word : memory_) word = static_cast<std::uint32_t>(rng_());
    quiet();
    reset();
  }
  std::uint32_t spoil_tensor = 0, spoil_vector = 0;

  void quiet() {
    spoil_tensor = spoil_vector = 0;
    drive({});
  }
  void cycle(const Ops& ops = {}) {
    drive(ops);
    tick();
    tensor_ = tensor_next_;
    vector_ = vector_next_;
    tensor_next_ = vector_next_ = static_cast<std::uint32_t>(rng_());
    if (ops.read && ops.read->here()) {
      tensor_next_ = at(ops.read->bank, ops.read->block / kLanesPerCol, ops.read->index);
    }
    if (ops.vector && ops.vector->ready && ops.vector->bank < kBanks) {
      vector_next_ = at(ops.vector->bank, ops.vector->row, ops.vector->index);
    }
    if (ops.write && ops.write->here()) {
      at(ops.write->bank, ops.write->block / kLanesPerCol, ops.write->index) = ops.data;
    }
  }

 private:
  std::uint32_t& at(unsigned bank, unsigned row, unsigned index) {
    return memory_[(bank * kRows + row) * kWords + index];
  }
  void drive(const Ops& ops) {
    auto& m = bench.dut();
    m.trd_valid_i = ops.read.has_value();
    m.trd_wave_i = ops.read.value_or(Wave{}).bits();
    m.twr_valid_i = ops.write.has_value();
    m.twr_wave_i = ops.write.value_or(Wave{}).bits();
    m.twr_data_i = ops.data;
    const VectorRead v = ops.vector.value_or(VectorRead{});
    m.vrd_valid_i = ops.vector.has_value();
    m.vrd_ready_i = v.ready;
    m.vrd_bank_i = static_cast<CData>(v.bank);
    m.vrd_prow_i = static_cast<CData>(v.row);
    m.vrd_index_i = static_cast<SData>(v.index);
    m.taken_i = static_cast<CData>(ops.taken);
    m.trd_data_i = tensor_ ^ spoil_tensor;
    m.vrd_data_i = vector_ ^ spoil_vector;
  }

  std::mt19937_64 rng_ = make_rng(7);
  std::array<std::uint32_t, kBanks * kRows * kWords> memory_{};
  std::uint32_t tensor_ = 0, vector_ = 0, tensor_next_ = 0, vector_next_ = 0;
};

using M = PsumModel;
const std::vector<SeededFault<M>> kFaults = {
    {"PSUM-01 OneReader", "VectorInABankThatAColumnReads",
     [](M& c) { c.cycle({.vector = VectorRead{.bank = 1}, .taken = 2}); }},
    {"PSUM-02 TensorData", "TensorDataWrong",
     [](M& c) {
       c.cycle({.write = Wave{.bank = 1, .block = 2, .index = 77}, .data = 5});
       c.cycle({.read = Wave{.bank = 1, .block = 2, .index = 77}});
       c.cycle();
       c.spoil_tensor = 1U << 31;
       c.cycle();
     }},
    {"PSUM-02 TensorData", "TensorSeesAWriteOfItsCycle",
     [](M& c) {
       c.cycle({.write = Wave{}, .data = 5});
       c.cycle({.read = Wave{}, .write = Wave{}, .data = 4});
       c.cycle();
       c.spoil_tensor = 1;
       c.cycle();
     }},
    {"PSUM-03 VectorData", "VectorDataWrong",
     [](M& c) {
       c.cycle({.write = Wave{.bank = 1, .block = 2, .index = 511}, .data = 5});
       c.cycle({.vector = VectorRead{.bank = 1, .row = 1, .index = 511}});
       c.cycle();
       c.spoil_vector = 1;
       c.cycle();
     }},
    {"PSUM-03 VectorData", "RefusedReadWouldBeRight",
     [](M& c) {
       c.cycle({.write = Wave{}, .data = 5});
       c.cycle({.vector = VectorRead{.ready = false}, .taken = 1});
       c.cycle({.vector = VectorRead{}});
       c.cycle();
       c.spoil_vector = 8;
       c.cycle();
     }},
    {"PSUM-04 WaveInRange", "BankBeyond", [](M& c) { c.cycle({.read = Wave{.bank = kBanks}}); }},
    {"PSUM-04 WaveInRange", "BlockBeyond",
     [](M& c) { c.cycle({.write = Wave{.block = kRows * kLanesPerCol}}); }},
    {"PSUM-04 WaveInRange", "NoColumn",
     [](M& c) { c.cycle({.write = Wave{.first_col = 2, .end_col = 2}}); }},
    {"PSUM-04 WaveInRange", "ColumnBeyond",
     [](M& c) { c.cycle({.read = Wave{.end_col = kCols + 1}}); }},
};

TINIUM_SEEDED_FAULTS(PsumFault, PsumModel, kFaults);

TEST(PsumChecker, SilentOnRandomLegalTraffic) {
  PsumModel c;
  std::mt19937_64 rng = make_rng();
  const auto below = [&](unsigned limit) { return static_cast<unsigned>(rng() % limit); };
  const auto wave = [&]() -> std::optional<Wave> {
    if (below(2) == 0) return std::nullopt;
    Wave w{below(kBanks), below(kRows * kLanesPerCol), below(4), below(2), kCols};
    w.end_col = w.first_col + 1 + below(kCols - w.first_col);
    return w;
  };
  for (unsigned i = 0; i < 30000; ++i) {
    Ops ops{wave(), wave(), static_cast<std::uint32_t>(rng()), {}, below(4)};
    if (below(2) == 0) {
      ops.vector = VectorRead{below(kBanks + 1), below(kRows), below(4)};
      ops.vector->ready = (ops.taken >> ops.vector->bank & 1U) == 0;
    }
    c.cycle(ops);
  }
  EXPECT_EQ(c.fired(), std::set<std::string>{});
}

}  // namespace
}  // namespace tinium::testbench
