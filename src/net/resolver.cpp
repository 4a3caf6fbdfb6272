#include "net/resolver.hpp"

#include "core/event.hpp"
#include "core/spawn.hpp"
#include "net/shortage.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <map>
#include <optional>
#include <utility>

namespace kiln::net {

namespace {

error failed(std::string reason, std::string const& host) {
  return error(errc::resolve_failed, std::move(reason)).with_operation("resolve").with_where(host);
}

error failed(boost::system::error_code const& ec, std::string reason, std::string const& host) {
  auto const code = is_shortage(ec) ? errc::out_of_resources : errc::resolve_failed;
  return error(code, std::move(reason)).with_operation("resolve").with_where(host);
}

struct pending {
  explicit pending(asio::any_io_executor const& executor) : done(executor) {}
  event done;
  std::optional<result<resolver::addresses>> answer;
  std::optional<watchdog::watch> deadline;
};

struct cached {
  resolver::addresses addresses;
  instant until;
};

}  // namespace

struct resolver::state {
  watchdog& dog;
  std::chrono::milliseconds timeout;
  std::chrono::milliseconds keep;
  lookup look_up;
  std::map<std::string, cached> cache;
  std::map<std::string, std::shared_ptr<pending>> under_way;

  void answered(std::string const& host, pending& p, result<addresses> answer) {
    if (p.answer) return;
    p.deadline.reset();
    if (answer && keep.count() > 0) {
      if (cache.size() >= cached_max) cache.erase(cache.begin());
      cache.insert_or_assign(host, cached{*answer, dog.now() + keep});
    }
    p.answer = std::move(answer);
    p.done.set();
    under_way.erase(host);
  }

  static asio::awaitable<void> run(std::weak_ptr<state> owner, std::shared_ptr<pending> p,
                                   asio::awaitable<result<addresses>> work, std::string host) {
    result<addresses> answer = addresses();
    try {
      answer = co_await std::move(work);
    } catch (boost::system::system_error const& e) {  // as by a thread that cannot be started
      answer = failed(e.code(), e.what(), host);
    }
    if (answer && answer->empty()) answer = failed("the name has no address", host);
    if (auto const s = owner.lock()) s->answered(host, *p, std::move(answer));
  }

  static std::shared_ptr<pending> begin(std::shared_ptr<state> const& s, std::string const& host) {
    auto p = std::make_shared<pending>(s->dog.clock().executor());
    s->under_way.emplace(host, p);
    auto const too_late = [w = std::weak_ptr(s), weak = std::weak_ptr(p), host](instant) {
      auto const owner = w.lock();
      auto const late = weak.lock();
      if (owner && late) {
        auto e = timed_out("resolve", "no answer to the name lookup", "resolve", owner->timeout);
        owner->answered(host, *late, std::move(e).with_where(host));
      }
      return never;
    };
    p->deadline.emplace(s->dog, too_late);
    p->deadline->until(s->dog.now() + s->timeout);
    spawn_detached(s->dog.clock().executor(), run(s, p, s->look_up(host), host));
    return p;
  }

  static asio::awaitable<result<addresses>> resolve(std::shared_ptr<state> s, std::string host) {
    boost::system::error_code not_numeric;
    (void)asio::ip::make_address(host, not_numeric);
    if (!not_numeric) {
      addresses own(1, host);
      co_return own;
    }
    auto const kept = s->cache.find(host);
    if (kept != s->cache.end()) {
      if (s->dog.now() < kept->second.until) co_return kept->second.addresses;
      s->cache.erase(kept);
    }
    auto const at = s->under_way.find(host);
    std::shared_ptr<pending> p;
    if (at != s->under_way.end()) {
      p = at->second;
    } else {
      p = begin(s, host);
    }
    co_await p->done.wait();
    if (!p->answer) co_return failed("the resolver was closed", host);
    co_return *p->answer;
  }
};

resolver::resolver(watchdog& dog, std::chrono::milliseconds timeout, std::chrono::milliseconds keep,
                   lookup look_up)
    : state_(new state{dog, timeout, keep, std::move(look_up), {}, {}}) {}

resolver::~resolver() {
  for (auto& [host, p] : state_->under_way) p->deadline.reset();
}

asio::awaitable<result<resolver::addresses>> resolver::resolve(std::string host) {
  return state::resolve(state_, std::move(host));
}

resolver::lookup system_lookup(asio::any_io_executor executor) {
  using tcp = asio::ip::tcp;
  auto const engine = std::make_shared<tcp::resolver>(std::move(executor));
  auto look_up = [](std::shared_ptr<tcp::resolver> r,
                    std::string host) -> asio::awaitable<result<resolver::addresses>> {
    auto const [ec, found] =
        co_await r->async_resolve(host, "", asio::as_tuple(asio::use_awaitable));
    if (ec) {
      std::string reason = "no address for the name " + host + " (" + ec.message() + ")";
      co_return failed(ec, std::move(reason) + (is_shortage(ec) ? "" : "; check the host"), host);
    }
    resolver::addresses out;
    for (auto const& entry : found) out.push_back(entry.endpoint().address().to_string());
    co_return out;
  };
  return [engine, look_up](std::string host) { return look_up(engine, std::move(host)); };
}

}  // namespace kiln::net
