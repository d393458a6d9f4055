// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_pkg: what tn_vector_engine and its lanes agree on: the stages of a lane and the control
// word that travels beside an element. All lanes work in lock step, so valid bits and control words
// exist once, in the engine.

/* verilator lint_off UNUSEDPARAM */  // a package serves many tops

package tn_vector_pkg;

  // Stages of an operator, tn_fp32_add and tn_fp32_mul alike.
  localparam int unsigned AluStages = 4;
  localparam int unsigned NarrowStages = 2;

  // First stage of each step of a lane. Stage k works in the k-th cycle after the memory's data came.
  localparam int unsigned StageTake = 0;    // element out of the memory word
  localparam int unsigned StageWiden = 1;   // to FP32
  localparam int unsigned StageOp0 = 2;
  localparam int unsigned StageOp1 = StageOp0 + AluStages;
  localparam int unsigned StageNarrow = StageOp1 + AluStages;  // relu and cast
  localparam int unsigned StageStore = StageNarrow + NarrowStages;  // into the element FIFO
  localparam int unsigned LaneStages = StageStore + 1;

  // Elements between a granted read and the packer, at most. The trip takes PsumReadLat + LaneStages
  // cycles and one for the FIFO: 16 is the least that sustains an element a cycle.
  localparam int unsigned FifoDepth = 16;
  localparam int unsigned FifoIndexW = $clog2(FifoDepth);

  // Sets of operands (operand0 and operand1 of the partitions worked on) that may be alive at once.
  localparam int unsigned OperandSlots = 4;
  localparam int unsigned OperandSlotW = $clog2(OperandSlots);

  // Operators and dtypes are the low bits of the codes in tn_isa_pkg.
  typedef struct packed {
    logic [2:0]              op0;
    logic [2:0]              op1;
    logic                    relu;
    logic [2:0]              src_dtype;
    logic [2:0]              dst_dtype;
    logic [OperandSlotW-1:0] slot;
  } element_ctl_t;

  // What an operator must know in a cycle: which of its parts move at each stage, the operator of
  // stage 0, and whose result stands at the end. Decoded once for all lanes.
  typedef struct packed {
    logic [AluStages-1:0] add_valid;
    logic [AluStages-1:0] mult_valid;
    logic [AluStages-1:0] direct_valid;  // bypass, max, min
    logic [2:0]           op;
    logic                 add_result;
    logic                 mult_result;
  } alu_ctl_t;

  // valid[k] and op[k] belong to the element before stage k, op[AluStages] to the result.
  function automatic alu_ctl_t alu_ctl(logic [AluStages-1:0] valid, logic [AluStages:0][2:0] op);
    alu_ctl_t ctl;
    logic [AluStages:0] add, mult;
    for (int unsigned k = 0; k <= AluStages; k++) begin
      add[k]  = {2'b0, op[k]} == tn_isa_pkg::AluOpAdd || {2'b0, op[k]} == tn_isa_pkg::AluOpSubtract;
      mult[k] = {2'b0, op[k]} == tn_isa_pkg::AluOpMult;
    end
    ctl.add_valid    = valid & add[AluStages-1:0];
    ctl.mult_valid   = valid & mult[AluStages-1:0];
    ctl.direct_valid = valid & ~add[AluStages-1:0] & ~mult[AluStages-1:0];
    ctl.op           = op[0];
    ctl.add_result   = add[AluStages];
    ctl.mult_result  = mult[AluStages];
    return ctl;
  endfunction

  // A checked TensorScalar. Offsets and steps are in bytes, those of a PSUM source in words; steps
  // are modulo 2^18, which is enough because every element is known to lie inside its memory.
  typedef struct packed {
    logic             src_psum;
    logic [17:0]      src_offset;
    logic [17:0]      src_step0;
    logic [17:0]      src_step1;
    logic [17:0]      dst_offset;
    logic [17:0]      dst_step0;
    logic [17:0]      dst_step1;
    logic [15:0]      num0;
    logic [15:0]      num1;
    logic [6:0]       first_partition;
    logic [6:0]       last_partition;
    logic [2:0]       op0;
    logic [2:0]       op1;
    logic             relu;
    logic [2:0]       src_dtype;
    logic [2:0]       dst_dtype;
    logic [1:0]       fetch;    // operand k comes from SBUF: its word is a byte offset
    logic [1:0][31:0] operand;
  } work_t;

  // An update of an instruction, with the event that lets it go.
  typedef struct packed {
    tn_pkg::sem_update_t update;
    logic                at_complete;
  } work_update_t;

  // log2 of the bytes of an element.
  function automatic logic [1:0] dtype_size_log2(logic [2:0] dtype);
    case ({1'b0, dtype})
      tn_isa_pkg::DtypeBf16, tn_isa_pkg::DtypeFp16: return 2'd1;
      tn_isa_pkg::DtypeFp8E4m3, tn_isa_pkg::DtypeFp8E5m2, tn_isa_pkg::DtypeInt8: return 2'd0;
      default: return 2'd2;
    endcase
  endfunction

endpackage

/* verilator lint_on UNUSEDPARAM */
