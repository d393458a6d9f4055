// SPDX-License-Identifier: Apache-2.0
//
// tn_tensor_bench: TensorE and PSUM as they sit in the core; SBUF is a model of the bench.
//
// sta_refuse_i refuses stationary reads in cycles with a moving read, as an SBUF with one bank would
// (a banked one does in some of them); SBUF never refuses otherwise. Constants of the configuration
// are outputs, so that one bench serves all sizes. Seeded faults prove that the comparison fires.
module tn_tensor_bench #(
  parameter int unsigned Partitions = 128,
  parameter int unsigned Rows       = 16,
  parameter int unsigned Cols       = 16,
  parameter int unsigned SbufBytes  = 4096,
  parameter int unsigned PsumBanks  = 4,
  parameter int unsigned LoadCols   = 2
) (
  input  logic clk_i,
  input  logic rst_ni,

  output logic [31:0] partitions_o,
  output logic [31:0] rows_o,
  output logic [31:0] cols_o,
  output logic [31:0] sbuf_bytes_o,
  output logic [31:0] psum_banks_o,

  input  logic         instr_valid_i,
  output logic         instr_ready_o,
  input  logic [511:0] instr_i,
  input  logic [31:0]  instr_index_i,
  output logic         upd_valid_o,
  input  logic         upd_ready_i,
  output logic [25:0]  upd_o,
  output logic         fault_valid_o,
  output logic [7:0]   fault_code_o,
  output logic [31:0]  fault_instruction_o,
  output logic [63:0]  fault_address_o,
  input  logic         stop_i,
  output logic         idle_o,
  input  logic         clear_i,

  output logic                  mov_valid_o,
  output tn_pkg::prow_t         mov_prow_o,
  output tn_pkg::off8_t         mov_off8_o,
  input  logic [Rows-1:0][63:0] mov_data_i,
  output logic                  sta_granted_o,
  input  logic                  sta_refuse_i,
  output tn_pkg::prow_t         sta_prow_o,
  output tn_pkg::off8_t         sta_off8_o,
  input  logic [Rows-1:0][63:0] sta_data_i,

  input  logic                  vrd_valid_i,
  output logic                  vrd_ready_o,
  input  logic [3:0]            vrd_bank_i,
  input  tn_pkg::prow_t         vrd_prow_i,
  input  logic [8:0]            vrd_index_i,
  output logic [Rows-1:0][31:0] vrd_data_o,

  output logic issue_o,
  output logic vector_o,
  output logic engaged_o,
  output logic [2:0]  cause_o,
  output logic        begin_valid_o,
  output logic [31:0] begin_instruction_o,
  output logic        end_valid_o,
  output logic [31:0] end_instruction_o,
  output logic write_o,       // a write wave enters PSUM

  // 1: one bit of one write is flipped, 2: a write wave goes to the next word,
  // 3: an update value is wrong, 4: a busy cycle is reported as overhead, 5: an end is not reported
  input  logic [2:0] fault_i
);

  assign partitions_o = Partitions;
  assign rows_o       = Rows;
  assign cols_o       = Cols;
  assign sbuf_bytes_o = SbufBytes;
  assign psum_banks_o = PsumBanks;

  tn_pkg::fault_t          fault;
  tn_pkg::sem_update_t     upd;
  tn_psum_pkg::psum_wave_t trd_wave;
  tn_psum_pkg::psum_wave_t twr_wave;
  tn_psum_pkg::psum_wave_t twr_wave_seen;
  logic                    trd_valid;
  logic                    twr_valid;
  logic [Cols-1:0][31:0]   trd_data;
  logic [Cols-1:0][31:0]   twr_data;
  logic [Cols-1:0][31:0]   twr_data_seen;
  logic                    sta_valid;
  logic                    sta_ready;
  logic [7:0]              writes_q;
  tn_isa_pkg::cause_e      cause;
  tn_pkg::trace_t          begin_event;
  tn_pkg::trace_t          end_event;
  logic                    end_valid;

  assign begin_instruction_o = begin_event.instruction;
  assign end_instruction_o   = end_event.instruction;
  assign end_valid_o         = end_valid && fault_i != 3'd5;
  assign cause_o = (fault_i == 3'd4 && writes_q == 8'd7) ? tn_isa_pkg::CauseOverhead : cause;

  logic unused_opcodes;
  assign unused_opcodes = ^{begin_event.opcode, end_event.opcode};

  assign fault_code_o        = fault.code;
  assign fault_instruction_o = fault.instruction;
  assign fault_address_o     = fault.address;
  assign sta_ready           = !(mov_valid_o && sta_refuse_i);
  assign sta_granted_o       = sta_valid && sta_ready;
  assign write_o             = twr_valid;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) writes_q <= '0;
    else if (twr_valid) writes_q <= writes_q + 1'b1;
  end
  always_comb begin
    upd_o         = upd;
    twr_data_seen = twr_data;
    twr_wave_seen = twr_wave;
    if (fault_i == 3'd1 && writes_q == 8'd77) twr_data_seen[1][0] = !twr_data[1][0];
    if (fault_i == 3'd2 && writes_q == 8'd77) twr_wave_seen.index = twr_wave.index + 9'd1;
    if (fault_i == 3'd3) upd_o[0] = !upd[0];
  end

  tn_tensor_engine #(
    .Partitions(Partitions), .Rows(Rows), .Cols(Cols), .SbufBytes(SbufBytes), .PsumBanks(PsumBanks),
    .LoadCols(LoadCols)
  ) u_engine (
    .clk_i, .rst_ni,
    .instr_valid_i, .instr_ready_o, .instr_i, .instr_index_i,
    .upd_valid_o, .upd_ready_i, .upd_o(upd), .fault_valid_o, .fault_o(fault),
    .stop_i, .idle_o, .clear_i,
    .mov_valid_o, .mov_prow_o, .mov_off8_o, .mov_data_i,
    .sta_valid_o(sta_valid), .sta_ready_i(sta_ready), .sta_prow_o, .sta_off8_o, .sta_data_i,
    .trd_valid_o(trd_valid), .trd_wave_o(trd_wave), .trd_data_i(trd_data),
    .twr_valid_o(twr_valid), .twr_wave_o(twr_wave), .twr_data_o(twr_data),
    .issue_o, .vector_o, .engaged_o, .cause_o(cause), .begin_valid_o, .begin_o(begin_event),
    .end_valid_o(end_valid), .end_o(end_event)
  );

  tn_psum #(
    .Partitions(Partitions), .Lanes(Rows), .Cols(Cols), .PsumBanks(PsumBanks)
  ) u_psum (
    .clk_i, .rst_ni,
    .trd_valid_i(trd_valid), .trd_wave_i(trd_wave), .trd_data_o(trd_data),
    .twr_valid_i(twr_valid), .twr_wave_i(twr_wave_seen), .twr_data_i(twr_data_seen),
    .vrd_valid_i, .vrd_ready_o, .vrd_bank_i, .vrd_prow_i, .vrd_index_i, .vrd_data_o
  );

endmodule
