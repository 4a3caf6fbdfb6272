#include "emulator/token_registry.hpp"

#include <gtest/gtest.h>

namespace kiln::emulation {
namespace {

using standing = token_registry::standing;
using std::chrono::seconds;

moment at(seconds since_start) { return {instant(since_start), wall_time(since_start)}; }

struct tokens_issued : testing::Test {
  token_registry tokens{"dapi-own", "owner@example.com"};

  standing shown(std::string_view value, seconds when = seconds(0)) {
    return tokens.present(value, at(when)).what;
  }
};

TEST_F(tokens_issued, the_emulators_own_always_works) {
  EXPECT_EQ(tokens.present("dapi-own", at(seconds(0))).holder, "owner@example.com");
  tokens.suspend("owner@example.com");
  EXPECT_EQ(shown("dapi-own"), standing::good);
  tokens.clear();
  EXPECT_EQ(shown("dapi-own", seconds(1'000'000)), standing::good);
  EXPECT_FALSE(tokens.issue("dapi-own", "x", {}, at(seconds(0))).has_value());
}

TEST_F(tokens_issued, anything_else_is_unknown) {
  for (auto const value : {"", "dapi", "dapi-ow", "dapi-own ", "dapi-ownn"}) {
    EXPECT_EQ(shown(value), standing::unknown) << value;
  }
}

TEST_F(tokens_issued, work_for_their_holder_until_they_expire) {
  ASSERT_TRUE(tokens.issue("a", "ann", wall_time(seconds(60)), at(seconds(0))).has_value());
  EXPECT_EQ(tokens.present("a", at(seconds(59))).holder, "ann");
  EXPECT_EQ(shown("a", seconds(60)), standing::expired);
  ASSERT_TRUE(tokens.issue("b", "bob", {}, at(seconds(0))).has_value());
  EXPECT_EQ(shown("b", seconds(1'000'000'000)), standing::good);
}

TEST_F(tokens_issued, are_issued_once) {
  ASSERT_TRUE(tokens.issue("a", "ann", {}, at(seconds(0))).has_value());
  EXPECT_FALSE(tokens.issue("a", "bob", {}, at(seconds(0))).has_value());
  EXPECT_FALSE(tokens.issue("", "bob", {}, at(seconds(0))).has_value());
  EXPECT_EQ(tokens.present("a", at(seconds(0))).holder, "ann");
}

TEST_F(tokens_issued, do_not_work_once_revoked) {
  auto const number = tokens.issue("a", "ann", {}, at(seconds(0)));
  tokens.revoke(*number);
  tokens.revoke(*number);
  EXPECT_EQ(shown("a"), standing::unknown);
  EXPECT_NE(tokens.issue("a", "ann", {}, at(seconds(0))), number);
}

TEST_F(tokens_issued, rest_while_their_holder_is_suspended) {
  tokens.suspend("ann");
  tokens.issue("a", "ann", {}, at(seconds(0)));
  tokens.issue("b", "bob", {}, at(seconds(0)));
  EXPECT_EQ(shown("a"), standing::suspended);
  EXPECT_EQ(shown("b"), standing::good);
  tokens.resume("ann");
  EXPECT_EQ(shown("a"), standing::good);
}

TEST_F(tokens_issued, tell_when_they_were_used_last) {
  auto const number = *tokens.issue("a", "ann", wall_time(seconds(60)), at(seconds(0)));
  EXPECT_EQ(tokens.last_used(number), std::nullopt);
  shown("a", seconds(7));
  shown("a", seconds(61));
  EXPECT_EQ(tokens.last_used(number), wall_time(seconds(7)));
  EXPECT_EQ(tokens.last_used(number + 1), std::nullopt);
}

TEST_F(tokens_issued, make_room_by_dropping_what_has_expired) {
  for (std::size_t i = 0; i < token_registry::tokens_max; ++i) {
    auto const lives = i == 0 ? seconds(5) : seconds(500);
    ASSERT_TRUE(tokens.issue(std::to_string(i), "x", wall_time(lives), at(seconds(0))));
  }
  EXPECT_FALSE(tokens.issue("more", "x", {}, at(seconds(0))).has_value());
  EXPECT_TRUE(tokens.issue("more", "x", {}, at(seconds(6))).has_value());
  EXPECT_EQ(shown("0", seconds(6)), standing::unknown);
  EXPECT_EQ(shown("1", seconds(6)), standing::good);
}

}  // namespace
}  // namespace kiln::emulation
