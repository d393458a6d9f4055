// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_store: data path of the DMA queue from SBUF to DRAM.
//
// Reads the runs of commands from SBUF a lane word a cycle, realigns them and writes them in bursts
// with up to MaxBursts outstanding across commands. Runs without a gap between them in DRAM share
// beats and bursts. A command is read when its last byte left SBUF, complete when all write responses
// have come, in order, and so are bytes in DRAM. Throughput: a bus beat a cycle, where runs are
// aligned. Latency from the instruction at tn_dma to the first address 4 cycles, to the first data 9.
//
// Under halt_i no burst begins; those already addressed end with zero strobes, and their
// responses are awaited. A transfer cut short leaves its part of DRAM undefined; no byte outside of
// it is touched.
module tn_dma_store #(
  parameter int unsigned Lanes       = 16,
  parameter int unsigned BusBytes    = 64,
  parameter int unsigned SbufBytes   = 16384,
  parameter int unsigned MaxCommands = 16,
  parameter int unsigned MaxBursts   = 128,
  localparam int unsigned LaneW = $clog2(Lanes),
  localparam int unsigned WordW = $clog2(SbufBytes / BusBytes)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  // from and to tn_dma_control
  input  logic                  halt_i,
  input  logic                  cmd_valid_i,
  output logic                  cmd_ready_o,
  input  tn_dma_pkg::command_t  cmd_i,
  input  logic [31:0]           cmd_instruction_i,
  output tn_dma_pkg::path_state_t state_o,
  // SBUF
  output logic                  drd_valid_o,
  input  logic                  drd_ready_i,
  output logic [LaneW-1:0]      drd_lane_o,
  output tn_pkg::prow_t         drd_prow_o,
  output logic [WordW-1:0]      drd_word_o,
  output logic [1:0]            drd_rows_log2_o,
  output logic [1:0]            drd_part_o,
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

  localparam int unsigned OffW = $clog2(BusBytes);

  // ---------------------------------------------------------------------------- addresses
  logic             open_valid, open_last, addressed, run_valid, run_ready;
  tn_pkg::fault_t   open_fault;
  /* verilator lint_off UNUSEDSIGNAL */  // of the far side only the alignment; no partition
  tn_dma_pkg::run_t run, ahead;
  /* verilator lint_on UNUSEDSIGNAL */

  tn_dma_issue #(
    .BusBytes   (BusBytes),
    .MaxCommands(MaxCommands),
    .MaxBursts  (MaxBursts),
    .Fault      (tn_isa_pkg::FaultBusWrite)
  ) u_issue (
    .clk_i, .rst_ni, .halt_i,
    .cmd_valid_i, .cmd_ready_o, .cmd_i, .cmd_instruction_i,
    .addr_valid_o(aw_valid_o),
    .addr_ready_i(aw_ready_i),
    .addr_o      (aw_addr_o),
    .addr_len_o  (aw_len_o),
    .retire_i    (b_valid_i),
    .open_valid_o(open_valid),
    .open_last_o (open_last),
    .open_fault_o(open_fault),
    .run_valid_o (run_valid),
    .run_ready_i (run_ready),
    .run_o       (run)
  );
  assign addressed = aw_valid_o && aw_ready_i;
  assign b_ready_o = 1'b1;

  // Bursts whose address was taken and whose data are still to be sent. Never full: u_issue is first.
  logic       len_valid, unused_len_ready;
  logic [$clog2(MaxBursts+1)-1:0] unused_len_count;
  logic [7:0] len;

  tn_fifo #(
    .Width(8),
    .Depth(MaxBursts)
  ) u_len (
    .clk_i,
    .rst_ni,
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
  logic                  ahead_valid, ahead_ready, word_valid, word_ready;
  /* verilator lint_off UNUSEDSIGNAL */
  tn_dma_pkg::spot_t     spot;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [BusBytes*8-1:0] word;

  tn_dma_reader #(
    .Lanes    (Lanes),
    .BusBytes (BusBytes),
    .SbufBytes(SbufBytes)
  ) u_reader (
    .clk_i,
    .rst_ni,
    .clear_i     (halt_i),
    .run_valid_i (run_valid),
    .run_ready_o (run_ready),
    .run_i       (run),
    .spot_i      (run.spot),
    .read_o      (state_o.read),
    .drd_valid_o, .drd_ready_i, .drd_lane_o, .drd_prow_o, .drd_word_o, .drd_data_i,
    .drd_rows_log2_o, .drd_part_o,
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
    .rst_ni,
    .flush_i       (halt_i),
    .run_valid_i   (ahead_valid),
    .run_ready_o   (ahead_ready),
    .run_src_i     ((ahead.rows_log2 != '0) ? '0 : spot.offset[OffW-1:0]),
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
  assign w_valid_o = len_valid && (out_valid || halt_i);
  assign w_strb_o  = out_valid ? out_be : '0;
  assign w_last_o  = (beat_q == len);
  assign out_ready = len_valid && w_ready_i;
  assign beat_o    = w_valid_o && w_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
    end else if (beat_o) begin
      beat_q <= w_last_o ? '0 : beat_q + 1'b1;
    end
  end

  // ---------------------------------------------------------------------------- events
  assign state_o.complete    = b_valid_i && open_last;
  assign state_o.drained     = !open_valid;
  assign state_o.moved       = beat_o || (drd_valid_o && drd_ready_i);
  assign state_o.refused     = drd_valid_o;
  assign state_o.bus_wait    = open_valid || aw_valid_o;
  assign state_o.fault_valid = b_valid_i && b_err_i;
  assign state_o.fault       = open_fault;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      ResponseWasAskedFor : assert (!b_valid_i || open_valid);
    end
  end
`endif

endmodule
