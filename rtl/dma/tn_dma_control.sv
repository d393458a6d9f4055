// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_control: what the three DMA queues have in common, around a data path of their own.
//
// Queue of checked instructions, updates, faults and stops, profile. The data path takes commands
// (cmd_valid_o, cmd_ready_i), reports one read and one complete pulse for each, and says in every
// cycle what it does (state_i). halt_o: begin nothing more and drop what has not left for the bus.
// After a fault or stop_i, idle_o follows the data path, and clear_i (a pulse while idle) brings back
// the initial state; rst_no resets the data path with it.
//
// cause_o, one of these in every cycle, first match:
//   busy       a beat or SBUF word moved          operand   SBUF refused one
//   bus        data or a response are awaited      semaphore the head waits for one, or for its consume
//   overhead   anything else in flight             ended     no instruction here
module tn_dma_control #(
  parameter tn_isa_pkg::opcode_e Opcode      = tn_isa_pkg::OpDmaLoad,
  parameter int unsigned         QueueDepth  = 4,  // instructions
  parameter int unsigned         MaxCommands = 8   // in flight
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  // engine side
  input  logic                 accept_i,        // an instruction of this queue is accepted
  output logic                 room_o,
  input  logic                 entry_valid_i,   // ... and comes from the check
  input  tn_dma_pkg::entry_t   entry_i,
  input  logic [31:0][15:0]    sem_i,
  output logic                 upd_valid_o,
  input  logic                 upd_ready_i,
  output tn_pkg::sem_update_t  upd_o,
  output logic                 fault_valid_o,   // held until clear_i
  output tn_pkg::fault_t       fault_o,
  input  logic                 stop_i,
  output logic                 idle_o,
  input  logic                 clear_i,
  // profile, deadlock, trace
  output tn_isa_pkg::cause_e   cause_o,
  output tn_pkg::blocked_t     blocked_o,
  output logic                 parked_o,        // nothing in flight, and empty or the head waits
  output logic                 begin_valid_o,
  output tn_pkg::trace_t       begin_o,
  output logic                 end_valid_o,
  output tn_pkg::trace_t       end_o,
  // data path
  output logic                 rst_no,
  output logic                 halt_o,
  output logic                 cmd_valid_o,
  input  logic                 cmd_ready_i,
  output tn_dma_pkg::command_t cmd_o,
  output logic [31:0]          cmd_instruction_o,
  input  tn_dma_pkg::path_state_t state_i
);

  // clear_i acts as a reset of everything here.
  assign rst_no = rst_ni && !clear_i;

  logic                 queue_empty, queue_fault_valid, cmd_valid, updates_ready, updates_empty;
  logic                 unfinished, consume_valid, consume_ready;
  tn_pkg::sem_update_t  consume;
  tn_dma_pkg::updates_t cmd_updates;
  tn_pkg::fault_t       queue_fault;
  logic [31:0]          complete_instruction;

  tn_dma_queue #(
    .QueueDepth(QueueDepth)
  ) u_queue (
    .clk_i,
    .rst_ni         (rst_no),
    .stop_i         (halt_o),
    .accept_i,
    .room_o,
    .entry_valid_i,
    .entry_i,
    .sem_i,
    .consume_valid_o(consume_valid),
    .consume_ready_i(consume_ready),
    .consume_o      (consume),
    .cmd_valid_o    (cmd_valid),
    .cmd_ready_i    (cmd_ready_i && updates_ready),
    .cmd_o,
    .cmd_updates_o  (cmd_updates),
    .fault_valid_o  (queue_fault_valid),
    .fault_o        (queue_fault),
    .empty_o        (queue_empty),
    .blocked_o
  );

  assign cmd_valid_o       = cmd_valid && updates_ready;
  assign cmd_instruction_o = cmd_updates.instruction;

  tn_dma_updates #(
    .Depth(MaxCommands)
  ) u_updates (
    .clk_i,
    .rst_ni                (rst_no),
    .drop_i                (halt_o),
    .push_valid_i          (cmd_valid && cmd_ready_i),
    .push_ready_o          (updates_ready),
    .push_i                (cmd_updates),
    .read_i                (state_i.read && !halt_o),
    .complete_i            (state_i.complete && !halt_o),
    .complete_instruction_o(complete_instruction),
    .consume_valid_i       (consume_valid),
    .consume_ready_o       (consume_ready),
    .consume_i             (consume),
    .upd_valid_o,
    .upd_ready_i,
    .upd_o,
    .empty_o               (updates_empty),
    .unfinished_o          (unfinished)
  );

  // ---------------------------------------------------------------------------- faults and stops
  logic           fault_q, stopped_q;  // stopped_q: stop_i cut work short
  tn_pkg::fault_t fault_data_q;
  logic           quiet;

  assign halt_o = stop_i || fault_q || stopped_q;
  assign quiet  = queue_empty && updates_empty && state_i.drained;
  // Halted, only what is on the bus or about to enter a memory counts.
  assign idle_o = halt_o ? state_i.drained : quiet;

  always_ff @(posedge clk_i) begin
    if (!rst_no) begin
      fault_q   <= 1'b0;
      stopped_q <= 1'b0;
    end else begin
      fault_q   <= fault_q || state_i.fault_valid || queue_fault_valid;
      stopped_q <= stopped_q || (stop_i && !quiet);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!fault_q && (state_i.fault_valid || queue_fault_valid)) begin
      fault_data_q <= state_i.fault_valid ? state_i.fault : queue_fault;
    end
  end

  assign fault_valid_o = fault_q;
  assign fault_o       = fault_data_q;

  // ---------------------------------------------------------------------- profile, deadlock, trace
  always_comb begin
    cause_o = tn_isa_pkg::CauseOverhead;
    if (state_i.moved)                          cause_o = tn_isa_pkg::CauseBusy;
    else if (state_i.refused)                   cause_o = tn_isa_pkg::CauseOperand;
    else if (state_i.bus_wait)                  cause_o = tn_isa_pkg::CauseBus;
    else if (!unfinished) begin
      if (blocked_o.valid || consume_valid) cause_o = tn_isa_pkg::CauseSemaphore;
      else if (quiet)                     cause_o = tn_isa_pkg::CauseEnded;
    end
  end

  assign parked_o      = !halt_o && updates_empty && state_i.drained && (queue_empty || blocked_o.valid);
  assign begin_valid_o = cmd_valid_o && cmd_ready_i;
  assign begin_o       = '{opcode: Opcode, instruction: cmd_updates.instruction};
  assign end_valid_o   = state_i.complete && !halt_o;
  assign end_o         = '{opcode: Opcode, instruction: complete_instruction};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      ClearOnlyWhenIdle : assert (!clear_i || idle_o);
      StillWhenIdle     : assert (!idle_o || !state_i.moved);
    end
  end
`endif

endmodule
