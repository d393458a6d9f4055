// SPDX-License-Identifier: Apache-2.0

#include "bus.hpp"

#include <algorithm>
#include <cmath>

namespace tinium {
namespace {

constexpr double kHalf = 0.5;
/// Shares of cycles that are no more than noise of the arithmetic.
constexpr double kRounding = 1e-6;

}  // namespace

BusModel::Time BusModel::Channel::start(Time now) const {
  return bursts.empty() ? kNever : std::max(now, bursts.front().ready);
}

BusModel::Time BusModel::Channel::rest(double speed) const {
  return static_cast<Time>(std::ceil(left / speed - kRounding));
}

void BusModel::Channel::finish(Time now, std::vector<Burst>& done) {
  if (bursts.empty() || left > kRounding) return;
  Burst& burst = bursts.front();
  burst.end = now;
  done.push_back(burst);
  bursts.pop_front();
  left = bursts.empty() ? 0 : bursts.front().cycles;
}

void BusModel::clear() {
  reads_ = {};
  writes_ = {};
  now_ = 0;
}

void BusModel::push(const Burst& burst) {
  Channel& channel = burst.is_write ? writes_ : reads_;
  auto& bursts = channel.bursts;
  // Addresses of several clients meet in the order of time; what has begun stays in front.
  auto at = bursts.end();
  while (at != bursts.begin()) {
    const auto before = std::prev(at);
    if (before->ready <= burst.ready) break;
    if (before == bursts.begin() && channel.left < before->cycles) break;
    at = before;
  }
  const bool is_front = at == bursts.begin();
  bursts.insert(at, burst);
  if (is_front) channel.left = burst.cycles;
}

BusModel::Time BusModel::next() const {
  Time soonest = kNever;
  for (const Channel* channel : {&reads_, &writes_}) {
    if (!channel->bursts.empty()) {
      soonest = std::min(soonest, channel->start(now_) + channel->rest(1.0));
    }
  }
  return soonest;
}

void BusModel::advance(Time time, std::vector<Burst>& done) {
  while (now_ < time) {
    const Time start = std::min(reads_.start(now_), writes_.start(now_));
    if (start >= time) {
      now_ = time;
      return;
    }
    now_ = start;
    Time until = time;
    double read_speed = reads_.active(now_) ? 1.0 : 0.0;
    double write_speed = writes_.active(now_) ? 1.0 : 0.0;
    if (read_speed > 0 && write_speed > 0) {
      // Turn by turn; who asks for less than every other cycle gets it.
      const double read = reads_.demand();
      const double write = writes_.demand();
      if (read + write > 1.0) {
        const double read_share = read <= kHalf ? read : write <= kHalf ? 1.0 - write : kHalf;
        read_speed = read_share / read;
        write_speed = (1.0 - read_share) / write;
      }
    } else {
      until = std::min(until, read_speed > 0 ? writes_.start(now_) : reads_.start(now_));
    }
    if (read_speed > 0) until = std::min(until, now_ + reads_.rest(read_speed));
    if (write_speed > 0) until = std::min(until, now_ + writes_.rest(write_speed));
    const auto passed = static_cast<double>(until - now_);
    if (read_speed > 0) reads_.left -= passed * read_speed;
    if (write_speed > 0) writes_.left -= passed * write_speed;
    now_ = until;
    if (read_speed > 0) reads_.finish(now_, done);
    if (write_speed > 0) writes_.finish(now_, done);
  }
}

}  // namespace tinium
