// SPDX-License-Identifier: Apache-2.0
//
// Running; duel_judge.cpp compares.

#include "fuzz/duel.hpp"

#include <cstring>

#include "fuzz/footprint.hpp"
#include "tinium/generated/registers.hpp"
#include "tinium/schedule.hpp"

namespace tinium::fuzz {
namespace {

constexpr std::uint32_t kKnownBytes = 16 * 1024;
constexpr std::uint32_t kKnownOut = 8 * 1024;
/// Bounds of the simulated memory, for errors anywhere.
constexpr DeviceAddress kAllMemory{0};
constexpr std::uint64_t kAllBytes = ~0ull;

/// Contents of memories: any bits, ordinary numbers, or many special values.
class Filler {
 public:
  explicit Filler(std::uint64_t seed) : random_(seed) { kind_ = random_.below(5); }

  void fill(std::span<std::byte> bytes) {
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
      const std::uint64_t value = word();
      std::memcpy(bytes.data() + i, &value, std::min<std::size_t>(8, bytes.size() - i));
    }
  }

 private:
  std::uint64_t word() {
    const std::uint64_t any = random_.next();
    switch (kind_) {
      case 0:
        return any;
      case 1:  // exponents near that of one, as bf16, fp32 or tf32; small numbers as int8
        return (any & 0x80FF80FF80FF80FFull) | 0x3F003F003F003F00ull;
      case 2:  // small integers in every format
        return any & 0x0303030303030303ull;
      case 3: {  // special values of 32 and 16 bits among ordinary ones
        constexpr std::uint64_t kSpecial[] = {0,
                                              0x8000000080000000ull,
                                              0x7F8000007F800001ull,
                                              0xFF8000007FC00000ull,
                                              0xFFC123457FBFFFFFull,
                                              0x0000000180000001ull,
                                              0x007FFFFF00800000ull,
                                              0x7F7FFFFFFF7FFFFFull,
                                              0x7C00FC007E007C01ull,
                                              0x0001800103FF0400ull,
                                              0x7BFFFBFF3C00BC00ull,
                                              0x7F80FF807FC07F81ull,
                                              0x00018001007F0080ull,
                                              0x78F8797F7CFC7D04ull,
                                              0x7FFFFFFF80000000ull,
                                              0x4F0000004EFFFFFFull};
        const std::uint64_t chosen = kSpecial[any % 16];
        return (any >> 8 & 3) == 0 ? (any & 0x80FF80FF80FF80FFull) | 0x3F003F003F003F00ull : chosen;
      }
      default:  // wide: exponents over many binades
        return (any & 0x9FFF9FFF9FFF9FFFull) | 0x2000200020002000ull;
    }
  }

  Random random_;
  std::uint32_t kind_;
};

}  // namespace

void DuelCounts::merge(const DuelCounts& other) {
  cases += other.cases;
  skipped += other.skipped;
  failed += other.failed;
  launches += other.launches;
  cycles += other.cycles;
  bytes += other.bytes;
  undefined += other.undefined;
  bus_errors += other.bus_errors;
  resets += other.resets;
  known_jobs += other.known_jobs;
  for (const auto& [what, count] : other.faults) faults[what] += count;
}

Duel::Duel(Open subject, Open reference)
    : open_subject_(std::move(subject)), open_reference_(std::move(reference)) {
  open_both();
}

Duel::~Duel() = default;

void Duel::prepare(Side& side, const Open& open) {
  side.device.reset();
  side.device = open();
  if (side.device->simulation() == nullptr) {
    throw Error(ErrorCode::unsupported, "fuzz", "memories can be looked at: emu: or sim:");
  }
  // The same places on both sides, so that faults name the same addresses.
  side.arena = side.device->allocate(kArenaBytes);
  side.image = side.device->allocate(kImageRoom);
  side.trace = side.device->allocate(kTraceRoom);
  side.known = side.device->allocate(kKnownBytes);
}

void Duel::open_both() {
  prepare(subject_, open_subject_);
  prepare(reference_, open_reference_);
}

void Duel::fill(std::uint64_t seed) {
  Filler filler(seed);
  const Capabilities& c = core();
  const std::size_t psum = std::size_t{c.psum_banks} * isa::kPsumBankElements * 4;
  std::vector<std::byte> row(std::max<std::size_t>(c.sbuf_bytes, psum));
  for (std::uint32_t p = 0; p < c.partitions; ++p) {
    for (const auto space : {isa::Space::kSbuf, isa::Space::kPsum}) {
      const auto bytes = std::span(row).first(space == isa::Space::kSbuf ? c.sbuf_bytes : psum);
      filler.fill(bytes);
      for (Side* side : {&subject_, &reference_}) {
        side->device->simulation()->poke(space, p, 0, bytes);
      }
    }
  }
  std::vector<std::byte> arena(kArenaBytes);
  filler.fill(arena);
  for (Side* side : {&subject_, &reference_}) side->device->write(side->arena, arena);
  any_undefined_ = false;
  undefined_sbuf_.clear();
  undefined_psum_.clear();
  undefined_arena_.clear();
}

LaunchRequest Duel::request_of(Side& side, const Launch& launch) const {
  side.device->write(side.image, launch.image);
  LaunchRequest request;
  request.image = side.image;
  request.image_bytes = static_cast<std::uint32_t>(launch.image.size());
  for (const Window& w : launch.windows) {
    request.slots.push_back({side.arena + w.offset, w.bytes, w.readable, w.writable});
  }
  request.watchdog_cycles = launch.watchdog;
  request.trace = side.trace;
  request.trace_bytes = launch.trace_bytes;
  return request;
}

std::optional<Completion> Duel::run_side(Side& side, const Launch& launch) {
  const LaunchId id = side.device->submit(request_of(side, launch));
  return side.device->wait(id, kForever);
}

Verdict Duel::run(const Case& one) {
  ++counts_.cases;
  Verdict verdict;
  const std::uint64_t before = subject_.device->simulation()->cycles();
  try {
    for (Side* side : {&subject_, &reference_}) {
      side->device->simulation()->clear_errors();
      side->device->simulation()->set_memory(one.memory);
    }
    fill(one.data_seed);
    for (std::size_t i = 0; i < one.launches.size(); ++i) {
      verdict.launch = i;
      verdict = run_launch(one.launches[i], one.data_seed + i);
      verdict.launch = i;
      if (verdict.outcome != Outcome::pass) break;
    }
  } catch (const Failure& failure) {
    verdict.outcome = Outcome::fail;
    verdict.signature = failure.signature;
    verdict.text = failure.text;
  } catch (const Error& error) {
    verdict.outcome = Outcome::fail;
    verdict.signature = "error: " + error.operation() + ": " + error.rule();
    verdict.text = error.what();
  }
  counts_.cycles += subject_.device->simulation()->cycles() - before;
  if (verdict.outcome == Outcome::skipped) ++counts_.skipped;
  if (verdict.outcome == Outcome::fail) {
    ++counts_.failed;
    open_both();  // whatever state they are in
  }
  return verdict;
}

Verdict Duel::run_launch(const Launch& launch, std::uint64_t seed) {
  const Disturbance& disturbance = launch.disturbance;
  Simulation& simulation = *subject_.device->simulation();
  const bool resets = disturbance.kind == Disturbance::Kind::reset;

  // The reference runs undisturbed, and without a watchdog of its own.
  Launch calm = launch;
  if (launch.expect == Expect::watchdog || launch.expect == Expect::disturbed) calm.watchdog = 0;
  std::optional<Completion> reference;
  const auto run_reference = [&] {
    reference = run_side(reference_, calm);
    if (!reference) throw Failure{"reference hangs", "the reference did not end"};
  };
  if (!resets) run_reference();
  if (launch.expect == Expect::fault) {
    const auto code = static_cast<isa::Fault>(reference->fault.code);
    const auto engine = static_cast<isa::Engine>(reference->fault.engine);
    bool meant = !reference->ok() && code != isa::Fault::kWatchdog;
    if (launch.broken && meant) {
      // Only the broken instruction may be to blame: others have no one order.
      const auto stream = engine >= isa::Engine::kSync ? isa::Engine::kSync : engine;
      meant = static_cast<std::uint32_t>(stream) == launch.broken->first &&
              reference->fault.instruction == launch.broken->second &&
              code != isa::Fault::kDeadlock;
    }
    if (!meant)
      return {Outcome::skipped, "no fault", "the program is not wrong as it was meant to be", 0};
  } else if (reference && !reference->ok()) {
    throw Failure{"reference faults", "the program is not legal: " + describe(reference->fault)};
  }

  if (disturbance.kind == Disturbance::Kind::bus_error) {
    InjectedError error;
    using Where = Disturbance::Where;
    error.base = disturbance.where == Where::anywhere ? kAllMemory
                 : disturbance.where == Where::image  ? subject_.image + disturbance.offset
                                                      : subject_.arena + disturbance.offset;
    error.bytes = disturbance.where == Where::anywhere ? kAllBytes : disturbance.bytes;
    error.on_read = disturbance.on_read;
    error.on_write = disturbance.on_write;
    error.skip = disturbance.skip;
    error.count = disturbance.count;
    simulation.inject(error);
  }
  simulation.set_wait_limit(resets ? disturbance.cycle : kCycleLimit);
  const LaunchId id = subject_.device->submit(request_of(subject_, launch));
  std::optional<Completion> subject = subject_.device->wait(id, kForever);
  simulation.set_wait_limit(kCycleLimit);
  simulation.clear_errors();
  ++counts_.launches;
  bool was_reset = false;
  if (!subject) {
    subject_.device->reset();
    if (!resets) {
      throw Failure{"hang",
                    "the launch did not end within " + std::to_string(kCycleLimit) + " cycles"};
    }
    was_reset = true;
    subject = subject_.device->wait(id, kForever);
    if (!subject || subject->status != LaunchStatus::aborted) {
      throw Failure{"reset: status", "a launch that was reset is not aborted"};
    }
    if (subject_.device->read_register(registers::kReset) != 0) {
      throw Failure{"reset: register", "register RESET does not read zero after the reset"};
    }
    judge_typed_error(*subject);
    ++counts_.resets;
  } else if (resets) {
    run_reference();  // it was quicker than the reset
  }

  if (was_reset) {
    // The reference did nothing at all.
  } else if (subject->ok()) {
    judge_ok(*subject, *reference, launch);
  } else {
    judge_typed_error(*subject);
    switch (launch.expect) {
      case Expect::fault:
        judge_fault(*subject, *reference);
        break;
      case Expect::watchdog:
        judge_watchdog(*subject, launch);
        break;
      case Expect::disturbed:
        judge_disturbed(*subject, launch);
        break;
      case Expect::ok:
        throw Failure{
            "fault: " + describe(subject->fault).substr(0, describe(subject->fault).find(" at")),
            "the subject ends in " + describe(subject->fault)};
    }
    const std::string text = describe(subject->fault);
    ++counts_.faults[text.substr(0, text.find(" of"))];
  }
  const bool ended_well = !was_reset && subject->ok();
  if (!ended_well) mark(written_by(launch.image), launch.windows, true);
  compare_memories(launch.image, launch.windows);
  if (!ended_well) {
    known_job(seed);
    define_all();
  }
  return {};
}

void Duel::define_all() {
  const Capabilities& c = core();
  const std::size_t psum = std::size_t{c.psum_banks} * isa::kPsumBankElements * 4;
  std::vector<std::byte> row(std::max<std::size_t>(c.sbuf_bytes, psum));
  for (std::uint32_t p = 0; p < c.partitions; ++p) {
    for (const auto space : {isa::Space::kSbuf, isa::Space::kPsum}) {
      const auto bytes = std::span(row).first(space == isa::Space::kSbuf ? c.sbuf_bytes : psum);
      reference_.device->simulation()->peek(space, p, 0, bytes);
      subject_.device->simulation()->poke(space, p, 0, bytes);
    }
  }
  std::vector<std::byte> arena(kArenaBytes);
  reference_.device->read(reference_.arena, arena);
  subject_.device->write(subject_.arena, arena);
  any_undefined_ = false;
  undefined_sbuf_.clear();
  undefined_psum_.clear();
  undefined_arena_.clear();
}

/// A product on operands of its own, loaded and stored: whatever happened before, its bits are
/// right.
void Duel::known_job(std::uint64_t seed) {
  Random random(seed ^ 0x6A0B);
  const Capabilities& c = core();
  const std::uint32_t rows = 32;
  const std::uint32_t offset = random.below(c.sbuf_bytes / 512) * 256;
  Schedule schedule(c.partitions);
  isa::DmaLoad load;
  load.row_bytes = 128;
  load.num1 = rows;
  load.dram_step1 = 128;
  load.partition_step1 = 1;
  load.sbuf_offset = offset;
  schedule.add(load);
  isa::LoadStationary stationary;
  stationary.sbuf_offset = offset;
  stationary.partitions = rows;
  stationary.columns = random.below(32) + 1;
  stationary.step = 1;
  schedule.add(stationary);
  isa::MultiplyMoving multiply;
  multiply.sbuf_offset = offset + 64;
  multiply.step0 = 1;
  multiply.num0 = random.below(32) + 1;
  multiply.num1 = 1;
  multiply.psum_offset = random.below(c.psum_banks) * isa::kPsumBankElements + random.below(400);
  schedule.add(multiply);
  isa::TensorScalar evict;
  evict.src_space = 1;
  evict.src_offset = multiply.psum_offset;
  evict.src_dtype = evict.dst_dtype = static_cast<std::uint32_t>(DType::fp32);
  evict.src_step0 = evict.dst_step0 = 1;
  evict.num0 = multiply.num0;
  evict.num1 = 1;
  evict.dst_offset = offset + 128;
  evict.partitions = stationary.columns;
  evict.relu = random.below(2);
  schedule.add(evict);
  isa::DmaStore store;
  store.slot = 1;
  store.row_bytes = 4 * multiply.num0;
  store.num1 = stationary.columns;
  store.dram_step1 = 128;
  store.partition_step1 = 1;
  store.sbuf_offset = offset + 128;
  schedule.add(store);
  const ProgramImage image = schedule.build();

  std::vector<std::byte> input(kKnownBytes);
  for (std::size_t i = 0; i + 1 < input.size(); i += 2) {  // ordinary bf16
    const auto value = static_cast<std::uint16_t>((random.next() & 0x80FF) | 0x3F00);
    std::memcpy(input.data() + i, &value, 2);
  }
  Launch launch;
  launch.image.assign(image.bytes().begin(), image.bytes().end());
  std::array<std::optional<Completion>, 2> ends;
  std::array<std::vector<std::byte>, 2> outputs;
  for (std::size_t s = 0; s < 2; ++s) {
    Side& side = s == 0 ? subject_ : reference_;
    side.device->write(side.known, input);
    LaunchRequest request = request_of(side, launch);
    request.slots = {{side.known, kKnownOut, true, false},
                     {side.known + kKnownOut, kKnownBytes - kKnownOut, false, true}};
    ends[s] = side.device->wait(side.device->submit(request), kForever);
    outputs[s].resize(kKnownBytes);
    side.device->read(side.known, outputs[s]);
  }
  if (!ends[0] || !ends[1]) {
    throw Failure{"known job: hang", "the known job after the fault did not end"};
  }
  if (!ends[0]->ok() || !ends[1]->ok()) {
    throw Failure{"known job: fault",
                  "the known job after the fault ends in " + describe(ends[0]->fault)};
  }
  if (outputs[0] != outputs[1]) {
    throw Failure{"known job: bytes", "the known job after the fault stored other bytes"};
  }
  judge_counters(*ends[0]);
  mark(written_by(launch.image), {}, false);
  compare_memories(launch.image, {});
  ++counts_.known_jobs;
}

void Duel::mark(const std::vector<schedule::Box>& boxes, const std::vector<Window>& windows,
                bool undefined) {
  if (!undefined && !any_undefined_) return;
  const Capabilities& c = core();
  const std::int64_t psum = std::int64_t{c.psum_banks} * isa::kPsumBankElements * 4;
  undefined_sbuf_.resize(std::size_t{c.partitions} * c.sbuf_bytes);
  undefined_psum_.resize(static_cast<std::size_t>(c.partitions * psum));
  undefined_arena_.resize(kArenaBytes);
  const std::uint8_t value = undefined ? 1 : 0;
  for (const schedule::Box& box : boxes) {
    if (box.memory == schedule::Memory::dram) {
      if (box.slot >= windows.size()) continue;
      const Window& w = windows[box.slot];
      for (std::int64_t i = std::max<std::int64_t>(0, box.low);
           i < std::min<std::int64_t>(box.high, w.bytes); ++i) {
        undefined_arena_[static_cast<std::size_t>(w.offset + i)] = value;
      }
      continue;
    }
    const bool in_psum = box.memory == schedule::Memory::psum;
    auto& map = in_psum ? undefined_psum_ : undefined_sbuf_;
    const std::int64_t pitch = in_psum ? psum : c.sbuf_bytes;
    const std::int64_t low = std::max<std::int64_t>(0, box.low);
    const std::int64_t high = std::min<std::int64_t>(box.high, pitch);
    for (std::int64_t p = std::max<std::int64_t>(0, box.first);
         p < std::min<std::int64_t>(box.last, c.partitions) && low < high; ++p) {
      std::memset(map.data() + p * pitch + low, value, static_cast<std::size_t>(high - low));
    }
  }
  any_undefined_ = true;
}

}  // namespace tinium::fuzz
