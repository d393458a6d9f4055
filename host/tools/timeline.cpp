// SPDX-License-Identifier: Apache-2.0

#include "timeline.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>

#include "profile.hpp"

namespace tinium::tools {
namespace {

constexpr std::size_t kUnits = isa::kUnitNames.size();

std::string name_of(isa::Unit unit) {
  return std::string(isa::kUnitNames[static_cast<std::size_t>(unit)].name);
}

std::string name_of(std::uint8_t opcode) {
  const isa::InstructionInfo* info = find_instruction(opcode);
  return info == nullptr ? "?" : std::string(info->name);
}

isa::Engine stream_of(isa::Unit unit) {
  if (unit == isa::Unit::kTensor) return isa::Engine::kTensor;
  return unit == isa::Unit::kVector ? isa::Engine::kVector : isa::Engine::kSync;
}

/// Colours that can be told apart in print and by most eyes (Okabe and Ito).
const char* colour_of(std::uint8_t opcode) {
  switch (static_cast<isa::Opcode>(opcode)) {
    case isa::Opcode::kMultiplyMoving:
      return "#0072b2";
    case isa::Opcode::kTranspose:
      return "#56b4e9";
    case isa::Opcode::kTensorScalar:
      return "#e69f00";
    case isa::Opcode::kTensorTensor:
      return "#d55e00";
    case isa::Opcode::kTensorReduce:
      return "#f0e442";
    case isa::Opcode::kMemset:
      return "#cc79a7";
    case isa::Opcode::kDmaLoad:
      return "#009e73";
    case isa::Opcode::kDmaStore:
      return "#882255";
    case isa::Opcode::kDmaCopy:
      return "#44aa99";
    default:
      return "#777777";
  }
}

constexpr std::array<const char*, 8> kCauseColours = {"#0072b2", "#cc79a7", "#f0e442", "#e69f00",
                                                      "#999999", "#009e73", "#d55e00", "#eeeeee"};

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

std::string percent(std::uint32_t permille) {
  return std::to_string(permille / 10) + "." + std::to_string(permille % 10);
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '<') {
      result += "&lt;";
    } else if (c == '&') {
      result += "&amp;";
    } else {
      result += c;
    }
  }
  return result;
}

/// Distance of ticks: 1, 2 or 5 times a power of ten, about ten of them.
std::uint64_t tick_of(std::uint64_t cycles) {
  std::uint64_t tick = 1;
  while (tick * 10 < cycles) tick *= 10;
  if (tick * 2 > cycles) return std::max<std::uint64_t>(1, tick / 10);
  if (tick * 5 > cycles) return std::max<std::uint64_t>(1, tick / 5);
  return std::max<std::uint64_t>(1, tick / 2);
}

}  // namespace

std::vector<Span> spans_of(const std::vector<TraceEvent>& events) {
  std::vector<Span> spans;
  std::map<std::pair<isa::Unit, std::uint32_t>, std::deque<std::uint64_t>> begun;
  for (const TraceEvent& event : events) {
    auto& begins = begun[{event.unit, event.instruction}];
    if (event.event == isa::TraceEvent::kBegin) {
      begins.push_back(event.time);
      continue;
    }
    Span span{event.unit, event.instruction, event.opcode, event.time, event.time, 0};
    if (!begins.empty()) {
      span.begin = begins.front();
      begins.pop_front();
    }
    spans.push_back(span);
  }
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return std::tie(a.begin, a.end, a.unit, a.instruction) <
           std::tie(b.begin, b.end, b.unit, b.instruction);
  });
  std::array<std::vector<std::uint64_t>, kUnits> free_from;  // each row of each unit
  for (Span& span : spans) {
    auto& rows = free_from[static_cast<std::size_t>(span.unit)];
    std::size_t row = 0;
    while (row < rows.size() && rows[row] > span.begin) ++row;
    if (row == rows.size()) rows.push_back(0);
    rows[row] = std::max(span.end, span.begin + 1);
    span.row = static_cast<std::uint32_t>(row);
  }
  return spans;
}

void Timeline::set_launch(const std::string& call, const ProgramImage& image,
                          const Completion& completion, const std::vector<TraceEvent>& events) {
  spans_ = spans_of(events);
  counters_ = completion.counters;
  for (const Span& span : spans_) {
    const auto stream = image.stream(stream_of(span.unit));
    texts_.push_back(span.instruction < stream.size() ? disassemble(stream[span.instruction]) : "");
  }
  for (const Call& each : calls_) {
    if (each.name == call) launch_begin_ = each.begin;
  }
}

std::string Timeline::chrome_json() const {
  using Json = nlohmann::ordered_json;
  constexpr int kHost = 1;
  constexpr int kCore = 2;
  constexpr int kRows = 16;  // thread numbers for each unit
  Json events = Json::array();
  const auto name = [&](const char* what, int pid, int tid, const std::string& text) {
    events.push_back(
        {{"ph", "M"}, {"name", what}, {"pid", pid}, {"tid", tid}, {"args", {{"name", text}}}});
  };
  name("process_name", kHost, 0, "host");
  name("thread_name", kHost, 1, "calls");
  name("process_name", kCore, 0, "core (1 cycle = 1 ns)");
  std::array<std::uint32_t, kUnits> rows{};
  for (const Span& span : spans_) {
    auto& most = rows[static_cast<std::size_t>(span.unit)];
    most = std::max(most, span.row + 1);
  }
  for (std::size_t unit = 0; unit < kUnits; ++unit) {
    for (std::uint32_t row = 0; row < rows[unit]; ++row) {
      name("thread_name", kCore, static_cast<int>(unit * kRows + row + 1),
           name_of(static_cast<isa::Unit>(unit)) + (row == 0 ? "" : " +" + std::to_string(row)));
    }
  }
  for (const Call& call : calls_) {
    events.push_back({{"ph", "X"},
                      {"name", call.name},
                      {"cat", "host"},
                      {"pid", kHost},
                      {"tid", 1},
                      {"ts", call.begin},
                      {"dur", call.end - call.begin}});
  }
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    const Span& span = spans_[i];
    Json event{
        {"ph", "X"},
        {"name", name_of(span.opcode)},
        {"cat", name_of(span.unit)},
        {"pid", kCore},
        {"tid", static_cast<int>(static_cast<std::uint32_t>(span.unit) * kRows + span.row + 1)},
        {"ts", launch_begin_ + static_cast<double>(span.begin) / 1000},
        {"dur", static_cast<double>(span.end - span.begin) / 1000},
        {"args",
         {{"instruction", span.instruction},
          {"begin_cycle", span.begin},
          {"end_cycle", span.end},
          {"text", texts_[i]}}}};
    events.push_back(std::move(event));
  }
  const Json all{{"traceEvents", std::move(events)},
                 {"displayTimeUnit", "ns"},
                 {"otherData",
                  {{"title", title_},
                   {"cycles", counters_.cycles},
                   {"trace_events", counters_.trace_events},
                   {"trace_lost", counters_.trace_lost}}}};
  return all.dump() + "\n";
}

std::string Timeline::svg() const {
  constexpr double kLeft = 110, kWidth = 1060, kTop = 64, kRow = 22, kGap = 8;
  // Events have times of 48 bits; a broken core may count more cycles.
  constexpr std::uint64_t kMostCycles = std::uint64_t{1} << 48;
  std::uint64_t last = std::clamp<std::uint64_t>(counters_.cycles, 1, kMostCycles);
  std::array<std::uint32_t, kUnits> rows{};
  rows.fill(1);
  std::map<std::uint8_t, bool> opcodes;
  for (const Span& span : spans_) {
    last = std::max(last, span.end);
    auto& most = rows[static_cast<std::size_t>(span.unit)];
    most = std::max(most, span.row + 1);
    opcodes[span.opcode] = true;
  }
  const auto x = [&](std::uint64_t cycle) {
    return kLeft + kWidth * static_cast<double>(cycle) / static_cast<double>(last);
  };
  std::string body;
  std::array<double, kUnits> top{};
  double y = kTop;
  for (std::size_t unit = 0; unit < kUnits; ++unit) {
    top[unit] = y;
    const double height = kRow * rows[unit];
    body += "<rect x=\"" + number(kLeft) + "\" y=\"" + number(y) + "\" width=\"" + number(kWidth) +
            "\" height=\"" + number(height) + "\" fill=\"#f4f4f4\"/>\n<text x=\"" +
            number(kLeft - 8) + "\" y=\"" + number(y + 15) + "\" text-anchor=\"end\">" +
            name_of(static_cast<isa::Unit>(unit)) + "</text>\n";
    y += height + kGap;
  }
  const double axis = y;
  const std::uint64_t tick = tick_of(last);
  for (std::uint64_t at = 0; at <= last; at += tick) {
    body += "<line x1=\"" + number(x(at)) + "\" x2=\"" + number(x(at)) + "\" y1=\"" + number(kTop) +
            "\" y2=\"" + number(axis) + "\" stroke=\"#cccccc\"/>\n<text x=\"" + number(x(at)) +
            "\" y=\"" + number(axis + 14) + "\" text-anchor=\"middle\">" + std::to_string(at) +
            "</text>\n";
  }
  body += "<text x=\"" + number(kLeft + kWidth) + "\" y=\"" + number(axis + 30) +
          "\" text-anchor=\"end\">cycles</text>\n";
  // Neighbours of one colour that lie within half a pixel become one rectangle.
  struct Bar {
    double from, to;
    std::uint8_t opcode;
    std::size_t first, count;
  };
  std::map<std::pair<std::size_t, std::uint32_t>, std::vector<Bar>> bars;
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    const Span& span = spans_[i];
    auto& list = bars[{static_cast<std::size_t>(span.unit), span.row}];
    const double from = x(span.begin);
    const double to = std::max(x(span.end), from + 0.6);
    if (!list.empty() && list.back().opcode == span.opcode && to - from < 1.5 &&
        from - list.back().to < 0.5) {
      list.back().to = std::max(list.back().to, to);
      ++list.back().count;
    } else {
      list.push_back({from, to, span.opcode, i, 1});
    }
  }
  for (const auto& [place, list] : bars) {
    const double row_y = top[place.first] + kRow * place.second + 2;
    for (const Bar& bar : list) {
      const Span& span = spans_[bar.first];
      body += "<rect x=\"" + number(bar.from) + "\" y=\"" + number(row_y) + "\" width=\"" +
              number(bar.to - bar.from) + "\" height=\"" + number(kRow - 4) + "\" fill=\"" +
              colour_of(bar.opcode) + "\"" +
              (bar.to - bar.from > 4 ? " stroke=\"#ffffff\" stroke-width=\"0.5\"" : "") +
              "><title>" + escaped(texts_[bar.first]) + " [" + std::to_string(span.begin) + ".." +
              std::to_string(span.end) + "]" +
              (bar.count > 1 ? " and " + std::to_string(bar.count - 1) + " more" : "") +
              "</title></rect>\n";
    }
  }
  double legend_x = kLeft;
  for (const auto& [opcode, used] : opcodes) {
    if (!used) continue;
    const std::string text = name_of(opcode);
    body += "<rect x=\"" + number(legend_x) + "\" y=\"38\" width=\"12\" height=\"12\" fill=\"" +
            std::string(colour_of(opcode)) + "\"/>\n<text x=\"" + number(legend_x + 16) +
            "\" y=\"48\">" + text + "</text>\n";
    legend_x += 34 + 7.2 * static_cast<double>(text.size());
  }

  // Where each unit's cycles went.
  y = axis + 56;
  body += "<text x=\"" + number(kLeft) + "\" y=\"" + number(y) +
          "\" font-weight=\"bold\">cycles of each unit by cause</text>\n";
  y += 10;
  for (std::size_t unit = 0; unit < kUnits; ++unit) {
    const auto parts = profile_permille(counters_.profile[unit]);
    body += "<text x=\"" + number(kLeft - 8) + "\" y=\"" + number(y + 13) +
            "\" text-anchor=\"end\">" + name_of(static_cast<isa::Unit>(unit)) + "</text>\n";
    double at = kLeft;
    for (std::size_t cause = 0; cause < parts.size(); ++cause) {
      const double width = kWidth * parts[cause] / 1000;
      if (parts[cause] == 0) continue;
      body += "<rect x=\"" + number(at) + "\" y=\"" + number(y) + "\" width=\"" + number(width) +
              "\" height=\"16\" fill=\"" + kCauseColours[cause] + "\" stroke=\"#ffffff\"/>\n";
      if (parts[cause] >= 40) {
        const bool dark = cause == 0 || cause == 5 || cause == 6;
        body += "<text x=\"" + number(at + 4) + "\" y=\"" + number(y + 12) + "\" font-size=\"10\"" +
                (dark ? " fill=\"#ffffff\"" : "") + ">" + percent(parts[cause]) + "</text>\n";
      }
      at += width;
    }
    y += 20;
  }
  legend_x = kLeft;
  for (std::size_t cause = 0; cause < kCauseColours.size(); ++cause) {
    const std::string text{isa::kCauseNames[cause].name};
    body += "<rect x=\"" + number(legend_x) + "\" y=\"" + number(y + 4) +
            "\" width=\"12\" height=\"12\" fill=\"" + kCauseColours[cause] +
            "\" stroke=\"#999999\" stroke-width=\"0.5\"/>\n<text x=\"" + number(legend_x + 16) +
            "\" y=\"" + number(y + 14) + "\">" + text + "</text>\n";
    legend_x += 34 + 7.2 * static_cast<double>(text.size());
  }
  const double height = y + 32;
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1200\" height=\"" + number(height) +
         "\" viewBox=\"0 0 1200 " + number(height) +
         "\" font-family=\"sans-serif\" font-size=\"12\">\n"
         "<rect width=\"1200\" height=\"" +
         number(height) + "\" fill=\"#ffffff\"/>\n<text x=\"" + number(kLeft) +
         "\" y=\"24\" font-size=\"16\">" + escaped(title_) + "</text>\n" + body + "</svg>\n";
}

}  // namespace tinium::tools
