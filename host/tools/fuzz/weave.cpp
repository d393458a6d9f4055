// SPDX-License-Identifier: Apache-2.0
//
// Segments, loops and barriers. How order is kept inside a segment is in weave_order.cpp.

#include "fuzz/weave.hpp"

#include <algorithm>

#include "fuzz/sabotage.hpp"
#include "fuzz/weaver.hpp"

namespace tinium::fuzz {

Weaver::Weaver(const Capabilities& core, const Plan& plan)
    : core_(core), plan_(plan), random_(plan.weave_seed) {
  for (std::uint32_t i = 0; i < isa::kSemaphores; ++i) semaphores_[i] = i;
  for (std::uint32_t i = isa::kSemaphores - 1; i > 0; --i) {
    std::swap(semaphores_[i], semaphores_[random_.below(i + 1)]);
  }
}

bool Weaver::run() {
  for (std::size_t s = 0; s < plan_.segments.size(); ++s) {
    if (!add_segment(plan_.segments[s], s + 1 == plan_.segments.size())) return false;
  }
  return true;
}

void Weaver::noise(StreamText& stream) {
  if (!plan_.noise || !random_.one_in(6)) return;
  const std::size_t index = stream_index(stream.engine());
  const bool none = plan_.sync == Sync::schedule && scheduled_semaphores_ + 4 > isa::kSemaphores;
  stream.add_noise(random_, none ? isa::kSemaphores : semaphores_[kPrivate + index]);
}

bool Weaver::add_segment(const Segment& segment, bool last) {
  std::vector<Op> ops;
  Rules rules(core_, plan_.windows, segment.repeat);
  for (const Item& item : segment.items) {
    const auto accesses = rules.take(item);
    if (!accesses) return false;
    const auto engine = engine_of(item.words);
    const auto opcode = schedule::opcode_of(item.words);
    Op op;
    op.words = item.words;
    op.engine = engine;
    op.unit = schedule::unit_of(opcode, engine);
    op.accesses = *accesses;
    op.at_issue = schedule::at_issue(opcode);
    ops.push_back(std::move(op));
  }
  const bool loops = segment.repeat > 1;
  if (loops) {
    for (std::size_t i = 0; i < ops.size(); ++i) add_strides(ops[i], segment.items[i], segment);
  }
  std::array<int, 3> labels{};
  const bool down = random_.one_in(2);
  if (loops) {
    for (StreamText& stream : streams_) {
      for (const Stride& stride : strides_) {
        if (stride.engine == stream.engine()) {
          stream.add(isa::SetReg{.rd = stride.reg, .imm = stride.first});
        }
      }
      stream.add(isa::SetReg{.rd = kLoopRegister, .imm = down ? segment.repeat : 0});
      labels[stream_index(stream.engine())] = stream.new_label();
      stream.place(labels[stream_index(stream.engine())]);
    }
  }
  const auto levels = levels_;
  const bool barrier = loops || !last;
  switch (plan_.sync) {
    case Sync::schedule:
      if (barrier || !add_scheduled(ops)) return false;
      break;
    case Sync::counting:
      add_counted(ops, barrier);
      break;
    case Sync::token:
      add_chain(ops, barrier, loops ? &levels : nullptr);
      break;
  }
  if (loops) {
    for (StreamText& stream : streams_) {
      for (const Stride& stride : strides_) {
        if (stride.engine == stream.engine()) {
          stream.add(isa::AddReg{
              .rd = stride.reg, .rs = stride.reg, .imm = static_cast<std::uint32_t>(stride.step)});
        }
      }
      stream.add(
          isa::AddReg{.rd = kLoopRegister, .rs = kLoopRegister, .imm = down ? 0xFFFFFFFFu : 1u});
      isa::Branch branch;
      branch.rs = kLoopRegister;
      branch.cond = static_cast<std::uint32_t>(down ? isa::Compare::kNe : isa::Compare::kLtu);
      branch.imm = down ? 0 : segment.repeat;
      if (!down && random_.one_in(3)) {  // the limit in a register: repeat - 1 >= counter
        stream.add(isa::SetReg{.rd = kNoiseRegister, .imm = segment.repeat - 1});
        branch.rs = kNoiseRegister;
        branch.rt = kLoopRegister;
        branch.imm = 0;
        branch.cond = static_cast<std::uint32_t>(isa::Compare::kGeu);
      }
      stream.branch(branch, labels[stream_index(stream.engine())]);
    }
  }
  strides_.clear();
  return true;
}

/// Gives the addresses that move in a loop their registers.
void Weaver::add_strides(Op& op, const Item& item, const Segment& segment) {
  const auto one = [&](std::int32_t step, bool second) {
    const AddressField address = address_field(op.words, second);
    if (step == 0 || address.field == nullptr) return;
    std::uint32_t used = 0;
    for (const Stride& stride : strides_) used += stride.engine == op.engine ? 1 : 0;
    // Never below zero: a falling address begins high.
    const std::int64_t fall = step < 0 ? -std::int64_t{step} * (segment.repeat - 1) : 0;
    const std::uint64_t value = extract_field(*address.field, op.words);
    const std::uint64_t lowest = static_cast<std::uint64_t>(fall);
    if (value < lowest || kFirstStrideRegister + used > kLastStrideRegister) {
      op.no_register = true;
      return;
    }
    const std::uint64_t first = lowest + random_.next() % (value - lowest + 1);
    set_field(op.words, *address.field, value - first);
    const std::uint32_t reg = kFirstStrideRegister + used;
    set_field(op.words, second ? "reg_b" : "reg_a", reg);
    strides_.push_back({op.engine, reg, static_cast<std::uint32_t>(first), step});
  };
  one(item.stride_a, false);
  one(item.stride_b, true);
}

/// An instruction with its waits and updates, now and then with noise before it and with a part of
/// its addresses in registers.
void Weaver::emit(const Op& op, const isa::Nop& ties) {
  StreamText& stream = stream_of(op.engine);
  noise(stream);
  InstructionWords words = op.words;
  for (const bool second : {false, true}) {
    const AddressField address = address_field(words, second);
    if (!plan_.noise || address.field == nullptr || !random_.one_in(4)) continue;
    const char* name = second ? "reg_b" : "reg_a";
    if (field_value(words, name) != 0) continue;
    const std::uint64_t value = extract_field(*address.field, words);
    const auto part = static_cast<std::uint32_t>(random_.next() % (value + 1));
    const std::uint32_t reg = kAddressRegister + (second ? 1 : 0);
    if (random_.one_in(2)) {
      stream.add(isa::SetReg{.rd = reg, .imm = part});
    } else {
      const auto other = static_cast<std::uint32_t>(random_.next());
      stream.add(isa::SetReg{.rd = kNoiseRegister, .imm = other});
      stream.add(isa::AddReg{.rd = reg, .rs = kNoiseRegister, .imm = part - other});
    }
    set_field(words, *address.field, value - part);
    set_field(words, name, reg);
  }
  const InstructionWords tied = encode(ties);
  std::copy(tied.begin() + 1, tied.begin() + 5, words.begin() + 1);
  stream.add_words(words);
}

void Weaver::add_nop(isa::Engine engine, const isa::Nop& ties) { stream_of(engine).add(ties); }

/// Everything in front of it is complete, and semaphores have the levels of `resets`; then all
/// streams go on together. `waits` are those that tell the master so.
void Weaver::add_barrier(const std::vector<Wait>& waits,
                         const std::vector<std::pair<std::uint32_t, std::uint32_t>>& resets,
                         std::size_t master) {
  StreamText& stream = streams_[master];
  for (std::size_t i = 0; i < waits.size(); i += 2) {
    isa::Nop nop;
    add_wait(nop, waits[i]);
    if (i + 1 < waits.size()) add_wait(nop, waits[i + 1]);
    stream.add(nop);
  }
  for (std::size_t i = 0; i < resets.size(); i += 2) {
    isa::Nop nop;
    for (std::size_t j = i; j < std::min(i + 2, resets.size()); ++j) {
      add_update(nop, {resets[j].first, resets[j].second,
                       random_.one_in(2) ? isa::UpdateEvent::kRead : isa::UpdateEvent::kComplete,
                       isa::UpdateOp::kSet});
    }
    stream.add(nop);
  }
  isa::Nop release;
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    if (s == master) continue;
    add_update(release, {semaphores_[kBarrier + s], 1, isa::UpdateEvent::kRead});
    isa::Nop held;
    add_wait(held, {semaphores_[kBarrier + s], 1, true});
    streams_[s].add(held);
  }
  stream.add(release);
}

std::optional<Launch> weave(const Capabilities& core, const Plan& plan) {
  Weaver weaver(core, plan);
  if (!weaver.run()) return std::nullopt;
  Launch launch;
  launch.windows = plan.windows;
  launch.watchdog = plan.watchdog;
  launch.trace_bytes = plan.trace_bytes;
  launch.disturbance = plan.disturbance;
  launch.expect = plan.expect;
  const bool halts = sabotage_streams(core, plan, weaver.streams(), launch);
  ProgramBuilder builder(core.partitions);
  for (StreamText& stream : weaver.streams()) {
    if (stream.empty() && weaver.random().one_in(2)) continue;
    for (const auto& words : stream.resolve()) builder.add_words(stream.engine(), words);
    const bool runs_off = !halts && launch.broken &&
                          launch.broken->first == static_cast<std::uint32_t>(stream.engine());
    if (!runs_off) builder.add(stream.engine(), isa::Halt{});
  }
  const ProgramImage image = builder.build();
  launch.image.assign(image.bytes().begin(), image.bytes().end());
  if (launch.image.size() > kImageRoom) return std::nullopt;
  if (plan.sabotage.kind == Sabotage::Kind::header) sabotage_header(plan, launch.image);
  return launch;
}

}  // namespace tinium::fuzz
