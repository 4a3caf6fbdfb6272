#include "fuzz/profile_target.hpp"

#include "client/netrc.hpp"
#include "client/profile.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace kiln::fuzz {
namespace {

/// The number behind `mark`; 0: there is none.
std::size_t number_behind(std::string const& message, std::string_view mark) {
  auto const at = message.find(mark);
  if (at == std::string::npos) return 0;
  return std::strtoul(message.c_str() + at + mark.size(), nullptr, 10);
}

/// Bytes of the given line, and one more for what is missing at its end; 0: there is no such line.
std::size_t columns_of(std::string_view text, std::size_t line) {
  for (std::size_t i = 1; i < line; ++i) {
    auto const end = text.find('\n');
    if (end == text.npos) return 0;
    text.remove_prefix(end + 1);
  }
  return std::min(text.find('\n'), text.size()) + 1;
}

std::string_view check_fault(error const& why, std::string_view text) {
  auto const& message = why.message();
  if (why.code() != errc::invalid_argument) return "a malformed file is an invalid argument";
  if (!message.starts_with("cfg, line ")) return "the file is named";
  auto const column = number_behind(message, "column ");
  auto const columns = columns_of(text, number_behind(message, "line "));
  if (column < 1 || column > columns) return "line and column are within the file";
  return message.find("SECRET") == message.npos ? "" : "nothing of the file is shown";
}

std::string_view value_of(profile_file const& file, std::string_view name, std::string_view key) {
  auto const* const section = file.find(name);
  auto const* const entry = section == nullptr ? nullptr : section->find(key);
  return entry == nullptr ? std::string_view() : entry->value.reveal();
}

/// Everything but `key` of the profile `name` is in both.
bool same_but(profile_file const& before, profile_file const& after, std::string_view name,
              std::string_view key) {
  for (auto const& section : before.sections) {
    for (auto const& entry : section.entries) {
      if (section.name == name && entry.key == key) continue;
      if (value_of(after, section.name, entry.key) != entry.value.reveal()) return false;
    }
  }
  return true;
}

}  // namespace

std::string_view fuzz_profile(std::string_view text) {
  static_cast<void>(find_in_netrc(text, "a.net"));
  auto const file = read_profiles(text, "cfg");
  if (!file) return check_fault(file.error(), text);
  std::size_t const lines =
      static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (auto const& section : file->sections) {
    for (auto const& entry : section.entries) {
      if (entry.key.empty()) return "a key is not empty";
      if (entry.line < 1 || entry.line > lines) return "the line of an entry is within the file";
      if (value_of(*file, section.name, entry.key) != entry.value.reveal())
        return "a key is there once";
    }
  }
  auto const names = file->names();
  bool const usual = !names.empty() && names.back().find('[') == std::string::npos;
  std::string const name = usual ? names.back() : std::string(default_section);
  auto const written = with_profile(text, "cfg", name, {{"token", secret("t-1")}});
  if (!written) return "a good file can be written";
  auto const again = read_profiles(*written, "cfg");
  if (!again) return "what is written can be read";
  if (value_of(*again, name, "token") != "t-1") return "what is written is read back";
  return same_but(*file, *again, name, "token") ? "" : "everything else is as it was";
}

}  // namespace kiln::fuzz
