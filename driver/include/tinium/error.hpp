// SPDX-License-Identifier: Apache-2.0
//
// The one exception type of the project. Everything that a caller may want to tell apart is a code;
// everything that a person needs to repair the cause is in words. A timeout of a wait is a result,
// not an exception; ErrorCode::timeout is for operations that cannot report it otherwise.

#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace tinium {

/// What went wrong, for programs. New codes are added before `internal` only when a caller can act
/// on the difference.
enum class ErrorCode : std::uint8_t {
  invalid_argument,     ///< an argument breaks a documented rule
  unknown_device,       ///< no backend or no device answers to this URL
  io,                   ///< a file or a link could not be read or written
  corrupt_image,        ///< a program image or log does not parse
  truncated,            ///< data ends before its own header says
  version_mismatch,     ///< made for another major version or another configuration
  illegal_instruction,  ///< the core met an instruction that it does not have
  closed_window,        ///< a transfer left the address windows opened for the launch
  bus_error,            ///< the memory system answered with an error
  out_of_range,         ///< an address, partition or index beyond what exists
  timeout,              ///< nothing happened for longer than the caller allowed
  watchdog,             ///< the launch ran longer than its own watchdog
  unsupported,          ///< legal, but this device or this version does not do it
  device_lost,          ///< the device no longer answers
  deadlock,             ///< every engine waits for another
  internal,             ///< a defect of ours
};

/// The name of a code as it is written in the source, e.g. "corrupt_image".
constexpr std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::unknown_device:
      return "unknown_device";
    case ErrorCode::io:
      return "io";
    case ErrorCode::corrupt_image:
      return "corrupt_image";
    case ErrorCode::truncated:
      return "truncated";
    case ErrorCode::version_mismatch:
      return "version_mismatch";
    case ErrorCode::illegal_instruction:
      return "illegal_instruction";
    case ErrorCode::closed_window:
      return "closed_window";
    case ErrorCode::bus_error:
      return "bus_error";
    case ErrorCode::out_of_range:
      return "out_of_range";
    case ErrorCode::timeout:
      return "timeout";
    case ErrorCode::watchdog:
      return "watchdog";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::device_lost:
      return "device_lost";
    case ErrorCode::deadlock:
      return "deadlock";
    case ErrorCode::internal:
      return "internal";
  }
  return "unknown";
}

/// Base of every exception that Tinium throws.
///
/// what() reads "<operation>: <rule> [<detail>] (<code>)". Copying does not throw in practice: the
/// strings are small and built once. Thread-safe as any value type.
class Error : public std::runtime_error {
 public:
  /// @param code       the kind of failure
  /// @param operation  what was attempted, e.g. "numerics::multiply"
  /// @param rule       the rule that was broken, in words, e.g. "K must be 1..128"
  /// @param detail     the offending values, e.g. "K=130"; may be empty
  Error(ErrorCode code, std::string operation, std::string rule, std::string detail = {})
      : std::runtime_error(compose(code, operation, rule, detail)),
        code_(code),
        operation_(std::move(operation)),
        rule_(std::move(rule)),
        detail_(std::move(detail)) {}

  ErrorCode code() const noexcept { return code_; }
  const std::string& operation() const noexcept { return operation_; }
  const std::string& rule() const noexcept { return rule_; }
  const std::string& detail() const noexcept { return detail_; }

 private:
  static std::string compose(ErrorCode code, const std::string& operation, const std::string& rule,
                             const std::string& detail) {
    std::string text = operation + ": " + rule;
    if (!detail.empty()) text += " [" + detail + "]";
    text += " (";
    text += name(code);
    text += ")";
    return text;
  }

  ErrorCode code_;
  std::string operation_;
  std::string rule_;
  std::string detail_;
};

}  // namespace tinium
