#include "emulator/model_registry_state.hpp"

#include "emulator/service.hpp"

#include <algorithm>
#include <charconv>

namespace kiln::emulation {

namespace {

constexpr std::string_view stages[] = {"None", "Staging", "Production", "Archived"};
constexpr std::string_view event_names[] = {"REGISTERED_MODEL_CREATED",
                                            "MODEL_VERSION_CREATED",
                                            "MODEL_VERSION_TAG_SET",
                                            "MODEL_VERSION_TRANSITIONED_STAGE",
                                            "MODEL_VERSION_TRANSITIONED_TO_STAGING",
                                            "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION",
                                            "MODEL_VERSION_TRANSITIONED_TO_ARCHIVED",
                                            "TRANSITION_REQUEST_CREATED",
                                            "TRANSITION_REQUEST_TO_STAGING_CREATED",
                                            "TRANSITION_REQUEST_TO_PRODUCTION_CREATED",
                                            "TRANSITION_REQUEST_TO_ARCHIVED_CREATED",
                                            "COMMENT_CREATED"};

constexpr std::string_view model_texts[] = {"name"};
constexpr std::pair<std::string_view, std::string_view> model_aliases[] = {
    {"timestamp", "last_updated_timestamp"}};
constexpr std::string_view model_orders[] = {"name", "last_updated_timestamp"};
constexpr search_grammar models_by{model_texts, {}, model_aliases, false, {}, model_orders};

constexpr std::string_view version_texts[] = {"name", "run_id", "source_path"};
constexpr std::string_view version_numbers[] = {"version_number"};
constexpr std::string_view version_orders[] = {"name", "version_number", "creation_timestamp",
                                               "last_updated_timestamp"};
constexpr search_grammar versions_by{version_texts, version_numbers, {},
                                     false,         "run_id",        version_orders};

order_value value_of(registry_model const* m, searched what, std::string const& key) {
  if (what == searched::tag) return order_by_entry(m->tags, key);
  if (key == "last_updated_timestamp") return order_by_number(m->updated);
  return order_by_text(m->name);
}
order_value value_of(model_registry_state::listed_version const& v, searched what,
                     std::string const& key) {
  if (what == searched::tag) return order_by_entry(v.version->tags, key);
  if (key == "version_number") return order_by_number(v.version->number);
  if (key == "creation_timestamp") return order_by_number(v.version->created);
  if (key == "last_updated_timestamp") return order_by_number(v.version->updated);
  if (key == "run_id") return order_by_text(v.version->run_id);
  if (key == "source_path") return order_by_text(v.version->source);
  return order_by_text(v.model->name);
}

/// Keeps what fits the filter, in the order asked for; ties stay in the order they came in.
template <class T>
outcome<std::vector<T>> search(std::vector<T> const& all, std::string_view filter,
                               std::vector<std::string> const& order_by, search_grammar const& by) {
  auto const wanted = parse_filter(filter, by);
  if (!wanted) return wanted.error();
  std::vector<order_term> order;
  for (auto const& clause : order_by) {
    auto term = parse_order(clause, by);
    if (!term) return term.error();
    order.push_back(std::move(*term));
  }
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto const fits = [&, &one = all[i]](comparison const& c) {
      auto const v = value_of(one, c.what, c.key);
      return v.number ? holds(c, *v.number) : v.text && holds(c, *v.text);
    };
    if (std::all_of(wanted->begin(), wanted->end(), fits)) found.push_back(i);
  }
  std::sort(found.begin(), found.end(), [&](std::size_t a, std::size_t b) {
    for (auto const& term : order) {
      int const way = compare(value_of(all[a], term.what, term.key),
                              value_of(all[b], term.what, term.key), term.ascending);
      if (way != 0) return way < 0;
    }
    return a < b;
  });
  std::vector<T> out;
  for (auto const i : found) out.push_back(all[i]);
  return out;
}

api_error exists(std::string what) { return {400, "RESOURCE_ALREADY_EXISTS", std::move(what)}; }
api_error no_model(std::string const& name) {
  return not_found("Registered Model with name=" + name + " not found");
}
api_error no_comment(std::string const& id) {
  return not_found("Comment with id " + id + " not found");
}

outcome<void> check_model_name(std::string const& name) {
  if (name.find_first_of("/:") == std::string::npos) return {};
  return invalid_parameter("Invalid model name: '" + name +
                           "'. Names must not contain '/' or ':'.");
}

outcome<void> check_webhook(registry_webhook const& hook) {
  if (hook.url.has_value() == hook.job_id.has_value()) {
    return invalid_parameter("Exactly one of http_url_spec and job_spec must be given.");
  }
  if (hook.url && !hook.url->starts_with("https://")) {
    return invalid_parameter("Invalid url '" + *hook.url + "': webhooks are called by https only.");
  }
  if (hook.status != "ACTIVE" && hook.status != "DISABLED" && hook.status != "TEST_MODE") {
    return invalid_parameter("Invalid value '" + hook.status + "' for parameter 'status'");
  }
  return check_registry_events(hook.events);
}

}  // namespace

outcome<std::string> registry_stage(std::string_view text) {
  for (auto const stage : stages) {
    if (std::equal(stage.begin(), stage.end(), text.begin(), text.end(),
                   [](char a, char b) { return (a | 0x20) == (b | 0x20); })) {
      return std::string(stage);
    }
  }
  return invalid_parameter("Invalid Model Version stage: " + std::string(text) +
                           ". Value must be one of None, Staging, Production, Archived.");
}

outcome<void> check_registry_events(std::vector<std::string> const& all) {
  if (all.empty()) return invalid_parameter("Missing value for required parameter 'events'");
  for (auto const& event : all) {
    if (std::find(std::begin(event_names), std::end(event_names), event) == std::end(event_names)) {
      return invalid_parameter("Invalid value '" + event + "' for parameter 'events'");
    }
  }
  return {};
}

std::vector<registry_version const*> registry_model::latest(
    std::vector<std::string> const& wanted) const {
  std::vector<registry_version const*> out;
  for (auto const stage : stages) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), stage) == wanted.end()) continue;
    registry_version const* last = nullptr;
    for (auto const& [number, each] : versions) {
      if (each.stage == stage) last = &each;
    }
    if (last != nullptr) out.push_back(last);
  }
  return out;
}

// Models

outcome<registry_model*> model_registry_state::create_model(std::string name,
                                                            std::string description,
                                                            key_values const& tags,
                                                            author const& by) {
  if (auto ok = check_model_name(name); !ok) return ok.error();
  if (models_.contains(name)) {
    return exists("Registered Model (name=" + name + ") already exists.");
  }
  if (models_.size() >= registry_limits::models_max) {
    return api_error(400, "QUOTA_EXCEEDED", "The emulator holds no more models.");
  }
  registry_model made;
  for (auto const& [key, value] : tags) {
    if (auto ok = set_tag(made.tags, key, value); !ok) return ok.error();
  }
  made.id = random_.name() + random_.name();
  made.name = name;
  made.user = by.user;
  made.description = std::move(description);
  made.created = made.updated = by.now;
  return &(models_[name] = std::move(made));
}

outcome<registry_model*> model_registry_state::model(std::string const& name) {
  auto const at = models_.find(name);
  if (at == models_.end()) return no_model(name);
  return &at->second;
}

outcome<registry_model*> model_registry_state::rename_model(std::string const& name, std::string to,
                                                            std::int64_t now) {
  if (!models_.contains(name)) return no_model(name);
  if (auto ok = check_model_name(to); !ok) return ok.error();
  if (models_.contains(to)) return exists("Registered Model (name=" + to + ") already exists.");
  auto node = models_.extract(name);
  node.key() = to;
  auto& model = models_.insert(std::move(node)).position->second;
  model.name = std::move(to);
  model.updated = now;
  for (auto& [number, each] : model.versions) each.updated = now;
  return &model;
}

outcome<void> model_registry_state::delete_model(std::string const& name) {
  if (models_.erase(name) == 0) return no_model(name);
  return {};
}

outcome<std::vector<registry_model const*>> model_registry_state::search_models(
    std::string_view filter, std::vector<std::string> const& order_by) const {
  std::vector<registry_model const*> all;
  for (auto const& [name, each] : models_) all.push_back(&each);
  return search(all, filter, order_by, models_by);
}

// Versions

std::size_t model_registry_state::pending(std::int64_t now) const {
  std::size_t count = 0;
  for (auto const& [name, model] : models_) {
    for (auto const& [number, each] : model.versions) count += each.ready_at > now ? 1U : 0U;
  }
  return count;
}

outcome<found_version> model_registry_state::create_version(std::string const& name,
                                                            registry_version from,
                                                            author const& by) {
  auto found = model(name);
  if (!found) return found.error();
  if (pending(by.now) >= registry_limits::pending_max) {
    return api_error(429, "REQUEST_LIMIT_EXCEEDED",
                     "At most " + std::to_string(registry_limits::pending_max) +
                         " model versions may be pending in a workspace.");
  }
  text_map tags;
  for (auto const& [key, value] : from.tags) {
    if (auto ok = set_tag(tags, key, value); !ok) return ok.error();
  }
  auto& to = **found;
  from.number = ++to.last_version;
  from.user = by.user;
  from.created = from.updated = to.updated = by.now;
  from.ready_at = by.now + registry_limits::registration.count();
  auto const number = from.number;
  return found_version{&to, &(to.versions[number] = std::move(from))};
}

outcome<found_version> model_registry_state::version(std::string const& name,
                                                     std::string_view number) {
  std::int64_t value = 0;
  auto const [end, code] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (code != std::errc() || end != number.data() + number.size()) {
    return invalid_parameter("Model version must be an integer, got '" + std::string(number) +
                             '\'');
  }
  auto const model = models_.find(name);
  if (model != models_.end()) {
    auto const at = model->second.versions.find(value);
    if (at != model->second.versions.end()) return found_version{&model->second, &at->second};
  }
  return not_found("Model Version (name=" + name + ", version=" + std::string(number) +
                   ") not found");
}

outcome<void> model_registry_state::delete_version(std::string const& name, std::string_view number,
                                                   std::int64_t now) {
  auto const found = version(name, number);
  if (!found) return found.error();
  found->model->versions.erase(found->version->number);
  found->model->updated = now;
  return {};
}

outcome<std::vector<model_registry_state::listed_version>> model_registry_state::search_versions(
    std::string_view filter, std::vector<std::string> const& order_by) const {
  std::vector<listed_version> all;
  for (auto const& [name, model] : models_) {
    for (auto at = model.versions.rbegin(); at != model.versions.rend(); ++at) {
      all.push_back({&model, &at->second});
    }
  }
  static std::vector<std::string> const latest{"last_updated_timestamp DESC"};
  return search(all, filter, order_by.empty() ? latest : order_by, versions_by);
}

outcome<void> model_registry_state::set_tag(text_map& tags, std::string const& key,
                                            std::string const& value) {
  constexpr std::size_t value_max = 5000;
  if (auto ok = check_mlflow_key("Tag", key); !ok) return ok;
  if (auto ok = check_mlflow_length("Tag value", value, value_max); !ok) return ok;
  tags[key] = value;
  return {};
}

// Stages

outcome<found_version> model_registry_state::transition(std::string const& name,
                                                        std::string_view number,
                                                        stage_change const& to, std::int64_t now) {
  auto const stage = registry_stage(to.stage);
  if (!stage) return stage.error();
  if (to.archive_existing && *stage != "Staging" && *stage != "Production") {
    return invalid_parameter(
        "Model version transition cannot archive existing model versions because '" + *stage +
        "' is not an Active stage. Valid stages are Staging, Production");
  }
  auto const found = version(name, number);
  if (!found) return found.error();
  for (auto& [other_number, other] : found->model->versions) {
    if (!to.archive_existing || &other == found->version || other.stage != *stage) continue;
    other.stage = "Archived";
    other.updated = now;
  }
  found->version->stage = *stage;
  found->version->updated = found->model->updated = now;
  return *found;
}

outcome<registry_activity const*> model_registry_state::request_transition(std::string const& name,
                                                                           std::string_view number,
                                                                           stage_change const& to,
                                                                           author const& by) {
  auto const stage = registry_stage(to.stage);
  if (!stage) return stage.error();
  auto const found = version(name, number);
  if (!found) return found.error();
  auto& open = found->version->open_requests;
  for (auto const& each : open) {
    if (each.user == by.user && each.to_stage == *stage) {
      return exists("A transition request of " + by.user + " to " + *stage + " is open already.");
    }
  }
  registry_activity made;
  made.id = random_.name();
  made.type = "REQUESTED_TRANSITION";
  made.user = by.user;
  made.from_stage = found->version->stage;
  made.to_stage = *stage;
  made.comment = to.comment;
  made.created = by.now;
  open.push_back(std::move(made));
  return &open.back();
}

outcome<registry_activity> model_registry_state::decide(std::string const& name,
                                                        std::string_view number,
                                                        stage_change const& to, decision what,
                                                        author const& by) {
  auto const stage = registry_stage(to.stage);
  if (!stage) return stage.error();
  auto const found = version(name, number);
  if (!found) return found.error();
  auto& open = found->version->open_requests;
  auto const is_asked = [&](auto const& each) { return each.to_stage == *stage; };
  if (std::none_of(open.begin(), open.end(), is_asked)) {
    return not_found("There is no open transition request to " + *stage);
  }
  registry_activity out;
  out.id = random_.name();
  out.type = what == decision::approve ? "APPROVED_REQUEST" : "REJECTED_REQUEST";
  out.user = by.user;
  out.from_stage = found->version->stage;
  out.to_stage = *stage;
  out.comment = to.comment;
  out.created = by.now;
  if (what == decision::approve) {
    auto const moved = transition(name, number, to, by.now);
    if (!moved) return moved.error();
  }
  std::erase_if(open, is_asked);
  return out;
}

outcome<registry_activity> model_registry_state::cancel_request(std::string const& name,
                                                                std::string_view number,
                                                                stage_change const& to,
                                                                std::string const& creator,
                                                                author const& by) {
  auto const stage = registry_stage(to.stage);
  if (!stage) return stage.error();
  auto const found = version(name, number);
  if (!found) return found.error();
  auto& open = found->version->open_requests;
  auto const at = std::find_if(open.begin(), open.end(), [&](auto const& each) {
    return each.to_stage == *stage && each.user == creator;
  });
  if (at == open.end()) {
    return not_found("There is no open transition request of " + creator + " to " + *stage);
  }
  registry_activity out = std::move(*at);
  open.erase(at);
  out.id = random_.name();
  out.type = "CANCELLED_REQUEST";
  out.user = by.user;
  out.comment = to.comment;
  out.created = by.now;
  return out;
}

// Comments

outcome<registry_comment const*> model_registry_state::add_comment(std::string const& name,
                                                                   std::string_view number,
                                                                   std::string text,
                                                                   author const& by) {
  auto const found = version(name, number);
  if (!found) return found.error();
  auto& all = found->version->comments;
  if (all.size() >= registry_limits::comments_max) {
    return api_error(400, "QUOTA_EXCEEDED", "The version holds no more comments.");
  }
  registry_comment made;
  made.id = random_.name() + random_.name();
  made.user = by.user;
  made.text = std::move(text);
  made.created = made.updated = by.now;
  all.push_back(std::move(made));
  return &all.back();
}

std::vector<registry_comment>::iterator model_registry_state::find_comment(std::string const& id,
                                                                           registry_version*& in) {
  for (auto& [name, model] : models_) {
    for (auto& [number, each] : model.versions) {
      auto const at = std::find_if(each.comments.begin(), each.comments.end(),
                                   [&](auto const& c) { return c.id == id; });
      if (at == each.comments.end()) continue;
      in = &each;
      return at;
    }
  }
  return {};
}

outcome<registry_comment const*> model_registry_state::edit_comment(std::string const& id,
                                                                    std::string text,
                                                                    author const& by) {
  registry_version* in = nullptr;
  auto const at = find_comment(id, in);
  if (in == nullptr) return no_comment(id);
  if (at->user != by.user) {
    return api_error(403, "PERMISSION_DENIED", "Only its author may edit a comment.");
  }
  at->text = std::move(text);
  at->updated = by.now;
  return &*at;
}

outcome<void> model_registry_state::delete_comment(std::string const& id) {
  registry_version* in = nullptr;
  auto const at = find_comment(id, in);
  if (in == nullptr) return no_comment(id);
  in->comments.erase(at);
  return {};
}

// Webhooks

outcome<registry_webhook const*> model_registry_state::create_webhook(registry_webhook from,
                                                                      std::int64_t now) {
  if (auto ok = check_webhook(from); !ok) return ok.error();
  if (!from.model.empty() && !models_.contains(from.model)) return no_model(from.model);
  if (webhooks_.size() >= registry_limits::webhooks_max) {
    return api_error(400, "QUOTA_EXCEEDED", "The emulator holds no more webhooks.");
  }
  from.id = random_.name() + random_.name();
  from.created = from.updated = now;
  webhooks_.push_back(std::move(from));
  return &webhooks_.back();
}

outcome<registry_webhook const*> model_registry_state::webhook(std::string const& id) const {
  auto const at =
      std::find_if(webhooks_.begin(), webhooks_.end(), [&](auto const& w) { return w.id == id; });
  if (at == webhooks_.end()) return not_found("Webhook with id " + id + " not found");
  return &*at;
}

outcome<registry_webhook const*> model_registry_state::replace_webhook(registry_webhook to,
                                                                       std::int64_t now) {
  auto const there = webhook(to.id);
  if (!there) return there.error();
  if (auto ok = check_webhook(to); !ok) return ok.error();
  auto& place = webhooks_[static_cast<std::size_t>(*there - webhooks_.data())];
  place = std::move(to);
  place.updated = now;
  return &place;
}

outcome<void> model_registry_state::delete_webhook(std::string const& id) {
  if (std::erase_if(webhooks_, [&](auto const& w) { return w.id == id; }) != 0) return {};
  return not_found("Webhook with id " + id + " not found");
}

std::vector<registry_webhook const*> model_registry_state::webhooks(
    std::string const& model, std::vector<std::string> const& wanted) const {
  std::vector<registry_webhook const*> out;
  for (auto const& each : webhooks_) {
    bool const has = std::any_of(each.events.begin(), each.events.end(), [&](auto const& e) {
      return std::find(wanted.begin(), wanted.end(), e) != wanted.end();
    });
    if ((model.empty() || each.model == model) && (wanted.empty() || has)) out.push_back(&each);
  }
  return out;
}

void model_registry_state::clear() {
  models_.clear();
  webhooks_.clear();
}

}  // namespace kiln::emulation
