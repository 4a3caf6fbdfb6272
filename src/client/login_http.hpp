#pragma once

#include "client/login.hpp"
#include "net/transport.hpp"

#include <kiln/secret.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace kiln {

/// How a login's requests get there.
enum class login_route : unsigned char {
  as_workspace,  ///< Through the handle's proxy, where it has one.
  direct,        ///< To what only this machine can ask: a proxy would answer for itself.
};

/// What a server says to a login. The memory of its body is cleared when it goes.
struct login_answer : http::response {
  explicit login_answer(http::response&& from) noexcept : http::response(std::move(from)) {}
  ~login_answer() { wipe(body); }
  login_answer(login_answer&&) noexcept = default;
  login_answer& operator=(login_answer&&) = delete;
};

/// The requests that a login makes: outside the workspace's budget, over connections of their own,
/// with the workspace's TLS. Threads: the engine's executor.
class login_http {
 public:
  static constexpr std::size_t answer_bytes_max = 256U * 1024;
  static constexpr std::size_t origins_max = 8;  ///< Servers that one login may talk to.

  explicit login_http(login_surroundings const& in);
  ~login_http();
  login_http(login_http const&) = delete;
  login_http& operator=(login_http const&) = delete;

  /// The answer, whatever its status; redirects are not followed. `what` needs method, target and
  /// what is to be in its head or body: the memory of both is cleared at the end. Plain http goes
  /// to loopback and to the instance metadata address only. Errors name the host.
  static task<login_answer> send(std::shared_ptr<login_http> self, http::base_url to,
                                 http::request what, duration limit,
                                 login_route route = login_route::as_workspace);

  [[nodiscard]] wall_time wall() const noexcept { return in_.clock->wall(); }
  [[nodiscard]] http::base_url const& workspace() const noexcept { return in_.host; }
  /// The one clock and loop of the login.
  [[nodiscard]] login_surroundings const& surroundings() const noexcept { return in_; }

 private:
  [[nodiscard]] result<net::transport*> transport_to(http::base_url const& to, login_route route);
  login_surroundings in_;
  std::map<std::string, std::unique_ptr<net::transport>, std::less<>> transports_;
};

/// "https://name/path": parse_base_url with errors that say what the URL is for.
[[nodiscard]] result<http::base_url> parse_login_url(std::string_view text, std::string_view what);

/// A form (application/x-www-form-urlencoded) as a POST to `target`.
class login_form {
 public:
  explicit login_form(std::string target);
  login_form& add(std::string_view name, std::string_view value);
  [[nodiscard]] http::request take() &&;

 private:
  http::request request_;
};

}  // namespace kiln
