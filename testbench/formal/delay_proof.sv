// SPDX-License-Identifier: Apache-2.0
//
// delay_proof: tn_delay gives each word back Depth cycles later, once Depth cycles have passed since
// reset. The same harness is for the behavioural cell and for its twin of rtl/prim/xilinx.
module delay_proof #(
  parameter int unsigned Depth = 5,
  parameter int unsigned Width = 2
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic [Width-1:0] data_i
);

  localparam int unsigned Words = (Depth > 0) ? Depth : 1;

  logic [Width-1:0] data;

  tn_delay #(
    .Depth(Depth), .Width(Width)
  ) u_dut (
    .clk_i, .rst_ni, .data_i, .data_o(data)
  );

  logic                        started_q = 1'b0;
  logic [$clog2(Words+1)-1:0]  age_q;   // cycles since reset, at most Words
  logic [Words-1:0][Width-1:0] past_q;  // [i]: data_i of i + 1 cycles ago

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    past_q[0] <= data_i;
    for (int unsigned i = 1; i < Words; i++) past_q[i] <= past_q[i-1];
    if (!rst_ni) age_q <= '0;
    else if (32'(age_q) < Words) age_q <= age_q + 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (!started_q) begin
      StartsInReset : assume (!rst_ni);
    end
    if (started_q && rst_ni && 32'(age_q) == Words) begin
      ComesLater : assert (data == ((Depth == 0) ? data_i : past_q[Words-1]));

      SeesWords : cover (data == '1 && (Depth == 0 || data_i == '0));
    end
  end

endmodule
