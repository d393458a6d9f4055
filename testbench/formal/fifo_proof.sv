// SPDX-License-Identifier: Apache-2.0
//
// fifo_proof: tn_fifo keeps every word and their order, for any traffic, resets and clears.
//
// pick_i chooses any word that is stored; it is followed until it leaves. That it is the right one
// says the same of all words.
module fifo_proof #(
  parameter int unsigned Width       = 3,
  parameter int unsigned Depth       = 3,
  parameter bit          FallThrough = 1'b0
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic             clear_i,
  input logic             in_valid_i,
  input logic [Width-1:0] in_data_i,
  input logic             out_ready_i,
  input logic             pick_i
);

  localparam int unsigned CountW = $clog2(Depth + 1);

  logic              in_ready, out_valid, take, give;
  logic [Width-1:0]  out_data;
  logic [CountW-1:0] count;

  tn_fifo #(
    .Width(Width), .Depth(Depth), .FallThrough(FallThrough)
  ) u_dut (
    .clk_i, .rst_ni, .clear_i, .in_valid_i, .in_ready_o(in_ready), .in_data_i,
    .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data), .count_o(count)
  );

  assign take = in_valid_i && in_ready;
  assign give = out_valid && out_ready_i;

  logic              started_q = 1'b0;
  logic [CountW:0]   held_q;            // words taken and not given
  logic              picked_q;
  logic [CountW-1:0] ahead_q;           // words in front of the picked one
  logic [Width-1:0]  word_q;
  // What the cycle before offered, and whether it was to stay.
  logic              stays_q;
  logic [Width-1:0]  offered_q;

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    stays_q   <= started_q && rst_ni && !clear_i && out_valid && !out_ready_i && count != '0;
    offered_q <= out_data;
    if (!rst_ni || clear_i) begin
      held_q   <= '0;
      picked_q <= 1'b0;
    end else begin
      held_q <= held_q + (CountW+1)'(take) - (CountW+1)'(give);
      if (picked_q) begin
        if (give && ahead_q == '0) picked_q <= 1'b0;
        else if (give) ahead_q <= ahead_q - 1'b1;
      end else if (pick_i && take && !(give && count == '0)) begin
        picked_q <= 1'b1;
        word_q   <= in_data_i;
        ahead_q  <= count - CountW'(give);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!started_q) begin
      StartsInReset : assume (!rst_ni);
    end
    if (started_q && rst_ni) begin
      OrderIsKept     : assert (!(picked_q && ahead_q == '0) || (out_valid && out_data == word_q));
      PassesUnchanged : assert (!(count == '0 && give) || (FallThrough && out_data == in_data_i));
      CountIsRight    : assert ((CountW+1)'(count) == held_q);
      NoOverflow      : assert (in_ready == (held_q < (CountW+1)'(Depth)));
      NoUnderflow     : assert (out_valid == (held_q != '0 || (FallThrough && in_valid_i)));
      OfferHolds      : assert (!stays_q || (out_valid && out_data == offered_q));

      LemmaPicked   : assert (!picked_q || 32'(ahead_q) < 32'(count));
      LemmaStored   : assert (!picked_q ||
                              u_dut.mem[(32'(u_dut.rd_ptr_q) + 32'(ahead_q)) % Depth] == word_q);
      LemmaPointers : assert (32'(u_dut.wr_ptr_q) < Depth && 32'(u_dut.rd_ptr_q) < Depth &&
                              (32'(u_dut.rd_ptr_q) + 32'(count)) % Depth == 32'(u_dut.wr_ptr_q));
      LemmaOffered  : assert (!stays_q || (count != '0 && u_dut.mem[u_dut.rd_ptr_q] == offered_q));

      SeesFull         : cover (32'(count) == Depth && in_valid_i);
      SeesPickedLeave  : cover (picked_q && give && ahead_q == '0);
    end
  end

endmodule
