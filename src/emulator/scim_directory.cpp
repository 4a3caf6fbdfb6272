#include "emulator/scim_directory.hpp"

#include "core/ascii.hpp"
#include "emulator/scim_filter.hpp"
#include "emulator/service.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <deque>
#include <utility>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

constexpr std::uint64_t first_id = 100'000;

struct kind_row {
  std::string_view collection;
  std::string_view schema;
  std::string_view name;  ///< The attribute that is unique.
  std::string_view noun;
};
constexpr kind_row kind_rows[] = {
    {"Users", "urn:ietf:params:scim:schemas:core:2.0:User", "userName", "User"},
    {"Groups", "urn:ietf:params:scim:schemas:core:2.0:Group", "displayName", "Group"},
    {"ServicePrincipals", "urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal", "applicationId",
     "Service principal"},
};
kind_row const& row(principal_kind kind) noexcept { return kind_rows[static_cast<int>(kind)]; }

enum class shape { text, flag, values, name };
struct attribute_row {
  std::string_view name;
  shape what;
};
constexpr attribute_row stored[] = {
    {"userName", shape::text},   {"displayName", shape::text}, {"applicationId", shape::text},
    {"externalId", shape::text}, {"active", shape::flag},      {"name", shape::name},
    {"emails", shape::values},   {"roles", shape::values},     {"entitlements", shape::values},
};

bool has(principal_kind kind, std::string_view attribute) {
  auto const known = scim_attributes(kind);
  return std::find(known.begin(), known.end(), attribute) != known.end();
}

std::string name_key(principal_kind kind, std::string_view name) {
  return std::string(row(kind).collection) + '/' + ascii::to_lower(name);
}

api_error bad_value(std::string_view attribute, std::string_view expected) {
  return scim_error(400, "invalidValue",
                    std::string(attribute) + " is not " + std::string(expected));
}

bool is_of_workspace(std::string_view group) noexcept {
  return group == "admins" || group == "users";
}
api_error protected_group(std::string const& name) {
  return scim_error(403, {}, "Group " + name + " belongs to the workspace");
}

/// true, "true" and "True", and [{"value":"true"}], which the documentation shows in patches.
std::optional<bool> flag_of(bj::value const& v) {
  if (auto const* flag = v.if_bool()) return *flag;
  if (auto const* list = v.if_array()) {
    auto const* only = list->size() == 1 ? list->front().if_object() : nullptr;
    auto const* inner = only == nullptr ? nullptr : only->if_contains("value");
    return inner == nullptr || inner->is_array() ? std::nullopt : flag_of(*inner);
  }
  auto const* text = v.if_string();
  if (text != nullptr && same_text(*text, "true")) return true;
  if (text != nullptr && same_text(*text, "false")) return false;
  return std::nullopt;
}

outcome<bj::value> checked_value(attribute_row const& of, bj::value const& v) {
  switch (of.what) {
    case shape::text:
      if (!v.is_string()) return bad_value(of.name, "a string");
      return v;
    case shape::flag: {
      auto const flag = flag_of(v);
      if (!flag) return bad_value(of.name, "true or false");
      return bj::value(*flag);
    }
    case shape::name:
      if (!v.is_object()) return bad_value(of.name, "an object");
      return v;
    case shape::values:
      break;
  }
  if (!v.is_array()) return bad_value(of.name, "a list");
  bj::array out;
  for (auto const& each : v.get_array()) {
    auto const* object = each.if_object();
    auto const* value = object == nullptr ? nullptr : object->if_contains("value");
    if (value == nullptr || !value->is_string()) {
      return bad_value(of.name, "a list of objects with a \"value\"");
    }
    bool const twice = std::any_of(out.begin(), out.end(), [value](bj::value const& other) {
      return other.get_object().at("value") == *value;
    });
    if (!twice) out.push_back(each);
  }
  return bj::value(std::move(out));
}

}  // namespace

std::span<std::string_view const> scim_attributes(principal_kind kind) noexcept {
  static constexpr std::string_view of_user[] = {
      "schemas", "id",     "userName", "displayName", "name",        "active",
      "emails",  "groups", "roles",    "externalId",  "entitlements"};
  static constexpr std::string_view of_group[] = {"schemas", "id",           "displayName",
                                                  "members", "groups",       "roles",
                                                  "meta",    "entitlements", "externalId"};
  static constexpr std::string_view of_principal[] = {"schemas",     "id",         "applicationId",
                                                      "displayName", "active",     "groups",
                                                      "roles",       "externalId", "entitlements"};
  if (kind == principal_kind::user) return of_user;
  if (kind == principal_kind::group) return of_group;
  return of_principal;
}

std::string_view scim_collection(principal_kind kind) noexcept { return row(kind).collection; }

scim_directory::scim_directory(token_registry& tokens, std::uint64_t seed)
    : tokens_(tokens), seed_(seed), random_(seed) {
  found();
}

void scim_directory::found() {
  last_id_ = first_id;
  random_ = random_source(seed_);
  for (auto const* name : {"admins", "users"}) {
    principal group;
    group.kind = principal_kind::group;
    group.attributes["displayName"] = name;
    add(std::move(group));
  }
  bj::object const owner{{"userName", tokens_.owner()}};
  auto const made = create(principal_kind::user, owner, moment{});
  static_cast<void>(join(find(principal_kind::group, "admins"), text_of(*made, "id")));
}

void scim_directory::clear() {
  all_.clear();
  by_name_.clear();
  found();
}

std::string scim_directory::add(principal fresh) {
  std::string id = std::to_string(++last_id_);
  by_name_[name_key(fresh.kind, text_of(fresh.attributes, row(fresh.kind).name))] = id;
  all_.emplace(id, std::move(fresh));
  return id;
}

scim_directory::by_id::const_iterator scim_directory::seen(principal_kind kind,
                                                           std::string_view id) const {
  auto const at = all_.find(id);
  return at != all_.end() && at->second.kind == kind && !at->second.removed ? at : all_.end();
}

/// The stored attributes of a document, whole and right. `before`: what it replaces.
outcome<bj::object> scim_directory::checked(principal_kind kind, bj::object const& document,
                                            principal const* before) const {
  bj::object out;
  for (auto const& known : stored) {
    auto const* at = has(kind, known.name) ? scim_member(document, known.name) : nullptr;
    if (at == nullptr || at->is_null()) continue;
    auto value = checked_value(known, *at);
    if (!value) return value.error();
    out[known.name] = std::move(*value);
  }
  auto const key = row(kind).name;
  auto const name = text_of(out, key);
  if (name.empty() && kind != principal_kind::service_principal) {
    return scim_error(400, "invalidValue", std::string(key) + " is required");
  }
  if (before != nullptr && kind != principal_kind::group) {
    auto const old = text_of(before->attributes, key);
    if (!name.empty() && name != old) {
      return scim_error(400, "mutability", std::string(key) + " cannot be changed");
    }
    out[key] = old;
  }
  auto const other = find(kind, name);
  if (!name.empty() && !other.empty() &&
      (before == nullptr || &all_.find(other)->second != before)) {
    return scim_error(
        409, "uniqueness",
        std::string(row(kind).noun) + " with " + std::string(key) + ' ' + name + " already exists");
  }
  return out;
}

outcome<std::set<std::string>> scim_directory::checked_members(bj::object const& document,
                                                               std::string_view group) const {
  std::set<std::string> out;
  auto const* list = scim_member(document, "members");
  if (list == nullptr || list->is_null()) return out;
  if (!list->is_array()) return bad_value("members", "a list");
  for (auto const& each : list->get_array()) {
    auto const* object = each.if_object();
    auto const id = object == nullptr ? std::string() : text_of(*object, "value");
    auto const at = all_.find(id);
    if (at == all_.end() || at->second.removed) {
      return scim_error(400, "invalidValue", "There is no member with id \"" + id + '"');
    }
    if (!group.empty() && within(std::string(group), id)) {
      return scim_error(400, "invalidValue", "Group " + id + " would be a member of itself");
    }
    out.insert(id);
  }
  return out;
}

/// Whether `group` is `other` or a member of it, directly or not.
bool scim_directory::within(std::string const& group, std::string const& other) const {
  std::set<std::string> met{group};
  std::deque<std::string> open{group};
  while (!open.empty()) {
    auto const at = all_.find(open.front());
    if (open.front() == other) return true;
    open.pop_front();
    if (at == all_.end()) continue;
    for (auto const& parent : at->second.parents) {
      if (met.insert(parent).second) open.push_back(parent);
    }
  }
  return false;
}

outcome<bj::object> scim_directory::create(principal_kind kind, bj::object const& document,
                                           moment now) {
  purge(now);
  auto fresh = checked(kind, document, nullptr);
  if (!fresh) return fresh.error();
  auto members = kind == principal_kind::group
                     ? checked_members(document, {})
                     : outcome<std::set<std::string>>(std::set<std::string>());
  if (!members) return members.error();
  if (all_.size() >= principals_max) {
    return scim_error(400, {}, "The workspace has reached its limit of principals");
  }
  auto& attributes = *fresh;
  auto const key = row(kind).name;
  if (kind == principal_kind::service_principal && text_of(attributes, key).empty()) {
    auto const digits = random_.name() + random_.name();
    attributes[key] = digits.substr(0, 8) + '-' + digits.substr(8, 4) + "-4" +
                      digits.substr(13, 3) + "-8" + digits.substr(17, 3) + '-' + digits.substr(20);
  }
  auto const name = text_of(attributes, key);
  if (!attributes.contains("displayName")) attributes["displayName"] = name;
  if (kind != principal_kind::group && !attributes.contains("active")) attributes["active"] = true;
  if (kind == principal_kind::user && !attributes.contains("emails")) {
    attributes["emails"] =
        bj::array{bj::object{{"type", "work"}, {"value", name}, {"primary", true}}};
  }
  std::string id;
  if (auto const* old = revived(kind, attributes)) {
    id = *old;
  } else {
    principal one;
    one.kind = kind;
    one.attributes = std::move(attributes);
    id = add(std::move(one));
  }
  auto const& who = all_.find(id)->second;
  if (kind == principal_kind::group) {
    set_members(id, *members);
  } else {
    static_cast<void>(join(find(principal_kind::group, "users"), id));
    let_tokens_work(who);
  }
  return this->document(id, who);
}

/// The id of one that was deleted not long ago, which is there again as `fresh`.
std::string const* scim_directory::revived(principal_kind kind, bj::object const& fresh) {
  auto const known = by_name_.find(name_key(kind, text_of(fresh, row(kind).name)));
  if (known == by_name_.end()) return nullptr;
  auto& who = all_.find(known->second)->second;
  who.attributes = fresh;
  who.removed.reset();
  return &known->second;
}

outcome<bj::object> scim_directory::replace(principal_kind kind, std::string_view id,
                                            bj::object const& document) {
  auto const at = seen(kind, id);
  if (at == all_.end()) return get(kind, id);
  auto fresh = checked(kind, document, &at->second);
  if (!fresh) return fresh.error();
  auto& who = all_.find(id)->second;
  if (kind == principal_kind::group) {
    auto const members = checked_members(document, id);
    if (!members) return members.error();
    auto const old = text_of(who.attributes, "displayName");
    if (is_of_workspace(old) && old != text_of(*fresh, "displayName")) return protected_group(old);
    by_name_.erase(name_key(kind, text_of(who.attributes, "displayName")));
    by_name_[name_key(kind, text_of(*fresh, "displayName"))] = at->first;
    set_members(at->first, *members);
  } else if (!fresh->contains("active")) {
    (*fresh)["active"] = true;
  }
  who.attributes = std::move(*fresh);
  let_tokens_work(who);
  return this->document(at->first, who);
}

void scim_directory::let_tokens_work(principal const& who) {
  if (who.kind == principal_kind::group) return;
  auto const name = text_of(who.attributes, row(who.kind).name);
  bool const active = !who.removed && who.attributes.at("active").as_bool();
  active ? tokens_.resume(name) : tokens_.suspend(name);
}

outcome<void> scim_directory::remove(principal_kind kind, std::string_view id, moment now) {
  auto const at = seen(kind, id);
  if (at == all_.end()) return get(kind, id).error();
  auto const which = all_.find(id);
  if (kind == principal_kind::group) {
    auto const name = text_of(at->second.attributes, "displayName");
    if (is_of_workspace(name)) return protected_group(name);
    set_members(at->first, {});
    forget(which);
    return {};
  }
  for (auto const& group : std::set<std::string>(at->second.parents)) {
    all_.find(group)->second.members.erase(at->first);
  }
  which->second.parents.clear();
  which->second.removed = now.wall;
  let_tokens_work(which->second);
  return {};
}

void scim_directory::forget(by_id::iterator which) {
  auto const& who = which->second;
  for (auto const& group : who.parents) all_.find(group)->second.members.erase(which->first);
  by_name_.erase(name_key(who.kind, text_of(who.attributes, row(who.kind).name)));
  all_.erase(which);
}

void scim_directory::purge(moment now) {
  for (auto at = all_.begin(); at != all_.end();) {
    auto const next = std::next(at);
    if (at->second.removed && *at->second.removed + purge_after <= now.wall) forget(at);
    at = next;
  }
}

outcome<bj::object> scim_directory::get(principal_kind kind, std::string_view id) const {
  auto const at = seen(kind, id);
  if (at == all_.end()) {
    return scim_error(404, {},
                      std::string(row(kind).noun) + " with id " + std::string(id) + " not found");
  }
  return document(at->first, at->second);
}

std::vector<bj::object> scim_directory::list(principal_kind kind) const {
  std::vector<bj::object> out;
  for (auto const& [id, who] : all_) {
    if (who.kind == kind && !who.removed) out.push_back(document(id, who));
  }
  return out;
}

bj::object scim_directory::caller(std::string const& name, moment now) {
  for (auto const kind : {principal_kind::user, principal_kind::service_principal}) {
    if (auto const id = find(kind, name); !id.empty()) return *get(kind, id);
  }
  bool const is_user = name.find('@') != std::string::npos;
  auto const kind = is_user ? principal_kind::user : principal_kind::service_principal;
  bj::object const fresh{{row(kind).name, name}};
  auto const made = create(kind, fresh, now);
  return made ? *made : fresh;
}

std::string scim_directory::find(principal_kind kind, std::string_view name) const {
  auto const at = by_name_.find(name_key(kind, name));
  if (at == by_name_.end() || seen(kind, at->second) == all_.end()) return {};
  return at->second;
}

std::string scim_directory::name_of(std::string_view id) const {
  auto const at = all_.find(id);
  return at == all_.end() ? std::string()
                          : text_of(at->second.attributes, row(at->second.kind).name);
}

std::optional<principal_kind> scim_directory::kind_of(std::string_view id) const {
  auto const at = all_.find(id);
  if (at == all_.end() || at->second.removed) return std::nullopt;
  return at->second.kind;
}

outcome<bool> scim_directory::join(std::string const& group, std::string const& member) {
  if (within(group, member)) {
    return scim_error(400, "invalidValue", "A group cannot be a member of itself");
  }
  bool const fresh = all_.find(group)->second.members.insert(member).second;
  all_.find(member)->second.parents.insert(group);
  return fresh;
}

outcome<bool> scim_directory::leave(std::string const& group, std::string const& member) {
  all_.find(member)->second.parents.erase(group);
  return all_.find(group)->second.members.erase(member) > 0;
}

void scim_directory::set_members(std::string const& group, std::set<std::string> const& members) {
  auto& who = all_.find(group)->second;
  for (auto const& id : who.members) all_.find(id)->second.parents.erase(group);
  for (auto const& id : members) all_.find(id)->second.parents.insert(group);
  who.members = members;
}

std::vector<std::string> scim_directory::members(std::string_view group) const {
  auto const& all = all_.find(group)->second.members;
  return {all.begin(), all.end()};
}

std::vector<std::string> scim_directory::parents(std::string_view member) const {
  auto const& all = all_.find(member)->second.parents;
  return {all.begin(), all.end()};
}

bj::object scim_directory::reference(std::string const& id) const {
  auto const& who = all_.find(id)->second;
  return {{"display", text_of(who.attributes, "displayName")},
          {"value", id},
          {"$ref", std::string(scim_collection(who.kind)) + '/' + id}};
}

bj::object scim_directory::document(std::string const& id, principal const& of) const {
  bj::object out{{"schemas", bj::array{row(of.kind).schema}}, {"id", id}};
  for (auto const& [name, value] : of.attributes) out[name] = value;
  if (of.kind == principal_kind::group) {
    bj::array members;
    for (auto const& each : of.members) members.push_back(reference(each));
    if (!members.empty()) out["members"] = std::move(members);
    out["meta"] = bj::object{{"resourceType", "WorkspaceGroup"}};
  }
  std::set<std::string> met;
  std::deque<std::pair<std::string, bool>> open;
  for (auto const& parent : of.parents) open.emplace_back(parent, true);
  bj::array groups;
  while (!open.empty()) {
    auto const [group, direct] = open.front();
    open.pop_front();
    if (!met.insert(group).second) continue;
    auto entry = reference(group);
    entry["type"] = direct ? "direct" : "indirect";
    groups.push_back(std::move(entry));
    for (auto const& parent : all_.find(group)->second.parents) open.emplace_back(parent, false);
  }
  if (!groups.empty()) out["groups"] = std::move(groups);
  return out;
}

}  // namespace kiln::emulation
