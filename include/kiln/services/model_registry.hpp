#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/options.hpp>
#include <kiln/pages.hpp>
#include <kiln/result.hpp>
#include <kiln/services/model_registry_types.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// MLflow's model registry of a workspace, API 2.0: a registered model has versions; each is in a
/// stage, carries comments, and moves to another stage at once or when a request is approved.
/// An open-source MLflow server knows models, versions and their tags; the rest is Databricks' own.
/// Source of every shape: https://learn.microsoft.com/azure/databricks/dev-tools/api/latest/mlflow
///
/// Stages are "None", "Staging", "Production" and "Archived". Versions are digits, but text.
namespace kiln {

class engine;

namespace model_registry {

// Models

/// Fails with RESOURCE_ALREADY_EXISTS when the name is taken.
struct create_model {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/registered-models/create",
                               repeat::not_idempotent};
  struct response {
    model_registry::registered_model registered_model;
  };
  std::string_view name;
  std::string_view description{};
  std::span<tag const> tags{};
};

/// Deletes a model with all its versions. Not repeated after a lost answer: the name may be a new
/// model's by then.
struct delete_model {
  static constexpr endpoint at{.method = verb::delete_,
                               .path = "/api/2.0/mlflow/registered-models/delete",
                               .repeats = repeat::not_idempotent,
                               .body_too = true};
  using response = void;
  std::string_view name;
};

struct delete_model_tag {
  static constexpr endpoint at{.method = verb::delete_,
                               .path = "/api/2.0/mlflow/registered-models/delete-tag",
                               .repeats = repeat::idempotent,
                               .body_too = true};
  using response = void;
  std::string_view name;
  std::string_view key;
};

/// The last version of each stage.
struct get_latest_versions {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/registered-models/get-latest-versions",
                               repeat::safe};
  struct response {
    std::vector<model_version> model_versions;
  };
  std::string_view name;
  std::span<std::string_view const> stages{};  ///< Default: all.
};

struct get_model {
  static constexpr endpoint at{verb::get, "/api/2.0/mlflow/databricks/registered-models/get",
                               repeat::safe};
  struct response {
    model_registry::registered_model_databricks registered_model_databricks;
  };
  std::string_view name;
};

struct list_models {
  static constexpr endpoint at{verb::get, "/api/2.0/mlflow/registered-models/list", repeat::safe};
  struct response {
    std::vector<registered_model> registered_models;
    std::string next_page_token;
  };
  std::optional<std::int64_t> max_results{};  ///< At most 1000.
  std::string_view page_token{};
};

struct rename_model {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/registered-models/rename",
                               repeat::not_idempotent};
  struct response {
    model_registry::registered_model registered_model;
  };
  std::string_view name;
  std::string_view new_name{};
};

/// Filters are comparisons by =, !=, LIKE, ILIKE of name and tags.<key>, joined by AND:
///     name LIKE 'churn%' AND tags.team = 'growth'
struct search_models {
  static constexpr endpoint at{verb::get, "/api/2.0/mlflow/registered-models/search", repeat::safe};
  struct response {
    std::vector<registered_model> registered_models;
    std::string next_page_token;
  };
  std::string_view filter{};
  std::optional<std::int64_t> max_results{};  ///< At most 1000; default 100.
  /// Of "name" and "last_updated_timestamp" (or "timestamp"), each with ASC or DESC.
  std::span<std::string_view const> order_by{};
  std::string_view page_token{};
};

struct set_model_tag {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/registered-models/set-tag",
                               repeat::idempotent};
  using response = void;
  std::string_view name;
  std::string_view key;
  std::string_view value;
};

struct update_model {
  static constexpr endpoint at{verb::patch, "/api/2.0/mlflow/registered-models/update",
                               repeat::idempotent};
  struct response {
    model_registry::registered_model registered_model;
  };
  std::string_view name;
  std::optional<std::string_view> description{};  ///< Empty text takes it away.
};

// Versions

/// Makes the next version of a model. It is pending first: wait for get_model_version to say READY.
/// At most 20 may be pending in a workspace. A repeat would make another version.
struct create_model_version {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/model-versions/create",
                               repeat::not_idempotent};
  struct response {
    model_registry::model_version model_version;
  };
  std::string_view name;
  std::string_view source;  ///< URI of the model's artifacts.
  std::string_view run_id{};
  std::string_view run_link{};  ///< Of a run in another workspace.
  std::string_view description{};
  std::span<tag const> tags{};
};

struct delete_model_version {
  static constexpr endpoint at{.method = verb::delete_,
                               .path = "/api/2.0/mlflow/model-versions/delete",
                               .repeats = repeat::not_idempotent,
                               .body_too = true};
  using response = void;
  std::string_view name;
  std::string_view version;
};

struct delete_model_version_tag {
  static constexpr endpoint at{.method = verb::delete_,
                               .path = "/api/2.0/mlflow/model-versions/delete-tag",
                               .repeats = repeat::idempotent,
                               .body_too = true};
  using response = void;
  std::string_view name;
  std::string_view version;
  std::string_view key;
};

struct get_model_version {
  static constexpr endpoint at{verb::get, "/api/2.0/mlflow/model-versions/get", repeat::safe};
  struct response {
    model_registry::model_version model_version;
  };
  std::string_view name;
  std::string_view version;
};

struct get_model_version_download_uri {
  static constexpr endpoint at{verb::get, "/api/2.0/mlflow/model-versions/get-download-uri",
                               repeat::safe};
  struct response {
    std::string artifact_uri;
  };
  std::string_view name;
  std::string_view version;
};

/// As search_models, over name, version_number, run_id, source_path and tags.<key>.
struct search_model_versions {
  static constexpr endpoint at{verb::get, "/api/2.0/mlflow/model-versions/search", repeat::safe};
  struct response {
    std::vector<model_version> model_versions;
    std::string next_page_token;
  };
  std::string_view filter{};
  std::optional<std::int64_t> max_results{};  ///< At most 10,000.
  /// Of "name", "version_number", "creation_timestamp" and "last_updated_timestamp".
  std::span<std::string_view const> order_by{};
  std::string_view page_token{};
};

struct set_model_version_tag {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/model-versions/set-tag",
                               repeat::idempotent};
  using response = void;
  std::string_view name;
  std::string_view version;
  std::string_view key;
  std::string_view value;
};

struct update_model_version {
  static constexpr endpoint at{verb::patch, "/api/2.0/mlflow/model-versions/update",
                               repeat::idempotent};
  struct response {
    model_registry::model_version model_version;
  };
  std::string_view name;
  std::string_view version;
  std::optional<std::string_view> description{};  ///< Empty text takes it away.
};

// Stages, and requests for a change of one

/// Moves a version to another stage at once.
struct transition_stage {
  static constexpr endpoint at{
      verb::post, "/api/2.0/mlflow/databricks/model-versions/transition-stage", repeat::idempotent};
  struct response {
    model_registry::model_version_databricks model_version_databricks;
  };
  std::string_view name;
  std::string_view version;
  std::string_view stage;
  bool archive_existing_versions = false;  ///< Of that stage; for Staging and Production only.
  std::string_view comment{};
};

/// Asks for a move to another stage. One request of a user for a stage may be open at a time.
struct create_transition_request {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/transition-requests/create",
                               repeat::not_idempotent};
  struct response {
    transition_request request;
  };
  std::string_view name;
  std::string_view version;
  std::string_view stage;
  std::string_view comment{};
};

/// Approves every open request for that stage and moves the version.
struct approve_transition_request {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/transition-requests/approve",
                               repeat::not_idempotent};
  struct response {
    model_registry::activity activity;
  };
  std::string_view name;
  std::string_view version;
  std::string_view stage;
  bool archive_existing_versions = false;
  std::string_view comment{};
};

struct reject_transition_request {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/transition-requests/reject",
                               repeat::not_idempotent};
  struct response {
    model_registry::activity activity;
  };
  std::string_view name;
  std::string_view version;
  std::string_view stage;
  std::string_view comment{};
};

/// Cancels a request: only its creator may.
struct delete_transition_request {
  static constexpr endpoint at{verb::delete_, "/api/2.0/mlflow/transition-requests/delete",
                               repeat::not_idempotent};
  struct response {
    model_registry::activity activity;
  };
  std::string_view name;
  std::string_view version;
  std::string_view stage;
  std::string_view creator;  ///< The user name of who made it.
  std::string_view comment{};
};

/// The open requests of a version.
struct list_transition_requests {
  static constexpr endpoint at{verb::get, "/api/2.0/mlflow/transition-requests/list", repeat::safe};
  struct response {
    std::vector<activity> requests;
  };
  std::string_view name;
  std::string_view version;
};

// Comments

struct create_comment {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/comments/create",
                               repeat::not_idempotent};
  struct response {
    comment_object comment;
  };
  std::string_view name;
  std::string_view version;
  std::string_view comment;
};

struct delete_comment {
  static constexpr endpoint at{verb::delete_, "/api/2.0/mlflow/comments/delete",
                               repeat::idempotent};
  using response = void;
  std::string_view id;
};

struct update_comment {
  static constexpr endpoint at{verb::patch, "/api/2.0/mlflow/comments/update", repeat::idempotent};
  struct response {
    comment_object comment;
  };
  std::string_view id;
  std::string_view comment;
};

// Webhooks

/// Needs exactly one of http_url_spec and job_spec.
struct create_webhook {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/registry-webhooks/create",
                               repeat::not_idempotent};
  struct response {
    model_registry::webhook webhook;
  };
  std::span<webhook_event const> events;
  std::string_view model_name{};  ///< Default: every model.
  std::string_view description{};
  std::optional<webhook_status> status{};  ///< Default: active.
  std::optional<model_registry::http_url_spec> http_url_spec{};
  std::optional<model_registry::job_spec> job_spec{};
};

struct delete_webhook {
  static constexpr endpoint at{verb::delete_, "/api/2.0/mlflow/registry-webhooks/delete",
                               repeat::idempotent};
  using response = void;
  std::string_view id;
};

struct list_webhooks {
  static constexpr endpoint at{verb::get, "/api/2.0/mlflow/registry-webhooks/list", repeat::safe};
  struct response {
    std::vector<webhook> webhooks;
    std::string next_page_token;
  };
  std::string_view model_name{};
  std::span<webhook_event const> events{};  ///< Those that have any of these.
  std::optional<std::int64_t> max_results{};
  std::string_view page_token{};
};

/// Calls the webhook once, and gives what it answered.
struct test_registry_webhook {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/registry-webhooks/test",
                               repeat::not_idempotent};
  struct response {
    std::int32_t status_code = 0;
    std::string body;
  };
  std::string_view id;
  std::optional<webhook_event> event{};  ///< Default: one of its own, chosen by the server.
};

/// What is left out stays as it is.
struct update_webhook {
  static constexpr endpoint at{verb::patch, "/api/2.0/mlflow/registry-webhooks/update",
                               repeat::idempotent};
  struct response {
    model_registry::webhook webhook;
  };
  std::string_view id;
  std::optional<std::string_view> description{};
  std::span<webhook_event const> events{};
  std::optional<webhook_status> status{};
  std::optional<model_registry::http_url_spec> http_url_spec{};
  std::optional<model_registry::job_spec> job_spec{};
};

/// What workspace::model_registry() gives. A cheap copy of a shared handle; calls from any thread.
/// Requests are encoded before a method returns, so views in them need live no longer than the call
/// expression. In listings, `limit` is the number of items over all pages, 0 for all.
class service {
 public:
  explicit service(std::shared_ptr<engine> core) noexcept : core_(std::move(core)) {}

  task<model_registry::create_model::response> create_model(model_registry::create_model const& r,
                                                            call_options const& options = {}) const;
  task<void> delete_model(model_registry::delete_model const& r,
                          call_options const& options = {}) const;
  task<void> delete_model_tag(model_registry::delete_model_tag const& r,
                              call_options const& options = {}) const;
  task<model_registry::get_latest_versions::response> get_latest_versions(
      model_registry::get_latest_versions const& r, call_options const& options = {}) const;
  task<model_registry::get_model::response> get_model(model_registry::get_model const& r,
                                                      call_options const& options = {}) const;
  task<model_registry::list_models::response> list_models(model_registry::list_models const& r = {},
                                                          call_options const& options = {}) const;
  pages<registered_model> list_models_pages(model_registry::list_models const& r = {},
                                            std::int64_t limit = 0,
                                            call_options const& options = {}) const;
  task<std::vector<registered_model>> list_models_all(model_registry::list_models const& r = {},
                                                      std::int64_t limit = 0,
                                                      call_options const& options = {}) const;
  task<model_registry::rename_model::response> rename_model(model_registry::rename_model const& r,
                                                            call_options const& options = {}) const;
  task<model_registry::search_models::response> search_models(
      model_registry::search_models const& r = {}, call_options const& options = {}) const;
  pages<registered_model> search_models_pages(model_registry::search_models const& r = {},
                                              std::int64_t limit = 0,
                                              call_options const& options = {}) const;
  task<std::vector<registered_model>> search_models_all(model_registry::search_models const& r = {},
                                                        std::int64_t limit = 0,
                                                        call_options const& options = {}) const;
  task<void> set_model_tag(model_registry::set_model_tag const& r,
                           call_options const& options = {}) const;
  task<model_registry::update_model::response> update_model(model_registry::update_model const& r,
                                                            call_options const& options = {}) const;

  task<model_registry::create_model_version::response> create_model_version(
      model_registry::create_model_version const& r, call_options const& options = {}) const;
  task<void> delete_model_version(model_registry::delete_model_version const& r,
                                  call_options const& options = {}) const;
  task<void> delete_model_version_tag(model_registry::delete_model_version_tag const& r,
                                      call_options const& options = {}) const;
  task<model_registry::get_model_version::response> get_model_version(
      model_registry::get_model_version const& r, call_options const& options = {}) const;
  task<model_registry::get_model_version_download_uri::response> get_model_version_download_uri(
      model_registry::get_model_version_download_uri const& r,
      call_options const& options = {}) const;
  task<model_registry::search_model_versions::response> search_model_versions(
      model_registry::search_model_versions const& r = {}, call_options const& options = {}) const;
  pages<model_version> search_model_versions_pages(
      model_registry::search_model_versions const& r = {}, std::int64_t limit = 0,
      call_options const& options = {}) const;
  task<std::vector<model_version>> search_model_versions_all(
      model_registry::search_model_versions const& r = {}, std::int64_t limit = 0,
      call_options const& options = {}) const;
  task<void> set_model_version_tag(model_registry::set_model_version_tag const& r,
                                   call_options const& options = {}) const;
  task<model_registry::update_model_version::response> update_model_version(
      model_registry::update_model_version const& r, call_options const& options = {}) const;

  task<model_registry::transition_stage::response> transition_stage(
      model_registry::transition_stage const& r, call_options const& options = {}) const;
  task<model_registry::create_transition_request::response> create_transition_request(
      model_registry::create_transition_request const& r, call_options const& options = {}) const;
  task<model_registry::approve_transition_request::response> approve_transition_request(
      model_registry::approve_transition_request const& r, call_options const& options = {}) const;
  task<model_registry::reject_transition_request::response> reject_transition_request(
      model_registry::reject_transition_request const& r, call_options const& options = {}) const;
  task<model_registry::delete_transition_request::response> delete_transition_request(
      model_registry::delete_transition_request const& r, call_options const& options = {}) const;
  task<model_registry::list_transition_requests::response> list_transition_requests(
      model_registry::list_transition_requests const& r, call_options const& options = {}) const;

  task<model_registry::create_comment::response> create_comment(
      model_registry::create_comment const& r, call_options const& options = {}) const;
  task<void> delete_comment(model_registry::delete_comment const& r,
                            call_options const& options = {}) const;
  task<model_registry::update_comment::response> update_comment(
      model_registry::update_comment const& r, call_options const& options = {}) const;

  task<model_registry::create_webhook::response> create_webhook(
      model_registry::create_webhook const& r, call_options const& options = {}) const;
  task<void> delete_webhook(model_registry::delete_webhook const& r,
                            call_options const& options = {}) const;
  task<model_registry::list_webhooks::response> list_webhooks(
      model_registry::list_webhooks const& r = {}, call_options const& options = {}) const;
  pages<webhook> list_webhooks_pages(model_registry::list_webhooks const& r = {},
                                     std::int64_t limit = 0,
                                     call_options const& options = {}) const;
  task<std::vector<webhook>> list_webhooks_all(model_registry::list_webhooks const& r = {},
                                               std::int64_t limit = 0,
                                               call_options const& options = {}) const;
  task<model_registry::test_registry_webhook::response> test_registry_webhook(
      model_registry::test_registry_webhook const& r, call_options const& options = {}) const;
  task<model_registry::update_webhook::response> update_webhook(
      model_registry::update_webhook const& r, call_options const& options = {}) const;

 private:
  std::shared_ptr<engine> core_;
};

}  // namespace model_registry
}  // namespace kiln
