// SPDX-License-Identifier: Apache-2.0
//
// tn_ctrl_chain_checker: watches the ap_ctrl_chain protocol of a kernel: the bits a host reads, the
// writes it makes, and the launches handed over and ended.
//
// take_i is the cycle in which a launch is taken from ap_start, end_i that in which one becomes
// ap_done; a write acts in the cycle of its strobe and shows one cycle later. broken_o has one bit for
// each rule (docs/verification/checkers.md, CTRL-01 is bit 0), a pulse in the cycle after; with Fatal
// each is an assertion that names rule and signals. Does not know what a launch does.
// Simulation and proof only.
module tn_ctrl_chain_checker #(
  parameter int unsigned MaxLaunches = 2,  // taken and not ended
  parameter bit          Fatal       = 1'b1,
  localparam int unsigned NumRules = 13
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  // The bits of CTRL as they would be read now.
  input  logic                start_i,
  input  logic                ready_i,
  input  logic                done_i,
  input  logic                idle_i,
  // Writes of one.
  input  logic                start_write_i,
  input  logic                continue_write_i,
  input  logic [1:0]          isr_write_i,
  // Events.
  input  logic                take_i,
  input  logic                end_i,
  // Interrupt: bit 0 done, bit 1 ready.
  input  logic                gie_i,
  input  logic [1:0]          ier_i,
  input  logic [1:0]          isr_i,
  input  logic                interrupt_i,
  output logic [NumRules-1:0] broken_o
);

  logic in_reset_q = 1'b0;  // the reset was low at the last edge
  logic start_q, ready_q, done_q, start_write_q, continue_write_q, take_q, end_q;
  logic [1:0] isr_q, isr_write_q, raised_q;
  logic [7:0] launches_q;  // taken and not ended
  logic [NumRules-1:0] broken_q;

  always_ff @(posedge clk_i) begin
    automatic logic [NumRules-1:0] broken = '0;

    in_reset_q <= !rst_ni;
    if (in_reset_q) broken[0] = start_i || ready_i || done_i || interrupt_i || isr_i != '0;
    if (!rst_ni || in_reset_q) begin
      launches_q <= '0;
    end else begin
      broken[1] = start_q && !start_i && !take_q;
      broken[2] = !start_q && start_i && !start_write_q;
      broken[3] = take_i && !start_i;
      broken[4] = ready_i != (!start_write_q && (ready_q || take_q));
      broken[5] = done_q && !done_i && !continue_write_q;
      broken[6] = done_q && done_i && continue_write_q && !end_q;
      broken[7] = done_q ? end_q : done_i != end_q;
      broken[8] = end_i && launches_q == '0;
      broken[9] = take_i && !end_i && 32'(launches_q) >= MaxLaunches;
      broken[10] = idle_i && (start_i || launches_q != '0);
      // An event wins over a toggle.
      broken[11] = isr_i != ((isr_q ^ isr_write_q) | raised_q);
      broken[12] = interrupt_i != (gie_i && isr_i != '0);
      if (take_i && !end_i && !broken[9]) launches_q <= launches_q + 8'd1;
      if (end_i && !take_i && !broken[8]) launches_q <= launches_q - 8'd1;
    end
    start_q          <= start_i;
    ready_q          <= ready_i;
    done_q           <= done_i;
    start_write_q    <= start_write_i;
    continue_write_q <= continue_write_i;
    take_q           <= take_i;
    end_q            <= end_i;
    isr_q            <= isr_i;
    isr_write_q      <= isr_write_i;
    raised_q         <= ier_i & {take_i, end_i};
    broken_q         <= broken;

`ifndef SYNTHESIS
    if (Fatal && broken != '0) begin
      CtrlAfterReset: assert (!broken[0]) else
        $error("CTRL-01 CtrlAfterReset: ap_start %b ap_ready %b ap_done %b interrupt %b isr %b", start_i,
               ready_i, done_i, interrupt_i, isr_i);
      StartHolds: assert (!broken[1]) else
        $error("CTRL-02 StartHolds: ap_start fell and no launch was taken");
      StartAsked: assert (!broken[2]) else
        $error("CTRL-03 StartAsked: ap_start rose and was not written");
      TakenAsked: assert (!broken[3]) else
        $error("CTRL-04 TakenAsked: a launch was taken with ap_start low");
      ReadyTells: assert (!broken[4]) else
        $error("CTRL-05 ReadyTells: ap_ready %b, was %b, launch taken %b, ap_start written %b", ready_i,
               ready_q, take_q, start_write_q);
      DoneHolds: assert (!broken[5]) else
        $error("CTRL-06 DoneHolds: ap_done fell and ap_continue was not written");
      ContinueClears: assert (!broken[6]) else
        $error("CTRL-07 ContinueClears: ap_done high after ap_continue");
      DoneTells: assert (!broken[7]) else
        $error("CTRL-08 DoneTells: ap_done %b, was %b, a launch ended %b", done_i, done_q, end_q);
      EndAsked: assert (!broken[8]) else
        $error("CTRL-09 EndAsked: a launch ended and none was taken");
      LaunchRoom: assert (!broken[9]) else
        $error("CTRL-10 LaunchRoom: %0d launches taken and not ended, %0d may be", launches_q, MaxLaunches);
      IdleEmpty: assert (!broken[10]) else
        $error("CTRL-11 IdleEmpty: ap_idle with ap_start %b and %0d launches", start_i, launches_q);
      IsrTells: assert (!broken[11]) else
        $error("CTRL-12 IsrTells: isr %b, was %b, events %b, toggled %b", isr_i, isr_q, raised_q,
               isr_write_q);
      InterruptTells: assert (!broken[12]) else
        $error("CTRL-13 InterruptTells: interrupt %b, gie %b, isr %b", interrupt_i, gie_i, isr_i);
    end
`endif
  end

  assign broken_o = broken_q;

endmodule
