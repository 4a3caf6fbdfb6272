// Runs the README's programs against the emulator, and holds the README against their sources.
#include <kiln/emulator.hpp>
#include <kiln/kiln.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

std::string read_file(fs::path const& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// A program under way, its output on a pipe.
struct child {
  pid_t pid = -1;
  int output = -1;

  std::string read_line() const {
    std::string line;
    for (char c = 0; ::read(output, &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  std::string read_all() const {
    std::string text;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(output, buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<std::size_t>(n));
    }
    return text;
  }
  int wait() const {
    int status = 0;
    ::waitpid(pid, &status, 0);
    ::close(output);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
};

struct examples : testing::Test {
  kiln::runtime loop;
  kiln::emulator workspace{loop, [] {
                             kiln::emulator_options options;
                             options.limiter = kiln::limiter_kind::none;
                             return options;
                           }()};

  child start(std::string const& name, std::vector<std::string> arguments = {}) const {
    std::string const program = std::string(KILN_EXAMPLES_DIR) + "/example_" + name;
    std::vector<std::string> environment{"DATABRICKS_HOST=" + workspace.url(),
                                         "DATABRICKS_TOKEN=" + workspace.token()};
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (auto& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    std::vector<char*> envp;
    for (auto& e : environment) envp.push_back(e.data());
    envp.push_back(nullptr);
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    child out;
    out.pid = ::fork();
    if (out.pid == 0) {
      ::dup2(ends[1], 1);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execve(program.c_str(), argv.data(), envp.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    out.output = ends[0];
    return out;
  }
};

TEST_F(examples, coroutine_lists_and_ends_by_itself) {
  auto const writer = start("future");
  EXPECT_EQ(writer.read_all(), "/kiln-example holds 10 bytes\n");
  EXPECT_EQ(writer.wait(), 0);
  auto const program = start("coroutine");
  EXPECT_EQ(program.read_all(), "/kiln-example\t10\n");
  EXPECT_EQ(program.wait(), 0);
}

TEST_F(examples, upload_tree_sends_one_request_a_file) {
  auto const tree = fs::temp_directory_path() / ("kiln-example-" + std::to_string(::getpid()));
  fs::create_directories(tree / "deep");
  std::ofstream(tree / "a.txt") << "alpha";
  std::ofstream(tree / "deep" / "b.txt") << "beta";
  auto const program = start("upload_tree", {tree.string(), "dbfs:/tree"});
  auto const text = program.read_all();
  EXPECT_EQ(program.wait(), 0);
  EXPECT_TRUE(text.starts_with("2 files, 9 bytes, ")) << text;
  fs::remove_all(tree);
}

TEST_F(examples, for_each_gives_a_result_an_item) {
  auto const writer = start("future");
  (void)writer.read_all();
  ASSERT_EQ(writer.wait(), 0);
  auto const program = start("for_each", {"/kiln-example", "/missing"});
  EXPECT_EQ(program.read_all(), "/kiln-example\t10\n/missing\tnot_found\n");
  EXPECT_EQ(program.wait(), 0);
}

TEST_F(examples, server_answers_its_clients_through_one_handle) {
  auto const writer = start("future");
  (void)writer.read_all();
  ASSERT_EQ(writer.wait(), 0);
  auto const program = start("server");
  auto const port = static_cast<unsigned short>(std::stoi(program.read_line()));
  boost::asio::io_context io;
  boost::asio::ip::tcp::socket client(io);
  client.connect({boost::asio::ip::address_v4::loopback(), port});
  boost::asio::write(client, boost::asio::buffer(std::string("/kiln-example\n/missing\n")));
  std::string answers;
  while (std::count(answers.begin(), answers.end(), '\n') < 2) {
    char more[256];
    answers.append(more, client.read_some(boost::asio::buffer(more)));
  }
  EXPECT_TRUE(answers.starts_with("10\n")) << answers;
  EXPECT_NE(answers.find("/missing"), std::string::npos) << answers;
  ::kill(program.pid, SIGTERM);
  EXPECT_EQ(program.wait(), 128 + SIGTERM);
}

TEST(readme, shows_the_programs_as_they_are) {
  std::string const readme = read_file(fs::path(KILN_SOURCE_DIR) / "README.md");
  int compared = 0;
  for (std::string const name : {"coroutine", "for_each", "future", "upload_tree", "server"}) {
    auto const source = read_file(fs::path(KILN_SOURCE_DIR) / "tests/examples" / (name + ".cpp"));
    ASSERT_FALSE(source.empty());
    EXPECT_NE(readme.find("```cpp\n" + source + "```"), std::string::npos)
        << "README.md does not show tests/examples/" << name << ".cpp as it is";
    ++compared;
  }
  EXPECT_EQ(compared, 5);
}

}  // namespace
