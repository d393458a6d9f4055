// TensorE without PSUM; needs rtl/generated/tn_isa_pkg.sv before it
-f rtl/tensor/array.f
rtl/memory/tn_psum_pkg.sv
rtl/tensor/tn_tensor_pkg.sv
rtl/tensor/tn_tensor_issue.sv
rtl/tensor/tn_tensor_queue.sv
rtl/tensor/tn_tensor_updates.sv
rtl/tensor/tn_tensor_wave.sv
rtl/tensor/tn_stationary_loader.sv
rtl/tensor/tn_pass_sequencer.sv
rtl/tensor/tn_moving_reader.sv
rtl/tensor/tn_tensor_engine.sv
