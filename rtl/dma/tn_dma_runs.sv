// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_runs: walks the runs of commands for the data path: where each begins on both sides.
//
// Holds Depth commands before the one worked on. One run a cycle, without a gap between commands;
// the first run appears one cycle after its command if nothing is ahead of it.
module tn_dma_runs #(
  parameter int unsigned Depth = 8
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 cmd_valid_i,
  output logic                 cmd_ready_o,
  input  tn_dma_pkg::command_t cmd_i,
  output logic                 run_valid_o,
  input  logic                 run_ready_i,
  output tn_dma_pkg::run_t     run_o
);

  logic                 pending_valid, pending_ready;
  /* verilator lint_off UNUSEDSIGNAL */  // addresses as far as the data path needs them
  tn_dma_pkg::command_t pending;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [$clog2(Depth+1)-1:0] unused_count;

  tn_fifo #(
    .Width      ($bits(tn_dma_pkg::command_t)),
    .Depth      (Depth),
    .FallThrough(1'b1)
  ) u_pending (
    .clk_i,
    .rst_ni,
    .clear_i    (1'b0),
    .in_valid_i (cmd_valid_i),
    .in_ready_o (cmd_ready_o),
    .in_data_i  (cmd_i),
    .out_valid_o(pending_valid),
    .out_ready_i(pending_ready),
    .out_data_o (pending),
    .count_o    (unused_count)
  );

  // Where a run begins, on both sides.
  typedef struct packed {
    tn_dma_pkg::sbuf_bytes_t far_offset;
    logic [7:0]              far_partition;
    tn_dma_pkg::spot_t       spot;
  } place_t;

  function automatic place_t add(input place_t a, input place_t b);
    return '{far_offset: a.far_offset + b.far_offset,
             far_partition: a.far_partition + b.far_partition,
             spot: '{partition: a.spot.partition + b.spot.partition,
                     offset: a.spot.offset + b.spot.offset}};
  endfunction

  logic             active_q;
  place_t           place_q, place2_q, place3_q;  // of the run; of the first with this i2, this i3
  place_t [2:0]     step_q;
  logic [2:0][15:0] left_q;                       // runs of the dimension, at least 1
  logic [1:0][15:0] num_q;
  tn_dma_pkg::sbuf_bytes_t bytes_q;
  logic             join1_q, join2_q, transpose_q;
  logic [1:0]       element_log2_q, rows_log2_q;

  logic   last1, last2, last3, go, step;
  place_t next_place;
  assign last1         = (left_q[0] == 16'd1);
  assign last2         = (left_q[1] == 16'd1);
  assign last3         = (left_q[2] == 16'd1);
  assign go            = active_q && run_ready_i;
  assign step          = go && !run_o.last;
  assign pending_ready = !active_q || (go && run_o.last);
  assign next_place    = !last1 ? add(place_q, step_q[0]) :
                         !last2 ? add(place2_q, step_q[1]) : add(place3_q, step_q[2]);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
    end else if (pending_ready) begin
      active_q <= pending_valid;
    end
  end

  place_t first;
  assign first = '{far_offset: pending.address[17:0], far_partition: pending.far_partition,
                   spot: pending.spot};

  always_ff @(posedge clk_i) begin
    if (pending_ready) begin
      if (pending_valid) begin
        place_q  <= first;
        place2_q <= first;
        place3_q <= first;
        for (int unsigned d = 0; d < 3; d++) begin
          step_q[d] <= '{far_offset: pending.address_step[d][17:0],
                         far_partition: pending.far_partition_step[d],
                         spot: pending.near_step[d]};
        end
        num_q          <= pending.num[1:0];
        left_q         <= pending.num;
        bytes_q        <= pending.row_bytes;
        join1_q        <= pending.join1;
        join2_q        <= pending.join2;
        transpose_q    <= pending.transpose;
        element_log2_q <= pending.element_log2;
        rows_log2_q    <= pending.rows_log2;
      end
    end else if (step) begin
      place_q   <= next_place;
      left_q[0] <= last1 ? num_q[0] : left_q[0] - 16'd1;
      if (last1) begin
        place2_q  <= next_place;
        left_q[1] <= last2 ? num_q[1] : left_q[1] - 16'd1;
        if (last2) begin
          place3_q  <= next_place;
          left_q[2] <= left_q[2] - 16'd1;
        end
      end
    end
  end

  assign run_valid_o = active_q;
  assign run_o = '{
    far_offset:    place_q.far_offset,
    far_partition: place_q.far_partition,
    spot:          place_q.spot,
    bytes:         bytes_q,
    join_far:      !last1 ? join1_q : !last2 && join2_q,
    last:          last1 && last2 && last3,
    transpose:     transpose_q,
    element_log2:  element_log2_q,
    rows_log2:     rows_log2_q
  };

endmodule
