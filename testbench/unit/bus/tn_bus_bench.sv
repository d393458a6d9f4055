// SPDX-License-Identifier: Apache-2.0
//
// tn_bus_bench: both AXI muxes on one bus, for the bus bench. Clients are packed:
// index 0 is the one that goes first.
module tn_bus_bench #(
  parameter int unsigned BusBytes = 64
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,

  input  logic [1:0]                 c_ar_valid_i,
  output logic [1:0]                 c_ar_ready_o,
  input  logic [1:0][63:0]           c_ar_addr_i,
  input  logic [1:0][7:0]            c_ar_len_i,
  output logic [1:0]                 c_r_valid_o,
  input  logic [1:0]                 c_r_ready_i,
  output logic [1:0][BusBytes*8-1:0] c_r_data_o,
  output logic [1:0]                 c_r_last_o,
  output logic [1:0]                 c_r_err_o,
  input  logic [2:0]                 c_aw_valid_i,
  output logic [2:0]                 c_aw_ready_o,
  input  logic [2:0][63:0]           c_aw_addr_i,
  input  logic [2:0][7:0]            c_aw_len_i,
  input  logic [2:0]                 c_w_valid_i,
  output logic [2:0]                 c_w_ready_o,
  input  logic [2:0][BusBytes*8-1:0] c_w_data_i,
  input  logic [2:0][BusBytes-1:0]   c_w_strb_i,
  input  logic [2:0]                 c_w_last_i,
  output logic [2:0]                 c_b_valid_o,
  input  logic [2:0]                 c_b_ready_i,
  output logic [2:0]                 c_b_err_o,

  output logic                       arvalid_o,
  input  logic                       arready_i,
  output logic [63:0]                araddr_o,
  output logic [0:0]                 arid_o,
  output logic [7:0]                 arlen_o,
  input  logic                       rvalid_i,
  output logic                       rready_o,
  input  logic [BusBytes*8-1:0]      rdata_i,
  input  logic [0:0]                 rid_i,
  input  logic [1:0]                 rresp_i,
  input  logic                       rlast_i,
  output logic                       awvalid_o,
  input  logic                       awready_i,
  output logic [63:0]                awaddr_o,
  output logic [0:0]                 awid_o,
  output logic [7:0]                 awlen_o,
  output logic                       wvalid_o,
  input  logic                       wready_i,
  output logic [BusBytes*8-1:0]      wdata_o,
  output logic [BusBytes-1:0]        wstrb_o,
  output logic                       wlast_o,
  input  logic                       bvalid_i,
  output logic                       bready_o,
  input  logic [0:0]                 bid_i,
  input  logic [1:0]                 bresp_i,

  output logic [3:0]                 cache_o,   // what both address channels must say
  output logic [11:0]                zeros_o
);

  logic [2:0] arsize, awsize, arprot, awprot;
  logic [1:0] arburst, awburst;
  logic [3:0] arcache, awcache, arqos, awqos, arregion, awregion;
  logic       arlock, awlock;

  assign cache_o = arcache & awcache;
  assign zeros_o = {arprot | awprot, arqos | awqos, arregion | awregion, arlock | awlock};

  tn_axi_read_mux #(
    .BusBytes(BusBytes)
  ) u_read_mux (
    .clk_i, .rst_ni,
    .fetch_ar_valid_i(c_ar_valid_i[0]), .fetch_ar_ready_o(c_ar_ready_o[0]),
    .fetch_ar_addr_i(c_ar_addr_i[0]), .fetch_ar_len_i(c_ar_len_i[0]),
    .fetch_r_valid_o(c_r_valid_o[0]), .fetch_r_ready_i(c_r_ready_i[0]),
    .fetch_r_data_o(c_r_data_o[0]), .fetch_r_last_o(c_r_last_o[0]), .fetch_r_err_o(c_r_err_o[0]),
    .dma_ar_valid_i(c_ar_valid_i[1]), .dma_ar_ready_o(c_ar_ready_o[1]),
    .dma_ar_addr_i(c_ar_addr_i[1]), .dma_ar_len_i(c_ar_len_i[1]),
    .dma_r_valid_o(c_r_valid_o[1]), .dma_r_ready_i(c_r_ready_i[1]),
    .dma_r_data_o(c_r_data_o[1]), .dma_r_last_o(c_r_last_o[1]), .dma_r_err_o(c_r_err_o[1]),
    .m_axi_gmem_arvalid_o(arvalid_o), .m_axi_gmem_arready_i(arready_i),
    .m_axi_gmem_araddr_o(araddr_o), .m_axi_gmem_arid_o(arid_o), .m_axi_gmem_arlen_o(arlen_o),
    .m_axi_gmem_arsize_o(arsize), .m_axi_gmem_arburst_o(arburst), .m_axi_gmem_arlock_o(arlock),
    .m_axi_gmem_arcache_o(arcache), .m_axi_gmem_arprot_o(arprot), .m_axi_gmem_arqos_o(arqos),
    .m_axi_gmem_arregion_o(arregion),
    .m_axi_gmem_rvalid_i(rvalid_i), .m_axi_gmem_rready_o(rready_o), .m_axi_gmem_rdata_i(rdata_i),
    .m_axi_gmem_rlast_i(rlast_i), .m_axi_gmem_rid_i(rid_i), .m_axi_gmem_rresp_i(rresp_i)
  );

  tn_axi_write_mux #(
    .BusBytes(BusBytes)
  ) u_write_mux (
    .clk_i, .rst_ni,
    .record_aw_valid_i(c_aw_valid_i[0]), .record_aw_ready_o(c_aw_ready_o[0]),
    .record_aw_addr_i(c_aw_addr_i[0]), .record_aw_len_i(c_aw_len_i[0]),
    .record_w_valid_i(c_w_valid_i[0]), .record_w_ready_o(c_w_ready_o[0]),
    .record_w_data_i(c_w_data_i[0]), .record_w_strb_i(c_w_strb_i[0]),
    .record_w_last_i(c_w_last_i[0]), .record_b_valid_o(c_b_valid_o[0]),
    .record_b_ready_i(c_b_ready_i[0]), .record_b_err_o(c_b_err_o[0]),
    .dma_aw_valid_i(c_aw_valid_i[1]), .dma_aw_ready_o(c_aw_ready_o[1]),
    .dma_aw_addr_i(c_aw_addr_i[1]), .dma_aw_len_i(c_aw_len_i[1]),
    .dma_w_valid_i(c_w_valid_i[1]), .dma_w_ready_o(c_w_ready_o[1]),
    .dma_w_data_i(c_w_data_i[1]), .dma_w_strb_i(c_w_strb_i[1]), .dma_w_last_i(c_w_last_i[1]),
    .dma_b_valid_o(c_b_valid_o[1]), .dma_b_ready_i(c_b_ready_i[1]), .dma_b_err_o(c_b_err_o[1]),
    .trace_aw_valid_i(c_aw_valid_i[2]), .trace_aw_ready_o(c_aw_ready_o[2]),
    .trace_aw_addr_i(c_aw_addr_i[2]), .trace_aw_len_i(c_aw_len_i[2]),
    .trace_w_valid_i(c_w_valid_i[2]), .trace_w_ready_o(c_w_ready_o[2]),
    .trace_w_data_i(c_w_data_i[2]), .trace_w_strb_i(c_w_strb_i[2]),
    .trace_w_last_i(c_w_last_i[2]), .trace_b_valid_o(c_b_valid_o[2]),
    .trace_b_ready_i(c_b_ready_i[2]), .trace_b_err_o(c_b_err_o[2]),
    .m_axi_gmem_awvalid_o(awvalid_o), .m_axi_gmem_awready_i(awready_i),
    .m_axi_gmem_awaddr_o(awaddr_o), .m_axi_gmem_awid_o(awid_o), .m_axi_gmem_awlen_o(awlen_o),
    .m_axi_gmem_awsize_o(awsize), .m_axi_gmem_awburst_o(awburst), .m_axi_gmem_awlock_o(awlock),
    .m_axi_gmem_awcache_o(awcache), .m_axi_gmem_awprot_o(awprot), .m_axi_gmem_awqos_o(awqos),
    .m_axi_gmem_awregion_o(awregion),
    .m_axi_gmem_wvalid_o(wvalid_o), .m_axi_gmem_wready_i(wready_i), .m_axi_gmem_wdata_o(wdata_o),
    .m_axi_gmem_wstrb_o(wstrb_o), .m_axi_gmem_wlast_o(wlast_o),
    .m_axi_gmem_bvalid_i(bvalid_i), .m_axi_gmem_bready_o(bready_o), .m_axi_gmem_bid_i(bid_i),
    .m_axi_gmem_bresp_i(bresp_i)
  );

  logic unused_shape;
  assign unused_shape = ^{arsize, awsize, arburst, awburst};  // the checkers look at them

endmodule
