#pragma once

#include <kiln/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string_view>

namespace kiln::cli {

/// stdout. A reader that went away is no error: closed() becomes true, later writes do nothing, and
/// who has more to say stops. Threads: the main one.
class output {
 public:
  explicit output(asio::any_io_executor executor);
  ~output();
  output(output const&) = delete;
  output& operator=(output const&) = delete;

  [[nodiscard]] bool is_terminal() const noexcept { return terminal_; }
  [[nodiscard]] std::size_t columns() const noexcept;  ///< Of the terminal as it is now.
  /// Results of bounded size. Blocks while the reader is slow.
  void print(std::string_view text);
  /// File content. While the reader is slow the loop runs on. Fails with errc::file_failed or
  /// errc::disk_full.
  asio::awaitable<result<void>> stream(std::string_view data);

  [[nodiscard]] bool closed() const noexcept { return closed_; }
  /// True when something could not be written, other than to a reader that went away.
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  struct waiter;
  /// Bytes written; 0 when there is no one to write to any more, when it failed, and when it would
  /// block and may not.
  std::size_t write_some(std::string_view data, bool may_block);
  std::unique_ptr<waiter> waiter_;
  bool const terminal_;
  bool closed_ = false;
  bool failed_ = false;
  int error_ = 0;
};

}  // namespace kiln::cli
