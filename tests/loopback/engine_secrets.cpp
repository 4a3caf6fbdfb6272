// A canary token through every way to fail: it shows in no log line, no error and no exception.
#include "loopback/bad_input_support.hpp"
#include "support/test_certificates.hpp"

#include <mutex>
#include <vector>

namespace kiln {
namespace {

using engine_tests::response;

struct engine_secrets : engine_tests::misled {
  std::mutex log_mutex;
  std::vector<std::string> lines;
  int failures = 0;

  workspace_options logged(std::string host) {
    auto o = options(std::move(host));
    o.log = [this](log_level, std::string_view line) {
      std::lock_guard const lock(log_mutex);
      lines.emplace_back(line);
    };
    return o;
  }
  /// Neither the token nor the greater part of it.
  static void expect_clean(std::string_view text) {
    EXPECT_EQ(text.find(token), std::string_view::npos) << text;
    EXPECT_EQ(text.find(token.substr(4, 20)), std::string_view::npos) << text;
  }
  void fail_with(workspace_options o) {
    workspace const ws(loop, std::move(o));
    auto future = ws.start(ws.dbfs().get_status({.path = "/a"}));
    try {
      static_cast<void>(future.get());
      ADD_FAILURE() << "it succeeded";
    } catch (failure const& f) {
      ++failures;
      expect_clean(f.what());
      expect_clean(f.error().describe());
      expect_clean(f.error().error_code());
      expect_clean(f.error().request_id());
    }
  }
  void fail_with_answer(std::string answer) {
    test::hostile_server const server(saying(std::move(answer)));
    fail_with(logged(plain(server)));
  }
};

TEST_F(engine_secrets, the_token_is_nowhere_whatever_the_server_echoes) {
  std::string const t(token);
  std::string const bearer = "Authorization: Bearer " + t;
  for (char const* status : {"400 Bad Request", "401 Unauthorized", "403 Forbidden",
                             "404 Not Found", "500 Oops", "503 Service Unavailable"}) {
    fail_with_answer(response(status, R"({"error_code":"X","message":"bad token )" + t + "\"}"));
    fail_with_answer(response(status, "you sent " + bearer));
    fail_with_answer(response(status, "<html><title>" + bearer + "</title></html>",
                              "Content-Type: text/html\r\n"));
  }
  fail_with_answer(response("400 Bad", R"({"error_code":")" + t + R"(","message":"x"})"));
  fail_with_answer(response("400 Bad", "{}", "x-request-id: " + t + "\r\n"));
  fail_with_answer(response("400 " + t, ""));
  fail_with_answer(response("302 Found", "", "Location: https://x.example.net/" + t + "\r\n"));
  fail_with_answer(response("200 OK", "<html>" + bearer + "</html>"));
  fail_with_answer(response("200 OK", R"({"path":"/a","file_size":")" + t + "\"}"));
  fail_with_answer(response("200 OK", R"({")" + t + R"(":{"path":)"));
  fail_with_answer(response("200 OK", t));
  fail_with_answer(t + " is not HTTP\r\n\r\n");
  fail_with_answer("HTTP/1.1 200 OK\r\n" + t + "\r\n\r\n");
  fail_with_answer(response("200 OK", "{}", "Content-Encoding: " + t + "\r\n"));
  fail_with_answer("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + t);
  EXPECT_EQ(failures, 6 * 3 + 12);
  std::lock_guard const lock(log_mutex);
  EXPECT_GE(lines.size(), static_cast<std::size_t>(failures) - 4) << "the log was not on";
  for (auto const& line : lines) expect_clean(line);
  for (auto const& r : requests) EXPECT_NE(r.find(bearer), std::string::npos) << "it was not sent";
}

TEST_F(engine_secrets, the_token_is_nowhere_when_no_server_is_reached) {
  test::test_certificates certificates;
  test::hostile_server::options secure;
  secure.tls = true;
  secure.identity = certificates.other_host();
  test::hostile_server const wrong_name(saying(response("200 OK", "{}")), secure);
  fail_with(logged("https://127.0.0.1:" + std::to_string(wrong_name.port())));
  fail_with(logged("http://127.0.0.1:" + std::to_string(test::refused_port())));
  fail_with(logged("https://kiln-test.invalid"));
  auto late = logged("http://127.0.0.1:" + std::to_string(test::refused_port()));
  late.deadline = std::chrono::milliseconds(1);
  fail_with(std::move(late));
  EXPECT_EQ(failures, 4);
  EXPECT_TRUE(requests.empty());
  std::lock_guard const lock(log_mutex);
  EXPECT_GE(lines.size(), 4U);
  for (auto const& line : lines) expect_clean(line);
}

}  // namespace
}  // namespace kiln
