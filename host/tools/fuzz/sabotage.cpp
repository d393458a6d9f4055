// SPDX-License-Identifier: Apache-2.0

#include "fuzz/sabotage.hpp"

#include <cstring>

#include "fuzz/rules.hpp"
#include "tinium/generated/records.hpp"

namespace tinium::fuzz {
namespace {

/// Values around the edges of rules, or any that fit.
std::uint64_t edge_value(Random& random, const isa::Field& field, const Capabilities& core) {
  const std::uint64_t edges[] = {0,
                                 1,
                                 2,
                                 3,
                                 4,
                                 7,
                                 8,
                                 16,
                                 31,
                                 32,
                                 33,
                                 64,
                                 96,
                                 128,
                                 129,
                                 511,
                                 512,
                                 513,
                                 core.partitions - 1,
                                 core.partitions,
                                 core.partitions + 1,
                                 std::uint64_t{core.psum_banks} * 512 - 1,
                                 std::uint64_t{core.psum_banks} * 512,
                                 core.sbuf_bytes - 4,
                                 core.sbuf_bytes - 1,
                                 core.sbuf_bytes};
  std::uint64_t value = random.one_in(4) ? random.next() : edges[random.below(std::size(edges))];
  if (field.is_signed && random.one_in(2)) value = ~value + 1;
  return field.width < 64 ? value & ((std::uint64_t{1} << field.width) - 1) : value;
}

bool is_engine(const InstructionWords& words) {
  return schedule::opcode_of(words) >= isa::Opcode::kLoadStationary;
}

bool uses_semaphore(std::array<StreamText, 3>& streams, std::uint32_t number) {
  for (StreamText& stream : streams) {
    for (const auto& node : stream.nodes()) {
      const auto i = isa::decode_nop(node.words);
      if ((i.wait0_cond != 0 && i.wait0_sem == number) ||
          (i.wait1_cond != 0 && i.wait1_sem == number) ||
          (i.update0_op != 0 && i.update0_sem == number) ||
          (i.update1_op != 0 && i.update1_sem == number)) {
        return true;
      }
    }
  }
  return false;
}

void break_field(const Capabilities& core, Random& random, InstructionWords& words) {
  const auto* info = find_instruction(static_cast<std::uint8_t>(words[0] & 0xFFu));
  if (info == nullptr || random.one_in(6)) {
    words[random.below(words.size())] ^= 1u << random.below(32);
    return;
  }
  for (std::uint32_t changes = random.below(2) + 1; changes > 0; --changes) {
    const auto& field = info->fields[1 + random.below(info->fields.size() - 1)];
    std::uint64_t value = edge_value(random, field, core);
    if (field.name.starts_with("num")) value %= 70'000;
    set_field(words, field, value);
  }
}

}  // namespace

bool sabotage_streams(const Capabilities& core, const Plan& plan,
                      std::array<StreamText, 3>& streams, Launch& launch) {
  if (plan.sabotage.kind == Sabotage::Kind::none) return true;
  Random random(plan.sabotage.seed);
  struct Place {
    std::size_t stream, node;
  };
  std::vector<Place> engine, updating, any;
  for (std::size_t s = 0; s < streams.size(); ++s) {
    const auto& nodes = streams[s].nodes();
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      if (!nodes[n].executed) continue;
      any.push_back({s, n});
      if (is_engine(nodes[n].words)) engine.push_back({s, n});
      // Not those that put semaphores back at the end of a loop: without them levels are too high,
      // and waits are met before their time.
      const auto op = static_cast<isa::UpdateOp>(isa::decode_nop(nodes[n].words).update0_op);
      const bool resets = op == isa::UpdateOp::kSet && !is_engine(nodes[n].words);
      if (op != isa::UpdateOp::kNone && !resets) updating.push_back({s, n});
    }
  }
  const auto name = [&](std::size_t stream, std::size_t node) {
    launch.broken = {static_cast<std::uint32_t>(streams[stream].engine()),
                     static_cast<std::uint32_t>(node)};
  };
  switch (plan.sabotage.kind) {
    case Sabotage::Kind::field: {
      const auto& places = random.one_in(8) || engine.empty() ? any : engine;
      if (places.empty()) break;
      const Place at = random.pick(places);
      break_field(core, random, streams[at.stream].nodes()[at.node].words);
      name(at.stream, at.node);
      break;
    }
    case Sabotage::Kind::no_halt: {
      const std::size_t s = random.below(3);
      if (streams[s].empty()) break;
      name(s, streams[s].nodes().size());
      return false;
    }
    case Sabotage::Kind::branch: {
      const std::size_t s = random.below(3);
      isa::Branch branch;
      const std::uint32_t beyond =
          static_cast<std::uint32_t>(streams[s].nodes().size()) + 2 + random.below(100);
      branch.target =
          random.one_in(2) ? beyond : beyond + static_cast<std::uint32_t>(random.next());
      streams[s].add(branch);
      name(s, branch.target);
      break;
    }
    case Sabotage::Kind::semaphore: {
      const std::size_t s = random.below(3);
      std::vector<std::uint32_t> unused;
      for (std::uint32_t number = 0; number < isa::kSemaphores; ++number) {
        if (!uses_semaphore(streams, number)) unused.push_back(number);
      }
      if (unused.empty()) break;
      const std::uint32_t semaphore = random.pick(unused);
      isa::Nop nop;
      add_update(nop, {semaphore, 0xFFFF, isa::UpdateEvent::kRead, isa::UpdateOp::kSet});
      streams[s].add(nop);
      isa::Nop over;
      if (random.one_in(2)) {
        add_update(over, {semaphore, random.below(0xFFFF) + 1});
      } else {
        streams[s].nodes().back().words = encode([&] {
          isa::Nop low;
          add_update(low, {semaphore, 3, isa::UpdateEvent::kRead, isa::UpdateOp::kSet});
          return low;
        }());
        add_update(over, {semaphore, random.below(0xFFFB) + 4, isa::UpdateEvent::kComplete,
                          isa::UpdateOp::kSub});
      }
      name(s, streams[s].nodes().size());
      streams[s].add(over);
      break;
    }
    case Sabotage::Kind::starve: {
      if (updating.empty()) break;
      const Place at = random.pick(updating);
      set_field(streams[at.stream].nodes()[at.node].words, "update0_op", 0);
      break;
    }
    case Sabotage::Kind::window: {
      // One queue finds out: which of two would be first is nobody's promise.
      Window& window = launch.windows[random.below(launch.windows.size())];
      if (window.readable != window.writable && random.one_in(2)) {
        window.bytes = random.below(window.bytes / 2);
      } else if (window.readable && (!window.writable || random.one_in(2))) {
        window.readable = false;
      } else {
        window.writable = false;
      }
      break;
    }
    case Sabotage::Kind::header:
    case Sabotage::Kind::none:
      break;
  }
  return true;
}

void sabotage_header(const Plan& plan, std::vector<std::byte>& image) {
  using Header = records::ImageHeader;
  Random random(plan.sabotage.seed);
  // Words that the core looks at; the CRC is the host's business.
  constexpr std::size_t kWords[] = {
      Header::kMagicWord,        Header::kMapVersionWord,   Header::kTotalBytesWord,
      Header::kPartitionsWord,   Header::kTensorOffsetWord, Header::kTensorCountWord,
      Header::kVectorOffsetWord, Header::kVectorCountWord,  Header::kScalarCountWord,
      Header::kGpsimdCountWord,  Header::kSyncOffsetWord,   Header::kSyncCountWord};
  const std::size_t word = kWords[random.below(std::size(kWords))];
  std::uint32_t value = 0;
  std::memcpy(&value, image.data() + word * 4, 4);
  value =
      random.one_in(2) ? value ^ 1u << random.below(32) : static_cast<std::uint32_t>(random.next());
  std::memcpy(image.data() + word * 4, &value, 4);
}

}  // namespace tinium::fuzz
