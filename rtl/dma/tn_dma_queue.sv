// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_queue: head of a DMA queue: holds checked instructions, evaluates waits, hands out commands.
//
// Instructions stay in order. For the oldest: both waits must be met in the same cycle; then the
// semaphores to be consumed are reduced (through consume_*, accepted before anything else happens);
// then the command is offered, or the verdict of the check is raised on fault_valid_o and the queue
// stops until reset (the owner resets it on clear). Without values to consume an instruction whose
// waits are met is offered in the cycle in which it appears at the head.
//
// Entries come from the check some cycles after their instruction was accepted (accept_i); room_o
// counts from the acceptance, so that an entry always finds room.
module tn_dma_queue #(
  parameter int unsigned QueueDepth = 4
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   stop_i,          // begin no instruction

  input  logic                   accept_i,
  output logic                   room_o,
  input  logic                   entry_valid_i,
  input  tn_dma_pkg::entry_t     entry_i,

  input  logic [31:0][15:0]      sem_i,
  output logic                   consume_valid_o,
  input  logic                   consume_ready_i,
  output tn_pkg::sem_update_t    consume_o,

  output logic                   cmd_valid_o,
  input  logic                   cmd_ready_i,
  output tn_dma_pkg::command_t   cmd_o,
  output tn_dma_pkg::updates_t   cmd_updates_o,

  output logic                   fault_valid_o,   // pulse
  output tn_pkg::fault_t         fault_o,
  output logic                   empty_o,         // holds no instruction
  output tn_pkg::blocked_t       blocked_o        // the head waits for a semaphore
);

  localparam int unsigned CountW = $clog2(QueueDepth + 1);

  logic               head_valid, head_pop, unused_in_ready;
  tn_dma_pkg::entry_t head;
  logic [CountW-1:0]  accepted_q, unused_count;

  tn_fifo #(
    .Width($bits(tn_dma_pkg::entry_t)),
    .Depth(QueueDepth)
  ) u_queue (
    .clk_i,
    .rst_ni,
    .clear_i    (1'b0),
    .in_valid_i (entry_valid_i),
    .in_ready_o (unused_in_ready),
    .in_data_i  (entry_i),
    .out_valid_o(head_valid),
    .out_ready_i(head_pop),
    .out_data_o (head),
    .count_o    (unused_count)
  );

  assign room_o  = (32'(accepted_q) != QueueDepth);
  assign empty_o = (accepted_q == '0);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      accepted_q <= '0;
    end else if (accept_i != head_pop) begin
      accepted_q <= accept_i ? accepted_q + 1'b1 : accepted_q - 1'b1;
    end
  end

  // -------------------------------------------------------------------------------------- waits
  typedef enum logic [1:0] {
    StWait,     // for the semaphores
    StConsume,  // send the reductions
    StGo,       // for room in the data path
    StFault     // until reset
  } state_e;

  state_e state_q;
  logic   consume0_q, consume1_q;  // reductions still to send

  function automatic logic met(input logic [3:0] cond, input logic [15:0] value,
                               input logic [15:0] count);
    unique case (cond)
      tn_isa_pkg::WaitConditionGe: return count >= value;
      tn_isa_pkg::WaitConditionEq: return count == value;
      default: return 1'b1;
    endcase
  endfunction

  logic met0, met1, waits_met, reduce0, reduce1, may_go;
  assign met0      = met(head.wait0.cond, head.wait0.value, sem_i[head.wait0.sem[4:0]]);
  assign met1      = met(head.wait1.cond, head.wait1.value, sem_i[head.wait1.sem[4:0]]);
  assign waits_met = met0 && met1;
  assign reduce0   = head.wait0.consume && head.wait0.cond != tn_isa_pkg::WaitConditionNone;
  assign reduce1   = head.wait1.consume && head.wait1.cond != tn_isa_pkg::WaitConditionNone;
  assign may_go    = head_valid && !stop_i &&
                     ((state_q == StWait && waits_met && !reduce0 && !reduce1) ||
                      state_q == StGo);

  assign consume_valid_o = (state_q == StConsume) && !stop_i;
  assign consume_o = '{
    sem:   consume0_q ? head.wait0.sem : head.wait1.sem,
    op:    tn_isa_pkg::UpdateOpSub,
    value: consume0_q ? head.wait0.value : head.wait1.value
  };

  assign head_pop = cmd_valid_o && cmd_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q    <= StWait;
      consume0_q <= 1'b0;
      consume1_q <= 1'b0;
    end else begin
      unique case (state_q)
        StWait: begin
          consume0_q <= reduce0;
          consume1_q <= reduce1;
          if (head_valid && waits_met && !stop_i) begin
            if (reduce0 || reduce1) begin
              state_q <= StConsume;
            end else if (head.is_bad) begin
              state_q <= StFault;
            end else if (!head_pop) begin
              state_q <= StGo;
            end
          end
        end
        StConsume: begin
          if (consume_valid_o && consume_ready_i) begin
            consume0_q <= 1'b0;
            consume1_q <= consume0_q && consume1_q;
            if (!(consume0_q && consume1_q)) begin
              state_q <= StGo;
            end
          end
        end
        StGo: begin
          if (may_go && head.is_bad) begin
            state_q <= StFault;
          end else if (head_pop) begin
            state_q <= StWait;
          end
        end
        default: state_q <= StFault;
      endcase
    end
  end

  // ------------------------------------------------------------------------------------ outputs
  assign cmd_valid_o   = may_go && !head.is_bad;
  assign cmd_o         = head.cmd;
  assign cmd_updates_o = head.updates;
  assign fault_valid_o = may_go && head.is_bad;
  assign fault_o       = head.fault;

  /* verilator lint_off UNUSEDSIGNAL */  // its consume bit
  tn_dma_pkg::wait_t unmet;
  /* verilator lint_on UNUSEDSIGNAL */
  assign unmet = met0 ? head.wait1 : head.wait0;
  always_comb begin
    blocked_o = '0;
    if (head_valid && state_q == StWait && !waits_met) begin
      blocked_o = '{valid: 1'b1, cond: unmet.cond, sem: unmet.sem, value: unmet.value,
                    level: sem_i[unmet.sem[4:0]], instruction: head.updates.instruction};
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      EntryHasRoom    : assert (!entry_valid_i || unused_in_ready);
      AcceptHasRoom   : assert (!accept_i || room_o);
      ConsumeHasValue : assert (!consume_valid_o || consume0_q || consume1_q);
    end
  end
`endif

endmodule
