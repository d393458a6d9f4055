// SPDX-License-Identifier: Apache-2.0
//
// tn_trace: writes what the units begin and end into a ring in device memory.
//
// Each unit has two buffers of Depth events, one for begins and one for ends, with the time of the
// launch. One event a cycle, round robin over the buffers, moves into a line of four; a full line is
// written as one burst of 64 bytes while the next one fills. Where a buffer is full, its event is
// lost and counted: the units never wait. Events lie in the ring roughly in order of time; each
// carries its own. flush_i completes the last line with ones; then idle_o says that all is written.
// A bus error is a fault, held until clear_i. With enable_i low nothing happens here at all.

module tn_trace #(
  parameter int unsigned BusBytes    = 64,
  parameter int unsigned Depth       = 8,  // events in each buffer
  parameter int unsigned Outstanding = 8,  // lines
  localparam int unsigned NumUnits = 6
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic        clear_i,    // a launch begins
  input  logic        enable_i,
  input  logic [63:0] address_i,  // of the ring, a multiple of 64
  input  logic [31:0] bytes_i,    // its length, a multiple of 64
  input  logic [47:0] time_i,
  input  logic        flush_i,
  output logic        idle_o,
  output logic [47:0] events_o,   // moved into lines
  output logic [47:0] lost_o,
  output logic        fault_valid_o,
  output logic [63:0] fault_address_o,  // of the line

  input  logic           [NumUnits-1:0] begin_valid_i,
  input  tn_pkg::trace_t [NumUnits-1:0] begin_i,
  input  logic           [NumUnits-1:0] end_valid_i,
  input  tn_pkg::trace_t [NumUnits-1:0] end_i,

  output logic                  aw_valid_o,
  input  logic                  aw_ready_i,
  output logic [63:0]           aw_addr_o,
  output logic [7:0]            aw_len_o,
  output logic                  w_valid_o,
  input  logic                  w_ready_i,
  output logic [BusBytes*8-1:0] w_data_o,
  output logic [BusBytes-1:0]   w_strb_o,
  output logic                  w_last_o,
  input  logic                  b_valid_i,
  output logic                  b_ready_o,
  input  logic                  b_err_i
);

  if (Depth < 2 || (Depth & (Depth - 1)) != 0) begin : gen_check_depth
    $fatal(1, "tn_trace: Depth (%0d) must be a power of two, at least 2", Depth);
  end
  if (BusBytes < 8 || BusBytes > 64 || (BusBytes & (BusBytes - 1)) != 0) begin : gen_check_bus
    $fatal(1, "tn_trace: BusBytes (%0d) must be 8, 16, 32 or 64", BusBytes);
  end

  localparam int unsigned NumBuffers = 2 * NumUnits;  // begins, then ends
  localparam int unsigned PtrW = $clog2(Depth);
  localparam int unsigned Beats = 64 / BusBytes;
  localparam int unsigned BeatW = Beats > 1 ? $clog2(Beats) : 1;
  localparam int unsigned OpenW = $clog2(Outstanding + 1);

  typedef struct packed {
    logic [47:0]    stamp;
    tn_pkg::trace_t what;
  } event_t;

  // ----------------------------------------------------------------------------------------------
  // Buffers.

  event_t                            buffer_q [NumBuffers*Depth];
  logic [NumBuffers-1:0][PtrW:0]     head_q, tail_q;
  logic [NumBuffers-1:0]             in_valid, full, empty;
  tn_pkg::trace_t [NumBuffers-1:0]   in_what;
  logic [NumBuffers-1:0]             after_last_q, grant;
  logic [3:0]                        chosen;
  logic                              move;  // the chosen event goes into the line

  assign in_valid = enable_i ? {end_valid_i, begin_valid_i} : '0;
  assign in_what = {end_i, begin_i};

  for (genvar i = 0; i < NumBuffers; i++) begin : gen_state
    assign empty[i] = head_q[i] == tail_q[i];
    assign full[i] = tail_q[i] - head_q[i] == (PtrW + 1)'(Depth);
  end

  function automatic logic [NumBuffers-1:0] first_of(input logic [NumBuffers-1:0] requests);
    return requests & (~requests + NumBuffers'(1));
  endfunction

  always_comb begin
    grant  = '0;
    chosen = '0;
    if (empty != '1) begin
      grant = (~empty & after_last_q) != '0 ? first_of(~empty & after_last_q) : first_of(~empty);
      for (int unsigned i = 0; i < NumBuffers; i++) begin
        if (grant[i]) chosen |= 4'(i);
      end
    end
  end

  logic [47:0] lost_q;
  logic [3:0]  lost_now;

  always_comb begin
    lost_now = '0;
    if ((in_valid & full) != '0) begin
      for (int unsigned i = 0; i < NumBuffers; i++) lost_now += 4'(in_valid[i] && full[i]);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      head_q       <= '0;
      tail_q       <= '0;
      after_last_q <= '0;
      lost_q       <= '0;
    end else begin
      if (in_valid != '0) begin
        for (int unsigned i = 0; i < NumBuffers; i++) begin
          if (in_valid[i] && !full[i]) begin
            buffer_q[i*Depth+int'(tail_q[i][PtrW-1:0])] <= '{stamp: time_i, what: in_what[i]};
            tail_q[i] <= tail_q[i] + (PtrW + 1)'(1);
          end
        end
        lost_q <= lost_q + 48'(lost_now);
      end
      if (move) begin
        head_q[chosen] <= head_q[chosen] + (PtrW + 1)'(1);
        after_last_q   <= ~(grant | (grant - NumBuffers'(1)));
      end
    end
  end

  // ----------------------------------------------------------------------------------------------
  // Lines: one fills, one is sent.

  logic [2:0]        fill_q;       // events in line_q
  logic [3:0][127:0] line_q;
  logic              send_valid_q;
  logic              send_asked_q;  // its address was taken
  logic [511:0]      send_q;
  logic [BeatW-1:0]  beat_q;
  logic              beats_sent_q;
  logic [31:0]       offset_q;     // of the line to be sent, in the ring
  logic [OpenW-1:0]  open_q;       // lines without a response
  logic [31:0]       response_q;   // offset of the oldest of them
  logic [47:0]       events_q;
  logic              fault_valid_q;
  logic [63:0]       fault_address_q;

  event_t       picked;
  logic         to_send;   // line_q moves to send_q
  logic         sent;      // send_q is free again
  logic         asked, beat_taken;

  assign picked = buffer_q[int'(chosen)*Depth+int'(head_q[chosen][PtrW-1:0])];
  assign move = empty != '1 && fill_q != 3'd4;
  assign to_send = !send_valid_q && (fill_q == 3'd4 ||
                                     (flush_i && fill_q != '0 && empty == '1));
  assign asked = aw_valid_o && aw_ready_i;
  assign beat_taken = w_valid_o && w_ready_i;
  assign sent = send_valid_q && (send_asked_q || asked) &&
                (beats_sent_q || (beat_taken && w_last_o));

  function automatic logic [31:0] next_line(input logic [31:0] offset, input logic [31:0] bytes);
    return offset + 32'd64 == bytes ? '0 : offset + 32'd64;
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      fill_q        <= '0;
      send_valid_q  <= 1'b0;
      send_asked_q  <= 1'b0;
      beat_q        <= '0;
      beats_sent_q  <= 1'b0;
      offset_q      <= '0;
      open_q        <= '0;
      response_q    <= '0;
      events_q      <= '0;
      fault_valid_q <= 1'b0;
    end else begin
      if (move) begin
        line_q[fill_q[1:0]] <= {
            24'b0, picked.what.opcode, picked.what.instruction, 8'b0,
            chosen < 4'(NumUnits) ? tn_isa_pkg::TraceEventBegin : tn_isa_pkg::TraceEventEnd,
            chosen < 4'(NumUnits) ? chosen : chosen - 4'(NumUnits),
            picked.stamp[47:32], picked.stamp[31:0]};
        fill_q   <= fill_q + 3'd1;
        events_q <= events_q + 48'd1;
      end
      if (to_send) begin
        fill_q       <= '0;
        send_valid_q <= 1'b1;
        for (int unsigned i = 0; i < 4; i++) begin
          send_q[i*128+:128] <= 3'(i) < fill_q ? line_q[i] : '1;
        end
      end
      if (asked) send_asked_q <= 1'b1;
      if (beat_taken) begin
        beat_q <= beat_q + BeatW'(1);
        if (w_last_o) beats_sent_q <= 1'b1;
      end
      if (sent) begin
        send_valid_q <= 1'b0;
        send_asked_q <= 1'b0;
        beats_sent_q <= 1'b0;
        beat_q       <= '0;
        offset_q     <= next_line(offset_q, bytes_i);
      end
      if (asked != (b_valid_i && b_ready_o)) open_q <= asked ? open_q + 1'b1 : open_q - 1'b1;
      if (b_valid_i && b_ready_o) begin
        response_q <= next_line(response_q, bytes_i);
        if (b_err_i && !fault_valid_q) begin
          fault_valid_q   <= 1'b1;
          fault_address_q <= address_i + 64'(response_q);
        end
      end
    end
  end

  assign aw_valid_o = send_valid_q && !send_asked_q && open_q != OpenW'(Outstanding);
  assign aw_addr_o = address_i + 64'(offset_q);
  assign aw_len_o = 8'(Beats - 1);
  assign w_valid_o = send_valid_q && !beats_sent_q;
  assign w_data_o = send_q[int'(beat_q)*int'(BusBytes)*8+:BusBytes*8];
  assign w_strb_o = '1;
  assign w_last_o = beat_q == BeatW'(Beats - 1);
  assign b_ready_o = 1'b1;

  assign idle_o = empty == '1 && fill_q == '0 && !send_valid_q && open_q == '0;
  assign events_o = events_q;
  assign lost_o = lost_q;
  assign fault_valid_o = fault_valid_q;
  assign fault_address_o = fault_address_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      ResponseWasDue : assert (!b_valid_i || open_q != '0);
      NothingWithoutRing : assert (!enable_i || (bytes_i != '0 && bytes_i[5:0] == '0));
    end
  end
`endif

endmodule
