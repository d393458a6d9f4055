// SPDX-License-Identifier: Apache-2.0
//
// tn_dsp_mac: sum_o = sum_i +/- moving_i * stationary_i * 2^distance_i, exact in 48 bits.
//
// A product whose distance is not in 0..31 is left out. The two significands have 11 bits for distances
// up to 20 and 8 bits above; beside a moving 1 the stationary one has 16 bits at distances 0 and 16;
// distances of 24..31 do not occur with products other than zero. The
// vendor twins place the significands on the ports of a DSP slice so that the slice aligns the
// product by itself; this one says the same in arithmetic, to the cycle. Latency: 3 cycles;
// subtract_i is taken one cycle after the significands, sum_i two cycles after them. Chained says that
// sum_i comes from the slice above; without it sum_i is ignored and counts as zero.

module tn_dsp_mac #(
    parameter bit Chained = 1'b1,  // sum_i comes from the slice above
    /* verilator lint_off UNUSEDPARAM */  // which output pins carry the sum matters to the vendor cell
    parameter bit Last    = 1'b0   // sum_o feeds logic, not the slice below
    /* verilator lint_on UNUSEDPARAM */
) (
    input  logic        clk_i,
    input  logic        enable_i,    // registers hold while low
    input  logic [10:0] moving_i,
    input  logic [15:0] stationary_i,
    input  logic [9:0]  distance_i,  // modulo 1024
    input  logic        subtract_i,
    input  logic [47:0] sum_i,
    output logic [47:0] sum_o
);

  logic [26:0] product_q;
  logic [4:0]  shift_q;
  logic [63:0] addend_q;  // of 64 bits, which a processor adds without masking

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
      product_q <= (27'(moving_i) * 27'(stationary_i)) & {27{distance_i[9:5] == 5'd0}};
      shift_q   <= distance_i[4:0];
      addend_q  <= ((64'(product_q) << shift_q) ^ {64{subtract_i}}) + 64'(subtract_i);
      sum_o     <= 48'(64'(start) + addend_q);
    end
  end

endmodule
