// SPDX-License-Identifier: Apache-2.0
//
// semaphores_proof: the semaphore file is a counter for each index, as its definition says, and
// serves every port within as many cycles as there are ports.
//
// One semaphore and any one port, chosen at reset, are followed beside a model of one counter.
module semaphores_proof #(
  parameter int unsigned NumPorts = 7,
  parameter int          Index    = -1  // of the semaphore that is followed, or -1: any
) (
  input logic                                clk_i,
  input logic                                rst_ni,
  input logic                                clear_i,
  input logic                [NumPorts-1:0]  upd_valid_i,
  input tn_pkg::sem_update_t [NumPorts-1:0]  upd_i,
  input logic                [4:0]           index_i,
  input logic                [2:0]           port_i    // of the port that is followed
);

  logic [NumPorts-1:0]                               upd_ready, fault_valid;
  logic [tn_isa_pkg::NumSemaphores-1:0][15:0]        sem;
  logic [7:0]                                        fault_sem;

  tn_semaphores #(
    .NumPorts(NumPorts)
  ) u_dut (
    .clk_i, .rst_ni, .clear_i, .upd_valid_i, .upd_ready_o(upd_ready), .upd_i, .sem_o(sem),
    .fault_valid_o(fault_valid), .fault_sem_o(fault_sem)
  );

  logic                started_q = 1'b0;
  logic [4:0]          any_q, index;
  logic [2:0]          port_q;
  logic [15:0]         level_q;    // of the followed semaphore
  logic                fault_q;      // an update of it, or of none, was refused first
  logic [NumPorts-1:0] fault_port_q;
  logic [7:0]          fault_sem_q;
  logic [2:0]          waited_q;   // cycles that the followed port has waited, at most NumPorts

  // The update that is served, and what it makes of the followed semaphore.
  logic [NumPorts-1:0] served;
  tn_pkg::sem_update_t update;
  logic signed [17:0]  result;
  logic                is_ours, is_refused;
  assign index  = (Index < 0) ? any_q : 5'(Index);
  assign served = upd_valid_i & upd_ready;

  always_comb begin
    update = '0;
    for (int unsigned port = 0; port < NumPorts; port++) begin
      if (served[port]) update |= upd_i[port];  // one at most: OneIsServed
    end
    case (update.op)
      tn_isa_pkg::UpdateOpAdd: result = $signed({2'b0, level_q}) + $signed({2'b0, update.value});
      tn_isa_pkg::UpdateOpSub: result = $signed({2'b0, level_q}) - $signed({2'b0, update.value});
      tn_isa_pkg::UpdateOpSet: result = $signed({2'b0, update.value});
      default:                 result = $signed({2'b0, level_q});
    endcase
    is_ours    = served != '0 && (update.sem == {3'b0, index} || update.sem > 8'd31);
    is_refused = update.sem > 8'd31 || result < 0 || result > 18'sd65535;
  end

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    if (!started_q) begin
      any_q  <= index_i;
      port_q  <= port_i;
    end
    if (!rst_ni || clear_i) begin
      level_q   <= '0;
      fault_q   <= 1'b0;
      waited_q  <= '0;
    end else begin
      if (is_ours && !is_refused) level_q <= result[15:0];
      // Of the other semaphores it is not said here when they refuse: each is the followed one once.
      if (fault_valid == '0 && served != '0) begin
        fault_q      <= is_ours && is_refused;
        fault_port_q <= served;
        fault_sem_q  <= update.sem;
      end
      if (!upd_valid_i[port_q] || upd_ready[port_q]) waited_q <= '0;
      else if (32'(waited_q) < NumPorts) waited_q <= waited_q + 1'b1;
    end
  end

  // How many ports come before the followed one, by the order in which they were served.
  function automatic int unsigned ahead_of(input logic [NumPorts-1:0] after_last,
                                           input logic [2:0] port);
    int unsigned ahead;
    ahead = 0;
    for (int unsigned other = 0; other < NumPorts; other++) begin
      if (after_last[port] ? after_last[other] && other < 32'(port)
                           : after_last[other] || other < 32'(port)) ahead++;
    end
    return ahead;
  endfunction

  always_ff @(posedge clk_i) begin
    if (!started_q) begin
      StartsInReset : assume (!rst_ni);
      PortIsOne     : assume (32'(port_i) < NumPorts);
    end else begin
      LemmaPort : assert (32'(port_q) < NumPorts);
    end
    if (started_q && rst_ni) begin
      CounterIsRight : assert (sem[index] == level_q);
      FaultIsRaised  : assert (!fault_q || (fault_valid == fault_port_q && fault_sem == fault_sem_q));
      FaultIsRight   : assert (fault_valid == '0 || fault_q ||
                               (fault_sem != {3'b0, index} && fault_sem <= 8'd31));
      OneIsServed    : assert ($onehot0(served) && (served != '0) == (upd_valid_i != '0) &&
                               (upd_ready & ~upd_valid_i) == '0);
      NobodyWaitsLonger : assert (32'(waited_q) < NumPorts);

      LemmaFault : assert (!fault_q || fault_port_q != '0);
      LemmaTurns : assert (waited_q == '0 ||
                           32'(waited_q) + ahead_of(u_dut.after_last_q, port_q) < NumPorts);
      // The ports behind one: ones from somewhere on.
      LemmaAfter : assert ((~u_dut.after_last_q & (~u_dut.after_last_q + NumPorts'(1))) == '0);

      SeesLongestWait : cover (32'(waited_q) == NumPorts - 1 && upd_ready[port_q]);
      SeesOverflow    : cover (fault_q && fault_sem_q == {3'b0, index} && level_q == 16'hffff);
      SeesLateUpdate  : cover (fault_q && is_ours && !is_refused);
    end
  end

endmodule
