// What SCIM calls make of answers.
#include "wire/scim_capture.hpp"

namespace kiln {
namespace {

using wire_tests::full_user;
using wire_tests::full_user_rest;

struct scim_answers : wire_tests::scim_capture {};

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

TEST_F(scim_answers, a_user_is_read_whole_and_bare) {
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

TEST_F(scim_answers, a_group_is_read_whole_and_bare) {
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

TEST_F(scim_answers, a_service_principal_is_read_whole_and_bare) {
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

TEST_F(scim_answers, a_page_is_read_whole_and_bare) {
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

TEST_F(scim_answers, a_wrong_type_is_named_with_its_path) {
  answers(R"({"Resources":[{"emails":[{"value":1}]}]})");
  auto const why = failed(scim().users_list());
  EXPECT_EQ(why.code(), errc::decode_failed);
  EXPECT_NE(why.message().find("preview/scim/v2/Users.Resources[0].emails[0].value"),
            std::string::npos)
      << why;
}

TEST_F(scim_answers, changes_take_any_success) {
  answers("");
  auto const user = full_user();
  made(scim().users_update(user));
  made(scim().users_delete({.id = "1"}));
  made(scim().groups_delete({.id = "1"}));
  made(scim().service_principals_delete({.id = "1"}));
}

}  // namespace
}  // namespace kiln
