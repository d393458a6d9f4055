// SPDX-License-Identifier: Apache-2.0
//
// tn_fp32_recip: FP32 reciprocal, y = 1 / x, one at a time.
//
// Correctly rounded to nearest even, subnormals kept at both ends; 1 / +-0 is an infinity, 1 / +-inf
// a zero, every NaN 0x7FC00000. start_i takes x_i; step_i is set in the Steps cycles after it, and
// in the next one y_o is valid, until the next start. The owner counts: no handshake here.
// A bit of the quotient each step: the remainder is doubled and the significand taken off where it
// goes.

module tn_fp32_recip #(
    localparam int unsigned Steps = tn_vector_pkg::RecipSteps
) (
    input  logic        clk_i,
    input  logic        start_i,
    input  logic        step_i,
    input  logic        last_i,  // after the last step
    input  logic [31:0] x_i,
    output logic [31:0] y_o
);

  // Of 1, or of a number from 1/2 on: hidden bit, fraction, guard, and one place more.
  if (Steps != 26) begin : gen_check_steps
    $fatal(1, "tn_fp32_recip: Steps (%0d) must be 26", Steps);
  end

  logic [23:0]      divisor_q;    // significand, its leading one at bit 23
  logic [24:0]      remainder_q;
  logic [Steps-1:0] quotient_q;
  logic [8:0]       exp_q;        // 254 less the exponent field (1 to -1 where it was subnormal)
  logic             sign_q, nan_q, inf_q, zero_q;

  always_ff @(posedge clk_i) begin
    if (start_i) begin : unpack
      automatic logic [22:0] fraction;
      fraction = x_i[22:0];
      sign_q <= x_i[31];
      nan_q  <= x_i[30:0] > 31'h7F80_0000;
      zero_q <= x_i[30:0] == 31'h7F80_0000;
      // Subnormals below 2^-128 have reciprocals beyond the largest number.
      inf_q  <= x_i[30:23] == '0 && fraction[22:21] == '0;
      if (x_i[30:23] != '0) begin
        divisor_q <= {1'b1, fraction};
        exp_q     <= 9'd254 - {1'b0, x_i[30:23]};
      end else begin
        divisor_q <= fraction[22] ? {fraction, 1'b0} : {fraction[21:0], 2'b0};
        exp_q     <= fraction[22] ? 9'd254 : 9'd255;
      end
      remainder_q <= 25'h0800000;  // 1.0, its leading one at bit 23
      quotient_q  <= '0;
    end else if (step_i) begin : divide
      automatic logic        goes;
      automatic logic [23:0] rest;
      goes        = remainder_q >= {1'b0, divisor_q};
      rest        = remainder_q[23:0] - divisor_q;
      remainder_q <= {goes ? rest : remainder_q[23:0], 1'b0};
      quotient_q  <= {quotient_q[Steps-2:0], goes};
    end
  end

  // The first bit is 1 only for a power of two, whose reciprocal is exact; all others have it at the
  // second place, one binade lower. A biased exponent below 1 moves the fraction down.
  logic [31:0] y_q;

  function automatic logic [31:0] round(logic sign, logic [8:0] exp, logic [Steps-1:0] quotient,
                                        logic rest);
    logic [Steps-1:0] aligned;
    logic [8:0]       biased;
    logic             sticky, up;
    logic [22:0]      kept;  // below the hidden bit, which the exponent knows
    aligned = quotient[Steps-1] ? quotient : quotient << 1;
    biased  = quotient[Steps-1] ? exp : exp - 9'd1;  // 255 at most, -1 at least
    sticky  = rest;
    if (biased == '0 || biased[8]) begin
      // Subnormal: the hidden bit goes to the fraction.
      sticky  = sticky || aligned[0] || (biased[8] && aligned[1]);
      aligned = biased[8] ? aligned >> 2 : aligned >> 1;
      biased  = '0;
    end
    kept = aligned[Steps-2:2];
    up   = aligned[1] && (aligned[0] || sticky || kept[0]);
    if (biased >= 9'd255) return {sign, 31'h7F80_0000};
    return {sign, {biased[7:0], kept} + 31'(up)};
  endfunction

  always_ff @(posedge clk_i) begin
    if (last_i) begin
      if (nan_q) y_q <= tn_vector_pkg::CanonicalNan;
      else if (zero_q) y_q <= {sign_q, 31'b0};
      else if (inf_q) y_q <= {sign_q, 31'h7F80_0000};
      else y_q <= round(sign_q, exp_q, quotient_q, remainder_q != '0);
    end
  end

  assign y_o = y_q;

endmodule
