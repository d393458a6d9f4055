// SPDX-License-Identifier: Apache-2.0
//
// SimCore over a model class of Verilator. Included once per configuration, next to its model.

#pragma once

#include <verilated.h>
#include <verilated_sym_props.h>
#if VM_TRACE_FST
#include <verilated_fst_c.h>
#endif

#include <bit>
#include <cstring>
#include <memory>
#include <string>

#include "model_messages.hpp"
#include "sim_core.hpp"

namespace tinium {

/// One cycle: drive inputs, settle, sample outputs, clock edge.
template <typename Model, bool kTraced>
class VerilatedCore final : public SimCore {
 public:
  VerilatedCore(const Options& options, SparseMemory& memory)
      : trace_from_(options.trace_from), trace_to_(options.trace_to), dram_(options.dram, memory) {
    context_.randReset(2);  // unreset state is random: nothing may depend on it
    context_.randSeed(static_cast<int>(options.seed % 0x7FFFFFFF) + 1);
    context_.fatalOnError(false);
    const bool traced = kTraced && (VM_COVERAGE != 0 || !options.trace_path.empty());
    if (kTraced) context_.traceEverOn(traced);
    model_ = std::make_unique<Model>(&context_, "tn_kernel");
    if constexpr (kTraced) {
      if (traced) {
        trace_ = std::make_unique<VerilatedFstC>();
        model_->trace(trace_.get(), 99);
        trace_->open(options.trace_path.c_str());
        if (!trace_->isOpen()) {
          throw Error(ErrorCode::io, "open", "the waveform file can be written",
                      "trace=" + options.trace_path);
        }
      }
    }
    model_->s_axi_control_awvalid = 0;
    model_->s_axi_control_wvalid = 0;
    model_->s_axi_control_bready = 1;
    model_->s_axi_control_arvalid = 0;
    model_->s_axi_control_rready = 1;
    reset();
  }

  ~VerilatedCore() override {
    // A model unregisters itself from the context of its thread, which is that of the model
    // evaluated last: perhaps another one, and perhaps gone.
    Verilated::threadContextp(&context_);
    if constexpr (kTraced) {
      if (trace_) trace_->close();
    }
    model_->final();
    model_.reset();
    Verilated::threadContextp(Verilated::defaultContextp());
  }

  void reset() override {
    dram_.reset();
    model_->ap_rst_n = 0;
    in_reset_ = true;
    // Until the reset has come through its register stage, state is random and claims mean nothing.
    context_.assertOn(false);
    for (int i = 0; i < 8; ++i) tick();
    context_.assertOn(true);
    in_reset_ = false;
    dram_.reset();
    model_->ap_rst_n = 1;
    for (int i = 0; i < 4; ++i) tick();
  }

  std::uint32_t read_register(std::uint32_t offset) override {
    model_->s_axi_control_araddr = offset & 0xFFFu;
    model_->s_axi_control_arvalid = 1;
    bool asked = false;
    for (int i = 0; i < kRegisterCycles; ++i) {
      settle();
      if (!asked && model_->s_axi_control_arready != 0) asked = true;
      const bool answered = model_->s_axi_control_rvalid != 0;
      const std::uint32_t value = model_->s_axi_control_rdata;
      edge();
      if (asked) model_->s_axi_control_arvalid = 0;
      if (answered) return value;
    }
    throw Error(ErrorCode::device_lost, "read_register", "s_axi_control answers",
                "offset=" + std::to_string(offset));
  }

  void write_register(std::uint32_t offset, std::uint32_t value) override {
    model_->s_axi_control_awaddr = offset & 0xFFFu;
    model_->s_axi_control_awvalid = 1;
    model_->s_axi_control_wdata = value;
    model_->s_axi_control_wstrb = 0xF;
    model_->s_axi_control_wvalid = 1;
    for (int i = 0; i < kRegisterCycles; ++i) {
      settle();
      const bool address_taken = model_->s_axi_control_awready != 0;
      const bool data_taken = model_->s_axi_control_wready != 0;
      const bool answered = model_->s_axi_control_bvalid != 0;
      edge();
      if (address_taken) model_->s_axi_control_awvalid = 0;
      if (data_taken) model_->s_axi_control_wvalid = 0;
      if (answered) return;
    }
    throw Error(ErrorCode::device_lost, "write_register", "s_axi_control answers",
                "offset=" + std::to_string(offset));
  }

  bool run_to_interrupt(std::uint64_t max_cycles,
                        std::chrono::steady_clock::time_point deadline) override {
    for (std::uint64_t i = 0; i < max_cycles; ++i) {
      if (interrupt()) return true;
      if (i % 4096 == 4095 && std::chrono::steady_clock::now() >= deadline) return false;
      tick();
    }
    return interrupt();
  }

  std::uint64_t cycles() const override { return cycles_; }

  std::byte* ram(const std::string& name) override { return variable(name, "mem"); }

  void forget_memories() override {
    for (const char* memory : {"u_sbuf", "u_psum"}) {
      const std::string scope = std::string("tn_kernel.tn_kernel.u_core.") + memory;
      std::byte* flag = variable(scope + ".u_checks.u_memory", "forget_q");
      if (flag == nullptr) {
        throw Error(ErrorCode::internal, "poke", "the memory has its checker", scope);
      }
      *flag = std::byte{1};
    }
  }

  void set_memory(const MemoryBehaviour& behaviour) override { dram_.set_behaviour(behaviour); }

 private:
  static constexpr int kRegisterCycles = 1000;
  static constexpr std::size_t kBusBytes = sizeof(std::declval<Model&>().m_axi_gmem_rdata);

  /// Verilator renames the port: the word is taken in C++.
  bool interrupt() const { return model_->__SYM__interrupt != 0; }

  /// A variable of the model that has a name in memories.vlt, or null.
  std::byte* variable(const std::string& scope_name, const char* name) {
    const VerilatedScope* scope = context_.scopeFind(scope_name.c_str());
    const VerilatedVar* found = scope != nullptr ? scope->varFind(name) : nullptr;
    return found != nullptr ? static_cast<std::byte*>(found->datap()) : nullptr;
  }

  void tick() {
    settle();
    edge();
  }

  /// Drives the memory's wires of this cycle and lets combinational outputs follow.
  void settle() {
    const AxiSlave& slave = dram_.drive();
    model_->m_axi_gmem_awready = slave.aw_ready;
    model_->m_axi_gmem_wready = slave.w_ready;
    model_->m_axi_gmem_bvalid = slave.b_valid;
    model_->m_axi_gmem_bid = static_cast<CData>(slave.b_id);
    model_->m_axi_gmem_bresp = static_cast<CData>(slave.b_resp);
    model_->m_axi_gmem_arready = slave.ar_ready;
    model_->m_axi_gmem_rvalid = slave.r_valid;
    model_->m_axi_gmem_rlast = slave.r_last;
    model_->m_axi_gmem_rid = static_cast<CData>(slave.r_id);
    model_->m_axi_gmem_rresp = static_cast<CData>(slave.r_resp);
    if (slave.r_changed) std::memcpy(&model_->m_axi_gmem_rdata, slave.r_data.data(), kBusBytes);
    model_->ap_clk = 0;
    model_->eval();
    dump();
  }

  /// Samples the core's wires and gives the clock edge.
  void edge() {
    if (!in_reset_) {
      AxiMaster master;
      master.aw_valid = model_->m_axi_gmem_awvalid != 0;
      master.aw_addr = model_->m_axi_gmem_awaddr;
      master.aw_id = model_->m_axi_gmem_awid;
      master.aw_len = model_->m_axi_gmem_awlen;
      master.aw_size = model_->m_axi_gmem_awsize;
      master.aw_burst = model_->m_axi_gmem_awburst;
      master.w_valid = model_->m_axi_gmem_wvalid != 0;
      master.w_last = model_->m_axi_gmem_wlast != 0;
      master.w_strb = model_->m_axi_gmem_wstrb;
      master.w_data = reinterpret_cast<const std::byte*>(&model_->m_axi_gmem_wdata);
      master.b_ready = model_->m_axi_gmem_bready != 0;
      master.ar_valid = model_->m_axi_gmem_arvalid != 0;
      master.ar_addr = model_->m_axi_gmem_araddr;
      master.ar_id = model_->m_axi_gmem_arid;
      master.ar_len = model_->m_axi_gmem_arlen;
      master.ar_size = model_->m_axi_gmem_arsize;
      master.ar_burst = model_->m_axi_gmem_arburst;
      master.r_ready = model_->m_axi_gmem_rready != 0;
      dram_.sample(master);
    }
    model_->ap_clk = 1;
    model_->eval();
    dump();
    ++cycles_;
    if (context_.gotError() || context_.gotFinish()) {
      context_.gotError(false);
      context_.gotFinish(false);
      throw Error(ErrorCode::internal, "simulation", "every assertion of the RTL holds",
                  "cycle=" + std::to_string(cycles_) + "; " + messages_.take());
    }
  }

  void dump() {
    if constexpr (kTraced) {
      if (trace_ && cycles_ >= trace_from_ && cycles_ <= trace_to_) {
        trace_->dump(context_.time());
        context_.timeInc(1);
        return;
      }
    }
    context_.timeInc(1);
  }

  VerilatedContext context_;
  ModelMessages messages_{context_};
  std::unique_ptr<Model> model_;
#if VM_TRACE_FST
  std::unique_ptr<VerilatedFstC> trace_;
#endif
  std::uint64_t trace_from_;
  std::uint64_t trace_to_;
  DramModel dram_;
  std::uint64_t cycles_ = 0;
  bool in_reset_ = false;
};

}  // namespace tinium
