// SPDX-License-Identifier: Apache-2.0
//
// tn_tensor_engine: TensorE, the PE array with everything that feeds it.
//
// Executes LoadStationary, MultiplyMoving and Transpose in order, psum[M, N] (+)= stationary[K, M]^T @
// moving[K, N], as passes of N vectors over blocks of Rows partitions and Cols columns. Passes follow
// each other without a gap, also from one instruction to the next, as long as N covers the load of
// the next stationary tile (Cols cycles). docs/architecture/tensor_engine.md has the timing.
//
// Instructions are checked completely before anything of them begins; a fault is held until clear_i.
// stop_i: nothing more is accepted, waiting instructions and the rest of the pass in progress are
// dropped, vectors already in the array are written; then idle_o rises. clear_i is for an idle engine.

module tn_tensor_engine #(
  parameter int unsigned Partitions = 128,
  parameter int unsigned Rows       = 16,     // = memory lanes
  parameter int unsigned Cols       = 16,
  parameter int unsigned SbufBytes  = 16384,  // per partition
  parameter int unsigned PsumBanks  = 8,
  parameter int unsigned LoadCols   = 4       // stationary columns loaded in a cycle
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic                instr_valid_i,
  output logic                instr_ready_o,
  input  logic [511:0]        instr_i,
  input  logic [31:0]         instr_index_i,
  output logic                upd_valid_o,
  input  logic                upd_ready_i,
  output tn_pkg::sem_update_t upd_o,
  output logic                fault_valid_o,
  output tn_pkg::fault_t      fault_o,
  input  logic                stop_i,
  output logic                idle_o,
  input  logic                clear_i,

  // SBUF: moving words, always granted; stationary words
  output logic                  mov_valid_o,
  output tn_pkg::prow_t         mov_prow_o,
  output tn_pkg::off8_t         mov_off8_o,
  input  logic [Rows-1:0][63:0] mov_data_i,
  output logic                  sta_valid_o,
  input  logic                  sta_ready_i,
  output tn_pkg::prow_t         sta_prow_o,
  output tn_pkg::off8_t         sta_off8_o,
  input  logic [Rows-1:0][63:0] sta_data_i,

  // PSUM
  output logic                    trd_valid_o,
  output tn_psum_pkg::psum_wave_t trd_wave_o,
  input  logic [Cols-1:0][31:0]   trd_data_i,
  output logic                    twr_valid_o,
  output tn_psum_pkg::psum_wave_t twr_wave_o,
  output logic [Cols-1:0][31:0]   twr_data_o,

  // Profile: a MultiplyMoving is issued; a moving vector enters the array. engaged_o: instructions are
  // held of which not all vectors have been read, and cause_o says what this cycle was for.
  output logic               issue_o,
  output logic               vector_o,
  output logic               engaged_o,
  output tn_isa_pkg::cause_e cause_o,
  // Trace: the first vector of a job is read; its last word is about to be readable in PSUM
  output logic               begin_valid_o,
  output tn_pkg::trace_t     begin_o,
  output logic               end_valid_o,
  output tn_pkg::trace_t     end_o
);

  if (Rows < 16 || (Rows & (Rows - 1)) != 0 || (Cols & (Cols - 1)) != 0
      || Cols > Rows || Rows > 128) begin : gen_check_array
    $fatal(1, "tn_tensor_engine: Rows (%0d) and Cols (%0d) must be powers of two, Cols <= Rows, ",
           Rows, Cols, "16 <= Rows <= 128");
  end
  if (Partitions % Rows != 0 || Partitions > 128) begin : gen_check_partitions
    $fatal(1, "tn_tensor_engine: Partitions (%0d) must be a multiple of Rows (%0d), at most 128",
           Partitions, Rows);
  end
  if (SbufBytes > (1 << tn_tensor_pkg::ByteAddrW)) begin : gen_check_sbuf
    $fatal(1, "tn_tensor_engine: SbufBytes (%0d) must be at most 2^%0d", SbufBytes,
           tn_tensor_pkg::ByteAddrW);
  end

  // From the read of a vector to its entry into the array, and to its waves at PSUM column 0.
  localparam int unsigned LoadLat    = tn_pkg::SbufReadLat + 1;
  localparam int unsigned ReadDelay  = LoadLat + tn_pkg::array_lat_psum() - tn_pkg::PsumReadLat;
  localparam int unsigned WriteDelay = LoadLat + tn_pkg::array_lat_result(Rows);
  // A word written for one vector can be read for another this many cycles later.
  localparam int unsigned Loop       = WriteDelay - ReadDelay + 1;
  localparam int unsigned StepW      = (Cols > LoadCols) ? $clog2(Cols / LoadCols) : 1;

  logic flush;
  assign flush = stop_i || clear_i;

  // ---- Issue -------------------------------------------------------------------------------------

  logic                    job_valid;
  logic                    queue_ready;
  logic                    updates_ready;
  logic                    job_taken;
  tn_tensor_pkg::job_t     job;
  tn_tensor_pkg::updates_t job_updates;
  logic                    sta_updates_valid;
  logic                    sta_updates_ready;
  tn_tensor_pkg::updates_t sta_updates;
  logic                    issue_busy;
  logic                    queue_busy;
  logic                    updates_busy;
  logic                    wave_busy;
  logic                    loader_busy;
  logic                    running;
  logic                    read;

  assign job_taken = job_valid && queue_ready && updates_ready && !flush;
  assign issue_o   = job_taken;

  tn_tensor_issue #(
    .Partitions(Partitions), .SbufBytes(SbufBytes), .PsumBanks(PsumBanks)
  ) u_issue (
    .clk_i, .rst_ni, .flush_i(flush), .clear_i,
    .instr_valid_i, .instr_ready_o, .instr_i, .instr_index_i,
    .job_valid_o(job_valid), .job_ready_i(queue_ready && updates_ready), .job_o(job),
    .job_updates_o(job_updates),
    .sta_updates_valid_o(sta_updates_valid), .sta_updates_ready_i(sta_updates_ready),
    .sta_updates_o(sta_updates),
    .busy_o(issue_busy), .fault_valid_o, .fault_o
  );

  // ---- Jobs in flight ----------------------------------------------------------------------------

  logic                    load_valid;
  logic                    load_done;
  tn_tensor_pkg::job_t     load_job;
  logic                    pass_valid;
  logic                    pass_done;
  tn_tensor_pkg::job_t     pass_job;
  logic                    job_end;
  logic                    job_written;

  tn_tensor_queue u_queue (
    .clk_i, .rst_ni, .flush_i(flush),
    .job_valid_i(job_taken), .job_ready_o(queue_ready), .job_i(job),
    .load_valid_o(load_valid), .load_done_i(load_done), .load_job_o(load_job),
    .pass_valid_o(pass_valid), .pass_done_i(pass_done), .pass_job_o(pass_job),
    .busy_o(queue_busy)
  );

  tn_tensor_updates u_updates (
    .clk_i, .rst_ni, .flush_i(flush),
    .job_valid_i(job_taken), .job_ready_o(updates_ready), .job_updates_i(job_updates),
    .read_event_i(job_end), .complete_event_i(job_written),
    .complete_trace_o(end_o),
    .sta_updates_valid_i(sta_updates_valid), .sta_updates_ready_o(sta_updates_ready),
    .sta_updates_i(sta_updates),
    .upd_valid_o, .upd_ready_i, .upd_o, .busy_o(updates_busy)
  );

  // ---- Stationary tiles and passes ---------------------------------------------------------------

  logic                  start;
  logic                  hazard;
  logic                  tile_ready;
  logic                  last_vector;
  tn_tensor_pkg::pass_t  pass;
  logic                  ld_valid;
  logic [StepW-1:0]      ld_step;
  tn_pkg::operand_fmt_e  ld_fmt;
  logic                  ld_wide;
  logic [Rows-1:0]       ld_row_en;
  logic [Rows-1:0][LoadCols-1:0][31:0] ld_data;

  tn_stationary_loader #(
    .Rows(Rows), .Cols(Cols), .LoadCols(LoadCols)
  ) u_loader (
    .clk_i, .rst_ni, .flush_i(flush),
    .job_valid_i(load_valid), .job_done_o(load_done), .job_i(load_job),
    .pass_start_i(start), .tile_ready_o(tile_ready),
    .sta_valid_o, .sta_ready_i, .sta_prow_o, .sta_off8_o, .sta_data_i,
    .ld_valid_o(ld_valid), .ld_step_o(ld_step), .ld_fmt_o(ld_fmt), .ld_wide_o(ld_wide),
    .ld_row_en_o(ld_row_en), .ld_data_o(ld_data), .busy_o(loader_busy)
  );

  tn_pass_sequencer #(
    .Rows(Rows), .Cols(Cols), .Loop(Loop)
  ) u_sequencer (
    .clk_i, .rst_ni, .flush_i(flush),
    .job_valid_i(pass_valid), .job_done_o(pass_done), .job_i(pass_job),
    .tile_ready_i(tile_ready), .running_i(running), .last_vector_i(last_vector),
    .start_o(start), .hazard_o(hazard), .pass_o(pass)
  );

  // ---- Moving vectors ----------------------------------------------------------------------------

  logic                    accumulate;
  tn_psum_pkg::psum_wave_t wave;
  logic                    vec_first;
  tn_pkg::operand_fmt_e    vec_fmt;
  tn_pkg::pair_mode_e      vec_mode;
  logic                    vec_overwrite;
  logic                    vec_raise;
  logic [Rows-1:0]         vec_row_en;
  logic [Rows-1:0][31:0]   vec_data;

  tn_moving_reader #(
    .Rows(Rows)
  ) u_reader (
    .clk_i, .rst_ni, .flush_i(flush),
    .start_i(start), .pass_i(pass), .job_i(pass_job),
    .running_o(running), .read_o(read), .last_vector_o(last_vector), .job_begin_o(begin_valid_o),
    .job_trace_o(begin_o), .job_end_o(job_end),
    .accumulate_o(accumulate), .wave_o(wave),
    .mov_valid_o, .mov_prow_o, .mov_off8_o, .mov_data_i,
    .vec_valid_o(vector_o), .vec_first_o(vec_first), .vec_fmt_o(vec_fmt), .vec_mode_o(vec_mode),
    .vec_overwrite_o(vec_overwrite), .vec_raise_o(vec_raise), .vec_row_en_o(vec_row_en), .vec_data_o(vec_data)
  );

  tn_tensor_wave #(
    .Cols(Cols), .ReadDelay(ReadDelay), .WriteDelay(WriteDelay)
  ) u_wave (
    .clk_i, .rst_ni,
    .valid_i(read), .accumulate_i(accumulate), .job_end_i(job_end && !flush), .wave_i(wave),
    .rd_valid_o(trd_valid_o), .rd_wave_o(trd_wave_o), .wr_valid_o(twr_valid_o),
    .wr_wave_o(twr_wave_o), .job_written_o(job_written), .busy_o(wave_busy)
  );

  // ---- The array ---------------------------------------------------------------------------------

  logic [Cols-1:0] res_valid;

  tn_pe_array #(
    .R(Rows), .C(Cols), .LoadCols(LoadCols)
  ) u_array (
    .clk_i, .rst_ni,
    .ld_valid_i(ld_valid), .ld_step_i(ld_step), .ld_fmt_i(ld_fmt), .ld_wide_i(ld_wide),
    .ld_row_en_i(ld_row_en), .ld_col_en_i('1), .ld_data_i(ld_data),
    .mov_valid_i(vector_o), .mov_first_i(vec_first), .mov_fmt_i(vec_fmt), .mov_mode_i(vec_mode),
    .mov_overwrite_i(vec_overwrite), .mov_raise_i(vec_raise), .mov_row_en_i(vec_row_en), .mov_data_i(vec_data),
    .psum_i(trd_data_i), .res_valid_o(res_valid), .res_o(twr_data_o)
  );

  assign idle_o = !issue_busy && !queue_busy && !updates_busy && !wave_busy && !loader_busy
                  && !running;

  // ---- What each cycle was for -------------------------------------------------------------------

  logic filling_q;  // no pass yet since the engine was last without instructions

  assign engaged_o   = issue_busy || pass_valid || running;
  assign end_valid_o = job_written;

  always_comb begin
    cause_o = tn_isa_pkg::CauseOverhead;
    if (read) cause_o = tn_isa_pkg::CauseBusy;
    else if (pass_valid && hazard) cause_o = tn_isa_pkg::CauseHazard;
    else if (pass_valid && !tile_ready && !filling_q) cause_o = tn_isa_pkg::CauseOperand;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || flush) filling_q <= 1'b1;
    else if (start) filling_q <= 1'b0;
    else if (!engaged_o) filling_q <= 1'b1;
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      WaveMeetsResult : assert (twr_valid_o == res_valid[0]);
      ClearWhenIdle : assert (!clear_i || idle_o);
    end
  end
`endif

  logic unused_res_valid;
  assign unused_res_valid = ^res_valid;

endmodule
