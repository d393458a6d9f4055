// SPDX-License-Identifier: Apache-2.0
//
// tn_control_checks: AXI4-Lite and ap_ctrl_chain of every tn_control, and what it hands to the
// launcher. The responses are tied off where tn_control is used; tn_kernel_checks has them too.
// Simulation only.
module tn_control_checks (
  input logic clk_i,
  input logic rst_ni,
  input logic aw_valid_i,
  input logic aw_ready_o,
  input logic [11:0] aw_addr_i,
  input logic w_valid_i,
  input logic w_ready_o,
  input logic [31:0] w_data_i,
  input logic [3:0] w_strb_i,
  input logic b_valid_o,
  input logic b_ready_i,
  input logic ar_valid_i,
  input logic ar_ready_o,
  input logic [11:0] ar_addr_i,
  input logic r_valid_o,
  input logic r_ready_i,
  input logic [31:0] r_data_o,
  input logic interrupt_o,
  input logic start_valid_o,
  input logic start_ready_i,
  input logic [63:0] start_launch_o,
  input logic [63:0] start_image_o,
  input logic idle_i,
  input logic start_q,
  input logic ready_q,
  input logic done_q,
  input logic queue_valid_q,
  input logic gie_q,
  input logic [1:0] ier_q,
  input logic [1:0] isr_q,
  input logic take,
  input logic done,
  input logic write_ctrl,
  input logic write_isr,
  input logic [31:0] write_data_q
);

  logic [22:0] unused_lite;
  logic [12:0] unused_chain;
  logic [3:0]  unused_start;
  logic        unused_data;

  tn_axi_lite_checker #(
    .SlavePatience(16)
  ) u_lite (
    .clk_i, .rst_ni,
    .awvalid_i(aw_valid_i), .awready_i(aw_ready_o), .awaddr_i(aw_addr_i),
    .wvalid_i(w_valid_i), .wready_i(w_ready_o), .wdata_i(w_data_i), .wstrb_i(w_strb_i),
    .bvalid_i(b_valid_o), .bready_i(b_ready_i), .bresp_i(2'b00),
    .arvalid_i(ar_valid_i), .arready_i(ar_ready_o), .araddr_i(ar_addr_i),
    .rvalid_i(r_valid_o), .rready_i(r_ready_i), .rdata_i(r_data_o), .rresp_i(2'b00),
    .broken_o(unused_lite)
  );

  tn_ctrl_chain_checker #(
    .MaxLaunches(2)
  ) u_chain (
    .clk_i, .rst_ni,
    .start_i(start_q), .ready_i(ready_q), .done_i(done_q),
    .idle_i(idle_i && !queue_valid_q && !start_q),
    .start_write_i(write_ctrl && write_data_q[0]),
    .continue_write_i(write_ctrl && write_data_q[4]),
    .isr_write_i(write_isr ? write_data_q[1:0] : 2'b00),
    .take_i(take), .end_i(done),
    .gie_i(gie_q), .ier_i(ier_q), .isr_i(isr_q), .interrupt_i(interrupt_o),
    .broken_o(unused_chain)
  );

  tn_stream_checker #(
    .Width(128)
  ) u_start (
    .clk_i, .rst_ni, .withdraw_i(1'b0),
    .valid_i(start_valid_o), .ready_i(start_ready_i), .data_i({start_image_o, start_launch_o}),
    .broken_o(unused_start)
  );

  assign unused_data = ^{write_data_q[31:5], write_data_q[3:2]};

endmodule

bind tn_control tn_control_checks u_checks (
  .write_isr(write && write_address_q == tn_regs_pkg::RegIsr && write_strb_q[0]), .*);
