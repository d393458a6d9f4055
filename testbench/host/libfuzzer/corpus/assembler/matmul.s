# SPDX-License-Identifier: Apache-2.0
#
# The program of "one matmul, cycle by cycle": D[4, 8] = A[16, 4].T @ B[16, 8] in BF16, for `tiny`.
# Slots: 0 = A (K-major, rows of 4), 1 = B (rows of 8), 2 = D (rows of 8).
.partitions 32

.stream sync
# Row k of each operand goes to partition k; semaphore 0 counts the operands that have arrived.
DmaLoad slot=0 row_bytes=8 num1=16 dram_step1=8 partition_step1=1 sbuf_offset=0 update0_sem=0 update0_op=add update0_value=1 update0_event=complete
DmaLoad slot=1 row_bytes=16 num1=16 dram_step1=16 partition_step1=1 sbuf_offset=64 update0_sem=0 update0_op=add update0_value=1 update0_event=complete
# Queued at once, but it waits at the head of its queue for semaphore 2.
DmaStore slot=2 row_bytes=16 num1=4 dram_step1=16 partition_step1=1 sbuf_offset=128 wait0_sem=2 wait0_cond=ge wait0_value=1
Halt

.stream tensor
# LoadStationary only names A; its columns are read when the multiplication begins.
LoadStationary sbuf_offset=0 dtype=bf16 partitions=16 columns=4 step=1
MultiplyMoving sbuf_offset=64 dtype=bf16 step0=1 num0=8 num1=1 psum_offset=0 wait0_sem=0 wait0_cond=ge wait0_value=2 update0_sem=1 update0_op=add update0_value=1 update0_event=complete
Halt

.stream vector
# Four rows of FP32 sums leave PSUM as BF16.
TensorScalar src_offset=0 src_space=psum src_dtype=fp32 src_step0=1 num0=8 num1=1 dst_offset=128 dst_dtype=bf16 dst_step0=1 partitions=4 wait0_sem=1 wait0_cond=ge wait0_value=1 update0_sem=2 update0_op=add update0_value=1 update0_event=complete
Halt
