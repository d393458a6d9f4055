// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_lane: the data path of one lane of VectorE, from a memory word to an SBUF word of packed
// results.
//
// Element out of the word, cast to FP32, two operators, relu and cast, element FIFO, packer. The
// engine owns all control: every valid bit, control word, pointer and mask comes from there and is
// the same for all lanes, so that the lanes stay in lock step. An element takes LaneStages cycles
// from the memory's data to the FIFO, and nothing can hold it on this way: the engine reads no more
// elements than the FIFO has room for. The operands of a partition are in a small memory, one word
// per operand and slot.

module tn_vector_lane #(
    localparam int unsigned LaneStages   = tn_vector_pkg::LaneStages,
    localparam int unsigned FifoIndexW   = tn_vector_pkg::FifoIndexW,
    localparam int unsigned OperandSlotW = tn_vector_pkg::OperandSlotW,
    localparam int unsigned NarrowStages = tn_vector_pkg::NarrowStages
) (
    input  logic                                          clk_i,
    // Memory words of this cycle; take_* belong to the element at stage 0.
    input  logic [31:0]                                   psum_data_i,
    input  logic [63:0]                                   sbuf_data_i,
    input  logic                                          take_psum_i,
    input  logic [2:0]                                    take_byte_i,
    // valid_i[k]: an element is before stage k. The rest belongs to the element before the stage that
    // needs it: slot*_i one stage before the operators, narrow_dtype_i to both stages of the cast.
    input  logic [LaneStages-1:0]                         valid_i,
    input  logic [2:0]                                    src_dtype_i,
    input  logic [OperandSlotW-1:0]                       slot0_i,
    input  logic [OperandSlotW-1:0]                       slot1_i,
    input  tn_vector_pkg::alu_ctl_t                       alu0_i,
    input  tn_vector_pkg::alu_ctl_t                       alu1_i,
    input  logic                                          relu_i,
    input  logic [NarrowStages-1:0][2:0]                  narrow_dtype_i,
    // Writes of the operand memory; index 0 is operand0.
    input  logic [1:0]                                    operand_we_i,
    input  logic [OperandSlotW-1:0]                       operand_slot_i,
    input  logic [1:0][31:0]                              operand_data_i,
    // Element FIFO and packer. A pop puts the element at read_index_i where pop_mask_i says;
    // take_word_i moves the packed word to word_o (beside a pop: the word before it).
    input  logic [FifoIndexW-1:0]                         write_index_i,
    input  logic [FifoIndexW-1:0]                         read_index_i,
    input  logic                                          pop_i,
    input  logic [1:0]                                    pop_size_log2_i,
    input  logic [63:0]                                   pop_mask_i,
    input  logic                                          take_word_i,
    output logic [63:0]                                   word_o
);

  localparam int unsigned StageTake = tn_vector_pkg::StageTake;
  localparam int unsigned StageWiden = tn_vector_pkg::StageWiden;
  localparam int unsigned StageOp0 = tn_vector_pkg::StageOp0;
  localparam int unsigned StageOp1 = tn_vector_pkg::StageOp1;
  localparam int unsigned StageNarrow = tn_vector_pkg::StageNarrow;
  localparam int unsigned StageStore = tn_vector_pkg::StageStore;

  // The valid bits of the operators are in alu0_i and alu1_i.
  logic unused_valid;
  assign unused_valid = ^valid_i;

  // Operands, read one stage before their operator.
  logic [31:0] operand0_q[tn_vector_pkg::OperandSlots];
  logic [31:0] operand1_q[tn_vector_pkg::OperandSlots];
  logic [31:0] s0_q, s1_q;

  always_ff @(posedge clk_i) begin
    if (operand_we_i[0]) operand0_q[operand_slot_i] <= operand_data_i[0];
    if (operand_we_i[1]) operand1_q[operand_slot_i] <= operand_data_i[1];
    if (valid_i[StageOp0-1]) s0_q <= operand0_q[slot0_i];
    if (valid_i[StageOp1-1]) s1_q <= operand1_q[slot1_i];
  end

  // Take. Bits above the element are whatever follows it in memory.
  logic [31:0] raw_q;

  always_ff @(posedge clk_i) begin
    if (valid_i[StageTake]) begin
      raw_q <= take_psum_i ? psum_data_i : 32'(sbuf_data_i >> {take_byte_i, 3'b0});
    end
  end

  logic [31:0] x, x0, x1, y;

  tn_cast_to_fp32 u_widen (
      .clk_i,
      .valid_i(valid_i[StageWiden]),
      .dtype_i(src_dtype_i),
      .x_i    (raw_q),
      .y_o    (x)
  );

  tn_vector_alu u_alu0 (
      .clk_i,
      .ctl_i(alu0_i),
      .x_i  (x),
      .s_i  (s0_q),
      .y_o  (x0)
  );

  tn_vector_alu u_alu1 (
      .clk_i,
      .ctl_i(alu1_i),
      .x_i  (x0),
      .s_i  (s1_q),
      .y_o  (x1)
  );

  tn_cast_from_fp32 u_narrow (
      .clk_i,
      .valid_i(valid_i[StageNarrow+:NarrowStages]),
      .relu_i (relu_i),
      .dtype_i(narrow_dtype_i),
      .x_i    (x1),
      .y_o    (y)
  );

  // Element FIFO, then the packer with a word in the making and one on its way to SBUF.
  logic [31:0] fifo_q[tn_vector_pkg::FifoDepth];
  logic [63:0] pack_q, word_q;

  always_ff @(posedge clk_i) begin
    if (valid_i[StageStore]) fifo_q[write_index_i] <= y;
  end

  always_ff @(posedge clk_i) begin
    if (pop_i) begin : place
      automatic logic [31:0] element;
      automatic logic [63:0] copies;
      element = fifo_q[read_index_i];
      case (pop_size_log2_i)
        2'd0:    copies = {8{element[7:0]}};
        2'd1:    copies = {4{element[15:0]}};
        default: copies = {2{element}};
      endcase
      pack_q <= (pack_q & ~pop_mask_i) | (copies & pop_mask_i);
    end
    if (take_word_i) word_q <= pack_q;
  end

  assign word_o = word_q;

endmodule
