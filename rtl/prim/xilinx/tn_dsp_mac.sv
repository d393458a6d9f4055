// SPDX-License-Identifier: Apache-2.0
//
// tn_dsp_mac (Xilinx): sum_o = sum_i +/- (a_i or d_i or 0) * b_i on one DSP48E2.
//
// Same contract and latency as the behavioural rtl/prim/tn_dsp_mac.sv; chosen by the file list. The
// pre-adder serves as a selector: INMODE[1] forces its A side to zero, INMODE[2] lets D in. Registers:
// A2, D, B2 and INMODE at the input, M, ALUMODE, P; none between pre-adder and multiplier. The sum
// runs on the PCIN/PCOUT cascade where Chained; otherwise Z is zero. Operands are unsigned: their sign
// bits are zero.

module tn_dsp_mac #(
    parameter bit Chained = 1'b1,  // sum_i comes from the slice above
    parameter bit Last    = 1'b0   // sum_o feeds logic, not the slice below
) (
    input  logic        clk_i,
    input  logic        enable_i,    // registers hold while low
    input  logic [25:0] a_i,
    input  logic [25:0] d_i,
    input  logic        select_a_i,
    input  logic        select_d_i,
    input  logic [16:0] b_i,
    input  logic        subtract_i,
    input  logic [47:0] sum_i,
    output logic [47:0] sum_o
);

  // Z = PCIN (001) or 0 (000); X and Y = the multiplier's partial products (01, 01).
  localparam logic [8:0] OpMode = Chained ? 9'b00_001_01_01 : 9'b00_000_01_01;

  logic [47:0] p;
  logic [47:0] cascade;
  assign sum_o = Last ? p : cascade;


  DSP48E2 #(
      .AMULTSEL       ("AD"),
      .BMULTSEL       ("B"),
      .PREADDINSEL    ("A"),
      .A_INPUT        ("DIRECT"),
      .B_INPUT        ("DIRECT"),
      .USE_MULT       ("MULTIPLY"),
      .AREG           (1),
      .ACASCREG       (1),
      .DREG           (1),
      .ADREG          (0),
      .BREG           (1),
      .BCASCREG       (1),
      .INMODEREG      (1),
      .MREG           (1),
      .PREG           (1),
      .ALUMODEREG     (1),
      .OPMODEREG      (0),
      .CREG           (0),
      .CARRYINREG     (0),
      .CARRYINSELREG  (0)
  ) u_slice (
      .CLK           (clk_i),
      .A             ({4'b0, a_i}),
      .D             ({1'b0, d_i}),
      .B             ({1'b0, b_i}),
      .INMODE        ({2'b00, select_d_i, !select_a_i, 1'b0}),
      .ALUMODE       ({2'b00, subtract_i, subtract_i}),  // Z + M or Z - M
      .OPMODE        (OpMode),
      .CARRYIN       (1'b0),
      .CARRYINSEL    (3'b000),
      .C             (48'b0),
      .PCIN          (Chained ? sum_i : 48'b0),
      .P             (p),
      .PCOUT         (cascade),
      .CEA1          (1'b0),
      .CEA2          (enable_i),
      .CEB1          (1'b0),
      .CEB2          (enable_i),
      .CED           (enable_i),
      .CEAD          (1'b0),
      .CEINMODE      (enable_i),
      .CEM           (enable_i),
      .CEALUMODE     (enable_i),
      .CEP           (enable_i),
      .CEC           (1'b0),
      .CECTRL        (1'b0),
      .CECARRYIN     (1'b0),
      .RSTA          (1'b0),
      .RSTB          (1'b0),
      .RSTC          (1'b0),
      .RSTD          (1'b0),
      .RSTM          (1'b0),
      .RSTP          (1'b0),
      .RSTINMODE     (1'b0),
      .RSTALUMODE    (1'b0),
      .RSTCTRL       (1'b0),
      .RSTALLCARRYIN (1'b0),
      .ACIN          (30'b0),
      .BCIN          (18'b0),
      .CARRYCASCIN   (1'b0),
      .MULTSIGNIN    (1'b0),
      .ACOUT         (),
      .BCOUT         (),
      .CARRYCASCOUT  (),
      .CARRYOUT      (),
      .MULTSIGNOUT   (),
      .OVERFLOW      (),
      .UNDERFLOW     (),
      .PATTERNDETECT (),
      .PATTERNBDETECT(),
      .XOROUT        ()
  );

endmodule
