// SPDX-License-Identifier: Apache-2.0
//
// tinium asm, tinium disasm.

#include <cstdio>

#include "commands.hpp"
#include "files.hpp"
#include "tinium/program.hpp"

namespace tinium::tools {

int assemble_file(const AsmOptions& options) {
  const auto bytes = read_file(options.input);
  const ProgramImage image =
      assemble({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  write_file(options.output, image.bytes());
  return kOk;
}

int disassemble_file(const AsmOptions& options) {
  const auto bytes = read_file(options.input);
  const std::string text = disassemble(ProgramImage::parse(bytes));
  if (options.output.empty()) {
    std::fputs(text.c_str(), stdout);
  } else {
    write_file(options.output, std::as_bytes(std::span(text)));
  }
  return kOk;
}

}  // namespace tinium::tools
