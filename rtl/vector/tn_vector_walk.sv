// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_walk: goes through an access pattern, group of partitions after group of partitions.
//
// start_i takes a pattern of num0_i x num1_i elements and the groups first_group_i to last_group_i;
// the outputs then show the current element. advance_i goes on by count_i elements of a row, which
// lie step_i apart in all (count_i is 1 but for dense runs, and never goes beyond the row). After
// the last element the outputs mean nothing until the next start_i.

module tn_vector_walk (
    input  logic                    clk_i,
    input  logic                    start_i,
    input  tn_vector_pkg::pattern_t pattern_i,  // its step0 comes as step_i
    input  logic [15:0]             num0_i,
    input  logic [15:0]             num1_i,
    input  logic [6:0]              first_group_i,
    input  logic [6:0]              last_group_i,

    input  logic                    advance_i,
    input  logic [3:0]              count_i,
    input  logic [17:0]             step_i,

    output logic [17:0]             offset_o,
    output logic [6:0]              group_o,
    output logic [15:0]             left_o,       // elements of the row after this one
    output logic                    first_o,      // the first of its group
    output logic                    row_end_o,    // this advance ends the row
    output logic                    group_end_o,
    output logic                    last_o
);

  logic [17:0]             first_offset_q, step1_q;
  logic [15:0]             last0_q, last1_q;  // num less one
  logic [15:0]             left0_q, left1_q;
  logic [17:0]             offset_q, row_q;
  logic [6:0]              group_q, last_group_q;
  logic                    first_q;

  assign row_end_o   = left0_q < {12'b0, count_i};
  assign group_end_o = row_end_o && left1_q == '0;
  assign last_o      = group_end_o && group_q == last_group_q;
  assign offset_o    = offset_q;
  assign group_o     = group_q;
  assign left_o      = left0_q;
  assign first_o     = first_q;

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      first_offset_q <= pattern_i.offset;
      step1_q        <= pattern_i.step1;
      last0_q      <= num0_i - 16'd1;
      last1_q      <= num1_i - 16'd1;
      left0_q      <= num0_i - 16'd1;
      left1_q      <= num1_i - 16'd1;
      offset_q     <= pattern_i.offset;
      row_q        <= pattern_i.offset;
      group_q      <= first_group_i;
      last_group_q <= last_group_i;
      first_q      <= 1'b1;
    end else if (advance_i) begin
      first_q <= group_end_o;
      if (group_end_o) begin
        group_q  <= group_q + 7'd1;
        left0_q  <= last0_q;
        left1_q  <= last1_q;
        offset_q <= first_offset_q;
        row_q    <= first_offset_q;
      end else if (row_end_o) begin
        left0_q  <= last0_q;
        left1_q  <= left1_q - 16'd1;
        offset_q <= row_q + step1_q;
        row_q    <= row_q + step1_q;
      end else begin
        left0_q  <= left0_q - {12'b0, count_i};
        offset_q <= offset_q + step_i;
      end
    end
  end

  logic unused_pattern;
  assign unused_pattern = ^pattern_i.step0;

endmodule
