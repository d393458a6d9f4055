// VectorE. Needs rtl/pkg/tn_pkg.sv and rtl/generated/tn_isa_pkg.sv before it.
rtl/vector/tn_vector_pkg.sv
rtl/vector/tn_fp32_add.sv
rtl/vector/tn_fp32_mul.sv
rtl/vector/tn_cast_to_fp32.sv
rtl/vector/tn_cast_from_fp32.sv
rtl/vector/tn_vector_alu.sv
rtl/vector/tn_vector_lane.sv
rtl/vector/tn_vector_check.sv
rtl/vector/tn_vector_updates.sv
rtl/vector/tn_vector_engine.sv
