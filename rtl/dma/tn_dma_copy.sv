// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_copy: data path of the DMA queue from SBUF to SBUF.
//
// Reads the runs of commands a lane word a cycle, realigns them and writes them. A command is read
// when its last byte was, complete when that is written, in order; a source that overlaps its
// destination gives undefined bytes there. Throughput: a word a cycle, where runs are aligned. Latency
// from the instruction at tn_dma to the first read 6 cycles, to the first write 9.
//
// Under halt_i nothing more is read or written but the word at the output. A transfer cut
// short leaves its destination undefined; no byte outside of it is touched.
module tn_dma_copy #(
  parameter int unsigned Lanes       = 16,
  parameter int unsigned BusBytes    = 64,
  parameter int unsigned SbufBytes   = 16384,
  parameter int unsigned MaxCommands = 8,
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
  input  logic [BusBytes*8-1:0] drd_data_i,
  output logic                  dwr_valid_o,
  input  logic                  dwr_ready_i,
  output logic [LaneW-1:0]      dwr_lane_o,
  output tn_pkg::prow_t         dwr_prow_o,
  output logic [WordW-1:0]      dwr_word_o,
  output logic [BusBytes*8-1:0] dwr_data_o,
  output logic [BusBytes-1:0]   dwr_be_o
);

  localparam int unsigned OffW = $clog2(BusBytes);

  logic                  run_valid, run_ready, ahead_valid, ahead_ready, word_valid, word_ready;
  /* verilator lint_off UNUSEDSIGNAL */  // bits of an offset beyond this SBUF; what DRAM needs
  tn_dma_pkg::run_t      run, ahead;
  tn_dma_pkg::spot_t     far, spot;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [BusBytes*8-1:0] word;
  logic [1:0]            unused_rows_log2, unused_part;  // a row a run
  assign far = '{partition: run.far_partition, offset: run.far_offset};

  tn_dma_runs #(
    .Depth(MaxCommands)
  ) u_runs (
    .clk_i,
    .rst_ni     (rst_ni && !halt_i),
    .cmd_valid_i(cmd_valid_i && cmd_ready_o),
    .cmd_ready_o,
    .cmd_i,
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
    .rst_ni,
    .clear_i     (halt_i),
    .run_valid_i (run_valid),
    .run_ready_o (run_ready),
    .run_i       (run),
    .spot_i      (far),
    .read_o      (state_o.read),
    .drd_valid_o, .drd_ready_i, .drd_lane_o, .drd_prow_o, .drd_word_o, .drd_data_i,
    .drd_rows_log2_o(unused_rows_log2), .drd_part_o(unused_part),
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
    .rst_ni,
    .flush_i       (halt_i),
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

  assign state_o.complete    = dwr_valid_o && dwr_ready_i && out_last;
  assign state_o.drained     = !out_busy;
  assign state_o.moved       = (drd_valid_o && drd_ready_i) || (dwr_valid_o && dwr_ready_i);
  assign state_o.refused     = drd_valid_o || dwr_valid_o;
  assign state_o.bus_wait    = 1'b0;
  assign state_o.fault_valid = 1'b0;
  assign state_o.fault       = '0;

  logic unused_copy;  // an instruction's index and what only DRAM needs
  assign unused_copy = ^{cmd_instruction_i, out_index};

endmodule
