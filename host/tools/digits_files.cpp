// SPDX-License-Identifier: Apache-2.0

#include "digits_files.hpp"

#include <zlib.h>

#include <charconv>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "tinium/error.hpp"
#include "tinium/program.hpp"

namespace tinium::tools {
namespace {

/// A gzip file of some kilobytes can hold gigabytes of zeros.
constexpr std::size_t kMostText = 64u << 20;
constexpr float kMostLabel = 9;

[[noreturn]] void corrupt(const std::string& path, const std::string& rule) {
  throw Error(ErrorCode::io, "demo digits", rule, "file=" + path);
}

struct CloseGzip {
  void operator()(gzFile file) const { gzclose(file); }
};

}  // namespace

std::vector<Image> parse_images(std::string_view text, const std::string& path) {
  std::vector<Image> images;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    Image image;
    for (std::size_t field = 0; field <= kPixels; ++field) {
      float value = 0;
      const auto [next, error] = std::from_chars(line.data(), line.data() + line.size(), value);
      const bool label = field == kPixels;
      const bool ends = next == line.data() + line.size();
      // Not (value < 0 || value > most): a NaN is neither.
      const bool good =
          error == std::errc{} && value >= 0 && value <= (label ? kMostLabel : kWhite) &&
          (label ? ends : !ends) &&
          (label ? value == static_cast<float>(static_cast<int>(value)) : *next == ',');
      if (!good) {
        corrupt(path, "a line holds 64 pixels of 0 to 16 and a label of 0 to 9; line " +
                          std::to_string(images.size() + 1));
      }
      if (label) {
        image.label = static_cast<std::uint32_t>(value);
      } else {
        image.pixels[field] = value;
        line.remove_prefix(static_cast<std::size_t>(next - line.data()) + 1);
      }
    }
    images.push_back(image);
  }
  return images;
}

std::vector<Image> read_images(const std::string& path) {
  std::unique_ptr<gzFile_s, CloseGzip> file(gzopen(path.c_str(), "rb"));
  if (file == nullptr) corrupt(path, "the data set exists and can be read");
  std::string text;
  std::array<char, 65536> buffer{};
  int length = 0;
  while ((length = gzread(file.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(length));
    if (text.size() > kMostText) corrupt(path, "the data set has at most 64 MiB of text");
  }
  const bool failed = length < 0;
  if (gzclose(file.release()) != Z_OK || failed) {
    corrupt(path, "the data set is a complete gzip file");
  }
  return parse_images(text, path);
}

Network parse_network(std::span<const std::byte> bytes, const std::string& path) {
  std::size_t at = 0;
  const auto take = [&](void* target, std::size_t length) {
    if (bytes.size() - at < length) corrupt(path, "the network file is complete");
    if (length > 0) std::memcpy(target, bytes.data() + at, length);
    at += length;
  };
  const auto word = [&] {
    std::uint32_t value = 0;
    take(&value, 4);
    return value;
  };
  std::array<char, 8> magic{};
  take(magic.data(), magic.size());
  if (std::memcmp(magic.data(), "TNMLPDIG", 8) != 0)
    corrupt(path, "a network file begins TNMLPDIG");
  if (word() != 1) corrupt(path, "the version of the network file is 1");
  Network network;
  network.inputs = word();
  network.hidden = word();
  network.outputs = word();
  if (network.inputs != kPixels || network.hidden == 0 || network.hidden > 4096 ||
      network.outputs == 0 || network.outputs > 128) {
    corrupt(path, "the network has 64 inputs, 1 to 4096 hidden units, 1 to 128 outputs");
  }
  word();  // seed of the training
  const std::uint32_t held_out = word();
  const auto matrix = [&](DType dtype, std::size_t rows, std::size_t cols) {
    Tensor tensor(dtype, rows, cols);
    take(tensor.bytes().data(), tensor.bytes().size());
    return tensor;
  };
  network.weights1 = matrix(DType::bf16, network.inputs, network.hidden);
  network.bias1 = matrix(DType::fp32, network.hidden, 1);
  network.weights2 = matrix(DType::bf16, network.hidden, network.outputs);
  network.bias2 = matrix(DType::fp32, network.outputs, 1);
  if (held_out > (bytes.size() - at) / 4) corrupt(path, "the network file is complete");
  network.held_out.resize(held_out);
  take(network.held_out.data(), std::size_t{held_out} * 4);
  const std::uint32_t expected = crc32(bytes.first(at));
  if (word() != expected || at != bytes.size())
    corrupt(path, "the CRC-32 of the network file matches");
  return network;
}

double parse_accuracy(std::span<const std::byte> bytes, const std::string& path) {
  const auto* begin = reinterpret_cast<const char*>(bytes.data());
  const auto json = nlohmann::json::parse(begin, begin + bytes.size(), nullptr, false);
  if (json.is_discarded() || !json.contains("accuracy") || !json["accuracy"].is_number()) {
    corrupt(path, "the reference is JSON with a number \"accuracy\"");
  }
  return json["accuracy"].get<double>();
}

}  // namespace tinium::tools
