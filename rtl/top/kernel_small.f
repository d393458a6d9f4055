rtl/generated/small/tn_config_pkg.sv
-f rtl/top/kernel.f
