.partitions 32
.stream sync
  DmaLoad slot=0 row_bytes=64 num1=4 num2=2 dram_step1=64 dram_step2=256 partition_step1=1
  DmaLoad slot=2 row_bytes=8 num1=4 sbuf_step1=-8
  DmaCopy row_bytes=16 num1=3
  DmaStore slot=1 row_bytes=0 num1=255
  DmaStore slot=15 row_bytes=7 num3=3 dram_offset=0xffffffffff
  Halt
