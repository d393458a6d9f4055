// SPDX-License-Identifier: Apache-2.0
//
// tn_sequencer_checks: the streams that leave every tn_sequencer. Simulation only.
module tn_sequencer_checks (
  input logic clk_i,
  input logic rst_ni,
  input logic stop_i,
  input logic clear_i,
  input logic req_valid_o,
  input logic req_ready_i,
  input logic [63:0] req_address_o,
  input logic [4:0] req_lines_o,
  input logic upd_valid_o,
  input logic upd_ready_i,
  input tn_pkg::sem_update_t upd_o,
  input logic [31:0] upd_index_o,
  input logic instr_valid_o,
  input logic instr_ready_i,
  input logic [511:0] instr_o,
  input logic [31:0] instr_index_o
);

  logic [3:0] unused_req;
  logic [3:0] unused_upd;
  logic [3:0] unused_instr;

  tn_stream_checker #(
    .Width(69)
  ) u_req (
    .clk_i, .rst_ni, .withdraw_i(stop_i || clear_i),
    .valid_i(req_valid_o), .ready_i(req_ready_i), .data_i({req_lines_o, req_address_o}),
    .broken_o(unused_req)
  );

  tn_stream_checker #(
    .Width($bits(tn_pkg::sem_update_t) + 32)
  ) u_upd (
    .clk_i, .rst_ni, .withdraw_i(stop_i || clear_i),
    .valid_i(upd_valid_o), .ready_i(upd_ready_i), .data_i({upd_index_o, upd_o}),
    .broken_o(unused_upd)
  );

  tn_stream_checker #(
    .Width(544)
  ) u_instr (
    .clk_i, .rst_ni, .withdraw_i(stop_i || clear_i),
    .valid_i(instr_valid_o), .ready_i(instr_ready_i), .data_i({instr_index_o, instr_o}),
    .broken_o(unused_instr)
  );

endmodule

bind tn_sequencer tn_sequencer_checks u_checks (.*);
