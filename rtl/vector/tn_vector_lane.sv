// SPDX-License-Identifier: Apache-2.0
//
// tn_vector_lane: the data path of one lane of VectorE, from memory words to an SBUF word of packed
// results.
//
// Fronts of source and source 1, two operators with a reciprocal beside them, relu and cast, element
// FIFO, packer; and the small memories: operands of the partitions worked on, elements of source 1
// that wait, partial results of reductions. The engine owns all control: every valid bit, index and
// mask comes from there and is the same for all lanes, so that the lanes stay in lock step. Nothing
// can hold an element on its way: the engine reads no more than the FIFO has room for.

module tn_vector_lane (
    input  logic                                   clk_i,
    // Memory words of this cycle, the value of Memset, and the identity of the reduction at work.
    input  logic [31:0]                            psum_data_i,
    input  logic [63:0]                            sbuf_data_i,
    input  logic [31:0]                            fill_data_i,
    input  logic [31:0]                            identity_i,
    // Each belongs to the elements of this cycle; see tn_vector_pkg.
    input  tn_vector_pkg::front_ctl_t              front_i,
    input  tn_vector_pkg::front_ctl_t              front1_i,
    input  tn_vector_pkg::operand_ctl_t            operand_i,
    input  tn_vector_pkg::alu_ctl_t                alu0_i,
    input  tn_vector_pkg::alu_ctl_t                alu1_i,
    input  tn_vector_pkg::from_e                   alu1_from_i,
    input  tn_vector_pkg::recip_ctl_t              recip_i,
    input  tn_vector_pkg::narrow_ctl_t             narrow_i,
    input  tn_vector_pkg::pack_ctl_t               pack_i,
    input  logic [63:0]                            pack_mask_i,  // bits that a pop writes
    // Writes of the operand memory; index 0 is operand0.
    input  logic [1:0]                             operand_we_i,
    input  logic [tn_vector_pkg::OperandSlotW-1:0] operand_slot_i,
    input  logic [1:0][31:0]                       operand_data_i,

    output logic [63:0]                            word_o
);

  localparam int unsigned AccDepth = 2 * tn_vector_pkg::Partials;

  logic [31:0] x, x1, y0, y1, recip_y;

  // ---- Sources ------------------------------------------------------------------------------------

  tn_vector_front u_front (
      .clk_i,
      .ctl_i(front_i),
      .psum_data_i,
      .sbuf_data_i,
      .fill_data_i,
      .y_o  (x)
  );

  tn_vector_front u_front1 (
      .clk_i,
      .ctl_i(front1_i),
      .psum_data_i,
      .sbuf_data_i,
      .fill_data_i,
      .y_o  (x1)
  );

  // ---- Operands, source 1, partial results ----------------------------------------------------------

  logic [31:0] operand0_q[tn_vector_pkg::OperandSlots];
  logic [31:0] operand1_q[tn_vector_pkg::OperandSlots];
  logic [31:0] stream_q[tn_vector_pkg::StreamDepth];
  logic [31:0] acc_q[AccDepth];  // of the elements of two reductions
  logic [31:0] join_q[8];        // of the joins
  logic [31:0] s0_q, s1_q, join_x_q;

  always_ff @(posedge clk_i) begin
    if (operand_we_i[0]) operand0_q[operand_slot_i] <= operand_data_i[0];
    if (operand_we_i[1]) operand1_q[operand_slot_i] <= operand_data_i[1];
    if (operand_i.stream_write) stream_q[operand_i.stream_write_index] <= x1;
    if (operand_i.acc_write) acc_q[operand_i.acc_write_index] <= y0;
    if (operand_i.join_write) join_q[operand_i.join_write_index] <= y1;
  end

  always_ff @(posedge clk_i) begin
    if (operand_i.s0_read) begin
      s0_q <= operand_i.s0_identity ? identity_i
              : operand_i.s0_acc ? acc_q[operand_i.s0_acc_index] : operand0_q[operand_i.s0_slot];
    end
    if (operand_i.s1_read) begin
      s1_q <= operand_i.s1_stream ? stream_q[operand_i.stream_read_index]
                                  : operand1_q[operand_i.s1_slot];
    end
    if (operand_i.join_read.read) begin
      if (operand_i.join_read.from_acc) begin
        join_x_q <= acc_q[operand_i.join_read.x_index];
        s1_q     <= acc_q[operand_i.join_read.s_index];
      end else begin
        join_x_q <= join_q[operand_i.join_read.x_index[2:0]];
        s1_q     <= join_q[operand_i.join_read.s_index[2:0]];
      end
    end
  end

  // ---- Operators ------------------------------------------------------------------------------------

  logic [31:0] alu1_x, narrow_x, y;

  always_comb begin
    case (alu1_from_i)
      tn_vector_pkg::FromX:   alu1_x = x;
      tn_vector_pkg::FromOp0: alu1_x = y0;
      default:                alu1_x = join_x_q;
    endcase
    case (narrow_i.from)
      tn_vector_pkg::FromX:   narrow_x = x;
      tn_vector_pkg::FromOp0: narrow_x = y0;
      default:                narrow_x = y1;
    endcase
  end

  tn_vector_alu u_alu0 (
      .clk_i,
      .ctl_i    (alu0_i),
      .x_i      (x),
      .s_i      (s0_q),
      .recip_y_i(recip_y),
      .y_o      (y0)
  );

  tn_vector_alu u_alu1 (
      .clk_i,
      .ctl_i    (alu1_i),
      .x_i      (alu1_x),
      .s_i      (s1_q),
      .recip_y_i(recip_y),
      .y_o      (y1)
  );

  tn_fp32_recip u_recip (
      .clk_i,
      .start_i(recip_i.start),
      .step_i (recip_i.step),
      .last_i (recip_i.last),
      .x_i    (recip_i.from == tn_vector_pkg::FromX ? x : y0),
      .y_o    (recip_y)
  );

  tn_cast_from_fp32 u_narrow (
      .clk_i,
      .valid_i     (narrow_i.valid),
      .relu_i      (narrow_i.relu),
      .negate_i    (narrow_i.negate),
      .bits_1_i    (narrow_i.bits_1),
      .saturate_1_i(narrow_i.saturate_1),
      .dtype_i     (narrow_i.dtype),
      .x_i         (narrow_x),
      .y_o         (y)
  );

  // ---- Element FIFO, word in the making, word that waits for SBUF -------------------------------------

  logic [31:0] fifo_q[tn_vector_pkg::FifoDepth];
  logic [63:0] pack_q, kept_q;

  always_ff @(posedge clk_i) begin
    if (pack_i.store) fifo_q[pack_i.store_index] <= y;
    if (pack_i.pop) begin : place
      automatic logic [31:0] element;
      automatic logic [63:0] copies;
      element = pack_i.pop_direct ? y : fifo_q[pack_i.pop_index];
      case (pack_i.size_log2)
        2'd0:    copies = {8{element[7:0]}};
        2'd1:    copies = {4{element[15:0]}};
        default: copies = {2{element}};
      endcase
      pack_q <= (pack_q & ~pack_mask_i) | (copies & pack_mask_i);
    end
    if (pack_i.keep_word) kept_q <= pack_q;
  end

  assign word_o = pack_i.offer_kept ? kept_q : pack_q;

endmodule
