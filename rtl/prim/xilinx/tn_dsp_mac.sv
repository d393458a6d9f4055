// SPDX-License-Identifier: Apache-2.0
//
// tn_dsp_mac (Xilinx): sum_o = sum_i +/- moving_i * stationary_i * 2^distance_i on one DSP48E2.
//
// Same contract and latency as the behavioural rtl/prim/tn_dsp_mac.sv; chosen by the file list. The
// slice aligns the product: the moving significand enters shifted by 2 and 3 (each or not), and by 12
// through the pre-adder, which serves as a selector between A and D (INMODE[1] forces A to zero,
// INMODE[2] lets D in; neither leaves the product out); the stationary one is shifted by 1 and 5. Any
// shift up to 23 is a sum of these steps, and 11-bit significands fit the ports (26 and 17 bits
// unsigned) up to 20, 8-bit ones up to 23, a stationary one of 16 bits at 0 and 16. Cost: 33 LUT for both ports and 8 for the choice of steps.
// Registers: A2, D, B2 and INMODE at the input, M, ALUMODE, P; none between pre-adder and multiplier.
// The sum runs on the PCIN/PCOUT cascade where Chained; otherwise Z is zero.

module tn_dsp_mac #(
    parameter bit Chained = 1'b1,  // sum_i comes from the slice above
    parameter bit Last    = 1'b0   // sum_o feeds logic, not the slice below
) (
    input  logic        clk_i,
    input  logic        enable_i,    // registers hold while low
    input  logic [10:0] moving_i,
    input  logic [15:0] stationary_i,
    input  logic [9:0]  distance_i,  // modulo 1024
    input  logic        subtract_i,
    input  logic [47:0] sum_i,
    output logic [47:0] sum_o
);

  // Z = PCIN (001) or 0 (000); X and Y = the multiplier's partial products (01, 01).
  localparam logic [8:0] OpMode = Chained ? 9'b00_001_01_01 : 9'b00_000_01_01;

  // Steps in the order 12, 5, 3, 2, 1. Where there are two ways, the one that fits 11-bit significands.
  logic [4:0] steps;
  always_comb begin
    case (distance_i[4:0])
      5'd0:    steps = 5'b00000;
      5'd1:    steps = 5'b00001;
      5'd2:    steps = 5'b00010;
      5'd3:    steps = 5'b00011;
      5'd4:    steps = 5'b00101;
      5'd5:    steps = 5'b01000;
      5'd6:    steps = 5'b01001;
      5'd7:    steps = 5'b01010;
      5'd8:    steps = 5'b01011;
      5'd9:    steps = 5'b01101;
      5'd10:   steps = 5'b01110;
      5'd11:   steps = 5'b01111;
      5'd12:   steps = 5'b10000;
      5'd13:   steps = 5'b10001;
      5'd14:   steps = 5'b10010;
      5'd15:   steps = 5'b10011;
      5'd16:   steps = 5'b10101;
      5'd17:   steps = 5'b11000;
      5'd18:   steps = 5'b11001;
      5'd19:   steps = 5'b11010;
      5'd20:   steps = 5'b11011;
      5'd21:   steps = 5'b11101;
      5'd22:   steps = 5'b11110;
      default: steps = 5'b11111;
    endcase
  end

  // Steps 12 and 3 meet step 2 only above a shift of 20, where significands have 8 bits: the top two
  // bits that D has no room for are zero.
  logic        keep;
  logic        low, high;
  logic [15:0] moving;
  logic [16:0] stationary;
  assign keep       = (distance_i[9:5] == '0);
  assign low        = keep & !steps[4];
  assign high       = keep & steps[4];
  assign moving     = (16'(moving_i) << {steps[1], 1'b0}) << {steps[2], steps[2]};
  assign stationary = (17'(stationary_i) << steps[0]) << {steps[3], 1'b0, steps[3]};

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
      .A             ({14'b0, moving}),
      .D             ({1'b0, moving[13:0], 12'b0}),
      .B             ({1'b0, stationary}),
      .INMODE        ({2'b00, high, !low, 1'b0}),
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
