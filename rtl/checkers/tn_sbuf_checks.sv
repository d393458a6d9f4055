// SPDX-License-Identifier: Apache-2.0
//
// tn_sbuf_checks: the memory checker on every tn_sbuf. Simulation only.
module tn_sbuf_checks #(
  parameter int unsigned Partitions = 128,
  parameter int unsigned Lanes      = 16,
  parameter int unsigned BusBytes   = 64,
  parameter int unsigned SbufBytes  = 16384,
  parameter int unsigned LaneW      = 4,
  parameter int unsigned WordW      = 8,
  localparam int unsigned NumBanks = BusBytes / 8
) (
  input logic clk_i,
  input logic rst_ni,
  input logic [NumBanks-1:0] mov_banks,
  input tn_pkg::prow_t mov_prow_i,
  input tn_pkg::off8_t mov_off8_i,
  input logic [Lanes-1:0][63:0] mov_data_o,
  input logic [NumBanks-1:0] sta_banks,
  input tn_pkg::prow_t sta_prow_i,
  input tn_pkg::off8_t sta_off8_i,
  input logic [Lanes-1:0][63:0] sta_data_o,
  input logic [NumBanks-1:0] vrd_banks,
  input tn_pkg::prow_t vrd_prow_i,
  input tn_pkg::off8_t vrd_off8_i,
  input logic [Lanes-1:0][63:0] vrd_data_o,
  input logic sta_go,
  input logic vrd_go,
  input logic drd_valid_i,
  input logic drd_grant,
  input logic [NumBanks-1:0] drd_banks,
  input logic [LaneW-1:0] drd_lane_i,
  input tn_pkg::prow_t drd_prow_i,
  input logic [WordW-1:0] drd_word_i,
  input logic [1:0] drd_rows_log2_i,
  input logic [1:0] drd_part_i,
  input logic [BusBytes*8-1:0] drd_data_o,
  input logic [NumBanks-1:0] ewr_banks,
  input logic [Lanes-1:0][63:0] ewr_data,
  input logic [Lanes-1:0][7:0] ewr_be,
  input logic twr_go,
  input tn_pkg::prow_t vwr_prow_i,
  input tn_pkg::off8_t vwr_off8_i,
  input tn_pkg::prow_t twr_prow_i,
  input tn_pkg::off8_t twr_off8_i,
  input logic dwr_go,
  input logic [NumBanks-1:0] dwr_banks,
  input logic [LaneW-1:0] dwr_lane_i,
  input tn_pkg::prow_t dwr_prow_i,
  input logic [WordW-1:0] dwr_word_i,
  input logic [1:0] dwr_rows_log2_i,
  input logic [1:0] dwr_part_i,
  input logic [BusBytes*8-1:0] dwr_data_i,
  input logic [BusBytes-1:0] dwr_be_i
);

  logic [7:0] unused_memory;
  logic       unused_lanes;

  tn_sbuf_checker #(
    .Rows(Partitions / Lanes), .Words(SbufBytes / 8), .NumBanks(NumBanks), .LaneW(LaneW)
  ) u_memory (
    .clk_i, .rst_ni,
    .mov_banks_i(mov_banks), .mov_prow_i, .mov_off8_i, .mov_data_i(mov_data_o[0]),
    .sta_banks_i(sta_go ? sta_banks : '0), .sta_prow_i, .sta_off8_i, .sta_data_i(sta_data_o[0]),
    .vrd_banks_i(vrd_go ? vrd_banks : '0), .vrd_prow_i, .vrd_off8_i, .vrd_data_i(vrd_data_o[0]),
    .drd_valid_i, .drd_ready_i(drd_grant), .drd_banks_i(drd_banks), .drd_lane_i, .drd_prow_i,
    .drd_word_i, .drd_rows_log2_i, .drd_part_i, .drd_data_i(drd_data_o),
    .ewr_banks_i(ewr_banks), .ewr_prow_i(twr_go ? twr_prow_i : vwr_prow_i),
    .ewr_off8_i(twr_go ? twr_off8_i : vwr_off8_i), .ewr_data_i(ewr_data[0]), .ewr_be_i(ewr_be[0]),
    .dwr_banks_i(dwr_go ? dwr_banks : '0), .dwr_lane_i, .dwr_prow_i, .dwr_word_i,
    .dwr_rows_log2_i, .dwr_part_i, .dwr_data_i, .dwr_be_i,
    .broken_o(unused_memory)
  );

  assign unused_lanes = ^{mov_data_o, sta_data_o, vrd_data_o, ewr_data, ewr_be};

endmodule

bind tn_sbuf tn_sbuf_checks #(.Partitions(Partitions), .Lanes(Lanes), .BusBytes(BusBytes), .SbufBytes(SbufBytes), .LaneW(LaneW), .WordW(WordW)) u_checks (.*);
