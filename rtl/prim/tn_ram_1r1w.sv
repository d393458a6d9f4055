// SPDX-License-Identifier: Apache-2.0
//
// tn_ram_1r1w: memory with one read port, one write port and byte enables.
//
// Read data follow one cycle after rd_en_i and hold until the next read. A read of the word written
// in the same cycle returns the old bytes. Contents are never reset (random in simulation).
// Latency 1. No output register, no ECC, no collision between ports to avoid.
//
// This is the behavioural twin, written for simulation speed: rtl/prim/xilinx holds the form that
// Vivado and Yosys infer block memories from. A blocking assignment after the read has the same
// meaning and spares Verilator a pending write for each byte; bytes are looked at in groups of
// eight, because most writes fill or skip a whole group.
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

  localparam int unsigned GroupBytes = (Bytes % 8 == 0) ? 8 : Bytes;

  logic [Width-1:0] mem [Depth];
  logic [Width-1:0] rd_data_q;

  /* verilator lint_off BLKSEQ */  // mem is used in this block only: read first, then write
  always_ff @(posedge clk_i) begin
    if (rd_en_i) begin
      rd_data_q <= mem[rd_addr_i];
    end
    if (wr_en_i) begin
      for (int unsigned g = 0; g < Bytes; g += GroupBytes) begin
        if (wr_be_i[g +: GroupBytes] == '1) begin
          mem[wr_addr_i][g*8 +: GroupBytes*8] = wr_data_i[g*8 +: GroupBytes*8];
        end else if (wr_be_i[g +: GroupBytes] != '0) begin
          for (int unsigned b = 0; b < GroupBytes; b++) begin
            if (wr_be_i[g+b]) begin
              mem[wr_addr_i][(g+b)*8 +: 8] = wr_data_i[(g+b)*8 +: 8];
            end
          end
        end
      end
    end
  end
  /* verilator lint_on BLKSEQ */

  assign rd_data_o = rd_data_q;

endmodule
