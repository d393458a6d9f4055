// SPDX-License-Identifier: Apache-2.0
// TensorE and PSUM with a model of SBUF, and what the golden model says of a program for them.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "Vtn_tensor_bench.h"
#include "stall_generator.hpp"
#include "tinium/numerics.hpp"
#include "tinium/program.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {

/// One instruction of a program for TensorE.
using TensorInstruction = std::variant<isa::LoadStationary, isa::MultiplyMoving, isa::Transpose>;
using TensorProgram = std::vector<TensorInstruction>;

/// What the bytes of SBUF look like.
enum class Fill : std::uint8_t {
  kTame,     ///< finite and of moderate size in every format
  kSpecial,  ///< the same with zeros, infinities, NaN and subnormals strewn in
  kRandom,   ///< any bits
};

/// Pauses around the engine.
struct Weather {
  StallPattern instructions = StallPattern::kNone;
  StallPattern updates = StallPattern::kNone;
  /// Stationary reads refused in cycles with a moving read.
  StallPattern refusals = StallPattern::kNone;
  bool refuse_always = false;
  bool vector_reads = false;  ///< VectorE reads PSUM meanwhile
};

/// The model, its ports, and the golden state of SBUF and PSUM.
class TensorBench : public BenchComponent {
 public:
  TensorBench();

  std::uint32_t partitions() const { return partitions_; }
  std::uint32_t rows() const { return rows_; }
  std::uint32_t cols() const { return cols_; }
  std::uint32_t sbuf_bytes() const { return sbuf_bytes_; }
  std::uint32_t psum_banks() const { return psum_banks_; }

  VerilatedBench<Vtn_tensor_bench>& bench() { return bench_; }
  std::mt19937_64& rng() { return rng_; }

  void fill_sbuf(Fill fill);
  void set_weather(const Weather& weather);

  /// Adopts what PSUM holds as the golden state.
  void adopt_psum();
  /// Compares every word of PSUM with the golden state; `when` names the occasion.
  void check_psum(const std::string& when);

  /// Queues instructions; their indices count on from the last ones.
  void push(const TensorProgram& program);
  /// Runs until all queued instructions are accepted and the engine is idle.
  bool finish(std::uint64_t limit);
  /// Applies a program to the golden state and expects its updates.
  void apply(const TensorProgram& program);
  /// push, apply, finish, and all checks.
  void run(const TensorProgram& program, const std::string& when);
  /// Compares the updates received so far with those expected, and their order and time.
  void check_updates(const std::string& when);

  /// Forgets queued instructions, updates and events (after a stop).
  void forget();

  /// Cycles of events since the last forget() or run().
  const std::vector<std::uint64_t>& issues() const { return issues_; }
  const std::vector<std::uint64_t>& vectors() const { return vectors_; }
  const std::vector<std::uint64_t>& writes() const { return writes_; }
  bool accepted_all() const { return instructions_.empty(); }
  std::uint32_t next_index() const { return next_index_; }

  /// Moving vectors of a job: its passes times N.
  std::uint64_t vector_count(const isa::LoadStationary& sta, const isa::MultiplyMoving& mov) const;
  std::uint64_t vector_count(const isa::LoadStationary& sta, const isa::Transpose& tra) const;

  /// Engaged cycles by cause since the last forget() or run().
  const std::array<std::uint64_t, 8>& causes() const { return causes_; }

  void drive() override;
  void sample() override;

 private:
  struct Word {
    bool valid = false;
    std::vector<std::uint64_t> lanes;
  };
  struct VectorRead {
    std::uint32_t bank, prow, index;
    bool check;
  };
  enum class Kind : std::uint8_t { kStationary, kRead, kComplete };
  struct Update {
    Kind kind;
    std::uint32_t sem, op, value;
    std::uint64_t job;      ///< number of the MultiplyMoving
    std::uint64_t vectors;  ///< read or written before it may come
  };

  Word read_word(std::uint32_t prow, std::uint32_t off8) const;
  void read_all(std::vector<std::uint32_t>& into);
  std::string place(std::size_t position) const;
  void expect_updates(const isa::LoadStationary& i);
  template <typename Instruction>
  void expect_updates(const Instruction& i, std::uint64_t vectors);
  void multiply(const isa::LoadStationary& sta, const isa::MultiplyMoving& mov);
  void transpose(const isa::LoadStationary& sta, const isa::Transpose& tra);
  /// Causes and events of the program since forget(): busy cycles are those of the vectors, each
  /// job begins with its first vector and ends when its last word can be read.
  void check_profile(const std::string& when);

  VerilatedBench<Vtn_tensor_bench> bench_;
  std::uint32_t partitions_ = 0, rows_ = 0, cols_ = 0, sbuf_bytes_ = 0, psum_banks_ = 0;
  std::mt19937_64 rng_, data_rng_;
  std::vector<std::uint8_t> sbuf_;   // [partition][byte]
  std::vector<std::uint32_t> psum_;  // [partition][bank * 512 + index]
  std::optional<isa::LoadStationary> stationary_;

  Weather weather_;
  std::unique_ptr<StallGenerator> instruction_stalls_, update_stalls_, refusal_stalls_;

  struct Queued {
    InstructionWords words;
    std::uint32_t index;
  };
  std::deque<Queued> instructions_;
  bool instruction_shown_ = false;
  std::uint32_t next_index_ = 0;

  std::array<Word, 2> moving_, stationary_words_;
  std::deque<VectorRead> vector_reads_;
  bool vector_read_shown_ = false;
  struct InFlight {
    VectorRead read;
    std::uint64_t cycle;
  };
  std::deque<InFlight> vector_flight_;
  std::vector<std::uint32_t>* collect_ = nullptr;
  std::uint64_t vector_checks_ = 0;

  struct Received {
    std::uint32_t sem, op, value;
    std::uint64_t cycle;
  };
  std::vector<Received> received_;
  std::vector<Update> expected_;
  std::uint64_t jobs_ = 0, job_vectors_ = 0;
  std::vector<std::uint64_t> issues_, vectors_, writes_, busy_;
  std::array<std::uint64_t, 8> causes_{};
  struct Event {
    std::uint32_t instruction;
    std::uint64_t cycle;
  };
  struct Job {
    std::uint32_t instruction;
    std::uint64_t last;  ///< vectors up to and with its last
  };
  std::vector<Event> begins_, ends_;
  std::vector<Job> expected_jobs_;
};

/// A random program without faults. At most `budget` moving vectors per instruction.
TensorProgram random_program(TensorBench& bench, std::size_t jobs, std::uint64_t budget);

/// A dense LoadStationary (columns side by side) and MultiplyMoving (a row of N).
TensorProgram dense_job(std::uint32_t k, std::uint32_t m, std::uint32_t n, DType stationary,
                        DType moving, bool accumulate, std::uint32_t psum_offset = 0);

}  // namespace tinium::testbench
