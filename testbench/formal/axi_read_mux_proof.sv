// SPDX-License-Identifier: Apache-2.0
//
// axi_read_mux_proof: each address of a client reaches the bus once, unchanged and in order, each beat
// of data the client of its ID, and DMA waits for the fetcher only.
//
// Clients and slave hold their requests and beats until taken; the slave may reorder and interleave
// the IDs at will. Of the data only a few bits vary: the mux does not look at them.
module axi_read_mux_proof (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        fetch_ar_valid_i,
  input logic [3:0]  fetch_ar_addr_i,
  input logic [7:0]  fetch_ar_len_i,
  input logic        fetch_r_ready_i,
  input logic        dma_ar_valid_i,
  input logic [3:0]  dma_ar_addr_i,
  input logic [7:0]  dma_ar_len_i,
  input logic        dma_r_ready_i,
  input logic        arready_i,
  input logic        rvalid_i,
  input logic [3:0]  rdata_i,
  input logic        rlast_i,
  input logic        rid_i,
  input logic [1:0]  rresp_i,
  input logic        pick_i
);

  localparam int unsigned BusBytes = 8;

  logic        fetch_ar_ready, dma_ar_ready, arvalid, arid, rready;
  logic [63:0] araddr;
  logic [7:0]  arlen;
  logic        fetch_r_valid, fetch_r_last, fetch_r_err, dma_r_valid, dma_r_last, dma_r_err;
  logic [63:0] fetch_r_data, dma_r_data;
  logic [2:0]  arsize;
  logic [1:0]  arburst;
  logic        arlock;
  logic [3:0]  arcache, arqos, arregion;
  logic [2:0]  arprot;

  tn_axi_read_mux #(
    .BusBytes(BusBytes)
  ) u_dut (
    .clk_i, .rst_ni,
    .fetch_ar_valid_i, .fetch_ar_ready_o(fetch_ar_ready),
    .fetch_ar_addr_i({54'b0, fetch_ar_addr_i, 6'b0}), .fetch_ar_len_i,
    .fetch_r_valid_o(fetch_r_valid), .fetch_r_ready_i, .fetch_r_data_o(fetch_r_data),
    .fetch_r_last_o(fetch_r_last), .fetch_r_err_o(fetch_r_err),
    .dma_ar_valid_i, .dma_ar_ready_o(dma_ar_ready),
    .dma_ar_addr_i({54'b0, dma_ar_addr_i, 6'b0}), .dma_ar_len_i,
    .dma_r_valid_o(dma_r_valid), .dma_r_ready_i, .dma_r_data_o(dma_r_data),
    .dma_r_last_o(dma_r_last), .dma_r_err_o(dma_r_err),
    .m_axi_gmem_arvalid_o(arvalid), .m_axi_gmem_arready_i(arready_i),
    .m_axi_gmem_araddr_o(araddr), .m_axi_gmem_arid_o(arid), .m_axi_gmem_arlen_o(arlen),
    .m_axi_gmem_arsize_o(arsize), .m_axi_gmem_arburst_o(arburst), .m_axi_gmem_arlock_o(arlock),
    .m_axi_gmem_arcache_o(arcache), .m_axi_gmem_arprot_o(arprot), .m_axi_gmem_arqos_o(arqos),
    .m_axi_gmem_arregion_o(arregion),
    .m_axi_gmem_rvalid_i(rvalid_i), .m_axi_gmem_rready_o(rready),
    .m_axi_gmem_rdata_i({60'b0, rdata_i}), .m_axi_gmem_rlast_i(rlast_i),
    .m_axi_gmem_rid_i(rid_i), .m_axi_gmem_rresp_i(rresp_i)
  );

  logic        started_q = 1'b0;
  logic        fetch_go, dma_go, bus_go, beat_in, fetch_out, dma_out;
  assign fetch_go  = fetch_ar_valid_i && fetch_ar_ready;
  assign dma_go    = dma_ar_valid_i && dma_ar_ready;
  assign bus_go    = arvalid && arready_i;
  assign beat_in   = rvalid_i && rready;
  assign fetch_out = fetch_r_valid && fetch_r_ready_i;
  assign dma_out   = dma_r_valid && dma_r_ready_i;

  // The address taken last and not yet on its way, as the client gave it.
  logic        due_q, due_id_q;
  logic [3:0]  due_addr_q;
  logic [7:0]  due_len_q;
  // Clients and slave of the cycle before.
  logic        fetch_waits_q, dma_waits_q, slave_waits_q, bus_waits_q;
  logic [11:0] fetch_was_q, dma_was_q;
  logic [7:0]  slave_was_q;
  logic [72:0] bus_was_q;
  // A beat picked at the slave, and how many of those held before it are still ahead.
  logic        picked_q, picked_behind_q, id_q, last_q, err_q;
  logic [3:0]  data_q;
  logic [2:0]  held_q;

  logic [7:0]  slave_is;
  assign slave_is = {rid_i, rresp_i, rlast_i, rdata_i};

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    fetch_was_q <= {fetch_ar_addr_i, fetch_ar_len_i};
    dma_was_q   <= {dma_ar_addr_i, dma_ar_len_i};
    slave_was_q <= slave_is;
    bus_was_q   <= {arid, araddr, arlen};
    if (!rst_ni) begin
      due_q           <= 1'b0;
      fetch_waits_q   <= 1'b0;
      dma_waits_q     <= 1'b0;
      slave_waits_q   <= 1'b0;
      bus_waits_q     <= 1'b0;
      picked_q        <= 1'b0;
      held_q          <= '0;
    end else begin
      fetch_waits_q <= fetch_ar_valid_i && !fetch_ar_ready;
      dma_waits_q   <= dma_ar_valid_i && !dma_ar_ready;
      slave_waits_q <= rvalid_i && !rready;
      bus_waits_q   <= arvalid && !arready_i;
      due_q <= fetch_go || dma_go || (due_q && !bus_go);
      if (fetch_go) begin
        due_id_q   <= 1'b0;
        due_addr_q <= fetch_ar_addr_i;
        due_len_q  <= fetch_ar_len_i;
      end else if (dma_go) begin
        due_id_q   <= 1'b1;
        due_addr_q <= dma_ar_addr_i;
        due_len_q  <= dma_ar_len_i;
      end
      held_q <= held_q + 3'(beat_in) - 3'(fetch_out || dma_out);
      if (picked_q) begin
        if (fetch_out || dma_out) begin
          picked_behind_q <= 1'b0;
          if (!picked_behind_q) picked_q <= 1'b0;
        end
      end else if (pick_i && beat_in) begin
        picked_q        <= 1'b1;
        picked_behind_q <= held_q != 3'(fetch_out || dma_out);
        {id_q, last_q, err_q, data_q} <= {rid_i, rlast_i, rresp_i[1], rdata_i};
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!started_q) begin
      StartsInReset : assume (!rst_ni);
    end
    if (started_q && rst_ni) begin
      FetchHolds : assume (!fetch_waits_q || (fetch_ar_valid_i &&
                                              {fetch_ar_addr_i, fetch_ar_len_i} == fetch_was_q));
      DmaHolds   : assume (!dma_waits_q || (dma_ar_valid_i &&
                                            {dma_ar_addr_i, dma_ar_len_i} == dma_was_q));
      SlaveHolds : assume (!slave_waits_q || (rvalid_i && slave_is == slave_was_q));

      AddressHolds     : assert (!bus_waits_q || (arvalid && {arid, araddr, arlen} == bus_was_q));
      AddressIsRight   : assert (arvalid == due_q &&
                                 (!due_q || (arid == due_id_q && arlen == due_len_q &&
                                             araddr == {54'b0, due_addr_q, 6'b0})));
      OneAddressAtOnce : assert (!(fetch_go && dma_go) && (!due_q || bus_go || !(fetch_go || dma_go)));
      BurstsAreInWholeBeats : assert (!arvalid || (arsize == 3'd3 && arburst == 2'b01));
      FetchWaitsForTheBus : assert (!fetch_ar_valid_i || fetch_ar_ready || (arvalid && !arready_i));
      DmaWaitsForFetchOnly : assert (!dma_ar_valid_i || dma_ar_ready || fetch_go ||
                                     (arvalid && !arready_i));
      BeatGoesToItsClient : assert (!(picked_q && !picked_behind_q) ||
          (id_q ? dma_r_valid && dma_r_last == last_q && dma_r_err == err_q &&
                  dma_r_data == {60'b0, data_q}
                : fetch_r_valid && fetch_r_last == last_q && fetch_r_err == err_q &&
                  fetch_r_data == {60'b0, data_q}));
      NoBeatTwice      : assert (!(fetch_r_valid && dma_r_valid) &&
                                 (fetch_r_valid || dma_r_valid) == (held_q != '0));
      RoomForTwoBeats  : assert (rready == (held_q < 3'd2));

      LemmaHeld   : assert (held_q == 3'(u_dut.u_r_skid.valid_q) + 3'(u_dut.u_r_skid.spare_valid_q));
      LemmaPicked : assert (!picked_q || (picked_behind_q
          ? u_dut.u_r_skid.spare_valid_q &&
            u_dut.u_r_skid.spare_q == {id_q, err_q, last_q, 60'b0, data_q}
          : u_dut.u_r_skid.valid_q));

      SeesDmaPassed   : cover (dma_waits_q && dma_go && due_q && !due_id_q);
      SeesBothIds     : cover (picked_q && picked_behind_q && id_q && fetch_out);
      SeesBackToBack  : cover (bus_go && fetch_go && due_id_q);
    end
  end

  logic unused_outputs;
  assign unused_outputs = ^{arlock, arcache, arprot, arqos, arregion};

endmodule
