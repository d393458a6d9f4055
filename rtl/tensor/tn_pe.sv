// SPDX-License-Identifier: Apache-2.0
//
// tn_pe: one processing element of the PE array, one DSP slice.
//
// Three waves pass through it, each with its own shadow and active copy of what it needs of the
// stationary operand. The exponent wave keeps the largest product exponent of the group; it comes
// back to the head of the column as the reference. The alignment wave (17 cycles behind) measures
// the distance of the product to the reference; the significand wave (2 more) places both
// significands on the ports of the DSP slice so that their product falls into the fixed-point window,
// or selects nothing if the product lies below it, and adds it to the sum from the PE above.
//
// A product is shifted left by 0..23: by 2, 3 and 12 (each or not; 12 by the slice's pre-adder, used
// as a selector) on the moving side, by 1 and 5 on the stationary side. With these steps 11-bit
// significands fit the ports up to a shift of 20 and 8-bit ones up to 23, so that the PE need not
// know the mode.
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
    // exponent wave
    input  logic                 ld_exp_en_i,
    input  logic [9:0]           ld_exp_i,      // {nonzero, exponent}
    input  logic                 swap_exp_i,
    input  logic [9:0]           mov_exp_i,     // {nonzero, exponent - window}
    input  logic [9:0]           max_i,
    output logic [9:0]           mov_exp_o,
    output logic [9:0]           max_o,
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
    input  tn_pkg::operand_sig_t ld_sig_i,
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
  tn_pkg::operand_sig_t shadow_sig_q, active_sig_q;

  always_ff @(posedge clk_i) begin
    if (ld_exp_en_i) shadow_exp_q <= ld_exp_i;
    if (ld_aln_en_i) shadow_aln_q <= ld_aln_i;
    if (ld_sig_en_i) shadow_sig_q <= ld_sig_i;
    if (swap_exp_i) active_exp_q <= shadow_exp_q;
    if (swap_aln_i) active_aln_q <= shadow_aln_q;
    if (swap_sig_i) active_sig_q <= shadow_sig_q;
  end

  // ---- Exponent wave ----
  logic [9:0] product_exp_q;
  logic       product_any_q;

  // ---- Alignment wave ----
  logic [9:0] aligned_exp_q;
  logic [9:0] distance;
  logic [4:0] shift_q;
  logic       keep_q;
  assign distance = aligned_exp_q - ref_i;

  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      mov_exp_o     <= mov_exp_i;
      product_exp_q <= {1'b0, mov_exp_i[8:0]} + {1'b0, active_exp_q[8:0]};
      product_any_q <= mov_exp_i[9] & active_exp_q[9];
      max_o         <= (product_any_q && product_exp_q > max_i) ? product_exp_q : max_i;

      mov_aln_o     <= mov_aln_i;
      aligned_exp_q <= {1'b0, mov_aln_i} + {1'b0, active_aln_q};
      ref_o         <= ref_i;
      // ref_i is the group's maximum less the window. For nonzero products the distance lies in
      // -554..23, so that modulo 1024 a product inside the window has five leading zeros. Products
      // with a zero may give anything: they are zero wherever they are placed.
      shift_q       <= distance[4:0];
      keep_q        <= (distance[9:5] == '0);
    end
  end

  // ---- Significand wave ----
  // Steps whose sum is the shift. Where there are two ways, the one that fits 11-bit significands.
  logic step12, step5, step3, step2, step1;
  always_comb begin
    case (shift_q)
      5'd0:    {step12, step5, step3, step2, step1} = 5'b00000;
      5'd1:    {step12, step5, step3, step2, step1} = 5'b00001;
      5'd2:    {step12, step5, step3, step2, step1} = 5'b00010;
      5'd3:    {step12, step5, step3, step2, step1} = 5'b00011;
      5'd4:    {step12, step5, step3, step2, step1} = 5'b00101;
      5'd5:    {step12, step5, step3, step2, step1} = 5'b01000;
      5'd6:    {step12, step5, step3, step2, step1} = 5'b01001;
      5'd7:    {step12, step5, step3, step2, step1} = 5'b01010;
      5'd8:    {step12, step5, step3, step2, step1} = 5'b01011;
      5'd9:    {step12, step5, step3, step2, step1} = 5'b01101;
      5'd10:   {step12, step5, step3, step2, step1} = 5'b01110;
      5'd11:   {step12, step5, step3, step2, step1} = 5'b01111;
      5'd12:   {step12, step5, step3, step2, step1} = 5'b10000;
      5'd13:   {step12, step5, step3, step2, step1} = 5'b10001;
      5'd14:   {step12, step5, step3, step2, step1} = 5'b10010;
      5'd15:   {step12, step5, step3, step2, step1} = 5'b10011;
      5'd16:   {step12, step5, step3, step2, step1} = 5'b10101;
      5'd17:   {step12, step5, step3, step2, step1} = 5'b11000;
      5'd18:   {step12, step5, step3, step2, step1} = 5'b11001;
      5'd19:   {step12, step5, step3, step2, step1} = 5'b11010;
      5'd20:   {step12, step5, step3, step2, step1} = 5'b11011;
      5'd21:   {step12, step5, step3, step2, step1} = 5'b11101;
      5'd22:   {step12, step5, step3, step2, step1} = 5'b11110;
      default: {step12, step5, step3, step2, step1} = 5'b11111;
    endcase
  end

  logic [15:0] moving;
  logic [16:0] stationary;
  assign moving     = (16'(mov_sig_i.mag) << {step2, 1'b0}) << {step3, step3};
  assign stationary = (17'(active_sig_q.mag) << step1) << {step5, 1'b0, step5};

  logic       negative_q;
  logic [1:0] stationary_class_q;
  logic [1:0] product_special;  // bit 1: NaN or -inf, bit 0: NaN or +inf
  always_comb begin
    product_special = 2'b00;
    // Infinity and NaN are the classes with bit 1 set.
    if (stationary_class_q[1] || mov_sig_o.cls[1]) begin
      if (stationary_class_q[0] || mov_sig_o.cls[0]) product_special = 2'b11;  // NaN, or a zero
      else product_special = {negative_q, !negative_q};
    end
  end

  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      mov_sig_o          <= mov_sig_i;
      negative_q         <= mov_sig_i.sign ^ active_sig_q.sign;
      stationary_class_q <= active_sig_q.cls;
      special_o          <= special_i | product_special;
    end
  end

  // Steps 12 and 3 meet step 2 only above a shift of 20, where significands have 8 bits: the top
  // bits that the shift by 12 drops are zero.
  tn_dsp_mac #(
      .Chained(Chained),
      .Last   (Last)
  ) u_dsp (
      .clk_i,
      .enable_i,
      .a_i       ({10'b0, moving}),
      .d_i       ({moving[13:0], 12'b0}),
      .select_a_i(keep_q & !step12),
      .select_d_i(keep_q & step12),
      .b_i       (stationary),
      .subtract_i(negative_q),
      .sum_i,
      .sum_o
  );

endmodule
