// SPDX-License-Identifier: Apache-2.0
#include "tensor_bench.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "bench_options.hpp"
#include "hex.hpp"

namespace tinium::testbench {
namespace {

constexpr std::uint32_t kBankWords = isa::kPsumBankElements;
constexpr int kReportLimit = 16;
constexpr std::uint64_t kPsumReadLatency = 2;  // tn_pkg::PsumReadLat

template <typename Wide>
void put_lanes(Wide& port, const std::vector<std::uint64_t>& lanes) {
  for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
    port[2 * lane] = static_cast<std::uint32_t>(lanes[lane]);
    port[2 * lane + 1] = static_cast<std::uint32_t>(lanes[lane] >> 32);
  }
}

StallGenerator* make_stalls(StallPattern pattern, std::mt19937_64& rng) {
  return new StallGenerator(pattern, std::mt19937_64(rng()));
}

/// First byte of element (i0, i1) of a pattern.
std::uint32_t element_at(std::uint32_t offset, std::int64_t elements, std::size_t size) {
  return static_cast<std::uint32_t>(offset + elements * static_cast<std::int64_t>(size));
}

}  // namespace

TensorBench::TensorBench() : rng_(make_rng(0)), data_rng_(make_rng(1)) {
  bench_->instr_valid_i = 0;
  bench_->upd_ready_i = 0;
  bench_->stop_i = 0;
  bench_->clear_i = 0;
  bench_->vrd_valid_i = 0;
  bench_->sta_refuse_i = 0;
  bench_->fault_i = 0;
  bench_.reset();
  partitions_ = bench_->partitions_o;
  rows_ = bench_->rows_o;
  cols_ = bench_->cols_o;
  sbuf_bytes_ = bench_->sbuf_bytes_o;
  psum_banks_ = bench_->psum_banks_o;
  sbuf_.resize(std::size_t{partitions_} * sbuf_bytes_);
  psum_.resize(std::size_t{partitions_} * psum_banks_ * kBankWords);
  set_weather({});
  bench_.add(*this);
  fill_sbuf(Fill::kTame);
  adopt_psum();
}

void TensorBench::fill_sbuf(Fill fill) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sbuf_.size(); ++i) {
    if (i % 8 == 0) bits = data_rng_();
    auto byte = static_cast<std::uint8_t>(bits >> (i % 8 * 8));
    if (fill != Fill::kRandom) {
      // The upper bits decide the exponent of every format: 0x3x or 0x4x is near 1.
      byte = static_cast<std::uint8_t>((byte & 0x8f) | ((byte & 0x10) != 0 ? 0x30 : 0x40));
    }
    sbuf_[i] = byte;
  }
  if (fill == Fill::kSpecial) {
    static constexpr std::array<std::uint8_t, 8> kBytes = {0x00, 0x80, 0x7f, 0xff,
                                                           0x7c, 0x78, 0xfc, 0x01};
    for (std::size_t i = 0; i + 4 <= sbuf_.size(); i += 4) {
      const std::uint64_t pick = data_rng_();
      if (pick % 16 == 0) {
        std::memset(&sbuf_[i], 0, 4);
      } else if (pick % 512 == 1) {
        for (std::size_t b = 0; b < 4; ++b) sbuf_[i + b] = kBytes[(pick >> (16 + 4 * b)) % 8];
      }
    }
  }
}

void TensorBench::set_weather(const Weather& weather) {
  weather_ = weather;
  instruction_stalls_.reset(make_stalls(weather.instructions, rng_));
  update_stalls_.reset(make_stalls(weather.updates, rng_));
  refusal_stalls_.reset(make_stalls(weather.refusals, rng_));
}

TensorBench::Word TensorBench::read_word(std::uint32_t prow, std::uint32_t off8) const {
  Word word;
  word.valid = true;
  word.lanes.resize(rows_);
  for (std::uint32_t lane = 0; lane < rows_; ++lane) {
    const std::size_t partition = std::size_t{prow} * rows_ + lane;
    const std::size_t byte = std::size_t{off8} * 8;
    if (partition >= partitions_ || byte + 8 > sbuf_bytes_) {
      ADD_FAILURE() << current_test_name() << " seed " << options().seed << ": SBUF read outside, "
                    << "partition " << partition << " byte " << byte
                    << "\n  rerun: " << rerun_line();
      return word;
    }
    std::memcpy(&word.lanes[lane], &sbuf_[partition * sbuf_bytes_ + byte], 8);
  }
  return word;
}

void TensorBench::drive() {
  Word garbage;
  auto present = [&](auto& port, std::array<Word, 2>& words) {
    if (words[1].valid) {
      put_lanes(port, words[1].lanes);
    } else {
      garbage.lanes.assign(rows_, rng_());
      put_lanes(port, garbage.lanes);
    }
    words[1] = std::move(words[0]);
    words[0] = Word{};
  };
  present(bench_->mov_data_i, moving_);
  present(bench_->sta_data_i, stationary_words_);

  bench_->sta_refuse_i = weather_.refuse_always || refusal_stalls_->stall();
  bench_->upd_ready_i = !update_stalls_->stall();

  if (!instruction_shown_ && !instructions_.empty() && !instruction_stalls_->stall()) {
    instruction_shown_ = true;
    for (std::size_t w = 0; w < 16; ++w) bench_->instr_i[w] = instructions_.front().words[w];
    bench_->instr_index_i = instructions_.front().index;
  }
  bench_->instr_valid_i = instruction_shown_;
  if (!instruction_shown_) {
    for (std::size_t w = 0; w < 16; ++w) bench_->instr_i[w] = static_cast<std::uint32_t>(rng_());
  }

  if (weather_.vector_reads && vector_reads_.empty() && rng_() % 2 == 0) {
    // The last bank is never written by programs: only it has known values meanwhile.
    VectorRead read{static_cast<std::uint32_t>(rng_() % psum_banks_),
                    static_cast<std::uint32_t>(rng_() % (partitions_ / rows_)),
                    static_cast<std::uint32_t>(rng_() % kBankWords), false};
    read.check = read.bank == psum_banks_ - 1;
    vector_reads_.push_back(read);
  }
  vector_read_shown_ = !vector_reads_.empty();
  bench_->vrd_valid_i = vector_read_shown_;
  if (vector_read_shown_) {
    bench_->vrd_bank_i = static_cast<CData>(vector_reads_.front().bank);
    bench_->vrd_prow_i = static_cast<CData>(vector_reads_.front().prow);
    bench_->vrd_index_i = static_cast<SData>(vector_reads_.front().index);
  }
}

void TensorBench::sample() {
  const std::uint64_t now = bench_.cycle();
  if (bench_->mov_valid_o) moving_[0] = read_word(bench_->mov_prow_o, bench_->mov_off8_o);
  if (bench_->sta_granted_o) {
    stationary_words_[0] = read_word(bench_->sta_prow_o, bench_->sta_off8_o);
  }
  if (instruction_shown_ && bench_->instr_ready_o) {
    instruction_shown_ = false;
    instructions_.pop_front();
  }
  if (bench_->upd_valid_o && bench_->upd_ready_i) {
    const std::uint32_t bits = bench_->upd_o;
    received_.push_back({bits >> 18, bits >> 16 & 3U, bits & 0xffffU, now});
  }
  if (bench_->issue_o) issues_.push_back(now);
  if (bench_->vector_o) vectors_.push_back(now);
  if (bench_->write_o) writes_.push_back(now);
  if (bench_->engaged_o) {
    ++causes_.at(bench_->cause_o);
    if (bench_->cause_o == static_cast<CData>(isa::Cause::kBusy)) busy_.push_back(now);
  }
  if (bench_->begin_valid_o) begins_.push_back({bench_->begin_instruction_o, now});
  if (bench_->end_valid_o) ends_.push_back({bench_->end_instruction_o, now});

  if (!vector_flight_.empty() && vector_flight_.front().cycle + kPsumReadLatency == now) {
    const VectorRead read = vector_flight_.front().read;
    vector_flight_.pop_front();
    for (std::uint32_t lane = 0; lane < rows_; ++lane) {
      const std::size_t position =
          (std::size_t{read.prow} * rows_ + lane) * psum_banks_ * kBankWords +
          std::size_t{read.bank} * kBankWords + read.index;
      const std::uint32_t got = bench_->vrd_data_o[lane];
      if (collect_ != nullptr) {
        (*collect_)[position] = got;
      } else if (read.check) {
        ++vector_checks_;
        if (got != psum_[position]) {
          ADD_FAILURE() << current_test_name() << " seed " << options().seed << ": VectorE read of "
                        << place(position) << " in cycle " << now << ": expected "
                        << to_hex(psum_[position]) << " got " << to_hex(got)
                        << "\n  rerun: " << rerun_line();
        }
      }
    }
  }
  if (vector_read_shown_ && bench_->vrd_ready_o) {
    vector_flight_.push_back({vector_reads_.front(), now});
    vector_reads_.pop_front();
  }
}

std::string TensorBench::place(std::size_t position) const {
  const std::size_t words = std::size_t{psum_banks_} * kBankWords;
  return "partition " + std::to_string(position / words) + " bank " +
         std::to_string(position % words / kBankWords) + " word " +
         std::to_string(position % kBankWords);
}

void TensorBench::read_all(std::vector<std::uint32_t>& into) {
  const bool reads = weather_.vector_reads;
  weather_.vector_reads = false;
  bench_.run_until([&] { return vector_reads_.empty() && vector_flight_.empty(); }, 1000);
  into.resize(psum_.size());
  collect_ = &into;
  for (std::uint32_t prow = 0; prow < partitions_ / rows_; ++prow) {
    for (std::uint32_t bank = 0; bank < psum_banks_; ++bank) {
      for (std::uint32_t index = 0; index < kBankWords; ++index) {
        vector_reads_.push_back({bank, prow, index, false});
      }
    }
  }
  bench_.run_until([&] { return vector_reads_.empty() && vector_flight_.empty(); },
                   psum_.size() + 1000);
  collect_ = nullptr;
  weather_.vector_reads = reads;
}

void TensorBench::adopt_psum() { read_all(psum_); }

void TensorBench::check_psum(const std::string& when) {
  std::vector<std::uint32_t> got;
  read_all(got);
  std::size_t wrong = 0;
  std::string report;
  for (std::size_t i = 0; i < psum_.size(); ++i) {
    if (got[i] == psum_[i]) continue;
    if (++wrong <= kReportLimit) {
      report += "\n  " + place(i) + ": expected " + to_hex(psum_[i]) + " got " + to_hex(got[i]);
    }
  }
  if (wrong != 0) {
    ADD_FAILURE() << current_test_name() << " seed " << options().seed << ", " << when << ": "
                  << wrong << " of " << psum_.size() << " PSUM words differ" << report
                  << "\n  rerun: " << rerun_line();
    psum_ = got;  // go on from here: later reports are of later faults
  }
}

void TensorBench::push(const TensorProgram& program) {
  for (const TensorInstruction& instruction : program) {
    const InstructionWords words = std::visit([](const auto& i) { return encode(i); }, instruction);
    instructions_.push_back({words, next_index_++});
  }
}

bool TensorBench::finish(std::uint64_t limit) {
  return bench_.run_until([&] { return instructions_.empty() && bench_->idle_o; }, limit);
}

std::uint64_t TensorBench::vector_count(const isa::LoadStationary& sta,
                                        const isa::MultiplyMoving& mov) const {
  const auto blocks = [](std::uint32_t start, std::uint32_t count, std::uint32_t size) {
    return (start + count - 1) / size - start / size + 1;
  };
  const auto plan =
      numerics::pair_plan(static_cast<DType>(sta.dtype), static_cast<DType>(mov.dtype));
  return std::uint64_t{mov.piece_pair != 0 ? 1 : plan.pass_count} *
         blocks(sta.partition_start, sta.partitions, rows_) *
         blocks(mov.psum_partition, sta.columns, cols_) * mov.num0 * mov.num1;
}

std::uint64_t TensorBench::vector_count(const isa::LoadStationary& sta,
                                        const isa::Transpose& tra) const {
  const std::uint64_t blocks =
      (tra.psum_partition + sta.columns - 1) / cols_ - tra.psum_partition / cols_ + 1;
  const std::uint64_t halves = size_of(static_cast<DType>(sta.dtype)) == 4 ? 2 : 1;
  return halves * blocks * sta.partitions;
}

void TensorBench::expect_updates(const isa::LoadStationary& i) {
  if (i.update0_op != 0) {
    expected_.push_back({Kind::kStationary, i.update0_sem, i.update0_op, i.update0_value, 0, 0});
  }
  if (i.update1_op != 0) {
    expected_.push_back({Kind::kStationary, i.update1_sem, i.update1_op, i.update1_value, 0, 0});
  }
}

template <typename Instruction>
void TensorBench::expect_updates(const Instruction& i, std::uint64_t vectors) {
  ++jobs_;
  job_vectors_ += vectors;
  const auto one = [&](std::uint32_t sem, std::uint32_t op, std::uint32_t event,
                       std::uint32_t value) {
    if (op == 0) return;
    expected_.push_back(
        {event == 0 ? Kind::kRead : Kind::kComplete, sem, op, value, jobs_, job_vectors_});
  };
  one(i.update0_sem, i.update0_op, i.update0_event, i.update0_value);
  one(i.update1_sem, i.update1_op, i.update1_event, i.update1_value);
}

void TensorBench::multiply(const isa::LoadStationary& sta, const isa::MultiplyMoving& mov) {
  const std::uint32_t n = mov.num0 * mov.num1;
  const std::size_t sta_size = size_of(static_cast<DType>(sta.dtype));
  const std::size_t mov_size = size_of(static_cast<DType>(mov.dtype));
  std::vector<std::uint8_t> sta_tile(sta.partitions * sta.columns * sta_size);
  std::vector<std::uint8_t> mov_tile(sta.partitions * n * mov_size);
  for (std::uint32_t k = 0; k < sta.partitions; ++k) {
    const std::uint8_t* bytes = &sbuf_[std::size_t{sta.partition_start + k} * sbuf_bytes_];
    for (std::uint32_t m = 0; m < sta.columns; ++m) {
      std::memcpy(&sta_tile[(k * sta.columns + m) * sta_size],
                  bytes + element_at(sta.sbuf_offset, std::int64_t{sta.step} * m, sta_size),
                  sta_size);
    }
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::int64_t elements =
          std::int64_t{mov.step0} * (i % mov.num0) + std::int64_t{mov.step1} * (i / mov.num0);
      std::memcpy(&mov_tile[(k * n + i) * mov_size],
                  bytes + element_at(mov.sbuf_offset, elements, mov_size), mov_size);
    }
  }
  numerics::TileArgs args;
  args.stationary = {sta_tile.data(), sta.columns * sta_size, static_cast<DType>(sta.dtype)};
  args.moving = {mov_tile.data(), n * mov_size, static_cast<DType>(mov.dtype)};
  const std::size_t stride = std::size_t{psum_banks_} * kBankWords;
  args.psum = {&psum_[mov.psum_partition * stride + mov.psum_offset], stride * 4};
  args.k = sta.partitions;
  args.m = sta.columns;
  args.n = n;
  args.overwrite = mov.accumulate == 0;
  args.piece_pair = mov.piece_pair;
  numerics::multiply(args);
}

void TensorBench::transpose(const isa::LoadStationary& sta, const isa::Transpose& tra) {
  const std::size_t size = size_of(static_cast<DType>(sta.dtype));
  const std::size_t stride = std::size_t{psum_banks_} * kBankWords;
  for (std::uint32_t k = 0; k < sta.partitions; ++k) {
    const std::uint8_t* bytes = &sbuf_[std::size_t{sta.partition_start + k} * sbuf_bytes_];
    for (std::uint32_t m = 0; m < sta.columns; ++m) {
      std::uint32_t& word = psum_[(tra.psum_partition + m) * stride + tra.psum_offset + k];
      word = 0;
      std::memcpy(&word, bytes + element_at(sta.sbuf_offset, std::int64_t{sta.step} * m, size),
                  size);
    }
  }
}

void TensorBench::apply(const TensorProgram& program) {
  std::uint32_t index = next_index_ - static_cast<std::uint32_t>(program.size());
  for (const TensorInstruction& instruction : program) {
    const auto job = [&](const auto& i, std::uint64_t vectors) {
      expect_updates(i, vectors);
      expected_jobs_.push_back({index, job_vectors_});
    };
    if (const auto* load = std::get_if<isa::LoadStationary>(&instruction)) {
      stationary_ = *load;
      expect_updates(*load);
    } else if (const auto* tra = std::get_if<isa::Transpose>(&instruction)) {
      transpose(stationary_.value(), *tra);
      job(*tra, vector_count(*stationary_, *tra));
    } else {
      const auto& mov = std::get<isa::MultiplyMoving>(instruction);
      multiply(stationary_.value(), mov);
      job(mov, vector_count(*stationary_, mov));
    }
    ++index;
  }
}

void TensorBench::check_profile(const std::string& when) {
  std::vector<std::string> wrong;
  constexpr std::uint64_t kReadToArray = 3;
  for (std::uint64_t& cycle : busy_) cycle += kReadToArray;
  if (busy_ != vectors_) {
    wrong.push_back(std::to_string(busy_.size()) + " busy cycles, " +
                    std::to_string(vectors_.size()) + " vectors, or not when they were read");
  }
  if (begins_.size() != expected_jobs_.size() || ends_.size() != expected_jobs_.size()) {
    wrong.push_back(std::to_string(begins_.size()) + " begins and " + std::to_string(ends_.size()) +
                    " ends of " + std::to_string(expected_jobs_.size()) + " jobs");
  } else {
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < expected_jobs_.size(); ++i) {
      const Job& job = expected_jobs_[i];
      if (job.last > vectors_.size() || job.last > writes_.size()) break;
      if (begins_[i].instruction != job.instruction ||
          begins_[i].cycle + kReadToArray != vectors_[first]) {
        wrong.push_back("begin of instruction " + std::to_string(job.instruction));
      }
      if (ends_[i].instruction != job.instruction ||
          ends_[i].cycle + 2 != writes_[job.last - 1] + cols_) {
        wrong.push_back("end of instruction " + std::to_string(job.instruction));
      }
      first = job.last;
    }
  }
  if (!wrong.empty()) {
    std::string report;
    for (std::size_t i = 0; i < wrong.size() && i < kReportLimit; ++i) report += "\n  " + wrong[i];
    ADD_FAILURE() << current_test_name() << " seed " << options().seed << ", " << when
                  << ": profile" << report << "\n  rerun: " << rerun_line();
  }
}

void TensorBench::run(const TensorProgram& program, const std::string& when) {
  forget();
  push(program);
  const std::vector<std::uint32_t> before = psum_;
  std::uint64_t limit = 10000;
  {
    // VectorE reads while the program runs see the unwritten bank only, which apply() leaves alone.
    apply(program);
    limit += 60 * job_vectors_ + 1000 * program.size();
  }
  finish(limit);
  check_updates(when);
  check_profile(when);
  EXPECT_EQ(vectors_.size(), job_vectors_) << when << "\n  rerun: " << rerun_line();
  check_psum(when);
}

void TensorBench::check_updates(const std::string& when) {
  // Values are unique within a program, so that a received update names its origin.
  std::map<std::uint32_t, std::size_t> by_value;
  for (std::size_t i = 0; i < expected_.size(); ++i) by_value[expected_[i].value] = i;
  std::vector<bool> seen(expected_.size(), false);
  std::array<std::size_t, 3> last{};
  std::array<bool, 3> any{};
  std::vector<std::string> wrong;
  std::uint64_t complete_job = 0;
  for (const Received& update : received_) {
    const std::string name = "update of semaphore " + std::to_string(update.sem) + " value " +
                             std::to_string(update.value) + " in cycle " +
                             std::to_string(update.cycle);
    const auto found = by_value.find(update.value);
    if (found == by_value.end() || seen[found->second]) {
      wrong.push_back(name + ": unexpected");
      continue;
    }
    const std::size_t i = found->second;
    const Update& want = expected_[i];
    seen[i] = true;
    if (want.sem != update.sem || want.op != update.op) wrong.push_back(name + ": other fields");
    const auto kind = static_cast<std::size_t>(want.kind);
    if (any[kind] && i < last[kind]) wrong.push_back(name + ": out of order");
    any[kind] = true;
    last[kind] = i;
    if (want.kind == Kind::kComplete) {
      complete_job = std::max(complete_job, want.job);
      if (writes_.size() < want.vectors || update.cycle < writes_[want.vectors - 1] + cols_) {
        wrong.push_back(name + ": before the last write");
      }
    } else if (want.kind == Kind::kRead) {
      if (want.job <= complete_job) wrong.push_back(name + ": `read` after `complete`");
      if (vectors_.size() < want.vectors || update.cycle + 3 <= vectors_[want.vectors - 1]) {
        wrong.push_back(name + ": before the last read");
      }
    }
  }
  for (std::size_t i = 0; i < expected_.size(); ++i) {
    if (!seen[i])
      wrong.push_back("update value " + std::to_string(expected_[i].value) + ": missing");
  }
  if (!wrong.empty()) {
    std::string report;
    for (std::size_t i = 0; i < wrong.size() && i < kReportLimit; ++i) report += "\n  " + wrong[i];
    ADD_FAILURE() << current_test_name() << " seed " << options().seed << ", " << when << ": "
                  << wrong.size() << " wrong updates" << report << "\n  rerun: " << rerun_line();
  }
}

void TensorBench::forget() {
  instructions_.clear();
  instruction_shown_ = false;
  received_.clear();
  expected_.clear();
  issues_.clear();
  vectors_.clear();
  writes_.clear();
  busy_.clear();
  causes_.fill(0);
  begins_.clear();
  ends_.clear();
  expected_jobs_.clear();
  jobs_ = 0;
  job_vectors_ = 0;
}

TensorProgram dense_job(std::uint32_t k, std::uint32_t m, std::uint32_t n, DType stationary,
                        DType moving, bool accumulate, std::uint32_t psum_offset) {
  isa::LoadStationary sta;
  sta.dtype = static_cast<std::uint32_t>(stationary);
  sta.partitions = k;
  sta.columns = m;
  sta.step = 1;
  sta.sbuf_offset = 2048;
  isa::MultiplyMoving mov;
  mov.dtype = static_cast<std::uint32_t>(moving);
  mov.step0 = 1;
  mov.num0 = n;
  mov.num1 = 1;
  mov.psum_offset = psum_offset;
  mov.accumulate = accumulate ? 1 : 0;
  return {sta, mov};
}

}  // namespace tinium::testbench
