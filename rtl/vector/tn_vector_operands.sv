// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_operands: fills the operand slots of the lanes, ahead of the elements that use them.
//
// Immediate operands take one slot for the whole instruction, per-partition ones a slot for each
// group of partitions, with one SBUF read per operand. A slot is ready from the cycle after its last
// read was granted (after the start where all is immediate): operands come to their slot as late as
// the data of an element read then come to the lanes. Slots are used and freed in order.
//
// request_o stands until granted, also under stop_i; under stop_i no further request begins.

module tn_vector_operands #(
    parameter int unsigned ReadLat = 2,
    parameter int unsigned GroupW  = 7
) (
    input  logic                                   clk_i,
    input  logic                                   rst_ni,
    input  logic                                   clear_i,
    input  logic                                   stop_i,

    // A new instruction; its operands and groups of partitions.
    input  logic                                   start_i,
    input  logic [1:0]                             fetch_i,     // operand k is per partition
    input  logic [1:0][31:0]                       operand_i,   // ... at this byte offset; else it
    input  logic [GroupW-1:0]                      first_group_i,
    input  logic [GroupW-1:0]                      last_group_i,

    output logic                                   request_o,
    output logic [14:0]                            off8_o,
    output logic [GroupW-1:0]                      group_o,
    input  logic                                   grant_i,

    output logic                                   space_o,     // for the slot of a new instruction
    output logic                                   ready_o,     // slot_o is filled
    output logic [tn_vector_pkg::OperandSlotW-1:0] slot_o,      // of the next element
    input  logic                                   next_i,      // its last element is read
    input  logic                                   passed_i,    // a slot is free again

    // To the operand memories of the lanes.
    output logic [1:0]                             write_o,
    output logic [tn_vector_pkg::OperandSlotW-1:0] write_slot_o,
    output logic [1:0]                             from_sbuf_o, // the word of this cycle, or value_o
    output logic [1:0]                             high_o,      // its upper half
    output logic [1:0][31:0]                       value_o,
    output logic                                   busy_o
);

  localparam int unsigned SlotW  = tn_vector_pkg::OperandSlotW;
  localparam int unsigned CountW = SlotW + 1;

  typedef struct packed {
    logic [1:0]       write;
    logic [SlotW-1:0] slot;
    logic [1:0]       from_sbuf;
    logic [1:0]       high;
    logic [1:0][31:0] value;
  } record_t;

  logic [1:0]        fetch_q;
  logic [1:0][31:0]  operand_q;
  logic [GroupW-1:0] group_q, last_group_q;
  logic              loading_q;   // groups are left
  logic              second_q;    // operand0 of the group is granted, operand1 is not
  logic              pending_q;   // requested and not granted: must stay
  logic [SlotW-1:0]  fill_slot_q, use_slot_q;
  logic [CountW-1:0] used_q, ready_q;

  logic at_operand1, filled, immediate;
  assign at_operand1 = second_q || !fetch_q[0];
  assign request_o   = loading_q && used_q != CountW'(tn_vector_pkg::OperandSlots) &&
                       (!stop_i || pending_q);
  assign off8_o      = at_operand1 ? operand_q[1][17:3] : operand_q[0][17:3];
  assign group_o     = group_q;
  assign filled      = grant_i && (at_operand1 || !fetch_q[1]);
  assign immediate   = start_i && fetch_i == '0;

  assign space_o = used_q != CountW'(tn_vector_pkg::OperandSlots);
  assign ready_o = ready_q != '0;
  assign slot_o  = use_slot_q;

  // What was granted goes with the data.
  record_t               record;
  record_t [ReadLat-1:0] trip_q;
  logic [ReadLat-1:0]    trip_valid_q;

  always_comb begin
    record           = '0;
    record.slot      = fill_slot_q;
    if (immediate) begin
      record.write = 2'b11;
      record.value = operand_i;
    end else begin
      // The one that is not fetched goes with the other.
      record.write     = at_operand1 ? {1'b1, !fetch_q[0]} : {!fetch_q[1], 1'b1};
      record.from_sbuf = at_operand1 ? 2'b10 : 2'b01;
      record.high      = {operand_q[1][2], operand_q[0][2]};
      record.value     = operand_q;
    end
  end

  always_ff @(posedge clk_i) begin
    trip_q <= {trip_q[ReadLat-2:0], record};
    if (start_i) begin
      fetch_q      <= fetch_i;
      operand_q    <= operand_i;
      group_q      <= first_group_i;
      last_group_q <= last_group_i;
    end else if (filled) begin
      group_q <= group_q + 1'b1;
    end
    if (!rst_ni || clear_i) begin
      loading_q    <= 1'b0;
      second_q     <= 1'b0;
      pending_q    <= 1'b0;
      fill_slot_q  <= '0;
      use_slot_q   <= '0;
      used_q       <= '0;
      ready_q      <= '0;
      trip_valid_q <= '0;
    end else begin
      trip_valid_q <= {trip_valid_q[ReadLat-2:0], grant_i || immediate};
      pending_q    <= request_o && !grant_i;
      if (start_i) loading_q <= fetch_i != '0;
      else if (filled && group_q == last_group_q) loading_q <= 1'b0;
      else if (stop_i && !request_o) loading_q <= 1'b0;
      if (start_i || filled) second_q <= 1'b0;
      else if (grant_i) second_q <= 1'b1;
      if (filled || immediate) fill_slot_q <= fill_slot_q + 1'b1;
      if (next_i) use_slot_q <= use_slot_q + 1'b1;
      ready_q <= ready_q + CountW'(filled || immediate) - CountW'(next_i);
      used_q  <= used_q + CountW'(filled || immediate) - CountW'(passed_i);
    end
  end

  assign write_o      = trip_valid_q[ReadLat-1] ? trip_q[ReadLat-1].write : '0;
  assign write_slot_o = trip_q[ReadLat-1].slot;
  assign from_sbuf_o  = trip_q[ReadLat-1].from_sbuf;
  assign high_o       = trip_q[ReadLat-1].high;
  assign value_o      = trip_q[ReadLat-1].value;
  assign busy_o       = loading_q || trip_valid_q != '0;

  logic unused_operand;
  assign unused_operand = ^operand_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && !clear_i) begin
      StartsWhenLoaded : assert (!start_i || !loading_q || stop_i);
      GrantWasAsked : assert (!grant_i || request_o);
      NextIsReady : assert (!next_i || ready_o);
    end
  end
`endif

endmodule
