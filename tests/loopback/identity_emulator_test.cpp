// SCIM, groups and tokens by typed calls through the whole engine.
#include "loopback/engine_support.hpp"

#include <kiln/services/groups.hpp>
#include <kiln/services/scim.hpp>
#include <kiln/services/tokens.hpp>

namespace kiln {
namespace {

struct identity : engine_tests::emulated {
  identity() {
    serve();
    open();
  }
  [[nodiscard]] scim::service scim() const { return ws->scim(); }

  scim::user user(std::string name) {
    scim::user document;
    document.user_name = std::move(name);
    return wait(scim().users_create(document)).value();
  }
  void advance(std::chrono::milliseconds by) {
    auto const body = R"({"advance_ms":)" + std::to_string(by.count()) + '}';
    auto const done = wait(ws->raw(verb::post, "/_emulator/clock", body));
    ASSERT_TRUE(done.has_value()) << done.error();
  }
};

TEST_F(identity, a_user_is_made_found_changed_and_deleted) {
  auto ann = user("ann@example.com");
  EXPECT_EQ(ann.schemas.at(0), scim::user_schema::core);
  EXPECT_EQ(ann.active, true);

  auto const filter = scim::equals("userName", "ann@example.com");
  auto const found = wait(scim().users_list({.filter = filter})).value();
  ASSERT_EQ(found.resources.size(), 1U);
  EXPECT_EQ(found.resources[0].id, ann.id);

  scim::users_patch changes;
  changes.id = ann.id;
  changes.operations = {scim::replace_text("displayName", "Ann \"A\" Lee"),
                        scim::add_value("entitlements", "allow-cluster-create"),
                        scim::add_value("roles", "r"), scim::replace_active(false)};
  EXPECT_TRUE(wait(scim().users_patch(changes)).has_value());
  changes.operations = {scim::remove_value("roles", "r")};
  EXPECT_TRUE(wait(scim().users_patch(changes)).has_value());
  ann = wait(scim().users_get({.id = ann.id})).value();
  EXPECT_EQ(ann.display_name, "Ann \"A\" Lee");
  EXPECT_EQ(ann.active, false);
  EXPECT_EQ(ann.entitlements.at(0).value, "allow-cluster-create");
  EXPECT_TRUE(ann.roles.empty());

  ann.entitlements.clear();
  ann.active = true;
  EXPECT_TRUE(wait(scim().users_update(ann)).has_value());
  EXPECT_TRUE(wait(scim().users_get({.id = ann.id})).value().entitlements.empty());
  EXPECT_TRUE(wait(scim().users_delete({.id = ann.id})).has_value());
  EXPECT_EQ(wait(scim().users_get({.id = ann.id})).error().code(), errc::not_found);
}

TEST_F(identity, errors_of_scim_say_what_is_wrong) {
  user("ann@example.com");
  scim::user again;
  again.user_name = "ann@example.com";
  auto const twice = wait(scim().users_create(again)).error();
  EXPECT_EQ(twice.code(), errc::already_exists) << twice;
  EXPECT_NE(twice.message().find("ann@example.com already exists"), std::string::npos) << twice;
  auto const wrong = wait(scim().users_list({.filter = "userName like x"})).error();
  EXPECT_EQ(wrong.code(), errc::invalid_request) << wrong;
  EXPECT_NE(wrong.message().find("column 10"), std::string::npos) << wrong;
}

TEST_F(identity, members_of_a_group_come_and_go) {
  std::string const ids[] = {user("ann@example.com").id, user("bob@example.com").id};
  scim::group document;
  document.display_name = "data";
  auto const data = wait(scim().groups_create(document)).value();
  scim::groups_patch change;
  change.id = data.id;
  auto const members_after = [&](scim::patch operation) {
    change.operations = {std::move(operation)};
    EXPECT_TRUE(wait(scim().groups_patch(change)).has_value());
    std::vector<std::string> out;
    for (auto const& m : wait(scim().groups_get({.id = data.id})).value().members) {
      out.push_back(m.value);
    }
    return out;
  };
  using list = std::vector<std::string>;
  EXPECT_EQ(members_after(scim::add_members(ids)), (list{ids[0], ids[1]}));
  EXPECT_EQ(members_after(scim::remove_member(ids[0])), list{ids[1]});
  EXPECT_EQ(members_after(scim::add_member(ids[0])), (list{ids[0], ids[1]}));
  EXPECT_EQ(members_after(scim::replace_members({ids, 1})), list{ids[0]});
  EXPECT_EQ(members_after(scim::replace_members({})), list{});

  auto const groups = ws->groups();
  EXPECT_TRUE(
      wait(groups.add_member({.parent_name = "data", .user_name = "bob@example.com"})).has_value());
  EXPECT_EQ(wait(groups.add_member({.parent_name = "data", .user_name = "bob@example.com"}))
                .error()
                .code(),
            errc::already_exists);
  EXPECT_EQ(wait(groups.list_members({.group_name = "data"})).value().members.at(0).user_name,
            "bob@example.com");
  EXPECT_EQ(wait(groups.list_parents({.user_name = "bob@example.com"})).value().group_names,
            (list{"data", "users"}));
  EXPECT_TRUE(wait(groups.remove_member({.parent_name = "data", .user_name = "bob@example.com"}))
                  .has_value());
  EXPECT_TRUE(wait(groups.delete_({.group_name = "data"})).has_value());
  EXPECT_EQ(wait(scim().groups_get({.id = data.id})).error().code(), errc::not_found);
}

TEST_F(identity, listings_are_paged_by_index) {
  for (int i = 0; i < 25; ++i) user("u" + std::to_string(100 + i) + "@example.com");
  auto const all = wait(scim().users_list_all({.filter = "userName sw u1", .count = 10})).value();
  ASSERT_EQ(all.size(), 25U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].user_name, "u" + std::to_string(100 + i) + "@example.com");
  }
  auto const some = wait(scim().users_list_all({.sort_by = "userName", .count = 10}, 12)).value();
  EXPECT_EQ(some.size(), 12U);
  auto const pages = scim().groups_list_pages({.count = 1});
  EXPECT_EQ(wait(pages.next()).value().at(0).display_name, "admins");
  EXPECT_EQ(wait(pages.next()).value().at(0).display_name, "users");
  EXPECT_TRUE(wait(pages.next()).value().empty());
}

TEST_F(identity, service_principals_and_me) {
  scim::service_principal document;
  document.display_name = "robot";
  auto robot = wait(scim().service_principals_create(document)).value();
  EXPECT_EQ(robot.application_id.size(), 36U);
  robot.display_name = "android";
  EXPECT_TRUE(wait(scim().service_principals_update(robot)).has_value());
  scim::service_principals_patch change;
  change.id = robot.id;
  change.operations = {scim::replace_active(false)};
  EXPECT_TRUE(wait(scim().service_principals_patch(change)).has_value());
  auto const all = wait(scim().service_principals_list_all()).value();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].display_name, "android");
  EXPECT_EQ(all[0].active, false);
  EXPECT_TRUE(wait(scim().service_principals_delete({.id = robot.id})).has_value());
  auto const me = wait(scim().me({.attributes = "userName"})).value();
  EXPECT_EQ(me.user_name, "owner@example.com");
  EXPECT_TRUE(me.emails.empty());
}

TEST_F(identity, a_token_works_until_it_expires) {
  auto const made = wait(ws->tokens().create({.lifetime_seconds = 3'600, .comment = "nightly"}));
  ASSERT_TRUE(made.has_value()) << made.error();
  workspace const guest(loop, engine_tests::quick_options(emu->url(), made->token_value));
  EXPECT_EQ(engine_tests::wait(guest, guest.scim().me())->user_name, "owner@example.com");
  auto const listed = wait(ws->tokens().list()).value().token_infos;
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].comment, "nightly");
  EXPECT_TRUE(listed[0].last_accessed_time.has_value());
  EXPECT_EQ(*listed[0].expiry_time - *listed[0].creation_time, std::chrono::hours(1));

  advance(std::chrono::hours(1));
  auto const late = engine_tests::wait(guest, guest.scim().me()).error();
  EXPECT_EQ(late.code(), errc::unauthenticated) << late;
  EXPECT_TRUE(wait(ws->tokens().list()).value().token_infos.empty());
  EXPECT_TRUE(wait(scim().me()).has_value()) << "the emulator's own token goes on";
}

TEST_F(identity, a_deleted_token_stops_at_once) {
  auto const made = wait(ws->tokens().create({})).value();
  EXPECT_EQ(made.token_info.expiry_time, timestamp(std::chrono::milliseconds(-1)));
  workspace const guest(loop, engine_tests::quick_options(emu->url(), made.token_value));
  EXPECT_TRUE(engine_tests::wait(guest, guest.scim().me()).has_value());
  EXPECT_TRUE(wait(ws->tokens().delete_({.token_id = made.token_info.token_id})).has_value());
  EXPECT_EQ(engine_tests::wait(guest, guest.scim().me()).error().code(), errc::unauthenticated);
  auto const again = wait(ws->tokens().delete_({.token_id = made.token_info.token_id})).error();
  EXPECT_EQ(again.code(), errc::not_found);
  EXPECT_FALSE(again.may_have_been_applied());
}

TEST_F(identity, a_lost_answer_of_a_delete_is_told_from_an_absent_one) {
  auto const ann = user("ann@example.com");
  emulator_fault lost;
  lost.route = "/api/2.0/preview/scim/v2/Users/*";
  lost.what = emulator_fault::kind::close;
  lost.after_handler = true;
  emu->add_fault(lost);
  auto const why = wait(scim().users_delete({.id = ann.id})).error();
  EXPECT_EQ(why.code(), errc::not_found);
  EXPECT_TRUE(why.may_have_been_applied());
}

}  // namespace
}  // namespace kiln
