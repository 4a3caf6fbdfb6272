#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text as a terminal shows it. UTF-8 in, whatever the locale says; pure.
namespace kiln::cli {

struct character {
  char32_t code = 0;
  std::size_t bytes = 1;
};
/// What stands at the beginning of `text`, which is not empty. A byte that is no UTF-8 is a
/// character of its own.
[[nodiscard]] character first_of(std::string_view text);

/// The columns that a text takes: two of a wide character, none of one that goes on top of the
/// character before it.
[[nodiscard]] std::size_t width_of(std::string_view text);
/// The text, or as much of it as fits in front of an ellipsis; `width` > 0.
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t width);
/// Control characters of a name from the server must not steer the terminal, nor turn the direction
/// in which it writes.
[[nodiscard]] std::string printable(std::string_view name);
/// Its words in lines of at most `width`, where words are short enough; those after the first begin
/// with `indent` blanks, which count. No last newline.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace kiln::cli
