#pragma once

#include "core/timers.hpp"
#include "http/url.hpp"
#include "net/byte_stream.hpp"

#include <kiln/credentials.hpp>
#include <kiln/log.hpp>
#include <kiln/options.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kiln {

/// What a login needs of the workspace handle that opens it. Threads: `executor`, the engine's.
struct login_surroundings {
  asio::any_io_executor executor;
  std::shared_ptr<timers> clock;
  /// With the handle's own proxy, TLS and timeouts.
  std::shared_ptr<net::connector> connector;
  timeout_options timeouts;
  http::base_url host;  ///< The workspace.
  std::string user_agent;
  std::uint64_t seed = 0;
  log_sink log;
};

/// A kind of login with everything the user said about it; a handle opens it once.
class login_recipe {
 public:
  virtual ~login_recipe() = default;
  /// As auth_type has it: "azure-client-secret".
  [[nodiscard]] virtual std::string_view kind() const noexcept = 0;
  [[nodiscard]] virtual std::shared_ptr<token_source> open(login_surroundings const& in) const = 0;
};

/// The same credentials with a source that belongs to one handle.
[[nodiscard]] credentials open_login(credentials const& of, login_surroundings const& in);

}  // namespace kiln
