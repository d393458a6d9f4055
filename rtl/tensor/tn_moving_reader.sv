// SPDX-License-Identifier: Apache-2.0
//
// tn_moving_reader: streams the moving vectors of a pass from SBUF into the PE array, one a cycle.
//
// start_i takes a pass and its job; the first vector is read in the next cycle, the last N - 1 cycles
// later, and the next pass may start without a gap. An SBUF word (8 bytes of every lane) is requested
// when the element lies in another word than the one before and is held for the elements that
// follow, also those of the next pass of the same job on the same partitions, so that a dense pattern
// leaves most cycles to other users. SBUF always grants. Vectors of Transpose are made here: a 1 in one
// lane after the other.
// A vector enters the array LoadLat = SbufReadLat + 1 cycles after its read. Registered outputs.

module tn_moving_reader #(
  parameter int unsigned Rows = 16
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic flush_i,

  input  logic                 start_i,
  input  tn_tensor_pkg::pass_t pass_i,
  input  tn_tensor_pkg::job_t  job_i,

  output logic                    running_o,      // a pass is in progress
  output logic                    read_o,         // a vector of it is read in this cycle
  output logic                    last_vector_o,  // the last of its pass
  output logic                    job_begin_o,    // the first of its job
  output tn_pkg::trace_t          job_trace_o,    // who that is
  output logic                    job_end_o,      // the last of its job
  output logic                    accumulate_o,   // the vector adds to PSUM
  output tn_psum_pkg::psum_wave_t wave_o,         // where its result goes

  output logic                  mov_valid_o,
  output tn_pkg::prow_t         mov_prow_o,
  output tn_pkg::off8_t         mov_off8_o,
  input  logic [Rows-1:0][63:0] mov_data_i,

  output logic                  vec_valid_o,
  output logic                  vec_first_o,
  output tn_pkg::operand_fmt_e  vec_fmt_o,
  output tn_pkg::pair_mode_e    vec_mode_o,
  output logic                  vec_overwrite_o,
  output logic                  vec_raise_o,
  output logic [Rows-1:0]       vec_row_en_o,
  output logic [Rows-1:0][31:0] vec_data_o
);

  localparam int unsigned RowW = $clog2(Rows);

  // ---- The pass in progress ----------------------------------------------------------------------

  logic                      running_q;
  logic                      first_q;         // the next vector is the first of its pass
  logic                      fresh_q;         // the word held is of another job or partition row
  tn_tensor_pkg::pass_t      pass_q;
  tn_tensor_pkg::byte_addr_t step0_q;
  tn_tensor_pkg::byte_addr_t step1_q;
  logic [8:0]                last0_q;
  logic [8:0]                last1_q;
  logic                      drop13_q;
  tn_pkg::trace_t            trace_q;
  logic [8:0]                i0_q;
  logic [8:0]                i1_q;
  tn_tensor_pkg::byte_addr_t addr_q;
  tn_tensor_pkg::byte_addr_t outer_addr_q;  // of element (0, i1)
  tn_pkg::off8_t             held_off8_q;   // the word requested last
  tn_tensor_pkg::byte_addr_t next_outer;
  logic                      end0;
  logic                      new_word;

  assign end0          = i0_q == last0_q;
  assign next_outer    = outer_addr_q + step1_q;
  assign running_o     = running_q;
  assign read_o        = running_q;
  assign last_vector_o = read_o && end0 && i1_q == last1_q;
  assign job_end_o     = last_vector_o && pass_q.last;
  assign accumulate_o  = !pass_q.overwrite;
  assign wave_o        = pass_q.wave;

  assign job_begin_o = running_q && first_q && pass_q.fresh;
  assign job_trace_o = trace_q;

  assign new_word    = (fresh_q || mov_off8_o != held_off8_q) && !pass_q.one_hot;
  assign mov_valid_o = running_q && new_word;
  assign mov_prow_o  = pass_q.prow;
  assign mov_off8_o  = addr_q[tn_tensor_pkg::ByteAddrW-1:3];

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      pass_q       <= pass_i;
      step0_q      <= job_i.mov.step0;
      step1_q      <= job_i.mov_step1;
      last0_q      <= pass_i.one_hot ? 9'(pass_i.last_lane) - 9'(pass_i.first_lane) : job_i.last0;
      last1_q      <= pass_i.one_hot ? '0 : job_i.last1;
      drop13_q     <= job_i.mov.drop13;
      trace_q      <= job_i.trace;
      i0_q         <= '0;
      i1_q         <= '0;
      addr_q       <= job_i.mov.offset;
      outer_addr_q <= job_i.mov.offset;
    end else if (read_o) begin
      pass_q.wave.index <= pass_q.wave.index + 1'b1;
      if (end0) begin
        i0_q         <= '0;
        i1_q         <= i1_q + 1'b1;
        addr_q       <= next_outer;
        outer_addr_q <= next_outer;
      end else begin
        i0_q   <= i0_q + 1'b1;
        addr_q <= addr_q + step0_q;
      end
    end
    if (mov_valid_o) held_off8_q <= mov_off8_o;
    if (!rst_ni || flush_i) begin
      running_q <= 1'b0;
      first_q   <= 1'b0;
      fresh_q   <= 1'b0;
    end else begin
      running_q <= start_i || (running_q && !last_vector_o);
      first_q   <= start_i;
      fresh_q   <= start_i && (pass_i.fresh || pass_i.prow != pass_q.prow);
    end
  end

  // ---- The word comes back -----------------------------------------------------------------------

  typedef struct packed {
    logic                 one_hot;
    logic                 new_word;
    logic [2:0]           byte_offset;
    logic                 first;
    tn_pkg::operand_fmt_e fmt;
    tn_pkg::pair_mode_e   mode;
    logic                 overwrite;
    logic                 raise;
    logic                 drop13;
    logic [RowW-1:0]      first_lane;
    logic [RowW-1:0]      last_lane;
  } tag_t;

  tag_t tag;
  tag_t tag1_q;
  tag_t tag2_q;
  logic tag1_valid_q;
  logic tag2_valid_q;
  logic [Rows-1:0][63:0] held_q;

  always_comb begin
    tag.one_hot     = pass_q.one_hot;
    tag.new_word    = mov_valid_o;
    tag.byte_offset = addr_q[2:0];
    tag.first       = first_q;
    tag.fmt         = pass_q.fmt;
    tag.mode        = pass_q.mode;
    tag.overwrite   = pass_q.overwrite;
    tag.raise       = pass_q.raise;
    tag.drop13      = drop13_q;
    tag.first_lane  = pass_q.first_lane[RowW-1:0];
    tag.last_lane   = pass_q.last_lane[RowW-1:0];
    if (pass_q.one_hot) begin
      tag.first_lane = pass_q.first_lane[RowW-1:0] + i0_q[RowW-1:0];
      tag.last_lane  = tag.first_lane;
    end
  end

  function automatic logic [31:0] element(input logic [63:0] word, input logic [2:0] byte_offset,
                                          input logic drop13);
    return 32'(word >> {byte_offset, 3'd0}) & {19'h7ffff, {13{!drop13}}};
  endfunction

  always_ff @(posedge clk_i) begin
    if (read_o) tag1_q <= tag;
    if (tag1_valid_q) tag2_q <= tag1_q;
    if (tag2_valid_q) begin
      vec_first_o     <= tag2_q.first;
      vec_fmt_o       <= tag2_q.fmt;
      vec_mode_o      <= tag2_q.mode;
      vec_overwrite_o <= tag2_q.overwrite;
      vec_raise_o     <= tag2_q.raise;
      if (tag2_q.first || tag2_q.one_hot) begin
        vec_row_en_o <= ({Rows{1'b1}} << tag2_q.first_lane)
                        & ({Rows{1'b1}} >> (RowW'(Rows - 1) - tag2_q.last_lane));
      end
      if (tag2_q.one_hot) begin
        for (int unsigned lane = 0; lane < Rows; lane++) vec_data_o[lane] <= 32'd1;
      end else if (tag2_q.new_word) begin
        held_q <= mov_data_i;
        for (int unsigned lane = 0; lane < Rows; lane++) begin
          vec_data_o[lane] <= element(mov_data_i[lane], tag2_q.byte_offset, tag2_q.drop13);
        end
      end else begin
        for (int unsigned lane = 0; lane < Rows; lane++) begin
          vec_data_o[lane] <= element(held_q[lane], tag2_q.byte_offset, tag2_q.drop13);
        end
      end
    end
    if (!rst_ni) begin
      tag1_valid_q <= 1'b0;
      tag2_valid_q <= 1'b0;
      vec_valid_o  <= 1'b0;
    end else begin
      tag1_valid_q <= read_o;
      tag2_valid_q <= tag1_valid_q;
      vec_valid_o  <= tag2_valid_q;
    end
  end

  logic unused_bits;
  assign unused_bits = ^{job_i, pass_q.fresh};

endmodule
