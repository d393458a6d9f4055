// SPDX-License-Identifier: Apache-2.0
//
// tn_stationary_loader: brings the stationary tiles of the passes from SBUF into the PE array.
//
// Fetch. Tiles are read ahead in the order of the passes (FP32 piece, partition row, column block)
// into TileSlots slots of a buffer, for as long as a slot is free. A granted request is one 8-byte
// word of every lane; of elements side by side it carries up to FetchCols columns (those of one entry
// of the buffer), otherwise one. Columns outside the instruction are skipped: what they compute is not
// written. SBUF may refuse a request for any time.
//
// Presentation. The array takes step s of a tile (LoadCols columns) only in a window that opens with
// the pass before and closes LoadCols*s cycles after the first vector. Hence steps are presented at
// fixed distances from the start of their pass: step s becomes due Offset(s) cycles after it, and may
// slip by as much as Margin(s) if steps of other passes are due in that cycle; the lower step goes
// first. Passes that start at least Steps cycles apart never miss a window (all sequences of starts
// have been walked through for the arrays below; StepInTime claims it), so passes of Steps vectors
// run without a gap although the steps of LoadCols tiles are then under way at once.
//
// tile_ready_o: a pass may start in this cycle. Its tile is fetched, as far as not late for its steps.

module tn_stationary_loader #(
  parameter int unsigned Rows     = 16,
  parameter int unsigned Cols     = 16,
  parameter int unsigned LoadCols = 4,   // columns of one step of the array: 1, 2 or 4
  localparam int unsigned Steps = Cols / LoadCols,
  localparam int unsigned StepW = (Steps > 1) ? $clog2(Steps) : 1
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic flush_i,

  input  logic                job_valid_i,
  output logic                job_done_o,
  input  tn_tensor_pkg::job_t job_i,

  input  logic pass_start_i,  // the pass of the next tile has its first read in the next cycle
  output logic tile_ready_o,

  output logic                  sta_valid_o,
  input  logic                  sta_ready_i,
  output tn_pkg::prow_t         sta_prow_o,
  output tn_pkg::off8_t         sta_off8_o,
  input  logic [Rows-1:0][63:0] sta_data_i,

  output logic                                ld_valid_o,
  output logic [StepW-1:0]                    ld_step_o,
  output tn_pkg::operand_fmt_e                ld_fmt_o,
  output logic                                ld_wide_o,
  output logic [Rows-1:0]                     ld_row_en_o,
  output logic [Rows-1:0][LoadCols-1:0][31:0] ld_data_o,
  output logic                                busy_o
);

  if (LoadCols != 1 && LoadCols != 2 && LoadCols != 4) begin : gen_check_load_cols
    $fatal(1, "tn_stationary_loader: LoadCols (%0d) must be 1, 2 or 4", LoadCols);
  end
  if (Cols % LoadCols != 0) begin : gen_check_cols
    $fatal(1, "tn_stationary_loader: LoadCols (%0d) must divide Cols (%0d)", LoadCols, Cols);
  end

  localparam int unsigned RowW      = $clog2(Rows);
  localparam int unsigned ColsM     = Cols - 1;
  // A word brings four columns of a 2-byte format, whatever the array loads in a cycle: an array of two
  // columns a cycle then leaves SBUF every other cycle to the other engines.
  localparam int unsigned FetchCols = (Cols % 4 == 0) ? 4 : LoadCols;
  localparam int unsigned Entries   = Cols / FetchCols;      // of the buffer, in a tile
  localparam int unsigned EntryW    = (Entries > 1) ? $clog2(Entries) : 1;
  localparam int unsigned Ratio     = FetchCols / LoadCols;  // steps in an entry
  localparam int unsigned LaneM     = FetchCols - 1;
  localparam int unsigned LaneW     = $clog2(FetchCols);
  // A slot is free again when its last step has been presented: with short passes the last LoadCols
  // tiles hold theirs, and reading ahead needs more.
  localparam int unsigned TileSlots = (Entries <= 4) ? 8 : 4;
  localparam int unsigned SlotW     = $clog2(TileSlots);
  localparam int unsigned Depth     = TileSlots * Entries;
  localparam int unsigned AddrW     = $clog2(Depth);
  typedef logic [SlotW:0] tile_t;  // a count of tiles, one bit more than a slot

  // From a granted request to the cycle in which its step may be presented.
  localparam int unsigned FetchLat = tn_pkg::SbufReadLat + 1;

  function automatic int unsigned margin(input int unsigned s);
    int unsigned tiles;
    tiles = LoadCols * s / Steps;
    return (tiles < Steps) ? tiles : Steps - 1;
  endfunction
  function automatic int unsigned offset(input int unsigned s);
    return 1 + LoadCols * s - margin(s);
  endfunction

  // ---- Fetch: walk over pieces, partition rows and columns ---------------------------------------

  logic [2:0]                piece_q;     // since the first of the job
  tn_pkg::prow_t             row_q;       // partition rows since the first of the job
  logic [6:0]                column_q;    // m
  tn_tensor_pkg::byte_addr_t next_addr_q;
  tile_t                     fetch_q;     // tiles fetched
  tile_t                     presented_q;

  tn_tensor_pkg::byte_addr_t addr;
  logic [2:0]                piece;
  tn_pkg::prow_t             first_row;
  tn_pkg::prow_t             last_row;
  tn_pkg::prow_t             row;
  logic [6:0]                physical;    // column of the array
  logic [EntryW-1:0]         entry;
  logic [2:0]                lane;        // first column within the entry
  logic                      dense;       // elements lie side by side
  logic [3:0]                in_word;     // elements from here to the end of the word
  logic [2:0]                in_entry;    // columns from here to the end of the entry
  logic [2:0]                run;         // columns of this request
  logic [7:0]                left;        // columns of the job still to come after the first of these
  logic                      granted;
  logic                      last_columns;
  logic                      tile_end;
  logic                      row_end;
  logic                      piece_end;

  assign addr         = (column_q == '0) ? job_i.sta.offset : next_addr_q;
  assign first_row    = tn_pkg::prow_t'(job_i.first_partition >> RowW);
  assign last_row     = tn_pkg::prow_t'(job_i.last_partition >> RowW);
  assign row          = first_row + row_q;
  assign physical     = (job_i.psum_partition + column_q) & 7'(ColsM);
  assign entry        = EntryW'(physical >> LaneW);
  assign lane         = 3'(physical & 7'(LaneM));
  assign dense        = job_i.sta.step0 == tn_tensor_pkg::byte_addr_t'(job_i.sta.bytes);
  assign in_word      = (4'd8 - {1'b0, addr[2:0]}) >> job_i.sta.bytes[2:1];
  assign in_entry     = 3'(FetchCols) - lane;
  assign left         = {1'b0, job_i.last_column} - {1'b0, column_q};

  always_comb begin
    run = 3'd1;
    if (dense) begin
      run = in_entry;
      if (in_word < {1'b0, run}) run = in_word[2:0];
      if (left < 8'(run)) run = left[2:0] + 3'd1;
    end
  end

  assign last_columns = left < 8'(run);
  assign tile_end     = last_columns || (entry == EntryW'(Entries - 1) && run == in_entry);
  assign row_end      = row == last_row;
  assign piece        = job_i.first_piece + piece_q;
  assign piece_end    = piece == job_i.last_piece;
  assign granted      = sta_valid_o && sta_ready_i;

  assign sta_valid_o = job_valid_i && tile_t'(fetch_q - presented_q) != tile_t'(TileSlots)
                       && !flush_i;
  assign sta_prow_o  = row;
  assign sta_off8_o  = addr[tn_tensor_pkg::ByteAddrW-1:3];
  assign job_done_o  = granted && last_columns && row_end && piece_end;
  assign busy_o      = granted;

  always_ff @(posedge clk_i) begin
    if (granted) begin
      next_addr_q <= addr + (dense ? tn_tensor_pkg::byte_addr_t'(run) << job_i.sta.bytes[2:1]
                                   : job_i.sta.step0);
    end
    if (!rst_ni || flush_i) begin
      piece_q  <= '0;
      row_q    <= '0;
      column_q <= '0;
      fetch_q  <= '0;
    end else if (granted) begin
      column_q <= last_columns ? '0 : column_q + 7'(run);
      if (tile_end) fetch_q <= fetch_q + 1'b1;
      if (last_columns) begin
        row_q <= row_end ? '0 : row_q + 1'b1;
        if (row_end) piece_q <= piece_end ? '0 : piece_q + 1'b1;
      end
    end
  end

  // What all steps of a tile share, by slot.
  typedef struct packed {
    tn_pkg::operand_fmt_e fmt;
    logic                 wide;
    logic [RowW-1:0]      first_lane;
    logic [RowW-1:0]      last_lane;
  } tile_info_t;
  tile_info_t infos_q [TileSlots];
  tile_info_t info;

  always_comb begin
    if (job_i.transpose) info.fmt = tn_tensor_pkg::raw_piece(job_i.sta.bytes, piece);
    else info.fmt = job_i.pieces ? tn_tensor_pkg::sta_piece(piece) : job_i.sta.fmt;
    info.wide       = job_i.mode == tn_pkg::PairWide;
    info.first_lane = (row_q == '0) ? job_i.first_partition[RowW-1:0] : '0;
    info.last_lane  = row_end ? job_i.last_partition[RowW-1:0] : RowW'(Rows - 1);
  end
  always_ff @(posedge clk_i) begin
    if (granted && tile_end) infos_q[fetch_q[SlotW-1:0]] <= info;
  end

  // ---- The word comes back: each column into its place of the buffer ------------------------------

  function automatic logic [AddrW-1:0] place(input logic [SlotW-1:0] slot,
                                             input logic [EntryW-1:0] which);
    return AddrW'(32'(slot) * Entries + 32'(which));
  endfunction

  typedef struct packed {
    logic [AddrW-1:0]     address;
    logic [FetchCols-1:0] lanes;  // columns that the word carries
    logic [2:0]           base;   // byte of the element for column 0 of the entry, modulo 8
    logic [2:0]           bytes;
    logic                 drop13;
  } tag_t;

  tag_t tag;
  tag_t tag1_q;
  tag_t tag2_q;
  logic tag1_valid_q;
  logic tag2_valid_q;

  always_comb begin
    tag.address = place(fetch_q[SlotW-1:0], entry);
    tag.lanes   = FetchCols'(((8'd1 << run) - 8'd1) << lane);
    tag.base    = addr[2:0] - 3'(lane << job_i.sta.bytes[2:1]);
    tag.bytes   = job_i.sta.bytes;
    tag.drop13  = job_i.sta.drop13;
  end

  // Elements lie on multiples of their size, so that the upper bytes have fewer places to come from.
  function automatic logic [31:0] element(input logic [63:0] word, input logic [2:0] position,
                                          input logic drop13);
    logic [7:0]  low;
    logic [7:0]  second;
    logic [15:0] high;
    low    = word[{position, 3'd0} +: 8];
    second = word[{position[2:1], 4'd8} +: 8];
    high   = word[{position[2], 5'd16} +: 16];
    return {high, second, low} & {19'h7ffff, {13{!drop13}}};
  endfunction

  logic [FetchCols-1:0][Rows-1:0][31:0] stored;  // the entry of the step presented in this cycle
  logic [AddrW-1:0]                     present_address;

  for (genvar l = 0; l < FetchCols; l++) begin : gen_lane
    logic [Rows-1:0][31:0] columns_q [Depth];
    logic [2:0]            position;
    assign position  = tag2_q.base + 3'(32'(tag2_q.bytes) * l);
    assign stored[l] = columns_q[present_address];
    always_ff @(posedge clk_i) begin
      if (tag2_valid_q && tag2_q.lanes[l]) begin : write
        automatic logic [Rows-1:0][31:0] columns;
        for (int unsigned r = 0; r < Rows; r++) begin
          columns[r] = element(sta_data_i[r], position, tag2_q.drop13);
        end
        columns_q[tag2_q.address] <= columns;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (granted) tag1_q <= tag;
    if (tag1_valid_q) tag2_q <= tag1_q;
    if (!rst_ni) begin
      tag1_valid_q <= 1'b0;
      tag2_valid_q <= 1'b0;
    end else begin
      tag1_valid_q <= granted;
      tag2_valid_q <= tag1_valid_q;
    end
  end

  // ---- Which passes may start ---------------------------------------------------------------------

  localparam int unsigned GapW = $clog2(Steps + 1);
  tile_t           startable_q;  // tiles that wait for their pass
  logic [GapW-1:0] gap_q;        // cycles until the next pass may start
  logic            late1_q;      // a tile whose last entry is due so soon that it must rest first
  logic            late2_q;
  logic            late;
  logic            complete;

  // A step must have been granted FetchLat cycles before it can become due. Entries are granted in order,
  // and their steps become due no sooner one after the other than they are granted, so a tile that ends
  // in entry 2 or beyond may start with the grant of its last word, although step 0 is due in the next
  // cycle; shorter ones rest for FetchLat - 1 cycles. Tiles do not overtake.
  assign late         = 32'(entry) + 1 < FetchLat || late1_q || late2_q;
  assign complete     = (granted && tile_end && !late) || late2_q;
  assign tile_ready_o = (startable_q != '0 || complete) && gap_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || flush_i) begin
      startable_q <= '0;
      gap_q       <= '0;
      late1_q     <= 1'b0;
      late2_q     <= 1'b0;
    end else begin
      startable_q <= startable_q + tile_t'(complete) - tile_t'(pass_start_i);
      late1_q     <= granted && tile_end && late;
      late2_q     <= late1_q;
      if (pass_start_i) gap_q <= GapW'(Steps - 1);
      else if (gap_q != '0) gap_q <= gap_q - 1'b1;
    end
  end

  // ---- Presentation -------------------------------------------------------------------------------

  localparam int unsigned Reach = LoadCols * (Steps - 1) + 1;  // the last deadline
  logic [Reach-1:0]             starts_q;   // bit k: a pass started k + 1 cycles ago
  logic [Steps-1:0]             waiting_q;
  logic [Steps-1:0]             due;
  logic [Steps-1:0]             chosen;     // one of them
  logic [StepW-1:0]             chosen_step;
  logic [Steps-1:0][SlotW-1:0]  slots_q;    // of the next tile, by step
  logic [SlotW-1:0]             chosen_slot;
  tile_info_t                   chosen_info;

  always_comb begin
    chosen_step = '0;
    chosen_slot = '0;
    for (int unsigned s = 0; s < Steps; s++) begin
      due[s] = waiting_q[s] || starts_q[offset(s)-1];
    end
    chosen = due & (~due + Steps'(1));
    for (int unsigned s = 0; s < Steps; s++) begin
      if (chosen[s]) begin
        chosen_step |= StepW'(s);
        chosen_slot |= slots_q[s];
      end
    end
  end
  assign present_address = place(chosen_slot, EntryW'(32'(chosen_step) / Ratio));
  assign chosen_info     = infos_q[chosen_slot];

  always_ff @(posedge clk_i) begin
    if (due != '0) begin
      ld_step_o   <= chosen_step;
      ld_fmt_o    <= chosen_info.fmt;
      ld_wide_o   <= chosen_info.wide;
      ld_row_en_o <= ({Rows{1'b1}} << chosen_info.first_lane)
                     & ({Rows{1'b1}} >> (RowW'(Rows - 1) - chosen_info.last_lane));
      for (int unsigned r = 0; r < Rows; r++) begin
        for (int unsigned l = 0; l < LoadCols; l++) begin
          ld_data_o[r][l] <= stored[(32'(chosen_step) % Ratio) * LoadCols + l][r];
        end
      end
    end
    if (!rst_ni || flush_i) begin
      starts_q    <= '0;
      waiting_q   <= '0;
      slots_q     <= '0;
      presented_q <= '0;
      ld_valid_o  <= 1'b0;
    end else begin
      starts_q   <= Reach'({starts_q, pass_start_i});
      waiting_q  <= due & ~chosen;
      ld_valid_o <= due != '0;
      for (int unsigned s = 0; s < Steps; s++) begin
        if (chosen[s]) slots_q[s] <= slots_q[s] + 1'b1;
      end
      if (chosen[Steps-1]) presented_q <= presented_q + 1'b1;
`ifndef SYNTHESIS
      StartHasTile : assert (!pass_start_i || tile_ready_o);
      for (int unsigned s = 0; s < Steps; s++) begin
        OneTileAStep : assert (!(waiting_q[s] && starts_q[offset(s)-1]));
        StepInTime : assert (!(starts_q[LoadCols*s] && due[s] && !chosen[s]));
      end
`endif
    end
  end

  logic unused_job;
  assign unused_job = ^job_i;

endmodule
