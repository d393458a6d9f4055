// SPDX-License-Identifier: Apache-2.0
//
// tinium asm, tinium disasm, tinium run.

#include <cstdio>

#include "commands.hpp"
#include "files.hpp"
#include "tinium/context.hpp"
#include "tinium/program.hpp"

namespace tinium::tools {
namespace {

/// A tensor slot of the command line: its bytes, and the file that takes them afterwards.
struct FileSlot {
  std::vector<std::byte> bytes;
  bool readable = false;
  bool writable = false;
  std::string output;
};

FileSlot parse_slot(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t second = text.find(':', first == std::string::npos ? first : first + 1);
  const std::string kind = text.substr(0, first);
  const bool three = second != std::string::npos;
  FileSlot slot;
  if (kind == "in" && first != std::string::npos) {
    slot.bytes = read_file(text.substr(first + 1));
    slot.readable = true;
  } else if (kind == "inout" && three) {
    slot.bytes = read_file(text.substr(first + 1, second - first - 1));
    slot.readable = slot.writable = true;
    slot.output = text.substr(second + 1);
  } else if (kind == "out" && three) {
    const std::string size = text.substr(first + 1, second - first - 1);
    if (size.empty() || size.size() > 10 || size.find_first_not_of("0123456789") != size.npos) {
      throw Error(ErrorCode::invalid_argument, "run", "out:BYTES:FILE has a number of bytes",
                  "slot=\"" + text + "\"");
    }
    slot.bytes.resize(std::stoull(size));
    slot.writable = true;
    slot.output = text.substr(second + 1);
  } else {
    throw Error(ErrorCode::invalid_argument, "run",
                "a slot reads in:FILE, out:BYTES:FILE or inout:FILE:FILE", "slot=\"" + text + "\"");
  }
  return slot;
}

}  // namespace

int run_program(const RunOptions& options) {
  Context context{options.device};
  const ProgramImage image =
      ProgramImage::parse(read_file(options.image), context.capabilities().partitions);
  std::vector<FileSlot> files;
  std::vector<TensorSlot> slots;
  for (const std::string& text : options.slots) {
    files.push_back(parse_slot(text));
    const FileSlot& file = files.back();
    const DeviceAddress address = context.device().allocate(file.bytes.size());
    context.device().write(address, file.bytes);
    slots.push_back({address, file.bytes.size(), file.readable, file.writable});
  }
  const auto program = context.load(image);
  const Completion done = context.run(program, slots, options.watchdog, "run");
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].output.empty()) continue;
    context.device().read(slots[i].base, files[i].bytes);
    write_file(files[i].output, files[i].bytes);
  }
  const LaunchCounters& c = done.counters;
  std::printf("done: %llu instructions", static_cast<unsigned long long>(c.instructions));
  if (context.capabilities().cycles_are_measured) {
    std::printf(", %llu cycles, array busy %llu, VectorE busy %llu, %llu beats read, %llu written",
                static_cast<unsigned long long>(c.cycles),
                static_cast<unsigned long long>(c.tensor_vectors),
                static_cast<unsigned long long>(c.vector_busy),
                static_cast<unsigned long long>(c.dma_read_beats),
                static_cast<unsigned long long>(c.dma_write_beats));
  }
  std::printf("\n");
  return kOk;
}

int assemble_file(const AsmOptions& options) {
  const auto bytes = read_file(options.input);
  const ProgramImage image = assemble({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
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
