// SPDX-License-Identifier: Apache-2.0
//
// tn_sbuf_checker: watches the ports of SBUF, and the content of its lane 0.
//
// *_banks_i are the banks given to a port in this cycle. Lane 0 is kept a second time: each read of it
// must return, two cycles later, the bytes last written before the cycle of its grant; bytes not
// written yet are not compared. broken_o has one bit for each rule (docs/verification/checkers.md,
// SBUF-01 is bit 0), a pulse in the cycle after; with Fatal each is an assertion that names rule and
// signals. Nothing is done for a port that does nothing. Simulation only.
module tn_sbuf_checker #(
  parameter int unsigned Rows     = 8,     // partitions of a lane
  parameter int unsigned Words    = 2048,  // of 8 bytes, in a partition
  parameter int unsigned NumBanks = 8,
  parameter int unsigned LaneW    = 4,
  parameter bit          Fatal    = 1'b1,
  localparam int unsigned WordW = $clog2(Words / NumBanks),
  localparam int unsigned PlaceW = $clog2(Rows * Words),
  localparam int unsigned NumRules = 8
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic [NumBanks-1:0]       mov_banks_i,
  input  tn_pkg::prow_t             mov_prow_i,
  input  tn_pkg::off8_t             mov_off8_i,
  input  logic [63:0]               mov_data_i,   // of lane 0, likewise below
  input  logic [NumBanks-1:0]       sta_banks_i,
  input  tn_pkg::prow_t             sta_prow_i,
  input  tn_pkg::off8_t             sta_off8_i,
  input  logic [63:0]               sta_data_i,
  input  logic [NumBanks-1:0]       vrd_banks_i,
  input  tn_pkg::prow_t             vrd_prow_i,
  input  tn_pkg::off8_t             vrd_off8_i,
  input  logic [63:0]               vrd_data_i,
  input  logic                      drd_valid_i,
  input  logic                      drd_ready_i,
  input  logic [NumBanks-1:0]       drd_banks_i,
  input  logic [LaneW-1:0]          drd_lane_i,
  input  tn_pkg::prow_t             drd_prow_i,
  input  logic [WordW-1:0]          drd_word_i,
  input  logic [1:0]                drd_rows_log2_i,
  input  logic [1:0]                drd_part_i,
  input  logic [NumBanks-1:0][63:0] drd_data_i,   // of all its lanes
  // VectorE or transposing DMA
  input  logic [NumBanks-1:0]       ewr_banks_i,
  input  tn_pkg::prow_t             ewr_prow_i,
  input  tn_pkg::off8_t             ewr_off8_i,
  input  logic [63:0]               ewr_data_i,
  input  logic [7:0]                ewr_be_i,
  input  logic [NumBanks-1:0]       dwr_banks_i,
  input  logic [LaneW-1:0]          dwr_lane_i,
  input  tn_pkg::prow_t             dwr_prow_i,
  input  logic [WordW-1:0]          dwr_word_i,
  input  logic [1:0]                dwr_rows_log2_i,
  input  logic [1:0]                dwr_part_i,
  input  logic [NumBanks-1:0][63:0] dwr_data_i,
  input  logic [NumBanks*8-1:0]     dwr_be_i,
  output logic [NumRules-1:0]       broken_o
);

  typedef struct packed {
    logic        valid;
    logic [63:0] data;
    logic [7:0]  known;  // bytes to compare
  } expected_t;

  logic [63:0] mem   [Rows*Words];
  logic [7:0]  known [Rows*Words] = '{default: '0};
  logic        forget_q = 1'b0;  // set from outside: memory was changed behind the ports

  // What the read of a cycle must return: read then, and one cycle later.
  expected_t mov_first_q, mov_second_q, sta_first_q, sta_second_q, vrd_first_q, vrd_second_q;
  logic      drd_first_q, drd_second_q;
  logic [63:0] gathered_data  [NumBanks], drd_data_q  [NumBanks];
  logic [7:0]  gathered_known [NumBanks], drd_known_q [NumBanks];

  logic                in_reset_q = 1'b0;  // the reset was low at the last edge
  logic                drd_wait_q;
  logic [NumBanks-1:0] drd_given_q;        // to the read that waits
  logic [LaneW-1:0]    drd_lane_q;
  tn_pkg::prow_t       drd_prow_q;
  logic [WordW-1:0]    drd_word_q;
  logic [1:0]          drd_rows_log2_q, drd_part_q;

  logic [NumRules-1:0] broken_q;

  function automatic logic differs(input logic [63:0] data, input logic [63:0] expected,
                                    input logic [7:0] bytes);
    logic found;
    found = 1'b0;
    if (bytes == '1) begin
      found = expected != data;
    end else if (bytes != '0) begin
      for (int unsigned b = 0; b < 8; b++) begin
        found |= bytes[b] && expected[b*8 +: 8] != data[b*8 +: 8];
      end
    end
    return found;
  endfunction

  // A DMA word of several rows uses the banks of its part alone; lane 0 holds the first of them.
  function automatic logic [31:0] num_banks(input logic [1:0] rows_log2);
    return NumBanks >> rows_log2;
  endfunction
  function automatic logic [31:0] first_bank(input logic [1:0] rows_log2, input logic [1:0] part);
    return (rows_log2 == '0) ? 32'd0 : 32'(part) * num_banks(rows_log2);
  endfunction
  function automatic logic [NumBanks-1:0] all_banks(input logic [1:0] rows_log2,
                                                    input logic [1:0] part);
    return NumBanks'(((33'd1 << num_banks(rows_log2)) - 33'd1) << first_bank(rows_log2, part));
  endfunction

  function automatic logic [PlaceW-1:0] place(input tn_pkg::prow_t prow, input logic [31:0] word);
    return PlaceW'(32'(prow) * Words + word);
  endfunction

  /* verilator lint_off BLKSEQ */  // memories of this block only, read, then written; and forget_q
  always_ff @(posedge clk_i) begin
    automatic logic [NumRules-1:0] broken = '0;
    automatic logic [NumBanks-1:0] twice  = '0;
    automatic logic [NumBanks-1:0] given  = '0;
    automatic logic [PlaceW-1:0]   at     = '0;
    automatic logic                reads  = 1'b0;
    automatic logic [31:0]         first  = '0;

    in_reset_q <= !rst_ni;
    if (!rst_ni || in_reset_q) begin
      mov_first_q.valid  <= 1'b0;
      mov_second_q.valid <= 1'b0;
      sta_first_q.valid  <= 1'b0;
      sta_second_q.valid <= 1'b0;
      vrd_first_q.valid  <= 1'b0;
      vrd_second_q.valid <= 1'b0;
      drd_first_q  <= 1'b0;
      drd_second_q <= 1'b0;
      drd_wait_q   <= 1'b0;
      drd_given_q  <= '0;
    end else begin
      // ------------------------------------------------------------------------- one of a bank
      twice = (mov_banks_i & (sta_banks_i | vrd_banks_i | drd_banks_i)) |
              (sta_banks_i & (vrd_banks_i | drd_banks_i)) | (vrd_banks_i & drd_banks_i);
      broken[0] = twice != '0;
      broken[1] = (ewr_banks_i & dwr_banks_i) != '0;

      // -------------------------------------------------------------- a DMA read over its cycles
      if (drd_wait_q && drd_valid_i) begin
        broken[3] = drd_lane_i != drd_lane_q || drd_prow_i != drd_prow_q || drd_word_i != drd_word_q ||
                    drd_rows_log2_i != drd_rows_log2_q || drd_part_i != drd_part_q;
      end
      if (drd_valid_i) begin
        given = (drd_wait_q ? drd_given_q : '0) | drd_banks_i;
        broken[2]   = drd_ready_i != (given == all_banks(drd_rows_log2_i, drd_part_i));
        drd_wait_q  <= !drd_ready_i;
        drd_given_q <= given;
        drd_lane_q  <= drd_lane_i;
        drd_prow_q  <= drd_prow_i;
        drd_word_q  <= drd_word_i;
        drd_rows_log2_q <= drd_rows_log2_i;
        drd_part_q      <= drd_part_i;
      end else begin
        broken[2] = drd_banks_i != '0;
        if (drd_wait_q) drd_wait_q <= 1'b0;
      end

      // ----------------------------------------------------------------------- data of two cycles ago
      if (mov_second_q.valid) broken[4] = differs(mov_data_i, mov_second_q.data, mov_second_q.known);
      if (sta_second_q.valid) broken[5] = differs(sta_data_i, sta_second_q.data, sta_second_q.known);
      if (vrd_second_q.valid) broken[6] = differs(vrd_data_i, vrd_second_q.data, vrd_second_q.known);
      if (drd_second_q) begin
        for (int unsigned k = 0; k < NumBanks; k++) begin
          if (differs(drd_data_i[k], drd_data_q[k], drd_known_q[k])) broken[7] = 1'b1;
        end
      end

      // ------------------------------------------------------------------------------------ reads
      // The words of these ports hold until their next read.
      if (mov_first_q.valid) mov_second_q <= mov_first_q;
      if (mov_banks_i != '0) begin
        at = place(mov_prow_i, 32'(mov_off8_i));
        mov_first_q <= '{valid: 1'b1, data: mem[at], known: known[at]};
      end else if (mov_first_q.valid) begin
        mov_first_q.valid <= 1'b0;
      end
      if (sta_first_q.valid) sta_second_q <= sta_first_q;
      if (sta_banks_i != '0) begin
        at = place(sta_prow_i, 32'(sta_off8_i));
        sta_first_q <= '{valid: 1'b1, data: mem[at], known: known[at]};
      end else if (sta_first_q.valid) begin
        sta_first_q.valid <= 1'b0;
      end
      if (vrd_first_q.valid) vrd_second_q <= vrd_first_q;
      if (vrd_banks_i != '0) begin
        at = place(vrd_prow_i, 32'(vrd_off8_i));
        vrd_first_q <= '{valid: 1'b1, data: mem[at], known: known[at]};
      end else if (vrd_first_q.valid) begin
        vrd_first_q.valid <= 1'b0;
      end
      // Those of DMA for one cycle, of lane 0 here.
      if (drd_first_q) begin
        for (int unsigned k = 0; k < NumBanks; k++) begin
          drd_data_q[k]  <= gathered_data[k];
          drd_known_q[k] <= gathered_known[k];
        end
      end
      reads = drd_valid_i && drd_lane_i == '0;
      if (reads) begin
        first = first_bank(drd_rows_log2_i, drd_part_i);
        at    = place(drd_prow_i, 32'(drd_word_i) * NumBanks + first);
        for (int unsigned k = 0; k < NumBanks; k++) begin
          if (k >= num_banks(drd_rows_log2_i)) begin
            gathered_known[k] = '0;  // of the other rows
          end else if (drd_banks_i[first + k]) begin
            gathered_data[k]  = mem[at + PlaceW'(k)];
            gathered_known[k] = known[at + PlaceW'(k)];
          end
        end
      end
      drd_second_q <= drd_first_q;
      drd_first_q  <= reads && drd_ready_i;
    end

    // ------------------------------------------------------------------------------------- writes
    if (ewr_banks_i != '0) begin
      at = place(ewr_prow_i, 32'(ewr_off8_i));
      for (int unsigned b = 0; b < 8; b++) begin
        if (ewr_be_i[b]) mem[at][b*8 +: 8] = ewr_data_i[b*8 +: 8];
      end
      known[at] = known[at] | ewr_be_i;
    end
    if (dwr_banks_i != '0 && dwr_lane_i == '0) begin
      first = first_bank(dwr_rows_log2_i, dwr_part_i);
      for (int unsigned k = 0; k < num_banks(dwr_rows_log2_i); k++) begin
        if (dwr_banks_i[first + k]) begin
          at = place(dwr_prow_i, 32'(dwr_word_i) * NumBanks + first + k);
          if (dwr_rows_log2_i == '0) begin
            for (int unsigned b = 0; b < 8; b++) begin
              if (dwr_be_i[k*8 + b]) mem[at][b*8 +: 8] = dwr_data_i[k][b*8 +: 8];
            end
            known[at] = known[at] | dwr_be_i[k*8 +: 8];
          end else if (dwr_be_i[0]) begin  // a row is enabled by its first byte
            mem[at]   = dwr_data_i[k];
            known[at] = '1;
          end
        end
      end
    end
    if (forget_q) begin
      for (int unsigned i = 0; i < Rows * Words; i++) known[i] = '0;
      forget_q = 1'b0;
    end
    broken_q <= broken;

`ifndef SYNTHESIS
    if (Fatal && broken != '0) begin
      OneRead: assert (!broken[0]) else
        $error("SBUF-01 OneRead: banks mov %b sta %b vrd %b drd %b", mov_banks_i, sta_banks_i, vrd_banks_i,
               drd_banks_i);
      OneWrite: assert (!broken[1]) else
        $error("SBUF-02 OneWrite: banks vwr or twr %b dwr %b", ewr_banks_i, dwr_banks_i);
      DmaReadWhole: assert (!broken[2]) else
        $error("SBUF-03 DmaReadWhole: drd_valid %b drd_ready %b, banks given so far %b", drd_valid_i,
               drd_ready_i, given);
      DmaReadHolds: assert (!broken[3]) else
        $error("SBUF-04 DmaReadHolds: drd lane %0d row %0d word %0d, waited with %0d %0d %0d", drd_lane_i,
               drd_prow_i, drd_word_i, drd_lane_q, drd_prow_q, drd_word_q);
      MovingData: assert (!broken[4]) else
        $error("SBUF-05 MovingData: lane 0 %h, written %h", mov_data_i, mov_second_q.data);
      StationaryData: assert (!broken[5]) else
        $error("SBUF-06 StationaryData: lane 0 %h, written %h", sta_data_i, sta_second_q.data);
      VectorReadData: assert (!broken[6]) else
        $error("SBUF-07 VectorReadData: lane 0 %h, written %h", vrd_data_i, vrd_second_q.data);
      DmaReadData: assert (!broken[7]) else $error("SBUF-08 DmaReadData: lane 0 %h", drd_data_i);
    end
`endif
  end
  /* verilator lint_on BLKSEQ */

  assign broken_o = broken_q;

endmodule
