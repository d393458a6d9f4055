// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_align: moves rows from one byte alignment to another.
//
// A row of n bytes starts at byte `src` of its first input word and at byte `dst` of its first output
// word. Each input word is rotated by (dst - src) mod BusBytes, so that every byte stands where it
// goes; an output word takes its low bytes (below the rotation) from the word before and the others
// from the current one. Byte enables cut the first and the last word of a row.
//
// A row takes max(words in, words out) steps of one cycle, one more where dst < src and both counts
// are equal and above 1. Rows follow each other without a gap. Two stages: latency 2.
// flush_i drops the row and what is between the stages; the word at the output stays until taken,
// and nothing follows it while flush_i is high.
module tn_dma_align #(
  parameter int unsigned BusBytes = 64,
  parameter int unsigned TagW     = 1,  // travels with the row
  localparam int unsigned OffW = $clog2(BusBytes)
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    flush_i,

  input  logic                    row_valid_i,
  output logic                    row_ready_o,
  input  logic [OffW-1:0]         row_src_i,
  input  logic [OffW-1:0]         row_dst_i,
  input  tn_dma_pkg::sbuf_bytes_t row_bytes_i,   // at least 1
  input  logic                    row_last_i,    // of a command
  input  logic [TagW-1:0]         row_tag_i,

  input  logic                    in_valid_i,
  output logic                    in_ready_o,
  input  logic [BusBytes*8-1:0]   in_data_i,
  output logic                    in_last_o,     // with in_ready_o: the last input word of a command

  output logic                    out_valid_o,
  input  logic                    out_ready_i,
  output logic [BusBytes*8-1:0]   out_data_o,
  output logic [BusBytes-1:0]     out_be_o,
  output logic                    out_last_o,    // the last output word of a command
  output logic [TagW-1:0]         out_tag_o,
  output logic [18-OffW:0]        out_index_o,   // of the word within its row
  output logic                    busy_o
);

  localparam int unsigned CountW = 19 - OffW;
  typedef logic [CountW-1:0] count_t;

  // ----------------------------------------------------------------- the row being worked on
  logic            row_valid_q, row_last_q;
  logic            first_q;      // its first step
  logic            early_q;      // dst < src: the first input word alone fills no output word
  logic            single_q;     // one word in, one word out
  logic [OffW-1:0] rotate_q;
  logic [OffW-1:0] begin_q;      // first byte of the first output word
  logic [OffW-1:0] end_q;        // last byte of the last output word
  logic [TagW-1:0] tag_q;
  count_t          in_left_q, out_left_q, index_q;

  // Words in and out of the row at the input, and its last byte.
  count_t          in_words, out_words;
  logic [OffW-1:0] last_byte;
  assign in_words  = count_t'((19'(row_src_i) + 19'(row_bytes_i) + 19'(BusBytes - 1)) >> OffW);
  assign out_words = count_t'((19'(row_dst_i) + 19'(row_bytes_i) + 19'(BusBytes - 1)) >> OffW);
  assign last_byte = row_dst_i + row_bytes_i[OffW-1:0] - 1'b1;

  logic takes, emits, step, out_final, row_done, stage_ready;
  assign takes     = (in_left_q != '0);
  assign emits     = !(early_q && first_q);
  assign out_final = (out_left_q == count_t'(1));
  assign step      = row_valid_q && (!takes || in_valid_i) && stage_ready && !flush_i;
  assign row_done  = step && emits && out_final;

  assign in_ready_o  = row_valid_q && takes && stage_ready && !flush_i;
  assign in_last_o   = row_last_q && (in_left_q == count_t'(1));
  assign row_ready_o = (!row_valid_q || row_done) && !flush_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || flush_i) begin
      row_valid_q <= 1'b0;
    end else if (row_ready_o) begin
      row_valid_q <= row_valid_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (row_ready_o) begin
      if (row_valid_i) begin
        row_last_q <= row_last_i;
        first_q    <= 1'b1;
        single_q   <= (in_words == count_t'(1)) && (out_words == count_t'(1));
        early_q    <= (row_dst_i < row_src_i) &&
                      !(in_words == count_t'(1) && out_words == count_t'(1));
        rotate_q   <= row_dst_i - row_src_i;
        begin_q    <= row_dst_i;
        end_q      <= last_byte;
        tag_q      <= row_tag_i;
        in_left_q  <= in_words;
        out_left_q <= out_words;
        index_q    <= '0;
      end
    end else if (step) begin
      first_q <= 1'b0;
      if (takes) begin
        in_left_q <= in_left_q - 1'b1;
      end
      if (emits) begin
        out_left_q <= out_left_q - 1'b1;
        index_q    <= index_q + 1'b1;
      end
    end
  end

  // --------------------------------------------------------------------- stage 1: rotated word
  logic                  rot_valid_q, rot_takes_q, rot_emits_q, rot_single_q, rot_last_q;
  logic [BusBytes*8-1:0] rot_data_q;
  logic [BusBytes-1:0]   rot_be_q;
  logic [OffW-1:0]       rot_rotate_q;
  logic [TagW-1:0]       rot_tag_q;
  count_t                rot_index_q;
  logic                  out_ready_stage;

  assign stage_ready = !rot_valid_q || out_ready_stage;

  function automatic logic [BusBytes*8-1:0] rotate_up(input logic [BusBytes*8-1:0] data,
                                                      input logic [OffW-1:0] bytes);
    return (data << {bytes, 3'b000}) | (data >> {OffW'(BusBytes - 1) - bytes, 3'b000} >> 8);
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni || flush_i) begin
      rot_valid_q <= 1'b0;
    end else if (stage_ready) begin
      rot_valid_q <= step;
    end
  end

  always_ff @(posedge clk_i) begin
    if (step) begin
      if (takes) begin
        rot_data_q <= rotate_up(in_data_i, rotate_q);
      end
      rot_takes_q  <= takes;
      rot_emits_q  <= emits;
      rot_single_q <= single_q;
      rot_last_q   <= row_last_q && out_final;
      rot_rotate_q <= rotate_q;
      rot_tag_q    <= tag_q;
      rot_index_q  <= index_q;
      rot_be_q     <= ((index_q == '0) ? ({BusBytes{1'b1}} << begin_q) : {BusBytes{1'b1}}) &
                      (out_final ? ({BusBytes{1'b1}} >> ~end_q) : {BusBytes{1'b1}});
    end
  end

  // ------------------------------------------------------ stage 2: merged with the word before
  logic                  out_valid_q, out_last_q;
  logic [BusBytes*8-1:0] before_q, out_data_q;
  logic [BusBytes-1:0]   out_be_q;
  logic [TagW-1:0]       out_tag_q;
  count_t                out_index_q;
  logic                  merge;

  assign out_ready_stage = !out_valid_q || out_ready_i;
  assign merge           = rot_valid_q && out_ready_stage && !flush_i;

  function automatic logic [BusBytes*8-1:0] merge_words(input logic [BusBytes*8-1:0] low,
                                                        input logic [BusBytes*8-1:0] high,
                                                        input logic [OffW-1:0] bytes);
    logic [BusBytes*8-1:0] from_high;
    from_high = {BusBytes*8{1'b1}} << {bytes, 3'b000};
    return (high & from_high) | (low & ~from_high);
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      out_valid_q <= 1'b0;
    end else if (merge && rot_emits_q) begin
      out_valid_q <= 1'b1;
    end else if (out_ready_i) begin
      out_valid_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (merge) begin
      if (rot_takes_q) begin
        before_q <= rot_data_q;
      end
      if (rot_emits_q) begin
        out_data_q  <= rot_single_q ? rot_data_q : merge_words(before_q, rot_data_q, rot_rotate_q);
        out_be_q    <= rot_be_q;
        out_last_q  <= rot_last_q;
        out_tag_q   <= rot_tag_q;
        out_index_q <= rot_index_q;
      end
    end
  end

  assign out_valid_o = out_valid_q;
  assign out_data_o  = out_data_q;
  assign out_be_o    = out_be_q;
  assign out_last_o  = out_last_q;
  assign out_tag_o   = out_tag_q;
  assign out_index_o = out_index_q;
  assign busy_o      = row_valid_q || rot_valid_q || out_valid_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && !flush_i) begin
      RowHasBytes        : assert (!(row_valid_i && row_ready_o) || row_bytes_i != '0);
      RowTakesWhatItGets : assert (!row_done || in_left_q == '0 || in_left_q == count_t'(1));
      WordHasBytes       : assert (!out_valid_q || out_be_q != '0);
    end
  end
`endif

endmodule
