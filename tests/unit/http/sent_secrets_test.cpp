#include "http/sent_secrets.hpp"

#include <gtest/gtest.h>

namespace kiln {
namespace {

std::string hidden(std::string text, std::string_view header_value) {
  http::sent_secrets(header_value).hide_in(text);
  return text;
}

TEST(sent_secrets, are_the_value_and_what_is_behind_its_scheme) {
  EXPECT_EQ(hidden("Bearer t0k3n, t0k3n, Bearer", "Bearer t0k3n"), "***, ***, Bearer");
  EXPECT_EQ(hidden("t0k3n alone", "t0k3n"), "*** alone");
  EXPECT_EQ(hidden("untouched", ""), "untouched");
}

TEST(sent_secrets, of_basic_are_also_the_pair_and_the_password) {
  // user:p@ss w0rd
  constexpr std::string_view value = "Basic dXNlcjpwQHNzIHcwcmQ=";
  EXPECT_EQ(hidden("dXNlcjpwQHNzIHcwcmQ= is user:p@ss w0rd of user, p%40ss+w0rd", value),
            "*** is *** of user, ***");
}

TEST(sent_secrets, of_a_client_are_those_before_they_were_encoded_too) {
  // id:s%2Fcr%3Dt
  constexpr std::string_view value = "Basic aWQ6cyUyRmNyJTNEdA==";
  EXPECT_EQ(hidden("s/cr=t and s%2Fcr%3Dt and id:s/cr=t", value), "*** and *** and ***");
}

TEST(sent_secrets, what_is_no_base64_is_hidden_as_it_is) {
  EXPECT_EQ(hidden("you sent n0t!base64", "Basic n0t!base64"), "you sent ***");
}

}  // namespace
}  // namespace kiln
