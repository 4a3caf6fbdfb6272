// Logins against OAuth servers that others wrote: `./run test` installs them where npm is there.
#include "loopback/bad_input_support.hpp"
#include "support/test_certificates.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <poll.h>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace kiln {
namespace {

using namespace std::chrono_literals;

constexpr char const* provider_secret = "a secret with: odd % signs + and blanks";

std::string servers_folder() {
  char const* const named = std::getenv("KILN_OAUTH_SERVERS");
  return named != nullptr ? std::string(named) : std::string(KILN_BINARY_DIR) + "/oauth";
}

/// The servers as a process that ends with this object: its stdin does.
class oauth_servers {
 public:
  explicit oauth_servers(std::string const& key_file) {
    auto const folder = servers_folder();
    if (!std::filesystem::exists(folder + "/node_modules")) return;
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::string node = "node";
    std::string script = folder + "/servers.mjs";
    std::string key = key_file;
    std::array<char*, 4> words{node.data(), script.data(), key.data(), nullptr};
    int const failed = ::posix_spawnp(&number_, "node", &actions, nullptr, words.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    stdin_ = in[1];
    if (failed != 0) number_ = 0;
    if (number_ > 0) read_ready(out[0]);
    ::close(out[0]);
  }
  ~oauth_servers() {
    if (stdin_ >= 0) ::close(stdin_);
    if (number_ > 0) ::waitpid(number_, nullptr, 0);
  }
  oauth_servers(oauth_servers const&) = delete;
  oauth_servers& operator=(oauth_servers const&) = delete;

  [[nodiscard]] bool started() const noexcept { return number_ > 0; }
  std::string provider, mock;

 private:
  void read_ready(int from) {
    std::string line;
    char c = 0;
    pollfd end{from, POLLIN, 0};
    constexpr int patience_ms = 60'000;
    while (::poll(&end, 1, patience_ms) > 0 && ::read(from, &c, 1) == 1 && c != '\n') line += c;
    std::string word;
    std::istringstream(line) >> word >> provider >> mock;
  }
  pid_t number_ = 0;
  int stdin_ = -1;
};

/// A workspace that takes every token and remembers it.
struct oauth_logins : testing::Test {
  runtime loop;
  test::test_certificates certificates;
  test::test_certificates::identity identity = certificates.right();
  oauth_servers servers{identity.key_file};
  std::mutex mutex;
  std::vector<std::string> tokens;
  test::hostile_server taking{[this](test::hostile_connection& c, int) {
    for (auto request = c.read_request(); !request.empty(); request = c.read_request()) {
      auto const at = request.find("Authorization: Bearer ");
      {
        std::lock_guard const lock(mutex);
        tokens.push_back(at == std::string::npos
                             ? std::string()
                             : request.substr(at + 22, request.find('\r', at) - at - 22));
      }
      c.send(test::ok_response("{}"));
    }
  }};

  [[nodiscard]] bool here() const {
    if (servers.started()) {
      EXPECT_FALSE(servers.mock.empty()) << "the servers ended before they were ready";
      return true;
    }
    std::cerr << "passed over: no OAuth servers in " << servers_folder()
              << "; ./run test installs them where npm is there\n";
    return false;
  }
  [[nodiscard]] oauth_login login(std::string const& server, std::string id) const {
    oauth_login out;
    out.client_id = std::move(id);
    out.client_secret = secret(provider_secret);
    out.discovery_url = server + "/.well-known/openid-configuration";
    return out;
  }
  result<void> call(oauth_login who, int attempts_max = 1) {
    auto o = engine_tests::quick_options("http://127.0.0.1:" + std::to_string(taking.port()), "x");
    o.credentials = credentials::oauth_client(std::move(who));
    o.retry.attempts_max = attempts_max;
    o.retry.backoff_base = 3'000ms;
    o.retry.backoff_max = 3'000ms;
    workspace const ws(loop, std::move(o));
    return engine_tests::wait(ws, ws.dbfs().mkdirs({.path = "/a"}));
  }
};

TEST_F(oauth_logins, a_provider_takes_every_proof_kiln_has) {
  if (!here()) return;
  auto const basic = call(login(servers.provider, "by-basic"));
  EXPECT_TRUE(basic.has_value()) << basic.error();
  auto post = login(servers.provider, "by-post");
  post.proof = client_proof::secret_post;
  auto const posted = call(std::move(post));
  EXPECT_TRUE(posted.has_value()) << posted.error();
  auto key = login(servers.provider, "by-key");
  key.proof = client_proof::private_key_jwt;
  key.certificate_file = identity.key_file;
  for (int i = 0; i < 2; ++i) {  // an assertion that comes again is refused
    auto const signed_in = call(key);
    EXPECT_TRUE(signed_in.has_value()) << signed_in.error();
  }
  std::lock_guard const lock(mutex);
  ASSERT_EQ(tokens.size(), 4U);
  for (auto const& token : tokens) EXPECT_GT(token.size(), 20U);
}

TEST_F(oauth_logins, a_provider_refuses_what_is_wrong_in_its_own_words) {
  if (!here()) return;
  auto wrong = login(servers.provider, "by-basic");
  wrong.client_secret = secret("canary-of-a-secret");
  auto const why = call(std::move(wrong), 3);
  ASSERT_TRUE(why.has_error());
  EXPECT_EQ(why.error().code(), errc::unauthenticated);
  EXPECT_NE(why.error().message().find("invalid_client"), std::string::npos) << why.error();
  EXPECT_EQ(why.error().describe().find("canary"), std::string::npos) << why.error();
  auto const unknown = call(login(servers.provider, "nobody"));
  ASSERT_TRUE(unknown.has_error());
  EXPECT_NE(unknown.error().message().find("client"), std::string::npos) << unknown.error();
  auto other = login(servers.provider, "by-key");
  other.proof = client_proof::private_key_jwt;
  other.certificate_file = certificates.right().key_file;
  auto const forged = call(std::move(other));
  ASSERT_TRUE(forged.has_error());
  EXPECT_EQ(forged.error().code(), errc::unauthenticated) << forged.error();
}

TEST_F(oauth_logins, a_mock_bends_its_answers) {
  if (!here()) return;
  auto who = login(servers.mock, "any");
  who.scope = "strings";
  auto const strings = call(who);
  EXPECT_TRUE(strings.has_value()) << strings.error();
  who.scope = "ended";
  auto const ended = call(who);
  ASSERT_TRUE(ended.has_error());
  EXPECT_NE(ended.error().message().find("ended already"), std::string::npos) << ended.error();
  who.scope = "fails-twice";
  auto const later = call(who, 8);
  EXPECT_TRUE(later.has_value()) << later.error();
}

}  // namespace
}  // namespace kiln
