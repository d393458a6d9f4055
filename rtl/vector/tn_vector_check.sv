// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_check: holds one TensorScalar instruction, checks every rule of its fields, and offers
// it as a work_t or stops with a fault.
//
// The check takes CheckSteps cycles after the instruction is accepted (one multiplier serves all
// reaches of the access patterns) and runs while the former instruction is at work. Rules are tested
// in this order; the fault address is the offset field of the operand that broke the rule, else 0:
// 1. illegal_instruction: opcode, destination in PSUM, unknown operator or dtype, num0 or num1 of 0,
//    num0 * num1 beyond 65535, partition rule
// 2. dtype: a source other than fp32 and int32 in PSUM; an integer source with an operator, relu or
//    a floating-point destination; int8 to int32; a float to an integer
// 3. sbuf_range: partitions that do not exist (address: dst_offset)
// 4. the source: psum_range (bank, an element outside the bank of the first one) or sbuf_range (an
//    element outside the partition, misaligned)
// 5. sbuf_range of the destination, then of operand0 and operand1 where they are per_partition
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

  localparam logic [2:0] CheckSteps = 3'd7;

  tn_isa_pkg::tensor_scalar_t instr_q;
  logic [31:0]                index_q;
  logic                       held_q, checked_q;
  logic [2:0]                 step_q;

  // Waits, registers and reserved bits are the sequencer's business.
  logic unused_instr;
  assign unused_instr = ^instr_q;

  // Reaches of the patterns: num - 1 steps, in elements.
  logic signed [16:0] factor_a, factor_b;
  logic signed [33:0] product_q;
  logic signed [34:0] low_q, high_q;  // of the elements from the first one, both spans together
  logic               count_ok_q, src_ok_q, dst_ok_q;

  function automatic logic signed [16:0] less_one(logic [15:0] num);
    return $signed({1'b0, num - 16'd1});
  endfunction

  function automatic logic signed [16:0] extended(logic [15:0] step);
    return $signed({step[15], step});
  endfunction

  always_comb begin
    factor_a = $signed({1'b0, instr_q.num0});
    factor_b = $signed({1'b0, instr_q.num1});
    case (step_q)
      3'd1: begin factor_a = less_one(instr_q.num0); factor_b = extended(instr_q.src_step0); end
      3'd2: begin factor_a = less_one(instr_q.num1); factor_b = extended(instr_q.src_step1); end
      3'd3: begin factor_a = less_one(instr_q.num0); factor_b = extended(instr_q.dst_step0); end
      3'd4: begin factor_a = less_one(instr_q.num1); factor_b = extended(instr_q.dst_step1); end
      default: ;
    endcase
  end

  logic [1:0] src_size_log2, dst_size_log2;
  assign src_size_log2 = tn_vector_pkg::dtype_size_log2(instr_q.src_dtype[2:0]);
  assign dst_size_log2 = tn_vector_pkg::dtype_size_log2(instr_q.dst_dtype[2:0]);

  function automatic logic in_sbuf(logic [23:0] offset, logic signed [34:0] low,
                                   logic signed [34:0] high, logic [1:0] size_log2);
    logic signed [39:0] first, past;
    first = $signed({16'b0, offset}) + (40'(low) <<< size_log2);
    past  = $signed({16'b0, offset}) + (40'(high) <<< size_log2) + (40'sd1 <<< size_log2);
    return first >= 0 && past <= $signed(40'(SbufBytes)) &&
           (offset[1:0] & ~(2'b11 << size_log2)) == '0;
  endfunction

  function automatic logic in_bank(logic [23:0] offset, logic signed [34:0] low,
                                   logic signed [34:0] high);
    return 32'(offset[23:9]) < PsumBanks &&
           $signed({26'b0, offset[8:0]}) + low >= 0 &&
           $signed({26'b0, offset[8:0]}) + high <= 35'sd511;
  endfunction

  // Rules without arithmetic worth a step of its own.
  logic       src_psum, src_integer, dst_integer, plain;
  logic       encoding_ok, partitions_ok, partitions_exist, dtype_ok;
  logic [1:0] per_partition, operand_ok;
  logic [7:0] start, count;

  function automatic logic operand_in_sbuf(logic [31:0] offset);
    return offset[1:0] == '0 && offset < SbufBytes;
  endfunction

  always_comb begin
    start       = instr_q.partition_start;
    count       = instr_q.partitions;
    src_psum    = instr_q.src_space == tn_isa_pkg::SpacePsum;
    src_integer = instr_q.src_dtype == tn_isa_pkg::DtypeInt8 ||
                  instr_q.src_dtype == tn_isa_pkg::DtypeInt32;
    dst_integer = instr_q.dst_dtype == tn_isa_pkg::DtypeInt8 ||
                  instr_q.dst_dtype == tn_isa_pkg::DtypeInt32;
    plain       = instr_q.op0 == tn_isa_pkg::AluOpBypass &&
                  instr_q.op1 == tn_isa_pkg::AluOpBypass && !instr_q.relu;

    encoding_ok = instr_q.opcode == tn_isa_pkg::OpTensorScalar &&
                  instr_q.dst_space == tn_isa_pkg::SpaceSbuf &&
                  instr_q.op0 <= tn_isa_pkg::AluOpMin && instr_q.op1 <= tn_isa_pkg::AluOpMin &&
                  !instr_q.src_dtype[3] && !instr_q.dst_dtype[3];
    partitions_ok = count != '0 && count <= 8'd128 && start[4:0] == '0 && !start[7] &&
                    (count <= 8'd32 || !start[5]) && (count <= 8'd64 || start == '0);
    partitions_exist = 32'(start) + 32'(count) <= Partitions;

    dtype_ok = !src_psum || instr_q.src_dtype == tn_isa_pkg::DtypeFp32 ||
               instr_q.src_dtype == tn_isa_pkg::DtypeInt32;
    if (src_integer) begin
      dtype_ok = dtype_ok && plain && dst_integer &&
                 (instr_q.src_dtype == tn_isa_pkg::DtypeInt32 ||
                  instr_q.dst_dtype == tn_isa_pkg::DtypeInt8);
    end else begin
      dtype_ok = dtype_ok && !dst_integer;
    end

    per_partition[0] = instr_q.operand0_kind == tn_isa_pkg::OperandKindPerPartition;
    per_partition[1] = instr_q.operand1_kind == tn_isa_pkg::OperandKindPerPartition;
    operand_ok[0]    = !per_partition[0] || operand_in_sbuf(instr_q.operand0);
    operand_ok[1]    = !per_partition[1] || operand_in_sbuf(instr_q.operand1);
  end

  logic [7:0]  fault_code;
  logic [63:0] fault_address;

  always_comb begin
    fault_code    = tn_isa_pkg::FaultNone;
    fault_address = '0;
    if (!encoding_ok || !count_ok_q || !partitions_ok) begin
      fault_code = tn_isa_pkg::FaultIllegalInstruction;
    end else if (!dtype_ok) begin
      fault_code = tn_isa_pkg::FaultDtype;
    end else if (!partitions_exist) begin
      fault_code    = tn_isa_pkg::FaultSbufRange;
      fault_address = {40'b0, instr_q.dst_offset};
    end else if (!src_ok_q) begin
      fault_code    = src_psum ? tn_isa_pkg::FaultPsumRange : tn_isa_pkg::FaultSbufRange;
      fault_address = {40'b0, instr_q.src_offset};
    end else if (!dst_ok_q) begin
      fault_code    = tn_isa_pkg::FaultSbufRange;
      fault_address = {40'b0, instr_q.dst_offset};
    end else if (!operand_ok[0]) begin
      fault_code    = tn_isa_pkg::FaultSbufRange;
      fault_address = {32'b0, instr_q.operand0};
    end else if (!operand_ok[1]) begin
      fault_code    = tn_isa_pkg::FaultSbufRange;
      fault_address = {32'b0, instr_q.operand1};
    end
  end

  // The product of step k is looked at in step k + 1.
  logic signed [34:0] span, low_next, high_next;
  always_comb begin
    span      = 35'(product_q);
    low_next  = span < 0 ? span : '0;
    high_next = span > 0 ? span : '0;
    if (step_q == 3'd3 || step_q == 3'd5) begin
      low_next  = low_next + low_q;
      high_next = high_next + high_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (instr_valid_i && instr_ready_o) begin
      instr_q <= instr_i;
      index_q <= instr_index_i;
    end
    if (held_q && !checked_q) begin
      product_q <= 34'(factor_a) * 34'(factor_b);
      low_q     <= low_next;
      high_q    <= high_next;
      if (step_q == 3'd1) count_ok_q <= product_q != '0 && product_q <= 34'sd65535;
      if (step_q == 3'd3) begin
        src_ok_q <= src_psum ? in_bank(instr_q.src_offset, low_next, high_next)
                             : in_sbuf(instr_q.src_offset, low_next, high_next, src_size_log2);
      end
      if (step_q == 3'd5) begin
        dst_ok_q <= in_sbuf(instr_q.dst_offset, low_next, high_next, dst_size_log2);
      end
    end
    if (held_q && !checked_q && step_q == CheckSteps - 3'd1 && !fault_valid_o) begin
      fault_o <= '{code: fault_code, instruction: index_q, address: fault_address};
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      held_q        <= 1'b0;
      checked_q     <= 1'b0;
      step_q        <= '0;
      fault_valid_o <= 1'b0;
    end else if (flush_i) begin
      held_q    <= 1'b0;
      checked_q <= 1'b0;
      step_q    <= '0;
    end else begin
      if (instr_valid_i && instr_ready_o) begin
        held_q    <= 1'b1;
        checked_q <= 1'b0;
        step_q    <= '0;
      end else if (held_q && !checked_q) begin
        if (step_q == CheckSteps - 3'd1) begin
          if (fault_code == tn_isa_pkg::FaultNone) begin
            checked_q <= 1'b1;
          end else begin
            held_q        <= 1'b0;
            fault_valid_o <= 1'b1;
          end
        end else begin
          step_q <= step_q + 3'd1;
        end
      end else if (work_valid_o && work_ready_i) begin
        held_q    <= 1'b0;
        checked_q <= 1'b0;
      end
    end
  end

  assign instr_ready_o = !held_q && !fault_valid_o && !flush_i && !clear_i;
  assign work_valid_o  = held_q && checked_q;
  assign empty_o       = !held_q;


  always_comb begin
    work_o.src_psum        = src_psum;
    work_o.src_offset      = instr_q.src_offset[17:0];
    work_o.src_step0       = 18'(extended(instr_q.src_step0)) << (src_psum ? 2'd0 : src_size_log2);
    work_o.src_step1       = 18'(extended(instr_q.src_step1)) << (src_psum ? 2'd0 : src_size_log2);
    work_o.dst_offset      = instr_q.dst_offset[17:0];
    work_o.dst_step0       = 18'(extended(instr_q.dst_step0)) << dst_size_log2;
    work_o.dst_step1       = 18'(extended(instr_q.dst_step1)) << dst_size_log2;
    work_o.num0            = instr_q.num0;
    work_o.num1            = instr_q.num1;
    work_o.first_partition = start[6:0];
    work_o.last_partition  = start[6:0] + count[6:0] - 7'd1;
    work_o.op0             = instr_q.op0[2:0];
    work_o.op1             = instr_q.op1[2:0];
    work_o.relu            = instr_q.relu;
    work_o.src_dtype       = instr_q.src_dtype[2:0];
    work_o.dst_dtype       = instr_q.dst_dtype[2:0];
    work_o.fetch[0]        = per_partition[0] && instr_q.op0 != tn_isa_pkg::AluOpBypass;
    work_o.fetch[1]        = per_partition[1] && instr_q.op1 != tn_isa_pkg::AluOpBypass;
    work_o.operand         = {instr_q.operand1, instr_q.operand0};

    updates_o[0].update.sem   = instr_q.update0_sem;
    updates_o[0].update.op    = instr_q.update0_op[1:0];
    updates_o[0].update.value = instr_q.update0_value;
    updates_o[0].at_complete  = instr_q.update0_event == tn_isa_pkg::UpdateEventComplete;
    updates_o[1].update.sem   = instr_q.update1_sem;
    updates_o[1].update.op    = instr_q.update1_op[1:0];
    updates_o[1].update.value = instr_q.update1_value;
    updates_o[1].at_complete  = instr_q.update1_event == tn_isa_pkg::UpdateEventComplete;
  end

endmodule
