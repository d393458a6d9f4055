// SPDX-License-Identifier: Apache-2.0
// The checkers are on in the simulation behind sim: devices: a memory that breaks AXI ends a run
// with an error that names the rule, the signals and where, and nothing is printed.
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "bench_options.hpp"
#include "models.hpp"
#include "tinium/generated/records.hpp"
#include "tinium/generated/registers.hpp"

namespace tinium {
namespace {

constexpr std::uint64_t kBase = 0x1000'0000;
constexpr std::uint64_t kCompletion = kBase + 0x1000;

/// The error of a launch whose record asks for nothing but a completion record: its magic is right
/// and its image is not, so that something is read and something written.
std::optional<Error> launch(SeededFault fault) {
  using records::LaunchRecord;
  SparseMemory memory(kBase, 1 << 20);
  SimCore::Options options;
  options.seed = options.dram.seed = testbench::options().seed;
  options.dram.fault = fault;
  for (const SimModel& model : sim_models()) {
    if (model.config != "tiny") continue;
    options.dram.bus_bytes = 8;
    std::array<std::uint32_t, 80> record{};
    record[LaunchRecord::kMagicWord] = LaunchRecord::kMagic;
    record[LaunchRecord::kMapVersionWord] = isa::kMapVersion;
    record[LaunchRecord::kCompletionAddressWord] = static_cast<std::uint32_t>(kCompletion);
    memory.write(kBase, std::as_bytes(std::span(record)));
    const auto core = model.make(options, memory);
    try {
      core->write_register(registers::kIer, 1);
      core->write_register(registers::kGie, 1);
      core->write_register(registers::kLaunchLo, static_cast<std::uint32_t>(kBase));
      core->write_register(registers::kImageLo, static_cast<std::uint32_t>(kBase + 0x2000));
      core->write_register(registers::kCtrl, 1);
      EXPECT_TRUE(core->run_to_interrupt(100'000, std::chrono::steady_clock::time_point::max()));
    } catch (const Error& error) {
      return error;
    }
  }
  return std::nullopt;
}

TEST(SimChecks, ALegalMemoryIsFine) {
  const auto error = launch(SeededFault::none);
  EXPECT_FALSE(error.has_value()) << error->what();
}

TEST(SimChecks, ABrokenRuleIsATypedErrorThatNamesIt) {
  for (const auto& [fault, rule] :
       {std::pair{
            SeededFault::read_last_early,
            "tn_kernel.u_read_mux.u_checks.u_axi.RLastEarly: AXI-R18 RLastEarly: rid 0 rlast in "
            "beat 0 of arlen 39"},
        std::pair{
            SeededFault::read_id_swapped,
            "tn_kernel.u_read_mux.u_checks.u_axi.RAsked: AXI-R17 RAsked: rid 1 has no burst open"},
        std::pair{SeededFault::response_swapped,
                  "tn_kernel.u_write_mux.u_checks.u_axi.BAsked: AXI-W23 BAsked: bid 1 has no burst "
                  "open"}}) {
    ::testing::internal::CaptureStdout();
    const auto error = launch(fault);
    EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
    ASSERT_TRUE(error.has_value()) << rule;
    EXPECT_EQ(error->code(), ErrorCode::internal);
    EXPECT_NE(error->detail().find(rule), std::string::npos) << error->what();
  }
}

}  // namespace
}  // namespace tinium
