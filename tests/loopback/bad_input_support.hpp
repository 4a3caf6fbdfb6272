#pragma once

#include "loopback/engine_support.hpp"
#include "support/hostile_server.hpp"

#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::engine_tests {

/// A workspace on a server that answers everything with the same bytes.
struct misled : testing::Test {
  static constexpr std::string_view token = "dapi4f1e8d2c9b7a6053feedface01234567";
  std::mutex mutex;
  std::vector<std::string> requests;
  runtime loop;

  /// What the server says to each request, then it closes.
  test::hostile_server::script saying(std::string answer) {
    return [this, answer = std::move(answer)](test::hostile_connection& c, int) {
      auto raw = c.read_request();
      if (raw.empty()) return;
      {
        std::lock_guard const lock(mutex);
        requests.push_back(std::move(raw));
      }
      c.send(answer);
    };
  }
  static std::string plain(test::hostile_server const& s) {
    return "http://127.0.0.1:" + std::to_string(s.port());
  }
  static workspace_options options(std::string host) {
    auto o = quick_options(std::move(host), std::string(token));
    o.retry.attempts_max = 2;
    return o;
  }
  error list(workspace_options o) {
    workspace const ws(loop, std::move(o));
    auto const got = wait(ws, ws.dbfs().list({.path = "/"}));
    return got.has_error() ? got.error() : error(errc::none, "it succeeded");
  }
  error list_of(std::string answer) {
    test::hostile_server const server(saying(std::move(answer)));
    auto e = list(options(plain(server)));
    EXPECT_EQ("http://" + e.where(), plain(server)) << e;
    return e;
  }
  /// The code, and words that say what, where and what to do; never the token.
  static void expect(error const& e, errc code, std::initializer_list<std::string_view> words) {
    auto const text = e.describe();
    EXPECT_EQ(e.code(), code) << text;
    for (auto const word : words) {
      EXPECT_NE(text.find(word), std::string::npos) << "no '" << word << "' in: " << text;
    }
    EXPECT_NE(text.find(e.operation()), std::string::npos) << text;
    EXPECT_NE(text.find(e.where()), std::string::npos) << text;
    EXPECT_EQ(text.find(token), std::string::npos) << text;
  }
};

inline std::string response(std::string_view status, std::string_view body,
                            std::string_view headers = {}) {
  std::string out = "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: ";
  out += std::to_string(body.size()) + "\r\n" + std::string(headers) + "\r\n";
  return out.append(body);
}

}  // namespace kiln::engine_tests
