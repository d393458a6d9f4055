// SPDX-License-Identifier: Apache-2.0
//
// sbuf_arbiter_proof: no SBUF bank is given twice, none is left idle that is wanted, and VectorE and
// DMA wait for each other no longer than one turn.
//
// Requests hold until granted, as the engines hold them; DMA asks again for the banks that it did not
// get. TensorE comes and goes as it likes: the bounds count the cycles in which it is not in the way.
module sbuf_arbiter_proof #(
  parameter int unsigned NumBanks = 4
) (
  input logic                clk_i,
  input logic                rst_ni,
  input logic [NumBanks-1:0] mov_banks_i,
  input logic [NumBanks-1:0] sta_banks_i,
  input logic [NumBanks-1:0] vrd_banks_i,
  input logic [NumBanks-1:0] drd_banks_i,
  input logic [NumBanks-1:0] vwr_banks_i,
  input logic [NumBanks-1:0] dwr_banks_i,
  input logic                twr_valid_i
);

  logic                sta_grant, vrd_grant, drd_grant, vwr_grant, dma_grant;
  logic [NumBanks-1:0] drd_banks;

  tn_sbuf_arbiter #(
    .NumBanks(NumBanks)
  ) u_dut (
    .clk_i, .rst_ni, .mov_banks_i, .sta_banks_i, .vrd_banks_i, .drd_banks_i, .vwr_banks_i,
    .dwr_banks_i, .twr_valid_i, .sta_grant_o(sta_grant), .vrd_grant_o(vrd_grant),
    .drd_banks_o(drd_banks), .drd_grant_o(drd_grant), .vwr_grant_o(vwr_grant),
    .dma_grant_o(dma_grant)
  );

  logic [NumBanks-1:0] sta_given, vrd_given, vwr_given, dwr_given, tensor;
  assign sta_given = sta_grant ? sta_banks_i : '0;
  assign vrd_given = vrd_grant ? vrd_banks_i : '0;
  assign vwr_given = vwr_grant ? vwr_banks_i : '0;
  assign dwr_given = dma_grant ? dwr_banks_i : '0;
  assign tensor    = mov_banks_i | sta_banks_i;

  logic                started_q = 1'b0;
  // Of the cycle before: what was not granted and is asked for again.
  logic [NumBanks-1:0] sta_again_q, vrd_again_q, drd_again_q, vwr_again_q, dwr_again_q;
  logic                twr_again_q;
  // Cycles that a request has waited although TensorE used none of its banks.
  logic [1:0]          vrd_waited_q, drd_waited_q, vwr_waited_q, dma_waited_q;

  function automatic logic [1:0] more(input logic [1:0] count);
    return (count == 2'd3) ? count : count + 2'd1;
  endfunction

  logic drd_asks, dma_asks;
  assign drd_asks = drd_banks_i != '0;
  assign dma_asks = dwr_banks_i != '0 || twr_valid_i;

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    if (!rst_ni) begin
      sta_again_q <= '0;
      vrd_again_q <= '0;
      drd_again_q <= '0;
      vwr_again_q <= '0;
      dwr_again_q <= '0;
      twr_again_q <= 1'b0;
      vrd_waited_q <= '0;
      drd_waited_q <= '0;
      vwr_waited_q <= '0;
      dma_waited_q <= '0;
    end else begin
      sta_again_q <= sta_grant ? '0 : sta_banks_i;
      vrd_again_q <= vrd_grant ? '0 : vrd_banks_i;
      drd_again_q <= drd_banks_i & ~drd_banks;
      vwr_again_q <= vwr_grant ? '0 : vwr_banks_i;
      dwr_again_q <= dma_grant ? '0 : dwr_banks_i;
      twr_again_q <= !dma_grant && twr_valid_i;
      if (vrd_banks_i == '0 || vrd_grant) vrd_waited_q <= '0;
      else if ((vrd_banks_i & tensor) == '0) vrd_waited_q <= more(vrd_waited_q);
      if (!drd_asks || drd_grant) drd_waited_q <= '0;
      else if ((drd_banks_i & tensor) == '0) drd_waited_q <= more(drd_waited_q);
      if (vwr_banks_i == '0 || vwr_grant) vwr_waited_q <= '0;
      else vwr_waited_q <= more(vwr_waited_q);
      if (!dma_asks || dma_grant) dma_waited_q <= '0;
      else dma_waited_q <= more(dma_waited_q);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!started_q) begin
      StartsInReset : assume (!rst_ni);
    end
    OneBankEach : assume ($onehot0(mov_banks_i) && $onehot0(sta_banks_i) && $onehot0(vrd_banks_i) &&
                          $onehot0(vwr_banks_i));
    OneKindOfDmaWrite : assume (!(twr_valid_i && dwr_banks_i != '0));
    if (started_q && rst_ni) begin
      RequestsHold : assume ((sta_again_q == '0 || sta_banks_i == sta_again_q) &&
                             (vrd_again_q == '0 || vrd_banks_i == vrd_again_q) &&
                             (drd_again_q == '0 || drd_banks_i == drd_again_q) &&
                             (vwr_again_q == '0 || vwr_banks_i == vwr_again_q) &&
                             (dwr_again_q == '0 || dwr_banks_i == dwr_again_q) &&
                             (!twr_again_q || twr_valid_i));

      NoBankReadTwice : assert ((mov_banks_i & sta_given) == '0 &&
                                ((mov_banks_i | sta_given) & (vrd_given | drd_banks)) == '0 &&
                                (vrd_given & drd_banks) == '0);
      NoBankWrittenTwice : assert ((vwr_given & dwr_given) == '0 &&
                                   !(vwr_given != '0 && twr_valid_i && dma_grant));
      OnlyWhatIsWanted   : assert ((drd_banks & ~drd_banks_i) == '0 &&
                                   drd_grant == (drd_banks == drd_banks_i));
      // A read that is refused meets another one in its bank, and the bank is used.
      NoReadBankIsIdle : assert (((sta_banks_i | vrd_banks_i | drd_banks_i) &
                                  ~(mov_banks_i | sta_banks_i | vrd_given | drd_banks)) == '0);
      NoWriteBankIsIdle : assert (vwr_grant || dma_grant);
      WritesPassAlone : assert ((vwr_grant || dma_asks) && (dma_grant || vwr_banks_i != '0));

      VectorReadWaitsOnce  : assert (vrd_waited_q <= 2'd1);
      DmaReadWaitsOnce     : assert (drd_waited_q <= 2'd1);
      VectorWriteWaitsOnce : assert (vwr_waited_q <= 2'd1);
      DmaWriteWaitsOnce    : assert (dma_waited_q <= 2'd1);

      LemmaVectorLost : assert (vrd_waited_q == 2'd0 || (vrd_again_q != '0 && !u_dut.rd_turn_q));
      LemmaDmaLost    : assert (drd_waited_q == 2'd0 ||
                                ($onehot(drd_again_q) && u_dut.rd_turn_q));
      LemmaVectorWrote : assert (vwr_waited_q == 2'd0 || (vwr_again_q != '0 && !u_dut.wr_turn_q));
      LemmaDmaWrote   : assert (dma_waited_q == 2'd0 ||
                                ((dwr_again_q != '0 || twr_again_q) && u_dut.wr_turn_q));

      SeesVectorLose : cover (vrd_waited_q == 2'd1);
      SeesDmaLose    : cover (drd_waited_q == 2'd1 && drd_grant);
      SeesDmaInParts : cover (drd_grant && $onehot(drd_again_q) && tensor != '0);
      SeesWritesMeet : cover (dma_waited_q == 2'd1 && twr_valid_i);
    end
  end

endmodule
