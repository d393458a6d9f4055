// SPDX-License-Identifier: Apache-2.0

#include "dram_model.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <string>

namespace tinium {
namespace {

constexpr std::size_t kMaxBursts = 128;  // outstanding in each direction
constexpr std::uint32_t kSlaveError = 2;
constexpr std::uint32_t kIncrementing = 1;

}  // namespace

DramModel::DramModel(const Options& options, SparseMemory& memory)
    : options_(options), memory_(memory), random_(options.seed * 0x9E3779B97F4A7C15ull | 1u) {}

void DramModel::set_behaviour(const MemoryBehaviour& behaviour) {
  options_.latency = behaviour.latency;
  options_.stall_percent = behaviour.stall_percent;
  options_.seed = behaviour.seed;
  options_.reorder = behaviour.reorder;
  random_ = behaviour.seed * 0x9E3779B97F4A7C15ull | 1u;
  write_turn_ = false;
}

void DramModel::reset() {
  reads_.clear();
  writes_.clear();
  responses_.clear();
  wires_ = {};
  held_ = {};
  write_wanted_ = false;
  debt_ = 0;
}

bool DramModel::stalled() {
  if (options_.stall_percent == 0) return false;
  return random() % 100 < options_.stall_percent;
}

std::uint64_t DramModel::random() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return random_ >> 32;
}

std::size_t DramModel::choose(const std::deque<Burst>& waiting) {
  if (!options_.reorder || random() % 2 == 0) return 0;
  for (std::size_t i = 1; i < waiting.size(); ++i) {
    if (waiting[i].id != waiting.front().id && waiting[i].ready <= cycle_) return i;
  }
  return 0;
}

void DramModel::broken(const char* rule, const char* channel, std::uint64_t address) const {
  std::array<char, 96> where{};
  std::snprintf(where.data(), where.size(), "channel=%s address=0x%llx cycle=%llu", channel,
                static_cast<unsigned long long>(address), static_cast<unsigned long long>(cycle_));
  throw Error(ErrorCode::internal, "m_axi_gmem", rule, where.data());
}

const AxiSlave& DramModel::drive() {
  wires_.r_changed = false;
  wires_.ar_ready = reads_.size() < kMaxBursts && !stalled();
  wires_.aw_ready = writes_.size() + responses_.size() < kMaxBursts && !stalled();

  if (!wires_.b_valid && !responses_.empty() && responses_.front().ready <= cycle_ && !stalled()) {
    response_at_ = choose(responses_);
    wires_.b_valid = true;
    wires_.b_id = responses_[response_at_].id;
    wires_.b_resp = responses_[response_at_].error ? kSlaveError : 0;
    if (options_.fault == SeededFault::response_swapped) wires_.b_id ^= 1;
  }

  // One beat a cycle. A read beat once offered stays; a write is let in between.
  const bool read_waits = wires_.r_valid;
  const bool read_ready =
      read_waits || (!reads_.empty() && reads_.front().ready <= cycle_ && debt_ == 0 && !stalled());
  const bool write_ready = !writes_.empty() && debt_ == 0 && !stalled();
  const bool give_write = write_ready && (!read_ready || (write_wanted_ && write_turn_));
  wires_.w_ready = give_write;
  if (read_ready && !read_waits && !give_write) {
    read_at_ = choose(reads_);
    const Burst& burst = reads_[read_at_];
    wires_.r_valid = true;
    wires_.r_id = burst.id;
    wires_.r_last = burst.beats == 1 || options_.fault == SeededFault::read_last_early;
    if (options_.fault == SeededFault::read_id_swapped) wires_.r_id ^= 1;
    const bool error = burst.error || !memory_.contains(burst.address, options_.bus_bytes);
    wires_.r_resp = error ? kSlaveError : 0;
    if (!error) {
      std::memcpy(wires_.r_data.data(), memory_.in_page(burst.address).data(), options_.bus_bytes);
    }
    wires_.r_changed = true;
  }
  if (read_ready && write_wanted_) write_turn_ = !write_turn_;
  return wires_;
}

DramModel::Burst DramModel::accept(const char* channel, std::uint64_t address, std::uint32_t id,
                                   std::uint32_t len, std::uint32_t size, std::uint32_t burst,
                                   bool is_write) {
  const std::uint64_t bus = options_.bus_bytes;
  if (burst != kIncrementing) broken("bursts are incrementing", channel, address);
  if (size != static_cast<std::uint32_t>(std::countr_zero(bus))) {
    broken("every beat has the width of the bus", channel, address);
  }
  const std::uint64_t first = address / bus * bus;
  const std::uint64_t bytes = (std::uint64_t{len} + 1) * bus;
  if (first / 4096 != (first + bytes - 1) / 4096) {
    broken("a burst stays within 4 KiB", channel, address);
  }
  const std::uint64_t length = first + bytes - address;
  return {first, id, len + 1, cycle_ + options_.latency, memory_.fails(address, length, is_write)};
}

void DramModel::sample(const AxiMaster& m) {
  // Once valid, valid and payload hold until ready.
  if (held_.ar_valid && (!m.ar_valid || m.ar_addr != held_.ar_addr || m.ar_len != held_.ar_len ||
                         m.ar_id != held_.ar_id)) {
    broken("a waiting address holds", "AR", held_.ar_addr);
  }
  if (held_.aw_valid && (!m.aw_valid || m.aw_addr != held_.aw_addr || m.aw_len != held_.aw_len ||
                         m.aw_id != held_.aw_id)) {
    broken("a waiting address holds", "AW", held_.aw_addr);
  }
  const std::uint64_t write_address = writes_.empty() ? 0 : writes_.front().address;
  if (held_.w_valid && (!m.w_valid || m.w_strb != held_.w_strb || m.w_last != held_.w_last ||
                        std::memcmp(m.w_data, held_data_.data(), options_.bus_bytes) != 0)) {
    broken("a waiting beat holds", "W", write_address);
  }

  unsigned moved = 0;
  if (wires_.r_valid && m.r_ready) {
    Burst& burst = reads_[read_at_];
    burst.address += options_.bus_bytes;
    if (--burst.beats == 0) reads_.erase(reads_.begin() + static_cast<std::ptrdiff_t>(read_at_));
    wires_.r_valid = false;
    ++moved;
  }
  if (wires_.b_valid && m.b_ready) {
    responses_.erase(responses_.begin() + static_cast<std::ptrdiff_t>(response_at_));
    wires_.b_valid = false;
  }
  if (m.w_valid && wires_.w_ready) {
    Burst& burst = writes_.front();
    if (m.w_last != (burst.beats == 1)) {
      broken("WLAST marks the last beat of a burst", "W", burst.address);
    }
    if (!memory_.contains(burst.address, options_.bus_bytes)) burst.error = true;
    if (!burst.error && m.w_strb != 0) {
      std::byte* target = memory_.in_page(burst.address).data();
      const std::uint64_t all = options_.bus_bytes == 64 ? ~0ull : (1ull << options_.bus_bytes) - 1;
      if (m.w_strb == all) {
        std::memcpy(target, m.w_data, options_.bus_bytes);
      } else {
        for (std::uint32_t i = 0; i < options_.bus_bytes; ++i) {
          if ((m.w_strb >> i & 1u) != 0) target[i] = m.w_data[i];
        }
      }
    }
    burst.address += options_.bus_bytes;
    if (--burst.beats == 0) {
      burst.ready = cycle_ + options_.latency;
      responses_.push_back(burst);
      writes_.pop_front();
    }
    ++moved;
  }
  if (m.ar_valid && wires_.ar_ready) {
    reads_.push_back(accept("AR", m.ar_addr, m.ar_id, m.ar_len, m.ar_size, m.ar_burst, false));
  }
  if (m.aw_valid && wires_.aw_ready) {
    writes_.push_back(accept("AW", m.aw_addr, m.aw_id, m.aw_len, m.aw_size, m.aw_burst, true));
  }
  debt_ = moved > 1 ? 1 : 0;
  write_wanted_ = m.w_valid;

  held_.ar_valid = m.ar_valid && !wires_.ar_ready;
  held_.aw_valid = m.aw_valid && !wires_.aw_ready;
  held_.w_valid = m.w_valid && !wires_.w_ready;
  if (held_.ar_valid) {
    held_.ar_addr = m.ar_addr;
    held_.ar_len = m.ar_len;
    held_.ar_id = m.ar_id;
  }
  if (held_.aw_valid) {
    held_.aw_addr = m.aw_addr;
    held_.aw_len = m.aw_len;
    held_.aw_id = m.aw_id;
  }
  if (held_.w_valid) {
    held_.w_strb = m.w_strb;
    held_.w_last = m.w_last;
    std::memcpy(held_data_.data(), m.w_data, options_.bus_bytes);
  }
  ++cycle_;
}

}  // namespace tinium
