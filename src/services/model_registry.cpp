#include "client/paging.hpp"
#include "services/model_registry_fields.hpp"
#include "services/operations.hpp"

#include <kiln/services/model_registry.hpp>
#include <kiln/workspace.hpp>

#include <array>
#include <utility>

namespace kiln {

model_registry::service workspace::model_registry() const noexcept {
  return model_registry::service(core_);
}

std::span<operation const> mlflow_registry_operations() {
  constexpr std::string_view here = "mlflow_registry";
  static constexpr std::array rows{
      describe<model_registry::approve_transition_request>(here, "approve_transition_request"),
      describe<model_registry::create_comment>(here, "create_comment"),
      describe<model_registry::create_model>(here, "create_model"),
      describe<model_registry::create_model_version>(here, "create_model_version"),
      describe<model_registry::create_transition_request>(here, "create_transition_request"),
      describe<model_registry::create_webhook>(here, "create_webhook"),
      describe<model_registry::delete_comment>(here, "delete_comment"),
      describe<model_registry::delete_model>(here, "delete_model"),
      describe<model_registry::delete_model_tag>(here, "delete_model_tag"),
      describe<model_registry::delete_model_version>(here, "delete_model_version"),
      describe<model_registry::delete_model_version_tag>(here, "delete_model_version_tag"),
      describe<model_registry::delete_transition_request>(here, "delete_transition_request"),
      describe<model_registry::delete_webhook>(here, "delete_webhook"),
      describe<model_registry::get_latest_versions>(here, "get_latest_versions"),
      describe<model_registry::get_model>(here, "get_model"),
      describe<model_registry::get_model_version>(here, "get_model_version"),
      describe<model_registry::get_model_version_download_uri>(here,
                                                               "get_model_version_download_uri"),
      describe<model_registry::list_models>(here, "list_models"),
      describe<model_registry::list_transition_requests>(here, "list_transition_requests"),
      describe<model_registry::list_webhooks>(here, "list_webhooks"),
      describe<model_registry::reject_transition_request>(here, "reject_transition_request"),
      describe<model_registry::rename_model>(here, "rename_model"),
      describe<model_registry::search_model_versions>(here, "search_model_versions"),
      describe<model_registry::search_models>(here, "search_models"),
      describe<model_registry::set_model_tag>(here, "set_model_tag"),
      describe<model_registry::set_model_version_tag>(here, "set_model_version_tag"),
      describe<model_registry::test_registry_webhook>(here, "test_registry_webhook"),
      describe<model_registry::transition_stage>(here, "transition_stage"),
      describe<model_registry::update_comment>(here, "update_comment"),
      describe<model_registry::update_model>(here, "update_model"),
      describe<model_registry::update_model_version>(here, "update_model_version"),
      describe<model_registry::update_webhook>(here, "update_webhook")};
  return rows;
}

namespace model_registry {

namespace {

// Items a page: the most the server gives.
constexpr auto model_pages = by_token("max_results", 1000);
constexpr auto version_pages = by_token("max_results", 10'000);

}  // namespace

enum_table spellings(model_version_status) {
  static constexpr auto words = spell("PENDING_REGISTRATION", "FAILED_REGISTRATION", "READY");
  return words;
}
enum_table spellings(permission_level) {
  static constexpr auto words =
      spell("CAN_CREATE_REGISTERED_MODEL", "CAN_READ", "CAN_EDIT", "CAN_MANAGE_STAGING_VERSIONS",
            "CAN_MANAGE_PRODUCTION_VERSIONS", "CAN_MANAGE");
  return words;
}
enum_table spellings(email_subscription) {
  static constexpr auto words = spell("DEFAULT", "ALL_EVENTS", "SUBSCRIBED", "UNSUBSCRIBED");
  return words;
}
enum_table spellings(activity_type) {
  static constexpr auto words =
      spell("APPLIED_TRANSITION", "REQUESTED_TRANSITION", "APPROVED_REQUEST", "REJECTED_REQUEST",
            "CANCELLED_REQUEST", "SYSTEM_TRANSITION", "NEW_COMMENT");
  return words;
}
enum_table spellings(activity_action) {
  static constexpr auto words =
      spell("APPROVE_TRANSITION_REQUEST", "REJECT_TRANSITION_REQUEST", "CANCEL_TRANSITION_REQUEST",
            "EDIT_COMMENT", "DELETE_COMMENT");
  return words;
}
enum_table spellings(webhook_event) {
  static constexpr auto words =
      spell("REGISTERED_MODEL_CREATED", "MODEL_VERSION_CREATED", "MODEL_VERSION_TAG_SET",
            "MODEL_VERSION_TRANSITIONED_STAGE", "MODEL_VERSION_TRANSITIONED_TO_STAGING",
            "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION", "MODEL_VERSION_TRANSITIONED_TO_ARCHIVED",
            "TRANSITION_REQUEST_CREATED", "TRANSITION_REQUEST_TO_STAGING_CREATED",
            "TRANSITION_REQUEST_TO_PRODUCTION_CREATED", "TRANSITION_REQUEST_TO_ARCHIVED_CREATED",
            "COMMENT_CREATED");
  return words;
}
enum_table spellings(webhook_status) {
  static constexpr auto words = spell("ACTIVE", "DISABLED", "TEST_MODE");
  return words;
}

task<create_model::response> service::create_model(model_registry::create_model const& r,
                                                   call_options const& o) const {
  return receive<model_registry::create_model::response>(core_, encode(r, o));
}
task<void> service::delete_model(model_registry::delete_model const& r,
                                 call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::delete_model_tag(model_registry::delete_model_tag const& r,
                                     call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<get_latest_versions::response> service::get_latest_versions(
    model_registry::get_latest_versions const& r, call_options const& o) const {
  return receive<model_registry::get_latest_versions::response>(core_, encode(r, o));
}
task<get_model::response> service::get_model(model_registry::get_model const& r,
                                             call_options const& o) const {
  return receive<model_registry::get_model::response>(core_, encode(r, o));
}
task<list_models::response> service::list_models(model_registry::list_models const& r,
                                                 call_options const& o) const {
  return receive<model_registry::list_models::response>(core_, encode(r, o));
}
pages<registered_model> service::list_models_pages(model_registry::list_models const& r,
                                                   std::int64_t limit,
                                                   call_options const& o) const {
  return paginate<&model_registry::list_models::response::registered_models>(core_, r, model_pages,
                                                                             limit, o);
}
task<std::vector<registered_model>> service::list_models_all(model_registry::list_models const& r,
                                                             std::int64_t limit,
                                                             call_options const& o) const {
  return list_models_pages(r, limit, o).all();
}
task<rename_model::response> service::rename_model(model_registry::rename_model const& r,
                                                   call_options const& o) const {
  return receive<model_registry::rename_model::response>(core_, encode(r, o));
}
task<search_models::response> service::search_models(model_registry::search_models const& r,
                                                     call_options const& o) const {
  return receive<model_registry::search_models::response>(core_, encode(r, o));
}
pages<registered_model> service::search_models_pages(model_registry::search_models const& r,
                                                     std::int64_t limit,
                                                     call_options const& o) const {
  return paginate<&model_registry::search_models::response::registered_models>(
      core_, r, model_pages, limit, o);
}
task<std::vector<registered_model>> service::search_models_all(
    model_registry::search_models const& r, std::int64_t limit, call_options const& o) const {
  return search_models_pages(r, limit, o).all();
}
task<void> service::set_model_tag(model_registry::set_model_tag const& r,
                                  call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<update_model::response> service::update_model(model_registry::update_model const& r,
                                                   call_options const& o) const {
  return receive<model_registry::update_model::response>(core_, encode(r, o));
}

task<create_model_version::response> service::create_model_version(
    model_registry::create_model_version const& r, call_options const& o) const {
  return receive<model_registry::create_model_version::response>(core_, encode(r, o));
}
task<void> service::delete_model_version(model_registry::delete_model_version const& r,
                                         call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::delete_model_version_tag(model_registry::delete_model_version_tag const& r,
                                             call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<get_model_version::response> service::get_model_version(
    model_registry::get_model_version const& r, call_options const& o) const {
  return receive<model_registry::get_model_version::response>(core_, encode(r, o));
}
task<get_model_version_download_uri::response> service::get_model_version_download_uri(
    model_registry::get_model_version_download_uri const& r, call_options const& o) const {
  return receive<model_registry::get_model_version_download_uri::response>(core_, encode(r, o));
}
task<search_model_versions::response> service::search_model_versions(
    model_registry::search_model_versions const& r, call_options const& o) const {
  return receive<model_registry::search_model_versions::response>(core_, encode(r, o));
}
pages<model_version> service::search_model_versions_pages(
    model_registry::search_model_versions const& r, std::int64_t limit,
    call_options const& o) const {
  return paginate<&model_registry::search_model_versions::response::model_versions>(
      core_, r, version_pages, limit, o);
}
task<std::vector<model_version>> service::search_model_versions_all(
    model_registry::search_model_versions const& r, std::int64_t limit,
    call_options const& o) const {
  return search_model_versions_pages(r, limit, o).all();
}
task<void> service::set_model_version_tag(model_registry::set_model_version_tag const& r,
                                          call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<update_model_version::response> service::update_model_version(
    model_registry::update_model_version const& r, call_options const& o) const {
  return receive<model_registry::update_model_version::response>(core_, encode(r, o));
}

task<transition_stage::response> service::transition_stage(
    model_registry::transition_stage const& r, call_options const& o) const {
  return receive<model_registry::transition_stage::response>(core_, encode(r, o));
}
}  // namespace model_registry
}  // namespace kiln
