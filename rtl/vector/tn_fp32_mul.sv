// SPDX-License-Identifier: Apache-2.0
//
// tn_fp32_mul: FP32 multiplication, y = a * b.
//
// IEEE 754 binary32, round to nearest even, subnormals kept at both ends; every NaN result is
// 0x7FC00000. Pipelined: one operation per cycle, y_o four clock edges after a_i, b_i. There is no
// handshake: valid_i[k] is the valid bit of the operation that stands before stage k, and a stage
// moves (and is simulated) only where it is set. No exception flags. The significands are multiplied
// as they are and subnormals cost a longer shift of the product instead of one of the operands, so
// that the 24 x 24 product maps to the registers of two DSP blocks.

module tn_fp32_mul #(
    localparam int unsigned Stages = 4
) (
    input  logic              clk_i,
    input  logic [Stages-1:0] valid_i,
    input  logic [31:0]       a_i,
    input  logic [31:0]       b_i,
    output logic [31:0]       y_o
);

  localparam int unsigned ProductW = 48;

  // Zeros above the highest one; meaningless for zero (the result is zero whatever the shift).
  function automatic logic [5:0] leading_zeros(logic [ProductW-1:0] product);
    logic [63:0] work;
    logic [5:0]  count;
    work = {product, 16'h8000};
    count = '0;
    if (work[63:32] == '0) begin count[5] = 1'b1; work = work << 32; end
    if (work[63:48] == '0) begin count[4] = 1'b1; work = work << 16; end
    if (work[63:56] == '0) begin count[3] = 1'b1; work = work << 8; end
    if (work[63:60] == '0) begin count[2] = 1'b1; work = work << 4; end
    if (work[63:62] == '0) begin count[1] = 1'b1; work = work << 2; end
    count[0] = ~work[63];
    return count;
  endfunction

  // Stage 0: unpack. exp_sum is the sum of two biased exponents, 1 for subnormals.
  logic [23:0] a_sig_0_q, b_sig_0_q;
  logic [8:0]  exp_sum_0_q;
  logic        sign_0_q, inf_0_q, nan_0_q;

  always_ff @(posedge clk_i) begin
    if (valid_i[0]) begin : unpack
      automatic logic [7:0] a_exp, b_exp;
      a_exp = a_i[30:23] == '0 ? 8'd1 : a_i[30:23];
      b_exp = b_i[30:23] == '0 ? 8'd1 : b_i[30:23];
      a_sig_0_q   <= {a_i[30:23] != '0, a_i[22:0]};
      b_sig_0_q   <= {b_i[30:23] != '0, b_i[22:0]};
      exp_sum_0_q <= {1'b0, a_exp} + {1'b0, b_exp};
      sign_0_q    <= a_i[31] ^ b_i[31];
      inf_0_q     <= a_i[30:23] == 8'hFF || b_i[30:23] == 8'hFF;
      nan_0_q     <= a_i[30:0] > 31'h7F80_0000 || b_i[30:0] > 31'h7F80_0000 ||
                     (a_i[30:23] == 8'hFF && b_i[30:0] == '0) ||
                     (b_i[30:23] == 8'hFF && a_i[30:0] == '0);
    end
  end

  // Stage 1: multiply.
  logic [ProductW-1:0] product_1_q;
  logic [8:0]          exp_sum_1_q;
  logic                sign_1_q, inf_1_q, nan_1_q;

  always_ff @(posedge clk_i) begin
    if (valid_i[1]) begin
      product_1_q <= ProductW'(a_sig_0_q) * ProductW'(b_sig_0_q);
      exp_sum_1_q <= exp_sum_0_q;
      sign_1_q    <= sign_0_q;
      inf_1_q     <= inf_0_q;
      nan_1_q     <= nan_0_q;
    end
  end

  // Stage 2: how far to shift. With the leading one moved to bit 47 the biased exponent is
  // exp_sum - 126 - zeros; below 1 the result is subnormal, and then the shift is exp_sum - 127
  // places to the left, whatever the zeros (to the right where negative).
  logic [ProductW-1:0] product_2_q;
  logic [8:0]          exp_2_q;    // biased exponent, 0 for subnormals
  logic [5:0]          left_2_q;
  logic [4:0]          right_2_q;  // 31: nothing of the product is left
  logic                sign_2_q, inf_2_q, nan_2_q;

  always_ff @(posedge clk_i) begin
    if (valid_i[2]) begin : measure
      automatic logic [5:0]  zeros;
      automatic logic [10:0] exp, below;
      zeros = leading_zeros(product_1_q);
      exp   = {2'b0, exp_sum_1_q} - 11'd126 - {5'b0, zeros};
      below = 11'd127 - {2'b0, exp_sum_1_q};
      product_2_q <= product_1_q;
      if (product_1_q == '0 || exp[10] || exp == '0) begin
        exp_2_q   <= '0;
        left_2_q  <= below[10] ? 6'd0 - below[5:0] : '0;
        right_2_q <= below[10] ? '0 : below > 11'd31 ? 5'd31 : below[4:0];
      end else begin
        exp_2_q   <= exp[8:0];
        left_2_q  <= zeros;
        right_2_q <= '0;
      end
      sign_2_q <= sign_1_q;
      inf_2_q  <= inf_1_q;
      nan_2_q  <= nan_1_q;
    end
  end

  // Stage 3: shift and round; a carry out of the fraction increments the exponent by itself. Bits
  // lost by a shift of 31 do not matter: the guard bit is zero then.
  logic [31:0] y_q;

  always_ff @(posedge clk_i) begin
    if (valid_i[3]) begin : round
      automatic logic [ProductW-2:0] shifted;  // below the hidden bit, which exp_2_q knows
      automatic logic                lost, up;
      if (right_2_q == '0) begin
        shifted = product_2_q[ProductW-2:0] << left_2_q;
        lost    = 1'b0;
      end else begin
        shifted = (ProductW - 1)'(product_2_q >> right_2_q);
        lost    = (product_2_q[30:0] & ~({31{1'b1}} << right_2_q)) != '0;
      end
      up = shifted[23] && (shifted[22:0] != '0 || lost || shifted[24]);
      if (nan_2_q) y_q <= 32'h7FC0_0000;
      else if (inf_2_q || exp_2_q >= 9'd255) y_q <= {sign_2_q, 31'h7F80_0000};
      else y_q <= {sign_2_q, {exp_2_q[7:0], shifted[46:24]} + 31'(up)};
    end
  end

  assign y_o = y_q;

endmodule
