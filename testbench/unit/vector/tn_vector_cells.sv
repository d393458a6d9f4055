// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_cells: the arithmetic cells of VectorE behind one valid bit each, for their unit bench.
//
// valid_i marks an operation at the inputs of the operator, the front and the last cast; *_valid_o
// marks its result, after the latency that the cells promise. Control travels beside as in
// tn_vector_trip and tn_vector_approach. RecipWays reciprocals start together.

module tn_vector_cells #(
    localparam int unsigned RecipWays = 8
) (
    input  logic                       clk_i,
    input  logic                       rst_ni,
    input  logic                       valid_i,

    input  logic [4:0]                 op_i,
    input  logic                       reverse_i,
    input  logic [31:0]                x_i,
    input  logic [31:0]                s_i,
    output logic                       alu_valid_o,
    output logic [31:0]                alu_y_o,

    input  logic [1:0]                 to_stages_i,  // of tn_vector_pkg::front_t; constant in a run
    input  logic [2:0]                 to_dtype_i,
    input  logic [31:0]                to_x_i,
    output logic                       to_valid_o,
    output logic [31:0]                to_y_o,

    input  logic                       from_relu_i,
    input  logic                       from_negate_i,
    input  logic [1:0]                 from_narrow_i,  // tn_vector_pkg::narrow_e
    input  logic [2:0]                 from_dtype_i,
    input  logic [31:0]                from_x_i,
    output logic                       from_valid_o,
    output logic [31:0]                from_y_o,

    input  logic                       recip_start_i,
    input  logic [RecipWays-1:0][31:0] recip_x_i,
    output logic                       recip_valid_o,
    output logic [RecipWays-1:0][31:0] recip_y_o
);

  localparam int unsigned AluStages    = tn_vector_pkg::AluStages;
  localparam int unsigned NarrowStages = tn_vector_pkg::NarrowStages;
  localparam int unsigned RecipCycles  = tn_vector_pkg::RecipCycles;

  logic [AluStages:1]                      valid_q;
  tn_vector_pkg::operation_t [AluStages:1] operation_q;
  tn_vector_pkg::operation_t               operation;
  logic [2:0]                              from_dtype_q;
  logic [1:0]                              from_narrow_q;

  assign operation = tn_vector_pkg::operation(op_i, reverse_i);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[AluStages-1:1], valid_i};
    operation_q   <= {operation_q[AluStages-1:1], operation};
    from_dtype_q  <= from_dtype_i;
    from_narrow_q <= from_narrow_i;
  end

  tn_vector_alu u_alu (
      .clk_i,
      .ctl_i(tn_vector_pkg::alu_ctl({valid_q[AluStages-1:1], valid_i}, {operation_q, operation})),
      .x_i,
      .s_i,
      .recip_y_i('0),
      .y_o      (alu_y_o)
  );
  assign alu_valid_o = valid_q[AluStages];

  tn_vector_pkg::front_ctl_t front;
  logic [2:0]                to_dtype_q;

  always_ff @(posedge clk_i) to_dtype_q <= to_dtype_i;

  always_comb begin
    front                   = '0;
    front.take_valid        = valid_i;
    front.take.psum         = 1'b1;
    front.front.stages      = to_stages_i;
    front.front.dtype       = to_dtype_i;
    front.front.sign_extend = {1'b0, to_dtype_i} == tn_isa_pkg::DtypeInt8;
    front.widen_valid       = valid_q[1] && to_stages_i == 2'd1;
    front.widen_dtype       = to_dtype_q;
    front.integer0_valid    = valid_q[1] && to_stages_i == 2'd2;
    front.integer1_valid    = valid_q[2] && to_stages_i == 2'd2;
  end

  tn_vector_front u_front (
      .clk_i,
      .ctl_i      (front),
      .psum_data_i(to_x_i),
      .sbuf_data_i('0),
      .fill_data_i('0),
      .y_o        (to_y_o)
  );
  assign to_valid_o = to_stages_i == 2'd0 ? valid_q[1] : to_stages_i == 2'd1 ? valid_q[2]
                                                                             : valid_q[3];

  tn_cast_from_fp32 u_from (
      .clk_i,
      .valid_i     ({valid_q[1], valid_i}),
      .relu_i      (from_relu_i),
      .negate_i    (from_negate_i),
      .bits_1_i    (from_narrow_q == tn_vector_pkg::NarrowBits),
      .saturate_1_i(from_narrow_q == tn_vector_pkg::NarrowSaturate),
      .dtype_i     ({from_dtype_q, from_dtype_i}),
      .x_i         (from_x_i),
      .y_o         (from_y_o)
  );
  assign from_valid_o = valid_q[NarrowStages];

  // recip_count_q: cycles since the start.
  logic [7:0] recip_count_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) recip_count_q <= '0;
    else if (recip_start_i) recip_count_q <= 8'd1;
    else if (recip_count_q != '0) recip_count_q <= recip_valid_o ? '0 : recip_count_q + 8'd1;
  end
  assign recip_valid_o = recip_count_q == 8'(RecipCycles);

  for (genvar w = 0; w < RecipWays; w++) begin : gen_recip
    tn_fp32_recip u_recip (
        .clk_i,
        .start_i(recip_start_i),
        .step_i (recip_count_q != '0 && recip_count_q < 8'(RecipCycles - 1)),
        .last_i (recip_count_q == 8'(RecipCycles - 1)),
        .x_i    (recip_x_i[w]),
        .y_o    (recip_y_o[w])
    );
  end

endmodule
