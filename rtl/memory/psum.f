// PSUM; needs rtl/pkg/tn_pkg.sv and rtl/generated/tn_isa_pkg.sv before it
rtl/memory/tn_psum_pkg.sv
rtl/memory/tn_psum_column.sv
rtl/memory/tn_psum.sv
