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
inline outcome run(simulation const& s) {
  struct event {
    instant at;
    enum class kind : unsigned char { ask, arrive, answer } what;
    int client;
    bool admitted;
    scheduler_core::grant_id grant;
    bool operator>(event const& other) const { return at > other.at; }
  };
  random_source random(s.seed);
  auto const server = s.make();
  budget_options options;
  options.rate = s.rate;
  instant const start{std::chrono::hours(1)};
  std::vector<std::unique_ptr<scheduler_core>> cores;
  std::vector<std::deque<instant>> recent(static_cast<std::size_t>(s.clients));
  std::priority_queue<event, std::vector<event>, std::greater<>> events;
  for (int c = 0; c < s.clients; ++c) {
    cores.push_back(std::make_unique<scheduler_core>(options, make_local_store(), random));
    lanes::call call;
    call.owner = &cores;
    for (int i = 0; i < 4; ++i) cores.back()->submit(call, start);
    events.push({start + duration(random.below(33'000'000)), event::kind::ask, c, false, 0});
  }
  outcome result;
  result.admitted_by_client.resize(static_cast<std::size_t>(s.clients));
  result.admitted_by_second.resize(static_cast<std::size_t>(s.seconds) + 1);
  double sent = 0;
  double admitted = 0;
  auto const delay = std::chrono::milliseconds(30);
  while (!events.empty()) {
    event const e = events.top();
    events.pop();
    double const t = std::chrono::duration<double>(e.at - start).count();
    if (t >= s.seconds) break;
    auto const c = static_cast<std::size_t>(e.client);
    scheduler_core& core = *cores[c];
    switch (e.what) {
      case event::kind::ask: {
        auto const next = core.next(e.at);
        if (next.what == scheduler_core::decision::kind::wait) {
          events.push({next.until, event::kind::ask, e.client, false, 0});
          break;
        }
        auto& times = recent[c];
        while (!times.empty() && times.front() + std::chrono::seconds(1) <= e.at) times.pop_front();
        times.push_back(e.at);
        result.worst_second = std::max(result.worst_second, times.size());
        lanes::call call;
        call.owner = &cores;
        core.submit(call, e.at);
        events.push(
            {e.at + delay + s.way.draw(random), event::kind::arrive, e.client, false, next.grant});
        events.push({e.at, event::kind::ask, e.client, false, 0});
        break;
      }
      case event::kind::arrive: {
        if (s.every_arrival) s.every_arrival(*server, t);
        bool const ok = server->admits(e.at);
        if (t >= s.counted_from) {
          ++sent;
          admitted += ok ? 1 : 0;
          result.admitted_by_client[c] += ok ? 1 / (s.seconds - s.counted_from) : 0;
        }
        if (ok) ++result.admitted_by_second[static_cast<std::size_t>(t)];
        auto const after = std::chrono::milliseconds(5) +
                           duration(random.below(static_cast<std::uint64_t>(
                               (s.answer_after_max - std::chrono::milliseconds(5)).count())));
        events.push({e.at + after, event::kind::answer, e.client, ok, e.grant});
        break;
      }
      case event::kind::answer:
        core.finished(e.grant, e.at, e.admitted ? verdict::done : verdict::throttled_rate,
                      e.admitted ? std::nullopt : s.retry_after);
        break;
    }
  }
  result.sent = sent / (s.seconds - s.counted_from);
  result.admitted = admitted / (s.seconds - s.counted_from);
  result.refused_share = sent > 0 ? 1 - admitted / sent : 0;
  return result;
}

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

struct best_pace {
  double any = 0;     ///< Admitted a second at the pace that gets most through.
  double within = 0;  ///< The same, among paces that keep refusals to `share_max`.
};

/// By search over all paces the invariant allows, up to `rate`.
inline best_pace find_best_pace(limiter_maker const& make, jitter const& way, double share_max,
                                double rate = 30) {
  best_pace best;
  constexpr int steps = 60;
  for (int i = 0; i <= steps; ++i) {
    double const pace = rate * (0.6 + 0.4 * i / steps);
    auto const got = run_fixed(make, way, pace, 200, 17);
    best.any = std::max(best.any, got.admitted);
    if (got.refused_share <= share_max) best.within = std::max(best.within, got.admitted);
  }
  return best;
}

}  // namespace kiln::models
