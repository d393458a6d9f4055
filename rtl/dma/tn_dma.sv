// SPDX-License-Identifier: Apache-2.0
//
// tn_dma: the three DMA queues (load, store, copy) and the arbitration of their SBUF ports.
//
// Takes SyncE's DMA instructions in order, checks their ranges in a pipeline shared by the queues, and
// hands each to the queue of its opcode, where it waits for its semaphores without holding the other
// queues. A full queue holds the stream at its next instruction for that queue. Read port: store and
// copy take turns; write port: load and copy. Arrays over queues: 0 load, 1 store, 2 copy. Latency
// from an instruction taken to the first address of its transfer 4 cycles, if it need not wait.
module tn_dma #(
  parameter int unsigned Partitions = 128,
  parameter int unsigned Lanes      = 16,
  parameter int unsigned BusBytes   = 64,
  parameter int unsigned SbufBytes  = 16384,
  parameter int unsigned QueueDepth = 4,    // instructions in each queue
  parameter int unsigned MaxBursts  = 128,  // outstanding in each direction
  localparam int unsigned LaneW = $clog2(Lanes),
  localparam int unsigned WordW = $clog2(SbufBytes / BusBytes)
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,
  // engine side
  input  logic                       instr_valid_i,
  output logic                       instr_ready_o,
  input  logic [511:0]               instr_i,
  input  logic [31:0]                instr_index_i,
  output logic [1:0]                 instr_queue_o,   // whose instruction it is
  input  logic [31:0][15:0]          sem_i,
  output logic [2:0]                 upd_valid_o,
  input  logic [2:0]                 upd_ready_i,
  output tn_pkg::sem_update_t [2:0]  upd_o,
  output logic [2:0]                 fault_valid_o,   // held until clear_i
  output tn_pkg::fault_t [2:0]       fault_o,
  input  logic                       stop_i,
  output logic [2:0]                 idle_o,
  input  logic                       clear_i,
  // windows of the launch
  input  logic [15:0]                slot_valid_i,
  input  logic [15:0]                slot_read_i,
  input  logic [15:0]                slot_write_i,
  input  logic [15:0][63:0]          slot_base_i,
  input  logic [15:0][61:0]          slot_bytes_i,
  // profile, deadlock, trace
  output tn_isa_pkg::cause_e [2:0]   cause_o,
  output tn_pkg::blocked_t [2:0]     blocked_o,
  output logic [2:0]                 parked_o,
  output logic [2:0]                 begin_valid_o,
  output tn_pkg::trace_t [2:0]       begin_o,
  output logic [2:0]                 end_valid_o,
  output tn_pkg::trace_t [2:0]       end_o,
  output logic                       read_beat_o,     // pulse: a beat came from the bus
  output logic                       write_beat_o,    // pulse: a beat went to the bus
  // bus
  output logic                       ar_valid_o,
  input  logic                       ar_ready_i,
  output logic [63:0]                ar_addr_o,
  output logic [7:0]                 ar_len_o,
  input  logic                       r_valid_i,
  output logic                       r_ready_o,
  input  logic [BusBytes*8-1:0]      r_data_i,
  input  logic                       r_last_i,
  input  logic                       r_err_i,
  output logic                       aw_valid_o,
  input  logic                       aw_ready_i,
  output logic [63:0]                aw_addr_o,
  output logic [7:0]                 aw_len_o,
  output logic                       w_valid_o,
  input  logic                       w_ready_i,
  output logic [BusBytes*8-1:0]      w_data_o,
  output logic [BusBytes-1:0]        w_strb_o,
  output logic                       w_last_o,
  input  logic                       b_valid_i,
  output logic                       b_ready_o,
  input  logic                       b_err_i,
  // SBUF; dwr and twr never both
  output logic                       drd_valid_o,
  input  logic                       drd_ready_i,
  output logic [LaneW-1:0]           drd_lane_o,
  output tn_pkg::prow_t              drd_prow_o,
  output logic [WordW-1:0]           drd_word_o,
  output logic [1:0]                 drd_rows_log2_o,
  output logic [1:0]                 drd_part_o,
  input  logic [BusBytes*8-1:0]      drd_data_i,
  output logic                       dwr_valid_o,
  input  logic                       dwr_ready_i,
  output logic [LaneW-1:0]           dwr_lane_o,
  output tn_pkg::prow_t              dwr_prow_o,
  output logic [WordW-1:0]           dwr_word_o,
  output logic [1:0]                 dwr_rows_log2_o,
  output logic [1:0]                 dwr_part_o,
  output logic [BusBytes*8-1:0]      dwr_data_o,
  output logic [BusBytes-1:0]        dwr_be_o,
  output logic                       twr_valid_o,
  input  logic                       twr_ready_i,
  output tn_pkg::prow_t              twr_prow_o,
  output tn_pkg::off8_t              twr_off8_o,
  output logic [Lanes-1:0][63:0]     twr_data_o,
  output logic [Lanes-1:0][7:0]      twr_be_o
);

  localparam int unsigned Load  = tn_dma_pkg::QueueLoad;
  localparam int unsigned Store = tn_dma_pkg::QueueStore;
  localparam int unsigned Copy  = tn_dma_pkg::QueueCopy;

  // Commands in flight.
  localparam int unsigned BusCommands  = 16;
  localparam int unsigned CopyCommands = 8;

  // ---------------------------------------------------------------------------- instructions
  logic               rst_n, entry_valid;
  logic [1:0]         entry_queue;
  tn_dma_pkg::entry_t entry;
  logic [2:0]         room, accept, arrive;

  assign rst_n = rst_ni && !clear_i;

  always_comb begin
    unique case (instr_i[7:0])
      tn_isa_pkg::OpDmaStore: instr_queue_o = 2'(Store);
      tn_isa_pkg::OpDmaCopy:  instr_queue_o = 2'(Copy);
      default:                instr_queue_o = 2'(Load);
    endcase
  end
  assign instr_ready_o = room[instr_queue_o] && !stop_i;

  for (genvar q = 0; q < 3; q++) begin : gen_queue
    assign accept[q] = instr_valid_i && instr_ready_o && instr_queue_o == 2'(q);
    assign arrive[q] = entry_valid && entry_queue == 2'(q);
  end

  tn_dma_check #(
    .Partitions(Partitions),
    .Lanes     (Lanes),
    .BusBytes  (BusBytes),
    .SbufBytes (SbufBytes)
  ) u_check (
    .clk_i,
    .rst_ni       (rst_n),
    .valid_i      (instr_valid_i && instr_ready_o),
    .instr_i,
    .instr_index_i,
    .slot_valid_i,
    .slot_read_i,
    .slot_write_i,
    .slot_base_i,
    .slot_bytes_i,
    .valid_o      (entry_valid),
    .queue_o      (entry_queue),
    .entry_o      (entry)
  );

  // ---------------------------------------------------------------------------- SBUF ports
  typedef struct packed {
    logic [LaneW-1:0] lane;
    tn_pkg::prow_t    prow;
    logic [WordW-1:0] word;
    logic [1:0]       rows_log2;
    logic [1:0]       part;
  } place_t;

  logic                  store_drd_valid, copy_drd_valid, store_drd_ready, copy_drd_ready;
  logic                  load_dwr_valid, copy_dwr_valid, load_dwr_ready, copy_dwr_ready;
  logic                  load_twr_valid, load_twr_ready;
  place_t                store_drd, copy_drd, load_dwr, copy_dwr;
  logic [BusBytes*8-1:0] load_data, copy_data;
  logic [BusBytes-1:0]   load_be, copy_be;

  // Reads. SBUF may take several cycles for a word, so a request keeps the port until it is granted;
  // one withdrawn (a queue that stops) leaves it unused for a cycle.
  logic rd_hold_q, rd_copy_q, rd_turn_q, rd_copy;  // rd_turn_q: copy first at the next meeting
  assign rd_copy         = rd_hold_q ? rd_copy_q : copy_drd_valid && (!store_drd_valid || rd_turn_q);
  assign drd_valid_o     = rd_copy ? copy_drd_valid : store_drd_valid;
  assign store_drd_ready = drd_ready_i && !rd_copy;
  assign copy_drd_ready  = drd_ready_i && rd_copy;
  assign {drd_lane_o, drd_prow_o, drd_word_o, drd_rows_log2_o, drd_part_o} =
      rd_copy ? copy_drd : store_drd;

  // Writes.
  logic wr_hold_q, wr_copy_q, wr_turn_q, wr_copy, load_wants, wr_ready;
  assign load_wants     = load_dwr_valid || load_twr_valid;
  assign wr_copy        = wr_hold_q ? wr_copy_q : copy_dwr_valid && (!load_wants || wr_turn_q);
  assign dwr_valid_o    = wr_copy ? copy_dwr_valid : load_dwr_valid;
  assign twr_valid_o    = !wr_copy && load_twr_valid;
  assign load_dwr_ready = dwr_ready_i && !wr_copy;
  assign load_twr_ready = twr_ready_i && !wr_copy;
  assign copy_dwr_ready = dwr_ready_i && wr_copy;
  assign wr_ready       = twr_valid_o ? twr_ready_i : dwr_ready_i;
  assign {dwr_lane_o, dwr_prow_o, dwr_word_o, dwr_rows_log2_o, dwr_part_o} =
      wr_copy ? copy_dwr : load_dwr;
  assign dwr_data_o     = wr_copy ? copy_data : load_data;
  assign dwr_be_o       = wr_copy ? copy_be : load_be;

  always_ff @(posedge clk_i) begin
    if (!rst_n) begin
      rd_hold_q <= 1'b0;
      rd_copy_q <= 1'b0;
      rd_turn_q <= 1'b0;
      wr_hold_q <= 1'b0;
      wr_copy_q <= 1'b0;
      wr_turn_q <= 1'b0;
    end else begin
      rd_hold_q <= drd_valid_o && !drd_ready_i;
      rd_copy_q <= rd_copy;
      wr_hold_q <= (dwr_valid_o || twr_valid_o) && !wr_ready;
      wr_copy_q <= wr_copy;
      if (drd_valid_o && drd_ready_i) begin
        rd_turn_q <= !rd_copy;
      end
      if ((dwr_valid_o || twr_valid_o) && wr_ready) begin
        wr_turn_q <= !wr_copy;
      end
    end
  end

  // ---------------------------------------------------------------------------- queues
  localparam tn_isa_pkg::opcode_e [2:0] Opcodes = {tn_isa_pkg::OpDmaCopy, tn_isa_pkg::OpDmaStore,
                                                   tn_isa_pkg::OpDmaLoad};
  logic [2:0]                    path_rst_n, halt, cmd_valid, cmd_ready;
  tn_dma_pkg::command_t [2:0]    cmd;
  logic [2:0][31:0]              cmd_instruction;
  tn_dma_pkg::path_state_t [2:0] state;

  for (genvar q = 0; q < 3; q++) begin : gen_control
    tn_dma_control #(
      .Opcode     (Opcodes[q]),
      .QueueDepth (QueueDepth),
      .MaxCommands((q == Copy) ? CopyCommands : BusCommands)
    ) u_control (
      .clk_i, .rst_ni,
      .accept_i         (accept[q]),
      .room_o           (room[q]),
      .entry_valid_i    (arrive[q]),
      .entry_i          (entry),
      .sem_i,
      .upd_valid_o      (upd_valid_o[q]),
      .upd_ready_i      (upd_ready_i[q]),
      .upd_o            (upd_o[q]),
      .fault_valid_o    (fault_valid_o[q]),
      .fault_o          (fault_o[q]),
      .stop_i,
      .idle_o           (idle_o[q]),
      .clear_i,
      .cause_o          (cause_o[q]),
      .blocked_o        (blocked_o[q]),
      .parked_o         (parked_o[q]),
      .begin_valid_o    (begin_valid_o[q]),
      .begin_o          (begin_o[q]),
      .end_valid_o      (end_valid_o[q]),
      .end_o            (end_o[q]),
      .rst_no           (path_rst_n[q]),
      .halt_o           (halt[q]),
      .cmd_valid_o      (cmd_valid[q]),
      .cmd_ready_i      (cmd_ready[q]),
      .cmd_o            (cmd[q]),
      .cmd_instruction_o(cmd_instruction[q]),
      .state_i          (state[q])
    );
  end

  tn_dma_load #(
    .Lanes(Lanes), .BusBytes(BusBytes), .SbufBytes(SbufBytes), .MaxCommands(BusCommands),
    .MaxBursts(MaxBursts)
  ) u_load (
    .clk_i, .rst_ni(path_rst_n[Load]), .halt_i(halt[Load]),
    .cmd_valid_i(cmd_valid[Load]), .cmd_ready_o(cmd_ready[Load]), .cmd_i(cmd[Load]),
    .cmd_instruction_i(cmd_instruction[Load]), .state_o(state[Load]),
    .ar_valid_o, .ar_ready_i, .ar_addr_o, .ar_len_o,
    .r_valid_i, .r_ready_o, .r_data_i, .r_last_i, .r_err_i,
    .dwr_valid_o(load_dwr_valid), .dwr_ready_i(load_dwr_ready), .dwr_lane_o(load_dwr.lane),
    .dwr_prow_o(load_dwr.prow), .dwr_word_o(load_dwr.word),
    .dwr_rows_log2_o(load_dwr.rows_log2), .dwr_part_o(load_dwr.part), .dwr_data_o(load_data),
    .dwr_be_o(load_be),
    .twr_valid_o(load_twr_valid), .twr_ready_i(load_twr_ready), .twr_prow_o, .twr_off8_o,
    .twr_data_o, .twr_be_o,
    .beat_o(read_beat_o)
  );

  tn_dma_store #(
    .Lanes(Lanes), .BusBytes(BusBytes), .SbufBytes(SbufBytes), .MaxCommands(BusCommands),
    .MaxBursts(MaxBursts)
  ) u_store (
    .clk_i, .rst_ni(path_rst_n[Store]), .halt_i(halt[Store]),
    .cmd_valid_i(cmd_valid[Store]), .cmd_ready_o(cmd_ready[Store]), .cmd_i(cmd[Store]),
    .cmd_instruction_i(cmd_instruction[Store]), .state_o(state[Store]),
    .drd_valid_o(store_drd_valid), .drd_ready_i(store_drd_ready), .drd_lane_o(store_drd.lane),
    .drd_prow_o(store_drd.prow), .drd_word_o(store_drd.word),
    .drd_rows_log2_o(store_drd.rows_log2), .drd_part_o(store_drd.part), .drd_data_i,
    .aw_valid_o, .aw_ready_i, .aw_addr_o, .aw_len_o,
    .w_valid_o, .w_ready_i, .w_data_o, .w_strb_o, .w_last_o,
    .b_valid_i, .b_ready_o, .b_err_i,
    .beat_o(write_beat_o)
  );

  tn_dma_copy #(
    .Lanes(Lanes), .BusBytes(BusBytes), .SbufBytes(SbufBytes), .MaxCommands(CopyCommands)
  ) u_copy (
    .clk_i, .rst_ni(path_rst_n[Copy]), .halt_i(halt[Copy]),
    .cmd_valid_i(cmd_valid[Copy]), .cmd_ready_o(cmd_ready[Copy]), .cmd_i(cmd[Copy]),
    .cmd_instruction_i(cmd_instruction[Copy]), .state_o(state[Copy]),
    .drd_valid_o(copy_drd_valid), .drd_ready_i(copy_drd_ready), .drd_lane_o(copy_drd.lane),
    .drd_prow_o(copy_drd.prow), .drd_word_o(copy_drd.word), .drd_data_i,
    .dwr_valid_o(copy_dwr_valid), .dwr_ready_i(copy_dwr_ready), .dwr_lane_o(copy_dwr.lane),
    .dwr_prow_o(copy_dwr.prow), .dwr_word_o(copy_dwr.word), .dwr_data_o(copy_data),
    .dwr_be_o(copy_be)
  );
  assign {copy_drd.rows_log2, copy_drd.part} = '0;  // a row a word
  assign {copy_dwr.rows_log2, copy_dwr.part} = '0;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && instr_valid_i) begin
      OpcodeIsMine : assert (instr_i[7:0] inside {tn_isa_pkg::OpDmaLoad, tn_isa_pkg::OpDmaStore,
                                                  tn_isa_pkg::OpDmaCopy});
    end
  end
`endif

endmodule
