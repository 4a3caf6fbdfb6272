#include "emulator/scim_filter.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

namespace kiln::emulation {
namespace {

constexpr std::string_view known[] = {"userName", "displayName", "active", "emails",
                                      "groups",   "name",        "id"};

struct scim_filters : testing::Test {
  boost::json::object const ann =
      boost::json::parse(R"({"id":"100001","userName":"Ann@example.com","active":true,)"
                         R"("name":{"givenName":"Ann","familyName":"O \"Lee\""},)"
                         R"("emails":[{"value":"ann@example.com","type":"work"},)"
                         R"({"value":"ann@home.net","type":"home"}],)"
                         R"("groups":[{"value":"7"},{"value":"8"}]})")
          .as_object();

  bool matches(std::string_view text) {
    auto const filter = scim_filter::parse(text, known);
    EXPECT_TRUE(filter.has_value()) << text << ": " << filter.error().message;
    return filter && filter->matches(ann);
  }
  std::string refused(std::string_view text) {
    auto const filter = scim_filter::parse(text, known);
    if (filter) return "";
    EXPECT_EQ(filter.error().status, 400);
    EXPECT_EQ(filter.error().code, "invalidFilter");
    return filter.error().message;
  }
};

TEST_F(scim_filters, compare_texts_without_regard_to_case) {
  EXPECT_TRUE(matches(R"(userName eq "ann@EXAMPLE.com")"));
  EXPECT_TRUE(matches(R"(USERNAME EQ "ann@example.com")"));
  EXPECT_FALSE(matches(R"(userName eq "ann@example.co")"));
  EXPECT_FALSE(matches(R"(userName ne "ann@example.com")"));
  EXPECT_TRUE(matches(R"(userName ne "bob")"));
  EXPECT_TRUE(matches(R"(userName co "N@EX")"));
  EXPECT_FALSE(matches(R"(userName co "bob")"));
  EXPECT_TRUE(matches(R"(userName sw "ann@")"));
  EXPECT_FALSE(matches(R"(userName sw "nn@")"));
  EXPECT_FALSE(matches(R"(userName sw "ann@example.com.au")"));
}

TEST_F(scim_filters, take_words_numbers_and_flags_without_quotes) {
  EXPECT_TRUE(matches("userName eq ann@example.com"));
  EXPECT_TRUE(matches("active eq true"));
  EXPECT_TRUE(matches(R"(active eq "true")"));
  EXPECT_FALSE(matches("active eq false"));
  EXPECT_TRUE(matches("id eq 100001"));
  EXPECT_TRUE(matches(R"(name.familyName eq "o \"lee\"")"));
  EXPECT_TRUE(matches(R"(name.givenName eq "\u0041nn")"));
}

TEST_F(scim_filters, look_at_each_of_several_values) {
  EXPECT_TRUE(matches(R"(emails eq "ann@home.net")"));
  EXPECT_TRUE(matches(R"(emails.value sw "ann@h")"));
  EXPECT_TRUE(matches(R"(emails.type eq "home")"));
  EXPECT_FALSE(matches(R"(emails.type eq "other")"));
  EXPECT_TRUE(matches(R"(groups eq "8")"));
  EXPECT_FALSE(matches(R"(groups ne "8")"));
}

TEST_F(scim_filters, see_nothing_in_an_attribute_that_is_not_there) {
  EXPECT_FALSE(matches(R"(displayName eq "x")"));
  EXPECT_TRUE(matches(R"(displayName ne "x")"));
  EXPECT_FALSE(matches(R"(name.middle co "")"));
}

TEST_F(scim_filters, bind_and_before_or) {
  EXPECT_TRUE(matches("id eq 1 or active eq true and id eq 100001"));
  EXPECT_TRUE(matches("active eq true or id eq 1 and id eq 2"));
  EXPECT_FALSE(matches("(active eq true or id eq 1) and id eq 2"));
  EXPECT_TRUE(matches("((id eq 100001)) AND (id eq 1 OR active eq TRUE)"));
}

TEST_F(scim_filters, that_are_wrong_tell_the_column) {
  std::pair<std::string_view, std::string_view> const all[] = {
      {"", "column 1: an attribute"},
      {"  ", "column 3: an attribute"},
      {"age eq 5", "column 1: there is no attribute \"age\""},
      {"userName", "column 9: eq, ne, co or sw"},
      {"userName gt 5", "column 10: eq, ne, co or sw"},
      {"userName eq", "column 12: a value"},
      {"userName eq \"ann", "column 13: the text has no end"},
      {R"(userName eq "\x")", "column 13: the text has an escape"},
      {"userName eq ann and", "column 20: an attribute"},
      {"userName eq ann id eq 1", "column 17: \"and\", \"or\" or the end"},
      {"(id eq 1", "column 9: \")\""},
      {"id eq 1)", "column 8: \"and\", \"or\" or the end"},
  };
  for (auto const& [text, why] : all) {
    EXPECT_NE(refused(text).find(why), std::string::npos) << text << ": " << refused(text);
  }
}

TEST_F(scim_filters, are_bounded) {
  EXPECT_NE(refused(std::string(20, '(') + "id eq 1" + std::string(20, ')')).find("too deep"),
            std::string::npos);
  EXPECT_NE(refused("id eq " + std::string(scim_filter::bytes_max, '1')).find("too long"),
            std::string::npos);
}

}  // namespace
}  // namespace kiln::emulation
