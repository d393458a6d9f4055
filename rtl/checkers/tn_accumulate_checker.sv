// SPDX-License-Identifier: Apache-2.0
//
// tn_accumulate_checker: watches the PSUM waves of TensorE: no sum is read before it is written.
//
// A word (bank, column block, index) that a vector reads is written Distance cycles later, by the same
// vector; until then nobody may read it again, which would lose a sum, or write it. A write that closes
// no read is that of an overwriting vector. Columns are not told apart, neither does tn_pass_sequencer.
// broken_o has one bit for each rule (docs/verification/checkers.md, ACC-01 is bit 0), a pulse in the
// cycle after; with Fatal each is an assertion that names rule and signals. Simulation only.
module tn_accumulate_checker #(
  parameter int unsigned Blocks    = 8,
  parameter int unsigned PsumBanks = 8,
  parameter int unsigned Distance  = 12,  // cycles from a read wave to its write wave
  parameter bit          Fatal     = 1'b1,
  localparam int unsigned NumRules = 3
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    rd_valid_i,
  input  tn_psum_pkg::psum_wave_t rd_wave_i,
  input  logic                    wr_valid_i,
  input  tn_psum_pkg::psum_wave_t wr_wave_i,
  output logic [NumRules-1:0]     broken_o
);

  localparam int unsigned Words  = tn_isa_pkg::PsumBankElements;
  localparam int unsigned Places = PsumBanks * Blocks * Words;
  localparam int unsigned PlaceW = $clog2(Places);
  localparam int unsigned Depth  = 1 << $clog2(Distance + 1);
  localparam int unsigned PtrW   = $clog2(Depth);

  // The cycle of the last read of each word: it is open for Distance cycles.
  logic [31:0] read_at [Places] = '{default: '0};
  logic [31:0] now_q = 32'd1 << 16;

  // Reads whose writes are due, oldest first.
  tn_psum_pkg::psum_wave_t due_wave [Depth];
  logic [31:0]             due_at   [Depth];
  logic [PtrW-1:0]         put_q, get_q;

  logic                in_reset_q = 1'b0;  // the reset was low at the last edge
  logic [31:0]         reset_at_q = '0;
  logic [NumRules-1:0] broken_q;

  logic              rd_in_range, wr_in_range;
  logic [PlaceW-1:0] rd_place, wr_place;
  assign rd_in_range = 32'(rd_wave_i.bank) < PsumBanks && 32'(rd_wave_i.block) < Blocks;
  assign wr_in_range = 32'(wr_wave_i.bank) < PsumBanks && 32'(wr_wave_i.block) < Blocks;
  assign rd_place = PlaceW'((32'(rd_wave_i.bank) * Blocks + 32'(rd_wave_i.block)) * Words +
                            32'(rd_wave_i.index));
  assign wr_place = PlaceW'((32'(wr_wave_i.bank) * Blocks + 32'(wr_wave_i.block)) * Words +
                            32'(wr_wave_i.index));

  /* verilator lint_off BLKSEQ */  // read_at is used in this block only
  always_ff @(posedge clk_i) begin
    automatic logic [NumRules-1:0] broken = '0;
    automatic logic                due    = 1'b0;
    automatic logic [31:0]         age    = '0;

    in_reset_q <= !rst_ni;
    now_q      <= now_q + 32'd1;
    if (!rst_ni || in_reset_q) begin
      put_q      <= '0;
      get_q      <= '0;
      reset_at_q <= now_q;
    end else begin
      due = put_q != get_q && now_q - due_at[get_q] == Distance;
      if (rd_valid_i && rd_in_range) begin
        age = now_q - read_at[rd_place];
        broken[0] = age <= Distance && read_at[rd_place] > reset_at_q;
        read_at[rd_place] = now_q;
        due_wave[put_q] <= rd_wave_i;
        due_at[put_q]   <= now_q;
        put_q           <= put_q + 1'b1;
      end
      if (due) begin
        broken[1] = !wr_valid_i || wr_wave_i != due_wave[get_q];
        get_q     <= get_q + 1'b1;
      end else if (wr_valid_i && wr_in_range) begin
        age = now_q - read_at[wr_place];
        broken[2] = age <= Distance && read_at[wr_place] > reset_at_q;
      end
    end
    broken_q <= broken;

`ifndef SYNTHESIS
    if (Fatal && broken != '0) begin
      SumReadTwice: assert (!broken[0]) else
        $error("ACC-01 SumReadTwice: bank %0d block %0d word %0d, read %0d cycles ago", rd_wave_i.bank,
               rd_wave_i.block, rd_wave_i.index, age);
      SumWritten: assert (!broken[1]) else
        $error("ACC-02 SumWritten: bank %0d block %0d word %0d is due, written %b %0d %0d %0d",
               due_wave[get_q].bank, due_wave[get_q].block, due_wave[get_q].index, wr_valid_i,
               wr_wave_i.bank, wr_wave_i.block, wr_wave_i.index);
      SumOverwritten: assert (!broken[2]) else
        $error("ACC-03 SumOverwritten: bank %0d block %0d word %0d, read %0d cycles ago", wr_wave_i.bank,
               wr_wave_i.block, wr_wave_i.index, age);
    end
`endif
  end
  /* verilator lint_on BLKSEQ */

  assign broken_o = broken_q;

endmodule
