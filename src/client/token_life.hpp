#pragma once

#include "client/login.hpp"
#include "client/token_core.hpp"
#include "core/context_watch.hpp"
#include "core/event.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kiln {

/// One token of one issuer, kept good: the driver of token_core. Threads: the engine's executor.
class token_life : public std::enable_shared_from_this<token_life> {
 public:
  /// Longer and the fetch is cancelled.
  static constexpr duration fetch_max = std::chrono::minutes(1);
  static constexpr std::size_t token_bytes_max = 24U * 1024;
  static constexpr int waits_max = 8;  ///< Fetches that one call waits for.

  /// `kind` goes into the log and into errors.
  token_life(login_surroundings const& in, std::shared_ptr<token_issuer> issuer, std::string kind);
  ~token_life();
  token_life(token_life const&) = delete;
  token_life& operator=(token_life const&) = delete;

  /// Starts a fetch when one is due; null when a good token must be waited for. Valid until the
  /// next call of any member.
  [[nodiscard]] secret const* at_hand() noexcept;
  /// Until at_hand() would have given one, or the error why not.
  static task<void> ready(std::shared_ptr<token_life> self);
  [[nodiscard]] bool rejected() noexcept;
  /// Another number for another token.
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
  [[nodiscard]] instant expires_at() const noexcept { return core_.expires_at(); }
  /// Ends a fetch under way. Nothing may be asked afterwards.
  void close() noexcept;

 private:
  void start();
  void fetch_took_too_long();
  static asio::awaitable<void> fetch(std::shared_ptr<token_life> self);
  void ended(result<access_token> got);
  [[nodiscard]] std::optional<error> fault_of(access_token const& token) const;
  void log(log_level level, std::string_view what) const;

  asio::any_io_executor executor_;
  std::shared_ptr<timers> clock_;
  std::shared_ptr<token_issuer> issuer_;
  std::string kind_;
  log_sink log_;
  token_core core_;
  secret value_;
  std::uint64_t generation_ = 0;
  error error_;
  std::optional<event> ended_;  ///< Gone once the loop is destroyed.
  context_watch watch_;
  std::shared_ptr<asio::cancellation_signal> stop_;
  timers::id alarm_{};
  bool running_ = false;
  bool timed_out_ = false;
  bool closed_ = false;
};

/// A source that puts tokens with an end into headers, beside headers that stay.
class renewable_source final : public token_source {
 public:
  struct part {
    std::shared_ptr<token_life> life;
    std::string header;  ///< "Authorization"
    std::string prefix;  ///< "Bearer "
    std::uint64_t generation = 0;
  };
  /// The first part is the Authorization header.
  renewable_source(std::vector<part> parts, authorization constant);
  ~renewable_source() override;

  task<authorization> authorize() override;
  authorization const* at_hand() noexcept override;
  bool rejected() noexcept override;
  bool refused(std::string_view authorization_sent) noexcept override;

 private:
  void assemble();
  std::vector<part> parts_;
  authorization constant_;
  authorization current_;
};

}  // namespace kiln
