// SPDX-License-Identifier: Apache-2.0
//
// Lists of shapes and of cycle counts.

#include "lists.hpp"
#include "target.hpp"
#include "tinium/dtype.hpp"

namespace tinium::testbench {
namespace {

void read_lines(std::string_view text, std::size_t columns) {
  accepts([&] {
    for (const tools::Row& row : tools::parse_list(text, columns, "libfuzzer")) {
      require(row.cells.size() == columns, "a line has its cells");
      std::string joined;
      for (std::size_t cell = 0; cell < columns; ++cell) {
        joined += (cell > 0 ? "," : "") + row.cells[cell];
        accepts([&] { tools::number(row, cell); });
        parse_dtype(row.cells[cell]);
      }
      require(joined == row.text, "the cells of a line are the line");
    }
  });
}

}  // namespace
}  // namespace tinium::testbench

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinium::testbench;
  read_lines(text_of(data, size), 4);
  read_lines(text_of(data, size), 7);
  return 0;
}
