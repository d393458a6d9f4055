// SPDX-License-Identifier: Apache-2.0
//
// Asynchronous work on a device: streams and events.
//
// Operations of one stream run in the order in which they were given; operations of different
// streams run in any order, and overlap, except where an event orders them. Launches of all streams
// are queued several deep on the device, so that a core has its next program before the present one
// ends, and copies of one stream go on while a launch of another runs.
//
// Everything here returns at once unless it says that it waits. What an operation needs (host
// tensors, device memory of the views, programs) is kept alive until the operation has ended.

#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tinium/context.hpp"
#include "tinium/device.hpp"
#include "tinium/program.hpp"
#include "tinium/tensor.hpp"

namespace tinium {

/// A point in a stream that others can wait for. Copies are the same event. Thread-safe.
///
/// record() moves the event to a new point; whoever waited for the old one is not affected. An
/// event that was never recorded counts as reached.
class Event {
 public:
  Event();

  /// True when everything before the recorded point has ended, well or not.
  bool query() const;

  /// Waits for the recorded point. Throws the error of the stream if it had failed before it.
  void synchronise() const;

 private:
  friend class Stream;
  struct State;
  std::shared_ptr<State> state_;
};

/// Operations in order. Move-only. Thread-safe: operations given by several threads run in the
/// order in which the calls arrive. Must end before its Context.
///
/// Errors. The first operation that fails ends the work of its stream: its future and those of all
/// later operations carry the error (which names the operation that failed), nothing later touches
/// the device, and synchronise() throws it, again and again, until clear_error(). Streams that wait
/// for an event of a failed stream fail with it; all others are not affected: their launches that a
/// fault threw out of the device's queue are submitted again.
class Stream {
 public:
  explicit Stream(Context& context);
  /// Waits until every operation has ended. An error that nobody asked for is lost with the stream.
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  /// Copies to the device. Shape and format must be those of the target: Error(invalid_argument).
  void write(const MatrixView& target, Tensor source);
  /// The same without a copy on the host; the tensor must not change until the write has ended.
  void write(const MatrixView& target, std::shared_ptr<const Tensor> source);

  /// Copies from the device.
  std::future<Tensor> read(const MatrixView& source);

  /// Runs a program that is in device memory. Throws as Context::run() for a wrong request; faults
  /// and timeouts come through the future and synchronise().
  std::shared_future<Completion> launch(const Context::Program& program,
                                        std::vector<LaunchSlot> slots,
                                        const LaunchOptions& options = {});
  /// Runs a program that is placed in device memory for this launch only.
  std::shared_future<Completion> launch(const ProgramImage& image, std::vector<LaunchSlot> slots,
                                        const LaunchOptions& options = {});

  /// As Context::gemm() on matrices in device memory. The program is built by the calling thread.
  std::shared_future<Completion> gemm(const MatrixView& d, const MatrixView& left,
                                      const MatrixView& right, const MatrixView* bias = nullptr,
                                      const GemmOptions& options = {});

  /// Puts the event at this point of the stream.
  void record(Event& event);
  /// Nothing later in this stream begins before the point where `event` is now.
  void wait(const Event& event);

  /// True when every operation has ended, well or not.
  bool query() const;
  /// Waits until every operation given so far has ended. Throws the error of the stream.
  void synchronise();
  /// The error of the stream, if any operation has failed by now.
  std::optional<Error> error() const;
  /// Waits as synchronise(), then forgets the error: the stream works again.
  void clear_error();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tinium
