// SPDX-License-Identifier: Apache-2.0
//
// tn_cast_to_fp32: one element of any dtype, right-aligned, to FP32. Exact.
//
// NaN becomes 0x7FC00000, except from fp32, whose bits are copied. tf32 drops its low 13 bits first.
// The integers do not become FP32: int8 is sign-extended and int32 copied, for tn_cast_from_fp32 to
// pass on. Bits above the element are ignored. One stage: y_o one clock edge after x_i, where
// valid_i is set.

module tn_cast_to_fp32 (
    input  logic        clk_i,
    input  logic        valid_i,
    input  logic [2:0]  dtype_i,  // low bits of tn_isa_pkg::dtype_e
    input  logic [31:0] x_i,
    output logic [31:0] y_o
);

  localparam logic [31:0] CanonicalNan = 32'h7FC0_0000;

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

  logic [31:0] y_q;

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      case ({1'b0, dtype_i})
        tn_isa_pkg::DtypeBf16:
          y_q <= x_i[14:0] > 15'h7F80 ? CanonicalNan : {x_i[15:0], 16'b0};
        tn_isa_pkg::DtypeTf32:
          y_q <= x_i[30:13] > 18'h3FC00 ? CanonicalNan : {x_i[31:13], 13'b0};
        tn_isa_pkg::DtypeFp16:
          y_q <= widen_small(x_i[15], x_i[14:10], x_i[14:10] == 5'h1F, x_i[9:0], 8'd112);
        tn_isa_pkg::DtypeFp8E5m2:
          y_q <= widen_small(x_i[7], x_i[6:2], x_i[6:2] == 5'h1F, {x_i[1:0], 8'b0}, 8'd112);
        tn_isa_pkg::DtypeFp8E4m3:
          y_q <= widen_small(x_i[7], {1'b0, x_i[6:3]}, x_i[6:3] == 4'hF, {x_i[2:0], 7'b0}, 8'd120);
        tn_isa_pkg::DtypeInt8:
          y_q <= {{24{x_i[7]}}, x_i[7:0]};
        default:
          y_q <= x_i;
      endcase
    end
  end

  assign y_o = y_q;

endmodule
