// SPDX-License-Identifier: Apache-2.0
//
// tn_ram_1r1w for AMD devices: the text that Vivado infers a simple dual-port UltraRAM or block RAM
// with byte-write enables from (Yosys maps it too). Same behaviour as rtl/prim/tn_ram_1r1w.sv.
//
// The same-cycle rule (a read returns the old bytes) makes port A of an UltraRAM the read port: its
// operation precedes port B's within a cycle.
module tn_ram_1r1w #(
  parameter int unsigned Width = 64,  // bits, a multiple of 8
  parameter int unsigned Depth = 512, // words
  localparam int unsigned AddrW = (Depth > 1) ? $clog2(Depth) : 1,
  localparam int unsigned Bytes = Width / 8
) (
  input  logic             clk_i,
  input  logic             rd_en_i,
  input  logic [AddrW-1:0] rd_addr_i,
  output logic [Width-1:0] rd_data_o,
  input  logic             wr_en_i,
  input  logic [AddrW-1:0] wr_addr_i,
  input  logic [Bytes-1:0] wr_be_i,
  input  logic [Width-1:0] wr_data_i
);

  if (Width == 0 || Width % 8 != 0) begin : gen_check_width
    $fatal(1, "tn_ram_1r1w: Width (%0d) must be a positive multiple of 8", Width);
  end
  if (Depth == 0) begin : gen_check_depth
    $fatal(1, "tn_ram_1r1w: Depth (%0d) must be at least 1", Depth);
  end

  logic [Width-1:0] mem [Depth];
  logic [Width-1:0] rd_data_q;

  always_ff @(posedge clk_i) begin
    if (rd_en_i) begin
      rd_data_q <= mem[rd_addr_i];
    end
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned b = 0; b < Bytes; b++) begin
      if (wr_en_i && wr_be_i[b]) begin
        mem[wr_addr_i][b*8 +: 8] <= wr_data_i[b*8 +: 8];
      end
    end
  end

  assign rd_data_o = rd_data_q;

endmodule
