// SPDX-License-Identifier: Apache-2.0
//
// tn_tensor_pkg: what the parts of TensorE tell each other.

package tn_tensor_pkg;

  // SBUF byte address within a partition; address arithmetic wraps harmlessly because patterns are
  // checked before. 18 bits hold 256 KiB, the reach of tn_pkg::off8_t.
  localparam int unsigned ByteAddrW = 18;
  typedef logic [ByteAddrW-1:0] byte_addr_t;

  // One operand of a product.
  typedef struct packed {
    byte_addr_t           offset;
    byte_addr_t           step0;   // bytes, two's complement
    logic [2:0]           bytes;   // of an element: 1, 2 or 4
    tn_pkg::operand_fmt_e fmt;     // of an operand that is not taken in FP32 pieces
    logic                 drop13;  // TF32 beside FP32: clear the low 13 bits
  } operand_t;

  // A checked MultiplyMoving or Transpose together with its LoadStationary.
  typedef struct packed {
    operand_t           sta;
    logic [6:0]         last_column;     // M - 1
    operand_t           mov;
    byte_addr_t         mov_step1;       // bytes, two's complement
    logic [8:0]         last0;           // num0 - 1
    logic [8:0]         last1;           // num1 - 1
    logic [9:0]         vectors;         // N
    logic [6:0]         first_partition; // of both operands
    logic [6:0]         last_partition;
    tn_pkg::pair_mode_e mode;
    logic               transpose;       // vectors of one 1 each; nothing is read for them
    logic               pieces;          // FP32: passes over pieces of the significands
    logic [2:0]         first_piece;     // of the six, or of the two halves of a transposed element
    logic [2:0]         last_piece;
    logic               accumulate;
    logic [3:0]         psum_bank;
    logic [8:0]         psum_index;
    logic [6:0]         psum_partition;
    tn_pkg::trace_t     trace;
  } job_t;

  // One pass of a job: N moving vectors against one stationary tile.
  typedef struct packed {
    tn_pkg::prow_t           prow;        // partition row of both operands
    logic [6:0]              first_lane;  // lanes that take part
    logic [6:0]              last_lane;
    logic                    one_hot;     // vector i is a 1 in lane first_lane + i
    tn_pkg::operand_fmt_e    fmt;         // of the moving operand
    tn_pkg::pair_mode_e      mode;
    logic                    overwrite;
    logic                    raise;       // infinities and NaN of the operands count
    logic                    fresh;       // first of its job
    logic                    last;        // of its job
    tn_psum_pkg::psum_wave_t wave;        // of the first vector
  } pass_t;

  // FP32 piece passes, in order (docs/reference/numerics.md). Infinities and NaN count in the last.
  localparam logic [2:0] LastPiece = 3'd5;

  function automatic tn_pkg::operand_fmt_e sta_piece(input logic [2:0] piece);
    case (piece)
      3'd0:       return tn_pkg::FmtFp32L;
      3'd1, 3'd3: return tn_pkg::FmtFp32M;
      default:    return tn_pkg::FmtFp32H;
    endcase
  endfunction

  function automatic tn_pkg::operand_fmt_e mov_piece(input logic [2:0] piece);
    case (piece)
      3'd1, 3'd4: return tn_pkg::FmtFp32M;
      3'd2:       return tn_pkg::FmtFp32L;
      default:    return tn_pkg::FmtFp32H;
    endcase
  endfunction

  // Halves of a transposed element, the lower one first.
  function automatic tn_pkg::operand_fmt_e raw_piece(input logic [2:0] bytes,
                                                     input logic [2:0] piece);
    if (bytes == 3'd1) return tn_pkg::FmtRaw8;
    return (piece != '0) ? tn_pkg::FmtRawHi : tn_pkg::FmtRaw16;
  endfunction

  // Updates that an instruction asks for, and who asks.
  typedef struct packed {
    tn_pkg::sem_update_t [1:0] update;
    logic [1:0]                event_code;  // per update: 0 read, 1 complete
    tn_pkg::trace_t            trace;
  } updates_t;

endpackage
