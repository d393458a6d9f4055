// SPDX-License-Identifier: Apache-2.0
// Golden figures of the promise "doorbell to the first moving vector" on `small`, DRAM latency 100:
// at most 200 cycles with the operands in SBUF, 340 in DRAM. Exact both ways.
#include <gtest/gtest.h>

#include "../../system/machine.hpp"

namespace tinium::testbench {
namespace {

/// One 16 x 16 tile and 16 vectors, waiting for `loads` transfers.
void add_product(ProgramBuilder& builder, std::uint32_t loads) {
  isa::LoadStationary load;
  load.partitions = 16;
  load.columns = 16;
  load.step = 1;
  if (loads != 0) {
    load.wait0_sem = 1;
    load.wait0_cond = static_cast<std::uint32_t>(isa::WaitCondition::kGe);
    load.wait0_value = loads;
  }
  builder.add(isa::Engine::kTensor, load);
  isa::MultiplyMoving multiply;
  multiply.num0 = 16;
  multiply.num1 = 1;
  multiply.step0 = 1;
  multiply.sbuf_offset = 32;
  builder.add(isa::Engine::kTensor, multiply);
}

TEST(Doorbell, OperandsInSbuf) {
  Machine machine("sim:small?latency=100");
  ProgramBuilder builder(machine.core().partitions);
  add_product(builder, 0);
  const Completion c = machine.run(builder);
  ASSERT_TRUE(c.ok());
  EXPECT_EQ(c.counters.tensor_vectors, 16U);
  RecordProperty("first_mac", static_cast<int>(c.counters.first_mac));
  EXPECT_LE(c.counters.first_mac, 170U);
  EXPECT_EQ(c.counters.first_mac, 127U);
}

TEST(Doorbell, OperandsInDram) {
  Machine machine("sim:small?latency=100");
  const Bytes bytes(16 * 64);
  const DeviceAddress source = machine.place(bytes);
  ProgramBuilder builder(machine.core().partitions);
  // Both operands in one transfer of sixteen runs: 32 bytes stationary, 32 moving.
  auto load = transfer<isa::DmaLoad>(0, 0, 64, 64, 16, 0);
  load.update0_sem = 1;
  load.update0_op = static_cast<std::uint32_t>(isa::UpdateOp::kAdd);
  load.update0_event = static_cast<std::uint32_t>(isa::UpdateEvent::kComplete);
  load.update0_value = 1;
  builder.add(isa::Engine::kSync, load);
  add_product(builder, 1);
  const Completion c = machine.run(builder, {window(source, bytes.size())});
  ASSERT_TRUE(c.ok());
  RecordProperty("first_mac", static_cast<int>(c.counters.first_mac));
  EXPECT_LE(c.counters.first_mac, 290U);
  EXPECT_EQ(c.counters.first_mac, 252U);
}

}  // namespace
}  // namespace tinium::testbench
