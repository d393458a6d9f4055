// SPDX-License-Identifier: Apache-2.0
//
// What a program executes and touches, found by walking its streams without semaphores: registers
// and branches do not depend on other streams.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "fuzz/case.hpp"
#include "schedule/access.hpp"

namespace tinium::fuzz {

struct Executed {
  isa::Engine stream{};
  std::uint32_t index = 0;
  InstructionWords words{};
  std::uint32_t register_a = 0, register_b = 0;   ///< values added to the addresses
  std::optional<isa::LoadStationary> stationary;  ///< of MultiplyMoving, Transpose
};

/// Calls visit for each executed instruction of a stream, in its order, stream after stream. Ends a
/// stream at Halt, at its end, at words that are not an instruction, and after `limit` of them.
void walk(std::span<const std::byte> image, const std::function<void(const Executed&)>& visit,
          std::uint32_t limit = 100'000);

/// What the executed instructions may write.
std::vector<schedule::Box> written_by(std::span<const std::byte> image);

/// How often each feature was executed: "DmaLoad", "TensorScalar bf16>fp32", "op add",
/// "wait eq consume", ...
class Coverage {
 public:
  void add(std::span<const std::byte> image);
  void merge(const Coverage& other);
  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

 private:
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace tinium::fuzz
