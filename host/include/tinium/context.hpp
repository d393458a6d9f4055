// SPDX-License-Identifier: Apache-2.0
//
// Work on a device in terms of tensors: upload, multiply, download. A thin layer over Device; what
// it does for a product it writes down in gemm.hpp. Everything here waits for its end; stream.hpp
// has the same without waiting.
//
// A Context owns its device and one thread, which alone touches it. Context, DeviceTensor, Program
// and views may be used by several threads at once. Errors are exceptions of type Error; whatever
// fails, the context can be used again.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tinium/device.hpp"
#include "tinium/gemm.hpp"
#include "tinium/program.hpp"
#include "tinium/tensor.hpp"

namespace tinium {

namespace detail {
class Executor;
}

/// A matrix in device memory. Views of a DeviceTensor keep its memory alive; a view made by hand
/// owns nothing. A value: copy it freely.
struct MatrixView {
  DeviceAddress address;
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  DType dtype = DType::bf16;
  std::uint64_t pitch = 0;  ///< bytes from one row to the next; 0: rows lie side by side
  std::shared_ptr<const void> memory = nullptr;  ///< what frees the memory, if anything does

  std::uint64_t row_bytes() const { return cols * size_of(dtype); }
  std::uint64_t row_pitch() const { return pitch != 0 ? pitch : row_bytes(); }
  /// Bytes from the first to behind the last element.
  std::uint64_t bytes() const { return rows == 0 ? 0 : (rows - 1) * row_pitch() + row_bytes(); }
  /// Part of this matrix. Throws Error(out_of_range) when it reaches beyond.
  MatrixView block(std::uint64_t row, std::uint64_t col, std::uint64_t row_count,
                   std::uint64_t col_count) const;
};

class Context;

/// A matrix with device memory of its own. The memory is freed when this object and all its views
/// are gone and no operation needs it. Move-only. May outlive its Context, but not be used then.
class DeviceTensor {
 public:
  DeviceTensor() = default;
  DeviceTensor(DeviceTensor&& other) noexcept : view_(std::exchange(other.view_, MatrixView{})) {}
  DeviceTensor& operator=(DeviceTensor&& other) noexcept {
    view_ = std::exchange(other.view_, MatrixView{});
    return *this;
  }

  const MatrixView& view() const { return view_; }
  operator const MatrixView&() const { return view_; }  // NOLINT: a tensor is used where a view is

 private:
  friend class Context;
  explicit DeviceTensor(MatrixView view) : view_(std::move(view)) {}
  MatrixView view_;
};

/// A matrix that a launch may touch through one tensor slot, all its bytes.
struct LaunchSlot {
  MatrixView view;
  bool readable = false;
  bool writable = false;
};
inline LaunchSlot input(MatrixView view) { return {std::move(view), true, false}; }
inline LaunchSlot output(MatrixView view) { return {std::move(view), false, true}; }
inline LaunchSlot inout(MatrixView view) { return {std::move(view), true, true}; }

/// How a program runs.
struct LaunchOptions {
  /// The core stops the launch after this many cycles. 0: never.
  std::uint64_t watchdog_cycles = LaunchRequest::kDefaultWatchdog;
  std::string operation = "run";  ///< names the launch in errors
  /// Memory for the ring of trace events (decode_trace()); a multiple of 64 bytes. Empty: no trace.
  MatrixView trace = {};
};

/// What happens to the sums of a product on their way out.
struct GemmOptions {
  DType output = DType::bf16;
  bool relu = false;
  bool resident = false;  ///< see GemmShape::resident
  /// How the operands lie: k_major [K, M] and [K, N], k_minor [M, K] and [N, K] (row-major A).
  OperandOrder left_order = OperandOrder::k_major;
  OperandOrder right_order = OperandOrder::k_major;
  BiasAxis bias_axis = BiasAxis::rows;
  float alpha = 1;
  float beta = 0;                    ///< not 0: beta * C is added
  std::optional<MatrixView> c = {};  ///< C [M, N], floating-point; may be d
};

/// How a product went.
struct GemmReport {
  Completion completion;
  std::uint64_t ideal_cycles = 0;
  double host_seconds = 0;  ///< submit to end, on the host's clock

  /// Ideal cycles over cycles from doorbell to done (resident: first issue to last SBUF write).
  double utilisation = 0;
};

/// A device with its thread, and a policy for waiting. Thread-safe.
class Context {
 public:
  /// Takes the device over. From here on only the context's thread touches it.
  explicit Context(std::unique_ptr<Device> device);
  /// Opens the device on the context's thread; throws as open().
  explicit Context(std::string_view url);
  /// Waits for everything that streams were given.
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /// The seam, for bring-up and for tests: every call runs on the context's thread. reset() ends
  /// the launch that runs with Error(device_lost); launches that had not begun start again.
  Device& device();
  const Capabilities& capabilities() const;

  /// How long a launch may take from its turn on the device until the device is reset. It holds for
  /// launches given afterwards.
  void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }
  std::chrono::milliseconds timeout() const { return timeout_; }
  /// Called a few times a second by run() and gemm(), on their thread, while a simulated launch
  /// runs, with the cycles of the device since it was opened; for progress bars. Not thread-safe:
  /// set it before the context is shared.
  void set_progress(std::function<void(std::uint64_t)> progress) {
    progress_ = std::move(progress);
  }

  /// Freed device memory is overwritten with zeros from here on.
  void scrub_freed_memory(bool on);
  /// Clears what a tenant leaves in the core: SBUF (a program of Memset) and PSUM (products of
  /// zeros). Waits. Throws as run().
  void scrub();

  DeviceTensor allocate(DType dtype, std::uint64_t rows, std::uint64_t cols);
  /// Copies to the device, row-major.
  DeviceTensor upload(const Tensor& tensor);
  /// Copies into an existing matrix of the same shape and format.
  void write(const MatrixView& target, const Tensor& tensor);
  Tensor download(const MatrixView& view);

  /// A program in device memory, which stays there while a copy of this object lives or a launch
  /// uses it.
  class Program {
   public:
    DeviceAddress address() const { return address_; }
    std::uint32_t bytes() const { return bytes_; }

   private:
    friend class Context;
    friend class Stream;
    DeviceAddress address_;
    std::uint32_t bytes_ = 0;
    std::shared_ptr<const void> memory_;
  };
  /// Throws Error(version_mismatch) when the image was built for another number of partitions.
  Program load(const ProgramImage& image);

  /// Runs a program to its end. Throws Error when the core stops on a fault, Error(timeout) when it
  /// does not end in time (the device is reset then); the context stays usable. What the slots name
  /// must stay allocated until then.
  Completion run(const Program& program, std::vector<TensorSlot> slots,
                 std::uint64_t watchdog_cycles = LaunchRequest::kDefaultWatchdog,
                 std::string_view operation = "run");
  /// The same on matrices, with options.
  Completion run(const Program& program, const std::vector<LaunchSlot>& slots,
                 const LaunchOptions& options);

  /// d[M, N] = relu?(alpha * left @ right + bias + beta * C) on matrices in device memory; the
  /// order of the operands is that of the options. `bias` is FP32, one element per row or column of
  /// d side by side, or null. d must not overlap an operand. Throws Error(invalid_argument) naming
  /// rule and value for shapes that do not fit together, misaligned or overlapping matrices, and as
  /// build_gemm().
  GemmReport gemm(const MatrixView& d, const MatrixView& left, const MatrixView& right,
                  const MatrixView* bias = nullptr, const GemmOptions& options = {});

  /// a[M, K] @ b[K, N] on host matrices. The device transposes a on its way into SBUF; the orders,
  /// the bias axis and C of the options are not used.
  Tensor gemm(const Tensor& a, const Tensor& b, const GemmOptions& options = {},
              const Tensor* bias = nullptr, BiasAxis axis = BiasAxis::rows,
              GemmReport* report = nullptr);

 private:
  friend class Stream;
  Completion run(const LaunchRequest& request, std::string_view operation);
  /// Checks a product and makes its program; what gemm() of Context and of Stream share.
  GemmProgram plan_gemm(const MatrixView& d, const MatrixView& left, const MatrixView& right,
                        const MatrixView* bias, const GemmOptions& options) const;

  std::shared_ptr<detail::Executor> executor_;
  std::atomic<std::chrono::milliseconds> timeout_ = kForever;
  std::function<void(std::uint64_t)> progress_;
};

/// The slots of a product's program, in the order of GemmSlots.
std::vector<LaunchSlot> gemm_slots(const MatrixView& d, const MatrixView& left,
                                   const MatrixView& right, const MatrixView* bias,
                                   const GemmOptions& options);

/// A slot over all bytes of a matrix.
TensorSlot slot_of(const MatrixView& view, bool readable, bool writable);

}  // namespace tinium
