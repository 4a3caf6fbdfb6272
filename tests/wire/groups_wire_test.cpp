#include "wire/expected_request.hpp"

#include <kiln/services/groups.hpp>

namespace kiln {
namespace {

struct groups_wire : wire_tests::capture {
  wire_tests::expected_request expect;
  [[nodiscard]] groups::service groups() const { return ws.groups(); }
};

TEST_F(groups_wire, changes_name_what_they_change) {
  EXPECT_EQ(sent(groups().create({.group_name = "a b"})),
            expect.with("POST /api/2.0/groups/create", R"({"group_name":"a b"})"));
  EXPECT_EQ(sent(groups().delete_({.group_name = "a b"})),
            expect.with("POST /api/2.0/groups/delete", R"({"group_name":"a b"})"));
}

TEST_F(groups_wire, members_are_a_user_or_a_group) {
  EXPECT_EQ(sent(groups().add_member({.parent_name = "p", .user_name = "ann@example.com"})),
            expect.with("POST /api/2.0/groups/add-member",
                        R"({"parent_name":"p","user_name":"ann@example.com"})"));
  EXPECT_EQ(
      sent(groups().add_member({.parent_name = "p", .group_name = "g"})),
      expect.with("POST /api/2.0/groups/add-member", R"({"parent_name":"p","group_name":"g"})"));
  EXPECT_EQ(sent(groups().remove_member({.parent_name = "p", .user_name = "ann@example.com"})),
            expect.with("POST /api/2.0/groups/remove-member",
                        R"({"parent_name":"p","user_name":"ann@example.com"})"));
  EXPECT_EQ(
      sent(groups().remove_member({.parent_name = "p", .group_name = "g"})),
      expect.with("POST /api/2.0/groups/remove-member", R"({"parent_name":"p","group_name":"g"})"));
}

TEST_F(groups_wire, listings_ask_in_the_query) {
  EXPECT_EQ(sent(groups().list()), expect.bare("GET /api/2.0/groups/list"));
  EXPECT_EQ(sent(groups().list_members({.group_name = "a&b"})),
            expect.bare("GET /api/2.0/groups/list-members?group_name=a%26b"));
  EXPECT_EQ(sent(groups().list_parents({.user_name = "ann@example.com"})),
            expect.bare("GET /api/2.0/groups/list-parents?user_name=ann%40example.com"));
  EXPECT_EQ(sent(groups().list_parents({.group_name = "g"})),
            expect.bare("GET /api/2.0/groups/list-parents?group_name=g"));
}

TEST_F(groups_wire, answers_are_read_whole_and_bare) {
  answers(R"({"group_name":"a","group_names":["a","b"],"new":1,)"
          R"("members":[{"user_name":"u"},{"group_name":"g","kind":2}]})");
  EXPECT_EQ(made(groups().create({.group_name = "a"})).group_name, "a");
  auto const both = std::vector<std::string>{"a", "b"};
  EXPECT_EQ(made(groups().list()).group_names, both);
  EXPECT_EQ(made(groups().list_parents({.user_name = "u"})).group_names, both);
  auto const members = made(groups().list_members({.group_name = "a"})).members;
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[0].user_name, "u");
  EXPECT_EQ(members[0].group_name, "");
  EXPECT_EQ(members[1].group_name, "g");
  answers("{}");
  EXPECT_EQ(made(groups().create({.group_name = "a"})).group_name, "");
  EXPECT_TRUE(made(groups().list()).group_names.empty());
  EXPECT_TRUE(made(groups().list_parents({.user_name = "u"})).group_names.empty());
  EXPECT_TRUE(made(groups().list_members({.group_name = "a"})).members.empty());
}

TEST_F(groups_wire, a_wrong_type_is_named_with_its_path) {
  answers(R"({"group_names":["a",2]})");
  auto const why = failed(groups().list());
  EXPECT_EQ(why.code(), errc::decode_failed);
  EXPECT_NE(why.message().find("groups/list.group_names[1]"), std::string::npos) << why;
}

TEST_F(groups_wire, changes_take_any_success) {
  for (char const* body : {"{}", "", R"({"later":1})"}) {
    answers(body);
    made(groups().delete_({.group_name = "a"}));
    made(groups().add_member({.parent_name = "p", .user_name = "u"}));
    made(groups().remove_member({.parent_name = "p", .user_name = "u"}));
  }
}

}  // namespace
}  // namespace kiln
