// SPDX-License-Identifier: Apache-2.0
//
// tn_cast_to_fp32: one element of a floating-point format, right-aligned, to FP32. Exact.
//
// NaN becomes 0x7FC00000, except from fp32, whose bits are copied (so are those of the integers,
// which tn_int_to_fp32 takes). tf32 drops its low 13 bits first. Bits above the element are ignored.
// Combinational.

module tn_cast_to_fp32 (
    input  logic [2:0]  dtype_i,  // low bits of tn_isa_pkg::dtype_e
    input  logic [31:0] x_i,
    output logic [31:0] y_o
);

  localparam logic [31:0] CanonicalNan = tn_vector_pkg::CanonicalNan;

  // The eight and sixteen-bit formats with their own bias; the fraction is left-aligned in ten bits.
  // rebias is 127 less the bias of the format.
  function automatic logic [31:0] widen_small(logic sign, logic [4:0] exp, logic exp_ones,
                                              logic [9:0] fraction, logic [7:0] rebias);
    logic [15:0] work;
    logic [3:0]  zeros;
    if (exp_ones) return fraction == '0 ? {sign, 31'h7F80_0000} : CanonicalNan;
    if (exp != '0) return {sign, rebias + {3'b0, exp}, fraction, 13'b0};
    if (fraction == '0) return {sign, 31'b0};
    // Subnormal: every FP32 result is normal.
    work = {fraction, 6'b100000};
    zeros = '0;
    if (work[15:8] == '0) begin zeros[3] = 1'b1; work = work << 8; end
    if (work[15:12] == '0) begin zeros[2] = 1'b1; work = work << 4; end
    if (work[15:14] == '0) begin zeros[1] = 1'b1; work = work << 2; end
    if (!work[15]) begin zeros[0] = 1'b1; work = work << 1; end
    return {sign, rebias - {4'b0, zeros}, (fraction << zeros) << 1, 13'b0};
  endfunction

  function automatic logic [31:0] widen(logic [2:0] dtype, logic [31:0] bits);
    case ({1'b0, dtype})
      tn_isa_pkg::DtypeBf16: return bits[14:0] > 15'h7F80 ? CanonicalNan : {bits[15:0], 16'b0};
      tn_isa_pkg::DtypeTf32: return bits[30:13] > 18'h3FC00 ? CanonicalNan : {bits[31:13], 13'b0};
      tn_isa_pkg::DtypeFp16:
        return widen_small(bits[15], bits[14:10], bits[14:10] == 5'h1F, bits[9:0], 8'd112);
      tn_isa_pkg::DtypeFp8E5m2:
        return widen_small(bits[7], bits[6:2], bits[6:2] == 5'h1F, {bits[1:0], 8'b0}, 8'd112);
      tn_isa_pkg::DtypeFp8E4m3:
        return widen_small(bits[7], {1'b0, bits[6:3]}, bits[6:3] == 4'hF, {bits[2:0], 7'b0}, 8'd120);
      default: return bits;
    endcase
  endfunction

  assign y_o = widen(dtype_i, x_i);

endmodule
