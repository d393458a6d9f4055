// SPDX-License-Identifier: Apache-2.0
//
// tn_psum_column: the PSUM lanes that belong to one column of the PE array.
//
// Column c owns the lanes c, c + Cols, c + 2*Cols, ...: LanesPerCol of them. Every lane has one RAM
// per bank with one read and one write port, so that TensorE and VectorE can read different banks in
// one cycle. Waves of TensorE are used here and handed to the next column one cycle later.
//
// Read latency 2 on both ports (RAM, then the choice of lane and bank). A read of an address written
// in the same cycle returns the old data. The caller must not let both ports read one bank of this
// column at once: rd_bank_o names the bank that TensorE reads in this cycle.

module tn_psum_column #(
  parameter int unsigned Column      = 0,
  parameter int unsigned LanesPerCol = 1,
  parameter int unsigned Prows       = 8,  // partitions per lane
  parameter int unsigned PsumBanks   = 8
) (
  input  logic clk_i,
  input  logic rst_ni,

  // TensorE, read wave
  input  logic                    rd_valid_i,
  input  tn_psum_pkg::psum_wave_t rd_wave_i,
  output logic                    rd_valid_o,
  output tn_psum_pkg::psum_wave_t rd_wave_o,
  output logic [PsumBanks-1:0]    rd_bank_o,
  output logic [31:0]             rd_data_o,

  // TensorE, write wave
  input  logic                    wr_valid_i,
  input  tn_psum_pkg::psum_wave_t wr_wave_i,
  output logic                    wr_valid_o,
  output tn_psum_pkg::psum_wave_t wr_wave_o,
  input  logic [31:0]             wr_data_i,

  // VectorE, granted reads only
  input  logic                         vrd_valid_i,
  input  logic [3:0]                   vrd_bank_i,
  input  tn_pkg::prow_t                vrd_prow_i,
  input  logic [8:0]                   vrd_index_i,
  output logic [LanesPerCol-1:0][31:0] vrd_data_o
);

  localparam int unsigned Depth    = Prows * tn_isa_pkg::PsumBankElements;
  localparam int unsigned AddrW    = $clog2(Depth);
  localparam int unsigned SubLaneW = (LanesPerCol > 1) ? $clog2(LanesPerCol) : 1;

  // The block counts the lanes of a column first and its rows after that.
  function automatic logic [SubLaneW-1:0] sub_lane(input logic [6:0] block);
    return SubLaneW'(block & 7'(LanesPerCol - 1));
  endfunction
  function automatic logic [AddrW-1:0] address(input logic [6:0] block, input logic [8:0] index);
    return AddrW'({block >> $clog2(LanesPerCol), index});
  endfunction
  function automatic logic takes_part(input logic [7:0] first_col, input logic [7:0] end_col);
    return first_col <= 8'(Column) && end_col > 8'(Column);
  endfunction

  // Waves to the next column.
  always_ff @(posedge clk_i) begin
    if (rd_valid_i) rd_wave_o <= rd_wave_i;
    if (wr_valid_i) wr_wave_o <= wr_wave_i;
    if (!rst_ni) begin
      rd_valid_o <= 1'b0;
      wr_valid_o <= 1'b0;
    end else begin
      rd_valid_o <= rd_valid_i;
      wr_valid_o <= wr_valid_i;
    end
  end

  logic                rd_here;
  logic                wr_here;
  logic [SubLaneW-1:0] rd_sub;
  logic [SubLaneW-1:0] wr_sub;
  logic [AddrW-1:0]    rd_addr;
  logic [AddrW-1:0]    wr_addr;
  logic [AddrW-1:0]    vrd_addr;

  assign rd_here   = rd_valid_i && takes_part(rd_wave_i.first_col, rd_wave_i.end_col);
  assign wr_here   = wr_valid_i && takes_part(wr_wave_i.first_col, wr_wave_i.end_col);
  assign rd_sub    = sub_lane(rd_wave_i.block);
  assign wr_sub    = sub_lane(wr_wave_i.block);
  assign rd_addr   = address(rd_wave_i.block, rd_wave_i.index);
  assign wr_addr   = address(wr_wave_i.block, wr_wave_i.index);
  assign vrd_addr  = AddrW'({vrd_prow_i, vrd_index_i});
  assign rd_bank_o = rd_here ? (PsumBanks'(1) << rd_wave_i.bank) : '0;

  logic [LanesPerCol-1:0][PsumBanks-1:0][31:0] ram_data;

  for (genvar lane = 0; lane < LanesPerCol; lane++) begin : gen_lane
    for (genvar bank = 0; bank < PsumBanks; bank++) begin : gen_bank
      logic             tensor_read;
      logic             vector_read;
      logic [AddrW-1:0] read_addr;

      assign tensor_read = rd_here && rd_sub == SubLaneW'(lane) && rd_wave_i.bank == 4'(bank);
      assign vector_read = vrd_valid_i && vrd_bank_i == 4'(bank);
      assign read_addr   = tensor_read ? rd_addr : vrd_addr;

      tn_ram_1r1w #(
        .Width(32), .Depth(Depth)
      ) u_ram (
        .clk_i,
        .rd_en_i(tensor_read || vector_read), .rd_addr_i(read_addr),
        .rd_data_o(ram_data[lane][bank]),
        .wr_en_i(wr_here && wr_sub == SubLaneW'(lane) && wr_wave_i.bank == 4'(bank)),
        .wr_addr_i(wr_addr), .wr_be_i(4'hf), .wr_data_i
      );

`ifndef SYNTHESIS
      always_ff @(posedge clk_i) begin
        if (rst_ni) OneReaderPerRam : assert (!(tensor_read && vector_read));
      end
`endif
    end
  end

  // Second cycle of a read: choose among the RAMs.
  logic                rd_pending_q;
  logic [SubLaneW-1:0] rd_sub_q;
  logic [3:0]          rd_bank_q;
  logic                vrd_pending_q;
  logic [3:0]          vrd_bank_q;

  localparam int unsigned BankW = (PsumBanks > 1) ? $clog2(PsumBanks) : 1;

  always_ff @(posedge clk_i) begin
    if (rd_here) begin
      rd_sub_q  <= rd_sub;
      rd_bank_q <= rd_wave_i.bank;
    end
    if (vrd_valid_i) vrd_bank_q <= vrd_bank_i;
    if (rd_pending_q) rd_data_o <= ram_data[rd_sub_q][BankW'(rd_bank_q)];
    if (vrd_pending_q) begin
      for (int unsigned lane = 0; lane < LanesPerCol; lane++) begin
        vrd_data_o[lane] <= ram_data[lane][BankW'(vrd_bank_q)];
      end
    end
    if (!rst_ni) begin
      rd_pending_q  <= 1'b0;
      vrd_pending_q <= 1'b0;
    end else begin
      rd_pending_q  <= rd_here;
      vrd_pending_q <= vrd_valid_i;
    end
  end

  logic unused_bits;
  assign unused_bits = ^{vrd_prow_i, rd_bank_q, vrd_bank_q, rd_wave_i.block, wr_wave_i.block, wr_sub};

endmodule
