#include "cli/console.hpp"

#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

namespace kiln::cli {
namespace {

constexpr std::size_t columns_default = 80;
constexpr std::string_view clear_line = "\r\x1b[K";

void write_stderr(std::string_view text) {
  // What cannot be said on stderr cannot be said at all.
  while (!text.empty()) {
    auto const written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

console::console() : terminal_(::isatty(STDERR_FILENO) == 1) {}

std::size_t console::columns() const noexcept {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return columns_default;
  return size.ws_col;
}

void console::line(std::string_view text) {
  clear_bar();
  write_stderr(std::string(text) + '\n');
}

void console::bar(std::string_view text) {
  if (!terminal_) return;
  write_stderr(std::string(clear_line).append(text));
  bar_shown_ = true;
}

void console::clear_bar() {
  if (bar_shown_) write_stderr(clear_line);
  bar_shown_ = false;
}

}  // namespace kiln::cli
