// SPDX-License-Identifier: Apache-2.0
//
// Random programs on the Verilated kernel and the emulator: every byte of SBUF, of PSUM and of what
// they stored must be the same.
//
// Instructions pass a token from engine to engine through semaphores, so that no two race;
// patterns, formats, partitions, registers and transfers are drawn at random within the rules.
// Products of operands drawn from all bit patterns include every special value.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "bench_options.hpp"
#include "machine.hpp"
#include "tinium/dtype.hpp"

namespace tinium {
namespace {

using isa::Engine;
using testbench::Bytes;
using testbench::Machine;
using testbench::random_bytes;
using testbench::transfer;
using testbench::window;

/// Who may hold the token; semaphore kFirstToken + holder brings it.
enum Holder : std::uint32_t { kTensor, kVector, kLoad, kStore };
constexpr std::uint32_t kFirstToken = 8;

class RandomProgram {
 public:
  RandomProgram(const Capabilities& core, std::mt19937_64& rng, std::size_t length)
      : core_(core), rng_(rng), builder_(core.partitions) {
    output_bytes_ = 64 * 1024;
    fill();
    for (std::size_t i = 0; i < length; ++i) {
      switch (rng_() % 5) {
        case 0:
          add_load();
          break;
        case 1:
          add_store();
          break;
        case 2:
        case 3:
          add_multiply();
          break;
        default:
          add_scalar();
          break;
      }
    }
    dump();
    builder_.halt_all();
  }

  ProgramImage image() const { return builder_.build(); }
  std::size_t input_bytes() const { return std::size_t{core_.partitions} * core_.sbuf_bytes; }
  std::size_t output_bytes() const { return output_bytes_; }
  /// All of SBUF, and PSUM word by word, after the program.
  std::size_t dump_bytes() const {
    return std::size_t{core_.partitions} * core_.sbuf_bytes + psum_bytes();
  }
  std::size_t psum_bytes() const { return std::size_t{core_.partitions} * core_.psum_banks * 2048; }

 private:
  std::uint32_t below(std::uint64_t limit) { return static_cast<std::uint32_t>(rng_() % limit); }

  /// Waits for the token of `holder`; the token then goes to whoever comes next.
  template <typename Instruction>
  void take_token(Instruction& i, Holder holder) {
    hand_to(holder);
    if (!first_) add_wait(i, {kFirstToken + holder, 1, true});
    first_ = false;
  }
  /// Adds an instruction whose completion hands the token on.
  template <typename Instruction>
  void pass_token(Engine engine, Instruction i) {
    pending_ = [this, engine, i](Holder next) mutable {
      add_update(i, {kFirstToken + next});
      builder_.add(engine, i);
    };
  }
  /// Adds the instruction that holds the token, now that the next holder is known. Called before
  /// anything of the next holder is added.
  void hand_to(Holder next) {
    if (pending_) pending_(next);
    pending_ = nullptr;
  }

  void fill() {
    // Every byte of SBUF from DRAM, every word of PSUM by a product.
    auto load = transfer<isa::DmaLoad>(0, 0, static_cast<std::int32_t>(core_.sbuf_bytes),
                                       core_.sbuf_bytes, core_.partitions, 0);
    take_token(load, kLoad);
    pass_token(Engine::kSync, load);
    for (std::uint32_t bank = 0; bank < core_.psum_banks; ++bank) {
      isa::LoadStationary stationary;
      stationary.partitions = 16;
      stationary.columns = core_.partitions;
      stationary.step = 1;
      take_token(stationary, kTensor);
      builder_.add(Engine::kTensor, stationary);
      isa::MultiplyMoving multiply;
      multiply.sbuf_offset = 256;
      multiply.step0 = 1;
      multiply.num0 = 512;
      multiply.num1 = 1;
      multiply.psum_offset = bank * 512;
      pass_token(Engine::kTensor, multiply);
    }
  }

  void dump() {
    const auto pitch = static_cast<std::int32_t>(core_.sbuf_bytes);
    auto sbuf = transfer<isa::DmaStore>(2, 0, pitch, core_.sbuf_bytes, core_.partitions, 0);
    take_token(sbuf, kStore);
    pass_token(Engine::kSync, sbuf);
    for (std::uint32_t bank = 0; bank < core_.psum_banks; ++bank) {
      isa::TensorScalar copy;
      copy.src_space = 1;
      copy.src_offset = bank * 512;
      copy.src_dtype = copy.dst_dtype = static_cast<std::uint32_t>(DType::int32);
      copy.src_step0 = copy.dst_step0 = 1;
      copy.num0 = 512;
      copy.num1 = 1;
      copy.partitions = core_.partitions;
      take_token(copy, kVector);
      pass_token(Engine::kVector, copy);
      auto psum = transfer<isa::DmaStore>(
          2, std::uint64_t{core_.partitions} * core_.sbuf_bytes + bank * 2048,
          static_cast<std::int32_t>(core_.psum_banks * 2048), 2048, core_.partitions, 0);
      take_token(psum, kStore);
      pass_token(Engine::kSync, psum);
    }
    hand_to(kStore);
  }

  /// A legal partition range.
  std::pair<std::uint32_t, std::uint32_t> partitions(std::uint32_t most) {
    for (;;) {
      const std::uint32_t start = below(4) * 32;
      const std::uint32_t count = below(std::min(most, core_.partitions)) + 1;
      if (start + count > core_.partitions || (count > 64 && start != 0) ||
          (count > 32 && start % 64 != 0)) {
        continue;
      }
      return {start, count};
    }
  }

  /// A pattern of num0 x num1 elements within [0, limit) bytes; returns the first byte.
  struct Pattern {
    std::uint32_t offset;
    std::int32_t step0, step1;
    std::uint32_t num0, num1;
  };
  Pattern pattern(std::size_t size, std::uint32_t limit, std::uint32_t num0, std::uint32_t num1,
                  bool distinct) {
    for (;;) {
      Pattern p{0, 0, 0, num0, num1};
      p.step0 = static_cast<std::int32_t>(below(distinct ? 3 : 7)) - (distinct ? 1 : 3);
      if (distinct && p.step0 == 0) p.step0 = 1;
      const auto row = static_cast<std::int32_t>(num0) * std::abs(p.step0);
      p.step1 = distinct ? row + static_cast<std::int32_t>(below(3))
                         : static_cast<std::int32_t>(below(41)) - 20;
      if (distinct && below(2) == 0) p.step1 = -p.step1;
      const std::int64_t s0 = std::int64_t{p.step0} * (num0 - 1);
      const std::int64_t s1 = std::int64_t{p.step1} * (num1 - 1);
      const std::int64_t low = std::min<std::int64_t>(s0, 0) + std::min<std::int64_t>(s1, 0);
      const std::int64_t high = std::max<std::int64_t>(s0, 0) + std::max<std::int64_t>(s1, 0);
      const auto elements = static_cast<std::int64_t>(limit / size);
      if (high - low >= elements) continue;
      const std::int64_t first = -low + below(static_cast<std::uint64_t>(elements - (high - low)));
      p.offset = static_cast<std::uint32_t>(first * static_cast<std::int64_t>(size));
      return p;
    }
  }

  /// Sometimes puts a part of an address into a register.
  void through_register(Engine engine, std::uint32_t& field, std::uint32_t& reg) {
    if (below(3) != 0) return;
    reg = below(15) + 1;
    const std::uint32_t part = below(field + 1);
    builder_.add(engine, isa::SetReg{.rd = reg, .imm = part});
    field -= part;
  }

  void add_load() {
    const std::uint32_t rows = below(core_.partitions) + 1;
    const std::uint32_t row_bytes = below(150) + 1;
    auto i = transfer<isa::DmaLoad>(0, below(5000), static_cast<std::int32_t>(below(300)),
                                    row_bytes, rows, below(core_.sbuf_bytes - row_bytes + 1),
                                    below(core_.partitions - rows + 1));
    hand_to(kLoad);
    through_register(Engine::kSync, i.sbuf_offset, i.reg_b);
    take_token(i, kLoad);
    pass_token(Engine::kSync, i);
  }

  void add_store() {
    const std::uint32_t rows = below(core_.partitions) + 1;
    const std::uint32_t row_bytes = below(150) + 1;
    const std::uint32_t step = row_bytes + below(40);
    auto i = transfer<isa::DmaStore>(1, below(output_bytes_ - std::uint64_t{rows} * step),
                                     static_cast<std::int32_t>(step), row_bytes, rows,
                                     below(core_.sbuf_bytes - row_bytes + 1),
                                     below(core_.partitions - rows + 1));
    hand_to(kStore);
    take_token(i, kStore);
    pass_token(Engine::kSync, i);
  }

  void add_multiply() {
    DType left = DType::int32;
    DType right = DType::int32;
    while (!is_legal_pair(left, right) || !core_.multiplies(left) || !core_.multiplies(right)) {
      left = static_cast<DType>(below(kDTypeCount));
      right = static_cast<DType>(below(kDTypeCount));
    }
    const auto [start, depth] = partitions(128);
    const auto [out, columns] = partitions(128);
    hand_to(kTensor);
    isa::LoadStationary stationary;
    const Pattern s = pattern(size_of(left), core_.sbuf_bytes, columns, 1, false);
    stationary.sbuf_offset = s.offset;
    stationary.dtype = static_cast<std::uint32_t>(left);
    stationary.partition_start = start;
    stationary.partitions = depth;
    stationary.columns = columns;
    stationary.step = s.step0;
    through_register(Engine::kTensor, stationary.sbuf_offset, stationary.reg_a);
    take_token(stationary, kTensor);
    builder_.add(Engine::kTensor, stationary);
    for (std::uint32_t again = below(2) + 1; again > 0; --again) {
      isa::MultiplyMoving multiply;
      const std::uint32_t num0 = below(24) + 1;
      const std::uint32_t num1 = below(4) + 1;
      const Pattern m = pattern(size_of(right), core_.sbuf_bytes, num0, num1, false);
      multiply.sbuf_offset = m.offset;
      multiply.dtype = static_cast<std::uint32_t>(right);
      multiply.step0 = m.step0;
      multiply.step1 = m.step1;
      multiply.num0 = num0;
      multiply.num1 = num1;
      multiply.partition_start = start;
      multiply.psum_partition = out;
      multiply.psum_offset = below(core_.psum_banks) * 512 + below(512 - num0 * num1 + 1);
      multiply.accumulate = below(3) != 0;
      if (again > 1) {
        builder_.add(Engine::kTensor, multiply);
      } else {
        pass_token(Engine::kTensor, multiply);
      }
    }
  }

  void add_scalar() {
    isa::TensorScalar i;
    const bool integer = below(6) == 0;
    const bool from_psum = below(3) != 0;
    DType source = integer ? DType::int32 : from_psum ? DType::fp32 : static_cast<DType>(below(6));
    DType destination =
        integer ? (below(2) == 0 ? DType::int8 : DType::int32) : static_cast<DType>(below(6));
    const auto [start, count] = partitions(128);
    const std::uint32_t num0 = below(24) + 1;
    const std::uint32_t num1 = below(4) + 1;
    const std::uint32_t half = core_.sbuf_bytes / 2;
    i.num0 = num0;
    i.num1 = num1;
    i.partition_start = start;
    i.partitions = count;
    i.src_dtype = static_cast<std::uint32_t>(source);
    i.dst_dtype = static_cast<std::uint32_t>(destination);
    i.src_space = from_psum;
    const Pattern from = from_psum ? pattern(4, 2048, num0, num1, false)
                                   : pattern(size_of(source), half, num0, num1, false);
    i.src_offset = from_psum ? below(core_.psum_banks) * 512 + from.offset / 4 : from.offset;
    i.src_step0 = from.step0;
    i.src_step1 = from.step1;
    // Sources and operands in the lower half of SBUF, results in the upper: order does not matter.
    const Pattern to = pattern(size_of(destination), half, num0, num1, true);
    i.dst_offset = half + to.offset;
    i.dst_step0 = to.step0;
    i.dst_step1 = to.step1;
    if (!integer) {
      i.op0 = below(6);
      i.op1 = below(6);
      i.relu = below(2);
    }
    i.operand0_kind = below(2);
    i.operand1_kind = below(2);
    i.operand0 = i.operand0_kind != 0 ? below(half / 4) * 4 : static_cast<std::uint32_t>(rng_());
    i.operand1 = i.operand1_kind != 0 ? below(half / 4) * 4 : static_cast<std::uint32_t>(rng_());
    hand_to(kVector);
    through_register(Engine::kVector, i.dst_offset, i.reg_b);
    take_token(i, kVector);
    pass_token(Engine::kVector, i);
  }

  Capabilities core_;
  std::mt19937_64& rng_;
  ProgramBuilder builder_;
  std::size_t output_bytes_;
  bool first_ = true;
  std::function<void(Holder)> pending_;
};

class RandomPrograms : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Devices, RandomPrograms,
                         testing::Values("tiny?stall=0", "tiny?stall=50&latency=7",
                                         "small?stall=0"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           for (auto& c : name) {
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           }
                           return name;
                         });

TEST_P(RandomPrograms, LeaveTheSameBytesAsOnTheEmulator) {
  const std::string target = GetParam();
  const std::string url = "sim:" + target + "&seed=" + std::to_string(testbench::options().seed);
  const std::string config = target.substr(0, target.find('?'));
  Machine rtl(url);
  Machine emulator("emu:" + config);
  auto rng = testbench::make_rng();
  for (std::uint64_t i = 0; i < testbench::case_count(config == "tiny" ? 6 : 2); ++i) {
    SCOPED_TRACE("program " + std::to_string(i) + " on " + url +
                 "\nrerun: " + testbench::rerun_line());
    const RandomProgram program(rtl.core(), rng, 40);
    const ProgramImage image = program.image();
    const Bytes input = random_bytes(rng, program.input_bytes());
    std::array<Bytes, 2> stored;
    std::array<Bytes, 2> dumped;
    for (std::size_t side = 0; side < 2; ++side) {
      Machine& machine = side == 0 ? rtl : emulator;
      const DeviceAddress in = machine.place(input);
      const DeviceAddress out = machine.place(Bytes(program.output_bytes()));
      const DeviceAddress dump = machine.place(Bytes(program.dump_bytes()));
      const Completion completion = machine.finish(machine.submit(
          image,
          {window(in, input.size(), true, false), window(out, program.output_bytes(), false, true),
           window(dump, program.dump_bytes(), false, true)},
          20'000'000));
      ASSERT_TRUE(completion.ok())
          << (side == 0 ? "rtl: " : "emulator: ") << describe(completion.fault) << "\n"
          << disassemble(image);
      stored[side] = machine.read(out, program.output_bytes());
      dumped[side] = machine.read(dump, program.dump_bytes());
      machine.device().free(in);
      machine.device().free(out);
      machine.device().free(dump);
    }
    ASSERT_EQ(stored[0] == stored[1], true) << "stored bytes differ\n" << disassemble(image);
    const std::size_t sbuf = std::size_t{rtl.core().partitions} * rtl.core().sbuf_bytes;
    std::size_t shown = 0;
    for (std::size_t at = 0; at < dumped[0].size() && shown < 16; ++at) {
      if (dumped[0][at] == dumped[1][at]) continue;
      const bool in_sbuf = at < sbuf;
      const std::size_t pitch = in_sbuf ? rtl.core().sbuf_bytes : rtl.core().psum_banks * 2048;
      const std::size_t local = in_sbuf ? at : at - sbuf;
      ADD_FAILURE() << (in_sbuf ? "SBUF" : "PSUM") << " partition " << local / pitch << " byte "
                    << local % pitch << ": rtl " << static_cast<int>(dumped[0][at]) << " emulator "
                    << static_cast<int>(dumped[1][at]);
      ++shown;
    }
    if (shown != 0) {
      FAIL() << disassemble(image);
    }
  }
}

}  // namespace
}  // namespace tinium
