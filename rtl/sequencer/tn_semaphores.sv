// SPDX-License-Identifier: Apache-2.0
//
// tn_semaphores: the 32 counters at which the engines meet.
//
// Applies one update per cycle, round robin over the ports, so that no port waits longer than the
// number of ports. An accepted update is visible in sem_o in the next cycle: a port that consumes a
// semaphore may test it again directly after its update was accepted. An addition beyond 65535, a
// subtraction below zero or an index beyond 31 leaves the counters alone and raises the fault,
// which names the port and holds until clear_i; later updates are still accepted so that the
// engines can drain. It does not evaluate waits: each waiter does, on sem_o.

module tn_semaphores #(
  parameter int unsigned NumPorts = 7
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic clear_i,  // all counters to zero, fault off

  input  logic                [NumPorts-1:0] upd_valid_i,
  output logic                [NumPorts-1:0] upd_ready_o,
  input  tn_pkg::sem_update_t [NumPorts-1:0] upd_i,

  output logic [tn_isa_pkg::NumSemaphores-1:0][15:0] sem_o,

  output logic [NumPorts-1:0] fault_valid_o,  // one-hot: the port whose update was refused
  output logic [7:0]          fault_sem_o
);

  if (NumPorts < 1) begin : gen_check
    $fatal(1, "tn_semaphores: NumPorts (%0d) must be at least 1", NumPorts);
  end

  localparam int unsigned IndexW = $clog2(tn_isa_pkg::NumSemaphores);

  logic [tn_isa_pkg::NumSemaphores-1:0][15:0] sem_q;
  logic [NumPorts-1:0] after_last_q;  // ports behind the one served last
  logic [NumPorts-1:0] fault_valid_q;
  logic [7:0]          fault_sem_q;

  logic [NumPorts-1:0] grant;
  tn_pkg::sem_update_t update;

  // Lowest set bit.
  function automatic logic [NumPorts-1:0] first_of(input logic [NumPorts-1:0] requests);
    return requests & (~requests + NumPorts'(1));
  endfunction

  always_comb begin
    grant  = '0;
    update = '0;
    if (upd_valid_i != '0) begin
      grant = (upd_valid_i & after_last_q) != '0 ? first_of(upd_valid_i & after_last_q)
                                                 : first_of(upd_valid_i);
      for (int unsigned port = 0; port < NumPorts; port++) begin
        if (grant[port]) update |= upd_i[port];
      end
    end
  end

  assign upd_ready_o = grant;

  logic [16:0] sum;
  logic [16:0] difference;
  logic        refused;
  logic [15:0] value;

  always_comb begin
    sum        = '0;
    difference = '0;
    refused    = 1'b0;
    value      = '0;
    if (grant != '0) begin
      sum        = {1'b0, sem_q[update.sem[IndexW-1:0]]} + {1'b0, update.value};
      difference = {1'b0, sem_q[update.sem[IndexW-1:0]]} - {1'b0, update.value};
      unique case (update.op)
        tn_isa_pkg::UpdateOpAdd: begin
          value   = sum[15:0];
          refused = sum[16];
        end
        tn_isa_pkg::UpdateOpSub: begin
          value   = difference[15:0];
          refused = difference[16];
        end
        tn_isa_pkg::UpdateOpSet: value = update.value;
        default: value = sem_q[update.sem[IndexW-1:0]];
      endcase
      if (int'(update.sem) >= int'(tn_isa_pkg::NumSemaphores)) refused = 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      sem_q         <= '0;
      after_last_q  <= '0;
      fault_valid_q <= '0;
    end else if (grant != '0) begin
      if (!refused) sem_q[update.sem[IndexW-1:0]] <= value;
      if (refused && fault_valid_q == '0) begin
        fault_valid_q <= grant;
        fault_sem_q   <= update.sem;
      end
      after_last_q <= ~(grant | (grant - NumPorts'(1)));
    end
  end

  assign sem_o         = sem_q;
  assign fault_valid_o = fault_valid_q;
  assign fault_sem_o   = fault_sem_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      GrantIsOneHot : assert ($onehot0(grant));
      FaultIsOneHot : assert ($onehot0(fault_valid_q));
    end
  end
`endif

endmodule
