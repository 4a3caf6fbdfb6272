#include "client/login_http.hpp"

#include "client/login_issuers.hpp"
#include "support/virtual_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <vector>

namespace kiln {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view token_answer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 41\r\n\r\n"
    R"({"access_token":"t-1","expires_in":"600"})";

/// A server that says the same to whatever comes.
class saying final : public net::byte_stream {
 public:
  explicit saying(std::string_view text) : text_(text) {}
  asio::awaitable<result<std::size_t>> read_some(std::span<std::byte> into) override {
    auto const n = std::min(into.size(), text_.size());
    auto const some = std::as_bytes(std::span(text_.substr(0, n)));
    std::copy(some.begin(), some.end(), into.begin());
    text_.remove_prefix(n);
    co_return n;
  }
  asio::awaitable<result<void>> write(std::span<std::byte const> data) override {
    taken_ += data.size();
    co_return result<void>();
  }
  [[nodiscard]] bool quiet() noexcept override { return text_.empty(); }
  void close() noexcept override {}
  [[nodiscard]] std::uint64_t taken() const noexcept override { return taken_; }

 private:
  std::string_view text_;
  std::uint64_t taken_ = 0;
};

class recording_connector final : public net::connector {
 public:
  asio::awaitable<result<std::unique_ptr<net::byte_stream>>> connect(
      net::origin const& to) override {
    reached.push_back(to);
    co_return std::unique_ptr<net::byte_stream>(std::make_unique<saying>(token_answer));
  }
  std::vector<net::origin> reached;
};

struct login_requests : testing::Test {
  test::virtual_world world;
  std::shared_ptr<recording_connector> network = std::make_shared<recording_connector>();

  std::shared_ptr<login_http> http() {
    login_surroundings in;
    in.executor = world.executor();
    in.clock = world.clock();
    in.connector = network;
    in.host = *http::parse_base_url("https://adb-1.azuredatabricks.net");
    in.user_agent = "test/1";
    in.seed = 3;
    return std::make_shared<login_http>(in);
  }
};

TEST_F(login_requests, a_machines_own_identity_is_never_asked_for_through_a_proxy) {
  auto const issuer = make_azure_issuer(http(), azure_kind::managed_identity, {}, "audience");
  auto const got = world.run(issuer->issue());
  ASSERT_TRUE(got.has_value()) << got.error();
  ASSERT_EQ(network->reached.size(), 2U) << "the probe and the question";
  for (auto const& to : network->reached) {
    EXPECT_EQ(to.host, "169.254.169.254");
    EXPECT_TRUE(to.direct);
  }
}

TEST_F(login_requests, other_logins_go_the_way_the_workspace_goes) {
  azure_login login;
  login.tenant_id = "tenant";
  login.client_id = "client";
  login.client_secret = secret("s");
  auto const issuer = make_azure_issuer(http(), azure_kind::client_secret, login, "audience");
  auto const got = world.run(issuer->issue());
  ASSERT_TRUE(got.has_value()) << got.error();
  ASSERT_EQ(network->reached.size(), 1U);
  EXPECT_EQ(network->reached[0].host, "login.microsoftonline.com");
  EXPECT_FALSE(network->reached[0].direct);
}

}  // namespace
}  // namespace kiln
