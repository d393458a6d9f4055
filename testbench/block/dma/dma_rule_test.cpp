// SPDX-License-Identifier: Apache-2.0
// Every rule of the DMA instructions at its edge.
#include <functional>

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

/// What is illegal in the second and the third dimension, and backwards.
std::vector<Illegal> illegal_dimensions(const Rig& rig, bool is_store) {
  const unsigned slot = is_store ? kWriteSlot : kReadSlot;
  const std::uint64_t size = Rig::size_of(slot);
  const std::uint64_t base = rig.memory.base() + Rig::first_of(slot);
  Transfer ok;  // 24 runs without a gap, each dimension after the other
  ok.slot = slot;
  ok.num1 = 2, ok.num2 = 3, ok.num3 = 4;
  ok.row_bytes = 10;
  ok.sbuf_step1 = 10, ok.sbuf_step2 = 20, ok.sbuf_step3 = 60;
  ok.dram_step1 = 10, ok.dram_step2 = 20, ok.dram_step3 = 60;
  std::vector<Illegal> list;
  const auto with = [&](std::string name, isa::Fault code, auto change, std::uint64_t address) {
    Transfer t = ok;
    change(t);
    list.push_back({std::move(name), code, t, address});
  };
  using isa::Fault;
  with(
      "num2 zero", Fault::kIllegalInstruction, [](Transfer& t) { t.num2 = 0; }, 0);
  with(
      "num3 zero", Fault::kIllegalInstruction, [](Transfer& t) { t.num3 = 0; }, 0);
  with(
      "one byte beyond the partition", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_offset = kSbufBytes - 239; }, kSbufBytes);
  with(
      "second dimension before the partition", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_offset = 39, t.sbuf_step2 = -20; }, ~std::uint64_t{0});
  with(
      "third dimension before the partition", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_offset = 179, t.sbuf_step3 = -60; }, ~std::uint64_t{0});
  with(
      "first dimension forth, others back", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_offset = 219, t.sbuf_step2 = -20, t.sbuf_step3 = -60; },
      ~std::uint64_t{0});
  with(
      "largest counts and steps", Fault::kSbufRange,
      [](Transfer& t) {
        t.num1 = t.num2 = t.num3 = 65535;
        t.dram_step1 = t.dram_step2 = t.dram_step3 = 0;
        t.sbuf_step1 = t.sbuf_step2 = t.sbuf_step3 = 0x7FFFFF;
      },
      std::uint64_t{3} * 65534 * 0x7FFFFF + 9);
  with(
      "second dimension beyond the partitions", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_partition = kPartitions - 2, t.partition_step2 = 1; }, 239);
  with(
      "third dimension beyond the partitions", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_partition = kPartitions - 6, t.partition_step3 = 2; }, 239);
  with(
      "all dimensions beyond the partitions", Fault::kSbufRange,
      [](Transfer& t) {
        t.sbuf_partition = kPartitions - 6;
        t.partition_step1 = t.partition_step2 = t.partition_step3 = 1;
      },
      239);
  with(
      "before partition 0", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_partition = 2, t.partition_step3 = -1; }, 239);
  with(
      "before partition 0, although the last run is not", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_partition = 1, t.partition_step2 = -1, t.partition_step3 = 1; },
      239);
  with(
      "partitions that would wrap", Fault::kSbufRange,
      [](Transfer& t) { t.num1 = 1025, t.sbuf_step1 = t.dram_step1 = 0, t.partition_step1 = 64; },
      229);
  with(
      "window ends one byte early", Fault::kClosedWindow,
      [&](Transfer& t) { t.dram_offset = size - 239; }, base + size - 239);
  with(
      "second dimension before the window", Fault::kClosedWindow,
      [](Transfer& t) { t.dram_offset = 39, t.dram_step2 = -20; }, base + 39);
  with(
      "third dimension before the window", Fault::kClosedWindow,
      [](Transfer& t) { t.dram_offset = 179, t.dram_step3 = -60; }, base + 179);
  with(
      "middle runs beyond the window", Fault::kClosedWindow,
      [&](Transfer& t) { t.dram_offset = size - 49, t.dram_step3 = -60; }, base + size - 49);
  with(
      "largest steps", Fault::kClosedWindow,
      [](Transfer& t) {
        t.num1 = t.num2 = t.num3 = 65535;
        t.sbuf_step1 = t.sbuf_step2 = t.sbuf_step3 = 0;
        t.dram_step1 = t.dram_step2 = t.dram_step3 = INT32_MAX;
      },
      base);
  with(
      "element without transposing", Fault::kIllegalInstruction,
      [](Transfer& t) { t.element_log2 = 1; }, 0);
  if (is_store) {
    with(
        "transposing store", Fault::kIllegalInstruction, [](Transfer& t) { t.transpose = 1; }, 0);
  }
  return list;
}

std::vector<Illegal> illegal_transposes(const Rig& rig) {
  const std::uint64_t size = Rig::size_of(kReadSlot);
  const std::uint64_t base = rig.memory.base() + Rig::first_of(kReadSlot);
  Transfer ok;
  ok.slot = kReadSlot;
  ok.transpose = 1;
  ok.element_log2 = 1;
  ok.num1 = 5;
  ok.row_bytes = 2 * kPartitions;
  ok.sbuf_step1 = 2;
  ok.dram_step1 = 2 * kPartitions;
  std::vector<Illegal> list;
  const auto with = [&](std::string name, isa::Fault code, auto change, std::uint64_t address) {
    Transfer t = ok;
    change(t);
    list.push_back({std::move(name), code, t, address});
  };
  using isa::Fault;
  const auto illegal = [&](std::string name, auto change) {
    with(std::move(name), Fault::kIllegalInstruction, change, 0);
  };
  illegal("elements of 8 bytes", [](Transfer& t) { t.element_log2 = 3; });
  illegal("half an element", [](Transfer& t) { t.row_bytes = 15; });
  illegal("three quarters of an element",
          [](Transfer& t) { t.element_log2 = 2, t.row_bytes = 14, t.sbuf_step1 = 4; });
  illegal("offset within an element", [](Transfer& t) { t.sbuf_offset = 1; });
  illegal("step within an element", [](Transfer& t) { t.sbuf_step1 = 3; });
  illegal("second step within an element", [](Transfer& t) { t.num2 = 2, t.sbuf_step2 = 1; });
  illegal("third step within an element", [](Transfer& t) { t.num3 = 2, t.sbuf_step3 = -1; });
  illegal("partition 16", [](Transfer& t) { t.sbuf_partition = 16, t.row_bytes = 2; });
  illegal("partition 1", [](Transfer& t) { t.sbuf_partition = 1, t.row_bytes = 2; });
  illegal("partition step", [](Transfer& t) { t.partition_step1 = 1, t.row_bytes = 2; });
  illegal("second partition step",
          [](Transfer& t) { t.num2 = 2, t.partition_step2 = 1, t.row_bytes = 2; });
  illegal("third partition step",
          [](Transfer& t) { t.num3 = 2, t.partition_step3 = 32, t.row_bytes = 2; });
  with(
      "more elements than partitions", Fault::kSbufRange,
      [](Transfer& t) { t.row_bytes = 2 * kPartitions + 2; }, 9);
  with(
      "longest run", Fault::kSbufRange, [](Transfer& t) { t.row_bytes = 0xFFFFFE, t.num1 = 1; }, 1);
  if (kPartitions > 32) {
    with(
        "more elements than partitions from 32 on", Fault::kSbufRange,
        [](Transfer& t) { t.sbuf_partition = 32, t.row_bytes = 2 * kPartitions - 62; }, 9);
  }
  with(
      "one element beyond the partition", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_offset = kSbufBytes - 8; }, kSbufBytes + 1);
  with(
      "before the partition", Fault::kSbufRange,
      [](Transfer& t) { t.sbuf_offset = 6, t.sbuf_step1 = -2; }, ~std::uint64_t{1});
  with(
      "beyond the window", Fault::kClosedWindow,
      [&](Transfer& t) { t.dram_offset = size - 10 * kPartitions + 1; },
      base + size - 10 * kPartitions + 1);
  return list;
}

void check_illegal(Queue queue, const std::function<std::vector<Illegal>(const Rig&)>& cases) {
  Rig rig;
  const QueuePorts p = rig.ports(queue);
  for (const Illegal& c : cases(rig)) {
    SCOPED_TRACE(c.name + ", seed " + std::to_string(options().seed));
    const auto bursts = rig.memory.read_bursts + rig.memory.write_bursts;
    const std::uint32_t index = rig.next_index;
    Transfer t = c.transfer;
    t.update0_op = static_cast<std::uint32_t>(isa::UpdateOp::kAdd);  // must not happen
    t.update0_sem = 20;
    t.update0_value = 1;
    rig.push(queue, t);
    ASSERT_TRUE(rig.bench.run_until([&] { return p.fault_valid != 0; }, 200));
    EXPECT_EQ(p.fault_code, static_cast<unsigned>(c.code));
    EXPECT_EQ(p.fault_instruction, index);
    EXPECT_EQ(p.fault_address, c.address);
    rig.bench.tick(20);
    EXPECT_TRUE(p.fault_valid) << "the fault was not held";
    for (unsigned other = 0; other < kQueues; ++other) {
      EXPECT_EQ(rig.ports(other).fault_valid != 0, other == queue);
    }
    EXPECT_EQ(rig.memory.read_bursts + rig.memory.write_bursts, bursts);
    rig.stop_and_clear();
    EXPECT_EQ(rig.semaphores.level[20], 0);
    // It works again.
    rig.move(queue,
             random_transfer(rig.rng, queue == kStore ? kWriteSlot : kReadSlot, 0, kSbufBytes));
    ASSERT_TRUE(rig.run());
  }
  rig.compare("after all faults");
}
TEST(DmaRules, IllegalLoads) {
  check_illegal(kLoad, [](const Rig& rig) { return illegal_transfers(rig, false); });
}
TEST(DmaRules, IllegalStores) {
  check_illegal(kStore, [](const Rig& rig) { return illegal_transfers(rig, true); });
}
TEST(DmaRules, IllegalDimensionsOfLoads) {
  check_illegal(kLoad, [](const Rig& rig) { return illegal_dimensions(rig, false); });
}
TEST(DmaRules, IllegalDimensionsOfStores) {
  check_illegal(kStore, [](const Rig& rig) { return illegal_dimensions(rig, true); });
}
TEST(DmaRules, IllegalTransposingLoads) {
  check_illegal(kLoad, [](const Rig& rig) { return illegal_transposes(rig); });
}

TEST(DmaRules, IllegalCopies) {
  Copy ok;
  ok.num1 = 2, ok.num2 = 3, ok.num3 = 4;
  ok.row_bytes = 10;
  ok.src_step1 = 10, ok.src_step2 = 20, ok.src_step3 = 60;
  ok.dst_step1 = 10, ok.dst_step2 = 20, ok.dst_step3 = 60;
  ok.dst_offset = kSbufBytes / 2;
  struct Case {
    const char* name;
    isa::Fault code;
    std::function<void(Copy&)> change;
    std::uint64_t address;
  };
  using isa::Fault;
  constexpr std::uint64_t kLast = kSbufBytes / 2 + 239;  // of the destination
  const std::vector<Case> cases = {
      {"no runs", Fault::kIllegalInstruction, [](Copy& c) { c.num1 = 0; }, 0},
      {"num2 zero", Fault::kIllegalInstruction, [](Copy& c) { c.num2 = 0; }, 0},
      {"num3 zero", Fault::kIllegalInstruction, [](Copy& c) { c.num3 = 0; }, 0},
      {"no bytes", Fault::kIllegalInstruction, [](Copy& c) { c.row_bytes = 0; }, 0},
      {"source one byte beyond", Fault::kSbufRange,
       [](Copy& c) { c.src_offset = kSbufBytes - 239; }, kSbufBytes},
      {"destination one byte beyond", Fault::kSbufRange,
       [](Copy& c) { c.dst_offset = kSbufBytes - 239; }, kSbufBytes},
      {"both: the source is named", Fault::kSbufRange,
       [](Copy& c) { c.src_offset = kSbufBytes - 238, c.dst_offset = kSbufBytes - 239; },
       kSbufBytes + 1},
      {"source before", Fault::kSbufRange, [](Copy& c) { c.src_offset = 39, c.src_step2 = -20; },
       ~std::uint64_t{0}},
      {"destination before", Fault::kSbufRange,
       [](Copy& c) { c.dst_offset = 178, c.dst_step3 = -60; }, ~std::uint64_t{1}},
      {"source beyond the partitions", Fault::kSbufRange,
       [](Copy& c) { c.src_partition = kPartitions - 1, c.src_partition_step1 = 1; }, 239},
      {"source before partition 0", Fault::kSbufRange,
       [](Copy& c) { c.src_partition = 1, c.src_partition_step2 = -1; }, 239},
      {"destination beyond the partitions", Fault::kSbufRange,
       [](Copy& c) { c.dst_partition = kPartitions - 3, c.dst_partition_step3 = 1; }, kLast},
      {"destination before partition 0", Fault::kSbufRange,
       [](Copy& c) { c.dst_partition = 5, c.dst_partition_step2 = -3; }, kLast},
      {"largest counts and steps", Fault::kSbufRange,
       [](Copy& c) {
         c.num1 = c.num2 = c.num3 = 65535;
         c.src_step1 = c.src_step2 = c.src_step3 = -0x800000;
       },
       static_cast<std::uint64_t>(-3LL * 65534 * 0x800000)},
  };
  Rig rig;
  const QueuePorts p = rig.ports(kCopy);
  for (const Case& k : cases) {
    SCOPED_TRACE(std::string(k.name) + ", seed " + std::to_string(options().seed));
    const std::uint32_t index = rig.next_index;
    Copy c = ok;
    k.change(c);
    c.update0_op = static_cast<std::uint32_t>(isa::UpdateOp::kAdd);  // must not happen
    c.update0_sem = 20;
    c.update0_value = 1;
    rig.copy(c);
    ASSERT_TRUE(rig.bench.run_until([&] { return p.fault_valid != 0; }, 200));
    EXPECT_EQ(p.fault_code, static_cast<unsigned>(k.code));
    EXPECT_EQ(p.fault_instruction, index);
    EXPECT_EQ(p.fault_address, k.address);
    rig.stop_and_clear();
    EXPECT_EQ(rig.semaphores.level[20], 0);
    rig.move(random_copy(rig.rng, 0, kSbufBytes / 2, kSbufBytes));
    ASSERT_TRUE(rig.run());
  }
  rig.move(ok);
  ASSERT_TRUE(rig.run());
  rig.compare("after all faults");
}

// A verdict is passed on what begins: not before the waits are met, and in order.
TEST(DmaRules, AFaultWaitsForItsTurn) {
  Rig rig;
  Transfer first = random_transfer(rig.rng, kReadSlot, 0, kSbufBytes / 2);
  first.wait0_sem = 4;
  first.wait0_cond = static_cast<std::uint32_t>(isa::WaitCondition::kGe);
  first.wait0_value = 1;
  rig.load(first);
  Transfer bad = first;
  bad.row_bytes = 0;
  bad.wait0_sem = 5;
  bad.wait0_consume = 1;
  rig.load(bad);
  // The other queues go on meanwhile.
  rig.move(kStore, random_transfer(rig.rng, kWriteSlot, kSbufBytes / 2, kSbufBytes));
  ASSERT_TRUE(rig.bench.run_until(
      [&] { return rig.instructions.idle() && rig.bench->store_idle_o != 0; }, 20'000));
  rig.bench.tick(100);
  EXPECT_FALSE(rig.bench->load_fault_valid_o);
  rig.semaphores.level[4] = 1;
  rig.expect_load(first);
  ASSERT_TRUE(rig.bench.run_until([&] { return rig.ports(kLoad).end_valid != 0; }, 5000));
  rig.bench.tick(100);
  EXPECT_FALSE(rig.bench->load_fault_valid_o);
  rig.semaphores.level[5] = 3;
  ASSERT_TRUE(rig.bench.run_until([&] { return rig.bench->load_fault_valid_o != 0; }, 100));
  EXPECT_EQ(rig.semaphores.level[5], 2);  // consumed before anything else
  rig.stop_and_clear();
  rig.compare("after the fault");
}

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
