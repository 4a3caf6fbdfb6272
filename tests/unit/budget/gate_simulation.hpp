#pragma once

#include "budget/scheduler_core.hpp"
#include "core/random.hpp"
#include "unit/budget/limiter_models.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

namespace kiln::models {

using limiter_maker = std::function<std::unique_ptr<limiter>()>;

struct simulation {
  limiter_maker make;
  jitter way;
  double seconds = 60;
  double counted_from = 5;  ///< Earlier is learning.
  std::uint64_t seed = 1;
  double rate = 30;
  duration answer_after_max = std::chrono::milliseconds(200);  ///< From arrival: 5 ms to this.
  std::optional<duration> retry_after;
  int clients = 1;                                      ///< That know nothing of each other.
  bool one_store = false;                               ///< But share one budget_store.
  std::function<void(limiter&, double)> every_arrival;  ///< With the seconds since the start.
};

struct outcome {
  double admitted = 0;  ///< Per second.
  double sent = 0;      ///< Per second.
  double refused_share = 0;
  std::size_t worst_second = 0;            ///< Grants of one client in any one second.
  std::vector<double> admitted_by_client;  ///< Per second.
  std::vector<int> admitted_by_second;     ///< From the start.
};

/// Saturated clients, each behind its own scheduler_core, before one limiter, in virtual time.
class simulator {
 public:
  explicit simulator(simulation const& what)
      : what_(what), random_(what.seed), server_(what.make()) {
    budget_options options;
    options.rate = what.rate;
    auto const shared = make_local_store();
    clients_.resize(static_cast<std::size_t>(what.clients));
    for (client& c : clients_) {
      auto const store = what.one_store ? shared : make_local_store();
      c.core = std::make_unique<scheduler_core>(options, store, random_);
      for (int i = 0; i < waiting_calls; ++i) submit(c, start_);
      events_.push({start_ + duration(random_.below(33'000'000)), kind::ask, &c, false, 0});
    }
    result_.admitted_by_client.resize(clients_.size());
    result_.admitted_by_second.resize(static_cast<std::size_t>(what.seconds) + 1);
  }

  outcome run() {
    while (!events_.empty() && since_start(events_.top().at) < what_.seconds) {
      event const e = events_.top();
      events_.pop();
      switch (e.what) {
        case kind::ask:
          ask(e);
          break;
        case kind::arrive:
          arrive(e);
          break;
        case kind::answer:
          e.from->core->finished(e.grant, e.at,
                                 e.admitted ? verdict::done : verdict::throttled_rate,
                                 e.admitted ? std::nullopt : what_.retry_after);
          break;
      }
    }
    double const counted = what_.seconds - what_.counted_from;
    result_.sent = sent_ / counted;
    result_.admitted = admitted_ / counted;
    result_.refused_share = sent_ > 0 ? 1 - admitted_ / sent_ : 0;
    return result_;
  }

 private:
  static constexpr int waiting_calls = 4;
  static constexpr duration way_mean = std::chrono::milliseconds(30);
  static constexpr duration answer_after_min = std::chrono::milliseconds(5);
  enum class kind : unsigned char { ask, arrive, answer };
  struct client {
    std::unique_ptr<scheduler_core> core;
    std::deque<instant> recent;  // grants of the last second
  };
  struct event {
    instant at;
    kind what;
    client* from;
    bool admitted;
    scheduler_core::grant_id grant;
    bool operator>(event const& other) const { return at > other.at; }
  };

  [[nodiscard]] double since_start(instant at) const {
    return std::chrono::duration<double>(at - start_).count();
  }
  void submit(client& c, instant now) {
    lanes::call call;
    call.owner = &c;
    c.core->submit(call, now);
  }
  void ask(event const& e) {
    client& c = *e.from;
    auto const next = c.core->next(e.at);
    if (next.what == scheduler_core::decision::kind::wait) {
      events_.push({next.until, kind::ask, &c, false, 0});
      return;
    }
    while (!c.recent.empty() && c.recent.front() + std::chrono::seconds(1) <= e.at) {
      c.recent.pop_front();
    }
    c.recent.push_back(e.at);
    result_.worst_second = std::max(result_.worst_second, c.recent.size());
    submit(c, e.at);
    instant const arrival = e.at + way_mean + what_.way.draw(random_);
    events_.push({arrival, kind::arrive, &c, false, next.grant});
    events_.push({e.at, kind::ask, &c, false, 0});
  }
  void arrive(event const& e) {
    double const t = since_start(e.at);
    if (what_.every_arrival) what_.every_arrival(*server_, t);
    bool const ok = server_->admits(e.at);
    if (ok) ++result_.admitted_by_second[static_cast<std::size_t>(t)];
    if (t >= what_.counted_from) {
      auto const c = static_cast<std::size_t>(e.from - clients_.data());
      ++sent_;
      admitted_ += ok ? 1 : 0;
      result_.admitted_by_client[c] += ok ? 1 / (what_.seconds - what_.counted_from) : 0;
    }
    auto const spread =
        static_cast<std::uint64_t>((what_.answer_after_max - answer_after_min).count());
    instant const answered = e.at + answer_after_min + duration(random_.below(spread));
    events_.push({answered, kind::answer, e.from, ok, e.grant});
  }

  simulation what_;
  random_source random_;
  std::unique_ptr<limiter> server_;
  instant start_{std::chrono::hours(1)};
  std::vector<client> clients_;
  std::priority_queue<event, std::vector<event>, std::greater<>> events_;
  outcome result_;
  double sent_ = 0;
  double admitted_ = 0;
};

inline outcome run(simulation const& what) { return simulator(what).run(); }

/// What an even pace gets through; departures know nothing of answers.
inline outcome run_fixed(limiter_maker const& make, jitter const& way, double pace, double seconds,
                         std::uint64_t seed) {
  random_source random(seed);
  auto const server = make();
  std::vector<instant> arrivals(static_cast<std::size_t>(seconds * pace));
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    auto const at = static_cast<duration::rep>(static_cast<double>(i) * 1e9 / pace);
    arrivals[i] = instant(std::chrono::hours(1)) + duration(at) + way.draw(random);
  }
  std::sort(arrivals.begin(), arrivals.end());
  double admitted = 0;
  for (instant at : arrivals) admitted += server->admits(at) ? 1 : 0;
  outcome result;
  result.sent = static_cast<double>(arrivals.size()) / seconds;
  result.admitted = admitted / seconds;
  result.refused_share = 1 - admitted / static_cast<double>(arrivals.size());
  return result;
}

/// Admitted a second at the fixed pace that gets most through, by search over all paces the
/// invariant allows, up to `rate`.
inline double find_best_pace(limiter_maker const& make, jitter const& way, double rate = 30) {
  double best = 0;
  constexpr int steps = 60;
  for (int i = 0; i <= steps; ++i) {
    double const pace = rate * (0.6 + 0.4 * i / steps);
    best = std::max(best, run_fixed(make, way, pace, 200, 17).admitted);
  }
  return best;
}

}  // namespace kiln::models
