// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_front: one element out of a memory word, as the 32 bits that the operators take.
//
// The take alone is one stage (FP32, and whatever is not converted); the cast of a float is one more,
// that of an integer two. y_o holds the element from the edge at which its last stage ends until the
// next one. Who feeds it sees to it that no two elements end at the same edge. An SBUF word is kept
// for further elements out of it.

module tn_vector_front (
    input  logic                      clk_i,
    input  tn_vector_pkg::front_ctl_t ctl_i,
    input  logic [31:0]               psum_data_i,
    input  logic [63:0]               sbuf_data_i,
    input  logic [31:0]               fill_data_i,
    output logic [31:0]               y_o
);

  logic [31:0] raw_q, y_q, widened, converted;
  logic [63:0] held_q;

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
                                       logic [31:0] psum, logic [63:0] sbuf, logic [63:0] held,
                                       logic [31:0] fill);
    logic [31:0] element;
    element = from.fill   ? fill
              : from.psum ? psum : 32'((from.held ? held : sbuf) >> {from.src_byte, 3'b0});
    return sign_extend ? {{24{element[7]}}, element[7:0]} : element;
  endfunction

  always_ff @(posedge clk_i) begin
    if (ctl_i.take_valid) begin : take_element
      automatic logic [31:0] element;
      element = take(ctl_i.take, ctl_i.front.sign_extend, psum_data_i, sbuf_data_i, held_q,
                     fill_data_i);
      if (ctl_i.front.stages == 2'd0) y_q <= element;
      else raw_q <= element;
      if (!ctl_i.take.psum && !ctl_i.take.fill && !ctl_i.take.held) held_q <= sbuf_data_i;
    end
    if (ctl_i.widen_valid) y_q <= widened;
    if (ctl_i.integer1_valid) y_q <= converted;
  end

  assign y_o = y_q;

endmodule
