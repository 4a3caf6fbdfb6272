#include "core/redact.hpp"

#include <gtest/gtest.h>

namespace {

using kiln::is_secret_header;
using kiln::is_secret_member;

std::string hidden(std::string text, std::string_view secret) {
  kiln::hide(text, secret);
  return text;
}
std::string shown(std::string_view text) { return kiln::redact(text, 10'000); }

TEST(redact, knows_secret_headers_and_members) {
  for (auto const name : {"Authorization", "authorization", "Proxy-Authorization", "Cookie",
                          "X-Databricks-Azure-SP-Management-Token"}) {
    EXPECT_TRUE(is_secret_header(name)) << name;
  }
  for (auto const name : {"Content-Type", "X-Request-Id", "Authorizatio", ""}) {
    EXPECT_FALSE(is_secret_header(name)) << name;
  }
  for (auto const name :
       {"data", "contents", "content", "token", "token_value", "access_token", "refresh_token",
        "id_token", "client_secret", "client_assertion", "password", "string_value", "bytes_value",
        "value", "authorization", "accessToken", "CLIENT-SECRET", "Password"}) {
    EXPECT_TRUE(is_secret_member(name)) << name;
  }
  for (auto const name : {"path", "cluster_id", "page_token", "next_page_token", "token_id",
                          "idempotency_token", "values", "key", ""}) {
    EXPECT_FALSE(is_secret_member(name)) << name;
  }
}

TEST(redact, hides_values_of_secret_members_of_json) {
  EXPECT_EQ(shown(R"({"path":"/a","data":"aGVsbG8=","n":1})"),
            R"({"path":"/a","data":"***","n":1})");
  EXPECT_EQ(shown(R"({ "token_value" : "s3cret\"more" , "x" : 2 })"),
            R"({ "token_value" : "***" , "x" : 2 })");
  EXPECT_EQ(shown(R"({"value":12345,"a":1})"), R"({"value":***,"a":1})");
  EXPECT_EQ(shown(R"({"content":{"a":["}",1]},"b":2})"), R"({"content":***,"b":2})");
  EXPECT_EQ(shown(R"({"password":["a","b"],"b":2})"), R"({"password":***,"b":2})");
  EXPECT_EQ(shown(R"({"token":"a\\","x":"y"})"), R"({"token":"***","x":"y"})");
}

TEST(redact, hides_a_value_that_is_cut_off) {
  EXPECT_EQ(shown(R"({"path":"/a","contents":"aGVsbG8)"), R"({"path":"/a","contents":"***)");
  EXPECT_EQ(shown(R"({"content":{"a":"se)"), R"({"content":***)");
}

TEST(redact, hides_members_of_json_inside_json) {
  EXPECT_EQ(shown(R"({"message":"bad body {\"token\":\"s3cret\",\"n\":1}","x":1})"),
            R"({"message":"bad body {\"token\":\"***\",\"n\":1}","x":1})");
}

TEST(redact, hides_fields_of_forms_and_queries) {
  EXPECT_EQ(shown("grant_type=x&client_secret=abc%20d&scope=all&client_assertion=e"),
            "grant_type=x&client_secret=***&scope=all&client_assertion=***");
  EXPECT_EQ(shown("/api?path=/a&access_token=abc HTTP/1.1"),
            "/api?path=/a&access_token=*** HTTP/1.1");
  EXPECT_EQ(shown("password = hunter2"), "password = ***");
  EXPECT_EQ(shown("password=\"two words\" x=1"), "password=\"***\" x=1");
}

TEST(redact, hides_header_lines) {
  EXPECT_EQ(shown("GET /\r\nAuthorization: Bearer abc def\r\nHost: h"),
            "GET /  Authorization: ***  Host: h");
  EXPECT_EQ(shown("authorization: Basic dXNlcg=="), "authorization: ***");
}

TEST(redact, hides_what_is_shaped_like_a_token) {
  EXPECT_EQ(shown("token dapi0123456789abcdef0123456789abcdef-2 is bad"), "token *** is bad");
  EXPECT_EQ(shown("(eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln)"), "(***)");
  EXPECT_EQ(shown("with Bearer abcdefgh.ijk"), "with Bearer ***");
  EXPECT_EQ(shown("with bearer   ABCDEFGH1"), "with bearer   ***");
  EXPECT_EQ(shown("https://user:pw@proxy:3128/x"), "https://***@proxy:3128/x");
  EXPECT_EQ(shown("https://u:p@ss@proxy/"), "https://***@proxy/");
  EXPECT_EQ(shown("via http://user:pw"), "via http://***");
}

TEST(redact, leaves_prose_and_paths_alone) {
  for (auto const text :
       {"Bearer token is missing", "basic auth refused", "dapiserver is down", "Invalid access key",
        "no such file: /tmp/data/value.csv",
        "jobs/list.jobs[1].settings.value: expected string, found int64", "https://host/path@x",
        "token: expired", "don't 'quote' it", "eyJ is short", "metadata: 7"}) {
    EXPECT_EQ(shown(text), text);
  }
}

TEST(redact, shows_control_characters_as_spaces) {
  EXPECT_EQ(shown("a\nb\x1B[31mc\x7F"), "a b [31mc ");
  EXPECT_EQ(shown(std::string_view("a\0b", 3)), "a b");
}

TEST(redact, cuts_and_counts_the_rest) {
  EXPECT_EQ(kiln::redact("0123456789", 10), "0123456789");
  EXPECT_EQ(kiln::redact("0123456789abc", 10), "0123456789… (3 more bytes)");
  EXPECT_EQ(kiln::redact("01234567é9", 9), "01234567… (3 more bytes)");
  EXPECT_EQ(kiln::redact("", 0), "");
  EXPECT_EQ(kiln::redact("ab", 0), "… (2 more bytes)");
}

TEST(redact, no_cut_shows_part_of_a_secret) {
  std::string const text =
      R"(x {"token":"S3CRET12345678"} Bearer S3CRET12345678 password=S3CRET12345678 )"
      R"(https://S3CRET:S3CRET12345678@h dapiS3CRET12345678 eyJS3CRET12345678 )"
      "Authorization: S3CRET12345678\r\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    EXPECT_EQ(kiln::redact(text, size).find("S3C"), std::string::npos) << size;
    EXPECT_EQ(kiln::redact(text.substr(0, size), size).find("S3CRET123"), std::string::npos)
        << size;
  }
}

TEST(redact, costs_little_for_a_body_of_megabytes) {
  std::string body = R"({"a":1,"data":")" + std::string(8 << 20, 'A') + "\"}";
  EXPECT_EQ(kiln::redact(body), R"({"a":1,"data":"***"})");
  std::string const quotes(1 << 20, '"');
  EXPECT_EQ(kiln::redact(quotes).size(), 96 + std::string("… (1048480 more bytes)").size());
}

TEST(hide, finds_every_occurrence_and_leaves_the_rest) {
  EXPECT_EQ(hidden("a s3cr3t b s3cr3ts3cr3t", "s3cr3t"), "a *** b ******");
  EXPECT_EQ(hidden("s3cr3", "s3cr3t"), "s3cr3");
  EXPECT_EQ(hidden("aab aaab", "aaab"), "aab ***");
  EXPECT_EQ(hidden("the cat", "cat"), "the cat") << "shorter than any secret";
  EXPECT_EQ(hidden("", "s3cr3t"), "");
}

TEST(hide, knows_how_urls_forms_json_and_html_write_it) {
  constexpr std::string_view secret = "a/b+c d\"e&f%g";
  for (char const* spelling :
       {"a/b+c d\"e&f%g", "a%2Fb%2Bc%20d%22e%26f%25g", "a%2fb%2bc+d%22e%26f%25g",
        "a%252Fb%252Bc%2520d%2522e%2526f%2525g", "%61%2F%62%2B%63%20%64%22%65%26%66%25%67",
        R"(a/b+c d\"e&f%g)", R"(a\/b\u002bc\u0020d\u0022e\u0026f\u0025g)", "a/b+c d&quot;e&amp;f%g",
        "a&#47;b&#x2B;c&#32;d&#34;e&#38;f&#37;g"}) {
    EXPECT_EQ(hidden("<" + std::string(spelling) + ">", secret), "<***>") << spelling;
    EXPECT_EQ(hidden(std::string(spelling) + '%', secret), "***%") << spelling;
  }
  EXPECT_EQ(hidden("a%2Fb%2Bc%20d%22e%26f%25", secret), "a%2Fb%2Bc%20d%22e%26f%25");
  EXPECT_EQ(hidden("100%25 of %%%%", "%%%%"), "100%25 of ***");
}

}  // namespace
