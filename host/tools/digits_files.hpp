// SPDX-License-Identifier: Apache-2.0
//
// The files of `tinium demo digits`; data/digits/README.md describes them. Each reader throws
// Error(io) naming the file and the rule that it breaks.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tinium/tensor.hpp"

namespace tinium::tools {

inline constexpr std::size_t kPixels = 64;
inline constexpr float kWhite = 16;

struct Image {
  std::array<float, kPixels> pixels{};  ///< 0 to 16
  std::uint32_t label = 0;              ///< 0 to 9
};

struct Network {
  std::uint32_t inputs = 0, hidden = 0, outputs = 0;
  Tensor weights1, bias1, weights2, bias2;
  std::vector<std::uint32_t> held_out;  ///< indices of images
};

/// The lines of digits.csv: 64 pixels and a label. `path` is for messages.
std::vector<Image> parse_images(std::string_view text, const std::string& path);
/// The same of a gzip file of at most 64 MiB of text.
std::vector<Image> read_images(const std::string& path);

/// The content of weights.bin.
Network parse_network(std::span<const std::byte> bytes, const std::string& path);

/// The accuracy in reference.json.
double parse_accuracy(std::span<const std::byte> bytes, const std::string& path);

}  // namespace tinium::tools
