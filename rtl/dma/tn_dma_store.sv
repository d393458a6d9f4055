// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_store: DMA queue from SBUF to DRAM.
//
// Begins each instruction when its waits are met, reads its runs from SBUF a lane word a cycle,
// realigns them and writes them in bursts with up to MaxBursts outstanding across instructions. Runs
// without a gap between them in DRAM share beats and bursts. `read` updates follow when the last byte
// left SBUF, `complete` when all write responses have come. Instructions begin and complete in order,
// and so do their bytes in DRAM. Throughput: a bus beat a cycle, where runs are aligned. Latency from
// the instruction at tn_dma to the first address 4 cycles, to the first data 9.
//
// After a fault or stop_i no burst begins; those already addressed end with zero strobes, and their
// responses are awaited. A transfer cut short leaves its part of DRAM undefined; no byte outside of
// it is touched.
module tn_dma_store #(
  parameter int unsigned Lanes      = 16,
  parameter int unsigned BusBytes   = 64,
  parameter int unsigned SbufBytes  = 16384,
  parameter int unsigned QueueDepth = 4,   // instructions
  parameter int unsigned MaxBursts  = 128,
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
  // bus
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
  input  logic                  b_err_i,
  // profile
  output logic                  beat_o           // pulse: a beat went to the bus
);

  if (MaxBursts < 8) begin : gen_check_bursts
    $fatal(1, "tn_dma_store: MaxBursts (%0d) must be at least 8", MaxBursts);
  end

  localparam int unsigned MaxCommands = 16;
  localparam int unsigned OffW        = $clog2(BusBytes);

  // ---------------------------------------------------------------------------- what all queues do
  logic                 rst_n, halt, cmd_valid, cmd_ready, cmd_go, read, complete, drained;
  logic                 moved, refused, bus_wait, bus_fault;
  logic [31:0]          cmd_instruction;
  tn_dma_pkg::command_t cmd;
  tn_pkg::fault_t       bus_fault_data;

  tn_dma_control #(
    .Opcode     (tn_isa_pkg::OpDmaStore),
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

  // A command goes to the bursts and to the runs at once.
  logic bursts_ready, runs_ready;
  assign cmd_ready = bursts_ready && runs_ready;
  assign cmd_go    = cmd_valid && cmd_ready;

  // ---------------------------------------------------------------------------- addresses
  logic        open_ready, open_valid, open_last, burst_last, addressed;
  logic [31:0] burst_instruction;
  logic [$clog2(MaxBursts+1)-1:0] unused_open_count, unused_len_count;

  tn_dma_bursts #(
    .BusBytes(BusBytes)
  ) u_bursts (
    .clk_i,
    .rst_ni             (rst_n),
    .stop_i             (halt),
    .room_i             (open_ready),
    .cmd_valid_i        (cmd_go),
    .cmd_ready_o        (bursts_ready),
    .cmd_i              (cmd),
    .cmd_instruction_i  (cmd_instruction),
    .burst_valid_o      (aw_valid_o),
    .burst_ready_i      (aw_ready_i),
    .burst_addr_o       (aw_addr_o),
    .burst_len_o        (aw_len_o),
    .burst_last_o       (burst_last),
    .burst_instruction_o(burst_instruction)
  );
  assign addressed = aw_valid_o && aw_ready_i;

  // Bursts without their response, oldest first.
  tn_fifo #(
    .Width(97),
    .Depth(MaxBursts)
  ) u_open (
    .clk_i,
    .rst_ni     (rst_n),
    .clear_i    (1'b0),
    .in_valid_i (addressed),
    .in_ready_o (open_ready),
    .in_data_i  ({burst_last, burst_instruction, aw_addr_o}),
    .out_valid_o(open_valid),
    .out_ready_i(b_valid_i),
    .out_data_o ({open_last, bus_fault_data.instruction, bus_fault_data.address}),
    .count_o    (unused_open_count)
  );
  assign b_ready_o = 1'b1;
  assign bus_fault_data.code = tn_isa_pkg::FaultBusWrite;

  // Bursts whose address was taken and whose data are still to be sent. Never full: u_open is first.
  logic       len_valid, unused_len_ready;
  logic [7:0] len;

  tn_fifo #(
    .Width(8),
    .Depth(MaxBursts)
  ) u_len (
    .clk_i,
    .rst_ni     (rst_n),
    .clear_i    (1'b0),
    .in_valid_i (addressed),
    .in_ready_o (unused_len_ready),
    .in_data_i  (aw_len_o),
    .out_valid_o(len_valid),
    .out_ready_i(w_valid_o && w_ready_i && w_last_o),
    .out_data_o (len),
    .count_o    (unused_len_count)
  );

  // ---------------------------------------------------------------------------- SBUF
  logic                  run_valid, run_ready, ahead_valid, ahead_ready, word_valid, word_ready;
  /* verilator lint_off UNUSEDSIGNAL */  // of the far side only the alignment; no partition
  tn_dma_pkg::run_t      run, ahead;
  tn_dma_pkg::spot_t     spot;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [BusBytes*8-1:0] word;

  tn_dma_runs #(
    .Depth(MaxCommands)
  ) u_runs (
    .clk_i,
    .rst_ni     (rst_n && !halt),
    .cmd_valid_i(cmd_go),
    .cmd_ready_o(runs_ready),
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
    .spot_i      (run.spot),
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

  // ---------------------------------------------------------------------------- data to the bus
  logic                out_valid, out_ready, unused_read, unused_last, unused_busy, unused_tag;
  logic [BusBytes-1:0] out_be;
  logic [18-OffW:0]    unused_index;
  logic [7:0]          beat_q;  // of the burst being sent

  tn_dma_align #(
    .BusBytes(BusBytes),
    .TagW    (1)
  ) u_align (
    .clk_i,
    .rst_ni        (rst_n),
    .flush_i       (halt),
    .run_valid_i   (ahead_valid),
    .run_ready_o   (ahead_ready),
    .run_src_i     (spot.offset[OffW-1:0]),
    .run_dst_i     (ahead.far_offset[OffW-1:0]),
    .run_bytes_i   (ahead.bytes),
    .run_join_src_i(1'b0),
    .run_join_dst_i(ahead.join_far),
    .run_last_i    (ahead.last),
    .run_tag_i     (1'b0),
    .in_valid_i    (word_valid),
    .in_ready_o    (word_ready),
    .in_data_i     (word),
    .read_o        (unused_read),
    .out_valid_o   (out_valid),
    .out_ready_i   (out_ready),
    .out_data_o    (w_data_o),
    .out_be_o      (out_be),
    .out_last_o    (unused_last),
    .out_tag_o     (unused_tag),
    .out_index_o   (unused_index),
    .busy_o        (unused_busy)
  );

  // Words leave the realigner in the order of the beats of the bursts, one for one. Halted, the
  // realigner gives no new word, and the beats it owes are sent without strobes.
  assign w_valid_o = len_valid && (out_valid || halt);
  assign w_strb_o  = out_valid ? out_be : '0;
  assign w_last_o  = (beat_q == len);
  assign out_ready = len_valid && w_ready_i;
  assign beat_o    = w_valid_o && w_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_n) begin
      beat_q <= '0;
    end else if (beat_o) begin
      beat_q <= w_last_o ? '0 : beat_q + 1'b1;
    end
  end

  // ---------------------------------------------------------------------------- events
  assign complete  = b_valid_i && open_last;
  assign bus_fault = b_valid_i && b_err_i;
  assign drained   = !open_valid;
  assign moved     = beat_o || (drd_valid_o && drd_ready_i);
  assign refused   = drd_valid_o;
  assign bus_wait  = open_valid || aw_valid_o;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      ResponseWasAskedFor : assert (!b_valid_i || open_valid);
    end
  end
`endif

endmodule
