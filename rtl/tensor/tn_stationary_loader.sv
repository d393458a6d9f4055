// SPDX-License-Identifier: Apache-2.0
//
// tn_stationary_loader: brings the stationary tile of the next pass into the PE array while the
// present pass runs.
//
// Tiles come in the order of the passes: FP32 piece, partition row, column block. One column is read
// per granted request (one 8-byte word of every lane) and enters the array LoadLat cycles after the
// grant. Columns outside the instruction are skipped: what they compute is not written.
// A tile may follow only when the pass of the tile before has started. The array takes column s of a
// tile from s cycles after that start, hence the wait of wide arrays where a tile does not begin at
// column 0.
//
// tile_ready_o tells the pass sequencer that the pass may start in the next cycle. That is before the
// tile is complete: the array needs column s only s - 2 cycles after the start, and columns follow at
// one a cycle unless the moving reader takes the bank. The cycles that may still be lost are counted;
// when none is left, hold_o keeps the moving reader from SBUF, which then must grant the column.

module tn_stationary_loader #(
  parameter int unsigned Rows       = 16,
  parameter int unsigned Cols       = 16,
  localparam int unsigned StepW = (Cols > 1) ? $clog2(Cols) : 1
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic flush_i,

  input  logic                job_valid_i,
  output logic                job_done_o,
  input  tn_tensor_pkg::job_t job_i,

  input  logic pass_start_i,  // the pass of the loaded tile has its first read in the next cycle
  output logic tile_ready_o,
  output logic hold_o,         // no moving read may be requested in this cycle

  output logic                  sta_valid_o,
  input  logic                  sta_ready_i,
  output tn_pkg::prow_t         sta_prow_o,
  output tn_pkg::off8_t         sta_off8_o,
  input  logic [Rows-1:0][63:0] sta_data_i,

  output logic                  ld_valid_o,
  output logic [StepW-1:0]      ld_step_o,
  output tn_pkg::operand_fmt_e  ld_fmt_o,
  output logic                  ld_wide_o,
  output logic [Rows-1:0]       ld_row_en_o,
  output logic [Rows-1:0][31:0] ld_data_o,
  output logic                  busy_o
);

  localparam int unsigned RowW  = $clog2(Rows);
  localparam int unsigned ColsM = Cols - 1;
  // First column that may still be missing at a start: leaves this less 2 cycles to be lost.
  localparam int unsigned EarlyStep = 4;
  localparam int unsigned SlackW    = 3;

  // ---- Walk over pieces, partition rows and columns --------------------------------------------

  logic [2:0]                piece_q;
  tn_pkg::prow_t             row_q;       // partition rows since the first of the job
  logic [6:0]                column_q;    // m
  tn_tensor_pkg::byte_addr_t next_addr_q;
  logic                      tile_full_q;  // complete, its pass has not started
  logic                      begun_q;      // a column of the tile has been granted
  logic                      started_q;    // the pass of the tile being loaded has started
  logic [SlackW-1:0]         slack_q;      // cycles that may be lost since

  tn_tensor_pkg::byte_addr_t addr;
  tn_pkg::prow_t             first_row;
  tn_pkg::prow_t             last_row;
  tn_pkg::prow_t             row;
  logic [StepW-1:0]          step;
  logic                      in_time;
  logic                      granted;
  logic                      last_column;
  logic                      tile_end;
  logic                      row_end;
  logic                      piece_end;

  assign addr        = (column_q == '0) ? job_i.sta.offset : next_addr_q;
  assign first_row   = tn_pkg::prow_t'(job_i.first_partition >> RowW);
  assign last_row    = tn_pkg::prow_t'(job_i.last_partition >> RowW);
  assign row         = first_row + row_q;
  assign step        = StepW'((job_i.psum_partition + column_q) & 7'(ColsM));
  assign last_column = column_q == job_i.last_column;
  assign tile_end    = last_column || step == StepW'(ColsM);
  assign row_end     = row == last_row;
  assign piece_end   = !job_i.pieces || piece_q == tn_tensor_pkg::LastPiece;
  assign granted     = sta_valid_o && sta_ready_i;

  assign sta_valid_o = job_valid_i && !tile_full_q && (in_time || begun_q) && !flush_i;
  assign sta_prow_o  = row;
  assign sta_off8_o  = addr[tn_tensor_pkg::ByteAddrW-1:3];
  assign job_done_o  = granted && last_column && row_end && piece_end;

  // The array needs column s at the latest s - 2 cycles before the pass: a tile that ends in column 0
  // must rest for one cycle.
  assign tile_ready_o = !started_q && (tile_full_q || (granted && tile_end && step != '0)
                                       || (begun_q && 8'(step) >= 8'(EarlyStep)));
  assign hold_o       = started_q && slack_q == '0;

  // Cycles that may be lost when the pass starts now: column s - 2, counting a grant in this cycle.
  logic [7:0] spare;
  assign spare = 8'(step) - 8'd2 + 8'(granted);

  // Columns passed since the last start; only tiles that begin to the right can be too early.
  if (Cols > 32) begin : gen_wait
    logic [7:0] age_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni || flush_i) age_q <= 8'(Cols);
      else if (pass_start_i) age_q <= '0;
      else if (age_q != 8'(Cols)) age_q <= age_q + 1'b1;
    end
    assign in_time = age_q >= 8'(step);
  end else begin : gen_no_wait
    assign in_time = 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (granted) next_addr_q <= addr + job_i.sta.step0;
    if (!rst_ni || flush_i) begin
      piece_q     <= '0;
      row_q       <= '0;
      column_q    <= '0;
      tile_full_q <= 1'b0;
      begun_q     <= 1'b0;
      started_q   <= 1'b0;
      slack_q     <= '0;
    end else begin
      if (granted) begin
        column_q <= last_column ? '0 : column_q + 1'b1;
        begun_q  <= !tile_end;
        if (last_column) begin
          row_q <= row_end ? '0 : row_q + 1'b1;
          if (row_end) piece_q <= piece_end ? '0 : piece_q + 1'b1;
        end
      end
      if (granted && tile_end) begin
        tile_full_q <= !pass_start_i && !started_q;
        started_q   <= 1'b0;
      end else if (pass_start_i) begin
        tile_full_q <= 1'b0;
        started_q   <= !tile_full_q;
        slack_q     <= (spare > 8'(2 ** SlackW - 1)) ? '1 : SlackW'(spare);
      end else if (started_q && !granted) begin
        slack_q <= slack_q - 1'b1;
      end
`ifndef SYNTHESIS
      StartHasTile : assert (!pass_start_i || tile_ready_o);
      ColumnInTime : assert (!started_q || granted || slack_q != '0);
`endif
    end
  end

  // ---- The word comes back ----------------------------------------------------------------------

  typedef struct packed {
    logic [2:0]           byte_offset;
    logic [StepW-1:0]     step;
    tn_pkg::operand_fmt_e fmt;
    logic                 wide;
    logic                 drop13;
    logic [RowW-1:0]      first_lane;
    logic [RowW-1:0]      last_lane;
  } tag_t;

  tag_t tag;
  tag_t tag1_q;
  tag_t tag2_q;
  logic tag1_valid_q;
  logic tag2_valid_q;

  always_comb begin
    tag.byte_offset = addr[2:0];
    tag.step        = step;
    tag.fmt         = job_i.pieces ? tn_tensor_pkg::sta_piece(piece_q) : job_i.sta.fmt;
    tag.wide        = job_i.mode == tn_pkg::PairWide;
    tag.drop13      = job_i.sta.drop13;
    tag.first_lane  = (row_q == '0) ? job_i.first_partition[RowW-1:0] : '0;
    tag.last_lane   = row_end ? job_i.last_partition[RowW-1:0] : RowW'(Rows - 1);
  end

  always_ff @(posedge clk_i) begin
    if (granted) tag1_q <= tag;
    if (tag1_valid_q) tag2_q <= tag1_q;
    if (tag2_valid_q) begin
      ld_step_o   <= tag2_q.step;
      ld_fmt_o    <= tag2_q.fmt;
      ld_wide_o   <= tag2_q.wide;
      ld_row_en_o <= ({Rows{1'b1}} << tag2_q.first_lane)
                     & ({Rows{1'b1}} >> (RowW'(Rows - 1) - tag2_q.last_lane));
      for (int unsigned lane = 0; lane < Rows; lane++) begin
        ld_data_o[lane] <= 32'(sta_data_i[lane] >> {tag2_q.byte_offset, 3'd0})
                           & {19'h7ffff, {13{!tag2_q.drop13}}};
      end
    end
    if (!rst_ni) begin
      tag1_valid_q <= 1'b0;
      tag2_valid_q <= 1'b0;
      ld_valid_o   <= 1'b0;
    end else begin
      tag1_valid_q <= granted;
      tag2_valid_q <= tag1_valid_q;
      ld_valid_o   <= tag2_valid_q;
    end
  end

  assign busy_o = granted;

  logic unused_job;
  assign unused_job = ^job_i;

endmodule
