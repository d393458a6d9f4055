// SPDX-License-Identifier: Apache-2.0
//
// tn_axi_checker_bench: both AXI checkers on wires that the bench drives; 8 bytes wide, small limits.
module tn_axi_checker_bench #(
  parameter bit Profile = 1'b1
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        arvalid_i,
  input  logic        arready_i,
  input  logic [63:0] araddr_i,
  input  logic [0:0]  arid_i,
  input  logic [7:0]  arlen_i,
  input  logic [2:0]  arsize_i,
  input  logic [1:0]  arburst_i,
  input  logic        arlock_i,
  input  logic [3:0]  arcache_i,
  input  logic [2:0]  arprot_i,
  input  logic [3:0]  arqos_i,
  input  logic [3:0]  arregion_i,
  input  logic        rvalid_i,
  input  logic        rready_i,
  input  logic [63:0] rdata_i,
  input  logic [0:0]  rid_i,
  input  logic [1:0]  rresp_i,
  input  logic        rlast_i,
  input  logic        awvalid_i,
  input  logic        awready_i,
  input  logic [63:0] awaddr_i,
  input  logic [0:0]  awid_i,
  input  logic [7:0]  awlen_i,
  input  logic [2:0]  awsize_i,
  input  logic [1:0]  awburst_i,
  input  logic        awlock_i,
  input  logic [3:0]  awcache_i,
  input  logic [2:0]  awprot_i,
  input  logic [3:0]  awqos_i,
  input  logic [3:0]  awregion_i,
  input  logic        wvalid_i,
  input  logic        wready_i,
  input  logic [63:0] wdata_i,
  input  logic [7:0]  wstrb_i,
  input  logic        wlast_i,
  input  logic        bvalid_i,
  input  logic        bready_i,
  input  logic [0:0]  bid_i,
  input  logic [1:0]  bresp_i,
  output logic [22:0] read_broken_o,
  output logic [28:0] write_broken_o
);

  tn_axi_read_checker #(
    .BusBytes(8), .MaxBursts(4), .Profile(Profile), .MasterPatience(20), .SlavePatience(20)
  ) u_read (
    .clk_i, .rst_ni,
    .arvalid_i, .arready_i, .araddr_i, .arid_i, .arlen_i, .arsize_i, .arburst_i, .arlock_i,
    .arcache_i, .arprot_i, .arqos_i, .arregion_i,
    .rvalid_i, .rready_i, .rdata_i, .rid_i, .rresp_i, .rlast_i,
    .broken_o(read_broken_o)
  );

  tn_axi_write_checker #(
    .BusBytes(8), .MaxBursts(4), .Profile(Profile), .MasterPatience(20), .SlavePatience(20)
  ) u_write (
    .clk_i, .rst_ni,
    .awvalid_i, .awready_i, .awaddr_i, .awid_i, .awlen_i, .awsize_i, .awburst_i, .awlock_i,
    .awcache_i, .awprot_i, .awqos_i, .awregion_i,
    .wvalid_i, .wready_i, .wdata_i, .wstrb_i, .wlast_i,
    .bvalid_i, .bready_i, .bid_i, .bresp_i,
    .broken_o(write_broken_o)
  );

endmodule
