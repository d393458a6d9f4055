// SPDX-License-Identifier: Apache-2.0
//
// The DMA queues: checks, moving of bytes, and the time of their bursts.

#include <algorithm>
#include <bit>
#include <cstring>

#include "emulator.hpp"
#include "waits.hpp"

namespace tinium {
namespace {

using isa::Engine;
using isa::Fault;

constexpr std::uint32_t kFirstQueueClient = 4;
constexpr std::uint64_t kPageBytes = 4096;
constexpr std::size_t kLoad = 0;
constexpr std::size_t kStore = 1;

/// Lowest and highest value of a sum of products over the runs of a transfer.
template <typename Int, typename Step>
std::pair<Int, Int> extent(const std::array<std::uint32_t, 3>& num,
                           const std::array<Step, 3>& step) {
  Int low = 0;
  Int high = 0;
  for (std::size_t d = 0; d < num.size(); ++d) {
    const Int span = (static_cast<Int>(num[d]) - 1) * static_cast<Int>(step[d]);
    (span < 0 ? low : high) += span;
  }
  return {low, high};
}

template <typename Step>
std::int64_t at_run(const std::array<std::uint32_t, 3>& at, const std::array<Step, 3>& step) {
  std::int64_t sum = 0;
  for (std::size_t d = 0; d < at.size(); ++d) sum += std::int64_t{at[d]} * step[d];
  return sum;
}

/// The next run, i1 fastest; false behind the last.
bool next_run(std::array<std::uint32_t, 3>& at, const std::array<std::uint32_t, 3>& num) {
  for (std::size_t d = 0; d < at.size(); ++d) {
    if (++at[d] < num[d]) return true;
    at[d] = 0;
  }
  return false;
}

/// Words of `bus` bytes that hold [begin, begin + bytes).
std::uint64_t words(std::uint64_t begin, std::uint64_t bytes, std::uint64_t bus) {
  return (begin % bus + bytes + bus - 1) / bus;
}

}  // namespace

Emulator::Transfer Emulator::transfer_of(const InstructionWords& instruction, std::uint32_t index) {
  Transfer t;
  t.common = isa::decode_nop(instruction);
  t.index = index;
  t.opcode = static_cast<std::uint8_t>(instruction[0] & 0xFFu);
  if (static_cast<isa::Opcode>(t.opcode) == isa::Opcode::kDmaCopy) {
    const auto i = isa::decode_dma_copy(instruction);
    t.row_bytes = i.row_bytes;
    t.num = {i.num1, i.num2, i.num3};
    t.source = {i.src_offset,
                i.src_partition,
                {i.src_step1, i.src_step2, i.src_step3},
                {i.src_partition_step1, i.src_partition_step2, i.src_partition_step3}};
    t.sbuf = {i.dst_offset,
              i.dst_partition,
              {i.dst_step1, i.dst_step2, i.dst_step3},
              {i.dst_partition_step1, i.dst_partition_step2, i.dst_partition_step3}};
    return t;
  }
  const auto i = isa::decode_dma_load(instruction);  // fields of both directions are the same
  t.row_bytes = i.row_bytes;
  t.num = {i.num1, i.num2, i.num3};
  t.sbuf = {i.sbuf_offset,
            i.sbuf_partition,
            {i.sbuf_step1, i.sbuf_step2, i.sbuf_step3},
            {i.partition_step1, i.partition_step2, i.partition_step3}};
  t.slot = i.slot;
  t.dram_offset = i.dram_offset;
  t.dram_step = {i.dram_step1, i.dram_step2, i.dram_step3};
  if (i.transpose != 0) {
    t.element = 1u << i.element_log2;
  } else if (i.element_log2 != 0) {
    t.element = ~0u;  // illegal; found by check_transfer()
  }
  return t;
}

void Emulator::schedule_head(std::size_t index, Time time) {
  queues_[index].head_scheduled = true;
  post(EventKind::kHead, index, time);
}

void Emulator::schedule_generate(std::size_t index, Time time) {
  Queue& queue = queues_[index];
  if (queue.generate_scheduled) return;
  queue.generate_scheduled = true;
  post(EventKind::kGenerate, index, std::max(time, now_));
}

void Emulator::queue_head(std::size_t index) {
  Queue& queue = queues_[index];
  queue.head_scheduled = false;
  if (queue.waiting.empty()) return;
  const Transfer transfer = queue.waiting.front();
  queue.head_waits = !waits_met(transfer.common);
  UnitProfile& spent = profile(queue.unit);
  if (queue.head_waits) {
    if (queue.commands.empty()) spent.spend(isa::Cause::kOverhead, now_);
    return;  // wake_waiters() goes on
  }
  if (queue.commands.size() >= timing::kCommands) return;  // retire_commands() goes on
  // A command follows when the bursts of the one before have all been asked for.
  if (queue.next_made < queue.first_command + queue.commands.size()) return;  // resume_head()
  if (queue.commands.empty()) spent.spend(isa::Cause::kSemaphore, now_);
  const unsigned consumed = consume(transfer.common, queue.engine, transfer.index);
  check_transfer(queue, transfer);
  queue.waiting.pop_front();
  const Time offered = now_ + (consumed == 0 ? 0 : consumed + timing::kConsume);
  queue.head_free = offered + 1;
  if (queue.commands.empty()) spent.spend(isa::Cause::kOverhead, offered);
  Command fresh;
  fresh.transfer = transfer;
  fresh.bus_num = transfer.num;
  fresh.bus_bytes = transfer.row_bytes;
  for (std::size_t d = 0; d < 2; ++d) {
    if (transfer.num[d] != 1 &&
        transfer.dram_step[d] != static_cast<std::int64_t>(fresh.bus_bytes)) {
      break;
    }
    fresh.bus_bytes *= transfer.num[d];
    fresh.bus_num[d] = 1;
  }
  fresh.rows = rows_a_cycle(queue, transfer);
  queue.commands.push_back(fresh);
  trace(queue.unit, isa::TraceEvent::kBegin, offered, transfer.index, transfer.opcode);
  schedule_generate(index, std::max(offered + timing::kCommandToBurst, queue.burst_free));
  if (!queue.waiting.empty()) schedule_head(index, queue.head_free);
  // Room for what SyncE may be holding.
  Stream& sync = streams_[2];
  if (sync.queue_full && !sync.scheduled) schedule(2, offered + 1);
}

std::uint32_t Emulator::rows_a_cycle(const Queue& queue, const Transfer& t) const {
  const bool is_load = queue.engine == Engine::kDmaLoad;
  const std::uint32_t row = t.row_bytes;
  const std::uint32_t bus = config_.bus_bytes;
  const auto all_multiples = [&](std::int64_t first, const auto& steps, std::int64_t of) {
    return first % of == 0 && steps[1] % of == 0 && steps[2] % of == 0;
  };
  if ((!is_load && queue.engine != Engine::kDmaStore) || t.element != 0 || row >= bus ||
      !std::has_single_bit(row) || t.dram_step[0] != std::int64_t{row} || t.sbuf.step[0] != 0 ||
      t.sbuf.partition_step[0] != 1 || !all_multiples(t.sbuf.offset, t.sbuf.step, row)) {
    return 1;
  }
  // One element of every lane, or the beat.
  if (is_load && row <= timing::kSpreadBytes) return std::min(bus / row, config_.lanes);
  const std::uint32_t rows = bus / row;
  const bool fits = row >= timing::kBankBytes && rows <= timing::kMostRows &&
                    all_multiples(t.sbuf.partition, t.sbuf.partition_step, rows);
  return fits ? rows : 1;
}

void Emulator::check_transfer(const Queue& queue, const Transfer& t) {
  const auto fail = [&](Fault code, std::uint64_t at) { raise(code, queue.engine, t.index, at); };
  const bool is_copy = queue.engine == Engine::kDmaCopy;
  const bool is_load = queue.engine == Engine::kDmaLoad;
  bool legal = t.row_bytes != 0 && t.num[0] != 0 && t.num[1] != 0 && t.num[2] != 0;
  if (t.element != 0) {
    constexpr std::uint32_t kLargest = 4;
    legal = legal && is_load && t.element <= kLargest && t.row_bytes % t.element == 0 &&
            t.sbuf.partition % 32 == 0 && t.sbuf.offset % t.element == 0;
    for (std::size_t d = 0; d < t.num.size() && legal; ++d) {
      legal = t.sbuf.partition_step[d] == 0 &&
              t.sbuf.step[d] % static_cast<std::int64_t>(t.element) == 0;
    }
  }
  if (!legal) fail(Fault::kIllegalInstruction, 0);

  const auto check_sbuf = [&](const SbufSide& side, std::int64_t run_bytes,
                              std::int64_t run_partitions) {
    const auto [low, high] = extent<std::int64_t>(t.num, side.step);
    const auto [first, last] = extent<std::int64_t>(t.num, side.partition_step);
    const std::int64_t lowest = side.offset + low;
    const std::int64_t end = side.offset + high + run_bytes;
    if (side.partition + first < 0 ||
        side.partition + last + run_partitions > std::int64_t{config_.partitions} || lowest < 0 ||
        end > std::int64_t{config_.sbuf_bytes}) {
      fail(Fault::kSbufRange, static_cast<std::uint64_t>(lowest < 0 ? lowest : end - 1));
    }
  };
  if (is_copy) check_sbuf(t.source, t.row_bytes, 1);
  check_sbuf(t.sbuf, t.element != 0 ? t.element : t.row_bytes,
             t.element != 0 ? t.row_bytes / t.element : 1);
  if (is_copy) return;

  // The whole transfer within an open window, before the first byte moves. 128 bits, so that no
  // offset can wrap.
  const Slot& slot = slots_[t.slot];
  const auto [low, high] = extent<__int128>(t.num, t.dram_step);
  const __int128 lowest = t.dram_offset + low;
  const __int128 end = t.dram_offset + high + t.row_bytes;
  constexpr __int128 kAddressEnd = static_cast<__int128>(1) << 64;
  if (!(is_load ? slot.readable : slot.writable) || lowest < 0 || end > slot.bytes ||
      slot.base + end > kAddressEnd) {
    fail(Fault::kClosedWindow, slot.base + t.dram_offset);
  }
}

void Emulator::move_run(const Queue& queue, const Transfer& t,
                        const std::array<std::uint32_t, 3>& at) {
  const auto partition =
      static_cast<std::uint32_t>(t.sbuf.partition + at_run(at, t.sbuf.partition_step));
  const auto offset = static_cast<std::uint32_t>(t.sbuf.offset + at_run(at, t.sbuf.step));
  std::byte* local = sbuf(partition, offset);
  if (queue.engine == Engine::kDmaCopy) {
    std::memmove(
        local,
        sbuf(static_cast<std::uint32_t>(t.source.partition + at_run(at, t.source.partition_step)),
             static_cast<std::uint32_t>(t.source.offset + at_run(at, t.source.step))),
        t.row_bytes);
    return;
  }
  const std::uint64_t dram =
      slots_[t.slot].base + t.dram_offset + static_cast<std::uint64_t>(at_run(at, t.dram_step));
  // Outside memory its burst has failed; what a failed transfer leaves is undefined.
  if (!memory_.contains(dram, t.row_bytes)) return;
  if (queue.engine == Engine::kDmaStore) {
    memory_.write(dram, {local, t.row_bytes});
  } else if (t.element == 0) {
    memory_.read(dram, {local, t.row_bytes});
  } else {
    std::vector<std::byte> run(t.row_bytes);
    memory_.read(dram, run);
    for (std::uint32_t j = 0; j < t.row_bytes / t.element; ++j) {
      std::memcpy(sbuf(partition + j, offset), run.data() + std::size_t{j} * t.element, t.element);
    }
  }
}

std::uint32_t Emulator::advance_runs(const Queue& queue, Command& command, std::uint64_t length) {
  const bool is_load = queue.engine == Engine::kDmaLoad;
  const bool is_short = command.rows > 1;
  const Transfer& t = command.transfer;
  const std::uint64_t bus = config_.bus_bytes;
  std::uint64_t steps = 0;
  while (length > 0) {
    const std::uint64_t part = std::min<std::uint64_t>(length, t.row_bytes - command.run_bytes);
    length -= part;
    command.run_bytes += static_cast<std::uint32_t>(part);
    if (command.run_bytes < t.row_bytes) {
      steps += part / bus;
      break;
    }
    // The longer side of a run decides; a word that two runs share is read once, written twice.
    const std::uint64_t far = slots_[t.slot].base + t.dram_offset +
                              static_cast<std::uint64_t>(at_run(command.run, t.dram_step));
    const auto near = static_cast<std::uint64_t>(t.sbuf.offset + at_run(command.run, t.sbuf.step));
    const bool joined = command.bus_bytes != t.row_bytes && far % bus != 0;
    std::uint64_t far_words = words(far, t.row_bytes, bus) - (is_load && joined ? 1 : 0);
    std::uint64_t near_words = words(near, t.row_bytes, bus);
    if (t.element != 0) {  // the elements of all lanes at a time
      const std::uint64_t elements = t.row_bytes / t.element;
      near_words = (elements + config_.lanes - 1) / config_.lanes;
    }
    const std::uint64_t before = (t.row_bytes - part) / bus;
    const std::uint64_t all = std::max(far_words, near_words);
    // Of several rows that move together the last one counts.
    const std::uint32_t row = command.run[0] + 1;
    if (!is_short) {
      steps += all - std::min(before, all);
    } else if (row % command.rows == 0 || row == t.num[0]) {
      steps += 1;
    }
    move_run(queue, t, command.run);
    command.run_bytes = 0;
    next_run(command.run, t.num);
  }
  return static_cast<std::uint32_t>(steps);
}

void Emulator::generate_copies(std::size_t index) {
  Queue& queue = queues_[index];
  const std::uint64_t bus = config_.bus_bytes;
  queue.burst_free = std::max(now_, queue.burst_free);
  if (queue.next_made >= queue.first_command + queue.commands.size()) return;
  Command& command = queue.commands[queue.next_made - queue.first_command];
  const Transfer& t = command.transfer;
  constexpr int kRunsPerEvent = 256;  // the clock goes on in between
  for (int i = 0; i < kRunsPerEvent && !command.made; ++i) {
    const auto from =
        static_cast<std::uint64_t>(t.source.offset + at_run(command.run, t.source.step));
    const auto to = static_cast<std::uint64_t>(t.sbuf.offset + at_run(command.run, t.sbuf.step));
    // Nothing on the bus: as long as the longer side takes.
    const std::uint64_t cycles =
        std::max(words(from, t.row_bytes, bus), words(to, t.row_bytes, bus));
    queue.burst_free += cycles;
    queue.busy += cycles;
    move_run(queue, t, command.run);
    command.made = !next_run(command.run, t.num);
  }
  if (command.made) {
    command.outstanding = 1;
    queue.bursts.emplace_back(queue.next_made, ~0ull);
    post(EventKind::kTransfer, index, queue.burst_free,
         queue.first_burst + queue.bursts.size() - 1);
    ++queue.next_made;
  }
  if (queue.next_made < queue.first_command + queue.commands.size()) {
    schedule_generate(index, queue.burst_free);
  } else {
    resume_head(index);
  }
}

void Emulator::generate(std::size_t index) {
  Queue& queue = queues_[index];
  queue.generate_scheduled = false;
  if (queue.engine == Engine::kDmaCopy) {
    generate_copies(index);
    return;
  }
  const bool is_load = index == kLoad;
  const std::uint64_t bus = config_.bus_bytes;
  const std::uint64_t burst_bytes = timing::kBurstBeats * bus;
  Time at = std::max(now_, queue.burst_free);
  while (queue.outstanding < timing::kBursts) {
    if (queue.next_made >= queue.first_command + queue.commands.size()) break;
    Command& command = queue.commands[queue.next_made - queue.first_command];
    const Transfer& t = command.transfer;
    const std::uint64_t row = slots_[t.slot].base + t.dram_offset +
                              static_cast<std::uint64_t>(at_run(command.at, t.dram_step));
    const std::uint64_t address = row + command.done_bytes;
    const std::uint64_t length =
        std::min({command.bus_bytes - command.done_bytes, burst_bytes - address % burst_bytes,
                  kPageBytes - address % kPageBytes});
    const auto beats = static_cast<std::uint32_t>(words(address, length, bus));
    const std::uint32_t cost = advance_runs(queue, command, length);
    queue.beats += beats;
    queue.busy += std::max(beats, cost);
    const std::uint64_t first_beat = address - address % bus;
    const bool error = memory_.fails(first_beat, beats * bus, !is_load);
    queue.bursts.emplace_back(queue.next_made, error ? first_beat : ~0ull);
    const std::uint64_t number = queue.first_burst + queue.bursts.size() - 1;
    const Time ready = at + (is_load ? Time{options_.latency} : timing::kStoreHead);
    bus_push({ready, beats, std::max(beats, cost),
              kFirstQueueClient + static_cast<std::uint32_t>(index), number, !is_load});
    ++command.outstanding;
    ++command.unsent;
    ++queue.outstanding;
    at += 1;
    command.done_bytes += length;
    if (command.done_bytes == command.bus_bytes) {
      command.done_bytes = 0;
      if (!next_run(command.at, command.bus_num)) {
        command.made = true;
        ++queue.next_made;
      }
    }
  }
  queue.burst_free = at;
  resume_head(index);
}

void Emulator::resume_head(std::size_t index) {
  Queue& queue = queues_[index];
  if (queue.waiting.empty() || queue.head_scheduled || queue.head_waits) return;
  if (queue.next_made < queue.first_command + queue.commands.size()) return;
  schedule_head(index, std::max({now_, queue.head_free, queue.burst_free - 1}));
}

void Emulator::burst_sent(std::size_t index, std::uint64_t number, Time end) {
  Queue& queue = queues_[index];
  Command& command =
      queue.commands[queue.bursts[number - queue.first_burst].first - queue.first_command];
  if (--command.unsent != 0 || !command.made) return;
  post_updates(command.transfer.common, isa::UpdateEvent::kRead, queue.engine,
               command.transfer.index, end + timing::kUpdate);
}

void Emulator::burst_done(std::size_t index, std::uint64_t number, Time end) {
  Queue& queue = queues_[index];
  const auto [owner, address] = queue.bursts[number - queue.first_burst];
  Command& command = queue.commands[owner - queue.first_command];
  if (address != ~0ull) {
    raise(index == kLoad ? Fault::kBusRead : Fault::kBusWrite, queue.engine, command.transfer.index,
          address);
  }
  profile(queue.unit).spend(isa::Cause::kBus, end);
  --command.outstanding;
  command.last = end;
  if (queue.engine != Engine::kDmaCopy) --queue.outstanding;
  while (queue.first_burst <= number) {  // in order
    queue.bursts.pop_front();
    ++queue.first_burst;
  }
  retire_commands(index);
  if (queue.engine != Engine::kDmaCopy &&
      queue.next_made < queue.first_command + queue.commands.size()) {
    schedule_generate(index, end);
  }
}

void Emulator::retire_commands(std::size_t index) {
  Queue& queue = queues_[index];
  bool retired = false;
  while (!queue.commands.empty()) {
    Command& command = queue.commands.front();
    if (!command.made || command.outstanding != 0) break;
    const Transfer& t = command.transfer;
    const Time complete = command.last + (index == kStore ? timing::kStoreTail : timing::kLoadTail);
    if (index != kStore) {  // a store's came with its last beat
      post_updates(t.common, isa::UpdateEvent::kRead, queue.engine, t.index,
                   command.last + timing::kUpdate);
    }
    post_updates(t.common, isa::UpdateEvent::kComplete, queue.engine, t.index, complete);
    post(EventKind::kEnd, 0, complete);
    trace(queue.unit, isa::TraceEvent::kEnd, complete, t.index, t.opcode);
    queue.commands.pop_front();
    ++queue.first_command;
    retired = true;
  }
  if (!retired) return;
  if (!queue.waiting.empty() && !queue.head_scheduled && !queue.head_waits) {
    schedule_head(index, std::max(now_ + 1, queue.head_free));
  }
}

}  // namespace tinium
