// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_store: DMA queue from SBUF to DRAM.
//
// Takes DmaStore instructions (QueueDepth wait here), begins each when its waits are met, reads its
// rows from SBUF a lane word a cycle, realigns them and writes them in bursts with up to MaxBursts
// outstanding across instructions. `read` updates follow when the last byte left SBUF, `complete`
// when all write responses have come. Instructions begin and complete in order, and so do their
// bytes in DRAM. Throughput: a bus beat a cycle, at most one step of tn_dma_align more in each row.
// Latency from instruction to first address 7 cycles, from SBUF read to first data 6.
//
// After a fault or stop_i no burst begins; those already addressed end with zero strobes, their
// responses are awaited, then idle_o rises, and clear_i (a pulse while idle) brings back the initial
// state. A transfer cut short leaves its part of DRAM undefined; no byte outside of it is touched.
module tn_dma_store #(
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
  input  logic [15:0]           slot_write_i,
  input  logic [15:0][63:0]     slot_base_i,
  input  logic [15:0][61:0]     slot_bytes_i,
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

  localparam int unsigned MaxCommands = 8;
  localparam int unsigned ReadDepth   = 8;  // words read ahead; the loop over SBUF takes 4 cycles
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
    .Store     (1'b1),
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
    .slot_permit_i  (slot_write_i),
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
  logic        burst_new, burst_room, burst_new_last;
  logic        open_valid, open_last;
  logic [63:0] burst_new_addr, open_addr;
  logic [31:0] burst_new_instruction, open_instruction;
  logic [$clog2(MaxBursts+1)-1:0] unused_open_count, unused_len_count;

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
    .new_last_o       (burst_new_last),
    .burst_valid_o    (aw_valid_o),
    .burst_ready_i    (aw_ready_i),
    .burst_addr_o     (aw_addr_o),
    .burst_len_o      (aw_len_o)
  );

  // Bursts without their response, oldest first.
  tn_fifo #(
    .Width(97),
    .Depth(MaxBursts)
  ) u_open (
    .clk_i,
    .rst_ni     (rst_n),
    .clear_i    (1'b0),
    .in_valid_i (burst_new),
    .in_ready_o (burst_room),
    .in_data_i  ({burst_new_last, burst_new_instruction, burst_new_addr}),
    .out_valid_o(open_valid),
    .out_ready_i(b_valid_i),
    .out_data_o ({open_last, open_instruction, open_addr}),
    .count_o    (unused_open_count)
  );
  assign b_ready_o = 1'b1;

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
    .in_valid_i (aw_valid_o && aw_ready_i),
    .in_ready_o (unused_len_ready),
    .in_data_i  (aw_len_o),
    .out_valid_o(len_valid),
    .out_ready_i(w_valid_o && w_ready_i && w_last_o),
    .out_data_o (len),
    .count_o    (unused_len_count)
  );

  // ---------------------------------------------------------------------------- rows
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

  // ------------------------------------- SBUF words of the row, read ahead as far as there is room
  logic                 reading_q, reading_last_row_q, reading_last_word, drd_go;
  logic [LaneW-1:0]     lane_q;
  tn_pkg::prow_t        prow_q;
  logic [WordW-1:0]     word_q;
  logic [18-OffW:0]     words_left_q;
  logic                 due_next_q, due_now_q;  // data of a read granted one and two cycles ago
  logic                 ahead_ready;            // of the queue of rows being read
  logic [$clog2(ReadDepth+1)-1:0] read_count;

  logic unused_sbuf_offset;  // bits of an offset beyond this SBUF
  assign unused_sbuf_offset = ^row_sbuf_offset;

  assign drd_valid_o = reading_q && !halt &&
                       (32'(read_count) + 32'(due_next_q) + 32'(due_now_q) < ReadDepth);
  assign drd_lane_o  = lane_q;
  assign drd_prow_o  = prow_q;
  assign drd_word_o  = word_q;
  assign drd_go      = drd_valid_o && drd_ready_i;

  assign reading_last_word = drd_go && (words_left_q == (19-OffW)'(1));
  assign row_ready         = (!reading_q || reading_last_word) && ahead_ready && !halt;

  always_ff @(posedge clk_i) begin
    if (!rst_n || halt) begin
      reading_q  <= 1'b0;
      due_next_q <= 1'b0;
      due_now_q  <= 1'b0;
    end else begin
      if (row_valid && row_ready) begin
        reading_q <= 1'b1;
      end else if (reading_last_word) begin
        reading_q <= 1'b0;
      end
      due_next_q <= drd_go;
      due_now_q  <= due_next_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (row_valid && row_ready) begin
      lane_q             <= LaneW'(32'(row_partition) % Lanes);
      prow_q             <= tn_pkg::prow_t'(32'(row_partition) / Lanes);
      word_q             <= row_sbuf_offset[OffW +: WordW];
      words_left_q       <= (19-OffW)'((19'(row_sbuf_offset[OffW-1:0]) + 19'(row_bytes) +
                                        19'(BusBytes - 1)) >> OffW);
      reading_last_row_q <= row_last;
    end else if (drd_go) begin
      word_q       <= word_q + 1'b1;
      words_left_q <= words_left_q - 1'b1;
    end
  end

  logic                  read_valid, align_in_ready, unused_read_ready;
  logic [BusBytes*8-1:0] read_data;

  tn_fifo #(
    .Width(BusBytes * 8),
    .Depth(ReadDepth)
  ) u_read (
    .clk_i,
    .rst_ni     (rst_n),
    .clear_i    (halt),
    .in_valid_i (due_now_q),
    .in_ready_o (unused_read_ready),
    .in_data_i  (drd_data_i),
    .out_valid_o(read_valid),
    .out_ready_i(align_in_ready),
    .out_data_o (read_data),
    .count_o    (read_count)
  );

  // Rows whose reads have begun, for the realigner.
  typedef struct packed {
    logic [OffW-1:0]         src;
    logic [OffW-1:0]         dst;
    tn_dma_pkg::sbuf_bytes_t bytes;
    logic                    last;
  } row_t;

  row_t ahead_in, ahead;
  logic ahead_valid, align_row_ready;
  logic [$clog2(ReadDepth+1)-1:0] unused_ahead_count;
  assign ahead_in = '{src: row_sbuf_offset[OffW-1:0], dst: row_bus_offset, bytes: row_bytes,
                      last: row_last};

  tn_fifo #(
    .Width($bits(row_t)),
    .Depth(ReadDepth)
  ) u_ahead (
    .clk_i,
    .rst_ni     (rst_n),
    .clear_i    (halt),
    .in_valid_i (row_valid && row_ready),
    .in_ready_o (ahead_ready),
    .in_data_i  (ahead_in),
    .out_valid_o(ahead_valid),
    .out_ready_i(align_row_ready),
    .out_data_o (ahead),
    .count_o    (unused_ahead_count)
  );

  // ---------------------------------------------------------------------------- data to the bus
  logic                out_valid, out_ready, unused_in_last, unused_out_last, unused_align_busy;
  logic                unused_out_tag;
  logic [BusBytes-1:0] out_be;
  logic [18-OffW:0]    unused_out_index;
  logic [7:0]          beat_q;  // of the burst being sent

  tn_dma_align #(
    .BusBytes(BusBytes),
    .TagW    (1)
  ) u_align (
    .clk_i,
    .rst_ni     (rst_n),
    .flush_i    (halt),
    .row_valid_i(ahead_valid),
    .row_ready_o(align_row_ready),
    .row_src_i  (ahead.src),
    .row_dst_i  (ahead.dst),
    .row_bytes_i(ahead.bytes),
    .row_last_i (ahead.last),
    .row_tag_i  (1'b0),
    .in_valid_i (read_valid),
    .in_ready_o (align_in_ready),
    .in_data_i  (read_data),
    .in_last_o  (unused_in_last),
    .out_valid_o(out_valid),
    .out_ready_i(out_ready),
    .out_data_o (w_data_o),
    .out_be_o   (out_be),
    .out_last_o (unused_out_last),
    .out_tag_o  (unused_out_tag),
    .out_index_o(unused_out_index),
    .busy_o     (unused_align_busy)
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
    .read_i         (reading_last_word && reading_last_row_q),
    .complete_i     (b_valid_i && open_last && !halt),
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
  assign bus_fault = b_valid_i && b_err_i;
  assign quiet     = queue_empty && updates_empty && !open_valid;
  // Halted, only what is on the bus counts.
  assign idle_o    = halt ? !open_valid : quiet;

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
      fault_data_q <= bus_fault ? '{code: tn_isa_pkg::FaultBusWrite, instruction: open_instruction,
                                    address: open_addr}
                                : queue_fault;
    end
  end

  assign fault_valid_o = fault_q;
  assign fault_o       = fault_data_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      ResponseWasAskedFor : assert (!b_valid_i || open_valid);
      ClearOnlyWhenIdle   : assert (!clear_i || idle_o);
      ReadAheadHasRoom    : assert (!due_now_q || unused_read_ready);
    end
  end
`endif

endmodule
