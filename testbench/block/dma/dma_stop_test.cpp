// SPDX-License-Identifier: Apache-2.0
// Bus errors and stops with transfers in flight leave all other bytes alone, and the queues work
// on.
#include "dma_rig.hpp"

namespace tinium::testbench {
namespace {

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
    ASSERT_TRUE(rig.bench.run_until([&] { return rig.queues_idle(); }, 20'000));
    // One burst may sit in the mux.
    EXPECT_LE(rig.memory.read_bursts + rig.memory.write_bursts, bursts + 1);
    EXPECT_TRUE(rig.memory.idle());
    if (cut_short && round % 2) {
      rig.bench->stop_i = 0;  // what was cut short stays so until it is cleared
    }
    rig.bench.tick(20);
    EXPECT_TRUE(rig.queues_idle());
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

}  // namespace
}  // namespace tinium::testbench
