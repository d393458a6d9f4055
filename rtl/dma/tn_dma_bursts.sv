// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_bursts: the bursts of a command, in order: for each row the whole beats that hold it.
//
// A burst has at most 16 beats and is cut where 16 beats are aligned (1 KiB of a 64-byte bus), so
// none crosses 4 KiB. One burst a cycle, without a gap between rows or commands; latency 2 from the
// command. After stop_i no further burst appears, but one already offered stays until taken.
module tn_dma_bursts #(
  parameter int unsigned BusBytes = 64
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 stop_i,
  input  logic                 room_i,           // another burst may be offered
  input  logic                 cmd_valid_i,
  output logic                 cmd_ready_o,
  input  tn_dma_pkg::command_t cmd_i,
  output logic                 new_o,            // pulse: a burst enters the output register;
  output logic [63:0]          new_addr_o,       // these describe it
  output logic [31:0]          new_instruction_o,
  output logic                 new_last_o,       // it is the last of its command
  output logic                 burst_valid_o,
  input  logic                 burst_ready_i,
  output logic [63:0]          burst_addr_o,     // of the first beat, aligned to a beat
  output logic [7:0]           burst_len_o       // beats - 1
);

  localparam int unsigned OffW   = $clog2(BusBytes);
  localparam int unsigned BeatsW = 18 - OffW + 1;  // beats of a row, and one for its alignment
  localparam int unsigned MaxLog = 4;              // 16 beats

  typedef logic [BeatsW-1:0] beats_t;

  function automatic beats_t beats_of(input logic [OffW-1:0] offset,
                                      input tn_dma_pkg::sbuf_bytes_t bytes);
    return beats_t'((19'(offset) + 19'(bytes) + 19'(BusBytes - 1)) >> OffW);
  endfunction

  logic                 active_q;
  tn_dma_pkg::command_t cmd_q;         // address and rows advance from row to row
  logic [63-OffW:0]     beat_q;        // next beat on the bus
  beats_t               beats_left_q;  // of the row, at least 1 while active
  logic                 out_valid_q;
  logic [63-OffW:0]     out_beat_q;
  logic [7:0]           out_len_q;

  logic [MaxLog:0] to_boundary, beats_now;
  logic            row_ends, cmd_ends, step;
  logic [63:0]     next_row;

  assign to_boundary = (MaxLog+1)'(1 << MaxLog) - (MaxLog+1)'(beat_q[MaxLog-1:0]);
  assign row_ends    = (beats_left_q <= beats_t'(to_boundary));
  assign beats_now   = row_ends ? beats_left_q[MaxLog:0] : to_boundary;
  assign cmd_ends    = row_ends && (cmd_q.rows == 16'd1);
  assign step        = active_q && room_i && !stop_i && (!out_valid_q || burst_ready_i);
  assign next_row    = cmd_q.address + cmd_q.address_step;
  assign cmd_ready_o = (!active_q || (step && cmd_ends)) && !stop_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q    <= 1'b0;
      out_valid_q <= 1'b0;
    end else begin
      if (cmd_valid_i && cmd_ready_o) begin
        active_q <= 1'b1;
      end else if (step && cmd_ends) begin
        active_q <= 1'b0;
      end
      if (step) begin
        out_valid_q <= 1'b1;
      end else if (burst_ready_i) begin
        out_valid_q <= 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (cmd_valid_i && cmd_ready_o) begin
      cmd_q        <= cmd_i;
      beat_q       <= cmd_i.address[63:OffW];
      beats_left_q <= beats_of(cmd_i.address[OffW-1:0], cmd_i.row_bytes);
    end else if (step) begin
      if (row_ends) begin
        cmd_q.rows    <= cmd_q.rows - 16'd1;
        cmd_q.address <= next_row;
        beat_q        <= next_row[63:OffW];
        beats_left_q  <= beats_of(next_row[OffW-1:0], cmd_q.row_bytes);
      end else begin
        beat_q        <= beat_q + (64-OffW)'(to_boundary);
        beats_left_q  <= beats_left_q - beats_t'(to_boundary);
      end
    end
    if (step) begin
      out_beat_q <= beat_q;
      out_len_q  <= 8'(beats_now) - 8'd1;
    end
  end

  assign new_o             = step;
  assign new_addr_o        = {beat_q, OffW'(0)};
  assign new_instruction_o = cmd_q.instruction;
  assign new_last_o        = cmd_ends;
  assign burst_valid_o     = out_valid_q;
  assign burst_addr_o      = {out_beat_q, OffW'(0)};
  assign burst_len_o       = out_len_q;

  logic unused_cmd;
  assign unused_cmd = ^{cmd_q.partition, cmd_q.partition_step, cmd_q.sbuf_offset, cmd_q.sbuf_step};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && step) begin
      RowHasBeats   : assert (beats_left_q != '0);
      BurstIsShort  : assert (beats_now >= 5'd1 && beats_now <= 5'd16);
    end
  end
`endif

endmodule
