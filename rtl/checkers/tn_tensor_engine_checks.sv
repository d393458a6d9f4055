// SPDX-License-Identifier: Apache-2.0
//
// tn_tensor_engine_checks: the streams that leave every tn_tensor_engine, and its accumulation.
// Simulation only.
module tn_tensor_engine_checks #(
  parameter int unsigned Partitions = 128,
  parameter int unsigned Cols       = 16,
  parameter int unsigned PsumBanks  = 8,
  parameter int unsigned Distance   = 12
) (
  input logic clk_i,
  input logic rst_ni,
  input logic stop_i,
  input logic clear_i,
  input logic upd_valid_o,
  input logic upd_ready_i,
  input tn_pkg::sem_update_t upd_o,
  input logic sta_valid_o,
  input logic sta_ready_i,
  input tn_pkg::prow_t sta_prow_o,
  input tn_pkg::off8_t sta_off8_o,
  input logic trd_valid_o,
  input tn_psum_pkg::psum_wave_t trd_wave_o,
  input logic twr_valid_o,
  input tn_psum_pkg::psum_wave_t twr_wave_o
);

  logic [3:0] unused_upd;
  logic [3:0] unused_sta;

  logic [2:0] unused_accumulate;

  tn_stream_checker #(
    .Width($bits(tn_pkg::sem_update_t))
  ) u_upd (
    .clk_i, .rst_ni, .withdraw_i(stop_i || clear_i),
    .valid_i(upd_valid_o), .ready_i(upd_ready_i), .data_i(upd_o),
    .broken_o(unused_upd)
  );

  tn_stream_checker #(
    .Width($bits({sta_prow_o, sta_off8_o}))
  ) u_sta (
    .clk_i, .rst_ni, .withdraw_i(stop_i || clear_i),
    .valid_i(sta_valid_o), .ready_i(sta_ready_i), .data_i({sta_prow_o, sta_off8_o}),
    .broken_o(unused_sta)
  );

  tn_accumulate_checker #(
    .Blocks(Partitions / Cols), .PsumBanks(PsumBanks), .Distance(Distance)
  ) u_accumulate (
    .clk_i, .rst_ni,
    .rd_valid_i(trd_valid_o), .rd_wave_i(trd_wave_o),
    .wr_valid_i(twr_valid_o), .wr_wave_i(twr_wave_o),
    .broken_o(unused_accumulate)
  );

endmodule

bind tn_tensor_engine tn_tensor_engine_checks #(.Partitions(Partitions), .Cols(Cols), .PsumBanks(PsumBanks),
  .Distance(WriteDelay - ReadDelay)) u_checks (.*);
