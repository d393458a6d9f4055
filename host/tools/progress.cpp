// SPDX-License-Identifier: Apache-2.0

#include "progress.hpp"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace tinium::tools {

Progress::Progress(std::string label, std::uint64_t total, bool quiet)
    : label_(std::move(label)),
      total_(total),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) != 0) {}

void Progress::finish() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

void Progress::update(std::uint64_t done, const std::string& note) {
  if (quiet_ || total_ == 0) return;
  const auto now = std::chrono::steady_clock::now();
  const double since = std::chrono::duration<double>(now - last_).count();
  const unsigned percent = static_cast<unsigned>(done * 100 / total_);
  if (terminal_) {
    if (drawn_ && since < 0.1 && done < total_) return;
    std::string bar;
    for (unsigned i = 0; i < 25; ++i) bar += i * 4 < percent ? "█" : "░";
    std::fprintf(stderr, "\r\033[K%s %s %3u %% %s", label_.c_str(), bar.c_str(), percent,
                 note.c_str());
    std::fflush(stderr);
    drawn_ = true;
  } else {
    if (since < 2.0) return;
    std::fprintf(stderr, "%s %u %% %s\n", label_.c_str(), percent, note.c_str());
  }
  last_ = now;
}

}  // namespace tinium::tools
