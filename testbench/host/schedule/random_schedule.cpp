// SPDX-License-Identifier: Apache-2.0

#include "random_schedule.hpp"

#include <algorithm>

#include "schedule/access.hpp"
#include "tinium/dtype.hpp"
#include "tinium/schedule.hpp"

namespace tinium::testbench {
namespace {

constexpr std::uint32_t kPlaceBytes = 128;  // of SBUF; instructions touch one to a few of them
constexpr std::uint32_t kPlaces = 6;

class Generator {
 public:
  Generator(const Capabilities& core, std::mt19937_64& rng) : core_(core), rng_(rng) {}

  std::uint32_t below(std::uint64_t limit) { return static_cast<std::uint32_t>(rng_() % limit); }
  std::uint32_t place() { return below(kPlaces) * kPlaceBytes; }
  template <typename Dma>
  Dma transfer(std::uint32_t slot) {
    Dma i;
    i.slot = slot;
    i.row_bytes = (below(4) + 1) * 16;
    i.num1 = below(core_.partitions) + 1;
    i.sbuf_partition = below(core_.partitions - i.num1 + 1);
    i.partition_step1 = 1;
    i.dram_step1 = static_cast<std::int32_t>(below(2) * i.row_bytes);
    i.sbuf_offset = place() + below(4) * 16;
    i.dram_offset = below(8) * 64;
    return i;
  }
  std::uint32_t dtype_of(std::initializer_list<DType> choices) {
    return static_cast<std::uint32_t>(*(choices.begin() + below(choices.size())));
  }

  InstructionWords load_stationary() {
    isa::LoadStationary i;
    i.partitions = below(core_.partitions) + 1;
    i.columns = below(std::min(core_.partitions, 32u)) + 1;
    i.step = 1;
    i.sbuf_offset = place();
    stationary_ = i;
    return encode(i);
  }
  InstructionWords multiply() {
    isa::MultiplyMoving i;
    i.step0 = 1;
    i.num0 = below(60) + 1;
    i.num1 = 1;
    i.sbuf_offset = place();
    i.psum_offset = below(2) * 512 + below(4) * 64;
    i.accumulate = below(2);
    return encode(i);
  }
  InstructionWords transpose() {
    isa::Transpose i;
    i.psum_offset = below(2) * 512 + below(4) * 64;
    return encode(i);
  }
  InstructionWords scalar() {
    isa::TensorScalar i;
    i.src_space = below(2);
    i.src_offset = i.src_space != 0 ? below(2) * 512 + below(4) * 64 : place();
    i.src_dtype = static_cast<std::uint32_t>(i.src_space != 0 ? DType::fp32 : DType::bf16);
    i.dst_dtype = dtype_of({DType::bf16, DType::fp32});
    i.dst_offset = place();
    i.src_step0 = i.dst_step0 = 1;
    i.num0 = below(40) + 1;
    i.num1 = 1;
    i.partitions = below(std::min(core_.partitions, 32u)) + 1;
    i.op0 = below(4);
    i.operand0_kind = below(2);
    i.operand0 = i.operand0_kind != 0 ? place() : 0x3F000000u;
    i.relu = below(2);
    return encode(i);
  }

  void fill(std::vector<InstructionWords>& out) {
    isa::DmaLoad load;
    load.row_bytes = core_.sbuf_bytes;
    load.num1 = core_.partitions;
    load.partition_step1 = 1;
    load.dram_step1 = static_cast<std::int32_t>(core_.sbuf_bytes);
    out.push_back(encode(load));
    isa::LoadStationary stationary;
    stationary.partitions = 16;
    stationary.columns = core_.partitions;
    stationary.step = 1;
    out.push_back(encode(stationary));
    for (std::uint32_t bank = 0; bank < core_.psum_banks; ++bank) {
      isa::MultiplyMoving multiply;
      multiply.sbuf_offset = 256;
      multiply.step0 = 1;
      multiply.num0 = 512;
      multiply.num1 = 1;
      multiply.psum_offset = bank * 512;
      out.push_back(encode(multiply));
    }
  }

  void dump(std::vector<InstructionWords>& out) {
    isa::DmaStore sbuf;
    sbuf.slot = 2;
    sbuf.row_bytes = core_.sbuf_bytes;
    sbuf.num1 = core_.partitions;
    sbuf.partition_step1 = 1;
    sbuf.dram_step1 = static_cast<std::int32_t>(core_.sbuf_bytes);
    out.push_back(encode(sbuf));
    for (std::uint32_t bank = 0; bank < core_.psum_banks; ++bank) {
      isa::TensorScalar copy;
      copy.src_space = 1;
      copy.src_offset = bank * 512;
      copy.src_dtype = copy.dst_dtype = static_cast<std::uint32_t>(DType::int32);
      copy.src_step0 = copy.dst_step0 = 1;
      copy.num0 = 512;
      copy.num1 = 1;
      copy.partitions = core_.partitions;
      out.push_back(encode(copy));
      isa::DmaStore psum;
      psum.slot = 2;
      psum.dram_offset = sbuf_image_bytes(core_) + bank * 2048;
      psum.row_bytes = 2048;
      psum.num1 = core_.partitions;
      psum.partition_step1 = 1;
      psum.dram_step1 = static_cast<std::int32_t>(core_.psum_banks * 2048);
      out.push_back(encode(psum));
    }
  }

  InstructionWords memset() {
    isa::Memset i;
    i.num0 = below(40) + 1;
    i.num1 = 1;
    i.dst_offset = place();
    i.dst_dtype = dtype_of({DType::bf16, DType::int8, DType::int32});
    i.dst_step0 = 1;
    i.partitions = below(core_.partitions) + 1;
    i.value = below(1u << 30);
    return encode(i);
  }
  InstructionWords tensor_tensor() {
    isa::TensorTensor i;
    i.src_space = below(2);
    i.src_offset = i.src_space != 0 ? below(2) * 512 + below(4) * 64 : place();
    i.src_dtype = static_cast<std::uint32_t>(i.src_space != 0 ? DType::fp32 : DType::bf16);
    i.src1_offset = place();
    i.src1_dtype = dtype_of({DType::bf16, DType::fp32});
    i.dst_offset = place();
    i.dst_dtype = dtype_of({DType::bf16, DType::fp32});
    i.src_step0 = i.src1_step0 = i.dst_step0 = 1;
    i.num0 = below(30) + 1;
    i.num1 = 1;
    i.partitions = below(std::min(core_.partitions, 32u)) + 1;
    i.op1 = below(3) + 1;
    return encode(i);
  }
  InstructionWords reduce() {
    isa::TensorReduce i;
    i.src_offset = place();
    i.src_dtype = dtype_of({DType::bf16, DType::fp32});
    i.num0 = below(8) + 1;
    i.num1 = below(4) + 1;
    i.src_step0 = 1;
    i.src_step1 = 8;
    i.dst_offset = place();
    i.dst_dtype = dtype_of({DType::bf16, DType::fp32});
    i.dst_step1 = 1;
    i.partitions = below(core_.partitions) + 1;
    i.op = static_cast<std::uint32_t>(isa::AluOp::kMax);
    return encode(i);
  }
  /// Rows of DRAM to partitions, element by element.
  InstructionWords transposing_load() {
    isa::DmaLoad i;
    i.slot = below(2);
    i.transpose = 1;
    i.element_log2 = 1;
    i.row_bytes = 2 * (below(core_.partitions) + 1);
    i.num1 = below(20) + 1;
    i.dram_step1 = 64;
    i.sbuf_step1 = 2;
    i.sbuf_offset = place();
    i.dram_offset = below(8) * 64;
    return encode(i);
  }
  /// Blocks beside each other in each partition, and a third dimension on the DRAM side.
  InstructionWords blocks() {
    isa::DmaStore i;
    i.slot = 1;
    i.row_bytes = 8;
    i.num1 = below(4) + 1;
    i.num2 = below(core_.partitions) + 1;
    i.num3 = 2;
    i.sbuf_step1 = 16;
    i.dram_step1 = 8;
    i.partition_step2 = 1;
    i.dram_step2 = 32;
    i.sbuf_step3 = static_cast<std::int32_t>(kPlaceBytes);
    i.dram_step3 = 1024;
    i.sbuf_offset = place();
    return encode(i);
  }

  InstructionWords random(bool transposes, bool copies) {
    switch (below(14)) {
      case 10:
        return memset();
      case 11:
        return tensor_tensor();
      case 12:
        return reduce();
      case 13:
        return below(2) == 0 ? transposing_load() : blocks();
      case 0:
      case 1:
        return encode(transfer<isa::DmaLoad>(below(2)));
      case 2:
      case 3:
        return encode(transfer<isa::DmaStore>(1));
      case 4:
        return load_stationary();
      case 5:
      case 6:
        return transposes && below(4) == 0 ? transpose() : multiply();
      case 7: {
        if (!copies) return scalar();
        isa::DmaCopy copy;
        copy.row_bytes = 48;
        copy.num1 = below(8) + 1;
        copy.src_partition = below(core_.partitions - 8);
        copy.dst_partition = below(core_.partitions - 8);
        copy.src_partition_step1 = copy.dst_partition_step1 = 1;
        copy.src_offset = place();
        do {
          copy.dst_offset = place();
        } while (copy.dst_offset == copy.src_offset);
        return encode(copy);
      }
      default:
        return scalar();
    }
  }

 private:
  const Capabilities& core_;
  std::mt19937_64& rng_;
  isa::LoadStationary stationary_;
};

}  // namespace

std::vector<InstructionWords> random_schedule(const Capabilities& core, std::mt19937_64& rng,
                                              const RandomScheduleOptions& options) {
  Generator generator(core, rng);
  std::vector<InstructionWords> out;
  if (options.fill_and_dump) generator.fill(out);
  Schedule rules(core.partitions);  // says which sequences are legal
  for (const auto& words : out) rules.add_words(words);
  while (out.size() < options.length) {
    const InstructionWords words = generator.random(options.transposes, options.copies);
    try {
      rules.add_words(words);
    } catch (const Error&) {
      continue;  // a stationary operand that is missing or was overwritten
    }
    // VectorE's source and destination may not overlap unless they are the same.
    const auto touched = schedule::accesses_of(words, {});
    bool overlaps = false;
    const auto opcode = schedule::opcode_of(words);
    if (opcode >= isa::Opcode::kTensorScalar && opcode < isa::Opcode::kDmaLoad) {
      for (const auto& read : touched.reads) {
        overlaps |= schedule::overlap(read, touched.writes.front()).has_value();
      }
    }
    if (!overlaps) out.push_back(words);
  }
  if (options.fill_and_dump) generator.dump(out);
  return out;
}

ProgramImage one_after_the_other(std::uint32_t partitions,
                                 const std::vector<InstructionWords>& instructions) {
  using schedule::Unit;
  ProgramBuilder builder(partitions);
  struct Step {
    InstructionWords words;
    Unit unit;
    isa::Engine engine;
  };
  std::vector<Step> steps;
  for (const auto& words : instructions) {
    const auto opcode = schedule::opcode_of(words);
    isa::Engine engine = isa::Engine::kSync;
    if (opcode < isa::Opcode::kTensorScalar) engine = isa::Engine::kTensor;
    if (opcode >= isa::Opcode::kTensorScalar && opcode < isa::Opcode::kDmaLoad) {
      engine = isa::Engine::kVector;
    }
    steps.push_back({words, schedule::unit_of(opcode, engine), engine});
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    isa::Nop ties;
    const auto token = [](Unit unit) {
      return static_cast<std::uint32_t>(schedule::index_of(unit));
    };
    // LoadStationary completes at issue: what follows on TensorE reads it.
    if (i > 0) add_wait(ties, {token(steps[i].unit), 1, true});
    if (i + 1 < steps.size()) add_update(ties, {token(steps[i + 1].unit)});
    const auto tied = encode(ties);
    InstructionWords words = steps[i].words;
    std::copy(tied.begin() + 1, tied.begin() + 5, words.begin() + 1);
    builder.add_words(steps[i].engine, words);
  }
  builder.halt_all();
  return builder.build();
}

}  // namespace tinium::testbench
