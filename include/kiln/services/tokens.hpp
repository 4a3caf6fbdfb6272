#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/open_enum.hpp>
#include <kiln/options.hpp>
#include <kiln/result.hpp>
#include <kiln/timestamp.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Token API 2.0: the personal access tokens of the calling user, 600 at most.
/// Source of every shape: https://learn.microsoft.com/azure/databricks/dev-tools/api/latest/tokens
namespace kiln {

class engine;

namespace tokens {

/// How far the service is with narrowing a token to the APIs it was seen to call.
enum class autoscope_state : std::uint8_t {
  api_not_covered,
  backfilled,
  completed,
  disabled,
  running,
  user_selected,
};
enum_table spellings(autoscope_state);

/// A token without its value.
struct token_info {
  std::string token_id;
  std::optional<timestamp> creation_time{};
  std::optional<timestamp> expiry_time{};  ///< One millisecond before 1970 (-1): never.
  std::string comment;
  std::optional<timestamp> last_accessed_time{};  ///< Correct to about a day.
  std::vector<std::string> scopes;                ///< The APIs it may call; none named: all.
  open_enum<tokens::autoscope_state> autoscope_state;
  std::vector<std::string> inferred_scopes;
  std::vector<std::string> backfill_scopes;
};

/// A new token of the calling user. Fails with QUOTA_EXCEEDED when there are 600. Never repeated
/// after a lost answer, which would leave a live token that nobody knows: such a call is settled by
/// listing the tokens with the `comment` and deleting what is found.
struct create {
  static constexpr endpoint at{verb::post, "/api/2.0/token/create", repeat::not_idempotent};
  struct response {
    std::string token_value;  ///< The secret. Shown this once.
    tokens::token_info token_info;
  };
  std::optional<std::int64_t> lifetime_seconds{};  ///< Absent: it never expires.
  std::string_view comment{};
  std::span<std::string_view const> scopes{};
  std::optional<bool> autoscope_enabled{};
};

/// Fails with not_found when there is no such token of the user, which may be the work of an
/// attempt whose answer was lost (error::may_have_been_applied() tells).
struct delete_ {
  static constexpr endpoint at{verb::post, "/api/2.0/token/delete", repeat::idempotent};
  using response = void;
  std::string_view token_id;
};

struct list {
  static constexpr endpoint at{verb::get, "/api/2.0/token/list", repeat::safe};
  struct response {
    std::vector<token_info> token_infos;
  };
};

/// What workspace::tokens() gives. A cheap copy of a shared handle; calls from any thread. Requests
/// are encoded before a method returns, so views in them need live no longer than the call
/// expression.
class service {
 public:
  explicit service(std::shared_ptr<engine> core) noexcept : core_(std::move(core)) {}

  task<tokens::create::response> create(tokens::create const& r,
                                        call_options const& options = {}) const;
  task<void> delete_(tokens::delete_ const& r, call_options const& options = {}) const;
  task<tokens::list::response> list(tokens::list const& r = {},
                                    call_options const& options = {}) const;

 private:
  std::shared_ptr<engine> core_;
};

}  // namespace tokens
}  // namespace kiln
