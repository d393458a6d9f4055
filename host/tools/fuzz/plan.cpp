// SPDX-License-Identifier: Apache-2.0

#include "fuzz/plan.hpp"

#include "fuzz/draw.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/weave.hpp"

namespace tinium::fuzz {
namespace {

constexpr std::uint32_t kSmallPartitions = 32;

/// Smaller numbers more often, up to `most`.
std::uint32_t skewed(Random& random, std::uint32_t most) {
  std::uint32_t limit = 1;
  while (limit < most && !random.one_in(5)) limit *= 2;
  return random.below(std::min(limit, most)) + 1;
}

MemoryBehaviour draw_memory(Random& random) {
  MemoryBehaviour memory;
  constexpr std::uint32_t kLatencies[] = {1, 2, 7, 20, 60, 100, 100, 300};
  memory.latency = kLatencies[random.below(std::size(kLatencies))];
  memory.stall_percent = random.one_in(2) ? 0 : random.below(80);
  if (memory.latency >= 300) memory.stall_percent /= 2;
  memory.seed = random.next() >> 1;
  memory.reorder = random.one_in(3);
  return memory;
}

/// Where a transfer begins, most of the time.
void aim(Random& random, Plan& plan) {
  std::vector<isa::DmaLoad> transfers;
  for (const Segment& segment : plan.segments) {
    for (const Item& item : segment.items) {
      const auto opcode = schedule::opcode_of(item.words);
      if (opcode != isa::Opcode::kDmaLoad && opcode != isa::Opcode::kDmaStore) continue;
      transfers.push_back(isa::decode_dma_load(item.words));  // the fields are the same
    }
  }
  if (transfers.empty() || random.one_in(8)) return;
  const isa::DmaLoad& i = random.pick(transfers);
  Disturbance& d = plan.disturbance;
  d.offset = plan.windows[i.slot].offset + static_cast<std::uint32_t>(i.dram_offset) +
             random.below(i.row_bytes);
}

void draw_disturbance(Random& random, Plan& plan, bool is_small) {
  Disturbance& d = plan.disturbance;
  plan.expect = Expect::disturbed;
  const std::uint32_t reach = is_small ? 1800 : 5000;
  if (random.one_in(3)) {
    d.kind = Disturbance::Kind::reset;
    d.cycle = random.one_in(4) ? random.below(400) + 1 : random.below(reach) + 1;
    return;
  }
  d.kind = Disturbance::Kind::bus_error;
  const std::uint32_t direction = random.below(3);
  d.on_read = direction != 1;
  d.on_write = direction != 0;
  switch (random.below(4)) {
    case 0:
      d.where = Disturbance::Where::image;
      d.on_read = true;
      d.offset = random.below(30) * 64 + random.below(64);
      d.bytes = skewed(random, 300);
      break;
    case 1:
      d.where = Disturbance::Where::anywhere;
      d.skip = random.one_in(2) ? random.below(8) : random.below(100);
      d.count = 1;
      break;
    default: {
      d.where = Disturbance::Where::arena;
      const Window& window = random.pick(plan.windows);
      d.offset = window.offset + random.below(window.bytes);
      d.bytes = skewed(random, 2000);
      aim(random, plan);
      d.skip = random.one_in(2) ? 0 : random.below(6);
      if (random.one_in(3)) d.count = 1;
      break;
    }
  }
}

void draw_sabotage(Random& random, Plan& plan) {
  using Kind = Sabotage::Kind;
  constexpr Kind kKinds[] = {Kind::field,  Kind::field,   Kind::field,  Kind::field,
                             Kind::field,  Kind::no_halt, Kind::branch, Kind::semaphore,
                             Kind::starve, Kind::starve,  Kind::window, Kind::header};
  plan.sabotage = {kKinds[random.below(std::size(kKinds))], random.next()};
  plan.expect = Expect::fault;
}

Plan draw_plan(const Capabilities& core, Random& random, Mode mode, bool last) {
  const bool is_small = core.partitions <= kSmallPartitions;
  Plan plan;
  plan.windows = Drawer::draw_windows(random);
  plan.weave_seed = random.next();
  plan.noise = !random.one_in(4);
  constexpr Sync kSyncs[] = {Sync::schedule, Sync::counting, Sync::counting, Sync::token};
  plan.sync = kSyncs[random.below(std::size(kSyncs))];
  if (random.one_in(8)) plan.trace_bytes = 64 * (random.below(kTraceRoom / 64) + 1);

  Drawer drawer(core, random, plan.windows);
  std::uint32_t items = random.below(is_small ? 16 : 90) + (is_small ? 2 : 10);
  if (mode == Mode::faults) items = items / 2 + 1;
  const bool loops = plan.sync != Sync::schedule && random.one_in(3);
  const std::uint32_t segments = plan.sync == Sync::schedule ? 1 : skewed(random, 3);
  for (std::uint32_t s = 0; s < segments; ++s) {
    Segment segment;
    if (loops && !random.one_in(3)) segment.repeat = random.below(is_small ? 4 : 5) + 2;
    Rules rules(core, plan.windows, segment.repeat);
    const std::uint32_t most = items / (segments * (segment.repeat > 1 ? 2 : 1)) + 1;
    for (int tries = 0; tries < 200 && segment.items.size() < most; ++tries) {
      for (const InstructionWords& words : drawer.draw()) {
        Item item{words, 0, 0};
        if (segment.repeat > 1) drawer.draw_strides(item);
        if (!rules.take(item)) {
          item.stride_a = item.stride_b = 0;
          if (!rules.take(item)) continue;
        }
        segment.items.push_back(item);
      }
    }
    plan.segments.push_back(std::move(segment));
  }
  if (mode == Mode::faults ? (last || random.one_in(2)) : random.one_in(12)) {
    switch (mode == Mode::faults ? random.below(8) : 7) {
      case 0:
        plan.expect = Expect::watchdog;
        plan.watchdog = random.below(is_small ? 3000 : 9000) + 50;
        break;
      case 1:
      case 2:
        draw_sabotage(random, plan);
        break;
      case 7:
        if (mode == Mode::programs) {
          draw_sabotage(random, plan);
          break;
        }
        [[fallthrough]];
      default:
        draw_disturbance(random, plan, is_small);
        break;
    }
  }
  return plan;
}

}  // namespace

CasePlan draw_case(const Capabilities& core, std::uint64_t seed, Mode mode) {
  Random random(seed * 2 + (mode == Mode::faults ? 1 : 0));
  CasePlan plan;
  plan.config = core.config;
  plan.data_seed = random.next() >> 1;
  plan.memory = draw_memory(random);
  const std::uint32_t launches =
      core.partitions <= kSmallPartitions ? skewed(random, 3) : random.below(3) + 2;
  for (std::uint32_t i = 0; i < launches; ++i) {
    for (;;) {
      const Plan one = draw_plan(core, random, mode, i + 1 == launches);
      if (!weave(core, one)) continue;  // more semaphores than there are
      plan.launches.push_back(one);
      break;
    }
  }
  return plan;
}

std::optional<Case> build_case(const Capabilities& core, const CasePlan& plan) {
  Case one;
  one.config = plan.config;
  one.data_seed = plan.data_seed;
  one.memory = plan.memory;
  for (const Plan& launch : plan.launches) {
    auto woven = weave(core, launch);
    if (!woven) return std::nullopt;
    one.launches.push_back(std::move(*woven));
  }
  return one;
}

std::size_t item_count(const CasePlan& plan) {
  std::size_t count = 0;
  for (const Plan& launch : plan.launches) {
    for (const Segment& segment : launch.segments) count += segment.items.size();
  }
  return count;
}

}  // namespace tinium::fuzz
