// SPDX-License-Identifier: Apache-2.0
//
// dma_runs_proof: the runs of a command begin where its definition says:
//
//   for i3, for i2, for i1:  place = first + i1 * step1 + i2 * step2 + i3 * step3
//
// on both sides, each once and in order, modulo the widths of the parts. The products are kept as sums
// of steps, apart for each dimension. Commands are followed from the head of the queue on: that the
// queue keeps their order says the proof of tn_fifo.
module dma_runs_proof #(
  parameter int unsigned Depth = 2
) (
  input logic                 clk_i,
  input logic                 rst_ni,
  input logic                 cmd_valid_i,
  input tn_dma_pkg::command_t cmd_i,
  input logic                 run_ready_i
);

  logic             cmd_ready, run_valid, take, go;
  tn_dma_pkg::run_t run;

  tn_dma_runs #(
    .Depth(Depth)
  ) u_dut (
    .clk_i, .rst_ni, .cmd_valid_i, .cmd_ready_o(cmd_ready), .cmd_i,
    .run_valid_o(run_valid), .run_ready_i, .run_o(run)
  );

  assign take = u_dut.pending_valid && u_dut.pending_ready;
  assign go   = run_valid && run_ready_i;

  // One of the four parts of a place, all walked alike.
  localparam int unsigned Parts = 4;
  typedef logic [Parts-1:0][17:0] parts_t;  // far offset, far partition, near offset, near partition

  function automatic parts_t plus(input parts_t a, input parts_t b);
    parts_t sum;
    for (int unsigned part = 0; part < Parts; part++) sum[part] = a[part] + b[part];
    return sum;
  endfunction

  // Equal as far as the parts go: partitions have eight bits.
  function automatic logic same(input parts_t a, input parts_t b);
    return a[0] == b[0] && a[1][7:0] == b[1][7:0] && a[2] == b[2] && a[3][7:0] == b[3][7:0];
  endfunction

  function automatic parts_t of_place(input logic [17:0] far_offset, input logic [7:0] far_partition,
                                      input tn_dma_pkg::spot_t spot);
    return {{10'b0, spot.partition}, spot.offset, {10'b0, far_partition}, far_offset};
  endfunction

  logic                 started_q = 1'b0;
  logic                 busy_q;
  parts_t               first_q, sum1_q, sum2_q, sum3_q;
  parts_t [2:0]         step_q;
  logic [2:0][15:0]     num_q, i_q;
  logic                 join1_q, join2_q, transpose_q;
  logic [1:0]           element_log2_q, rows_log2_q;
  logic [17:0]          bytes_q;

  logic   end1, end2, end3;
  parts_t place, place2, place3;
  assign end1   = i_q[0] + 16'd1 == num_q[0];
  assign end2   = i_q[1] + 16'd1 == num_q[1];
  assign end3   = i_q[2] + 16'd1 == num_q[2];
  assign place3 = plus(first_q, sum3_q);
  assign place2 = plus(place3, sum2_q);
  assign place  = plus(place2, sum1_q);

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    if (!rst_ni) begin
      busy_q <= 1'b0;
    end else if (take) begin
      busy_q  <= 1'b1;
      first_q <= of_place(u_dut.pending.address[17:0], u_dut.pending.far_partition,
                          u_dut.pending.spot);
      for (int unsigned d = 0; d < 3; d++) begin
        step_q[d] <= of_place(u_dut.pending.address_step[d][17:0],
                              u_dut.pending.far_partition_step[d], u_dut.pending.near_step[d]);
      end
      num_q          <= u_dut.pending.num;
      i_q            <= '0;
      sum1_q         <= '0;
      sum2_q         <= '0;
      sum3_q         <= '0;
      bytes_q        <= u_dut.pending.row_bytes;
      join1_q        <= u_dut.pending.join1;
      join2_q        <= u_dut.pending.join2;
      transpose_q    <= u_dut.pending.transpose;
      element_log2_q <= u_dut.pending.element_log2;
      rows_log2_q    <= u_dut.pending.rows_log2;
    end else if (go) begin
      i_q[0] <= end1 ? 16'd0 : i_q[0] + 16'd1;
      sum1_q <= end1 ? '0 : plus(sum1_q, step_q[0]);
      if (end1) begin
        i_q[1] <= end2 ? 16'd0 : i_q[1] + 16'd1;
        sum2_q <= end2 ? '0 : plus(sum2_q, step_q[1]);
        if (end2) begin
          i_q[2] <= i_q[2] + 16'd1;
          sum3_q <= plus(sum3_q, step_q[2]);
          busy_q <= !end3;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!started_q) begin
      StartsInReset : assume (!rst_ni);
    end
    if (started_q && rst_ni) begin
      CountsAreLegal : assume (!u_dut.pending_valid || (u_dut.pending.num[0] != '0 &&
                               u_dut.pending.num[1] != '0 && u_dut.pending.num[2] != '0));

      RunWhileWork  : assert (run_valid == busy_q);
      PlaceIsRight  : assert (!busy_q || same(of_place(run.far_offset, run.far_partition, run.spot),
                                              place));
      LastIsRight   : assert (!busy_q || run.last == (end1 && end2 && end3));
      // The next run follows on the bus: inside a joined dimension, and from one to the next.
      JoinIsRight   : assert (!busy_q || run.join_far == (end1 ? !end2 && join2_q : join1_q));
      RestIsRight   : assert (!busy_q || (run.bytes == bytes_q && run.transpose == transpose_q &&
                                          run.element_log2 == element_log2_q &&
                                          run.rows_log2 == rows_log2_q));
      NoGap         : assert (u_dut.pending_ready == (!busy_q || (go && run.last)));

      LemmaPlaces : assert (!busy_q ||
          (same(of_place(u_dut.place2_q.far_offset, u_dut.place2_q.far_partition,
                         u_dut.place2_q.spot), place2) &&
           same(of_place(u_dut.place3_q.far_offset, u_dut.place3_q.far_partition,
                         u_dut.place3_q.spot), place3)));
      LemmaLeft   : assert (!busy_q || (u_dut.left_q[0] + i_q[0] == num_q[0] &&
          u_dut.left_q[1] + i_q[1] == num_q[1] && u_dut.left_q[2] + i_q[2] == num_q[2] &&
          i_q[0] < num_q[0] && i_q[1] < num_q[1] && i_q[2] < num_q[2]));
      LemmaSteps  : assert (!busy_q || (u_dut.num_q == num_q[1:0] &&
          same(of_place(u_dut.step_q[0].far_offset, u_dut.step_q[0].far_partition,
                        u_dut.step_q[0].spot), step_q[0]) &&
          same(of_place(u_dut.step_q[1].far_offset, u_dut.step_q[1].far_partition,
                        u_dut.step_q[1].spot), step_q[1]) &&
          same(of_place(u_dut.step_q[2].far_offset, u_dut.step_q[2].far_partition,
                        u_dut.step_q[2].spot), step_q[2])));
      LemmaFlags  : assert (!busy_q || (u_dut.join1_q == join1_q && u_dut.join2_q == join2_q));

      SeesAllTurn   : cover (go && end1 && end2 && i_q[2] == 16'd1 && !end3 && num_q[0] == 16'd2);
      SeesBackToBack : cover (go && run.last && take);
    end
  end

endmodule
