// SPDX-License-Identifier: Apache-2.0
//
// tn_control: registers on AXI4-Lite, the ap_ctrl_chain protocol and the interrupt.
//
// A write of ap_start hands the two arguments over; ap_start reads one until they are taken, then
// ap_ready reads one until the next ap_start. One launch may be queued behind the running one, so
// that arguments and ap_start can be written again while it runs. ap_done holds until the host
// writes ap_continue; meanwhile the next launch may run but cannot end. ISR bits are set by done and
// ready where IER enables them and toggle when one is written. Undefined addresses read zero, every
// response is OKAY. One access at a time in each direction; a read takes two cycles, a write two
// from the later of address and data.

module tn_control #(
  parameter int unsigned ConfigId    = 0,
  parameter int unsigned Rows        = 16,
  parameter int unsigned Cols        = 16,
  parameter int unsigned Partitions  = 128,
  parameter int unsigned Lanes       = 16,
  parameter int unsigned VectorLanes = 16,
  parameter int unsigned BusBytes    = 64,
  parameter int unsigned SbufBytes   = 16384,
  parameter int unsigned PsumBanks   = 8,
  parameter logic [31:0] Formats     = 32'h0000_007f,  // bit n: dtype code n multiplies
  parameter logic [31:0] GitHash     = 32'h0
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic        aw_valid_i,
  output logic        aw_ready_o,
  input  logic [11:0] aw_addr_i,
  input  logic        w_valid_i,
  output logic        w_ready_o,
  input  logic [31:0] w_data_i,
  input  logic [3:0]  w_strb_i,
  output logic        b_valid_o,
  input  logic        b_ready_i,
  input  logic        ar_valid_i,
  output logic        ar_ready_o,
  input  logic [11:0] ar_addr_i,
  output logic        r_valid_o,
  input  logic        r_ready_i,
  output logic [31:0] r_data_o,
  output logic        interrupt_o,

  // tn_launcher
  output logic        start_valid_o,
  input  logic        start_ready_i,
  output logic [63:0] start_launch_o,
  output logic [63:0] start_image_o,
  output logic        queued_o,  // a launch waits
  input  logic        done_valid_i,
  output logic        done_ready_o,
  input  logic        idle_i,
  output logic        reset_o,     // pulse: end the launch in flight
  input  logic        stopping_i,
  input  logic        dead_i,
  input  logic [7:0]  last_code_i,
  input  logic [3:0]  last_engine_i,
  input  logic [31:0] last_instruction_i,
  input  logic [63:0] last_address_i,
  input  logic [63:0] last_cycles_i
);

  // ----------------------------------------------------------------------------------------------
  // Writes.

  logic        aw_held_q, w_held_q, b_valid_q;
  logic [11:0] write_address_q;
  logic [31:0] write_data_q;
  logic [3:0]  write_strb_q;
  logic        write;

  assign aw_ready_o = !aw_held_q;
  assign w_ready_o = !w_held_q;
  assign write = aw_held_q && w_held_q && (!b_valid_q || b_ready_i);
  assign b_valid_o = b_valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_held_q <= 1'b0;
      w_held_q  <= 1'b0;
      b_valid_q <= 1'b0;
    end else begin
      if (aw_valid_i && aw_ready_o) begin
        aw_held_q       <= 1'b1;
        write_address_q <= {aw_addr_i[11:2], 2'b00};
      end
      if (w_valid_i && w_ready_o) begin
        w_held_q     <= 1'b1;
        write_data_q <= w_data_i;
        write_strb_q <= w_strb_i;
      end
      if (b_valid_q && b_ready_i) b_valid_q <= 1'b0;
      if (write) begin
        aw_held_q <= 1'b0;
        w_held_q  <= 1'b0;
        b_valid_q <= 1'b1;
      end
    end
  end

  function automatic logic [31:0] merged(input logic [31:0] old, input logic [31:0] data,
                                         input logic [3:0] strb);
    logic [31:0] result;
    for (int unsigned lane = 0; lane < 4; lane++) begin
      result[lane*8+:8] = strb[lane] ? data[lane*8+:8] : old[lane*8+:8];
    end
    return result;
  endfunction

  // ----------------------------------------------------------------------------------------------
  // ap_ctrl_chain.

  logic [63:0] launch_q, image_q;  // arguments as written
  logic        start_q;            // ap_start: not yet taken
  logic        ready_q;
  logic        done_q;
  logic        queue_valid_q;
  logic [63:0] queue_launch_q, queue_image_q;
  logic        gie_q;
  logic [1:0]  ier_q, isr_q;
  logic        take, done, write_ctrl;

  assign take = start_q && (!queue_valid_q || start_ready_i);
  assign done = done_valid_i && done_ready_o;
  assign write_ctrl = write && write_address_q == tn_regs_pkg::RegCtrl && write_strb_q[0];

  assign start_valid_o = queue_valid_q;
  assign start_launch_o = queue_launch_q;
  assign start_image_o = queue_image_q;
  assign queued_o = queue_valid_q || start_q;
  assign done_ready_o = !done_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      launch_q      <= '0;
      image_q       <= '0;
      start_q       <= 1'b0;
      ready_q       <= 1'b0;
      done_q        <= 1'b0;
      queue_valid_q <= 1'b0;
      gie_q         <= 1'b0;
      ier_q         <= '0;
      isr_q         <= '0;
    end else begin
      if (start_valid_o && start_ready_i) queue_valid_q <= 1'b0;
      if (take) begin
        queue_valid_q  <= 1'b1;
        queue_launch_q <= launch_q;
        queue_image_q  <= image_q;
        start_q        <= 1'b0;
        ready_q        <= 1'b1;
      end

      if (write) begin
        case (write_address_q)
          tn_regs_pkg::RegGie: if (write_strb_q[0]) gie_q <= write_data_q[0];
          tn_regs_pkg::RegIer: if (write_strb_q[0]) ier_q <= write_data_q[1:0];
          tn_regs_pkg::RegIsr: if (write_strb_q[0]) isr_q <= isr_q ^ write_data_q[1:0];
          tn_regs_pkg::RegLaunchLo:
          launch_q[31:0] <= merged(launch_q[31:0], write_data_q, write_strb_q);
          tn_regs_pkg::RegLaunchHi:
          launch_q[63:32] <= merged(launch_q[63:32], write_data_q, write_strb_q);
          tn_regs_pkg::RegImageLo:
          image_q[31:0] <= merged(image_q[31:0], write_data_q, write_strb_q);
          tn_regs_pkg::RegImageHi:
          image_q[63:32] <= merged(image_q[63:32], write_data_q, write_strb_q);
          default: ;
        endcase
      end
      if (write_ctrl && write_data_q[0]) begin
        start_q <= 1'b1;
        ready_q <= 1'b0;
      end
      if (write_ctrl && write_data_q[4]) done_q <= 1'b0;
      if (done) done_q <= 1'b1;

      // Events win over a toggle in the same cycle: none is lost.
      if (done && ier_q[0]) isr_q[0] <= 1'b1;
      if (take && ier_q[1]) isr_q[1] <= 1'b1;
    end
  end

  // RESET: bit 0 acts as it is written.
  logic reset_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      reset_q <= 1'b0;
    end else begin
      reset_q <= write && write_address_q == tn_regs_pkg::RegReset && write_strb_q[0] &&
                 write_data_q[0];
    end
  end

  assign reset_o = reset_q;

  assign interrupt_o = gie_q && isr_q != '0;

  // ----------------------------------------------------------------------------------------------
  // Reads.

  logic        r_valid_q;
  logic [31:0] r_data_q;
  logic [31:0] read_value;
  logic        read;

  assign ar_ready_o = !r_valid_q || r_ready_i;
  assign read = ar_valid_i && ar_ready_o;
  assign r_valid_o = r_valid_q;
  assign r_data_o = r_data_q;

  always_comb begin
    read_value = '0;
    if (read) begin
      case ({ar_addr_i[11:2], 2'b00})
        tn_regs_pkg::RegCtrl: begin
          read_value[0] = start_q;
          read_value[1] = done_q;
          read_value[2] = idle_i && !queue_valid_q && !start_q;
          read_value[3] = ready_q;
          read_value[9] = interrupt_o;
        end
        tn_regs_pkg::RegGie: read_value = {31'b0, gie_q};
        tn_regs_pkg::RegIer: read_value = {30'b0, ier_q};
        tn_regs_pkg::RegIsr: read_value = {30'b0, isr_q};
        tn_regs_pkg::RegLaunchLo: read_value = launch_q[31:0];
        tn_regs_pkg::RegLaunchHi: read_value = launch_q[63:32];
        tn_regs_pkg::RegImageLo: read_value = image_q[31:0];
        tn_regs_pkg::RegImageHi: read_value = image_q[63:32];
        tn_regs_pkg::RegMagic: read_value = tn_regs_pkg::RegisterMagic;
        tn_regs_pkg::RegMapVersion: read_value = tn_isa_pkg::MapVersion;
        tn_regs_pkg::RegConfigId: read_value = 32'(ConfigId);
        tn_regs_pkg::RegArray: read_value = {16'(Cols), 16'(Rows)};
        tn_regs_pkg::RegPartitions: read_value = {16'(Lanes), 16'(Partitions)};
        tn_regs_pkg::RegVector: read_value = {16'(BusBytes), 16'(VectorLanes)};
        tn_regs_pkg::RegSbufBytes: read_value = 32'(SbufBytes);
        tn_regs_pkg::RegPsumBanks: read_value = 32'(PsumBanks);
        tn_regs_pkg::RegFormats: read_value = Formats;
        tn_regs_pkg::RegGitHash: read_value = GitHash;
        tn_regs_pkg::RegReset: read_value = {30'b0, dead_i, stopping_i};
        tn_regs_pkg::RegFault: read_value = {20'b0, last_engine_i, last_code_i};
        tn_regs_pkg::RegFaultInstruction: read_value = last_instruction_i;
        tn_regs_pkg::RegFaultAddressLo: read_value = last_address_i[31:0];
        tn_regs_pkg::RegFaultAddressHi: read_value = last_address_i[63:32];
        tn_regs_pkg::RegCyclesLo: read_value = last_cycles_i[31:0];
        tn_regs_pkg::RegCyclesHi: read_value = last_cycles_i[63:32];
        default: ;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      r_valid_q <= 1'b0;
    end else begin
      if (r_valid_q && r_ready_i) r_valid_q <= 1'b0;
      if (read) begin
        r_valid_q <= 1'b1;
        r_data_q  <= read_value;
      end
    end
  end

  logic [3:0] unused_address;
  assign unused_address = {aw_addr_i[1:0], ar_addr_i[1:0]};

endmodule
