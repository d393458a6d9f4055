// SPDX-License-Identifier: Apache-2.0

#include "executor.hpp"

#include <algorithm>
#include <future>
#include <utility>

namespace tinium::detail {
namespace {

/// How long a copy or a call waits at most for the executor while a launch runs (a simulated device
/// looks at the clock every few thousand cycles only).
constexpr std::chrono::milliseconds kSlice{4};
/// The operation of errors that get the name of their launch before anybody sees them.
constexpr const char* kLaunch = "launch";

/// The seam, on the executor's thread.
class Proxy final : public Device, public Simulation {
  template <typename Function>
  auto on_device(Function&& function) const {
    std::optional<decltype(function(std::declval<Device&>()))> result;
    executor_.call([&](Device& device) { result.emplace(function(device)); });
    return *result;
  }

 public:
  Proxy(Executor& executor, bool simulated) : executor_(executor), simulated_(simulated) {}

  const Capabilities& capabilities() const override { return executor_.capabilities(); }
  DeviceAddress allocate(std::uint64_t bytes) override {
    return on_device([&](Device& device) { return device.allocate(bytes); });
  }
  void free(DeviceAddress address) override {
    executor_.call([&](Device& device) { device.free(address); });
  }
  void write(DeviceAddress address, std::span<const std::byte> data) override {
    executor_.call([&](Device& device) { device.write(address, data); });
  }
  void read(DeviceAddress address, std::span<std::byte> data) override {
    executor_.call([&](Device& device) { device.read(address, data); });
  }
  LaunchId submit(const LaunchRequest& request) override {
    return on_device([&](Device& device) { return device.submit(request); });
  }
  std::optional<Completion> wait(LaunchId id, std::chrono::milliseconds timeout) override {
    // In slices, so that lanes and other callers have their turn.
    auto left = timeout;
    for (;;) {
      const auto slice = std::min(left, kSlice);
      const auto begin = std::chrono::steady_clock::now();
      bool limit = false;
      auto completion = on_device([&](Device& device) {
        const auto turn = std::chrono::steady_clock::now();
        auto result = device.wait(id, slice);
        // Back before its time: the device has reached a limit of its own.
        limit = !result && std::chrono::steady_clock::now() - turn < slice;
        return result;
      });
      const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::steady_clock::now() - begin);
      if (completion || limit || waited >= left) return completion;
      if (timeout < kForever) left -= waited;
    }
  }
  void reset() override { executor_.reset(); }
  std::uint32_t read_register(std::uint32_t offset) override {
    return on_device([&](Device& device) { return device.read_register(offset); });
  }
  Simulation* simulation() override { return simulated_ ? this : nullptr; }

  void inject(const InjectedError& error) override {
    executor_.call([&](Device& device) { device.simulation()->inject(error); });
  }
  void clear_errors() override {
    executor_.call([](Device& device) { device.simulation()->clear_errors(); });
  }
  std::uint64_t cycles() const override {
    return on_device([](Device& device) { return device.simulation()->cycles(); });
  }
  double cpu_seconds() const override {
    return on_device([](Device& device) { return device.simulation()->cpu_seconds(); });
  }
  void set_memory(const MemoryBehaviour& behaviour) override {
    executor_.call([&](Device& device) { device.simulation()->set_memory(behaviour); });
  }
  void set_wait_limit(std::uint64_t cycles) override {
    executor_.call([&](Device& device) { device.simulation()->set_wait_limit(cycles); });
  }
  void peek(isa::Space space, std::uint32_t partition, std::uint32_t offset,
            std::span<std::byte> data) override {
    executor_.call(
        [&](Device& device) { device.simulation()->peek(space, partition, offset, data); });
  }
  void poke(isa::Space space, std::uint32_t partition, std::uint32_t offset,
            std::span<const std::byte> data) override {
    executor_.call(
        [&](Device& device) { device.simulation()->poke(space, partition, offset, data); });
  }

 private:
  Executor& executor_;
  bool simulated_;
};

}  // namespace

Error named(const std::exception& error, const std::string& operation) {
  if (const auto* typed = dynamic_cast<const Error*>(&error)) {
    if (typed->operation() == operation) return *typed;
    const std::string rule =
        typed->operation() == kLaunch ? typed->rule() : typed->operation() + ": " + typed->rule();
    return Error(typed->code(), operation, rule, typed->detail());
  }
  return Error(ErrorCode::internal, operation, error.what());
}

void Marker::reach(std::optional<Error> error) {
  std::vector<std::function<void()>> listeners;
  {
    const std::lock_guard lock(mutex_);
    if (reached_) return;
    reached_ = true;
    error_ = std::move(error);
    listeners.swap(listeners_);
  }
  changed_.notify_all();
  for (const auto& listener : listeners) listener();
}

void Marker::on_reached(std::function<void()> listener) {
  {
    const std::lock_guard lock(mutex_);
    if (!reached_) {
      listeners_.push_back(std::move(listener));
      return;
    }
  }
  listener();
}

bool Marker::reached() const {
  const std::lock_guard lock(mutex_);
  return reached_;
}

std::optional<Error> Marker::wait() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return reached_; });
  return error_;
}

std::optional<Error> Marker::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

Executor::Executor(std::function<std::unique_ptr<Device>()> open) {
  std::promise<bool> opened;  // whether the device is simulated
  thread_ = std::thread([this, &opened, open = std::move(open)]() mutable {
    try {
      device_ = open();
      open = nullptr;
      capabilities_ = device_->capabilities();
      opened.set_value(device_->simulation() != nullptr);
    } catch (...) {
      device_.reset();
      opened.set_exception(std::current_exception());
      return;
    }
    run();
    device_.reset();
  });
  try {
    proxy_ = std::make_unique<Proxy>(*this, opened.get_future().get());
  } catch (...) {
    thread_.join();
    stopped_ = true;
    throw;
  }
}

Executor::~Executor() { finish(); }

void Executor::finish() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  work_.notify_all();
  thread_.join();
}

void Executor::call(const std::function<void(Device&)>& function) {
  if (std::this_thread::get_id() == thread_.get_id()) {
    function(*device_);
    return;
  }
  std::promise<void> done;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      throw Error(ErrorCode::device_lost, "Context", "a device is used while its context lives");
    }
    calls_.emplace_back([&](Device& device) {
      try {
        function(device);
        done.set_value();
      } catch (...) {
        done.set_exception(std::current_exception());
      }
    });
  }
  work_.notify_all();
  done.get_future().get();
}

void Executor::post(std::function<void(Device&)> function) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    calls_.push_back(std::move(function));
  } catch (...) {
    return;  // no memory for a request: what it would have freed is lost, nothing else
  }
  work_.notify_all();
}

std::shared_ptr<Lane> Executor::add_lane() {
  auto lane = std::make_shared<Lane>();
  const std::lock_guard lock(mutex_);
  lanes_.push_back(lane);
  return lane;
}

void Executor::remove_lane(const std::shared_ptr<Lane>& lane) {
  Lock lock(mutex_);
  ended_.wait(lock, [&] { return lane->idle() || stopped_; });
  lanes_.remove(lane);
}

void Executor::enqueue(const std::shared_ptr<Lane>& lane, Operation operation) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      throw Error(ErrorCode::device_lost, operation.name,
                  "a stream is used while its context lives");
    }
    lane->waiting.push_back(std::move(operation));
  }
  work_.notify_all();
}

void Executor::wake() {
  { const std::lock_guard lock(mutex_); }
  work_.notify_all();
}

std::optional<Error> Executor::synchronise(const std::shared_ptr<Lane>& lane) {
  auto marker = std::make_shared<Marker>();
  Operation operation;
  operation.kind = Operation::Kind::record;
  operation.name = "synchronise";
  operation.marker = marker;
  enqueue(lane, std::move(operation));
  return marker->wait();
}

bool Executor::idle(const std::shared_ptr<Lane>& lane) const {
  const std::lock_guard lock(mutex_);
  return lane->idle();
}

std::optional<Error> Executor::error(const std::shared_ptr<Lane>& lane) const {
  const std::lock_guard lock(mutex_);
  return lane->error;
}

void Executor::clear_error(const std::shared_ptr<Lane>& lane) {
  const std::lock_guard lock(mutex_);
  lane->error.reset();
}

void Executor::reset() {
  call([this](Device& device) {
    device.reset();
    Lock lock(mutex_);
    collect_after_stop(
        Error(ErrorCode::device_lost, "launch", "the device is not reset while a launch runs", ""),
        lock);
  });
}

bool Executor::has_work() const {
  return !calls_.empty() || !flights_.empty() ||
         std::any_of(lanes_.begin(), lanes_.end(), [](const std::shared_ptr<Lane>& lane) {
           if (lane->waiting.empty()) return false;
           const Operation& next = lane->waiting.front();
           return next.kind != Operation::Kind::wait || next.marker->reached() ||
                  lane->error.has_value();
         });
}

void Executor::run() {
  Lock lock(mutex_);
  for (;;) {
    // Copies and calls for at most a slice, then a slice for the launch on the device.
    const auto begin = std::chrono::steady_clock::now();
    bool moved = false;
    do {
      moved = run_calls(lock);
      const std::vector<std::shared_ptr<Lane>> lanes(lanes_.begin(), lanes_.end());
      for (const auto& lane : lanes) moved |= advance(lane, lock);
    } while (moved && std::chrono::steady_clock::now() - begin < kSlice);
    if (!flights_.empty()) {
      wait_for_front(lock);
      continue;
    }
    if (moved || has_work()) continue;
    if (stopping_ &&
        std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->idle(); })) {
      break;
    }
    work_.wait(lock);
  }
  stopped_ = true;
  lock.unlock();
  ended_.notify_all();
}

bool Executor::run_calls(Lock& lock) {
  const bool any = !calls_.empty();
  while (!calls_.empty()) {
    auto function = std::move(calls_.front());
    calls_.pop_front();
    lock.unlock();
    try {
      function(*device_);
    } catch (const std::exception&) {
      // Of a posted free: the memory stays reserved, the safe choice.
    }
    function = nullptr;
    lock.lock();
  }
  return any;
}

void Executor::fail(const std::shared_ptr<Lane>& lane, const Error& error) {
  if (!lane->error) lane->error = error;
}

bool Executor::advance(const std::shared_ptr<Lane>& lane, Lock& lock) {
  if (lane->waiting.empty()) return false;
  Operation& head = lane->waiting.front();
  using Kind = Operation::Kind;
  const bool skip = lane->error.has_value();
  switch (head.kind) {
    case Kind::record:
      if (lane->flights != 0) return false;
      break;
    case Kind::wait:
      if (!skip && !head.marker->reached()) return false;
      break;
    case Kind::work:
      if (lane->flights != 0) return false;
      break;
    case Kind::launch:
      if (!skip && flights_.size() >= kLaunchDepth) return false;
      break;
  }
  // Only this thread takes operations away, so the head stays while the mutex is free.
  Operation operation = std::move(head);
  lane->waiting.pop_front();
  if (skip || operation.kind == Kind::record || operation.kind == Kind::wait) {
    if (operation.kind == Kind::wait && !skip) {
      if (const auto error = operation.marker->error()) fail(lane, *error);
    }
    const std::optional<Error> error = lane->error;
    lock.unlock();
    if (operation.kind == Kind::record) operation.marker->reach(error);
    if (error && operation.failed) operation.failed(*error);
    operation = {};
    lock.lock();
    ended_.notify_all();
    return true;
  }

  // While its operation is worked on, the lane is not idle.
  ++lane->flights;
  lock.unlock();
  std::optional<Error> error;
  bool done = true;
  LaunchId id{};
  try {
    if (operation.kind == Kind::work) {
      done = operation.step(*device_);
    } else {
      if (operation.prepare) operation.prepare(*device_, operation.request);
      operation.prepare = nullptr;
      id = device_->submit(operation.request);
    }
  } catch (const std::exception& caught) {
    error = named(caught, operation.name);
  }
  const bool submitted = operation.kind == Kind::launch && !error;
  if (!submitted && (error || done)) {
    if (error && operation.failed) operation.failed(*error);
    operation = {};
  }
  lock.lock();
  if (submitted) {
    flights_.push_back({lane, std::move(operation), id, {}});
    return true;
  }
  --lane->flights;
  if (error) fail(lane, *error);
  if (!error && !done) lane->waiting.push_front(std::move(operation));
  ended_.notify_all();
  return true;
}

void Executor::wait_for_front(Lock& lock) {
  Flight& front = flights_.front();
  if (!front.turn) front.turn = std::chrono::steady_clock::now();
  const LaunchId id = front.id;
  const auto allowed = front.operation.timeout;
  const auto slice = std::min(kSlice, allowed);
  lock.unlock();
  const auto begin = std::chrono::steady_clock::now();
  std::optional<Completion> completion;
  std::optional<Error> lost;
  try {
    completion = device_->wait(id, slice);
  } catch (const std::exception& caught) {
    lost = named(caught, kLaunch);
  }
  const auto now = std::chrono::steady_clock::now();
  if (Simulation* simulation = device_->simulation()) {
    cycles_.store(simulation->cycles(), std::memory_order_relaxed);
  }
  lock.lock();
  // Only this thread changes the list of flights, so `front` is still the first.
  if (completion) {
    if (completion->status == LaunchStatus::aborted) {
      // A launch from outside the lanes stopped the device.
      collect_after_stop({}, lock, true);
      return;
    }
    Flight flight = std::move(flights_.front());
    flights_.pop_front();
    settle(std::move(flight), *completion, lock);
    if (!completion->ok()) collect_after_stop({}, lock);
    return;
  }
  const bool limit = now - begin < slice;  // back early: the device has a limit of its own
  if (!lost && (limit || now - *flights_.front().turn >= allowed)) {
    lost = Error(ErrorCode::timeout, kLaunch,
                 "a launch ends within the time allowed; the device was reset",
                 "timeout_ms=" + std::to_string(allowed.count()));
  }
  if (!lost) return;
  lock.unlock();
  try {
    device_->reset();
  } catch (const std::exception& caught) {
    lost = Error(ErrorCode::device_lost, kLaunch, std::string("reset: ") + caught.what());
  }
  lock.lock();
  collect_after_stop(lost, lock);
}

/// After a fault or a reset the device has ended everything that was queued. What had not begun
/// starts again; with `lost` the first that did not end may have begun, and fails with it.
/// `front_aborted`: the device has handed out the end of the first already.
void Executor::collect_after_stop(std::optional<Error> lost, Lock& lock, bool front_aborted) {
  std::deque<Flight> stopped;
  std::deque<Flight> kept;
  while (!flights_.empty()) {
    Flight flight = std::move(flights_.front());
    flights_.pop_front();
    if (std::exchange(front_aborted, false)) {
      stopped.push_back(std::move(flight));
      continue;
    }
    lock.unlock();
    std::optional<Completion> completion;
    bool gone = false;
    try {
      completion = device_->wait(flight.id, std::chrono::milliseconds(0));
    } catch (const std::exception&) {
      gone = true;
    }
    lock.lock();
    if (!completion && !gone) {
      kept.push_back(std::move(flight));
    } else if (completion && completion->status != LaunchStatus::aborted) {
      settle(std::move(flight), *completion, lock);
    } else if (lost) {
      const Error error = named(*lost, flight.operation.name);
      const auto lane = flight.lane;
      fail(lane, error);
      lock.unlock();
      if (flight.operation.failed) flight.operation.failed(error);
      flight.operation = {};
      lock.lock();
      --lane->flights;
      lost.reset();
    } else {
      stopped.push_back(std::move(flight));
    }
  }
  flights_ = std::move(kept);
  while (!stopped.empty()) {
    Flight& flight = stopped.back();
    --flight.lane->flights;
    flight.lane->waiting.push_front(std::move(flight.operation));
    stopped.pop_back();
  }
  ended_.notify_all();
}

void Executor::settle(Flight flight, const Completion& completion, Lock& lock) {
  std::optional<Error> error;
  try {
    throw_if_failed(completion, flight.operation.name);
  } catch (const std::exception& caught) {
    error = named(caught, flight.operation.name);
    fail(flight.lane, *error);
  }
  lock.unlock();
  if (error) {
    if (flight.operation.failed) flight.operation.failed(*error);
  } else if (flight.operation.completed) {
    flight.operation.completed(completion);
  }
  flight.operation = {};
  lock.lock();
  --flight.lane->flights;
  ended_.notify_all();
}

}  // namespace tinium::detail
