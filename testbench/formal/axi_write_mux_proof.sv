// SPDX-License-Identifier: Apache-2.0
//
// axi_write_mux_proof: each address of a client reaches the bus once and in order, data follow in the
// order of the addresses and never before them, each response finds its client, and nobody is passed
// over without bound.
//
// Clients and slave hold what they offer until taken; the slave answers a burst whose address it has
// taken, in order within an ID. The data of a client carry its number, so that what leaves
// shows where it came from.
module axi_write_mux_proof #(
  parameter int unsigned TraceTurn = 2
) (
  input logic       clk_i,
  input logic       rst_ni,
  input logic [2:0] aw_valid_i,   // record, dma, trace
  input logic [3:0] aw_addr_i,
  input logic [1:0] aw_len_i,
  input logic [2:0] w_valid_i,
  input logic [2:0] w_last_i,
  input logic [2:0] w_data_i,
  input logic [2:0] b_ready_i,
  input logic       awready_i,
  input logic       wready_i,
  input logic       bvalid_i,
  input logic       bid_i,
  input logic [1:0] bresp_i,
  input logic       pick_i,
  input logic       pick_id0_i
);

  localparam int unsigned BusBytes = 8;

  logic [2:0]  aw_ready, w_ready, b_valid, b_err;
  logic        awvalid, awid, wvalid, wlast, bready;
  logic [63:0] awaddr, wdata;
  logic [7:0]  awlen, wstrb;
  logic [2:0]  awsize, awprot;
  logic [1:0]  awburst;
  logic        awlock;
  logic [3:0]  awcache, awqos, awregion;

  // A client's address: its number, and bits of its own.
  function automatic logic [63:0] address_of(input logic [1:0] client, input logic [3:0] bits);
    return {32'b0, 24'(client), bits, 4'b0};
  endfunction

  tn_axi_write_mux #(
    .BusBytes(BusBytes), .TraceTurn(TraceTurn)
  ) u_dut (
    .clk_i, .rst_ni,
    .record_aw_valid_i(aw_valid_i[0]), .record_aw_ready_o(aw_ready[0]),
    .record_aw_addr_i(address_of(2'd0, aw_addr_i)), .record_aw_len_i(8'(aw_len_i)),
    .record_w_valid_i(w_valid_i[0]), .record_w_ready_o(w_ready[0]),
    .record_w_data_i({61'd0, w_data_i[0], 2'd0}), .record_w_strb_i(8'h0f),
    .record_w_last_i(w_last_i[0]), .record_b_valid_o(b_valid[0]), .record_b_ready_i(b_ready_i[0]),
    .record_b_err_o(b_err[0]),
    .dma_aw_valid_i(aw_valid_i[1]), .dma_aw_ready_o(aw_ready[1]),
    .dma_aw_addr_i(address_of(2'd1, aw_addr_i)), .dma_aw_len_i(8'(aw_len_i)),
    .dma_w_valid_i(w_valid_i[1]), .dma_w_ready_o(w_ready[1]),
    .dma_w_data_i({61'd0, w_data_i[1], 2'd1}), .dma_w_strb_i(8'h0f),
    .dma_w_last_i(w_last_i[1]), .dma_b_valid_o(b_valid[1]), .dma_b_ready_i(b_ready_i[1]),
    .dma_b_err_o(b_err[1]),
    .trace_aw_valid_i(aw_valid_i[2]), .trace_aw_ready_o(aw_ready[2]),
    .trace_aw_addr_i(address_of(2'd2, aw_addr_i)), .trace_aw_len_i(8'(aw_len_i)),
    .trace_w_valid_i(w_valid_i[2]), .trace_w_ready_o(w_ready[2]),
    .trace_w_data_i({61'd0, w_data_i[2], 2'd2}), .trace_w_strb_i(8'h0f),
    .trace_w_last_i(w_last_i[2]), .trace_b_valid_o(b_valid[2]), .trace_b_ready_i(b_ready_i[2]),
    .trace_b_err_o(b_err[2]),
    .m_axi_gmem_awvalid_o(awvalid), .m_axi_gmem_awready_i(awready_i), .m_axi_gmem_awaddr_o(awaddr),
    .m_axi_gmem_awid_o(awid), .m_axi_gmem_awlen_o(awlen), .m_axi_gmem_awsize_o(awsize),
    .m_axi_gmem_awburst_o(awburst), .m_axi_gmem_awlock_o(awlock), .m_axi_gmem_awcache_o(awcache),
    .m_axi_gmem_awprot_o(awprot), .m_axi_gmem_awqos_o(awqos), .m_axi_gmem_awregion_o(awregion),
    .m_axi_gmem_wvalid_o(wvalid), .m_axi_gmem_wready_i(wready_i), .m_axi_gmem_wdata_o(wdata),
    .m_axi_gmem_wstrb_o(wstrb), .m_axi_gmem_wlast_o(wlast),
    .m_axi_gmem_bvalid_i(bvalid_i), .m_axi_gmem_bready_o(bready), .m_axi_gmem_bid_i(bid_i),
    .m_axi_gmem_bresp_i(bresp_i)
  );

  logic [2:0] aw_go, w_go;
  logic       bus_go, beat_go, end_in, end_go, answer_go;
  assign aw_go     = aw_valid_i & aw_ready;
  assign w_go      = w_valid_i & w_ready;
  assign bus_go    = awvalid && awready_i;
  assign beat_go   = wvalid && wready_i;
  assign end_in    = (w_go & w_last_i) != '0;
  assign end_go    = beat_go && wlast;
  assign answer_go = bvalid_i && bready;

  function automatic logic [1:0] number_of(input logic [2:0] client);
    return client[2] ? 2'd2 : client[1] ? 2'd1 : 2'd0;
  endfunction

  logic       started_q = 1'b0;
  // The address taken last and not yet on its way.
  logic       due_q;
  logic [1:0] due_client_q;
  logic [3:0] due_addr_q;
  logic [1:0] due_len_q;
  // What was offered in the cycle before and not taken.
  logic [2:0] aw_waits_q, w_waits_q, w_last_was_q, w_data_was_q;
  logic [3:0] aw_addr_was_q;
  logic [1:0] aw_len_was_q;
  logic       bus_waits_q, beat_waits_q, answer_waits_q, bid_was_q;
  logic [1:0] bresp_was_q;
  logic [72:0] bus_was_q, beat_was_q;
  // Bursts whose address is on the bus and whose last beat has not left the clients, or the mux.
  logic [4:0] unsent_q, unended_q;
  // Bursts without a response, from the client's address on, and from the bus's.
  logic [5:0] open0_q, taken0_q;
  logic [5:0] open1_q, taken1_q;
  // A picked burst: its client, and how many are in front whose data have yet to leave the clients.
  logic       picked_q;
  logic [1:0] picked_client_q;
  logic [4:0] picked_ahead_q;
  // A picked burst of ID 0, and how many responses come before its own.
  logic       asked_q, asked_trace_q;
  logic [5:0] asked_ahead_q;
  // Bursts of DMA that passed the waiting line of the trace, and of others the record.
  logic [3:0] passed_q;
  // A beat of the last word: whose it is.
  logic [5:0] room0;
  assign room0 = 6'd16 - open0_q;

  logic [1:0] in_mux;  // bursts whose last beat is in the mux
  assign in_mux = 2'(u_dut.u_w_skid.valid_q && u_dut.u_w_skid.data_q[72]) +
                  2'(u_dut.u_w_skid.spare_valid_q && u_dut.u_w_skid.spare_q[72]);

  logic has_no_client;  // a burst in the queue that is nobody's
  always_comb begin
    has_no_client = 1'b0;
    for (int unsigned i = 0; i < 8; i++) begin
      if (5'(i) < unsent_q && u_dut.u_order.mem[3'(u_dut.u_order.rd_ptr_q + 3'(i))] == 2'd3) begin
        has_no_client = 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    started_q     <= 1'b1;
    aw_addr_was_q <= aw_addr_i;
    aw_len_was_q  <= aw_len_i;
    w_last_was_q  <= w_last_i;
    w_data_was_q  <= w_data_i;
    bus_was_q     <= {awid, awaddr, awlen};
    beat_was_q    <= {wlast, wstrb, wdata};
    bid_was_q     <= bid_i;
    bresp_was_q   <= bresp_i;
    if (!rst_ni) begin
      due_q          <= 1'b0;
      aw_waits_q     <= '0;
      w_waits_q      <= '0;
      bus_waits_q    <= 1'b0;
      beat_waits_q   <= 1'b0;
      answer_waits_q <= 1'b0;
      unsent_q       <= '0;
      unended_q      <= '0;
      open0_q        <= '0;
      open1_q        <= '0;
      taken0_q       <= '0;
      taken1_q       <= '0;
      picked_q       <= 1'b0;
      asked_q        <= 1'b0;
      passed_q       <= '0;
    end else begin
      aw_waits_q     <= aw_valid_i & ~aw_ready;
      w_waits_q      <= w_valid_i & ~w_ready;
      bus_waits_q    <= awvalid && !awready_i;
      beat_waits_q   <= wvalid && !wready_i;
      answer_waits_q <= bvalid_i && !bready;

      due_q <= aw_go != '0 || (due_q && !bus_go);
      if (aw_go != '0) begin
        due_client_q <= number_of(aw_go);
        due_addr_q   <= aw_addr_i;
        due_len_q    <= aw_len_i;
      end

      unsent_q  <= unsent_q + 5'(bus_go) - 5'(end_in);
      unended_q <= unended_q + 5'(bus_go) - 5'(end_go);
      open0_q   <= open0_q + 6'(aw_go[0] || aw_go[2]) - 6'(answer_go && !bid_i);
      taken0_q  <= taken0_q + 6'(bus_go && !awid) - 6'(answer_go && !bid_i);
      if (!(open1_q == '1 && aw_go[1])) open1_q <= open1_q + 6'(aw_go[1]) - 6'(answer_go && bid_i);
      taken1_q  <= taken1_q + 6'(bus_go && awid) - 6'(answer_go && bid_i);

      if (picked_q) begin
        if (end_in && picked_ahead_q == '0) picked_q <= 1'b0;
        else if (end_in) picked_ahead_q <= picked_ahead_q - 1'b1;
      end else if (pick_i && bus_go) begin
        picked_q        <= 1'b1;
        picked_client_q <= due_client_q;
        picked_ahead_q  <= unsent_q - 5'(end_in);
      end

      if (asked_q) begin
        if (answer_go && !bid_i) begin
          if (asked_ahead_q == '0) asked_q <= 1'b0;
          else asked_ahead_q <= asked_ahead_q - 1'b1;
        end
      end else if (pick_id0_i && (aw_go[0] || aw_go[2])) begin
        asked_q       <= 1'b1;
        asked_trace_q <= aw_go[2];
        asked_ahead_q <= open0_q - 6'(answer_go && !bid_i);
      end

      // A full queue of ID 0 stops the trace, not DMA: no turn is counted then.
      if (!aw_valid_i[2] || aw_go[2]) passed_q <= '0;
      else if (aw_go[1] && open0_q < 6'd16 && passed_q != '1) passed_q <= passed_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!started_q) begin
      StartsInReset : assume (!rst_ni);
    end
    if (started_q && rst_ni) begin
      ClientsHold   : assume ((aw_waits_q & ~aw_valid_i) == '0 && (w_waits_q & ~w_valid_i) == '0 &&
                              (w_waits_q & (w_last_i ^ w_last_was_q)) == '0 &&
                              (w_waits_q & (w_data_i ^ w_data_was_q)) == '0);
      AddressesHold : assume (aw_waits_q == '0 || (aw_addr_i == aw_addr_was_q &&
                                                   aw_len_i == aw_len_was_q));
      SlaveHolds    : assume (!answer_waits_q || (bvalid_i && bid_i == bid_was_q &&
                                                  bresp_i == bresp_was_q));
      SlaveAnswers  : assume (!bvalid_i || (bid_i ? taken1_q != '0 : taken0_q != '0));
      DmaIsFinite   : assume (open1_q < 6'd32 || !aw_valid_i[1]);

      AddressHolds     : assert (!bus_waits_q || (awvalid && {awid, awaddr, awlen} == bus_was_q));
      AddressIsRight   : assert (awvalid == due_q &&
          (!due_q || (awaddr == address_of(due_client_q, due_addr_q) && awlen == 8'(due_len_q) &&
                      awid == (due_client_q == 2'd1) && awsize == 3'd3 && awburst == 2'b01)));
      OneAddressAtOnce : assert ($onehot0(aw_go) && (!due_q || bus_go || aw_go == '0));
      DataHold         : assert (!beat_waits_q || (wvalid && {wlast, wstrb, wdata} == beat_was_q));
      DataFollowAddress : assert (!wvalid || unended_q != '0);
      DataInOrder      : assert (!(picked_q && picked_ahead_q == '0) ||
                                 (w_go & ~(3'd1 << picked_client_q)) == '0);
      OneBeatAtOnce    : assert ($onehot0(w_go) && (w_go == '0 || unsent_q != '0));
      AtMostEightUnsent : assert (unsent_q <= 5'd8 && u_dut.unused_order_ready == (unsent_q < 5'd8) &&
                                  (!bus_go || u_dut.unused_order_ready));
      AtMostSixteenOpen : assert (open0_q <= 6'd16);
      ResponseFindsClient : assert (!(asked_q && asked_ahead_q == '0 && bvalid_i && !bid_i) ||
                                    b_valid == (asked_trace_q ? 3'b100 : 3'b001));
      OneResponseAtOnce : assert ($onehot0(b_valid) && (b_valid != '0) == bvalid_i &&
                                  (!bvalid_i || b_valid[1] == bid_i) &&
                                  (b_valid == '0 || b_err == {3{bresp_i[1]}}) &&
                                  (!bvalid_i || bready == ((b_valid & b_ready_i) != '0)));
      RecordGoesFirst  : assert (!aw_valid_i[0] || aw_ready[0] || room0 == '0 || aw_go == '0);
      TraceIsPassedSeldom : assert (32'(passed_q) <= TraceTurn);
      DmaIsNotHeldUp   : assert (!aw_valid_i[1] || aw_ready[1] || aw_go != '0 ||
                                 (awvalid && !awready_i) || unsent_q + 5'(awvalid) == 5'd8);

      LemmaUnsent  : assert (unsent_q == 5'(u_dut.order_count) && unended_q == unsent_q + 5'(in_mux));
      LemmaOpen    : assert (open0_q == 6'(u_dut.open_count) &&
                             open0_q == taken0_q + 6'(due_q && due_client_q != 2'd1) &&
                             open1_q == taken1_q + 6'(due_q && due_client_q == 2'd1) &&
                             taken0_q <= 6'd16 && open1_q <= 6'd32 && taken1_q <= 6'd32);
      LemmaBeats   : assert (!u_dut.u_w_skid.spare_valid_q || u_dut.u_w_skid.valid_q);
      // A beat in the mux that is not the last of its burst belongs to a burst not yet ended.
      LemmaHeldBeat : assert (!(u_dut.u_w_skid.valid_q &&
                                !(u_dut.u_w_skid.spare_valid_q ? u_dut.u_w_skid.spare_q[72]
                                                               : u_dut.u_w_skid.data_q[72])) ||
                              unsent_q != '0);
      LemmaClients : assert (!has_no_client);
      LemmaDue     : assert (!due_q || (u_dut.aw_client_q == due_client_q && due_client_q != 2'd3));
      LemmaRoom    : assert (unsent_q + 5'(awvalid) <= 5'd8);
      LemmaPassed  : assert (32'(passed_q) <= 32'(u_dut.passed_q) && 32'(u_dut.passed_q) <= TraceTurn);
      LemmaPicked  : assert (!picked_q || (picked_ahead_q < unsent_q &&
          u_dut.u_order.mem[3'(u_dut.u_order.rd_ptr_q + 3'(picked_ahead_q))] == picked_client_q));
      LemmaAsked   : assert (!asked_q || (asked_ahead_q < open0_q &&
          u_dut.u_open.mem[4'(u_dut.u_open.rd_ptr_q + 4'(asked_ahead_q))] == asked_trace_q));
      LemmaQueues  : assert (3'(u_dut.u_order.rd_ptr_q + 3'(u_dut.order_count)) ==
                             u_dut.u_order.wr_ptr_q &&
                             4'(u_dut.u_open.rd_ptr_q + 4'(u_dut.open_count)) ==
                             u_dut.u_open.wr_ptr_q);

      SeesTracePassed : cover (32'(passed_q) == TraceTurn && aw_go[2]);
      SeesThreeOrdered : cover (picked_q && picked_ahead_q == '0 && end_in && picked_client_q == 2'd2);
      SeesLateRecord  : cover (asked_q && !asked_trace_q && asked_ahead_q == 6'd1 && b_valid[2]);
      SeesEightUnsent : cover (unsent_q == 5'd8);
    end
  end

  logic unused_outputs;
  assign unused_outputs = ^{awlock, awcache, awprot, awqos, awregion};

endmodule
