// What SCIM calls put on the wire.
#include "wire/scim_capture.hpp"

namespace kiln {
namespace {

using wire_tests::full_user;
using wire_tests::full_user_rest;
using wire_tests::refers_to;

struct scim_wire : wire_tests::scim_capture {};

constexpr std::string_view user_schemas =
    R"("schemas":["urn:ietf:params:scim:schemas:core:2.0:User"])";
constexpr std::string_view group_schemas =
    R"("schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"])";
constexpr std::string_view principal_schemas =
    R"("schemas":["urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal"])";
constexpr std::string_view patch_schemas =
    R"("schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"])";

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

}  // namespace
}  // namespace kiln
