#pragma once

#include "core/random.hpp"
#include "emulator/api.hpp"
#include "emulator/control.hpp"
#include "emulator/dbfs_api.hpp"
#include "emulator/dbfs_state.hpp"
#include "emulator/faults.hpp"
#include "emulator/identity_api.hpp"
#include "emulator/limiter.hpp"
#include "emulator/request_reader.hpp"
#include "emulator/services.hpp"
#include "emulator/storage.hpp"
#include "emulator/token_registry.hpp"
#include "emulator/upload_body.hpp"

#include <kiln/emulator.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

namespace kiln::emulation {

/// A request between its head and its answer. Its body is given to take() as it comes. Owned by
/// one connection; may outlive the core.
class pending_request {
 public:
  void take(std::span<std::byte const> content);
  /// Waited between the body and finish().
  [[nodiscard]] std::chrono::milliseconds delay() const noexcept { return delay_; }
  /// The answer is known already and needs no body.
  [[nodiscard]] bool refused() const noexcept { return refusal_.has_value(); }

 private:
  friend class emulator_core;

  std::string method_;
  std::string path_;
  std::string query_;
  std::string body_;
  std::string content_type_;
  std::size_t body_bytes_max_ = emulation::request_bytes_max;
  std::string caller_;         ///< Whose token it brought.
  std::string authorization_;  ///< Kept where a token is asked for.
  std::string base_;
  std::string range_;
  std::string unmodified_since_;
  std::unique_ptr<upload_body> upload_;  ///< Takes the body instead of body_.
  std::optional<api_reply> refusal_;
  std::optional<emulator_fault> fault_;
  std::chrono::milliseconds delay_{0};
  bool is_control_ = false;
  bool is_login_ = false;  ///< To identity_api.
  bool metadata_ = false;
  bool accepts_gzip_ = false;
};

/// What goes back, and how.
struct final_reply {
  enum class action : std::uint8_t { answer, close, reset, truncate, stall };
  action what = action::answer;
  int status = 200;
  std::string headers;  ///< "Name: value\r\n" lines; Content-Length and Connection are not in it.
  std::string body;
  file_part file;                      ///< Sent instead of `body` when it has a length.
  std::chrono::milliseconds delay{0};  ///< Waited before any of it.
};

/// The emulated workspace without clock, socket or thread of its own: a request's head with the
/// time it came, its body, then the answer with the time the body was there. Requests may overlap.
/// Thread safe; one lock, held for one call.
class emulator_core final : private controlled {
 public:
  /// Throws as kiln::emulator does. An empty token is made from the seed.
  explicit emulator_core(emulator_options options);
  ~emulator_core() override;

  [[nodiscard]] pending_request begin(request_head head, moment now);
  [[nodiscard]] final_reply finish(pending_request& request, moment now);

  /// Fills `into` with the bytes of `part` from `offset` on. False when the file is not that any
  /// more, or cannot be read.
  [[nodiscard]] bool read(file_part const& part, std::uint64_t offset, std::span<std::byte> into);

  void connection_opened() noexcept;
  /// From now on nothing is answered and nothing changes: every request ends in action::close.
  void retire();

  void add_fault(emulator_fault fault);
  [[nodiscard]] emulator_stats stats() const;
  void set_request_rate(double rate);
  void reset();
  [[nodiscard]] std::string const& token() const noexcept { return options_.token; }
  [[nodiscard]] emulator_options const& options() const noexcept { return options_; }

  static constexpr std::size_t request_bytes_max = emulation::request_bytes_max;

 private:
  std::optional<api_reply> refusal_of(request_head const& head, pending_request& request,
                                      moment now);
  std::optional<api_reply> unauthorized(std::string const& authorization, pending_request& request,
                                        moment now);
  static std::optional<api_reply> wrong_verb(pending_request const& request,
                                             std::string_view verbs);
  api_reply throttled_reply(limiter::verdict verdict);
  api_reply handle(pending_request& request, moment now);
  final_reply dressed(pending_request const& request, api_reply reply, moment now);
  moment shifted(moment now) const noexcept;

  void forget_everything() override;
  void set_rate(double rate) override;
  void advance_clock(std::chrono::milliseconds by) override;
  emulator_stats counters() const override;
  double rate() const override;
  request_log const& log() const override { return log_; }
  fault_script& faults() override { return faults_; }

  emulator_options options_;
  mutable std::mutex gate_;
  std::shared_ptr<storage> storage_;  ///< Shared with uploads under way.
  token_registry tokens_;
  identity_api identity_;
  dbfs_state files_;
  dbfs_api dbfs_;
  workspace_services services_;
  limiter limiter_;
  busiest_second arrivals_;
  fault_script faults_;
  request_log log_;
  random_source random_;
  emulator_stats stats_;
  std::chrono::milliseconds clock_shift_{0};
  bool retired_ = false;
};

}  // namespace kiln::emulation
