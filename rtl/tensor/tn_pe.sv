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
// A product is shifted left by 0..23: by 0, 1, 3 or 5 and by 0 or 12 (the slice's pre-adder as a
// selector) on the moving side, by 0, 1, 5 or 6 on the stationary side. With these steps 11-bit
// significands fit the ports up to 20 and 8-bit ones up to 23, so that the PE need not know the mode.
//
// Horizontal outputs come 1 cycle after their inputs, downward ones 1 (enables, reference), or,
// counted from the moving input of the wave: maximum 2, specials 2, sum 3. Nothing is reset.

module tn_pe #(
    parameter bit Chained = 1'b1  // sum_i is taken; 0 in the first row of a group
) (
    input  logic                 clk_i,
    input  logic                 enable_i,      // something is in flight in this column
    // exponent wave
    input  logic                 ld_exp_en_i,
    input  logic [9:0]           ld_exp_i,      // {nonzero, exponent}
    input  logic                 swap_exp_i,
    input  logic [9:0]           mov_exp_i,     // {nonzero, exponent - window}
    input  logic [9:0]           max_i,
    output logic                 ld_exp_en_o,
    output logic                 swap_exp_o,
    output logic [9:0]           mov_exp_o,
    output logic [9:0]           max_o,
    // alignment wave
    input  logic                 ld_aln_en_i,
    input  logic [8:0]           ld_aln_i,
    input  logic                 swap_aln_i,
    input  logic [8:0]           mov_aln_i,
    input  logic [9:0]           ref_i,
    output logic                 ld_aln_en_o,
    output logic                 swap_aln_o,
    output logic [8:0]           mov_aln_o,
    output logic [9:0]           ref_o,
    // significand wave
    input  logic                 ld_sig_en_i,
    input  tn_pkg::operand_sig_t ld_sig_i,
    input  logic                 swap_sig_i,
    input  tn_pkg::operand_sig_t mov_sig_i,
    input  logic [1:0]           special_i,
    input  logic [47:0]          sum_i,
    output logic                 ld_sig_en_o,
    output logic                 swap_sig_o,
    output tn_pkg::operand_sig_t mov_sig_o,
    output logic [1:0]           special_o,
    output logic [47:0]          sum_o
);

  // ---- Stationary operand ----
  logic [9:0]           shadow_exp_q, active_exp_q;
  logic [8:0]           shadow_aln_q, active_aln_q;
  tn_pkg::operand_sig_t shadow_sig_q, active_sig_q;

  always_ff @(posedge clk_i) begin
    ld_exp_en_o <= ld_exp_en_i;
    ld_aln_en_o <= ld_aln_en_i;
    ld_sig_en_o <= ld_sig_en_i;
    if (ld_exp_en_i) shadow_exp_q <= ld_exp_i;
    if (ld_aln_en_i) shadow_aln_q <= ld_aln_i;
    if (ld_sig_en_i) shadow_sig_q <= ld_sig_i;
    swap_exp_o <= swap_exp_i;
    swap_aln_o <= swap_aln_i;
    swap_sig_o <= swap_sig_i;
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
  // Which of the steps make up each shift; the pairs are unique up to choice, the choice is free.
  logic [1:0]  fine_moving;      // 0, 1, 3, 5
  logic [1:0]  fine_stationary;  // 0, 1, 5, 6
  logic        coarse;           // 12
  always_comb begin
    unique case (shift_q)
      5'd0:    {coarse, fine_moving, fine_stationary} = {1'b0, 2'd0, 2'd0};
      5'd1:    {coarse, fine_moving, fine_stationary} = {1'b0, 2'd0, 2'd1};
      5'd2:    {coarse, fine_moving, fine_stationary} = {1'b0, 2'd1, 2'd1};
      5'd3:    {coarse, fine_moving, fine_stationary} = {1'b0, 2'd2, 2'd0};
      5'd4:    {coarse, fine_moving, fine_stationary} = {1'b0, 2'd2, 2'd1};
      5'd5:    {coarse, fine_moving, fine_stationary} = {1'b0, 2'd0, 2'd2};
      5'd6:    {coarse, fine_moving, fine_stationary} = {1'b0, 2'd0, 2'd3};
      5'd7:    {coarse, fine_moving, fine_stationary} = {1'b0, 2'd1, 2'd3};
      5'd8:    {coarse, fine_moving, fine_stationary} = {1'b0, 2'd2, 2'd2};
      5'd9:    {coarse, fine_moving, fine_stationary} = {1'b0, 2'd2, 2'd3};
      5'd10:   {coarse, fine_moving, fine_stationary} = {1'b0, 2'd3, 2'd2};
      5'd11:   {coarse, fine_moving, fine_stationary} = {1'b0, 2'd3, 2'd3};
      5'd12:   {coarse, fine_moving, fine_stationary} = {1'b1, 2'd0, 2'd0};
      5'd13:   {coarse, fine_moving, fine_stationary} = {1'b1, 2'd0, 2'd1};
      5'd14:   {coarse, fine_moving, fine_stationary} = {1'b1, 2'd1, 2'd1};
      5'd15:   {coarse, fine_moving, fine_stationary} = {1'b1, 2'd2, 2'd0};
      5'd16:   {coarse, fine_moving, fine_stationary} = {1'b1, 2'd2, 2'd1};
      5'd17:   {coarse, fine_moving, fine_stationary} = {1'b1, 2'd0, 2'd2};
      5'd18:   {coarse, fine_moving, fine_stationary} = {1'b1, 2'd0, 2'd3};
      5'd19:   {coarse, fine_moving, fine_stationary} = {1'b1, 2'd1, 2'd3};
      5'd20:   {coarse, fine_moving, fine_stationary} = {1'b1, 2'd2, 2'd2};
      5'd21:   {coarse, fine_moving, fine_stationary} = {1'b1, 2'd2, 2'd3};
      5'd22:   {coarse, fine_moving, fine_stationary} = {1'b1, 2'd3, 2'd2};
      default: {coarse, fine_moving, fine_stationary} = {1'b1, 2'd3, 2'd3};
    endcase
  end

  logic [15:0] moving;
  logic [16:0] stationary;
  always_comb begin
    unique case (fine_moving)
      2'd0:    moving = {5'b0, mov_sig_i.mag};
      2'd1:    moving = {4'b0, mov_sig_i.mag, 1'b0};
      2'd2:    moving = {2'b0, mov_sig_i.mag, 3'b0};
      default: moving = {mov_sig_i.mag, 5'b0};
    endcase
    unique case (fine_stationary)
      2'd0:    stationary = {6'b0, active_sig_q.mag};
      2'd1:    stationary = {5'b0, active_sig_q.mag, 1'b0};
      2'd2:    stationary = {1'b0, active_sig_q.mag, 5'b0};
      default: stationary = {active_sig_q.mag, 6'b0};
    endcase
  end

  logic       negative_q;
  logic [1:0] stationary_class_q;
  logic [1:0] product_special;  // bit 1: NaN or -inf, bit 0: NaN or +inf
  always_comb begin
    product_special = 2'b00;
    if (stationary_class_q == tn_pkg::ClassNan || mov_sig_o.cls == tn_pkg::ClassNan) begin
      product_special = 2'b11;
    end else if (stationary_class_q == tn_pkg::ClassInf || mov_sig_o.cls == tn_pkg::ClassInf) begin
      if (stationary_class_q == tn_pkg::ClassZero || mov_sig_o.cls == tn_pkg::ClassZero) begin
        product_special = 2'b11;
      end else begin
        product_special = negative_q ? 2'b10 : 2'b01;
      end
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

  // At shifts from 12 on that need moving[15:14] (step 5, above 21) significands have 8 bits.
  tn_dsp_mac #(
      .Chained(Chained)
  ) u_dsp (
      .clk_i,
      .enable_i,
      .a_i       ({10'b0, moving}),
      .d_i       ({moving[13:0], 12'b0}),
      .select_a_i(keep_q & !coarse),
      .select_d_i(keep_q & coarse),
      .b_i       (stationary),
      .subtract_i(negative_q),
      .sum_i,
      .sum_o
  );

endmodule
