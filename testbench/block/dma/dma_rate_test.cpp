// SPDX-License-Identifier: Apache-2.0
// How fast the DMA queues are: from the instruction to the first address, and then for each kind of
// run. Prints what docs/architecture/dma.md states.
#include <iostream>

#include "dma_rig.hpp"

namespace tinium::testbench {
namespace {

/// Cycles of instructions, addresses, beats, SBUF words and ends.
class Watch : public BenchComponent {
 public:
  explicit Watch(Rig& rig) : rig_(rig) { rig_.bench.add(*this); }

  struct Span {
    std::uint64_t first = 0, last = 0, count = 0;
    void note(bool on, std::uint64_t now) {
      if (on) {
        first = count++ ? first : now;
        last = now;
      }
    }
    std::uint64_t cycles() const { return last - first + 1; }
    double rate() const { return static_cast<double>(count) / static_cast<double>(cycles()); }
  };
  Span instruction, address, read_beat, write_beat, busy[kQueues], begin[kQueues], end[kQueues],
      update;

  void drive() override {}
  void sample() override {
    const auto& m = rig_.bench.dut();
    const std::uint64_t now = rig_.bench.cycle();
    instruction.note(m.instr_valid_i && m.instr_ready_o, now);
    address.note((m.arvalid_o && m.arready_i) || (m.awvalid_o && m.awready_i), now);
    read_beat.note(m.rvalid_i && m.rready_o, now);
    write_beat.note(m.wvalid_o && m.wready_i, now);
    for (unsigned q = 0; q < kQueues; ++q) {
      const QueuePorts p = rig_.ports(q);
      busy[q].note(p.cause == static_cast<unsigned>(isa::Cause::kBusy), now);
      begin[q].note(p.begin_valid, now);
      end[q].note(p.end_valid, now);
      update.note(p.upd_valid && p.upd_ready, now);
    }
  }

 private:
  Rig& rig_;
};

RigOptions latency_of(unsigned cycles) {
  RigOptions o;
  o.timing = AxiTiming::all(StallPattern::kNone, cycles, cycles);
  return o;
}

const char* name_of(Queue queue) {
  return queue == kLoad ? "load" : queue == kStore ? "store" : "copy";
}

struct Shape {
  const char* what;
  unsigned row_bytes, dram_offset, sbuf_offset;
  std::int32_t dram_step;
  double rate;       ///< beats a cycle, at least
  double words = 1;  ///< SBUF words a run, where they set the pace
};

/// 8 transfers of all partitions, latency 100.
void measure(Queue queue, const Shape& shape) {
  SCOPED_TRACE(std::string(name_of(queue)) + ", " + shape.what);
  Rig rig(latency_of(100));
  Watch watch(rig);
  const unsigned count = 8;
  for (unsigned i = 0; i < count; ++i) {
    Transfer t;
    t.slot = kBothSlot;
    t.num1 = kPartitions;
    t.row_bytes = shape.row_bytes;
    t.partition_step1 = 1;
    // The window begins at an odd address: count from a beat.
    t.dram_offset = 4096 - kBothFirst % 4096 + shape.dram_offset;
    t.sbuf_offset = shape.sbuf_offset;
    t.dram_step1 = shape.dram_step;
    rig.move(queue, t);
  }
  ASSERT_TRUE(rig.run());
  const Watch::Span& beats = queue == kStore ? watch.write_beat : watch.read_beat;
  std::cout << name_of(queue) << ", " << shape.what << ": " << beats.count << " beats for "
            << count * kPartitions << " runs in " << beats.cycles() << " cycles, " << beats.rate()
            << " a cycle\n";
  EXPECT_GE(beats.rate(), shape.rate);
  rig.compare("measured transfers");
}

TEST(DmaRate, BeatsAtLatency100) {
  constexpr auto kWord = static_cast<std::int32_t>(kBus);
  // Unaligned runs of n words take n + 1 on one side, and on both unless they are joined.
  const Shape shapes[] = {
      {"runs of 1 word, gaps between them", kBus, 0, 0, 3 * kWord, 0.95},
      {"runs of 2 words, gaps between them", 2 * kBus, 0, 0, 3 * kWord, 0.95},
      {"runs of 4 words, gaps between them", 4 * kBus, 0, 0, 5 * kWord, 0.95},
      {"runs of 1 word, no gaps", kBus, 0, 0, kWord, 0.95},
      {"runs of 2 words, no gaps", 2 * kBus, 0, 0, 2 * kWord, 0.95},
      {"runs of 4 words, no gaps", 4 * kBus, 0, 0, 4 * kWord, 0.95},
      {"runs of 8 words, shifted by 2 bytes, no gaps", 8 * kBus, 2, 0, 8 * kWord, 0.87},
      {"runs of 2 words and 2 bytes, no gaps", 2 * kBus + 2, 0, 0, 2 * kWord + 2, 0.65},
      {"runs of 2 words, shifted by 2 bytes, gaps", 2 * kBus, 2, 0, 3 * kWord, 0.95},
  };
  for (const Queue queue : {kLoad, kStore}) {
    for (const Shape& shape : shapes) {
      measure(queue, shape);
      if (HasFailure()) return;
    }
  }
}

// Rows shorter than a beat, side by side in DRAM and on neighbouring partitions.
TEST(DmaRate, ShortRows) {
  for (const Queue queue : {kLoad, kStore}) {
    for (unsigned bytes = kBus / 2; bytes > 0; bytes /= 2) {
      const bool together =
          queue == kLoad ? bytes >= kBus / 4 || bytes <= 8 : bytes >= std::max(kBus / 4, 8U);
      for (const unsigned shift : {0U, 6U}) {
        Rig rig(latency_of(100));
        Watch watch(rig);
        Transfer t;
        t.slot = kBothSlot;
        t.num1 = kPartitions;
        t.num2 = 8;
        t.row_bytes = bytes;
        t.partition_step1 = 1;
        t.dram_step1 = static_cast<std::int32_t>(bytes);
        t.dram_step2 = static_cast<std::int32_t>(bytes * kPartitions);
        t.sbuf_step2 = static_cast<std::int32_t>(bytes);
        t.sbuf_offset = kBus + bytes;
        t.dram_offset = 4096 - kBothFirst % 4096 + shift;
        for (unsigned i = 0; i < 4; ++i) {
          t.sbuf_offset += bytes;
          rig.move(queue, t);
        }
        ASSERT_TRUE(rig.run());
        const Watch::Span& beats = queue == kStore ? watch.write_beat : watch.read_beat;
        const double rows = 4.0 * 8 * kPartitions / static_cast<double>(beats.cycles());
        std::cout << name_of(queue) << ", rows of " << bytes << " bytes side by side, shifted by "
                  << shift << ": " << beats.rate() << " beats, " << rows << " rows a cycle\n";
        if (together) {
          // The bus sets the pace, or a row for each lane.
          EXPECT_GE(rows, 0.93 * std::min(kBus / bytes, kLanes));
        } else {
          EXPECT_GE(rows, 0.65);  // those that lie in two beats take two cycles
        }
        rig.compare("short rows");
        if (HasFailure()) return;
      }
    }
  }
}

// The time from an instruction to its first address, and from the last beat to the update.
TEST(DmaRate, Latencies) {
  for (const Queue queue : {kLoad, kStore}) {
    Rig rig(latency_of(100));
    Watch watch(rig);
    Transfer t;
    t.slot = kBothSlot;
    t.num1 = kPartitions;
    t.row_bytes = kBus;
    t.partition_step1 = 1;
    t.dram_offset = 4096 - kBothFirst % 4096;
    t.dram_step1 = static_cast<std::int32_t>(kBus);
    t.update0_op = static_cast<std::uint32_t>(isa::UpdateOp::kAdd);
    t.update0_event = 1;
    t.update0_value = 1;
    rig.move(queue, t);
    ASSERT_TRUE(rig.run());
    const std::uint64_t to_address = watch.address.first - watch.instruction.first;
    std::cout << name_of(queue) << ": instruction to its start "
              << watch.begin[queue].first - watch.instruction.first
              << ", to the address on the bus " << to_address << ", last beat to the update "
              << watch.update.first -
                     (queue == kLoad ? watch.read_beat.last : watch.write_beat.last)
              << " cycles\n";
    EXPECT_EQ(to_address, 5U);  // one of them in the mux
    if (queue == kLoad) {
      EXPECT_EQ(watch.update.first - watch.read_beat.last, 3U);  // one of them in the mux
    } else {
      std::cout << "store: instruction to the first beat on the bus "
                << watch.write_beat.first - watch.instruction.first << " cycles\n";
      EXPECT_EQ(watch.write_beat.first - watch.instruction.first, 9U);
    }
    rig.compare("one transfer");
  }
}

TEST(DmaRate, TinyRunsTakeAFewCycles) {
  for (const Queue queue : {kLoad, kStore, kCopy}) {
    for (const unsigned bytes : {1U, 4U, kBus}) {
      Rig rig(latency_of(20));
      Watch watch(rig);
      for (unsigned i = 0; i < 4; ++i) {
        // Every run at its own alignment, in one word or two.
        if (queue == kCopy) {
          Copy c;
          c.num1 = kPartitions;
          c.row_bytes = bytes;
          c.src_partition_step1 = c.dst_partition_step1 = 1;
          c.src_step1 = 7;
          c.dst_offset = kSbufBytes / 2;
          c.dst_step1 = 3;
          rig.move(c);
          continue;
        }
        Transfer t;
        t.slot = kBothSlot;
        t.num1 = kPartitions;
        t.row_bytes = bytes;
        t.partition_step1 = 1;
        t.sbuf_offset = 64;
        t.sbuf_step1 = 3;
        t.dram_step1 = static_cast<std::int32_t>(kBus + 1);
        rig.move(queue, t);
      }
      ASSERT_TRUE(rig.run());
      const std::uint64_t runs = std::uint64_t{4} * kPartitions;
      const std::uint64_t cycles = watch.end[queue].last - watch.begin[queue].first;
      std::cout << name_of(queue) << ", runs of " << bytes << " bytes at all alignments: " << runs
                << " runs in " << cycles << " cycles\n";
      EXPECT_LE(cycles, (bytes < kBus ? 2 : 3) * runs + 20 + 40);
      rig.compare("tiny runs");
    }
  }
}

TEST(DmaRate, TransposingWritesAllLanes) {
  for (unsigned element_log2 = 0; element_log2 < 3; ++element_log2) {
    for (const bool gaps : {false, true}) {
      const unsigned element = 1U << element_log2;
      Rig rig(latency_of(100));
      Watch watch(rig);
      Transfer t;
      t.slot = kBothSlot;
      t.transpose = 1;
      t.element_log2 = element_log2;
      t.row_bytes = kPartitions * element;
      t.num1 = 64;
      t.dram_step1 = static_cast<std::int32_t>(t.row_bytes + (gaps ? 2 * kBus : 0));
      t.sbuf_step1 = static_cast<std::int32_t>(element);
      t.dram_offset = 4096 - kBothFirst % 4096;
      for (unsigned i = 0; i < 2; ++i) {
        t.sbuf_offset = 64 * element * i;
        rig.move(kLoad, t);
      }
      ASSERT_TRUE(rig.run());
      const std::uint64_t elements = std::uint64_t{2} * 64 * kPartitions;
      const double rate =
          static_cast<double>(elements) / static_cast<double>(watch.busy[kLoad].cycles());
      std::cout << "transposing load, elements of " << element << " bytes, "
                << (gaps ? "gaps" : "no gaps") << ": " << elements << " elements in "
                << watch.busy[kLoad].cycles() << " cycles, " << rate << " a cycle\n";
      // The lanes set the pace, or the bus where it brings less.
      const double most = std::min<double>(kLanes, static_cast<double>(kBus) / element);
      EXPECT_GE(rate, 0.95 * most);
      rig.compare("transposed");
    }
  }
}

// Load and copy share a write port: neither waits for the other to end.
TEST(DmaRate, CopiesBesideLoads) {
  Rig rig;
  Watch watch(rig);
  Transfer t;
  t.slot = kBothSlot;
  t.num1 = kPartitions;
  t.row_bytes = 4 * kBus;
  t.partition_step1 = 1;
  t.dram_offset = 4096 - kBothFirst % 4096;
  t.dram_step1 = static_cast<std::int32_t>(4 * kBus);
  Copy c;
  c.num1 = kPartitions;
  c.row_bytes = kBus;
  c.src_partition_step1 = c.dst_partition_step1 = 1;
  c.src_offset = kSbufBytes / 2 / kBus * kBus;
  c.dst_offset = c.src_offset + 4 * kBus;
  rig.move(kLoad, t);
  rig.move(c);
  rig.move(kLoad, t);
  rig.move(kLoad, t);
  ASSERT_TRUE(rig.run());
  EXPECT_LE(watch.end[kCopy].last - watch.begin[kCopy].first, 2 * kPartitions + 40U);
  EXPECT_LE(watch.end[kLoad].last - watch.begin[kLoad].first,
            3 * 4 * kPartitions + kPartitions + 60U);
  rig.compare("loads and a copy");
}

TEST(DmaRate, CopiesAWordACycle) {
  for (const unsigned words : {1U, 2U, 8U}) {
    for (const unsigned shift : {0U, 2U}) {
      Rig rig;
      Watch watch(rig);
      Copy c;
      c.num1 = kPartitions;
      c.row_bytes = words * kBus;
      c.src_partition_step1 = c.dst_partition_step1 = 1;
      c.src_offset = shift;
      c.dst_offset = kSbufBytes / 2 / kBus * kBus;
      for (unsigned i = 0; i < 4; ++i) {
        rig.move(c);
      }
      ASSERT_TRUE(rig.run());
      const double all = 4.0 * kPartitions * words;
      const double rate = all / static_cast<double>(watch.busy[kCopy].cycles());
      std::cout << "copy, runs of " << words << " words, shifted by " << shift << ": " << all
                << " words in " << watch.busy[kCopy].cycles() << " cycles, " << rate
                << " a cycle; instruction to its end "
                << watch.end[kCopy].first - watch.instruction.first << "\n";
      EXPECT_GE(rate, shift ? 0.95 * words / (words + 1) : 0.95);
      rig.compare("copied");
    }
  }
}

}  // namespace
}  // namespace tinium::testbench
