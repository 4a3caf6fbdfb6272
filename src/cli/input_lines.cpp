#include "cli/input_lines.hpp"

#include "cli/usage_error.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace kiln::cli {
namespace {
constexpr std::size_t read_piece_bytes = 64U << 10;

/// Files, and whatever has more to read or is at its end.
bool ready_now(int descriptor) {
  pollfd now{descriptor, POLLIN, 0};
  return ::poll(&now, 1, 0) == 1;
}
}  // namespace

/// What is read, and a duplicate of it for the loop to watch.
struct input_lines::source {
  source(asio::any_io_executor const& executor, int opened, bool own)
      : descriptor(opened), owned(own), watched(executor) {
    int const copy = ::dup(descriptor);
    boost::system::error_code refused;
    if (copy >= 0) watched.assign(copy, refused);
    if (copy >= 0 && refused) ::close(copy);
  }
  ~source() {
    if (owned) ::close(descriptor);
  }
  source(source const&) = delete;
  source& operator=(source const&) = delete;

  int const descriptor;
  bool const owned;
  asio::posix::stream_descriptor watched;
};

input_lines::input_lines(asio::any_io_executor const& executor, std::string const& name,
                         std::string const& option)
    : name_(name == "-" ? "stdin" : name) {
  bool const is_stdin = name == "-";
  int const opened = is_stdin ? STDIN_FILENO : ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) {
    throw usage_error(fmt::format("{}: '{}' cannot be opened: {}", option, name,
                                  std::generic_category().message(errno)));
  }
  source_ = std::make_unique<source>(executor, opened, !is_stdin);
}
input_lines::~input_lines() = default;

asio::awaitable<std::ptrdiff_t> input_lines::read_more() {
  if (!ready_now(source_->descriptor) && source_->watched.is_open()) {
    co_await source_->watched.async_wait(asio::posix::descriptor_base::wait_read,
                                         asio::use_awaitable);
  }
  auto const before = buffer_.size();
  buffer_.resize(before + read_piece_bytes);
  auto const got = ::read(source_->descriptor, buffer_.data() + before, read_piece_bytes);
  auto const failed = errno;
  buffer_.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
  co_return got >= 0 ? got : -static_cast<std::ptrdiff_t>(failed);
}

asio::awaitable<result<std::optional<std::string>>> input_lines::next() {
  for (;;) {
    auto const end = buffer_.find('\n', seen_);
    if (end != std::string::npos) {
      std::optional<std::string> line(buffer_.substr(0, end));
      buffer_.erase(0, end + 1);
      seen_ = 0;
      if (line->ends_with('\r')) line->pop_back();
      co_return std::move(line);
    }
    seen_ = buffer_.size();
    if (at_end_) {
      std::optional<std::string> last;
      if (!buffer_.empty()) last = std::exchange(buffer_, {});
      seen_ = 0;
      co_return std::move(last);
    }
    if (buffer_.size() > line_bytes_max) {
      error const why(errc::file_failed, name_ + " has a line above 16 MiB");
      co_return why;
    }
    auto const got = co_await read_more();
    if (got < 0) {
      auto const text = std::generic_category().message(static_cast<int>(-got));
      error const why(errc::file_failed, name_ + " cannot be read: " + text);
      co_return why;
    }
    at_end_ = got == 0;
  }
}

}  // namespace kiln::cli
