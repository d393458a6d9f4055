// SPDX-License-Identifier: Apache-2.0
//
// Random programs on the Verilated kernel and the emulator: every byte of SBUF, of PSUM and of what
// they stored must be the same.
// All instructions of the engines and the DMA queues take part, with patterns of all dimensions.
//
// Instructions pass a token from engine to engine through semaphores, so that no two race;
// patterns, formats, partitions, registers and transfers are drawn at random within the rules.
// Products of operands drawn from all bit patterns include every special value.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>

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
enum Holder : std::uint32_t { kTensor, kVector, kLoad, kStore, kCopy };
constexpr std::uint32_t kFirstToken = 8;

class RandomProgram {
 public:
  RandomProgram(const Capabilities& core, std::mt19937_64& rng, std::size_t length)
      : core_(core), rng_(rng), builder_(core.partitions) {
    output_bytes_ = 64 * 1024;
    fill();
    for (std::size_t i = 0; i < length; ++i) {
      switch (rng_() % 10) {
        case 0:
          add_load();
          break;
        case 1:
          add_store();
          break;
        case 2:
          add_copy();
          break;
        case 3:
        case 4:
        case 5:
          add_multiply();
          break;
        case 6:
          add_scalar();
          break;
        case 7:
          add_tensor_tensor();
          break;
        case 8:
          add_reduce();
          break;
        default:
          below(3) == 0 ? add_memset() : add_scalar();
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

  /// Sometimes puts a part of an address into a register, other than that of the other address.
  void through_register(Engine engine, std::uint32_t& field, std::uint32_t& reg,
                        std::uint32_t taken = 0) {
    if (below(3) != 0) return;
    reg = below(15) + 1;
    if (reg == taken) reg = reg % 15 + 1;
    const std::uint32_t part = below(field + 1);
    builder_.add(engine, isa::SetReg{.rd = reg, .imm = part});
    field -= part;
  }

  /// One side of a transfer: steps of three dimensions, and where the first run may begin.
  struct Side {
    std::array<std::int32_t, 3> step{};
    std::int64_t low = 0;   ///< of all runs, from the first
    std::int64_t high = 0;  ///< begin of the highest run, from the first
  };
  Side side(const std::array<std::uint32_t, 3>& num, std::int32_t reach, std::int32_t unit = 1) {
    Side s;
    for (std::size_t d = 0; d < num.size(); ++d) {
      s.step[d] =
          (static_cast<std::int32_t>(below(2 * static_cast<std::uint64_t>(reach) + 1)) - reach) *
          unit;
      const std::int64_t span = (std::int64_t{num[d]} - 1) * s.step[d];
      (span < 0 ? s.low : s.high) += span;
    }
    return s;
  }
  /// Where a side begins within [first, first + limit), if its runs of `length` fit.
  std::optional<std::uint32_t> place(const Side& s, std::uint32_t length, std::uint64_t first,
                                     std::uint64_t limit, std::uint32_t unit = 1) {
    const std::int64_t room =
        static_cast<std::int64_t>(limit) - (s.high - s.low) - std::int64_t{length};
    if (room < 0) return std::nullopt;
    const std::uint64_t at =
        first + static_cast<std::uint64_t>(-s.low) + below(static_cast<std::uint64_t>(room) + 1);
    const std::uint64_t down = at / unit * unit;  // steps are multiples of the unit
    if (down < first + static_cast<std::uint64_t>(-s.low)) return std::nullopt;
    return static_cast<std::uint32_t>(down);
  }
  std::array<std::uint32_t, 3> counts() {
    std::array<std::uint32_t, 3> num{below(6) + 1, below(4) + 1, below(3) + 1};
    if (below(3) == 0) num = {below(core_.partitions) + 1, 1, 1};
    return num;
  }

  /// A random transfer between the windows of DRAM and SBUF.
  template <typename Dma>
  Dma random_transfer(std::uint32_t slot, std::uint64_t dram_bytes, bool transposing) {
    for (;;) {
      Dma i;
      const auto num = counts();
      const std::uint32_t element_log2 = transposing ? below(3) : 0;
      const auto unit = static_cast<std::int32_t>(1u << element_log2);
      i.slot = slot;
      i.row_bytes = transposing ? (below(std::min(core_.partitions, 40u)) + 1) << element_log2
                                : below(150) + 1;
      const Side dram = side(num, below(4) == 0 ? 20 : 300);
      const Side sbuf = side(num, 200 / unit, unit);
      const Side partition = transposing ? Side{} : side(num, below(2) == 0 ? 1 : 5);
      const auto dram_at = place(dram, i.row_bytes, 0, dram_bytes);
      const auto sbuf_at = place(sbuf, transposing ? 1u << element_log2 : i.row_bytes, 0,
                                 core_.sbuf_bytes, static_cast<std::uint32_t>(unit));
      const auto partition_at =
          transposing ? place(partition, i.row_bytes >> element_log2, 0, core_.partitions, 32)
                      : place(partition, 1, 0, core_.partitions);
      if (!dram_at || !sbuf_at || !partition_at) continue;
      i.dram_offset = *dram_at;
      i.sbuf_offset = *sbuf_at;
      i.sbuf_partition = *partition_at;
      i.num1 = num[0];
      i.num2 = num[1];
      i.num3 = num[2];
      i.transpose = transposing;
      i.element_log2 = element_log2;
      i.dram_step1 = dram.step[0];
      i.dram_step2 = dram.step[1];
      i.dram_step3 = dram.step[2];
      i.sbuf_step1 = sbuf.step[0];
      i.sbuf_step2 = sbuf.step[1];
      i.sbuf_step3 = sbuf.step[2];
      i.partition_step1 = partition.step[0];
      i.partition_step2 = partition.step[1];
      i.partition_step3 = partition.step[2];
      return i;
    }
  }

  void add_load() {
    auto i = random_transfer<isa::DmaLoad>(0, input_bytes(), below(3) == 0);
    hand_to(kLoad);
    through_register(Engine::kSync, i.sbuf_offset, i.reg_b);
    take_token(i, kLoad);
    pass_token(Engine::kSync, i);
  }

  void add_store() {
    const auto i = random_transfer<isa::DmaStore>(1, output_bytes_, false);
    auto store = i;
    hand_to(kStore);
    take_token(store, kStore);
    pass_token(Engine::kSync, store);
  }

  void add_copy() {
    for (;;) {
      isa::DmaCopy i;
      const auto num = counts();
      i.row_bytes = below(150) + 1;
      const Side source = side(num, 200);
      const Side source_partition = side(num, below(2) == 0 ? 1 : 5);
      const Side target = side(num, 200);
      const Side target_partition = side(num, below(2) == 0 ? 1 : 5);
      // Out of the lower half of SBUF into the upper, so that they do not overlap.
      const std::uint32_t half = core_.sbuf_bytes / 2;
      const auto from = place(source, i.row_bytes, 0, half);
      const auto from_partition = place(source_partition, 1, 0, core_.partitions);
      const auto to = place(target, i.row_bytes, half, half);
      const auto to_partition = place(target_partition, 1, 0, core_.partitions);
      if (!from || !from_partition || !to || !to_partition) continue;
      i.src_offset = *from;
      i.src_partition = *from_partition;
      i.dst_offset = *to;
      i.dst_partition = *to_partition;
      i.num1 = num[0];
      i.num2 = num[1];
      i.num3 = num[2];
      i.src_step1 = source.step[0];
      i.src_step2 = source.step[1];
      i.src_step3 = source.step[2];
      i.src_partition_step1 = source_partition.step[0];
      i.src_partition_step2 = source_partition.step[1];
      i.src_partition_step3 = source_partition.step[2];
      i.dst_step1 = target.step[0];
      i.dst_step2 = target.step[1];
      i.dst_step3 = target.step[2];
      i.dst_partition_step1 = target_partition.step[0];
      i.dst_partition_step2 = target_partition.step[1];
      i.dst_partition_step3 = target_partition.step[2];
      hand_to(kCopy);
      through_register(Engine::kSync, i.src_offset, i.reg_a);
      through_register(Engine::kSync, i.dst_offset, i.reg_b, i.reg_a);
      take_token(i, kCopy);
      pass_token(Engine::kSync, i);
      return;
    }
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
    if (below(3) == 0) {
      isa::Transpose transpose;
      transpose.psum_partition = out;
      transpose.psum_offset = below(core_.psum_banks) * 512 + below(512 - depth + 1);
      builder_.add(Engine::kTensor, transpose);
    }
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
      if (left == DType::fp32 || right == DType::fp32) {
        multiply.piece_pair = below(7);
      }
      if (again > 1) {
        builder_.add(Engine::kTensor, multiply);
      } else {
        pass_token(Engine::kTensor, multiply);
      }
    }
  }

  // ---- VectorE ----

  static constexpr std::uint32_t kDTypes = 8;
  static constexpr auto kBitwise = static_cast<std::uint32_t>(isa::AluOp::kBitwiseNot);
  static constexpr auto kOperators = static_cast<std::uint32_t>(isa::AluOp::kShiftRight) + 1;

  std::uint32_t float_operator() { return below(kBitwise); }
  /// Bitwise ones or bypass.
  std::uint32_t bit_operator() {
    return below(4) == 0 ? 0 : kBitwise + below(kOperators - kBitwise);
  }
  std::uint32_t integer_dtype() {
    return static_cast<std::uint32_t>(below(2) == 0 ? DType::int8 : DType::int32);
  }

  /// Source 0, destination and partitions of an instruction of VectorE. Sources and operands are in
  /// PSUM or in the lower half of SBUF, results in the upper: order does not matter.
  template <typename Instruction>
  void random_source(Instruction& i, bool integers) {
    i.num0 = below(24) + 1;
    i.num1 = below(4) + 1;
    i.src_space = below(3) != 0;
    i.src_dtype = integers ? integer_dtype() : below(kDTypes);
    const std::uint32_t half = core_.sbuf_bytes / 2;
    const Pattern from = i.src_space != 0 ? pattern(4, 2048, i.num0, i.num1, false)
                                          : pattern(size_of(static_cast<DType>(i.src_dtype)), half,
                                                    i.num0, i.num1, false);
    i.src_offset = i.src_space != 0 ? below(core_.psum_banks) * 512 + from.offset / 4 : from.offset;
    i.src_step0 = from.step0;
    i.src_step1 = from.step1;
  }
  template <typename Instruction>
  void random_partitions(Instruction& i) {
    const auto [start, count] = partitions(128);
    i.partition_start = start;
    i.partitions = count;
  }
  template <typename Instruction>
  Pattern random_destination(Instruction& i, std::uint32_t num0, std::uint32_t num1,
                             bool integers) {
    i.dst_dtype = integers ? integer_dtype() : below(kDTypes);
    const std::uint32_t half = core_.sbuf_bytes / 2;
    const Pattern to = pattern(size_of(static_cast<DType>(i.dst_dtype)), half, num0, num1, true);
    i.dst_offset = half + to.offset;
    i.dst_step1 = to.step1;
    return to;
  }
  /// An operand: any bits, or an offset in the lower half of SBUF.
  std::pair<std::uint32_t, std::uint32_t> random_operand() {
    const std::uint32_t kind = below(2);
    if (kind != 0) return {kind, below(core_.sbuf_bytes / 8) * 4};
    // Small integers, so that shifts do something, and any FP32 bits.
    return {kind, below(2) == 0 ? below(40) : static_cast<std::uint32_t>(rng_())};
  }
  template <typename Instruction>
  void add_vector(Instruction i) {
    hand_to(kVector);
    through_register(Engine::kVector, i.dst_offset, i.reg_b);
    take_token(i, kVector);
    pass_token(Engine::kVector, i);
  }

  void add_scalar() {
    isa::TensorScalar i;
    const bool bits = below(4) == 0;
    random_source(i, bits);
    i.dst_step0 = random_destination(i, i.num0, i.num1, bits).step0;
    random_partitions(i);
    const bool copy = below(6) == 0;
    if (!copy) {
      i.op0 = bits ? bit_operator() : float_operator();
      i.op1 = bits ? bit_operator() : float_operator();
      i.relu = bits ? 0 : below(2);
    } else if (below(2) == 0) {
      i.dst_dtype = i.src_dtype;  // copies bits
      i.dst_step0 = random_copy_destination(i);
    }
    i.reverse0 = below(2);
    i.reverse1 = below(2);
    std::tie(i.operand0_kind, i.operand0) = random_operand();
    std::tie(i.operand1_kind, i.operand1) = random_operand();
    add_vector(i);
  }
  /// A destination of the format that the instruction has already.
  template <typename Instruction>
  std::int32_t random_copy_destination(Instruction& i) {
    const std::uint32_t half = core_.sbuf_bytes / 2;
    const Pattern to =
        pattern(size_of(static_cast<DType>(i.dst_dtype)), half, i.num0, i.num1, true);
    i.dst_offset = half + to.offset;
    i.dst_step1 = to.step1;
    return to.step0;
  }

  void add_tensor_tensor() {
    isa::TensorTensor i;
    const bool bits = below(4) == 0;
    random_source(i, bits);
    i.src1_space = i.src_space == 0 ? below(2) : 0;
    i.src1_dtype = bits ? integer_dtype() : below(kDTypes);
    const Pattern from = i.src1_space != 0 ? pattern(4, 2048, i.num0, i.num1, false)
                                           : pattern(size_of(static_cast<DType>(i.src1_dtype)),
                                                     core_.sbuf_bytes / 2, i.num0, i.num1, false);
    i.src1_offset =
        i.src1_space != 0 ? below(core_.psum_banks) * 512 + from.offset / 4 : from.offset;
    i.src1_step0 = from.step0;
    i.src1_step1 = from.step1;
    i.dst_step0 = random_destination(i, i.num0, i.num1, bits).step0;
    random_partitions(i);
    const auto unary = [](std::uint32_t op) {
      return op == 0 || (op >= static_cast<std::uint32_t>(isa::AluOp::kAbs) && op <= kBitwise);
    };
    i.op0 = bits ? bit_operator() : float_operator();
    do {
      i.op1 = bits ? bit_operator() : float_operator();
    } while (unary(i.op1));
    i.relu = bits ? 0 : below(2);
    i.reverse0 = below(2);
    i.reverse1 = below(2);
    std::tie(i.operand0_kind, i.operand0) = random_operand();
    add_vector(i);
  }

  void add_reduce() {
    isa::TensorReduce i;
    const bool bits = below(4) == 0;
    random_source(i, bits);
    random_destination(i, 1, i.num1, bits);
    random_partitions(i);
    using Op = isa::AluOp;
    constexpr std::array kFloat = {Op::kAdd,        Op::kMult,      Op::kMax,
                                   Op::kMin,        Op::kAbsMax,    Op::kAbsMin,
                                   Op::kLogicalAnd, Op::kLogicalOr, Op::kLogicalXor};
    constexpr std::array kBits = {Op::kBitwiseAnd, Op::kBitwiseOr, Op::kBitwiseXor};
    i.op = static_cast<std::uint32_t>(bits ? kBits[below(kBits.size())]
                                           : kFloat[below(kFloat.size())]);
    i.negate = bits ? 0 : below(2);
    add_vector(i);
  }

  void add_memset() {
    isa::Memset i;
    i.num0 = below(24) + 1;
    i.num1 = below(4) + 1;
    i.dst_step0 = random_destination(i, i.num0, i.num1, false).step0;
    random_partitions(i);
    i.value = static_cast<std::uint32_t>(rng_());
    add_vector(i);
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
  for (std::uint64_t i = 0; i < testbench::case_count(config == "tiny" ? 12 : 3); ++i) {
    SCOPED_TRACE("program " + std::to_string(i) + " on " + url +
                 "\nrerun: " + testbench::rerun_line());
    const RandomProgram program(rtl.core(), rng, 40);
    const ProgramImage image = program.image();
    const Bytes input = random_bytes(rng, program.input_bytes());
    std::array<Bytes, 2> stored;
    std::array<Bytes, 2> dumped;
    std::array<std::uint64_t, 2> cycles{};
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
      cycles[side] = completion.counters.cycles;
      stored[side] = machine.read(out, program.output_bytes());
      dumped[side] = machine.read(dump, program.dump_bytes());
      machine.device().free(in);
      machine.device().free(out);
      machine.device().free(dump);
    }
    if (target.find("stall=0") != std::string::npos) {
      // The estimate knows every instruction, but no stalls of the memory.
      EXPECT_NEAR(static_cast<double>(cycles[1]), static_cast<double>(cycles[0]),
                  0.02 * static_cast<double>(cycles[0]));
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
