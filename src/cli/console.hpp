#pragma once

#include <cstddef>
#include <string_view>

namespace kiln::cli {

/// stderr: whole lines, and at most one bar at the bottom of a terminal that lines push down.
/// Threads: the main one.
class console {
 public:
  console();
  ~console() { clear_bar(); }
  console(console const&) = delete;
  console& operator=(console const&) = delete;

  [[nodiscard]] bool is_terminal() const noexcept { return terminal_; }
  [[nodiscard]] std::size_t columns() const noexcept;  ///< Of the terminal as it is now.
  void line(std::string_view text);
  void bar(std::string_view text);  ///< Only on a terminal.
  void clear_bar();

 private:
  bool const terminal_;
  bool bar_shown_ = false;
};

}  // namespace kiln::cli
