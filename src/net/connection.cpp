#include "net/connection.hpp"

#include "core/limits.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace kiln::net {

connection::connection(asio::any_io_executor executor, std::unique_ptr<byte_stream> stream,
                       watchdog& dog, timeout_options const& timeouts, std::string where)
    : executor_(std::move(executor)),
      stream_(std::move(stream)),
      dog_(dog),
      deadlines_(timeouts),
      watch_(dog, [this](instant now) { return overdue(now); }),
      where_(std::move(where)) {}

connection::~connection() { stream_->close(); }

void connection::fail(error why) noexcept {
  if (!failed_) failed_ = std::move(why);
  stop_sending_ = true;
  stream_->close();
}

void connection::abort(error why) noexcept { fail(std::move(why)); }

instant connection::overdue(instant now) {
  if (auto const what = deadlines_.check(now, stream_->taken())) {
    if (*what == overrun::after_failed_write && write_failed_) {
      fail(*write_failed_);
    } else {
      fail(deadlines_.describe(*what));
    }
    return never;
  }
  return deadlines_.next();
}

void connection::write_broke(error why) {
  write_failed_ = std::move(why);
  deadlines_.write_failed(dog_.now());
  rearm();
}

// Hands one chunk of the request to the stream. False: waiting is needed for what is left of it,
// or for the next one; the other connections have their turn then.
bool connection::send_at_once() {
  if (!stop_sending_ && exchange_.wants_write()) {
    auto const chunk = exchange_.next_output();
    if (!chunk) {
      fail(chunk.error());
      return true;
    }
    write_begun_ = true;
    auto rest = *chunk;
    auto const all = stream_->try_write(rest);
    if (!all) {
      write_broke(all.error());
      return true;
    }
    exchange_.wrote(chunk->size() - rest.size());
    if (!*all || exchange_.wants_write()) return false;
  }
  deadlines_.request_sent(dog_.now());
  rearm();
  return true;
}

// What send_at_once() left.
asio::awaitable<void> connection::send_rest() {
  for (bool sent = stop_sending_; !sent; sent = send_at_once()) {
    auto const rest = exchange_.next_output();
    if (!rest) {
      fail(rest.error());
      co_return;
    }
    deadlines_.write_started(dog_.now(), stream_->taken());
    rearm();
    auto const wrote = co_await stream_->write(*rest);
    deadlines_.write_ended();
    if (!wrote) {
      write_broke(wrote.error());
      co_return;
    }
    exchange_.wrote(rest->size());
  }
}

void connection::take_in(result<std::size_t> const& count) {
  if (!count) {
    fail(write_failed_ ? *write_failed_ : count.error());
    return;
  }
  if (*count == 0) {
    if (auto const end = exchange_.ended(); !end) {
      bool const refused = write_failed_ && !exchange_.response_started();
      fail(refused ? *write_failed_ : end.error());
    }
    return;
  }
  deadlines_.received(dog_.now());
  rearm();
  if (auto const taken = exchange_.received(*count); !taken) fail(taken.error());
}

attempt_outcome connection::outcome(bool was_used) {
  attempt_outcome out;
  out.sent = exchange_.how_much_sent();
  if (write_begun_ && out.sent == http::sent::nothing) out.sent = http::sent::part;
  out.response_started = exchange_.response_started();
  out.reused_connection = was_used;
  if (failed_) {
    auto why = *std::exchange(failed_, std::nullopt);
    if (why.where().empty()) why = std::move(why).with_where(where_);
    out.reply = std::move(why);
  } else {
    out.reply = exchange_.take_response();
  }
  return out;
}

void connection::begin(http::request const& what, attempt_options const& options) {
  failed_.reset();
  write_failed_.reset();
  write_begun_ = false;
  stop_sending_ = false;
  reusable_ = false;
  exchange_.start(what, options.limits, options.sink);
  deadlines_.start(options.deadline);
  rearm();
}

void connection::end(bool given_up) {
  if (given_up && !exchange_.complete()) {
    failed_.reset();
    fail(error(errc::cancelled, write_begun_ ? "cancelled in the middle of an exchange"
                                             : "cancelled before the request was sent"));
  }
  deadlines_.stop();
  watch_.until(never);
  if (!failed_ && !exchange_.complete()) {
    fail(error(errc::connection_lost, "the connection ended before the answer did"));
  }
  reusable_ = !failed_ && !write_failed_ && exchange_.reusable();
  if (!reusable_) stream_->close();
}

asio::awaitable<attempt_outcome> connection::perform(http::request const& what,
                                                     attempt_options const& options) {
  bool const throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  auto const cancellation = co_await asio::this_coro::cancellation_state;
  auto const given_up = [&cancellation] { return is_cancelled(cancellation); };
  bool const was_used = std::exchange(used_, true);
  begin(what, options);
  if (!given_up()) {
    std::optional<side_task> writer;  // of a long body, beside the reading
    // The first bytes leave now, not a turn later: it is now that the request was let go.
    if (bool const sent = send_at_once(); !sent) {
      if (what.source != nullptr || what.body.size() > limits::output_chunk_bytes) {
        writer.emplace(executor_);
        writer->start(send_rest());
      } else {
        co_await send_rest();
      }
    }
    while (!failed_ && !exchange_.complete() && !given_up()) {
      auto const count = co_await stream_->read_some(exchange_.input());
      take_in(count);
    }
    if (writer) {
      if (writer->running()) {
        stop_sending_ = true;
        stream_->close();
      }
      co_await writer->join();
    }
  }
  end(given_up());
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return outcome(was_used);
}

}  // namespace kiln::net
