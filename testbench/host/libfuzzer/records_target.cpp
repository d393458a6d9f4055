// SPDX-License-Identifier: Apache-2.0
//
// What a core writes: completion record and trace ring, as bytes that a broken core could leave.
// Input: the record, then the ring.

#include <algorithm>
#include <array>
#include <string>

#include "core_device.hpp"
#include "profile.hpp"
#include "target.hpp"
#include "timeline.hpp"
#include "tinium/generated/records.hpp"

namespace tinium::testbench {
namespace {

void read_records(std::span<const std::byte> input) {
  std::array<std::byte, records::CompletionRecord::kBytes> record{};
  const std::size_t length = std::min(input.size(), record.size());
  std::copy_n(input.begin(), length, record.begin());
  const Completion done = parse_completion(LaunchId{1}, record);
  require(!describe(done.fault).empty(), "every fault has a text");
  require(accepts([&] { throw_if_failed(done, "libfuzzer"); }) == done.ok(),
          "what did not end well is an error");
  require(!tools::profile_table(done.counters).empty(), "every profile has a table");

  const auto rest = input.subspan(length);
  const auto ring = rest.first(rest.size() / kDeviceAlignment * kDeviceAlignment);
  accepts([&] {
    const auto events = decode_trace(ring, done.counters.trace_events);
    require(events.size() * records::TraceEvent::kBytes <= ring.size(),
            "a ring has no more events than fit");
    tools::Timeline timeline("libfuzzer");
    timeline.set_launch("launch", assemble(".partitions 16\n.stream sync\nHalt\n"), done, events);
    require(!timeline.chrome_json().empty() && !timeline.svg().empty(), "a timeline is drawn");
  });
}

}  // namespace
}  // namespace tinium::testbench

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tinium::testbench::read_records(tinium::testbench::bytes_of(data, size));
  return 0;
}
