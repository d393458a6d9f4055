// SPDX-License-Identifier: Apache-2.0
//
// moving_reader_proof: the moving vectors of a pass are those of the pattern:
//
//   for i1, for i0:  byte = offset + i0 * step0 + i1 * step1
//
// modulo 2^18, one a cycle without a gap, the last one marked; and the word that holds each element is
// read in its cycle or was the last one read, for the same job and partition row.
module moving_reader_proof #(
  parameter int unsigned Rows = 16
) (
  input logic                  clk_i,
  input logic                  rst_ni,
  input logic                  flush_i,
  input logic                  start_i,
  input tn_tensor_pkg::pass_t  pass_i,
  input tn_tensor_pkg::job_t   job_i
);

  logic                    running, read, last_vector, job_begin, job_end, accumulate;
  tn_pkg::trace_t          job_trace;
  tn_psum_pkg::psum_wave_t wave;
  logic                    mov_valid;
  tn_pkg::prow_t           mov_prow;
  tn_pkg::off8_t           mov_off8;
  logic                    vec_valid, vec_first, vec_overwrite, vec_raise;
  tn_pkg::operand_fmt_e    vec_fmt;
  tn_pkg::pair_mode_e      vec_mode;
  logic [Rows-1:0]         vec_row_en;
  logic [Rows-1:0][31:0]   vec_data;

  tn_moving_reader #(
    .Rows(Rows)
  ) u_dut (
    .clk_i, .rst_ni, .flush_i, .start_i, .pass_i, .job_i,
    .running_o(running), .read_o(read), .last_vector_o(last_vector), .job_begin_o(job_begin),
    .job_trace_o(job_trace), .job_end_o(job_end), .accumulate_o(accumulate), .wave_o(wave),
    .mov_valid_o(mov_valid), .mov_prow_o(mov_prow), .mov_off8_o(mov_off8),
    .mov_data_i({Rows{64'd0}}),
    .vec_valid_o(vec_valid), .vec_first_o(vec_first), .vec_fmt_o(vec_fmt), .vec_mode_o(vec_mode),
    .vec_overwrite_o(vec_overwrite), .vec_raise_o(vec_raise), .vec_row_en_o(vec_row_en),
    .vec_data_o(vec_data)
  );

  logic                 started_q = 1'b0;
  logic                 busy_q, one_hot_q, fresh_q;
  tn_pkg::prow_t        prow_q;
  logic [17:0]          base_q, step0_q, step1_q, sum0_q, sum1_q, address;
  logic [8:0]           last0_q, last1_q, i0_q, i1_q;
  logic [8:0]           index_q;       // PSUM word of the vector
  // The word read last, and whether it is of this job and partition row.
  logic                 held_valid_q;
  logic [14:0]          held_q;
  logic                 is_last;

  assign address = base_q + sum1_q + sum0_q;
  assign is_last = i0_q == last0_q && i1_q == last1_q;

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    if (!rst_ni || flush_i) begin
      busy_q       <= 1'b0;
      held_valid_q <= 1'b0;
    end else begin
      if (mov_valid) begin
        held_valid_q <= 1'b1;
        held_q       <= mov_off8;
      end
      if (start_i) begin
        busy_q    <= 1'b1;
        one_hot_q <= pass_i.one_hot;
        prow_q    <= pass_i.prow;
        if (pass_i.fresh || pass_i.prow != prow_q) held_valid_q <= 1'b0;
        base_q    <= job_i.mov.offset;
        step0_q   <= job_i.mov.step0;
        step1_q   <= job_i.mov_step1;
        last0_q   <= pass_i.one_hot ? 9'(pass_i.last_lane) - 9'(pass_i.first_lane) : job_i.last0;
        last1_q   <= pass_i.one_hot ? 9'd0 : job_i.last1;
        index_q   <= pass_i.wave.index;
        i0_q      <= '0;
        i1_q      <= '0;
        sum0_q    <= '0;
        sum1_q    <= '0;
      end else if (busy_q) begin
        index_q <= index_q + 9'd1;
        if (i0_q == last0_q) begin
          i0_q   <= '0;
          sum0_q <= '0;
          i1_q   <= i1_q + 9'd1;
          sum1_q <= sum1_q + step1_q;
          busy_q <= i1_q != last1_q;
        end else begin
          i0_q   <= i0_q + 9'd1;
          sum0_q <= sum0_q + step0_q;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!started_q) begin
      StartsInReset : assume (!rst_ni);
    end
    if (started_q && rst_ni) begin
      // As tn_pass_sequencer starts passes: not into another, and lanes in order; a job reads SBUF in
      // all of its passes or in none.
      StartsAtEnds : assume (!start_i || (!flush_i && (!busy_q || is_last)));
      LanesInOrder : assume (!start_i || pass_i.first_lane <= pass_i.last_lane);
      OneKindOfJob : assume (!start_i || pass_i.fresh || pass_i.one_hot == one_hot_q);
      FirstIsFresh : assume (!start_i || pass_i.fresh || held_valid_q || one_hot_q || mov_valid);

      VectorEachCycle : assert (running == busy_q && read == busy_q);
      AddressIsRight  : assert (!mov_valid || (busy_q && mov_off8 == address[17:3] &&
                                               mov_prow == prow_q));
      WordIsThere     : assert (!busy_q || one_hot_q || mov_valid ||
                                (held_valid_q && held_q == address[17:3]));
      NothingReadTwice : assert (!mov_valid || !one_hot_q);
      LastIsRight     : assert (last_vector == (busy_q && is_last));
      PsumWordIsRight : assert (!busy_q || wave.index == index_q);

      LemmaWalk  : assert (!busy_q || (u_dut.addr_q == address && u_dut.outer_addr_q ==
                           base_q + sum1_q && u_dut.i0_q == i0_q && u_dut.i1_q == i1_q));
      LemmaCopy  : assert (!busy_q || (u_dut.step0_q == step0_q && u_dut.step1_q == step1_q &&
                           u_dut.last0_q == last0_q && u_dut.last1_q == last1_q &&
                           u_dut.pass_q.one_hot == one_hot_q));
      LemmaRow   : assert (u_dut.pass_q.prow == prow_q || !held_valid_q);
      LemmaHeld  : assert (!held_valid_q || u_dut.held_off8_q == held_q);
      LemmaFresh : assert (!busy_q || one_hot_q || held_valid_q || u_dut.fresh_q);

      SeesHeldWord : cover (busy_q && !mov_valid && !one_hot_q && i0_q == 9'd2 && i1_q == 9'd1);
      SeesNextPass : cover (start_i && busy_q && !pass_i.fresh && pass_i.prow == prow_q &&
                            !pass_i.one_hot);
    end
  end

  logic unused_outputs;
  assign unused_outputs = ^{job_begin, job_trace, job_end, accumulate, vec_valid, vec_first, vec_fmt,
                            vec_mode, vec_overwrite, vec_raise, vec_row_en, vec_data};

endmodule
