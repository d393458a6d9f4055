.partitions 32
.stream tensor
  Nop wait0_sem=1 wait0_cond=ge wait0_value=1
  Nop update0_sem=2 update0_op=add update0_value=1 update0_event=complete
  Halt
.stream vector
  Nop wait0_sem=2 wait0_cond=eq wait0_value=1 update0_sem=1 update0_op=add update0_value=1
  Halt
