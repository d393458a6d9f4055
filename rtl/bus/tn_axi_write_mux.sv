// SPDX-License-Identifier: Apache-2.0
//
// tn_axi_write_mux: three write clients on the write channels of one AXI4 master.
//
// Client `record` (the completion record) goes first, then `dma`, then `trace`; but after TraceTurn
// bursts of DMA that passed it, a line of the trace goes before the next. DMA has ID 1; record and
// trace share ID 0, whose responses come in the order of the addresses. Data of a burst follow its
// address: a beat is offered only after the slave has taken the address, bursts in the order of
// their addresses. Address and data pass a register (wready to the clients comes from one). Up to
// eight bursts may have their addresses taken and data outstanding, up to sixteen of ID 0 wait for
// their responses.
module tn_axi_write_mux #(
  parameter int unsigned BusBytes  = 64,
  parameter int unsigned TraceTurn = 8
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

  input  logic                  trace_aw_valid_i,
  output logic                  trace_aw_ready_o,
  input  logic [63:0]           trace_aw_addr_i,
  input  logic [7:0]            trace_aw_len_i,
  input  logic                  trace_w_valid_i,
  output logic                  trace_w_ready_o,
  input  logic [BusBytes*8-1:0] trace_w_data_i,
  input  logic [BusBytes-1:0]   trace_w_strb_i,
  input  logic                  trace_w_last_i,
  output logic                  trace_b_valid_o,
  input  logic                  trace_b_ready_i,
  output logic                  trace_b_err_o,

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

  localparam int unsigned OpenDepth = 16;  // bursts of ID 0 without a response

  typedef enum logic [1:0] {
    ClientRecord = 2'd0,
    ClientDma    = 2'd1,
    ClientTrace  = 2'd2
  } client_e;

  // ---------------------------------------------------------------------------------- address
  localparam int unsigned TurnW = $clog2(TraceTurn + 1);
  logic             aw_valid_q;
  client_e          aw_client_q, aw_client;
  logic [63:0]      aw_addr_q;
  logic [7:0]       aw_len_q;
  logic             aw_free, aw_taken, aw_wanted, order_ready, open_ready;
  logic [TurnW-1:0] passed_q;  // bursts of DMA that went before the line of the trace

  assign aw_taken = aw_valid_q && m_axi_gmem_awready_i;
  assign aw_free  = (!aw_valid_q || m_axi_gmem_awready_i) && order_ready;

  always_comb begin
    aw_wanted = 1'b1;
    if (record_aw_valid_i && open_ready) aw_client = ClientRecord;
    else if (trace_aw_valid_i && open_ready && (!dma_aw_valid_i || passed_q == TurnW'(TraceTurn)))
      aw_client = ClientTrace;
    else begin
      aw_client = ClientDma;
      aw_wanted = dma_aw_valid_i;
    end
  end

  assign record_aw_ready_o = aw_free && open_ready;
  assign dma_aw_ready_o    = aw_free && aw_client == ClientDma;
  assign trace_aw_ready_o  = aw_free && aw_client == ClientTrace;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_valid_q <= 1'b0;
      passed_q   <= '0;
    end else begin
      if (aw_free) aw_valid_q <= aw_wanted;
      else if (aw_taken) aw_valid_q <= 1'b0;
      if (!trace_aw_valid_i || (aw_free && aw_client == ClientTrace)) passed_q <= '0;
      else if (aw_free && aw_client == ClientDma && dma_aw_valid_i && passed_q != TurnW'(TraceTurn))
        passed_q <= passed_q + TurnW'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (aw_free) begin
      aw_client_q <= aw_client;
      aw_addr_q   <= aw_client == ClientRecord ? record_aw_addr_i :
                     aw_client == ClientDma ? dma_aw_addr_i : trace_aw_addr_i;
      aw_len_q    <= aw_client == ClientRecord ? record_aw_len_i :
                     aw_client == ClientDma ? dma_aw_len_i : trace_aw_len_i;
    end
  end

  assign m_axi_gmem_awvalid_o  = aw_valid_q;
  assign m_axi_gmem_awaddr_o   = aw_addr_q;
  assign m_axi_gmem_awid_o     = aw_client_q == ClientDma;
  assign m_axi_gmem_awlen_o    = aw_len_q;
  assign m_axi_gmem_awsize_o   = 3'($clog2(BusBytes));
  assign m_axi_gmem_awburst_o  = 2'b01;    // INCR
  assign m_axi_gmem_awlock_o   = 1'b0;
  assign m_axi_gmem_awcache_o  = 4'b0011;  // normal, non-cacheable, bufferable
  assign m_axi_gmem_awprot_o   = 3'b000;
  assign m_axi_gmem_awqos_o    = 4'b0000;
  assign m_axi_gmem_awregion_o = 4'b0000;

  // ------------------------------------------------- data, in the order of the addresses taken
  logic order_valid, order_pop, unused_order_ready;
  client_e order_client;
  logic [$clog2(OrderDepth+1)-1:0] order_count;

  tn_fifo #(
    .Width(2),
    .Depth(OrderDepth)
  ) u_order (
    .clk_i,
    .rst_ni,
    .clear_i    (1'b0),
    .in_valid_i (aw_taken),
    .in_ready_o (unused_order_ready),
    .in_data_i  (aw_client_q),
    .out_valid_o(order_valid),
    .out_ready_i(order_pop),
    .out_data_o ({order_client}),
    .count_o    (order_count)
  );

  // Room for the burst in the register as well as for the one about to enter it.
  assign order_ready = (32'(order_count) + 32'(aw_valid_q) < OrderDepth);

  logic w_valid, w_ready, w_last;
  logic [BusBytes*8-1:0] w_data;
  logic [BusBytes-1:0]   w_strb;

  always_comb begin
    case (order_client)
      ClientRecord: begin
        w_valid = record_w_valid_i;
        w_last  = record_w_last_i;
        w_data  = record_w_data_i;
        w_strb  = record_w_strb_i;
      end
      ClientDma: begin
        w_valid = dma_w_valid_i;
        w_last  = dma_w_last_i;
        w_data  = dma_w_data_i;
        w_strb  = dma_w_strb_i;
      end
      default: begin
        w_valid = trace_w_valid_i;
        w_last  = trace_w_last_i;
        w_data  = trace_w_data_i;
        w_strb  = trace_w_strb_i;
      end
    endcase
    if (!order_valid) w_valid = 1'b0;
  end

  assign record_w_ready_o = w_ready && order_valid && order_client == ClientRecord;
  assign dma_w_ready_o    = w_ready && order_valid && order_client == ClientDma;
  assign trace_w_ready_o  = w_ready && order_valid && order_client == ClientTrace;
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
  // Whose the responses of ID 0 are.
  logic open_valid, open_trace;
  logic [$clog2(OpenDepth+1)-1:0] open_count;

  tn_fifo #(
    .Width(1),
    .Depth(OpenDepth)
  ) u_open (
    .clk_i,
    .rst_ni,
    .clear_i    (1'b0),
    .in_valid_i (aw_free && aw_wanted && aw_client != ClientDma),
    .in_ready_o (open_ready),
    .in_data_i  (aw_client == ClientTrace),
    .out_valid_o(open_valid),
    .out_ready_i(m_axi_gmem_bvalid_i && m_axi_gmem_bready_o && !m_axi_gmem_bid_i),
    .out_data_o (open_trace),
    .count_o    (open_count)
  );

  assign record_b_valid_o    = m_axi_gmem_bvalid_i && !m_axi_gmem_bid_i && !open_trace;
  assign trace_b_valid_o     = m_axi_gmem_bvalid_i && !m_axi_gmem_bid_i && open_trace;
  assign dma_b_valid_o       = m_axi_gmem_bvalid_i && m_axi_gmem_bid_i;
  assign record_b_err_o      = m_axi_gmem_bresp_i[1];
  assign trace_b_err_o       = m_axi_gmem_bresp_i[1];
  assign dma_b_err_o         = m_axi_gmem_bresp_i[1];
  assign m_axi_gmem_bready_o = m_axi_gmem_bid_i ? dma_b_ready_i :
                               open_trace ? trace_b_ready_i : record_b_ready_i;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      ResponseWasDue : assert (!m_axi_gmem_bvalid_i || m_axi_gmem_bid_i || open_valid);
    end
  end
`endif

  logic unused_bresp;
  assign unused_bresp = ^{m_axi_gmem_bresp_i[0], open_count, open_valid};  // errors have bit 1 set

endmodule
