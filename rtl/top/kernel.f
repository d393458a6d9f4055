// The whole kernel, without its configuration package: use kernel_<config>.f
rtl/pkg/tn_pkg.sv
rtl/generated/tn_isa_pkg.sv
rtl/generated/tn_regs_pkg.sv
-f rtl/prim/prim.f
-f rtl/bus/bus.f
-f rtl/memory/memory.f
-f rtl/memory/psum.f
-f rtl/tensor/tensor.f
-f rtl/vector/vector.f
-f rtl/dma/dma.f
-f rtl/sequencer/sequencer.f
rtl/top/tn_launcher.sv
rtl/top/tn_control.sv
rtl/top/tn_core.sv
rtl/top/tn_kernel.sv
