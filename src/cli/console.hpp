#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kiln::cli {

/// Of the terminal as it is now; 80 where there is none.
[[nodiscard]] std::size_t terminal_columns(int descriptor) noexcept;

/// stderr: whole lines, and at the bottom of a terminal a bar of one or some lines that others push
/// up.
/// Threads: the main one.
class console {
 public:
  console();
  ~console() { clear_bar(); }
  console(console const&) = delete;
  console& operator=(console const&) = delete;

  [[nodiscard]] bool is_terminal() const noexcept { return terminal_; }
  [[nodiscard]] std::size_t columns() const noexcept;  ///< terminal_columns() of it.
  [[nodiscard]] std::size_t rows() const noexcept;     ///< The same.
  void line(std::string_view text);
  /// Only on a terminal. Lines parted by '\n', each shorter than columns().
  void bar(std::string_view text);
  void clear_bar();

 private:
  [[nodiscard]] std::string cleared() const;  ///< What takes the bar away.
  bool const terminal_;
  std::size_t bar_lines_ = 0;  ///< Shown now.
};

}  // namespace kiln::cli
