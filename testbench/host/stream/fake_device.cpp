// SPDX-License-Identifier: Apache-2.0

#include "fake_device.hpp"

#include <algorithm>
#include <cstring>

namespace tinium::testbench {

void FakeControl::allow(LaunchStatus status) {
  {
    const std::lock_guard lock(mutex);
    verdicts.push_back(status);
  }
  changed.notify_all();
}

void FakeControl::note(const std::string& text) {
  {
    const std::lock_guard lock(mutex);
    log.push_back(text);
    ++threads[std::this_thread::get_id()];
  }
  changed.notify_all();
}

bool FakeControl::saw(const std::string& text, std::size_t count) {
  std::unique_lock lock(mutex);
  return changed.wait_for(lock, std::chrono::seconds(20), [&] {
    return static_cast<std::size_t>(std::count(log.begin(), log.end(), text)) >= count;
  });
}

std::size_t FakeControl::position(const std::string& text) {
  const std::lock_guard lock(mutex);
  return static_cast<std::size_t>(std::find(log.begin(), log.end(), text) - log.begin());
}

namespace {

class FakeDevice final : public Device {
 public:
  explicit FakeDevice(std::shared_ptr<FakeControl> control) : control_(std::move(control)) {
    capabilities_.backend = "fake";
    capabilities_.partitions = 32;
  }
  ~FakeDevice() override {
    const std::lock_guard lock(control_->mutex);
    control_->closed = true;
  }

  const Capabilities& capabilities() const override { return capabilities_; }
  DeviceAddress allocate(std::uint64_t bytes) override {
    const DeviceAddress address{(memory_.size() + 63) / 64 * 64};
    memory_.resize(address.value + bytes);
    return address;
  }
  void free(DeviceAddress) override { control_->note("free"); }
  void write(DeviceAddress address, std::span<const std::byte> data) override {
    control_->note("write");
    std::memcpy(memory_.data() + address.value, data.data(), data.size());
  }
  void read(DeviceAddress address, std::span<std::byte> data) override {
    control_->note("read");
    std::memcpy(data.data(), memory_.data() + address.value, data.size());
  }

  LaunchId submit(const LaunchRequest&) override {
    const LaunchId id{++last_};
    queue_.push_back(id);
    control_->note("submit " + std::to_string(last_));
    const std::lock_guard lock(control_->mutex);
    control_->queued = queue_.size();
    control_->deepest = std::max(control_->deepest, queue_.size());
    return id;
  }

  std::optional<Completion> wait(LaunchId id, std::chrono::milliseconds timeout) override {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (ended_.count(id) == 0) {
      LaunchStatus status{};
      {
        std::unique_lock lock(control_->mutex);
        if (control_->automatic) {
          control_->state = control_->state * 1664525u + 1013904223u;
          const std::uint32_t dice = control_->state >> 16;
          status = control_->fault_one_in != 0 && dice % control_->fault_one_in == 0
                       ? LaunchStatus::fault
                       : LaunchStatus::ok;
        } else if (!control_->changed.wait_until(lock, deadline,
                                                 [&] { return !control_->verdicts.empty(); })) {
          return std::nullopt;
        } else {
          status = control_->verdicts.front();
          control_->verdicts.pop_front();
        }
      }
      const LaunchId front = queue_.front();
      queue_.pop_front();
      control_->note("end " + std::to_string(static_cast<std::uint32_t>(front)));
      Completion& completion = ended_[front];
      completion.id = front;
      completion.status = status;
      if (status == LaunchStatus::fault) {
        completion.fault.code = 2;  // closed_window
        for (const LaunchId behind : queue_) abort(behind);
        queue_.clear();
      }
    }
    const Completion completion = ended_[id];
    ended_.erase(id);
    return completion;
  }

  void reset() override {
    control_->note("reset");
    for (const LaunchId id : queue_) abort(id);
    queue_.clear();
  }
  std::uint32_t read_register(std::uint32_t) override { return 0; }

 private:
  void abort(LaunchId id) {
    ended_[id].id = id;
    ended_[id].status = LaunchStatus::aborted;
  }

  std::shared_ptr<FakeControl> control_;
  Capabilities capabilities_;
  std::vector<std::byte> memory_;
  std::uint32_t last_ = 0;
  std::deque<LaunchId> queue_;
  std::map<LaunchId, Completion> ended_;
};

}  // namespace

std::unique_ptr<Device> make_fake_device(std::shared_ptr<FakeControl> control) {
  return std::make_unique<FakeDevice>(std::move(control));
}

}  // namespace tinium::testbench
