// SPDX-License-Identifier: Apache-2.0
//
// Encoding, images with every kind of damage, assembler and disassembler.

#include "tinium/program.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "bench_options.hpp"
#include "error_of.hpp"

namespace tinium {
namespace {

using isa::Engine;
using testbench::error_of;

ProgramImage sample_image() {
  ProgramBuilder builder(32);
  isa::LoadStationary load;
  load.sbuf_offset = 0x40;
  load.partitions = 32;
  load.columns = 4;
  load.step = -3;
  builder.add(Engine::kTensor, load);
  isa::DmaLoad dma;
  dma.dram_offset = 0x9ABCDEF012ull;
  dma.dram_step1 = -64;
  dma.row_bytes = 64;
  dma.num1 = 2;
  add_wait(dma, {3, 7, true});
  add_update(dma, {4, 2});
  builder.add(Engine::kSync, dma);
  builder.add(Engine::kSync, isa::SetReg{.rd = 3, .imm = 9});
  builder.halt_all();
  return builder.build();
}

TEST(Encoding, EveryFieldOfEveryInstructionGoesThereAndBack) {
  auto rng = testbench::make_rng();
  for (const auto& info : isa::kInstructions) {
    for (int round = 0; round < 50; ++round) {
      std::vector<std::uint64_t> values;
      for (const auto& field : info.fields) {
        std::uint64_t value = rng();
        if (field.width < 64) {
          value &= (std::uint64_t{1} << field.width) - 1;
          if (field.is_signed && (value >> (field.width - 1) & 1u) != 0) {
            value |= ~((std::uint64_t{1} << field.width) - 1);
          }
        }
        values.push_back(value);
      }
      values[0] = info.opcode;
      const InstructionWords words = encode_fields(info, values);
      EXPECT_FALSE(has_reserved_bits(words)) << info.name;
      for (std::size_t f = 0; f < values.size(); ++f) {
        ASSERT_EQ(extract_field(info.fields[f], words), values[f])
            << info.name << "." << info.fields[f].name << "\nrerun: " << testbench::rerun_line();
      }
    }
  }
}

TEST(Encoding, RefusesValuesThatDoNotFitNamingFieldAndValue) {
  isa::LoadStationary load;
  load.partitions = 256;
  const Error error = error_of([&] { encode(load); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_EQ(error.detail(), "partitions=256");
  load.partitions = 1;
  load.step = -32769;
  EXPECT_EQ(error_of([&] { encode(load); }).detail(), "step=-32769");
}

TEST(Encoding, ReservedBitsAreFound) {
  InstructionWords words = encode(isa::Nop{});
  EXPECT_FALSE(has_reserved_bits(words));
  words[15] = 1;
  EXPECT_TRUE(has_reserved_bits(words));
  words = {};
  words[0] = 0x7F;
  EXPECT_TRUE(has_reserved_bits(words)) << "unknown opcode";
}

TEST(Encoding, InstructionHasTwoWaitsAndTwoUpdates) {
  isa::Nop nop;
  add_wait(nop, {1});
  add_wait(nop, {2});
  EXPECT_EQ(error_of([&] { add_wait(nop, {3}); }).code(), ErrorCode::invalid_argument);
  add_update(nop, {1});
  add_update(nop, {2});
  EXPECT_EQ(error_of([&] { add_update(nop, {3}); }).code(), ErrorCode::invalid_argument);
}

TEST(Image, ParsesWhatWasBuilt) {
  const ProgramImage image = sample_image();
  const ProgramImage parsed = ProgramImage::parse(image.bytes(), 32);
  EXPECT_EQ(parsed.partitions(), 32u);
  EXPECT_EQ(parsed.map_version(), isa::kMapVersion);
  EXPECT_EQ(parsed.stream(Engine::kTensor).size(), 2u);
  EXPECT_EQ(parsed.stream(Engine::kVector).size(), 0u);
  EXPECT_EQ(parsed.stream(Engine::kSync).size(), 3u);
  // SyncE's stream comes first: the core asks for it with the header.
  EXPECT_EQ(std::memcmp(image.bytes().data() + 64, parsed.stream(Engine::kSync).data(), 192), 0);
}

TEST(Image, TruncatedAnywhere) {
  const ProgramImage image = sample_image();
  for (std::size_t length = 0; length < image.bytes().size(); length += 16) {
    const Error error = error_of([&] { ProgramImage::parse(image.bytes().first(length)); });
    EXPECT_EQ(error.code(), ErrorCode::truncated) << length;
    EXPECT_NE(error.detail().find("bytes=" + std::to_string(length)), std::string::npos);
  }
}

TEST(Image, AnySingleBitCorrupted) {
  const ProgramImage image = sample_image();
  for (std::size_t bit = 0; bit < image.bytes().size() * 8; bit += 5) {
    std::vector<std::byte> bytes(image.bytes().begin(), image.bytes().end());
    bytes[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    EXPECT_THROW(ProgramImage::parse(bytes), Error) << "bit " << bit;
  }
}

/// Sets a header word and puts the CRC right again, so that only the rule under test is broken.
std::vector<std::byte> with_word(const ProgramImage& image, std::size_t word, std::uint32_t value) {
  std::vector<std::byte> bytes(image.bytes().begin(), image.bytes().end());
  std::memcpy(bytes.data() + word * 4, &value, 4);
  const std::uint32_t zero = 0;
  std::memcpy(bytes.data() + 12, &zero, 4);
  const std::uint32_t crc = crc32(bytes);
  std::memcpy(bytes.data() + 12, &crc, 4);
  return bytes;
}

TEST(Image, EveryRuleOfTheHeader) {
  const ProgramImage image = sample_image();
  const auto parse = [&](std::size_t word, std::uint32_t value) {
    return error_of([&] { ProgramImage::parse(with_word(image, word, value)); });
  };
  EXPECT_EQ(parse(0, 0x12345678).code(), ErrorCode::corrupt_image);
  EXPECT_EQ(parse(0, 0x12345678).detail(), "magic=0x12345678");
  EXPECT_EQ(parse(1, isa::kMapVersion + 0x10000).code(), ErrorCode::version_mismatch);
  EXPECT_EQ(parse(1, isa::kMapVersion + 0x10000).detail(), "map_version=0x30000");
  EXPECT_EQ(parse(2, 65).detail(), "total_bytes=65");
  EXPECT_EQ(parse(6, 0).code(), ErrorCode::corrupt_image) << "stream inside the header";
  EXPECT_EQ(parse(6, 100).code(), ErrorCode::corrupt_image) << "misaligned stream";
  EXPECT_EQ(parse(7, 0x10000000).code(), ErrorCode::corrupt_image) << "stream beyond the image";
  const Error partitions = error_of([&] { ProgramImage::parse(image.bytes(), 128); });
  EXPECT_EQ(partitions.code(), ErrorCode::version_mismatch);
  EXPECT_EQ(partitions.detail(), "image partitions=32");
  std::vector<std::byte> longer(image.bytes().begin(), image.bytes().end());
  longer.resize(longer.size() + 64);
  EXPECT_EQ(error_of([&] { ProgramImage::parse(longer); }).code(), ErrorCode::corrupt_image);
}

TEST(Image, Crc32IsTheUsualOne) {
  const std::string text = "123456789";
  EXPECT_EQ(crc32(std::as_bytes(std::span(text))), 0xCBF43926u);
}

TEST(Assembler, LabelsNamesNumbersAndComments) {
  const ProgramImage image = assemble(R"(; a loop
.partitions 32
.stream vector
        SetReg rd=1 imm=0
  loop: AddReg rd=1 rs=1 imm=1        # count
        Branch rs=1 cond=ltu imm=0x8 target=loop
        TensorScalar src_space=psum src_dtype=fp32 src_step0=-1 dst_dtype=bf16 op0=add
        Halt wait0_sem=3 wait0_cond=ge wait0_value=2
)");
  const auto stream = image.stream(Engine::kVector);
  ASSERT_EQ(stream.size(), 5u);
  EXPECT_EQ(isa::decode_branch(stream[2]).target, 1u);
  EXPECT_EQ(isa::decode_branch(stream[2]).cond, 2u);
  EXPECT_EQ(isa::decode_branch(stream[2]).imm, 8u);
  EXPECT_EQ(isa::decode_tensor_scalar(stream[3]).src_step0, -1);
  EXPECT_EQ(isa::decode_tensor_scalar(stream[3]).src_dtype, 5u);
  EXPECT_EQ(isa::decode_halt(stream[4]).wait0_value, 2u);
}

TEST(Assembler, RoundTripOfRandomPrograms) {
  auto rng = testbench::make_rng();
  for (int round = 0; round < 40; ++round) {
    ProgramBuilder builder(128);
    for (int i = 0; i < 20; ++i) {
      InstructionWords words{};
      const auto& info = isa::kInstructions[rng() % isa::kInstructions.size()];
      if (rng() % 8 == 0) {
        for (auto& word : words) word = static_cast<std::uint32_t>(rng());  // .words
      } else {
        std::vector<std::uint64_t> values;
        for (const auto& field : info.fields) {
          std::uint64_t value = rng() % 3 == 0 ? 0 : rng();
          if (field.width < 64) {
            value &= (std::uint64_t{1} << field.width) - 1;
            if (field.is_signed && (value >> (field.width - 1) & 1u) != 0) {
              value |= ~((std::uint64_t{1} << field.width) - 1);
            }
          }
          values.push_back(value);
        }
        values[0] = info.opcode;
        words = encode_fields(info, values);
      }
      builder.add_words(static_cast<Engine>(rng() % 5), words);
    }
    const ProgramImage image = builder.build();
    const ProgramImage again = assemble(disassemble(image));
    ASSERT_TRUE(std::equal(image.bytes().begin(), image.bytes().end(), again.bytes().begin(),
                           again.bytes().end()))
        << disassemble(image) << "\nrerun: " << testbench::rerun_line();
  }
}

TEST(Assembler, FieldsNotNamedHaveTheirDefaults) {
  const ProgramImage image = assemble(R"(.partitions 32
.stream sync
  DmaLoad row_bytes=64 num1=3
  DmaStore row_bytes=64 num2=0
  DmaCopy row_bytes=64
  Halt
)");
  const auto stream = image.stream(Engine::kSync);
  EXPECT_EQ(isa::decode_dma_load(stream[0]).num1, 3u);
  EXPECT_EQ(isa::decode_dma_load(stream[0]).num2, 1u);
  EXPECT_EQ(isa::decode_dma_load(stream[0]).num3, 1u);
  EXPECT_EQ(isa::decode_dma_store(stream[1]).num2, 0u);
  EXPECT_EQ(isa::decode_dma_copy(stream[2]).num1, 1u);
  EXPECT_EQ(disassemble(stream[0]), "DmaLoad row_bytes=64 num1=3");
  EXPECT_EQ(disassemble(stream[1]), "DmaStore row_bytes=64 num2=0");
  EXPECT_EQ(disassemble(encode(isa::DmaCopy{})), "DmaCopy");
}

TEST(Assembler, ErrorsNameLineAndWord) {
  const auto detail = [](const std::string& text) {
    return error_of([&] { assemble(text); }).detail();
  };
  EXPECT_EQ(detail(".partitions 32\n.stream tensor\n Hold\n"), "line=3 word=\"Hold\"");
  EXPECT_EQ(detail(".stream tensr\n"), "line=1 word=\"tensr\"");
  EXPECT_EQ(detail(".partitions 32\nHalt\n"), "line=2 word=\"Halt\"");
  EXPECT_EQ(detail(".partitions 0\n"), "line=1 word=\"0\"");
  EXPECT_EQ(detail(".partitions 32\n.stream sync\nNop speed=3\n"), "line=3 word=\"speed\"");
  EXPECT_EQ(detail(".partitions 32\n.stream sync\nNop wait0_cond=gt\n"), "line=3 word=\"gt\"");
  EXPECT_EQ(detail(".partitions 32\n.stream sync\nSetReg rd=16\n"), "line=3 word=\"rd=16\"");
  EXPECT_EQ(detail(".partitions 32\n.stream sync\nBranch target=up\n"), "line=3 word=\"up\"");
  EXPECT_EQ(detail(".partitions 32\n.stream sync\na: Nop\na: Nop\n"), "line=4 word=\"a\"");
  EXPECT_EQ(error_of([] { assemble(".stream sync\nHalt\n"); }).rule(),
            "a program begins with .partitions <P>");
}

TEST(Assembler, BranchTargetIsWordSeven) {
  // The assembler patches labels there.
  for (const auto& field : isa::kBranchFields) {
    if (field.name == "target") {
      EXPECT_EQ(field.word, 7);
      EXPECT_EQ(field.lsb, 0);
    }
  }
}

}  // namespace
}  // namespace tinium
