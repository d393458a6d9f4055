// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_packer: control of the element FIFOs and of the words that go to SBUF, the same for all
// lanes.
//
// A result takes its place in order (take_i, while room_o) and is stored in the same order
// (store_i), later. Results that fall into the same word one after the other leave as one write. A
// word that is full or the last of its instruction is offered in the cycle after its last result was
// stored; any other one when the next result proves to lie elsewhere. One word waits for SBUF while
// the next is made. abandon_i: no further result comes, an open word leaves as it is.

module tn_vector_packer #(
    parameter int unsigned VectorLanes = 4
) (
    input  logic                     clk_i,
    input  logic                     rst_ni,
    input  logic                     clear_i,
    input  logic                     abandon_i,

    output logic                     room_o,
    input  logic                     take_i,
    input  tn_vector_pkg::place_t    place_i,
    input  logic                     store_i,

    output tn_vector_pkg::pack_ctl_t pack_o,
    output logic [63:0]              mask_o,

    output logic                     vwr_valid_o,
    input  logic                     vwr_ready_i,
    output tn_pkg::prow_t            vwr_prow_o,
    output tn_pkg::off8_t            vwr_off8_o,
    output logic [6:0]               vwr_sub_o,
    output logic [VectorLanes-1:0]   vwr_lanes_o,
    output logic [7:0]               vwr_be_o,

    output logic                     complete_o,  // the last word of an instruction is written
    output logic                     unused_o,    // no place is taken
    output logic                     empty_o      // ... and no word is on its way
);

  localparam int unsigned FifoDepth  = tn_vector_pkg::FifoDepth;
  localparam int unsigned FifoIndexW = tn_vector_pkg::FifoIndexW;
  localparam int unsigned CountW     = FifoIndexW + 1;

  typedef struct packed {
    tn_pkg::prow_t          prow;
    tn_pkg::off8_t          off8;
    logic [6:0]             sub;
    logic [VectorLanes-1:0] lanes;
    logic [7:0]             be;
    logic                   last;
  } word_t;

  // ---- Places ---------------------------------------------------------------------------------------

  tn_vector_pkg::place_t place_q[FifoDepth];
  tn_vector_pkg::place_t head;
  logic [FifoIndexW-1:0] take_index_q, store_index_q, pop_index_q;
  logic [CountW-1:0]     used_q, stored_q;
  logic                  head_valid, pop;

  assign head       = place_q[pop_index_q];
  assign head_valid = stored_q != '0 || store_i;
  assign room_o     = used_q != CountW'(FifoDepth);
  assign unused_o   = used_q == '0;

  always_ff @(posedge clk_i) begin
    if (take_i) place_q[take_index_q] <= place_i;
    if (!rst_ni || clear_i) begin
      take_index_q  <= '0;
      store_index_q <= '0;
      pop_index_q   <= '0;
      used_q        <= '0;
      stored_q      <= '0;
    end else begin
      if (take_i) take_index_q <= take_index_q + 1'b1;
      if (store_i) store_index_q <= store_index_q + 1'b1;
      if (pop) pop_index_q <= pop_index_q + 1'b1;
      used_q   <= used_q + CountW'(take_i) - CountW'(pop);
      stored_q <= stored_q + CountW'(store_i) - CountW'(pop);
    end
  end

  // ---- The word in the making, and the one that waits -------------------------------------------------

  word_t pack_q, kept_q, fresh, offered;
  logic  pack_open_q, pack_done_q, kept_valid_q;
  logic  word_ends, word_leaves, starts, offer_pack;

  function automatic logic [VectorLanes-1:0] lanes_of(logic [6:0] first, logic [6:0] last);
    return ({VectorLanes{1'b1}} << first) & ({VectorLanes{1'b1}} >> (7'(VectorLanes - 1) - last));
  endfunction

  always_comb begin
    fresh.prow  = head.target.prow;
    fresh.off8  = head.target.off8;
    fresh.sub   = head.target.sub;
    fresh.lanes = lanes_of(head.target.first_lane, head.target.last_lane);
    fresh.be    = starts ? head.be : pack_q.be | head.be;
    fresh.last  = head.last;
    for (int unsigned b = 0; b < 8; b++) mask_o[8*b+:8] = {8{head.be[b]}};
  end

  assign offer_pack  = pack_open_q && pack_done_q && !kept_valid_q;
  assign word_ends   = pack_open_q && (pack_done_q || abandon_i || (head_valid && head.opens));
  assign word_leaves = word_ends && (!kept_valid_q || vwr_ready_i);
  assign starts      = !pack_open_q || word_leaves;
  assign pop         = head_valid && (starts || (!pack_done_q && !head.opens));

  always_ff @(posedge clk_i) begin
    if (pop) begin
      if (starts) pack_q <= fresh;
      else begin
        pack_q.be   <= fresh.be;
        pack_q.last <= fresh.last;
      end
      pack_done_q <= fresh.be == '1 || fresh.last;
    end
    if (word_leaves) kept_q <= pack_q;
    if (!rst_ni || clear_i) begin
      pack_open_q  <= 1'b0;
      kept_valid_q <= 1'b0;
    end else begin
      pack_open_q  <= pop || (pack_open_q && !word_leaves);
      kept_valid_q <= (word_leaves && !(offer_pack && vwr_ready_i)) ||
                      (kept_valid_q && !vwr_ready_i);
    end
  end

  assign offered     = kept_valid_q ? kept_q : pack_q;
  assign vwr_valid_o = kept_valid_q || offer_pack;
  assign vwr_prow_o  = offered.prow;
  assign vwr_off8_o  = offered.off8;
  assign vwr_sub_o   = offered.sub;
  assign vwr_lanes_o = offered.lanes;
  assign vwr_be_o    = offered.be;
  assign complete_o  = vwr_valid_o && vwr_ready_i && offered.last;
  assign empty_o     = unused_o && !pack_open_q && !kept_valid_q;

  assign pack_o = '{store: store_i, store_index: store_index_q, pop: pop,
                    pop_direct: stored_q == '0, pop_index: pop_index_q, size_log2: head.size_log2,
                    keep_word: word_leaves, offer_kept: kept_valid_q};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && !clear_i) begin
      TakeHasRoom : assert (!take_i || room_o);
      StoredHasPlace : assert (stored_q + CountW'(store_i) <= used_q);
      LastEndsWord : assert (!(pack_open_q && pack_q.last) || pack_done_q);
    end
  end
`endif

endmodule
