// SPDX-License-Identifier: Apache-2.0
//
// tn_pe: one processing element of the PE array, one DSP slice.
//
// Three waves pass through it, each with its own shadow and active copy of what it needs of the
// stationary operand. The exponent wave keeps the largest product exponent of the group; it comes
// back to the head of the column as the reference. The alignment wave (17 cycles behind) measures
// the distance of the product to the reference. The significand wave (2 more) multiplies, shifts the
// product into the fixed-point window, or leaves it out if it lies below, and adds it to the sum
// from the PE above; all of that is tn_dsp_mac. The PE need not know the mode of the pair.
//
// Horizontal outputs come 1 cycle after their inputs, the reference 1; counted from the moving input
// of the wave, the maximum 2, the specials 2 and the sum 3. Nothing is reset. Load enables and swaps
// travel beside the PEs, in tn_pe_array.

module tn_pe #(
    parameter bit Chained = 1'b1,  // sum_i is taken; 0 in the first row of a group
    parameter bit Last    = 1'b0   // sum_o feeds the foot; 1 in the last row of a group
) (
    input  logic                 clk_i,
    input  logic                 enable_i,      // something is in flight in this column
    input  logic                 tile_event_i,  // any of the enables and swaps below
    // exponent wave
    input  logic                 ld_exp_en_i,
    input  logic [9:0]           ld_exp_i,      // 512 + exponent, at most 255 for a zero
    input  logic                 swap_exp_i,
    input  logic [9:0]           mov_exp_i,     // 512 + exponent - window, at most 255 for a zero
    input  logic [10:0]          max_i,
    output logic [9:0]           mov_exp_o,
    output logic [10:0]          max_o,
    // alignment wave
    input  logic                 ld_aln_en_i,
    input  logic [8:0]           ld_aln_i,
    input  logic                 swap_aln_i,
    input  logic [8:0]           mov_aln_i,
    input  logic [9:0]           ref_i,
    output logic [8:0]           mov_aln_o,
    output logic [9:0]           ref_o,
    // significand wave
    input  logic                 ld_sig_en_i,
    input  tn_pkg::stationary_sig_t ld_sig_i,
    input  logic                 swap_sig_i,
    input  tn_pkg::operand_sig_t mov_sig_i,
    input  logic [1:0]           special_i,
    input  logic [47:0]          sum_i,
    output tn_pkg::operand_sig_t mov_sig_o,
    output logic [1:0]           special_o,
    output logic [47:0]          sum_o
);

  // ---- Stationary operand ----
  logic [9:0]           shadow_exp_q, active_exp_q;
  logic [8:0]           shadow_aln_q, active_aln_q;
  tn_pkg::stationary_sig_t shadow_sig_q, active_sig_q;

  always_ff @(posedge clk_i) begin
    automatic logic event_here;
    event_here = tile_event_i;
    if (event_here) begin
      if (ld_exp_en_i) shadow_exp_q <= ld_exp_i;
      if (ld_aln_en_i) shadow_aln_q <= ld_aln_i;
      if (ld_sig_en_i) shadow_sig_q <= ld_sig_i;
      if (swap_exp_i) active_exp_q <= shadow_exp_q;
      if (swap_aln_i) active_aln_q <= shadow_aln_q;
      if (swap_sig_i) active_sig_q <= shadow_sig_q;
    end
  end

  // ---- Exponent wave ----
  // Exponents lie in 84..384. A product with a zero comes to at most 255 + 896, one without to at
  // least 596 + 619: the largest of a group never stems from a zero, unless all products are zero.
  logic [10:0] product_exp_q;
  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      mov_exp_o     <= mov_exp_i;
      product_exp_q <= {1'b0, mov_exp_i} + {1'b0, active_exp_q};
      max_o         <= (product_exp_q > max_i) ? product_exp_q : max_i;
    end
  end

  // ---- Alignment wave ----
  // ref_i is the group's maximum less the window, modulo 1024. For nonzero products the distance lies
  // in -554..23, so that modulo 1024 a product inside the window has five leading zeros. Products
  // with a zero may give anything: they are zero wherever they are placed.
  logic [9:0] aligned_exp_q;
  logic [9:0] distance_q;
  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      mov_aln_o     <= mov_aln_i;
      ref_o         <= ref_i;
      aligned_exp_q <= {1'b0, mov_aln_i} + {1'b0, active_aln_q};
      distance_q    <= aligned_exp_q - ref_i;
    end
  end

  // ---- Significand wave ----
  logic       negative_q;
  logic [1:0] special_q;  // bit 1: NaN or -inf, bit 0: NaN or +inf
  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      mov_sig_o  <= mov_sig_i;
      negative_q <= mov_sig_i.sign ^ active_sig_q.sign;
      // Infinity and NaN are the classes with bit 1 set; with bit 0 set on either side the product is
      // NaN: one is a NaN, or the other a zero.
      special_q  <= 2'b00;
      if (mov_sig_i.cls[1] | active_sig_q.cls[1]) begin
        special_q <= (mov_sig_i.cls[0] | active_sig_q.cls[0]) ? 2'b11 :
                     (mov_sig_i.sign ^ active_sig_q.sign) ? 2'b10 : 2'b01;
      end
      special_o  <= special_i | special_q;
    end
  end

  tn_dsp_mac #(
      .Chained(Chained),
      .Last   (Last)
  ) u_dsp (
      .clk_i,
      .enable_i,
      .moving_i    (mov_sig_i.mag),
      .stationary_i(active_sig_q.mag),
      .distance_i  (distance_q),
      .subtract_i  (negative_q),
      .sum_i,
      .sum_o
  );

endmodule
