// SPDX-License-Identifier: Apache-2.0
//
// The table of backends that this build contains. backends.cpp is written by CMake from the list of
// backend libraries; nothing else knows which exist.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tinium/device.hpp"

namespace tinium {

/// The part of a device URL behind the question mark. A backend takes what it knows and then
/// refuses the others.
class DeviceOptions {
 public:
  explicit DeviceOptions(std::string_view query);

  std::string text(std::string_view key, std::string_view fallback);
  std::uint64_t number(std::string_view key, std::uint64_t fallback, std::uint64_t limit);
  /// Throws Error(unknown_device) naming an option that nobody asked for.
  void refuse_others(std::string_view scheme) const;

 private:
  struct Option {
    std::string key;
    std::string value;
    bool used;
  };
  std::vector<Option> options_;
};

struct Backend {
  std::string_view scheme;
  std::span<const std::string_view> configs;  ///< configurations that it offers
  std::unique_ptr<Device> (*open)(std::string_view config, DeviceOptions& options);
};

std::span<const Backend> backends();

}  // namespace tinium
