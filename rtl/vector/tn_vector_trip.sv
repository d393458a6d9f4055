// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_trip: control of the operators: follows elements from the front through the operators
// that their instruction uses, relu and cast, the same for all lanes.
//
// An operator that is bypass takes no time: an element goes from x to op0 (AluStages cycles, or
// RecipCycles for the reciprocal), to op1 (likewise), to the last cast (NarrowStages) and to the
// store, skipping what it does not use. Elements come to the store in the order in which they
// entered, one at most in a cycle: the requester sees to it (a shorter way follows a longer one
// only after the difference; the reciprocal takes one element at a time).
//
// Elements of a reduction end at op0, whose result becomes a partial result. Joins enter at op1.

module tn_vector_trip (
    input  logic                                     clk_i,
    input  logic                                     rst_ni,
    input  logic                                     clear_i,

    // In the cycle before the front holds the element.
    input  logic                                     valid_i,
    input  tn_vector_pkg::element_t                  element_i,
    // A join: its operands are read in this cycle. internal: its result is a partial result, of
    // index element.acc_index; else the result of the reduction, which goes on.
    input  logic                                     join_valid_i,
    input  logic                                     join_internal_i,
    input  tn_vector_pkg::element_t                  join_element_i,
    input  tn_vector_pkg::join_read_t                join_read_i,
    // Source 1.
    input  logic                                     stream_valid_i,  // in the cycle before x1 holds it
    output logic                                     stream_pop_o,

    output tn_vector_pkg::operand_ctl_t              operand_o,
    output tn_vector_pkg::alu_ctl_t                  alu0_o,
    output tn_vector_pkg::alu_ctl_t                  alu1_o,
    output tn_vector_pkg::from_e                     alu1_from_o,
    output tn_vector_pkg::recip_ctl_t                recip_o,
    output tn_vector_pkg::narrow_ctl_t               narrow_o,
    output logic                                     store_o,        // the result stands at the cast
    output logic                                     slot_passed_o,  // an operand slot is free
    output logic                                     row_done_o,     // partial results are complete
    output logic                                     busy_o
);

  localparam int unsigned AluStages = tn_vector_pkg::AluStages;
  localparam int unsigned NarrowStages = tn_vector_pkg::NarrowStages;
  localparam int unsigned RecipCycles = tn_vector_pkg::RecipCycles;
  localparam int unsigned RecipCountW = $clog2(RecipCycles + 1);

  typedef tn_vector_pkg::element_t element_t;

  // Before op0 or what follows it.
  logic     x_valid_q;
  element_t x_q;

  // Index k: before stage k of the operator; AluStages: its result.
  logic [AluStages:0]     op0_valid, op1_valid;
  element_t [AluStages:0] op0, op1;
  logic [AluStages:1]     op0_valid_q, op1_valid_q, op1_internal_q;
  element_t [AluStages:1] op0_q, op1_q;
  logic                   op0_valid_d, op1_valid_d;  // of the result
  element_t               op0_d, op1_d;

  // The reciprocal, whose count is that of the cycles since its operand.
  logic [RecipCountW-1:0] recip_count_q;
  logic                   recip_for_op1_q, recip_done, recip_x0, recip_x1, recip_y0;
  element_t               recip_q;

  // Joins, one cycle after their operands were read.
  logic     join_valid_q, join_internal_q;
  element_t join_q;

  logic [NarrowStages:0]     narrow_valid;
  logic [NarrowStages:1]     narrow_valid_q;
  element_t [NarrowStages:0] narrow;
  element_t [NarrowStages:1] narrow_q;

  // ---- Who goes where -----------------------------------------------------------------------------

  logic x_to_op1, op0_to_op1, x_to_narrow, op0_to_narrow, op1_to_narrow;

  assign recip_x0 = x_valid_q && x_q.path.use0 && x_q.path.op0.recip;
  assign recip_x1 = x_valid_q && !x_q.path.use0 && x_q.path.use1 && x_q.path.op1.recip;
  assign recip_y0 = op0_valid[AluStages] && op0[AluStages].path.use1 &&
                    op0[AluStages].path.op1.recip;
  assign recip_done = recip_count_q == RecipCountW'(RecipCycles - 1);

  assign x_to_op1      = x_valid_q && !x_q.path.use0 && x_q.path.use1 && !x_q.path.op1.recip;
  assign op0_to_op1    = op0_valid[AluStages] && op0[AluStages].path.use1 &&
                         !op0[AluStages].path.reduce && !op0[AluStages].path.op1.recip;
  assign x_to_narrow   = x_valid_q && !x_q.path.use0 && !x_q.path.use1;
  assign op0_to_narrow = op0_valid[AluStages] && !op0[AluStages].path.use1 &&
                         !op0[AluStages].path.reduce;
  assign op1_to_narrow = op1_valid[AluStages] && !op1_internal_q[AluStages];

  assign op0_valid   = {op0_valid_q, x_valid_q && x_q.path.use0 && !x_q.path.op0.recip};
  assign op0         = {op0_q, x_q};
  assign op0_valid_d = op0_valid[AluStages-1] || (recip_done && !recip_for_op1_q);
  assign op0_d       = recip_done && !recip_for_op1_q ? recip_q : op0[AluStages-1];

  assign op1_valid   = {op1_valid_q, x_to_op1 || op0_to_op1 || join_valid_q};
  assign op1         = {op1_q, x_to_op1 ? x_q : op0_to_op1 ? op0[AluStages] : join_q};
  assign op1_valid_d = op1_valid[AluStages-1] || (recip_done && recip_for_op1_q);
  assign op1_d       = recip_done && recip_for_op1_q ? recip_q : op1[AluStages-1];

  assign narrow_valid = {narrow_valid_q, x_to_narrow || op0_to_narrow || op1_to_narrow};
  assign narrow       = {narrow_q, x_to_narrow ? x_q : op0_to_narrow ? op0[AluStages]
                                                                      : op1[AluStages]};

  always_ff @(posedge clk_i) begin
    if (valid_i) x_q <= element_i;
    if (join_valid_i) join_q <= join_element_i;
    for (int unsigned k = 1; k < AluStages; k++) begin
      if (op0_valid[k-1]) op0_q[k] <= op0[k-1];
      if (op1_valid[k-1]) op1_q[k] <= op1[k-1];
      op1_internal_q[k] <= k == 1 ? join_valid_q && join_internal_q : op1_internal_q[k-1];
    end
    if (op0_valid_d) op0_q[AluStages] <= op0_d;
    if (op1_valid_d) op1_q[AluStages] <= op1_d;
    op1_internal_q[AluStages] <= op1_internal_q[AluStages-1];
    join_internal_q           <= join_internal_i;
    for (int unsigned k = 1; k <= NarrowStages; k++) begin
      if (narrow_valid[k-1]) narrow_q[k] <= narrow[k-1];
    end
    if (recip_x0 || recip_x1 || recip_y0) begin
      recip_q         <= recip_y0 ? op0[AluStages] : x_q;
      recip_for_op1_q <= !recip_x0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      x_valid_q      <= 1'b0;
      join_valid_q   <= 1'b0;
      op0_valid_q    <= '0;
      op1_valid_q    <= '0;
      narrow_valid_q <= '0;
      recip_count_q  <= '0;
    end else begin
      x_valid_q      <= valid_i;
      join_valid_q   <= join_valid_i;
      op0_valid_q    <= {op0_valid_d, op0_valid[AluStages-2:0]};
      op1_valid_q    <= {op1_valid_d, op1_valid[AluStages-2:0]};
      narrow_valid_q <= narrow_valid[NarrowStages-1:0];
      if (recip_x0 || recip_x1 || recip_y0) recip_count_q <= RecipCountW'(1);
      else if (recip_done) recip_count_q <= '0;
      else if (recip_count_q != '0) recip_count_q <= recip_count_q + 1'b1;
    end
  end

  assign busy_o = x_valid_q || join_valid_q || op0_valid_q != '0 || op1_valid_q != '0 ||
                  narrow_valid_q != '0 || recip_count_q != '0;

  // ---- Source 1 -------------------------------------------------------------------------------------

  logic                                   stream_write_q;
  logic [tn_vector_pkg::StreamIndexW-1:0] stream_write_index_q, stream_read_index_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      stream_write_q       <= 1'b0;
      stream_write_index_q <= '0;
      stream_read_index_q  <= '0;
    end else begin
      stream_write_q <= stream_valid_i;
      if (stream_write_q) stream_write_index_q <= stream_write_index_q + 1'b1;
      if (stream_pop_o) stream_read_index_q <= stream_read_index_q + 1'b1;
    end
  end

  // ---- To the lanes ---------------------------------------------------------------------------------

  logic     s1_for_x, s1_for_op0;
  logic     s1_stream;
  logic [tn_vector_pkg::OperandSlotW-1:0] s1_slot;
  assign s1_for_x     = valid_i && !element_i.path.use0 && element_i.path.use1;
  assign s1_for_op0   = op0_valid_d && op0_d.path.use1 && !op0_d.path.reduce;
  assign s1_stream    = s1_for_x ? element_i.path.stream : op0_d.path.stream;
  assign s1_slot      = s1_for_x ? element_i.slot : op0_d.slot;
  assign stream_pop_o = operand_o.s1_read && operand_o.s1_stream;

  always_comb begin
    operand_o.s0_read            = valid_i && element_i.path.use0;
    operand_o.s0_acc             = element_i.path.reduce;
    operand_o.s0_identity        = element_i.path.reduce && element_i.acc_first;
    operand_o.s0_slot            = element_i.slot;
    operand_o.s0_acc_index       = element_i.acc_index;
    operand_o.s1_read            = s1_for_x || s1_for_op0;
    operand_o.s1_stream          = s1_stream;
    operand_o.s1_slot            = s1_slot;
    operand_o.stream_read_index  = stream_read_index_q;
    operand_o.stream_write       = stream_write_q;
    operand_o.stream_write_index = stream_write_index_q;
    operand_o.acc_write          = op0_valid[AluStages] && op0[AluStages].path.reduce;
    operand_o.acc_write_index    = op0[AluStages].acc_index;
    operand_o.join_read          = join_read_i;
    operand_o.join_write         = op1_valid[AluStages] && op1_internal_q[AluStages];
    operand_o.join_write_index   = op1[AluStages].acc_index[2:0];
  end

  tn_vector_pkg::operation_t [AluStages:0] operation0, operation1;
  for (genvar k = 0; k <= AluStages; k++) begin : gen_operation
    assign operation0[k] = op0[k].path.op0;
    assign operation1[k] = op1[k].path.op1;
  end

  assign alu0_o = tn_vector_pkg::alu_ctl(op0_valid[AluStages-1:0], operation0);
  assign alu1_o = tn_vector_pkg::alu_ctl(op1_valid[AluStages-1:0], operation1);
  assign alu1_from_o = x_to_op1 ? tn_vector_pkg::FromX
                       : op0_to_op1 ? tn_vector_pkg::FromOp0 : tn_vector_pkg::FromJoin;

  assign recip_o.start = recip_x0 || recip_x1 || recip_y0;
  assign recip_o.step  = recip_count_q != '0 && !recip_done;
  assign recip_o.last  = recip_done;
  assign recip_o.from  = recip_y0 ? tn_vector_pkg::FromOp0 : tn_vector_pkg::FromX;

  always_comb begin
    narrow_o.valid      = narrow_valid[NarrowStages-1:0];
    narrow_o.from       = x_to_narrow ? tn_vector_pkg::FromX
                          : op0_to_narrow ? tn_vector_pkg::FromOp0 : tn_vector_pkg::FromOp1;
    narrow_o.relu       = narrow[0].path.relu;
    narrow_o.negate     = narrow[0].path.negate;
    narrow_o.bits_1     = narrow[1].path.narrow == tn_vector_pkg::NarrowBits;
    narrow_o.saturate_1 = narrow[1].path.narrow == tn_vector_pkg::NarrowSaturate;
    for (int unsigned k = 0; k < NarrowStages; k++) narrow_o.dtype[k] = narrow[k].path.dst_dtype;
  end

  assign store_o       = narrow_valid[NarrowStages];
  assign slot_passed_o = narrow_valid[0] && narrow[0].slot_end;
  assign row_done_o    = operand_o.acc_write && op0[AluStages].acc_last;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && !clear_i) begin
      OneEntersOp1 : assert (32'(x_to_op1) + 32'(op0_to_op1) + 32'(join_valid_q) <= 1);
      OneEntersNarrow : assert (32'(x_to_narrow) + 32'(op0_to_narrow) + 32'(op1_to_narrow) <= 1);
      OneInRecip : assert (recip_count_q == '0 || !recip_o.start);
      ResultsDoNotMeet : assert (!recip_done || !(recip_for_op1_q ? op1_valid[AluStages-1]
                                                                  : op0_valid[AluStages-1]));
      OneReadsOperand1 : assert (32'(s1_for_x) + 32'(s1_for_op0) + 32'(join_valid_i) <= 1);
    end
  end
`endif

endmodule
