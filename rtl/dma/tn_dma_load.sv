// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_load: DMA queue from DRAM to SBUF.
//
// Takes DmaLoad instructions (QueueDepth wait here), begins each when its waits are met, reads its
// rows in bursts with up to MaxBursts outstanding across instructions, realigns them and writes SBUF
// a lane word a cycle. `read` updates follow when the last byte came from the bus, `complete` when
// it is in SBUF. Instructions begin and complete in order. Throughput: a bus beat a cycle, at most
// one step of tn_dma_align more in each row. Latency from instruction to first address 7 cycles,
// from data to SBUF 3.
//
// After a fault or stop_i no burst begins; those outstanding are read to their end and discarded,
// then idle_o rises, and clear_i (a pulse while idle) brings back the initial state. A transfer cut
// short leaves its part of SBUF undefined; no byte outside of it is touched.
module tn_dma_load #(
  parameter int unsigned Partitions = 128,
  parameter int unsigned Lanes      = 16,
  parameter int unsigned BusBytes   = 64,
  parameter int unsigned SbufBytes  = 16384,
  parameter int unsigned QueueDepth = 4,   // instructions
  parameter int unsigned MaxBursts  = 32,
  localparam int unsigned LaneW = $clog2(Lanes),
  localparam int unsigned WordW = $clog2(SbufBytes / BusBytes)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  // engine side
  input  logic                  instr_valid_i,
  output logic                  instr_ready_o,
  input  logic [511:0]          instr_i,
  input  logic [31:0]           instr_index_i,
  input  logic [31:0][15:0]     sem_i,
  output logic                  upd_valid_o,
  input  logic                  upd_ready_i,
  output tn_pkg::sem_update_t   upd_o,
  output logic                  fault_valid_o,   // held until clear_i
  output tn_pkg::fault_t        fault_o,
  input  logic                  stop_i,
  output logic                  idle_o,
  input  logic                  clear_i,
  // windows of the launch
  input  logic [15:0]           slot_valid_i,
  input  logic [15:0]           slot_read_i,
  input  logic [15:0][63:0]     slot_base_i,
  input  logic [15:0][61:0]     slot_bytes_i,
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
  // SBUF
  output logic                  dwr_valid_o,
  input  logic                  dwr_ready_i,
  output logic [LaneW-1:0]      dwr_lane_o,
  output tn_pkg::prow_t         dwr_prow_o,
  output logic [WordW-1:0]      dwr_word_o,
  output logic [BusBytes*8-1:0] dwr_data_o,
  output logic [BusBytes-1:0]   dwr_be_o,
  // profile
  output logic                  beat_o           // pulse: a beat came from the bus
);

  if (MaxBursts < 8) begin : gen_check_bursts
    $fatal(1, "tn_dma_load: MaxBursts (%0d) must be at least 8", MaxBursts);
  end

  localparam int unsigned MaxCommands = 8;
  localparam int unsigned OffW        = $clog2(BusBytes);

  // clear_i acts as a reset of everything here.
  logic rst_n, halt, quiet;
  assign rst_n = rst_ni && !clear_i;

  // ---------------------------------------------------------------------------- head of the queue
  logic                 cmd_valid, cmd_ready, cmd_go, queue_empty, queue_fault_valid;
  logic                 consume_valid, consume_ready;
  tn_pkg::sem_update_t  consume;
  tn_dma_pkg::command_t cmd;
  tn_dma_pkg::updates_t cmd_updates;
  tn_pkg::fault_t       queue_fault;

  tn_dma_queue #(
    .Store     (1'b0),
    .Partitions(Partitions),
    .SbufBytes (SbufBytes),
    .QueueDepth(QueueDepth)
  ) u_queue (
    .clk_i,
    .rst_ni         (rst_n),
    .stop_i         (halt),
    .instr_valid_i,
    .instr_ready_o,
    .instr_i,
    .instr_index_i,
    .sem_i,
    .slot_valid_i,
    .slot_permit_i  (slot_read_i),
    .slot_base_i,
    .slot_bytes_i,
    .consume_valid_o(consume_valid),
    .consume_ready_i(consume_ready),
    .consume_o      (consume),
    .cmd_valid_o    (cmd_valid),
    .cmd_ready_i    (cmd_ready),
    .cmd_o          (cmd),
    .cmd_updates_o  (cmd_updates),
    .fault_valid_o  (queue_fault_valid),
    .fault_o        (queue_fault),
    .empty_o        (queue_empty)
  );

  // A command goes to the bursts, the rows and the updates at once.
  logic bursts_ready, rows_ready, updates_ready;
  assign cmd_ready = bursts_ready && rows_ready && updates_ready;
  assign cmd_go    = cmd_valid && cmd_ready;

  // ---------------------------------------------------------------------------- addresses
  logic        burst_new, burst_room, open_valid, open_pop, unused_burst_last;
  logic [63:0] burst_new_addr, open_addr;
  logic [31:0] burst_new_instruction, open_instruction;
  logic [$clog2(MaxBursts+1)-1:0] unused_open_count;

  tn_dma_bursts #(
    .BusBytes(BusBytes)
  ) u_bursts (
    .clk_i,
    .rst_ni           (rst_n),
    .stop_i           (halt),
    .room_i           (burst_room),
    .cmd_valid_i      (cmd_go),
    .cmd_ready_o      (bursts_ready),
    .cmd_i            (cmd),
    .new_o            (burst_new),
    .new_addr_o       (burst_new_addr),
    .new_instruction_o(burst_new_instruction),
    .new_last_o       (unused_burst_last),
    .burst_valid_o    (ar_valid_o),
    .burst_ready_i    (ar_ready_i),
    .burst_addr_o     (ar_addr_o),
    .burst_len_o      (ar_len_o)
  );

  // Bursts whose data have not all come, oldest first.
  tn_fifo #(
    .Width(96),
    .Depth(MaxBursts)
  ) u_open (
    .clk_i,
    .rst_ni     (rst_n),
    .clear_i    (1'b0),
    .in_valid_i (burst_new),
    .in_ready_o (burst_room),
    .in_data_i  ({burst_new_instruction, burst_new_addr}),
    .out_valid_o(open_valid),
    .out_ready_i(open_pop),
    .out_data_o ({open_instruction, open_addr}),
    .count_o    (unused_open_count)
  );
  assign open_pop = r_valid_i && r_ready_o && r_last_i;

  // ---------------------------------------------------------------------------- data
  logic                    pending_valid, pending_ready, unused_rows_busy;
  tn_dma_pkg::command_t    pending_cmd;
  logic [$clog2(MaxCommands+1)-1:0] unused_pending_count;
  logic                    row_valid, row_ready, row_last;
  logic [OffW-1:0]         row_bus_offset;
  logic [7:0]              row_partition;
  tn_dma_pkg::sbuf_bytes_t row_sbuf_offset, row_bytes;

  tn_fifo #(
    .Width($bits(tn_dma_pkg::command_t)),
    .Depth(MaxCommands)
  ) u_pending (
    .clk_i,
    .rst_ni     (rst_n),
    .clear_i    (halt),
    .in_valid_i (cmd_go),
    .in_ready_o (rows_ready),
    .in_data_i  (cmd),
    .out_valid_o(pending_valid),
    .out_ready_i(pending_ready),
    .out_data_o (pending_cmd),
    .count_o    (unused_pending_count)
  );

  tn_dma_rows #(
    .BusBytes(BusBytes)
  ) u_rows (
    .clk_i,
    .rst_ni           (rst_n && !halt),
    .cmd_valid_i      (pending_valid),
    .cmd_ready_o      (pending_ready),
    .cmd_i            (pending_cmd),
    .row_valid_o      (row_valid),
    .row_ready_i      (row_ready),
    .row_bus_offset_o (row_bus_offset),
    .row_partition_o  (row_partition),
    .row_sbuf_offset_o(row_sbuf_offset),
    .row_bytes_o      (row_bytes),
    .row_last_o       (row_last),
    .busy_o           (unused_rows_busy)
  );

  logic unused_sbuf_offset;  // bits of an offset beyond this SBUF
  assign unused_sbuf_offset = ^row_sbuf_offset;

  // Where the row's words go.
  typedef struct packed {
    logic [LaneW-1:0] lane;
    tn_pkg::prow_t    prow;
    logic [WordW-1:0] word;
  } place_t;

  place_t          row_place, out_place;
  logic            align_in_ready, align_in_last, out_last, align_busy;
  logic [18-OffW:0] out_index;
  assign row_place = '{
    lane: LaneW'(32'(row_partition) % Lanes),
    prow: tn_pkg::prow_t'(32'(row_partition) / Lanes),
    word: row_sbuf_offset[OffW +: WordW]
  };

  tn_dma_align #(
    .BusBytes(BusBytes),
    .TagW    ($bits(place_t))
  ) u_align (
    .clk_i,
    .rst_ni     (rst_n),
    .flush_i    (halt),
    .row_valid_i(row_valid),
    .row_ready_o(row_ready),
    .row_src_i  (row_bus_offset),
    .row_dst_i  (row_sbuf_offset[OffW-1:0]),
    .row_bytes_i(row_bytes),
    .row_last_i (row_last),
    .row_tag_i  (row_place),
    .in_valid_i (r_valid_i),
    .in_ready_o (align_in_ready),
    .in_data_i  (r_data_i),
    .in_last_o  (align_in_last),
    .out_valid_o(dwr_valid_o),
    .out_ready_i(dwr_ready_i),
    .out_data_o (dwr_data_o),
    .out_be_o   (dwr_be_o),
    .out_last_o (out_last),
    .out_tag_o  (out_place),
    .out_index_o(out_index),
    .busy_o     (align_busy)
  );

  logic unused_index;  // a row is never longer than a partition
  assign unused_index = ^out_index;

  assign r_ready_o  = align_in_ready || halt;
  assign dwr_lane_o = out_place.lane;
  assign dwr_prow_o = out_place.prow;
  assign dwr_word_o = out_place.word + WordW'(out_index);
  assign beat_o     = r_valid_i && r_ready_o;

  // ---------------------------------------------------------------------------- updates
  logic updates_empty;

  tn_dma_updates #(
    .Depth(MaxCommands)
  ) u_updates (
    .clk_i,
    .rst_ni         (rst_n),
    .drop_i         (halt),
    .push_valid_i   (cmd_go),
    .push_ready_o   (updates_ready),
    .push_i         (cmd_updates),
    .read_i         (r_valid_i && align_in_ready && align_in_last),
    .complete_i     (dwr_valid_o && dwr_ready_i && out_last && !halt),
    .consume_valid_i(consume_valid),
    .consume_ready_o(consume_ready),
    .consume_i      (consume),
    .upd_valid_o,
    .upd_ready_i,
    .upd_o,
    .empty_o        (updates_empty)
  );

  // ---------------------------------------------------------------------------- faults and stops
  logic           fault_q, stopped_q;  // stopped_q: stop_i cut work short
  tn_pkg::fault_t fault_data_q;
  logic           bus_fault;

  assign halt      = stop_i || fault_q || stopped_q;
  assign bus_fault = beat_o && r_err_i;
  assign quiet     = queue_empty && updates_empty && !align_busy && !open_valid;
  // Halted, only what is on the bus or about to enter SBUF counts.
  assign idle_o    = halt ? (!open_valid && !align_busy) : quiet;

  always_ff @(posedge clk_i) begin
    if (!rst_n) begin
      fault_q   <= 1'b0;
      stopped_q <= 1'b0;
    end else begin
      fault_q   <= fault_q || bus_fault || queue_fault_valid;
      stopped_q <= stopped_q || (stop_i && !quiet);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!fault_q && (bus_fault || queue_fault_valid)) begin
      fault_data_q <= bus_fault ? '{code: tn_isa_pkg::FaultBusRead, instruction: open_instruction,
                                    address: open_addr}
                                : queue_fault;
    end
  end

  assign fault_valid_o = fault_q;
  assign fault_o       = fault_data_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      DataWasAskedFor   : assert (!r_valid_i || open_valid);
      ClearOnlyWhenIdle : assert (!clear_i || idle_o);
    end
  end
`endif

endmodule
