// SPDX-License-Identifier: Apache-2.0
//
// Encoding of instructions and the program image.

#include "tinium/program.hpp"

#include <cstring>

#include "tinium/generated/records.hpp"
#include "words.hpp"

namespace tinium {
namespace {

using Header = records::ImageHeader;

/// Words of the header that hold offset and count of an engine's stream.
constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, kStreamCount> kStreamWords = {{
    {Header::kTensorOffsetWord, Header::kTensorCountWord},
    {Header::kVectorOffsetWord, Header::kVectorCountWord},
    {Header::kScalarOffsetWord, Header::kScalarCountWord},
    {Header::kGpsimdOffsetWord, Header::kGpsimdCountWord},
    {Header::kSyncOffsetWord, Header::kSyncCountWord},
}};

constexpr std::uint32_t kMajorMask = 0xFFFF0000u;

std::string hex(std::uint64_t value) {
  std::string text = "0x";
  bool started = false;
  for (int shift = 60; shift >= 0; shift -= 4) {
    const auto digit = value >> shift & 15u;
    if (digit != 0 || started || shift == 0) {
      text += "0123456789abcdef"[digit];
      started = true;
    }
  }
  return text;
}

std::uint32_t image_crc(std::span<const std::byte> bytes) {
  static constexpr std::array<std::byte, 4> kZero{};
  const auto at = Header::kCrc32Word * 4;
  std::uint32_t crc = crc32(bytes.first(at));
  crc = crc32(kZero, crc);
  return crc32(bytes.subspan(at + 4), crc);
}

}  // namespace

std::uint32_t crc32(std::span<const std::byte> data, std::uint32_t crc) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) {
        value = (value & 1u) != 0 ? 0xEDB88320u ^ (value >> 1) : value >> 1;
      }
      t[i] = value;
    }
    return t;
  }();
  crc = ~crc;
  for (const std::byte byte : data) {
    crc = table[(crc ^ static_cast<std::uint32_t>(byte)) & 0xFFu] ^ (crc >> 8);
  }
  return ~crc;
}

InstructionWords encode_fields(const isa::InstructionInfo& info,
                               std::span<const std::uint64_t> values) {
  InstructionWords words{};
  for (std::size_t i = 0; i < info.fields.size(); ++i) {
    const isa::Field& field = info.fields[i];
    const std::uint64_t value = values[i];
    if (field.width < 64) {
      const auto as_signed = static_cast<std::int64_t>(value);
      const std::int64_t limit = std::int64_t{1} << (field.width - (field.is_signed ? 1 : 0));
      const bool fits = field.is_signed ? as_signed >= -limit && as_signed < limit
                                        : value < static_cast<std::uint64_t>(limit);
      if (!fits) {
        throw Error(ErrorCode::invalid_argument, std::string("encode ") + std::string(info.name),
                    "field " + std::string(field.name) + " has " + std::to_string(field.width) +
                        (field.is_signed ? " bits, signed" : " bits"),
                    std::string(field.name) + "=" +
                        (field.is_signed ? std::to_string(as_signed) : std::to_string(value)));
      }
    }
    const std::uint64_t mask = field.width < 64 ? (std::uint64_t{1} << field.width) - 1 : ~0ull;
    const std::uint64_t bits = value & mask;
    words[field.word] |= static_cast<std::uint32_t>(bits << field.lsb);
    if (field.lsb + field.width > 32) {
      words[field.word + 1] |= static_cast<std::uint32_t>(bits >> (32 - field.lsb));
    }
  }
  return words;
}

const isa::InstructionInfo* find_instruction(std::uint8_t opcode) {
  for (const auto& info : isa::kInstructions) {
    if (info.opcode == opcode) return &info;
  }
  return nullptr;
}

std::uint64_t extract_field(const isa::Field& field, const InstructionWords& words) {
  std::uint64_t value = words[field.word] >> field.lsb;
  if (field.lsb + field.width > 32) {
    value |= static_cast<std::uint64_t>(words[field.word + 1]) << (32 - field.lsb);
  }
  if (field.width == 64) return value;
  value &= (std::uint64_t{1} << field.width) - 1;
  if (field.is_signed && (value >> (field.width - 1) & 1u) != 0) {
    value |= ~((std::uint64_t{1} << field.width) - 1);
  }
  return value;
}

bool has_reserved_bits(const InstructionWords& words) {
  // One mask per opcode, made on first use.
  static const auto masks = [] {
    std::array<InstructionWords, 256> table{};
    for (const auto& info : isa::kInstructions) {
      for (const auto& field : info.fields) {
        const std::uint64_t mask = field.width < 64 ? (std::uint64_t{1} << field.width) - 1 : ~0ull;
        table[info.opcode][field.word] |= static_cast<std::uint32_t>(mask << field.lsb);
        if (field.lsb + field.width > 32) {
          table[info.opcode][field.word + 1] |=
              static_cast<std::uint32_t>(mask >> (32 - field.lsb));
        }
      }
    }
    return table;
  }();
  const InstructionWords& known = masks[words[0] & 0xFFu];
  for (std::size_t i = 0; i < words.size(); ++i) {
    if ((words[i] & ~known[i]) != 0) return true;
  }
  return false;
}

ProgramImage ProgramImage::parse(std::span<const std::byte> bytes) {
  constexpr const char* kOperation = "ProgramImage::parse";
  if (bytes.size() < Header::kBytes) {
    throw Error(ErrorCode::truncated, kOperation, "an image has a header of 64 bytes",
                "bytes=" + std::to_string(bytes.size()));
  }
  const auto word = [&](std::uint32_t index) { return load_word(bytes, index); };
  if (word(Header::kMagicWord) != Header::kMagic) {
    throw Error(ErrorCode::corrupt_image, kOperation,
                "the first word of an image is " + hex(Header::kMagic),
                "magic=" + hex(word(Header::kMagicWord)));
  }
  const std::uint32_t version = word(Header::kMapVersionWord);
  if ((version & kMajorMask) != (isa::kMapVersion & kMajorMask)) {
    throw Error(ErrorCode::version_mismatch, kOperation,
                "the major map version is " + std::to_string(isa::kMapVersion >> 16),
                "map_version=" + hex(version));
  }
  const std::uint32_t total = word(Header::kTotalBytesWord);
  if (total < Header::kBytes || total % 64 != 0) {
    throw Error(ErrorCode::corrupt_image, kOperation,
                "total_bytes is a multiple of 64, at least 64",
                "total_bytes=" + std::to_string(total));
  }
  if (bytes.size() < total) {
    throw Error(ErrorCode::truncated, kOperation, "an image is as long as its header says",
                "total_bytes=" + std::to_string(total) + " bytes=" + std::to_string(bytes.size()));
  }
  if (bytes.size() > total) {
    throw Error(ErrorCode::corrupt_image, kOperation, "nothing follows the image",
                "total_bytes=" + std::to_string(total) + " bytes=" + std::to_string(bytes.size()));
  }
  const std::uint32_t crc = image_crc(bytes);
  if (crc != word(Header::kCrc32Word)) {
    throw Error(ErrorCode::corrupt_image, kOperation, "the CRC-32 of the image is " + hex(crc),
                "crc32=" + hex(word(Header::kCrc32Word)));
  }
  ProgramImage image;
  image.bytes_.assign(bytes.begin(), bytes.end());
  image.partitions_ = word(Header::kPartitionsWord);
  image.map_version_ = version;
  for (std::size_t engine = 0; engine < kStreamCount; ++engine) {
    const std::uint64_t offset = word(kStreamWords[engine].first);
    const std::uint64_t count = word(kStreamWords[engine].second);
    if (count == 0) continue;
    if (offset < Header::kBytes || offset % isa::kInstructionBytes != 0 ||
        offset + count * isa::kInstructionBytes > total) {
      throw Error(ErrorCode::corrupt_image, kOperation,
                  "a stream begins on a multiple of 64 behind the header and ends in the image",
                  "engine=" + std::string(isa::kEngineNames[engine].name) +
                      " offset=" + std::to_string(offset) + " count=" + std::to_string(count) +
                      " total_bytes=" + std::to_string(total));
    }
    auto& stream = image.streams_[engine];
    stream.resize(count);
    std::memcpy(stream.data(), bytes.data() + offset, count * isa::kInstructionBytes);
  }
  return image;
}

ProgramImage ProgramImage::parse(std::span<const std::byte> bytes, std::uint32_t partitions) {
  ProgramImage image = parse(bytes);
  if (image.partitions_ != partitions) {
    throw Error(ErrorCode::version_mismatch, "ProgramImage::parse",
                "the core has " + std::to_string(partitions) + " partitions",
                "image partitions=" + std::to_string(image.partitions_));
  }
  return image;
}

std::uint32_t ProgramBuilder::add_words(isa::Engine engine, const InstructionWords& words) {
  const auto index = static_cast<std::size_t>(engine);
  if (index >= kStreamCount) {
    throw Error(ErrorCode::invalid_argument, "ProgramBuilder::add",
                "only tensor, vector, scalar, gpsimd and sync have streams",
                "engine=" + std::to_string(index));
  }
  streams_[index].push_back(words);
  return static_cast<std::uint32_t>(streams_[index].size() - 1);
}

std::uint32_t ProgramBuilder::size(isa::Engine engine) const {
  return static_cast<std::uint32_t>(streams_.at(static_cast<std::size_t>(engine)).size());
}

void ProgramBuilder::halt_all() {
  for (auto& stream : streams_) {
    if (stream.empty()) continue;
    if ((stream.back()[0] & 0xFFu) == static_cast<std::uint32_t>(isa::Opcode::kHalt)) continue;
    stream.push_back(encode(isa::Halt{}));
  }
}

ProgramImage ProgramBuilder::build() const {
  // SyncE first: its first instructions arrive with the header.
  constexpr std::array<std::size_t, kStreamCount> kOrder = {4, 0, 1, 2, 3};
  std::uint64_t total = Header::kBytes;
  for (const auto& stream : streams_) total += stream.size() * isa::kInstructionBytes;
  if (total > 0xFFFFFFC0ull) {
    throw Error(ErrorCode::invalid_argument, "ProgramBuilder::build",
                "an image has less than 4 GiB", "bytes=" + std::to_string(total));
  }
  ProgramImage image;
  image.partitions_ = partitions_;
  image.map_version_ = isa::kMapVersion;
  image.streams_ = streams_;
  image.bytes_.resize(total);
  const std::span<std::byte> bytes = image.bytes_;
  store_word(bytes, Header::kMagicWord, Header::kMagic);
  store_word(bytes, Header::kMapVersionWord, isa::kMapVersion);
  store_word(bytes, Header::kTotalBytesWord, static_cast<std::uint32_t>(total));
  store_word(bytes, Header::kPartitionsWord, partitions_);
  std::size_t offset = Header::kBytes;
  for (const std::size_t engine : kOrder) {
    const auto& stream = streams_[engine];
    if (stream.empty()) continue;
    store_word(bytes, kStreamWords[engine].first, static_cast<std::uint32_t>(offset));
    store_word(bytes, kStreamWords[engine].second, static_cast<std::uint32_t>(stream.size()));
    const std::size_t length = stream.size() * isa::kInstructionBytes;
    std::memcpy(image.bytes_.data() + offset, stream.data(), length);
    offset += length;
  }
  store_word(bytes, Header::kCrc32Word, image_crc(bytes));
  return image;
}

}  // namespace tinium
