#include "cli/output.hpp"

#include "cli/console.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <climits>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <system_error>
#include <unistd.h>

namespace kiln::cli {
namespace {

/// A pipe that poll calls writable takes this much without blocking.
constexpr std::size_t pipe_piece_bytes = PIPE_BUF;

bool ready_within(int milliseconds) {
  pollfd stdout_now{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&stdout_now, 1, milliseconds) == 1;
}
bool ready_now() { return ready_within(0); }
bool ready_some_time() { return ready_within(-1); }

/// Asio makes what it watches non-blocking, for all who share it; so not stdout, but what it leads
/// to, opened once more. A socket cannot be opened like that.
int second_stdout() {
  int const opened = ::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  return opened >= 0 ? opened : ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
}

}  // namespace

/// What the loop watches of stdout, which itself stays as it was.
struct output::waiter {
  explicit waiter(asio::any_io_executor const& executor) : descriptor(executor) {
    int const copy = second_stdout();
    boost::system::error_code refused;
    if (copy >= 0) descriptor.assign(copy, refused);
    if (copy >= 0 && refused) ::close(copy);
  }
  asio::posix::stream_descriptor descriptor;
};

output::output(asio::any_io_executor executor)
    : waiter_(std::make_unique<waiter>(executor)), terminal_(::isatty(STDOUT_FILENO) == 1) {}
output::~output() = default;

std::size_t output::columns() const noexcept { return terminal_columns(STDOUT_FILENO); }

std::size_t output::write_some(std::string_view data, bool may_block) {
  auto const wanted = may_block ? data.size() : std::min(data.size(), pipe_piece_bytes);
  auto written = ::write(STDOUT_FILENO, data.data(), wanted);
  // Whoever started kiln may have made it non-blocking.
  bool const full = written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  if (full && !may_block) return 0;
  if (full && ready_some_time()) written = ::write(STDOUT_FILENO, data.data(), wanted);
  if (written > 0) return static_cast<std::size_t>(written);
  closed_ = true;
  // EINTR: only the signals that end the program have handlers.
  if (written < 0 && errno != EPIPE && errno != EINTR) {
    failed_ = true;
    error_ = errno;
  }
  return 0;
}

void output::print(std::string_view text) {
  while (!closed_ && !text.empty()) text.remove_prefix(write_some(text, true));
}

asio::awaitable<result<void>> output::stream(std::string_view data) {
  while (!closed_ && !data.empty()) {
    bool const watched = waiter_->descriptor.is_open();
    // Asked again after the wait: what ended it may be older than what was written since.
    if (watched && !ready_now()) {
      co_await waiter_->descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                                              asio::use_awaitable);
      continue;
    }
    data.remove_prefix(write_some(data, !watched));
  }
  if (!failed_) co_return result<void>();
  auto const code = error_ == ENOSPC ? errc::disk_full : errc::file_failed;
  error e(code, std::generic_category().message(error_));
  co_return std::move(e).with_operation("write").with_where("stdout");
}

}  // namespace kiln::cli
