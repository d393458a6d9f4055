rtl/generated/full/tn_config_pkg.sv
-f rtl/top/kernel.f
