// SPDX-License-Identifier: Apache-2.0

#include "fuzz/case_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <sstream>

namespace tinium::fuzz {
namespace {

constexpr const char* kOperation = "fuzz replay";
constexpr std::array<const char*, 4> kExpects = {"ok", "fault", "watchdog", "disturbed"};
constexpr std::array<const char*, 3> kWheres = {"arena", "image", "anywhere"};
constexpr std::size_t kWordsPerLine = 16;

/// The text of an image, or nothing when it does not come back from its text as it was.
std::string program_text(const std::vector<std::byte>& bytes) {
  try {
    std::string text = disassemble(ProgramImage::parse(bytes));
    const ProgramImage again = assemble(text);
    if (std::equal(bytes.begin(), bytes.end(), again.bytes().begin(), again.bytes().end())) {
      return text;
    }
  } catch (const Error&) {
  }
  return "";
}

class Reader {
 public:
  explicit Reader(const std::string& text) : stream_(text) {}

  Case run() {
    std::string line;
    while (next(line)) {
      std::istringstream words(line);
      std::string directive;
      words >> directive;
      std::map<std::string, std::string> values;
      std::string word;
      while (words >> word) {
        const auto equals = word.find('=');
        values[word.substr(0, equals)] =
            equals == std::string::npos ? "1" : word.substr(equals + 1);
      }
      read_directive(directive, values);
    }
    if (one_.config.empty()) fail("a case names its configuration");
    return one_;
  }

 private:
  using Values = std::map<std::string, std::string>;

  [[noreturn]] void fail(const std::string& rule) const {
    throw Error(ErrorCode::invalid_argument, kOperation, rule, "line=" + std::to_string(line_));
  }
  bool next(std::string& line) {
    while (std::getline(stream_, line)) {
      ++line_;
      const auto first = line.find_first_not_of(" \t");
      if (first != std::string::npos && line[first] != '#') return true;
    }
    return false;
  }
  std::uint64_t number(const Values& values, const std::string& key, std::uint64_t fallback) const {
    const auto found = values.find(key);
    if (found == values.end()) return fallback;
    try {
      return std::stoull(found->second, nullptr, 0);
    } catch (const std::exception&) {
      fail(key + " is a number");
    }
  }
  template <typename Names>
  std::size_t choice(const Values& values, const std::string& key, const Names& names) const {
    const auto found = values.find(key);
    if (found == values.end()) return 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (found->second == names[i]) return i;
    }
    fail(key + "=" + found->second + " is not known");
  }
  Launch& launch() {
    if (one_.launches.empty()) fail(".launch comes first");
    return one_.launches.back();
  }

  void read_directive(const std::string& directive, const Values& values) {
    if (directive == ".case") {
      const auto config = values.find("config");
      if (config == values.end()) fail("a case names its configuration");
      one_.config = config->second;
      one_.data_seed = number(values, "data", 1);
      one_.memory.latency = static_cast<std::uint32_t>(number(values, "latency", 100));
      one_.memory.stall_percent = static_cast<std::uint32_t>(number(values, "stall", 0));
      one_.memory.seed = number(values, "seed", 1);
      one_.memory.reorder = number(values, "reorder", 0) != 0;
    } else if (directive == ".launch") {
      Launch fresh;
      fresh.expect = static_cast<Expect>(choice(values, "expect", kExpects));
      fresh.watchdog = number(values, "watchdog", 1'000'000);
      fresh.trace_bytes = static_cast<std::uint32_t>(number(values, "trace", 0));
      one_.launches.push_back(fresh);
    } else if (directive == ".window") {
      Window window;
      window.offset = static_cast<std::uint32_t>(number(values, "offset", 0));
      window.bytes = static_cast<std::uint32_t>(number(values, "bytes", 0));
      window.readable = number(values, "read", 0) != 0;
      window.writable = number(values, "write", 0) != 0;
      if (std::uint64_t{window.offset} + window.bytes > kArenaBytes) {
        fail("a window lies in the arena of " + std::to_string(kArenaBytes) + " bytes");
      }
      launch().windows.push_back(window);
    } else if (directive == ".error" || directive == ".reset") {
      Disturbance& d = launch().disturbance;
      d.kind = directive == ".reset" ? Disturbance::Kind::reset : Disturbance::Kind::bus_error;
      d.where = static_cast<Disturbance::Where>(choice(values, "where", kWheres));
      d.offset = static_cast<std::uint32_t>(number(values, "offset", 0));
      d.bytes = static_cast<std::uint32_t>(number(values, "bytes", 0));
      d.on_read = number(values, "read", 0) != 0;
      d.on_write = number(values, "write", 0) != 0;
      d.skip = number(values, "skip", 0);
      d.count = number(values, "count", ~0ull);
      d.cycle = number(values, "cycle", 1);
    } else if (directive == ".program") {
      read_program();
    } else if (directive == ".image") {
      read_image();
    } else {
      fail("the directives are .case .launch .window .error .reset .program .image");
    }
  }

  void read_program() {
    std::string text;
    std::string line;
    while (next(line)) {
      if (line == ".end") {
        const ProgramImage image = assemble(text);
        launch().image.assign(image.bytes().begin(), image.bytes().end());
        return;
      }
      text += line + "\n";
    }
    fail("a program ends with .end");
  }

  void read_image() {
    std::string line;
    while (next(line)) {
      if (line == ".end") return;
      std::istringstream words(line);
      std::string word;
      while (words >> word) {
        std::uint32_t value = 0;
        const auto [end, error] =
            std::from_chars(word.data(), word.data() + word.size(), value, 16);
        if (error != std::errc{} || end != word.data() + word.size()) {
          fail("an image is words of 32 bits in hexadecimal");
        }
        const auto* bytes = reinterpret_cast<const std::byte*>(&value);
        launch().image.insert(launch().image.end(), bytes, bytes + 4);
      }
    }
    fail("an image ends with .end");
  }

  std::istringstream stream_;
  std::size_t line_ = 0;
  Case one_;
};

}  // namespace

std::string write_case(const Case& one, const std::string& notes) {
  std::ostringstream out;
  std::istringstream lines(notes);
  std::string line;
  while (std::getline(lines, line)) out << "# " << line << "\n";
  out << ".case config=" << one.config << " data=" << one.data_seed
      << " latency=" << one.memory.latency << " stall=" << one.memory.stall_percent
      << " seed=" << one.memory.seed << " reorder=" << int{one.memory.reorder} << "\n";
  for (const Launch& launch : one.launches) {
    out << ".launch expect=" << kExpects[static_cast<std::size_t>(launch.expect)]
        << " watchdog=" << launch.watchdog << " trace=" << launch.trace_bytes << "\n";
    for (const Window& w : launch.windows) {
      out << ".window offset=" << w.offset << " bytes=" << w.bytes << " read=" << int{w.readable}
          << " write=" << int{w.writable} << "\n";
    }
    const Disturbance& d = launch.disturbance;
    if (d.kind == Disturbance::Kind::reset) out << ".reset cycle=" << d.cycle << "\n";
    if (d.kind == Disturbance::Kind::bus_error) {
      out << ".error where=" << kWheres[static_cast<std::size_t>(d.where)] << " offset=" << d.offset
          << " bytes=" << d.bytes << " read=" << int{d.on_read} << " write=" << int{d.on_write}
          << " skip=" << d.skip << " count=" << d.count << "\n";
    }
    const std::string text = program_text(launch.image);
    if (!text.empty()) {
      out << ".program\n" << text << (text.back() == '\n' ? "" : "\n") << ".end\n";
      continue;
    }
    out << ".image\n";
    for (std::size_t i = 0; i < launch.image.size(); i += 4) {
      std::uint32_t value = 0;
      std::memcpy(&value, launch.image.data() + i, 4);
      std::array<char, 12> word{};
      std::snprintf(word.data(), word.size(), "%08x", value);
      out << word.data() << ((i / 4 + 1) % kWordsPerLine == 0 ? "\n" : " ");
    }
    out << ".end\n";
  }
  return out.str();
}

Case read_case(const std::string& text) { return Reader(text).run(); }

}  // namespace tinium::fuzz
