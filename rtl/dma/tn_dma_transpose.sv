// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_transpose: spreads the elements of a run over partitions.
//
// Takes words of a run as its elements lie side by side, from the partition that is a multiple of
// Lanes on: element j of word i belongs to partition first + i * (BusBytes / element) + j. Each cycle
// writes the elements of all lanes of one prow that a word holds: Lanes elements, or the whole word
// where it holds fewer. Latency 1. Takes no part in the choice of bytes: enables come with the word.
// clear_i drops what waits.
module tn_dma_transpose #(
  parameter int unsigned Lanes    = 16,
  parameter int unsigned BusBytes = 64,
  parameter int unsigned IndexW   = 13
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   clear_i,
  input  logic                   in_valid_i,
  output logic                   in_ready_o,
  input  logic [BusBytes*8-1:0]  in_data_i,
  input  logic [BusBytes-1:0]    in_be_i,
  input  logic                   in_last_i,          // of a command
  input  logic [IndexW-1:0]      in_index_i,         // of the word, from partition `first` on
  input  tn_pkg::prow_t          in_prow_i,          // of partition `first`
  input  logic [17:0]            in_offset_i,        // in each partition, a multiple of the element
  input  logic [1:0]             in_element_log2_i,
  output logic                   twr_valid_o,
  input  logic                   twr_ready_i,
  output tn_pkg::prow_t          twr_prow_o,
  output tn_pkg::off8_t          twr_off8_o,
  output logic [Lanes-1:0][63:0] twr_data_o,
  output logic [Lanes-1:0][7:0]  twr_be_o,
  output logic                   twr_last_o
);

  if ((Lanes & (Lanes - 1)) != 0) begin : gen_check_lanes
    $fatal(1, "tn_dma_transpose: Lanes (%0d) must be a power of two", Lanes);
  end

  typedef logic [BusBytes*8-1:0] word_t;
  typedef logic [BusBytes-1:0]   be_t;
  localparam int unsigned LaneW = $clog2(Lanes);
  localparam int unsigned OffW  = $clog2(BusBytes);

  logic [OffW-1:0] part_q;  // of the word: how many prows have been written
  logic            stage_ready, step, last_part;
  word_t           data;    // from the part's first element on
  be_t             be, be_after;
  logic [OffW:0]   part_bytes;  // of Lanes elements, if the word has as many
  logic            is_wide;     // a word holds a prow or more
  logic [31:0]     first_element;

  always_comb begin
    unique case (in_element_log2_i)
      2'd0:    is_wide = (BusBytes >= Lanes);
      2'd1:    is_wide = (BusBytes / 2 >= Lanes);
      2'd2:    is_wide = (BusBytes / 4 >= Lanes);
      default: is_wide = (BusBytes / 8 >= Lanes);
    endcase
  end

  assign stage_ready   = !twr_valid_o || twr_ready_i;
  assign step          = in_valid_i && stage_ready && !clear_i;
  assign part_bytes    = is_wide ? (OffW+1)'(Lanes) << in_element_log2_i : '0;
  assign first_element = 32'(in_index_i) << (OffW - 32'(in_element_log2_i));
  assign be            = in_be_i >> (32'(part_q) * 32'(part_bytes));
  assign be_after      = be >> part_bytes;
  assign last_part     = !is_wide || (be_after == '0);
  assign in_ready_o    = stage_ready && last_part && !clear_i;

  always_comb begin
    data = in_data_i;
    if (step && part_q != '0) begin
      data = in_data_i >> (32'(part_q) * 32'(part_bytes) * 8);
    end
  end

  // Element of each lane, in every byte lane of its 8 bytes; enables follow the offset.
  function automatic logic [Lanes-1:0][63:0] spread(input word_t word, input logic [1:0] log2);
    logic [Lanes-1:0][63:0] out;
    for (int unsigned l = 0; l < Lanes; l++) begin
      unique case (log2)
        2'd0:    out[l] = {8{word[l % BusBytes * 8 +: 8]}};
        2'd1:    out[l] = {4{word[l % (BusBytes / 2) * 16 +: 16]}};
        2'd2:    out[l] = {2{word[l % (BusBytes / 4) * 32 +: 32]}};
        default: out[l] = word[l % (BusBytes / 8) * 64 +: 64];
      endcase
    end
    return out;
  endfunction

  // `group`: which part of the lanes a narrow word holds.
  function automatic logic [Lanes-1:0][7:0] enables(input be_t word, input logic [1:0] log2,
                                                    input logic [2:0] at,
                                                    input logic [LaneW-1:0] first);
    logic [Lanes-1:0][7:0] out;
    for (int unsigned l = 0; l < Lanes; l++) begin
      unique case (log2)
        2'd0:    out[l] = {7'b0, word[l % BusBytes] &&
                                 (l / BusBytes == 32'(first) / BusBytes)} << at;
        2'd1:    out[l] = {6'b0, {2{word[l % (BusBytes / 2) * 2] &&
                                    (l / (BusBytes / 2) == 32'(first) / (BusBytes / 2))}}} << at;
        2'd2:    out[l] = {4'b0, {4{word[l % (BusBytes / 4) * 4] &&
                                    (l / (BusBytes / 4) == 32'(first) / (BusBytes / 4))}}} << at;
        default: out[l] = {8{word[l % (BusBytes / 8) * 8] &&
                             (l / (BusBytes / 8) == 32'(first) / (BusBytes / 8))}};
      endcase
    end
    return out;
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      twr_valid_o <= 1'b0;
      part_q      <= '0;
    end else begin
      if (stage_ready) begin
        twr_valid_o <= in_valid_i;
      end
      if (step) begin
        part_q <= last_part ? '0 : part_q + 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (step) begin
      twr_prow_o <= in_prow_i + tn_pkg::prow_t'(first_element >> LaneW) + tn_pkg::prow_t'(part_q);
      twr_off8_o <= in_offset_i[17:3];
      twr_data_o <= spread(data, in_element_log2_i);
      twr_be_o   <= enables(be, in_element_log2_i, in_offset_i[2:0],
                            is_wide ? '0 : first_element[LaneW-1:0]);
      twr_last_o <= in_last_i && last_part;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && step) begin
      PartHasElements : assert (be != '0);
    end
  end
`endif

endmodule
