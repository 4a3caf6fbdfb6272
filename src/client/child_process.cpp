#include "client/child_process.hpp"

#include "core/wipe.hpp"

#include <kiln/secret.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace kiln {

namespace {

constexpr duration look_every = std::chrono::milliseconds(20);

void close_end(int& end) noexcept {
  if (end >= 0) ::close(end);
  end = -1;
}

/// A started program and the reading ends of what it says; killed and reaped at the end.
class child {
 public:
  child() = default;
  ~child() {
    close_end(out_);
    close_end(err_);
    if (number_ <= 0) return;
    ::kill(number_, SIGKILL);
    while (::waitpid(number_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  child(child const&) = delete;
  child& operator=(child const&) = delete;

  /// 0 or errno.
  int start(std::vector<std::string>& words);
  /// Takes what has been said so far.
  void listen(program_output& into);
  /// True once it has ended, with its code.
  bool ended(int& code);

 private:
  static void take(int& from, std::string& into);
  pid_t number_ = 0;
  int out_ = -1, err_ = -1;
};

int child::start(std::vector<std::string>& words) {
  int out[2] = {-1, -1};
  int err[2] = {-1, -1};
  if (::pipe2(out, O_CLOEXEC) != 0) return errno;
  if (::pipe2(err, O_CLOEXEC) != 0) {
    int const why = errno;
    close_end(out[0]);
    close_end(out[1]);
    return why;
  }
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  int const failed =
      ::posix_spawnp(&number_, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  close_end(out[1]);
  close_end(err[1]);
  out_ = out[0];
  err_ = err[0];
  ::fcntl(out_, F_SETFL, O_NONBLOCK);
  ::fcntl(err_, F_SETFL, O_NONBLOCK);
  if (failed != 0) number_ = 0;
  return failed;
}

void child::take(int& from, std::string& into) {
  char piece[4096];
  while (from >= 0 && into.size() <= program_output_bytes_max) {
    auto const got = ::read(from, piece, sizeof piece);
    if (got > 0) {
      auto const count = static_cast<std::size_t>(got);
      reserve_secret(into, into.size() + count);  // a token, often
      into.append(piece, count);
      wipe(std::as_writable_bytes(std::span(piece)).first(count));
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      close_end(from);
    } else {
      break;
    }
  }
}

void child::listen(program_output& into) {
  take(out_, into.out);
  take(err_, into.err);
}

bool child::ended(int& code) {
  int status = 0;
  auto const got = ::waitpid(number_, &status, WNOHANG);
  if (got == 0 || (got < 0 && errno == EINTR)) return false;
  number_ = 0;
  code = got > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return true;
}

}  // namespace

task<program_output> run_program(timers& clock, std::vector<std::string> words, duration limit) {
  child program;
  program_output said;
  std::string const name = words.front();
  auto const end = clock.now() + limit;
  if (int const failed = program.start(words); failed != 0) {
    if (failed == ENOENT || failed == EACCES) {
      co_return error(errc::file_not_found, "there is no program '" + name + "' in PATH");
    }
    co_return error(errc::file_failed,
                    "cannot start " + name + ": " + std::generic_category().message(failed));
  }
  while (true) {
    // Asked before the pipes are emptied: what an ended program said is all there.
    bool const over = program.ended(said.exit_code);
    program.listen(said);
    if (said.out.size() > program_output_bytes_max || said.err.size() > program_output_bytes_max) {
      wipe(said.out);
      co_return error(errc::response_too_large, name + " says more than it should");
    }
    if (over) co_return std::move(said);
    if (clock.now() >= end) {
      wipe(said.out);
      co_return error(errc::timed_out, name + " did not end within " +
                                           std::to_string(limit / std::chrono::seconds(1)) + " s");
    }
    co_await clock.sleep_until(clock.now() + look_every);
  }
}

}  // namespace kiln
