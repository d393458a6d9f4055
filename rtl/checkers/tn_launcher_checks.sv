// SPDX-License-Identifier: Apache-2.0
//
// tn_launcher_checks: the streams that leave every tn_launcher. Simulation only.
module tn_launcher_checks #(
  parameter int unsigned BusBytes = 64
) (
  input logic clk_i,
  input logic rst_ni,
  input logic req_valid_o,
  input logic req_ready_i,
  input logic [63:0] req_address_o,
  input logic [4:0] req_lines_o,
  input logic done_valid_o,
  input logic done_ready_i,
  input logic aw_valid_o,
  input logic aw_ready_i,
  input logic [63:0] aw_addr_o,
  input logic [7:0] aw_len_o,
  input logic w_valid_o,
  input logic w_ready_i,
  input logic [BusBytes*8-1:0] w_data_o,
  input logic [BusBytes-1:0] w_strb_o,
  input logic w_last_o
);

  logic [3:0] unused_req;
  logic [3:0] unused_done;
  logic [3:0] unused_aw;
  logic [3:0] unused_w;

  tn_stream_checker #(
    .Width(69)
  ) u_req (
    .clk_i, .rst_ni, .withdraw_i(1'b0),
    .valid_i(req_valid_o), .ready_i(req_ready_i), .data_i({req_lines_o, req_address_o}),
    .broken_o(unused_req)
  );

  tn_stream_checker #(
    .Width(1)
  ) u_done (
    .clk_i, .rst_ni, .withdraw_i(1'b0),
    .valid_i(done_valid_o), .ready_i(done_ready_i), .data_i(1'b0),
    .broken_o(unused_done)
  );

  tn_stream_checker #(
    .Width(72)
  ) u_aw (
    .clk_i, .rst_ni, .withdraw_i(1'b0),
    .valid_i(aw_valid_o), .ready_i(aw_ready_i), .data_i({aw_len_o, aw_addr_o}),
    .broken_o(unused_aw)
  );

  tn_stream_checker #(
    .Width(BusBytes * 9 + 1)
  ) u_w (
    .clk_i, .rst_ni, .withdraw_i(1'b0),
    .valid_i(w_valid_o), .ready_i(w_ready_i), .data_i({w_last_o, w_strb_o, w_data_o}),
    .broken_o(unused_w)
  );

endmodule

bind tn_launcher tn_launcher_checks #(.BusBytes(BusBytes)) u_checks (.*);
