#include "http/exchange.hpp"

#include "core/ascii.hpp"
#include "core/redact.hpp"
#include "core/wipe.hpp"
#include "http/inflate.hpp"
#include "http/request_writer.hpp"
#include "http/response_reader.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace kiln::http {
namespace {

constexpr std::size_t inflate_chunk_bytes = 64 * 1024;

error too_large(std::string_view what, std::uint64_t limit) {
  return error(errc::response_too_large, "the response body" + std::string(what) +
                                             " is over its limit of " + std::to_string(limit) +
                                             " bytes (response_bytes_max)");
}

/// How long a stream may be that inflates to `limit` bytes. Deflate never needs more than this,
/// but a stream of empty blocks would go on for ever without any output.
std::uint64_t compressed_bytes_max(std::uint64_t limit) noexcept {
  auto const slack = limit / 256 + 1024;
  return limit > UINT64_MAX - slack ? UINT64_MAX : limit + slack;
}

/// Whether a Content-Type is `type`, with whatever parameters; an empty one stands for all.
bool is_of_type(std::string_view content_type, std::string_view type) noexcept {
  return type.empty() || ascii::equal_ignoring_case(
                             content_type.substr(0, content_type.find_first_of("; \t")), type);
}

bool asks_to_close(request const& what) noexcept {
  return ascii::equal_ignoring_case(find(what.headers, "Connection"), "close");
}

/// Runs code of the caller's, a source or a sink. What it throws fails the exchange, as an error
/// would that it gives: beyond this point nobody expects an exception.
template <class Deed>
auto guarded(Deed deed) -> decltype(deed()) {
  try {
    return deed();
  } catch (std::exception const& e) {
    return error(errc::file_failed, "the caller's code threw: " + redact(e.what()));
  }
}

}  // namespace

struct exchange::state {
  // The request
  request const* what_ = nullptr;
  std::string head_;                      ///< And the front of a body in memory.
  std::unique_ptr<std::byte[]> chunk_;    ///< output_chunk_bytes, only while a source is streamed.
  std::span<std::byte const> pending_{};  ///< Given out and not yet written.
  std::uint64_t body_size_ = 0;
  std::uint64_t body_taken_ = 0;  ///< Of the body, that was given out.
  bool head_taken_ = false;

  // The response
  std::unique_ptr<std::byte[]> const input_ =
      std::make_unique_for_overwrite<std::byte[]>(limits::input_buffer_bytes);
  std::size_t filled_ = 0;
  response_reader reader_;
  response response_;
  exchange_limits limits_{};
  byte_sink* sink_ = nullptr;
  std::unique_ptr<inflater> inflater_;
  std::unique_ptr<std::byte[]> inflated_;
  std::size_t memory_bytes_max_ = 0;  ///< Of response_.body.
  std::uint64_t wire_bytes_ = 0;      ///< Of the body, as it came.
  std::uint64_t body_bytes_ = 0;      ///< Of the body, inflated.
  bool compressed_ = false;
  bool to_sink_ = false;
  bool cut_ = false;  ///< The rest of an error's body is not read.

  std::size_t filled_max_ = 0;  ///< Of input_, since it was last cleared.
  std::optional<error> failure_;
  bool started_ = false;
  bool head_seen_ = false;
  bool complete_ = false;
  bool left_over_ = false;

  result<void> refill();
  result<std::size_t> read_source(std::span<std::byte> into);
  result<void> consume();
  result<void> begin_body();
  result<void> take_body(std::span<std::byte const> data);
  result<void> deliver(std::span<std::byte const> data);
  result<void> end_body();
  error fail(error e);
  void forget_output() noexcept;
  void forget_input() noexcept;
  ~state() {
    forget_output();
    forget_input();
  }
};

/// The head has a token in it, as has the body of a login.
void exchange::state::forget_output() noexcept {
  auto const head = std::as_writable_bytes(std::span(head_));
  wipe(head);
  if (chunk_) wipe(std::span(chunk_.get(), std::min(head.size(), limits::output_chunk_bytes)));
  head_.clear();
}

/// The answer to a login has one too.
void exchange::state::forget_input() noexcept {
  wipe(std::span(input_.get(), std::exchange(filled_max_, 0)));
}

error exchange::state::fail(error e) {
  // A failing sink has nothing to do with the answer.
  bool const of_answer = e.code() == errc::connection_lost ||
                         e.code() == errc::malformed_response ||
                         e.code() == errc::response_too_large;
  if (head_seen_ && of_answer) e = std::move(e).with_http_status(response_.status);
  failure_ = e;
  return e;
}

result<std::size_t> exchange::state::read_source(std::span<std::byte> into) {
  auto const wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), body_size_ - body_taken_));
  if (wanted == 0) return std::size_t{0};
  auto got = guarded([&] { return what_->source->read(body_taken_, into.first(wanted)); });
  if (!got) return got.error();
  if (*got >= wanted) return wanted;
  return error(errc::file_changed, "the source of the request body ended at byte " +
                                       std::to_string(body_taken_ + *got) + " of " +
                                       std::to_string(body_size_));
}

/// Makes the next piece of output pending. The head never leaves alone when there is a body.
result<void> exchange::state::refill() {
  std::size_t head_bytes = 0;
  if (!head_taken_) {
    // Room for all of it: what outgrows its memory leaves it behind.
    auto const in_memory = std::min(limits::output_chunk_bytes, what_->body.size());
    head_.reserve(head_bytes_bound(*what_) + in_memory);
    if (auto ok = write_head(*what_, head_); !ok) return ok;
    head_bytes = head_.size();
  }
  if (what_->source) {
    if (!chunk_) chunk_ = std::make_unique_for_overwrite<std::byte[]>(limits::output_chunk_bytes);
    std::memcpy(chunk_.get(), head_.data(), head_bytes);
    std::span const room(chunk_.get() + head_bytes, limits::output_chunk_bytes - head_bytes);
    auto const got = read_source(room);
    if (!got) return got.error();
    body_taken_ += *got;
    pending_ = std::span(chunk_.get(), head_bytes + *got);
  } else {
    auto const begin = static_cast<std::size_t>(body_taken_);
    auto const count =
        std::min(limits::output_chunk_bytes - head_bytes, what_->body.size() - begin);
    body_taken_ += count;
    if (head_taken_) {
      pending_ = std::as_bytes(std::span(what_->body).subspan(begin, count));
    } else {
      head_.append(what_->body, 0, count);
      pending_ = std::as_bytes(std::span(head_));
    }
  }
  head_taken_ = true;
  return {};
}

result<void> exchange::state::consume() {
  std::size_t at = 0;
  while (!complete_) {
    std::span<std::byte const> const data(input_.get() + at, filled_ - at);
    auto step = reader_.next(data);
    if (!step) return step.error();
    at += step->consumed;
    result<void> ok;
    switch (step->what) {
      case response_reader::event::head:
        ok = begin_body();
        break;
      case response_reader::event::body:
        ok = take_body(step->body);
        break;
      case response_reader::event::end:
        ok = end_body();
        break;
      case response_reader::event::need_more:
        filled_ -= at;
        if (at > 0 && filled_ > 0) std::memmove(input_.get(), input_.get() + at, filled_);
        return {};
    }
    if (!ok) return ok;
  }
  left_over_ = at < filled_;
  return {};
}

result<void> exchange::state::begin_body() {
  head_seen_ = true;
  bool const good = response_.status / 100 == 2;
  to_sink_ =
      good && sink_ != nullptr && is_of_type(response_.find("Content-Type"), limits_.sink_type);
  memory_bytes_max_ = good ? limits_.body_bytes_max
                           : std::min(limits_.body_bytes_max, limits::error_body_bytes_max);
  if (to_sink_) {
    if (auto ok = guarded([&] { return sink_->restart(); }); !ok) return ok;
  }
  if (reader_.done()) return {};
  auto const coding = response_.find("Content-Encoding");
  auto const kind = classify_coding(coding);
  if (kind == content_coding::unknown) {
    constexpr std::size_t coding_bytes_max = 16;  // all that are registered; longer is no such name
    bool const name = coding.size() <= coding_bytes_max;
    return error(errc::malformed_response,
                 "the response body has " +
                     (name ? "the Content-Encoding \"" + redact(coding) + '"'
                           : "a Content-Encoding of " + std::to_string(coding.size()) + " bytes") +
                     ", which was not asked for");
  }
  compressed_ = kind == content_coding::compressed;
  if (compressed_) {
    if (!inflater_) {
      inflater_ = std::make_unique<inflater>();
      inflated_ = std::make_unique_for_overwrite<std::byte[]>(inflate_chunk_bytes);
    }
    inflater_->start();
    return {};
  }
  auto const length = reader_.content_length();
  if (!length) return {};
  std::uint64_t const limit = to_sink_ ? limits_.sink_bytes_max : memory_bytes_max_;
  if (good && *length > limit) return too_large(" of " + std::to_string(*length) + " bytes", limit);
  if (!to_sink_) {
    response_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, limit)));
  }
  return {};
}

result<void> exchange::state::take_body(std::span<std::byte const> data) {
  if (!compressed_) return deliver(data);
  auto const limit = to_sink_ ? limits_.sink_bytes_max : std::uint64_t{limits_.body_bytes_max};
  auto const room = compressed_bytes_max(limit) - wire_bytes_;
  bool const over = data.size() > room;
  if (over) data = data.first(static_cast<std::size_t>(room));
  wire_bytes_ += data.size();
  std::span const out(inflated_.get(), inflate_chunk_bytes);
  for (bool more = true; more && !complete_;) {
    auto const step = inflater_->run(data, out);
    if (!step) return step.error();
    data = data.subspan(step->consumed);
    more = step->more;
    if (auto ok = deliver(out.first(step->produced)); !ok) return ok;
  }
  if (over && !complete_) return too_large(", still compressed,", limit);
  return {};
}

result<void> exchange::state::deliver(std::span<std::byte const> data) {
  std::uint64_t const limit = to_sink_ ? limits_.sink_bytes_max : memory_bytes_max_;
  auto const room = limit - body_bytes_;
  bool const over = data.size() > room;
  if (over) data = data.first(static_cast<std::size_t>(room));
  body_bytes_ += data.size();
  if (to_sink_ && !data.empty()) {
    if (auto ok = guarded([&] { return sink_->write(data); }); !ok) return ok;
  } else {
    response_.body.append(reinterpret_cast<char const*>(data.data()), data.size());
  }
  if (!over) return {};
  if (response_.status / 100 == 2) return too_large("", limit);
  // Of an error enough is known: the connection is given up instead of read to the end.
  cut_ = complete_ = true;
  return {};
}

result<void> exchange::state::end_body() {
  if (compressed_ && !inflater_->may_end()) {
    return error(reader_.ends_by_close() ? errc::connection_lost : errc::malformed_response,
                 "the compressed response body ends before its last block");
  }
  complete_ = true;
  return {};
}

exchange::exchange() : state_(std::make_unique<state>()) {}
exchange::~exchange() = default;

void exchange::start(request const& what, exchange_limits const& limits, byte_sink* sink) {
  auto& s = *state_;
  s.what_ = &what;
  s.forget_output();
  if (!what.source) s.chunk_.reset();
  s.pending_ = {};
  s.body_size_ = body_size(what);
  s.body_taken_ = 0;
  s.head_taken_ = false;
  s.filled_ = 0;
  s.response_ = {};
  s.limits_ = limits;
  s.sink_ = sink;
  s.wire_bytes_ = s.body_bytes_ = 0;
  s.compressed_ = s.to_sink_ = s.cut_ = false;
  s.failure_.reset();
  s.started_ = s.head_seen_ = s.complete_ = s.left_over_ = false;
  s.reader_.start(s.response_, what.method == verb::head ? answer_to::head : answer_to::ordinary);
}

bool exchange::wants_write() const noexcept {
  auto const& s = *state_;
  if (!s.what_ || s.failure_ || s.complete_) return false;
  return !s.head_taken_ || !s.pending_.empty() || s.body_taken_ < s.body_size_;
}

result<std::span<std::byte const>> exchange::next_output() {
  auto& s = *state_;
  if (s.failure_) return *s.failure_;
  if (s.pending_.empty() && wants_write()) {
    if (auto ok = s.refill(); !ok) return s.fail(ok.error());
  }
  return s.pending_;
}

void exchange::wrote(std::size_t count) noexcept {
  auto& s = *state_;
  s.pending_ = s.pending_.subspan(std::min(count, s.pending_.size()));
  if (s.pending_.empty() && !s.head_.empty()) s.forget_output();
}

std::span<std::byte> exchange::input() noexcept {
  auto& s = *state_;
  if (s.failure_ || s.complete_) return {};
  return {s.input_.get() + s.filled_, limits::input_buffer_bytes - s.filled_};
}

result<void> exchange::received(std::size_t count) {
  auto& s = *state_;
  if (s.failure_) return *s.failure_;
  if (count == 0) return {};
  s.started_ = true;
  if (s.complete_) {
    s.left_over_ = true;
    return {};
  }
  if (!s.head_taken_) {
    return s.fail(error(errc::connection_lost,
                        "the server sent bytes that belong to no request on this connection"));
  }
  s.filled_ += std::min(count, limits::input_buffer_bytes - s.filled_);
  s.filled_max_ = std::max(s.filled_max_, s.filled_);
  if (auto ok = s.consume(); !ok) return s.fail(ok.error());
  return {};
}

result<void> exchange::ended() {
  auto& s = *state_;
  if (s.failure_) return *s.failure_;
  s.left_over_ = true;  // whatever comes of it, this connection carries nothing more
  if (s.complete_) return {};
  if (auto ok = s.reader_.ended(s.filled_); !ok) return s.fail(ok.error());
  if (auto ok = s.end_body(); !ok) return s.fail(ok.error());
  return {};
}

bool exchange::complete() const noexcept { return state_->complete_ && !state_->failure_; }
bool exchange::response_started() const noexcept { return state_->started_; }

sent exchange::how_much_sent() const noexcept {
  auto const& s = *state_;
  if (!s.head_taken_) return sent::nothing;
  return s.body_taken_ == s.body_size_ ? sent::all : sent::part;
}

bool exchange::reusable() const noexcept {
  auto const& s = *state_;
  bool const all_written = s.head_taken_ && s.pending_.empty() && s.body_taken_ == s.body_size_;
  return complete() && all_written && !s.left_over_ && !s.cut_ && s.reader_.done() &&
         s.reader_.keeps_connection() && !asks_to_close(*s.what_);
}

response exchange::take_response() {
  state_->forget_input();
  state_->response_.body_bytes = state_->body_bytes_;
  return std::move(state_->response_);
}

}  // namespace kiln::http
