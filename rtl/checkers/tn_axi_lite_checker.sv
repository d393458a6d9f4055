// SPDX-License-Identifier: Apache-2.0
//
// tn_axi_lite_checker: watches an AXI4-Lite master and its slave; drives nothing on the bus.
//
// broken_o has one bit for each rule (docs/verification/checkers.md, LITE-01 is bit 0), a pulse in the
// cycle after; with Fatal each is an assertion that names rule and signals. What is beyond MaxWrites
// or MaxReads accesses without an answer is not followed. Patience counts cycles in which the slave has
// all it needs and nothing to wait for: not those in which the master holds a response up.
// Does not look at what registers do. Simulation and proof only.
module tn_axi_lite_checker #(
  parameter int unsigned AddrW     = 12,
  parameter int unsigned MaxWrites = 2,   // outstanding
  parameter int unsigned MaxReads  = 1,
  parameter int unsigned MasterPatience = 0,  // cycles until the master takes a response; 0: for ever
  parameter int unsigned SlavePatience  = 0,  // cycles until the slave takes an offer, or answers
  parameter bit          Fatal     = 1'b1,
  localparam int unsigned NumRules = 23
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                awvalid_i,
  input  logic                awready_i,
  input  logic [AddrW-1:0]    awaddr_i,
  input  logic                wvalid_i,
  input  logic                wready_i,
  input  logic [31:0]         wdata_i,
  input  logic [3:0]          wstrb_i,
  input  logic                bvalid_i,
  input  logic                bready_i,
  input  logic [1:0]          bresp_i,
  input  logic                arvalid_i,
  input  logic                arready_i,
  input  logic [AddrW-1:0]    araddr_i,
  input  logic                rvalid_i,
  input  logic                rready_i,
  input  logic [31:0]         rdata_i,
  input  logic [1:0]          rresp_i,
  output logic [NumRules-1:0] broken_o
);

  localparam logic [1:0] RespExokay = 2'b01;

  // What was offered, not taken.
  logic             in_reset_q = 1'b0;  // the reset was low at the last edge
  logic             aw_wait_q, w_wait_q, b_wait_q, ar_wait_q, r_wait_q;
  logic [AddrW-1:0] aw_addr_q, ar_addr_q;
  logic [31:0]      w_data_q, r_data_q;
  logic [3:0]       w_strb_q;
  logic [1:0]       b_resp_q, r_resp_q;

  logic [7:0]  num_addresses_q, num_data_q, num_reads_q;  // taken, not answered
  logic [31:0] aw_patience_q, w_patience_q, b_patience_q, ar_patience_q, r_patience_q;
  logic [31:0] write_patience_q, read_patience_q;
  logic        active, active_q;
  logic [NumRules-1:0] broken_q;

  assign active = awvalid_i || wvalid_i || bvalid_i || arvalid_i || rvalid_i;

  always_ff @(posedge clk_i) begin
    automatic logic [NumRules-1:0] broken = '0;
    automatic logic aw_take = 1'b0, w_take = 1'b0, b_take = 1'b0, ar_take = 1'b0, r_take = 1'b0;

    in_reset_q <= !rst_ni;
    active_q   <= active;
    if (in_reset_q) begin
      broken[5] = awvalid_i;
      broken[6] = wvalid_i;
      broken[7] = bvalid_i;
      broken[8] = arvalid_i;
      broken[9] = rvalid_i;
    end

    if (!rst_ni || in_reset_q) begin
      aw_wait_q <= 1'b0;
      w_wait_q  <= 1'b0;
      b_wait_q  <= 1'b0;
      ar_wait_q <= 1'b0;
      r_wait_q  <= 1'b0;
      num_addresses_q <= '0;
      num_data_q      <= '0;
      num_reads_q     <= '0;
    end else if (active || active_q) begin
      // -------------------------------------------------------------------------- what must hold
      broken[0] = aw_wait_q && (!awvalid_i || awaddr_i != aw_addr_q);
      broken[1] = w_wait_q && (!wvalid_i || wdata_i != w_data_q || wstrb_i != w_strb_q);
      broken[2] = b_wait_q && (!bvalid_i || bresp_i != b_resp_q);
      broken[3] = ar_wait_q && (!arvalid_i || araddr_i != ar_addr_q);
      broken[4] = r_wait_q && (!rvalid_i || rdata_i != r_data_q || rresp_i != r_resp_q);
      aw_wait_q <= awvalid_i && !awready_i;
      w_wait_q  <= wvalid_i && !wready_i;
      b_wait_q  <= bvalid_i && !bready_i;
      ar_wait_q <= arvalid_i && !arready_i;
      r_wait_q  <= rvalid_i && !rready_i;
      aw_addr_q <= awaddr_i;
      w_data_q  <= wdata_i;
      w_strb_q  <= wstrb_i;
      b_resp_q  <= bresp_i;
      ar_addr_q <= araddr_i;
      r_data_q  <= rdata_i;
      r_resp_q  <= rresp_i;

      // ------------------------------------------------------------------------------- answers
      if (bvalid_i && !b_wait_q) begin
        broken[10] = num_addresses_q == '0 || num_data_q == '0;
        broken[12] = bresp_i == RespExokay;
      end
      if (rvalid_i && !r_wait_q) begin
        broken[11] = num_reads_q == '0;
        broken[13] = rresp_i == RespExokay;
      end
      b_take  = bvalid_i && bready_i && num_addresses_q != '0 && num_data_q != '0;
      r_take  = rvalid_i && rready_i && num_reads_q != '0;
      aw_take = awvalid_i && awready_i && (b_take || 32'(num_addresses_q) < MaxWrites);
      w_take  = wvalid_i && wready_i && (b_take || 32'(num_data_q) < MaxWrites);
      ar_take = arvalid_i && arready_i && (r_take || 32'(num_reads_q) < MaxReads);
      broken[14] = (awvalid_i && awready_i && !aw_take) || (wvalid_i && wready_i && !w_take);
      broken[15] = arvalid_i && arready_i && !ar_take;
      num_addresses_q <= num_addresses_q + 8'(aw_take) - 8'(b_take);
      num_data_q      <= num_data_q + 8'(w_take) - 8'(b_take);
      num_reads_q     <= num_reads_q + 8'(ar_take) - 8'(r_take);
    end

    // ------------------------------------------------------------------------------- patience
    if (SlavePatience != 0) begin
      aw_patience_q <= (rst_ni && awvalid_i && !awready_i && num_addresses_q == '0)
                       ? aw_patience_q + 32'd1 : '0;
      w_patience_q  <= (rst_ni && wvalid_i && !wready_i && num_data_q == '0)
                       ? w_patience_q + 32'd1 : '0;
      ar_patience_q <= (rst_ni && arvalid_i && !arready_i && num_reads_q == '0)
                       ? ar_patience_q + 32'd1 : '0;
      write_patience_q <= (rst_ni && num_addresses_q != '0 && num_data_q != '0 && !bvalid_i)
                          ? write_patience_q + 32'd1 : '0;
      read_patience_q  <= (rst_ni && num_reads_q != '0 && !rvalid_i) ? read_patience_q + 32'd1 : '0;
      if (rst_ni && !in_reset_q) begin
        broken[16] = aw_patience_q == SlavePatience;
        broken[17] = w_patience_q == SlavePatience;
        broken[18] = ar_patience_q == SlavePatience;
        broken[19] = write_patience_q == SlavePatience;
        broken[20] = read_patience_q == SlavePatience;
      end
    end
    if (MasterPatience != 0) begin
      b_patience_q <= (rst_ni && bvalid_i && !bready_i) ? b_patience_q + 32'd1 : '0;
      r_patience_q <= (rst_ni && rvalid_i && !rready_i) ? r_patience_q + 32'd1 : '0;
      if (rst_ni && !in_reset_q) begin
        broken[21] = b_patience_q == MasterPatience;
        broken[22] = r_patience_q == MasterPatience;
      end
    end

    broken_q <= broken;

`ifndef SYNTHESIS
    if (Fatal && broken != '0) begin
      AwHolds: assert (!broken[0]) else
        $error("LITE-01 AwHolds: awvalid %b awaddr %h, waited with %h", awvalid_i, awaddr_i, aw_addr_q);
      WHolds: assert (!broken[1]) else
        $error("LITE-02 WHolds: wvalid %b wdata %h wstrb %b, waited with %h %b", wvalid_i, wdata_i,
               wstrb_i, w_data_q, w_strb_q);
      BHolds: assert (!broken[2]) else
        $error("LITE-03 BHolds: bvalid %b bresp %0d, waited with %0d", bvalid_i, bresp_i, b_resp_q);
      ArHolds: assert (!broken[3]) else
        $error("LITE-04 ArHolds: arvalid %b araddr %h, waited with %h", arvalid_i, araddr_i, ar_addr_q);
      RHolds: assert (!broken[4]) else
        $error("LITE-05 RHolds: rvalid %b rdata %h rresp %0d, waited with %h %0d", rvalid_i, rdata_i,
               rresp_i, r_data_q, r_resp_q);
      AwAfterReset: assert (!broken[5]) else $error("LITE-06 AwAfterReset: awvalid high");
      WAfterReset: assert (!broken[6]) else $error("LITE-07 WAfterReset: wvalid high");
      BAfterReset: assert (!broken[7]) else $error("LITE-08 BAfterReset: bvalid high");
      ArAfterReset: assert (!broken[8]) else $error("LITE-09 ArAfterReset: arvalid high");
      RAfterReset: assert (!broken[9]) else $error("LITE-10 RAfterReset: rvalid high");
      BAsked: assert (!broken[10]) else
        $error("LITE-11 BAsked: bvalid with %0d addresses and %0d data taken", num_addresses_q, num_data_q);
      RAsked: assert (!broken[11]) else $error("LITE-12 RAsked: rvalid without a read");
      BExokay: assert (!broken[12]) else $error("LITE-13 BExokay: bresp %0d", bresp_i);
      RExokay: assert (!broken[13]) else $error("LITE-14 RExokay: rresp %0d", rresp_i);
      WriteRoom: assert (!broken[14]) else
        $error("LITE-15 WriteRoom: %0d addresses and %0d data wait for responses, %0d may",
               num_addresses_q, num_data_q, MaxWrites);
      ReadRoom: assert (!broken[15]) else
        $error("LITE-16 ReadRoom: %0d reads wait for data, %0d may", num_reads_q, MaxReads);
      AwWaits: assert (!broken[16]) else
        $error("LITE-17 AwWaits: awvalid without awready for %0d cycles", SlavePatience);
      WWaits: assert (!broken[17]) else
        $error("LITE-18 WWaits: wvalid without wready for %0d cycles", SlavePatience);
      ArWaits: assert (!broken[18]) else
        $error("LITE-19 ArWaits: arvalid without arready for %0d cycles", SlavePatience);
      WriteAnswered: assert (!broken[19]) else
        $error("LITE-20 WriteAnswered: no bvalid for %0d cycles", SlavePatience);
      ReadAnswered: assert (!broken[20]) else
        $error("LITE-21 ReadAnswered: no rvalid for %0d cycles", SlavePatience);
      BWaits: assert (!broken[21]) else
        $error("LITE-22 BWaits: bvalid without bready for %0d cycles", MasterPatience);
      RWaits: assert (!broken[22]) else
        $error("LITE-23 RWaits: rvalid without rready for %0d cycles", MasterPatience);
    end
`endif
  end

  assign broken_o = broken_q;

endmodule
