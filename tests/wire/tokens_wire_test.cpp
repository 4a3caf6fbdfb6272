#include "wire/expected_request.hpp"

#include <kiln/services/tokens.hpp>

#include <array>

namespace kiln {
namespace {

struct tokens_wire : wire_tests::capture {
  wire_tests::expected_request expect;
  [[nodiscard]] tokens::service tokens() const { return ws.tokens(); }
};

TEST_F(tokens_wire, create_sends_only_what_is_said) {
  EXPECT_EQ(sent(tokens().create({})), expect.with("POST /api/2.0/token/create", "{}"));
  std::array<std::string_view, 2> const scopes{"sql", "clusters"};
  EXPECT_EQ(sent(tokens().create({.lifetime_seconds = 9'007'199'254'740'993,
                                  .comment = "nightly \"load\"",
                                  .scopes = scopes,
                                  .autoscope_enabled = false})),
            expect.with("POST /api/2.0/token/create",
                        R"({"lifetime_seconds":9007199254740993,"comment":"nightly \"load\"",)"
                        R"("scopes":["sql","clusters"],"autoscope_enabled":false})"));
}

TEST_F(tokens_wire, delete_and_list_say_no_more_than_they_must) {
  EXPECT_EQ(sent(tokens().delete_({.token_id = "5715498424f15ee0"})),
            expect.with("POST /api/2.0/token/delete", R"({"token_id":"5715498424f15ee0"})"));
  EXPECT_EQ(sent(tokens().list()), expect.bare("GET /api/2.0/token/list"));
}

TEST_F(tokens_wire, a_new_token_is_read_whole_and_bare) {
  answers(R"({"token_value":"dapi1","token_info":{"token_id":"t1","creation_time":1600000000123,)"
          R"("expiry_time":-1,"comment":"c","last_accessed_time":"5","scopes":["sql"],)"
          R"("autoscope_state":"AUTOSCOPE_STATE_RUNNING","inferred_scopes":["a"],)"
          R"("backfill_scopes":["b"],"later":{}}})");
  auto const made_one = made(tokens().create({}));
  EXPECT_EQ(made_one.token_value, "dapi1");
  auto const& info = made_one.token_info;
  EXPECT_EQ(info.token_id, "t1");
  EXPECT_EQ(to_string(info.creation_time.value()), "2020-09-13T12:26:40.123Z");
  EXPECT_EQ(info.expiry_time.value().time_since_epoch().count(), -1);
  EXPECT_EQ(info.comment, "c");
  EXPECT_EQ(info.last_accessed_time.value().time_since_epoch().count(), 5);
  EXPECT_EQ(info.scopes, std::vector<std::string>{"sql"});
  EXPECT_EQ(info.autoscope_state, tokens::autoscope_state::running);
  EXPECT_EQ(info.inferred_scopes, std::vector<std::string>{"a"});
  EXPECT_EQ(info.backfill_scopes, std::vector<std::string>{"b"});
  answers("{}");
  auto const bare = made(tokens().create({}));
  EXPECT_EQ(bare.token_value, "");
  EXPECT_FALSE(bare.token_info.creation_time.has_value());
  EXPECT_TRUE(bare.token_info.autoscope_state.empty());
}

TEST_F(tokens_wire, a_list_is_read_whole_and_bare) {
  answers(R"({"token_infos":[{"token_id":"a"},{"token_id":"b","expiry_time":7,)"
          R"("autoscope_state":"AUTOSCOPE_STATE_NEW"}]})");
  auto const all = made(tokens().list()).token_infos;
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].token_id, "a");
  EXPECT_FALSE(all[0].expiry_time.has_value());
  EXPECT_EQ(all[1].autoscope_state.raw(), "AUTOSCOPE_STATE_NEW") << "kept though not known";
  EXPECT_EQ(all[1].autoscope_state.value(), std::nullopt);
  answers("{}");
  EXPECT_TRUE(made(tokens().list()).token_infos.empty());
}

TEST_F(tokens_wire, a_wrong_type_is_named_with_its_path) {
  answers(R"({"token_infos":[{},{"expiry_time":"soon"}]})");
  auto const why = failed(tokens().list());
  EXPECT_EQ(why.code(), errc::decode_failed);
  EXPECT_NE(why.message().find("token/list.token_infos[1].expiry_time"), std::string::npos) << why;
}

TEST_F(tokens_wire, a_delete_takes_any_success) {
  answers("");
  made(tokens().delete_({.token_id = "a"}));
}

}  // namespace
}  // namespace kiln
