// SPDX-License-Identifier: Apache-2.0
//
// Traces to timelines: events paired, rows without overlap, the file and the picture; and the table
// of causes, whose rows add up.

#include "timeline.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "bench_options.hpp"
#include "profile.hpp"

namespace tinium::tools {
namespace {

constexpr auto kMultiply = static_cast<std::uint8_t>(isa::Opcode::kMultiplyMoving);

TraceEvent event(std::uint64_t time, isa::TraceEvent what, std::uint32_t instruction,
                 isa::Unit unit = isa::Unit::kTensor, std::uint8_t opcode = kMultiply) {
  return {time, unit, what, instruction, opcode};
}
constexpr auto kBegin = isa::TraceEvent::kBegin;
constexpr auto kEnd = isa::TraceEvent::kEnd;

TEST(Timeline, PairsEventsAlsoOfLoopsAndOverlaps) {
  const auto spans = spans_of({
      event(10, kBegin, 1), event(15, kBegin, 2),                    // begins before 1 has ended
      event(20, kEnd, 1), event(25, kEnd, 2), event(30, kBegin, 1),  // the same instruction again
      event(31, kEnd, 1), event(40, kEnd, 3),                        // no begin: LoadStationary
      event(50, kBegin, 4),                                          // no end
  });
  ASSERT_EQ(spans.size(), 4u);
  EXPECT_EQ(spans[0].begin, 10u);
  EXPECT_EQ(spans[0].end, 20u);
  EXPECT_EQ(spans[0].row, 0u);
  EXPECT_EQ(spans[1].row, 1u);
  EXPECT_EQ(spans[2].begin, 30u);
  EXPECT_EQ(spans[2].row, 0u);
  EXPECT_EQ(spans[3].begin, 40u);
  EXPECT_EQ(spans[3].end, 40u);
}

TEST(Timeline, RowsDoNotOverlap) {
  auto rng = testbench::make_rng();
  std::vector<TraceEvent> events;
  std::array<std::uint64_t, 6> last_end{};
  for (std::uint32_t i = 0; i < 500; ++i) {
    const auto unit = static_cast<isa::Unit>(rng() % 6);
    auto& last = last_end[static_cast<std::size_t>(unit)];
    const std::uint64_t begin = last - std::min<std::uint64_t>(last, rng() % 20) + rng() % 30;
    last = begin + rng() % 50;
    events.push_back(event(begin, kBegin, i, unit));
    events.push_back(event(last, kEnd, i, unit));
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const TraceEvent& a, const TraceEvent& b) { return a.time < b.time; });
  const auto spans = spans_of(events);
  EXPECT_EQ(spans.size(), 500u) << "rerun: " << testbench::rerun_line();
  std::map<std::pair<isa::Unit, std::uint32_t>, std::uint64_t> ends;
  for (const Span& span : spans) {
    auto& end = ends[{span.unit, span.row}];
    EXPECT_GE(span.begin, end) << "rerun: " << testbench::rerun_line();
    end = span.end;
  }
}

TEST(Timeline, WritesJsonAndSvgThatNameTheInstructions) {
  ProgramBuilder builder(32);
  builder.add(isa::Engine::kTensor, isa::LoadStationary{});
  isa::MultiplyMoving multiply;
  multiply.num0 = 5;
  builder.add(isa::Engine::kTensor, multiply);
  builder.halt_all();
  Timeline timeline("a < b");
  EXPECT_EQ(timeline.call("launch", [] { return 7; }), 7);
  Completion done;
  done.counters.cycles = 1000;
  done.counters.profile[0] = {500, 500};
  timeline.set_launch("launch", builder.build(), done,
                      {event(100, kBegin, 1), event(300, kEnd, 1)});
  const auto json = nlohmann::json::parse(timeline.chrome_json());
  bool found = false;
  bool host = false;
  for (const auto& each : json["traceEvents"]) {
    host |= each["name"] == "launch" && each["ph"] == "X";
    if (each["name"] != "MultiplyMoving") continue;
    found = true;
    EXPECT_EQ(each["args"]["begin_cycle"], 100);
    EXPECT_EQ(each["args"]["end_cycle"], 300);
    EXPECT_NEAR(each["dur"].get<double>(), 0.2, 1e-9);
    EXPECT_NE(each["args"]["text"].get<std::string>().find("num0=5"), std::string::npos);
  }
  EXPECT_TRUE(found);
  EXPECT_TRUE(host);
  const std::string svg = timeline.svg();
  EXPECT_NE(svg.find("a &lt; b"), std::string::npos);
  EXPECT_NE(svg.find("MultiplyMoving"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.substr(svg.size() - 7), "</svg>\n");
}

TEST(Profile, EveryRowAddsUp) {
  auto rng = testbench::make_rng();
  for (int round = 0; round < 2000; ++round) {
    std::array<std::uint64_t, 8> causes{};
    for (auto& cause : causes) cause = rng() % 3 == 0 ? 0 : rng() >> rng() % 64 >> 10;
    const auto parts = profile_permille(causes);
    const auto sum = std::accumulate(parts.begin(), parts.end(), 0u);
    const bool any = std::any_of(causes.begin(), causes.end(), [](auto c) { return c != 0; });
    ASSERT_EQ(sum, any ? 1000u : 0u) << "rerun: " << testbench::rerun_line();
  }
  LaunchCounters counters;
  counters.profile[0] = {1, 1, 1};
  counters.profile[5] = {0, 0, 0, 0, 0, 0, 0, 9};
  const std::string table = profile_table(counters);
  EXPECT_NE(table.find("      33.4      33.3      33.3         -"), std::string::npos) << table;
  EXPECT_NE(table.find("100.0\n"), std::string::npos) << table;
}

}  // namespace
}  // namespace tinium::tools
