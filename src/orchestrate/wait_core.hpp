#pragma once

#include "core/clock.hpp"
#include "core/random.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// What to ask next so that many things of one kind (clusters, runs, …) are watched with the fewest
// requests. Pure: it knows keys and time, neither states nor requests.
//
// It goes by rounds. In a round everything that is due is looked at, by pages of the list and by
// requests for single things, whatever mix costs least: it remembers where in the list, newest
// first, each thing was, so it takes the pages that hold more than one and asks for the rest
// singly. Two rounds are so far apart that all requests stay below `rate`.
namespace kiln {

/// How often one thing is looked at: `interval` after the first look, then longer by `growth`.
struct wait_pace {
  duration interval = std::chrono::seconds(2);
  duration interval_max = std::chrono::seconds(30);
  double growth = 1.5;
};

class wait_core {
 public:
  struct settings {
    /// Items a page of the list holds; 0: there is no list. A list that is one page holds them all.
    std::size_t page_items = one_page;
    double rate = 1.5;  ///< Requests a second that looking may cost, over time.
    std::uint64_t seed = 0;
  };
  static constexpr std::size_t one_page = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t pages_max = 1'000;  ///< Of one round.
  static constexpr std::size_t singles_max = 256;  ///< Of one round; the rest is due in the next.

  /// Between the beginnings of two rounds, at least.
  static constexpr duration round_min = std::chrono::milliseconds(100);

  explicit wait_core(settings s);

  /// Looks at `key` from `first` on. One that is watched already is watched once more, at the
  /// faster of the two paces.
  void watch(std::string const& key, wait_pace const& pace, instant first);
  /// Undoes one watch(): it has reached its end, or nobody waits any longer.
  void unwatch(std::string const& key);
  [[nodiscard]] std::size_t watched() const noexcept { return things_.size(); }
  void set_rate(double rate) noexcept { rate_ = rate; }
  /// The list is asked for another way, by pages of so many items.
  void set_page_items(std::size_t items) noexcept;

  /// When to call begin(); nothing while a round is under way or nothing is watched.
  [[nodiscard]] std::optional<instant> next() const;

  /// Requests to make now. Neither: the round is over.
  struct step {
    bool page = false;                 ///< The next page of the list; the first one after begin().
    std::vector<std::string> singles;  ///< Each to be answered by single_came().
  };
  step begin(instant now);
  /// The page that was asked for: its keys in their order, and whether there is another.
  step page_came(std::span<std::string const> keys, bool more, instant now);
  /// There is no page. `for_good`: the list is not to be had, and never asked for again.
  step page_failed(bool for_good, instant now);
  /// An answer or an error; what has ended is unwatched before.
  void single_came(std::string const& key, instant now);

  /// Requests so far, for figures and tests.
  struct counts {
    std::uint64_t rounds = 0, pages = 0, singles = 0;
  };
  [[nodiscard]] counts const& count() const noexcept { return count_; }

 private:
  struct thing {
    wait_pace pace;
    int looks = 0;
    int watchers = 1;
    instant due{};
    std::uint64_t serial = 0;            ///< Higher: watched later, so likely nearer to the top.
    std::optional<std::size_t> place{};  ///< In the list; `off` when it is not on it.
    bool wanted = false;                 ///< This round has still to look at it.
    bool seen = false;                   ///< On a page of this round.
  };
  static constexpr std::size_t off = std::numeric_limits<std::size_t>::max();

  [[nodiscard]] static duration plain_interval_of(thing const& t);
  [[nodiscard]] duration interval_of(thing const& t);
  void looked_at(thing& t, instant now);
  void settle_places(bool more);
  [[nodiscard]] std::size_t best_depth() const;
  step ask_singly(instant now);
  step end_round(instant now);
  void forget(std::unordered_map<std::string, thing>::iterator at);

  std::size_t page_items_;
  double rate_;
  random_source random_;
  bool listed_;                 ///< The list is to be had.
  std::size_t list_items_ = 0;  ///< Seen of it in the last round with pages.
  std::unordered_map<std::string, thing> things_;
  std::uint64_t next_serial_ = 1;
  instant not_before_ = instant::min();
  instant earliest_ = instant::max();  ///< Nothing is due before; unwatch() may leave it too early.

  // The round under way.
  bool busy_ = false;
  instant began_{};
  std::size_t depth_ = 0;        ///< Pages it was planned to take.
  std::size_t pages_ = 0;        ///< Pages taken.
  std::size_t items_ = 0;        ///< On them.
  std::size_t barren_ = 0;       ///< Pages in a row with nothing that is watched.
  std::size_t wanted_ = 0;       ///< Things it has still to look at.
  std::size_t outstanding_ = 0;  ///< Single answers not there yet.
  std::size_t cost_ = 0;
  std::optional<std::ptrdiff_t> drift_;  ///< How far the list has moved since.
  counts count_;
};

}  // namespace kiln
