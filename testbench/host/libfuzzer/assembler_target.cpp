// SPDX-License-Identifier: Apache-2.0
//
// The assembler: what it takes comes back the same through the disassembler.

#include <algorithm>

#include "target.hpp"
#include "tinium/program.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinium::testbench;
  accepts([&] {
    const auto image = tinium::assemble(text_of(data, size));
    const auto again = tinium::assemble(tinium::disassemble(image));
    require(std::ranges::equal(image.bytes(), again.bytes()),
            "the text of an image assembles to the same image");
    const auto parsed = tinium::ProgramImage::parse(image.bytes());
    require(parsed.partitions() == image.partitions(), "an assembled image parses");
  });
  return 0;
}
