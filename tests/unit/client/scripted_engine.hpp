#pragma once

#include "client/engine.hpp"
#include "support/virtual_world.hpp"

#include <kiln/workspace.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

// An engine on a virtual clock whose attempts come to what a test has written down.
namespace kiln::client_tests {

using namespace std::chrono_literals;

inline http::response response(int status, std::string body = "{}") {
  http::response out;
  out.status = status;
  out.headers.push_back({"Content-Type", "application/json"});
  out.body = std::move(body);
  return out;
}

/// What the next attempts come to, and what was sent. Shared by the test and the transport.
struct script {
  struct step {
    net::attempt_outcome outcome;
    duration takes{};
  };
  std::deque<step> steps;
  std::vector<http::request> seen;
  std::vector<instant> when;
  int cancelled = 0;
  bool closed = false;

  void answer(http::response r, duration takes = 10ms) {
    auto& next = steps.emplace_back();
    next.outcome.reply = std::move(r);
    next.outcome.sent = http::sent::all;
    next.outcome.response_started = true;
    next.takes = takes;
  }
  void fail(errc code, http::sent sent, bool reused = false, duration takes = 10ms) {
    auto& next = steps.emplace_back();
    next.outcome.reply = error(code, "scripted");
    next.outcome.sent = sent;
    next.outcome.reused_connection = reused;
    next.takes = takes;
  }
};

class scripted_transport final : public net::transport {
 public:
  scripted_transport(timers& clock, std::shared_ptr<script> s) : clock_(clock), script_(s) {}
  asio::awaitable<net::attempt_outcome> perform(http::request const& what,
                                                net::attempt_options const& options) override {
    script_->seen.push_back(what);
    script_->when.push_back(clock_.now());
    script::step next{{response(200), http::sent::all, true, false}, 10ms};
    if (!script_->steps.empty()) {
      next = std::move(script_->steps.front());
      script_->steps.pop_front();
    }
    auto const end = clock_.now() + next.takes;
    try {
      co_await clock_.sleep_until(std::min(end, options.deadline));
    } catch (boost::system::system_error const&) {
      ++script_->cancelled;
      throw;
    }
    if (end > options.deadline) {
      net::attempt_outcome late{error(errc::timed_out, "no answer in time"), http::sent::all, false,
                                false};
      co_return late;
    }
    co_return std::move(next.outcome);
  }
  void close() noexcept override { script_->closed = true; }

 private:
  timers& clock_;
  std::shared_ptr<script> script_;
};

class renewable final : public token_source {
 public:
  task<authorization> authorize() override {
    authorization out;
    out.headers.emplace_back("Authorization", "Bearer secret-" + std::to_string(generation));
    co_return out;
  }
  bool rejected() noexcept override {
    ++generation;
    return true;
  }
  int generation = 1;
};

struct scripted_engine : testing::Test {
  test::virtual_world world;
  std::shared_ptr<script> wire = std::make_shared<script>();
  workspace_options options = [] {
    workspace_options o;
    o.host = "https://adb-1.example.net";
    o.credentials = credentials(std::make_shared<renewable>());
    return o;
  }();

  std::shared_ptr<engine> make() {
    engine_parts parts;
    parts.executor = world.executor();
    parts.outer_executor = world.executor();
    parts.clock = world.clock();
    parts.seed = 3;
    parts.make_transport = [this](timers& clock) -> std::unique_ptr<net::transport> {
      return std::make_unique<scripted_transport>(clock, wire);
    };
    auto host = *http::parse_base_url(options.host);
    return engine::create(std::move(parts), options, std::move(host));
  }
  static outgoing_call call(repeat repeats = repeat::safe) {
    outgoing_call out;
    out.operation = "dbfs/put";
    out.repeats = repeats;
    out.message.target = "/api/2.0/dbfs/put";
    return out;
  }
};

}  // namespace kiln::client_tests
