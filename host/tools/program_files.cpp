// SPDX-License-Identifier: Apache-2.0
//
// tinium asm, tinium disasm, tinium check, tinium run.

#include "program_files.hpp"

#include <cstdio>

#include "commands.hpp"
#include "files.hpp"
#include "profile.hpp"
#include "progress.hpp"
#include "tinium/program.hpp"
#include "tinium/schedule.hpp"

namespace tinium::tools {

FileSlots::Slot FileSlots::parse(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t second = text.find(':', first == std::string::npos ? first : first + 1);
  const std::string kind = text.substr(0, first);
  const bool three = second != std::string::npos;
  Slot slot;
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
  if (slot.bytes.empty()) {
    throw Error(ErrorCode::invalid_argument, "run", "a slot has at least one byte",
                "slot=\"" + text + "\"");
  }
  return slot;
}

FileSlots::FileSlots(Context& context, const std::vector<std::string>& texts) : context_(context) {
  if (texts.size() > isa::kTensorSlots) {
    throw Error(ErrorCode::invalid_argument, "run", "a launch has at most 16 tensor slots",
                "slots=" + std::to_string(texts.size()));
  }
  for (const std::string& text : texts) slots_.push_back(parse(text));
  for (Slot& slot : slots_) {
    slot.address = context_.device().allocate(slot.bytes.size());
    context_.device().write(slot.address, slot.bytes);
  }
}

FileSlots::~FileSlots() {
  for (const Slot& slot : slots_) {
    try {
      if (slot.address.value != 0) context_.device().free(slot.address);
    } catch (const Error&) {
      // The device is going away with the command.
    }
  }
}

std::vector<LaunchSlot> FileSlots::slots() const {
  std::vector<LaunchSlot> result;
  for (const Slot& slot : slots_) {
    result.push_back({MatrixView{slot.address, 1, slot.bytes.size(), DType::int8, 0}, slot.readable,
                      slot.writable});
  }
  return result;
}

void FileSlots::save() {
  for (Slot& slot : slots_) {
    if (slot.output.empty()) continue;
    context_.device().read(slot.address, slot.bytes);
    write_file(slot.output, slot.bytes);
  }
}

int run_program(const RunOptions& options) {
  Context context{options.device};
  const ProgramImage image =
      ProgramImage::parse(read_file(options.image), context.capabilities().partitions);
  FileSlots files(context, options.slots);
  const auto program = context.load(image);
  Progress progress("running", options.watchdog);
  context.set_progress([&](std::uint64_t cycles) {
    progress.update(std::min(cycles, options.watchdog), std::to_string(cycles) + " cycles");
  });
  const Completion done = context.run(program, files.slots(), {options.watchdog, "run", {}});
  progress.finish();
  files.save();
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
  if (options.profile) std::fputs(profile_table(c).c_str(), stdout);
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

int check_file(const AsmOptions& options) {
  const auto bytes = read_file(options.input);
  const auto races = find_races(ProgramImage::parse(bytes));
  for (const Race& race : races) {
    std::printf("race: %s\n  %s\n  %s\n", race.overlap.c_str(), race.first.c_str(),
                race.second.c_str());
  }
  if (!races.empty()) return kCheckFailed;
  std::puts("no races, no deadlock");
  return kOk;
}

}  // namespace tinium::tools
