// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_front: one element out of a memory word, as the 32 bits that the operators take.
//
// The take alone is one stage (FP32, and whatever is not converted); the cast of a float is one more,
// that of an integer two. y_o holds the element from the edge at which its last stage ends until the
// next one. Who feeds it sees to it that no two elements end at the same edge.

module tn_vector_front (
    input  logic                      clk_i,
    input  tn_vector_pkg::front_ctl_t ctl_i,
    input  logic [31:0]               psum_data_i,
    input  logic [63:0]               sbuf_data_i,
    input  logic [31:0]               fill_data_i,
    output logic [31:0]               y_o
);

  logic [31:0] raw_q, y_q, widened, converted;

  tn_cast_to_fp32 u_widen (
      .dtype_i(ctl_i.widen_dtype),
      .x_i    (raw_q),
      .y_o    (widened)
  );

  tn_int_to_fp32 u_convert (
      .clk_i,
      .valid_i(ctl_i.integer0_valid),
      .x_i    (raw_q),
      .y_o    (converted)
  );

  // Bits above an element are whatever follows it in memory.
  function automatic logic [31:0] take(tn_vector_pkg::take_t from, logic sign_extend,
                                       logic [31:0] psum, logic [63:0] sbuf, logic [31:0] fill);
    logic [31:0] element;
    element = from.fill ? fill : from.psum ? psum : 32'(sbuf >> {from.src_byte, 3'b0});
    return sign_extend ? {{24{element[7]}}, element[7:0]} : element;
  endfunction

  always_ff @(posedge clk_i) begin
    if (ctl_i.take_valid) begin
      if (ctl_i.front.stages == 2'd0) begin
        y_q <= take(ctl_i.take, ctl_i.front.sign_extend, psum_data_i, sbuf_data_i, fill_data_i);
      end else begin
        raw_q <= take(ctl_i.take, ctl_i.front.sign_extend, psum_data_i, sbuf_data_i, fill_data_i);
      end
    end
    if (ctl_i.widen_valid) y_q <= widened;
    if (ctl_i.integer1_valid) y_q <= converted;
  end

  assign y_o = y_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    OneEndsAtAnEdge : assert (32'(ctl_i.take_valid && ctl_i.front.stages == 2'd0) +
                              32'(ctl_i.widen_valid) + 32'(ctl_i.integer1_valid) <= 1);
  end
`endif

endmodule
