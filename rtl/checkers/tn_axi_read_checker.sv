// SPDX-License-Identifier: Apache-2.0
//
// tn_axi_read_checker: watches the read channels of AXI4 between a master and its slave; drives
// nothing on the bus.
//
// broken_o has one bit for each rule (docs/verification/checkers.md, AXI-R01 is bit 0), a pulse in the
// cycle after; with Fatal each is an assertion that names rule and signals. An offer is judged in its
// first cycle. Follows up to MaxBursts bursts for each ID; what is beyond is not followed.
// Does not look at data: the order of two bursts of one ID is seen by their lengths only.
// Nothing is computed for a channel without valid. Simulation and proof only.
module tn_axi_read_checker #(
  parameter int unsigned BusBytes  = 64,
  parameter int unsigned IdW       = 1,
  parameter int unsigned MaxBursts = 256,   // outstanding of one ID; a power of two
  parameter bit          Profile   = 1'b1,  // rules of Tinium beyond those of AXI
  parameter int unsigned MaxBeats  = 16,    // of one burst, by the profile
  parameter int unsigned MasterPatience = 0,  // cycles until the master takes a beat; 0: for ever
  parameter int unsigned SlavePatience  = 0,  // cycles until the slave takes an address, or answers
  parameter bit          Fatal     = 1'b1,
  localparam int unsigned NumRules = 23
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  arvalid_i,
  input  logic                  arready_i,
  input  logic [63:0]           araddr_i,
  input  logic [IdW-1:0]        arid_i,
  input  logic [7:0]            arlen_i,
  input  logic [2:0]            arsize_i,
  input  logic [1:0]            arburst_i,
  input  logic                  arlock_i,
  input  logic [3:0]            arcache_i,
  input  logic [2:0]            arprot_i,
  input  logic [3:0]            arqos_i,
  input  logic [3:0]            arregion_i,
  input  logic                  rvalid_i,
  input  logic                  rready_i,
  input  logic [BusBytes*8-1:0] rdata_i,
  input  logic [IdW-1:0]        rid_i,
  input  logic [1:0]            rresp_i,
  input  logic                  rlast_i,
  output logic [NumRules-1:0]   broken_o
);

  localparam logic [1:0] RespExokay = 2'b01;

  if (MaxBursts < 2 || (MaxBursts & (MaxBursts - 1)) != 0) begin : gen_check_bursts
    $fatal(1, "tn_axi_read_checker: MaxBursts (%0d) must be a power of two", MaxBursts);
  end

  localparam int unsigned NumIds = 1 << IdW;
  localparam int unsigned PtrW   = $clog2(MaxBursts);
  typedef logic [PtrW:0] ptr_t;  // one bit more than the index

  typedef struct packed {
    logic [63:0]    addr;
    logic [IdW-1:0] id;
    logic [7:0]     len;
    logic [2:0]     size;
    logic [1:0]     burst;
    logic           lock;
    logic [3:0]     cache;
    logic [2:0]     prot;
    logic [3:0]     qos;
    logic [3:0]     region;
  } address_t;

  address_t ar_now, ar_q;
  assign ar_now = '{addr: araddr_i, id: arid_i, len: arlen_i, size: arsize_i, burst: arburst_i,
                    lock: arlock_i, cache: arcache_i, prot: arprot_i, qos: arqos_i,
                    region: arregion_i};

  tn_checker_pkg::axi_span_t ar_span;
  assign ar_span = '{addr: araddr_i[11:0], len: arlen_i, size: arsize_i, burst: arburst_i};

  // What was offered, not taken.
  logic                  in_reset_q = 1'b0;  // the reset was low at the last edge
  logic                  ar_wait_q, r_wait_q;
  logic [IdW-1:0]        r_id_q;
  logic [BusBytes*8-1:0] r_data_q;
  logic [1:0]            r_resp_q;
  logic                  r_last_q;

  // Bursts outstanding, by ID: the length, and whether the access is exclusive.
  logic [8:0]  open_mem [NumIds*MaxBursts];
  ptr_t        put_q [NumIds], get_q [NumIds];
  logic [7:0]  beat_q [NumIds];
  logic [31:0] num_open_q;  // of all IDs

  logic [31:0] ar_patience_q, r_patience_q, answer_patience_q;

  logic [NumRules-1:0] broken_q;

  always_ff @(posedge clk_i) begin
    automatic logic [NumRules-1:0] broken = '0;
    automatic logic [8:0]          oldest = '0;
    automatic logic                empty  = 1'b0;
    automatic logic                opens  = 1'b0;
    automatic logic                closes = 1'b0;

    in_reset_q <= !rst_ni;
    if (in_reset_q) begin
      broken[2] = arvalid_i;
      broken[3] = rvalid_i;
    end

    if (!rst_ni || in_reset_q) begin
      ar_wait_q <= 1'b0;
      r_wait_q  <= 1'b0;
      num_open_q <= '0;
      for (int unsigned id = 0; id < NumIds; id++) begin
        put_q[id]  <= '0;
        get_q[id]  <= '0;
        beat_q[id] <= '0;
      end
    end else begin
      // -------------------------------------------------------------------------------- address
      if (ar_wait_q) begin
        broken[0] = !arvalid_i || ar_now != ar_q;
      end else if (arvalid_i) begin
        broken[14:4] = tn_checker_pkg::address_faults(ar_span, arlock_i, arcache_i[3:1], BusBytes, MaxBeats,
                                                      Profile);
      end
      if (arvalid_i) begin
        ar_wait_q <= !arready_i;
        if (!arready_i) begin
          ar_q <= ar_now;
        end else if (put_q[arid_i] - get_q[arid_i] == ptr_t'(MaxBursts)) begin
          broken[15] = 1'b1;
        end else begin
          open_mem[32'(arid_i) * MaxBursts + 32'(put_q[arid_i][PtrW-1:0])] <= {arlock_i, arlen_i};
          put_q[arid_i] <= put_q[arid_i] + 1'b1;
          opens = 1'b1;
        end
      end else if (ar_wait_q) begin
        ar_wait_q <= 1'b0;
      end

      // ----------------------------------------------------------------------------------- data
      if (rvalid_i) begin
        empty  = put_q[rid_i] == get_q[rid_i];
        oldest = open_mem[32'(rid_i) * MaxBursts + 32'(get_q[rid_i][PtrW-1:0])];
      end
      if (r_wait_q) begin
        broken[1] = !rvalid_i || rid_i != r_id_q || rresp_i != r_resp_q || rlast_i != r_last_q ||
                    rdata_i != r_data_q;
      end else if (rvalid_i) begin
        if (empty) begin
          broken[16] = 1'b1;
        end else begin
          broken[17] = rlast_i && beat_q[rid_i] != oldest[7:0];
          broken[18] = !rlast_i && beat_q[rid_i] == oldest[7:0];
          broken[19] = rresp_i == RespExokay && !oldest[8];
        end
      end
      if (rvalid_i) begin
        r_wait_q <= !rready_i;
        if (!rready_i) begin
          r_id_q   <= rid_i;
          r_resp_q <= rresp_i;
          r_last_q <= rlast_i;
          r_data_q <= rdata_i;
        end else if (!empty) begin
          closes = beat_q[rid_i] == oldest[7:0];
          beat_q[rid_i] <= closes ? '0 : beat_q[rid_i] + 8'd1;
          if (closes) get_q[rid_i] <= get_q[rid_i] + 1'b1;
        end
      end else if (r_wait_q) begin
        r_wait_q <= 1'b0;
      end

      if (opens != closes) num_open_q <= opens ? num_open_q + 32'd1 : num_open_q - 32'd1;
    end

    // ------------------------------------------------------------------------------- patience
    if (SlavePatience != 0) begin
      ar_patience_q <= (rst_ni && arvalid_i && !arready_i) ? ar_patience_q + 32'd1 : '0;
      broken[20] = rst_ni && ar_patience_q == SlavePatience;
      answer_patience_q <= (rst_ni && num_open_q != '0 && !rvalid_i) ? answer_patience_q + 32'd1 : '0;
      broken[22] = rst_ni && answer_patience_q == SlavePatience;
    end
    if (MasterPatience != 0) begin
      r_patience_q <= (rst_ni && rvalid_i && !rready_i) ? r_patience_q + 32'd1 : '0;
      broken[21] = rst_ni && r_patience_q == MasterPatience;
    end

    broken_q <= broken;

`ifndef SYNTHESIS
    if (Fatal && broken != '0) begin
      ArHolds: assert (!broken[0]) else
        $error("AXI-R01 ArHolds: arvalid %b araddr %h arlen %0d arid %0d, waited with araddr %h arlen %0d arid %0d",
               arvalid_i, araddr_i, arlen_i, arid_i, ar_q.addr, ar_q.len, ar_q.id);
      RHolds: assert (!broken[1]) else
        $error("AXI-R02 RHolds: rvalid %b rid %0d rresp %0d rlast %b, waited with rid %0d rresp %0d rlast %b, data %s",
               rvalid_i, rid_i, rresp_i, rlast_i, r_id_q, r_resp_q, r_last_q,
               rdata_i == r_data_q ? "same" : "changed");
      ArAfterReset: assert (!broken[2]) else $error("AXI-R03 ArAfterReset: arvalid high");
      RAfterReset: assert (!broken[3]) else $error("AXI-R04 RAfterReset: rvalid high");
      ArBurstKind: assert (!broken[4]) else $error("AXI-R05 ArBurstKind: arburst %0d", arburst_i);
      ArBeatSize: assert (!broken[5]) else
        $error("AXI-R06 ArBeatSize: arsize %0d on a bus of %0d bytes", arsize_i, BusBytes);
      ArBurstLength: assert (!broken[6]) else
        $error("AXI-R07 ArBurstLength: arlen %0d arburst %0d", arlen_i, arburst_i);
      ArWrapAligned: assert (!broken[7]) else
        $error("AXI-R08 ArWrapAligned: araddr %h arsize %0d", araddr_i, arsize_i);
      ArWithin4KiB: assert (!broken[8]) else
        $error("AXI-R09 ArWithin4KiB: araddr %h arlen %0d arsize %0d", araddr_i, arlen_i, arsize_i);
      ArCache: assert (!broken[9]) else $error("AXI-R10 ArCache: arcache %b", arcache_i);
      ArExclusive: assert (!broken[10]) else
        $error("AXI-R11 ArExclusive: araddr %h arlen %0d arsize %0d", araddr_i, arlen_i, arsize_i);
      ArIncr: assert (!broken[11]) else $error("AXI-R12 ArIncr: arburst %0d", arburst_i);
      ArWhole: assert (!broken[12]) else
        $error("AXI-R13 ArWhole: araddr %h arsize %0d", araddr_i, arsize_i);
      ArShort: assert (!broken[13]) else $error("AXI-R14 ArShort: arlen %0d", arlen_i);
      ArNormal: assert (!broken[14]) else $error("AXI-R15 ArNormal: arlock %b", arlock_i);
      ArRoom: assert (!broken[15]) else
        $error("AXI-R16 ArRoom: more than %0d bursts of arid %0d", MaxBursts, arid_i);
      RAsked: assert (!broken[16]) else $error("AXI-R17 RAsked: rid %0d has no burst open", rid_i);
      RLastEarly: assert (!broken[17]) else
        $error("AXI-R18 RLastEarly: rid %0d rlast in beat %0d of arlen %0d", rid_i, beat_q[rid_i],
               oldest[7:0]);
      RLastMissing: assert (!broken[18]) else
        $error("AXI-R19 RLastMissing: rid %0d no rlast in beat %0d, the last", rid_i, beat_q[rid_i]);
      RExokay: assert (!broken[19]) else $error("AXI-R20 RExokay: rid %0d rresp %0d", rid_i, rresp_i);
      ArWaits: assert (!broken[20]) else
        $error("AXI-R21 ArWaits: arvalid without arready for %0d cycles", SlavePatience);
      RWaits: assert (!broken[21]) else
        $error("AXI-R22 RWaits: rvalid without rready for %0d cycles", MasterPatience);
      ReadAnswered: assert (!broken[22]) else
        $error("AXI-R23 ReadAnswered: no rvalid for %0d cycles, %0d bursts open", SlavePatience, num_open_q);
    end
`endif
  end

  assign broken_o = broken_q;

endmodule
