// SPDX-License-Identifier: Apache-2.0
//
// tn_tensor_queue: jobs between issue and the two walkers that execute them.
//
// Both readers see the jobs in order, each at its own pace: the loader of stationary tiles ahead, the
// pass sequencer behind or in the same cycle. Valid one cycle after the push.

module tn_tensor_queue #(
  parameter int unsigned Depth = 4  // a power of two
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic flush_i,

  input  logic                job_valid_i,
  output logic                job_ready_o,
  input  tn_tensor_pkg::job_t job_i,

  output logic                load_valid_o,
  input  logic                load_done_i,
  output tn_tensor_pkg::job_t load_job_o,

  output logic                pass_valid_o,
  input  logic                pass_done_i,
  output tn_tensor_pkg::job_t pass_job_o,
  output logic                busy_o
);

  if (Depth < 2 || (Depth & (Depth - 1)) != 0) begin : gen_check_depth
    $fatal(1, "tn_tensor_queue: Depth (%0d) must be a power of two of at least 2", Depth);
  end

  localparam int unsigned IndexW = $clog2(Depth);
  typedef logic [IndexW:0] pointer_t;

  tn_tensor_pkg::job_t jobs_q [Depth];
  pointer_t pushed_q;
  pointer_t load_q;
  pointer_t pass_q;

  assign job_ready_o  = pointer_t'(pushed_q - pass_q) != pointer_t'(Depth);
  assign load_valid_o = load_q != pushed_q;
  assign pass_valid_o = pass_q != pushed_q;
  assign load_job_o   = jobs_q[load_q[IndexW-1:0]];
  assign pass_job_o   = jobs_q[pass_q[IndexW-1:0]];
  assign busy_o       = pushed_q != pass_q;

  always_ff @(posedge clk_i) begin
    if (job_valid_i && job_ready_o) jobs_q[pushed_q[IndexW-1:0]] <= job_i;
    if (!rst_ni || flush_i) begin
      pushed_q <= '0;
      load_q   <= '0;
      pass_q   <= '0;
    end else begin
      if (job_valid_i && job_ready_o) pushed_q <= pushed_q + 1'b1;
      if (load_done_i) load_q <= load_q + 1'b1;
      if (pass_done_i) pass_q <= pass_q + 1'b1;
`ifndef SYNTHESIS
      LoadHasJob : assert (!load_done_i || load_valid_o);
      PassHasJob : assert (!pass_done_i || pass_valid_o);
      LoaderIsAhead : assert (!pass_done_i || load_done_i || load_q != pass_q);
`endif
    end
  end

endmodule
