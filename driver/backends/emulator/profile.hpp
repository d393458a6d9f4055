// SPDX-License-Identifier: Apache-2.0
//
// Where the cycles of a unit went: a gapless line of causes for its stream or queue, and spans in
// which its engine was engaged, which go before the line.

#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "timing.hpp"
#include "tinium/generated/isa.hpp"

namespace tinium {

class UnitProfile {
 public:
  using Time = timing::Time;
  using Totals = std::array<std::uint64_t, isa::kCauseNames.size()>;

  void clear() { *this = {}; }

  /// The unit spends the time from the end of the line to `until` on `cause`.
  void spend(isa::Cause cause, Time until) {
    if (until <= end_) return;
    append(line_, {end_, until, cause});
    end_ = until;
  }
  Time end() const { return end_; }

  /// The engine spends [begin, end) on `cause`; what it spent before goes first.
  void engage(isa::Cause cause, Time begin, Time end) {
    if (!spans_.empty()) begin = std::max(begin, spans_.back().end);
    if (begin < end) append(spans_, {begin, end, cause});
  }

  /// Cycles by cause; they add up to `cycles`. What the line does not reach is `rest`.
  Totals totals(Time cycles, isa::Cause rest) const {
    Totals sum{};
    const auto add = [&](isa::Cause cause, Time begin, Time end) {
      begin = std::min(begin, cycles);
      end = std::min(end, cycles);
      if (begin < end) sum[static_cast<std::size_t>(cause)] += end - begin;
    };
    std::size_t next = 0;
    Time done = 0;
    const auto fill = [&](Time until) {  // from the line
      while (done < until) {
        while (next < line_.size() && line_[next].end <= done) ++next;
        const bool inside = next < line_.size();
        const Time end = inside ? std::min(until, line_[next].end) : until;
        add(inside ? line_[next].cause : rest, done, end);
        done = end;
      }
    };
    for (const Span& span : spans_) {
      if (span.begin >= cycles) break;
      fill(span.begin);
      add(span.cause, span.begin, span.end);
      done = std::max(done, span.end);
    }
    fill(cycles);
    return sum;
  }

 private:
  struct Span {
    Time begin;
    Time end;
    isa::Cause cause;
  };
  static void append(std::vector<Span>& spans, const Span& span) {
    if (!spans.empty() && spans.back().end == span.begin && spans.back().cause == span.cause) {
      spans.back().end = span.end;
    } else {
      spans.push_back(span);
    }
  }

  std::vector<Span> line_;
  std::vector<Span> spans_;
  Time end_ = 0;
};

}  // namespace tinium
