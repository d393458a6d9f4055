// What tinium_verilate adds to a simulation: tn_x_checks.sv, which holds checkers and the bind of
// them to every tn_x, wherever tn_x.sv is compiled.
rtl/checkers/tn_axi_read_mux_checks.sv
rtl/checkers/tn_axi_write_mux_checks.sv
rtl/checkers/tn_control_checks.sv
rtl/checkers/tn_dma_checks.sv
rtl/checkers/tn_kernel_checks.sv
rtl/checkers/tn_launcher_checks.sv
rtl/checkers/tn_psum_checks.sv
rtl/checkers/tn_sbuf_checks.sv
rtl/checkers/tn_sequencer_checks.sv
rtl/checkers/tn_tensor_engine_checks.sv
rtl/checkers/tn_trace_checks.sv
rtl/checkers/tn_vector_engine_checks.sv
