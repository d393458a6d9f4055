// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_engine: VectorE. Executes TensorScalar, TensorTensor, Memset and TensorReduce: reads PSUM
// or SBUF, applies up to two operators in FP32 or on integers, casts, and writes packed words to SBUF.
//
// Work goes by groups of VectorLanes consecutive partitions (all lanes in lock step), group after
// group; inside a group one element per lane and cycle (Memset: one word). Results that fall into the
// same 8-byte word one after the other leave as one write. Partitions outside the instruction are
// never written.
//
// Reads are granted only while the element FIFOs have room for their results, so that nothing has to
// stop inside the lanes. The next instruction starts while the former drains, except when it reads
// SBUF: then it waits until all former writes are done; and except after a reduction or beside a
// reciprocal. An instruction whose own destination overlaps its source is defined only when every
// element is written where it was read.
//
// `read` updates leave when the last source element has arrived, `complete` ones when the last word
// is written. stop_i ends the instruction in flight after the elements already read; their bytes are
// written. Updates are dropped then. Does not write PSUM.

module tn_vector_engine #(
    parameter int unsigned Partitions  = 32,
    parameter int unsigned Lanes       = 16,    // memory lanes
    parameter int unsigned VectorLanes = 4,     // FP32 lanes
    parameter int unsigned SbufBytes   = 4096,  // per partition
    parameter int unsigned PsumBanks   = 2
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,

    input  logic                   instr_valid_i,
    output logic                   instr_ready_o,
    input  logic [511:0]           instr_i,
    input  logic [31:0]            instr_index_i,

    output logic                   upd_valid_o,
    input  logic                   upd_ready_i,
    output tn_pkg::sem_update_t    upd_o,

    output logic                   fault_valid_o,
    output tn_pkg::fault_t         fault_o,
    input  logic                   stop_i,
    output logic                   idle_o,
    input  logic                   clear_i,

    output logic                   psum_vrd_valid_o,
    input  logic                   psum_vrd_ready_i,
    output logic [3:0]             psum_vrd_bank_o,
    output tn_pkg::prow_t          psum_vrd_prow_o,
    output logic [8:0]             psum_vrd_index_o,
    input  logic [Lanes-1:0][31:0] psum_vrd_data_i,

    output logic                   sbuf_vrd_valid_o,
    input  logic                   sbuf_vrd_ready_i,
    output tn_pkg::prow_t          sbuf_vrd_prow_o,
    output tn_pkg::off8_t          sbuf_vrd_off8_o,
    input  logic [Lanes-1:0][63:0] sbuf_vrd_data_i,

    output logic                   sbuf_vwr_valid_o,
    input  logic                   sbuf_vwr_ready_i,
    output tn_pkg::prow_t          sbuf_vwr_prow_o,
    output tn_pkg::off8_t          sbuf_vwr_off8_o,
    output logic [Lanes-1:0][63:0] sbuf_vwr_data_o,
    output logic [Lanes-1:0][7:0]  sbuf_vwr_be_o,

    output logic                   busy_o,
    output logic                   sbuf_write_o,

    // An instruction of which not all elements have been read, and what such a cycle went into.
    output logic                   engaged_o,
    output tn_isa_pkg::cause_e     cause_o,
    // Pulses: the first element is read; the last result is written.
    output logic                   begin_valid_o,
    output tn_pkg::trace_t         begin_o,
    output logic                   end_valid_o,
    output tn_pkg::trace_t         end_o
);

  if (VectorLanes < 1 || (VectorLanes & (VectorLanes - 1)) != 0 ||
      (Lanes & (Lanes - 1)) != 0 || Lanes < VectorLanes) begin : gen_check_lanes
    $fatal(1, "tn_vector_engine: Lanes (%0d) and VectorLanes (%0d) must be powers of two, VectorLanes <= Lanes",
           Lanes, VectorLanes);
  end
  if (Partitions > 128 || Partitions % Lanes != 0) begin : gen_check_partitions
    $fatal(1, "tn_vector_engine: Partitions (%0d) must be a multiple of Lanes (%0d), at most 128",
           Partitions, Lanes);
  end
  if (SbufBytes % 8 != 0 || SbufBytes > 262144) begin : gen_check_sbuf
    $fatal(1, "tn_vector_engine: SbufBytes (%0d) must be a multiple of 8, at most 256 Ki", SbufBytes);
  end
  if (PsumBanks < 1 || PsumBanks > 16) begin : gen_check_psum
    $fatal(1, "tn_vector_engine: PsumBanks (%0d) must be 1 to 16", PsumBanks);
  end
  if (tn_pkg::PsumReadLat != tn_pkg::SbufReadLat) begin : gen_check_latency
    $fatal(1, "tn_vector_engine: both memories must answer after the same number of cycles");
  end

  localparam int unsigned ReadLat  = tn_pkg::PsumReadLat;
  localparam int unsigned SubSteps = Lanes / VectorLanes;
  localparam int unsigned SubW     = SubSteps > 1 ? $clog2(SubSteps) : 1;
  localparam int unsigned SlotW    = tn_vector_pkg::OperandSlotW;

  // ---- Instruction --------------------------------------------------------------------------------

  logic                              check_empty, work_valid, work_start;
  tn_vector_pkg::work_t              work, at_work;
  tn_vector_pkg::work_update_t [1:0] updates;

  tn_vector_check #(
      .Partitions(Partitions),
      .SbufBytes (SbufBytes),
      .PsumBanks (PsumBanks)
  ) u_check (
      .clk_i,
      .rst_ni,
      .flush_i      (stop_i),
      .clear_i,
      .instr_valid_i,
      .instr_ready_o,
      .instr_i,
      .instr_index_i,
      .work_valid_o (work_valid),
      .work_ready_i (work_start),
      .work_o       (work),
      .updates_o    (updates),
      .fault_valid_o,
      .fault_o,
      .empty_o      (check_empty)
  );

  logic run;          // elements of the instruction at work are still to be read
  logic issue_last;   // ... and the last one is, in this cycle
  logic quiet;        // nothing is on its way
  logic flush;        // back to the initial state
  logic slot_space, updates_space, updates_empty, read_event, complete_event;
  logic alone, work_free;

  // Who reads SBUF sees all that was written before; reductions and reciprocals keep to themselves.
  assign alone      = work.reads_sbuf || work.slow || at_work.slow || at_work.path.reduce;
  assign work_free  = alone ? !run && quiet : !run || issue_last;
  assign work_start = work_valid && !stop_i && work_free && updates_space && slot_space;
  assign flush      = clear_i || (stop_i && quiet && !run);

  tn_vector_updates u_updates (
      .clk_i,
      .rst_ni,
      .drop_i     (stop_i || clear_i),
      .space_o    (updates_space),
      .push_i     (work_start),
      .updates_i  (updates),
      .trace_i    (work.trace),
      .read_i     (read_event),
      .complete_i (complete_event),
      .end_valid_o,
      .end_o,
      .upd_valid_o,
      .upd_ready_i,
      .upd_o,
      .empty_o    (updates_empty)
  );

  // ---- Operands -----------------------------------------------------------------------------------

  logic             load_request, load_grant, operand_ready, operand_next, operand_busy, slot_passed;
  logic [14:0]      load_off8;
  logic [6:0]       load_group;
  logic [SlotW-1:0] operand_slot, operand_write_slot;
  logic [1:0]       operand_write, operand_from_sbuf, operand_high;
  logic [1:0][31:0] operand_value;

  tn_vector_operands #(
      .ReadLat(ReadLat)
  ) u_operands (
      .clk_i,
      .rst_ni,
      .clear_i      (flush),
      .stop_i,
      .start_i      (work_start),
      .fetch_i      (work.fetch),
      .operand_i    (work.operand),
      .first_group_i(work.first_partition >> $clog2(VectorLanes)),
      .last_group_i (work.last_partition >> $clog2(VectorLanes)),
      .request_o    (load_request),
      .off8_o       (load_off8),
      .group_o      (load_group),
      .grant_i      (load_grant),
      .space_o      (slot_space),
      .ready_o      (operand_ready),
      .slot_o       (operand_slot),
      .next_i       (operand_next),
      .passed_i     (slot_passed),
      .write_o      (operand_write),
      .write_slot_o (operand_write_slot),
      .from_sbuf_o  (operand_from_sbuf),
      .high_o       (operand_high),
      .value_o      (operand_value),
      .busy_o       (operand_busy)
  );

  // ---- Reads and places -----------------------------------------------------------------------------

  logic                      bank, bank_free, result, row_begin, row_done, final_result, room;
  logic                      place_valid, grant, grant_last, grant1, arrived1, pop1, stream_used;
  logic                      begin_read, element_read;
  logic [3:0]                partials;
  logic [6:0]                psum_sub, sbuf_sub;
  tn_vector_pkg::place_t     place;
  tn_vector_pkg::take_t      take, take1;
  tn_vector_pkg::element_t   element;
  tn_isa_pkg::cause_e        issue_cause;

  tn_vector_issue #(
      .Lanes      (Lanes),
      .VectorLanes(VectorLanes)
  ) u_issue (
      .clk_i,
      .rst_ni,
      .clear_i        (flush),
      .stop_i,
      .start_i        (work_start),
      .work_i         (work),
      .work_o         (at_work),
      .run_o          (run),
      .last_o         (issue_last),
      .begin_o        (begin_read),
      .read_o         (element_read),
      .cause_o        (issue_cause),
      .load_request_i (load_request),
      .load_off8_i    (load_off8),
      .load_group_i   (load_group),
      .load_grant_o   (load_grant),
      .operand_ready_i(operand_ready),
      .operand_slot_i (operand_slot),
      .operand_next_o (operand_next),
      .bank_i         (bank),
      .bank_free_i    (bank_free),
      .result_i       (result),
      .row_begin_o    (row_begin),
      .partials_o     (partials),
      .final_o        (final_result),
      .room_i         (room),
      .place_valid_o  (place_valid),
      .place_o        (place),
      .grant_o        (grant),
      .take_o         (take),
      .element_o      (element),
      .grant_last_o   (grant_last),
      .grant1_o       (grant1),
      .take1_o        (take1),
      .arrived1_i     (arrived1),
      .pop1_i         (pop1),
      .stream_used_o  (stream_used),
      .psum_valid_o   (psum_vrd_valid_o),
      .psum_ready_i   (psum_vrd_ready_i),
      .psum_bank_o    (psum_vrd_bank_o),
      .psum_prow_o    (psum_vrd_prow_o),
      .psum_index_o   (psum_vrd_index_o),
      .psum_sub_o     (psum_sub),
      .sbuf_valid_o   (sbuf_vrd_valid_o),
      .sbuf_ready_i   (sbuf_vrd_ready_i),
      .sbuf_prow_o    (sbuf_vrd_prow_o),
      .sbuf_off8_o    (sbuf_vrd_off8_o),
      .sbuf_sub_o     (sbuf_sub)
  );

  // What goes with a read to the data, beside what the fronts need: the lanes that it is for, the
  // value of a fill, and whether it is the last.
  typedef struct packed {
    logic [SubW-1:0] psum_sub;
    logic [SubW-1:0] sbuf_sub;
    logic            last;
    logic [31:0]     fill;
  } arrival_t;

  arrival_t [ReadLat-1:0] arrival_q;
  arrival_t               arrival;
  logic                   arrive;

  always_ff @(posedge clk_i) begin
    arrival_q <= {arrival_q[ReadLat-2:0], psum_sub[SubW-1:0], sbuf_sub[SubW-1:0], grant_last,
                  at_work.operand[0]};
  end

  assign arrival    = arrival_q[ReadLat-1];
  assign read_event = arrive && arrival.last;

  // ---- The way of an element ------------------------------------------------------------------------

  tn_vector_pkg::front_ctl_t   front_ctl, front1_ctl;
  tn_vector_pkg::operand_ctl_t operand_ctl;
  tn_vector_pkg::alu_ctl_t     alu0_ctl, alu1_ctl;
  tn_vector_pkg::from_e        alu1_from;
  tn_vector_pkg::recip_ctl_t   recip_ctl;
  tn_vector_pkg::narrow_ctl_t  narrow_ctl;
  tn_vector_pkg::pack_ctl_t    pack_ctl;
  tn_vector_pkg::join_read_t   join_read;
  tn_vector_pkg::element_t     front_element, join_element;
  logic                        front_valid, front_busy, front1_busy, trip_busy, reduce_busy;
  logic                        join_valid, join_internal, store;

  tn_vector_approach #(
      .PayloadW($bits(tn_vector_pkg::element_t)),
      .ReadLat (ReadLat)
  ) u_approach (
      .clk_i,
      .rst_ni,
      .clear_i,
      .grant_i  (grant),
      .take_i   (take),
      .front_i  (at_work.src_front),
      .payload_i(element),
      .ctl_o    (front_ctl),
      .arrive_o (arrive),
      .valid_o  (front_valid),
      .payload_o(front_element),
      .busy_o   (front_busy)
  );

  logic unused_arrive1, unused_payload1;

  tn_vector_approach #(
      .PayloadW(1),
      .ReadLat (ReadLat)
  ) u_approach1 (
      .clk_i,
      .rst_ni,
      .clear_i,
      .grant_i  (grant1),
      .take_i   (take1),
      .front_i  (at_work.src1_front),
      .payload_i(1'b0),
      .ctl_o    (front1_ctl),
      .arrive_o (unused_arrive1),
      .valid_o  (arrived1),
      .payload_o(unused_payload1),
      .busy_o   (front1_busy)
  );

  tn_vector_reduce u_reduce (
      .clk_i,
      .rst_ni,
      .clear_i        (flush),
      .hold_i         (stop_i),
      .path_i         (at_work.path),
      .partials_i     (partials),
      .final_i        (final_result),
      .room_i         (room),
      .row_begin_i    (row_begin),
      .row_done_i     (row_done),
      .bank_o         (bank),
      .bank_free_o    (bank_free),
      .result_o       (result),
      .join_valid_o   (join_valid),
      .join_internal_o(join_internal),
      .join_element_o (join_element),
      .join_read_o    (join_read),
      .busy_o         (reduce_busy)
  );

  tn_vector_trip u_trip (
      .clk_i,
      .rst_ni,
      .clear_i        (flush),
      .valid_i        (front_valid),
      .element_i      (front_element),
      .join_valid_i   (join_valid),
      .join_internal_i(join_internal),
      .join_element_i (join_element),
      .join_read_i    (join_read),
      .stream_valid_i (arrived1),
      .stream_pop_o   (pop1),
      .operand_o      (operand_ctl),
      .alu0_o         (alu0_ctl),
      .alu1_o         (alu1_ctl),
      .alu1_from_o    (alu1_from),
      .recip_o        (recip_ctl),
      .narrow_o       (narrow_ctl),
      .store_o        (store),
      .slot_passed_o  (slot_passed),
      .row_done_o     (row_done),
      .busy_o         (trip_busy)
  );

  // ---- Results ------------------------------------------------------------------------------------

  logic                   unused_places, packer_empty;
  logic [6:0]             word_sub;
  logic [VectorLanes-1:0] word_lanes;
  logic [7:0]             word_be;
  logic [63:0]            pack_mask;

  tn_vector_packer #(
      .VectorLanes(VectorLanes)
  ) u_packer (
      .clk_i,
      .rst_ni,
      .clear_i,
      .abandon_i  (stop_i && !run && unused_places),
      .room_o     (room),
      .take_i     (place_valid),
      .place_i    (place),
      .store_i    (store),
      .pack_o     (pack_ctl),
      .mask_o     (pack_mask),
      .vwr_valid_o(sbuf_vwr_valid_o),
      .vwr_ready_i(sbuf_vwr_ready_i),
      .vwr_prow_o (sbuf_vwr_prow_o),
      .vwr_off8_o (sbuf_vwr_off8_o),
      .vwr_sub_o  (word_sub),
      .vwr_lanes_o(word_lanes),
      .vwr_be_o   (word_be),
      .complete_o (complete_event),
      .unused_o   (unused_places),
      .empty_o    (packer_empty)
  );

  assign sbuf_write_o = sbuf_vwr_valid_o && sbuf_vwr_ready_i;

  for (genvar v = 0; v < VectorLanes; v++) begin : gen_lane
    logic [31:0]      psum_word;
    logic [63:0]      sbuf_word, word;
    logic [1:0][31:0] operand;

    if (SubSteps == 1) begin : gen_all
      assign psum_word = psum_vrd_data_i[v];
      assign sbuf_word = sbuf_vrd_data_i[v];
    end else begin : gen_some
      logic [SubSteps-1:0][31:0] psum_words;
      logic [SubSteps-1:0][63:0] sbuf_words;
      for (genvar s = 0; s < SubSteps; s++) begin : gen_sub
        assign psum_words[s] = psum_vrd_data_i[s*VectorLanes+v];
        assign sbuf_words[s] = sbuf_vrd_data_i[s*VectorLanes+v];
      end
      assign psum_word = psum_words[arrival.psum_sub];
      assign sbuf_word = sbuf_words[arrival.sbuf_sub];
    end

    for (genvar k = 0; k < 2; k++) begin : gen_operand
      assign operand[k] = !operand_from_sbuf[k] ? operand_value[k]
                          : operand_high[k] ? sbuf_word[63:32] : sbuf_word[31:0];
    end

    tn_vector_lane u_lane (
        .clk_i,
        .psum_data_i   (psum_word),
        .sbuf_data_i   (sbuf_word),
        .fill_data_i   (arrival.fill),
        .identity_i    (at_work.identity),
        .front_i       (front_ctl),
        .front1_i      (front1_ctl),
        .operand_i     (operand_ctl),
        .alu0_i        (alu0_ctl),
        .alu1_i        (alu1_ctl),
        .alu1_from_i   (alu1_from),
        .recip_i       (recip_ctl),
        .narrow_i      (narrow_ctl),
        .pack_i        (pack_ctl),
        .pack_mask_i   (pack_mask),
        .operand_we_i  (operand_write),
        .operand_slot_i(operand_write_slot),
        .operand_data_i(operand),
        .word_o        (word)
    );

    for (genvar s = 0; s < SubSteps; s++) begin : gen_write
      assign sbuf_vwr_data_o[s*VectorLanes+v] = word;
      assign sbuf_vwr_be_o[s*VectorLanes+v] = word_lanes[v] && word_sub == 7'(s) ? word_be : '0;
    end
  end

  // ---- State as seen from outside -------------------------------------------------------------------

  assign quiet  = packer_empty && !front_busy && !front1_busy && !trip_busy && !reduce_busy &&
                  !operand_busy && !(stream_used && !stop_i);
  assign busy_o = run || !quiet;
  assign idle_o = check_empty && !busy_o && updates_empty;

  assign engaged_o = !check_empty || run;
  assign cause_o   = run ? issue_cause
                     : work_valid && !work_free ? tn_isa_pkg::CauseHazard
                                                : tn_isa_pkg::CauseOverhead;

  always_ff @(posedge clk_i) begin
    if (begin_read) begin_o <= at_work.trace;
    begin_valid_o <= rst_ni && begin_read;
  end

  logic unused_state;
  assign unused_state = ^{element_read, arrival, at_work, psum_sub, sbuf_sub};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && clear_i) ClearWhileIdle : assert (idle_o);
    if (rst_ni && !clear_i) QuietAtStart : assert (!work_start || !alone || quiet);
  end
`endif

endmodule
