.partitions 32
.stream sync
a: Branch cond=eq target=a
