// SPDX-License-Identifier: Apache-2.0
//
// tn_psum_checks: the memory checker on every tn_psum. Simulation only.
module tn_psum_checks #(
  parameter int unsigned Partitions = 128,
  parameter int unsigned Lanes      = 16,
  parameter int unsigned Cols       = 16,
  parameter int unsigned PsumBanks  = 8
) (
  input logic clk_i,
  input logic rst_ni,
  input logic trd_valid_i,
  input tn_psum_pkg::psum_wave_t trd_wave_i,
  input logic [Cols-1:0][31:0] trd_data_o,
  input logic twr_valid_i,
  input tn_psum_pkg::psum_wave_t twr_wave_i,
  input logic [Cols-1:0][31:0] twr_data_i,
  input logic vrd_valid_i,
  input logic vrd_ready_o,
  input logic [3:0] vrd_bank_i,
  input tn_pkg::prow_t vrd_prow_i,
  input logic [8:0] vrd_index_i,
  input logic [Lanes-1:0][31:0] vrd_data_o,
  input logic [PsumBanks-1:0] bank_taken
);

  logic [3:0] unused_memory;
  logic       unused_lanes;

  tn_psum_checker #(
    .Rows(Partitions / Lanes), .LanesPerCol(Lanes / Cols), .Cols(Cols), .PsumBanks(PsumBanks)
  ) u_memory (
    .clk_i, .rst_ni,
    .trd_valid_i, .trd_wave_i, .trd_data_i(trd_data_o[0]),
    .twr_valid_i, .twr_wave_i, .twr_data_i(twr_data_i[0]),
    .vrd_valid_i, .vrd_ready_i(vrd_ready_o), .vrd_bank_i, .vrd_prow_i, .vrd_index_i,
    .vrd_data_i(vrd_data_o[0]), .taken_i(bank_taken),
    .broken_o(unused_memory)
  );

  assign unused_lanes = ^{trd_data_o, twr_data_i, vrd_data_o};

endmodule

bind tn_psum tn_psum_checks #(.Partitions(Partitions), .Lanes(Lanes), .Cols(Cols), .PsumBanks(PsumBanks)) u_checks (.*);
