// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_cells: the arithmetic cells of VectorE behind one valid bit each, for their unit bench.
//
// valid_i marks an operation at the inputs of the operator and of both casts; *_valid_o marks its
// result, after the latency that the cells promise. op and dtype travel beside as in tn_vector_lane.

module tn_vector_cells (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        valid_i,

    input  logic [2:0]  op_i,
    input  logic [31:0] x_i,
    input  logic [31:0] s_i,
    output logic        alu_valid_o,
    output logic [31:0] alu_y_o,

    input  logic [2:0]  to_dtype_i,
    input  logic [31:0] to_x_i,
    output logic        to_valid_o,
    output logic [31:0] to_y_o,

    input  logic        from_relu_i,
    input  logic [2:0]  from_dtype_i,
    input  logic [31:0] from_x_i,
    output logic        from_valid_o,
    output logic [31:0] from_y_o
);

  localparam int unsigned AluStages    = tn_vector_pkg::AluStages;
  localparam int unsigned NarrowStages = tn_vector_pkg::NarrowStages;

  logic [AluStages:1]      valid_q;
  logic [AluStages:1][2:0] op_q;
  logic [2:0]              from_dtype_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[AluStages-1:1], valid_i};
    op_q         <= {op_q[AluStages-1:1], op_i};
    from_dtype_q <= from_dtype_i;
  end

  tn_vector_alu u_alu (
      .clk_i,
      .ctl_i(tn_vector_pkg::alu_ctl({valid_q[AluStages-1:1], valid_i}, {op_q, op_i})),
      .x_i,
      .s_i,
      .y_o  (alu_y_o)
  );
  assign alu_valid_o = valid_q[AluStages];

  tn_cast_to_fp32 u_to (
      .clk_i,
      .valid_i,
      .dtype_i(to_dtype_i),
      .x_i    (to_x_i),
      .y_o    (to_y_o)
  );
  assign to_valid_o = valid_q[1];

  tn_cast_from_fp32 u_from (
      .clk_i,
      .valid_i({valid_q[1], valid_i}),
      .relu_i (from_relu_i),
      .dtype_i({from_dtype_q, from_dtype_i}),
      .x_i    (from_x_i),
      .y_o    (from_y_o)
  );
  assign from_valid_o = valid_q[NarrowStages];

endmodule
