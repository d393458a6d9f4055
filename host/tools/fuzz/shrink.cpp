// SPDX-License-Identifier: Apache-2.0

#include "fuzz/shrink.hpp"

#include <algorithm>

#include "fuzz/rules.hpp"

namespace tinium::fuzz {
namespace {

class Shrinker {
 public:
  Shrinker(Duel& duel, const CasePlan& plan, const Verdict& verdict, std::size_t runs,
           const std::function<void(std::size_t)>& tried)
      : duel_(duel), limit_(runs), tried_(tried) {
    best_.plan = plan;
    best_.verdict = verdict;
  }

  Shrunk run() {
    bool better = true;
    while (better && best_.runs < limit_) {
      better = drop_launches();
      better = drop_items() || better;
      better = simplify_plans() || better;
      better = simplify_items() || better;
    }
    return best_;
  }

 private:
  bool fails(const CasePlan& plan) {
    if (best_.runs >= limit_) return false;
    const auto built = build_case(duel_.core(), plan);
    if (!built) return false;
    ++best_.runs;
    if (tried_) tried_(best_.runs);
    const Verdict verdict = duel_.run(*built);
    if (verdict.outcome != Outcome::fail || !same_failure(verdict, best_.verdict)) return false;
    best_.plan = plan;
    best_.verdict = verdict;
    return true;
  }

  /// Applies `change` to a copy; true when it still fails.
  template <typename Change>
  bool attempt(const Change& change) {
    CasePlan plan = best_.plan;
    if (!change(plan)) return false;
    return fails(plan);
  }

  bool drop_launches() {
    bool better = false;
    // What comes behind the failing one was never run.
    if (best_.verdict.launch + 1 < best_.plan.launches.size()) {
      better |= attempt([&](CasePlan& plan) {
        plan.launches.resize(best_.verdict.launch + 1);
        return true;
      });
    }
    for (std::size_t i = 0; i + 1 < best_.plan.launches.size();) {
      const bool dropped = attempt([&](CasePlan& plan) {
        plan.launches.erase(plan.launches.begin() + static_cast<std::ptrdiff_t>(i));
        return true;
      });
      better |= dropped;
      if (!dropped) ++i;
    }
    return better;
  }

  bool drop_items() {
    bool better = false;
    for (std::size_t l = 0; l < best_.plan.launches.size(); ++l) {
      for (std::size_t s = 0; s < best_.plan.launches[l].segments.size();) {
        const bool dropped = attempt([&](CasePlan& plan) {
          auto& segments = plan.launches[l].segments;
          if (segments.size() == 1) return false;
          segments.erase(segments.begin() + static_cast<std::ptrdiff_t>(s));
          return true;
        });
        better |= dropped;
        if (!dropped) ++s;
      }
      for (std::size_t s = 0; s < best_.plan.launches[l].segments.size(); ++s) {
        const auto size = [&] { return best_.plan.launches[l].segments[s].items.size(); };
        for (std::size_t piece = std::max<std::size_t>(1, size() / 2); piece > 0; piece /= 2) {
          for (std::size_t at = 0; at < size();) {
            const bool dropped = attempt([&](CasePlan& plan) {
              auto& items = plan.launches[l].segments[s].items;
              const std::size_t end = std::min(at + piece, items.size());
              items.erase(items.begin() + static_cast<std::ptrdiff_t>(at),
                          items.begin() + static_cast<std::ptrdiff_t>(end));
              return true;
            });
            better |= dropped;
            if (!dropped) at += piece;
          }
        }
      }
    }
    return better;
  }

  bool simplify_plans() {
    bool better = false;
    better |= attempt([](CasePlan& plan) {
      if (plan.memory.stall_percent == 0) return false;
      plan.memory.stall_percent = 0;
      return true;
    });
    better |= attempt([](CasePlan& plan) { return std::exchange(plan.memory.reorder, false); });
    for (std::size_t l = 0; l < best_.plan.launches.size(); ++l) {
      const auto change = [&](auto&& simpler) {
        better |= attempt([&](CasePlan& plan) { return simpler(plan.launches[l]); });
      };
      change([](Plan& p) { return std::exchange(p.noise, false); });
      change([](Plan& p) { return std::exchange(p.trace_bytes, 0u) != 0; });
      change([](Plan& p) {
        if (p.sync == Sync::token || p.segments.size() != 1 || p.segments[0].repeat > 1) {
          return false;
        }
        p.sync = Sync::token;
        return true;
      });
      for (std::size_t s = 0; s < best_.plan.launches[l].segments.size(); ++s) {
        change([&](Plan& p) {
          Segment& segment = p.segments[s];
          if (segment.repeat == 1) return false;
          segment.repeat = 1;
          for (Item& item : segment.items) item.stride_a = item.stride_b = 0;
          return true;
        });
        change([&](Plan& p) {
          Segment& segment = p.segments[s];
          if (segment.repeat <= 2) return false;
          segment.repeat = 2;
          return true;
        });
      }
      if (best_.plan.launches[l].segments.size() > 1) {
        change([](Plan& p) {
          for (std::size_t s = 1; s < p.segments.size(); ++s) {
            if (p.segments[s].repeat > 1 || p.segments[0].repeat > 1) return false;
          }
          for (std::size_t s = 1; s < p.segments.size(); ++s) {
            p.segments[0].items.insert(p.segments[0].items.end(), p.segments[s].items.begin(),
                                       p.segments[s].items.end());
          }
          p.segments.resize(1);
          return true;
        });
      }
    }
    return better;
  }

  /// Fields that count something go to one, or are halved; operators and steps go away.
  bool simplify_items() {
    bool better = false;
    const auto& launches = best_.plan.launches;
    for (std::size_t l = 0; l < launches.size(); ++l) {
      for (std::size_t s = 0; s < launches[l].segments.size(); ++s) {
        for (std::size_t i = 0; i < launches[l].segments[s].items.size(); ++i) {
          better |= simplify_item(l, s, i);
        }
      }
    }
    return better;
  }

  bool simplify_item(std::size_t l, std::size_t s, std::size_t i) {
    bool better = false;
    const auto item = [&](CasePlan& plan) -> Item& {
      return plan.launches[l].segments[s].items[i];
    };
    better |= attempt([&](CasePlan& plan) {
      Item& one = item(plan);
      if (one.stride_a == 0 && one.stride_b == 0) return false;
      one.stride_a = one.stride_b = 0;
      return true;
    });
    const InstructionWords& words = best_.plan.launches[l].segments[s].items[i].words;
    const auto* info = find_instruction(static_cast<std::uint8_t>(words[0] & 0xFFu));
    for (const auto& field : info->fields) {
      const std::string_view name = field.name;
      const bool counts = name.starts_with("num") || name == "partitions" || name == "columns" ||
                          name == "row_bytes";
      const bool plain = name == "op0" || name == "relu" || name == "reverse0" ||
                         name == "reverse1" || name == "negate" || name == "piece_pair" ||
                         name == "accumulate" || name == "operand0_kind" ||
                         name == "operand1_kind" || name == "transpose";
      if (!counts && !plain) continue;
      const auto value = [&] {
        return extract_field(field, best_.plan.launches[l].segments[s].items[i].words);
      };
      if (plain) {
        better |= attempt([&](CasePlan& plan) {
          if (value() == 0) return false;
          set_field(item(plan).words, field, 0);
          return true;
        });
        continue;
      }
      bool goes_on = value() > 1 && attempt([&](CasePlan& plan) {
                       set_field(item(plan).words, field, 1);
                       return true;
                     });
      better |= goes_on;
      while (value() > 1) {
        goes_on = attempt([&](CasePlan& plan) {
          set_field(item(plan).words, field, value() / 2);
          return true;
        });
        if (!goes_on) break;
        better = true;
      }
    }
    return better;
  }

  Duel& duel_;
  std::size_t limit_;
  const std::function<void(std::size_t)>& tried_;
  Shrunk best_;
};

}  // namespace

bool same_failure(const Verdict& a, const Verdict& b) {
  const auto kind = [](const std::string& signature) {
    return signature.substr(0, signature.find(" bytes of "));
  };
  return kind(a.signature) == kind(b.signature);
}

Shrunk shrink(Duel& duel, const CasePlan& plan, const Verdict& verdict, std::size_t runs,
              const std::function<void(std::size_t)>& tried) {
  return Shrinker(duel, plan, verdict, runs, tried).run();
}

}  // namespace tinium::fuzz
