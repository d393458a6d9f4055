// SPDX-License-Identifier: Apache-2.0
//
// tn_axi_checker: watches an AXI4 master and its slave; drives nothing on the bus.
//
// Rules, one bit of violation_o each (a pulse in the cycle after):
//   0 AR  1 AW  2 W  3 R  4 B   valid dropped or payload changed before ready
//   5 ArShape, 6 AwShape        not INCR of whole beats, more than MaxBeats, across 4 KiB,
//                               or an address not aligned to a beat
//   7 WBeyondAw                 a beat offered although no burst has its address taken and data due
//   8 WLast                     last not on the last beat of its burst, or missing there
//   9 RUnasked                  a beat for an ID with no burst outstanding
//  10 RLast                     last not on the last beat of its burst, or missing there
//  11 BUnasked                  a response for an ID with no written burst waiting for one
// Fatal makes each an assertion too. Keeps up to MaxBursts bursts per direction and ID; more is
// counted as a violation of rule 5 or 6. Simulation and proof only.
module tn_axi_checker #(
  parameter int unsigned BusBytes  = 64,
  parameter int unsigned MaxBeats  = 16,
  parameter int unsigned MaxBursts = 64,
  parameter bit          Fatal     = 1'b1
) (
  input logic                  clk_i,
  input logic                  rst_ni,
  input logic                  arvalid_i,
  input logic                  arready_i,
  input logic [63:0]           araddr_i,
  input logic [0:0]            arid_i,
  input logic [7:0]            arlen_i,
  input logic [2:0]            arsize_i,
  input logic [1:0]            arburst_i,
  input logic                  rvalid_i,
  input logic                  rready_i,
  input logic [BusBytes*8-1:0] rdata_i,
  input logic [0:0]            rid_i,
  input logic [1:0]            rresp_i,
  input logic                  rlast_i,
  input logic                  awvalid_i,
  input logic                  awready_i,
  input logic [63:0]           awaddr_i,
  input logic [0:0]            awid_i,
  input logic [7:0]            awlen_i,
  input logic [2:0]            awsize_i,
  input logic [1:0]            awburst_i,
  input logic                  wvalid_i,
  input logic                  wready_i,
  input logic [BusBytes*8-1:0] wdata_i,
  input logic [BusBytes-1:0]   wstrb_i,
  input logic                  wlast_i,
  input logic                  bvalid_i,
  input logic                  bready_i,
  input logic [0:0]            bid_i,
  input logic [1:0]            bresp_i,
  output logic [11:0]          violation_o
);

  localparam int unsigned PtrW = $clog2(MaxBursts);
  typedef logic [PtrW:0] ptr_t;  // one bit more than the index

  // ------------------------------------------------------------------ what was offered, not taken
  logic ar_wait_q, aw_wait_q, w_wait_q, r_wait_q, b_wait_q;
  logic [77:0] ar_now, ar_q, aw_now, aw_q;
  logic [BusBytes*9:0] w_now, w_q;
  logic [BusBytes*8+3:0] r_now, r_q;
  logic [2:0] b_now, b_q;

  assign ar_now = {arid_i, araddr_i, arlen_i, arsize_i, arburst_i};
  assign aw_now = {awid_i, awaddr_i, awlen_i, awsize_i, awburst_i};
  assign w_now  = {wlast_i, wstrb_i, wdata_i};
  assign r_now  = {rid_i, rresp_i, rlast_i, rdata_i};
  assign b_now  = {bid_i, bresp_i};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ar_wait_q <= 1'b0;
      aw_wait_q <= 1'b0;
      w_wait_q  <= 1'b0;
      r_wait_q  <= 1'b0;
      b_wait_q  <= 1'b0;
    end else begin
      ar_wait_q <= arvalid_i && !arready_i;
      aw_wait_q <= awvalid_i && !awready_i;
      w_wait_q  <= wvalid_i && !wready_i;
      r_wait_q  <= rvalid_i && !rready_i;
      b_wait_q  <= bvalid_i && !bready_i;
    end
    if (arvalid_i) ar_q <= ar_now;
    if (awvalid_i) aw_q <= aw_now;
    if (wvalid_i) w_q <= w_now;
    if (rvalid_i) r_q <= r_now;
    if (bvalid_i) b_q <= b_now;
  end

  // ----------------------------------------------------------------------------- shape of a burst
  function automatic logic bad_shape(input logic [63:0] addr, input logic [7:0] len,
                                     input logic [2:0] size, input logic [1:0] burst);
    logic [31:0] last_byte;
    last_byte = 32'(addr[11:0]) + (32'(len) + 32'd1) * BusBytes - 32'd1;
    return (burst != 2'b01) || (32'(size) != $clog2(BusBytes)) || (32'(len) >= MaxBeats) ||
           (last_byte >= 32'd4096) || ((addr & (64'(BusBytes) - 64'd1)) != '0);
  endfunction

  // -------------------------------------------------------------------- bursts outstanding, by ID
  logic [7:0] ar_len [2][MaxBursts];
  ptr_t       ar_put_q [2], ar_get_q [2];
  logic [7:0] r_beat_q [2];
  logic [7:0] w_len [MaxBursts];
  logic       w_id  [MaxBursts];
  ptr_t       w_put_q, w_get_q;
  logic [7:0] w_beat_q;
  ptr_t       b_due_q [2];

  logic ar_take, r_take, r_over, aw_take, w_take, w_over, b_take, ar_full, aw_full, w_owner;
  logic [7:0] r_len_now, w_len_now;
  assign ar_take   = arvalid_i && arready_i;
  assign r_take    = rvalid_i && rready_i;
  assign aw_take   = awvalid_i && awready_i;
  assign w_take    = wvalid_i && wready_i;
  assign b_take    = bvalid_i && bready_i;
  assign r_len_now = ar_len[rid_i][ar_get_q[rid_i][PtrW-1:0]];
  assign w_len_now = w_len[w_get_q[PtrW-1:0]];
  assign w_owner   = w_id[w_get_q[PtrW-1:0]];
  assign r_over    = r_take && (r_beat_q[rid_i] == r_len_now);
  assign w_over    = w_take && (w_beat_q == w_len_now);
  assign ar_full   = (ar_put_q[arid_i] - ar_get_q[arid_i]) == ptr_t'(MaxBursts);
  assign aw_full   = (w_put_q - w_get_q) == ptr_t'(MaxBursts);

  logic r_unasked, w_unasked, b_unasked;
  assign r_unasked = (ar_put_q[rid_i] == ar_get_q[rid_i]);
  assign w_unasked = (w_put_q == w_get_q);
  assign b_unasked = (b_due_q[bid_i] == '0);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      for (int unsigned id = 0; id < 2; id++) begin
        ar_put_q[id] <= '0;
        ar_get_q[id] <= '0;
        r_beat_q[id] <= '0;
        b_due_q[id]  <= '0;
      end
      w_put_q  <= '0;
      w_get_q  <= '0;
      w_beat_q <= '0;
    end else begin
      if (ar_take) begin
        ar_len[arid_i][ar_put_q[arid_i][PtrW-1:0]] <= arlen_i;
        ar_put_q[arid_i] <= ar_put_q[arid_i] + 1'b1;
      end
      if (r_take && !r_unasked) begin
        r_beat_q[rid_i] <= r_over ? '0 : r_beat_q[rid_i] + 1'b1;
        if (r_over) begin
          ar_get_q[rid_i] <= ar_get_q[rid_i] + 1'b1;
        end
      end
      if (aw_take) begin
        w_len[w_put_q[PtrW-1:0]] <= awlen_i;
        w_id[w_put_q[PtrW-1:0]]  <= awid_i;
        w_put_q <= w_put_q + 1'b1;
      end
      if (w_take && !w_unasked) begin
        w_beat_q <= w_over ? '0 : w_beat_q + 1'b1;
        if (w_over) begin
          w_get_q <= w_get_q + 1'b1;
        end
      end
      for (int unsigned id = 0; id < 2; id++) begin
        b_due_q[id] <= b_due_q[id] + ptr_t'(w_over && !w_unasked && 32'(w_owner) == id) -
                       ptr_t'(b_take && !b_unasked && 32'(bid_i) == id);
      end
    end
  end

  // ----------------------------------------------------------------------------------- verdict
  logic [11:0] violation_d, violation_q;

  assign violation_d[0]  = ar_wait_q && (!arvalid_i || ar_now != ar_q);
  assign violation_d[1]  = aw_wait_q && (!awvalid_i || aw_now != aw_q);
  assign violation_d[2]  = w_wait_q && (!wvalid_i || w_now != w_q);
  assign violation_d[3]  = r_wait_q && (!rvalid_i || r_now != r_q);
  assign violation_d[4]  = b_wait_q && (!bvalid_i || b_now != b_q);
  assign violation_d[5]  = arvalid_i &&
                           (bad_shape(araddr_i, arlen_i, arsize_i, arburst_i) || ar_full);
  assign violation_d[6]  = awvalid_i &&
                           (bad_shape(awaddr_i, awlen_i, awsize_i, awburst_i) || aw_full);
  assign violation_d[7]  = wvalid_i && w_unasked;
  assign violation_d[8]  = w_take && !w_unasked && (wlast_i != (w_beat_q == w_len_now));
  assign violation_d[9]  = rvalid_i && r_unasked;
  assign violation_d[10] = r_take && !r_unasked && (rlast_i != (r_beat_q[rid_i] == r_len_now));
  assign violation_d[11] = bvalid_i && b_unasked;

  always_ff @(posedge clk_i) begin
    violation_q <= rst_ni ? violation_d : '0;
  end
  assign violation_o = violation_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && Fatal) begin
      ArHolds   : assert (!violation_d[0]);
      AwHolds   : assert (!violation_d[1]);
      WHolds    : assert (!violation_d[2]);
      RHolds    : assert (!violation_d[3]);
      BHolds    : assert (!violation_d[4]);
      ArShape   : assert (!violation_d[5]);
      AwShape   : assert (!violation_d[6]);
      WBeyondAw : assert (!violation_d[7]);
      WLast     : assert (!violation_d[8]);
      RUnasked  : assert (!violation_d[9]);
      RLast     : assert (!violation_d[10]);
      BUnasked  : assert (!violation_d[11]);
    end
  end
`endif

endmodule
