// SPDX-License-Identifier: Apache-2.0
//
// Saved cases of `tinium fuzz`: what is read is written so that it reads the same.

#include <string>

#include "fuzz/case_file.hpp"
#include "target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinium::testbench;
  accepts([&] {
    const auto one = tinium::fuzz::read_case(std::string(text_of(data, size)));
    const std::string text = tinium::fuzz::write_case(one, "");
    const auto again = tinium::fuzz::read_case(text);
    require(tinium::fuzz::write_case(again, "") == text, "a case is written as it was read");
  });
  return 0;
}
