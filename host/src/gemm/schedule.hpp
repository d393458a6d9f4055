// SPDX-License-Identifier: Apache-2.0
//
// The parts of the GEMM builder, in the order of the work:
//
//   Problem   which operand is stationary, where everything lies      (gemm.cpp)
//   Plan      the choices: tile width, depth of the first loads, how the last tile is cut
//   (plan.cpp) Schedule  loads, steps, evictions and stores with what each waits for (schedule.cpp)
//   cycles    a timeline of the schedule, by which the plan is chosen      (cost.cpp)
//   program   instructions and semaphores                                  (emit.cpp)
//
// A unit is a rectangle of the result that is accumulated in one PSUM bank, evicted and stored as a
// whole. A step multiplies one chunk of the contraction for one tile (at most P rows) of a unit.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "tinium/gemm.hpp"
#include "tinium/program.hpp"

namespace tinium::gemm_detail {

constexpr std::uint64_t kAlign = 64;   // of chunks in SBUF: a whole bus beat
constexpr std::uint64_t kGroup = 16;   // partitions that are summed exactly
constexpr std::uint64_t kBlock = 128;  // contraction that fp32 sums pair by pair, on every core

constexpr std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }
constexpr std::uint64_t round_up(std::uint64_t a, std::uint64_t b) { return ceil_div(a, b) * b; }

/// One operand in device memory.
struct Side {
  DType dtype = DType::bf16;
  std::uint64_t extent = 0;  ///< its free dimension
  std::uint64_t pitch = 0;   ///< bytes from row to row
  OperandOrder order = OperandOrder::k_major;
  std::uint32_t slot = 0;
};

/// The product after the roles are given: result[i, j] over i of the stationary operand and j of
/// the moving one.
struct Problem {
  Side stationary, moving;
  std::uint64_t depth = 0;
  DType output = DType::bf16;
  DType sum = DType::fp32;
  std::uint64_t row_step = 0;  ///< bytes from result[i, j] to result[i + 1, j] in device memory
  std::uint64_t col_step = 0;  ///< to result[i, j + 1]
  bool swapped = false;        ///< the right operand is the stationary one
  bool resident = false;
  bool relu = false;
  bool row_bias = false;     ///< FP32 per i: one per partition of a unit
  bool column_bias = false;  ///< FP32 per j
  bool accumulate = false;   ///< + beta * C
  float alpha = 1, beta = 1;
  DType addend = DType::fp32;  ///< format of C
  std::uint64_t addend_pitch = 0;
  std::uint64_t passes = 1;  ///< 6 for fp32 by pieces
};

/// The same product with the roles exchanged.
Problem exchanged(const Problem& problem);

/// Whether an epilogue has more than one instruction that reads the sums.
inline bool needs_temporary(const Problem& p) {
  const bool two_scalars = p.alpha != 1 && p.row_bias;
  return (p.column_bias && p.accumulate) || (p.accumulate && two_scalars);
}

/// What the planner chooses.
struct Plan {
  std::uint64_t width = 512;  ///< columns of a tile
  std::uint64_t tiles = 1;    ///< tiles of P rows in one unit; their widths share a bank
  /// How the first chunks arrive: 0 whole, 1 in slices of 16, 16, 64 partitions, 2 of 16, 16, 32,
  /// 32 and 64, 64.
  unsigned slices = 0;
  enum class Tail { whole, columns, rows, few, blocks } tail = Tail::whole;
  bool together = false;  ///< the units of the last tile go through the contraction side by side
  std::uint64_t rows = ~0ull;  ///< of a tile, at most P; fewer only with one tile a unit
  /// The very first step begins with part of its rows (bit 0) or columns (bit 1), loaded before the
  /// rest.
  unsigned corner = 0;
  /// The last so many rows of the stationary operand are the moving one of units of their own, so
  /// that they do not occupy as many columns of the array as full blocks do.
  std::uint64_t exchanged = 0;
  std::uint64_t lookahead = 8192;  ///< array cycles by which loads go ahead of stores
  /// Where these units come, of the last column: before the last tile, behind its first cut, or
  /// side by side with it.
  enum class Place { before, behind, beside } place = Place::before;
  std::uint64_t ahead =
      ~0ull;  ///< array cycles by which a load is asked for before its use, at most
  std::uint64_t grain = ~0ull;  ///< partitions of a load, if fewer than a chunk has
};

/// Rows of the stationary operand that a unit covers.
inline std::uint64_t panel_rows(const Capabilities& core, const Plan& plan) {
  return std::min<std::uint64_t>(plan.rows, core.partitions) * plan.tiles;
}

/// How the operands are cut: the stationary one into panels, of which the last holds the rows that
/// are moving as well, the moving one into columns of units.
struct Cutting {
  std::uint64_t rows = 0;   ///< of the stationary operand that are stationary
  std::uint64_t panel = 0;  ///< rows of a panel
  std::uint64_t panels = 0;
  std::uint64_t extent = 0;  ///< all rows
  std::uint64_t columns = 0;

  Cutting(const Capabilities& core, const Problem& problem, const Plan& plan)
      : rows(problem.stationary.extent - plan.exchanged),
        panel(panel_rows(core, plan)),
        panels(ceil_div(rows, panel)),
        extent(problem.stationary.extent),
        columns(ceil_div(problem.moving.extent, plan.width)) {}
  std::uint64_t panel_of(std::uint64_t row) const { return std::min(row / panel, panels - 1); }
  /// Rows that are loaded together.
  std::uint64_t rows_of(std::uint64_t index) const {
    return (index + 1 < panels ? panel : extent - index * panel);
  }
  std::uint64_t most_rows() const { return std::max(rows_of(0), rows_of(panels - 1)); }
};

/// A part of an operand on its way into SBUF.
struct Load {
  bool moving = false;
  std::uint64_t k0 = 0, depth = 0, c0 = 0, columns = 0;
  std::uint32_t partition = 0, offset = 0;
  std::uint64_t free_after = 0;  ///< steps that must have read their operands
  std::uint64_t first_step = 0;  ///< that uses it
};

/// LoadStationary and MultiplyMoving.
struct Step {
  std::uint32_t unit = 0;
  std::uint32_t stationary_offset = 0, moving_offset = 0;
  std::uint32_t partition = 0;
  std::uint32_t depth = 0, rows = 0, width = 0;
  std::uint32_t psum_word = 0;
  std::uint32_t psum_partition = 0;
  std::uint32_t pair = 0;                              ///< 0: the whole product
  std::uint64_t stationary_load = 0, moving_load = 0;  ///< numbers of loads, from 1
  bool first = false;                                  ///< of its PSUM words: overwrites
  bool begins_unit = false, ends_unit = false;
};

/// Rows and columns are those of its own problem: the exchanged one if `exchanged`.
struct Unit {
  bool exchanged = false;
  std::uint64_t r0 = 0, rows = 0, tiles = 1, c0 = 0, width = 0;
  std::uint32_t bank = 0;
  std::uint32_t out_offset = 0;
  std::uint64_t psum_after = 0;  ///< evictions before its first step
  std::uint64_t out_after = 0;   ///< stores before its eviction
  std::uint64_t begin_step = 0, end_step = 0;
  std::uint32_t row_bias_offset = 0, column_bias_offset = 0, addend_offset = 0;
  std::uint64_t sides = 0;  ///< side loads before its eviction

  std::uint64_t tile_rows(std::uint64_t tile, std::uint64_t p) const {
    return tile + 1 < tiles ? p : rows - tile * p;
  }
  /// Instructions that store it: one for the full tiles, one for the rest.
  std::uint64_t stores(std::uint64_t p) const {
    return (rows >= p ? 1 : 0) + (rows % p != 0 ? 1 : 0);
  }
};

/// A load of what the epilogue of a unit needs.
struct SideLoad {
  enum class Kind { row_bias, column_bias, addend } kind = Kind::row_bias;
  std::uint64_t unit = 0;  ///< the first that uses it
  std::uint32_t offset = 0;
  std::uint64_t after = 0;    ///< units that must have been stored: they used the same bytes
  std::uint64_t columns = 0;  ///< of a column bias
};

/// One entry of SyncE's stream.
struct Transfer {
  enum class Kind { load, store, side } kind = Kind::load;
  std::uint64_t index = 0;  ///< of the load or the unit
};

struct Schedule {
  std::vector<Load> loads;
  std::vector<Step> steps;
  std::vector<Unit> units;
  std::vector<SideLoad> sides;
  std::vector<Transfer> transfers;
  std::vector<std::uint64_t> step_end;  ///< array cycles until the end of each step
  std::uint64_t bus_bytes = 0;
  std::uint64_t out_slots = 0;
  bool sides_are_freed = false;        ///< a side load waits for stores
  std::uint32_t temporary_offset = 0;  ///< FP32, between two instructions of an epilogue
  std::uint32_t scaled_offset = 0;     ///< FP32, beta * C
};

/// They count and are consumed, so that they never overflow; each has one waiter.
enum Semaphore : std::uint32_t {
  kLoaded = 0,       // DMA load -> TensorE: a chunk is in SBUF
  kStepDone = 1,     // TensorE -> DMA load: a step has read its operands
  kAccumulated = 2,  // TensorE -> VectorE: a unit is complete in PSUM
  kEvicted = 3,      // VectorE -> TensorE: a unit has left its PSUM bank
  kOutput = 4,       // VectorE -> DMA store: a unit is in SBUF
  kStored = 5,       // DMA store -> VectorE: a unit has left SBUF
  kSideLoaded = 6,   // DMA load -> VectorE: bias or C
  kUnitDone = 7,     // DMA store -> DMA load: a unit needs its bias and C no more
};

inline std::uint32_t code(auto value) { return static_cast<std::uint32_t>(value); }

/// Cycles until a word of PSUM can be added to again.
inline std::uint64_t loop_cycles(const Capabilities& core) { return 3 + 10 * core.array_rows / 16; }

/// Cycles that the array is busy with a step.
std::uint64_t array_cycles(const Capabilities& core, const Problem& problem, const Step& step);

/// Nothing when SBUF cannot hold it.
std::optional<Schedule> make_schedule(const Capabilities& core, const Problem& problem,
                                      const Plan& plan);

/// Instructions that the schedule will have, roughly; without building it.
std::uint64_t count_instructions(const Capabilities& core, const Problem& problem,
                                 const Plan& plan);

/// Doorbell to done (resident: first step to last eviction), as a model with one number per event.
std::uint64_t estimate(const Capabilities& core, const Problem& problem, const Schedule& schedule);

/// The best schedule of a problem, and its estimate.
struct Choice {
  Plan plan;
  Schedule schedule;
  std::uint64_t cycles = 0;
};
std::optional<Choice> choose(const Capabilities& core, const Problem& problem);

/// VectorE's stream.
void emit_evictions(const Capabilities& core, const Problem& problem, const Schedule& schedule,
                    ProgramBuilder& builder);
ProgramImage emit(const Capabilities& core, const Problem& problem, const Schedule& schedule);

}  // namespace tinium::gemm_detail
