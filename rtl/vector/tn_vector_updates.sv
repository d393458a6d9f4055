// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_updates: sends the semaphore updates of the instructions in flight, each after its event.
//
// An instruction is pushed when its work starts (space_o must be set); read_i and complete_i pulse
// for the instructions in program order, and an instruction's `read` never comes after its
// `complete`. Updates of one event kind leave in program order, update0 before update1; those of
// `complete` of an instruction leave after its `read` ones. drop_i forgets everything, including an
// update offered but not taken. One update per cycle, two cycles after the event at the earliest.
// end_o names the instruction whose complete_i pulsed in the cycle before.

module tn_vector_updates #(
    parameter int unsigned Depth = 4  // instructions in flight, a power of two
) (
    input  logic                              clk_i,
    input  logic                              rst_ni,
    input  logic                              drop_i,

    output logic                              space_o,
    input  logic                              push_i,
    input  tn_vector_pkg::work_update_t [1:0] updates_i,
    input  tn_pkg::trace_t                    trace_i,
    input  logic                              read_i,
    input  logic                              complete_i,

    output logic                              end_valid_o,
    output tn_pkg::trace_t                    end_o,
    output logic                              upd_valid_o,
    input  logic                              upd_ready_i,
    output tn_pkg::sem_update_t               upd_o,
    output logic                              empty_o
);

  if (Depth < 2 || (Depth & (Depth - 1)) != 0) begin : gen_check_depth
    $fatal(1, "tn_vector_updates: Depth (%0d) must be a power of two, at least 2", Depth);
  end

  localparam int unsigned IndexW = $clog2(Depth);
  localparam int unsigned CountW = IndexW + 1;

  tn_vector_pkg::work_update_t [1:0] table_q[Depth];
  tn_pkg::trace_t    trace_q[Depth];
  logic [IndexW-1:0] push_index_q, read_index_q, complete_index_q, end_index_q;
  logic [CountW-1:0] held_q;           // instructions whose updates have not all left
  logic [CountW-1:0] reads_q;          // `read` events to serve
  logic [CountW-1:0] completes_q;      // `complete` events to serve
  logic [CountW-1:0] past_read_q;      // instructions that wait for `complete` only
  logic [1:0]        read_sent_q, complete_sent_q;

  // What the oldest instruction of either side still has to send.
  tn_vector_pkg::work_update_t [1:0] read_entry, complete_entry;
  logic [1:0] read_due, complete_due;
  logic       read_active, complete_active, read_done, complete_done;
  logic       send_read, send_complete, upd_free;

  assign read_entry      = table_q[read_index_q];
  assign complete_entry  = table_q[complete_index_q];
  assign read_active     = reads_q != '0;
  assign complete_active = completes_q != '0 && past_read_q != '0;

  for (genvar k = 0; k < 2; k++) begin : gen_due
    assign read_due[k] = read_active && !read_sent_q[k] && !read_entry[k].at_complete &&
                         {2'b0, read_entry[k].update.op} != {2'b0, tn_isa_pkg::UpdateOpNone};
    assign complete_due[k] = complete_active && !complete_sent_q[k] &&
                             complete_entry[k].at_complete &&
                             {2'b0, complete_entry[k].update.op} != {2'b0, tn_isa_pkg::UpdateOpNone};
  end

  assign upd_free      = !upd_valid_o || upd_ready_i;
  // The older instruction first.
  assign send_complete = upd_free && complete_due != '0;
  assign send_read     = upd_free && complete_due == '0 && read_due != '0;
  assign read_done     = read_active && read_due == '0;
  assign complete_done = complete_active && complete_due == '0;

  always_ff @(posedge clk_i) begin
    if (push_i) begin
      table_q[push_index_q] <= updates_i;
      trace_q[push_index_q] <= trace_i;
    end
    if (complete_i) end_o <= trace_q[end_index_q];
    if (send_complete) begin
      upd_o <= complete_due[0] ? complete_entry[0].update : complete_entry[1].update;
    end else if (send_read) begin
      upd_o <= read_due[0] ? read_entry[0].update : read_entry[1].update;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || drop_i) begin
      end_valid_o      <= 1'b0;
      push_index_q     <= '0;
      end_index_q      <= '0;
      read_index_q     <= '0;
      complete_index_q <= '0;
      held_q           <= '0;
      reads_q          <= '0;
      completes_q      <= '0;
      past_read_q      <= '0;
      read_sent_q      <= '0;
      complete_sent_q  <= '0;
      upd_valid_o      <= 1'b0;
    end else begin
      end_valid_o <= complete_i;
      if (complete_i) end_index_q <= end_index_q + 1'b1;
      held_q      <= held_q + CountW'(push_i) - CountW'(complete_done);
      reads_q     <= reads_q + CountW'(read_i) - CountW'(read_done);
      completes_q <= completes_q + CountW'(complete_i) - CountW'(complete_done);
      past_read_q <= past_read_q + CountW'(read_done) - CountW'(complete_done);
      if (push_i) push_index_q <= push_index_q + 1'b1;
      if (read_done) begin
        read_index_q <= read_index_q + 1'b1;
        read_sent_q  <= '0;
      end else if (send_read) begin
        read_sent_q <= read_sent_q | (read_due[0] ? 2'b01 : 2'b10);
      end
      if (complete_done) begin
        complete_index_q <= complete_index_q + 1'b1;
        complete_sent_q  <= '0;
      end else if (send_complete) begin
        complete_sent_q <= complete_sent_q | (complete_due[0] ? 2'b01 : 2'b10);
      end
      if (send_complete || send_read) upd_valid_o <= 1'b1;
      else if (upd_ready_i) upd_valid_o <= 1'b0;
    end
  end

  assign space_o = held_q != CountW'(Depth);
  assign empty_o = held_q == '0 && !upd_valid_o;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && !drop_i) begin
      PushHasSpace : assert (!push_i || space_o);
      EventHasInstruction : assert (!complete_i || held_q > completes_q);
    end
  end
`endif

endmodule
