#include "net/connector.hpp"

#include "core/event.hpp"
#include "net/proxy.hpp"
#include "net/race_core.hpp"
#include "net/resolver.hpp"
#include "net/side_task.hpp"
#include "net/tls_stream.hpp"
#include "net/watchdog.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace kiln::net {

namespace {

using stream_result = result<std::unique_ptr<byte_stream>>;

// One address of the race. Its task refers to it, so it stays where it is until that has ended.
struct runner {
  explicit runner(asio::any_io_executor const& executor) : task(executor) {}
  side_task task;
  std::unique_ptr<byte_stream> stream;
  std::optional<error> failed;
  bool counted = false;  // the race knows of its failure
};

class real_connector final : public connector {
 public:
  real_connector(asio::any_io_executor executor, timers& clock, timeout_options const& timeouts,
                 pool_options const& pool, std::unique_ptr<tls_client> tls,
                 proxy_options const& proxy)
      : executor_(executor),
        timeouts_(timeouts),
        dog_(clock),
        resolver_(dog_, timeouts.resolve, pool.resolver_cache, system_lookup(executor)),
        tls_(std::move(tls)),
        proxy_(parse_proxy(proxy.url)),
        no_proxy_(proxy.no_proxy) {}

  asio::awaitable<stream_result> connect(origin const& to) override { return connect_to(to); }

 private:
  asio::awaitable<stream_result> connect_to(origin to) {
    bool const tunnelled = proxy_ && !bypasses_proxy(no_proxy_, to);
    origin first_hop = to;
    if (tunnelled) {
      first_hop.host = proxy_->host;
      first_hop.port = proxy_->port;
    }
    auto const found = co_await resolver_.resolve(first_hop.host);
    if (!found) co_return found.error();
    auto raced = co_await race(interleave(*found), first_hop);
    if (!raced) co_return raced.error();
    bool const given_up = co_await cancelled();
    if (given_up) co_return interrupted_at(first_hop);
    auto stream = std::move(*raced);
    if (tunnelled) {
      auto const through = co_await tunnel(*stream, to);
      if (!through) co_return through.error();
    }
    if (!to.tls) co_return std::move(stream);
    co_return co_await secure(std::move(stream), std::move(to));
  }

  // Also where it does not end but is destroyed, with its loop: the race is let go then too.
  struct wake_at_end {
    explicit wake_at_end(event& e) noexcept : changed(e) {}
    ~wake_at_end() { changed.set(); }
    wake_at_end(wake_at_end const&) = delete;
    wake_at_end& operator=(wake_at_end const&) = delete;
    event& changed;
  };

  asio::awaitable<void> run(runner& r, event& changed, std::string address, unsigned short port) {
    wake_at_end const wake(changed);
    auto made = co_await connect_tcp(executor_, std::move(address), port);
    if (made) {
      r.stream = std::move(*made);
    } else {
      r.failed = made.error();
    }
  }

  // Whoever loses the race is cancelled and waited for, so that nothing of it outlives this call.
  asio::awaitable<stream_result> race(std::vector<std::string> addresses, origin to) {
    race_core core(addresses.size(), timeouts_.connect);
    std::vector<std::unique_ptr<runner>> runners;
    event changed(executor_);
    auto const wake = [&changed](instant) {
      changed.set();
      return never;
    };
    watchdog::watch turn(dog_, wake);
    runner* winner = nullptr;
    std::optional<error> last;
    bool interrupted = false;
    while (winner == nullptr && !interrupted) {
      auto const todo = core.advance(dog_.now());
      for (std::size_t const i : todo.start) {
        runners.push_back(std::make_unique<runner>(executor_));
        runners[i]->task.start(run(*runners[i], changed, addresses[i], to.port));
      }
      for (std::size_t const i : todo.give_up) {
        runners[i]->counted = true;
        runners[i]->task.cancel();
      }
      if (core.lost()) break;
      turn.until(core.wake_at());
      interrupted = !co_await changed_in_time(changed);
      changed.reset();
      for (std::size_t i = 0; i < runners.size(); ++i) {
        auto& r = *runners[i];
        if (r.stream) winner = &r;
        if (!r.failed || r.counted) continue;
        r.counted = true;
        if (!last || last->code() != errc::out_of_resources) last = r.failed;
        core.failed(i);
      }
    }
    for (auto const& r : runners) r->task.cancel();
    for (auto const& r : runners) co_await r->task.join();
    if (winner != nullptr) co_return std::move(winner->stream);
    co_return lost_race(core, last, interrupted, to);
  }

  // False when the waiting coroutine was cancelled.
  static asio::awaitable<bool> changed_in_time(event& changed) {
    try {
      co_await changed.wait();
    } catch (boost::system::system_error const&) {
      co_return false;
    }
    co_return true;
  }

  static error interrupted_at(origin const& to) {
    return error(errc::cancelled, "cancelled while connecting")
        .with_operation("connect")
        .with_where(to_string(to));
  }

  error lost_race(race_core const& core, std::optional<error> const& last, bool interrupted,
                  origin const& to) const {
    auto const where = to_string(to);
    if (interrupted) return interrupted_at(to);
    if (core.only_timeouts() || !last) {
      return timed_out("connect", "no address accepted the connection", "connect",
                       timeouts_.connect)
          .with_where(where);
    }
    if (last->code() == errc::out_of_resources) {
      return error(errc::out_of_resources, "no connection can be opened: " + last->message())
          .with_operation("connect")
          .with_where(where);
    }
    return error(errc::connect_failed,
                 "no address accepted the connection; " + last->where() + ": " + last->message())
        .with_operation("connect")
        .with_where(where);
  }

  asio::awaitable<result<void>> tunnel(byte_stream& stream, origin to) {
    bool late = false;
    auto const give_up = [&late, &stream](instant) {
      late = true;
      stream.close();
      return never;
    };
    watchdog::watch guard(dog_, give_up);
    guard.until(dog_.now() + timeouts_.handshake);
    auto const done = co_await open_tunnel(stream, *proxy_, to);
    if (done || !late) co_return done;
    origin at;
    at.host = proxy_->host;
    at.port = proxy_->port;
    co_return timed_out("proxy tunnel", "no answer of the proxy", "handshake", timeouts_.handshake)
        .with_where(to_string(at));
  }

  asio::awaitable<stream_result> secure(std::unique_ptr<byte_stream> tcp, origin to) {
    bool late = false;
    auto const give_up = [&late, &tcp](instant) {
      late = true;
      if (tcp) tcp->close();
      return never;
    };
    watchdog::watch guard(dog_, give_up);
    guard.until(dog_.now() + timeouts_.handshake);
    auto done = co_await start_tls(tcp, *tls_, to);
    if (done || !late) co_return std::move(done);
    co_return timed_out("tls handshake", "the handshake did not end", "handshake",
                        timeouts_.handshake)
        .with_where(to_string(to));
  }

  asio::any_io_executor executor_;
  timeout_options timeouts_;
  watchdog dog_;
  resolver resolver_;
  std::unique_ptr<tls_client> tls_;
  std::optional<proxy_server> proxy_;
  std::string no_proxy_;
};

// A connect that a destroyed event loop drops may be the last to let go of the connector's parts.
class shared_connector final : public connector {
 public:
  explicit shared_connector(std::shared_ptr<real_connector> inner) : inner_(std::move(inner)) {}
  asio::awaitable<stream_result> connect(origin const& to) override { return keeping(inner_, to); }

 private:
  // Within, a cancellation ends the operation that is under way and is dealt with there: what was
  // begun beside it is waited for.
  static asio::awaitable<stream_result> keeping(std::shared_ptr<real_connector> inner, origin to) {
    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    auto out = co_await inner->connect(to);
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return std::move(out);
  }
  std::shared_ptr<real_connector> inner_;
};

}  // namespace

std::unique_ptr<connector> make_connector(asio::any_io_executor executor, timers& clock,
                                          timeout_options const& timeouts, pool_options const& pool,
                                          tls_options const& tls, proxy_options const& proxy) {
  auto client = tls_client::make(tls);
  if (!client) {
    throw std::invalid_argument("tls.ca_file: " + client.error().message() + " (" + tls.ca_file +
                                ")");
  }
  return std::make_unique<shared_connector>(std::make_shared<real_connector>(
      std::move(executor), clock, timeouts, pool, std::move(*client), proxy));
}

}  // namespace kiln::net
