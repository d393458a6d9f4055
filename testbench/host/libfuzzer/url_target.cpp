// SPDX-License-Identifier: Apache-2.0
//
// Device URLs: an emulated device, or Error(unknown_device). A simulated one may write the file
// that its URL names, and the options are read by the same code: not opened here.

#include "target.hpp"
#include "tinium/device.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinium::testbench;
  const std::string_view url = text_of(data, size);
  if (url.starts_with("sim:")) return 0;
  try {
    const auto device = tinium::open(url);
    require(device != nullptr && device->capabilities().backend == "emu", "only emu: opens");
  } catch (const tinium::Error& error) {
    require(error.code() == tinium::ErrorCode::unknown_device, "the error of a URL has its code");
  }
  return 0;
}
