// SPDX-License-Identifier: Apache-2.0
//
// tn_stream_checker: watches a stream with valid and ready.
//
// Once valid, valid and data hold until ready, unless withdraw_i was high since: a source that is
// flushed may take its offer back. broken_o has one bit for each rule (docs/verification/checkers.md,
// STREAM-01 is bit 0), a pulse in the cycle after; with Fatal each is an assertion that names rule and
// signals. Costs nothing while the stream does not stall. Simulation and proof only.
module tn_stream_checker #(
  parameter int unsigned Width    = 32,   // bits
  parameter int unsigned Patience = 0,    // cycles until the sink takes an offer; 0: for ever
  parameter bit          Fatal    = 1'b1,
  localparam int unsigned NumRules = 4
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                withdraw_i,
  input  logic                valid_i,
  input  logic                ready_i,
  input  logic [Width-1:0]    data_i,
  output logic [NumRules-1:0] broken_o
);

  logic                in_reset_q = 1'b0;  // the reset was low at the last edge
  logic                wait_q;             // offered, not taken
  logic [Width-1:0]    data_q;
  logic [31:0]         waited_q;
  logic [NumRules-1:0] broken_q;

  always_ff @(posedge clk_i) begin
    automatic logic [NumRules-1:0] broken = '0;

    in_reset_q <= !rst_ni;
    if (in_reset_q) broken[2] = valid_i;
    if (!rst_ni || in_reset_q) begin
      wait_q <= 1'b0;
    end else begin
      if (wait_q && !withdraw_i) begin
        broken[0] = !valid_i;
        broken[1] = valid_i && data_i != data_q;
      end
      if (valid_i && !ready_i) begin
        wait_q <= !withdraw_i;
        data_q <= data_i;
      end else if (wait_q) begin
        wait_q <= 1'b0;
      end
    end
    if (Patience != 0) begin
      waited_q  <= (rst_ni && valid_i && !ready_i) ? waited_q + 32'd1 : '0;
      broken[3] = rst_ni && !in_reset_q && waited_q == Patience;
    end
    broken_q <= broken;

`ifndef SYNTHESIS
    if (Fatal && broken != '0) begin
      ValidHolds: assert (!broken[0]) else $error("STREAM-01 ValidHolds: valid fell before ready");
      DataHolds: assert (!broken[1]) else
        $error("STREAM-02 DataHolds: data %h, waited with %h", data_i, data_q);
      ValidAfterReset: assert (!broken[2]) else $error("STREAM-03 ValidAfterReset: valid high");
      OfferWaits: assert (!broken[3]) else
        $error("STREAM-04 OfferWaits: valid without ready for %0d cycles", Patience);
    end
`endif
  end

  assign broken_o = broken_q;

endmodule
