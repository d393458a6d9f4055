// SPDX-License-Identifier: Apache-2.0
//
// tn_psum: the partial-sum buffer, PsumBanks banks of 512 words for each output partition.
//
// Output partition q lives in lane q mod Lanes, row q div Lanes. TensorE works on one block of Cols
// partitions at a time, column c in lane (block mod (Lanes/Cols)) * Cols + c.
//
// TensorE: read and write waves enter at column 0 and reach column c after c cycles; trd_data_o[c] is
// valid PsumReadLat cycles after the wave reached column c, twr_data_i[c] is sampled when the write
// wave reaches it. Never refused: the PE array cannot wait. A read returns what was written up to the
// cycle before; read-modify-write hazards are settled where passes start (tn_pass_sequencer).
// VectorE: one word of every lane, PsumReadLat cycles after valid && ready. Refused while any column
// reads the same bank for TensorE; writes of TensorE never refuse it (the RAMs have a port for each).

module tn_psum #(
  parameter int unsigned Partitions = 128,
  parameter int unsigned Lanes      = 16,
  parameter int unsigned Cols       = 16,
  parameter int unsigned PsumBanks  = 8
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic                    trd_valid_i,
  input  tn_psum_pkg::psum_wave_t trd_wave_i,
  output logic [Cols-1:0][31:0]   trd_data_o,

  input  logic                    twr_valid_i,
  input  tn_psum_pkg::psum_wave_t twr_wave_i,
  input  logic [Cols-1:0][31:0]   twr_data_i,

  input  logic                    vrd_valid_i,
  output logic                    vrd_ready_o,
  input  logic [3:0]              vrd_bank_i,
  input  tn_pkg::prow_t           vrd_prow_i,
  input  logic [8:0]              vrd_index_i,
  output logic [Lanes-1:0][31:0]  vrd_data_o
);

  localparam int unsigned LanesPerCol = Lanes / Cols;
  localparam int unsigned Prows       = Partitions / Lanes;

  if (Lanes % Cols != 0 || (LanesPerCol & (LanesPerCol - 1)) != 0) begin : gen_check_lanes
    $fatal(1, "tn_psum: Lanes (%0d) must be Cols (%0d) times a power of two", Lanes, Cols);
  end
  if (Partitions % Lanes != 0) begin : gen_check_partitions
    $fatal(1, "tn_psum: Partitions (%0d) must be a multiple of Lanes (%0d)", Partitions, Lanes);
  end
  if (PsumBanks < 1 || PsumBanks > 16) begin : gen_check_banks
    $fatal(1, "tn_psum: PsumBanks (%0d) must be 1 to 16", PsumBanks);
  end
  if (tn_pkg::PsumReadLat != 2) begin : gen_check_latency
    $fatal(1, "tn_psum: PsumReadLat (%0d) must be 2", tn_pkg::PsumReadLat);
  end

  logic [Cols-1:0][PsumBanks-1:0] rd_bank;
  logic [PsumBanks-1:0]           bank_taken;
  logic                           vrd_grant;

  for (genvar col = 0; col < Cols; col++) begin : gen_col
    logic                         rd_valid_in;
    logic                         rd_valid_out;
    logic                         wr_valid_in;
    logic                         wr_valid_out;
    tn_psum_pkg::psum_wave_t      rd_wave_in;
    tn_psum_pkg::psum_wave_t      rd_wave_out;
    tn_psum_pkg::psum_wave_t      wr_wave_in;
    tn_psum_pkg::psum_wave_t      wr_wave_out;
    logic [LanesPerCol-1:0][31:0] vector_data;

    if (col == 0) begin : gen_first
      assign rd_valid_in = trd_valid_i;
      assign rd_wave_in  = trd_wave_i;
      assign wr_valid_in = twr_valid_i;
      assign wr_wave_in  = twr_wave_i;
    end else begin : gen_next
      assign rd_valid_in = gen_col[col-1].rd_valid_out;
      assign rd_wave_in  = gen_col[col-1].rd_wave_out;
      assign wr_valid_in = gen_col[col-1].wr_valid_out;
      assign wr_wave_in  = gen_col[col-1].wr_wave_out;
    end
    if (col == Cols - 1) begin : gen_last
      logic unused_wave;
      assign unused_wave = ^{rd_valid_out, rd_wave_out, wr_valid_out, wr_wave_out};
    end

    tn_psum_column #(
      .Column(col), .LanesPerCol(LanesPerCol), .Prows(Prows), .PsumBanks(PsumBanks)
    ) u_column (
      .clk_i, .rst_ni,
      .rd_valid_i(rd_valid_in), .rd_wave_i(rd_wave_in),
      .rd_valid_o(rd_valid_out), .rd_wave_o(rd_wave_out),
      .rd_bank_o(rd_bank[col]), .rd_data_o(trd_data_o[col]),
      .wr_valid_i(wr_valid_in), .wr_wave_i(wr_wave_in),
      .wr_valid_o(wr_valid_out), .wr_wave_o(wr_wave_out),
      .wr_data_i(twr_data_i[col]),
      .vrd_valid_i(vrd_grant), .vrd_bank_i, .vrd_prow_i, .vrd_index_i, .vrd_data_o(vector_data)
    );

    for (genvar lane = 0; lane < LanesPerCol; lane++) begin : gen_lane
      assign vrd_data_o[lane * Cols + col] = vector_data[lane];
    end
  end

  always_comb begin
    bank_taken = '0;
    for (int unsigned col = 0; col < Cols; col++) bank_taken |= rd_bank[col];
  end

  // Ready does not depend on valid; a bank that does not exist is never refused (and reads nothing).
  assign vrd_ready_o = ((bank_taken >> vrd_bank_i) & PsumBanks'(1)) == '0;
  assign vrd_grant   = vrd_valid_i && vrd_ready_o;

endmodule
