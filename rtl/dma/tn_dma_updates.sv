// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_updates: sends the semaphore updates of a DMA queue, and its consumed waits, one at a time.
//
// Every command in flight has an entry, pushed when it begins. read_i and complete_i are pulses, one
// of each for every command, in order, read before complete; the updates of that event follow from
// the next cycle on, one a cycle, reads before completes where both wait. An entry leaves when its
// complete event is dealt with. drop_i holds back all updates: what was to be sent is forgotten at
// the reset that follows.
module tn_dma_updates #(
  parameter int unsigned Depth = 8  // commands in flight
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 drop_i,

  input  logic                 push_valid_i,
  output logic                 push_ready_o,
  input  tn_dma_pkg::updates_t push_i,
  input  logic                 read_i,
  input  logic                 complete_i,
  output logic [31:0]          complete_instruction_o,  // whose complete event is next

  input  logic                 consume_valid_i,
  output logic                 consume_ready_o,
  input  tn_pkg::sem_update_t  consume_i,

  output logic                 upd_valid_o,
  input  logic                 upd_ready_i,
  output tn_pkg::sem_update_t  upd_o,
  output logic                 empty_o,
  output logic                 unfinished_o             // a command has not completed
);

  if (Depth < 2 || (Depth & (Depth - 1)) != 0) begin : gen_check_depth
    $fatal(1, "tn_dma_updates: Depth (%0d) must be a power of two, at least 2", Depth);
  end

  localparam int unsigned PtrW = $clog2(Depth);

  // Pointers carry one bit more than the index: equal means empty, a distance of Depth full.
  typedef logic [PtrW:0] ptr_t;

  tn_dma_pkg::updates_t mem [Depth];
  ptr_t wr_ptr_q;         // next entry to push
  ptr_t read_seen_q;      // entries whose read event has come
  ptr_t read_done_q;      // entries whose read updates have been sent
  ptr_t complete_seen_q;
  ptr_t complete_done_q;  // oldest entry held
  logic read_second_q, complete_second_q;  // the first of the event's updates has been sent

  // What is offered stays offered: a consume that was not taken keeps its turn, and so does an
  // update of a complete event.
  logic hold_consume_q, hold_complete_q;
  logic read_waits, complete_waits, picks_read;
  assign read_waits     = (read_seen_q != read_done_q);
  assign complete_waits = (complete_seen_q != complete_done_q);
  assign picks_read     = read_waits && !hold_complete_q;

  assign empty_o      = (wr_ptr_q == complete_done_q);
  assign unfinished_o = (wr_ptr_q != complete_seen_q);
  assign push_ready_o = (wr_ptr_q - complete_done_q) != ptr_t'(Depth);

  // The event worked on, and which of its updates remain.
  /* verilator lint_off UNUSEDSIGNAL */  // its instruction
  tn_dma_pkg::updates_t entry;
  /* verilator lint_on UNUSEDSIGNAL */
  logic event_valid, wants_first, wants_second, event_upd, event_sent, event_over;
  logic pick_consume;
  assign entry        = mem[picks_read ? read_done_q[PtrW-1:0] : complete_done_q[PtrW-1:0]];
  assign event_valid  = read_waits || complete_waits;
  assign wants_first  = entry.first.update.op != tn_isa_pkg::UpdateOpNone &&
                        entry.first.at_complete != picks_read &&
                        !(picks_read ? read_second_q : complete_second_q);
  assign wants_second = entry.second.update.op != tn_isa_pkg::UpdateOpNone &&
                        entry.second.at_complete != picks_read;
  assign event_upd    = event_valid && (wants_first || wants_second);

  assign pick_consume    = hold_consume_q || !event_upd;
  assign upd_valid_o     = (event_upd || consume_valid_i) && !drop_i;
  assign upd_o           = pick_consume ? consume_i :
                           wants_first ? entry.first.update : entry.second.update;
  assign consume_ready_o = pick_consume && upd_ready_i && !drop_i;
  assign event_sent      = event_upd && !pick_consume && upd_ready_i && !drop_i;
  assign event_over      = event_valid && !drop_i &&
                           (!event_upd || (event_sent && !(wants_first && wants_second)));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wr_ptr_q          <= '0;
      read_seen_q       <= '0;
      read_done_q       <= '0;
      complete_seen_q   <= '0;
      complete_done_q   <= '0;
      read_second_q     <= 1'b0;
      complete_second_q <= 1'b0;
      hold_consume_q    <= 1'b0;
      hold_complete_q   <= 1'b0;
    end else begin
      hold_consume_q  <= consume_valid_i && pick_consume && !upd_ready_i && !drop_i;
      hold_complete_q <= event_upd && !picks_read && !pick_consume && !upd_ready_i && !drop_i;
      if (push_valid_i && push_ready_o) begin
        wr_ptr_q <= wr_ptr_q + 1'b1;
      end
      if (read_i) begin
        read_seen_q <= read_seen_q + 1'b1;
      end
      if (complete_i) begin
        complete_seen_q <= complete_seen_q + 1'b1;
      end
      if (picks_read) begin
        read_second_q <= !event_over && (read_second_q || event_sent);
        if (event_over) begin
          read_done_q <= read_done_q + 1'b1;
        end
      end else begin
        complete_second_q <= !event_over && (complete_second_q || event_sent);
        if (event_over) begin
          complete_done_q <= complete_done_q + 1'b1;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (push_valid_i && push_ready_o) begin
      mem[wr_ptr_q[PtrW-1:0]] <= push_i;
    end
  end

  assign complete_instruction_o = mem[complete_seen_q[PtrW-1:0]].instruction;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      ReadHasEntry     : assert (!read_i || read_seen_q != wr_ptr_q);
      CompleteHasEntry : assert (!complete_i || complete_seen_q != wr_ptr_q);
      ReadFirst        : assert (!complete_i || complete_seen_q != read_seen_q);
    end
  end
`endif

endmodule
