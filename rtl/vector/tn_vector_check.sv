// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_check: holds one instruction of VectorE, checks every rule of its fields, and offers it
// as a work_t or stops with a fault.
//
// The instruction is offered two cycles after it was accepted (its products are taken on the way in),
// and is checked while the former one is at work. Rules and their order are those of docs/architecture/vector_engine.md: the encoding
// (illegal_instruction), dtypes, partitions that exist, source, source 1, destination, operands;
// the fault address is the offset field concerned. Fields that an instruction does not have are
// zero (the sequencer sees to that), so that most rules hold for all four alike. The ranges of
// access patterns are closed forms over signed steps in 40 bits: nothing wraps.
//
// After a fault nothing is accepted until clear_i. flush_i drops the instruction but keeps a fault.

module tn_vector_check #(
    parameter int unsigned Partitions = 32,
    parameter int unsigned SbufBytes  = 4096,  // per partition
    parameter int unsigned PsumBanks  = 2
) (
    input  logic                              clk_i,
    input  logic                              rst_ni,
    input  logic                              flush_i,
    input  logic                              clear_i,

    input  logic                              instr_valid_i,
    output logic                              instr_ready_o,
    input  logic [511:0]                      instr_i,
    input  logic [31:0]                       instr_index_i,

    output logic                              work_valid_o,
    input  logic                              work_ready_i,
    output tn_vector_pkg::work_t              work_o,
    output tn_vector_pkg::work_update_t [1:0] updates_o,

    output logic                              fault_valid_o,
    output tn_pkg::fault_t                    fault_o,
    output logic                              empty_o
);

  logic [511:0] instr_q;
  logic [31:0]  index_q;
  logic         held_q, checked_q;

  // One word, read as each of the four instructions; shared fields lie at the same bits.
  tn_isa_pkg::tensor_scalar_t scalar;
  tn_isa_pkg::tensor_tensor_t pair;
  tn_isa_pkg::tensor_reduce_t reduce;
  logic                       is_scalar, is_pair, is_fill, is_reduce;

  assign scalar    = instr_q;
  assign pair      = instr_q;
  assign reduce    = instr_q;
  assign is_scalar = scalar.opcode == tn_isa_pkg::OpTensorScalar;
  assign is_pair   = scalar.opcode == tn_isa_pkg::OpTensorTensor;
  assign is_fill   = scalar.opcode == tn_isa_pkg::OpMemset;
  assign is_reduce = scalar.opcode == tn_isa_pkg::OpTensorReduce;

  tn_isa_pkg::tensor_scalar_t next_scalar;
  tn_isa_pkg::tensor_tensor_t next_pair;
  assign next_scalar = instr_i;
  assign next_pair   = instr_i;

  // Waits, registers and reserved bits are the sequencer's business.
  logic unused_instr;
  assign unused_instr = ^{instr_q, scalar, pair, reduce, next_scalar, next_pair};

  // ---- Patterns -----------------------------------------------------------------------------------

  function automatic logic signed [33:0] span(logic [15:0] num, logic [15:0] step);
    return $signed({1'b0, num - 16'd1}) * $signed({step[15], step});
  endfunction

  // From the first element of a pattern to its lowest and highest, in elements.
  typedef struct packed {
    logic signed [34:0] low;
    logic signed [34:0] high;
  } reach_t;

  function automatic reach_t reach(logic signed [33:0] span0, logic signed [33:0] span1);
    reach_t result;
    result.low  = (span0 < 0 ? 35'(span0) : '0) + (span1 < 0 ? 35'(span1) : '0);
    result.high = (span0 > 0 ? 35'(span0) : '0) + (span1 > 0 ? 35'(span1) : '0);
    return result;
  endfunction

  function automatic logic in_sbuf(logic [23:0] offset, reach_t elements, logic [1:0] size_log2);
    logic signed [39:0] first, past;
    first = $signed({16'b0, offset}) + (40'(elements.low) <<< size_log2);
    past  = $signed({16'b0, offset}) + (40'(elements.high) <<< size_log2) + (40'sd1 <<< size_log2);
    return first >= 0 && past <= $signed(40'(SbufBytes)) &&
           (offset[1:0] & ~(2'b11 << size_log2)) == '0;
  endfunction

  function automatic logic in_bank(logic [23:0] offset, reach_t elements);
    return 32'(offset[23:9]) < PsumBanks &&
           $signed({26'b0, offset[8:0]}) + elements.low >= 0 &&
           $signed({26'b0, offset[8:0]}) + elements.high <= 35'sd511;
  endfunction

  function automatic logic in_memory(logic psum, logic [23:0] offset, reach_t elements,
                                     logic [1:0] size_log2);
    return psum ? in_bank(offset, elements) : in_sbuf(offset, elements, size_log2);
  endfunction

  function automatic logic operand_in_sbuf(logic [31:0] offset);
    return offset[1:0] == '0 && offset < SbufBytes;
  endfunction

  logic signed [33:0] src_span0_q, src_span1_q, src1_span0_q, src1_span1_q;
  logic signed [33:0] dst_span0_q, dst_span1_q;
  logic [31:0]        count_q;

  logic       src_psum, src1_psum;
  logic [1:0] src_size_log2, src1_size_log2, dst_size_log2;
  assign src_psum       = scalar.src_space == tn_isa_pkg::SpacePsum;
  assign src1_psum      = is_pair && pair.src1_space == tn_isa_pkg::SpacePsum;
  assign src_size_log2  = tn_vector_pkg::dtype_size_log2(scalar.src_dtype[2:0]);
  assign src1_size_log2 = tn_vector_pkg::dtype_size_log2(pair.src1_dtype[2:0]);
  assign dst_size_log2  = tn_vector_pkg::dtype_size_log2(scalar.dst_dtype[2:0]);

  // ---- Rules --------------------------------------------------------------------------------------

  typedef struct packed {
    logic       encoding;
    logic       dtype;
    logic       partitions;
    logic       src;
    logic       src1;
    logic       dst;
    logic [1:0] operand;
  } rules_t;

  rules_t     kept, kept_q;
  logic       operators_ok, partitions_ok, bitwise, plain, integers;
  logic [1:0] per_partition;
  logic [7:0] start, count;

  // A bitwise operator stands beside bitwise ones and bypass.
  function automatic logic fits_bitwise(logic [4:0] op);
    return op == tn_isa_pkg::AluOpBypass || tn_vector_pkg::op_is_bitwise(op);
  endfunction

  always_comb begin
    start         = scalar.partition_start;
    count         = scalar.partitions;
    partitions_ok = count != '0 && count <= 8'd128 && start[4:0] == '0 && !start[7] &&
                    (count <= 8'd32 || !start[5]) && (count <= 8'd64 || start == '0);

    bitwise = tn_vector_pkg::op_is_bitwise(scalar.op0) || tn_vector_pkg::op_is_bitwise(scalar.op1);
    plain   = scalar.op0 == tn_isa_pkg::AluOpBypass && scalar.op1 == tn_isa_pkg::AluOpBypass &&
              !scalar.relu;
    integers = tn_vector_pkg::dtype_is_integer(scalar.src_dtype[2:0]) &&
               tn_vector_pkg::dtype_is_integer(scalar.dst_dtype[2:0]) &&
               (!is_pair || tn_vector_pkg::dtype_is_integer(pair.src1_dtype[2:0]));

    operators_ok = scalar.op0 <= tn_isa_pkg::AluOpShiftRight &&
                   scalar.op1 <= tn_isa_pkg::AluOpShiftRight &&
                   (!bitwise || (fits_bitwise(scalar.op0) && fits_bitwise(scalar.op1) &&
                                 !scalar.relu && !(is_reduce && reduce.negate)));
    if (is_pair) operators_ok = operators_ok && !tn_vector_pkg::op_is_unary(pair.op1);
    if (is_reduce) operators_ok = operators_ok && tn_vector_pkg::op_reduces(reduce.op);

    per_partition[0] = scalar.operand0_kind == tn_isa_pkg::OperandKindPerPartition;
    per_partition[1] = is_scalar && scalar.operand1_kind == tn_isa_pkg::OperandKindPerPartition;

    kept.encoding = (is_scalar || is_pair || is_fill || is_reduce) && operators_ok &&
                    scalar.dst_space == tn_isa_pkg::SpaceSbuf && !(src_psum && src1_psum) &&
                    !scalar.src_dtype[3] && !scalar.dst_dtype[3] &&
                    !(is_pair && pair.src1_dtype[3]) &&
                    count_q != '0 && count_q <= 32'd65535 && partitions_ok;
    kept.dtype      = !bitwise || integers;
    kept.partitions = 32'(start) + 32'(count) <= Partitions;
    kept.src        = in_memory(src_psum, scalar.src_offset, reach(src_span0_q, src_span1_q),
                                src_size_log2);
    kept.src1       = !is_pair || in_memory(src1_psum, pair.src1_offset,
                                            reach(src1_span0_q, src1_span1_q), src1_size_log2);
    kept.dst        = in_sbuf(scalar.dst_offset,
                              reach(is_reduce ? '0 : dst_span0_q, dst_span1_q), dst_size_log2);
    kept.operand[0] = !per_partition[0] || operand_in_sbuf(scalar.operand0);
    kept.operand[1] = !per_partition[1] || operand_in_sbuf(scalar.operand1);
  end

  logic [7:0]  fault_code;
  logic [63:0] fault_address;

  always_comb begin
    fault_code    = tn_isa_pkg::FaultSbufRange;
    fault_address = '0;
    if (!kept_q.encoding)        fault_code    = tn_isa_pkg::FaultIllegalInstruction;
    else if (!kept_q.dtype)      fault_code    = tn_isa_pkg::FaultDtype;
    else if (!kept_q.partitions) fault_address = {40'b0, scalar.dst_offset};
    else if (!kept_q.src) begin
      if (src_psum) fault_code = tn_isa_pkg::FaultPsumRange;
      fault_address = {40'b0, scalar.src_offset};
    end else if (!kept_q.src1) begin
      if (src1_psum) fault_code = tn_isa_pkg::FaultPsumRange;
      fault_address = {40'b0, pair.src1_offset};
    end
    else if (!kept_q.dst)        fault_address = {40'b0, scalar.dst_offset};
    else if (!kept_q.operand[0]) fault_address = {32'b0, scalar.operand0};
    else                         fault_address = {32'b0, scalar.operand1};
  end

  // ---- State --------------------------------------------------------------------------------------

  logic accept, at_fault;
  assign accept   = instr_valid_i && instr_ready_o;
  assign at_fault = held_q && checked_q && kept_q != '1;

  always_ff @(posedge clk_i) begin
    if (accept) begin
      instr_q      <= instr_i;
      index_q      <= instr_index_i;
      count_q      <= 32'(next_scalar.num0) * 32'(next_scalar.num1);
      src_span0_q  <= span(next_scalar.num0, next_scalar.src_step0);
      src_span1_q  <= span(next_scalar.num1, next_scalar.src_step1);
      src1_span0_q <= span(next_scalar.num0, next_pair.src1_step0);
      src1_span1_q <= span(next_scalar.num1, next_pair.src1_step1);
      dst_span0_q  <= span(next_scalar.num0, next_scalar.dst_step0);
      dst_span1_q  <= span(next_scalar.num1, next_scalar.dst_step1);
    end
    if (held_q && !checked_q) kept_q <= kept;
    if (at_fault && !fault_valid_o) begin
      fault_o <= '{code: fault_code, instruction: index_q, address: fault_address};
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      held_q        <= 1'b0;
      checked_q     <= 1'b0;
      fault_valid_o <= 1'b0;
    end else if (flush_i) begin
      held_q    <= 1'b0;
      checked_q <= 1'b0;
    end else if (accept) begin
      held_q    <= 1'b1;
      checked_q <= 1'b0;
    end else if (held_q) begin
      checked_q <= 1'b1;
      if (at_fault) fault_valid_o <= 1'b1;
      if (at_fault || (work_valid_o && work_ready_i)) held_q <= 1'b0;
    end
  end

  assign instr_ready_o = !held_q && !fault_valid_o && !flush_i && !clear_i;
  assign work_valid_o  = held_q && checked_q && kept_q == '1;
  assign empty_o       = !held_q;

  // ---- Work ---------------------------------------------------------------------------------------

  function automatic tn_vector_pkg::pattern_t pattern(logic [17:0] offset, logic [15:0] step0,
                                                      logic [15:0] step1, logic [1:0] shift);
    tn_vector_pkg::pattern_t result;
    result.offset = offset;
    result.step0  = {{2{step0[15]}}, step0} << shift;
    result.step1  = {{2{step1[15]}}, step1} << shift;
    return result;
  endfunction

  function automatic tn_vector_pkg::front_t front(logic [2:0] dtype, logic fp32_inside);
    tn_vector_pkg::front_t result;
    result.dtype       = dtype;
    result.sign_extend = {1'b0, dtype} == tn_isa_pkg::DtypeInt8;
    if (!fp32_inside || {1'b0, dtype} == tn_isa_pkg::DtypeFp32) result.stages = 2'd0;
    else if (tn_vector_pkg::dtype_is_integer(dtype)) result.stages = 2'd2;
    else result.stages = 2'd1;
    return result;
  endfunction

  logic copy_bits, fp32_inside;
  assign copy_bits   = is_fill || (is_scalar && plain && scalar.src_dtype == scalar.dst_dtype);
  assign fp32_inside = !copy_bits && !bitwise && !(is_scalar && plain && integers);

  always_comb begin
    work_o            = '0;
    work_o.fill       = is_fill;
    work_o.pair       = is_pair;
    work_o.src_psum   = src_psum;
    work_o.src        = pattern(scalar.src_offset[17:0], scalar.src_step0, scalar.src_step1,
                                src_psum ? 2'd0 : src_size_log2);
    work_o.src_front  = front(scalar.src_dtype[2:0], fp32_inside);
    work_o.src1_psum  = src1_psum;
    work_o.src1       = pattern(pair.src1_offset[17:0], pair.src1_step0, pair.src1_step1,
                                src1_psum ? 2'd0 : src1_size_log2);
    work_o.src1_front = front(pair.src1_dtype[2:0], fp32_inside);
    work_o.dst        = pattern(scalar.dst_offset[17:0], scalar.dst_step0, scalar.dst_step1,
                                dst_size_log2);
    work_o.dst_size_log2   = dst_size_log2;
    work_o.dst_dense       = scalar.dst_step0 == 16'd1;
    work_o.num0            = scalar.num0;
    work_o.num1            = scalar.num1;
    work_o.first_partition = start[6:0];
    work_o.last_partition  = start[6:0] + count[6:0] - 7'd1;

    work_o.path.op0 = tn_vector_pkg::operation(scalar.op0, scalar.reverse0);
    // The joins of a reduction are done by the second operator.
    work_o.path.op1 = is_reduce ? work_o.path.op0
                                : tn_vector_pkg::operation(scalar.op1, scalar.reverse1);
    work_o.path.use0   = scalar.op0 != tn_isa_pkg::AluOpBypass;
    work_o.path.use1   = scalar.op1 != tn_isa_pkg::AluOpBypass;
    work_o.path.stream = is_pair;
    work_o.path.reduce = is_reduce;
    work_o.path.relu   = scalar.relu;
    work_o.path.negate = is_reduce && reduce.negate;
    work_o.path.narrow = fp32_inside ? tn_vector_pkg::NarrowCast
                         : copy_bits || bitwise ? tn_vector_pkg::NarrowBits
                                                : tn_vector_pkg::NarrowSaturate;
    work_o.path.dst_dtype = scalar.dst_dtype[2:0];
    work_o.identity   = tn_vector_pkg::op_identity(reduce.op);
    work_o.slow       = work_o.path.op0.recip || work_o.path.op1.recip;
    work_o.fetch[0]   = per_partition[0] && !tn_vector_pkg::op_is_unary(scalar.op0);
    work_o.fetch[1]   = per_partition[1] && !tn_vector_pkg::op_is_unary(scalar.op1);
    work_o.operand    = {scalar.operand1, scalar.operand0};
    work_o.reads_sbuf = (!is_fill && !src_psum) || (is_pair && !src1_psum) || work_o.fetch != '0;
    work_o.trace      = '{opcode: scalar.opcode, instruction: index_q};

    updates_o[0].update.sem   = scalar.update0_sem;
    updates_o[0].update.op    = scalar.update0_op[1:0];
    updates_o[0].update.value = scalar.update0_value;
    updates_o[0].at_complete  = scalar.update0_event == tn_isa_pkg::UpdateEventComplete;
    updates_o[1].update.sem   = scalar.update1_sem;
    updates_o[1].update.op    = scalar.update1_op[1:0];
    updates_o[1].update.value = scalar.update1_value;
    updates_o[1].at_complete  = scalar.update1_event == tn_isa_pkg::UpdateEventComplete;
  end

endmodule
