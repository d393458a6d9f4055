// SPDX-License-Identifier: Apache-2.0
//
// TensorE: LoadStationary, MultiplyMoving, Transpose, and the time of their passes.

#include <algorithm>
#include <cstring>

#include "emulator.hpp"
#include "tinium/dtype.hpp"
#include "tinium/numerics.hpp"

namespace tinium {
namespace {

using isa::Engine;
using isa::Fault;

}  // namespace

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

Emulator::JobShape Emulator::multiply_moving(const isa::MultiplyMoving& i, std::uint32_t index) {
  const auto fail = [&](Fault code, std::uint64_t at) { raise(code, Engine::kTensor, index, at); };
  const std::uint64_t n = std::uint64_t{i.num0} * i.num1;
  const auto moving_dtype = static_cast<DType>(i.dtype);
  const auto stationary_dtype = stationary_ ? static_cast<DType>(stationary_->dtype) : moving_dtype;
  const bool pieces = moving_dtype == DType::fp32 || stationary_dtype == DType::fp32;
  constexpr std::uint32_t kPairs = 6;
  if (!stationary_ || n == 0 || n > isa::kPsumBankElements ||
      i.partition_start != stationary_->partition_start ||
      !partition_rule(i.psum_partition, stationary_->columns) || i.piece_pair > kPairs ||
      (i.piece_pair != 0 && !pieces)) {
    fail(Fault::kIllegalInstruction, 0);
  }
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
  args.piece_pair = i.piece_pair;
  numerics::multiply(args);

  JobShape job{};
  job.vectors = static_cast<std::uint32_t>(n);
  job.pieces = pieces && i.piece_pair == 0 ? kPairs : 1;
  job.first_row = first / config_.rows;
  job.rows = (first + k - 1) / config_.rows - job.first_row + 1;
  job.first_block = i.psum_partition / config_.cols;
  job.blocks = (i.psum_partition + m - 1) / config_.cols - job.first_block + 1;
  job.bank = i.psum_offset / isa::kPsumBankElements;
  job.word = i.psum_offset % isa::kPsumBankElements;
  tile_requests(*stationary_, i.psum_partition);
  job.accumulate = i.accumulate != 0;
  return job;
}

Emulator::JobShape Emulator::transpose(const isa::Transpose& i, std::uint32_t index) {
  const auto fail = [&](Fault code, std::uint64_t at) { raise(code, Engine::kTensor, index, at); };
  if (!stationary_ || !partition_rule(i.psum_partition, stationary_->columns)) {
    fail(Fault::kIllegalInstruction, 0);
  }
  const std::uint32_t m = stationary_->columns;
  const std::uint32_t k = stationary_->partitions;
  if (i.psum_offset / isa::kPsumBankElements >= config_.psum_banks ||
      i.psum_offset % isa::kPsumBankElements + k > isa::kPsumBankElements ||
      i.psum_partition + m > config_.partitions) {
    fail(Fault::kPsumRange, i.psum_offset);
  }
  const std::size_t size = size_of(static_cast<DType>(stationary_->dtype));
  for (std::uint32_t p = 0; p < k; ++p) {
    for (std::uint32_t c = 0; c < m; ++c) {
      const std::int64_t offset = stationary_->sbuf_offset + std::int64_t{stationary_->step} * c *
                                                                 static_cast<std::int64_t>(size);
      std::uint32_t bits = 0;
      std::memcpy(&bits, sbuf(stationary_->partition_start + p, static_cast<std::uint32_t>(offset)),
                  size);
      std::memcpy(psum(i.psum_partition + c, i.psum_offset + p), &bits, sizeof bits);
    }
  }
  JobShape job{};
  job.first_row = stationary_->partition_start / config_.rows;
  job.rows = (stationary_->partition_start + k - 1) / config_.rows - job.first_row + 1;
  job.transposing = true;
  job.first_partition = stationary_->partition_start;
  job.last_partition = stationary_->partition_start + k - 1;
  job.pieces = size == 4 ? 2 : 1;
  job.first_block = i.psum_partition / config_.cols;
  job.blocks = (i.psum_partition + m - 1) / config_.cols - job.first_block + 1;
  job.bank = i.psum_offset / isa::kPsumBankElements;
  job.word = i.psum_offset % isa::kPsumBankElements;
  tile_requests(*stationary_, i.psum_partition);
  return job;
}

void Emulator::tile_requests(const isa::LoadStationary& stationary, std::uint32_t psum_partition) {
  auto& requests = tensor_.requests;
  requests.clear();
  const auto size = static_cast<std::uint32_t>(size_of(static_cast<DType>(stationary.dtype)));
  const bool dense = stationary.step == 1;
  const std::uint32_t fetch_cols = timing::fetch_cols(config_);
  std::uint32_t column = 0;
  while (column < stationary.columns) {
    std::uint32_t number = 0;
    std::uint32_t entry = 0;
    std::uint32_t physical = 0;
    do {  // a request: columns of one entry of the buffer in one word
      physical = (psum_partition + column) % config_.cols;
      entry = physical / fetch_cols;
      std::uint32_t run = 1;
      if (dense) {
        const std::uint32_t address = stationary.sbuf_offset + column * size;
        run = std::min({fetch_cols - physical % fetch_cols,
                        (timing::kWordBytes - address % timing::kWordBytes) / size,
                        stationary.columns - column});
      }
      column += run;
      physical += run;
      ++number;
    } while (column < stationary.columns && physical < config_.cols);
    requests.emplace_back(number, entry < timing::kShortTile);
  }
}

void Emulator::time_job(const JobShape& job, Time queued, Time& first_vector, Time& end) {
  TensorTimes& t = tensor_;
  const Time loop = timing::accumulate_loop(config_);
  UnitProfile& spent = profile(isa::Unit::kTensor);
  const Time arrived = queued + timing::kQueueToTile;
  const std::uint32_t slots = timing::tiles(config_);
  bool is_first = true;
  for (std::uint32_t piece = 0; piece < job.pieces; ++piece) {
    for (std::uint32_t row = 0; row < job.rows; ++row) {
      std::uint32_t vectors = job.vectors;
      std::uint32_t word = job.word;
      if (job.transposing) {
        const std::uint32_t top = (job.first_row + row) * config_.rows;
        const std::uint32_t first = std::max(top, job.first_partition);
        vectors = std::min(top + config_.rows - 1, job.last_partition) - first + 1;
        word += first - job.first_partition;
      }
      for (std::uint32_t block = 0; block < job.blocks; ++block) {
        const auto [requests, ends_early] = t.requests[block];
        const std::size_t slot = t.tiles % slots;
        const Time load = std::max({arrived, t.load_free, t.presented[slot]});
        t.load_free = load + requests;
        const Time tile = load + requests - 1 + timing::kTileToVector +
                          (ends_early ? timing::kShortTile : Time{0});
        const Time gap = t.tiles == 0 ? 0 : t.pass_start + timing::steps(config_);
        Time begin = std::max({tile, gap, t.pass_end});
        // Words that earlier vectors have yet to write.
        Time hazard = begin;
        const std::uint32_t last_word = word + vectors - 1;
        const bool overwrites = !job.accumulate && (job.transposing || row == 0) && piece == 0;
        if (!overwrites) {
          for (const Pass& pass : t.recent) {
            if (pass.last_vector == 0 || pass.bank != job.bank ||
                pass.block != job.first_block + block || pass.first > last_word ||
                word > pass.last) {
              continue;
            }
            const Time from_vector = pass.first == word ? pass.first_vector : pass.last_vector;
            hazard = std::max(hazard, from_vector + loop);
          }
        }
        const Pass& oldest = t.recent[t.recent_next];
        if (oldest.last_vector != 0) hazard = std::max(hazard, oldest.last_vector + loop);
        if (is_first) {
          first_vector = hazard;
        } else {
          spent.engage(isa::Cause::kOperand, t.pass_end, begin);
        }
        spent.engage(isa::Cause::kHazard, begin, hazard);
        begin = hazard;
        t.pass_start = begin;
        t.presented[slot] = begin + timing::tile_presented(config_);
        ++t.tiles;
        t.pass_end = begin + vectors;
        spent.engage(isa::Cause::kBusy, begin, t.pass_end);
        t.recent[t.recent_next] = {job.bank, job.first_block + block, word, last_word,
                                   begin,    t.pass_end - 1};
        t.recent_next = (t.recent_next + 1) % t.recent.size();
        tensor_vectors_ += vectors;
        is_first = false;
      }
    }
  }
  t.slots[t.jobs % t.slots.size()] = t.pass_start;
  ++t.jobs;
  end = t.pass_end;
}

}  // namespace tinium
