// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_copy: DMA queue from SBUF to SBUF.
//
// Begins each instruction when its waits are met, reads its runs a lane word a cycle, realigns them
// and writes them. `read` updates follow when the last byte was read, `complete` when it is written.
// Instructions begin and complete in order; a source that overlaps its destination gives undefined
// bytes there. Throughput: a word a cycle, where runs are aligned. Latency from the instruction at
// tn_dma to the first read 6 cycles, to the first write 9.
//
// After a fault or stop_i nothing more is read or written but the word at the output. A transfer cut
// short leaves its destination undefined; no byte outside of it is touched.
module tn_dma_copy #(
  parameter int unsigned Lanes      = 16,
  parameter int unsigned BusBytes   = 64,
  parameter int unsigned SbufBytes  = 16384,
  parameter int unsigned QueueDepth = 4,   // instructions
  localparam int unsigned LaneW = $clog2(Lanes),
  localparam int unsigned WordW = $clog2(SbufBytes / BusBytes)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  // engine side
  input  logic                  accept_i,        // an instruction of this queue is accepted
  output logic                  room_o,
  input  logic                  entry_valid_i,   // ... and comes from the check
  input  tn_dma_pkg::entry_t    entry_i,
  input  logic [31:0][15:0]     sem_i,
  output logic                  upd_valid_o,
  input  logic                  upd_ready_i,
  output tn_pkg::sem_update_t   upd_o,
  output logic                  fault_valid_o,   // held until clear_i
  output tn_pkg::fault_t        fault_o,
  input  logic                  stop_i,
  output logic                  idle_o,
  input  logic                  clear_i,
  output tn_isa_pkg::cause_e    cause_o,
  output tn_pkg::blocked_t      blocked_o,
  output logic                  parked_o,
  output logic                  begin_valid_o,
  output tn_pkg::trace_t        begin_o,
  output logic                  end_valid_o,
  output tn_pkg::trace_t        end_o,
  // SBUF
  output logic                  drd_valid_o,
  input  logic                  drd_ready_i,
  output logic [LaneW-1:0]      drd_lane_o,
  output tn_pkg::prow_t         drd_prow_o,
  output logic [WordW-1:0]      drd_word_o,
  input  logic [BusBytes*8-1:0] drd_data_i,
  output logic                  dwr_valid_o,
  input  logic                  dwr_ready_i,
  output logic [LaneW-1:0]      dwr_lane_o,
  output tn_pkg::prow_t         dwr_prow_o,
  output logic [WordW-1:0]      dwr_word_o,
  output logic [BusBytes*8-1:0] dwr_data_o,
  output logic [BusBytes-1:0]   dwr_be_o
);

  localparam int unsigned MaxCommands = 8;
  localparam int unsigned OffW        = $clog2(BusBytes);

  // ---------------------------------------------------------------------------- what all queues do
  logic                 rst_n, halt, cmd_valid, cmd_ready, cmd_go, read, complete, drained;
  logic                 moved, refused, bus_wait, bus_fault;
  logic [31:0]          cmd_instruction;
  tn_dma_pkg::command_t cmd;
  tn_pkg::fault_t       bus_fault_data;

  tn_dma_control #(
    .Opcode     (tn_isa_pkg::OpDmaCopy),
    .QueueDepth (QueueDepth),
    .MaxCommands(MaxCommands)
  ) u_control (
    .clk_i, .rst_ni,
    .accept_i, .room_o, .entry_valid_i, .entry_i, .sem_i,
    .upd_valid_o, .upd_ready_i, .upd_o, .fault_valid_o, .fault_o, .stop_i, .idle_o, .clear_i,
    .cause_o, .blocked_o, .parked_o, .begin_valid_o, .begin_o, .end_valid_o, .end_o,
    .rst_no           (rst_n),
    .halt_o           (halt),
    .cmd_valid_o      (cmd_valid),
    .cmd_ready_i      (cmd_ready),
    .cmd_o            (cmd),
    .cmd_instruction_o(cmd_instruction),
    .read_i           (read),
    .complete_i       (complete),
    .bus_fault_valid_i(bus_fault),
    .bus_fault_i      (bus_fault_data),
    .drained_i        (drained),
    .moved_i          (moved),
    .refused_i        (refused),
    .bus_wait_i       (bus_wait)
  );

  logic                  run_valid, run_ready, ahead_valid, ahead_ready, word_valid, word_ready;
  /* verilator lint_off UNUSEDSIGNAL */  // bits of an offset beyond this SBUF; what DRAM needs
  tn_dma_pkg::run_t      run, ahead;
  tn_dma_pkg::spot_t     far, spot;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [BusBytes*8-1:0] word;
  assign cmd_go = cmd_valid && cmd_ready;
  assign far    = '{partition: run.far_partition, offset: run.far_offset};

  tn_dma_runs #(
    .Depth(MaxCommands)
  ) u_runs (
    .clk_i,
    .rst_ni     (rst_n && !halt),
    .cmd_valid_i(cmd_go),
    .cmd_ready_o(cmd_ready),
    .cmd_i      (cmd),
    .run_valid_o(run_valid),
    .run_ready_i(run_ready),
    .run_o      (run)
  );

  tn_dma_reader #(
    .Lanes    (Lanes),
    .BusBytes (BusBytes),
    .SbufBytes(SbufBytes)
  ) u_reader (
    .clk_i,
    .rst_ni      (rst_n),
    .clear_i     (halt),
    .run_valid_i (run_valid),
    .run_ready_o (run_ready),
    .run_i       (run),
    .spot_i      (far),
    .read_o      (read),
    .drd_valid_o, .drd_ready_i, .drd_lane_o, .drd_prow_o, .drd_word_o, .drd_data_i,
    .run_valid_o (ahead_valid),
    .run_ready_i (ahead_ready),
    .run_o       (ahead),
    .spot_o      (spot),
    .word_valid_o(word_valid),
    .word_ready_i(word_ready),
    .word_o      (word)
  );

  // Where the run's words go.
  typedef struct packed {
    logic [LaneW-1:0] lane;
    tn_pkg::prow_t    prow;
    logic [WordW-1:0] word;
  } place_t;

  place_t           place, out_place;
  logic             unused_read, out_last, out_busy;
  logic [18-OffW:0] out_index;
  assign place = '{
    lane: LaneW'(32'(ahead.spot.partition) % Lanes),
    prow: tn_pkg::prow_t'(32'(ahead.spot.partition) / Lanes),
    word: ahead.spot.offset[OffW +: WordW]
  };

  tn_dma_align #(
    .BusBytes(BusBytes),
    .TagW    ($bits(place_t))
  ) u_align (
    .clk_i,
    .rst_ni        (rst_n),
    .flush_i       (halt),
    .run_valid_i   (ahead_valid),
    .run_ready_o   (ahead_ready),
    .run_src_i     (spot.offset[OffW-1:0]),
    .run_dst_i     (ahead.spot.offset[OffW-1:0]),
    .run_bytes_i   (ahead.bytes),
    .run_join_src_i(1'b0),
    .run_join_dst_i(1'b0),
    .run_last_i    (ahead.last),
    .run_tag_i     (place),
    .in_valid_i    (word_valid),
    .in_ready_o    (word_ready),
    .in_data_i     (word),
    .read_o        (unused_read),
    .out_valid_o   (dwr_valid_o),
    .out_ready_i   (dwr_ready_i),
    .out_data_o    (dwr_data_o),
    .out_be_o      (dwr_be_o),
    .out_last_o    (out_last),
    .out_tag_o     (out_place),
    .out_index_o   (out_index),
    .busy_o        (out_busy)
  );

  assign dwr_lane_o = out_place.lane;
  assign dwr_prow_o = out_place.prow;
  assign dwr_word_o = out_place.word + WordW'(out_index);

  assign complete  = dwr_valid_o && dwr_ready_i && out_last;
  assign drained   = !out_busy;
  assign moved     = (drd_valid_o && drd_ready_i) || (dwr_valid_o && dwr_ready_i);
  assign refused   = drd_valid_o || dwr_valid_o;
  assign bus_wait  = 1'b0;
  assign bus_fault = 1'b0;
  assign bus_fault_data = '0;

  logic unused_copy;  // an instruction's index and what only DRAM needs
  assign unused_copy = ^{cmd_instruction, out_index};

endmodule
