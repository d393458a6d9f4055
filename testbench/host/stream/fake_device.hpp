// SPDX-License-Identifier: Apache-2.0
// A device whose launches end when the test says so, and that writes down what is done to it. It
// refuses to be used by two threads.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tinium/device.hpp"

namespace tinium::testbench {

/// What the test sees of a FakeDevice; outlives it.
struct FakeControl {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> log;  ///< "write", "read", "submit 1", "end 1", "free", "reset"
  /// Launches end at once, one in `fault_one_in` with a fault (0: none). Instead of verdicts.
  bool automatic = false;
  std::uint32_t fault_one_in = 0;
  std::uint32_t state = 1;            ///< of its dice
  std::deque<LaunchStatus> verdicts;  ///< how the next launches end; taken one by one
  bool closed = false;                ///< the device is gone
  std::size_t deepest = 0;            ///< most launches that were queued at once
  std::size_t queued = 0;
  std::map<std::thread::id, std::size_t> threads;

  /// Lets the next launch end.
  void allow(LaunchStatus status = LaunchStatus::ok);
  void note(const std::string& text);
  /// Waits until `count` entries of the log are `text`; false after some seconds.
  bool saw(const std::string& text, std::size_t count = 1);
  std::size_t position(const std::string& text);
};

std::unique_ptr<Device> make_fake_device(std::shared_ptr<FakeControl> control);

}  // namespace tinium::testbench
