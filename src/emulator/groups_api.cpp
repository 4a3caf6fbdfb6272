#include "emulator/groups_api.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

api_error already(std::string message) {
  return {400, "RESOURCE_ALREADY_EXISTS", std::move(message)};
}

/// An error of the directory in the words of this API.
api_error reworded(api_error const& e) {
  if (e.code == "uniqueness") return already(e.message);
  if (e.status == 404) return not_found(e.message);
  if (e.status == 403) return {403, "PERMISSION_DENIED", e.message};
  return invalid_parameter(e.message);
}

bj::object group_names(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  bj::object out;
  if (!names.empty()) out["group_names"] = bj::array(names.begin(), names.end());
  return out;
}

}  // namespace

std::span<groups_api::route const> groups_api::routes() {
  static route const all[] = {
      {"POST", "/api/2.0/groups/add-member", &groups_api::add_member},
      {"POST", "/api/2.0/groups/create", &groups_api::create},
      {"POST", "/api/2.0/groups/delete", &groups_api::remove},
      {"GET", "/api/2.0/groups/list", &groups_api::list},
      {"GET", "/api/2.0/groups/list-members", &groups_api::list_members},
      {"GET", "/api/2.0/groups/list-parents", &groups_api::list_parents},
      {"POST", "/api/2.0/groups/remove-member", &groups_api::remove_member},
  };
  return all;
}

/// The id of the group that a parameter names.
outcome<std::string> groups_api::group(parameters const& in, std::string_view name) const {
  auto const wanted = in.text(name);
  if (!wanted) return wanted.error();
  auto id = directory_.find(principal_kind::group, *wanted);
  if (id.empty()) return not_found("Group " + *wanted + " does not exist.");
  return id;
}

/// The id of the one user or group that is named.
outcome<std::string> groups_api::member(parameters const& in) const {
  auto const user = in.text_or("user_name", "");
  if (!user) return user.error();
  auto const other = in.text_or("group_name", "");
  if (!other) return other.error();
  if (user->empty() == other->empty()) {
    return invalid_parameter("Exactly one of user_name and group_name must be given");
  }
  if (user->empty()) return group(in, "group_name");
  for (auto const kind : {principal_kind::user, principal_kind::service_principal}) {
    if (auto id = directory_.find(kind, *user); !id.empty()) return id;
  }
  return not_found("User " + *user + " does not exist.");
}

outcome<bj::object> groups_api::add_member(parameters const& in, moment) {
  auto const who = member(in);
  if (!who) return who.error();
  auto const parent = group(in, "parent_name");
  if (!parent) return parent.error();
  auto const done = directory_.join(*parent, *who);
  if (!done) return reworded(done.error());
  if (!*done) {
    return already(directory_.name_of(*who) + " is a member of " + directory_.name_of(*parent) +
                   " already");
  }
  return bj::object();
}

outcome<bj::object> groups_api::remove_member(parameters const& in, moment) {
  auto const who = member(in);
  if (!who) return who.error();
  auto const parent = group(in, "parent_name");
  if (!parent) return parent.error();
  auto const done = directory_.leave(*parent, *who);
  if (!done) return reworded(done.error());
  if (!*done) {
    return not_found(directory_.name_of(*who) + " is not a member of " +
                     directory_.name_of(*parent));
  }
  return bj::object();
}

outcome<bj::object> groups_api::create(parameters const& in, moment now) {
  auto const name = in.text("group_name");
  if (!name) return name.error();
  auto const made =
      directory_.create(principal_kind::group, bj::object{{"displayName", *name}}, now);
  if (!made) return reworded(made.error());
  return bj::object{{"group_name", *name}};
}

outcome<bj::object> groups_api::remove(parameters const& in, moment now) {
  auto const id = group(in, "group_name");
  if (!id) return id.error();
  auto const done = directory_.remove(principal_kind::group, *id, now);
  if (!done) return reworded(done.error());
  return bj::object();
}

outcome<bj::object> groups_api::list(parameters const&, moment) {
  std::vector<std::string> names;
  for (auto const& each : directory_.list(principal_kind::group)) {
    names.emplace_back(each.at("displayName").as_string());
  }
  return group_names(std::move(names));
}

outcome<bj::object> groups_api::list_members(parameters const& in, moment) {
  auto const id = group(in, "group_name");
  if (!id) return id.error();
  bj::array members;
  for (auto const& each : directory_.members(*id)) {
    bool const is_group = directory_.kind_of(each) == principal_kind::group;
    members.push_back(
        bj::object{{is_group ? "group_name" : "user_name", directory_.name_of(each)}});
  }
  bj::object out;
  if (!members.empty()) out["members"] = std::move(members);
  return out;
}

outcome<bj::object> groups_api::list_parents(parameters const& in, moment) {
  auto const who = member(in);
  if (!who) return who.error();
  std::vector<std::string> names;
  for (auto const& each : directory_.parents(*who)) names.push_back(directory_.name_of(each));
  return group_names(std::move(names));
}

}  // namespace kiln::emulation
