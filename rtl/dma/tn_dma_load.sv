// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_load: data path of the DMA queue from DRAM to SBUF.
//
// Reads the runs of commands in bursts with up to MaxBursts outstanding across commands, realigns
// them and writes SBUF: a lane word a cycle, or transposing the elements of all lanes. A command is
// read when its last byte came from the bus, complete when it is in SBUF, in order. Throughput: a bus
// beat a cycle, where runs are aligned. Latency from the instruction at tn_dma to the first address 4
// cycles, from data to SBUF 1 (transposing 2).
//
// Under halt_i no burst begins; those outstanding are read to their end and discarded.
// A transfer cut short leaves its part of SBUF undefined; no byte outside of it is touched.
module tn_dma_load #(
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
  // bus
  output logic                  ar_valid_o,
  input  logic                  ar_ready_i,
  output logic [63:0]           ar_addr_o,
  output logic [7:0]            ar_len_o,
  input  logic                  r_valid_i,
  output logic                  r_ready_o,
  input  logic [BusBytes*8-1:0] r_data_i,
  input  logic                  r_last_i,
  input  logic                  r_err_i,
  // SBUF, never both
  output logic                  dwr_valid_o,
  input  logic                  dwr_ready_i,
  output logic [LaneW-1:0]      dwr_lane_o,
  output tn_pkg::prow_t         dwr_prow_o,
  output logic [WordW-1:0]      dwr_word_o,
  output logic [1:0]            dwr_rows_log2_o,  // rows in the word, for as many lanes
  output logic [1:0]            dwr_part_o,       // ... where in each lane's word
  output logic [BusBytes*8-1:0] dwr_data_o,
  output logic [BusBytes-1:0]   dwr_be_o,
  output logic                  twr_valid_o,
  input  logic                  twr_ready_i,
  output tn_pkg::prow_t         twr_prow_o,
  output tn_pkg::off8_t         twr_off8_o,
  output logic [Lanes-1:0][63:0] twr_data_o,
  output logic [Lanes-1:0][7:0] twr_be_o,
  // profile
  output logic                  beat_o           // pulse: a beat came from the bus
);

  localparam int unsigned OffW = $clog2(BusBytes);
  localparam int unsigned IndexW = 19 - OffW;

  // ---------------------------------------------------------------------------- addresses
  logic             open_valid, unused_open_last, run_valid, run_ready;
  tn_pkg::fault_t   open_fault;
  /* verilator lint_off UNUSEDSIGNAL */  // bits of an offset beyond this SBUF; the far partition
  tn_dma_pkg::run_t run;
  /* verilator lint_on UNUSEDSIGNAL */

  tn_dma_issue #(
    .BusBytes   (BusBytes),
    .MaxCommands(MaxCommands),
    .MaxBursts  (MaxBursts),
    .Fault      (tn_isa_pkg::FaultBusRead)
  ) u_issue (
    .clk_i, .rst_ni, .halt_i,
    .cmd_valid_i, .cmd_ready_o, .cmd_i, .cmd_instruction_i,
    .addr_valid_o(ar_valid_o),
    .addr_ready_i(ar_ready_i),
    .addr_o      (ar_addr_o),
    .addr_len_o  (ar_len_o),
    .retire_i    (beat_o && r_last_i),
    .open_valid_o(open_valid),
    .open_last_o (unused_open_last),
    .open_fault_o(open_fault),
    .run_valid_o (run_valid),
    .run_ready_i (run_ready),
    .run_o       (run)
  );

  // ---------------------------------------------------------------------------- data
  // Where the run's words go. Transposing, `word` counts words of elements side by side, from the
  // first partition of the prow on.
  typedef struct packed {
    logic                    transpose;
    logic [1:0]              element_log2;
    logic [1:0]              rows_log2;
    tn_dma_pkg::sbuf_bytes_t offset;
    logic [7:0]              partition;
    logic [IndexW-1:0]       word;
  } place_t;

  localparam int unsigned SideW = LaneW + 3;  // bytes of elements side by side, up to a prow's

  place_t              place, out_place;
  logic [SideW-1:0]    side;
  logic [OffW-1:0]     dst;
  logic                align_in_ready, out_valid, out_ready, out_last, out_busy;
  logic [IndexW-1:0]   out_index, out_word;
  logic                transpose_ready, twr_last;

  assign side = SideW'(32'(run.spot.partition) % Lanes) << run.element_log2;
  assign dst  = run.transpose         ? OffW'(side) :
                (run.rows_log2 != '0) ? '0 : run.spot.offset[OffW-1:0];
  assign place = '{
    transpose:    run.transpose,
    element_log2: run.element_log2,
    rows_log2:    run.rows_log2,
    offset:       run.spot.offset,
    partition:    run.spot.partition,
    word:         run.transpose ? IndexW'(32'(side) >> OffW)
                                : IndexW'(run.spot.offset[17:OffW])
  };

  tn_dma_align #(
    .BusBytes(BusBytes),
    .TagW    ($bits(place_t))
  ) u_align (
    .clk_i,
    .rst_ni,
    .flush_i       (halt_i),
    .run_valid_i   (run_valid),
    .run_ready_o   (run_ready),
    .run_src_i     (run.far_offset[OffW-1:0]),
    .run_dst_i     (dst),
    .run_bytes_i   (run.bytes),
    .run_join_src_i(run.join_far),
    .run_join_dst_i(1'b0),
    .run_last_i    (run.last),
    .run_tag_i     (place),
    .in_valid_i    (r_valid_i),
    .in_ready_o    (align_in_ready),
    .in_data_i     (r_data_i),
    .read_o        (state_o.read),
    .out_valid_o   (out_valid),
    .out_ready_i   (out_ready),
    .out_data_o    (dwr_data_o),
    .out_be_o      (dwr_be_o),
    .out_last_o    (out_last),
    .out_tag_o     (out_place),
    .out_index_o   (out_index),
    .busy_o        (out_busy)
  );

  // The run's next word is the next of its partition, or of several rows the next partitions'.
  logic       is_rows;
  logic [7:0] out_partition;
  assign is_rows       = (out_place.rows_log2 != '0);
  assign out_word      = is_rows ? out_place.word : out_place.word + out_index;
  assign out_partition = is_rows ? out_place.partition + 8'(out_index << out_place.rows_log2)
                                 : out_place.partition;
  assign out_ready       = out_place.transpose ? transpose_ready || halt_i
                                               : dwr_ready_i && !twr_valid_o;
  assign r_ready_o       = align_in_ready || halt_i;
  assign dwr_valid_o     = out_valid && !out_place.transpose && !twr_valid_o;
  assign dwr_lane_o      = LaneW'(32'(out_partition) % Lanes);
  assign dwr_prow_o      = tn_pkg::prow_t'(32'(out_partition) / Lanes);
  assign dwr_word_o      = out_word[WordW-1:0];
  assign dwr_rows_log2_o = out_place.rows_log2;
  assign dwr_part_o      = out_place.rows_log2[1] ? out_place.offset[OffW-1 -: 2]
                                                  : {1'b0, out_place.offset[OffW-1]};

  tn_dma_transpose #(
    .Lanes   (Lanes),
    .BusBytes(BusBytes),
    .IndexW  (IndexW)
  ) u_transpose (
    .clk_i,
    .rst_ni,
    .clear_i          (halt_i),
    .in_valid_i       (out_valid && out_place.transpose),
    .in_ready_o       (transpose_ready),
    .in_data_i        (dwr_data_o),
    .in_be_i          (dwr_be_o),
    .in_last_i        (out_last),
    .in_index_i       (out_word),
    .in_prow_i        (dwr_prow_o),
    .in_offset_i      (out_place.offset),
    .in_element_log2_i(out_place.element_log2),
    .twr_valid_o, .twr_ready_i, .twr_prow_o, .twr_off8_o, .twr_data_o, .twr_be_o,
    .twr_last_o       (twr_last)
  );

  // ---------------------------------------------------------------------------- events
  logic wrote, transposed;
  assign wrote      = dwr_valid_o && dwr_ready_i;
  assign transposed = twr_valid_o && twr_ready_i;
  assign beat_o     = r_valid_i && r_ready_o;
  assign state_o.complete    = (wrote && out_last) || (transposed && twr_last);
  assign state_o.drained     = !open_valid && !out_busy && !twr_valid_o;
  assign state_o.moved       = beat_o || wrote || transposed;
  assign state_o.refused     = dwr_valid_o || twr_valid_o;
  assign state_o.bus_wait    = open_valid || ar_valid_o;
  assign state_o.fault_valid = beat_o && r_err_i;
  assign state_o.fault       = open_fault;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      DataWasAskedFor : assert (!r_valid_i || open_valid);
      OneWriteAtATime : assert (!dwr_valid_o || !twr_valid_o);
    end
  end
`endif

endmodule
