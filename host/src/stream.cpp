// SPDX-License-Identifier: Apache-2.0

#include "tinium/stream.hpp"

#include <mutex>
#include <utility>

#include "executor.hpp"
#include "memory.hpp"

namespace tinium {

using detail::Copy;
using detail::DeviceMemory;
using detail::Marker;
using detail::Operation;

namespace {

/// A copy leaves the executor's thread to others after this many bytes.
constexpr std::uint64_t kCopyPart = 4u << 20;

}  // namespace

struct Event::State {
  std::mutex mutex;
  std::shared_ptr<Marker> marker;  ///< null: never recorded

  std::shared_ptr<Marker> current() {
    const std::lock_guard lock(mutex);
    return marker;
  }
};

Event::Event() : state_(std::make_shared<State>()) {}

bool Event::query() const {
  const auto marker = state_->current();
  return marker == nullptr || marker->reached();
}

void Event::synchronise() const {
  const auto marker = state_->current();
  if (marker == nullptr) return;
  if (const auto error = marker->wait()) throw Error(*error);
}

struct Stream::State {
  Context& context;
  std::shared_ptr<detail::Executor> executor;
  std::shared_ptr<detail::Lane> lane;

  ~State() { executor->remove_lane(lane); }

  std::shared_future<Completion> launch(Operation operation, std::vector<LaunchSlot> slots) {
    operation.kind = Operation::Kind::launch;
    operation.timeout = context.timeout();
    for (LaunchSlot& slot : slots) {
      if (slot.view.memory) operation.keep.push_back(std::move(slot.view.memory));
    }
    auto promise = std::make_shared<std::promise<Completion>>();
    operation.completed = [promise](const Completion& done) { promise->set_value(done); };
    operation.failed = [promise](const Error& error) {
      promise->set_exception(std::make_exception_ptr(error));
    };
    auto future = promise->get_future().share();
    executor->enqueue(lane, std::move(operation));
    return future;
  }

  /// A launch whose program is placed just before it is submitted and freed after it.
  std::shared_future<Completion> launch(const ProgramImage& image, std::vector<LaunchSlot> slots,
                                        const LaunchOptions& options) {
    detail::check_partitions(context.capabilities(), image, "Stream::launch");
    Operation operation;
    operation.name = options.operation;
    operation.request = detail::make_request(slots, options);
    if (options.trace.memory) operation.keep.push_back(options.trace.memory);
    // The place is made on the executor's thread and owned by the operation.
    auto place = std::make_shared<std::shared_ptr<DeviceMemory>>();
    operation.keep.push_back(place);
    operation.prepare = [place, weak = std::weak_ptr(executor),
                         bytes =
                             std::vector<std::byte>(image.bytes().begin(), image.bytes().end())](
                            Device& device, LaunchRequest& request) {
      const DeviceAddress address = device.allocate(bytes.size());
      *place = std::make_shared<DeviceMemory>(weak, address, bytes.size());
      device.write(address, bytes);
      request.image = address;
      request.image_bytes = static_cast<std::uint32_t>(bytes.size());
    };
    return launch(std::move(operation), std::move(slots));
  }
};

Stream::Stream(Context& context)
    : state_(new State{context, context.executor_, context.executor_->add_lane()}) {}
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;

void Stream::write(const MatrixView& target, Tensor source) {
  write(target, std::make_shared<const Tensor>(std::move(source)));
}

void Stream::write(const MatrixView& target, std::shared_ptr<const Tensor> source) {
  Operation operation;
  operation.name = "copy to the device";
  Copy copy(target, *source);
  operation.step = [copy, tensor = std::move(source)](Device& device) mutable {
    return copy.to_device(device, *tensor, kCopyPart);
  };
  state_->executor->enqueue(state_->lane, std::move(operation));
}

std::future<Tensor> Stream::read(const MatrixView& source) {
  struct Read {
    Tensor tensor;
    std::promise<Tensor> promise;
  };
  auto read = std::make_shared<Read>();
  read->tensor = Tensor(source.dtype, source.rows, source.cols);
  Operation operation;
  operation.name = "copy from the device";
  operation.step = [copy = Copy(source, read->tensor), read](Device& device) mutable {
    if (!copy.from_device(device, read->tensor, kCopyPart)) return false;
    read->promise.set_value(std::move(read->tensor));
    return true;
  };
  operation.failed = [read](const Error& error) {
    read->promise.set_exception(std::make_exception_ptr(error));
  };
  auto future = read->promise.get_future();
  state_->executor->enqueue(state_->lane, std::move(operation));
  return future;
}

std::shared_future<Completion> Stream::launch(const Context::Program& program,
                                              std::vector<LaunchSlot> slots,
                                              const LaunchOptions& options) {
  Operation operation;
  operation.name = options.operation;
  operation.request = detail::make_request(slots, options);
  operation.request.image = program.address();
  operation.request.image_bytes = program.bytes();
  operation.keep.push_back(program.memory_);
  if (options.trace.memory) operation.keep.push_back(options.trace.memory);
  return state_->launch(std::move(operation), std::move(slots));
}

std::shared_future<Completion> Stream::launch(const ProgramImage& image,
                                              std::vector<LaunchSlot> slots,
                                              const LaunchOptions& options) {
  return state_->launch(image, std::move(slots), options);
}

std::shared_future<Completion> Stream::gemm(const MatrixView& d, const MatrixView& left,
                                            const MatrixView& right, const MatrixView* bias,
                                            const GemmOptions& options) {
  const GemmProgram built = state_->context.plan_gemm(d, left, right, bias, options);
  std::vector<LaunchSlot> slots = gemm_slots(d, left, right, bias, options);
  LaunchOptions launch;
  launch.operation = "gemm";
  launch.watchdog_cycles = detail::gemm_watchdog(built);
  return state_->launch(built.image, std::move(slots), launch);
}

void Stream::record(Event& event) {
  auto marker = std::make_shared<Marker>();
  Operation operation;
  operation.kind = Operation::Kind::record;
  operation.name = "record";
  operation.marker = marker;
  // Both under one lock: two streams that record one event agree with it on who was last.
  const std::lock_guard lock(event.state_->mutex);
  state_->executor->enqueue(state_->lane, std::move(operation));
  event.state_->marker = std::move(marker);
}

void Stream::wait(const Event& event) {
  auto marker = event.state_->current();
  if (marker == nullptr) return;
  // The event may belong to another context, whose thread reaches it.
  marker->on_reached([weak = std::weak_ptr(state_->executor)] {
    if (const auto executor = weak.lock()) executor->wake();
  });
  Operation operation;
  operation.kind = Operation::Kind::wait;
  operation.name = "wait";
  operation.marker = std::move(marker);
  state_->executor->enqueue(state_->lane, std::move(operation));
}

bool Stream::query() const { return state_->executor->idle(state_->lane); }

void Stream::synchronise() {
  if (const auto error = state_->executor->synchronise(state_->lane)) throw Error(*error);
}

std::optional<Error> Stream::error() const { return state_->executor->error(state_->lane); }

void Stream::clear_error() {
  static_cast<void>(state_->executor->synchronise(state_->lane));
  state_->executor->clear_error(state_->lane);
}

}  // namespace tinium
