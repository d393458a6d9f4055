// SPDX-License-Identifier: Apache-2.0
//
// Work on a device in terms of tensors: upload, multiply, download. A thin layer over Device; what
// it does for a product it writes down in gemm.hpp.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "tinium/device.hpp"
#include "tinium/gemm.hpp"
#include "tinium/program.hpp"
#include "tinium/tensor.hpp"

namespace tinium {

/// A matrix in device memory: a view that owns nothing.
struct MatrixView {
  DeviceAddress address;
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  DType dtype = DType::bf16;
  std::uint64_t pitch = 0;  ///< bytes from one row to the next; 0: rows lie side by side

  std::uint64_t row_bytes() const { return cols * size_of(dtype); }
  std::uint64_t row_pitch() const { return pitch != 0 ? pitch : row_bytes(); }
  /// Bytes from the first to behind the last element.
  std::uint64_t bytes() const { return rows == 0 ? 0 : (rows - 1) * row_pitch() + row_bytes(); }
  /// Part of this matrix. Throws Error(out_of_range) when it reaches beyond.
  MatrixView block(std::uint64_t row, std::uint64_t col, std::uint64_t row_count,
                   std::uint64_t col_count) const;
};

class Context;

/// A matrix that owns its device memory; freed with the object. Move-only; must not outlive its
/// Context, nor end while a launch uses it.
class DeviceTensor {
 public:
  DeviceTensor() = default;
  DeviceTensor(DeviceTensor&& other) noexcept { *this = std::move(other); }
  DeviceTensor& operator=(DeviceTensor&& other) noexcept;
  ~DeviceTensor();

  const MatrixView& view() const { return view_; }
  operator const MatrixView&() const { return view_; }  // NOLINT: a tensor is used where a view is

 private:
  friend class Context;
  Device* device_ = nullptr;
  MatrixView view_;
};

/// What happens to the sums of a product on their way out.
struct GemmOptions {
  DType output = DType::bf16;
  bool relu = false;
  bool resident = false;  ///< see GemmShape::resident
};

/// Which dimension of a result the bias runs along.
enum class BiasAxis {
  rows,     ///< bias[m] is added to all of row m
  columns,  ///< bias[n] is added to all of column n
};

/// How a product went.
struct GemmReport {
  Completion completion;
  std::uint64_t ideal_cycles = 0;
  double host_seconds = 0;  ///< submit to end, on the host's clock

  /// Ideal cycles over cycles from doorbell to done (resident: first issue to last SBUF write).
  double utilisation = 0;
};

/// A device with a policy for waiting. Not thread-safe.
class Context {
 public:
  explicit Context(std::unique_ptr<Device> device);
  explicit Context(std::string_view url) : Context(open(url)) {}

  Device& device() { return *device_; }
  const Capabilities& capabilities() const { return device_->capabilities(); }

  /// How long run() and gemm() wait before they give up and reset the device.
  void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }
  /// Called a few times a second while a simulated launch runs, with the cycles of the device since
  /// it was opened; for progress bars.
  void set_progress(std::function<void(std::uint64_t)> progress) {
    progress_ = std::move(progress);
  }

  DeviceTensor allocate(DType dtype, std::uint64_t rows, std::uint64_t cols);
  /// Copies to the device, row-major.
  DeviceTensor upload(const Tensor& tensor);
  /// Copies into an existing matrix of the same shape and format.
  void write(const MatrixView& target, const Tensor& tensor);
  Tensor download(const MatrixView& view);

  /// Places a program in device memory and keeps it there while the object lives.
  class Program {
   public:
    Program(Program&& other) noexcept
        : device_(std::exchange(other.device_, nullptr)),
          address_(other.address_),
          bytes_(other.bytes_) {}
    Program& operator=(Program&&) = delete;
    ~Program();
    DeviceAddress address() const { return address_; }
    std::uint32_t bytes() const { return bytes_; }

   private:
    friend class Context;
    Program(Device* device, DeviceAddress address, std::uint32_t bytes)
        : device_(device), address_(address), bytes_(bytes) {}
    Device* device_;
    DeviceAddress address_;
    std::uint32_t bytes_;
  };
  /// Throws Error(version_mismatch) when the image was built for another number of partitions.
  Program load(const ProgramImage& image);

  /// Runs a program to its end. Throws Error when the core stops on a fault, Error(timeout) when it
  /// does not end in time (the device is reset then); the context stays usable.
  Completion run(const Program& program, std::vector<TensorSlot> slots,
                 std::uint64_t watchdog_cycles = LaunchRequest::kDefaultWatchdog,
                 std::string_view operation = "run");

  /// d[M, N] = relu?(stationary[K, M]^T @ moving[K, N] + bias[M]) on matrices in device memory.
  /// `bias` is FP32 [M, 1] with rows side by side, or null. d must not overlap an operand.
  /// Throws Error(invalid_argument) naming rule and value for shapes that do not fit together,
  /// misaligned or overlapping matrices, and as build_gemm().
  GemmReport gemm(const MatrixView& d, const MatrixView& stationary, const MatrixView& moving,
                  const MatrixView* bias = nullptr, const GemmOptions& options = {});

  /// a[M, K] @ b[K, N] on host matrices: the left operand is transposed on its way to the device
  /// (or, with a bias along columns, the right one takes its role and the result is transposed
  /// back).
  Tensor gemm(const Tensor& a, const Tensor& b, const GemmOptions& options = {},
              const Tensor* bias = nullptr, BiasAxis axis = BiasAxis::rows,
              GemmReport* report = nullptr);

 private:
  std::optional<Completion> wait_with_progress(LaunchId id);

  std::unique_ptr<Device> device_;
  std::chrono::milliseconds timeout_ = kForever;
  std::function<void(std::uint64_t)> progress_;
};

/// A slot over all bytes of a matrix.
TensorSlot slot_of(const MatrixView& view, bool readable, bool writable);

}  // namespace tinium
