// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_bursts: the bursts of a command, in order: for each bus run the whole beats that hold it.
//
// A burst has at most 16 beats and is cut where 16 beats are aligned (1 KiB of a 64-byte bus), so
// none crosses 4 KiB. One burst a cycle, without a gap between runs or commands; the first is offered
// in the cycle after the command. After stop_i none is offered; the bus muxes take a burst in the
// cycle of valid && ready and do not look at it before.
module tn_dma_bursts #(
  parameter int unsigned BusBytes = 64
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 stop_i,
  input  logic                 room_i,           // another burst may be offered
  input  logic                 cmd_valid_i,
  output logic                 cmd_ready_o,
  input  tn_dma_pkg::command_t cmd_i,
  input  logic [31:0]          cmd_instruction_i,
  output logic                 burst_valid_o,
  input  logic                 burst_ready_i,
  output logic [63:0]          burst_addr_o,     // of the first beat, aligned to a beat
  output logic [7:0]           burst_len_o,      // beats - 1
  output logic                 burst_last_o,     // of its command
  output logic [31:0]          burst_instruction_o
);

  localparam int unsigned OffW   = $clog2(BusBytes);
  localparam int unsigned BeatsW = 48 - OffW + 1;  // beats of a run, and one for its alignment
  localparam int unsigned MaxLog = 4;              // 16 beats

  typedef logic [BeatsW-1:0] beats_t;

  function automatic beats_t beats_of(input logic [OffW-1:0] offset, input logic [47:0] bytes);
    return beats_t'((49'(offset) + 49'(bytes) + 49'(32'(BusBytes - 1))) >> OffW);
  endfunction

  logic             active_q;
  logic [63:0]      run_q, run2_q, run3_q;  // address of the bus run; of the first with this i2, i3
  logic [2:0][31:0] step_q;
  logic [2:0][15:0] left_q;                 // bus runs of the dimension, at least 1
  logic [1:0][15:0] num_q;
  logic [47:0]      bytes_q;
  logic [31:0]      instruction_q;
  logic [63-OffW:0] beat_q;                 // next beat on the bus
  beats_t           beats_left_q;           // of the run, at least 1 while active

  logic [MaxLog:0] to_boundary, beats_now;
  logic            run_ends, last1, last2, last3, go;
  logic [63:0]     next_run;

  assign to_boundary = (MaxLog+1)'(1 << MaxLog) - (MaxLog+1)'(beat_q[MaxLog-1:0]);
  assign run_ends    = (beats_left_q <= beats_t'(to_boundary));
  assign beats_now   = run_ends ? beats_left_q[MaxLog:0] : to_boundary;
  assign last1       = (left_q[0] == 16'd1);
  assign last2       = (left_q[1] == 16'd1);
  assign last3       = (left_q[2] == 16'd1);
  assign go          = burst_valid_o && burst_ready_i;
  assign cmd_ready_o = (!active_q || (go && burst_last_o)) && !stop_i;

  function automatic logic [63:0] sum(input logic [63:0] address, input logic [31:0] step);
    return address + 64'($signed(step));
  endfunction
  assign next_run = !last1 ? sum(run_q, step_q[0]) :
                    !last2 ? sum(run2_q, step_q[1]) : sum(run3_q, step_q[2]);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
    end else if (cmd_valid_i && cmd_ready_o) begin
      active_q <= 1'b1;
    end else if (go && burst_last_o) begin
      active_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (cmd_valid_i && cmd_ready_o) begin
      run_q         <= cmd_i.address;
      run2_q        <= cmd_i.address;
      run3_q        <= cmd_i.address;
      step_q        <= cmd_i.address_step;
      num_q         <= {cmd_i.join2 ? 16'd1 : cmd_i.num[1],
                        cmd_i.join1 ? 16'd1 : cmd_i.num[0]};
      left_q        <= {cmd_i.num[2], cmd_i.join2 ? 16'd1 : cmd_i.num[1],
                        cmd_i.join1 ? 16'd1 : cmd_i.num[0]};
      bytes_q       <= cmd_i.bus_bytes;
      instruction_q <= cmd_instruction_i;
      beat_q        <= cmd_i.address[63:OffW];
      beats_left_q  <= beats_of(cmd_i.address[OffW-1:0], cmd_i.bus_bytes);
    end else if (go) begin
      if (!run_ends) begin
        beat_q       <= beat_q + (64-OffW)'(to_boundary);
        beats_left_q <= beats_left_q - beats_t'(to_boundary);
      end else if (!burst_last_o) begin
        run_q        <= next_run;
        beat_q       <= next_run[63:OffW];
        beats_left_q <= beats_of(next_run[OffW-1:0], bytes_q);
        left_q[0]    <= last1 ? num_q[0] : left_q[0] - 16'd1;
        if (last1) begin
          run2_q    <= next_run;
          left_q[1] <= last2 ? num_q[1] : left_q[1] - 16'd1;
          if (last2) begin
            run3_q    <= next_run;
            left_q[2] <= left_q[2] - 16'd1;
          end
        end
      end
    end
  end

  assign burst_valid_o       = active_q && room_i && !stop_i;
  assign burst_addr_o        = {beat_q, OffW'(0)};
  assign burst_len_o         = 8'(beats_now) - 8'd1;
  assign burst_last_o        = run_ends && last1 && last2 && last3;
  assign burst_instruction_o = instruction_q;

  logic unused_cmd;
  assign unused_cmd = ^{cmd_i.row_bytes, cmd_i.far_partition, cmd_i.far_partition_step, cmd_i.spot,
                        cmd_i.near_step, cmd_i.transpose, cmd_i.element_log2, cmd_i.rows_log2};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && go) begin
      RunHasBeats  : assert (beats_left_q != '0);
      BurstIsShort : assert (beats_now >= 5'd1 && beats_now <= 5'd16);
    end
  end
`endif

endmodule
