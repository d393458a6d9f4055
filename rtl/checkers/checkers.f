// Protocol checkers. Simulation and proof only: no list of a design names them.
rtl/checkers/tn_checker_pkg.sv
rtl/checkers/tn_axi_read_checker.sv
rtl/checkers/tn_axi_write_checker.sv
rtl/checkers/tn_axi_lite_checker.sv
rtl/checkers/tn_ctrl_chain_checker.sv
rtl/checkers/tn_stream_checker.sv
