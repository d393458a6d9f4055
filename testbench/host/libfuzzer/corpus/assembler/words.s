.partitions 32
.stream gpsimd
 .words 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 0xffffffff
.stream scalar
 Halt
