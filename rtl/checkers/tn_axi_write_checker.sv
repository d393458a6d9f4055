// SPDX-License-Identifier: Apache-2.0
//
// tn_axi_write_checker: watches the write channels of AXI4 between a master and its slave; drives
// nothing on the bus.
//
// broken_o has one bit for each rule (docs/verification/checkers.md, AXI-W01 is bit 0), a pulse in the
// cycle after; with Fatal each is an assertion that names rule and signals. An offer is judged in its
// first cycle. Follows up to MaxBursts bursts; what is beyond is not followed. AXI lets data go before
// their address; this checker does not, because Tinium does not.
// Nothing is computed for a channel without valid. Simulation and proof only.
module tn_axi_write_checker #(
  parameter int unsigned BusBytes  = 64,
  parameter int unsigned IdW       = 1,
  parameter int unsigned MaxBursts = 256,   // outstanding; a power of two
  parameter bit          Profile   = 1'b1,  // rules of Tinium beyond those of AXI
  parameter int unsigned MaxBeats  = 16,    // of one burst, by the profile
  parameter int unsigned MasterPatience = 0,  // cycles until the master takes a response; 0: for ever
  parameter int unsigned SlavePatience  = 0,  // cycles until the slave takes an offer, or answers
  parameter bit          Fatal     = 1'b1,
  localparam int unsigned NumRules = 29
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  awvalid_i,
  input  logic                  awready_i,
  input  logic [63:0]           awaddr_i,
  input  logic [IdW-1:0]        awid_i,
  input  logic [7:0]            awlen_i,
  input  logic [2:0]            awsize_i,
  input  logic [1:0]            awburst_i,
  input  logic                  awlock_i,
  input  logic [3:0]            awcache_i,
  input  logic [2:0]            awprot_i,
  input  logic [3:0]            awqos_i,
  input  logic [3:0]            awregion_i,
  input  logic                  wvalid_i,
  input  logic                  wready_i,
  input  logic [BusBytes*8-1:0] wdata_i,
  input  logic [BusBytes-1:0]   wstrb_i,
  input  logic                  wlast_i,
  input  logic                  bvalid_i,
  input  logic                  bready_i,
  input  logic [IdW-1:0]        bid_i,
  input  logic [1:0]            bresp_i,
  output logic [NumRules-1:0]   broken_o
);

  localparam logic [1:0] RespExokay = 2'b01;

  if (MaxBursts < 2 || (MaxBursts & (MaxBursts - 1)) != 0) begin : gen_check_bursts
    $fatal(1, "tn_axi_write_checker: MaxBursts (%0d) must be a power of two", MaxBursts);
  end

  localparam int unsigned NumIds = 1 << IdW;
  localparam int unsigned PtrW   = $clog2(MaxBursts);
  typedef logic [PtrW:0] ptr_t;  // one bit more than the index

  typedef struct packed {
    logic [IdW-1:0] id;
    logic           lock;
    tn_checker_pkg::axi_span_t span;
  } open_t;

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

  address_t aw_now, aw_q;
  assign aw_now = '{addr: awaddr_i, id: awid_i, len: awlen_i, size: awsize_i, burst: awburst_i,
                    lock: awlock_i, cache: awcache_i, prot: awprot_i, qos: awqos_i,
                    region: awregion_i};

  tn_checker_pkg::axi_span_t aw_span;
  assign aw_span = '{addr: awaddr_i[11:0], len: awlen_i, size: awsize_i, burst: awburst_i};

  // Bytes of the bus that beat number `beat` of a burst may write.
  function automatic logic [BusBytes-1:0] lanes_of(input tn_checker_pkg::axi_span_t burst,
                                                    input logic [7:0] beat);
    logic [31:0] beat_bytes, first, start, bytes;
    logic [BusBytes-1:0] lanes;
    beat_bytes = 32'd1 << burst.size;
    bytes      = (32'(burst.len) + 32'd1) << burst.size;
    start      = 32'(burst.addr) & ~(beat_bytes - 32'd1);
    first      = 32'(burst.addr);
    if (burst.burst != tn_checker_pkg::BurstFixed && beat != '0) begin
      first = start + (32'(beat) << burst.size);
      if (burst.burst == tn_checker_pkg::BurstWrap) begin
        first = (32'(burst.addr) & ~(bytes - 32'd1)) | (first & (bytes - 32'd1));
      end
      start = first;
    end
    for (int unsigned lane = 0; lane < BusBytes; lane++) begin
      lanes[lane] = lane >= first % BusBytes && lane < start % BusBytes + beat_bytes;
    end
    return lanes;
  endfunction

  // What was offered, not taken.
  logic                  in_reset_q = 1'b0;  // the reset was low at the last edge
  logic                  aw_wait_q, w_wait_q, b_wait_q;
  logic [IdW-1:0]        b_id_q;
  logic [BusBytes*8-1:0] w_data_q;
  logic [BusBytes-1:0]   w_strb_q;
  logic                  w_last_q;
  logic [1:0]            b_resp_q;

  // Bursts whose data are due, in the order of their addresses.
  open_t      open_mem [MaxBursts];
  ptr_t       put_q, get_q;
  logic [7:0] beat_q;
  // By ID: bursts whose data are due; and those written, whose response is due.
  ptr_t       num_data_q [NumIds];
  logic       written_mem [NumIds*MaxBursts];  // exclusive
  ptr_t       written_put_q [NumIds], written_get_q [NumIds];
  ptr_t       num_open_q;  // of all IDs, without a response

  logic [31:0] aw_patience_q, w_patience_q, b_patience_q, answer_patience_q;

  logic [NumRules-1:0] broken_q;

  always_ff @(posedge clk_i) begin
    automatic logic [NumRules-1:0] broken  = '0;
    automatic open_t               oldest  = '0;
    automatic logic                empty   = 1'b0;
    automatic logic                opens   = 1'b0;
    automatic logic                writes  = 1'b0;
    automatic logic                answers = 1'b0;

    in_reset_q <= !rst_ni;
    if (in_reset_q) begin
      broken[3] = awvalid_i;
      broken[4] = wvalid_i;
      broken[5] = bvalid_i;
    end

    if (!rst_ni || in_reset_q) begin
      aw_wait_q  <= 1'b0;
      w_wait_q   <= 1'b0;
      b_wait_q   <= 1'b0;
      put_q      <= '0;
      get_q      <= '0;
      beat_q     <= '0;
      num_open_q <= '0;
      for (int unsigned id = 0; id < NumIds; id++) begin
        num_data_q[id]    <= '0;
        written_put_q[id] <= '0;
        written_get_q[id] <= '0;
      end
    end else begin
      // -------------------------------------------------------------------------------- address
      if (aw_wait_q) begin
        broken[0] = !awvalid_i || aw_now != aw_q;
      end else if (awvalid_i) begin
        broken[16:6] = tn_checker_pkg::address_faults(aw_span, awlock_i, awcache_i[3:1], BusBytes, MaxBeats,
                                                      Profile);
      end
      if (awvalid_i) begin
        aw_wait_q <= !awready_i;
        if (!awready_i) begin
          aw_q <= aw_now;
        end else if (num_open_q == ptr_t'(MaxBursts)) begin
          broken[17] = 1'b1;
        end else begin
          open_mem[put_q[PtrW-1:0]] <= '{id: awid_i, lock: awlock_i, span: aw_span};
          put_q <= put_q + 1'b1;
          opens = 1'b1;
        end
      end else if (aw_wait_q) begin
        aw_wait_q <= 1'b0;
      end

      // ----------------------------------------------------------------------------------- data
      if (wvalid_i) begin
        empty  = put_q == get_q;
        oldest = open_mem[get_q[PtrW-1:0]];
      end
      if (w_wait_q) begin
        broken[1] = !wvalid_i || wlast_i != w_last_q || wstrb_i != w_strb_q || wdata_i != w_data_q;
      end else if (wvalid_i) begin
        if (empty) begin
          broken[18] = 1'b1;
        end else begin
          broken[19] = wlast_i && beat_q != oldest.span.len;
          broken[20] = !wlast_i && beat_q == oldest.span.len;
          // An aligned beat of the whole bus may write everything.
          if (32'd1 << oldest.span.size != BusBytes || (beat_q == '0 && 32'(oldest.span.addr) % BusBytes != 0)) begin
            broken[21] = (wstrb_i & ~lanes_of(oldest.span, beat_q)) != '0;
          end
        end
      end
      if (wvalid_i) begin
        w_wait_q <= !wready_i;
        if (!wready_i) begin
          w_last_q <= wlast_i;
          w_strb_q <= wstrb_i;
          w_data_q <= wdata_i;
        end else if (!empty) begin
          writes = beat_q == oldest.span.len;
          beat_q <= writes ? '0 : beat_q + 8'd1;
          if (writes) begin
            get_q <= get_q + 1'b1;
            written_mem[32'(oldest.id) * MaxBursts + 32'(written_put_q[oldest.id][PtrW-1:0])] <= oldest.lock;
            written_put_q[oldest.id] <= written_put_q[oldest.id] + 1'b1;
          end
        end
      end else if (w_wait_q) begin
        w_wait_q <= 1'b0;
      end

      if (opens && writes && awid_i == oldest.id) begin
        // One more and one less.
      end else begin
        if (opens) num_data_q[awid_i] <= num_data_q[awid_i] + 1'b1;
        if (writes) num_data_q[oldest.id] <= num_data_q[oldest.id] - 1'b1;
      end

      // ------------------------------------------------------------------------------- response
      if (b_wait_q) begin
        broken[2] = !bvalid_i || bid_i != b_id_q || bresp_i != b_resp_q;
      end else if (bvalid_i) begin
        if (written_put_q[bid_i] == written_get_q[bid_i]) begin
          broken[22] = num_data_q[bid_i] == '0;
          broken[23] = num_data_q[bid_i] != '0;
        end else begin
          broken[24] = bresp_i == RespExokay &&
                       !written_mem[32'(bid_i) * MaxBursts + 32'(written_get_q[bid_i][PtrW-1:0])];
        end
      end
      if (bvalid_i) begin
        b_wait_q <= !bready_i;
        if (!bready_i) begin
          b_id_q   <= bid_i;
          b_resp_q <= bresp_i;
        end else if (written_put_q[bid_i] != written_get_q[bid_i]) begin
          written_get_q[bid_i] <= written_get_q[bid_i] + 1'b1;
          answers = 1'b1;
        end
      end else if (b_wait_q) begin
        b_wait_q <= 1'b0;
      end

      if (opens != answers) num_open_q <= opens ? num_open_q + 1'b1 : num_open_q - 1'b1;
    end

    // ------------------------------------------------------------------------------- patience
    if (SlavePatience != 0) begin
      aw_patience_q <= (rst_ni && awvalid_i && !awready_i) ? aw_patience_q + 32'd1 : '0;
      broken[25] = rst_ni && aw_patience_q == SlavePatience;
      w_patience_q <= (rst_ni && wvalid_i && !wready_i) ? w_patience_q + 32'd1 : '0;
      broken[26] = rst_ni && w_patience_q == SlavePatience;
      // Of the responses that are due; data are the master's to give.
      answer_patience_q <= (rst_ni && num_open_q != put_q - get_q && !bvalid_i)
                           ? answer_patience_q + 32'd1 : '0;
      broken[28] = rst_ni && answer_patience_q == SlavePatience;
    end
    if (MasterPatience != 0) begin
      b_patience_q <= (rst_ni && bvalid_i && !bready_i) ? b_patience_q + 32'd1 : '0;
      broken[27] = rst_ni && b_patience_q == MasterPatience;
    end

    broken_q <= broken;

`ifndef SYNTHESIS
    if (Fatal && broken != '0) begin
      AwHolds: assert (!broken[0]) else
        $error("AXI-W01 AwHolds: awvalid %b awaddr %h awlen %0d awid %0d, waited with awaddr %h awlen %0d awid %0d",
               awvalid_i, awaddr_i, awlen_i, awid_i, aw_q.addr, aw_q.len, aw_q.id);
      WHolds: assert (!broken[1]) else
        $error("AXI-W02 WHolds: wvalid %b wlast %b wstrb %h, waited with wlast %b wstrb %h, data %s",
               wvalid_i, wlast_i, wstrb_i, w_last_q, w_strb_q,
               wdata_i == w_data_q ? "same" : "changed");
      BHolds: assert (!broken[2]) else
        $error("AXI-W03 BHolds: bvalid %b bid %0d bresp %0d, waited with bid %0d bresp %0d",
               bvalid_i, bid_i, bresp_i, b_id_q, b_resp_q);
      AwAfterReset: assert (!broken[3]) else $error("AXI-W04 AwAfterReset: awvalid high");
      WAfterReset: assert (!broken[4]) else $error("AXI-W05 WAfterReset: wvalid high");
      BAfterReset: assert (!broken[5]) else $error("AXI-W06 BAfterReset: bvalid high");
      AwBurstKind: assert (!broken[6]) else $error("AXI-W07 AwBurstKind: awburst %0d", awburst_i);
      AwBeatSize: assert (!broken[7]) else
        $error("AXI-W08 AwBeatSize: awsize %0d on a bus of %0d bytes", awsize_i, BusBytes);
      AwBurstLength: assert (!broken[8]) else
        $error("AXI-W09 AwBurstLength: awlen %0d awburst %0d", awlen_i, awburst_i);
      AwWrapAligned: assert (!broken[9]) else
        $error("AXI-W10 AwWrapAligned: awaddr %h awsize %0d", awaddr_i, awsize_i);
      AwWithin4KiB: assert (!broken[10]) else
        $error("AXI-W11 AwWithin4KiB: awaddr %h awlen %0d awsize %0d", awaddr_i, awlen_i, awsize_i);
      AwCache: assert (!broken[11]) else $error("AXI-W12 AwCache: awcache %b", awcache_i);
      AwExclusive: assert (!broken[12]) else
        $error("AXI-W13 AwExclusive: awaddr %h awlen %0d awsize %0d", awaddr_i, awlen_i, awsize_i);
      AwIncr: assert (!broken[13]) else $error("AXI-W14 AwIncr: awburst %0d", awburst_i);
      AwWhole: assert (!broken[14]) else
        $error("AXI-W15 AwWhole: awaddr %h awsize %0d", awaddr_i, awsize_i);
      AwShort: assert (!broken[15]) else $error("AXI-W16 AwShort: awlen %0d", awlen_i);
      AwNormal: assert (!broken[16]) else $error("AXI-W17 AwNormal: awlock %b", awlock_i);
      AwRoom: assert (!broken[17]) else $error("AXI-W18 AwRoom: more than %0d bursts", MaxBursts);
      WAfterAddress: assert (!broken[18]) else
        $error("AXI-W19 WAfterAddress: wvalid, but no burst has its address taken and data due");
      WLastEarly: assert (!broken[19]) else
        $error("AXI-W20 WLastEarly: wlast in beat %0d of awlen %0d", beat_q, oldest.span.len);
      WLastMissing: assert (!broken[20]) else
        $error("AXI-W21 WLastMissing: no wlast in beat %0d, the last", beat_q);
      WStrobeLanes: assert (!broken[21]) else
        $error("AXI-W22 WStrobeLanes: wstrb %h, lanes %h", wstrb_i, lanes_of(oldest.span, beat_q));
      BAsked: assert (!broken[22]) else $error("AXI-W23 BAsked: bid %0d has no burst open", bid_i);
      BAfterLast: assert (!broken[23]) else
        $error("AXI-W24 BAfterLast: bid %0d before the last beat of its burst", bid_i);
      BExokay: assert (!broken[24]) else $error("AXI-W25 BExokay: bid %0d bresp %0d", bid_i, bresp_i);
      AwWaits: assert (!broken[25]) else
        $error("AXI-W26 AwWaits: awvalid without awready for %0d cycles", SlavePatience);
      WWaits: assert (!broken[26]) else
        $error("AXI-W27 WWaits: wvalid without wready for %0d cycles", SlavePatience);
      BWaits: assert (!broken[27]) else
        $error("AXI-W28 BWaits: bvalid without bready for %0d cycles", MasterPatience);
      WriteAnswered: assert (!broken[28]) else
        $error("AXI-W29 WriteAnswered: no bvalid for %0d cycles", SlavePatience);
    end
`endif
  end

  assign broken_o = broken_q;

endmodule
