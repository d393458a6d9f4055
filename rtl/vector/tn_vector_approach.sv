// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_approach: control of the fronts: follows elements from their granted read through the
// latency of the memories and the stages of tn_vector_front, the same for all lanes.
//
// What belongs to an element travels beside it and comes out in the cycle before the front's y_o
// holds it. The requester sees to it that no two elements come out in one cycle: `stages` of an
// element may fall below that of the one before only after as many cycles.

module tn_vector_approach #(
    parameter int unsigned PayloadW = 1,
    parameter int unsigned ReadLat  = 2   // cycles from the grant to the data
) (
    input  logic                      clk_i,
    input  logic                      rst_ni,
    input  logic                      clear_i,

    input  logic                      grant_i,
    input  tn_vector_pkg::take_t      take_i,
    input  tn_vector_pkg::front_t     front_i,
    input  logic [PayloadW-1:0]       payload_i,

    output tn_vector_pkg::front_ctl_t ctl_o,
    output logic                      arrive_o,   // the data of a read are here
    output logic                      valid_o,    // y_o holds the element from the next cycle on
    output logic [PayloadW-1:0]       payload_o,
    output logic                      busy_o
);

  typedef struct packed {
    tn_vector_pkg::take_t  take;
    tn_vector_pkg::front_t front;
    logic [PayloadW-1:0]   payload;
  } record_t;

  record_t [ReadLat-1:0] read_q;
  logic [ReadLat-1:0]    read_valid_q;
  record_t               taken, widen_q, integer_q;
  logic                  take_valid, widen_valid_q, integer_valid_q;

  assign taken      = read_q[ReadLat-1];
  assign take_valid = read_valid_q[ReadLat-1];

  always_ff @(posedge clk_i) begin
    read_q <= {read_q[ReadLat-2:0], {take_i, front_i, payload_i}};
    if (take_valid && taken.front.stages != 2'd0) widen_q <= taken;
    if (widen_valid_q) integer_q <= widen_q;
    if (!rst_ni || clear_i) begin
      read_valid_q    <= '0;
      widen_valid_q   <= 1'b0;
      integer_valid_q <= 1'b0;
    end else begin
      read_valid_q    <= {read_valid_q[ReadLat-2:0], grant_i};
      widen_valid_q   <= take_valid && taken.front.stages != 2'd0;
      integer_valid_q <= widen_valid_q && widen_q.front.stages == 2'd2;
    end
  end

  logic take_ends, widen_ends;
  assign take_ends  = take_valid && taken.front.stages == 2'd0;
  assign widen_ends = widen_valid_q && widen_q.front.stages == 2'd1;

  assign ctl_o.take_valid     = take_valid;
  assign ctl_o.take           = taken.take;
  assign ctl_o.front          = taken.front;
  assign ctl_o.widen_valid    = widen_ends;
  assign ctl_o.widen_dtype    = widen_q.front.dtype;
  assign ctl_o.integer0_valid = widen_valid_q && widen_q.front.stages == 2'd2;
  assign ctl_o.integer1_valid = integer_valid_q;

  assign arrive_o  = take_valid;
  assign valid_o   = take_ends || widen_ends || integer_valid_q;
  assign payload_o = take_ends ? taken.payload : widen_ends ? widen_q.payload : integer_q.payload;
  assign busy_o    = read_valid_q != '0 || widen_valid_q || integer_valid_q;

  logic unused_record;
  assign unused_record = ^{widen_q, integer_q};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && !clear_i) begin
      OneEndsAtAnEdge : assert (32'(take_ends) + 32'(widen_ends) + 32'(integer_valid_q) <= 1);
    end
  end
`endif

endmodule
