// The webhooks of the model registry.
#include "emulator/mlflow_api.hpp"
#include "emulator/model_registry_api.hpp"

#include <boost/json/array.hpp>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

bj::object shown(registry_webhook const& w) {
  bj::array events;
  for (auto const& each : w.events) events.emplace_back(each);
  bj::object out{{"id", w.id},
                 {"events", std::move(events)},
                 {"status", w.status},
                 {"creation_timestamp", w.created},
                 {"last_updated_timestamp", w.updated}};
  if (!w.model.empty()) out["model_name"] = w.model;
  if (!w.description.empty()) out["description"] = w.description;
  if (w.url) {
    out["http_url_spec"] = bj::object{{"url", *w.url}, {"enable_ssl_verification", w.verifies_tls}};
  }
  if (w.job_id) {
    bj::object job{{"job_id", *w.job_id}};
    if (!w.workspace_url.empty()) job["workspace_url"] = w.workspace_url;
    out["job_spec"] = std::move(job);
  }
  return out;
}

/// What the request says of a webhook, put over what it is.
outcome<void> change_webhook(parameters const& in, registry_webhook& hook) {
  auto description = in.text_or("description", hook.description);
  if (!description) return description.error();
  auto status = in.text_or("status", hook.status);
  if (!status) return status.error();
  auto events = in.texts("events");
  if (!events) return events.error();
  hook.description = std::move(*description);
  hook.status = std::move(*status);
  if (!events->empty()) hook.events = std::move(*events);
  auto const text = [](bj::object const& of, std::string_view name) {
    auto const* const at = of.if_contains({name.data(), name.size()});
    return at != nullptr && at->is_string() ? std::string(at->get_string()) : std::string();
  };
  if (auto const* const spec = in.find("http_url_spec"); spec != nullptr && spec->is_object()) {
    auto const& object = spec->get_object();
    auto const* const verify = object.if_contains("enable_ssl_verification");
    hook.url = text(object, "url");
    hook.verifies_tls = verify == nullptr || !verify->is_bool() || verify->get_bool();
  }
  if (auto const* const spec = in.find("job_spec"); spec != nullptr && spec->is_object()) {
    auto const& object = spec->get_object();
    hook.job_id = text(object, "job_id");
    hook.workspace_url = text(object, "workspace_url");
    if (hook.job_id->empty() || text(object, "access_token").empty()) {
      return invalid_parameter("A job_spec needs a job_id and an access_token.");
    }
  }
  return {};
}

}  // namespace

model_registry_api::reply model_registry_api::create_webhook(parameters const& in, moment now) {
  registry_webhook from;
  auto model = in.text_or("model_name", "");
  if (!model) return model.error();
  from.model = std::move(*model);
  if (auto ok = change_webhook(in, from); !ok) return ok.error();
  auto const made = state_.create_webhook(std::move(from), epoch_ms(now.wall));
  if (!made) return made.error();
  return bj::object{{"webhook", shown(**made)}};
}

model_registry_api::reply model_registry_api::delete_webhook(parameters const& in, moment) {
  auto const id = in.text("id");
  if (!id) return id.error();
  if (auto ok = state_.delete_webhook(*id); !ok) return ok.error();
  return bj::object();
}

model_registry_api::reply model_registry_api::list_webhooks(parameters const& in, moment) {
  auto const model = in.text_or("model_name", "");
  if (!model) return model.error();
  auto const events = in.texts("events");
  if (!events) return events.error();
  auto const found = state_.webhooks(*model, *events);
  auto const page = mlflow_page(in, found.size(), registry_limits::webhooks_page_max,
                                registry_limits::webhooks_page_max);
  if (!page) return page.error();
  bj::object out;
  bj::array hooks;
  for (auto i = page->begin; i < page->end; ++i) hooks.push_back(shown(*found[i]));
  if (!hooks.empty()) out["webhooks"] = std::move(hooks);
  if (!page->next_page_token.empty()) out["next_page_token"] = page->next_page_token;
  return out;
}

model_registry_api::reply model_registry_api::test_webhook(parameters const& in, moment) {
  auto const id = in.text("id");
  if (!id) return id.error();
  auto const hook = state_.webhook(*id);
  if (!hook) return hook.error();
  auto const event = in.text_or("event", (*hook)->events.front());
  if (!event) return event.error();
  if (auto ok = check_registry_events({*event}); !ok) return ok.error();
  return bj::object{{"status_code", 200}, {"body", "emulated: " + *event + " was not sent"}};
}

model_registry_api::reply model_registry_api::update_webhook(parameters const& in, moment now) {
  auto const id = in.text("id");
  if (!id) return id.error();
  auto const there = state_.webhook(*id);
  if (!there) return there.error();
  registry_webhook to = **there;
  if (auto ok = change_webhook(in, to); !ok) return ok.error();
  auto const changed = state_.replace_webhook(std::move(to), epoch_ms(now.wall));
  if (!changed) return changed.error();
  return bj::object{{"webhook", shown(**changed)}};
}

}  // namespace kiln::emulation
