#include "client/login_http.hpp"

#include "core/wipe.hpp"
#include "net/pool.hpp"

#include <utility>

namespace kiln {

namespace {

constexpr std::string_view metadata_address = "169.254.169.254";

/// Clears what a request carried, however its coroutine ends.
class wiped_request {
 public:
  explicit wiped_request(http::request& of) : of_(of) {}
  ~wiped_request() {
    wipe(of_.target);
    wipe(of_.body);
    for (auto& header : of_.headers) wipe(header.value);
  }
  wiped_request(wiped_request const&) = delete;
  wiped_request& operator=(wiped_request const&) = delete;

 private:
  http::request& of_;
};

}  // namespace

login_http::login_http(login_surroundings const& in) : in_(in) {}

login_http::~login_http() {
  for (auto const& [where, transport] : transports_) transport->close();
}

result<net::transport*> login_http::transport_to(http::base_url const& to, login_route route) {
  if (!to.tls && !http::is_loopback(to.host) && to.host != metadata_address) {
    return error(errc::invalid_argument,
                 "http://" + to.authority() + " would carry secrets in the clear; use https://");
  }
  bool const direct = route == login_route::direct;
  auto const where =
      (direct ? "direct " : "") + std::string(to.tls ? "https://" : "http://") + to.authority();
  auto& place = transports_[where];
  if (place) return place.get();
  if (transports_.size() > origins_max) {
    transports_.erase(where);
    return error(errc::invalid_argument, "a login that sends requests to more than " +
                                             std::to_string(origins_max) + " servers");
  }
  net::origin origin;
  origin.tls = to.tls;
  origin.host = to.host;
  origin.port = to.port;
  origin.direct = direct;
  pool_options few;
  few.connections_max = 2;
  place = net::make_pool(in_.executor, *in_.clock, *in_.connector, std::move(origin), in_.timeouts,
                         few);
  return place.get();
}

task<login_answer> login_http::send(std::shared_ptr<login_http> self, http::base_url to,
                                    http::request what, duration limit, login_route route) {
  wiped_request const cleared(what);
  auto const over = self->transport_to(to, route);
  if (over.has_error()) co_return over.error();
  what.host = to.authority();
  if (what.target.empty()) what.target = "/";
  what.headers.push_back({"User-Agent", self->in_.user_agent});
  what.headers.push_back({"Accept", "application/json"});
  // What is inflated passes through memory that is not cleared.
  what.headers.push_back({"Accept-Encoding", "identity"});
  net::attempt_options options;
  options.limits.body_bytes_max = answer_bytes_max;
  options.deadline = self->in_.clock->now() + limit;
  auto outcome = co_await (*over)->perform(what, options);
  bool const stale = outcome.reused_connection && !outcome.response_started &&
                     outcome.reply.has_error() &&
                     outcome.reply.error().code() == errc::connection_lost;
  if (stale) {  // a token request changes nothing: it may be sent again
    options.fresh_connection = true;
    outcome = co_await (*over)->perform(what, options);
  }
  if (outcome.reply.has_error()) {
    error const why = outcome.reply.error();
    bool const late = why.code() == errc::deadline_exceeded;
    co_return error(
        late ? errc::timed_out : why.code(),
        late ? "no answer within " + std::to_string(limit / std::chrono::milliseconds(1)) + " ms"
             : why.message());
  }
  co_return login_answer(std::move(*outcome.reply));
}

result<http::base_url> parse_login_url(std::string_view text, std::string_view what) {
  auto out = http::parse_base_url(text);
  if (out) return out;
  return error(errc::invalid_argument, std::string(what) + ": " + out.error().message());
}

login_form::login_form(std::string target) {
  request_.method = verb::post;
  request_.target = std::move(target);
  request_.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
}

login_form& login_form::add(std::string_view name, std::string_view value) {
  std::string pair;
  constexpr std::size_t encoded_max = 3;  // "%2F"
  pair.reserve(2 + encoded_max * (name.size() + value.size()));
  http::append_query(pair, name, value);  // "?name=value"
  reserve_secret(request_.body, request_.body.size() + pair.size());
  if (!request_.body.empty()) request_.body += '&';
  request_.body.append(pair, 1);
  wipe(pair);
  return *this;
}

http::request login_form::take() && { return std::move(request_); }

}  // namespace kiln
