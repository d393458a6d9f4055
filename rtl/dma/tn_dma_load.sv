// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_load: DMA queue from DRAM to SBUF.
//
// Begins each instruction when its waits are met, reads its runs in bursts with up to MaxBursts
// outstanding across instructions, realigns them and writes SBUF: a lane word a cycle, or transposing
// the elements of all lanes. `read` updates follow when the last byte came from the bus, `complete`
// when it is in SBUF. Instructions begin and complete in order. Throughput: a bus beat a cycle, where
// runs are aligned. Latency from the instruction at tn_dma to the first address 4 cycles, from data
// to SBUF 1 (transposing 2).
//
// After a fault or stop_i no burst begins; those outstanding are read to their end and discarded.
// A transfer cut short leaves its part of SBUF undefined; no byte outside of it is touched.
module tn_dma_load #(
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

  if (MaxBursts < 8) begin : gen_check_bursts
    $fatal(1, "tn_dma_load: MaxBursts (%0d) must be at least 8", MaxBursts);
  end

  localparam int unsigned MaxCommands = 16;
  localparam int unsigned OffW        = $clog2(BusBytes);
  localparam int unsigned IndexW      = 19 - OffW;

  // ---------------------------------------------------------------------------- what all queues do
  logic                 rst_n, halt, cmd_valid, cmd_ready, cmd_go, read, complete, drained;
  logic                 moved, refused, bus_wait, bus_fault;
  logic [31:0]          cmd_instruction;
  tn_dma_pkg::command_t cmd;
  tn_pkg::fault_t       bus_fault_data;

  tn_dma_control #(
    .Opcode     (tn_isa_pkg::OpDmaLoad),
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
  logic        open_ready, open_valid, open_pop, unused_burst_last;
  logic [31:0] burst_instruction;
  logic [$clog2(MaxBursts+1)-1:0] unused_open_count;

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
    .burst_valid_o      (ar_valid_o),
    .burst_ready_i      (ar_ready_i),
    .burst_addr_o       (ar_addr_o),
    .burst_len_o        (ar_len_o),
    .burst_last_o       (unused_burst_last),
    .burst_instruction_o(burst_instruction)
  );

  // Bursts whose data have not all come, oldest first.
  tn_fifo #(
    .Width(96),
    .Depth(MaxBursts)
  ) u_open (
    .clk_i,
    .rst_ni     (rst_n),
    .clear_i    (1'b0),
    .in_valid_i (ar_valid_o && ar_ready_i),
    .in_ready_o (open_ready),
    .in_data_i  ({burst_instruction, ar_addr_o}),
    .out_valid_o(open_valid),
    .out_ready_i(open_pop),
    .out_data_o ({bus_fault_data.instruction, bus_fault_data.address}),
    .count_o    (unused_open_count)
  );
  assign open_pop = r_valid_i && r_ready_o && r_last_i;
  assign bus_fault_data.code = tn_isa_pkg::FaultBusRead;

  // ---------------------------------------------------------------------------- data
  logic             run_valid, run_ready;
  /* verilator lint_off UNUSEDSIGNAL */  // bits of an offset beyond this SBUF; the far partition
  tn_dma_pkg::run_t run;
  /* verilator lint_on UNUSEDSIGNAL */

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

  // Where the run's words go. Transposing, `word` counts words of elements side by side, from the
  // first partition of the prow on.
  typedef struct packed {
    logic                    transpose;
    logic [1:0]              element_log2;
    tn_dma_pkg::sbuf_bytes_t offset;
    logic [LaneW-1:0]        lane;
    tn_pkg::prow_t           prow;
    logic [IndexW-1:0]       word;
  } place_t;

  localparam int unsigned SideW = LaneW + 2;  // bytes of elements side by side, up to a prow's

  place_t              place, out_place;
  logic [SideW-1:0]    side;
  logic [OffW-1:0]     dst;
  logic                align_in_ready, out_valid, out_ready, out_last, out_busy;
  logic [IndexW-1:0]   out_index, out_word;
  logic                transpose_ready, twr_last;

  assign side = SideW'(32'(run.spot.partition) % Lanes) << run.element_log2;
  assign dst  = run.transpose ? OffW'(side) : run.spot.offset[OffW-1:0];
  assign place = '{
    transpose:    run.transpose,
    element_log2: run.element_log2,
    offset:       run.spot.offset,
    lane:         LaneW'(32'(run.spot.partition) % Lanes),
    prow:         tn_pkg::prow_t'(32'(run.spot.partition) / Lanes),
    word:         run.transpose ? IndexW'(32'(side) >> OffW)
                                : IndexW'(run.spot.offset[17:OffW])
  };

  tn_dma_align #(
    .BusBytes(BusBytes),
    .TagW    ($bits(place_t))
  ) u_align (
    .clk_i,
    .rst_ni        (rst_n),
    .flush_i       (halt),
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
    .read_o        (read),
    .out_valid_o   (out_valid),
    .out_ready_i   (out_ready),
    .out_data_o    (dwr_data_o),
    .out_be_o      (dwr_be_o),
    .out_last_o    (out_last),
    .out_tag_o     (out_place),
    .out_index_o   (out_index),
    .busy_o        (out_busy)
  );

  assign out_word    = out_place.word + out_index;
  assign out_ready   = out_place.transpose ? transpose_ready || halt
                                           : dwr_ready_i && !twr_valid_o;
  assign r_ready_o   = align_in_ready || halt;
  assign dwr_valid_o = out_valid && !out_place.transpose && !twr_valid_o;
  assign dwr_lane_o  = out_place.lane;
  assign dwr_prow_o  = out_place.prow;
  assign dwr_word_o  = out_word[WordW-1:0];

  tn_dma_transpose #(
    .Lanes   (Lanes),
    .BusBytes(BusBytes),
    .IndexW  (IndexW)
  ) u_transpose (
    .clk_i,
    .rst_ni           (rst_n),
    .clear_i          (halt),
    .in_valid_i       (out_valid && out_place.transpose),
    .in_ready_o       (transpose_ready),
    .in_data_i        (dwr_data_o),
    .in_be_i          (dwr_be_o),
    .in_last_i        (out_last),
    .in_index_i       (out_word),
    .in_prow_i        (out_place.prow),
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
  assign complete   = (wrote && out_last) || (transposed && twr_last);
  assign bus_fault  = beat_o && r_err_i;
  assign drained    = !open_valid && !out_busy && !twr_valid_o;
  assign moved      = beat_o || wrote || transposed;
  assign refused    = dwr_valid_o || twr_valid_o;
  assign bus_wait   = open_valid || ar_valid_o;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      DataWasAskedFor : assert (!r_valid_i || open_valid);
      OneWriteAtATime : assert (!dwr_valid_o || !twr_valid_o);
    end
  end
`endif

endmodule
