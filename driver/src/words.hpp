// SPDX-License-Identifier: Apache-2.0
//
// Little-endian 32-bit words inside byte buffers: the records of rtl/spec/records.yaml.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tinium {

static_assert(std::endian::native == std::endian::little,
              "records, instructions and tensors are copied as they lie in memory");

inline std::uint32_t load_word(std::span<const std::byte> bytes, std::size_t word) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + word * 4, 4);
  return value;
}

inline std::uint64_t load_pair(std::span<const std::byte> bytes, std::size_t word) {
  return load_word(bytes, word) | static_cast<std::uint64_t>(load_word(bytes, word + 1)) << 32;
}

inline void store_word(std::span<std::byte> bytes, std::size_t word, std::uint32_t value) {
  std::memcpy(bytes.data() + word * 4, &value, 4);
}

inline void store_pair(std::span<std::byte> bytes, std::size_t word, std::uint64_t value) {
  store_word(bytes, word, static_cast<std::uint32_t>(value));
  store_word(bytes, word + 1, static_cast<std::uint32_t>(value >> 32));
}

}  // namespace tinium
