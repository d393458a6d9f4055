// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_checks: the streams that leave every tn_dma. Simulation only.
module tn_dma_checks #(
  parameter int unsigned Lanes    = 16,
  parameter int unsigned BusBytes = 64,
  parameter int unsigned LaneW    = 4,
  parameter int unsigned WordW    = 8
) (
  input logic clk_i,
  input logic rst_ni,
  input logic stop_i,
  input logic clear_i,
  input logic [2:0] fault_valid_o,
  input logic [2:0] upd_valid_o,
  input logic [2:0] upd_ready_i,
  input tn_pkg::sem_update_t [2:0] upd_o,
  input logic ar_valid_o,
  input logic ar_ready_i,
  input logic [63:0] ar_addr_o,
  input logic [7:0] ar_len_o,
  input logic aw_valid_o,
  input logic aw_ready_i,
  input logic [63:0] aw_addr_o,
  input logic [7:0] aw_len_o,
  input logic w_valid_o,
  input logic w_ready_i,
  input logic [BusBytes*8-1:0] w_data_o,
  input logic [BusBytes-1:0] w_strb_o,
  input logic w_last_o,
  input logic drd_valid_o,
  input logic drd_ready_i,
  input logic [LaneW-1:0] drd_lane_o,
  input tn_pkg::prow_t drd_prow_o,
  input logic [WordW-1:0] drd_word_o,
  input logic [1:0] drd_rows_log2_o,
  input logic [1:0] drd_part_o,
  input logic dwr_valid_o,
  input logic dwr_ready_i,
  input logic [LaneW-1:0] dwr_lane_o,
  input tn_pkg::prow_t dwr_prow_o,
  input logic [WordW-1:0] dwr_word_o,
  input logic [1:0] dwr_rows_log2_o,
  input logic [1:0] dwr_part_o,
  input logic [BusBytes*8-1:0] dwr_data_o,
  input logic [BusBytes-1:0] dwr_be_o,
  input logic twr_valid_o,
  input logic twr_ready_i,
  input tn_pkg::prow_t twr_prow_o,
  input tn_pkg::off8_t twr_off8_o,
  input logic [Lanes-1:0][63:0] twr_data_o,
  input logic [Lanes-1:0][7:0] twr_be_o
);

  localparam int unsigned PlaceW = $bits({drd_lane_o, drd_prow_o, drd_word_o, drd_rows_log2_o, drd_part_o});
  logic [2:0][3:0] unused_upd;
  logic [3:0] unused_ar;
  logic [3:0] unused_aw;
  logic [3:0] unused_w;
  logic [3:0] unused_drd;
  logic [3:0] unused_dwr;
  logic [3:0] unused_twr;

  // A queue that stops takes back what it offers, but not a beat to the bus.
  logic halt;
  assign halt = stop_i || clear_i || fault_valid_o != '0;

  for (genvar q = 0; q < 3; q++) begin : gen_queue
    tn_stream_checker #(
      .Width($bits(tn_pkg::sem_update_t))
    ) u_upd (
      .clk_i, .rst_ni, .withdraw_i(halt),
      .valid_i(upd_valid_o[q]), .ready_i(upd_ready_i[q]), .data_i(upd_o[q]),
      .broken_o(unused_upd[q])
    );
  end

  tn_stream_checker #(
    .Width(72)
  ) u_ar (
    .clk_i, .rst_ni, .withdraw_i(halt),
    .valid_i(ar_valid_o), .ready_i(ar_ready_i), .data_i({ar_len_o, ar_addr_o}),
    .broken_o(unused_ar)
  );

  tn_stream_checker #(
    .Width(72)
  ) u_aw (
    .clk_i, .rst_ni, .withdraw_i(halt),
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

  tn_stream_checker #(
    .Width(PlaceW)
  ) u_drd (
    .clk_i, .rst_ni, .withdraw_i(halt),
    .valid_i(drd_valid_o), .ready_i(drd_ready_i), .data_i({drd_lane_o, drd_prow_o, drd_word_o, drd_rows_log2_o, drd_part_o}),
    .broken_o(unused_drd)
  );

  tn_stream_checker #(
    .Width(PlaceW + BusBytes * 9)
  ) u_dwr (
    .clk_i, .rst_ni, .withdraw_i(halt),
    .valid_i(dwr_valid_o), .ready_i(dwr_ready_i), .data_i({dwr_lane_o, dwr_prow_o, dwr_word_o, dwr_rows_log2_o, dwr_part_o, dwr_be_o, dwr_data_o}),
    .broken_o(unused_dwr)
  );

  tn_stream_checker #(
    .Width($bits({twr_prow_o, twr_off8_o, twr_be_o, twr_data_o}))
  ) u_twr (
    .clk_i, .rst_ni, .withdraw_i(halt),
    .valid_i(twr_valid_o), .ready_i(twr_ready_i), .data_i({twr_prow_o, twr_off8_o, twr_be_o, twr_data_o}),
    .broken_o(unused_twr)
  );

endmodule

bind tn_dma tn_dma_checks #(.Lanes(Lanes), .BusBytes(BusBytes), .LaneW(LaneW), .WordW(WordW)) u_checks (.*);
