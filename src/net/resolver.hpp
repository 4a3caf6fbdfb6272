#pragma once

#include "net/watchdog.hpp"

#include <kiln/result.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kiln::net {

/// Names to numeric addresses. Lookups of the same name at the same time are one; answers are kept
/// for a while, failures are not. Threads: the engine's executor.
class resolver {
 public:
  using addresses = std::vector<std::string>;
  using lookup = std::function<asio::awaitable<result<addresses>>(std::string host)>;

  static constexpr std::size_t cached_max = 256;

  /// `dog` and `look_up` must stay valid as long as the resolver; a lookup that has been given up
  /// may go on in the background.
  resolver(watchdog& dog, std::chrono::milliseconds timeout, std::chrono::milliseconds keep,
           lookup look_up);
  ~resolver();
  resolver(resolver const&) = delete;
  resolver& operator=(resolver const&) = delete;

  /// An address is its own answer. Fails with errc::resolve_failed or errc::timed_out, naming the
  /// host.
  asio::awaitable<result<addresses>> resolve(std::string host);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

/// getaddrinfo on Asio's resolver thread, in the order the system gives.
[[nodiscard]] resolver::lookup system_lookup(asio::any_io_executor executor);

}  // namespace kiln::net
