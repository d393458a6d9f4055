// Xilinx forms of cells in rtl/prim: give them to the tools in place of the files of the same name there.
rtl/prim/xilinx/tn_delay.sv
rtl/prim/xilinx/tn_dsp_mac.sv
rtl/prim/xilinx/tn_ram_1r1w.sv
