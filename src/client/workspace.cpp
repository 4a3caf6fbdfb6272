#include "client/login.hpp"
#include "client/make_engine.hpp"
#include "client/wire.hpp"
#include "core/failed_task.hpp"
#include "core/spawn.hpp"
#include "net/connector.hpp"
#include "net/pool.hpp"

#include <kiln/workspace.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <utility>

namespace kiln {

namespace {

/// A strand whose inner type is known costs a third of one over any_io_executor.
asio::any_io_executor strand_over(asio::any_io_executor const& executor) {
  if (auto const* loop = executor.target<asio::io_context::executor_type>()) {
    return asio::make_strand(*loop);
  }
  return asio::make_strand(executor);
}

net::origin origin_of(http::base_url const& url) {
  net::origin out;
  out.tls = url.tls;
  out.host = url.host;
  out.port = url.port;
  return out;
}

/// A pool and the connector it uses, which must outlive it.
class pooled_transport final : public net::transport {
 public:
  pooled_transport(std::shared_ptr<net::connector> connector, std::unique_ptr<net::transport> pool)
      : connector_(std::move(connector)), pool_(std::move(pool)) {}
  asio::awaitable<net::attempt_outcome> perform(http::request const& what,
                                                net::attempt_options const& options) override {
    return pool_->perform(what, options);
  }
  void close() noexcept override { pool_->close(); }

 private:
  std::shared_ptr<net::connector> connector_;
  std::unique_ptr<net::transport> pool_;
};

login_surroundings surroundings_of(engine_parts const& parts, workspace_options const& options,
                                   http::base_url const& host,
                                   std::shared_ptr<net::connector> connector) {
  login_surroundings out;
  out.executor = parts.executor;
  out.clock = parts.clock;
  out.connector = std::move(connector);
  out.timeouts = options.timeouts;
  out.host = host;
  out.user_agent = "kiln/" KILN_VERSION " cpp/20 os/linux";
  out.seed = parts.seed;
  out.log = options.log;
  return out;
}

}  // namespace

std::shared_ptr<engine> make_engine(asio::any_io_executor executor, run_by who,
                                    workspace_options options) {
  options.validate();
  auto host = *http::parse_base_url(options.host);
  engine_parts parts;
  parts.executor = who == run_by::one_thread ? executor : strand_over(executor);
  parts.outer_executor = std::move(executor);
  parts.clock = make_real_timers(parts.executor);
  parts.seed = entropy();
  std::shared_ptr<net::connector> connector = net::make_connector(
      parts.executor, *parts.clock, options.timeouts, options.pool, options.tls, options.proxy);
  options.credentials =
      open_login(options.credentials, surroundings_of(parts, options, host, connector));
  parts.make_transport = [&options, origin = origin_of(host), inner = parts.executor,
                          connector = std::move(connector)](timers& clock) {
    auto pool = net::make_pool(inner, clock, *connector, origin, options.timeouts, options.pool);
    return std::make_unique<pooled_transport>(connector, std::move(pool));
  };
  auto kept = options;  // make_transport looks at `options` until create() has returned
  return engine::create(std::move(parts), std::move(kept), std::move(host));
}

workspace::workspace(asio::any_io_executor executor, workspace_options options)
    : core_(make_engine(std::move(executor), run_by::any_threads, std::move(options))) {}
workspace::workspace(runtime& loop, workspace_options options)
    : core_(make_engine(loop.executor(), run_by::one_thread, std::move(options))) {}

task<raw_response> workspace::raw(verb method, std::string_view path_and_query,
                                  std::string_view body, call_options const& options,
                                  repeat repeats) const {
  if (!path_and_query.starts_with('/')) {
    return failed_task<raw_response>(
        error(errc::invalid_argument,
              "the path of a raw call begins with '/', as in /api/2.0/clusters/list"));
  }
  endpoint at;
  at.method = method;
  at.path = path_and_query;
  at.repeats = method == verb::get || method == verb::head ? repeat::safe : repeats;
  outgoing_call call = prepare(at, options);
  if (!body.empty()) {
    call.message.body = body;
    call.message.headers.push_back({"Content-Type", "application/json"});
  }
  return receive_raw(core_, std::move(call));
}

task<void> workspace::close(std::chrono::milliseconds grace) const {
  return engine::close(core_, grace);
}

workspace_stats workspace::stats() const { return core_->stats(); }
std::string const& workspace::host() const noexcept { return core_->host_text(); }
asio::any_io_executor workspace::executor() const noexcept { return core_->outer_executor(); }
void workspace::spawn(asio::awaitable<void> work) const {
  spawn_detached(core_->outer_executor(), std::move(work));
}

}  // namespace kiln
