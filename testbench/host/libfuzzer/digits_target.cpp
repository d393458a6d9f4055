// SPDX-License-Identifier: Apache-2.0
//
// The files of the digits demonstration. The first byte says which: images, network (its CRC-32 put
// right), reference.

#include <cmath>
#include <vector>

#include "digits_files.hpp"
#include "target.hpp"
#include "tinium/program.hpp"
#include "words.hpp"

namespace tinium::testbench {
namespace {

void read_images(std::string_view text) {
  accepts([&] {
    for (const tools::Image& image : tools::parse_images(text, "libfuzzer")) {
      require(image.label <= 9, "a label is a digit");
      for (const float pixel : image.pixels) {
        require(pixel >= 0 && pixel <= tools::kWhite, "a pixel is 0 to 16");
      }
    }
  });
}

void read_network(std::span<const std::byte> input) {
  accepts([&] { tools::parse_network(input, "libfuzzer"); });
  std::vector<std::byte> bytes(input.begin(), input.end());
  if (bytes.size() < 4) return;
  const std::size_t at = bytes.size() - 4;
  store_word(std::span(bytes).subspan(at), 0, crc32(std::span(bytes).first(at)));
  accepts([&] {
    const tools::Network network = tools::parse_network(bytes, "libfuzzer");
    require(network.weights1.rows() == tools::kPixels, "a network takes 64 pixels");
  });
}

}  // namespace
}  // namespace tinium::testbench

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinium::testbench;
  if (size == 0) return 0;
  const std::uint8_t kind = data[0];
  ++data;
  --size;
  if (kind == 'i') {
    read_images(text_of(data, size));
  } else if (kind == 'n') {
    read_network(bytes_of(data, size));
  } else {
    accepts([&] { tinium::tools::parse_accuracy(bytes_of(data, size), "libfuzzer"); });
  }
  return 0;
}
