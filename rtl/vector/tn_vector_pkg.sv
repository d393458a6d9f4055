// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_pkg: what the parts of tn_vector_engine agree on: depths, decoded operators, and the
// control words that travel beside an element. All lanes work in lock step, so valid bits and
// control words exist once, in the engine.

/* verilator lint_off UNUSEDPARAM */  // a package serves many tops

package tn_vector_pkg;

  // Stages of an operator (tn_fp32_add, tn_fp32_mul and what needs neither), and of the last cast.
  localparam int unsigned AluStages = 4;
  localparam int unsigned NarrowStages = 2;

  // Quotient bits of tn_fp32_recip, and the cycles from its operand to its result.
  localparam int unsigned RecipSteps = 26;
  localparam int unsigned RecipCycles = RecipSteps + 2;

  // Elements between a granted read and the packer, at most. The longest trip (int32 source, two
  // operators) takes 16 cycles: the least depth that sustains an element a cycle.
  localparam int unsigned FifoDepth = 16;
  localparam int unsigned FifoIndexW = $clog2(FifoDepth);

  // Elements of source 1 of TensorTensor between their read and the operator that takes them.
  localparam int unsigned StreamDepth = 16;
  localparam int unsigned StreamIndexW = $clog2(StreamDepth);

  // Sets of operands (operand0 and operand1 of the partitions worked on) that may be alive at once.
  localparam int unsigned OperandSlots = 8;
  localparam int unsigned OperandSlotW = $clog2(OperandSlots);

  // Partial results of one reduction, and the memory for those of two reductions.
  localparam int unsigned Partials = 8;
  localparam int unsigned AccIndexW = $clog2(Partials) + 1;

  localparam logic [31:0] CanonicalNan = 32'h7FC0_0000;
  localparam logic [31:0] One = 32'h3F80_0000;

  // An operator with its `reverse` resolved: who computes it, and how.
  typedef struct packed {
    logic       add;       // tn_fp32_add, with the sign of either side inverted
    logic       negate_x;
    logic       negate_s;
    logic       mult;      // tn_fp32_mul
    logic       square;    // ... of x with itself
    logic       recip;     // tn_fp32_recip
    logic       swap;      // shifts: s by x
    logic       bare;      // magnitudes only
    logic [4:0] code;      // of what is done without arithmetic: a tn_isa_pkg::alu_op_e
  } operation_t;

  function automatic operation_t operation(logic [4:0] op, logic reverse);
    operation_t result;
    result      = '0;
    result.code = op;
    case (op)
      tn_isa_pkg::AluOpAdd: result.add = 1'b1;
      tn_isa_pkg::AluOpSubtract: begin
        result.add      = 1'b1;
        result.negate_x = reverse;
        result.negate_s = !reverse;
      end
      tn_isa_pkg::AluOpMult: result.mult = 1'b1;
      tn_isa_pkg::AluOpSquare: begin
        result.mult   = 1'b1;
        result.square = 1'b1;
      end
      tn_isa_pkg::AluOpReciprocal:   result.recip = 1'b1;
      tn_isa_pkg::AluOpGreaterEqual: if (reverse) result.code = tn_isa_pkg::AluOpLessEqual;
      tn_isa_pkg::AluOpGreaterThan:  if (reverse) result.code = tn_isa_pkg::AluOpLessThan;
      tn_isa_pkg::AluOpLessEqual:    if (reverse) result.code = tn_isa_pkg::AluOpGreaterEqual;
      tn_isa_pkg::AluOpLessThan:     if (reverse) result.code = tn_isa_pkg::AluOpGreaterThan;
      tn_isa_pkg::AluOpAbsMax, tn_isa_pkg::AluOpAbsMin, tn_isa_pkg::AluOpAbs: result.bare = 1'b1;
      tn_isa_pkg::AluOpShiftLeft, tn_isa_pkg::AluOpShiftRight: result.swap = reverse;
      default: ;
    endcase
    return result;
  endfunction

  // Operators that do not look at s.
  function automatic logic op_is_unary(logic [4:0] op);
    case (op)
      tn_isa_pkg::AluOpBypass, tn_isa_pkg::AluOpAbs, tn_isa_pkg::AluOpSquare, tn_isa_pkg::AluOpRelu,
      tn_isa_pkg::AluOpReciprocal, tn_isa_pkg::AluOpBitwiseNot: return 1'b1;
      default: return 1'b0;
    endcase
  endfunction

  function automatic logic op_is_bitwise(logic [4:0] op);
    return op >= tn_isa_pkg::AluOpBitwiseNot;
  endfunction

  function automatic logic op_reduces(logic [4:0] op);
    case (op)
      tn_isa_pkg::AluOpAdd, tn_isa_pkg::AluOpMult, tn_isa_pkg::AluOpMax, tn_isa_pkg::AluOpMin,
      tn_isa_pkg::AluOpLogicalAnd, tn_isa_pkg::AluOpLogicalOr, tn_isa_pkg::AluOpLogicalXor,
      tn_isa_pkg::AluOpAbsMax, tn_isa_pkg::AluOpAbsMin, tn_isa_pkg::AluOpBitwiseAnd,
      tn_isa_pkg::AluOpBitwiseOr, tn_isa_pkg::AluOpBitwiseXor: return 1'b1;
      default: return 1'b0;
    endcase
  endfunction

  // What a partial result is before its first element.
  function automatic logic [31:0] op_identity(logic [4:0] op);
    case (op)
      tn_isa_pkg::AluOpAdd:                            return 32'h8000_0000;  // -0
      tn_isa_pkg::AluOpMult, tn_isa_pkg::AluOpLogicalAnd: return One;
      tn_isa_pkg::AluOpMax:                            return 32'hFF80_0000;
      tn_isa_pkg::AluOpMin, tn_isa_pkg::AluOpAbsMin:   return 32'h7F80_0000;
      tn_isa_pkg::AluOpBitwiseAnd:                     return 32'hFFFF_FFFF;
      default:                                         return 32'h0000_0000;
    endcase
  endfunction

  // How an element becomes 32 bits that the operators take.
  typedef struct packed {
    logic [1:0] stages;       // after the take: 0 the bits as they are, 1 float, 2 integer to FP32
    logic       sign_extend;  // int8
    logic [2:0] dtype;        // low bits of tn_isa_pkg::dtype_e
  } front_t;

  typedef enum logic [1:0] {
    NarrowCast     = 2'd0,  // FP32 to the dtype
    NarrowBits     = 2'd1,  // as they are
    NarrowSaturate = 2'd2   // int32 to int8
  } narrow_e;

  // What an instruction does with its elements.
  typedef struct packed {
    operation_t op0;
    operation_t op1;
    logic       use0;    // an operator that is bypass takes no time
    logic       use1;
    logic       stream;  // s of op1 is source 1
    logic       reduce;  // results of op0 are partial results
    logic       relu;
    logic       negate;
    narrow_e    narrow;
    logic [2:0] dst_dtype;
  } path_t;

  // An element on its trip.
  typedef struct packed {
    path_t                   path;
    logic [OperandSlotW-1:0] slot;
    logic                    slot_end;   // the last that needs its slot
    logic [AccIndexW-1:0]    acc_index;  // partial result that it joins
    logic                    acc_first;  // ... and begins
    logic                    acc_last;   // the last of its reduction
  } element_t;

  // Where an element is taken from. Exactly one memory answers in a cycle, or the fill value.
  typedef struct packed {
    logic       psum;
    logic       fill;
    logic       held;      // the SBUF word of the element before: not read again
    logic [2:0] src_byte;
  } take_t;

  // What an operator must know in a cycle: which of its parts move at each stage, and whose result
  // stands at the end. Decoded once for all lanes.
  typedef struct packed {
    logic [AluStages-1:0] add_valid;
    logic [AluStages-1:0] mult_valid;
    logic [AluStages-1:0] direct_valid;
    operation_t           op;      // of the element before stage 0
    logic [4:0]           code_1;  // of the element before stage 1
    logic                 add_result;
    logic                 mult_result;
    logic                 recip_result;
  } alu_ctl_t;

  // valid[k] and op[k] belong to the element before stage k, op[AluStages] to the result.
  function automatic alu_ctl_t alu_ctl(logic [AluStages-1:0] valid, operation_t [AluStages:0] op);
    alu_ctl_t ctl;
    for (int unsigned k = 0; k < AluStages; k++) begin
      ctl.add_valid[k]    = valid[k] && op[k].add;
      ctl.mult_valid[k]   = valid[k] && op[k].mult;
      ctl.direct_valid[k] = valid[k] && !op[k].add && !op[k].mult;
    end
    ctl.op           = op[0];
    ctl.code_1       = op[1].code;
    ctl.add_result   = op[AluStages].add;
    ctl.mult_result  = op[AluStages].mult;
    ctl.recip_result = op[AluStages].recip;
    return ctl;
  endfunction

  // What a front must know in a cycle: of the elements before each of its stages.
  typedef struct packed {
    logic       take_valid;
    take_t      take;
    front_t     front;          // of the element to take
    logic       widen_valid;    // a float before its cast
    logic [2:0] widen_dtype;
    logic       integer0_valid; // an integer before the first and the second stage of its cast
    logic       integer1_valid;
  } front_ctl_t;

  // Where an operator or the last cast has its element from.
  typedef enum logic [1:0] {
    FromX    = 2'd0,  // the front
    FromOp0  = 2'd1,
    FromOp1  = 2'd2,
    FromJoin = 2'd3   // a partial result
  } from_e;

  // Two partial results for a join.
  typedef struct packed {
    logic                 read;
    logic                 from_acc;  // those of elements; else those of joins
    logic [AccIndexW-1:0] x_index;
    logic [AccIndexW-1:0] s_index;
  } join_read_t;

  // Operands: read at the clock edge before their operator.
  typedef struct packed {
    logic                    s0_read;
    logic                    s0_acc;           // a partial result
    logic                    s0_identity;      // ... that begins
    logic [OperandSlotW-1:0] s0_slot;
    logic [AccIndexW-1:0]    s0_acc_index;
    logic                    s1_read;
    logic                    s1_stream;
    logic [OperandSlotW-1:0] s1_slot;
    logic [StreamIndexW-1:0] stream_read_index;
    logic                    stream_write;
    logic [StreamIndexW-1:0] stream_write_index;
    logic                    acc_write;        // the result of op0 becomes a partial result
    logic [AccIndexW-1:0]    acc_write_index;
    join_read_t              join_read;
    logic                    join_write;       // likewise that of op1
    logic [2:0]              join_write_index;
  } operand_ctl_t;

  typedef struct packed {
    logic  start;
    logic  step;
    logic  last;
    from_e from;
  } recip_ctl_t;

  typedef struct packed {
    logic [NarrowStages-1:0]      valid;
    from_e                        from;
    logic                         relu;        // of stage 0
    logic                         negate;
    logic                         bits_1;      // of stage 1
    logic                         saturate_1;
    logic [NarrowStages-1:0][2:0] dtype;
  } narrow_ctl_t;

  // Element FIFO and packer: what goes where in a word.
  typedef struct packed {
    logic                  store;
    logic [FifoIndexW-1:0] store_index;
    logic                  pop;
    logic                  pop_direct;   // the element that is stored in this cycle
    logic [FifoIndexW-1:0] pop_index;
    logic [1:0]            size_log2;
    logic                  keep_word;    // the word moves on to wait for SBUF
    logic                  offer_kept;   // the word that waits, not the one in the making
  } pack_ctl_t;

  // Where a result goes: an SBUF word of some lanes, and bytes in it.
  typedef struct packed {
    tn_pkg::prow_t prow;
    tn_pkg::off8_t off8;
    logic [6:0]    sub;         // which VectorLanes of the Lanes
    logic [6:0]    first_lane;  // first and last of them that are written
    logic [6:0]    last_lane;
  } target_t;

  typedef struct packed {
    target_t    target;
    logic [7:0] be;
    logic [1:0] size_log2;
    logic       opens;  // another word than the result before
    logic       last;   // of its instruction
  } place_t;

  // A pattern of elements in one partition. Offsets and steps are in bytes, those of PSUM in words;
  // steps are modulo 2^18, which is enough because every element lies inside its memory.
  typedef struct packed {
    logic [17:0] offset;
    logic [17:0] step0;
    logic [17:0] step1;
  } pattern_t;

  // A checked instruction.
  typedef struct packed {
    logic             fill;       // Memset: no source; its value is operand[0]
    logic             pair;       // TensorTensor: source 1
    logic             slow;       // an operator that takes one element at a time
    logic             reads_sbuf; // source, source 1 or operands
    logic             src_psum;
    pattern_t         src;
    front_t           src_front;
    logic             src1_psum;
    pattern_t         src1;
    front_t           src1_front;
    pattern_t         dst;
    logic [1:0]       dst_size_log2;
    logic             dst_dense;  // dst_step0 is one element
    logic [15:0]      num0;
    logic [15:0]      num1;
    logic [6:0]       first_partition;
    logic [6:0]       last_partition;
    path_t            path;
    logic [31:0]      identity;
    logic [1:0]       fetch;      // operand k comes from SBUF: its word is a byte offset
    logic [1:0][31:0] operand;
    tn_pkg::trace_t   trace;
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

  function automatic logic dtype_is_integer(logic [2:0] dtype);
    return {1'b0, dtype} == tn_isa_pkg::DtypeInt8 || {1'b0, dtype} == tn_isa_pkg::DtypeInt32;
  endfunction

endpackage

/* verilator lint_on UNUSEDPARAM */
