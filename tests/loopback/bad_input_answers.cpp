// Answers no workspace should give, and the words for them.
#include "loopback/bad_input_support.hpp"

namespace kiln {
namespace {

using namespace std::chrono_literals;
using engine_tests::response;

struct bad_answers : engine_tests::misled {};

constexpr std::string_view html = "Content-Type: text/html; charset=utf-8\r\n";
constexpr std::string_view json = "Content-Type: application/json\r\n";

TEST_F(bad_answers, a_wrong_token_is_unauthenticated) {
  runtime server_loop;
  emulator const emu(server_loop, {});
  auto const e = list(options(emu.url()));
  expect(e, errc::unauthenticated, {"dbfs/list", "127.0.0.1", "401", "check the token"});
  EXPECT_EQ(e.http_status(), 401);
  EXPECT_EQ(e.attempts(), 1) << "a refused token is not tried again";
}

TEST_F(bad_answers, a_bare_401_and_403_still_say_what_to_check) {
  expect(list_of(response("401 Unauthorized", "")), errc::unauthenticated,
         {"401", "check the token"});
  expect(list_of(response("403 Forbidden", "")), errc::permission_denied,
         {"403", "Forbidden", "permission"});
}

TEST_F(bad_answers, permission_denied_gives_the_servers_words) {
  auto const e = list_of(response(
      "403 Forbidden",
      R"({"error_code":"PERMISSION_DENIED","message":"alice may not read /secret"})", json));
  expect(e, errc::permission_denied,
         {"dbfs/list", "alice may not read /secret", "403", "PERMISSION_DENIED"});
  EXPECT_EQ(e.attempts(), 1);
}

TEST_F(bad_answers, a_web_page_is_not_databricks) {
  constexpr std::string_view page =
      "<!doctype html><html><head><title>Sign in to the guest network</title></head></html>";
  for (char const* status : {"200 OK", "404 Not Found"}) {
    auto const e = list_of(response(status, page, html));
    expect(e, errc::not_databricks,
           {"dbfs/list", "not an answer of the Databricks REST API", "is the host right",
            "Sign in to the guest network"});
    EXPECT_EQ(e.attempts(), 1);
  }
  expect(list_of(response("200 OK", "<html>no type</html>")), errc::not_databricks, {"host"});
}

TEST_F(bad_answers, a_balancers_page_is_temporary) {
  auto const e = list_of(response("503 Service Unavailable",
                                  "<html><title>503 no backend is up</title></html>", html));
  expect(e, errc::unavailable, {"503", "no backend is up", "2 attempts"});
  EXPECT_EQ(e.http_status(), 503);
}

TEST_F(bad_answers, an_empty_answer_where_json_belongs_is_not_databricks) {
  for (char const* answer : {"200 OK", "204 No Content"}) {
    auto const empty = std::string_view(answer).starts_with("204")
                           ? std::string("HTTP/1.1 204 No Content\r\n\r\n")
                           : response(answer, "");
    expect(list_of(empty), errc::not_databricks,
           {"dbfs/list", "empty", "is the host a Databricks workspace"});
  }
  expect(list_of(response("200 OK", " \r\n ")), errc::not_databricks, {"empty"});
}

TEST_F(bad_answers, a_redirect_is_not_followed_and_the_token_stays) {
  test::hostile_server const elsewhere(saying(response("200 OK", "{}", json)));
  for (char const* status :
       {"301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"}) {
    std::string const target = plain(elsewhere) + "/login";
    auto const e = list_of(
        response(status, "", "Location: " + target + "?token=" + std::string(token) + "\r\n"));
    expect(e, errc::redirected, {"dbfs/list", target, "follows no redirect", "check the host"});
    EXPECT_EQ(e.attempts(), 1);
  }
  EXPECT_EQ(elsewhere.connections(), 0);
  EXPECT_EQ(requests.size(), 4U);
}

TEST_F(bad_answers, bytes_that_are_not_http_are_malformed) {
  for (char const* garbage :
       {"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "\x16\x03\x01 garbage \x01\x02\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "220 mail.example.net ESMTP\r\n"}) {
    expect(list_of(garbage), errc::malformed_response, {"dbfs/list", "2 attempts"});
  }
}

TEST_F(bad_answers, two_lengths_that_differ_are_malformed) {
  expect(list_of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
         errc::malformed_response, {"dbfs/list"});
}

TEST_F(bad_answers, an_end_in_the_middle_is_a_lost_connection) {
  expect(list_of("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"files\":["),
         errc::connection_lost, {"dbfs/list", "500", "2 attempts"});
  expect(list_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"fil\r\n"),
         errc::connection_lost, {"dbfs/list"});
  expect(list_of("HTTP/1.1 200 OK\r\nConte"), errc::connection_lost, {"dbfs/list"});
  expect(list_of(""), errc::connection_lost, {"dbfs/list"});
}

TEST_F(bad_answers, an_oversized_answer_is_refused_by_name) {
  test::hostile_server const server(
      saying(response("200 OK", R"({"files":[]})" + std::string(5000, ' '), json)));
  auto o = options(plain(server));
  o.response_bytes_max = 4096;
  auto const e = list(std::move(o));
  expect(e, errc::response_too_large, {"dbfs/list", "4096", "response_bytes_max"});
  EXPECT_EQ(e.attempts(), 1);
  expect(list_of("HTTP/1.1 200 OK\r\nX-Long: " + std::string(100'000, 'x') + "\r\n\r\n"),
         errc::response_too_large, {"head", "limit"});
}

TEST_F(bad_answers, json_that_is_cut_or_wrong_is_told_with_its_path) {
  struct wrong {
    char const* body;
    char const* words;
  };
  for (auto const& w : {
           wrong{R"({"files":[{"path":"/a"},{"path":7}]})", "dbfs/list.files[1].path"},
           wrong{R"({"files":[{"file_size":"many"}]})", "dbfs/list.files[0].file_size"},
           wrong{R"({"files":[{"file_size":1.5}]})", "dbfs/list.files[0].file_size"},
           wrong{R"({"files":[{"file_size":9223372036854775808}]})",
                 "dbfs/list.files[0].file_size"},
           wrong{R"({"files":{}})", "dbfs/list.files"},
           wrong{R"([1,2])", "dbfs/list"},
           wrong{R"({"files":[)", "dbfs/list.files"},
           wrong{R"({"files":[]} x)", "dbfs/list"},
           wrong{"nonsense", "dbfs/list"},
       }) {
    auto const e = list_of(response("200 OK", w.body, json));
    expect(e, errc::decode_failed, {w.words});
    EXPECT_EQ(e.http_status(), 200) << e;
  }
}

TEST_F(bad_answers, a_slow_server_ends_at_the_deadline) {
  test::hostile_server const server([](test::hostile_connection& c, int) {
    if (c.read_request().empty()) return;
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    c.send_slowly(std::string(1000, ' '), 20ms);
  });
  auto o = options(plain(server));
  o.deadline = 300ms;
  auto const begin = std::chrono::steady_clock::now();
  auto const e = list(std::move(o));
  auto const took = std::chrono::steady_clock::now() - begin;
  expect(e, errc::deadline_exceeded, {"dbfs/list", "deadline"});
  EXPECT_GE(took, 290ms);
  EXPECT_LT(took, 3s);
}

TEST_F(bad_answers, a_silent_server_ends_at_the_first_byte_timeout_by_its_name) {
  test::hostile_server const server([](test::hostile_connection& c, int) { c.wait_for_close(); });
  auto o = options(plain(server));
  o.timeouts.first_byte = 100ms;
  expect(list(std::move(o)), errc::timed_out, {"dbfs/list", "timeouts.first_byte", "100 ms"});
}

TEST_F(bad_answers, a_coding_nobody_asked_for_is_malformed) {
  expect(list_of(response("200 OK", "{}", "Content-Encoding: br\r\n")), errc::malformed_response,
         {"br"});
  expect(list_of(response("200 OK", "no gzip", "Content-Encoding: gzip\r\n")),
         errc::malformed_response, {"dbfs/list"});
}

}  // namespace
}  // namespace kiln
