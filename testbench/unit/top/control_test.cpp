// SPDX-License-Identifier: Apache-2.0
// tn_control alone: AXI4-Lite with stalls against a register model, the ap_ctrl_chain protocol with
// a launcher of random speed, identity registers, interrupt.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <optional>

#include "Vtn_control.h"
#include "stall_generator.hpp"
#include "tinium/generated/isa.hpp"
#include "tinium/generated/registers.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {
namespace {

/// AXI4-Lite master with stalls on all five channels, and a launcher behind the registers.
class Bench : public BenchComponent {
 public:
  explicit Bench(StallPattern pattern) {
    for (unsigned i = 0; i < 5; ++i) stalls_.emplace_back(pattern, make_rng(40 + i));
    bench_->aw_valid_i = 0;
    bench_->w_valid_i = 0;
    bench_->ar_valid_i = 0;
    bench_->b_ready_i = 0;
    bench_->r_ready_i = 0;
    bench_->start_ready_i = 1;
    bench_->done_valid_i = 0;
    bench_->idle_i = 1;
    bench_->stopping_i = 0;
    bench_->dead_i = 0;
    bench_->last_code_i = 0;
    bench_->last_engine_i = 0;
    bench_.reset();
    bench_.tick();  // a master may offer from the first edge without reset on
    bench_.add(*this);
  }

  void drive() override {
    // A valid that is up stays until taken.
    if (bench_->aw_valid_i == 0) bench_->aw_valid_i = want_aw_ && !stalls_[0].stall();
    if (bench_->w_valid_i == 0) bench_->w_valid_i = want_w_ && !stalls_[1].stall();
    if (bench_->ar_valid_i == 0) bench_->ar_valid_i = want_ar_ && !stalls_[2].stall();
    bench_->b_ready_i = !stalls_[3].stall();
    bench_->r_ready_i = !stalls_[4].stall();
    bench_->aw_addr_i = static_cast<SData>(want_aw_ ? address_ : noise_() & 0xFFFU);
    bench_->w_data_i = want_w_ ? data_ : static_cast<IData>(noise_());
    bench_->w_strb_i = static_cast<CData>(want_w_ ? strb_ : noise_() & 15U);
    bench_->ar_addr_i = static_cast<SData>(want_ar_ ? address_ : noise_() & 0xFFFU);
  }

  void sample() override {
    if (bench_->aw_valid_i != 0 && bench_->aw_ready_o != 0) want_aw_ = false, aw_taken_ = true;
    if (bench_->w_valid_i != 0 && bench_->w_ready_o != 0) want_w_ = false, w_taken_ = true;
    if (bench_->ar_valid_i != 0 && bench_->ar_ready_o != 0) want_ar_ = false, ar_taken_ = true;
    if (bench_->b_valid_o != 0 && bench_->b_ready_i != 0) ++responses;
    if (bench_->r_valid_o != 0 && bench_->r_ready_i != 0) read_data_ = bench_->r_data_o;
    resets += bench_->reset_o;
    if (bench_->start_valid_o != 0 && bench_->start_ready_i != 0) {
      starts.push_back({words(bench_->start_launch_o), words(bench_->start_image_o)});
    }
  }

  void tick(std::uint64_t cycles = 1) {
    for (std::uint64_t i = 0; i < cycles; ++i) {
      bench_.tick();
      if (aw_taken_) bench_->aw_valid_i = 0, aw_taken_ = false;
      if (w_taken_) bench_->w_valid_i = 0, w_taken_ = false;
      if (ar_taken_) bench_->ar_valid_i = 0, ar_taken_ = false;
    }
  }

  void write(std::uint32_t address, std::uint32_t data, std::uint32_t strb = 15) {
    address_ = address;
    data_ = data;
    strb_ = strb;
    want_aw_ = want_w_ = true;
    const std::uint64_t before = responses;
    for (int i = 0; i < 2000 && responses == before; ++i) tick();
    EXPECT_EQ(responses, before + 1) << "write not answered";
    EXPECT_FALSE(want_aw_ || want_w_) << "answered before it was taken";
  }

  std::uint32_t read(std::uint32_t address) {
    address_ = address;
    want_ar_ = true;
    read_data_.reset();
    for (int i = 0; i < 2000 && !read_data_; ++i) tick();
    EXPECT_TRUE(read_data_.has_value()) << "read not answered";
    return read_data_.value_or(0);
  }

  Vtn_control& dut() { return bench_.dut(); }

  struct Start {
    std::uint64_t launch, image;
  };
  std::deque<Start> starts;
  std::uint64_t responses = 0;
  std::uint64_t resets = 0;  ///< cycles in which reset_o was up

 private:
  static std::uint64_t words(std::uint64_t value) { return value; }

  VerilatedBench<Vtn_control> bench_;
  std::vector<StallGenerator> stalls_;
  std::mt19937_64 noise_ = make_rng(50);
  bool want_aw_ = false, want_w_ = false, want_ar_ = false;
  bool aw_taken_ = false, w_taken_ = false, ar_taken_ = false;
  std::uint32_t address_ = 0, data_ = 0, strb_ = 0;
  std::optional<std::uint32_t> read_data_;
};

class Control : public ::testing::TestWithParam<StallPattern> {};

TEST_P(Control, RegistersMatchTheModel) {
  Bench bench(GetParam());
  std::mt19937_64 rng = make_rng();
  bench.dut().last_code_i = 7;
  bench.dut().last_engine_i = 4;
  bench.dut().dead_i = 1;
  bench.dut().last_instruction_i = 0x12345678;
  bench.dut().last_address_i = 0x1122334455667788;
  bench.dut().last_cycles_i = 0xA1A2A3A4B1B2B3B4;
  // What the words read as; writable ones with the bits that hold.
  std::map<std::uint32_t, std::uint32_t> fixed = {{registers::kMagic, 0x4D554E54},
                                                  {registers::kMapVersion, isa::kMapVersion},
                                                  {registers::kConfigId, 9},
                                                  {registers::kArray, 16U | 16U << 16},
                                                  {registers::kPartitions, 128U | 16U << 16},
                                                  {registers::kVector, 16U | 64U << 16},
                                                  {registers::kSbufBytes, 16384},
                                                  {registers::kPsumBanks, 8},
                                                  {registers::kFormats, 0x7F},
                                                  {registers::kGitHash, 0xCAFEBABE},
                                                  {registers::kFault, 7U | 4U << 8},
                                                  {registers::kFaultInstruction, 0x12345678},
                                                  {registers::kFaultAddressLo, 0x55667788},
                                                  {registers::kFaultAddressHi, 0x11223344},
                                                  {registers::kCyclesLo, 0xB1B2B3B4},
                                                  {registers::kCyclesHi, 0xA1A2A3A4},
                                                  {registers::kReset, 2},
                                                  {registers::kCtrl, 4},
                                                  {registers::kIsr, 0}};
  std::map<std::uint32_t, std::uint32_t> held = {
      {registers::kGie, 0},      {registers::kIer, 0},     {registers::kLaunchLo, 0},
      {registers::kLaunchHi, 0}, {registers::kImageLo, 0}, {registers::kImageHi, 0}};
  const std::map<std::uint32_t, std::uint32_t> mask = {{registers::kGie, 1}, {registers::kIer, 3}};
  const std::uint64_t accesses = case_count(600);
  for (std::uint64_t i = 0; i < accesses; ++i) {
    const std::uint32_t address =
        static_cast<std::uint32_t>(rng() % 3 == 0 ? rng() % 4096 / 4 * 4 : rng() % 0x28 * 4);
    if (rng() % 2 == 0 && address != registers::kCtrl && address != registers::kIsr) {
      const auto data = static_cast<std::uint32_t>(rng());
      const auto strb = static_cast<std::uint32_t>(rng() % 3 == 0 ? rng() % 16 : 15);
      bench.write(address, data, strb);
      if (const auto it = held.find(address); it != held.end()) {
        const std::uint32_t keep = mask.contains(address) ? mask.at(address) : 0xFFFF'FFFFU;
        std::uint32_t bits = 0;
        for (unsigned lane = 0; lane < 4; ++lane) {
          if ((strb >> lane & 1U) != 0) bits |= 0xFFU << (8 * lane);
        }
        it->second = ((it->second & ~bits) | (data & bits)) & keep;
      }
    } else {
      const std::uint32_t expected = fixed.contains(address)  ? fixed.at(address)
                                     : held.contains(address) ? held.at(address)
                                                              : 0;
      ASSERT_EQ(bench.read(address), expected)
          << "offset " << address << " seed " << options().seed << "\n  rerun: " << rerun_line();
    }
  }
  EXPECT_TRUE(bench.starts.empty());
}

TEST_P(Control, ChainOfLaunches) {
  Bench bench(GetParam());
  std::mt19937_64 rng = make_rng();
  bench.dut().start_ready_i = 0;
  bench.dut().idle_i = 0;
  const auto start = [&](std::uint64_t number) {
    bench.write(registers::kLaunchLo, static_cast<std::uint32_t>(number));
    bench.write(registers::kLaunchHi, 1);
    bench.write(registers::kImageLo, static_cast<std::uint32_t>(~number));
    bench.write(registers::kImageHi, 2);
    bench.write(registers::kCtrl, 1);
  };
  start(10);
  EXPECT_EQ(bench.read(registers::kCtrl), 8U) << "queued, ready";
  EXPECT_EQ(bench.dut().queued_o, 1);
  start(11);
  EXPECT_EQ(bench.read(registers::kCtrl), 1U) << "no room: ap_start stays";
  bench.dut().start_ready_i = 1;
  bench.tick();
  bench.dut().start_ready_i = 0;
  bench.tick(2);
  ASSERT_EQ(bench.starts.size(), 1U);
  EXPECT_EQ(bench.starts[0].launch, 0x1'0000'000AULL);
  EXPECT_EQ(bench.starts[0].image, 0x2'FFFF'FFF5ULL);
  EXPECT_EQ(bench.read(registers::kCtrl), 8U) << "the second moved up";

  // Done holds until ap_continue, and holds the next end back.
  bench.dut().done_valid_i = 1;
  bench.tick();
  bench.dut().done_valid_i = 0;
  EXPECT_EQ(bench.read(registers::kCtrl), 8U | 2U);
  EXPECT_EQ(bench.dut().done_ready_o, 0);
  bench.tick(rng() % 20);
  EXPECT_EQ(bench.read(registers::kCtrl), 8U | 2U) << "reading does not clear";
  bench.write(registers::kCtrl, 16);
  EXPECT_EQ(bench.read(registers::kCtrl), 8U);
  EXPECT_EQ(bench.dut().done_ready_o, 1);
  bench.dut().start_ready_i = 1;
  bench.tick(3);
  ASSERT_EQ(bench.starts.size(), 2U);
  EXPECT_EQ(bench.starts[1].launch, 0x1'0000'000BULL);
  EXPECT_EQ(bench.dut().queued_o, 0);
  bench.dut().done_valid_i = 1;
  bench.tick();
  bench.dut().done_valid_i = 0;
  bench.dut().idle_i = 1;
  EXPECT_EQ(bench.read(registers::kCtrl), 8U | 4U | 2U);
}

TEST_P(Control, Interrupt) {
  Bench bench(GetParam());
  bench.dut().idle_i = 0;
  const auto done = [&] {
    bench.write(registers::kCtrl, 1);
    bench.tick(3);
    bench.dut().done_valid_i = 1;
    bench.tick();
    bench.dut().done_valid_i = 0;
    bench.tick();
    bench.write(registers::kCtrl, 16);
  };
  done();
  EXPECT_EQ(bench.read(registers::kIsr), 0U) << "not enabled";
  bench.write(registers::kIer, 1);
  done();
  EXPECT_EQ(bench.read(registers::kIsr), 1U);
  EXPECT_EQ(bench.dut().interrupt_o, 0);
  bench.write(registers::kGie, 1);
  EXPECT_EQ(bench.dut().interrupt_o, 1);
  EXPECT_EQ(bench.read(registers::kCtrl) >> 9, 1U);
  bench.write(registers::kIsr, 1);
  EXPECT_EQ(bench.dut().interrupt_o, 0);
  bench.write(registers::kIer, 2);
  bench.write(registers::kCtrl, 1);
  bench.tick(3);
  EXPECT_EQ(bench.read(registers::kIsr), 2U) << "ready";
  EXPECT_EQ(bench.dut().interrupt_o, 1);
  bench.write(registers::kIsr, 3);
  EXPECT_EQ(bench.read(registers::kIsr), 1U) << "toggles";
}

TEST_P(Control, ResetIsOnePulsePerWriteOfBit0) {
  Bench bench(GetParam());
  bench.write(registers::kReset, 1);
  bench.tick(3);
  EXPECT_EQ(bench.resets, 1U);
  bench.write(registers::kReset, 0xFFFF'FFFE);
  bench.write(registers::kReset, 1, 14);
  bench.tick(3);
  EXPECT_EQ(bench.resets, 1U);
  bench.dut().stopping_i = 1;
  EXPECT_EQ(bench.read(registers::kReset), 1U);
}

INSTANTIATE_TEST_SUITE_P(All, Control, ::testing::ValuesIn(kAllStallPatterns),
                         [](const auto& param) { return std::string(name_of(param.param)); });

}  // namespace
}  // namespace tinium::testbench
