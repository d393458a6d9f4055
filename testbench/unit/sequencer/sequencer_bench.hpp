// SPDX-License-Identifier: Apache-2.0
// tn_sequencer between a memory of instructions, random semaphores and an engine that stalls,
// against an interpreter. What is compared: every semaphore update and every issued instruction, in
// order, with its effective addresses; that the waits of an instruction held in the cycle before
// its first effect; the fault of a broken instruction; and what was fetched.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "Vtn_sequencer.h"
#include "scoreboard.hpp"
#include "stall_generator.hpp"
#include "tinium/program.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {

constexpr auto kEngine = static_cast<isa::Engine>(TN_ENGINE);
constexpr std::uint32_t kDepth = TN_QUEUE_DEPTH;
constexpr std::uint64_t kBase = 0x1'2345'0040;
constexpr std::uint32_t kMaxWait = 7;  // random semaphores stay below 8

using Words = InstructionWords;
using Rng = std::mt19937_64;

inline std::uint32_t pick(Rng& rng, std::uint32_t bound) {
  return static_cast<std::uint32_t>(rng() % bound);
}

/// An effect the outside sees.
struct Effect {
  enum class Kind : std::uint8_t { kUpdate, kIssue } kind = Kind::kUpdate;
  std::uint32_t index = 0;
  std::uint32_t semaphore = 0, op = 0, value = 0;
  Words words{};
  bool operator==(const Effect&) const = default;
};

inline std::string to_hex(const Effect& e) {
  const std::string head = "instruction " + std::to_string(e.index);
  if (e.kind == Effect::Kind::kIssue) return head + " issues " + testbench::to_hex(e.words);
  return head + " updates semaphore " + std::to_string(e.semaphore) + " op " +
         std::to_string(e.op) + " value " + std::to_string(e.value);
}

struct FaultReport {
  std::uint32_t code = 0, instruction = 0;
  std::uint64_t address = 0;
  bool operator==(const FaultReport&) const = default;
};

/// What a program must do.
struct Outcome {
  std::vector<Effect> effects;
  std::vector<std::uint32_t> path;  // instructions in the order of execution
  std::optional<FaultReport> fault;
};

inline std::uint64_t get(const Words& w, unsigned word, unsigned lsb, unsigned width) {
  std::uint64_t value = w[word];
  if (lsb + width > 32) value |= std::uint64_t{w[word + 1]} << 32;
  value >>= lsb;
  return width == 64 ? value : value & ((std::uint64_t{1} << width) - 1);
}

inline void put(Words& w, unsigned word, unsigned lsb, unsigned width, std::uint64_t value) {
  for (unsigned bit = 0; bit < width; ++bit) {
    const unsigned at = lsb + bit;
    std::uint32_t& target = w[word + at / 32];
    target = (target & ~(1U << (at % 32))) | static_cast<std::uint32_t>((value >> bit) & 1U)
                                                 << (at % 32);
  }
}

inline bool opcode_allowed(std::uint64_t opcode) {
  if (opcode >= 1 && opcode <= 5) return true;
  switch (kEngine) {
    case isa::Engine::kTensor:
      return opcode >= 0x10 && opcode <= 0x12;
    case isa::Engine::kVector:
      return opcode >= 0x20 && opcode <= 0x23;
    default:
      return opcode >= 0x30 && opcode <= 0x32;
  }
}

/// Executes a program of legal instructions (faults: addresses and the end of the stream).
inline Outcome interpret(const std::vector<Words>& program, std::size_t max_steps = 100000) {
  Outcome run;
  std::array<std::uint32_t, 16> regs{};
  std::uint32_t pc = 0;
  for (std::size_t step = 0; step < max_steps; ++step) {
    if (pc >= program.size()) {
      run.fault = FaultReport{12, pc, kBase + std::uint64_t{pc} * 64};
      return run;
    }
    Words w = program[pc];
    const std::uint32_t index = pc;
    const auto opcode = static_cast<std::uint32_t>(get(w, 0, 0, 8));
    const bool engine_op = opcode >= 0x10;
    const bool dma = opcode >= 0x30;
    run.path.push_back(index);
    const auto update = [&](std::uint32_t sem, std::uint32_t op, std::uint32_t value) {
      run.effects.push_back({Effect::Kind::kUpdate, index, sem, op, value, {}});
    };
    const auto wait_word = [&](unsigned word) {
      if (!dma && get(w, word, 8, 4) != 0 && get(w, word, 12, 1) != 0) {
        update(static_cast<std::uint32_t>(get(w, word, 0, 8)), 2,
               static_cast<std::uint32_t>(get(w, word, 16, 16)));
      }
    };
    wait_word(1);
    wait_word(2);
    if (engine_op) {
      struct Address {
        unsigned word, width, reg_lsb;
        std::uint32_t fault;
      };
      std::vector<Address> addresses;
      switch (opcode) {
        case 0x10:
          addresses = {{5, 24, 8, 7}};
          break;
        case 0x11:
          addresses = {{5, 24, 8, 7}, {8, 16, 12, 8}};
          break;
        case 0x12:
          addresses = {{8, 16, 12, 8}};
          break;
        case 0x22:
          addresses = {{8, 24, 12, get(w, 8, 24, 1) != 0 ? 8U : 7U}};
          break;
        case 0x20:
        case 0x21:
        case 0x23:
          addresses = {{5, 24, 8, get(w, 5, 24, 1) != 0 ? 8U : 7U},
                       {8, 24, 12, get(w, 8, 24, 1) != 0 ? 8U : 7U}};
          break;
        case 0x32:
          addresses = {{5, 24, 8, 7}, {6, 24, 12, 7}};
          break;
        default:
          addresses = {{5, 40, 8, 2}, {7, 24, 12, 7}};
          break;
      }
      for (const Address& a : addresses) {
        const std::uint64_t field = get(w, a.word, 0, a.width);
        const std::uint64_t sum = field + regs[get(w, 0, a.reg_lsb, 4)];
        if (sum >> a.width != 0) {
          run.fault = FaultReport{a.fault, index, sum};
          return run;
        }
        put(w, a.word, 0, a.width, sum);
      }
      run.effects.push_back({Effect::Kind::kIssue, index, 0, 0, 0, w});
      ++pc;
      continue;
    }
    // Updates of a control instruction, events `read` first.
    for (std::uint32_t event = 0; event < 2; ++event) {
      for (unsigned word = 3; word < 5; ++word) {
        if (get(w, word, 8, 4) != 0 && get(w, word, 12, 1) == event) {
          update(static_cast<std::uint32_t>(get(w, word, 0, 8)),
                 static_cast<std::uint32_t>(get(w, word, 8, 4)),
                 static_cast<std::uint32_t>(get(w, word, 16, 16)));
        }
      }
    }
    const std::uint64_t rd = get(w, 5, 0, 4);
    const std::uint32_t rs = regs[get(w, 5, 4, 4)];
    const std::uint32_t sum = regs[get(w, 5, 8, 4)] + w[6];
    ++pc;
    switch (opcode) {
      case 1:
        return run;
      case 3:
        if (rd != 0) regs[rd] = w[6];
        break;
      case 4:
        if (rd != 0) regs[rd] = rs + sum;
        break;
      case 5: {
        const std::uint64_t cond = get(w, 5, 12, 3);
        const bool taken = cond == 0   ? rs == sum
                           : cond == 1 ? rs != sum
                           : cond == 2 ? rs < sum
                                       : rs >= sum;
        if (taken) pc = w[7];
        break;
      }
      default:
        break;
    }
  }
  ADD_FAILURE() << "the program of the test does not end";
  return run;
}

// ------------------------------------------------------------------------------------- programs

inline isa::Nop nop() { return {}; }

inline Words set_reg(std::uint32_t rd, std::uint32_t imm) {
  isa::SetReg i;
  i.rd = rd;
  i.imm = imm;
  return encode(i);
}

inline Words add_reg(std::uint32_t rd, std::uint32_t rs, std::uint32_t rt, std::uint32_t imm) {
  isa::AddReg i;
  i.rd = rd;
  i.rs = rs;
  i.rt = rt;
  i.imm = imm;
  return encode(i);
}

inline Words branch(isa::Compare cond, std::uint32_t rs, std::uint32_t rt, std::uint32_t imm,
                    std::uint32_t target) {
  isa::Branch i;
  i.cond = static_cast<std::uint32_t>(cond);
  i.rs = rs;
  i.rt = rt;
  i.imm = imm;
  i.target = target;
  return encode(i);
}

inline Words halt() { return encode(isa::Halt{}); }

/// An instruction of the engine with random fields; addresses leave room for a register.
inline Words engine_instruction(Rng& rng) {
  std::vector<const isa::InstructionInfo*> own;
  for (const auto& info : isa::kInstructions) {
    if (info.opcode >= 0x10 && (info.engines >> TN_ENGINE & 1U) != 0) own.push_back(&info);
  }
  const isa::InstructionInfo& info = *own[pick(rng, static_cast<std::uint32_t>(own.size()))];
  Words w{};
  w[0] = info.opcode | pick(rng, 8) << 8 | pick(rng, 8) << 12;
  for (const auto& field : info.fields) {
    if (field.word < 5) continue;
    std::uint64_t value = rng();
    if (!field.enum_names.empty())
      value = pick(rng, static_cast<std::uint32_t>(field.enum_names.size()));
    const std::string_view name = field.name;
    if (name.ends_with("_offset")) value &= (std::uint64_t{1} << (field.width - 4)) - 1;
    put(w, field.word, field.lsb, field.width, value);
  }
  return w;
}

/// Random waits and updates.
inline void decorate(Rng& rng, Words& w, unsigned wait_percent, unsigned update_percent) {
  for (unsigned word = 1; word < 3; ++word) {
    if (pick(rng, 100) >= wait_percent) continue;
    // Different semaphores: two values of one could never both hold.
    put(w, word, 0, 8, 2 * pick(rng, 16) + word - 1);
    put(w, word, 8, 4, 1 + pick(rng, 2));
    put(w, word, 12, 1, pick(rng, 2));
    put(w, word, 16, 16, pick(rng, kMaxWait + 1));
  }
  for (unsigned word = 3; word < 5; ++word) {
    if (pick(rng, 100) >= update_percent) continue;
    put(w, word, 0, 8, pick(rng, 32));
    put(w, word, 8, 4, 1 + pick(rng, 3));
    put(w, word, 12, 1, pick(rng, 2));
    put(w, word, 16, 16, rng());
  }
}

/// A program that ends: registers 1-7 hold small data, 8-15 count loops.
inline std::vector<Words> random_program(Rng& rng, unsigned wait_percent, unsigned update_percent) {
  std::vector<Words> program;
  std::uint32_t depth = 0;
  const auto emit = [&](Words w) {
    decorate(rng, w, wait_percent, update_percent);
    program.push_back(w);
  };
  const auto body = [&](auto&& self, std::uint32_t length) -> void {
    for (std::uint32_t i = 0; i < length; ++i) {
      const std::uint32_t kind = pick(rng, 12);
      if (kind < 4) {
        emit(engine_instruction(rng));
      } else if (kind < 5) {
        emit(encode(nop()));
      } else if (kind < 7) {
        emit(set_reg(pick(rng, 8), pick(rng, 1000)));
      } else if (kind < 8) {
        // Small sums only, so that addresses stay in range.
        emit(set_reg(1 + pick(rng, 7), pick(rng, 1000)));
        emit(add_reg(1 + pick(rng, 3), 0, 4 + pick(rng, 4), pick(rng, 1000)));
        emit(set_reg(4 + pick(rng, 4), pick(rng, 1000)));
      } else if (kind < 10) {
        // Forward branch over a few instructions, either way.
        const std::uint32_t at = static_cast<std::uint32_t>(program.size());
        program.push_back({});
        self(self, pick(rng, 5));
        const auto target = static_cast<std::uint32_t>(program.size());
        Words w = branch(static_cast<isa::Compare>(pick(rng, 4)), pick(rng, 8), pick(rng, 8),
                         pick(rng, 4), target);
        decorate(rng, w, wait_percent, update_percent);
        program[at] = w;
      } else if (depth < 3) {
        // A counted loop.
        const std::uint32_t counter = 8 + depth++;
        emit(set_reg(counter, 0));
        const auto top = static_cast<std::uint32_t>(program.size());
        self(self, 1 + pick(rng, depth == 1 && rng() % 3 == 0 ? 2 * kDepth : 4));
        emit(add_reg(counter, counter, 0, 1));
        emit(branch(isa::Compare::kLtu, counter, 0, 1 + pick(rng, 5), top));
        --depth;
      }
    }
  };
  body(body, 1 + pick(rng, 24));
  emit(halt());
  // Sometimes instructions behind Halt, never reached.
  for (std::uint32_t i = pick(rng, 6); i > 0; --i) program.push_back(engine_instruction(rng));
  return program;
}

// ---------------------------------------------------------------------------------------- bench

struct Options {
  StallPattern issue_stalls = StallPattern::kNone;
  StallPattern update_stalls = StallPattern::kNone;
  StallPattern fetch_stalls = StallPattern::kNone;
  std::uint32_t max_latency = 0;   // of a fetch, beyond two cycles
  bool random_semaphores = false;  // otherwise all hold `level`
  std::uint32_t level = 0;
  std::uint32_t preload = 0;               // lines given without a request, where there are so many
  std::uint32_t before_start = ~0U;        // how many of them before the start
  std::optional<std::uint32_t> bus_error;  // line that arrives with an error
};

class Bench : public BenchComponent {
 public:
  Bench() { bench_.add(*this); }

  /// Runs one program from start to its end or fault, then clears.
  void run(const std::vector<Words>& program, const Outcome& expected, const Options& options) {
    program_ = &program;
    options_ = options;
    rng_ = make_rng(7);
    issue_stalls_.emplace(options.issue_stalls, make_rng(8));
    update_stalls_.emplace(options.update_stalls, make_rng(9));
    fetch_stalls_.emplace(options.fetch_stalls, make_rng(10));
    scoreboard_ = std::make_unique<Scoreboard<Effect>>("effects");
    for (const Effect& effect : expected.effects) scoreboard_->expect(effect);
    fetched.assign(program.size() + 16, 0);
    retired_ = 0;
    if (!was_reset_) {
      drive_idle();
      bench_.reset();
      was_reset_ = true;
    }
    levels_.fill(options.level);
    last_levels_ = levels_;
    queue_.clear();
    lines_due_ = 0;
    taken_ = true;

    const auto preload = std::min(options.preload, static_cast<std::uint32_t>(program.size()));
    const auto give = [&](std::uint32_t first, std::uint32_t last) {
      for (std::uint32_t i = first; i < last; ++i) queue_.push_back({i, now()});
      lines_due_ += last - first;
    };
    const std::uint32_t early = std::min(preload, options.before_start);
    give(0, early);
    bench_.run_until([&] { return queue_.empty() && bench_->line_valid_i == 0; }, 10000);
    give(early, preload);
    bench_->start_i = 1;
    bench_->start_base_i = kBase;
    bench_->start_count_i = static_cast<IData>(program.size());
    bench_->start_lines_i = static_cast<CData>(preload);
    running_ = true;
    bench_.tick();
    bench_->start_i = 0;
    start_cycle = bench_.cycle();
    const std::uint64_t limit = 20000 + 2000 * expected.path.size();
    ASSERT_TRUE(bench_.run_until(
        [&] {
          return expected.fault ? bench_->fault_valid_o != 0
                                : bench_->active_o == 0 && scoreboard_->pending() == 0;
        },
        limit))
        << retired_ << " of " << expected.path.size() << " instructions retired, " << program.size()
        << " in the stream, last effect of " << last_effect_index_ << ", " << scoreboard_->pending()
        << " effects missing, fault " << int{bench_->fault_valid_o};
    cycles = bench_.cycle() - start_cycle;
    if (expected.fault) {
      const auto words = bench_->fault_o;
      const FaultReport got{words[3], words[2], words[0] | std::uint64_t{words[1]} << 32};
      EXPECT_EQ(got.code, expected.fault->code) << context();
      EXPECT_EQ(got.instruction, expected.fault->instruction) << context();
      EXPECT_EQ(got.address, expected.fault->address) << context();
    } else {
      EXPECT_EQ(bench_->fault_valid_o, 0) << context();
    }
    bench_.tick(30);  // nothing more may happen
    if (!expected.effects.empty()) scoreboard_->finish();
    if (!expected.fault) {
      EXPECT_EQ(retired_, expected.path.size()) << context();
    }
    bench_->stop_i = 1;
    bench_.run_until([&] { return bench_->drained_o != 0; }, 10000);
    EXPECT_EQ(lines_due_, 0U) << "drained with lines outstanding " << context();
    bench_->clear_i = 1;
    running_ = false;
    bench_.tick();
    bench_->clear_i = 0;
    bench_->stop_i = 0;
    bench_.tick(2);
    EXPECT_EQ(bench_->active_o, 0);
    EXPECT_EQ(bench_->fault_valid_o, 0);
  }

  VerilatedBench<Vtn_sequencer>& bench() { return bench_; }

  std::vector<std::uint32_t> fetched;  // times that each line was asked for
  std::uint64_t cycles = 0, start_cycle = 0;

  void drive() override {
    // Semaphores.
    last_levels_ = levels_;
    if (options_.random_semaphores) {
      for (int i = 0; i < 4; ++i) levels_[pick(rng_, 32)] = pick(rng_, kMaxWait + 1);
    }
    for (unsigned i = 0; i < 16; ++i) {
      bench_->sem_i[i] = levels_[2 * i] | levels_[2 * i + 1] << 16;
    }
    bench_->instr_ready_i = issue_stalls_ && !issue_stalls_->stall();
    bench_->upd_ready_i = update_stalls_ && !update_stalls_->stall();
    bench_->req_ready_i = fetch_stalls_ && !fetch_stalls_->stall();
    // Lines.
    bench_->line_valid_i = 0;
    for (unsigned i = 0; i < 16; ++i) bench_->line_data_i[i] = static_cast<IData>(rng_());
    bench_->line_err_i = static_cast<CData>(rng_() & 1U);
    if (!queue_.empty() && queue_.front().due <= now() &&
        !(fetch_stalls_ && fetch_stalls_->stall())) {
      const std::uint32_t line = queue_.front().line;
      bench_->line_valid_i = 1;
      bench_->line_err_i = options_.bus_error == line;
      if (line < program_->size()) {
        for (unsigned i = 0; i < 16; ++i) bench_->line_data_i[i] = (*program_)[line][i];
      }
      queue_.pop_front();
      --lines_due_;
    }
  }

  void sample() override {
    if (!running_) return;
    if (bench_->req_valid_o != 0 && bench_->req_ready_i != 0) {
      const std::uint64_t offset = bench_->req_address_o - kBase;
      const std::uint32_t first = static_cast<std::uint32_t>(offset / 64);
      EXPECT_EQ(offset % 64, 0U);
      ASSERT_LE(first + bench_->req_lines_o, program_->size()) << "fetch beyond the stream";
      ASSERT_GE(bench_->req_lines_o, 1);
      ASSERT_LE(bench_->req_lines_o, 16);
      const std::uint64_t due = now() + 2 + pick(rng_, options_.max_latency + 1);
      for (std::uint32_t i = 0; i < bench_->req_lines_o; ++i) {
        queue_.push_back({first + i, due});
        ++fetched[first + i];
      }
      lines_due_ += bench_->req_lines_o;
    }
    check_profile();
    const bool stopped = bench_->stop_i != 0;
    // A new value in the issue register.
    if (bench_->instr_valid_o != 0 && taken_) {
      Effect effect;
      effect.kind = Effect::Kind::kIssue;
      effect.index = bench_->instr_index_o;
      for (unsigned i = 0; i < 16; ++i) effect.words[i] = bench_->instr_o[i];
      scoreboard_->observe(effect);
      held_ = effect.words;
      check_waits(effect.index, last_effect_index_ != effect.index || last_was_issue_);
      last_effect_index_ = effect.index;
      last_was_issue_ = true;
    } else if (bench_->instr_valid_o != 0) {
      for (unsigned i = 0; i < 16; ++i)
        ASSERT_EQ(held_[i], bench_->instr_o[i]) << "held " << context();
    } else {
      EXPECT_TRUE(taken_ || stopped) << "valid dropped " << context();
    }
    taken_ = bench_->instr_valid_o == 0 || bench_->instr_ready_i != 0;

    const bool upd_valid = bench_->upd_valid_o != 0;
    if (upd_valid && upd_taken_) {
      // First update of an instruction: the waits held one cycle ago.
      const std::uint32_t index = bench_->upd_index_o;
      const bool first = !upd_open_ || open_index_ != index || retired_last_;
      if (first) check_waits(index, true);
      open_index_ = index;
      upd_open_ = true;
      last_effect_index_ = index;
      last_was_issue_ = false;
    }
    if (upd_valid && bench_->upd_ready_i != 0) {
      const std::uint32_t bits = bench_->upd_o;
      Effect effect;
      effect.kind = Effect::Kind::kUpdate;
      effect.index = bench_->upd_index_o;
      effect.semaphore = bits >> 18 & 0xFF;
      effect.op = bits >> 16 & 3;
      effect.value = bits & 0xFFFF;
      scoreboard_->observe(effect);
    }
    upd_taken_ = !upd_valid || bench_->upd_ready_i != 0;
    retired_last_ = bench_->retire_o != 0;
    if (bench_->retire_o != 0) {
      ++retired_;
      upd_open_ = false;
    }
  }

 private:
  struct Line {
    std::uint32_t line;
    std::uint64_t due;
  };

  std::uint64_t now() const { return bench_.cycle(); }

  std::string context() const {
    return current_test_name() + " seed " + std::to_string(testbench::options().seed) +
           "\n  rerun: " + rerun_line();
  }

  void drive_idle() {
    bench_->start_i = 0;
    bench_->stop_i = 0;
    bench_->clear_i = 0;
    bench_->line_valid_i = 0;
    bench_->req_ready_i = 0;
    bench_->upd_ready_i = 0;
    bench_->instr_ready_i = 0;
  }

  /// Cause, blocked head and stuck against what the ports show.
  void check_profile() {
    const auto cause = static_cast<isa::Cause>(bench_->cause_o);
    EXPECT_EQ(cause == isa::Cause::kEnded, bench_->active_o == 0) << context();
    const bool held = bench_->instr_valid_o != 0 && bench_->instr_ready_i == 0;
    if (held) {
      EXPECT_EQ(cause, isa::Cause::kSemaphore) << context();
    }
    const auto& words = bench_->blocked_o;
    const bool blocked = (words[2] >> 12 & 1U) != 0;
    if (blocked) {
      ++blocked_seen;
      const std::uint32_t sem = words[2] & 0xFFU, cond = words[2] >> 8 & 15U;
      const std::uint32_t level = words[1] & 0xFFFFU, value = words[1] >> 16;
      ASSERT_LT(words[0], program_->size()) << context();
      EXPECT_EQ(level, levels_[sem]) << context();
      EXPECT_TRUE(cond == 1 ? level < value : cond == 2 && level != value) << context();
      EXPECT_EQ(bench_->retire_o, 0) << context();
      if (!held && (kEngine != isa::Engine::kSync || bench_->instr_valid_o == 0)) {
        EXPECT_EQ(cause, isa::Cause::kSemaphore) << context();
      }
    }
    if (bench_->stuck_o != 0) {
      EXPECT_TRUE(blocked || (kEngine == isa::Engine::kSync && held)) << context();
      EXPECT_EQ(bench_->retire_o, 0) << context();
      EXPECT_EQ(bench_->upd_valid_o, 0) << context();
    } else if (blocked && bench_->fault_valid_o == 0) {
      EXPECT_NE(bench_->instr_valid_o, 0) << "waits, and is not stuck " << context();
    }
  }

  /// The waits of `index` must have held in the last cycle, when it passed.
  void check_waits(std::uint32_t index, bool first) {
    if (!first || index >= program_->size()) return;
    const Words& w = (*program_)[index];
    if (get(w, 0, 0, 8) >= 0x30) return;  // left to the queue
    // After a consume the waits are history: they were checked at the consume.
    const bool consumes = (get(w, 1, 8, 4) != 0 && get(w, 1, 12, 1) != 0) ||
                          (get(w, 2, 8, 4) != 0 && get(w, 2, 12, 1) != 0);
    if (consumes && bench_->upd_valid_o == 0) return;
    for (unsigned word = 1; word < 3; ++word) {
      const std::uint32_t level = last_levels_[get(w, word, 0, 8)];
      const std::uint64_t value = get(w, word, 16, 16);
      const bool held = get(w, word, 8, 4) == 0   ? true
                        : get(w, word, 8, 4) == 1 ? level >= value
                                                  : level == value;
      if (!held && reports_++ < 8) {
        ADD_FAILURE() << "instruction " << index << " passed its wait " << word - 1 << ": level "
                      << level << ", value " << value << " " << context();
      }
      ++waits_checked;
    }
  }

  VerilatedBench<Vtn_sequencer> bench_;
  const std::vector<Words>* program_ = nullptr;
  Options options_;
  Rng rng_;
  std::optional<StallGenerator> issue_stalls_, update_stalls_, fetch_stalls_;
  std::unique_ptr<Scoreboard<Effect>> scoreboard_;
  std::array<std::uint32_t, 32> levels_{}, last_levels_{};
  std::deque<Line> queue_;
  std::uint64_t lines_due_ = 0, retired_ = 0;
  Words held_{};
  bool was_reset_ = false, running_ = false, taken_ = true, upd_taken_ = true, upd_open_ = false;
  bool retired_last_ = false, last_was_issue_ = false;
  std::uint32_t open_index_ = 0, last_effect_index_ = 0;
  int reports_ = 0;

 public:
  std::uint64_t waits_checked = 0, blocked_seen = 0;
};

}  // namespace tinium::testbench
