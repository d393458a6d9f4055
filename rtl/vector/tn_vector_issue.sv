// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_issue: reads the elements of the instruction at work, and gives results their places.
//
// Work goes by groups of VectorLanes consecutive partitions, group after group; inside a group in
// the order of the access pattern, one element of each source a cycle at most. Three patterns are
// walked: the source, source 1 of TensorTensor, which runs ahead, and the destination: with the
// source, by results (TensorReduce), or by dense runs within a word (Memset, which reads nothing).
// The SBUF port is shared: operands go first, then source and source 1 in turn; what is offered stays.
//
// An element that lies in the SBUF word of the one before is not read again: it needs no port.
//
// An element is read only where nothing can stop it afterwards: its result has a place, its operands
// are on their way, its element of source 1 has arrived, and it cannot meet an earlier one on the
// way. Under stop_i only what is offered already is read.

module tn_vector_issue #(
    parameter int unsigned Lanes       = 16,
    parameter int unsigned VectorLanes = 4
) (
    input  logic                                   clk_i,
    input  logic                                   rst_ni,
    input  logic                                   clear_i,
    input  logic                                   stop_i,

    input  logic                                   start_i,
    input  tn_vector_pkg::work_t                   work_i,
    output tn_vector_pkg::work_t                   work_o,         // at work, or the last one
    output logic                                   run_o,          // not all of it is issued
    output logic                                   last_o,         // ... what is, in this cycle
    output logic                                   begin_o,        // the first element is read
    output logic                                   read_o,         // an element or a fill
    output tn_isa_pkg::cause_e                     cause_o,        // of a cycle with run_o

    // Operands.
    input  logic                                   load_request_i,
    input  logic [14:0]                            load_off8_i,
    input  logic [6:0]                             load_group_i,
    output logic                                   load_grant_o,
    input  logic                                   operand_ready_i,
    input  logic [tn_vector_pkg::OperandSlotW-1:0] operand_slot_i,
    output logic                                   operand_next_o,

    // Reductions.
    input  logic                                   bank_i,
    input  logic                                   bank_free_i,
    input  logic                                   result_i,
    output logic                                   row_begin_o,
    output logic [3:0]                             partials_o,
    output logic                                   final_o,

    // Places of results.
    input  logic                                   room_i,
    output logic                                   place_valid_o,
    output tn_vector_pkg::place_t                  place_o,

    // Granted elements, to the fronts.
    output logic                                   grant_o,
    output tn_vector_pkg::take_t                   take_o,
    output tn_vector_pkg::element_t                element_o,
    output logic                                   grant_last_o,
    output logic                                   grant1_o,
    output tn_vector_pkg::take_t                   take1_o,
    input  logic                                   arrived1_i,
    input  logic                                   pop1_i,
    output logic                                   stream_used_o,

    output logic                                   psum_valid_o,
    input  logic                                   psum_ready_i,
    output logic [3:0]                             psum_bank_o,
    output tn_pkg::prow_t                          psum_prow_o,
    output logic [8:0]                             psum_index_o,
    output logic [6:0]                             psum_sub_o,
    output logic                                   sbuf_valid_o,
    input  logic                                   sbuf_ready_i,
    output tn_pkg::prow_t                          sbuf_prow_o,
    output tn_pkg::off8_t                          sbuf_off8_o,
    output logic [6:0]                             sbuf_sub_o
);

  localparam int unsigned SubSteps   = Lanes / VectorLanes;
  localparam int unsigned GroupShift = $clog2(VectorLanes);  // partition to group
  localparam int unsigned ProwShift  = $clog2(SubSteps);     // group to prow
  localparam int unsigned StreamCountW = tn_vector_pkg::StreamIndexW + 1;

  typedef logic [6:0] group_t;

  function automatic group_t group_of(logic [6:0] partition);
    return partition >> GroupShift;
  endfunction
  function automatic tn_pkg::prow_t prow_of(group_t group);
    return group >> ProwShift;
  endfunction
  function automatic logic [6:0] sub_of(group_t group);
    return group & 7'(SubSteps - 1);
  endfunction
  function automatic logic [6:0] lane_of(logic [6:0] partition);
    return partition & 7'(VectorLanes - 1);
  endfunction

  tn_vector_pkg::work_t work_q;
  logic                 run_q, reading_q, reading1_q, fresh_q;
  group_t               first_group_q, last_group_q;

  // ---- Patterns -------------------------------------------------------------------------------------

  group_t      start_first, start_last, src_group, src1_group, dst_group;
  logic [17:0] src_offset, src1_offset, dst_offset;
  logic [15:0] dst_left;
  logic        src_row_end, src_group_end, src_last, src1_group_end, src1_last;
  logic        dst_first, dst_last;
  logic        granted, granted1, fill_go;

  assign start_first = group_of(work_i.first_partition);
  assign start_last  = group_of(work_i.last_partition);

  /* verilator lint_off PINCONNECTEMPTY */
  tn_vector_walk u_src (
      .clk_i,
      .start_i,
      .pattern_i    (work_i.src),
      .num0_i       (work_i.num0),
      .num1_i       (work_i.num1),
      .first_group_i(start_first),
      .last_group_i (start_last),
      .advance_i    (granted),
      .count_i      (4'd1),
      .step_i       (work_q.src.step0),
      .offset_o     (src_offset),
      .group_o      (src_group),
      .left_o       (),
      .first_o      (),
      .row_end_o    (src_row_end),
      .group_end_o  (src_group_end),
      .last_o       (src_last)
  );

  tn_vector_walk u_src1 (
      .clk_i,
      .start_i,
      .pattern_i    (work_i.src1),
      .num0_i       (work_i.num0),
      .num1_i       (work_i.num1),
      .first_group_i(start_first),
      .last_group_i (start_last),
      .advance_i    (granted1),
      .count_i      (4'd1),
      .step_i       (work_q.src1.step0),
      .offset_o     (src1_offset),
      .group_o      (src1_group),
      .left_o       (),
      .first_o      (),
      .row_end_o    (),
      .group_end_o  (src1_group_end),
      .last_o       (src1_last)
  );

  // A fill takes what is left of the word and of the row.
  logic [3:0]  dst_count, word_left;
  logic [17:0] dst_step;

  assign word_left = (4'd8 - {1'b0, dst_offset[2:0]}) >> work_q.dst_size_log2;
  assign dst_count = !(work_q.fill && work_q.dst_dense) ? 4'd1
                     : dst_left >= {12'b0, word_left} ? word_left : dst_left[3:0] + 4'd1;
  assign dst_step  = work_q.fill && work_q.dst_dense
                     ? {10'b0, {4'b0, dst_count} << work_q.dst_size_log2} : work_q.dst.step0;

  tn_vector_walk u_dst (
      .clk_i,
      .start_i,
      .pattern_i    (work_i.dst),
      .num0_i       (work_i.path.reduce ? 16'd1 : work_i.num0),
      .num1_i       (work_i.num1),
      .first_group_i(start_first),
      .last_group_i (start_last),
      .advance_i    (place_valid_o),
      .count_i      (dst_count),
      .step_i       (dst_step),
      .offset_o     (dst_offset),
      .group_o      (dst_group),
      .left_o       (dst_left),
      .first_o      (dst_first),
      .row_end_o    (),
      .group_end_o  (),
      .last_o       (dst_last)
  );
  /* verilator lint_on PINCONNECTEMPTY */

  // ---- When ---------------------------------------------------------------------------------------

  // Cycles until an element with the shortest way through the front, or through everything, may
  // follow. The length of the reciprocal does not count: such instructions are alone on their way.
  logic [1:0] front_lag_q, front1_lag_q;
  logic [3:0] trip_lag_q, trip_stages;
  logic [5:0] pace_q;  // until the reciprocal is free for the next element
  logic       way_free, row_first_q;
  logic [3:0] row_index_q;

  assign trip_stages = {2'b0, work_q.src_front.stages} +
                       (work_q.path.use0 ? 4'(tn_vector_pkg::AluStages) : 4'd0) +
                       (work_q.path.use1 ? 4'(tn_vector_pkg::AluStages) : 4'd0);
  assign way_free    = front_lag_q <= work_q.src_front.stages && trip_lag_q <= trip_stages &&
                       pace_q == '0;

  logic [StreamCountW-1:0] stream_used_q;   // granted, and not taken by op1
  logic [StreamCountW-1:0] stream_ready_q;  // arrived, and not spoken for

  // What is offered and not granted must stay.
  typedef enum logic [1:0] {
    OwnerLoad,
    OwnerSrc,
    OwnerSrc1
  } owner_e;

  owner_e owner, owner_q;
  logic   turn1_q;  // source 1 goes first where both sources ask
  logic   sbuf_pending_q, psum_pending_q, src_pending, src1_pending;
  logic   want, want1, sbuf_want, sbuf_want1;

  assign src_pending  = work_q.src_psum ? psum_pending_q : sbuf_pending_q && owner_q == OwnerSrc;
  assign src1_pending = work_q.src1_psum ? psum_pending_q : sbuf_pending_q && owner_q == OwnerSrc1;

  assign want  = run_q && reading_q && operand_ready_i && way_free &&
                 (work_q.path.reduce ? !row_first_q || bank_free_i : room_i) &&
                 (!work_q.pair || stream_ready_q != '0) && (!stop_i || src_pending);
  assign want1 = run_q && reading1_q && stream_used_q != StreamCountW'(tn_vector_pkg::StreamDepth) &&
                 front1_lag_q <= work_q.src1_front.stages && (!stop_i || src1_pending);
  assign fill_go = run_q && work_q.fill && operand_ready_i && way_free && room_i && !stop_i;

  // The lanes hold the SBUF word of the element before, if it was of the same group.
  logic        held, held1, held_valid_q, held1_valid_q;
  logic [14:0] held_word_q, held1_word_q;
  assign held  = held_valid_q && !work_q.src_psum && src_offset[17:3] == held_word_q;
  assign held1 = held1_valid_q && !work_q.src1_psum && src1_offset[17:3] == held1_word_q;

  assign sbuf_want  = want && !work_q.src_psum && !held;
  assign sbuf_want1 = want1 && !work_q.src1_psum && !held1;

  always_comb begin
    if (sbuf_pending_q) owner = owner_q;
    else if (load_request_i) owner = OwnerLoad;
    else if (sbuf_want && !(sbuf_want1 && turn1_q)) owner = OwnerSrc;
    else owner = OwnerSrc1;
  end

  assign sbuf_valid_o = load_request_i || sbuf_want || sbuf_want1;
  assign sbuf_prow_o  = prow_of(owner == OwnerLoad ? load_group_i
                                : owner == OwnerSrc ? src_group : src1_group);
  assign sbuf_sub_o   = sub_of(owner == OwnerLoad ? load_group_i
                               : owner == OwnerSrc ? src_group : src1_group);
  assign sbuf_off8_o  = owner == OwnerLoad ? load_off8_i
                        : owner == OwnerSrc ? src_offset[17:3] : src1_offset[17:3];
  assign load_grant_o = load_request_i && owner == OwnerLoad && sbuf_ready_i;

  logic [17:0] psum_offset;
  assign psum_offset  = work_q.src_psum ? src_offset : src1_offset;
  assign psum_valid_o = (want && work_q.src_psum) || (want1 && work_q.src1_psum);
  assign psum_bank_o  = psum_offset[12:9];
  assign psum_index_o = psum_offset[8:0];
  assign psum_prow_o  = prow_of(work_q.src_psum ? src_group : src1_group);
  assign psum_sub_o   = sub_of(work_q.src_psum ? src_group : src1_group);

  assign granted  = want && (held || (work_q.src_psum ? psum_ready_i
                                                      : owner == OwnerSrc && sbuf_ready_i));
  assign granted1 = want1 && (held1 || (work_q.src1_psum ? psum_ready_i
                                                         : owner == OwnerSrc1 && sbuf_ready_i));

  // ---- What ---------------------------------------------------------------------------------------

  assign grant_o      = granted || fill_go;
  assign read_o       = grant_o;
  assign begin_o      = grant_o && fresh_q;
  assign grant_last_o = work_q.fill ? dst_last : src_last;
  assign last_o       = work_q.fill ? fill_go && dst_last
                        : work_q.path.reduce ? result_i && dst_last : granted && src_last;
  assign grant1_o     = granted1;

  assign take_o  = '{psum: work_q.src_psum, fill: work_q.fill, held: held,
                     src_byte: src_offset[2:0]};
  assign take1_o = '{psum: work_q.src1_psum, fill: 1'b0, held: held1, src_byte: src1_offset[2:0]};

  // The last element that needs its slot.
  logic slot_end;
  assign slot_end = work_q.fill ? dst_last : src_group_end && (work_q.fetch != '0 || src_last);
  assign operand_next_o = grant_o && slot_end;

  always_comb begin
    element_o.path      = work_q.path;
    element_o.slot      = operand_slot_i;
    element_o.slot_end  = slot_end && !work_q.path.reduce;  // there the last result says so
    element_o.acc_index = {row_first_q ? bank_i : !bank_i, row_index_q[2:0]};
    element_o.acc_first = !row_index_q[3];
    element_o.acc_last  = src_row_end;
  end

  assign row_begin_o = granted && work_q.path.reduce && row_first_q;
  assign partials_o  = work_q.num0 >= 16'd8 ? 4'd8 : work_q.num0[3:0];
  assign final_o     = dst_last;

  // ---- Places -------------------------------------------------------------------------------------

  logic [14:0] dst_word_q;  // of the result before
  logic [3:0]  dst_bytes;

  assign place_valid_o = fill_go || result_i || (granted && !work_q.path.reduce);

  always_comb begin
    place_o.target.prow       = prow_of(dst_group);
    place_o.target.off8       = dst_offset[17:3];
    place_o.target.sub        = sub_of(dst_group);
    place_o.target.first_lane = dst_group == first_group_q ? lane_of(work_q.first_partition) : '0;
    place_o.target.last_lane  = dst_group == last_group_q ? lane_of(work_q.last_partition)
                                                          : 7'(VectorLanes - 1);
    dst_bytes         = dst_count << work_q.dst_size_log2;
    place_o.be        = 8'(((16'd1 << dst_bytes) - 16'd1) << dst_offset[2:0]);
    place_o.size_log2 = work_q.dst_size_log2;
    place_o.opens     = dst_first || dst_offset[17:3] != dst_word_q;
    place_o.last      = dst_last;
  end

  // ---- State --------------------------------------------------------------------------------------

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      work_q        <= work_i;
      first_group_q <= start_first;
      last_group_q  <= start_last;
    end
    if (place_valid_o) dst_word_q <= dst_offset[17:3];
    if (granted) held_word_q <= src_offset[17:3];
    if (granted1) held1_word_q <= src1_offset[17:3];
    owner_q <= owner;
    if (!rst_ni || clear_i) begin
      run_q          <= 1'b0;
      reading_q      <= 1'b0;
      reading1_q     <= 1'b0;
      fresh_q        <= 1'b0;
      row_first_q    <= 1'b1;
      row_index_q    <= '0;
      held_valid_q   <= 1'b0;
      held1_valid_q  <= 1'b0;
      turn1_q        <= 1'b0;
      sbuf_pending_q <= 1'b0;
      psum_pending_q <= 1'b0;
      front_lag_q    <= '0;
      front1_lag_q   <= '0;
      trip_lag_q     <= '0;
      pace_q         <= '0;
      stream_used_q  <= '0;
      stream_ready_q <= '0;
    end else begin
      if (start_i) begin
        run_q         <= 1'b1;
        fresh_q       <= 1'b1;
        reading_q     <= !work_i.fill;
        reading1_q    <= work_i.pair;
        held_valid_q  <= 1'b0;
        held1_valid_q <= 1'b0;
      end else begin
        if (granted) held_valid_q <= !src_group_end;
        if (granted1) held1_valid_q <= !src1_group_end;
        if (last_o || (stop_i && !want && !want1)) run_q <= 1'b0;
        if (grant_o) fresh_q <= 1'b0;
        if (granted && src_last) reading_q <= 1'b0;
        if (granted1 && src1_last) reading1_q <= 1'b0;
      end
      if (sbuf_want && sbuf_want1 && owner != OwnerLoad) turn1_q <= owner == OwnerSrc;
      sbuf_pending_q <= sbuf_valid_o && !sbuf_ready_i;
      psum_pending_q <= psum_valid_o && !psum_ready_i;
      if (granted) begin
        row_first_q <= src_row_end;
        row_index_q <= src_row_end ? '0 : row_index_q == '1 ? 4'd8 : row_index_q + 4'd1;
      end
      if (grant_o) begin
        front_lag_q <= work_q.src_front.stages;
        trip_lag_q  <= trip_stages;
        pace_q      <= !work_q.slow ? '0
                       : 6'(tn_vector_pkg::RecipCycles *
                            (32'(work_q.path.op0.recip) + 32'(work_q.path.op1.recip)) - 1);
      end else begin
        if (front_lag_q != '0) front_lag_q <= front_lag_q - 2'd1;
        if (trip_lag_q != '0) trip_lag_q <= trip_lag_q - 4'd1;
        if (pace_q != '0) pace_q <= pace_q - 6'd1;
      end
      if (granted1) front1_lag_q <= work_q.src1_front.stages;
      else if (front1_lag_q != '0) front1_lag_q <= front1_lag_q - 2'd1;
      stream_used_q  <= stream_used_q + StreamCountW'(granted1) - StreamCountW'(pop1_i);
      stream_ready_q <= stream_ready_q + StreamCountW'(arrived1_i) -
                        StreamCountW'(granted && work_q.pair);
    end
  end

  assign work_o        = work_q;
  assign run_o         = run_q;
  assign stream_used_o = stream_used_q != stream_ready_q;  // read, or spoken for and not taken

  // What a cycle went into.
  always_comb begin
    if (grant_o) cause_o = tn_isa_pkg::CauseBusy;
    else if (sbuf_pending_q || psum_pending_q || (sbuf_valid_o && !sbuf_ready_i) ||
             (psum_valid_o && !psum_ready_i) || !operand_ready_i ||
             (!room_i && !work_q.path.reduce)) begin
      cause_o = tn_isa_pkg::CauseOperand;
    end else if (pace_q != '0 || work_q.path.reduce) cause_o = tn_isa_pkg::CauseHazard;
    else cause_o = tn_isa_pkg::CauseOverhead;
  end

  logic unused_work;
  assign unused_work = ^{work_q, psum_offset};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && !clear_i) begin
      PendingStays : assert (!sbuf_pending_q || sbuf_valid_o);
      OneMemoryPerSource : assert (!run_q || !(work_q.src_psum && work_q.src1_psum));
      RunStaysInRow : assert (!place_valid_o || {13'b0, dst_count} <= {1'b0, dst_left} + 17'd1);
      StreamKeepsUp : assert (!pop1_i || stream_used_q != '0);
    end
  end
`endif

endmodule
