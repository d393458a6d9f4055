// SPDX-License-Identifier: Apache-2.0
// Every rule of the DMA instructions at its edge.
#include "dma_rig.hpp"

namespace tinium::testbench {
namespace {

constexpr std::uint64_t kFarthest = (std::uint64_t{1} << 40) - 1;  // dram_offset

struct Illegal {
  std::string name;
  isa::Fault code;
  Transfer transfer;
  std::uint64_t address;
};

std::vector<Illegal> illegal_transfers(const Rig& rig, bool is_store) {
  const unsigned slot = is_store ? kWriteSlot : kReadSlot;
  const std::uint64_t size = Rig::size_of(slot);
  const std::uint64_t base = rig.memory.base() + Rig::first_of(slot);
  Transfer ok;
  ok.slot = slot;
  ok.num1 = 4;
  ok.row_bytes = 10;
  ok.sbuf_step1 = 10;
  ok.dram_step1 = 10;
  std::vector<Illegal> list;
  const auto with = [&](std::string name, isa::Fault code, auto change, std::uint64_t address) {
    Transfer t = ok;
    change(t);
    list.push_back({std::move(name), code, t, address});
  };
  using isa::Fault;
  with(
      "no rows", Fault::kIllegalInstruction, [](Transfer& t) { t.num1 = 0; }, 0);
  with(
      "no bytes", Fault::kIllegalInstruction, [](Transfer& t) { t.row_bytes = 0; }, 0);
  with(
      "row too long", Fault::kSbufRange,
      [](Transfer& t) { t.num1 = 1, t.row_bytes = kSbufBytes + 1; }, kSbufBytes);
  with(
      "longest row", Fault::kSbufRange, [](Transfer& t) { t.num1 = 1, t.row_bytes = 0xFFFFFF; },
      0xFFFFFE);
  with(
      "one byte beyond the partition", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_offset = kSbufBytes - 39; }, kSbufBytes);
  with(
      "far offset", Fault::kSbufRange, [](Transfer& t) { t.sbuf_offset = 0xFFFFFF; },
      0xFFFFFF + 39);
  with(
      "last row before the partition", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_offset = 29, t.sbuf_step1 = -10; }, ~std::uint64_t{0});
  with(
      "offset that would wrap at 24 bits", Fault::kSbufRange,
      [](Transfer& t) { t.num1 = 3, t.sbuf_step1 = 0x7FFFFF, t.sbuf_offset = 2; },
      0xFFFFFE + 2 + 9);
  with(
      "most rows, largest step", Fault::kSbufRange,
      [](Transfer& t) { t.num1 = 65535, t.sbuf_step1 = -0x800000, t.dram_step1 = 0; },
      static_cast<std::uint64_t>(-65534LL * 0x800000));
  with(
      "rows that would wrap at 24 bits", Fault::kSbufRange,
      [](Transfer& t) { t.num1 = 5, t.sbuf_step1 = 0x400000; }, 0x1000000 + 9);
  with(
      "rows that would wrap at 32 bits", Fault::kSbufRange,
      [](Transfer& t) { t.num1 = 1025, t.sbuf_step1 = 0x400000, t.dram_step1 = 0; },
      0x100000000 + 9);
  with(
      "partitions that would wrap at 8 bits", Fault::kSbufRange,
      [](Transfer& t) {
        t.num1 = 256, t.partition_step1 = 1, t.sbuf_partition = 1, t.sbuf_step1 = 0;
      },
      9);
  with(
      "partition beyond", Fault::kSbufRange, [](Transfer& t) { t.sbuf_partition = kPartitions; },
      39);
  with(
      "last partition beyond", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_partition = kPartitions - 3, t.partition_step1 = 1; }, 39);
  with(
      "65535 partitions", Fault::kSbufRange,
      [](Transfer& t) { t.num1 = 65535, t.partition_step1 = 1, t.sbuf_step1 = 0; }, 9);
  with(
      "window ends one byte early", Fault::kClosedWindow,
      [&](Transfer& t) { t.dram_offset = size - 39; }, base + size - 39);
  with(
      "offset beyond the window", Fault::kClosedWindow, [&](Transfer& t) { t.dram_offset = size; },
      base + size);
  with(
      "last row before the window", Fault::kClosedWindow,
      [](Transfer& t) { t.dram_offset = 29, t.dram_step1 = -10; }, base + 29);
  with(
      "offset that would wrap at 40 bits", Fault::kClosedWindow,
      [](Transfer& t) { t.dram_offset = kFarthest - 4; }, base + kFarthest - 4);
  with(
      "rows that would wrap at 40 bits", Fault::kClosedWindow,
      [](Transfer& t) { t.dram_offset = kFarthest - 100, t.dram_step1 = 101, t.num1 = 2; },
      base + kFarthest - 100);
  with(
      "steps that would wrap at 32 bits", Fault::kClosedWindow,
      [](Transfer& t) {
        t.num1 = 33, t.sbuf_step1 = 0, t.dram_step1 = 0x08000000, t.dram_offset = 5;
      },
      base + 5);
  with(
      "closed slot", Fault::kClosedWindow, [](Transfer& t) { t.slot = 0; }, 0);
  with(
      "without the permission", Fault::kClosedWindow,
      [&](Transfer& t) { t.slot = is_store ? kReadSlot : kWriteSlot; },
      rig.memory.base() + Rig::first_of(is_store ? kReadSlot : kWriteSlot));
  return list;
}

void check_illegal(bool is_store) {
  Rig rig;
  auto& m = rig.bench.dut();
  for (const Illegal& c : illegal_transfers(rig, is_store)) {
    SCOPED_TRACE(c.name + ", seed " + std::to_string(options().seed));
    const auto bursts = rig.memory.read_bursts + rig.memory.write_bursts;
    const std::uint32_t index = rig.next_index;
    Transfer t = c.transfer;
    t.update0_op = static_cast<std::uint32_t>(isa::UpdateOp::kAdd);  // must not happen
    t.update0_sem = 20;
    t.update0_value = 1;
    is_store ? rig.store(t) : rig.load(t);
    const CData& fault = is_store ? m.store_fault_valid_o : m.load_fault_valid_o;
    ASSERT_TRUE(rig.bench.run_until([&] { return fault != 0; }, 200));
    EXPECT_EQ(is_store ? m.store_fault_code_o : m.load_fault_code_o, static_cast<unsigned>(c.code));
    EXPECT_EQ(is_store ? m.store_fault_instruction_o : m.load_fault_instruction_o, index);
    EXPECT_EQ(is_store ? m.store_fault_address_o : m.load_fault_address_o, c.address);
    rig.bench.tick(20);
    EXPECT_TRUE(fault) << "the fault was not held";
    EXPECT_FALSE(is_store ? m.load_fault_valid_o : m.store_fault_valid_o);
    EXPECT_EQ(rig.memory.read_bursts + rig.memory.write_bursts, bursts);
    rig.stop_and_clear();
    EXPECT_EQ(rig.semaphores.level[20], 0);
    // It works again.
    const Transfer good =
        random_transfer(rig.rng, is_store ? kWriteSlot : kReadSlot, 0, kSbufBytes);
    is_store ? rig.store(good) : rig.load(good);
    is_store ? rig.expect_store(good) : rig.expect_load(good);
    ASSERT_TRUE(rig.run());
  }
  rig.compare("after all faults");
}
TEST(DmaRules, IllegalLoads) { check_illegal(false); }
TEST(DmaRules, IllegalStores) { check_illegal(true); }

TEST(DmaRules, ExactlyFits) {
  for (const std::uint64_t base : {std::uint64_t{0}, ~std::uint64_t{0} - kDramBytes + 1}) {
    RigOptions o;
    o.dram_base = base;
    Rig rig(o);
    for (const bool is_store : {false, true}) {
      const auto go = [&](const Transfer& t) {
        is_store ? rig.store(t) : rig.load(t);
        is_store ? rig.expect_store(t) : rig.expect_load(t);
      };
      Transfer t;
      t.slot = kBothSlot;
      t.num1 = 1;
      t.row_bytes = kSbufBytes;  // a whole partition, up to the last byte of the window
      t.sbuf_partition = kPartitions - 1;
      t.dram_offset = kBothSize - kSbufBytes;
      t.dram_step1 = INT32_MIN;
      t.sbuf_step1 = -0x800000;
      go(t);
      t.num1 = 4;  // backwards to the first bytes of both
      t.row_bytes = 10;
      t.dram_offset = 30;
      t.dram_step1 = -10;
      t.sbuf_offset = 30;
      t.sbuf_step1 = -10;
      t.sbuf_partition = kPartitions - 4;
      t.partition_step1 = 1;
      go(t);
      ASSERT_TRUE(rig.run());
    }
    rig.compare("base " + std::to_string(base));
  }
}

TEST(DmaRules, WindowPastTheAddressSpaceIsClosed) {
  RigOptions o;
  o.dram_base = ~std::uint64_t{0} - kDramBytes + 1;
  Rig rig(o);
  rig.open(kBothSlot, kBothFirst, kBothSize + kDramBytes, true, true);
  Transfer t;
  t.slot = kBothSlot;
  t.num1 = 1;
  t.row_bytes = 100;
  t.dram_offset = kDramBytes - kBothFirst - 100;  // the last bytes there are
  rig.load(t);
  rig.expect_load(t);
  ASSERT_TRUE(rig.run());
  rig.compare("the last bytes");
  t.dram_offset += 1;
  rig.load(t);
  ASSERT_TRUE(rig.bench.run_until([&] { return rig.bench->load_fault_valid_o != 0; }, 200));
  EXPECT_EQ(rig.bench->load_fault_code_o, static_cast<unsigned>(isa::Fault::kClosedWindow));
}

}  // namespace
}  // namespace tinium::testbench
