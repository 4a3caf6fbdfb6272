#pragma once

#include <kiln/result.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::cli {

/// The lines of a file or of stdin ("-"), one by one, without their ends. While a pipe or a
/// terminal has nothing to read, the loop runs on. Memory: the line at hand.
class input_lines {
 public:
  static constexpr std::size_t line_bytes_max = 16U << 20;

  /// Throws usage_error when it cannot be opened; `option` names it there.
  input_lines(asio::any_io_executor const& executor, std::string const& name,
              std::string const& option);
  ~input_lines();
  input_lines(input_lines const&) = delete;
  input_lines& operator=(input_lines const&) = delete;

  /// Nothing at the end. Fails with file_failed, also for a line above its limit.
  asio::awaitable<result<std::optional<std::string>>> next();

 private:
  struct source;
  /// Bytes read, 0 at the end; negative: errno.
  asio::awaitable<std::ptrdiff_t> read_more();
  std::unique_ptr<source> source_;
  std::string name_;
  std::string buffer_;
  std::size_t seen_ = 0;  ///< Of the buffer, without a line end.
  bool at_end_ = false;
};

}  // namespace kiln::cli
