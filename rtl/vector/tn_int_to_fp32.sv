// SPDX-License-Identifier: Apache-2.0
//
// tn_int_to_fp32: a 32-bit two's complement integer to FP32, rounded to nearest even.
//
// Two stages of which the second one's register is the user's: y_o is combinational from what was
// kept at the last clock edge with valid_i.

module tn_int_to_fp32 (
    input  logic        clk_i,
    input  logic        valid_i,
    input  logic [31:0] x_i,
    output logic [31:0] y_o
);

  function automatic logic [4:0] leading_zeros(logic [31:0] magnitude);
    logic [31:0] work;
    logic [4:0]  count;
    work  = magnitude;
    count = '0;
    if (work[31:16] == '0) begin count[4] = 1'b1; work = work << 16; end
    if (work[31:24] == '0) begin count[3] = 1'b1; work = work << 8; end
    if (work[31:28] == '0) begin count[2] = 1'b1; work = work << 4; end
    if (work[31:30] == '0) begin count[1] = 1'b1; work = work << 2; end
    count[0] = !work[31];
    return count;
  endfunction

  logic        sign_q, zero_q;
  logic [31:0] magnitude_q;
  logic [4:0]  zeros_q;

  always_ff @(posedge clk_i) begin
    if (valid_i) begin : measure
      automatic logic [31:0] magnitude;
      magnitude   = x_i[31] ? -x_i : x_i;
      sign_q      <= x_i[31];
      zero_q      <= x_i == '0;
      magnitude_q <= magnitude;
      zeros_q     <= leading_zeros(magnitude);
    end
  end

  // The leading one at bit 31 is the hidden bit; a carry out of the fraction raises the exponent.
  function automatic logic [31:0] round(logic sign, logic [31:0] magnitude, logic [4:0] zeros);
    logic [30:0] aligned;  // below the leading one
    logic        up;
    aligned = 31'(magnitude << zeros);
    up      = aligned[7] && (aligned[6:0] != '0 || aligned[8]);
    return {sign, {8'd158 - {3'b0, zeros}, aligned[30:8]} + 31'(up)};
  endfunction

  assign y_o = zero_q ? '0 : round(sign_q, magnitude_q, zeros_q);

endmodule
