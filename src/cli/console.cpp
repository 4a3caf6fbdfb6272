#include "cli/console.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace kiln::cli {
namespace {

constexpr std::size_t columns_default = 80;
constexpr std::size_t rows_default = 24;
constexpr std::string_view clear_line = "\r\x1b[K";
constexpr std::string_view clear_line_above = "\x1b[A\x1b[K";

void write_stderr(std::string_view text) {
  // What cannot be said on stderr cannot be said at all.
  while (!text.empty()) {
    auto const written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool moves_its_cursor() {
  char const* const kind = std::getenv("TERM");
  return kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
}

}  // namespace

std::size_t terminal_columns(int descriptor) noexcept {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return columns_default;
  return size.ws_col;
}

// One that cannot take back what it shows is as good as a file.
console::console() : terminal_(::isatty(STDERR_FILENO) == 1 && moves_its_cursor()) {}

std::size_t console::columns() const noexcept { return terminal_columns(STDERR_FILENO); }

std::size_t console::rows() const noexcept {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return rows_default;
  return size.ws_row;
}

void console::line(std::string_view text) {
  clear_bar();
  write_stderr(std::string(text) + '\n');
}

void console::bar(std::string_view text) {
  if (!terminal_) return;
  write_stderr(cleared().append(text));
  bar_lines_ = 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

void console::clear_bar() {
  if (bar_lines_ > 0) write_stderr(cleared());
  bar_lines_ = 0;
}

std::string console::cleared() const {
  std::string out(clear_line);
  for (std::size_t i = 1; i < bar_lines_; ++i) out += clear_line_above;
  return out;
}

}  // namespace kiln::cli
