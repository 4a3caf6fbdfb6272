#pragma once

#include "support/hostile_server.hpp"

#include <kiln/kiln.hpp>
#include <kiln/services/dbfs.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::wire_tests {

inline constexpr std::string_view token = "dapi0123456789abcdef0123456789abcdef";

inline void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

/// A workspace whose server keeps every request, byte by byte, and gives them all one answer.
struct capture : testing::Test {
  std::mutex mutex;
  std::vector<std::string> seen;
  std::string answer = "{}";
  test::hostile_server server{[this](test::hostile_connection& c, int) {
    for (auto raw = c.read_request(); !raw.empty(); raw = c.read_request()) {
      std::lock_guard const lock(mutex);
      seen.push_back(std::move(raw));
      c.send(test::ok_response(answer, "Content-Type: application/json\r\n"));
    }
  }};
  runtime loop;
  std::string const host = "127.0.0.1:" + std::to_string(server.port());
  workspace ws{loop, options()};

  [[nodiscard]] workspace_options options() const {
    workspace_options o;
    o.host = "http://" + host;
    o.credentials = credentials::personal_access_token(std::string(token));
    budget_options fast;
    fast.rate = 100'000;
    fast.buckets.clear();
    o.budget = budget(fast);
    o.retry.attempts_max = 1;
    return o;
  }

  void answers(std::string body) {
    std::lock_guard const lock(mutex);
    answer = std::move(body);
  }
  /// The result of a call that must not fail.
  template <class T>
  T made(task<T> work) {
    return ws.start(std::move(work)).get();
  }
  template <class T>
  error failed(task<T> work) {
    try {
      static_cast<void>(ws.start(std::move(work)).get());
    } catch (failure const& f) {
      return f.error();
    }
    return {};
  }
  /// kiln/1.2.3 as kiln/{version}, and nothing that is not shaped like it.
  static std::string without_version(std::string const& raw) {
    static std::regex const shape("(User-Agent: [^\r\n]*kiln/)[0-9]+\\.[0-9]+\\.[0-9]+ ");
    return std::regex_replace(raw, shape, "$1{version} ", std::regex_constants::format_first_only);
  }
  /// The only request of a call, with {host} and {version} for what differs from run to run.
  template <class T>
  std::string sent(task<T> work) {
    static_cast<void>(ws.start(std::move(work)).wait());
    std::lock_guard const lock(mutex);
    EXPECT_EQ(seen.size(), 1U);
    auto out = seen.empty() ? std::string() : seen.front();
    seen.clear();
    replace_all(out, host, "{host}");
    return without_version(out.substr(0, out.find("\r\n\r\n"))) +
           out.substr(std::min(out.size(), out.find("\r\n\r\n")));
  }
};

}  // namespace kiln::wire_tests
