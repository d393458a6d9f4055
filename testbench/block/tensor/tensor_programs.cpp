// SPDX-License-Identifier: Apache-2.0
// Random programs for TensorE: legal by construction, ragged, with every kind of pattern.
#include <algorithm>
#include <array>

#include "tensor_bench.hpp"

namespace tinium::testbench {
namespace {

using Rng = std::mt19937_64;

std::uint32_t below(Rng& rng, std::uint32_t limit) {
  return static_cast<std::uint32_t>(rng() % limit);
}

std::int32_t between(Rng& rng, std::int32_t low, std::int32_t high) {
  return low + static_cast<std::int32_t>(rng() % static_cast<std::uint64_t>(high - low + 1));
}

template <std::size_t Count>
std::uint32_t one_of(Rng& rng, const std::array<std::uint32_t, Count>& values) {
  return values[below(rng, Count)];
}

/// A ragged size from 1 to `limit`.
std::uint32_t ragged(Rng& rng, std::uint32_t limit) {
  static constexpr std::array<std::uint32_t, 17> kSizes = {1,  2,  15, 16, 17, 31, 32,  33, 47,
                                                           48, 63, 64, 65, 96, 97, 127, 128};
  if (below(rng, 3) == 0) return 1 + below(rng, limit);
  for (;;) {
    const std::uint32_t size = one_of(rng, kSizes);
    if (size <= limit) return size;
  }
}

/// A legal first partition for `count` of them.
std::uint32_t start_for(Rng& rng, std::uint32_t count, std::uint32_t partitions) {
  const std::uint32_t step = count > 64 ? 128 : count > 32 ? 64 : 32;
  const std::uint32_t choices = (partitions - count) / step + 1;
  return step * below(rng, choices);
}

/// Offset in bytes at which a pattern reaching from `low` to `high` elements fits, or nothing.
std::optional<std::uint32_t> place_pattern(Rng& rng, std::int64_t low, std::int64_t high,
                                           std::size_t size, std::uint32_t bytes) {
  const std::int64_t room = static_cast<std::int64_t>(bytes / size) - (high - low + 1);
  if (room < 0) return std::nullopt;
  std::int64_t first = static_cast<std::int64_t>(rng() % static_cast<std::uint64_t>(room + 1));
  if (below(rng, 6) == 0) first = room;  // touches the end
  if (below(rng, 6) == 0) first = 0;
  return static_cast<std::uint32_t>((first - low) * static_cast<std::int64_t>(size));
}

std::int32_t some_step(Rng& rng, std::uint32_t dense) {
  switch (below(rng, 8)) {
    case 0:
      return 0;
    case 1:
      return -static_cast<std::int32_t>(dense);
    case 2:
      return -1;
    case 3:
      return between(rng, -9, 9);
    case 4:
      return between(rng, -300, 300);
    default:
      return static_cast<std::int32_t>(dense);
  }
}

DType dtype_of(Rng& rng, std::uint32_t family) {
  static constexpr std::array<DType, 4> kNarrow = {DType::bf16, DType::fp16, DType::fp8_e4m3,
                                                   DType::fp8_e5m2};
  if (family == 0) return below(rng, 3) == 0 ? DType::bf16 : kNarrow[below(rng, 4)];
  if (family == 1) return below(rng, 2) == 0 ? DType::tf32 : DType::fp32;
  return DType::int8;
}

template <typename Instruction>
void random_updates(Rng& rng, Instruction& i, std::uint32_t& value) {
  i.update0_sem = below(rng, 32);
  i.update0_op = below(rng, 4);
  i.update0_event = below(rng, 2);
  i.update0_value = ++value;
  i.update1_sem = below(rng, 32);
  i.update1_op = below(rng, 3) == 0 ? 1 + below(rng, 3) : 0;
  i.update1_event = below(rng, 2);
  i.update1_value = ++value;
}

}  // namespace

TensorProgram random_program(TensorBench& bench, std::size_t jobs, std::uint64_t budget) {
  Rng& rng = bench.rng();
  TensorProgram program;
  std::uint32_t value = 0;
  std::uint32_t last_offset = 0;
  std::uint32_t last_partition = 0;
  const bool small = below(rng, 3) == 0;  // many short passes: hazards, queues
  while (jobs > 0) {
    const std::uint32_t family = std::min(below(rng, 5), 2U);
    isa::LoadStationary sta;
    sta.dtype = static_cast<std::uint32_t>(dtype_of(rng, family == 2 ? below(rng, 2) * 2 : family));
    const std::uint32_t pair_family = sta.dtype == 6 ? 2 : sta.dtype == 2 || sta.dtype == 5 ? 1 : 0;
    sta.partitions = small ? 1 + below(rng, 32) : ragged(rng, bench.partitions());
    sta.columns =
        small ? 1 + below(rng, std::min(32U, bench.partitions())) : ragged(rng, bench.partitions());
    sta.partition_start = start_for(rng, sta.partitions, bench.partitions());
    const std::size_t sta_size = size_of(static_cast<DType>(sta.dtype));
    std::optional<std::uint32_t> offset;
    while (!offset) {
      sta.step = some_step(rng, 1);
      const std::int64_t reach = std::int64_t{sta.step} * (sta.columns - 1);
      offset = place_pattern(rng, std::min<std::int64_t>(reach, 0),
                             std::max<std::int64_t>(reach, 0), sta_size, bench.sbuf_bytes());
    }
    sta.sbuf_offset = *offset;
    random_updates(rng, sta, value);
    program.push_back(sta);

    for (std::uint32_t count = 1 + below(rng, 3); count > 0 && jobs > 0; --count, --jobs) {
      if (below(rng, 5) == 0) {
        isa::Transpose tra;
        tra.psum_partition = start_for(rng, sta.columns, bench.partitions());
        tra.psum_offset = below(rng, bench.psum_banks() - 1) * isa::kPsumBankElements +
                          below(rng, isa::kPsumBankElements + 1 - sta.partitions);
        last_offset = tra.psum_offset;
        last_partition = tra.psum_partition;
        random_updates(rng, tra, value);
        program.push_back(tra);
        continue;
      }
      isa::MultiplyMoving mov;
      mov.dtype = static_cast<std::uint32_t>(dtype_of(rng, pair_family));
      mov.partition_start = sta.partition_start;
      mov.psum_partition = start_for(rng, sta.columns, bench.partitions());
      if (below(rng, 2) == 0 && last_partition % 64 == 0 &&
          last_partition + sta.columns <= bench.partitions() &&
          (sta.columns <= 64 || last_partition == 0)) {
        mov.psum_partition = last_partition;
      }
      std::uint32_t n = 0;
      do {
        static constexpr std::array<std::uint32_t, 14> kN = {1,  2,  3,  5,  8,   13,  15,
                                                             16, 17, 31, 64, 100, 256, 512};
        n = small ? 1 + below(rng, 20) : below(rng, 2) == 0 ? one_of(rng, kN) : 1 + below(rng, 130);
        mov.num0 = n;
        mov.num1 = 1;
        if (budget < 600) budget = 600;
      } while (n > 1 && bench.vector_count(sta, mov) > budget && below(rng, 50) != 0);
      if (bench.vector_count(sta, mov) > 4 * budget) mov.num0 = n = 1 + below(rng, 4);
      if (below(rng, 2) == 0) {
        std::uint32_t inner = 1 + below(rng, n);
        while (n % inner != 0) --inner;
        mov.num0 = inner;
        mov.num1 = n / inner;
      }
      const std::size_t mov_size = size_of(static_cast<DType>(mov.dtype));
      offset.reset();
      while (!offset) {
        mov.step0 = some_step(rng, 1);
        mov.step1 = some_step(rng, mov.num0);
        if (below(rng, 2) == 0) {
          mov.step0 = 1;
          mov.step1 = static_cast<std::int32_t>(mov.num0);
        }
        const std::int64_t reach0 = std::int64_t{mov.step0} * (mov.num0 - 1);
        const std::int64_t reach1 = std::int64_t{mov.step1} * (mov.num1 - 1);
        const std::int64_t low =
            std::min<std::int64_t>(reach0, 0) + std::min<std::int64_t>(reach1, 0);
        const std::int64_t high =
            std::max<std::int64_t>(reach0, 0) + std::max<std::int64_t>(reach1, 0);
        offset = place_pattern(rng, low, high, mov_size, bench.sbuf_bytes());
      }
      mov.sbuf_offset = *offset;
      // The last bank stays untouched: VectorE reads it meanwhile.
      const std::uint32_t bank = below(rng, bench.psum_banks() - 1);
      mov.psum_offset = bank * isa::kPsumBankElements + below(rng, isa::kPsumBankElements + 1 - n);
      if (below(rng, 3) != 0 &&
          last_offset % isa::kPsumBankElements + n <= isa::kPsumBankElements) {
        mov.psum_offset = last_offset;  // the same words again
        if (below(rng, 4) == 0 && mov.psum_offset % isa::kPsumBankElements > 2) {
          mov.psum_offset -= 1 + below(rng, 2);  // shifted against them
        }
      }
      last_offset = mov.psum_offset;
      last_partition = mov.psum_partition;
      mov.accumulate = below(rng, 3) != 0;
      if ((sta.dtype == 5 || mov.dtype == 5) && below(rng, 3) == 0) {
        mov.piece_pair = 1 + below(rng, 6);
      }
      random_updates(rng, mov, value);
      program.push_back(mov);
    }
  }
  return program;
}

}  // namespace tinium::testbench
