// SPDX-License-Identifier: Apache-2.0
//
// A seeded fault: a reader that trusts the count in its input. Tests demand that the replay of its
// corpus and a short run of libFuzzer both fail on it: the machinery can fire.

#include <memory>

#include "target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3 || data[0] != 'T' || data[1] != 'N') return 0;
  const auto copy = std::make_unique<std::uint8_t[]>(size);
  std::uint8_t sum = 0;
  for (std::size_t i = 0; i < data[2]; ++i) {
#ifndef TINIUM_LIBFUZZER
    tinium::testbench::require(i < size, "the reader stays inside its input");
#endif
    sum = static_cast<std::uint8_t>(sum + copy[i]);
  }
  return sum == 0 ? 0 : -1;
}
