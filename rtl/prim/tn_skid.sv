// SPDX-License-Identifier: Apache-2.0
//
// tn_skid: register slice of a valid/ready stream; cuts data, valid and ready paths.
//
// Latency 1, one word a cycle, two words of storage. in_ready_o comes from a register, so a long
// ready chain may end here. Data are not reset.
module tn_skid #(
  parameter int unsigned Width = 32  // bits
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  // The spare register takes the word that arrives in the cycle in which the output stalls.
  logic             valid_q, spare_valid_q;
  logic [Width-1:0] data_q, spare_q;

  assign in_ready_o  = !spare_valid_q;
  assign out_valid_o = valid_q;
  assign out_data_o  = data_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q       <= 1'b0;
      spare_valid_q <= 1'b0;
    end else if (!valid_q || out_ready_i) begin
      valid_q       <= spare_valid_q || in_valid_i;
      spare_valid_q <= 1'b0;
    end else if (in_valid_i && in_ready_o) begin
      spare_valid_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!valid_q || out_ready_i) begin
      if (spare_valid_q) begin
        data_q <= spare_q;
      end else if (in_valid_i) begin
        data_q <= in_data_i;
      end
    end else if (in_valid_i && in_ready_o) begin
      spare_q <= in_data_i;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      SpareOnlyBehindAWord : assert (!spare_valid_q || valid_q);
    end
  end
`endif

endmodule
