.partitions 129
.stream tensor
x:x:Halt extra=1 wait0_cond=gt
