// SPDX-License-Identifier: Apache-2.0
//
// A launch from doorbell to completion record: launcher, events, bus, deadlock, counters, trace.

#include "emulator.hpp"

#include <algorithm>
#include <cstring>

#include "tinium/dtype.hpp"
#include "tinium/generated/records.hpp"
#include "waits.hpp"
#include "words.hpp"

namespace tinium {
namespace {

using isa::Engine;
using isa::Fault;

constexpr std::uint32_t kLauncherClient = 0;
constexpr std::uint32_t kFirstStreamClient = 1;
constexpr std::uint32_t kFirstQueueClient = 4;
constexpr std::uint64_t kPageBytes = 4096;
constexpr std::uint64_t kLineBytes = 64;

void fill_random(std::vector<std::byte>& bytes, std::uint64_t state) {
  for (auto& byte : bytes) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    byte = static_cast<std::byte>(state >> 56);
  }
}

}  // namespace

Emulator::Emulator(const configs::Config& config, SparseMemory& memory, const Options& options)
    : config_(config),
      memory_(memory),
      options_(options),
      psum_stride_(std::size_t{config.psum_banks} * isa::kPsumBankElements * 4),
      sbuf_(std::size_t{config.partitions} * config.sbuf_bytes),
      psum_(std::size_t{config.partitions} * psum_stride_) {
  // Nothing resets the memories of the core: what a program has not written is anything.
  fill_random(sbuf_, 1);
  fill_random(psum_, 2);
  constexpr std::array<std::pair<Engine, isa::Unit>, kStreams> kStreamUnits = {
      std::pair{Engine::kTensor, isa::Unit::kTensor},
      std::pair{Engine::kVector, isa::Unit::kVector}, std::pair{Engine::kSync, isa::Unit::kSync}};
  constexpr std::array<std::pair<Engine, isa::Unit>, kQueues> kQueueUnits = {
      std::pair{Engine::kDmaLoad, isa::Unit::kDmaLoad},
      std::pair{Engine::kDmaStore, isa::Unit::kDmaStore},
      std::pair{Engine::kDmaCopy, isa::Unit::kDmaCopy}};
  for (std::size_t i = 0; i < kStreams; ++i) {
    streams_[i].engine = kStreamUnits[i].first;
    streams_[i].unit = kStreamUnits[i].second;
  }
  for (std::size_t i = 0; i < kQueues; ++i) {
    queues_[i].engine = kQueueUnits[i].first;
    queues_[i].unit = kQueueUnits[i].second;
  }
}

void Emulator::reset() {
  if (running_) total_cycles_ += now_;
  running_ = false;
  now_ = 0;
}

void Emulator::raise(Fault code, Engine engine, std::uint32_t instruction, std::uint64_t address) {
  fault_ = {code, engine, instruction, address};
  throw Stop{};
}

void Emulator::post(Event event) {
  event.order = order_++;
  events_.push_back(event);
  std::push_heap(events_.begin(), events_.end(), Later{});
}

void Emulator::post(EventKind kind, std::size_t index, Time time, std::uint64_t tag) {
  Event event;
  event.kind = kind;
  event.index = static_cast<std::uint8_t>(index);
  event.time = time;
  event.tag = tag;
  post(event);
}

void Emulator::start(std::uint64_t launch_record, std::uint64_t image) {
  running_ = true;
  now_ = 0;
  events_.clear();
  order_ = 0;
  bus_.clear();
  bus_event_ = BusModel::kNever;
  record_ = launch_record;
  image_ = image;
  completion_ = 0;
  launch_id_ = 0;
  watchdog_ = 0;
  trace_address_ = 0;
  trace_bytes_ = 0;
  slots_ = {};
  for (Stream& stream : streams_) {
    Stream fresh;
    fresh.engine = stream.engine;
    fresh.unit = stream.unit;
    fresh.lines = std::move(stream.lines);
    fresh.verdicts = std::move(stream.verdicts);
    fresh.arrivals = std::move(stream.arrivals);
    fresh.lines.resize(config_.queue_depth);
    fresh.verdicts.resize(config_.queue_depth);
    fresh.arrivals.resize(config_.queue_depth);
    stream = std::move(fresh);
  }
  semaphores_ = {};
  for (Queue& queue : queues_) {
    Queue fresh;
    fresh.engine = queue.engine;
    fresh.unit = queue.unit;
    queue = std::move(fresh);
  }
  stationary_.reset();
  tensor_ = {};
  vector_ = {};
  fault_ = {};
  first_issue_ = first_mac_ = last_sbuf_write_ = 0;
  tensor_vectors_ = vector_busy_ = issued_ = 0;
  for (UnitProfile& unit : profile_) unit.clear();
  trace_.clear();

  if (record_ % kDeviceAlignment != 0) {
    // Nothing to read; no place for a completion record either.
    fault_ = {Fault::kBadLaunch, Engine::kLauncher, 0, record_};
    finish(isa::Status::kFault);
    return;
  }
  // Record and header are asked for at once; behind the header, in the same burst, the first
  // instructions of the streams, as far as its 4 KiB page goes.
  const auto beats = [&](std::uint32_t lines) {
    return static_cast<std::uint32_t>(lines * kLineBytes / config_.bus_bytes);
  };
  constexpr std::uint32_t kRecordLines = records::LaunchRecord::kBytes / kLineBytes;
  const bool image_asked = image_ % kDeviceAlignment == 0;
  window_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(
      timing::window(config_), (kPageBytes - 1 - image_ % kPageBytes) / kLineBytes));
  window_come_ = 0;
  launch_bursts_ = image_asked ? 2 : 1;
  const Time latency = options_.latency;
  bus_push({timing::kDoorbellToRecord + latency, beats(kRecordLines), beats(kRecordLines),
            kLauncherClient, 0, false});
  if (image_asked) {
    const Time ready = timing::kDoorbellToRecord + timing::kRecordToImage + latency;
    for (std::uint32_t line = 0; line <= window_; ++line) {
      bus_push({ready, beats(1), beats(1), kLauncherClient, 1 + line, false});
    }
  }
}

void Emulator::decide() {
  using Record = records::LaunchRecord;
  using Header = records::ImageHeader;
  const auto bad_launch = [&](std::uint64_t address) {
    raise(Fault::kBadLaunch, Engine::kLauncher, 0, address);
  };
  // Line by line, so that an error names its line.
  std::array<std::byte, Record::kBytes> record{};
  std::optional<std::uint64_t> failed;
  if (memory_.fails(record_, record.size(), false)) {
    failed = record_;
  } else {
    memory_.read(record_, record);
  }
  const bool magic = !failed && load_word(record, Record::kMagicWord) == Record::kMagic;
  if (magic) {
    const std::uint64_t completion = load_pair(record, Record::kCompletionAddressWord);
    constexpr std::uint64_t kCompletionAlignment = 1024;
    if (completion % kCompletionAlignment == 0) completion_ = completion;
    launch_id_ = load_word(record, Record::kLaunchIdWord);
  }
  if (failed) raise(Fault::kBusRead, Engine::kLauncher, 0, *failed);
  if (!magic) bad_launch(record_);
  watchdog_ = load_pair(record, Record::kWatchdogCyclesWord);
  const std::uint32_t slot_count = load_word(record, Record::kSlotCountWord);
  if (load_word(record, Record::kMapVersionWord) >> 16 != isa::kMapVersion >> 16 ||
      slot_count > Record::kSlotCount || completion_ == 0) {
    bad_launch(record_);
  }
  const std::uint64_t trace_address = load_pair(record, Record::kTraceAddressWord);
  const std::uint32_t trace_bytes = load_word(record, Record::kTraceBytesWord);
  if (trace_bytes % kLineBytes != 0 || (trace_bytes != 0 && trace_address % kLineBytes != 0)) {
    bad_launch(record_);
  }
  trace_address_ = trace_address;
  trace_bytes_ = trace_bytes;
  for (std::uint32_t i = 0; i < slot_count; ++i) {
    const std::size_t word = Record::kSlotsWord + std::size_t{i} * Record::kSlotWords;
    const std::uint64_t length = load_pair(record, word + 2);
    slots_[i] = {load_pair(record, word), length & ~(3ull << 62), (length >> 62 & 1u) != 0,
                 (length >> 63 & 1u) != 0};
  }

  const auto bad_image = [&] { raise(Fault::kBadImage, Engine::kLauncher, 0, image_); };
  if (image_ % kDeviceAlignment != 0) bad_image();
  std::array<std::byte, Header::kBytes> header{};
  if (memory_.fails(image_, (1 + window_) * kLineBytes, false)) {
    raise(Fault::kBusRead, Engine::kLauncher, 0, image_);
  }
  memory_.read(image_, header);
  const std::uint64_t image_bytes = load_word(record, Record::kImageBytesWord);
  const std::uint64_t total = load_word(header, Header::kTotalBytesWord);
  if (load_word(header, Header::kMagicWord) != Header::kMagic ||
      load_word(header, Header::kMapVersionWord) >> 16 != isa::kMapVersion >> 16 ||
      load_word(header, Header::kPartitionsWord) != config_.partitions || total > image_bytes) {
    bad_image();
  }
  for (const auto& [word, engine] : {std::pair{Header::kScalarCountWord, Engine::kScalar},
                                     std::pair{Header::kGpsimdCountWord, Engine::kGpsimd}}) {
    if (load_word(header, word) != 0) raise(Fault::kIllegalInstruction, engine, 0, 0);
  }
  constexpr std::array<std::uint32_t, kStreams> kOffsets = {
      Header::kTensorOffsetWord, Header::kVectorOffsetWord, Header::kSyncOffsetWord};
  for (const std::uint32_t word : kOffsets) {
    const std::uint64_t offset = load_word(header, word);
    const std::uint64_t count = load_word(header, word + 1);
    if (count == 0) continue;
    if (offset % kLineBytes != 0 || offset < Header::kBytes ||
        offset + count * kLineBytes > total) {
      bad_image();
    }
  }
  for (std::size_t s = 0; s < kStreams; ++s) {
    const std::uint32_t offset = load_word(header, kOffsets[s]);
    const std::uint32_t count = load_word(header, kOffsets[s] + 1);
    if (count == 0) continue;
    start_stream(s, image_ + offset, count);
  }
}

void Emulator::finish(isa::Status status) {
  using Done = records::CompletionRecord;
  running_ = false;
  cycles_ = now_ + timing::kQuiet;
  total_cycles_ += cycles_;
  now_ = 0;
  write_trace();
  if (fault_.code != Fault::kNone) status = isa::Status::kFault;
  if (completion_ == 0) return;
  std::array<std::byte, Done::kBytes> record{};
  store_word(record, Done::kMagicWord, Done::kMagic);
  store_word(record, Done::kMapVersionWord, isa::kMapVersion);
  store_word(record, Done::kLaunchIdWord, launch_id_);
  store_word(record, Done::kStatusWord, static_cast<std::uint32_t>(status));
  store_word(record, Done::kFaultCodeWord, static_cast<std::uint32_t>(fault_.code));
  store_word(record, Done::kFaultEngineWord, static_cast<std::uint32_t>(fault_.engine));
  store_word(record, Done::kFaultInstructionWord, fault_.instruction);
  store_word(record, Done::kConfigIdWord, config_.id);
  store_pair(record, Done::kFaultAddressWord, fault_.address);
  store_pair(record, Done::kCyclesWord, cycles_);
  store_pair(record, Done::kFirstIssueWord, first_issue_);
  store_pair(record, Done::kFirstMacWord, first_mac_);
  store_pair(record, Done::kLastSbufWriteWord, last_sbuf_write_);
  store_pair(record, Done::kTensorVectorsWord, tensor_vectors_);
  store_pair(record, Done::kVectorBusyWord, vector_busy_);
  store_pair(record, Done::kDmaReadBeatsWord, queues_[0].beats);
  store_pair(record, Done::kDmaWriteBeatsWord, queues_[1].beats);
  store_pair(record, Done::kInstructionsWord, issued_);
  store_pair(record, Done::kTraceEventsWord, trace_.size());
  for (std::size_t unit = 0; unit < profile_.size(); ++unit) {
    auto totals = profile_[unit].totals(cycles_, isa::Cause::kEnded);
    if (unit >= kStreams) {
      // Part of the time with something in flight is work.
      auto& bus = totals[static_cast<std::size_t>(isa::Cause::kBus)];
      const std::uint64_t busy = std::min(bus, queues_[unit - kStreams].busy);
      bus -= busy;
      totals[static_cast<std::size_t>(isa::Cause::kBusy)] += busy;
    }
    for (std::size_t cause = 0; cause < totals.size(); ++cause) {
      store_pair(record, Done::kProfileWord + 2 * (totals.size() * unit + cause), totals[cause]);
    }
  }
  if (status == isa::Status::kFault) {
    for (std::size_t unit = 0; unit < profile_.size(); ++unit) {
      const Blocked what = blocked(unit);
      if (!what.waits) continue;
      const std::size_t word = Done::kBlockedWord + 4 * unit;
      store_word(record, word, what.instruction);
      store_word(record, word + 1, 1u << 31 | what.condition << 8 | what.semaphore);
      store_word(record, word + 2, what.value);
      store_word(record, word + 3, what.level);
    }
  }
  if (memory_.fails(completion_, record.size(), true)) {
    if (fault_.code == Fault::kNone) {
      fault_ = {Fault::kBusWrite, Engine::kLauncher, 0, completion_};
    }
    return;
  }
  memory_.write(completion_, record);
}

bool Emulator::run(std::uint64_t events) {
  for (std::uint64_t i = 0; i < events && running_; ++i) {
    try {
      if (events_.empty()) {
        const bool ended = std::none_of(streams_.begin(), streams_.end(),
                                        [](const Stream& stream) { return stream.active; }) &&
                           std::all_of(queues_.begin(), queues_.end(), [](const Queue& queue) {
                             return queue.waiting.empty() && queue.commands.empty();
                           });
        if (!ended) deadlock();
        finish(isa::Status::kOk);
        break;
      }
      const Event event = events_.front();
      std::pop_heap(events_.begin(), events_.end(), Later{});
      events_.pop_back();
      if (event.kind == EventKind::kBus && event.tag != bus_event_) continue;
      if (watchdog_ != 0 && event.time > watchdog_) {
        now_ = watchdog_;
        raise(Fault::kWatchdog, Engine::kLauncher, 0, 0);
      }
      now_ = event.time;
      dispatch(event);
    } catch (const Stop&) {
      finish(isa::Status::kFault);
    }
  }
  return !running_;
}

void Emulator::dispatch(const Event& event) {
  switch (event.kind) {
    case EventKind::kDecide:
      decide();
      break;
    case EventKind::kStep:
      step(event.index);
      break;
    case EventKind::kHead:
      queue_head(event.index);
      break;
    case EventKind::kGenerate:
      generate(event.index);
      break;
    case EventKind::kBus:
      bus_event_ = BusModel::kNever;
      bus_step();
      break;
    case EventKind::kResponse:
    case EventKind::kTransfer:
      burst_done(event.index, event.tag, event.time);
      break;
    case EventKind::kUpdate:
      apply(event.semaphore, event.op, event.value, event.engine, event.instruction);
      wake_waiters();
      break;
    case EventKind::kEnd:
      break;
  }
}

void Emulator::bus_push(const BusModel::Burst& burst) {
  bus_.push(burst);
  const Time next = bus_.next();
  if (next < bus_event_) {
    bus_event_ = next;
    post(EventKind::kBus, 0, std::max(next, now_), next);
  }
}

void Emulator::bus_step() {
  bus_done_.clear();
  bus_.advance(now_, bus_done_);
  const auto done = bus_done_;
  for (const BusModel::Burst& burst : done) {
    if (burst.client == kLauncherClient) {
      if (burst.tag > 1) {
        take_window_line(static_cast<std::uint32_t>(burst.tag - 1));
      } else if (--launch_bursts_ == 0) {
        post(EventKind::kDecide, 0, burst.end + timing::kHeaderToStart);
      }
    } else if (burst.client < kFirstQueueClient) {
      take_line(burst.client - kFirstStreamClient, burst.tag);
    } else if (burst.is_write) {
      burst_sent(burst.client - kFirstQueueClient, burst.tag, burst.end);
      post(EventKind::kResponse, burst.client - kFirstQueueClient, burst.end + options_.latency,
           burst.tag);
    } else {
      burst_done(burst.client - kFirstQueueClient, burst.tag, burst.end);
    }
  }
  const Time next = bus_.next();
  if (next != BusModel::kNever && next < bus_event_) {
    bus_event_ = next;
    post(EventKind::kBus, 0, std::max(next, now_), next);
  }
}

Emulator::Blocked Emulator::blocked(std::size_t unit) const {
  isa::Nop head;
  std::uint32_t index = 0;
  if (unit < kStreams) {
    const Stream& stream = streams_[unit];
    if (!stream.active || !stream.waits) return {};
    head = isa::decode_nop(stream.lines[stream.pc % config_.queue_depth]);
    index = stream.pc;
  } else {
    const Queue& queue = queues_[unit - kStreams];
    if (!queue.head_waits) return {};
    head = queue.waiting.front().common;
    index = queue.waiting.front().index;
  }
  if (waits_met(head)) return {};
  isa::Nop first = head;
  first.wait1_cond = 0;
  if (!waits_met(first)) {
    return {true,
            index,
            head.wait0_sem,
            head.wait0_cond,
            head.wait0_value,
            semaphores_[head.wait0_sem]};
  }
  return {
      true, index, head.wait1_sem, head.wait1_cond, head.wait1_value, semaphores_[head.wait1_sem]};
}

void Emulator::deadlock() {
  now_ += timing::kDeadlock;
  if (watchdog_ != 0 && now_ > watchdog_) {
    now_ = watchdog_;
    raise(Fault::kWatchdog, Engine::kLauncher, 0, 0);
  }
  for (std::size_t unit = 0; unit < profile_.size(); ++unit) {
    const Blocked what = blocked(unit);
    if (!what.waits) continue;
    const Engine engine = unit < kStreams ? streams_[unit].engine : queues_[unit - kStreams].engine;
    raise(Fault::kDeadlock, engine, what.instruction, what.semaphore);
  }
  raise(Fault::kDeadlock, Engine::kLauncher, 0, 0);
}

void Emulator::trace(isa::Unit unit, isa::TraceEvent event, Time time, std::uint32_t instruction,
                     std::uint32_t opcode) {
  if (trace_bytes_ != 0) trace_.push_back({time, unit, event, instruction, opcode});
}

void Emulator::write_trace() {
  using Record = records::TraceEvent;
  // What had not happened when a fault stopped the core did not happen.
  std::erase_if(trace_, [&](const Traced& event) { return event.time > cycles_; });
  std::stable_sort(trace_.begin(), trace_.end(), [](const Traced& a, const Traced& b) {
    return a.time != b.time ? a.time < b.time : a.unit < b.unit;
  });
  const std::uint64_t room = trace_bytes_ / Record::kBytes;
  constexpr std::uint64_t kPerLine = kLineBytes / Record::kBytes;
  const std::uint64_t lines = (trace_.size() + kPerLine - 1) / kPerLine;
  for (std::uint64_t i = 0; i < lines; ++i) {
    const std::uint64_t address = trace_address_ + i * kLineBytes % trace_bytes_;
    if (memory_.fails(address, kLineBytes, true)) {
      if (fault_.code == Fault::kNone) fault_ = {Fault::kBusWrite, Engine::kLauncher, 0, address};
      return;
    }
    if ((lines - i) * kPerLine > room) continue;  // written over later
    std::array<std::byte, kLineBytes> line;
    line.fill(std::byte{0xFF});
    for (std::uint64_t j = 0; j < kPerLine && i * kPerLine + j < trace_.size(); ++j) {
      const Traced& event = trace_[i * kPerLine + j];
      const auto bytes = std::span(line).subspan(j * Record::kBytes, Record::kBytes);
      store_word(bytes, Record::kTimeLowWord, static_cast<std::uint32_t>(event.time));
      store_word(bytes, Record::kTagWord,
                 static_cast<std::uint32_t>(event.time >> 32 & 0xFFFFu) |
                     static_cast<std::uint32_t>(event.unit) << 16 |
                     static_cast<std::uint32_t>(event.event) << 20);
      store_word(bytes, Record::kInstructionWord, event.instruction);
      store_word(bytes, Record::kArgumentWord, event.opcode);
    }
    memory_.write(address, line);
  }
}

bool Emulator::partition_rule(std::uint32_t start, std::uint32_t count) {
  if (count == 0 || count > 128 || start % 32 != 0 || start > 96) return false;
  if (count > 64) return start == 0;
  if (count > 32) return start == 0 || start == 64;
  return true;
}

std::optional<std::uint64_t> Emulator::pattern_error(std::uint32_t offset, std::size_t size,
                                                     std::int64_t step0, std::uint32_t num0,
                                                     std::int64_t step1, std::uint32_t num1) const {
  if (offset % size != 0) return offset;
  const auto bytes = static_cast<std::int64_t>(size);
  const std::int64_t span0 = step0 * (std::int64_t{num0} - 1) * bytes;
  const std::int64_t span1 = step1 * (std::int64_t{num1} - 1) * bytes;
  const std::int64_t low =
      offset + std::min<std::int64_t>(span0, 0) + std::min<std::int64_t>(span1, 0);
  const std::int64_t high =
      offset + std::max<std::int64_t>(span0, 0) + std::max<std::int64_t>(span1, 0);
  if (low < 0) return static_cast<std::uint64_t>(low);
  if (high + bytes > static_cast<std::int64_t>(config_.sbuf_bytes)) {
    return static_cast<std::uint64_t>(high);
  }
  return std::nullopt;
}

bool Emulator::bank_error(std::uint32_t word, std::int64_t step0, std::uint32_t num0,
                          std::int64_t step1, std::uint32_t num1) const {
  const std::int64_t first = word % isa::kPsumBankElements;
  const std::int64_t span0 = step0 * (std::int64_t{num0} - 1);
  const std::int64_t span1 = step1 * (std::int64_t{num1} - 1);
  const std::int64_t low =
      first + std::min<std::int64_t>(span0, 0) + std::min<std::int64_t>(span1, 0);
  const std::int64_t high =
      first + std::max<std::int64_t>(span0, 0) + std::max<std::int64_t>(span1, 0);
  return word / isa::kPsumBankElements >= config_.psum_banks || low < 0 ||
         high >= isa::kPsumBankElements;
}

}  // namespace tinium
