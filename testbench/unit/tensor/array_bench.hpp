// SPDX-License-Identifier: Apache-2.0
// Drives a Verilated tn_pe_array: passes with their tiles in, results against the expected bits
// out.
//
// The bench keeps every rule of the array's header comment and uses its whole freedom: steps of a
// tile anywhere in their window, gaps between steps, vectors and passes, or none at all.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "hex.hpp"
#include "tinium/numerics.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {

/// Latencies of the array; tn_pkg says the same and a wrong one fails every test.
constexpr unsigned kArrayLatPsum = 40;
constexpr unsigned array_lat_result(unsigned rows) { return kArrayLatPsum + 10 * (rows / 16); }

/// One vector of a pass, with what each column adds to and what must come out.
struct ArrayVector {
  std::vector<std::uint32_t> moving;    ///< one element per row
  std::vector<std::uint32_t> psum;      ///< one word per column
  std::vector<std::uint32_t> expected;  ///< one word per column
  bool overwrite = false;
  unsigned gap = 0;  ///< idle cycles before it
};

/// One pass: a tile and the vectors that meet it.
struct ArrayPass {
  numerics::OperandFormat stationary_format{};
  numerics::OperandFormat moving_format{};
  numerics::PairMode mode{};
  std::vector<std::vector<std::uint32_t>> tile;  ///< [column][row]
  std::vector<bool> row_enable;
  std::vector<bool> column_enable;
  bool raises = true;  ///< infinities and NaN of the operands count
  std::vector<ArrayVector> vectors;
  std::string what;  ///< printed with a mismatch
};

/// How the bench uses its freedom.
enum class Pace {
  tight,   ///< each step, vector and pass at its earliest cycle
  late,    ///< each step at its latest cycle
  random,  ///< anything between
};

/// A model of R rows, C columns, LoadCols columns a step.
template <typename Model, unsigned kRows, unsigned kColumns, unsigned kLoadColumns>
class ArrayBench {
 public:
  static constexpr unsigned kSteps = kColumns / kLoadColumns;
  static constexpr unsigned kMaxReports = 16;

  ArrayBench() {
    bench_->ld_valid_i = 0;
    bench_->mov_valid_i = 0;
    bench_.reset();
  }

  /// Flips a bit of one operand on its way into the model: the comparison must notice.
  void plant_fault() { fault_ = true; }

  /// Plans a pass behind those before it; call run() to drive everything planned.
  void add(ArrayPass pass, Pace pace, std::mt19937_64& rng) {
    const auto pick = [&](std::uint64_t bound) { return rng() % bound; };
    // Load steps: after the activation of the tile before (first_before_) and in order.
    std::vector<std::int64_t> at(kSteps);
    std::int64_t first = next_vector_ + static_cast<std::int64_t>(pass.vectors.front().gap);
    if (pace == Pace::random) first += static_cast<std::int64_t>(pick(4) == 0 ? pick(20) : 0);
    for (unsigned s = 0; s < kSteps; ++s) {
      const std::int64_t lane = static_cast<std::int64_t>(s) * kLoadColumns;
      at[s] = std::max(next_load_, first_before_ - 1 + lane);
      if (pace == Pace::random && pick(4) == 0) at[s] += static_cast<std::int64_t>(pick(6));
      next_load_ = at[s] + 1;
      first = std::max(first, at[s] + 2 - lane);
    }
    if (pace == Pace::late) {  // from the last step backwards, each as late as it may be
      std::int64_t limit = std::int64_t{1} << 60;
      for (unsigned s = kSteps; s-- > 0;) {
        limit = std::min(limit - 1, first - 2 + static_cast<std::int64_t>(s) * kLoadColumns);
        at[s] = limit;
      }
    }
    for (unsigned s = 0; s < kSteps; ++s) loads_[at[s]] = {passes_.size(), s};
    next_load_ = std::max(next_load_, at.back() + 1);
    std::int64_t when = first;
    for (std::size_t v = 0; v < pass.vectors.size(); ++v) {
      if (v > 0) when += 1 + static_cast<std::int64_t>(pass.vectors[v].gap);
      vectors_[when] = {passes_.size(), v};
    }
    first_before_ = first;
    next_vector_ = when + 1;
    passes_.push_back(std::move(pass));
  }

  /// Drives all that was planned and compares. Returns the number of results compared.
  std::uint64_t run() {
    const std::uint64_t before = compared_;
    const std::int64_t end = next_vector_ + array_lat_result(kRows) + kColumns + 2;
    while (cycle_ < end && !bench_.failed()) step();
    passes_done_ += passes_.size();
    passes_.clear();
    psum_due_.clear();
    // A rest of random length before the next plan.
    next_load_ = std::max(next_load_, cycle_);
    next_vector_ = cycle_;
    return compared_ - before;
  }

  std::uint64_t compared() const { return compared_; }
  std::uint64_t mismatches() const { return mismatches_; }
  std::uint64_t cycles() const { return bench_.cycle(); }
  /// For tests that plant a fault.
  void expect_mismatches() { mismatches_expected_ = true; }

 private:
  struct Index {
    std::size_t pass;
    std::size_t item;
  };

  template <typename Port>
  static void set_word(Port& port, unsigned index, std::uint32_t value) {
    if constexpr (std::is_integral_v<Port>) {
      const unsigned shift = 32 * index;
      port = static_cast<Port>((port & ~(static_cast<std::uint64_t>(0xFFFFFFFFU) << shift)) |
                               (static_cast<std::uint64_t>(value) << shift));
    } else {
      port[index] = value;
    }
  }
  template <typename Port>
  static void set_bit(Port& port, unsigned index, bool value) {
    if constexpr (std::is_integral_v<Port>) {
      port = static_cast<Port>((port & ~(std::uint64_t{1} << index)) |
                               (static_cast<std::uint64_t>(value) << index));
    } else {
      port[index / 32] = (port[index / 32] & ~(1U << (index % 32))) |
                         (static_cast<std::uint32_t>(value) << (index % 32));
    }
  }
  template <typename Port>
  static std::uint32_t word(const Port& port, unsigned index) {
    if constexpr (std::is_integral_v<Port>) {
      return static_cast<std::uint32_t>(static_cast<std::uint64_t>(port) >> (32 * index));
    } else {
      return port[index];
    }
  }

  void step() {
    auto& dut = bench_.dut();
    // Stationary steps.
    dut.ld_valid_i = 0;
    if (const auto found = loads_.find(cycle_); found != loads_.end()) {
      const ArrayPass& pass = passes_[found->second.pass];
      const auto s = static_cast<unsigned>(found->second.item);
      dut.ld_valid_i = 1;
      dut.ld_step_i = static_cast<std::remove_reference_t<decltype(dut.ld_step_i)>>(s);
      dut.ld_fmt_i = static_cast<CData>(pass.stationary_format);
      dut.ld_wide_i = pass.mode == numerics::PairMode::wide;
      for (unsigned j = 0; j < kLoadColumns; ++j) {
        set_bit(dut.ld_col_en_i, j, pass.column_enable[s * kLoadColumns + j]);
      }
      for (unsigned r = 0; r < kRows; ++r) {
        set_bit(dut.ld_row_en_i, r, pass.row_enable[r]);
        for (unsigned j = 0; j < kLoadColumns; ++j) {
          set_word(dut.ld_data_i, r * kLoadColumns + j, pass.tile[s * kLoadColumns + j][r]);
        }
      }
      loads_.erase(found);
    }
    // Moving vectors.
    dut.mov_valid_i = 0;
    if (const auto found = vectors_.find(cycle_); found != vectors_.end()) {
      const ArrayPass& pass = passes_[found->second.pass];
      const ArrayVector& vector = pass.vectors[found->second.item];
      dut.mov_valid_i = 1;
      dut.mov_first_i = found->second.item == 0;
      dut.mov_fmt_i = static_cast<CData>(pass.moving_format);
      dut.mov_mode_i = static_cast<CData>(pass.mode);
      dut.mov_overwrite_i = vector.overwrite;
      dut.mov_raise_i = pass.raises;
      for (unsigned r = 0; r < kRows; ++r) {
        set_bit(dut.mov_row_en_i, r, pass.row_enable[r]);
        set_word(dut.mov_data_i, r, vector.moving[r]);
      }
      if (fault_) {
        set_word(dut.mov_data_i, 0, vector.moving[0] ^ 1U);
        fault_ = false;
      }
      psum_due_[cycle_ + kArrayLatPsum] = {found->second, 0};
      result_due_[cycle_ + array_lat_result(kRows)] = {found->second, 0};
      vectors_.erase(found);
    }
    // Accumulator words, column by column; rubbish where nobody looks.
    for (unsigned c = 0; c < kColumns; ++c) {
      const auto found = psum_due_.find(cycle_ - c);
      set_word(dut.psum_i, c,
               found == psum_due_.end()
                   ? static_cast<std::uint32_t>(cycle_ * 2654435761U)
                   : passes_[found->second.index.pass].vectors[found->second.index.item].psum[c]);
    }
    if (!psum_due_.empty() && psum_due_.begin()->first + kColumns <= cycle_) {
      psum_due_.erase(psum_due_.begin());
    }
    bench_.settle_inputs();
    // Results.
    for (unsigned c = 0; c < kColumns; ++c) {
      const auto found = result_due_.find(cycle_ - c);
      const bool due = found != result_due_.end();
      const bool valid = (word(dut.res_valid_o, c / 32) >> (c % 32) & 1U) != 0;
      if (due != valid) {
        report(due ? found->second.index : Index{0, 0}, c,
               due ? "no result where one was due" : "a result where none was due");
      } else if (due) {
        check(found->second.index, c, word(dut.res_o, c));
      }
    }
    if (!result_due_.empty() && result_due_.begin()->first + kColumns <= cycle_) {
      result_due_.erase(result_due_.begin());
    }
    bench_.tick();
    ++cycle_;
  }

  void check(const Index& index, unsigned column, std::uint32_t got) {
    ++compared_;
    const ArrayVector& vector = passes_[index.pass].vectors[index.item];
    if (got != vector.expected[column]) {
      report(index, column,
             "expected " + to_hex(vector.expected[column]) + ", got " + to_hex(got) + ", psum " +
                 to_hex(vector.psum[column]));
    }
  }

  void report(const Index& index, unsigned column, const std::string& text) {
    ++mismatches_;
    if (mismatches_expected_ || mismatches_ > kMaxReports) return;
    ADD_FAILURE() << current_test_name() << " seed " << options().seed << " cycle " << cycle_
                  << " pass " << passes_done_ + index.pass << " vector " << index.item << " column "
                  << column << ": " << text << "\n  "
                  << (index.pass < passes_.size() ? passes_[index.pass].what : std::string())
                  << "\n  rerun: " << rerun_line();
  }

  struct Bench : VerilatedBench<Model> {
    void settle_inputs() {
      this->dut().clk_i = 0;
      this->settle();
    }
  };
  struct Due {
    Index index;
    int unused;
  };

  Bench bench_;
  std::vector<ArrayPass> passes_;
  std::map<std::int64_t, Index> loads_;
  std::map<std::int64_t, Index> vectors_;
  std::map<std::int64_t, Due> psum_due_;
  std::map<std::int64_t, Due> result_due_;
  std::int64_t cycle_ = 0;
  std::int64_t next_load_ = 0;
  std::int64_t next_vector_ = 2;
  std::int64_t first_before_ = 0;
  std::uint64_t compared_ = 0;
  std::uint64_t mismatches_ = 0;
  std::uint64_t passes_done_ = 0;
  bool fault_ = false;
  bool mismatches_expected_ = false;
};

}  // namespace tinium::testbench
