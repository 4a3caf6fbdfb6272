#pragma once

#include <kiln/open_enum.hpp>
#include <kiln/timestamp.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the model registry is made of: models, versions, their history, webhooks. The calls are in
/// kiln/services/model_registry.hpp.
/// Source of every shape: https://learn.microsoft.com/azure/databricks/dev-tools/api/latest/mlflow
///
/// Stages are "None", "Staging", "Production" and "Archived". Versions are digits, but text.
namespace kiln::model_registry {

/// A version is of use once it is ready.
enum class model_version_status { pending_registration, failed_registration, ready };
kiln::enum_table spellings(model_version_status);

enum class permission_level {
  can_create_registered_model,
  can_read,
  can_edit,
  can_manage_staging_versions,
  can_manage_production_versions,
  can_manage,
};
kiln::enum_table spellings(permission_level);

/// Whether the caller is told by mail of what happens to a version.
enum class email_subscription { default_, all_events, subscribed, unsubscribed };
kiln::enum_table spellings(email_subscription);

/// What happened to a version.
enum class activity_type {
  applied_transition,
  requested_transition,
  approved_request,
  rejected_request,
  cancelled_request,
  system_transition,
  new_comment,
};
kiln::enum_table spellings(activity_type);

/// What the caller may do with a transition request or a comment.
enum class activity_action {
  approve_transition_request,
  reject_transition_request,
  cancel_transition_request,
  edit_comment,
  delete_comment,
};
kiln::enum_table spellings(activity_action);

enum class webhook_event {
  registered_model_created,
  model_version_created,
  model_version_tag_set,
  model_version_transitioned_stage,
  model_version_transitioned_to_staging,
  model_version_transitioned_to_production,
  model_version_transitioned_to_archived,
  transition_request_created,
  transition_request_to_staging_created,
  transition_request_to_production_created,
  transition_request_to_archived_created,
  comment_created,
};
kiln::enum_table spellings(webhook_event);

/// In test mode only test_registry_webhook triggers it.
enum class webhook_status { active, disabled, test_mode };
kiln::enum_table spellings(webhook_status);

/// Of a model or of a version.
struct tag {
  std::string key;
  std::string value;
};

struct model_version {
  std::string name;  ///< Of the model.
  std::string version;
  std::optional<timestamp> creation_timestamp{};
  std::optional<timestamp> last_updated_timestamp{};
  std::string user_id;
  std::string current_stage;
  std::string description;
  std::string source;  ///< The URI it was made from.
  std::string run_id;  ///< The MLflow run that made it, if one did.
  std::string run_link;
  open_enum<model_version_status> status;
  std::string status_message;  ///< Why it is pending or has failed.
  std::vector<tag> tags;
};

struct registered_model {
  std::string name;
  std::optional<timestamp> creation_timestamp{};
  std::optional<timestamp> last_updated_timestamp{};
  std::string user_id;
  std::string description;
  std::vector<model_version> latest_versions;  ///< The last of each stage that has one.
  std::vector<tag> tags;
};

/// As registered_model, with what only a workspace knows.
struct registered_model_databricks {
  std::string id;
  std::string name;
  std::optional<timestamp> creation_timestamp{};
  std::optional<timestamp> last_updated_timestamp{};
  std::string user_id;
  std::string description;
  std::vector<model_version> latest_versions;
  std::vector<tag> tags;
  open_enum<model_registry::permission_level> permission_level;  ///< The caller's.
};

/// An entry of a version's history: a transition, a request for one and its end, or a comment.
struct activity {
  std::string id;
  std::string user_id;
  open_enum<model_registry::activity_type> activity_type;
  std::string comment;         ///< What the user wrote with it.
  std::string system_comment;  ///< What the server adds.
  std::string from_stage;
  std::string to_stage;
  std::optional<timestamp> creation_timestamp{};
  std::optional<timestamp> last_updated_timestamp{};
};

/// A feature of a feature store that a version was trained with.
struct linked_feature {
  std::string feature_table_id;
  std::string feature_table_name;
  std::string feature_name;
};
struct feature_list {
  std::vector<linked_feature> features;
};

/// As model_version, with what only a workspace knows.
struct model_version_databricks {
  std::string name;
  std::string version;
  std::optional<timestamp> creation_timestamp{};
  std::optional<timestamp> last_updated_timestamp{};
  std::string user_id;
  std::string current_stage;
  std::string description;
  std::string source;
  std::string run_id;
  std::string run_link;
  open_enum<model_version_status> status;
  std::string status_message;
  std::vector<tag> tags;
  open_enum<model_registry::permission_level> permission_level;  ///< The caller's.
  std::vector<activity> open_requests;                           ///< For a change of its stage.
  open_enum<email_subscription> email_subscription_status;
  std::optional<model_registry::feature_list> feature_list{};
};

struct transition_request {
  std::string user_id;
  std::string to_stage;
  std::string comment;
  std::vector<open_enum<activity_action>> available_actions;
  std::optional<timestamp> creation_timestamp{};
};

struct comment_object {
  std::string id;
  std::string user_id;
  std::string comment;
  std::vector<open_enum<activity_action>> available_actions;
  std::optional<timestamp> creation_timestamp{};
  std::optional<timestamp> last_updated_timestamp{};
};

/// Whom a webhook calls. Secrets are sent, never shown.
struct http_url_spec {
  std::string_view url;                           ///< https only.
  std::optional<bool> enable_ssl_verification{};  ///< Default: true.
  std::string_view secret{};                      ///< Key of the HMAC-SHA256 of the payload.
  std::string_view authorization{};               ///< Value of the Authorization header.
};
/// The job a webhook starts.
struct job_spec {
  std::string_view job_id;
  std::string_view access_token;
  std::string_view workspace_url{};  ///< Default: this workspace.
};
struct http_url_spec_without_secret {
  std::string url;
  std::optional<bool> enable_ssl_verification{};
};
struct job_spec_without_secret {
  std::string job_id;
  std::string workspace_url;
};

/// Has either an http_url_spec or a job_spec.
struct webhook {
  std::string id;
  std::string model_name;  ///< Empty: of every model.
  std::string description;
  std::vector<open_enum<webhook_event>> events;
  open_enum<webhook_status> status;
  std::optional<http_url_spec_without_secret> http_url_spec{};
  std::optional<job_spec_without_secret> job_spec{};
  std::optional<timestamp> creation_timestamp{};
  std::optional<timestamp> last_updated_timestamp{};
};

}  // namespace kiln::model_registry
