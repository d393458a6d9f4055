// SPDX-License-Identifier: Apache-2.0
// One spelling of values in reports: hexadecimal at full width, decimal beside it where it is
// short.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace tinium::testbench {

/// `0x00ff (255)`.
template <std::integral T>
std::string to_hex(T value) {
  using Unsigned =
      std::make_unsigned_t<std::conditional_t<std::is_same_v<T, bool>, unsigned char, T>>;
  auto bits = static_cast<std::uint64_t>(static_cast<Unsigned>(value));
  std::string digits(sizeof(T) * 2, '0');
  for (std::size_t i = digits.size(); i-- > 0; bits >>= 4) {
    digits[i] = "0123456789abcdef"[bits & 15U];
  }
  return "0x" + digits + " (" + std::to_string(value) + ")";
}

/// Words joined into one number, most significant first (the last element is the top word).
template <typename Words>
requires(!std::integral<Words> && std::unsigned_integral<typename Words::value_type>) std::string
    to_hex(const Words& words) {
  std::string text = "0x";
  for (std::size_t i = words.size(); i-- > 0;) {
    const std::string word = to_hex(words[i]);
    text += (i + 1 == words.size() ? "" : "_") + word.substr(2, sizeof(words[i]) * 2);
  }
  return text;
}

}  // namespace tinium::testbench
