// SPDX-License-Identifier: Apache-2.0
//
// What happens to the sums on their way out: (((alpha * sum) + row bias) + column bias) + beta * C,
// then relu, then the cast. Every operation rounds to FP32; what is not there costs nothing.

#include <algorithm>
#include <bit>

#include "gemm/schedule.hpp"

namespace tinium::gemm_detail {
namespace {

using isa::Engine;

class Evictions {
 public:
  Evictions(const Capabilities& core, const Problem& problem, const Schedule& schedule,
            ProgramBuilder& builder)
      : p_(core.partitions),
        main_(problem),
        exchanged_(exchanged(problem)),
        s_(schedule),
        builder_(builder) {}

  void evict(const Unit& unit) {
    problem_ = unit.exchanged ? &exchanged_ : &main_;
    waits_.clear();
    waits_.push_back({kAccumulated, 1, true});
    if (unit.out_after > stores_consumed_) {
      waits_.push_back({kStored, code(unit.out_after - stores_consumed_), true});
      stores_consumed_ = unit.out_after;
    }
    if (unit.sides > sides_consumed_) {
      waits_.push_back({kSideLoaded, code(unit.sides - sides_consumed_), true});
      sides_consumed_ = unit.sides;
    }
    if (problem_->column_bias || problem_->accumulate) {
      add_matrices(unit);
    } else {
      scalars_only(unit);
    }
  }

 private:
  static constexpr bool kLast = true;

  /// One instruction for all tiles, or one for each where the bias differs.
  void scalars_only(const Unit& unit) {
    const std::uint64_t parts = problem_->row_bias ? unit.tiles : 1;
    for (std::uint64_t part = 0; part < parts; ++part) {
      isa::TensorScalar i;
      from_psum(i, unit, part);
      i.num0 = code(parts == 1 ? unit.width * unit.tiles : unit.width);
      i.dst_offset = unit.out_offset + code(part * unit.width * size_of(problem_->output));
      i.dst_dtype = code(problem_->output);
      i.partitions = code(parts == 1 ? std::min(unit.rows, p_) : unit.tile_rows(part, p_));
      i.relu = problem_->relu;
      scalars(i, unit, part);
      add(i, part == 0, part + 1 == parts, part + 1 == parts);
    }
  }

  /// alpha and row bias, as the two operators of an instruction.
  void scalars(isa::TensorScalar& i, const Unit& unit, std::uint64_t part) const {
    const std::uint32_t bias = unit.row_bias_offset + code(part * 4);
    if (problem_->alpha != 1) {
      i.op0 = code(isa::AluOp::kMult);
      i.operand0 = std::bit_cast<std::uint32_t>(problem_->alpha);
      if (problem_->row_bias) {
        i.op1 = code(isa::AluOp::kAdd);
        i.operand1_kind = code(isa::OperandKind::kPerPartition);
        i.operand1 = bias;
      }
    } else if (problem_->row_bias) {
      i.op0 = code(isa::AluOp::kAdd);
      i.operand0_kind = code(isa::OperandKind::kPerPartition);
      i.operand0 = bias;
    }
  }

  void add_matrices(const Unit& unit) {
    const bool scale = problem_->accumulate && problem_->beta != 1;
    bool reads_psum = true;
    if (scale) {
      isa::TensorScalar i;
      i.src_offset = unit.addend_offset;
      i.src_dtype = code(problem_->addend);
      i.dst_offset = s_.scaled_offset;
      i.dst_dtype = code(DType::fp32);
      i.op0 = code(isa::AluOp::kMult);
      i.operand0 = std::bit_cast<std::uint32_t>(problem_->beta);
      size(i, unit);
      add(i, true, false, false);
    }
    if (problem_->alpha != 1 && problem_->row_bias) {
      isa::TensorScalar i;
      from_psum(i, unit, 0);
      scalars(i, unit, 0);
      i.dst_offset = s_.temporary_offset;
      i.dst_dtype = code(DType::fp32);
      size(i, unit);
      add(i, !scale, true, false);
      reads_psum = false;
    }
    const bool both = problem_->column_bias && problem_->accumulate;
    bool first = !scale && reads_psum;
    for (const bool bias : {true, false}) {
      if (bias ? !problem_->column_bias : !problem_->accumulate) continue;
      const bool last = !bias || !both;
      isa::TensorTensor i;
      if (reads_psum) {
        from_psum(i, unit, 0);
        if (problem_->alpha != 1) {
          i.op0 = code(isa::AluOp::kMult);
          i.operand0 = std::bit_cast<std::uint32_t>(problem_->alpha);
        } else if (problem_->row_bias) {
          i.op0 = code(isa::AluOp::kAdd);
          i.operand0_kind = code(isa::OperandKind::kPerPartition);
          i.operand0 = unit.row_bias_offset;
        }
      } else {
        i.src_offset = s_.temporary_offset;
        i.src_dtype = code(DType::fp32);
        i.src_step0 = 1;
      }
      i.op1 = code(isa::AluOp::kAdd);
      i.src1_offset = bias    ? unit.column_bias_offset
                      : scale ? s_.scaled_offset
                              : unit.addend_offset;
      i.src1_dtype = code(bias || scale ? DType::fp32 : problem_->addend);
      i.src1_step0 = 1;
      i.dst_offset = last ? unit.out_offset : s_.temporary_offset;
      i.dst_dtype = code(last ? problem_->output : DType::fp32);
      i.relu = last && problem_->relu;
      size(i, unit);
      add(i, first, reads_psum, last);
      first = false;
      reads_psum = false;
    }
  }

  void from_psum(auto& i, const Unit& unit, std::uint64_t part) const {
    i.src_offset = code(unit.bank * isa::kPsumBankElements + part * unit.width);
    i.src_space = code(isa::Space::kPsum);
    i.src_dtype = code(problem_->sum);
    i.src_step0 = 1;
  }
  static void size(auto& i, const Unit& unit) {
    i.num0 = code(unit.width);
    i.partitions = code(unit.rows);
    i.src_step0 = 1;
  }

  /// @param first   of its unit: waits   @param leaves  reads the sums for the last time
  /// @param last    writes the result
  void add(auto i, bool first, bool leaves, bool last) {
    i.num1 = 1;
    i.dst_step0 = 1;
    if (first) {
      for (std::size_t w = 2; w < waits_.size(); ++w) {
        isa::Nop wait;
        add_wait(wait, waits_[w]);
        builder_.add(Engine::kVector, wait);
      }
      for (std::size_t w = 0; w < std::min<std::size_t>(2, waits_.size()); ++w) {
        add_wait(i, waits_[w]);
      }
    }
    if (leaves) add_update(i, {kEvicted, 1, isa::UpdateEvent::kRead});
    if (last) add_update(i, {kOutput});
    builder_.add(Engine::kVector, i);
  }

  std::uint64_t p_;
  const Problem& main_;
  const Problem exchanged_;
  const Problem* problem_ = &main_;  // of the unit
  const Schedule& s_;
  ProgramBuilder& builder_;
  std::vector<Wait> waits_;
  std::uint64_t stores_consumed_ = 0;
  std::uint64_t sides_consumed_ = 0;
};

}  // namespace

void emit_evictions(const Capabilities& core, const Problem& problem, const Schedule& schedule,
                    ProgramBuilder& builder) {
  Evictions evictions(core, problem, schedule, builder);
  for (const Unit& unit : schedule.units) evictions.evict(unit);
}

}  // namespace tinium::gemm_detail
