// SPDX-License-Identifier: Apache-2.0
//
// tn_fetcher: reads lines of 64 bytes (an instruction, a header, a part of a launch record) for the
// launcher and the sequencers through one AXI read client.
//
// A request is a number of lines at a 64-byte aligned address; it is cut where it meets a 4 KiB
// boundary. Requests are served round robin; several bursts are outstanding, and because all carry
// one ID their lines come back in the order of the requests. There is no back-pressure on the
// lines: a client only asks for what it has room for. Latency: a request reaches ar_valid_o one
// cycle after it is accepted, a line follows its last beat by one cycle. It neither retries nor
// reports bus errors: the line carries line_err_o and the client decides.

module tn_fetcher #(
  parameter int unsigned NumClients  = 4,
  parameter int unsigned BusBytes    = 64,
  parameter int unsigned Outstanding = 16,  // bursts
  localparam int unsigned LinesW = 5
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic [NumClients-1:0]             req_valid_i,
  output logic [NumClients-1:0]             req_ready_o,
  input  logic [NumClients-1:0][63:0]       req_address_i,
  input  logic [NumClients-1:0][LinesW-1:0] req_lines_i,  // 1 to 16

  output logic [NumClients-1:0] line_valid_o,
  output logic [511:0]          line_data_o,
  output logic                  line_err_o,  // a beat of this line had an error response

  output logic idle_o,  // nothing requested, nothing in flight

  output logic                  ar_valid_o,
  input  logic                  ar_ready_i,
  output logic [63:0]           ar_addr_o,
  output logic [7:0]            ar_len_o,
  input  logic                  r_valid_i,
  output logic                  r_ready_o,
  input  logic [BusBytes*8-1:0] r_data_i,
  input  logic                  r_last_i,
  input  logic                  r_err_i
);

  if (BusBytes < 8 || BusBytes > 64 || (BusBytes & (BusBytes - 1)) != 0) begin : gen_check_bus
    $fatal(1, "tn_fetcher: BusBytes (%0d) must be 8, 16, 32 or 64", BusBytes);
  end
  if (NumClients < 2 || Outstanding < 2 || (Outstanding & (Outstanding - 1)) != 0) begin
    : gen_check_sizes
    $fatal(1, "tn_fetcher: NumClients (%0d) >= 2, Outstanding (%0d) a power of two", NumClients,
           Outstanding);
  end

  localparam int unsigned BeatsPerLine = 64 / BusBytes;
  localparam int unsigned BeatW = BeatsPerLine > 1 ? $clog2(BeatsPerLine) : 1;
  localparam int unsigned ClientW = $clog2(NumClients);
  localparam int unsigned SlotW = $clog2(Outstanding);

  typedef struct packed {
    logic [ClientW-1:0] client;
    logic [LinesW-1:0]  lines;
  } burst_t;

  // ----------------------------------------------------------------------------------------------
  // Requests: one is cut into bursts while the next waits.

  logic [NumClients-1:0] after_last_q;
  logic [NumClients-1:0] grant;
  logic [ClientW-1:0]    grant_client;
  logic                  accept;

  logic               cur_valid_q;
  logic [ClientW-1:0] cur_client_q;
  logic [63:0]        cur_address_q;
  logic [LinesW-1:0]  cur_lines_q;

  function automatic logic [NumClients-1:0] first_of(input logic [NumClients-1:0] requests);
    return requests & (~requests + NumClients'(1));
  endfunction

  always_comb begin
    grant        = '0;
    grant_client = '0;
    if (req_valid_i != '0) begin
      grant = (req_valid_i & after_last_q) != '0 ? first_of(req_valid_i & after_last_q)
                                                 : first_of(req_valid_i);
      for (int unsigned client = 0; client < NumClients; client++) begin
        if (grant[client]) grant_client |= ClientW'(client);
      end
    end
  end

  logic [6:0]        lines_to_boundary;  // 1 to 64
  logic [LinesW-1:0] burst_lines;
  logic              burst_done;
  logic              request_done;
  logic              order_full;

  assign lines_to_boundary = 7'd64 - {1'b0, cur_address_q[11:6]};
  assign burst_lines =
      7'(cur_lines_q) <= lines_to_boundary ? cur_lines_q : lines_to_boundary[LinesW-1:0];
  assign burst_done = ar_valid_o && ar_ready_i;
  assign request_done = burst_done && burst_lines == cur_lines_q;

  assign accept = !cur_valid_q || request_done;
  assign req_ready_o = accept ? grant : '0;

  assign ar_valid_o = cur_valid_q && !order_full;
  assign ar_addr_o = cur_address_q;
  assign ar_len_o = 8'(int'(burst_lines) * int'(BeatsPerLine) - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      cur_valid_q  <= 1'b0;
      after_last_q <= '0;
    end else begin
      if (accept) begin
        cur_valid_q <= grant != '0;
        if (grant != '0) begin
          after_last_q  <= ~(grant | (grant - NumClients'(1)));
          cur_client_q  <= grant_client;
          cur_address_q <= req_address_i[grant_client];
          cur_lines_q   <= req_lines_i[grant_client];
        end
      end else if (burst_done) begin
        cur_address_q <= cur_address_q + {53'b0, burst_lines, 6'b0};
        cur_lines_q   <= cur_lines_q - burst_lines;
      end
    end
  end

  // ----------------------------------------------------------------------------------------------
  // Bursts in flight, oldest first.

  burst_t         order_q [Outstanding];
  logic [SlotW:0] order_head_q, order_tail_q;
  logic           order_empty;
  logic           line_last_beat;
  logic           burst_last_line;

  assign order_empty = order_head_q == order_tail_q;
  assign order_full = order_head_q[SlotW-1:0] == order_tail_q[SlotW-1:0] && !order_empty;

  logic [BeatW-1:0]  beat_q;
  logic [LinesW-1:0] line_q;  // lines of the oldest burst received so far
  logic              err_q;   // an earlier beat of this line had an error

  burst_t oldest;
  assign oldest = order_q[order_head_q[SlotW-1:0]];
  assign line_last_beat = int'(beat_q) == int'(BeatsPerLine) - 1;
  assign burst_last_line = line_q + LinesW'(1) == oldest.lines;
  assign r_ready_o = 1'b1;

  logic [NumClients-1:0] line_valid_q;
  logic [511:0]          line_data_q;
  logic                  line_err_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      order_head_q <= '0;
      order_tail_q <= '0;
      beat_q       <= '0;
      line_q       <= '0;
      err_q        <= 1'b0;
      line_valid_q <= '0;
    end else begin
      if (burst_done) begin
        order_q[order_tail_q[SlotW-1:0]] <= '{client: cur_client_q, lines: burst_lines};
        order_tail_q <= order_tail_q + (SlotW + 1)'(1);
      end
      if (line_valid_q != '0) line_valid_q <= '0;
      if (r_valid_i && !order_empty) begin
        line_data_q[int'(beat_q)*int'(BusBytes)*8+:BusBytes*8] <= r_data_i;
        beat_q <= line_last_beat ? '0 : beat_q + BeatW'(1);
        err_q  <= !line_last_beat && (err_q || r_err_i);
        if (line_last_beat) begin
          line_valid_q[oldest.client] <= 1'b1;
          line_err_q <= err_q || r_err_i;
          line_q     <= burst_last_line ? '0 : line_q + LinesW'(1);
          if (burst_last_line) order_head_q <= order_head_q + (SlotW + 1)'(1);
        end
      end
    end
  end

  assign line_valid_o = line_valid_q;
  assign line_data_o = line_data_q;
  assign line_err_o = line_err_q;
  assign idle_o = !cur_valid_q && order_empty && line_valid_q == '0 && req_valid_i == '0;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      BeatWasAskedFor : assert (!r_valid_i || !order_empty);
      BurstEndsWithLast :
      assert (!(r_valid_i && !order_empty) || r_last_i == (line_last_beat && burst_last_line));
      for (int unsigned client = 0; client < NumClients; client++) begin
        RequestIsWhole :
        assert (!req_valid_i[client] || (req_address_i[client][5:0] == '0 &&
                req_lines_i[client] != '0 && req_lines_i[client] <= 5'd16));
      end
    end
  end
`else
  logic unused_last;
  assign unused_last = r_last_i;
`endif

endmodule
