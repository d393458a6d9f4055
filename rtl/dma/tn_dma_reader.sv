// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_reader: reads the words of runs from SBUF, ahead of their use as far as there is room.
//
// Takes runs that begin at a spot of SBUF, requests a word a cycle, and gives the words together
// with the runs, in order, to a realigner. The loop over SBUF takes 3 cycles; Depth words cover it.
// clear_i drops everything; a request that SBUF has not granted is withdrawn.
module tn_dma_reader #(
  parameter int unsigned Lanes     = 16,
  parameter int unsigned BusBytes  = 64,
  parameter int unsigned SbufBytes = 16384,
  localparam int unsigned LaneW = $clog2(Lanes),
  localparam int unsigned WordW = $clog2(SbufBytes / BusBytes)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  clear_i,

  input  logic                  run_valid_i,
  output logic                  run_ready_o,
  input  tn_dma_pkg::run_t      run_i,
  input  tn_dma_pkg::spot_t     spot_i,          // where it begins in SBUF
  output logic                  read_o,          // pulse: the last word of a command is granted

  output logic                  drd_valid_o,
  input  logic                  drd_ready_i,
  output logic [LaneW-1:0]      drd_lane_o,
  output tn_pkg::prow_t         drd_prow_o,
  output logic [WordW-1:0]      drd_word_o,
  output logic [1:0]            drd_rows_log2_o,  // rows in the word, of as many lanes
  output logic [1:0]            drd_part_o,       // ... where in each lane's word
  input  logic [BusBytes*8-1:0] drd_data_i,

  output logic                  run_valid_o,
  input  logic                  run_ready_i,
  output tn_dma_pkg::run_t      run_o,
  output tn_dma_pkg::spot_t     spot_o,
  output logic                  word_valid_o,
  input  logic                  word_ready_i,
  output logic [BusBytes*8-1:0] word_o
);

  localparam int unsigned Depth = 8;  // words and runs read ahead
  localparam int unsigned OffW  = $clog2(BusBytes);

  logic                        reading_q, last_run_q, last_word, drd_go, ahead_ready, take;
  logic [7:0]                  partition_q;
  logic [WordW-1:0]            word_q;
  logic [1:0]                  rows_log2_q, part_q;
  logic [OffW-1:0]             first_byte;             // in the first word
  logic [18-OffW:0]            left_q;                 // words of the run
  logic                        due_next_q, due_now_q;  // of a read granted one, two cycles ago
  logic [$clog2(Depth+1)-1:0]  count, unused_ahead_count;
  logic                        unused_word_ready;

  assign drd_valid_o = reading_q && !clear_i &&
                       (32'(count) + 32'(due_next_q) + 32'(due_now_q) < Depth);
  assign drd_lane_o      = LaneW'(32'(partition_q) % Lanes);
  assign drd_prow_o      = tn_pkg::prow_t'(32'(partition_q) / Lanes);
  assign drd_word_o      = word_q;
  assign drd_rows_log2_o = rows_log2_q;
  assign drd_part_o      = part_q;
  assign drd_go          = drd_valid_o && drd_ready_i;

  assign last_word   = drd_go && (left_q == (19-OffW)'(1));
  assign run_ready_o = (!reading_q || last_word) && ahead_ready && !clear_i;
  assign take        = run_valid_i && run_ready_o;
  assign read_o      = last_word && last_run_q;
  assign first_byte  = (run_i.rows_log2 != '0) ? '0 : spot_i.offset[OffW-1:0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      reading_q  <= 1'b0;
      due_next_q <= 1'b0;
      due_now_q  <= 1'b0;
    end else begin
      if (take) begin
        reading_q <= 1'b1;
      end else if (last_word) begin
        reading_q <= 1'b0;
      end
      due_next_q <= drd_go;
      due_now_q  <= due_next_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      partition_q <= spot_i.partition;
      word_q      <= spot_i.offset[OffW +: WordW];
      left_q      <= (19-OffW)'((19'(first_byte) + 19'(run_i.bytes) + 19'(BusBytes - 1)) >> OffW);
      last_run_q  <= run_i.last;
      rows_log2_q <= run_i.rows_log2;
      part_q      <= run_i.rows_log2[1] ? spot_i.offset[OffW-1 -: 2]
                                        : {1'b0, spot_i.offset[OffW-1]};
    end else if (drd_go) begin
      if (rows_log2_q == '0) begin
        word_q <= word_q + 1'b1;
      end else begin
        partition_q <= partition_q + (8'd1 << rows_log2_q);
      end
      left_q <= left_q - 1'b1;
    end
  end

  tn_fifo #(
    .Width      (BusBytes * 8),
    .Depth      (Depth),
    .FallThrough(1'b1)
  ) u_words (
    .clk_i,
    .rst_ni,
    .clear_i,
    .in_valid_i (due_now_q),
    .in_ready_o (unused_word_ready),
    .in_data_i  (drd_data_i),
    .out_valid_o(word_valid_o),
    .out_ready_i(word_ready_i),
    .out_data_o (word_o),
    .count_o    (count)
  );

  tn_fifo #(
    .Width($bits(tn_dma_pkg::run_t) + $bits(tn_dma_pkg::spot_t)),
    .Depth(Depth)
  ) u_runs (
    .clk_i,
    .rst_ni,
    .clear_i,
    .in_valid_i (take),
    .in_ready_o (ahead_ready),
    .in_data_i  ({run_i, spot_i}),
    .out_valid_o(run_valid_o),
    .out_ready_i(run_ready_i),
    .out_data_o ({run_o, spot_o}),
    .count_o    (unused_ahead_count)
  );

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      ReadAheadHasRoom : assert (!due_now_q || unused_word_ready);
    end
  end
`endif

endmodule
