#pragma once

#include "core/clock.hpp"
#include "core/random.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

// The limiters a workspace may sit behind, as pure functions of the arrival times, and the jitter
// of the way to it. Arrivals are given in order of time.
namespace kiln::models {

class limiter {
 public:
  virtual ~limiter() = default;
  virtual bool admits(instant at) = 0;
  virtual void set_rate(double rate) = 0;
};

/// At most `rate` in the second before; counts what it admitted, or all that came (haproxy).
class sliding_window final : public limiter {
 public:
  sliding_window(double rate, bool counts_refused) : rate_(rate), counts_refused_(counts_refused) {}
  bool admits(instant at) override {
    while (!seen_.empty() && seen_.front() + std::chrono::seconds(1) <= at) seen_.pop_front();
    bool const ok = static_cast<double>(seen_.size()) + 1 <= rate_;
    if (ok || counts_refused_) seen_.push_back(at);
    return ok;
  }
  void set_rate(double rate) override { rate_ = rate; }

 private:
  double rate_;
  bool counts_refused_;
  std::deque<instant> seen_;
};

/// At most `rate` in each second of the server's clock.
class fixed_window final : public limiter {
 public:
  explicit fixed_window(double rate) : rate_(rate) {}
  bool admits(instant at) override {
    auto const second = std::chrono::floor<std::chrono::seconds>(at);
    if (second != second_) count_ = 0;
    second_ = second;
    if (count_ + 1 > rate_) return false;
    ++count_;
    return true;
  }
  void set_rate(double rate) override { rate_ = rate; }

 private:
  double rate_;
  double count_ = 0;
  std::chrono::time_point<std::chrono::steady_clock, std::chrono::seconds> second_{};
};

class token_bucket final : public limiter {
 public:
  token_bucket(double rate, double burst) : rate_(rate), burst_(burst), tokens_(burst) {}
  bool admits(instant at) override {
    double const elapsed = std::chrono::duration<double>(at - last_).count();
    tokens_ = std::min(burst_, tokens_ + std::max(0.0, elapsed) * rate_);
    last_ = at;
    if (tokens_ < 1 - 1e-9) return false;
    tokens_ -= 1;
    return true;
  }
  void set_rate(double rate) override { rate_ = rate; }

 private:
  double rate_;
  double burst_;
  double tokens_;
  instant last_{};
};

/// nginx limit_req without burst: whole milliseconds, thousandths of a request of excess, and only
/// what was admitted moves the state.
class leaky_bucket final : public limiter {
 public:
  explicit leaky_bucket(double rate) : rate_(rate) {}
  bool admits(instant at) override {
    auto const ms = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
    double const excess =
        std::max(0.0, excess_ - rate_ * static_cast<double>(ms - last_ms_) + 1000);
    if (excess > 1e-6 && last_ms_ != 0) return false;
    excess_ = last_ms_ == 0 ? 0 : excess;
    last_ms_ = ms;
    return true;
  }
  void set_rate(double rate) override { rate_ = rate; }

 private:
  double rate_;
  double excess_ = 0;
  std::int64_t last_ms_ = 0;
};

/// What the way adds to or takes from its mean delay.
struct jitter {
  enum class kind { none, uniform, exponential } shape = kind::none;
  duration size{};  ///< uniform: +-size; exponential: the mean.

  duration draw(random_source& random) const {
    if (shape == kind::none) return {};
    double const u = random.unit();
    double const scale = shape == kind::uniform ? 2 * u - 1 : -std::log(1 - u);
    return duration(static_cast<duration::rep>(scale * static_cast<double>(size.count())));
  }
};

}  // namespace kiln::models
