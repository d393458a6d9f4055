.partitions 32
.stream sync
SetReg rd=15 imm=0xFFFFFFFF
SetReg rd=0 imm=4294967295
AddReg rd=1 rs=2 imm=+0x10 ; c
# d
Halt
