// SPDX-License-Identifier: Apache-2.0
//
// Whole files in and out, with errors that name them.

#pragma once

#include <cstddef>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "tinium/error.hpp"

namespace tinium::tools {

inline std::vector<std::byte> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorCode::io, "read", "the file exists and can be read", "file=" + path);
  const std::vector<char> chars{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) throw Error(ErrorCode::io, "read", "the file can be read", "file=" + path);
  const auto bytes = std::as_bytes(std::span(chars));
  return {bytes.begin(), bytes.end()};
}

inline void write_file(const std::string& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw Error(ErrorCode::io, "write", "the file can be written", "file=" + path);
}

}  // namespace tinium::tools
