// SPDX-License-Identifier: Apache-2.0
//
// dma_bursts_proof: the bursts of a command are those of its definition:
//
//   for i3, for i2 (unless joined), for i1 (unless joined):
//     run = address + i1 * step1 + i2 * step2 + i3 * step3, of bus_bytes bytes
//     whole beats from the one with its first byte to the one with its last, each once, in order
//
// and none crosses 4 KiB or leaves the beats of its run. With Products, each product is kept as a sum
// of steps, apart for its dimension: to show that their total is the address takes long. Without, the
// loops carry running addresses: a3 = address; a2 = a3; a1 = a2; each is moved on by its step. The command is what tn_dma_check passes: counts of at least 1, and no run
// wraps around the end of the address space.
module dma_bursts_proof #(
  parameter int unsigned BusBytes = 64,
  parameter bit          Products = 1'b0
) (
  input logic                 clk_i,
  input logic                 rst_ni,
  input logic                 stop_i,
  input logic                 room_i,
  input logic                 cmd_valid_i,
  input tn_dma_pkg::command_t cmd_i,
  input logic [31:0]          cmd_instruction_i,
  input logic                 burst_ready_i
);

  localparam int unsigned OffW = $clog2(BusBytes);
  typedef logic [63-OffW:0] beat_t;

  logic        cmd_ready, burst_valid, burst_last, take, go;
  logic [63:0] burst_addr;
  logic [7:0]  burst_len;
  logic [31:0] burst_instruction;

  tn_dma_bursts #(
    .BusBytes(BusBytes)
  ) u_dut (
    .clk_i, .rst_ni, .stop_i, .room_i, .cmd_valid_i, .cmd_ready_o(cmd_ready), .cmd_i,
    .cmd_instruction_i, .burst_valid_o(burst_valid), .burst_ready_i, .burst_addr_o(burst_addr),
    .burst_len_o(burst_len), .burst_last_o(burst_last), .burst_instruction_o(burst_instruction)
  );

  assign take = cmd_valid_i && cmd_ready;
  assign go   = burst_valid && burst_ready_i;

  logic             started_q = 1'b0;
  logic             busy_q, fresh_q;         // a command is under way; no burst of its run has gone
  logic [63:0]      base_q, sum1_q, sum2_q, sum3_q;
  logic [2:0][31:0] step_q;
  logic [2:0][15:0] num_q, i_q;
  logic [47:0]      bytes_q;
  logic [31:0]      instruction_q;
  beat_t            next_q;                  // the beat after the last that has gone, of this run

  logic [63:0] a1_q, a2_q, a3_q;             // running addresses
  logic [63:0] run, run2, run3, last_byte;
  beat_t       first_beat, last_beat, here;
  logic        end1, end2, end3, run_ends;
  assign run3       = Products ? base_q + sum3_q : a3_q;
  assign run2       = Products ? run3 + sum2_q : a2_q;
  assign run        = Products ? run2 + sum1_q : a1_q;
  assign last_byte  = run + 64'(bytes_q) - 64'd1;
  assign first_beat = run[63:OffW];
  assign last_beat  = last_byte[63:OffW];
  assign here       = fresh_q ? first_beat : next_q;
  assign run_ends   = here + beat_t'(burst_len) == last_beat;
  assign end1       = i_q[0] + 16'd1 == num_q[0];
  assign end2       = i_q[1] + 16'd1 == num_q[1];
  assign end3       = i_q[2] + 16'd1 == num_q[2];

  function automatic logic [63:0] extended(input logic [31:0] step);
    return 64'($signed(step));
  endfunction

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    if (!rst_ni) begin
      busy_q <= 1'b0;
    end else if (take) begin
      busy_q        <= 1'b1;
      fresh_q       <= 1'b1;
      base_q        <= cmd_i.address;
      step_q        <= cmd_i.address_step;
      num_q         <= {cmd_i.num[2], cmd_i.join2 ? 16'd1 : cmd_i.num[1],
                        cmd_i.join1 ? 16'd1 : cmd_i.num[0]};
      bytes_q       <= cmd_i.bus_bytes;
      instruction_q <= cmd_instruction_i;
      i_q           <= '0;
      sum1_q        <= '0;
      sum2_q        <= '0;
      sum3_q        <= '0;
      a1_q          <= cmd_i.address;
      a2_q          <= cmd_i.address;
      a3_q          <= cmd_i.address;
    end else if (go) begin
      fresh_q <= run_ends;
      next_q  <= here + beat_t'(burst_len) + beat_t'(1);
      if (run_ends) begin
        i_q[0] <= end1 ? 16'd0 : i_q[0] + 16'd1;
        if (!end1) begin
          a1_q <= a1_q + extended(step_q[0]);
        end else if (!end2) begin
          a2_q <= a2_q + extended(step_q[1]);
          a1_q <= a2_q + extended(step_q[1]);
        end else begin
          a3_q <= a3_q + extended(step_q[2]);
          a2_q <= a3_q + extended(step_q[2]);
          a1_q <= a3_q + extended(step_q[2]);
        end
        sum1_q <= end1 ? 64'd0 : sum1_q + extended(step_q[0]);
        if (end1) begin
          i_q[1] <= end2 ? 16'd0 : i_q[1] + 16'd1;
          sum2_q <= end2 ? 64'd0 : sum2_q + extended(step_q[1]);
          if (end2) begin
            i_q[2] <= i_q[2] + 16'd1;
            sum3_q <= sum3_q + extended(step_q[2]);
            busy_q <= !end3;
          end
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!started_q) begin
      StartsInReset : assume (!rst_ni);
    end
    if (started_q && rst_ni) begin
      CommandIsChecked : assume (!cmd_valid_i || (cmd_i.num[0] != '0 && cmd_i.num[1] != '0 &&
                                                  cmd_i.num[2] != '0 && cmd_i.bus_bytes != '0));
      // tn_dma_check refuses what leaves its window, and no window wraps.
      RunsDoNotWrap    : assume (!busy_q || last_byte >= run);

      NoneCrosses4KiB  : assert (!burst_valid || 32'(burst_addr[11:0]) +
                                 (32'(burst_len) + 32'd1) * 32'(BusBytes) <= 32'd4096);
      AtMost16Beats    : assert (!burst_valid || burst_len <= 8'd15);
      BeatsInOrder     : assert (!burst_valid || (busy_q && burst_addr == {here, OffW'(0)}));
      InsideItsRun     : assert (!burst_valid || (here >= first_beat &&
                                 here + beat_t'(burst_len) <= last_beat));
      // Not short: a burst ends with its run, or at a boundary of 16 beats.
      BurstsAreWhole   : assert (!burst_valid || run_ends ||
                                 (here[3:0] + 4'(burst_len)) == 4'hf);
      LastIsRight      : assert (!burst_valid ||
                                 burst_last == (run_ends && end1 && end2 && end3));
      InstructionIsRight : assert (!burst_valid || burst_instruction == instruction_q);
      OfferedWhileWork : assert (burst_valid == (busy_q && room_i && !stop_i));
      TakenWhenDone    : assert (cmd_ready == (!stop_i && (!busy_q || (go && burst_last))));

      LemmaRuns  : assert (u_dut.active_q == busy_q && (!busy_q ||
          (u_dut.run_q == run && u_dut.run2_q == run2 && u_dut.run3_q == run3)));
      LemmaLeft  : assert (!busy_q || (u_dut.left_q[0] + i_q[0] == num_q[0] &&
          u_dut.left_q[1] + i_q[1] == num_q[1] && u_dut.left_q[2] + i_q[2] == num_q[2] &&
          i_q[0] < num_q[0] && i_q[1] < num_q[1] && i_q[2] < num_q[2]));
      LemmaCopy  : assert (!busy_q || (u_dut.step_q == step_q && u_dut.num_q == num_q[1:0] &&
          u_dut.bytes_q == bytes_q && u_dut.instruction_q == instruction_q && bytes_q != '0));
      LemmaBeats : assert (!busy_q || (u_dut.beat_q == here && here <= last_beat &&
          here >= first_beat && 64'(u_dut.beats_left_q) == 64'(last_beat - here) + 64'd1));

      SeesCut   : cover (go && !run_ends && burst_len == 8'd3);
      SeesWrap  : cover (go && run_ends && end1 && !end2 && i_q[2] == 16'd1);
      SeesWide  : cover (go && burst_last && i_q[0] == 16'd1 && burst_len == 8'd15);
    end
  end

endmodule
