rtl/generated/tiny/tn_config_pkg.sv
-f rtl/top/kernel.f
