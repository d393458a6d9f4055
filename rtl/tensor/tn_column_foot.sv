// SPDX-License-Identifier: Apache-2.0
//
// tn_column_foot: PSUM value plus the exact sum of one group, rounded once to nearest even (FP32).
//
// The group's value is sum_i * 2^(ref_i - 512 - 14 (narrow) or 20 (wide)). Only the PSUM significand
// is aligned to it; the sum itself moves by 24 places at most: up if it has at most 24 bits, so that
// cancellation loses nothing, down (low bits jammed into one) if the PSUM value is far larger.
// Everything then fits one 54-bit adder. Negative results are never complemented: leading bits are
// counted by sign, and the +1 of the complement joins the rounding increment. A tail-end rule makes
// gradual underflow free: the normalising shift is limited to where the last place is 2^-149.
// Beside this runs the pass path: sums of zero and far smaller groups leave the PSUM value as it
// is, to the bit, and INT8 adds modulo 2^32.
//
// Latency: psum_i belongs to the cycle after valid_i and the other inputs; res_o comes LatFoot
// (tn_pkg::ArrayFootLat) cycles after psum_i. One operation a cycle. Only valid bits are reset; data registers
// hold where nothing valid passes. special_i: bit 1 NaN or -inf, bit 0 NaN or +inf.

module tn_column_foot #(
    // Check that sums are in range. Off inside the array: a column outside the stationary operand
    // multiplies what its registers happen to hold, and nobody writes its result.
    parameter bit Claims = 1'b1
) (
    input  logic               clk_i,
    input  logic               rst_ni,
    input  logic               valid_i,
    input  tn_pkg::foot_ctl_t  ctl_i,
    input  logic [47:0]        sum_i,      // |sum| < 2^46
    input  logic [9:0]         ref_i,      // reference exponent less the window, biased by 512
    input  logic [1:0]         special_i,
    input  logic [31:0]        psum_i,     // one cycle after the rest; ignored when overwriting
    output logic               res_valid_o,
    output logic [31:0]        res_o
);

  localparam int unsigned Stages = tn_pkg::ArrayFootLat;

  // valid_q[k] belongs to the registers written at the end of stage k; stage 0 runs before psum_i.
  logic [Stages:0] valid_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Stages-1:0], valid_i};
  end
  assign res_valid_o = valid_q[Stages];

  // ---- Stage 0: facts about the sum alone ----
  logic [47:0]        s0_sum_q;
  logic               s0_small_q;      // the sum fits 24 bits, sign included
  logic signed [10:0] s0_level_q;      // where the sum's last place lies: exponent + 175
  logic [1:0]         s0_special_q;
  logic               s0_integers_q;
  logic               s0_overwrite_q;
  logic               small_d;
  assign small_d = (sum_i[47:23] == {25{sum_i[47]}});
  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      s0_sum_q     <= sum_i;
      s0_small_q   <= small_d;
      s0_level_q   <= $signed({1'b0, ref_i}) - 11'sd351 - (ctl_i.wide ? 11'sd6 : 11'sd0)
                      - (small_d ? 11'sd24 : 11'sd0);
      s0_special_q <= special_i & {2{ctl_i.raise}};
      s0_integers_q  <= ctl_i.integers;
      s0_overwrite_q <= ctl_i.overwrite;
    end
  end

  // ---- Stage 1: distance to the PSUM value ----
  logic [47:0]        s1_sum_q;
  logic               s1_zero_q;       // the sum is zero, or integers: pass
  logic               s1_small_q;
  logic signed [10:0] s1_level_q;
  logic signed [10:0] s1_distance_q;   // >= 0: right shift of the PSUM significand from the top
  logic               s1_normal_q;
  logic [1:0]         s1_special_q;
  logic [31:0]        s1_psum_q;
  logic [31:0]        s1_addend_q;     // INT8: what to add; 0 otherwise
  always_ff @(posedge clk_i) begin
    if (valid_q[0]) begin : stage1
      automatic logic [31:0] psum;
      automatic logic psum_normal;
      automatic logic [1:0] psum_special;
      psum         = s0_overwrite_q ? '0 : psum_i;
      psum_normal  = |psum[30:23];
      psum_special = 2'b00;
      if ((&psum[30:23]) && !s0_integers_q) begin
        psum_special = (|psum[22:0]) ? 2'b11 : (psum[31] ? 2'b10 : 2'b01);
      end
      s1_sum_q         <= s0_sum_q;
      s1_zero_q        <= (s0_sum_q == '0) | s0_integers_q;
      s1_small_q       <= s0_small_q;
      s1_level_q       <= s0_level_q;
      s1_distance_q    <= s0_level_q - $signed({3'b0, psum[30:24], psum[23] | !psum_normal});
      s1_normal_q      <= psum_normal;
      s1_special_q     <= s0_integers_q ? 2'b00 : (s0_special_q | psum_special);
      s1_psum_q        <= psum;
      s1_addend_q      <= s0_integers_q ? s0_sum_q[31:0] : '0;
    end
  end

  // ---- Stage 2: choose the frame, first part of the alignment ----
  // Frame: 54 bits signed, bit j weighs 2^(j-3) of the frame's last integer place. With a PSUM value
  // of more than 25 places above the sum's last place, the frame lies 24 places higher.
  logic [52:0]        s2_sum_q;
  logic [38:0]        s2_partly_q;
  logic [1:0]         s2_right_q;
  logic               s2_negative_q;
  logic signed [10:0] s2_limit_q;
  logic               s2_use_pass_q;
  logic [1:0]         s2_special_q;
  logic [31:0]        s2_pass_q;
  always_ff @(posedge clk_i) begin
    if (valid_q[1]) begin : stage2
      automatic logic high;
      automatic logic far;
      automatic logic [5:0] right;
      automatic logic [52:0] shifted_sum;
      automatic logic [23:0] significand;
      automatic logic [38:0] partly;
      high       = s1_distance_q[10];
      far        = (s1_distance_q < -11'sd24);
      right[5:0] = high ? s1_distance_q[5:0] + 6'd24 : s1_distance_q[5:0];
      if (!high && (|s1_distance_q[9:6])) right = 6'd63;  // beyond: all of it is jammed
      case ({s1_small_q, high})
        2'b10:        shifted_sum = {{2{s1_sum_q[23]}}, s1_sum_q[23:0], 27'b0};
        2'b00, 2'b11: shifted_sum = {{2{s1_sum_q[47]}}, s1_sum_q, 3'b0};
        default:      shifted_sum = {{26{s1_sum_q[47]}}, s1_sum_q[47:22], |s1_sum_q[21:0]};
      endcase
      significand = {s1_normal_q, s1_psum_q[22:0]};
      partly      = {significand, 15'b0} >> right[3:0];
      s2_sum_q      <= shifted_sum;
      s2_partly_q   <= partly;
      s2_right_q    <= right[5:4];
      s2_negative_q <= s1_psum_q[31];
      s2_limit_q    <= s1_level_q + (high ? 11'sd24 : 11'sd0);
      s2_use_pass_q <= s1_zero_q | far;
      s2_special_q  <= s1_special_q;
      s2_pass_q     <= s1_psum_q + s1_addend_q;
      // A zero PSUM value far above the group: the group underflows to a zero of its own sign.
      if (!s1_zero_q && significand == '0) s2_pass_q[31] <= s1_sum_q[47];
    end
  end

  // ---- Stage 3: second part of the alignment ----
  logic [52:0]        s3_sum_q;
  logic [51:0]        s3_aligned_q;
  logic               s3_negative_q;
  logic signed [10:0] s3_limit_q;
  logic               s3_use_pass_q;
  logic [1:0]         s3_special_q;
  logic [31:0]        s3_pass_q;
  always_ff @(posedge clk_i) begin
    if (valid_q[2]) begin : stage3
      automatic logic [51:0] aligned;
      case (s2_right_q)
        2'd0:    aligned = {s2_partly_q, 13'b0};
        2'd1:    aligned = {16'b0, s2_partly_q[38:4], s2_partly_q[3] | (|s2_partly_q[2:0])};
        2'd2:    aligned = {32'b0, s2_partly_q[38:20], s2_partly_q[19] | (|s2_partly_q[18:0])};
        default: aligned = {48'b0, s2_partly_q[38:36], s2_partly_q[35] | (|s2_partly_q[34:0])};
      endcase
      s3_sum_q      <= s2_sum_q;
      s3_aligned_q  <= aligned;
      s3_negative_q <= s2_negative_q;
      s3_limit_q    <= s2_limit_q;
      s3_use_pass_q <= s2_use_pass_q;
      s3_special_q  <= s2_special_q;
      s3_pass_q     <= s2_pass_q;
    end
  end

  // ---- Stage 4: the adder ----
  logic [53:0]        s4_total_q;
  logic [8:0]         s4_limit_q;      // at least 1 wherever it matters
  logic [5:0]         s4_cap_q;        // the same, at most 63: largest normalising shift
  logic               s4_use_pass_q;
  logic [1:0]         s4_special_q;
  logic [31:0]        s4_pass_q;
  always_ff @(posedge clk_i) begin
    if (valid_q[3]) begin
      s4_total_q    <= {s3_sum_q[52], s3_sum_q} + ({2'b0, s3_aligned_q} ^ {54{s3_negative_q}})
                       + 54'(s3_negative_q);
      s4_limit_q    <= s3_limit_q[8:0];
      s4_cap_q      <= (|s3_limit_q[9:6]) ? 6'd63 : s3_limit_q[5:0];
      s4_use_pass_q <= s3_use_pass_q;
      s4_special_q  <= s3_special_q;
      s4_pass_q     <= s3_pass_q;
    end
  end

  // ---- Stages 5 to 8: normalise by the smaller of leading sign bits and cap ----
  // Two bits of the shift at a time, the most significant first. Free: some digit was already below
  // the cap's, so the rest follows the leading bits. Capped: one was above, the rest follows the cap.
  typedef struct packed {
    logic [1:0] digit;
    logic       free;
    logic       capped;
  } step_t;
  function automatic step_t step(input logic [1:0] leading, input logic [1:0] cap,
                                 input logic free, input logic capped);
    step_t result;
    logic  follow;  // the leading bits, not the cap
    follow        = free | (!capped & (leading <= cap));
    result.digit  = (leading & {2{follow}}) | (cap & {2{!follow}});
    result.free   = free | (!capped & (leading < cap));
    result.capped = !follow;
    return result;
  endfunction

  function automatic logic [1:0] leading_groups(input logic first, input logic second,
                                                input logic third);
    return {first & second, first & (!second | third)};
  endfunction

  // Stage 5: by how many sixteens.
  logic [53:0]        s5_total_q;
  step_t              s5_step_q;
  logic [8:0]         s5_limit_q;
  logic [3:0]         s5_cap_q;
  logic               s5_none_q;       // nothing but sign bits: the result is a zero
  logic               s5_use_pass_q;
  logic [1:0]         s5_special_q;
  logic [31:0]        s5_pass_q;
  always_ff @(posedge clk_i) begin
    if (valid_q[4]) begin : stage5
      automatic logic negative;
      automatic logic [3:0] alike16;         // groups of sixteen equal to the sign, from the top
      automatic step_t step16;
      negative   = s4_total_q[53];
      alike16[3] = (s4_total_q[52:37] == {16{negative}});
      alike16[2] = (s4_total_q[36:21] == {16{negative}});
      alike16[1] = (s4_total_q[20:5] == {16{negative}});
      alike16[0] = (s4_total_q[4:0] == {5{negative}});
      step16     = step(leading_groups(alike16[3], alike16[2], alike16[1]), s4_cap_q[5:4], 1'b0,
                        1'b0);
      s5_total_q    <= s4_total_q;
      s5_step_q     <= step16;
      s5_limit_q    <= s4_limit_q;
      s5_cap_q      <= s4_cap_q[3:0];
      s5_none_q     <= &alike16;
      s5_use_pass_q <= s4_use_pass_q;
      s5_special_q  <= s4_special_q;
      s5_pass_q     <= s4_pass_q;
    end
  end

  // Stage 6: shift by sixteens; 40 bits stay, the others are jammed.
  logic [39:0]        s6_bits_q;
  logic               s6_jam_q;
  logic               s6_negative_q;
  step_t              s6_step_q;
  logic [8:0]         s6_limit_q;
  logic [3:0]         s6_cap_q;
  logic               s6_none_q;
  logic               s6_use_pass_q;
  logic [1:0]         s6_special_q;
  logic [31:0]        s6_pass_q;
  always_ff @(posedge clk_i) begin
    if (valid_q[5]) begin : stage6
      automatic logic [39:0] shifted16;
      shifted16 = 40'((s5_total_q[52:0] << {s5_step_q.digit, 4'b0}) >> 13);
      s6_bits_q     <= shifted16;
      s6_jam_q      <= (s5_step_q.digit == 2'd0) & (|s5_total_q[12:0]);
      s6_negative_q <= s5_total_q[53];
      s6_step_q     <= s5_step_q;
      s6_limit_q    <= s5_limit_q;
      s6_cap_q      <= s5_cap_q;
      s6_none_q     <= s5_none_q;
      s6_use_pass_q <= s5_use_pass_q;
      s6_special_q  <= s5_special_q;
      s6_pass_q     <= s5_pass_q;
    end
  end

  // Stage 7: by fours; 28 bits stay.
  logic [27:0]        s7_bits_q;
  logic               s7_jam_q;
  logic               s7_negative_q;
  logic               s7_free_q;
  logic               s7_capped_q;
  logic [8:0]         s7_base_q;       // limit less the shift so far
  logic [1:0]         s7_cap_q;
  logic               s7_none_q;
  logic               s7_use_pass_q;
  logic [1:0]         s7_special_q;
  logic [31:0]        s7_pass_q;
  always_ff @(posedge clk_i) begin
    if (valid_q[6]) begin : stage7
      automatic step_t step4;
      automatic logic [27:0] shifted4;
      automatic logic jam4;
      step4 = step(leading_groups(s6_bits_q[39:36] == {4{s6_negative_q}},
                                  s6_bits_q[35:32] == {4{s6_negative_q}},
                                  s6_bits_q[31:28] == {4{s6_negative_q}}),
                   s6_cap_q[3:2], s6_step_q.free, s6_step_q.capped);
      {shifted4, jam4} = {28'((s6_bits_q << {step4.digit, 2'b0}) >> 12),
                          |(s6_bits_q[11:0] << {step4.digit, 2'b0})};
      s7_bits_q     <= shifted4;
      s7_jam_q      <= s6_jam_q | jam4;
      s7_negative_q <= s6_negative_q;
      s7_free_q     <= step4.free;
      s7_capped_q   <= step4.capped;
      s7_base_q     <= s6_limit_q - {3'b0, s6_step_q.digit, step4.digit, 2'b0};
      s7_cap_q      <= s6_cap_q[1:0];
      s7_none_q     <= s6_none_q;
      s7_use_pass_q <= s6_use_pass_q;
      s7_special_q  <= s6_special_q;
      s7_pass_q     <= s6_pass_q;
    end
  end

  // Stage 8: by ones; 24 bits and the guard bit stay.
  logic [23:0]        s8_significand_q;  // of the magnitude, before its increment
  logic               s8_increment_q;
  logic               s8_negative_q;
  logic [8:0]         s8_base_q;
  logic               s8_none_q;
  logic               s8_use_pass_q;
  logic [1:0]         s8_special_q;
  logic [31:0]        s8_pass_q;
  always_ff @(posedge clk_i) begin
    if (valid_q[7]) begin : stage8
      automatic step_t step1;
      automatic logic unused_step1;
      automatic logic [24:0] shifted1;
      automatic logic jam1;
      automatic logic jam8;
      automatic logic increment;
      step1 = step(leading_groups(s7_bits_q[27] == s7_negative_q, s7_bits_q[26] == s7_negative_q,
                                  s7_bits_q[25] == s7_negative_q),
                   s7_cap_q, s7_free_q, s7_capped_q);
      unused_step1 = step1.free ^ step1.capped;
      shifted1 = 25'((s7_bits_q << step1.digit) >> 3);
      jam1     = |(s7_bits_q[2:0] << step1.digit);
      jam8 = s7_jam_q | jam1;
      // Rounding increment. A negative total is read as complement plus one: with something below the
      // guard bit the plus one ends there; with guard 1 and nothing below it is a tie; with guard 0
      // and nothing below it reaches the significand.
      increment = (!s7_negative_q & shifted1[0] & (jam8 | shifted1[1])) |
                  (s7_negative_q & jam8 & !shifted1[0]) |
                  (s7_negative_q & !jam8 & !(shifted1[0] & shifted1[1]));
      s8_significand_q <= shifted1[24:1] ^ {24{s7_negative_q}};
      s8_increment_q   <= increment;
      s8_negative_q    <= s7_negative_q;
      s8_base_q        <= s7_base_q - 9'(step1.digit);
      s8_none_q        <= s7_none_q;
      s8_use_pass_q    <= s7_use_pass_q;
      s8_special_q     <= s7_special_q;
      s8_pass_q        <= s7_pass_q;
    end
  end

  // ---- Stage 9: pack; the hidden bit and a carry of the rounding add to the exponent ----
  logic [31:0]        rounded;
  assign rounded = {s8_base_q, s8_significand_q[22:0]} +
                   {8'b0, s8_significand_q[23], 22'b0, s8_increment_q};
  logic [31:0]        s9_rounded_q;    // exponent of nine bits, fraction
  logic               s9_negative_q;
  logic               s9_none_q;
  logic               s9_use_pass_q;
  logic [1:0]         s9_special_q;
  logic [31:0]        s9_pass_q;
  always_ff @(posedge clk_i) begin
    if (valid_q[8]) begin
      s9_rounded_q  <= rounded;
      s9_negative_q <= s8_negative_q;
      s9_none_q     <= s8_none_q;
      s9_use_pass_q <= s8_use_pass_q;
      s9_special_q  <= s8_special_q;
      s9_pass_q     <= s8_pass_q;
    end
  end

  // ---- Stage 10: choose ----
  logic overflow;
  assign overflow = s9_rounded_q[31] | (&s9_rounded_q[30:23]);
  always_ff @(posedge clk_i) begin
    if (valid_q[9]) begin
      if (s9_special_q != 2'b00) begin
        res_o <= (&s9_special_q) ? 32'h7FC00000 : {s9_special_q[1], 31'h7F800000};
      end else if (s9_use_pass_q) begin
        res_o <= s9_pass_q;
      end else if (s9_none_q) begin
        res_o <= {s9_negative_q, 31'b0};
      end else begin
        res_o <= {s9_negative_q, overflow ? 31'h7F800000 : s9_rounded_q[30:0]};
      end
    end
  end

`ifndef SYNTHESIS
  // The frame holds every sum, and the normalising shift is at least 1 where a rounding happens.
  always_ff @(posedge clk_i) begin
    if (Claims && rst_ni && valid_i) begin
      SumFitsFrame : assert (sum_i[47:46] == 2'b00 || sum_i[47:46] == 2'b11);
    end
    if (Claims && rst_ni && valid_q[3] && !s3_use_pass_q && s3_special_q == 2'b00) begin
      LastPlaceInsideFrame : assert (s3_limit_q > 0);
    end
  end
`endif

endmodule
