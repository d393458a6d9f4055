// Checkers of SBUF, PSUM and accumulation; need tn_pkg, tn_isa_pkg and tn_psum_pkg before them
rtl/checkers/tn_sbuf_checker.sv
rtl/checkers/tn_psum_checker.sv
rtl/checkers/tn_accumulate_checker.sv
