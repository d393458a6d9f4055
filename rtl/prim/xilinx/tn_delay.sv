// SPDX-License-Identifier: Apache-2.0
//
// tn_delay (Xilinx): data_o is data_i of Depth cycles ago, as shift-register LUTs.
//
// Same contract as rtl/prim/tn_delay.sv; chosen by the file list. Contents are not reset.

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

  logic unused_reset;
  assign unused_reset = rst_ni;

  if (Depth == 0) begin : gen_wire
    logic unused_clock;
    assign unused_clock = clk_i;
    assign data_o = data_i;
  end else begin : gen_shift
    (* shreg_extract = "yes" *) logic [Depth-1:0][Width-1:0] stage_q;
    always_ff @(posedge clk_i) begin
      stage_q[0] <= data_i;
      for (int unsigned i = 1; i < Depth; i++) stage_q[i] <= stage_q[i-1];
    end
    assign data_o = stage_q[Depth-1];
  end

endmodule
