// SPDX-License-Identifier: Apache-2.0
//
// tn_cast_from_fp32: relu or a change of sign if asked, then the cast of an FP32 value to the dtype
// of the destination, right-aligned in y_o (bits above the element are zero, or mean nothing where
// bits are only passed on).
//
// To a float: one rounding to nearest even, gradual underflow, overflow to infinity; NaN becomes the
// canonical quiet NaN of the format; to fp32 bits are copied. To an integer: to nearest even,
// saturating, NaN to 0. relu: NaN to 0x7FC00000, everything not above zero to +0, the rest as is.
// negate inverts the sign of all but NaN. NarrowBits passes the bits on, NarrowSaturate takes an
// int32 to int8; both without relu and negate. Two stages: y_o two clock edges after x_i;
// valid_i[k], dtype_i[k] and so on belong to the element before stage k.

module tn_cast_from_fp32 #(
    localparam int unsigned Stages = tn_vector_pkg::NarrowStages
) (
    input  logic                   clk_i,
    input  logic [Stages-1:0]      valid_i,
    input  logic                   relu_i,        // of stage 0
    input  logic                   negate_i,
    input  logic                   bits_1_i,      // of stage 1
    input  logic                   saturate_1_i,
    input  logic [Stages-1:0][2:0] dtype_i,  // low bits of tn_isa_pkg::dtype_e
    input  logic [31:0]            x_i,
    output logic [31:0]            y_o
);

  if (Stages != 2) begin : gen_check_stages
    $fatal(1, "tn_cast_from_fp32: has two stages, not NarrowStages (%0d)", Stages);
  end

  // Bits of the FP32 fraction beyond that of a format.
  function automatic logic [4:0] dropped_bits(logic [2:0] dtype);
    case ({1'b0, dtype})
      tn_isa_pkg::DtypeBf16:    return 5'd16;
      tn_isa_pkg::DtypeFp8E4m3: return 5'd20;
      tn_isa_pkg::DtypeFp8E5m2: return 5'd21;
      default:                  return 5'd13;  // fp16, tf32
    endcase
  endfunction

  // 127 less the bias of a format.
  function automatic logic [7:0] rebias(logic [2:0] dtype);
    case ({1'b0, dtype})
      tn_isa_pkg::DtypeFp16, tn_isa_pkg::DtypeFp8E5m2: return 8'd112;
      tn_isa_pkg::DtypeFp8E4m3:                        return 8'd120;
      default:                                         return 8'd0;
    endcase
  endfunction

  // Exponent field of a number whose last place is 1.
  localparam logic [7:0] ExpUnit = 8'd150;

  // Stage 0: relu; the exponent in the format's bias, and how many bits go. Below the smallest
  // normal number of the format the exponent stays there and more bits go. An integer has its last
  // place at 1: more bits go below 2^23, up to seven enter above.
  logic [31:0] x_0_q;
  logic [7:0]  exp_0_q;   // exponent field less one: the hidden bit adds the one
  logic [4:0]  drop_0_q;  // 25: everything, at most a sticky bit is left
  logic [2:0]  raise_0_q;
  logic        beyond_0_q;  // beyond the integers of the dtype

  always_ff @(posedge clk_i) begin
    if (valid_i[0]) begin : scale
      automatic logic [31:0] x;
      automatic logic [7:0]  exp, least;
      automatic logic [8:0]  drop;
      x = x_i;
      if (relu_i) begin
        if (x_i[30:0] > 31'h7F80_0000) x = 32'h7FC0_0000;
        else if (x_i[31]) x = '0;
      end
      if (negate_i && x_i[30:0] <= 31'h7F80_0000) x[31] = !x[31];
      exp   = x[30:23] == '0 ? 8'd1 : x[30:23];
      least = rebias(dtype_i[0]) + 8'd1;
      if (exp >= least) begin
        exp_0_q <= exp - least;
        drop    = {4'b0, dropped_bits(dtype_i[0])};
      end else begin
        exp_0_q <= '0;
        drop    = {4'b0, dropped_bits(dtype_i[0])} + {1'b0, least - exp};
      end
      if (tn_vector_pkg::dtype_is_integer(dtype_i[0])) begin
        drop       = exp >= ExpUnit ? '0 : {1'b0, ExpUnit - exp};
        raise_0_q  <= exp >= ExpUnit ? 3'(exp - ExpUnit) : '0;
        beyond_0_q <= exp >= ({1'b0, dtype_i[0]} == tn_isa_pkg::DtypeInt8 ? 8'd134 : 8'd158);
      end
      drop_0_q <= drop > 9'd25 ? 5'd25 : drop[4:0];
      x_0_q    <= x;
    end
  end

  // Stage 1: round. The carry of the fraction and the hidden bit both go into the exponent.
  logic [31:0] y_q;

  always_ff @(posedge clk_i) begin
    if (valid_i[1]) begin : narrow
      automatic logic [48:0] shifted;
      automatic logic        up, inf, nan, sign;
      automatic logic [18:0] kept;
      automatic logic [18:0] bits;  // exponent and fraction, large enough for tf32 beyond its range
      automatic logic [31:0] magnitude, integer_y;
      shifted = {x_0_q[30:23] != '0, x_0_q[22:0], 25'b0} >> drop_0_q;
      kept = shifted[43:25];
      up   = shifted[24] && (shifted[23:0] != '0 || shifted[25]);
      inf  = x_0_q[30:0] == 31'h7F80_0000;
      nan  = x_0_q[30:0] > 31'h7F80_0000;
      sign = x_0_q[31];
      magnitude = {8'b0, shifted[48:25]} << raise_0_q;
      integer_y = sign ? ~magnitude + 32'(!up) : magnitude + 32'(up);
      bits      = '0;
      if (saturate_1_i && {1'b0, dtype_i[1]} == tn_isa_pkg::DtypeInt8) begin
        // In range when the bits above the byte repeat its sign.
        if (x_0_q[31:7] == '0 || x_0_q[31:7] == '1) y_q <= {24'b0, x_0_q[7:0]};
        else y_q <= {24'b0, x_0_q[31] ? 8'h80 : 8'h7F};
      end else if (bits_1_i || saturate_1_i) begin
        y_q <= x_0_q;
      end else begin
        case ({1'b0, dtype_i[1]})
          tn_isa_pkg::DtypeBf16: begin
            bits = {4'b0, exp_0_q, 7'b0} + kept + 19'(up);
            y_q <= {16'b0, nan ? 16'h7FC0 : {sign, bits[14:0]}};
          end
          tn_isa_pkg::DtypeTf32: begin
            bits = {1'b0, exp_0_q, 10'b0} + kept + 19'(up);
            y_q <= nan ? 32'h7FC0_0000 : {sign, bits[17:0], 13'b0};
          end
          tn_isa_pkg::DtypeFp16: begin
            bits = {1'b0, exp_0_q, 10'b0} + kept + 19'(up);
            y_q <= {16'b0, nan ? 16'h7E00 :
                           inf || bits >= 19'h07C00 ? {sign, 15'h7C00} : {sign, bits[14:0]}};
          end
          tn_isa_pkg::DtypeFp8E5m2: begin
            bits = {9'b0, exp_0_q, 2'b0} + kept + 19'(up);
            y_q <= {24'b0, nan ? 8'h7E : inf || bits >= 19'h7C ? {sign, 7'h7C} : {sign, bits[6:0]}};
          end
          tn_isa_pkg::DtypeFp8E4m3: begin
            bits = {8'b0, exp_0_q, 3'b0} + kept + 19'(up);
            y_q <= {24'b0, nan ? 8'h7C : inf || bits >= 19'h78 ? {sign, 7'h78} : {sign, bits[6:0]}};
          end
          tn_isa_pkg::DtypeInt8: begin
            // Only 127.5 and a little less round to 128.
            if (nan) y_q <= '0;
            else if (beyond_0_q || (integer_y[7] && !sign)) y_q <= sign ? 32'h80 : 32'h7F;
            else y_q <= {24'b0, integer_y[7:0]};
          end
          tn_isa_pkg::DtypeInt32: begin
            if (nan) y_q <= '0;
            else if (beyond_0_q) y_q <= sign ? 32'h8000_0000 : 32'h7FFF_FFFF;
            else y_q <= integer_y;
          end
          default: y_q <= x_0_q;  // fp32
        endcase
      end
    end
  end

  assign y_o = y_q;

endmodule
