#pragma once

#include <kiln/result.hpp>
#include <kiln/workspace.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

/// Waiting until something of a workspace has reached a state. Waits for things of one kind share
/// their requests: one answer of clusters/list tells all of those who wait for clusters, a page of
/// runs/list as many runs as are on it. What is cheaper singly is asked for singly.
namespace kiln {

namespace clusters {
struct cluster;
}
namespace instance_pools {
struct instance_pool;
}
namespace jobs {
struct run;
}
namespace jobs20 {
struct run;
}
namespace libraries {
struct cluster_libraries;
}
namespace model_registry {
struct model_version;
}

/// A state that somebody waits for, each time it has changed.
struct wait_progress {
  std::string_view what;     ///< "cluster 0923-164208-meows279"
  std::string_view state;    ///< The API's spelling, known to this library or not.
  std::string_view message;  ///< The server's, if it has one.
  std::chrono::nanoseconds elapsed{};
};

/// Told how a wait goes, on the executor of the awaiting coroutine; must not block.
class wait_observer {
 public:
  virtual ~wait_observer() = default;
  virtual void changed(wait_progress const& now) = 0;
};

/// Trivially destructible, so it may be written in braces beside a co_await.
struct wait_options {
  std::chrono::milliseconds timeout{1'200'000};  ///< > 0.
  /// Between the first look, which is at once unless many are waited for, and the second; each
  /// further one is longer by `growth`, up to `interval_max`, a tenth more or less. > 0.
  std::chrono::milliseconds interval{2'000};
  std::chrono::milliseconds interval_max{30'000};  ///< >= interval.
  double growth = 1.5;                             ///< >= 1.
  /// Of the budget's requests that all waits for one kind of thing may take, in (0, 1]; of several
  /// waits the largest counts. More than it covers are looked at less often.
  double poll_share = 0.05;
  wait_observer* observer = nullptr;  ///< Must outlive the wait.
};

/// What to wait for. Views need live no longer than the call of wait_until().
namespace until {

/// Fails when the cluster terminates instead; the message has the reason.
struct cluster_running {
  std::string_view cluster_id;
};
struct cluster_terminated {
  std::string_view cluster_id;
};
/// Any end of a run, good or bad: its state says which.
struct run_finished {
  std::int64_t run_id = 0;
};
/// The same in the shape of Jobs API 2.0.
struct run20_finished {
  std::int64_t run_id = 0;
};
/// None of the cluster's libraries is on its way any more. Fails when one could not be installed.
struct libraries_installed {
  std::string_view cluster_id;
};
/// As many instances are idle as the pool is to keep. Fails when the pool is deleted.
struct pool_filled {
  std::string_view instance_pool_id;
};
struct model_version_ready {
  std::string_view name;
  std::string_view version;
};

}  // namespace until

/// Gives the thing as it was when it reached the state. States that this library does not know are
/// waited through. Errors: conflict when it reached a state that leads nowhere, deadline_exceeded
/// after the timeout, not_found when it is no more, cancelled; what is temporary is waited through.
/// The requests go in lane::poll. Throws std::invalid_argument for options that can never work.
[[nodiscard]] task<clusters::cluster> wait_until(workspace const& ws,
                                                 until::cluster_running const& what,
                                                 wait_options const& options = {});
[[nodiscard]] task<clusters::cluster> wait_until(workspace const& ws,
                                                 until::cluster_terminated const& what,
                                                 wait_options const& options = {});
[[nodiscard]] task<jobs::run> wait_until(workspace const& ws, until::run_finished const& what,
                                         wait_options const& options = {});
[[nodiscard]] task<jobs20::run> wait_until(workspace const& ws, until::run20_finished const& what,
                                           wait_options const& options = {});
[[nodiscard]] task<libraries::cluster_libraries> wait_until(workspace const& ws,
                                                            until::libraries_installed const& what,
                                                            wait_options const& options = {});
[[nodiscard]] task<instance_pools::instance_pool> wait_until(workspace const& ws,
                                                             until::pool_filled const& what,
                                                             wait_options const& options = {});
[[nodiscard]] task<model_registry::model_version> wait_until(workspace const& ws,
                                                             until::model_version_ready const& what,
                                                             wait_options const& options = {});

}  // namespace kiln
