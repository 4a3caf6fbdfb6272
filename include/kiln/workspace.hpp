#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/options.hpp>
#include <kiln/result.hpp>
#include <kiln/runtime.hpp>
#include <kiln/stats.hpp>

#include <exception>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace kiln {

namespace clusters {
class service;
}
namespace dbfs {
class service;
}
namespace files {
class service;
}
namespace groups {
class service;
}
namespace instance_pools {
class service;
}
namespace jobs {
class service;
}
namespace jobs20 {
class service;
}
namespace libraries {
class service;
}
namespace mlflow {
class service;
}
namespace model_registry {
class service;
}
namespace scim {
class service;
}
namespace tokens {
class service;
}
namespace workspace_tree {
class service;
}

class engine;

/// The answer to raw(): any 2xx.
struct raw_response {
  int status = 0;
  std::string content_type;
  std::string body;
};

/// A Databricks workspace. A cheap copy of a shared handle: the connections, the budget and the
/// credentials live until the last copy is gone and the last call has ended. Copies outside of the
/// loop must go before the loop does, like any socket or timer of Asio; those in coroutines go with
/// it.
///
/// All members are const and may be called from any thread. Calls made through one handle share
/// its budget; results arrive on the executor of the coroutine that awaits them.
class workspace {
 public:
  /// Runs on a loop of the caller's. Throws std::invalid_argument that names a bad field.
  workspace(asio::any_io_executor executor, workspace_options options);
  workspace(runtime& loop, workspace_options options);
  /// For tests and simulation: a handle on an engine that was put together elsewhere.
  explicit workspace(std::shared_ptr<kiln::engine> core) noexcept : core_(std::move(core)) {}

  /// The services. Each is a header of its own in kiln/services/, to be included by who calls it.
  [[nodiscard]] clusters::service clusters() const noexcept;
  [[nodiscard]] dbfs::service dbfs() const noexcept;
  [[nodiscard]] files::service files() const noexcept;
  [[nodiscard]] groups::service groups() const noexcept;
  [[nodiscard]] instance_pools::service instance_pools() const noexcept;
  [[nodiscard]] jobs::service jobs() const noexcept;      ///< API 2.1: jobs of several tasks.
  [[nodiscard]] jobs20::service jobs20() const noexcept;  ///< API 2.0: jobs of one task.
  [[nodiscard]] libraries::service libraries() const noexcept;
  [[nodiscard]] mlflow::service mlflow() const noexcept;
  [[nodiscard]] model_registry::service model_registry() const noexcept;
  [[nodiscard]] scim::service scim() const noexcept;
  [[nodiscard]] tokens::service tokens() const noexcept;
  [[nodiscard]] workspace_tree::service workspace_tree() const noexcept;

  /// Any endpoint: `path_and_query` as it goes on the wire, `body` JSON text or empty. Repeats only
  /// when `repeats` allows it; GET is safe by nature.
  [[nodiscard]] task<raw_response> raw(verb method, std::string_view path_and_query,
                                       std::string_view body = {}, call_options const& options = {},
                                       repeat repeats = repeat::not_idempotent) const;

  /// Starts a task of any service and gives its future; get() throws kiln::failure. The task runs
  /// on the handle's executor: do not wait for the future on that executor's only thread.
  template <class T>
  [[nodiscard]] std::future<T> start(task<T> work) const;

  /// Lets calls under way finish until `grace` has passed, then ends them with errc::closed. Calls
  /// made meanwhile fail with errc::closed; waits end at once with errc::closed.
  [[nodiscard]] task<void> close(
      std::chrono::milliseconds grace = std::chrono::milliseconds(30'000)) const;

  [[nodiscard]] workspace_stats stats() const;
  /// "https://host", as calls see it.
  [[nodiscard]] std::string const& host() const noexcept;
  [[nodiscard]] asio::any_io_executor executor() const noexcept;
  [[nodiscard]] std::shared_ptr<kiln::engine> const& core() const noexcept { return core_; }

 private:
  void spawn(asio::awaitable<void> work) const;
  std::shared_ptr<kiln::engine> core_;
};

namespace detail {
template <class T>
asio::awaitable<void> fulfil(task<T> work, std::shared_ptr<std::promise<T>> promise) {
  try {
    auto outcome = co_await std::move(work);
    if (outcome.has_error()) {
      promise->set_exception(std::make_exception_ptr(failure(outcome.error())));
    } else if constexpr (std::is_void_v<T>) {
      promise->set_value();
    } else {
      promise->set_value(std::move(*outcome));
    }
  } catch (...) {
    promise->set_exception(std::current_exception());
  }
}
}  // namespace detail

template <class T>
std::future<T> workspace::start(task<T> work) const {
  auto promise = std::make_shared<std::promise<T>>();
  auto future = promise->get_future();
  spawn(detail::fulfil<T>(std::move(work), std::move(promise)));
  return future;
}

}  // namespace kiln
