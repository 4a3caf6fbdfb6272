#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/runtime.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// A Databricks workspace in this process, for tests and trials: the real limits, error codes and
/// throttling, no network beyond loopback.
namespace kiln {

/// How the emulated workspace counts requests; the kinds seen in the wild.
enum class limiter_kind : std::uint8_t {
  window,         ///< Sliding second that counts admitted requests.
  strict_window,  ///< Sliding second that counts refused requests too.
  fixed,          ///< Counts per calendar second.
  bucket,         ///< Token bucket: rate and burst.
  leaky,          ///< Leaky bucket without burst: at least 1/rate between two requests.
  none,
};

enum class storage_kind : std::uint8_t {
  memory,
  directory,  ///< Files below data_dir.
  discard,    ///< Sizes only; reads give zeros.
};

/// Clusters of the emulated workspace move on its clock, each change after its time. A cluster
/// whose spark_conf has "kiln.emulator.termination_code" does not start: it ends with that code,
/// such as "CLOUD_PROVIDER_LAUNCH_FAILURE". A library fails to install when its name or path has
/// "no-such", and is skipped when that names another Scala version than the runtime's ("…_2.11").
struct emulator_clusters_options {
  std::chrono::milliseconds start{2'000};       ///< Restarts take it too.
  std::chrono::milliseconds warm_start{1'000};  ///< Of a cluster whose pool has idle machines.
  std::chrono::milliseconds resize{1'000};
  std::chrono::milliseconds terminate{500};
  std::chrono::milliseconds machine{1'000};  ///< Until a pool has another idle one.
  std::chrono::milliseconds library{1'000};  ///< Until one is installed.
  std::uint32_t pinned_max = 20;
};

/// Jobs and runs of the emulated workspace. Runs live on its clock: pending, running, terminating,
/// terminated. What one run does otherwise its parameters say, those of the run before those of
/// its task. They are members of notebook_params, base_parameters, job_parameters and the like, or
/// "name=value" elements of jar_params, parameters and the like:
///   kiln_seconds          how long it runs, "0.5"
///   kiln_pending_seconds  how long it is pending before that
///   kiln_cleanup_seconds  how long it is terminating after that
///   kiln_result           SUCCESS, FAILED, TIMEDOUT or CANCELED; INTERNAL_ERROR or SKIPPED for a
///                         run that ends in that state. Several, as "FAILED,SUCCESS", are those of
///                         its attempts and repairs and of later runs of the same name (of the
///                         same job), one after the other; the last one stays.
///   kiln_output           what runs/get-output gives
/// Anything else in them is a 400.
struct emulator_jobs_options {
  std::chrono::milliseconds run_pending{500};
  std::chrono::milliseconds run_duration{1'000};
  std::chrono::milliseconds run_cleanup{100};
  std::string_view run_result = "SUCCESS";   ///< As kiln_result; must outlive the emulator.
  std::uint32_t active_runs_max = 2'000;     ///< Those that are queued do not count.
  std::uint32_t runs_per_hour_max = 10'000;  ///< Created by run-now and runs/submit.
  std::uint32_t jobs_max = 10'000;
  /// Beyond these: 429 RESOURCE_EXHAUSTED, or else 400 QUOTA_EXCEEDED.
  bool refuse_with_429 = true;
  /// As in 2020: an idempotency token stands for a run only while that is active. Else for ever,
  /// and an error once the run was deleted.
  bool tokens_of_active_runs_only = false;
};

struct emulator_options {
  std::string address = "127.0.0.1";
  unsigned short port = 0;  ///< 0: any free one.
  std::string token;        ///< Empty: a random one.
  double rate = 30;
  std::uint32_t burst = 30;  ///< Of limiter_kind::bucket.
  limiter_kind limiter = limiter_kind::window;
  bool retry_after = true;               ///< Whether 429s carry Retry-After.
  std::chrono::milliseconds latency{0};  ///< Added to every answer.
  storage_kind storage = storage_kind::memory;
  std::string data_dir;
  std::uint64_t put_bytes_max = 2'147'483'647;  ///< Of a multipart put.
  /// Entries one dbfs/delete may remove before it answers 503 PARTIAL_DELETE; 0: no bound.
  std::uint64_t delete_entries_max = 10'000;
  std::chrono::milliseconds partial_delete_delay{0};  ///< The real service takes about 45 s.
  bool gzip = false;                                  ///< Compress answers for those who accept it.
  std::chrono::milliseconds idle_close{0};    ///< Ends a connection idle for so long; 0: never.
  std::uint32_t connection_requests_max = 0;  ///< Then "Connection: close"; 0: no bound.
  std::uint64_t seed = 1;
  emulator_clusters_options clusters{};
  emulator_jobs_options jobs{};
  /// The one service principal. Its secret, and the identity token that workloads exchange, is the
  /// emulator's token.
  std::string client_id = "emulated-client";
  std::string tenant_id = "emulated-tenant";
  std::chrono::seconds token_lifetime{3600};  ///< Of the tokens that logins get; > 0.
  std::string certificate_file;               ///< PEM; with key_file: https.
  std::string key_file;
};

/// What goes wrong, where, and how often.
struct emulator_fault {
  enum class kind : std::uint8_t {
    status,    ///< Answer with `status` and `body`.
    close,     ///< Close the connection instead of answering.
    reset,     ///< The same with a TCP reset.
    truncate,  ///< Send half of the answer, then close.
    stall,     ///< Never answer.
    delay,     ///< Answer after `delay`.
  };
  std::string route;  ///< Path, or a prefix of it that ends in '*'.
  kind what = kind::status;
  bool after_handler = false;  ///< The change is made, only the answer is replaced.
  std::uint64_t skip = 0;      ///< Requests of the route let through first.
  std::uint64_t times = 1;     ///< Then so many are hit.
  int status = 503;
  std::string body;
  std::string headers;  ///< "Name: value\r\n" lines to add.
  std::chrono::milliseconds delay{0};
};

struct emulator_stats {
  std::uint64_t requests = 0;
  std::uint64_t throttled = 0;
  std::uint64_t worst_second = 0;  ///< Most requests in any sliding second, refused included.
  std::uint64_t faults_fired = 0;
  std::uint64_t connections = 0;
  std::uint64_t login_requests = 0;  ///< To the servers that issue tokens; not among requests.
};

/// Beside the workspace it serves what logins need, without a token: Azure Active Directory below
/// /login/, instance metadata, the resource manager and the workspace's OAuth endpoints.
///
/// Serves from construction to destruction, on a loop of its own thread or the caller's. Control
/// endpoints under /_emulator/ need no token: health, reset, requests, faults, rate, clock.
///
/// Thread safe. Throws std::system_error when the address cannot be bound, a file of the options
/// cannot be used or data_dir cannot be written; std::invalid_argument names an option that can
/// never work.
///
/// After the destructor no request is answered and no file changes. Given a runtime it waits until
/// every connection is closed, so it must not run on the runtime's own thread; given an executor it
/// does not wait, and the rest is closed when that executor next runs.
class emulator {
 public:
  explicit emulator(runtime& loop, emulator_options options = {});
  explicit emulator(asio::any_io_executor executor, emulator_options options = {});
  ~emulator();
  emulator(emulator const&) = delete;
  emulator& operator=(emulator const&) = delete;

  [[nodiscard]] std::string url() const;  ///< "http://127.0.0.1:41234"
  [[nodiscard]] std::string const& token() const noexcept;
  [[nodiscard]] unsigned short port() const noexcept;
  void add_fault(emulator_fault fault);
  [[nodiscard]] emulator_stats stats() const;
  /// Forgets files, handles, faults and counters.
  void reset();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace kiln
