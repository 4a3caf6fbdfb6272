#pragma once

#include "net/connection.hpp"
#include "net/pool_core.hpp"
#include "net/transport.hpp"
#include "net/watchdog.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace kiln::net {

/// The transport over connections to one origin. Threads: the engine's executor. May be destroyed
/// after close(), when every perform() has ended.
class pool final : public transport {
 public:
  /// `connects` and `clock` must outlive it.
  pool(asio::any_io_executor executor, timers& clock, connector& connects, origin to,
       timeout_options const& timeouts, pool_options const& options);
  ~pool() override;

  asio::awaitable<attempt_outcome> perform(http::request const& what,
                                           attempt_options const& options) override;
  void close() noexcept override;

  /// How many connections there are of each kind, and how many attempts wait for one.
  [[nodiscard]] pool_core const& core() const noexcept { return core_; }

 private:
  struct opening;
  struct waiter;
  using connection_id = pool_core::connection_id;

  /// The connection granted, if it is one that is still good; else `granted` is what to do instead.
  [[nodiscard]] connection_id usable(pool_core::grant& granted);
  asio::awaitable<result<connection_id>> borrow(pool_core::grant granted,
                                                attempt_options const& options);
  asio::awaitable<result<connection_id>> open(pool_core::grant& granted,
                                              attempt_options const& options);
  asio::awaitable<void> connect(opening& o);
  asio::awaitable<result<pool_core::grant>> wait_turn(pool_core::waiter_id id,
                                                      attempt_options const& options);
  asio::awaitable<std::optional<error>> wait_to_leave(instant at, attempt_options const& options);
  void give_back(connection_id id, bool reusable);
  void return_unused(pool_core::grant const& granted);
  void fall_short(pool_core::grant& granted, bool fresh);
  void hand_over(std::optional<pool_core::wake> const& next);
  void drop(connection_id id) { connections_.erase(id); }
  instant drop_expired(instant now);
  [[nodiscard]] error closed() const;
  [[nodiscard]] error out_of_time(char const* doing) const;

  asio::any_io_executor executor_;
  connector& connects_;
  origin to_;
  std::string where_;
  timeout_options timeouts_;
  watchdog dog_;
  pool_core core_;
  watchdog::watch expiry_;
  std::map<connection_id, std::unique_ptr<connection>> connections_;
  std::map<pool_core::waiter_id, waiter*> waiters_;
  std::set<opening*> openings_;
  connection_id last_id_ = 0;
};

[[nodiscard]] std::unique_ptr<transport> make_pool(asio::any_io_executor executor, timers& clock,
                                                   connector& connects, origin to,
                                                   timeout_options const& timeouts,
                                                   pool_options const& options);

}  // namespace kiln::net
