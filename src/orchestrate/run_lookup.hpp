#pragma once

#include "orchestrate/run_request.hpp"
#include "orchestrate/seen_run.hpp"

#include <kiln/timestamp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

// Finds the runs of rows of which it is not known whether they were started. Pure: pages of
// runs/list come in, matches come out.
//
// A one-time run carries the key of its row in its name. A run of a job carries nothing of ours, so
// it goes by its parameters, and by who asked for it, and when. To ask again with the token of one
// that is active would be the better proof, but it might end meanwhile, and the server forget it.
namespace kiln::runs {

struct lookup_wish {
  std::size_t row = 0;
  timestamp since{};                      ///< When it may first have been started, by our clock,
  timestamp until = timestamp::max();     ///< and last.
  std::vector<std::int64_t> not_these{};  ///< Earlier runs of the row.
  std::string creator{};                  ///< Of a run of a job; empty: not known.
};

class run_lookup {
 public:
  /// Where the clocks of server and client may differ by.
  static constexpr std::chrono::minutes slack_named{10};
  static constexpr std::chrono::minutes slack_of_job{1};
  /// The same where the server has told the time: hosts of one service among each other.
  static constexpr std::chrono::seconds slack_told{10};
  static constexpr std::size_t pages_max = 1'000;  ///< Of one place.

  /// A listing to be read.
  struct place {
    std::int64_t job_id = 0;  ///< 0: all runs.
    bool by_20 = true;
    auto operator<=>(place const&) const = default;
  };
  using known_run = std::function<bool(std::int64_t run_id)>;

  /// `known`: runs that are those of other rows.
  explicit run_lookup(known_run known) : known_(std::move(known)) {}
  void add(run_request const& request, lookup_wish wish);
  [[nodiscard]] std::vector<place> places() const;

  /// The server's clock was at `server` when ours was at `ours`, or a moment before.
  void compare_clocks(timestamp server, timestamp ours) noexcept { ahead_ = server - ours; }
  /// A page of that listing, newest first; true when another one is wanted.
  bool take(place const& from, std::span<seen_run const> page);
  /// It wanted no other page only because there were so many: nothing follows from what it missed.
  [[nodiscard]] bool gave_up(place const& from) const;
  /// Row and run_id of what was found since the last call.
  [[nodiscard]] std::vector<std::pair<std::size_t, std::int64_t>> found();

 private:
  struct wanted {
    lookup_wish wish;
    std::map<std::string, std::string> job_parameters;
    bool found = false;
  };
  struct shelf {
    std::vector<wanted> rows;
    /// By what is told of a run: the key of a one-time run, the parameters of one of a job.
    std::unordered_multimap<std::string, std::size_t> by_mark;
    timestamp since = timestamp::max();
    bool older = false;  ///< What comes now is older than any of them.
    std::size_t open = 0;
    std::size_t pages = 0;
  };
  [[nodiscard]] wanted* match(place const& from, shelf& in, seen_run const& run);
  [[nodiscard]] bool may_be(wanted const& w, shelf const& in, seen_run const& run) const;
  /// By our clock; nullopt: not known.
  [[nodiscard]] std::optional<timestamp> start_of(seen_run const& run) const;

  known_run known_;
  std::optional<std::chrono::milliseconds> ahead_;  ///< The server's clock of ours.
  std::map<place, shelf> shelves_;
  std::vector<std::pair<std::size_t, std::int64_t>> found_;
};

}  // namespace kiln::runs
