#pragma once

#include "core/random.hpp"
#include "emulator/mlflow_state.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The model registry: models, their versions and stages, what users ask and say about them, and
// webhooks. No I/O and no clock.
namespace kiln::emulation {

struct registry_activity {
  std::string id;
  std::string type;  ///< "REQUESTED_TRANSITION"
  std::string user;
  std::string from_stage;
  std::string to_stage;
  std::string comment;
  std::int64_t created = 0;
};

struct registry_comment {
  std::string id;
  std::string user;
  std::string text;
  std::int64_t created = 0;
  std::int64_t updated = 0;
};

struct registry_version {
  std::int64_t number = 0;
  std::string user;
  std::string stage = "None";
  std::string description;
  std::string source;
  std::string run_id;
  std::string run_link;
  std::int64_t created = 0;
  std::int64_t updated = 0;
  std::int64_t ready_at = 0;
  text_map tags;
  std::vector<registry_activity> open_requests;
  std::vector<registry_comment> comments;
};

struct registry_model {
  std::string id;
  std::string name;
  std::string user;
  std::string description;
  std::int64_t created = 0;
  std::int64_t updated = 0;
  text_map tags;
  std::map<std::int64_t, registry_version> versions;
  std::int64_t last_version = 0;

  /// The last version of each stage that has one, and is in `stages` if those are not empty.
  [[nodiscard]] std::vector<registry_version const*> latest(
      std::vector<std::string> const& stages) const;
};

struct registry_webhook {
  std::string id;
  std::string model;
  std::string description;
  std::string status = "ACTIVE";
  std::vector<std::string> events;
  std::optional<std::string> url;
  bool verifies_tls = true;
  std::optional<std::string> job_id;
  std::string workspace_url;
  std::int64_t created = 0;
  std::int64_t updated = 0;
};

struct registry_limits {
  static constexpr std::chrono::milliseconds registration{2000};  ///< Until a version is ready.
  static constexpr std::size_t pending_max = 20;                  ///< Versions that are not.
  static constexpr std::int64_t models_page_max = 1000;
  static constexpr std::int64_t models_page_default = 100;
  static constexpr std::int64_t versions_page_max = 10'000;
  static constexpr std::int64_t webhooks_page_max = 1000;
  static constexpr std::size_t models_max = 100'000;
  static constexpr std::size_t webhooks_max = 10'000;
  static constexpr std::size_t comments_max = 10'000;  ///< Of a version.
};

/// A version and the model it belongs to.
struct found_version {
  registry_model* model = nullptr;
  registry_version* version = nullptr;
};

/// Pointers are valid until the next change. Times are milliseconds since 1970.
class model_registry_state {
 public:
  explicit model_registry_state(std::uint64_t seed) : random_(seed) {}

  struct author {
    std::string user;
    std::int64_t now = 0;
  };

  outcome<registry_model*> create_model(std::string name, std::string description,
                                        key_values const& tags, author const& by);
  outcome<registry_model*> model(std::string const& name);
  outcome<registry_model*> rename_model(std::string const& name, std::string to, std::int64_t now);
  outcome<void> delete_model(std::string const& name);
  outcome<std::vector<registry_model const*>> search_models(
      std::string_view filter, std::vector<std::string> const& order_by) const;

  outcome<found_version> create_version(std::string const& name, registry_version from,
                                        author const& by);
  outcome<found_version> version(std::string const& name, std::string_view number);
  outcome<void> delete_version(std::string const& name, std::string_view number, std::int64_t now);
  struct listed_version {
    registry_model const* model = nullptr;
    registry_version const* version = nullptr;
  };
  /// The last changed first, unless told otherwise; ties by name, then the greatest number first.
  outcome<std::vector<listed_version>> search_versions(
      std::string_view filter, std::vector<std::string> const& order_by) const;

  /// Checks key and value and puts them in `tags`.
  static outcome<void> set_tag(text_map& tags, std::string const& key, std::string const& value);

  struct stage_change {
    std::string stage;
    std::string comment;
    bool archive_existing = false;
  };
  outcome<found_version> transition(std::string const& name, std::string_view number,
                                    stage_change const& to, std::int64_t now);
  outcome<registry_activity const*> request_transition(std::string const& name,
                                                       std::string_view number,
                                                       stage_change const& to, author const& by);
  enum class decision : std::uint8_t { approve, reject };
  /// Ends every request for that stage.
  outcome<registry_activity> decide(std::string const& name, std::string_view number,
                                    stage_change const& to, decision what, author const& by);
  outcome<registry_activity> cancel_request(std::string const& name, std::string_view number,
                                            stage_change const& to, std::string const& creator,
                                            author const& by);

  outcome<registry_comment const*> add_comment(std::string const& name, std::string_view number,
                                               std::string text, author const& by);
  outcome<registry_comment const*> edit_comment(std::string const& id, std::string text,
                                                author const& by);
  outcome<void> delete_comment(std::string const& id);

  outcome<registry_webhook const*> create_webhook(registry_webhook from, std::int64_t now);
  outcome<registry_webhook const*> webhook(std::string const& id) const;
  /// Puts `to` in the place of the webhook with its id.
  outcome<registry_webhook const*> replace_webhook(registry_webhook to, std::int64_t now);
  outcome<void> delete_webhook(std::string const& id);
  /// Of `model` (empty: any) that have one of `events` (empty: any), oldest first.
  [[nodiscard]] std::vector<registry_webhook const*> webhooks(
      std::string const& model, std::vector<std::string> const& events) const;

  void clear();

 private:
  [[nodiscard]] std::size_t pending(std::int64_t now) const;
  std::vector<registry_comment>::iterator find_comment(std::string const& id,
                                                       registry_version*& in);

  random_source random_;
  std::map<std::string, registry_model> models_;
  std::vector<registry_webhook> webhooks_;
};

/// "Staging" of "staging"; INVALID_PARAMETER_VALUE when there is no such stage.
outcome<std::string> registry_stage(std::string_view text);
/// Known events, and at least one.
outcome<void> check_registry_events(std::vector<std::string> const& events);

}  // namespace kiln::emulation
