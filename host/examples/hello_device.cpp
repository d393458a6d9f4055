// SPDX-License-Identifier: Apache-2.0
//
// Opens a device, asks what it is, and copies numbers to its memory and back.
//
//   hello_device [device URL]     default emu:small

#include <cstdio>
#include <exception>
#include <vector>

#include "tinium/context.hpp"

int main(int argc, char** argv) try {
  // A URL names the device: an emulator, a simulated core, or (one day) a board.
  const char* url = argc > 1 ? argv[1] : "emu:small";
  tinium::Context context(url);

  // What the core says of itself. Nothing below depends on which one it is.
  const tinium::Capabilities& core = context.capabilities();
  std::printf("%s: configuration %s\n", url, core.config.c_str());
  std::printf("  PE array   %u x %u\n", core.array_rows, core.array_cols);
  std::printf("  SBUF       %u partitions of %u bytes\n", core.partitions, core.sbuf_bytes);
  std::printf("  PSUM       %u banks of 512 words in each partition\n", core.psum_banks);
  std::printf("  multiplies");
  for (std::size_t code = 0; code < tinium::kDTypeCount; ++code) {
    const auto dtype = static_cast<tinium::DType>(code);
    if (core.multiplies(dtype)) std::printf(" %s", tinium::name(dtype).data());
  }
  std::printf("\n");

  // A matrix on the host: numbers are rounded to the format that it has.
  const std::vector<float> numbers{0.0F, 0.1F, 0.2F, 0.3F, 0.4F, 0.5F};
  const tinium::Tensor here = tinium::Tensor::from_floats(tinium::DType::bf16, 2, 3, numbers);

  // To the device and back. The memory there is freed with the object.
  const tinium::DeviceTensor there = context.upload(here);
  const tinium::Tensor back = context.download(there);
  std::printf("0.1 went to device address 0x%llx and came back as %g, the nearest bf16\n",
              static_cast<unsigned long long>(there.view().address.value),
              static_cast<double>(back.value(0, 1)));
  return back == here ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "hello_device: %s\n", error.what());
  return 3;
}
