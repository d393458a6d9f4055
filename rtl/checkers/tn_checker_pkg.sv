// SPDX-License-Identifier: Apache-2.0
//
// tn_checker_pkg: what the checkers of the read and of the write channels of AXI share: which rules
// an address breaks by itself. Simulation and proof only.
package tn_checker_pkg;

  // What the bytes of a burst depend on.
  typedef struct packed {
    logic [11:0] addr;   // in its page of 4 KiB
    logic [7:0]  len;    // beats - 1
    logic [2:0]  size;   // log2 of the bytes of a beat
    logic [1:0]  burst;
  } axi_span_t;

  localparam logic [1:0] BurstFixed = 2'b00;
  localparam logic [1:0] BurstIncr  = 2'b01;
  localparam logic [1:0] BurstWrap  = 2'b10;

  // One bit for each rule, in the order of the rules ArBurstKind ... ArNormal of the table.
  typedef struct packed {
    logic not_normal;
    logic not_short;
    logic not_whole;
    logic not_incr;
    logic exclusive;
    logic cache;
    logic crosses_4kib;
    logic wrap_unaligned;
    logic burst_length;
    logic beat_size;
    logic burst_kind;
  } address_faults_t;

  // `profile` adds what Tinium promises beyond AXI, asked only of an address that AXI allows.
  function automatic address_faults_t address_faults(
      input axi_span_t a, input logic lock, input logic [3:1] cache,
      input logic [31:0] bus_bytes, input logic [31:0] max_beats, input bit profile);
    address_faults_t f;
    logic [31:0]     addr, beats, beat_bytes, bytes;
    f          = '0;
    addr       = 32'(a.addr);
    beats      = 32'(a.len) + 32'd1;
    beat_bytes = 32'd1 << a.size;
    bytes      = beats << a.size;
    f.burst_kind     = a.burst == 2'b11;
    f.beat_size      = beat_bytes > bus_bytes;
    f.burst_length   = (a.burst == BurstFixed && beats > 32'd16) ||
                       (a.burst == BurstWrap && beats != 32'd2 && beats != 32'd4 &&
                        beats != 32'd8 && beats != 32'd16);
    f.wrap_unaligned = a.burst == BurstWrap && (addr & (beat_bytes - 32'd1)) != '0;
    f.crosses_4kib   = a.burst == BurstIncr &&
                       (addr & ~(beat_bytes - 32'd1)) + bytes > 32'd4096;
    f.cache          = !cache[1] && cache[3:2] != 2'b00;
    f.exclusive      = lock && (beats > 32'd16 || bytes > 32'd128 ||
                                  (bytes & (bytes - 32'd1)) != '0 ||
                                  (addr & (bytes - 32'd1)) != '0);
    if (profile && f == '0) begin
      f.not_incr   = a.burst != BurstIncr;
      f.not_whole  = beat_bytes != bus_bytes || (addr & (bus_bytes - 32'd1)) != '0;
      f.not_short  = beats > max_beats;
      f.not_normal = lock;
    end
    return f;
  endfunction

endpackage
