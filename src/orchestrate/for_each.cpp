#include "transfer/fan_out.hpp"

#include <kiln/for_each.hpp>

#include <algorithm>
#include <stdexcept>

namespace kiln::detail {
namespace {

/// What the workers of one for_each() share, on their strand.
struct round {
  each_step step;
  for_each_options options;
  for_each_progress now;
  std::size_t next = 0;

  [[nodiscard]] bool may_begin() const noexcept {
    bool const given_up = options.failures_max != 0 && now.failed >= options.failures_max;
    return next < now.items && !given_up;
  }
};

asio::awaitable<void> work_through(round& r) {
  co_await transfer::keep_after_cancel();
  while (r.may_begin()) {
    bool const given_up = co_await transfer::is_cancelled();
    if (given_up) co_return;
    auto const item = r.next++;
    ++r.now.in_flight;
    auto working = r.step(item);
    auto const why = co_await std::move(working);
    --r.now.in_flight;
    bool const failed = why.code() != errc::none;
    ++(failed ? r.now.failed : r.now.done);
    if (r.options.observer != nullptr) {
      r.options.observer->ended(item, failed ? &why : nullptr, r.now);
    }
  }
}

asio::awaitable<void> run_workers(round& r) {
  auto const workers = std::min<std::size_t>(r.options.in_flight_max, r.now.items);
  transfer::worker const work = [&r](std::size_t) { return work_through(r); };
  co_await transfer::fan_out(workers, work);
}

}  // namespace

void validate(for_each_options const& options) {
  if (options.in_flight_max == 0) {
    throw std::invalid_argument("for_each_options.in_flight_max must be above 0");
  }
}

asio::awaitable<void> run_each(std::size_t items, each_step step, for_each_options options) {
  round r;
  r.step = std::move(step);
  r.options = options;
  r.now.items = items;
  co_await transfer::on_own_strand(run_workers(r));
}

}  // namespace kiln::detail
