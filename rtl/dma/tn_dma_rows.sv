// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_rows: walks the rows of commands for the data path: where each begins on both sides.
//
// One row a cycle, without a gap between commands.
module tn_dma_rows #(
  parameter int unsigned BusBytes = 64,
  localparam int unsigned OffW = $clog2(BusBytes)
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    cmd_valid_i,
  output logic                    cmd_ready_o,
  input  tn_dma_pkg::command_t    cmd_i,
  output logic                    row_valid_o,
  input  logic                    row_ready_i,
  output logic [OffW-1:0]         row_bus_offset_o,  // of the first byte within its beat
  output logic [7:0]              row_partition_o,
  output tn_dma_pkg::sbuf_bytes_t row_sbuf_offset_o,
  output tn_dma_pkg::sbuf_bytes_t row_bytes_o,
  output logic                    row_last_o,        // of the command
  output logic                    busy_o
);

  logic                 active_q;
  tn_dma_pkg::command_t cmd_q;  // addresses and rows advance from row to row
  logic                 step;

  assign step        = active_q && row_ready_i;
  assign cmd_ready_o = !active_q || (step && row_last_o);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
    end else if (cmd_ready_o) begin
      active_q <= cmd_valid_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (cmd_ready_o) begin
      if (cmd_valid_i) begin
        cmd_q <= cmd_i;
      end
    end else if (step) begin
      cmd_q.rows                  <= cmd_q.rows - 16'd1;
      cmd_q.address[OffW-1:0]     <= cmd_q.address[OffW-1:0] + cmd_q.address_step[OffW-1:0];
      cmd_q.partition             <= cmd_q.partition + 8'(cmd_q.partition_step);
      cmd_q.sbuf_offset           <= cmd_q.sbuf_offset + cmd_q.sbuf_step;
    end
  end

  assign row_valid_o       = active_q;
  assign row_bus_offset_o  = cmd_q.address[OffW-1:0];
  assign row_partition_o   = cmd_q.partition;
  assign row_sbuf_offset_o = cmd_q.sbuf_offset;
  assign row_bytes_o       = cmd_q.row_bytes;
  assign row_last_o        = (cmd_q.rows == 16'd1);
  assign busy_o            = active_q;

  logic unused_cmd;
  assign unused_cmd = ^{cmd_q.address[63:OffW], cmd_q.address_step[63:OffW], cmd_q.instruction};

endmodule
