#include "emulator/listener.hpp"

#include "core/spawn.hpp"
#include "emulator/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <system_error>
#include <utility>
#include <vector>

namespace kiln::emulation {

namespace {
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
}

struct listener::connection {
  std::unique_ptr<server_stream> stream;
  asio::cancellation_signal stop;
};

listener::listener(asio::any_io_executor executor, std::shared_ptr<emulator_core> core)
    : executor_(std::move(executor)),
      core_(std::move(core)),
      clock_(make_real_timers(executor_)),
      acceptor_(executor_) {
  auto const& options = core_->options();
  if (!options.certificate_file.empty()) {
    tls_ = std::make_unique<server_tls>(options.certificate_file, options.key_file);
  }
  try {
    asio::ip::tcp::endpoint const at(asio::ip::make_address(options.address), options.port);
    acceptor_.open(at.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(at);
    acceptor_.listen();
  } catch (boost::system::system_error const& e) {  // not the standard's class of that name
    throw std::system_error(e.code(), "emulator: cannot listen on " + options.address + " port " +
                                          std::to_string(options.port));
  }
  port_ = acceptor_.local_endpoint().port();
}

void listener::start() {
  accepting_ = true;
  spawn_detached(executor_, accept_all(shared_from_this()));
}

asio::awaitable<void> listener::accept_all([[maybe_unused]] std::shared_ptr<listener> self) {
  while (!stopping_ && connections_.size() < connections_max) {
    auto [code, socket] = co_await acceptor_.async_accept(as_result);
    if (stopping_) break;
    if (!code) {
      open(std::move(socket));
    } else {  // no descriptors left, or a peer that went away at once
      co_await clock_->sleep_until(clock_->now() + accept_retry);
    }
  }
  accepting_ = false;
  tell_when_stopped();
}

void listener::open(asio::ip::tcp::socket socket) {
  auto c = std::make_shared<connection>();
  c->stream = make_server_stream(std::move(socket), tls_.get());
  connections_.insert(c);
  auto done = [self = shared_from_this(), c](std::exception_ptr) { self->ended(c); };
  spawn(executor_, run(c),
        asio::bind_executor(executor_, asio::bind_cancellation_slot(c->stop.slot(), done)));
}

timers::id listener::close_at(std::shared_ptr<connection> const& c, duration after) {
  return clock_->call_at(clock_->now() + after, [w = std::weak_ptr(c)] {
    if (auto const held = w.lock()) held->stream->close();
  });
}

asio::awaitable<void> listener::run(std::shared_ptr<connection> c) {
  auto timer = close_at(c, handshake_max);
  bool const agreed = co_await c->stream->handshake();
  clock_->cancel(timer);
  if (!agreed) co_return;
  auto const end = co_await serve(*c->stream, *core_, *clock_);
  if (stopping_) co_return;
  if (end == connection_end::reset) {
    c->stream->reset();
    co_return;
  }
  timer = close_at(c, farewell_max);
  co_await c->stream->finish();
  clock_->cancel(timer);
}

void listener::ended(std::shared_ptr<connection> const& c) {
  c->stream->close();
  connections_.erase(c);
  if (!accepting_ && !stopping_) start();
  tell_when_stopped();
}

void listener::stop(std::function<void()> done) {
  stopping_ = true;
  stopped_ = std::move(done);
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  // A copy: a coroutine that ends at once takes itself out of the set.
  std::vector<std::shared_ptr<connection>> const open(connections_.begin(), connections_.end());
  for (auto const& c : open) {
    c->stop.emit(asio::cancellation_type::terminal);
    c->stream->close();
  }
  tell_when_stopped();
}

void listener::tell_when_stopped() {
  if (!stopping_ || accepting_ || !connections_.empty() || !stopped_) return;
  auto const done = std::exchange(stopped_, nullptr);
  done();
}

}  // namespace kiln::emulation
