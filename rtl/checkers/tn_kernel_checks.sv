// SPDX-License-Identifier: Apache-2.0
//
// tn_kernel_checks: AXI4-Lite of every tn_kernel, with its responses. Simulation only.
module tn_kernel_checks (
  input logic clk_i,
  input logic rst_ni,
  input logic s_axi_control_awvalid,
  input logic s_axi_control_awready,
  input logic [11:0] s_axi_control_awaddr,
  input logic s_axi_control_wvalid,
  input logic s_axi_control_wready,
  input logic [31:0] s_axi_control_wdata,
  input logic [3:0] s_axi_control_wstrb,
  input logic s_axi_control_bvalid,
  input logic s_axi_control_bready,
  input logic [1:0] s_axi_control_bresp,
  input logic s_axi_control_arvalid,
  input logic s_axi_control_arready,
  input logic [11:0] s_axi_control_araddr,
  input logic s_axi_control_rvalid,
  input logic s_axi_control_rready,
  input logic [31:0] s_axi_control_rdata,
  input logic [1:0] s_axi_control_rresp
);

  logic [22:0] unused_lite;

  tn_axi_lite_checker #(
    .SlavePatience(16)
  ) u_lite (
    .clk_i, .rst_ni,
    .awvalid_i(s_axi_control_awvalid), .awready_i(s_axi_control_awready),
    .awaddr_i(s_axi_control_awaddr),
    .wvalid_i(s_axi_control_wvalid), .wready_i(s_axi_control_wready),
    .wdata_i(s_axi_control_wdata), .wstrb_i(s_axi_control_wstrb),
    .bvalid_i(s_axi_control_bvalid), .bready_i(s_axi_control_bready),
    .bresp_i(s_axi_control_bresp),
    .arvalid_i(s_axi_control_arvalid), .arready_i(s_axi_control_arready),
    .araddr_i(s_axi_control_araddr),
    .rvalid_i(s_axi_control_rvalid), .rready_i(s_axi_control_rready),
    .rdata_i(s_axi_control_rdata), .rresp_i(s_axi_control_rresp),
    .broken_o(unused_lite)
  );

endmodule

bind tn_kernel tn_kernel_checks u_checks ( .clk_i(ap_clk), .rst_ni(rst_n_q), .*);
