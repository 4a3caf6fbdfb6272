#include "client/paging.hpp"
#include "services/model_registry_fields.hpp"

// The operations of those who watch over models: requests, comments, webhooks. Those of models and
// their versions, and the list of all, are in model_registry.cpp.
namespace kiln::model_registry {

namespace {

constexpr auto webhook_pages = by_token("max_results");

}  // namespace

task<create_transition_request::response> service::create_transition_request(
    model_registry::create_transition_request const& r, call_options const& o) const {
  return receive<model_registry::create_transition_request::response>(core_, encode(r, o));
}
task<approve_transition_request::response> service::approve_transition_request(
    model_registry::approve_transition_request const& r, call_options const& o) const {
  return receive<model_registry::approve_transition_request::response>(core_, encode(r, o));
}
task<reject_transition_request::response> service::reject_transition_request(
    model_registry::reject_transition_request const& r, call_options const& o) const {
  return receive<model_registry::reject_transition_request::response>(core_, encode(r, o));
}
task<delete_transition_request::response> service::delete_transition_request(
    model_registry::delete_transition_request const& r, call_options const& o) const {
  return receive<model_registry::delete_transition_request::response>(core_, encode(r, o));
}
task<list_transition_requests::response> service::list_transition_requests(
    model_registry::list_transition_requests const& r, call_options const& o) const {
  return receive<model_registry::list_transition_requests::response>(core_, encode(r, o));
}

task<create_comment::response> service::create_comment(model_registry::create_comment const& r,
                                                       call_options const& o) const {
  return receive<model_registry::create_comment::response>(core_, encode(r, o));
}
task<void> service::delete_comment(model_registry::delete_comment const& r,
                                   call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<update_comment::response> service::update_comment(model_registry::update_comment const& r,
                                                       call_options const& o) const {
  return receive<model_registry::update_comment::response>(core_, encode(r, o));
}

task<create_webhook::response> service::create_webhook(model_registry::create_webhook const& r,
                                                       call_options const& o) const {
  return receive<model_registry::create_webhook::response>(core_, encode(r, o));
}
task<void> service::delete_webhook(model_registry::delete_webhook const& r,
                                   call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<list_webhooks::response> service::list_webhooks(model_registry::list_webhooks const& r,
                                                     call_options const& o) const {
  return receive<model_registry::list_webhooks::response>(core_, encode(r, o));
}
pages<webhook> service::list_webhooks_pages(model_registry::list_webhooks const& r,
                                            std::int64_t limit, call_options const& o) const {
  return paginate<&model_registry::list_webhooks::response::webhooks>(core_, r, webhook_pages,
                                                                      limit, o);
}
task<std::vector<webhook>> service::list_webhooks_all(model_registry::list_webhooks const& r,
                                                      std::int64_t limit,
                                                      call_options const& o) const {
  return list_webhooks_pages(r, limit, o).all();
}
task<test_registry_webhook::response> service::test_registry_webhook(
    model_registry::test_registry_webhook const& r, call_options const& o) const {
  return receive<model_registry::test_registry_webhook::response>(core_, encode(r, o));
}
task<update_webhook::response> service::update_webhook(model_registry::update_webhook const& r,
                                                       call_options const& o) const {
  return receive<model_registry::update_webhook::response>(core_, encode(r, o));
}

}  // namespace kiln::model_registry
