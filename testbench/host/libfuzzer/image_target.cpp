// SPDX-License-Identifier: Apache-2.0
//
// Program images: header, streams, disassembler. Each input is read as it is and once more with
// magic, version, length and CRC put right, which no mutation would find.

#include <algorithm>
#include <string>
#include <vector>

#include "target.hpp"
#include "tinium/generated/records.hpp"
#include "tinium/program.hpp"
#include "words.hpp"

namespace tinium::testbench {
namespace {

using Header = records::ImageHeader;

void read_image(std::span<const std::byte> bytes) {
  accepts([&] {
    const ProgramImage image = ProgramImage::parse(bytes);
    require(std::ranges::equal(image.bytes(), bytes), "an image keeps its bytes");
    accepts([&] { ProgramImage::parse(bytes, 16); });
    const std::string text = disassemble(image);
    if (image.partitions() == 0 || image.partitions() > 128) return;
    require(disassemble(assemble(text)) == text, "the text of an image assembles to the same text");
  });
}

std::vector<std::byte> repaired(std::span<const std::byte> input) {
  const std::size_t size = std::max<std::size_t>(Header::kBytes, input.size() / 64 * 64);
  std::vector<std::byte> bytes(size);
  std::copy_n(input.begin(), std::min(input.size(), size), bytes.begin());
  store_word(bytes, Header::kMagicWord, Header::kMagic);
  store_word(bytes, Header::kMapVersionWord, isa::kMapVersion);
  store_word(bytes, Header::kTotalBytesWord, static_cast<std::uint32_t>(size));
  store_word(bytes, Header::kCrc32Word, 0);
  store_word(bytes, Header::kCrc32Word, crc32(bytes));
  return bytes;
}

}  // namespace
}  // namespace tinium::testbench

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinium::testbench;
  read_image(bytes_of(data, size));
  read_image(repaired(bytes_of(data, size)));
  return 0;
}
