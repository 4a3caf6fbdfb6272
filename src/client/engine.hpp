#pragma once

#include "budget/scheduler.hpp"
#include "core/timers.hpp"
#include "http/message.hpp"
#include "http/url.hpp"
#include "net/transport.hpp"

#include <kiln/options.hpp>
#include <kiln/result.hpp>
#include <kiln/stats.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <typeindex>

// The life of a call, from its encoded request to the last attempt's answer.
//
// A call is a node in the scheduler's queue until it is granted; only then is there a coroutine for
// it, and only for one attempt: between attempts it is a node again. All state below belongs to
// one executor, the engine's; callers live elsewhere and reach it by post, both ways.
namespace kiln {

/// What a good answer may look like; anything else is a login page or another's web server.
enum class answer_kind : unsigned char {
  api,       ///< No page: neither text/html nor beginning with '<'.
  document,  ///< Whatever is not text/html.
  page,      ///< Anything.
  file,      ///< Anything with a Last-Modified, which login pages lack; else as `api`.
};

/// A call as a service hands it over: everything but the credentials.
struct outgoing_call {
  http::request message;  ///< Without host and authorization.
  std::string operation;  ///< "dbfs/put", for errors and the log.
  repeat repeats = repeat::safe;
  kiln::lane lane = kiln::lane::normal;
  std::string_view bucket;  ///< Of static storage.
  std::optional<duration> deadline;
  std::uint32_t tenant = 0;
  bool single_attempt = false;
  /// A 429 about a quota (see is_quota) ends the call and teaches the pace nothing.
  bool quota_ends_it = false;
  answer_kind expects = answer_kind::api;
  std::shared_ptr<byte_sink> sink;
  std::string_view sink_type;  ///< See exchange_limits.
};

/// What an engine is made of; simulation puts in its own clock and connections.
struct engine_parts {
  asio::any_io_executor executor;        ///< A strand, or a loop that one thread runs.
  asio::any_io_executor outer_executor;  ///< Completions leave through it: not that strand.
  std::shared_ptr<timers> clock;
  /// Makes the transport; called once, after the clock stands.
  std::function<std::unique_ptr<net::transport>(timers&)> make_transport;
  std::uint64_t seed = 0;
};

class engine : public std::enable_shared_from_this<engine> {
 public:
  /// Options are validated already.
  static std::shared_ptr<engine> create(engine_parts parts, workspace_options options,
                                        http::base_url host);
  ~engine();
  engine(engine const&) = delete;
  engine& operator=(engine const&) = delete;

  /// One call to its end. From any thread; resumes on the awaiting coroutine's executor. Terminal
  /// cancellation withdraws the call, or closes the connection it is on.
  static task<http::response> perform(std::shared_ptr<engine> self, outgoing_call call);
  /// See workspace::close.
  static task<void> close(std::shared_ptr<engine> self, duration grace);

  [[nodiscard]] workspace_options const& options() const noexcept { return options_; }
  /// "https://name:port", and the same without the scheme.
  [[nodiscard]] std::string const& host_text() const noexcept { return host_text_; }
  [[nodiscard]] std::string const& authority() const noexcept { return host_header_; }
  [[nodiscard]] workspace_stats stats() const noexcept;
  /// 16 hexadecimal digits, another each time. Thread safe.
  [[nodiscard]] std::string unique_name() const;
  /// All of the engine's state belongs to it; no code of a caller runs there.
  [[nodiscard]] asio::any_io_executor executor() const noexcept { return executor_; }
  /// Only on executor(), but for now() and wall().
  [[nodiscard]] timers& clock() noexcept { return *clock_; }
  /// What a layer above keeps for an engine: a T(engine&), made at its first use and destroyed with
  /// the engine. Only on executor().
  template <class T>
  T& companion() {
    auto& held = companions_[typeid(T)];
    if (!held) held = std::make_shared<T>(*this);
    return *static_cast<T*>(held.get());
  }
  [[nodiscard]] asio::any_io_executor outer_executor() const noexcept { return outer_; }
  /// `hook` runs once, when close() begins: for companions, whose waits are no calls under way.
  /// Both only on executor().
  void on_closing(std::function<void()> hook);
  [[nodiscard]] bool closing() const noexcept;

 private:
  class deadline_guard;
  struct call;
  struct worker;
  struct live;  ///< Calls that have begun and not ended, and what they share.

  engine(engine_parts parts, workspace_options options, http::base_url host);

  void begin(std::shared_ptr<call> c);
  void attempt_granted(std::shared_ptr<call> c);
  static asio::awaitable<void> work(std::shared_ptr<engine> self, std::shared_ptr<worker> me);
  asio::awaitable<void> next_job(std::shared_ptr<worker> who);
  [[nodiscard]] net::attempt_options leaving(call& c, authorization const& proof);
  void answered(call& c, net::attempt_outcome outcome);
  static void unlearn(call const& c, http::response& answer, bool body_too);
  [[nodiscard]] static error unlearn(call const& c, error why);
  void attempt_failed(call& c, net::attempt_outcome const& outcome, error why);
  void finish(call& c, result<http::response> outcome);
  void rest();
  void cancel(call& c, errc code);
  void drain(duration grace, std::function<void()> done);
  void drop_all() noexcept;
  void log(log_level level, call const& c, std::string_view what) const;
  [[nodiscard]] error describe(call const& c, error e) const;

  asio::any_io_executor executor_;
  asio::any_io_executor outer_;
  workspace_options options_;
  http::base_url host_;
  std::string host_header_;
  std::string host_text_;
  std::string user_agent_;
  std::uint64_t name_seed_;
  mutable std::atomic<std::uint64_t> names_given_{0};
  std::shared_ptr<timers> clock_;
  random_source random_;
  std::unique_ptr<net::transport> transport_;
  std::unique_ptr<scheduler> gate_;
  std::unique_ptr<live> live_;

  // Written on the engine's executor, read from any thread.
  struct counters {
    std::atomic<std::uint64_t> requests{0}, retries{0}, throttled{0}, failed{0}, bytes_sent{0},
        bytes_received{0};
    std::atomic<std::uint32_t> waiting{0}, in_flight{0};
    std::atomic<double> rate{0};
  };
  counters counters_;
  std::map<std::type_index, std::shared_ptr<void>> companions_;
};

}  // namespace kiln
