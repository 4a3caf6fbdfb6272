#pragma once

#include <kiln/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

/// The same work for many items, so many at once and no more:
///
///     auto clusters = co_await kiln::for_each(ids, [ws](std::string const& id) {
///       return ws.clusters().get({.cluster_id = id});
///     });
namespace kiln {

/// A moment of for_each().
struct for_each_progress {
  std::size_t items = 0;      ///< All of them.
  std::size_t in_flight = 0;  ///< Begun and not ended.
  std::size_t done = 0;
  std::size_t failed = 0;
};

/// Told how it goes, on the strand of the work; must not block.
class for_each_observer {
 public:
  virtual ~for_each_observer() = default;
  /// After each item that ended; `why` only of one that failed.
  virtual void ended(std::size_t item, error const* why, for_each_progress const& now) = 0;
};

/// Trivially destructible, so it may be written in braces beside a co_await.
struct for_each_options {
  std::uint32_t in_flight_max = 64;  ///< > 0.
  /// After so many failed items no more are begun; those under way are finished. 0: no bound.
  std::size_t failures_max = 0;
  for_each_observer* observer = nullptr;  ///< Must outlive the work.
};

namespace detail {

/// Does the work of one item and gives why it failed; errc::none when it did not.
using each_step = std::function<asio::awaitable<error>(std::size_t item)>;

/// Throws std::invalid_argument for options that can never work.
void validate(for_each_options const& options);
/// Returns when nothing is under way any more.
asio::awaitable<void> run_each(std::size_t items, each_step step, for_each_options options);

template <class Result, class Work, class Items>
asio::awaitable<error> each_of(std::vector<Result>& outcomes, Work& work, Items& items,
                               std::size_t index) {
  auto doing = work(*std::next(std::begin(items), static_cast<std::ptrdiff_t>(index)));
  outcomes[index] = co_await std::move(doing);
  if (outcomes[index].has_error()) co_return outcomes[index].error();
  co_return error();
}

template <class Result, class Items, class Work>
task<std::vector<Result>> each_result(Items items, Work work, for_each_options options) {
  auto const count = static_cast<std::size_t>(std::size(items));
  std::vector<Result> outcomes;
  outcomes.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    outcomes.emplace_back(error(errc::cancelled, "not begun: the work was ended before"));
  }
  each_step step = [&](std::size_t i) { return each_of(outcomes, work, items, i); };
  co_await run_each(count, std::move(step), options);
  co_return std::move(outcomes);
}

}  // namespace detail

/// Calls `work` with each item of a container, awaits the task<T> it gives, at most in_flight_max
/// at once, and gives a result<T> an item, in their order. An item that fails stops no other. Items
/// that were not begun, after a cancellation or failures_max, have errc::cancelled; a cancellation
/// reaches what is under way. An exception that leaves the work ends all of it and is thrown.
///
/// All work runs on one strand over the awaiting coroutine's executor: what it shares needs no
/// lock. `items` and `work` are kept until the end; item references stay good that long.
template <class Items, class Work>
[[nodiscard]] auto for_each(Items items, Work work, for_each_options const& options = {}) {
  using item_task = std::invoke_result_t<Work&, decltype(*std::begin(items))>;
  using outcome = typename item_task::value_type;
  detail::validate(options);
  return detail::each_result<outcome>(std::move(items), std::move(work), options);
}

}  // namespace kiln
