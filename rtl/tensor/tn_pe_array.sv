// SPDX-License-Identifier: Apache-2.0
//
// tn_pe_array: R x C processing elements, weight-stationary, with edges and column feet.
//
// A vector of R moving elements enters every cycle it is valid; C results leave, column c one cycle
// after column c - 1. Rows form R/16 groups; each has its own exponent return and its own feet, and
// the foot of group g takes the result of group g - 1, so that groups are rounded in ascending order.
// The array cannot stall. Bits are those of docs/reference/numerics.md for every format.
//
// Timing, in cycles after the mov_valid_i of a vector, for column c:
//   psum_i[c] is sampled   tn_pkg::array_lat_psum() + c      (ignored when overwriting)
//   res_o[c] is valid      tn_pkg::array_lat_result(R) + c   (with res_valid_o[c])
// Loading: step s carries columns s*LoadCols and up of all rows. With a pass whose first vector (which
// activates the loaded tile) comes at cycle t, and the pass before at t_before, step s of the tile for
// this pass must be given at a cycle u with
//   t_before - 1 + s*LoadCols <= u <= t - 2 + s*LoadCols,
// at most one step a cycle, the same step of different tiles in the order of the passes. All steps of
// a tile have one format. Disabled rows and columns read as zero. mov_raise_i: infinities and NaN of
// the operands count (of FP32's passes only in the last). No data is reset; valid bits and pointers are.

module tn_pe_array #(
    parameter int unsigned R        = 16,  // rows, a multiple of 16
    parameter int unsigned C        = 16,  // columns
    parameter int unsigned LoadCols = 1,   // columns loaded in a cycle, divides C
    localparam int unsigned Steps   = C / LoadCols,
    localparam int unsigned StepW   = (Steps > 1) ? $clog2(Steps) : 1
) (
    input  logic                             clk_i,
    input  logic                             rst_ni,
    // stationary operand
    input  logic                             ld_valid_i,
    input  logic [StepW-1:0]                 ld_step_i,
    input  tn_pkg::operand_fmt_e             ld_fmt_i,
    input  logic                             ld_wide_i,
    input  logic [R-1:0]                     ld_row_en_i,
    input  logic [LoadCols-1:0]              ld_col_en_i,
    input  logic [R-1:0][LoadCols-1:0][31:0] ld_data_i,
    // moving operand
    input  logic                             mov_valid_i,
    input  logic                             mov_first_i,
    input  tn_pkg::operand_fmt_e             mov_fmt_i,
    input  tn_pkg::pair_mode_e               mov_mode_i,
    input  logic                             mov_overwrite_i,
    input  logic                             mov_raise_i,
    input  logic [R-1:0]                     mov_row_en_i,
    input  logic [R-1:0][31:0]               mov_data_i,
    // accumulator values in, results out
    input  logic [C-1:0][31:0]               psum_i,
    output logic [C-1:0]                     res_valid_o,
    output logic [C-1:0][31:0]               res_o
);

  localparam int unsigned G       = tn_pkg::GroupSize;
  localparam int unsigned Groups  = R / G;
  localparam int unsigned FootLat = tn_pkg::ArrayFootLat;
  localparam int unsigned AlnLag  = tn_pkg::ArrayAlignLag;
  localparam int unsigned SigLag  = tn_pkg::ArraySigLag;
  localparam int unsigned EdgeLat = 2;
  // From mov_valid_i to the sum of the first group at its foot.
  localparam int unsigned SumLat  = EdgeLat + SigLag + (G - 1) + 3;

  if (R == 0 || R % G != 0) begin : gen_illegal_r
    $fatal(1, "tn_pe_array: R (%0d) must be a multiple of %0d", R, G);
  end
  if (C == 0 || LoadCols == 0 || C % LoadCols != 0) begin : gen_illegal_c
    $fatal(1, "tn_pe_array: LoadCols (%0d) must divide C (%0d)", LoadCols, C);
  end
  if (SumLat + 1 != tn_pkg::array_lat_psum()) begin : gen_illegal_latency
    $fatal(1, "tn_pe_array: latency of %0d cycles differs from tn_pkg", SumLat + 1);
  end

  // ---- Control that travels with the waves ----
  // Bit k of a history is the event of k + 1 cycles ago.
  localparam int unsigned SkewMax = FootLat * (Groups - 1) + G - 1;
  localparam int unsigned Reach   = EdgeLat + SkewMax + SigLag;
  logic [Reach-1:0] swap_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) swap_q <= '0;
    else swap_q <= {swap_q[Reach-2:0], mov_valid_i & mov_first_i};
  end

  // Column c of the array works while enable_q[c]: from the cycle after a vector's entry (shifted by
  // c) until its result has left.
  localparam int unsigned BusyCycles = SumLat + 2 + FootLat * Groups;
  localparam int unsigned BusyW      = $clog2(BusyCycles + 1);
  logic [BusyW-1:0] busy_q;
  logic [C-1:0]     enable_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q   <= '0;
      enable_q <= '0;
    end else begin
      if (mov_valid_i) busy_q <= BusyW'(BusyCycles);
      else if (busy_q != '0) busy_q <= busy_q - 1'b1;
      enable_q <= C'({enable_q, mov_valid_i | (busy_q != '0)});
    end
  end

  // What the feet must know, delayed to column 0 of the first group.
  tn_pkg::foot_ctl_t ctl_in;
  tn_pkg::foot_ctl_t ctl_first;
  assign ctl_in.integers  = (mov_mode_i == tn_pkg::PairInt8) | (mov_mode_i == tn_pkg::PairRawHi);
  assign ctl_in.wide      = (mov_mode_i == tn_pkg::PairWide);
  assign ctl_in.overwrite = mov_overwrite_i;
  assign ctl_in.raise     = mov_raise_i;
  tn_delay #(.Depth(SumLat), .Width($bits(tn_pkg::foot_ctl_t))) u_ctl (
      .clk_i, .rst_ni, .data_i(ctl_in), .data_o(ctl_first)
  );
  localparam int unsigned ValidReach = SumLat + FootLat * (Groups - 1);
  logic [ValidReach-1:0] valid_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[ValidReach-2:0], mov_valid_i};
  end

  // ---- Load enables at the head of each group, one wave each ----
  // A step enables column s*LoadCols + j at EdgeLat + j cycles, plus the start of group and wave.
  localparam int unsigned LoadReach = EdgeLat + FootLat * (Groups - 1) + SigLag;
  logic [LoadReach-1:0] ld_valid_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) ld_valid_q <= '0;
    else ld_valid_q <= {ld_valid_q[LoadReach-2:0], ld_valid_i};
  end

  for (genvar g = 0; g < Groups; g++) begin : gen_group
    localparam int unsigned Start = FootLat * g;

    // ---- Column enables of the three waves: exponent, alignment, significand ----
    for (genvar w = 0; w < 3; w++) begin : gen_wave
      localparam int unsigned Lag = EdgeLat + Start + ((w == 0) ? 0 : (w == 1) ? AlnLag : SigLag);
      logic [StepW-1:0] step;
      logic [C-1:0]     head;
      tn_delay #(.Depth(Lag), .Width(StepW)) u_step (
          .clk_i, .rst_ni, .data_i(ld_step_i), .data_o(step)
      );
      for (genvar c = 0; c < C; c++) begin : gen_column
        logic hit;
        assign hit = ld_valid_q[Lag-1] & (step == StepW'(c / LoadCols));
        tn_delay #(.Depth(c % LoadCols), .Width(1)) u_lane (
            .clk_i, .rst_ni, .data_i(hit), .data_o(head[c])
        );
      end
    end

    // ---- Rows ----
    for (genvar r = 0; r < G; r++) begin : gen_row
      localparam int unsigned Row  = g * G + r;
      localparam int unsigned Skew = Start + r;
      logic [LoadCols-1:0][9:0]            ld_exp;
      logic [LoadCols-1:0][8:0]            ld_aln;
      tn_pkg::stationary_sig_t [LoadCols-1:0] ld_sig;
      logic [9:0]                          mov_exp;
      logic [8:0]                          mov_aln;
      tn_pkg::operand_sig_t                mov_sig;

      tn_row_edge #(
          .Skew    (Skew),
          .LoadCols(LoadCols)
      ) u_edge (
          .clk_i,
          .rst_ni,
          .ld_valid_i,
          .ld_fmt_i,
          .ld_wide_i,
          .ld_row_en_i (ld_row_en_i[Row]),
          .ld_col_en_i,
          .ld_data_i   (ld_data_i[Row]),
          .mov_valid_i,
          .mov_fmt_i,
          .mov_mode_i,
          .mov_row_en_i(mov_row_en_i[Row]),
          .mov_data_i  (mov_data_i[Row]),
          .ld_exp_o    (ld_exp),
          .ld_aln_o    (ld_aln),
          .ld_sig_o    (ld_sig),
          .mov_exp_o   (mov_exp),
          .mov_aln_o   (mov_aln),
          .mov_sig_o   (mov_sig)
      );

      // Enables and swaps of the three waves. A load enable moves down one row a cycle, a swap moves
      // right one column a cycle and arrives just before the first vector of its pass.
      logic [2:0][C-1:0] ld_en;
      logic [2:0][C-1:0] swap;
      for (genvar w = 0; w < 3; w++) begin : gen_wave
        localparam int unsigned Lag = (w == 0) ? 0 : (w == 1) ? AlnLag : SigLag;
        if (r == 0) begin : gen_head
          assign ld_en[w] = gen_group[g].gen_wave[w].head;
        end else begin : gen_below
          logic [C-1:0] ld_en_q;
          always_ff @(posedge clk_i) ld_en_q <= gen_row[r-1].ld_en[w];
          assign ld_en[w] = ld_en_q;
        end
        logic [C-1:0] passed_q;
        always_ff @(posedge clk_i) passed_q <= swap[w];
        assign swap[w] = C'({passed_q, swap_q[Skew+EdgeLat+Lag-2]});
        logic unused_passed;
        assign unused_passed = passed_q[C-1];
      end

      // One question per PE and cycle in simulation, where most cycles have no event; no logic.
      logic [C-1:0] tile_event;
      assign tile_event = ld_en[0] | ld_en[1] | ld_en[2] | swap[0] | swap[1] | swap[2];

      for (genvar c = 0; c < C; c++) begin : gen_column
        logic [9:0]           mov_exp_i, mov_exp_o, ref_i, ref_o;
        logic [10:0]          max_i, max_o;
        logic [8:0]           mov_aln_i, mov_aln_o;
        tn_pkg::operand_sig_t mov_sig_i, mov_sig_o;
        logic [1:0]           special_i, special_o;
        logic [47:0]          sum_i, sum_o;

        if (c == 0) begin : gen_left
          assign mov_exp_i  = mov_exp;
          assign mov_aln_i  = mov_aln;
          assign mov_sig_i  = mov_sig;
        end else begin : gen_inner
          assign mov_exp_i  = gen_column[c-1].mov_exp_o;
          assign mov_aln_i  = gen_column[c-1].mov_aln_o;
          assign mov_sig_i  = gen_column[c-1].mov_sig_o;
        end

        if (c == C - 1) begin : gen_right
          logic unused_right;
          assign unused_right = ^{mov_exp_o, mov_aln_o, mov_sig_o};
        end
        if (r == 0) begin : gen_head
          // The group's maximum returns from the foot of the column in one register.
          logic [9:0] return_q;
          always_ff @(posedge clk_i) begin
            if (enable_q[c]) return_q <= gen_row[G-1].gen_column[c].max_o[9:0];
          end
          logic unused_carry;
          assign unused_carry = gen_row[G-1].gen_column[c].max_o[10];
          assign max_i       = '0;
          assign ref_i       = return_q;
          assign special_i   = '0;
          assign sum_i       = '0;
        end else begin : gen_below
          assign max_i       = gen_row[r-1].gen_column[c].max_o;
          assign ref_i       = gen_row[r-1].gen_column[c].ref_o;
          assign special_i   = gen_row[r-1].gen_column[c].special_o;
          assign sum_i       = gen_row[r-1].gen_column[c].sum_o;
        end

        tn_pe #(
            .Chained(r != 0),
            .Last   (r == G - 1)
        ) u_pe (
            .clk_i,
            .enable_i(enable_q[c]),
            .tile_event_i(tile_event[c]),
            .ld_exp_en_i(ld_en[0][c]),
            .ld_exp_i(ld_exp[c%LoadCols]),
            .swap_exp_i(swap[0][c]),
            .mov_exp_i,
            .max_i,
            .mov_exp_o,
            .max_o,
            .ld_aln_en_i(ld_en[1][c]),
            .ld_aln_i(ld_aln[c%LoadCols]),
            .swap_aln_i(swap[1][c]),
            .mov_aln_i,
            .ref_i,
            .mov_aln_o,
            .ref_o,
            .ld_sig_en_i(ld_en[2][c]),
            .ld_sig_i(ld_sig[c%LoadCols]),
            .swap_sig_i(swap[2][c]),
            .mov_sig_i,
            .special_i,
            .sum_i,
            .mov_sig_o,
            .special_o,
            .sum_o
        );
      end
    end

    // ---- Feet ----
    tn_pkg::foot_ctl_t ctl_head;
    if (g == 0) begin : gen_ctl_first
      assign ctl_head = ctl_first;
    end else begin : gen_ctl_next
      tn_delay #(.Depth(FootLat), .Width($bits(tn_pkg::foot_ctl_t))) u_ctl (
          .clk_i, .rst_ni, .data_i(gen_group[g-1].ctl_head), .data_o(ctl_head)
      );
    end
    for (genvar c = 0; c < C; c++) begin : gen_foot
      logic              valid;
      tn_pkg::foot_ctl_t ctl;
      tn_pkg::foot_ctl_t ctl_here;
      logic [31:0]       psum;
      logic              res_valid;
      logic [31:0]       res;
      logic [9:0]        reference;
      logic [1:0]        special_q;

      if (c == 0) begin : gen_left
        assign valid = valid_q[SumLat+Start-1];
        assign ctl   = ctl_head;
      end else begin : gen_inner
        logic              here_q;
        tn_pkg::foot_ctl_t ctl_q;
        always_ff @(posedge clk_i) begin
          if (!rst_ni) here_q <= 1'b0;
          else here_q <= gen_foot[c-1].valid;
          if (gen_foot[c-1].valid) ctl_q <= gen_foot[c-1].ctl;
        end
        assign valid = here_q;
        assign ctl   = ctl_q;
      end

      // Only the first group starts from the PSUM value; the others go on.
      always_comb begin
        ctl_here = ctl;
        if (g != 0) ctl_here.overwrite = 1'b0;
      end
      if (g == 0) begin : gen_psum
        assign psum = psum_i[c];
      end else begin : gen_chain
        logic unused_valid;
        assign unused_valid = gen_group[g-1].gen_foot[c].res_valid;
        assign psum = gen_group[g-1].gen_foot[c].res;
      end

      // The reference leaves the bottom row 3 cycles before the sum, the specials 1 cycle.
      tn_delay #(.Depth(3), .Width(10)) u_reference (
          .clk_i, .rst_ni, .data_i(gen_row[G-1].gen_column[c].ref_o), .data_o(reference)
      );
      always_ff @(posedge clk_i) begin
        if (enable_q[c]) special_q <= gen_row[G-1].gen_column[c].special_o;
      end

      tn_column_foot #(
          .Claims(1'b0)
      ) u_foot (
          .clk_i,
          .rst_ni,
          .valid_i    (valid),
          .ctl_i      (ctl_here),
          .sum_i      (gen_row[G-1].gen_column[c].sum_o),
          .ref_i      (reference),
          .special_i  (special_q),
          .psum_i     (psum),
          .res_valid_o(res_valid),
          .res_o      (res)
      );
      if (g == Groups - 1) begin : gen_out
        assign res_valid_o[c] = res_valid;
        assign res_o[c]       = res;
      end
    end
  end

endmodule
