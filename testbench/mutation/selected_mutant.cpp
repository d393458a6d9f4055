// SPDX-License-Identifier: Apache-2.0
// Which mutant of a mutated model is active. Linked into the benches that scripts/mutation builds.
//
// TINIUM_MUTANT=<number> chooses it; without it, and with 0, the design is as it is. Every instance
// of a mutated file asks once, as its model is made. With TINIUM_MUTATION_LOG=<path> the number of
// the asking file is appended there, once each: which files a bench's model is made of.
#include <array>
#include <cstdio>
#include <cstdlib>

extern "C" int tinium_mutant(int file) {
  static const int selected = [] {
    const char* text = std::getenv("TINIUM_MUTANT");
    return text != nullptr ? std::atoi(text) : 0;
  }();
  static const char* const log_path = std::getenv("TINIUM_MUTATION_LOG");
  static std::array<bool, 1024> seen{};
  if (log_path != nullptr && file >= 0 && file < static_cast<int>(seen.size()) && !seen[file]) {
    seen[file] = true;
    if (std::FILE* log = std::fopen(log_path, "a")) {
      std::fprintf(log, "%d\n", file);
      std::fclose(log);
    }
  }
  return selected;
}
