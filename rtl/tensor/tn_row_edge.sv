// SPDX-License-Identifier: Apache-2.0
//
// tn_row_edge: the left edge of one row of the PE array.
//
// Decodes the row's moving element and its LoadCols stationary elements and delays each to its wave:
// the exponents by Skew cycles, the alignment exponents by Skew + 17, the significands by Skew + 19.
// Lane j of the stationary elements is j cycles later still, like the swap that travels along the
// row. From ld_valid_i or mov_valid_i to the outputs of the exponent wave: 2 + Skew (+ j) cycles.
// Data is not reset and means something only when its enable or its vector arrives.

module tn_row_edge #(
    parameter int unsigned Skew     = 0,  // row in its group + start of the group, cycles
    parameter int unsigned LoadCols = 1
) (
    input  logic                                clk_i,
    input  logic                                rst_ni,
    input  logic                                ld_valid_i,
    input  tn_pkg::operand_fmt_e                ld_fmt_i,
    input  logic                                ld_wide_i,
    input  logic                                ld_row_en_i,
    input  logic [LoadCols-1:0]                 ld_col_en_i,
    input  logic [LoadCols-1:0][31:0]           ld_data_i,
    input  logic                                mov_valid_i,
    input  tn_pkg::operand_fmt_e                mov_fmt_i,
    input  tn_pkg::pair_mode_e                  mov_mode_i,
    input  logic                                mov_row_en_i,
    input  logic [31:0]                         mov_data_i,
    output logic [LoadCols-1:0][9:0]            ld_exp_o,
    output logic [LoadCols-1:0][8:0]            ld_aln_o,
    output tn_pkg::stationary_sig_t [LoadCols-1:0] ld_sig_o,
    output logic [9:0]                          mov_exp_o,
    output logic [8:0]                          mov_aln_o,
    output tn_pkg::operand_sig_t                mov_sig_o
);

  localparam int unsigned SigW   = $bits(tn_pkg::operand_sig_t);
  localparam int unsigned LdSigW = $bits(tn_pkg::stationary_sig_t);

  // ---- Moving operand ----
  logic                 mov_nonzero;
  logic [8:0]           mov_exp;
  logic [8:0]           mov_window_exp;
  tn_pkg::operand_sig_t mov_sig;
  logic [8:0]           window_q, window_qq;
  logic [4:0]           mov_high;  // raw elements are stationary
  logic                 unused_high;
  assign unused_high = ^mov_high;

  tn_operand_decode u_mov_decode (
      .clk_i,
      .valid_i  (mov_valid_i),
      .fmt_i    (mov_fmt_i),
      .wide_i   (mov_mode_i == tn_pkg::PairWide),
      .enable_i (mov_row_en_i),
      .data_i   (mov_data_i),
      .nonzero_o(mov_nonzero),
      .exp_o    (mov_exp),
      .sig_o    (mov_sig),
      .high_o   (mov_high)
  );

  // The maximum of (exponent - window) is the reference the alignment wave needs, so the window is
  // taken off here, once per row, instead of once per column and group.
  always_ff @(posedge clk_i) begin
    case (mov_mode_i)
      tn_pkg::PairNarrow: window_q <= 9'd23;
      tn_pkg::PairWide:   window_q <= 9'd20;
      tn_pkg::PairRawHi:  window_q <= 9'd16;  // products move up by as much
      default:            window_q <= 9'd0;
    endcase
    window_qq <= window_q;
  end
  assign mov_window_exp = mov_exp - window_qq;

  tn_delay #(
      .Depth(Skew),
      .Width(10)
  ) u_mov_exp (
      .clk_i,
      .rst_ni,
      .data_i({mov_nonzero, mov_nonzero & mov_window_exp[8], mov_window_exp[7:0]}),
      .data_o(mov_exp_o)
  );
  tn_pkg::operand_sig_t mov_sig_early;
  tn_delay #(
      .Depth(Skew + tn_pkg::ArrayAlignLag),
      .Width(9 + SigW)
  ) u_mov_aln (
      .clk_i,
      .rst_ni,
      .data_i({mov_exp, mov_sig}),
      .data_o({mov_aln_o, mov_sig_early})
  );
  tn_delay #(
      .Depth(tn_pkg::ArraySigLag - tn_pkg::ArrayAlignLag),
      .Width(SigW)
  ) u_mov_sig (
      .clk_i,
      .rst_ni,
      .data_i(mov_sig_early),
      .data_o(mov_sig_o)
  );

  // ---- Stationary operand ----
  for (genvar j = 0; j < LoadCols; j++) begin : gen_lane
    logic                 nonzero;
    logic [8:0]           exponent;
    tn_pkg::operand_sig_t sig;
    logic [4:0]           high;

    tn_operand_decode #(
        .Raw(1'b1)
    ) u_decode (
        .clk_i,
        .valid_i  (ld_valid_i),
        .fmt_i    (ld_fmt_i),
        .wide_i   (ld_wide_i),
        .enable_i (ld_row_en_i & ld_col_en_i[j]),
        .data_i   (ld_data_i[j]),
        .nonzero_o(nonzero),
        .exp_o    (exponent),
        .sig_o    (sig),
        .high_o   (high)
    );
    tn_delay #(
        .Depth(Skew + j),
        .Width(10)
    ) u_exp (
        .clk_i,
        .rst_ni,
        .data_i({nonzero, nonzero & exponent[8], exponent[7:0]}),
        .data_o(ld_exp_o[j])
    );
    tn_pkg::stationary_sig_t sig_early;
    tn_delay #(
        .Depth(Skew + j + tn_pkg::ArrayAlignLag),
        .Width(9 + LdSigW)
    ) u_aln (
        .clk_i,
        .rst_ni,
        .data_i({exponent, sig.sign, sig.cls, high, sig.mag}),
        .data_o({ld_aln_o[j], sig_early})
    );
    tn_delay #(
        .Depth(tn_pkg::ArraySigLag - tn_pkg::ArrayAlignLag),
        .Width(LdSigW)
    ) u_sig (
        .clk_i,
        .rst_ni,
        .data_i(sig_early),
        .data_o(ld_sig_o[j])
    );
  end

endmodule
