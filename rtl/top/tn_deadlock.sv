// SPDX-License-Identifier: Apache-2.0
//
// tn_deadlock: reports that everything waits for semaphores that nothing will change.
//
// still_i says that every stream has ended or waits, every DMA queue is empty or waits with nothing
// in flight, the engines are idle and no update is under way. If that lasts for eight cycles (more
// than any register between two of these) and somebody waits for a semaphore, the fault is raised
// nine cycles after the last movement and holds until clear_i. It names the lowest unit that waits,
// its instruction and, as address, its semaphore. A stream that spins in a loop is not still: that is
// for the watchdog.

module tn_deadlock (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic stop_i,
  input  logic clear_i,
  input  logic still_i,
  input  tn_pkg::blocked_t [5:0] blocked_i,  // by tn_isa_pkg::unit_e
  output logic           fault_valid_o,
  output tn_pkg::fault_t fault_o,
  output logic [3:0]     engine_o
);

  localparam int unsigned StillCycles = 8;

  function automatic logic [3:0] engine_of(input int unsigned unit);
    case (unit)
      int'(tn_isa_pkg::UnitTensor): return tn_isa_pkg::EngineTensor;
      int'(tn_isa_pkg::UnitVector): return tn_isa_pkg::EngineVector;
      int'(tn_isa_pkg::UnitSync): return tn_isa_pkg::EngineSync;
      int'(tn_isa_pkg::UnitDmaLoad): return tn_isa_pkg::EngineDmaLoad;
      int'(tn_isa_pkg::UnitDmaStore): return tn_isa_pkg::EngineDmaStore;
      default: return tn_isa_pkg::EngineDmaCopy;
    endcase
  endfunction

  logic [3:0]     still_q;
  logic           fault_valid_q;
  tn_pkg::fault_t fault_q;
  logic [3:0]     engine_q;
  logic           waiting;

  always_comb begin
    waiting = 1'b0;
    for (int unsigned unit = 0; unit < 6; unit++) waiting |= blocked_i[unit].valid;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      still_q       <= '0;
      fault_valid_q <= 1'b0;
    end else if (!still_i || stop_i) begin
      still_q <= '0;
    end else if (still_q != 4'(StillCycles)) begin
      still_q <= still_q + 4'd1;
    end else if (waiting && !fault_valid_q) begin
      fault_valid_q <= 1'b1;
      fault_q.code  <= tn_isa_pkg::FaultDeadlock;
      for (int unit = 5; unit >= 0; unit--) begin
        if (blocked_i[unit].valid) begin
          fault_q.instruction <= blocked_i[unit].instruction;
          fault_q.address     <= 64'(blocked_i[unit].sem);
          engine_q            <= engine_of(unit);
        end
      end
    end
  end

  assign fault_valid_o = fault_valid_q;
  assign fault_o = fault_q;
  assign engine_o = engine_q;

endmodule
