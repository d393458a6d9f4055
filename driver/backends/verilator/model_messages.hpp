// SPDX-License-Identifier: Apache-2.0
//
// What a Verilated model says when an assertion of the RTL fails, for the one who runs it: it
// belongs into an error or a test's report, not on somebody's standard output. Verilator's run-time
// library is built to print through this file (cmake/TiniumVerilate.cmake).

#pragma once

#include <string>

class VerilatedContext;

namespace tinium {

/// Keeps the messages of the models of one context from now on, instead of printing them. One for a
/// context, which must outlive it. take() and the model belong to one thread at a time.
class ModelMessages {
 public:
  explicit ModelMessages(const VerilatedContext& context);
  ~ModelMessages();
  ModelMessages(const ModelMessages&) = delete;
  ModelMessages& operator=(const ModelMessages&) = delete;

  /// What was said since the last call, a line for each failed assertion:
  /// "<claim with its path>: <rule and signals>". Empty if nothing was said.
  std::string take();

 private:
  const VerilatedContext& context_;
};

}  // namespace tinium
