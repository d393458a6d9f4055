// SPDX-License-Identifier: Apache-2.0
// How fast the DMA queues are.
#include "dma_rig.hpp"

namespace tinium::testbench {
namespace {

struct Rate {
  std::uint64_t cycles = 0, beats = 0, rows = 0;
  std::size_t outstanding = 0;
};

Rate measure(bool is_store, unsigned latency, unsigned row_bytes, unsigned rows,
             unsigned dram_offset, unsigned sbuf_offset, std::int32_t dram_step,
             std::int32_t sbuf_step, bool partitions = true) {
  RigOptions o;
  o.timing = AxiTiming::all(StallPattern::kNone, latency, latency);
  Rig rig(o);
  Transfer t;
  t.slot = kBothSlot;
  t.num1 = rows;
  t.row_bytes = row_bytes;
  t.partition_step1 = partitions;
  // The window begins at an odd address: count from a beat.
  t.dram_offset = 4096 - kBothFirst % 4096 + dram_offset;
  t.sbuf_offset = sbuf_offset;
  t.dram_step1 = dram_step;
  t.sbuf_step1 = sbuf_step;
  const unsigned count = 4;
  const std::uint64_t start = rig.bench.cycle();
  for (unsigned i = 0; i < count; ++i) {
    is_store ? rig.store(t) : rig.load(t);
    is_store ? rig.expect_store(t) : rig.expect_load(t);
  }
  EXPECT_TRUE(rig.run());
  Rate r;
  r.cycles = rig.bench.cycle() - start;
  r.beats = is_store ? rig.memory.write_beats : rig.memory.read_beats;
  r.rows = std::uint64_t{rows} * count;
  r.outstanding = is_store ? rig.memory.most_writes : rig.memory.most_reads;
  rig.compare("measured transfers");
  return r;
}

TEST(DmaThroughput, LongRowsTakeABeatACycle) {
  const unsigned row = kBus == 64 ? 1024 : 512;
  constexpr unsigned kLatency = 200;
  for (const bool is_store : {false, true}) {
    for (const unsigned shift : {0U, 5U}) {
      const Rate r =
          measure(is_store, kLatency, row, kPartitions / 2, shift, kBus, static_cast<int>(row), 0);
      std::cout << (is_store ? "store" : "load") << ", rows of " << row << " bytes, shift " << shift
                << ": " << r.beats << " beats in " << r.cycles << " cycles, " << r.outstanding
                << " bursts outstanding\n";
      // Two words of alignment a row, and the fill of the pipe.
      EXPECT_LE(r.cycles, r.beats + (shift ? r.rows : 0) + kLatency + 60);
      EXPECT_GE(r.outstanding, 8U);
    }
  }
}

TEST(DmaThroughput, TinyRowsTakeAFewCycles) {
  for (const bool is_store : {false, true}) {
    for (const unsigned bytes : {1U, 4U, kBus}) {
      // Every row at its own alignment; one row in each bus word or two.
      const Rate r =
          measure(is_store, 20, bytes, kPartitions, 0, 64, static_cast<int>(kBus + 1), 3);
      std::cout << (is_store ? "store" : "load") << ", rows of " << bytes << " bytes: " << r.rows
                << " rows in " << r.cycles << " cycles, " << r.outstanding
                << " bursts outstanding\n";
      // A row of a whole word lies in two words on each side at most alignments: three steps.
      EXPECT_LE(r.cycles, (bytes < kBus ? 2 : 3) * r.rows + 20 + 80);
    }
  }
}

}  // namespace
}  // namespace tinium::testbench
