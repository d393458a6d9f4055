// SPDX-License-Identifier: Apache-2.0
// The surroundings of tn_vector_engine: the sequencer that issues, models of SBUF and PSUM that
// refuse at random, the semaphores that take updates; and the checks of everything at the ports.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "Vtn_vector_engine.h"
#include "bench_options.hpp"
#include "hex.hpp"
#include "stall_generator.hpp"
#include "vector_reference.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {

inline constexpr std::size_t kPartitions = TN_PARTITIONS;
inline constexpr std::size_t kLanes = TN_LANES;
inline constexpr std::size_t kVectorLanes = TN_VECTOR_LANES;
inline constexpr std::size_t kSbufBytes = TN_SBUF_BYTES;
inline constexpr std::size_t kPsumBanks = TN_PSUM_BANKS;
inline constexpr std::size_t kReadLatency = 2;

/// Pauses of each interface.
struct VectorStalls {
  StallPattern issue = StallPattern::kNone;
  StallPattern psum_read = StallPattern::kNone;
  StallPattern sbuf_read = StallPattern::kNone;
  StallPattern sbuf_write = StallPattern::kNone;
  StallPattern update = StallPattern::kNone;

  static VectorStalls all(StallPattern p) { return {p, p, p, p, p}; }
};

/// Defects put in on purpose, to prove that the checks fire.
enum class SeededFault {
  kNone,
  kFlipWrittenBit,  // one bit of one written byte
  kLoseWrite,       // one write never reaches the memory
  kStrayByte,       // a byte that nothing wrote changes
  kLoseUpdate,      // one update is not seen
  kEarlyUpdate,     // updates seem to come before their event
  kExtraRead,       // one read more than needed
  kDropRequest,     // a refused request seems to have been withdrawn
  kLoseEnd,         // one end of an instruction is not seen
  kWrongBegin,      // one begin seems to be of another instruction
  kWrongCause       // one cycle that read an element seems to have done something else
};

/// Acts on all ports. Results are judged by finish().
class VectorEnvironment : public BenchComponent {
 public:
  using Bench = VerilatedBench<Vtn_vector_engine>;

  VectorEnvironment(Bench& bench, VectorStalls stalls, SeededFault seeded = SeededFault::kNone)
      : bench_(bench),
        stalls_{StallGenerator(stalls.issue, make_rng(11)),
                StallGenerator(stalls.psum_read, make_rng(12)),
                StallGenerator(stalls.sbuf_read, make_rng(13)),
                StallGenerator(stalls.sbuf_write, make_rng(14)),
                StallGenerator(stalls.update, make_rng(15))},
        noise_(make_rng(16)),
        seeded_(seeded) {
    std::mt19937_64 rng = make_rng(17);
    memories_.partitions = kPartitions;
    memories_.sbuf_bytes = kSbufBytes;
    memories_.psum_banks = kPsumBanks;
    memories_.sbuf.resize(kPartitions * kSbufBytes);
    memories_.psum.resize(kPartitions * memories_.psum_words());
    for (auto& byte : memories_.sbuf) byte = static_cast<std::uint8_t>(rng());
    for (auto& word : memories_.psum) {
      const std::uint64_t r = rng();
      word = static_cast<std::uint32_t>(r);
      // Mostly numbers that the narrow formats can hold; else anything.
      if ((r >> 62) != 0)
        word = (word & 0x80FFFFFFu) | static_cast<std::uint32_t>(0x3C + (r >> 59)) << 24;
      if ((r >> 56 & 63) == 0) word &= 0xFFu | 0x80000000u;
    }
    golden_ = memories_;
    written_cycle_.assign(memories_.sbuf.size(), 0);
    bench_->instr_valid_i = 0;
    bench_->stop_i = 0;
    bench_->clear_i = 0;
    bench_->upd_ready_i = 0;
    bench_->psum_vrd_ready_i = 0;
    bench_->sbuf_vrd_ready_i = 0;
    bench_->sbuf_vwr_ready_i = 0;
    bench_.add(*this);
  }

  /// Queues an instruction for issue, and executes it on the golden memories at once unless it or
  /// one before it is illegal.
  void push(const VectorInstruction& instruction) {
    Issue issue;
    issue.instruction = instruction;
    issue.words = encode(instruction);
    issue.index = next_index_;
    next_index_ += 1 + static_cast<std::uint32_t>(noise_() % 3);
    issue.fault = judge(instruction, golden_);
    fault_queued_ = fault_queued_ || issue.fault.code != 0;
    if (!fault_queued_) {
      execute(instruction, golden_);
      const std::uint64_t count = std::uint64_t{instruction.num0} * instruction.num1;
      const std::uint64_t groups =
          (instruction.partition_start + instruction.partitions - 1) / kVectorLanes -
          instruction.partition_start / kVectorLanes + 1;
      const std::uint64_t operands = reads_operand(instruction, 0) + reads_operand(instruction, 1);
      if (!instruction.is_fill()) {
        (instruction.src_space ? psum_reads_due_ : sbuf_reads_due_) +=
            groups * source_reads(instruction, 0);
        elements_due_ += groups * count;
      }
      if (instruction.is_pair()) {
        (instruction.src1_space ? psum_reads_due_ : sbuf_reads_due_) +=
            groups * source_reads(instruction, 1);
      }
      sbuf_reads_due_ += groups * operands;
      fills_ = fills_ || instruction.is_fill();
    }
    issue.psum_reads = psum_reads_due_;
    issue.sbuf_reads = sbuf_reads_due_;
    issues_.push_back(std::move(issue));
  }

  bool all_issued() const { return issued_ == issues_.size(); }
  std::size_t issued() const { return issued_; }
  const VectorMemories& memories() const { return memories_; }
  const VectorMemories& golden() const { return golden_; }
  std::uint64_t complete_updates() const { return next_update_[1].instruction; }
  std::uint64_t writes() const { return writes_; }

  /// From now on a dropped update or a withdrawn request is legal (stop_i), until resume().
  void stopping() { stopped_ = true; }

  /// After stop and clear: what is in SBUF now is the truth, and nothing is in flight.
  void resume() {
    stopped_ = false;
    golden_.sbuf = memories_.sbuf;
    issues_.clear();
    issued_ = 0;
    fault_queued_ = false;
    next_update_ = {};
    psum_reads_due_ = psum_reads_;
    sbuf_reads_due_ = sbuf_reads_;
    elements_due_ = causes_[static_cast<std::size_t>(isa::Cause::kBusy)];
    next_begin_ = next_end_ = 0;
    psum_delivered_ = psum_reads_;
    sbuf_delivered_ = sbuf_reads_;
    offering_ = false;
  }

  /// Runs until all has been issued and the engine is idle, or a fault stands and it is idle.
  bool run(std::uint64_t limit) {
    const bool done = bench_.run_until(
        [&] {
          return bench_->idle_o && (all_issued() || bench_->fault_valid_o) && idle_cycles_ > 2;
        },
        limit);
    if (!done && issued_ > 0) {
      for (std::size_t at = issued_ < 2 ? 0 : issued_ - 2; at < issued_; ++at) {
        std::string words;
        for (const std::uint32_t word : issues_[at].words) words += " " + to_hex(word);
        fail("stuck; of the two instructions accepted last:" + words);
      }
    }
    return done;
  }

  /// Everything must have happened, and nothing else.
  void finish() {
    if (seeded_ == SeededFault::kStrayByte) memories_.sbuf[noise_() % memories_.sbuf.size()] ^= 1;
    compare_memories();
    for (int event = 0; event < 2; ++event) {
      skip_updates(event);
      if (next_update_[event].instruction != issues_.size()) {
        fail("an update of instruction " + std::to_string(next_update_[event].instruction) +
             " never came");
      }
    }
    if (psum_reads_ != psum_reads_due_ || sbuf_reads_ != sbuf_reads_due_) {
      fail("reads: PSUM " + std::to_string(psum_reads_) + " of " + std::to_string(psum_reads_due_) +
           ", SBUF " + std::to_string(sbuf_reads_) + " of " + std::to_string(sbuf_reads_due_));
    }
    if (bench_->fault_valid_o) fail("an unexpected fault " + to_hex(fault_code()));
    if (next_begin_ != issues_.size() || next_end_ != issues_.size()) {
      fail("of " + std::to_string(issues_.size()) + " instructions " + std::to_string(next_begin_) +
           " began and " + std::to_string(next_end_) + " ended");
    }
    const std::uint64_t busy = causes_[static_cast<std::size_t>(isa::Cause::kBusy)];
    if (!fills_ && busy != elements_due_) {
      fail("busy in " + std::to_string(busy) + " cycles, " + std::to_string(elements_due_) +
           " elements to read");
    }
    std::uint64_t all = 0;
    for (const std::uint64_t cycles : causes_) all += cycles;
    if (all != engaged_cycles_) fail("the causes do not add up to the cycles engaged");
  }

  /// The fault of the first illegal instruction must stand, and all before it be done.
  void finish_with_fault() {
    std::size_t first = 0;
    while (first < issues_.size() && issues_[first].fault.code == 0) ++first;
    ASSERT_LT(first, issues_.size());
    if (!bench_->fault_valid_o) {
      fail("no fault, expected " + std::to_string(issues_[first].fault.code));
      return;
    }
    if (issued_ != first + 1) fail("an instruction was accepted after the faulty one");
    for (int event = 0; event < 2; ++event) {
      skip_updates(event);
      if (next_update_[event].instruction < first) fail("an update before the fault never came");
    }
    if (next_begin_ != first || next_end_ != first) {
      fail("instructions before the fault: " + std::to_string(first) + ", " +
           std::to_string(next_begin_) + " began and " + std::to_string(next_end_) + " ended");
    }
    const VectorFault got{
        fault_code(), static_cast<std::uint64_t>(bench_->fault_o[1]) << 32 | bench_->fault_o[0]};
    if (!(got == issues_[first].fault) || bench_->fault_o[2] != issues_[first].index) {
      fail("fault: expected code " + std::to_string(issues_[first].fault.code) + " address " +
           to_hex(issues_[first].fault.address) + " instruction " +
           std::to_string(issues_[first].index) + ", got " + std::to_string(got.code) + ", " +
           to_hex(got.address) + ", " + std::to_string(bench_->fault_o[2]));
    }
  }

  void compare_memories() {
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < memories_.sbuf.size(); ++i) {
      if (memories_.sbuf[i] != golden_.sbuf[i] && wrong++ < 16) {
        fail("SBUF partition " + std::to_string(i / kSbufBytes) + " byte " +
             std::to_string(i % kSbufBytes) + ": expected " + to_hex(golden_.sbuf[i]) + ", got " +
             to_hex(memories_.sbuf[i]));
      }
    }
    if (wrong > 16) fail(std::to_string(wrong) + " bytes of SBUF are wrong");
  }

  void drive() override {
    Vtn_vector_engine& dut = bench_.dut();
    // Sequencer.
    if (!offering_) {
      offering_ =
          issued_ < issues_.size() && !bench_->fault_valid_o && !stopped_ && !stalls_[0].stall();
      dut.instr_valid_i = offering_;
      for (std::size_t w = 0; w < 16; ++w) {
        dut.instr_i[w] = offering_ ? issues_[issued_].words[w] : random32();
      }
      dut.instr_index_i = offering_ ? issues_[issued_].index : random32();
    }
    // Ready signals.
    dut.psum_vrd_ready_i = ready(1, psum_hold_.valid);
    dut.sbuf_vrd_ready_i = ready(2, sbuf_hold_.valid);
    dut.sbuf_vwr_ready_i = ready(3, write_hold_.valid);
    dut.upd_ready_i = ready(4, update_hold_.valid);
    // Data of the reads granted two cycles ago; anything in other cycles.
    Read& psum = psum_pipe_[bench_.cycle() % kReadLatency];
    for (std::size_t l = 0; l < kLanes; ++l) {
      dut.psum_vrd_data_i[l] = psum.valid ? psum.data[l] : random32();
    }
    psum_delivered_ += psum.valid;
    psum.valid = false;
    Read& sbuf = sbuf_pipe_[bench_.cycle() % kReadLatency];
    for (std::size_t w = 0; w < 2 * kLanes; ++w) {
      dut.sbuf_vrd_data_i[w] = sbuf.valid ? sbuf.data[w] : random32();
    }
    sbuf_delivered_ += sbuf.valid;
    sbuf.valid = false;
  }

  void sample() override {
    Vtn_vector_engine& dut = bench_.dut();
    const std::uint64_t cycle = bench_.cycle();
    if (dut.instr_valid_i && dut.instr_ready_o) {
      issues_[issued_++].accepted_cycle = cycle;
      offering_ = false;
    }
    if (stopped_) offering_ = false;

    // PSUM read.
    const std::array<std::uint32_t, 3> psum_request = {dut.psum_vrd_bank_o, dut.psum_vrd_prow_o,
                                                       dut.psum_vrd_index_o};
    bool psum_valid = dut.psum_vrd_valid_o;
    if (seeded_ == SeededFault::kDropRequest && psum_hold_.valid && !psum_hold_.ready) {
      psum_valid = false;
      seeded_ = SeededFault::kNone;
    }
    hold("PSUM read", psum_hold_, psum_valid, dut.psum_vrd_ready_i,
         std::vector<std::uint32_t>(psum_request.begin(), psum_request.end()));
    if (dut.psum_vrd_valid_o && dut.psum_vrd_ready_i) {
      ++psum_reads_;
      Read& read = psum_pipe_[cycle % kReadLatency];
      read.valid = true;
      read.data.resize(kLanes);
      for (std::size_t l = 0; l < kLanes; ++l) {
        const std::size_t p = psum_request[1] * kLanes + l;
        const std::size_t word = psum_request[0] * isa::kPsumBankElements + psum_request[2];
        if (p >= kPartitions || word >= memories_.psum_words()) {
          fail("a PSUM read outside the memory");
          read.data[l] = 0;
        } else {
          read.data[l] = memories_.psum[p * memories_.psum_words() + word];
        }
      }
    }

    // SBUF read: what was there before this edge.
    hold("SBUF read", sbuf_hold_, dut.sbuf_vrd_valid_o, dut.sbuf_vrd_ready_i,
         {dut.sbuf_vrd_prow_o, dut.sbuf_vrd_off8_o});
    if (dut.sbuf_vrd_valid_o && dut.sbuf_vrd_ready_i) {
      ++sbuf_reads_;
      if (seeded_ == SeededFault::kExtraRead) {
        ++sbuf_reads_;
        seeded_ = SeededFault::kNone;
      }
      Read& read = sbuf_pipe_[cycle % kReadLatency];
      read.valid = true;
      read.data.resize(2 * kLanes);
      for (std::size_t w = 0; w < 2 * kLanes; ++w) {
        const std::size_t p = dut.sbuf_vrd_prow_o * kLanes + w / 2;
        const std::size_t at = std::size_t{dut.sbuf_vrd_off8_o} * 8 + 4 * (w % 2);
        std::uint32_t word = 0;
        if (p >= kPartitions || at >= kSbufBytes) {
          fail("an SBUF read outside the memory");
        } else {
          for (std::size_t b = 0; b < 4; ++b) {
            word |= std::uint32_t{memories_.sbuf[p * kSbufBytes + at + b]} << (8 * b);
          }
        }
        read.data[w] = word;
      }
    }

    // SBUF write.
    std::vector<std::uint32_t> write = {dut.sbuf_vwr_prow_o, dut.sbuf_vwr_off8_o};
    for (std::size_t w = 0; w < kLanes / 4; ++w) write.push_back(dut.sbuf_vwr_be_o[w]);
    for (std::size_t w = 0; w < 2 * kLanes; ++w) write.push_back(dut.sbuf_vwr_data_o[w]);
    hold("SBUF write", write_hold_, dut.sbuf_vwr_valid_o, dut.sbuf_vwr_ready_i, write);
    const bool written = dut.sbuf_vwr_valid_o && dut.sbuf_vwr_ready_i;
    if (written != static_cast<bool>(dut.sbuf_write_o)) fail("sbuf_write_o is not the write");
    if (written) {
      ++writes_;
      if (seeded_ == SeededFault::kLoseWrite && writes_ == 5) {
        seeded_ = SeededFault::kNone;
      } else {
        accept_write(cycle);
      }
    }

    // Update.
    hold("update", update_hold_, dut.upd_valid_o, dut.upd_ready_i, {dut.upd_o});
    if (dut.upd_valid_o && dut.upd_ready_i) observe_update(dut.upd_o);

    observe_cause();
    if (!stopped_) observe_trace();

    const bool quiet = dut.idle_o;
    idle_cycles_ = quiet ? idle_cycles_ + 1 : 0;
    if (quiet && (dut.psum_vrd_valid_o || dut.sbuf_vrd_valid_o || dut.sbuf_vwr_valid_o ||
                  dut.upd_valid_o || dut.busy_o || dut.engaged_o)) {
      fail("idle_o while something is under way");
    }
  }

  void fail(const std::string& what) {
    if (++failures_ > 16) return;
    ADD_FAILURE() << current_test_name() << " seed " << options().seed << " cycle "
                  << bench_.cycle() << ": " << what << "\n  rerun: " << rerun_line();
  }

  std::uint64_t failures() const { return failures_; }

 private:
  struct Issue {
    VectorInstruction instruction;
    std::vector<std::uint32_t> words;
    std::uint32_t index = 0;
    VectorFault fault;
    std::uint64_t psum_reads = 0;  // all reads up to and with this instruction
    std::uint64_t sbuf_reads = 0;
    std::uint64_t accepted_cycle = 0;
  };
  struct Read {
    bool valid = false;
    std::vector<std::uint32_t> data;
  };
  struct Hold {
    bool valid = false;
    bool ready = false;
    std::vector<std::uint32_t> payload;
  };
  struct UpdateCursor {
    std::size_t instruction = 0;
    int which = 0;
  };

  std::uint32_t random32() { return static_cast<std::uint32_t>(noise_()); }
  std::uint32_t fault_code() { return bench_->fault_o[3] & 0xFF; }

  CData ready(std::size_t which, bool seen_valid) {
    const bool stall = stalls_[which].stall();
    return !stall && (stalls_[which].pattern() != StallPattern::kAfterValid || seen_valid);
  }

  // Once valid, valid and payload hold until ready. Under stop_i updates may be withdrawn.
  void hold(const char* name, Hold& hold, bool valid, bool ready,
            std::vector<std::uint32_t> payload) {
    if (hold.valid && !hold.ready && !(stopped_ && &hold == &update_hold_)) {
      if (!valid) {
        fail(std::string(name) + " was withdrawn");
      } else if (hold.payload != payload) {
        fail(std::string(name) + " changed while refused");
      }
    }
    hold = {valid, ready, std::move(payload)};
  }

  // One cause for each cycle with an instruction that still has to read.
  void observe_cause() {
    Vtn_vector_engine& dut = bench_.dut();
    if (!dut.engaged_o) return;
    ++engaged_cycles_;
    auto cause = static_cast<isa::Cause>(dut.cause_o);
    if (seeded_ == SeededFault::kWrongCause && cause == isa::Cause::kBusy) {
      cause = isa::Cause::kOverhead;
      seeded_ = SeededFault::kNone;
    }
    ++causes_.at(static_cast<std::size_t>(cause));
    const bool refused = (dut.psum_vrd_valid_o && !dut.psum_vrd_ready_i) ||
                         (dut.sbuf_vrd_valid_o && !dut.sbuf_vrd_ready_i);
    const bool allowed = cause == isa::Cause::kBusy || cause == isa::Cause::kOperand ||
                         (cause == isa::Cause::kHazard && !refused) ||
                         (cause == isa::Cause::kOverhead && !refused);
    if (!allowed) fail("cause " + std::to_string(dut.cause_o) + " does not fit");
  }

  void observe_trace() {
    Vtn_vector_engine& dut = bench_.dut();
    const auto check = [&](const char* what, std::uint64_t trace, std::size_t& next) {
      if (next >= issued_) {
        fail(std::string(what) + " of nothing");
        return;
      }
      const Issue& issue = issues_[next++];
      const std::uint64_t expected = std::uint64_t{issue.instruction.opcode} << 32 | issue.index;
      if (trace != expected) {
        fail(std::string(what) + " of " + to_hex(trace) + ", expected " + to_hex(expected));
      }
    };
    if (dut.begin_valid_o) {
      std::uint64_t trace = dut.begin_o;
      if (seeded_ == SeededFault::kWrongBegin) {
        trace ^= 1;
        seeded_ = SeededFault::kNone;
      }
      check("a begin", trace, next_begin_);
    }
    if (dut.end_valid_o && seeded_ == SeededFault::kLoseEnd) {
      seeded_ = SeededFault::kNone;
    } else if (dut.end_valid_o) {
      if (next_end_ < issued_) check_written(issues_[next_end_], "an end");
      check("an end", dut.end_o, next_end_);
      if (next_end_ > next_begin_) fail("an end before its begin");
    }
  }

  void check_written(const Issue& issue, const char* what) {
    const VectorInstruction& i = issue.instruction;
    for (const std::size_t byte : destination_bytes(i)) {
      for (std::size_t p = i.partition_start; p < i.partition_start + i.partitions; ++p) {
        if (written_cycle_[p * kSbufBytes + byte] <= issue.accepted_cycle) {
          fail(std::string(what) + " before the last write");
          return;
        }
      }
    }
  }

  void accept_write(std::uint64_t cycle) {
    Vtn_vector_engine& dut = bench_.dut();
    const std::size_t at = std::size_t{dut.sbuf_vwr_off8_o} * 8;
    for (std::size_t l = 0; l < kLanes; ++l) {
      const std::size_t p = dut.sbuf_vwr_prow_o * kLanes + l;
      const std::uint32_t enables = dut.sbuf_vwr_be_o[l / 4] >> (8 * (l % 4)) & 0xFF;
      if (enables != 0 && (p >= kPartitions || at >= kSbufBytes)) {
        fail("an SBUF write outside the memory");
        continue;
      }
      for (std::size_t b = 0; b < 8; ++b) {
        if (!(enables >> b & 1)) continue;
        auto byte = static_cast<std::uint8_t>(dut.sbuf_vwr_data_o[2 * l + b / 4] >> (8 * (b % 4)));
        if (seeded_ == SeededFault::kFlipWrittenBit && writes_ >= 5) {
          byte ^= 0x10;
          seeded_ = SeededFault::kNone;
        }
        memories_.sbuf[p * kSbufBytes + at + b] = byte;
        written_cycle_[p * kSbufBytes + at + b] = cycle;
      }
    }
  }

  // Moves the cursor of an event to the next update that is due.
  void skip_updates(int event) {
    UpdateCursor& cursor = next_update_[event];
    while (cursor.instruction < issues_.size()) {
      const VectorInstruction& i = issues_[cursor.instruction].instruction;
      for (; cursor.which < 2; ++cursor.which) {
        const bool first = cursor.which == 0;
        if ((first ? i.update0_op : i.update1_op) != 0 &&
            (first ? i.update0_event : i.update1_event) == static_cast<std::uint32_t>(event)) {
          return;
        }
      }
      cursor.which = 0;
      ++cursor.instruction;
    }
  }

  // Benches give `read` updates semaphores below 16 and `complete` ones those from 16.
  void observe_update(std::uint32_t update) {
    if (seeded_ == SeededFault::kLoseUpdate) {
      seeded_ = SeededFault::kNone;
      return;
    }
    const int event = (update >> 18) >= 16;
    skip_updates(event);
    UpdateCursor& cursor = next_update_[event];
    if (cursor.instruction >= issued_) {
      fail("an update of nothing: " + to_hex(update));
      return;
    }
    const Issue& issue = issues_[cursor.instruction];
    const VectorInstruction& i = issue.instruction;
    const std::uint32_t expected = cursor.which == 0
                                       ? i.update0_sem << 18 | i.update0_op << 16 | i.update0_value
                                       : i.update1_sem << 18 | i.update1_op << 16 | i.update1_value;
    if (update != expected) {
      fail("update: expected " + to_hex(expected) + ", got " + to_hex(update));
    }
    if (event == 0) {
      const bool early = seeded_ == SeededFault::kEarlyUpdate;
      if (psum_delivered_ < issue.psum_reads || sbuf_delivered_ < issue.sbuf_reads || early) {
        fail("a `read` update before the last operand arrived");
        seeded_ = SeededFault::kNone;
      }
    } else {
      skip_updates(0);
      if (next_update_[0].instruction <= cursor.instruction) {
        fail("a `complete` update before a `read` one of the same instruction");
      }
      check_written(issue, "a `complete` update");
    }
    ++cursor.which;
    skip_updates(event);
  }

  Bench& bench_;
  std::array<StallGenerator, 5> stalls_;
  std::mt19937_64 noise_;
  SeededFault seeded_;
  VectorMemories memories_;  // what the engine works on
  VectorMemories golden_;    // after all instructions queued so far
  std::vector<std::uint64_t> written_cycle_;
  std::vector<Issue> issues_;
  std::size_t issued_ = 0;
  std::uint32_t next_index_ = 5;
  bool offering_ = false;
  bool fault_queued_ = false;
  bool stopped_ = false;
  std::array<Read, kReadLatency> psum_pipe_;
  std::array<Read, kReadLatency> sbuf_pipe_;
  Hold psum_hold_, sbuf_hold_, write_hold_, update_hold_;
  std::uint64_t psum_reads_ = 0, psum_delivered_ = 0, psum_reads_due_ = 0;
  std::uint64_t sbuf_reads_ = 0, sbuf_delivered_ = 0, sbuf_reads_due_ = 0;
  std::uint64_t writes_ = 0;
  std::array<UpdateCursor, 2> next_update_{};  // of `read` and of `complete`
  std::array<std::uint64_t, 8> causes_{};
  std::uint64_t engaged_cycles_ = 0;
  std::uint64_t elements_due_ = 0;  // of all sources but source 1
  bool fills_ = false;
  std::size_t next_begin_ = 0, next_end_ = 0;
  std::uint64_t idle_cycles_ = 0;
  std::uint64_t failures_ = 0;
};

}  // namespace tinium::testbench
