// SPDX-License-Identifier: Apache-2.0
// tn_sequencer: instructions that break a rule of the stream.
#include <gtest/gtest.h>

#include "sequencer_bench.hpp"

namespace tinium::testbench {
namespace {

// --------------------------------------------------------------------------------------- faults

/// Runs `bad` after two good instructions and expects a fault at index 2.
void expect_fault(const Words& bad, std::uint32_t code, std::uint64_t address,
                  std::optional<std::uint32_t> bus_error = {}) {
  Rng rng = make_rng();
  Words first = engine_instruction(rng);
  first[0] &= 0xFFU;
  const std::vector<Words> program = {first, set_reg(1, 0xFFFF'FFFF), bad, halt()};
  Outcome expected = interpret({first, set_reg(1, 0), halt()});
  expected.fault = FaultReport{code, 2, address};
  Bench bench;
  Options options;
  options.bus_error = bus_error;
  bench.run(program, expected, options);
  // The next program runs as if nothing had been, registers at zero.
  Words use = engine_instruction(rng);
  use[0] = (use[0] & 0xFFU) | 0x1100;
  const std::vector<Words> good = {use, halt()};
  bench.run(good, interpret(good), Options{});
}

TEST(SequencerFaults, EveryReservedBitOfEveryOpcode) {
  Rng rng = make_rng();
  Bench bench;
  std::uint64_t checked = 0;
  for (const auto& info : isa::kInstructions) {
    if ((info.engines >> TN_ENGINE & 1U) == 0) continue;
    Words named{};
    for (const auto& field : info.fields) put(named, field.word, field.lsb, field.width, ~0ULL);
    for (unsigned bit = 0; bit < 512; ++bit) {
      if ((named[bit / 32] >> (bit % 32) & 1U) != 0) continue;
      if (rng() % 8 != 0) continue;  // a sample; all over a few seeds
      Words bad{};
      bad[0] = info.opcode;
      bad[bit / 32] |= 1U << (bit % 32);
      Outcome expected;
      expected.fault = FaultReport{1, 0, 0};
      bench.run({bad, halt()}, expected, Options{});
      ++checked;
      if (::testing::Test::HasFailure()) {
        FAIL() << info.name << " bit " << bit;
      }
    }
  }
  EXPECT_GT(checked, 100U);
}

TEST(SequencerFaults, OpcodesOfNoOrAnotherEngine) {
  Bench bench;
  for (std::uint32_t opcode = 0; opcode < 256; ++opcode) {
    if (opcode_allowed(opcode)) continue;
    Words bad{};
    bad[0] = opcode;
    Outcome expected;
    expected.fault = FaultReport{1, 0, 0};
    bench.run({bad, halt()}, expected, Options{});
    ASSERT_FALSE(::testing::Test::HasFailure()) << "opcode " << opcode;
  }
}

TEST(SequencerFaults, UnknownCodes) {
  Bench bench;
  std::uint64_t checked = 0;
  for (const auto& info : isa::kInstructions) {
    if ((info.engines >> TN_ENGINE & 1U) == 0) continue;
    for (const auto& field : info.fields) {
      if (field.enum_names.empty()) continue;
      for (std::uint32_t value = 0; value < (1U << field.width); ++value) {
        bool known = false;
        for (const auto& name : field.enum_names) known = known || name.code == value;
        if (known) continue;
        Words bad{};
        bad[0] = info.opcode;
        put(bad, field.word, field.lsb, field.width, value);
        Outcome expected;
        expected.fault = FaultReport{1, 0, 0};
        bench.run({bad, halt()}, expected, Options{});
        ++checked;
        ASSERT_FALSE(::testing::Test::HasFailure())
            << info.name << "." << field.name << " " << value;
      }
    }
  }
  EXPECT_GT(checked, 50U);
}

TEST(SequencerFaults, SemaphoreNumbers) {
  for (unsigned word = 1; word < 5; ++word) {
    for (const std::uint32_t number : {32U, 64U, 128U, 255U}) {
      Words bad = encode(nop());
      put(bad, word, 0, 8, number);
      expect_fault(bad, 9, 0);
    }
  }
}

TEST(SequencerFaults, AddressesBeyondTheirField) {
  Rng rng = make_rng();
  // Register 1 holds 0xffffffff.
  for (int i = 0; i < 20; ++i) {
    Words bad = engine_instruction(rng);
    const std::uint32_t opcode = bad[0] & 0xFFU;
    const bool second = rng() % 2 != 0;
    bad[0] = opcode | (second ? 0x1000U : 0x100U);
    if (opcode == 0x10 && second) continue;                       // it has one address
    if ((opcode == 0x12 || opcode == 0x22) && !second) continue;  // ... or the other
    if ((opcode == 0x30 || opcode == 0x31) && !second) put(bad, 5, 0, 40, ~0ULL - pick(rng, 1000));
    const Outcome run = interpret({set_reg(1, 0xFFFF'FFFF), bad});
    ASSERT_TRUE(run.fault.has_value());
    ASSERT_NE(run.fault->code, 12U);
    expect_fault(bad, run.fault->code, run.fault->address);
  }
}

TEST(SequencerFaults, BusErrorOfAFetch) { expect_fault(encode(nop()), 4 - 1, kBase + 2 * 64, 2); }

TEST(SequencerFaults, BusErrorOfALineThatIsNotReachedIsNoFault) {
  const std::vector<Words> program = {set_reg(1, 1), halt(), encode(nop()), encode(nop())};
  Bench bench;
  Options options;
  options.bus_error = 2;
  bench.run(program, interpret(program), options);
}

TEST(SequencerFaults, EndOfTheStream) {
  for (const std::uint32_t target : {3U, 4U, 100U, 0xFFFF'FFFFU}) {
    Rng rng = make_rng();
    Words first = engine_instruction(rng);
    first[0] &= 0xFFU;
    const std::vector<Words> program = {
        first, encode(nop()),
        target == 3 ? encode(nop()) : branch(isa::Compare::kEq, 0, 0, 0, target)};
    const Outcome expected = interpret(program);
    ASSERT_TRUE(expected.fault.has_value());
    Bench bench;
    bench.run(program, expected, Options{});
    // Lines that were preloaded beyond the end are not part of the stream.
    Options preloaded;
    preloaded.preload = 8;
    bench.run(program, expected, preloaded);
  }
}

}  // namespace
}  // namespace tinium::testbench
