.partitions 32
.stream vector
  TensorTensor src_dtype=bf16 src1_offset=64 src1_dtype=bf16 dst_offset=128 dst_dtype=fp32 num0=4 num1=1 partitions=4 op0=add src_step0=1 src1_step0=1 dst_step0=1
  TensorReduce src_offset=128 src_dtype=fp32 src_step0=-1 dst_offset=256 dst_dtype=fp32 num0=4 num1=1 partitions=4 op=max
  TensorScalar src_offset=128 src_dtype=fp32 dst_offset=256 dst_dtype=fp8_e4m3 num0=65535 num1=65535 partitions=128 op0=reciprocal op1=mult operand1=0x7fc00000
  Halt
