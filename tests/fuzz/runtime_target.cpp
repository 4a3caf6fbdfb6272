#include "fuzz/runtime_target.hpp"

#include <kiln/runtime_version.hpp>

#include <cstdlib>
#include <string>

namespace kiln::fuzz {
namespace {

bool column_is_inside(std::string const& message, std::size_t size) {
  constexpr std::string_view mark = "column ";
  auto const at = message.find(mark);
  if (at == std::string::npos) return false;
  auto const column = std::strtoul(message.c_str() + at + mark.size(), nullptr, 10);
  return column >= 1 && column <= size + 1;
}

bool is_printable(std::string const& text) {
  for (char const c : text) {
    if (c < ' ' || c > '~') return false;
  }
  return true;
}

}  // namespace

std::string_view fuzz_runtime_version(std::string_view text) {
  auto const version = runtime_version::parse(text);
  if (!version) {
    auto const why = version.error();
    if (!column_is_inside(why.message(), text.size())) return "the column is within the text";
    return is_printable(why.message()) ? "" : "the error can be printed";
  }
  if (version->key() != text) return "the key is kept";
  auto const again = runtime_version::parse(version->key());
  if (!again || !(*again == *version) || (*again <=> *version) != 0) return "parsing is stable";
  if (explain(*version).empty() || !is_printable(explain(*version))) return "it can be explained";
  static runtime_version const fixed = *runtime_version::parse("7.3.x-scala2.12");
  auto const order = *version <=> fixed;
  if ((fixed <=> *version) != (0 <=> order)) return "order is the same from both sides";
  return (order == 0) == (*version == fixed) ? "" : "equal means equal in order";
}

}  // namespace kiln::fuzz
