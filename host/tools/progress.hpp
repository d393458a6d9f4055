// SPDX-License-Identifier: Apache-2.0
//
// Progress of work that takes more than a second: a bar on a terminal, a line now and then
// otherwise.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tinium::tools {

class Progress {
 public:
  /// @param quiet  print nothing (output for machines)
  Progress(std::string label, std::uint64_t total, bool quiet = false);
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of `total`, and a few words behind the bar.
  void update(std::uint64_t done, const std::string& note = {});

  /// Takes the bar away; called by the destructor as well.
  void finish();

 private:
  std::string label_;
  std::uint64_t total_;
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_ = begin_;
};

}  // namespace tinium::tools
