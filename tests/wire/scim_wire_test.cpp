#include "wire/expected_request.hpp"

#include <kiln/services/scim.hpp>

namespace kiln {
namespace {

constexpr std::string_view user_schemas =
    R"("schemas":["urn:ietf:params:scim:schemas:core:2.0:User"])";
constexpr std::string_view group_schemas =
    R"("schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"])";
constexpr std::string_view principal_schemas =
    R"("schemas":["urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal"])";
constexpr std::string_view patch_schemas =
    R"("schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"])";

scim::complex_value refers_to(std::string value, std::string display = {}) {
  scim::complex_value out;
  out.value = std::move(value);
  out.display = std::move(display);
  return out;
}

scim::user full_user() {
  scim::user u;
  u.id = "100001";
  u.user_name = "ann@example.com";
  u.display_name = "Ann";
  u.name.emplace();
  u.name->given_name = "Ann";
  u.name->family_name = "Lee";
  u.active = false;
  u.external_id = "x1";
  u.emails.push_back(refers_to("ann@example.com"));
  u.emails[0].type = "work";
  u.emails[0].primary = true;
  u.entitlements.push_back(refers_to("allow-cluster-create"));
  u.groups.push_back(refers_to("7", "g"));
  u.groups[0].ref = "Groups/7";
  u.roles.push_back(refers_to("role"));
  return u;
}
constexpr std::string_view full_user_rest =
    R"("userName":"ann@example.com","displayName":"Ann",)"
    R"("name":{"givenName":"Ann","familyName":"Lee"},"active":false,"externalId":"x1",)"
    R"("emails":[{"value":"ann@example.com","type":"work","primary":true}],)"
    R"("entitlements":[{"value":"allow-cluster-create"}],)"
    R"("groups":[{"value":"7","display":"g","$ref":"Groups/7"}],"roles":[{"value":"role"}]})";

struct scim_wire : wire_tests::capture {
  wire_tests::expected_request expect{scim::media_type};
  [[nodiscard]] scim::service scim() const { return ws.scim(); }

  static std::string line(std::string_view verb, std::string_view target) {
    return std::string(verb) + " /api/2.0/preview/scim/v2/" + std::string(target);
  }
  [[nodiscard]] std::string bare(std::string_view verb, std::string_view target) const {
    return expect.bare(line(verb, target));
  }
  [[nodiscard]] std::string with(std::string_view verb, std::string_view target,
                                 std::string const& body) const {
    return expect.with(line(verb, target), body);
  }
};

TEST_F(scim_wire, a_user_goes_whole_or_as_little_as_its_name) {
  scim::user bare_user;
  bare_user.user_name = "a@b.c";
  EXPECT_EQ(sent(scim().users_create(bare_user)),
            with("POST", "Users", '{' + std::string(user_schemas) + R"(,"userName":"a@b.c"})"));
  auto const full = full_user();
  EXPECT_EQ(
      sent(scim().users_create(full)),
      with("POST", "Users",
           '{' + std::string(user_schemas) + R"(,"id":"100001",)" + std::string(full_user_rest)));
  EXPECT_EQ(sent(scim().users_update(full)),
            with("PUT", "Users/100001",
                 '{' + std::string(user_schemas) + ',' + std::string(full_user_rest)));
}

TEST_F(scim_wire, a_group_goes_whole_or_as_little_as_its_name) {
  scim::group g;
  g.display_name = "data";
  EXPECT_EQ(sent(scim().groups_create(g)),
            with("POST", "Groups", '{' + std::string(group_schemas) + R"(,"displayName":"data"})"));
  g.id = "9";
  g.external_id = "x";
  g.members.push_back(refers_to("1"));
  g.entitlements.push_back(refers_to("e"));
  g.groups.push_back(refers_to("2"));
  g.roles.push_back(refers_to("r"));
  g.meta.emplace().resource_type = "Group";
  EXPECT_EQ(sent(scim().groups_update(g)),
            with("PUT", "Groups/9",
                 '{' + std::string(group_schemas) +
                     R"(,"displayName":"data","externalId":"x","members":[{"value":"1"}],)"
                     R"("entitlements":[{"value":"e"}],"groups":[{"value":"2"}],)"
                     R"("roles":[{"value":"r"}],"meta":{"resourceType":"Group"}})"));
}

TEST_F(scim_wire, a_service_principal_goes_whole_or_as_little_as_its_name) {
  scim::service_principal p;
  p.application_id = "b4647a57-0000-4000-8000-000000000001";
  EXPECT_EQ(sent(scim().service_principals_create(p)),
            with("POST", "ServicePrincipals",
                 '{' + std::string(principal_schemas) +
                     R"(,"applicationId":"b4647a57-0000-4000-8000-000000000001"})"));
  p.id = "5";
  p.display_name = "robot";
  p.active = true;
  p.external_id = "x";
  p.entitlements.push_back(refers_to("e"));
  p.groups.push_back(refers_to("2"));
  p.roles.push_back(refers_to("r"));
  EXPECT_EQ(sent(scim().service_principals_update(p)),
            with("PUT", "ServicePrincipals/5",
                 '{' + std::string(principal_schemas) +
                     R"(,"applicationId":"b4647a57-0000-4000-8000-000000000001",)"
                     R"("displayName":"robot","active":true,"externalId":"x",)"
                     R"("entitlements":[{"value":"e"}],"groups":[{"value":"2"}],)"
                     R"("roles":[{"value":"r"}]})"));
}

TEST_F(scim_wire, reads_and_deletes_name_the_resource_in_the_path) {
  EXPECT_EQ(sent(scim().users_get({.id = "1"})), bare("GET", "Users/1"));
  EXPECT_EQ(sent(scim().users_get({.id = "1",
                                   .attributes = "id,userName",
                                   .excluded_attributes = "groups",
                                   .filter = "active eq \"true\"",
                                   .sort_by = "userName",
                                   .sort_order = scim::sort_order::descending,
                                   .start_index = 1,
                                   .count = 2})),
            bare("GET",
                 "Users/1?attributes=id%2CuserName&excludedAttributes=groups"
                 "&filter=active%20eq%20%22true%22&sortBy=userName&sortOrder=descending"
                 "&startIndex=1&count=2"));
  EXPECT_EQ(sent(scim().groups_get({.id = "a/b"})), bare("GET", "Groups/a%2Fb"));
  EXPECT_EQ(sent(scim().service_principals_get({.id = "3"})), bare("GET", "ServicePrincipals/3"));
  EXPECT_EQ(sent(scim().users_delete({.id = "1"})), bare("DELETE", "Users/1"));
  EXPECT_EQ(sent(scim().groups_delete({.id = "2"})), bare("DELETE", "Groups/2"));
  EXPECT_EQ(sent(scim().service_principals_delete({.id = "3"})),
            bare("DELETE", "ServicePrincipals/3"));
  EXPECT_EQ(sent(scim().me()), bare("GET", "Me"));
  EXPECT_EQ(sent(scim().me({.attributes = "id", .excluded_attributes = "groups"})),
            bare("GET", "Me?attributes=id&excludedAttributes=groups"));
}

TEST_F(scim_wire, listings_ask_in_the_query) {
  std::string const filter = scim::equals("userName", "ann@example.com");
  constexpr std::string_view query =
      "?filter=userName%20eq%20%22ann%40example.com%22&attributes=id&excludedAttributes=roles"
      "&sortBy=userName&sortOrder=ascending&startIndex=9007199254740993&count=10";
  auto const full = [&](auto request) {
    request.filter = filter;
    request.attributes = "id";
    request.excluded_attributes = "roles";
    request.sort_by = "userName";
    request.sort_order = scim::sort_order::ascending;
    request.start_index = 9'007'199'254'740'993;
    request.count = 10;
    return request;
  };
  EXPECT_EQ(sent(scim().users_list()), bare("GET", "Users"));
  EXPECT_EQ(sent(scim().users_list(full(scim::users_list{}))),
            bare("GET", "Users" + std::string(query)));
  EXPECT_EQ(sent(scim().groups_list()), bare("GET", "Groups"));
  EXPECT_EQ(sent(scim().groups_list(full(scim::groups_list{}))),
            bare("GET", "Groups" + std::string(query)));
  EXPECT_EQ(sent(scim().service_principals_list()), bare("GET", "ServicePrincipals"));
  EXPECT_EQ(sent(scim().service_principals_list(full(scim::service_principals_list{}))),
            bare("GET", "ServicePrincipals" + std::string(query)));
}

TEST_F(scim_wire, pages_are_asked_for_by_index_and_in_the_media_type) {
  EXPECT_EQ(sent(scim().groups_list_pages({.filter = "a eq 1"}).next()),
            bare("GET", "Groups?filter=a%20eq%201&count=1000"));
  EXPECT_EQ(sent(scim().users_list_all({}, 5)), bare("GET", "Users?count=5"));
  EXPECT_EQ(sent(scim().service_principals_list_all({.count = 7})),
            bare("GET", "ServicePrincipals?count=7"));
}

TEST_F(scim_wire, patches_are_made_of_typed_operations) {
  std::string const ids[] = {"1", "2"};
  std::pair<scim::patch, std::string_view> const all[] = {
      {scim::add_member("1"), R"({"op":"add","value":{"members":[{"value":"1"}]}})"},
      {scim::add_members(ids), R"({"op":"add","value":{"members":[{"value":"1"},{"value":"2"}]}})"},
      {scim::remove_member("1"), R"({"op":"remove","path":"members[value eq \"1\"]"})"},
      {scim::remove_member("a\"]\\"),
       R"({"op":"remove","path":"members[value eq \"a\\\"]\\\\\"]"})"},
      {scim::replace_members(ids),
       R"({"op":"replace","path":"members","value":[{"value":"1"},{"value":"2"}]})"},
      {scim::replace_members({}), R"({"op":"replace","path":"members","value":[]})"},
      {scim::add_value("entitlements", "e"),
       R"({"op":"add","path":"entitlements","value":[{"value":"e"}]})"},
      {scim::remove_value("roles", "r"), R"({"op":"remove","path":"roles[value eq \"r\"]"})"},
      {scim::replace_text("name.givenName", "A\"n"),
       R"({"op":"replace","path":"name.givenName","value":"A\"n"})"},
      {scim::replace_active(false), R"({"op":"replace","path":"active","value":false})"},
      {scim::replace_active(true), R"({"op":"replace","path":"active","value":true})"},
  };
  for (auto const& [operation, text] : all) {
    scim::groups_patch request;
    request.id = "9";
    request.operations.push_back(operation);
    EXPECT_EQ(
        sent(scim().groups_patch(request)),
        with("PATCH", "Groups/9",
             '{' + std::string(patch_schemas) + R"(,"Operations":[)" + std::string(text) + "]}"));
  }
}

TEST_F(scim_wire, patches_of_users_and_service_principals_are_alike) {
  scim::users_patch of_user;
  of_user.id = "1";
  of_user.operations = {scim::replace_active(true), scim::remove_value("roles", "r")};
  std::string const body = '{' + std::string(patch_schemas) +
                           R"(,"Operations":[{"op":"replace","path":"active","value":true},)"
                           R"({"op":"remove","path":"roles[value eq \"r\"]"}]})";
  EXPECT_EQ(sent(scim().users_patch(of_user)), with("PATCH", "Users/1", body));
  scim::service_principals_patch of_principal;
  of_principal.id = "1";
  of_principal.operations = of_user.operations;
  EXPECT_EQ(sent(scim().service_principals_patch(of_principal)),
            with("PATCH", "ServicePrincipals/1", body));
}

void expect_full(scim::user const& u) {
  ASSERT_EQ(u.schemas.size(), 2U);
  EXPECT_EQ(u.schemas[0], scim::user_schema::core);
  EXPECT_EQ(u.schemas[1].raw(), "urn:later");
  auto const wanted = full_user();
  EXPECT_EQ(u.id, wanted.id);
  EXPECT_EQ(u.user_name, wanted.user_name);
  EXPECT_EQ(u.display_name, wanted.display_name);
  EXPECT_EQ(u.name.value().given_name, "Ann");
  EXPECT_EQ(u.name.value().family_name, "Lee");
  EXPECT_EQ(u.active, false);
  EXPECT_EQ(u.external_id, wanted.external_id);
  ASSERT_EQ(u.emails.size(), 1U);
  EXPECT_EQ(u.emails[0].value, "ann@example.com");
  EXPECT_EQ(u.emails[0].type, "work");
  EXPECT_EQ(u.emails[0].primary, true);
  ASSERT_EQ(u.groups.size(), 1U);
  EXPECT_EQ(u.groups[0].display, "g");
  EXPECT_EQ(u.groups[0].ref, "Groups/7");
  ASSERT_EQ(u.entitlements.size(), 1U);
  EXPECT_EQ(u.entitlements[0].value, "allow-cluster-create");
  ASSERT_EQ(u.roles.size(), 1U);
  EXPECT_EQ(u.roles[0].value, "role");
}

TEST_F(scim_wire, a_user_is_read_whole_and_bare) {
  answers(R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:later"],)"
          R"("id":"100001","later":{"a":[1]},)" +
          std::string(full_user_rest));
  scim::user const document;
  expect_full(made(scim().users_create(document)));
  expect_full(made(scim().users_get({.id = "1"})));
  expect_full(made(scim().me()));
  answers("{}");
  auto const none = made(scim().me());
  EXPECT_EQ(none.id, "");
  EXPECT_FALSE(none.name || none.active);
  EXPECT_TRUE(none.emails.empty());
}

TEST_F(scim_wire, a_group_is_read_whole_and_bare) {
  answers(R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"9",)"
          R"("displayName":"data","externalId":"x","members":[{"value":"1","display":"Ann",)"
          R"("$ref":"Users/1"},{"value":"2"}],"entitlements":[{"value":"e"}],)"
          R"("groups":[{"value":"3","type":"direct"}],"roles":[{"value":"r"}],)"
          R"("meta":{"resourceType":"WorkspaceGroup","created":1}})");
  scim::group const document;
  for (auto const& g :
       {made(scim().groups_create(document)), made(scim().groups_get({.id = "9"}))}) {
    EXPECT_EQ(g.schemas.at(0), scim::group_schema::core);
    EXPECT_EQ(g.id, "9");
    EXPECT_EQ(g.display_name, "data");
    EXPECT_EQ(g.external_id, "x");
    ASSERT_EQ(g.members.size(), 2U);
    EXPECT_EQ(g.members[0].ref, "Users/1");
    EXPECT_EQ(g.entitlements.at(0).value, "e");
    EXPECT_EQ(g.groups.at(0).type, "direct");
    EXPECT_EQ(g.roles.at(0).value, "r");
    EXPECT_EQ(g.meta.value().resource_type, "WorkspaceGroup");
  }
  answers("{}");
  EXPECT_TRUE(made(scim().groups_get({.id = "9"})).members.empty());
}

TEST_F(scim_wire, a_service_principal_is_read_whole_and_bare) {
  answers(R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal"],"id":"5",)"
          R"("applicationId":"b464","displayName":"robot","active":true,"externalId":"x",)"
          R"("entitlements":[{"value":"e"}],"groups":[{"value":"2"}],"roles":[{"value":"r"}]})");
  scim::service_principal const document;
  for (auto const& p : {made(scim().service_principals_create(document)),
                        made(scim().service_principals_get({.id = "5"}))}) {
    EXPECT_EQ(p.schemas.at(0), scim::service_principal_schema::core);
    EXPECT_EQ(p.id, "5");
    EXPECT_EQ(p.application_id, "b464");
    EXPECT_EQ(p.display_name, "robot");
    EXPECT_EQ(p.active, true);
    EXPECT_EQ(p.external_id, "x");
    EXPECT_EQ(p.entitlements.at(0).value, "e");
    EXPECT_EQ(p.groups.at(0).value, "2");
    EXPECT_EQ(p.roles.at(0).value, "r");
  }
  answers("{}");
  EXPECT_EQ(made(scim().service_principals_get({.id = "5"})).application_id, "");
}

TEST_F(scim_wire, a_page_is_read_whole_and_bare) {
  answers(R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],)"
          R"("totalResults":9007199254740993,"startIndex":3,"itemsPerPage":2,)"
          R"("Resources":[{"id":"1"},{"id":"2"}]})");
  auto const expect_page = [](auto const& page) {
    EXPECT_EQ(page.schemas.at(0), scim::list_schema::list_response);
    EXPECT_EQ(page.total_results, 9'007'199'254'740'993);
    EXPECT_EQ(page.start_index, 3);
    EXPECT_EQ(page.items_per_page, 2);
    ASSERT_EQ(page.resources.size(), 2U);
    EXPECT_EQ(page.resources[1].id, "2");
  };
  expect_page(made(scim().users_list()));
  expect_page(made(scim().groups_list()));
  expect_page(made(scim().service_principals_list()));
  answers("{}");
  auto const none = made(scim().users_list());
  EXPECT_EQ(none.total_results, 0);
  EXPECT_TRUE(none.resources.empty());
}

TEST_F(scim_wire, a_wrong_type_is_named_with_its_path) {
  answers(R"({"Resources":[{"emails":[{"value":1}]}]})");
  auto const why = failed(scim().users_list());
  EXPECT_EQ(why.code(), errc::decode_failed);
  EXPECT_NE(why.message().find("preview/scim/v2/Users.Resources[0].emails[0].value"),
            std::string::npos)
      << why;
}

TEST_F(scim_wire, changes_take_any_success) {
  answers("");
  auto const user = full_user();
  made(scim().users_update(user));
  made(scim().users_delete({.id = "1"}));
  made(scim().groups_delete({.id = "1"}));
  made(scim().service_principals_delete({.id = "1"}));
}

}  // namespace
}  // namespace kiln
