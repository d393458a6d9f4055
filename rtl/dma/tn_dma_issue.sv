// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_issue: the part of a data path that load and store share: a command becomes bursts on the bus
// and runs for the realigner, and open bursts are remembered.
//
// Commands are taken by both at once. Up to MaxBursts bursts are open, from their address to
// retire_i; open_*_o tell of the oldest. halt_i: no burst begins and runs are dropped.
module tn_dma_issue #(
  parameter int unsigned          BusBytes    = 64,
  parameter int unsigned          MaxCommands = 16,
  parameter int unsigned          MaxBursts   = 128,
  parameter tn_isa_pkg::fault_e   Fault       = tn_isa_pkg::FaultBusRead
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 halt_i,
  input  logic                 cmd_valid_i,
  output logic                 cmd_ready_o,
  input  tn_dma_pkg::command_t cmd_i,
  input  logic [31:0]          cmd_instruction_i,
  // bus
  output logic                 addr_valid_o,
  input  logic                 addr_ready_i,
  output logic [63:0]          addr_o,
  output logic [7:0]           addr_len_o,
  // open bursts
  input  logic                 retire_i,
  output logic                 open_valid_o,
  output logic                 open_last_o,   // of its command
  output tn_pkg::fault_t       open_fault_o,  // if it ends with an error
  // data path
  output logic                 run_valid_o,
  input  logic                 run_ready_i,
  output tn_dma_pkg::run_t     run_o
);

  if (MaxBursts < 8) begin : gen_check_bursts
    $fatal(1, "tn_dma_issue: MaxBursts (%0d) must be at least 8", MaxBursts);
  end

  logic        cmd_go, bursts_ready, runs_ready, room, last;
  logic [31:0] instruction;
  logic [$clog2(MaxBursts+1)-1:0] unused_count;

  assign cmd_ready_o = bursts_ready && runs_ready;
  assign cmd_go      = cmd_valid_i && cmd_ready_o;

  tn_dma_bursts #(
    .BusBytes(BusBytes)
  ) u_bursts (
    .clk_i,
    .rst_ni,
    .stop_i             (halt_i),
    .room_i             (room),
    .cmd_valid_i        (cmd_go),
    .cmd_ready_o        (bursts_ready),
    .cmd_i,
    .cmd_instruction_i,
    .burst_valid_o      (addr_valid_o),
    .burst_ready_i      (addr_ready_i),
    .burst_addr_o       (addr_o),
    .burst_len_o        (addr_len_o),
    .burst_last_o       (last),
    .burst_instruction_o(instruction)
  );

  // Oldest first.
  tn_fifo #(
    .Width(97),
    .Depth(MaxBursts)
  ) u_open (
    .clk_i,
    .rst_ni,
    .clear_i    (1'b0),
    .in_valid_i (addr_valid_o && addr_ready_i),
    .in_ready_o (room),
    .in_data_i  ({last, instruction, addr_o}),
    .out_valid_o(open_valid_o),
    .out_ready_i(retire_i),
    .out_data_o ({open_last_o, open_fault_o.instruction, open_fault_o.address}),
    .count_o    (unused_count)
  );
  assign open_fault_o.code = Fault;

  tn_dma_runs #(
    .Depth(MaxCommands)
  ) u_runs (
    .clk_i,
    .rst_ni     (rst_ni && !halt_i),
    .cmd_valid_i(cmd_go),
    .cmd_ready_o(runs_ready),
    .cmd_i,
    .run_valid_o,
    .run_ready_i,
    .run_o
  );

endmodule
