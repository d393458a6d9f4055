// SPDX-License-Identifier: Apache-2.0
//
// tn_delay: data_o is data_i of Depth cycles ago.
//
// Written for simulation: from four cycles on it is a circular buffer, so that a cycle moves one
// word and not Depth of them. rtl/prim/xilinx has a twin of the same name that maps to shift-register
// LUTs. The contents are not reset: for Depth cycles after power-up data_o is arbitrary, and whoever
// needs a clean start (valid bits) must not use this cell or must hold reset for Depth cycles.

module tn_delay #(
    parameter int unsigned Depth = 1,  // cycles, 0 allowed
    parameter int unsigned Width = 1   // bits
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic [Width-1:0] data_i,
    output logic [Width-1:0] data_o
);

  if (Width == 0) begin : gen_illegal
    $fatal(1, "tn_delay: Width (%0d) must be at least 1", Width);
  end

  if (Depth == 0) begin : gen_wire
    logic unused_clock;
    assign unused_clock = clk_i ^ rst_ni;
    assign data_o = data_i;
  end else if (Depth < 4) begin : gen_registers
    logic [Depth-1:0][Width-1:0] stage_q;
    logic unused_reset;
    assign unused_reset = rst_ni;
    always_ff @(posedge clk_i) begin
      stage_q[0] <= data_i;
      for (int unsigned i = 1; i < Depth; i++) stage_q[i] <= stage_q[i-1];
    end
    assign data_o = stage_q[Depth-1];
  end else begin : gen_circular
    // The buffer holds Depth - 1 words, the output register is the last cycle of delay.
    localparam int unsigned PointerW = $clog2(Depth - 1);
    logic [Width-1:0] buffer_q[Depth-1];
    logic [PointerW-1:0] pointer_q;
    logic [Width-1:0] data_q;
    always_ff @(posedge clk_i) begin
      data_q <= buffer_q[pointer_q];
      buffer_q[pointer_q] <= data_i;
      if (!rst_ni) pointer_q <= '0;
      else pointer_q <= (pointer_q == PointerW'(Depth - 2)) ? '0 : pointer_q + 1'b1;
    end
    assign data_o = data_q;
  end

endmodule
