// SPDX-License-Identifier: Apache-2.0
//
// tn_tensor_wave: sends the PSUM address of each moving vector after it.
//
// A vector read from SBUF in cycle t has its read wave at PSUM column 0 in cycle t + ReadDelay (if it
// accumulates) and its write wave in cycle t + WriteDelay. The last column of a job's last vector can
// be read Cols cycles after its write wave; job_written_o comes UpdateLat cycles before that, which is
// how long an update takes to leave the engine.
// Addresses wait in a circular buffer, so that a cycle moves one of them.

module tn_tensor_wave #(
  parameter int unsigned Cols       = 16,
  parameter int unsigned ReadDelay  = 40,
  parameter int unsigned WriteDelay = 52,
  parameter int unsigned UpdateLat  = 2
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic                    valid_i,
  input  logic                    accumulate_i,
  input  logic                    job_end_i,
  input  tn_psum_pkg::psum_wave_t wave_i,

  output logic                    rd_valid_o,
  output tn_psum_pkg::psum_wave_t rd_wave_o,
  output logic                    wr_valid_o,
  output tn_psum_pkg::psum_wave_t wr_wave_o,
  output logic                    job_written_o,
  output logic                    busy_o          // a vector is on its way
);

  if (ReadDelay < 2 || WriteDelay <= ReadDelay) begin : gen_check_delays
    $fatal(1, "tn_tensor_wave: ReadDelay (%0d) must be at least 2 and less than WriteDelay (%0d)",
           ReadDelay, WriteDelay);
  end

  localparam int unsigned Depth = 1 << $clog2(WriteDelay);
  localparam int unsigned PtrW  = $clog2(Depth);
  localparam int unsigned JobDelay = WriteDelay + Cols - UpdateLat;

  // Bit i: the vector of i + 1 cycles ago.
  logic [WriteDelay-1:0]      valid_q;
  logic [ReadDelay-1:0]       accumulate_q;
  logic [JobDelay-1:0]        job_end_q;
  tn_psum_pkg::psum_wave_t    waves_q [Depth];
  logic [PtrW-1:0]            now_q;
  logic [$clog2(WriteDelay+Cols+1)-1:0] left_q;

  assign rd_valid_o    = accumulate_q[ReadDelay-1];
  assign wr_valid_o    = valid_q[WriteDelay-1];
  assign job_written_o = job_end_q[JobDelay-1];
  assign busy_o        = left_q != '0;

  always_ff @(posedge clk_i) begin
    if (valid_i) waves_q[now_q] <= wave_i;
    if (accumulate_q[ReadDelay-2]) rd_wave_o <= waves_q[now_q - PtrW'(ReadDelay - 1)];
    if (valid_q[WriteDelay-2]) wr_wave_o <= waves_q[now_q - PtrW'(WriteDelay - 1)];
    if (!rst_ni) begin
      valid_q      <= '0;
      accumulate_q <= '0;
      job_end_q    <= '0;
      now_q        <= '0;
      left_q       <= '0;
    end else begin
      valid_q      <= {valid_q[WriteDelay-2:0], valid_i};
      accumulate_q <= {accumulate_q[ReadDelay-2:0], valid_i && accumulate_i};
      job_end_q    <= {job_end_q[JobDelay-2:0], valid_i && job_end_i};
      now_q        <= now_q + 1'b1;
      if (valid_i) left_q <= $bits(left_q)'(WriteDelay + Cols);
      else if (busy_o) left_q <= left_q - 1'b1;
    end
  end

endmodule
