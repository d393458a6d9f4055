// SPDX-License-Identifier: Apache-2.0
//
// tn_operand_decode: one element of any operand format to the form the PE array works on.
//
// Out come a normalised significand (leading one at bit 10 for a wide pair, at bit 7 otherwise), an
// exponent, the sign and the class; the value is significand * 2^(exponent - 256 - 10 or 7).
// Subnormals are normalised. Zero, infinity and NaN have significand 0, which is what nonzero_o says
// and what keeps them out of the reference exponent. INT8 keeps its magnitude (0..128) unshifted at
// exponent 256. The pieces of an FP32 number are normalised like any operand and carry the class of
// the whole number. A disabled element is a zero. Latency: 2 cycles; registers hold where no valid
// element is, so outputs mean something only 2 cycles after valid_i. No output is reset.

module tn_operand_decode (
    input  logic                  clk_i,
    input  logic                  valid_i,
    input  tn_pkg::operand_fmt_e  fmt_i,
    input  logic                  wide_i,      // the pair is WIDE
    input  logic                  enable_i,    // 0: read as zero
    input  logic [31:0]           data_i,      // right-aligned element
    output logic                  nonzero_o,
    output logic [8:0]            exp_o,       // biased by 256
    output tn_pkg::operand_sig_t  sig_o
);

  // ---- Stage 1: fields of the format, significand left-aligned at bit 10 ----
  logic        fp32_piece;
  logic        integer_fmt;
  logic        sign_d;
  logic [7:0]  field;        // exponent field
  logic        field_ones;   // all ones
  logic        hidden;
  logic        fraction_any;
  logic [10:0] aligned;      // left-aligned significand (FP32 pieces and INT8: bits 10:3)
  logic        carry_d;      // magnitude 256 of a high piece
  logic [8:0]  bias;         // exponent = max(field, 1) + bias
  logic        flip_d;       // the piece is negative

  // FP32 pieces: byte plus carry from below; middle and low pieces are signed and made positive
  // by complement, whose +1 joins the carry.
  logic [7:0] piece_byte;
  logic       piece_carry;
  logic [8:0] piece_mag;
  always_comb begin
    piece_byte  = data_i[7:0];
    piece_carry = 1'b0;
    flip_d      = 1'b0;
    case (fmt_i)
      tn_pkg::FmtFp32H: begin
        piece_byte  = {|data_i[30:23], data_i[22:16]};
        piece_carry = data_i[15] | (&data_i[14:7]);
      end
      tn_pkg::FmtFp32M: begin
        piece_byte  = data_i[15:8];
        piece_carry = data_i[7];
        flip_d      = data_i[15] ? !(&data_i[14:7]) : (&data_i[14:7]);
      end
      default: begin  // FP32 low piece, INT8
        flip_d      = data_i[7];
      end
    endcase
    piece_mag = {1'b0, piece_byte ^ {8{flip_d}}} + {8'b0, piece_carry ^ flip_d};
  end

  always_comb begin
    integer_fmt = (fmt_i == tn_pkg::FmtInt8);
    fp32_piece  = (fmt_i == tn_pkg::FmtFp32H) | (fmt_i == tn_pkg::FmtFp32M) |
                  (fmt_i == tn_pkg::FmtFp32L);
    case (fmt_i)
      tn_pkg::FmtBf16, tn_pkg::FmtFp16: sign_d = data_i[15];
      tn_pkg::FmtE4m3, tn_pkg::FmtE5m2, tn_pkg::FmtInt8: sign_d = data_i[7];
      default: sign_d = data_i[31];
    endcase
    case (fmt_i)
      tn_pkg::FmtBf16: begin
        field        = data_i[14:7];
        field_ones   = &data_i[14:7];
        fraction_any = |data_i[6:0];
      end
      tn_pkg::FmtFp16: begin
        field        = {3'b0, data_i[14:10]};
        field_ones   = &data_i[14:10];
        fraction_any = |data_i[9:0];
      end
      tn_pkg::FmtE4m3: begin
        field        = {4'b0, data_i[6:3]};
        field_ones   = &data_i[6:3];
        fraction_any = |data_i[2:0];
      end
      tn_pkg::FmtE5m2: begin
        field        = {3'b0, data_i[6:2]};
        field_ones   = &data_i[6:2];
        fraction_any = |data_i[1:0];
      end
      tn_pkg::FmtInt8: begin
        field        = 8'd1;
        field_ones   = 1'b0;
        fraction_any = 1'b1;
      end
      default: begin  // TF32 ignores its low 13 bits
        field        = data_i[30:23];
        field_ones   = &data_i[30:23];
        fraction_any = (|data_i[22:13]) | (fp32_piece & (|data_i[12:0]));
      end
    endcase
    hidden = |field;
    case (fmt_i)
      tn_pkg::FmtBf16: aligned = {hidden, data_i[6:0], 3'b0};
      tn_pkg::FmtFp16: aligned = {hidden, data_i[9:0]};
      tn_pkg::FmtE4m3: aligned = {hidden, data_i[2:0], 7'b0};
      tn_pkg::FmtE5m2: aligned = {hidden, data_i[1:0], 8'b0};
      tn_pkg::FmtTf32: aligned = {hidden, data_i[22:13]};
      default:         aligned = {piece_mag[7:0], 3'b0};
    endcase
    carry_d = (fmt_i == tn_pkg::FmtFp32H) & piece_mag[8];
    case (fmt_i)
      tn_pkg::FmtFp16, tn_pkg::FmtE5m2: bias = 9'd241;  // 256 - 15
      tn_pkg::FmtE4m3:                  bias = 9'd249;  // 256 - 7
      tn_pkg::FmtFp32M:                 bias = 9'd121;  // 8 below the high piece
      tn_pkg::FmtFp32L:                 bias = 9'd113;
      tn_pkg::FmtInt8:                  bias = 9'd255;
      default:                          bias = 9'd129;  // 256 - 127
    endcase
  end

  logic [10:0]         aligned_q;
  logic                carry_q;
  logic                integer_q;
  logic                wide_q;
  logic                valid_q;
  logic                sign_q;
  logic [8:0]          base_q;
  tn_pkg::num_class_e  class_q;

  always_ff @(posedge clk_i) begin
    valid_q <= valid_i;
    if (valid_i) begin
      integer_q <= integer_fmt;
      wide_q    <= wide_i;
      sign_q    <= sign_d ^ (flip_d & fp32_piece & (fmt_i != tn_pkg::FmtFp32H));
      base_q    <= bias + {1'b0, field[7:1], field[0] | !hidden};
      if (!enable_i) class_q <= tn_pkg::ClassZero;
      else if (field_ones) class_q <= fraction_any ? tn_pkg::ClassNan : tn_pkg::ClassInf;
      else if (!hidden && !fraction_any) class_q <= tn_pkg::ClassZero;
      else class_q <= tn_pkg::ClassNormal;
      if (!enable_i || field_ones) begin
        aligned_q <= '0;
        carry_q   <= 1'b0;
      end else begin
        aligned_q <= aligned;
        carry_q   <= carry_d;
      end
    end
  end

  // ---- Stage 2: normalise ----
  logic [3:0]  leading_zeros;
  logic [10:0] eighth;      // shifted by 0 or 8
  logic [10:0] quarter;     // and by 0 or 4
  logic [10:0] normalised;
  always_comb begin
    leading_zeros[3] = (aligned_q[10:3] == '0);
    eighth           = leading_zeros[3] ? {aligned_q[2:0], 8'b0} : aligned_q;
    leading_zeros[2] = (eighth[10:7] == '0);
    quarter          = leading_zeros[2] ? {eighth[6:0], 4'b0} : eighth;
    casez (quarter[10:8])
      3'b1??:  leading_zeros[1:0] = 2'd0;
      3'b01?:  leading_zeros[1:0] = 2'd1;
      3'b001:  leading_zeros[1:0] = 2'd2;
      default: leading_zeros[1:0] = 2'd3;
    endcase
    normalised = quarter << leading_zeros[1:0];
    if (integer_q) normalised = aligned_q;
  end

  always_ff @(posedge clk_i) begin
    if (valid_q) begin
      nonzero_o    <= (|aligned_q) | carry_q;
      exp_o        <= carry_q ? base_q + 9'd1 : base_q - (integer_q ? 9'd0 : 9'(leading_zeros));
      sig_o.sign   <= sign_q;
      sig_o.cls    <= class_q;
      sig_o.mag    <= wide_q ? normalised : {3'b0, normalised[10] | carry_q, normalised[9:3]};
    end
  end

endmodule
