#pragma once

#include "support/hostile_server.hpp"

#include <kiln/kiln.hpp>
#include <kiln/services/dbfs.hpp>

#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::wire_tests {

inline constexpr std::string_view token = "dapi0123456789abcdef0123456789abcdef";

void replace_all(std::string& text, std::string_view what, std::string_view with);

/// A workspace whose server keeps every request, byte by byte, and gives them all one answer.
struct capture : testing::Test {
  std::mutex mutex;
  std::vector<std::string> seen;
  std::string answer = "{}";
  std::string reply;  ///< Head and all, instead of `answer`; empty: none.
  test::hostile_server server{[this](test::hostile_connection& c, int) {
    for (auto raw = c.read_request(); !raw.empty(); raw = c.read_request()) {
      std::lock_guard const lock(mutex);
      seen.push_back(std::move(raw));
      c.send(reply.empty() ? test::ok_response(answer, "Content-Type: application/json\r\n")
                           : reply);
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
  void replies(std::string text) {
    std::lock_guard const lock(mutex);
    reply = std::move(text);
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
  static std::string without_version(std::string const& raw);
  /// The only request of a call, with {host} and {version} for what differs from run to run.
  template <class T>
  std::string sent(task<T> work) {
    static_cast<void>(ws.start(std::move(work)).wait());
    return only_request();
  }

 private:
  std::string only_request();
};

}  // namespace kiln::wire_tests
