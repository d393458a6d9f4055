// SPDX-License-Identifier: Apache-2.0
//
// tn_fp32_add: FP32 addition, y = (+-a) + (+-b).
//
// IEEE 754 binary32, round to nearest even, subnormals kept at both ends; every NaN result is
// 0x7FC00000; an exact zero sum of operands of different sign is +0. Pipelined: one operation per
// cycle, y_o four clock edges after a_i, b_i. There is no handshake: valid_i[k] is the valid bit of
// the operation that stands before stage k, and a stage moves (and is simulated) only where it is
// set. No exception flags.

module tn_fp32_add #(
    localparam int unsigned Stages = 4
) (
    input  logic              clk_i,
    input  logic [Stages-1:0] valid_i,
    input  logic              negate_a_i,
    input  logic              negate_b_i,
    input  logic [31:0]       a_i,
    input  logic [31:0]       b_i,
    output logic [31:0]       y_o
);

  // Significands carry three bits below the last place (guard, round, sticky) and one above.
  localparam int unsigned SumW = 28;
  // An operand this many places further down is sticky only.
  localparam logic [7:0] MaxAlign = 8'd27;

  // Zeros above the highest one of a sum without carry (bit 26 downwards); 26 for a zero sum.
  function automatic logic [4:0] leading_zeros(logic [SumW-2:0] sum);
    logic [31:0] work;
    logic [4:0]  count;
    work = {sum, 5'b10000};
    count = '0;
    if (work[31:16] == '0) begin count[4] = 1'b1; work = work << 16; end
    if (work[31:24] == '0) begin count[3] = 1'b1; work = work << 8; end
    if (work[31:28] == '0) begin count[2] = 1'b1; work = work << 4; end
    if (work[31:30] == '0) begin count[1] = 1'b1; work = work << 2; end
    count[0] = ~work[31];
    return count;
  endfunction

  // Stage 0: order by magnitude, exponent distance, special cases.
  logic [23:0] greater_sig_0_q, lesser_sig_0_q;
  logic [7:0]  exp_0_q;
  logic [4:0]  align_0_q;
  logic        differ_0_q, sign_0_q, inf_0_q, nan_0_q;

  always_ff @(posedge clk_i) begin
    if (valid_i[0]) begin : order
      automatic logic [31:0] a, b, greater, lesser;
      automatic logic [7:0]  greater_exp, lesser_exp, distance;
      a = {a_i[31] ^ negate_a_i, a_i[30:0]};
      b = {b_i[31] ^ negate_b_i, b_i[30:0]};
      if (a[30:0] >= b[30:0]) begin
        greater = a;
        lesser  = b;
      end else begin
        greater = b;
        lesser  = a;
      end
      // A subnormal has the exponent of the smallest normal number and no hidden bit.
      greater_exp   = greater[30:23] == '0 ? 8'd1 : greater[30:23];
      lesser_exp = lesser[30:23] == '0 ? 8'd1 : lesser[30:23];
      distance  = greater_exp - lesser_exp;
      greater_sig_0_q   <= {greater[30:23] != '0, greater[22:0]};
      lesser_sig_0_q <= {lesser[30:23] != '0, lesser[22:0]};
      exp_0_q       <= greater_exp;
      align_0_q     <= distance > MaxAlign ? MaxAlign[4:0] : distance[4:0];
      differ_0_q    <= greater[31] ^ lesser[31];
      sign_0_q      <= greater[31];
      inf_0_q       <= greater[30:23] == 8'hFF;
      // The larger magnitude is the NaN if there is one; inf - inf is the other case.
      nan_0_q       <= greater[30:23] == 8'hFF &&
                       (greater[22:0] != '0 || (lesser[30:23] == 8'hFF && (greater[31] ^ lesser[31])));
    end
  end

  // Stage 1: align and add.
  logic [SumW-1:0] sum_1_q;
  logic [7:0]      exp_1_q;
  logic            differ_1_q, sign_1_q, inf_1_q, nan_1_q;

  always_ff @(posedge clk_i) begin
    if (valid_i[1]) begin : align
      automatic logic [53:0]     shifted;
      automatic logic [SumW-1:0] greater, lesser;
      shifted = {lesser_sig_0_q, 30'b0} >> align_0_q;
      greater     = {1'b0, greater_sig_0_q, 3'b0};
      lesser   = {1'b0, shifted[53:28], |shifted[27:0]};
      sum_1_q    <= differ_0_q ? greater - lesser : greater + lesser;
      exp_1_q    <= exp_0_q;
      differ_1_q <= differ_0_q;
      sign_1_q   <= sign_0_q;
      inf_1_q    <= inf_0_q;
      nan_1_q    <= nan_0_q;
    end
  end

  // Stage 2: how far to normalise; a result below the smallest normal number stays subnormal.
  logic [25:0]     sum_2_q;  // below the hidden bit, which exp_2_q knows
  logic [7:0]      exp_2_q;
  logic [4:0]      shift_2_q;
  logic            sign_2_q, inf_2_q, nan_2_q;

  always_ff @(posedge clk_i) begin
    if (valid_i[2]) begin : measure
      automatic logic [4:0] zeros;
      zeros = leading_zeros(sum_1_q[SumW-2:0]);
      if (sum_1_q[SumW-1]) begin
        // Carry: one place right, the lost bit joins the sticky bit.
        sum_2_q   <= {sum_1_q[26:2], sum_1_q[1] | sum_1_q[0]};
        exp_2_q   <= exp_1_q + 8'd1;
        shift_2_q <= '0;
      end else if ({3'b0, zeros} >= exp_1_q) begin
        sum_2_q   <= sum_1_q[25:0];
        exp_2_q   <= '0;
        shift_2_q <= exp_1_q[4:0] - 5'd1;
      end else begin
        sum_2_q   <= sum_1_q[25:0];
        exp_2_q   <= sum_1_q == '0 ? '0 : exp_1_q - {3'b0, zeros};
        shift_2_q <= zeros;
      end
      sign_2_q <= sign_1_q && !(differ_1_q && sum_1_q == '0);
      inf_2_q  <= inf_1_q;
      nan_2_q  <= nan_1_q;
    end
  end

  // Stage 3: normalise and round. A carry out of the fraction increments the exponent by itself,
  // from the largest finite number to infinity and from the largest subnormal to a normal one.
  logic [31:0] y_q;

  always_ff @(posedge clk_i) begin
    if (valid_i[3]) begin : round
      automatic logic [25:0] sum;
      automatic logic        up;
      sum = sum_2_q << shift_2_q;
      up  = sum[2] && (sum[1] || sum[0] || sum[3]);
      if (nan_2_q) y_q <= 32'h7FC0_0000;
      else if (inf_2_q || exp_2_q == 8'hFF) y_q <= {sign_2_q, 31'h7F80_0000};
      else y_q <= {sign_2_q, {exp_2_q, sum[25:3]} + 31'(up)};
    end
  end

  assign y_o = y_q;

endmodule
