// SPDX-License-Identifier: Apache-2.0
//
// tn_operand_decode: one element of any operand format to the form the PE array works on.
//
// Out come a normalised significand (leading one at bit 10 for a wide pair, at bit 7 otherwise), an
// exponent, the sign and the class; the value is significand * 2^(exponent - 256 - 10 or 7).
// Subnormals are normalised. Zero, infinity and NaN have significand 0, which is what nonzero_o says
// and what keeps them out of the reference exponent. INT8 keeps its magnitude (0..128) unshifted at
// exponent 256. Raw formats are unsigned numbers of up to 16 bits, unshifted at exponent 256 too, with
// the bits above the eleventh on high_o, which is zero for all others. The pieces of an FP32 number are normalised like any operand and carry the class of
// the whole number. A disabled element is a zero. Latency: 2 cycles; registers hold where no valid
// element is, so outputs mean something only 2 cycles after valid_i. No output is reset.

module tn_operand_decode #(
    parameter bit Raw = 1'b0  // knows the raw formats
) (
    input  logic                  clk_i,
    input  logic                  valid_i,
    input  tn_pkg::operand_fmt_e  fmt_i,
    input  logic                  wide_i,      // the pair is WIDE
    input  logic                  enable_i,    // 0: read as zero
    input  logic [31:0]           data_i,      // right-aligned element
    output logic                  nonzero_o,
    output logic [8:0]            exp_o,       // biased by 256
    output tn_pkg::operand_sig_t  sig_o,
    output logic [4:0]            high_o
);

  // ---- Stage 1: fields of the format, significand left-aligned at bit 10 ----
  // With the element moved to the top of the word BF16 is a short FP32 and E5M2 a short FP16, which
  // leaves three layouts.
  logic [10:0]         aligned_q;
  logic [4:0]          high_q;
  logic                carry_q;
  logic                integer_q;
  logic                wide_q;
  logic                valid_q;
  logic                sign_q;
  logic [8:0]          base_q;
  tn_pkg::num_class_e  class_q;

  always_ff @(posedge clk_i) begin
    valid_q <= valid_i;
    if (valid_i) begin : stage1
      automatic logic bytes, halves, piece, integer_fmt, raw;
      automatic logic [15:0] raw_bits;
      automatic logic half_layout, e4m3_layout;
      automatic logic [31:0] top;
      automatic logic [7:0] piece_byte;
      automatic logic piece_carry;
      automatic logic flip;
      automatic logic [8:0] piece_mag;
      automatic logic [7:0] field;       // exponent field
      automatic logic field_ones;        // all ones: infinity or NaN
      automatic logic hidden;
      automatic logic [9:0] fraction;    // its top ten bits
      automatic logic fraction_any;
      automatic logic [8:0] bias;        // exponent = max(field, 1) + bias

      raw         = Raw & ((fmt_i == tn_pkg::FmtRaw8) | (fmt_i == tn_pkg::FmtRaw16) |
                           (fmt_i == tn_pkg::FmtRawHi));
      raw_bits    = (fmt_i == tn_pkg::FmtRawHi) ? data_i[31:16] : data_i[15:0];
      if (fmt_i == tn_pkg::FmtRaw8) raw_bits[15:8] = '0;
      integer_fmt = (fmt_i == tn_pkg::FmtInt8) | raw;
      bytes       = (fmt_i == tn_pkg::FmtE4m3) | (fmt_i == tn_pkg::FmtE5m2) |
                    (fmt_i == tn_pkg::FmtInt8);
      halves      = (fmt_i == tn_pkg::FmtBf16) | (fmt_i == tn_pkg::FmtFp16);
      piece       = (fmt_i == tn_pkg::FmtFp32H) | (fmt_i == tn_pkg::FmtFp32M) |
                    (fmt_i == tn_pkg::FmtFp32L);
      half_layout = (fmt_i == tn_pkg::FmtFp16) | (fmt_i == tn_pkg::FmtE5m2);
      e4m3_layout = (fmt_i == tn_pkg::FmtE4m3);
      top[31:24]  = bytes ? data_i[7:0] : halves ? data_i[15:8] : data_i[31:24];
      top[23:16]  = bytes ? 8'b0 : halves ? data_i[7:0] : data_i[23:16];
      // TF32 ignores its low 13 bits.
      top[15:13]  = (bytes | halves) ? 3'b0 : data_i[15:13];
      top[12:0]   = piece ? data_i[12:0] : 13'b0;

      // FP32 pieces: byte plus carry from below; middle and low pieces are signed and made positive by
      // complement, whose +1 joins the carry. INT8 goes the way of the low piece.
      piece_byte  = data_i[7:0];
      piece_carry = 1'b0;
      flip        = data_i[7];
      if (fmt_i == tn_pkg::FmtFp32H) begin
        piece_byte  = {|data_i[30:23], data_i[22:16]};
        piece_carry = data_i[15] | (&data_i[14:7]);
        flip        = 1'b0;
      end else if (fmt_i == tn_pkg::FmtFp32M) begin
        piece_byte  = data_i[15:8];
        piece_carry = data_i[7];
        flip        = data_i[15] ^ (&data_i[14:7]);
      end
      piece_mag = {1'b0, piece_byte ^ {8{flip}}} + {8'b0, piece_carry ^ flip};

      field        = half_layout ? {3'b0, top[30:26]} : e4m3_layout ? {4'b0, top[30:27]} : top[30:23];
      fraction     = half_layout ? top[25:16] : e4m3_layout ? {top[26:24], 7'b0} : top[22:13];
      hidden       = |field;
      field_ones   = (&field[3:0]) & (e4m3_layout | (field[4] & (half_layout | (&field[7:5])))) &
                     !integer_fmt;
      fraction_any = (|fraction) | (|top[12:0]);
      case (fmt_i)
        tn_pkg::FmtFp16, tn_pkg::FmtE5m2: bias = 9'd241;  // 256 - 15
        tn_pkg::FmtE4m3:                  bias = 9'd249;  // 256 - 7
        tn_pkg::FmtFp32M:                 bias = 9'd121;  // 8 below the high piece
        tn_pkg::FmtFp32L:                 bias = 9'd113;
        default:                          bias = 9'd129;  // 256 - 127
      endcase

      integer_q <= integer_fmt;
      wide_q    <= wide_i | raw;
      sign_q    <= (top[31] ^ (flip & piece)) & !raw;
      base_q    <= integer_fmt ? 9'd256 : bias + {1'b0, field[7:1], field[0] | !hidden};
      class_q   <= tn_pkg::ClassNormal;
      if (!enable_i) class_q <= tn_pkg::ClassZero;
      else if (field_ones) class_q <= fraction_any ? tn_pkg::ClassNan : tn_pkg::ClassInf;
      else if (!hidden && !fraction_any && !integer_fmt) class_q <= tn_pkg::ClassZero;
      if (!enable_i || field_ones) begin
        aligned_q <= '0;
        high_q    <= '0;
        carry_q   <= 1'b0;
      end else begin
        aligned_q <= raw ? raw_bits[10:0] : (piece | integer_fmt) ? {piece_mag[7:0], 3'b0} :
                     {hidden, fraction};
        high_q    <= raw_bits[15:11] & {5{raw}};
        carry_q   <= (fmt_i == tn_pkg::FmtFp32H) & piece_mag[8];
      end
    end
  end

  // ---- Stage 2: normalise ----
  always_ff @(posedge clk_i) begin
    if (valid_q) begin : stage2
      automatic logic [3:0] leading_zeros;
      automatic logic [10:0] eighth;      // shifted by 0 or 8
      automatic logic [10:0] quarter;     // and by 0 or 4
      automatic logic [10:0] normalised;
      automatic logic [8:0] down;  // what normalising takes off the exponent; -1 for magnitude 256

      leading_zeros[3] = (aligned_q[10:3] == '0) & !integer_q;
      eighth           = leading_zeros[3] ? {aligned_q[2:0], 8'b0} : aligned_q;
      leading_zeros[2] = (eighth[10:7] == '0) & !integer_q;
      quarter          = leading_zeros[2] ? {eighth[6:0], 4'b0} : eighth;
      casez (quarter[10:8])
        3'b1??:  leading_zeros[1:0] = 2'd0;
        3'b01?:  leading_zeros[1:0] = 2'd1;
        3'b001:  leading_zeros[1:0] = 2'd2;
        default: leading_zeros[1:0] = 2'd3;
      endcase
      leading_zeros[1:0] = leading_zeros[1:0] & {2{!integer_q}};
      normalised = quarter << leading_zeros[1:0];
      down       = {{5{carry_q}}, leading_zeros | {4{carry_q}}};

      nonzero_o    <= (|aligned_q) | (|high_q) | carry_q;
      high_o       <= high_q;
      exp_o        <= base_q - down;
      sig_o.sign   <= sign_q;
      sig_o.cls    <= class_q;
      sig_o.mag    <= wide_q ? normalised : {3'b0, normalised[10] | carry_q, normalised[9:3]};
    end
  end

endmodule
