#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

// The built program as a process: no shell, an environment of its own, every pipe read to its end.
namespace kiln::cli_test {

/// How a process ended and what it said.
struct ended {
  int code = -1;   ///< -1 when a signal ended it.
  int signal = 0;  ///< That signal.
  std::string out, err;
};

std::ostream& operator<<(std::ostream& out, ended const& e);

using environment = std::map<std::string, std::string>;

/// A running program. The destructor kills it if it still runs.
class process {
 public:
  /// nonblocking: and a pipe that holds 4 KiB only. full: /dev/full.
  enum class stdout_mode { blocking, nonblocking, full };
  process(std::vector<std::string> const& arguments, environment const& variables,
          std::string const& input = {}, stdout_mode mode = stdout_mode::blocking);
  ~process();
  process(process const&) = delete;
  process& operator=(process const&) = delete;

  void send(int signal) const;
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// Reads until stderr holds `text` or the program ended; true if it does.
  bool wait_for_stderr(std::string const& text);
  /// Closes the reading end of its stdout after at least `bytes` were read.
  void close_stdout_after(std::size_t bytes);
  ended wait();

 private:
  /// One round of reading; false when both pipes are at their end.
  bool read_some();
  void read_from(int& fd, std::string& into);
  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
  ended so_far_;
  bool reaped_ = false;
};

ended run(std::vector<std::string> const& arguments, environment const& variables = {},
          std::string const& input = {});

/// A directory that goes with the object.
class scratch {
 public:
  scratch();
  ~scratch();
  scratch(scratch const&) = delete;
  scratch& operator=(scratch const&) = delete;
  [[nodiscard]] std::string path(std::string const& name = {}) const;
  /// A file of `size` bytes, the same for the same size; gives its path.
  std::string file(std::string const& name, std::size_t size) const;

 private:
  std::filesystem::path path_;
};

std::string content(std::string const& path);

/// `kiln emulate` at a free port, as other commands find it.
class emulated_workspace {
 public:
  explicit emulated_workspace(std::vector<std::string> const& options = {"--rate", "5000"});
  [[nodiscard]] std::string const& url() const { return url_; }
  [[nodiscard]] std::string const& token() const { return token_; }
  /// DATABRICKS_HOST and DATABRICKS_TOKEN.
  [[nodiscard]] environment variables() const;
  /// Runs kiln against it, with a budget that does not slow tests down.
  [[nodiscard]] ended kiln(std::vector<std::string> arguments, std::string const& input = {}) const;
  /// Scripts a fault; see the control endpoints of the emulator.
  void fault(std::string const& json) const;
  /// Asks it until it has seen a request of this path; false when it does not come.
  [[nodiscard]] bool sees_request(std::string const& path) const;
  process& server() { return server_; }
  [[nodiscard]] std::string ready_file() const { return directory_.path("ready.json"); }

 private:
  scratch directory_;
  process server_;
  std::string url_, token_;
};

}  // namespace kiln::cli_test
