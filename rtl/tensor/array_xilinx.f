rtl/pkg/tn_pkg.sv
rtl/prim/xilinx/tn_delay.sv
rtl/prim/xilinx/tn_dsp_mac.sv
rtl/tensor/tn_operand_decode.sv
rtl/tensor/tn_pe.sv
rtl/tensor/tn_column_foot.sv
rtl/tensor/tn_row_edge.sv
rtl/tensor/tn_pe_array.sv
