// SPDX-License-Identifier: Apache-2.0
// Bus errors and stops with transfers in flight leave all other bytes alone, and the queues work
// on.
#include <functional>

#include "dma_rig.hpp"

namespace tinium::testbench {
namespace {

/// Bytes that a transfer cut short may leave in any state.
struct Mask {
  explicit Mask(const Rig& rig) : sbuf(rig.sbuf.size()), dram(rig.dram.size()) {}
  std::vector<bool> sbuf, dram;

  void add(Rig& rig, Queue queue, const Transfer& t) {
    rig.each_byte(t, [&](std::uint8_t& s, std::uint8_t& d) {
      if (queue == kStore) {
        dram[static_cast<std::size_t>(&d - rig.dram.data())] = true;
      } else {
        sbuf[static_cast<std::size_t>(&s - rig.sbuf.data())] = true;
      }
    });
  }
  void add(Rig& rig, const Copy& c) {
    rig.each_byte(c, [&](std::uint8_t& d, std::uint8_t&) {
      sbuf[static_cast<std::size_t>(&d - rig.sbuf.data())] = true;
    });
  }
};

void check_bus_error(bool is_store) {
  RigOptions o;
  o.timing = AxiTiming::all(StallPattern::kRandom, 3, 40);
  o.updates = StallPattern::kRandom;
  Rig rig(o);
  auto& m = rig.bench.dut();
  for (std::uint64_t round = 0; round < case_count(kBus > 8 ? 10 : 25); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Mask mask(rig);
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
      mask.add(rig, is_store ? kStore : kLoad, t);
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
    rig.compare("bytes outside the transfers", &mask.sbuf, &mask.dram);
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

// An error in a load that writes many lanes at once: nothing beside its partitions and offsets
// changes.
void check_wide_bus_error(const std::function<Transfer(std::mt19937_64&)>& random) {
  RigOptions o;
  o.timing = AxiTiming::all(StallPattern::kRandom, 3, 40);
  Rig rig(o);
  for (std::uint64_t round = 0; round < case_count(20); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Mask mask(rig);
    const Transfer t = random(rig.rng);
    const auto bad = below(rig.rng, t.num1 * t.num2 * t.num3);
    const auto i1 = static_cast<std::int64_t>(bad % t.num1);
    const auto i2 = static_cast<std::int64_t>(bad / t.num1 % t.num2);
    const auto i3 = static_cast<std::int64_t>(bad / t.num1 / t.num2);
    const std::uint64_t at =
        rig.memory.base() + Rig::first_of(t.slot) + t.dram_offset +
        static_cast<std::uint64_t>(i1 * t.dram_step1 + i2 * t.dram_step2 + i3 * t.dram_step3);
    rig.memory.fail(at, 1, false);
    const std::uint32_t index = rig.next_index;
    rig.load(t);
    mask.add(rig, kLoad, t);
    ASSERT_TRUE(rig.bench.run_until([&] { return rig.bench->load_fault_valid_o != 0; }, 20'000));
    EXPECT_EQ(rig.bench->load_fault_code_o, static_cast<unsigned>(isa::Fault::kBusRead));
    EXPECT_EQ(rig.bench->load_fault_instruction_o, index);
    rig.stop_and_clear();
    rig.memory.clear_failures();
    rig.compare("bytes outside the transfer", &mask.sbuf, &mask.dram);
    rig.move(kLoad, random(rig.rng));
    ASSERT_TRUE(rig.run());
    rig.compare("after the error");
  }
}
TEST(DmaBusErrors, TransposingLoad) {
  check_wide_bus_error(
      [](std::mt19937_64& rng) { return random_transpose(rng, kReadSlot, 0, kSbufBytes); });
}
TEST(DmaBusErrors, ShortRows) {
  check_wide_bus_error(
      [](std::mt19937_64& rng) { return random_short_rows(rng, kReadSlot, 0, kSbufBytes); });
}

// A fault stops its own queue; the others go on to their end.
TEST(DmaBusErrors, OtherQueuesGoOn) {
  RigOptions o;
  o.timing = AxiTiming::all(StallPattern::kRandom, 3, 40);
  Rig rig(o);
  const unsigned part = kSbufBytes / 4;
  for (std::uint64_t round = 0; round < case_count(10); ++round) {
    Mask mask(rig);
    Transfer bad;
    bad.slot = kReadSlot;
    bad.row_bytes = 100;
    rig.memory.fail(rig.memory.base() + Rig::first_of(kReadSlot), 1, false);
    for (int i = 0; i < 3; ++i) {
      rig.move(kStore, random_transfer(rig.rng, kWriteSlot, part, 2 * part));
      rig.move(random_copy(rig.rng, 2 * part, 3 * part, kSbufBytes));
      if (i == 1) {
        rig.load(bad);
        mask.add(rig, kLoad, bad);
      }
    }
    ASSERT_TRUE(rig.bench.run_until([&] { return rig.bench->load_fault_valid_o != 0; }, 20'000));
    ASSERT_TRUE(rig.bench.run_until([&] { return rig.idle(); }, 100'000));
    rig.memory.clear_failures();
    rig.stop_and_clear();
    rig.compare("stores and copies", &mask.sbuf, &mask.dram);
    if (HasFailure()) return;
  }
}

// -------------------------------------------------------------------------------- stop

enum class Work { kLoads, kTransposes, kStores, kCopies, kAll };

void check_stops(Work work) {
  RigOptions o;
  o.timing = AxiTiming::all(StallPattern::kRandom, 1, 30);
  o.updates = StallPattern::kRandom;
  o.contention = 0.2;
  Rig rig(o);
  const unsigned part = kSbufBytes / 4;
  // Pushes one of the kind; returns its bytes to the mask or to what is expected.
  const auto push = [&](unsigned i, Mask* mask) {
    const unsigned kind = work == Work::kAll ? i % 4 : static_cast<unsigned>(work);
    if (kind == 3) {
      const Copy c = random_copy(rig.rng, 2 * part, 3 * part, kSbufBytes);
      rig.copy(c);
      mask ? mask->add(rig, c) : rig.expect_copy(c);
      return;
    }
    const Queue queue = kind == 2 ? kStore : kLoad;
    const unsigned slot = queue == kStore ? kWriteSlot : kReadSlot;
    const unsigned first = queue == kStore ? part : 0;
    const Transfer t = kind == 1 ? random_transpose(rig.rng, slot, first, first + part)
                       : below(rig.rng, 2) == 0
                           ? random_short_rows(rig.rng, slot, first, first + part)
                           : random_transfer(rig.rng, slot, first, first + part);
    rig.push(queue, t);
    if (mask) {
      mask->add(rig, queue, t);
    } else {
      queue == kStore ? rig.expect_store(t) : rig.expect_load(t);
    }
  };
  for (std::uint64_t round = 0; round < case_count(kBus > 8 ? 12 : 40); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Mask mask(rig);
    for (unsigned i = 0; i < 8; ++i) {
      push(i, &mask);
    }
    rig.bench.tick(below(rig.rng, 400));
    const auto bursts = rig.memory.read_bursts + rig.memory.write_bursts;
    const bool cut_short = !rig.queues_idle();
    rig.bench->stop_i = 1;
    ASSERT_TRUE(rig.bench.run_until([&] { return rig.queues_idle(); }, 20'000));
    // One burst in each direction may sit in the mux.
    EXPECT_LE(rig.memory.read_bursts + rig.memory.write_bursts,
              bursts + (work == Work::kAll ? 2 : 1));
    EXPECT_TRUE(rig.memory.idle());
    if (cut_short && round % 2 && work != Work::kAll) {
      rig.bench->stop_i = 0;  // what was cut short stays so until it is cleared
    }
    rig.bench.tick(20);
    EXPECT_TRUE(rig.queues_idle());
    rig.bench->stop_i = 1;  // while the clock runs for compare()
    // What the sequencer still had to offer is dropped with it.
    rig.bench->clear_i = 1;
    rig.bench.tick();
    rig.bench->clear_i = 0;
    rig.compare("bytes outside the stopped transfers", &mask.sbuf, &mask.dram);
    rig.bench->stop_i = 0;
    // Instructions that were never accepted run now, like a new launch.
    ASSERT_TRUE(rig.run());
    rig.compare("bytes outside the transfers", &mask.sbuf, &mask.dram);
    for (unsigned i = 0; i < 4; ++i) {
      push(i, nullptr);
    }
    ASSERT_TRUE(rig.run());
    rig.compare("after the stop");
    if (::testing::Test::HasFailure()) return;
  }
}
TEST(DmaStop, Loads) { check_stops(Work::kLoads); }
TEST(DmaStop, TransposingLoads) { check_stops(Work::kTransposes); }
TEST(DmaStop, Stores) { check_stops(Work::kStores); }
TEST(DmaStop, Copies) { check_stops(Work::kCopies); }
TEST(DmaStop, AllQueues) { check_stops(Work::kAll); }

}  // namespace
}  // namespace tinium::testbench
