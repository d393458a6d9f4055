// SPDX-License-Identifier: Apache-2.0
//
// tn_axi_read_mux: two read clients on the read channels of one AXI4 master.
//
// Client `fetch` (instructions and records) has ID 0 and goes first, client `dma` has ID 1: what the
// core does next never waits behind bulk data. Addresses pass one register, data one skid buffer
// (rready comes from a register); data are routed by RID, so a slave may reorder and interleave the
// two IDs. Bursts are INCR of whole beats; a client asks for nothing that crosses 4 KiB.
// A client that does not take its data holds up the other: both always take theirs in the end.
module tn_axi_read_mux #(
  parameter int unsigned BusBytes = 64
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  fetch_ar_valid_i,
  output logic                  fetch_ar_ready_o,
  input  logic [63:0]           fetch_ar_addr_i,
  input  logic [7:0]            fetch_ar_len_i,   // beats - 1
  output logic                  fetch_r_valid_o,
  input  logic                  fetch_r_ready_i,
  output logic [BusBytes*8-1:0] fetch_r_data_o,
  output logic                  fetch_r_last_o,
  output logic                  fetch_r_err_o,    // SLVERR or DECERR

  input  logic                  dma_ar_valid_i,
  output logic                  dma_ar_ready_o,
  input  logic [63:0]           dma_ar_addr_i,
  input  logic [7:0]            dma_ar_len_i,
  output logic                  dma_r_valid_o,
  input  logic                  dma_r_ready_i,
  output logic [BusBytes*8-1:0] dma_r_data_o,
  output logic                  dma_r_last_o,
  output logic                  dma_r_err_o,

  output logic                  m_axi_gmem_arvalid_o,
  input  logic                  m_axi_gmem_arready_i,
  output logic [63:0]           m_axi_gmem_araddr_o,
  output logic [0:0]            m_axi_gmem_arid_o,
  output logic [7:0]            m_axi_gmem_arlen_o,
  output logic [2:0]            m_axi_gmem_arsize_o,
  output logic [1:0]            m_axi_gmem_arburst_o,
  output logic                  m_axi_gmem_arlock_o,
  output logic [3:0]            m_axi_gmem_arcache_o,
  output logic [2:0]            m_axi_gmem_arprot_o,
  output logic [3:0]            m_axi_gmem_arqos_o,
  output logic [3:0]            m_axi_gmem_arregion_o,
  input  logic                  m_axi_gmem_rvalid_i,
  output logic                  m_axi_gmem_rready_o,
  input  logic [BusBytes*8-1:0] m_axi_gmem_rdata_i,
  input  logic                  m_axi_gmem_rlast_i,
  input  logic [0:0]            m_axi_gmem_rid_i,
  input  logic [1:0]            m_axi_gmem_rresp_i
);

  if (BusBytes < 8 || BusBytes > 128 || (BusBytes & (BusBytes - 1)) != 0) begin : gen_check_bus
    $fatal(1, "tn_axi_read_mux: BusBytes (%0d) must be a power of two, 8 to 128", BusBytes);
  end

  // ---------------------------------------------------------------------------------- address
  logic        ar_valid_q, ar_id_q;
  logic [63:0] ar_addr_q;
  logic [7:0]  ar_len_q;
  logic        ar_free;

  assign ar_free          = !ar_valid_q || m_axi_gmem_arready_i;
  assign fetch_ar_ready_o = ar_free;
  assign dma_ar_ready_o   = ar_free && !fetch_ar_valid_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ar_valid_q <= 1'b0;
    end else if (ar_free) begin
      ar_valid_q <= fetch_ar_valid_i || dma_ar_valid_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (ar_free) begin
      ar_id_q   <= !fetch_ar_valid_i;
      ar_addr_q <= fetch_ar_valid_i ? fetch_ar_addr_i : dma_ar_addr_i;
      ar_len_q  <= fetch_ar_valid_i ? fetch_ar_len_i : dma_ar_len_i;
    end
  end

  assign m_axi_gmem_arvalid_o  = ar_valid_q;
  assign m_axi_gmem_araddr_o   = ar_addr_q;
  assign m_axi_gmem_arid_o     = ar_id_q;
  assign m_axi_gmem_arlen_o    = ar_len_q;
  assign m_axi_gmem_arsize_o   = 3'($clog2(BusBytes));
  assign m_axi_gmem_arburst_o  = 2'b01;    // INCR
  assign m_axi_gmem_arlock_o   = 1'b0;
  assign m_axi_gmem_arcache_o  = 4'b0011;  // normal, non-cacheable, bufferable
  assign m_axi_gmem_arprot_o   = 3'b000;
  assign m_axi_gmem_arqos_o    = 4'b0000;
  assign m_axi_gmem_arregion_o = 4'b0000;

  // ------------------------------------------------------------------------------------- data
  logic r_valid, r_ready, r_id, r_last, r_err;
  logic [BusBytes*8-1:0] r_data;

  tn_skid #(
    .Width(BusBytes * 8 + 3)
  ) u_r_skid (
    .clk_i,
    .rst_ni,
    .in_valid_i (m_axi_gmem_rvalid_i),
    .in_ready_o (m_axi_gmem_rready_o),
    .in_data_i  ({m_axi_gmem_rid_i, m_axi_gmem_rresp_i[1], m_axi_gmem_rlast_i, m_axi_gmem_rdata_i}),
    .out_valid_o(r_valid),
    .out_ready_i(r_ready),
    .out_data_o ({r_id, r_err, r_last, r_data})
  );

  assign r_ready         = r_id ? dma_r_ready_i : fetch_r_ready_i;
  assign fetch_r_valid_o = r_valid && !r_id;
  assign dma_r_valid_o   = r_valid && r_id;
  assign fetch_r_data_o  = r_data;
  assign fetch_r_last_o  = r_last;
  assign fetch_r_err_o   = r_err;
  assign dma_r_data_o    = r_data;
  assign dma_r_last_o    = r_last;
  assign dma_r_err_o     = r_err;

  logic unused_rresp;
  assign unused_rresp = m_axi_gmem_rresp_i[0];  // errors have bit 1 set; EXOKAY is as good as OKAY

endmodule
