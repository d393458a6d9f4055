// SPDX-License-Identifier: Apache-2.0

#include "emulator.hpp"

#include <algorithm>
#include <cstring>

#include "tinium/dtype.hpp"
#include "tinium/generated/records.hpp"
#include "tinium/numerics.hpp"
#include "words.hpp"

namespace tinium {
namespace {

using isa::Engine;
using isa::Fault;

/// Transfers that a DMA queue holds; SyncE waits when it is full.
constexpr std::size_t kDmaQueueDepth = 4;
/// Bursts have at most this many bytes and stay within 4 KiB, as the core's do.
constexpr std::uint64_t kBurstBytes = 1024;

std::uint32_t load_element(const std::byte* from, std::size_t size) {
  std::uint32_t value = 0;
  std::memcpy(&value, from, size);
  return value;
}

void fill_random(std::vector<std::byte>& bytes, std::uint64_t state) {
  for (auto& byte : bytes) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    byte = static_cast<std::byte>(state >> 56);
  }
}

bool wait_holds(std::uint32_t condition, std::uint32_t level, std::uint32_t value) {
  switch (static_cast<isa::WaitCondition>(condition)) {
    case isa::WaitCondition::kGe:
      return level >= value;
    case isa::WaitCondition::kEq:
      return level == value;
    case isa::WaitCondition::kNone:
      return true;
  }
  return true;
}

}  // namespace

Emulator::Emulator(const configs::Config& config, SparseMemory& memory)
    : config_(config),
      memory_(memory),
      psum_stride_(std::size_t{config.psum_banks} * isa::kPsumBankElements * 4),
      sbuf_(std::size_t{config.partitions} * config.sbuf_bytes),
      psum_(std::size_t{config.partitions} * psum_stride_) {
  // Nothing resets the memories of the core: what a program has not written is anything.
  fill_random(sbuf_, 1);
  fill_random(psum_, 2);
  streams_[0].engine = Engine::kTensor;
  streams_[1].engine = Engine::kVector;
  streams_[2].engine = Engine::kSync;
}

void Emulator::reset() {
  running_ = false;
  stuck_ = false;
  load_queue_.clear();
  store_queue_.clear();
}

std::uint64_t Emulator::cycles() const {
  return std::max<std::uint64_t>(rounds_, *std::max_element(busy_.begin(), busy_.end()));
}

void Emulator::raise(Fault code, Engine engine, std::uint32_t instruction, std::uint64_t address) {
  fault_ = {code, engine, instruction, address};
  throw Stop{};
}

void Emulator::start(std::uint64_t launch_record, std::uint64_t image) {
  running_ = true;
  stuck_ = false;
  record_ = launch_record;
  image_ = image;
  completion_ = 0;
  launch_id_ = 0;
  watchdog_ = 0;
  slots_ = {};
  for (Stream& stream : streams_) {
    stream.instructions.clear();
    stream.pc = 0;
    stream.active = false;
    stream.registers = {};
  }
  semaphores_ = {};
  load_queue_.clear();
  store_queue_.clear();
  stationary_.reset();
  fault_ = {};
  rounds_ = 0;
  busy_ = {};
  tensor_vectors_ = read_beats_ = write_beats_ = issued_ = 0;
  try {
    load_launch();
  } catch (const Stop&) {
    finish(isa::Status::kFault);
  }
}

void Emulator::load_launch() {
  using Record = records::LaunchRecord;
  using Header = records::ImageHeader;
  std::array<std::byte, Record::kBytes> record{};
  if (memory_.fails(record_, record.size(), false)) {
    raise(Fault::kBusRead, Engine::kLauncher, 0, record_);
  }
  memory_.read(record_, record);
  if (load_word(record, Record::kMagicWord) != Record::kMagic) {
    raise(Fault::kBadLaunch, Engine::kLauncher, 0, record_);
  }
  completion_ = load_pair(record, Record::kCompletionAddressWord);
  launch_id_ = load_word(record, Record::kLaunchIdWord);
  watchdog_ = load_pair(record, Record::kWatchdogCyclesWord);
  const std::uint32_t slot_count = load_word(record, Record::kSlotCountWord);
  if (load_word(record, Record::kMapVersionWord) >> 16 != isa::kMapVersion >> 16 ||
      slot_count > Record::kSlotCount) {
    raise(Fault::kBadLaunch, Engine::kLauncher, 0, record_);
  }
  for (std::uint32_t i = 0; i < slot_count; ++i) {
    const std::size_t word = Record::kSlotsWord + std::size_t{i} * Record::kSlotWords;
    const std::uint64_t length = load_pair(record, word + 2);
    slots_[i] = {load_pair(record, word), length & ~(3ull << 62), (length >> 62 & 1u) != 0,
                 (length >> 63 & 1u) != 0};
  }

  std::array<std::byte, Header::kBytes> header{};
  if (memory_.fails(image_, header.size(), false)) {
    raise(Fault::kBusRead, Engine::kLauncher, 0, image_);
  }
  memory_.read(image_, header);
  const std::uint64_t image_bytes = load_word(record, Record::kImageBytesWord);
  const std::uint64_t total = load_word(header, Header::kTotalBytesWord);
  if (load_word(header, Header::kMagicWord) != Header::kMagic ||
      load_word(header, Header::kMapVersionWord) >> 16 != isa::kMapVersion >> 16 ||
      load_word(header, Header::kPartitionsWord) != config_.partitions || total > image_bytes) {
    raise(Fault::kBadImage, Engine::kLauncher, 0, image_);
  }
  constexpr std::array<std::uint32_t, 3> kOffsets = {
      Header::kTensorOffsetWord, Header::kVectorOffsetWord, Header::kSyncOffsetWord};
  for (const auto& [word, engine] : {std::pair{Header::kScalarCountWord, Engine::kScalar},
                                     std::pair{Header::kGpsimdCountWord, Engine::kGpsimd}}) {
    if (load_word(header, word) != 0) raise(Fault::kIllegalInstruction, engine, 0, 0);
  }
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    const std::uint64_t offset = load_word(header, kOffsets[s]);
    const std::uint64_t count = load_word(header, kOffsets[s] + 1);
    if (count == 0) continue;
    if (offset % 64 != 0 || offset < Header::kBytes || offset + count * 64 > total) {
      raise(Fault::kBadImage, Engine::kLauncher, 0, image_);
    }
    streams_[s].base = image_ + offset;
    streams_[s].instructions.resize(count);
    streams_[s].active = true;
    if (memory_.fails(streams_[s].base, count * 64, false)) {
      raise(Fault::kBusRead, streams_[s].engine, 0, streams_[s].base);
    }
    memory_.read(streams_[s].base, std::as_writable_bytes(std::span(streams_[s].instructions)));
  }
}

void Emulator::finish(isa::Status status) {
  using Done = records::CompletionRecord;
  running_ = false;
  load_queue_.clear();
  store_queue_.clear();
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
  store_pair(record, Done::kCyclesWord, cycles());
  store_pair(record, Done::kTensorVectorsWord, tensor_vectors_);
  store_pair(record, Done::kVectorBusyWord, busy_[static_cast<std::size_t>(Engine::kVector)]);
  store_pair(record, Done::kDmaReadBeatsWord, read_beats_);
  store_pair(record, Done::kDmaWriteBeatsWord, write_beats_);
  store_pair(record, Done::kInstructionsWord, issued_);
  if (memory_.fails(completion_, record.size(), true)) {
    if (fault_.code == Fault::kNone) {
      fault_ = {Fault::kBusWrite, Engine::kLauncher, 0, completion_};
    }
    return;
  }
  memory_.write(completion_, record);
}

bool Emulator::run(std::uint64_t rounds) {
  for (std::uint64_t i = 0; i < rounds && running_ && !stuck_; ++i) {
    ++total_rounds_;
    try {
      const bool progress = turn();
      ++rounds_;
      if (!running_) break;
      if (!progress) {
        // Nobody can move: only the watchdog ends this.
        if (watchdog_ == 0) {
          stuck_ = true;
          return false;
        }
        rounds_ = std::max(rounds_, watchdog_);
        raise(Fault::kWatchdog, Engine::kLauncher, 0, 0);
      }
      if (watchdog_ != 0 && cycles() > watchdog_) raise(Fault::kWatchdog, Engine::kLauncher, 0, 0);
    } catch (const Stop&) {
      finish(isa::Status::kFault);
    }
  }
  return !running_;
}

bool Emulator::turn() {
  bool progress = false;
  for (Stream& stream : streams_) progress |= step(stream);
  progress |= step_queue(load_queue_, Engine::kDmaLoad);
  progress |= step_queue(store_queue_, Engine::kDmaStore);
  const bool ended = load_queue_.empty() && store_queue_.empty() &&
                     std::none_of(streams_.begin(), streams_.end(),
                                  [](const Stream& stream) { return stream.active; });
  if (ended) finish(isa::Status::kOk);
  return progress || ended;
}

template <typename Common>
bool Emulator::waits_met(const Common& i) const {
  return wait_holds(i.wait0_cond, semaphores_[i.wait0_sem], i.wait0_value) &&
         wait_holds(i.wait1_cond, semaphores_[i.wait1_sem], i.wait1_value);
}

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

template <typename Common>
void Emulator::consume(const Common& i, Engine engine, std::uint32_t index) {
  if (i.wait0_consume != 0 && i.wait0_cond != 0) {
    apply(i.wait0_sem, isa::UpdateOp::kSub, i.wait0_value, engine, index);
  }
  if (i.wait1_consume != 0 && i.wait1_cond != 0) {
    apply(i.wait1_sem, isa::UpdateOp::kSub, i.wait1_value, engine, index);
  }
}

template <typename Common>
void Emulator::update(const Common& i, isa::UpdateEvent event, Engine engine, std::uint32_t index) {
  if (i.update0_event == static_cast<std::uint32_t>(event)) {
    apply(i.update0_sem, static_cast<isa::UpdateOp>(i.update0_op), i.update0_value, engine, index);
  }
  if (i.update1_event == static_cast<std::uint32_t>(event)) {
    apply(i.update1_sem, static_cast<isa::UpdateOp>(i.update1_op), i.update1_value, engine, index);
  }
}

void Emulator::check_encoding(const Stream& stream, const InstructionWords& words) {
  const auto* info = find_instruction(static_cast<std::uint8_t>(words[0] & 0xFFu));
  const auto engine_bit = 1u << static_cast<unsigned>(stream.engine);
  bool legal = info != nullptr && (info->engines & engine_bit) != 0 && !has_reserved_bits(words);
  if (legal) {
    for (const auto& field : info->fields) {
      if (field.enum_names.empty()) continue;
      const std::uint64_t value = extract_field(field, words);
      legal = legal && std::any_of(field.enum_names.begin(), field.enum_names.end(),
                                   [&](const auto& code) { return code.code == value; });
    }
  }
  if (!legal) raise(Fault::kIllegalInstruction, stream.engine, stream.pc, 0);
  const auto common = isa::decode_nop(words);
  if ((common.wait0_sem | common.wait1_sem | common.update0_sem | common.update1_sem) >=
      isa::kSemaphores) {
    raise(Fault::kSemaphore, stream.engine, stream.pc, 0);
  }
}

bool Emulator::step(Stream& stream) {
  if (!stream.active) return false;
  if (stream.pc >= stream.instructions.size()) {
    raise(Fault::kFetchRange, stream.engine, stream.pc,
          stream.base + std::uint64_t{stream.pc} * 64);
  }
  const InstructionWords& words = stream.instructions[stream.pc];
  const std::uint32_t index = stream.pc;
  const Engine engine = stream.engine;
  check_encoding(stream, words);
  const auto common = isa::decode_nop(words);
  const auto opcode = static_cast<isa::Opcode>(common.opcode);
  const auto reg = [&](std::uint32_t number) { return stream.registers[number]; };
  const auto count_issue = [&] {
    ++issued_;
    ++busy_[static_cast<std::size_t>(engine)];
  };

  if (opcode == isa::Opcode::kDmaLoad || opcode == isa::Opcode::kDmaStore) {
    auto& queue = opcode == isa::Opcode::kDmaLoad ? load_queue_ : store_queue_;
    if (queue.size() >= kDmaQueueDepth) return false;
    isa::DmaLoad dma = isa::decode_dma_load(words);
    if (dma.dram_offset > ~0ull - reg(dma.reg_a)) {
      raise(Fault::kClosedWindow, engine, index, dma.dram_offset + reg(dma.reg_a));
    }
    dma.dram_offset += reg(dma.reg_a);
    const std::uint64_t offset = std::uint64_t{dma.sbuf_offset} + reg(dma.reg_b);
    if (offset >> 24 != 0) raise(Fault::kSbufRange, engine, index, offset);
    dma.sbuf_offset = static_cast<std::uint32_t>(offset);
    queue.push_back({dma, index});
    ++stream.pc;
    count_issue();
    return true;
  }

  if (!waits_met(common)) return false;
  consume(common, engine, index);
  const auto address = [&](std::uint64_t field, std::uint32_t number, unsigned bits, Fault code) {
    const std::uint64_t sum = field + reg(number);
    if (sum >> bits != 0) raise(code, engine, index, sum);
    return static_cast<std::uint32_t>(sum);
  };
  const auto space_fault = [](std::uint32_t space) {
    return space == static_cast<std::uint32_t>(isa::Space::kPsum) ? Fault::kPsumRange
                                                                  : Fault::kSbufRange;
  };
  count_issue();
  std::uint32_t next = index + 1;
  switch (opcode) {
    case isa::Opcode::kHalt:
      stream.active = false;
      break;
    case isa::Opcode::kNop:
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
      if (taken) next = i.target;
      break;
    }
    case isa::Opcode::kLoadStationary: {
      auto i = isa::decode_load_stationary(words);
      i.sbuf_offset = address(i.sbuf_offset, i.reg_a, 24, Fault::kSbufRange);
      load_stationary(i, index);
      break;
    }
    case isa::Opcode::kMultiplyMoving: {
      auto i = isa::decode_multiply_moving(words);
      i.sbuf_offset = address(i.sbuf_offset, i.reg_a, 24, Fault::kSbufRange);
      i.psum_offset = address(i.psum_offset, i.reg_b, 16, Fault::kPsumRange);
      multiply_moving(i, index);
      break;
    }
    case isa::Opcode::kTensorScalar: {
      auto i = isa::decode_tensor_scalar(words);
      i.src_offset = address(i.src_offset, i.reg_a, 24, space_fault(i.src_space));
      i.dst_offset = address(i.dst_offset, i.reg_b, 24, space_fault(i.dst_space));
      tensor_scalar(i, index);
      break;
    }
    case isa::Opcode::kTranspose:
    case isa::Opcode::kTensorTensor:
    case isa::Opcode::kMemset:
    case isa::Opcode::kTensorReduce:
    case isa::Opcode::kDmaCopy:
      raise(Fault::kIllegalInstruction, engine, index, 0);
      break;
    case isa::Opcode::kDmaLoad:
    case isa::Opcode::kDmaStore:
      break;  // above
  }
  update(common, isa::UpdateEvent::kRead, engine, index);
  update(common, isa::UpdateEvent::kComplete, engine, index);
  stream.pc = next;
  return true;
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

void Emulator::load_stationary(const isa::LoadStationary& i, std::uint32_t index) {
  const auto fail = [&](Fault code, std::uint64_t at) { raise(code, Engine::kTensor, index, at); };
  if (!partition_rule(i.partition_start, i.partitions) || i.columns == 0 || i.columns > 128) {
    fail(Fault::kIllegalInstruction, 0);
  }
  if (i.dtype == static_cast<std::uint32_t>(DType::int32)) fail(Fault::kDtype, 0);
  if (i.partition_start + i.partitions > config_.partitions) fail(Fault::kSbufRange, i.sbuf_offset);
  if (const auto at = pattern_error(i.sbuf_offset, size_of(static_cast<DType>(i.dtype)), i.step,
                                    i.columns, 0, 1)) {
    fail(Fault::kSbufRange, *at);
  }
  stationary_ = i;
}

void Emulator::multiply_moving(const isa::MultiplyMoving& i, std::uint32_t index) {
  const auto fail = [&](Fault code, std::uint64_t at) { raise(code, Engine::kTensor, index, at); };
  const std::uint64_t n = std::uint64_t{i.num0} * i.num1;
  if (!stationary_ || n == 0 || n > isa::kPsumBankElements ||
      i.partition_start != stationary_->partition_start ||
      !partition_rule(i.psum_partition, stationary_->columns)) {
    fail(Fault::kIllegalInstruction, 0);
  }
  const auto stationary_dtype = static_cast<DType>(stationary_->dtype);
  const auto moving_dtype = static_cast<DType>(i.dtype);
  if (!is_legal_pair(stationary_dtype, moving_dtype)) fail(Fault::kDtype, 0);
  const std::size_t size = size_of(moving_dtype);
  if (const auto at = pattern_error(i.sbuf_offset, size, i.step0, i.num0, i.step1, i.num1)) {
    fail(Fault::kSbufRange, *at);
  }
  const std::uint32_t m = stationary_->columns;
  if (i.psum_offset / isa::kPsumBankElements >= config_.psum_banks ||
      i.psum_offset % isa::kPsumBankElements + n > isa::kPsumBankElements ||
      i.psum_partition + m > config_.partitions) {
    fail(Fault::kPsumRange, i.psum_offset);
  }

  const std::uint32_t k = stationary_->partitions;
  const std::uint32_t first = i.partition_start;
  // The golden model takes elements that lie side by side; other patterns are gathered first.
  std::vector<std::byte> gathered_stationary;
  numerics::OperandTile stationary{sbuf(first, stationary_->sbuf_offset), config_.sbuf_bytes,
                                   stationary_dtype};
  if (stationary_->step != 1 && m > 1) {
    const std::size_t element = size_of(stationary_dtype);
    gathered_stationary.resize(std::size_t{k} * m * element);
    for (std::uint32_t p = 0; p < k; ++p) {
      for (std::uint32_t c = 0; c < m; ++c) {
        const std::int64_t offset =
            stationary_->sbuf_offset +
            std::int64_t{stationary_->step} * c * static_cast<std::int64_t>(element);
        std::memcpy(gathered_stationary.data() + (std::size_t{p} * m + c) * element,
                    sbuf(first + p, static_cast<std::uint32_t>(offset)), element);
      }
    }
    stationary.data = gathered_stationary.data();
    stationary.partition_stride = m * element;
  }
  std::vector<std::byte> gathered_moving;
  numerics::OperandTile moving{sbuf(first, i.sbuf_offset), config_.sbuf_bytes, moving_dtype};
  const bool contiguous = (i.num0 == 1 || i.step0 == 1) &&
                          (i.num1 == 1 || i.step1 == static_cast<std::int32_t>(i.num0));
  if (!contiguous) {
    gathered_moving.resize(std::size_t{k} * n * size);
    for (std::uint32_t p = 0; p < k; ++p) {
      for (std::uint32_t i1 = 0; i1 < i.num1; ++i1) {
        for (std::uint32_t i0 = 0; i0 < i.num0; ++i0) {
          const std::int64_t elements = std::int64_t{i.step0} * i0 + std::int64_t{i.step1} * i1;
          const std::int64_t offset = i.sbuf_offset + elements * static_cast<std::int64_t>(size);
          const std::size_t at = std::size_t{p} * n + std::size_t{i1} * i.num0 + i0;
          std::memcpy(gathered_moving.data() + at * size,
                      sbuf(first + p, static_cast<std::uint32_t>(offset)), size);
        }
      }
    }
    moving.data = gathered_moving.data();
    moving.partition_stride = n * size;
  }
  numerics::TileArgs args;
  args.stationary = stationary;
  args.moving = moving;
  args.psum = {psum(i.psum_partition, i.psum_offset), psum_stride_};
  args.k = k;
  args.m = m;
  args.n = n;
  args.overwrite = i.accumulate == 0;
  numerics::multiply(args);

  const std::uint64_t passes = std::uint64_t{(k + config_.rows - 1) / config_.rows} *
                               ((m + config_.cols - 1) / config_.cols) *
                               numerics::pair_plan(stationary_dtype, moving_dtype).pass_count;
  tensor_vectors_ += passes * n;
  busy_[static_cast<std::size_t>(Engine::kTensor)] +=
      passes * std::max<std::uint64_t>(n, config_.cols / config_.load_cols);
}

void Emulator::tensor_scalar(const isa::TensorScalar& i, std::uint32_t index) {
  const auto fail = [&](Fault code, std::uint64_t at) { raise(code, Engine::kVector, index, at); };
  const bool from_psum = i.src_space == static_cast<std::uint32_t>(isa::Space::kPsum);
  const std::uint64_t n = std::uint64_t{i.num0} * i.num1;
  if (!partition_rule(i.partition_start, i.partitions) || n == 0 || n > 0xFFFF ||
      i.dst_space != static_cast<std::uint32_t>(isa::Space::kSbuf)) {
    fail(Fault::kIllegalInstruction, 0);
  }
  numerics::EvictRule rule;
  rule.op0 = static_cast<numerics::VectorOp>(i.op0);
  rule.op1 = static_cast<numerics::VectorOp>(i.op1);
  rule.relu = i.relu != 0;
  const auto source = static_cast<DType>(i.src_dtype);
  const auto destination = static_cast<DType>(i.dst_dtype);
  rule.source = source == DType::int32 ? DType::int32 : DType::fp32;
  rule.destination = destination;
  const bool plain = i.op0 == 0 && i.op1 == 0 && i.relu == 0;
  // Integers are only moved: int32 as it is or saturated to int8, int8 as it is.
  const bool integers = is_integer(source) && is_integer(destination) && plain &&
                        (source == DType::int32 || destination == DType::int8);
  const bool floats = !is_integer(source) && !is_integer(destination);
  const bool in_psum = source == DType::fp32 || source == DType::int32;
  if ((!integers && !floats) || (from_psum && !in_psum)) fail(Fault::kDtype, 0);

  if (i.partition_start + i.partitions > config_.partitions) fail(Fault::kSbufRange, i.dst_offset);
  const std::size_t source_size = size_of(source);
  const std::size_t destination_size = size_of(destination);
  if (from_psum) {
    // Every element in the bank of the first.
    const std::int64_t word = i.src_offset % isa::kPsumBankElements;
    const std::int64_t span0 = std::int64_t{i.src_step0} * (std::int64_t{i.num0} - 1);
    const std::int64_t span1 = std::int64_t{i.src_step1} * (std::int64_t{i.num1} - 1);
    const std::int64_t low =
        word + std::min<std::int64_t>(span0, 0) + std::min<std::int64_t>(span1, 0);
    const std::int64_t high =
        word + std::max<std::int64_t>(span0, 0) + std::max<std::int64_t>(span1, 0);
    if (i.src_offset / isa::kPsumBankElements >= config_.psum_banks || low < 0 ||
        high >= isa::kPsumBankElements) {
      fail(Fault::kPsumRange, i.src_offset);
    }
  } else if (pattern_error(i.src_offset, source_size, i.src_step0, i.num0, i.src_step1, i.num1)) {
    fail(Fault::kSbufRange, i.src_offset);
  }
  if (pattern_error(i.dst_offset, destination_size, i.dst_step0, i.num0, i.dst_step1, i.num1)) {
    fail(Fault::kSbufRange, i.dst_offset);
  }
  const bool vector0 = i.operand0_kind != 0;
  const bool vector1 = i.operand1_kind != 0;
  for (const auto& [is_vector, offset] :
       {std::pair{vector0, i.operand0}, std::pair{vector1, i.operand1}}) {
    if (is_vector && (offset % 4 != 0 || offset > config_.sbuf_bytes - 4)) {
      fail(Fault::kSbufRange, offset);
    }
  }

  std::vector<std::uint32_t> results(n);
  for (std::uint32_t p = i.partition_start; p < i.partition_start + i.partitions; ++p) {
    rule.s0 = vector0 ? load_element(sbuf(p, i.operand0), 4) : i.operand0;
    rule.s1 = vector1 ? load_element(sbuf(p, i.operand1), 4) : i.operand1;
    std::size_t at = 0;
    for (std::uint32_t i1 = 0; i1 < i.num1; ++i1) {
      for (std::uint32_t i0 = 0; i0 < i.num0; ++i0, ++at) {
        const std::int64_t elements =
            std::int64_t{i.src_step0} * i0 + std::int64_t{i.src_step1} * i1;
        std::uint32_t bits = 0;
        if (from_psum) {
          bits = load_element(psum(p, static_cast<std::uint32_t>(i.src_offset + elements)), 4);
        } else {
          const std::int64_t offset =
              i.src_offset + elements * static_cast<std::int64_t>(source_size);
          bits = load_element(sbuf(p, static_cast<std::uint32_t>(offset)), source_size);
          if (!is_integer(source)) bits = to_fp32(source, bits);
        }
        // INT8 reaches here only to be copied.
        results[at] = source == DType::int8 ? bits : numerics::evict(rule, bits);
      }
    }
    at = 0;
    for (std::uint32_t i1 = 0; i1 < i.num1; ++i1) {
      for (std::uint32_t i0 = 0; i0 < i.num0; ++i0, ++at) {
        const std::int64_t elements =
            std::int64_t{i.dst_step0} * i0 + std::int64_t{i.dst_step1} * i1;
        const std::int64_t offset =
            i.dst_offset + elements * static_cast<std::int64_t>(destination_size);
        std::memcpy(sbuf(p, static_cast<std::uint32_t>(offset)), &results[at], destination_size);
      }
    }
  }
  busy_[static_cast<std::size_t>(Engine::kVector)] +=
      n * ((i.partitions + config_.vector_lanes - 1) / config_.vector_lanes);
}

bool Emulator::step_queue(std::deque<QueuedTransfer>& queue, Engine engine) {
  if (queue.empty()) return false;
  const QueuedTransfer head = queue.front();
  if (!waits_met(head.dma)) return false;
  consume(head.dma, engine, head.index);
  transfer(head.dma, engine, head.index);
  queue.pop_front();
  update(head.dma, isa::UpdateEvent::kRead, engine, head.index);
  update(head.dma, isa::UpdateEvent::kComplete, engine, head.index);
  return true;
}

void Emulator::transfer(const isa::DmaLoad& i, Engine engine, std::uint32_t index) {
  const auto fail = [&](Fault code, std::uint64_t at) { raise(code, engine, index, at); };
  const bool is_load = engine == Engine::kDmaLoad;
  if (i.row_bytes == 0 || i.num1 == 0) fail(Fault::kIllegalInstruction, 0);

  // SBUF side: every row within a partition of the core.
  const std::int64_t last = std::int64_t{i.num1} - 1;
  const std::int64_t sbuf_first = i.sbuf_offset;
  const std::int64_t sbuf_last = sbuf_first + last * i.sbuf_step1;
  const std::int64_t sbuf_low = std::min(sbuf_first, sbuf_last);
  const std::int64_t sbuf_high = std::max(sbuf_first, sbuf_last) + i.row_bytes;
  if (i.sbuf_partition + (i.partition_step1 != 0 ? i.num1 - 1 : 0) >= config_.partitions ||
      sbuf_low < 0 || sbuf_high > static_cast<std::int64_t>(config_.sbuf_bytes)) {
    fail(Fault::kSbufRange, static_cast<std::uint64_t>(sbuf_low < 0 ? sbuf_low : sbuf_high - 1));
  }

  // DRAM side: the whole transfer within an open window, before the first byte moves. 128 bits, so
  // that no offset can wrap.
  const Slot& slot = slots_[i.slot];
  const __int128 dram_first = i.dram_offset;
  const __int128 dram_last = dram_first + static_cast<__int128>(last) * i.dram_step1;
  const __int128 dram_low = std::min(dram_first, dram_last);
  const __int128 dram_high = std::max(dram_first, dram_last) + i.row_bytes;
  if (!(is_load ? slot.readable : slot.writable) || dram_low < 0 || dram_high > slot.bytes) {
    fail(Fault::kClosedWindow, slot.base + i.dram_offset);
  }

  auto& beats = is_load ? read_beats_ : write_beats_;
  for (std::uint32_t row = 0; row < i.num1; ++row) {
    const std::uint64_t dram =
        slot.base + i.dram_offset + static_cast<std::uint64_t>(std::int64_t{row} * i.dram_step1);
    const std::int64_t offset = i.sbuf_offset + std::int64_t{row} * i.sbuf_step1;
    const std::uint32_t partition = i.sbuf_partition + (i.partition_step1 != 0 ? row : 0);
    std::byte* local = sbuf(partition, static_cast<std::uint32_t>(offset));
    for (std::uint64_t done = 0; done < i.row_bytes;) {
      const std::uint64_t at = dram + done;
      const std::uint64_t length =
          std::min({std::uint64_t{i.row_bytes} - done, kBurstBytes, 4096 - at % 4096});
      if (memory_.fails(at, length, !is_load)) {
        fail(is_load ? Fault::kBusRead : Fault::kBusWrite, at);
      }
      if (is_load) {
        memory_.read(at, {local + done, length});
      } else {
        memory_.write(at, {local + done, length});
      }
      const std::uint64_t bus = config_.bus_bytes;
      beats += (at % bus + length + bus - 1) / bus;
      done += length;
    }
  }
  busy_[static_cast<std::size_t>(engine)] = read_beats_ + write_beats_;
}

}  // namespace tinium
