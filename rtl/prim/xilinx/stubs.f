// Pins of vendor cells for Yosys with slang; vendor tools bring their own.
rtl/prim/xilinx/dsp48e2_stub.sv
