// SPDX-License-Identifier: Apache-2.0
//
// control_proof: tn_control answers every AXI4-Lite access once and holds its answers, loses no write,
// no start and no done, and reads back what was written.
//
// The host holds its requests until taken, the launcher its done. Beside the design stands a model of
// its registers that is fed by the accesses on the bus: it knows a write from its address and data
// beats, whichever came first, and takes it as done in the cycle in which both are there and the
// response can go.
module control_proof (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        aw_valid_i,
  input logic [11:0] aw_addr_i,
  input logic        w_valid_i,
  input logic [31:0] w_data_i,
  input logic [3:0]  w_strb_i,
  input logic        b_ready_i,
  input logic        ar_valid_i,
  input logic [11:0] ar_addr_i,
  input logic        r_ready_i,
  input logic        start_ready_i,
  input logic        done_valid_i,
  input logic        idle_i,
  input logic        stopping_i,
  input logic        dead_i
);

  logic        aw_ready, w_ready, b_valid, ar_ready, r_valid, interrupt;
  logic [31:0] r_data;
  logic        start_valid, queued, done_ready, reset;
  logic [63:0] start_launch, start_image;

  tn_control u_dut (
    .clk_i, .rst_ni,
    .aw_valid_i, .aw_ready_o(aw_ready), .aw_addr_i,
    .w_valid_i, .w_ready_o(w_ready), .w_data_i, .w_strb_i,
    .b_valid_o(b_valid), .b_ready_i,
    .ar_valid_i, .ar_ready_o(ar_ready), .ar_addr_i,
    .r_valid_o(r_valid), .r_ready_i, .r_data_o(r_data),
    .interrupt_o(interrupt),
    .start_valid_o(start_valid), .start_ready_i, .start_launch_o(start_launch),
    .start_image_o(start_image), .queued_o(queued),
    .done_valid_i, .done_ready_o(done_ready), .idle_i, .reset_o(reset), .stopping_i, .dead_i,
    .last_code_i(8'd0), .last_engine_i(4'd0), .last_instruction_i(32'd0), .last_address_i(64'd0),
    .last_cycles_i(64'd0)
  );

  logic aw_go, w_go, b_go, ar_go, r_go, start_go, done_go;
  assign aw_go    = aw_valid_i && aw_ready;
  assign w_go     = w_valid_i && w_ready;
  assign b_go     = b_valid && b_ready_i;
  assign ar_go    = ar_valid_i && ar_ready;
  assign r_go     = r_valid && r_ready_i;
  assign start_go = start_valid && start_ready_i;
  assign done_go  = done_valid_i && done_ready;

  logic started_q = 1'b0;

  // ------------------------------------------------------------------------- what the cycle before saw
  logic        aw_waits_q, w_waits_q, ar_waits_q, done_waits_q, b_waits_q, r_waits_q, start_waits_q;
  logic [11:0] aw_addr_was_q, ar_addr_was_q;
  logic [31:0] w_data_was_q, r_data_was_q;
  logic [3:0]  w_strb_was_q;
  logic [127:0] start_was_q;

  always_ff @(posedge clk_i) begin
    started_q     <= 1'b1;
    aw_addr_was_q <= aw_addr_i;
    ar_addr_was_q <= ar_addr_i;
    w_data_was_q  <= w_data_i;
    w_strb_was_q  <= w_strb_i;
    r_data_was_q  <= r_data;
    start_was_q   <= {start_launch, start_image};
    aw_waits_q    <= rst_ni && aw_valid_i && !aw_ready;
    w_waits_q     <= rst_ni && w_valid_i && !w_ready;
    ar_waits_q    <= rst_ni && ar_valid_i && !ar_ready;
    done_waits_q  <= rst_ni && done_valid_i && !done_ready;
    b_waits_q     <= rst_ni && b_valid && !b_ready_i;
    r_waits_q     <= rst_ni && r_valid && !r_ready_i;
    start_waits_q <= rst_ni && start_valid && !start_ready_i;
  end

  // ------------------------------------------------------------------------------ the model: a write
  // Address and data that have come and are not done; writes done and not answered.
  logic        have_aw_q, have_w_q, write;
  logic [1:0]  unanswered_q;
  logic [11:0] address_q;
  logic [31:0] data_q;
  logic [3:0]  strb_q;
  assign write = have_aw_q && have_w_q && (unanswered_q == '0 || b_go);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      have_aw_q    <= 1'b0;
      have_w_q     <= 1'b0;
      unanswered_q <= '0;
    end else begin
      if (aw_go) begin
        have_aw_q <= 1'b1;
        address_q <= aw_addr_i & 12'hffc;
      end else if (write) begin
        have_aw_q <= 1'b0;
      end
      if (w_go) begin
        have_w_q <= 1'b1;
        data_q   <= w_data_i;
        strb_q   <= w_strb_i;
      end else if (write) begin
        have_w_q <= 1'b0;
      end
      unanswered_q <= unanswered_q + 2'(write) - 2'(b_go);
    end
  end

  // -------------------------------------------------------------------------- the model: registers
  logic [31:0] mask;
  assign mask = {{8{strb_q[3]}}, {8{strb_q[2]}}, {8{strb_q[1]}}, {8{strb_q[0]}}};

  function automatic logic [31:0] written(input logic [31:0] old, input logic [31:0] data,
                                          input logic [31:0] bits);
    return (old & ~bits) | (data & bits);
  endfunction

  logic [31:0] launch_lo_q, launch_hi_q, image_lo_q, image_hi_q;
  logic        gie_q;
  logic [1:0]  ier_q, isr_q;
  logic        start_q, ready_q, done_q;  // ap_start, ap_ready, ap_done
  logic        queue_q;                   // a launch is handed over and not taken
  logic [127:0] queue_args_q;
  logic        hand_over, is_ctrl;
  assign hand_over = start_q && (!queue_q || start_ready_i);
  assign is_ctrl   = write && address_q == tn_regs_pkg::RegCtrl && strb_q[0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {launch_lo_q, launch_hi_q, image_lo_q, image_hi_q} <= '0;
      gie_q   <= 1'b0;
      ier_q   <= '0;
      isr_q   <= '0;
      start_q <= 1'b0;
      ready_q <= 1'b0;
      done_q  <= 1'b0;
      queue_q <= 1'b0;
    end else begin
      if (write) begin
        if (address_q == tn_regs_pkg::RegLaunchLo) launch_lo_q <= written(launch_lo_q, data_q, mask);
        if (address_q == tn_regs_pkg::RegLaunchHi) launch_hi_q <= written(launch_hi_q, data_q, mask);
        if (address_q == tn_regs_pkg::RegImageLo) image_lo_q <= written(image_lo_q, data_q, mask);
        if (address_q == tn_regs_pkg::RegImageHi) image_hi_q <= written(image_hi_q, data_q, mask);
        if (address_q == tn_regs_pkg::RegGie && strb_q[0]) gie_q <= data_q[0];
        if (address_q == tn_regs_pkg::RegIer && strb_q[0]) ier_q <= data_q[1:0];
      end
      // An event is never lost to a toggle of the same cycle.
      for (int unsigned bit_of = 0; bit_of < 2; bit_of++) begin
        if ((bit_of == 0 ? done_go : hand_over) && ier_q[bit_of]) isr_q[bit_of] <= 1'b1;
        else if (write && address_q == tn_regs_pkg::RegIsr && strb_q[0] && data_q[bit_of]) begin
          isr_q[bit_of] <= !isr_q[bit_of];
        end
      end
      // A start written in the cycle in which the one before is handed over stays.
      start_q <= (is_ctrl && data_q[0]) || (start_q && !hand_over);
      ready_q <= !(is_ctrl && data_q[0]) && (ready_q || hand_over);
      done_q  <= done_go || (done_q && !(is_ctrl && data_q[4]));
      queue_q <= hand_over || (queue_q && !start_ready_i);
      if (hand_over) queue_args_q <= {launch_hi_q, launch_lo_q, image_hi_q, image_lo_q};
    end
  end

  // Starts written, less launches taken by the launcher and those that the registers still hold.
  logic [3:0] starts_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) starts_q <= '0;
    else starts_q <= starts_q + 4'(is_ctrl && data_q[0] && (!start_q || hand_over)) - 4'(start_go);
  end

  // ----------------------------------------------------------------------------- the model: a read
  logic        read_due_q;
  logic [31:0] read_q, value;
  logic        is_modelled_q, is_modelled;

  always_comb begin
    is_modelled = 1'b1;
    case (ar_addr_i & 12'hffc)
      tn_regs_pkg::RegCtrl: value = {22'b0, gie_q && isr_q != '0, 5'b0, ready_q,
                                     idle_i && !queue_q && !start_q, done_q, start_q};
      tn_regs_pkg::RegGie:      value = {31'b0, gie_q};
      tn_regs_pkg::RegIer:      value = {30'b0, ier_q};
      tn_regs_pkg::RegIsr:      value = {30'b0, isr_q};
      tn_regs_pkg::RegLaunchLo: value = launch_lo_q;
      tn_regs_pkg::RegLaunchHi: value = launch_hi_q;
      tn_regs_pkg::RegImageLo:  value = image_lo_q;
      tn_regs_pkg::RegImageHi:  value = image_hi_q;
      tn_regs_pkg::RegReset:    value = {30'b0, dead_i, stopping_i};
      default: begin
        value       = '0;
        is_modelled = (ar_addr_i > 12'h100);  // nothing is there
      end
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      read_due_q <= 1'b0;
    end else begin
      read_due_q <= ar_go || (read_due_q && !r_go);
      if (ar_go) begin
        read_q        <= value;
        is_modelled_q <= is_modelled;
      end
    end
  end

  logic reset_due_q;
  always_ff @(posedge clk_i) begin
    reset_due_q <= rst_ni && write && address_q == tn_regs_pkg::RegReset && strb_q[0] && data_q[0];
  end

  always_ff @(posedge clk_i) begin
    if (!started_q) begin
      StartsInReset : assume (!rst_ni);
    end
    if (started_q && rst_ni) begin
      AddressHolds : assume (!aw_waits_q || (aw_valid_i && aw_addr_i == aw_addr_was_q));
      DataHold     : assume (!w_waits_q || (w_valid_i && w_data_i == w_data_was_q &&
                                            w_strb_i == w_strb_was_q));
      ReadHolds    : assume (!ar_waits_q || (ar_valid_i && ar_addr_i == ar_addr_was_q));
      DoneHolds    : assume (!done_waits_q || done_valid_i);

      EveryWriteIsAnswered : assert (b_valid == (unanswered_q != '0) && unanswered_q <= 2'd1);
      EveryReadIsAnswered  : assert (r_valid == read_due_q);
      WriteAnswerHolds     : assert (!b_waits_q || b_valid);
      ReadAnswerHolds      : assert (!r_waits_q || (r_valid && r_data == r_data_was_q));
      AccessesAreTaken     : assert (aw_ready == !have_aw_q && w_ready == !have_w_q &&
                                     (ar_ready || (r_valid && !r_ready_i)) &&
                                     !(have_aw_q && have_w_q && !write && !(b_valid && !b_ready_i)));
      ReadsTellTheState    : assert (!read_due_q || !is_modelled_q || r_data == read_q);
      InterruptIsRight     : assert (interrupt == (gie_q && isr_q != '0));
      StartHolds           : assert (!start_waits_q ||
                                     (start_valid && {start_launch, start_image} == start_was_q));
      StartCarriesArguments : assert (start_valid == queue_q &&
                                      (!queue_q || {start_launch, start_image} == queue_args_q));
      NoStartIsLost        : assert (starts_q == 4'(start_q) + 4'(queue_q) &&
                                     queued == (starts_q != '0));
      NoDoneIsLost         : assert (done_ready == !done_q);
      ResetIsAPulse        : assert (reset == reset_due_q);

      LemmaWrite : assert (u_dut.aw_held_q == have_aw_q && u_dut.w_held_q == have_w_q &&
                           (!have_aw_q || u_dut.write_address_q == address_q) &&
                           (!have_w_q || {u_dut.write_data_q, u_dut.write_strb_q} ==
                                         {data_q, strb_q}));
      LemmaState : assert (u_dut.launch_q == {launch_hi_q, launch_lo_q} &&
                           u_dut.image_q == {image_hi_q, image_lo_q} &&
                           {u_dut.gie_q, u_dut.ier_q, u_dut.isr_q} == {gie_q, ier_q, isr_q} &&
                           {u_dut.start_q, u_dut.ready_q} == {start_q, ready_q});

      SeesTwoStarts    : cover (start_q && queue_q);
      SeesSplitWrite   : cover (have_w_q && !have_aw_q && unanswered_q != '0);
      SeesEventAndToggle : cover (isr_q[0] && done_go && ier_q[0] && write &&
                                  address_q == tn_regs_pkg::RegIsr && data_q[0] && strb_q[0]);
      SeesStartAtHandOver : cover (hand_over && is_ctrl && data_q[0]);
      SeesReadBack     : cover (r_valid && read_due_q && read_q == 32'hcafe0000 && is_modelled_q);
    end
  end

endmodule
