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
inline constexpr Time kDoorbellToRecord = 4;  ///< ap_start taken to the address of the record
inline constexpr Time kRecordToImage = 1;     ///< record's address to the image's
inline constexpr Time kLinesToStart = 5;  ///< last line of the header to the first cycle of streams
inline constexpr Time kQuiet = 8;         ///< last event to the end of counting
inline constexpr Time kDeadlock = 8;      ///< all stuck to the fault
inline constexpr std::uint32_t kPreload = 8;  ///< instructions of SyncE behind the header

// ---- Sequencers (sequencer.md) ----
inline constexpr Time kLineToHead = 2;  ///< last beat of a line to its instruction in the head
inline constexpr Time kWake = 1;        ///< an accepted update to the wait that sees it
inline constexpr Time kRequest = 2;     ///< a wanted line to its address on the bus
inline constexpr Time kUpdate = 2;      ///< an event of an engine to its update, uncontended

// ---- TensorE (tensor_engine.md) ----
inline constexpr Time kIssueToTile = 1;     ///< job in the queue to the first column requested
inline constexpr Time kTileToVector = 5;    ///< first column requested to the first vector
inline constexpr std::uint32_t kEarly = 4;  ///< columns that a pass waits for at most
inline constexpr Time kVectorToArray = 3;   ///< vector read to its entry into the array
inline constexpr std::uint32_t kJobs = 4;   ///< jobs in the queue
inline constexpr std::uint32_t kHazardPasses = 4;
/// A vector read to its words in PSUM, first column.
constexpr Time vector_to_psum(const configs::Config& c) { return 43 + 10 * (c.rows / 16); }
/// The least distance of two vectors that accumulate into one word.
constexpr Time accumulate_loop(const configs::Config& c) { return 3 + 10 * (c.rows / 16); }

// ---- VectorE (vector_engine.md) ----
inline constexpr Time kVectorCheck = 9;  ///< accepted to the first read
inline constexpr Time kVectorNext = 1;   ///< last read to the first of the next instruction
inline constexpr Time kVectorTrip = 20;  ///< last read to its word in SBUF
inline constexpr Time kOperandTrip = 8;  ///< elements of a group that cover its operand reads

// ---- DMA (dma.md) ----
inline constexpr Time kQueueEntry = 1;          ///< issued to the head of an empty queue
inline constexpr Time kCommand = 5;             ///< waits met to a command
inline constexpr Time kCommandToBurst = 2;      ///< command to the first address on the bus
inline constexpr std::uint32_t kTransfers = 4;  ///< instructions that a queue holds
inline constexpr std::uint32_t kCommands = 8;   ///< commands in flight
inline constexpr std::uint32_t kBursts = 32;    ///< outstanding bursts of a queue
inline constexpr std::uint32_t kBurstBeats = 16;
inline constexpr Time kLoadTail = 5;   ///< last beat to the last byte in SBUF
inline constexpr Time kStoreHead = 6;  ///< address to its first beat of data
inline constexpr Time kStoreTail = 2;  ///< response to the update

// ---- Memory behind the bus (driver/backends/verilator/dram_model.hpp) ----
inline constexpr std::uint32_t kDramLatency = 100;  ///< unless the URL says otherwise
inline constexpr std::uint32_t kDramBursts = 32;    ///< outstanding in each direction

}  // namespace tinium::timing
