// SPDX-License-Identifier: Apache-2.0
//
// tn_tensor_issue: checks the instructions of TensorE and turns each MultiplyMoving or Transpose,
// together with the LoadStationary before it, into a job.
//
// Two stages: fields and pattern products (the multipliers), then rules. One instruction a cycle; an
// instruction that breaks a rule becomes a fault in program order, after the jobs before it and with
// nothing of it begun. From then on nothing is accepted until flush_i with clear_i.
// LoadStationary is only remembered; its updates leave through sta_updates at once.
// Rules are tested in the order written below. The fault address is the byte address of the element
// outside SBUF (sign-extended if it lies below; the offset field if misaligned or beyond the
// partitions), the offset field for PSUM, or 0 where no memory is concerned.

module tn_tensor_issue #(
  parameter int unsigned Partitions = 128,
  parameter int unsigned SbufBytes  = 16384,
  parameter int unsigned PsumBanks  = 8
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic flush_i,  // forget everything but the fault
  input  logic clear_i,  // forget the fault

  input  logic         instr_valid_i,
  output logic         instr_ready_o,
  input  logic [511:0] instr_i,
  input  logic [31:0]  instr_index_i,

  output logic                    job_valid_o,
  input  logic                    job_ready_i,
  output tn_tensor_pkg::job_t     job_o,
  output tn_tensor_pkg::updates_t job_updates_o,

  output logic                    sta_updates_valid_o,
  input  logic                    sta_updates_ready_i,
  output tn_tensor_pkg::updates_t sta_updates_o,

  output logic           busy_o,
  output logic           fault_valid_o,
  output tn_pkg::fault_t fault_o
);

  import tn_isa_pkg::dtype_bytes;

  // ---- Stage 1: fields of either instruction under common names ------------------------------

  tn_isa_pkg::load_stationary_t sta_instr;
  tn_isa_pkg::multiply_moving_t mov_instr;
  tn_isa_pkg::transpose_t       tra_instr;
  assign sta_instr = instr_i;
  assign mov_instr = instr_i;
  assign tra_instr = instr_i;

  typedef struct packed {
    logic                    is_job;       // MultiplyMoving or Transpose
    logic                    is_transpose;
    logic                    known;        // an opcode of this engine
    tn_tensor_pkg::updates_t updates;
    logic [23:0]             offset;
    logic [3:0]              dtype;
    logic [15:0]             step0;
    logic [15:0]             step1;
    logic [15:0]             num0;         // columns of a stationary operand
    logic [15:0]             num1;
    logic [7:0]              partition_start;
    logic [7:0]              partitions;   // stationary only
    logic [15:0]             psum_offset;
    logic [7:0]              psum_partition;
    logic                    accumulate;
    logic [2:0]              piece_pair;
  } fields_t;

  fields_t fields_in;
  fields_t s1_q;
  fields_t s2_q;
  logic    s1_valid_q;
  logic    s2_valid_q;
  logic    s2_done;     // leaves stage 2 in this cycle
  logic    s1_move;     // stage 1 may advance
  logic    accept;

  always_comb begin
    fields_in                 = '0;
    fields_in.is_transpose    = mov_instr.opcode == tn_isa_pkg::OpTranspose;
    fields_in.is_job          = mov_instr.opcode == tn_isa_pkg::OpMultiplyMoving
                                || fields_in.is_transpose;
    fields_in.known           = fields_in.is_job
                                || mov_instr.opcode == tn_isa_pkg::OpLoadStationary;
    fields_in.updates.trace   = '{opcode: mov_instr.opcode, instruction: instr_index_i};
    fields_in.updates.update[0] = '{sem: mov_instr.update0_sem, op: mov_instr.update0_op[1:0],
                                    value: mov_instr.update0_value};
    fields_in.updates.update[1] = '{sem: mov_instr.update1_sem, op: mov_instr.update1_op[1:0],
                                    value: mov_instr.update1_value};
    fields_in.updates.event_code = {mov_instr.update1_event, mov_instr.update0_event};
    fields_in.offset          = mov_instr.sbuf_offset;
    fields_in.dtype           = mov_instr.dtype;
    if (fields_in.is_transpose) begin
      fields_in.offset         = '0;  // reads nothing but the stationary operand
      fields_in.dtype          = tn_isa_pkg::DtypeInt8;
      fields_in.num0           = 16'd1;
      fields_in.num1           = 16'd1;
      fields_in.psum_offset    = tra_instr.psum_offset;
      fields_in.psum_partition = tra_instr.psum_partition;
    end else if (fields_in.is_job) begin
      fields_in.step0           = mov_instr.step0;
      fields_in.num0            = mov_instr.num0;
      fields_in.step1           = mov_instr.step1;
      fields_in.num1            = mov_instr.num1;
      fields_in.partition_start = mov_instr.partition_start;
      fields_in.psum_offset     = mov_instr.psum_offset;
      fields_in.psum_partition  = mov_instr.psum_partition;
      fields_in.accumulate      = mov_instr.accumulate;
      fields_in.piece_pair      = mov_instr.piece_pair;
    end else begin
      fields_in.step0           = sta_instr.step;
      fields_in.num0            = {8'd0, sta_instr.columns};
      fields_in.num1            = 16'd1;
      fields_in.partition_start = sta_instr.partition_start;
      fields_in.partitions      = sta_instr.partitions;
    end
  end

  assign s1_move       = s2_done;
  assign instr_ready_o = !flush_i && !fault_valid_o && (!s1_valid_q || s1_move);
  assign accept        = instr_valid_i && instr_ready_o;

  // ---- Stage 2: products of the pattern, then the rules ---------------------------------------

  // Largest distances from the first element, in elements; meaningless where num0 or num1 is outside
  // 1..512, which the rules find first.
  logic signed [26:0] reach0_q;
  logic signed [26:0] reach1_q;
  logic        [19:0] vectors_q;

  function automatic logic signed [26:0] reach(input logic [15:0] step, input logic [15:0] num);
    logic signed [9:0] last;
    last = $signed({1'b0, 9'(num - 16'd1)});
    return 27'($signed(step) * last);
  endfunction

  always_ff @(posedge clk_i) begin
    if (accept) s1_q <= fields_in;
    if (s1_valid_q && s1_move) begin
      s2_q      <= s1_q;
      reach0_q  <= reach(s1_q.step0, s1_q.num0);
      reach1_q  <= reach(s1_q.step1, s1_q.num1);
      vectors_q <= 20'(s1_q.num0[9:0]) * 20'(s1_q.num1[9:0]);
    end
    if (!rst_ni || flush_i) begin
      s1_valid_q <= 1'b0;
      s2_valid_q <= 1'b0;
    end else begin
      if (s1_move || !s1_valid_q) s1_valid_q <= accept;
      if (s1_move) s2_valid_q <= s1_valid_q;
    end
  end

  // The stationary operand in force.
  logic                    sta_known_q;
  tn_tensor_pkg::operand_t sta_q;
  logic [3:0]              sta_dtype_q;
  logic [7:0]              sta_columns_q;
  logic [7:0]              sta_start_q;
  logic [7:0]              sta_partitions_q;

  // Partition rule: 1 to 128 of them, more than 64 from 0, more than 32 from 0 or 64.
  function automatic logic partitions_legal(input logic [7:0] start, input logic [7:0] count);
    if (count == 8'd0 || count > 8'd128) return 1'b0;
    case (start)
      8'd0:         return 1'b1;
      8'd64:        return count <= 8'd64;
      8'd32, 8'd96: return count <= 8'd32;
      default:      return 1'b0;
    endcase
  endfunction

  function automatic logic partitions_exist(input logic [7:0] start, input logic [7:0] count);
    return 32'(start) + 32'(count) <= Partitions;
  endfunction

  // 0: BF16, FP16 and FP8 among themselves, 1: TF32 and FP32, 2: INT8, 3: not an operand.
  function automatic logic [1:0] family(input logic [3:0] dtype);
    case (dtype)
      tn_isa_pkg::DtypeBf16, tn_isa_pkg::DtypeFp16, tn_isa_pkg::DtypeFp8E4m3,
      tn_isa_pkg::DtypeFp8E5m2: return 2'd0;
      tn_isa_pkg::DtypeTf32, tn_isa_pkg::DtypeFp32: return 2'd1;
      tn_isa_pkg::DtypeInt8: return 2'd2;
      default: return 2'd3;
    endcase
  endfunction

  function automatic tn_pkg::operand_fmt_e format(input logic [3:0] dtype);
    case (dtype)
      tn_isa_pkg::DtypeFp16:    return tn_pkg::FmtFp16;
      tn_isa_pkg::DtypeTf32:    return tn_pkg::FmtTf32;
      tn_isa_pkg::DtypeFp8E4m3: return tn_pkg::FmtE4m3;
      tn_isa_pkg::DtypeFp8E5m2: return tn_pkg::FmtE5m2;
      tn_isa_pkg::DtypeFp32:    return tn_pkg::FmtFp32H;
      tn_isa_pkg::DtypeInt8:    return tn_pkg::FmtInt8;
      default:                  return tn_pkg::FmtBf16;
    endcase
  endfunction

  // Elements to bytes for a signed distance.
  function automatic logic signed [31:0] to_bytes(input logic signed [27:0] elements,
                                                  input logic [2:0] bytes);
    logic signed [31:0] wide;
    wide = 32'(elements);
    case (bytes)
      3'd4:    return wide <<< 2;
      3'd2:    return wide <<< 1;
      default: return wide;
    endcase
  endfunction

  logic [2:0]         bytes;
  logic signed [27:0] lowest;    // elements from the first one
  logic signed [27:0] highest;
  logic signed [31:0] low_byte;
  logic signed [31:0] high_byte;
  logic               aligned;
  logic               sbuf_ok;
  logic               psum_ok;
  logic               shape_ok;
  logic               partitions_ok;
  logic               dtype_ok;
  logic [9:0]         words;     // of a bank, in each output partition
  logic               is_pieces;
  logic [7:0]         fault_code;
  logic [63:0]        fault_address;

  always_comb begin
    bytes    = dtype_bytes(s2_q.dtype);
    lowest   = ((reach0_q < 0) ? 28'(reach0_q) : '0) + ((reach1_q < 0) ? 28'(reach1_q) : '0);
    highest  = ((reach0_q > 0) ? 28'(reach0_q) : '0) + ((reach1_q > 0) ? 28'(reach1_q) : '0);
    low_byte  = $signed({8'd0, s2_q.offset}) + to_bytes(lowest, bytes);
    high_byte = $signed({8'd0, s2_q.offset}) + to_bytes(highest, bytes);
    aligned   = (s2_q.offset[2:0] & (bytes - 3'd1)) == 3'd0;
    sbuf_ok   = aligned && low_byte >= 0
                && high_byte + $signed({29'd0, bytes}) <= $signed(SbufBytes);
    words     = s2_q.is_transpose ? {2'd0, sta_partitions_q} : vectors_q[9:0];
    psum_ok   = 32'(s2_q.psum_offset[15:9]) < PsumBanks
                && 11'(s2_q.psum_offset[8:0]) + 11'(words) <= 11'd512;
    is_pieces = !s2_q.is_transpose && (s2_q.dtype == tn_isa_pkg::DtypeFp32
                                       || sta_dtype_q == tn_isa_pkg::DtypeFp32);
    if (s2_q.is_transpose) begin
      shape_ok      = sta_known_q && partitions_legal(s2_q.psum_partition, sta_columns_q);
      dtype_ok      = 1'b1;
      partitions_ok = partitions_exist(s2_q.psum_partition, sta_columns_q);
    end else if (s2_q.is_job) begin
      shape_ok      = sta_known_q && s2_q.partition_start == sta_start_q
                      && s2_q.num0 != 16'd0 && s2_q.num0 <= 16'd512
                      && s2_q.num1 != 16'd0 && s2_q.num1 <= 16'd512 && vectors_q <= 20'd512
                      && partitions_legal(s2_q.psum_partition, sta_columns_q)
                      && (s2_q.piece_pair == '0 || (is_pieces && s2_q.piece_pair <= 3'd6));
      dtype_ok      = family(s2_q.dtype) == family(sta_dtype_q) && family(s2_q.dtype) != 2'd3;
      partitions_ok = partitions_exist(s2_q.psum_partition, sta_columns_q);
    end else begin
      shape_ok      = s2_q.known && s2_q.num0 != 16'd0 && s2_q.num0 <= 16'd128
                      && partitions_legal(s2_q.partition_start, s2_q.partitions);
      dtype_ok      = family(s2_q.dtype) != 2'd3;
      partitions_ok = partitions_exist(s2_q.partition_start, s2_q.partitions);
    end

    fault_code    = tn_isa_pkg::FaultNone;
    fault_address = '0;
    if (!shape_ok) begin
      fault_code = tn_isa_pkg::FaultIllegalInstruction;
    end else if (!dtype_ok) begin
      fault_code = tn_isa_pkg::FaultDtype;
    end else if (!s2_q.is_job && !partitions_ok) begin
      fault_code    = tn_isa_pkg::FaultSbufRange;
      fault_address = {40'd0, s2_q.offset};
    end else if (!sbuf_ok) begin
      fault_code = tn_isa_pkg::FaultSbufRange;
      if (!aligned) fault_address = {40'd0, s2_q.offset};
      else if (low_byte < 0) fault_address = 64'(low_byte);
      else fault_address = 64'(high_byte);
    end else if (s2_q.is_job && (!psum_ok || !partitions_ok)) begin
      fault_code    = tn_isa_pkg::FaultPsumRange;
      fault_address = {48'd0, s2_q.psum_offset};
    end
  end

  logic legal;
  logic live;  // what follows a fault is dropped
  assign legal               = fault_code == tn_isa_pkg::FaultNone;
  assign live                = s2_valid_q && !fault_valid_o;
  assign job_valid_o         = live && s2_q.is_job && legal;
  assign sta_updates_valid_o = live && !s2_q.is_job && legal;
  assign sta_updates_o       = s2_q.updates;
  assign job_updates_o       = s2_q.updates;
  assign s2_done             = !live || !legal || (s2_q.is_job ? job_ready_i : sta_updates_ready_i);
  assign busy_o              = s1_valid_q || s2_valid_q;

  // ---- The operands as the rest of the engine wants them ---------------------------------------

  tn_tensor_pkg::operand_t operand;
  logic                    is_wide;

  function automatic tn_tensor_pkg::byte_addr_t step_bytes(input logic [15:0] step,
                                                          input logic [2:0] size);
    return tn_tensor_pkg::byte_addr_t'(to_bytes(28'($signed(step)), size));
  endfunction

  always_comb begin
    operand.offset = tn_tensor_pkg::byte_addr_t'(s2_q.offset);
    operand.step0  = step_bytes(s2_q.step0, bytes);
    operand.bytes  = bytes;
    operand.fmt    = format(s2_q.dtype);
    operand.drop13 = 1'b0;

    is_wide   = !is_pieces
                && (s2_q.dtype == tn_isa_pkg::DtypeFp16 || s2_q.dtype == tn_isa_pkg::DtypeTf32
                    || sta_dtype_q == tn_isa_pkg::DtypeFp16
                    || sta_dtype_q == tn_isa_pkg::DtypeTf32);

    job_o                 = '0;
    job_o.sta             = sta_q;
    job_o.sta.drop13      = is_pieces && sta_dtype_q == tn_isa_pkg::DtypeTf32;
    job_o.last_column     = 7'(sta_columns_q - 8'd1);
    job_o.mov             = operand;
    job_o.mov.drop13      = is_pieces && s2_q.dtype == tn_isa_pkg::DtypeTf32;
    job_o.mov_step1       = step_bytes(s2_q.step1, bytes);
    job_o.last0           = 9'(s2_q.num0 - 16'd1);
    job_o.last1           = 9'(s2_q.num1 - 16'd1);
    job_o.vectors         = words;
    job_o.first_partition = sta_start_q[6:0];
    job_o.last_partition  = 7'(sta_start_q + sta_partitions_q - 8'd1);
    job_o.mode            = s2_q.dtype == tn_isa_pkg::DtypeInt8 ? tn_pkg::PairInt8
                            : is_wide ? tn_pkg::PairWide : tn_pkg::PairNarrow;
    job_o.transpose       = s2_q.is_transpose;
    job_o.pieces          = is_pieces;
    if (s2_q.is_transpose) begin
      job_o.last_piece = (sta_q.bytes == 3'd4) ? 3'd1 : 3'd0;
    end else if (s2_q.piece_pair != '0) begin
      job_o.first_piece = s2_q.piece_pair - 3'd1;
      job_o.last_piece  = s2_q.piece_pair - 3'd1;
    end else if (is_pieces) begin
      job_o.last_piece = tn_tensor_pkg::LastPiece;
    end
    job_o.accumulate      = s2_q.accumulate;
    job_o.psum_bank       = s2_q.psum_offset[12:9];
    job_o.psum_index      = s2_q.psum_offset[8:0];
    job_o.psum_partition  = s2_q.psum_partition[6:0];
    job_o.trace           = s2_q.updates.trace;
  end

  always_ff @(posedge clk_i) begin
    if (sta_updates_valid_o && sta_updates_ready_i) begin
      sta_q            <= operand;
      sta_dtype_q      <= s2_q.dtype;
      sta_columns_q    <= s2_q.num0[7:0];
      sta_start_q      <= s2_q.partition_start;
      sta_partitions_q <= s2_q.partitions;
    end
    if (live && !legal) begin
      fault_o <= '{code: fault_code, instruction: s2_q.updates.trace.instruction, address: fault_address};
    end
    if (!rst_ni) begin
      sta_known_q   <= 1'b0;
      fault_valid_o <= 1'b0;
    end else begin
      if (flush_i) sta_known_q <= 1'b0;
      else if (sta_updates_valid_o && sta_updates_ready_i) sta_known_q <= 1'b1;
      if (clear_i) fault_valid_o <= 1'b0;
      else if (live && !legal && !flush_i) fault_valid_o <= 1'b1;
    end
  end

  logic unused_bits;
  assign unused_bits = ^{sta_instr, mov_instr, tra_instr};

endmodule
