// SPDX-License-Identifier: Apache-2.0
// When a source or a sink pauses. Benches run each interface under all patterns.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string_view>

namespace tinium::testbench {

/// Patterns of pauses.
enum class StallPattern : std::uint8_t {
  kNone,        ///< never pauses: back-to-back transfers
  kRandom,      ///< pauses with the given probability in each cycle
  kBursts,      ///< runs of 1 to 32 cycles without, then with pauses
  kMostly,      ///< pauses nine cycles out of ten
  kAfterValid,  ///< a sink that becomes ready only after it has seen valid; a source: like kRandom
};

/// All patterns, for loops and INSTANTIATE_TEST_SUITE_P.
inline constexpr std::array<StallPattern, 5> kAllStallPatterns = {
    StallPattern::kNone, StallPattern::kRandom, StallPattern::kBursts, StallPattern::kMostly,
    StallPattern::kAfterValid};

/// Name of a pattern, usable in test names.
constexpr std::string_view name_of(StallPattern pattern) {
  switch (pattern) {
    case StallPattern::kNone:
      return "None";
    case StallPattern::kRandom:
      return "Random";
    case StallPattern::kBursts:
      return "Bursts";
    case StallPattern::kMostly:
      return "Mostly";
    case StallPattern::kAfterValid:
      return "AfterValid";
  }
  return "Unknown";
}

/// Decides cycle by cycle whether to pause. Equal seeds give equal sequences.
class StallGenerator {
 public:
  /// `probability` is used by kRandom and kAfterValid.
  StallGenerator(StallPattern pattern, std::mt19937_64 rng, double probability = 0.5)
      : pattern_(pattern), rng_(rng), probability_(probability) {}

  /// True when the caller should pause in this cycle. Call once a cycle.
  bool stall() {
    switch (pattern_) {
      case StallPattern::kNone:
        return false;
      case StallPattern::kRandom:
      case StallPattern::kAfterValid:
        return chance(probability_);
      case StallPattern::kMostly:
        return chance(0.9);
      case StallPattern::kBursts:
        if (burst_left_ == 0) {
          burst_stalls_ = !burst_stalls_;
          burst_left_ = 1 + rng_() % 32;
        }
        --burst_left_;
        return burst_stalls_;
    }
    return false;
  }

  StallPattern pattern() const { return pattern_; }

 private:
  bool chance(double p) { return static_cast<double>(rng_() >> 11) * 0x1p-53 < p; }

  StallPattern pattern_;
  std::mt19937_64 rng_;
  double probability_;
  std::uint64_t burst_left_ = 0;
  bool burst_stalls_ = false;
};

}  // namespace tinium::testbench
