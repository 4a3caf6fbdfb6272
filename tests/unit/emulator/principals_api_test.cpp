// SCIM, Groups 2.0 and tokens as requests and answers, without a server.
#include "emulator/services.hpp"
#include "emulator/storage.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <memory>

namespace kiln::emulation {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

struct principals_api : testing::Test {
  token_registry tokens{"own", "owner@example.com"};
  emulator_options options;
  std::unique_ptr<storage> store = make_storage(kiln::storage_kind::memory, {});
  dbfs_state files{*store, {}, 1};
  workspace_services services{options, tokens, files};
  moment now{instant(hours(1)), wall_time(hours(1))};
  std::string caller = "owner@example.com";

  api_reply ask(std::string_view verb, std::string_view path, std::string_view body = {}) {
    auto const question = std::min(path.find('?'), path.size());
    auto const query = path.substr(std::min(question + 1, path.size()));
    auto* const service = services.find(path.substr(0, question));
    if (service == nullptr) return {501, "", "", "", {}};
    return service->handle({verb, path.substr(0, question), query, body, caller}, now);
  }
  api_reply scim(std::string_view verb, std::string_view path, std::string_view body = {}) {
    return ask(verb, "/api/2.0/preview/scim/v2/" + std::string(path), body);
  }
  static boost::json::object json(api_reply const& reply) {
    auto value = boost::json::parse(reply.body);
    return value.as_object();
  }
  std::string made(std::string_view collection, std::string_view body) {
    auto const reply = scim("POST", collection, body);
    EXPECT_EQ(reply.status, 201) << reply.body;
    return std::string(json(reply).at("id").as_string());
  }
  std::string user(std::string const& name) {
    return made("Users", R"({"userName":")" + name + R"("})");
  }
  std::string group(std::string const& name) {
    return made("Groups", R"({"displayName":")" + name + R"("})");
  }
  api_reply patch(std::string const& path, std::string const& operations) {
    return scim("PATCH", path, R"({"Operations":[)" + operations + "]}");
  }
  /// The members of a group, or any attribute of several values, by value.
  std::vector<std::string> values(std::string const& path, std::string_view attribute) {
    std::vector<std::string> out;
    auto const whole = json(scim("GET", path));
    if (auto const* all = whole.if_contains(attribute)) {
      for (auto const& each : all->as_array()) out.emplace_back(each.at("value").as_string());
    }
    return out;
  }
  std::string listed(std::string const& path) {
    auto const page = json(scim("GET", path));
    std::string out;
    if (!page.contains("Resources")) return out;
    for (auto const& each : page.at("Resources").as_array()) {
      out += std::string(each.at("id").as_string()) + ' ';
    }
    return out;
  }
};

using texts = std::vector<std::string>;

TEST_F(principals_api, a_new_user_is_complete) {
  auto const reply = scim("POST", "Users",
                          R"({"userName":"ann@example.com","name":{"givenName":)"
                          R"("Ann"},"entitlements":[{"value":"e"},{"value":"e"}],)"
                          R"("unknown":1})");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.content_type, "application/scim+json");
  auto const u = json(reply);
  EXPECT_EQ(u.at("displayName"), "ann@example.com");
  EXPECT_EQ(u.at("active"), true);
  EXPECT_EQ(u.at("emails").at(0).at("value"), "ann@example.com");
  EXPECT_EQ(u.at("name").at("givenName"), "Ann");
  EXPECT_EQ(u.at("entitlements").as_array().size(), 1U);
  EXPECT_EQ(u.at("groups").at(0).at("display"), "users");
  EXPECT_FALSE(u.contains("unknown"));
  auto const id = std::string(u.at("id").as_string());
  EXPECT_EQ(json(scim("GET", "Users/" + id)), u);
}

TEST_F(principals_api, errors_have_the_shape_of_scim) {
  auto const twice = scim("POST", "Users", R"({"userName":"Owner@example.com"})");
  EXPECT_EQ(twice.status, 409);
  EXPECT_EQ(json(twice).at("schemas").at(0), "urn:ietf:params:scim:api:messages:2.0:Error");
  EXPECT_EQ(json(twice).at("scimType"), "uniqueness");
  EXPECT_EQ(json(twice).at("status"), "409");
  auto const gone = scim("GET", "Groups/1");
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(json(gone).at("detail"), "Group with id 1 not found");
  EXPECT_FALSE(json(gone).contains("scimType"));
  EXPECT_EQ(json(scim("POST", "Users", "{}")).at("scimType"), "invalidValue");
  EXPECT_EQ(json(scim("GET", "Users?filter=x")).at("scimType"), "invalidFilter");
  for (auto const body : {"{", "[]", "7", "nothing"}) {
    auto const unread = scim("POST", "Users", body);
    EXPECT_EQ(unread.status, 400) << body;
    EXPECT_EQ(json(unread).at("scimType"), "invalidSyntax") << body;
  }
  EXPECT_EQ(json(scim("GET", "Users?filter=%zz")).at("scimType"), "invalidSyntax");
  EXPECT_EQ(scim("GET", "Users?count=x").status, 400);
  EXPECT_EQ(scim("GET", "Users?sortBy=x").status, 400);
  EXPECT_EQ(scim("GET", "Users?sortOrder=up").status, 400);
}

TEST_F(principals_api, documents_with_wrong_types_change_nothing) {
  auto const id = user("ann@example.com");
  auto const before = scim("GET", "Users/" + id).body;
  for (char const* body :
       {R"({"userName":5})", R"({"userName":"ann@example.com","active":"maybe"})",
        R"({"userName":"ann@example.com","emails":[{"type":"work"}]})",
        R"({"userName":"ann@example.com","name":"Ann"})",
        R"({"userName":"ann@example.com","roles":{}})", R"({"userName":"bob@example.com"})"}) {
    EXPECT_EQ(scim("PUT", "Users/" + id, body).status, 400) << body;
    EXPECT_EQ(scim("GET", "Users/" + id).body, before);
  }
  EXPECT_EQ(scim("PUT", "Users/999", R"({"userName":"x"})").status, 404);
}

TEST_F(principals_api, an_update_replaces_all_of_it) {
  auto const ann = user("ann@example.com");
  auto const g = made(
      "Groups", R"({"displayName":"g","externalId":"x","members":[{"value":")" + ann + R"("}]})");
  EXPECT_EQ(values("Groups/" + g, "members"), texts{ann});
  EXPECT_EQ(scim("PUT", "Groups/" + g, R"({"displayName":"h"})").status, 200);
  EXPECT_TRUE(values("Groups/" + g, "members").empty());
  EXPECT_FALSE(json(scim("GET", "Groups/" + g)).contains("externalId"));
  EXPECT_EQ(listed("Groups?filter=displayName+eq+h"), g + ' ');
  EXPECT_EQ(listed("Groups?filter=displayName+eq+g"), "");
  group("g");
}

TEST_F(principals_api, patches_add_replace_and_remove_members) {
  auto const ann = user("ann@example.com");
  auto const bob = user("bob@example.com");
  auto const g = group("g");
  auto const member = [](std::string const& id) { return R"([{"value":")" + id + R"("}])"; };
  EXPECT_EQ(patch("Groups/" + g, R"({"op":"add","value":{"members":)" + member(ann) + "}}").status,
            204);
  EXPECT_EQ(
      patch("Groups/" + g, R"({"op":"Add","path":"members","value":)" + member(bob) + "}").status,
      204);
  EXPECT_EQ(values("Groups/" + g, "members"), (texts{ann, bob}));
  EXPECT_EQ(
      patch("Groups/" + g, R"({"op":"add","path":"members","value":)" + member(bob) + "}").status,
      204);
  EXPECT_EQ(values("Groups/" + g, "members").size(), 2U) << "no member twice";
  EXPECT_EQ(patch("Groups/" + g, R"({"op":"remove","path":"members[value eq \")" + ann + R"(\"]"})")
                .status,
            204);
  EXPECT_EQ(values("Groups/" + g, "members"), texts{bob});
  EXPECT_EQ(patch("Groups/" + g, R"({"op":"remove","path":"members[value eq \")" + ann + R"(\"]"})")
                .status,
            204)
      << "gone already";
  EXPECT_EQ(patch("Groups/" + g, R"({"op":"replace","path":"members","value":)" + member(ann) + "}")
                .status,
            204);
  EXPECT_EQ(values("Groups/" + g, "members"), texts{ann});
  EXPECT_EQ(patch("Groups/" + g, R"({"op":"remove","path":"members"})").status, 204);
  EXPECT_TRUE(values("Groups/" + g, "members").empty());
}

TEST_F(principals_api, patches_change_texts_flags_and_parts) {
  auto const ann = user("ann@example.com");
  EXPECT_EQ(patch("Users/" + ann,
                  R"({"op":"replace","path":"displayName","value":"Ann"},)"
                  R"({"op":"add","path":"name.givenName","value":"A"},)"
                  R"({"op":"replace","path":"emails[type eq \"work\"].value","value":"a@b.c"},)"
                  R"({"op":"add","path":"roles","value":"r"},)"
                  R"({"op":"replace","path":"active","value":[{"value":"false"}]})")
                .status,
            204);
  auto const u = json(scim("GET", "Users/" + ann));
  EXPECT_EQ(u.at("displayName"), "Ann");
  EXPECT_EQ(u.at("name").at("givenName"), "A");
  EXPECT_EQ(u.at("emails").at(0).at("value"), "a@b.c");
  EXPECT_EQ(u.at("active"), false);
  EXPECT_EQ(values("Users/" + ann, "roles"), texts{"r"});
  EXPECT_EQ(patch("Users/" + ann, R"({"op":"remove","path":"roles","value":[{"value":"r"}]},)"
                                  R"({"op":"remove","path":"name.givenName"})")
                .status,
            204);
  EXPECT_TRUE(values("Users/" + ann, "roles").empty());
  EXPECT_FALSE(json(scim("GET", "Users/" + ann)).at("name").as_object().contains("givenName"));
}

TEST_F(principals_api, a_patch_is_done_whole_or_not_at_all) {
  auto const g = group("g");
  auto const before = scim("GET", "Groups/" + g).body;
  std::pair<std::string, std::string_view> const all[] = {
      {R"({"op":"move","path":"members"})", "invalidSyntax"},
      {R"({"op":"remove"})", "noTarget"},
      {R"({"op":"add","path":"displayName"})", "invalidValue"},
      {R"({"op":"add","value":"x"})", "invalidValue"},
      {R"({"op":"add","path":"colour","value":"x"})", "invalidPath"},
      {R"({"op":"add","path":"members[value eq","value":"x"})", "invalidPath"},
      {R"({"op":"remove","path":"members[value is \"1\"]"})", "invalidFilter"},
      {R"({"op":"replace","path":"members[value eq \"1\"]","value":"x"})", "noTarget"},
      {R"({"op":"replace","path":"id","value":"1"})", "mutability"},
      {R"({"op":"add","path":"members","value":[{"value":"1"}]})", "invalidValue"},
      {R"("add")", "invalidSyntax"},
  };
  for (auto const& [operation, type] : all) {
    auto const reply =
        patch("Groups/" + g, R"({"op":"replace","path":"displayName","value":"h"},)" + operation);
    EXPECT_EQ(reply.status, 400) << operation;
    EXPECT_EQ(json(reply).at("scimType"), boost::json::string_view(type)) << reply.body;
    EXPECT_EQ(scim("GET", "Groups/" + g).body, before) << operation;
  }
  EXPECT_EQ(scim("PATCH", "Groups/" + g, "{}").status, 400);
  EXPECT_EQ(patch("Groups/1", R"({"op":"remove","path":"members"})").status, 404);
}

TEST_F(principals_api, groups_nest_but_not_into_themselves) {
  auto const ann = user("ann@example.com");
  auto const inner = group("inner");
  auto const outer = group("outer");
  auto const add = [&](std::string const& to, std::string const& id) {
    return patch("Groups/" + to,
                 R"({"op":"add","path":"members","value":[{"value":")" + id + R"("}]})")
        .status;
  };
  EXPECT_EQ(add(inner, ann), 204);
  EXPECT_EQ(add(outer, inner), 204);
  EXPECT_EQ(add(inner, outer), 400);
  EXPECT_EQ(add(inner, inner), 400);
  auto const groups = json(scim("GET", "Users/" + ann)).at("groups").as_array();
  std::string told;
  for (auto const& g : groups) {
    told += std::string(g.at("display").as_string()) + ':' + std::string(g.at("type").as_string());
    told += ' ';
  }
  EXPECT_EQ(told, "users:direct inner:direct outer:indirect ");
}

TEST_F(principals_api, the_groups_of_the_workspace_stay) {
  for (char const* name : {"admins", "users"}) {
    auto const found = listed("Groups?filter=displayName+eq+" + std::string(name));
    auto const path = "Groups/" + found.substr(0, found.find(' '));
    EXPECT_EQ(scim("DELETE", path).status, 403);
    EXPECT_EQ(scim("PUT", path, R"({"displayName":"x"})").status, 403);
  }
}

TEST_F(principals_api, listings_are_filtered_sorted_and_paged) {
  auto const a = user("c@example.com");
  auto const b = user("a@example.com");
  auto const c = user("b@example.com");
  auto const query = [](std::string_view more) {
    return "Users?filter=userName+ne+owner@example.com" + std::string(more);
  };
  EXPECT_EQ(listed(query("")), a + ' ' + b + ' ' + c + ' ');
  EXPECT_EQ(listed(query("&sortBy=userName")), b + ' ' + c + ' ' + a + ' ');
  EXPECT_EQ(listed(query("&sortBy=userName&sortOrder=descending")), a + ' ' + c + ' ' + b + ' ');
  EXPECT_EQ(listed(query("&startIndex=2&count=1")), b + ' ');
  EXPECT_EQ(listed(query("&startIndex=0&count=2")), a + ' ' + b + ' ');
  EXPECT_EQ(listed(query("&startIndex=4")), "");
  auto const page = json(scim("GET", query("&startIndex=2&count=1")));
  EXPECT_EQ(page.at("totalResults"), 3);
  EXPECT_EQ(page.at("startIndex"), 2);
  EXPECT_EQ(page.at("itemsPerPage"), 1);
  EXPECT_EQ(json(scim("GET", query("&count=0"))).at("totalResults"), 3);
}

TEST_F(principals_api, attributes_say_what_is_told) {
  auto const ann = user("ann@example.com");
  auto const only = json(scim("GET", "Users/" + ann + "?attributes=userName,emails.value"));
  EXPECT_EQ(boost::json::serialize(only),
            R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":")" + ann +
                R"(","userName":"ann@example.com","emails":[{"value":"ann@example.com"}]})");
  auto const rest = json(scim("GET", "Users/" + ann + "?excludedAttributes=groups,emails.type,id"));
  EXPECT_FALSE(rest.contains("groups"));
  EXPECT_FALSE(rest.at("emails").at(0).as_object().contains("type"));
  EXPECT_TRUE(rest.contains("id"));
}

TEST_F(principals_api, me_is_whoever_calls) {
  auto const owner = scim("GET", "Me");
  EXPECT_EQ(json(owner).at("userName"), "owner@example.com");
  EXPECT_EQ(owner.headers.find("X-Databricks-Org-Id: "), 0U);
  caller = "b4647a57-0000-4000-8000-000000000001";
  auto const robot = json(scim("GET", "Me?attributes=applicationId"));
  EXPECT_EQ(robot.at("applicationId"), caller.c_str());
  EXPECT_EQ(listed("ServicePrincipals"), std::string(robot.at("id").as_string()) + ' ');
}

TEST_F(principals_api, an_inactive_user_cannot_use_its_tokens) {
  auto const ann = user("ann@example.com");
  tokens.issue("anns", "ann@example.com", {}, now);
  auto const works = [&] {
    return tokens.present("anns", now).what == token_registry::standing::good;
  };
  EXPECT_TRUE(works());
  patch("Users/" + ann, R"({"op":"replace","path":"active","value":false})");
  EXPECT_FALSE(works());
  patch("Users/" + ann, R"({"op":"replace","path":"active","value":true})");
  EXPECT_TRUE(works());
  EXPECT_EQ(scim("DELETE", "Users/" + ann).status, 204);
  EXPECT_FALSE(works());
}

TEST_F(principals_api, a_deleted_user_comes_back_within_thirty_days) {
  auto const ann = user("ann@example.com");
  EXPECT_EQ(scim("DELETE", "Users/" + ann).status, 204);
  EXPECT_EQ(scim("DELETE", "Users/" + ann).status, 404);
  EXPECT_EQ(scim("GET", "Users/" + ann).status, 404);
  EXPECT_EQ(listed("Users?filter=userName+sw+ann"), "");
  now.wall += hours(29 * 24);
  EXPECT_EQ(user("ann@example.com"), ann);
  EXPECT_EQ(scim("DELETE", "Users/" + ann).status, 204);
  now.wall += hours(30 * 24);
  EXPECT_NE(user("ann@example.com"), ann);
}

TEST_F(principals_api, service_principals_have_an_application_id) {
  auto const reply = scim("POST", "ServicePrincipals", R"({"displayName":"robot"})");
  auto const id = std::string(json(reply).at("applicationId").as_string());
  EXPECT_EQ(id.size(), 36U) << id;
  EXPECT_EQ(scim("POST", "ServicePrincipals", R"({"applicationId":")" + id + R"("})").status, 409);
}

TEST_F(principals_api, groups_of_api_2_0_are_the_same_groups) {
  user("ann@example.com");
  EXPECT_EQ(ask("POST", "/api/2.0/groups/create", R"({"group_name":"g"})").body,
            R"({"group_name":"g"})");
  EXPECT_EQ(ask("GET", "/api/2.0/groups/list").body, R"({"group_names":["admins","g","users"]})");
  auto const add = [&](std::string_view body) {
    return ask("POST", "/api/2.0/groups/add-member", body);
  };
  auto const ann = R"({"parent_name":"g","user_name":"ann@example.com"})";
  EXPECT_EQ(add(ann).status, 200);
  EXPECT_NE(add(ann).body.find("RESOURCE_ALREADY_EXISTS"), std::string::npos);
  EXPECT_EQ(add(R"({"parent_name":"g","group_name":"g"})").status, 400);
  EXPECT_EQ(add(R"({"parent_name":"g"})").status, 400);
  EXPECT_EQ(add(R"({"parent_name":"g","user_name":"x","group_name":"y"})").status, 400);
  EXPECT_EQ(add(R"({"parent_name":"g","user_name":"x"})").status, 404);
  EXPECT_EQ(add(R"({"parent_name":"x","user_name":"ann@example.com"})").status, 404);
  EXPECT_EQ(ask("GET", "/api/2.0/groups/list-members?group_name=g").body,
            R"({"members":[{"user_name":"ann@example.com"}]})");
  EXPECT_EQ(ask("GET", "/api/2.0/groups/list-parents?user_name=ann@example.com").body,
            R"({"group_names":["g","users"]})");
  EXPECT_EQ(
      values("Groups/" + listed("Groups?filter=displayName+eq+g").substr(0, 6), "members").size(),
      1U);
  EXPECT_EQ(ask("POST", "/api/2.0/groups/remove-member", ann).status, 200);
  EXPECT_EQ(ask("POST", "/api/2.0/groups/remove-member", ann).status, 404);
  EXPECT_EQ(ask("GET", "/api/2.0/groups/list-members?group_name=g").body, "{}");
  EXPECT_EQ(ask("POST", "/api/2.0/groups/delete", R"({"group_name":"g"})").status, 200);
  EXPECT_EQ(ask("POST", "/api/2.0/groups/delete", R"({"group_name":"g"})").status, 404);
  EXPECT_EQ(ask("POST", "/api/2.0/groups/delete", R"({"group_name":"admins"})").status, 403);
}

TEST_F(principals_api, tokens_are_shown_once_and_listed_until_they_expire) {
  auto const create = [&](std::string_view body) {
    return ask("POST", "/api/2.0/token/create", body);
  };
  auto const made_one = json(create(R"({"lifetime_seconds":60,"comment":"c","scopes":["sql"]})"));
  auto const value = std::string(made_one.at("token_value").as_string());
  EXPECT_TRUE(value.starts_with("dapi"));
  EXPECT_EQ(made_one.at("token_info").at("expiry_time"), 3'660'000);
  EXPECT_EQ(json(create("{}")).at("token_info").at("expiry_time"), -1);
  EXPECT_EQ(tokens.present(value, now).holder, "owner@example.com");
  auto const list = ask("GET", "/api/2.0/token/list").body;
  EXPECT_EQ(list.find(value), std::string::npos);
  auto const infos = json(ask("GET", "/api/2.0/token/list")).at("token_infos").as_array();
  ASSERT_EQ(infos.size(), 2U);
  EXPECT_EQ(infos[0].at("last_accessed_time"), 3'600'000);
  EXPECT_EQ(infos[0].at("scopes").at(0), "sql");
  caller = "ann@example.com";
  EXPECT_EQ(ask("GET", "/api/2.0/token/list").body, "{}") << "another's";
  caller = "owner@example.com";
  now.wall += seconds(60);
  EXPECT_EQ(json(ask("GET", "/api/2.0/token/list")).at("token_infos").as_array().size(), 1U);
}

TEST_F(principals_api, tokens_are_deleted_bounded_and_checked) {
  auto const create = [&](std::string_view body) {
    return ask("POST", "/api/2.0/token/create", body);
  };
  for (char const* body : {R"({"lifetime_seconds":0})", R"({"lifetime_seconds":-5})",
                           R"({"lifetime_seconds":9223372036854775807})",
                           R"({"lifetime_seconds":"soon"})", R"({"comment":5})"}) {
    EXPECT_NE(create(body).body.find("INVALID_PARAMETER_VALUE"), std::string::npos) << body;
  }
  auto const first = json(create("{}"));
  for (std::size_t i = 1; i < 600; ++i) ASSERT_EQ(create("{}").status, 200);
  EXPECT_NE(create("{}").body.find("QUOTA_EXCEEDED"), std::string::npos);
  auto const id = std::string(first.at("token_info").at("token_id").as_string());
  auto const remove = R"({"token_id":")" + id + R"("})";
  EXPECT_EQ(ask("POST", "/api/2.0/token/delete", remove).status, 200);
  EXPECT_EQ(ask("POST", "/api/2.0/token/delete", remove).status, 404);
  EXPECT_EQ(tokens.present(std::string(first.at("token_value").as_string()), now).what,
            token_registry::standing::unknown);
  EXPECT_EQ(create("{}").status, 200);
}

TEST_F(principals_api, a_reset_leaves_the_owner_and_the_groups_of_the_workspace) {
  user("ann@example.com");
  group("g");
  services.clear();
  EXPECT_EQ(json(scim("GET", "Users")).at("totalResults"), 1);
  EXPECT_EQ(ask("GET", "/api/2.0/groups/list").body, R"({"group_names":["admins","users"]})");
}

}  // namespace
}  // namespace kiln::emulation
