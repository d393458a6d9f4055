// The whole kernel, without its configuration package: use kernel_<config>.f
// (tensor.f brings tn_pkg and tn_psum_pkg)
rtl/generated/tn_isa_pkg.sv
rtl/generated/tn_regs_pkg.sv
-f rtl/tensor/tensor.f
-f rtl/prim/prim.f
-f rtl/bus/bus.f
-f rtl/memory/memory.f
rtl/memory/tn_psum_column.sv
rtl/memory/tn_psum.sv
-f rtl/vector/vector.f
-f rtl/dma/dma.f
-f rtl/sequencer/sequencer.f
rtl/top/tn_launcher.sv
rtl/top/tn_profile.sv
rtl/top/tn_trace.sv
rtl/top/tn_deadlock.sv
rtl/top/tn_control.sv
rtl/top/tn_core.sv
rtl/top/tn_kernel.sv
