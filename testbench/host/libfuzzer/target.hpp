// SPDX-License-Identifier: Apache-2.0
//
// What the targets of libFuzzer share. A target takes any bytes: it may throw tinium::Error inside,
// which it catches; whatever else leaves it (another exception, a sanitizer's report, require()) is
// a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include "tinium/error.hpp"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace tinium::testbench {

/// A property that holds for every input.
inline void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "broken property: %s\n", property);
  std::abort();
}

/// Calls `function`; its tinium::Error is a good answer. Returns whether there was none.
template <typename Function>
bool accepts(Function&& function) {
  try {
    function();
    return true;
  } catch (const Error& error) {
    require(error.what()[0] != '\0', "an error says something");
    return false;
  }
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline std::span<const std::byte> bytes_of(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}

}  // namespace tinium::testbench
