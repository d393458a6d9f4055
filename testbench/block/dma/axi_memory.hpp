// SPDX-License-Identifier: Apache-2.0
// DRAM behind an AXI4 slave: latency, pauses on every channel, reordering between IDs, errors.
#pragma once

#include <verilated.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <vector>

#include "stall_generator.hpp"
#include "verilated_bench.hpp"

namespace tinium::testbench {

/// The ports of a model that is an AXI master, by reference. Data ports are given as memory.
struct AxiPorts {
  CData &arvalid, &arready;
  QData& araddr;
  CData &arid, &arlen;
  CData &rvalid, &rready;
  void* rdata;
  CData &rid, &rresp, &rlast;
  CData &awvalid, &awready;
  QData& awaddr;
  CData &awid, &awlen;
  CData &wvalid, &wready;
  void *wdata, *wstrb;
  CData& wlast;
  CData &bvalid, &bready, &bid, &bresp;
};

/// When and how long the memory pauses.
struct AxiTiming {
  StallPattern ar = StallPattern::kNone;
  StallPattern r = StallPattern::kNone;
  StallPattern aw = StallPattern::kNone;
  StallPattern w = StallPattern::kNone;
  StallPattern b = StallPattern::kNone;
  /// Cycles from an address (a read) or the last beat (a write) to the answer, at least and at
  /// most.
  unsigned min_latency = 1;
  unsigned max_latency = 1;

  /// The same pattern on every channel.
  static AxiTiming all(StallPattern p, unsigned min_latency, unsigned max_latency) {
    return {p, p, p, p, p, min_latency, max_latency};
  }
};

/// Memory of `size` bytes at `base`. Writes take effect when their response is offered: a design
/// that relies on them earlier fails. Outside, and in the ranges of fail(), it answers with an
/// error.
class AxiMemory : public BenchComponent {
 public:
  AxiMemory(AxiPorts ports, unsigned bus_bytes, std::uint64_t base, std::size_t size,
            const AxiTiming& timing, std::mt19937_64 rng)
      : bytes(size),
        ports_(ports),
        bus_bytes_(bus_bytes),
        base_(base),
        timing_(timing),
        rng_(rng),
        ar_stalls_(timing.ar, std::mt19937_64(rng())),
        r_stalls_(timing.r, std::mt19937_64(rng())),
        aw_stalls_(timing.aw, std::mt19937_64(rng())),
        w_stalls_(timing.w, std::mt19937_64(rng())),
        b_stalls_(timing.b, std::mt19937_64(rng())) {
    ports_.arready = ports_.awready = ports_.wready = ports_.rvalid = ports_.bvalid = 0;
  }

  /// Contents; byte 0 is at `base`.
  std::vector<std::uint8_t> bytes;

  std::uint64_t base() const { return base_; }
  /// Accesses to [address, address + length) in this direction are answered with SLVERR.
  void fail(std::uint64_t address, std::uint64_t length, bool is_write) {
    failures_.push_back({address, length, is_write});
  }
  void clear_failures() { failures_.clear(); }
  /// Nothing asked for that is not answered.
  bool idle() const {
    return reads_[0].empty() && reads_[1].empty() && writing_.empty() && written_[0].empty() &&
           written_[1].empty() && !r_offered_ && !b_offered_;
  }
  /// While off, no response is offered; requests are taken.
  void hold_responses(bool hold) { hold_ = hold; }

  std::uint64_t read_bursts = 0;
  std::uint64_t write_bursts = 0;
  std::uint64_t read_beats = 0;
  std::uint64_t write_beats = 0;
  std::uint64_t strobed_bytes = 0;
  std::size_t most_reads = 0;   ///< read bursts outstanding at once
  std::size_t most_writes = 0;  ///< write bursts outstanding at once

  void drive() override {
    ports_.arready = ready(ar_stalls_, ports_.arvalid);
    ports_.awready = ready(aw_stalls_, ports_.awvalid);
    ports_.wready = ready(w_stalls_, ports_.wvalid);
    drive_read();
    drive_response();
  }

  void sample() override {
    ++now_;
    if (ports_.arvalid && ports_.arready) {
      ++read_bursts;
      reads_[ports_.arid & 1].push_back({ports_.araddr, ports_.arlen + 1U, 0, due(), {}, {}});
      most_reads = std::max(most_reads, reads_[0].size() + reads_[1].size());
    }
    if (r_offered_ && ports_.rready) {
      r_offered_ = false;
      ++read_beats;
      auto& queue = reads_[ports_.rid & 1];
      if (++queue.front().done == queue.front().beats) {
        queue.pop_front();
      }
    }
    if (ports_.wvalid && ports_.wready) {
      take_write_beat();
    }
    if (ports_.awvalid && ports_.awready) {
      ++write_bursts;
      writing_.push_back({ports_.awaddr, ports_.awlen + 1U, ports_.awid & 1U, 0, {}, {}});
      most_writes =
          std::max(most_writes, writing_.size() + written_[0].size() + written_[1].size());
    }
    if (b_offered_ && ports_.bready) {
      b_offered_ = false;
      written_[ports_.bid & 1].pop_front();
    }
  }

 private:
  struct Burst {
    std::uint64_t address;
    unsigned beats;
    unsigned done;  ///< reads: beats sent; writes: the ID
    std::uint64_t due;
    std::vector<std::uint8_t> data;
    std::vector<std::uint8_t> strobes;  ///< one byte a bit
  };
  struct Failure {
    std::uint64_t address, length;
    bool is_write;
  };

  std::uint64_t due() {
    return now_ + timing_.min_latency + rng_() % (timing_.max_latency - timing_.min_latency + 1);
  }

  static CData ready(StallGenerator& stalls, CData valid) {
    const bool stalled = stalls.stall();
    return !stalled && (stalls.pattern() != StallPattern::kAfterValid || valid != 0);
  }

  bool inside(std::uint64_t address) const {
    return address - base_ < bytes.size() && address - base_ <= bytes.size() - bus_bytes_;
  }

  unsigned response(std::uint64_t address, std::uint64_t length, bool is_write) const {
    for (const Failure& f : failures_) {
      if (f.is_write == is_write && address < f.address + f.length &&
          f.address < address + length) {
        return 2;
      }
    }
    return inside(address) && inside(address + length - bus_bytes_) ? 0 : 3;
  }

  void noise(void* data, std::size_t size) {
    for (std::size_t i = 0; i < size; i += 8) {
      const std::uint64_t word = rng_();
      std::memcpy(static_cast<std::uint8_t*>(data) + i, &word, 8);
    }
  }

  void drive_read() {
    if (r_offered_) {
      return;
    }
    ports_.rvalid = 0;
    if (r_stalls_.stall() || hold_) {
      return;
    }
    const unsigned first = rng_() & 1U;
    for (unsigned k = 0; k < 2; ++k) {
      const unsigned id = first ^ k;
      if (reads_[id].empty() || reads_[id].front().due > now_) {
        continue;
      }
      const Burst& burst = reads_[id].front();
      const std::uint64_t address = burst.address + std::uint64_t{burst.done} * bus_bytes_;
      const unsigned resp = response(address, bus_bytes_, false);
      if (resp == 0) {
        std::memcpy(ports_.rdata, &bytes[address - base_], bus_bytes_);
      } else {
        noise(ports_.rdata, bus_bytes_);
      }
      ports_.rvalid = 1;
      ports_.rid = static_cast<CData>(id);
      ports_.rresp = static_cast<CData>(resp);
      ports_.rlast = burst.done + 1 == burst.beats;
      r_offered_ = true;
      return;
    }
    noise(ports_.rdata, bus_bytes_);
    ports_.rlast = rng_() & 1U;
    ports_.rresp = rng_() & 3U;
  }

  void take_write_beat() {
    ++write_beats;
    if (writing_.empty()) {
      ADD_FAILURE() << "a write beat without a burst; rerun: " << rerun_line();
      return;
    }
    Burst& burst = writing_.front();
    const auto* data = static_cast<const std::uint8_t*>(ports_.wdata);
    const auto* strobes = static_cast<const std::uint8_t*>(ports_.wstrb);
    for (unsigned b = 0; b < bus_bytes_; ++b) {
      burst.data.push_back(data[b]);
      burst.strobes.push_back((strobes[b / 8] >> (b % 8)) & 1U);
      strobed_bytes += burst.strobes.back();
    }
    if (burst.data.size() == std::size_t{burst.beats} * bus_bytes_) {
      burst.due = due();
      const unsigned id = burst.done;
      written_[id].push_back(std::move(burst));
      writing_.pop_front();
    }
  }

  void drive_response() {
    if (b_offered_) {
      return;
    }
    ports_.bvalid = 0;
    if (b_stalls_.stall() || hold_) {
      return;
    }
    const unsigned first = rng_() & 1U;
    for (unsigned k = 0; k < 2; ++k) {
      const unsigned id = first ^ k;
      if (written_[id].empty() || written_[id].front().due > now_) {
        continue;
      }
      const Burst& burst = written_[id].front();
      const unsigned resp = response(burst.address, burst.data.size(), true);
      if (resp == 0) {
        for (std::size_t i = 0; i < burst.data.size(); ++i) {
          if (burst.strobes[i] != 0) {
            bytes[burst.address - base_ + i] = burst.data[i];
          }
        }
      }
      ports_.bvalid = 1;
      ports_.bid = static_cast<CData>(id);
      ports_.bresp = static_cast<CData>(resp);
      b_offered_ = true;
      return;
    }
    ports_.bresp = rng_() & 3U;
  }

  AxiPorts ports_;
  unsigned bus_bytes_;
  std::uint64_t base_;
  AxiTiming timing_;
  std::mt19937_64 rng_;
  StallGenerator ar_stalls_, r_stalls_, aw_stalls_, w_stalls_, b_stalls_;
  std::array<std::deque<Burst>, 2> reads_;
  std::deque<Burst> writing_;
  std::array<std::deque<Burst>, 2> written_;
  std::vector<Failure> failures_;
  std::uint64_t now_ = 0;
  bool r_offered_ = false;
  bool b_offered_ = false;
  bool hold_ = false;
};

/// References to the ports of a model that follow the names of tn_dma_bench.
template <typename Model>
AxiPorts axi_ports(Model& m) {
  return {m.arvalid_o, m.arready_i, m.araddr_o, m.arid_o,   m.arlen_o,   m.rvalid_i,  m.rready_o,
          &m.rdata_i,  m.rid_i,     m.rresp_i,  m.rlast_i,  m.awvalid_o, m.awready_i, m.awaddr_o,
          m.awid_o,    m.awlen_o,   m.wvalid_o, m.wready_i, &m.wdata_o,  &m.wstrb_o,  m.wlast_o,
          m.bvalid_i,  m.bready_o,  m.bid_i,    m.bresp_i};
}

}  // namespace tinium::testbench
