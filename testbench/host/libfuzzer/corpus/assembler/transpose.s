.partitions 32
.stream tensor
  LoadStationary sbuf_offset=0 dtype=fp32 partitions=16 columns=4 step=1
  MultiplyMoving sbuf_offset=0 dtype=fp32 step0=1 num0=256 num1=2 psum_offset=512 accumulate=1
  Halt
