// SPDX-License-Identifier: Apache-2.0
//
// vector_walk_proof: the walk shows the elements of its definition:
//
//   for group, for i1, for i0:  offset = first + i0 * step0 + i1 * step1
//
// modulo 2^18, each once and in order. An advance over several elements of a row is given with the
// distance that they make together: the products are sums of what was given, apart for each dimension.
module vector_walk_proof (
  input logic                    clk_i,
  input logic                    start_i,
  input tn_vector_pkg::pattern_t pattern_i,
  input logic [15:0]             num0_i,
  input logic [15:0]             num1_i,
  input logic [6:0]              first_group_i,
  input logic [6:0]              last_group_i,
  input logic                    advance_i,
  input logic [3:0]              count_i,
  input logic [17:0]             step_i
);

  logic [17:0] offset;
  logic [6:0]  group;
  logic [15:0] left;
  logic        first, row_end, group_end, last;

  tn_vector_walk u_dut (
    .clk_i, .start_i, .pattern_i, .num0_i, .num1_i, .first_group_i, .last_group_i, .advance_i,
    .count_i, .step_i, .offset_o(offset), .group_o(group), .left_o(left), .first_o(first),
    .row_end_o(row_end), .group_end_o(group_end), .last_o(last)
  );

  logic        busy_q = 1'b0;  // between a start and the last element
  logic [17:0] base_q, step1_q, sum0_q, sum1_q;
  logic [15:0] num0_q, num1_q, i0_q, i1_q;
  logic [6:0]  group_q, last_group_q;

  logic end0, end1;
  assign end0 = 17'(i0_q) + 17'(count_i) == 17'(num0_q);
  assign end1 = i1_q + 16'd1 == num1_q;

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      busy_q       <= 1'b1;
      base_q       <= pattern_i.offset;
      step1_q      <= pattern_i.step1;
      num0_q       <= num0_i;
      num1_q       <= num1_i;
      group_q      <= first_group_i;
      last_group_q <= last_group_i;
      i0_q         <= '0;
      i1_q         <= '0;
      sum0_q       <= '0;
      sum1_q       <= '0;
    end else if (busy_q && advance_i) begin
      i0_q   <= end0 ? 16'd0 : i0_q + 16'(count_i);
      sum0_q <= end0 ? 18'd0 : sum0_q + step_i;
      if (end0) begin
        i1_q   <= end1 ? 16'd0 : i1_q + 16'd1;
        sum1_q <= end1 ? 18'd0 : sum1_q + step1_q;
        if (end1) begin
          group_q <= group_q + 7'd1;
          busy_q  <= group_q != last_group_q;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    PatternIsLegal   : assume (!start_i || (num0_i != '0 && num1_i != '0 &&
                                            first_group_i <= last_group_i));
    AdvanceStaysInRow : assume (count_i != '0 && (!busy_q || !advance_i ||
                                17'(i0_q) + 17'(count_i) <= 17'(num0_q)));
    if (busy_q) begin
      OffsetIsRight : assert (offset == base_q + sum1_q + sum0_q);
      GroupIsRight  : assert (group == group_q);
      LeftIsRight   : assert (32'(left) + 32'(i0_q) + 32'd1 == 32'(num0_q));
      FirstIsRight  : assert (first == (i0_q == '0 && i1_q == '0));
      EndsAreRight  : assert (!advance_i || (row_end == end0 && group_end == (end0 && end1) &&
                              last == (end0 && end1 && group_q == last_group_q)));

      LemmaRow   : assert (u_dut.row_q == base_q + sum1_q && u_dut.first_offset_q == base_q &&
                           u_dut.step1_q == step1_q && u_dut.last_group_q == last_group_q);
      LemmaLeft  : assert (i0_q < num0_q && i1_q < num1_q && group_q <= last_group_q &&
                           u_dut.left1_q + i1_q + 16'd1 == num1_q);
      LemmaNums  : assert (u_dut.last0_q + 16'd1 == num0_q && u_dut.last1_q + 16'd1 == num1_q);

      SeesDenseRow  : cover (advance_i && end0 && i0_q == 16'd4 && count_i == 4'd3);
      SeesNextGroup : cover (group_q == 7'd2 && i1_q == 16'd1 && i0_q == 16'd1 && first_group_i == 7'd0);
    end
  end

endmodule
