// SPDX-License-Identifier: Apache-2.0

#include "lists.hpp"

#include <charconv>

#include "files.hpp"

namespace tinium::tools {

std::vector<Row> parse_list(std::string_view text, std::size_t columns, const std::string& path) {
  std::vector<Row> rows;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    Row row{{}, std::string(line)};
    for (std::size_t at = 0; at <= line.size();) {
      const std::size_t comma = std::min(line.find(',', at), line.size());
      row.cells.emplace_back(line.substr(at, comma - at));
      at = comma + 1;
    }
    if (row.cells.size() != columns) {
      throw Error(ErrorCode::invalid_argument, "bench",
                  "a line has " + std::to_string(columns) + " cells",
                  std::string(path).append(": ").append(line));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Row> read_list(const std::string& path, std::size_t columns) {
  const auto bytes = read_file(path);
  return parse_list({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, columns, path);
}

std::uint64_t number(const Row& row, std::size_t cell) {
  const std::string& text = row.cells.at(cell);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    throw Error(ErrorCode::invalid_argument, "bench", "a size is a number", row.text);
  }
  return value;
}

}  // namespace tinium::tools
