// SPDX-License-Identifier: Apache-2.0
//
// The text form of programs, both ways, from the tables of generated/isa.hpp.

#include <cctype>
#include <charconv>
#include <map>
#include <optional>

#include "tinium/program.hpp"

namespace tinium {
namespace {

constexpr const char* kOperation = "assemble";

[[noreturn]] void fail(std::size_t line, const std::string& rule, std::string_view word) {
  throw Error(ErrorCode::invalid_argument, kOperation, rule,
              "line=" + std::to_string(line) + " word=\"" + std::string(word) + "\"");
}

/// Decimal or 0x number with an optional sign, as 64 bits of two's complement.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text.remove_prefix(2);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return negative ? ~value + 1 : value;
}

std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while (at < line.size()) {
    if (line[at] == ';' || line[at] == '#') break;
    if (std::isspace(static_cast<unsigned char>(line[at])) != 0) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < line.size() && std::isspace(static_cast<unsigned char>(line[at])) == 0 &&
           line[at] != ';' && line[at] != '#') {
      ++at;
    }
    words.push_back(line.substr(begin, at - begin));
  }
  return words;
}

const isa::InstructionInfo* find_by_name(std::string_view name) {
  for (const auto& info : isa::kInstructions) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

/// A branch whose label was not known when its line was read.
struct Fixup {
  std::uint32_t index;
  std::string label;
  std::size_t line;
};

struct Stream {
  std::vector<InstructionWords> instructions;
  std::map<std::string, std::uint32_t> labels;
  std::vector<Fixup> fixups;
};

constexpr std::uint32_t kTargetWord = 7;  // of Branch; checked against the table in tests

}  // namespace

ProgramImage assemble(std::string_view text) {
  std::array<Stream, kStreamCount> streams;
  std::size_t current = kStreamCount;
  std::uint32_t partitions = 0;
  std::size_t line_number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    auto words = split_words(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line_number;
    if (words.empty()) continue;

    if (words[0] == ".partitions") {
      const auto value = words.size() == 2 ? parse_number(words[1]) : std::nullopt;
      if (!value || *value == 0 || *value > 128) {
        fail(line_number, ".partitions takes a number from 1 to 128", words.back());
      }
      partitions = static_cast<std::uint32_t>(*value);
      continue;
    }
    if (words[0] == ".stream") {
      current = kStreamCount;
      for (std::size_t i = 0; i < kStreamCount; ++i) {
        if (words.size() == 2 && words[1] == isa::kEngineNames[i].name) current = i;
      }
      if (current == kStreamCount) {
        fail(line_number, ".stream takes tensor, vector, scalar, gpsimd or sync", words.back());
      }
      continue;
    }
    if (current == kStreamCount) fail(line_number, "instructions follow a .stream line", words[0]);
    Stream& stream = streams[current];
    const auto index = static_cast<std::uint32_t>(stream.instructions.size());
    while (!words.empty() && words[0].size() > 1 && words[0].back() == ':') {
      const std::string label(words[0].substr(0, words[0].size() - 1));
      if (!stream.labels.emplace(label, index).second) {
        fail(line_number, "a label is defined once in a stream", label);
      }
      words.erase(words.begin());
    }
    if (words.empty()) continue;

    if (words[0] == ".words") {
      InstructionWords raw{};
      if (words.size() != raw.size() + 1)
        fail(line_number, ".words takes 16 numbers", words.back());
      for (std::size_t i = 0; i < raw.size(); ++i) {
        const auto value = parse_number(words[i + 1]);
        if (!value || *value > 0xFFFFFFFFu) {
          fail(line_number, "a word is a number of 32 bits", words[i + 1]);
        }
        raw[i] = static_cast<std::uint32_t>(*value);
      }
      stream.instructions.push_back(raw);
      continue;
    }

    const isa::InstructionInfo* info = find_by_name(words[0]);
    if (info == nullptr) fail(line_number, "no instruction has this name", words[0]);
    std::vector<std::uint64_t> values;
    for (const isa::Field& field : info->fields) values.push_back(field.default_value);
    values[0] = info->opcode;
    for (std::size_t w = 1; w < words.size(); ++w) {
      const std::size_t equals = words[w].find('=');
      if (equals == std::string_view::npos) fail(line_number, "fields read name=value", words[w]);
      const std::string_view name = words[w].substr(0, equals);
      const std::string_view value_text = words[w].substr(equals + 1);
      std::size_t f = 1;
      while (f < info->fields.size() && info->fields[f].name != name) ++f;
      if (f == info->fields.size()) {
        fail(line_number, std::string(info->name) + " has no field of this name", name);
      }
      const isa::Field& field = info->fields[f];
      std::optional<std::uint64_t> value = parse_number(value_text);
      for (const auto& code : field.enum_names) {
        if (code.name == value_text) value = code.code;
      }
      if (!value && field.name == "target" && !value_text.empty()) {
        stream.fixups.push_back({index, std::string(value_text), line_number});
        value = 0;
      }
      if (!value) {
        fail(line_number,
             "field " + std::string(field.name) + " takes a number or a name of its codes",
             value_text);
      }
      values[f] = *value;
    }
    try {
      stream.instructions.push_back(encode_fields(*info, values));
    } catch (const Error& error) {
      fail(line_number, error.rule(), error.detail());
    }
  }

  if (partitions == 0) {
    throw Error(ErrorCode::invalid_argument, kOperation, "a program begins with .partitions <P>");
  }
  ProgramBuilder builder(partitions);
  for (std::size_t engine = 0; engine < kStreamCount; ++engine) {
    Stream& stream = streams[engine];
    for (const Fixup& fixup : stream.fixups) {
      const auto label = stream.labels.find(fixup.label);
      if (label == stream.labels.end()) {
        fail(fixup.line, "no label of this stream has this name", fixup.label);
      }
      stream.instructions[fixup.index][kTargetWord] = label->second;
    }
    for (const auto& words : stream.instructions) {
      builder.add_words(static_cast<isa::Engine>(engine), words);
    }
  }
  return builder.build();
}

std::string disassemble(const InstructionWords& words) {
  const isa::InstructionInfo* info = find_instruction(static_cast<std::uint8_t>(words[0] & 0xFFu));
  const auto hex_word = [](std::uint32_t value) {
    std::array<char, 9> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    return "0x" + std::string(digits.data(), end);
  };
  if (info == nullptr || has_reserved_bits(words)) {
    std::string text = ".words";
    for (const std::uint32_t word : words) text += " " + hex_word(word);
    return text;
  }
  std::string text(info->name);
  for (const auto& field : info->fields.subspan(1)) {
    const std::uint64_t value = extract_field(field, words);
    if (value == field.default_value) continue;
    text += " " + std::string(field.name) + "=";
    std::string_view code_name;
    for (const auto& code : field.enum_names) {
      if (code.code == value) code_name = code.name;
    }
    if (!code_name.empty()) {
      text += code_name;
    } else if (field.is_signed) {
      text += std::to_string(static_cast<std::int64_t>(value));
    } else {
      text += std::to_string(value);
    }
  }
  return text;
}

std::string disassemble(const ProgramImage& image) {
  std::string text = ".partitions " + std::to_string(image.partitions()) + "\n";
  // The order of the image.
  for (const std::size_t engine : {4, 0, 1, 2, 3}) {
    const auto stream = image.stream(static_cast<isa::Engine>(engine));
    if (stream.empty()) continue;
    text += "\n.stream " + std::string(isa::kEngineNames[engine].name) + "\n";
    for (std::size_t i = 0; i < stream.size(); ++i) {
      text += "  " + disassemble(stream[i]) + "  ; " + std::to_string(i) + "\n";
    }
  }
  return text;
}

}  // namespace tinium
