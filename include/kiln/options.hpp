#pragma once

#include <kiln/budget.hpp>
#include <kiln/credentials.hpp>
#include <kiln/log.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kiln {

/// Each step of an exchange has its own limit; every one > 0.
struct timeout_options {
  std::chrono::milliseconds resolve{10'000};
  std::chrono::milliseconds connect{10'000};    ///< One address; others are tried beside it.
  std::chrono::milliseconds handshake{10'000};  ///< TLS.
  std::chrono::milliseconds write{30'000};      ///< Without the peer taking a byte.
  /// From the last byte of the request to the first of the answer. Large deletes and moves take
  /// the server up to a minute.
  std::chrono::milliseconds first_byte{90'000};
  std::chrono::milliseconds idle_read{60'000};  ///< Between two bytes of an answer.
};

struct pool_options {
  std::size_t connections_max = 64;            ///< To one origin, those being opened included; > 0.
  std::chrono::milliseconds idle_max{55'000};  ///< An unused connection is closed then; > 0.
  std::chrono::milliseconds resolver_cache{60'000};  ///< How long an address is kept; >= 0.
};

struct tls_options {
  std::string ca_file;  ///< PEM, trusted in addition to the system's store.
};

struct proxy_options {
  std::string url;       ///< "http://user:password@host:port"; empty: none.
  std::string no_proxy;  ///< As curl reads NO_PROXY: comma-separated hosts, suffixes, "*".
};

/// When a failed attempt is followed by another.
struct retry_options {
  /// Of one call, the first included; >= 1. What surely had no effect and costs no patience is not
  /// counted: a 429 (the call queues again and is sent as the budget allows, until its deadline),
  /// an idle connection that had gone, and one 401 that a new token follows. call_options has
  /// single_attempt for at most one request.
  int attempts_max = 8;
  std::chrono::milliseconds backoff_base{500};    ///< Doubled per attempt, full jitter; > 0.
  std::chrono::milliseconds backoff_max{20'000};  ///< >= backoff_base.
  /// Each success pays for this many retries (beside a reserve), so an outage is not amplified;
  /// in [0, 1]. 429s do not count: the budget deals with them.
  double retry_share = 0.2;
};

/// Everything a workspace handle needs; a default and a rule per field.
struct workspace_options {
  /// "https://adb-1.azuredatabricks.net", with or without scheme. "http://" only for loopback,
  /// unless allow_plain_http.
  std::string host;
  kiln::credentials credentials;
  kiln::budget budget;  ///< Share one object between handles to share its rate.
  std::chrono::milliseconds deadline{300'000};  ///< Of a call without one of its own; > 0.
  retry_options retry;
  timeout_options timeouts;
  pool_options pool;
  tls_options tls;
  proxy_options proxy;
  std::size_t response_bytes_max = 64U << 20;  ///< Of one answer held in memory; > 0.
  bool allow_plain_http = false;               ///< Lets the token travel in the clear. Tests only.
  std::string user_agent;                      ///< Product put before kiln's own: "name/1.2".
  log_sink log;                                ///< Empty: no logging.

  /// As the official tools: DATABRICKS_* and ARM_* variables, HTTPS_PROXY, NO_PROXY; where they
  /// name neither host nor login, the default profile of ~/.databrickscfg. What is not set is left
  /// as it is. Throws std::invalid_argument where settings contradict each other. See
  /// kiln/config.hpp.
  static workspace_options from_environment();
  /// The same of a profile, whose settings go before the environment's.
  static workspace_options from_profile(std::string name);
  /// Throws std::invalid_argument that names the field and the rule.
  void validate() const;
};

/// Of one call. Trivially destructible, so it may be written in braces beside a co_await.
struct call_options {
  std::optional<kiln::lane> lane{};                     ///< Default: the endpoint's.
  std::optional<std::chrono::milliseconds> deadline{};  ///< Default: the workspace's.
  /// Calls of one tenant queue behind each other, tenants take turns. 0 is a tenant too.
  std::uint32_t tenant = 0;
  /// Sent at most once, whatever happens: for a caller that settles ambiguity itself.
  bool single_attempt = false;
  /// Another version of the same endpoint, such as "2.2" for one whose path has 2.1, where the
  /// shapes are the same; empty: the endpoint's own. Encoded before the call returns.
  std::string_view api_version{};
};

}  // namespace kiln
