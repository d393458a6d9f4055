// SPDX-License-Identifier: Apache-2.0
// A Verilated model with its clock, waveform and verdict.
//
// One cycle of tick():
//   1. components drive inputs, as registers do right after the last rising edge;
//   2. clk_i = 0, eval: combinational outputs settle;
//   3. components sample outputs, as registers do at the coming edge;
//   4. clk_i = 1, eval: the edge.
// Unreset state is random from the run's seed (Verilator's --x-initial unique with randReset(2)),
// so that a design that relies on it fails under some seed.
#pragma once

#include <gtest/gtest.h>
#include <verilated.h>
#include <verilated_fst_c.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench_options.hpp"
#include "model_messages.hpp"

namespace tinium::testbench {

/// Something that acts on a model's ports in every cycle: a driver, a sink, a monitor.
class BenchComponent {
 public:
  virtual ~BenchComponent() = default;
  /// Sets inputs of the model. Outputs still show the values of the previous cycle.
  virtual void drive() = 0;
  /// Reads settled outputs just before the rising edge. Must not change inputs.
  virtual void sample() = 0;
};

/// Owns a model whose clock is `clk_i` and whose reset is `rst_ni`. Not thread-safe; one per test.
template <typename Model>
class VerilatedBench {
 public:
  explicit VerilatedBench(const std::string& name = "dut") {
    context_ = std::make_unique<VerilatedContext>();
    messages_ = std::make_unique<ModelMessages>(*context_);
    // The bench gives the verdict: a failed assertion must not end the process without a rerun
    // line.
    context_->fatalOnError(false);
    context_->assertOn(true);
    context_->randReset(2);
    // Verilator takes 31 bits and reads 0 as "choose one yourself".
    context_->randSeed(static_cast<int>(options().seed % 0x7ffffffeU) + 1);
    context_->traceEverOn(true);
    model_ = std::make_unique<Model>(context_.get(), name.c_str());
    open_trace();
  }

  VerilatedBench(const VerilatedBench&) = delete;
  VerilatedBench& operator=(const VerilatedBench&) = delete;

  ~VerilatedBench() {
    model_->final();
    if (trace_) {
      trace_->close();
    }
    check();
    // A model leaves the thread's current context as it goes: it must be the model's own, and
    // alive.
    Verilated::threadContextp(context_.get());
    model_.reset();
  }

  Model* operator->() { return model_.get(); }
  Model& dut() { return *model_; }
  VerilatedContext& context() { return *context_; }
  /// Rising edges so far.
  std::uint64_t cycle() const { return cycle_; }

  /// Makes `component` part of each cycle, in the order of the calls. It must outlive the bench's
  /// use.
  void add(BenchComponent& component) { components_.push_back(&component); }

  /// Holds rst_ni low for `cycles` cycles, then releases it. Components rest meanwhile.
  void reset(int cycles = 4) {
    model_->rst_ni = 0;
    for (int i = 0; i < cycles; ++i) {
      half_cycle(0);
      half_cycle(1);
      ++cycle_;
    }
    model_->rst_ni = 1;
  }

  /// Runs `cycles` cycles; stops early after a failed RTL assertion.
  void tick(std::uint64_t cycles = 1) {
    for (std::uint64_t i = 0; i < cycles && !failed_; ++i) {
      for (BenchComponent* component : components_) {
        component->drive();
      }
      half_cycle(0);
      for (BenchComponent* component : components_) {
        component->sample();
      }
      half_cycle(1);
      ++cycle_;
      if (context_->gotError() || context_->gotFinish()) {
        check();
      }
    }
  }

  /// Ticks until `done()` or for `limit` cycles. Returns false, and fails the test, at the limit.
  template <typename Predicate>
  bool run_until(Predicate&& done, std::uint64_t limit) {
    for (std::uint64_t i = 0; i < limit; ++i) {
      if (done()) {
        return true;
      }
      tick();
      if (failed_) {
        return false;
      }
    }
    if (done()) {
      return true;
    }
    ADD_FAILURE() << current_test_name() << " seed " << options().seed << ": not done after "
                  << limit << " cycles\n  rerun: " << rerun_line();
    return false;
  }

  /// Settles combinational outputs after an input changed, without a clock edge.
  void settle() { model_->eval(); }

  /// True once an RTL assertion failed or the model finished by itself.
  bool failed() const { return failed_; }

  /// For tests of assertions: forgets a failed assertion and says whether there was one.
  bool take_assertion_failure() {
    const bool seen = context_->gotError() || failed_;
    context_->gotError(false);
    context_->gotFinish(false);
    failed_ = false;
    assertion_message_ = messages_->take();
    return seen;
  }

  /// What the assertions said that take_assertion_failure() took, a line each.
  const std::string& assertion_message() const { return assertion_message_; }

  /// For tests of assertions: a failed one is expected and is not reported as a failure.
  void expect_assertion_failure() { assertion_failure_expected_ = true; }

 private:
  void half_cycle(int clock) {
    model_->clk_i = static_cast<CData>(clock);
    model_->eval();
    // Two time units a cycle: edges at even times, settled inputs at odd ones.
    context_->timeInc(1);
    if (trace_ && cycle_ >= options().trace_from && cycle_ <= options().trace_to) {
      trace_->dump(context_->time());
    }
  }

  void check() {
    if (failed_ || !(context_->gotError() || context_->gotFinish())) {
      return;
    }
    failed_ = true;
    if (!assertion_failure_expected_) {
      ADD_FAILURE() << current_test_name() << " seed " << options().seed << ": "
                    << (context_->gotError() ? "an RTL assertion failed" : "the model finished")
                    << " in cycle " << cycle_ << "\n"
                    << messages_->take() << "\n  rerun: " << rerun_line();
    }
  }

  void open_trace() {
    if constexpr (requires(Model & m, VerilatedFstC * t) { m.trace(t, 99, 0); }) {
#if VM_COVERAGE
      // The collector of coverage stands where the waveform writer is, and always listens.
      const std::string path = "coverage";
#else
      note_traceable_model();
      const std::string path = next_trace_path();
#endif
      if (!path.empty()) {
        trace_ = std::make_unique<VerilatedFstC>();
        model_->trace(trace_.get(), 99, 0);
        trace_->open(path.c_str());
      }
    }
  }

  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<ModelMessages> messages_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<VerilatedFstC> trace_;
  std::vector<BenchComponent*> components_;
  std::uint64_t cycle_ = 0;
  bool failed_ = false;
  bool assertion_failure_expected_ = false;
  std::string assertion_message_;
};

}  // namespace tinium::testbench
