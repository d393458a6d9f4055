// SPDX-License-Identifier: Apache-2.0
//
// tn_pass_sequencer: decides when each pass of the jobs starts, and keeps accumulation apart.
//
// A job is a sequence of passes: FP32 piece (outermost), partition row, column block (innermost),
// each of N moving vectors, or, for Transpose, of one vector for each partition of the row. start_o says that the pass on pass_o has its first vector in the next
// cycle; that is as soon as the pass before has had its last, its stationary tile is ready, and no
// vector of it would read a PSUM word that an earlier vector has yet to write.
//
// PSUM hazards. A word read for vector i of a pass is written Loop cycles after a later vector could
// read it, counted between issues of the two vectors. The last HazardPasses passes are remembered
// with two countdowns, from their first and from their last vector. A pass that accumulates into the
// same bank and block and touches the same words waits for the first countdown if both start at the
// same word (then vectors meet pairwise), else for the second. N >= Loop never waits.

module tn_pass_sequencer #(
  parameter int unsigned Rows         = 16,
  parameter int unsigned Cols         = 16,
  parameter int unsigned Loop         = 16,  // cycles from a vector to the next on the same word
  parameter int unsigned HazardPasses = 4
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic flush_i,

  input  logic                job_valid_i,
  output logic                job_done_o,
  input  tn_tensor_pkg::job_t job_i,

  input  logic                 tile_ready_i,
  input  logic                 running_i,      // a pass is in progress: a vector is read
  input  logic                 last_vector_i,  // and it is its last
  output logic                 start_o,
  output logic                 hazard_o,       // the next pass waits for words of earlier ones
  output tn_tensor_pkg::pass_t pass_o
);

  localparam int unsigned RowW  = $clog2(Rows);
  localparam int unsigned ColW  = $clog2(Cols);
  localparam int unsigned ColsM = Cols - 1;

  // ---- Walk over pieces, partition rows and column blocks ---------------------------------------

  logic [2:0]    piece_q;  // since the first of the job
  tn_pkg::prow_t row_q;    // since the first of the job
  logic [6:0]    block_q;  // since the first of the job

  logic [2:0]    piece;
  logic [6:0]    last_out;  // last output partition
  logic [6:0]    block;
  logic [6:0]    last_block;
  tn_pkg::prow_t row;
  tn_pkg::prow_t last_row;
  logic          block_end;
  logic          row_end;
  logic          piece_end;

  assign last_out   = job_i.psum_partition + job_i.last_column;
  assign block      = (job_i.psum_partition >> ColW) + block_q;
  assign last_block = last_out >> ColW;
  assign row        = tn_pkg::prow_t'(job_i.first_partition >> RowW) + row_q;
  assign last_row   = tn_pkg::prow_t'(job_i.last_partition >> RowW);
  assign block_end  = block == last_block;
  assign row_end    = row == last_row;
  assign piece      = job_i.first_piece + piece_q;
  assign piece_end  = piece == job_i.last_piece;
  assign job_done_o = start_o && block_end && row_end && piece_end;

  logic [9:0] vectors;  // of the pass

  always_comb begin
    pass_o.prow       = row;
    pass_o.first_lane = (row_q == '0) ? (job_i.first_partition & 7'(Rows - 1)) : '0;
    pass_o.last_lane  = row_end ? (job_i.last_partition & 7'(Rows - 1)) : 7'(Rows - 1);
    pass_o.one_hot    = job_i.transpose;
    pass_o.fmt        = job_i.pieces ? tn_tensor_pkg::mov_piece(piece) : job_i.mov.fmt;
    pass_o.mode       = (job_i.transpose && piece_q != '0) ? tn_pkg::PairRawHi : job_i.mode;
    pass_o.overwrite  = !job_i.accumulate && (job_i.transpose || row_q == '0) && piece_q == '0;
    pass_o.raise      = !job_i.pieces || piece == tn_tensor_pkg::LastPiece;
    pass_o.fresh      = block_q == '0 && row_q == '0 && piece_q == '0;
    pass_o.last       = block_end && row_end && piece_end;
    pass_o.wave.bank      = job_i.psum_bank;
    pass_o.wave.block     = block;
    pass_o.wave.index     = job_i.psum_index;
    vectors               = job_i.vectors;
    if (job_i.transpose) begin
      // One word for each partition; the first partition of the row comes row * Rows after the start.
      if (row_q != '0) begin
        pass_o.wave.index = job_i.psum_index + (9'(row) << RowW) - 9'(job_i.first_partition);
      end
      vectors = 10'(pass_o.last_lane) - 10'(pass_o.first_lane) + 10'd1;
    end
    pass_o.wave.first_col = (block_q == '0) ? {1'b0, job_i.psum_partition & 7'(ColsM)} : '0;
    pass_o.wave.end_col   = block_end ? {1'b0, last_out & 7'(ColsM)} + 8'd1 : 8'(Cols);
  end

  // ---- PSUM hazards ----------------------------------------------------------------------------

  localparam int unsigned CountW = $clog2(Loop);
  typedef struct packed {
    logic [3:0]        bank;
    logic [6:0]        block;
    logic [8:0]        first;
    logic [8:0]        last;
    logic [CountW-1:0] first_wait;
    logic [CountW-1:0] last_wait;
  } recent_t;

  recent_t [HazardPasses-1:0] recent_q;  // element 0 is the latest
  logic    [8:0]              last_index;
  logic                       hazard;

  function automatic logic [CountW-1:0] count_down(input logic [CountW-1:0] count);
    return (count == '0) ? count : count - 1'b1;
  endfunction

  assign last_index = 9'(10'(pass_o.wave.index) + vectors - 10'd1);

  always_comb begin
    // No room to remember one more pass while the oldest still matters.
    hazard = recent_q[HazardPasses-1].last_wait != '0;
    if (!pass_o.overwrite) begin
      for (int unsigned i = 0; i < HazardPasses; i++) begin
        if (recent_q[i].bank == job_i.psum_bank && recent_q[i].block == block
            && recent_q[i].first <= last_index && pass_o.wave.index <= recent_q[i].last) begin
          if (recent_q[i].first == pass_o.wave.index) hazard |= recent_q[i].first_wait != '0;
          else hazard |= recent_q[i].last_wait != '0;
        end
      end
    end
  end

  assign hazard_o = hazard;
  assign start_o = job_valid_i && tile_ready_i && (!running_i || last_vector_i) && !hazard
                   && !flush_i;

  logic [HazardPasses-1:0][1:0][CountW-1:0] waits;  // next values, by the present position

  always_comb begin
    for (int unsigned i = 0; i < HazardPasses; i++) begin
      waits[i][0] = count_down(recent_q[i].first_wait);
      waits[i][1] = count_down(recent_q[i].last_wait);
    end
    if (running_i && !last_vector_i) waits[0][1] = recent_q[0].last_wait;
  end

  always_ff @(posedge clk_i) begin
    if (start_o) begin
      recent_q[0].bank  <= job_i.psum_bank;
      recent_q[0].block <= block;
      recent_q[0].first <= pass_o.wave.index;
      recent_q[0].last  <= last_index;
      for (int unsigned i = 1; i < HazardPasses; i++) begin
        recent_q[i].bank  <= recent_q[i-1].bank;
        recent_q[i].block <= recent_q[i-1].block;
        recent_q[i].first <= recent_q[i-1].first;
        recent_q[i].last  <= recent_q[i-1].last;
      end
    end
    if (!rst_ni) begin
      for (int unsigned i = 0; i < HazardPasses; i++) begin
        recent_q[i].first_wait <= '0;
        recent_q[i].last_wait  <= '0;
      end
    end else if (start_o) begin
      recent_q[0].first_wait <= CountW'(Loop - 1);
      recent_q[0].last_wait  <= CountW'(Loop - 1);
      for (int unsigned i = 1; i < HazardPasses; i++) begin
        recent_q[i].first_wait <= waits[i-1][0];
        recent_q[i].last_wait  <= waits[i-1][1];
      end
    end else begin
      for (int unsigned i = 0; i < HazardPasses; i++) begin
        recent_q[i].first_wait <= waits[i][0];
        recent_q[i].last_wait  <= waits[i][1];
      end
    end
    if (!rst_ni || flush_i) begin
      piece_q <= '0;
      row_q   <= '0;
      block_q <= '0;
    end else if (start_o) begin
      block_q <= block_end ? '0 : block_q + 1'b1;
      if (block_end) begin
        row_q <= row_end ? '0 : row_q + 1'b1;
        if (row_end) piece_q <= piece_end ? '0 : piece_q + 1'b1;
      end
    end
  end

  logic unused_job;
  assign unused_job = ^job_i;

endmodule
