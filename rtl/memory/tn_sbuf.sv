// SPDX-License-Identifier: Apache-2.0
//
// tn_sbuf: the state buffer, Partitions x SbufBytes bytes in Lanes physical lanes.
//
// Partition p lies in lane p mod Lanes, row p div Lanes. A lane word is one bus beat (BusBytes
// bytes), split into BusBytes/8 banks of 8 bytes, so bank = (offset div 8) mod NumBanks. An engine
// port reads or writes 8 bytes in every lane at one offset, i.e. one bank; a DMA port one whole word
// of one lane, i.e. all banks; the transposing write port of DMA is like an engine's. A DMA word may
// also hold 2 or 4 rows side by side (rows_log2): row j is part `part` (a half, a quarter) of the word
// in lane + j, lane being a multiple of 2 or 4; it uses the banks of that part alone. Writing, a row is
// enabled by its first byte.
//
// Each bank has one read and one write address a cycle. Read priority: moving operand (always
// granted), stationary operand, then VectorE and DMA in turn; write: VectorE and DMA in turn, and
// dwr and twr never come together. A request is done in the cycle of valid && ready; read data are
// valid SbufReadLat = 2 cycles later. They hold until the next read of that port, but those of DMA
// for one cycle. A read in the cycle of a write to the same bytes returns the old ones.
// A DMA read gets its banks as they are free, ready with the last: TensorE reading another bank in
// each cycle delays it by a cycle and no more. Until then the request holds; one that is withdrawn
// is followed by a cycle without. Contents are not reset.
//
// Does not check ranges: engines do, before they start; here only an assertion watches.
module tn_sbuf #(
  parameter int unsigned Partitions = 128,
  parameter int unsigned Lanes      = 16,
  parameter int unsigned BusBytes   = 64,
  parameter int unsigned SbufBytes  = 16384,  // per partition
  localparam int unsigned LaneW = $clog2(Lanes),
  localparam int unsigned Words = SbufBytes / BusBytes,
  localparam int unsigned WordW = $clog2(Words)
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,
  // TensorE, moving operand
  input  logic                     mov_valid_i,
  input  tn_pkg::prow_t            mov_prow_i,
  input  tn_pkg::off8_t            mov_off8_i,
  output logic [Lanes-1:0][63:0]   mov_data_o,
  // TensorE, stationary operand
  input  logic                     sta_valid_i,
  output logic                     sta_ready_o,
  input  tn_pkg::prow_t            sta_prow_i,
  input  tn_pkg::off8_t            sta_off8_i,
  output logic [Lanes-1:0][63:0]   sta_data_o,
  // VectorE
  input  logic                     vrd_valid_i,
  output logic                     vrd_ready_o,
  input  tn_pkg::prow_t            vrd_prow_i,
  input  tn_pkg::off8_t            vrd_off8_i,
  output logic [Lanes-1:0][63:0]   vrd_data_o,
  input  logic                     vwr_valid_i,
  output logic                     vwr_ready_o,
  input  tn_pkg::prow_t            vwr_prow_i,
  input  tn_pkg::off8_t            vwr_off8_i,
  input  logic [Lanes-1:0][63:0]   vwr_data_i,
  input  logic [Lanes-1:0][7:0]    vwr_be_i,
  // DMA
  input  logic                     drd_valid_i,
  output logic                     drd_ready_o,
  input  logic [LaneW-1:0]         drd_lane_i,
  input  tn_pkg::prow_t            drd_prow_i,
  input  logic [WordW-1:0]         drd_word_i,
  input  logic [1:0]               drd_rows_log2_i,
  input  logic [1:0]               drd_part_i,
  output logic [BusBytes*8-1:0]    drd_data_o,
  input  logic                     dwr_valid_i,
  output logic                     dwr_ready_o,
  input  logic [LaneW-1:0]         dwr_lane_i,
  input  tn_pkg::prow_t            dwr_prow_i,
  input  logic [WordW-1:0]         dwr_word_i,
  input  logic [1:0]               dwr_rows_log2_i,
  input  logic [1:0]               dwr_part_i,
  input  logic [BusBytes*8-1:0]    dwr_data_i,
  input  logic [BusBytes-1:0]      dwr_be_i,
  // DMA, transposing
  input  logic                     twr_valid_i,
  output logic                     twr_ready_o,
  input  tn_pkg::prow_t            twr_prow_i,
  input  tn_pkg::off8_t            twr_off8_i,
  input  logic [Lanes-1:0][63:0]   twr_data_i,
  input  logic [Lanes-1:0][7:0]    twr_be_i
);

  if (Lanes < 2 || Partitions % Lanes != 0 || Partitions / Lanes > 128) begin : gen_check_lanes
    $fatal(1, "tn_sbuf: Lanes (%0d) must be at least 2 and divide Partitions (%0d)", Lanes,
           Partitions);
  end
  if (BusBytes < 8 || (BusBytes & (BusBytes - 1)) != 0) begin : gen_check_bus
    $fatal(1, "tn_sbuf: BusBytes (%0d) must be a power of two, at least 8", BusBytes);
  end
  if (SbufBytes % BusBytes != 0 || Words < 2 || SbufBytes > 8 * 32768) begin : gen_check_bytes
    $fatal(1, "tn_sbuf: SbufBytes (%0d) must be a multiple of BusBytes (%0d), up to 256 KiB",
           SbufBytes, BusBytes);
  end

  localparam int unsigned NumBanks = BusBytes / 8;
  localparam int unsigned BankW    = (NumBanks > 1) ? $clog2(NumBanks) : 1;
  localparam int unsigned Depth    = (Partitions / Lanes) * Words;  // of one bank in one lane
  localparam int unsigned AddrW    = $clog2(Depth);

  typedef logic [AddrW-1:0]    addr_t;
  typedef logic [BankW-1:0]    bank_t;
  typedef logic [NumBanks-1:0] banks_t;

  function automatic addr_t word_addr(input tn_pkg::prow_t prow, input logic [31:0] word);
    return addr_t'(32'(prow) * Words + word);
  endfunction

  function automatic addr_t off8_addr(input tn_pkg::prow_t prow, input tn_pkg::off8_t off8);
    return word_addr(prow, 32'(off8) / NumBanks);
  endfunction

  function automatic bank_t off8_bank(input tn_pkg::off8_t off8);
    return bank_t'(32'(off8) % NumBanks);
  endfunction

  function automatic banks_t one_bank(input logic valid, input tn_pkg::off8_t off8);
    return valid ? (banks_t'(1) << off8_bank(off8)) : '0;
  endfunction

  // Words of several rows: of 2^r rows each has RowBanks(r) banks, and a group of lanes holds them.
  localparam int unsigned MaxRowsLog2 = (NumBanks >= 4 && Lanes % 4 == 0) ? 2 :
                                        (NumBanks >= 2 && Lanes % 2 == 0) ? 1 : 0;
  localparam int unsigned Group       = 1 << MaxRowsLog2;

  function automatic banks_t part_banks(input logic [1:0] rows_log2, input logic [1:0] part);
    banks_t banks;
    banks = '1;
    for (int unsigned r = 1; r <= MaxRowsLog2; r++) begin
      if (rows_log2 == 2'(r)) begin
        for (int unsigned k = 0; k < NumBanks; k++) begin
          banks[k] = (k / (NumBanks >> r) == 32'(part));
        end
      end
    end
    return banks;
  endfunction

  // ------------------------------------------------------------------------------- arbitration
  banks_t mov_banks, sta_banks, vrd_banks, vwr_banks, dwr_banks, dwr_used;
  banks_t drd_wanted, drd_banks, drd_done_q;  // drd_done_q: banks that the DMA read has been given before
  logic   sta_grant, vrd_grant, drd_grant, vwr_grant, dma_grant;

  assign mov_banks = one_bank(mov_valid_i, mov_off8_i);
  assign sta_banks = one_bank(sta_valid_i, sta_off8_i);
  assign vrd_banks = one_bank(vrd_valid_i, vrd_off8_i);
  assign vwr_banks = one_bank(vwr_valid_i, vwr_off8_i);

  for (genvar k = 0; k < NumBanks; k++) begin : gen_dwr_banks
    assign dwr_used[k] = (dwr_be_i[k*8 +: 8] != '0);
  end
  assign dwr_banks = !dwr_valid_i            ? '0 :
                     (dwr_rows_log2_i == '0) ? dwr_used : part_banks(dwr_rows_log2_i, dwr_part_i);
  assign drd_wanted = drd_valid_i ? part_banks(drd_rows_log2_i, drd_part_i) & ~drd_done_q : '0;

  tn_sbuf_arbiter #(
    .NumBanks(NumBanks)
  ) u_arbiter (
    .clk_i,
    .rst_ni,
    .mov_banks_i(mov_banks),
    .sta_banks_i(sta_banks),
    .vrd_banks_i(vrd_banks),
    .drd_banks_i(drd_wanted),
    .vwr_banks_i(vwr_banks),
    .dwr_banks_i(dwr_banks),
    .twr_valid_i,
    .sta_grant_o(sta_grant),
    .vrd_grant_o(vrd_grant),
    .drd_banks_o(drd_banks),
    .drd_grant_o(drd_grant),
    .vwr_grant_o(vwr_grant),
    .dma_grant_o(dma_grant)
  );

  assign sta_ready_o = sta_grant;
  assign vrd_ready_o = vrd_grant;
  assign drd_ready_o = drd_grant;
  assign vwr_ready_o = vwr_grant;
  assign dwr_ready_o = dma_grant;
  assign twr_ready_o = dma_grant;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || !drd_valid_i || drd_grant) begin
      drd_done_q <= '0;
    end else begin
      drd_done_q <= drd_done_q | drd_banks;
    end
  end

  logic sta_go, vrd_go, vwr_go, dwr_go, twr_go;
  assign sta_go = sta_valid_i && sta_grant;
  assign vrd_go = vrd_valid_i && vrd_grant;
  assign vwr_go = vwr_valid_i && vwr_grant;
  assign dwr_go = dwr_valid_i && dma_grant;
  assign twr_go = twr_valid_i && dma_grant;

  // -------------------------------------------------------------------- one address for each bank
  addr_t mov_addr, sta_addr, vrd_addr, drd_addr, ewr_addr, dwr_addr;
  assign mov_addr = off8_addr(mov_prow_i, mov_off8_i);
  assign sta_addr = off8_addr(sta_prow_i, sta_off8_i);
  assign vrd_addr = off8_addr(vrd_prow_i, vrd_off8_i);
  assign drd_addr = word_addr(drd_prow_i, 32'(drd_word_i));
  assign dwr_addr = word_addr(dwr_prow_i, 32'(dwr_word_i));

  // One of VectorE and transposing DMA writes a bank of all lanes.
  banks_t                 ewr_banks;
  logic [Lanes-1:0][63:0] ewr_data;
  logic [Lanes-1:0][7:0]  ewr_be;
  assign ewr_addr  = twr_go ? off8_addr(twr_prow_i, twr_off8_i) : off8_addr(vwr_prow_i, vwr_off8_i);
  assign ewr_banks = twr_go ? one_bank(1'b1, twr_off8_i) : one_bank(vwr_go, vwr_off8_i);
  assign ewr_data  = twr_go ? twr_data_i : vwr_data_i;
  assign ewr_be    = twr_go ? twr_be_i : vwr_be_i;

  // Unpacked, or Verilator joins all banks into one vector in every cycle.
  logic [Lanes-1:0][63:0] rd_data [NumBanks];

  for (genvar k = 0; k < NumBanks; k++) begin : gen_bank
    // An engine accesses all lanes, DMA one: its word goes to all, with enables in one.
    logic  engine_read, engine_write, dma_write;
    addr_t rd_addr;
    logic [Lanes-1:0][7:0]  wr_be;
    logic [Lanes-1:0][63:0] wr_data;

    assign engine_read  = mov_banks[k] || (sta_banks[k] && sta_go) || (vrd_banks[k] && vrd_go);
    assign engine_write = ewr_banks[k];
    assign dma_write    = dwr_banks[k] && dwr_go;
    assign rd_addr = mov_banks[k]             ? mov_addr :
                     sta_banks[k]             ? sta_addr :
                     (vrd_banks[k] && vrd_go) ? vrd_addr : drd_addr;

    always_comb begin
      wr_be   = ewr_be;
      wr_data = ewr_data;
      if (dma_write) begin  // never with engine_write
        wr_be             = '0;
        wr_be[dwr_lane_i] = dwr_be_i[k*8 +: 8];
        for (int unsigned l = 0; l < Lanes; l++) begin
          wr_data[l] = dwr_data_i[k*64 +: 64];
        end
        for (int unsigned r = 1; r <= MaxRowsLog2; r++) begin
          if (dwr_rows_log2_i == 2'(r)) begin
            for (int unsigned l = 0; l < Lanes; l++) begin
              wr_be[l]   = {8{(32'(dwr_lane_i) >> r == l >> r) &&
                              dwr_be_i[(l % (1 << r)) * (BusBytes >> r)]}};
              wr_data[l] = dwr_data_i[((l % (1 << r)) * (NumBanks >> r) +
                                       k % (NumBanks >> r)) * 64 +: 64];
            end
          end
        end
      end
    end

    tn_ram_1r1w #(
      .Width(Lanes * 64),
      .Depth(Depth)
    ) u_ram (
      .clk_i,
      .rd_en_i  (engine_read || drd_banks[k]),
      .rd_addr_i(rd_addr),
      .rd_data_o(rd_data[k]),
      .wr_en_i  (engine_write || dma_write),
      .wr_addr_i(engine_write ? ewr_addr : dwr_addr),
      .wr_be_i  (wr_be),
      .wr_data_i(wr_data)
    );
  end

  // ----------------------------------------------------- second cycle: pick the bank or the lane
  logic   mov_valid_q, sta_valid_q, vrd_valid_q;
  banks_t drd_banks_q;
  bank_t  mov_bank_q, sta_bank_q, vrd_bank_q;
  logic [LaneW-1:0] drd_lane_q;
  logic [1:0]       drd_rows_log2_q, drd_part_q;
  logic [Lanes-1:0][63:0]    mov_data_q, sta_data_q, vrd_data_q;
  logic [NumBanks-1:0][63:0] drd_data_q;

  // Eight bytes of a DMA word are those of a bank and a lane; the lane's group is chosen first.
  typedef logic [(MaxRowsLog2 > 0 ? MaxRowsLog2 : 1)-1:0] member_t;
  logic [Group-1:0][63:0]  drd_group [NumBanks];
  bank_t   [NumBanks-1:0]  drd_bank;
  member_t [NumBanks-1:0]  drd_member;

  always_comb begin
    for (int unsigned k = 0; k < NumBanks; k++) begin
      drd_group[k]  = rd_data[k][32'(drd_lane_q) / Group * Group +: Group];
      drd_bank[k]   = bank_t'(k);
      drd_member[k] = member_t'(32'(drd_lane_q) % Group);
      for (int unsigned r = 1; r <= MaxRowsLog2; r++) begin
        if (drd_rows_log2_q == 2'(r)) begin
          drd_bank[k]   = bank_t'(32'(drd_part_q) * (NumBanks >> r) + k % (NumBanks >> r));
          drd_member[k] = member_t'(32'(drd_lane_q) % Group + k / (NumBanks >> r));
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      mov_valid_q <= 1'b0;
      sta_valid_q <= 1'b0;
      vrd_valid_q <= 1'b0;
      drd_banks_q <= '0;
    end else begin
      mov_valid_q <= mov_valid_i;
      sta_valid_q <= sta_go;
      vrd_valid_q <= vrd_go;
      drd_banks_q <= drd_banks;
    end
  end

  always_ff @(posedge clk_i) begin
    mov_bank_q <= off8_bank(mov_off8_i);
    sta_bank_q <= off8_bank(sta_off8_i);
    vrd_bank_q <= off8_bank(vrd_off8_i);
    drd_lane_q <= drd_lane_i;
    drd_rows_log2_q <= drd_rows_log2_i;
    drd_part_q      <= drd_part_i;
    if (mov_valid_q) begin
      mov_data_q <= rd_data[mov_bank_q];
    end
    if (sta_valid_q) begin
      sta_data_q <= rd_data[sta_bank_q];
    end
    if (vrd_valid_q) begin
      vrd_data_q <= rd_data[vrd_bank_q];
    end
    for (int unsigned k = 0; k < NumBanks; k++) begin
      if (drd_banks_q[drd_bank[k]]) begin
        drd_data_q[k] <= drd_group[drd_bank[k]][drd_member[k]];
      end
    end
  end

  assign mov_data_o = mov_data_q;
  assign sta_data_o = sta_data_q;
  assign vrd_data_o = vrd_data_q;
  assign drd_data_o = drd_data_q;

`ifndef SYNTHESIS
  localparam int unsigned Rows = Partitions / Lanes;
  function automatic logic in_range(input tn_pkg::prow_t prow, input tn_pkg::off8_t off8);
    return 32'(prow) < Rows && 32'(off8) < SbufBytes / 8;
  endfunction

  function automatic logic rows_fit(input logic [1:0] rows_log2, input logic [1:0] part,
                                    input logic [LaneW-1:0] lane);
    return rows_log2 == '0 || (32'(rows_log2) <= MaxRowsLog2 && 32'(part) < (1 << rows_log2) &&
                               32'(lane) % (1 << rows_log2) == 0);
  endfunction

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      MovingInRange     : assert (!mov_valid_i || in_range(mov_prow_i, mov_off8_i));
      StationaryInRange : assert (!sta_valid_i || in_range(sta_prow_i, sta_off8_i));
      VectorReadInRange : assert (!vrd_valid_i || in_range(vrd_prow_i, vrd_off8_i));
      VectorWriteInRange: assert (!vwr_valid_i || in_range(vwr_prow_i, vwr_off8_i));
      DmaReadInRange : assert (!drd_valid_i || (32'(drd_prow_i) < Rows && 32'(drd_word_i) < Words));
      DmaWriteInRange: assert (!dwr_valid_i || (32'(dwr_prow_i) < Rows && 32'(dwr_word_i) < Words));
      TransposeInRange: assert (!twr_valid_i || in_range(twr_prow_i, twr_off8_i));
      OneDmaWrite     : assert (!dwr_valid_i || !twr_valid_i);
      RowsInTheirLanes: assert ((!dwr_valid_i || rows_fit(dwr_rows_log2_i, dwr_part_i, dwr_lane_i)) &&
                                (!drd_valid_i || rows_fit(drd_rows_log2_i, drd_part_i, drd_lane_i)));
    end
  end
`endif

endmodule
