// SPDX-License-Identifier: Apache-2.0
//
// tn_launcher: takes a launch from doorbell to completion record.
//
// Reads the launch record and, directly behind it, the image header with the lines that follow it
// (never beyond the 4 KiB page of the header): the first instructions of those streams that begin
// there, up to eight of each. Checks both; starts the sequencers;
// counts; captures the first fault; stops and drains the core after a fault or when the watchdog
// runs out; writes the completion record; clears the core; reports done. After a fault, a launch
// that is already queued is not started: its record is read only to find where its completion
// record (status aborted) goes, and so on until the queue was empty at the end of a launch.
//
// A launch whose record is not readable, has another magic or a misaligned completion address
// reports in the registers only. Latency: request of the launch record one cycle after start, start
// of the sequencers three cycles after the last of record and header. It does not check the CRC of
// the image (the host does).
//
// reset_i stops the launch, at whatever point it is, as a fault does. What is on the bus has
// BusTimeout cycles to end, counted from the reset or the fault; after that the launch is reported
// done without a record (fault bus_timeout), dead_o rises, and nothing runs until rst_ni: AXI has no
// way to take a transfer back.

module tn_launcher #(
  parameter int unsigned ConfigId   = 0,
  parameter int unsigned Partitions = 128,
  parameter int unsigned BusBytes   = 64,
  parameter int unsigned BusTimeout = 65536,  // cycles
  localparam int unsigned LinesW = 5
) (
  input  logic clk_i,
  input  logic rst_ni,

  // From tn_control: one launch, and its end.
  input  logic        start_valid_i,
  output logic        start_ready_o,
  input  logic [63:0] start_launch_i,  // address of the launch record
  input  logic [63:0] start_image_i,   // address of the program image
  input  logic        queued_i,        // another launch waits behind this one
  output logic        done_valid_o,
  input  logic        done_ready_i,
  output logic        idle_o,
  input  logic        reset_i,     // pulse: end the launch in flight
  output logic        stopping_o,  // ... which has not ended yet
  output logic        dead_o,      // the bus never answered

  // Outcome of the last launch, for the registers; changes as done is accepted.
  output logic [7:0]  last_code_o,
  output logic [3:0]  last_engine_o,
  output logic [31:0] last_instruction_o,
  output logic [63:0] last_address_o,
  output logic [63:0] last_cycles_o,

  // tn_fetcher client.
  output logic              req_valid_o,
  input  logic              req_ready_i,
  output logic [63:0]       req_address_o,
  output logic [LinesW-1:0] req_lines_o,
  input  logic              line_valid_i,
  input  logic [511:0]      line_data_i,
  input  logic              line_err_i,

  // Core. Streams in the order tensor, vector, sync.
  output logic [2:0]        preload_line_valid_o,  // line_data_i is an instruction of the stream
  output logic [2:0]        stream_start_o,
  output logic [2:0][63:0]  stream_base_o,
  output logic [2:0][31:0]  stream_count_o,
  output logic [2:0][LinesW-1:0] stream_lines_o,   // of the stream that arrive so, in all
  output logic              stop_o,
  output logic              clear_o,
  input  logic              active_i,              // a stream has not ended yet
  input  logic              quiet_i,               // engines idle, nothing in flight
  input  logic              fault_valid_i,
  input  tn_pkg::fault_t    fault_i,
  input  logic [3:0]        fault_engine_i,
  output logic [15:0]       slot_valid_o,
  output logic [15:0]       slot_read_o,
  output logic [15:0]       slot_write_o,
  output logic [15:0][63:0] slot_base_o,
  output logic [15:0][61:0] slot_bytes_o,

  // tn_trace.
  output logic        trace_enable_o,
  output logic [63:0] trace_address_o,
  output logic [31:0] trace_bytes_o,
  output logic        trace_flush_o,
  input  logic        trace_idle_i,        // everything written
  input  logic        trace_fault_valid_i,
  input  logic [63:0] trace_fault_address_i,

  // tn_profile, which holds the completion record from 64-bit word 6 on.
  output logic                  profile_clear_o,
  output logic                  profile_count_o,    // a cycle of the launch
  output logic                  profile_run_o,      // the streams run, or stop
  output logic [47:0]           profile_cycle_o,
  output logic                  profile_capture_o,  // a fault: keep who waits for what
  output logic                  profile_read_valid_o,
  output logic [6:0]            profile_read_word_o,
  input  logic [BusBytes*8-1:0] profile_read_data_i,

  // tn_axi_write_mux client.
  output logic                  aw_valid_o,
  input  logic                  aw_ready_i,
  output logic [63:0]           aw_addr_o,
  output logic [7:0]            aw_len_o,
  output logic                  w_valid_o,
  input  logic                  w_ready_i,
  output logic [BusBytes*8-1:0] w_data_o,
  output logic [BusBytes-1:0]   w_strb_o,
  output logic                  w_last_o,
  input  logic                  b_valid_i,
  output logic                  b_ready_o,
  input  logic                  b_err_i
);

  if (BusBytes < 8 || BusBytes > 64 || (BusBytes & (BusBytes - 1)) != 0) begin : gen_check_bus
    $fatal(1, "tn_launcher: BusBytes (%0d) must be 8, 16, 32 or 64", BusBytes);
  end

  localparam int unsigned RecordLines = tn_regs_pkg::LaunchRecordBytes / 64;
  // Lines read behind the header, as long as a burst, and how many of them one stream may have. A
  // narrow bus would hold up the first DMA.
  localparam int unsigned MaxWindow = BusBytes >= 32 ? 15 : 8;
  localparam int unsigned MaxPreload = 8;
  // The completion record: 1024-byte aligned, so that no burst crosses 4 KiB.
  localparam int unsigned CompletionBeats = tn_regs_pkg::CompletionRecordBytes / BusBytes;
  localparam int unsigned BurstBeats = 16;
  localparam int unsigned NumBursts = (CompletionBeats + BurstBeats - 1) / BurstBeats;
  localparam int unsigned LastBurstBeats = CompletionBeats - (NumBursts - 1) * BurstBeats;
  localparam int unsigned BeatW = $clog2(CompletionBeats + 1);
  localparam int unsigned BurstW = $clog2(NumBursts + 1);
  // Engines may register their idle outputs: all must be quiet for this many cycles in a row.
  localparam int unsigned QuietCycles = 4;
  localparam logic [15:0] MapMajor = tn_isa_pkg::MapVersion[31:16];

  typedef enum logic [3:0] {
    StIdle,
    StAskRecord,
    StAskImage,
    StCollect,   // lines arrive
    StCheck,     // single checks are registered
    StDecide,    // start, or fault
    StRun,
    StStop,      // the core ends what is in flight
    StWrite,     // completion record
    StClear,
    StDone,
    StDead       // until rst_ni
  } state_e;

  state_e      state_q;
  logic [63:0] launch_q, image_q;
  logic        abort_q;        // this launch is not to be run
  logic        abort_next_q;   // the one before failed while this one was queued
  logic        reset_q;        // the host wants this launch to end
  logic        dead_q;
  logic        trace_on_q;     // the streams run, with a ring
  logic [63:0] cycles_q;

  // ----------------------------------------------------------------------------------------------
  // Lines of record and header.

  logic [3:0]   line_index_q;   // lines received: 0-4 record, 5 header, then SyncE
  logic         image_asked;
  logic [3:0]   lines_expected;
  logic [LinesW-1:0] window_lines;
  logic         record_head_ok_q;   // line 0 arrived without error
  logic         record_err_q, header_err_q;
  logic [3:0]   record_err_line_q;

  logic [15:0][31:0] header_q;
  logic [31:0]       record_magic_q;
  logic [15:0]       record_major_q;
  logic [31:0]       launch_id_q;
  logic [31:0]       slot_count_q;
  logic [63:0]       completion_q;
  logic [63:0]       watchdog_q;
  logic [31:0]       image_bytes_q;
  logic [63:0]       trace_address_q;
  logic [31:0]       trace_bytes_q;
  logic [15:0]       slot_read_q, slot_write_q;
  logic [15:0][63:0] slot_base_q;
  logic [15:0][61:0] slot_bytes_q;

  // Lines behind the header, in its page.
  assign window_lines = image_q[11:6] > 6'(63 - MaxWindow) ? LinesW'(6'd63 - image_q[11:6])
                                                           : LinesW'(MaxWindow);
  assign image_asked = !abort_q && image_q[5:0] == '0;
  assign lines_expected = 4'(RecordLines) + 4'(image_asked);

  logic [15:0][31:0] line;
  assign line = line_data_i;

  logic collecting;
  assign collecting = state_q != StIdle && line_index_q < lines_expected;

  // A line of the window belongs to each stream whose first MaxPreload instructions include it. The
  // header may be nonsense: then nothing is started, and what came is cleared.
  logic [LinesW-1:0]      window_q;  // place of the next line, from the header
  logic [2:0][31:0]       stream_offset;
  logic [2:0][LinesW-1:0] stream_lines_q;

  assign stream_offset = {header_q[tn_regs_pkg::ImageHeaderSyncOffsetWord],
                          header_q[tn_regs_pkg::ImageHeaderVectorOffsetWord],
                          header_q[tn_regs_pkg::ImageHeaderTensorOffsetWord]};

  // Instructions of a stream in lines 1 to `last` of the image, at most MaxPreload.
  function automatic logic [LinesW-1:0] lines_until(input logic [LinesW-1:0] last,
                                                    input logic [31:0] offset,
                                                    input logic [31:0] count);
    logic [LinesW-1:0] lines;
    if (offset[31:6+LinesW] != '0 || offset[5:0] != '0 || offset[6+:LinesW] == '0 ||
        offset[6+:LinesW] > last) return '0;
    lines = last - offset[6+:LinesW] + LinesW'(1);
    if (lines > LinesW'(MaxPreload)) lines = LinesW'(MaxPreload);
    if (count < 32'(lines)) lines = count[LinesW-1:0];
    return lines;
  endfunction

  always_comb begin
    preload_line_valid_o = '0;
    if (line_valid_i && !collecting) begin
      for (int unsigned stream = 0; stream < 3; stream++) begin
        preload_line_valid_o[stream] =
            lines_until(window_q, stream_offset[stream], stream_count_o[stream]) !=
            lines_until(window_q - LinesW'(1), stream_offset[stream], stream_count_o[stream]);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (collecting) window_q <= LinesW'(1);
    else if (line_valid_i) window_q <= window_q + LinesW'(1);
    if (state_q == StCheck) begin
      for (int unsigned stream = 0; stream < 3; stream++) begin
        stream_lines_q[stream] <=
            lines_until(window_lines, stream_offset[stream], stream_count_o[stream]);
      end
    end
  end

  assign stream_lines_o = stream_lines_q;

  always_ff @(posedge clk_i) begin
    if (line_valid_i && collecting) begin
      if (line_index_q == '0) begin
        record_magic_q <= line[tn_regs_pkg::LaunchRecordMagicWord];
        record_major_q <= line[tn_regs_pkg::LaunchRecordMapVersionWord][31:16];
        launch_id_q    <= line[tn_regs_pkg::LaunchRecordLaunchIdWord];
        slot_count_q   <= line[tn_regs_pkg::LaunchRecordSlotCountWord];
        completion_q   <= {line[tn_regs_pkg::LaunchRecordCompletionAddressWord+1],
                           line[tn_regs_pkg::LaunchRecordCompletionAddressWord]};
        watchdog_q     <= {line[tn_regs_pkg::LaunchRecordWatchdogCyclesWord+1],
                           line[tn_regs_pkg::LaunchRecordWatchdogCyclesWord]};
        image_bytes_q  <= line[tn_regs_pkg::LaunchRecordImageBytesWord];
        trace_address_q <= {line[tn_regs_pkg::LaunchRecordTraceAddressWord+1],
                            line[tn_regs_pkg::LaunchRecordTraceAddressWord]};
        trace_bytes_q   <= line[tn_regs_pkg::LaunchRecordTraceBytesWord];
      end else if (line_index_q < 4'(RecordLines)) begin
        // Four slots a line.
        for (int unsigned slot = 0; slot < 16; slot++) begin
          if (4'(slot / 4 + 1) == line_index_q) begin
            slot_base_q[slot]  <= {line[(slot%4)*4+1], line[(slot%4)*4]};
            slot_bytes_q[slot] <= {line[(slot%4)*4+3][29:0], line[(slot%4)*4+2]};
            slot_read_q[slot]  <= line[(slot%4)*4+3][30];
            slot_write_q[slot] <= line[(slot%4)*4+3][31];
          end
        end
      end else begin
        header_q <= line_data_i;
      end
    end
  end

  // ----------------------------------------------------------------------------------------------
  // Checks, registered in StCheck.

  logic        bad_launch_q;
  logic        bad_header_q;
  logic        bad_streams_q;
  logic        other_stream_q;     // a stream for ScalarE or GpSimdE
  logic        gpsimd_first_q;     // ... and it is GpSimdE's
  logic        completion_usable_q;

  function automatic logic bad_stream(input logic [31:0] offset, input logic [31:0] count,
                                      input logic [31:0] total_bytes);
    logic [38:0] stream_end;
    stream_end = {7'b0, offset} + {1'b0, count, 6'b0};
    return count != '0 &&
           (offset[5:0] != '0 || offset < 32'd64 || stream_end > {7'b0, total_bytes});
  endfunction

  logic [31:0] total_bytes;
  assign total_bytes = header_q[tn_regs_pkg::ImageHeaderTotalBytesWord];

  always_ff @(posedge clk_i) begin
    if (state_q == StCheck) begin
      bad_launch_q <= record_magic_q != tn_regs_pkg::LaunchRecordMagic ||
                      record_major_q != MapMajor ||
                      slot_count_q > 32'(tn_isa_pkg::NumSlots) || completion_q[9:0] != '0 ||
                      trace_bytes_q[5:0] != '0 ||
                      (trace_bytes_q != '0 && trace_address_q[5:0] != '0);
      bad_header_q <=
          header_q[tn_regs_pkg::ImageHeaderMagicWord] != tn_regs_pkg::ImageHeaderMagic ||
          header_q[tn_regs_pkg::ImageHeaderMapVersionWord][31:16] != MapMajor ||
          header_q[tn_regs_pkg::ImageHeaderPartitionsWord] != 32'(Partitions) ||
          total_bytes > image_bytes_q;
      bad_streams_q <= bad_stream(header_q[tn_regs_pkg::ImageHeaderTensorOffsetWord],
                                  header_q[tn_regs_pkg::ImageHeaderTensorCountWord], total_bytes) ||
                       bad_stream(header_q[tn_regs_pkg::ImageHeaderVectorOffsetWord],
                                  header_q[tn_regs_pkg::ImageHeaderVectorCountWord], total_bytes) ||
                       bad_stream(header_q[tn_regs_pkg::ImageHeaderSyncOffsetWord],
                                  header_q[tn_regs_pkg::ImageHeaderSyncCountWord], total_bytes);
      other_stream_q <= header_q[tn_regs_pkg::ImageHeaderScalarCountWord] != '0 ||
                        header_q[tn_regs_pkg::ImageHeaderGpsimdCountWord] != '0;
      gpsimd_first_q <= header_q[tn_regs_pkg::ImageHeaderScalarCountWord] == '0;
      // Of a record with a wrong magic nothing is certain: do not write to where it points.
      completion_usable_q <= record_head_ok_q && completion_q[9:0] == '0 &&
                             record_magic_q == tn_regs_pkg::LaunchRecordMagic;
    end else if (state_q == StIdle) begin
      completion_usable_q <= 1'b0;
    end
  end

  logic           decide_fault;
  tn_pkg::fault_t decide_d;
  logic [3:0]     decide_engine;

  always_comb begin
    decide_fault  = 1'b0;
    decide_d      = '0;
    decide_engine = tn_isa_pkg::EngineLauncher;
    if (state_q == StDecide) begin
      decide_fault = 1'b1;
      if (record_err_q) begin
        decide_d.code    = tn_isa_pkg::FaultBusRead;
        decide_d.address = launch_q + {54'b0, record_err_line_q, 6'b0};
      end else if (bad_launch_q) begin
        decide_d.code    = tn_isa_pkg::FaultBadLaunch;
        decide_d.address = launch_q;
      end else if (abort_q) begin
        decide_fault = 1'b0;
      end else if (image_asked && header_err_q) begin
        decide_d.code    = tn_isa_pkg::FaultBusRead;
        decide_d.address = image_q;
      end else if (!image_asked || bad_header_q) begin
        decide_d.code    = tn_isa_pkg::FaultBadImage;
        decide_d.address = image_q;
      end else if (other_stream_q) begin
        decide_d.code = tn_isa_pkg::FaultIllegalInstruction;
        decide_engine = gpsimd_first_q ? tn_isa_pkg::EngineGpsimd : tn_isa_pkg::EngineScalar;
      end else if (bad_streams_q) begin
        decide_d.code    = tn_isa_pkg::FaultBadImage;
        decide_d.address = image_q;
      end else begin
        decide_fault = 1'b0;
      end
    end
  end

  // ----------------------------------------------------------------------------------------------
  // Completion record: words of 64 bits, the first six from here. Addresses, data and responses go
  // their own ways: all bursts may be under way at once.

  logic [7:0]     status_q;
  tn_pkg::fault_t fault_q;
  logic [3:0]     fault_engine_q;
  logic [63:0]    end_cycles_q;  // start to the write of the record

  function automatic logic [63:0] completion_word(input logic [2:0] index);
    case (index)
      3'd0: return {tn_isa_pkg::MapVersion, tn_regs_pkg::CompletionRecordMagic};
      3'd1: return {24'b0, status_q, launch_id_q};
      3'd2: return {28'b0, fault_engine_q, 24'b0, fault_q.code};
      3'd3: return {32'(ConfigId), fault_q.instruction};
      3'd4: return fault_q.address;
      default: return end_cycles_q;
    endcase
  endfunction

  logic [BurstW-1:0] address_q, response_q;  // bursts
  logic [BeatW-1:0]  beat_q;
  logic              writing;

  assign writing = state_q == StWrite;
  assign aw_valid_o = writing && address_q != BurstW'(NumBursts);
  assign aw_addr_o = completion_q + 64'(int'(address_q) * int'(BurstBeats * BusBytes));
  assign aw_len_o = address_q == BurstW'(NumBursts - 1) ? 8'(LastBurstBeats - 1)
                                                        : 8'(BurstBeats - 1);
  assign w_valid_o = writing && beat_q != BeatW'(CompletionBeats);
  assign w_strb_o = '1;
  assign w_last_o = beat_q == BeatW'(CompletionBeats - 1) ||
                    int'(beat_q) % int'(BurstBeats) == int'(BurstBeats) - 1;
  assign b_ready_o = writing;

  assign profile_clear_o = state_q == StIdle;
  assign profile_count_o = state_q != StIdle && state_q != StWrite && state_q != StClear &&
                           state_q != StDone && state_q != StDead;
  assign profile_run_o = state_q == StRun || state_q == StStop;
  assign profile_cycle_o = cycles_q[47:0];
  assign profile_read_valid_o = w_valid_o;
  assign profile_read_word_o = 7'(int'(beat_q) * int'(BusBytes / 8));

  always_comb begin
    w_data_o = profile_read_data_i;
    for (int unsigned word = 0; word < BusBytes / 8; word++) begin
      if (int'(profile_read_word_o) + int'(word) < 6) begin
        w_data_o[word*64+:64] = completion_word(3'(int'(profile_read_word_o) + int'(word)));
      end
    end
  end

  // ----------------------------------------------------------------------------------------------
  // States.

  localparam int unsigned TimeoutW = $clog2(BusTimeout + 1);
  logic                ending;     // nothing begins any more; the bus has to come to rest
  logic [TimeoutW-1:0] timeout_q;  // cycles of it
  logic                timed_out;

  assign ending = state_q != StIdle && state_q != StDone && state_q != StDead &&
                  (reset_q || state_q == StStop || state_q == StWrite);
  assign timed_out = timeout_q == TimeoutW'(BusTimeout);

  tn_pkg::fault_t trace_fault;
  assign trace_fault = '{code: tn_isa_pkg::FaultBusWrite, instruction: '0,
                         address: trace_fault_address_i};

  logic       watchdog_hit_q;
  logic [2:0] quiet_q;
  logic       settled;  // quiet for long enough

  assign settled = quiet_q == 3'(QuietCycles);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q      <= StIdle;
      abort_next_q <= 1'b0;
      line_index_q <= '0;
      quiet_q      <= '0;
      reset_q      <= 1'b0;
      dead_q       <= 1'b0;
      trace_on_q   <= 1'b0;
      timeout_q    <= '0;
    end else begin
      // A launch that waits in tn_control is meant as well: it begins and ends at once.
      if (reset_i && (state_q != StIdle || start_valid_i || queued_i)) reset_q <= 1'b1;
      timeout_q <= ending ? timeout_q + TimeoutW'(1) : '0;

      // While a stream is active its engine may take an instruction in any cycle.
      if (!quiet_i || state_q == StIdle || state_q == StDecide ||
          (state_q == StRun && active_i)) quiet_q <= '0;
      else if (!settled) quiet_q <= quiet_q + 3'd1;

      if (line_valid_i && collecting) begin
        line_index_q <= line_index_q + 4'd1;
        if (line_index_q == '0) record_head_ok_q <= !line_err_i;
        if (line_err_i) begin
          if (line_index_q < 4'(RecordLines)) begin
            record_err_q <= 1'b1;
            if (!record_err_q) record_err_line_q <= line_index_q;
          end else begin
            header_err_q <= 1'b1;
          end
        end
      end
      watchdog_hit_q <= state_q == StRun && watchdog_q != '0 && cycles_q >= watchdog_q;
      if (state_q != StIdle) cycles_q <= cycles_q + 64'd1;

      unique case (state_q)
        StIdle: begin
          cycles_q         <= 64'd1;
          line_index_q     <= '0;
          record_head_ok_q <= 1'b0;
          record_err_q     <= 1'b0;
          header_err_q     <= 1'b0;
          address_q        <= '0;
          beat_q           <= '0;
          response_q       <= '0;
          trace_on_q       <= 1'b0;
          if (start_valid_i) begin
            launch_q       <= start_launch_i;
            image_q        <= start_image_i;
            abort_q        <= abort_next_q;
            status_q       <= abort_next_q ? tn_isa_pkg::StatusAborted : tn_isa_pkg::StatusOk;
            fault_q        <= '0;
            fault_engine_q <= '0;
            state_q        <= StAskRecord;
            if (start_launch_i[5:0] != '0) begin
              // Nothing to read; no place for a completion record either.
              state_q         <= StStop;
              status_q        <= tn_isa_pkg::StatusFault;
              fault_q.code    <= tn_isa_pkg::FaultBadLaunch;
              fault_q.address <= start_launch_i;
              fault_engine_q  <= tn_isa_pkg::EngineLauncher;
            end
          end
        end
        StAskRecord: if (req_ready_i) state_q <= image_asked ? StAskImage : StCollect;
        StAskImage: if (req_ready_i) state_q <= StCollect;
        StCollect: if (line_index_q == lines_expected) state_q <= StCheck;
        StCheck: state_q <= StDecide;
        StDecide: begin
          if (decide_fault) begin
            // An aborted launch stays aborted, whatever its record says.
            if (!abort_q) begin
              status_q       <= tn_isa_pkg::StatusFault;
              fault_q        <= decide_d;
              fault_engine_q <= decide_engine;
            end
            state_q <= StStop;
          end else begin
            state_q    <= abort_q || reset_q ? StStop : StRun;
            trace_on_q <= !abort_q && !reset_q && trace_bytes_q != '0;
            if (reset_q && !abort_q) begin
              status_q       <= tn_isa_pkg::StatusFault;
              fault_q.code   <= tn_isa_pkg::FaultReset;
              fault_engine_q <= tn_isa_pkg::EngineLauncher;
            end
          end
        end
        StRun: begin
          if (fault_valid_i || trace_fault_valid_i || watchdog_hit_q || reset_q) begin
            status_q       <= tn_isa_pkg::StatusFault;
            fault_q        <= fault_valid_i ? fault_i : trace_fault_valid_i ? trace_fault :
                '{code: watchdog_hit_q ? tn_isa_pkg::FaultWatchdog : tn_isa_pkg::FaultReset,
                  instruction: '0, address: '0};
            fault_engine_q <= fault_valid_i ? fault_engine_i : tn_isa_pkg::EngineLauncher;
            state_q        <= StStop;
            quiet_q        <= '0;  // an engine may just have taken an instruction
          end else if (!active_i && settled) begin
            state_q <= StStop;
          end
        end
        StStop: begin
          // With a trace, its last line goes out before the record.
          if (settled && quiet_i && trace_idle_i) begin
            if (trace_fault_valid_i && status_q == tn_isa_pkg::StatusOk) begin
              status_q       <= tn_isa_pkg::StatusFault;
              fault_q        <= trace_fault;
              fault_engine_q <= tn_isa_pkg::EngineLauncher;
            end
            end_cycles_q <= cycles_q;
            state_q      <= completion_usable_q ? StWrite : StClear;
          end
        end
        StWrite: begin
          if (aw_valid_o && aw_ready_i) address_q <= address_q + BurstW'(1);
          if (w_valid_o && w_ready_i) beat_q <= beat_q + BeatW'(1);
          if (b_valid_i) begin
            response_q <= response_q + BurstW'(1);
            if (b_err_i && status_q != tn_isa_pkg::StatusFault) begin
              // Only the registers can tell.
              status_q        <= tn_isa_pkg::StatusFault;
              fault_q.code    <= tn_isa_pkg::FaultBusWrite;
              fault_q.address <= completion_q + 64'(int'(response_q) * int'(BurstBeats * BusBytes));
              fault_engine_q  <= tn_isa_pkg::EngineLauncher;
            end
            if (response_q == BurstW'(NumBursts - 1)) state_q <= StClear;
          end
        end
        StClear: state_q <= StDone;
        StDone: begin
          if (done_ready_i) begin
            abort_next_q <= (status_q != tn_isa_pkg::StatusOk || reset_q) && queued_i;
            reset_q      <= 1'b0;
            state_q      <= dead_q ? StDead : StIdle;
          end
        end
        StDead: state_q <= StDead;
        default: state_q <= StIdle;
      endcase

      if (timed_out) begin
        status_q       <= tn_isa_pkg::StatusFault;
        fault_q        <= '{code: tn_isa_pkg::FaultBusTimeout, instruction: '0, address: '0};
        fault_engine_q <= tn_isa_pkg::EngineLauncher;
        end_cycles_q   <= cycles_q;
        dead_q         <= 1'b1;
        timeout_q      <= '0;
        state_q        <= StDone;
      end
    end
  end

  assign start_ready_o = state_q == StIdle;
  assign done_valid_o = state_q == StDone;
  assign idle_o = state_q == StIdle;
  assign stopping_o = reset_q;
  assign dead_o = dead_q;

  assign req_valid_o = state_q == StAskRecord || state_q == StAskImage;
  assign req_address_o = state_q == StAskImage ? image_q : launch_q;
  assign req_lines_o = state_q == StAskImage ? LinesW'(1) + window_lines : LinesW'(RecordLines);

  assign stop_o = state_q == StStop || state_q == StWrite || state_q == StClear || dead_q;
  assign profile_capture_o = state_q == StRun && (fault_valid_i || trace_fault_valid_i || watchdog_hit_q || reset_q);
  assign clear_o = state_q == StClear;
  assign trace_enable_o = trace_on_q && (state_q == StRun || state_q == StStop);
  assign trace_address_o = trace_address_q;
  assign trace_bytes_o = trace_bytes_q;
  assign trace_flush_o = state_q == StStop && settled && quiet_i;

  // Streams.
  logic starting;
  assign starting = state_q == StDecide && !decide_fault && !abort_q && !reset_q;
  assign stream_count_o = {header_q[tn_regs_pkg::ImageHeaderSyncCountWord],
                           header_q[tn_regs_pkg::ImageHeaderVectorCountWord],
                           header_q[tn_regs_pkg::ImageHeaderTensorCountWord]};
  assign stream_base_o = {image_q + 64'(header_q[tn_regs_pkg::ImageHeaderSyncOffsetWord]),
                          image_q + 64'(header_q[tn_regs_pkg::ImageHeaderVectorOffsetWord]),
                          image_q + 64'(header_q[tn_regs_pkg::ImageHeaderTensorOffsetWord])};
  for (genvar stream = 0; stream < 3; stream++) begin : gen_start
    assign stream_start_o[stream] = starting && stream_count_o[stream] != '0;
  end

  // Slots.
  for (genvar slot = 0; slot < 16; slot++) begin : gen_slot
    assign slot_valid_o[slot] = slot_count_q > 32'(slot);
  end
  assign slot_read_o = slot_read_q;
  assign slot_write_o = slot_write_q;
  assign slot_base_o = slot_base_q;
  assign slot_bytes_o = slot_bytes_q;

  // Registers.
  logic [7:0]  last_code_q;
  logic [3:0]  last_engine_q;
  logic [31:0] last_instruction_q;
  logic [63:0] last_address_q, last_cycles_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      last_code_q        <= '0;
      last_engine_q      <= '0;
      last_instruction_q <= '0;
      last_address_q     <= '0;
      last_cycles_q      <= '0;
    end else if (done_valid_o && done_ready_i) begin
      last_code_q        <= fault_q.code;
      last_engine_q      <= fault_engine_q;
      last_instruction_q <= fault_q.instruction;
      last_address_q     <= fault_q.address;
      last_cycles_q      <= end_cycles_q;
    end
  end

  assign last_code_o = last_code_q;
  assign last_engine_o = last_engine_q;
  assign last_instruction_o = last_instruction_q;
  assign last_address_o = last_address_q;
  assign last_cycles_o = last_cycles_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      LineOnlyInLaunch : assert (!line_valid_i || state_q != StIdle);
      ClearOnlyWhenQuiet : assert (!clear_o || quiet_i);
    end
  end
`endif

endmodule
