// What tinium_verilate adds to a simulation: tn_x_checks.sv, which holds checkers and the bind of
// them to every tn_x, wherever tn_x.sv is compiled. Needs checkers.f before it.
rtl/checkers/tn_axi_read_mux_checks.sv
rtl/checkers/tn_axi_write_mux_checks.sv
