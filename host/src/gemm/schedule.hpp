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

#include <cstdint>
#include <optional>
#include <vector>

#include "tinium/gemm.hpp"

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
  std::uint64_t addend_row_step = 0, addend_col_step = 0;
  std::uint64_t passes = 1;  ///< 6 for fp32 by pieces
};

/// What the planner chooses.
struct Plan {
  std::uint64_t width = 512;  ///< columns of a tile
  std::uint64_t tiles = 1;    ///< tiles of P rows in one unit; their widths share a bank
  bool slices = false;        ///< the first chunk arrives in slices
  enum class Tail { whole, columns, rows, few } tail = Tail::whole;
  bool together = false;  ///< the units of the last tile go through the contraction side by side
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
  std::uint32_t pair = 0;                              ///< 0: the whole product
  std::uint64_t stationary_load = 0, moving_load = 0;  ///< numbers of loads, from 1
  bool first = false;                                  ///< of its PSUM words: overwrites
  bool begins_unit = false, ends_unit = false;
};

struct Unit {
  std::uint64_t r0 = 0, rows = 0, tiles = 1, c0 = 0, width = 0;
  std::uint32_t bank = 0;
  std::uint32_t out_offset = 0;
  std::uint64_t psum_after = 0;  ///< evictions before its first step
  std::uint64_t out_after = 0;   ///< stores before its eviction
  std::uint64_t end_step = 0;
  std::uint64_t bias = 0;  ///< which of Schedule::biases

  std::uint64_t tile_rows(std::uint64_t tile, std::uint64_t p) const {
    return tile + 1 < tiles ? p : rows - tile * p;
  }
};

/// A load of the bias of the rows of a unit.
struct Bias {
  std::uint64_t unit = 0;  ///< the first that uses it
  std::uint32_t offset = 0;
  bool waits = false;  ///< for a unit that used the same bytes
};

/// One entry of SyncE's stream.
struct Transfer {
  enum class Kind { load, store, bias } kind = Kind::load;
  std::uint64_t index = 0;  ///< of the load or the unit
};

struct Schedule {
  std::vector<Load> loads;
  std::vector<Step> steps;
  std::vector<Unit> units;
  std::vector<Bias> biases;
  std::vector<Transfer> transfers;
  std::vector<std::uint64_t> step_end;  ///< array cycles until the end of each step
  std::uint64_t bus_bytes = 0;
  std::uint64_t out_slots = 0;
  bool bias_ring = false;  ///< biases are loaded again and again: stores free them
};

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

ProgramImage emit(const Capabilities& core, const Problem& problem, const Schedule& schedule);

}  // namespace tinium::gemm_detail
