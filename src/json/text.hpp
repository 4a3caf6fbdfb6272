#pragma once

#include <kiln/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace kiln::json {

/// Appends `text` as a JSON string, quotes included. Bytes from 0x80 on pass as they are.
void append_quoted(std::string& out, std::string_view text);
[[nodiscard]] std::string quoted(std::string_view text);

/// The same document without white space; numbers stay spelled as they were. Fails with
/// decode_failed; `what` names the text in the error.
result<std::string> compact(std::string_view json, std::string_view what = "json");
/// The same with `indent` spaces a level; {} and [] stay on their line.
result<std::string> pretty(std::string_view json, int indent = 2);

/// The text of a string member of the outermost object, escapes resolved; nullopt when there is
/// none. Made for error bodies: what stands before a cut or damaged end is still found.
std::optional<std::string> string_member(std::string_view json, std::string_view key);

}  // namespace kiln::json
