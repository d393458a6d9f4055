// SPDX-License-Identifier: Apache-2.0
//
// tn_kernel: the core as a Vitis RTL kernel.
//
// s_axi_control (AXI4-Lite, ap_ctrl_chain) takes two arguments, the addresses of a launch record and
// of a program image in device memory; m_axi_gmem is the only way to that memory; interrupt follows
// done. Its parameters come from tn_config_pkg, one package per configuration
// (rtl/generated/<config>), chosen by the file list kernel_<config>.f. Ports have the names that
// Vitis expects, hence no suffixes.

module tn_kernel #(
  parameter logic [31:0] GitHash = 32'h0,  // first 32 bits of the commit, set by the build
  localparam int unsigned BusBytes = tn_config_pkg::BusBytes
) (
  input  logic                  ap_clk,
  input  logic                  ap_rst_n,
  output logic                  interrupt,

  input  logic                  s_axi_control_awvalid,
  output logic                  s_axi_control_awready,
  input  logic [11:0]           s_axi_control_awaddr,
  input  logic                  s_axi_control_wvalid,
  output logic                  s_axi_control_wready,
  input  logic [31:0]           s_axi_control_wdata,
  input  logic [3:0]            s_axi_control_wstrb,
  output logic                  s_axi_control_bvalid,
  input  logic                  s_axi_control_bready,
  output logic [1:0]            s_axi_control_bresp,
  input  logic                  s_axi_control_arvalid,
  output logic                  s_axi_control_arready,
  input  logic [11:0]           s_axi_control_araddr,
  output logic                  s_axi_control_rvalid,
  input  logic                  s_axi_control_rready,
  output logic [31:0]           s_axi_control_rdata,
  output logic [1:0]            s_axi_control_rresp,

  output logic                  m_axi_gmem_awvalid,
  input  logic                  m_axi_gmem_awready,
  output logic [63:0]           m_axi_gmem_awaddr,
  output logic [0:0]            m_axi_gmem_awid,
  output logic [7:0]            m_axi_gmem_awlen,
  output logic [2:0]            m_axi_gmem_awsize,
  output logic [1:0]            m_axi_gmem_awburst,
  output logic                  m_axi_gmem_awlock,
  output logic [3:0]            m_axi_gmem_awcache,
  output logic [2:0]            m_axi_gmem_awprot,
  output logic [3:0]            m_axi_gmem_awqos,
  output logic [3:0]            m_axi_gmem_awregion,
  output logic                  m_axi_gmem_wvalid,
  input  logic                  m_axi_gmem_wready,
  output logic [BusBytes*8-1:0] m_axi_gmem_wdata,
  output logic [BusBytes-1:0]   m_axi_gmem_wstrb,
  output logic                  m_axi_gmem_wlast,
  input  logic                  m_axi_gmem_bvalid,
  output logic                  m_axi_gmem_bready,
  input  logic [0:0]            m_axi_gmem_bid,
  input  logic [1:0]            m_axi_gmem_bresp,
  output logic                  m_axi_gmem_arvalid,
  input  logic                  m_axi_gmem_arready,
  output logic [63:0]           m_axi_gmem_araddr,
  output logic [0:0]            m_axi_gmem_arid,
  output logic [7:0]            m_axi_gmem_arlen,
  output logic [2:0]            m_axi_gmem_arsize,
  output logic [1:0]            m_axi_gmem_arburst,
  output logic                  m_axi_gmem_arlock,
  output logic [3:0]            m_axi_gmem_arcache,
  output logic [2:0]            m_axi_gmem_arprot,
  output logic [3:0]            m_axi_gmem_arqos,
  output logic [3:0]            m_axi_gmem_arregion,
  input  logic                  m_axi_gmem_rvalid,
  output logic                  m_axi_gmem_rready,
  input  logic [BusBytes*8-1:0] m_axi_gmem_rdata,
  input  logic                  m_axi_gmem_rlast,
  input  logic [0:0]            m_axi_gmem_rid,
  input  logic [1:0]            m_axi_gmem_rresp
);

  localparam int unsigned LinesW = 5;

  // One register stage: the reset comes from far away. It starts asserted, so that nothing runs
  // before the first clock edge has brought the real one.
  logic rst_n_q = 1'b0;
  always_ff @(posedge ap_clk) rst_n_q <= ap_rst_n;

  // ----------------------------------------------------------------------------------------------
  // Control.

  logic        start_valid, start_ready, queued, done_valid, done_ready, launcher_idle;
  logic        soft_reset, stopping, dead;
  logic [63:0] start_launch, start_image;
  logic [7:0]  last_code;
  logic [3:0]  last_engine;
  logic [31:0] last_instruction;
  logic [63:0] last_address, last_cycles;

  tn_control #(
    .ConfigId(tn_config_pkg::ConfigId),
    .Rows(tn_config_pkg::Rows),
    .Cols(tn_config_pkg::Cols),
    .Partitions(tn_config_pkg::Partitions),
    .Lanes(tn_config_pkg::Lanes),
    .VectorLanes(tn_config_pkg::VectorLanes),
    .BusBytes(BusBytes),
    .SbufBytes(tn_config_pkg::SbufBytes),
    .PsumBanks(tn_config_pkg::PsumBanks),
    .GitHash(GitHash)
  ) u_control (
    .clk_i(ap_clk),
    .rst_ni(rst_n_q),
    .aw_valid_i(s_axi_control_awvalid),
    .aw_ready_o(s_axi_control_awready),
    .aw_addr_i(s_axi_control_awaddr),
    .w_valid_i(s_axi_control_wvalid),
    .w_ready_o(s_axi_control_wready),
    .w_data_i(s_axi_control_wdata),
    .w_strb_i(s_axi_control_wstrb),
    .b_valid_o(s_axi_control_bvalid),
    .b_ready_i(s_axi_control_bready),
    .ar_valid_i(s_axi_control_arvalid),
    .ar_ready_o(s_axi_control_arready),
    .ar_addr_i(s_axi_control_araddr),
    .r_valid_o(s_axi_control_rvalid),
    .r_ready_i(s_axi_control_rready),
    .r_data_o(s_axi_control_rdata),
    .interrupt_o(interrupt),
    .start_valid_o(start_valid),
    .start_ready_i(start_ready),
    .start_launch_o(start_launch),
    .start_image_o(start_image),
    .queued_o(queued),
    .done_valid_i(done_valid),
    .done_ready_o(done_ready),
    .idle_i(launcher_idle),
    .reset_o(soft_reset),
    .stopping_i(stopping),
    .dead_i(dead),
    .last_code_i(last_code),
    .last_engine_i(last_engine),
    .last_instruction_i(last_instruction),
    .last_address_i(last_address),
    .last_cycles_i(last_cycles)
  );

  assign s_axi_control_bresp = 2'b00;
  assign s_axi_control_rresp = 2'b00;

  // ----------------------------------------------------------------------------------------------
  // Launcher.

  logic              launch_req_valid, launch_req_ready;
  logic [63:0]       launch_req_address;
  logic [LinesW-1:0] launch_req_lines;
  logic [3:0]        line_valid;
  logic [511:0]      line_data;
  logic              line_err;
  logic              fetcher_idle;

  logic [2:0]        preload_line_valid;
  logic [2:0]        stream_start;
  logic [2:0][63:0]  stream_base;
  logic [2:0][31:0]  stream_count;
  logic [2:0][LinesW-1:0] stream_lines;
  logic              stop, clear, core_active, core_quiet, fault_valid;
  tn_pkg::fault_t    fault;
  logic [3:0]        fault_engine;
  logic [15:0]       slot_valid, slot_read, slot_write;
  logic [15:0][63:0] slot_base;
  logic [15:0][61:0] slot_bytes;
  logic              issue, vector_enters, vector_busy, vector_write, dma_read_beat,
                     dma_write_beat;
  logic [2:0]        retire;

  logic                  record_aw_valid, record_aw_ready, record_w_valid, record_w_ready,
                         record_w_last, record_b_valid, record_b_ready, record_b_err;
  logic [63:0]           record_aw_addr;
  logic [7:0]            record_aw_len;
  logic [BusBytes*8-1:0] record_w_data;
  logic [BusBytes-1:0]   record_w_strb;

  logic                     profile_clear, profile_count, profile_run, profile_capture,
                            profile_read_valid;
  logic [47:0]              profile_cycle;
  logic [6:0]               profile_read_word;
  logic [BusBytes*8-1:0]    profile_read_data;
  tn_isa_pkg::cause_e [5:0] cause;
  tn_pkg::blocked_t   [5:0] blocked;

  logic                  trace_enable, trace_flush, trace_idle, trace_fault_valid;
  logic [63:0]           trace_address, trace_fault_address;
  logic [31:0]           trace_bytes;
  logic [47:0]           trace_events, trace_lost;
  logic [5:0]            begin_valid, end_valid;
  tn_pkg::trace_t [5:0]  begins, ends;
  logic                  trace_aw_valid, trace_aw_ready, trace_w_valid, trace_w_ready,
                         trace_w_last, trace_b_valid, trace_b_ready, trace_b_err;
  logic [63:0]           trace_aw_addr;
  logic [7:0]            trace_aw_len;
  logic [BusBytes*8-1:0] trace_w_data;
  logic [BusBytes-1:0]   trace_w_strb;

  tn_profile #(
    .BusBytes(BusBytes)
  ) u_profile (
    .clk_i(ap_clk),
    .rst_ni(rst_n_q),
    .clear_i(profile_clear),
    .count_i(profile_count),
    .run_i(profile_run),
    .cycle_i(profile_cycle),
    .capture_i(profile_capture),
    .cause_i(cause),
    .blocked_i(blocked),
    .issue_i(issue),
    .vector_i(vector_enters),
    .vector_busy_i(vector_busy),
    .vector_write_i(vector_write),
    .dma_read_beat_i(dma_read_beat),
    .dma_write_beat_i(dma_write_beat),
    .retire_i(retire),
    .trace_events_i(trace_events),
    .trace_lost_i(trace_lost),
    .read_valid_i(profile_read_valid),
    .read_word_i(profile_read_word),
    .read_data_o(profile_read_data)
  );

  tn_trace #(
    .BusBytes(BusBytes)
  ) u_trace (
    .clk_i(ap_clk),
    .rst_ni(rst_n_q),
    .clear_i(profile_clear),
    .enable_i(trace_enable),
    .address_i(trace_address),
    .bytes_i(trace_bytes),
    .time_i(profile_cycle),
    .flush_i(trace_flush),
    .idle_o(trace_idle),
    .events_o(trace_events),
    .lost_o(trace_lost),
    .fault_valid_o(trace_fault_valid),
    .fault_address_o(trace_fault_address),
    .begin_valid_i(begin_valid),
    .begin_i(begins),
    .end_valid_i(end_valid),
    .end_i(ends),
    .aw_valid_o(trace_aw_valid),
    .aw_ready_i(trace_aw_ready),
    .aw_addr_o(trace_aw_addr),
    .aw_len_o(trace_aw_len),
    .w_valid_o(trace_w_valid),
    .w_ready_i(trace_w_ready),
    .w_data_o(trace_w_data),
    .w_strb_o(trace_w_strb),
    .w_last_o(trace_w_last),
    .b_valid_i(trace_b_valid),
    .b_ready_o(trace_b_ready),
    .b_err_i(trace_b_err)
  );

  tn_launcher #(
    .ConfigId(tn_config_pkg::ConfigId),
    .Partitions(tn_config_pkg::Partitions),
    .BusBytes(BusBytes)
  ) u_launcher (
    .clk_i(ap_clk),
    .rst_ni(rst_n_q),
    .start_valid_i(start_valid),
    .start_ready_o(start_ready),
    .start_launch_i(start_launch),
    .start_image_i(start_image),
    .queued_i(queued),
    .done_valid_o(done_valid),
    .done_ready_i(done_ready),
    .idle_o(launcher_idle),
    .reset_i(soft_reset),
    .stopping_o(stopping),
    .dead_o(dead),
    .last_code_o(last_code),
    .last_engine_o(last_engine),
    .last_instruction_o(last_instruction),
    .last_address_o(last_address),
    .last_cycles_o(last_cycles),
    .req_valid_o(launch_req_valid),
    .req_ready_i(launch_req_ready),
    .req_address_o(launch_req_address),
    .req_lines_o(launch_req_lines),
    .line_valid_i(line_valid[0]),
    .line_data_i(line_data),
    .line_err_i(line_err),
    .preload_line_valid_o(preload_line_valid),
    .stream_start_o(stream_start),
    .stream_base_o(stream_base),
    .stream_count_o(stream_count),
    .stream_lines_o(stream_lines),
    .stop_o(stop),
    .clear_o(clear),
    .active_i(core_active),
    .quiet_i(core_quiet && fetcher_idle),
    .fault_valid_i(fault_valid),
    .fault_i(fault),
    .fault_engine_i(fault_engine),
    .slot_valid_o(slot_valid),
    .slot_read_o(slot_read),
    .slot_write_o(slot_write),
    .slot_base_o(slot_base),
    .slot_bytes_o(slot_bytes),
    .trace_enable_o(trace_enable),
    .trace_address_o(trace_address),
    .trace_bytes_o(trace_bytes),
    .trace_flush_o(trace_flush),
    .trace_idle_i(trace_idle),
    .trace_fault_valid_i(trace_fault_valid),
    .trace_fault_address_i(trace_fault_address),
    .profile_clear_o(profile_clear),
    .profile_count_o(profile_count),
    .profile_run_o(profile_run),
    .profile_cycle_o(profile_cycle),
    .profile_capture_o(profile_capture),
    .profile_read_valid_o(profile_read_valid),
    .profile_read_word_o(profile_read_word),
    .profile_read_data_i(profile_read_data),
    .aw_valid_o(record_aw_valid),
    .aw_ready_i(record_aw_ready),
    .aw_addr_o(record_aw_addr),
    .aw_len_o(record_aw_len),
    .w_valid_o(record_w_valid),
    .w_ready_i(record_w_ready),
    .w_data_o(record_w_data),
    .w_strb_o(record_w_strb),
    .w_last_o(record_w_last),
    .b_valid_i(record_b_valid),
    .b_ready_o(record_b_ready),
    .b_err_i(record_b_err)
  );

  // ----------------------------------------------------------------------------------------------
  // Fetcher: client 0 is the launcher, 1 to 3 are the sequencers.

  logic [2:0]             seq_req_valid, seq_req_ready;
  logic [2:0][63:0]       seq_req_address;
  logic [2:0][LinesW-1:0] seq_req_lines;

  logic                  fetch_ar_valid, fetch_ar_ready, fetch_r_valid, fetch_r_ready,
                         fetch_r_last, fetch_r_err;
  logic [63:0]           fetch_ar_addr;
  logic [7:0]            fetch_ar_len;
  logic [BusBytes*8-1:0] fetch_r_data;

  tn_fetcher #(
    .NumClients(4),
    .BusBytes(BusBytes)
  ) u_fetcher (
    .clk_i(ap_clk),
    .rst_ni(rst_n_q),
    .req_valid_i({seq_req_valid, launch_req_valid}),
    .req_ready_o({seq_req_ready, launch_req_ready}),
    .req_address_i({seq_req_address, launch_req_address}),
    .req_lines_i({seq_req_lines, launch_req_lines}),
    .line_valid_o(line_valid),
    .line_data_o(line_data),
    .line_err_o(line_err),
    .idle_o(fetcher_idle),
    .ar_valid_o(fetch_ar_valid),
    .ar_ready_i(fetch_ar_ready),
    .ar_addr_o(fetch_ar_addr),
    .ar_len_o(fetch_ar_len),
    .r_valid_i(fetch_r_valid),
    .r_ready_o(fetch_r_ready),
    .r_data_i(fetch_r_data),
    .r_last_i(fetch_r_last),
    .r_err_i(fetch_r_err)
  );

  // ----------------------------------------------------------------------------------------------
  // Core.

  logic                  dma_ar_valid, dma_ar_ready, dma_r_valid, dma_r_ready, dma_r_last,
                         dma_r_err;
  logic [63:0]           dma_ar_addr;
  logic [7:0]            dma_ar_len;
  logic [BusBytes*8-1:0] dma_r_data;
  logic                  dma_aw_valid, dma_aw_ready, dma_w_valid, dma_w_ready, dma_w_last,
                         dma_b_valid, dma_b_ready, dma_b_err;
  logic [63:0]           dma_aw_addr;
  logic [7:0]            dma_aw_len;
  logic [BusBytes*8-1:0] dma_w_data;
  logic [BusBytes-1:0]   dma_w_strb;

  tn_core #(
    .Partitions(tn_config_pkg::Partitions),
    .Rows(tn_config_pkg::Rows),
    .Cols(tn_config_pkg::Cols),
    .Lanes(tn_config_pkg::Lanes),
    .VectorLanes(tn_config_pkg::VectorLanes),
    .BusBytes(BusBytes),
    .SbufBytes(tn_config_pkg::SbufBytes),
    .PsumBanks(tn_config_pkg::PsumBanks),
    .LoadCols(tn_config_pkg::LoadCols),
    .QueueDepth(tn_config_pkg::QueueDepth)
  ) u_core (
    .clk_i(ap_clk),
    .rst_ni(rst_n_q),
    .preload_line_valid_i(preload_line_valid),
    .stream_start_i(stream_start),
    .stream_base_i(stream_base),
    .stream_count_i(stream_count),
    .stream_lines_i(stream_lines),
    .stop_i(stop),
    .clear_i(clear),
    .active_o(core_active),
    .quiet_o(core_quiet),
    .fault_valid_o(fault_valid),
    .fault_o(fault),
    .fault_engine_o(fault_engine),
    .slot_valid_i(slot_valid),
    .slot_read_i(slot_read),
    .slot_write_i(slot_write),
    .slot_base_i(slot_base),
    .slot_bytes_i(slot_bytes),
    .issue_o(issue),
    .vector_o(vector_enters),
    .vector_busy_o(vector_busy),
    .vector_write_o(vector_write),
    .dma_read_beat_o(dma_read_beat),
    .dma_write_beat_o(dma_write_beat),
    .retire_o(retire),
    .cause_o(cause),
    .blocked_o(blocked),
    .begin_valid_o(begin_valid),
    .begin_o(begins),
    .end_valid_o(end_valid),
    .end_o(ends),
    .req_valid_o(seq_req_valid),
    .req_ready_i(seq_req_ready),
    .req_address_o(seq_req_address),
    .req_lines_o(seq_req_lines),
    .line_valid_i(line_valid[3:1]),
    .line_data_i(line_data),
    .line_err_i(line_err),
    .ar_valid_o(dma_ar_valid),
    .ar_ready_i(dma_ar_ready),
    .ar_addr_o(dma_ar_addr),
    .ar_len_o(dma_ar_len),
    .r_valid_i(dma_r_valid),
    .r_ready_o(dma_r_ready),
    .r_data_i(dma_r_data),
    .r_last_i(dma_r_last),
    .r_err_i(dma_r_err),
    .aw_valid_o(dma_aw_valid),
    .aw_ready_i(dma_aw_ready),
    .aw_addr_o(dma_aw_addr),
    .aw_len_o(dma_aw_len),
    .w_valid_o(dma_w_valid),
    .w_ready_i(dma_w_ready),
    .w_data_o(dma_w_data),
    .w_strb_o(dma_w_strb),
    .w_last_o(dma_w_last),
    .b_valid_i(dma_b_valid),
    .b_ready_o(dma_b_ready),
    .b_err_i(dma_b_err)
  );

  // ----------------------------------------------------------------------------------------------
  // Bus.

  tn_axi_read_mux #(
    .BusBytes(BusBytes)
  ) u_read_mux (
    .clk_i(ap_clk),
    .rst_ni(rst_n_q),
    .fetch_ar_valid_i(fetch_ar_valid),
    .fetch_ar_ready_o(fetch_ar_ready),
    .fetch_ar_addr_i(fetch_ar_addr),
    .fetch_ar_len_i(fetch_ar_len),
    .fetch_r_valid_o(fetch_r_valid),
    .fetch_r_ready_i(fetch_r_ready),
    .fetch_r_data_o(fetch_r_data),
    .fetch_r_last_o(fetch_r_last),
    .fetch_r_err_o(fetch_r_err),
    .dma_ar_valid_i(dma_ar_valid),
    .dma_ar_ready_o(dma_ar_ready),
    .dma_ar_addr_i(dma_ar_addr),
    .dma_ar_len_i(dma_ar_len),
    .dma_r_valid_o(dma_r_valid),
    .dma_r_ready_i(dma_r_ready),
    .dma_r_data_o(dma_r_data),
    .dma_r_last_o(dma_r_last),
    .dma_r_err_o(dma_r_err),
    .m_axi_gmem_arvalid_o(m_axi_gmem_arvalid),
    .m_axi_gmem_arready_i(m_axi_gmem_arready),
    .m_axi_gmem_araddr_o(m_axi_gmem_araddr),
    .m_axi_gmem_arid_o(m_axi_gmem_arid),
    .m_axi_gmem_arlen_o(m_axi_gmem_arlen),
    .m_axi_gmem_arsize_o(m_axi_gmem_arsize),
    .m_axi_gmem_arburst_o(m_axi_gmem_arburst),
    .m_axi_gmem_arlock_o(m_axi_gmem_arlock),
    .m_axi_gmem_arcache_o(m_axi_gmem_arcache),
    .m_axi_gmem_arprot_o(m_axi_gmem_arprot),
    .m_axi_gmem_arqos_o(m_axi_gmem_arqos),
    .m_axi_gmem_arregion_o(m_axi_gmem_arregion),
    .m_axi_gmem_rvalid_i(m_axi_gmem_rvalid),
    .m_axi_gmem_rready_o(m_axi_gmem_rready),
    .m_axi_gmem_rdata_i(m_axi_gmem_rdata),
    .m_axi_gmem_rlast_i(m_axi_gmem_rlast),
    .m_axi_gmem_rid_i(m_axi_gmem_rid),
    .m_axi_gmem_rresp_i(m_axi_gmem_rresp)
  );

  tn_axi_write_mux #(
    .BusBytes(BusBytes)
  ) u_write_mux (
    .clk_i(ap_clk),
    .rst_ni(rst_n_q),
    .record_aw_valid_i(record_aw_valid),
    .record_aw_ready_o(record_aw_ready),
    .record_aw_addr_i(record_aw_addr),
    .record_aw_len_i(record_aw_len),
    .record_w_valid_i(record_w_valid),
    .record_w_ready_o(record_w_ready),
    .record_w_data_i(record_w_data),
    .record_w_strb_i(record_w_strb),
    .record_w_last_i(record_w_last),
    .record_b_valid_o(record_b_valid),
    .record_b_ready_i(record_b_ready),
    .record_b_err_o(record_b_err),
    .dma_aw_valid_i(dma_aw_valid),
    .dma_aw_ready_o(dma_aw_ready),
    .dma_aw_addr_i(dma_aw_addr),
    .dma_aw_len_i(dma_aw_len),
    .dma_w_valid_i(dma_w_valid),
    .dma_w_ready_o(dma_w_ready),
    .dma_w_data_i(dma_w_data),
    .dma_w_strb_i(dma_w_strb),
    .dma_w_last_i(dma_w_last),
    .dma_b_valid_o(dma_b_valid),
    .dma_b_ready_i(dma_b_ready),
    .dma_b_err_o(dma_b_err),
    .trace_aw_valid_i(trace_aw_valid),
    .trace_aw_ready_o(trace_aw_ready),
    .trace_aw_addr_i(trace_aw_addr),
    .trace_aw_len_i(trace_aw_len),
    .trace_w_valid_i(trace_w_valid),
    .trace_w_ready_o(trace_w_ready),
    .trace_w_data_i(trace_w_data),
    .trace_w_strb_i(trace_w_strb),
    .trace_w_last_i(trace_w_last),
    .trace_b_valid_o(trace_b_valid),
    .trace_b_ready_i(trace_b_ready),
    .trace_b_err_o(trace_b_err),
    .m_axi_gmem_awvalid_o(m_axi_gmem_awvalid),
    .m_axi_gmem_awready_i(m_axi_gmem_awready),
    .m_axi_gmem_awaddr_o(m_axi_gmem_awaddr),
    .m_axi_gmem_awid_o(m_axi_gmem_awid),
    .m_axi_gmem_awlen_o(m_axi_gmem_awlen),
    .m_axi_gmem_awsize_o(m_axi_gmem_awsize),
    .m_axi_gmem_awburst_o(m_axi_gmem_awburst),
    .m_axi_gmem_awlock_o(m_axi_gmem_awlock),
    .m_axi_gmem_awcache_o(m_axi_gmem_awcache),
    .m_axi_gmem_awprot_o(m_axi_gmem_awprot),
    .m_axi_gmem_awqos_o(m_axi_gmem_awqos),
    .m_axi_gmem_awregion_o(m_axi_gmem_awregion),
    .m_axi_gmem_wvalid_o(m_axi_gmem_wvalid),
    .m_axi_gmem_wready_i(m_axi_gmem_wready),
    .m_axi_gmem_wdata_o(m_axi_gmem_wdata),
    .m_axi_gmem_wstrb_o(m_axi_gmem_wstrb),
    .m_axi_gmem_wlast_o(m_axi_gmem_wlast),
    .m_axi_gmem_bvalid_i(m_axi_gmem_bvalid),
    .m_axi_gmem_bready_o(m_axi_gmem_bready),
    .m_axi_gmem_bid_i(m_axi_gmem_bid),
    .m_axi_gmem_bresp_i(m_axi_gmem_bresp)
  );

endmodule
