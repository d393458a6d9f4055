// SPDX-License-Identifier: Apache-2.0
//
// skid_proof: tn_skid loses, doubles and reorders nothing, and holds what it offers.
module skid_proof #(
  parameter int unsigned Width = 4
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic             in_valid_i,
  input logic [Width-1:0] in_data_i,
  input logic             out_ready_i,
  input logic             pick_i
);

  logic             in_ready, out_valid, take, give;
  logic [Width-1:0] out_data;

  tn_skid #(
    .Width(Width)
  ) u_dut (
    .clk_i, .rst_ni, .in_valid_i, .in_ready_o(in_ready), .in_data_i,
    .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data)
  );

  assign take = in_valid_i && in_ready;
  assign give = out_valid && out_ready_i;

  logic             started_q = 1'b0;
  logic [2:0]       held_q;              // words taken and not given
  logic             picked_q, behind_q;  // the picked word has one in front of it
  logic [Width-1:0] word_q, offered_q;
  logic             stays_q;

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    stays_q   <= started_q && rst_ni && out_valid && !out_ready_i;
    offered_q <= out_data;
    if (!rst_ni) begin
      held_q   <= '0;
      picked_q <= 1'b0;
    end else begin
      held_q <= held_q + 3'(take) - 3'(give);
      if (picked_q) begin
        if (give && !behind_q) picked_q <= 1'b0;
        if (give) behind_q <= 1'b0;
      end else if (pick_i && take) begin
        picked_q <= 1'b1;
        word_q   <= in_data_i;
        behind_q <= held_q != 3'(give);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!started_q) begin
      StartsInReset : assume (!rst_ni);
    end
    if (started_q && rst_ni) begin
      OrderIsKept   : assert (!(picked_q && !behind_q) || (out_valid && out_data == word_q));
      OfferHolds    : assert (!stays_q || (out_valid && out_data == offered_q));
      NothingIsLost : assert (out_valid == (held_q != '0) && held_q <= 3'd2);
      RoomIsUsed    : assert (in_ready == (held_q < 3'd2));

      LemmaHeld   : assert (held_q == 3'(u_dut.valid_q) + 3'(u_dut.spare_valid_q));
      LemmaPicked : assert (!picked_q || (behind_q ? u_dut.spare_valid_q && u_dut.spare_q == word_q
                                                   : u_dut.valid_q));

      SeesFull     : cover (held_q == 3'd2 && in_valid_i);
      SeesPassing  : cover (picked_q && !behind_q && take && give);
      SeesTheSpare : cover (picked_q && behind_q && give);
    end
  end

endmodule
