#pragma once

#include "http/exchange.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

// Plays bytes of a server to an exchange, cut in any way, and says what came of it.
namespace kiln::http::testing {

class string_sink final : public byte_sink {
 public:
  result<void> restart() override {
    ++restarts;
    text.clear();
    return {};
  }
  result<void> write(std::span<std::byte const> data) override {
    text.append(reinterpret_cast<char const*>(data.data()), data.size());
    return {};
  }
  std::string text;
  int restarts = 0;
};

struct outcome {
  bool complete = false;
  errc code{};  ///< 0: no error.
  std::string message;
  int http_status = 0;
  int status = 0;
  std::string reason;
  std::string headers;  ///< "name=value;" each
  std::string body;
  std::string sunk;
  bool reusable = false;  ///< And no byte of the server is left.
  [[nodiscard]] bool operator==(outcome const&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, outcome const& o) {
  return out << (o.complete ? "complete " : "incomplete ") << o.code << " '" << o.message
             << "' HTTP " << o.http_status << " status " << o.status << " '" << o.reason << "' ["
             << o.headers << "] body of " << o.body.size() << " '" << o.body.substr(0, 80)
             << "' sunk " << o.sunk.size() << (o.reusable ? " reusable" : "");
}

struct play_options {
  verb method = verb::get;
  exchange_limits limits{};
  bool with_sink = false;
  bool close = true;  ///< The server closes after its last byte.
};

/// All output the exchange has, as the driver would write it.
inline std::string drain(exchange& ex) {
  std::string out;
  while (ex.wants_write()) {
    auto const piece = ex.next_output();
    if (!piece) break;
    out.append(reinterpret_cast<char const*>(piece->data()), piece->size());
    ex.wrote(piece->size());
  }
  return out;
}

/// Hands `piece` over as far as the exchange takes it; what it did not take is returned.
inline std::string_view feed(exchange& ex, std::string_view piece, result<void>& ok) {
  while (ok && !piece.empty() && !ex.complete()) {
    auto const room = ex.input();
    if (room.empty()) {
      ok = error(errc::queue_full, "the exchange offers no room for input");
      break;
    }
    auto const count = std::min(room.size(), piece.size());
    std::memcpy(room.data(), piece.data(), count);
    piece.remove_prefix(count);
    ok = ex.received(count);
  }
  return piece;
}

inline result<void> feed_all(exchange& ex, std::string_view wire) {
  result<void> ok;
  feed(ex, wire, ok);
  return ok;
}

/// An answer with a Content-Length.
inline std::string sized(std::string const& status, std::string const& body,
                         std::string const& headers = {}) {
  return "HTTP/1.1 " + status + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// `next_cut(rest)` is how many bytes arrive next, at least 1.
inline outcome play(std::string_view wire, play_options const& options,
                    std::function<std::size_t(std::size_t)> const& next_cut) {
  request what;
  what.method = options.method;
  what.target = "/api";
  what.host = "test";
  string_sink sink;
  exchange ex;
  ex.start(what, options.limits, options.with_sink ? &sink : nullptr);
  drain(ex);
  result<void> ok;
  auto rest = wire;
  while (ok && !rest.empty() && !ex.complete()) {
    auto const count = std::clamp<std::size_t>(next_cut(rest.size()), 1, rest.size());
    auto const left = feed(ex, rest.substr(0, count), ok);
    rest = rest.substr(count - left.size());
  }
  if (ok && !ex.complete() && options.close) ok = ex.ended();
  outcome out;
  out.complete = ex.complete();
  out.reusable = ex.reusable() && rest.empty();
  if (!ok) {
    out.code = ok.error().code();
    out.message = ok.error().message();
    out.http_status = ok.error().http_status();
  }
  out.sunk = sink.text;
  if (!out.complete) return out;
  auto reply = ex.take_response();
  out.status = reply.status;
  out.reason = reply.reason;
  for (auto const& h : reply.headers) out.headers += h.name + '=' + h.value + ';';
  out.body = reply.body;
  return out;
}

inline outcome play_whole(std::string_view wire, play_options const& options = {}) {
  return play(wire, options, [](std::size_t rest) { return rest; });
}

inline outcome play_bytewise(std::string_view wire, play_options const& options = {}) {
  return play(wire, options, [](std::size_t) { return std::size_t{1}; });
}

inline outcome play_split(std::string_view wire, std::size_t at, play_options const& options = {}) {
  bool first = true;
  return play(wire, options,
              [&](std::size_t rest) { return std::exchange(first, false) ? at : rest; });
}

}  // namespace kiln::http::testing
