// SPDX-License-Identifier: Apache-2.0
// The DMA queues move the right bytes and no others, at any alignment and under any timing.
#include "dma_rig.hpp"

namespace tinium::testbench {
namespace {

/// Rows whose DRAM and SBUF offsets walk through all residues, for one length.
std::vector<Transfer> alignment_transfers(std::mt19937_64& rng, unsigned slot, unsigned length) {
  std::vector<Transfer> list;
  for (int i = 0; i < 2; ++i) {
    Transfer t;
    t.slot = slot;
    t.num1 = kPartitions;
    t.row_bytes = length;
    t.partition_step1 = 1;
    // Every other transfer has no gaps between its runs in DRAM.
    t.dram_step1 = static_cast<std::int32_t>(length + (i ? 0 : 1 + below(rng, 70)));
    constexpr std::int32_t kMost = std::min(30U, (kSbufBytes / 2 - 300) / kPartitions);
    t.sbuf_step1 = static_cast<std::int32_t>(below(rng, 2 * kMost + 1)) - kMost;
    t.dram_offset = below(rng, 5000);
    t.sbuf_offset = kSbufBytes / 2 - 64 + static_cast<unsigned>(below(rng, 64));
    list.push_back(t);
  }
  return list;
}

void every_length(Queue queue) {
  Rig rig;
  for (unsigned length = 1; length <= 200; ++length) {
    for (const Transfer& t :
         alignment_transfers(rig.rng, queue == kStore ? kWriteSlot : kReadSlot, length)) {
      rig.move(queue, t);
    }
    if (length % 25 == 0) {
      ASSERT_TRUE(rig.run());
      rig.compare("lengths to " + std::to_string(length));
      if (::testing::Test::HasFailure()) return;
    }
  }
}
TEST(DmaAlignment, LoadEveryLength) { every_length(kLoad); }
TEST(DmaAlignment, StoreEveryLength) { every_length(kStore); }

/// One row at each pair of offsets in a word, lengths around the word size.
void every_offset(bool is_store) {
  Rig rig;
  for (const unsigned length : {1U, 2U, kBus - 1, kBus, kBus + 1, 2 * kBus, 2 * kBus + 3}) {
    for (unsigned src = 0; src<kBus; src += kBus> 8 ? 3 : 1) {
      Transfer t;
      t.slot = is_store ? kWriteSlot : kReadSlot;
      t.num1 = std::min(kBus, kPartitions);
      t.row_bytes = length;
      t.partition_step1 = 1;
      t.dram_step1 = static_cast<std::int32_t>(4 * kBus);
      t.dram_offset = 4096 + src;
      t.sbuf_step1 = 1;
      t.sbuf_offset = 2 * kBus;
      rig.move(is_store ? kStore : kLoad, t);
    }
    ASSERT_TRUE(rig.run());
    rig.compare("length " + std::to_string(length));
  }
}
TEST(DmaAlignment, LoadEveryOffset) { every_offset(false); }
TEST(DmaAlignment, StoreEveryOffset) { every_offset(true); }

// Steps that equal the length of a run but for high bits leave a gap of 64 KiB.
TEST(DmaAlignment, FarStepsAreNoJoin) {
  Rig rig;
  for (const Queue queue : {kLoad, kStore}) {
    Transfer t;
    t.slot = queue == kStore ? kWriteSlot : kReadSlot;
    t.num1 = 2;
    t.num2 = 2;
    t.row_bytes = kBus + 3;
    t.dram_step1 = static_cast<std::int32_t>(t.row_bytes + 65536);
    t.dram_step2 = static_cast<std::int32_t>(t.row_bytes);
    t.partition_step1 = 1;
    t.partition_step2 = 2;
    rig.move(queue, t);
    std::swap(t.dram_step1, t.dram_step2);
    rig.move(queue, t);
    ASSERT_TRUE(rig.run());
    rig.compare("steps beyond 64 KiB");
  }
}

// -------------------------------------------------------------------------------- short rows

// Every count of rows, every first partition and every place in a word.
void every_count(Queue queue) {
  Rig rig;
  for (unsigned bytes = 1; bytes < kBus; bytes *= 2) {
    for (unsigned count = 1; count <= kPartitions; ++count) {
      Transfer t;
      t.slot = queue == kStore ? kWriteSlot : kReadSlot;
      t.row_bytes = bytes;
      t.num1 = count;
      t.num2 = 1 + count % 3;
      t.partition_step1 = 1;
      t.sbuf_partition = static_cast<unsigned>(below(rig.rng, kPartitions - count + 1));
      if (count % 4 != 3) t.sbuf_partition &= ~3U;
      t.dram_step1 = static_cast<std::int32_t>(bytes);
      t.dram_step2 = static_cast<std::int32_t>(bytes * count + (count % 2 ? 0 : count % 7));
      t.dram_offset = below(rig.rng, 4000);
      t.sbuf_offset = bytes * (count % (4 * kBus / bytes));
      t.sbuf_step2 = static_cast<std::int32_t>(bytes);
      rig.move(queue, t);
    }
    ASSERT_TRUE(rig.run());
    rig.compare("rows of " + std::to_string(bytes));
    if (::testing::Test::HasFailure()) return;
  }
}
TEST(DmaShortRows, LoadEveryCount) { every_count(kLoad); }
TEST(DmaShortRows, StoreEveryCount) { every_count(kStore); }

// -------------------------------------------------------------------------------- transposition

// Every length up to all partitions, every element and every offset of one in its 8 bytes.
TEST(DmaTranspose, EveryLengthAndOffset) {
  Rig rig;
  for (unsigned element_log2 = 0; element_log2 < 3; ++element_log2) {
    const unsigned element = 1U << element_log2;
    for (unsigned length = 1; length <= kPartitions; ++length) {
      Transfer t;
      t.slot = kReadSlot;
      t.transpose = 1;
      t.element_log2 = element_log2;
      t.row_bytes = length * element;
      t.num1 = 3;
      t.dram_offset = below(rig.rng, 4000);  // of no particular alignment
      // Without a gap, with one, and against the order of addresses.
      t.dram_step1 = static_cast<std::int32_t>(t.row_bytes + (length % 3 == 0 ? 0 : length % 7));
      if (length % 5 == 0) {
        t.dram_offset += 4000;
        t.dram_step1 = -t.dram_step1;
      }
      t.sbuf_offset = length % (8 / element) * element + 8 * (length % 50);
      t.sbuf_step1 = static_cast<std::int32_t>(element);
      t.sbuf_partition = length + 32 <= kPartitions ? length % 2 * 32 : 0;
      rig.move(kLoad, t);
    }
    ASSERT_TRUE(rig.run());
    rig.compare("element of " + std::to_string(element));
    if (HasFailure()) return;
  }
}

// -------------------------------------------------------------------------------- copies

// Every pair of offsets in a word.
TEST(DmaCopies, EveryOffset) {
  Rig rig;
  for (const unsigned length : {1U, kBus - 1, kBus, kBus + 1, 2 * kBus + 3}) {
    for (unsigned src = 0; src<kBus; src += kBus> 8 ? 3 : 1) {
      Copy c;
      c.num1 = std::min(kBus, kPartitions);
      c.row_bytes = length;
      c.src_partition_step1 = 1;
      c.dst_partition = kPartitions - 1;
      c.dst_partition_step1 = -1;
      c.src_offset = 4 * kBus + src;
      c.dst_offset = 16 * kBus;
      c.dst_step1 = 1;
      rig.move(c);
    }
    ASSERT_TRUE(rig.run());
    rig.compare("length " + std::to_string(length));
    if (HasFailure()) return;
  }
}

// -------------------------------------------------------------------------------- random

class DmaRandom : public ::testing::TestWithParam<StallPattern> {
 protected:
  RigOptions rig_options(double contention) {
    RigOptions o;
    o.timing = AxiTiming::all(GetParam(), 1, GetParam() == StallPattern::kNone ? 1 : 60);
    o.instructions = GetParam() == StallPattern::kMostly ? StallPattern::kRandom : GetParam();
    o.updates = GetParam();
    o.contention = contention;
    o.fetches = 0.05;
    return o;
  }
};

TEST_P(DmaRandom, Loads) {
  Rig rig(rig_options(0.3));
  for (unsigned batch = 0; batch < 3; ++batch) {
    for (std::uint64_t i = 0; i < case_count(25); ++i) {
      const Transfer t = random_transfer(rig.rng, i % 2 ? kReadSlot : kBothSlot, 0, kSbufBytes);
      rig.move(kLoad, t);
    }
    ASSERT_TRUE(rig.run());
    rig.compare("batch " + std::to_string(batch));
    if (HasFailure()) return;
  }
  EXPECT_GT(rig.fetches.beats, 0U);
}

TEST_P(DmaRandom, Stores) {
  Rig rig(rig_options(0.2));
  for (unsigned batch = 0; batch < 3; ++batch) {
    for (std::uint64_t i = 0; i < case_count(25); ++i) {
      const Transfer t = random_transfer(rig.rng, i % 2 ? kWriteSlot : kBothSlot, 0, kSbufBytes);
      rig.move(kStore, t);
    }
    ASSERT_TRUE(rig.run());
    rig.compare("batch " + std::to_string(batch));
    if (HasFailure()) return;
  }
}

TEST_P(DmaRandom, BothAtOnceOnDifferentBytes) {
  Rig rig(rig_options(0.1));
  for (unsigned batch = 0; batch < 3; ++batch) {
    for (std::uint64_t i = 0; i < case_count(20); ++i) {
      const Transfer in = random_transfer(rig.rng, kReadSlot, 0, kSbufBytes / 2 + 3);
      const Transfer out = random_transfer(rig.rng, kWriteSlot, kSbufBytes / 2 + 3, kSbufBytes);
      rig.move(kLoad, in);
      rig.move(kStore, out);
    }
    ASSERT_TRUE(rig.run());
    rig.compare("batch " + std::to_string(batch));
    if (HasFailure()) return;
  }
}

// A chain in which each transfer needs the bytes of the one before, ordered by semaphores alone.
TEST_P(DmaRandom, ChainThroughSemaphores) {
  Rig rig(rig_options(0.1));
  const auto ge = static_cast<std::uint32_t>(isa::WaitCondition::kGe);
  const auto add = static_cast<std::uint32_t>(isa::UpdateOp::kAdd);
  for (std::uint64_t i = 0; i < case_count(15); ++i) {
    // DRAM -> SBUF, back to another place in DRAM. The store consumes semaphore 5, the next load 6.
    Transfer in = random_transfer(rig.rng, kBothSlot, 0, kSbufBytes);
    Transfer out = random_transfer(rig.rng, kBothSlot, 0, kSbufBytes);
    if (i > 0) {
      in.wait0_sem = 6;
      in.wait0_cond = ge;
      in.wait0_consume = 1;
      in.wait0_value = 2;
    }
    in.update1_sem = 5;
    in.update1_op = add;
    in.update1_event = 1;
    in.update1_value = 1;
    out.wait1_sem = 5;
    out.wait1_cond = static_cast<std::uint32_t>(isa::WaitCondition::kEq);
    out.wait1_consume = 1;
    out.wait1_value = 1;
    out.update0_sem = 6;
    out.update0_op = add;
    out.update0_event = 1;
    out.update0_value = 2;
    out.update1_sem = 7;
    out.update1_op = add;
    out.update1_event = 0;
    out.update1_value = 1;
    rig.move(kLoad, in);
    rig.move(kStore, out);
  }
  ASSERT_TRUE(rig.run());
  rig.compare("chain");
  EXPECT_EQ(rig.semaphores.level[5], 0);
  EXPECT_EQ(rig.semaphores.level[6], 2);
  EXPECT_EQ(rig.semaphores.level[7], case_count(15));
}

TEST_P(DmaRandom, TransposingLoads) {
  Rig rig(rig_options(0.2));
  for (unsigned batch = 0; batch < 3; ++batch) {
    for (std::uint64_t i = 0; i < case_count(20); ++i) {
      const unsigned slot = i % 2 ? kReadSlot : kBothSlot;
      // Plain loads between them, so that the two ways to write take turns.
      rig.move(kLoad, i % 4 == 3 ? random_transfer(rig.rng, slot, 0, kSbufBytes)
                                 : random_transpose(rig.rng, slot, 0, kSbufBytes));
    }
    ASSERT_TRUE(rig.run());
    rig.compare("batch " + std::to_string(batch));
    if (HasFailure()) return;
  }
}

// Loads into the lower half, stores from the upper one, at once.
TEST_P(DmaRandom, ShortRows) {
  Rig rig(rig_options(0.2));
  const unsigned middle = kSbufBytes / 2 + 5;
  for (unsigned batch = 0; batch < 3; ++batch) {
    for (std::uint64_t i = 0; i < case_count(25); ++i) {
      // Others between them, so that all ways to write take turns.
      rig.move(kLoad, i % 4 == 3   ? random_transfer(rig.rng, kReadSlot, 0, middle)
                      : i % 8 == 6 ? random_transpose(rig.rng, kReadSlot, 0, middle)
                                   : random_short_rows(rig.rng, kReadSlot, 0, middle));
      rig.move(kStore, i % 4 == 2 ? random_transfer(rig.rng, kWriteSlot, middle, kSbufBytes)
                                  : random_short_rows(rig.rng, kWriteSlot, middle, kSbufBytes));
    }
    ASSERT_TRUE(rig.run());
    rig.compare("batch " + std::to_string(batch));
    if (HasFailure()) return;
  }
}

TEST_P(DmaRandom, Copies) {
  Rig rig(rig_options(0.2));
  for (unsigned batch = 0; batch < 3; ++batch) {
    for (std::uint64_t i = 0; i < case_count(25); ++i) {
      rig.move(random_copy(rig.rng, 0, kSbufBytes / 2 - 5, kSbufBytes));
    }
    ASSERT_TRUE(rig.run());
    rig.compare("batch " + std::to_string(batch));
    if (HasFailure()) return;
  }
}

TEST_P(DmaRandom, AllQueuesAtOnceOnDifferentBytes) {
  Rig rig(rig_options(0.1));
  const unsigned part = kSbufBytes / 4 + 3;
  for (unsigned batch = 0; batch < 3; ++batch) {
    for (std::uint64_t i = 0; i < case_count(15); ++i) {
      rig.move(kLoad, i % 2 ? random_transfer(rig.rng, kReadSlot, 0, part)
                            : random_transpose(rig.rng, kReadSlot, 0, part));
      rig.move(kStore, random_transfer(rig.rng, kWriteSlot, part, 2 * part));
      rig.move(random_copy(rig.rng, 2 * part, 3 * part, kSbufBytes));
    }
    ASSERT_TRUE(rig.run());
    rig.compare("batch " + std::to_string(batch));
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Stalls, DmaRandom, ::testing::ValuesIn(kAllStallPatterns),
                         [](const auto& i) { return std::string(name_of(i.param)); });

}  // namespace
}  // namespace tinium::testbench
