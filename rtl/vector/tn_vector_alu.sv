// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_alu: one operator of VectorE on FP32, y = x op s, with op one of bypass, add, subtract,
// mult, max and min.
//
// Arithmetic as in tn_fp32_add and tn_fp32_mul. max and min: a NaN on either side gives 0x7FC00000;
// +0 is above -0. bypass copies the bits of x. One operation per cycle, y_o four clock edges after
// x_i and s_i for every operator. No handshake: valid_i[k] and op_i[k] belong to the operation that
// stands before stage k, op_i[Stages] to the one at y_o; a stage moves only where it is valid.

module tn_vector_alu #(
    localparam int unsigned Stages = 4
) (
    input  logic                 clk_i,
    input  logic [Stages-1:0]    valid_i,
    input  logic [Stages:0][2:0] op_i,  // low bits of tn_isa_pkg::alu_op_e
    input  logic [31:0]          x_i,
    input  logic [31:0]          s_i,
    output logic [31:0]          y_o
);

  function automatic logic is_add(logic [2:0] op);
    return {1'b0, op} == tn_isa_pkg::AluOpAdd || {1'b0, op} == tn_isa_pkg::AluOpSubtract;
  endfunction

  function automatic logic is_mult(logic [2:0] op);
    return {1'b0, op} == tn_isa_pkg::AluOpMult;
  endfunction

  function automatic logic is_nan(logic [30:0] magnitude);
    return magnitude > 31'h7F80_0000;
  endfunction

  // FP32 bits as an unsigned number with the same order (of numbers; -0 below +0).
  function automatic logic [31:0] ordered(logic [31:0] bits);
    return bits[31] ? ~bits : {1'b1, bits[30:0]};
  endfunction

  logic [Stages-1:0] add_valid, mul_valid;
  logic [31:0]       add_y, mul_y;

  // What needs no arithmetic is known at stage 0 and only waits.
  logic [Stages-1:0][31:0] direct_q;

  for (genvar k = 0; k < Stages; k++) begin : gen_stage
    assign add_valid[k] = valid_i[k] && is_add(op_i[k]);
    assign mul_valid[k] = valid_i[k] && is_mult(op_i[k]);

    if (k == 0) begin : gen_first
      always_ff @(posedge clk_i) begin
        if (valid_i[0] && !is_add(op_i[0]) && !is_mult(op_i[0])) begin
          if ({1'b0, op_i[0]} == tn_isa_pkg::AluOpBypass) direct_q[0] <= x_i;
          else if (is_nan(x_i[30:0]) || is_nan(s_i[30:0])) direct_q[0] <= 32'h7FC0_0000;
          else if ((ordered(x_i) > ordered(s_i)) == ({1'b0, op_i[0]} == tn_isa_pkg::AluOpMax))
            direct_q[0] <= x_i;
          else direct_q[0] <= s_i;
        end
      end
    end else begin : gen_wait
      always_ff @(posedge clk_i) begin
        if (valid_i[k] && !is_add(op_i[k]) && !is_mult(op_i[k])) direct_q[k] <= direct_q[k-1];
      end
    end
  end

  tn_fp32_add u_add (
      .clk_i,
      .valid_i   (add_valid),
      .subtract_i({1'b0, op_i[0]} == tn_isa_pkg::AluOpSubtract),
      .a_i       (x_i),
      .b_i       (s_i),
      .y_o       (add_y)
  );

  tn_fp32_mul u_mul (
      .clk_i,
      .valid_i(mul_valid),
      .a_i    (x_i),
      .b_i    (s_i),
      .y_o    (mul_y)
  );

  assign y_o = is_add(op_i[Stages]) ? add_y : is_mult(op_i[Stages]) ? mul_y : direct_q[Stages-1];

endmodule
