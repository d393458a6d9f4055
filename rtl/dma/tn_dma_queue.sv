// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_queue: head of a DMA queue: holds instructions, evaluates waits, checks, hands out commands.
//
// Instructions stay in order. For the oldest: both waits must be met in the same cycle; then the
// semaphores to be consumed are reduced (through consume_*, accepted before anything else happens);
// then the ranges are checked; then the command is offered. A broken rule raises fault_valid_o and
// the queue stops until reset (the owner resets it on clear). Rules, in the order they are reported:
//   rows or row_bytes zero                           illegal_instruction, address 0
//   a row outside the partitions or their bytes      sbuf_range, address = the lowest SBUF offset
//                                                    if negative, else the highest
//   slot closed, without the permission, or a row
//   outside the window, or the window past 2^64      closed_window, address = bus address of row 0
// Rows lie at an arithmetic progression, so the first and the last decide for all; sums are wide
// enough not to wrap. At least 5 cycles from one command to the next.
module tn_dma_queue #(
  parameter bit          Store      = 1'b0,  // SBUF to DRAM: the window must be writable
  parameter int unsigned Partitions = 128,
  parameter int unsigned SbufBytes  = 16384,
  parameter int unsigned QueueDepth = 4
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   stop_i,          // take no instruction, begin none

  input  logic                   instr_valid_i,
  output logic                   instr_ready_o,
  input  logic [511:0]           instr_i,
  input  logic [31:0]            instr_index_i,

  input  logic [31:0][15:0]      sem_i,
  input  logic [15:0]            slot_valid_i,
  input  logic [15:0]            slot_permit_i,   // readable (load) or writable (store)
  input  logic [15:0][63:0]      slot_base_i,
  input  logic [15:0][61:0]      slot_bytes_i,

  output logic                   consume_valid_o,
  input  logic                   consume_ready_i,
  output tn_pkg::sem_update_t    consume_o,

  output logic                   cmd_valid_o,
  input  logic                   cmd_ready_i,
  output tn_dma_pkg::command_t   cmd_o,
  output tn_dma_pkg::updates_t   cmd_updates_o,

  output logic                   fault_valid_o,
  output tn_pkg::fault_t         fault_o,
  output logic                   empty_o          // holds no instruction
);

  if (SbufBytes > 262144 || Partitions > 256) begin : gen_check_size
    $fatal(1, "tn_dma_queue: SbufBytes (%0d) must be at most 256 KiB, Partitions (%0d) 256",
           SbufBytes, Partitions);
  end

  // What is kept of an instruction; dma_store_t has the same fields.
  typedef struct packed {
    tn_isa_pkg::dma_load_t instr;
    logic [31:0]           index;
  } entry_t;
  localparam int unsigned EntryW = $bits(entry_t);

  logic   queue_in_ready, head_valid, head_pop;
  entry_t head;
  logic [$clog2(QueueDepth+1)-1:0] unused_count;

  tn_fifo #(
    .Width(EntryW),
    .Depth(QueueDepth)
  ) u_queue (
    .clk_i,
    .rst_ni,
    .clear_i    (1'b0),
    .in_valid_i (instr_valid_i && instr_ready_o),
    .in_ready_o (queue_in_ready),
    .in_data_i  ({instr_i, instr_index_i}),
    .out_valid_o(head_valid),
    .out_ready_i(head_pop),
    .out_data_o (head),
    .count_o    (unused_count)
  );

  assign instr_ready_o = queue_in_ready && !stop_i;
  assign empty_o       = !head_valid;

  // -------------------------------------------------------------------------------------- state
  typedef enum logic [2:0] {
    StWait,     // for the semaphores
    StConsume,  // send the reductions
    StSpan,     // distance from the first row to the last
    StBounds,   // lowest and highest row
    StCheck,
    StOffer,
    StFault     // until reset
  } state_e;

  state_e state_q;
  logic   consume0_q, consume1_q;  // reductions still to send

  function automatic logic met(input logic [3:0] cond, input logic [15:0] value,
                               input logic [15:0] count);
    unique case (cond)
      tn_isa_pkg::WaitConditionGe: return count >= value;
      tn_isa_pkg::WaitConditionEq: return count == value;
      default: return 1'b1;
    endcase
  endfunction

  logic waits_met, reduce0, reduce1;
  assign waits_met =
      met(head.instr.wait0_cond, head.instr.wait0_value, sem_i[head.instr.wait0_sem[4:0]]) &&
      met(head.instr.wait1_cond, head.instr.wait1_value, sem_i[head.instr.wait1_sem[4:0]]);
  assign reduce0 = head.instr.wait0_consume &&
                   head.instr.wait0_cond != tn_isa_pkg::WaitConditionNone;
  assign reduce1 = head.instr.wait1_consume &&
                   head.instr.wait1_cond != tn_isa_pkg::WaitConditionNone;

  assign consume_valid_o = (state_q == StConsume) && (consume0_q || consume1_q) && !stop_i;
  assign consume_o = '{
    sem:   consume0_q ? head.instr.wait0_sem : head.instr.wait1_sem,
    op:    tn_isa_pkg::UpdateOpSub,
    value: consume0_q ? head.instr.wait0_value : head.instr.wait1_value
  };

  // -------------------------------------------------------------------------------------- rules
  logic signed [48:0] dram_span_q;             // (rows - 1) * dram_step1
  logic signed [40:0] sbuf_span_q;             // (rows - 1) * sbuf_step1
  logic               dram_below_q;            // a row begins before the window
  logic signed [66:0] dram_high_q;             // end of the highest row, from the window's base
  logic signed [42:0] sbuf_low_q, sbuf_high_q; // the same for SBUF, from the partition's first byte
  logic [16:0]        last_partition_q;

  logic        slot_open;
  logic [63:0] slot_base, first_address;
  logic [61:0] slot_bytes;
  assign slot_open     = slot_valid_i[head.instr.slot] && slot_permit_i[head.instr.slot];
  assign slot_base     = slot_valid_i[head.instr.slot] ? slot_base_i[head.instr.slot] : '0;
  assign slot_bytes    = slot_bytes_i[head.instr.slot];
  assign first_address = slot_base + 64'(head.instr.dram_offset);

  logic is_zero, is_sbuf_range, is_closed;
  assign is_zero       = (head.instr.num1 == '0) || (head.instr.row_bytes == '0) ||
                         (head.instr.num2 != 16'd1) || (head.instr.num3 != 16'd1);
  assign is_sbuf_range = (32'(last_partition_q) >= Partitions) || sbuf_low_q[42] ||
                         (sbuf_high_q > 43'(SbufBytes));
  // The end of the transfer as a bus address may be 2^64 exactly.
  logic [66:0] end_address;
  assign end_address = 67'(slot_base) + 67'(dram_high_q);
  assign is_closed   = !slot_open || dram_below_q || (dram_high_q > 67'(slot_bytes)) ||
                       (end_address > {3'b001, 64'b0});

  logic [63:0] sbuf_fault;
  assign sbuf_fault = sbuf_low_q[42] ? 64'(sbuf_low_q) : 64'(sbuf_high_q) - 64'd1;

  // Steps into the arithmetic of the rules, one a state: products, sums, comparisons.
  always_ff @(posedge clk_i) begin
    if (state_q == StSpan) begin
      dram_span_q <= $signed({1'b0, head.instr.num1 - 16'd1}) * $signed(head.instr.dram_step1);
      sbuf_span_q <= $signed({1'b0, head.instr.num1 - 16'd1}) * $signed(head.instr.sbuf_step1);
    end
    if (state_q == StBounds) begin
      // Negative when the offset is smaller than the distance back to the last row.
      dram_below_q <= dram_span_q[48] && (64'(head.instr.dram_offset) < -64'(dram_span_q));
      dram_high_q  <= $signed({27'b0, head.instr.dram_offset}) +
                      (dram_span_q[48] ? 67'sd0 : 67'(dram_span_q)) +
                      $signed({43'b0, head.instr.row_bytes});
      sbuf_low_q   <= $signed({19'b0, head.instr.sbuf_offset}) +
                      (sbuf_span_q[40] ? 43'(sbuf_span_q) : 43'sd0);
      sbuf_high_q  <= $signed({19'b0, head.instr.sbuf_offset}) +
                      (sbuf_span_q[40] ? 43'sd0 : 43'(sbuf_span_q)) +
                      $signed({19'b0, head.instr.row_bytes});
      last_partition_q <= 17'(head.instr.sbuf_partition) +
                          (head.instr.partition_step1[0] ? 17'(head.instr.num1) - 17'd1 : 17'd0);
    end
  end

  // -------------------------------------------------------------------------------- transitions
  assign head_pop = (state_q == StOffer) && cmd_valid_o && cmd_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q    <= StWait;
      consume0_q <= 1'b0;
      consume1_q <= 1'b0;
    end else begin
      unique case (state_q)
        StWait: begin
          consume0_q <= reduce0;
          consume1_q <= reduce1;
          if (head_valid && waits_met && !stop_i) begin
            state_q <= (reduce0 || reduce1) ? StConsume : StSpan;
          end
        end
        StConsume: begin
          if (consume_valid_o && consume_ready_i) begin
            consume0_q <= 1'b0;
            consume1_q <= consume0_q && consume1_q;
            if (!(consume0_q && consume1_q)) begin
              state_q <= StSpan;
            end
          end
        end
        StSpan:   state_q <= StBounds;
        StBounds: state_q <= StCheck;
        StCheck:  state_q <= (is_zero || is_sbuf_range || is_closed) ? StFault : StOffer;
        StOffer: begin
          if (head_pop) begin
            state_q <= StWait;
          end
        end
        default: state_q <= StFault;
      endcase
    end
  end

  // ------------------------------------------------------------------------------------ outputs
  assign cmd_valid_o = (state_q == StOffer) && !stop_i;
  assign cmd_o = '{
    address:        first_address,
    address_step:   64'($signed(head.instr.dram_step1)),
    rows:           head.instr.num1,
    row_bytes:      head.instr.row_bytes[17:0],
    partition:      head.instr.sbuf_partition,
    partition_step: head.instr.partition_step1[0],
    sbuf_offset:    head.instr.sbuf_offset[17:0],
    sbuf_step:      head.instr.sbuf_step1[17:0],
    instruction:    head.index
  };
  assign cmd_updates_o.first = '{
    at_complete: head.instr.update0_event,
    update: '{sem: head.instr.update0_sem, op: head.instr.update0_op[1:0],
              value: head.instr.update0_value}
  };
  assign cmd_updates_o.second = '{
    at_complete: head.instr.update1_event,
    update: '{sem: head.instr.update1_sem, op: head.instr.update1_op[1:0],
              value: head.instr.update1_value}
  };

  assign fault_valid_o = (state_q == StCheck) && (is_zero || is_sbuf_range || is_closed);
  assign fault_o = '{
    code: is_zero       ? tn_isa_pkg::FaultIllegalInstruction :
          is_sbuf_range ? tn_isa_pkg::FaultSbufRange : tn_isa_pkg::FaultClosedWindow,
    instruction: head.index,
    address: is_zero       ? '0 :
             is_sbuf_range ? sbuf_fault : first_address
  };

`ifndef SYNTHESIS
  localparam tn_isa_pkg::opcode_e Opcode = Store ? tn_isa_pkg::OpDmaStore : tn_isa_pkg::OpDmaLoad;
  always_ff @(posedge clk_i) begin
    if (rst_ni && instr_valid_i) begin
      OpcodeIsMine : assert (instr_i[7:0] == Opcode);
    end
  end
`endif

endmodule
