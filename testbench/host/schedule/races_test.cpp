// SPDX-License-Identifier: Apache-2.0
//
// The checker on programs written by hand: what it finds, what it says, what it lets pass. And on
// the programs that the library makes.

#include <gtest/gtest.h>

#include "tinium/context.hpp"
#include "tinium/mlp.hpp"
#include "tinium/schedule.hpp"

namespace tinium {
namespace {

template <typename Function>
Error error_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::internal, "nothing", "was thrown");
}

constexpr const char* kHead = ".partitions 32\n";
constexpr const char* kLoad =
    "DmaLoad row_bytes=64 num1=32 partition_step1=1 dram_step1=64 sbuf_offset=0x40";
constexpr const char* kScalar =
    "TensorScalar src_offset=0x40 src_dtype=bf16 src_step0=1 num0=16 num1=1 dst_offset=0x400 "
    "dst_dtype=bf16 dst_step0=1 partitions=32";

std::string program(const std::string& vector, const std::string& sync) {
  return kHead + std::string(".stream vector\n") + vector + "\nHalt\n.stream sync\n" + sync +
         "\nHalt\n";
}

std::string with(const std::string& instruction, const std::string& ties) {
  return instruction + " " + ties;
}

TEST(Races, AMissingWaitIsNamedWithItsBytes) {
  const auto image = assemble(program(kScalar, kLoad));
  const auto races = find_races(image);
  ASSERT_EQ(races.size(), 1u);
  EXPECT_EQ(races[0].overlap, "SBUF partitions 0..31 bytes 0x40..0x5f");
  EXPECT_NE(races[0].first.find("vector 0: TensorScalar"), std::string::npos) << races[0].first;
  EXPECT_NE(races[0].second.find("dma_load 0: DmaLoad"), std::string::npos) << races[0].second;
  const Error error = error_of([&] { check_races(image); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_NE(error.detail().find("bytes 0x40..0x5f"), std::string::npos);
}

TEST(Races, AWaitForTheRightEventOrders) {
  const std::string wait = "wait0_sem=3 wait0_cond=ge wait0_value=1";
  const std::string complete =
      "update0_sem=3 update0_op=add update0_event=complete update0_value=1";
  const std::string read = "update0_sem=3 update0_op=add update0_event=read update0_value=1";
  EXPECT_TRUE(find_races(assemble(program(with(kScalar, wait), with(kLoad, complete)))).empty());
  // The data has arrived from the bus, but is not in SBUF.
  EXPECT_EQ(find_races(assemble(program(with(kScalar, wait), with(kLoad, read)))).size(), 1u);
  // The other way round a read is enough: the load overwrites what VectorE has read.
  EXPECT_TRUE(find_races(assemble(program(with(kScalar, read), with(kLoad, wait)))).empty());
}

TEST(Races, CountsAreCounted) {
  // The second load is needed; waiting for one update is not waiting for two.
  const std::string update = "update0_sem=0 update0_op=add update0_event=complete update0_value=1";
  const std::string other =
      "DmaLoad row_bytes=64 num1=32 partition_step1=1 dram_step1=64 sbuf_offset=0x800 " + update;
  const std::string two = other + "\n" + with(kLoad, update);
  EXPECT_EQ(find_races(assemble(program(with(kScalar, "wait0_cond=ge wait0_value=1"), two))).size(),
            1u);
  EXPECT_TRUE(
      find_races(assemble(program(with(kScalar, "wait0_cond=ge wait0_value=2"), two))).empty());
  EXPECT_TRUE(
      find_races(assemble(program(with(kScalar, "wait0_cond=eq wait0_value=2"), two))).empty());
  // Consumed one by one.
  const std::string consume = "wait0_cond=ge wait0_value=1 wait0_consume=1";
  EXPECT_TRUE(
      find_races(assemble(program("Nop " + consume + "\n" + with(kScalar, consume), two))).empty());
}

TEST(Races, TwoProducersOnOneSemaphore) {
  // VectorE's own update and the load's: two are needed for certainty.
  const std::string update = "update0_sem=0 update0_op=add update0_event=complete update0_value=1";
  const std::string nop = "Nop " + update + "\n";
  EXPECT_EQ(find_races(assemble(program(nop + with(kScalar, "wait0_cond=ge wait0_value=1"),
                                        with(kLoad, update))))
                .size(),
            1u);
  EXPECT_TRUE(find_races(assemble(program(nop + with(kScalar, "wait0_cond=ge wait0_value=2"),
                                          with(kLoad, update))))
                  .empty());
}

TEST(Races, KnowledgeIsPassedOn) {
  // load -> (0) -> SyncE's Nop -> (1) -> VectorE.
  const std::string sync = with(kLoad, "update0_op=add update0_event=complete update0_value=1") +
                           "\nNop wait0_cond=ge wait0_value=1 update0_sem=1 update0_op=add "
                           "update0_value=1";
  EXPECT_TRUE(
      find_races(assemble(program(with(kScalar, "wait0_sem=1 wait0_cond=ge wait0_value=1"), sync)))
          .empty());
  EXPECT_FALSE(
      find_races(assemble(program(with(kScalar, "wait0_sem=1 wait0_cond=ge wait0_value=1"),
                                  std::string(kLoad) + "\nNop update0_sem=1 update0_op=add "
                                                       "update0_value=1")))
          .empty());
}

TEST(Races, DmaWaitsAtTheHeadOfItsQueue) {
  // SyncE goes on while the load waits: its Nop says nothing about the load.
  const std::string sync = with(kLoad, "wait0_sem=5 wait0_cond=ge wait0_value=1") +
                           "\nNop update0_sem=1 update0_op=add update0_value=1";
  const std::string vector = "Nop update0_sem=5 update0_op=add update0_value=1\n" +
                             with(kScalar, "wait0_sem=1 wait0_cond=ge wait0_value=1");
  EXPECT_EQ(find_races(assemble(program(vector, sync))).size(), 1u);
}

TEST(Races, TheStationaryOperandIsReadUntilItsLastUse) {
  const std::string tensor =
      ".stream tensor\n"
      "LoadStationary sbuf_offset=0x40 dtype=bf16 partitions=32 columns=8 step=1 %s\n"
      "MultiplyMoving sbuf_offset=0x400 dtype=bf16 step0=1 num0=16 num1=1 %s\n"
      "MultiplyMoving sbuf_offset=0x400 dtype=bf16 step0=1 num0=16 num1=1 %s\nHalt\n";
  const auto fill = [&](const char* a, const char* b, const char* c) {
    std::string text = tensor;
    for (const char* part : {a, b, c}) text.replace(text.find("%s"), 2, part);
    return assemble(kHead + text + ".stream sync\n" + with(kLoad, "wait0_cond=ge wait0_value=1") +
                    "\nHalt\n");
  };
  constexpr const char* kRead = "update0_op=add update0_event=read update0_value=1";
  EXPECT_FALSE(find_races(fill(kRead, "", "")).empty());
  EXPECT_FALSE(find_races(fill("", kRead, "")).empty());
  EXPECT_TRUE(find_races(fill("", "", kRead)).empty());
}

TEST(Races, RegistersAreFollowedAndBranchesRefused) {
  const std::string sync = "SetReg rd=2 imm=0x3c0\nAddReg rd=3 rs=2 imm=0\n" +
                           with(kLoad, "reg_b=3");  // to 0x400: VectorE's destination
  const auto races = find_races(assemble(program(kScalar, sync)));
  ASSERT_EQ(races.size(), 1u);
  EXPECT_EQ(races[0].overlap, "SBUF partitions 0..31 bytes 0x400..0x41f");
  EXPECT_EQ(error_of([&] {
              find_races(assemble(program(kScalar, "here: Branch cond=ne imm=0 target=here")));
            }).code(),
            ErrorCode::unsupported);
}

TEST(Races, DeadlocksNameWhoWaitsForWhat) {
  const Error error = error_of([&] {
    find_races(assemble(program(with(kScalar, "wait0_sem=7 wait0_cond=ge wait0_value=2"),
                                with(kLoad,
                                     "wait0_sem=8 wait0_cond=eq wait0_value=1 "
                                     "update0_sem=7 update0_op=add update0_event=complete "
                                     "update0_value=2"))));
  });
  EXPECT_EQ(error.code(), ErrorCode::deadlock);
  EXPECT_NE(error.detail().find("vector 0: TensorScalar"), std::string::npos) << error.what();
  EXPECT_NE(error.detail().find("[semaphore 7 is 0]"), std::string::npos) << error.what();
  EXPECT_NE(error.detail().find("dma_load 0: DmaLoad"), std::string::npos) << error.what();
  EXPECT_NE(error.detail().find("[semaphore 8 is 0]"), std::string::npos) << error.what();
}

TEST(Races, AFullQueueCanDeadlock) {
  // Five loads wait for SyncE's Nop behind them; the queue holds four.
  std::string sync;
  for (int i = 0; i < 5; ++i) sync += with(kLoad, "wait0_cond=ge wait0_value=1") + "\n";
  sync += "Nop update0_op=add update0_value=1";
  const Error error = error_of([&] { find_races(assemble(program("Nop", sync))); });
  EXPECT_EQ(error.code(), ErrorCode::deadlock);
  EXPECT_NE(error.detail().find("[queue full]"), std::string::npos) << error.what();
}

TEST(Races, AConsumedSemaphoreHasOneWaiter) {
  const std::string consume = "wait0_cond=ge wait0_value=1 wait0_consume=1";
  const Error error =
      error_of([&] { find_races(assemble(program("Nop " + consume, "Nop " + consume))); });
  EXPECT_EQ(error.rule(), "a semaphore that is consumed has one waiter");
  EXPECT_NE(error.detail().find("semaphore=0"), std::string::npos);
}

TEST(Races, ProgramsOfTheLibraryHaveNone) {
  for (const char* url : {"emu:tiny", "emu:small", "emu:u55c"}) {
    const Capabilities core = Context{url}.capabilities();
    for (const std::uint64_t size : {5u, 100u, 300u}) {
      GemmShape shape;
      shape.m = size;
      shape.n = size + 220;
      shape.k = size + 30;
      shape.bias = true;
      EXPECT_NO_THROW(check_races(build_gemm(core, shape).image)) << url << " " << size;
    }
    MlpShape network;
    network.inputs = 64;
    network.hidden = 128;
    network.outputs = 10;
    network.batch = 100;
    EXPECT_NO_THROW(check_races(build_mlp(core, network).image)) << url;
  }
}

}  // namespace
}  // namespace tinium
