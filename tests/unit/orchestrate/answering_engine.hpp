#pragma once

#include "client/engine.hpp"
#include "http/url.hpp"
#include "support/virtual_world.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>

// An engine on a virtual clock whose server is a function.
namespace kiln::wait_tests {

using namespace std::chrono_literals;

/// Answers each request by a function of the request and the time.
class answering_transport final : public net::transport {
 public:
  using function = std::function<net::attempt_outcome(http::request const&, instant)>;
  answering_transport(timers& clock, function answer) : clock_(clock), answer_(std::move(answer)) {}
  asio::awaitable<net::attempt_outcome> perform(http::request const& what,
                                                net::attempt_options const&) override {
    co_await clock_.sleep_until(clock_.now() + 20ms);
    co_return answer_(what, clock_.now());
  }
  void close() noexcept override {}

 private:
  timers& clock_;
  function answer_;
};

inline net::attempt_outcome reply(int status, std::string body) {
  http::response out;
  out.status = status;
  out.body = std::move(body);
  return {std::move(out), http::sent::all, true, false};
}

/// Makes one attempt a call only, so that a test sees each failure.
inline std::shared_ptr<engine> answering_engine(test::virtual_world const& world,
                                                answering_transport::function answer) {
  workspace_options options;
  options.host = "https://adb-1.example.net";
  options.credentials = credentials::personal_access_token("dapi0");
  options.retry.attempts_max = 1;
  engine_parts parts;
  parts.executor = world.executor();
  parts.outer_executor = world.executor();
  parts.clock = world.clock();
  parts.seed = 3;
  parts.make_transport = [&answer](timers& clock) -> std::unique_ptr<net::transport> {
    return std::make_unique<answering_transport>(clock, std::move(answer));
  };
  auto host = *http::parse_base_url(options.host);
  return engine::create(std::move(parts), std::move(options), std::move(host));
}

}  // namespace kiln::wait_tests
