// SPDX-License-Identifier: Apache-2.0
//
// tn_core: sequencers, semaphores, engines, DMA queues and memories of one core.
//
// Runs the three instruction streams that the launcher starts. Towards the outside it has the fetch
// ports of the sequencers, a read and a write client for DMA, and the launcher's view: active,
// quiet, the first fault, counters. Faults of one cycle are reported lowest engine code first.
// It contains no logic of its own beyond the choice of the fault; order of streams and of ports:
// tensor, vector, sync.

module tn_core #(
  parameter int unsigned Partitions  = 128,
  parameter int unsigned Rows        = 16,
  parameter int unsigned Cols        = 16,
  parameter int unsigned Lanes       = 16,
  parameter int unsigned VectorLanes = 16,
  parameter int unsigned BusBytes    = 64,
  parameter int unsigned SbufBytes   = 16384,  // per partition
  parameter int unsigned PsumBanks   = 8,
  parameter int unsigned LoadCols    = 1,
  parameter int unsigned QueueDepth  = 32,     // instructions per sequencer
  localparam int unsigned LinesW = 5
) (
  input  logic clk_i,
  input  logic rst_ni,

  // Launcher.
  input  logic [2:0]        preload_line_valid_i,  // line_data_i belongs to the stream
  input  logic [2:0]        stream_start_i,
  input  logic [2:0][63:0]  stream_base_i,
  input  logic [2:0][31:0]  stream_count_i,
  input  logic [2:0][LinesW-1:0] stream_lines_i,   // that come unasked
  input  logic              stop_i,
  input  logic              clear_i,
  output logic              active_o,        // a stream has not ended
  output logic              quiet_o,         // engines idle, no fetch and no update in flight
  output logic              fault_valid_o,
  output tn_pkg::fault_t    fault_o,
  output logic [3:0]        fault_engine_o,
  input  logic [15:0]       slot_valid_i,
  input  logic [15:0]       slot_read_i,
  input  logic [15:0]       slot_write_i,
  input  logic [15:0][63:0] slot_base_i,
  input  logic [15:0][61:0] slot_bytes_i,
  output logic              issue_o,
  output logic              vector_o,
  output logic              vector_busy_o,
  output logic              vector_write_o,
  output logic              dma_read_beat_o,
  output logic              dma_write_beat_o,
  output logic [2:0]        retire_o,
  output tn_isa_pkg::cause_e [5:0] cause_o,    // by unit
  output tn_pkg::blocked_t   [5:0] blocked_o,
  output logic               [5:0] begin_valid_o,  // trace, by unit
  output tn_pkg::trace_t     [5:0] begin_o,
  output logic               [5:0] end_valid_o,
  output tn_pkg::trace_t     [5:0] end_o,

  // Fetcher.
  output logic [2:0]             req_valid_o,
  input  logic [2:0]             req_ready_i,
  output logic [2:0][63:0]       req_address_o,
  output logic [2:0][LinesW-1:0] req_lines_o,
  input  logic [2:0]             line_valid_i,
  input  logic [511:0]           line_data_i,
  input  logic                   line_err_i,

  // DMA clients of the bus muxes.
  output logic                  ar_valid_o,
  input  logic                  ar_ready_i,
  output logic [63:0]           ar_addr_o,
  output logic [7:0]            ar_len_o,
  input  logic                  r_valid_i,
  output logic                  r_ready_o,
  input  logic [BusBytes*8-1:0] r_data_i,
  input  logic                  r_last_i,
  input  logic                  r_err_i,
  output logic                  aw_valid_o,
  input  logic                  aw_ready_i,
  output logic [63:0]           aw_addr_o,
  output logic [7:0]            aw_len_o,
  output logic                  w_valid_o,
  input  logic                  w_ready_i,
  output logic [BusBytes*8-1:0] w_data_o,
  output logic [BusBytes-1:0]   w_strb_o,
  output logic                  w_last_o,
  input  logic                  b_valid_i,
  output logic                  b_ready_o,
  input  logic                  b_err_i
);

  if (Rows != Lanes || Rows % 16 != 0 || Lanes % Cols != 0 || Lanes % VectorLanes != 0 ||
      Partitions % Lanes != 0) begin : gen_check_sizes
    $fatal(1, "tn_core: Rows (%0d) must equal Lanes (%0d) and be a multiple of 16, Lanes of Cols (%0d) and VectorLanes (%0d), Partitions (%0d) of Lanes",
           Rows, Lanes, Cols, VectorLanes, Partitions);
  end

  localparam int unsigned LaneW = $clog2(Lanes);
  localparam int unsigned WordW = $clog2(SbufBytes / BusBytes);

  // Ports of the semaphores: three sequencers, then five engines.
  localparam int unsigned SemPorts = 8;
  localparam int unsigned PortTensor = 3;
  localparam int unsigned PortVector = 4;
  localparam int unsigned PortDmaLoad = 5;
  localparam int unsigned PortDmaStore = 6;
  localparam int unsigned PortDmaCopy = 7;

  // ----------------------------------------------------------------------------------------------
  // Semaphores.

  logic                [SemPorts-1:0] upd_valid;
  logic                [SemPorts-1:0] upd_ready;
  tn_pkg::sem_update_t [SemPorts-1:0] upd;
  logic [tn_isa_pkg::NumSemaphores-1:0][15:0] sem;
  logic [SemPorts-1:0] sem_fault_valid;
  logic [7:0]          sem_fault_sem;

  tn_semaphores #(
    .NumPorts(SemPorts)
  ) u_semaphores (
    .clk_i,
    .rst_ni,
    .clear_i,
    .upd_valid_i(upd_valid),
    .upd_ready_o(upd_ready),
    .upd_i(upd),
    .sem_o(sem),
    .fault_valid_o(sem_fault_valid),
    .fault_sem_o(sem_fault_sem)
  );

  // ----------------------------------------------------------------------------------------------
  // Sequencers.

  localparam int unsigned StreamEngine[3] = '{
    int'(tn_isa_pkg::EngineTensor),
    int'(tn_isa_pkg::EngineVector),
    int'(tn_isa_pkg::EngineSync)
  };

  logic [2:0]           seq_active, seq_drained;
  logic [2:0]           instr_valid, instr_ready;
  logic [2:0][511:0]    instr;
  logic [2:0][31:0]     instr_index;
  logic [2:0][31:0]     upd_index;
  logic [2:0]           seq_fault_valid;
  tn_pkg::fault_t [2:0] seq_fault;
  logic [2:0]           seq_stuck;
  tn_isa_pkg::cause_e [2:0] seq_cause;
  tn_pkg::blocked_t   [2:0] seq_blocked;
  logic [2:0]           seq_begin_valid, seq_end_valid;
  tn_pkg::trace_t [2:0] seq_begin, seq_end;

  for (genvar stream = 0; stream < 3; stream++) begin : gen_sequencer
    tn_sequencer #(
      .Engine(StreamEngine[stream]),
      .QueueDepth(QueueDepth)
    ) u_sequencer (
      .clk_i,
      .rst_ni,
      .start_i(stream_start_i[stream]),
      .start_base_i(stream_base_i[stream]),
      .start_count_i(stream_count_i[stream]),
      .start_lines_i(stream_lines_i[stream]),
      .stop_i,
      .clear_i,
      .active_o(seq_active[stream]),
      .drained_o(seq_drained[stream]),
      .retire_o(retire_o[stream]),
      .req_valid_o(req_valid_o[stream]),
      .req_ready_i(req_ready_i[stream]),
      .req_address_o(req_address_o[stream]),
      .req_lines_o(req_lines_o[stream]),
      .line_valid_i(line_valid_i[stream] || preload_line_valid_i[stream]),
      .line_data_i,
      .line_err_i,
      .sem_i(sem),
      .upd_valid_o(upd_valid[stream]),
      .upd_ready_i(upd_ready[stream]),
      .upd_o(upd[stream]),
      .upd_index_o(upd_index[stream]),
      .instr_valid_o(instr_valid[stream]),
      .instr_ready_i(instr_ready[stream]),
      .instr_o(instr[stream]),
      .instr_index_o(instr_index[stream]),
      .fault_valid_o(seq_fault_valid[stream]),
      .fault_o(seq_fault[stream]),
      .cause_o(seq_cause[stream]),
      .blocked_o(seq_blocked[stream]),
      .stuck_o(seq_stuck[stream]),
      .begin_valid_o(seq_begin_valid[stream]),
      .begin_o(seq_begin[stream]),
      .end_valid_o(seq_end_valid[stream]),
      .end_o(seq_end[stream])
    );
  end

  // ----------------------------------------------------------------------------------------------
  // Memories.

  logic                   mov_valid;
  tn_pkg::prow_t          mov_prow;
  tn_pkg::off8_t          mov_off8;
  logic [Lanes-1:0][63:0] mov_data;
  logic                   sta_valid, sta_ready;
  tn_pkg::prow_t          sta_prow;
  tn_pkg::off8_t          sta_off8;
  logic [Lanes-1:0][63:0] sta_data;
  logic                   vrd_valid, vrd_ready;
  tn_pkg::prow_t          vrd_prow;
  tn_pkg::off8_t          vrd_off8;
  logic [Lanes-1:0][63:0] vrd_data;
  logic                   vwr_valid, vwr_ready;
  tn_pkg::prow_t          vwr_prow;
  tn_pkg::off8_t          vwr_off8;
  logic [Lanes-1:0][63:0] vwr_data;
  logic [Lanes-1:0][7:0]  vwr_be;
  logic                   drd_valid, drd_ready;
  logic [LaneW-1:0]       drd_lane;
  tn_pkg::prow_t          drd_prow;
  logic [WordW-1:0]       drd_word;
  logic [1:0]             drd_rows_log2, drd_part, dwr_rows_log2, dwr_part;
  logic [BusBytes*8-1:0]  drd_data;
  logic                   dwr_valid, dwr_ready;
  logic [LaneW-1:0]       dwr_lane;
  tn_pkg::prow_t          dwr_prow;
  logic [WordW-1:0]       dwr_word;
  logic [BusBytes*8-1:0]  dwr_data;
  logic [BusBytes-1:0]    dwr_be;
  logic                   dtw_valid, dtw_ready;
  tn_pkg::prow_t          dtw_prow;
  tn_pkg::off8_t          dtw_off8;
  logic [Lanes-1:0][63:0] dtw_data;
  logic [Lanes-1:0][7:0]  dtw_be;

  tn_sbuf #(
    .Partitions(Partitions),
    .Lanes(Lanes),
    .BusBytes(BusBytes),
    .SbufBytes(SbufBytes)
  ) u_sbuf (
    .clk_i,
    .rst_ni,
    .mov_valid_i(mov_valid),
    .mov_prow_i(mov_prow),
    .mov_off8_i(mov_off8),
    .mov_data_o(mov_data),
    .sta_valid_i(sta_valid),
    .sta_ready_o(sta_ready),
    .sta_prow_i(sta_prow),
    .sta_off8_i(sta_off8),
    .sta_data_o(sta_data),
    .vrd_valid_i(vrd_valid),
    .vrd_ready_o(vrd_ready),
    .vrd_prow_i(vrd_prow),
    .vrd_off8_i(vrd_off8),
    .vrd_data_o(vrd_data),
    .vwr_valid_i(vwr_valid),
    .vwr_ready_o(vwr_ready),
    .vwr_prow_i(vwr_prow),
    .vwr_off8_i(vwr_off8),
    .vwr_data_i(vwr_data),
    .vwr_be_i(vwr_be),
    .drd_valid_i(drd_valid),
    .drd_ready_o(drd_ready),
    .drd_lane_i(drd_lane),
    .drd_prow_i(drd_prow),
    .drd_word_i(drd_word),
    .drd_rows_log2_i(drd_rows_log2),
    .drd_part_i(drd_part),
    .drd_data_o(drd_data),
    .dwr_valid_i(dwr_valid),
    .dwr_ready_o(dwr_ready),
    .dwr_lane_i(dwr_lane),
    .dwr_prow_i(dwr_prow),
    .dwr_word_i(dwr_word),
    .dwr_rows_log2_i(dwr_rows_log2),
    .dwr_part_i(dwr_part),
    .dwr_data_i(dwr_data),
    .dwr_be_i(dwr_be),
    .twr_valid_i(dtw_valid),
    .twr_ready_o(dtw_ready),
    .twr_prow_i(dtw_prow),
    .twr_off8_i(dtw_off8),
    .twr_data_i(dtw_data),
    .twr_be_i(dtw_be)
  );

  logic                    trd_valid, twr_valid;
  tn_psum_pkg::psum_wave_t trd_wave, twr_wave;
  logic [Cols-1:0][31:0]   trd_data, twr_data;
  logic                    prd_valid, prd_ready;
  logic [3:0]              prd_bank;
  tn_pkg::prow_t           prd_prow;
  logic [8:0]              prd_index;
  logic [Lanes-1:0][31:0]  prd_data;

  tn_psum #(
    .Partitions(Partitions),
    .Lanes(Lanes),
    .Cols(Cols),
    .PsumBanks(PsumBanks)
  ) u_psum (
    .clk_i,
    .rst_ni,
    .trd_valid_i(trd_valid),
    .trd_wave_i(trd_wave),
    .trd_data_o(trd_data),
    .twr_valid_i(twr_valid),
    .twr_wave_i(twr_wave),
    .twr_data_i(twr_data),
    .vrd_valid_i(prd_valid),
    .vrd_ready_o(prd_ready),
    .vrd_bank_i(prd_bank),
    .vrd_prow_i(prd_prow),
    .vrd_index_i(prd_index),
    .vrd_data_o(prd_data)
  );

  // ----------------------------------------------------------------------------------------------
  // Engines.

  logic           tensor_idle, vector_idle;
  logic [2:0]     dma_idle;
  logic           tensor_fault_valid, vector_fault_valid;
  logic [2:0]     dma_fault_valid;
  tn_pkg::fault_t tensor_fault, vector_fault;
  logic               tensor_engaged, vector_engaged;
  tn_isa_pkg::cause_e tensor_cause, vector_cause;
  logic               tensor_begin_valid, tensor_end_valid, vector_begin_valid, vector_end_valid;
  tn_pkg::trace_t     tensor_begin, tensor_end, vector_begin, vector_end;
  tn_pkg::fault_t [2:0] dma_fault;

  tn_tensor_engine #(
    .Partitions(Partitions),
    .Rows(Rows),
    .Cols(Cols),
    .SbufBytes(SbufBytes),
    .PsumBanks(PsumBanks),
    .LoadCols(LoadCols)
  ) u_tensor_engine (
    .clk_i,
    .rst_ni,
    .instr_valid_i(instr_valid[0]),
    .instr_ready_o(instr_ready[0]),
    .instr_i(instr[0]),
    .instr_index_i(instr_index[0]),
    .upd_valid_o(upd_valid[PortTensor]),
    .upd_ready_i(upd_ready[PortTensor]),
    .upd_o(upd[PortTensor]),
    .fault_valid_o(tensor_fault_valid),
    .fault_o(tensor_fault),
    .stop_i,
    .idle_o(tensor_idle),
    .clear_i,
    .mov_valid_o(mov_valid),
    .mov_prow_o(mov_prow),
    .mov_off8_o(mov_off8),
    .mov_data_i(mov_data),
    .sta_valid_o(sta_valid),
    .sta_ready_i(sta_ready),
    .sta_prow_o(sta_prow),
    .sta_off8_o(sta_off8),
    .sta_data_i(sta_data),
    .trd_valid_o(trd_valid),
    .trd_wave_o(trd_wave),
    .trd_data_i(trd_data),
    .twr_valid_o(twr_valid),
    .twr_wave_o(twr_wave),
    .twr_data_o(twr_data),
    .issue_o,
    .vector_o,
    .engaged_o(tensor_engaged),
    .cause_o(tensor_cause),
    .begin_valid_o(tensor_begin_valid),
    .begin_o(tensor_begin),
    .end_valid_o(tensor_end_valid),
    .end_o(tensor_end)
  );

  tn_vector_engine #(
    .Partitions(Partitions),
    .Lanes(Lanes),
    .VectorLanes(VectorLanes),
    .SbufBytes(SbufBytes),
    .PsumBanks(PsumBanks)
  ) u_vector_engine (
    .clk_i,
    .rst_ni,
    .instr_valid_i(instr_valid[1]),
    .instr_ready_o(instr_ready[1]),
    .instr_i(instr[1]),
    .instr_index_i(instr_index[1]),
    .upd_valid_o(upd_valid[PortVector]),
    .upd_ready_i(upd_ready[PortVector]),
    .upd_o(upd[PortVector]),
    .fault_valid_o(vector_fault_valid),
    .fault_o(vector_fault),
    .stop_i,
    .idle_o(vector_idle),
    .clear_i,
    .psum_vrd_valid_o(prd_valid),
    .psum_vrd_ready_i(prd_ready),
    .psum_vrd_bank_o(prd_bank),
    .psum_vrd_prow_o(prd_prow),
    .psum_vrd_index_o(prd_index),
    .psum_vrd_data_i(prd_data),
    .sbuf_vrd_valid_o(vrd_valid),
    .sbuf_vrd_ready_i(vrd_ready),
    .sbuf_vrd_prow_o(vrd_prow),
    .sbuf_vrd_off8_o(vrd_off8),
    .sbuf_vrd_data_i(vrd_data),
    .sbuf_vwr_valid_o(vwr_valid),
    .sbuf_vwr_ready_i(vwr_ready),
    .sbuf_vwr_prow_o(vwr_prow),
    .sbuf_vwr_off8_o(vwr_off8),
    .sbuf_vwr_data_o(vwr_data),
    .sbuf_vwr_be_o(vwr_be),
    .busy_o(vector_busy_o),
    .sbuf_write_o(vector_write_o),
    .engaged_o(vector_engaged),
    .cause_o(vector_cause),
    .begin_valid_o(vector_begin_valid),
    .begin_o(vector_begin),
    .end_valid_o(vector_end_valid),
    .end_o(vector_end)
  );

  // SyncE's instructions go to the queue of their kind: load, store, copy.
  logic [1:0]               dma_queue;
  tn_isa_pkg::cause_e [2:0] dma_cause;
  tn_pkg::blocked_t   [2:0] dma_blocked;
  logic               [2:0] dma_parked;
  logic               [2:0] dma_begin_valid, dma_end_valid;
  tn_pkg::trace_t     [2:0] dma_begin, dma_end;

  tn_dma #(
    .Partitions(Partitions),
    .Lanes(Lanes),
    .BusBytes(BusBytes),
    .SbufBytes(SbufBytes)
  ) u_dma (
    .clk_i,
    .rst_ni,
    .instr_valid_i(instr_valid[2]),
    .instr_ready_o(instr_ready[2]),
    .instr_i(instr[2]),
    .instr_index_i(instr_index[2]),
    .instr_queue_o(dma_queue),
    .sem_i(sem),
    .upd_valid_o(upd_valid[PortDmaCopy:PortDmaLoad]),
    .upd_ready_i(upd_ready[PortDmaCopy:PortDmaLoad]),
    .upd_o(upd[PortDmaCopy:PortDmaLoad]),
    .fault_valid_o(dma_fault_valid),
    .fault_o(dma_fault),
    .stop_i,
    .idle_o(dma_idle),
    .clear_i,
    .slot_valid_i,
    .slot_read_i,
    .slot_write_i,
    .slot_base_i,
    .slot_bytes_i,
    .cause_o(dma_cause),
    .blocked_o(dma_blocked),
    .parked_o(dma_parked),
    .begin_valid_o(dma_begin_valid),
    .begin_o(dma_begin),
    .end_valid_o(dma_end_valid),
    .end_o(dma_end),
    .read_beat_o(dma_read_beat_o),
    .write_beat_o(dma_write_beat_o),
    .ar_valid_o,
    .ar_ready_i,
    .ar_addr_o,
    .ar_len_o,
    .r_valid_i,
    .r_ready_o,
    .r_data_i,
    .r_last_i,
    .r_err_i,
    .aw_valid_o,
    .aw_ready_i,
    .aw_addr_o,
    .aw_len_o,
    .w_valid_o,
    .w_ready_i,
    .w_data_o,
    .w_strb_o,
    .w_last_o,
    .b_valid_i,
    .b_ready_o,
    .b_err_i,
    .drd_valid_o(drd_valid),
    .drd_ready_i(drd_ready),
    .drd_lane_o(drd_lane),
    .drd_prow_o(drd_prow),
    .drd_word_o(drd_word),
    .drd_rows_log2_o(drd_rows_log2),
    .drd_part_o(drd_part),
    .drd_data_i(drd_data),
    .dwr_valid_o(dwr_valid),
    .dwr_ready_i(dwr_ready),
    .dwr_lane_o(dwr_lane),
    .dwr_prow_o(dwr_prow),
    .dwr_word_o(dwr_word),
    .dwr_rows_log2_o(dwr_rows_log2),
    .dwr_part_o(dwr_part),
    .dwr_data_o(dwr_data),
    .dwr_be_o(dwr_be),
    .twr_valid_o(dtw_valid),
    .twr_ready_i(dtw_ready),
    .twr_prow_o(dtw_prow),
    .twr_off8_o(dtw_off8),
    .twr_data_o(dtw_data),
    .twr_be_o(dtw_be)
  );

  // ----------------------------------------------------------------------------------------------
  // Profile and deadlock, by unit: tensor, vector, sync, dma_load, dma_store, dma_copy. An engine
  // says what its cycle is spent on while it holds an instruction of which something is unread,
  // otherwise its sequencer does.

  assign cause_o = {dma_cause, seq_cause[2],
                    vector_engaged ? vector_cause : seq_cause[1],
                    tensor_engaged ? tensor_cause : seq_cause[0]};
  assign blocked_o = {dma_blocked, seq_blocked};
  logic unused_seq_trace;  // TensorE and VectorE say themselves what they begin and end
  assign unused_seq_trace = ^{seq_begin_valid[1:0], seq_begin[1:0], seq_end_valid[1:0],
                              seq_end[1:0]};

  assign begin_valid_o = {dma_begin_valid, seq_begin_valid[2], vector_begin_valid, tensor_begin_valid};
  assign begin_o = {dma_begin, seq_begin[2], vector_begin, tensor_begin};
  assign end_valid_o = {dma_end_valid, seq_end_valid[2], vector_end_valid, tensor_end_valid};
  assign end_o = {dma_end, seq_end[2], vector_end, tensor_end};

  logic           deadlock_valid;
  tn_pkg::fault_t deadlock_fault;
  logic [3:0]     deadlock_engine;

  tn_deadlock u_deadlock (
    .clk_i,
    .rst_ni,
    .stop_i,
    .clear_i,
    .still_i((~seq_active | seq_stuck) == '1 && dma_parked == '1 && tensor_idle && vector_idle &&
             upd_valid == '0),
    .blocked_i(blocked_o),
    .fault_valid_o(deadlock_valid),
    .fault_o(deadlock_fault),
    .engine_o(deadlock_engine)
  );

  // ----------------------------------------------------------------------------------------------
  // Activity and the fault to report.

  assign active_o = seq_active != '0;
  assign quiet_o = seq_drained == '1 && tensor_idle && vector_idle && dma_idle == '1;

  // Update ports carry no instruction index: a refused update of an engine is charged to the
  // instruction that the engine accepted last.
  logic [SemPorts-1:0][31:0] last_index_q;

  always_ff @(posedge clk_i) begin
    for (int unsigned stream = 0; stream < 3; stream++) begin
      if (upd_valid[stream] && upd_ready[stream]) last_index_q[stream] <= upd_index[stream];
    end
    if (instr_valid[0] && instr_ready[0]) last_index_q[PortTensor] <= instr_index[0];
    if (instr_valid[1] && instr_ready[1]) last_index_q[PortVector] <= instr_index[1];
    if (instr_valid[2] && instr_ready[2]) begin
      last_index_q[PortDmaLoad + 32'(dma_queue)] <= instr_index[2];
    end
  end

  // By engine code, 0 to 6: the engine itself, then its sequencer, then its updates.
  localparam int unsigned NumEngines = 9;
  logic           [NumEngines-1:0] by_engine_valid;
  tn_pkg::fault_t [NumEngines-1:0] by_engine;

  function automatic tn_pkg::fault_t semaphore_fault(input logic [31:0] index,
                                                     input logic [7:0] number);
    return '{code: tn_isa_pkg::FaultSemaphore, instruction: index, address: 64'(number)};
  endfunction

  always_comb begin
    by_engine_valid = '0;
    by_engine       = '0;
    fault_o         = '0;
    fault_engine_o  = '0;
    if (fault_valid_o) begin
      by_engine_valid[tn_isa_pkg::EngineTensor] =
          tensor_fault_valid || seq_fault_valid[0] || sem_fault_valid[0] ||
          sem_fault_valid[PortTensor];
      by_engine[tn_isa_pkg::EngineTensor] =
          tensor_fault_valid ? tensor_fault : seq_fault_valid[0] ? seq_fault[0] :
          semaphore_fault(sem_fault_valid[0] ? last_index_q[0] : last_index_q[PortTensor],
                          sem_fault_sem);
      by_engine_valid[tn_isa_pkg::EngineVector] =
          vector_fault_valid || seq_fault_valid[1] || sem_fault_valid[1] ||
          sem_fault_valid[PortVector];
      by_engine[tn_isa_pkg::EngineVector] =
          vector_fault_valid ? vector_fault : seq_fault_valid[1] ? seq_fault[1] :
          semaphore_fault(sem_fault_valid[1] ? last_index_q[1] : last_index_q[PortVector],
                          sem_fault_sem);
      by_engine_valid[tn_isa_pkg::EngineSync] = seq_fault_valid[2] || sem_fault_valid[2];
      by_engine[tn_isa_pkg::EngineSync] =
          seq_fault_valid[2] ? seq_fault[2] : semaphore_fault(last_index_q[2], sem_fault_sem);
      by_engine_valid[tn_isa_pkg::EngineDmaLoad] = dma_fault_valid[0] || sem_fault_valid[PortDmaLoad];
      by_engine[tn_isa_pkg::EngineDmaLoad] = dma_fault_valid[0] ? dma_fault[0] :
          semaphore_fault(last_index_q[PortDmaLoad], sem_fault_sem);
      by_engine_valid[tn_isa_pkg::EngineDmaStore] = dma_fault_valid[1] || sem_fault_valid[PortDmaStore];
      by_engine[tn_isa_pkg::EngineDmaStore] = dma_fault_valid[1] ? dma_fault[1] :
          semaphore_fault(last_index_q[PortDmaStore], sem_fault_sem);
      by_engine_valid[tn_isa_pkg::EngineDmaCopy] = dma_fault_valid[2] || sem_fault_valid[PortDmaCopy];
      by_engine[tn_isa_pkg::EngineDmaCopy] = dma_fault_valid[2] ? dma_fault[2] :
          semaphore_fault(last_index_q[PortDmaCopy], sem_fault_sem);
      for (int engine = int'(NumEngines) - 1; engine >= 0; engine--) begin
        if (by_engine_valid[engine]) begin
          fault_o        = by_engine[engine];
          fault_engine_o = 4'(engine);
        end
      end
      if (by_engine_valid == '0) begin
        fault_o        = deadlock_fault;
        fault_engine_o = deadlock_engine;
      end
    end
  end

  assign fault_valid_o = tensor_fault_valid || vector_fault_valid || dma_fault_valid != '0 ||
                         seq_fault_valid != '0 || sem_fault_valid != '0 || deadlock_valid;

endmodule
