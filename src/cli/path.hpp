#pragma once

#include <string>
#include <string_view>

namespace kiln::cli {

/// A path on the command line: "dbfs:/..." and "/Volumes/..." are remote, anything else local (a
/// local "/Volumes" can be written "//Volumes").
[[nodiscard]] bool is_remote(std::string_view path) noexcept;
/// "/Volumes/...", without scheme.
[[nodiscard]] bool is_volume(std::string_view path) noexcept;

/// "/tmp/x" for "dbfs:/tmp/x": absolute, without trailing or doubled slashes.
/// Throws usage_error for what is no DBFS path; the message says what was probably meant.
[[nodiscard]] std::string remote_path(std::string_view argument);

/// "x" for "/tmp/x"; "/" for the root.
[[nodiscard]] std::string_view base_name(std::string_view path) noexcept;

/// `path` as seen from the directory `root`: "a/b" for "/tmp/a/b" in "/tmp". `path` itself when it
/// is not below `root`.
[[nodiscard]] std::string_view relative_to(std::string_view path, std::string_view root) noexcept;

}  // namespace kiln::cli
