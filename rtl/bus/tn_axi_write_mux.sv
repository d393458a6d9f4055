// SPDX-License-Identifier: Apache-2.0
//
// tn_axi_write_mux: two write clients on the write channels of one AXI4 master.
//
// Client `record` (the completion record) has ID 0 and goes first, client `dma` has ID 1. Data of a
// burst follow its address: a beat is offered only after the slave has taken the address, bursts in
// the order of their addresses. Address and data pass a register (wready to the clients comes from
// one). Up to eight bursts may have their addresses taken and data outstanding. Responses are routed
// by BID.
module tn_axi_write_mux #(
  parameter int unsigned BusBytes = 64
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  record_aw_valid_i,
  output logic                  record_aw_ready_o,
  input  logic [63:0]           record_aw_addr_i,
  input  logic [7:0]            record_aw_len_i,   // beats - 1
  input  logic                  record_w_valid_i,
  output logic                  record_w_ready_o,
  input  logic [BusBytes*8-1:0] record_w_data_i,
  input  logic [BusBytes-1:0]   record_w_strb_i,
  input  logic                  record_w_last_i,
  output logic                  record_b_valid_o,
  input  logic                  record_b_ready_i,
  output logic                  record_b_err_o,    // SLVERR or DECERR

  input  logic                  dma_aw_valid_i,
  output logic                  dma_aw_ready_o,
  input  logic [63:0]           dma_aw_addr_i,
  input  logic [7:0]            dma_aw_len_i,
  input  logic                  dma_w_valid_i,
  output logic                  dma_w_ready_o,
  input  logic [BusBytes*8-1:0] dma_w_data_i,
  input  logic [BusBytes-1:0]   dma_w_strb_i,
  input  logic                  dma_w_last_i,
  output logic                  dma_b_valid_o,
  input  logic                  dma_b_ready_i,
  output logic                  dma_b_err_o,

  output logic                  m_axi_gmem_awvalid_o,
  input  logic                  m_axi_gmem_awready_i,
  output logic [63:0]           m_axi_gmem_awaddr_o,
  output logic [0:0]            m_axi_gmem_awid_o,
  output logic [7:0]            m_axi_gmem_awlen_o,
  output logic [2:0]            m_axi_gmem_awsize_o,
  output logic [1:0]            m_axi_gmem_awburst_o,
  output logic                  m_axi_gmem_awlock_o,
  output logic [3:0]            m_axi_gmem_awcache_o,
  output logic [2:0]            m_axi_gmem_awprot_o,
  output logic [3:0]            m_axi_gmem_awqos_o,
  output logic [3:0]            m_axi_gmem_awregion_o,
  output logic                  m_axi_gmem_wvalid_o,
  input  logic                  m_axi_gmem_wready_i,
  output logic [BusBytes*8-1:0] m_axi_gmem_wdata_o,
  output logic [BusBytes-1:0]   m_axi_gmem_wstrb_o,
  output logic                  m_axi_gmem_wlast_o,
  input  logic                  m_axi_gmem_bvalid_i,
  output logic                  m_axi_gmem_bready_o,
  input  logic [0:0]            m_axi_gmem_bid_i,
  input  logic [1:0]            m_axi_gmem_bresp_i
);

  if (BusBytes < 8 || BusBytes > 128 || (BusBytes & (BusBytes - 1)) != 0) begin : gen_check_bus
    $fatal(1, "tn_axi_write_mux: BusBytes (%0d) must be a power of two, 8 to 128", BusBytes);
  end

  localparam int unsigned OrderDepth = 8;  // bursts whose data are still to be sent

  // ---------------------------------------------------------------------------------- address
  logic        aw_valid_q, aw_id_q;
  logic [63:0] aw_addr_q;
  logic [7:0]  aw_len_q;
  logic        aw_free, aw_taken, order_ready;

  assign aw_taken          = aw_valid_q && m_axi_gmem_awready_i;
  assign aw_free           = (!aw_valid_q || m_axi_gmem_awready_i) && order_ready;
  assign record_aw_ready_o = aw_free;
  assign dma_aw_ready_o    = aw_free && !record_aw_valid_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_valid_q <= 1'b0;
    end else if (aw_free) begin
      aw_valid_q <= record_aw_valid_i || dma_aw_valid_i;
    end else if (aw_taken) begin
      aw_valid_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (aw_free) begin
      aw_id_q   <= !record_aw_valid_i;
      aw_addr_q <= record_aw_valid_i ? record_aw_addr_i : dma_aw_addr_i;
      aw_len_q  <= record_aw_valid_i ? record_aw_len_i : dma_aw_len_i;
    end
  end

  assign m_axi_gmem_awvalid_o  = aw_valid_q;
  assign m_axi_gmem_awaddr_o   = aw_addr_q;
  assign m_axi_gmem_awid_o     = aw_id_q;
  assign m_axi_gmem_awlen_o    = aw_len_q;
  assign m_axi_gmem_awsize_o   = 3'($clog2(BusBytes));
  assign m_axi_gmem_awburst_o  = 2'b01;    // INCR
  assign m_axi_gmem_awlock_o   = 1'b0;
  assign m_axi_gmem_awcache_o  = 4'b0011;  // normal, non-cacheable, bufferable
  assign m_axi_gmem_awprot_o   = 3'b000;
  assign m_axi_gmem_awqos_o    = 4'b0000;
  assign m_axi_gmem_awregion_o = 4'b0000;

  // ------------------------------------------------- data, in the order of the addresses taken
  logic order_valid, order_id, order_pop, unused_order_ready;
  logic [$clog2(OrderDepth+1)-1:0] order_count;

  tn_fifo #(
    .Width(1),
    .Depth(OrderDepth)
  ) u_order (
    .clk_i,
    .rst_ni,
    .clear_i    (1'b0),
    .in_valid_i (aw_taken),
    .in_ready_o (unused_order_ready),
    .in_data_i  (aw_id_q),
    .out_valid_o(order_valid),
    .out_ready_i(order_pop),
    .out_data_o (order_id),
    .count_o    (order_count)
  );

  // Room for the burst in the register as well as for the one about to enter it.
  assign order_ready = (32'(order_count) + 32'(aw_valid_q) < OrderDepth);

  logic w_valid, w_ready, w_last;
  logic [BusBytes*8-1:0] w_data;
  logic [BusBytes-1:0]   w_strb;

  assign w_valid          = order_valid && (order_id ? dma_w_valid_i : record_w_valid_i);
  assign w_last           = order_id ? dma_w_last_i : record_w_last_i;
  assign w_data           = order_id ? dma_w_data_i : record_w_data_i;
  assign w_strb           = order_id ? dma_w_strb_i : record_w_strb_i;
  assign record_w_ready_o = w_ready && order_valid && !order_id;
  assign dma_w_ready_o    = w_ready && order_valid && order_id;
  assign order_pop        = w_valid && w_ready && w_last;

  tn_skid #(
    .Width(BusBytes * 9 + 1)
  ) u_w_skid (
    .clk_i,
    .rst_ni,
    .in_valid_i (w_valid),
    .in_ready_o (w_ready),
    .in_data_i  ({w_last, w_strb, w_data}),
    .out_valid_o(m_axi_gmem_wvalid_o),
    .out_ready_i(m_axi_gmem_wready_i),
    .out_data_o ({m_axi_gmem_wlast_o, m_axi_gmem_wstrb_o, m_axi_gmem_wdata_o})
  );

  // --------------------------------------------------------------------------------- response
  assign record_b_valid_o    = m_axi_gmem_bvalid_i && !m_axi_gmem_bid_i;
  assign dma_b_valid_o       = m_axi_gmem_bvalid_i && m_axi_gmem_bid_i;
  assign record_b_err_o      = m_axi_gmem_bresp_i[1];
  assign dma_b_err_o         = m_axi_gmem_bresp_i[1];
  assign m_axi_gmem_bready_o = m_axi_gmem_bid_i ? dma_b_ready_i : record_b_ready_i;

  logic unused_bresp;
  assign unused_bresp = m_axi_gmem_bresp_i[0];  // errors have bit 1 set

endmodule
