// SPDX-License-Identifier: Apache-2.0
//
// tn_axi_write_mux_checks: the AXI write checker on every tn_axi_write_mux, and its streams to the
// clients. Simulation only.
module tn_axi_write_mux_checks #(
  parameter int unsigned BusBytes = 64
) (
  input logic                  clk_i,
  input logic                  rst_ni,
  input logic                  record_b_valid_o,
  input logic                  record_b_ready_i,
  input logic                  record_b_err_o,
  input logic                  dma_b_valid_o,
  input logic                  dma_b_ready_i,
  input logic                  dma_b_err_o,
  input logic                  trace_b_valid_o,
  input logic                  trace_b_ready_i,
  input logic                  trace_b_err_o,
  input logic                  m_axi_gmem_awvalid_o,
  input logic                  m_axi_gmem_awready_i,
  input logic [63:0]           m_axi_gmem_awaddr_o,
  input logic [0:0]            m_axi_gmem_awid_o,
  input logic [7:0]            m_axi_gmem_awlen_o,
  input logic [2:0]            m_axi_gmem_awsize_o,
  input logic [1:0]            m_axi_gmem_awburst_o,
  input logic                  m_axi_gmem_awlock_o,
  input logic [3:0]            m_axi_gmem_awcache_o,
  input logic [2:0]            m_axi_gmem_awprot_o,
  input logic [3:0]            m_axi_gmem_awqos_o,
  input logic [3:0]            m_axi_gmem_awregion_o,
  input logic                  m_axi_gmem_wvalid_o,
  input logic                  m_axi_gmem_wready_i,
  input logic [BusBytes*8-1:0] m_axi_gmem_wdata_o,
  input logic [BusBytes-1:0]   m_axi_gmem_wstrb_o,
  input logic                  m_axi_gmem_wlast_o,
  input logic                  m_axi_gmem_bvalid_i,
  input logic                  m_axi_gmem_bready_o,
  input logic [0:0]            m_axi_gmem_bid_i,
  input logic [1:0]            m_axi_gmem_bresp_i
);

  logic [28:0] unused_broken;
  logic [3:0]  unused_record_b, unused_dma_b, unused_trace_b;

  tn_axi_write_checker #(
    .BusBytes(BusBytes)
  ) u_axi (
    .clk_i,
    .rst_ni,
    .awvalid_i (m_axi_gmem_awvalid_o),
    .awready_i (m_axi_gmem_awready_i),
    .awaddr_i  (m_axi_gmem_awaddr_o),
    .awid_i    (m_axi_gmem_awid_o),
    .awlen_i   (m_axi_gmem_awlen_o),
    .awsize_i  (m_axi_gmem_awsize_o),
    .awburst_i (m_axi_gmem_awburst_o),
    .awlock_i  (m_axi_gmem_awlock_o),
    .awcache_i (m_axi_gmem_awcache_o),
    .awprot_i  (m_axi_gmem_awprot_o),
    .awqos_i   (m_axi_gmem_awqos_o),
    .awregion_i(m_axi_gmem_awregion_o),
    .wvalid_i  (m_axi_gmem_wvalid_o),
    .wready_i  (m_axi_gmem_wready_i),
    .wdata_i   (m_axi_gmem_wdata_o),
    .wstrb_i   (m_axi_gmem_wstrb_o),
    .wlast_i   (m_axi_gmem_wlast_o),
    .bvalid_i  (m_axi_gmem_bvalid_i),
    .bready_i  (m_axi_gmem_bready_o),
    .bid_i     (m_axi_gmem_bid_i),
    .bresp_i   (m_axi_gmem_bresp_i),
    .broken_o  (unused_broken)
  );

  tn_stream_checker #(
    .Width(1)
  ) u_record_b (
    .clk_i, .rst_ni, .withdraw_i(1'b0),
    .valid_i(record_b_valid_o), .ready_i(record_b_ready_i), .data_i(record_b_err_o),
    .broken_o(unused_record_b)
  );

  tn_stream_checker #(
    .Width(1)
  ) u_dma_b (
    .clk_i, .rst_ni, .withdraw_i(1'b0),
    .valid_i(dma_b_valid_o), .ready_i(dma_b_ready_i), .data_i(dma_b_err_o),
    .broken_o(unused_dma_b)
  );

  tn_stream_checker #(
    .Width(1)
  ) u_trace_b (
    .clk_i, .rst_ni, .withdraw_i(1'b0),
    .valid_i(trace_b_valid_o), .ready_i(trace_b_ready_i), .data_i(trace_b_err_o),
    .broken_o(unused_trace_b)
  );

endmodule

bind tn_axi_write_mux tn_axi_write_mux_checks #(.BusBytes(BusBytes)) u_checks (.*);
