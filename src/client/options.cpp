#include "http/url.hpp"

#include <kiln/config.hpp>
#include <kiln/options.hpp>

#include <stdexcept>
#include <utility>

namespace kiln {

namespace {

[[noreturn]] void refuse_option(std::string const& field, std::string const& rule) {
  throw std::invalid_argument(field + ": " + rule);
}

void positive(std::chrono::milliseconds value, char const* field) {
  if (value.count() <= 0) refuse_option(field, "must be longer than 0");
}

}  // namespace

workspace_options workspace_options::from_environment() {
  auto const settings = config::resolve(config_request::of_process());
  if (!settings) throw std::invalid_argument(settings.error().message());
  return settings->options();
}

workspace_options workspace_options::from_profile(std::string name) {
  auto request = config_request::of_process();
  request.profile = std::move(name);
  auto const settings = config::resolve(request);
  if (!settings) throw std::invalid_argument(settings.error().message());
  return settings->options();
}

void workspace_options::validate() const {
  if (host.empty())
    refuse_option("host", "is missing; for example https://adb-1.azuredatabricks.net");
  auto const url = http::parse_base_url(host);
  if (url.has_error()) refuse_option("host", url.error().message());
  if (!url->tls && !allow_plain_http && !http::is_loopback(url->host)) {
    refuse_option("host", "http:// would send the token in the clear; use https://");
  }
  if (!credentials)
    refuse_option("credentials", "are missing; give a personal access token or another login");
  positive(deadline, "deadline");
  positive(timeouts.resolve, "timeouts.resolve");
  positive(timeouts.connect, "timeouts.connect");
  positive(timeouts.handshake, "timeouts.handshake");
  positive(timeouts.write, "timeouts.write");
  positive(timeouts.first_byte, "timeouts.first_byte");
  positive(timeouts.idle_read, "timeouts.idle_read");
  positive(pool.idle_max, "pool.idle_max");
  if (pool.connections_max == 0) refuse_option("pool.connections_max", "must be above 0");
  if (pool.resolver_cache.count() < 0) refuse_option("pool.resolver_cache", "must not be negative");
  if (retry.attempts_max < 1) refuse_option("retry.attempts_max", "must be at least 1");
  positive(retry.backoff_base, "retry.backoff_base");
  if (retry.backoff_max < retry.backoff_base) {
    refuse_option("retry.backoff_max", "must not be below retry.backoff_base");
  }
  if (!(retry.retry_share >= 0 && retry.retry_share <= 1)) {
    refuse_option("retry.retry_share", "must be in [0, 1]");
  }
  if (response_bytes_max == 0) refuse_option("response_bytes_max", "must be above 0");
  for (char const c : user_agent) {
    if (c < 0x20 || c > 0x7e) refuse_option("user_agent", "must be printable ASCII");
  }
}

}  // namespace kiln
