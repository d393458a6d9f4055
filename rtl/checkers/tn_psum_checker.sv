// SPDX-License-Identifier: Apache-2.0
//
// tn_psum_checker: watches the ports of PSUM, and the content of its lane 0.
//
// Lane 0 belongs to column 0, where the waves enter. It is kept a second time: each read of it must
// return, two cycles later, the word last written before its cycle; words not written yet are not
// compared. broken_o has one bit for each rule (docs/verification/checkers.md, PSUM-01 is bit 0), a
// pulse in the cycle after; with Fatal each is an assertion that names rule and signals. Nothing is done
// for a port that does nothing. Sums that are read too early: tn_accumulate_checker. Simulation only.
module tn_psum_checker #(
  parameter int unsigned Rows        = 8,  // partitions of a lane
  parameter int unsigned LanesPerCol = 1,
  parameter int unsigned Cols        = 16,
  parameter int unsigned PsumBanks   = 8,
  parameter bit          Fatal       = 1'b1,
  localparam int unsigned NumRules = 4
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    trd_valid_i,
  input  tn_psum_pkg::psum_wave_t trd_wave_i,
  input  logic [31:0]             trd_data_i,   // of column 0
  input  logic                    twr_valid_i,
  input  tn_psum_pkg::psum_wave_t twr_wave_i,
  input  logic [31:0]             twr_data_i,   // of column 0
  input  logic                    vrd_valid_i,
  input  logic                    vrd_ready_i,
  input  logic [3:0]              vrd_bank_i,
  input  tn_pkg::prow_t           vrd_prow_i,
  input  logic [8:0]              vrd_index_i,
  input  logic [31:0]             vrd_data_i,   // of lane 0
  input  logic [PsumBanks-1:0]    taken_i,      // banks that a column reads for TensorE
  output logic [NumRules-1:0]     broken_o
);

  localparam int unsigned Words  = tn_isa_pkg::PsumBankElements;
  localparam int unsigned Places = PsumBanks * Rows * Words;
  localparam int unsigned PlaceW = $clog2(Places);

  typedef struct packed {
    logic        valid;
    logic [31:0] data;
  } expected_t;

  logic [31:0] mem   [Places];
  logic        known [Places] = '{default: 1'b0};
  logic        forget_q = 1'b0;  // set from outside: memory was changed behind the ports

  expected_t trd_first_q, trd_second_q, vrd_first_q, vrd_second_q;
  logic      in_reset_q = 1'b0;  // the reset was low at the last edge
  logic [NumRules-1:0] broken_q;

  // Whether column 0 takes part, with its lane 0.
  function automatic logic here(input logic [7:0] first_col, input logic [6:0] block);
    return first_col == '0 && (32'(block) & (LanesPerCol - 1)) == 32'd0;
  endfunction

  function automatic logic [PlaceW-1:0] place(input logic [3:0] bank, input logic [31:0] row,
                                              input logic [8:0] index);
    return PlaceW'((32'(bank) * Rows + row) * Words + 32'(index));
  endfunction

  logic trd_in_range, twr_in_range;
  assign trd_in_range = 32'(trd_wave_i.bank) < PsumBanks &&
                        32'(trd_wave_i.block) < Rows * LanesPerCol &&
                        trd_wave_i.first_col < trd_wave_i.end_col && 32'(trd_wave_i.end_col) <= Cols;
  assign twr_in_range = 32'(twr_wave_i.bank) < PsumBanks &&
                        32'(twr_wave_i.block) < Rows * LanesPerCol &&
                        twr_wave_i.first_col < twr_wave_i.end_col && 32'(twr_wave_i.end_col) <= Cols;

  /* verilator lint_off BLKSEQ */  // memories of this block only, read, then written; and forget_q
  always_ff @(posedge clk_i) begin
    automatic logic [NumRules-1:0] broken = '0;
    automatic logic [PlaceW-1:0]   at     = '0;

    in_reset_q <= !rst_ni;
    if (!rst_ni || in_reset_q) begin
      trd_first_q  <= '0;
      trd_second_q <= '0;
      vrd_first_q  <= '0;
      vrd_second_q <= '0;
    end else begin
      if (trd_second_q.valid) begin
        broken[1] = trd_data_i != trd_second_q.data;
        trd_second_q.valid <= 1'b0;
      end
      if (vrd_second_q.valid) begin
        broken[2] = vrd_data_i != vrd_second_q.data;
        vrd_second_q.valid <= 1'b0;
      end
      if (trd_first_q.valid) begin
        trd_second_q <= trd_first_q;
        trd_first_q.valid <= 1'b0;
      end
      if (vrd_first_q.valid) begin
        vrd_second_q <= vrd_first_q;
        vrd_first_q.valid <= 1'b0;
      end

      if (trd_valid_i) begin
        if (!trd_in_range) begin
          broken[3] = 1'b1;
        end else if (here(trd_wave_i.first_col, trd_wave_i.block)) begin
          at = place(trd_wave_i.bank, 32'(trd_wave_i.block) / LanesPerCol, trd_wave_i.index);
          trd_first_q <= '{valid: known[at], data: mem[at]};
        end
      end
      if (vrd_valid_i && vrd_ready_i) begin
        broken[0] = ((taken_i >> vrd_bank_i) & PsumBanks'(1)) != '0;
        // A bank that does not exist reads nothing.
        if (32'(vrd_bank_i) < PsumBanks && 32'(vrd_prow_i) < Rows) begin
          at = place(vrd_bank_i, 32'(vrd_prow_i), vrd_index_i);
          vrd_first_q <= '{valid: known[at], data: mem[at]};
        end
      end
      if (twr_valid_i) begin
        if (!twr_in_range) begin
          broken[3] = 1'b1;
        end else if (here(twr_wave_i.first_col, twr_wave_i.block)) begin
          at = place(twr_wave_i.bank, 32'(twr_wave_i.block) / LanesPerCol, twr_wave_i.index);
          mem[at]   = twr_data_i;
          known[at] = 1'b1;
        end
      end
    end
    if (forget_q) begin
      for (int unsigned i = 0; i < Places; i++) known[i] = 1'b0;
      forget_q = 1'b0;
    end
    broken_q <= broken;

`ifndef SYNTHESIS
    if (Fatal && broken != '0) begin
      OneReader: assert (!broken[0]) else
        $error("PSUM-01 OneReader: VectorE granted bank %0d, columns read %b", vrd_bank_i, taken_i);
      TensorData: assert (!broken[1]) else
        $error("PSUM-02 TensorData: column 0 %h, written %h", trd_data_i, trd_second_q.data);
      VectorData: assert (!broken[2]) else
        $error("PSUM-03 VectorData: lane 0 %h, written %h", vrd_data_i, vrd_second_q.data);
      WaveInRange: assert (!broken[3]) else
        $error("PSUM-04 WaveInRange: read %b %h write %b %h (bank, block, word, columns)", trd_valid_i,
               trd_wave_i, twr_valid_i, twr_wave_i);
    end
`endif
  end
  /* verilator lint_on BLKSEQ */

  assign broken_o = broken_q;

endmodule
