// SPDX-License-Identifier: Apache-2.0
//
// Lists of shapes and of cycle counts: comma-separated lines, `#` begins a comment line.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tinium::tools {

/// A line of a list: the cells, and the text for messages.
struct Row {
  std::vector<std::string> cells;
  std::string text;
};

/// The lines of `text`. Throws Error naming `path` for a line that does not have `columns` cells.
std::vector<Row> parse_list(std::string_view text, std::size_t columns, const std::string& path);
/// The same of a file.
std::vector<Row> read_list(const std::string& path, std::size_t columns);

/// A cell as a number: decimal digits, nothing else. Throws Error with the line.
std::uint64_t number(const Row& row, std::size_t cell);

}  // namespace tinium::tools
