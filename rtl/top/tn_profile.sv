// SPDX-License-Identifier: Apache-2.0
//
// tn_profile: what a launch did, for its completion record.
//
// Counts events, and for each of the six units the cycles spent on each cause: in every counted
// cycle one counter of each unit rises, so that the eight of a unit add up to the counted cycles.
// On capture_i it keeps what each unit waits for. Causes pass a register: counters are final two
// cycles after the last counted one. Any part of the record from 64-bit word 6 on can be read; the
// words before belong to the launcher. It does not know what a cause means: the units decide.

module tn_profile #(
  parameter int unsigned BusBytes = 64,
  localparam int unsigned NumUnits = 6,
  localparam int unsigned NumCauses = 8
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic        clear_i,    // a launch begins
  input  logic        count_i,    // a cycle of the launch
  input  logic        run_i,      // events count
  input  logic [47:0] cycle_i,    // since the start of the launch
  input  logic        capture_i,  // keep blocked_i

  input  tn_isa_pkg::cause_e [NumUnits-1:0] cause_i,
  input  tn_pkg::blocked_t   [NumUnits-1:0] blocked_i,

  input  logic       issue_i,           // TensorE starts a MultiplyMoving
  input  logic       vector_i,          // a moving vector enters the PE array
  input  logic       vector_busy_i,     // VectorE has an instruction
  input  logic       vector_write_i,    // VectorE writes SBUF
  input  logic       dma_read_beat_i,
  input  logic       dma_write_beat_i,
  input  logic [2:0] retire_i,          // an instruction left the sequencer
  input  logic [47:0] trace_events_i,
  input  logic [47:0] trace_lost_i,

  input  logic                  read_valid_i,
  input  logic [6:0]            read_word_i,  // a multiple of BusBytes / 8
  output logic [BusBytes*8-1:0] read_data_o   // in the same cycle
);

  localparam int unsigned CountW = 48;
  typedef logic [CountW-1:0] count_t;

  // Places in the record, in 64-bit words.
  localparam int unsigned CauseWord = tn_regs_pkg::CompletionRecordProfileWord / 2;
  localparam int unsigned BlockedWord = tn_regs_pkg::CompletionRecordBlockedWord / 2;

  // ----------------------------------------------------------------------------------------------
  // Events.

  count_t first_issue_q, first_mac_q, last_sbuf_write_q, tensor_vectors_q, vector_busy_q,
          dma_read_beats_q, dma_write_beats_q, instructions_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      first_issue_q     <= '0;
      first_mac_q       <= '0;
      last_sbuf_write_q <= '0;
      tensor_vectors_q  <= '0;
      vector_busy_q     <= '0;
      dma_read_beats_q  <= '0;
      dma_write_beats_q <= '0;
      instructions_q    <= '0;
    end else if (run_i) begin
      if (issue_i && first_issue_q == '0) first_issue_q <= cycle_i;
      if (vector_i && first_mac_q == '0) first_mac_q <= cycle_i;
      if (vector_write_i) last_sbuf_write_q <= cycle_i;
      if (vector_i) tensor_vectors_q <= tensor_vectors_q + CountW'(1);
      if (vector_busy_i) vector_busy_q <= vector_busy_q + CountW'(1);
      if (dma_read_beat_i) dma_read_beats_q <= dma_read_beats_q + CountW'(1);
      if (dma_write_beat_i) dma_write_beats_q <= dma_write_beats_q + CountW'(1);
      if (retire_i != '0) begin
        instructions_q <= instructions_q + CountW'(retire_i[0]) + CountW'(retire_i[1]) +
                          CountW'(retire_i[2]);
      end
    end
  end

  // ----------------------------------------------------------------------------------------------
  // Causes.

  logic                              count_q;
  tn_isa_pkg::cause_e [NumUnits-1:0] cause_q;
  count_t                            cycles_q [NumUnits][NumCauses];

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      count_q <= 1'b0;
      for (int unsigned unit = 0; unit < NumUnits; unit++) begin
        for (int unsigned cause = 0; cause < NumCauses; cause++) cycles_q[unit][cause] <= '0;
      end
    end else begin
      count_q <= count_i;
      if (count_q) begin
        for (int unsigned unit = 0; unit < NumUnits; unit++) begin
          cycles_q[unit][cause_q[unit]] <= cycles_q[unit][cause_q[unit]] + CountW'(1);
        end
      end
    end
    cause_q <= cause_i;
  end

  // ----------------------------------------------------------------------------------------------
  // Who waits for what.

  tn_pkg::blocked_t [NumUnits-1:0] blocked_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      for (int unsigned unit = 0; unit < NumUnits; unit++) blocked_q[unit].valid <= 1'b0;
    end else if (capture_i) begin
      blocked_q <= blocked_i;
    end
  end

  // ----------------------------------------------------------------------------------------------
  // The record.

  function automatic logic [63:0] blocked_word(input tn_pkg::blocked_t blocked, input logic half);
    if (!blocked.valid) return '0;
    return half ? {16'b0, blocked.level, 16'b0, blocked.value}
                : {1'b1, 19'b0, blocked.cond, blocked.sem, blocked.instruction};
  endfunction

  function automatic logic [63:0] record_word(input logic [6:0] word);
    logic [63:0] value;
    case (word)
      7'd6: value = 64'(first_issue_q);
      7'd7: value = 64'(first_mac_q);
      7'd8: value = 64'(last_sbuf_write_q);
      7'd9: value = 64'(tensor_vectors_q);
      7'd10: value = 64'(vector_busy_q);
      7'd11: value = 64'(dma_read_beats_q);
      7'd12: value = 64'(dma_write_beats_q);
      7'd13: value = 64'(instructions_q);
      7'd14: value = 64'(trace_events_i);
      7'd15: value = 64'(trace_lost_i);
      default: value = '0;
    endcase
    for (int unsigned unit = 0; unit < NumUnits; unit++) begin
      if (word[6:3] == 4'(CauseWord / 8 + unit)) value = 64'(cycles_q[unit][word[2:0]]);
      if (word[6:1] == 6'(BlockedWord / 2 + unit)) value = blocked_word(blocked_q[unit], word[0]);
    end
    return value;
  endfunction

  always_comb begin
    read_data_o = '0;
    if (read_valid_i) begin
      for (int unsigned i = 0; i < BusBytes / 8; i++) begin
        read_data_o[i*64+:64] = record_word(read_word_i | 7'(i));
      end
    end
  end

endmodule
