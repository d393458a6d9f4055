// SPDX-License-Identifier: Apache-2.0
//
// Tensor slots of the command line: in:FILE, out:BYTES:FILE, inout:FILE:FILE.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tinium/context.hpp"

namespace tinium::tools {

/// Buffers in device memory, filled from files and saved to files.
class FileSlots {
 public:
  /// Reads the files and copies them to the device. Throws Error naming the slot or the file.
  FileSlots(Context& context, const std::vector<std::string>& texts);
  ~FileSlots();
  FileSlots(const FileSlots&) = delete;
  FileSlots& operator=(const FileSlots&) = delete;

  std::vector<LaunchSlot> slots() const;
  /// Copies what was written back to the files.
  void save();

 private:
  struct Slot {
    std::vector<std::byte> bytes;
    bool readable = false;
    bool writable = false;
    std::string output;
    DeviceAddress address;
  };
  static Slot parse(const std::string& text);

  Context& context_;
  std::vector<Slot> slots_;
};

}  // namespace tinium::tools
