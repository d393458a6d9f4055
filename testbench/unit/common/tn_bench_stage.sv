// SPDX-License-Identifier: Apache-2.0
// A one-entry register stage whose faults can be switched on: the device under test of the bench
// infrastructure itself. Latency 1, full throughput. Not part of any design.
module tn_bench_stage #(
  parameter int unsigned DataW = 32
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  // Seeded faults: 0 none, 1 valid drops while stalled, 2 data changes while stalled,
  // 3 one wrong bit in every eighth item, 4 failing assertion on every eighth item.
  input  logic [2:0]       fault_i,
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [DataW-1:0] in_data_i,
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [DataW-1:0] out_data_o
);
  logic             valid_q;
  logic             stalled_q;
  logic [DataW-1:0] data_q;
  logic [2:0]       count_q;

  assign in_ready_o  = !valid_q || (out_valid_o && out_ready_i);
  assign out_valid_o = valid_q && !(fault_i == 3'd1 && stalled_q);
  assign out_data_o  = data_q
      ^ DataW'((fault_i == 3'd2 && stalled_q) || (fault_i == 3'd3 && count_q == '1));

  always_ff @(posedge clk_i) begin
    if (in_valid_i && in_ready_o) data_q <= in_data_i;
    if (!rst_ni) begin
      valid_q   <= 1'b0;
      stalled_q <= 1'b0;
      count_q   <= '0;
    end else begin
      stalled_q <= out_valid_o && !out_ready_i;
      if (out_valid_o && out_ready_i) count_q <= count_q + 1'b1;
      if (in_ready_o) valid_q <= in_valid_i;
`ifndef SYNTHESIS
      SeededFault: assert (!(fault_i == 3'd4 && count_q == '1));
`endif
    end
  end
endmodule
