// SPDX-License-Identifier: Apache-2.0
//
// Scrubbing between tenants: after it, no byte of SBUF and no word of PSUM says what was there.

#include <gtest/gtest.h>

#include <algorithm>

#include "bench_options.hpp"
#include "tinium/context.hpp"
#include "tinium/schedule.hpp"

namespace tinium {
namespace {

/// Every byte of SBUF from slot 0, every word of PSUM from its transpose.
ProgramImage dirty(const Capabilities& core) {
  Schedule schedule(core.partitions);
  isa::DmaLoad load;
  load.row_bytes = core.sbuf_bytes;
  load.num1 = core.partitions;
  load.partition_step1 = 1;
  load.dram_step1 = static_cast<std::int32_t>(core.sbuf_bytes);
  schedule.add(load);
  isa::LoadStationary stationary;
  stationary.partitions = core.partitions;
  stationary.columns = core.partitions;
  stationary.step = 1;
  schedule.add(stationary);
  for (std::uint32_t word = 0; word < core.psum_banks * 512; word += core.partitions) {
    isa::Transpose transpose;
    transpose.psum_offset = word;
    schedule.add(transpose);
  }
  return schedule.build();
}

/// SBUF, then PSUM, to slot 0.
ProgramImage dump(const Capabilities& core) {
  Schedule schedule(core.partitions);
  isa::DmaStore sbuf;
  sbuf.row_bytes = core.sbuf_bytes;
  sbuf.num1 = core.partitions;
  sbuf.partition_step1 = 1;
  sbuf.dram_step1 = static_cast<std::int32_t>(core.sbuf_bytes);
  schedule.add(sbuf);
  for (std::uint32_t bank = 0; bank < core.psum_banks; ++bank) {
    isa::TensorScalar copy;
    copy.src_space = static_cast<std::uint32_t>(isa::Space::kPsum);
    copy.src_offset = bank * 512;
    copy.src_dtype = copy.dst_dtype = static_cast<std::uint32_t>(DType::int32);
    copy.src_step0 = copy.dst_step0 = 1;
    copy.num0 = 512;
    copy.num1 = 1;
    copy.partitions = core.partitions;
    schedule.add(copy);
    isa::DmaStore psum = sbuf;
    psum.dram_offset = std::uint64_t{core.partitions} * (core.sbuf_bytes + bank * 2048);
    psum.row_bytes = 2048;
    psum.dram_step1 = 2048;
    schedule.add(psum);
  }
  return schedule.build();
}

class Scrub : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Devices, Scrub,
                         testing::Values("emu:tiny", "emu:small"
#if TINIUM_HAS_SIM
                                         ,
                                         "sim:tiny"
#endif
                                         ),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           name[3] = '_';
                           return name;
                         });

TEST_P(Scrub, LeavesNothingOfTheTenantBefore) {
  Context context{GetParam()};
  const Capabilities& core = context.capabilities();
  auto rng = testbench::make_rng();
  Tensor secret(DType::int8, core.partitions, core.sbuf_bytes);
  for (std::byte& byte : secret.bytes()) byte = static_cast<std::byte>(rng() % 255 + 1);
  const auto device_secret = context.upload(secret);
  const auto out = context.allocate(DType::int8, core.partitions,
                                    core.sbuf_bytes + core.psum_banks * std::size_t{2048});
  const auto set = context.load(dirty(core));
  const auto get = context.load(dump(core));
  const auto zeros = [&] {
    context.run(get, {output(out)}, {});
    const Tensor bytes = context.download(out);
    return static_cast<std::size_t>(
        std::count(bytes.bytes().begin(), bytes.bytes().end(), std::byte{0}));
  };
  const std::size_t all = core.partitions * (core.sbuf_bytes + core.psum_banks * std::size_t{2048});
  context.run(set, {input(device_secret)}, {});
  // Of PSUM the upper halves of words are zero: the transposed elements have two bytes.
  EXPECT_LE(zeros(), core.partitions * core.psum_banks * std::size_t{1024});
  context.run(set, {input(device_secret)}, {});
  context.scrub();
  EXPECT_EQ(zeros(), all);
}

}  // namespace
}  // namespace tinium
