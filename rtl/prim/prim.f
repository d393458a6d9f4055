rtl/prim/tn_fifo.sv
rtl/prim/tn_skid.sv
rtl/prim/tn_ram_1r1w.sv
