rtl/generated/ulx3s/tn_config_pkg.sv
-f rtl/top/kernel.f
