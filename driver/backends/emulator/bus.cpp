// SPDX-License-Identifier: Apache-2.0

#include "bus.hpp"

#include <algorithm>

namespace tinium {

BusModel::Time BusModel::Channel::start(Time now) const {
  return bursts.empty() ? kNever : std::max(now, bursts.front().ready);
}

BusModel::Time BusModel::Channel::earliest_end(Time now) const {
  return bursts.empty() ? kNever : start(now) + left;
}

void BusModel::Channel::finish(Time now, std::vector<Burst>& done) {
  if (left != 0) return;
  Burst& burst = bursts.front();
  burst.end = now;
  done.push_back(burst);
  bursts.pop_front();
  if (!bursts.empty()) left = bursts.front().beats;
}

void BusModel::clear() {
  reads_ = {};
  writes_ = {};
  now_ = 0;
  write_turn_ = false;
}

void BusModel::push(const Burst& burst) {
  Channel& channel = burst.is_write ? writes_ : reads_;
  auto& bursts = channel.bursts;
  // Addresses of several clients meet in the order of time; what has begun stays in front.
  auto at = bursts.end();
  while (at != bursts.begin()) {
    const auto before = std::prev(at);
    if (before->ready <= burst.ready) break;
    if (before == bursts.begin() && channel.left != before->beats) break;
    at = before;
  }
  const bool is_front = at == bursts.begin();
  bursts.insert(at, burst);
  if (is_front) channel.left = burst.beats;
}

BusModel::Time BusModel::next() const {
  return std::min(reads_.earliest_end(now_), writes_.earliest_end(now_));
}

void BusModel::advance(Time time, std::vector<Burst>& done) {
  while (now_ < time) {
    const Time read_start = reads_.start(now_);
    const Time write_start = writes_.start(now_);
    const Time start = std::min(read_start, write_start);
    if (start >= time) {
      now_ = time;
      return;
    }
    now_ = start;
    if (read_start <= now_ && write_start <= now_) {
      const auto pairs = static_cast<std::uint32_t>(
          std::min<Time>(std::min(reads_.left, writes_.left), (time - now_) / 2));
      if (pairs == 0) {
        (write_turn_ ? writes_ : reads_).left -= 1;
        write_turn_ = !write_turn_;
        now_ += 1;
      } else {
        reads_.left -= pairs;
        writes_.left -= pairs;
        now_ += 2 * Time{pairs};
      }
    } else {
      Channel& channel = read_start <= now_ ? reads_ : writes_;
      const Time other = read_start <= now_ ? write_start : read_start;
      const Time until = std::min({time, other, now_ + channel.left});
      channel.left -= static_cast<std::uint32_t>(until - now_);
      now_ = until;
    }
    if (!reads_.bursts.empty()) reads_.finish(now_, done);
    if (!writes_.bursts.empty()) writes_.finish(now_, done);
  }
}

}  // namespace tinium
