#include "emulator/session.hpp"

#include "core/ascii.hpp"
#include "core/limits.hpp"
#include "emulator/request_reader.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::emulation {

namespace {

/// Answers up to this size leave in one piece with their head.
constexpr std::size_t joined_bytes_max = 16 * 1024;

/// Of a file that is sent in pieces.
constexpr std::size_t file_piece_bytes = 256 * 1024;

struct phrase {
  int status;
  std::string_view text;
};
constexpr std::array<phrase, 23> phrases{{{200, "OK"},
                                          {201, "Created"},
                                          {204, "No Content"},
                                          {206, "Partial Content"},
                                          {302, "Found"},
                                          {304, "Not Modified"},
                                          {307, "Temporary Redirect"},
                                          {400, "Bad Request"},
                                          {401, "Unauthorized"},
                                          {403, "Forbidden"},
                                          {404, "Not Found"},
                                          {405, "Method Not Allowed"},
                                          {409, "Conflict"},
                                          {412, "Precondition Failed"},
                                          {413, "Payload Too Large"},
                                          {416, "Range Not Satisfiable"},
                                          {429, "Too Many Requests"},
                                          {431, "Request Header Fields Too Large"},
                                          {500, "Internal Server Error"},
                                          {501, "Not Implemented"},
                                          {502, "Bad Gateway"},
                                          {503, "Service Unavailable"},
                                          {504, "Gateway Timeout"}}};

std::string_view phrase_of(int status) noexcept {
  for (auto const& p : phrases) {
    if (p.status == status) return p.text;
  }
  return "Scripted";
}

/// `name` in lower case with its colon.
class session {
 public:
  session(net::byte_stream& stream, emulator_core& core, timers& clock)
      : stream_(stream), core_(core), clock_(clock), input_(limits::input_buffer_bytes) {}

  asio::awaitable<connection_end> run();

 private:
  enum class next_step : std::uint8_t { go_on, end, reset };

  asio::awaitable<bool> read_more();
  asio::awaitable<bool> read_request_head(request_head& head);
  asio::awaitable<bool> read_body(request_head const& head, pending_request& request);
  asio::awaitable<next_step> answer(request_head const& head, final_reply reply);
  asio::awaitable<bool> send(final_reply const& reply, bool keep, bool with_body);
  asio::awaitable<bool> send_file(file_part const& file, std::uint64_t length);
  asio::awaitable<void> refuse(http_refusal const& why);
  asio::awaitable<bool> write(std::string_view text);
  asio::awaitable<void> wait(std::chrono::milliseconds how_long);

  [[nodiscard]] moment now() const noexcept {
    moment out;
    out.steady = clock_.now();
    out.wall = clock_.wall();
    return out;
  }
  [[nodiscard]] std::span<std::byte const> unread() const noexcept {
    return std::span(input_).subspan(begin_, end_ - begin_);
  }
  void start_reply(final_reply const& reply, bool keep, bool with_body);

  net::byte_stream& stream_;
  emulator_core& core_;
  timers& clock_;
  std::vector<std::byte> input_;  ///< Unread: from begin_ to end_.
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string output_;
  std::uint32_t served_ = 0;
  bool keep_ = true;
  /// Held by this frame only: a timer that finds it gone leaves the stream alone.
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

asio::awaitable<bool> session::read_more() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > 0) {
    std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  auto const idle = core_.options().idle_close;
  timers::id timer{};
  if (idle.count() > 0) {
    timer = clock_.call_at(clock_.now() + idle, [s = &stream_, w = std::weak_ptr(alive_)] {
      if (!w.expired()) s->close();
    });
  }
  auto const into = std::span(input_).subspan(end_);
  auto const n = co_await stream_.read_some(into);
  if (idle.count() > 0) clock_.cancel(timer);
  if (!n || *n == 0) co_return false;
  end_ += *n;
  co_return true;
}

asio::awaitable<bool> session::read_request_head(request_head& head) {
  while (true) {
    auto const data = unread();
    std::string_view const text(reinterpret_cast<char const*>(data.data()), data.size());
    auto const length = read_head(text, head);
    if (!length) {
      auto const why = length.error();
      co_await refuse(why);
      co_return false;
    }
    if (*length > 0) {
      begin_ += *length;
      co_return true;
    }
    bool const more = co_await read_more();
    if (!more) co_return false;
  }
}

asio::awaitable<bool> session::read_body(request_head const& head, pending_request& request) {
  body_framing framing(head);
  std::uint64_t total = 0;
  while (!framing.done()) {
    if (begin_ == end_) {
      bool const more = co_await read_more();
      if (!more) co_return false;
    }
    auto const step = framing.next(unread());
    if (!step) {
      auto const why = step.error();
      co_await refuse(why);
      co_return false;
    }
    total += step->content.size();
    if (total > body_bytes_max) co_return false;
    if (!step->content.empty()) request.take(step->content);
    begin_ += step->used;
  }
  co_return true;
}

void session::start_reply(final_reply const& reply, bool keep, bool with_body) {
  output_ = "HTTP/1.1 ";
  output_ += std::to_string(reply.status);
  (output_ += ' ') += phrase_of(reply.status);
  output_ += "\r\nServer: kiln-emulator\r\n";
  output_ += reply.headers;
  if (with_body && !ascii::contains_ignoring_case(reply.headers, "content-length:") &&
      !ascii::contains_ignoring_case(reply.headers, "transfer-encoding:")) {
    ((output_ += "Content-Length: ") += std::to_string(reply.body.size())) += "\r\n";
  }
  if (!keep && !ascii::contains_ignoring_case(reply.headers, "connection:"))
    output_ += "Connection: close\r\n";
  output_ += "\r\n";
}

asio::awaitable<bool> session::write(std::string_view text) {
  auto const data = std::as_bytes(std::span(text));
  auto const done = co_await stream_.write(data);
  co_return done.has_value();
}

asio::awaitable<bool> session::send(final_reply const& reply, bool keep, bool with_body) {
  start_reply(reply, keep, with_body);
  bool const truncated = reply.what == final_reply::action::truncate;
  if (with_body && reply.file.length > 0) {
    bool const begun = co_await write(output_);
    if (!begun) co_return false;
    bool const all = co_await send_file(reply.file, reply.file.length / (truncated ? 2 : 1));
    co_return all && !truncated;
  }
  std::string_view apart;
  if (with_body && (truncated || reply.body.size() <= joined_bytes_max)) {
    output_ += reply.body;
  } else if (with_body) {
    apart = reply.body;
  }
  std::string_view joined = output_;
  if (truncated) joined = joined.substr(0, joined.size() / 2);
  bool sent = co_await write(joined);
  if (sent && !apart.empty()) sent = co_await write(apart);
  co_return sent && !truncated;
}

asio::awaitable<bool> session::send_file(file_part const& file, std::uint64_t length) {
  std::vector<std::byte> piece(
      static_cast<std::size_t>(std::min<std::uint64_t>(length, file_piece_bytes)));
  for (std::uint64_t at = 0; at < length; at += piece.size()) {
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(length - at, piece.size())));
    if (!core_.read(file, at, piece)) co_return false;
    auto const written = co_await stream_.write(piece);
    if (written.has_error()) co_return false;
  }
  co_return true;
}

asio::awaitable<void> session::refuse(http_refusal const& why) {
  api_error const e(why.status, "MALFORMED_REQUEST", why.message);
  final_reply reply;
  reply.status = why.status;
  reply.headers = "Content-Type: application/json\r\n";
  reply.body = to_reply(e).body;
  co_await send(reply, false, true);
}

asio::awaitable<void> session::wait(std::chrono::milliseconds how_long) {
  if (how_long.count() > 0) co_await clock_.sleep_until(clock_.now() + how_long);
}

asio::awaitable<session::next_step> session::answer(request_head const& head, final_reply reply) {
  co_await wait(reply.delay);
  switch (reply.what) {
    case final_reply::action::close:
      co_return next_step::end;
    case final_reply::action::reset:
      co_return next_step::reset;
    case final_reply::action::stall: {
      bool more = true;
      while (more) {
        begin_ = end_;
        more = co_await read_more();
      }
      co_return next_step::end;
    }
    case final_reply::action::answer:
    case final_reply::action::truncate:
      break;
  }
  auto const requests_max = core_.options().connection_requests_max;
  bool const keep = keep_ && head.keep_alive && (requests_max == 0 || served_ < requests_max) &&
                    !ascii::contains_ignoring_case(reply.headers, "connection: close");
  bool const bodiless = head.method == "HEAD" || reply.status == 204 || reply.status == 304;
  bool const sent = co_await send(reply, keep, !bodiless);
  co_return sent&& keep ? next_step::go_on : next_step::end;
}

asio::awaitable<connection_end> session::run() {
  while (true) {
    request_head head;
    bool const asked = co_await read_request_head(head);
    if (!asked) break;
    ++served_;
    auto request = core_.begin(head, now());
    bool const too_large = head.content_length.value_or(0) > body_bytes_max;
    bool const unwanted = request.refused() && head.expects_continue && head.has_body();
    if (too_large || unwanted) {
      keep_ = false;  // what follows on this connection is a body that nobody reads
    } else {
      if (head.expects_continue && head.has_body()) {
        bool const invited = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
        if (!invited) break;
      }
      bool const sent = co_await read_body(head, request);
      if (!sent) break;
    }
    co_await wait(request.delay());
    auto reply = core_.finish(request, now());
    auto const next = co_await answer(head, std::move(reply));
    if (next == next_step::reset) co_return connection_end::reset;
    if (next == next_step::end) break;
  }
  co_return connection_end::orderly;
}

}  // namespace

asio::awaitable<connection_end> serve(net::byte_stream& stream, emulator_core& core,
                                      timers& clock) {
  core.connection_opened();
  session connection(stream, core, clock);
  try {
    co_return co_await connection.run();
  } catch (boost::system::system_error const&) {
    co_return connection_end::orderly;  // cancelled
  }
}

}  // namespace kiln::emulation
