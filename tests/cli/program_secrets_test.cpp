#include "cli/program.hpp"
#include "core/random.hpp"
#include "core/redact.hpp"
#include "json/base64.hpp"
#include "support/hostile_server.hpp"
#include "support/test_certificates.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <span>
#include <string>
#include <sys/stat.h>
#include <vector>

// Canaries: every login the program has, against a server that sends back what it was sent in every
// part of an answer. What the program writes, on stdout, on stderr at its most talkative and into
// files, holds none of it. The body of a good answer is the user's own and is not looked at.
namespace kiln::cli_test {
namespace {

/// With characters that URLs, forms, JSON and HTML write in another way.
constexpr std::string_view secret_text = "cs~CANARY/0+1=2&3%4 5'6";
constexpr std::string_view token_text = "tokCANARY-0123.45~6+7/8=";
constexpr std::string_view jwt_text = "eyJhbGciOi.CANARYeyJjYW5hcnki.c2lnbmF0dXJl";
/// What token endpoints give.
constexpr std::string_view issued_text = "eyJissued.CANARY0123456789.x";
/// The path of a metadata service, which nobody else is to know.
constexpr std::string_view path_text = "/pathCANARY-0123456789";

std::string base64(std::string_view text) {
  std::string out;
  json::append_base64(out, std::as_bytes(std::span(text)));
  return out;
}

std::string decoded(std::string_view text) {
  std::string out(text.size(), '\0');
  auto const size = json::base64_decode(text, std::as_writable_bytes(std::span(out)));
  out.resize(size ? *size : 0);
  return out;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (char const c : text) {
    auto const code = static_cast<unsigned char>(c);
    if (std::isalnum(code) != 0) {
      out += c;
    } else {
      ((out += '%') += digits[code >> 4U]) += digits[code & 15U];
    }
  }
  return out;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

/// In plain text, or in base64 at any of the three alignments.
bool betrays(std::string_view text) {
  if (text.find("CANARY") != text.npos) return true;
  for (std::size_t skip = 0; skip < 3; ++skip) {
    for (auto const canary : {secret_text, token_text}) {
      constexpr std::size_t core_bytes = 9;
      auto const core = canary.substr(skip, core_bytes);
      if (text.find(base64(core)) != text.npos) return true;
    }
  }
  return false;
}

std::string header_of(std::string const& request, std::string const& name) {
  auto const at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  auto const from = at + name.size() + 4;
  return request.substr(from, request.find("\r\n", from) - from);
}

/// What a server that means no good finds in a request.
std::vector<std::string> secrets_in(std::string const& request) {
  std::vector<std::string> out;
  for (char const* name :
       {"Authorization", "Proxy-Authorization", "X-Databricks-Azure-SP-Management-Token"}) {
    auto const value = header_of(request, name);
    if (value.empty()) continue;
    auto const blob = value.substr(value.rfind(' ') + 1);
    out.insert(out.end(), {value, blob});
    if (!value.starts_with("Basic ")) continue;
    auto const pair = decoded(blob);
    out.insert(out.end(), {pair, pair.substr(pair.find(':') + 1)});
  }
  if (request.find(path_text) != request.npos) out.emplace_back(path_text);
  auto const body = request.substr(std::min(request.find("\r\n\r\n"), request.size() - 4) + 4);
  for (char const* name : {"client_secret=", "subject_token=", "client_assertion="}) {
    auto const at = body.find(name);
    if (at == std::string::npos) continue;
    auto const from = body.find('=', at) + 1;
    auto const value = body.substr(from, body.find('&', from) - from);
    out.insert(out.end(), {body, value, percent_decoded(value)});
  }
  return out;
}

std::string answer(std::string const& status, std::string const& body,
                   std::string const& headers = "Content-Type: application/json\r\n") {
  return "HTTP/1.1 " + status + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

constexpr int shapes = 20;

/// One of the places of an answer where a server could put what it was sent.
std::string echo(int shape, std::string const& what) {
  auto const quoted = json_string(what);
  std::string const json = "Content-Type: application/json\r\n";
  std::string const page = "Content-Type: text/html\r\n";
  switch (shape) {
    case 0:
      return answer("400 Bad", R"({"error_code":"X","message":)" + quoted + '}');
    case 1:
      return answer("401 No", R"({"error":"invalid_client","error_description":)" + quoted + '}');
    case 2:
      return answer("403 No", R"({"error":{"code":"A","message":)" + quoted + "}}");
    case 3:
      return answer("400 Bad", "<title>" + what + "</title><pre>" + what + "</pre>", page);
    case 4:
      return answer("302 Found", "", "Location: https://x.example.net/" + what + "\r\n");
    case 5:
      return answer(
          "307 Found", "",
          "Location: https://x.example.net/" + percent_encoded(what) + "?t=" + what + "\r\n");
    case 6:
      return answer("400 Bad", "{}", json + "x-request-id: " + what + "\r\n");
    case 7:
      return answer("400 Bad", "{}", json + "X-Databricks-Reason: " + what + "\r\n");
    case 8:
      return answer("400 Bad", R"({"detail":)" + quoted + R"(,"schemas":["x"],"scimType":)" +
                                   quoted + R"(,"status":"400"})");
    case 9:
      return answer("404 None", R"({"error_code":)" + quoted + R"(,"message":"m"})");
    case 10:
      return answer("400 " + what, "");
    case 11:
      return answer("403 " + what, "<html></html>", page);
    case 12:
      return answer("501 No", "CODE: " + what, "");
    case 13:
      return answer("400 Bad", '{' + quoted + ":{" + quoted + ':');
    case 14:
      return answer("400 Bad",
                    R"({"error_code":"X","message":)" + json_string(percent_encoded(what)) + '}');
    case 15:
      return answer("200 OK", "<html>" + what + "</html>", page);
    case 16:
      return answer("200 OK", R"({"files":[{"path":"/a","is_dir":)" + quoted + "}]}");
    case 17:
      return answer("200 OK", "{}", json + "Content-Encoding: " + what + "\r\n");
    case 18:
      return what + " HTTP/1.1 200 OK\r\n\r\n";
    default:
      return "HTTP/1.1 200 OK\r\n" + what + "\r\nContent-Length: 900\r\n\r\n" + what;
  }
}

constexpr unsigned broken_tokens = 8;

/// A token endpoint's answer that holds a token, and still is none.
std::string broken_token(unsigned shape) {
  std::string const token(issued_text);
  switch (shape) {
    case 0:
      return answer("200 OK", R"({"access_token":")" + token + R"(\n","expires_in":600})");
    case 1:
      return answer("200 OK", R"({"access_token":")" + token + R"(","expires_in":-1})");
    case 2:
      return answer("200 OK", R"({"access_token":[")" + token + R"("],"expires_in":600})");
    case 3:
      return answer("200 OK", R"({"access_token":")" + token + R"(","expires_in":60)");
    case 4:
      return answer("200 OK", R"({"access_token":")" + token + std::string(30'000, 'a') + "\"}");
    case 5:
      return answer("200 OK", R"({"token":")" + token + R"(","expires_in":600})");
    case 6:
      return answer("200 OK", "access_token=" + token + "&expires_in=600", "");
    default:
      return answer("400 Bad", R"({"error":"x","error_description":"not )" + token + "\"}");
  }
}

/// A server that answers everything with one shape; token endpoints may work.
class echo_server {
 public:
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_.port());
  }
  [[nodiscard]] std::string authority() const { return url().substr(7); }
  std::atomic<int> shape = 0;
  std::atomic<unsigned> pick = 0;
  std::atomic<bool> tokens_work = false;
  std::atomic<int> echoed = 0;

  /// Part of the signature or of the claims of an assertion that the program has sent.
  [[nodiscard]] bool has_sent_what_is_in(std::string const& text) const {
    constexpr std::size_t part = 24;
    std::lock_guard const lock(mutex_);
    for (auto const& assertion : assertions_) {
      auto const claims = assertion.find('.') + 1;
      auto const signature = assertion.rfind('.') + 1;
      for (auto const at : {claims, signature}) {
        if (text.find(assertion.substr(at, part)) != text.npos) return true;
      }
    }
    return false;
  }

 private:
  std::string reply_to(std::string const& request) {
    auto const line = request.substr(0, request.find("\r\n"));
    auto const has = [&line](char const* part) { return line.find(part) != line.npos; };
    if (has("well-known")) {
      return answer("200 OK", R"({"token_endpoint":")" + url() + R"(/oidc/v1/token"})");
    }
    bool const for_token = !has("/api/") && (has("/token") || has("CANARY"));
    if (tokens_work && for_token) {
      return answer("200 OK",
                    R"({"access_token":")" + std::string(issued_text) + R"(","expires_in":600})");
    }
    auto const secrets = secrets_in(request);
    remember_assertion(request);
    if (for_token && (secrets.empty() || pick % 3 == 0)) {
      ++echoed;
      return broken_token(pick % broken_tokens);
    }
    if (secrets.empty()) return answer("400 Bad", "{}");
    ++echoed;
    return echo(shape, secrets[pick % secrets.size()]);
  }
  void remember_assertion(std::string const& request) {
    std::string const name = "client_assertion=";
    auto const at = request.find(name);
    if (at == request.npos) return;
    auto const all = request.substr(at + name.size());
    std::lock_guard const lock(mutex_);
    assertions_.push_back(all.substr(0, all.find('&')));
  }
  std::mutex mutable mutex_;
  std::vector<std::string> assertions_;  ///< Signed by the program, as they came.
  test::hostile_server server_{[this](test::hostile_connection& c, int) {
    for (auto request = c.read_request(); !request.empty(); request = c.read_request()) {
      if (!c.send(reply_to(request))) return;
    }
  }};
};

struct login_kind {
  char const* name;
  /// "@" stands for the server's URL, "@@" for its authority, "%" for a folder of files.
  environment variables;
  bool asks_the_server = true;
};

std::ostream& operator<<(std::ostream& out, login_kind const& k) { return out << k.name; }

std::vector<login_kind> login_kinds() {
  std::string const s(secret_text);
  std::string const t(token_text);
  return {
      {"pat", {{"DATABRICKS_HOST", "@"}, {"DATABRICKS_TOKEN", t}}},
      {"basic",
       {{"DATABRICKS_HOST", "@"}, {"DATABRICKS_USERNAME", "u"}, {"DATABRICKS_PASSWORD", s}}},
      {"oauth",
       {{"DATABRICKS_HOST", "@"}, {"DATABRICKS_CLIENT_ID", "c"}, {"DATABRICKS_CLIENT_SECRET", s}}},
      {"azure",
       {{"DATABRICKS_HOST", "@"},
        {"ARM_CLIENT_ID", "c"},
        {"ARM_CLIENT_SECRET", s},
        {"ARM_TENANT_ID", "t"},
        {"AZURE_AUTHORITY_HOST", "@/login"},
        {"DATABRICKS_AZURE_RESOURCE_ID", "/subscriptions/1/w"}}},
      {"workload",
       {{"DATABRICKS_HOST", "@"},
        {"DATABRICKS_AUTH_TYPE", "env-oidc"},
        {"DATABRICKS_OIDC_TOKEN", std::string(jwt_text)}}},
      {"certificate",
       {{"DATABRICKS_HOST", "@"},
        {"ARM_CLIENT_ID", "c"},
        {"ARM_CLIENT_CERTIFICATE_PATH", "%/login.pem"},
        {"ARM_CLIENT_CERTIFICATE_PASSWORD", s},
        {"ARM_TENANT_ID", "t"},
        {"AZURE_AUTHORITY_HOST", "@/login"},
        {"DATABRICKS_AZURE_RESOURCE_ID", "/subscriptions/1/w"}}},
      {"managed_identity",
       {{"DATABRICKS_HOST", "@"},
        {"ARM_USE_MSI", "true"},
        {"AZURE_POD_IDENTITY_AUTHORITY_HOST", "@"},
        {"DATABRICKS_AZURE_RESOURCE_ID", "/subscriptions/1/w"}}},
      {"metadata_service",
       {{"DATABRICKS_HOST", "@"},
        {"DATABRICKS_METADATA_SERVICE_URL", "@" + std::string(path_text)}}},
      {"netrc", {{"DATABRICKS_HOST", "@"}, {"NETRC", "%/netrc"}}},
      {"azure_cli",
       {{"DATABRICKS_HOST", "@"},
        {"DATABRICKS_AUTH_TYPE", "azure-cli"},
        {"PATH", "%:/usr/bin:/bin"},
        {"AZ_SAYS", R"({"accessToken":")" + t + R"(","expires_on":99999999999})"}}},
      {"azure_cli_gone_wrong",
       {{"DATABRICKS_HOST", "@"},
        {"DATABRICKS_AUTH_TYPE", "azure-cli"},
        {"PATH", "%:/usr/bin:/bin"},
        {"AZ_SAYS", R"({"accessToken":[")" + std::string(issued_text) + R"("]})"}},
       false},
      {"proxy",
       {{"DATABRICKS_HOST", "https://kiln-test.invalid"},
        {"DATABRICKS_TOKEN", t},
        {"HTTPS_PROXY", "http://u:" + percent_encoded(s) + "@@@"}}},
  };
}

/// What logins read: a key with its certificate, .netrc, a program called az. Secrets are in some.
class login_files {
 public:
  login_files() {
    auto const who = certificates_.right();
    std::ofstream both(folder() + "/login.pem");
    for (auto const& from : {who.certificate_file, who.key_file}) {
      both << std::ifstream(from).rdbuf();
    }
    std::ofstream(folder() + "/netrc")
        << "machine 127.0.0.1 login token password " << token_text << '\n';
    std::ofstream(folder() + "/az") << "#!/bin/sh\nprintf '%s\\n' \"$AZ_SAYS\"\n";
    ::chmod((folder() + "/netrc").c_str(), 0600);
    ::chmod((folder() + "/az").c_str(), 0700);
  }
  [[nodiscard]] std::string const& folder() const { return certificates_.folder(); }

 private:
  test::test_certificates certificates_;
};

struct program_secrets : testing::TestWithParam<login_kind> {
  scratch home;
  login_files files_of_login;
  echo_server server;
  environment variables{{"HOME", home.path()}, {"XDG_STATE_HOME", home.path("state")}};

  void SetUp() override {
    for (auto [name, value] : GetParam().variables) {
      if (auto const at = value.rfind("@@"); at != std::string::npos) {
        value.replace(at, 2, server.authority());
      } else if (value.starts_with('@')) {
        value.replace(0, 1, server.url());
      } else if (value.starts_with('%')) {
        value.replace(0, 1, files_of_login.folder());
      }
      variables.emplace(name, value);
    }
    static_cast<void>(home.file("tree/a", 3));
    static_cast<void>(home.file("tree/b", 5));
    std::ofstream(home.path("rows.csv")) << "day\n1\n2\n";
    std::ofstream(home.path("lines")) << R"({"operation":"clusters/list"})" << '\n'
                                      << R"({"verb":"GET","path":"/api/2.0/x"})" << '\n';
  }
  [[nodiscard]] std::vector<std::vector<std::string>> commands() const {
    auto const tree = home.path("tree");
    return {{"fs", "ls", "dbfs:/"},
            {"fs", "cp", home.path("tree/a"), "dbfs:/a", "-o", "jsonl"},
            {"fs", "cp", "-r", tree, "dbfs:/x", "-o", "jsonl"},
            {"fs", "cp", "-r", "dbfs:/x", home.path("into")},
            {"fs", "sync", tree, "dbfs:/x", "-o", "jsonl"},
            {"fs", "sync", "--dry-run", tree, "dbfs:/x"},
            {"fs", "cp", "--dry-run", "-r", "dbfs:/x", home.path("into")},
            {"clusters", "list", "-o", "json"},
            {"jobs", "list", "-o", "jsonl"},
            {"users", "list"},
            {"api", "GET", "/api/2.0/clusters/list"},
            {"auth", "token"},
            {"auth", "describe"},
            {"auth", "describe", "-o", "json"},
            {"auth", "env"},
            {"api", "--list"},
            {"clusters", "create", "--json", R"({"cluster_name":"c","num_workers":1})"},
            {"jobs", "run-now", "7", "--wait", "--wait-timeout", "1s"},
            {"jobs", "matrix", home.path("rows.csv"), "--job", "7"},
            {"batch", home.path("lines")},
            {"tokens", "create", "--comment", "x"},
            {"workspace", "export", "/Shared/a"},
            {"experiments", "list", "-o", "jsonl"},
            {"runtime", "list"},
            {"limits", "show", "-o", "json"},
            {"transfers", "list", "-o", "json"},
            {"transfers", "resume"},
            {"configure", "--set", "auth_type=azure-cli"}};
  }
  /// What is left behind: journals and states.
  [[nodiscard]] std::string files() const {
    std::string all;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(home.path())) {
      all += entry.path().string() + '\n';
      if (entry.is_regular_file()) all += content(entry.path().string());
    }
    return all;
  }
};

TEST_P(program_secrets, nothing_the_program_writes_holds_what_a_server_sends_back) {
  random_source random(17);
  auto const deeds = commands();
  for (int round = 0; round < 2 * shapes; ++round) {
    server.shape = round % shapes;
    server.pick = static_cast<unsigned>(random.below(100));
    server.tokens_work = random.below(2) == 0;
    std::vector<std::string> words{"--verbose", "--timeout", "1s", "--rate", "4000"};
    auto const& deed = deeds[static_cast<std::size_t>(round) % deeds.size()];
    words.insert(words.end(), deed.begin(), deed.end());
    auto const said = run(words, variables);
    SCOPED_TRACE("round " + std::to_string(round) + ": " + deed[0] + ' ' + deed[1]);
    EXPECT_FALSE(betrays(said.err) || server.has_sent_what_is_in(said.err)) << said.err;
    bool const good_answer = server.shape == 16;
    EXPECT_TRUE(good_answer || !betrays(said.out)) << said.out;
    EXPECT_FALSE(server.has_sent_what_is_in(said.out)) << said.out;
  }
  EXPECT_FALSE(betrays(files()) || server.has_sent_what_is_in(files()));
  EXPECT_EQ(server.echoed > shapes / 2, GetParam().asks_the_server) << server.echoed << " echoes";
}

INSTANTIATE_TEST_SUITE_P(logins, program_secrets, testing::ValuesIn(login_kinds()),
                         [](auto const& one) { return std::string(one.param.name); });

TEST(program_arguments, no_process_has_a_secret_among_its_arguments) {
  scratch const home;
  std::mutex mutex;
  std::string request;
  test::hostile_server const silent([&](test::hostile_connection& c, int) {
    auto text = c.read_request();
    {
      std::lock_guard const lock(mutex);
      request += text;
    }
    c.wait_for_close();
  });
  std::filesystem::create_directory(home.path("bin"));
  std::ofstream(home.path("bin/az")) << "#!/bin/sh\necho \"$0 $@\" >" << home.path("arguments")
                                     << "\necho '{\"accessToken\":\"" << token_text << "\"}'\n";
  ::chmod(home.path("bin/az").c_str(), 0700);
  environment const variables{
      {"HOME", home.path()},
      {"PATH", home.path("bin") + ":/bin"},
      {"DATABRICKS_HOST", "http://127.0.0.1:" + std::to_string(silent.port())},
      {"DATABRICKS_AUTH_TYPE", "azure-cli"},
      {"ARM_CLIENT_SECRET", std::string(secret_text)}};
  process asking({"--verbose", "fs", "ls", "dbfs:/"}, variables);
  auto const asked = [&] {
    std::lock_guard const lock(mutex);
    return request.find(token_text) != std::string::npos;
  };
  for (int i = 0; i < 3'000 && !asked(); ++i) ::usleep(10'000);
  ASSERT_TRUE(asked());
  auto const line = content("/proc/" + std::to_string(asking.pid()) + "/cmdline");
  EXPECT_NE(line.find("--verbose"), std::string::npos);
  EXPECT_FALSE(betrays(line));
  auto const passed_on = content(home.path("arguments"));
  EXPECT_NE(passed_on.find("get-access-token"), std::string::npos);
  EXPECT_FALSE(betrays(passed_on));
  asking.send(SIGINT);
  auto const end = asking.wait();
  EXPECT_FALSE(betrays(end.out + end.err)) << end;
}

TEST(program_arguments, what_is_wrong_with_them_is_said_without_what_they_are) {
  scratch const home;
  environment const variables{{"HOME", home.path()}, {"DATABRICKS_TOKEN", std::string(token_text)}};
  std::string const s(secret_text);
  std::vector<std::vector<std::string>> const wrong{
      {"fs", "ls", "--token", s, "dbfs:/"},
      {"--token=" + s, "fs", "ls", "dbfs:/"},
      {"configure", "--host", "a.net", "--token", s},
      {"configure", "--host", "a.net", "--set", "client_secret=" + s},
      {"--host", "https://u:" + s + "@h.net", "fs", "ls", "dbfs:/"},
      {"--host", "https://u:CANARY@h.net", "auth", "describe"},
      {"--host", "https://x.net", "--proxy", "socks5://u:CANARY@h", "fs", "ls", "dbfs:/"}};
  for (auto const& words : wrong) {
    auto const said = run(words, variables);
    EXPECT_FALSE(betrays(said.out + said.err)) << said;
  }
  auto const configured = run({"configure", "--host", "a.net"}, variables, s + '\n');
  EXPECT_FALSE(betrays(configured.out + configured.err)) << configured;
}

}  // namespace
}  // namespace kiln::cli_test
