// SPDX-License-Identifier: Apache-2.0
//
// The one thread that owns a Device. Work reaches it in two ways: calls, which a caller waits for,
// and operations of lanes (the inside of a Stream), which run in order within a lane and in turn
// between lanes. Launches are queued kLaunchDepth deep on the device; while one runs, the thread
// alternates between waiting for it and the copies of other lanes.
//
// Nothing is polled: with a launch on the device the thread is inside Device::wait() (which is
// where a simulated device works), otherwise it sleeps on a condition variable.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tinium/device.hpp"

namespace tinium::detail {

/// One point in a lane: reached once, well or with the error that stopped the lane before it.
class Marker {
 public:
  /// Only the first call counts.
  void reach(std::optional<Error> error);
  bool reached() const;
  /// Called once, by the thread that reaches the marker, or at once.
  void on_reached(std::function<void()> listener);
  /// Blocks; the error with which the marker was reached.
  std::optional<Error> wait() const;
  /// The error of a marker that has been reached.
  std::optional<Error> error() const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool reached_ = false;
  std::vector<std::function<void()>> listeners_;
  std::optional<Error> error_;
};

/// What a lane does next.
struct Operation {
  enum class Kind : std::uint8_t {
    work,    ///< step() until it returns true
    launch,  ///< prepare(), submit, wait
    record,  ///< reaches `marker` when everything before it has ended
    wait,    ///< lets nothing pass before `marker` is reached
  };
  Kind kind = Kind::work;
  std::string name;  ///< for errors, e.g. "copy to the device"
  /// work: does a part on the executor's thread; true when all is done. May throw Error.
  std::function<bool(Device&)> step;
  /// launch: completes the request (places a program) before it is submitted, once. May throw
  /// Error.
  std::function<void(Device&, LaunchRequest&)> prepare;
  LaunchRequest request;
  std::chrono::milliseconds timeout = kForever;  ///< launch: from its turn on the device
  std::function<void(const Completion&)> completed;
  /// The operation failed, or was left out because its lane had failed before.
  std::function<void(const Error&)> failed;
  std::shared_ptr<Marker> marker;
  /// Kept until the operation has ended.
  std::vector<std::shared_ptr<const void>> keep;
};

/// Operations in order. All members belong to the executor (its mutex).
struct Lane {
  std::deque<Operation> waiting;
  std::size_t flights = 0;     ///< launches of this lane on the device
  std::optional<Error> error;  ///< the first error, until cleared; later operations are left out
  bool idle() const { return waiting.empty() && flights == 0; }
};

/// Thread-safe.
class Executor {
 public:
  /// Launches that wait or run on the device.
  static constexpr std::size_t kLaunchDepth = 4;

  /// `open` runs on the new thread; what it throws comes out here.
  explicit Executor(std::function<std::unique_ptr<Device>()> open);
  /// As finish().
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Ends all lanes' operations, then the device and the thread. Later calls throw
  /// Error(device_lost).
  void finish();

  const Capabilities& capabilities() const { return capabilities_; }
  /// Simulated cycles as last seen; 0 on hardware.
  std::uint64_t cycles() const { return cycles_.load(std::memory_order_relaxed); }
  /// A Device whose calls run on this thread, for those who want the seam itself.
  Device& proxy() { return *proxy_; }

  /// Device memory is filled with zeros before it is freed.
  std::atomic<bool> scrub_freed{false};

  /// Runs `function` on the executor's thread and waits for it; its exceptions come out here.
  void call(const std::function<void(Device&)>& function);
  /// Runs `function` on the executor's thread some time later. Never throws; after finish() it is
  /// dropped, as the device is gone.
  void post(std::function<void(Device&)> function) noexcept;

  std::shared_ptr<Lane> add_lane();
  void remove_lane(const std::shared_ptr<Lane>& lane);  ///< waits until it is idle
  void enqueue(const std::shared_ptr<Lane>& lane, Operation operation);
  /// Waits until all operations given so far have ended; returns the lane's error.
  /// Has the thread look again: a marker of another context was reached.
  void wake();
  std::optional<Error> synchronise(const std::shared_ptr<Lane>& lane);
  bool idle(const std::shared_ptr<Lane>& lane) const;
  std::optional<Error> error(const std::shared_ptr<Lane>& lane) const;
  void clear_error(const std::shared_ptr<Lane>& lane);
  /// The proxy was reset by its user: what was running is lost, and its lane is told.
  void reset();

 private:
  using Lock = std::unique_lock<std::mutex>;
  struct Flight {
    std::shared_ptr<Lane> lane;
    Operation operation;
    LaunchId id{};
    std::optional<std::chrono::steady_clock::time_point> turn;  ///< since when it is the first
  };

  void run();
  bool run_calls(Lock& lock);
  bool advance(const std::shared_ptr<Lane>& lane, Lock& lock);
  void wait_for_front(Lock& lock);
  void settle(Flight flight, const Completion& completion, Lock& lock);
  void collect_after_stop(std::optional<Error> lost, Lock& lock, bool front_aborted = false);
  void fail(const std::shared_ptr<Lane>& lane, const Error& error);
  bool has_work() const;

  mutable std::mutex mutex_;
  std::condition_variable work_;           ///< for the executor
  mutable std::condition_variable ended_;  ///< for those who wait for a lane
  std::deque<std::function<void(Device&)>> calls_;
  std::list<std::shared_ptr<Lane>> lanes_;
  std::deque<Flight> flights_;
  bool stopping_ = false;
  bool stopped_ = false;

  std::unique_ptr<Device> device_;  ///< touched by the thread alone
  std::unique_ptr<Device> proxy_;
  Capabilities capabilities_;
  std::atomic<std::uint64_t> cycles_{0};
  std::thread thread_;
};

/// `error` as the end of `operation`: the operation named, code and rule kept.
Error named(const std::exception& error, const std::string& operation);

}  // namespace tinium::detail
