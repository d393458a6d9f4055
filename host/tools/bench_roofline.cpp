// SPDX-License-Identifier: Apache-2.0
//
// The roofline picture: both axes logarithmic, a point for each product.

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "bench.hpp"

namespace tinium::tools {
namespace {

constexpr double kWidth = 860, kHeight = 520;
constexpr double kLeft = 70, kRight = 20, kTop = 50, kBottom = 60;

/// A logarithmic axis from power to power of two, in pixels.
struct Axis {
  double low, high, from, to;
  double at(double value) const {
    const double clamped = std::clamp(value, std::exp2(low), std::exp2(high));
    return from + (std::log2(clamped) - low) / (high - low) * (to - from);
  }
};

template <typename... Values>
std::string format(const char* pattern, Values... values) {
  char text[512];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

}  // namespace

std::string roofline_svg(const std::vector<Measurement>& measurements, const Capabilities& core,
                         const std::string& title) {
  const double peak = double{1} * core.array_rows * core.array_cols;
  const double bandwidth = core.bus_bytes;
  const Axis x{-2, 9, kLeft, kWidth - kRight};
  const Axis y{-2, std::ceil(std::log2(peak)) + 0.5, kHeight - kBottom, kTop};
  std::string svg = format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" "
      "fill=\"white\"/>\n",
      kWidth, kHeight);
  svg += format("<text x=\"%.0f\" y=\"28\" font-size=\"16\">", kLeft) + title +
         ": MAC per cycle, doorbell to done</text>\n";
  for (int power = -2; power <= 9; ++power) {
    const double px = x.at(std::exp2(power));
    svg += format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>", px,
                  kTop, px, kHeight - kBottom);
    svg += format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g</text>\n", px,
                  kHeight - kBottom + 18, std::exp2(power));
  }
  for (int power = -2; power <= static_cast<int>(y.high); power += 2) {
    const double py = y.at(std::exp2(power));
    svg += format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>", kLeft,
                  py, kWidth - kRight, py);
    svg += format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", kLeft - 6, py + 4,
                  std::exp2(power));
  }
  svg += format(
      "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">MAC per byte, each matrix moved "
      "once</text>\n",
      (kLeft + kWidth - kRight) / 2, kHeight - 18);
  // The roof: bandwidth, then the array.
  const double knee = peak / bandwidth;
  svg += format(
      "<polyline fill=\"none\" stroke=\"#333\" stroke-width=\"2\" points=\"%.1f,%.1f %.1f,%.1f "
      "%.1f,%.1f\"/>\n",
      x.at(0.25), y.at(0.25 * bandwidth), x.at(knee), y.at(peak), x.at(512), y.at(peak));
  svg += format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.0f MAC per cycle</text>\n",
                x.at(512), y.at(peak) - 6, peak);
  svg += format("<text x=\"%.1f\" y=\"%.1f\">%.0f bytes per cycle</text>\n", x.at(0.25) + 6,
                y.at(0.25 * bandwidth) - 8, bandwidth);
  for (const Measurement& m : measurements) {
    const GemmCase& g = m.product;
    const double bytes = static_cast<double>((g.m * g.k + g.k * g.n) * size_of(g.dtype) +
                                             g.m * g.n * size_of(g.output));
    const char* colour = m.roofline >= 0.88   ? "#1a7f37"
                         : m.roofline >= 0.65 ? "#bf8700"
                                              : "#cf222e";
    svg += format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\" fill-opacity=\"0.7\">",
                  x.at(m.macs() / bytes), y.at(m.macs() / static_cast<double>(m.cycles)), colour);
    svg += "<title>" + g.shape() + format(": %.1f %% of its roof", m.roofline * 100) +
           "</title></circle>\n";
  }
  double legend = kHeight - kBottom - 60;
  for (const auto& [colour, text] :
       {std::pair{"#1a7f37", "88 % of its own roof and more (shape rounded up to the array)"},
        std::pair{"#bf8700", "65 % and more"}, std::pair{"#cf222e", "below"}}) {
    svg += format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>", kWidth - 400, legend - 4,
                  colour);
    svg += format("<text x=\"%.1f\" y=\"%.1f\">", kWidth - 390, legend) + text + "</text>\n";
    legend += 18;
  }
  return svg + "</svg>\n";
}

}  // namespace tinium::tools
