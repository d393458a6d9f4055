rtl/generated/u55c/tn_config_pkg.sv
-f rtl/top/kernel.f
