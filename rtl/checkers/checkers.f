rtl/checkers/tn_axi_checker.sv
