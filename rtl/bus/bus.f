rtl/bus/tn_axi_read_mux.sv
rtl/bus/tn_axi_write_mux.sv
