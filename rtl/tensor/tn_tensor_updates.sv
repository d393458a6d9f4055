// SPDX-License-Identifier: Apache-2.0
//
// tn_tensor_updates: remembers the semaphore updates of instructions in flight and sends them one a
// cycle when their event has come.
//
// Jobs enter in program order; read_event_i and complete_event_i say that the oldest job without that
// event has had it. Updates of each kind leave in program order, and those of a job's `complete`
// after those of its `read`. Updates of LoadStationary (sta_updates) come when no other is due; at
// most one such instruction waits. An event costs one cycle here even if it asks for no update.
// upd_o holds until accepted, except that flush_i drops everything at once.

module tn_tensor_updates #(
  parameter int unsigned Depth = 16  // jobs in flight, a power of two
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic flush_i,

  input  logic                    job_valid_i,
  output logic                    job_ready_o,
  input  tn_tensor_pkg::updates_t job_updates_i,
  input  logic                    read_event_i,
  input  logic                    complete_event_i,
  output tn_pkg::trace_t          complete_trace_o,  // with complete_event_i: of that job

  input  logic                    sta_updates_valid_i,
  output logic                    sta_updates_ready_o,
  input  tn_tensor_pkg::updates_t sta_updates_i,

  output logic                upd_valid_o,
  input  logic                upd_ready_i,
  output tn_pkg::sem_update_t upd_o,
  output logic                busy_o
);

  if (Depth < 2 || (Depth & (Depth - 1)) != 0) begin : gen_check_depth
    $fatal(1, "tn_tensor_updates: Depth (%0d) must be a power of two of at least 2", Depth);
  end

  // Pointers carry one wrap bit more than an index. Along the ring, from the oldest: complete_sent,
  // complete_due and read_sent, read_due, pushed.
  localparam int unsigned IndexW = $clog2(Depth);
  typedef logic [IndexW:0] pointer_t;

  tn_tensor_pkg::updates_t ring_q [Depth];
  pointer_t pushed_q;
  pointer_t read_due_q;
  pointer_t read_sent_q;
  pointer_t complete_due_q;
  pointer_t complete_sent_q;

  logic                    sta_pending_q;
  tn_tensor_pkg::updates_t sta_q;
  logic                    second_q;  // update 0 of the chosen event has been sent

  typedef enum logic [1:0] { PickNone, PickSta, PickRead, PickComplete } pick_e;
  pick_e                   pick_q;    // holds while both updates of one event are sent
  pick_e                   pick;
  tn_tensor_pkg::updates_t chosen;
  logic [1:0]              wanted;
  logic                    slot_free;
  logic                    send;
  logic                    last;

  assign complete_trace_o    = ring_q[complete_due_q[IndexW-1:0]].trace;
  assign job_ready_o         = pointer_t'(pushed_q - complete_sent_q) != pointer_t'(Depth);
  assign sta_updates_ready_o = !sta_pending_q;
  assign busy_o = pushed_q != complete_sent_q || sta_pending_q || upd_valid_o;

  always_comb begin
    pick = PickNone;
    if (second_q) pick = pick_q;
    else if (complete_sent_q != complete_due_q && complete_sent_q != read_sent_q) pick = PickComplete;
    else if (read_sent_q != read_due_q) pick = PickRead;
    else if (sta_pending_q) pick = PickSta;

    case (pick)
      PickComplete: chosen = ring_q[complete_sent_q[IndexW-1:0]];
      PickRead:     chosen = ring_q[read_sent_q[IndexW-1:0]];
      default:      chosen = sta_q;
    endcase
    for (int unsigned i = 0; i < 2; i++) begin
      wanted[i] = chosen.update[i].op != tn_isa_pkg::UpdateOpNone
                  && (pick == PickSta
                      || (pick == PickRead && chosen.event_code[i] == tn_isa_pkg::UpdateEventRead)
                      || (pick == PickComplete
                          && chosen.event_code[i] == tn_isa_pkg::UpdateEventComplete));
    end
    if (second_q) wanted[0] = 1'b0;
    slot_free = !upd_valid_o || upd_ready_i;
    send      = slot_free && wanted != 2'b00;
    last      = slot_free && pick != PickNone && wanted != 2'b11;
  end

  always_ff @(posedge clk_i) begin
    if (job_valid_i && job_ready_o) ring_q[pushed_q[IndexW-1:0]] <= job_updates_i;
    if (sta_updates_valid_i && sta_updates_ready_o) sta_q <= sta_updates_i;
    if (send) upd_o <= wanted[0] ? chosen.update[0] : chosen.update[1];
    pick_q <= pick;
    if (!rst_ni || flush_i) begin
      pushed_q        <= '0;
      read_due_q      <= '0;
      read_sent_q     <= '0;
      complete_due_q  <= '0;
      complete_sent_q <= '0;
      sta_pending_q   <= 1'b0;
      second_q        <= 1'b0;
      upd_valid_o     <= 1'b0;
    end else begin
      if (job_valid_i && job_ready_o) pushed_q <= pushed_q + 1'b1;
      if (read_event_i) read_due_q <= read_due_q + 1'b1;
      if (complete_event_i) complete_due_q <= complete_due_q + 1'b1;
      if (last && pick == PickRead) read_sent_q <= read_sent_q + 1'b1;
      if (last && pick == PickComplete) complete_sent_q <= complete_sent_q + 1'b1;
      if (last && pick == PickSta) sta_pending_q <= 1'b0;
      else if (sta_updates_valid_i && sta_updates_ready_o) sta_pending_q <= 1'b1;
      if (slot_free) begin
        upd_valid_o <= send;
        second_q    <= send && !last;
      end
`ifndef SYNTHESIS
      EventsBelongToJobs : assert (!read_event_i || read_due_q != pushed_q);
      CompleteFollowsRead : assert (!complete_event_i || complete_due_q != read_due_q);
`endif
    end
  end

  logic unused_trace;
  assign unused_trace = ^chosen.trace;

endmodule
