// SPDX-License-Identifier: Apache-2.0
//
// Streams: fetch, head, control instructions, issue; and the semaphores.

#include <algorithm>
#include <cstring>

#include "emulator.hpp"
#include "waits.hpp"

namespace tinium {
namespace {

using isa::Engine;
using isa::Fault;

constexpr std::uint64_t kPageBytes = 4096;
constexpr std::uint64_t kLineBytes = 64;
constexpr std::uint32_t kFirstStreamClient = 1;
/// Instructions that one event may execute: the caller looks at the clock in between.
constexpr int kInstructionsPerStep = 256;

}  // namespace

void Emulator::apply(std::uint32_t semaphore, isa::UpdateOp op, std::uint32_t value, Engine engine,
                     std::uint32_t index) {
  std::uint32_t& level = semaphores_[semaphore];
  switch (op) {
    case isa::UpdateOp::kNone:
      return;
    case isa::UpdateOp::kAdd:
      if (level + value > 0xFFFF) raise(Fault::kSemaphore, engine, index, semaphore);
      level += value;
      return;
    case isa::UpdateOp::kSub:
      if (level < value) raise(Fault::kSemaphore, engine, index, semaphore);
      level -= value;
      return;
    case isa::UpdateOp::kSet:
      level = value;
      return;
  }
}

void Emulator::wake_waiters() {
  for (std::size_t i = 0; i < kStreams; ++i) {
    Stream& stream = streams_[i];
    if (!stream.waits || stream.scheduled) continue;
    if (waits_met(isa::decode_nop(stream.lines[stream.pc % config_.queue_depth]))) {
      schedule(i, now_ + timing::kWake);
    }
  }
  for (std::size_t i = 0; i < kQueues; ++i) {
    Queue& queue = queues_[i];
    if (queue.head_waits && !queue.head_scheduled && waits_met(queue.waiting.front().common)) {
      schedule_head(i, now_ + timing::kWake);
    }
  }
}

void Emulator::start_stream(std::size_t index, std::uint64_t base, std::uint32_t count) {
  Stream& stream = streams_[index];
  stream.base = base;
  stream.count = count;
  stream.active = true;
  profile(stream.unit).spend(isa::Cause::kEnded, now_);
  // What of it comes with the header, and of that what has come already.
  const std::uint64_t first = (base - image_) / kLineBytes;
  if (first <= window_) {
    stream.preload =
        std::min({static_cast<std::uint32_t>(window_ - first + 1), timing::kPreload, count});
    stream.requested = stream.preload;
    for (std::uint64_t line = first; line <= window_come_; ++line) {
      const auto number = static_cast<std::uint32_t>(line - first);
      if (number < stream.preload) fill_ring(stream, number, false);
    }
  }
  prefetch(index);
  if (stream.received > 0) schedule(index, now_ + timing::kLineToHead);
}

void Emulator::take_window_line(std::uint32_t line) {
  window_come_ = line;
  for (std::size_t i = 0; i < kStreams; ++i) {
    Stream& stream = streams_[i];
    if (!stream.active || stream.epoch != 0) continue;
    const std::uint64_t first = (stream.base - image_) / kLineBytes;
    if (line < first || line - first >= stream.preload) continue;
    take_line(i, line - first);
  }
}

void Emulator::fill_ring(Stream& stream, std::uint32_t line, bool error) {
  const std::size_t at = line % config_.queue_depth;
  if (error) {
    stream.verdicts[at] = Line::kBus;
  } else {
    memory_.read(stream.base + std::uint64_t{line} * kLineBytes,
                 std::as_writable_bytes(std::span(stream.lines[at])));
    stream.verdicts[at] = check_encoding(stream.engine, stream.lines[at]);
  }
  stream.arrivals[at] = now_;
  stream.received = line + 1;
}

void Emulator::prefetch(std::size_t index) {
  Stream& stream = streams_[index];
  const std::uint32_t depth = config_.queue_depth;
  const std::uint32_t request = std::min<std::uint32_t>(depth / 4, 8);
  Time at = now_ + timing::kRequest;
  while (stream.active && stream.requested < stream.count) {
    const std::uint64_t window =
        std::max(std::uint64_t{stream.lo} + depth, std::uint64_t{stream.pc} + depth / 2);
    const std::uint64_t end = std::min<std::uint64_t>(window, stream.count);
    if (end <= stream.requested) return;
    const auto wanted =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(end - stream.requested, request));
    if (wanted != request && stream.requested + wanted != stream.count) return;
    // A request is a burst, or two where it meets 4 KiB; the answer may be an error of each.
    for (std::uint32_t i = 0; i < wanted;) {
      const std::uint64_t address = stream.base + std::uint64_t{stream.requested + i} * kLineBytes;
      const auto lines = static_cast<std::uint32_t>(
          std::min<std::uint64_t>(wanted - i, (kPageBytes - address % kPageBytes) / kLineBytes));
      const bool error = memory_.fails(address, lines * kLineBytes, false);
      for (std::uint32_t line = 0; line < lines; ++line) {
        const std::uint64_t number = stream.requested + i + line;
        const auto beats = static_cast<std::uint32_t>(kLineBytes / config_.bus_bytes);
        bus_push(
            {at + options_.latency, beats, beats,
             kFirstStreamClient + static_cast<std::uint32_t>(index),
             number | std::uint64_t{stream.epoch & 0x3FFFFFFFu} << 33 | std::uint64_t{error} << 32,
             false});
      }
      at += 1;
      i += lines;
    }
    stream.requested += wanted;
    stream.lo = std::max(stream.lo, stream.requested - std::min(stream.requested, depth));
    at += 1;
  }
}

void Emulator::take_line(std::size_t index, std::uint64_t tag) {
  Stream& stream = streams_[index];
  if (!stream.active || tag >> 33 != (stream.epoch & 0x3FFFFFFFu)) return;
  const auto line = static_cast<std::uint32_t>(tag);
  fill_ring(stream, line, (tag >> 32 & 1u) != 0);
  if (line == stream.pc && !stream.scheduled) {
    schedule(index, std::max(now_ + timing::kLineToHead, stream.issue_free));
  }
  prefetch(index);
}

Emulator::Line Emulator::check_encoding(Engine engine, const InstructionWords& words) const {
  const auto* info = find_instruction(static_cast<std::uint8_t>(words[0] & 0xFFu));
  const auto engine_bit = 1u << static_cast<unsigned>(engine);
  if (info == nullptr || (info->engines & engine_bit) == 0 || has_reserved_bits(words)) {
    return Line::kIllegal;
  }
  for (const auto& field : info->fields) {
    if (field.enum_names.empty()) continue;
    const std::uint64_t value = extract_field(field, words);
    // Codes are dense, or the search decides.
    if (value < field.enum_names.size() && field.enum_names[value].code == value) continue;
    if (std::none_of(field.enum_names.begin(), field.enum_names.end(),
                     [&](const auto& code) { return code.code == value; })) {
      return Line::kIllegal;
    }
  }
  const auto common = isa::decode_nop(words);
  if ((common.wait0_sem | common.wait1_sem | common.update0_sem | common.update1_sem) >=
      isa::kSemaphores) {
    return Line::kSemaphore;
  }
  return Line::kGood;
}

void Emulator::schedule(std::size_t index, Time time) {
  Stream& stream = streams_[index];
  stream.scheduled = true;
  post(EventKind::kStep, index, time);
}

void Emulator::step(std::size_t index) {
  Stream& stream = streams_[index];
  stream.scheduled = false;
  for (int i = 0;; ++i) {
    const std::optional<Time> next = execute(stream, index);
    if (!next || !stream.active) return;
    // What nothing else can see may as well happen now.
    const bool alone = events_.empty() || events_.front().time > *next;
    const bool in_time = watchdog_ == 0 || *next <= watchdog_;
    if (!alone || !in_time || i >= kInstructionsPerStep) {
      schedule(index, *next);
      return;
    }
    now_ = *next;
  }
}

std::optional<Emulator::Time> Emulator::execute(Stream& stream, std::size_t index) {
  UnitProfile& spent = profile(stream.unit);
  if (stream.pc >= stream.count) {
    raise(Fault::kFetchRange, stream.engine, stream.pc,
          stream.base + std::uint64_t{stream.pc} * kLineBytes);
  }
  if (stream.pc >= stream.received) return std::nullopt;  // take_line() goes on
  const std::size_t at = stream.pc % config_.queue_depth;
  const Time ready = stream.arrivals[at] + timing::kLineToHead;
  if (ready > now_) {
    spent.spend(isa::Cause::kFetch, ready);
    return ready;
  }
  const InstructionWords& words = stream.lines[at];
  switch (stream.verdicts[at]) {
    case Line::kGood:
      break;
    case Line::kIllegal:
      raise(Fault::kIllegalInstruction, stream.engine, stream.pc, 0);
    case Line::kSemaphore:
      raise(Fault::kSemaphore, stream.engine, stream.pc, 0);
    case Line::kBus:
      raise(Fault::kBusRead, stream.engine, stream.pc,
            stream.base + std::uint64_t{stream.pc} * kLineBytes);
  }
  const auto opcode = static_cast<isa::Opcode>(words[0] & 0xFFu);
  const bool is_dma = opcode == isa::Opcode::kDmaLoad || opcode == isa::Opcode::kDmaStore ||
                      opcode == isa::Opcode::kDmaCopy;
  if (stream.waits || stream.queue_full) {
    spent.spend(isa::Cause::kSemaphore, now_);
  } else {
    spent.spend(isa::Cause::kFetch, now_);
  }
  std::optional<Time> next;
  if (is_dma) {
    next = issue_dma(stream, words);
    if (!next) return std::nullopt;
    spent.spend(isa::Cause::kBusy, now_ + 1);
    ++stream.pc;
  } else {
    const auto common = isa::decode_nop(words);
    stream.waits = !waits_met(common);
    if (stream.waits) return std::nullopt;  // wake_waiters() goes on
    const Time acts = now_ + consume(common, stream.engine, stream.pc);
    if (opcode <= isa::Opcode::kBranch) {
      next = execute_control(stream, words, acts);
      spent.spend(isa::Cause::kOverhead, *next);
    } else {
      next = std::max(stream.engine == Engine::kTensor ? execute_tensor(stream, words, acts)
                                                       : execute_vector(stream, words, acts),
                      acts + 1);
      spent.spend(isa::Cause::kOverhead, acts + 1);
      spent.spend(isa::Cause::kSemaphore, *next);
      ++stream.pc;
    }
  }
  ++issued_;
  if (stream.active) {
    prefetch(index);
    if (stream.pc < stream.count && stream.pc >= stream.received) {
      return std::nullopt;
    }
  }
  return next;
}

std::optional<Emulator::Time> Emulator::issue_dma(Stream& stream, const InstructionWords& words) {
  const auto opcode = static_cast<isa::Opcode>(words[0] & 0xFFu);
  const std::size_t number = opcode == isa::Opcode::kDmaLoad    ? 0
                             : opcode == isa::Opcode::kDmaStore ? 1
                                                                : 2;
  Queue& queue = queues_[number];
  Transfer transfer = transfer_of(words, stream.pc);
  const auto common = isa::decode_nop(words);
  const auto add = [&](std::uint64_t value, std::uint32_t reg, unsigned bits, Fault code) {
    const std::uint64_t sum = value + stream.registers[reg];
    if (sum >> bits != 0) raise(code, stream.engine, stream.pc, sum);
    return sum;
  };
  constexpr unsigned kSbufBits = 24;
  constexpr unsigned kDramBits = 40;
  if (opcode == isa::Opcode::kDmaCopy) {
    transfer.source.offset =
        static_cast<std::int64_t>(add(static_cast<std::uint64_t>(transfer.source.offset),
                                      common.reg_a, kSbufBits, Fault::kSbufRange));
  } else {
    transfer.dram_offset = add(transfer.dram_offset, common.reg_a, kDramBits, Fault::kClosedWindow);
  }
  transfer.sbuf.offset =
      static_cast<std::int64_t>(add(static_cast<std::uint64_t>(transfer.sbuf.offset), common.reg_b,
                                    kSbufBits, Fault::kSbufRange));
  stream.queue_full = queue.waiting.size() >= timing::kTransfers;
  if (stream.queue_full) return std::nullopt;  // queue_head() goes on
  if (queue.waiting.empty()) {
    profile(queue.unit).spend(queue.commands.empty() ? isa::Cause::kEnded : isa::Cause::kBus, now_);
  }
  queue.waiting.push_back(transfer);
  if (queue.waiting.size() == 1) {
    schedule_head(number, std::max(now_ + timing::kQueueEntry, queue.head_free));
  }
  trace(stream.unit, isa::TraceEvent::kBegin, now_, stream.pc, words[0] & 0xFFu);
  trace(stream.unit, isa::TraceEvent::kEnd, now_, stream.pc, words[0] & 0xFFu);
  return now_ + 1;
}

Emulator::Time Emulator::execute_control(Stream& stream, const InstructionWords& words, Time at) {
  const auto common = isa::decode_nop(words);
  const std::uint32_t index = stream.pc;
  const auto reg = [&](std::uint32_t number) { return stream.registers[number]; };
  std::uint32_t next = index + 1;
  Time after = at + 1;
  const auto opcode = static_cast<isa::Opcode>(common.opcode);
  switch (opcode) {
    case isa::Opcode::kHalt:
      stream.active = false;
      break;
    case isa::Opcode::kSetReg: {
      const auto i = isa::decode_set_reg(words);
      if (i.rd != 0) stream.registers[i.rd] = i.imm;
      break;
    }
    case isa::Opcode::kAddReg: {
      const auto i = isa::decode_add_reg(words);
      const std::uint32_t sum = reg(i.rs) + reg(i.rt) + i.imm;
      if (i.rd != 0) stream.registers[i.rd] = sum;
      break;
    }
    case isa::Opcode::kBranch: {
      const auto i = isa::decode_branch(words);
      const std::uint32_t left = reg(i.rs);
      const std::uint32_t right = reg(i.rt) + i.imm;
      bool taken = false;
      switch (static_cast<isa::Compare>(i.cond)) {
        case isa::Compare::kEq:
          taken = left == right;
          break;
        case isa::Compare::kNe:
          taken = left != right;
          break;
        case isa::Compare::kLtu:
          taken = left < right;
          break;
        case isa::Compare::kGeu:
          taken = left >= right;
          break;
      }
      if (taken) {
        next = i.target;
        after += 1;
        if (next < stream.lo || next > stream.requested) {
          stream.lo = stream.received = stream.requested = next;
          ++stream.epoch;
        }
      }
      break;
    }
    default:
      break;
  }
  const bool traced = opcode == isa::Opcode::kNop || opcode == isa::Opcode::kHalt;
  if (traced && stream.engine == Engine::kSync) {  // the engines trace their own
    trace(stream.unit, isa::TraceEvent::kBegin, now_, index, common.opcode);
    trace(stream.unit, isa::TraceEvent::kEnd, at, index, common.opcode);
  }
  stream.pc = next;
  for (const auto event : {isa::UpdateEvent::kRead, isa::UpdateEvent::kComplete}) {
    const auto one = [&](std::uint32_t semaphore, std::uint32_t op, std::uint32_t of,
                         std::uint32_t value) {
      if (of != static_cast<std::uint32_t>(event) || op == 0) return;
      apply(semaphore, static_cast<isa::UpdateOp>(op), value, stream.engine, index);
      after += 1;
    };
    one(common.update0_sem, common.update0_op, common.update0_event, common.update0_value);
    one(common.update1_sem, common.update1_op, common.update1_event, common.update1_value);
  }
  if (common.update0_op != 0 || common.update1_op != 0) wake_waiters();
  return after;
}

Emulator::Time Emulator::execute_tensor(Stream& stream, const InstructionWords& words, Time at) {
  const std::uint32_t index = stream.pc;
  const auto common = isa::decode_nop(words);
  const auto address = [&](std::uint64_t field, std::uint32_t number, unsigned bits, Fault code) {
    const std::uint64_t sum = field + stream.registers[number];
    if (sum >> bits != 0) raise(code, stream.engine, index, sum);
    return static_cast<std::uint32_t>(sum);
  };
  // Two stages of checks, then the queue.
  const Time enter = std::max(at + 1, tensor_.stage1_free);
  const Time stage2 = std::max(enter + 1, tensor_.stage2_free);
  tensor_.stage1_free = stage2;
  std::optional<JobShape> job;
  switch (static_cast<isa::Opcode>(common.opcode)) {
    case isa::Opcode::kLoadStationary: {
      auto i = isa::decode_load_stationary(words);
      i.sbuf_offset = address(i.sbuf_offset, i.reg_a, 24, Fault::kSbufRange);
      load_stationary(i, index);
      break;
    }
    case isa::Opcode::kTranspose: {
      auto i = isa::decode_transpose(words);
      i.psum_offset = address(i.psum_offset, i.reg_b, 16, Fault::kPsumRange);
      job = transpose(i, index);
      break;
    }
    default: {
      auto i = isa::decode_multiply_moving(words);
      i.sbuf_offset = address(i.sbuf_offset, i.reg_a, 24, Fault::kSbufRange);
      i.psum_offset = address(i.psum_offset, i.reg_b, 16, Fault::kPsumRange);
      job = multiply_moving(i, index);
      break;
    }
  }
  if (!job) {
    tensor_.stage2_free = stage2 + 1;
    post_updates(common, isa::UpdateEvent::kRead, stream.engine, index, stage2 + timing::kUpdate);
    post_updates(common, isa::UpdateEvent::kComplete, stream.engine, index,
                 stage2 + timing::kUpdate);
    return enter;
  }
  const Time queued = std::max(stage2 + 1, tensor_.slots[tensor_.jobs % timing::kJobs] + 1);
  tensor_.stage2_free = queued;
  Time first = 0;
  Time end = 0;
  time_job(*job, queued, first, end);
  if (first_issue_ == 0) first_issue_ = queued;
  if (first_mac_ == 0) first_mac_ = first + timing::kVectorToArray;
  const Time complete = end + timing::vector_to_psum(config_) + config_.cols;
  post_updates(common, isa::UpdateEvent::kRead, stream.engine, index, end + timing::kUpdate);
  post_updates(common, isa::UpdateEvent::kComplete, stream.engine, index,
               complete + timing::kUpdate);
  post(EventKind::kEnd, 0, complete);
  UnitProfile& spent = profile(stream.unit);
  trace(stream.unit, isa::TraceEvent::kBegin, first, index, common.opcode);
  trace(stream.unit, isa::TraceEvent::kEnd, complete, index, common.opcode);
  spent.engage(isa::Cause::kOverhead, enter, first);
  return enter;
}

}  // namespace tinium
