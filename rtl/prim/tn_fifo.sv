// SPDX-License-Identifier: Apache-2.0
//
// tn_fifo: queue of Depth words with valid/ready on both sides.
//
// out_data_o shows the oldest word while out_valid_o; a word is visible one cycle after it was
// taken, or with FallThrough in the same cycle if the queue is empty. Full throughput for Depth >= 2.
// in_ready_o depends on state only, so a full queue takes no word in the cycle in which one leaves.
// clear_i empties it; reset does the same. Data are not reset.
module tn_fifo #(
  parameter int unsigned Width       = 32,   // bits
  parameter int unsigned Depth       = 4,    // words
  parameter bit          FallThrough = 1'b0,
  localparam int unsigned CountW = $clog2(Depth + 1)
) (
  input  logic              clk_i,
  input  logic              rst_ni,
  input  logic              clear_i,
  input  logic              in_valid_i,
  output logic              in_ready_o,
  input  logic [Width-1:0]  in_data_i,
  output logic              out_valid_o,
  input  logic              out_ready_i,
  output logic [Width-1:0]  out_data_o,
  output logic [CountW-1:0] count_o    // words held
);

  if (Depth < 1) begin : gen_check_depth
    $fatal(1, "tn_fifo: Depth (%0d) must be at least 1", Depth);
  end

  localparam int unsigned PtrW = (Depth > 1) ? $clog2(Depth) : 1;

  logic [Width-1:0]  mem [Depth];
  logic [PtrW-1:0]   wr_ptr_q, rd_ptr_q;
  logic [CountW-1:0] count_q;
  logic              empty, passes, push, pop;  // passes: through an empty queue, not stored

  assign empty       = (count_q == '0);
  assign passes      = FallThrough && empty && in_valid_i && out_ready_i;
  assign push        = in_valid_i && in_ready_o && !passes;
  assign pop         = !empty && out_ready_i;
  assign in_ready_o  = (count_q != CountW'(Depth));
  assign out_valid_o = !empty || (FallThrough && in_valid_i);
  assign out_data_o  = (FallThrough && empty) ? in_data_i : mem[rd_ptr_q];
  assign count_o     = count_q;

  always_ff @(posedge clk_i) begin
    if (push) begin
      mem[wr_ptr_q] <= in_data_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      wr_ptr_q <= '0;
      rd_ptr_q <= '0;
      count_q  <= '0;
    end else begin
      if (push) begin
        wr_ptr_q <= (32'(wr_ptr_q) == Depth - 1) ? '0 : wr_ptr_q + 1'b1;
      end
      if (pop) begin
        rd_ptr_q <= (32'(rd_ptr_q) == Depth - 1) ? '0 : rd_ptr_q + 1'b1;
      end
      if (push != pop) begin
        count_q <= push ? count_q + 1'b1 : count_q - 1'b1;
      end
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      CountInRange : assert (32'(count_q) <= Depth);
    end
  end
`endif

endmodule
