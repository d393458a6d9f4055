.partitions 32
.stream vector
  SetReg rd=1 imm=0
loop: AddReg rd=1 rs=1 imm=1
  Branch rs=1 cond=ltu imm=0x8 target=loop
  Memset dst_offset=0 dst_dtype=fp32 value=0x3f800000 num0=4 num1=2 dst_step0=1 dst_step1=4 partitions=32
  Halt
