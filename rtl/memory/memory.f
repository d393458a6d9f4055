rtl/memory/tn_sbuf_arbiter.sv
rtl/memory/tn_sbuf.sv
