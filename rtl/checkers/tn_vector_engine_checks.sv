// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_engine_checks: the streams that leave every tn_vector_engine. Simulation only.
module tn_vector_engine_checks #(
  parameter int unsigned Lanes = 16
) (
  input logic clk_i,
  input logic rst_ni,
  input logic stop_i,
  input logic clear_i,
  input logic upd_valid_o,
  input logic upd_ready_i,
  input tn_pkg::sem_update_t upd_o,
  input logic psum_vrd_valid_o,
  input logic psum_vrd_ready_i,
  input logic [3:0] psum_vrd_bank_o,
  input tn_pkg::prow_t psum_vrd_prow_o,
  input logic [8:0] psum_vrd_index_o,
  input logic sbuf_vrd_valid_o,
  input logic sbuf_vrd_ready_i,
  input tn_pkg::prow_t sbuf_vrd_prow_o,
  input tn_pkg::off8_t sbuf_vrd_off8_o,
  input logic sbuf_vwr_valid_o,
  input logic sbuf_vwr_ready_i,
  input tn_pkg::prow_t sbuf_vwr_prow_o,
  input tn_pkg::off8_t sbuf_vwr_off8_o,
  input logic [Lanes-1:0][63:0] sbuf_vwr_data_o,
  input logic [Lanes-1:0][7:0] sbuf_vwr_be_o
);

  localparam int unsigned AddressW = $bits({sbuf_vwr_prow_o, sbuf_vwr_off8_o});
  logic [3:0] unused_upd;
  logic [3:0] unused_psum_vrd;
  logic [3:0] unused_sbuf_vrd;
  logic [3:0] unused_sbuf_vwr;

  tn_stream_checker #(
    .Width($bits(tn_pkg::sem_update_t))
  ) u_upd (
    .clk_i, .rst_ni, .withdraw_i(stop_i || clear_i),
    .valid_i(upd_valid_o), .ready_i(upd_ready_i), .data_i(upd_o),
    .broken_o(unused_upd)
  );

  tn_stream_checker #(
    .Width($bits({psum_vrd_bank_o, psum_vrd_prow_o, psum_vrd_index_o}))
  ) u_psum_vrd (
    .clk_i, .rst_ni, .withdraw_i(stop_i || clear_i),
    .valid_i(psum_vrd_valid_o), .ready_i(psum_vrd_ready_i), .data_i({psum_vrd_bank_o, psum_vrd_prow_o, psum_vrd_index_o}),
    .broken_o(unused_psum_vrd)
  );

  tn_stream_checker #(
    .Width(AddressW)
  ) u_sbuf_vrd (
    .clk_i, .rst_ni, .withdraw_i(stop_i || clear_i),
    .valid_i(sbuf_vrd_valid_o), .ready_i(sbuf_vrd_ready_i), .data_i({sbuf_vrd_prow_o, sbuf_vrd_off8_o}),
    .broken_o(unused_sbuf_vrd)
  );

  tn_stream_checker #(
    .Width(AddressW + 72 * Lanes)
  ) u_sbuf_vwr (
    .clk_i, .rst_ni, .withdraw_i(1'b0),
    .valid_i(sbuf_vwr_valid_o), .ready_i(sbuf_vwr_ready_i), .data_i({sbuf_vwr_prow_o, sbuf_vwr_off8_o, sbuf_vwr_be_o, sbuf_vwr_data_o}),
    .broken_o(unused_sbuf_vwr)
  );

endmodule

bind tn_vector_engine tn_vector_engine_checks #(.Lanes(Lanes)) u_checks (.*);
