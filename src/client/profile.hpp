#pragma once

#include <kiln/result.hpp>
#include <kiln/secret.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The profile file of the Databricks tools, .databrickscfg, as text. Pure.
namespace kiln {

inline constexpr std::size_t profile_file_bytes_max = 1U << 20;
/// The section that holds no profile but the name of the default one.
inline constexpr std::string_view settings_section = "__settings__";
inline constexpr std::string_view default_section = "DEFAULT";

struct profile_entry {
  std::string key;  ///< In lower case.
  secret value;
  std::size_t line = 0;  ///< From 1.
};

struct profile_section {
  std::string name;
  std::vector<profile_entry> entries;  ///< In the file's order; of a key given twice the last.
  [[nodiscard]] profile_entry const* find(std::string_view key) const noexcept;
};

struct profile_file {
  std::vector<profile_section> sections;
  [[nodiscard]] profile_section const* find(std::string_view name) const noexcept;
  /// Those that are profiles and hold something, in the file's order.
  [[nodiscard]] std::vector<std::string> names() const;
};

/// Reads as the official tools do: "key = value" or "key: value", '#' and ';' begin a comment at
/// the start of a line or behind a blank, one pair of quotes round a value goes, sections of the
/// same name are one, and keys before any section belong to DEFAULT. invalid_argument names `path`,
/// line and column, and never shows the line.
[[nodiscard]] result<profile_file> read_profiles(std::string_view text, std::string_view path);

/// The text with `values` in the section `name`, everything else as it was: other sections, order,
/// comments, blank lines and line ends. An empty value removes its key. Fails as read_profiles
/// does, and for a value that no reader would read back.
[[nodiscard]] result<std::string> with_profile(
    std::string_view text, std::string_view path, std::string_view name,
    std::vector<std::pair<std::string, secret>> const& values);

}  // namespace kiln
