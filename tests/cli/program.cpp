#include "cli/program.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <ostream>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace kiln::cli_test {
namespace {

/// Nothing a test waits for takes nearly as long.
constexpr int silence_ms_max = 60'000;

constexpr int small_pipe_bytes = 4096;

struct pipe_ends {
  int read = -1, write = -1;
};

pipe_ends make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  return {ends[0], ends[1]};
}

void close_fd(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// A member of a flat JSON object of strings.
std::string member(std::string const& json, std::string const& name) {
  auto const key = '"' + name + "\":\"";
  auto const at = json.find(key);
  if (at == std::string::npos) throw std::runtime_error("no " + name + " in " + json);
  auto const from = at + key.size();
  return json.substr(from, json.find('"', from) - from);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, ended const& e) {
  return out << "code " << e.code << ", signal " << e.signal << "\n--- stdout\n"
             << e.out.substr(0, 4'000) << "\n--- stderr\n"
             << e.err.substr(0, 4'000);
}

process::process(std::vector<std::string> const& arguments, environment const& variables,
                 std::string const& input, stdout_mode mode) {
  auto in = make_pipe();
  auto out = make_pipe();
  if (mode == stdout_mode::nonblocking) {
    ::fcntl(out.write, F_SETFL, O_NONBLOCK);
    ::fcntl(out.write, F_SETPIPE_SZ, small_pipe_bytes);
  }
  if (mode == stdout_mode::full) {
    close_fd(out.write);
    out.write = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  }
  auto err = make_pipe();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.read, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err.write, STDERR_FILENO);
  std::vector<std::string> words{KILN_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> settings;
  for (auto const& [name, value] : variables) settings.push_back(name + '=' + value);
  // Sanitizers are told what to do this way.
  for (auto const* passed : {"TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (char const* const value = std::getenv(passed); value && !variables.contains(passed)) {
      settings.push_back(std::string(passed) + '=' + value);
    }
  }
  int const failed = ::posix_spawn(&pid_, KILN_PROGRAM, &actions, nullptr, pointers(words).data(),
                                   pointers(settings).data());
  ::posix_spawn_file_actions_destroy(&actions);
  for (int* fd : {&in.read, &out.write, &err.write}) close_fd(*fd);
  out_ = out.read;
  err_ = err.read;
  // Far less than a pipe holds.
  bool const written =
      ::write(in.write, input.data(), input.size()) == static_cast<ssize_t>(input.size());
  close_fd(in.write);
  if (failed != 0 || !written) throw std::runtime_error("the program cannot be started");
}

process::~process() {
  if (!reaped_ && pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  close_fd(out_);
  close_fd(err_);
}

void process::send(int signal) const { ::kill(pid_, signal); }

void process::read_from(int& fd, std::string& into) {
  char piece[65536];
  auto const got = ::read(fd, piece, sizeof piece);
  if (got > 0) {
    into.append(piece, static_cast<std::size_t>(got));
  } else {
    close_fd(fd);
  }
}

bool process::read_some() {
  pollfd ends[2] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};
  if (out_ < 0 && err_ < 0) return false;
  if (::poll(ends, 2, silence_ms_max) <= 0) {
    ::kill(pid_, SIGKILL);
    throw std::runtime_error("the program is silent for a minute; stderr: " + so_far_.err);
  }
  if (ends[0].revents != 0) read_from(out_, so_far_.out);
  if (ends[1].revents != 0) read_from(err_, so_far_.err);
  return true;
}

bool process::wait_for_stderr(std::string const& text) {
  while (so_far_.err.find(text) == std::string::npos) {
    if (!read_some()) return false;
  }
  return true;
}

void process::close_stdout_after(std::size_t bytes) {
  while (so_far_.out.size() < bytes && out_ >= 0) read_some();
  close_fd(out_);
}

ended process::wait() {
  while (read_some()) {
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  reaped_ = true;
  if (WIFEXITED(status)) so_far_.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) so_far_.signal = WTERMSIG(status);
  return so_far_;
}

ended run(std::vector<std::string> const& arguments, environment const& variables,
          std::string const& input) {
  process started(arguments, variables, input);
  return started.wait();
}

scratch::scratch() {
  auto pattern = (std::filesystem::temp_directory_path() / "kiln-program-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = pattern;
}

scratch::~scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string scratch::path(std::string const& name) const {
  return name.empty() ? path_.string() : (path_ / name).string();
}

std::string scratch::file(std::string const& name, std::size_t size) const {
  auto const at = path_ / name;
  std::filesystem::create_directories(at.parent_path());
  std::string text(size, '\0');
  // A multiplier of full period: no two blocks of the file are alike.
  std::uint64_t state = size + 1;
  for (auto& c : text) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    c = static_cast<char>(state >> 56);
  }
  std::ofstream(at, std::ios::binary) << text;
  return at.string();
}

std::string content(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

namespace {

std::vector<std::string> emulate_arguments(std::string const& ready_file,
                                           std::vector<std::string> const& options) {
  std::vector<std::string> out{"emulate", "--ready-file", ready_file};
  out.insert(out.end(), options.begin(), options.end());
  return out;
}

}  // namespace

emulated_workspace::emulated_workspace(std::vector<std::string> const& options)
    : server_(emulate_arguments(directory_.path("ready.json"), options), {}) {
  // The line comes after the file.
  if (!server_.wait_for_stderr("serving an emulated workspace")) {
    throw std::runtime_error("kiln emulate ended: " + server_.wait().err);
  }
  auto const ready = content(ready_file());
  url_ = member(ready, "url");
  token_ = member(ready, "token");
}

environment emulated_workspace::variables() const {
  return {{"DATABRICKS_HOST", url_}, {"DATABRICKS_TOKEN", token_}};
}

ended emulated_workspace::kiln(std::vector<std::string> arguments, std::string const& input) const {
  arguments.insert(arguments.begin(), {"--rate", "4000"});
  return run(arguments, variables(), input);
}

void emulated_workspace::fault(std::string const& json) const {
  scratch const at;
  std::ofstream(at.path("fault.json")) << json;
  auto const sent = kiln({"api", "POST", "/_emulator/faults", "--input", at.path("fault.json")});
  if (sent.code != 0) throw std::runtime_error("fault refused: " + sent.err);
}

bool emulated_workspace::sees_request(std::string const& path) const {
  // Each question takes a process some milliseconds: together far longer than any request takes.
  constexpr int questions_max = 500;
  for (int i = 0; i < questions_max; ++i) {
    auto const seen = kiln({"api", "GET", "/_emulator/requests"});
    if (seen.out.find(path) != std::string::npos) return true;
  }
  return false;
}

}  // namespace kiln::cli_test
