// SPDX-License-Identifier: Apache-2.0
//
// The program that clears what a tenant leaves in a core: VectorE fills SBUF with zeros, then
// TensorE multiplies zeros into every word of PSUM.

#include <algorithm>

#include "memory.hpp"

namespace tinium::detail {

ProgramImage build_scrub(const Capabilities& core) {
  using isa::Engine;
  constexpr std::uint32_t kCleared = 0;           // VectorE -> TensorE
  constexpr std::uint32_t kMostElements = 65532;  // of one Memset; whole words of SBUF
  ProgramBuilder builder(core.partitions);
  const std::uint32_t words = core.sbuf_bytes / 4;
  for (std::uint32_t done = 0; done < words;) {
    isa::Memset clear;
    clear.num0 = std::min(words - done, kMostElements);
    clear.num1 = 1;
    clear.dst_offset = done * 4;
    clear.dst_dtype = static_cast<std::uint32_t>(DType::int32);
    clear.dst_step0 = 1;
    clear.partitions = core.partitions;
    done += clear.num0;
    if (done == words) add_update(clear, {kCleared});
    builder.add(Engine::kVector, clear);
  }
  isa::LoadStationary zeros;
  zeros.dtype = static_cast<std::uint32_t>(DType::bf16);
  zeros.partitions = 1;
  zeros.columns = core.partitions;
  zeros.step = 1;
  add_wait(zeros, {kCleared, 1, true});
  builder.add(Engine::kTensor, zeros);
  for (std::uint32_t bank = 0; bank < core.psum_banks; ++bank) {
    isa::MultiplyMoving product;
    product.dtype = static_cast<std::uint32_t>(DType::bf16);
    product.step0 = 1;
    product.num0 = isa::kPsumBankElements;
    product.num1 = 1;
    product.psum_offset = bank * isa::kPsumBankElements;
    builder.add(Engine::kTensor, product);
  }
  builder.halt_all();
  return builder.build();
}

}  // namespace tinium::detail
