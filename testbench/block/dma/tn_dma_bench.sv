// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_bench: the DMA queues, SBUF and the AXI muxes as in the core, for the DMA bench.
//
// The bench plays sequencer, semaphores, TensorE, VectorE, instruction fetcher and DRAM.
module tn_dma_bench #(
  parameter int unsigned Partitions = 32,
  parameter int unsigned Lanes      = 16,
  parameter int unsigned BusBytes   = 64,
  parameter int unsigned SbufBytes  = 4096
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  input  logic [31:0][15:0]      sem_i,
  input  logic [15:0]            slot_valid_i,
  input  logic [15:0]            slot_read_i,
  input  logic [15:0]            slot_write_i,
  input  logic [15:0][63:0]      slot_base_i,
  input  logic [15:0][61:0]      slot_bytes_i,
  input  logic                   stop_i,
  input  logic                   clear_i,

  input  logic                   instr_valid_i,
  output logic                   instr_ready_o,
  input  logic [511:0]           instr_i,
  input  logic [31:0]            instr_index_i,

  output logic                   load_upd_valid_o,
  input  logic                   load_upd_ready_i,
  output logic [25:0]            load_upd_o,
  output logic                   load_fault_valid_o,
  output logic [7:0]             load_fault_code_o,
  output logic [31:0]            load_fault_instruction_o,
  output logic [63:0]            load_fault_address_o,
  output logic                   load_idle_o,
  output logic [2:0]             load_cause_o,
  output logic [76:0]            load_blocked_o,
  output logic                   load_parked_o,
  output logic                   load_begin_valid_o,
  output logic [39:0]            load_begin_o,
  output logic                   load_end_valid_o,
  output logic [39:0]            load_end_o,

  output logic                   store_upd_valid_o,
  input  logic                   store_upd_ready_i,
  output logic [25:0]            store_upd_o,
  output logic                   store_fault_valid_o,
  output logic [7:0]             store_fault_code_o,
  output logic [31:0]            store_fault_instruction_o,
  output logic [63:0]            store_fault_address_o,
  output logic                   store_idle_o,
  output logic [2:0]             store_cause_o,
  output logic [76:0]            store_blocked_o,
  output logic                   store_parked_o,
  output logic                   store_begin_valid_o,
  output logic [39:0]            store_begin_o,
  output logic                   store_end_valid_o,
  output logic [39:0]            store_end_o,

  output logic                   copy_upd_valid_o,
  input  logic                   copy_upd_ready_i,
  output logic [25:0]            copy_upd_o,
  output logic                   copy_fault_valid_o,
  output logic [7:0]             copy_fault_code_o,
  output logic [31:0]            copy_fault_instruction_o,
  output logic [63:0]            copy_fault_address_o,
  output logic                   copy_idle_o,
  output logic [2:0]             copy_cause_o,
  output logic [76:0]            copy_blocked_o,
  output logic                   copy_parked_o,
  output logic                   copy_begin_valid_o,
  output logic [39:0]            copy_begin_o,
  output logic                   copy_end_valid_o,
  output logic [39:0]            copy_end_o,

  output logic                   load_beat_o,
  output logic                   store_beat_o,

  input  logic                   mov_valid_i,
  input  logic [6:0]             mov_prow_i,
  input  logic [14:0]            mov_off8_i,
  output logic [Lanes-1:0][63:0] mov_data_o,
  input  logic                   sta_valid_i,
  output logic                   sta_ready_o,
  input  logic [6:0]             sta_prow_i,
  input  logic [14:0]            sta_off8_i,
  output logic [Lanes-1:0][63:0] sta_data_o,
  input  logic                   vrd_valid_i,
  output logic                   vrd_ready_o,
  input  logic [6:0]             vrd_prow_i,
  input  logic [14:0]            vrd_off8_i,
  output logic [Lanes-1:0][63:0] vrd_data_o,
  input  logic                   vwr_valid_i,
  output logic                   vwr_ready_o,
  input  logic [6:0]             vwr_prow_i,
  input  logic [14:0]            vwr_off8_i,
  input  logic [Lanes-1:0][63:0] vwr_data_i,
  input  logic [Lanes-1:0][7:0]  vwr_be_i,

  input  logic                   fetch_ar_valid_i,
  output logic                   fetch_ar_ready_o,
  input  logic [63:0]            fetch_ar_addr_i,
  input  logic [7:0]             fetch_ar_len_i,
  output logic                   fetch_r_valid_o,
  input  logic                   fetch_r_ready_i,
  output logic [BusBytes*8-1:0]  fetch_r_data_o,
  output logic                   fetch_r_last_o,

  output logic                   arvalid_o,
  input  logic                   arready_i,
  output logic [63:0]            araddr_o,
  output logic [0:0]             arid_o,
  output logic [7:0]             arlen_o,
  input  logic                   rvalid_i,
  output logic                   rready_o,
  input  logic [BusBytes*8-1:0]  rdata_i,
  input  logic [0:0]             rid_i,
  input  logic [1:0]             rresp_i,
  input  logic                   rlast_i,
  output logic                   awvalid_o,
  input  logic                   awready_i,
  output logic [63:0]            awaddr_o,
  output logic [0:0]             awid_o,
  output logic [7:0]             awlen_o,
  output logic                   wvalid_o,
  input  logic                   wready_i,
  output logic [BusBytes*8-1:0]  wdata_o,
  output logic [BusBytes-1:0]    wstrb_o,
  output logic                   wlast_o,
  input  logic                   bvalid_i,
  output logic                   bready_o,
  input  logic [0:0]             bid_i,
  input  logic [1:0]             bresp_i
);

  localparam int unsigned LaneW = $clog2(Lanes);
  localparam int unsigned WordW = $clog2(SbufBytes / BusBytes);
  localparam int unsigned DataW = BusBytes * 8;

  logic                ar_valid, ar_ready, r_valid, r_ready, r_last, r_err;
  logic                aw_valid, aw_ready, w_valid, w_ready, w_last, b_valid, b_ready, b_err;
  logic [63:0]         ar_addr, aw_addr;
  logic [7:0]          ar_len, aw_len;
  logic [DataW-1:0]    r_data, w_data;
  logic [BusBytes-1:0] w_strb;
  logic                dwr_valid, dwr_ready, drd_valid, drd_ready, twr_valid, twr_ready;
  logic [LaneW-1:0]    dwr_lane, drd_lane;
  tn_pkg::prow_t       dwr_prow, drd_prow, twr_prow;
  tn_pkg::off8_t       twr_off8;
  logic [WordW-1:0]    dwr_word, drd_word;
  logic [1:0]          dwr_rows_log2, dwr_part, drd_rows_log2, drd_part;
  logic [DataW-1:0]    dwr_data, drd_data;
  logic [BusBytes-1:0] dwr_be;
  logic [Lanes-1:0][63:0] twr_data;
  logic [Lanes-1:0][7:0]  twr_be;
  logic [1:0]                  instr_queue;
  tn_pkg::fault_t [2:0]        fault;
  tn_pkg::sem_update_t [2:0]   upd;
  tn_isa_pkg::cause_e [2:0]    cause;
  tn_pkg::blocked_t [2:0]      blocked;
  tn_pkg::trace_t [2:0]        begin_trace, end_trace;

  assign {load_fault_code_o, load_fault_instruction_o, load_fault_address_o}    = fault[0];
  assign {store_fault_code_o, store_fault_instruction_o, store_fault_address_o} = fault[1];
  assign {copy_fault_code_o, copy_fault_instruction_o, copy_fault_address_o}    = fault[2];
  assign {copy_upd_o, store_upd_o, load_upd_o}             = upd;
  assign {copy_cause_o, store_cause_o, load_cause_o}       = cause;
  assign {copy_blocked_o, store_blocked_o, load_blocked_o} = blocked;
  assign {copy_begin_o, store_begin_o, load_begin_o}       = begin_trace;
  assign {copy_end_o, store_end_o, load_end_o}             = end_trace;

  tn_dma #(
    .Partitions(Partitions), .Lanes(Lanes), .BusBytes(BusBytes), .SbufBytes(SbufBytes)
  ) u_dma (
    .clk_i, .rst_ni,
    .instr_valid_i, .instr_ready_o, .instr_i, .instr_index_i, .instr_queue_o(instr_queue), .sem_i,
    .upd_valid_o({copy_upd_valid_o, store_upd_valid_o, load_upd_valid_o}),
    .upd_ready_i({copy_upd_ready_i, store_upd_ready_i, load_upd_ready_i}), .upd_o(upd),
    .fault_valid_o({copy_fault_valid_o, store_fault_valid_o, load_fault_valid_o}), .fault_o(fault),
    .stop_i, .idle_o({copy_idle_o, store_idle_o, load_idle_o}), .clear_i,
    .slot_valid_i, .slot_read_i, .slot_write_i, .slot_base_i, .slot_bytes_i,
    .cause_o(cause), .blocked_o(blocked),
    .parked_o({copy_parked_o, store_parked_o, load_parked_o}),
    .begin_valid_o({copy_begin_valid_o, store_begin_valid_o, load_begin_valid_o}),
    .begin_o(begin_trace),
    .end_valid_o({copy_end_valid_o, store_end_valid_o, load_end_valid_o}), .end_o(end_trace),
    .read_beat_o(load_beat_o), .write_beat_o(store_beat_o),
    .ar_valid_o(ar_valid), .ar_ready_i(ar_ready), .ar_addr_o(ar_addr), .ar_len_o(ar_len),
    .r_valid_i(r_valid), .r_ready_o(r_ready), .r_data_i(r_data), .r_last_i(r_last),
    .r_err_i(r_err),
    .aw_valid_o(aw_valid), .aw_ready_i(aw_ready), .aw_addr_o(aw_addr), .aw_len_o(aw_len),
    .w_valid_o(w_valid), .w_ready_i(w_ready), .w_data_o(w_data), .w_strb_o(w_strb),
    .w_last_o(w_last), .b_valid_i(b_valid), .b_ready_o(b_ready), .b_err_i(b_err),
    .drd_valid_o(drd_valid), .drd_ready_i(drd_ready), .drd_lane_o(drd_lane),
    .drd_prow_o(drd_prow), .drd_word_o(drd_word), .drd_rows_log2_o(drd_rows_log2),
    .drd_part_o(drd_part), .drd_data_i(drd_data),
    .dwr_valid_o(dwr_valid), .dwr_ready_i(dwr_ready), .dwr_lane_o(dwr_lane),
    .dwr_prow_o(dwr_prow), .dwr_word_o(dwr_word), .dwr_rows_log2_o(dwr_rows_log2),
    .dwr_part_o(dwr_part), .dwr_data_o(dwr_data), .dwr_be_o(dwr_be),
    .twr_valid_o(twr_valid), .twr_ready_i(twr_ready), .twr_prow_o(twr_prow),
    .twr_off8_o(twr_off8), .twr_data_o(twr_data), .twr_be_o(twr_be)
  );

  tn_sbuf #(
    .Partitions(Partitions), .Lanes(Lanes), .BusBytes(BusBytes), .SbufBytes(SbufBytes)
  ) u_sbuf (
    .clk_i, .rst_ni,
    .mov_valid_i, .mov_prow_i, .mov_off8_i, .mov_data_o,
    .sta_valid_i, .sta_ready_o, .sta_prow_i, .sta_off8_i, .sta_data_o,
    .vrd_valid_i, .vrd_ready_o, .vrd_prow_i, .vrd_off8_i, .vrd_data_o,
    .vwr_valid_i, .vwr_ready_o, .vwr_prow_i, .vwr_off8_i, .vwr_data_i, .vwr_be_i,
    .drd_valid_i(drd_valid), .drd_ready_o(drd_ready), .drd_lane_i(drd_lane),
    .drd_prow_i(drd_prow), .drd_word_i(drd_word), .drd_rows_log2_i(drd_rows_log2),
    .drd_part_i(drd_part), .drd_data_o(drd_data),
    .dwr_valid_i(dwr_valid), .dwr_ready_o(dwr_ready), .dwr_lane_i(dwr_lane),
    .dwr_prow_i(dwr_prow), .dwr_word_i(dwr_word), .dwr_rows_log2_i(dwr_rows_log2),
    .dwr_part_i(dwr_part), .dwr_data_i(dwr_data), .dwr_be_i(dwr_be),
    .twr_valid_i(twr_valid), .twr_ready_o(twr_ready), .twr_prow_i(twr_prow),
    .twr_off8_i(twr_off8), .twr_data_i(twr_data), .twr_be_i(twr_be)
  );

  logic [2:0] arsize, awsize, arprot, awprot;
  logic [1:0] arburst, awburst;
  logic [3:0] arcache, awcache, arqos, awqos, arregion, awregion;
  logic       arlock, awlock, fetch_r_err, record_aw_ready, record_w_ready, record_b_valid;
  logic       record_b_err;
  logic       trace_aw_ready, trace_w_ready, trace_b_valid, trace_b_err;

  tn_axi_read_mux #(
    .BusBytes(BusBytes)
  ) u_read_mux (
    .clk_i, .rst_ni,
    .fetch_ar_valid_i, .fetch_ar_ready_o, .fetch_ar_addr_i, .fetch_ar_len_i,
    .fetch_r_valid_o, .fetch_r_ready_i, .fetch_r_data_o, .fetch_r_last_o,
    .fetch_r_err_o(fetch_r_err),
    .dma_ar_valid_i(ar_valid), .dma_ar_ready_o(ar_ready), .dma_ar_addr_i(ar_addr),
    .dma_ar_len_i(ar_len), .dma_r_valid_o(r_valid), .dma_r_ready_i(r_ready),
    .dma_r_data_o(r_data), .dma_r_last_o(r_last), .dma_r_err_o(r_err),
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
    .record_aw_valid_i(1'b0), .record_aw_ready_o(record_aw_ready), .record_aw_addr_i('0),
    .record_aw_len_i('0), .record_w_valid_i(1'b0), .record_w_ready_o(record_w_ready),
    .record_w_data_i('0), .record_w_strb_i('0), .record_w_last_i(1'b0),
    .record_b_valid_o(record_b_valid), .record_b_ready_i(1'b1), .record_b_err_o(record_b_err),
    .dma_aw_valid_i(aw_valid), .dma_aw_ready_o(aw_ready), .dma_aw_addr_i(aw_addr),
    .dma_aw_len_i(aw_len), .dma_w_valid_i(w_valid), .dma_w_ready_o(w_ready),
    .dma_w_data_i(w_data), .dma_w_strb_i(w_strb), .dma_w_last_i(w_last),
    .dma_b_valid_o(b_valid), .dma_b_ready_i(b_ready), .dma_b_err_o(b_err),
    .trace_aw_valid_i(1'b0), .trace_aw_ready_o(trace_aw_ready), .trace_aw_addr_i('0),
    .trace_aw_len_i('0), .trace_w_valid_i(1'b0), .trace_w_ready_o(trace_w_ready),
    .trace_w_data_i('0), .trace_w_strb_i('0), .trace_w_last_i(1'b0),
    .trace_b_valid_o(trace_b_valid), .trace_b_ready_i(1'b1), .trace_b_err_o(trace_b_err),
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

  logic unused;
  assign unused = ^{instr_queue, arsize, awsize, arburst, awburst, arlock, awlock, arprot, awprot,
                    arcache, awcache, arqos, awqos, arregion, awregion, fetch_r_err,
                    record_aw_ready, record_w_ready, record_b_valid, record_b_err, trace_aw_ready,
                    trace_w_ready, trace_b_valid, trace_b_err};

endmodule
