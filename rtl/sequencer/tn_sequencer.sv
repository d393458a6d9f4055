// SPDX-License-Identifier: Apache-2.0
//
// tn_sequencer: runs the instruction stream of one engine.
//
// Keeps the last and next instructions of the stream in a ring of QueueDepth lines: prefetch goes
// at most half the ring beyond the program counter, so that half stays resident behind it and a
// loop of up to QueueDepth / 2 instructions is fetched once. A branch to an instruction that is
// not resident drops the ring and fetches again from there.
//
// An instruction passes three places: ring, head (waits, registers, effective addresses, control
// instructions), issue register. Control instructions without consume and update take one cycle, a
// taken branch one more. Each instruction is checked when it arrives (opcode, reserved bits, codes,
// semaphore numbers), but the fault is raised only when it reaches the head. Waits of DMA
// instructions are left to the DMA queue; updates of engine instructions to the engine.
//
// The fault output holds until clear_i; a fault or stop_i freezes the stream. clear_i is given only
// while drained_o, and takes everything back to the initial state.

module tn_sequencer #(
  parameter int unsigned Engine = 0,       // a tn_isa_pkg::engine_e code: tensor, vector or sync
  parameter int unsigned QueueDepth = 32,  // instructions in the ring
  localparam int unsigned LinesW = 5
) (
  input  logic clk_i,
  input  logic rst_ni,

  // The first start_lines_i lines of the stream come unasked: the launcher read them with the header
  // of the image. They arrive on line_valid_i in order, before or after start_i; at most QueueDepth.
  input  logic              start_i,
  input  logic [63:0]       start_base_i,   // address of instruction 0
  input  logic [31:0]       start_count_i,  // instructions in the stream, not 0
  input  logic [LinesW-1:0] start_lines_i,
  input  logic        stop_i,
  input  logic        clear_i,
  output logic        active_o,       // started and not yet halted, or an instruction not yet taken
  output logic        drained_o,      // no fetch in flight
  output logic        retire_o,       // an instruction left the head

  output logic              req_valid_o,
  input  logic              req_ready_i,
  output logic [63:0]       req_address_o,
  output logic [LinesW-1:0] req_lines_o,
  input  logic              line_valid_i,
  input  logic [511:0]      line_data_i,
  input  logic              line_err_i,

  input  logic [tn_isa_pkg::NumSemaphores-1:0][15:0] sem_i,
  output logic                upd_valid_o,
  input  logic                upd_ready_i,
  output tn_pkg::sem_update_t upd_o,
  output logic [31:0]         upd_index_o,  // of the instruction that updates

  output logic         instr_valid_o,
  input  logic         instr_ready_i,
  output logic [511:0] instr_o,
  output logic [31:0]  instr_index_o,

  output logic           fault_valid_o,
  output tn_pkg::fault_t fault_o,

  // For the profile, the report of a deadlock and the trace.
  output tn_isa_pkg::cause_e cause_o,     // what this cycle is spent on
  output tn_pkg::blocked_t   blocked_o,   // the semaphore that the head waits for
  output logic               stuck_o,     // waits, and nothing here will change that
  output logic               begin_valid_o,
  output tn_pkg::trace_t     begin_o,
  output logic               end_valid_o,
  output tn_pkg::trace_t     end_o
);

  if (QueueDepth < 8 || (QueueDepth & (QueueDepth - 1)) != 0) begin : gen_check_depth
    $fatal(1, "tn_sequencer: QueueDepth (%0d) must be a power of two, at least 8", QueueDepth);
  end
  if (Engine != int'(tn_isa_pkg::EngineTensor) && Engine != int'(tn_isa_pkg::EngineVector) &&
      Engine != int'(tn_isa_pkg::EngineSync)) begin : gen_check_engine
    $fatal(1, "tn_sequencer: Engine (%0d) has no stream", Engine);
  end

  localparam int unsigned PtrW = $clog2(QueueDepth);
  localparam int unsigned Ahead = QueueDepth / 2;
  // Lines per request: long enough for an efficient burst, short enough to keep the window moving.
  localparam int unsigned FetchLines = QueueDepth / 4 > 8 ? 8 : QueueDepth / 4;
  localparam int unsigned FlightW = 8;
  localparam bit IsSync = Engine == int'(tn_isa_pkg::EngineSync);

  typedef enum logic [1:0] {
    CheckPass,
    CheckIllegal,
    CheckSemaphore,
    CheckBus
  } check_e;

  typedef enum logic [2:0] {
    PhWait,      // wait for the semaphores
    PhConsume0,
    PhConsume1,
    PhAct,       // waits met and consumed
    PhUpdateFirst,
    PhUpdateSecond
  } phase_e;

  // ----------------------------------------------------------------------------------------------
  // Check of a line on arrival.

  localparam tn_isa_pkg::alu_op_e LastAluOp = tn_isa_pkg::AluOpShiftRight;

  function automatic logic enums_known(input logic [511:0] line);
    tn_isa_pkg::common_t          common;
    tn_isa_pkg::branch_t          branch;
    tn_isa_pkg::load_stationary_t load;
    tn_isa_pkg::multiply_moving_t multiply;
    tn_isa_pkg::tensor_scalar_t   scalar;
    tn_isa_pkg::tensor_tensor_t   pair;
    tn_isa_pkg::memset_t          memset;
    tn_isa_pkg::tensor_reduce_t   reduce;
    logic                         known;
    common   = line;
    branch   = line;
    load     = line;
    multiply = line;
    scalar   = line;
    pair     = line;
    memset   = line;
    reduce   = line;
    known = common.wait0_cond <= tn_isa_pkg::WaitConditionEq &&
            common.wait1_cond <= tn_isa_pkg::WaitConditionEq &&
            common.update0_op[3:2] == 2'b00 && common.update1_op[3:2] == 2'b00;
    case (common.opcode)
      tn_isa_pkg::OpBranch: known = known && branch.cond <= tn_isa_pkg::CompareGeu;
      tn_isa_pkg::OpLoadStationary: known = known && load.dtype <= tn_isa_pkg::DtypeInt32;
      tn_isa_pkg::OpMultiplyMoving: known = known && multiply.dtype <= tn_isa_pkg::DtypeInt32;
      tn_isa_pkg::OpTensorScalar: begin
        known = known && scalar.src_dtype <= tn_isa_pkg::DtypeInt32 &&
                scalar.dst_dtype <= tn_isa_pkg::DtypeInt32 &&
                scalar.op0 <= LastAluOp && scalar.op1 <= LastAluOp;
      end
      tn_isa_pkg::OpTensorTensor: begin
        known = known && pair.src_dtype <= tn_isa_pkg::DtypeInt32 &&
                pair.src1_dtype <= tn_isa_pkg::DtypeInt32 &&
                pair.dst_dtype <= tn_isa_pkg::DtypeInt32 &&
                pair.op0 <= LastAluOp && pair.op1 <= LastAluOp;
      end
      tn_isa_pkg::OpMemset: known = known && memset.dst_dtype <= tn_isa_pkg::DtypeInt32;
      tn_isa_pkg::OpTensorReduce: begin
        known = known && reduce.src_dtype <= tn_isa_pkg::DtypeInt32 &&
                reduce.dst_dtype <= tn_isa_pkg::DtypeInt32 && reduce.op <= LastAluOp;
      end
      default: ;
    endcase
    return known;
  endfunction

  function automatic check_e check_line(input logic [511:0] line, input logic err);
    tn_isa_pkg::common_t common;
    common = line;
    if (err) return CheckBus;
    if (!tn_isa_pkg::opcode_allowed(common.opcode, tn_isa_pkg::engine_e'(4'(Engine)))) begin
      return CheckIllegal;
    end
    if ((line & tn_isa_pkg::reserved_mask(common.opcode)) != '0) return CheckIllegal;
    if (!enums_known(line)) return CheckIllegal;
    if ((common.wait0_sem | common.wait1_sem | common.update0_sem | common.update1_sem) >=
        8'(tn_isa_pkg::NumSemaphores)) return CheckSemaphore;
    return CheckPass;
  endfunction

  // ----------------------------------------------------------------------------------------------
  // Ring: instructions lo_q .. received_q - 1 are resident, requested_q - received_q on the way, and
  // before those discard_q lines arrive that a branch made useless.

  logic [511:0]       ring_q       [QueueDepth];
  check_e             ring_check_q [QueueDepth];
  logic [31:0]        lo_q, received_q, requested_q;
  logic [FlightW-1:0] discard_q;
  logic               active_q, halted_q, started_q;
  logic [63:0]        base_q;
  logic [31:0]        count_q;
  logic [31:0]        pc_q;  // next instruction to enter the head

  logic              req_valid_q;
  logic [63:0]       req_address_q;
  logic [LinesW-1:0] req_lines_q;

  logic        redirect;    // a taken branch leaves for `target`
  logic        flush;       // ... which is not in the ring
  logic [31:0] target;
  logic        frozen;

  logic [32:0] window_end, ahead_end, want_end, want_lines;
  logic        want_request;
  logic [31:0] want_count;

  always_comb begin
    window_end   = '0;
    ahead_end    = '0;
    want_end     = '0;
    want_lines   = '0;
    want_count   = '0;
    want_request = 1'b0;
    if (active_q && !req_valid_q && !frozen && requested_q < count_q) begin
      // The larger of "what fits without dropping a line" and "half the ring beyond pc_q".
      window_end = {1'b0, lo_q} + 33'(QueueDepth);
      ahead_end  = {1'b0, pc_q} + 33'(Ahead);
      want_end   = window_end > ahead_end ? window_end : ahead_end;
      if (want_end > {1'b0, count_q}) want_end = {1'b0, count_q};
      want_lines = want_end - {1'b0, requested_q};
      if (want_lines[32]) want_lines = '0;
      want_count = want_lines > 33'(FetchLines) ? 32'(FetchLines) : want_lines[31:0];
      // Whole requests only, except at the end of the stream; and a bound on useless lines.
      want_request = want_count != '0 && !discard_q[FlightW-1] &&
          (want_count == 32'(FetchLines) || requested_q + want_count == count_q);
    end
  end

  logic [31:0] requested_next;
  assign requested_next = requested_q + want_count;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      lo_q        <= '0;
      received_q  <= '0;
      requested_q <= '0;
      discard_q   <= '0;
      req_valid_q <= 1'b0;
    end else begin
      if (req_valid_q && req_ready_i) req_valid_q <= 1'b0;

      if (flush) begin
        lo_q        <= target;
        received_q  <= target;
        requested_q <= target;
        discard_q   <= discard_q + FlightW'(requested_q - received_q) - FlightW'(line_valid_i);
      end else begin
        // Not while pc_q moves: the window must not leave the target of a branch.
        if (want_request && !redirect) begin
          req_valid_q   <= 1'b1;
          req_address_q <= base_q + {26'b0, requested_q, 6'b0};
          req_lines_q   <= LinesW'(want_count);
          requested_q   <= requested_next;
          if (requested_next > lo_q + QueueDepth) lo_q <= requested_next - QueueDepth;
        end
        if (line_valid_i) begin
          if (discard_q != '0) begin
            discard_q <= discard_q - FlightW'(1);
          end else begin
            ring_q[received_q[PtrW-1:0]]       <= line_data_i;
            ring_check_q[received_q[PtrW-1:0]] <= check_line(line_data_i, line_err_i);
            received_q <= received_q + 32'd1;
            if (!started_q) requested_q <= received_q + 32'd1;  // it came unasked
          end
        end
        if (start_i) requested_q <= 32'(start_lines_i);
      end
    end
  end

  assign req_valid_o = req_valid_q;
  assign req_address_o = req_address_q;
  assign req_lines_o = req_lines_q;
  assign drained_o = !req_valid_q && discard_q == '0 && requested_q == received_q;

  // ----------------------------------------------------------------------------------------------
  // Head of the stream.

  logic         head_valid_q;
  logic [511:0] head_q;
  check_e       head_check_q;
  logic [31:0]  head_index_q;
  phase_e       phase_q, phase_d;

  logic           fault_valid_q;
  tn_pkg::fault_t fault_q;
  logic           fault_raise;
  tn_pkg::fault_t fault_d;

  logic [15:0][31:0] regs_q;
  logic [15:0]       regs_written_q;  // not reset with the data: an unwritten register reads zero
  logic              reg_we;
  logic [3:0]        reg_index;
  logic [31:0]       reg_value;

  logic         issue_valid_q;
  logic [511:0] issue_q;
  logic [31:0]  issue_index_q;
  
  tn_isa_pkg::common_t  common;
  tn_isa_pkg::add_reg_t control;   // rd, rs, rt, imm of every control instruction
  tn_isa_pkg::branch_t  branch;
  assign common = head_q;
  assign control = head_q;
  assign branch = head_q;

  logic is_engine;  // for the issue register; otherwise executed here
  assign is_engine = common.opcode > tn_isa_pkg::OpBranch;

  function automatic logic wait_met(input logic [3:0] cond, input logic [15:0] level,
                                    input logic [15:0] value);
    case (cond)
      tn_isa_pkg::WaitConditionGe: return level >= value;
      tn_isa_pkg::WaitConditionEq: return level == value;
      default: return 1'b1;
    endcase
  endfunction

  // Effective addresses. Field A is in word 5 (DmaLoad and DmaStore: 40 bits from there, otherwise
  // 24); where field B lies depends on the opcode.
  typedef enum logic [2:0] {
    FieldNone,
    FieldWord6,  // 24 bits
    FieldWord7,  // 24 bits
    FieldWord8,  // 24 bits
    FieldPsum    // word 8, 16 bits
  } field_b_e;

  logic        has_a, dram_a;
  field_b_e    field_b;
  logic [31:0] reg_a, reg_b;
  logic [40:0] sum_a;
  logic [32:0] sum_b;
  logic        over_a, over_b;
  logic [7:0]  over_code_a, over_code_b;

  always_comb begin
    has_a       = 1'b1;
    dram_a      = 1'b0;
    field_b     = FieldNone;
    reg_a       = '0;
    reg_b       = '0;
    sum_a       = '0;
    sum_b       = '0;
    over_a      = 1'b0;
    over_b      = 1'b0;
    over_code_a = tn_isa_pkg::FaultSbufRange;
    over_code_b = tn_isa_pkg::FaultSbufRange;
    if (head_valid_q && is_engine) begin
      case (common.opcode)
        tn_isa_pkg::OpMultiplyMoving: field_b = FieldPsum;
        tn_isa_pkg::OpTranspose: begin
          has_a   = 1'b0;
          field_b = FieldPsum;
        end
        tn_isa_pkg::OpTensorScalar, tn_isa_pkg::OpTensorTensor, tn_isa_pkg::OpTensorReduce: begin
          field_b = FieldWord8;
          if (head_q[5*32+24]) over_code_a = tn_isa_pkg::FaultPsumRange;
        end
        tn_isa_pkg::OpMemset: begin
          has_a   = 1'b0;
          field_b = FieldWord8;
        end
        tn_isa_pkg::OpDmaLoad, tn_isa_pkg::OpDmaStore: begin
          dram_a      = 1'b1;
          field_b     = FieldWord7;
          over_code_a = tn_isa_pkg::FaultClosedWindow;
        end
        tn_isa_pkg::OpDmaCopy: field_b = FieldWord6;
        default: ;  // LoadStationary has one address
      endcase
      reg_a  = has_a && regs_written_q[common.reg_a] ? regs_q[common.reg_a] : '0;
      reg_b  = field_b != FieldNone && regs_written_q[common.reg_b] ? regs_q[common.reg_b] : '0;
      sum_a  = dram_a ? {1'b0, head_q[5*32+:40]} : {17'b0, head_q[5*32+:24]};
      sum_a  = sum_a + {9'b0, reg_a};
      over_a = has_a && (dram_a ? sum_a[40] : sum_a[40:24] != '0);
      case (field_b)
        FieldWord6: sum_b = {9'b0, head_q[6*32+:24]};
        FieldWord7: sum_b = {9'b0, head_q[7*32+:24]};
        FieldWord8: begin
          sum_b = {9'b0, head_q[8*32+:24]};
          if (head_q[8*32+24]) over_code_b = tn_isa_pkg::FaultPsumRange;
        end
        FieldPsum: begin
          sum_b       = {17'b0, head_q[8*32+:16]};
          over_code_b = tn_isa_pkg::FaultPsumRange;
        end
        default: ;
      endcase
      sum_b  = sum_b + {1'b0, reg_b};
      over_b = field_b == FieldPsum ? sum_b[32:16] != '0
                                    : field_b != FieldNone && sum_b[32:24] != '0;
    end
  end

  // Control instructions.
  logic [31:0] rs, rt_imm;
  logic        branch_taken;

  always_comb begin
    rs           = '0;
    rt_imm       = '0;
    branch_taken = 1'b0;
    if (head_valid_q && !is_engine) begin
      rs     = regs_written_q[control.rs] ? regs_q[control.rs] : '0;
      rt_imm = (regs_written_q[control.rt] ? regs_q[control.rt] : '0) + control.imm;
      if (common.opcode == tn_isa_pkg::OpBranch) begin
        case (branch.cond)
          tn_isa_pkg::CompareEq: branch_taken = rs == rt_imm;
          tn_isa_pkg::CompareNe: branch_taken = rs != rt_imm;
          tn_isa_pkg::CompareLtu: branch_taken = rs < rt_imm;
          default: branch_taken = rs >= rt_imm;
        endcase
      end
    end
  end

  logic waits_met;
  logic consume0, consume1, update0, update1;
  logic ready_to_act;
  logic act_done;      // control: nothing left but updates; engine: fits the issue register
  logic retire;
  logic load_issue;

  assign frozen = stop_i || fault_valid_q;
  assign consume0 = common.wait0_consume && common.wait0_cond != tn_isa_pkg::WaitConditionNone;
  assign consume1 = common.wait1_consume && common.wait1_cond != tn_isa_pkg::WaitConditionNone;
  assign update0 = common.update0_op != 4'(tn_isa_pkg::UpdateOpNone);
  assign update1 = common.update1_op != 4'(tn_isa_pkg::UpdateOpNone);

  always_comb begin
    phase_d      = phase_q;
    waits_met    = 1'b0;
    ready_to_act = 1'b0;
    act_done     = 1'b0;
    retire       = 1'b0;
    load_issue   = 1'b0;
    fault_raise  = 1'b0;
    fault_d      = '0;
    if (head_valid_q && !fault_valid_q) begin
      fault_d.instruction = head_index_q;
      unique case (phase_q)
        PhWait: begin
          if (head_check_q != CheckPass) begin
            fault_raise = !stop_i;
            case (head_check_q)
              CheckIllegal: fault_d.code = tn_isa_pkg::FaultIllegalInstruction;
              CheckSemaphore: fault_d.code = tn_isa_pkg::FaultSemaphore;
              default: begin
                fault_d.code    = tn_isa_pkg::FaultBusRead;
                fault_d.address = base_q + {26'b0, head_index_q, 6'b0};
              end
            endcase
          end else if (IsSync && is_engine) begin
            ready_to_act = 1'b1;  // the DMA queue waits
          end else begin
            waits_met =
                wait_met(common.wait0_cond, sem_i[common.wait0_sem[4:0]], common.wait0_value) &&
                wait_met(common.wait1_cond, sem_i[common.wait1_sem[4:0]], common.wait1_value);
            if (waits_met && !stop_i) begin
              if (consume0) phase_d = PhConsume0;
              else if (consume1) phase_d = PhConsume1;
              else ready_to_act = 1'b1;
            end
          end
        end
        PhConsume0: if (upd_ready_i) phase_d = consume1 ? PhConsume1 : PhAct;
        PhConsume1: if (upd_ready_i) phase_d = PhAct;
        PhAct: ready_to_act = 1'b1;
        PhUpdateFirst: begin
          if (upd_ready_i) begin
            if (update0 && update1) phase_d = PhUpdateSecond;
            else retire = 1'b1;
          end
        end
        PhUpdateSecond: retire = upd_ready_i;
        default: phase_d = PhWait;
      endcase

      if (ready_to_act && !stop_i) begin
        if (is_engine) begin
          if (over_a || over_b) begin
            fault_raise     = 1'b1;
            fault_d.code    = over_a ? over_code_a : over_code_b;
            fault_d.address = over_a ? {23'b0, sum_a} : {31'b0, sum_b};
          end else if (!issue_valid_q || instr_ready_i) begin
            load_issue = 1'b1;
            act_done   = 1'b1;
          end
        end else begin
          act_done = 1'b1;
        end
        if (act_done && !is_engine && (update0 || update1)) phase_d = PhUpdateFirst;
        else if (act_done) retire = 1'b1;
      end
      if (retire) phase_d = PhWait;
    end else if (active_q && !head_valid_q && !frozen && pc_q >= count_q) begin
      // Nothing is left in the head that could end or turn the stream.
      fault_raise         = 1'b1;
      fault_d.code        = tn_isa_pkg::FaultFetchRange;
      fault_d.instruction = pc_q;
      fault_d.address     = base_q + {26'b0, pc_q, 6'b0};
    end
  end

  // One update at a time: consume 0, consume 1, then the updates, `read` before `complete`.
  logic                swap_updates;
  tn_pkg::sem_update_t update0_item, update1_item;

  assign swap_updates = update0 && update1 && common.update0_event && !common.update1_event;
  assign update0_item = '{sem: common.update0_sem, op: common.update0_op[1:0],
                          value: common.update0_value};
  assign update1_item = '{sem: common.update1_sem, op: common.update1_op[1:0],
                          value: common.update1_value};

  always_comb begin
    upd_o = '0;
    unique case (phase_q)
      PhConsume0: upd_o = '{sem: common.wait0_sem, op: tn_isa_pkg::UpdateOpSub,
                            value: common.wait0_value};
      PhConsume1: upd_o = '{sem: common.wait1_sem, op: tn_isa_pkg::UpdateOpSub,
                            value: common.wait1_value};
      PhUpdateFirst: upd_o = swap_updates || !update0 ? update1_item : update0_item;
      PhUpdateSecond: upd_o = swap_updates ? update0_item : update1_item;
      default: ;
    endcase
  end

  assign upd_valid_o = phase_q != PhWait && phase_q != PhAct;
  assign upd_index_o = head_index_q;

  // Effects of a control instruction as it retires.
  logic halt;

  always_comb begin
    halt      = 1'b0;
    redirect  = 1'b0;
    target    = '0;
    reg_we    = 1'b0;
    reg_index = control.rd;
    reg_value = control.imm;
    if (retire && !is_engine) begin
      case (common.opcode)
        tn_isa_pkg::OpHalt: halt = 1'b1;
        tn_isa_pkg::OpSetReg: reg_we = 1'b1;
        tn_isa_pkg::OpAddReg: begin
          reg_we    = 1'b1;
          reg_value = rs + rt_imm;
        end
        tn_isa_pkg::OpBranch: begin
          redirect = branch_taken;
          target   = branch.target;
        end
        default: ;
      endcase
    end
    flush = redirect && (target < lo_q || target > requested_q);
  end

  logic load_head;
  assign load_head = active_q && !frozen && !halt && !redirect && (!head_valid_q || retire) &&
                     pc_q < received_q && pc_q >= lo_q && pc_q < count_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      active_q       <= 1'b0;
      halted_q       <= 1'b0;
      started_q      <= 1'b0;
      head_valid_q   <= 1'b0;
      phase_q        <= PhWait;
      fault_valid_q  <= 1'b0;
      regs_written_q <= '0;
      issue_valid_q  <= 1'b0;
      pc_q           <= '0;
    end else begin
      phase_q <= phase_d;

      if (start_i) begin
        active_q  <= 1'b1;
        started_q <= 1'b1;
        base_q    <= start_base_i;
        count_q   <= start_count_i;
        pc_q      <= '0;
      end

      if (load_head) begin
        head_valid_q <= 1'b1;
        head_q       <= ring_q[pc_q[PtrW-1:0]];
        head_check_q <= ring_check_q[pc_q[PtrW-1:0]];
        head_index_q <= pc_q;
        pc_q         <= pc_q + 32'd1;
      end else if (retire) begin
        head_valid_q <= 1'b0;
        if (redirect) pc_q <= target;
      end

      if (halt) begin
        active_q <= 1'b0;
        halted_q <= 1'b1;
      end
      if (reg_we && reg_index != '0) begin
        regs_q[reg_index]         <= reg_value;
        regs_written_q[reg_index] <= 1'b1;
      end

      if (load_issue) begin
        issue_valid_q <= 1'b1;
        issue_index_q <= head_index_q;
        issue_q       <= head_q;
        if (has_a) issue_q[5*32+:24] <= sum_a[23:0];
        if (dram_a) issue_q[5*32+:40] <= sum_a[39:0];
        case (field_b)
          FieldWord6: issue_q[6*32+:24] <= sum_b[23:0];
          FieldWord7: issue_q[7*32+:24] <= sum_b[23:0];
          FieldWord8: issue_q[8*32+:24] <= sum_b[23:0];
          FieldPsum: issue_q[8*32+:16] <= sum_b[15:0];
          default: ;
        endcase
      end else if (instr_ready_i) begin
        issue_valid_q <= 1'b0;
      end

      if (fault_raise && !fault_valid_q) begin
        fault_valid_q <= 1'b1;
        fault_q       <= fault_d;
      end
    end
  end

  // ----------------------------------------------------------------------------------------------
  // Profile, deadlock, trace.

  logic met0;          // of wait0; where it is met and the head waits, it waits for wait1
  logic head_waits;    // for a semaphore
  logic issue_held;    // the engine does not take the issue register
  logic traced;        // the head's instruction appears in the trace

  assign met0 = wait_met(common.wait0_cond, sem_i[common.wait0_sem[4:0]], common.wait0_value);
  assign head_waits = head_valid_q && phase_q == PhWait && head_check_q == CheckPass &&
                      !ready_to_act && !waits_met;
  assign issue_held = issue_valid_q && !instr_ready_i;

  always_comb begin
    cause_o = tn_isa_pkg::CauseOverhead;
    if (!active_o) cause_o = tn_isa_pkg::CauseEnded;
    else if (issue_held) cause_o = tn_isa_pkg::CauseSemaphore;
    else if (IsSync && issue_valid_q) cause_o = tn_isa_pkg::CauseBusy;
    else if (head_waits) cause_o = tn_isa_pkg::CauseSemaphore;
    else if (!head_valid_q && active_q && pc_q >= received_q) cause_o = tn_isa_pkg::CauseFetch;
  end

  // TensorE and VectorE take what is issued to them in the end; a DMA queue may be full for ever.
  // While the head can still act, nothing is certain.
  assign stuck_o = !fault_valid_q && (!issue_valid_q || (IsSync && issue_held)) &&
                   (head_waits || (IsSync && issue_held &&
                                   (!active_q || (head_valid_q && ready_to_act && is_engine))));

  always_comb begin
    blocked_o = '0;
    if (head_waits && !fault_valid_q) begin
      blocked_o.valid       = 1'b1;
      blocked_o.cond        = met0 ? common.wait1_cond : common.wait0_cond;
      blocked_o.sem         = met0 ? common.wait1_sem : common.wait0_sem;
      blocked_o.value       = met0 ? common.wait1_value : common.wait0_value;
      blocked_o.level       = sem_i[met0 ? common.wait1_sem[4:0] : common.wait0_sem[4:0]];
      blocked_o.instruction = head_index_q;
    end
  end

  // An instruction begins as it enters the head and ends as it leaves it. Registers and branches
  // are left out: they would bury the rest.
  logic entered_q;  // the head is new

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) entered_q <= 1'b0;
    else entered_q <= load_head;
  end

  assign traced = is_engine || common.opcode == tn_isa_pkg::OpNop ||
                  common.opcode == tn_isa_pkg::OpHalt;
  assign begin_valid_o = entered_q && head_check_q == CheckPass && traced;
  assign begin_o = '{opcode: common.opcode, instruction: head_index_q};
  assign end_valid_o = retire && traced;
  assign end_o = begin_o;

  assign active_o = active_q || issue_valid_q;
  assign retire_o = retire;
  assign instr_valid_o = issue_valid_q;
  assign instr_o = issue_q;
  assign instr_index_o = issue_index_q;
  assign fault_valid_o = fault_valid_q;
  assign fault_o = fault_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      ClearOnlyWhenDrained : assert (!clear_i || drained_o);
      LineWasAskedFor :
      assert (!line_valid_i || discard_q != '0 || requested_q != received_q || !started_q);
      LinesOfStartAreAll :
      assert (!start_i || (received_q <= 32'(start_lines_i) &&
                           32'(start_lines_i) <= start_count_i &&
                           32'(start_lines_i) <= QueueDepth));
      WindowFitsRing : assert (requested_q - lo_q <= QueueDepth);
      WindowHoldsNext :
      assert (!active_q || (pc_q >= lo_q && pc_q <= requested_q) || pc_q >= count_q);
      StartsOnce : assert (!start_i || (!active_q && !halted_q && start_count_i != '0));
    end
  end
`endif

endmodule
