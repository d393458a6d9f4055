// SPDX-License-Identifier: Apache-2.0
//
// DSP48E2: a simulation model of the part of the vendor's slice that rtl/prim/xilinx uses, written from
// the documented behaviour (AMD UG579): pre-adder with gated A and D, multiplier, ALU with Z = 0 or
// PCIN, one register each at A2, D, B2, INMODE, ALUMODE, M and P. It refuses any other setting.

/* verilator lint_off DECLFILENAME */  // the vendor's name, our file name
module DSP48E2 #(
    parameter AMULTSEL = "A",
    parameter BMULTSEL = "B",
    parameter PREADDINSEL = "A",
    parameter A_INPUT = "DIRECT",
    parameter B_INPUT = "DIRECT",
    parameter USE_MULT = "MULTIPLY",
    parameter integer AREG = 1,
    parameter integer ACASCREG = 1,
    parameter integer DREG = 1,
    parameter integer ADREG = 1,
    parameter integer BREG = 1,
    parameter integer BCASCREG = 1,
    parameter integer INMODEREG = 1,
    parameter integer MREG = 1,
    parameter integer PREG = 1,
    parameter integer ALUMODEREG = 1,
    parameter integer OPMODEREG = 1,
    parameter integer CREG = 1,
    parameter integer CARRYINREG = 1,
    parameter integer CARRYINSELREG = 1
) (
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic        CLK,
    input  logic [29:0] A,
    input  logic [26:0] D,
    input  logic [17:0] B,
    input  logic [4:0]  INMODE,
    input  logic [3:0]  ALUMODE,
    input  logic [8:0]  OPMODE,
    input  logic        CARRYIN,
    input  logic [2:0]  CARRYINSEL,
    input  logic [47:0] C,
    input  logic [47:0] PCIN,
    output logic [47:0] P,
    output logic [47:0] PCOUT,
    input  logic        CEA1, CEA2, CEB1, CEB2, CED, CEAD, CEINMODE, CEM, CEALUMODE, CEP, CEC, CECTRL,
    input  logic        CECARRYIN,
    input  logic        RSTA, RSTB, RSTC, RSTD, RSTM, RSTP, RSTINMODE, RSTALUMODE, RSTCTRL,
    input  logic        RSTALLCARRYIN,
    input  logic [29:0] ACIN,
    input  logic [17:0] BCIN,
    input  logic        CARRYCASCIN,
    input  logic        MULTSIGNIN,
    /* verilator lint_on UNUSEDSIGNAL */
    output logic [29:0] ACOUT,
    output logic [17:0] BCOUT,
    output logic        CARRYCASCOUT,
    output logic [3:0]  CARRYOUT,
    output logic        MULTSIGNOUT,
    output logic        OVERFLOW,
    output logic        UNDERFLOW,
    output logic        PATTERNDETECT,
    output logic        PATTERNBDETECT,
    output logic [7:0]  XOROUT
);

  if (AMULTSEL != "AD" || BMULTSEL != "B" || PREADDINSEL != "A" || A_INPUT != "DIRECT" ||
      B_INPUT != "DIRECT" || USE_MULT != "MULTIPLY" || AREG != 1 || ACASCREG != 1 || DREG != 1 ||
      ADREG != 0 || BREG != 1 || BCASCREG != 1 || INMODEREG != 1 || MREG != 1 || PREG != 1 ||
      ALUMODEREG != 1 || OPMODEREG != 0 || CREG != 0 || CARRYINREG != 0 || CARRYINSELREG != 0)
  begin : gen_illegal
    $fatal(1, "DSP48E2: this model does not know the setting");
  end

  logic signed [26:0] a2_q, d_q;
  logic signed [17:0] b2_q;
  logic [3:1]         inmode_q;  // the pipeline selections [4] and [0] have one register to choose from
  logic [3:0]         alumode_q;
  logic signed [44:0] m_q;
  logic [47:0]        p_q;

  // Pre-adder: INMODE[1] forces A to zero, INMODE[2] lets D in, INMODE[3] subtracts A.
  logic signed [26:0] a_side, d_side, ad;
  assign a_side = inmode_q[1] ? 27'sd0 : a2_q;
  assign d_side = inmode_q[2] ? d_q : 27'sd0;
  assign ad     = inmode_q[3] ? d_side - a_side : d_side + a_side;

  logic [47:0] z;
  assign z = (OPMODE[6:4] == 3'b001) ? PCIN : 48'b0;

  always_ff @(posedge CLK) begin
    if (CEA2) a2_q <= A[26:0];
    if (CED) d_q <= D;
    if (CEB2) b2_q <= B;
    if (CEINMODE) inmode_q <= INMODE[3:1];
    if (CEALUMODE) alumode_q <= ALUMODE;
    if (CEM) m_q <= 45'(ad) * 45'(b2_q);
    if (CEP) p_q <= (alumode_q == 4'b0011) ? z - 48'(m_q) : z + 48'(m_q);
    KnownAluMode : assert (ALUMODE == 4'b0000 || ALUMODE == 4'b0011);
    KnownOpMode : assert (OPMODE == 9'b00_001_01_01 || OPMODE == 9'b00_000_01_01);
    NoReset : assert (!(RSTA | RSTB | RSTD | RSTM | RSTP | RSTINMODE | RSTALUMODE));
  end

  assign P     = p_q;
  assign PCOUT = p_q;
  assign {ACOUT, BCOUT, CARRYCASCOUT, CARRYOUT, MULTSIGNOUT, OVERFLOW, UNDERFLOW, PATTERNDETECT,
          PATTERNBDETECT, XOROUT} = '0;

endmodule
