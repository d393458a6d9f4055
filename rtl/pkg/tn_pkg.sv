// SPDX-License-Identifier: Apache-2.0
//
// tn_pkg: types and timing constants shared by the engines of the core.
//
// Nothing here depends on a configuration (array size, memories): widths are chosen for the largest
// one, so that every module and every configuration sees the same types. Encodings that software
// sees live in the generated packages tn_isa_pkg and tn_regs_pkg, not here.

/* verilator lint_off UNUSEDPARAM */  // a package serves many tops

package tn_pkg;

  // Partitions whose products share one reference exponent: the architectural group of the numerics
  // contract (docs/reference/numerics.md). It never changes with the array size.
  localparam int unsigned GroupSize = 16;

  // How a 32-bit, right-aligned element is read by an operand decoder.
  typedef enum logic [3:0] {
    FmtBf16  = 4'd0,
    FmtFp16  = 4'd1,
    FmtTf32  = 4'd2,
    FmtE4m3  = 4'd3,
    FmtE5m2  = 4'd4,
    FmtFp32H = 4'd5,  // high, middle and low eight-bit pieces of an FP32 significand
    FmtFp32M = 4'd6,
    FmtFp32L = 4'd7,
    FmtInt8  = 4'd8,
    FmtRaw8  = 4'd9,  // stationary only, for Transpose: bits as an unsigned number of 8 or 16 bits,
    FmtRaw16 = 4'd10,
    FmtRawHi = 4'd11  // the upper half of 32 bits
  } operand_fmt_e;

  // The pair of operand formats decides the alignment window.
  typedef enum logic [1:0] {
    PairNarrow = 2'd0,  // both significands at most 8 bits: window 23
    PairWide   = 2'd1,  // one of 11 bits (FP16, TF32): window 20
    PairInt8   = 2'd2,  // integers, no alignment
    PairRawHi  = 2'd3   // integers, products times 2^16
  } pair_mode_e;

  // Row of a partition inside its memory lane (partition div Lanes), and an SBUF byte offset div 8.
  typedef logic [6:0] prow_t;
  typedef logic [14:0] off8_t;

  // Cycles from a granted read request to its data, in every configuration.
  localparam int unsigned SbufReadLat = 2;
  localparam int unsigned PsumReadLat = 2;

  // One change of a semaphore; op is a tn_isa_pkg::update_op_e code.
  typedef struct packed {
    logic [7:0]  sem;
    logic [1:0]  op;
    logic [15:0] value;
  } sem_update_t;

  // What an engine reports when it stops on a fault; code is a tn_isa_pkg::fault_e code.
  typedef struct packed {
    logic [7:0]  code;
    logic [31:0] instruction;  // index in the stream
    logic [63:0] address;      // byte address or offset that broke the rule
  } fault_t;

  // What the head of a sequencer or DMA queue waits for; valid only while a condition is unmet.
  typedef struct packed {
    logic        valid;
    logic [3:0]  cond;   // tn_isa_pkg::wait_condition_e
    logic [7:0]  sem;
    logic [15:0] value;  // wanted
    logic [15:0] level;  // found
    logic [31:0] instruction;
  } blocked_t;

  // An instruction that a unit begins or ends, for the trace.
  typedef struct packed {
    logic [7:0]  opcode;
    logic [31:0] instruction;
  } trace_t;

  // ---- PE array (docs/architecture/pe_array.md) ----
  typedef enum logic [1:0] {
    ClassNormal = 2'd0,
    ClassZero   = 2'd1,
    ClassInf    = 2'd2,
    ClassNan    = 2'd3
  } num_class_e;

  // Decoded operand without its exponent, which travels ahead.
  typedef struct packed {
    logic        sign;
    num_class_e  cls;
    logic [10:0] mag;
  } operand_sig_t;

  // The same of a stationary operand, which also holds the 16 bits of a raw one.
  typedef struct packed {
    logic        sign;
    num_class_e  cls;
    logic [15:0] mag;
  } stationary_sig_t;

  // What the foot of a column must know of a vector.
  typedef struct packed {
    logic integers;   // INT8 and raw: add modulo 2^32
    logic wide;       // window of a WIDE pair
    logic overwrite;  // start from +0
    logic raise;      // infinities and NaN of the operands count (not in the lower FP32 passes)
  } foot_ctl_t;

  // The alignment wave follows the exponent wave by the height of a group and one return register;
  // significands follow the alignment by the two registers between exponent sum and shift.
  localparam int unsigned ArrayAlignLag = GroupSize + 1;
  localparam int unsigned ArraySigLag   = ArrayAlignLag + 2;

  // Cycles from mov_valid_i to the cycle in which psum_i of column 0 is sampled, cycles through one
  // foot from there to its result, and cycles from mov_valid_i to the result of column 0. Groups of
  // rows are chained: each adds one foot.
  localparam int unsigned ArrayFootLat = 10;
  function automatic int unsigned array_lat_psum();
    return 40;
  endfunction
  function automatic int unsigned array_lat_result(input int unsigned rows);
    return array_lat_psum() + ArrayFootLat * (rows / GroupSize);
  endfunction

endpackage

/* verilator lint_on UNUSEDPARAM */
