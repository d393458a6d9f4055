// SPDX-License-Identifier: Apache-2.0
//
// tn_sbuf_arbiter: which SBUF requests go ahead in this cycle. Combinational but for two turn bits.
//
// Read side: the moving operand always goes; the stationary operand unless the moving one uses its
// bank; then VectorE and DMA. VectorE uses one bank. DMA wants several and takes those that are free:
// its request is granted in the cycle in which it gets the last of them.
// Write side: VectorE in one bank; DMA lane words in the banks with an enabled byte; transposing DMA
// in one bank, but on the wires of VectorE, so that only one of these two goes.
// Where VectorE and DMA want the same, the one that lost the last such meeting goes first, but a
// request that TensorE blocks does not hold up the other.
module tn_sbuf_arbiter #(
  parameter int unsigned NumBanks = 8
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic [NumBanks-1:0] mov_banks_i,  // one-hot where valid, else zero; likewise below
  input  logic [NumBanks-1:0] sta_banks_i,
  input  logic [NumBanks-1:0] vrd_banks_i,
  input  logic [NumBanks-1:0] drd_banks_i,  // still wanted
  input  logic [NumBanks-1:0] vwr_banks_i,
  input  logic [NumBanks-1:0] dwr_banks_i,
  input  logic                twr_valid_i,
  output logic                sta_grant_o,  // meaningful where the request is valid; likewise below
  output logic                vrd_grant_o,
  output logic [NumBanks-1:0] drd_banks_o,  // given in this cycle
  output logic                drd_grant_o,  // all that were still wanted
  output logic                vwr_grant_o,
  output logic                dma_grant_o   // dwr or twr
);

  // 1: DMA goes first at the next meeting.
  logic rd_turn_q, wr_turn_q;

  logic [NumBanks-1:0] tensor_banks, vector_banks;
  logic vrd_free, rd_meet, wr_meet;

  assign sta_grant_o  = ((sta_banks_i & mov_banks_i) == '0);
  assign tensor_banks = mov_banks_i | sta_banks_i;

  assign vrd_free     = ((vrd_banks_i & tensor_banks) == '0);
  assign rd_meet      = vrd_free && ((vrd_banks_i & drd_banks_i) != '0);
  assign vrd_grant_o  = vrd_free && !(rd_meet && rd_turn_q);
  assign vector_banks = vrd_grant_o ? vrd_banks_i : '0;
  assign drd_banks_o  = drd_banks_i & ~tensor_banks & ~vector_banks;
  assign drd_grant_o  = (drd_banks_o == drd_banks_i);

  assign wr_meet     = ((vwr_banks_i & dwr_banks_i) != '0) || ((vwr_banks_i != '0) && twr_valid_i);
  assign vwr_grant_o = !(wr_meet && wr_turn_q);
  assign dma_grant_o = !(wr_meet && !wr_turn_q);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      rd_turn_q <= 1'b0;
      wr_turn_q <= 1'b0;
    end else begin
      rd_turn_q <= rd_turn_q ^ rd_meet;
      wr_turn_q <= wr_turn_q ^ wr_meet;
    end
  end

endmodule
