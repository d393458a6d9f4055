// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_alu: one operator of VectorE on FP32, y = x op s, with op one of bypass, add, subtract,
// mult, max and min.
//
// Arithmetic as in tn_fp32_add and tn_fp32_mul. max and min: a NaN on either side gives 0x7FC00000;
// +0 is above -0. bypass copies the bits of x. One operation per cycle, y_o four clock edges after
// x_i and s_i for every operator. No handshake: ctl_i, made by tn_vector_pkg::alu_ctl, says which
// stages move; it is the same for all lanes.

module tn_vector_alu (
    input  logic                    clk_i,
    input  tn_vector_pkg::alu_ctl_t ctl_i,
    input  logic [31:0]             x_i,
    input  logic [31:0]             s_i,
    output logic [31:0]             y_o
);

  localparam int unsigned Stages = tn_vector_pkg::AluStages;

  function automatic logic is_nan(logic [30:0] magnitude);
    return magnitude > 31'h7F80_0000;
  endfunction

  // FP32 bits as an unsigned number with the same order (of numbers; -0 below +0).
  function automatic logic [31:0] ordered(logic [31:0] bits);
    return bits[31] ? ~bits : {1'b1, bits[30:0]};
  endfunction

  if (Stages != 4) begin : gen_check_stages
    $fatal(1, "tn_vector_alu: AluStages (%0d) must be that of tn_fp32_add and tn_fp32_mul", Stages);
  end

  // What needs no arithmetic is known at stage 0 and only waits.
  logic [31:0] direct_0_q, direct_1_q, direct_2_q, direct_3_q;

  always_ff @(posedge clk_i) begin
    if (ctl_i.direct_valid[0]) begin
      if ({2'b0, ctl_i.op} == tn_isa_pkg::AluOpBypass) direct_0_q <= x_i;
      else if (is_nan(x_i[30:0]) || is_nan(s_i[30:0])) direct_0_q <= 32'h7FC0_0000;
      else if ((ordered(x_i) > ordered(s_i)) == ({2'b0, ctl_i.op} == tn_isa_pkg::AluOpMax))
        direct_0_q <= x_i;
      else direct_0_q <= s_i;
    end
    if (ctl_i.direct_valid[1]) direct_1_q <= direct_0_q;
    if (ctl_i.direct_valid[2]) direct_2_q <= direct_1_q;
    if (ctl_i.direct_valid[3]) direct_3_q <= direct_2_q;
  end

  logic [31:0] add_y, mult_y;

  tn_fp32_add u_add (
      .clk_i,
      .valid_i   (ctl_i.add_valid),
      .subtract_i({2'b0, ctl_i.op} == tn_isa_pkg::AluOpSubtract),
      .a_i       (x_i),
      .b_i       (s_i),
      .y_o       (add_y)
  );

  tn_fp32_mul u_mul (
      .clk_i,
      .valid_i(ctl_i.mult_valid),
      .a_i    (x_i),
      .b_i    (s_i),
      .y_o    (mult_y)
  );

  assign y_o = ctl_i.add_result ? add_y : ctl_i.mult_result ? mult_y : direct_3_q;

endmodule
