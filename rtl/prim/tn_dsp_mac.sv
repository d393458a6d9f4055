// SPDX-License-Identifier: Apache-2.0
//
// tn_dsp_mac: sum_o = sum_i +/- (a_i or d_i or 0) * b_i on one DSP slice, exact in 48 bits.
//
// The slice's pre-adder serves as a two-way selector: of a_i and d_i at most one is selected, and
// with neither the product is zero. Latency: a_i, d_i, b_i and the selects 3 cycles; subtract_i
// is taken one cycle after them, sum_i two cycles after them. Behavioural twin of
// rtl/prim/xilinx/tn_dsp_mac.sv, the same to the cycle. All operands are unsigned. Chained says that
// sum_i comes from the cascade of the slice above; without it sum_i is ignored and counts as zero.

module tn_dsp_mac #(
    parameter bit Chained = 1'b1,  // sum_i comes from the slice above
    /* verilator lint_off UNUSEDPARAM */  // which output pins carry the sum matters to the vendor cell
    parameter bit Last    = 1'b0   // sum_o feeds logic, not the slice below
    /* verilator lint_on UNUSEDPARAM */
) (
    input  logic        clk_i,
    input  logic        enable_i,    // registers hold while low
    input  logic [25:0] a_i,
    input  logic [25:0] d_i,
    input  logic        select_a_i,
    input  logic        select_d_i,
    input  logic [16:0] b_i,
    input  logic        subtract_i,
    input  logic [47:0] sum_i,
    output logic [47:0] sum_o
);

  logic [25:0] multiplicand_q;
  logic [16:0] b_q;
  logic [42:0] product_q;
  logic        subtract_q;

  logic [47:0] start;
  if (Chained) begin : gen_chained
    assign start = sum_i;
  end else begin : gen_first
    logic unused_sum;
    assign unused_sum = ^sum_i;
    assign start = '0;
  end

  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      // The vendor cell registers a, d and the selects and multiplexes after the registers; the
      // order makes no difference to the product register.
      multiplicand_q <= (a_i & {26{select_a_i}}) | (d_i & {26{select_d_i}});
      b_q            <= b_i;
      product_q      <= 43'(multiplicand_q) * 43'(b_q);
      subtract_q     <= subtract_i;
      sum_o          <= start + (48'(product_q) ^ {48{subtract_q}}) + 48'(subtract_q);
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    AtMostOneSelected : assert (!(enable_i && select_a_i && select_d_i));
  end
`endif

endmodule
