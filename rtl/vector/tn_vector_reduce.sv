// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_reduce: the order of TensorReduce after its elements: joins the eight partial results of
// a reduction in a tree, through op1, and sends the result on its way.
//
// Elements of one reduction gather while the partial results of the one before are joined: there are
// two banks of partial results. Joins of a reduction take Schedule cycles, so that reductions of at
// least as many elements run at an element a cycle. A partial result that has no elements is left
// out: its join passes the other side. A join begins only where the result has a place to go.

module tn_vector_reduce (
    input  logic                      clk_i,
    input  logic                      rst_ni,
    input  logic                      clear_i,
    input  logic                      hold_i,      // begin no further joins

    input  tn_vector_pkg::path_t      path_i,      // of the instruction at work, like the next two
    input  logic [3:0]                partials_i,  // with elements, 1 to 8
    input  logic                      final_i,     // the result to come is the instruction's last
    input  logic                      room_i,      // for a result
    input  logic                      row_begin_i, // the first element of a reduction is read
    input  logic                      row_done_i,  // its partial results are complete

    output logic                      bank_o,      // for the elements of the next reduction
    output logic                      bank_free_o,
    output logic                      result_o,    // a result takes its place in this cycle

    output logic                      join_valid_o,
    output logic                      join_internal_o,
    output tn_vector_pkg::element_t   join_element_o,
    output tn_vector_pkg::join_read_t join_read_o,
    output logic                      busy_o
);

  // A join's result can be read 6 cycles after its operands were.
  localparam logic [3:0] JoinLat = 4'(tn_vector_pkg::AluStages + 2);
  localparam logic [3:0] Schedule = 4'd15;  // the last cycle: the last join

  // bank_begin_q: for the next elements; bank_join_q: next to join.
  logic       bank_begin_q, bank_join_q, run_q, final_q;
  logic [1:0] taken_q;   // banks that hold a reduction
  logic [1:0] due_q;     // reductions whose joins have not begun
  logic [3:0] cycle_q;
  logic       start, bank_passed;

  assign start       = (due_q != '0 || row_done_i) && room_i && !hold_i && (!run_q || cycle_q == Schedule);
  assign bank_passed = run_q && cycle_q == 4'd3;
  assign result_o    = start;
  assign bank_o      = bank_begin_q;
  assign bank_free_o = !taken_q[bank_begin_q];
  assign busy_o      = run_q || (taken_q != '0 && !hold_i);

  always_ff @(posedge clk_i) begin
    if (start) final_q <= final_i;
    if (!rst_ni || clear_i) begin
      bank_begin_q <= 1'b0;
      bank_join_q  <= 1'b0;
      taken_q      <= '0;
      due_q        <= '0;
      run_q        <= 1'b0;
      cycle_q      <= '0;
    end else begin
      due_q <= due_q + 2'(row_done_i) - 2'(start);
      if (row_begin_i) begin
        taken_q[bank_begin_q] <= 1'b1;
        bank_begin_q          <= !bank_begin_q;
      end
      if (bank_passed) begin
        taken_q[bank_join_q] <= 1'b0;
        bank_join_q          <= !bank_join_q;
      end
      if (start) begin
        run_q   <= 1'b1;
        cycle_q <= '0;
      end else if (run_q) begin
        run_q   <= cycle_q != Schedule;
        cycle_q <= cycle_q + 4'd1;
      end
    end
  end

  // Two first joins of the second level and the last one, each when its operands are there.
  localparam logic [3:0] CycleLow  = 4'd1 + JoinLat;
  localparam logic [3:0] CycleHigh = 4'd3 + JoinLat;

  logic present;  // the right side has elements

  always_comb begin
    join_valid_o    = 1'b0;
    join_internal_o = 1'b1;
    present         = 1'b0;
    join_read_o     = '0;
    join_element_o  = '0;
    case (cycle_q)
      4'd0, 4'd1, 4'd2, 4'd3: begin
        join_valid_o             = run_q;
        present                  = partials_i > {1'b0, cycle_q[1:0], 1'b1};
        join_read_o.from_acc     = 1'b1;
        join_read_o.x_index      = {bank_join_q, cycle_q[1:0], 1'b0};
        join_read_o.s_index      = {bank_join_q, cycle_q[1:0], 1'b1};
        join_element_o.acc_index = {2'b0, cycle_q[1:0]};
      end
      CycleLow: begin
        join_valid_o             = run_q;
        present                  = partials_i > 4'd2;
        join_read_o.x_index      = 4'd0;
        join_read_o.s_index      = 4'd1;
        join_element_o.acc_index = 4'd4;
      end
      CycleHigh: begin
        join_valid_o             = run_q;
        present                  = partials_i > 4'd6;
        join_read_o.x_index      = 4'd2;
        join_read_o.s_index      = 4'd3;
        join_element_o.acc_index = 4'd5;
      end
      Schedule: begin
        join_valid_o            = run_q;
        join_internal_o         = 1'b0;
        present                 = partials_i > 4'd4;
        join_read_o.x_index     = 4'd4;
        join_read_o.s_index     = 4'd5;
        join_element_o.slot_end = final_q;
      end
      default: ;
    endcase
    join_read_o.read          = join_valid_o;
    join_element_o.path       = path_i;
    join_element_o.path.op1   = present ? path_i.op1 : '0;  // bypass
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && !clear_i) begin
      BankWasFree : assert (!row_begin_i || bank_free_o);
      ScheduleFits : assert (CycleHigh + JoinLat == Schedule);
      DueHasBank : assert (!row_done_i || taken_q != '0);
    end
  end
`endif

endmodule
