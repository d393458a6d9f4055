// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_align: moves runs from one byte alignment to another.
//
// A run of n bytes starts at byte `src` of an input word and goes to byte `dst` of an output word.
// Runs may be joined on either side: then the next run continues in the same input word or completes
// the same output word, byte after byte. Otherwise it begins with a new one.
//
// A step of one cycle makes what one output word gets from one run: bytes of the input word held and
// of the one at the input, rotated by (dst - src) mod BusBytes. A run takes max(words in, words out)
// steps, now and then one more for its first word; runs follow each other without a gap. A register
// holds the word made; one that waits for the next run's bytes is kept beside it. Latency 1.
// flush_i drops the run and what waits; the word at the output stays until taken, and nothing
// follows it while flush_i is high.
module tn_dma_align #(
  parameter int unsigned BusBytes = 64,
  parameter int unsigned TagW     = 1,  // travels with the run
  localparam int unsigned OffW = $clog2(BusBytes)
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    flush_i,

  input  logic                    run_valid_i,
  output logic                    run_ready_o,
  input  logic [OffW-1:0]         run_src_i,
  input  logic [OffW-1:0]         run_dst_i,
  input  tn_dma_pkg::sbuf_bytes_t run_bytes_i,     // at least 1
  input  logic                    run_join_src_i,  // the next run continues the input
  input  logic                    run_join_dst_i,  // the next run continues the output
  input  logic                    run_last_i,      // of a command
  input  logic [TagW-1:0]         run_tag_i,

  input  logic                    in_valid_i,
  output logic                    in_ready_o,
  input  logic [BusBytes*8-1:0]   in_data_i,
  output logic                    read_o,          // pulse: no byte of the command is missing

  output logic                    out_valid_o,
  input  logic                    out_ready_i,
  output logic [BusBytes*8-1:0]   out_data_o,
  output logic [BusBytes-1:0]     out_be_o,
  output logic                    out_last_o,      // the last output word of a command
  output logic [TagW-1:0]         out_tag_o,
  output logic [18-OffW:0]        out_index_o,     // of the word within its run
  output logic                    busy_o           // a word waits at the output
);

  localparam logic [OffW:0] WordBytes = (OffW+1)'(BusBytes);
  localparam int unsigned   IndexW    = 19 - OffW;
  typedef logic [BusBytes*8-1:0] word_t;

  // ----------------------------------------------------------------- the run being worked on
  logic                    run_valid_q, run_last_q, join_src_q, join_dst_q;
  logic [OffW-1:0]         src_q, dst_q;  // of the next byte
  tn_dma_pkg::sbuf_bytes_t left_q;        // bytes, at least 1
  logic [TagW-1:0]         tag_q;
  logic [IndexW-1:0]       index_q;
  // The input word with the next byte, once it has been taken; else it is the one at the input.
  logic                    have_q;
  word_t                   held_q;

  logic [OffW:0] space, count, src_end;
  logic          final_step, straddles, moves_on, goes_on, stage_ready, can_emit, emit, pop, hold;
  assign space      = WordBytes - (OffW+1)'(dst_q);
  assign final_step = (left_q <= 18'(space));
  assign count      = final_step ? left_q[OffW:0] : space;
  assign src_end    = (OffW+1)'(src_q) + count;
  assign straddles  = (src_end > WordBytes);
  assign goes_on    = !final_step || join_src_q;      // the next byte follows this step's last
  assign moves_on   = src_end[OffW] || !goes_on;      // ... in another input word

  assign can_emit = run_valid_q && stage_ready && !flush_i;
  assign emit     = can_emit && (in_valid_i || (have_q && !straddles));
  // Without the first of two words, that one is taken and nothing made.
  assign in_ready_o = run_valid_q && !flush_i &&
                      (have_q ? stage_ready && (straddles || moves_on) : straddles || stage_ready);
  assign pop        = in_valid_i && in_ready_o;
  assign hold       = have_q ? (!straddles || goes_on) : (straddles || !moves_on);
  assign read_o     = emit && final_step && run_last_q && !(!have_q && straddles);

  logic made;  // a step makes a word or a part
  assign made        = emit && !(!have_q && straddles);
  assign run_ready_o = (!run_valid_q || (made && final_step)) && !flush_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || flush_i) begin
      run_valid_q <= 1'b0;
      have_q      <= 1'b0;
    end else begin
      if (run_ready_o) begin
        run_valid_q <= run_valid_i;
      end
      if (pop) begin
        have_q <= hold;
      end else if (made) begin
        have_q <= have_q && !moves_on;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (run_ready_o) begin
      if (run_valid_i) begin
        run_last_q <= run_last_i;
        join_src_q <= run_join_src_i;
        join_dst_q <= run_join_dst_i;
        src_q      <= run_src_i;
        dst_q      <= run_dst_i;
        left_q     <= run_bytes_i;
        tag_q      <= run_tag_i;
        index_q    <= '0;
      end
    end else if (made) begin
      src_q   <= src_end[OffW-1:0];
      dst_q   <= '0;
      left_q  <= left_q - 18'(count);
      index_q <= index_q + 1'b1;
    end
    if (pop && hold) begin
      held_q <= in_data_i;
    end
  end

  // ------------------------------------------------------------------------- the word or part
  logic                part_valid_q, part_whole_q, part_last_q;
  word_t               part_data_q;
  logic [BusBytes-1:0] part_be_q;
  logic [TagW-1:0]     part_tag_q;
  logic [IndexW-1:0]   part_index_q;
  // Bytes that wait for the rest of their word.
  logic                rest_valid_q;
  word_t               rest_data_q;
  logic [BusBytes-1:0] rest_be_q;

  assign out_valid_o = part_valid_q && part_whole_q;
  assign stage_ready = !out_valid_o || out_ready_i;

  function automatic word_t rotate_up(input word_t data, input logic [OffW-1:0] bytes);
    return (data << {bytes, 3'b000}) | (data >> {OffW'(BusBytes - 1) - bytes, 3'b000} >> 8);
  endfunction

  // Bytes from `from` on are of `low`, those below of `high`.
  function automatic word_t window(input word_t low, input word_t high,
                                   input logic [OffW-1:0] from);
    word_t mask;
    mask = {BusBytes*8{1'b1}} << {from, 3'b000};
    return (low & mask) | (high & ~mask);
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      part_valid_q <= 1'b0;
      rest_valid_q <= 1'b0;
    end else begin
      if (stage_ready) begin
        part_valid_q <= made;
      end
      if (flush_i && stage_ready) begin
        rest_valid_q <= 1'b0;
      end else if (part_valid_q && stage_ready) begin
        rest_valid_q <= !part_whole_q;
      end
    end
  end

  word_t source;  // rotated where it has to be
  always_comb begin
    source = have_q ? held_q : in_data_i;
    if (made && straddles) begin
      source = window(held_q, in_data_i, src_q);
    end
  end

  always_ff @(posedge clk_i) begin
    if (made) begin
      part_data_q  <= (src_q == dst_q) ? source : rotate_up(source, dst_q - src_q);
      part_be_q    <= ({BusBytes{1'b1}} << dst_q) &
                      ({BusBytes{1'b1}} >> (WordBytes - (OffW+1)'(dst_q) - count));
      part_whole_q <= ((OffW+1)'(dst_q) + count == WordBytes) || (final_step && !join_dst_q);
      part_last_q  <= run_last_q && final_step;
      part_tag_q   <= tag_q;
      part_index_q <= index_q;
    end
    if (part_valid_q && stage_ready && !part_whole_q) begin
      rest_data_q <= out_data_o;
      rest_be_q   <= out_be_o;
    end
  end

  always_comb begin
    out_data_o = part_data_q;
    out_be_o   = part_be_q;
    if (rest_valid_q) begin
      out_be_o = part_be_q | rest_be_q;
      for (int unsigned b = 0; b < BusBytes; b++) begin
        if (rest_be_q[b]) begin
          out_data_o[b*8 +: 8] = rest_data_q[b*8 +: 8];
        end
      end
    end
  end

  assign out_last_o  = part_last_q;
  assign out_tag_o   = part_tag_q;
  assign out_index_o = part_index_q;
  assign busy_o      = part_valid_q;

`ifndef SYNTHESIS
  logic            joined_src_q, joined_dst_q;  // the run that comes continues the one before
  logic [OffW-1:0] src_end_q, dst_end_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || flush_i) begin
      joined_src_q <= 1'b0;
      joined_dst_q <= 1'b0;
    end else begin
      RunHasBytes  : assert (!(run_valid_i && run_ready_o) || run_bytes_i != '0);
      WordHasBytes : assert (!out_valid_o || out_be_o != '0);
      if (made && final_step) begin
        joined_src_q <= join_src_q;
        joined_dst_q <= join_dst_q;
        src_end_q    <= src_end[OffW-1:0];
        dst_end_q    <= dst_q + count[OffW-1:0];
      end
      if (run_valid_q && made && index_q == '0) begin
        InputContinues  : assert (!joined_src_q || src_q == src_end_q);
        OutputContinues : assert (!joined_dst_q || dst_q == dst_end_q);
      end
    end
  end
`endif

endmodule
