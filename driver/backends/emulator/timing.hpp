// SPDX-License-Identifier: Apache-2.0
//
// Times of the core, in cycles, for the emulator's estimate. Each is stated on the page of its unit
// in docs/architecture or follows from a parameter of the configuration; what the pages leave open
// (arbitration, hand-over between units) is measured on the RTL and marked so. The test
// system_cycles_test holds the estimate against the RTL.

#pragma once

#include <cstdint>

#include "tinium/generated/configs.hpp"

namespace tinium::timing {

using Time = std::uint64_t;

// ---- Launcher (launch.md) ----
inline constexpr Time kDoorbellToRecord = 3;  ///< ap_start taken to the address of the record
inline constexpr Time kRecordToImage = 1;     ///< record's address to the image's
inline constexpr Time kHeaderToStart = 4;     ///< last beat of the header to the start of streams
inline constexpr Time kQuiet = 6;             ///< last event to the end of counting
inline constexpr Time kDeadlock = 8;          ///< all stuck to the fault
inline constexpr std::uint32_t kPreload = 8;  ///< instructions of a stream from behind the header
/// Lines read with the header.
constexpr std::uint32_t window(const configs::Config& c) { return c.bus_bytes >= 32 ? 15 : 8; }

// ---- Sequencers (sequencer.md) ----
inline constexpr Time kLineToHead = 3;  ///< last beat of a line to its instruction in the head
inline constexpr Time kWake = 1;        ///< an accepted update to the wait that sees it
inline constexpr Time kRequest = 3;     ///< a wanted line to its address on the bus
inline constexpr Time kUpdate = 1;      ///< an event of an engine to its update, uncontended

// ---- TensorE (tensor_engine.md) ----
inline constexpr Time kQueueToTile = 1;    ///< job in the queue to the first request of its tile
inline constexpr Time kTileToVector = 1;   ///< last request of a tile to the first vector
inline constexpr Time kShortTile = 2;      ///< more if the tile ends in the first two entries
inline constexpr Time kVectorToArray = 4;  ///< vector read to its entry into the array
inline constexpr std::uint32_t kJobs = 4;  ///< jobs in the queue
inline constexpr std::uint32_t kHazardPasses = 4;
inline constexpr std::uint32_t kMaxTiles = 8;
/// Steps in which the array takes a tile.
constexpr std::uint32_t steps(const configs::Config& c) { return c.cols / c.load_cols; }
/// Columns of a tile in one entry of the buffer, which one word can bring.
constexpr std::uint32_t fetch_cols(const configs::Config& c) {
  return c.cols % 4 == 0 ? 4 : c.load_cols;
}
/// Tiles read ahead of their passes.
constexpr std::uint32_t tiles(const configs::Config& c) {
  return c.cols / fetch_cols(c) <= 4 ? kMaxTiles : 4;
}
/// Start of a pass to the slot of its tile being free.
constexpr Time tile_presented(const configs::Config& c) { return c.cols - c.load_cols; }
/// A vector read to its words in PSUM, first column.
constexpr Time vector_to_psum(const configs::Config& c) { return 41 + 10 * (c.rows / 16); }
/// The least distance of two vectors that accumulate into one word.
constexpr Time accumulate_loop(const configs::Config& c) { return 3 + 10 * (c.rows / 16); }

// ---- VectorE (vector_engine.md) ----
inline constexpr Time kVectorCheck = 3;     ///< accepted to the first read
inline constexpr Time kVectorNext = 1;      ///< last read to the first of the next instruction
inline constexpr Time kVectorWay = 6;       ///< last read to the word offered, nothing to compute
inline constexpr Time kVectorFloat = 1;     ///< more for a float that is not FP32
inline constexpr Time kVectorInteger = 2;   ///< more for an integer
inline constexpr Time kVectorOperator = 4;  ///< more for each operator
inline constexpr Time kVectorReciprocal = 28;   ///< more for a reciprocal, and cycles of an element
inline constexpr Time kVectorReduceWay = 32;    ///< last read of a reduction to the word
inline constexpr Time kVectorReduceLeast = 16;  ///< cycles of a reduction
inline constexpr Time kVectorWrite = 1;         ///< word offered to its bytes in SBUF
inline constexpr std::uint32_t kWordBytes = 8;  ///< of a lane in SBUF

// ---- DMA (dma.md) ----
inline constexpr Time kQueueEntry = 3;          ///< issued to the head of an empty queue
inline constexpr Time kConsume = 1;             ///< more before a command that consumes
inline constexpr Time kCommandToBurst = 1;      ///< command to the first address on the bus
inline constexpr std::uint32_t kTransfers = 4;  ///< instructions that a queue holds
inline constexpr std::uint32_t kCommands = 16;  ///< commands in flight
inline constexpr std::uint32_t kBursts = 128;   ///< outstanding bursts of a queue
inline constexpr std::uint32_t kBurstBeats = 16;
inline constexpr std::uint32_t kSpreadBytes =
    8;                                          ///< longest row that a load spreads over all lanes
inline constexpr std::uint32_t kBankBytes = 8;  ///< of SBUF in a lane: shortest row of the others
inline constexpr std::uint32_t kMostRows = 4;   ///< ... that share a beat and move together
inline constexpr Time kLoadTail = 3;            ///< last beat to the last byte in SBUF
inline constexpr Time kStoreHead = 5;           ///< address to its first beat of data
inline constexpr Time kStoreTail = 2;           ///< response to the update

// ---- Memory behind the bus (driver/backends/verilator/dram_model.hpp) ----
inline constexpr std::uint32_t kDramLatency = 100;  ///< unless the URL says otherwise
inline constexpr std::uint32_t kDramBursts = 128;   ///< outstanding in each direction

}  // namespace tinium::timing
