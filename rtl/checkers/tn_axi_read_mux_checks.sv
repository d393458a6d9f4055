// SPDX-License-Identifier: Apache-2.0
//
// tn_axi_read_mux_checks: the AXI read checker on every tn_axi_read_mux, and its streams to the
// clients. Simulation only.
module tn_axi_read_mux_checks #(
  parameter int unsigned BusBytes = 64
) (
  input logic                  clk_i,
  input logic                  rst_ni,
  input logic                  fetch_r_valid_o,
  input logic                  fetch_r_ready_i,
  input logic [BusBytes*8-1:0] fetch_r_data_o,
  input logic                  fetch_r_last_o,
  input logic                  fetch_r_err_o,
  input logic                  dma_r_valid_o,
  input logic                  dma_r_ready_i,
  input logic [BusBytes*8-1:0] dma_r_data_o,
  input logic                  dma_r_last_o,
  input logic                  dma_r_err_o,
  input logic                  m_axi_gmem_arvalid_o,
  input logic                  m_axi_gmem_arready_i,
  input logic [63:0]           m_axi_gmem_araddr_o,
  input logic [0:0]            m_axi_gmem_arid_o,
  input logic [7:0]            m_axi_gmem_arlen_o,
  input logic [2:0]            m_axi_gmem_arsize_o,
  input logic [1:0]            m_axi_gmem_arburst_o,
  input logic                  m_axi_gmem_arlock_o,
  input logic [3:0]            m_axi_gmem_arcache_o,
  input logic [2:0]            m_axi_gmem_arprot_o,
  input logic [3:0]            m_axi_gmem_arqos_o,
  input logic [3:0]            m_axi_gmem_arregion_o,
  input logic                  m_axi_gmem_rvalid_i,
  input logic                  m_axi_gmem_rready_o,
  input logic [BusBytes*8-1:0] m_axi_gmem_rdata_i,
  input logic                  m_axi_gmem_rlast_i,
  input logic [0:0]            m_axi_gmem_rid_i,
  input logic [1:0]            m_axi_gmem_rresp_i
);

  // DMA asks for 16 beats at most, the fetcher for 16 lines of 64 bytes.
  localparam int unsigned MaxBeats = (BusBytes < 64) ? 16 * 64 / BusBytes : 16;

  logic [22:0] unused_broken;
  logic [3:0]  unused_fetch_r, unused_dma_r;

  tn_axi_read_checker #(
    .BusBytes(BusBytes), .MaxBeats(MaxBeats)
  ) u_axi (
    .clk_i,
    .rst_ni,
    .arvalid_i (m_axi_gmem_arvalid_o),
    .arready_i (m_axi_gmem_arready_i),
    .araddr_i  (m_axi_gmem_araddr_o),
    .arid_i    (m_axi_gmem_arid_o),
    .arlen_i   (m_axi_gmem_arlen_o),
    .arsize_i  (m_axi_gmem_arsize_o),
    .arburst_i (m_axi_gmem_arburst_o),
    .arlock_i  (m_axi_gmem_arlock_o),
    .arcache_i (m_axi_gmem_arcache_o),
    .arprot_i  (m_axi_gmem_arprot_o),
    .arqos_i   (m_axi_gmem_arqos_o),
    .arregion_i(m_axi_gmem_arregion_o),
    .rvalid_i  (m_axi_gmem_rvalid_i),
    .rready_i  (m_axi_gmem_rready_o),
    .rdata_i   (m_axi_gmem_rdata_i),
    .rid_i     (m_axi_gmem_rid_i),
    .rresp_i   (m_axi_gmem_rresp_i),
    .rlast_i   (m_axi_gmem_rlast_i),
    .broken_o  (unused_broken)
  );

  tn_stream_checker #(
    .Width(BusBytes * 8 + 2)
  ) u_fetch_r (
    .clk_i, .rst_ni, .withdraw_i(1'b0),
    .valid_i(fetch_r_valid_o), .ready_i(fetch_r_ready_i), .data_i({fetch_r_last_o, fetch_r_err_o, fetch_r_data_o}),
    .broken_o(unused_fetch_r)
  );

  tn_stream_checker #(
    .Width(BusBytes * 8 + 2)
  ) u_dma_r (
    .clk_i, .rst_ni, .withdraw_i(1'b0),
    .valid_i(dma_r_valid_o), .ready_i(dma_r_ready_i), .data_i({dma_r_last_o, dma_r_err_o, dma_r_data_o}),
    .broken_o(unused_dma_r)
  );

endmodule

bind tn_axi_read_mux tn_axi_read_mux_checks #(.BusBytes(BusBytes)) u_checks (.*);
