// SPDX-License-Identifier: Apache-2.0
//
// Tastes, windows, patterns, and what moves bytes; draw_engines.cpp has TensorE and VectorE.

#include "fuzz/draw.hpp"

#include <algorithm>

namespace tinium::fuzz {
namespace {

constexpr int kTries = 40;

}  // namespace

Drawer::Drawer(const Capabilities& core, Random& random, const std::vector<Window>& windows)
    : core_(core), random_(random), windows_(windows) {
  constexpr std::uint32_t kFewElements[] = {4, 8, 8, 16, 24, 64};
  taste_.elements = kFewElements[below(6)];
  taste_.rows = below(4) + 1;
  if (core.partitions > 32) taste_.elements *= 2;
  taste_.partitions = below(3) == 0 ? 16 : core.partitions;
  // Crowded programs depend on each other in every instruction.
  taste_.sbuf_high = core.sbuf_bytes;
  if (below(2) == 0) {
    const std::uint32_t span = 512u << below(2);
    taste_.sbuf_low = below((core.sbuf_bytes - span) / 8) * 8;
    taste_.sbuf_high = taste_.sbuf_low + span;
  }
  taste_.psum_banks = below(2) == 0 ? 1 : core.psum_banks;
  for (auto& weight : taste_.weights) weight = below(4) == 0 ? 0 : below(6) + 1;
  taste_.weights[below(taste_.weights.size())] += 4;
}

std::vector<Window> Drawer::draw_windows(Random& random) {
  std::vector<Window> windows;
  const std::uint32_t count = random.below(5) + 2;
  const std::uint32_t share = static_cast<std::uint32_t>(kArenaBytes) / count;
  for (std::uint32_t i = 0; i < count; ++i) {
    Window w;
    w.bytes = random.one_in(4) ? random.below(200) + 60 : random.below(share - 1200) + 600;
    w.offset = i * share + random.below(share - w.bytes);
    if (random.one_in(3)) w.offset = w.offset / 64 * 64;
    w.readable = i == 0 || !random.one_in(3);
    w.writable = i == 1 || (i != 0 && random.one_in(2));
    windows.push_back(w);
  }
  // A second view of a window that is only read.
  if (random.one_in(4)) {
    Window view = windows.front();
    view.writable = windows.front().writable = false;
    const std::uint32_t skipped = random.below(view.bytes / 2);
    view.offset += skipped;
    view.bytes -= skipped;
    windows.push_back(view);
  }
  return windows;
}

std::vector<InstructionWords> Drawer::draw() {
  std::uint32_t sum = 0;
  for (const std::uint32_t weight : taste_.weights) sum += weight;
  for (;;) {
    std::uint32_t at = below(sum);
    std::size_t kind = 0;
    while (at >= taste_.weights[kind]) at -= taste_.weights[kind++];
    std::optional<InstructionWords> one;
    switch (kind) {
      case 0:
        if (const auto i = transfer<isa::DmaLoad>(true)) one = encode(*i);
        break;
      case 1:
        if (const auto i = transfer<isa::DmaStore>(false)) one = encode(*i);
        break;
      case 2:
        one = copy();
        break;
      case 3:
        return products();
      case 4:
        one = stationary_ ? (below(4) == 0 ? transpose() : multiply()) : std::nullopt;
        if (!one) return products();
        break;
      case 5:
        one = scalar();
        break;
      case 6:
        one = tensor_tensor();
        break;
      case 7:
        one = reduce();
        break;
      default:
        one = memset();
        break;
    }
    if (one) return {*one};
  }
}

void Drawer::draw_strides(Item& item) {
  if (below(2) == 0) return;
  const auto opcode = static_cast<isa::Opcode>(item.words[0] & 0xFFu);
  // Multiples of four bytes fit every element; PSUM counts words.
  const auto bytes = [&] { return (static_cast<std::int32_t>(below(9)) - 4) * 4; };
  const auto words = [&] { return static_cast<std::int32_t>(below(9)) - 4; };
  switch (opcode) {
    case isa::Opcode::kLoadStationary:
      item.stride_a = bytes();
      break;
    case isa::Opcode::kMultiplyMoving:
      item.stride_a = bytes();
      item.stride_b = words();
      break;
    case isa::Opcode::kTranspose:
      item.stride_b = words();
      break;
    case isa::Opcode::kTensorScalar:
    case isa::Opcode::kTensorTensor:
    case isa::Opcode::kTensorReduce: {
      const auto i = isa::decode_tensor_scalar(item.words);
      item.stride_a = i.src_space != 0 ? words() : bytes();
      item.stride_b = bytes();
      break;
    }
    case isa::Opcode::kMemset:
      item.stride_b = bytes();
      break;
    default:
      item.stride_a = bytes();
      item.stride_b = bytes();
      break;
  }
}

std::pair<std::uint32_t, std::uint32_t> Drawer::partitions(std::uint32_t most) {
  for (;;) {
    const std::uint32_t start = below(4) * 32;
    const std::uint32_t limit = std::min({most, core_.partitions, taste_.partitions});
    std::uint32_t count = below(limit) + 1;
    if (below(4) == 0) count = limit;
    if (start + count > core_.partitions || (count > 64 && start != 0) ||
        (count > 32 && start % 64 != 0)) {
      continue;
    }
    return {start, count};
  }
}

std::optional<Drawer::Pattern> Drawer::pattern(std::size_t size, std::uint32_t first,
                                               std::uint32_t limit, std::uint32_t num0,
                                               std::uint32_t num1) {
  for (int i = 0; i < kTries; ++i) {
    Pattern p;
    const bool dense = below(2) == 0;
    p.step0 = dense ? 1 : static_cast<std::int32_t>(below(7)) - 3;
    p.step1 = static_cast<std::int32_t>(num0) * std::abs(p.step0);
    if (!dense) p.step1 = static_cast<std::int32_t>(below(81)) - 40;
    const std::int64_t s0 = std::int64_t{p.step0} * (num0 - 1);
    const std::int64_t s1 = std::int64_t{p.step1} * (num1 - 1);
    const std::int64_t low = std::min<std::int64_t>(s0, 0) + std::min<std::int64_t>(s1, 0);
    const std::int64_t high = std::max<std::int64_t>(s0, 0) + std::max<std::int64_t>(s1, 0);
    const auto room = static_cast<std::int64_t>((limit - first) / size) - (high - low);
    if (room <= 0) continue;
    const std::int64_t at = -low + below(static_cast<std::uint64_t>(room));
    p.offset = static_cast<std::uint32_t>((first + size - 1) / size * size) +
               static_cast<std::uint32_t>(at * static_cast<std::int64_t>(size));
    if (p.offset + static_cast<std::uint64_t>((high + 1) * static_cast<std::int64_t>(size)) >
        limit) {
      continue;
    }
    return p;
  }
  return std::nullopt;
}

Drawer::Side Drawer::side(const std::array<std::uint32_t, 3>& num, std::int32_t reach,
                          std::int32_t unit) {
  Side s;
  for (std::size_t d = 0; d < num.size(); ++d) {
    s.step[d] =
        (static_cast<std::int32_t>(below(2 * static_cast<std::uint64_t>(reach) + 1)) - reach) *
        unit;
    const std::int64_t span = (std::int64_t{num[d]} - 1) * s.step[d];
    (span < 0 ? s.low : s.high) += span;
  }
  return s;
}

std::optional<std::uint32_t> Drawer::place(const Side& s, std::uint32_t length, std::uint64_t first,
                                           std::uint64_t limit, std::uint32_t unit) {
  const std::int64_t room = static_cast<std::int64_t>(limit) - static_cast<std::int64_t>(first) -
                            (s.high - s.low) - std::int64_t{length};
  if (room < 0) return std::nullopt;
  const std::uint64_t lowest = first + static_cast<std::uint64_t>(-s.low);
  const std::uint64_t at = lowest + below(static_cast<std::uint64_t>(room) + 1);
  const std::uint64_t down = at / unit * unit;  // steps are multiples of the unit
  if (down < lowest) return std::nullopt;
  return static_cast<std::uint32_t>(down);
}

std::array<std::uint32_t, 3> Drawer::counts() {
  switch (below(5)) {
    case 0:
      return {below(std::min(core_.partitions, 2 * taste_.elements)) + 1, 1, 1};
    case 1:
      return {1, below(6) + 1, below(3) + 1};
    case 2:
      return {1, 1, 1};
    default:
      return {below(6) + 1, below(4) + 1, below(3) + 1};
  }
}

template <typename Dma>
std::optional<Dma> Drawer::transfer(bool is_load) {
  std::vector<std::uint32_t> slots;
  for (std::uint32_t w = 0; w < windows_.size(); ++w) {
    if (is_load ? windows_[w].readable : windows_[w].writable) slots.push_back(w);
  }
  if (slots.empty()) return std::nullopt;
  for (int tries = 0; tries < kTries; ++tries) {
    Dma i;
    const auto num = counts();
    const bool transposing = is_load && below(4) == 0;
    const std::uint32_t element_log2 = transposing ? below(3) : 0;
    const auto unit = static_cast<std::int32_t>(1u << element_log2);
    i.slot = random_.pick(slots);
    const std::uint32_t longest = below(3) == 0 ? 150 : 40;
    i.row_bytes = transposing ? (below(std::min(core_.partitions, 40u)) + 1) << element_log2
                              : below(longest) + 1;
    if (below(16) == 0 && num[0] * num[1] * num[2] <= 2) i.row_bytes = below(2000) + 1;
    if (transposing) i.row_bytes = i.row_bytes >> element_log2 << element_log2;
    Side dram = side(num, below(4) == 0 ? 20 : 300);
    if (below(3) == 0) {  // runs without a gap join on the bus
      dram = {};
      dram.step[0] = static_cast<std::int32_t>(i.row_bytes);
      dram.step[1] = dram.step[0] * static_cast<std::int32_t>(num[0]);
      dram.step[2] = dram.step[1] * static_cast<std::int32_t>(num[1]) +
                     (below(2) == 0 ? 0 : static_cast<std::int32_t>(below(9)));
      for (std::size_t d = 0; d < 3; ++d) dram.high += (std::int64_t{num[d]} - 1) * dram.step[d];
    }
    const Side sbuf = side(num, (below(3) == 0 ? 8 : 120) / unit, unit);
    const Side partition = transposing ? Side{} : side(num, below(2) == 0 ? 1 : 5);
    const auto dram_at = place(dram, i.row_bytes, 0, windows_[i.slot].bytes);
    const auto sbuf_at = place(sbuf, transposing ? 1u << element_log2 : i.row_bytes,
                               taste_.sbuf_low, taste_.sbuf_high, static_cast<std::uint32_t>(unit));
    const auto partition_at =
        transposing ? place(partition, i.row_bytes >> element_log2, 0, core_.partitions, 32)
                    : place(partition, 1, 0, core_.partitions);
    if (!dram_at || !sbuf_at || !partition_at) continue;
    i.dram_offset = *dram_at;
    i.sbuf_offset = *sbuf_at;
    i.sbuf_partition = *partition_at;
    i.num1 = num[0];
    i.num2 = num[1];
    i.num3 = num[2];
    i.transpose = transposing;
    i.element_log2 = element_log2;
    i.dram_step1 = dram.step[0];
    i.dram_step2 = dram.step[1];
    i.dram_step3 = dram.step[2];
    i.sbuf_step1 = sbuf.step[0];
    i.sbuf_step2 = sbuf.step[1];
    i.sbuf_step3 = sbuf.step[2];
    i.partition_step1 = partition.step[0];
    i.partition_step2 = partition.step[1];
    i.partition_step3 = partition.step[2];
    return i;
  }
  return std::nullopt;
}

template std::optional<isa::DmaLoad> Drawer::transfer<isa::DmaLoad>(bool);
template std::optional<isa::DmaStore> Drawer::transfer<isa::DmaStore>(bool);

std::optional<InstructionWords> Drawer::copy() {
  for (int tries = 0; tries < kTries; ++tries) {
    isa::DmaCopy i;
    const auto num = counts();
    i.row_bytes = below(below(3) == 0 ? 150 : 30) + 1;
    const Side from = side(num, below(3) == 0 ? 8 : 100);
    const Side to = side(num, below(3) == 0 ? 8 : 100);
    const Side from_partition = side(num, below(2) == 0 ? 1 : 4);
    const Side to_partition = side(num, below(2) == 0 ? 1 : 4);
    const auto from_at = place(from, i.row_bytes, taste_.sbuf_low, taste_.sbuf_high);
    const auto to_at = place(to, i.row_bytes, taste_.sbuf_low, taste_.sbuf_high);
    const auto from_first = place(from_partition, 1, 0, core_.partitions);
    const auto to_first = place(to_partition, 1, 0, core_.partitions);
    if (!from_at || !to_at || !from_first || !to_first) continue;
    i.src_offset = *from_at;
    i.src_partition = *from_first;
    i.dst_offset = *to_at;
    i.dst_partition = *to_first;
    i.num1 = num[0];
    i.num2 = num[1];
    i.num3 = num[2];
    i.src_step1 = from.step[0];
    i.src_step2 = from.step[1];
    i.src_step3 = from.step[2];
    i.src_partition_step1 = from_partition.step[0];
    i.src_partition_step2 = from_partition.step[1];
    i.src_partition_step3 = from_partition.step[2];
    i.dst_step1 = to.step[0];
    i.dst_step2 = to.step[1];
    i.dst_step3 = to.step[2];
    i.dst_partition_step1 = to_partition.step[0];
    i.dst_partition_step2 = to_partition.step[1];
    i.dst_partition_step3 = to_partition.step[2];
    return encode(i);
  }
  return std::nullopt;
}

}  // namespace tinium::fuzz
