// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_engine: VectorE. Executes TensorScalar: reads PSUM or SBUF, applies two operators and
// relu in FP32, casts, and writes packed words to SBUF.
//
// Work goes by groups of VectorLanes consecutive partitions (all lanes in lock step), group after
// group; inside a group one element per lane and cycle. Results that fall into the same 8-byte word
// one after the other leave as one write. Partitions outside the instruction are never written.
// Latency from a granted read to the offer of a word to SBUF: PsumReadLat + LaneStages + 2 cycles.
//
// Reads are granted only while the element FIFOs have room for their results, so that nothing has to
// stop inside the lanes. The next instruction starts while the former drains, except when it reads
// SBUF (source or per-partition operands): then it waits until all former writes are done. An
// instruction whose own destination overlaps its source is defined only when every element is
// written where it was read.
//
// `read` updates leave when the last source element has arrived, `complete` ones when the last word
// is written. stop_i ends the instruction in flight after the elements already read; their bytes are
// written. Updates are dropped then. Does not: reduce, transpose, write PSUM.

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
    output logic                   sbuf_write_o
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

  localparam int unsigned ReadLat      = tn_pkg::PsumReadLat;
  localparam int unsigned LaneStages   = tn_vector_pkg::LaneStages;
  localparam int unsigned TripStages   = ReadLat + LaneStages - 1;  // registers behind the grant
  localparam int unsigned FifoDepth    = tn_vector_pkg::FifoDepth;
  localparam int unsigned FifoIndexW   = tn_vector_pkg::FifoIndexW;
  localparam int unsigned FifoCountW   = FifoIndexW + 1;
  localparam int unsigned OperandSlots = tn_vector_pkg::OperandSlots;
  localparam int unsigned OperandSlotW = tn_vector_pkg::OperandSlotW;
  localparam int unsigned SlotCountW   = OperandSlotW + 1;
  localparam int unsigned SubSteps     = Lanes / VectorLanes;
  localparam int unsigned GroupShift   = $clog2(VectorLanes);  // partition to group
  localparam int unsigned ProwShift    = $clog2(SubSteps);     // group to prow
  localparam int unsigned SubW         = SubSteps > 1 ? ProwShift : 1;

  // A group (its first partition div VectorLanes), and which VectorLanes of the Lanes it works on.
  typedef logic [6:0]      group_t;
  typedef logic [SubW-1:0] sub_t;

  function automatic group_t group_of(logic [6:0] partition);
    return partition >> GroupShift;
  endfunction

  function automatic tn_pkg::prow_t prow_of(group_t group);
    return group >> ProwShift;
  endfunction

  function automatic sub_t sub_of(group_t group);
    return sub_t'(group & 7'(SubSteps - 1));
  endfunction

  function automatic logic [6:0] lane_of(logic [6:0] partition);
    return partition & 7'(VectorLanes - 1);
  endfunction

  // ---- Instruction ------------------------------------------------------------------------------

  logic                              check_empty, work_valid, work_start;
  tn_vector_pkg::work_t              work, work_q;
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

  logic run_q;        // elements of work_q are still to be read
  logic quiet;        // nothing read is still to be written, no operand on its way
  logic last_granted; // the last element of work_q is granted in this cycle
  logic updates_space, updates_empty, read_event, complete_event;

  logic [SlotCountW-1:0] slots_ready_q;  // loaded, and their elements not all read
  logic [SlotCountW-1:0] slots_used_q;   // loaded or loading, and not yet free

  assign work_start = work_valid && !stop_i && (!run_q || last_granted) && updates_space &&
                      ((work.src_psum && work.fetch == '0) ? slots_used_q != SlotCountW'(OperandSlots)
                                                           : (!run_q && quiet));

  tn_vector_updates u_updates (
      .clk_i,
      .rst_ni,
      .drop_i    (stop_i || clear_i),
      .space_o   (updates_space),
      .push_i    (work_start),
      .updates_i (updates),
      .read_i    (read_event),
      .complete_i(complete_event),
      .upd_valid_o,
      .upd_ready_i,
      .upd_o,
      .empty_o   (updates_empty)
  );

  // ---- Operands ---------------------------------------------------------------------------------
  // Immediate operands take one slot per instruction; per-partition operands one per group, loaded
  // ahead of the elements. A slot is free when its last element has read operand1.

  typedef enum logic [1:0] {
    LoadIdle,
    LoadOperand0,
    LoadOperand1,
    LoadWait
  } load_state_e;

  load_state_e             load_q;
  logic                    load_left_q;  // groups left to load
  group_t                  load_group_q;
  logic [OperandSlotW-1:0] fill_slot_q, issue_slot_q, immediate_slot_q;
  logic                    immediate_q;  // write the immediates of work_q to immediate_slot_q
  logic                    load_request, load_granted, load_done, slot_free, slot_passed;
  logic [1:0]              load_grant;
  logic [ReadLat-1:0][1:0] load_trip_q;  // granted operand reads on their way
  logic [1:0]              load_arrived;

  assign load_request  = (load_q == LoadOperand0 && work_q.fetch[0]) ||
                         (load_q == LoadOperand1 && work_q.fetch[1]);
  assign load_grant[0] = load_granted && load_q == LoadOperand0;
  assign load_grant[1] = load_granted && load_q == LoadOperand1;
  assign load_arrived  = load_trip_q[ReadLat-1];
  assign load_done     = load_q == LoadWait && load_trip_q == '0;

  // ---- Element reads ----------------------------------------------------------------------------

  group_t                group_q;
  logic                  group_first_q;            // next element is the first of its group
  logic [15:0]           left0_q, left1_q;         // after this element, in the row; after this row
  logic [17:0]           src_q, src_row_q, dst_q, dst_row_q;
  logic [14:0]           dst_word_q;               // of the element before
  logic [FifoCountW-1:0] used_q;                   // places of the element FIFOs spoken for
  logic                  pending_q;                // offered and not granted: must stay
  logic                  want, src_request, granted, row_end, group_end, fifo_pop;

  assign want         = run_q && slots_ready_q != '0 && used_q != FifoCountW'(FifoDepth) &&
                        (!stop_i || pending_q);
  assign src_request  = want && !work_q.src_psum;
  assign row_end      = left0_q == '0;
  assign group_end    = row_end && left1_q == '0;
  assign last_granted = granted && group_end && group_q == group_of(work_q.last_partition);

  assign psum_vrd_valid_o = want && work_q.src_psum;
  assign psum_vrd_bank_o  = src_q[12:9];
  assign psum_vrd_index_o = src_q[8:0];
  assign psum_vrd_prow_o  = prow_of(group_q);

  // Operands before elements, but an offered read stays.
  logic load_selected;
  assign load_selected    = load_request && !(pending_q && !work_q.src_psum);
  assign sbuf_vrd_valid_o = load_selected || src_request;
  assign sbuf_vrd_prow_o  = prow_of(load_selected ? load_group_q : group_q);
  assign sbuf_vrd_off8_o  = !load_selected ? src_q[17:3]
                            : load_q == LoadOperand0 ? work_q.operand[0][17:3]
                                                     : work_q.operand[1][17:3];
  assign load_granted     = load_selected && sbuf_vrd_ready_i;
  assign granted          = work_q.src_psum ? want && psum_vrd_ready_i
                                            : src_request && !load_selected && sbuf_vrd_ready_i;

  logic slot_end;  // this element is the last one that needs its operand slot
  assign slot_end = group_end && (work_q.fetch != '0 || group_q == group_of(work_q.last_partition));

  always_ff @(posedge clk_i) begin
    if (work_start) begin
      work_q        <= work;
      group_q       <= group_of(work.first_partition);
      group_first_q <= 1'b1;
      left0_q       <= work.num0 - 16'd1;
      left1_q       <= work.num1 - 16'd1;
      src_q         <= work.src_offset;
      src_row_q     <= work.src_offset;
      dst_q         <= work.dst_offset;
      dst_row_q     <= work.dst_offset;
    end else if (granted) begin
      group_first_q <= group_end;
      if (group_end) begin
        group_q   <= group_q + 7'd1;
        left0_q   <= work_q.num0 - 16'd1;
        left1_q   <= work_q.num1 - 16'd1;
        src_q     <= work_q.src_offset;
        src_row_q <= work_q.src_offset;
        dst_q     <= work_q.dst_offset;
        dst_row_q <= work_q.dst_offset;
      end else if (row_end) begin
        left0_q   <= work_q.num0 - 16'd1;
        left1_q   <= left1_q - 16'd1;
        src_q     <= src_row_q + work_q.src_step1;
        src_row_q <= src_row_q + work_q.src_step1;
        dst_q     <= dst_row_q + work_q.dst_step1;
        dst_row_q <= dst_row_q + work_q.dst_step1;
      end else begin
        left0_q <= left0_q - 16'd1;
        src_q   <= src_q + work_q.src_step0;
        dst_q   <= dst_q + work_q.dst_step0;
      end
    end
    if (granted) dst_word_q <= dst_q[17:3];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      run_q     <= 1'b0;
      pending_q <= 1'b0;
      used_q    <= '0;
    end else begin
      if (work_start) run_q <= 1'b1;
      else if (last_granted || (stop_i && !want)) run_q <= 1'b0;
      pending_q <= (want && work_q.src_psum && !psum_vrd_ready_i) ||
                   (src_request && !load_selected && !sbuf_vrd_ready_i);
      used_q    <= used_q + FifoCountW'(granted) - FifoCountW'(fifo_pop);
    end
  end

  // ---- Operand loader ---------------------------------------------------------------------------

  assign slot_free = slots_used_q != SlotCountW'(OperandSlots);

  always_ff @(posedge clk_i) begin
    if (work_start) begin
      load_group_q     <= group_of(work.first_partition);
      immediate_slot_q <= fill_slot_q;
    end else if (load_done) begin
      load_group_q <= load_group_q + 7'd1;
    end
  end

  logic slot_start_immediate;
  assign slot_start_immediate = work_start && work.fetch == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i || (stop_i && quiet && !run_q)) begin
      load_q        <= LoadIdle;
      load_left_q   <= 1'b0;
      load_trip_q   <= '0;
      immediate_q   <= 1'b0;
      fill_slot_q   <= '0;
      issue_slot_q  <= '0;
      slots_ready_q <= '0;
      slots_used_q  <= '0;
    end else begin
      immediate_q <= slot_start_immediate;
      load_trip_q <= {load_trip_q[ReadLat-2:0], load_grant};
      case (load_q)
        LoadIdle: begin
          if (stop_i) load_left_q <= 1'b0;
          else if (load_left_q && slot_free) load_q <= LoadOperand0;
        end
        LoadOperand0: if (!work_q.fetch[0] || load_granted) load_q <= LoadOperand1;
        LoadOperand1: if (!work_q.fetch[1] || load_granted) load_q <= LoadWait;
        LoadWait: begin
          if (load_done) begin
            load_q      <= LoadIdle;
            load_left_q <= load_group_q != group_of(work_q.last_partition);
          end
        end
        default: load_q <= LoadIdle;
      endcase
      if (work_start && work.fetch != '0) load_left_q <= 1'b1;
      if (slot_start_immediate || load_done) fill_slot_q <= fill_slot_q + 1'b1;
      if (granted && slot_end) issue_slot_q <= issue_slot_q + 1'b1;
      slots_ready_q <= slots_ready_q + SlotCountW'(slot_start_immediate || load_done) -
                       SlotCountW'(granted && slot_end);
      slots_used_q  <= slots_used_q + SlotCountW'(slot_start_immediate || load_done) -
                       SlotCountW'(slot_passed);
    end
  end

  logic [1:0]              operand_we;
  logic [OperandSlotW-1:0] operand_slot;
  assign operand_we[0] = immediate_q || load_arrived[0] ||
                         (load_q == LoadOperand0 && !work_q.fetch[0]);
  assign operand_we[1] = immediate_q || load_arrived[1] ||
                         (load_q == LoadOperand1 && !work_q.fetch[1]);
  assign operand_slot  = immediate_q ? immediate_slot_q : fill_slot_q;

  // ---- The trip of an element: read latency, then the stages of the lanes -------------------------
  // Index j: granted j + 1 cycles ago. Stage k of the lanes is index ReadLat - 1 + k.

  typedef struct packed {
    logic       psum;
    logic [2:0] src_byte;
    sub_t       sub;
  } take_t;

  logic [TripStages-1:0]                        trip_valid_q, trip_slot_end_q;
  logic [ReadLat-1:0]                           trip_last_q;
  take_t [ReadLat-1:0]                          trip_take_q;
  tn_vector_pkg::element_ctl_t [TripStages-1:0] trip_ctl_q;
  tn_vector_pkg::element_ctl_t                  ctl;
  take_t                                        take;

  always_comb begin
    ctl.op0       = work_q.op0;
    ctl.op1       = work_q.op1;
    ctl.relu      = work_q.relu;
    ctl.src_dtype = work_q.src_dtype;
    ctl.dst_dtype = work_q.dst_dtype;
    ctl.slot      = issue_slot_q;
    take.psum     = work_q.src_psum;
    take.src_byte = src_q[2:0];
    take.sub      = sub_of(group_q);
  end

  always_ff @(posedge clk_i) begin
    trip_ctl_q      <= {trip_ctl_q[TripStages-2:0], ctl};
    trip_take_q     <= {trip_take_q[ReadLat-2:0], take};
    trip_slot_end_q <= {trip_slot_end_q[TripStages-2:0], slot_end};
    trip_last_q     <= {trip_last_q[ReadLat-2:0], last_granted};
    if (!rst_ni || clear_i) trip_valid_q <= '0;
    else trip_valid_q <= {trip_valid_q[TripStages-2:0], granted};
  end

  assign read_event  = trip_valid_q[ReadLat-1] && trip_last_q[ReadLat-1];
  assign slot_passed = trip_valid_q[ReadLat-1+tn_vector_pkg::StageOp1-1] &&
                       trip_slot_end_q[ReadLat-1+tn_vector_pkg::StageOp1-1];

  // ---- Element FIFO control and packer ------------------------------------------------------------
  // Each element has its place in the FIFOs from the grant on; what the packer must know of it waits
  // there for it.

  // An SBUF word: of which lanes, and where in them.
  typedef struct packed {
    tn_pkg::prow_t prow;
    tn_pkg::off8_t off8;
    sub_t          sub;
    logic [6:0]    first_lane;  // first and last lane of the group that are written
    logic [6:0]    last_lane;
  } target_t;

  typedef struct packed {
    target_t    target;
    logic [2:0] dst_byte;
    logic [1:0] size_log2;
    logic       opens;  // another word than the element before
    logic       last;   // of its instruction
  } place_t;

  place_t                place, head;
  place_t                place_q[FifoDepth];
  logic [FifoIndexW-1:0] grant_index_q, store_index_q, pop_index_q;
  logic [FifoCountW-1:0] stored_q;
  logic                  store;

  always_comb begin
    place.target.prow       = prow_of(group_q);
    place.target.off8       = dst_q[17:3];
    place.dst_byte   = dst_q[2:0];
    place.size_log2  = tn_vector_pkg::dtype_size_log2(work_q.dst_dtype);
    place.target.sub        = sub_of(group_q);
    place.target.first_lane = group_q == group_of(work_q.first_partition) ? lane_of(work_q.first_partition)
                                                                   : '0;
    place.target.last_lane  = group_q == group_of(work_q.last_partition) ? lane_of(work_q.last_partition)
                                                                  : 7'(VectorLanes - 1);
    place.opens      = group_first_q || dst_q[17:3] != dst_word_q;
    place.last       = last_granted;
  end

  assign store = trip_valid_q[TripStages-1];
  assign head  = place_q[pop_index_q];

  always_ff @(posedge clk_i) begin
    if (granted) place_q[grant_index_q] <= place;
    if (!rst_ni || clear_i) begin
      grant_index_q <= '0;
      store_index_q <= '0;
      pop_index_q   <= '0;
      stored_q      <= '0;
    end else begin
      if (granted) grant_index_q <= grant_index_q + 1'b1;
      if (store) store_index_q <= store_index_q + 1'b1;
      if (fifo_pop) pop_index_q <= pop_index_q + 1'b1;
      stored_q <= stored_q + FifoCountW'(store) - FifoCountW'(fifo_pop);
    end
  end

  // The word in the making, and the word on its way to SBUF.
  logic                   pack_open_q, pack_last_q, word_valid_q, word_last_q;
  logic [7:0]             pack_be_q, word_be_q, head_be;
  target_t                pack_target_q;
  tn_pkg::prow_t          word_prow_q;
  tn_pkg::off8_t          word_off8_q;
  sub_t                   word_sub_q;
  logic [VectorLanes-1:0] word_lanes_q;
  logic                   head_valid, word_ends, take_word, abandoned;
  logic [63:0]            head_mask;

  assign head_valid = stored_q != '0;
  // After a stop no further element may come that would end the word.
  assign abandoned  = stop_i && !run_q && used_q == '0;
  assign word_ends  = pack_open_q && (pack_last_q || abandoned || (head_valid && head.opens));
  assign take_word  = word_ends && (!word_valid_q || sbuf_vwr_ready_i);
  assign fifo_pop   = head_valid && (!pack_open_q || take_word || !head.opens);

  always_comb begin
    case (head.size_log2)
      2'd0:    head_be = 8'h01 << head.dst_byte;
      2'd1:    head_be = 8'h03 << head.dst_byte;
      default: head_be = 8'h0F << head.dst_byte;
    endcase
    for (int unsigned b = 0; b < 8; b++) head_mask[8*b+:8] = {8{head_be[b]}};
  end

  always_ff @(posedge clk_i) begin
    if (fifo_pop) begin
      pack_last_q <= head.last;
      if (!pack_open_q || take_word) begin
        pack_be_q     <= head_be;
        pack_target_q <= head.target;
      end else begin
        pack_be_q <= pack_be_q | head_be;
      end
    end
    if (take_word) begin
      word_be_q    <= pack_be_q;
      word_prow_q  <= pack_target_q.prow;
      word_off8_q  <= pack_target_q.off8;
      word_sub_q   <= pack_target_q.sub;
      word_last_q  <= pack_last_q;
      word_lanes_q <= ({VectorLanes{1'b1}} << pack_target_q.first_lane) &
                      ({VectorLanes{1'b1}} >> (7'(VectorLanes - 1) - pack_target_q.last_lane));
    end
    if (!rst_ni || clear_i) begin
      pack_open_q  <= 1'b0;
      word_valid_q <= 1'b0;
    end else begin
      pack_open_q  <= fifo_pop || (pack_open_q && !take_word);
      word_valid_q <= take_word || (word_valid_q && !sbuf_vwr_ready_i);
    end
  end

  assign sbuf_vwr_valid_o = word_valid_q;
  assign sbuf_vwr_prow_o  = word_prow_q;
  assign sbuf_vwr_off8_o  = word_off8_q;
  assign sbuf_write_o     = word_valid_q && sbuf_vwr_ready_i;
  assign complete_event   = sbuf_write_o && word_last_q;

  // ---- Lanes --------------------------------------------------------------------------------------

  take_t taken;
  assign taken = trip_take_q[ReadLat-1];

  // Valid bits and control words by the stages of the lanes.
  logic [LaneStages-1:0]                                stage_valid;
  tn_vector_pkg::element_ctl_t [LaneStages-1:0]         stage_ctl;
  logic [tn_vector_pkg::AluStages:0][2:0]               stage_op0, stage_op1;
  logic [tn_vector_pkg::NarrowStages-1:0][2:0]          narrow_dtype;
  tn_vector_pkg::alu_ctl_t                              alu0, alu1;

  assign stage_valid = trip_valid_q[ReadLat-1+:LaneStages];
  assign stage_ctl   = trip_ctl_q[ReadLat-1+:LaneStages];
  for (genvar k = 0; k <= tn_vector_pkg::AluStages; k++) begin : gen_op
    assign stage_op0[k] = stage_ctl[tn_vector_pkg::StageOp0+k].op0;
    assign stage_op1[k] = stage_ctl[tn_vector_pkg::StageOp1+k].op1;
  end
  for (genvar k = 0; k < tn_vector_pkg::NarrowStages; k++) begin : gen_narrow_dtype
    assign narrow_dtype[k] = stage_ctl[tn_vector_pkg::StageNarrow+k].dst_dtype;
  end
  assign alu0 = tn_vector_pkg::alu_ctl(
      stage_valid[tn_vector_pkg::StageOp0+:tn_vector_pkg::AluStages], stage_op0);
  assign alu1 = tn_vector_pkg::alu_ctl(
      stage_valid[tn_vector_pkg::StageOp1+:tn_vector_pkg::AluStages], stage_op1);

  for (genvar v = 0; v < VectorLanes; v++) begin : gen_lane
    logic [31:0]      psum_word;
    logic [63:0]      sbuf_word, word;
    logic [1:0][31:0] operand;

    if (SubSteps == 1) begin : gen_all
      sub_t unused_sub;
      assign unused_sub = taken.sub;
      assign psum_word = psum_vrd_data_i[v];
      assign sbuf_word = sbuf_vrd_data_i[v];
    end else begin : gen_some
      logic [SubSteps-1:0][31:0] psum_words;
      logic [SubSteps-1:0][63:0] sbuf_words;
      sub_t                      sbuf_sub;
      assign sbuf_sub = load_arrived != '0 ? sub_of(load_group_q) : taken.sub;
      for (genvar s = 0; s < SubSteps; s++) begin : gen_sub
        assign psum_words[s] = psum_vrd_data_i[s*VectorLanes+v];
        assign sbuf_words[s] = sbuf_vrd_data_i[s*VectorLanes+v];
      end
      assign psum_word = psum_words[taken.sub];
      assign sbuf_word = sbuf_words[sbuf_sub];
    end

    for (genvar k = 0; k < 2; k++) begin : gen_operand
      assign operand[k] = !work_q.fetch[k] ? work_q.operand[k]
                          : work_q.operand[k][2] ? sbuf_word[63:32] : sbuf_word[31:0];
    end

    tn_vector_lane u_lane (
        .clk_i,
        .psum_data_i    (psum_word),
        .sbuf_data_i    (sbuf_word),
        .take_psum_i    (taken.psum),
        .take_byte_i    (taken.src_byte),
        .valid_i        (stage_valid),
        .src_dtype_i    (stage_ctl[tn_vector_pkg::StageWiden].src_dtype),
        .slot0_i        (stage_ctl[tn_vector_pkg::StageOp0-1].slot),
        .slot1_i        (stage_ctl[tn_vector_pkg::StageOp1-1].slot),
        .alu0_i         (alu0),
        .alu1_i         (alu1),
        .relu_i         (stage_ctl[tn_vector_pkg::StageNarrow].relu),
        .narrow_dtype_i (narrow_dtype),
        .operand_we_i   (operand_we),
        .operand_slot_i (operand_slot),
        .operand_data_i (operand),
        .write_index_i  (store_index_q),
        .read_index_i   (pop_index_q),
        .pop_i          (fifo_pop),
        .pop_size_log2_i(head.size_log2),
        .pop_mask_i     (head_mask),
        .take_word_i    (take_word),
        .word_o         (word)
    );

    for (genvar s = 0; s < SubSteps; s++) begin : gen_write
      assign sbuf_vwr_data_o[s*VectorLanes+v] = word;
      assign sbuf_vwr_be_o[s*VectorLanes+v] =
          word_lanes_q[v] && word_sub_q == SubW'(s) ? word_be_q : '0;
    end
  end

  // ---- State as seen from outside -----------------------------------------------------------------

  assign quiet  = used_q == '0 && !pack_open_q && !word_valid_q && load_q == LoadIdle &&
                  !(load_left_q && !stop_i);
  assign busy_o = run_q || !quiet;
  assign idle_o = check_empty && !busy_o && updates_empty;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && !clear_i) begin
      FifoHasRoom : assert (!store || stored_q != FifoCountW'(FifoDepth));
      FirstElementOpens : assert (!(head_valid && !pack_open_q) || head.opens);
      LastWordBeforeNext : assert (!(pack_open_q && pack_last_q && head_valid) || head.opens);
      StageStoreIsLast : assert (trip_valid_q == '0 || used_q != '0);
    end
  end
  always_ff @(posedge clk_i) begin
    if (rst_ni && clear_i) ClearWhileIdle : assert (idle_o);
  end
`endif

endmodule
