// SPDX-License-Identifier: Apache-2.0

#include "model_messages.hpp"

#include <verilated.h>

#include <cstdarg>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tinium {
namespace {

std::mutex g_mutex;

/// By context, of those that have ModelMessages.
std::map<const VerilatedContext*, std::string>& kept() {
  static std::map<const VerilatedContext*, std::string> table;
  return table;
}

/// "[12] %Error: file.sv:34: Assertion failed in top.u_x.unnamedblk1.Claim: words" without what
/// stands before the path, without the names that Verilator gives to blocks, and with `Claim` alone
/// where there are no words. Empty for "Verilog $stop", which follows each failure.
std::string without_frame(std::string_view line) {
  if (line.find("Verilog $stop") != line.npos) return {};
  for (const std::string_view frame : {"Assertion failed in ", "%Error: ", "%Fatal: "}) {
    const std::size_t at = line.find(frame);
    if (at != line.npos) {
      line.remove_prefix(at + frame.size());
      break;
    }
  }
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.remove_suffix(1);
  std::string text(line);
  for (std::size_t at; (at = text.find(".unnamedblk")) != text.npos;) {
    const std::size_t end = text.find('.', at + 1);
    if (end == text.npos) break;
    text.erase(at, end - at);
  }
  return text;
}

}  // namespace

ModelMessages::ModelMessages(const VerilatedContext& context) : context_(context) {
  const std::lock_guard lock(g_mutex);
  kept()[&context_];
}

ModelMessages::~ModelMessages() {
  const std::lock_guard lock(g_mutex);
  kept().erase(&context_);
}

std::string ModelMessages::take() {
  const std::lock_guard lock(g_mutex);
  return std::exchange(kept()[&context_], {});
}

}  // namespace tinium

int tinium_model_print(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  std::va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, arguments);
  va_end(arguments);
  std::vector<char> text(length > 0 ? static_cast<std::size_t>(length) + 1 : 1);
  std::vsnprintf(text.data(), text.size(), format, again);
  va_end(again);

  const std::string_view line(text.data());
  if (line.find("%Error:") != line.npos || line.find("%Fatal:") != line.npos) {
    const std::lock_guard lock(tinium::g_mutex);
    const auto found = tinium::kept().find(Verilated::threadContextp());
    if (found != tinium::kept().end()) {
      const std::string words = tinium::without_frame(line);
      if (!words.empty()) {
        if (!found->second.empty()) found->second += '\n';
        found->second += words;
      }
      return length;
    }
  }
  return std::fputs(text.data(), stdout);
}
