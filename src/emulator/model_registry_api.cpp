#include "emulator/model_registry_api.hpp"

#include "emulator/mlflow_api.hpp"

#include <boost/json/array.hpp>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

using author = model_registry_state::author;
using stage_change = model_registry_state::stage_change;

author author_of(parameters const& in, moment now) {
  author out;
  out.user = in.caller();
  out.now = epoch_ms(now.wall);
  return out;
}

bj::object shown(registry_model const& model, registry_version const& v, std::int64_t now) {
  bool const pending = v.ready_at > now;
  bj::object out{{"name", model.name},
                 {"version", std::to_string(v.number)},
                 {"creation_timestamp", v.created},
                 {"last_updated_timestamp", v.updated},
                 {"user_id", v.user},
                 {"current_stage", v.stage},
                 {"source", v.source},
                 {"status", pending ? "PENDING_REGISTRATION" : "READY"}};
  if (pending) out["status_message"] = "The version is being registered.";
  if (!v.description.empty()) out["description"] = v.description;
  if (!v.run_id.empty()) out["run_id"] = v.run_id;
  if (!v.run_link.empty()) out["run_link"] = v.run_link;
  if (!v.tags.empty()) out["tags"] = mlflow_pairs(v.tags);
  return out;
}
bj::object shown(found_version const& of, std::int64_t now) {
  return shown(*of.model, *of.version, now);
}

bj::array shown(registry_model const& model, std::vector<registry_version const*> const& all,
                std::int64_t now) {
  bj::array out;
  for (auto const* each : all) out.push_back(shown(model, *each, now));
  return out;
}

bj::object shown(registry_model const& m, std::int64_t now) {
  bj::object out{{"name", m.name},
                 {"creation_timestamp", m.created},
                 {"last_updated_timestamp", m.updated},
                 {"user_id", m.user}};
  if (!m.description.empty()) out["description"] = m.description;
  if (!m.tags.empty()) out["tags"] = mlflow_pairs(m.tags);
  auto latest = shown(m, m.latest({}), now);
  if (!latest.empty()) out["latest_versions"] = std::move(latest);
  return out;
}

bj::object shown(registry_activity const& a) {
  bj::object out{{"id", a.id},
                 {"user_id", a.user},
                 {"activity_type", a.type},
                 {"from_stage", a.from_stage},
                 {"to_stage", a.to_stage},
                 {"creation_timestamp", a.created},
                 {"last_updated_timestamp", a.created}};
  if (!a.comment.empty()) out["comment"] = a.comment;
  return out;
}

bj::object shown(registry_comment const& c) {
  return {{"id", c.id},
          {"user_id", c.user},
          {"comment", c.text},
          {"creation_timestamp", c.created},
          {"last_updated_timestamp", c.updated},
          {"available_actions", bj::array{"EDIT_COMMENT", "DELETE_COMMENT"}}};
}

outcome<stage_change> change_of(parameters const& in) {
  auto stage = in.text("stage");
  if (!stage) return stage.error();
  auto comment = in.text_or("comment", "");
  if (!comment) return comment.error();
  auto const archive = in.flag_or("archive_existing_versions", false);
  if (!archive) return archive.error();
  stage_change out;
  out.stage = std::move(*stage);
  out.comment = std::move(*comment);
  out.archive_existing = *archive;
  return out;
}

struct tag_asked {
  std::string key;
  std::string value;
};
outcome<tag_asked> tag_of(parameters const& in) {
  auto key = in.text("key");
  if (!key) return key.error();
  auto value = in.text_or("value", "");
  if (!value) return value.error();
  return tag_asked{std::move(*key), std::move(*value)};
}

}  // namespace

std::span<model_registry_api::route const> model_registry_api::routes() {
  using self = model_registry_api;
  static constexpr route all[] = {
      {"POST", "/api/2.0/mlflow/registered-models/create", &self::create_model},
      {"DELETE", "/api/2.0/mlflow/registered-models/delete", &self::delete_model},
      {"DELETE", "/api/2.0/mlflow/registered-models/delete-tag", &self::delete_model_tag},
      {"POST", "/api/2.0/mlflow/registered-models/get-latest-versions", &self::get_latest_versions},
      {"GET", "/api/2.0/mlflow/databricks/registered-models/get", &self::get_model},
      {"GET", "/api/2.0/mlflow/registered-models/list", &self::list_models},
      {"POST", "/api/2.0/mlflow/registered-models/rename", &self::rename_model},
      {"GET", "/api/2.0/mlflow/registered-models/search", &self::search_models},
      {"POST", "/api/2.0/mlflow/registered-models/set-tag", &self::set_model_tag},
      {"PATCH", "/api/2.0/mlflow/registered-models/update", &self::update_model},
      {"POST", "/api/2.0/mlflow/model-versions/create", &self::create_version},
      {"DELETE", "/api/2.0/mlflow/model-versions/delete", &self::delete_version},
      {"DELETE", "/api/2.0/mlflow/model-versions/delete-tag", &self::delete_version_tag},
      {"GET", "/api/2.0/mlflow/model-versions/get", &self::get_version},
      {"GET", "/api/2.0/mlflow/model-versions/get-download-uri", &self::get_download_uri},
      {"GET", "/api/2.0/mlflow/model-versions/search", &self::search_versions},
      {"POST", "/api/2.0/mlflow/model-versions/set-tag", &self::set_version_tag},
      {"PATCH", "/api/2.0/mlflow/model-versions/update", &self::update_version},
      {"POST", "/api/2.0/mlflow/databricks/model-versions/transition-stage",
       &self::transition_stage},
      {"POST", "/api/2.0/mlflow/transition-requests/create", &self::create_request},
      {"POST", "/api/2.0/mlflow/transition-requests/approve", &self::approve_request},
      {"POST", "/api/2.0/mlflow/transition-requests/reject", &self::reject_request},
      {"DELETE", "/api/2.0/mlflow/transition-requests/delete", &self::delete_request},
      {"GET", "/api/2.0/mlflow/transition-requests/list", &self::list_requests},
      {"POST", "/api/2.0/mlflow/comments/create", &self::create_comment},
      {"DELETE", "/api/2.0/mlflow/comments/delete", &self::delete_comment},
      {"PATCH", "/api/2.0/mlflow/comments/update", &self::update_comment},
      {"POST", "/api/2.0/mlflow/registry-webhooks/create", &self::create_webhook},
      {"DELETE", "/api/2.0/mlflow/registry-webhooks/delete", &self::delete_webhook},
      {"GET", "/api/2.0/mlflow/registry-webhooks/list", &self::list_webhooks},
      {"POST", "/api/2.0/mlflow/registry-webhooks/test", &self::test_webhook},
      {"PATCH", "/api/2.0/mlflow/registry-webhooks/update", &self::update_webhook}};
  return all;
}

// Models

model_registry_api::reply model_registry_api::create_model(parameters const& in, moment now) {
  auto name = in.text("name");
  if (!name) return name.error();
  auto description = in.text_or("description", "");
  if (!description) return description.error();
  auto const tags = mlflow_pairs(in, "tags");
  if (!tags) return tags.error();
  auto const by = author_of(in, now);
  auto const made = state_.create_model(std::move(*name), std::move(*description), *tags, by);
  if (!made) return made.error();
  return bj::object{{"registered_model", shown(**made, by.now)}};
}

model_registry_api::reply model_registry_api::delete_model(parameters const& in, moment) {
  auto const name = in.text("name");
  if (!name) return name.error();
  return empty_object(state_.delete_model(*name));
}

model_registry_api::reply model_registry_api::delete_model_tag(parameters const& in, moment) {
  auto const name = in.text("name");
  if (!name) return name.error();
  auto const key = in.text("key");
  if (!key) return key.error();
  auto const model = state_.model(*name);
  if (!model) return model.error();
  (*model)->tags.erase(*key);
  return bj::object();
}

model_registry_api::reply model_registry_api::get_latest_versions(parameters const& in,
                                                                  moment now) {
  auto const name = in.text("name");
  if (!name) return name.error();
  auto stages = in.texts("stages");
  if (!stages) return stages.error();
  for (auto& each : *stages) {
    auto stage = registry_stage(each);
    if (!stage) return stage.error();
    each = std::move(*stage);
  }
  auto const model = state_.model(*name);
  if (!model) return model.error();
  return bj::object{
      {"model_versions", shown(**model, (*model)->latest(*stages), epoch_ms(now.wall))}};
}

model_registry_api::reply model_registry_api::get_model(parameters const& in, moment now) {
  auto const name = in.text("name");
  if (!name) return name.error();
  auto const model = state_.model(*name);
  if (!model) return model.error();
  auto out = shown(**model, epoch_ms(now.wall));
  out["id"] = (*model)->id;
  out["permission_level"] = "CAN_MANAGE";
  return bj::object{{"registered_model_databricks", std::move(out)}};
}

model_registry_api::reply model_registry_api::list_models(parameters const& in, moment now) {
  return found_models(in, now, "", {});
}

model_registry_api::reply model_registry_api::search_models(parameters const& in, moment now) {
  auto const filter = in.text_or("filter", "");
  if (!filter) return filter.error();
  auto const order = in.texts("order_by");
  if (!order) return order.error();
  return found_models(in, now, *filter, *order);
}

model_registry_api::reply model_registry_api::found_models(
    parameters const& in, moment now, std::string const& filter,
    std::vector<std::string> const& order_by) const {
  auto const found = state_.search_models(filter, order_by);
  if (!found) return found.error();
  auto const page = mlflow_page(in, found->size(), registry_limits::models_page_default,
                                registry_limits::models_page_max);
  if (!page) return page.error();
  bj::object out;
  bj::array models;
  for (auto i = page->begin; i < page->end; ++i) {
    models.push_back(shown(*(*found)[i], epoch_ms(now.wall)));
  }
  if (!models.empty()) out["registered_models"] = std::move(models);
  if (!page->next_page_token.empty()) out["next_page_token"] = page->next_page_token;
  return out;
}

model_registry_api::reply model_registry_api::rename_model(parameters const& in, moment now) {
  auto const name = in.text("name");
  if (!name) return name.error();
  auto to = in.text("new_name");
  if (!to) return to.error();
  auto const model = state_.rename_model(*name, std::move(*to), epoch_ms(now.wall));
  if (!model) return model.error();
  return bj::object{{"registered_model", shown(**model, epoch_ms(now.wall))}};
}

model_registry_api::reply model_registry_api::set_model_tag(parameters const& in, moment) {
  auto const name = in.text("name");
  if (!name) return name.error();
  auto const tag = tag_of(in);
  if (!tag) return tag.error();
  auto const model = state_.model(*name);
  if (!model) return model.error();
  return empty_object(model_registry_state::set_tag((*model)->tags, tag->key, tag->value));
}

model_registry_api::reply model_registry_api::update_model(parameters const& in, moment now) {
  auto const name = in.text("name");
  if (!name) return name.error();
  auto const model = state_.model(*name);
  if (!model) return model.error();
  auto description = in.text_or("description", (*model)->description);
  if (!description) return description.error();
  (*model)->description = std::move(*description);
  (*model)->updated = epoch_ms(now.wall);
  return bj::object{{"registered_model", shown(**model, epoch_ms(now.wall))}};
}

// Versions

outcome<found_version> model_registry_api::version_of(parameters const& in) {
  auto const name = in.text("name");
  if (!name) return name.error();
  auto const version = in.text("version");
  if (!version) return version.error();
  return state_.version(*name, *version);
}

model_registry_api::reply model_registry_api::create_version(parameters const& in, moment now) {
  auto const name = in.text("name");
  if (!name) return name.error();
  registry_version from;
  auto source = in.text("source");
  if (!source) return source.error();
  from.source = std::move(*source);
  for (auto const& [field, place] :
       {std::pair("run_id", &from.run_id), std::pair("run_link", &from.run_link),
        std::pair("description", &from.description)}) {
    auto value = in.text_or(field, "");
    if (!value) return value.error();
    *place = std::move(*value);
  }
  auto const tags = mlflow_pairs(in, "tags");
  if (!tags) return tags.error();
  from.tags.insert(tags->begin(), tags->end());
  auto const by = author_of(in, now);
  auto const made = state_.create_version(*name, std::move(from), by);
  if (!made) return made.error();
  return bj::object{{"model_version", shown(*made, by.now)}};
}

model_registry_api::reply model_registry_api::delete_version(parameters const& in, moment now) {
  auto const found = version_of(in);
  if (!found) return found.error();
  return empty_object(state_.delete_version(
      found->model->name, std::to_string(found->version->number), epoch_ms(now.wall)));
}

model_registry_api::reply model_registry_api::delete_version_tag(parameters const& in, moment) {
  auto const key = in.text("key");
  if (!key) return key.error();
  auto const found = version_of(in);
  if (!found) return found.error();
  found->version->tags.erase(*key);
  return bj::object();
}

model_registry_api::reply model_registry_api::get_version(parameters const& in, moment now) {
  auto const found = version_of(in);
  if (!found) return found.error();
  return bj::object{{"model_version", shown(*found, epoch_ms(now.wall))}};
}

model_registry_api::reply model_registry_api::get_download_uri(parameters const& in, moment) {
  auto const found = version_of(in);
  if (!found) return found.error();
  return bj::object{{"artifact_uri", found->version->source}};
}

model_registry_api::reply model_registry_api::search_versions(parameters const& in, moment now) {
  auto const filter = in.text_or("filter", "");
  if (!filter) return filter.error();
  auto const order = in.texts("order_by");
  if (!order) return order.error();
  auto const found = state_.search_versions(*filter, *order);
  if (!found) return found.error();
  auto const page = mlflow_page(in, found->size(), registry_limits::versions_page_max,
                                registry_limits::versions_page_max);
  if (!page) return page.error();
  bj::object out;
  bj::array versions;
  for (auto i = page->begin; i < page->end; ++i) {
    versions.push_back(shown(*(*found)[i].model, *(*found)[i].version, epoch_ms(now.wall)));
  }
  if (!versions.empty()) out["model_versions"] = std::move(versions);
  if (!page->next_page_token.empty()) out["next_page_token"] = page->next_page_token;
  return out;
}

model_registry_api::reply model_registry_api::set_version_tag(parameters const& in, moment) {
  auto const tag = tag_of(in);
  if (!tag) return tag.error();
  auto const found = version_of(in);
  if (!found) return found.error();
  return empty_object(model_registry_state::set_tag(found->version->tags, tag->key, tag->value));
}

model_registry_api::reply model_registry_api::update_version(parameters const& in, moment now) {
  auto const found = version_of(in);
  if (!found) return found.error();
  auto description = in.text_or("description", found->version->description);
  if (!description) return description.error();
  found->version->description = std::move(*description);
  found->version->updated = epoch_ms(now.wall);
  return bj::object{{"model_version", shown(*found, epoch_ms(now.wall))}};
}

// Stages

model_registry_api::reply model_registry_api::transition_stage(parameters const& in, moment now) {
  auto const to = change_of(in);
  if (!to) return to.error();
  auto const asked = version_of(in);
  if (!asked) return asked.error();
  auto const number = std::to_string(asked->version->number);
  auto const found = state_.transition(asked->model->name, number, *to, epoch_ms(now.wall));
  if (!found) return found.error();
  auto out = shown(*found, epoch_ms(now.wall));
  bj::array open;
  for (auto const& each : found->version->open_requests) open.push_back(shown(each));
  out["permission_level"] = "CAN_MANAGE";
  if (!open.empty()) out["open_requests"] = std::move(open);
  return bj::object{{"model_version_databricks", std::move(out)}};
}

model_registry_api::reply model_registry_api::create_request(parameters const& in, moment now) {
  auto const to = change_of(in);
  if (!to) return to.error();
  auto const found = version_of(in);
  if (!found) return found.error();
  auto const made = state_.request_transition(
      found->model->name, std::to_string(found->version->number), *to, author_of(in, now));
  if (!made) return made.error();
  bj::object out{
      {"user_id", (*made)->user},
      {"to_stage", (*made)->to_stage},
      {"creation_timestamp", (*made)->created},
      {"available_actions", bj::array{"APPROVE_TRANSITION_REQUEST", "REJECT_TRANSITION_REQUEST",
                                      "CANCEL_TRANSITION_REQUEST"}}};
  if (!(*made)->comment.empty()) out["comment"] = (*made)->comment;
  return bj::object{{"request", std::move(out)}};
}

model_registry_api::reply model_registry_api::decide(parameters const& in, moment now,
                                                     model_registry_state::decision what) {
  auto const to = change_of(in);
  if (!to) return to.error();
  auto const found = version_of(in);
  if (!found) return found.error();
  auto const number = std::to_string(found->version->number);
  auto const ended = state_.decide(found->model->name, number, *to, what, author_of(in, now));
  if (!ended) return ended.error();
  return bj::object{{"activity", shown(*ended)}};
}

model_registry_api::reply model_registry_api::approve_request(parameters const& in, moment now) {
  return decide(in, now, model_registry_state::decision::approve);
}

model_registry_api::reply model_registry_api::reject_request(parameters const& in, moment now) {
  return decide(in, now, model_registry_state::decision::reject);
}

model_registry_api::reply model_registry_api::delete_request(parameters const& in, moment now) {
  auto const to = change_of(in);
  if (!to) return to.error();
  auto const creator = in.text("creator");
  if (!creator) return creator.error();
  auto const found = version_of(in);
  if (!found) return found.error();
  auto const ended =
      state_.cancel_request(found->model->name, std::to_string(found->version->number), *to,
                            *creator, author_of(in, now));
  if (!ended) return ended.error();
  return bj::object{{"activity", shown(*ended)}};
}

model_registry_api::reply model_registry_api::list_requests(parameters const& in, moment) {
  auto const found = version_of(in);
  if (!found) return found.error();
  bj::array requests;
  for (auto const& each : found->version->open_requests) requests.push_back(shown(each));
  bj::object out;
  if (!requests.empty()) out["requests"] = std::move(requests);
  return out;
}

// Comments

model_registry_api::reply model_registry_api::create_comment(parameters const& in, moment now) {
  auto text = in.text("comment");
  if (!text) return text.error();
  auto const found = version_of(in);
  if (!found) return found.error();
  auto const made = state_.add_comment(found->model->name, std::to_string(found->version->number),
                                       std::move(*text), author_of(in, now));
  if (!made) return made.error();
  return bj::object{{"comment", shown(**made)}};
}

model_registry_api::reply model_registry_api::delete_comment(parameters const& in, moment) {
  auto const id = in.text("id");
  if (!id) return id.error();
  return empty_object(state_.delete_comment(*id));
}

model_registry_api::reply model_registry_api::update_comment(parameters const& in, moment now) {
  auto const id = in.text("id");
  if (!id) return id.error();
  auto text = in.text("comment");
  if (!text) return text.error();
  auto const changed = state_.edit_comment(*id, std::move(*text), author_of(in, now));
  if (!changed) return changed.error();
  return bj::object{{"comment", shown(**changed)}};
}

}  // namespace kiln::emulation
