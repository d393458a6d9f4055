// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_alu: one operator of VectorE, y = x op s, with any tn_isa_pkg::alu_op_e but reciprocal,
// whose result the engine hands over by recip_y_i.
//
// Arithmetic as in tn_fp32_add and tn_fp32_mul. Everything else is done in two stages and waits two.
// NaN on either side of max, min and their kin, abs and relu gives 0x7FC00000; +0 is above -0.
// Comparisons and logical operators give 1.0 or +0. bypass copies the bits of x; bitwise operators
// and shifts take x and s as integers. One operation per cycle, y_o four clock edges after x_i and
// s_i for every operator. No handshake: ctl_i, made by tn_vector_pkg::alu_ctl, says which stages
// move; it is the same for all lanes.

module tn_vector_alu (
    input  logic                    clk_i,
    input  tn_vector_pkg::alu_ctl_t ctl_i,
    input  logic [31:0]             x_i,
    input  logic [31:0]             s_i,
    input  logic [31:0]             recip_y_i,
    output logic [31:0]             y_o
);

  localparam int unsigned Stages = tn_vector_pkg::AluStages;
  localparam logic [31:0] CanonicalNan = tn_vector_pkg::CanonicalNan;
  localparam logic [31:0] One = tn_vector_pkg::One;

  if (Stages != 4) begin : gen_check_stages
    $fatal(1, "tn_vector_alu: AluStages (%0d) must be that of tn_fp32_add and tn_fp32_mul", Stages);
  end

  function automatic logic is_nan(logic [30:0] magnitude);
    return magnitude > 31'h7F80_0000;
  endfunction

  // FP32 bits as an unsigned number with the same order (of numbers; -0 below +0).
  function automatic logic [31:0] ordered(logic [31:0] bits);
    return bits[31] ? ~bits : {1'b1, bits[30:0]};
  endfunction

  // What needs no arithmetic. Stage 0: compare.
  logic [31:0] x_0_q, s_0_q;
  logic        x_nan_0_q, s_nan_0_q, x_zero_0_q, s_zero_0_q, above_0_q, same_0_q;

  always_ff @(posedge clk_i) begin
    if (ctl_i.direct_valid[0]) begin : compare
      automatic logic [31:0] x, s;
      x = {x_i[31] && !ctl_i.op.bare, x_i[30:0]};
      s = {s_i[31] && !ctl_i.op.bare, s_i[30:0]};
      x_0_q      <= ctl_i.op.swap ? s : x;
      s_0_q      <= ctl_i.op.swap ? x : s;
      x_nan_0_q  <= is_nan(x_i[30:0]);
      s_nan_0_q  <= is_nan(s_i[30:0]);
      x_zero_0_q <= x_i[30:0] == '0;
      s_zero_0_q <= s_i[30:0] == '0;
      above_0_q  <= ordered(x) > ordered(s);
      same_0_q   <= x == s;
    end
  end

  // Stage 1: choose. The rest waits.
  function automatic logic [31:0] choose(logic [4:0] code, logic [31:0] a, logic [31:0] b,
                                         logic x_nan, logic s_nan, logic x_zero, logic s_zero,
                                         logic above, logic same);
    logic nan, equal, greater, less;
    nan     = x_nan || s_nan;
    equal   = !nan && (same || (x_zero && s_zero));
    greater = !nan && !equal && above;
    less    = !nan && !equal && !above;
    case (code)
      tn_isa_pkg::AluOpMax, tn_isa_pkg::AluOpAbsMax: return nan ? CanonicalNan : above ? a : b;
      tn_isa_pkg::AluOpMin, tn_isa_pkg::AluOpAbsMin: return nan ? CanonicalNan : above ? b : a;
      tn_isa_pkg::AluOpEqual:        return equal ? One : '0;
      tn_isa_pkg::AluOpNotEqual:     return equal ? '0 : One;
      tn_isa_pkg::AluOpGreaterEqual: return greater || equal ? One : '0;
      tn_isa_pkg::AluOpGreaterThan:  return greater ? One : '0;
      tn_isa_pkg::AluOpLessEqual:    return less || equal ? One : '0;
      tn_isa_pkg::AluOpLessThan:     return less ? One : '0;
      tn_isa_pkg::AluOpLogicalAnd:   return !x_zero && !s_zero ? One : '0;
      tn_isa_pkg::AluOpLogicalOr:    return !x_zero || !s_zero ? One : '0;
      tn_isa_pkg::AluOpLogicalXor:   return x_zero != s_zero ? One : '0;
      tn_isa_pkg::AluOpAbs:          return x_nan ? CanonicalNan : a;
      tn_isa_pkg::AluOpRelu:         return x_nan ? CanonicalNan : a[31] ? '0 : a;
      tn_isa_pkg::AluOpBitwiseNot:   return ~a;
      tn_isa_pkg::AluOpBitwiseAnd:   return a & b;
      tn_isa_pkg::AluOpBitwiseOr:    return a | b;
      tn_isa_pkg::AluOpBitwiseXor:   return a ^ b;
      tn_isa_pkg::AluOpShiftLeft:    return b[31:5] != '0 ? '0 : a << b[4:0];
      tn_isa_pkg::AluOpShiftRight:   return b[31:5] != '0 ? '0 : a >> b[4:0];
      default:                       return a;  // bypass
    endcase
  endfunction

  logic [31:0] direct_1_q, direct_2_q, direct_3_q;

  always_ff @(posedge clk_i) begin
    if (ctl_i.direct_valid[1]) begin
      direct_1_q <= choose(ctl_i.code_1, x_0_q, s_0_q, x_nan_0_q, s_nan_0_q, x_zero_0_q, s_zero_0_q,
                           above_0_q, same_0_q);
    end
    if (ctl_i.direct_valid[2]) direct_2_q <= direct_1_q;
    if (ctl_i.direct_valid[3]) direct_3_q <= direct_2_q;
  end

  logic [31:0] add_y, mult_y;

  tn_fp32_add u_add (
      .clk_i,
      .valid_i   (ctl_i.add_valid),
      .negate_a_i(ctl_i.op.negate_x),
      .negate_b_i(ctl_i.op.negate_s),
      .a_i       (x_i),
      .b_i       (s_i),
      .y_o       (add_y)
  );

  tn_fp32_mul u_mul (
      .clk_i,
      .valid_i(ctl_i.mult_valid),
      .a_i    (x_i),
      .b_i    (ctl_i.op.square ? x_i : s_i),
      .y_o    (mult_y)
  );

  assign y_o = ctl_i.add_result    ? add_y
               : ctl_i.mult_result ? mult_y
               : ctl_i.recip_result ? recip_y_i : direct_3_q;

endmodule
