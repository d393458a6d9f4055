// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_check: takes DMA instructions apart and checks their ranges, on their way into the queues.
//
// One instruction a cycle; its entry appears 2 cycles later. Of the patterns every corner counts: a
// dimension contributes its whole span to the lowest or to the highest address, by its sign. Sums are
// wide enough not to wrap. Rules, in the order they are reported:
//   a count or row_bytes zero; transposing: not a load, element_log2 of 3, a length, offset or step
//   that is no multiple of the element, a first partition that is no multiple of 32, a partition step
//   (element_log2 without transposing as well)       illegal_instruction, address 0
//   a run outside the partitions or their bytes      sbuf_range, address = the lowest SBUF offset
//   (copy: of the source, then the destination)      if negative, else the highest
//   slot closed, without the permission, or a run
//   outside the window, or the window past 2^64      closed_window, address = bus address of run 0
// The verdict travels with the entry: the queue reports it when the instruction would begin.
//
// Rows shorter than a beat that lie side by side in DRAM (dram_step1 = row_bytes), at one offset of
// neighbouring partitions (sbuf_step1 = 0, partition_step1 = 1), become one run for all rows of the
// first dimension. With rows of S bytes, a power of two, SBUF offset and steps multiples of S:
//   load, S at most 8                            a transposing run
//   else S a half or a quarter of a beat, at     a run with 2 or 4 rows in a word
//   least 8; first partition and partition
//   steps multiples of 2 or 4
// The steps count even where a dimension has one run.
module tn_dma_check #(
  parameter int unsigned Partitions = 128,
  parameter int unsigned Lanes      = 16,
  parameter int unsigned BusBytes   = 64,
  parameter int unsigned SbufBytes  = 16384
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               valid_i,
  input  logic [511:0]       instr_i,
  input  logic [31:0]        instr_index_i,
  input  logic [15:0]        slot_valid_i,
  input  logic [15:0]        slot_read_i,
  input  logic [15:0]        slot_write_i,
  input  logic [15:0][63:0]  slot_base_i,
  input  logic [15:0][61:0]  slot_bytes_i,
  output logic               valid_o,
  output logic [1:0]         queue_o,
  output tn_dma_pkg::entry_t entry_o
);

  if (SbufBytes > 262144 || Partitions > 256) begin : gen_check_size
    $fatal(1, "tn_dma_check: SbufBytes (%0d) must be at most 256 KiB, Partitions (%0d) 256",
           SbufBytes, Partitions);
  end

  // ---------------------------------------------------- both kinds of instruction as two patterns
  typedef struct packed {
    logic              is_store;
    logic              is_copy;
    logic              transpose;
    logic [1:0]        element_log2;
    logic [3:0]        slot;
    logic [23:0]       row_bytes;
    logic [2:0][15:0]  num;
    logic [39:0]       far_offset;
    logic [7:0]        far_partition;
    logic [23:0]       near_offset;
    logic [7:0]        near_partition;
    logic [2:0][31:0]  far_step;
    logic [2:0][7:0]   far_partition_step;
    logic [2:0][23:0]  near_step;
    logic [2:0][7:0]   near_partition_step;
    tn_dma_pkg::wait_t wait1;
    tn_dma_pkg::wait_t wait0;
    tn_dma_pkg::updates_t updates;
  } pattern_t;

  /* verilator lint_off UNUSEDSIGNAL */  // what the sequencer has dealt with
  tn_isa_pkg::dma_load_t dram;           // a store has the same fields
  tn_isa_pkg::dma_copy_t copy;
  /* verilator lint_on UNUSEDSIGNAL */
  pattern_t              in;
  assign dram = instr_i;
  assign copy = instr_i;

  always_comb begin
    in = '0;
    if (valid_i) begin
      in.is_store = (dram.opcode == tn_isa_pkg::OpDmaStore);
      in.is_copy  = (dram.opcode == tn_isa_pkg::OpDmaCopy);
      in.wait0    = '{consume: dram.wait0_consume, cond: dram.wait0_cond, sem: dram.wait0_sem,
                      value: dram.wait0_value};
      in.wait1    = '{consume: dram.wait1_consume, cond: dram.wait1_cond, sem: dram.wait1_sem,
                      value: dram.wait1_value};
      in.updates.first  = '{at_complete: dram.update0_event,
                            update: '{sem: dram.update0_sem, op: dram.update0_op[1:0],
                                      value: dram.update0_value}};
      in.updates.second = '{at_complete: dram.update1_event,
                            update: '{sem: dram.update1_sem, op: dram.update1_op[1:0],
                                      value: dram.update1_value}};
      in.updates.instruction = instr_index_i;
      if (in.is_copy) begin
        in.row_bytes           = copy.row_bytes;
        in.num                 = {copy.num3, copy.num2, copy.num1};
        in.far_offset          = 40'(copy.src_offset);
        in.far_partition       = copy.src_partition;
        in.near_offset         = copy.dst_offset;
        in.near_partition      = copy.dst_partition;
        in.far_step            = {32'($signed(copy.src_step3)), 32'($signed(copy.src_step2)),
                                  32'($signed(copy.src_step1))};
        in.far_partition_step  = {copy.src_partition_step3, copy.src_partition_step2,
                                  copy.src_partition_step1};
        in.near_step           = {copy.dst_step3, copy.dst_step2, copy.dst_step1};
        in.near_partition_step = {copy.dst_partition_step3, copy.dst_partition_step2,
                                  copy.dst_partition_step1};
      end else begin
        in.transpose           = dram.transpose;
        in.element_log2        = dram.element_log2;
        in.slot                = dram.slot;
        in.row_bytes           = dram.row_bytes;
        in.num                 = {dram.num3, dram.num2, dram.num1};
        in.far_offset          = dram.dram_offset;
        in.near_offset         = dram.sbuf_offset;
        in.near_partition      = dram.sbuf_partition;
        in.far_step            = {dram.dram_step3, dram.dram_step2, dram.dram_step1};
        in.near_step           = {dram.sbuf_step3, dram.sbuf_step2, dram.sbuf_step1};
        in.near_partition_step = {dram.partition_step3, dram.partition_step2,
                                  dram.partition_step1};
      end
    end
  end

  // ------------------------------------------------------------------------- stage 1: products
  logic     span_valid_q;
  pattern_t span_q;
  logic signed [2:0][49:0] far_span_q;  // (num - 1) * step of each dimension
  logic signed [2:0][40:0] near_span_q;
  logic signed [2:0][24:0] far_partition_span_q, near_partition_span_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      span_valid_q <= 1'b0;
    end else begin
      span_valid_q <= valid_i;
    end
  end

  function automatic logic signed [16:0] last_of(input logic [15:0] num);
    return $signed({1'b0, num - 16'd1});
  endfunction

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      span_q <= in;
      for (int unsigned d = 0; d < 3; d++) begin
        far_span_q[d]            <= 50'(last_of(in.num[d]) * $signed(in.far_step[d]));
        near_span_q[d]           <= 41'(last_of(in.num[d]) * $signed(in.near_step[d]));
        far_partition_span_q[d]  <= 25'(last_of(in.num[d]) * $signed(in.far_partition_step[d]));
        near_partition_span_q[d] <= 25'(last_of(in.num[d]) * $signed(in.near_partition_step[d]));
      end
    end
  end

  // ----------------------------------------------------------------------------- stage 2: sums
  logic     sum_valid_q;
  /* verilator lint_off UNUSEDSIGNAL */  // fields used up by then; of the lowest partition the sign
  pattern_t sum_q;
  logic signed [53:0] far_low_q, far_high_q;    // from the window's base, or the partition's byte 0;
  logic signed [44:0] near_low_q, near_high_q;  // high: one byte beyond the last
  logic signed [27:0] far_partition_low_q, far_partition_high_q;
  logic signed [27:0] near_partition_low_q, near_partition_high_q;
  /* verilator lint_on UNUSEDSIGNAL */
  logic               is_illegal_q, slot_open_q, join1_q;
  logic [63:0]        base_q, address_q;
  logic [61:0]        bytes_q;
  logic signed [49:0] run1_q;                   // bytes of a bus run over the first dimension
  logic signed [49:0] far_span2_q;
  logic               spread_q;                 // rows become the elements of a transposing run
  logic [1:0]         spread_log2_q, rows_log2_q;

  logic [2:0] element_mask;
  assign element_mask = 3'((4'd1 << span_q.element_log2) - 4'd1);

  /* verilator lint_off UNUSEDSIGNAL */
  function automatic logic is_illegal(input pattern_t p, input logic [2:0] mask);
    logic zero, transposing;
    zero = (p.num[0] == '0) || (p.num[1] == '0) || (p.num[2] == '0) || (p.row_bytes == '0);
    transposing = p.is_store || (p.element_log2 == 2'd3) || ((p.row_bytes[2:0] & mask) != '0) ||
                  ((p.near_offset[2:0] & mask) != '0) || (p.near_partition[4:0] != '0) ||
                  (p.near_partition_step != '0) ||
                  (((p.near_step[0][2:0] | p.near_step[1][2:0] | p.near_step[2][2:0]) & mask) !=
                   '0);
    return zero || (p.transpose ? transposing : (p.element_log2 != '0));
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

  function automatic logic signed [53:0] far_part(input logic signed [49:0] span,
                                                  input logic high);
    return (span[49] == high) ? '0 : 54'(span);
  endfunction
  function automatic logic signed [44:0] near_part(input logic signed [40:0] span,
                                                   input logic high);
    return (span[40] == high) ? '0 : 45'(span);
  endfunction
  function automatic logic signed [27:0] partition_part(input logic signed [24:0] span,
                                                        input logic high);
    return (span[24] == high) ? '0 : 28'(span);
  endfunction

  // A transposed run takes one element of each of its partitions.
  logic [23:0] near_bytes, near_partitions;
  assign near_bytes      = span_q.transpose ? {20'b0, 4'd1 << span_q.element_log2} : span_q.row_bytes;
  assign near_partitions = span_q.transpose ? (span_q.row_bytes >> span_q.element_log2) : 24'd1;

  // Short rows.
  localparam int unsigned OffW        = $clog2(BusBytes);
  localparam int unsigned MaxRowsLog2 = (Lanes < 4 || BusBytes < 32) ? ((BusBytes < 16) ? 0 : 1) : 2;

  logic [OffW-1:0] row_low, near_low_bits;
  logic [1:0]      partition_low_bits, rows_log2, spread_log2;
  logic            is_short, is_row_aligned, is_spread;
  assign row_low            = span_q.row_bytes[OffW-1:0];
  assign near_low_bits      = span_q.near_offset[OffW-1:0] | span_q.near_step[1][OffW-1:0] |
                              span_q.near_step[2][OffW-1:0];
  assign partition_low_bits = span_q.near_partition[1:0] | span_q.near_partition_step[1][1:0] |
                              span_q.near_partition_step[2][1:0];
  assign is_short = !span_q.is_copy && !span_q.transpose && (span_q.row_bytes[23:OffW] == '0) &&
                    (span_q.far_step[0] == 32'(span_q.row_bytes)) && (span_q.near_step[0] == '0) &&
                    (span_q.near_partition_step[0] == 8'd1);
  assign is_row_aligned = is_short && ((row_low & (row_low - 1'b1)) == '0) &&
                          ((near_low_bits & (row_low - 1'b1)) == '0);
  assign is_spread      = is_row_aligned && !span_q.is_store && (span_q.row_bytes[7:4] == '0);

  always_comb begin
    spread_log2 = 2'd0;
    for (int unsigned i = 1; i < 4; i++) begin
      if (span_q.row_bytes[i]) begin
        spread_log2 = 2'(i);
      end
    end
    rows_log2 = 2'd0;
    for (int unsigned r = 1; r <= MaxRowsLog2; r++) begin
      if (is_row_aligned && !is_spread && row_low[OffW-r] &&
          ((partition_low_bits & 2'((1 << r) - 1)) == '0)) begin
        rows_log2 = 2'(r);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      sum_valid_q <= 1'b0;
    end else begin
      sum_valid_q <= span_valid_q;
    end
  end

  logic [63:0] slot_base;
  assign slot_base = (slot_valid_i[span_q.slot] && !span_q.is_copy) ? slot_base_i[span_q.slot] : '0;

  always_ff @(posedge clk_i) begin
    if (span_valid_q) begin
      sum_q        <= span_q;
      is_illegal_q <= is_illegal(span_q, element_mask);
      slot_open_q  <= slot_valid_i[span_q.slot] &&
                      (span_q.is_store ? slot_write_i[span_q.slot] : slot_read_i[span_q.slot]);
      base_q       <= slot_base;
      bytes_q      <= slot_bytes_i[span_q.slot];
      address_q    <= slot_base + 64'(span_q.far_offset);

      far_low_q  <= $signed({14'b0, span_q.far_offset}) + far_part(far_span_q[0], 1'b0) +
                    far_part(far_span_q[1], 1'b0) + far_part(far_span_q[2], 1'b0);
      far_high_q <= $signed({14'b0, span_q.far_offset}) + far_part(far_span_q[0], 1'b1) +
                    far_part(far_span_q[1], 1'b1) + far_part(far_span_q[2], 1'b1) +
                    $signed({30'b0, span_q.row_bytes});
      near_low_q  <= $signed({21'b0, span_q.near_offset}) + near_part(near_span_q[0], 1'b0) +
                     near_part(near_span_q[1], 1'b0) + near_part(near_span_q[2], 1'b0);
      near_high_q <= $signed({21'b0, span_q.near_offset}) + near_part(near_span_q[0], 1'b1) +
                     near_part(near_span_q[1], 1'b1) + near_part(near_span_q[2], 1'b1) +
                     $signed({21'b0, near_bytes});
      far_partition_low_q   <= $signed({20'b0, span_q.far_partition}) +
                               partition_part(far_partition_span_q[0], 1'b0) +
                               partition_part(far_partition_span_q[1], 1'b0) +
                               partition_part(far_partition_span_q[2], 1'b0);
      far_partition_high_q  <= $signed({20'b0, span_q.far_partition}) +
                               partition_part(far_partition_span_q[0], 1'b1) +
                               partition_part(far_partition_span_q[1], 1'b1) +
                               partition_part(far_partition_span_q[2], 1'b1);
      near_partition_low_q  <= $signed({20'b0, span_q.near_partition}) +
                               partition_part(near_partition_span_q[0], 1'b0) +
                               partition_part(near_partition_span_q[1], 1'b0) +
                               partition_part(near_partition_span_q[2], 1'b0);
      near_partition_high_q <= $signed({20'b0, span_q.near_partition}) +
                               partition_part(near_partition_span_q[0], 1'b1) +
                               partition_part(near_partition_span_q[1], 1'b1) +
                               partition_part(near_partition_span_q[2], 1'b1) +
                               $signed({4'b0, near_partitions}) - 28'sd1;

      join1_q     <= (span_q.num[0] == 16'd1) || (span_q.far_step[0] == 32'(span_q.row_bytes));
      run1_q      <= far_span_q[0] + $signed({26'b0, span_q.row_bytes});
      far_span2_q <= far_span_q[1];

      spread_q      <= is_spread;
      spread_log2_q <= spread_log2;
      rows_log2_q   <= rows_log2;
    end
  end

  // ------------------------------------------------------------------------------- the verdict
  logic is_far_range, is_near_range, is_closed, join2;
  assign is_near_range = near_low_q[44] || (near_high_q > 45'(SbufBytes)) ||
                         near_partition_low_q[27] || (near_partition_high_q >= 28'(Partitions));
  assign is_far_range  = sum_q.is_copy &&
                         (far_low_q[53] || (far_high_q > 54'(SbufBytes)) ||
                          far_partition_low_q[27] || (far_partition_high_q >= 28'(Partitions)));
  // The end of the transfer as a bus address may be 2^64 exactly.
  logic [66:0] end_address;
  assign end_address = 67'(base_q) + 67'(far_high_q);
  assign is_closed   = !sum_q.is_copy &&
                       (!slot_open_q || far_low_q[53] ||
                        ($signed({10'b0, far_high_q}) > $signed({2'b0, bytes_q})) ||
                        (end_address > {3'b001, 64'b0}));
  assign join2       = join1_q && (sum_q.num[1] == 16'd1 ||
                                   50'($signed(sum_q.far_step[1])) == run1_q);

  function automatic logic [63:0] worst(input logic signed [63:0] low,
                                        input logic signed [63:0] high);
    return (low < 0) ? 64'(low) : 64'(high) - 64'd1;
  endfunction

  assign valid_o = sum_valid_q;
  assign queue_o = sum_q.is_copy ? 2'(tn_dma_pkg::QueueCopy) :
                   sum_q.is_store ? 2'(tn_dma_pkg::QueueStore) : 2'(tn_dma_pkg::QueueLoad);

  always_comb begin
    entry_o         = '0;
    if (sum_valid_q) begin
      entry_o.wait0   = sum_q.wait0;
      entry_o.wait1   = sum_q.wait1;
      entry_o.updates = sum_q.updates;
      entry_o.is_bad  = is_illegal_q || is_far_range || is_near_range || is_closed;
      entry_o.fault.instruction = sum_q.updates.instruction;
      if (is_illegal_q) begin
        entry_o.fault.code    = tn_isa_pkg::FaultIllegalInstruction;
      end else if (is_far_range) begin
        entry_o.fault.code    = tn_isa_pkg::FaultSbufRange;
        entry_o.fault.address = worst(64'(far_low_q), 64'(far_high_q));
      end else if (is_near_range) begin
        entry_o.fault.code    = tn_isa_pkg::FaultSbufRange;
        entry_o.fault.address = worst(64'(near_low_q), 64'(near_high_q));
      end else begin
        entry_o.fault.code    = tn_isa_pkg::FaultClosedWindow;
        entry_o.fault.address = address_q;
      end
      entry_o.cmd.num                = sum_q.num;
      entry_o.cmd.row_bytes          = sum_q.row_bytes[17:0];
      entry_o.cmd.address            = address_q;
      entry_o.cmd.address_step       = sum_q.far_step;
      entry_o.cmd.bus_bytes          = 48'(join2 ? run1_q + far_span2_q :
                                           join1_q ? run1_q : 50'(sum_q.row_bytes));
      entry_o.cmd.join1              = join1_q;
      entry_o.cmd.join2              = join2;
      entry_o.cmd.far_partition      = sum_q.far_partition;
      entry_o.cmd.far_partition_step = sum_q.far_partition_step;
      entry_o.cmd.spot               = '{partition: sum_q.near_partition,
                                         offset: sum_q.near_offset[17:0]};
      for (int unsigned d = 0; d < 3; d++) begin
        entry_o.cmd.near_step[d]     = '{partition: sum_q.near_partition_step[d],
                                         offset: sum_q.near_step[d][17:0]};
      end
      entry_o.cmd.transpose          = sum_q.transpose;
      entry_o.cmd.element_log2       = sum_q.element_log2;
      entry_o.cmd.rows_log2          = rows_log2_q;
      if (spread_q) begin
        entry_o.cmd.transpose    = 1'b1;
        entry_o.cmd.element_log2 = spread_log2_q;
      end
      if (spread_q || rows_log2_q != '0) begin  // the bus sees what it saw before
        entry_o.cmd.num[0]    = 16'd1;
        entry_o.cmd.row_bytes = run1_q[17:0];
      end
    end
  end

endmodule
