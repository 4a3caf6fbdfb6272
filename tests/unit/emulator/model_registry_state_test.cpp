#include "emulator/model_registry_state.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kiln::emulation;

TEST(model_registry_state, only_twenty_versions_may_be_pending) {
  model_registry_state state(7);
  model_registry_state::author by{"me@example.com", 1000};
  ASSERT_TRUE(state.create_model("m", "", {}, by));
  for (std::size_t i = 0; i < registry_limits::pending_max; ++i) {
    ASSERT_TRUE(state.create_version("m", {}, by));
  }
  auto const refused = state.create_version("m", {}, by);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, 429);
  by.now += registry_limits::registration.count();
  auto const next = state.create_version("m", {}, by);
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(next->version->number, 21);
}

struct model_versions : testing::Test {
  model_registry_state state{7};

  static model_registry_state::author at(std::int64_t now) { return {"me@example.com", now}; }
  void make(std::string const& model, int versions, std::int64_t now) {
    ASSERT_TRUE(state.create_model(model, "", {}, at(now)));
    for (int i = 0; i < versions; ++i) ASSERT_TRUE(state.create_version(model, {}, at(now)));
  }
  /// "a1 a2 " or the error code.
  std::string found(std::string_view filter, std::vector<std::string> const& order = {}) {
    auto const all = state.search_versions(filter, order);
    if (!all) return all.error().code;
    std::string out;
    for (auto const& v : *all) {
      out += v.model->name + std::to_string(v.version->number) + ' ';
    }
    return out;
  }
};

TEST_F(model_versions, are_found_by_their_last_change_unless_told_otherwise) {
  make("b", 2, 1000);
  make("a", 2, 1000);
  EXPECT_EQ(found(""), "a2 a1 b2 b1 ");
  ASSERT_TRUE(state.transition("b", "1", {"Staging", "", false}, 2000));
  EXPECT_EQ(found(""), "b1 a2 a1 b2 ");
  EXPECT_EQ(found("", {"name ASC"}), "a2 a1 b2 b1 ");
  EXPECT_EQ(found("version_number > 1", {"name DESC"}), "b2 a2 ");
  EXPECT_EQ(found("", {"version_number ASC", "name DESC"}), "b1 a1 b2 a2 ");
  for (char const* key : {"creation_timestamp", "last_updated_timestamp"}) {
    EXPECT_EQ(found(std::string(key) + " > 0"), "INVALID_PARAMETER_VALUE") << key;
    EXPECT_EQ(found("", {std::string(key) + " ASC", "name ASC"}).size(), 12U) << key;
  }
  EXPECT_EQ(found("", {"run_id ASC"}), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(found("", {"tags.a ASC"}), "INVALID_PARAMETER_VALUE");
}

TEST_F(model_versions, change_with_the_name_of_their_model_and_it_with_their_end) {
  make("m", 2, 1000);
  ASSERT_TRUE(state.rename_model("m", "n", 2000));
  EXPECT_EQ(state.version("n", "1")->version->updated, 2000);
  ASSERT_TRUE(state.delete_version("n", "2", 3000));
  EXPECT_EQ((*state.model("n"))->updated, 3000);
  EXPECT_EQ(state.version("n", "1")->version->updated, 2000);
}

TEST(registered_models, are_searched_by_name_and_tag_and_ordered_by_name_and_change) {
  model_registry_state state(7);
  for (std::int64_t now = 1; now < 4; ++now) {
    std::string const name(1, static_cast<char>('d' - now));
    ASSERT_TRUE(state.create_model(name, "", {{"k", name}}, {"me@example.com", now}));
  }
  auto const found = [&](std::string_view filter, std::vector<std::string> const& order = {}) {
    auto const all = state.search_models(filter, order);
    if (!all) return all.error().code;
    std::string out;
    for (auto const* m : *all) out += m->name;
    return out;
  };
  EXPECT_EQ(found(""), "abc");
  EXPECT_EQ(found("tags.k != 'b'"), "ac");
  EXPECT_EQ(found("", {"last_updated_timestamp ASC"}), "cba");
  EXPECT_EQ(found("", {"timestamp DESC"}), "abc");
  EXPECT_EQ(found("creation_timestamp > 0"), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(found("last_updated_timestamp > 0"), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(found("", {"creation_timestamp ASC"}), "INVALID_PARAMETER_VALUE");
}

}  // namespace
