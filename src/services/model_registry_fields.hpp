#pragma once

#include <kiln/fields.hpp>
#include <kiln/services/model_registry.hpp>

// The JSON form of every struct of the model registry, for the service and for the tests that hold
// it to the structs.
namespace kiln::model_registry {

void fields(auto& io, tag& v) {
  io("key", v.key);
  io("value", v.value);
}
void fields(auto& io, model_version& v) {
  io("name", v.name);
  io("version", v.version);
  io("creation_timestamp", v.creation_timestamp);
  io("last_updated_timestamp", v.last_updated_timestamp);
  io("user_id", v.user_id);
  io("current_stage", v.current_stage);
  io("description", v.description);
  io("source", v.source);
  io("run_id", v.run_id);
  io("run_link", v.run_link);
  io("status", v.status);
  io("status_message", v.status_message);
  io("tags", v.tags);
}
void fields(auto& io, registered_model& v) {
  io("name", v.name);
  io("creation_timestamp", v.creation_timestamp);
  io("last_updated_timestamp", v.last_updated_timestamp);
  io("user_id", v.user_id);
  io("description", v.description);
  io("latest_versions", v.latest_versions);
  io("tags", v.tags);
}
void fields(auto& io, registered_model_databricks& v) {
  io("id", v.id);
  io("name", v.name);
  io("creation_timestamp", v.creation_timestamp);
  io("last_updated_timestamp", v.last_updated_timestamp);
  io("user_id", v.user_id);
  io("description", v.description);
  io("latest_versions", v.latest_versions);
  io("tags", v.tags);
  io("permission_level", v.permission_level);
}
void fields(auto& io, activity& v) {
  io("id", v.id);
  io("user_id", v.user_id);
  io("activity_type", v.activity_type);
  io("comment", v.comment);
  io("system_comment", v.system_comment);
  io("from_stage", v.from_stage);
  io("to_stage", v.to_stage);
  io("creation_timestamp", v.creation_timestamp);
  io("last_updated_timestamp", v.last_updated_timestamp);
}
void fields(auto& io, linked_feature& v) {
  io("feature_table_id", v.feature_table_id);
  io("feature_table_name", v.feature_table_name);
  io("feature_name", v.feature_name);
}
void fields(auto& io, feature_list& v) { io("features", v.features); }
void fields(auto& io, model_version_databricks& v) {
  io("name", v.name);
  io("version", v.version);
  io("creation_timestamp", v.creation_timestamp);
  io("last_updated_timestamp", v.last_updated_timestamp);
  io("user_id", v.user_id);
  io("current_stage", v.current_stage);
  io("description", v.description);
  io("source", v.source);
  io("run_id", v.run_id);
  io("run_link", v.run_link);
  io("status", v.status);
  io("status_message", v.status_message);
  io("tags", v.tags);
  io("permission_level", v.permission_level);
  io("open_requests", v.open_requests);
  io("email_subscription_status", v.email_subscription_status);
  io("feature_list", v.feature_list);
}
void fields(auto& io, transition_request& v) {
  io("user_id", v.user_id);
  io("to_stage", v.to_stage);
  io("comment", v.comment);
  io("available_actions", v.available_actions);
  io("creation_timestamp", v.creation_timestamp);
}
void fields(auto& io, comment_object& v) {
  io("id", v.id);
  io("user_id", v.user_id);
  io("comment", v.comment);
  io("available_actions", v.available_actions);
  io("creation_timestamp", v.creation_timestamp);
  io("last_updated_timestamp", v.last_updated_timestamp);
}
void fields(auto& io, http_url_spec& v) {
  io("url", v.url);
  io("enable_ssl_verification", v.enable_ssl_verification);
  io("secret", v.secret);
  io("authorization", v.authorization);
}
void fields(auto& io, job_spec& v) {
  io("job_id", v.job_id);
  io("access_token", v.access_token);
  io("workspace_url", v.workspace_url);
}
void fields(auto& io, http_url_spec_without_secret& v) {
  io("url", v.url);
  io("enable_ssl_verification", v.enable_ssl_verification);
}
void fields(auto& io, job_spec_without_secret& v) {
  io("job_id", v.job_id);
  io("workspace_url", v.workspace_url);
}
void fields(auto& io, webhook& v) {
  io("id", v.id);
  io("model_name", v.model_name);
  io("description", v.description);
  io("events", v.events);
  io("status", v.status);
  io("http_url_spec", v.http_url_spec);
  io("job_spec", v.job_spec);
  io("creation_timestamp", v.creation_timestamp);
  io("last_updated_timestamp", v.last_updated_timestamp);
}
void fields(auto& io, create_model& v) {
  io("name", v.name);
  io("description", v.description);
  io("tags", v.tags);
}
void fields(auto& io, create_model::response& v) { io("registered_model", v.registered_model); }
void fields(auto& io, delete_model& v) { io("name", v.name); }
void fields(auto& io, delete_model_tag& v) {
  io("name", v.name);
  io("key", v.key);
}
void fields(auto& io, get_latest_versions& v) {
  io("name", v.name);
  io("stages", v.stages);
}
void fields(auto& io, get_latest_versions::response& v) { io("model_versions", v.model_versions); }
void fields(auto& io, get_model& v) { io("name", v.name); }
void fields(auto& io, get_model::response& v) {
  io("registered_model_databricks", v.registered_model_databricks);
}
void fields(auto& io, list_models& v) {
  io("max_results", v.max_results);
  io("page_token", v.page_token);
}
void fields(auto& io, list_models::response& v) {
  io("registered_models", v.registered_models);
  io("next_page_token", v.next_page_token);
}
void fields(auto& io, rename_model& v) {
  io("name", v.name);
  io("new_name", v.new_name);
}
void fields(auto& io, rename_model::response& v) { io("registered_model", v.registered_model); }
void fields(auto& io, search_models& v) {
  io("filter", v.filter);
  io("max_results", v.max_results);
  io("order_by", v.order_by);
  io("page_token", v.page_token);
}
void fields(auto& io, search_models::response& v) {
  io("registered_models", v.registered_models);
  io("next_page_token", v.next_page_token);
}
void fields(auto& io, set_model_tag& v) {
  io("name", v.name);
  io("key", v.key);
  io("value", v.value);
}
void fields(auto& io, update_model& v) {
  io("name", v.name);
  io("description", v.description);
}
void fields(auto& io, update_model::response& v) { io("registered_model", v.registered_model); }
void fields(auto& io, create_model_version& v) {
  io("name", v.name);
  io("source", v.source);
  io("run_id", v.run_id);
  io("run_link", v.run_link);
  io("description", v.description);
  io("tags", v.tags);
}
void fields(auto& io, create_model_version::response& v) { io("model_version", v.model_version); }
void fields(auto& io, delete_model_version& v) {
  io("name", v.name);
  io("version", v.version);
}
void fields(auto& io, delete_model_version_tag& v) {
  io("name", v.name);
  io("version", v.version);
  io("key", v.key);
}
void fields(auto& io, get_model_version& v) {
  io("name", v.name);
  io("version", v.version);
}
void fields(auto& io, get_model_version::response& v) { io("model_version", v.model_version); }
void fields(auto& io, get_model_version_download_uri& v) {
  io("name", v.name);
  io("version", v.version);
}
void fields(auto& io, get_model_version_download_uri::response& v) {
  io("artifact_uri", v.artifact_uri);
}
void fields(auto& io, search_model_versions& v) {
  io("filter", v.filter);
  io("max_results", v.max_results);
  io("order_by", v.order_by);
  io("page_token", v.page_token);
}
void fields(auto& io, search_model_versions::response& v) {
  io("model_versions", v.model_versions);
  io("next_page_token", v.next_page_token);
}
void fields(auto& io, set_model_version_tag& v) {
  io("name", v.name);
  io("version", v.version);
  io("key", v.key);
  io("value", v.value);
}
void fields(auto& io, update_model_version& v) {
  io("name", v.name);
  io("version", v.version);
  io("description", v.description);
}
void fields(auto& io, update_model_version::response& v) { io("model_version", v.model_version); }
void fields(auto& io, transition_stage& v) {
  io("name", v.name);
  io("version", v.version);
  io("stage", v.stage);
  io("archive_existing_versions", v.archive_existing_versions);
  io("comment", v.comment);
}
void fields(auto& io, transition_stage::response& v) {
  io("model_version_databricks", v.model_version_databricks);
}
void fields(auto& io, create_transition_request& v) {
  io("name", v.name);
  io("version", v.version);
  io("stage", v.stage);
  io("comment", v.comment);
}
void fields(auto& io, create_transition_request::response& v) { io("request", v.request); }
void fields(auto& io, approve_transition_request& v) {
  io("name", v.name);
  io("version", v.version);
  io("stage", v.stage);
  io("archive_existing_versions", v.archive_existing_versions);
  io("comment", v.comment);
}
void fields(auto& io, approve_transition_request::response& v) { io("activity", v.activity); }
void fields(auto& io, reject_transition_request& v) {
  io("name", v.name);
  io("version", v.version);
  io("stage", v.stage);
  io("comment", v.comment);
}
void fields(auto& io, reject_transition_request::response& v) { io("activity", v.activity); }
void fields(auto& io, delete_transition_request& v) {
  io("name", v.name);
  io("version", v.version);
  io("stage", v.stage);
  io("creator", v.creator);
  io("comment", v.comment);
}
void fields(auto& io, delete_transition_request::response& v) { io("activity", v.activity); }
void fields(auto& io, list_transition_requests& v) {
  io("name", v.name);
  io("version", v.version);
}
void fields(auto& io, list_transition_requests::response& v) { io("requests", v.requests); }
void fields(auto& io, create_comment& v) {
  io("name", v.name);
  io("version", v.version);
  io("comment", v.comment);
}
void fields(auto& io, create_comment::response& v) { io("comment", v.comment); }
void fields(auto& io, delete_comment& v) { io("id", v.id); }
void fields(auto& io, update_comment& v) {
  io("id", v.id);
  io("comment", v.comment);
}
void fields(auto& io, update_comment::response& v) { io("comment", v.comment); }
void fields(auto& io, create_webhook& v) {
  io("events", v.events);
  io("model_name", v.model_name);
  io("description", v.description);
  io("status", v.status);
  io("http_url_spec", v.http_url_spec);
  io("job_spec", v.job_spec);
}
void fields(auto& io, create_webhook::response& v) { io("webhook", v.webhook); }
void fields(auto& io, delete_webhook& v) { io("id", v.id); }
void fields(auto& io, list_webhooks& v) {
  io("model_name", v.model_name);
  io("events", v.events);
  io("max_results", v.max_results);
  io("page_token", v.page_token);
}
void fields(auto& io, list_webhooks::response& v) {
  io("webhooks", v.webhooks);
  io("next_page_token", v.next_page_token);
}
void fields(auto& io, test_registry_webhook& v) {
  io("id", v.id);
  io("event", v.event);
}
void fields(auto& io, test_registry_webhook::response& v) {
  io("status_code", v.status_code);
  io("body", v.body);
}
void fields(auto& io, update_webhook& v) {
  io("id", v.id);
  io("description", v.description);
  io("events", v.events);
  io("status", v.status);
  io("http_url_spec", v.http_url_spec);
  io("job_spec", v.job_spec);
}
void fields(auto& io, update_webhook::response& v) { io("webhook", v.webhook); }

}  // namespace kiln::model_registry
